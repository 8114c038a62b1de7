"""The cells of a two-way table: weighted totals and shares, each with its full covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..sampling.categories import Bools, Floats, Ints
from ..sampling.design import Design
from ..sampling.sums import dense, summed, sums
from ..variance.influence import scatter_of
from ..variance.scatters import ReplicateScatter


@dataclass(frozen=True, eq=False)
class Cells:
    """Estimated cells of a table, row by row.

    Attributes
    ----------
    rows, columns : int
        Categories across.
    total : numpy.ndarray
        Weighted total of each cell.
    total_covariance : numpy.ndarray
        Covariance of the totals.
    share_covariance : numpy.ndarray
        Covariance of the shares of the whole table.
    """

    rows: int
    columns: int
    total: Floats
    total_covariance: Floats
    share_covariance: Floats

    @property
    def share(self) -> Floats:
        """Share of each cell of the whole table, rows x columns."""
        return np.asarray(self.total / self.total.sum()).reshape(self.rows, self.columns)


def cells(design: Design, base: Bools, row: Ints, column: Ints, shape: tuple[int, int]) -> Cells:
    """Estimate the cells of a table.

    Parameters
    ----------
    design : Design
        The sample.
    base : numpy.ndarray of bool
        The rows of the sample that have both answers and a weight above 0.
    row, column : numpy.ndarray of int64
        For each row of the sample its categories; not read outside the base.
    shape : (int, int)
        How many categories of each there are.

    Examples
    --------
    >>> import pandas as pd
    >>> design = Design(pd.DataFrame({"view": [0, 0, 1, 1]}))
    >>> view, sex = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    >>> cells(design, view >= 0, view, sex, (2, 2)).share.tolist()
    [[0.25, 0.25], [0.0, 0.5]]
    """
    places = np.flatnonzero(base)
    cell = row[places] * shape[1] + column[places]
    size = shape[0] * shape[1]
    total = summed(cell, size, design.weights[places])
    share = total / total.sum()
    if design.replication is not None:
        made = _replicates(design, places, cell, size)
        replication = design.replication
        scatters = [
            ReplicateScatter(found, estimate, replication.scale, replication.rscales, replication.mse).covariance
            for found, estimate in ((made, total), (made / made.sum(axis=1, keepdims=True), share))
        ]
        return Cells(*shape, total, *scatters)
    influence = sparse.csr_array((np.ones(len(places)), (places, cell)), shape=(len(base), size))
    covariance = scatter_of(design, total, lambda: influence, lambda weights: total, what="table").covariance
    slopes = (np.eye(size) - share[:, None]) / total.sum()
    return Cells(*shape, total, covariance, slopes @ covariance @ slopes.T)


def _replicates(design: Design, places: Ints, cell: Ints, size: int) -> Floats:
    """Give the totals of every replicate from the sums of its units."""
    replication = design.replication
    assert replication is not None
    by_unit = sums(replication.unit[places], replication.units, cell, size, replication.base[places])
    return replication.sums(dense(by_unit))
