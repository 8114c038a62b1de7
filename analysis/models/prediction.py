"""Predictions of a fitted model, with the errors of its coefficients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...data.errors import EstimationError
from ...data.frames import pandas_frame
from ..estimation.intervals import check_level, logit_interval, t_interval
from ..sampling.categories import Floats
from .derivatives import derivatives

if TYPE_CHECKING:
    from .fit import Fit


def predicted(fit: Fit, newdata: object, level: float) -> pd.DataFrame:
    """Give predicted means of rows, or of new respondents, with errors and intervals; see ``Fit.predict``."""
    check_level(level)
    model = fit.model
    matrix, offset, index = _matrix(fit, newdata)
    estimate = model.surface.means(model.coefficients, matrix, offset)
    slopes = derivatives(lambda b: model.surface.means(b, matrix, offset), model.coefficients, model.scales)
    variance = np.einsum("irk,ij,jrk->rk", slopes, fit.scatter.covariance, slopes, optimize=True)
    return _frame(fit, estimate, np.sqrt(np.maximum(variance, 0.0)), index, level)


def _matrix(fit: Fit, newdata: object) -> tuple[Floats, Floats | None, pd.Index]:
    used = fit.model.rows
    if newdata is None:
        return used.matrix, used.offset, pd.Index(used.rows)
    frame = pandas_frame(newdata)  # type: ignore[arg-type]
    if not len(frame):
        raise EstimationError("newdata holds no rows; a prediction needs a row of predictors.")
    return used.predictors.matrix_of(frame), used.offset_of(frame), frame.index


def _frame(fit: Fit, estimate: Floats, se: Floats, index: pd.Index, level: float) -> pd.DataFrame:
    outcomes = fit.model.surface.outcomes
    several = len(outcomes) > 1
    frame = pd.DataFrame({"row": np.repeat(index, len(outcomes))})
    if several:
        frame["outcome"] = np.tile(np.array(outcomes, dtype=object), len(index))
    frame["estimate"], frame["se"] = estimate.ravel(), se.ravel()
    frame["low"], frame["high"] = _interval(fit, estimate.ravel(), se.ravel(), level)
    return frame


def _interval(fit: Fit, estimate: Floats, se: Floats, level: float) -> tuple[Floats, Floats]:
    """Give intervals that stay in the range of the response: by log odds for shares, by logarithms above 0."""
    family = fit.method["family"]
    if family in ("binomial", "ordered", "multinomial") and ((estimate > 0) & (estimate < 1)).all():
        return logit_interval(estimate, se, fit.df, level)
    if family in ("poisson", "gamma") and (estimate > 0).all():
        low, high = t_interval(np.log(estimate), se / estimate, fit.df, level)
        return np.exp(low), np.exp(high)
    return t_interval(estimate, se, fit.df, level)
