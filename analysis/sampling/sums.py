"""Adding up over rows: sums by group and cell, dense where the table is small, sparse where it is not."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from .categories import Codes, Floats, Ints

Table = Floats
"""Sums by group and cell: an array, or a scipy.sparse.csr_array where groups are many (every row its own PSU)."""

DENSE = 1_000_000
"""Tables of more cells than this are sparse, unless a good part of the cells is filled."""

FILLED = 4
"""Cells for each value added up, below which a table counts as filled."""


def sums(group: Ints, groups: int, cell: Ints, cells: int, values: Floats) -> Table:
    """Add up values by group and cell.

    Examples
    --------
    >>> sums(np.array([0, 0, 1]), 2, np.array([1, 1, 0]), 2, np.array([1.0, 2.0, 5.0])).tolist()
    [[0.0, 3.0], [5.0, 0.0]]
    """
    if is_dense(groups * cells, len(values)):
        return summed(group * cells + cell, groups * cells, values).reshape(groups, cells)
    table: Table = sparse.csr_array((values, (group, cell)), shape=(groups, cells))
    return table


def is_dense(cells: int, values: int) -> bool:
    """Say whether sums of some values into a table of some cells are kept as an array."""
    return cells <= max(DENSE, FILLED * values)


def summed(code: Codes, codes: int, values: Floats) -> Floats:
    """Add up values by code.

    Examples
    --------
    >>> summed(np.array([0, 2, 2]), 3, np.array([1.0, 2.0, 5.0])).tolist()
    [1.0, 0.0, 7.0]
    """
    return np.bincount(code, weights=values, minlength=codes).astype(np.float64, copy=False)


def dense(table: Table) -> Floats:
    """Give a table as an array.

    Examples
    --------
    >>> dense(sparse.csr_array(np.eye(2))).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return np.asarray(sparse.csr_array(table).toarray()) if sparse.issparse(table) else table
