"""What may be compared, on whose terms, and what is then said."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topline.analysis.comparing.compare import compare
from topline.analysis.comparing.tiers import side_of
from topline.analysis.comparing.verdict import Side, difference
from topline.analysis.estimation.estimate import mean, proportion, total
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.description import SIMULATED, StudyDescription
from topline.data.errors import ComparisonError, EstimationError
from topline.data.registry.figure import Figure, Item, Option, PublishedStudy, Scale, Source
from topline.data.registry.figures import Registry, Relation, published

LABELS = {
    1.0: "Strongly oppose",
    2.0: "Somewhat oppose",
    3.0: "Neutral",
    4.0: "Somewhat support",
    5.0: "Strongly support",
}
SUPPORT5 = Scale(
    "support5",
    (
        *(Option(float(code), label, (code > 3) - (code < 3), "substantive") for code, label in LABELS.items()),
        Option(97.0, "Don't know", None, "dont_know"),
    ),
)
COUNTS = {1.0: 60, 2.0: 140, 3.0: 200, 4.0: 380, 5.0: 220, 97.0: 100}
"""1,100 interviews: 60.0% support among 1,000 answers, 54.5% among all, 75.0% among the 800 who took a side."""

ALIKE = StudyDescription(
    country="CN",
    population="adults",
    frame="panel",
    sample_type="probability",
    modes=("web",),
    field_start="2020-02",
    field_end="2020-04",
)


def study_of(counts: dict[float, int] | None = None, **more: object) -> Study:
    codes = [code for code, times in (counts or COUNTS).items() for _ in range(times)]
    variable = Variable(
        **{
            "name": "travel",
            "label": "Restrict travel",
            "labels": {**LABELS, 97.0: "Don't know"},
            "missing": {97.0: MissingKind.DONT_KNOW},
            "wording": {"en": "To what extent do you support restricting travel?"},
            "scale": "support5",
            "collapse": {"support": (4.0, 5.0), "oppose": (1.0, 2.0)},
            "replicates": ("poll.travel",),
            "order": "random",
            **more,
        }
    )
    frame = pd.DataFrame({"travel": codes, "urban": np.arange(len(codes)) % 2})
    return Study(frame, Codebook((variable, Variable("urban", labels={0.0: "rural", 1.0: "urban"}))))


def design_of(counts: dict[float, int] | None = None, **more: object) -> Design:
    return Design(study_of(counts, **more))


def figure_of(value: float = 0.62, **more: object) -> Figure:
    """A published figure that differs in nothing from ALIKE's survey, apart from what is asked for."""
    item = {
        "item_id": "poll.travel",
        "study_id": "poll",
        "wording_english": "Restrict travel",
        "translation_status": "verbatim",
        "scale": SUPPORT5,
        "battery": "punishment",
        "order": "random",
    }
    study = {
        "study_id": "poll",
        "title": "A poll",
        "population": "adults",
        "country": "CN",
        "sample_type": "probability",
        "frame": "panel",
        "modes": ("web",),
        "field_start": "2020-01",
        "field_end": "2020-03",
        "dates_provenance": "verified",
        "n_provenance": "verified",
    }
    figure = {
        "figure_id": "poll.travel",
        "subgroup": "all",
        "statistic": "share",
        "category": "support",
        "category_set": (4.0, 5.0),
        "collapse_status": "stated",
        "value": value,
        "as_printed": f"{100 * value:g}%",
        "rounding": 0.01,
        "base": "excluding_dont_know",
        "sources": (Source("poll.travel.1", "primary", "A poll.", "p. 3", "", value, f"{100 * value:g}%", "verified"),),
        "provenance": "verified",
        "n": 1000,
        "deff": 1.2,
    }
    for part in (item, study, figure):
        part.update({name: more.pop(name) for name in list(more) if name in part and name != "item"})
    assert not more or set(more) <= {"moe", "moe_basis", "qualifier", "sd", "languages"}, more
    if "languages" in more:
        study["languages"] = more.pop("languages")
    return Figure(item=Item(**item), study=PublishedStudy(**study), **figure, **more)


