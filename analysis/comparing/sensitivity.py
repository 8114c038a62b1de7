"""How far what a verdict rests on would have to move, each alone, for the verdict to change.

The two tests behind a verdict are closed forms in the published variance and in the variance added to it. Neither
passes with more variance what it failed with less, because an interval is never shorter than with a part of the error
left out. So each turns at most once along a design effect, a number of interviews, a non-sampling error or a rounding
unit, and the root is the turning point.

References
----------
Leamer (1985), Sensitivity analyses would help, American Economic Review 75, 308-313 (report how far assumptions would
have to move). Brent (1973), Algorithms for Minimization without Derivatives, chapter 4 (the root).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.optimize import brentq

from ...data.registry.figure import Bound
from ..telling.english import ENGLISH
from ..telling.turning import TurningPoint, stability_in_words
from .published_error import variance_at_end
from .verdict import Pair, Side, Verdict, verdict_of

Ground = Literal["deff", "n", "nonsampling", "rounding"]
Tier = Literal["sampling error", "total error"]
Range = tuple[float, float]

DEFFS, TIMES_N, NONSAMPLING, ROUNDING = (0.5, 5.0), (0.2, 5.0), (0.0, 0.10), (0.0, 0.05)
"""The ranges tried: design effects, times the number of interviews, and points (of the range of a mean's scale)."""

PLAUSIBLE_DEFFS = (1.0, 2.0)
"""Design effects that a survey which states none may well have."""

NONSAMPLING_WITHIN, ROUNDING_WITHIN = 1 / 3, 2.0
"""By what part the declared error may be off (3 points: 2 to 4), and by what factor the unit of rounding."""


@dataclass(frozen=True)
class Grounds:
    """What a verdict rests on.

    Attributes
    ----------
    new : Side
        The new estimate.
    published : float
        The published value.
    variance : float
        Its sampling variance, without rounding.
    margin, level : float
        As declared.
    share : bool
        Whether the two are shares.
    n, deff : float or None
        The published interviews and design effect; where one is not known, neither is moved.
    rounding : float
        The published unit of rounding; 0 when not known.
    nonsampling : float or None
        Non-sampling error in each survey; None: there is no second tier.
    bound : {"least", "most"} or None
        Whether the published value is a bound.
    unit : float or None
        What a share of 1 is on this scale: 1 for shares, the range of the scale for means; None: not known.
    deff_assumed : bool
        Whether the design effect was assumed.
    n_within : float
        By what part the number of interviews may be off, e.g. ``0.1`` where it is remembered.
    """

    new: Side
    published: float
    variance: float
    margin: float
    level: float = 0.95
    share: bool = True
    n: float | None = None
    deff: float | None = None
    rounding: float = 0.0
    nonsampling: float | None = None
    bound: Bound | None = None
    unit: float | None = 1.0
    deff_assumed: bool = False
    n_within: float = 0.0

    def side(self, **moved: float) -> Side:
        """Give the published side with something moved."""
        n, deff, variance = moved.get("n", self.n), moved.get("deff", self.deff), self.variance
        at_end = self.share and self.published in (0, 1)
        if n is not None and deff is not None and self.n is not None and self.deff is not None:
            if at_end:
                now = variance_at_end(self.n / self.deff, self.level)
                variance *= variance_at_end(n / deff, self.level) / now
            else:
                variance *= deff / self.deff * self.n / n
        se = math.sqrt(variance + moved.get("rounding", self.rounding) ** 2 / 12)
        return Side(self.published, se, n - 1 if n is not None and not at_end else math.inf)

    def gaps(self, tier: Tier, **moved: float) -> tuple[float, float]:
        """Give by how much the values are different, and by how much they are equivalent; below 0 they are not."""
        error = moved.get("nonsampling", self.nonsampling) or 0.0
        pair = Pair(self.new, self.side(**moved), 2 * error**2 if tier == "total error" else 0.0)
        found, alpha = self.new.value - self.published, 1 - self.level
        different = abs(found) - pair.half_width(alpha)
        if self.bound is None:
            return different, self.margin - abs(found) - pair.half_width(2 * alpha)
        outside = found < 0 if self.bound == "least" else found > 0
        return (different if outside else -math.inf), -math.inf

    def verdict(self, tier: Tier, **moved: float) -> Verdict:
        """Give the verdict with something moved."""
        different, equivalent = self.gaps(tier, **moved)
        return verdict_of(different > 0, equivalent > 0)


@dataclass(frozen=True)
class Turning:
    """A value at which a verdict changes.

    Attributes
    ----------
    tier : str
        ``"sampling error"`` or ``"total error"``.
    ground : str
        ``"deff"``, ``"n"``, ``"nonsampling"`` or ``"rounding"``.
    value : float
        The turning point; shares and errors 0-1.
    above : bool
        Whether the verdict changes above it, or below.
    verdict : str
        What it would be there.
    plausible : bool
        Whether it lies within what the ground may well be.
    distance : float
        How far off, as the logarithm of the factor.
    range : tuple of float
        Between which the ground may well be.
    """

    tier: Tier
    ground: Ground
    value: float
    above: bool
    verdict: Verdict
    plausible: bool
    distance: float
    range: Range


def turnings(grounds: Grounds) -> list[Turning]:
    """Give every value at which a verdict changes: per tier and ground, the nearest in each direction.

    Parameters
    ----------
    grounds : Grounds
        e.g. ``Grounds(Side(0.684, 0.017, 300), 0.77, 0.000227, 0.05, n=1173, deff=1.5, nonsampling=0.03)``.

    Returns
    -------
    list of Turning
        Of the tier with non-sampling error first, the nearest first within each tier.

    Notes
    -----
    One thing moves at a time. Not for what happens when several are wrong at once: declare other values and compare
    again.

    Examples
    --------
    >>> grounds = Grounds(Side(0.684, 0.017, 300), 0.77, 0.0002265, 0.05, n=1173, deff=1.5, nonsampling=0.03)
    >>> [(one.ground, round(one.value, 4), one.verdict) for one in turnings(grounds) if one.tier == "total error"]
    [('nonsampling', 0.0265, 'different')]
    """
    tiers: list[Tier] = ["sampling error"] if grounds.nonsampling is None else ["total error", "sampling error"]
    return [one for tier in tiers for one in sorted(of_tier(grounds, tier), key=lambda turning: turning.distance)]


def of_tier(grounds: Grounds, tier: Tier) -> Iterator[Turning]:
    """Find the turning points of one tier."""
    for ground, now, tried, plausible in moves(grounds):
        if ground == "nonsampling" and tier == "sampling error":
            continue
        for end in tried:
            if (value := nearest_root(grounds, tier, ground, now, end)) is not None:
                beyond = value + math.copysign(1e-6 * max(abs(value), abs(end - now)), end - now)
                yield Turning(
                    tier,
                    ground,
                    value,
                    end > now,
                    grounds.verdict(tier, **{ground: beyond}),
                    plausible[0] <= value <= plausible[1],
                    abs(math.log(value / now)) if value > 0 < now else math.inf,
                    plausible,
                )


def moves(grounds: Grounds) -> Iterator[tuple[Ground, float, Range, Range]]:
    """Give what may move: its value, the range tried, and the range that is plausible."""
    if grounds.n is not None and grounds.deff is not None:
        deff, n = grounds.deff, grounds.n
        may_be = wider(PLAUSIBLE_DEFFS, deff) if grounds.deff_assumed else (deff, deff)
        yield "deff", deff, wider(DEFFS, deff), may_be
        off = grounds.n_within
        yield "n", n, (max(2.0, TIMES_N[0] * n), TIMES_N[1] * n), (n * (1 - off), n * (1 + off))
    if grounds.nonsampling is not None:
        error, off = grounds.nonsampling, 0.01 if grounds.share else NONSAMPLING_WITHIN * grounds.nonsampling
        if grounds.unit is not None:
            yield "nonsampling", error, wider(scaled(NONSAMPLING, grounds), error), (max(0.0, error - off), error + off)
    if grounds.unit is not None:
        unit = grounds.rounding
        yield "rounding", unit, wider(scaled(ROUNDING, grounds), unit), (unit / ROUNDING_WITHIN, unit * ROUNDING_WITHIN)


def wider(known: Range, now: float) -> Range:
    """Widen a range so that it holds the present value."""
    return min(known[0], now), max(known[1], now)


def scaled(known: Range, grounds: Grounds) -> Range:
    """Give a range in the unit of the statistic."""
    unit = grounds.unit or 1.0
    return known[0] * unit, known[1] * unit


def nearest_root(grounds: Grounds, tier: Tier, ground: Ground, now: float, end: float) -> float | None:
    """Give the first value between now and the end at which one of the two tests changes its answer."""

    def gap(value: float, which: int) -> float:
        return grounds.gaps(tier, **{ground: value})[which]

    here, there = grounds.gaps(tier), grounds.gaps(tier, **{ground: end})
    turned = [which for which in (0, 1) if (here[which] > 0) != (there[which] > 0)]
    roots = [float(brentq(gap, now, end, args=(which,), xtol=1e-13)) for which in turned]
    return min(roots, key=lambda root: abs(root - now), default=None)


def in_words(found: Sequence[Turning], grounds: Grounds) -> str:
    """Say whether a verdict depends on what is not known, and where it would turn.

    Examples
    --------
    >>> grounds = Grounds(Side(0.684, 0.017, 300), 0.77, 0.0002265, 0.05, n=1173, deff=1.5, nonsampling=0.03)
    >>> print(in_words(turnings(grounds), grounds))
    depends: with less than 2.7 points of other survey error (plausible: 2 to 4) it would be 'different' (total error)
    >>> in_words([], grounds)
    'stable: nothing tried would change it'
    """
    return stability_in_words(points_of(found), ENGLISH, "share" if grounds.share else "mean")


def points_of(found: Sequence[Turning]) -> tuple[TurningPoint, ...]:
    """Give what a sentence names: every turning point that may well be; where there is none, the nearest.

    Examples
    --------
    >>> grounds = Grounds(Side(0.684, 0.017, 300), 0.77, 0.0002265, 0.05, n=1173, deff=1.5, nonsampling=0.03)
    >>> [(one.ground, round(one.low, 4), one.high) for one in points_of(turnings(grounds))]
    [('nonsampling', 0.02, 0.04)]
    """
    named = [one for one in found if one.plausible] or found[:1]
    return tuple(
        TurningPoint(one.tier, one.ground, one.value, one.above, one.verdict, one.plausible, *one.range)
        for one in named
    )


def plausible_of(found: Sequence[Turning], tier: Tier) -> tuple[Ground, ...]:
    """Name the grounds whose nearest turning point of a tier is one that may well be.

    Examples
    --------
    >>> grounds = Grounds(Side(0.684, 0.017, 300), 0.77, 0.0002265, 0.05, n=1173, deff=1.5, nonsampling=0.03)
    >>> plausible_of(turnings(grounds), "total error")
    ('nonsampling',)
    """
    nearest = nearest_of(found, tier)
    likely = [one for one in found if one.tier == tier and one.plausible]
    return tuple(one.ground for one in likely if nearest[one.ground] == one.value)


def nearest_of(found: Sequence[Turning], tier: Tier) -> dict[Ground, float]:
    """Give for each ground the nearest turning point of a tier."""
    nearest: dict[Ground, float] = {}
    for one in found:
        if one.tier == tier:
            nearest.setdefault(one.ground, one.value)
    return nearest
