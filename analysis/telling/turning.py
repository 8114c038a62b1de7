"""Where a verdict would turn, as a row keeps it, and the same in the words of a language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .phrases import Phrases


@dataclass(frozen=True)
class TurningPoint:
    """A value at which a verdict changes, with all that a sentence says of it.

    Attributes
    ----------
    tier : str
        ``"sampling error"`` or ``"total error"``: whose verdict.
    ground : str
        What moves: ``"deff"``, ``"n"``, ``"nonsampling"`` or ``"rounding"``.
    value : float
        At which the verdict changes; errors and rounding 0-1 for shares.
    above : bool
        Whether it changes above that value, or below.
    verdict : str
        What it would be there.
    plausible : bool
        Whether the value is one that may well be.
    low, high : float
        Between which it may well be; both the same where nothing else is plausible than what was published.
    base : str
        The base over which it was found, where two were tried: ``"all"`` or ``"substantive"``.
    """

    tier: str
    ground: str
    value: float
    above: bool
    verdict: str
    plausible: bool
    low: float
    high: float
    base: str = ""


def turning_points(kept: Iterable[TurningPoint | Mapping[str, Any]] | None) -> tuple[TurningPoint, ...] | None:
    """Read turning points back from plain values; None where an older file holds none.

    Examples
    --------
    >>> turning_points(None), turning_points([])
    (None, ())
    """
    if kept is None:
        return None
    return tuple(one if isinstance(one, TurningPoint) else TurningPoint(**one) for one in kept)


def stability_in_words(points: Sequence[TurningPoint], say: Phrases, statistic: str) -> str:
    """Say whether a verdict depends on what is not known, and where it would turn.

    Parameters
    ----------
    points : sequence of TurningPoint
        Those that may well be; where there are none, the nearest alone, or nothing.
    say : Phrases
        The language.
    statistic : str
        ``"share"`` or ``"mean"``.

    Examples
    --------
    >>> from topline.analysis.telling.english import ENGLISH
    >>> point = TurningPoint("total error", "nonsampling", 0.0265, False, "different", True, 0.02, 0.04)
    >>> print(stability_in_words([point], ENGLISH, "share"))
    depends: with less than 2.6 points of other survey error (plausible: 2 to 4) it would be 'different' (total error)
    """
    words = say.turning
    if not points:
        return words["nothing"]
    told = words["between"].join(turn_in_words(one, say, statistic) for one in points)
    return words["depends" if any(one.plausible for one in points) else "stable"].format(turns=told)


def turn_in_words(one: TurningPoint, say: Phrases, statistic: str) -> str:
    """Say where a verdict turns, what is plausible there, and into what it turns."""
    words = say.turning
    unit = words["share" if statistic == "share" else "mean"]
    value, beside = sized(one.value, one.ground, say, statistic), within(one, say, statistic)
    turn = words[f"{one.ground} {'above' if one.above else 'below'}"].format(value=value, unit=unit, within=beside)
    over = words["over"].format(base=say.bases[one.base]) if one.base else ""
    return words["would"].format(turn=turn, verdict=words[one.verdict], tier=words[one.tier] + over)


def within(one: TurningPoint, say: Phrases, statistic: str) -> str:
    """Give the plausible range in brackets; where it is one value, what was published."""
    low, high = (end_of_range(end, one.ground, say, statistic) for end in (one.low, one.high))
    if one.low != one.high:
        return say.turning["plausible"].format(low=low, high=high)
    return say.turning["published"].format(value=low) if one.ground in ("deff", "n") else ""


def sized(value: float, ground: str, say: Phrases, statistic: str) -> str:
    """Write a turning point."""
    if ground == "n":
        return say.number(value, 0)
    if ground == "deff" or statistic != "share":
        return say.number(value, 2)
    return say.number(100 * value, 1)


def end_of_range(value: float, ground: str, say: Phrases, statistic: str) -> str:
    """Write an end of a plausible range, with no more digits than it has."""
    if ground == "n":
        return say.number(value, 0)
    return say.shortest(value if ground == "deff" or statistic != "share" else 100 * value)
