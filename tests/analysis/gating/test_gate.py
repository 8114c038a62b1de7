"""What may be compared, and every reason that stands in the way."""

from dataclasses import replace

import pytest

from topline.analysis.comparing.compare import compare
from topline.analysis.estimation.estimate import proportion
from topline.data.registry.figure import Relation
from topline.data.registry.figures import Registry, published

from ..comparing.two_surveys import ALIKE, SUPPORT5, design_of, figure_of, one_row


def test_two_surveys_alike_differ_only_by_the_review_nobody_made():
    row = one_row(figure_of())
    assert row.grade == "qualified"
    assert row.reasons == (
        "The questionnaire says that 'travel' replicates poll.travel; "
        "the registry holds no review of the two wordings.",
    )


def test_a_reviewed_question_of_the_same_wording_is_comparable():
    figure = figure_of()
    review = Relation("bank.travel", "poll.travel", "same_wording", "")
    registry = Registry({"poll.travel": figure}, {}, {}, {}, (review,))
    row = compare(proportion(design_of(bank="bank.travel"), "travel", category="support"), registry, about=ALIKE).rows[
        0
    ]
    assert (row.grade, row.reasons) == ("comparable", ())


DIFFERS = {
    "scale": (figure_of(scale=replace(SUPPORT5, scale_id="approve5")), ALIKE, "answer scales differ"),
    "country": (figure_of(country="DE"), ALIKE, "Different countries"),
    "index": (figure_of(sample_type="expert_index"), ALIKE, "expert index, not a poll"),
    "records": (figure_of(sample_type="administrative"), ALIKE, "administrative records"),
    "subgroup": (figure_of(subgroup="women"), ALIKE, "only a part of its sample (women)"),
    "mean": (figure_of(statistic="mean", value=0.6), ALIKE, "the published value a mean"),
    "change": (figure_of(statistic="relative_change"), ALIKE, "the published value a relative change"),
}


@pytest.mark.parametrize("case", DIFFERS)
def test_what_may_not_be_compared_is_never_differenced_anywhere(case):
    figure, about, words = DIFFERS[case]
    estimates = proportion(design_of(), "travel", category="support")
    comparison = compare(estimates, figure, about=about)
    row = comparison.rows[0]
    assert row.grade == "not_comparable"
    assert words in row.reasons[0]
    empty = ("difference", "difference_low", "difference_high", "total_low", "total_high", "p", "p_holm", "p_total",
             "verdict_sampling", "verdict_total", "minimum_detectable", "stable")  # fmt: skip
    assert [getattr(row, name) for name in empty] == [None] * len(empty)
    record = comparison.document()["rows"][0]
    assert [record[name] for name in empty] == [None] * len(empty)
    assert comparison.to_frame()[list(empty)].isna().all(axis=None)
    assert "Not differenced:\n- travel beside" in str(comparison)
    assert "points" not in str(comparison).split("Weighting:")[0]
    assert "are not compared" in row.sentence


QUALIFIES = {
    "mode": ({"modes": ("telephone",)}, {}, "Mode differs: new 'web', published 'telephone'."),
    "mode unknown": ({"modes": ("unknown",)}, {}, "Mode not stated for the published survey."),
    "population": ({"population": "urban adults"}, {}, "Population differs: new 'adults', published 'urban adults'."),
    "frame": ({"frame": "river sample"}, {}, "Frame differs"),
    "years": ({"field_start": "2014", "field_end": "2015"}, {}, "Fieldwork lies 4.2 years apart"),
    "no dates": ({"field_start": "", "field_end": ""}, {}, "Field dates not stated for the published survey."),
    "nonprobability": ({"sample_type": "nonprobability"}, {}, "The published sample was not drawn at random"),
    "convenience": ({"sample_type": "convenience"}, {}, "The published sample is one of convenience"),
    "unknown sample": ({"sample_type": "unknown"}, {}, "How the published sample was drawn is not stated."),
    "own sample": ({}, {"sample_type": "nonprobability"}, "The new sample was not drawn at random"),
    "language": ({"languages": ("zh",)}, {"languages": ("en",)}, "Asked in other languages: new en, published zh."),
    "label": ({"translation_status": "label_only"}, {}, "only a short label is known"),
    "memory": ({"provenance": "recalled"}, {}, "The published value is from memory and not seen in print."),
    "hedged": ({"qualifier": "more_than"}, {}, "The figure is printed as '62%'."),
    "not stated": ({}, {"population": "", "modes": ()}, "Population not stated for the new survey."),
}


