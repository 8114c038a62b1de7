"""Eligibility: the weight of unknown cases spread over known ones, the ineligible taken out.

``STATUSES`` by hand, region n: weights 10 eligible, 5 ineligible, 5 unknown, so known cases are multiplied by 20 / 15;
region s: 6 eligible, 2 unknown, so by 8 / 6.
"""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from topline.analysis.estimation.estimate import mean, total
from topline.analysis.nonresponse.eligibility import eligibility
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.step import Replicate
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError, WeightingError

STATUSES = pd.DataFrame(
    {
        "status": ["done", "refused", "shop", "no answer", "done", "done", "no answer"],
        "region": ["n", "n", "n", "n", "s", "s", "s"],
        "w": [4.0, 6.0, 5.0, 5.0, 3.0, 3.0, 2.0],
        "y": [1.0, 2.0, np.nan, np.nan, 5.0, 6.0, np.nan],
    }
)
NAMED = {"eligible": ["done", "refused"], "ineligible": "shop", "unknown": "no answer"}


def by_region(frame=STATUSES, **options):
    return eligibility(Design(frame, weight="w"), "status", within="region", **NAMED, **options)


def test_weight_of_the_unknown_is_spread_within_classes_and_the_ineligible_leave():
    found = by_region()
    assert found.weights == pytest.approx([16 / 3, 8, 0, 0, 4, 4, 0])
    assert found.steps[-1].words == "adjusted for unknown eligibility (status) within region"


def test_the_eligible_hold_the_share_of_the_known_that_aapor_calls_e():
    whole = eligibility(Design(STATUSES, weight="w"), "status", **NAMED)
    e = 16 / (16 + 5)
    assert whole.weights.sum() == pytest.approx(16 + e * 7)


def test_the_table_counts_the_cases_of_each_class():
    assert by_region().steps[-1].table.to_dict("records") == [
        {"class": "region n", "n": 4, "eligible": 2, "ineligible": 1, "unknown": 1, "factor": pytest.approx(4 / 3)},
        {"class": "region s", "n": 3, "eligible": 2, "ineligible": 0, "unknown": 1, "factor": pytest.approx(4 / 3)},
    ]


def test_the_footnote_counts_who_stays_without_weight():
    assert mean(by_region(), "y").method["footnotes"] == [
        "Eligibility by status: 4 eligible (57.1% of the weight), 1 ineligible (17.9% of the weight), 2 of unknown "
        "eligibility (25.0% of the weight). The weight of the unknown is spread over the known within region. Those "
        "not eligible or not known stay in the sample with weight zero.",
    ]


def test_without_unknown_cases_the_ineligible_leave_and_nothing_is_estimated():
    frame = STATUSES[STATUSES["status"] != "no answer"]
    found = eligibility(Design(frame, weight="w"), "status", eligible=["done", "refused"], ineligible=["shop"])
    assert found.weights.tolist() == [4, 6, 0, 3, 3]
    assert found.steps[-1].linearisation is None
    assert found.steps[-1].words == "ineligible cases taken out (status)"


def test_errors_are_those_of_a_numerical_derivative_and_near_the_jackknife():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "status": rng.choice(["done", "shop", "no answer"], 90, p=[0.6, 0.2, 0.2]),
            "region": rng.choice(["n", "s"], 90),
            "w": rng.uniform(1, 3, 90),
            "y": rng.normal(10, 2, 90),
        }
    )
    found = eligibility(
        Design(frame, weight="w"), "status", eligible="done", ineligible="shop", unknown="no answer", within="region"
    )
    task, before = found.steps[-1].task, found.steps[-1].before

    def estimate(frequency):
        after = task.replayed(before, frequency, Replicate(0, 1, 1.0)).applied(before, slice(None))
        return (frequency * after) @ frame["y"].to_numpy()

    steps = 1e-5 * np.eye(90)
    influence = np.array([estimate(1 + each) - estimate(1 - each) for each in steps]) / 2e-5
    se = total(found, "y").to_frame()["se"][0]
    assert se == pytest.approx(np.sqrt(90 / 89 * ((influence - influence.mean()) ** 2).sum()), rel=1e-6)
    assert se == pytest.approx(total(replicates(found, "JK1"), "y").to_frame()["se"][0], rel=0.05)


