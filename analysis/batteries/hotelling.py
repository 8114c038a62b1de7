"""The Wald test that a whole battery is the same in both surveys.

With d the differences and V their covariance, ``d' V^-1 d`` follows Hotelling's T2; ``(df - k + 1) / (df k)`` of it is
F with k and df - k + 1 degrees of freedom: Hotelling (1931), Annals of Mathematical Statistics 2, 360-378; for surveys
Korn and Graubard (1990), American Statistician 44, 270-276, and ``statistic="adjWald"`` of R's ``svychisq``. R's
``regTermTest`` leaves the factor out and takes its ``df`` as they are given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..estimation.f_tail import f_tail
from .sides import Sides
from .surprise import bits

ROUNDING = 1e-9
"""Degrees of freedom this far below a whole number are that number."""


@dataclass(frozen=True)
class JointTest:
    """One test of several differences at once.

    Attributes
    ----------
    chisq : float
        The Wald statistic, which is also the squared Mahalanobis distance.
    df : float
        Degrees of freedom of the covariance.
    statistic, ndf, ddf, p : float
        F, its degrees of freedom, and the probability of one at least as large.
    shared : float or None
        The part of non-sampling error taken to be common to all items; None where there is none.
    """

    chisq: float
    df: float
    statistic: float
    ndf: float
    ddf: float
    p: float
    shared: float | None = None

    @property
    def bits(self) -> float:
        """Surprise, in bits."""
        return bits(self.p)


def joint_test(sides: Sides, shared: float | None = None) -> JointTest | None:
    """Test that all differences are nothing.

    Parameters
    ----------
    sides : Sides
        New and published estimates.
    shared : float, optional
        What is said of the non-sampling error in them.

    Returns
    -------
    JointTest or None
        None where there is no such test: see :func:`untestable`.

    Examples
    --------
    >>> sides = Sides(np.array([0.6, 0.5]), np.array([0.5, 0.5]), np.eye(2) / 800, np.eye(2) / 800, 50, 400,
    ...     np.zeros((2, 2)))
    >>> test = joint_test(sides)
    >>> round(test.chisq, 3), test.ndf, round(test.ddf, 1), round(test.p, 4)
    (4.0, 2.0, 176.8, 0.1399)
    """
    if untestable(sides):
        return None
    found, k, df = sides.difference, len(sides), sides.df
    chisq = float(found @ np.linalg.solve(sides.covariance, found))
    ddf = df - k + 1
    statistic = chisq / k * (ddf / df if math.isfinite(df) else 1.0)
    return JointTest(chisq, df, statistic, float(k), ddf, f_tail(statistic, k, ddf), shared)


def untestable(sides: Sides) -> str:
    """Say why a battery cannot be tested by Wald's method; nothing where it can."""
    if not sides.invertible:
        return "an item follows from the others, or has no error, so their joint covariance has no inverse"
    if sides.df < len(sides) - ROUNDING:
        return f"the {sides.df:.3g} degrees of freedom are too few for {len(sides)} items together"
    return ""
