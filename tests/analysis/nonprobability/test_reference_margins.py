"""Margins of a reference's microdata: shares and covariance of R's svymean, carried into estimates raked to them."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.nonprobability.reference_margins import margins_from
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.subpopulation import subset
from topline.data.codebook import Codebook, Study, Variable
from topline.data.description import SIMULATED
from topline.data.errors import EstimationError, UnknownNameError, WeightingError
from topline.data.margins import Margins

from .test_propensity_weights import STORED, both, people, schools, survey


@pytest.mark.parametrize("name", ["apistrat", "apiclus1"])
def test_shares_and_covariance_equal_svymean(name):
    found = margins_from(schools(name), ["stype", "awards", "stype*awards"])
    codes = [f"{at}{code}" for at in ("stype", "awards") for code in found[at]]
    codes += ["interaction(stype, awards)" + code.replace("*", ".") for code in found["stype*awards"]]
    order = [STORED["weights"][f"{name} margins names"].index(code) for code in codes]
    shares = [share for dimension in found.values() for share in dimension.values()]
    assert shares == pytest.approx(np.array(STORED["weights"][f"{name} margins"])[order], rel=1e-12)
    size = len(order)
    covariance = np.array(STORED["weights"][f"{name} margins covariance"]).reshape(size, size)[np.ix_(order, order)]
    assert found.covariance == pytest.approx(covariance, rel=1e-9, abs=1e-15)


def test_what_is_raked_to_them_carries_their_error():
    sample, reference = both()
    population = margins_from(reference, "sex")
    known = rake(sample, {"sex": dict(population["sex"])})
    carried = rake(sample, population)
    assert carried.weights == pytest.approx(known.weights)
    fixed, whole = (mean(design, "y").to_frame()["se"][0] for design in (known, carried))
    y, weights, women = sample.study.frame["y"], known.weights, sample.study.frame["sex"] == "f"
    gap = np.average(y[women], weights=weights[women]) - np.average(y[~women], weights=weights[~women])
    assert whole**2 - fixed**2 == pytest.approx(gap**2 * population.covariance[0, 0], rel=1e-6)
    share = proportion(carried, "sex").to_frame()["se"]
    assert share.tolist() == pytest.approx([population.covariance[0, 0] ** 0.5] * 2, rel=1e-6)
    again = proportion(replicates(carried, "JK1"), "sex", interval="mean").to_frame()["se"]
    assert again.tolist() == pytest.approx(share.tolist(), rel=1e-6)


def test_what_is_weighted_to_them_says_that_they_are_estimates_whatever_their_grade():
    sample, reference = both()
    population = margins_from(reference, ["sex", "age"], source="HS", grade="verified")
    step = rake(sample, population, on=["sex"]).steps[-1]
    said = (
        "Margins of sex were estimated from a sample of 60 respondents and have a sampling error of their own; errors "
        "that follow the steps of the weighting carry it."
    )
    assert population.n == 60
    assert said in step.notes and said in step.brief
    assert "estimated from a sample of 60" in str(mean(rake(sample, population, on=["sex"]), "y")).replace("\n  ", " ")
    own = Margins("own", "Own", "", {"sex": population.facts["sex"]}, covariance=np.eye(2) * 1e-4)
    assert any("estimated from a sample and have" in note for note in rake(sample, own).steps[-1].brief)
    known = Margins("own", "Own", "", {"sex": population.facts["sex"]})
    assert not any("from a sample" in note for note in rake(sample, known).steps[-1].brief)


def test_labels_source_date_and_grade_are_kept():
    book = Codebook((Variable("sex", labels={1.0: "male", 2.0: "female"}), Variable("d")), title="Panel")
    frame = survey().assign(sex=lambda each: each["sex"].map({"m": 1.0, "f": 2.0}))[["sex", "d"]]
    reference = Design(Study(frame, book), weight="d")
    found = margins_from(reference, ["sex"], source="Household survey", date="2021", grade="verified")
    fact = found.facts["sex"]
    assert (fact.labels, fact.source, fact.date, fact.grade) == (
        {"1": "male", "2": "female"},
        "Household survey",
        "2021",
        "verified",
    )
    assert list(found["sex"]) == ["1", "2"]
    assert "Estimated from 60 rows of Panel (weights from column d): targets carry the sampling error" in fact.footnote
    raked = rake(Design(people().assign(sex=lambda each: each["sex"].map({"m": 1, "f": 2}))), found)
    assert any("targets carry the sampling error" in note for note in mean(raked, "y").method["footnotes"])
    assert margins_from(reference, "sex").facts["sex"].date == "date not stated"


def test_rows_without_a_value_are_left_out_and_counted():
    frame = survey()
    frame.loc[:4, "sex"] = None
    found = margins_from(Design(frame, weight="d"), "sex")
    rest = frame[5:]
    assert found["sex"]["f"] == pytest.approx(rest["d"][rest["sex"] == "f"].sum() / rest["d"].sum())
    assert found.facts["sex"].note.endswith("5 rows without a value left out.")


def test_the_part_of_a_reference_that_is_the_population_counts_alone():
    reference = both()[1]
    found = margins_from(subset(reference, "age < 50"), "sex")
    young = survey().query("age < 50")
    assert found["sex"]["m"] == pytest.approx(young["d"][young["sex"] == "m"].sum() / young["d"].sum())
    assert found.population == "age < 50"
    se = proportion(subset(reference, "age < 50"), "sex").to_frame()["se"][0]
    assert found.covariance[0, 0] == pytest.approx(se**2)


def test_columns_with_a_star_and_joint_margins_are_told_apart():
    frame = survey().rename(columns={"sex": "a*b"}).assign(old=lambda each: each["age"] > 50)
    found = margins_from(Design(frame, weight="d"), ["a*b", "old"])
    assert list(found) == ["a*b", "old"]
    assert list(found["a*b"]) == ["f", "m"]


def test_a_simulated_reference_is_told():
    book = Codebook((Variable("sex", type="string"), Variable("age"), Variable("d")), notes=(f"{SIMULATED} here",))
    found = margins_from(Design(Study(survey(), book), weight="d"), "sex")
    assert "imulated" in found.note
    assert any(f"That sample: {SIMULATED}." in note for note in rake(Design(people()), found).steps[-1].brief)


def test_what_is_no_margin_is_refused():
    reference = both()[1]
    with pytest.raises(EstimationError, match="margins_from needs a Design"):
        margins_from(survey(), "sex")
    with pytest.raises(UnknownNameError, match="the reference: there is no variable 'sexx'"):
        margins_from(reference, "sexx")
    with pytest.raises(UnknownNameError, match="there is no grade 'sure'"):
        margins_from(reference, "sex", grade="sure")
    with pytest.raises(WeightingError, match="on names no margin"):
        margins_from(reference, [])
    with pytest.raises(WeightingError, match="one has 1 category in the reference"):
        margins_from(Design(people().assign(one=1)), "one")
    with pytest.raises(WeightingError, match="no row of the reference has a value of gone"):
        margins_from(Design(people().assign(gone=np.nan)), "gone")
    with pytest.raises(WeightingError, match="the reference has no degrees of freedom"):
        margins_from(Design(people().assign(town=1), psu="town", lone_psu="certainty"), "sex")
    many = pd.DataFrame({"id": np.arange(1500)})
    with pytest.raises(WeightingError, match="1,500 categories in the reference; a margin has 2 to 1,000"):
        margins_from(Design(many), "id")
