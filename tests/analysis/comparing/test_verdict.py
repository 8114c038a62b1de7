"""R session behind the figures: tests/reference/compare.R (t.test, p.adjust), output beside it; tolerance 1e-9."""

import itertools
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topline.analysis.comparing.verdict import Pair, Side, difference, verdict_of
from topline.analysis.testing.adjustment import holm
from topline.data.errors import ComparisonError

R = json.loads((Path(__file__).parents[2] / "reference" / "compare.json").read_text())
NEW, PUBLISHED = Side(**R["new"]), Side(**R["published"])
Z = 1.959963984540054

shares = st.floats(0.02, 0.98)
errors = st.floats(0.002, 0.1)
freedom = st.one_of(st.integers(1, 2000).map(float), st.just(math.inf))


def sides() -> st.SearchStrategy[Side]:
    return st.builds(Side, shares, errors, freedom)


@pytest.mark.parametrize("welch", R["welch"], ids=lambda case: str(case["level"]))
def test_interval_and_p_value_are_those_of_r_t_test(welch):
    found = difference(NEW, PUBLISHED, margin=1, level=welch["level"])
    got = (found.difference, found.df, found.low, found.high, found.p)
    expected = tuple(welch[name] for name in ("difference", "df", "low", "high", "p"))
    assert got == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("tost", R["tost"], ids=lambda case: str(case["margin"]))
def test_equivalence_is_two_one_sided_t_tests(tost):
    room = tost["margin"] - abs(NEW.value - PUBLISHED.value)
    plain = Pair(NEW, PUBLISHED).plain_tail(abs(room))
    assert (plain if room > 0 else 1 - plain) == pytest.approx(tost["p"], rel=1e-9)
    found = difference(NEW, PUBLISHED, margin=tost["margin"])
    # with the 6 degrees of freedom of one side alone, a margin of 2 is less certain to be kept
    expected = tost["p"] if tost["margin"] < 2 else Pair(Side(0, 0), PUBLISHED).plain_tail(room)
    assert found.p_equivalence == pytest.approx(expected, rel=1e-9)


def test_holm_is_r_p_adjust():
    p = R["holm"]["p"]
    assert holm(p, ["one"] * len(p)) == pytest.approx(R["holm"]["adjusted"], rel=1e-12)


def test_holm_adjusts_each_family_by_itself():
    assert holm([0.03, 0.04, 0.04], ["a", "b", "a"]) == pytest.approx([0.06, 0.04, 0.06], rel=1e-12)


def test_known_errors_give_the_normal_interval():
    found = difference(Side(0.68, 0.015), Side(0.74, 0.02), margin=0.05)
    assert (found.low, found.high) == pytest.approx((-0.06 - Z * 0.025, -0.06 + Z * 0.025))
    assert found.df == math.inf
    assert found.minimum_detectable == pytest.approx((Z + 0.8416212335729143) * 0.025)


def test_added_variance_widens_by_its_square_root_and_counts_as_known():
    plain = Pair(Side(0.5, 0.02, 50), Side(0.5, 0.02, 50))
    added = Pair(Side(0.5, 0.02, 50), Side(0.5, 0.02, 50), 2 * 0.03**2)
    assert added.se == pytest.approx(math.sqrt(plain.se**2 + 0.0018))
    assert added.df == pytest.approx(added.se**4 / (2 * 0.02**4 / 50))


@pytest.mark.parametrize(
    ("new", "se", "verdict"),
    [
        (0.60, 0.010, "different"),
        (0.52, 0.003, "different but within margin"),
        (0.501, 0.010, "equivalent"),
        (0.53, 0.030, "inconclusive"),
    ],
)
def test_each_verdict_has_its_case(new, se, verdict):
    assert difference(Side(new, se), Side(0.5, se), margin=0.05).verdict == verdict


def test_verdicts_are_exactly_four():
    found = {verdict_of(a, b) for a in (True, False) for b in (True, False)}
    assert found == {"different", "different but within margin", "equivalent", "inconclusive"}


def test_equivalent_means_the_one_minus_two_alpha_interval_lies_within_the_margin():
    new, published = Side(0.51, 0.012, 40), Side(0.50, 0.01)
    narrow = difference(new, published, margin=0.05, level=0.90)
    edge = max(abs(narrow.low), abs(narrow.high))
    assert difference(new, published, margin=edge * 1.0001).verdict == "equivalent"
    assert difference(new, published, margin=edge * 0.9999).verdict == "inconclusive"


