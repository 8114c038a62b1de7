"""Models against R's survey package: tests/reference/models.R made tests/reference/models.json.

R's glm runs with epsilon 1e-15. Relative tolerance 1e-9 on estimates, standard errors, covariances, t, intervals and
deviances; the reasons for any other stand where it is used.
"""

import json
import subprocess
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.design import Design
from topline.analysis.glm import glm
from topline.analysis.replicates import replicates

REFERENCE = Path(__file__).parent.parent / "reference"
STORED = json.loads((REFERENCE / "models.json").read_text())

STRATA = {"data": "apistrat", "weight": "pw", "strata": "stype"}
CLUSTERS = {"data": "apiclus1", "weight": "pw", "psu": "dnum"}
DESIGNS = {
    "srs": {"data": "apisrs", "fpc": "fpc"},
    "strat": {**STRATA, "fpc": "fpc"},
    "strat_wr": STRATA,
    "clus1": {**CLUSTERS, "fpc": "fpc"},
    "clus2": {"data": "apiclus2", "psu": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]},
    "nhanes": {"data": "nhanes", "weight": "WTMEC2YR", "strata": "SDMVSTRA", "psu": "SDMVPSU"},
}
REPLICATES = {"jkn": ("strat", {"method": "JKn"}), "jk1": ("clus1", {"method": "JK1"})}
WHERE = {"agecat": ["0-19", "20-39", "40-59", "60+"], "level": ["low", "fair", "good", "high"]}


@cache
def design_of(name: str) -> Design:
    if name in REPLICATES:
        whole, options = REPLICATES[name]
        return replicates(design_of(whole), **options)
    if name == "jk1_wr":
        return replicates(Design(data_of("apiclus1"), weight="pw", psu="dnum"), method="JK1", mse=True)
    if name == "brr":
        return replicates(Design(data_of("scd"), strata="ESA", psu="ambulance"), method="BRR")
    options = dict(DESIGNS[name])
    return Design(data_of(options.pop("data")), **options)


def data_of(name: str) -> pd.DataFrame:
    frame = pd.read_csv(REFERENCE / "data" / f"{name}.csv")
    if "api00" in frame:
        labels = ["low", "fair", "good", "high"]
        frame["level"] = pd.cut(frame["api00"], [0, 550, 650, 750, 1000], labels=labels)
    if "agecat" in frame:
        frame["agecat"] = pd.Categorical(frame["agecat"], ["0-19", "20-39", "40-59", "60+"], ordered=True)
    return frame


def case_of(kind: str, case: str) -> dict:
    return next(row for row in STORED[kind] if row["case"] == case)


@cache
def glm_of(case: str):
    row = case_of("glm", case)
    return glm(
        design_of(row["design"]),
        row["formula"],
        family=row["family"],
        link=row["link"],
        where=row["where"],
        offset=row["offset"],
    )


def near(values, rel=1e-9, abs=1e-12):
    return pytest.approx(np.atleast_1d(np.asarray(values, dtype=float)), rel=rel, abs=abs)


@pytest.mark.parametrize("case", [row["case"] for row in STORED["glm"]])
def test_glm_equals_r_svyglm(case):
    row, fit = case_of("glm", case), glm_of(case)
    frame = fit.to_frame()
    scale = np.sqrt(np.outer(row["se"], row["se"]))
    assert frame["estimate"].to_numpy() == near(row["estimate"], abs=1e-9 * np.min(row["se"]))
    assert frame["se"].to_numpy() == near(row["se"])
    assert fit.covariance.to_numpy() / scale == near(np.array(row["covariance"]) / scale, abs=1e-9)
    assert frame["statistic"].to_numpy() == near(row["t"], abs=1e-9)
    assert frame["p"].to_numpy() == near(row["p"], rel=1e-8)
    assert frame["low"].to_numpy() == near(row["low"], abs=1e-9 * np.min(row["se"]))
    assert frame["high"].to_numpy() == near(row["high"], abs=1e-9 * np.min(row["se"]))
    assert fit.df == row["df"]
    assert fit.method["n_used"] == row["n"]
    assert fit.method["deviance"] == near(row["deviance"])
    if fit.method["null_deviance"] is not None:
        assert fit.method["null_deviance"] == near(row["null_deviance"])
    if row["case"] not in DISPERSION_SCALED_BY_R:
        assert fit.method["dispersion"] == near(row["dispersion"])


DISPERSION_SCALED_BY_R = {row["case"] for row in STORED["glm"] if row["design"] in ("jkn", "jk1", "jk1_wr", "brr")} | {
    "two stages, missing values",
    "two stages, Poisson where",
    "two stages, gamma",
    "nhanes, logit",
    "nhanes, probit where",
    "nhanes, interaction",
}
"""R divides Pearson residuals by weights over another mean than the fit's: that of the replicate weights' sum, or that
of the rows left after missing ones; ours is the weighted mean square of the residuals themselves."""


def test_dispersion_of_a_replicate_design_is_rs_without_its_factor_n():
    for case in ("jackknife in strata, logit", "jackknife about the estimate, Poisson"):
        row, fit = case_of("glm", case), glm_of(case)
        assert fit.method["dispersion"] * len(fit.design.weights) == near(row["dispersion"])


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r")
    subprocess.run([program, REFERENCE / "models.R", tmp_path], check=True, capture_output=True, timeout=300)
    fresh = json.loads((tmp_path / "models.json").read_text())
    assert_same(fresh, {**STORED, "r": fresh["r"], "survey": fresh["survey"]})


def assert_same(new, old):
    """Compare two documents: numbers to 1e-7, because some of R's own fits stop at steps of that size."""
    if isinstance(old, dict):
        assert new.keys() == old.keys()
        for name, value in old.items():
            assert_same(new[name], value)
    elif isinstance(old, list):
        assert len(new) == len(old)
        for one, two in zip(new, old, strict=True):
            assert_same(one, two)
    elif isinstance(old, float):
        assert new == pytest.approx(old, rel=1e-7, abs=1e-7)
    else:
        assert new == old
