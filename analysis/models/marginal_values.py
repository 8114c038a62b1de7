"""What a margin averages: predictions with a predictor set to a value, and their changes with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...data.codebook import Code
from ...data.errors import EstimationError, UnknownNameError
from ..sampling.categories import Floats, code_text
from .fit import Fit
from .marginal_steps import refuse_steps

FEW = 10
"""Values of a number that margins are made for without being asked."""

REACH = 3e-3
"""Step of a derivative, as a share of the predictor's size."""

Averaged = Callable[[Floats], Floats]
"""From coefficients to rows x outcomes."""


@dataclass(frozen=True, eq=False)
class Setting:
    """One thing to average.

    Attributes
    ----------
    shown : str or float
        What it is called.
    code : code
        Its code.
    means : callable
        From coefficients to rows x outcomes.
    """

    shown: str | float
    code: Code
    means: Averaged


@dataclass(frozen=True, eq=False)
class Predictor:
    """A predictor of a model.

    Attributes
    ----------
    name : str
        Its column.
    values : pandas.Series
        Its values over the rows used.
    categories : bool
        Whether it enters the model as categories alone.
    """

    name: str
    values: pd.Series
    categories: bool

    @property
    def levels(self) -> list[str | float]:
        """The values that occur, in order."""
        if isinstance(self.values.dtype, pd.CategoricalDtype):
            return list(self.values.cat.categories)
        return [float(value) for value in np.unique(self.values)]

    def set_to(self, level: str | float) -> pd.Series:
        """Give the column with everybody at one value."""
        if not isinstance(self.values.dtype, pd.CategoricalDtype):
            return pd.Series(np.full(len(self.values), float(level)), name=self.name)
        place = np.full(len(self.values), self.levels.index(level), dtype=np.int64)
        return pd.Series(pd.Categorical.from_codes(place, categories=self.values.cat.categories), name=self.name)


def predictor(fit: Fit, name: str) -> Predictor:
    """Find a predictor.

    Raises
    ------
    UnknownNameError
        When the model has none of that name.
    EstimationError
        When it is in the offset too.
    """
    predictors = fit.model.rows.predictors
    if name not in predictors.variables:
        raise UnknownNameError("predictor", name, predictors.variables, f"model {fit.method['formula']}")
    offset = fit.model.rows.offset_variables
    if name in offset:
        raise EstimationError(
            f"{name} is in the offset, which a margin leaves as it is; margins of it are not defined."
        )
    return Predictor(name, predictors.frame()[name], predictors.is_categorical(name))


def level_settings(fit: Fit, name: str, at: Sequence[Code] | None) -> list[Setting]:
    """Give the predictions with everybody at each value in turn.

    Raises
    ------
    EstimationError
        When a number has too many values and none are named.
    UnknownNameError
        When a category does not occur.
    """
    found = predictor(fit, name)
    if at is None:
        levels = found.levels
        if len(levels) > FEW and not found.categories:
            raise EstimationError(
                f"{name} is a number of {len(levels):,} values; name those to set it to, at=[{levels[0]:g}, "
                f"{levels[len(levels) // 2]:g}, {levels[-1]:g}]."
            )
    else:
        listed = [at] if isinstance(at, str | int | float) else list(at)
        if not listed:
            raise EstimationError("at names no value.")
        levels = [_level(fit, found, each) for each in listed]
    matrices = [_matrix(fit, found.set_to(level)) for level in levels]
    return [
        Setting(_shown(level), _code(fit, name, level), _means(fit, matrix))
        for level, matrix in zip(levels, matrices, strict=True)
    ]


def step_settings(fit: Fit, name: str, reference: Code | None) -> list[Setting]:
    """Give the differences of predictions between each category and the reference."""
    found = predictor(fit, name)
    base = found.levels[0] if reference is None else _level(fit, found, reference)
    below = _means(fit, _matrix(fit, found.set_to(base)))
    settings = []
    for level in (each for each in found.levels if each != base):
        label = f"{code_text(level)} - {code_text(base)}"
        settings.append(Setting(label, label, _difference(_means(fit, _matrix(fit, found.set_to(level))), below)))
    return settings


def slope_setting(fit: Fit, name: str) -> Setting:
    """Give the derivatives of predictions by a number.

    Raises
    ------
    EstimationError
        When there are none: the number enters in steps, or as categories too.
    """
    refuse_steps(fit.model.rows.predictors, name)
    values = predictor(fit, name).values.to_numpy(dtype=np.float64)
    direction = _direction(fit, name, values)
    model = fit.model
    rows = model.rows

    def means(coefficients: Floats) -> Floats:
        return model.surface.changes(coefficients, rows.matrix, rows.offset, direction)

    return Setting("per unit", "per unit", means)


def _direction(fit: Fit, name: str, values: Floats) -> Floats:
    """Give the derivative of the design matrix by a number, by extrapolated central differences."""
    reach = REACH * np.maximum(np.abs(values), 0.1 * max(float(values.std()), np.finfo(float).tiny))

    def matrix(moved: Floats) -> Floats:
        return _matrix(fit, pd.Series(moved, name=name))

    try:
        far = (matrix(values + reach) - matrix(values - reach)) / (2 * reach[:, None])
        near = (matrix(values + reach / 2) - matrix(values - reach / 2)) / reach[:, None]
        return np.asarray((4 * near - far) / 3)
    except EstimationError:
        # splines end at the outermost values: differences to one side there
        low, high = (np.clip(values + sign * reach / 100, values.min(), values.max()) for sign in (-1, 1))
        return np.asarray((matrix(high) - matrix(low)) / (high - low)[:, None])


def _matrix(fit: Fit, column: pd.Series) -> Floats:
    predictors = fit.model.rows.predictors
    return predictors.rebuilt(predictors.frame().assign(**{str(column.name): column}))


def _means(fit: Fit, matrix: Floats) -> Averaged:
    model = fit.model
    return lambda coefficients: model.surface.means(coefficients, matrix, model.rows.offset)


def _difference(above: Averaged, below: Averaged) -> Averaged:
    return lambda coefficients: above(coefficients) - below(coefficients)


def _level(fit: Fit, found: Predictor, wanted: Code) -> str | float:
    """Find a category by label or code, or take a number as it is."""
    if not isinstance(found.values.dtype, pd.CategoricalDtype):
        try:
            number = float(wanted)
        except (TypeError, ValueError):
            raise EstimationError(f"{found.name} is a number, and cannot be set to {wanted!r}.") from None
        if found.categories and number not in found.levels:
            raise UnknownNameError(f"category of {found.name}", code_text(wanted), map(code_text, found.levels))
        return number
    column, text = fit.model.rows.predictors.columns[found.name], code_text(wanted)
    by_code = {code_text(code): level for code, level in zip(column.codes or (), column.levels, strict=False)}
    level = text if text in found.levels else by_code.get(text, text)
    if level not in found.levels:
        raise UnknownNameError(f"category of {found.name}", text, map(str, found.levels))
    return level


def _code(fit: Fit, name: str, level: str | float) -> Code:
    column = fit.model.rows.predictors.columns[name]
    if isinstance(level, str) and column.codes is not None:
        return column.codes[column.levels.index(level)]
    return level


def _shown(level: str | float) -> str | float:
    return int(level) if isinstance(level, float) and level.is_integer() else level
