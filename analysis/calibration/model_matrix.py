"""The auxiliaries of a calibration by row: categories of margins, and numbers on a scale of their own.

Categories are kept as the combination that each row has, and never written out by row; numbers as they are, column by
column, less their target and over their spread, so that sums of squares are of one size whatever their unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..sampling.categories import Codes, Floats, Ints
from ..sampling.step import Rows
from ..sampling.sums import summed

TOGETHER = 16_384
"""Rows whose products are worked out at a time, so that they stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class ModelMatrix:
    """Rows by auxiliaries, the categories of each margin before the numbers.

    Attributes
    ----------
    cell : numpy.ndarray of int
        For each row its combination of categories.
    dummies : scipy.sparse.csr_array
        Combinations x categories: a one for each category that the combination has.
    columns : numpy.ndarray
        Rows x numbers, column by column in memory.
    """

    cell: Codes
    dummies: sparse.csr_array
    columns: Floats

    @property
    def size(self) -> int:
        """The number of auxiliaries."""
        return int(self.dummies.shape[1] + self.columns.shape[1])

    def predictor(self, multipliers: Floats, rows: Rows = slice(None)) -> Floats:
        """Multiply the auxiliaries of rows by multipliers and add up.

        Examples
        --------
        >>> matrix = model_matrix(np.array([0, 1, 1]), [np.array([0, 1])], [2], np.array([[1.0], [2.0], [3.0]]))
        >>> matrix.predictor(np.array([10.0, 20.0, 1.0])).tolist()
        [11.0, 22.0, 23.0]
        """
        categories = self.dummies.shape[1]
        by_cell = np.asarray(self.dummies @ multipliers[:categories])
        if not self.columns.shape[1]:
            return np.asarray(by_cell[self.cell[rows]])
        found = self.columns[rows] @ multipliers[categories:]
        found += by_cell if len(by_cell) == 1 else by_cell[self.cell[rows]]
        return np.asarray(found)

    def totals(self, weights: Floats) -> Floats:
        """Add up weights times auxiliaries over the rows.

        Examples
        --------
        >>> matrix = model_matrix(np.array([0, 1, 1]), [np.array([0, 1])], [2], np.array([[1.0], [2.0], [3.0]]))
        >>> matrix.totals(np.array([1.0, 1.0, 2.0])).tolist()
        [1.0, 3.0, 9.0]
        """
        by_cell = self._by_cell(weights)
        return np.concatenate([self.dummies.T @ by_cell, weights @ self.columns])

    def gram(self, weights: Floats) -> Floats:
        """Add up weights times the products of auxiliaries over the rows.

        Examples
        --------
        >>> matrix = model_matrix(np.array([0, 1, 1]), [np.array([0, 1])], [2], np.array([[1.0], [2.0], [3.0]]))
        >>> matrix.gram(np.array([1.0, 1.0, 2.0])).tolist()
        [[1.0, 0.0, 1.0], [0.0, 3.0, 8.0], [1.0, 8.0, 23.0]]
        """
        by_cell = self._by_cell(weights)
        one = np.asarray((self.dummies.T @ (self.dummies * by_cell[:, None])).toarray())
        if not self.columns.shape[1]:
            return one
        products = np.stack([self._by_cell(weights * column) for column in self.columns.T], axis=1)
        cross = np.asarray(self.dummies.T @ products)
        return np.block([[one, cross], [cross.T, _gram(self.columns, weights)]])

    def some(self, rows: Ints) -> ModelMatrix:
        """Give the auxiliaries of some rows."""
        return ModelMatrix(self.cell[rows], self.dummies, self.columns[rows])

    def _by_cell(self, weights: Floats) -> Floats:
        cells = self.dummies.shape[0]
        return np.array([weights.sum()]) if cells == 1 else summed(self.cell, cells, weights)


def model_matrix(cell: Codes, codes: Sequence[Ints], sizes: Sequence[int], columns: Floats) -> ModelMatrix:
    """Lay out categories and numbers.

    Parameters
    ----------
    cell : numpy.ndarray of int
        For each row its combination of categories.
    codes : sequence of numpy.ndarray of int64
        For each margin the category of each combination.
    sizes : sequence of int
        For each margin how many categories it has.
    columns : numpy.ndarray
        Rows x numbers; may have no columns.
    """
    starts = np.cumsum([0, *sizes])
    cells = len(codes[0])
    places = np.concatenate([code + start for code, start in zip(codes, starts[:-1], strict=True)])
    rows = np.tile(np.arange(cells), len(codes))
    dummies = sparse.csr_array((np.ones(len(rows)), (rows, places)), shape=(cells, int(starts[-1])))
    return ModelMatrix(cell, dummies, np.asfortranarray(columns))


def _gram(columns: Floats, weights: Floats) -> Floats:
    """Multiply columns by each other, some rows at a time; weights may be negative."""
    found = np.zeros((columns.shape[1], columns.shape[1]))
    for start in range(0, len(columns), TOGETHER):
        some = columns[start : start + TOGETHER]
        found += some.T @ (some * weights[start : start + TOGETHER, None])
    return found
