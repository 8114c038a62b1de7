"""Volunteers against a reference sample, over and over: is the bias gone, do intervals hold the truth, what if not.

A population of 12,000 in 300 towns; about 600 volunteer with chances that follow a logit in sex, age and group; the
reference is 40 towns of ten people each. Run by python -m pytest -m drill; a small form runs in
tests/analysis/nonprobability/test_doubly_robust.py.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean
from topline.analysis.nonprobability.doubly_robust import doubly_robust
from topline.analysis.nonprobability.propensity_weights import propensity_weights
from topline.analysis.nonprobability.reference_margins import margins_from
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design

TOWNS, PEOPLE, DRAWN, EACH = 300, 40, 40, 10
RIGHT, WRONG = ["sex", "age", "group"], ["sex"]


@pytest.fixture(scope="module")
def population() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    size = TOWNS * PEOPLE
    town = np.repeat(np.arange(TOWNS), PEOPLE)
    sex, group = rng.choice(["f", "m"], size), rng.integers(0, 3, size)
    age = rng.normal(0, 0.9, size) + rng.normal(0, 0.4, TOWNS)[town]
    chance = 1 / (1 + np.exp(3.7 - 0.7 * (sex == "f") - 0.5 * age - 0.3 * group))
    y = 0.8 * (sex == "f") + 1.2 * age + 0.5 * group + rng.normal(0, 1, size)
    names = [f"g{each}" for each in group]
    return pd.DataFrame({"town": town, "sex": sex, "age": age, "group": names, "chance": chance, "y": y})


def drawn(population: pd.DataFrame, rng: np.random.Generator) -> tuple[Design, Design]:
    here = population[rng.random(len(population)) < population["chance"]].reset_index(drop=True)
    towns = rng.choice(TOWNS, DRAWN, replace=False)
    rows = np.concatenate([town * PEOPLE + rng.choice(PEOPLE, EACH, replace=False) for town in towns])
    there = population.iloc[rows].reset_index(drop=True).assign(d=TOWNS / DRAWN * PEOPLE / EACH)
    return Design(here), Design(there, weight="d", psu="town")


def estimates(sample: Design, reference: Design) -> dict[str, Callable[[], object]]:
    weighted = {
        method: propensity_weights(sample, reference, RIGHT, method=method)
        for method in ("pseudo", "odds", "calibrated")
    }
    wrong = propensity_weights(sample, reference, WRONG)
    step = weighted["calibrated"].steps[0]
    exact = sample.with_step(replace(step, linearisation=replace(step.linearisation, target_error=None)))
    fixed = sample.with_step(replace(step, linearisation=None))
    raked = rake(wrong, margins_from(reference, ["sex", "group", "sex*group"]))
    return {
        **{method: lambda each=each: mean(each, "y") for method, each in weighted.items()},
        "pseudo, bootstrap": lambda: mean(replicates(weighted["pseudo"], "bootstrap", replicates=60, seed=1), "y"),
        "doubly robust, both right": lambda: doubly_robust(weighted["pseudo"], "y", reference, RIGHT),
        "doubly robust, weights right": lambda: doubly_robust(weighted["pseudo"], "y", reference, WRONG),
        "doubly robust, model right": lambda: doubly_robust(wrong, "y", reference, RIGHT),
        "doubly robust, after raking": lambda: doubly_robust(raked, "y", reference, RIGHT),
        "neither right": lambda: doubly_robust(wrong, "y", reference, WRONG),
        "reference taken as known": lambda: mean(exact, "y"),
        "weights taken as fixed": lambda: mean(fixed, "y"),
    }


def coverage(population: pd.DataFrame, samples: int) -> pd.DataFrame:
    rng, truth, rows = np.random.default_rng(12), population["y"].mean(), []
    for _ in range(samples):
        for name, make in estimates(*drawn(population, rng)).items():
            found = make().to_frame().iloc[0]
            rows.append((name, found["low"] <= truth <= found["high"], found["estimate"] - truth, found["se"]))
    frame = pd.DataFrame(rows, columns=["estimate", "inside", "error", "se"])
    groups = frame.groupby("estimate", sort=False)
    table = groups.agg(covered=("inside", "mean"), bias=("error", "mean"), spread=("error", "std"), se=("se", "mean"))
    return table.assign(ratio=table["se"] / table["spread"])


@pytest.mark.drill
def test_intervals_cover_when_weights_or_model_are_right_in_a_thousand_pairs_of_samples(population):
    table = coverage(population, 1000)
    print(table.round(4).to_string())
    good = table.drop(["neither right", "reference taken as known", "weights taken as fixed"])
    assert good["covered"].between(0.93, 0.97).all()
    assert (good["bias"].abs() < 0.35 * good["spread"]).all()
    assert good["ratio"].between(0.93, 1.08).all()
    assert table.loc["neither right", "covered"] < 0.1
    assert table.loc[["reference taken as known", "weights taken as fixed"], "covered"].max() < 0.9
