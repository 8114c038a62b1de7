"""Predictive margins and average marginal effects: what a model says on the scale of the response.

Graubard and Korn (1999), Predictive margins with survey data, Biometrics 55(2); Lane and Nelder (1982), Analysis of
covariance and standardization as instances of prediction, Biometrics 38(3); Bartus (2005), Estimation of marginal
effects, Stata Journal 5(3).
"""

from __future__ import annotations

from collections.abc import Sequence

from ...data.codebook import Code
from ...data.errors import EstimationError
from ..estimation.estimates import Estimates
from ..sampling.categories import names_of
from .fit import Fit
from .marginal_errors import MarginErrors, averages
from .marginal_table import Row, margin_estimates
from .marginal_values import Setting, level_settings, predictor, slope_setting, step_settings


def predictive_margins(
    fit: Fit,
    variable: str,
    *,
    at: Sequence[Code] | None = None,
    errors: MarginErrors = "separate",
    level: float | None = None,
) -> Estimates:
    """Estimate the mean response if everybody had one value of a predictor, and all else as it is.

    The estimand is the population mean of the model's predictions with the predictor set to each of its values in
    turn: groups compared at the same distribution of the other predictors.

    Parameters
    ----------
    fit : Fit
        What :func:`glm`, :func:`ordered` or :func:`multinomial` gave.
    variable : str
        A predictor, as the data call it, e.g. ``"sex"``.
    at : sequence of code or label, optional
        The values, e.g. ``[20, 40, 60]`` or ``["north", "south"]``; without it every category, or every value of a
        number that has ten at most.
    errors : {"separate", "joint", "fixed"}
        ``"separate"`` adds the error of the coefficients and that of the distribution of the other predictors as if
        they were independent, as R's ``svypredmeans`` does; ``"joint"`` linearises both together (Graubard and Korn
        1999; with replicates everything is estimated again in each); ``"fixed"`` is the error of the coefficients
        alone, for the predictors of this very sample.
    level : float, optional
        Confidence level; the fit's own without it.

    Returns
    -------
    Estimates
        Columns item (the response), category (models of several answers), the predictor, estimate, se, low, high ...;
        :func:`contrast` compares them.

    Raises
    ------
    EstimationError
        When the predictor is a number of many values and ``at`` is not given.
    UnknownNameError
        When the model has no such predictor, or it no such category.

    Notes
    -----
    Not an estimate of what would happen if values were changed, unless the model holds all that differs between
    people of different values.

    References
    ----------
    Lumley (2010), Complex Surveys, section 5.3. Graubard and Korn (1999), Biometrics 55(2).

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.analysis.models.glm import glm
    >>> wave = pd.DataFrame({"trust": [1, 2, 4, 5, 3, 5], "age": [20, 30, 40, 50, 60, 70], "sex": list("ffmmfm")})
    >>> predictive_margins(glm(Design(wave), "trust ~ age + sex"), "sex").to_frame()[["sex", "estimate"]].round(4)
      sex  estimate
    0   f    2.3333
    1   m    4.3333
    """
    _check_fit(fit, "predictive_margins")
    settings = level_settings(fit, variable, at)
    rows = [Row(fit.method["response"], setting.shown, setting.code) for setting in settings]
    found = averages(fit, [setting.means for setting in settings], errors)
    note = "The mean prediction with everybody's value set to each in turn, other predictors as they are."
    return margin_estimates(fit, "predictive margin", variable, rows, found, level, [note])


def marginal_effects(
    fit: Fit,
    variables: str | Sequence[str] | None = None,
    *,
    reference: Code | None = None,
    errors: MarginErrors = "joint",
    level: float | None = None,
) -> Estimates:
    """Estimate average marginal effects: how the mean response changes with a predictor, on the response's own scale.

    The estimand is the population mean of the change of the prediction: for a number its derivative, for a category
    the difference between everybody being in it and everybody being in the reference category.

    Parameters
    ----------
    fit : Fit
        What :func:`glm`, :func:`ordered` or :func:`multinomial` gave.
    variables : str or sequence of str, optional
        Predictors, as the data call them, e.g. ``["age", "sex"]``; all of them without it.
    reference : code or label, optional
        The category that others are set against, of one categorical predictor; the first without it.
    errors : {"joint", "separate", "fixed"}
        As for :func:`predictive_margins`.
    level : float, optional
        Confidence level; the fit's own without it.

    Returns
    -------
    Estimates
        Columns item (the predictor), category (models of several answers), effect (``"per unit"`` or ``"m - f"``),
        estimate, se, low, high ...

    Raises
    ------
    EstimationError
        When a formula has no derivative by the predictor.
    UnknownNameError
        When the model has no such predictor, or it no such category.

    Notes
    -----
    Not an effect in the sense of a cause. Effects on the shares of several answers add up to 0.

    References
    ----------
    Bartus (2005), Stata Journal 5(3). Graubard and Korn (1999), Biometrics 55(2), for the errors.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.analysis.models.glm import glm
    >>> wave = pd.DataFrame({"trust": [1, 2, 4, 5, 3, 5], "age": [20, 30, 40, 50, 60, 70], "sex": list("ffmmfm")})
    >>> effects = marginal_effects(glm(Design(wave), "trust ~ age + sex"))
    >>> effects.to_frame()[["item", "effect", "estimate"]].round(4)
      item    effect  estimate
    0  age  per unit      0.04
    1  sex     m - f      2.00
    """
    _check_fit(fit, "marginal_effects")
    names = fit.model.rows.predictors.variables if variables is None else names_of(variables)
    if not names:
        raise EstimationError("the model has no predictors, so there are no marginal effects.")
    settings = [(name, setting) for name in names for setting in _effects(fit, name, reference)]
    rows = [Row(name, setting.shown, setting.code) for name, setting in settings]
    found = averages(fit, [setting.means for _, setting in settings], errors)
    note = "Mean changes of the prediction: derivatives for numbers, differences between categories."
    return margin_estimates(fit, "marginal effect", "effect", rows, found, level, [note])


def _effects(fit: Fit, name: str, reference: Code | None) -> list[Setting]:
    if predictor(fit, name).categories:
        return step_settings(fit, name, reference)
    if reference is not None:
        raise EstimationError(f"reference belongs to a categorical predictor, and {name} is a number.")
    return [slope_setting(fit, name)]


def _check_fit(fit: object, verb: str) -> None:
    if not isinstance(fit, Fit):
        raise EstimationError(f"{verb} needs a fitted model and was given a {type(fit).__name__}; make one with glm().")
