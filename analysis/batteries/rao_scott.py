"""The joint test of shares after Rao and Scott: the naive sum of squared z, corrected by what the design does to it.

The naive test takes every item for a share of its own simple random sample: ``X2 = sum of d^2 / v``. Under the design
it follows a sum of chi-squares weighted by the generalised design effects, the roots of ``V`` in units of ``v``, which
hold both the weighting and that the same people answered every item. It asks for no inverse of the covariance, so it
stands where the items are many and the sampling units few. Rao and Scott (1984), On chi-squared tests for multiway
contingency tables with cell proportions estimated from survey data, Annals of Statistics 12, 46-60.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..estimation.f_tail import f_tail
from ..sampling.categories import Floats
from .sides import Sides


@dataclass(frozen=True)
class RaoScott:
    """The corrected test.

    Attributes
    ----------
    x2 : float
        The naive statistic.
    design_effect : float
        Mean of the generalised design effects.
    chisq, p_first : float
        First order: the statistic over that mean, against chi-square with as many degrees of freedom as items.
    statistic, ndf, ddf, p : float
        Second order, after Satterthwaite: F, its degrees of freedom, and the probability of one at least as large.
    shared : float or None
        The part of non-sampling error taken to be common to all items; None where there is none.
    """

    x2: float
    design_effect: float
    chisq: float
    p_first: float
    statistic: float
    ndf: float
    ddf: float
    p: float
    shared: float | None = None


def rao_scott(sides: Sides, new_n: Floats, published_n: Floats, shared: float | None = None) -> RaoScott | None:
    """Test that all shares are the same in both surveys.

    Parameters
    ----------
    sides : Sides
        New and published shares.
    new_n, published_n : numpy.ndarray
        Answers that each rests on.
    shared : float, optional
        What is said of the non-sampling error in them.

    Returns
    -------
    RaoScott or None
        None where a number of answers is not known.

    Notes
    -----
    The simple variance v is that of one share in both surveys together, ``p (1 - p) (1 / n + 1 / n')``. The
    denominator has ``ndf`` times the degrees of freedom of the mean design effect, after Satterthwaite: where one
    survey has no error those of the other, as in R's ``svychisq``; for a single item Welch's.

    Examples
    --------
    >>> sides = Sides(np.array([0.6, 0.5]), np.array([0.5, 0.5]), np.eye(2) / 800, np.eye(2) / 800, 50, 400,
    ...     np.zeros((2, 2)))
    >>> found = rao_scott(sides, np.array([400, 400]), np.array([400, 400]))
    >>> round(found.design_effect, 3), round(found.chisq, 3), round(found.p, 4)
    (2.01, 4.02, 0.1355)
    """
    if not (np.isfinite(new_n).all() and np.isfinite(published_n).all()):
        return None
    k, simple = len(sides), simple_variance(sides, new_n, published_n)
    x2 = float((sides.difference**2 / simple).sum())
    root = np.sqrt(simple)
    effects = np.maximum(np.linalg.eigvalsh(sides.covariance / np.outer(root, root)), 0.0)
    mean, ndf = float(effects.mean()), float(effects.sum() ** 2 / (effects**2).sum())
    chisq, ddf = x2 / mean, ndf * mean_df(sides, simple)
    statistic = chisq / k
    p_first, p = f_tail(statistic, k, np.inf), f_tail(statistic, ndf, ddf)
    return RaoScott(x2, mean, chisq, p_first, statistic, ndf, ddf, p, shared)


def simple_variance(sides: Sides, new_n: Floats, published_n: Floats) -> Floats:
    """Give the variance of each difference between simple random samples of people alike.

    Where nobody or everybody gave the answer in both, half an answer is added, since zero is not an error.
    """
    both = new_n + published_n
    share = (new_n * sides.new + published_n * sides.published) / both
    share = np.where((share <= 0) | (share >= 1), (both * share + 0.5) / (both + 1), share)
    return np.asarray(share * (1 - share) * (1 / new_n + 1 / published_n))


def mean_df(sides: Sides, simple: Floats) -> float:
    """Give Satterthwaite's degrees of freedom of the mean generalised design effect."""
    parts = ((sides.new_covariance, sides.new_df), (sides.published_covariance, sides.published_df))
    uncertain = sum(float((np.diag(covariance) / simple).sum()) ** 2 / df for covariance, df in parts)
    whole = float((np.diag(sides.covariance) / simple).sum())
    return whole**2 / uncertain if uncertain > 0 else math.inf
