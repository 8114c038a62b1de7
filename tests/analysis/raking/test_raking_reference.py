"""Raking against R's survey package: tests/reference/raking.R made tests/reference/raking.json.

Weights agree with ``rake`` (on joint margins too), ``postStratify`` (of one variable, of joint cells, of joined ones)
and ``calibrate(calfun = "raking", bounds = ...)`` to 1e-8. Standard errors agree to 1e-8 with ``postStratify`` and with
the exact projection on the margins (calibrated weights, written out in the script), to 1e-7 with both functions on
replicates, and with ``residuals="base"`` to 1e-7 with ``calibrate``. R's ``rake`` sweeps ten times towards an
unweighted projection; with ``residuals="unweighted"`` its standard errors agree to the 1e-3 those sweeps allow.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, total
from topline.analysis.raking.poststratify import poststratify
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "raking.json").read_text())

COUNTS = {
    "stype": {"E": 4421, "H": 755, "M": 1018},
    "sch.wide": {"No": 1072, "Yes": 5122},
    "awards": {"No": 2027, "Yes": 4167},
}
SHARES = {name: {code: count / 6194 for code, count in counts.items()} for name, counts in COUNTS.items()}
CELLS = {"E*No": 1200, "H*No": 420, "M*No": 407, "E*Yes": 3221, "H*Yes": 335, "M*Yes": 611}
DESIGNS = {
    "apiclus1": {"weight": "pw", "psu": "dnum", "fpc": "fpc"},
    "apistrat": {"weight": "pw", "strata": "stype", "fpc": "fpc"},
    "apiclus2": {"psu": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]},
}


def stored_rows(case: str) -> list[dict]:
    rows = [row for row in STORED["rows"] if row["case"] == case]
    assert rows
    return rows


@cache
def base_of(name: str) -> Design:
    return Design(pd.read_csv(REFERENCE / "data" / f"{name}.csv"), **DESIGNS[name])


@cache
def design_of(name: str, kind: str) -> Design:
    base = base_of(name)
    if kind == "poststratify":
        return poststratify(base, {"stype": COUNTS["stype"]})
    if kind == "cells":
        return poststratify(base, CELLS, on=["stype", "awards"])
    if kind == "joined":
        return poststratify(base, CELLS, on=["stype", "awards"], join={"E": ["E*No", "E*Yes"]})
    if kind == "joint":
        return rake(base, {"stype*awards": CELLS, "sch.wide": COUNTS["sch.wide"]}, tolerance=1e-12)
    if kind.endswith("replicated"):
        return replicates(design_of(name, kind.removesuffix(" replicated")), "JKn" if name == "apistrat" else "JK1")
    if kind == "bounded":
        bounds = stored_rows(f"{name} bounds")[0]
        return rake(base, SHARES, bounds=(bounds["estimate"], bounds["se"]))
    return rake(base, COUNTS)


def ours(design: Design, row: dict) -> pd.Series:
    function = mean if row["estimand"] == "mean" else total
    frame = function(design, row["item"], by="comp.imp" if row["key"] else None).to_frame()
    return frame[frame["comp.imp"] == row["key"]].iloc[0] if row["key"] else frame.iloc[0]


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("kind", ["rake", "bounded", "poststratify", "cells", "joined", "joint"])
def test_weights_equal_r(name, kind):
    mine = design_of(name, kind).weights
    assert mine == pytest.approx(STORED["weights"][f"{name} {kind}"], rel=1e-8)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("kind", ["exact", "poststratify", "cells", "joined", "joint"])
def test_estimates_and_residual_errors_equal_r(name, kind):
    for row in stored_rows(f"{name} {kind}"):
        mine = ours(design_of(name, kind), row)
        assert mine["estimate"] == pytest.approx(row["estimate"], rel=1e-9), row
        assert mine["se"] == pytest.approx(row["se"], rel=1e-8), row


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("kind", ["cells replicated", "joint replicated"])
def test_replicates_weighted_again_have_the_errors_of_r(name, kind):
    for row in stored_rows(f"{name} {kind}"):
        mine = ours(design_of(name, kind), row)
        assert mine["estimate"] == pytest.approx(row["estimate"], rel=1e-8), row
        assert mine["se"] == pytest.approx(row["se"], rel=1e-7), row


@pytest.mark.parametrize("name", DESIGNS)
def test_residuals_by_base_weights_equal_r_calibrate(name):
    bounds = stored_rows(f"{name} bounds")[0]
    raked = rake(base_of(name), SHARES, bounds=(bounds["estimate"], bounds["se"]), residuals="base")
    for row in stored_rows(f"{name} bounded"):
        mine = ours(raked, row)
        assert mine["estimate"] == pytest.approx(row["estimate"], rel=1e-8), row
        assert mine["se"] == pytest.approx(row["se"], rel=1e-7), row


@pytest.mark.parametrize("name", DESIGNS)
def test_unweighted_residuals_are_what_r_rake_sweeps_towards(name):
    raked = rake(base_of(name), COUNTS, residuals="unweighted")
    for row in stored_rows(f"{name} rake"):
        mine = ours(raked, row)
        assert mine["estimate"] == pytest.approx(row["estimate"], rel=1e-8), row
        assert mine["se"] == pytest.approx(row["se"], rel=1e-3), row


def test_errors_after_raking_are_not_those_of_fixed_weights():
    raked = design_of("apiclus1", "rake")
    frame = raked.study_with_weights("raked").frame
    fixed = Design(frame, weight="raked", psu="dnum", fpc="fpc")
    assert total(fixed, "enroll").to_frame()["se"][0] > 1.5 * total(raked, "enroll").to_frame()["se"][0]


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r", "jsonlite", "MASS")
    command = [program, REFERENCE / "raking.R", tmp_path, REFERENCE / "data"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    fresh = json.loads((tmp_path / "raking.json").read_text())
    for new, old in zip(fresh["rows"], STORED["rows"], strict=True):
        assert (new["case"], new["item"], new["key"]) == (old["case"], old["item"], old["key"])
        assert new["estimate"] == pytest.approx(old["estimate"], rel=1e-8)
        assert new["se"] == pytest.approx(old["se"], rel=1e-8)
