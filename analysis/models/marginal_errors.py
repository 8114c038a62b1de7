"""Errors of averages of predictions: of the coefficients, and of the distribution that is averaged over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from ...data.errors import EstimationError
from ..sampling.categories import Floats
from ..variance.influence import scatter_of
from ..variance.scatters import AnyScatter, FixedScatter
from .derivatives import derivatives
from .fit import Fit
from .marginal_values import Averaged

MarginErrors = Literal["separate", "joint", "fixed"]

TEXTS = {
    "separate": "Errors add those of the coefficients and of the predictors' distribution, as R's svypredmeans does.",
    "joint": "Errors are those of coefficients and distribution of the predictors together.",
    "fixed": "Errors are those of the coefficients, for the predictors of this sample.",
}
"""Kind of errors -> what a footnote says of them."""


@dataclass(frozen=True, eq=False)
class Averages:
    """Weighted means of predictions.

    Attributes
    ----------
    estimate : numpy.ndarray
        Settings x outcomes.
    scatter : AnyScatter
        How they vary, flat, outcomes running fastest.
    errors : str
        What a footnote says of the errors.
    """

    estimate: Floats
    scatter: AnyScatter
    errors: str


def averages(fit: Fit, settings: Sequence[Averaged], errors: MarginErrors) -> Averages:
    """Average predictions over the rows used, with design-based errors.

    Parameters
    ----------
    fit : Fit
        The model.
    settings : sequence of callable
        From coefficients to rows x outcomes.
    errors : {"separate", "joint", "fixed"}
        Which errors count.
    """
    if errors not in get_args(MarginErrors):
        raise EstimationError(f"errors is {errors!r}; it can be {', '.join(map(repr, get_args(MarginErrors)))}.")
    model = fit.model
    values = np.hstack([setting(model.coefficients) for setting in settings])
    estimate = _mean(values, model.rows.weights)

    def mean_at(coefficients: Floats) -> Floats:
        found = [_mean(setting(coefficients), model.rows.weights) for setting in settings]
        return np.concatenate(found)

    slopes = derivatives(mean_at, model.coefficients, model.scales)
    scatter = _joint(fit, settings, values, estimate, slopes)
    if errors != "joint":
        covariance = slopes.T @ fit.scatter.covariance @ slopes
        if errors == "separate":
            covariance = covariance + _of_distribution(fit, values, estimate).covariance
        scatter = FixedScatter(covariance)
    return Averages(estimate.reshape(len(settings), -1), scatter, TEXTS[errors])


def _mean(values: Floats, weights: Floats) -> Floats:
    return np.asarray(weights @ values / weights.sum())


def _influence(fit: Fit, values: Floats, estimate: Floats) -> Floats:
    """Give each row's influence on the means through its own value."""
    weights = fit.model.rows.weights
    return np.asarray((values - estimate) / (weights.sum() * fit.model.rows.scale))


def _of_distribution(fit: Fit, values: Floats, estimate: Floats) -> AnyScatter:
    """Give the scatter of the means at these coefficients."""
    rows = fit.model.rows
    return scatter_of(
        fit.design,
        estimate,
        lambda: rows.spread_out(_influence(fit, values, estimate)),
        lambda weights: _mean(values, rows.scaled(weights)),
        what="margins",
    )


def _joint(fit: Fit, settings: Sequence[Averaged], values: Floats, estimate: Floats, slopes: Floats) -> AnyScatter:
    """Give the scatter of the means and the coefficients together; with replicates both are estimated again."""
    model = fit.model

    def influence() -> Floats:
        return model.rows.spread_out(_influence(fit, values, estimate) + model.scores.influence() @ slopes)

    def again(weights: Floats) -> Floats:
        coefficients = model.refit(weights)
        if not np.isfinite(coefficients).all():
            return np.full(len(estimate), np.nan)
        own = model.rows.scaled(weights)
        return np.concatenate([_mean(setting(coefficients), own) for setting in settings])

    return scatter_of(fit.design, estimate, influence, again, what="margins")
