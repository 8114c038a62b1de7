"""A raking done again, on the weights of a replicate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...data.errors import WeightingError
from ..sampling.categories import Floats, Ints
from ..sampling.step import CellFactors, Replicate
from ..sampling.sums import summed
from .margin_fit import Cells, fitted


@dataclass(frozen=True, eq=False)
class RakingTask:
    """What was raked to what, kept to be done again.

    Attributes
    ----------
    row_cell : numpy.ndarray of int64
        For each row its cell, the combination of its categories.
    cells : Cells
        The cells of the whole sample, with their targets.
    names : tuple of tuple of str
        For each margin its column, then its categories as printed.
    kept : tuple of bool
        For each margin whether its last category is the rows without a value, which keep their share of the weight.
    population : float or None
        What the weights add up to; None where they keep their sum.
    bounds : tuple of float
        Least and largest factor.
    tolerance : float
        Largest distance from a target share.
    max_iterations : int
        Sweeps before giving up.
    """

    row_cell: Ints
    cells: Cells
    names: tuple[tuple[str, ...], ...]
    kept: tuple[bool, ...]
    population: float | None
    bounds: tuple[float, float]
    tolerance: float
    max_iterations: int

    @property
    def classes(self) -> Ints:
        """For each row its cell."""
        return self.row_cell

    def replayed(self, weights: Floats, frequency: Floats, replicate: Replicate) -> CellFactors:
        """Rake a replicate to the same targets.

        Raises
        ------
        WeightingError
            When the replicate cannot be raked: it holds nobody of a category, or no weights fit.
        """
        by_cell = summed(self.row_cell, len(self.cells.weight), weights * frequency)
        return CellFactors(self.row_cell, self._ratio(by_cell, str(replicate)))

    def _ratio(self, weight: Floats, where: str) -> Floats:
        """Give for each cell the factor that rakes a replicate."""
        total = weight.sum()
        if total <= 0:
            raise WeightingError(f"{where} holds nobody, so it cannot be raked.")
        cells = Cells(weight / total, self.cells.codes, self._targets(weight / total))
        self._refuse_empty(cells, where)
        fit = fitted(cells, self.bounds, self.tolerance, self.max_iterations)
        if not fit.worst <= self.tolerance:
            raise WeightingError(
                f"{where}: no weights{' within the bounds' if np.isfinite(self.bounds[1]) else ''} fit all margins; "
                f"after {fit.iterations} iterations a share is {100 * fit.worst:.2g} points off. Widen the bounds, "
                f"join categories, or choose {_OTHER}."
            )
        ratio: Floats = fit.ratio * ((self.population or total) / total)
        return ratio

    def _targets(self, share: Floats) -> tuple[Floats, ...]:
        """Give the targets; rows without a value keep the share that they have in this replicate."""
        found = []
        for code, target, kept in zip(self.cells.codes, self.cells.targets, self.kept, strict=True):
            if kept:
                own = share[code == len(target) - 1].sum()
                target = np.append(target[:-1] * ((1 - own) / (1 - target[-1])), own)
            found.append(target)
        return tuple(found)

    def _refuse_empty(self, cells: Cells, where: str) -> None:
        for names, share, target in zip(
            self.names, cells.shares(np.ones(len(cells.weight))), cells.targets, strict=True
        ):
            empty = np.flatnonzero((share <= 0) & (target > 0))
            if len(empty):
                raise WeightingError(
                    f"{where} holds nobody of margin {names[0]}, category {names[1 + empty[0]]}, so it cannot be "
                    f"raked. Join that category with another, or choose {_OTHER}."
                )


_OTHER = "a method that leaves nobody out (method='Fay', fay=0.5, or 'successive difference')"
