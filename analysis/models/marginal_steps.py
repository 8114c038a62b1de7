"""Whether a design matrix can be differentiated by a predictor: a step has no derivative that says what it does."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...data.errors import EstimationError
from ..sampling.categories import Bools, Floats
from .formula import Predictors, category_of
from .formula_language import is_smooth

CELLS = 200
"""Stretches of a predictor's range that are searched for a step."""

HALVINGS = 40
"""Halvings of a stretch after which what still changes is a step."""

STEP = 1e-6
"""A change of this share of a column's own range, over next to nothing, is a step."""


def refuse_steps(predictors: Predictors, name: str) -> None:
    """Refuse a derivative by a number that enters as categories, or through a function with steps.

    Raises
    ------
    EstimationError
        Naming the term.
    """
    factors = predictors.factors_with(name)
    coded = [factor for factor in factors if category_of(factor) == name]
    if coded:
        raise EstimationError(
            f"{name} enters both as categories, {coded[0]}, and as a number, so its effect per unit is not defined; "
            f"predictive_margins(fit, '{name}', at=[...]) compares its values."
        )
    rough = [factor for factor in factors if not is_smooth(factor)]
    if not rough:
        return
    stepping = _stepping(predictors, name)
    if stepping.any():
        raise EstimationError(
            f"{predictors.names[int(np.argmax(stepping))]} goes up and down in steps of {name}, so there is no "
            f"derivative by {name}, and no effect per unit; predictive_margins(fit, '{name}', at=[...]) compares "
            "values on either side of a step."
        )


def _stepping(predictors: Predictors, name: str) -> Bools:
    """Say which columns of the design matrix jump somewhere in the range of a number, by halving stretches of it."""
    frame = predictors.frame()
    values = np.unique(frame[name].to_numpy(dtype=np.float64))
    ends = values[np.unique(np.linspace(0, len(values) - 1, CELLS + 1).astype(np.int64))]
    if len(ends) < 2:
        return np.zeros(len(predictors.names), dtype=bool)
    others = frame.iloc[np.linspace(0, len(frame) - 1, len(ends) - 1).astype(np.int64)].reset_index(drop=True)

    def matrix(at: Floats) -> Floats:
        return predictors.rebuilt(others.assign(**{name: pd.Series(at)}))

    low, high = ends[:-1], ends[1:]
    below, above = matrix(low), matrix(high)
    reach = np.maximum(np.ptp(np.vstack([below, above]), axis=0), np.finfo(float).tiny)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        between = matrix(middle)
        left = (np.abs(between - below) / reach).max(axis=1) >= (np.abs(above - between) / reach).max(axis=1)
        low, high = np.where(left, low, middle), np.where(left, middle, high)
        below, above = (np.where(left[:, None], *each) for each in ((below, between), (between, above)))
    return np.asarray((np.abs(above - below) > STEP * reach).any(axis=0))
