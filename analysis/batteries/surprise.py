"""How surprising a new result is, given what was published: the predictive check, and what its bits mean.

If both surveys measured the same, the new result would scatter around the published one with both their errors (Box
1980, Journal of the Royal Statistical Society A 143, 383-430). The predictive p is the probability of landing at least
as far away; surprise is ``-log2 p`` (Good 1983, Good Thinking; Greenland 2019, American Statistician 73 S1, 106-114).
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

from .sides import Sides


def bits(p: float) -> float:
    """Give the surprise of a probability, in bits; one too small to be written counts as the smallest that can be.

    Examples
    --------
    >>> bits(0.5), bits(1.0), bits(0.03125)
    (1.0, 0.0, 5.0)
    """
    return -math.log2(max(p, sys.float_info.min)) + 0.0


def bits_in_words(surprise: float) -> str:
    """Say how many heads in a row would be as surprising.

    Examples
    --------
    >>> bits_in_words(0.4), bits_in_words(1.2), bits_in_words(6.6), bits_in_words(400)
    ('less than one toss of a coin', 'as one head of a coin', 'as about 7 heads in a row', 'as over 99 heads in a row')
    """
    if surprise < 0.75:
        return "less than one toss of a coin"
    if surprise < 1.5:
        return "as one head of a coin"
    return f"as about {surprise:.0f} heads in a row" if surprise < 99.5 else "as over 99 heads in a row"


@dataclass(frozen=True)
class Surprise:
    """The predictive check of one item.

    Attributes
    ----------
    low, high : float
        Where the new result was to be expected, given the published one, at the level asked for.
    p, bits : float
        Predictive probability of a result at least as far from the published one, and its surprise.
    """

    low: float
    high: float
    p: float
    bits: float


def surprises(sides: Sides, level: float, *, share: bool) -> tuple[Surprise, ...]:
    """Check each item by itself.

    Parameters
    ----------
    sides : Sides
        New and published estimates, with the errors of the tier.
    level : float
        Of the interval, e.g. ``0.95``.
    share : bool
        Whether the results cannot leave 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> sides = Sides(np.array([0.6]), np.array([0.5]), np.array([[0.0004]]), np.array([[0.0004]]), 300, 900,
    ...     np.zeros((1, 1)))
    >>> found = surprises(sides, 0.95, share=True)[0]
    >>> round(found.low, 3), round(found.high, 3), round(found.bits, 2)
    (0.444, 0.556, 11.19)
    """
    return tuple(_surprise(sides, at, level, share) for at in range(len(sides)))


def _surprise(sides: Sides, at: int, level: float, share: bool) -> Surprise:
    published, variance = float(sides.published[at]), float(sides.covariance[at, at])
    df, se = item_df(sides, at), math.sqrt(variance)
    reach = float(stdtrit(df, 0.5 + level / 2)) * se
    low, high = published - reach, published + reach
    found = abs(float(sides.difference[at]))
    p = 2 * float(stdtr(df, -found / se)) if found else 1.0
    return Surprise(max(0.0, low) if share else low, min(1.0, high) if share else high, p, bits(p))


def item_df(sides: Sides, at: int) -> float:
    """Give Welch and Satterthwaite's degrees of freedom of one difference."""
    parts = ((sides.new_covariance, sides.new_df), (sides.published_covariance, sides.published_df))
    uncertain = sum(float(covariance[at, at]) ** 2 / df for covariance, df in parts)
    return float(sides.covariance[at, at]) ** 2 / uncertain if uncertain > 0 else math.inf
