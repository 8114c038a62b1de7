"""What those without an answer could do to a difference."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.comparing.compare import compare
from topline.analysis.comparing.unanswered import imbens_manski, published_bounds
from topline.analysis.disclosure import safe
from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.sampling.design import Design
from topline.analysis.telling.unanswered_text import unanswered_in_words
from topline.data.codebook import Codebook, MissingKind, MissingRange, Study, Variable
from topline.data.registry.figure import Option, Scale
from topline.data.registry.figures import published

from .two_surveys import ALIKE, COUNTS, LABELS, SUPPORT5, design_of, figure_of, one_row

SCALE = Scale("support5", (*SUPPORT5.options, Option(98.0, "Refused", None, "refused")))
BOTH = {97.0: MissingKind.DONT_KNOW, 98.0: MissingKind.REFUSED}
MORE = {**COUNTS, 98.0: 50}
"""1,150 asked: 600 support, 400 do not, 100 do not know, 50 refuse."""


def asked(counts: dict[float, int] | None = None) -> Design:
    return design_of(counts or MORE, missing=BOTH, labels={**LABELS, 97.0: "Don't know", 98.0: "Refused"})


def unanswered_figure(value: float, *codes: float, **more: object):
    category = {
        "figure_id": f"poll.travel_{codes}",
        "category": "none",
        "category_set": codes,
        "base": "all",
        "scale": SCALE,
    }
    return figure_of(value, **{**category, **more})


def test_the_new_share_lies_between_that_of_everyone_asked_and_that_with_the_unanswered_added():
    row = one_row(figure_of(), asked())
    assert (row.dont_know, row.refused) == pytest.approx((100 / 1150, 50 / 1150))
    assert (row.dont_know_n, row.refused_n) == (100, 50)
    assert (row.bounds_low, row.bounds_high) == pytest.approx((600 / 1150, 750 / 1150))
    assert row.bounds_low < row.estimate < row.bounds_high
    low, high = (p - 1.6473 * sign * math.sqrt(p * (1 - p) / 1149) for p, sign in ((600 / 1150, 1), (750 / 1150, -1)))
    assert (row.bounds_interval_low, row.bounds_interval_high) == pytest.approx((low, high), abs=1e-4)


def test_the_sentence_says_who_gave_no_answer_and_that_the_published_side_is_not_known():
    row = one_row(figure_of(), asked())
    assert row.unanswered == (
        "8.7% of everyone asked did not know and 4.3% refused. Had they answered, the new value would lie between "
        "52.2% and 65.2% (49.7% to 67.5% with sampling error); how many gave no answer to the published question is "
        "not on record."
    )
    printed = str(compare(proportion(asked(), "travel", category="support"), figure_of(), about=ALIKE))
    assert row.unanswered in " ".join(printed.split())


def test_published_bounds_come_from_the_dont_know_on_record():
    figure = figure_of(0.62, scale=SCALE)
    known = [unanswered_figure(0.08, 97.0), unanswered_figure(0.03, 98.0), unanswered_figure(0.2, 97.0, subgroup="men")]
    assert published_bounds(figure, known) == pytest.approx((0.62 * 0.89, 0.62 * 0.89 + 0.11))
    assert published_bounds(replace(figure, base="all"), known) == pytest.approx((0.62, 0.73))
    together = unanswered_figure(0.12, 97.0, 98.0)
    assert published_bounds(replace(figure, base="all"), [*known, together]) == pytest.approx((0.62, 0.74))


def test_the_registry_holds_what_pew_and_yougov_left_open():
    registry = published()
    police, system = registry["pew2021_enhancement.police_use"], registry["sinus2019.system"]
    assert published_bounds(police, registry.values()) == pytest.approx((0.46, 0.73))
    assert published_bounds(system, registry.values()) == pytest.approx((0.17, 0.32))


@pytest.mark.parametrize(
    "figure",
    [
        figure_of(scale=SCALE, base="unknown"),
        figure_of(scale=SCALE, base="excluding_neutral"),
        figure_of(scale=SCALE, base="all", qualifier="more_than"),
        figure_of(scale=SCALE, base="all", category="dont_know", category_set=(97.0,)),
        figure_of(scale=SCALE, base="all", statistic="ratio"),
        figure_of(scale=SCALE, base="all", item_id="poll.other"),
    ],
)
def test_published_bounds_are_left_out_where_they_would_mean_nothing(figure):
    assert published_bounds(figure, [unanswered_figure(0.08, 97.0)]) is None


def test_a_dont_know_recorded_by_name_alone_counts_too():
    named = figure_of(0.1, figure_id="poll.dk", category="dont_know", category_set=(), base="all", scale=None)
    assert published_bounds(figure_of(base="all", scale=None), [named]) == pytest.approx((0.62, 0.72))


def test_one_dont_know_by_name_and_by_code_counts_once():
    figure = figure_of(0.6, base="all", scale=SCALE)
    coded = unanswered_figure(0.1, 97.0)
    for scale in (SCALE, None):
        named = unanswered_figure(0.1, category="dont_know", figure_id="poll.dk", scale=scale)
        assert published_bounds(figure, [coded, named]) == pytest.approx((0.6, 0.7))
    refused = unanswered_figure(0.04, category="refused", figure_id="poll.refused")
    assert published_bounds(figure, [coded, refused]) == pytest.approx((0.6, 0.74))
    assert published_bounds(replace(figure, item=replace(figure.item, scale=None)), [coded]) == pytest.approx(
        (0.6, 0.7)
    )


def test_of_two_values_of_one_dont_know_the_best_traced_counts_then_the_largest():
    figure = figure_of(0.6, base="all", scale=SCALE)
    seen = unanswered_figure(0.1, 97.0, provenance="verified")
    recalled = unanswered_figure(0.3, 97.0, figure_id="poll.again", provenance="recalled")
    larger = unanswered_figure(0.15, 97.0, figure_id="poll.third", provenance="verified")
    for known in itertools.permutations([seen, recalled]):
        assert published_bounds(figure, known) == pytest.approx((0.6, 0.7))
    for known in itertools.permutations([seen, recalled, larger]):
        assert published_bounds(figure, known) == pytest.approx((0.6, 0.75))


def test_two_ranges_that_overlap_or_not_are_said_to():
    figures = [figure_of(0.62, scale=SCALE), unanswered_figure(0.08, 97.0)]
    near = rows_by_id(figures)["poll.travel"]
    assert (near.published_bounds_low, near.published_bounds_high) == pytest.approx((0.5704, 0.6504))
    assert near.unanswered.endswith(
        "the published one would lie between 57.0% and 65.0%, and the difference between 12.9 lower and 8.2 higher: "
        "the two ranges overlap, so those without an answer could make or undo a difference by themselves."
    )
    far = rows_by_id([figure_of(0.9, scale=SCALE), unanswered_figure(0.08, 97.0)])["poll.travel"]
    assert far.unanswered.endswith(
        "do not overlap, so those on record without an answer do not account for the whole difference by themselves; "
        "this leaves out sampling error, and refusals that were not recorded."
    )


def rows_by_id(figures):
    found = compare(proportion(asked(), "travel", category="support"), figures, about=ALIKE)
    return {row.published_id: row for row in found.rows}


def test_where_everyone_answered_the_bounds_are_the_estimate_and_its_interval():
    row = one_row(figure_of(), asked({code: n for code, n in COUNTS.items() if code < 90}))
    assert (row.dont_know, row.refused, row.dont_know_n) == (0.0, 0.0, 0)
    assert (row.bounds_low, row.bounds_high) == (row.estimate, row.estimate)
    assert (row.bounds_interval_low, row.bounds_interval_high) == (row.low, row.high)
    assert row.unanswered == ""
    told = replace(row, published_bounds_low=0.57, published_bounds_high=0.65)
    assert unanswered_in_words(told).startswith(
        "Everyone asked here gave an answer; the published one would lie between"
    )


def test_a_question_that_offers_no_refusal_has_no_share_of_it():
    row = one_row(figure_of())
    assert (row.dont_know, row.dont_know_n) == (pytest.approx(100 / 1100), 100)
    assert (row.refused, row.refused_n) == (None, None)
    ranged = one_row(
        figure_of(),
        design_of(missing={97.0: MissingKind.DONT_KNOW}, missing_ranges=(MissingRange(900, 999, MissingKind.REFUSED),)),
    )
    assert (ranged.refused, ranged.refused_n) == (0.0, 0)


def test_not_asked_and_blank_are_not_counted():
    counts = {**MORE, 99.0: 400, math.nan: 200}
    design = design_of(counts, missing={**BOTH, 99.0: MissingKind.NOT_ASKED})
    row = one_row(figure_of(), design)
    assert (row.dont_know, row.bounds_low) == pytest.approx((100 / 1150, 600 / 1150))


def test_the_middle_answer_is_left_out_of_the_bounds_but_not_of_everyone_asked():
    row = one_row(figure_of(0.7, base="excluding_neutral"), asked())
    assert row.estimate == pytest.approx(600 / 800)
    assert (row.bounds_low, row.bounds_high) == pytest.approx((600 / 950, 750 / 950))
    assert row.dont_know == pytest.approx(100 / 1150)


def test_a_pair_that_is_not_comparable_has_no_bounds_either():
    row = one_row(figure_of(country="DE"), asked())
    assert row.grade == "not_comparable"
    assert (row.dont_know, row.bounds_low, row.published_bounds_low, row.unanswered) == (None, None, None, "")


def test_a_figure_that_counts_the_dont_knows_has_no_bounds():
    figure = figure_of(0.1, category="dont_know", category_set=(97.0,), base="all")
    row = compare(proportion(asked(), "travel", category={"dont_know": [97.0]}, base="all"), figure, about=ALIKE).rows[
        0
    ]
    assert row.bounds_low is None
    assert row.unanswered == ""


def test_a_mean_is_bounded_by_the_ends_of_its_scale():
    figure = figure_of(3.4, statistic="mean", sd=1.2, category="", category_set=(), rounding=0.1)
    known = unanswered_figure(0.1, 97.0)
    row = next(
        one
        for one in compare(mean(asked(), "travel"), [figure, known], about=ALIKE).rows
        if one.published_statistic == "mean"
    )
    total = sum(code * n for code, n in COUNTS.items() if code < 90)
    assert (row.bounds_low, row.bounds_high) == pytest.approx(((total + 150) / 1150, (total + 750) / 1150))
    assert (row.published_bounds_low, row.published_bounds_high) == pytest.approx((0.9 * 3.4 + 0.1, 0.9 * 3.4 + 0.5))


def test_groups_have_their_own_unanswered():
    rows = compare(proportion(asked(), "travel", category="support", by="urban"), figure_of(), about=ALIKE).rows
    assert [row.groups["urban"] for row in rows] == ["rural", "urban"]
    assert sum(row.dont_know_n for row in rows) == 100
    assert sum(row.refused_n for row in rows) == 50
    assert all(row.bounds_low < row.estimate < row.bounds_high for row in rows)


def test_few_refusals_are_taken_out_with_all_they_follow_from():
    few = asked({**COUNTS, 98.0: 2})
    comparison = compare(proportion(few, "travel", category="support"), figure_of(), about=ALIKE)
    row = safe(comparison, 30).rows[0]
    assert (row.dont_know, row.refused_n, row.bounds_high, row.bounds_interval_low, row.unanswered) == (None,) * 4 + (
        "",
    )
    assert row.estimate == comparison.rows[0].estimate
    many = compare(proportion(asked(), "travel", category="support"), figure_of(), about=ALIKE)
    assert safe(many, 30).rows[0].refused_n == 50
    gone = safe(many, 5000).rows[0]
    assert (gone.suppressed, gone.bounds_low, gone.turning_n, gone.p_bh, gone.unanswered) == (
        True,
        None,
        None,
        None,
        "",
    )


def test_the_shares_and_bounds_are_weighted():
    frame = pd.DataFrame({"travel": [4.0, 1.0, 97.0, 98.0] * 50, "w": [1.0, 2.0, 3.0, 4.0] * 50})
    variable = Variable(
        "travel",
        labels=LABELS,
        missing=BOTH,
        scale="support5",
        collapse={"support": (4.0, 5.0)},
        replicates=("poll.travel",),
    )
    design = Design(Study(frame, Codebook((variable, Variable("w")))), weight="w")
    row = one_row(figure_of(), design)
    assert (row.dont_know, row.refused, row.bounds_low, row.bounds_high) == pytest.approx((0.3, 0.4, 0.1, 0.8))


@given(
    st.floats(0, 1),
    st.floats(0, 0.4),
    st.floats(0.001, 0.1),
    st.floats(0.001, 0.1),
    st.sampled_from([5.0, 40.0, math.inf]),
)
@settings(max_examples=40, deadline=None)
def test_the_interval_lies_between_one_sided_and_two_sided_reach(low, width, se_low, se_high, df):
    start, end = imbens_manski(low, low + width, se_low, se_high, df=df)
    one, two = (imbens_manski(low, low + far, se_low, se_high, df=df)[0] for far in (100.0, 0.0))
    assert two - 1e-9 <= start <= one + 1e-9
    wider = imbens_manski(low, low + width, se_low, se_high, df=df, level=0.99)
    assert wider[0] < start < end < wider[1]


def test_bounds_without_error_are_their_own_interval():
    assert imbens_manski(0.2, 0.4, 0.0, 0.0) == (0.2, 0.4)


def test_the_interval_covers_each_end_as_often_as_it_says():
    random = np.random.default_rng(8)
    draws = random.multinomial(800, [0.5, 0.42, 0.08], size=1500) / 800
    covered = np.zeros(2)
    for support, _, gone in draws:
        high = support + gone
        start, end = imbens_manski(support, high, *(math.sqrt(p * (1 - p) / 800) for p in (support, high)))
        covered += [start <= 0.5 <= end, start <= 0.58 <= end]
    assert (covered / 1500).tolist() == pytest.approx([0.95, 0.95], abs=0.015)


def test_a_published_mean_without_a_scale_has_no_bounds():
    figure = figure_of(3.4, statistic="mean", sd=1.2, category="", category_set=(), scale=None)
    assert published_bounds(figure, [unanswered_figure(0.1, 97.0)]) is None
