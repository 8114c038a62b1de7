"""The two tiers of error: what chance in sampling could do, and what surveys get wrong besides.

References
----------
Shirani-Mehr, Rothschild, Goel and Gelman (2018), Journal of the American Statistical Association 113, 607-614: the
real error of polls is about twice the stated one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy.special import stdtrit

from ...data.errors import ComparisonError
from ...data.registry.figure import BOUNDS
from ..telling.comparison import ComparisonRow, family
from ..testing.adjustment import holm
from .published_error import ASSUMED_DEFF, PublishedError, interval, published_error
from .verdict import Difference, Side, against_bound, check_declared, difference

OTHER_DEFFS = (1.0, 2.0)
"""Design effects at which a verdict that rests on an assumed one is tried again."""


@dataclass(frozen=True)
class Declared:
    """What the user declares before looking.

    Attributes
    ----------
    margin : float
        Shares that differ by less do not matter, e.g. ``0.05``; for a mean, the same part of its scale's range.
    level : float
        Level of the intervals.
    nonsampling : float
        Standard error of everything but sampling, for a share, in each survey.
    deff : float or None
        Design effect to assume for figures that state none; None: 1.5.
    mean_margin, mean_nonsampling : float or None
        The same for means, in units of the scale. Without ``mean_nonsampling`` means have no second tier.
    """

    margin: float = 0.05
    level: float = 0.95
    nonsampling: float = 0.03
    deff: float | None = None
    mean_margin: float | None = None
    mean_nonsampling: float | None = None

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        check_declared(self.margin, self.level)
        for name in ("nonsampling", "mean_nonsampling"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                raise ComparisonError(
                    f"{name} is {value:g}; give a standard error of 0 or more, e.g. 0.03 for 3 points."
                )
        for name in ("deff", "mean_margin"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ComparisonError(f"{name} is {value:g}; give a number above 0, or leave it out.")

    def margin_for(self, statistic: str, span: float | None) -> float | None:
        """Give the margin in the unit of the statistic; None for a mean whose scale is not known."""
        if statistic == "share":
            return self.margin
        return self.mean_margin if self.mean_margin is not None else None if span is None else self.margin * span

    def nonsampling_for(self, statistic: str) -> float | None:
        """Give the non-sampling error in the unit of the statistic; None: no second tier."""
        return self.nonsampling if statistic == "share" else self.mean_nonsampling


@dataclass(frozen=True)
class Printed:
    """What was printed with a published figure about its error.

    Attributes
    ----------
    n, deff, moe, rounding, sd : float or None
        See :func:`topline.analysis.comparing.published_error.published_error`.
    span : float or None
        Range of the scale of a mean, e.g. ``4`` for 1 to 5.
    """

    n: float | None = None
    deff: float | None = None
    moe: float | None = None
    rounding: float | None = None
    sd: float | None = None
    span: float | None = None


def with_tiers(row: ComparisonRow, printed: Printed, declared: Declared) -> ComparisonRow:
    """Give the row with the published interval, the difference and both verdicts, as far as the grade allows.

    Examples
    --------
    >>> row = ComparisonRow("travel", estimate=0.684, se=0.017, n=1024, df=300, published=0.77, grade="qualified")
    >>> tested = with_tiers(row, Printed(n=1173, rounding=0.01), Declared())
    >>> tested.verdict_sampling, tested.verdict_total, tested.stable
    ('different', 'inconclusive', True)
    """
    if row.published is None or row.statistic != row.published_statistic:
        return row
    error = error_at(row, printed, declared, declared.deff if declared.deff is not None else ASSUMED_DEFF)
    estimate, figure = row.estimate, row.published
    row = with_intervals(with_published_error(row, error, printed), error, declared)
    if row.grade == "not_comparable" or estimate is None:
        return row
    row = replace(row, difference=estimate - figure)
    margin = declared.margin_for(row.statistic, printed.span)
    new = side_of(row)
    if new is None or error.se is None or margin is None:
        return row
    published = Side(figure, error.se, error.df)
    sampling, total = both(new, published, row, margin, declared)
    row = with_verdicts(replace(row, margin=margin), sampling, total)
    return with_stability(row, new, printed, declared) if error.deff_assumed else replace(row, stable=True)


def error_at(row: ComparisonRow, printed: Printed, declared: Declared, deff: float) -> PublishedError:
    """Work out the published figure's error at an assumed design effect."""
    return published_error(
        row.published if row.published is not None else math.nan,
        statistic=row.statistic,
        n=printed.n,
        deff=printed.deff,
        moe=printed.moe,
        rounding=printed.rounding,
        sd=printed.sd if printed.sd is not None else new_sd(row),
        assumed_deff=deff,
        level=declared.level,
    )


def new_sd(row: ComparisonRow) -> float | None:
    """Give the standard deviation of the new answers, which stands in for the published one of a mean.

    The design effect is the variance over that of a simple random sample, so S**2 = n * se**2 / deff.
    """
    if row.statistic == "share" or not row.se or not row.n or not row.deff:
        return None
    return math.sqrt(row.n * row.se**2 / row.deff)


def with_published_error(row: ComparisonRow, error: PublishedError, printed: Printed) -> ComparisonRow:
    """Write the published figure's error into the row."""
    return replace(
        row,
        published_se=error.se,
        published_low=error.low,
        published_high=error.high,
        published_n=printed.n,
        published_deff=error.deff,
        published_deff_assumed=error.deff_assumed,
        published_error_basis=error.basis,
    )


