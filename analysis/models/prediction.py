"""Predictions of a fitted model, with the errors of its coefficients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...data.errors import EstimationError
from ...data.frames import pandas_frame
from ..estimation.intervals import check_level, logit_interval, t_interval
from ..estimation.method import counted
from ..sampling.categories import Bools, Floats
from .derivatives import derivatives

if TYPE_CHECKING:
    from .fit import Fit

SHARES = ("binomial", "ordered", "multinomial")
"""Families whose predictions are shares."""

ROUNDED = 1e-11
"""A share this near to 1 has lost the digits that its error would be made of."""


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
    rounded = _saturated(fit, estimate.ravel())
    if rounded.any():
        # the derivative there is rounded to 0 as well, and an error of 0 would be wrong
        frame.loc[rounded, ["se", "low", "high"]] = np.nan
        frame.attrs["footnotes"] = [
            f"{counted(int(rounded.sum()), 'prediction is', 'predictions are')} 0 or 1 (0, of counts) to the last "
            "digit, too far from the data for an error or an interval to be computed."
        ]
    return frame


def _interval(fit: Fit, estimate: Floats, se: Floats, level: float) -> tuple[Floats, Floats]:
    """Give intervals that stay in the range of the response, row by row: by log odds for shares, by logarithms above 0.

    Where a prediction leaves the range (an identity link can), the interval is plain.
    """
    low, high = t_interval(estimate, se, fit.df, level)
    if fit.method["family"] in SHARES:
        inside = (estimate > 0) & (estimate < 1)
        low[inside], high[inside] = logit_interval(estimate[inside], se[inside], fit.df, level)
    elif fit.method["family"] in ("poisson", "gamma"):
        inside = estimate > 0
        ends = t_interval(np.log(estimate[inside]), se[inside] / estimate[inside], fit.df, level)
        low[inside], high[inside] = np.exp(ends)
    return low, high


def _saturated(fit: Fit, estimate: Floats) -> Bools:
    """Say which predictions are rounded to a bound that no finite linear predictor reaches."""
    if fit.method["family"] == "poisson" and fit.method["link"] == "log":
        return np.asarray(estimate == 0)
    bounded = fit.method["family"] in SHARES and fit.method["link"] not in ("identity", "log", "logc")
    return np.asarray((estimate <= 0) | (estimate >= 1 - ROUNDED)) if bounded else np.zeros(len(estimate), dtype=bool)
