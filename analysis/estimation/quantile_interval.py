"""Intervals of quantiles: the ends of an interval for the share at or below the quantile, read back as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..sampling.categories import Bools, Floats, Ints
from ..sampling.design import Design
from ..variance.scatters import AnyScatter
from .intervals import asin_interval, beta_interval, logit_interval, t_interval, t_quantile
from .measure import Measure
from .quantile_rules import QuantileRule, Sorted
from .woodruff import SharesBelow, shares_below

QuantileInterval = Literal["mean", "beta", "xlogit", "asin", "score", "quantile"]


@dataclass(frozen=True, eq=False)
class Interval:
    """Intervals of the quantiles of an item, domains x p.

    Attributes
    ----------
    low, high : numpy.ndarray
        The ends; an end beyond the data is the extreme value.
    se : numpy.ndarray
        The length over 2 t; missing where an end lies beyond the data.
    beyond : numpy.ndarray of bool
        Whether an end lies beyond the data.
    """

    low: Floats
    high: Floats
    se: Floats
    beyond: Bools


def woodruff_interval(
    kind: str, rule: QuantileRule, sorted_: Sorted, below: SharesBelow, scatter: AnyScatter, df: Ints, level: float
) -> Interval:
    """Give the values at the ends of the interval for the share at or below the quantile, as R's ``woodruffCI``."""
    share = below.shares
    error = _error(scatter, share)
    freedom = np.broadcast_to(df[:, None], share.shape)
    if kind == "beta":
        n = np.broadcast_to(below.base.n[:, None], share.shape)
        kish = np.broadcast_to(below.base.effective_n[:, None], share.shape)
        from_, to = beta_interval(share, error, kish, n, freedom, level)
    else:
        make = {"mean": t_interval, "xlogit": logit_interval, "asin": asin_interval}[kind]
        from_, to = make(share, error, freedom, level)
    from_, to = np.where(share >= 1, 1.0, from_), np.where(share >= 1, 1.0, to)
    ends = sorted_.quantiles(rule, np.hstack([np.maximum(from_, 0.0), np.minimum(to, 1.0)]))
    low, high = np.hsplit(ends, 2)
    beyond = (from_ < 0) | (to > 1)
    with np.errstate(invalid="ignore"):
        se = np.where(beyond, np.nan, (high - low) / (2 * t_quantile(freedom, level)))
    return Interval(low, high, se, beyond)


def score_interval(design: Design, measure: Measure, sorted_: Sorted, p: Floats, df: Ints, level: float) -> Interval:
    """Give the values that a test of their share against p does not reject, by bisection over the sorted values.

    Low is the first value with ``(p - share) / se <= t``, high the first with ``(p - share) / se < -t``. R's
    ``interval.type="score"`` solves the same to a tolerance; with unequal weights it then mistakes the share of the
    respondents for that of the weights.
    """
    t = t_quantile(np.broadcast_to(df[:, None], p.shape), level)
    low = _first(design, measure, sorted_, p, lambda z: z <= t)
    high = _first(design, measure, sorted_, p, lambda z: z < -t)
    undefined = np.isnan(t) | (measure.base.n == 0)[:, None]
    low, high = np.where(undefined, np.nan, low), np.where(undefined, np.nan, high)
    return Interval(low, high, (high - low) / (2 * t), np.zeros(p.shape, dtype=bool))


def _first(design: Design, measure: Measure, sorted_: Sorted, p: Floats, holds: Callable[[Floats], Bools]) -> Floats:
    """Find in each domain, for each p, the first value for which a condition on the statistic holds."""
    assert measure.value is not None
    start, last = sorted_.start[:-1, None], sorted_.start[1:, None] - 1
    near, far = np.broadcast_to(start - 1, p.shape), np.broadcast_to(np.maximum(last, start), p.shape)
    while (far - near > 1).any():
        middle = np.maximum((near + far) // 2, start)
        values = sorted_.values[np.minimum(middle, len(sorted_.values) - 1)]
        below = shares_below(measure.base, measure.value, values)
        error = _error(below.scatter(design), below.shares)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(below.shares >= 1, -np.inf, (p - below.shares) / error)
        met = holds(z)
        near, far = np.where(met, near, middle), np.where(met, middle, far)
    return np.asarray(sorted_.values[np.minimum(far, len(sorted_.values) - 1)])


def _error(scatter: AnyScatter, share: Floats) -> Floats:
    """Give standard errors of shares; 0 where everybody is at or below."""
    return np.asarray(np.where(share >= 1, 0.0, np.sqrt(scatter.variances).reshape(share.shape)))
