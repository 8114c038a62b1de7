"""What polls of one question say over time: a level with both error tiers, house effects, and breaks.

A line is drawn only through polls that asked the same. Where the words changed it breaks, and the break says why.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Literal

import numpy as np

from ...data.errors import ComparisonError
from ...data.registry.figures import record_of
from ..comparing.published_error import ASSUMED_DEFF
from .alike import Likened, Likeness, all_likened, series
from .effects import check_level
from .poll import DAYS_IN_YEAR, Poll, Polls, grades, sorted_out
from .trend_result import Break, House, Point, Segment, Trend

MOST_POINTS = 60
"""Times at which a segment's level is worked out, besides those of its polls."""

Through = Literal["same_wording", "same_construct"]

THROUGH: Mapping[str, tuple[Likeness, ...]] = {"same_wording": ("same",), "same_construct": ("same", "reworded")}
"""What a line runs through, by name."""

NONSAMPLING = 0.03
"""Standard error of everything but sampling, for a share."""

FEWEST = 3
"""Polls that a line is drawn through at least."""


def trend(
    polls: Polls,
    *,
    level: float = 0.95,
    nonsampling: float | None = None,
    deff: float = ASSUMED_DEFF,
    pace: float | None = None,
    house_effects: bool = True,
    through: Through = "same_wording",
) -> Trend:
    """Follow polls of one question over time.

    Parameters
    ----------
    polls : Figures, Polls, or a Registry
        e.g. ``published(topic="artificial_intelligence", country="US")`` cut to one question, or a list of figures
        and of :class:`Poll` with own waves.
    level : float
        Level of the bands, e.g. ``0.95``.
    nonsampling : float, optional
        Standard error of everything but sampling in each poll, in the unit of the values; added in the second tier.
        When left out, ``0.03`` for shares and nothing for means, of which no such measured error is known.
    deff : float
        Design effect of published polls that state none.
    pace : float, optional
        How far the level moves in a year (standard deviation), e.g. ``0.02``; when left out, all paces that the polls
        make likely are allowed for.
    house_effects : bool
        Whether each house may have habits of its own; they sum to zero over the houses of a line. They are left away,
        and that is said, where houses never polled in the same stretch of time.
    through : str
        ``"same_wording"``: a line breaks where the words changed, or are not known to be the same.
        ``"same_construct"``: it runs on through what the registry calls the same construct, and the result says so.

    Returns
    -------
    Trend
        The level over time in both tiers, the houses, and the breaks.

    Raises
    ------
    ComparisonError
        When polls are of different countries, answers or bases, or nothing with a date and an error is left.

    Notes
    -----
    Polls are one series when they are of one published question, when the registry has the two questions as of the same
    wording, or when both are known word for word and are identical. The same construct in other words begins a new
    line. A series of fewer than three polls has dots and no line. The level is that of the average house: no number of
    polls tells what error all of them share.

    Both tiers have the paces that are likely when other errors are allowed for; with sampling error alone, every error
    would count as movement. What is not known of the pace is part of both bands: in simulations with 4 to 12 polls they
    held the level in 93 to 99% of cases at 95%. Do not read a line between two polls far apart as what was thought in
    between.

    References
    ----------
    Jackman (2005), Australian Journal of Political Science 40, 499-517. Durbin and Koopman (2012), Time Series Analysis
    by State Space Methods, 2nd ed., chapters 2 and 5.

    Examples
    --------
    >>> from topline.analysis.polls.poll import Poll
    >>> shares = {"2021": 0.37, "2022": 0.38, "2023": 0.52, "2024": 0.51}
    >>> waves = [Poll(year, share, 0.01, year, year, "panel", "own.worried") for year, share in shares.items()]
    >>> found = trend(waves)
    >>> len(found.segments), found.breaks, round(found.segments[0].points[-1].level, 2)
    (1, (), 0.51)
    """
    check_choices(level, nonsampling, pace, through)
    made, left_out, figures = sorted_out(polls, deff)
    dated = sorted((poll for poll in made if poll.middle is not None), key=lambda poll: poll.years)
    left_out |= {poll.name: "its dates are not known" for poll in made if poll.middle is None}
    if not dated:
        why = "".join(f" {name}: {reason}." for name, reason in left_out.items())
        raise ComparisonError(f"no poll has both a date and an error.{why}")
    known = record_of(polls)
    found = all_likened(dated, figures, known)
    refuse_other_things(found)
    groups, why_apart = series(dated, found, THROUGH[through])
    share = dated[0].statistic == "share"
    if share and max(nonsampling or 0.0, pace or 0.0) > 0.5:
        raise ComparisonError("nonsampling and pace of shares are shares too: give 0.03 for 3 points.")
    other = nonsampling if nonsampling is not None else NONSAMPLING if share else 0.0
    segments = tuple(segment(group, level, other, pace, house_effects=house_effects) for group in groups)
    notes = [*grades(figures.values()), *(f"Left out: {name}, because {reason}." for name, reason in left_out.items())]
    notes += about_houses(segments, house_effects=house_effects) + run_on(groups, found)
    if nonsampling is None and not share:
        notes.append("For means no such measured error is known: both bands are of sampling error. Give nonsampling=.")
    method = {
        "level": level,
        "nonsampling": other,
        "assumed_deff": deff,
        "house_effects": house_effects,
        "through": through,
        "pace": pace,
        "reach": _reach(level),
        "left_out": left_out,
    }
    return Trend(segments, breaks(groups, why_apart), share, method, tuple(notes))


