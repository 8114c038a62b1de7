"""A crosstab as people read it: percentages with their errors, margins, and the bases they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...data.printing import number, percent
from ..estimation.estimates import Estimates
from ..printing.result_text import Table
from .crosstab_plan import Plan


def table_of(method: Mapping[str, Any], plan: Plan, percentages: Mapping[str, Estimates]) -> Table:
    """Lay out the percentages with their bases: under columns, beside rows, or neither."""
    kind = method["percent"]
    rows, columns = plan.shape
    body = _written(percentages[kind], rows, columns, by_row=kind != "column")
    beside = _written(percentages["row margin"], rows, 1, by_row=False)
    under = _written(percentages["column margin"], 1, columns, by_row=True)
    n, weighted = (each.reshape(plan.shape) for each in plan.counts())
    header = [f"{method['row']} \\ {method['column']}", *map(str, plan.column.shown)]
    lines = [[str(shown), *cells] for shown, cells in zip(plan.row.shown, body, strict=True)]
    if kind != "row":
        header, lines = [*header, "Total"], [[*line, cell] for line, (cell,) in zip(lines, beside, strict=True)]
    if kind != "column":
        lines.append(["Total", *under[0], *(["100.0%"] if kind == "total" else [])])
    for name, counts in (("n", n), ("weighted n", weighted)):
        if kind == "row":
            header.append(name)
            sums = [*counts.sum(axis=1), counts.sum()]
            lines = [[*line, number(float(value), 0)] for line, value in zip(lines, sums, strict=True)]
        else:
            lines.append([name, *(number(float(value), 0) for value in [*counts.sum(axis=0), counts.sum()])])
    return header, lines, 1


def _written(estimates: Estimates, rows: int, columns: int, *, by_row: bool) -> list[list[str]]:
    """Write shares with their errors, row by row of the table."""
    cells = [
        f"{percent(estimate)} ({number(100 * se, 1)})"
        for estimate, se in zip(estimates.frame["estimate"], estimates.frame["se"], strict=True)
    ]
    return [cells[at * columns : (at + 1) * columns] for at in range(rows)] if by_row else _down(cells, rows)


def _down(cells: Sequence[str], rows: int) -> list[list[str]]:
    return [list(cells[at::rows]) for at in range(rows)]
