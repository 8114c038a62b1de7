"""What an estimate gives back: a tidy frame, the full covariance, and how it was made."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data.printing import aligned, decimals_for, folded, markdown, number, percent
from ..sampling.categories import Floats, code_text
from .method import INTERVALS

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

    from ...data.codebook import Code
    from ..sampling.design import Design
    from ..variance.scatters import AnyScatter

Layout = Callable[[Sequence[str], Sequence[Sequence[str]], int], str]
"""What turns header and rows into a table: ``aligned`` or ``markdown``."""

SUBJECTS = {
    "proportion": "Share",
    "mean": "Mean",
    "total": "Total",
    "ratio": "Ratio",
    "quantile": "Quantile",
    "variance": "Variance",
    "covariance": "Covariance",
    "correlation": "Correlation",
    "alpha": "Cronbach's alpha",
    "kappa": "Cohen's kappa",
    "predictive margin": "Predictive margin",
    "marginal effect": "Average marginal effect",
}
"""What a kind of estimate is called where it is printed."""

NUMBERS = ("estimate", "se", "low", "high", "n", "weighted_n", "deff", "df", "effective_n", "cv")
"""The columns every result has, after item, category and keys."""

IMPUTED = ("riv", "fmi")
"""The columns that combining imputations adds to them."""


@dataclass(frozen=True, eq=False, repr=False)
class Estimates:
    """Estimates of one kind, with their errors.

    Attributes
    ----------
    frame : pandas.DataFrame
        As ``to_frame()`` gives it.
    method : mapping
        How they were made, as plain values: estimand, items (with wording, n, and missing by kind), by, base,
        weight, weight_source, strata, psu, fpc, lone_psu, variance, interval, level, df, df_rule, deff_rule, n,
        weighted_n, raking, footnotes.
    design : Design
        What they were made from.
    scatter : AnyScatter
        How the estimates vary, for covariances and contrasts.
    category_codes : tuple of tuple of code
        For each row the codes its category counts; empty for means and totals.
    key_codes : tuple of tuple of code
        For each row the codes of its keys, in the order of ``by``.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.analysis.estimation.estimate import mean
    >>> trust = mean(Design(pd.DataFrame({"trust": [1, 2, 4, 5]})), "trust")
    >>> trust.to_frame().columns.tolist()
    ['item', 'estimate', 'se', 'low', 'high', 'n', 'weighted_n', 'deff', 'df', 'effective_n', 'cv']
    """

    frame: pd.DataFrame
    method: Mapping[str, Any]
    design: Design
    scatter: AnyScatter
    category_codes: tuple[tuple[Code, ...], ...]
    key_codes: tuple[tuple[Code, ...], ...]

    def __len__(self) -> int:
        """Count the estimates."""
        return len(self.frame)

    @property
    def by(self) -> tuple[str, ...]:
        """The keys of the groups."""
        return tuple(self.method["by"])

    @property
    def covariance(self) -> Floats:
        """Covariance of all rows with each other, in the order of ``to_frame()``, across items and groups."""
        return self.scatter.covariance

    def to_frame(self) -> pd.DataFrame:
        """Give one row for each estimate, at full precision; shares are 0 to 1.

        Columns: item, category (proportions only), the keys, estimate, se, low, high, n, weighted_n, deff, df,
        effective_n (Kish's, of the base's weights), cv (se over the size of the estimate; missing where that is 0).
        Categories and keys are their value labels where the codebook has them; ``category_codes`` and ``key_codes``
        hold the codes.
        """
        return self.frame.copy()

    def document(self) -> dict[str, Any]:
        """Give ``{"method": ..., "rows": [...]}`` as plain values for JSON; what is not defined is None.

        Examples
        --------
        >>> import pandas as pd
        >>> from topline.analysis.sampling.design import Design
        >>> from topline.analysis.estimation.estimate import mean
        >>> document = mean(Design(pd.DataFrame({"trust": [1, 3]})), "trust").document()
        >>> document["rows"][0]["estimate"], document["method"]["weight_source"]
        (2.0, 'equal weights of 1')
        """
        rows = [{str(name): _plain(value) for name, value in row.items()} for row in self.frame.to_dict("records")]
        return {"method": dict(self.method), "rows": rows}

    def to_markdown(self) -> str:
        """Give heading, tables and footnotes in Markdown."""
        parts: list[str] = []
        for lines, frame in self._sections():
            parts += ["\n".join(f"{line}  " for line in lines).rstrip(), *self._tables(frame, markdown)]
        notes = "\n".join(f"- {note}" for note in self._notes())
        return "\n\n".join(part for part in (*parts, notes) if part)

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """Give one web page that needs nothing else, and write it where a path is given: heading, tables, footnotes.

        Parameters
        ----------
        path : path-like, optional
            File to write, e.g. ``"trust.html"``; whole or not at all.
        """
        from ..printing.result_html import result_page, written

        laid = [(lines, None if frame is None else self._table(frame)) for lines, frame in self._sections()]
        return written(result_page(laid, self._notes()), path)

    def plot(self) -> alt.LayerChart:
        """Give a chart: a dot and its interval for each row, groups under one another (at most 200 rows)."""
        from ..printing.result_chart import interval_chart

        return interval_chart(
            self.frame,
            share=self.method["estimand"] == "proportion",
            names=[str(name) for name in self.frame.columns if name not in NUMBERS],
            title=_subjects(self.method),
            footing=[_population(self.method)],
            level=self.method["level"],
        )

    def __str__(self) -> str:
        """Print what was estimated, for whom, on which base, how, then the tables, then footnotes."""
        parts: list[str] = []
        for lines, frame in self._sections():
            parts += ["\n".join(map(folded, lines)), *self._tables(frame, aligned)]
        notes = "\n".join(folded(f"* {note}") for note in self._notes())
        return "\n\n".join(part for part in (*parts, notes) if part)

    __repr__ = __str__

    def _sections(self) -> list[tuple[list[str], pd.DataFrame | None]]:
        """Give lines with the rows under them: a table for each item, or one where every item has a single row."""
        titles, about = _subjects(self.method), [_population(self.method), _how(self.method)]
        if len(titles) == 1:
            return [([*titles, *about], self.frame)]
        if len(self.frame) == len(titles):
            return [(about, self.frame), (titles, None)]
        tables = [self.frame[self.frame["item"] == item["item"]] for item in self.method["items"]]
        return [(about, None), *(([title], table) for title, table in zip(titles, tables, strict=True))]

    def _tables(self, frame: pd.DataFrame | None, laid: Layout) -> list[str]:
        """Lay out the rows, where there are any."""
        return [] if frame is None else [laid(*self._table(frame))]

    def _notes(self) -> list[str]:
        """Give the footnotes as printed: sources of margins once and short."""
        steps = self.design.calibrations
        told = {note for step in steps for note in step.notes}
        kept = [note for note in self.method["footnotes"] if note not in told]
        return list(dict.fromkeys([*kept, *(note for step in steps for note in step.brief)]))

    def _table(self, frame: pd.DataFrame) -> tuple[list[str], list[list[str]], int]:
        """Give header and rows as text, and how many leading columns are words."""
        words = [str(name) for name in frame.columns if name not in (*NUMBERS, *IMPUTED)]
        if frame["item"].nunique() == 1 and len(words) > 1:
            words.remove("item")
        numbers = self._numbers(frame)
        columns = [[code_text(value) for value in frame[name]] for name in words] + list(numbers.values())
        header = [*words, *(name.replace("_", " ") for name in numbers)]
        return header, [list(row) for row in zip(*columns, strict=True)], len(words)

    def _numbers(self, frame: pd.DataFrame) -> dict[str, list[str]]:
        if self.method["estimand"] == "proportion":
            written = {name: [percent(value) for value in frame[name]] for name in ("estimate", "se", "low", "high")}
        else:
            decimals = decimals_for(frame["se"].tolist())
            written = {
                name: [number(value, decimals) for value in frame[name]] for name in ("estimate", "se", "low", "high")
            }
        for name, decimals in (("n", 0), ("weighted_n", 0), ("deff", 2)):
            written[name] = [number(float(value), decimals) for value in frame[name]]
        if "fmi" in frame:
            written["fmi"] = [percent(value) for value in frame["fmi"]]
        return written


def _subjects(method: Mapping[str, Any]) -> list[str]:
    """Say what was estimated: one line for each item, with its wording or label."""
    kind = SUBJECTS[method["estimand"]]
    lines = []
    for item in method["items"]:
        asked = item["wording"].get("en") or next(iter(item["wording"].values()), "") or item["label"]
        lines.append(f"{kind}: {item['item']}{f' ({asked})' if asked else ''}")
    return lines


def _population(method: Mapping[str, Any]) -> str:
    groups = f", by {', '.join(method['by'])}" if method["by"] else ""
    title = method["title"] or method["source"]
    return (
        f"For: {method['base_text']}{groups}{f'; {title}' if title else ''}. "
        f"Sample: n {method['n']:,}, weighted {method['weighted_n']:,.0f}."
    )


def _how(method: Mapping[str, Any]) -> str:
    parts = [method["weight_source"]]
    parts += [step["summary"] for step in method["raking"] or []]
    parts += [f"{role} {', '.join(method[role])}" for role in ("strata", "psu", "fpc") if method[role]]
    kind = method.get("interval_text") or INTERVALS[method["interval"]]
    df = " to ".join(map(str, method.get("df_used", [method["df"]])))
    return f"Method: {method['variance']}; {'; '.join(parts)}. {100 * method['level']:g}% intervals, {kind}, df {df}."


def _plain(value: object) -> object:
    """Turn a numpy scalar into Python's own, and what is not a finite number into None."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
