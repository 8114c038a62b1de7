"""What those without an answer could do to a difference: bounds for don't know and refusal on both sides.

Nothing is assumed about how they would have answered. A share lies between that of everyone asked who gave the answer,
and the same with everybody who did not know or refused added; a mean between those that the ends of its scale give.

References
----------
Manski (1989), Anatomy of the selection problem, Journal of Human Resources 24, 343-360; Manski (2003), Partial
Identification of Probability Distributions, chapter 1. Imbens and Manski (2004), Confidence intervals for partially
identified parameters, Econometrica 72, 1845-1857, equations 6 and 7.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtr, stdtrit

from ...data.codebook import Code, MissingKind, Study, Variable
from ...data.registry.figure import BOUNDS, GRADES, Figure
from ...data.registry.figures import published
from ..estimation.estimate import proportion
from ..estimation.plan import WHOLE_BASE, domains
from ..sampling.categories import Floats, categories
from ..sampling.design import Design
from ..telling.comparison import ComparisonRow
from ..telling.unanswered_text import unanswered_in_words
from .terms import neutral_codes
from .together import Placed

if TYPE_CHECKING:
    from ..estimation.estimates import Estimates
    from .pairs import Figures

Ends = tuple[float, float]
Key = tuple[Code, ...]
UNANSWERED = ("dont_know", "refused")


@dataclass(frozen=True)
class Unanswered:
    """Who gave no answer, and what the value could be had they answered.

    Attributes
    ----------
    dont_know, refused : float or None
        Shares of everyone asked; None where the question records no such answer.
    dont_know_n, refused_n : int
        How many people they are.
    low, high : float or None
        The bounds; None where they mean nothing.
    interval_low, interval_high : float or None
        Imbens and Manski's interval.
    """

    dont_know: float | None
    refused: float | None
    dont_know_n: int
    refused_n: int
    low: float | None = None
    high: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None


def with_unanswered(placed: Sequence[Placed], figures: Figures, level: float) -> list[Placed]:
    """Write into each row that may be compared who gave no answer, the bounds of both sides, and what follows.

    Parameters
    ----------
    placed : sequence of Placed
        Rows with where their estimates stand.
    figures : Figure, several, or Registry
        As given to ``compare``; the published don't know is sought among them and in the registry that ships.
    level : float
        Level of the intervals.
    """
    known = list({figure.figure_id: figure for figure in (*published().values(), *listed(figures))}.values())
    made: dict[tuple[int, str], dict[tuple[Key, Key], Unanswered]] = {}
    found = []
    for one in placed:
        if one.row.grade == "not_comparable" or one.row.estimate is None or one.place is None:
            found.append(one)
            continue
        estimates, item, at = one.place.estimates, one.row.item, one.place.row
        key = (id(estimates), one.row.published_id + item)
        if key not in made:
            made[key] = unanswered(estimates, item, one.figure, level)
        own = made[key][estimates.key_codes[at], estimates.category_codes[at]]
        found.append(replace(one, row=with_sentence(with_bounds(one.row, own, published_bounds(one.figure, known)))))
    return found


def listed(figures: Figures) -> Iterable[Figure]:
    """Give the figures one by one."""
    if isinstance(figures, Figure):
        return (figures,)
    return figures.values() if isinstance(figures, Mapping) else tuple(figures)


def with_bounds(row: ComparisonRow, own: Unanswered, other: Ends | None) -> ComparisonRow:
    """Write the bounds of both sides into a row; where everybody answered, the estimate and its interval."""
    nobody = own.low is not None and own.low == own.high
    return replace(
        row,
        dont_know=own.dont_know,
        refused=own.refused,
        dont_know_n=own.dont_know_n if own.dont_know is not None else None,
        refused_n=own.refused_n if own.refused is not None else None,
        bounds_low=row.estimate if nobody else own.low,
        bounds_high=row.estimate if nobody else own.high,
        bounds_interval_low=row.low if nobody else own.interval_low,
        bounds_interval_high=row.high if nobody else own.interval_high,
        published_bounds_low=other[0] if other else None,
        published_bounds_high=other[1] if other else None,
    )


def with_sentence(row: ComparisonRow) -> ComparisonRow:
    """Say in the row what those without an answer could do to its difference."""
    return replace(row, unanswered=unanswered_in_words(row))


def unanswered(
    estimates: Estimates, item: str, figure: Figure, level: float = 0.95
) -> dict[tuple[Key, Key], Unanswered]:
    """Give who gave no answer to an item, and the bounds, by the codes of the group and of the answers counted.

    Parameters
    ----------
    estimates : Estimates
        Shares or means on the published terms.
    item : str
        One of their items.
    figure : Figure
        The published figure; the ends of its scale are those of a mean, and its middle answers those left out.
    level : float
        Level of Imbens and Manski's interval.

    Notes
    -----
    Everyone asked are those who answered, did not know or refused; a question not asked, or left blank, is none of
    them. The two ends are sums of shares of one sample, and the errors of both follow from the covariance of those
    shares. The interval is for the value, not for the range: it holds each point of the range with the stated
    probability, and shrinks to the usual interval where everybody answered. Its normal distribution is replaced by t
    with the design's degrees of freedom.

    Not for people who could not be reached: they are not in the data, and these bounds leave them out.
    """
    codes = {own for own, name in zip(estimates.category_codes, estimates.frame["item"], strict=True) if name == item}
    design = estimates.design
    variable = design.study.codebook[item]
    shares = Shares(design, item, estimates.by, level)
    asked = shares
    if figure.base == "excluding_neutral" and (middle := neutral_codes(figure)):
        asked = Shares(with_middle(design, item, middle), item, estimates.by, level)
    span = figure.item.scale.ends if figure.statistic == "mean" and figure.item.scale is not None else None
    return {
        (key, own): replace(shares.bounds(key, own, variable, span), **asked.missing(key, variable))
        for key in shares.places
        for own in codes
    }


class Shares:
    """The shares of all answers to an item among everyone asked, by group.

    Parameters
    ----------
    design : Design
        The sample.
    item : str
        The question.
    by : sequence of str
        Keys of the groups.
    level : float
        Level of intervals.
    """

    def __init__(self, design: Design, item: str, by: Sequence[str], level: float) -> None:
        """Estimate the shares."""
        self.made = proportion(design, item, by=by or None, base="all", level=level)
        self.level = level
        self.places: dict[Key, list[int]] = {}
        for at, key in enumerate(self.made.key_codes):
            self.places.setdefault(key, []).append(at)
        self.counts = counted(design, item, by)

    def missing(self, key: Key, variable: Variable) -> dict[str, Any]:
        """Give shares and numbers of those who did not know and those who refused."""
        at = self.places.get(key, [])
        values = self.made.frame["estimate"].to_numpy(dtype=np.float64)
        found: dict[str, Any] = {}
        for kind in WHOLE_BASE:
            own = [i for i in at if kind_of(variable, self.made.category_codes[i]) is kind]
            found[kind.value] = float(values[own].sum()) if own or offered(variable, kind) else None
            found[f"{kind.value}_n"] = self.counts.get((key, kind), 0)
        return found

    def bounds(self, key: Key, codes: Key, variable: Variable, span: Ends | None) -> Unanswered:
        """Give the bounds of a share of some answers, or, with the ends of a scale, of a mean."""
        at = self.places[key]
        kinds = [kind_of(variable, self.made.category_codes[i]) for i in at]
        own = [self.made.category_codes[i][0] for i in at]
        gone = np.array([kind is not None for kind in kinds])
        nothing = Unanswered(None, None, 0, 0)
        if codes and any(variable.missing_kind(code) for code in codes):
            return nothing
        if codes:
            low = np.array([float(code in codes) for code in own])
            high = np.where(gone, 1.0, low)
        elif span is not None:
            numbers = [0.0 if kind is not None else float(code) for code, kind in zip(own, kinds, strict=True)]
            low, high = np.where(gone, span[0], numbers), np.where(gone, span[1], numbers)
        else:
            return nothing
        limits = (0.0, 1.0) if codes else span
        return replace(nothing, **self.ends(at, low, high, limits))

    def ends(self, at: list[int], low: Floats, high: Floats, limits: Ends | None) -> dict[str, Any]:
        """Give two sums of shares, and the interval around them."""
        frame, both = self.made.frame, np.array([low, high])
        values = both @ frame["estimate"].to_numpy(dtype=np.float64)[at]
        covariance = self.made.scatter.picked(np.array(at, dtype=np.int64)).covariance
        errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", both, covariance, both), 0.0))
        df = float(frame["df"].iloc[at[0]])
        found = {"low": float(values[0]), "high": float(values[1])}
        if not df > 0:
            return found
        interval = imbens_manski(*values.tolist(), *errors.tolist(), df=df, level=self.level)
        least, most = limits or (-math.inf, math.inf)
        return {**found, "interval_low": max(least, interval[0]), "interval_high": min(most, interval[1])}


def kind_of(variable: Variable, codes: Key) -> MissingKind | None:
    """Say why an answer is missing, or None when it is one."""
    return variable.missing_kind(codes[0])


def offered(variable: Variable, kind: MissingKind) -> bool:
    """Say whether a question has a code for don't know, or for refused."""
    return kind in variable.missing.values() or any(each.kind is kind for each in variable.missing_ranges)


