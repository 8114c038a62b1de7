"""What an estimate gives back: a tidy frame, the full covariance, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from ...data.printing import decimals_for, number, percent
from ..printing.result_text import (
    Section,
    Table,
    footnotes_of,
    grouped_population,
    markdown_sections,
    plain,
    printed_sections,
)
from ..sampling.categories import Floats, code_text
from .method import INTERVALS

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

    from ...data.codebook import Code
    from ..sampling.design import Design
    from ..variance.scatters import AnyScatter

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

OF_ANSWERS = ("binomial", "quasibinomial", "ordered", "multinomial")
"""Families of models whose predictions are shares."""

NAMED = 8
"""Items that a title names."""

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
        rows = [{str(name): plain(value) for name, value in row.items()} for row in self.frame.to_dict("records")]
        return {"method": dict(self.method), "rows": rows}

    def to_markdown(self) -> str:
        """Give heading, tables and footnotes in Markdown; labels are text, whatever signs they hold."""
        return markdown_sections(self._laid_out(), footnotes_of(self.method))

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """Give one web page that needs nothing else, and write it where a path is given: heading, tables, footnotes.

        Parameters
        ----------
        path : path-like, optional
            File to write, e.g. ``"trust.html"``; whole or not at all.
        """
        from ..printing.result_html import result_page, written

        return written(result_page(self._laid_out(), footnotes_of(self.method)), path)

    def plot(self) -> alt.LayerChart:
        """Give a chart: a dot and its interval for each row, groups under one another (at most 200 rows)."""
        from ..printing.result_chart import interval_chart

        return interval_chart(
            self.frame,
            share=is_share(self.method),
            names=[str(name) for name in self.frame.columns if name not in (*NUMBERS, *IMPUTED)],
            title=_title(self.method),
            footing=[*_wordings(self.method), grouped_population(self.method)],
            level=self.method["level"],
            zero=self.method["estimand"] == "marginal effect",
            measure="" if is_share(self.method) else SUBJECTS[self.method["estimand"]],
            simulated=bool(self.method.get("simulated")),
        )

    def __str__(self) -> str:
        """Print what was estimated, for whom, on which base, how, then the tables, then footnotes."""
        return printed_sections(self._laid_out(), footnotes_of(self.method))

    __repr__ = __str__

    def _laid_out(self) -> list[Section]:
        """Give lines with the table under them: one for each item, or one where every item has a single row."""
        method, items = self.method, self.method["items"]
        about = [grouped_population(method), _how(method)]
        if len(items) == 1 or len(self.frame) == len(items):
            return [([*_title(method), *_wordings(method), *about], self._table(self.frame))]
        tables = [self._table(self.frame[self.frame["item"] == item["item"]]) for item in items]
        captions = [[_subject(method, item)] for item in items]
        return [([*_title(method), *about], None), *zip(captions, tables, strict=True)]

    def _table(self, frame: pd.DataFrame) -> Table:
        """Give header and rows as text, and how many leading columns are words."""
        words = [str(name) for name in frame.columns if name not in (*NUMBERS, *IMPUTED)]
        if frame["item"].nunique() == 1 and len(words) > 1:
            words.remove("item")
        numbers = self._numbers(frame)
        columns = [[code_text(value) for value in frame[name]] for name in words] + list(numbers.values())
        header = [*words, *(name.replace("_", " ") for name in numbers)]
        return header, [list(row) for row in zip(*columns, strict=True)], len(words)

    def _numbers(self, frame: pd.DataFrame) -> dict[str, list[str]]:
        measured = ("estimate", "se", "low", "high")
        if is_share(self.method):
            written = {name: [percent(value) for value in frame[name]] for name in measured}
        else:
            own = {
                item: decimals_for(rows["se"].tolist(), rows["estimate"].tolist())
                for item, rows in frame.groupby("item", sort=False)
            }
            decimals = [own[item] for item in frame["item"]]
            written = {name: list(map(number, frame[name], decimals)) for name in measured}
        for name, places in (("n", 0), ("weighted_n", 0), ("deff", 2)):
            written[name] = [number(float(value), places) for value in frame[name]]
        if "fmi" in frame:
            written["fmi"] = [percent(value) for value in frame["fmi"]]
        return written


def is_share(method: Mapping[str, Any]) -> bool:
    """Say whether estimates are shares, printed in percent: proportions, and predictive margins of answers.

    Examples
    --------
    >>> is_share({"estimand": "mean"}), is_share({"estimand": "predictive margin", "family": "binomial"})
    (False, True)
    """
    if method["estimand"] == "predictive margin":
        return method.get("family") in OF_ANSWERS
    return bool(method["estimand"] == "proportion")


def _title(method: Mapping[str, Any]) -> list[str]:
    """Say what was estimated: an item with its wording or label, or several by name."""
    items = method["items"]
    if len(items) == 1:
        return [_subject(method, items[0])]
    more = f" and {len(items) - NAMED} more" if len(items) > NAMED else ""
    return [f"{SUBJECTS[method['estimand']]}: {', '.join(item['item'] for item in items[:NAMED])}{more}"]


def _subject(method: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    """Name an item with its wording, or its label where that says more than its name."""
    asked = _asked(item)
    return f"{SUBJECTS[method['estimand']]}: {item['item']}{f' ({asked})' if asked else ''}"


def _asked(item: Mapping[str, Any]) -> str:
    asked = item["wording"].get("en") or next(iter(item["wording"].values()), "") or item["label"]
    return "" if asked == item["item"] else str(asked)


def _wordings(method: Mapping[str, Any]) -> list[str]:
    """Give the wording or label of each item in a line, where several share a table."""
    items = method["items"]
    return [f"{item['item']}: {_asked(item)}" for item in items if _asked(item)] if len(items) > 1 else []


def _how(method: Mapping[str, Any]) -> str:
    parts = [method["weight_source"]]
    parts += [step["summary"] for step in method["weighting"] or []]
    parts += [f"{role} {', '.join(method[role])}" for role in ("strata", "psu", "fpc") if method[role]]
    kind = method.get("interval_text") or INTERVALS[method["interval"]]
    df = " to ".join(map(str, method.get("df_used", [method["df"]])))
    return f"Method: {method['variance']}; {'; '.join(parts)}. {100 * method['level']:g}% intervals, {kind}, df {df}."
