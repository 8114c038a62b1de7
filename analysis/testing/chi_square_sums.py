"""The tail of a weighted sum of chi-squares, over another chi-square: what Pearson's X2 follows in a complex survey.

``P(sum of weight_i * chi2_1 > x * chi2_ddf / ddf)``, as R's ``pFsum`` and ``pchisqsum``: Satterthwaite's approximation,
the saddlepoint approximation of Kuonen (1999), Saddlepoint approximations for distributions of quadratic forms in
normal variables, Biometrika 86, and the exact value by the series of Ruben (1962), Probability content of regions under
spherical normal distributions IV, Annals of Mathematical Statistics 33, equation 4.7 (Farebrother 1984, Algorithm AS
204, for infinite ddf).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from ...data.errors import EstimationError
from ..estimation.f_tail import f_tail
from ..sampling.categories import Floats

NEAR_MEAN = 1e-4
"""A saddlepoint this close to zero has no approximation; Satterthwaite's takes its place (R's rule)."""

ROOT_TOLERANCE = 1e-8
"""R's tolerance of the saddlepoint; its own search is followed, so that the digits are the same."""

WHOLE = 1e-9
"""Degrees of freedom this close below a whole number are that number."""

TERMS = 200_000
"""Terms of the exact series."""

LEFT_OUT = 1e-15
"""Probability that the exact series may leave out."""


def satterthwaite(x: float, weights: Floats, ddf: float) -> float:
    """Give the tail by the F of the same mean and variance.

    Examples
    --------
    >>> round(satterthwaite(6.0, np.array([1.0, 1.0]), 30), 6)
    0.064905
    """
    ndf = weights.sum() ** 2 / (weights**2).sum()
    return f_tail(x / weights.sum(), ndf, ddf)


def saddlepoint(x: float, weights: Floats, ddf: float) -> float:
    """Give the tail by the saddlepoint approximation, Satterthwaite's where it has none.

    Examples
    --------
    >>> round(saddlepoint(6.0, np.array([1.0, 1.0]), 30), 4)
    0.066
    """
    if math.isinf(ddf):
        found = _saddle(x, weights)
    else:
        # the exponents of the denominator's term are its degrees of freedom, cut to a whole number as R cuts them
        found = _saddle(0.0, np.concatenate([weights, np.full(max(1, int(ddf + WHOLE)), -x / ddf)]))
    return satterthwaite(x, weights, ddf) if found is None else found


def exact(x: float, weights: Floats, ddf: float) -> float:
    """Give the tail by a mixture of F tails.

    Raises
    ------
    EstimationError
        When the weights lie so far apart that the series is too long.

    Examples
    --------
    >>> round(exact(2.0, np.array([0.6, 0.3, 0.1]), math.inf), 4)
    0.124
    """
    weights = weights[weights > 1e-12 * weights.max()]
    smallest, k = float(weights.min()), len(weights)
    ratio = 1 - smallest / weights
    share = math.exp(0.5 * float(np.log(smallest / weights).sum()))
    shares, left, sums = [share], 1 - share, np.zeros(k)
    while left > LEFT_OUT and len(shares) < TERMS:
        sums = ratio * (sums + shares[-1])
        shares.append(float(sums.sum()) / (2 * len(shares)))
        left -= shares[-1]
    if left > 1e-9:
        raise EstimationError(
            f"the exact distribution takes more than {TERMS:,} terms, because design effects of the table lie too far "
            "apart; use statistic='saddlepoint' or 'F'."
        )
    freedom = k + 2.0 * np.arange(len(shares))
    if math.isinf(ddf):
        tails = special.chdtrc(freedom, x / smallest)
    else:
        tails = special.fdtrc(freedom, ddf, x / smallest / freedom)
    return float(np.asarray(shares) @ tails + max(left, 0.0) * tails[-1])


def _saddle(x: float, weights: Floats) -> float | None:
    """Follow R's ``saddle``: the approximation at x, or None next to the mean."""
    largest = float(weights.max())
    scaled, at = weights / largest, x / largest

    def slope(zeta: float) -> float:
        return float((scaled / (1 - 2 * zeta * scaled)).sum()) - at

    below = scaled[scaled < 0]
    if len(below):
        lower = float((1 / (2 * below)).max()) * 0.99999
    elif at > scaled.sum():
        lower = -0.01
    else:
        lower = -len(scaled) / (2 * at)
    upper = float((1 / (2 * scaled[scaled > 0])).min()) * 0.99999
    if slope(lower) * slope(upper) > 0:
        return None
    zeta = _root(slope, lower, upper)
    if abs(zeta) < NEAR_MEAN:
        return None
    height = -0.5 * float(np.log(1 - 2 * zeta * scaled).sum())
    curve = 2 * float((scaled**2 / (1 - 2 * zeta * scaled) ** 2).sum())
    w = math.copysign(math.sqrt(2 * (zeta * at - height)), zeta)
    v = zeta * math.sqrt(curve)
    return float(special.ndtr(-(w + math.log(v / w) / w)))


def _root(of: Callable[[float], float], lower: float, upper: float) -> float:
    """Find a root as R's ``uniroot`` does, step by step (Brent 1973, Algorithms for Minimization, chapter 4)."""
    a, b, fa, fb = lower, upper, of(lower), of(upper)
    c, fc = a, fa
    if fa == 0 or fb == 0:
        return a if fa == 0 else b
    for _ in range(1_000):
        before = b - a
        if abs(fc) < abs(fb):
            a, b, c, fa, fb, fc = b, c, b, fb, fc, fb
        tolerance = 2 * np.finfo(float).eps * abs(b) + ROOT_TOLERANCE / 2
        step = (c - b) / 2
        if abs(step) <= tolerance or fb == 0:
            return b
        if abs(before) >= tolerance and abs(fa) > abs(fb):
            step = _interpolated(a, b, c, fa, fb, fc, before, tolerance, step)
        if abs(step) < tolerance:
            step = math.copysign(tolerance, step)
        a, fa = b, fb
        b += step
        fb = of(b)
        if fb * fc > 0:
            c, fc = a, fa
    return b


def _interpolated(
    a: float, b: float, c: float, fa: float, fb: float, fc: float, before: float, tolerance: float, bisection: float
) -> float:
    """Give the step of a linear or quadratic interpolation where it is short enough, else of the bisection."""
    if a == c:
        ratio = fb / fa
        p, q = (c - b) * ratio, 1 - ratio
    else:
        q, first, second = fa / fc, fb / fc, fb / fa
        p = second * ((c - b) * q * (q - first) - (b - a) * (first - 1))
        q = (q - 1) * (first - 1) * (second - 1)
    p, q = (p, -q) if p > 0 else (-p, q)
    if p < 0.75 * (c - b) * q - abs(tolerance * q) / 2 and p < abs(before * q / 2):
        return p / q
    return bisection
