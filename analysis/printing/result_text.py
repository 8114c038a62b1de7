"""Results of tests as people read them: heading, table, footnotes; and as plain values for JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data.printing import aligned, folded, markdown, number

if TYPE_CHECKING:
    import pandas as pd

FilePath = str | PathLike[str] | None
"""Where to write a file, if anywhere."""

Table = tuple[Sequence[str], Sequence[Sequence[str]], int]
"""Header, rows, and how many leading columns are words."""


def printed(lines: Sequence[str], tables: Sequence[Table], notes: Sequence[str]) -> str:
    """Lay out a result for the terminal.

    Examples
    --------
    >>> print(printed(["t test: trust"], [(["item", "p"], [["trust", "0.04"]], 1)], ["A note."]))
    t test: trust
    <BLANKLINE>
    item      p
    trust  0.04
    <BLANKLINE>
    * A note.
    """
    under = "\n".join(folded(f"* {note}") for note in notes)
    return "\n\n".join(
        part for part in ("\n".join(map(folded, lines)), *(aligned(*each) for each in tables), under) if part
    )


def in_markdown(lines: Sequence[str], tables: Sequence[Table], notes: Sequence[str]) -> str:
    """Lay out a result in Markdown."""
    under = "\n".join(f"- {note}" for note in notes)
    heading = "\n".join(f"{line}  " for line in lines).rstrip()
    return "\n\n".join(part for part in (heading, *(markdown(*each) for each in tables), under) if part)


def in_html(lines: Sequence[str], tables: Sequence[Table], notes: Sequence[str], path: FilePath) -> str:
    """Lay out a result as one web page, and write it where a path is given."""
    from .result_html import result_page, written

    sections: list[tuple[Sequence[str], Table | None]] = [(lines, tables[0]), *(([], each) for each in tables[1:])]
    return written(result_page(sections, notes), path)


def population(method: Mapping[str, Any]) -> str:
    """Say whom a result is about."""
    title = method["title"] or method["source"]
    where = f", where {method['subpopulation']}" if method["subpopulation"] else ""
    return (
        f"For: {method['base_text']}{where}{f'; {title}' if title else ''}. "
        f"Sample: n {method['n']:,}, weighted {method['weighted_n']:,.0f}."
    )


def sampling(method: Mapping[str, Any]) -> str:
    """Say how the variance was had."""
    parts = [method["weight_source"], *(step["summary"] for step in method["raking"] or [])]
    parts += [f"{role} {', '.join(method[role])}" for role in ("strata", "psu", "fpc") if method[role]]
    return f"Method: {method['variance']}; {'; '.join(parts)}."


def document(method: Mapping[str, Any], frame: pd.DataFrame) -> dict[str, Any]:
    """Give ``{"method": ..., "rows": [...]}`` as plain values for JSON; what is not defined is None."""
    rows = [{str(name): plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
    return {"method": dict(method), "rows": rows}


def plain(value: object) -> object:
    """Turn a numpy scalar into Python's own, and what is not a finite number into None.

    Examples
    --------
    >>> plain(np.float64(2.0)), plain(float("nan")), plain("a")
    (2.0, None, 'a')
    """
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def p_text(p: float) -> str:
    """Write a p-value, never as 0.

    Examples
    --------
    >>> p_text(0.04321), p_text(0.00003), p_text(float("nan"))
    ('0.0432', '<0.0001', '-')
    """
    return "<0.0001" if p < 0.0001 else number(p, 4)


def df_text(df: float) -> str:
    """Write degrees of freedom: whole numbers without decimals.

    Examples
    --------
    >>> df_text(14.0), df_text(1.6635), df_text(float("inf")), df_text(float("nan"))
    ('14', '1.66', 'inf', '-')
    """
    if math.isinf(df):
        return "inf"
    return number(df, 0 if math.isnan(df) or float(df).is_integer() else 2)
