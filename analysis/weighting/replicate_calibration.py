"""A calibration as a task: carried out on the whole sample, and again on the weights of each replicate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...data.errors import WeightingError
from ..sampling.categories import Floats, Ints
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
    point : numpy.ndarray of int64 or None
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
    point: Ints | None
    cost: Floats | None
    method: Method
    scale: float
    start: Floats | None = None

    @property
    def classes(self) -> Ints | None:
        """For each row its class, where there are classes."""
        return self.point

    def replayed(self, weights: Floats, frequency: Floats, replicate: Replicate) -> CellFactors | RowFactors:
        """Calibrate a replicate to the same targets.

        Raises
        ------
        WeightingError
            When the replicate cannot be calibrated: it holds nobody of a category, or no weights fit.
        """
        base = weights * frequency
        self._refuse_empty(base, str(replicate))
        _, fit = self.fit(weights, frequency)
        if not fit.worst <= self.method.tolerance:
            at = int(np.argmax(np.abs(fit.misfit)))
            raise WeightingError(
                f"{replicate}: no weights{' within the bounds' if self.method.bounds else ''} meet all targets; after "
                f"{fit.iterations} iterations {self.auxiliaries.names()[at]} is {np.abs(fit.misfit[at]):.2g} off "
                f"(share, or standard deviations). Widen the bounds, calibrate on fewer variables, or choose {_OTHER}."
            )
        return self.change(fit.multipliers)

    def fit(self, weights: Floats, frequency: Floats) -> tuple[Problem, Fit]:
        """Calibrate, and give what was fitted and how; the targets may not be reached."""
        problem = self.problem(weights, frequency)
        return problem, fitted(problem, self.method.tolerance, self.method.max_iterations, self.start)

    def problem(self, weights: Floats, frequency: Floats) -> Problem:
        """Give what is to be fitted."""
        base = weights * frequency
        sum_before = float(base.sum())
        total = self.auxiliaries.total if self.auxiliaries.counted else sum_before
        by_point = base if self.point is None else summed(self.point, len(self.matrix.cell), base)
        categories = self.matrix.totals(by_point)
        ends = np.cumsum(self.auxiliaries.sizes) - 1
        target = self.auxiliaries.target(total, (categories[ends] / sum_before).tolist())
        return Problem(
            self.matrix, by_point * (self.scale / total), target, self.method.factors(weights * self.scale), self.cost
        )

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
            empty = np.flatnonzero((summed(margin.positions, len(margin.share), base) <= 0) & (margin.share > 0))
            if len(empty):
                raise WeightingError(
                    f"{where} holds nobody of margin {margin.column}, category {margin.shown[empty[0]]}, so it cannot "
                    f"be calibrated. Join that category with another, or choose {_OTHER}."
                )


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
    rows = len(wanted.columns)
    codes, columns = wanted.codes, wanted.columns
    if wanted.moments or method.bounds_weights:
        return CalibrationTask(wanted, model_matrix(codes, wanted.sizes, columns), None, cost, method, scale)
    costs = () if cost is None else (np.unique(cost, return_inverse=True)[1].astype(np.int64),)
    point = combined([*codes, *costs], rows)
    first = np.zeros(int(point.max()) + 1, dtype=np.int64)
    first[point] = np.arange(rows)
    matrix = model_matrix([code[first] for code in codes], wanted.sizes, columns[first])
    return CalibrationTask(wanted, matrix, point, None if cost is None else cost[first], method, scale)


_OTHER = "a method that leaves nobody out (method='Fay', fay=0.5, or 'successive difference')"
