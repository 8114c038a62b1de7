"""Nonresponse against R's survey package: tests/reference/nonresponse.R made tests/reference/nonresponse.json.

Weights agree to 1e-8 with ``svrep::redistribute_weights``, written out in the script, and with quasibinomial fits of
``glm`` and ``svyglm``; standard errors to 1e-7 with ``svymean``, ``svytotal`` and ``svyby`` on jackknife replicates to
each of which R did the same, and with ``svyrecvar`` of the linearised rows.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, total
from topline.analysis.nonresponse.eligibility import eligibility
from topline.analysis.nonresponse.nonresponse import nonresponse
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "nonresponse.json").read_text())
DESIGNS = {
    "apistrat": ({"weight": "pw", "strata": "stype", "fpc": "fpc"}, "JKn"),
    "apiclus1": ({"weight": "pw", "psu": "dnum", "fpc": "fpc"}, "JK1"),
}
MODEL = "stype + api99"
STEPS = {
    "classes": {"within": ["awards", "sch.wide"]},
    "unweighted": {"within": "awards", "weighted": False},
    "propensity": {"propensity": MODEL},
    "propensity unweighted": {"propensity": MODEL, "weighted": False},
    "propensity of categories": {"propensity": ["awards", "sch.wide"]},
    "strata": {"propensity": MODEL, "strata": 4},
    "recipe": {},
}


@cache
def base_of(name: str) -> Design:
    frame = pd.read_csv(REFERENCE / "data" / f"{name}.csv")
    digit = (frame["enroll"] * 7 + frame["api00"] * 3) % 20
    frame["status"] = np.select([digit < 2, digit < 5], ["ineligible", "unknown"], "eligible")
    frame["responded"] = (frame["api99"] * 3 + frame["enroll"]) % 10 < frame["stype"].map({"E": 8, "H": 5, "M": 6})
    return Design(frame, **DESIGNS[name][0])


def weighted(design: Design, case: str) -> Design:
    if case != "recipe":
        return nonresponse(design, "responded", **STEPS[case])
    known = eligibility(
        design, "status", eligible="eligible", ineligible="ineligible", unknown="unknown", within="awards"
    )
    counts = {"stype": {"E": 4421, "H": 755, "M": 1018}}
    return rake(nonresponse(known, "responded", within="sch.wide"), counts)


@cache
def taylor(name: str, case: str) -> Design:
    return weighted(base_of(name), case)


@cache
def jackknife(name: str, case: str) -> Design:
    return replicates(taylor(name, case), DESIGNS[name][1])


def assert_rows_equal(design: Design, case: str) -> None:
    rows = [row for row in STORED["rows"] if row["case"] == case]
    assert len(rows) == 8
    for row in rows:
        function = mean if row["estimand"] == "mean" else total
        frame = function(design, row["item"], by="comp.imp" if row["key"] else None).to_frame()
        mine = frame[frame["comp.imp"] == row["key"]].iloc[0] if row["key"] else frame.iloc[0]
        assert mine["estimate"] == pytest.approx(row["estimate"], rel=1e-9), row
        assert mine["se"] == pytest.approx(row["se"], rel=1e-7), row


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("case", STEPS)
def test_weights_equal_r(name, case):
    assert taylor(name, case).weights == pytest.approx(STORED["weights"][f"{name} {case}"], rel=1e-8)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("case", STEPS)
def test_errors_of_replayed_replicates_equal_r(name, case):
    assert_rows_equal(jackknife(name, case), f"{name} {case}")


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("case", ["classes", "unweighted", "propensity"])
def test_linearised_errors_equal_r(name, case):
    assert_rows_equal(taylor(name, case), f"{name} {case} linearised")


@pytest.mark.parametrize("name", DESIGNS)
def test_coefficients_equal_svyglm(name):
    mine = taylor(name, "propensity").steps[-1].options["coefficients"]
    assert list(mine.values()) == pytest.approx(list(STORED["coefficients"][name].values()), rel=1e-8)


@pytest.mark.parametrize("case", ["classes", "propensity", "recipe"])
def test_replicates_made_before_or_after_the_steps_are_the_same(case):
    before = weighted(replicates(base_of("apiclus1"), "JK1"), case)
    one, other = (mean(design, "api00").to_frame().iloc[0] for design in (before, jackknife("apiclus1", case)))
    assert (one["estimate"], one["se"]) == pytest.approx((other["estimate"], other["se"]), rel=1e-12)


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r", "jsonlite")
    command = [program, REFERENCE / "nonresponse.R", tmp_path, REFERENCE / "data"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    fresh = json.loads((tmp_path / "nonresponse.json").read_text())
    for new, old in zip(fresh["rows"], STORED["rows"], strict=True):
        assert (new["case"], new["item"], new["key"]) == (old["case"], old["item"], old["key"])
        assert new["estimate"] == pytest.approx(old["estimate"], rel=1e-9)
        assert new["se"] == pytest.approx(old["se"], rel=1e-8)
