"""Tests of banner columns against R's survey package: tests/reference/banner.R made tests/reference/banner.json.

In R: ``groups <- svyby(~y, ~by, design, svymean, covmat = TRUE)``, ``svycontrast(groups, c(1, -1, 0, ...))``,
``2 * pt(-abs(t), degf(design))``, ``p.adjust(method = "holm")`` over the pairs of a row. R version and survey version
stand in the file. Relative tolerance 1e-9 on difference, standard error, t and p.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.tables.banner import banner

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "banner.json").read_text())["rows"]

STRATA = {"data": "apistrat", "weight": "pw", "strata": "stype", "fpc": "fpc"}
TWO = {"data": "apiclus2", "psu": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]}
CASES = {
    "strata": STRATA,
    "strata, with replacement": {"data": "apistrat", "weight": "pw", "strata": "stype"},
    "clusters": {"data": "apiclus1", "weight": "pw", "psu": "dnum", "fpc": "fpc"},
    "two stages": TWO,
    "two stages, where": TWO,
    "nhanes": {"data": "nhanes", "weight": "WTMEC2YR", "strata": "SDMVSTRA", "psu": "SDMVPSU"},
    "jackknife": STRATA,
}


@cache
def design_of(case):
    options = {name: value for name, value in CASES[case].items() if name != "data"}
    design = Design(pd.read_csv(REFERENCE / "data" / f"{CASES[case]['data']}.csv"), **options)
    return replicates(design, method="JKn") if case == "jackknife" else design


@cache
def our_pairs(case, item, mean, by, adjust):
    made = banner(
        design_of(case),
        item,
        [tuple(by.split(", "))],
        means=item if mean else None,
        adjust=adjust,
        low_base=0,
        where="api00 > 500" if case.endswith("where") else None,
    )
    frame = made.differences()
    frame[["column", "other"]] = frame[["column", "other"]].astype(str)
    return frame


def our_pair(row, adjust):
    """Find R's pair in ours; R and the codebook may list its two columns in another order."""
    frame = our_pairs(row["case"], row["item"], row["category"] is None, row["by"], adjust)
    frame = frame[frame["category"] == ("Mean" if row["category"] is None else row["category"])]
    for sign, column, other in ((1, row["column"], row["other"]), (-1, row["other"], row["column"])):
        found = frame[(frame["column"] == column) & (frame["other"] == other)]
        if len(found):
            assert len(found) == 1
            return sign, found.iloc[0]
    raise AssertionError(f"no pair {row}")


@pytest.mark.parametrize("case", CASES)
def test_tests_of_columns_equal_r_survey(case):
    rows = [row for row in STORED if row["case"] == case]
    assert rows
    for row in rows:
        sign, mine = our_pair(row, None)
        assert sign * mine["difference"] == pytest.approx(row["difference"], rel=1e-9, abs=1e-12), row
        assert mine["se"] == pytest.approx(row["se"], rel=1e-9), row
        assert sign * mine["t"] == pytest.approx(row["t"], rel=1e-9, abs=1e-10), row
        assert mine["df"] == row["df"], row
        assert mine["p"] == pytest.approx(row["p"], rel=1e-9), row
        assert our_pair(row, "holm")[1]["p_adjusted"] == pytest.approx(row["holm"], rel=1e-9), row


def test_every_stored_case_is_compared():
    assert {row["case"] for row in STORED} == set(CASES)


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r")
    subprocess.run([program, REFERENCE / "banner.R", tmp_path], check=True, capture_output=True, timeout=300)
    fresh = json.loads((tmp_path / "banner.json").read_text())["rows"]
    assert len(fresh) == len(STORED)
    for new, old in zip(fresh, STORED, strict=True):
        for name, value in old.items():
            assert new[name] == (pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value)
