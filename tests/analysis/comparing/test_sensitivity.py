"""Where a verdict turns, and whether that lies within what is plausible."""

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.comparing.published_error import published_error
from topline.analysis.comparing.sensitivity import Grounds, in_words, moves, nearest_of, plausible_of, turnings
from topline.analysis.comparing.verdict import Side, against_bound, difference


def grounds(new: float = 0.684, published: float = 0.77, se: float = 0.017, df: float = 300, **more: object) -> Grounds:
    """Travel restrictions of 68.4% here and 77% published, of 1,173 interviews, with an assumed design effect."""
    n, deff = more.get("n", 1173), more.get("deff", 1.5)
    known = {
        "new": Side(new, se, df),
        "published": published,
        "variance": deff * published * (1 - published) / n if n and deff else 0.0002265,
        "margin": 0.05,
        "n": n,
        "deff": deff,
        "rounding": 0.01,
        "nonsampling": 0.03,
        "deff_assumed": True,
        **more,
    }
    return Grounds(**known)


def turning(case: Grounds, ground: str, tier: str = "total error"):
    return next((one for one in turnings(case) if (one.ground, one.tier) == (ground, tier)), None)


cases = st.builds(
    grounds,
    new=st.floats(0.05, 0.95),
    published=st.floats(0.05, 0.95),
    n=st.floats(50, 5000),
    deff=st.floats(0.8, 3),
    rounding=st.sampled_from([0.0, 0.001, 0.01, 0.05]),
    nonsampling=st.sampled_from([None, 0.0, 0.02, 0.03]),
    bound=st.sampled_from([None, None, "least", "most"]),
)


@given(cases)
@settings(max_examples=60, deadline=None)
def test_the_verdict_changes_at_the_turning_point_and_nowhere_before(case):
    for one in turnings(case):
        now = getattr(case, one.ground)
        assert (one.value > now) == one.above or one.value == pytest.approx(now, rel=1e-6)
        for part in (0.0, 0.3, 0.6, 0.9, 0.999):
            near = now + part * (one.value - now)
            assert case.verdict(one.tier, **{one.ground: near}) == case.verdict(one.tier)
        assert one.verdict != case.verdict(one.tier)


@given(cases)
@settings(max_examples=40, deadline=None)
def test_where_nothing_turns_the_verdict_is_the_same_all_over_the_range(case):
    found = {(one.tier, one.ground, one.above) for one in turnings(case)}
    tiers = ["sampling error"] if case.nonsampling is None else ["sampling error", "total error"]
    for tier in tiers:
        for ground, now, tried, _ in moves(case):
            for end in tried:
                if (tier, ground, end > now) not in found:
                    seen = {case.verdict(tier, **{ground: now + part * (end - now)}) for part in (0.1, 0.5, 0.9)}
                    assert seen <= {case.verdict(tier)}


@given(cases)
@settings(max_examples=40, deadline=None)
def test_its_verdicts_are_those_of_difference(case):
    for tier, extra in (("sampling error", 0.0), ("total error", 2 * (case.nonsampling or 0.0) ** 2)):
        error = published_error(case.published, n=case.n, deff=case.deff, rounding=case.rounding or None)
        side = Side(case.published, error.se, error.df)
        found = difference(case.new, side, margin=case.margin, extra_variance=extra)
        found = against_bound(found, case.bound) if case.bound else found
        assert case.verdict(tier) == found.verdict


def test_an_inconclusive_pair_says_below_what_other_error_it_would_differ():
    case = grounds()
    found = turning(case, "nonsampling")
    assert (found.verdict, found.above, found.plausible) == ("different", False, True)
    assert found.value == pytest.approx(0.026468, abs=1e-6)
    assert in_words(turnings(case), case) == (
        "depends: with less than 2.6 points of other survey error (plausible: 2 to 4) it would be 'different' "
        "(total error)"
    )


def test_a_turning_point_beyond_what_is_plausible_leaves_it_stable_and_is_still_named():
    case = grounds(nonsampling=0.01)
    assert case.verdict("total error") == "different"
    found = turning(case, "nonsampling")
    assert (found.above, found.plausible) == (True, False)
    assert in_words(turnings(case), case) == (
        "stable: only with more than 2.6 points of other survey error (plausible: 0 to 2) it would be 'inconclusive' "
        "(total error)"
    )


def test_what_no_value_tried_would_change_is_stable_without_a_turning_point():
    case = grounds(0.2, 0.9, nonsampling=0.03)
    assert turnings(case) == []
    assert in_words([], case) == "stable: nothing tried would change it"


