"""Coverage of every interval under repeated two-stage sampling: python -m pytest -m drill tests/drills -s.

All samples have the same layout, so that a sample is a column and one call estimates hundreds of them. A short form
runs with the other tests: fewer samples, the default intervals alone, wider tolerance.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, proportion, ratio, total
from topline.analysis.estimation.quantile import quantile
from topline.analysis.models.glm import glm
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, Study, Variable

TOWNS = (30, 40, 60, 80, 100, 130)
"""Towns in the population of each stratum."""

PEOPLE, ASKED = 200, 15
"""People in each town, and how many are asked in a sampled one."""

SHARES = (0.01, 0.02, 0.05, 0.1, 0.3, 0.5)
PSUS = (12, 30, 60)
KINDS = ("logit", "beta", "wilson", "mean", "asin", "likelihood", "xlogit")
QUANTILES = (0.1, 0.5, 0.9)
LAYOUT = ("w", "stratum", "town", "person", "towns", "people")


@dataclass(frozen=True)
class Population:
    """Everybody, as stratum x town x person: a skewed score, and a number to divide it by."""

    score: list[np.ndarray]
    size: list[np.ndarray]

    @property
    def everybody(self) -> np.ndarray:
        return np.concatenate([stratum.ravel() for stratum in self.score])

    @property
    def sizes(self) -> np.ndarray:
        return np.concatenate([stratum.ravel() for stratum in self.size])


@dataclass(frozen=True)
class Samples:
    """Many samples of one layout: the rows' design, and a column of values for each sample."""

    layout: pd.DataFrame
    score: np.ndarray
    size: np.ndarray

    def design(self, values: np.ndarray, other: np.ndarray | None = None, *, binary: bool = False) -> Design:
        """Give one design with the samples' values as columns s0, s1 ..., and other values as t0, t1 ..."""
        columns = {f"s{at}": column for at, column in enumerate(values.T)}
        if other is not None:
            columns |= {f"t{at}": column for at, column in enumerate(other.T)}
        labels = {1.0: "yes", 0.0: "no"} if binary else {}
        variables = [Variable(name, labels=labels) for name in columns] + [Variable(name) for name in LAYOUT]
        frame = pd.concat([pd.DataFrame(columns), self.layout], axis=1)
        return Design(
            Study(frame, Codebook(tuple(variables))),
            weight="w",
            strata="stratum",
            psu=["town", "person"],
            fpc=["towns", "people"],
        )

    @property
    def names(self) -> list[str]:
        return [f"s{at}" for at in range(self.score.shape[1])]


@pytest.fixture(scope="module")
def population() -> Population:
    random = np.random.default_rng(11)
    score, size = [], []
    for stratum, towns in enumerate(TOWNS):
        lean = 0.15 * (stratum - 2.5) + random.normal(0, 0.4, (towns, 1)) + random.logistic(size=(towns, PEOPLE))
        score.append(np.log1p(np.exp(lean)))
        size.append(random.gamma(4, 1, (towns, PEOPLE)) + 0.5 * score[-1])
    return Population(score, size)


def drawn(population: Population, psus: int, samples: int, seed: int) -> Samples:
    """Draw towns in each stratum, then people in each town, both without replacement, over and over."""
    random = np.random.default_rng(seed)
    towns = psus // len(TOWNS)
    layout, score, size = [], [], []
    for stratum, among in enumerate(TOWNS):
        town = np.argsort(random.random((samples, among)), axis=1)[:, :towns]
        person = np.argsort(random.random((samples, towns, PEOPLE), dtype=np.float32), axis=2)[:, :, :ASKED]
        for values, found in ((population.score, score), (population.size, size)):
            found.append(values[stratum][town[:, :, None], person].reshape(samples, -1).T)
        rows = towns * ASKED
        layout.append(
            pd.DataFrame(
                {
                    "w": among / towns * PEOPLE / ASKED,
                    "stratum": stratum,
                    "town": np.repeat(np.arange(towns), ASKED),
                    "person": np.arange(rows),
                    "towns": among,
                    "people": PEOPLE,
                }
            )
        )
    return Samples(pd.concat(layout, ignore_index=True), np.concatenate(score), np.concatenate(size))


def coverage_of_shares(
    population: Population, samples: int, kinds: tuple[str, ...], shares: tuple[float, ...], psus: tuple[int, ...]
) -> pd.DataFrame:
    """Give a row for each number of PSUs, share and kind of interval: coverage, both sides, width, bias."""
    rows, ordered = [], np.sort(population.everybody)
    for number in psus:
        taken = drawn(population, number, samples, seed=number)
        for share in shares:
            threshold = ordered[len(ordered) - round(share * len(ordered))]
            truth = float((ordered >= threshold).mean())
            design = taken.design((taken.score >= threshold).astype(float), binary=True)
            for kind in kinds:
                found = proportion(design, taken.names, category=1, interval=kind)
                rows.append({"psus": number, "p": share, "interval": kind} | summary(found.to_frame(), truth))
    return pd.DataFrame(rows)


