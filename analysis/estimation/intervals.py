"""Confidence intervals from an estimate, its standard error and the design's degrees of freedom.

Mean and total: t. Proportion, as R's ``svyciprop(method=)``: on the logit scale with t (``"logit"``, and
``"xlogit"``, which is the same but for replicates, whose spread of log odds ``"logit"`` takes), on the scale of the
arcsine square root (``"asin"``), by the scaled likelihood ratio (``"likelihood"``; Rao and Scott 1984, Annals of
Statistics 12), Wald with t (``"mean"``), or ``"beta"``: Korn and Graubard (1998), Confidence intervals for proportions
with small expected number of positive counts estimated from survey data, Survey Methodology 24(2). ``"wilson"``: the
score interval at the effective sample size; Kott and Carr (1997), Developing an estimation strategy for a pesticide
data program, Journal of Official Statistics 13(4); Franco, Little, Louis and Slud (2019), Comparative study of
confidence intervals for proportions in complex sample surveys, Journal of Survey Statistics and Methodology 7(3).
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Literal

import numpy as np
from scipy import special

from ...data.errors import EstimationError
from ..sampling.categories import Bools, Floats, Ints

ProportionInterval = Literal["logit", "beta", "wilson", "mean", "asin", "likelihood", "xlogit"]

NEEDS_EVENTS = ("logit", "xlogit", "asin", "likelihood")
"""Intervals that are undefined or too short at 0, at 1 and with few events; beta takes their place there."""

FEW_EVENTS = 2
"""With fewer events (or non-events) than this a logit interval is not to be trusted, and beta takes its place."""

HALVINGS = 100
"""Steps of a bisection: enough to get from the whole scale of log odds to the last digit."""


@dataclass(frozen=True, eq=False)
class ProportionBase:
    """Who a proportion rests on.

    Attributes
    ----------
    n : numpy.ndarray of int64
        Respondents.
    events : numpy.ndarray of int64
        Those of them who gave the answer.
    effective : numpy.ndarray
        Kish's effective sample size.
    df : numpy.ndarray of int64
        Degrees of freedom of the base: its PSUs minus their strata.
    """

    n: Ints
    events: Ints
    effective: Floats
    df: Ints


def proportion_interval(
    kind: str,
    estimate: Floats,
    se: Floats,
    base: ProportionBase,
    df: float | Floats | Ints,
    level: float,
    odds_se: Floats | None = None,
) -> tuple[Floats, Floats, Bools]:
    """Give the interval of a kind, and where beta took its place.

    Parameters
    ----------
    kind : str
        ``"logit"``, ``"beta"``, ``"wilson"``, ``"mean"``, ``"asin"``, ``"likelihood"`` or ``"xlogit"``.
    estimate, se : numpy.ndarray
        Proportions and their standard errors; missing where it is not known, and beta at Kish's effective size stands.
    base : ProportionBase
        Who they rest on; beta and wilson take n and df from it.
    df : float or numpy.ndarray
        Degrees of freedom for the other kinds.
    level : float
        Confidence level, e.g. 0.95.
    odds_se : numpy.ndarray, optional
        Standard errors of the log odds for ``"logit"``, where replicates give them; else they follow from ``se``.

    Examples
    --------
    >>> base = ProportionBase(np.array([30, 30]), np.array([0, 12]), np.array([30.0, 30.0]), np.array([29, 29]))
    >>> p, se = np.array([0.0, 0.4]), np.array([0.0, 0.09])
    >>> low, high, switched = proportion_interval("asin", p, se, base, 29, 0.95)
    >>> high.round(3).tolist(), switched.tolist()
    ([0.116, 0.587], [True, False])
    """
    unknown = np.isnan(se)
    switched = unknown | (few_events(base.events, base.n) & (kind in NEEDS_EVENTS))
    low, high = _asked_for(kind, estimate, np.where(unknown, 0.0, se), base, df, level, odds_se)
    if not switched.any():
        return low, high, switched
    by_beta = beta_interval(estimate, se, base.effective, base.n, base.df, level)
    return np.where(switched, by_beta[0], low), np.where(switched, by_beta[1], high), switched & (kind != "beta")


def _asked_for(
    kind: str,
    estimate: Floats,
    se: Floats,
    base: ProportionBase,
    df: float | Floats | Ints,
    level: float,
    odds_se: Floats | None,
) -> tuple[Floats, Floats]:
    if kind == "beta":
        return beta_interval(estimate, se, base.effective, base.n, base.df, level)
    if kind == "wilson":
        return wilson_interval(estimate, se, base.effective, base.n, base.df, level)
    if kind == "logit" and odds_se is not None:
        return logit_interval(estimate, odds_se * estimate * (1 - estimate), df, level)
    if kind == "likelihood":
        return likelihood_interval(estimate, se, base.n, df, level)
    make = {"asin": asin_interval, "mean": t_interval}.get(kind, logit_interval)
    return make(estimate, se, df, level)


def check_level(level: float) -> None:
    """Refuse a confidence level that is not between 0 and 1.

    Raises
    ------
    EstimationError
        When it is not, e.g. 95 for 95%.
    """
    if isinstance(level, bool) or not isinstance(level, Real):
        raise EstimationError(f"level is {level!r}; a confidence level is a number between 0 and 1, e.g. 0.95 for 95%.")
    if not 0 < level < 1:
        raise EstimationError(f"level is {level:g}; a confidence level lies between 0 and 1, e.g. 0.95 for 95%.")


def needs_base(kind: str, se: Floats, events: Ints, n: Ints) -> bool:
    """Say whether an interval, or the beta that takes its place, needs the degrees of freedom of the base.

    Examples
    --------
    >>> needs_base("logit", np.array([0.1]), np.array([12]), np.array([30]))
    False
    >>> needs_base("logit", np.array([0.03]), np.array([1]), np.array([30]))
    True
    """
    if kind in ("beta", "wilson") or np.isnan(se).any():
        return True
    return kind in NEEDS_EVENTS and bool(few_events(events, n).any())


def t_interval(estimate: Floats, se: Floats, df: float | Floats | Ints, level: float) -> tuple[Floats, Floats]:
    """Give estimate -/+ t * se.

    Examples
    --------
    >>> low, high = t_interval(np.array([10.0]), np.array([1.0]), 30, 0.95)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (7.958, 12.042)
    """
    reach = t_quantile(df, level) * se
    return estimate - reach, estimate + reach


def logit_interval(estimate: Floats, se: Floats, df: float | Floats | Ints, level: float) -> tuple[Floats, Floats]:
    """Give the t interval of the log odds, turned back into proportions.

    Examples
    --------
    >>> low, high = logit_interval(np.array([0.9]), np.array([0.05]), 30, 0.95)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.743, 0.966)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = special.logit(estimate)
        reach = t_quantile(df, level) * se / (estimate * (1 - estimate))
    return special.expit(centre - reach), special.expit(centre + reach)


