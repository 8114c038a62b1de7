"""Chances of being in a nonprobability sample estimated again, on the weights of a replicate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...data.errors import WeightingError
from ..sampling.categories import Bools, Floats, Ints
from ..sampling.step import Replicate, Rows
from ..sampling.sums import summed
from ..sampling.target_error import TargetError
from .membership import Membership


@dataclass(frozen=True, eq=False)
class MembershipChange:
    """What was found of one set of weights: coefficients, and where there are classes those and their factors.

    Attributes
    ----------
    cells : Membership
        Equation and matrix.
    own : numpy.ndarray of int64
        For each row its cell.
    coefficients : numpy.ndarray
        Of the linear predictor.
    classes : numpy.ndarray of int64
        For each cell its class, of which the first has the lowest chances; empty without classes.
    class_factors : numpy.ndarray
        By class; empty without classes.
    largest : float
        What no factor exceeds.
    """

    cells: Membership
    own: Ints
    coefficients: Floats
    classes: Ints
    class_factors: Floats
    largest: float

    def applied(self, weights: Floats, rows: Rows) -> Floats:
        """Give the weights of some rows after the step, from theirs before it."""
        return np.asarray(weights * np.minimum(self.uncapped, self.largest)[self.own[rows]])

    @property
    def linear(self) -> Floats:
        """Linear predictor of each cell."""
        return np.asarray(self.cells.matrix @ self.coefficients)

    @property
    def uncapped(self) -> Floats:
        """For each cell the factor before any cap."""
        if len(self.class_factors):
            return np.asarray(self.class_factors[self.classes])
        return self.cells.equation.factor(self.linear)

    @property
    def capped(self) -> Bools:
        """For each cell whether its factor is the largest that is allowed."""
        return np.asarray(self.uncapped > self.largest)


@dataclass(frozen=True, eq=False)
class MembershipTask:
    """What was estimated from which reference, kept to be done again.

    Attributes
    ----------
    cells : Membership
        The equation with the weights of the whole sample, and those of the reference.
    own : numpy.ndarray of int64
        For each row its cell.
    other_units : numpy.ndarray
        Rows of the reference in each cell.
    strata : int or None
        How many classes of equal size the chances make; None for each row's own chance.
    largest : float
        What no factor exceeds.
    error : TargetError or None
        Of the reference's side of the equation, or of its class totals.
    start : numpy.ndarray or None
        Coefficients of the whole sample.
    kept : numpy.ndarray of int64 or None
        For each cell its class in the whole sample, where there are classes: replicates keep it.
    """

    cells: Membership
    own: Ints
    other_units: Floats
    strata: int | None
    largest: float
    error: TargetError | None = None
    start: Floats | None = None
    kept: Ints | None = None

    @property
    def classes(self) -> Ints:
        """For each row its cell: chances follow from the columns alone."""
        return self.own

    def replayed(self, weights: Floats, frequency: Floats, replicate: Replicate) -> MembershipChange:
        """Estimate the chances of a replicate, or the factors of its classes, the reference moved by its own error.

        Raises
        ------
        WeightingError
            When no chances make the replicate agree with the reference, or a class holds nobody of the replicate.
        """
        shift = None if self.error is None else self.error.shift(replicate)
        return self.change(weights, frequency, shift, str(replicate))

    def change(
        self, weights: Floats, frequency: Floats, shift: Floats | None = None, where: str = ""
    ) -> MembershipChange:
        """Estimate the chances for some weights and frequencies; within classes that are kept, their factors alone.

        Raises
        ------
        WeightingError
            When there are none.
        """
        sample = summed(self.own, len(self.other_units), weights * frequency)
        moved = None if self.strata else shift
        cells = replace(self.cells, sample=sample, shift=moved, where=where)
        if self.kept is not None and self.start is not None:
            kept = MembershipChange(cells, self.own, self.start, self.kept, np.zeros(0), self.largest)
            return _in_classes(kept, shift)
        none: Ints = np.zeros(0, dtype=np.int64)
        found = MembershipChange(cells, self.own, cells.solved(self.start), none, np.zeros(0), self.largest)
        if not self.strata:
            return found
        units = summed(self.own, len(self.other_units), frequency * (weights > 0)) + self.other_units
        classes = np.searchsorted(_bounds(found.linear, units, self.strata), found.linear, side="left")
        return _in_classes(replace(found, classes=classes.astype(np.int64)), shift)


def _in_classes(found: MembershipChange, shift: Floats | None) -> MembershipChange:
    """Give each class the factor that brings its weight to that of the reference."""
    cells, classes = found.cells, found.classes
    own, other = (summed(classes, int(classes.max()) + 1, each) for each in (cells.sample, cells.reference))
    begin = f"{cells.where}: " if cells.where else ""
    for called, sums in (("sample", own), ("reference", other)):
        if (sums <= 0).any():
            fewer = f"make fewer classes, strata={len(sums) - 1}, or " if len(sums) > 2 else ""
            raise WeightingError(
                f"{begin}class {int(np.argmin(sums)) + 1} of {len(sums)} classes of chances holds nobody of the "
                f"{called}; {fewer}leave strata out."
            )
    moved = other if shift is None else other + shift
    if (moved <= 0).any():
        raise WeightingError(f"{begin}the reference is too small for {len(own)} classes of chances; make fewer.")
    return replace(found, class_factors=moved / own)


def _bounds(linear: Floats, units: Floats, strata: int) -> Floats:
    """Cut the pooled rows, in the order of their chances, into classes of equal size; ties stay together."""
    order = np.argsort(linear, kind="stable")
    reached = np.cumsum(units[order])
    wanted = reached[-1] * np.arange(1, strata) / strata
    places = np.searchsorted(reached, wanted * (1 - 1e-12), side="left")
    cuts = np.unique(linear[order][places])
    return np.asarray(cuts[cuts < linear[units > 0].max()])