def one_row(figure: Figure, design: Design | None = None, about: StudyDescription = ALIKE, **options: object):
    estimates = proportion(design or design_of(), "travel", category="support")
    (row,) = compare(estimates, figure, about=about, **options).rows
    return row


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


def test_the_difference_is_new_minus_published_with_both_errors():
    row = one_row(figure_of())
    expected = math.sqrt(0.6 * 0.4 / 999 + 1.2 * 0.62 * 0.38 / 1000 + 0.01**2 / 12)
    assert row.difference == pytest.approx(-0.02)
    assert row.difference_high - row.difference == pytest.approx(1.9606 * expected, rel=1e-3)
    assert row.total_high - row.difference == pytest.approx(1.96 * math.sqrt(expected**2 + 2 * 0.03**2), rel=1e-3)
    assert (row.verdict_sampling, row.verdict_total) == ("inconclusive", "inconclusive")
    assert row.stable is True


@pytest.mark.parametrize(
    ("base", "share", "n", "words"),
    [
        ("excluding_dont_know", 0.6, 1000, None),
        ("all", 600 / 1100, 1100, "repaired: recomputed over everyone asked"),
        ("excluding_neutral", 0.75, 800, "repaired: recomputed over those who took a side"),
    ],
)
def test_the_new_estimate_is_put_on_the_published_base(base, share, n, words):
    row = one_row(figure_of(base=base))
    assert (row.estimate, row.n) == (pytest.approx(share), n)
    assert row.difference == pytest.approx(share - 0.62)
    repaired = [reason for reason in row.reasons if reason.startswith("repaired")]
    assert len(repaired) == (words is not None)
    assert words is None or words in repaired[0]


def test_an_unknown_base_is_said_with_what_the_other_would_give():
    row = one_row(figure_of(base="unknown"))
    assert row.estimate == pytest.approx(0.6)
    assert any("would be 54.5% instead of 60.0%" in reason for reason in row.reasons)


def test_an_unknown_base_without_any_dont_know_makes_no_difference_to_say():
    row = one_row(figure_of(base="unknown"), design_of({4.0: 60, 2.0: 40}))
    assert not any("instead of" in reason for reason in row.reasons)


def test_without_the_middle_answer_nothing_is_left_to_repair_with():
    row = one_row(figure_of(base="excluding_neutral", scale=None))
    assert (row.grade, row.difference, row.verdict_sampling) == ("not_comparable", None, None)
    assert "middle answer" in row.reasons[0]


def test_the_new_estimate_counts_the_published_answers():
    row = one_row(figure_of(0.2, category="strongly", category_set=(5.0,)))
    assert (row.estimate, row.category) == (pytest.approx(0.22), "strongly")
    assert "repaired: recomputed for the published answers (Strongly support)." in row.reasons


def test_an_estimate_of_every_answer_gives_the_published_ones_without_a_repair():
    (row,) = compare(proportion(design_of(), "travel"), figure_of(), about=ALIKE).rows
    assert (row.estimate, row.category) == (pytest.approx(0.6), "support")
    assert not any("repaired" in reason for reason in row.reasons)


def test_the_level_of_the_comparison_holds_for_the_new_interval_too():
    wide, narrow = one_row(figure_of(), level=0.99), one_row(figure_of(), level=0.9)
    assert wide.high - wide.low > one_row(figure_of()).high - one_row(figure_of()).low > narrow.high - narrow.low


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


