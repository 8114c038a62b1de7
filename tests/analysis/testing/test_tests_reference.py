"""Contrasts, tests and crosstabs against R's survey package: tests/reference/tests.R and crosstabs.R made the JSON.

Relative tolerance 1e-9 on estimates, standard errors, statistics, degrees of freedom, p-values and intervals.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, proportion, total
from topline.analysis.estimation.multiple_response import multiple_response
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicate_weights import replicate_design
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.subpopulation import subset
from topline.analysis.tables.crosstab import crosstab
from topline.analysis.testing.contrasts import contrast
from topline.analysis.testing.ranks import rank_test
from topline.analysis.testing.ttest import ttest

REFERENCE = Path(__file__).parent.parent.parent / "reference"
TESTS = json.loads((REFERENCE / "tests.json").read_text())["rows"]
CROSSTABS = json.loads((REFERENCE / "crosstabs.json").read_text())["rows"]

STRATA = {"weight": "pw", "strata": "stype", "fpc": "fpc"}
CLUSTERS = {"weight": "pw", "psu": "dnum", "fpc": "fpc"}
REPLACED = {"weight": "pw", "psu": "dnum"}
TWO_STAGES = {"psu": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]}
NHANES = {"weight": "WTMEC2YR", "strata": "SDMVSTRA", "psu": "SDMVPSU"}

PLAIN = {
    "srs": ("apisrs", {"fpc": "fpc"}),
    "strata": ("apistrat", STRATA),
    "clusters": ("apiclus1", CLUSTERS),
    "clusters, with replacement": ("apiclus1", REPLACED),
    "two stages": ("apiclus2", TWO_STAGES),
    "strata with gaps": ("apistrat", STRATA),
    "clusters with gaps": ("apiclus1", CLUSTERS),
    "two stages with gaps": ("apiclus2", TWO_STAGES),
    "nhanes": ("nhanes", NHANES),
}
"""Case -> data and design; the data with gaps lack every seventh and every eleventh answer of two columns."""

SCORES = {
    "wilcoxon": "wilcoxon",
    "KruskalWallis": "kruskal_wallis",
    "median": "median",
    "vanderWaerden": "van_der_waerden",
    "squares": lambda ranks, size: (ranks / size) ** 2,
}


def read(name, gaps=()):
    frame = pd.read_csv(REFERENCE / "data" / f"{name}.csv")
    place = pd.Series(range(1, len(frame) + 1))
    for column, step in zip(gaps, (7, 11), strict=False):
        frame[column] = frame[column].mask(place % step == 0)
    return frame


@cache
def design_of(case, gaps=("api00", "awards")):
    if case in PLAIN:
        name, options = PLAIN[case]
        return Design(read(name, gaps if case.endswith("gaps") else ()), **options)
    if case.startswith("JK1 of clusters"):
        jackknife = replicates(Design(read("apiclus1"), **REPLACED), "JK1", mse=case.endswith("mse"))
        return subset(jackknife, "enroll > 500") if case.endswith("large") else jackknife
    made = {
        # the residuals of R's calibrate use the weights before raking
        "raked clusters": lambda: rake(
            design_of("clusters, with replacement"),
            {"stype": {"E": 0.5, "H": 0.2, "M": 0.3}},
            residuals="base",
            tolerance=1e-13,
        ),
        "JKn of strata": lambda: replicates(Design(read("apistrat"), weight="pw", strata="stype"), "JKn"),
        "nhanes, JKn": lambda: replicates(Design(read("nhanes"), **NHANES), "JKn"),
        "nhanes, adults": lambda: subset(design_of("nhanes"), "agecat != '0-19'"),
        "elementary of two stages": lambda: subset(design_of("two stages"), {"stype": "E"}),
        "large of clusters": lambda: subset(
            design_of("clusters" if gaps[0] == "api00" else "clusters, with replacement"), "enroll > 500"
        ),
        "scd, BRR": scd_half_samples,
    }
    return made[case]()


def scd_half_samples():
    kept = np.array([[1, 0, 1, 0, 1, 0], [1, 0, 0, 1, 0, 1], [0, 1, 1, 0, 0, 1], [0, 1, 0, 1, 1, 0]]).T
    frame = read("scd").assign(weight=1.0, **{f"half{at}": 2.0 * kept[:, at] for at in range(4)})
    return replicate_design(frame, weight="weight", replicates=[f"half{at}" for at in range(4)], method="BRR")


def close(value, rel=1e-9):
    return pytest.approx(value, rel=rel, abs=1e-12)


def of_kind(stored, kind):
    """Give the cases of a kind with their rows."""
    names = dict.fromkeys(row["case"] for row in stored if row["kind"] == kind)
    return [(case, [row for row in stored if row["kind"] == kind and row["case"] == case]) for case in names]


def case_ids(value):
    return value if isinstance(value, str) else ""


@cache
def estimates_of(case, of, by):
    statistic, *items = of.split()
    design, by = design_of(case), by.split() if by else None
    if statistic == "share":
        return proportion(design, items[0], by=by)
    # svymean leaves out whoever lacks either score
    where = "api00 > 0" if len(items) == 2 else None
    return (mean if statistic == "mean" else total)(design, items, by=by, where=where)


@pytest.mark.parametrize(("case", "rows"), of_kind(TESTS, "contrast"), ids=case_ids)
def test_contrasts_equal_r_svycontrast(case, rows):
    for row in rows:
        text = row["text"].replace("Yes.Yes", "Yes:Yes").replace("No.No", "No:No").replace("No.Yes", "No:Yes")
        text = text.replace("stype", "") if row["of"].startswith("share") else text
        mine = contrast(estimates_of(case, row["of"], row["by"]), text).to_frame().iloc[0]
        assert mine["estimate"] == close(row["estimate"]), row
        assert mine["se"] == close(row["se"]), row


def test_covariance_of_contrasts_equals_r():
    stored = next(row for row in TESTS if row["kind"] == "covariance")["values"]
    levels = mean(design_of("two stages"), "api00", by="stype")
    two = contrast(levels, {"first": {"E": 1, "H": -1}, "second": {"E": 0.5, "H": 0.5, "M": -1}})
    assert two.covariance.ravel().tolist() == [close(value) for value in stored]


@pytest.mark.parametrize(("case", "rows"), of_kind(TESTS, "t"), ids=case_ids)
def test_t_tests_equal_r_svyttest(case, rows):
    for row in rows:
        design, value = design_of(case), row["value"]
        test = ttest(design, row["item"], by=row["by"], paired=row["paired"], value=value, level=row["level"])
        mine = test.to_frame().iloc[0]
        assert mine["estimate"] - value == close(row["estimate"]), row
        assert mine["statistic"] == close(row["statistic"]), row
        assert mine["df"] == row["df"], row
        assert mine["p"] == pytest.approx(row["p"], rel=1e-9), row
        assert mine["low"] - value == close(row["low"]), row
        assert mine["high"] - value == close(row["high"]), row


@pytest.mark.parametrize(("case", "rows"), of_kind(TESTS, "rank"), ids=case_ids)
def test_rank_tests_equal_r_svyranktest(case, rows):
    for row in rows:
        test = rank_test(design_of(case), row["item"], row["by"], test=SCORES[row["test"]])
        mine = test.to_frame().iloc[0]
        assert mine["statistic"] == close(row["statistic"]), row
        assert test.df == row["ddf"], row
        assert mine["p"] == pytest.approx(row["p"], rel=1e-9), row
        if row["estimate"] is not None:
            assert mine["estimate"] == close(row["estimate"]), row
        else:
            assert mine["ndf"] == row["ndf"], row


STATISTICS = {"F": "F", "Chisq": "chisq", "Wald": "wald", "adjWald": "adj_wald", "saddlepoint": "saddlepoint"}


@cache
def table_of(case, row, column):
    return crosstab(design_of(case, ("stype", "awards")), row, column, interval="mean")


@pytest.mark.parametrize(("case", "rows"), of_kind(CROSSTABS, "independence"), ids=case_ids)
def test_tests_of_independence_equal_r_svychisq(case, rows):
    for row in rows:
        mine = table_of(case, row["row"], row["column"]).test(STATISTICS[row["test"]]).to_frame().iloc[0]
        assert mine["statistic"] == close(row["statistic"]), row
        assert mine["p"] == pytest.approx(row["p"], rel=1e-9), row
        if row["ndf"] is not None:
            assert mine["ndf"] == close(row["ndf"]), row
        if row["ddf"] is not None:
            assert mine["ddf"] == close(row["ddf"]), row


@pytest.mark.parametrize(("case", "rows"), of_kind(CROSSTABS, "share"), ids=case_ids)
def test_percentages_of_crosstabs_equal_r(case, rows):
    for row in rows:
        frame = table_of(case, row["row"], row["column"]).to_frame(row["percent"])
        mine = frame[(frame["row"].astype(str) == row["one"]) & (frame["column"].astype(str) == row["other"])].iloc[0]
        assert mine["estimate"] == close(row["estimate"]), row
        assert mine["se"] == close(row["se"]), row
        assert (mine["low"], mine["high"]) == (close(row["low"]), close(row["high"])), row


@pytest.mark.parametrize(("case", "rows"), of_kind(CROSSTABS, "odds"), ids=case_ids)
def test_odds_ratios_equal_r(case, rows):
    for row in rows:
        mine = table_of(case, row["row"], row["column"]).odds_ratio().to_frame().iloc[0]
        assert mine["odds_ratio"] == close(row["estimate"]), row
        assert mine["se"] == close(row["se"]), row
        assert mine["df"] == row["df"], row


@pytest.mark.parametrize(("case", "rows"), of_kind(CROSSTABS, "set"), ids=case_ids)
def test_shares_of_multiple_response_sets_equal_r(case, rows):
    marks = ["awards", "sch.wide", "comp.imp"]
    for of in ("respondents", "mentions"):
        for by in (None, "stype"):
            frame = multiple_response(design_of(case), marks, selected="Yes", of=of, by=by).to_frame()
            for row in [row for row in rows if row["of"] == of and (row["key"] is not None) == (by is not None)]:
                own = frame[frame["category"] == row["column"]]
                mine = (own[own["stype"] == row["key"]] if by else own).iloc[0]
                assert mine["estimate"] == close(row["estimate"]), row
                assert mine["se"] == close(row["se"]), row


@pytest.mark.parametrize("name", ["tests", "crosstabs"])
def test_stored_values_are_what_r_gives_here(require, tmp_path, name):
    program = require("r")
    subprocess.run([program, REFERENCE / f"{name}.R", tmp_path], check=True, capture_output=True, timeout=300)
    fresh = json.loads((tmp_path / f"{name}.json").read_text())["rows"]
    stored = json.loads((REFERENCE / f"{name}.json").read_text())["rows"]
    assert len(fresh) == len(stored)
    for new, old in zip(fresh, stored, strict=True):
        for key, value in old.items():
            assert new[key] == (close(value) if isinstance(value, float | list) else value)
