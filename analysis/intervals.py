"""Confidence intervals from an estimate, its standard error and the design's degrees of freedom.

Mean and total: t. Proportion: on the logit scale with t (R ``svyciprop(method="logit")``), Wald with t
(``"mean"``), or Korn and Graubard (1998), Confidence intervals for proportions with small expected number of
positive counts estimated from survey data, Survey Methodology 24(2) (``"beta"``, as R computes it).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import special

from ..data.errors import EstimationError
from .categories import Bools, Floats, Ints

ProportionInterval = Literal["logit", "beta", "mean"]

FEW_EVENTS = 2
"""With fewer events (or non-events) than this a logit interval is not to be trusted, and beta takes its place."""


def check_level(level: float) -> None:
    """Refuse a confidence level that is not between 0 and 1.

    Raises
    ------
    EstimationError
        When it is not, e.g. 95 for 95%.
    """
    if not 0 < level < 1:
        raise EstimationError(f"level is {level:g}; a confidence level lies between 0 and 1, e.g. 0.95 for 95%.")


def t_interval(estimate: Floats, se: Floats, df: float, level: float) -> tuple[Floats, Floats]:
    """Give estimate -/+ t * se.

    Examples
    --------
    >>> low, high = t_interval(np.array([10.0]), np.array([1.0]), 30, 0.95)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (7.958, 12.042)
    """
    reach = _t(df, level) * se
    return estimate - reach, estimate + reach


def logit_interval(estimate: Floats, se: Floats, df: float, level: float) -> tuple[Floats, Floats]:
    """Give the t interval of the log odds, turned back into proportions.

    Examples
    --------
    >>> low, high = logit_interval(np.array([0.9]), np.array([0.05]), 30, 0.95)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.743, 0.966)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = special.logit(estimate)
        reach = _t(df, level) * se / (estimate * (1 - estimate))
    return special.expit(centre - reach), special.expit(centre + reach)


def beta_interval(
    estimate: Floats, se: Floats, effective: Floats, n: Ints, df: Ints, level: float
) -> tuple[Floats, Floats]:
    """Give the Clopper-Pearson interval at the effective sample size.

    The effective size is ``p (1 - p) / se**2``, times ``(t(n - 1) / t(df))**2``. Where an estimate is 0 or 1 that
    is not defined, and Kish's effective size of the weights takes its place. n and df are those of the base, as in
    R's ``svyciprop`` on a ``subset``: beside a small n, the df of the whole design would make the factor exceed 1
    and the interval too short.

    Parameters
    ----------
    estimate, se : numpy.ndarray
        Proportions and their standard errors.
    effective : numpy.ndarray
        Kish's effective sample size of each base.
    n : numpy.ndarray of int
        Respondents in each base.
    df : numpy.ndarray of int
        Degrees of freedom of each base: its PSUs minus their strata. Without any the factor is 1.
    level : float
        Confidence level, e.g. 0.95.

    Examples
    --------
    >>> p, se, kish = np.array([0.0]), np.array([0.0]), np.array([30.0])
    >>> low, high = beta_interval(p, se, kish, np.array([30]), np.array([29]), 0.95)
    >>> float(low[0]), round(float(high[0]), 3)
    (0.0, 0.116)
    """
    extreme = (estimate <= 0) | (estimate >= 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(extreme, effective, estimate * (1 - estimate) / se**2)
        size = size * np.where(df > 0, _t(n - 1, level) / _t(df, level), 1.0) ** 2
        tail = (1 - level) / 2
        hits, misses = size * estimate, size * (1 - estimate)
        low = np.where(estimate <= 0, 0.0, special.betaincinv(hits, misses + 1, tail))
        high = np.where(estimate >= 1, 1.0, special.betaincinv(hits + 1, misses, 1 - tail))
    exact = ~extreme & (se == 0)
    return np.where(exact, estimate, low), np.where(exact, estimate, high)


def few_events(events: Ints, n: Ints) -> Bools:
    """Mark estimates of 0 or 1, or with fewer than two events or non-events.

    Examples
    --------
    >>> few_events(np.array([0, 1, 2, 29]), np.array([30, 30, 30, 30])).tolist()
    [True, True, False, True]
    """
    return np.asarray(np.minimum(events, n - events) < FEW_EVENTS)


def _t(df: float | Ints, level: float) -> Floats:
    """Give the t quantile of a two-sided interval; missing where there are no degrees of freedom."""
    freedom = np.asarray(df, dtype=np.float64)
    quantile: Floats = special.stdtrit(np.where(freedom > 0, freedom, np.nan), 0.5 + level / 2)
    return quantile
