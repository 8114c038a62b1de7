"""Families and links of generalised linear models, from statsmodels: the only file that imports its model code.

McCullagh and Nelder (1989), Generalized Linear Models, chapter 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import expit, logit, xlogy
from statsmodels.genmod.families import family as families
from statsmodels.genmod.families import links

from ...data.errors import EstimationError, UnknownNameError
from ..sampling.categories import Bools, Floats
from .model_rows import ModelRows

Family = Literal["gaussian", "binomial", "poisson", "gamma"]

FAMILIES = {
    "gaussian": (families.Gaussian, "identity"),
    "binomial": (families.Binomial, "logit"),
    "poisson": (families.Poisson, "log"),
    "gamma": (families.Gamma, "inverse"),
}
"""Family -> statsmodels' class, and its canonical link (R's default)."""

ALIASES = {"quasibinomial": "binomial", "quasipoisson": "poisson", "normal": "gaussian"}

LINKS = {
    "identity": links.Identity,
    "log": links.Log,
    "logit": links.Logit,
    "probit": links.Probit,
    "cloglog": links.CLogLog,
    "loglog": links.LogLog,
    "cauchit": links.Cauchy,
    "logc": links.LogC,
    "inverse": links.InversePower,
    "inverse_squared": links.InverseSquared,
    "sqrt": links.Sqrt,
}
"""Link -> statsmodels' class."""

UNBOUNDED = {"binomial": ("logit", "probit", "cloglog", "loglog", "cauchit"), "poisson": ("log",), "gamma": ("log",)}
"""Family -> links under which every linear predictor has a possible mean."""

SAME = 1e-12
"""Responses whose range is a smaller share of their size are one number, rounded."""

BOUND = 1e-6
"""A fitted share, or expected count, this near to 0 or 1 is at its bound."""


def curve_of(family: str, link: str | None = None) -> GlmCurve:
    """Give a family with a link.

    Raises
    ------
    UnknownNameError
        When there is no such family or link; the nearest are given.

    Examples
    --------
    >>> curve_of("binomial").link, curve_of("gamma", "log").link
    ('logit', 'log')
    """
    name = ALIASES.get(str(family).casefold(), str(family).casefold())
    if name not in FAMILIES:
        raise UnknownNameError("family", str(family), FAMILIES)
    made, canonical = FAMILIES[name]
    chosen = canonical if link is None else str(link).casefold()
    if chosen not in LINKS:
        raise UnknownNameError("link", str(link), LINKS)
    linking = LINKS[chosen]()
    return GlmCurve(name, chosen, made(link=linking, check_link=False), linking)


