"""Rows sorted into cells, the combinations of categories that occur: what is fitted to margins is fitted on cells.

A million rows are passed over a few times in narrow whole numbers; everything else is worked out on the cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from ..sampling.categories import Codes, Coding, Floats, Ints

FEW = 1 << 16
"""So many combinations are counted whether they occur or not."""

SPARSE = 2
"""Combinations for each that occurs, above which those that do not are left out of many rows too."""

AT_ONCE = 1 << 16
"""Rows that are added up at a time, so that numpy's widened copies of them stay small."""


@dataclass(frozen=True, eq=False)
class Crossing:
    """Rows in cells.

    Attributes
    ----------
    columns : tuple of Coding
        The columns crossed.
    cell : numpy.ndarray of int
        For each row its cell.
    codes : tuple of numpy.ndarray
        For each column the place in its values of each cell; -1 where it is blank.
    weight : numpy.ndarray
        For each cell its weight.
    count : numpy.ndarray of int64
        For each cell its rows of a weight above zero.
    """

    columns: tuple[Coding, ...]
    cell: Codes
    codes: tuple[Ints, ...]
    weight: Floats
    count: Ints

    def place(self, column: str) -> int:
        """Give the place of a column among those crossed."""
        return [coded.name for coded in self.columns].index(column)


def crossed(columns: Sequence[Coding], weights: Floats) -> Crossing:
    """Sort rows into the combinations of several columns.

    Examples
    --------
    >>> sex, town = Coding("sex", np.array([0, 1, 1]), (1.0, 2.0)), Coding("town", np.array([-1, 0, 0]), ("n",))
    >>> found = crossed([sex, town], np.array([1.0, 2.0, 3.0]))
    >>> found.cell.tolist(), [codes.tolist() for codes in found.codes], found.weight.tolist(), found.count.tolist()
    ([0, 1, 1], [[0, 1], [-1, 0]], [1.0, 5.0], [1, 2])
    """
    cell: Codes = np.zeros(len(weights), dtype=np.int16)
    cells, codes = 1, list[Ints]()
    for coded in columns:
        cell, cells, codes = _with_column(cell, cells, codes, coded)
    positive = weights > 0
    everybody = bool(positive.all())
    count = tallied(cell, cells) if everybody else tallied(cell[positive], cells)
    occurring = np.flatnonzero(count if everybody else tallied(cell, cells))
    if len(occurring) < cells and (cells > SPARSE * len(occurring) or len(cell) < FEW):
        cell, codes, count = _kept(cell, cells, occurring), [code[occurring] for code in codes], count[occurring]
        cells = len(occurring)
    return Crossing(tuple(columns), cell, tuple(codes), tallied(cell, cells, weights), count)


def _with_column(cell: Codes, cells: int, codes: list[Ints], coded: Coding) -> tuple[Codes, int, list[Ints]]:
    """Cross what there is with one more column."""
    blank = coded.codes.dtype.kind == "i" and bool((coded.codes < 0).any())
    known = np.concatenate([np.arange(len(coded.values)), np.full(int(blank), -1)])
    size = len(known)
    if cells * size > FEW and cells * size > len(cell):
        occurring = np.flatnonzero(tallied(cell, cells))
        cell, cells, codes = _kept(cell, cells, occurring), len(occurring), [code[occurring] for code in codes]
    cell = cell.astype(_width(cells * size))
    cell *= cell.dtype.type(size)
    cell += coded.codes.astype(cell.dtype, copy=False)
    if blank:
        cell[coded.codes < 0] += cell.dtype.type(size)
    if cells * size > max(FEW, 8 * len(cell)):
        occurring, cell = np.unique(cell, return_inverse=True)
        return cell, len(occurring), [*(code[occurring // size] for code in codes), known[occurring % size]]
    return cell, cells * size, [*(np.repeat(code, size) for code in codes), np.tile(known, cells)]


def _width(size: int) -> np.dtype[np.signedinteger]:
    """Give the narrowest type of whole numbers up to a size."""
    return np.dtype(np.int16 if size < 1 << 15 else np.int32 if size < 1 << 31 else np.int64)


def _kept(cell: Codes, cells: int, occurring: Ints) -> Codes:
    """Number anew the cells that occur."""
    place = np.zeros(cells, dtype=_width(len(occurring)))
    place[occurring] = np.arange(len(occurring))
    return place[cell]


@overload
def tallied(code: Codes, codes: int) -> Ints: ...


@overload
def tallied(code: Codes, codes: int, weights: Floats) -> Floats: ...


def tallied(code: Codes, codes: int, weights: Floats | None = None) -> Ints | Floats:
    """Count rows by code, or add up their weights, some rows at a time.

    Examples
    --------
    >>> tallied(np.array([0, 2, 2], dtype=np.int8), 3).tolist()
    [1, 0, 2]
    """
    if weights is None:
        counts = np.zeros(codes, dtype=np.int64)
        for some in _stretches(len(code), codes):
            counts += np.bincount(code[some], minlength=codes)
        return counts
    sums = np.zeros(codes)
    for some in _stretches(len(code), codes):
        sums += np.bincount(code[some], weights=weights[some], minlength=codes)
    return sums


def _stretches(rows: int, codes: int) -> Iterator[slice]:
    """Cut rows into stretches, no shorter than the table that each is added to."""
    step = max(AT_ONCE, codes)
    return (slice(start, start + step) for start in range(0, rows, step))


def by_row(factor: Floats, cell: Codes, weights: Floats) -> Floats:
    """Multiply the weights of rows by the factors of their cells.

    Examples
    --------
    >>> by_row(np.array([2.0, 10.0]), np.array([0, 1, 1], dtype=np.int8), np.array([1.0, 2.0, 3.0])).tolist()
    [2.0, 20.0, 30.0]
    """
    found = np.empty(len(weights))
    for start in range(0, len(weights), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        np.multiply(weights[some], factor[cell[some]], out=found[some])
    return found
