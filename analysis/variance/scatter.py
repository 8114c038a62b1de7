"""Design-based variance: from the totals of influence values in each PSU to a full covariance matrix.

Stage by stage as R's ``svyrecvar``: within each stratum of a stage, the unit totals are centred, squared, and
multiplied by ``(1 - n/N) n / (n - 1)`` and by the sampling fractions of the stages above. Units drawn with unequal
probabilities p have ``1 - p`` in the place of ``1 - n/N``: Brewer's approximation (Brewer 2002, Combined Survey
Sampling Inference, chapter 9). Bellhouse (1985), Computing methods for variance estimation in complex surveys,
Journal of Official Statistics 1(3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from ...data.errors import DesignError
from ..sampling.categories import Floats, Ints
from ..sampling.sample import Stage
from ..sampling.sums import Table, dense, summed
from .gram import gram

CHUNK = 4_000_000
"""Cells of a sparse table that are made dense at a time."""


ENTRIES = 1_000_000
"""Entries of a sparse table that are worked on at a time."""


@dataclass(frozen=True, eq=False)
class Adjustment:
    """What calibration takes out of unit totals: each unit's weighted sums of the auxiliaries, times coefficients.

    Attributes
    ----------
    auxiliaries : table
        Unit x auxiliary totals.
    coefficients : numpy.ndarray
        Auxiliary x column regression coefficients.
    target_root : numpy.ndarray or None
        Directions x auxiliaries: along which targets estimated from another sample can err; the same directions for
        all adjustments.
    """

    auxiliaries: Table
    coefficients: Floats
    target_root: Floats | None = None

    def picked(self, columns: Ints) -> Adjustment:
        """Give what is taken out of some of the columns."""
        return replace(self, coefficients=self.coefficients[:, columns])


@dataclass(frozen=True, eq=False)
class Scatter:
    """Unit totals of influence values, and the variance they carry.

    Attributes
    ----------
    totals : table
        Totals by unit of the last stage (rows) and estimate (columns).
    stages : tuple of Stage
        The stages of sampling.
    lone_psu : str
        Rule for strata of one unit.
    adjustments : tuple of Adjustment
        What calibration takes out of the totals.
    present : numpy.ndarray or None
        First-stage strata x estimates: whether the stratum holds anybody of the estimate's domain; needed by
        ``lone_psu="average"`` alone.
    """

    totals: Table
    stages: tuple[Stage, ...]
    lone_psu: str
    adjustments: tuple[Adjustment, ...] = ()
    present: Floats | None = None

    @cached_property
    def variances(self) -> Floats:
        """Variance of each estimate."""
        total = np.zeros(self.totals.shape[1])
        for level in self._levels():
            if sparse.issparse(level.totals) and not level.adjustments:
                total += _sparse_squares(level)
            else:
                for block in _blocks(level):
                    total += np.einsum("ij,ij->j", block, block)
        moved = from_targets(self.adjustments, len(total))
        return np.asarray(total + np.einsum("ij,ij->j", moved, moved))

    @cached_property
    def covariance(self) -> Floats:
        """Covariance of all estimates with each other."""
        total = np.zeros((self.totals.shape[1],) * 2)
        for level in self._levels():
            if sparse.issparse(level.totals) and not level.adjustments:
                total += _sparse_covariance(level)
                continue
            for block in _blocks(level):
                total += block.T @ block
        moved = from_targets(self.adjustments, len(total))
        total += moved.T @ moved
        np.fill_diagonal(total, self.variances)  # squares of deviations are exact where differences of squares are not
        return total

    def within(self, sets: Ints) -> Floats:
        """Give the covariances within sets of estimates, and none between sets: sets x members x members.

        Parameters
        ----------
        sets : numpy.ndarray of int64
            Sets x members: the places of estimates, e.g. those of one answer in every group.
        """
        total = np.zeros((*sets.shape, sets.shape[1]))
        # members before sets: what is multiplied then lies side by side
        picked = self.picked(sets.T.ravel())
        for level in picked._levels():
            if sparse.issparse(level.totals) and not level.adjustments:
                total += _sparse_products(level, sets.shape[1])
                continue
            for block in _blocks(level):
                total += _dense_products(block.reshape(len(block), sets.shape[1], len(sets)))
        moved = from_targets(picked.adjustments, sets.size)
        return np.asarray(total + _dense_products(moved.reshape(-1, sets.shape[1], len(sets))))

    def picked(self, columns: Ints) -> Scatter:
        """Give the scatter of some of the estimates, in another order."""
        steps = tuple(step.picked(columns) for step in self.adjustments)
        present = None if self.present is None else self.present[:, columns]
        return replace(self, totals=self.totals[:, columns], adjustments=steps, present=present)

    def _levels(self) -> Iterator[_Level]:
        """Go from the last stage to the first, adding up totals to the units of the stage above."""
        totals, adjustments = self.totals, self.adjustments
        for depth in range(len(self.stages) - 1, -1, -1):
            stage = self.stages[depth]
            root, centred = scale(stage, self.lone_psu, later=depth > 0)
            yield _Level(stage, totals, adjustments, root, centred, np.ones(1) if depth else self._inflation())
            if depth:
                up = _indicator(stage.parent)
                totals = up @ totals
                adjustments = tuple(replace(step, auxiliaries=up @ step.auxiliaries) for step in adjustments)

    def _inflation(self) -> Floats:
        """Give, under ``"average"``, the root of strata over strata with a variance, among those of each domain."""
        first = self.stages[0]
        if self.lone_psu != "average" or self.present is None or not len(first.lone):
            return np.ones(self.totals.shape[1])
        strata = self.present.sum(axis=0)
        usable = strata - self.present[first.lone].sum(axis=0)
        if (usable < 1).any():
            raise DesignError(
                "lone_psu='average' (--lone-psu average) has nothing to average: all strata of a domain have a single "
                "PSU. Choose 'centre' or 'certainty', or join strata."
            )
        root: Floats = np.sqrt(strata / usable)
        return root


def from_targets(adjustments: Sequence[Adjustment], columns: int) -> Floats:
    """Give directions x columns: how estimates move where targets err, all steps together."""
    moves = [step.target_root @ step.coefficients for step in adjustments if step.target_root is not None]
    return np.asarray(sum(moves)) if moves else np.zeros((0, columns))


def scale(stage: Stage, lone_psu: str, *, later: bool) -> tuple[Floats, Floats]:
    """Give for each unit the root of its multiplier, and for each stratum 1 where totals are centred, else 0."""
    n, above, unsampled = stage.sampled[stage.stratum], stage.above[stage.stratum], stage.unsampled
    scale = above * unsampled * n / np.maximum(n - 1, 1)
    scale[(n == 1) | stage.complete[stage.stratum]] = 0.0
    centred, lone = np.ones(len(stage.sampled)), stage.lone
    if lone_psu == "centre":
        alone = np.isin(stage.stratum, lone)
        scale[alone] = (above * unsampled)[alone]
        centred[lone] = 0.0
    if lone_psu == "average" and later and len(lone):
        scale *= _average_within_parent(stage)[stage.stratum]
    return np.sqrt(scale), centred


def _average_within_parent(stage: Stage) -> Floats:
    """Give for each stratum of a later stage, within its parent unit, strata over strata with a variance."""
    parent = np.zeros(len(stage.sampled), dtype=np.int64)
    parent[stage.stratum] = stage.parent
    strata = np.bincount(parent)
    usable = strata - np.bincount(parent[stage.lone], minlength=len(strata))
    if (usable[parent[stage.lone]] < 1).any():
        first = stage.lone[np.flatnonzero(usable[parent[stage.lone]] < 1)[0]]
        raise DesignError(
            f"lone_psu='average' (--lone-psu average) has nothing to average in {stage.names[first]}: it holds a "
            "single unit at a later stage, and no other stratum there. Choose 'centre' or 'certainty'."
        )
    return np.asarray(strata / usable)[parent]


@dataclass(frozen=True, eq=False)
class _Level:
    """One stage's unit totals, and how their squares count.

    ``root`` is the root of each unit's multiplier, ``centred`` 1 where a stratum's totals are centred and 0 where
    not, ``inflation`` a factor for each estimate.
    """

    stage: Stage
    totals: Table
    adjustments: tuple[Adjustment, ...]
    root: Floats
    centred: Floats
    inflation: Floats


def _blocks(level: _Level) -> Iterator[Floats]:
    """Give centred and scaled unit totals, some rows at a time; the variance is the sum of their squares."""
    totals, stage = level.totals, level.stage
    means = _means(level)
    size = max(1, CHUNK // max(1, totals.shape[1])) if sparse.issparse(totals) else totals.shape[0]
    for start in range(0, totals.shape[0], size):
        rows = slice(start, start + size)
        block = dense(totals[rows]) - means[stage.stratum[rows]]
        for step in level.adjustments:
            block -= step.auxiliaries[rows] @ step.coefficients
        block *= level.root[rows, None]
        yield block * level.inflation


def _sparse_squares(level: _Level) -> Floats:
    """Add up the squares of centred totals from the entries that are there; the others are all minus the mean."""
    stage, columns, strata = level.stage, level.totals.shape[1], len(level.stage.sampled)
    means, factor = _means(level), level.root**2
    squares, present = np.zeros(columns), np.zeros(strata * columns)
    for unit, column, data in _entries(level.totals):
        cell, weighted = stage.stratum[unit] * columns + column, factor[unit]
        squares += summed(column, columns, weighted * (data - means.ravel()[cell]) ** 2)
        present += summed(cell, strata * columns, weighted)
    everybody = summed(stage.stratum, strata, factor)
    absent = np.maximum(everybody[:, None] - present.reshape(strata, columns), 0.0) * means**2
    return np.asarray((squares + absent.sum(axis=0)) * level.inflation**2)


def _sparse_covariance(level: _Level) -> Floats:
    """Multiply centred totals of each two columns from the entries that are there; the others are minus the means."""
    stage, factor, means = level.stage, level.root**2, _means(level)
    cross = means.T @ _by_stratum(level.totals, stage, factor)
    everybody = summed(stage.stratum, len(stage.sampled), factor)
    products = gram(level.totals, factor) - cross - cross.T + (means * everybody[:, None]).T @ means
    inflation = np.broadcast_to(level.inflation, means.shape[1])
    return np.asarray(products * np.outer(inflation, inflation))


def _dense_products(block: Floats) -> Floats:
    """Multiply totals of each two members: units x members x sets to sets x members x members."""

    def product(first: int, second: int) -> Floats:
        return np.asarray(np.einsum("us,us->s", block[:, first], block[:, second]))

    return _products(product, (block.shape[2], block.shape[1]))


def _products(product: Callable[[int, int], Floats], shape: tuple[int, int]) -> Floats:
    """Fill sets x members x members from the products of each two members in every set."""
    filled = np.empty((*shape, shape[1]))
    for first in range(shape[1]):
        for second in range(first, shape[1]):
            filled[:, first, second] = filled[:, second, first] = product(first, second)
    return filled


def _sparse_products(level: _Level, members: int) -> Floats:
    """Multiply centred totals of each two members from the entries that are there; the others are minus the means."""
    stage, factor, means = level.stage, level.root**2, _means(level)
    shape = (means.shape[1] // members, members)
    weighted = _by_stratum(level.totals, stage, factor)
    everybody = summed(stage.stratum, len(stage.sampled), factor)
    scaled = _scaled(level.totals, level.root)
    squares = summed(scaled.indices, means.shape[1], scaled.data**2)
    columns = None if _unit_has_one_member(scaled, shape[0]) else scaled.tocsc()

    def product(first: int, second: int) -> Floats:
        a, b = (slice(at * shape[0], (at + 1) * shape[0]) for at in (first, second))
        present = np.zeros(shape[0])
        if first == second:
            present = squares[a]
        elif columns is not None:
            present = np.asarray(columns[:, a].multiply(columns[:, b]).sum(axis=0)).ravel()
        absent = everybody[:, None] * means[:, a] * means[:, b] - weighted[:, a] * means[:, b]
        inflated = level.inflation[a] * level.inflation[b] if len(level.inflation) > 1 else level.inflation
        return np.asarray((present + (absent - means[:, a] * weighted[:, b]).sum(axis=0)) * inflated)

    return _products(product, shape)


def _scaled(table: Table, factor: Floats) -> sparse.csr_array:
    """Multiply each unit's entries by a factor."""
    csr = sparse.csr_array(table)
    return sparse.csr_array((csr.data * np.repeat(factor, np.diff(csr.indptr)), csr.indices, csr.indptr), csr.shape)


