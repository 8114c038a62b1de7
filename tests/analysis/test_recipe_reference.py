"""A recipe of three steps replayed on every replicate against R: tests/reference/recipe.R made recipe.json.

The script does the steps by hand (nonresponse within classes, survey's rake, trimming) on every replicate and hands the
weights to ``svrepdesign``. Weights agree to 1e-8 and standard errors to 1e-7; R's rake stops at 1e-11 of a total.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, total
from topline.analysis.replication.replicate_weights import replicate_design
from topline.analysis.sampling.design import Design
from topline.analysis.weight import weight

REFERENCE = Path(__file__).parent.parent / "reference"
STORED = json.loads((REFERENCE / "recipe.json").read_text())
MARGINS = {"sch.wide": {"No": 1072, "Yes": 5122}, "awards": {"No": 2027, "Yes": 4167}}
PEOPLE = 2.8e8
NHANES = {
    "race": {"1": 0.15 * PEOPLE, "2": 0.65 * PEOPLE, "3": 0.12 * PEOPLE, "4": 0.08 * PEOPLE},
    "RIAGENDR": {"1": 0.49 * PEOPLE, "2": 0.51 * PEOPLE},
}


def data(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / f"{name}.csv")


def schools(name: str) -> pd.DataFrame:
    return data(name).assign(responded=lambda each: each["api99"] % 4 != 1)


def api_recipe(*more: dict) -> list[dict]:
    return [
        {"nonresponse": {"responded": "responded", "within": ["sch.wide"]}},
        {"rake": {"margins": MARGINS, "tolerance": 1e-13}},
        *more,
    ]


def given_bootstrap() -> Design:
    frame = pd.concat([schools("apiclus1"), data("replicate_bootstrap")], axis=1)
    return replicate_design(frame, weight="pw", replicates="repw", method="bootstrap")


def health(method: str) -> Design:
    frame = data("nhanes")
    frame = frame[frame.groupby("SDMVSTRA")["SDMVPSU"].transform("nunique") == 2]
    frame = frame.merge(data(f"replicate_{method}"), on=["SDMVSTRA", "SDMVPSU"], how="left").assign(
        responded=lambda each: each["HI_CHOL"].notna()
    )
    options = {"method": "Fay", "fay": 0.3} if method == "fay" else {"method": "BRR"}
    made = replicate_design(frame, weight="WTMEC2YR", replicates="repw", combined=False, **options)
    recipe = [{"nonresponse": {"responded": "responded", "within": ["race"]}}, {"rake": {"margins": NHANES}}]
    return weight(made, recipe)


TRIM = {"trim": {"cap": 75, "recalibrate": False}}
CASES = {
    "apiclus1 JK1 untrimmed": lambda: weight(
        Design(schools("apiclus1"), weight="pw", psu="dnum"),
        {"steps": api_recipe(), "replicates": {"method": "JK1"}},
    ),
    "apiclus1 JK1 trimmed": lambda: weight(
        Design(schools("apiclus1"), weight="pw", psu="dnum"),
        {"steps": api_recipe(TRIM), "replicates": {"method": "JK1"}},
    ),
    "apiclus1 bootstrap untrimmed": lambda: weight(given_bootstrap(), api_recipe()),
    "apiclus1 bootstrap trimmed": lambda: weight(given_bootstrap(), api_recipe(TRIM)),
    "apistrat JKn": lambda: weight(
        Design(schools("apistrat"), weight="pw", strata="stype"),
        {"steps": api_recipe(), "replicates": {"method": "JKn"}},
    ),
    "nhanes fay": lambda: health("fay"),
    "nhanes brr": lambda: health("brr"),
}


@cache
def design_of(case: str) -> Design:
    return CASES[case]()


@pytest.mark.parametrize("case", CASES)
def test_weights_of_the_sample_and_of_a_replicate_are_those_of_r(case):
    stored, second = (np.array(STORED["weights"][name]) for name in (case, f"{case} replicate 2"))
    assert design_of(case).weights[: len(stored)] == pytest.approx(stored, rel=1e-8)
    assert design_of(case).replication.weights(1)[: len(second)] == pytest.approx(second, rel=1e-8)


@pytest.mark.parametrize("row", STORED["rows"], ids=lambda row: f"{row['case']} {row['estimand']} {row['item']}")
def test_estimates_and_errors_are_those_of_r(row):
    estimator = mean if row["estimand"] == "mean" else total
    mine = estimator(design_of(row["case"]), row["item"]).to_frame().iloc[0]
    assert mine["estimate"] == pytest.approx(row["estimate"], rel=1e-8)
    assert mine["se"] == pytest.approx(row["se"], rel=1e-7)


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r", "jsonlite")
    command = [program, REFERENCE / "recipe.R", tmp_path, REFERENCE / "data"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    fresh = json.loads((tmp_path / "recipe.json").read_text())
    assert [row["case"] for row in fresh["rows"]] == [row["case"] for row in STORED["rows"]]
    for new, old in zip(fresh["rows"], STORED["rows"], strict=True):
        assert (new["estimate"], new["se"]) == pytest.approx((old["estimate"], old["se"]), rel=1e-8)
