"""What a crosstab is made from: the rows that have both answers, their categories, and the measures of its shares."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...data.codebook import MissingKind
from ...data.errors import EstimationError
from ..estimation.estimates import NUMBERS, Estimates
from ..estimation.linear import Request, estimated
from ..estimation.measure import Measure
from ..estimation.method import KINDS
from ..estimation.plan import WHOLE_BASE, Domains
from ..sampling.categories import Bools, Categories, Floats, Ints, Shown, categories
from ..sampling.design import Design
from ..sampling.sums import summed
from .cells import Cells, cells

if TYPE_CHECKING:
    import pandas as pd

MOST_CELLS = 2_500
"""Cells that a table may have: the covariance of all of them with each other is worked out."""


@dataclass(frozen=True, eq=False)
class Plan:
    """Two columns, coded, and the rows that have both.

    Attributes
    ----------
    design : Design
        The sample, with its subpopulation.
    row, column : Categories
        The two columns, with the categories that occur in the base.
    base : numpy.ndarray of bool
        The rows with both answers and a weight above 0.
    absent : mapping of str to tuple
        Categories that occur in the subpopulation but not in the base, by column.
    """

    design: Design
    row: Categories
    column: Categories
    base: Bools
    absent: dict[str, tuple[Shown, ...]]

    @property
    def shape(self) -> tuple[int, int]:
        """Categories of row and column."""
        return len(self.row.shown), len(self.column.shown)

    @property
    def cell(self) -> Ints:
        """The cell of each row in the base, row by row of the table."""
        places = np.flatnonzero(self.base)
        return self.row.positions[places] * self.shape[1] + self.column.positions[places]

    def counts(self) -> tuple[Ints, Floats]:
        """Count respondents and weights by cell."""
        size = self.shape[0] * self.shape[1]
        weights = self.design.weights[self.base]
        return np.bincount(self.cell, minlength=size), summed(self.cell, size, weights)

    def cells(self) -> Cells:
        """Estimate the cells with their full covariance."""
        return cells(self.design, self.base, self.row.positions, self.column.positions, self.shape)


def plan_of(design: Design, row: str, column: str, *, whole_base: bool) -> Plan:
    """Code the two columns over those who answered both.

    Raises
    ------
    EstimationError
        When the two are one column, nobody has both answers, or the table would have too many cells.
    """
    for role, name in (("row", row), ("column", column)):
        if not isinstance(name, str):
            raise EstimationError(f"{role} is {name!r}; a crosstab takes one column there, e.g. 'sex'.")
    if row == column:
        raise EstimationError(f"crosstab was given '{row}' twice; name two columns.")
    keep = WHOLE_BASE if whole_base else ()
    across, down = _coded(design, row, keep), _coded(design, column, keep)
    base = (across.positions >= 0) & (down.positions >= 0) & design.inside & (design.weights > 0)
    if not base.any():
        missing = "; ".join(
            f"{coded.name}: " + (", ".join(f"{KINDS[kind]} {n:,}" for kind, n in coded.missing.items()) or "complete")
            for coded in (across, down)
        )
        raise EstimationError(
            f"nobody in the base has a weight above zero and an answer to both {row} and {column} (missing: {missing})."
        )
    kept = [_present(coded, base) for coded in (across, down)]
    absent = {}
    for coded, own in zip((across, down), kept, strict=True):
        here = _present(coded, (coded.positions >= 0) & design.inside)
        absent[coded.name] = tuple(shown for shown in here.shown if shown not in own.shown)
    rows, columns = (len(each.shown) for each in kept)
    if rows * columns > MOST_CELLS:
        raise EstimationError(
            f"a crosstab of {row} by {column} has {rows:,} by {columns:,} cells, and at most {MOST_CELLS:,} are made; "
            f"join categories, or take the shares alone: proportion(design, '{row}', by='{column}')."
        )
    return Plan(design, kept[0], kept[1], base, absent)


def _coded(design: Design, name: str, keep: Collection[MissingKind]) -> Categories:
    return categories(design.study, name, keep=keep, inside=design.inside)


def _present(coded: Categories, base: Bools) -> Categories:
    """Keep the categories that occur in the base."""
    used = np.unique(coded.positions[base])
    place = np.full(len(coded.values) + 1, -1, dtype=np.int64)
    place[used] = np.arange(len(used))

    values, shown, labels = (tuple(each[at] for at in used) for each in (coded.values, coded.shown, coded.labels))
    return replace(coded, positions=place[coded.positions], values=values, shown=shown, labels=labels)


def shares(plan: Plan, request: Request) -> dict[str, Estimates]:
    """Estimate row, column and total percentages, and the two margins (``"row margin"``, ``"column margin"``)."""
    row, column = plan.row, plan.column
    return {
        "row": _within(plan, column, row, request),
        "column": _within(plan, row, column, request),
        "total": _joint(plan, request),
        "row margin": _within(plan, row, None, request),
        "column margin": _within(plan, column, None, request),
    }


def stacked(plan: Plan, percentages: Mapping[str, Estimates]) -> pd.DataFrame:
    """Stack the three kinds of percentages, each in the order of the table."""
    import pandas as pd

    rows, columns = plan.shape
    count, weighted = plan.counts()
    shown: dict[str, Sequence[Shown]] = {
        "row": [one for one in plan.row.shown for _ in range(columns)],
        "column": list(plan.column.shown) * rows,
    }
    parts = []
    for kind in ("row", "column", "total"):
        numbers = percentages[kind].frame[list(NUMBERS)]
        if kind == "column":
            numbers = numbers.iloc[np.arange(rows * columns).reshape(columns, rows).T.ravel()].reset_index(drop=True)
        part = pd.DataFrame({**shown, "percent": kind})
        parts.append(part.join(numbers).assign(count=count, weighted_count=weighted))
    return pd.concat(parts, ignore_index=True)


def _within(plan: Plan, item: Categories, key: Categories | None, request: Request) -> Estimates:
    """Estimate the shares of a column's categories, within those of the other or over all."""
    within = _domains(plan, key)
    base = within.base(plan.base)
    codes = tuple((value,) for value in item.values)
    measure = Measure(item.name, (item.name,), base, None, base.own(item.positions), item.shown, codes, item.missing)
    return estimated(plan.design, request, within, [measure])


def _joint(plan: Plan, request: Request) -> Estimates:
    """Estimate the shares of the cells."""
    row, column = plan.row, plan.column
    within = _domains(plan, None)
    shown = tuple(f"{one} / {other}" for one in row.shown for other in column.shown)
    codes: tuple[tuple[()], ...] = ((),) * len(shown)
    item, columns = f"{row.name} / {column.name}", (row.name, column.name)
    measure = Measure(item, columns, within.base(plan.base), None, plan.cell, shown, codes, {})
    return estimated(plan.design, request, within, [measure])


def _domains(plan: Plan, key: Categories | None) -> Domains:
    weights = plan.design.weights
    if key is None:
        return Domains((), np.where(plan.base, 0, -1), ((),), ((),), {}, weights)
    shown, codes = tuple((each,) for each in key.shown), tuple((each,) for each in key.values)
    return Domains((key.name,), np.where(plan.base, key.positions, -1), shown, codes, {}, weights)
