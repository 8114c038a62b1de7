"""A set of banner tables: for each item its answers as rows, for each banner variable its groups as columns."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..sampling.categories import Floats, Ints
from .column_letters import ColumnTests, Texts

if TYPE_CHECKING:
    import pandas as pd

LineKind = Literal["category", "net", "mean"]


@dataclass(frozen=True)
class BannerColumn:
    """One column.

    Attributes
    ----------
    banner : str
        The banner variable, ``"sex × age4"`` where several are crossed; empty for the Total.
    heading : str
        What stands over the columns of the banner: its label, or its name.
    values : tuple of str
        The group: one value for each crossed variable; ``("Total",)`` for the Total.
    letter : str
        Its letter within the banner; empty for the Total.
    """

    banner: str
    heading: str
    values: tuple[str, ...]
    letter: str

    @property
    def name(self) -> str:
        """The group in one text, e.g. ``"female, 18-29"``."""
        return ", ".join(self.values)


@dataclass(frozen=True, eq=False)
class BannerBase:
    """Who is counted in each column.

    Attributes
    ----------
    n : numpy.ndarray of int64
        Respondents.
    weighted_n, effective_n : numpy.ndarray
        Their weights added up, and Kish's effective number: the square of that over the sum of squared weights.
    flags : numpy.ndarray of str
        ``""``, ``"low base"`` (shown, not tested), ``"suppressed"`` or ``"no base"``.
    """

    n: Ints
    weighted_n: Floats
    effective_n: Floats
    flags: Texts


@dataclass(frozen=True, eq=False)
class BannerLine:
    """One row: an answer, a net of answers, or the mean.

    Attributes
    ----------
    category : str
        The answer as printed; ``"Mean"`` for the mean.
    kind : {"category", "net", "mean"}
        What the row is.
    estimate, se, low, high : numpy.ndarray
        One for each column; missing where a column is suppressed or has no base.
    higher_than : numpy.ndarray of str
        For each column the letters of those it is higher than, with a blank between.
    base : BannerBase
        Who is counted.
    """

    category: str
    kind: LineKind
    estimate: Floats
    se: Floats
    low: Floats
    high: Floats
    higher_than: Texts
    base: BannerBase

    @property
    def effective_cell(self) -> Floats:
        """For a share p the size of the simple random sample that has its standard error, ``p (1 - p) / se**2``."""
        with np.errstate(divide="ignore", invalid="ignore"):
            size = self.estimate * (1 - self.estimate) / self.se**2
        return np.where((self.se > 0) & (self.kind != "mean"), size, np.nan)


@dataclass(frozen=True, eq=False)
class BannerTable:
    """The table of one item.

    Attributes
    ----------
    item : str
        The column of the data.
    title : str
        The question as asked, or its label; empty when neither is known.
    lines : tuple of BannerLine
        Its rows.
    """

    item: str
    title: str
    lines: tuple[BannerLine, ...]

    @property
    def caption(self) -> str:
        """Item and wording in one text, e.g. ``"trust: How much do you trust ...?"``."""
        return f"{self.item}: {self.title}" if self.title else self.item

    @property
    def bases(self) -> tuple[tuple[str, BannerBase], ...]:
        """The base of the table, and that of the mean where it is another, each with what stands after its name."""
        base, mean = self.lines[0].base, self.lines[-1].base
        return (("", base),) if np.array_equal(base.n, mean.n) else (("", base), (" (mean)", mean))


@dataclass(frozen=True, eq=False)
class PairTests:
    """The tests of one item's rows within one banner.

    Attributes
    ----------
    item : str
        The column of the data.
    categories : tuple of str
        The rows.
    columns : tuple of BannerColumn
        The columns of the banner.
    tests : ColumnTests
        All pairs of them.
    """

    item: str
    categories: tuple[str, ...]
    columns: tuple[BannerColumn, ...]
    tests: ColumnTests


@dataclass(frozen=True, eq=False, repr=False)
class Banner:
    """Banner tables, with column letters.

    Attributes
    ----------
    columns : tuple of BannerColumn
        From left to right.
    tables : tuple of BannerTable
        One for each item.
    method : mapping
        How they were made, as plain values: title, base_text, weight_source, variance, df, levels, adjust, low_base,
        minimum_base, footnotes and more.
    pairs : tuple of PairTests
        Every test behind the letters.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.tables.banner import banner
    >>> from topline.analysis.sampling.design import Design
    >>> wave = pd.DataFrame({"view": ["for", "against"] * 40, "sex": ["f"] * 40 + ["m"] * 40})
    >>> banner(Design(wave), "view", "sex").to_frame()[["category", "column", "letter", "estimate", "n"]].head(3)
      category column letter  estimate   n
    0  against  Total              0.5  80
    1  against      f      A       0.5  40
    2  against      m      B       0.5  40
    """

    columns: tuple[BannerColumn, ...]
    tables: tuple[BannerTable, ...]
    method: Mapping[str, Any]
    pairs: tuple[PairTests, ...]

    def to_frame(self) -> pd.DataFrame:
        """Give one row for each cell, at full precision; shares are 0 to 1.

        Columns: item, category, kind (category, net or mean), banner, column, letter, estimate, se, low, high, n,
        weighted_n, effective_n (Kish, of the base), effective_cell (of the share itself, from the design),
        higher_than (letters), flag (``"low base"``, ``"suppressed"``, ``"no base"`` or empty).
        """
        import pandas as pd

        return pd.concat([self._cells(table, line) for table in self.tables for line in table.lines], ignore_index=True)

    def differences(self) -> pd.DataFrame:
        """Give one row for each pair of columns in each row of the tables: the tests behind the letters.

        Columns: item, category, banner, column, other, letter, other_letter, difference (column minus other), se, t,
        df, p, p_adjusted (p itself without an adjustment), untested (why a pair was not tested; empty where it was).
        """
        import pandas as pd

        parts = [self._pair_rows(pair, row) for pair in self.pairs for row in range(len(pair.categories))]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(DIFFERENCES))

    def document(self) -> dict[str, Any]:
        """Give ``{"method": ..., "rows": [...]}`` as plain values for JSON: one row for each cell."""
        from ..printing.result_text import document

        return document(self.method, self.to_frame())

    def to_markdown(self) -> str:
        """Give title, tables and footnotes in Markdown."""
        from .banner_text import banner_markdown

        return banner_markdown(self)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Give one self-contained web page, and write it where a path is given.

        It asks nobody for anything, follows the reader's light or dark scheme, and prints. Labels are shown as they
        are, whatever they hold.

        Parameters
        ----------
        path : path-like, optional
            File to write, e.g. ``"tables.html"``; whole or not at all.

        Raises
        ------
        FileError
            When the file cannot be written.
        """
        from ..printing.result_html import written
        from .banner_html import banner_html

        return written(banner_html(self), path)

    def to_xlsx(self, path: str | os.PathLike[str]) -> None:
        """Write an Excel workbook: contents and notes, all tables on one sheet, and every number on another.

        Figures are numbers, with a format; letters stand in a narrow column right of each figure. Labels stay text,
        also where they begin with ``=``.

        Parameters
        ----------
        path : path-like
            File to write, its name ending in ``.xlsx``, e.g. ``"tables.xlsx"``; whole or not at all.

        Raises
        ------
        FileError
            When the file cannot be written.
        """
        from .banner_xlsx import write_banner

        write_banner(self, path)

    def __str__(self) -> str:
        """Print title, tables and footnotes; wide banners are folded into blocks."""
        from .banner_text import banner_text

        return banner_text(self)

    __repr__ = __str__

    def _cells(self, table: BannerTable, line: BannerLine) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(
            {
                "item": table.item,
                "category": line.category,
                "kind": line.kind,
                "banner": [column.banner for column in self.columns],
                "column": [column.name for column in self.columns],
                "letter": [column.letter for column in self.columns],
                "estimate": line.estimate,
                "se": line.se,
                "low": line.low,
                "high": line.high,
                "n": line.base.n,
                "weighted_n": line.base.weighted_n,
                "effective_n": line.base.effective_n,
                "effective_cell": line.effective_cell,
                "higher_than": line.higher_than.astype("str"),
                "flag": line.base.flags.astype("str"),
            }
        )

    def _pair_rows(self, pair: PairTests, row: int) -> pd.DataFrame:
        import pandas as pd

        tests = pair.tests
        sides = [[pair.columns[at] for at in side] for side in (tests.first, tests.second)]
        values = [
            pair.item,
            pair.categories[row],
            pair.columns[0].banner,
            *([column.name for column in side] for side in sides),
            *([column.letter for column in side] for side in sides),
            tests.difference[row],
            tests.se[row],
            tests.t[row],
            self.method["df"],
            tests.p[row],
            tests.p_adjusted[row],
            tests.untested[row].astype("str"),
        ]
        return pd.DataFrame(dict(zip(DIFFERENCES, values, strict=True)))


