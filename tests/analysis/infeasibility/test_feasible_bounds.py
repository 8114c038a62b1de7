import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.infeasibility.conditions import CONTRADICTION, Deadline, shortage
from topline.analysis.infeasibility.feasible_bounds import downward, grouped, least_bounds, upward
from topline.data.errors import WeightingError


def feasible(matrix, weights, targets, bounds) -> bool:
    return shortage(grouped(matrix, weights, targets), bounds, Deadline.after(30)).gap <= CONTRADICTION


def sample(seed, rows=40):
    """Rows with an intercept, an indicator and a number, and totals that a known change of weights gives."""
    random = np.random.default_rng(seed)
    matrix = np.column_stack([np.ones(rows), random.random(rows) < 0.4, random.normal(50, 20, rows)])
    weights = random.gamma(3, 1, rows)
    return matrix, weights, matrix.T @ (weights * random.uniform(0.2, 4, rows))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_bounds_that_are_given_work_and_are_the_nearest(seed):
    matrix, weights, targets = sample(seed)
    bounds = (0.9, 1.1)
    assert not feasible(matrix, weights, targets, bounds)
    found = least_bounds(matrix, weights, targets, bounds)
    assert found  # the change that made the totals lies within 0.2 and 4
    for low, high in found:
        assert feasible(matrix, weights, targets, (low, high))
        if low == 0.9:
            assert not feasible(matrix, weights, targets, (low, 0.99 * high))
        elif high == 1.1:
            assert not feasible(matrix, weights, targets, (1.01 * low, high))


def test_an_upper_and_a_lower_change_are_both_given_where_both_help():
    matrix = np.column_stack([np.ones(4), [0, 1, 2, 3]])
    found = least_bounds(matrix, np.ones(4), [4, 8.4], (0.4, 1.5))
    assert len(found) == 2
    assert (found[0][0], found[1][1]) == (0.4, 1.5)
    assert all(feasible(matrix, np.ones(4), np.array([4, 8.4]), bounds) for bounds in found)


def test_the_unit_of_an_auxiliary_and_of_the_weights_is_irrelevant():
    matrix, weights, targets = sample(3)
    found = least_bounds(matrix, weights, targets, (0.9, 1.1))
    unit = np.array([1.0, 1.0, 1e6])
    assert least_bounds(matrix * unit, 1e3 * weights, 1e3 * targets * unit, (0.9, 1.1)) == found


def test_rows_of_no_weight_are_left_out():
    matrix, weights, targets = sample(5)
    found = least_bounds(matrix, weights, targets, (0.9, 1.1))
    more = np.vstack([matrix, [1.0, 1.0, 1e9]])
    assert least_bounds(more, np.append(weights, 0.0), targets, (0.9, 1.1)) == found


def test_without_an_upper_bound_the_lower_one_is_moved():
    assert least_bounds([[1, 0], [0, 1]], [1, 1], [0.3, 1.7], (0.5, np.inf)) == ((0.3, np.inf),)


def test_totals_that_contradict_each_other_are_not_helped():
    assert least_bounds([[1, 2], [1, 2]], [1, 1], [2, 3], (0.5, 2.0)) == ()
    assert least_bounds([[1, 2], [1, 2]], [1, 1], [2, 3], (0.5, np.inf)) == ()


def test_bounds_are_moved_on_until_the_fit_finds_weights():
    tried = []

    def works(bounds):
        tried.append(bounds)
        return bounds[1] > 2.2

    assert least_bounds([[1, 0], [1, 0], [0, 1]], [1, 1, 1], [1, 2], (0.4, 1.5), works=works) == ((0.4, 2.4),)
    assert tried[:3] == [(0.4, 2.0), (0.4, 2.01), (0.4, 2.02)]


def test_bounds_that_no_survey_has_are_not_named():
    assert least_bounds([[1, 0], [0, 1]], [1e-9, 1.0], [0.5, 0.5], (0.1, 3.0)) == ()


def test_a_search_that_takes_too_long_says_so():
    with pytest.raises(WeightingError, match="no bounds were found within 0 seconds"):
        least_bounds([[1.0]], [1.0], [3.0], (0.5, 2.0), seconds=0)
    assert Deadline(time.monotonic() + 5).left() <= 5


@pytest.mark.parametrize(
    ("bound", "up", "down"),
    [
        (2.3412, 2.35, 0.999),
        (0.6 + 1e-12, 1.01, 0.6),
        (1234.5, 1240, 0.999),
        (0.00012345, 1.01, 0.000123),
        (0, 1.01, 0),
    ],
)
def test_bounds_are_rounded_outward_to_three_digits(bound, up, down):
    assert (upward(bound), downward(bound)) == (up, down)
