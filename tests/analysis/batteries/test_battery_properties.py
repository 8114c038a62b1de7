"""What must hold of every battery, whatever its numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.batteries.hotelling import joint_test, untestable
from topline.analysis.batteries.published_covariance import correlations, published_covariance
from topline.analysis.batteries.rank_agreement import rank_agreement
from topline.analysis.batteries.rao_scott import rao_scott
from topline.analysis.batteries.shift import level_shift, profile_change
from topline.analysis.batteries.sides import Sides
from topline.analysis.batteries.surprise import surprises
from topline.analysis.batteries.tier import sampling_tier, total_tier
from topline.analysis.comparing.verdict import Side, difference

SIZES = np.full(5, 800.0)


def sides_of(seed: int, k: int = 5, df: float = 40, borrowed: bool = True) -> Sides:
    """A battery with correlated items in both surveys, and a little of everything else."""
    rng = np.random.default_rng(seed)
    share = rng.uniform(0.2, 0.8, k)
    people = rng.standard_normal((60, k)) + rng.standard_normal((60, 1))
    new = 0.015**2 * correlations(people.T @ people)
    published = published_covariance(rng.uniform(0.012, 0.02, k), np.full(k, 0.01), correlations(new))
    moved = share + rng.normal(0, 0.02, k)
    return Sides(moved, share, new, published, df, 900, np.zeros((k, k)), borrowed)


def swapped(sides: Sides) -> Sides:
    return Sides(
        *(sides.published, sides.new, sides.published_covariance, sides.new_covariance),
        *(sides.published_df, sides.new_df, sides.known, sides.borrowed),
    )


def everything(sides: Sides) -> list[object]:
    sizes = (SIZES[: len(sides)], SIZES[: len(sides)])
    return [sampling_tier(sides, 0.95, sizes), total_tier(sides, 0.95, sizes, np.full(len(sides), 0.03))]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.permutations(range(5)))
def test_the_order_of_the_items_changes_nothing(seed, order):
    sides = sides_of(seed)
    again = sides.combined(np.eye(5)[list(order)])
    for one, other in zip(everything(sides), everything(again), strict=True):
        assert other.wald.p == pytest.approx(one.wald.p, rel=1e-8)
        assert other.rao_scott.p == pytest.approx(one.rao_scott.p, rel=1e-8)
        assert (other.shift.estimate, other.shift.se) == pytest.approx((one.shift.estimate, one.shift.se), rel=1e-8)
        assert other.profile.p == pytest.approx(one.profile.p, rel=1e-8)
        assert other.ranks == one.ranks


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_swapping_sides_flips_the_sign_of_the_shift_and_nothing_else(seed, borrowed):
    sides = sides_of(seed, borrowed=borrowed)
    for one, other in zip(everything(sides), everything(swapped(sides)), strict=True):
        assert other.wald.p == pytest.approx(one.wald.p, rel=1e-9)
        assert other.profile.p == pytest.approx(one.profile.p, rel=1e-9)
        assert other.rao_scott.p == pytest.approx(one.rao_scott.p, rel=1e-9)
        assert other.shift.estimate == pytest.approx(-one.shift.estimate, rel=1e-9)
        assert (other.shift.low, other.shift.high) == pytest.approx((-one.shift.high, -one.shift.low), rel=1e-9)
        assert (other.shift.se, other.shift.p) == pytest.approx((one.shift.se, one.shift.p), rel=1e-9)
        assert (other.ranks.agree, other.ranks.contradict) == (one.ranks.agree, one.ranks.contradict)
    checks = zip(surprises(sides, 0.95, share=True), surprises(swapped(sides), 0.95, share=True), strict=True)
    assert all(one.bits == pytest.approx(other.bits, rel=1e-9) for one, other in checks)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(-0.1, 0.1))
def test_moving_all_items_alike_changes_the_shift_and_not_the_profile(seed, constant):
    sides = sides_of(seed)
    moved = Sides(**{**vars(sides), "new": sides.new + constant})
    for one, other in zip(everything(sides), everything(moved), strict=True):
        assert other.shift.estimate == pytest.approx(one.shift.estimate + constant, abs=1e-12)
        assert other.shift.se == pytest.approx(one.shift.se, rel=1e-8)
        assert other.profile.statistic == pytest.approx(one.profile.statistic, rel=1e-6, abs=1e-9)
        assert other.ranks == one.ranks


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 0.05))
def test_the_whole_is_the_shift_and_the_profile(seed, nonsampling):
    sides = sides_of(seed).with_nonsampling(np.full(5, nonsampling), 0.5)
    whole, profile = joint_test(sides), profile_change(sides)
    precision = np.linalg.inv(sides.covariance).sum()
    assert whole.chisq == pytest.approx(profile.chisq + level_shift(sides, 0.95).estimate ** 2 * precision, rel=1e-8)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 0.05))
def test_a_single_item_is_welchs_t_test(seed, nonsampling):
    one = sides_of(seed, k=1, borrowed=False).with_nonsampling(np.array([nonsampling]), 0.0)
    new, published = (float(np.sqrt(part[0, 0])) for part in (one.new_covariance, one.published_covariance))
    expected = difference(
        Side(float(one.new[0]), new, 40),
        Side(float(one.published[0]), published, 900),
        margin=0.05,
        extra_variance=2 * nonsampling**2,
    )
    test, shift = joint_test(one), level_shift(one, 0.95)
    assert test.statistic == pytest.approx((expected.difference / expected.se) ** 2, rel=1e-9)
    assert (test.p, test.ddf) == (pytest.approx(expected.p, rel=1e-9), pytest.approx(expected.df, rel=1e-9))
    assert (shift.estimate, shift.se, shift.p) == pytest.approx(
        (expected.difference, expected.se, expected.p), rel=1e-9
    )
    assert rao_scott(one, SIZES[:1], SIZES[:1]).p == pytest.approx(expected.p, rel=1e-9)
    assert surprises(one, 0.95, share=False)[0].p == pytest.approx(expected.p, rel=1e-9)
    assert profile_change(one) is None


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_total_error_never_finds_more_than_any_part_in_common_would(seed):
    sides = sides_of(seed)
    _, total = everything(sides)
    for shared in (0.0, 0.5, 1.0):
        given_that = sides.with_nonsampling(np.full(5, 0.03), shared)
        assert total.wald.p >= joint_test(given_that).p
        assert total.profile.p >= profile_change(given_that).p
        width = level_shift(given_that, 0.95)
        assert total.shift.high - total.shift.low >= width.high - width.low
    assert total.shift.shared == 1.0


def test_items_that_moved_alike_have_no_profile_and_the_plain_shift():
    same = sides_of(1)
    sides = Sides(**{**vars(same), "new": same.published - 0.04})
    shift = level_shift(sides, 0.95)
    assert (shift.estimate, shift.mean) == (pytest.approx(-0.04), pytest.approx(-0.04))
    assert profile_change(sides).p == pytest.approx(1.0)


def test_two_items_that_go_exactly_opposite_ways_have_a_mean_without_error():
    opposite = np.array([[1.0, -1.0], [-1.0, 1.0]])
    sides = Sides(
        *(np.array([0.6, 0.4]), np.array([0.55, 0.45]), opposite * 0.015**2, opposite * 0.019**2),
        *(300, 999, np.zeros((2, 2)), True),
    )
    found = sampling_tier(sides, 0.95, (SIZES[:2], SIZES[:2]))
    assert (found.shift.estimate, found.shift.se, found.shift.p, found.shift.df) == (0.0, 0.0, 1.0, np.inf)
    assert (found.shift.low, found.shift.high, found.shift.weighting) == (0.0, 0.0, "equal")
    assert found.profile.p == pytest.approx(0.0397, abs=1e-4)
    moved = sampling_tier(Sides(**{**vars(sides), "new": np.array([0.6, 0.43])}), 0.95, None).shift
    assert (moved.estimate, moved.se, moved.p) == (pytest.approx(0.015), 0.0, 0.0)


def test_pairs_are_counted_only_where_both_surveys_tell_them_apart():
    error = np.eye(4) * 0.0001
    new, published = np.array([0.7, 0.6, 0.5, 0.505]), np.array([0.5, 0.6, 0.4, 0.605])
    found = rank_agreement(Sides(new, published, error, error, 900, 900, np.zeros((4, 4))), 0.95)
    assert (found.pairs, found.resolved_new, found.resolved_published) == (6, 5, 5)
    # first over third, second over third; first and second, first and fourth the other way; the rest is not resolved
    assert (found.agree, found.contradict, found.unresolved) == (2, 2, 2)
    assert found.agreement == 0.0
    assert rank_agreement(Sides(new, published, error, error, 900, 900, np.full((4, 4), 0.5)), 0.95).resolved == 4
    nothing = rank_agreement(Sides(new, published, 900 * error, error, 900, 900, np.zeros((4, 4))), 0.95)
    assert (nothing.resolved, nothing.agreement) == (0, None)


def test_too_few_sampling_units_leave_rao_and_scotts_test_and_a_plain_mean():
    sides = sides_of(3, df=4)
    assert untestable(sides) == "the 4 degrees of freedom are too few for 5 items together"
    assert joint_test(sides) is None
    assert rao_scott(sides, SIZES, SIZES).p < 1
    shift = level_shift(sides, 0.95)
    assert (shift.weighting, shift.estimate) == ("equal", pytest.approx(sides.difference.mean()))


def test_items_that_follow_from_each_other_have_no_joint_inverse():
    sides = sides_of(4, k=2)
    one = np.full((2, 2), 0.0002)
    same = Sides(sides.new, sides.published, one, one, 40, 900, np.zeros((2, 2)))
    assert "follows from the others" in untestable(same)
    assert untestable(Sides(sides.new, sides.published, 0 * one, 0 * one, 40, 900, 0 * one)) == untestable(same)
    assert profile_change(same) is None


def test_shares_of_nobody_in_both_surveys_have_a_variance_all_the_same():
    error = np.eye(2) * 0.0001
    nobody = Sides(np.array([0.0, 0.2]), np.array([0.0, 0.2]), error, error, 900, 900, np.zeros((2, 2)))
    assert rao_scott(nobody, SIZES[:2], SIZES[:2]).p == 1.0
    assert rao_scott(nobody, SIZES[:2], np.array([np.nan, 800])) is None


def test_the_battery_tests_hold_their_level_with_few_clusters_and_with_other_survey_error():
    rng, reps, k, clusters = np.random.default_rng(5), 400, 6, 30
    root = np.linalg.cholesky(0.016**2 * (0.7 * np.eye(k) + 0.3))
    share, error = np.linspace(0.3, 0.7, k), np.full(k, 0.03)
    rejected = np.zeros(2)
    for _ in range(reps):
        sample = rng.standard_normal((clusters, k)) @ root.T
        covariance = sample.T @ sample / clusters
        published = published_covariance(np.full(k, 0.016), np.zeros(k), correlations(covariance))
        sampling, other = (root @ rng.standard_normal((k, 2))).T, 0.03 * rng.standard_normal((2, k))
        for at, wrong in enumerate((0 * other, other)):
            new, old = share + sampling + wrong
            sides = Sides(new, old, covariance, published, clusters, 999, np.zeros((k, k)), borrowed=True)
            tier = total_tier(sides, 0.95, None, error) if at else sampling_tier(sides, 0.95, None)
            rejected[at] += tier.wald.p < 0.05
    assert (abs(rejected / reps - 0.05) < 0.03).all(), rejected / reps