BOUND = {
    "far below more than": (0.75, "more_than", "different", "points lower than that bound"),
    "far below at least": (0.75, "at_least", "different", "more than sampling error explains"),
    "far above more than": (0.40, "more_than", "inconclusive", "a bound says nothing of values on its own side"),
    "near more than, below": (0.61, "more_than", "inconclusive", "sampling error alone could do that"),
    "on the bound": (0.60, "at_most", "inconclusive", "a bound says nothing"),
    "far above at most": (0.40, "at_most", "different", "points higher than that bound"),
    "far above less than": (0.40, "less_than", "different", "less than 40% published"),
    "far below at most": (0.75, "at_most", "inconclusive", "a bound says nothing"),
}


@pytest.mark.parametrize("case", BOUND)
def test_a_bound_shows_a_difference_on_its_far_side_and_nothing_else(case):
    value, qualifier, verdict, words = BOUND[case]
    row = one_row(figure_of(value, qualifier=qualifier))
    assert (row.verdict_sampling, row.verdict_total) == (verdict, verdict)
    supported = verdict == "different" or case.startswith("near")
    assert (row.p is not None, row.minimum_detectable is not None) == (supported, supported)
    assert row.difference == pytest.approx(0.6 - value)
    assert words in row.sentence
    assert any("is a bound: a new value" in reason for reason in row.reasons)


def test_nothing_is_equivalent_to_a_bound_nor_within_a_margin_of_it():
    for value in (0.59, 0.6, 0.61):
        for qualifier in ("more_than", "at_most"):
            row = one_row(figure_of(value, qualifier=qualifier), margin=0.3)
            assert row.verdict_sampling == "inconclusive"
    near = one_row(figure_of(0.75, qualifier="more_than"), margin=0.4)
    assert (near.verdict_sampling, near.verdict_total) == ("different", "different")
    assert one_row(figure_of(0.75), margin=0.4).verdict_sampling == "different but within margin"


@pytest.mark.parametrize(("value", "rounding", "unit"), [(0.7, None, 0.1), (0.45, None, 0.05), (0.7, 0.01, 0.01)])
def test_about_without_a_rounding_counts_as_a_coarse_one(value, rounding, unit):
    row = one_row(figure_of(value, qualifier="about", rounding=rounding))
    assert row.published_se == pytest.approx(math.sqrt(1.2 * value * (1 - value) / 1000 + unit**2 / 12))
    said = [reason for reason in row.reasons if "is taken as rounded to" in reason]
    assert said == ([] if rounding else [f"'{100 * value:g}%' is taken as rounded to {100 * unit:g} points."])


def test_nothing_said_of_the_new_survey_is_not_taken_for_agreement():
    (row,) = compare(proportion(design_of(), "travel", category="support"), figure_of()).rows
    said = " ".join(row.reasons)
    assert "How the new sample was drawn is not stated." in said
    assert all(f"{what} not stated for the new survey." in said for what in ("Country", "Population", "Frame", "Mode"))


def test_percentages_alone_give_a_difference_but_no_interval_and_no_verdict():
    row = one_row(figure_of(n=None, deff=None))
    assert row.difference == pytest.approx(-0.02)
    assert (row.difference_low, row.p, row.verdict_sampling, row.verdict_total) == (None, None, None, None)
    assert (row.low, row.published_low) != (None, None)
    assert row.published_low is None
    assert row.grade == "qualified"
    assert any("no interval, no test" in reason for reason in row.reasons)
    assert "nothing is said of the difference" in row.sentence


def test_a_margin_of_error_stands_in_for_the_number_of_interviews():
    row = one_row(figure_of(n=None, deff=None, moe=0.03, moe_basis="pollster_stated"))
    assert row.published_se == pytest.approx(
        math.sqrt((0.03 / 1.959963984540054) ** 2 * 4 * 0.62 * 0.38 + 0.01**2 / 12)
    )
    assert row.verdict_sampling is not None


def test_a_margin_computed_as_if_at_random_is_not_taken_for_the_pollsters():
    row = one_row(figure_of(deff=None, moe=0.05, moe_basis="srs_computed"))
    assert (row.published_deff, row.published_deff_assumed) == (1.5, True)


