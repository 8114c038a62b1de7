"""Models against R's survey package: tests/reference/models.R made tests/reference/models.json.

R's glm runs with epsilon 1e-15. Relative tolerance 1e-9 on estimates, standard errors, covariances, t, intervals and
deviances; the reasons for any other stand where it is used.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.models.glm import glm
from topline.analysis.models.marginal import marginal_effects, predictive_margins
from topline.analysis.models.multinomial import multinomial
from topline.analysis.models.ordinal import ordered
from topline.analysis.models.wald import wald
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicate_weights import replicate_design
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "models.json").read_text())

STRATA = {"data": "apistrat", "weight": "pw", "strata": "stype"}
CLUSTERS = {"data": "apiclus1", "weight": "pw", "psu": "dnum"}
DESIGNS = {
    "srs": {"data": "apisrs", "fpc": "fpc"},
    "strat": {**STRATA, "fpc": "fpc"},
    "strat_wr": STRATA,
    "clus1": {**CLUSTERS, "fpc": "fpc"},
    "clus2": {"data": "apiclus2", "psu": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]},
    "brewer": {"data": "election_pps", "fpc": "p", "pps": "brewer"},
    "ces": {"data": "ces11", "weight": "weight", "strata": "province"},
    "nhanes": {"data": "nhanes", "weight": "WTMEC2YR", "strata": "SDMVSTRA", "psu": "SDMVPSU"},
}
MARGINS = {
    "stype": {"E": 4421 / 6194, "H": 755 / 6194, "M": 1018 / 6194},
    "sch.wide": {"No": 1072 / 6194, "Yes": 5122 / 6194},
    "awards": {"No": 2027 / 6194, "Yes": 4167 / 6194},
}
REPLICATES = {"jkn": ("strat", {"method": "JKn"}), "jk1": ("clus1", {"method": "JK1"})}


@cache
def design_of(name: str) -> Design:
    if name in REPLICATES:
        whole, options = REPLICATES[name]
        return replicates(design_of(whole), **options)
    if name == "post":
        return rake(design_of("clus1"), {"stype": {"E": 4421, "H": 755, "M": 1018}})
    if name == "raked":
        return rake(design_of("clus1"), MARGINS, residuals="base")
    if name.startswith("lone"):
        rule = name.removeprefix("lone, ")
        lone_psu = "centre" if rule == "adjust" else rule
        return Design(data_of("lone"), weight="pw", strata="stype", fpc="fpc", lone_psu=lone_psu)
    if name == "bootstrap":
        drawn = pd.read_csv(REFERENCE / "data" / "replicate_bootstrap.csv")
        frame = pd.concat([data_of("apiclus1"), drawn], axis=1)
        return replicate_design(frame, weight="pw", replicates=list(drawn), method="bootstrap")
    if name == "fay":
        return replicates(Design(data_of("scd"), strata="ESA", psu="ambulance"), method="Fay", fay=0.3)
    if name in ("horvitz", "yates"):
        joint = np.loadtxt(REFERENCE / "data" / "election_jointprob.csv", delimiter=",")
        kind = "horvitz-thompson" if name == "horvitz" else "yates-grundy"
        return Design(data_of("election_pps"), pps=joint, pps_variance=kind)
    if name == "jk1_wr":
        return replicates(Design(data_of("apiclus1"), weight="pw", psu="dnum"), method="JK1", mse=True)
    if name == "brr":
        return replicates(Design(data_of("scd"), strata="ESA", psu="ambulance"), method="BRR")
    options = dict(DESIGNS[name])
    return Design(data_of(options.pop("data")), **options)


def data_of(name: str) -> pd.DataFrame:
    folder = REFERENCE.parent.parent / "examples" / "ces2011" if name == "ces11" else REFERENCE / "data"
    frame = pd.read_csv(folder / f"{name}.csv")
    if name == "ces11":
        ordered_answers = ["not", "notvery", "somewhat", "very"]
        frame["importance"] = pd.Categorical(frame["importance"], ordered_answers, ordered=True)
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
    # R's lone PSUs are an option of the session, which the case names
    return glm(
        design_of(case.rpartition(",")[0] if row["design"] == "lone" else row["design"]),
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
    """p to 1e-8: far out it changes by a share df times that of t, with up to 2,211 degrees of freedom here.

    After raking everything to 1e-8, as far as R's weights and ours agree, which are found by iteration.
    """
    row, fit = case_of("glm", case), glm_of(case)
    rel = 1e-8 if row["design"] == "raked" else 1e-9
    frame = fit.to_frame()
    scale = np.sqrt(np.outer(row["se"], row["se"]))
    assert frame["estimate"].to_numpy() == near(row["estimate"], rel, abs=rel * np.min(row["se"]))
    assert frame["se"].to_numpy() == near(row["se"], rel)
    assert fit.covariance.to_numpy() / scale == near(np.array(row["covariance"]) / scale, rel, abs=rel)
    assert frame["statistic"].to_numpy() == near(row["t"], rel, abs=rel)
    assert frame["p"].to_numpy() == near(row["p"], rel=10 * rel)
    assert frame["low"].to_numpy() == near(row["low"], rel, abs=rel * np.min(row["se"]))
    assert frame["high"].to_numpy() == near(row["high"], rel, abs=rel * np.min(row["se"]))
    assert fit.df == row["df"]
    assert fit.method["n_used"] == row["n"]
    part = row["design"] == "raked" and row["where"]  # R then divides weights by their mean over all rows, zeros too
    mean = len(fit.design.weights) / row["n"] if part else 1.0
    assert fit.method["deviance"] * mean == near(row["deviance"], rel)
    if fit.method["null_deviance"] is not None:
        assert fit.method["null_deviance"] * mean == near(row["null_deviance"], rel)
    if not part and row["case"] not in DISPERSION_SCALED_BY_R:
        assert fit.method["dispersion"] == near(row["dispersion"], rel)


REPLICATED = ("jkn", "jk1", "jk1_wr", "brr", "fay", "bootstrap")
DISPERSION_SCALED_BY_R = {row["case"] for row in STORED["glm"] if row["design"] in REPLICATED} | {
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


@pytest.mark.parametrize("row", STORED["ordered"], ids=lambda row: row["case"])
def test_ordered_equals_newtons_method_in_r(row):
    fit = ordered(design_of(row["design"]), row["formula"], link=row["link"], where=row["where"])
    assert_fit(fit, row)


@pytest.mark.parametrize("row", [row for row in STORED["ordered"] if "svyolr" in row], ids=lambda row: row["case"])
def test_ordered_equals_r_svyolr_as_far_as_that_goes(row):
    """svyolr's optimiser stops when the fit gains nothing more, and its Hessian is by differences: 1e-4 at best.

    With its default step (``ndeps = 1e-3``) the errors of the first case are 12% off.
    """
    fit = ordered(design_of(row["design"]), row["formula"], link=row["link"], where=row["where"])
    frame = fit.to_frame()
    assert frame["estimate"].to_numpy() == near(row["svyolr"], rel=0, abs=1e-5 * np.array(row["se"]).max())
    assert frame["se"].to_numpy() == near(row["svyolr_se"], rel=1e-4)
    assert fit.df == row["svyolr_df"]


@pytest.mark.parametrize("row", STORED["multinomial"], ids=lambda row: row["case"])
def test_multinomial_equals_newtons_method_in_r(row):
    fit = multinomial(design_of(row["design"]), row["formula"], where=row["where"])
    assert_fit(fit, row)
    assert fit.to_frame()["outcome"].tolist() == row["outcome"]


def assert_fit(fit, row):
    frame = fit.to_frame()
    scale = np.sqrt(np.outer(row["se"], row["se"]))
    assert frame["estimate"].to_numpy() == near(row["estimate"], abs=1e-9 * np.min(row["se"]))
    assert frame["se"].to_numpy() == near(row["se"])
    assert fit.covariance.to_numpy() / scale == near(np.array(row["covariance"]) / scale, abs=1e-9)
    assert fit.df == row["df"]
    used = fit.model.rows
    # R's weights have mean 1 over the rows used, ours over the subpopulation, as in svyglm
    assert fit.method["deviance"] / used.weights.mean() == near(row["deviance"])


@pytest.mark.parametrize("row", STORED["tests"], ids=lambda row: f"{row['case']}: {row['terms']}")
def test_tests_of_terms_equal_r_regtermtest(row):
    """p of the likelihood ratio to 1e-7: R's saddlepoint is a root found to 1e-8."""
    fit = glm_of(row["case"])
    f, chisq, ratio = (wald(fit, row["terms"], method=method) for method in ("F", "chisq", "LRT"))
    assert f.statistic == near(row["F"])
    assert f.p == near(row["p"])
    assert f.to_frame()[["ndf", "ddf"]].to_numpy().tolist() == [[row["q"], row["ddf"]]]
    assert chisq.statistic == near(row["chisq"])
    assert chisq.p == near(row["chisq_p"])
    assert ratio.statistic == near(row["lrt"])
    assert ratio.method["design_effects"] == near(row["lambda"])
    assert ratio.p == near(row["lrt_p"], rel=1e-7)
    assert wald(fit, row["terms"], method="LRT", df=np.inf).p == near(row["lrt_chisq_p"], rel=1e-7)


