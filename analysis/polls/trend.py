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

from ...data.errors import ComparisonError
from ...data.registry.figure import Figure
from ...data.registry.figures import Registry, relation
from ..comparing.published_error import ASSUMED_DEFF
from .alike import Known, Likened, Likeness, compared, series
from .poll import DAYS_IN_YEAR, Poll, Polls, grades, sorted_out
from .trend_result import Break, House, Point, Segment, Trend

MOST_POINTS = 60
"""Times at which a segment's level is worked out, besides those of its polls."""

THROUGH: Mapping[str, tuple[Likeness, ...]] = {"same_wording": ("same",), "same_construct": ("same", "reworded")}
"""What a line runs through, by name."""

FEWEST = 3
"""Polls that a line is drawn through at least."""


def trend(
    polls: Polls,
    *,
    level: float = 0.95,
    nonsampling: float = 0.03,
    deff: float = ASSUMED_DEFF,
    pace: float | None = None,
    house_effects: bool = True,
    through: Literal["same_wording", "same_construct"] = "same_wording",
) -> Trend:
    """Follow polls of one question over time.

    Parameters
    ----------
    polls : Figures, Polls, or a Registry
        e.g. ``published(topic="artificial_intelligence", country="US")`` cut to one question, or a list of figures
        and of :class:`Poll` with own waves.
    level : float
        Level of the bands, e.g. ``0.95``.
    nonsampling : float
        Standard error of everything but sampling in each poll, in the unit of the values, e.g. ``0.03``; added in the
        second tier.
    deff : float
        Design effect of published polls that state none.
    pace : float, optional
        How far the level moves in a year (standard deviation), e.g. ``0.02``; estimated by maximum likelihood when left
        out.
    house_effects : bool
        Whether each house may have habits of its own; they sum to zero over the houses of a line.
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

    Both tiers have the pace that is likeliest when other errors are allowed for; with sampling error alone, every error
    would count as movement. With few polls the pace is poorly known, and the bands take it as known; give ``pace`` to
    see what hangs on it. Do not read a line between two polls far apart as what was thought in between.

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
    known = polls.relation if isinstance(polls, Registry) else relation
    refuse_other_things(dated, figures, known)
    items = {poll.name: poll.item for poll in dated}
    numbers, why_apart = series([poll.name for poll in dated], figures, items, known, THROUGH[through])
    groups: list[list[Poll]] = [[] for _ in range(max(numbers) + 1)]
    for poll, at in zip(dated, numbers, strict=True):
        groups[at].append(poll)
    segments = tuple(segment(group, level, nonsampling, pace, house_effects=house_effects) for group in groups)
    notes = [*grades(figures.values()), *(f"Left out: {name}, because {reason}." for name, reason in left_out.items())]
    notes += about_pace(segments, pace) + run_on(groups, figures, items, known)
    method = {
        "level": level,
        "nonsampling": nonsampling,
        "assumed_deff": deff,
        "house_effects": house_effects,
        "through": through,
        "pace": pace,
        "reach": _reach(level),
        "left_out": left_out,
    }
    share = not any(figure.statistic == "mean" for figure in figures.values()) and all(0 <= p.value <= 1 for p in dated)
    return Trend(segments, breaks(groups, why_apart), share, method, tuple(notes))


def check_choices(level: float, nonsampling: float, pace: float | None, through: str) -> None:
    """Refuse what means nothing."""
    if through not in THROUGH:
        raise ComparisonError(f"through is {through!r}; give one of {', '.join(map(repr, THROUGH))}.")
    if not 0.5 < level < 1:
        raise ComparisonError(f"level is {level:g}; give a share between 0.5 and 1, e.g. 0.95.")
    for name, value in (("nonsampling", nonsampling), ("pace", pace)):
        if value is not None and not 0 <= value < math.inf:
            raise ComparisonError(f"{name} is {value:g}; give a standard deviation of 0 or more, e.g. 0.03.")


def refuse_other_things(polls: Sequence[Poll], figures: Mapping[str, Figure], known: Known) -> None:
    """Refuse polls that are on record as of other things, or count something else."""
    items = {poll.name: poll.item for poll in polls}
    first = polls[0].name
    for poll in polls[1:]:
        found = compared(first, poll.name, figures, items, known)
        if found.likeness == "apart" and found.reason.startswith("different "):
            raise ComparisonError(f"{first} and {poll.name} are not one trend: {found.reason}.")


def segment(
    polls: Sequence[Poll], level: float, nonsampling: float, pace: float | None, *, house_effects: bool
) -> Segment:
    """Fit the level of polls that asked the same, in both tiers; dots alone where they are too few."""
    from .local_level import Level, local_level

    if len(polls) < FEWEST or len({poll.middle for poll in polls}) < 2:
        return Segment(tuple(polls), (), (), None)
    years, grid = [poll.years for poll in polls], between(polls)
    houses = [poll.house if house_effects else "" for poll in polls]

    def fitted(extra: float, pace: float | None) -> Level:
        errors = [math.hypot(poll.se, extra) for poll in polls]
        return local_level([poll.value for poll in polls], errors, years, houses, at=grid, pace=pace)

    # With sampling error alone every other error would count as movement: both tiers have the pace of the second.
    total, reach = fitted(nonsampling, pace), _reach(level)
    sampling = fitted(0.0, total.pace)
    days = [date.fromordinal(round(year * DAYS_IN_YEAR)) for year in sorted([*years, *grid])]
    columns = (
        *(sampling.level, sampling.se, sampling.level - reach * sampling.se, sampling.level + reach * sampling.se),
        *(total.level, total.level - reach * total.se, total.level + reach * total.se),
    )
    points = tuple(Point(*row) for row in zip(days, *(column.tolist() for column in columns), strict=True))
    count = Counter(houses)
    effects = tuple(
        House(name, effect, se, effect - reach * se, effect + reach * se, count[name])
        for name, effect, se in zip(total.houses, total.effects.tolist(), total.effects_se.tolist(), strict=False)
    )
    return Segment(tuple(polls), points, effects, total.pace)


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


def run_on(
    groups: Sequence[Sequence[Poll]], figures: Mapping[str, Figure], items: Mapping[str, str], known: Known
) -> list[str]:
    """Say where a line runs on through other words."""
    steps: dict[str, list[str]] = {}
    for group in groups:
        for one, other in pairwise(group):
            found = compared(one.name, other.name, figures, items, known)
            if found.likeness == "reworded":
                steps.setdefault(found.reason, []).append(f"from {one.name} to {other.name}")
    return [
        f"The line runs on as you asked, though the words are not known to be the same, {', '.join(places)}: {reason}."
        for reason, places in steps.items()
    ]


def about_pace(segments: Sequence[Segment], pace: float | None) -> list[str]:
    """Say when the estimated pace is zero, which few polls often give whatever is true."""
    still = any(one.points and not one.pace for one in segments)
    if pace is not None or not still:
        return []
    return [
        "No movement beyond the polls' errors was found in at least one line, so its band is that of a constant; with "
        "few polls that happens often. Give pace= to see what a moving level would look like."
    ]