def test_a_verdict_that_hangs_on_the_assumed_design_effect_says_so():
    hanging = one_row(figure_of(0.645, deff=None))
    assert hanging.verdict_sampling == "inconclusive"
    assert hanging.stable is False
    assert "at a published design effect below 1.21 it would be 'different' (sampling error)" in hanging.stability
    assert hanging.stability in hanging.sentence
    steady = one_row(figure_of(0.9, deff=None))
    assert steady.stable is True
    assert steady.stability == "stable: nothing tried would change it"
    assert steady.stability not in steady.sentence


def test_a_declared_design_effect_replaces_the_assumed_one_only():
    assert one_row(figure_of(deff=None), deff=2.5).published_deff == 2.5
    assert one_row(figure_of(deff=1.2), deff=2.5).published_deff == 1.2


def test_non_sampling_error_widens_the_second_tier_only():
    plain, none = one_row(figure_of()), one_row(figure_of(), nonsampling=0)
    assert (none.total_low, none.total_high) == pytest.approx((plain.difference_low, plain.difference_high))
    assert plain.difference_low == none.difference_low
    assert plain.published_total_low < plain.published_low < plain.published_high < plain.published_total_high
    assert plain.estimate_total_low < plain.low < plain.high < plain.estimate_total_high


def test_the_margin_decides_what_counts_as_the_same():
    assert one_row(figure_of(0.6), margin=0.05).verdict_sampling == "equivalent"
    assert one_row(figure_of(0.6), margin=0.03).verdict_sampling == "inconclusive"


def test_holm_runs_over_the_battery_and_the_verdict_stays_single():
    names = [f"q{i}" for i in range(8)]
    base = study_of()
    frame = pd.DataFrame({name: base.frame["travel"] for name in names})
    variables = tuple(replace(base.codebook["travel"], name=name, replicates=(f"poll.{name}",)) for name in names)
    figures = [figure_of(0.65, item_id=f"poll.{name}", figure_id=f"poll.{name}") for name in names]
    design = Design(Study(frame, Codebook(variables)))
    comparison = compare(proportion(design, names, category="support"), figures, about=ALIKE, nonsampling=0.001)
    first = comparison.rows[0]
    assert first.verdict_sampling == "different"
    assert first.p < 0.05 <= first.p_holm == pytest.approx(min(1, 8 * first.p))
    assert first.p_total_holm == pytest.approx(min(1, 8 * first.p_total))
    assert "it would not stand (Holm)" in first.sentence
    alone = one_row(figure_of(0.65))
    assert alone.p_holm == alone.p


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


def test_estimates_are_exactly_those_of_proportion_when_nothing_needs_repair():
    estimates = proportion(design_of(), "travel", category="support")
    row = compare(estimates, figure_of(), about=ALIKE).rows[0].record()
    own = estimates.document()["rows"][0]
    assert {name: row[name] for name in own} == own


def test_means_of_one_scale_are_compared_with_a_margin_of_the_same_part_of_the_scale():
    design = design_of()
    figure = figure_of(3.6, statistic="mean", category="mean", category_set=(), as_printed="3.60")
    (row,) = compare(mean(design, "travel"), figure, about=ALIKE).rows
    answers = np.repeat([1.0, 2, 3, 4, 5], [60, 140, 200, 380, 220])
    assert row.estimate == pytest.approx(answers.mean())
    assert row.margin == pytest.approx(0.2)
    sd = answers.std(ddof=1)
    assert row.published_se == pytest.approx(math.sqrt(1.2 * sd**2 / 1000 + 0.01**2 / 12), rel=1e-3)
    assert (row.verdict_total, row.total_low) == (None, None)
    assert row.verdict_sampling == "equivalent"
    assert "3.56 here (n 1,000) against 3.6 published" in row.sentence
    given = compare(mean(design, "travel"), figure, about=ALIKE, mean_margin=0.05, mean_nonsampling=0.1).rows[0]
    assert (given.margin, given.nonsampling, given.verdict_total) == (0.05, 0.1, "inconclusive")