@dataclass(frozen=True, eq=False)
class GlmCurve:
    """A family with its link.

    Attributes
    ----------
    family : str
        e.g. ``"binomial"``.
    link : str
        e.g. ``"logit"``.
    """

    family: str
    link: str
    _family: Any
    _link: Any

    @property
    def outcomes(self) -> tuple[str, ...]:
        """One, without a name."""
        return ("",)

    @property
    def canonical(self) -> bool:
        """Whether scoring is Newton's method."""
        return FAMILIES[self.family][1] == self.link

    @property
    def bounded(self) -> bool:
        """Whether some linear predictors have no possible mean."""
        if self.family == "gaussian":
            return self.link != "identity"
        return self.link not in UNBOUNDED[self.family]

    def constant(self, mean: float) -> float:
        """Give the linear predictor of a mean."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(self._link(np.array([mean]))[0])

    def mean(self, linear: Floats) -> Floats:
        """Give means for linear predictors."""
        if self.link == "logit":
            return np.asarray(expit(linear))
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return np.asarray(linear if self.link == "identity" else self._link.inverse(linear))

    def slope(self, linear: Floats) -> Floats:
        """Give the derivative of the mean by the linear predictor."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            if self.link == "logit":
                mean = self.mean(linear)
                return mean * (1 - mean)
            return np.asarray(self._link.inverse_deriv(linear), dtype=np.float64) + np.zeros_like(linear)

    def means(self, coefficients: Floats, matrix: Floats, offset: Floats | None) -> Floats:
        """Give rows x 1 means."""
        return self.mean(_linear(coefficients, matrix, offset))[:, None]

    def changes(self, coefficients: Floats, matrix: Floats, offset: Floats | None, direction: Floats) -> Floats:
        """Give rows x 1 changes of the mean when the design matrix changes in a direction."""
        slope = self.slope(_linear(coefficients, matrix, offset))
        return (slope * (direction @ coefficients))[:, None]

    def pieces(self, response: Floats, linear: Floats) -> tuple[Floats, Floats]:
        """Give for each row the derivative of its log likelihood by the linear predictor, and its information."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            if self.canonical and self.family == "gaussian":
                return response - linear, np.ones_like(linear)
            mean = self.mean(linear)
            if self.canonical and self.family != "gamma":
                return response - mean, mean * (1 - mean) if self.family == "binomial" else mean
            slope, variance = self.slope(linear), self._family.variance(mean)
            return np.asarray((response - mean) * slope / variance), np.asarray(slope**2 / variance)

    def start(self, response: Floats) -> Floats:
        """Give linear predictors to start from, at means between the responses and their own mean."""
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.link == "logit" and self.family == "binomial":
                return np.asarray(logit((response + 0.5) / 2))
            linear = np.asarray(self._link(self._family.starting_mu(response)), dtype=np.float64)
            if not np.isfinite(linear).all() or not self.possible(linear):
                linear = np.full(len(response), self._link(response.mean()))
        return linear

    def null_deviance(self, response: Floats, weights: Floats) -> float:
        """Give the deviance of a model with an intercept alone, in which every mean is the weighted mean."""
        mean = np.array([weights @ response / weights.sum()])
        if self.family == "binomial" and np.isin(response, (0.0, 1.0)).all():
            shares = np.array([mean[0], 1 - mean[0]])
            return float(-2 * weights.sum() * xlogy(shares, shares).sum())
        return self.deviance(response, np.full(len(response), self.constant(float(mean[0]))), weights)

    def possible(self, linear: Floats) -> bool:
        """Say whether all linear predictors have a possible mean."""
        if not np.isfinite(linear).all():
            return False
        mean = self.mean(linear)
        if self.family == "gaussian":
            return bool(np.isfinite(mean).all())
        below = bool((mean < 1).all()) if self.family == "binomial" else True
        signed = self.link not in ("sqrt", "inverse_squared") or bool((linear > 0).all())
        return below and signed and bool((mean > 0).all() and np.isfinite(mean).all())

    def unit(self, linear: Floats) -> float:
        """Give a change of the linear predictor that changes the mean by much: 1 on a logarithmic scale."""
        size = float(np.sqrt(np.mean(linear**2)))
        return size if self.link in ("identity", "inverse", "inverse_squared", "sqrt") and size > 0 else 1.0

    def deviance(self, response: Floats, linear: Floats, weights: Floats) -> float:
        """Give the weighted deviance."""
        if self.family == "binomial" and self.link == "logit":
            with np.errstate(over="ignore"):
                fit = np.maximum(linear, 0) + np.log1p(np.exp(-np.abs(linear))) - response * linear
            best = (
                0.0
                if np.isin(response, (0.0, 1.0)).all()
                else xlogy(response, response) + xlogy(1 - response, 1 - response)
            )
            return float(2 * weights @ (fit + best))
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return self._deviance(response, self.mean(linear), weights)

    def _deviance(self, response: Floats, mean: Floats, weights: Floats) -> float:
        if self.family == "gaussian":
            return float(weights @ (response - mean) ** 2)
        if self.family == "gamma":
            return float(2 * weights @ ((response - mean) / mean - np.log(response / mean)))
        second = mean - response if self.family == "poisson" else _xlog_ratio(1 - response, 1 - mean)
        return float(2 * weights @ (_xlog_ratio(response, mean) + second))

    def saturated(self, response: Floats, linear: Floats) -> Bools:
        """Say which rows are fitted exactly at a bound that no finite linear predictor reaches."""
        mean = self.mean(linear)
        if self.family == "binomial":
            return np.asarray((np.abs(response - mean) < BOUND) & ((response == 0) | (response == 1)))
        if self.family == "poisson":
            return np.asarray((response == 0) & (mean < BOUND * response.mean()))
        return np.zeros(len(linear), dtype=bool)

    def dispersion(self, response: Floats, linear: Floats, used: ModelRows) -> float:
        """Give the weighted variance of Pearson residuals, as R's summary of a svyglm does."""
        mean = self.mean(linear)
        variance = mean * (1 - mean) if self.family == "binomial" else self._family.variance(mean)
        residual = np.divide(response - mean, np.sqrt(variance), where=variance > 0, out=np.zeros_like(mean))
        weights, n = used.weights, len(mean)
        square = weights @ residual**2 / weights.sum()
        if used.design.replication is not None:
            return float(square)
        return float((square - (weights @ residual / weights.sum()) ** 2) * n / max(n - 1, 1))

    def check(self, response: Floats, weights: Floats, item: str, *, offset: bool) -> None:
        """Refuse responses outside the range of the family, or of the link, and those that never differ.

        Raises
        ------
        EstimationError
            With how many, and the lowest.
        """
        bad = _outside(self.family, response)
        if bad.any():
            bound = "at least 0" if self.family == "poisson" else "above 0"
            raise EstimationError(
                f"{item}: {int(bad.sum()):,} of {len(response):,} values are not {bound} (the lowest is "
                f"{response.min():g}), as family='{self.family}' needs. Leave them out with where=, or choose another "
                "family."
            )
        self._check_constant(response, item, offset=offset)
        mean = float(weights @ response / weights.sum())
        back = float(self.mean(np.array([self.constant(mean)]))[0])  # links clip what they do not know
        if not math.isclose(back, mean, rel_tol=1e-6):
            raise EstimationError(
                f"link='{self.link}' knows no mean of {mean:g}, which {item} has over the rows used (the lowest "
                f"value is {response.min():g}). Choose another link, e.g. link='identity'."
            )

    def _check_constant(self, response: Floats, item: str, *, offset: bool) -> None:
        """Refuse one value in all rows; counts by exposure (an offset) may be one and the same, unless none are."""
        first = float(response[0])
        if np.ptp(response) > SAME * abs(first) or (offset and not (self.family == "poisson" and first == 0)):
            return
        bound = self.family in ("binomial", "poisson") and first in (0.0, 1.0)[: 2 if self.family == "binomial" else 1]
        raise EstimationError(
            f"{item} is {first:g} in all {len(response):,} rows used: there is nothing to explain"
            f"{', and no finite coefficient' if bound else ''}. Check where= and the answer that is modelled."
        )


def _outside(family: str, response: Floats) -> Bools:
    """Say which responses a family cannot have."""
    if family == "poisson":
        return np.asarray(response < 0)
    return np.asarray(response <= 0) if family == "gamma" else np.zeros(len(response), dtype=bool)


def _linear(coefficients: Floats, matrix: Floats, offset: Floats | None) -> Floats:
    linear = matrix @ coefficients
    return np.asarray(linear if offset is None else linear + offset)


def _xlog_ratio(value: Floats, mean: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(value > 0, value * np.log(value / mean), 0.0))