def fisher_interval(estimate: Floats, se: Floats, df: float | Floats | Ints, level: float) -> tuple[Floats, Floats]:
    """Give the t interval of Fisher's z of a correlation, turned back.

    Examples
    --------
    >>> low, high = fisher_interval(np.array([0.9, 1.0]), np.array([0.05, 0.0]), 30, 0.95)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.733, 1.0], [0.965, 1.0])
    """
    exact = np.abs(estimate) >= 1
    inside = np.where(exact, 0.0, estimate)
    reach = t_quantile(df, level) * se / (1 - inside**2)
    low, high = np.tanh(np.arctanh(inside) - reach), np.tanh(np.arctanh(inside) + reach)
    return np.where(exact, estimate, low), np.where(exact, estimate, high)


def asin_interval(estimate: Floats, se: Floats, df: float | Floats | Ints, level: float) -> tuple[Floats, Floats]:
    """Give the t interval of the arcsine square root, turned back into proportions.

    An end beyond 0 or 1 is 0 or 1; R turns it back inside, ``sin(-0.1)**2`` being above 0.

    Examples
    --------
    >>> low, high = asin_interval(np.array([0.9]), np.array([0.05]), 30, 0.95)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.777, 0.977)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.arcsin(np.sqrt(estimate))
        reach = t_quantile(df, level) * se / (2 * np.sqrt(estimate * (1 - estimate)))
        low, high = np.maximum(centre - reach, 0.0), np.minimum(centre + reach, np.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2


def likelihood_interval(
    estimate: Floats, se: Floats, n: Ints, df: float | Floats | Ints, level: float
) -> tuple[Floats, Floats]:
    """Give the proportions whose scaled likelihood ratio is not rejected.

    They solve ``2 m (p log(p/q) + (1-p) log((1-p)/(1-q))) = t**2 n / (n - 1)`` for q, with the effective size
    ``m = p (1 - p) / se**2`` and the dispersion ``n / (n - 1)`` of R's ``svyglm``.

    Parameters
    ----------
    estimate, se : numpy.ndarray
        Proportions and their standard errors.
    n : numpy.ndarray of int
        Respondents in each base.
    df : float or numpy.ndarray
        Degrees of freedom.
    level : float
        Confidence level, e.g. 0.95.

    Examples
    --------
    >>> low, high = likelihood_interval(np.array([0.9]), np.array([0.05]), np.array([40]), 30, 0.95)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.767, 0.973)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (t_quantile(df, level) * se) ** 2 / (estimate * (1 - estimate)) * (n / (n - 1)) / 2
        centre = special.logit(estimate)
    low, high = _profiled(estimate, ratio, centre, -1.0), _profiled(estimate, ratio, centre, 1.0)
    exact = (se == 0) & (estimate > 0) & (estimate < 1)
    return np.where(exact, estimate, low), np.where(exact, estimate, high)


