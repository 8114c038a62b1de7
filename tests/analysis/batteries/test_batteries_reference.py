"""Batteries against R: tests/reference/batteries.R made tests/reference/batteries.json.

The new estimates and their covariance are ``svymean``'s, of stratified and of clustered schools. The Wald F without an
error on the published side is ``regTermTest``'s, apart from the factor (df - k + 1) / df that it leaves out. What
neither survey nor base R has as a function (Krishnamoorthy and Yu's degrees of freedom, Rao and Scott's eigenvalues,
Rao's standard error of a generalised least squares mean) is written out there by another road.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.batteries.hotelling import joint_test
from topline.analysis.batteries.published_covariance import correlations, published_covariance
from topline.analysis.batteries.rao_scott import rao_scott
from topline.analysis.batteries.shift import level_shift, profile_change
from topline.analysis.batteries.sides import Sides
from topline.analysis.batteries.surprise import surprises
from topline.analysis.comparing.together import Place, joint_covariance
from topline.analysis.estimation.estimate import proportion
from topline.analysis.sampling.design import Design

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "batteries.json").read_text())
ITEMS = ("sch.wide", "comp.imp", "awards")
DESIGNS = {"apistrat": {"weight": "pw", "strata": "stype", "fpc": "fpc"}, "apiclus1": {"psu": "dnum", "fpc": "fpc"}}


@cache
def new_side(name: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Estimates of three items from separate calls, their joint covariance, and its degrees of freedom."""
    frame = pd.read_csv(REFERENCE / "data" / f"{name}.csv")
    design = Design(frame, **{"weight": "pw", **DESIGNS[name]})
    made = [proportion(design, item, category="Yes") for item in ITEMS]
    covariance = joint_covariance([Place(one, 0) for one in made])
    return np.array([one.frame["estimate"][0] for one in made]), covariance, float(made[0].frame["df"][0])


def sides_of(case: dict) -> Sides:
    new, covariance, df = new_side(case["design"])
    published, n = np.array(case["published"]), np.array(case["published_n"])
    rounding = np.full(3, 0.01)
    se = np.sqrt(1.5 * published * (1 - published) / n + rounding**2 / 12)
    correlation = correlations(covariance) if case["borrowed"] else np.eye(3)
    known = np.zeros((3, 3))
    both = published_covariance(se, rounding, correlation)
    sides = Sides(new, published, covariance, both, df, n.min() - 1, known, case["borrowed"])
    return sides.with_nonsampling(np.full(3, case["nonsampling"]), case["shared"])


def close(found: object, expected: dict) -> None:
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-9), name


@pytest.mark.parametrize("name", DESIGNS)
def test_items_of_separate_calls_have_the_covariance_that_svymean_gives_them_together(name):
    case = next(case for case in STORED["whole"] if case["design"] == name)
    new, covariance, df = new_side(name)
    assert (new.tolist(), df) == (pytest.approx(case["new"], rel=1e-12), case["df"])
    assert covariance.ravel() == pytest.approx(np.array(case["covariance"]).ravel(), rel=1e-9)


@pytest.mark.parametrize(
    "case", STORED["whole"], ids=lambda case: f"{case['design']}-{case['borrowed']}-{case['shared']}"
)
def test_battery_equals_r(case):
    sides = sides_of(case)
    assert sides.published_covariance.ravel() == pytest.approx(np.array(case["published_covariance"]).ravel(), rel=1e-9)
    close(joint_test(sides), case["wald"])
    close(profile_change(sides), case["profile"])
    close(rao_scott(sides, np.full(3, case["n"]), np.array(case["published_n"])), case["rao_scott"])
    close(level_shift(sides, 0.95), case["shift"])
    for found, expected in zip(surprises(sides, 0.95, share=True), case["items"], strict=True):
        close(found, {name: value for name, value in expected.items() if name != "item"})


@pytest.mark.parametrize("case", STORED["single"], ids=lambda case: case["design"])
def test_against_a_published_side_without_error_the_wald_f_is_that_of_regtermtest(case):
    new, covariance, df = new_side(case["design"])
    nothing = np.zeros((3, 3))
    test = joint_test(Sides(new, np.array(STORED["whole"][0]["published"]), covariance, nothing, df, np.inf, nothing))
    assert test.df == pytest.approx(case["df"])
    assert test.chisq / 3 == pytest.approx(case["regterm"], rel=1e-9)
    assert (test.statistic, test.p) == (pytest.approx(case["adjusted"], rel=1e-9), pytest.approx(case["p"], rel=1e-9))


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r", "survey", "jsonlite")
    command = [program, REFERENCE / "batteries.R", tmp_path, REFERENCE / "data"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    fresh = json.loads((tmp_path / "batteries.json").read_text())
    for new, old in zip(fresh["whole"] + fresh["single"], STORED["whole"] + STORED["single"], strict=True):
        assert numbers(new) == pytest.approx(numbers(old), rel=1e-9, abs=1e-15)


def numbers(value: object) -> list[float]:
    """List every number in a document, in order."""
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers(part)]
    if isinstance(value, list):
        return [number for part in value for number in numbers(part)]
    return [float(value)] if isinstance(value, int | float) else []
