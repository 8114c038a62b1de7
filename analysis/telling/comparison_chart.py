"""The chart of new results against published figures: a filled dot and a hollow diamond, each on its whiskers.

A published value that was not seen in print has its badge written beside it. Pairs that are not comparable are not
drawn.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from ...data.description import SIMULATED
from ...data.errors import EstimationError
from ..printing.result_chart import titled
from .badge import badge_in_short, warning_badge
from .comparison import Comparison, ComparisonRow
from .comparison_text import within
from .facts import alt_text, in_a_word, minus, short_label, source_label
from .groups import Group, counted, grouped, published_counted
from .sentences import published_in_words, value_in_words
from .value_text import bracket, published_bracket

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

STEP = 88
"""Height of an item in pixels: a line of words above two rows of marks, with room for a badge between them."""

OFFSETS = [STEP * 0.17, STEP * 0.97]
"""Between which the two rows of marks share the height of an item."""

LINE = 17
"""Height of a further line of words over an item, in pixels."""

LETTER = 7.25
"""Width that a letter of those words has at most on the average, in pixels."""

APART: dict[str, Any] = {"labelOverlap": True, "labelSeparation": 6}
"""Numbers along an axis that would touch are left out."""

AXIS = 40
"""Height of what stands under the items: the axis with its numbers, and the padding."""

SERIES = ("New survey", "Published")

NEW, PUBLISHED = "#2c7fd4", "#c8690f"
"""Marks of the new survey and of the published figures: 3 to 1 on a light and on a dark background alike."""

EITHER = "#757d87"
"""Words on a chart while the reader's colour scheme is not known."""

INK = "#1b1f24"
"""Words on white."""

WIDTH = 560
"""Width of a chart that stands in a report, in pixels."""


def marks(rows: Sequence[ComparisonRow]) -> pd.DataFrame:
    """Give one line for each mark: two for an item, one when its new figure is not shown."""
    import pandas as pd

    lines: list[dict[str, object]] = []
    for row in rows:
        shown = {
            "row": f"{row.item}|{row.part}|{row.published_id}",
            "item": short_label(row),
            "verdict": in_a_word(row),
        }
        if row.estimate is not None:
            lines.append(
                {
                    **shown,
                    "series": SERIES[0],
                    "value": row.estimate,
                    "low": row.low,
                    "high": row.high,
                    "total_low": row.estimate_total_low,
                    "total_high": row.estimate_total_high,
                    "words": minus(value_in_words(row.estimate, row) + bracket(row.low, row.high, row.statistic)),
                    "counted": counted(row),
                    "study": f"this survey, n {row.n:,.0f}" if row.n is not None else "this survey",
                    "badge": "",
                    "known": "",
                }
            )
        lines.append(
            {
                **shown,
                "series": SERIES[1],
                "value": row.published,
                "low": row.published_low,
                "high": row.published_high,
                "total_low": row.published_total_low,
                "total_high": row.published_total_high,
                "words": minus(published_in_words(row) + published_bracket(row)),
                "counted": published_counted(row),
                "study": f"{source_label(row)}, {size(row)}",
                "badge": warning_badge(row),
                "known": badge_in_short(row),
            }
        )
    return pd.DataFrame(lines)


def size(row: ComparisonRow) -> str:
    """Give the published number of interviews."""
    return f"n {row.published_n:,.0f}" if row.published_n is not None else "n not stated"


def dot_and_whisker(
    rows: Sequence[ComparisonRow],
    words: str = EITHER,
    ends: tuple[float, float] | None = None,
    columns: int | None = None,
) -> alt.LayerChart:
    """Draw rows of one statistic, in the order given, as wide as there is room.

    Parameters
    ----------
    rows : sequence of ComparisonRow
        All shares, or all means, with published figures of the same kind.
    words : str
        Colour of the words, e.g. ``"#1b1f24"``; the default can be read on light and on dark.
    ends : tuple of float, optional
        Ends of the axis, e.g. those of several charts that are read together; without it the rows' own.
    columns : int, optional
        Letters after which a label goes on in another line, e.g. ``44``; without it each stands in one line.
    """
    named = labels(rows, columns)
    drawn = drawing(rows, words, ends or ends_of(rows), named).properties(
        height=step_of(named) * len(rows) + AXIS, padding={"left": 0, "right": 12, "top": 4, "bottom": 4}
    )
    chart: alt.LayerChart = drawn.configure_view(strokeWidth=0)
    return chart


