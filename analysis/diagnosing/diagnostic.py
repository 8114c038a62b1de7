"""What a look at weights gives back: a tidy frame, the same as people read it, and as a chart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...data.errors import WeightingError
from ..printing.result_text import FilePath, Section, Table, in_markdown, plain, printed
from ..sampling.categories import code_text

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

Writer = Callable[[Any], str]
"""Writes a value of a column as people read it."""


@dataclass(frozen=True, eq=False, repr=False)
class Diagnostic:
    """One look at weights; every function of weight diagnostics gives one.

    Attributes
    ----------
    name : str
        What it is, e.g. ``"log"``.
    title : str
        The same as a heading, e.g. ``"Weights step by step"``.
    about : tuple of str
        How to read it, with the source of the method.
    frame : pandas.DataFrame
        As ``to_frame()`` gives it.
    notes : tuple of str
        Footnotes; that respondents are simulated stands first.
    table : Table
        What is printed: header, rows, and how many leading columns are words.
    draw : callable or None
        Makes the chart; None where a table says it better.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.analysis.diagnosing.weight_log import weight_log
    >>> weight_log(Design(pd.DataFrame({"w": [1.0, 1.0, 2.0]}), weight="w")).to_frame()["n"].tolist()
    [3]
    """

    name: str
    title: str
    about: tuple[str, ...]
    frame: pd.DataFrame
    notes: tuple[str, ...]
    table: Table
    draw: Callable[[], alt.LayerChart] | None = field(default=None)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.frame)

    def to_frame(self) -> pd.DataFrame:
        """Give the tidy frame, at full precision; shares are 0 to 1."""
        return self.frame.copy()

    def document(self) -> dict[str, Any]:
        """Give ``{"method": ..., "rows": [...]}`` as plain values for JSON; what is not defined is None."""
        rows = [{str(name): plain(value) for name, value in row.items()} for row in self.frame.to_dict("records")]
        method = {"name": self.name, "title": self.title, "about": list(self.about), "notes": list(self.notes)}
        return {"method": method, "rows": rows}

    def section(self) -> Section:
        """Give title, words and table, as pages and terminals lay them out."""
        return ((self.title, *self.about), self.table if self.table[1] else None)

    def to_markdown(self) -> str:
        """Give heading, table and footnotes in Markdown; labels are text, whatever signs they hold."""
        lines, table = self.section()
        return in_markdown(lines, [table] if table else [], self.notes)

    def to_html(self, path: FilePath = None) -> str:
        """Give one web page that needs nothing else, and write it where a path is given.

        Parameters
        ----------
        path : path-like, optional
            File to write, e.g. ``"log.html"``; whole or not at all.
        """
        from ..printing.result_html import result_page, written

        return written(result_page([self.section()], self.notes), path)

    def plot(self) -> alt.LayerChart:
        """Give the chart, with a text alternative; ``.save("log.svg")`` keeps it.

        Raises
        ------
        WeightingError
            When there is none: of warnings, or of nothing.
        """
        if self.draw is None:
            raise WeightingError(f"there is no chart of this ({self.title.lower()}); print it, or take to_frame().")
        return self.draw()

    def __str__(self) -> str:
        """Print what it is, how to read it, the table, then footnotes."""
        lines, table = self.section()
        return printed(lines, [table] if table else [], self.notes)

    __repr__ = __str__


def laid_out(frame: pd.DataFrame, columns: Mapping[str, Writer | None]) -> Table:
    """Lay out columns of a frame as people read them; those without a writer are words and stand first.

    Parameters
    ----------
    frame : pandas.DataFrame
        The values.
    columns : mapping of str to callable or None
        By column what writes it; None for words.

    Examples
    --------
    >>> import pandas as pd
    >>> laid_out(pd.DataFrame({"sex": ["f"], "n": [1200]}), {"sex": None, "n": lambda n: f"{n:,}"})
    (['sex', 'n'], [['f', '1,200']], 1)
    """
    written = [
        [_words(value) if write is None else write(value) for value in frame[name]] for name, write in columns.items()
    ]
    header = [name.replace("_", " ") for name in columns]
    return header, [list(row) for row in zip(*written, strict=True)], sum(write is None for write in columns.values())


def _words(value: object) -> str:
    return "" if value is None or value != value else code_text(value)
