"""A calibration that failed as conditions of a linear programme: which targets conflict, and which bounds would do.

Weights exist or not whatever the distance between old and new ones is. Bounds of final weights are bounds of factors
that count from one weight for all, the mean one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...data.errors import WeightingError
from ..infeasibility.conditions import CONTRADICTION, Bounds, Conditions, Deadline, SearchStopped, shortage
from ..infeasibility.conflict import irreducible, with_sum
from ..infeasibility.explanation import bounds_lines
from ..infeasibility.feasible_bounds import grouped, largest_low, least_bounds, outward
from ..infeasibility.infeasible import SECONDS
from ..sampling.categories import Floats, Ints
from ..sampling.sums import summed
from .calibration_fit import Fit, Problem, fitted
from .replicate_calibration import CalibrationTask

TRIED = 100
"""Newton steps with which other bounds are tried at least."""

MANY = 1000
"""With more rows than this, those nearly alike are taken together."""

TAILS = (0.001, 0.01, 0.99, 0.999)
"""Parts of the rows beyond which they are kept apart, for a mean far out is reached by few."""

FIRM = 1e3
"""How much more it costs to miss the sum of the weights than to miss a target."""


@dataclass(frozen=True, eq=False)
class CalibrationConditions:
    """The targets of a calibration as conditions on the weights of rows.

    Attributes
    ----------
    task : CalibrationTask
        What was calibrated to what.
    before : numpy.ndarray
        Base weights of the rows.
    problem : Problem
        What was fitted.
    """

    task: CalibrationTask
    before: Floats
    problem: Problem

    @property
    def coarse(self) -> bool:
        """Whether rows that are nearly alike are taken together; weights of all of them are weights of each."""
        return len(self._weighted) > MANY and self.problem.matrix.columns.shape[1] > 0

    @cached_property
    def base(self) -> Floats:
        """What factors count from, by group of rows, over what the weights should add up to."""
        return summed(self._group, int(self._group.max()) + 1, self._own_base)

    @cached_property
    def matrix(self) -> Floats:
        """The auxiliaries of each group of rows, written out."""
        matrix, groups = self.problem.matrix.some(self._weighted), len(self.base)
        first = np.zeros(groups, dtype=np.int64)
        first[self._group] = matrix.cell
        sums = [summed(self._group, groups, self._own_base * column) for column in matrix.columns.T]
        return np.column_stack([matrix.dummies.toarray()[first], *(each / self.base for each in sums)])

    @cached_property
    def _weighted(self) -> Ints:
        return np.flatnonzero(self.problem.base > 0)

    @cached_property
    def _own_base(self) -> Floats:
        rows = len(self._weighted)
        return np.full(rows, 1 / rows) if self.task.method.bounds_weights else self.problem.base[self._weighted]

    @cached_property
    def _group(self) -> Ints:
        """The group of each row of positive weight: itself, or those of its categories and near it in all numbers."""
        if not self.coarse:
            return np.arange(len(self._weighted))
        matrix = self.problem.matrix.some(self._weighted)
        numbers, cells = matrix.columns.shape[1], matrix.dummies.shape[0]
        parts = max(2, int((MANY / cells) ** (1 / numbers)))
        edges = np.union1d(np.arange(1, parts) / parts, TAILS if numbers < 3 else [])
        group = matrix.cell.astype(np.int64)
        for column in matrix.columns.T:
            group = group * (len(edges) + 1) + np.searchsorted(np.quantile(column, edges), column, side="right")
        return np.unique(group, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def size(self) -> Floats:
        """What a condition of size 1 is worth, by auxiliary."""
        size = np.abs(self.matrix).T @ self.base
        return np.where(size > 0, size, 1.0)

    @cached_property
    def conditions(self) -> Conditions:
        """The conditions over rows that are alike."""
        return grouped(self.matrix, self.base, self.problem.target)

    @property
    def total(self) -> float:
        """What the weights add up to after over before."""
        return 1 / float(self.base.sum())

    @property
    def unit(self) -> float:
        """What a factor of 1 is in the unit of the bounds."""
        return (
            self.task.auxiliaries.total / int((self.problem.base > 0).sum()) if self.task.method.bounds_weights else 1
        )

    @property
    def limits(self) -> Bounds:
        """The bounds as factors; weights are not below zero."""
        low, high = self.task.method.bounds or (0.0, np.inf)
        return low / self.unit, high / self.unit

    def contradicted(self, deadline: Deadline) -> bool:
        """Tell whether no weights within the bounds meet all targets.

        Raises
        ------
        SearchStopped
            When time is up first.
        """
        return shortage(with_sum(self.conditions, self.total), self.limits, deadline).gap > CONTRADICTION

    def reached_with(self, max_iterations: int) -> bool:
        """Tell whether the targets are reached with more iterations."""
        return fitted(self.problem, self.task.method.tolerance, max_iterations).worst <= self.task.method.tolerance

    def fit_within(self, bounds: Bounds) -> Fit:
        """Fit with other bounds."""
        method = replace(self.task.method, bounds=bounds)
        problem = replace(self.problem, distance=method.factors(self.before * self.task.scale))
        return fitted(problem, method.tolerance, max(method.max_iterations, TRIED))

    def lines(self) -> list[str]:
        """Say which targets conflict, which bounds would do, and what to leave out."""
        deadline, told = Deadline.after(SECONDS), list[str]()
        try:
            told += self._conflict_lines(deadline)
            found = self.nearest_bounds()
            if found or not self.coarse:
                told += bounds_lines(self.task.method.bounds, found, what="targets")
            told += self._left_out_lines(deadline)
        except (SearchStopped, WeightingError):
            told.append("Not searched to the end, for time.")
        return told

    def nearest_bounds(self) -> tuple[Bounds, ...] | None:
        """Give the least changes of bounds with which the fit was found to work; None where there are no bounds.

        Raises
        ------
        WeightingError
            When time is up first.
        """
        given = self.task.method.bounds
        if given is None:
            return None

        def own(bounds: Bounds) -> Bounds:
            """Give bounds in the unit in which they were given, those that are kept as they were."""
            rounded = outward((bounds[0] * self.unit, bounds[1] * self.unit)) if self.unit != 1 else bounds
            kept = [each == limit for each, limit in zip(bounds, self.limits, strict=True)]
            return (given[0] if kept[0] else rounded[0]), (given[1] if kept[1] else rounded[1])

        def works(bounds: Bounds) -> bool:
            return self.fit_within(own(bounds)).worst <= self.task.method.tolerance

        target = self.problem.target
        found = least_bounds(self.matrix, self.base, target, self.limits, works=works, seconds=SECONDS)
        return tuple(map(own, found))

    def floor(self) -> float:
        """Give the largest part of its weight that everybody can keep; 0 where somebody must go without.

        Raises
        ------
        SearchStopped
            When time is up first.
        """
        return largest_low(with_sum(self.conditions, self.total), np.inf, Deadline.after(SECONDS)) or 0.0

    def _conflict_lines(self, deadline: Deadline) -> list[str]:
        short, over, _ = irreducible(self.conditions, self.limits, deadline, self.total)
        demands = [(int(at), side) for side, cost in (("least", short), ("most", over)) for at in np.flatnonzero(cost)]
        demands = [(at, side) for at, side in demands if self.task.auxiliaries.margins or at > 0]
        if not demands:
            return []
        if len(demands) == 1:
            ((at, side),) = demands
            reach = self._reach(at, side, deadline)
            edge = f"{'most' if side == 'least' else 'least'}{' about' if self.coarse else ''}"
            return [f"Conflict: {self.demand(at, 'should be')} and can be at {edge} {self.said(at, reach)}."]
        listed = "; ".join(self.demand(at, f"at {side}") for at, side in demands)
        return [f"Conflict: these targets cannot hold together, but all of them except any one can: {listed}."]

    def _reach(self, at: int, side: str, deadline: Deadline) -> float:
        """Give how near one auxiliary by itself comes to its target."""
        only = np.append(np.zeros(len(self.size)), FIRM)
        only[at] = 1.0
        free = np.append(np.zeros(len(self.size)), FIRM)
        costs = (only, free) if side == "least" else (free, only)
        gap = shortage(with_sum(self.conditions, self.total), self.limits, deadline, costs).gap
        gap *= float(self.size[at])
        return float(self.problem.target[at]) + (-gap if side == "least" else gap)

    def demand(self, at: int, verb: str) -> str:
        """Name a target, e.g. ``"the mean of income should be 35,000"``."""
        wanted = self.task.auxiliaries
        article = "the " if at >= sum(wanted.sizes) else ""
        return f"{article}{wanted.names[at]}{'' if article else ','} {verb} {self.said(at, self.problem.target[at])}"

    def said(self, at: int, value: float) -> str:
        """Say a share in percent, and a mean or total in its own unit."""
        wanted = self.task.auxiliaries
        if at < sum(wanted.sizes):
            return f"{100 * value:.2f}%"
        one = wanted.moments[at - sum(wanted.sizes)]
        mean = one.centre + one.spread * float(value)
        return f"{mean if one.statistic == 'mean' else mean * wanted.total:,.6g}"

    def _left_out_lines(self, deadline: Deadline) -> list[str]:
        """Name the margins and numbers each of which, left out alone, lets the others be met."""
        found = [name for name, kept in self._without() if not self._contradict(kept, deadline)]
        return [f"Leave out {' or '.join(found)}."] if found else []

    def _without(self) -> Iterator[tuple[str, Ints]]:
        """Give each margin and number with the auxiliaries that stay when it is left out."""
        wanted = self.task.auxiliaries
        sizes = (*wanted.sizes, *(1 for _ in wanted.moments))
        group = np.repeat(np.arange(len(sizes)), sizes)
        names = [f"the margin {each.column}" for each in wanted.margins] or [""]
        names += [f"the {each.name}" for each in wanted.moments]
        if len(wanted.margins) + len(wanted.moments) > 1:
            yield from ((name, np.flatnonzero(group != at)) for at, name in enumerate(names) if name)

    def _contradict(self, kept: Ints, deadline: Deadline) -> bool:
        some = Conditions(self.conditions.matrix[kept].tocsc(), self.conditions.weight, self.conditions.target[kept])
        return shortage(with_sum(some, self.total), self.limits, deadline).gap > CONTRADICTION
