"""What raking does to errors, bias and coverage under repeated two-stage sampling: python -m pytest -m drill.

A small form runs with the other tests: fewer samples, wider tolerance.
"""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design

STRATA, TOWNS, PEOPLE = 6, 40, 50


@pytest.fixture(scope="module")
def population() -> pd.DataFrame:
    random = np.random.default_rng(11)
    towns = pd.DataFrame({"stratum": np.repeat(range(STRATA), TOWNS), "town": np.tile(range(TOWNS), STRATA)})
    towns["tilt"] = random.normal(0.3 * (towns["stratum"] - 2.5), 0.4)
    people = towns.loc[towns.index.repeat(PEOPLE)].reset_index(drop=True)
    people["person"] = np.tile(range(PEOPLE), STRATA * TOWNS)
    people["sex"] = random.integers(1, 3, len(people)).astype(float)
    lean = people["tilt"] + 0.8 * (people["sex"] - 1.5)
    people["half"] = (random.random(len(people)) < 1 / (1 + np.exp(-lean))).astype(float)
    people["few"] = (random.random(len(people)) < 1 / (1 + np.exp(3.0 - lean))).astype(float)
    people["score"] = lean + random.normal(size=len(people))
    return people.assign(towns=TOWNS, people=PEOPLE)


def drawn(population: pd.DataFrame, random: np.random.Generator, towns: int = 6, people: int = 10) -> pd.DataFrame:
    parts = []
    for stratum in range(STRATA):
        for town in random.choice(TOWNS, towns, replace=False):
            start = (stratum * TOWNS + town) * PEOPLE
            parts.append(start + random.choice(PEOPLE, people, replace=False))
    return population.iloc[np.concatenate(parts)].reset_index(drop=True)


def coverage(population: pd.DataFrame, samples: int) -> pd.DataFrame:
    random = np.random.default_rng(12)
    truth = population[["half", "few", "score"]].mean()
    share = population["sex"].value_counts(normalize=True)
    margins = {"sex": {"1": share[1.0], "2": share[2.0]}}
    rows = []
    for _ in range(samples):
        data = drawn(population, random)
        base = Design(data, strata="stratum", psu=["town", "person"], fpc=["towns", "people"])
        for weighting, design in (("base", base), ("raked", rake(base, margins))):
            found = [
                ("logit", proportion(design, ["half", "few"], category=1)),
                ("beta", proportion(design, ["half", "few"], category=1, interval="beta")),
                ("t", mean(design, "score")),
            ]
            for interval, estimates in found:
                for row in estimates.to_frame().to_dict("records"):
                    value = truth[row["item"]]
                    inside = row["low"] <= value <= row["high"]
                    rows.append((weighting, row["item"], interval, inside, row["estimate"] - value, row["se"]))
    frame = pd.DataFrame(rows, columns=["weighting", "item", "interval", "inside", "error", "se"])
    groups = frame.groupby(["weighting", "item", "interval"])
    table = groups.agg(covered=("inside", "mean"), bias=("error", "mean"), spread=("error", "std"), se=("se", "mean"))
    return table.assign(monte_carlo=table["spread"] / np.sqrt(samples), ratio=table["se"] / table["spread"])


def test_raked_intervals_cover_in_few_samples(population):
    table = coverage(population, 80)
    assert table["covered"].min() >= 0.85
    assert (table["bias"].abs() <= 4 * table["monte_carlo"]).all()


@pytest.mark.drill
def test_raking_narrows_and_still_covers_in_two_thousand_samples(population):
    table = coverage(population, 2000)
    print(table.round(4).to_string())
    assert table["covered"].between(0.93, 0.985).all()
    assert (table["bias"].abs() <= 3 * table["monte_carlo"]).all()
    assert table["ratio"].between(0.95, 1.05).all()
    spread = table["spread"].unstack("weighting")
    assert (spread["raked"] < spread["base"]).all()
