"""What is said of a pair once it is compared."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topline.analysis.comparing.compare import compare
from topline.analysis.comparing.tiers import side_of
from topline.analysis.comparing.verdict import Side, difference
from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, Study
from topline.data.description import SIMULATED, StudyDescription
from topline.data.errors import ComparisonError

from .two_surveys import ALIKE, design_of, figure_of, one_row, study_of


def test_the_difference_is_new_minus_published_with_both_errors():
    row = one_row(figure_of())
    expected = math.sqrt(0.6 * 0.4 / 999 + 1.2 * 0.62 * 0.38 / 1000 + 0.01**2 / 12)
    assert row.difference == pytest.approx(-0.02)
    assert row.difference_high - row.difference == pytest.approx(1.9606 * expected, rel=1e-3)
    assert row.total_high - row.difference == pytest.approx(1.96 * math.sqrt(expected**2 + 2 * 0.03**2), rel=1e-3)
    assert (row.verdict_sampling, row.verdict_total) == ("inconclusive", "inconclusive")
    assert row.stable is True


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


def test_percentages_alone_give_a_difference_but_no_interval_and_no_verdict():
    row = one_row(figure_of(n=None, deff=None))
    assert row.difference == pytest.approx(-0.02)
    assert (row.difference_low, row.p, row.verdict_sampling, row.verdict_total) == (None, None, None, None)
    assert (row.low, row.published_low) != (None, None)
    assert row.published_low is None
    assert row.grade == "qualified"
    assert any("no interval, no test" in reason for reason in row.reasons)
    assert "2.0 points lower (no interval); no test" in row.sentence


def test_a_published_interval_alone_is_an_error_to_test_with():
    row = one_row(replace(figure_of(n=None, deff=None), lower=0.58, upper=0.66))
    assert row.published_se == pytest.approx(0.02, abs=0.002)
    assert row.difference_low is not None
    assert not any("no interval, no test" in reason for reason in row.reasons)


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
    assert "below 1.21 (plausible: 1 to 2) it would be 'different' (sampling error)" in hanging.stability
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
    from topline.analysis.telling.facts import key_facts
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
