"""The chart of a result: a dot and its interval for each row, groups under one another.

Works on any frame with the columns estimate, low and high; other columns name the rows. Every row has its name to the
left and its figure to the right, so that nothing is said by colour alone.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ...data.description import SIMULATED
from ...data.errors import EstimationError
from ...data.printing import decimals_for, number, percent, shortened, width
from ..sampling.categories import code_text

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

MARK, TITLE, WORDS, RULE = "#2c7fd4", "#1b1f24", "#57606a", "#8a929c"
"""Marks, titles, words and lines, on white whatever is around the chart: a contrast of 3 to 1, of words 4.5 to 1."""

MOST = 200
"""Rows that a chart shows; more are a table."""

ROW, PLOT = 22, 440
"""Height of a row and width of the plot, in pixels."""

HEADING = 210
"""Width that headings take beside the plot, in pixels; longer ones run on over it."""

LETTER = 7.2
"""Width of a letter of the names, in pixels."""


def interval_chart(
    frame: pd.DataFrame,
    *,
    share: bool,
    names: Sequence[str] = (),
    title: Sequence[str] = (),
    footing: Sequence[str] = (),
    level: float | None = None,
    zero: bool = False,
    points: bool = False,
    measure: str = "",
    simulated: bool = False,
) -> alt.LayerChart:
    """Draw a dot and its interval for every row.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns estimate, low, high (and se, for the decimals) and those of ``names``, e.g. ``result.to_frame()``; rows
        in the order of the chart. Rows without an estimate are left out.
    share : bool
        Whether estimates are shares, shown in percent.
    names : sequence of str
        The columns that name a row, from the outer to the inner: the last stands beside the dot, those before it over
        each group of rows, e.g. ``["category", "sex"]``. A column that never changes stands under the title.
    title : sequence of str
        Lines over the chart, e.g. the question.
    footing : sequence of str
        Smaller lines under the title, e.g. base and method.
    level : float, optional
        Level of the intervals, said under the title, e.g. 0.95.
    zero : bool
        Whether a line marks 0: for differences, coefficients and effects.
    points : bool
        Whether shares are differences of shares, shown in percentage points.
    measure : str
        What stands along the axis, e.g. ``"mean"``; the unit where it is empty.
    simulated : bool
        Whether the answers are invented; that is said first under the title.

    Returns
    -------
    altair.LayerChart
        Show it in a notebook, or ``.save("chart.svg")``.

    Raises
    ------
    EstimationError
        When there is nothing to draw, or more than 200 rows.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"sex": ["f", "m"], "estimate": [0.4, 0.6], "low": [0.3, 0.5], "high": [0.5, 0.7]})
    >>> interval_chart(frame, share=True, names=["sex"], title=["Share who trust"], level=0.95).description
    'Share who trust. Dots with 95% intervals. f: 40.0% (30.0% to 50.0%); m: 60.0% (50.0% to 70.0%).'
    """
    import altair as alt
    import pandas as pd

    rows, headings = chart_rows(frame, names, share=share, points=points)
    room = _room(rows, headings)
    indent = 14 if len(headings) else 0
    slots = len(rows) + len(headings)
    place = alt.Y(
        "slot:Q", scale=alt.Scale(domain=[-0.6, slots - 0.4], reverse=True, nice=False, zero=False), axis=None
    )
    base = alt.Chart(rows).encode(y=place)
    ends = _ends(rows, share=share and not points, zero=zero)
    axis = _axis(measure or _unit(share=share, points=points), ends, share=share, points=points)

    def across(column: str) -> alt.X:
        return alt.X(f"{column}:Q", scale=alt.Scale(domain=ends, nice=False), axis=axis)

    tooltip = [alt.Tooltip("label:N", title="Row"), alt.Tooltip("words:N", title="Estimate and interval")]
    layers = [
        base.mark_rule(strokeWidth=1, color=RULE, opacity=0.25).encode(x=alt.value(0), x2=alt.value(PLOT)),
        base.transform_filter("isValid(datum.low) && isValid(datum.high)")
        .mark_rule(strokeWidth=3, color=MARK)
        .encode(x=across("low"), x2="high:Q", tooltip=tooltip),
        base.mark_point(filled=True, size=80, color=MARK, opacity=1).encode(x=across("estimate"), tooltip=tooltip),
        written_beside(base, "label", x=indent - room),
        written_beside(base, "figure", x=PLOT + 10),
    ]
    if zero:
        layers.insert(
            1,
            alt.Chart(pd.DataFrame({"nothing": [0.0]}))
            .mark_rule(color=WORDS, strokeDash=[4, 3])
            .encode(x=across("nothing")),
        )
    if len(headings):
        layers.append(written_beside(alt.Chart(headings).encode(y=place), "label", x=-room, colour=TITLE))
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(
            width=PLOT,
            height=ROW * slots,
            title=titled(title, [*_said(frame, names, level, simulated=simulated), *footing]),
            description=describe(rows, title, level),
            padding={"left": 8, "right": 12, "top": 8, "bottom": 8},
        )
        .configure_view(strokeWidth=0)
        .configure(font="system-ui, sans-serif", background="#ffffff")
    )
    return chart


def _said(frame: pd.DataFrame, names: Sequence[str], level: float | None, *, simulated: bool) -> list[str]:
    """Give what stands first under the title: that nobody was asked, what all rows share, what the lines are."""
    lines = [f"{SIMULATED[0].upper()}{SIMULATED[1:]}."] if simulated else []
    known = frame[frame["estimate"].notna()]
    constant = [(name, known[name].iloc[0]) for name in names if name != "item" and known[name].nunique() == 1]
    lines += [", ".join(f"{name}: {code_text(value)}" for name, value in constant)] if constant else []
    return [*lines, f"Dots are estimates, lines their {_intervals(level)}."]


def _intervals(level: float | None) -> str:
    return f"{100 * level:g}% intervals" if level else "intervals"


def chart_rows(
    frame: pd.DataFrame, names: Sequence[str], *, share: bool, points: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give a line for each row and for each heading: its slot from the top, its name, its figures in words.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"sex": ["f", "m"], "estimate": [0.4, 0.6], "low": 0.1, "high": 0.9})
    >>> chart_rows(frame, ["sex"], share=True)[0]["label"].tolist()
    ['f', 'm']
    """
    import pandas as pd

    known = frame[frame["estimate"].notna()]
    if not len(known):
        raise EstimationError("there is no estimate to draw: the result has no rows, or all of them are suppressed.")
    if len(known) > MOST:
        raise EstimationError(
            f"{len(known)} rows are too many for one chart (at most {MOST}); choose categories or groups first."
        )
    written = _writers(known, share=share, points=points)
    varying = [name for name in names if known[name].nunique() > 1]
    outer, inner = varying[:-1], varying[-1:]
    heads = [", ".join(map(code_text, row)) for row in known[outer].itertuples(index=False, name=None)]
    first = {heading: place for place, heading in reversed(list(enumerate(heads)))}
    slot, above, lines, headings = 0, None, [], []
    for heading, row in sorted(zip(heads, known.to_dict("records"), strict=True), key=lambda pair: first[pair[0]]):
        if heading and heading != above:
            headings.append({"slot": slot, "label": shortened(heading, 90)})
            slot, above = slot + 1, heading
        label = shortened(", ".join(code_text(row[name]) for name in inner), 44)
        own = written[row.get("item")]
        interval = "" if math.isnan(row["low"]) else f" ({own(row['low'])} to {own(row['high'])})"
        figure = own(row["estimate"])
        numbers = {name: float(row[name]) for name in ("estimate", "low", "high")}
        lines.append(
            {"slot": slot, "label": label, "heading": heading, "figure": figure, "words": figure + interval, **numbers}
        )
        slot += 1
    return pd.DataFrame(lines), pd.DataFrame(headings, columns=["slot", "label"])


