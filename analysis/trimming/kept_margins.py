"""Trimming that keeps margins: the nearest weights under a cap that add up, by auxiliary, to what they did before.

Cutting weights and fitting them to their margins again, by turns, ends where both hold, but where it ends depends on
the order. Here both are one convex problem: of all weights between floor and cap with the same totals of the
auxiliaries, those nearest to the weights before in the raking distance. Deville and Särndal (1992), Calibration
estimators in survey sampling, JASA 87, case 7; R's ``calibrate(calfun = "raking", bounds.const = TRUE)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...data.errors import WeightingError
from ..sampling.categories import Floats, Ints
from ..sampling.sample import combined
from ..sampling.step import Auxiliary
from ..sampling.sums import summed
from ..variance.chain import cross_product
from .redistribution import LARGEST, Limits, Multiplied, exponents

MET = 1e-10
"""How far, relatively, a total may be from what it was."""

EXACT = 1e-13
"""What is aimed at."""

BEYOND = 60.0
"""Exponents that no weights need: nothing fits."""

REPLICATE = "Choose a larger cap, join categories, or choose recalibrate=False."
"""What can be done where a replicate cannot be trimmed."""

ROUNDS = 24
"""Halvings of the search for the least cap that would do."""


@dataclass(frozen=True, eq=False)
class KeptMargins:
    """Auxiliaries whose totals trimming keeps.

    Attributes
    ----------
    auxiliaries : tuple of Auxiliary
        In blocks; the last one of the groups that keep their sums.
    names : tuple of str
        Each auxiliary as printed.
    step : str
        The step that fitted the weights to them, as messages call it, e.g. ``"the margins of rake"``.
    max_iterations : int
        Newton steps before giving up.
    """

    auxiliaries: tuple[Auxiliary, ...]
    names: tuple[str, ...]
    step: str
    max_iterations: int

    def change(self, weights: Floats, frequency: Floats, limits: Limits, where: str) -> Multiplied:
        """Trim, and let the others take the weight so that all totals stay.

        Parameters
        ----------
        weights, frequency : numpy.ndarray
            Weights of one respondent, and how often each counts.
        limits : Limits
            Floor and cap.
        where : str
            What messages begin with: the replicate; empty for the whole sample.

        Raises
        ------
        WeightingError
            When no weights within the limits have these totals.
        """
        problem = _Problem.of(weights, frequency, *self._cells, limits)
        cause = self._unable(problem)
        if not cause:
            fit = problem.fitted(self.max_iterations)
            if fit.worst <= MET:
                return Multiplied(self.auxiliaries, fit.exponent, limits)
            cause = self._missed(problem, fit)
        remedy = REPLICATE if where else self._remedy(problem)
        raise WeightingError(f"{where + ': ' if where else ''}{cause} {remedy}")

    @cached_property
    def _cells(self) -> tuple[Ints, tuple[Auxiliary, ...]]:
        """Give each row's cell, whose rows have the same auxiliaries, and the auxiliaries by cell."""
        codes = [block[0] for block in self.auxiliaries if isinstance(block, tuple)]
        if len(codes) < len(self.auxiliaries):
            return np.arange(len(codes[-1])), self.auxiliaries
        cell = combined(codes, len(codes[0]))
        first = np.zeros(int(cell.max()) + 1, dtype=np.int64)
        first[cell] = np.arange(len(cell))
        return cell, tuple((block[0][first], block[1]) for block in self.auxiliaries if isinstance(block, tuple))

    def _unable(self, problem: _Problem) -> str:
        """Say which category cannot hold its weight within the limits, by itself; empty where each can."""
        start, limits = 0, problem.limits
        counts = summed(problem.cell, problem.cells, problem.frequency)
        for block in problem.auxiliaries:
            if not isinstance(block, tuple):
                start += block.shape[1]
                continue
            size, wanted = summed(block[0], block[1], counts), problem.target[start : start + block[1]]
            for edge, limit, name, off in (
                ("most", limits.cap, "cap", wanted > size * limits.cap * (1 + MET)),
                ("least", limits.floor, "floor", wanted < size * limits.floor * (1 - MET)),
            ):
                if off.any():
                    at = int(
                        np.argmax(np.divide(np.abs(wanted - size * limit), size, out=np.zeros(len(size)), where=off))
                    )
                    return (
                        f"{self.names[start + at]}: {size[at]:,.6g} respondents with a {name} of {limit:.6g} can hold "
                        f"at {edge} {size[at] * limit:,.6g}, and {self.step} give them {wanted[at]:,.6g}."
                    )
            start += block[1]
        return ""

    def _missed(self, problem: _Problem, fit: _Fit) -> str:
        """Say which total stays furthest from what it was."""
        at, limits = int(np.argmax(fit.gap)), problem.limits
        return (
            f"no weights between {limits.floor:.6g} and {limits.cap:.6g} keep {self.step}: after {fit.iterations} "
            f"iterations the total of {self.names[at]} is {fit.reached[at]:,.6g}, and it was "
            f"{problem.target[at]:,.6g} before trimming."
        )

    def _remedy(self, problem: _Problem) -> str:
        least = problem.least_cap(self.max_iterations)
        if least is None:
            return "No cap would do with this floor: lower it, or choose recalibrate=False."
        return f"A cap of {least:.4g} would do; or join categories, or choose recalibrate=False."


@dataclass(frozen=True, eq=False)
class _Fit:
    exponent: Floats
    reached: Floats
    gap: Floats
    iterations: int

    @property
    def worst(self) -> float:
        return float(self.gap.max())


