"""A verdict where it is not known whether the published share counts don't know: it has to hold over both bases.

The published share is over everyone asked or over those who gave an answer, and nothing says which. What is found over
one of them alone is not found: the differences of both are given as one interval, a verdict stands where both bases
give it, and everything else is inconclusive.

References
----------
Manski (2003), Partial Identification of Probability Distributions, chapter 1 (a conclusion that holds for all that is
not known). Berger (1982), Technometrics 24, 295-300 (what has to hold of several is tested by the largest p-value).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..estimation.estimates import NUMBERS, Estimates
from ..gating.published_base import REPAIR
from ..gating.reason import Reason, grade_of
from ..telling.comparison import ComparisonRow
from .printed import Printed
from .terms import BASE_WORDS, Base, OnTerms, Record, again
from .tiers import Declared, with_tiers
from .verdict import Verdict, verdict_of

if TYPE_CHECKING:
    from ...data.registry.figure import Figure

DIFFERENT = ("different", "different but within margin")
EQUIVALENT = ("equivalent", "different but within margin")

TIERS: Mapping[str, tuple[str, str, str, str]] = {
    "sampling": ("verdict_sampling", "difference", "p", "minimum_detectable"),
    "total": ("verdict_total", "total", "p_total", "minimum_detectable_total"),
}
"""What a row holds of each tier: verdict, interval, p-value, and the difference it would show."""


@dataclass(frozen=True, eq=False)
class OtherBase:
    """The new estimates of one item over the other base that the published share may have.

    Attributes
    ----------
    base : str
        ``"all"`` or ``"substantive"``.
    by : tuple of str
        The keys of the groups.
    rows : mapping of tuple to mapping
        The estimate of each group, by its values of the keys.
    """

    base: Base
    by: tuple[str, ...]
    rows: Mapping[tuple[object, ...], Record]

    def of(self, record: Record) -> Record | None:
        """Give the estimate of the same group; None where nobody of it is in the other base."""
        return self.rows.get(tuple(record.get(name) for name in self.by))


def other_base(estimates: Estimates, item: str, figure: Figure, terms: OnTerms, level: float) -> OtherBase | None:
    """Estimate again over the other base, where the published one is not known and both are possible.

    A share that counts don't know itself can only be of everyone asked, and a mean only of answers with a number.

    Parameters
    ----------
    estimates : Estimates
        The new ones.
    item : str
        One of its items.
    figure : Figure
        The published figure, with the base that the user says it has.
    terms : OnTerms
        The estimates on the figure's terms.
    level : float
        Level of the intervals.
    """
    if figure.base != "unknown" or terms.statistic != "share" or grade_of(terms.reasons) == "not_comparable":
        return None
    variable = estimates.design.study.codebook[item]
    if any(variable.missing_kind(code) for code in terms.codes):
        return None
    other: Base = "all" if terms.base == "substantive" else "substantive"
    by = tuple(estimates.by)
    rows = again(estimates, item, "answers", terms.codes, other, (), level)
    return OtherBase(other, by, {tuple(row.get(name) for name in by): row for row in rows})


def in_words(record: Record, other: OtherBase | None) -> list[Reason]:
    """Say what the new share would be on the other base, where that can be seen."""
    found = other.of(record) if other is not None else None
    now, then = record.get("estimate"), found.get("estimate") if found is not None else None
    if other is None or now is None or then is None or round(1000 * then) == round(1000 * now):
        return []
    words = f"Over {BASE_WORDS[other.base]}, the new share would be {100 * then:.1f}% instead of {100 * now:.1f}%."
    return [Reason("base", "qualifies", words, REPAIR)]


def with_both(
    row: ComparisonRow, found: Record, base: Base, printed: Printed, declared: Declared
) -> tuple[ComparisonRow, ComparisonRow | None]:
    """Test a row over both bases: give it with what holds over both, and the same pair over the other base alone.

    Parameters
    ----------
    row : ComparisonRow
        With the new estimate on its present base, not yet tested.
    found : mapping
        The new estimate over the other base.
    base : {"all", "substantive"}
        The other base.
    printed : Printed
        What was printed with the published figure about its error.
    declared : Declared
        Margin, level and errors.
    """
    tested = with_tiers(row, printed, declared)
    there: dict[str, Any] = {name: found.get(name) for name in NUMBERS}
    other = with_tiers(replace(row, base=base, **there), printed, declared)
    if tested.difference is None or other.difference is None or alike(tested, other):
        return tested, None
    return over_both(tested, other, printed.rounding or 0.0), other


def alike(one: ComparisonRow, other: ComparisonRow) -> bool:
    """Say whether nobody is in one base who is not in the other."""
    return one.n == other.n and math.isclose(one.estimate or 0.0, other.estimate or 0.0, rel_tol=1e-12)


def over_both(row: ComparisonRow, other: ComparisonRow, rounding: float = 0.0) -> ComparisonRow:
    """Keep of a row's verdicts what the other base bears out; estimate and difference stay as they are.

    Parameters
    ----------
    row, other : ComparisonRow
        One pair over its present base and over the other one, both tested.
    rounding : float
        Unit of the published value, from which the nearest turning point is counted.

    Notes
    -----
    Different is what is different on the same side over both; equivalent what is equivalent over both. Intervals reach
    from the lower end of the two to the upper, p-values are the larger (1 where the two lie on either side), and so is
    the difference that would be shown. Where the base decides, no other turning point is given.

    Examples
    --------
    >>> from topline.analysis.comparing.printed import Printed
    >>> def at(share):
    ...     row = ComparisonRow("q", estimate=share, se=0.015, n=1000, df=900, published=0.59, grade="qualified")
    ...     return with_tiers(replace(row, base="substantive"), Printed(n=1000), Declared())
    >>> both = over_both(at(0.843), replace(at(0.59), base="all"))
    >>> at(0.843).verdict_total, both.verdict_total, both.base_decides, both.other_base_estimate
    ('different', 'inconclusive', ('sampling', 'total'), 0.59)
    """
    row = replace(row, other_base=other.base, other_base_estimate=other.estimate)
    if row.verdict_sampling is None:
        return row
    held: dict[str, Any] = {}
    decides = []
    for tier, names in TIERS.items():
        now, then = getattr(row, names[0]), getattr(other, names[0])
        if now is None:
            continue
        verdict = agreed(now, then, same_side(row, other))
        decides += [tier] if (verdict, verdict) != (now, then) else []
        held |= {names[0]: verdict, **envelope(row, other, *names[1:])}
    made = replace(row, base_decides=tuple(decides), **held)
    return unsettled(made, row, other) if decides else nearest_of_both(made, other, rounding)


def same_side(row: ComparisonRow, other: ComparisonRow) -> bool:
    """Say whether the new value lies on one side of the published one over both bases."""
    return (row.difference or 0.0) * (other.difference or 0.0) > 0


def agreed(one: str, other: str | None, same: bool) -> Verdict:
    """Give the verdict that both bases bear out.

    Examples
    --------
    >>> agreed("different", "different", True), agreed("different", "different", False)
    ('different', 'inconclusive')
    >>> agreed("equivalent", "different but within margin", True), agreed("different", "inconclusive", True)
    ('equivalent', 'inconclusive')
    """
    different = one in DIFFERENT and other in DIFFERENT and same
    return verdict_of(different, one in EQUIVALENT and other in EQUIVALENT)


def envelope(row: ComparisonRow, other: ComparisonRow, interval: str, p: str, detectable: str) -> dict[str, Any]:
    """Give one tier's interval over both bases, the larger p-value, and the larger detectable difference."""
    low, high = f"{interval}_low", f"{interval}_high"
    p_value = larger(getattr(row, p), getattr(other, p))
    return {
        low: min(one for one in (getattr(row, low), getattr(other, low)) if one is not None),
        high: max(one for one in (getattr(row, high), getattr(other, high)) if one is not None),
        p: p_value if p_value is None or same_side(row, other) else 1.0,
        detectable: larger(getattr(row, detectable), getattr(other, detectable)),
    }