MEANS = {
    "other scale": ({"scale": replace(SUPPORT5, scale_id="rating5")}, {}, "scales differ"),
    "no scale": ({"scale": None}, {}, "scale of the published mean is not known"),
    "outside": ({}, {"counts": {8.0: 50, 9.0: 50}, "scale": ""}, "lies outside the published scale of 1 to 5"),
}


@pytest.mark.parametrize("case", MEANS)
def test_means_of_different_scales_are_not_compared(case):
    figure, survey, words = MEANS[case]
    published_mean = figure_of(3.6, statistic="mean", category="mean", category_set=(), **figure)
    (row,) = compare(mean(design_of(**survey), "travel"), published_mean, about=ALIKE).rows
    assert (row.grade, row.difference) == ("not_comparable", None)
    assert words in row.reasons[0]


def test_a_published_standard_deviation_is_used_where_there_is_one():
    figure = figure_of(3.6, statistic="mean", category="mean", category_set=(), sd=2.0, rounding=None, deff=1.0)
    (row,) = compare(mean(design_of(), "travel"), figure, about=ALIKE, level=0.9).rows
    assert row.published_se == pytest.approx(2 / math.sqrt(1000))


def test_a_share_of_nobody_has_an_error_all_the_same():
    row = one_row(figure_of(0.02), design_of({2.0: 400}))
    assert row.estimate == 0
    assert row.difference_high - row.difference_low > 2 * 1.96 * math.sqrt(1.2 * 0.02 * 0.98 / 1000)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("answer", [2.0, 4.0])
def test_the_error_of_a_share_of_0_or_1_gives_its_own_interval_back_at_every_level(level, answer):
    row = one_row(figure_of(0.5), design_of({answer: 24}), level=level)
    side = side_of(row)
    assert (side.value, side.df, row.se) == (float(answer == 4), 23, 0)
    alone = difference(side, Side(0.5, 0.0), margin=0.05, level=level)
    assert alone.high - alone.difference == pytest.approx(row.high - row.low, rel=1e-12)
    assert side.se == pytest.approx({0.8: 0.0693, 0.95: 0.0688, 0.99: 0.0706}[level], abs=5e-4)


def test_an_unrecorded_scale_is_matched_by_the_name_of_the_answers_and_says_so():
    row = one_row(figure_of(), design_of(scale=""))
    assert row.difference == pytest.approx(-0.02)
    assert any("answer scale of the new question is not recorded" in reason for reason in row.reasons)
    other = one_row(figure_of(category="likes it"), design_of(scale=""))
    assert other.reasons[0] == (
        "You put 'support' in the place of 'likes it'; the answer scale of the new question is not recorded."
    )
    neither = one_row(figure_of(category_set=()), design_of())
    assert any(
        reason == "The answers that the published value counts are not recorded; 'support' was matched by name only."
        for reason in neither.reasons
    )


def test_answers_that_no_name_joins_are_not_compared():
    estimates = proportion(design_of(), "travel")
    (row,) = compare(estimates, figure_of(category="likes it", category_set=(), scale=None), about=ALIKE).rows
    assert (row.grade, row.estimate, row.difference) == ("not_comparable", None, None)
    assert "the published 'likes it' stands for is not known" in row.reasons[0]


def test_registry_figures_are_found_through_the_bank_and_the_headline_is_taken():
    design = design_of(name="travel", bank="social_credit.restrict_travel", replicates=())
    comparison = compare(proportion(design, "travel", category="support"), published(topic="social_credit"))
    assert [row.published_id for row in comparison.rows] == ["liu2022.travel", "sinus2019.punish"]
    assert [row.grade for row in comparison.rows] == ["qualified", "not_comparable"]
    assert comparison.rows[0].published_n == 1173