DIFFERENCES = (
    *("item", "category", "banner", "column", "other", "letter", "other_letter"),
    *("difference", "se", "t", "df", "p", "p_adjusted", "untested"),
)
"""The columns of :meth:`Banner.differences`."""


@dataclass(frozen=True)
class HeaderCell:
    """A cell of the heading: its text, and how many columns and rows it takes.

    Attributes
    ----------
    text : str
        What stands in it.
    at : int
        Its first column, counted from 0.
    across, down : int
        Columns and rows it takes.
    """

    text: str
    at: int
    across: int = 1
    down: int = 1


def header_rows(columns: Sequence[BannerColumn], levels: int = 1) -> list[list[HeaderCell]]:
    """Lay out the heading: the banners, a row for each level of crossing (at least ``levels``), then the letters.

    Examples
    --------
    >>> total, f, m = BannerColumn("", "", ("Total",), ""), *(BannerColumn("sex", "Sex", (x,), "A") for x in "fm")
    >>> [[(cell.text, cell.at, cell.across) for cell in row] for row in header_rows([total, f, m])][:2]
    [[('', 0, 1), ('Sex', 1, 2)], [('Total', 0, 1), ('f', 1, 1), ('m', 2, 1)]]
    """
    paths = [(column.heading, *column.values) for column in columns]
    depth = max(levels + 1, *map(len, paths))
    rows: list[list[HeaderCell]] = []
    for level in range(depth):
        cells: list[HeaderCell] = []
        for at, (column, path) in enumerate(zip(columns, paths, strict=True)):
            inner = level < len(path) - 1
            if (
                inner
                and at
                and columns[at - 1].banner == column.banner
                and paths[at - 1][: level + 1] == path[: level + 1]
            ):
                cells[-1] = replace(cells[-1], across=cells[-1].across + 1)
            elif level < len(path):
                cells.append(HeaderCell(path[level], at, down=1 if inner else depth - level))
        rows.append(cells)
    return [*rows, [HeaderCell(column.letter, at) for at, column in enumerate(columns)]]
