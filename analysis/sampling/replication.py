"""Replicate weights: what each replicate multiplies the weights of the sample by, unit by unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .categories import Floats, Ints
from .sums import Table


@dataclass(frozen=True, eq=False)
class Replication:
    """Replicate weights, kept as factors of units so that no table of rows by replicates is needed.

    Attributes
    ----------
    kind : str
        How the replicates were made, e.g. ``"JKn"`` or ``"bootstrap"``.
    unit : numpy.ndarray of int64
        For each row its unit.
    base : numpy.ndarray
        For each row the weight that the factors multiply.
    factors : numpy.ndarray
        Units x replicates.
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
    """

    kind: str
    unit: Ints
    base: Floats
    factors: Floats
    scale: float
    rscales: Floats
    mse: bool
    df: int
    text: str
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Count the replicates."""
        return int(self.factors.shape[1])

    @property
    def units(self) -> int:
        """The number of units."""
        return len(self.factors)

    def weights(self, replicate: int) -> Floats:
        """Give the weights of one replicate, for each row.

        Examples
        --------
        >>> unit, factors = np.array([0, 0, 1]), np.array([[0.0, 2.0], [2.0, 0.0]])
        >>> halves = Replication("BRR", unit, np.ones(3), factors, 0.5, np.ones(2), False, 1, "BRR")
        >>> halves.weights(1).tolist()
        [2.0, 2.0, 0.0]
        """
        return np.asarray(self.base * self.factors[self.unit, replicate])

    def sums(self, table: Table) -> Floats:
        """Turn totals by unit (made with ``base``) into totals by replicate."""
        if sparse.issparse(table):
            return np.asarray((sparse.csr_array(table).T @ self.factors).T)
        return np.asarray(self.factors.T @ table)
