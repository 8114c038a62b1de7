"""How often truly equal items are called different, by three rules, with and without error beside sampling.

20,000 batteries of eight items whose true shares are the same in both surveys, by the rules of
tests/analysis/comparing/equal_batteries.py, which test_error_rates.py there holds against our functions.
"""

import math

import pytest
from scipy.special import ndtr

from ..analysis.comparing.equal_batteries import POINTS, RULES, drawn, rates
from ..analysis.comparing.test_error_rates import claimed

BATTERIES = 20_000


@pytest.mark.drill
def test_twenty_thousand_batteries_of_equal_items(capsys):
    worlds = {
        "3 points of other error": drawn(BATTERIES, POINTS, seed=11),
        "sampling error only": drawn(BATTERIES, 0.0, seed=12),
    }
    found = {(world, rule): rates(batteries, rule) for world, batteries in worlds.items() for rule in RULES}
    with capsys.disabled():
        print("\ntruly equal items called different, and batteries with at least one:")
        for (world, rule), rate in found.items():
            print(
                f"  {world:25} {rule:9} items {rate.item:6.1%}   batteries {rate.battery:6.1%}   "
                f"by Holm {rate.battery_holm:6.1%}   by Benjamini and Hochberg {rate.false_share_bh:6.1%}"
            )
    with_error, without = worlds
    assert 0.045 <= found[with_error, "total"].item <= 0.055
    assert 0.045 <= found[without, "sampling"].item <= 0.055
    assert found[with_error, "naive"].item > 0.3
    assert found[with_error, "total"].battery_holm <= 0.055
    assert found[with_error, "total"].false_share_bh <= 0.055


@pytest.mark.drill
def test_size_and_power_of_equivalence_in_twenty_thousand_pairs(capsys):
    se = math.hypot(0.012, 0.01)
    power = 2 * ndtr((0.05 - 1.6448536269514722 * se) / se) - 1
    on_the_margin, equal = claimed(0.05, BATTERIES, seed=13), claimed(0.0, BATTERIES, seed=14)
    with capsys.disabled():
        print(
            f"\nequivalence claimed: {on_the_margin:.1%} on the margin, {equal:.1%} of equals (closed form {power:.1%})"
        )
    assert 0.046 <= on_the_margin <= 0.054
    assert equal == pytest.approx(power, abs=0.01)