def counted(design: Design, item: str, by: Sequence[str]) -> dict[tuple[Key, MissingKind], int]:
    """Count those who did not know and those who refused in each group."""
    variable, within = design.study.codebook[item], domains(design, by)
    coded = categories(design.study, item, keep=WHOLE_BASE, inside=design.inside)
    found: dict[tuple[Key, MissingKind], int] = {}
    for at, value in enumerate(coded.values):
        if (kind := variable.missing_kind(value)) is not None:
            here = within.row[within.counted & (coded.positions == at)]
            for key, n in zip(within.codes, np.bincount(here, minlength=len(within.codes)).tolist(), strict=True):
                found[key, kind] = found.get((key, kind), 0) + n
    return found


def with_middle(design: Design, item: str, codes: Sequence[Code]) -> Design:
    """Give the design with the middle answers counted again as answers."""
    study = design.study
    variable = study.codebook[item]
    missing = {code: kind for code, kind in variable.missing.items() if code not in codes}
    other = copy.copy(design)
    codebook = study.codebook.with_variable(replace(variable, missing=missing))
    object.__setattr__(other, "study", Study(study.frame, codebook, study.source))
    return other


def imbens_manski(
    low: float, high: float, se_low: float, se_high: float, *, df: float = math.inf, level: float = 0.95
) -> tuple[float, float]:
    """Give the interval for a value known to lie between two estimated bounds.

    It reaches ``c`` standard errors beyond each bound, where ``F(c + (high - low) / max(se_low, se_high)) - F(-c)`` is
    the level: 1.96 where the bounds are one point, 1.645 where they are far apart.

    Parameters
    ----------
    low, high : float
        The bounds, e.g. ``0.545`` and ``0.636``.
    se_low, se_high : float
        Their standard errors.
    df : float
        Degrees of freedom of the t distribution ``F``; infinite for the normal of the article.
    level : float
        Probability with which the interval holds each point between the bounds, e.g. ``0.95``.

    References
    ----------
    Imbens and Manski (2004), Econometrica 72, equations 6 and 7.

    Examples
    --------
    >>> [round(end, 4) for end in imbens_manski(0.545, 0.636, 0.015, 0.0145)]
    [0.5203, 0.6599]
    >>> [round(end, 4) for end in imbens_manski(0.6, 0.6, 0.015, 0.015)]
    [0.5706, 0.6294]
    """
    widest = max(se_low, se_high)
    if widest == 0:
        return low, high
    apart = (high - low) / widest

    def missed(reach: float) -> float:
        return float(stdtr(df, reach + apart) - stdtr(df, -reach)) - level

    one_sided, two_sided = float(stdtrit(df, level)), float(stdtrit(df, 0.5 + level / 2))
    reach = two_sided if apart == 0 else float(brentq(missed, one_sided - 1e-9, two_sided + 1e-9, xtol=1e-14))
    return low - reach * se_low, high + reach * se_high


