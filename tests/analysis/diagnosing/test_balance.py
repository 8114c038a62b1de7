"""Margins and standardised differences, against targets and against a better sample."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from topline.analysis.diagnosing.balance import is_categories, weight_balance, weight_margins
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.subpopulation import subset
from topline.analysis.trimming.trim import trim
from topline.data.codebook import Codebook, MissingKind, Study, Variable, study_of
from topline.data.errors import EstimationError, UnknownNameError, WeightingError

TARGET = {"sex": {"f": 0.5, "m": 0.5}}


def sample(rows: int = 200) -> pd.DataFrame:
    random = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "sex": random.choice(["f", "m"], rows, p=[0.7, 0.3]),
            "age": random.choice(["old", "young"], rows),
            "income": random.lognormal(1, 1, rows),
        }
    )


def test_margins_stand_beside_their_targets_without_weights_before_and_after():
    data = sample().assign(w=np.linspace(1, 2, 200))
    raked = rake(Design(data, weight="w"), TARGET)
    frame = weight_margins(raked).to_frame().set_index("category")
    assert frame.loc["f", "unweighted"] == pytest.approx((data["sex"] == "f").mean())
    assert frame.loc["f", "before"] == pytest.approx(data["w"][data["sex"] == "f"].sum() / data["w"].sum())
    assert frame["after"].tolist() == pytest.approx([0.5, 0.5])
    assert frame["off_before"].tolist() == pytest.approx((frame["before"] - 0.5).tolist())
    assert frame["n"].sum() == 200


def test_a_target_lost_by_a_later_raking_shows():
    design = rake(Design(sample()), TARGET)
    again = rake(design, {"age": {"old": 0.8, "young": 0.2}})
    frame = weight_margins(again).to_frame()
    assert frame["step"].tolist() == [1, 1, 2, 2]
    assert frame[frame["variable"] == "age"]["off_after"].abs().max() < 1e-9
    assert frame[frame["variable"] == "sex"]["off_after"].abs().max() > 1e-6
    both = rake(again, {"sex": {"f": 0.6, "m": 0.4}})
    assert weight_margins(both).to_frame()["step"].tolist() == [2, 2, 3, 3]


def test_margins_need_targets_and_balance_needs_something_to_compare_with():
    with pytest.raises(WeightingError, match="no step fitted the weights to"):
        weight_margins(Design(sample()))
    with pytest.raises(WeightingError, match="nothing to compare with"):
        weight_balance(Design(sample()))
    with pytest.raises(WeightingError, match="name the columns"):
        weight_balance(Design(sample()), Design(sample()))


def test_standardised_differences_are_divided_by_what_varied_before():
    data = sample()
    frame = weight_balance(trim(rake(Design(data), TARGET), cap=1.1, recalibrate=False)).to_frame()
    share = (data["sex"] == "f").mean()
    divisor = np.sqrt((share * (1 - share) + 0.25) / 2)
    assert frame["standardised_before"][0] == pytest.approx((share - 0.5) / divisor)
    assert frame["standardised_after"][0] == pytest.approx((frame["after"][0] - 0.5) / divisor)
    assert 0 < frame["standardised_after"][0] < frame["standardised_before"][0]


def test_the_love_plot_has_a_line_at_a_tenth_with_its_source():
    chart = weight_balance(rake(Design(sample()), TARGET)).plot()
    assert "0.1 (Austin 2009)" in str(chart.to_dict()["title"])
    assert "before" in chart.description and "after 0.000" in chart.description


def test_a_reference_sample_is_compared_by_shares_or_means_of_columns_of_other_names():
    other = pd.DataFrame({"gender": ["f", "m", "m", "x"], "w": [2.0, 1.0, 1.0, 1.0], "income": [1.0, 2.0, 3.0, 4.0]})
    frame = weight_balance(
        rake(Design(sample()), TARGET), Design(other, weight="w"), on={"sex": "gender", "income": "income"}
    ).to_frame()
    assert frame["category"].tolist() == ["f", "m", "x", ""]
    assert frame["target"].tolist() == pytest.approx([0.4, 0.4, 0.2, 2.2])
    assert frame["before"][2] == 0
    income = sample()["income"]
    spread = (income.var(ddof=0) + (2 * 1.2**2 + 0.2**2 + 0.8**2 + 1.8**2) / 5) / 2
    assert frame["standardised_before"][3] == pytest.approx((income.mean() - 2.2) / np.sqrt(spread))


def test_what_nothing_varies_in_is_no_difference_or_missing_with_a_note():
    same = pd.DataFrame({"sex": ["f"] * 4})
    assert weight_balance(Design(same), Design(same), "sex").to_frame()["standardised_after"].tolist() == [0]
    found = weight_balance(Design(same), Design(pd.DataFrame({"sex": ["m"] * 4})), "sex")
    assert found.to_frame()["standardised_after"].isna().all()
    assert "2 differences are missing" in found.notes[-1]


def test_one_category_is_met_whatever_the_weights_round_to():
    data = pd.DataFrame({"sex": ["f"] * 120, "w": np.random.default_rng(0).lognormal(0, 2, 120) * 1e-60})
    balance = weight_balance(rake(Design(data, weight="w"), {"sex": {"f": 1.0}})).to_frame()
    assert balance["standardised_after"].tolist() == [0]


def test_missing_answers_are_left_out_on_each_side():
    codes = Codebook(
        (Variable("view", labels={1: "for", 2: "against", 9: "refused"}, missing={9: MissingKind.REFUSED}),)
    )
    labelled = Design(Study(pd.DataFrame({"view": [1, 1, 2, 9]}), codes))
    frame = weight_balance(labelled, labelled, "view").to_frame()
    assert frame["category"].tolist() == ["for", "against"]
    assert frame["before"].tolist() == pytest.approx([2 / 3, 1 / 3])
    empty = Design(pd.DataFrame({"view": [None, None], "age": [np.nan, np.nan], "n": [1, 2]}))
    for name in ("view", "age"):
        with pytest.raises(EstimationError):
            weight_balance(Design(sample().assign(view="for", age=30.0)), empty, name)


def test_numbers_are_not_compared_with_categories():
    with pytest.raises(EstimationError, match="age is categories in the sample and age is numbers in the reference"):
        weight_balance(Design(sample()), Design(pd.DataFrame({"age": [30.0, 40.0]})), "age")
    with pytest.raises(UnknownNameError, match="'incom'"):
        weight_balance(Design(sample()), Design(sample()), "incom")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, False, True], True),
        (pd.array([True, None, False], dtype="boolean"), True),
        (pd.Categorical(["a", "b", "a"]), True),
        (pd.array([1, 2, None], dtype="Int64"), False),
        ([1.5, 2.0, np.nan], False),
    ],
)
def test_text_booleans_and_labels_are_categories_and_other_numbers_are_not(values, expected):
    assert is_categories(study_of(pd.DataFrame({"x": values})), "x") is expected


def test_polars_frames_are_taken():
    frame = pl.from_pandas(sample()[["sex", "income"]])
    found = weight_balance(rake(Design(frame), TARGET), Design(frame), ["sex", "income"]).to_frame()
    assert found["standardised_before"].tolist() == [0, 0, 0]


def test_a_part_of_either_sample_is_compared_alone():
    here, there = sample().assign(w=np.linspace(1, 2, 200)), sample(120).assign(w=np.linspace(3, 1, 120))
    whole = trim(Design(here, weight="w"), cap=1.9)
    own = here.assign(w=whole.weights)[(here["sex"] == "f").to_numpy()]
    before = own.assign(w=here["w"][here["sex"] == "f"])
    part, reference = subset(whole, {"sex": "f"}), subset(Design(there, weight="w"), "sex == 'f'")
    found = weight_balance(part, reference, on=["age", "income"])
    cut = Design(there[there["sex"] == "f"], weight="w")
    one, other = (
        weight_balance(Design(each, weight="w"), cut, on=["age", "income"]).to_frame() for each in (before, own)
    )
    frame = found.to_frame()
    assert frame["target"].tolist() == pytest.approx(other["target"].tolist(), rel=1e-12)
    assert frame["after"].tolist() == pytest.approx(other["after"].tolist(), rel=1e-12)
    assert frame["standardised_before"].tolist() == pytest.approx(one["standardised_before"].tolist(), rel=1e-12)
    assert found.about[1:] == ("Of the sample: those where sex f.", "Of the reference: those where sex == 'f'.")
    assert not any("Of all rows" in note for note in found.notes)


def test_targets_of_the_whole_sample_are_not_those_of_a_part_and_a_note_says_so():
    raked = rake(Design(sample()), TARGET)
    part = subset(raked, "age == 'old'")
    for look in (weight_margins, weight_balance):
        assert look(part).to_frame().equals(look(raked).to_frame())
        assert look(part).notes[-1] == (
            "Of all rows: weighting is about the whole sample, and not only where age == 'old'."
        )
        assert not any("Of all rows" in note for note in look(raked).notes)