def drawing(
    rows: Sequence[ComparisonRow], words: str, ends: tuple[float, float], names: pd.DataFrame
) -> alt.LayerChart:
    """Draw rows without what belongs to a whole chart: whiskers of both tiers, marks, badges, and words over each."""
    import altair as alt

    frame = marks(rows)
    share = rows[0].statistic == "share"
    order = list(dict.fromkeys(frame["row"]))
    y = alt.Y("row:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    step = step_of(names)
    scale = alt.Scale(domain=list(SERIES), range=[step - STEP + at for at in OFFSETS], paddingInner=0, paddingOuter=0)
    offset = alt.YOffset("series:N", scale=scale)
    colour = alt.Color("series:N", scale=alt.Scale(domain=list(SERIES), range=[NEW, PUBLISHED]), legend=None)
    placed = alt.Chart(frame).encode(y=y, yOffset=offset)
    base = placed.encode(color=colour, tooltip=tooltips())
    axis = alt.Axis(
        format="%" if share else ".1f", title=None, tickCount=5, labelFontSize=13, labelColor=words, **APART
    )

    def x(column: str) -> alt.X:
        return alt.X(f"{column}:Q", scale=alt.Scale(domain=list(ends), nice=False), axis=axis)

    total = base.transform_filter("isValid(datum.total_low)").mark_rule(strokeWidth=1.5)
    sampling = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=4.5)
    new, published = (base.transform_filter(alt.datum.series == name) for name in SERIES)
    named = alt.Chart(names).mark_text(
        align="left",
        baseline="middle",
        fontSize=14,
        lineBreak="\n",
        lineHeight=LINE,
        dy=0.12 * STEP - step / 2,
        limit=alt.ExprRef("width - 4"),
        color=words,
    )
    layers: list[Any] = [
        total.encode(x=x("total_low"), x2="total_high:Q"),
        sampling.encode(x=x("low"), x2="high:Q"),
        new.mark_point(filled=True, shape="circle", size=130, opacity=1).encode(x=x("value")),
        published.mark_point(filled=False, shape="diamond", size=150, strokeWidth=2.5, opacity=1).encode(x=x("value")),
        *(badge.encode(x=x("value")) for badge in badge_marks(placed, words, ends)),
        named.encode(y=y, x=alt.value(2), text="words:N"),
    ]
    drawn: Any = alt.layer(*layers)
    chart: alt.LayerChart = drawn
    return chart


def badge_marks(placed: alt.Chart, words: str, ends: tuple[float, float]) -> list[alt.Chart]:
    """Write badges over the published marks, to the side where there is room."""
    middle = (ends[0] + ends[1]) / 2
    sides: dict[Literal["left", "right"], str] = {
        "left": f"datum.value < {middle}",
        "right": f"datum.value >= {middle}",
    }
    return [
        placed.transform_filter("datum.badge !== ''")
        .transform_filter(where)
        .mark_text(align=side, baseline="middle", dy=-20, fontSize=12, fontStyle="italic", color=words)
        .encode(text="badge:N")
        for side, where in sides.items()
    ]


def drawable(group: Group, statistic: str) -> Group:
    """Keep the rows of a group that may be compared and are of one statistic, the published figure as well."""
    return replace(group, rows=tuple(row for row in group.rows if drawn_in(row, statistic)))


def drawn_in(row: ComparisonRow, statistic: str) -> bool:
    """Say whether a row stands in charts of a statistic."""
    return row.grade != "not_comparable" and row.statistic == row.published_statistic == statistic


def drawable_groups(rows: Sequence[ComparisonRow]) -> list[tuple[Group, tuple[float, float]]]:
    """Give the groups to draw, those of shares first, each with the ends of its axis: all of a statistic have one."""
    groups, found = grouped(rows), []
    for statistic in ("share", "mean"):
        own = [each for group in groups if (each := drawable(group, statistic)).rows]
        ends = ends_of([row for group in own for row in group.rows]) if own else (0.0, 1.0)
        found += [(group, ends) for group in own]
    return found