def with_intervals(row: ComparisonRow, error: PublishedError, declared: Declared) -> ComparisonRow:
    """Write each side's interval with non-sampling error into the row."""
    extra = declared.nonsampling_for(row.statistic)
    row = replace(row, nonsampling=extra, level=declared.level)
    new, share = side_of(row), row.statistic == "share"
    if extra is None:
        return row
    if new is not None:
        low, high = interval(new.value, math.hypot(new.se, extra), math.inf, declared.level, share=share)
        row = replace(row, estimate_total_low=min(low, row.low or low), estimate_total_high=max(high, row.high or high))
    if error.se is not None and row.published is not None:
        low, high = interval(row.published, math.hypot(error.se, extra), math.inf, declared.level, share=share)
        row = replace(row, published_total_low=low, published_total_high=high)
    return row


def side_of(row: ComparisonRow) -> Side | None:
    """Give the new estimate as a side; None when it has no standard error.

    A share of 0 or 1 has a standard error of zero by formula, which is no statement about its error. Its interval was
    made for that case and runs to one side only, so the standard error is the whole of it over the t quantile of its
    level.

    Examples
    --------
    >>> round(side_of(ComparisonRow("travel", estimate=0.0, se=0.0, low=0.0, high=0.0196, level=0.95)).se, 4)
    0.01
    """
    if row.estimate is None or row.se is None:
        return None
    df = row.df if row.df is not None and row.df > 0 else math.inf
    if row.se == 0 and row.statistic == "share" and row.low is not None and row.high is not None:
        return Side(row.estimate, (row.high - row.low) / float(stdtrit(df, 0.5 + row.level / 2)), df)
    return Side(row.estimate, row.se, df)


def both(
    new: Side, published: Side, row: ComparisonRow, margin: float, declared: Declared
) -> tuple[Difference, Difference | None]:
    """Difference the two sides in both tiers; None for a tier that has no declared error."""
    extra, bound = declared.nonsampling_for(row.statistic), BOUNDS.get(row.published_qualifier)

    def tier(extra_variance: float) -> Difference:
        found = difference(new, published, margin=margin, level=declared.level, extra_variance=extra_variance)
        return against_bound(found, bound) if bound else found

    return tier(0.0), None if extra is None else tier(2 * extra**2)


def with_verdicts(row: ComparisonRow, sampling: Difference, total: Difference | None) -> ComparisonRow:
    """Write both differences into the row."""
    row = replace(
        row,
        difference_low=sampling.low,
        difference_high=sampling.high,
        p=sampling.p,
        verdict_sampling=sampling.verdict,
        minimum_detectable=sampling.minimum_detectable,
    )
    if total is None:
        return row
    return replace(
        row,
        total_low=total.low,
        total_high=total.high,
        p_total=total.p,
        verdict_total=total.verdict,
        minimum_detectable_total=total.minimum_detectable,
    )


def with_stability(row: ComparisonRow, new: Side, printed: Printed, declared: Declared) -> ComparisonRow:
    """Try the verdicts again at other design effects, and say whether they hang on the assumed one."""
    changed = []
    for deff in OTHER_DEFFS:
        error = error_at(row, printed, declared, deff)
        if error.se is None or row.published is None or row.margin is None:
            continue
        tried = both(new, Side(row.published, error.se, error.df), row, row.margin, declared)
        verdicts = (tried[0].verdict, tried[1].verdict if tried[1] is not None else None)
        for tier, was, now in zip(
            ("sampling error", "total error"), (row.verdict_sampling, row.verdict_total), verdicts, strict=True
        ):
            if now != was:
                changed.append(f"at a published design effect of {deff:g} it would be '{now}' ({tier})")
    if changed:
        return replace(row, stable=False, stability="; ".join(changed))
    tried_at = f"1, {row.published_deff:g} and 2" if row.published_deff not in OTHER_DEFFS else "1 and 2"
    return replace(row, stable=True, stability=f"the same at published design effects of {tried_at}")


def with_holm(rows: Sequence[ComparisonRow]) -> tuple[ComparisonRow, ...]:
    """Adjust the p-values of both tiers by Holm's method within each battery.

    The verdicts keep to the single test, so that the verdict, the interval on screen and the stated error rate of 5%
    for each item say the same thing; the adjusted value stands beside them, and the sentence warns where a
    difference would not survive.

    Examples
    --------
    >>> rows = [ComparisonRow(name, p=p, battery="punishment") for name, p in (("travel", 0.03), ("loans", 0.2))]
    >>> [row.p_holm for row in with_holm(rows)]
    [0.06, 0.2]
    """
    sampling = together([row.p for row in rows], rows)
    total = together([row.p_total for row in rows], rows)
    return tuple(
        replace(row, p_holm=one, p_total_holm=other) for row, one, other in zip(rows, sampling, total, strict=True)
    )


def together(p_values: Sequence[float | None], rows: Sequence[ComparisonRow]) -> list[float | None]:
    """Adjust the p-values that exist; the others stay None."""
    tested = [i for i, p in enumerate(p_values) if p is not None]
    adjusted = holm([p for p in p_values if p is not None], [family(rows[i]) for i in tested])
    found: list[float | None] = [None] * len(rows)
    for i, value in zip(tested, adjusted, strict=True):
        found[i] = value
    return found
