"""Sums of planned measures by sampling unit, the estimates that follow, and their scatter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from ..sampling.categories import Floats, Ints
from ..sampling.design import Design
from ..sampling.replication import Replication
from ..sampling.sums import Table, is_dense, summed
from ..variance.influence import taylor_scatter
from ..variance.row_scatter import CHUNK, RowScatter
from ..variance.scatters import AnyScatter, ReplicateScatter, beside
from .measure import Base, Measure, presence


@dataclass(frozen=True, eq=False)
class Summed:
    """A measure with its sums, and the estimates that follow from them.

    Attributes
    ----------
    measure : Measure
        What was added up.
    design : Design
        The sample.
    divided : bool
        Whether the estimate is a mean, share or ratio, not a total.
    divisor : numpy.ndarray
        The divisor by domain: sums of weights, or of the divisor of a ratio; 1 where a domain is empty, and for totals.
    estimate : numpy.ndarray
        Estimates by domain and category.
    added : table or None
        Weighted values by unit, domain and category, where they have been added up.
    """

    measure: Measure
    design: Design
    divided: bool
    divisor: Floats
    estimate: Floats
    added: Table | None = None

    @cached_property
    def by_unit(self) -> Table:
        """Weighted values by unit, domain and category."""
        return _by_unit(self.design, self.measure) if self.added is None else self.added

    @cached_property
    def divisor_by_unit(self) -> Table:
        """Divisors by unit and domain."""
        unit, units, weights = _units(self.design)
        return self.measure.divisor_sums(unit, units, weights)

    def influence(self, group: Ints, groups: int, weights: Floats) -> Table:
        """Add up influence values by group, each row's weight replaced by another."""
        values = self.measure.value_sums(group, groups, weights)
        return self._linearised(self.measure.divisor_sums(group, groups, weights), values) if self.divided else values

    def influence_by_unit(self) -> Table:
        """Add up influence values by unit of the last stage."""
        return self._linearised(self.divisor_by_unit, self.by_unit) if self.divided else self.by_unit

    def influence_of_rows(self, rows: slice) -> Floats:
        """Give the influence values of some rows in the base, times their weights."""
        base, value, divisor = self.measure.base, self.measure.value, self.measure.divisor
        assert value is not None
        weights = base.weights[rows]
        if not self.divided:
            return weights * value[rows]
        domain = base.domain[rows]
        expected = self.estimate[domain] if divisor is None else self.estimate[domain] * divisor[rows]
        return weights * (value[rows] - expected) * (1 / self.divisor)[domain]

    def _linearised(self, divisors: Table, values: Table) -> Table:
        """Turn sums of values Y and divisors X into influence, (Y - estimate X) / total of X."""
        width = self.measure.width
        if sparse.issparse(divisors) and sparse.issparse(values) and width == 1:
            return self._linearised_entries(sparse.csr_array(divisors), sparse.csr_array(values))
        if sparse.issparse(divisors) or sparse.issparse(values):
            scale = sparse.diags_array(1 / np.repeat(self.divisor, width))
            domain = np.repeat(np.arange(len(self.divisor)), width)
            shift = sparse.csr_array(
                (self.estimate, (domain, np.arange(len(domain)))), shape=(len(self.divisor), len(domain))
            )
            centred = sparse.csr_array(values) - sparse.csr_array(divisors) @ shift
            linearised: Table = sparse.csr_array(centred @ scale)
            return linearised
        by_category = values.reshape(len(values), len(self.divisor), width)
        shifted = by_category - divisors[:, :, None] * self.estimate.reshape(len(self.divisor), width)
        return np.asarray(shifted / self.divisor[:, None]).reshape(len(values), -1)

    def _linearised_entries(self, divisors: sparse.csr_array, values: sparse.csr_array) -> Table:
        """Do the same entry by entry: sums over one base have their entries in the same places."""
        domain = values.indices
        data = (values.data - self.estimate[domain] * divisors.data) / self.divisor[domain]
        linearised: Table = sparse.csr_array((data, domain, values.indptr), shape=values.shape)
        return linearised


def summed_up(design: Design, measure: Measure, estimand: str) -> Summed:
    """Sum a measure, and make the estimates."""
    divided = estimand != "total"
    divisor = _divisor(measure) if divided else np.ones(measure.base.domains)
    by_unit = _by_unit(design, measure) if _table_is_small(design, measure) else None
    if by_unit is None or design.replication is not None:
        total = measure.totals()
    else:
        total = np.asarray(by_unit.sum(axis=0)).ravel()
    with np.errstate(divide="ignore", invalid="ignore"):  # a divisor of 0 is refused by name, before it is printed
        estimate = total / np.repeat(divisor, measure.width)
    if measure.share:
        events, base = measure.events, np.repeat(measure.base.n, measure.width)
        estimate = np.where(events == 0, 0.0, np.where(events == base, 1.0, estimate))
    return Summed(measure, design, divided, divisor, estimate, by_unit)


def _by_unit(design: Design, measure: Measure) -> Table:
    unit, units, weights = _units(design)
    return measure.value_sums(unit, units, weights)


