"""What a test gives back: its statistic, degrees of freedom and p, and what was tested on whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data.errors import EstimationError
from ...data.printing import decimals_for, number
from ..printing.result_text import (
    FilePath,
    Table,
    df_text,
    document,
    footnotes_of,
    in_html,
    in_markdown,
    p_text,
    population,
    printed,
    sampling,
)
from ..sampling.categories import code_text

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

FREEDOMS = ("df", "ndf", "ddf")
MEASURED = ("estimate", "se", "low", "high", "mean", "mean rank score", "odds_ratio", "log_odds_ratio")
COUNTS = ("n", "weighted_n")


@dataclass(frozen=True, eq=False, repr=False)
class SignificanceTest:
    """A design-based test, or several of one kind.

    Attributes
    ----------
    frame : pandas.DataFrame
        As ``to_frame()`` gives it.
    method : mapping
        What was tested, and how: heading, statistic, level, df, df_rule, groups, footnotes, and what every result says
        of its design.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.analysis.testing.ttest import ttest
    >>> test = ttest(Design(pd.DataFrame({"trust": [1, 2, 4, 5]})), "trust", value=2)
    >>> round(test.statistic, 4), test.df, round(test.p, 4)
    (1.0954, 2.0, 0.3876)
    """

    frame: pd.DataFrame
    method: Mapping[str, Any]

    def __len__(self) -> int:
        """Count the tests."""
        return len(self.frame)

    @property
    def statistic(self) -> float:
        """The statistic of the first test."""
        return float(self.frame["statistic"].iloc[0])

    @property
    def df(self) -> float:
        """The degrees of freedom of the first test: of its t, or of the denominator of its F."""
        return float(self.frame["df" if "df" in self.frame else "ddf"].iloc[0])

    @property
    def p(self) -> float:
        """The p-value of the first test."""
        return float(self.frame["p"].iloc[0])

    def to_frame(self) -> pd.DataFrame:
        """Give one row for each test, at full precision."""
        return self.frame.copy()

    def document(self) -> dict[str, Any]:
        """Give ``{"method": ..., "rows": [...]}`` as plain values for JSON; what is not defined is None."""
        return document(self.method, self.frame)

    def to_markdown(self) -> str:
        """Give heading, tables and footnotes in Markdown."""
        return in_markdown(self._lines(), self._tables(), footnotes_of(self.method))

    def to_html(self, path: FilePath = None) -> str:
        """Give one web page that needs nothing else, and write it where a path is given, e.g. ``"gaps.html"``."""
        return in_html(self._lines(), self._tables(), footnotes_of(self.method), path)

    def plot(self) -> alt.LayerChart:
        """Give a chart: a dot and its interval for each estimate that was tested, with a line at 0.

        Raises
        ------
        EstimationError
            When the tests have no estimates with intervals, as tests of independence and of ranks.
        """
        from ..printing.result_chart import interval_chart

        frame = self.frame.rename(columns={"odds_ratio": "estimate"})
        if not {"estimate", "low", "high"} <= {*frame.columns}:
            raise EstimationError("this test has no estimate with an interval to draw; it gives a statistic and a p.")
        names = [name for name in ("item", "contrast") if name in frame]
        return interval_chart(
            frame.drop(columns="se") if "odds_ratio" in self.frame else frame,
            share=False,
            names=names,
            title=self._lines()[:1],
            footing=self._lines()[1:2],
            level=self.method.get("level"),
            zero="odds_ratio" not in self.frame,
            measure="odds ratio" if "odds_ratio" in self.frame else "estimate",
            simulated=bool(self.method.get("simulated")),
        )

    def __str__(self) -> str:
        """Print what was tested, for whom, how, then the tables, then footnotes."""
        return printed(self._lines(), self._tables(), footnotes_of(self.method))

    __repr__ = __str__

    def _lines(self) -> list[str]:
        level = f" {100 * self.method['level']:g}% intervals." if "level" in self.method else ""
        df = f" df: {self.method['df_rule']}."
        return [self.method["heading"], population(self.method), f"{sampling(self.method)}{level}{df}"]

    def _tables(self) -> list[Table]:
        import pandas as pd

        groups = self.method.get("groups") or []
        shown = [pd.DataFrame(groups)] if groups else []
        return [laid_out(frame, self.method["statistic"]) for frame in (*shown, self.frame)]


def laid_out(frame: pd.DataFrame, statistic: str) -> Table:
    """Write a frame of tests as text, its statistic under its own name.

    Examples
    --------
    >>> import pandas as pd
    >>> laid_out(pd.DataFrame({"item": ["trust"], "statistic": [2.0], "p": [0.03], "df": [14.0]}), "t")
    (['item', 't', 'p', 'df'], [['trust', '2.00', '0.0300', '14']], 1)
    """
    decimals = decimals_for(np.asarray(frame["se"], dtype=np.float64).tolist()) if "se" in frame else 3
    columns, words = [], 0
    for name in frame:
        values = frame[name].tolist()
        if name in MEASURED:
            columns.append([number(float(value), decimals) for value in values])
        elif name == "statistic":
            columns.append([number(float(value), 2) for value in values])
        elif name == "p":
            columns.append([p_text(float(value)) for value in values])
        elif name in FREEDOMS:
            columns.append([df_text(float(value)) for value in values])
        elif name in COUNTS:
            columns.append([number(float(value), 0) for value in values])
        else:
            columns.append([code_text(value) for value in values])
            words += 1
    header = [statistic if name == "statistic" else str(name).replace("_", " ") for name in frame]
    return header, _across(columns), words


def _across(columns: Sequence[Sequence[str]]) -> list[list[str]]:
    return [list(row) for row in zip(*columns, strict=True)]
