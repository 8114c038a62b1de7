"""The conditions that weights are to meet, as linear programmes over rows that are alike.

Weights x are within bounds of the weights w before when ``low w <= x <= high w``, and meet targets t when ``A x =
t``. How far they must stay away is the least sum of distances from the targets; the multipliers of the conditions
then prove that nothing nearer exists (Farkas 1902; Bertsimas and Tsitsiklis 1997, Introduction to Linear
Optimization, section 4.6).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from ..sampling.categories import Floats
from ..targets.margin_fit import Cells

CONTRADICTION = 1e-9
"""Targets that no weights come nearer to than this, added over conditions, contradict each other."""

SCALE = 1e3
"""Shares are multiplied by this, which makes a solver's tolerance small beside a thin cell."""

Bounds = tuple[float, float]


class SearchStopped(Exception):
    """A linear programme was not solved in the time that is left."""


@dataclass(frozen=True)
class Deadline:
    """The moment at which a search ends.

    Attributes
    ----------
    until : float
        On the clock of ``time.monotonic``.
    """

    until: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Give a deadline some seconds from now."""
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Give the seconds left.

        Raises
        ------
        SearchStopped
            When there are none.
        """
        seconds = self.until - time.monotonic()
        if seconds <= 0:
            raise SearchStopped
        return seconds


@dataclass(frozen=True, eq=False)
class Conditions:
    """Conditions on weights: ``matrix @ x`` equals ``target``, where x starts from ``weight``.

    Attributes
    ----------
    matrix : scipy.sparse.csc_array
        Conditions x groups of rows.
    weight : numpy.ndarray
        Weight of each group, above 0.
    target : numpy.ndarray
        What each condition adds up to.
    """

    matrix: sparse.csc_array
    weight: Floats
    target: Floats


class Shortage(NamedTuple):
    """How far weights must stay from their targets, and the multipliers of the conditions that prove it."""

    gap: float
    multipliers: Floats


def conditions_of(cells: Cells) -> Conditions:
    """Give the conditions of margins on their cells, leaving out cells without weight.

    Examples
    --------
    >>> half = np.array([0.5, 0.5])
    >>> conditions_of(Cells(np.array([0.6, 0.4, 0.0]), (np.array([0, 1, 1]),), (half,))).matrix.toarray().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    present = cells.weight > 0
    starts = np.cumsum([0, *(len(target) for target in cells.targets)])
    row = np.concatenate([code[present] + start for code, start in zip(cells.codes, starts[:-1], strict=True)])
    groups = int(present.sum())
    column = np.tile(np.arange(groups), len(cells.codes))
    matrix = sparse.csc_array((np.ones(len(row)), (row, column)), shape=(int(starts[-1]), groups))
    return Conditions(matrix, cells.weight[present], np.concatenate(cells.targets))


def shortage(
    conditions: Conditions, bounds: Bounds, deadline: Deadline, costs: tuple[Floats, Floats] | None = None
) -> Shortage:
    """Give the least sum of distances from the targets within bounds; 0 when they can be met.

    Parameters
    ----------
    conditions : Conditions
        The conditions.
    bounds : tuple of float
        Least and largest factor.
    deadline : Deadline
        When to give up.
    costs : tuple of numpy.ndarray, optional
        What a unit too little and a unit too much cost in each condition; 1 without it, and 0 leaves one free.
    """
    low, high = bounds
    count = len(conditions.target)
    short, over = costs or (np.ones(count), np.ones(count))
    unit = sparse.eye_array(count, format="csc")
    matrix = sparse.hstack([conditions.matrix, unit, -unit], format="csc")
    free = np.zeros(2 * count)
    limits = np.column_stack(
        [
            np.concatenate([SCALE * low * conditions.weight, free]),
            np.concatenate([SCALE * high * conditions.weight, free + np.inf]),
        ]
    )
    cost = np.concatenate([np.zeros(len(conditions.weight)), short, over])
    value, multipliers = solved(cost, matrix, SCALE * conditions.target, limits, deadline)
    return Shortage(value / SCALE, multipliers)


def solved(
    cost: Floats, matrix: sparse.csc_array, target: Floats, limits: Floats, deadline: Deadline
) -> tuple[float, Floats]:
    """Minimise a cost; give the least and the multipliers of the conditions.

    Raises
    ------
    SearchStopped
        When time is up first, or the solver finds no end.
    """
    from scipy.optimize import linprog

    options = {"time_limit": deadline.left(), "primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
    found = linprog(cost, A_eq=matrix, b_eq=target, bounds=limits, method="highs-ds", options=options)
    if found.status != 0:
        raise SearchStopped
    return float(found.fun), np.asarray(found.eqlin.marginals)
