"""What combining coefficients or contrasts over imputations gives back: a tidy frame, the covariance, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...data.printing import decimals_for, number, percent
from ..printing.result_text import (
    FilePath,
    Table,
    df_text,
    document,
    footnotes_of,
    in_html,
    in_markdown,
    p_text,
    printed,
    sampling,
)
from ..sampling.categories import Floats, code_text
from ..variance.scatters import AnyScatter

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

NUMBERS = ("estimate", "se", "low", "high", "statistic", "p", "df", "riv", "fmi")
"""The columns of every combined result that is not Estimates, after those that say what each row is."""


@dataclass(frozen=True, eq=False, repr=False)
class Combined:
    """Coefficients or contrasts of several imputations as one, by Rubin's rules.

    Attributes
    ----------
    frame : pandas.DataFrame
        As ``to_frame()`` gives it.
    method : mapping
        How they were made: what the first of the results says of itself, with variance, level, df, df_rule, imputation
        and footnotes of the whole.
    scatter : AnyScatter
        How the combined estimates vary, within imputations and between them.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.testing.contrasts import contrast
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.analysis.estimation.estimate import mean
    >>> from topline.analysis.imputation.imputation import combine
    >>> waves = [pd.DataFrame({"trust": [1, 2, 4, last], "sex": ["f", "f", "m", "m"]}) for last in (4, 5, 6)]
    >>> found = combine(map(Design, waves), lambda d: contrast(mean(d, "trust", by="sex"), "m - f"))
    >>> found.to_frame().columns.tolist()
    ['contrast', 'estimate', 'se', 'low', 'high', 'statistic', 'p', 'df', 'riv', 'fmi']
    """

    frame: pd.DataFrame
    method: Mapping[str, Any]
    scatter: AnyScatter

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.frame)

    @property
    def covariance(self) -> Floats:
        """Covariance of all rows with each other, in the order of ``to_frame()``."""
        return self.scatter.covariance

    def to_frame(self) -> pd.DataFrame:
        """Give one row for each coefficient or contrast, at full precision.

        Columns: those that name the row, then estimate, se, low, high, statistic, p, df, riv (relative increase of
        the variance through imputation), fmi (fraction of missing information).
        """
        return self.frame.copy()

    def document(self) -> dict[str, Any]:
        """Give ``{"method": ..., "rows": [...]}`` as plain values for JSON; what is not defined is None."""
        return document(self.method, self.frame)

    def to_markdown(self) -> str:
        """Give heading, table and footnotes in Markdown."""
        return in_markdown(self._lines(), [self._table()], footnotes_of(self.method))

    def to_html(self, path: FilePath = None) -> str:
        """Give one web page that needs nothing else, and write it where a path is given, e.g. ``"model.html"``."""
        return in_html(self._lines(), [self._table()], footnotes_of(self.method), path)

    def plot(self) -> alt.LayerChart:
        """Give a chart: a dot and its interval for each row but intercepts, with a line at 0 (at most 200)."""
        from ..printing.result_chart import interval_chart

        words = [name for name in self.frame.columns if name not in NUMBERS]
        shown = self.frame[~self.frame["term"].isin(["Intercept"])] if "term" in self.frame else self.frame
        return interval_chart(
            shown if len(shown) else self.frame,
            share=False,
            names=words,
            title=self._lines()[:1],
            footing=self._lines()[1:],
            level=self.method["level"],
            zero=True,
            measure="coefficient" if "term" in self.frame else "contrast",
            simulated=bool(self.method.get("simulated")),
        )

    def __str__(self) -> str:
        """Print how many imputations were combined, how, then the table, then footnotes."""
        return printed(self._lines(), [self._table()], footnotes_of(self.method))

    __repr__ = __str__

    def _lines(self) -> list[str]:
        method = self.method
        asked = method.get("formula") or method.get("estimand") or ""
        level = f"{100 * method['level']:g}% intervals, t; tests against 0."
        return [
            f"{method['imputation']['imputations']} imputations combined{f': {asked}' if asked else ''}",
            f"{sampling(method)} {level}",
        ]

    def _table(self) -> Table:
        frame = self.frame
        words = [name for name in frame.columns if name not in NUMBERS]
        decimals = decimals_for(frame["se"].tolist(), frame["estimate"].tolist())
        columns = [[code_text(value) for value in frame[name]] for name in words]
        columns += [[number(value, decimals) for value in frame[name]] for name in ("estimate", "se", "low", "high")]
        columns.append([number(value, 2) for value in frame["statistic"]])
        columns.append([p_text(value) for value in frame["p"]])
        columns.append([df_text(value) for value in frame["df"]])
        columns.append([percent(value) for value in frame["fmi"]])
        header = [*words, "estimate", "se", "low", "high", "t", "p", "df", "fmi"]
        return header, [list(row) for row in zip(*columns, strict=True)], len(words)
