"""Estimates through the steps of a weighting, with errors of that stage, and without the largest weights."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.diagnosing.undone import after_steps
from topline.analysis.diagnosing.weight_influence import weight_influence
from topline.analysis.estimation.estimate import mean, proportion, ratio
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.data.errors import UnknownNameError, WeightingError

SEX, AGE = {"sex": {"f": 0.5, "m": 0.5}}, {"age": {"old": 0.6, "young": 0.4}}


def sample(rows: int = 80) -> pd.DataFrame:
    random = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "sex": random.choice(["f", "m"], rows, p=[0.7, 0.3]),
            "age": random.choice(["old", "young"], rows),
            "town": np.arange(rows) // 8,
            "view": random.choice(["for", "against"], rows),
            "trust": random.normal(5, 2, rows),
            "w": random.uniform(1, 3, rows),
        }
    )


def stages(base: Design) -> list[Design]:
    return [base, rake(base, SEX), rake(rake(base, SEX), AGE)]


@pytest.mark.parametrize("replicated", [False, True])
def test_each_stage_has_the_estimate_and_the_error_of_that_stage(replicated):
    """Also with replicates: steps that came later leave no trace in the errors of earlier stages."""
    base = Design(sample(), weight="w", psu="town")
    made = stages(replicates(base, "JK1") if replicated else base)
    rows = weight_influence(made[-1], "trust").to_frame()
    assert rows["weights"].tolist() == [
        *("unweighted", "weights from column w", "1 rake", "2 rake", "without the largest"),
    ]
    for place, design in enumerate(made, start=1):
        expected = mean(design, "trust").to_frame()
        assert rows["estimate"][place] == pytest.approx(expected["estimate"][0], rel=1e-12)
        assert rows["se"][place] == pytest.approx(expected["se"][0], rel=1e-10)
    plain = Design(sample(), psu="town")
    alike = mean(replicates(plain, "JK1") if replicated else plain, "trust").to_frame()
    assert rows["estimate"][0] == pytest.approx(alike["estimate"][0])
    assert rows["se"][0] == pytest.approx(alike["se"][0], rel=1e-10)
    assert rows["n"].tolist() == [80] * 4 + [79 + (rows["n"][4] == 80)]


def test_replicates_made_after_the_weighting_are_undone_too():
    design = replicates(stages(Design(sample(), weight="w", psu="town"))[-1], "JK1")
    first = after_steps(design, 1)
    expected = mean(replicates(rake(Design(sample(), weight="w", psu="town"), SEX), "JK1"), "trust").to_frame()
    assert mean(first, "trust").to_frame()["se"][0] == pytest.approx(expected["se"][0], rel=1e-10)
    assert [step.kind for step in first.steps] == ["rake"] and len(design.steps) == 2


def test_changes_are_from_the_stage_before_and_of_the_last_from_the_final_estimate():
    rows = weight_influence(stages(Design(sample(), weight="w"))[-1], "trust").to_frame()
    estimate = rows["estimate"]
    assert np.isnan(rows["change"][0])
    assert rows["change"].tolist()[1:4] == pytest.approx(np.diff(estimate[:4]).tolist())
    assert rows["change"][4] == pytest.approx(estimate[4] - estimate[3])
    assert rows["change_in_se"].tolist()[1:] == pytest.approx((rows["change"][1:] / rows["se"][3]).tolist())


def test_the_largest_weights_are_left_out_whatever_the_order_of_rows():
    data = sample().assign(w=[5.0] * 4 + [1.0] * 76)
    found = weight_influence(Design(data, weight="w"), "trust", largest=0.025).to_frame()
    # two of the four rows of weight 5 go: each keeps half
    weights = np.array([2.5] * 4 + [1.0] * 76)
    assert found["estimate"].iloc[-1] == pytest.approx(data["trust"] @ weights / weights.sum())
    turned = weight_influence(Design(data[::-1].reset_index(drop=True), weight="w"), "trust", largest=0.025).to_frame()
    assert turned["estimate"].iloc[-1] == pytest.approx(found["estimate"].iloc[-1])
    # 1% of 80 rows is 0.8 of a row: the largest keeps a fifth
    one = weight_influence(Design(data.assign(w=[9.0] + [1.0] * 79), weight="w"), "trust").to_frame()
    weights = np.array([0.2 * 9] + [1.0] * 79)
    assert one["estimate"].iloc[-1] == pytest.approx(data["trust"] @ weights / weights.sum())


def test_labelled_answers_are_shares_numbers_means_and_functions_what_they_give():
    design = stages(Design(sample(), weight="w"))[-1]
    found = weight_influence(design, ["view", "trust", lambda d: ratio(d, "trust", "w")])
    frame = found.to_frame()
    assert frame["item"].unique().tolist()[:2] == ["view", "trust"]
    final = frame[frame["weights"] == "2 rake"]
    shares = proportion(design, "view").to_frame()["estimate"].tolist()
    assert final["estimate"].tolist()[:2] == pytest.approx(shares)
    assert final["estimate"].iloc[-1] == pytest.approx(ratio(design, "trust", "w").to_frame()["estimate"][0])
    text = str(found)
    assert "moved" in text and "%" in text
    assert "2 estimates that are no shares" in str(found.plot().to_dict()["title"])
    assert "view: against" in found.plot().description


def test_a_category_can_be_chosen_and_groups_keep_their_rows():
    design = stages(Design(sample(), weight="w"))[1]
    chosen = weight_influence(design, {"view": "for"}).to_frame()
    assert chosen["category"].unique().tolist() == ["for"] and len(chosen) == 4
    by = weight_influence(design, lambda d: mean(d, "trust", by="age"))
    assert by.to_frame()["age"].tolist() == ["old"] * 4 + ["young"] * 4
    assert "trust: old" in by.plot().description


def test_footnotes_of_the_estimates_are_kept():
    data = sample()
    data.loc[:6, "trust"] = np.nan
    found = weight_influence(stages(Design(data, weight="w"))[1], ["trust", "view"])
    assert [note for note in found.notes if note.startswith("trust: 7 of 80 rows are not in the base")]


def test_a_constant_answer_has_no_error_to_measure_by():
    found = weight_influence(stages(Design(sample().assign(view="for"), weight="w"))[1], "view")
    assert found.to_frame()["change_in_se"].isna().all()
    assert any(line.startswith("view") and line.endswith("-") for line in str(found).splitlines())


@pytest.mark.parametrize(
    ("outcomes", "options", "error", "message"),
    [
        (3, {}, WeightingError, "3 is no outcome; name a column"),
        (["trust", None], {}, WeightingError, "None is no outcome"),
        ("trust", {"largest": "x"}, WeightingError, "largest is 'x'"),
        ("trust", {"largest": 0.5}, WeightingError, "largest is 0.5"),
        ([], {}, WeightingError, "name at least one outcome"),
        ("trus", {}, UnknownNameError, "Did you mean 'trust'"),
    ],
)
def test_what_cannot_be_followed_is_refused(outcomes, options, error, message):
    with pytest.raises(error, match=message):
        weight_influence(Design(sample()), outcomes, **options)
