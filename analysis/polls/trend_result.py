"""What a trend gives back: segments of comparable polls, their level in both tiers, house effects, breaks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from os import PathLike
from typing import TYPE_CHECKING, Any

from ...data.printing import decimals_for, number, percent
from ..printing.result_text import Table, in_html, in_markdown, printed
from .poll import Poll, dates

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

WHY = {
    "reworded": "not known to be in the same words",
    "apart": "not the same thing",
    "unknown": "not on record as the same question",
}


@dataclass(frozen=True)
class Point:
    """The level on one day.

    Attributes
    ----------
    day : date
        The day.
    level, se, low, high : float
        The level with sampling error alone.
    total_level, total_low, total_high : float
        The level, and its band, with the other survey errors counted too.
    """

    day: date
    level: float
    se: float
    low: float
    high: float
    total_level: float
    total_low: float
    total_high: float


@dataclass(frozen=True)
class House:
    """How far a house stands from the average house, in the second tier.

    Attributes
    ----------
    house : str
        Who took the polls.
    effect, se, low, high : float
        In the unit of the values.
    polls : int
        How many polls of it there are.
    """

    house: str
    effect: float
    se: float
    low: float
    high: float
    polls: int


@dataclass(frozen=True)
class Break:
    """Where a line ends because the question changed.

    Attributes
    ----------
    day : date
        Of the first poll of the new series.
    poll : str
        That poll.
    likeness : str
        ``"reworded"``, ``"apart"`` or ``"unknown"``.
    reason : str
        Why, as a sentence without its full stop.
    """

    day: date
    poll: str
    likeness: str
    reason: str


@dataclass(frozen=True)
class Segment:
    """Polls that asked the same, and the level through them.

    Attributes
    ----------
    polls : tuple of Poll
        In order of time.
    points : tuple of Point
        The level; empty where the polls are too few for a line.
    houses : tuple of House
        Empty for a single house.
    pace : float or None
        How far the level moves in a year; None without a line.
    """

    polls: tuple[Poll, ...]
    points: tuple[Point, ...]
    houses: tuple[House, ...]
    pace: float | None


@dataclass(frozen=True, repr=False)
class Trend:
    """Polls of one question over time.

    Attributes
    ----------
    segments : tuple of Segment
        Series of the same question, in order of their first polls.
    breaks : tuple of Break
        Where one ends and the next begins.
    share : bool
        Whether values are shares.
    method : mapping
        How it was made; ``left_out`` names what could not be used, with the reason.
    notes : tuple of str
        What a reader must know.

    Examples
    --------
    >>> from topline.analysis.polls.trend import trend
    >>> shares = {"2021": 0.37, "2022": 0.38, "2023": 0.52}
    >>> line = trend([Poll(year, share, 0.01, year, item="own.worried") for year, share in shares.items()])
    >>> line.to_frame().columns.tolist()[:4], line.polls_frame()["name"].tolist()
    (['segment', 'day', 'level', 'se'], ['2021', '2022', '2023'])
    """

    segments: tuple[Segment, ...]
    breaks: tuple[Break, ...]
    share: bool
    method: Mapping[str, Any]
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Give the level: segment, day, level, se, low, high, total_level, total_low, total_high."""
        import pandas as pd

        rows = [
            {"segment": at, **asdict(point)} for at, one in enumerate(self.segments, start=1) for point in one.points
        ]
        names = ["segment", "day", "level", "se", "low", "high", "total_level", "total_low", "total_high"]
        return pd.DataFrame(rows, columns=names)

    def polls_frame(self) -> pd.DataFrame:
        """Give the polls: segment, day, name, value, se, start, end, house, item, badge."""
        import pandas as pd

        rows = [
            {"segment": at, "day": poll.middle, **asdict(poll)}
            for at, one in enumerate(self.segments, start=1)
            for poll in one.polls
        ]
        return pd.DataFrame(rows)

    def houses_frame(self) -> pd.DataFrame:
        """Give the house effects: segment, house, effect, se, low, high, polls."""
        import pandas as pd

        rows = [
            {"segment": at, **asdict(house)} for at, one in enumerate(self.segments, start=1) for house in one.houses
        ]
        return pd.DataFrame(rows, columns=["segment", "house", "effect", "se", "low", "high", "polls"])

    def document(self) -> dict[str, Any]:
        """Give everything as plain values for JSON: the level in rows, then breaks, and each line with its polls."""
        return {
            "method": {**self.method, "notes": list(self.notes)},
            "rows": [_plain(row) for row in self.to_frame().to_dict("records")],
            "breaks": [_plain(asdict(one)) for one in self.breaks],
            "segments": [
                {
                    "polls": [asdict(poll) for poll in one.polls],
                    "houses": [asdict(house) for house in one.houses],
                    "pace": one.pace,
                }
                for one in self.segments
            ],
        }

    def __str__(self) -> str:
        """Print the polls, where the level stands at the ends of each line, the houses, and the breaks."""
        return printed([self.heading, self.reading], self._tables(), self.footnotes)

    __repr__ = __str__

    def to_markdown(self) -> str:
        """Give the same in Markdown."""
        return in_markdown([self.heading, self.reading], self._tables(), self.footnotes)

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """Give one web page, and write it where a path is given."""
        return in_html([self.heading, self.reading], self._tables(), self.footnotes, path)

    def plot(self) -> alt.LayerChart:
        """Draw polls as dots and the level with both bands, broken where the question changed."""
        from .trend_chart import trend_chart

        return trend_chart(self)

    @property
    def heading(self) -> str:
        """What it shows, in a line."""
        count = sum(len(one.polls) for one in self.segments)
        if count == 1:
            return "1 poll: nothing to follow over time"
        series = f"{len(self.segments)} questions" if len(self.segments) > 1 else "one question"
        return f"{count} polls of {series} over time"

    @property
    def reading(self) -> str:
        """How to read it, in a line."""
        other = self._written(self.method["nonsampling"])
        if not any(one.points for one in self.segments):
            return "Too few polls of any one question for a line: three are needed"
        return (
            f"Bands at {100 * self.method['level']:g}%: sampling error alone, and with {other} of other error in each "
            "poll; the level is that of the average house"
        )

    @property
    def footnotes(self) -> list[str]:
        """Where lines break and why, and what a reader must know."""
        told = [
            f"The line breaks before {one.poll} ({one.day}), {WHY[one.likeness]}: {one.reason}." for one in self.breaks
        ]
        return [*told, *self.notes]

    def _tables(self) -> list[Table]:
        tables: list[Table] = [(["series", "poll", "how known", "dates", "house", "value", "se"], self._polls(), 5)]
        lines = [
            [
                *(str(at), day, *self._told(point.level, point.low, point.high)),
                *self._told(point.total_level, point.total_low, point.total_high),
            ]
            for at, one in enumerate(self.segments, start=1)
            if one.points
            for day, point in (("first poll", one.points[0]), ("last poll", one.points[-1]))
        ]
        if lines:
            tables.append(
                (["series", "at the", "level", "sampling error", "level again", "with other error"], lines, 2)
            )
        houses = [
            [str(at), house.house, f"{house.polls}", *self._told(house.effect, house.low, house.high)]
            for at, one in enumerate(self.segments, start=1)
            for house in one.houses
        ]
        if houses:
            tables.append((["series", "house", "polls", "effect", "interval"], houses, 2))
        return tables

    def _polls(self) -> list[list[str]]:
        return [
            [str(at), poll.name, poll.badge or "own", dates(poll), poll.house, *self._told(poll.value, poll.se)]
            for at, one in enumerate(self.segments, start=1)
            for poll in one.polls
        ]

    def _told(self, value: float, *others: float) -> list[str]:
        return [self._written(value), " to ".join(map(self._written, others))]

    def _written(self, value: float) -> str:
        if self.share:
            return percent(value)
        errors = [poll.se for one in self.segments for poll in one.polls]
        return number(value, decimals_for(errors))


def _plain(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat()
        if isinstance(value, date)
        else None
        if isinstance(value, float) and not math.isfinite(value)
        else value
        for name, value in values.items()
    }
