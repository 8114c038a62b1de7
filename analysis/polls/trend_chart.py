"""The chart of a trend: dots for polls, a line with two bands through those that asked the same, marks at breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...data.printing import percent
from ..printing.result_chart import MARK, RULE, TITLE, WORDS, titled
from ..telling.badge import SHORT
from .poll import Poll

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

    from .trend_result import Trend

WIDTH, HEIGHT = 600, 320
"""Of the plot, in pixels."""

DOUBTFUL = "#b54708"
"""Dots of values that were not seen in the publisher's own report: hollow, with their badge beside them."""


def trend_chart(trend: Trend) -> alt.LayerChart:
    """Draw a trend; see :meth:`topline.analysis.polls.trend_result.Trend.plot`."""
    import altair as alt

    axis = alt.Axis(format=".0%") if trend.share else alt.Axis()
    across = alt.X(
        "day:T",
        title="middle of the fieldwork",
        scale=alt.Scale(padding=28),
        axis=alt.Axis(format="%b %Y", tickCount=7),
    )

    def up(column: str) -> alt.Y:
        return alt.Y(f"{column}:Q", title=None, axis=axis, scale=alt.Scale(zero=False))

    line = alt.Chart(levels_drawn(trend)).encode(x=across, detail="segment:N")
    polls = polls_drawn(trend)
    dots = alt.Chart(polls).encode(x=across, tooltip=["poll:N", "value in words:N", "house:N", "how known:N"])
    hollow = dots.transform_filter("datum.badge !== ''")
    layers: list[Any] = [
        line.mark_area(color=MARK, opacity=0.12).encode(y=up("total_low"), y2="total_high:Q"),
        line.mark_area(color=MARK, opacity=0.25).encode(y=up("low"), y2="high:Q"),
        line.mark_line(color=MARK, strokeWidth=2).encode(y=up("level")),
        dots.mark_rule(color=RULE).encode(y=up("low"), y2="high:Q"),
        dots.transform_filter("datum.badge === ''")
        .mark_point(filled=True, size=60, color=TITLE, opacity=1)
        .encode(y=up("value")),
        hollow.mark_point(filled=False, size=60, color=DOUBTFUL, strokeWidth=2).encode(y=up("value")),
        hollow.mark_text(dy=-13, color=DOUBTFUL).encode(y=up("value"), text="badge:N"),
    ]
    if trend.breaks:
        breaks = alt.Chart(breaks_drawn(trend)).encode(x=across, tooltip=["break:N"])
        layers.append(breaks.mark_rule(color=WORDS, strokeDash=[4, 3]))
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(
            width=WIDTH,
            height=HEIGHT,
            title=titled([trend.heading], [trend.reading, *trend.footnotes]),
            description=described(trend),
            padding={"left": 8, "right": 12, "top": 8, "bottom": 8},
        )
        .configure_view(strokeWidth=0)
        .configure(font="system-ui, sans-serif", background="#ffffff")
    )
    return chart


def levels_drawn(trend: Trend) -> pd.DataFrame:
    """Give the level with days as times."""
    import pandas as pd

    return trend.to_frame().assign(day=lambda frame: pd.to_datetime(frame["day"]))


def polls_drawn(trend: Trend) -> pd.DataFrame:
    """Give a dot for each poll, with the badge that stands beside it; none where it was seen in print, or is own."""
    import pandas as pd

    reach = trend.method["reach"]
    return pd.DataFrame(
        [
            {
                "day": pd.Timestamp(str(poll.middle)),
                "poll": poll.name,
                "value": poll.value,
                "low": poll.value - reach * poll.se,
                "high": poll.value + reach * poll.se,
                "value in words": percent(poll.value) if trend.share else f"{poll.value:g}",
                "house": poll.house,
                "how known": poll.badge or "own",
                "badge": badge_beside(poll),
            }
            for one in trend.segments
            for poll in one.polls
        ]
    )


def badge_beside(poll: Poll) -> str:
    """Give the word or two that stand beside a dot.

    Examples
    --------
    >>> badge_beside(Poll("a", 0.5, 0.01, grade="recalled")), badge_beside(Poll("b", 0.5, 0.01))
    ('from memory', '')
    """
    return "" if poll.grade in ("", "verified") else SHORT[poll.grade]


def breaks_drawn(trend: Trend) -> pd.DataFrame:
    """Give a mark for each break."""
    import pandas as pd

    return pd.DataFrame([{"day": pd.Timestamp(one.day), "break": one.reason} for one in trend.breaks])


def described(trend: Trend) -> str:
    """Say in words what the chart shows, for those who do not see it."""

    def written(value: float) -> str:
        return percent(value) if trend.share else f"{value:g}"

    dots = [
        f"{poll.middle} {poll.name} {written(poll.value)}" + (f" ({badge_beside(poll)})" if badge_beside(poll) else "")
        for one in trend.segments
        for poll in one.polls
    ]
    return f"{trend.heading}. {'; '.join(dots)}. {len(trend.breaks)} breaks in the line."
