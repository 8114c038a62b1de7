"""Caps by rule, found in a replicate among its respondents."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.trimming.caps import QuantileCap


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), quantile=st.floats(0.01, 0.99))
def test_a_quantile_counts_respondents_as_often_as_they_were_drawn(seed, quantile):
    rng = np.random.default_rng(seed)
    weights, times = rng.integers(1, 9, 20) / 4, rng.integers(0, 4, 20)
    times[0] = 1
    cap, drawn = QuantileCap(quantile).cap, np.quantile(np.repeat(weights, times), quantile)
    assert cap(weights, times.astype(float)) == pytest.approx(drawn, rel=1e-12)
    assert cap(weights, times * 20 / 19) == pytest.approx(drawn, rel=1e-12), "as Rao and Wu scale them"
    left = np.where(np.arange(20) > 0, 20 / 19, 0.0)
    assert cap(weights, left) == pytest.approx(np.quantile(weights[1:], quantile), rel=1e-12), "a jackknife"
    assert cap(weights, np.full(20, 2.0)) == pytest.approx(np.quantile(np.repeat(weights, 2), quantile), rel=1e-12)
    parts, order = rng.uniform(0.2, 1.8, 20), rng.permutation(20)
    found = cap(weights, parts)
    assert weights.min() <= found <= weights.max()
    assert cap(weights[order], parts[order]) == pytest.approx(found, rel=1e-12)
    assert cap(weights, parts * (1 + 1e-9)) == pytest.approx(found, rel=1e-6)


def test_quantiles_of_the_largest_drawn_three_times_and_of_a_fraction_of_a_respondent():
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 20])
    times = np.array([1.0, 1, 1, 1, 1, 1, 1, 1, 1, 3])
    assert QuantileCap(0.75).cap(values, times) == np.quantile(np.repeat(values, times.astype(int)), 0.75) == 11.75
    assert QuantileCap(0.5).cap(np.array([2.0, 4.0]), np.array([0.25, 0.25])) == 3
    assert QuantileCap(0.95).cap(np.full(7, 0.1), np.linspace(0.3, 1.7, 7)) == 0.1
