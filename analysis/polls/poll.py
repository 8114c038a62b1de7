"""One poll among several: a value with its error, its date, who took it, and what was asked."""

from __future__ import annotations

import math
import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ...data.errors import ComparisonError
from ...data.registry.figure import BOUNDS, GRADES, Figure
from ..comparing.printed import printed
from ..comparing.published_error import ASSUMED_DEFF

DAYS_IN_YEAR = 365.25

DATE = re.compile(r"(\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?)?")
"""A partial ISO date, or nothing."""


@dataclass(frozen=True)
class Poll:
    """A result of one survey.

    Attributes
    ----------
    name : str
        What it is called where it is printed, e.g. ``"liu2022.travel"`` or ``"wave 1"``.
    value, se : float
        A share 0-1 or a mean, and its standard error from sampling.
    start, end : str
        Field dates, ISO, which may be partial; a poll without dates cannot stand in a trend.
    house : str
        Who took it: polls of one house share its habits.
    item : str
        The question: a published item or a question of the bank.
    badge : str
        How far a published value may be trusted, shown wherever it is; empty for one's own.
    grade : str
        The same as a provenance, e.g. ``"recalled"``; empty for one's own.
    statistic : str
        ``"share"`` or ``"mean"``.
    category, base, subgroup, country : str
        What is counted, over which base, of whom; empty when not said, which never makes two polls alike.

    Examples
    --------
    >>> Poll("wave 1", 0.68, 0.015, "2026-09", "2026-10", house="ours").middle
    datetime.date(2026, 10, 1)
    """

    name: str
    value: float
    se: float
    start: str = ""
    end: str = ""
    house: str = ""
    item: str = ""
    badge: str = ""
    grade: str = ""
    statistic: str = "share"
    category: str = ""
    base: str = ""
    subgroup: str = "all"
    country: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no result of a poll."""
        for name in ("start", "end"):
            if not DATE.fullmatch(getattr(self, name)):
                raise ComparisonError(
                    f"{self.name}: {name} is {getattr(self, name)!r}; write a date as 2026, 2026-09 or 2026-09-30."
                )
        if self.start and self.end and self.end < self.start[: len(self.end)]:
            raise ComparisonError(f"{self.name}: it ends on {self.end}, before it starts on {self.start}.")
        if self.grade not in ("", *GRADES):
            raise ComparisonError(f"{self.name}: grade is {self.grade!r}; give one of {', '.join(GRADES)}, or none.")
        if self.statistic == "share" and not 0 <= self.value <= 1:
            raise ComparisonError(
                f"{self.name}: a share of {self.value:g} is outside 0 to 1; give 0.68 for 68 percent, or "
                "statistic='mean'."
            )
        if not (math.isfinite(self.value) and math.isfinite(self.se) and self.se > 0):
            raise ComparisonError(
                f"{self.name}: value {self.value:g} with standard error {self.se:g}; both must be finite, and the "
                "error above 0."
            )

    @property
    def middle(self) -> date | None:
        """The middle of its fieldwork; None when no date is known."""
        first, last = self.start or self.end, self.end or self.start
        return _middle(first, last) if first else None

    @property
    def years(self) -> float:
        """The middle of its fieldwork in years."""
        day = self.middle
        return math.nan if day is None else day.toordinal() / DAYS_IN_YEAR


def dates(poll: Poll) -> str:
    """Give field dates in words.

    Examples
    --------
    >>> dates(Poll("wave 1", 0.68, 0.015, "2026-09", "2026-10")), dates(Poll("wave 2", 0.7, 0.015))
    ('2026-09 to 2026-10', 'not stated')
    """
    return " to ".join(dict.fromkeys(part for part in (poll.start, poll.end) if part)) or "not stated"


def _middle(start: str, end: str) -> date:
    first, last = _day(start, at_end=False), _day(end, at_end=True)
    return date.fromordinal((first.toordinal() + last.toordinal() + 1) // 2)


def _day(text: str, *, at_end: bool) -> date:
    """Give a partial date's first or last day."""
    year, month, day, *_ = [*map(int, text.split("-")), 0, 0]
    month = month or (12 if at_end else 1)
    return date(year, month, day or (monthrange(year, month)[1] if at_end else 1))