@pytest.mark.parametrize("case", QUALIFIES)
def test_each_lesser_mismatch_is_a_badge_and_a_reason_but_no_bar(case):
    figure, about, words = QUALIFIES[case]
    row = one_row(figure_of(**figure), about=replace(ALIKE, **about))
    assert row.grade == "qualified"
    assert row.difference == pytest.approx(-0.02)
    assert any(reason.startswith(words) or words in reason for reason in row.reasons)


def test_nothing_said_of_the_new_survey_is_not_taken_for_agreement():
    (row,) = compare(proportion(design_of(), "travel", category="support"), figure_of()).rows
    said = " ".join(row.reasons)
    assert "How the new sample was drawn is not stated." in said
    assert all(f"{what} not stated for the new survey." in said for what in ("Country", "Population", "Frame", "Mode"))


def test_groups_keep_their_keys_and_say_that_they_are_a_part():
    estimates = proportion(design_of(), "travel", category="support", by="urban")
    comparison = compare(estimates, figure_of(), about=ALIKE)
    frame = comparison.to_frame()
    assert frame["urban"].tolist() == ["rural", "urban"]
    assert frame.columns[:14].tolist() == [
        "item", "category", "urban", "estimate", "se", "low", "high", "n", "weighted_n", "deff", "df", "effective_n",
        "cv", "label",
    ]  # fmt: skip
    assert "describes only urban = urban" in " ".join(comparison.rows[1].reasons)
    repaired = compare(estimates, figure_of(base="all"), about=ALIKE).to_frame()
    assert repaired["urban"].tolist() == ["rural", "urban"]
    assert repaired["n"].sum() == 1100


def test_a_group_is_not_held_against_a_whole_sample_that_nobody_put_beside_it():
    estimates = proportion(design_of(), "travel", category="support", by="urban")
    for row in compare(estimates, {"poll.travel": figure_of()}, about=ALIKE).rows:
        assert (row.grade, row.difference, row.verdict_sampling) == ("not_comparable", None, None)
        assert "the published figure the whole of its sample" in row.reasons[0]
    assert {row.grade for row in compare(estimates, figure_of(), about=ALIKE).rows} == {"qualified"}


def test_one_figure_beside_one_item_needs_no_link_but_says_so_first():
    row = one_row(figure_of(base="all"), design_of(replicates=()))
    assert row.grade == "qualified"
    assert row.reasons[0] == (
        "Nobody has checked that the two questions ask the same: you put 'travel' beside poll.travel, "
        "and nothing else joins them."
    )
    assert row.reasons[1].startswith("repaired")


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"bank": "social_credit.sex", "replicates": ()}, "'travel' is the question social_credit.sex, and nothing on"),
        ({"replicates": ("liu2022.internet",)}, "'travel' replicates liu2022.internet, and nothing on record says"),
        (
            {"bank": "mine.a", "replicates": ("other.b", "other.c")},
            "'travel' is the question mine.a and replicates other.b, other.c, and nothing on record says",
        ),
    ],
)
def test_a_question_on_record_as_another_one_is_not_compared_even_when_the_user_says_so(record, words):
    estimates = proportion(design_of(**record), "travel", category="support")
    (row,) = compare(estimates, published()["liu2022.travel"], about=ALIKE).rows
    assert (row.grade, row.difference, row.verdict_sampling) == ("not_comparable", None, None)
    assert row.reasons[0].startswith(words)
    assert row.reasons[0].endswith("liu2022.travel asks the same.")


def test_a_question_that_the_registry_joins_to_the_figure_is_compared_by_hand_too():
    design = design_of(bank="social_credit.restrict_travel", replicates=())
    (row,) = compare(proportion(design, "travel", category="support"), published()["liu2022.travel"]).rows
    assert row.difference is not None
    assert not any("Nobody has checked" in reason for reason in row.reasons)
