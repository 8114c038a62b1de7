"""A crosstab as it is given back: its percentages, its tests, and how it is printed and drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from scipy import special

from ...data.errors import EstimationError
from ..estimation.degrees import DfRule, degrees
from ..estimation.estimates import Estimates
from ..estimation.intervals import check_level, t_interval
from ..estimation.options import check_choice
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
from ..sampling.categories import Shown
from ..testing.significance import SignificanceTest
from .cells import Cells
from .crosstab_plan import Plan
from .crosstab_text import table_of
from .independence import NAMES, Statistic, independence, log_odds_ratio, pearson

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

Percent = Literal["row", "column", "total"]


@dataclass(frozen=True, eq=False, repr=False)
class Crosstab:
    """A two-way table of shares.

    Attributes
    ----------
    frame : pandas.DataFrame
        As ``to_frame()`` gives it.
    method : mapping
        How it was made: row, column, percent, base, interval, level, footnotes, and what every result says of its
        design.
    percentages : mapping of str to Estimates
        ``"row"``, ``"column"`` and ``"total"`` percentages, ``"row margin"`` and ``"column margin"``, each ready for
        contrasts.
    plan : Plan
        The base and its categories, for tests.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.analysis.tables.crosstab import crosstab
    >>> wave = pd.DataFrame({"view": ["for", "against", "for", "for"] * 5, "sex": ["f", "f", "m", "m"] * 5})
    >>> table = crosstab(Design(wave), "view", "sex")
    >>> table.to_frame("column")[["row", "column", "estimate", "count"]]
           row column  estimate  count
    0  against      f       0.5      5
    1  against      m       0.0      0
    2      for      f       0.5      5
    3      for      m       1.0     10
    >>> round(table.test().p, 4)
    0.0157
    """

    frame: pd.DataFrame
    method: Mapping[str, Any]
    percentages: Mapping[str, Estimates]
    plan: Plan

    def to_frame(self, percent: Percent | None = None) -> pd.DataFrame:
        """Give one row for each cell and kind of percentage, at full precision; shares are 0 to 1.

        Parameters
        ----------
        percent : {"row", "column", "total"}, optional
            One kind of percentage, e.g. ``"column"``; all three without it.

        Returns
        -------
        pandas.DataFrame
            Columns row, column (categories), percent (the kind), estimate, se, low, high, n and weighted_n (of the
            base of the percentage), deff, df, effective_n, cv, count and weighted_count (of the cell).
        """
        if percent is None:
            return self.frame.copy()
        check_choice("percent", percent, get_args(Percent))
        return self.frame[self.frame["percent"] == percent].reset_index(drop=True)

    def test(self, statistic: Statistic = "F", *, df: DfRule = "domain") -> SignificanceTest:
        """Test whether row and column are independent, as R's ``svychisq``.

        Parameters
        ----------
        statistic : {"F", "chisq", "wald", "adj_wald", "saddlepoint", "lincom"}
            Pearson's X2 with Rao and Scott's second-order correction, against F; with their first-order correction,
            against chi-square; a Wald test and its adjusted form, which need few cells and many PSUs; X2 against its
            own distribution, by the saddlepoint approximation or exactly.
        df : {"domain", "design"}
            Count PSUs and strata in the subpopulation (R's ``degf`` of a subset), or in the whole design.

        Returns
        -------
        SignificanceTest
            Columns test, statistic, ndf, ddf, p, n. The statistic is an F, or X2 where the name says chi-square or a
            distribution; X2 is scaled to the rows of the subpopulation, those without an answer included, as in R.

        Raises
        ------
        EstimationError
            When there is one row or column, too many empty cells, or no degrees of freedom.

        References
        ----------
        Rao and Scott (1984), Annals of Statistics 12; Thomas and Rao (1987), JASA 82; Kuonen (1999), Biometrika 86.
        """
        check_choice("statistic", statistic, tuple(NAMES))
        import pandas as pd

        design, base = self.plan.design, self.plan.base
        freedom = degrees(design, design.inside, df)
        replicated = design.replication is not None
        found = independence(self.cells, statistic, int(design.inside.sum()), freedom, replicated=replicated)
        frame = pd.DataFrame(
            {
                "test": [statistic],
                "statistic": [found.statistic],
                "ndf": [found.ndf],
                "ddf": [found.ddf],
                "p": [found.p],
                "n": [int(base.sum())],
            }
        )
        about = self._about(NAMES[statistic], df)
        about["statistic"] = "F" if statistic in ("F", "wald", "adj_wald") else "X2"
        return SignificanceTest(frame, about)

    def odds_ratio(self, *, level: float = 0.95, df: DfRule = "domain") -> SignificanceTest:
        """Estimate the odds ratio of a table of two by two: the odds of the first row in the first column.

        Its logarithm goes by the delta method; the interval is symmetric on that scale.

        Parameters
        ----------
        level : float
            Confidence level, e.g. 0.95.
        df : {"domain", "design"}
            As for :meth:`test`.

        Returns
        -------
        SignificanceTest
            Columns odds_ratio, low, high, log_odds_ratio, se (of the logarithm), statistic (t), p, df, n.

        Raises
        ------
        EstimationError
            When the table is not two by two, or a cell is empty.
        """
        check_level(level)
        import pandas as pd

        log, se = log_odds_ratio(self.cells)
        freedom = degrees(self.plan.design, self.plan.design.inside, df)
        if freedom < 1 or se == 0:
            raise EstimationError(
                f"the odds ratio has {'no sampling error' if se == 0 else f'{freedom} degrees of freedom'}."
            )
        low, high = t_interval(np.array([log]), np.array([se]), freedom, level)
        statistic = log / se
        frame = pd.DataFrame(
            {
                "odds_ratio": [math.exp(log)],
                "low": np.exp(low),
                "high": np.exp(high),
                "log_odds_ratio": [log],
                "se": [se],
                "statistic": [statistic],
                "p": [2 * float(special.stdtr(freedom, -abs(statistic)))],
                "df": [float(freedom)],
                "n": [int(self.plan.base.sum())],
            }
        )
        return SignificanceTest(frame, {**self._about("Odds ratio", df), "statistic": "t", "level": level})

    @cached_property
    def cells(self) -> Cells:
        """Totals and shares of the cells with their full covariance."""
        return self.plan.cells()

    @property
    def cramers_v(self) -> float:
        """Cramér's V of the estimated table: 0 where row and column are independent, 1 where one tells the other."""
        if min(self.plan.shape) < 2:
            raise EstimationError("Cramér's V needs two rows and two columns with respondents.")
        share = self.plan.counts()[1].reshape(self.plan.shape)
        return math.sqrt(pearson(share / share.sum()) / (min(self.plan.shape) - 1))

    def document(self) -> dict[str, Any]:
        """Give ``{"method": ..., "rows": [...]}`` as plain values for JSON; what is not defined is None."""
        return document(self.method, self.frame)

    def to_markdown(self) -> str:
        """Give heading, table, test and footnotes in Markdown."""
        return in_markdown(*self._parts())

    def to_html(self, path: FilePath = None) -> str:
        """Give one web page that needs nothing else, and write it where a path is given, e.g. ``"gaps.html"``."""
        return in_html(*self._parts(), path)

    def plot(self) -> alt.LayerChart:
        """Give a chart of the percentages: a dot and its interval for each cell, within each group (at most 200)."""
        from ..printing.result_chart import interval_chart

        kind, (lines, _, _) = self.method["percent"], self._parts()
        title = lines[0].replace(" (standard errors)", "")
        names = ["row", "column"] if kind == "row" else ["column", "row"]
        shown = self.to_frame(kind).sort_values(names[0], key=lambda own: own.map(self._place(names[0])), kind="stable")
        return interval_chart(
            shown,
            share=True,
            names=names,
            title=[title],
            footing=lines[1:-1],
            level=self.method["level"],
            measure=f"{kind} percent",
            simulated=bool(self.method["simulated"]),
        )

    def __str__(self) -> str:
        """Print what was crossed, for whom, how, then the table, the test, and footnotes."""
        return printed(*self._parts())

    __repr__ = __str__

    def _place(self, name: str) -> dict[Shown, int]:
        coded = self.plan.row if name == "row" else self.plan.column
        return {shown: at for at, shown in enumerate(coded.shown)}

    def _about(self, test: str, df: DfRule) -> dict[str, Any]:
        method = self.method
        rule = "of the replicate weights" if self.plan.design.replication else "PSUs minus strata of the base"
        left_out = {"level", "interval", "percent"}
        return {
            **{name: value for name, value in method.items() if name not in left_out},
            "footnotes": [note for note in method["footnotes"] if "Korn-Graubard" not in note],
            "heading": f"{test}: {method['row']} by {method['column']}",
            "df_rule": "PSUs minus strata of the whole design" if df == "design" else rule,
        }

    def _parts(self) -> tuple[list[str], list[Table], list[str]]:
        """Give heading, table and footnotes; the test stands first under the table."""
        method = self.method
        kind = f"{method['percent']} percentages (standard errors)"
        asked = [f"{name}: {text}" for name, text in method["wordings"].items()]
        lines = [f"{method['row']} by {method['column']}, {kind}", *asked, population(method), sampling(method)]
        return lines, [table_of(method, self.plan, self.percentages)], [self._tested(), *footnotes_of(method)]

    def _tested(self) -> str:
        try:
            test = self.test()
        except EstimationError as error:
            return f"No test of independence: {error}"
        row = test.frame.iloc[0]
        p = p_text(row["p"])
        return (
            f"Independence: F({df_text(row['ndf'])}, {df_text(row['ddf'])}) = {row['statistic']:.2f}, "
            f"p {p if p.startswith('<') else f'= {p}'} (Pearson's X2, Rao-Scott second order); "
            f"Cramér's V {self.cramers_v:.2f}."
        )
