"""Sums of squares and products of the columns of a sparse table, without a dense table of all its rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from ..sampling.categories import Floats, Ints
from ..sampling.sums import Table

CELLS = 4_000_000
"""Rows times columns of the table that are taken at a time; what is made dense of them is no more."""


def gram(table: Table, factor: Floats) -> Floats:
    """Add up the products of each two columns over rows, each row multiplied by a factor.

    Rows are taken together by their first column: those of one group of respondents have the same few columns, and
    within those they are as good as dense.

    Examples
    --------
    >>> gram(sparse.csr_array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]]), np.ones(3)).tolist()
    [[10.0, 3.0], [3.0, 5.0]]
    """
    csr = sparse.csr_array(table)
    added = np.zeros((csr.shape[1], csr.shape[1]))
    for rows in _rows_by_first_column(csr):
        part = csr[rows]
        columns, place = _columns_of(part)
        shape = (len(rows), len(columns))
        block = sparse.csr_array((part.data, place, part.indptr), shape=shape).toarray()
        added[np.ix_(columns, columns)] += (block * factor[rows, None]).T @ block
    return added


def _rows_by_first_column(csr: sparse.csr_array) -> Iterator[Ints]:
    filled = np.flatnonzero(np.diff(csr.indptr))
    first = csr.indices[csr.indptr[filled]]
    small = np.int16 if csr.shape[1] < 2**15 else np.int64  # 16 bits are sorted by counting
    order = filled[np.argsort(first.astype(small), kind="stable")]
    start, step = 0, max(1, CELLS // csr.shape[1])
    for stop in np.cumsum(np.bincount(first, minlength=csr.shape[1])):
        for at in range(start, stop, step):
            yield order[at : min(at + step, stop)]
        start = stop


def _columns_of(part: sparse.csr_array) -> tuple[Ints, Ints]:
    """Give the columns that have entries, and for each entry the place of its column among them."""
    seen = np.zeros(part.shape[1], dtype=bool)
    seen[part.indices] = True
    columns = np.flatnonzero(seen)
    place = np.zeros(part.shape[1], dtype=np.int64)
    place[columns] = np.arange(len(columns))
    return columns, place[part.indices]
