"""Estimates against R's survey package: tests/reference/survey.R made tests/reference/survey.json.

R version and survey version stand in the file. Relative tolerance 1e-9 on estimate, standard error, design effect
and interval; 1e-7 on logit intervals, because R gets them from an iterated glm.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, proportion, total
from topline.analysis.estimation.estimates import Estimates
from topline.analysis.sampling.design import Design

REFERENCE = Path(__file__).parent.parent.parent / "reference"

API = {"items": ["api00", "enroll"]}
TWO_STAGE_STRATA = {
    "data": "two_stage_strata",
    "strata": ["region", "level"],
    "psu": ["dnum", "snum"],
    "fpc": ["districts", "schools"],
    "by": "stype",
}
LONE = {"data": "lone", "weight": "pw", "strata": "stype", "fpc": "fpc", "by": "sch.wide"}

CASES = {
    "srs, weights from fpc": {"data": "apisrs", "fpc": "fpc"},
    "srs, with replacement": {"data": "apisrs", "weight": "pw"},
    "strata": {"data": "apistrat", "weight": "pw", "strata": "stype", "fpc": "fpc"},
    "strata, with replacement": {"data": "apistrat", "weight": "pw", "strata": "stype"},
    "strata, fpc as fractions": {"data": "apistrat_fraction", "strata": "stype", "fpc": "fraction"},
    "clusters": {"data": "apiclus1", "weight": "pw", "psu": "dnum", "fpc": "fpc"},
    "clusters, with replacement": {"data": "apiclus1", "weight": "pw", "psu": "dnum"},
    "two stages, weights from fpc": {"data": "apiclus2", "psu": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]},
    "two stages, no fpc": {"data": "apiclus2", "weight": "pw", "psu": ["dnum", "snum"]},
    "nhanes": {"data": "nhanes", "weight": "WTMEC2YR", "strata": "SDMVSTRA", "psu": "SDMVPSU"},
    "nhanes, deff with replacement": {"data": "nhanes", "weight": "WTMEC2YR", "strata": "SDMVSTRA", "psu": "SDMVPSU"},
    "fpc data, with replacement": {"data": "fpc", "weight": "weight", "strata": "stratid", "psu": "psuid"},
    "fpc data": {"data": "fpc", "weight": "weight", "strata": "stratid", "psu": "psuid", "fpc": "Nh"},
    "mu284": {"data": "mu284", "psu": ["id1", "id2"], "fpc": ["n1", "n2"]},
    "scd": {"data": "scd", "strata": "ESA", "psu": "ambulance"},
    "hospital": {"data": "hospital", "weight": "weighta", "strata": "oblevel", "psu": "hospno", "fpc": "tothosp"},
    "strata at two stages, adjust": {**TWO_STAGE_STRATA, "lone_psu": "centre"},
    "strata at two stages, certainty": {**TWO_STAGE_STRATA, "lone_psu": "certainty"},
    "small groups, clusters": {
        "data": "small_groups",
        "psu": ["dnum", "snum"],
        "fpc": ["fpc1", "fpc2"],
        "by": "part",
    },
    "small groups, with replacement": {"data": "small_groups", "weight": "pw", "by": "part"},
    "lone, adjust": {**LONE, "lone_psu": "centre"},
    "lone, certainty": {**LONE, "lone_psu": "certainty"},
    "lone, average": {**LONE, "lone_psu": "average"},
}
"""Case of the R script -> data and design; ``by`` is found from the case's keys where it is not given."""

STORED = json.loads((REFERENCE / "survey.json").read_text())["rows"]


def case_rows(case: str) -> list[dict]:
    return [row for row in STORED if row["case"] == case]


@cache
def design_of(case: str) -> Design:
    options = {name: value for name, value in CASES[case].items() if name not in ("data", "by")}
    return Design(pd.read_csv(REFERENCE / "data" / f"{CASES[case]['data']}.csv"), **options)


def key_column(case: str, rows: list[dict]) -> str:
    """Find the column whose values are the keys R printed."""
    keys = {row["key"] for row in rows if row["key"] is not None}
    frame = design_of(case).study.frame
    items = {row["item"] for row in rows}
    return next(
        name
        for name in frame
        if name not in items and keys == {str(value) for value in frame.loc[frame[name].notna(), name].unique()}
    )


@cache
def estimates_of(case: str, estimand: str, item: str, interval: str | None, by: str | None) -> Estimates:
    design = design_of(case)
    deff = "replace" if "deff with replacement" in case else "auto"
    if estimand == "proportion":
        return proportion(design, item, by=by, interval=interval or "logit", deff=deff)
    return (mean if estimand == "mean" else total)(design, item, by=by, deff=deff)


def ours(case: str, row: dict, rows: list[dict]) -> pd.Series:
    by = key_column(case, [each for each in rows if each["item"] == row["item"]]) if row["key"] else None
    interval = row["interval"] if row["estimand"] == "proportion" else None
    frame = estimates_of(case, row["estimand"], row["item"], interval, by).to_frame()
    if row["category"] is not None:
        frame = frame[frame["category"].astype(str) == row["category"]]
    if by:
        frame = frame[frame[by].astype(str) == row["key"]]
    assert len(frame) == 1
    return frame.iloc[0]


@pytest.mark.parametrize("case", CASES)
def test_estimates_equal_r_survey(case):
    rows = case_rows(case)
    assert rows
    for row in rows:
        mine = ours(case, row, rows)
        told = f"{case}: {row}"
        assert mine["estimate"] == pytest.approx(row["estimate"], rel=1e-9, abs=1e-12), told
        assert mine["se"] == pytest.approx(row["se"], rel=1e-9, abs=1e-12), told
        assert mine["df"] == row["df"], told
        if row["deff"] is not None:
            assert mine["deff"] == pytest.approx(row["deff"], rel=1e-9, abs=1e-12), told
        if row["low"] is not None:
            rel = 1e-7 if row["interval"] == "logit" else 1e-9
            assert mine["low"] == pytest.approx(row["low"], rel=rel, abs=1e-12), told
            assert mine["high"] == pytest.approx(row["high"], rel=rel, abs=1e-12), told


def test_every_stored_case_is_compared():
    assert {row["case"] for row in STORED} == set(CASES)


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r")
    subprocess.run([program, REFERENCE / "survey.R", tmp_path], check=True, capture_output=True, timeout=300)
    fresh = json.loads((tmp_path / "survey.json").read_text())["rows"]
    assert len(fresh) == len(STORED)
    for new, old in zip(fresh, STORED, strict=True):
        for name, value in old.items():
            assert new[name] == (pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value)
