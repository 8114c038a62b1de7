"""Nonresponse by response propensity: one over it, or within strata of it."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from topline.analysis.estimation.estimate import mean
from topline.analysis.models.glm import glm
from topline.analysis.nonresponse.nonresponse import nonresponse
from topline.analysis.nonresponse.response_propensity import propensity_strata
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, Study, Variable
from topline.data.errors import UnknownNameError, WeightingError


def sample(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], n), "age 4": rng.integers(1, 5, n), "w": rng.uniform(1, 3, n)})
    frame["income"] = np.exp(rng.normal(size=n))
    frame["done"] = (rng.random(n) < 0.4 + 0.3 * (frame["sex"] == "f")).astype(int)
    frame["y"] = frame["income"] + rng.normal(size=n)
    return frame


def design(frame: pd.DataFrame | None = None) -> Design:
    return Design(sample() if frame is None else frame, weight="w")


def test_one_category_gives_the_weighting_classes():
    one = nonresponse(design(), "done", propensity=["sex"])
    assert one.weights == pytest.approx(nonresponse(design(), "done", within="sex").weights, rel=1e-10)
    assert one.steps[-1].words == "adjusted for nonresponse by inverse response propensity (sex)"
    unweighted = nonresponse(design(), "done", propensity=["sex"], weighted=False)
    assert unweighted.weights == pytest.approx(
        nonresponse(design(), "done", within="sex", weighted=False).weights, rel=1e-10
    )
    errors = [mean(each, "y").to_frame()["se"][0] for each in (one, nonresponse(design(), "done", within="sex"))]
    assert errors[0] == pytest.approx(errors[1], rel=1e-10)


def test_the_fit_is_that_of_glm():
    adjusted = nonresponse(design(), "done", propensity="sex + log(income)")
    fit = glm(design(), "done ~ sex + log(income)", family="binomial").to_frame()
    assert list(adjusted.steps[-1].options["coefficients"]) == fit["term"].tolist()
    coefficients = list(adjusted.steps[-1].options["coefficients"].values())
    assert coefficients == pytest.approx(fit["estimate"].tolist(), rel=1e-9)
    frame = sample()
    linear = coefficients[0] + coefficients[1] * (frame["sex"] == "m") + coefficients[2] * np.log(frame["income"])
    done = frame["done"].to_numpy() == 1
    carried = adjusted.weights[done] / frame["w"].to_numpy()[done]
    assert logit(1 / carried) == pytest.approx(linear.to_numpy()[done], rel=1e-8)


def test_columns_are_terms_and_names_with_blanks_are_columns():
    listed = nonresponse(design(), "done", propensity=["age 4", "sex", "log(income)"])
    written = nonresponse(design(), "done", propensity="`age 4` + sex + log(income)")
    assert listed.weights == pytest.approx(written.weights, rel=1e-12)


def test_labelled_codes_enter_as_categories_and_a_footnote_says_so():
    labels = {1.0: "18-29", 2.0: "30-44", 3.0: "45-59", 4.0: "60+"}
    frame = sample().rename(columns={"age 4": "age4"}).astype({"done": float, "age4": float})
    variables = [Variable(name, labels=labels if name == "age4" else {}) for name in frame]
    study = Study(frame, Codebook(tuple(variables)))
    adjusted = nonresponse(Design(study, weight="w"), "done", propensity="age4")
    within = nonresponse(Design(study, weight="w"), "done", within="age4")
    assert adjusted.weights == pytest.approx(within.weights, rel=1e-9)
    assert "Entered as categories, by label: age4; number(age4) would take the codes." in adjusted.steps[-1].notes


def test_factors_stand_in_the_notes_and_the_table_compares_groups():
    step = nonresponse(design(), "done", propensity="sex + log(income)").steps[-1]
    factors = step.after[step.after > 0] / step.before[step.after > 0]
    assert step.notes[-1] == f"Inverse response propensities run from {factors.min():.2f} to {factors.max():.2f}."
    assert step.table["n"].tolist() == [60] * 5
    assert step.table.columns.tolist() == ["class", "n", "respondents", "rate", "factor"]
    assert step.table["factor"].is_monotonic_decreasing
    assert step.table["class"][0].startswith("propensity 0.")


def test_strata_of_propensity_are_weighting_classes():
    frame = sample()
    step = nonresponse(design(frame), "done", propensity="sex + log(income)", strata=5).steps[-1]
    assert step.words == "adjusted for nonresponse within 5 strata of response propensity (sex + log(income))"
    assert step.table["n"].tolist() == [60] * 5
    assert step.after.sum() == pytest.approx(frame["w"].sum())
    assert (step.table["rate"] * step.table["factor"]).tolist() == pytest.approx([1] * 5)


def test_strata_are_joined_where_they_are_thin():
    step = nonresponse(design(), "done", propensity="sex + log(income)", strata=5, minimum=50).steps[-1]
    assert len(step.table) < 5
    assert (step.table["respondents"] >= 50).all()


def test_equal_propensities_are_one_stratum():
    step = nonresponse(design(), "done", propensity="sex", strata=5).steps[-1]
    assert len(step.table) == 2
    assert "Equal propensities leave 2 of 5 strata." in step.notes
    code, names = propensity_strata(np.array([0.5, 0.5, 0.2, 0.9]), np.array([True, True, True, False]), 2)
    assert (code.tolist(), names) == ([0, 0, 0, 0], ("0.200 to 0.500",))


@pytest.mark.parametrize("predictors", [["sex"], ["sex", "income"]])
def test_replicates_fit_anew_and_patterns_change_nothing(predictors):
    frame = sample(120)
    adjusted = nonresponse(design(frame), "done", propensity=predictors)
    again = replicates(adjusted, "bootstrap", replicates=4, seed=5)
    drawn = replicates(design(frame), "bootstrap", replicates=4, seed=5)
    for at in range(4):
        own = Design(frame.assign(w=drawn.replication.weights(at)), weight="w")
        mine = nonresponse(own, "done", propensity=predictors).weights
        assert again.replication.weights(at) == pytest.approx(mine, rel=1e-9, abs=1e-12)


def test_replicates_keep_the_strata_of_the_whole_sample_and_find_their_factors_anew():
    adjusted = nonresponse(design(), "done", propensity="sex + log(income)", strata=4)
    start, done = adjusted.steps[-1].before, adjusted.weights > 0
    stratum = np.unique((adjusted.weights / start).round(9), return_inverse=True)[1]
    drawn = replicates(design(), "bootstrap", replicates=4, seed=5)
    again = replicates(adjusted, "bootstrap", replicates=4, seed=5)
    for at in range(4):
        ratio = again.replication.weights(at) / np.where(
            drawn.replication.weights(at) > 0, drawn.replication.weights(at), 1
        )
        factors = [np.unique(ratio[done & (ratio > 0) & (stratum == each)].round(9)) for each in range(1, 5)]
        assert [len(each) for each in factors] == [1, 1, 1, 1]
    jackknifed = mean(replicates(adjusted, "JK1"), "y").to_frame()["se"][0]
    assert jackknifed == pytest.approx(mean(adjusted, "y").to_frame()["se"][0], rel=0.03)


def test_the_order_of_rows_is_irrelevant():
    frame = sample()
    order = np.random.default_rng(1).permutation(len(frame))
    mixed = frame.iloc[order].reset_index(drop=True)
    for options in ({}, {"strata": 4}):
        one = nonresponse(design(frame), "done", propensity=["sex", "income"], **options)
        other = nonresponse(design(mixed), "done", propensity=["sex", "income"], **options)
        assert other.weights == pytest.approx(one.weights[order], rel=1e-9)


def test_a_large_factor_is_refused_and_never_cut():
    with pytest.raises(WeightingError, match=r"above largest=1.5 in \d+ respondents .* strata of propensity"):
        nonresponse(design(), "done", propensity="sex + log(income)", largest=1.5)
    assert nonresponse(design(), "done", propensity="sex", largest=9).steps[-1].options["largest"] == 9


def test_everybody_of_a_category_responding_is_perfect_separation():
    frame = sample().assign(done=lambda each: np.where(each["sex"] == "f", 1, each["done"]))
    with pytest.raises(WeightingError, match=r"response propensities: perfect separation: .*sex.*choose within="):
        nonresponse(design(frame), "done", propensity="sex")


def test_a_replicate_that_cannot_be_fitted_names_itself():
    frame = pd.DataFrame({"sex": ["f"] * 6 + ["m"] * 6, "done": [1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0]})
    adjusted = nonresponse(Design(frame), "done", propensity="sex")
    with pytest.raises(WeightingError, match="replicate 6 of 12: response propensities: perfect separation"):
        replicates(adjusted, "JK1")


def test_columns_that_repeat_each_other_are_named():
    frame = sample().assign(twice=lambda each: 2 * each["income"])
    with pytest.raises(WeightingError, match=r"lacks full rank.*twice is a combination of"):
        nonresponse(design(frame), "done", propensity=["income", "twice"])


def test_all_responding_leaves_nothing_to_model():
    with pytest.raises(WeightingError, match="all 300 rows that take part responded"):
        nonresponse(design(sample().assign(done=1)), "done", propensity="sex")


def test_missing_predictors_stop_or_are_a_category():
    frame = sample().assign(sex=lambda each: each["sex"].where(each.index > 9))
    with pytest.raises(WeightingError, match=r"predictors are missing \(sex in 10 of 300 rows that take part\)"):
        nonresponse(design(frame), "done", propensity="sex + income")
    own = nonresponse(design(frame), "done", propensity="sex", missing="own_class")
    within = nonresponse(design(frame), "done", within="sex", missing="own_class")
    assert own.weights == pytest.approx(within.weights, rel=1e-9)


def test_missing_numbers_have_no_category():
    frame = sample().assign(income=lambda each: each["income"].where(each.index > 9))
    with pytest.raises(WeightingError, match="income is missing in 10 rows that take part, and as a number"):
        nonresponse(design(frame), "done", propensity="income", missing="own_class")


def test_rows_without_weight_may_lack_predictors():
    frame = sample()
    frame.loc[:9, ["sex", "w"]] = [None, 0.0]
    part = nonresponse(design(frame.iloc[10:].reset_index(drop=True)), "done", propensity="sex + income")
    assert nonresponse(design(frame), "done", propensity="sex + income").weights[10:] == pytest.approx(part.weights)


@pytest.mark.parametrize(
    ("propensity", "error", "said"),
    [
        ("done ~ sex", WeightingError, "right side of a formula alone"),
        (["sex", ""], WeightingError, "it is a list of columns"),
        ([5], WeightingError, "it is a list of columns"),
        ("sxe", UnknownNameError, "Did you mean 'sex'"),
        ("log(income", WeightingError, "response propensities: formula"),
        ("log(income - 1000)", WeightingError, "not a finite number"),
        ("w + ", WeightingError, "nothing follows"),
    ],
)
def test_what_is_no_formula_is_refused(propensity, error, said):
    with pytest.raises(error, match=said):
        nonresponse(design(), "done", propensity=propensity)


def test_numbers_are_named_and_categories_are_not():
    adjusted = nonresponse(design(), "done", propensity=["age 4", "sex", "log(income)"])
    assert "Entered as numbers: age 4, income." in adjusted.steps[-1].brief
    frame = sample().rename(columns={"age 4": "age4"})
    for way in ("age4", "sex + age4"):
        found = nonresponse(design(frame), "done", propensity=way, strata=3).steps[-1]
        assert "Entered as numbers: age4." in found.notes
    assert not any("as numbers" in note for note in nonresponse(design(), "done", propensity="sex").steps[-1].notes)
    labels = {float(code): f"age {code}" for code in range(1, 5)}
    study = Study(frame, Codebook(tuple(Variable(n, labels=labels if n == "age4" else {}) for n in frame)))
    for each, way in ((study, "age4"), (study, "C(age4)"), (frame, "C(age4)")):
        found = nonresponse(Design(each), "done", propensity=way).steps[-1]
        assert not any("as numbers" in note for note in found.notes)