@dataclass(frozen=True, eq=False)
class _State:
    exponent: Floats
    value: float
    weights: Floats
    slope: Floats


@dataclass(frozen=True, eq=False)
class _Problem:
    """Respondents who count, and the totals of their auxiliaries."""

    weights: Floats
    frequency: Floats
    cell: Ints
    cells: int
    auxiliaries: tuple[Auxiliary, ...]
    limits: Limits
    target: Floats
    scale: Floats

    @classmethod
    def of(
        cls, weights: Floats, frequency: Floats, cell: Ints, auxiliaries: tuple[Auxiliary, ...], limits: Limits
    ) -> _Problem:
        counted, cells = (weights > 0) & (frequency > 0), int(cell.max()) + 1
        some, times, where = weights[counted], frequency[counted], cell[counted]
        before = summed(where, cells, some * times)
        target, scale = totals(auxiliaries, before), totals(auxiliaries, before, absolute=True)
        return cls(some, times, where, cells, auxiliaries, limits, target, np.where(scale > 0, scale, 1.0))

    def fitted(self, max_iterations: int) -> _Fit:
        """Minimise the convex dual by Newton steps with backtracking."""
        state = best = self._state(np.zeros(len(self.target)))
        damping, iterations = 1e-10, 0
        while self._gap(state).max() > EXACT and iterations < max_iterations:
            step = self._step(state, damping)
            length, moved = self._searched(state, step)
            iterations += 1
            if self._gap(moved).max() >= self._gap(state).max() and self._gap(state).max() <= MET:
                break
            damping = max(damping / 10, 1e-13) if length == 1 else min(damping * 10, 1e-2)
            state = moved
            if self._gap(state).max() < self._gap(best).max():
                best = state
            if np.abs(exponents(self.auxiliaries, state.exponent)).max() > BEYOND:
                break
        return _Fit(best.exponent, best.slope + self.target, self._gap(best), iterations)

    def least_cap(self, max_iterations: int) -> float | None:
        """Find, by trying, the least cap with which the totals can be kept; None where the floor alone forbids it."""
        low, high = self.limits.cap, float(self.weights.max())
        if not self._feasible(high, max_iterations):
            return None
        for _ in range(ROUNDS):
            if high <= low * 1.0005:
                break
            middle = float(np.sqrt(low * high))
            low, high = (low, middle) if self._feasible(middle, max_iterations) else (middle, high)
        # rounded up: a larger cap does as well
        unit = 10.0 ** (np.floor(np.log10(high)) - 3)
        return float(np.ceil(high / unit) * unit)

    def _feasible(self, cap: float, max_iterations: int) -> bool:
        tried = replace(self, limits=Limits(self.limits.floor, cap))
        return tried.fitted(max_iterations).worst <= MET

    def _gap(self, state: _State) -> Floats:
        return np.asarray(np.abs(state.slope) / self.scale)

    def _state(self, exponent: Floats) -> _State:
        """Give the dual's value there, the weights that it stands for, and its slope: totals minus targets."""
        power = np.clip(exponents(self.auxiliaries, exponent), -LARGEST, LARGEST)
        weights = np.clip(self.weights * np.exp(power)[self.cell], self.limits.floor, self.limits.cap)
        by_cell = summed(self.cell, self.cells, self.frequency * weights)
        # the integral of the clipped exponential: e^u inside, continued along its tangents outside
        out = np.flatnonzero(~self.limits.inside(weights))
        beyond = power[self.cell[out]] - np.log(weights[out] / self.weights[out])
        value = by_cell.sum() + (self.frequency[out] * weights[out]) @ beyond
        slope = totals(self.auxiliaries, by_cell) - self.target
        return _State(exponent, float(value - self.target @ exponent), weights, slope)

    def _step(self, state: _State, damping: float) -> Floats:
        free = self.frequency * state.weights * self.limits.inside(state.weights)
        curvature = cross_product(self.auxiliaries, self.auxiliaries, summed(self.cell, self.cells, free))
        size = np.diag(curvature)
        root = np.where(size > 0, 1 / np.sqrt(np.where(size > 0, size, 1.0)), 1 / np.sqrt(self.scale))
        scaled = curvature * root[:, None] * root + damping * np.eye(len(root))
        return np.asarray(root * np.linalg.solve(scaled, -root * state.slope))

    def _searched(self, state: _State, step: Floats) -> tuple[float, _State]:
        length, gain, gap = 1.0, float(state.slope @ step), self._gap(state).max()
        moved = self._state(state.exponent + step)
        while moved.value > state.value + 1e-4 * length * gain and self._gap(moved).max() > 0.5 * gap:
            length /= 2
            if length < 1e-8:
                break
            moved = self._state(state.exponent + length * step)
        return length, moved


def totals(auxiliaries: Sequence[Auxiliary], weights: Floats, *, absolute: bool = False) -> Floats:
    """Add up weights times auxiliaries, or times their absolute values.

    Examples
    --------
    >>> totals([(np.array([0, 1, 1]), 2), np.array([[1.0], [2.0], [-1.0]])], np.array([1.0, 1.0, 2.0])).tolist()
    [1.0, 3.0, 1.0]
    """
    found: list[Floats] = []
    for block in auxiliaries:
        if isinstance(block, tuple):
            found.append(summed(block[0], block[1], weights))
        else:
            found.append(weights @ (np.abs(block) if absolute else block))
    return np.concatenate(found)
