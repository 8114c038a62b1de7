"""The scatter of estimates by group where every row is a sampling unit of its own.

A row then has influence on the estimates of its group alone. The values are kept as rows x items, and a row's group
says which estimates they belong to; a table of rows x estimates, sparse or not, would be many times larger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from ..sampling.categories import Floats, Ints
from ..sampling.sample import Stage
from ..sampling.sums import Table, summed
from .scatter import Scatter, scale

CHUNK = 32_768
"""Rows that are worked on at a time: few enough to stay in the processor's cache."""

MANY = 2_000
"""Up to as many estimates, covariances within sets are taken out of the whole covariance."""

FEW = 32
"""Up to as many items, products of items come at the price of their squares, and are kept for the covariance."""


@dataclass(frozen=True, eq=False)
class RowScatter:
    """Influence values of rows that are sampling units, and the variance they carry.

    Attributes
    ----------
    values : numpy.ndarray
        Rows in the base x items: influence values times weights.
    unit : numpy.ndarray of int64
        For each row in the base its unit.
    group : numpy.ndarray of int64
        For each row in the base its group.
    place : numpy.ndarray of int64
        Groups x items: where each estimate stands; -1 for those that are left out.
    stage : Stage
        The one stage of sampling.
    lone_psu : str
        Rule for strata of one unit.
    """

    values: Floats
    unit: Ints
    group: Ints
    place: Ints
    stage: Stage
    lone_psu: str

    @cached_property
    def variances(self) -> Floats:
        """Variance of each estimate."""
        if self.place.shape[1] <= FEW:
            return self._placed(np.einsum("gii->gi", self._within).ravel())
        squares = np.einsum("hg,hgi->gi", self._absent, self._means**2)
        for group, deviation, factor in self._deviations():
            squares[group] += np.einsum("u,ui,ui->i", factor, deviation, deviation)
        return self._placed(squares.ravel())

    @cached_property
    def covariance(self) -> Floats:
        """Covariance of all estimates with each other."""
        groups, items = self.place.shape
        whole = self._between().reshape(groups, items, groups, items)
        whole[np.arange(groups), :, np.arange(groups)] = self._within
        return self._placed(self._placed(whole.reshape(groups * items, -1)).T)

    @cached_property
    def _within(self) -> Floats:
        """Multiply the totals of each two items of one group: groups x items x items."""
        means = self._means
        found = np.einsum("hg,hgi,hgj->gij", self._absent, means, means, optimize=True)
        for group, deviation, factor in self._deviations():
            found[group] += (deviation * factor[:, None]).T @ deviation
        return np.asarray(found)

    def _between(self) -> Floats:
        """Multiply the totals of different groups: a row of one group lies at minus the mean of the other."""
        means = self._means.reshape(len(self._means), -1)
        weighted = self._by_cell(self._factor[self.unit]).reshape(means.shape)
        cross = weighted.T @ means
        return (means * self._everybody[:, None]).T @ means - cross - cross.T

    def within(self, sets: Ints) -> Floats:
        """Give the covariances within sets of estimates, and none between sets: sets x members x members."""
        if self.place.size > MANY:
            return self.general.within(sets)
        return np.asarray(self.covariance[sets[:, :, None], sets[:, None, :]])

    def picked(self, columns: Ints) -> RowScatter | Scatter:
        """Give the scatter of some of the estimates, in another order."""
        if len(np.unique(columns)) < len(columns):
            return self.general.picked(columns)
        new = np.full(int((self.place >= 0).sum()) + 1, -1, dtype=np.int64)
        new[columns] = np.arange(len(columns))
        return replace(self, place=new[self.place])

    @cached_property
    def general(self) -> Scatter:
        """The same as any design has it, with a sparse table of units x estimates."""
        kept = self.place[self.group] >= 0
        entry = np.repeat(np.arange(len(self.group)), self.place.shape[1]).reshape(kept.shape)[kept]
        units, estimates = len(self.stage.stratum), int((self.place >= 0).sum())
        table: Table = sparse.csr_array(
            (self.values[kept], (self.unit[entry], self.place[self.group][kept])), shape=(units, estimates)
        )
        return Scatter(table, (self.stage,), self.lone_psu)

    def _deviations(self) -> Iterator[tuple[int, Floats, Floats]]:
        """Go through the rows by group: the group, deviations from the stratum's mean, factors of their squares."""
        small = np.int16 if len(self.place) < 2**15 else np.int64  # 16 bits are sorted by counting
        order = np.argsort(self.group.astype(small), kind="stable")
        start = 0
        for group, stop in enumerate(np.cumsum(np.bincount(self.group, minlength=len(self.place)))):
            for at in range(start, stop, CHUNK):
                rows = order[at : min(at + CHUNK, stop)]
                unit = self.unit[rows]
                yield group, self.values[rows] - self._means[self.stage.stratum[unit], group], self._factor[unit]
            start = stop

    @cached_property
    def _scale(self) -> tuple[Floats, Floats]:
        root, centred = scale(self.stage, self.lone_psu, later=False)
        return root**2, centred

    @property
    def _factor(self) -> Floats:
        """For each unit what its squares are multiplied by."""
        return self._scale[0]

    @cached_property
    def _everybody(self) -> Floats:
        """Factors by stratum."""
        return summed(self.stage.stratum, len(self.stage.sampled), self._factor)

    @cached_property
    def _present(self) -> Floats:
        """Factors by stratum and group."""
        return summed(self._cell, self._cells, self._factor[self.unit]).reshape(-1, len(self.place))

    @property
    def _absent(self) -> Floats:
        """Factors by stratum of the units outside each group, which lie at minus the mean."""
        return np.maximum(self._everybody[:, None] - self._present, 0.0)

    @cached_property
    def _means(self) -> Floats:
        """Means by stratum, group and item over all units of the stratum; zero where totals are not centred."""
        return self._by_cell(None) * (self._scale[1] / self.stage.sampled)[:, None, None]

    def _by_cell(self, factor: Floats | None) -> Floats:
        """Add up values, times factors, by stratum, group and item."""
        rows = len(self.group)
        data = np.ones(rows) if factor is None else factor
        adding = sparse.csc_array((data, self._cell, np.arange(rows + 1)), shape=(self._cells, rows))
        return np.asarray(adding @ self.values).reshape(-1, *self.place.shape)

    @cached_property
    def _cell(self) -> Ints:
        return np.asarray(self.stage.stratum[self.unit] * len(self.place) + self.group)

    @property
    def _cells(self) -> int:
        return len(self.stage.sampled) * len(self.place)

    def _placed(self, found: Floats) -> Floats:
        """Put what is by group and item in the order of the estimates."""
        place = self.place.ravel()
        placed = np.empty((int((place >= 0).sum()), *found.shape[1:]))
        placed[place[place >= 0]] = found[place >= 0]
        return placed
