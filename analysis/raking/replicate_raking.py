"""A raking or poststratification done again, on the weights of a replicate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...data.errors import WeightingError
from ..infeasibility.infeasible import unmet
from ..infeasibility.raking_problem import RakingProblem, names_of
from ..replication.carry_out import LEAVES_NOBODY_OUT
from ..sampling.categories import Codes, Floats
from ..sampling.step import CellFactors, Replicate
from ..targets.crossing import tallied
from ..targets.margin_fit import Cells
from ..targets.targets import Targets, check_left


@dataclass(frozen=True, eq=False)
class RakingTask:
    """What was fitted to what, kept to be done again.

    Attributes
    ----------
    wanted : Targets
        The margins, matched to the cells of the sample.
    bounds : tuple of float
        Least and largest factor.
    tolerance : float
        Largest distance from a target share.
    max_iterations : int
        Sweeps before giving up.
    verb : str
        What is done, e.g. ``"raked"``.
    """

    wanted: Targets
    bounds: tuple[float, float]
    tolerance: float
    max_iterations: int
    verb: str = "raked"

    @property
    def classes(self) -> Codes:
        """For each row its cell."""
        return self.wanted.crossing.cell

    def replayed(self, weights: Floats, frequency: Floats, replicate: Replicate) -> CellFactors:
        """Fit a replicate to the same targets; where these were estimated, moved by their error.

        Raises
        ------
        WeightingError
            When the replicate cannot be fitted: it holds nobody of a category, or no weights fit.
        """
        crossing, error = self.wanted.crossing, self.wanted.error
        weight = tallied(crossing.cell, len(crossing.weight), weights * frequency)
        shift = None if error is None or not replicate.reach else error.shift(replicate)
        return CellFactors(crossing.cell, self._factors(weight, shift, str(replicate)))

    def _factors(self, weight: Floats, shift: Floats | None, where: str) -> Floats:
        """Give for each cell the factor that fits a replicate."""
        total = weight.sum()
        if total <= 0:
            raise WeightingError(f"{where} holds nobody, so it cannot be {self.verb}.")
        self._refuse_empty(weight, where)
        cells = self.wanted.cells_of(weight, shift)
        self._refuse_negative(cells, where)
        bounds = self.bounds if self.bounds != (0.0, np.inf) else None
        asked = RakingProblem(
            cells,
            names_of(self.wanted),
            bounds,
            self.tolerance,
            self.max_iterations,
            where=f"{where}: ",
            remedy=f"Or choose {LEAVES_NOBODY_OUT}.",
        )
        fit = asked.fit()
        if not fit.worst <= self.tolerance:
            raise unmet(asked, fit)
        factors = np.ones(len(weight))
        factors[weight > 0] = fit.ratio * ((self.wanted.total / total) if self.wanted.counted else 1.0)
        return factors

    def _refuse_empty(self, weight: Floats, where: str) -> None:
        for target in self.wanted.margins:
            held = np.bincount(target.code, weights=weight, minlength=len(target.share))[: len(target.known)]
            empty = np.flatnonzero(held <= 0)
            if len(empty):
                raise WeightingError(
                    f"{where} holds nobody of margin {target.column}, category {target.shown[empty[0]]}, so it cannot "
                    f"be {self.verb}. Join that category with another, or choose {LEAVES_NOBODY_OUT}."
                )

    def _refuse_negative(self, cells: Cells, where: str) -> None:
        for target, share in zip(self.wanted.margins, cells.targets, strict=True):
            check_left(target, share, f"{where}: ")
            below = np.flatnonzero(share[: len(target.known)] <= 0)
            if len(below):
                raise WeightingError(
                    f"{where}: the target of margin {target.column}, category {target.shown[below[0]]} was estimated, "
                    f"and moved by its sampling error it is {100 * share[below[0]]:.3g}%. Join that category with "
                    "another, or make more replicates."
                )
