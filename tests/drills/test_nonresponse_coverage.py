"""Samples that not everybody answers, over and over: is the bias gone, and whose errors hold the truth?

Towns are drawn with replacement within strata, then people in them; who responds depends on age and place, and so do
the answers. Weighted by classes or propensity of response and raked, estimates must be unbiased; intervals by the chain
rule, by jackknife and by bootstrap must hold the truth as often as they say, and those that take the final weights for
fixed hold it too often, being a third too wide. By python -m pytest -m drill; a small form runs with other tests.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean
from topline.analysis.nonresponse.base_weights import base_weights
from topline.analysis.nonresponse.nonresponse import nonresponse
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.trimming.trim import trim

TOWNS, PEOPLE = (60, 80, 100, 120), 100
"""Towns of each stratum, and people of each town."""

DRAWN, EACH = 12, 20
"""Towns that are drawn in each stratum, and people in each."""

ITEMS = ["support", "score"]

REPLICATES = 80
"""Replicates of the bootstrap."""

KNOWN = ("chain rule", "JKn", "bootstrap")
"""Where errors come from that know of the weighting."""

LEFT = {"classes, rake, trim": 0.1}
"""Bias that a cap on weights may leave for the variance it saves, in standard errors."""

Shares = dict[str, dict[str, float]]


@pytest.fixture(scope="module")
def population() -> pd.DataFrame:
    random = np.random.default_rng(21)
    stratum = np.repeat(np.arange(len(TOWNS)), np.array(TOWNS) * PEOPLE)
    town = np.repeat(np.arange(sum(TOWNS)), PEOPLE)
    size = len(town)
    sex, education = random.integers(1, 3, size), random.choice(4, size, p=(0.22, 0.3, 0.28, 0.2))
    age, urban = random.choice(4, size, p=(0.3, 0.3, 0.25, 0.15)), (random.random(sum(TOWNS)) < 0.5)[town]
    chance = 1 / (1 + np.exp(-(-0.6 + 0.6 * age - 0.5 * urban)))
    place = random.normal(0, 0.25, sum(TOWNS))[town] + 0.15 * stratum
    lean = place + 0.9 * (age - 1.2) + 0.9 * (education - 1.4) - 0.8 * (sex - 1.5) - 0.5 * urban
    return pd.DataFrame(
        {
            "stratum": stratum,
            "town": town,
            "sex": sex,
            "education": education,
            "age": age,
            "urban": urban,
            "chance": chance,
            "support": (random.logistic(0, 0.3, size) < lean).astype(float),
            "score": lean + random.normal(0, 0.8, size),
        }
    )


def drawn(population: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Draw towns with replacement, so that their spread is their whole variance, and people in them without."""
    first = np.cumsum(TOWNS) - TOWNS
    towns = np.concatenate([start + random.integers(0, n, DRAWN) for start, n in zip(first, TOWNS, strict=True)])
    people = np.argsort(random.random((len(towns), PEOPLE)), axis=1)[:, :EACH]
    data = population.iloc[(towns[:, None] * PEOPLE + people).ravel()].reset_index(drop=True)
    data["psu"] = np.repeat(np.arange(len(towns)), EACH)
    data["chosen"] = np.repeat(DRAWN * EACH / (np.array(TOWNS) * PEOPLE), DRAWN * EACH)
    data["responded"] = random.random(len(data)) < data["chance"]
    data.loc[~data["responded"], ITEMS] = np.nan
    return data


def within_classes(design: Design, margins: Shares) -> Design:
    return rake(nonresponse(design, "responded", within=["age", "urban"]), margins)


def trimmed(design: Design, margins: Shares) -> Design:
    return trim(within_classes(design, margins), multiple=3)


def by_propensity(design: Design, margins: Shares) -> Design:
    return rake(nonresponse(design, "responded", propensity="C(age) + urban"), margins)


RECIPES = {"classes, rake": within_classes, "classes, rake, trim": trimmed, "propensity, rake": by_propensity}