@given(sides(), sides(), st.floats(0.01, 0.2), st.sampled_from([0.0, 0.0018]))
def test_swapping_sides_flips_the_sign_and_nothing_else(new, published, margin, extra):
    one = difference(new, published, margin=margin, extra_variance=extra)
    other = difference(published, new, margin=margin, extra_variance=extra)
    assert (other.difference, other.low, other.high) == pytest.approx((-one.difference, -one.high, -one.low))
    assert (other.se, other.df, other.p, other.minimum_detectable) == pytest.approx(
        (one.se, one.df, one.p, one.minimum_detectable), rel=1e-9, abs=1e-12
    )
    assert other.verdict == one.verdict


@given(sides(), sides(), st.floats(1.01, 20), st.sampled_from([0.0, 0.0018]))
def test_more_sample_on_either_side_never_widens_the_interval(new, published, more, extra):
    larger = Side(new.value, new.se / math.sqrt(more), new.df * more)
    before = difference(new, published, margin=0.05, extra_variance=extra)
    after = difference(larger, published, margin=0.05, extra_variance=extra)
    assert after.high - after.low <= (before.high - before.low) * (1 + 1e-9)


@given(sides(), sides(), st.sampled_from([0.0, 2e-4, 1.8e-3]), st.sampled_from([0.9, 0.95, 0.99]))
def test_p_values_and_verdict_never_contradict_each_other(new, published, extra, level):
    found, alpha = difference(new, published, margin=0.05, level=level, extra_variance=extra), 1 - level
    if abs(found.p - alpha) > 1e-6:
        assert (found.p < alpha) == found.verdict.startswith("different")
        assert (found.p < alpha) == (found.low > 0 or found.high < 0)
    if abs(found.p_equivalence - alpha) > 1e-6:
        assert (found.p_equivalence < alpha) == (found.verdict in ("equivalent", "different but within margin"))


def test_extra_variance_never_turns_an_inconclusive_pair_into_a_difference():
    new, published = Side(0.68, 0.02, 2), Side(0.60, 0.015, 1000)
    alone, added = (difference(new, published, margin=0.05, extra_variance=extra) for extra in (0.0, 2 * 0.01**2))
    assert (alone.verdict, added.verdict) == ("inconclusive", "inconclusive")
    assert added.high - added.low >= alone.high - alone.low
    assert 0.05 < alone.p <= added.p


@pytest.mark.parametrize("level", [0.95, 0.99])
@pytest.mark.parametrize("df", [1, 2, 3, 6])
def test_no_kind_of_error_ever_shortens_the_interval(df, level):
    ladder = [0.0, 1e-3, 4e-3, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.3]
    for se in (0.005, 0.02, 0.08):
        for alpha in (1 - level, 2 * (1 - level)):
            for one in (Side(0.6, 0.015, 1000), Side(0.6, 0.03, 4)):
                new = Side(0.68, se, df)
                by_extra = [Pair(new, one, error**2).half_width(alpha) for error in ladder]
                by_side = [Pair(new, Side(0.6, error, one.df), 1e-4).half_width(alpha) for error in ladder]
                by_few = [Pair(Side(0.68, error, df), one, 1e-4).half_width(alpha) for error in ladder]
                for widths in (by_extra, by_side, by_few):
                    assert all(later >= sooner * (1 - 1e-12) for sooner, later in itertools.pairwise(widths))


def test_few_degrees_of_freedom_on_one_side_are_not_washed_out_by_the_other():
    one_psu_too_few = Side(0.5, 0.02, 1)
    known, rough = (difference(one_psu_too_few, Side(0.45, se), margin=0.05).high - 0.05 for se in (1e-9, 0.06))
    assert known == pytest.approx(12.706204736 * 0.02)
    assert rough == pytest.approx(known)


def test_two_sides_without_error_are_told_apart_exactly():
    assert difference(Side(0.5, 0), Side(0.5, 0), margin=0.05).verdict == "equivalent"
    assert difference(Side(0.6, 0), Side(0.5, 0), margin=0.05).verdict == "different"


@pytest.mark.parametrize(("margin", "level"), [(0, 0.95), (-0.05, 0.95), (0.05, 1.0), (0.05, 0.4), (0.05, 95)])
def test_margins_and_levels_that_mean_nothing_are_refused(margin, level):
    with pytest.raises(ComparisonError, match="give a"):
        difference(Side(0.5, 0.01), Side(0.5, 0.01), margin=margin, level=level)