def report_chart(comparison: Comparison, width: int = WIDTH) -> alt.VConcatChart:
    """Draw every pair that may be compared, those asked under one stem together, on white.

    Parameters
    ----------
    comparison : Comparison
        The comparison.
    width : int
        Of the plot, in pixels, e.g. ``560``.

    Raises
    ------
    EstimationError
        When no pair may be drawn.
    """
    import altair as alt

    groups = drawable_groups(comparison.rows)
    if not groups:
        raise EstimationError("there is no pair to draw: none may be compared, or the figures are not of one kind.")
    simulated = [f"{SIMULATED[0].upper()}{SIMULATED[1:]}."] if SIMULATED in comparison.about.note else []
    legend = "Filled dot: new survey. Hollow diamond: published. Thick line: the chance of sampling. Thin line: with "
    legend += "other survey error as well. Badge: how a value is known that was not seen in print."
    drawn: list[Any] = []
    for group, ends in groups:
        names = labels(group.rows, int(width / LETTER))
        size = {"width": width, "height": step_of(names) * len(group.rows)}
        drawn.append(drawing(group.rows, INK, ends, names).properties(**size, title=fitted(*over(group), width)))
    title = fitted([comparison.about.title or "New results against published figures"], [*simulated, legend], width)
    chart: alt.VConcatChart = (
        alt.vconcat(*drawn, spacing=28)
        .properties(
            title=title,
            description=" ".join([*simulated, alt_text([row for group, _ in groups for row in group.rows])]),
            padding={"left": 8, "right": 16, "top": 8, "bottom": 8},
        )
        .resolve_scale(yOffset="independent")
        .configure_view(strokeWidth=0)
        .configure(font="system-ui, sans-serif", background="#ffffff")
    )
    return chart


def fitted(title: Sequence[str], under: Sequence[str], width: int) -> alt.TitleParams:
    """Give a title and the smaller lines under it, folded so that they fit the plot."""
    lines = [part for line in title for part in textwrap.wrap(line, min(80, max(20, width // 10)))]
    return titled(lines, [part for line in under for part in textwrap.wrap(line, min(104, max(28, width // 7)))])


def over(group: Group) -> tuple[list[str], list[str]]:
    """Give the title of a group's chart: its stem, and what its figures count."""
    stem, *counts = group.heading
    return ([stem], counts) if counts else ([], [stem])


def tooltips() -> list[alt.Tooltip]:
    """Say what a mark is when it is pointed at."""
    import altair as alt

    names = (
        ("item", "Item"),
        ("series", "Result"),
        ("words", "Value"),
        ("counted", "Answers counted"),
        ("study", "From"),
        ("known", "How it is known"),
        ("verdict", "Compared"),
    )
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in names]


def labels(rows: Sequence[ComparisonRow], columns: int | None = None) -> pd.DataFrame:
    """Give the words over each item, in lines of so many letters."""
    import pandas as pd

    words = [short_label(row) for row in rows]

    return pd.DataFrame(
        {
            "row": [f"{row.item}|{row.part}|{row.published_id}" for row in rows],
            "words": words if columns is None else in_lines(words, columns),
        }
    )


def in_lines(words: Sequence[str], columns: int) -> list[str]:
    r"""Break labels into lines of so many letters; shorter ones stand lower, right over their marks.

    Examples
    --------
    >>> in_lines(["Restrict their job promotions", "Limit it"], 15)
    ['Restrict their\njob promotions', '\nLimit it']
    """
    broken = [within(label, columns) for label in words]
    most = max(map(len, broken))
    return ["\n".join([""] * (most - len(lines)) + lines) for lines in broken]


def step_of(names: pd.DataFrame) -> int:
    """Give the height of an item: more where a label stands in several lines."""
    return STEP + LINE * max(str(label).count("\n") for label in names["words"])


def ends_of(rows: Sequence[ComparisonRow]) -> tuple[float, float]:
    """Give the ends of an axis that several charts of one statistic share."""
    return axis_range(marks(rows), rows[0].statistic == "share")


def axis_range(frame: pd.DataFrame, share: bool) -> tuple[float, float]:
    """Give the ends of the axis: whole tenths around every whisker, within 0 and 1 for shares."""
    values = frame[["value", "low", "high", "total_low", "total_high"]].astype("float64")
    least, most = float(values.min().min()), float(values.max().max())
    if share:
        return max(0.0, math.floor(10 * least) / 10), min(1.0, math.ceil(10 * most) / 10)
    return math.floor(2 * least) / 2, math.ceil(2 * most) / 2
