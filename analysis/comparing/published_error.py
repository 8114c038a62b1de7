"""How far sampling alone may have moved a published figure, worked out from the little that was printed with it.

References
----------
Kish (1965), Survey Sampling, section 8.2 (design effect). Brown, Cai and DasGupta (2001), Statistical Science 16,
101-133 (intervals for a proportion). Clopper and Pearson (1934), Biometrika 26, 404-413 (a share of 0% or 100%).
Korn and Graubard (1998), Survey Methodology 24, 193-201 (the same with the effective number of interviews).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri, stdtrit

from ...data.errors import ComparisonError

ASSUMED_DEFF = 1.5
"""Design effect of a published survey that states none: about the median of weighted public polls."""

SIMPLE_RANDOM = 1.05
"""A margin of error or interval that implies no larger design effect was computed as if for a simple random sample.

What is printed is rounded, so the least that may have been rounded to it is what must imply more.
"""


@dataclass(frozen=True)
class PublishedError:
    """Standard error and interval of a published figure.

    Attributes
    ----------
    se : float or None
        None when nothing was printed that it could be worked out from.
    low, high : float or None
        Interval at the level asked for.
    df : float
        Degrees of freedom: interviews minus one, or infinite.
    deff : float or None
        Design effect used.
    deff_assumed : bool
        Whether that design effect was assumed, because the figure states none.
    basis : str
        What it was worked out from, in words.
    """

    se: float | None
    low: float | None
    high: float | None
    df: float
    deff: float | None
    deff_assumed: bool
    basis: str


def published_error(
    value: float,
    *,
    statistic: str = "share",
    n: float | None = None,
    deff: float | None = None,
    moe: float | None = None,
    moe_level: float = 0.95,
    lower: float | None = None,
    upper: float | None = None,
    interval_level: float = 0.95,
    rounding: float | None = None,
    sd: float | None = None,
    moe_rounding: float | None = None,
    other_sd: float | None = None,
    assumed_deff: float = ASSUMED_DEFF,
    level: float = 0.95,
) -> PublishedError:
    """Work out the standard error of a published figure.

    Parameters
    ----------
    value : float
        The figure: a share 0-1, or a mean.
    statistic : str
        ``"share"`` or ``"mean"``.
    n : float or None
        Interviews it rests on, unweighted.
    deff : float or None
        Design effect the publisher states.
    moe : float or None
        Margin of error the pollster states for the whole survey, 0-1: half the interval of a share of one half.
    moe_level : float
        Level at which it is stated, e.g. ``0.9``; 95% in most of print.
    lower, upper : float or None
        Ends of an interval published with this very figure.
    interval_level : float
        Level of that interval.
    rounding : float or None
        Unit it was rounded to, e.g. ``0.01`` for a whole percent; adds rounding**2 / 12 to the variance.
    sd : float or None
        Published standard deviation of the answers, for a mean.
    moe_rounding : float or None
        Unit the margin of error was printed to, e.g. ``0.01`` for "3 points"; left out, by its digits: a whole number
        of points counts as rounded to a point, 3.1 to a tenth of one.
    other_sd : float or None
        Standard deviation of another survey's answers, which stands in for ``sd``. Without either, or an interval, a
        mean has no standard error.
    assumed_deff : float
        Design effect when none can be known.
    level : float
        Level of the interval.

    Notes
    -----
    In this order: the interval published with the figure, half its width over the normal quantile of its level; n with
    the stated design effect; the stated margin of error; n with an assumed design effect. With n, the design effect
    that an interval or margin implies is shown. A margin of error is stated for a share of one half, the worst case;
    for a share p the standard error is ``moe / z * sqrt(4 p (1 - p))``, where z is 1.96 at 95%. A margin or interval
    that implies a design effect of 1 was computed as if for a simple random sample, and so says nothing about
    weighting: n and the stated, else the assumed, design effect are used instead. So does one that may imply it: 3
    points may stand for 2.5. Whether a mean's interval is such is asked only of a published standard deviation.
    Rounding adds its unit squared over 12.

    A printed 0% or 100% has Clopper and Pearson's end with the effective number of interviews, ``n / deff``, or that
    which a margin or an interval implies; its standard error is the way to that end over the normal quantile.

    Not for a figure of a nonprobability sample as proof that its error is small: the formula takes the sample as
    drawn at random, and what it was not drawn for is left to the second tier of the comparison.

    Examples
    --------
    >>> error = published_error(0.77, n=1173, deff=1.5, rounding=0.01)
    >>> round(error.se, 4), round(error.low, 3), round(error.high, 3)
    (0.0153, 0.739, 0.799)
    >>> published_error(0.5, moe=0.03, moe_level=0.9).se > published_error(0.5, moe=0.03).se
    True
    >>> published_error(0.70).basis
    'neither the number of interviews nor a margin of error is published'
    """
    share = statistic == "share"
    check_published(value, share, n=n, deff=deff, moe=moe, rounding=rounding, sd=sd, other_sd=other_sd)
    check_interval(value, lower, upper, moe_level=moe_level, interval_level=interval_level)
    at_end = share and value in (0, 1)
    # at an end the sources give the variance of a share of one half, which is to say the effective interviews
    spread = 0.25 if at_end else value * (1 - value) if share else sd**2 if sd is not None else None
    borrowed = other_sd**2 if spread is None and other_sd is not None else spread
    unit = moe_rounding if moe_rounding is not None else printed_unit(moe)
    source = (
        from_interval(lower, upper, interval_level, spread, n, rounding, at_end=at_end)
        or (from_margin(spread, n, deff, moe, moe_level, unit) if share else None)
        or from_n(borrowed, n, deff, assumed_deff)
    )
    if source is None:
        return PublishedError(None, None, None, math.inf, None, False, nothing_known(share, n))
    variance, used, assumed, basis = source
    variance = variance_at_end(0.25 / variance, level) if at_end else variance
    se = math.sqrt(variance + (rounding or 0.0) ** 2 / 12)
    df = n - 1 if n is not None and not at_end else math.inf
    low, high = interval(value, se, df, level, share=share)
    return PublishedError(se, low, high, df, used, assumed, basis)


def check_published(value: float, share: bool, **printed: float | None) -> None:
    """Refuse figures that describe no survey."""
    if share and not 0 <= value <= 1:
        raise ComparisonError(f"a published share of {value:g} is outside 0 to 1; give shares as 0.77, not 77.")
    for name, given in printed.items():
        least = 1 if name == "n" else 0
        if given is not None and not (math.isfinite(given) and given > least):
            raise ComparisonError(
                f"the published figure's {name} is {given:g}; it must be above {least}, or left out when unknown."
            )


def check_interval(value: float, lower: float | None, upper: float | None, **levels: float) -> None:
    """Refuse an interval that is none, and levels that are not between 0 and 1."""
    if (lower is None) != (upper is None):
        raise ComparisonError("the published interval has one end only; give both, lower and upper, or neither.")
    if lower is not None and upper is not None and not (lower <= value <= upper and lower < upper):
        raise ComparisonError(
            f"the published interval of {lower:g} to {upper:g} does not hold its figure, {value:g}; give both in the "
            "same unit."
        )
    for name, level in levels.items():
        if not 0.5 < level < 1:
            raise ComparisonError(f"{name} is {level:g}; give a share between 0.5 and 1, e.g. 0.95.")


Source = tuple[float, float | None, bool, str]
"""Sampling variance, the design effect used, whether that was assumed, and the basis in words."""


def from_interval(
    lower: float | None,
    upper: float | None,
    level: float,
    spread: float | None,
    n: float | None,
    unit: float | None,
    *,
    at_end: bool = False,
) -> Source | None:
    """Give the sampling variance an interval of the figure itself implies; None where it says nothing of weighting."""
    if lower is None or upper is None:
        return None
    variance = variance_of_width(upper - lower, level, at_end=at_end)
    implied = variance * n / spread if n is not None and spread is not None else None
    if implied is not None:
        # both ends may be off by half a unit; of an interval that begins at 0, one
        off = (unit if unit is not None else printed_unit(lower, upper)) / (2 if at_end else 1)
        least = variance_of_width(max(upper - lower - off, 0.0), level, at_end=at_end)
        if implied * least <= SIMPLE_RANDOM * variance:
            return None
    return variance, implied, False, f"the published {100 * level:g}% interval{in_brackets(implied)}"


def variance_of_width(width: float, level: float, *, at_end: bool) -> float:
    """Give the variance that the width of an interval implies; at 0% or 100% that of a share of one half."""
    if not at_end:
        return (width / (2 * z_of(level))) ** 2
    effective = math.log(0.5 - level / 2) / math.log1p(-min(width, 0.999)) if width > 0 else math.inf
    return 0.25 / effective


def variance_at_end(effective_n: float, level: float) -> float:
    """Give the variance of a share of 0 or 1: Clopper and Pearson's end, over the normal quantile, squared.

    Examples
    --------
    >>> round(z_of(0.95) * variance_at_end(1000, 0.95) ** 0.5, 5)
    0.00368
    """
    return float((1 - (0.5 - level / 2) ** (1 / effective_n)) / z_of(level)) ** 2


def from_margin(
    spread: float | None, n: float | None, deff: float | None, moe: float | None, level: float, unit: float
) -> Source | None:
    """Give the sampling variance a share has by the pollster's margin; None where a stated design effect goes first."""
    if moe is None or spread is None or (n is not None and deff is not None):
        return None
    at_half = (moe / z_of(level)) ** 2
    implied = at_half * n / 0.25 if n is not None else None
    if implied is not None and implied * (max(moe - unit / 2, 0.0) / moe) ** 2 <= SIMPLE_RANDOM:
        return None
    stated = "" if level == 0.95 else f" at {100 * level:g}%"
    words = f"the stated margin of error of {100 * moe:g} points{stated}{in_brackets(implied)}"
    return 4 * spread * at_half, implied, False, words


