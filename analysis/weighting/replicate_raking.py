"""A raking repeated on every replicate, so that their spread knows of the margins.

Each replicate is raked from its own weights to the same targets, as R's ``rake`` and ``calibrate`` do for designs with
replicates. Valliant (1993), Poststratification and conditional variance estimation, JASA 88; Lumley (2010), Complex
Surveys, section 7.2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from ...data.errors import WeightingError
from ..sampling.categories import Floats, Ints
from ..sampling.replication import Replication
from ..sampling.sample import combined
from .margin_fit import Cells, fitted

EACH = "; each of them raked"
"""What is said of replicates after a raking."""


@dataclass(frozen=True, eq=False)
class RakingTask:
    """What was raked to what, kept to be done again.

    Attributes
    ----------
    before : numpy.ndarray
        The weights before, by row.
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

    before: Floats
    row_cell: Ints
    cells: Cells
    names: tuple[tuple[str, ...], ...]
    kept: tuple[bool, ...]
    population: float | None
    bounds: tuple[float, float]
    tolerance: float
    max_iterations: int

    def replayed(self, replication: Replication) -> Replication:
        """Rake every replicate; the units are now those of the replicates within each cell.

        Raises
        ------
        WeightingError
            When a replicate cannot be raked: it holds nobody of a category, or no weights fit.
        """
        unit = combined([replication.unit, self.row_cell], len(self.row_cell))
        first = np.zeros(int(unit.max()) + 1, dtype=np.int64)
        first[unit[::-1]] = np.arange(len(unit))[::-1]
        factors = replication.factors[replication.unit[first]]
        cell = self.row_cell[first]
        weight = np.bincount(unit, weights=replication.base)
        adding = sparse.csr_array((weight, (cell, np.arange(len(cell)))), shape=(len(self.cells.weight), len(cell)))
        by_cell = np.asarray(adding @ factors)
        for replicate in range(len(replication)):
            factors[:, replicate] *= self._ratio(by_cell[:, replicate], replicate, len(replication))[cell]
        text = replication.text.removesuffix(EACH) + EACH
        return replace(replication, unit=unit, factors=factors, text=text)

    def _ratio(self, weight: Floats, replicate: int, replicates: int) -> Floats:
        """Give for each cell the factor that rakes a replicate."""
        total = weight.sum()
        where = f"replicate {replicate + 1} of {replicates}"
        if (weight < 0).any() or total <= 0:
            raise WeightingError(
                f"{where} has a negative weight, or none, in a combination of margins, and cannot be raked; rake the "
                "weights before the replicates are made, or take the replicates as they are."
            )
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
