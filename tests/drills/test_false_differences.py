"""How often truly equal items are called different, by three rules, with and without error beside sampling.

Batteries of eight items whose true shares are the same in both surveys. Each survey has a design effect of 1.5; the
published share is printed as a whole percent and its design effect is not stated. Where there is non-sampling error,
each survey's share of each item is off by a normal error with a standard deviation of 3 points.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from topline.analysis.comparing.published_error import published_error
from topline.analysis.comparing.verdict import Side, difference

N, DEFF, ITEMS, POINTS = 1200, 1.5, 8, 0.03
TRUE = np.linspace(0.35, 0.8, ITEMS)


@dataclass(frozen=True)
class Rates:
    """Shares of items called different, and of batteries with at least one, by rule."""

    naive: float
    sampling: float
    total: float
    naive_battery: float
    total_battery: float


def rates(batteries: int, points: float, seed: int) -> Rates:
    random = np.random.default_rng(seed)
    effective = round(N / DEFF)
    shares = random.binomial(effective, np.broadcast_to(TRUE, (2, batteries, ITEMS))) / effective
    shares = np.clip(shares + points * random.standard_normal(shares.shape), 0.001, 0.999)
    new, published = shares[0], np.clip(np.round(shares[1], 2), 0.01, 0.99)
    plain = np.sqrt((new * (1 - new) + published * (1 - published)) / N)
    naive = np.abs(new - published) / plain > 1.96
    called = np.array([[tiers(a, b) for a, b in zip(*both, strict=True)] for both in zip(new, published, strict=True)])
    return Rates(
        naive=naive.mean(),
        sampling=called[..., 0].mean(),
        total=called[..., 1].mean(),
        naive_battery=naive.any(axis=1).mean(),
        total_battery=called[..., 1].any(axis=1).mean(),
    )


def tiers(new: float, published: float) -> tuple[bool, bool]:
    error = published_error(published, n=N, rounding=0.01)
    own = Side(new, (DEFF * new * (1 - new) / N) ** 0.5, 150)
    other = Side(published, error.se, error.df)
    found = [difference(own, other, margin=0.05, extra_variance=extra) for extra in (0.0, 2 * POINTS**2)]
    return tuple("different" in one.verdict for one in found)


def test_the_total_tier_keeps_its_five_percent_and_the_usual_test_does_not():
    with_error, without = rates(400, POINTS, seed=1), rates(400, 0.0, seed=2)
    assert 0.035 < with_error.total < 0.065
    assert with_error.naive > with_error.sampling + 0.05 > 0.3
    assert with_error.naive_battery > 0.9
    assert 0.035 < without.sampling < 0.065
    assert without.total < 0.005


def test_equivalence_is_claimed_in_at_most_five_percent_when_the_truth_lies_on_the_margin():
    random = np.random.default_rng(3)
    draws = random.normal(0.05, np.hypot(0.012, 0.01), 6000)
    claims = [difference(Side(0.5 + d, 0.012), Side(0.5, 0.01), margin=0.05).verdict for d in draws]
    size = np.mean([verdict in ("equivalent", "different but within margin") for verdict in claims])
    assert 0.042 < size < 0.058


def test_the_minimum_detectable_difference_is_found_four_times_in_five():
    random = np.random.default_rng(4)
    reach = difference(Side(0.5, 0.012, 200), Side(0.5, 0.01), margin=0.05).minimum_detectable
    draws = random.normal(reach, np.hypot(0.012, 0.01), 6000)
    found = [difference(Side(0.5 + d, 0.012, 200), Side(0.5, 0.01), margin=0.05).p < 0.05 for d in draws]
    assert 0.785 < np.mean(found) < 0.815


@pytest.mark.drill
def test_twenty_thousand_batteries_of_equal_items(capsys):
    with_error, without = rates(20_000, POINTS, seed=11), rates(20_000, 0.0, seed=12)
    with capsys.disabled():
        print("\ntruly equal items called different:")
        for name, found in (("3 points of other error", with_error), ("sampling error only", without)):
            print(
                f"  {name:25} naive z {found.naive:6.1%}   sampling tier {found.sampling:6.1%}   "
                f"total tier {found.total:6.1%}   batteries: naive {found.naive_battery:6.1%}, "
                f"total {found.total_battery:6.1%}"
            )
    assert 0.045 <= with_error.total <= 0.055
    assert 0.045 <= without.sampling <= 0.055
    assert with_error.naive > 0.3