def _unit_has_one_member(table: Table, sets: int) -> bool:
    """Say whether every unit has entries of a single member: groups of rows that are their own PSUs."""
    csr = sparse.csr_array(table)
    unit = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
    member = csr.indices // sets
    return not ((unit[1:] == unit[:-1]) & (member[1:] != member[:-1])).any()


def _means(level: _Level) -> Floats:
    """Give for each stratum the mean of its unit totals, and zero where they are not centred."""
    means = _by_stratum(level.totals, level.stage)
    for step in level.adjustments:
        means -= _by_stratum(step.auxiliaries, level.stage) @ step.coefficients
    return np.asarray(means * (level.centred / level.stage.sampled)[:, None])


def _by_stratum(totals: Table, stage: Stage, factor: Floats | None = None) -> Floats:
    """Add up unit totals by stratum, those of a sparse table each multiplied by a factor."""
    if not sparse.issparse(totals):
        return np.asarray(_indicator(stage.stratum) @ totals)
    columns, strata = totals.shape[1], len(stage.sampled)
    added = np.zeros(strata * columns)
    for unit, column, data in _entries(totals):
        weighted = data if factor is None else data * factor[unit]
        added += summed(stage.stratum[unit] * columns + column, strata * columns, weighted)
    return added.reshape(strata, columns)


def _entries(totals: Table) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Give unit, column and value of the entries of a sparse table, some rows at a time."""
    table = sparse.csr_array(totals)
    step = max(1, ENTRIES * table.shape[0] // max(1, table.nnz))
    for start in range(0, table.shape[0], step):
        stop = min(start + step, table.shape[0])
        of_row = np.diff(table.indptr[start : stop + 1])
        here = slice(table.indptr[start], table.indptr[stop])
        yield np.repeat(np.arange(start, stop), of_row), table.indices[here], table.data[here]


def _indicator(code: Ints) -> sparse.csr_array:
    """Give the matrix that adds up rows of the same code."""
    groups = int(code.max()) + 1
    return sparse.csr_array((np.ones(len(code)), (code, np.arange(len(code)))), shape=(groups, len(code)))