def check_choices(level: float, nonsampling: float | None, pace: float | None, through: str) -> None:
    """Refuse what means nothing."""
    if through not in THROUGH:
        raise ComparisonError(f"through is {through!r}; give one of {', '.join(map(repr, THROUGH))}.")
    check_level(level)
    for name, value in (("nonsampling", nonsampling), ("pace", pace)):
        if value is not None and not (isinstance(value, int | float) and 0 <= value < math.inf):
            raise ComparisonError(f"{name} is {value!r}; give a standard deviation of 0 or more, e.g. 0.03.")


def refuse_other_things(found: Mapping[tuple[str, str], Likened]) -> None:
    """Refuse polls of which any two count different things."""
    for (one, other), likeness in found.items():
        if likeness.likeness == "counted_apart":
            raise ComparisonError(f"{one} and {other} are not one trend: {likeness.reason}.")


def segment(
    polls: Sequence[Poll], level: float, nonsampling: float, pace: float | None, *, house_effects: bool
) -> Segment:
    """Fit the level of polls that asked the same, in both tiers; dots alone where they are too few."""
    from .local_level import Level, Paces, known, local_level

    if len(polls) < FEWEST or len({poll.middle for poll in polls}) < 2:
        return Segment(tuple(polls), (), (), None)
    years, grid = [poll.years for poll in polls], between(polls)
    apart = house_effects and met(polls)
    houses = [poll.house if apart else "" for poll in polls]

    def fitted(extra: float, paces: Paces | None) -> Level:
        errors = [math.hypot(poll.se, extra) for poll in polls]
        return local_level([poll.value for poll in polls], errors, years, houses, at=grid, paces=paces)

    # With sampling error alone every other error would count as movement: both tiers have the pace of the second.
    total, reach = fitted(nonsampling, None if pace is None else known(pace)), _reach(level)
    sampling = fitted(0.0, total.paces)
    days = [date.fromordinal(round(year * DAYS_IN_YEAR)) for year in sorted([*years, *grid])]
    columns = (
        *(sampling.level, sampling.se, sampling.level - reach * sampling.se, sampling.level + reach * sampling.se),
        # The two levels differ a little, so the outer band is made to hold the inner one.
        total.level,
        np.minimum(total.level - reach * total.se, sampling.level - reach * sampling.se),
        np.maximum(total.level + reach * total.se, sampling.level + reach * sampling.se),
    )
    points = tuple(Point(*row) for row in zip(days, *(column.tolist() for column in columns), strict=True))
    count = Counter(houses)
    effects = tuple(
        House(name, effect, se, effect - reach * se, effect + reach * se, count[name])
        for name, effect, se in zip(total.houses, total.effects.tolist(), total.effects_se.tolist(), strict=False)
    )
    return Segment(tuple(polls), points, effects, total.paces.mean)


