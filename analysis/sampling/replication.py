"""Replicate weights: how often each unit of the sample counts in each replicate, and what was then done to weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse

from .categories import Floats, Ints
from .step import Change, Replicate
from .sums import Table

TOGETHER = 16
"""Replicates whose factors are worked out at a time."""

TABLE = 1_000_000
"""Units times replicates that are kept as a table; beyond it what can be worked out again is not kept."""


class Drawn(Protocol):
    """Factors that are drawn whenever a replicate is asked for, always the same, so that no table of them is kept."""

    @property
    def shape(self) -> tuple[int, int]:
        """Units and replicates."""

    def column(self, replicate: int) -> Floats:
        """Give the factor of each unit in one replicate."""

    def rank(self, units: Ints) -> int:
        """Give the rank of the factors of some units over all replicates."""


@dataclass(frozen=True, eq=False)
class Changes:
    """What the steps of a weighting did in every replicate: a few numbers each, from which factors follow.

    Attributes
    ----------
    drawn : numpy.ndarray of int64
        For each unit the unit that was drawn, a row of the replication's ``factors``.
    first : numpy.ndarray of int64 or slice
        For each unit a row of it; ``slice(None)`` where every row is a unit.
    start : numpy.ndarray
        For each row the weight before the first step.
    made : tuple of tuple of Change
        For each replicate its changes, in order.
    kept : numpy.ndarray or None
        Units x replicates: drawn factors times those of the steps, where units are few.
    """

    drawn: Ints
    first: Ints | slice
    start: Floats
    made: tuple[tuple[Change, ...], ...]
    kept: Floats | None = None

    def factor(self, replicate: int) -> Floats:
        """Give for each unit what the steps multiplied the weight by."""
        before = self.start[self.first]
        weights = before
        for change in self.made[replicate]:
            weights = change.applied(weights, self.first)
        return np.divide(weights, before, out=np.zeros(len(before)), where=before != 0)


@dataclass(frozen=True, eq=False)
class Replication:
    """Replicate weights, kept as factors of units so that no table of rows by replicates is needed.

    Attributes
    ----------
    kind : str
        How the replicates were made, e.g. ``"JKn"`` or ``"bootstrap"``.
    unit : numpy.ndarray of int64
        For each row its unit: the rows of one have the same factor in each replicate.
    base : numpy.ndarray
        For each row the weight that the factors multiply.
    factors : numpy.ndarray or Drawn
        Units as drawn x replicates, or what draws the column of a replicate.
    scale : float
        Factor of the sum of squared deviations.
    rscales : numpy.ndarray
        Factor of each replicate.
    mse : bool
        Whether deviations are from the estimate of the whole sample, not from the mean of the replicates.
    df : int
        Degrees of freedom.
    text : str
        The replication in words, e.g. ``"bootstrap, 200 replicates, seed 1"``.
    notes : tuple of str
        What readers of a result must know of the replicates; its footnotes.
    changes : Changes or None
        What steps of a weighting did in each replicate.
    """

    kind: str
    unit: Ints
    base: Floats
    factors: Floats | Drawn
    scale: float
    rscales: Floats
    mse: bool
    df: int
    text: str
    notes: tuple[str, ...] = ()
    changes: Changes | None = None

    def __len__(self) -> int:
        """Count the replicates."""
        return int(self.factors.shape[1])

    def __iter__(self) -> Iterator[Replicate]:
        """Go through the replicates."""
        reaches = np.sqrt(self.scale * self.rscales)
        for number, reach in enumerate(reaches):
            yield Replicate(number, len(self), 1 / float(reach) if reach > 0 else 0.0)

    @property
    def units(self) -> int:
        """The number of units."""
        return int(self.factors.shape[0]) if self.changes is None else len(self.changes.drawn)

    def drawn(self, units: Ints) -> Ints:
        """Give the rows of ``factors`` that some units were drawn as."""
        return units if self.changes is None else np.unique(self.changes.drawn[units])

    def column(self, replicate: int) -> Floats:
        """Give the factors of one replicate as they were drawn, before any step: for each row of ``factors``."""
        if isinstance(self.factors, np.ndarray):
            return np.asarray(self.factors[:, replicate])
        return self.factors.column(replicate)

    def factor(self, replicate: int) -> Floats:
        """Give for each unit what one replicate multiplies its weights by."""
        whole = self._whole
        if whole is not None:
            return np.asarray(whole[:, replicate])
        if self.changes is None:
            return self.column(replicate)
        return np.asarray(self.column(replicate)[self.changes.drawn] * self.changes.factor(replicate))

    def weights(self, replicate: int) -> Floats:
        """Give the weights of one replicate, for each row.

        Examples
        --------
        >>> unit, factors = np.array([0, 0, 1]), np.array([[0.0, 2.0], [2.0, 0.0]])
        >>> halves = Replication("BRR", unit, np.ones(3), factors, 0.5, np.ones(2), False, 1, "BRR")
        >>> halves.weights(1).tolist()
        [2.0, 2.0, 0.0]
        """
        return np.asarray(self.base * self.factor(replicate)[self.unit])

    def sums(self, table: Table) -> Floats:
        """Turn totals by unit (made with ``base``) into totals by replicate."""
        if self._whole is not None:
            return _times(table, self._whole)
        found = np.empty((len(self), table.shape[1]))
        for start in range(0, len(self), TOGETHER):
            some = range(start, min(start + TOGETHER, len(self)))
            found[some.start : some.stop] = _times(table, np.stack([self.factor(each) for each in some], axis=1))
        return found

    @property
    def at_hand(self) -> bool:
        """Whether the factors of all replicates lie in one table, and are not made as they are asked for."""
        return self._whole is not None

    @property
    def _whole(self) -> Floats | None:
        """Units x replicates, where that table is kept."""
        if self.changes is not None:
            return self.changes.kept
        return self.factors if isinstance(self.factors, np.ndarray) else None


def _times(table: Table, factors: Floats) -> Floats:
    if sparse.issparse(table):
        return np.asarray((sparse.csr_array(table).T @ factors).T)
    return np.asarray(factors.T @ table)