def _writers(frame: pd.DataFrame, *, share: bool, points: bool) -> dict[object, Callable[[float], str]]:
    """Give for each item what writes its figures; for None where rows have no item."""
    if "item" not in frame:
        return {None: _writer(frame, share=share, points=points)}
    return {item: _writer(own, share=share, points=points) for item, own in frame.groupby("item", sort=False)}


def _writer(frame: pd.DataFrame, *, share: bool, points: bool) -> Callable[[float], str]:
    """Give what writes a figure: in percent, in points, or with as many decimals as the errors allow."""
    if points:
        return lambda value: number(100 * value, 1)
    if share:
        return percent
    decimals = decimals_for(frame["se"].tolist(), frame["estimate"].tolist()) if "se" in frame else 2
    return lambda value: number(value, decimals)


def _room(rows: pd.DataFrame, headings: pd.DataFrame) -> float:
    """Give the width of the names; a heading may run on over the plot."""
    widest = LETTER * max(width(label) for label in rows["label"]) + 20
    if not len(headings):
        return widest
    return max(widest + 14, min(LETTER * max(width(label) for label in headings["label"]) + 12, HEADING))


def _unit(*, share: bool, points: bool) -> str:
    return "percentage points" if points else "percent" if share else "estimate"


def _ends(rows: pd.DataFrame, *, share: bool, zero: bool) -> list[float]:
    """Give the ends of the axis: whole tenths around every interval for shares, else the data's with some air."""
    values = rows[["estimate", "low", "high"]]
    least, most = float(values.min().min()), float(values.max().max())
    if share:
        low, high = math.floor(10 * least + 1e-9) / 10, math.ceil(10 * most - 1e-9) / 10
        return [low, high] if low < high else [max(0.0, low - 0.1), min(1.0, high + 0.1)]
    if zero:
        least, most = min(least, 0.0), max(most, 0.0)
    air = 0.06 * (most - least) or 0.1 * abs(most) or 1.0
    return [least - air, most + air]