def _units(design: Design) -> tuple[Ints, int, Floats | None]:
    """Give the unit of each row, how many units there are, and the weights to add up if not those of the design."""
    if design.replication is not None:
        return design.replication.unit, design.replication.units, design.replication.base
    last = design.stages[-1]
    return last.unit, len(last.stratum), None


def _table_is_small(design: Design, measure: Measure) -> bool:
    return is_dense(_units(design)[1] * measure.base.domains * measure.width, len(measure.base.rows))


def _divisor(measure: Measure) -> Floats:
    """Give the divisor by domain; 1 where nobody is in the domain."""
    if measure.divisor is None:
        return measure.base.weighted_n
    total = summed(measure.base.domain, measure.base.domains, measure.base.weights * measure.divisor)
    return np.where(measure.base.n > 0, total, 1.0)


def scatter_of_sums(design: Design, sums: Sequence[Summed], column: Ints) -> AnyScatter:
    """Give the scatter of estimates made from sums.

    Parameters
    ----------
    design : Design
        The sample.
    sums : sequence of Summed
        The measures.
    column : numpy.ndarray of int64
        For each estimate, in the order in which they are printed, its place among those of the measures.
    """
    if design.replication is not None:
        return _replicate_scatter(design.replication, sums, column)
    if _rows_are_units(design, sums):
        return _row_scatter(design, sums, column)

    def totals(group: Ints, groups: int, weights: Floats) -> Table:
        return _picked([one.influence(group, groups, weights) for one in sums], column)

    held = presence(design, [(one.measure.base, one.measure.width) for one in sums])
    present = None if held is None else held[:, column]
    return taylor_scatter(design, _picked([one.influence_by_unit() for one in sums], column), totals, present)


def _replicate_scatter(replication: Replication, sums: Sequence[Summed], column: Ints) -> ReplicateScatter:
    """Make the estimates of every replicate from the sums of its units."""
    different = {_divided_by(one): one for one in sums if one.divided}
    tables = [*(one.by_unit for one in sums), *(one.divisor_by_unit for one in different.values())]
    values = _by_replicate(replication, tables)
    divisors = dict(zip(different, values[len(sums) :], strict=True))
    found = []
    for one, estimates in zip(sums, values[: len(sums)], strict=True):
        if one.divided:
            divisor = np.repeat(divisors[_divided_by(one)], one.measure.width, axis=1)
            with np.errstate(divide="ignore", invalid="ignore"):
                estimates = np.where(divisor != 0, estimates / divisor, np.nan)
        found.append(estimates)
    estimate = np.concatenate([one.estimate for one in sums])[column]
    replicates = np.hstack(found)[:, column]
    return ReplicateScatter(replicates, estimate, replication.scale, replication.rscales, replication.mse)


def _divided_by(one: Summed) -> int:
    by: Base | Floats = one.measure.base if one.measure.divisor is None else one.measure.divisor
    return id(by)


def _by_replicate(replication: Replication, tables: Sequence[Table]) -> list[Floats]:
    """Turn totals by unit into totals by replicate, in one pass where factors are made as they are asked for."""
    if replication.at_hand and any(sparse.issparse(table) for table in tables):
        return [replication.sums(table) for table in tables]
    ends = np.cumsum([table.shape[1] for table in tables])
    return np.split(replication.sums(beside(tables)), ends[:-1], axis=1)


def _rows_are_units(design: Design, sums: Sequence[Summed]) -> bool:
    """Say whether every row is a unit of the only stage, and the measures share their rows and have a value each."""
    stage, base = design.stages[0], sums[0].measure.base
    return (
        len(design.stages) == 1
        and len(stage.stratum) == len(stage.unit)
        and not design.steps
        and design.joint is None
        and (design.lone_psu != "average" or not len(stage.lone))
        and not any(_table_is_small(design, one.measure) for one in sums)
        and all(one.measure.base is base and one.measure.value is not None for one in sums)
    )


def _row_scatter(design: Design, sums: Sequence[Summed], column: Ints) -> RowScatter:
    stage, base = design.stages[0], sums[0].measure.base
    values = np.empty((len(base.rows), len(sums)))
    for start in range(0, len(values), CHUNK):
        rows = slice(start, start + CHUNK)
        for at, one in enumerate(sums):
            values[rows, at] = one.influence_of_rows(rows)
    place = np.full(base.domains * len(sums), -1, dtype=np.int64)
    place[column] = np.arange(len(column))
    by_domain = np.ascontiguousarray(place.reshape(len(sums), base.domains).T)
    return RowScatter(values, base.own(stage.unit), base.domain, by_domain, stage, design.lone_psu)


def _picked(tables: Sequence[Table], column: Ints) -> Table:
    """Put tables side by side, with the columns in another order; columns left out are empty."""
    if not any(sparse.issparse(table) for table in tables):
        whole = np.hstack(tables)
        return whole if np.array_equal(column, np.arange(whole.shape[1])) else whole[:, column]
    joined = sparse.csr_array(beside(tables))
    place = np.zeros(joined.shape[1], dtype=np.int64)
    place[column] = np.arange(len(column))
    picked: Table = sparse.csr_array(
        (joined.data, place[joined.indices], joined.indptr), shape=(joined.shape[0], len(column))
    )
    return picked
