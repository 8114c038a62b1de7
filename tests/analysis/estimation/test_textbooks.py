"""Household crowding and a youth survey against R: tests/reference/textbooks.R made textbooks.json.

Relative tolerance 1e-9; 1e-7 on logit intervals, which R gets from an iterated model.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, proportion, ratio, total
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design

REFERENCE = Path(__file__).parents[2] / "reference"
STORED = json.loads((REFERENCE / "textbooks.json").read_text())["rows"]


@cache
def design_of(case: str) -> Design:
    if case == "yrbs":
        frame = pd.read_csv(REFERENCE / "data" / "yrbs.csv.gz")
        return Design(frame, weight="weight", strata="stratum", psu="psu")
    crowd = pd.read_csv(REFERENCE / "data" / "crowd.csv")
    method = case.removeprefix("crowd, ")
    if method == "JK1":
        return replicates(Design(crowd, weight="weight", psu="cluster"), "JK1")
    taylor = Design(crowd, weight="weight", strata="stratum", psu="cluster")
    return taylor if method == "Taylor" else replicates(taylor, method, fay=0.3 if method == "Fay" else None)


def ours(row: dict) -> pd.Series:
    design = design_of(row["case"])
    if row["estimand"] == "ratio":
        return ratio(design, "person", "rooms").to_frame().iloc[0]
    if row["estimand"] == "proportion":
        return proportion(design, row["item"], category=2, interval=row["interval"]).to_frame().iloc[0]
    return (mean if row["estimand"] == "mean" else total)(design, row["item"]).to_frame().iloc[0]


@pytest.mark.parametrize("row", STORED, ids=lambda row: " ".join(str(row[name]) for name in list(row)[:3]))
def test_estimates_equal_r_survey(row):
    mine = ours(row)
    for name in ("estimate", "se", "df", "low", "high"):
        if row[name] is not None:
            rel = 1e-7 if row["interval"] == "logit" else 1e-9
            assert mine[name] == pytest.approx(row[name], rel=rel, abs=1e-12), name


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r")
    subprocess.run([program, REFERENCE / "textbooks.R", tmp_path], check=True, capture_output=True, timeout=300)
    fresh = json.loads((tmp_path / "textbooks.json").read_text())["rows"]
    assert len(fresh) == len(STORED)
    for new, old in zip(fresh, STORED, strict=True):
        for name, value in old.items():
            assert new[name] == (pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value)