def _axis(measure: str, ends: Sequence[float], *, share: bool, points: bool) -> alt.Axis:
    largest = max(map(abs, ends))
    # thousands separated, and no powers of ten but for what is too small or too large to write out
    plain = ",~r" if 1e-4 <= largest < 1e15 else "~e"
    if points:
        return ruled_axis(measure, "", expression="format(100 * datum.value, ',~r')")
    return ruled_axis(measure, ".0%" if share else plain)


def ruled_axis(title: str, form: str, *, expression: str | None = None) -> alt.Axis:
    """Give an axis in the colours of all charts of results.

    Parameters
    ----------
    title : str
        What stands along it.
    form : str
        How numbers are written, in d3's language, e.g. ``".0%"``.
    expression : str, optional
        An expression of Vega for them instead.
    """
    import altair as alt

    return alt.Axis(
        format=form,
        labelExpr=expression or alt.Undefined,
        title=title,
        titleColor=WORDS,
        titleFontSize=12,
        titleFontWeight="normal",
        titleAnchor="start",
        tickCount=6,
        labelColor=WORDS,
        labelFontSize=12,
        domainColor=RULE,
        tickColor=RULE,
        gridColor=RULE,
        gridOpacity=0.3,
    )


def written_beside(chart: alt.Chart, column: str, *, x: float, colour: str = WORDS) -> alt.Chart:
    """Write a column of words beside the plot."""
    import altair as alt

    words: alt.Chart = chart.mark_text(
        align="left", baseline="middle", fontSize=13, color=colour, fontWeight="bold" if colour == TITLE else "normal"
    ).encode(x=alt.value(x), text=f"{column}:N")
    return words


def titled(title: Sequence[str], footing: Sequence[str]) -> alt.TitleParams:
    """Give the title and the smaller lines under it, folded at the chart's width."""
    import altair as alt

    return alt.TitleParams(
        [part for line in title for part in textwrap.wrap(line, 80)] or "",
        subtitle=[part for line in footing for part in textwrap.wrap(line, 104)],
        anchor="start",
        frame="bounds",
        fontSize=15,
        subtitleFontSize=12,
        color=TITLE,
        subtitleColor=WORDS,
        offset=14,
        subtitlePadding=6,
    )


def describe(rows: pd.DataFrame, title: Sequence[str], level: float | None) -> str:
    """Say in words what the chart shows, for readers who do not see it."""
    names = [", ".join(filter(None, pair)) for pair in zip(rows["heading"], rows["label"], strict=True)]
    told = [f"{name}: {words}" if name else words for name, words in zip(names, rows["words"], strict=True)]
    return " ".join(
        [*(f"{line.rstrip('.')}." for line in title), f"Dots with {_intervals(level)}.", f"{'; '.join(told)}."]
    )
