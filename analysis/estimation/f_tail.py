"""The upper tail of F, whose denominator may have infinitely many degrees of freedom: what tests of surveys end in."""

from __future__ import annotations

import math

from scipy import special


def f_tail(x: float, ndf: float, ddf: float) -> float:
    """Give the upper tail of F, of chi-square / ndf where ddf is infinite.

    Examples
    --------
    >>> round(f_tail(3.0, 2, 30), 6), round(f_tail(3.0, 2, math.inf), 6)
    (0.064905, 0.049787)
    """
    if math.isinf(ddf):
        return float(special.chdtrc(ndf, x * ndf))
    return float(special.fdtrc(ndf, ddf, x))
