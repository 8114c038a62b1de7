"""Charts of weights with a row for each step, category or group: marks with their name and their figures."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ...data.printing import shortened, width
from ..estimation.method import SIMULATED_NOTE
from ..printing.result_chart import LETTER, MARK, PLOT, ROW, RULE, TITLE, WORDS, ruled_axis, titled, written_beside

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

MOST = 60
"""Rows that a chart shows; those after them are in the table alone."""

PERCENT = ".0%"
"""How an axis writes shares."""

BESIDE, OVER = 50, 42
"""Letters of a line of a name beside the plot, and on a narrow chart over it."""

LINES = 4
"""Lines that a name is folded into; what is longer is cut, and whole in the table."""

LINE = 16
"""Height of a line of words, in pixels."""

NARROW = 300
"""Width of the plot of a chart for a narrow screen, in pixels: names and figures stand over it."""

SPARE = 1.6
"""Width kept free for each letter of the figures, in pixels: fonts of browsers are wider than the one measured."""

_narrow: ContextVar[bool] = ContextVar("narrow", default=False)

Shape = Literal["dot", "hollow", "tick", "bar"]


@dataclass(frozen=True)
class Marks:
    """One mark in every row.

    Attributes
    ----------
    column : str
        Where its values are.
    words : str
        What it is, as the figures beside the plot are told, e.g. ``"after"``.
    shape : {"dot", "hollow", "tick", "bar"}
        How it is drawn; shapes, not colours, tell marks apart.
    """

    column: str
    words: str
    shape: Shape = "dot"


@dataclass(frozen=True)
class Rule:
    """A dashed line across all rows.

    Attributes
    ----------
    at : float
        Where it stands.
    """

    at: float


def row_chart(
    frame: pd.DataFrame,
    *,
    name: str,
    marks: Sequence[Marks],
    title: str,
    footing: Sequence[str],
    axis: str,
    written: Callable[[float], str],
    form: str = ",~r",
    heading: str = "",
    rules: Sequence[Rule] = (),
    zero: bool = True,
    simulated: bool = False,
) -> alt.LayerChart:
    """Draw marks in a row for each line of a frame, with its name to the left and its figures to the right.

    Parameters
    ----------
    frame : pandas.DataFrame
        The lines, in order.
    name, heading : str
        Columns of what names a line, and of what stands over each group of lines; no headings where empty.
    marks : sequence of Marks
        What is drawn in each row, the first undermost.
    title : str
        What the chart shows.
    footing : sequence of str
        What marks and lines mean, and where limits come from.
    axis : str
        What stands along the axis.
    written : callable
        Writes a figure.
    form : str
        How the axis writes numbers, in d3's language, e.g. ``".0%"``, which gets a decimal where the axis is short.
    rules : sequence of Rule
        Dashed lines.
    zero : bool
        Whether the axis holds 0.
    simulated : bool
        Whether the answers are invented; that is said first.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"step": ["raked"], "deff": [1.25]})
    >>> chart = row_chart(frame, name="step", marks=[Marks("deff", "deff", "bar")], title="Design effect",
    ...                   footing=[], axis="deff", written=lambda value: f"{value:.2f}")
    >>> chart.description
    'Design effect. raked: deff 1.25.'
    """
    import altair as alt

    rows = _rows(frame, name, heading, marks, written)
    plot = NARROW if is_narrow() else PLOT
    place = alt.Y("y:Q", scale=alt.Scale(domain=[0, rows.height], reverse=True, nice=False, zero=False), axis=None)
    ends = _ends(rows.lines, marks, rules, zero=zero)
    across = alt.Scale(domain=ends, nice=False)
    # ticks of whole percentages would repeat themselves on a short axis
    form = ".1%" if form == PERCENT and ends[1] - ends[0] < 0.08 else form

    def along(column: str) -> alt.X:
        return alt.X(f"{column}:Q", scale=across, axis=ruled_axis(axis, form))

    base = alt.Chart(rows.lines).encode(
        y=place, tooltip=[alt.Tooltip("label:N", title="Row"), alt.Tooltip("figure:N", title=" ")]
    )
    layers: list[alt.Chart] = [_guides(base, plot)]
    layers += [_line(rule, along) for rule in rules]
    layers += [_drawn(base, one, along) for one in marks]
    layers += _words(rows, place)
    said = [SIMULATED_NOTE] if simulated else []
    said += [f"{rows.left_out} more rows are in the table alone."] if rows.left_out else []
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(
            width=plot,
            height=rows.height,
            title=fitted(title, [*said, *footing]),
            description=" ".join([f"{title}.", *_told(rows.lines)]),
            padding={"left": 8, "right": 12 + rows.spare, "top": 8, "bottom": 8},
        )
        .configure_view(strokeWidth=0)
        .configure(font="system-ui, sans-serif", background="#ffffff")
    )
    return chart


@contextmanager
def narrow_charts() -> Iterator[None]:
    """Draw charts for a narrow screen, such as a telephone's, for as long as this is open.

    Examples
    --------
    >>> with narrow_charts():
    ...     is_narrow()
    True
    """
    before = _narrow.set(True)
    try:
        yield
    finally:
        _narrow.reset(before)


def is_narrow() -> bool:
    """Say whether charts are drawn for a narrow screen.

    Examples
    --------
    >>> is_narrow()
    False
    """
    return _narrow.get()


def fitted(title: str, footing: Sequence[str]) -> alt.TitleParams:
    """Give the title and the smaller lines under it, folded at the width of the chart."""
    if not is_narrow():
        return titled([title], footing)
    return titled(textwrap.wrap(title, 38), [part for line in footing for part in textwrap.wrap(line, 50)])


@dataclass(frozen=True)
class _Rows:
    """The lines of a chart and all words around their marks, each with its height in pixels from the top.

    Attributes
    ----------
    lines : pandas.DataFrame
        y, label, heading, figure and the values of the marks.
    words : list of (float, str, str)
        What is written, line by line: y, words, and "name", "figure" or "heading".
    height : float
        Of the plot.
    left_out : int
        Lines of the frame that are not drawn.
    """

    lines: pd.DataFrame
    words: list[tuple[float, str, str]]
    height: float
    left_out: int

    @property
    def spare(self) -> float:
        """Width kept free for the figures beside the plot."""
        return 0.0 if is_narrow() else SPARE * max(map(width, self.lines["figure"]))


def _rows(
    frame: pd.DataFrame, name: str, heading: str, marks: Sequence[Marks], written: Callable[[float], str]
) -> _Rows:
    """Give each line its place from the top, its name and figures; the headings; and how many lines are left out."""
    import pandas as pd

    shown = frame.head(MOST)
    lines, words, above, top = [], [], None, 0.0
    for row in shown.to_dict("records"):
        over = str(row[heading]) if heading else ""
        if over and over != above:
            for part in textwrap.wrap(shortened(over, 90), OVER if is_narrow() else 90):
                words.append((top + ROW / 2, part, "heading"))
                top += ROW
            above = over
        known = [(one, float(row[one.column])) for one in marks if row[one.column] == row[one.column]]
        figure = ", ".join(f"{one.words} {written(value)}".strip() for one, value in known)
        label, values = str(row[name]), {one.column: value for one, value in known}
        beside, y, high = _placed(label, figure, top)
        words += beside
        lines.append({"y": y, "label": label, "heading": over, "figure": figure, **values})
        top += high
    return _Rows(pd.DataFrame(lines), words, top, len(frame) - len(shown))


def _placed(label: str, figure: str, top: float) -> tuple[list[tuple[float, str, str]], float, float]:
    """Give the words of a line, the height its mark stands at, and what height it takes."""
    if is_narrow():
        said = [(part, "name") for part in _folded(label, OVER)] + [(part, "figure") for part in _folded(figure, OVER)]
        words = [(top + LINE * (at + 0.6), part, kind) for at, (part, kind) in enumerate(said)]
        return words, top + LINE * len(said) + 12, LINE * len(said) + 28
    names = _folded(label, BESIDE)
    high = max(ROW, LINE * len(names) + 6)
    y = top + high / 2
    first = y - LINE * (len(names) - 1) / 2
    return [*((first + LINE * at, part, "name") for at, part in enumerate(names)), (y, figure, "figure")], y, high


def _folded(words: str, letters: int) -> list[str]:
    return textwrap.wrap(words, letters, max_lines=LINES, placeholder=" …") or [""]


def _words(rows: _Rows, place: alt.Y) -> list[alt.Chart]:
    """Write names to the left of the plot and figures to its right, or on a narrow chart both over the marks."""
    import altair as alt
    import pandas as pd

    every = pd.DataFrame(rows.words, columns=["y", "words", "kind"])
    names, headed = every.loc[every["kind"] == "name", "words"], bool((every["kind"] == "heading").any())
    indent = 14 if headed else 0
    room = LETTER * max(map(width, names)) + 20 + indent
    left = {"name": indent - room, "figure": PLOT + 10, "heading": -room}
    if is_narrow():
        left = dict.fromkeys(left, 0.0)
    dark = {"heading"} | ({"name"} if is_narrow() and not headed else set())
    return [
        written_beside(
            alt.Chart(own.reset_index(drop=True)).encode(y=place),
            "words",
            x=left[str(kind)],
            colour=TITLE if kind in dark else WORDS,
        )
        for kind, own in every.groupby("kind", sort=False)
    ]


def _told(lines: pd.DataFrame) -> list[str]:
    named = [": ".join(filter(None, pair)) for pair in zip(lines["heading"], lines["label"], strict=True)]
    return [f"{'; '.join(f'{name}: {figure}' for name, figure in zip(named, lines['figure'], strict=True))}."]


def _ends(lines: pd.DataFrame, marks: Sequence[Marks], rules: Sequence[Rule], *, zero: bool) -> list[float]:
    values = [lines[one.column].to_numpy(float) for one in marks if one.column in lines]
    known = np.concatenate([*values, np.array([rule.at for rule in rules], dtype=float), np.zeros(int(zero))])
    known = known[np.isfinite(known)]
    least, most = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    air = 0.05 * (most - least) or 0.1 * abs(most) or 1.0
    return [least if zero and least == 0 else least - air, most + air]


def _guides(base: alt.Chart, plot: int) -> alt.Chart:
    import altair as alt

    guides: alt.Chart = base.mark_rule(strokeWidth=1, color=RULE, opacity=0.25).encode(
        x=alt.value(0), x2=alt.value(plot), tooltip=alt.Undefined
    )
    return guides


def _line(rule: Rule, along: Callable[[str], alt.X]) -> alt.Chart:
    import altair as alt
    import pandas as pd

    line: alt.Chart = alt.Chart(pd.DataFrame({"at": [rule.at]})).mark_rule(color=WORDS, strokeDash=[4, 3])
    drawn: alt.Chart = line.encode(x=along("at"))
    return drawn


def _drawn(base: alt.Chart, one: Marks, along: Callable[[str], alt.X]) -> alt.Chart:
    import altair as alt

    there = base.transform_filter(f"isValid(datum['{one.column}'])")
    if one.shape == "bar":
        drawn: alt.Chart = there.mark_bar(color=MARK, size=12, opacity=0.75).encode(
            x=along(one.column), x2=alt.datum(0)
        )
    elif one.shape == "tick":
        drawn = there.mark_tick(color=TITLE, thickness=3, size=16).encode(x=along(one.column))
    elif one.shape == "hollow":
        drawn = there.mark_point(filled=False, size=80, color=MARK, strokeWidth=2, opacity=1).encode(
            x=along(one.column)
        )
    else:
        drawn = there.mark_point(filled=True, size=80, color=MARK, opacity=1).encode(x=along(one.column))
    return drawn