def printed_unit(*values: float | None) -> float:
    """Give the unit that shares were printed to, by their digits: a whole percent or finer; 0 where it cannot be told.

    Examples
    --------
    >>> printed_unit(0.03), printed_unit(0.031), printed_unit(0.58, 0.665), printed_unit(0.0283019)
    (0.01, 0.001, 0.001, 0.0)
    """
    known = [value for value in values if value is not None]
    units = (10.0**-digits for digits in (2, 3, 4))
    fits = (unit for unit in units if all(math.isclose(value, round(value / unit) * unit) for value in known))
    return next(fits, 0.0)


def z_of(level: float) -> float:
    """Give the normal quantile that an interval of a level reaches to.

    Examples
    --------
    >>> round(z_of(0.95), 3)
    1.96
    """
    return float(ndtri(0.5 + level / 2))


def in_brackets(implied: float | None) -> str:
    """Print the design effect that follows from what is printed."""
    return f" (design effect {implied:.2f})" if implied is not None else ""


def from_n(spread: float | None, n: float | None, deff: float | None, assumed_deff: float) -> Source | None:
    """Give deff * spread / n."""
    if n is None or spread is None:
        return None
    if deff is not None:
        return deff * spread / n, deff, False, f"{n:,.0f} interviews and the stated design effect of {deff:g}"
    words = f"{n:,.0f} interviews and an assumed design effect of {assumed_deff:g}"
    return assumed_deff * spread / n, assumed_deff, True, words


def nothing_known(share: bool, n: float | None) -> str:
    """Say why there is no standard error."""
    if not share and n is not None:
        return "no standard deviation is known for the published mean"
    return "neither the number of interviews nor a margin of error is published"


def interval(value: float, se: float, df: float, level: float, *, share: bool) -> tuple[float, float]:
    """Give the interval: for a share on the logit scale, so that it stays within 0 and 1; for a mean, symmetric.

    Examples
    --------
    >>> [round(end, 3) for end in interval(0.9, 0.03, float("inf"), 0.95, share=True)]
    [0.824, 0.945]
    """
    reach = float(stdtrit(df, 1 - (1 - level) / 2))
    if not share:
        return value - reach * se, value + reach * se
    if value in (0, 1):
        return max(0.0, value - reach * se), min(1.0, value + reach * se)
    middle, spread = math.log(value / (1 - value)), reach * se / (value * (1 - value))
    return logistic(middle - spread), logistic(middle + spread)


def logistic(x: float) -> float:
    """Turn a log odds into a share without overflow."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
