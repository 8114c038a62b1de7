"""Intervals of proportions against R's survey package: tests/reference/intervals.R made tests/reference/intervals.json.

R version and survey version stand in the file. Relative tolerance 1e-9, but 1e-7 on logit, which R gets from an
iterated glm. R reads the ends of a likelihood interval off a spline through some ten points of the profile: those it
stands for are solved for in the script and compared at 1e-9, R's own at 1e-3. Wilson is a closed form in the script.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from topline.analysis.estimation.estimate import proportion
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "intervals.json").read_text())["rows"]

DESIGNS = {
    "srs": ("apisrs", {"fpc": "fpc"}),
    "strata": ("apistrat", {"weight": "pw", "strata": "stype", "fpc": "fpc"}),
    "strata, with replacement": ("apistrat", {"weight": "pw", "strata": "stype"}),
    "clusters": ("apiclus1", {"weight": "pw", "psu": "dnum", "fpc": "fpc"}),
    "two stages": ("apiclus2", {"psu": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]}),
    "nhanes": ("nhanes", {"weight": "WTMEC2YR", "strata": "SDMVSTRA", "psu": "SDMVPSU"}),
}


REPLICATES = {"JK1": ("apiclus1", {"weight": "pw", "psu": "dnum"}), "JKn": DESIGNS["strata, with replacement"]}


@cache
def design_of(case: str) -> Design:
    if case in REPLICATES:
        data, options = REPLICATES[case]
        return replicates(Design(pd.read_csv(REFERENCE / "data" / f"{data}.csv"), **options), case)
    data, options = DESIGNS[case]
    return Design(pd.read_csv(REFERENCE / "data" / f"{data}.csv"), **options)


@cache
def frame_of(case: str, item: str, by: str | None, interval: str, level: float) -> pd.DataFrame:
    return proportion(design_of(case), item, by=by, interval=interval, level=level).to_frame()


def ours(row: dict) -> pd.Series:
    frame = frame_of(row["case"], row["item"], row["by"], row["interval"], row["level"])
    frame = frame[frame["category"].astype(str) == row["category"]]
    if row["by"]:
        frame = frame[frame[row["by"]].astype(str) == row["key"]]
    assert len(frame) == 1
    return frame.iloc[0]


@pytest.mark.parametrize("interval", ["mean", "asin", "xlogit", "logit", "likelihood", "beta", "wilson"])
@pytest.mark.parametrize("case", DESIGNS)
def test_intervals_equal_those_of_r(case, interval):
    rows = [row for row in STORED if row["case"] == case and row["interval"] == interval]
    assert rows
    for row in rows:
        mine = ours(row)
        assert (mine["estimate"], mine["se"]) == pytest.approx((row["estimate"], row["se"]), rel=1e-9), row
        rel = 1e-7 if interval == "logit" else 1e-9
        assert (mine["low"], mine["high"]) == pytest.approx((row["low"], row["high"]), rel=rel), row
        if row["r_low"] is not None:
            assert (mine["low"], mine["high"]) == pytest.approx((row["r_low"], row["r_high"]), rel=1e-3), row


@pytest.mark.parametrize("case", REPLICATES)
def test_intervals_on_replicates_equal_those_of_r(case):
    rows = [row for row in STORED if row["case"] == case]
    assert {row["interval"] for row in rows} == {"mean", "asin", "xlogit", "logit", "beta"}
    for row in rows:
        mine, rel = ours(row), 1e-7 if row["interval"] == "logit" else 1e-9
        assert (mine["low"], mine["high"]) == pytest.approx((row["low"], row["high"]), rel=rel), row


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r")
    subprocess.run([program, REFERENCE / "intervals.R", tmp_path], check=True, capture_output=True, timeout=300)
    fresh = json.loads((tmp_path / "intervals.json").read_text())["rows"]
    assert len(fresh) == len(STORED)
    for new, old in zip(fresh, STORED, strict=True):
        for name, value in old.items():
            assert new[name] == (pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value)
