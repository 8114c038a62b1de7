"""Which bounds on the change of weights let targets be met.

The least upper bound is one linear programme. With ``z = s (x - low w)`` and ``s = 1 / (high - low)`` the bounds on
weights x become ``0 <= z <= w`` and the targets ``A z = s (t - low A w)``, and s is made as large as it will go
(Charnes and Cooper 1962, Programming with linear fractional functionals, Naval Research Logistics Quarterly 9).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from ...data.errors import WeightingError
from ..sampling.categories import Floats
from ..sampling.sums import summed
from .conditions import CONTRADICTION, SCALE, Bounds, Conditions, Deadline, SearchStopped, shortage, solved

SECONDS = 20.0
"""How long the ways out are looked for."""

VANISHING = 1e-6
"""A weight multiplied by less than this is no weight any more."""

LARGEST_BOUND = 1e6
"""A weight multiplied by more than this is no survey weight."""

OUTWARD = (1.0, 1.001, 1.01, 1.05, 1.2, 1.5)
"""How much further bounds are moved, one after the other, until weights are found with them."""


def least_bounds(
    matrix: ArrayLike,
    weights: ArrayLike,
    targets: ArrayLike,
    bounds: Bounds,
    *,
    works: Callable[[Bounds], bool] | None = None,
    seconds: float = SECONDS,
) -> tuple[Bounds, ...]:
    """Give the least changes of bounds with which weights meet targets.

    Parameters
    ----------
    matrix : array
        Rows x auxiliaries, numbers or indicators, e.g. ``[[1, 0], [1, 1]]``.
    weights : array
        Weight of each row before, at least 0.
    targets : array
        What each auxiliary adds up to, weighted.
    bounds : tuple of float
        Least and largest factor with which the targets cannot be met, e.g. ``(0.5, 2.0)``.
    works : callable, optional
        Tells of bounds whether weights are found with them; without it a linear programme tells.
    seconds : float
        How long to look, e.g. ``20.0``.

    Returns
    -------
    tuple of tuple of float
        With the lower bound kept the least upper, then with the upper kept the largest lower, as far as there are
        any; else one pair with both moved; empty when no bounds help. Rounded outward to three digits, and tried.

    Raises
    ------
    WeightingError
        When time is up first.

    Notes
    -----
    Not for every fit: it belongs to the message of one that failed.

    Examples
    --------
    >>> least_bounds([[1, 0], [1, 0], [0, 1]], [1, 1, 1], [1, 2], (0.4, 1.5))
    ((0.4, 2.0),)
    >>> least_bounds([[1, 0], [1, 0], [0, 1]], [1, 1, 1], [1, 2], (0.6, 1.5))
    ((0.5, 2.0),)
    >>> least_bounds([[1, 1], [0, 0]], [1, 1], [1, 2], (0.6, 1.5))
    ()
    """
    conditions = grouped(
        np.asarray(matrix, dtype=float), np.asarray(weights, dtype=float), np.asarray(targets, dtype=float)
    )
    try:
        return nearest_bounds(conditions, bounds, works, Deadline.after(seconds))
    except SearchStopped:
        raise WeightingError(f"no bounds were found within {seconds:g} seconds.") from None


def nearest_bounds(
    conditions: Conditions, bounds: Bounds, works: Callable[[Bounds], bool] | None, deadline: Deadline
) -> tuple[Bounds, ...]:
    """Give the least changes of bounds as :func:`least_bounds` does.

    Raises
    ------
    SearchStopped
        When time is up first.
    """
    low, high = bounds
    tried = works or (lambda each: shortage(conditions, each, deadline).gap <= CONTRADICTION)
    least = least_high(conditions, max(low, VANISHING), deadline) if math.isfinite(high) else None
    largest = largest_low(conditions, high, deadline) if low > 0 else None
    ways = [
        () if least is None else ((low, upward(max(least * more, high))) for more in OUTWARD),
        () if largest is None else ((downward(min(largest / more, low)), high) for more in OUTWARD),
    ]
    found = tuple(pair for way in ways for pair in _first(way, tried, deadline))
    return found or tuple(_first(_both_moved(conditions, bounds, deadline), tried, deadline))


def _first(ways: Iterable[Bounds], works: Callable[[Bounds], bool], deadline: Deadline) -> Iterator[Bounds]:
    """Give the first bounds that work, if any do."""
    for bounds in ways:
        deadline.left()
        if (bounds[1] <= LARGEST_BOUND or math.isinf(bounds[1])) and works(bounds):
            yield bounds
            return


def _both_moved(conditions: Conditions, bounds: Bounds, deadline: Deadline) -> Iterator[Bounds]:
    """Give bounds that are both wider: the least upper one of all, then the largest lower one with it."""
    least = least_high(conditions, VANISHING, deadline) if math.isfinite(bounds[1]) else None
    for more in OUTWARD if least is not None else ():
        high = upward(max((least or 1.0) * more, bounds[1]))
        largest = largest_low(conditions, high, deadline)
        # from a lower bound of nothing the other way: it must keep weights from vanishing
        kept = bounds[0] if bounds[0] >= VANISHING else 1.0
        if largest is not None and (low := downward(min(largest, kept))) >= VANISHING:
            yield low, high


def upward(bound: float) -> float:
    """Round a bound up to three digits, and above 1.

    Examples
    --------
    >>> upward(2.3412), upward(1.0)
    (2.35, 1.01)
    """
    return max(_rounded(bound, math.ceil), 1.01)


def downward(bound: float) -> float:
    """Round a bound down to three digits, and below 1.

    Examples
    --------
    >>> downward(0.34567), downward(1.0)
    (0.345, 0.999)
    """
    return min(_rounded(bound, math.floor), 0.999)


def outward(bounds: Bounds) -> Bounds:
    """Round bounds to three digits, the lower one down and the upper one up.

    Examples
    --------
    >>> outward((0.34567, 2.3412))
    (0.345, 2.35)
    """
    low, high = bounds
    return _rounded(low, math.floor), high if math.isinf(high) else _rounded(high, math.ceil)


def _rounded(bound: float, way: Callable[[float], int]) -> float:
    if bound <= 0:
        return 0.0
    digits = 2 - math.floor(math.log10(bound))
    # a bound that is 0.6 but for the last bits stays 0.6
    unit = 10.0**digits
    return round(way(round(bound * unit, 6)) / unit, max(digits, 0))


def least_high(conditions: Conditions, low: float, deadline: Deadline) -> float | None:
    """Give the least upper bound with which the targets can be met above a lower bound; None when none does."""
    spread = _largest_scale(
        conditions, conditions.target - low * (conditions.matrix @ conditions.weight), 1 - low, deadline
    )
    return low + 1 / spread if spread * LARGEST_BOUND > 1 else None


def largest_low(conditions: Conditions, high: float, deadline: Deadline) -> float | None:
    """Give the largest lower bound, at least 0, with which the targets can be met below an upper bound."""
    start = conditions.matrix @ conditions.weight
    if not math.isfinite(high):
        return _largest_floor(conditions, start, deadline)
    spread = _largest_scale(conditions, high * start - conditions.target, high - 1, deadline)
    return high - 1 / spread if spread * high >= 1 else None


def _largest_scale(conditions: Conditions, direction: Floats, least_spread: float, deadline: Deadline) -> float:
    """Give the largest s with ``A z = s direction``, z from 0 to the weights, and s at most 1 / least_spread."""
    groups = len(conditions.weight)
    matrix = sparse.hstack([conditions.matrix, sparse.csc_array(-SCALE * direction[:, None])], format="csc")
    limits = np.column_stack([np.zeros(groups + 1), np.append(SCALE * conditions.weight, 1 / max(least_spread, 1e-9))])
    cost = np.append(np.zeros(groups), -1.0)
    value, _ = solved(cost, matrix, np.zeros(len(conditions.target)), limits, deadline)
    return -value


def _largest_floor(conditions: Conditions, start: Floats, deadline: Deadline) -> float | None:
    """Give the largest lower bound, at most 1, when there is no upper one."""
    groups = len(conditions.weight)
    matrix = sparse.hstack([conditions.matrix, sparse.csc_array(SCALE * start[:, None])], format="csc")
    limits = np.column_stack([np.zeros(groups + 1), np.append(np.full(groups, np.inf), 1.0)])
    cost = np.append(np.zeros(groups), -1.0)
    if shortage(conditions, (0.0, np.inf), deadline).gap > CONTRADICTION:
        return None
    value, _ = solved(cost, matrix, SCALE * conditions.target, limits, deadline)
    return -value


def grouped(matrix: Floats, weights: Floats, targets: Floats) -> Conditions:
    """Put rows that are alike together, and give each condition the size 1."""
    weighted = weights > 0
    rows, group = np.unique(matrix[weighted], axis=0, return_inverse=True)
    weight = summed(group, len(rows), weights[weighted])
    size = np.abs(rows).T @ weight
    size = np.where(size > 0, size, 1.0)
    total = weight.sum()
    return Conditions(sparse.csc_array((rows * (total / size)).T), weight / total, targets / size)
