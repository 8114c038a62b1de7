"""Replicates against R's survey package: tests/reference/replicates.R made replicates.json and data/replicate_*.csv.

R version and survey version stand in the file. Relative tolerance 1e-9; raked replicates 1e-7, because R stops its
sweeps by the change of a table where ours stops by the distance from the margins.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, proportion, ratio, total
from topline.analysis.estimation.estimates import Estimates
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicate_weights import replicate_design
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "replicates.json").read_text())
CASES = list(dict.fromkeys(row["case"] for row in STORED["rows"]))
MARGINS = {"stype": {"E": 4421, "H": 755, "M": 1018}, "sch.wide": {"No": 1072, "Yes": 5122}}
HALVES = 2 * np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]])


def data(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / f"{name}.csv")


def with_weights(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    weights = data(f"replicate_{name}")
    keys = [column for column in weights if not column.startswith("repw")]
    return frame.merge(weights, on=keys) if keys else pd.concat([frame, weights], axis=1)


def lone() -> pd.DataFrame:
    strat = data("apistrat")
    return pd.concat([strat[strat["stype"] != "H"], strat[strat["stype"] == "H"].head(1)])


def nhanes_pairs() -> pd.DataFrame:
    nhanes = data("nhanes")
    return nhanes[nhanes.groupby("SDMVSTRA")["SDMVPSU"].transform("nunique") == 2]


def given(frame: pd.DataFrame, method: str, **options) -> Design:
    return replicate_design(frame, replicates="repw", method=method, **options)


def clus1(**options) -> Design:
    return Design(data("apiclus1"), weight="pw", psu="dnum", **options)


def strat(**options) -> Design:
    return Design(data("apistrat"), weight="pw", strata="stype", **options)


def scd() -> Design:
    return Design(data("scd"), strata="ESA", psu="ambulance")


def nhanes(frame: pd.DataFrame) -> Design:
    return Design(frame, weight="WTMEC2YR", strata="SDMVSTRA", psu="SDMVPSU")


def scd_given(**options) -> Design:
    frame = data("scd").assign(**{f"half{at}": HALVES[:, at] for at in range(4)})
    return replicate_design(frame, replicates="half", method="BRR", combined=False, **options)


def bootstrap_of_r(method: str = "bootstrap", **options) -> Design:
    frame = with_weights(data("apiclus1"), "bootstrap")
    frame["few"] = np.where(frame["dnum"].isin([135, 178]), "few", "many")
    return given(frame, method, weight="pw", **options)


def srs_in_order(**options) -> Design:
    return given(with_weights(data("apisrs").head(50), "sdr"), "ACS", weight="pw", **options)


def nhanes_given(name: str, method: str, **options) -> Design:
    return given(with_weights(nhanes_pairs(), name), method, weight="WTMEC2YR", combined=False, **options)


def hospital_given(**options) -> Design:
    return given(with_weights(data("hospital"), "jkn"), "JKn", weight="weighta", **options)


def jk1_given(**options) -> Design:
    return given(with_weights(data("apiclus1"), "jk1"), "JK1", weight="pw", **options)


def hospital_factors() -> Design:
    frame = with_weights(data("hospital"), "jkn")
    columns = [column for column in frame if column.startswith("repw")]
    frame[columns] = frame[columns].div(frame["weighta"], axis=0)
    return given(frame, "JKn", weight="weighta", combined=False)


def jk1_factors() -> Design:
    frame = with_weights(data("apiclus1"), "jk1")
    columns = [column for column in frame if column.startswith("repw")]
    frame[columns] = frame[columns].div(frame["pw"], axis=0)
    return given(frame, "JK1", weight="pw", combined=False)


def races(design: Design) -> Design:
    frame = design.study.frame
    codes = {f"race{code}": (frame["race"] == code).astype(float) for code in (1, 2, 3, 4)}
    return nhanes(frame.assign(**codes))


MADE = {
    "scd, half-samples given, mse FALSE": scd_given,
    "scd, half-samples given, mse TRUE": lambda: scd_given(mse=True),
    "scd, BRR of R": lambda: given(with_weights(data("scd").assign(w=1.0), "scd"), "BRR", weight="w"),
    "scd, BRR made": lambda: replicates(scd(), "BRR"),
    "scd, JKn made": lambda: replicates(scd()),
    "apiclus1, JK1 made, mse FALSE": lambda: replicates(clus1()),
    "apiclus1, JK1 made, mse TRUE": lambda: replicates(clus1(), "JK1", mse=True),
    "apiclus1, JK1 made, fpc": lambda: replicates(clus1(fpc="fpc")),
    "apiclus1, JK1 given": jk1_given,
    "apiclus1, JK1 given, scale": lambda: jk1_given(scale=(1 - 15 / 757) * 14 / 15, mse=True),
    "apiclus1, JK1 given as factors": jk1_factors,
    "apiclus1, subset": lambda: replicates(clus1(fpc="fpc")),
    "apisrs, JK1 made": lambda: replicates(Design(data("apisrs"), fpc="fpc")),
    "apistrat, JKn made": lambda: replicates(strat()),
    "apistrat, JKn made, fpc": lambda: replicates(strat(fpc="fpc"), "jkn"),
    "apiclus2, JK1 made of two stages": lambda: replicates(
        Design(data("apiclus2"), psu=["dnum", "snum"], fpc=["fpc1", "fpc2"])
    ),
    "fpc, JKn made": lambda: replicates(Design(data("fpc"), weight="weight", strata="stratid", psu="psuid", fpc="Nh")),
    "hospital, JKn given": lambda: hospital_given(rscales=STORED["rscales_jkn"]),
    "hospital, JKn given as factors": hospital_factors,
    "lone, JKn made, certainty": lambda: replicates(
        Design(lone(), weight="pw", strata="stype", lone_psu="certainty"), "JKn"
    ),
    "lone, JKn made, average": lambda: replicates(
        Design(lone(), weight="pw", strata="stype", lone_psu="average"), "JKn"
    ),
    "lone, JKn made, adjust": lambda: replicates(Design(lone(), weight="pw", strata="stype", lone_psu="centre"), "JKn"),
    "nhanes, BRR of R": lambda: nhanes_given("brr", "BRR"),
    "nhanes, Fay of R": lambda: nhanes_given("fay", "Fay", fay=0.3),
    "nhanes, JK2 given": lambda: nhanes_given("jk2", "JK2"),
    "nhanes, JKn made": lambda: replicates(nhanes(data("nhanes"))),
    "nhanes, BRR made": lambda: replicates(races(nhanes(nhanes_pairs())), "BRR"),
    "nhanes, Fay made": lambda: replicates(races(nhanes(nhanes_pairs())), "Fay", fay=0.3),
    "apiclus1, bootstrap of R, mse FALSE": lambda: bootstrap_of_r(scale=STORED["bootstrap_scale"]),
    "apiclus1, bootstrap of R, mse TRUE": lambda: bootstrap_of_r(scale=STORED["bootstrap_scale"], mse=True),
    "apiclus1, bootstrap given": bootstrap_of_r,
    "apiclus1, other given": lambda: bootstrap_of_r("other", scale=0.5, rscales=np.arange(40) * 0.001),
    "apiclus2, mrb of R": lambda: given(with_weights(data("apiclus2"), "mrb"), "bootstrap", weight="pw"),
    "apisrs, successive differences given, mse FALSE": srs_in_order,
    "apisrs, successive differences given, mse TRUE": lambda: srs_in_order(mse=True),
    "apiclus1, JK1 made, raked": lambda: rake(replicates(clus1()), MARGINS),
    "apistrat, JKn made, raked": lambda: replicates(rake(strat(fpc="fpc"), MARGINS)),
    "apiclus1, bootstrap of R, raked": lambda: rake(bootstrap_of_r(), MARGINS),
}
"""Case of the R script -> the same design here."""

design_of = cache(lambda case: MADE[case]())


@cache
def estimates_of(case: str, estimand: str, item: str, by: str | None) -> Estimates:
    design = design_of(case)
    where = {"stype": ["H", "M"]} if case == "apiclus1, subset" else None
    if estimand == "ratio":
        return ratio(design, *item.split(" / "), by=by, where=where)
    return {"mean": mean, "total": total, "proportion": proportion}[estimand](design, item, by=by, where=where)


def ours(case: str, row: dict) -> pd.Series:
    frame = estimates_of(case, row["estimand"], row["item"], row["by"]).to_frame()
    if row["category"] is not None:
        frame = frame[frame["category"].astype(str) == row["category"]]
    if row["by"]:
        frame = frame[frame[row["by"]].astype(str) == row["key"]]
    assert len(frame) == 1
    return frame.iloc[0]


@pytest.mark.parametrize("case", CASES)
def test_estimates_equal_r_survey(case):
    rows = [row for row in STORED["rows"] if row["case"] == case]
    rel = 1e-7 if "raked" in case else 1e-9
    for row in rows:
        mine, told = ours(case, row), f"{case}: {row}"
        assert mine["estimate"] == pytest.approx(row["estimate"], rel=rel, abs=1e-12), told
        # R leaves rounding noise where the margins or the weights fix an estimate, and ours says 0
        noise = 1e-11 * abs(row["estimate"])
        assert mine["se"] == pytest.approx(row["se"], rel=rel, abs=noise), told
        if case != "apiclus1, subset":
            assert mine["df"] == row["df"], told
        if row["deff"] is not None and not np.isnan(mine["deff"]):
            assert mine["deff"] == pytest.approx(row["deff"], rel=rel), told
        if row["low"] is not None and case != "apiclus1, subset":
            assert mine["low"] == pytest.approx(row["low"], rel=rel, abs=1e-12), told
            assert mine["high"] == pytest.approx(row["high"], rel=rel, abs=1e-12), told


def test_every_stored_case_is_compared():
    assert set(CASES) == set(MADE)


@pytest.mark.parametrize("stored", STORED["covariances"], ids=lambda stored: stored["case"])
def test_covariance_of_two_means_equals_r_survey(stored):
    case = stored["case"]
    where = {"stype": ["H", "M"]} if case == "apiclus1, subset" else None
    mine = mean(design_of(case), stored["items"], where=where).covariance
    assert mine == pytest.approx(np.array(stored["covariance"]), rel=1e-7 if "raked" in case else 1e-9)


@pytest.mark.parametrize("stored", STORED["parts"], ids=lambda stored: f"{stored['case']}, {stored['key']}")
def test_parts_of_a_sample_have_the_degrees_of_freedom_and_intervals_of_r(stored):
    design, group = design_of(stored["case"]), {"where": {stored["by"]: stored["key"]}}
    one = mean(design, stored["item"], df="domain", **group).to_frame().iloc[0]
    assert one["df"] == stored["df"]
    assert list(one[["estimate", "se", "low", "high"]]) == pytest.approx(
        [stored[name] for name in ("estimate", "se", "low", "high")], rel=1e-9
    )
    for kind, df in (("beta", "design"), ("beta", "domain"), ("asin", "domain")):
        share = proportion(design, stored["hit"], category="Yes", interval=kind, df=df, **group).to_frame().iloc[0]
        assert list(share[["estimate", "low", "high"]]) == pytest.approx(
            [stored["share"], stored[f"{kind}_low"], stored[f"{kind}_high"]], rel=1e-9
        )
        by = proportion(design, stored["hit"], category="Yes", by=stored["by"], interval=kind, df=df).to_frame()
        assert by.set_index(stored["by"]).loc[stored["key"], "low"] == pytest.approx(share["low"], rel=1e-9)


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r")
    subprocess.run([program, REFERENCE / "replicates.R", tmp_path], check=True, capture_output=True, timeout=300)
    fresh = json.loads((tmp_path / "replicates.json").read_text())
    for new, old in zip(fresh["rows"] + fresh["parts"], STORED["rows"] + STORED["parts"], strict=True):
        for name, value in old.items():
            near = pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value
            assert new[name] == near, old