def published_bounds(figure: Figure, known: Iterable[Figure]) -> Ends | None:
    """Give the bounds of a published value, where the don't know of the same question is on record.

    Parameters
    ----------
    figure : Figure
        A share or a mean.
    known : iterable of Figure
        Figures among which its don't know and refusals are sought.
    """
    codes = missing_codes(figure)
    itself = figure.category in UNANSWERED or bool(set(figure.category_set) & set(codes))
    gone = None if itself or figure.qualifier in BOUNDS else published_unanswered(figure, known)
    if gone is None:
        return None
    if figure.statistic == "mean" and figure.item.scale is not None:
        least, most = figure.item.scale.ends
        return (1 - gone) * figure.value + gone * least, (1 - gone) * figure.value + gone * most
    if figure.statistic != "share" or figure.base not in ("all", "excluding_dont_know"):
        return None
    low = figure.value if figure.base == "all" else figure.value * (1 - gone)
    return low, min(1.0, low + gone)


def missing_codes(figure: Figure) -> tuple[float, ...]:
    """Give the codes of a figure's scale that are don't know or refused."""
    scale = figure.item.scale
    return tuple(option.code for option in scale.options if option.kind in UNANSWERED) if scale is not None else ()


def published_unanswered(figure: Figure, known: Iterable[Figure]) -> float | None:
    """Give the published share of everyone asked who gave no answer; None where it is not on record.

    Of several values of one answer the best traced counts, and of those the largest, which leaves the widest bounds.
    """
    nobody = {*missing_codes(figure), *UNANSWERED}
    parts: dict[frozenset[object], Figure] = {}
    for other in known:
        counts = answers_counted(other, figure)
        if counts <= {*nobody, *missing_codes(other)} and other.base == "all" and alike(figure, other):
            parts[counts] = min((parts.get(counts, other), other), key=standing)
    apart = [own for own in parts if not any(own < other for other in parts)]
    return min(1.0, sum(parts[own].value for own in apart)) if apart else None


def answers_counted(other: Figure, figure: Figure) -> frozenset[object]:
    """Give the codes of the answers a figure counts; of don't know and refused by name, those of the scale."""
    if other.category_set:
        return frozenset(other.category_set)
    scale = figure.item.scale or other.item.scale
    named = [option.code for option in scale.options if option.kind == other.category] if scale is not None else []
    return frozenset(named if other.category in UNANSWERED and named else [other.category])


def standing(figure: Figure) -> tuple[int, float]:
    """Give where a figure stands among several of one answer: the best traced first, then the largest."""
    return GRADES.index(figure.provenance), -figure.value


def alike(figure: Figure, other: Figure) -> bool:
    """Say whether a share is of the same question and the same people as a figure."""
    same = [(one.item.item_id, one.subgroup, one.country) for one in (figure, other)]
    return same[0] == same[1] and other.statistic == "share"
