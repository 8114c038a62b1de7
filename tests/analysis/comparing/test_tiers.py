"""Both tiers of a row: what swaps, scales and shrinks as it must, and how p-values are adjusted."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.comparing.printed import Printed
from topline.analysis.comparing.tiers import Declared, with_adjusted, with_tiers
from topline.analysis.telling.comparison import ComparisonRow
from topline.analysis.telling.sentences import sentence
from topline.data.errors import ComparisonError

TESTS = ("verdict_sampling", "verdict_total", "p", "p_total", "stable")
WIDTHS = (("difference_low", "difference_high"), ("total_low", "total_high"))


def row(estimate: float = 0.684, published: float = 0.77, **more: object) -> ComparisonRow:
    given = {"item": "travel", "se": 0.017, "n": 1024, "df": 300, "grade": "qualified", **more}
    return ComparisonRow(estimate=estimate, published=published, **given)


def mean_row(scale: float = 1.0, published: float = 3.8, **more: object) -> ComparisonRow:
    about = {"statistic": "mean", "published_statistic": "mean", "se": 0.05 * scale, **more}
    return row(3.5 * scale, published * scale, **about)


def width(one: ComparisonRow, low: str, high: str) -> float:
    return getattr(one, high) - getattr(one, low)


def near(other: float | None, one: float | None, times: float = 1.0) -> bool:
    return other is one if other is None or one is None else other == pytest.approx(times * one, rel=1e-6, abs=1e-9)


shares = st.floats(0.05, 0.95)


@given(shares, shares, st.floats(0.005, 0.05), st.integers(200, 3000))
@settings(max_examples=40, deadline=None)
def test_swapping_sides_flips_the_sign_and_nothing_else(new, published, se, n):
    """A published interval with a known error, and a new estimate with the published one's, are the same pair."""
    printed = Printed(n=n, deff=n * 0.0004 / (published * (1 - published)))
    one = with_tiers(row(new, published, se=se, df=n - 1), printed, Declared())
    swapped = Printed(n=n, deff=n * se**2 / (new * (1 - new)))
    other = with_tiers(row(published, new, se=0.02, df=n - 1), swapped, Declared())
    assert other.difference == -one.difference
    assert (other.difference_low, other.difference_high) == pytest.approx((-one.difference_high, -one.difference_low))
    assert (other.total_low, other.total_high) == pytest.approx((-one.total_high, -one.total_low))
    for name in ("p", "p_total", "minimum_detectable", "minimum_detectable_total"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-9, abs=1e-300)
    assert (other.verdict_sampling, other.verdict_total) == (one.verdict_sampling, one.verdict_total)
    assert near(other.turning_nonsampling, one.turning_nonsampling)


@given(shares, shares, st.integers(50, 3000), st.floats(1.01, 20), st.sampled_from(["n", "deff"]))
@settings(max_examples=40, deadline=None)
def test_more_published_sample_never_widens_either_interval(new, published, n, more, what):
    fewer = Printed(n=n, deff=1.5 * more if what == "deff" else 1.5, rounding=0.01)
    larger = Printed(n=n * (more if what == "n" else 1), deff=1.5, rounding=0.01)
    before, after = (with_tiers(row(new, published), printed, Declared()) for printed in (fewer, larger))
    for ends in WIDTHS:
        assert width(after, *ends) <= width(before, *ends) * (1 + 1e-9)


@given(shares, shares, st.floats(1.01, 20))
@settings(max_examples=30, deadline=None)
def test_more_new_sample_never_widens_either_interval(new, published, more):
    before = with_tiers(row(new, published), Printed(n=1173), Declared())
    after = with_tiers(row(new, published, se=0.017 / more**0.5, df=300 * more), Printed(n=1173), Declared())
    for ends in WIDTHS:
        assert width(after, *ends) <= width(before, *ends) * (1 + 1e-9)


