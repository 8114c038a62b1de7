"""What several polls say together: one common value, or values that vary about one, and where the next may lie.

References
----------
Cochran (1954), Biometrics 10, 101-129 (fixed effect, Q). DerSimonian and Laird (1986), Controlled Clinical Trials 7,
177-188. Paule and Mandel (1982), Journal of Research of the National Bureau of Standards 87, 377-385. Higgins and
Thompson (2002), Statistics in Medicine 21, 1539-1558 (I squared). Knapp and Hartung (2003), Statistics in Medicine 22,
2693-2710. Higgins, Thompson and Spiegelhalter (2009), Journal of the Royal Statistical Society A 172, 137-159
(prediction interval). Viechtbauer (2010), Journal of Statistical Software 36(3) (the R package metafor).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import chdtrc, stdtrit

from ...data.errors import ComparisonError

Floats = npt.NDArray[np.float64]

Method = Literal["fixed", "dersimonian_laird", "paule_mandel"]
METHODS: tuple[Method, ...] = ("fixed", "dersimonian_laird", "paule_mandel")

Interval = Literal["cautious", "knapp_hartung", "normal"]
INTERVALS: tuple[Interval, ...] = ("cautious", "knapp_hartung", "normal")
"""How the interval of a random effect is made: Knapp and Hartung's, the same but never narrower than the normal one
(metafor's ``"adhoc"``), or the normal one."""


@dataclass(frozen=True)
class Effect:
    """The value that several polls share, or vary about.

    Attributes
    ----------
    method : str
        ``"fixed"``, ``"dersimonian_laird"`` or ``"paule_mandel"``.
    estimate, se, low, high : float
        In the unit of the polls.
    df : float
        Degrees of freedom of the interval; infinite for a normal one.
    tau : float
        Standard deviation of the polls' true values about the estimate; 0 for a fixed effect.
    prediction_low, prediction_high : float or None
        Where the true value of another poll like these would lie; None for a fixed effect.
    weights : tuple of float
        What each poll counts, summing to 1.
    """

    method: Method
    estimate: float
    se: float
    low: float
    high: float
    df: float
    tau: float
    prediction_low: float | None
    prediction_high: float | None
    weights: tuple[float, ...]


@dataclass(frozen=True)
class Heterogeneity:
    """How much more polls differ than their stated errors allow.

    Attributes
    ----------
    q, df, p : float
        Cochran's Q, its degrees of freedom, and the chance of so large a Q if all polls shared one value.
    i_squared : float
        Share of the polls' variation beyond their stated errors, 0-1 (Higgins and Thompson's, from Q).
    """

    q: float
    df: int
    p: float
    i_squared: float


def heterogeneity(values: Sequence[float], errors: Sequence[float]) -> Heterogeneity:
    """Ask whether the polls could share one value.

    Parameters
    ----------
    values, errors : sequence of float
        Of each poll, and its standard error, e.g. ``[0.40, 0.45]`` and ``[0.010, 0.012]``.

    Examples
    --------
    >>> found = heterogeneity([0.40, 0.45, 0.50, 0.43], [0.010, 0.012, 0.015, 0.010])
    >>> round(found.q, 3), found.df, round(found.i_squared, 3)
    (32.839, 3, 0.909)
    """
    y, v = checked(values, errors)
    q, df = _q(y, v, 0.0), len(y) - 1
    return Heterogeneity(q, df, float(chdtrc(df, q)), max(0.0, 1 - df / q) if q > 0 else 0.0)


def effect(
    values: Sequence[float],
    errors: Sequence[float],
    method: Method = "paule_mandel",
    *,
    interval: Interval = "cautious",
    level: float = 0.95,
) -> Effect:
    """Put several polls together by one method.

    Parameters
    ----------
    values, errors : sequence of float
        Of each poll, and its standard error.
    method : str
        ``"fixed"``: one value, and differences are sampling error alone. ``"dersimonian_laird"`` and
        ``"paule_mandel"``: the polls' true values vary, by moments of Q; Paule and Mandel's solves for them exactly.
    interval : str
        Of random effects: ``"cautious"``, ``"knapp_hartung"`` or ``"normal"``. A fixed effect's is normal.
    level : float
        Level of both intervals.

    Notes
    -----
    The prediction interval is ``estimate ± t sqrt(tau² + se²)`` with the degrees of freedom of the interval, as
    metafor's ``predict`` has it.

    Raises
    ------
    ComparisonError
        For fewer than two polls, or errors that are not above 0.

    Examples
    --------
    >>> found = effect([0.40, 0.45, 0.50, 0.43], [0.010, 0.012, 0.015, 0.010])
    >>> round(found.estimate, 4), round(found.low, 4), round(found.high, 4)
    (0.444, 0.3777, 0.5103)
    >>> round(found.prediction_low, 4), round(found.prediction_high, 4)
    (0.3006, 0.5874)
    """
    y, v = checked(values, errors)
    check_choices(method, interval, level)
    tau2 = {"fixed": _none, "dersimonian_laird": _dersimonian_laird, "paule_mandel": _paule_mandel}[method](y, v)
    weights = 1 / (v + tau2)
    estimate = float(weights @ y / weights.sum())
    se, df = _error(y, weights, estimate, interval if method != "fixed" else "normal")
    reach = float(stdtrit(df, 0.5 + level / 2))
    spread = reach * math.sqrt(tau2 + se**2)
    random = method != "fixed"
    return Effect(
        method=method,
        estimate=estimate,
        se=se,
        low=estimate - reach * se,
        high=estimate + reach * se,
        df=df,
        tau=math.sqrt(tau2),
        prediction_low=estimate - spread if random else None,
        prediction_high=estimate + spread if random else None,
        weights=tuple((weights / weights.sum()).tolist()),
    )


def checked(values: Sequence[float], errors: Sequence[float]) -> tuple[Floats, Floats]:
    """Give values and variances; refuse what cannot be put together."""
    y, se = np.asarray(values, dtype=float), np.asarray(errors, dtype=float)
    if len(y) != len(se):
        raise ComparisonError(f"{len(y)} values and {len(se)} standard errors; give one error for each value.")
    if len(y) < 2:
        raise ComparisonError("one poll alone has nothing to be put together with; give two or more.")
    wrong = np.flatnonzero(~np.isfinite(y) | ~np.isfinite(se) | ~(se > 0))
    if len(wrong):
        at = int(wrong[0])
        raise ComparisonError(
            f"poll {at + 1} has the value {y[at]:g} and the standard error {se[at]:g}; both must be finite, and the "
            "error above 0."
        )
    return y, se**2


def check_choices(method: Any, interval: Any, level: float) -> None:
    """Refuse names and levels that are none."""
    for name, given, known in (("method", method, METHODS), ("interval", interval, INTERVALS)):
        if given not in known:
            raise ComparisonError(f"{name} is {given!r}; give one of {', '.join(map(repr, known))}.")
    check_level(level)


def check_level(level: object) -> None:
    """Refuse a level that is none."""
    if not (isinstance(level, int | float) and 0.5 < level < 1):
        raise ComparisonError(f"level is {level!r}; give a share between 0.5 and 1, e.g. 0.95.")


def _q(y: Floats, v: Floats, tau2: float) -> float:
    """Give the weighted sum of squares about the weighted mean."""
    weights = 1 / (v + tau2)
    return float(weights @ (y - weights @ y / weights.sum()) ** 2)


def _none(y: Floats, v: Floats) -> float:
    return 0.0


def _dersimonian_laird(y: Floats, v: Floats) -> float:
    weights = 1 / v
    scale = weights.sum() - (weights**2).sum() / weights.sum()
    return max(0.0, float((_q(y, v, 0.0) - (len(y) - 1)) / scale))


def _paule_mandel(y: Floats, v: Floats) -> float:
    """Solve Q(tau²) = k - 1, which falls in tau²; 0 where it is below that already."""
    excess = len(y) - 1
    if _q(y, v, 0.0) <= excess:
        return 0.0
    top = float(np.var(y, ddof=1))
    while _q(y, v, top) > excess:
        top *= 2
    return float(brentq(lambda tau2: _q(y, v, tau2) - excess, 0.0, top, xtol=1e-300, rtol=8.9e-16, maxiter=500))


def _error(y: Floats, weights: Floats, estimate: float, interval: Interval) -> tuple[float, float]:
    """Give standard error and degrees of freedom."""
    plain = 1 / float(weights.sum())
    if interval == "normal":
        return math.sqrt(plain), math.inf
    df = len(y) - 1
    scale = float(weights @ (y - estimate) ** 2) / df
    return math.sqrt(plain * (max(1.0, scale) if interval == "cautious" else scale)), float(df)