def poll_of(figure: Figure, deff: float = ASSUMED_DEFF) -> Poll | str:
    """Make a poll of a published figure, or say why it cannot be one.

    Parameters
    ----------
    figure : Figure
        e.g. ``published()["su2018.video"]``.
    deff : float
        Design effect where the study states none.

    Examples
    --------
    >>> from topline.data.registry.figures import published
    >>> poll_of(published()["essay.support"])
    'neither the number of interviews nor a margin of error is published'
    """
    if figure.study.sample_type in ("expert_index", "administrative"):
        return "it is no poll: nobody was asked"
    if figure.statistic not in ("share", "mean"):
        return f"it is a {figure.statistic.replace('_', ' ')}, not a share or a mean"
    if figure.qualifier in BOUNDS:
        return f"it is printed as a bound ('{figure.as_printed}')"
    error = printed(figure).error(figure.value, figure.statistic, assumed_deff=deff)
    if error.se is None:
        return error.basis
    study = figure.study
    return Poll(
        figure.figure_id,
        figure.value,
        error.se,
        study.field_start,
        study.field_end,
        study.house,
        figure.item.item_id,
        figure.badge,
        figure.provenance,
        figure.statistic,
        figure.category,
        "" if figure.base == "unknown" else figure.base,
        figure.subgroup,
        figure.country,
    )


Polls = Figure | Poll | Mapping[str, Figure] | Iterable[Figure | Poll]
"""Published figures, a registry of them, or polls of one's own; mixed as well."""


def sorted_out(given: Polls, deff: float) -> tuple[list[Poll], dict[str, str], dict[str, Figure]]:
    """Make polls of all that is given.

    Returns
    -------
    polls : list of Poll
        In the order given.
    left_out : dict of str to str
        Figures that cannot be one, with the reason.
    figures : dict of str to Figure
        The figures behind the polls, by name.
    """
    polls: list[Poll] = []
    left_out: dict[str, str] = {}
    figures: dict[str, Figure] = {}
    for one in listed(given):
        made = poll_of(one, deff) if isinstance(one, Figure) else one
        if isinstance(made, str):
            left_out[one.figure_id if isinstance(one, Figure) else one.name] = made
            continue
        if made.name in {poll.name for poll in polls}:
            raise ComparisonError(f"{made.name} is given twice; a poll counts once.")
        twice = next(
            (name for name, other in figures.items() if isinstance(one, Figure) and same_people(one, other)), ""
        )
        if twice:
            raise ComparisonError(f"{twice} and {made.name} are from the same interviews; a survey counts once.")
        polls.append(made)
        if isinstance(one, Figure):
            figures[made.name] = one
    return polls, left_out, figures


def same_people(one: Figure, other: Figure) -> bool:
    """Say whether two figures come from the same interviews: one study, or two by one house at one time with one n."""
    if one.item.base_rule != other.item.base_rule or one.subgroup != other.subgroup or one.country != other.country:
        return False
    first, second = one.study, other.study
    known = bool(first.field_start and first.n_interviews)
    told = [(each.house, each.field_start, each.field_end, each.n_interviews) for each in (first, second)]
    return first.study_id == second.study_id or (known and told[0] == told[1])


def listed(given: Polls) -> Sequence[Figure | Poll]:
    """Take one or several; refuse what is neither figure nor poll."""
    found = (
        list(given.values()) if isinstance(given, Mapping) else [given] if isinstance(given, Figure | Poll) else given
    )
    found = list(found) if not isinstance(found, str) else [found]
    other = next((one for one in found if not isinstance(one, Figure | Poll)), None)
    if other is not None:
        raise ComparisonError(
            f"{other!r} is neither a published figure nor a Poll; look figures up first, e.g. "
            "published()['liu2022.travel'], or give Poll('wave 1', 0.68, 0.015, '2026-09', '2026-10')."
        )
    return found


def grades(figures: Iterable[Figure]) -> list[str]:
    """Give a note for each grade below verified that is among the figures, best first."""
    doubtful = [figure for figure in figures if figure.provenance != "verified" or figure.conflicts]
    found: dict[str, list[str]] = {}
    for figure in sorted(doubtful, key=lambda figure: GRADES.index(figure.provenance)):
        found.setdefault(figure.badge, []).append(figure.figure_id)
    return [f"{', '.join(names)}: {badge}." for badge, names in found.items()]
