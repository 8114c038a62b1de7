"""How often the rules are wrong, in short; the long form with its table is tests/drills/test_false_differences.py."""

import numpy as np
import pytest
from scipy.special import ndtr

from topline.analysis.comparing.published_error import published_error
from topline.analysis.comparing.verdict import Side, difference

from .equal_batteries import DEFF, DF, POINTS, Batteries, N, different, drawn, p_values, rates

CLAIMS = ("equivalent", "different but within margin")


@pytest.mark.parametrize(("rule", "added"), [("sampling", 0.0), ("total", 2 * POINTS**2)])
def test_the_rules_over_arrays_are_those_of_our_functions(rule, added):
    some = drawn(25, POINTS, seed=5)
    called, p = different(some, rule), p_values(some, rule)
    for at in np.ndindex(some.new.shape):
        new, published = float(some.new[at]), float(some.published[at])
        error = published_error(published, n=N, rounding=0.01)
        own = Side(new, (DEFF * new * (1 - new) / N) ** 0.5, DF)
        found = difference(own, Side(published, error.se, error.df), margin=0.05, extra_variance=added)
        assert called[at] == ("different" in found.verdict)
        assert p[at] == pytest.approx(found.p, rel=1e-9)
    assert 0 < called.mean() < 1


def test_the_total_tier_keeps_its_five_percent_and_the_usual_test_does_not():
    with_error, without = drawn(6000, POINTS, seed=1), drawn(6000, 0.0, seed=2)
    total, sampling, naive = (rates(with_error, rule) for rule in ("total", "sampling", "naive"))
    assert 0.045 < total.item < 0.055
    assert naive.item > sampling.item + 0.05 > 0.3
    assert naive.battery > 0.9
    assert total.battery > 0.25
    assert 0.035 < total.battery_holm <= total.false_share_bh < 0.065
    assert 0.045 < rates(without, "sampling").item < 0.055
    assert rates(without, "total").item < 0.001


def test_two_published_values_that_agree_are_never_called_different():
    same = Batteries(np.full((1, 8), 0.5), np.full((1, 8), 0.5))
    assert not any(different(same, rule).any() for rule in ("naive", "sampling", "total"))


def test_equivalence_is_claimed_in_at_most_five_percent_when_the_truth_lies_on_the_margin():
    size = claimed(truth=0.05, times=4000, seed=3)
    assert 0.040 < size < 0.060


def test_equivalence_is_claimed_as_often_as_the_closed_form_says_when_there_is_no_difference():
    se = np.hypot(0.012, 0.01)
    power = 2 * ndtr((0.05 - 1.6448536269514722 * se) / se) - 1
    assert claimed(truth=0.0, times=2000, seed=6) == pytest.approx(power, abs=0.02)


def claimed(truth: float, times: int, seed: int) -> float:
    draws = np.random.default_rng(seed).normal(truth, np.hypot(0.012, 0.01), times)
    return np.mean([difference(Side(0.5 + d, 0.012), Side(0.5, 0.01), margin=0.05).verdict in CLAIMS for d in draws])


def test_the_minimum_detectable_difference_is_found_four_times_in_five():
    reach = difference(Side(0.5, 0.012, 200), Side(0.5, 0.01), margin=0.05).minimum_detectable
    draws = np.random.default_rng(4).normal(reach, np.hypot(0.012, 0.01), 3000)
    found = [difference(Side(0.5 + d, 0.012, 200), Side(0.5, 0.01), margin=0.05).p < 0.05 for d in draws]
    assert np.mean(found) == pytest.approx(0.8, abs=0.02)