def test_from_several_figures_of_one_published_item_the_same_answers_are_taken():
    design = design_of(replicates=("sinus2019.system",), scale="goodbad4", collapse={"reject": (1.0, 2.0)})
    found = compare(proportion(design, "travel", category="reject"), published(study="sinus2019"))
    assert [row.published_id for row in found.rows] == ["sinus2019.system_reject"]


def test_an_estimate_of_every_answer_takes_the_headline_figure():
    design = design_of(bank="social_credit.approval", replicates=(), scale="approve5", collapse={"approve": (4.0, 5.0)})
    found = compare(proportion(design, "travel"), published(study="kostka2019"))
    assert [(row.published_id, row.estimate) for row in found.rows] == [("kostka2019.approval", 0.6)]


def test_subgroup_figures_of_a_registry_are_left_out():
    design = design_of(replicates=("ergo2019.points",), scale="")
    found = compare(proportion(design, "travel", category="support"), published(study="ergo2019"))
    assert [row.published_id for row in found.rows] == ["ergo2019.points"]


def test_one_figure_beside_one_item_needs_no_link_but_says_so_first():
    row = one_row(figure_of(base="all"), design_of(replicates=()))
    assert row.grade == "qualified"
    assert row.reasons[0] == (
        "Nobody has checked that the two questions ask the same: you put 'travel' beside poll.travel, "
        "and nothing else joins them."
    )
    assert row.reasons[1].startswith("repaired")


def test_answers_put_in_the_place_of_the_published_ones_are_named():
    wave = Design(pd.DataFrame({"travel": ["yes"] * 620 + ["no"] * 380}))
    (row,) = compare(proportion(wave, "travel", category="yes"), published()["liu2022.travel"]).rows
    assert row.grade == "qualified"
    assert row.reasons[0].startswith("Nobody has checked that the two questions ask the same")
    assert row.reasons[1] == (
        "You put 'yes' in the place of 'support'; the answer scale of the new question is not recorded."
    )
    assert not any("matched by name" in reason for reason in row.reasons)


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


def test_several_estimates_are_compared_in_one_go():
    design = design_of()
    parts = [proportion(design, "travel", category="support"), proportion(design, "travel", category="oppose")]
    figures = [figure_of(), figure_of(0.2, figure_id="poll.travel_oppose", category="oppose", category_set=(1.0, 2.0))]
    rows = compare(parts, {figure.figure_id: figure for figure in figures}, about=ALIKE).rows
    assert [(row.category, row.published_id) for row in rows] == [
        ("support", "poll.travel"),
        ("oppose", "poll.travel_oppose"),
    ]
    with pytest.raises(ComparisonError, match="no estimate to compare"):
        compare([], figure_of())


def test_what_cannot_be_compared_at_all_is_refused_with_the_ways_out():
    design = design_of(replicates=())
    two = proportion(design, ["travel", "urban"])
    with pytest.raises(ComparisonError, match=r"none of travel, urban is linked .* 'replicates' or 'bank'"):
        compare(two, [figure_of()])
    with pytest.raises(ComparisonError, match="no published figure is given"):
        compare(two, {})
    with pytest.raises(ComparisonError, match="totals have no published counterpart"):
        compare(total(design, "travel"), figure_of())


@pytest.mark.parametrize("given", [design_of(), "wave.csv", [design_of()]])
def test_what_holds_no_estimates_is_refused_with_how_to_make_them(given):
    with pytest.raises(
        EstimationError, match=r"compare needs Estimates and was given a (Design|str)\. Make them first"
    ):
        compare(given, figure_of())


