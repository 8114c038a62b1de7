"""The two tiers of error: what chance in sampling could do, and what surveys get wrong besides.

References
----------
Shirani-Mehr, Rothschild, Goel and Gelman (2018), Journal of the American Statistical Association 113, 607-614: the
real error of polls is about twice the stated one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scipy.special import stdtrit

from ...data.errors import ComparisonError
from ...data.registry.figure import BOUNDS
from ..telling.comparison import ComparisonRow, family
from ..testing.adjustment import benjamini_hochberg, holm
from .printed import Printed
from .published_error import ASSUMED_DEFF, PublishedError, interval
from .sensitivity import Grounds, Tier, in_words, nearest_of, plausible_of, points_of, turnings
from .verdict import Difference, Side, against_bound, check_declared, difference

ADJUST = ("holm", "bh", "none")
"""The adjusted p that the sentence may warn by."""


HALF = 0.5
"""Of a margin or an error of shares that is larger, percentage points were meant."""


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
    adjust : str
        Which adjusted p-value the sentence warns by: ``"holm"``, ``"bh"`` or ``"none"``.
    """

    margin: float = 0.05
    level: float = 0.95
    nonsampling: float = 0.03
    deff: float | None = None
    mean_margin: float | None = None
    mean_nonsampling: float | None = None
    adjust: str = "holm"

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        for name in ("margin", "level", "nonsampling", "deff", "mean_margin", "mean_nonsampling"):
            if not isinstance(getattr(self, name), int | float | None):
                raise ComparisonError(f"{name} is {getattr(self, name)!r}; give a number.")
        check_declared(self.margin, self.level)
        for name in ("margin", "nonsampling"):
            if HALF < (value := getattr(self, name)) < math.inf:
                raise ComparisonError(
                    f"{name} is {value:g}, which is {100 * value:,.0f} points; give it as a share: 0.05 for 5 points."
                )
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
        if self.adjust not in ADJUST:
            raise ComparisonError(f"adjust is {self.adjust!r}; it can be 'holm', 'bh' or 'none'.")

    def margin_for(self, statistic: str, span: float | None) -> float | None:
        """Give the margin in the unit of the statistic; None for a mean whose scale is not known."""
        if statistic == "share":
            return self.margin
        return self.mean_margin if self.mean_margin is not None else None if span is None else self.margin * span

    def nonsampling_for(self, statistic: str) -> float | None:
        """Give the non-sampling error in the unit of the statistic; None: no second tier."""
        return self.nonsampling if statistic == "share" else self.mean_nonsampling


def with_tiers(row: ComparisonRow, printed: Printed, declared: Declared) -> ComparisonRow:
    """Give the row with the published interval, the difference and both verdicts, as far as the grade allows.

    Examples
    --------
    >>> row = ComparisonRow("travel", estimate=0.684, se=0.017, n=1024, df=300, published=0.77, grade="qualified")
    >>> tested = with_tiers(row, Printed(n=1173, rounding=0.01), Declared())
    >>> tested.verdict_sampling, tested.verdict_total, tested.stable, round(tested.turning_nonsampling, 3)
    ('different', 'inconclusive', False, 0.026)
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
    return with_sensitivity(row, grounds_of(row, new, error, printed))


def error_at(row: ComparisonRow, printed: Printed, declared: Declared, deff: float) -> PublishedError:
    """Work out the published figure's error at an assumed design effect."""
    value = row.published if row.published is not None else math.nan
    return printed.error(value, row.statistic, assumed_deff=deff, level=declared.level, other_sd=new_sd(row))


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
        ends = min(low, error.low if error.low is not None else low), max(high, error.high or high)
        row = replace(row, published_total_low=ends[0], published_total_high=ends[1])
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


def grounds_of(row: ComparisonRow, new: Side, error: PublishedError, printed: Printed) -> Grounds:
    """Gather what the verdicts of a row rest on."""
    share, rounding = row.statistic == "share", printed.rounding or 0.0
    return Grounds(
        new=new,
        published=row.published or 0.0,
        variance=(error.se or 0.0) ** 2 - rounding**2 / 12,
        margin=row.margin or 0.0,
        level=row.level,
        share=share,
        n=printed.n,
        deff=error.deff,
        rounding=rounding,
        nonsampling=row.nonsampling,
        bound=BOUNDS.get(row.published_qualifier),
        unit=1.0 if share else printed.span,
        deff_assumed=error.deff_assumed,
        n_within=printed.n_within,
    )


def with_sensitivity(row: ComparisonRow, grounds: Grounds) -> ComparisonRow:
    """Write into the row where its verdicts would turn, and whether that is within what is plausible."""
    found = turnings(grounds)
    tier: Tier = "sampling error" if row.verdict_total is None else "total error"
    nearest = nearest_of(found, tier)
    return replace(
        row,
        turning_deff=nearest.get("deff"),
        turning_n=nearest.get("n"),
        turning_nonsampling=nearest.get("nonsampling"),
        turning_rounding=nearest.get("rounding"),
        turning_plausible=plausible_of(found, tier),
        turnings=points_of(found),
        stable=not any(one.plausible for one in found),
        stability=in_words(found, grounds),
    )


def with_adjusted(rows: Sequence[ComparisonRow], adjust: str = "holm") -> tuple[ComparisonRow, ...]:
    """Adjust the p-values of both tiers within each battery: Holm's and Benjamini and Hochberg's.

    The verdicts keep to the single test, so that the verdict, the interval on screen and the stated error rate of 5%
    for each item say the same thing; the adjusted values stand beside them, and the sentence warns where a
    difference would not survive the one asked for.

    Parameters
    ----------
    rows : sequence of ComparisonRow
        All rows of a comparison.
    adjust : str
        Which one the sentence warns by: ``"holm"``, ``"bh"`` or ``"none"``.

    Examples
    --------
    >>> rows = [ComparisonRow(name, p=p, battery="punishment") for name, p in (("travel", 0.03), ("loans", 0.04))]
    >>> [(row.p_holm, row.p_bh) for row in with_adjusted(rows)]
    [(0.06, 0.04), (0.06, 0.04)]
    """
    found: dict[str, Any] = {
        f"{name}_{short}": together([getattr(row, name) for row in rows], rows, adjusted)
        for name in ("p", "p_total")
        for short, adjusted in (("holm", holm), ("bh", benjamini_hochberg))
    }
    return tuple(
        replace(row, adjust=adjust, **{name: values[i] for name, values in found.items()}) for i, row in enumerate(rows)
    )


Adjustment = Callable[[Sequence[float], Sequence[Hashable]], list[float]]


def together(
    p_values: Sequence[float | None], rows: Sequence[ComparisonRow], adjusted: Adjustment
) -> list[float | None]:
    """Adjust the p-values that exist; the others stay None."""
    tested = [i for i, p in enumerate(p_values) if p is not None]
    values = adjusted([p for p in p_values if p is not None], [family(rows[i]) for i in tested])
    found: list[float | None] = [None] * len(rows)
    for i, value in zip(tested, values, strict=True):
        found[i] = value
    return found