@given(st.floats(0.01, 100), st.floats(2.5, 4.5))
@settings(max_examples=30, deadline=None)
def test_the_unit_of_a_scale_changes_nothing(scale, published):
    def tested(unit: float) -> ComparisonRow:
        printed = Printed(n=900, deff=1.2, sd=1.1 * unit, rounding=0.1 * unit, span=4 * unit)
        return with_tiers(mean_row(unit, published), printed, Declared(mean_nonsampling=0.12 * unit))

    one, other = tested(1.0), tested(scale)
    assert [getattr(other, name) for name in ("verdict_sampling", "verdict_total", "stable")] == [
        getattr(one, name) for name in ("verdict_sampling", "verdict_total", "stable")
    ]
    assert (other.p, other.p_total) == pytest.approx((one.p, one.p_total), rel=1e-9)
    assert other.total_low == pytest.approx(scale * one.total_low, rel=1e-9, abs=1e-9 * scale)
    assert near(other.turning_deff, one.turning_deff)
    assert near(other.turning_n, one.turning_n)
    assert near(other.turning_nonsampling, one.turning_nonsampling, scale)
    assert near(other.turning_rounding, one.turning_rounding, scale)


def test_the_share_of_the_others_is_the_same_comparison():
    one = with_tiers(row(0.684, 0.77), Printed(n=1173, rounding=0.01), Declared())
    other = with_tiers(row(1 - 0.684, 1 - 0.77), Printed(n=1173, rounding=0.01), Declared())
    assert [getattr(other, name) for name in TESTS] == pytest.approx([getattr(one, name) for name in TESTS])
    assert (other.total_low, other.total_high) == pytest.approx((-one.total_high, -one.total_low))


def test_turning_points_are_those_of_the_second_tier_and_of_the_first_where_there_is_no_second():
    both = with_tiers(row(), Printed(n=1173, rounding=0.01), Declared())
    assert (both.verdict_total, both.turning_deff, both.turning_n) == ("inconclusive", None, None)
    assert both.turning_nonsampling == pytest.approx(0.0265, abs=1e-4)
    alone = with_tiers(mean_row(published=3.62), Printed(n=900, sd=1.1, span=4.0), Declared())
    assert (alone.verdict_total, alone.verdict_sampling) == (None, "inconclusive")
    assert alone.turning_nonsampling is None
    assert alone.turning_deff is not None
    assert "(sampling error)" in alone.stability


def test_interviews_known_from_memory_can_make_a_verdict_depend_on_them():
    exact = with_tiers(row(0.60, 0.645, se=0.0155, df=1099), Printed(n=1150, deff=1.45), Declared(nonsampling=0.0))
    recalled = with_tiers(
        row(0.60, 0.645, se=0.0155, df=1099), Printed(n=1150, deff=1.45, n_within=0.1), Declared(nonsampling=0.0)
    )
    assert exact.turning_n == recalled.turning_n == pytest.approx(1194, abs=60)
    assert exact.stability.startswith("stable: only with more than 1,1")
    assert recalled.stability.startswith("depends: with more than 1,1")
    assert (exact.stable, recalled.stable) == (True, False)


def test_a_published_interval_is_where_the_error_comes_from():
    tested = with_tiers(row(), Printed(lower=0.74, upper=0.80), Declared())
    assert tested.published_error_basis == "the published 95% interval"
    assert tested.published_se == pytest.approx(0.03 / 1.959963984540054)
    assert tested.verdict_sampling == "different"
    margin = with_tiers(row(), Printed(moe=0.03, moe_level=0.9), Declared())
    assert margin.published_error_basis == "the stated margin of error of 3 points at 90%"


def test_percentages_alone_have_a_difference_and_nothing_that_rests_on_an_error():
    bare = with_tiers(row(), Printed(rounding=0.01), Declared())
    assert bare.difference == pytest.approx(-0.086)
    empty = ("published_low", "p", "verdict_sampling", "verdict_total", "stable", "turning_n", "minimum_detectable")
    assert [getattr(bare, name) for name in empty] == [None] * len(empty)
    assert bare.stability == ""


def battery(*p_values: float) -> list[ComparisonRow]:
    return [
        row(item=f"q{i}", p=p, p_total=p, battery="punishment", verdict_sampling="different", difference=-0.086)
        for i, p in enumerate(p_values)
    ]


def test_both_adjustments_stand_beside_the_single_p():
    found = with_adjusted([*battery(0.01, 0.03, 0.04), row(item="alone", p=0.03, published_item="other")])
    assert [one.p_holm for one in found] == pytest.approx([0.03, 0.06, 0.06, 0.03])
    assert [one.p_bh for one in found] == pytest.approx([0.03, 0.04, 0.04, 0.03])
    assert found[0].p_total_bh == pytest.approx(0.03)
    assert (found[3].p_total_bh, found[3].p_total_holm) == (None, None)


