"""Doubly robust means: right when the weights or the model are, with the errors of both samples.

tests/reference/reference_sample.R: models by glm.fit, errors by derivatives taken numerically in R, through model,
weights and averages, in every frequency of the sample and every weight of the reference. Estimates agree to 1e-9,
standard errors to 1e-7.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pytest

from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.nonprobability.doubly_robust import doubly_robust
from topline.analysis.nonprobability.propensity_weights import propensity_weights
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.subpopulation import subset
from topline.analysis.testing.contrasts import contrast
from topline.data.codebook import Codebook, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError, WeightingError

from .test_propensity_weights import STORED, both, people, schools, survey, volunteers

SMALL, ALL = ["stype", "awards"], ["stype", "awards", "api99"]


def asked(row: dict) -> pd.Series:
    name, method, base = row["case"].split()
    design = propensity_weights(volunteers(base), schools(name), SMALL, method=method)
    if row["kind"] == "binomial":
        return doubly_robust(design, "sch.wide", schools(name), ["stype", "api99"], category="Yes").to_frame().iloc[0]
    frame = doubly_robust(
        design, "api00", schools(name), ALL, by="stype" if row["kind"] == "group" else None
    ).to_frame()
    return frame[frame["stype"] == row["key"]].iloc[0] if row["kind"] == "group" else frame.iloc[0]


def test_estimates_and_errors_equal_numerical_derivatives_in_r():
    rows = [row for row in STORED["rows"] if row["kind"] != "mean"]
    assert len(rows) == 6
    for row in rows:
        found = asked(row)
        assert found["estimate"] == pytest.approx(row["estimate"], rel=1e-9), row
        assert found["se"] == pytest.approx(row["se"], rel=1e-7), row


def test_it_is_the_mean_of_predictions_plus_the_mean_of_residuals():
    sample, reference = both()
    y, age, w = (sample.study.frame[name].to_numpy() for name in ("y", "age", "w"))
    x = np.column_stack([np.ones(len(y)), age])
    slope = np.linalg.solve(x.T @ (w[:, None] * x), x.T @ (w * y))
    there = survey()
    expected = w @ (y - x @ slope) / w.sum() + there["d"] @ (slope[0] + slope[1] * there["age"]) / there["d"].sum()
    found = doubly_robust(sample, "y", reference, "age").to_frame()
    assert found["estimate"][0] == pytest.approx(expected, rel=1e-12)
    assert found.columns.tolist() == mean(sample, "y").to_frame().columns.tolist()
    assert found["df"][0] == 59


def test_calibrated_weights_and_a_linear_model_of_the_same_columns_agree():
    sample, reference = both()
    weighted = propensity_weights(sample, reference, ["sex", "age"], method="calibrated")
    robust, plain = (
        found.to_frame() for found in (doubly_robust(weighted, "y", reference, "sex + age"), mean(weighted, "y"))
    )
    assert robust["estimate"][0] == pytest.approx(plain["estimate"][0], rel=1e-10)
    assert robust["se"][0] == pytest.approx(plain["se"][0], rel=1e-6)


def test_the_references_error_is_followed_through_weights_and_predictions_together():
    sample, reference = both()
    weighted = propensity_weights(sample, reference, "age")
    together = doubly_robust(weighted, "y", reference, "sex").to_frame()["se"][0]
    stranger = Design(survey().assign(wave=2), weight="d")  # the same answers, by other people
    apart = doubly_robust(weighted, "y", stranger, "sex").to_frame()["se"][0]
    assert abs(together / apart - 1) > 1e-4
    step = weighted.steps[0]
    exact = replace(step, linearisation=replace(step.linearisation, target_error=None))
    fixed = doubly_robust(sample.with_step(exact), "y", stranger, "sex").to_frame()["se"][0]
    assert fixed < apart


def test_replicates_of_the_sample_agree_with_the_linearisation():
    sample, reference = both()
    weighted = propensity_weights(sample, reference, "age")
    linear = doubly_robust(weighted, "y", reference, ["sex", "age"]).to_frame()
    for again in (replicates(weighted, "JK1"), replicates(sample, "JK1")):
        found = doubly_robust(again, "y", reference, ["sex", "age"]).to_frame()
        expected = linear if again.steps else doubly_robust(sample, "y", reference, ["sex", "age"]).to_frame()
        assert found["estimate"][0] == pytest.approx(expected["estimate"][0], rel=1e-12)
        assert found["se"][0] == pytest.approx(expected["se"][0], rel=0.12)
        assert "jackknife" in doubly_robust(again, "y", reference, "age").method["variance"]


def test_a_reference_with_replicates_gives_nearly_the_same_error():
    sample, reference = both()
    plain = doubly_robust(propensity_weights(sample, reference, "age"), "y", reference, ["sex", "age"]).to_frame()
    here = replicates(reference, "JK1")
    again = doubly_robust(propensity_weights(sample, here, "age"), "y", here, ["sex", "age"]).to_frame()
    assert again["se"][0] == pytest.approx(plain["se"][0], rel=0.02)


def bounded(seed: int = 5) -> tuple[Design, Design]:
    here = people(seed, 200)
    here["vote"] = np.random.default_rng(seed).random(200) < 1 / (1 + np.exp(-(here["age"] - 45) / 10))
    here["vote"] = here["vote"].map({True: "yes", False: "no"})
    return Design(here, weight="w"), Design(survey(seed, 80), weight="d")


def test_shares_of_two_answers_add_up_and_stay_between_0_and_1():
    sample, reference = bounded()
    found = doubly_robust(sample, "vote", reference, ["sex", "age"], family="binomial", by="sex")
    frame = found.to_frame()
    assert frame.columns.tolist() == proportion(sample, "vote", by="sex").to_frame().columns.tolist()
    assert frame.groupby("sex")["estimate"].sum().tolist() == pytest.approx([1, 1], rel=1e-9)
    assert frame[["low", "high"]].stack().between(0, 1).all()
    assert found.category_codes[0] == ("no",)
    assert found.key_codes[0] == ("f",)
    assert found.method["estimand"] == "proportion"
    assert found.method["interval"] == "logit"
    assert str(found).startswith("Share: vote")
    named = doubly_robust(sample, "vote", reference, ["sex", "age"], category="yes").to_frame()
    linear = doubly_robust(sample, "vote", reference, ["sex", "age"], category="yes", family="gaussian")
    assert linear.method["interval"] == "t"
    assert named["estimate"][0] == pytest.approx(linear.to_frame()["estimate"][0], abs=0.03)


def test_an_answer_that_everybody_or_nobody_gave_needs_no_model():
    codes = Codebook((Variable("q", labels={1.0: "yes", 2.0: "no", 3.0: "other"}), Variable("age")))
    frame = pd.DataFrame({"q": [1.0, 1.0, 2.0, 1.0, 2.0, 1.0], "age": [20.0, 30.0, 40.0, 50.0, 60.0, 70.0]})
    found = doubly_robust(Design(Study(frame, codes)), "q", both()[1], "age", family="binomial")
    other = found.to_frame().iloc[2]
    assert (other["category"], other["estimate"], other["se"], other["low"]) == ("other", 0, 0, 0)
    assert 0.3 < other["high"] < 0.6
    notes = " ".join(found.method["footnotes"])
    assert "Korn-Graubard" in notes
    assert "need not add up to 1" in notes


def test_groups_have_a_known_covariance():
    sample, reference = both()
    found = doubly_robust(propensity_weights(sample, reference, "age"), "y", reference, "age + sex", by="sex")
    difference = contrast(found, "f - m").to_frame()
    frame, covariance = found.to_frame(), found.covariance
    assert difference["estimate"][0] == pytest.approx(frame["estimate"][0] - frame["estimate"][1])
    assert difference["se"][0] ** 2 == pytest.approx(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    assert found.document()["rows"][0]["sex"] == "f"


def test_several_items_and_missing_answers():
    frame = people().assign(z=lambda each: each["y"].where(each["age"] > 40))
    sample, reference = Design(frame, weight="w"), both()[1]
    found = doubly_robust(sample, ["y", "z"], reference, ["sex", "age"])
    assert found.to_frame()["item"].tolist() == ["y", "z"]
    alone = doubly_robust(Design(frame[frame["age"] > 40], weight="w"), "z", reference, ["sex", "age"]).to_frame()
    assert found.to_frame()["estimate"][1] == pytest.approx(alone["estimate"][0], rel=1e-9)
    assert any("z: " in note and "not in the base" in note for note in found.method["footnotes"])


def test_a_group_without_an_answer_has_no_row():
    frame = people().assign(y=lambda each: each["y"].where(each["sex"] == "f"))
    found = doubly_robust(Design(frame), "y", both()[1], "age", by="sex").to_frame()
    assert found["sex"].tolist() == ["f"]
    assert np.isfinite(found[["estimate", "se", "low", "high"]].to_numpy()).all()
    again = doubly_robust(replicates(Design(frame), "JK1"), "y", both()[1], "age", by="sex").to_frame()
    assert again["se"][0] == pytest.approx(found["se"][0], rel=0.1)


def test_subpopulations_are_cut_from_both_samples():
    sample, reference = both()
    with pytest.raises(EstimationError, match=r"cut to where age > 40, and the reference is not; give subset\(ref"):
        doubly_robust(subset(sample, "age > 40"), "y", reference, "age")
    cut = doubly_robust(subset(sample, "age > 40"), "y", subset(reference, "age > 40"), "age")
    here = Design(people().query("age > 40"), weight="w")
    alone = doubly_robust(here, "y", Design(survey().query("age > 40"), weight="d"), "age")
    assert cut.to_frame()["estimate"][0] == pytest.approx(alone.to_frame()["estimate"][0], rel=1e-9)
    assert cut.to_frame()["se"][0] == pytest.approx(alone.to_frame()["se"][0], rel=0.02)


def test_groups_are_matched_by_label():
    labels = Codebook((Variable("sex", labels={1.0: "f", 2.0: "m"}), Variable("age"), Variable("d")))
    there = survey().assign(sex=lambda each: each["sex"].map({"f": 1.0, "m": 2.0}))
    found = doubly_robust(both()[0], "y", Design(Study(there, labels), weight="d"), "age", by="sex").to_frame()
    plain = doubly_robust(*(both()[0], "y", both()[1], "age"), by="sex").to_frame()
    assert found["estimate"].tolist() == pytest.approx(plain["estimate"].tolist())


def test_polars_and_nullable_columns_are_read():
    here, there = people(), survey()
    plain = doubly_robust(Design(here, weight="w"), "y", Design(there, weight="d"), "sex + age").to_frame()
    nullable = Design(here.convert_dtypes(), weight="w"), Design(there.convert_dtypes(), weight="d")
    polars = Design(pl.from_pandas(here), weight="w"), Design(pl.from_pandas(there), weight="d")
    for sample, reference in (nullable, polars):
        found = doubly_robust(sample, "y", reference, "sex + age").to_frame()
        assert found["se"][0] == pytest.approx(plain["se"][0], rel=1e-9)


def test_a_raking_afterwards_is_in_the_error():
    sample, reference = both()
    weighted = rake(propensity_weights(sample, reference, "age"), {"sex": {"f": 0.5, "m": 0.5}})
    linear = doubly_robust(weighted, "y", reference, ["sex", "age"]).to_frame()["se"][0]
    again = doubly_robust(replicates(weighted, "JK1"), "y", reference, ["sex", "age"]).to_frame()["se"][0]
    assert again == pytest.approx(linear, rel=0.12)


def test_what_cannot_be_estimated_is_refused():
    sample, reference = both()
    with pytest.raises(EstimationError, match="y stands among on"):
        doubly_robust(sample, "y", Design(survey().assign(y=1.0), weight="d"), ["y"])
    with pytest.raises(EstimationError, match="family is 'poisson'"):
        doubly_robust(sample, "y", reference, "age", family="poisson")
    with pytest.raises(EstimationError, match="doubly_robust needs a Design"):
        doubly_robust(people(), "y", reference, "age")
    with pytest.raises(EstimationError, match="level is 95"):
        doubly_robust(sample, "y", reference, "age", level=95)
    with pytest.raises(UnknownNameError, match="the reference: there is no variable 'w'"):
        doubly_robust(sample, "y", reference, "age", by="w")
    with pytest.raises(EstimationError, match="sex holds no numbers"):
        doubly_robust(sample, "sex", reference, "age")
    with pytest.raises(WeightingError, match="the reference has nobody of sex: m"):
        doubly_robust(sample, "y", Design(survey().query("sex == 'f'"), weight="d"), "age", by="sex")
    with pytest.raises(EstimationError, match="the whole sample has a fit, but replicate"):
        few = pd.DataFrame({"sex": ["f"] * 5 + ["m"], "y": [1.0, 2, 3, 4, 5, 9]})
        doubly_robust(replicates(Design(few), "JK1"), "y", reference, "sex")


def test_the_result_says_what_is_assumed():
    there = Study(
        survey(), Codebook((Variable("sex", type="string"), Variable("age"), Variable("d")), title="Census sample")
    )
    found = doubly_robust(both()[0], "y", Design(there, weight="d"), ["sex", "age"])
    notes = " ".join(found.method["footnotes"])
    assert "Doubly robust: a linear model given sex, age" in notes
    assert "predicts answers in Census sample (n 60, weights from column d)" in notes
    assert "only if the weights of the sample or the model are right" in notes
    assert found.method["doubly_robust"]["reference_n"] == 60
    assert "the reference's error by its own design" in str(found).replace("\n  ", " ")


@cache
def population() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    sex, age, group = rng.choice(["f", "m"], 8000), rng.normal(0, 1, 8000), rng.integers(0, 3, 8000)
    y = 0.8 * (sex == "f") + 1.2 * age + 0.5 * group + rng.normal(0, 1, 8000)
    chance = 1 / (1 + np.exp(3.3 - 0.7 * (sex == "f") - 0.5 * age - 0.3 * group))
    return pd.DataFrame({"sex": sex, "age": age, "group": [f"g{each}" for each in group], "y": y, "chance": chance})


def drawn(rng: np.random.Generator, n: int = 150) -> tuple[Design, Design]:
    people_of = population()
    here = people_of[rng.random(len(people_of)) < people_of["chance"]].reset_index(drop=True)
    there = people_of.iloc[rng.choice(len(people_of), n)].reset_index(drop=True).assign(d=len(people_of) / n)
    return Design(here), Design(there, weight="d")


def test_bias_goes_when_the_weights_or_the_model_are_right_and_errors_cover():
    """Thirty pairs of samples: the drill tests/drills/test_reference_sample_coverage.py has more."""
    rng, found = np.random.default_rng(11), []
    truth, right, wrong = population()["y"].mean(), ["sex", "age", "group"], ["sex"]
    for _ in range(30):
        sample, reference = drawn(rng)
        good, bad = (propensity_weights(sample, reference, on, method="calibrated") for on in (right, wrong))
        estimates = [
            doubly_robust(good, "y", reference, wrong),
            doubly_robust(bad, "y", reference, right),
            doubly_robust(bad, "y", reference, wrong),
        ]
        found.append([value for each in estimates for value in each.to_frame()[["estimate", "se"]].iloc[0]])
    table = np.array(found)
    bias, spread, se = (
        table[:, ::2].mean(axis=0) - truth,
        table[:, ::2].std(axis=0, ddof=1),
        table[:, 1::2].mean(axis=0),
    )
    assert (np.abs(bias[:2]) < 4 * spread[:2] / np.sqrt(30)).all()
    assert bias[2] > 0.4
    assert (se[:2] / spread[:2]).tolist() == pytest.approx([1, 1], abs=0.35)


def test_a_column_of_words_is_refused_with_how_its_shares_are_had():
    volunteers = pd.DataFrame({"age": [20, 30, 40, 50], "view": ["yes", "no", "yes", "no"]})
    survey = pd.DataFrame({"age": [25, 45, 65, 80], "weight": [30.0, 30.0, 25.0, 15.0]})
    with pytest.raises(EstimationError, match=r"category='no', for that of each family='binomial'"):
        doubly_robust(Design(volunteers), "view", Design(survey, weight="weight"), "age")