@pytest.mark.parametrize("given", ["liu2022.travel", ["liu2022.travel"]])
def test_the_id_of_a_figure_is_no_figure(given):
    with pytest.raises(ComparisonError, match=r"'liu2022.travel' is no figure; look it up first"):
        compare(proportion(design_of(), "travel", category="support"), given)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"margin": 0}, "margin is 0"),
        ({"level": 95}, "level is 95"),
        ({"nonsampling": -0.01}, "nonsampling is -0.01"),
        ({"deff": 0}, "deff is 0"),
        ({"mean_margin": -1}, "mean_margin is -1"),
    ],
)
def test_declarations_that_mean_nothing_are_refused(option, words):
    with pytest.raises(ComparisonError, match=words):
        one_row(figure_of(), **option)


@pytest.mark.parametrize(
    ("about", "note"),
    [
        (None, SIMULATED),
        (StudyDescription(title="Wave 1"), SIMULATED),
        (StudyDescription(note="A pilot."), f"A pilot; {SIMULATED}"),
        (StudyDescription(note=SIMULATED), SIMULATED),
    ],
)
def test_a_comparison_of_simulated_respondents_says_so(about, note):
    study = study_of()
    invented = replace(study, codebook=replace(study.codebook, notes=(SIMULATED,)))
    comparison = compare(proportion(Design(invented), "travel", category="support"), figure_of(), about=about)
    assert comparison.about.note == comparison.document()["method"]["about"]["note"] == note
    assert "imulated respondents; no person was asked" in str(comparison)
    asked = compare(proportion(design_of(), "travel", category="support"), figure_of())
    assert asked.about.note == ""


def test_the_method_says_what_was_declared_and_how_the_sample_was_weighted():
    comparison = compare(proportion(design_of(), "travel", category="support"), figure_of(), margin=0.04, deff=1.8)
    method = comparison.method
    assert (method["margin"], method["assumed_deff"], method["n"]) == (0.04, 1.8, 1100)
    assert method["effective_n"] == pytest.approx(1100)
    assert "4 points" in str(method["equivalence"])


def test_doubts_about_margins_follow_the_comparison_to_the_dashboard():
    from topline.analysis.raking.rake import rake
    from topline.dashboard.wording import key_facts
    from topline.data.margins import Dimension, Margins

    shares = {"0": 0.4, "1": 0.6}
    fact = Dimension("urban", shares, population="all ages", source="Census", date="2020", grade="recalled")
    raked = rake(design_of(), Margins("town", "Town", "adults", {"urban": fact}))
    comparison = compare(proportion(raked, "travel", category="support"), figure_of(), about=ALIKE)
    told = (
        "Margins of urban: Census (from memory; put the official table beside it before release). Dates and doubts: "
        "weight_summary, topline weight. Margins of urban count all ages; weights stand for adults."
    )
    assert comparison.method["population margins"] == told
    assert ("Population margins", told) in key_facts(comparison)
    assert told in " ".join(str(comparison).split())
    assert ".." not in str(comparison)
    again = Design(raked.study_with_weights("made"), weight="made")
    from_file = compare(proportion(again, "travel", category="support"), figure_of(), about=ALIKE)
    assert from_file.method["population margins"] == told
    plain = compare(proportion(design_of(), "travel", category="support"), figure_of(), about=ALIKE)
    assert "population margins" not in plain.method


def test_a_repaired_base_keeps_the_raked_design():
    from topline.analysis.raking.rake import rake

    target = {"urban": {"0": 0.4, "1": 0.6}}
    raked = rake(design_of(), target)
    estimates = proportion(raked, "travel", category="support")
    row = compare(estimates, figure_of(base="excluding_neutral"), about=ALIKE).rows[0]
    study = study_of(missing={97.0: MissingKind.DONT_KNOW, 3.0: MissingKind.OTHER})
    direct = proportion(rake(Design(study), target), "travel", category="support").to_frame().iloc[0]
    assert (row.estimate, row.se, row.n) == pytest.approx((direct["estimate"], direct["se"], direct["n"]), rel=1e-12)