@pytest.mark.parametrize(("adjust", "warned"), [("holm", "(Holm)"), ("bh", ""), ("none", "")])
def test_the_sentence_warns_by_the_adjustment_asked_for(adjust, warned):
    found = with_adjusted(battery(0.01, 0.03, 0.04), adjust)[1]
    assert found.adjust == adjust
    assert ("it would not stand" in sentence(found)) == bool(warned)
    assert warned in sentence(found)


def test_benjamini_and_hochberg_warn_by_name():
    found = with_adjusted(battery(0.04, 0.6, 0.7), "bh")[0]
    assert "it would not stand (Benjamini-Hochberg)" in sentence(found)


def test_an_unknown_adjustment_is_refused():
    with pytest.raises(ComparisonError, match="adjust is 'bonferroni'; it can be 'holm', 'bh' or 'none'"):
        Declared(adjust="bonferroni")


def test_a_pair_that_is_not_comparable_is_never_differenced():
    apart = with_tiers(row(grade="not_comparable"), Printed(n=1173), Declared())
    assert (apart.difference, apart.p, apart.verdict_total, apart.stable, apart.turning_nonsampling) == (None,) * 5
    assert replace(apart, grade="qualified").difference is None


def test_the_total_tier_is_never_narrower_than_the_sampling_tier():
    """Three sampling units leave 2 degrees of freedom: other error of a point must not make a difference of it."""
    for published in (0.0, 0.02, 0.60, 1.0):
        few = row(min(1.0, published + 0.08), published, se=0.02, df=2)
        tested = with_tiers(few, Printed(n=60, deff=1.0), Declared(nonsampling=0.01))
        assert width(tested, *WIDTHS[1]) >= width(tested, *WIDTHS[0])
        assert tested.p_total >= tested.p
        assert tested.published_total_low <= tested.published_low
        assert tested.published_total_high >= tested.published_high
    one = with_tiers(row(0.68, 0.60, se=0.02, df=2), Printed(n=1000, deff=1.0), Declared(nonsampling=0.01))
    assert (one.verdict_sampling, one.verdict_total) == ("inconclusive", "inconclusive")


def test_a_rounded_margin_as_if_at_random_leaves_the_design_effect_open():
    """1,200 interviews at random have a margin of 2.8 points, printed as 3."""
    tested = with_tiers(row(), Printed(n=1200, moe=0.03, rounding=0.01), Declared())
    assert (tested.published_deff, tested.published_deff_assumed) == (1.5, True)
    exact = with_tiers(row(), Printed(n=1200, moe=0.03, moe_rounding=0.001), Declared())
    assert (exact.published_deff, exact.published_deff_assumed) == (pytest.approx(1.125, abs=1e-3), False)


def test_a_means_interval_is_kept_whatever_the_new_answers_scatter():
    tested = with_tiers(mean_row(deff=1.0), Printed(n=1000, lower=3.73, upper=3.87, span=4.0), Declared())
    assert tested.published_error_basis == "the published 95% interval"
    assert tested.published_se == pytest.approx(0.07 / 1.959963984540054)


def test_a_row_tells_of_what_may_well_turn_it_and_of_nothing_else():
    tested = with_tiers(row(), Printed(n=1173, rounding=0.01), Declared())
    assert tested.turning_plausible == ("nonsampling",)
    firm = with_tiers(row(), Printed(n=1173, rounding=0.01), Declared(nonsampling=0.01))
    assert (firm.turning_nonsampling is None, firm.turning_plausible) == (False, ())
    assert "Designeffekt" not in sentence(tested, "de")
    assert "2,6" in sentence(tested, "de")


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"margin": 5}, "margin is 5, which is 500 points; give it as a share: 0.05 for 5 points"),
        ({"nonsampling": 3}, "nonsampling is 3, which is 300 points"),
        ({"margin": "5"}, "margin is '5'; give a number"),
        ({"mean_nonsampling": "3"}, "mean_nonsampling is '3'; give a number"),
    ],
)
def test_points_taken_for_shares_and_words_for_numbers_are_refused(declared, words):
    with pytest.raises(ComparisonError, match=words):
        Declared(**declared)
