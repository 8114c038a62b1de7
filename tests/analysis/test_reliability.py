"""Alpha and kappa against R's survey package (tests/reference/reliability.R), and what they refuse.

R gives kappa with its error (svykappa; svycontrast on the table of both columns where there are weights) and alpha
without one (svycralpha); the script works alpha's error out from svyvar's covariance. Relative tolerance 1e-9.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from topline.analysis.alpha import alpha
from topline.analysis.contrasts import contrast
from topline.analysis.design import Design
from topline.analysis.estimates import Estimates
from topline.analysis.kappa import kappa
from topline.analysis.replicate_weights import replicate_design
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError

REFERENCE = Path(__file__).parent.parent / "reference"
STORED = json.loads((REFERENCE / "reliability.json").read_text())

DESIGNS = {
    "srs": {"data": "srs", "fpc": "fpc"},
    "strata": {"data": "strat", "weight": "pw", "strata": "stype", "fpc": "fpc"},
    "two stages": {"data": "clus2", "psu": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]},
    "two stages, no fpc": {"data": "clus2", "weight": "pw", "psu": ["dnum", "snum"]},
    "JK1": {"data": "jk1", "kind": "JK1"},
    "bootstrap": {"data": "bootstrap", "kind": "bootstrap"},
}
BANDS = ["low", "fair", "good", "high"]


def drawn(case: str) -> str:
    """Name the design of a case."""
    return case.removesuffix(", reversed, missing").removesuffix(", two items")


@cache
def design_of(case: str) -> Design:
    options = dict(DESIGNS[drawn(case)])
    frame = pd.read_csv(REFERENCE / "data" / f"reliability_{options.pop('data')}.csv")
    for name in ("band99", "band00"):
        frame[name] = pd.Categorical(frame[name], BANDS, ordered=True)
    kind = options.pop("kind", None)
    if kind is None:
        return Design(frame, **options)
    scales = STORED["replicates"][kind]
    columns = [name for name in frame if name.startswith("rep")]
    return replicate_design(frame, weight="pw", replicates=columns, method=kind, **scales)


@cache
def estimates_of(case: str, statistic: str, item: str | None, by: str | None) -> Estimates:
    design = design_of(case)
    if statistic.startswith("kappa"):
        weights = statistic.removeprefix("kappa ")
        first, second = item.split()
        return kappa(design, first, second, by=by, weights=None if weights == "none" else weights)
    if case.endswith("missing"):
        items = ["api00", "avg.ed", "full", "meals", "ell"]
        return alpha(design, items, reverse=["meals", "ell"], by=by, each_item=True)
    items = ["api99", "api00"] if case.endswith("two items") else ["api99", "api00", "full"]
    return alpha(design, items, by=by, each_item=True)


def ours(row: dict) -> pd.Series:
    by = None
    if row["key"] is not None:
        by = "sch.wide" if row["key"] in ("Yes", "No") else "stype"
    item = row["item"] if row["statistic"].startswith("kappa") else None
    frame = estimates_of(row["case"], row["statistic"], item, by).to_frame()
    if by:
        frame = frame[frame[by] == row["key"]]
    if not row["statistic"].startswith("kappa"):
        frame = frame[frame["statistic"] == row["statistic"]]
        frame = frame if row["item"] is None else frame[frame["item"] == row["item"]]
    assert len(frame) == 1
    return frame.iloc[0]


ROWS = STORED["rows"]


@pytest.mark.parametrize("case", dict.fromkeys(row["case"] for row in ROWS))
def test_coefficients_equal_r_survey(case):
    rows = [row for row in ROWS if row["case"] == case]
    for row in rows:
        mine, told = ours(row), f"{row}"
        for name in ("estimate", "se", "low", "high"):
            assert mine[name] == pytest.approx(row[name], rel=1e-9), f"{name}: {told}"
        assert mine["df"] == row["df"], told


def test_every_stored_value_counts():
    assert len(ROWS) == 161
    assert {drawn(row["case"]) for row in ROWS} == set(DESIGNS)


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r")
    subprocess.run([program, REFERENCE / "reliability.R", tmp_path], check=True, capture_output=True, timeout=300)
    fresh = json.loads((tmp_path / "reliability.json").read_text())["rows"]
    assert len(fresh) == len(ROWS)
    for new, old in zip(fresh, ROWS, strict=True):
        for name, value in old.items():
            assert new[name] == (pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value)
