"""Charts of weights with a row for each step, category or group: marks with their name and their figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

LONGEST = 58
"""Letters of a name beside the plot."""

SPARE = 1.6
"""Width kept free for each letter of the figures, in pixels: fonts of browsers are wider than the one measured."""

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

    lines, headings, left_out = _lines(frame, name, heading, marks, written)
    room = LETTER * max(map(width, lines["label"])) + 20 + (14 if len(headings) else 0)
    slots = len(lines) + len(headings)
    place = alt.Y(
        "slot:Q", scale=alt.Scale(domain=[-0.6, slots - 0.4], reverse=True, nice=False, zero=False), axis=None
    )
    ends = _ends(lines, marks, rules, zero=zero)
    across = alt.Scale(domain=ends, nice=False)
    # ticks of whole percentages would repeat themselves on a short axis
    form = ".1%" if form == PERCENT and ends[1] - ends[0] < 0.08 else form

    def along(column: str) -> alt.X:
        return alt.X(f"{column}:Q", scale=across, axis=ruled_axis(axis, form))

    base = alt.Chart(lines).encode(
        y=place, tooltip=[alt.Tooltip("label:N", title="Row"), alt.Tooltip("figure:N", title=" ")]
    )
    layers: list[alt.Chart] = [_guides(base)]
    layers += [_line(rule, along) for rule in rules]
    layers += [_drawn(base, one, along) for one in marks]
    layers += [
        written_beside(alt.Chart(lines).encode(y=place), "label", x=(14 if len(headings) else 0) - room),
        written_beside(alt.Chart(lines).encode(y=place), "figure", x=PLOT + 10),
    ]
    if len(headings):
        layers.append(written_beside(alt.Chart(headings).encode(y=place), "label", x=-room, colour=TITLE))
    said = [SIMULATED_NOTE] if simulated else []
    said += [f"{left_out} more rows are in the table alone."] if left_out else []
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(
            width=PLOT,
            height=ROW * slots,
            title=titled([title], [*said, *footing]),
            description=" ".join([f"{title}.", *_told(lines)]),
            padding={"left": 8, "right": 12 + SPARE * max(map(width, lines["figure"])), "top": 8, "bottom": 8},
        )
        .configure_view(strokeWidth=0)
        .configure(font="system-ui, sans-serif", background="#ffffff")
    )
    return chart


def _lines(
    frame: pd.DataFrame, name: str, heading: str, marks: Sequence[Marks], written: Callable[[float], str]
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Give each line its slot from the top, its name and figures; the headings; and how many lines are left out."""
    import pandas as pd

    shown = frame.head(MOST)
    lines, headings, above, slot = [], [], None, 0
    for row in shown.to_dict("records"):
        over = str(row[heading]) if heading else ""
        if over and over != above:
            headings.append({"slot": slot, "label": shortened(over, 90)})
            slot, above = slot + 1, over
        known = [(one, float(row[one.column])) for one in marks if row[one.column] == row[one.column]]
        told = [f"{one.words} {written(value)}".strip() for one, value in known]
        values = {one.column: value for one, value in known}
        lines.append(
            {
                "slot": slot,
                "label": shortened(str(row[name]), LONGEST),
                "heading": over,
                "figure": ", ".join(told),
                **values,
            }
        )
        slot += 1
    return pd.DataFrame(lines), pd.DataFrame(headings, columns=["slot", "label"]), len(frame) - len(shown)


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


def _guides(base: alt.Chart) -> alt.Chart:
    import altair as alt

    guides: alt.Chart = base.mark_rule(strokeWidth=1, color=RULE, opacity=0.25).encode(
        x=alt.value(0), x2=alt.value(PLOT), tooltip=alt.Undefined
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
