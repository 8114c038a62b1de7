"""Generalised linear models with design weights and design-based errors.

Coefficients by pseudo-maximum likelihood, errors by the sandwich: the inverse of the weighted information on either
side of the design's variance of the score totals, as R's ``svyglm``. Binder (1983), International Statistical Review
51; Lumley and Scott (2017), Fitting regression models to survey data, Statistical Science 32(2).
"""

from __future__ import annotations

import numpy as np

from ..estimation.intervals import check_level
from ..sampling.categories import Bools, Floats
from ..sampling.design import Design, check_design
from ..sampling.subpopulation import Where, subset
from .aliases import AliasedError
from .families import Family, GlmCurve, curve_of
from .fit import Df, Fit, Model, fitted
from .model_rows import ModelRows, model_rows
from .model_scores import Scores
from .response import binary_response, numeric_response
from .scoring import Problem, Solution, solved


def glm(
    design: Design,
    formula: str,
    *,
    family: Family = "gaussian",
    link: str | None = None,
    offset: str | None = None,
    where: Where = None,
    level: float = 0.95,
    df: Df = "domain",
) -> Fit:
    """Fit a generalised linear model: linear, logistic, probit, Poisson, gamma regression and the like.

    The estimand are the coefficients that a fit to the whole population would give. Rows with a missing value in any
    column of the formula are left out, and counted by kind in a footnote.

    Parameters
    ----------
    design : Design
        The sample; with replicate weights the model is fitted again in each replicate.
    formula : str
        Response and predictors, e.g. ``"approval['support'] ~ C(age4) * urban"``. For a binomial model the answer that
        is modelled can be named by label, code or collapse; of a bare column of two answers it is 1, or the second,
        and the print says which. Labelled codes enter as categories, by label; ``number(trust)`` takes the codes.
    family : {"gaussian", "binomial", "poisson", "gamma"}
        Distribution of the response, which sets how its variance depends on its mean.
    link : str, optional
        e.g. ``"probit"``; one of identity, log, logit, probit, cloglog, loglog, cauchit, logc, inverse,
        inverse_squared, sqrt. Without it identity, logit, log and inverse, by family.
    offset : str, optional
        A column or expression added to the linear predictor with coefficient 1, e.g. ``"log(people)"``.
    where : str, mapping or sequence of bool, optional
        A subpopulation, as for :func:`subset`.
    level : float
        Confidence level, e.g. 0.95.
    df : {"domain", "design"} or float
        Degrees of freedom of t tests and intervals: PSUs minus strata of the rows used, or of the whole design, plus 1
        minus the number of coefficients (R's ``svyglm`` has the former); or a number, ``math.inf`` for the normal
        distribution.

    Returns
    -------
    Fit
        Columns term, estimate, se, low, high, statistic, p, df.

    Raises
    ------
    EstimationError
        When the design matrix lacks full rank, the response is separated perfectly, or the fit does not converge.
    UnknownNameError
        When a column, family, link or answer does not exist.

    Notes
    -----
    Not for a response of several ordered answers (:func:`ordered`) or unordered ones (:func:`multinomial`). Weights
    are needed where they are related to the response given the predictors; they never repair a wrong formula.

    References
    ----------
    Lumley (2010), Complex Surveys, chapters 5 and 6. Binder (1983), International Statistical Review 51.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"vote": ["no", "yes", "no", "yes", "yes", "no"], "sex": ["f", "f", "f", "m", "m", "m"]})
    >>> fit = glm(Design(wave), "vote ~ sex", family="binomial")
    >>> fit.to_frame()[["term", "estimate"]].round(4)
            term  estimate
    0  Intercept   -0.6931
    1   sex[T.m]    1.3863
    """
    check_design(design, "glm")
    check_level(level)
    curve = curve_of(family, link)
    design = subset(design, where)
    read = binary_response if curve.family == "binomial" else numeric_response
    used = model_rows(design, formula, read, offset=offset)
    curve.check(used.response.values, used.weights, used.response.item, offset=offset is not None)
    problem = Problem(used.matrix, used.response.values, used.offset, used.predictors.names, curve)
    return _fitted(used, problem, level=level, df=df)


def _fitted(used: ModelRows, problem: Problem, *, level: float, df: Df) -> Fit:
    """Fit, and say how."""
    solution, curve = solved(problem, used.weights), _curve(problem)
    scores = Scores(problem.matrix, solution.residual, solution.bread, used)

    def refit(weights: Floats) -> Floats:
        try:
            return solved(problem, used.scaled(weights), solution.coefficients).coefficients
        except AliasedError:
            return np.full(len(solution.coefficients), np.nan)

    def without(columns: Bools) -> float:
        names = tuple(name for name, kept in zip(problem.names, ~columns, strict=True) if kept)
        smaller = Problem(problem.matrix[:, ~columns], problem.response, problem.offset, names, curve)
        return _deviance(smaller, used.weights)

    deviance = curve.deviance(problem.response, solution.linear, used.weights)
    model = Model(
        rows=used,
        surface=curve,
        coefficients=solution.coefficients,
        labels=problem.names,
        terms=problem.names,
        scales=curve.unit(solution.linear) / np.where(problem.sizes > 0, problem.sizes, 1.0),
        scores=scores,
        refit=refit,
        deviance=deviance,
        without=without,
    )
    return fitted(model, _about(used, problem, solution, deviance), level=level, df=df)


def _about(used: ModelRows, problem: Problem, solution: Solution, deviance: float) -> dict[str, object]:
    """Describe the fit as plain values."""
    curve = _curve(problem)
    constant = "Intercept" in used.predictors.terms
    null = _null_deviance(problem, used.weights) if constant else None
    explained = 1 - deviance / null if null else None
    return {
        "model": "generalised linear model",
        "family": curve.family,
        "link": curve.link,
        "explained": used.response.text,
        "deviance": deviance,
        "null_deviance": null,
        "dispersion": curve.dispersion(problem.response, solution.linear, used),
        "pseudo_r2": explained,
        "pseudo_r2_kind": "R2" if curve.family == "gaussian" else "deviance explained (McFadden)",
        "steps": solution.steps,
    }


def _deviance(problem: Problem, weights: Floats) -> float:
    """Give the deviance of a smaller model; of one without any coefficient the linear predictor is the offset."""
    width = problem.matrix.shape[1]
    coefficients = solved(problem, weights).coefficients if width else np.zeros(0)
    return problem.curve.deviance(problem.response, problem.linear(coefficients), weights)


def _null_deviance(problem: Problem, weights: Floats) -> float:
    """Give the deviance of a model with an intercept alone."""
    if problem.offset is None:
        return _curve(problem).null_deviance(problem.response, weights)
    ones = np.ones((len(weights), 1), order="F")
    return _deviance(Problem(ones, problem.response, problem.offset, ("Intercept",), problem.curve), weights)


def _curve(problem: Problem) -> GlmCurve:
    assert isinstance(problem.curve, GlmCurve)
    return problem.curve