def larger(one: float | None, other: float | None) -> float | None:
    """Give the larger of two; None where one is not there."""
    return None if one is None or other is None else max(one, other)


def unsettled(made: ComparisonRow, row: ComparisonRow, other: ComparisonRow) -> ComparisonRow:
    """Say that the base decides; where a verdict over one base alone would turn is then beside the point."""
    told = []
    for tier in made.base_decides:
        name = TIERS[tier][0]
        now, then = getattr(row, name), getattr(other, name) or "inconclusive"
        how = f"'{then}' instead of '{now}'" if then != now else f"'{then}', but to the other side"
        told.append(f"it would be {how} ({tier} error)")
    words = f"depends on the base: over {BASE_WORDS[other.base]}, {'; '.join(told)}"
    nothing: dict[str, Any] = {f"turning_{name}": None for name in ("deff", "n", "nonsampling", "rounding")}
    return replace(made, stable=False, stability=words, turning_plausible=(), turnings=(), **nothing)


def nearest_of_both(made: ComparisonRow, other: ComparisonRow, rounding: float) -> ComparisonRow:
    """Give the nearest turning points of both bases, and say what either of them hangs on."""
    now = {"deff": made.published_deff, "n": made.published_n, "nonsampling": made.nonsampling, "rounding": rounding}
    nearest: dict[str, Any] = {}
    for name, here in now.items():
        found = [getattr(one, f"turning_{name}") for one in (made, other)]
        away = [(abs(value - (here or 0.0)), value) for value in found if value is not None]
        nearest[f"turning_{name}"] = min(away)[1] if away else None
    plausible = (*(made.turning_plausible or ()), *(other.turning_plausible or ()))
    made = replace(made, turning_plausible=tuple(dict.fromkeys(plausible)), **nearest)
    if made.stable and other.stable is False:
        there = tuple(replace(point, base=other.base) for point in other.turnings or ())
        words = f"{other.stability}, over {BASE_WORDS[other.base]}"
        return replace(made, stable=False, stability=words, turnings=there if other.turnings is not None else None)
    return made
