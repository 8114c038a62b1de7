"""Coverage under repeated two-stage sampling of what is estimated a sample at a time: relations, contrasts, models.

python -m pytest -m drill tests/drills -s; the samples are those of ``conftest.py``.
"""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.dispersion import correlation, covariance
from topline.analysis.estimation.estimate import mean
from topline.analysis.models.glm import glm
from topline.analysis.models.marginal import predictive_margins
from topline.analysis.reliability.alpha import alpha
from topline.analysis.reliability.kappa import kappa
from topline.analysis.testing.contrasts import contrast

PSUS = (12, 30, 60)
ITEMS = {"a": "trust1", "b": "trust2", "c": "trust3"}
FIELDS = {"s": "score", "t": "size", "x": "sex", "f": "first", "g": "second"} | ITEMS


def truths(population) -> dict[str, float]:
    """Give what the whole population has."""
    everybody = {letter: population.everybody(field) for letter, field in FIELDS.items()}
    score, size, sex = everybody["s"], everybody["t"], everybody["x"]
    trust = np.array([everybody[letter] for letter in ITEMS])
    both = pd.crosstab(everybody["f"], everybody["g"], normalize=True).to_numpy()
    chance = both.sum(axis=1) @ both.sum(axis=0)
    coefficients = fitted_to_all((score > np.median(score)).astype(float), size, sex)
    odds = coefficients[0] + coefficients[1] * size
    return {
        "covariance": float(np.cov(score, size, ddof=0)[0, 1]),
        "correlation": float(np.corrcoef(score, size)[0, 1]),
        "difference": float(score[sex == 1].mean() - score[sex == 0].mean()),
        "alpha": float(1.5 * (1 - trust.var(axis=1).sum() / trust.sum(axis=0).var())),
        "kappa": float((np.trace(both) - chance) / (1 - chance)),
        "intercept": coefficients[0],
        "slope": coefficients[1],
        "margin": float((1 / (1 + np.exp(-odds - coefficients[2]))).mean()),
    }


def fitted_to_all(high: np.ndarray, *predictors: np.ndarray) -> np.ndarray:
    """Fit the logistic regression to the whole population by Newton's method."""
    x = np.column_stack([np.ones_like(high), *predictors])
    beta = np.zeros(x.shape[1])
    for _ in range(20):
        p = 1 / (1 + np.exp(-(x @ beta)))
        beta += np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]), x.T @ (high - p))
    return beta


def coverage_one_by_one(population, samples: int, psus: tuple[int, ...]) -> pd.DataFrame:
    """Give a row for each number of PSUs and statistic."""
    truth, rows = truths(population), []
    median = np.median(population.everybody("score"))
    for number in psus:
        taken = population.drawn(number, samples, seed=200 + number, fields=tuple(FIELDS.values()))
        values = {letter: taken.values[field] for letter, field in FIELDS.items()}
        design = taken.design(**values, h=(values["s"] > median).astype(float))
        found = pd.concat([estimated(design, at) for at in range(samples)], keys=range(samples))
        for name, frame in found.groupby(level=1, sort=False):
            rows.append({"psus": number, "statistic": name} | taken.summary(frame, truth[name]))
    return pd.DataFrame(rows)


def estimated(design, at: int) -> pd.DataFrame:
    """Estimate everything from one sample."""
    score, size, sex = f"s{at}", f"t{at}", f"x{at}"
    gap = contrast(mean(design, score, by=sex), {"gap": "`1` - `0`"})
    fit = glm(design, f"h{at} ~ {size} + {sex}", family="binomial")
    coefficients, margins = fit.to_frame(), predictive_margins(fit, sex, at=[1]).to_frame()
    found = {
        "covariance": covariance(design, [score, size]).to_frame().query("item != `with`"),
        "correlation": correlation(design, [score, size]).to_frame(),
        "difference": gap.to_frame(),
        "alpha": alpha(design, [f"a{at}", f"b{at}", f"c{at}"]).to_frame(),
        "kappa": kappa(design, f"f{at}", f"g{at}").to_frame(),
        "intercept": coefficients.iloc[[0]],
        "slope": coefficients.iloc[[1]],
        "margin": margins,
    }
    columns = ["estimate", "se", "low", "high"]
    assert all(len(one) == 1 for one in found.values())
    rows = [one[columns].iloc[0].to_numpy(dtype=float) for one in found.values()]
    return pd.DataFrame(rows, columns=columns, index=list(found))


def test_relations_contrasts_and_models_cover_in_twenty_samples(population):
    table = coverage_one_by_one(population, 20, (30,))
    assert table["covered"].min() >= 0.75
    assert table["shift"].abs().max() <= 0.9


@pytest.mark.drill
def test_relations_contrasts_and_models_cover_in_two_thousand_samples(population):
    table = coverage_one_by_one(population, 2000, PSUS)
    print("\n" + table.round(4).to_string(index=False))
    few = table["psus"] == 12
    linear = table["statistic"] == "difference"
    assert table.loc[linear, "bias"].abs().max() <= 3
    # the others are no sums of answers: consistent, with a bias that falls with the number of PSUs
    assert table.loc[few, "shift"].abs().max() <= 0.25
    assert table.loc[~few, "shift"].abs().max() <= 0.15
    assert table.loc[few, "covered"].between(0.88, 0.97).all()
    assert table.loc[~few, "covered"].between(0.91, 0.97).all()