def coverage_of_numbers(population: Population, samples: int, psus: tuple[int, ...]) -> pd.DataFrame:
    """Give a row for each number of PSUs and statistic: means, totals, ratios by t, quantiles by Woodruff."""
    everybody, sizes = population.everybody, population.sizes
    wanted: dict[str, tuple[float, Callable[[Design, Samples], object]]] = {
        "mean": (everybody.mean(), lambda design, taken: mean(design, taken.names)),
        "total": (everybody.sum(), lambda design, taken: total(design, taken.names)),
        "ratio": (
            everybody.sum() / sizes.sum(),
            lambda design, taken: ratio(design, taken.names, [name.replace("s", "t") for name in taken.names]),
        ),
    }
    for p in QUANTILES:
        truth = np.sort(everybody)[int(np.ceil(p * len(everybody))) - 1]
        wanted[f"quantile {p:g}"] = (truth, lambda design, taken, p=p: quantile(design, taken.names, p))
    rows = []
    for number in psus:
        taken = drawn(population, number, samples, seed=100 + number)
        design = taken.design(taken.score, taken.size)
        for name, (truth, estimate) in wanted.items():
            rows.append({"psus": number, "statistic": name} | summary(estimate(design, taken).to_frame(), truth))
    return pd.DataFrame(rows)


def coverage_of_coefficients(population: Population, samples: int, psus: tuple[int, ...]) -> pd.DataFrame:
    """Give a row for each number of PSUs and coefficient of a logistic regression of a high score on the size."""
    high = (population.everybody > np.median(population.everybody)).astype(float)
    truth = fitted_to_all(high, population.sizes)
    rows = []
    for number in psus:
        taken = drawn(population, number, samples, seed=200 + number)
        design = taken.design((taken.score > np.median(population.everybody)).astype(float), taken.size)
        fits = [glm(design, f"s{at} ~ t{at}", family="binomial").to_frame() for at in range(samples)]
        for place, name in enumerate(("intercept", "slope")):
            frame = pd.DataFrame([fit.iloc[place][["estimate", "se", "low", "high"]] for fit in fits])
            rows.append({"psus": number, "statistic": name} | summary(frame.astype(float), truth[place]))
    return pd.DataFrame(rows)


def fitted_to_all(high: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Fit the logistic regression to the whole population by Newton's method."""
    x, beta = np.column_stack([np.ones_like(size), size]), np.zeros(2)
    for _ in range(20):
        p = 1 / (1 + np.exp(-(x @ beta)))
        beta += np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]), x.T @ (high - p))
    return beta


def summary(frame: pd.DataFrame, truth: float) -> dict[str, float]:
    """Give coverage, how often the interval lies above and below the truth, and bias in Monte Carlo errors."""
    error, low, high = frame["estimate"] - truth, frame["low"], frame["high"]
    assert low.notna().all() and high.notna().all()
    return {
        "covered": float(((low <= truth) & (truth <= high)).mean()),
        "above": float((low > truth).mean()),
        "below": float((high < truth).mean()),
        "width": float((high - low).mean()),
        "bias": float(error.mean() / (error.std(ddof=0) / np.sqrt(len(frame)))),
        "relative_bias": float(error.mean() / truth),
        "se_ratio": float(np.sqrt((frame["se"] ** 2).mean()) / error.std(ddof=0)),
    }


def test_default_intervals_cover_in_a_hundred_samples(population):
    table = coverage_of_shares(population, 100, ("logit", "beta"), (0.05, 0.3), (30,))
    assert table["covered"].min() >= 0.88
    assert table["bias"].abs().max() <= 4
    assert table["se_ratio"].between(0.8, 1.25).all()


def test_means_totals_ratios_and_quantiles_cover_in_a_hundred_samples(population):
    table = coverage_of_numbers(population, 100, (30,)).set_index("statistic")
    assert table["covered"].min() >= 0.86
    assert table.loc[["mean", "total"], "bias"].abs().max() <= 4


@pytest.mark.drill
def test_proportions_cover_in_two_thousand_samples(population):
    table = coverage_of_shares(population, 2000, KINDS, SHARES, PSUS)
    for column in ("covered", "above", "below", "width"):
        print_grid(table, column)
    print(table.groupby(["psus", "p"])[["bias", "se_ratio"]].first().round(3).to_string())
    assert table["bias"].abs().max() <= 3
    assert table["se_ratio"].between(0.95, 1.05).all()
    covered = table.set_index(["psus", "p", "interval"])["covered"].unstack("interval")
    few, more = covered.loc[12], covered.loc[[30, 60]]
    assert few["logit"].between(0.92, 0.965).all() and more["logit"].between(0.935, 0.965).all()
    assert few["beta"].between(0.93, 0.975).all() and more["beta"].between(0.94, 0.98).all()
    assert (covered["xlogit"] == covered["logit"]).all()
    assert covered.loc[(12, 0.01), "mean"] < 0.85, "the documented failure of Wald intervals for rare answers is gone"


@pytest.mark.drill
def test_numbers_cover_in_two_thousand_samples(population):
    table = coverage_of_numbers(population, 2000, PSUS)
    print(table.round(4).to_string(index=False))
    quantiles, few = table["statistic"].str.startswith("quantile"), table["psus"] == 12
    assert table.loc[~quantiles, "bias"].abs().max() <= 3
    # the smallest value that reaches a share lies above the population's by about half a respondent
    assert (table.loc[quantiles, "bias"] / np.sqrt(2000)).abs().max() <= 0.2
    assert table.loc[few & ~quantiles, "covered"].between(0.915, 0.965).all()
    assert table.loc[few & quantiles, "covered"].between(0.9, 0.965).all()
    assert table.loc[~few, "covered"].between(0.93, 0.965).all()


@pytest.mark.drill
def test_coefficients_cover_in_five_hundred_samples(population):
    table = coverage_of_coefficients(population, 500, PSUS)
    print(table.round(4).to_string(index=False))
    assert table["bias"].abs().max() <= 3
    assert table["covered"].between(0.9, 0.98).all()


def print_grid(table: pd.DataFrame, column: str) -> None:
    grid = table.pivot(index=["psus", "p"], columns="interval", values=column)[list(KINDS)]
    print(f"\n{column}, %\n{(100 * grid).round(1).to_string()}")