def test_a_stated_design_effect_is_not_doubted_and_an_assumed_one_is():
    case = grounds(0.60, 0.645, n=1000, nonsampling=None, se=0.0155, df=1099)
    assumed, stated = (
        turning(case, "deff", "sampling error"),
        turning(replace(case, deff_assumed=False), "deff", "sampling error"),
    )
    assert assumed.value == stated.value == pytest.approx(1.21385, abs=1e-5)
    assert (assumed.plausible, stated.plausible) == (True, False)
    assert "at a published design effect below 1.21" in in_words([assumed], case)


def test_interviews_from_memory_are_doubted_by_a_tenth():
    case = grounds(0.60, 0.645, n=1000, nonsampling=None, se=0.0155, df=1099, deff=1.27)
    (known,) = [one for one in turnings(case) if one.ground == "n"]
    (recalled,) = [one for one in turnings(replace(case, n_within=0.1)) if one.ground == "n"]
    assert 1000 < known.value == recalled.value < 1100
    assert (known.plausible, recalled.plausible) == (False, True)
    assert "with more than 1,0" in in_words([recalled], case)


def test_rounding_may_be_twice_as_coarse_as_printed():
    case = grounds(0.51, 0.505, n=1500, nonsampling=None, se=0.0195, df=400, rounding=0.03)
    found = turning(case, "rounding", "sampling error")
    assert (found.verdict, found.above) == ("inconclusive", True)
    assert 0.03 < found.value < 0.05
    assert found.plausible
    assert "with published values rounded to more than" in in_words([found], case)


def test_a_figure_without_interviews_moves_by_other_error_and_rounding_alone():
    case = grounds(n=None, deff=None)
    assert {ground for ground, *_ in moves(case)} == {"nonsampling", "rounding"}
    assert case.side().df == math.inf


def test_a_mean_is_moved_in_points_of_its_scale():
    case = grounds(
        3.5,
        3.8,
        variance=1.5 * 1.2 / 900,
        n=900,
        share=False,
        unit=4.0,
        margin=0.2,
        nonsampling=0.12,
        se=0.05,
        df=200,
    )
    ranges = {ground: (tried, plausible) for ground, _, tried, plausible in moves(case)}
    assert ranges["nonsampling"] == ((0.0, 0.4), pytest.approx((0.08, 0.16)))
    assert ranges["rounding"][0] == (0.0, 0.2)
    found = turning(case, "nonsampling")
    assert f"with less than {found.value:.2f} points of the scale of other survey error" in in_words([found], case)
    unknown = replace(case, unit=None)
    assert {ground for ground, *_ in moves(unknown)} == {"deff", "n"}


def test_a_value_on_the_own_side_of_a_bound_has_nothing_to_turn():
    assert turnings(grounds(0.9, bound="least")) == []
    outside = turnings(grounds(bound="least"))
    assert {one.verdict for one in outside} <= {"different", "inconclusive"}


def test_the_nearest_turning_point_of_a_tier_is_kept_for_each_ground():
    found = turnings(grounds())
    assert nearest_of(found, "total error") == {"nonsampling": turning(grounds(), "nonsampling").value}
    assert nearest_of([], "total error") == {}


def test_what_may_well_turn_a_verdict_is_named_by_its_ground():
    found = turnings(grounds())
    assert plausible_of(found, "total error") == ("nonsampling",)
    assert plausible_of(turnings(grounds(nonsampling=0.01)), "total error") == ()


@pytest.mark.parametrize("level", [0.95, 0.99])
@pytest.mark.parametrize("df", [2, 3, 6])
@pytest.mark.parametrize("published", [0.0, 0.60])
def test_with_few_degrees_of_freedom_each_ground_still_turns_a_verdict_once_at_most(df, level, published):
    for apart in (0.03, 0.08, 0.12):
        error = published_error(published, n=1000, deff=1.5, level=level)
        case = grounds(published + apart, published, se=0.02, df=df, n=1000, level=level, variance=error.se**2)
        for ground, now, tried, _ in moves(case):
            for end in tried:
                places = [now + part / 40 * (end - now) for part in range(41)]
                if ground == "nonsampling":
                    found = [case.gaps("total error", nonsampling=place) for place in places]
                else:
                    found = [case.gaps("sampling error", **{ground: place}) for place in places]
                for which in (0, 1):
                    passed = [gap[which] > 0 for gap in found]
                    assert sum(a != b for a, b in itertools.pairwise(passed)) <= 1
