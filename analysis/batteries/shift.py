"""A battery's difference in two parts: how far all items moved together, and how their profile changed besides.

The common shift is the generalised least squares mean of the differences. Its weights rest on an estimated covariance;
its standard error allows for that, exactly where one covariance is estimated: Rao (1967), Least squares theory using an
estimated dispersion matrix, Fifth Berkeley Symposium 1, 355-372. The profile is what is left, tested on the k - 1
differences between items. Profile analysis: Morrison (1976), Multivariate Statistical Methods, section 4.6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from ..sampling.categories import Floats
from .hotelling import JointTest, joint_test, untestable
from .sides import SINGULAR, Sides


@dataclass(frozen=True)
class Shift:
    """How far all items moved together.

    Attributes
    ----------
    estimate, se, df : float
        New minus published, in the unit of the items.
    low, high : float
        Interval.
    p : float
        Two-sided, of no common shift.
    mean : float
        The plain mean of the differences, in which every item counts once.
    weighting : str
        ``"generalised least squares"``; ``"equal"``, the plain mean, where the covariance has no usable inverse.
    shared : float or None
        The part of non-sampling error taken to be common to all items; None where there is none.
    """

    estimate: float
    se: float
    df: float
    low: float
    high: float
    p: float
    mean: float
    weighting: str
    shared: float | None = None


def level_shift(sides: Sides, level: float, shared: float | None = None) -> Shift:
    """Estimate the common shift.

    Parameters
    ----------
    sides : Sides
        New and published estimates.
    level : float
        Of the interval, e.g. ``0.95``.
    shared : float, optional
        What is said of the non-sampling error in them.

    Notes
    -----
    With correlated items, weights can be negative, and the shift can lie outside the differences of the items. Two
    items of equal error that go exactly opposite ways have a mean without error: the shift is then that mean, with a
    standard error of 0, and p is 1 where it is nothing, else 0.

    Examples
    --------
    >>> sides = Sides(np.array([0.6, 0.5]), np.array([0.5, 0.4]), np.eye(2) / 800, np.eye(2) / 800, 50, 400,
    ...     np.zeros((2, 2)))
    >>> found = level_shift(sides, 0.95)
    >>> round(found.estimate, 3), round(found.se, 4), round(found.low, 3)
    (0.1, 0.0355, 0.03)
    """
    k = len(sides)
    if k > 1 and untestable(sides):
        estimate, se, df = plain_mean(sides)
        weighting = "equal"
    else:
        estimate, se, df = least_squares(sides)
        weighting = "generalised least squares"
    reach = float(stdtrit(df, 0.5 + level / 2)) * se
    p = 2 * float(stdtr(df, -abs(estimate) / se)) if estimate and se else float(not estimate)
    plain = float(sides.difference.mean())
    return Shift(estimate, se, df, estimate - reach, estimate + reach, p, plain, weighting, shared)


def plain_mean(sides: Sides) -> tuple[float, float, float]:
    """Give the plain mean of the differences, its standard error and degrees of freedom.

    Where the errors of the items cancel, it is known without error, and what is left of the difference by floating
    point is none.
    """
    mean = sides.combined(np.full((1, len(sides)), 1 / len(sides)))
    estimate, variance = float(mean.difference[0]), float(mean.covariance[0, 0])
    if variance > SINGULAR * float(np.diag(sides.covariance).max()):
        return estimate, math.sqrt(variance), mean.df
    nothing = math.isclose(estimate, 0.0, abs_tol=SINGULAR * float(np.abs(sides.published).max()))
    return 0.0 if nothing else estimate, 0.0, math.inf


def least_squares(sides: Sides) -> tuple[float, float, float]:
    """Give the generalised least squares mean of the differences, its standard error and degrees of freedom."""
    found, k, df = sides.difference, len(sides), sides.df
    solved = np.linalg.solve(sides.covariance, np.column_stack([np.ones(k), found]))
    precision = float(solved[:, 0].sum())
    estimate = float(solved[:, 1].sum()) / precision
    rest = found - estimate
    left = float(rest @ np.linalg.solve(sides.covariance, rest))
    own_df = df - k + 1
    factor = (df + left) / own_df if math.isfinite(df) and k > 1 else 1.0
    return estimate, math.sqrt(factor / precision), own_df


def profile_change(sides: Sides, shared: float | None = None) -> JointTest | None:
    """Test that all items moved alike; None where there is no such test, as of a single item.

    Examples
    --------
    >>> sides = Sides(np.array([0.6, 0.5]), np.array([0.5, 0.4]), np.eye(2) / 800, np.eye(2) / 800, 50, 400,
    ...     np.zeros((2, 2)))
    >>> round(profile_change(sides).p, 6)
    1.0
    """
    return joint_test(sides.combined(from_the_first(len(sides))), shared) if len(sides) > 1 else None


def from_the_first(k: int) -> Floats:
    """Give the contrasts of each later item with the first; the test is the same whichever item is first."""
    return np.hstack([np.full((k - 1, 1), -1.0), np.eye(k - 1)])