def errors_of(design: Design, data: pd.DataFrame) -> Iterator[tuple[str, Design]]:
    """Give designs of the same weights whose errors come from the chain rule, from replicates, or from neither."""
    yield "chain rule", design
    yield "JKn", replicates(design)
    yield "bootstrap", replicates(design, "rao_wu_yue", replicates=REPLICATES, seed=4)
    fixed = Design(data.assign(final=design.weights), weight="final", strata="stratum", psu="psu")
    yield "weights as fixed", fixed


def drilled(population: pd.DataFrame, recipe: str, samples: int) -> pd.DataFrame:
    """Give by item and source of the errors: coverage, bias in Monte Carlo errors, standard errors over the spread."""
    random, truth = np.random.default_rng(22), population[ITEMS].mean().to_numpy()
    margins = {
        name: population[name].value_counts(normalize=True).rename(str).to_dict() for name in ("sex", "education")
    }
    found: dict[str, list[np.ndarray]] = {}
    for _ in range(samples):
        data = drawn(population, random)
        design = base_weights(Design(data, strata="stratum", psu="psu"), "chosen")
        made = {"not weighted for it": design, **dict(errors_of(RECIPES[recipe](design, margins), data))}
        for errors, each in made.items():
            row = mean(each, ITEMS).to_frame()
            inside = row["low"].le(truth) & row["high"].ge(truth)
            found.setdefault(errors, []).append(np.array([row["estimate"] - truth, row["se"], inside]))
    parts = {errors: summary(np.array(each, dtype=float)) for errors, each in found.items()}
    return pd.concat(parts, names=["errors", "item"])


def summary(found: np.ndarray) -> pd.DataFrame:
    """Sum up samples x (error, standard error, coverage) x items."""
    error, se, inside = found[:, 0], found[:, 1], found[:, 2]
    spread = error.std(axis=0, ddof=1)
    columns = {
        "covered": inside.mean(axis=0),
        "bias": error.mean(axis=0),
        "monte_carlo": spread / np.sqrt(len(found)),
        "spread": spread,
        "se": np.sqrt((se**2).mean(axis=0)),
    }
    return pd.DataFrame(columns, index=ITEMS).assign(ratio=lambda table: table["se"] / table["spread"])


def told(recipe: str, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    print(f"\n{recipe}\n{table.round(4).to_string()}")
    return {str(errors): table.loc[errors] for errors in table.index.unique("errors")}


@pytest.mark.parametrize("recipe", RECIPES)
def test_weights_for_nonresponse_take_out_the_bias_in_few_samples(population, recipe):
    table = told(recipe, drilled(population, recipe, 10))
    assert (table["not weighted for it"]["bias"] > 5 * table["not weighted for it"]["monte_carlo"]).all()
    for known in KNOWN:
        assert (table[known]["bias"].abs() < 4 * table[known]["monte_carlo"]).all()
        assert (table[known]["covered"] >= 0.75).all()
        assert (table[known]["se"] < 0.9 * table["weights as fixed"]["se"]).all()


@pytest.mark.drill
@pytest.mark.parametrize("recipe", RECIPES)
def test_errors_know_of_weights_for_nonresponse_in_a_thousand_samples(population, recipe):
    table = told(recipe, drilled(population, recipe, 1000))
    ignored, fixed = table["not weighted for it"], table["weights as fixed"]
    assert (ignored["bias"] > 20 * ignored["monte_carlo"]).all() and (ignored["covered"] < 0.5).all()
    for known in KNOWN:
        left = LEFT.get(recipe, 0.0) * table[known]["se"]
        assert (table[known]["bias"].abs() <= 3 * table[known]["monte_carlo"] + left).all()
        assert table[known]["covered"].between(0.93, 0.97).all() and table[known]["ratio"].between(0.95, 1.05).all()
    assert (fixed["covered"] > 0.97).all() and (fixed["ratio"] > 1.15).all()