def met(polls: Sequence[Poll]) -> bool:
    """Say whether the houses polled in the same stretches of time, so that habits can be told from change.

    Two houses met when a poll of the one lies between two of the other, or on the day of one. Habits are told apart
    when every house has met another that leads to all.

    Examples
    --------
    >>> def taken(*houses):
    ...     return [Poll(f"{i}", 0.5, 0.01, f"{2010 + i}", house=house) for i, house in enumerate(houses)]
    >>> met(taken("a", "b", "a")), met(taken("a", "a", "b", "b")), met(taken("a", "b", "c"))
    (True, False, False)
    """
    spans: dict[str, tuple[float, float]] = {}
    for poll in polls:
        first, last = spans.get(poll.house, (poll.years, poll.years))
        spans[poll.house] = (min(first, poll.years), max(last, poll.years))
    reached, waiting = set(list(spans)[:1]), set(list(spans)[1:])
    while joining := {house for house in waiting for other in reached if _meet(house, other, spans, polls)}:
        reached |= joining
        waiting -= joining
    return not waiting


def _meet(one: str, other: str, spans: Mapping[str, tuple[float, float]], polls: Sequence[Poll]) -> bool:
    """Say whether a poll of either lies within the other's span."""
    within = [
        spans[there][0] <= poll.years <= spans[there][1]
        for here, there in ((one, other), (other, one))
        for poll in polls
        if poll.house == here
    ]
    return any(within)


def _reach(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2))


def between(polls: Sequence[Poll]) -> list[float]:
    """Give evenly spaced times between the first and the last poll, in years."""
    first, last = polls[0].years, polls[-1].years
    count = min(MOST_POINTS, max(1, round((last - first) * 12)))
    return [first + (last - first) * step / count for step in range(1, count)]


def breaks(groups: Sequence[Sequence[Poll]], why: Sequence[Likened]) -> tuple[Break, ...]:
    """Say where a line ends and another begins, and why."""
    return tuple(
        Break(group[0].middle or date.min, group[0].name, found.likeness, found.reason)
        for group, found in zip(groups[1:], why, strict=True)
    )


def run_on(groups: Sequence[Sequence[Poll]], found: Mapping[tuple[str, str], Likened]) -> list[str]:
    """Say where a line runs on through other words."""
    steps: dict[str, list[str]] = {}
    for group in groups:
        for one, other in pairwise(group):
            likeness = found[one.name, other.name]
            if likeness.likeness == "reworded":
                steps.setdefault(likeness.reason, []).append(f"from {one.name} to {other.name}")
    return [
        f"The line runs on as you asked, though the words are not known to be the same, {', '.join(places)}: {reason}."
        for reason, places in steps.items()
    ]


def about_houses(segments: Sequence[Segment], *, house_effects: bool) -> list[str]:
    """Say when houses were not told apart, because they never polled in the same stretch of time."""
    blind = [one for one in segments if one.points and len({poll.house for poll in one.polls}) > 1 and not one.houses]
    if not house_effects or not blind:
        return []
    names = dict.fromkeys(poll.house for one in blind for poll in one.polls)
    return [
        f"The habits of {', '.join(names)} cannot be told from change over time, because they did not poll in the same "
        "stretch of time: the line takes all its polls as if of one house."
    ]
