"""Bounds on factors and on weights hold, bind where they must and are refused where they cannot."""

import math

import numpy as np
import pandas as pd
import pytest

from topline.analysis.calibration.calibrate import calibrate
from topline.analysis.estimation.estimate import mean
from topline.data.errors import WeightingError

from .calibration_sample import COUNTS, MEANS, SHARES, average, base


def test_bounds_that_bind_are_reached_and_counted():
    free = calibrate(base(), SHARES, means=MEANS, distance="raking")
    bound = calibrate(base(), SHARES, means=MEANS, distance="raking", bounds=(0.45, 2.2))
    factor = bound.weights / base().weights
    assert (free.weights / base().weights).max() > 2.2
    assert (factor.min(), factor.max()) == pytest.approx((0.45, 2.2), rel=1e-12)
    low, high = bound.steps[-1].at_bounds
    assert low == np.isclose(factor, 0.45).sum() > 0
    assert high == np.isclose(factor, 2.2).sum() > 0
    assert bound.steps[-1].worst_after <= 1e-10


def test_bounds_that_do_not_bind_change_nothing():
    for distance in ("linear", "raking"):
        free = calibrate(base(), means=MEANS, distance=distance)
        assert calibrate(base(), means=MEANS, distance=distance, bounds=(0.01, 99)).weights == pytest.approx(
            free.weights
        )


def test_bounds_may_be_open_above():
    found = calibrate(base(), SHARES, means=MEANS, bounds=(0.4, math.inf))
    assert (found.weights / base().weights).min() == pytest.approx(0.4)


def test_a_lower_bound_of_zero_leaves_rows_without_weight():
    found = calibrate(base(), SHARES, means={"income": 38.0}, bounds=(0, 30))
    assert found.weights.min() == 0
    assert found.steps[-1].at_bounds[0] == (found.weights == 0).sum() > 0
    assert average(found, "income") == pytest.approx(38)


@pytest.mark.parametrize("bounds_on", ["factors", "weights"])
def test_truncated_linear_weights_are_the_nearest_within_bounds(bounds_on):
    """The optimality conditions: rows at a bound would like to be beyond it, the others are linear."""
    before = base()
    bounds = (0.6, 2.2) if bounds_on == "factors" else (1.0, 14.0)
    found = calibrate(before, SHARES, means=MEANS, bounds=bounds, bounds_on=bounds_on)
    frame, factor = before.study.frame, found.weights / before.weights
    x = np.column_stack([pd.get_dummies(frame["sex"]), pd.get_dummies(frame["age4"]), frame["income"]]).astype(float)
    low = bounds[0] / (before.weights if bounds_on == "weights" else 1)
    high = bounds[1] / (before.weights if bounds_on == "weights" else 1)
    inside = (factor > low * (1 + 1e-9)) & (factor < high * (1 - 1e-9))
    assert 30 < inside.sum() < 300
    multipliers = np.linalg.lstsq(x[inside], factor[inside] - 1, rcond=None)[0]
    wanted = 1 + x @ multipliers
    assert factor == pytest.approx(np.clip(wanted, low, high), abs=1e-8)


def test_bounds_near_the_edge_of_what_is_feasible_still_converge():
    """The least upper bound by bisection; just above it every distance meets the targets, just below none."""
    before = base(rows=200)
    low, high = 1.2, 6.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        try:
            calibrate(before, SHARES, means=MEANS, bounds=(0.3, middle))
            high = middle
        except WeightingError:
            low = middle
    for distance in ("linear", "raking", "logit"):
        found = calibrate(before, SHARES, means=MEANS, distance=distance, bounds=(0.3, high + 1e-3))
        assert found.steps[-1].worst_after <= 1e-10
        with pytest.raises(WeightingError, match=r"Least change of bounds: bounds=\(0\.3, [\d.]+\)") as caught:
            calibrate(before, SHARES, means=MEANS, distance=distance, bounds=(0.3, low - 1e-3))
        told = float(str(caught.value).split("bounds=(0.3, ")[1].split(")")[0])
        assert low - 1e-3 < told < high + 0.02
        calibrate(before, SHARES, means=MEANS, distance="linear", bounds=(0.3, told))


def test_weights_that_are_far_from_the_population_are_brought_to_it_first():
    found = calibrate(base(), COUNTS, bounds=(0.3, 3))
    factor = found.weights / base().weights / (80_000 / base().weights.sum())
    assert (factor.min() > 0.3, factor.max() < 3) == (True, True)
    assert found.steps[-1].notes[0].startswith("Weights that added up to 1,")
    assert found.steps[-1].notes[0] in mean(found, "y").method["footnotes"]
