"""Quantiles, variances, covariances and correlations against R's survey package.

tests/reference/quantiles.R made tests/reference/quantiles.json. R version and survey version stand in the file.
Relative tolerance 1e-9 throughout. Rows say themselves where they are ``left_out``, and why: R's ``qs`` takes the
second smallest value for a p below the weight share of the smallest, where the definition says the smallest; or
rounding decides between two values in R. R's ``svyvar`` counts rows without a value in n, so it is asked over those
with one.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.dispersion import correlation, covariance, variance
from topline.analysis.estimation.quantile import quantile
from topline.analysis.replication.replicate_weights import replicate_design
from topline.analysis.sampling.design import Design

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "quantiles.json").read_text())

DESIGNS = {
    "srs": ("apisrs", {"fpc": "fpc"}),
    "srs, with replacement": ("apisrs", {"weight": "pw"}),
    "strata": ("apistrat", {"weight": "pw", "strata": "stype", "fpc": "fpc"}),
    "strata, with replacement": ("apistrat", {"weight": "pw", "strata": "stype"}),
    "clusters": ("apiclus1", {"weight": "pw", "psu": "dnum", "fpc": "fpc"}),
    "two stages": ("apiclus2", {"psu": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]}),
    "two stages, no fpc": ("apiclus2", {"weight": "pw", "psu": ["dnum", "snum"]}),
    "nhanes": ("nhanes", {"weight": "WTMEC2YR", "strata": "SDMVSTRA", "psu": "SDMVPSU"}),
    "mu284": ("mu284", {"psu": ["id1", "id2"], "fpc": ["n1", "n2"]}),
    "hospital": ("hospital", {"weight": "weighta", "strata": "oblevel", "psu": "hospno", "fpc": "tothosp"}),
}

MOMENTS = {"variance": variance, "covariance": covariance, "correlation": correlation}


def rows_of(kind: str) -> list[dict]:
    return [row for row in STORED["rows"] if row["kind"] == kind]


@cache
def design_of(case: str) -> Design:
    if case in STORED["replication"]:
        return replicated(case)
    data, options = DESIGNS[case]
    return Design(pd.read_csv(REFERENCE / "data" / f"{data}.csv"), **options)


def replicated(case: str) -> Design:
    frame = pd.read_csv(REFERENCE / "data" / "apiclus1_replicates.csv")
    told = STORED["replication"][case]
    kind, prefix = ("JK1", "jk") if case.startswith("JK1") else ("bootstrap", "bs")
    columns = [name for name in frame if name[:2] == prefix]
    return replicate_design(
        frame,
        weight="pw",
        replicates=columns,
        method=kind,
        scale=told["scale"],
        rscales=told["rscales"],
        mse=kind == "bootstrap",
        df=told["df"],
    )


@cache
def frame_of(case: str, item: str, by: str | None, **options) -> pd.DataFrame:
    shares = sorted(
        {row["p"] for row in STORED["rows"] if row["case"] == case and row.get("item") == item and "p" in row}
    )
    return quantile(design_of(case), item, shares, by=by, **options).to_frame()


def ours(row: dict, **options) -> pd.Series:
    frame = frame_of(row["case"], row["item"], row.get("by"), **options)
    frame = frame[frame["p"] == row["p"]]
    if row.get("by"):
        frame = frame[frame[row["by"]].astype(str) == row["key"]]
    assert len(frame) == 1
    return frame.iloc[0]


@pytest.mark.parametrize("case", sorted({row["case"] for row in rows_of("point")}))
def test_every_rule_reads_the_quantile_that_r_reads(case):
    for row in rows_of("point"):
        if row["case"] == case and not row["left_out"]:
            mine = ours(row, rule=row["rule"])
            assert mine["estimate"] == pytest.approx(row["estimate"], rel=1e-9), row


@pytest.mark.parametrize("case", sorted({row["case"] for row in rows_of("interval")}))
def test_intervals_and_errors_equal_those_of_r(case):
    for row in rows_of("interval"):
        if row["case"] != case or row["left_out"]:
            continue
        options = {name: row[name] for name in ("rule", "interval", "level")}
        mine = ours(row, df=row["df_rule"], **options)
        assert mine["estimate"] == pytest.approx(row["estimate"], rel=1e-9), row
        assert mine["df"] == row["df"], row
        for end, extreme in (("low", "min"), ("high", "max")):
            if row[end] is not None:
                assert mine[end] == pytest.approx(row[end], rel=1e-9), row
            else:
                values = design_of(case).study.frame[row["item"]]
                assert getattr(values, extreme)() == mine[end] or row["key"], row
        if row["se"] is None:
            assert np.isnan(mine["se"]), row
        else:
            assert mine["se"] == pytest.approx(row["se"], rel=1e-9, abs=1e-12), row


@pytest.mark.parametrize("row", rows_of("score"), ids=lambda row: f"{row['case']}, p {row['p']}")
def test_score_intervals_end_where_the_test_statistic_of_r_crosses_t(row):
    mine = ours(row, interval="score", level=row["level"])
    assert (mine["estimate"], mine["low"], mine["high"]) == (row["estimate"], row["low"], row["high"])


@pytest.mark.parametrize("case", sorted({row["case"] for row in rows_of("variance")}))
@pytest.mark.parametrize("kind", MOMENTS)
def test_second_moments_and_their_errors_equal_those_of_r(case, kind):
    for row in (row for row in rows_of(kind) if row["case"] == case):
        items = row["item"] if kind == "variance" else row["items"]
        frame = MOMENTS[kind](design_of(case), items, by=row["by"]).to_frame()
        if row["by"]:
            frame = frame[frame[row["by"]].astype(str) == row["key"]]
        if kind != "variance":
            frame = frame[(frame["item"] == row["item"]) & (frame["with"] == row["with"])]
        assert len(frame) == 1
        mine = frame.iloc[0]
        assert mine["estimate"] == pytest.approx(row["estimate"], rel=1e-9), row
        assert mine["se"] == pytest.approx(row["se"], rel=1e-9), row
        assert mine["df"] == row["df"]
        if row.get("low") is not None:
            assert (mine["low"], mine["high"]) == pytest.approx((row["low"], row["high"]), rel=1e-9), row


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r")
    subprocess.run([program, REFERENCE / "quantiles.R", tmp_path], check=True, capture_output=True, timeout=300)
    fresh = json.loads((tmp_path / "quantiles.json").read_text())["rows"]
    assert len(fresh) == len(STORED["rows"])
    for new, old in zip(fresh, STORED["rows"], strict=True):
        for name, value in old.items():
            assert new[name] == (pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value)