def _profiled(estimate: Floats, ratio: Floats, centre: Floats, side: float) -> Floats:
    """Find on one side the log odds at which the divergence from the estimate reaches the ratio, by bisection."""
    near, far = np.zeros(len(estimate)), np.full(len(estimate), 800.0)
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        odds = centre + side * middle
        # p log(p/q) + (1-p) log((1-p)/(1-q)), with logs of q and 1-q that keep their digits near 0 and 1
        with np.errstate(invalid="ignore"):
            reached = estimate * (_log_expit(centre) - _log_expit(odds)) + (1 - estimate) * (
                _log_expit(-centre) - _log_expit(-odds)
            )
            beyond = reached > ratio
        near, far = np.where(beyond, near, middle), np.where(beyond, middle, far)
    with np.errstate(invalid="ignore"):
        found: Floats = np.where(np.isfinite(ratio), special.expit(centre + side * near), np.nan)
    return found


def _log_expit(odds: Floats) -> Floats:
    return np.asarray(-np.logaddexp(0.0, -odds))


def wilson_interval(
    estimate: Floats, se: Floats, effective: Floats, n: Ints, df: Ints, level: float
) -> tuple[Floats, Floats]:
    """Give the score interval at the effective sample size.

    With t on the df of the base at the size ``p (1 - p) / se**2``, which is t on n - 1 at Korn and Graubard's size of
    :func:`beta_interval`; at 0 and 1 Kish's size takes its place, as there.

    Parameters
    ----------
    estimate, se, effective, n, df, level
        As for :func:`beta_interval`.

    Examples
    --------
    >>> p, se, kish = np.array([0.0, 0.4]), np.array([0.0, 0.09]), np.array([30.0, 30.0])
    >>> low, high = wilson_interval(p, se, kish, np.array([30, 30]), np.array([29, 29]), 0.95)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.24], [0.122, 0.585])
    """
    extreme = (estimate <= 0) | (estimate >= 1)
    spread = estimate * (1 - estimate)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(df > 0, t_quantile(df, level), t_quantile(np.maximum(n - 1, 1), level)) ** 2 / np.where(
            extreme, effective, spread / se**2
        )
    middle = (estimate + share / 2) / (1 + share)
    reach = np.sqrt(share * spread + share**2 / 4) / (1 + share)
    low, high = np.maximum(middle - reach, 0.0), np.minimum(middle + reach, 1.0)
    return np.where(estimate <= 0, 0.0, low), np.where(estimate >= 1, 1.0, high)


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
        Proportions and their standard errors; missing where it is not known.
    effective : numpy.ndarray
        Kish's effective sample size of each base.
    n : numpy.ndarray of int
        Respondents in each base.
    df : numpy.ndarray of int
        Degrees of freedom of each base: its PSUs minus their strata. Without any, and for a single respondent, the
        factor is 1.
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
        size = np.where(extreme | np.isnan(se), effective, estimate * (1 - estimate) / se**2)
        by_t = (df > 0) & (n > 1)
        size = size * np.where(by_t, t_quantile(n - 1, level) / t_quantile(df, level), 1.0) ** 2
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


def t_quantile(df: float | Floats | Ints, level: float) -> Floats:
    """Give the t quantile of a two-sided interval; missing where there are no degrees of freedom.

    Examples
    --------
    >>> float(t_quantile(30, 0.95).round(4))
    2.0423
    """
    freedom = np.asarray(df, dtype=np.float64)
    quantile: Floats = special.stdtrit(np.where(freedom > 0, freedom, np.nan), 0.5 + level / 2)
    return quantile