def test_codes_and_labels_name_statuses_and_missing_kinds_are_statuses_too():
    labels = {1.0: "interview", 2.0: "refusal", 3.0: "business"}
    variable = Variable("status", labels=labels, missing={2.0: MissingKind.REFUSED})
    study = Study(pd.DataFrame({"status": [1.0, 2.0, 3.0]}), Codebook((variable,)))
    by_label = eligibility(Design(study), "status", eligible=["interview", "refusal"], ineligible=["business"])
    by_code = eligibility(Design(study), "status", eligible=[1, "2"], ineligible=3)
    assert by_label.weights.tolist() == by_code.weights.tolist() == [1, 1, 0]


def test_polars_and_nullable_columns_are_taken():
    polars = pl.DataFrame({"status": [1, 2, 2]})
    nullable = pd.DataFrame({"status": pd.array([1, 2, 2], dtype="Int64")})
    for frame in (polars, nullable, nullable.astype("category")):
        assert eligibility(Design(frame), "status", eligible=1, unknown=2).weights.tolist() == [3, 0, 0]


def test_statuses_in_the_data_that_nobody_names_are_listed():
    with pytest.raises(WeightingError, match=r"status: refused, shop are in the data .* Nobody has: reffused\."):
        eligibility(Design(STATUSES), "status", eligible=["done", "reffused"], unknown="no answer")


def test_a_status_named_twice_is_refused():
    with pytest.raises(WeightingError, match="status done is named as eligible and as unknown; choose one"):
        eligibility(Design(STATUSES), "status", eligible="done", unknown="done")


def test_every_case_needs_a_status_unless_it_has_no_weight():
    frame = pd.DataFrame({"status": ["done", None, "done"], "w": [1.0, 1.0, 1.0], "none": [1.0, 0.0, 1.0]})
    with pytest.raises(WeightingError, match="status is missing in 1 of 3 rows of a weight above zero"):
        eligibility(Design(frame, weight="w"), "status", eligible="done")
    assert eligibility(Design(frame, weight="none"), "status", eligible="done").weights.tolist() == [1, 0, 1]


def test_somebody_has_to_be_eligible():
    with pytest.raises(WeightingError, match=r"nobody of a weight above zero has an eligible status \(complete\)"):
        eligibility(
            Design(pd.DataFrame({"status": ["shop", "shop"]})), "status", eligible="complete", ineligible="shop"
        )


def test_a_class_of_unknown_cases_alone_is_refused_or_joined():
    frame = pd.DataFrame({"status": ["done", "done", "?"], "region": ["n", "n", "s"], "w": [1.0, 1.0, 1.0]})
    options = {"eligible": "done", "unknown": "?", "within": "region"}
    with pytest.raises(WeightingError, match="class region s has no known cases"):
        eligibility(Design(frame), "status", **options)
    joined = eligibility(Design(frame), "status", **options, minimum=1)
    assert joined.weights.tolist() == [1.5, 1.5, 0]
    assert joined.steps[-1].notes[1] == (
        "Classes of eligibility joined with their neighbours, as they had fewer than 1 known cases: region n or s."
    )


def test_a_replicate_without_known_cases_names_itself_and_the_class():
    frame = pd.DataFrame({"status": ["done", "done", "?"], "region": ["n", "s", "s"]})
    found = eligibility(Design(frame), "status", eligible="done", unknown="?", within="region")
    with pytest.raises(WeightingError, match="replicate 2 of 3: class region s has no known cases"):
        replicates(found, "JK1")


def test_what_is_no_option_is_refused():
    with pytest.raises(EstimationError, match="needs a Design"):
        eligibility(STATUSES, "status", eligible="done")
    with pytest.raises(UnknownNameError, match="Did you mean 'status'"):
        eligibility(Design(STATUSES), "statsu", eligible="done")
    with pytest.raises(WeightingError, match="eligible is None; it names one status"):
        eligibility(Design(STATUSES), "status", eligible=None)
    with pytest.raises(WeightingError, match="missing is 'drop'"):
        by_region(missing="drop")


def test_a_label_that_two_codes_carry_names_none():
    study = Study(
        pd.DataFrame({"status": [1.0, 2.0]}), Codebook((Variable("status", labels={1.0: "other", 2.0: "other"}),))
    )
    with pytest.raises(WeightingError, match="'other' names codes 1 and 2"):
        eligibility(Design(study), "status", eligible="other")
