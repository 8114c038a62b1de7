"""Unequal probabilities, ratios and subpopulations against R: tests/reference/designs.R made designs.json.

Relative tolerance 1e-9 on every number. R counts degrees of freedom of a subset from its own PSUs; here that is
``df="domain"``, which counts those of respondents who gave an answer.
"""

import json
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, ratio, total
from topline.analysis.estimation.estimates import Estimates
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "designs.json").read_text())["rows"]


def data(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / f"{name}.csv")


def joint() -> np.ndarray:
    return np.loadtxt(REFERENCE / "data" / "election_jointprob.csv", delimiter=",")


def raked_clusters() -> Design:
    design = Design(data("apiclus1_ratio"), weight="pw", psu="dnum", fpc="fpc")
    shares = {code: count / 6194 for code, count in {"E": 4421, "H": 755, "M": 1018}.items()}
    raked = rake(design, {"stype": shares}, residuals="base", tolerance=1e-13)
    scale = 6194 / raked.weights.sum()  # R's targets are counts
    return raked.with_step(replace(raked.steps[-1], after=raked.weights * scale)) if abs(scale - 1) > 1e-9 else raked


DESIGNS = {
    "election, Brewer": lambda: Design(data("election_pps"), fpc="p", pps="brewer"),
    "election, Horvitz-Thompson": lambda: Design(data("election_pps"), pps=joint()),
    "election, Yates-Grundy": lambda: Design(data("election_pps"), pps=joint(), pps_variance="yates-grundy"),
    "election, with replacement": lambda: Design(data("election_pps"), weight="wt"),
    "two stages, Brewer": lambda: Design(data("two_stage_pps"), psu=["dnum", "snum"], fpc=["p1", "p2"], pps="brewer"),
    "strata, Brewer": lambda: Design(data("strata_pps"), strata="stype", fpc="p", pps="brewer"),
    "srs": lambda: Design(data("apisrs_ratio"), fpc="fpc"),
    "strata": lambda: Design(data("apistrat_ratio"), weight="pw", strata="stype", fpc="fpc"),
    "clusters": lambda: Design(data("apiclus1_ratio"), weight="pw", psu="dnum", fpc="fpc"),
    "two stages": lambda: Design(data("apiclus2_ratio"), psu=["dnum", "snum"], fpc=["fpc1", "fpc2"]),
    "nhanes": lambda: Design(data("nhanes"), weight="WTMEC2YR", strata="SDMVSTRA", psu="SDMVPSU"),
    "clusters, raked": raked_clusters,
}

OF_DF = ("df", "low", "high")
INCOMPLETE = ("two stages", "nhanes")
"""Designs whose items have missing values, so that PSUs of a subset and PSUs of its answers differ."""

GROUPS = {"election": "big", "two stages": "stype", "strata": "sch.wide", "srs": "stype", "clusters": "stype"}


@cache
def design_of(case: str) -> Design:
    return DESIGNS[case]()


@cache
def estimates_of(case: str, estimand: str, item: str, where: str | None, by: str | None) -> Estimates:
    condition = where and where.replace("sch.wide", "`sch.wide`")
    design, options = design_of(case), {"where": condition, "by": by, "df": "domain" if where else "design"}
    if estimand == "ratio":
        return ratio(design, *item.split(" / "), **options)
    return (mean if estimand == "mean" else total)(design, item, **options)


def ours(row: dict) -> pd.Series:
    by = GROUPS[row["case"].split(",")[0]] if row["key"] else None
    frame = estimates_of(row["case"], row["estimand"], row["item"], row["where"], by).to_frame()
    if by:
        frame = frame[frame[by].astype(str) == row["key"]]
    assert len(frame) == 1
    return frame.iloc[0]


@pytest.mark.parametrize("case", DESIGNS)
def test_estimates_equal_r_survey(case):
    rows = [row for row in STORED if row["case"] == case]
    assert rows
    for row in rows:
        mine = ours(row)
        for name in ("estimate", "se", "deff", "df", "low", "high"):
            if row[name] is not None and not (name in OF_DF and row["where"] and row["case"] in INCOMPLETE):
                assert mine[name] == pytest.approx(row[name], rel=1e-9, abs=1e-9), (name, row)


def test_every_stored_case_is_compared():
    assert {row["case"] for row in STORED} == set(DESIGNS)


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r")
    subprocess.run([program, REFERENCE / "designs.R", tmp_path], check=True, capture_output=True, timeout=300)
    fresh = json.loads((tmp_path / "designs.json").read_text())["rows"]
    assert len(fresh) == len(STORED)
    for new, old in zip(fresh, STORED, strict=True):
        for name, value in old.items():
            assert new[name] == (pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value)
