"""The chart of new results against published figures: a filled dot and a hollow diamond, each on its whiskers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..analysis.telling.comparison import ComparisonRow
from ..analysis.telling.comparison_text import bracket, published_bracket
from ..analysis.telling.sentences import published_in_words, value_in_words
from .battery import counted, published_counted
from .theme import DARK, EITHER, LIGHT, NEW, PUBLISHED
from .wording import in_a_word, minus, short_label, source_label

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

STEP = 72
"""Height of an item in pixels: a line of words above two rows of marks."""

AXIS = 40
"""Height of what stands under the items: the axis with its numbers, and the padding."""

SERIES = ("New survey", "Published")


def sorted_rows(rows: Sequence[ComparisonRow], order: str) -> list[ComparisonRow]:
    """Sort rows for the chart; rows without the value asked for stand last, in their own order.

    Examples
    --------
    >>> rows = [ComparisonRow("a", difference=0.1), ComparisonRow("b"), ComparisonRow("c", difference=-0.2)]
    >>> [row.item for row in sorted_rows(rows, "new minus published")]
    ['c', 'a', 'b']
    """
    return sorted(rows, key=ORDERS[order])


def by_size(row: ComparisonRow) -> float:
    """Largest difference first, whichever way it goes."""
    return math.inf if row.difference is None else -abs(row.difference)


def by_difference(row: ComparisonRow) -> float:
    """Lowest difference first."""
    return math.inf if row.difference is None else row.difference


def by_new_result(row: ComparisonRow) -> float:
    """Highest new result first."""
    return math.inf if row.estimate is None else -row.estimate


ORDERS: Mapping[str, Callable[[ComparisonRow], float]] = {
    "size of the difference": by_size,
    "new minus published": by_difference,
    "new result": by_new_result,
    "order asked": lambda row: 0.0,
}
"""The ways to sort, by the name that stands in the address; the first where none does."""


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
            }
        )
    return pd.DataFrame(lines)


def size(row: ComparisonRow) -> str:
    """Give the published number of interviews."""
    return f"n {row.published_n:,.0f}" if row.published_n is not None else "n not stated"


def dot_and_whisker(
    rows: Sequence[ComparisonRow], scheme: str | None = None, ends: tuple[float, float] | None = None
) -> alt.LayerChart:
    """Draw rows of one statistic, in the order given.

    Parameters
    ----------
    rows : sequence of ComparisonRow
        All shares, or all means, with published figures of the same kind.
    scheme : str, optional
        ``"light"`` or ``"dark"``; without it the words are in a grey that can be read on both.
    ends : tuple of float, optional
        Ends of the axis, e.g. those of several charts that are read together; without it the rows' own.
    """
    import altair as alt

    frame = marks(rows)
    order = list(dict.fromkeys(frame["row"]))
    share = rows[0].statistic == "share"
    low, high = ends or axis_range(frame, share)
    y = alt.Y("row:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    offset = alt.YOffset(
        "series:N", sort=list(SERIES), scale=alt.Scale(range=[STEP * 0.34, STEP * 0.9], paddingInner=0, paddingOuter=0)
    )
    colour = alt.Color("series:N", scale=alt.Scale(domain=list(SERIES), range=[NEW, PUBLISHED]), legend=None)
    base = alt.Chart(frame).encode(y=y, yOffset=offset, color=colour, tooltip=tooltips())

    def x(column: str) -> alt.X:
        return alt.X(
            f"{column}:Q",
            scale=alt.Scale(domain=[low, high], nice=False),
            axis=alt.Axis(
                format="%" if share else ".1f",
                title=None,
                tickCount=5,
                labelFontSize=13,
                labelColor=words_colour(scheme),
            ),
        )

    total = (
        base.transform_filter("isValid(datum.total_low)")
        .mark_rule(strokeWidth=1.5)
        .encode(x=x("total_low"), x2="total_high:Q")
    )
    sampling = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=4.5).encode(x=x("low"), x2="high:Q")
    new = base.transform_filter(alt.datum.series == SERIES[0]).mark_point(
        filled=True, shape="circle", size=130, opacity=1
    )
    published = base.transform_filter(alt.datum.series == SERIES[1]).mark_point(
        filled=False, shape="diamond", size=150, strokeWidth=2.5, opacity=1
    )
    words = (
        alt.Chart(labels(rows))
        .mark_text(
            align="left",
            baseline="middle",
            fontSize=14,
            dy=-STEP * 0.36,
            limit=alt.ExprRef("width - 4"),
            color=words_colour(scheme),
        )
        .encode(y=y, x=alt.value(2), text="words:N")
    )
    layers = alt.layer(total, sampling, new.encode(x=x("value")), published.encode(x=x("value")), words)
    chart: alt.LayerChart = layers.properties(
        height=STEP * len(order) + AXIS, padding={"left": 0, "right": 12, "top": 4, "bottom": 4}
    ).configure_view(strokeWidth=0)
    return chart


def words_colour(scheme: str | None) -> str:
    """Give the colour of the words in a colour scheme."""
    return {"light": LIGHT["textColor"], "dark": DARK["textColor"]}.get(scheme or "", EITHER)


def tooltips() -> list[alt.Tooltip]:
    """Say what a mark is when it is pointed at."""
    import altair as alt

    names = (
        ("item", "Item"),
        ("series", "Result"),
        ("words", "Value"),
        ("counted", "Answers counted"),
        ("study", "From"),
        ("verdict", "Compared"),
    )
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in names]


def labels(rows: Sequence[ComparisonRow]) -> pd.DataFrame:
    """Give the line of words over each item."""
    import pandas as pd

    return pd.DataFrame(
        {
            "row": [f"{row.item}|{row.part}|{row.published_id}" for row in rows],
            "words": [short_label(row) for row in rows],
        }
    )


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
