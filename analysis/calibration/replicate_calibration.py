"""A calibration as a task: carried out on the whole sample, and again on the weights of each replicate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...data.errors import WeightingError
from ..replication.carry_out import LEAVES_NOBODY_OUT
from ..sampling.categories import Codes, Floats
from ..sampling.sample import combined
from ..sampling.step import CellFactors, Replicate, Rows
from ..sampling.sums import summed
from .auxiliaries import Auxiliaries
from .calibration_fit import Fit, Problem, fitted
from .calibration_method import Method
from .model_matrix import ModelMatrix, model_matrix


@dataclass(frozen=True, eq=False)
class CalibrationTask:
    """What is calibrated to what, kept to be done again.

    Attributes
    ----------
    auxiliaries : Auxiliaries
        The targets.
    matrix : ModelMatrix
        The auxiliaries by class, or by row where there are no classes.
    point : numpy.ndarray of int or None
        For each row its class: rows of the same categories and cost; None where numbers or bounds tell rows apart.
    cost : numpy.ndarray or None
        Unit costs, by class or row; None for one.
    method : Method
        Distance, bounds and tolerance.
    scale : float
        What base weights are multiplied by before distances and factors count.
    start : numpy.ndarray or None
        Multipliers to start from.
    """

    auxiliaries: Auxiliaries
    matrix: ModelMatrix
    point: Codes | None
    cost: Floats | None
    method: Method
    scale: float
    start: Floats | None = None

    @property
    def classes(self) -> Codes | None:
        """For each row its class, where there are classes."""
        return self.point

    def replayed(self, weights: Floats, frequency: Floats, replicate: Replicate) -> CellFactors | RowFactors:
        """Calibrate a replicate to the same targets.

        Raises
        ------
        WeightingError
            When the replicate cannot be calibrated: it holds nobody of a category, or no weights fit.
        """
        self._refuse_empty(weights * frequency, str(replicate))
        error = self.auxiliaries.matched.error if self.auxiliaries.matched else None
        problem = self.problem(weights, frequency, None if error is None else error.shift(replicate))
        self._refuse_negative(problem.target, str(replicate))
        fit = self.fit(problem)
        if not fit.worst <= self.method.tolerance:
            at = int(np.argmax(np.abs(fit.misfit)))
            raise WeightingError(
                f"{replicate}: no weights{' within the bounds' if self.method.bounds else ''} meet all targets; the "
                f"furthest off is {self.auxiliaries.names[at]}. Widen the bounds, calibrate on "
                f"fewer variables, or choose {LEAVES_NOBODY_OUT}."
            )
        return self.change(fit.multipliers)

    def fit(self, problem: Problem) -> Fit:
        """Calibrate; the targets may not be reached."""
        return fitted(problem, self.method.tolerance, self.method.max_iterations, self.start)

    def problem(self, weights: Floats, frequency: Floats, shift: Floats | None = None) -> Problem:
        """Give what is to be fitted.

        Parameters
        ----------
        weights : numpy.ndarray
            For each row the weight of one respondent.
        frequency : numpy.ndarray
            For each row how often it counts.
        shift : numpy.ndarray, optional
            By how much the shares of margins that were estimated are moved.
        """
        wanted, base = self.auxiliaries, weights * frequency
        by_point = base if self.point is None else summed(self.point, len(self.matrix.cell), base)
        observed = np.split(self.matrix.totals(by_point) / by_point.sum(), np.cumsum(wanted.sizes))
        total = wanted.total if wanted.counted else float(base.sum())
        target = wanted.target(total, observed[: len(wanted.margins)], shift)
        distance = self.method.factors(weights * self.scale)
        return Problem(self.matrix, by_point * (self.scale / total), target, distance, self.cost)

    def change(self, multipliers: Floats) -> CellFactors | RowFactors:
        """Give what multipliers do to weights."""
        if self.point is None:
            return RowFactors(self, multipliers)
        u = self.matrix.predictor(multipliers)
        u = u if self.cost is None else u / self.cost
        return CellFactors(self.point, self.scale * self.method.factors(u).factor(u))

    def _refuse_empty(self, base: Floats, where: str) -> None:
        if not base.sum() > 0:
            raise WeightingError(f"{where} holds nobody, so it cannot be calibrated.")
        for margin in self.auxiliaries.margins:
            by_cell = summed(margin.cell, len(margin.code), base)
            held = np.bincount(margin.code, weights=by_cell, minlength=len(margin.share))[: len(margin.known)]
            empty = np.flatnonzero(held <= 0)
            if len(empty):
                raise WeightingError(
                    f"{where} holds nobody of margin {margin.column}, category {margin.shown[empty[0]]}, so it cannot "
                    f"be calibrated. Join that category with another, or choose {LEAVES_NOBODY_OUT}."
                )

    def _refuse_negative(self, target: Floats, where: str) -> None:
        start = 0
        for margin in self.auxiliaries.margins:
            below = np.flatnonzero(target[start : start + len(margin.known)] <= 0)
            if len(below):
                raise WeightingError(
                    f"{where}: the target of margin {margin.column}, category {margin.shown[below[0]]} is "
                    f"{100 * target[start + below[0]]:.3g}% there: it was moved by its sampling error, or rows without "
                    "a value take it up. Join that category with another, or make more replicates."
                )
            start += len(margin.share)


@dataclass(frozen=True, eq=False)
class RowFactors:
    """A change by a factor of each row's own auxiliaries, from a few multipliers.

    Attributes
    ----------
    task : CalibrationTask
        The calibration, with the rows' auxiliaries; shared by all replicates.
    multipliers : numpy.ndarray
        One for each auxiliary.
    """

    task: CalibrationTask
    multipliers: Floats

    def applied(self, weights: Floats, rows: Rows) -> Floats:
        """Give the weights of some rows after the calibration, from theirs before it."""
        task = self.task
        u = task.matrix.predictor(self.multipliers, rows)
        if task.cost is not None:
            u /= task.cost[rows]
        start = weights * task.scale
        after = start * task.method.factors(start).factor(u)
        if not task.method.bounds_weights:
            return np.asarray(after)
        assert task.method.bounds is not None
        return np.where(start > 0, np.clip(after, *task.method.bounds), 0.0)


def task(wanted: Auxiliaries, cost: Floats | None, method: Method, scale: float) -> CalibrationTask:
    """Lay out a calibration: by classes of rows where rows of a class get one factor, else by rows."""
    cell = wanted.cell
    if wanted.moments or method.bounds_weights:
        matrix = model_matrix(cell, wanted.codes, wanted.sizes, wanted.columns)
        return CalibrationTask(wanted, matrix, None, cost, method, scale)
    cells = len(wanted.codes[0])
    if cost is None:
        matrix = model_matrix(np.arange(cells), wanted.codes, wanted.sizes, np.empty((cells, 0)))
        return CalibrationTask(wanted, matrix, cell, None, method, scale)
    point = combined([cell.astype(np.int64), np.unique(cost, return_inverse=True)[1].astype(np.int64)], len(cell))
    first = np.zeros(int(point.max()) + 1, dtype=np.int64)
    first[point] = np.arange(len(cell))
    matrix = model_matrix(cell[first], wanted.codes, wanted.sizes, np.empty((len(first), 0)))
    return CalibrationTask(wanted, matrix, point, cost[first], method, scale)