@pytest.mark.parametrize("row", STORED["hypotheses"], ids=lambda row: row["text"])
def test_linear_hypotheses_equal_r(row):
    test = wald(glm_of(row["case"]), row["text"])
    assert test.statistic == near(row["F"])
    assert test.p == near(row["p"])
    if np.ndim(row["estimate"]) == 0:
        assert test.to_frame()[["estimate", "se"]].to_numpy()[0] == near([row["estimate"], row["se"]])


@pytest.mark.parametrize("row", STORED["margins"], ids=lambda row: f"{row['case']}: {row['formula']}")
def test_predictive_margins_equal_r_svypredmeans(row):
    """Probit to 1e-8: svypredmeans fits its own model, which stops before coefficients have stopped moving."""
    fit = glm(design_of(row["design"]), row["formula"], family=row["family"], link=row["link"])
    margins = predictive_margins(fit, row["variable"])
    frame = margins.to_frame()
    order = [frame[row["variable"]].tolist().index(level) for level in row["level"]]
    rel = 1e-8 if row["link"] == "probit" else 1e-9
    covariance = np.array(row["covariance"])
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert frame["estimate"].to_numpy()[order] == near(row["estimate"], rel=rel)
    assert margins.covariance[np.ix_(order, order)] / scale == near(covariance / scale, rel=rel, abs=rel)


@pytest.mark.parametrize("row", STORED["effects"], ids=lambda row: f"{row['case']}: {row['variable']}")
def test_marginal_effects_equal_influence_functions_in_r(row):
    for errors in ("joint", "separate", "fixed"):
        frame = marginal_effects(glm_of(row["case"]), row["variable"], errors=errors).to_frame()
        assert frame["estimate"].to_numpy() == near(row["estimate"], abs=1e-9 * np.min(row["joint"]))
        assert frame["se"].to_numpy() == near(row[errors])


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
