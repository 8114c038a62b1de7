"""Ordered answers: the cumulative link model with design weights and design-based errors.

``P(answer <= j) = F(threshold[j] - x b)``: a positive coefficient makes higher answers more frequent. As R's
``svyolr``, with exact derivatives. McCullagh (1980), Regression models for ordinal data, JRSS B 42(2); Binder (1983),
International Statistical Review 51, for the errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy import special

from ...data.errors import EstimationError, UnknownNameError
from ..estimation.intervals import check_level
from ..sampling.categories import Bools, Floats, Ints
from ..sampling.design import Design, check_design
from ..sampling.subpopulation import Where, subset
from .fit import Df, Fit
from .model_rows import ModelRows, model_rows
from .newton import Maximum
from .response import categorical_response
from .several_answers import answers_used, fitted_answers, null_deviance

OrderedLink = Literal["logit", "probit", "cloglog", "loglog", "cauchit"]


@dataclass(frozen=True)
class Distribution:
    """A distribution function with its first two derivatives, and the function's inverse."""

    below: Callable[[Floats], Floats]
    above: Callable[[Floats], Floats]
    density: Callable[[Floats], Floats]
    bend: Callable[[Floats], Floats]
    quantile: Callable[[Floats], Floats]


def _normal(x: Floats) -> Floats:
    return np.asarray(np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))


def _logistic(x: Floats) -> Floats:
    return np.asarray(special.expit(x) * special.expit(-x))


def _gumbel(x: Floats) -> Floats:
    """Give the density of the smallest-value distribution, whose function is 1 - exp(-exp(x))."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(x - np.exp(x)))


def _rising(x: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(-np.expm1(-np.exp(x)))


def _falling(x: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(-np.exp(x)))


DISTRIBUTIONS = {
    "logit": Distribution(
        special.expit,
        lambda x: special.expit(-x),
        _logistic,
        lambda x: _logistic(x) * (special.expit(-x) - special.expit(x)),
        special.logit,
    ),
    "probit": Distribution(special.ndtr, lambda x: special.ndtr(-x), _normal, lambda x: -x * _normal(x), special.ndtri),
    "cloglog": Distribution(
        _rising,
        _falling,
        _gumbel,
        lambda x: _gumbel(x) * -np.expm1(np.minimum(x, 700)),
        lambda p: np.log(-np.log1p(-p)),
    ),
    "loglog": Distribution(
        lambda x: _falling(-x),
        lambda x: _rising(-x),
        lambda x: _gumbel(-x),
        lambda x: _gumbel(-x) * np.expm1(np.minimum(-x, 700)),
        lambda p: -np.log(-np.log(p)),
    ),
    "cauchit": Distribution(
        lambda x: 0.5 + np.arctan(x) / np.pi,
        lambda x: 0.5 - np.arctan(x) / np.pi,
        lambda x: 1 / (np.pi * (1 + x**2)),
        lambda x: -2 * x / (np.pi * (1 + x**2) ** 2),
        lambda p: np.tan(np.pi * (p - 0.5)),
    ),
}
"""Link -> its distribution."""


def ordered(
    design: Design,
    formula: str,
    *,
    link: OrderedLink = "logit",
    where: Where = None,
    level: float = 0.95,
    df: Df = "domain",
) -> Fit:
    """Fit a model of ordered answers: proportional odds, ordered probit and their like.

    The estimand are the coefficients, and the thresholds between answers, that a fit to the whole population would
    give. A positive coefficient makes higher answers more frequent.

    Parameters
    ----------
    design : Design
        The sample; with replicate weights the model is fitted again in each replicate.
    formula : str
        Response and predictors, e.g. ``"trust ~ C(age4) + urban"``; the response is a column of three answers or more,
        in the order of its codebook, its codes, or its ordered categories; text and codes declared nominal have none.
        Thresholds stand for the intercept.
    link : {"logit", "probit", "cloglog", "loglog", "cauchit"}
        Logit has proportional odds, cloglog proportional hazards. What R's ``svyolr`` calls cloglog is loglog here.
    where : str, mapping or sequence of bool, optional
        A subpopulation, as for :func:`subset`.
    level : float
        Confidence level, e.g. 0.95.
    df : {"domain", "design"} or float
        As for :func:`glm`: PSUs minus strata, minus the number of coefficients besides the thresholds.

    Returns
    -------
    Fit
        Columns term, estimate, se, low, high, statistic, p, df; the thresholds come last, e.g. ``"low|fair"``.

    Raises
    ------
    EstimationError
        When the response has fewer than three answers or no order, the design matrix lacks full rank, an answer is
        perfectly predicted, or the fit does not converge.
    UnknownNameError
        When a column or link does not exist.

    Notes
    -----
    Not for answers without an order (:func:`multinomial`), or when a predictor moves people from the middle to both
    ends, which one coefficient cannot say.

    References
    ----------
    McCullagh (1980), JRSS B 42(2). Lumley (2010), Complex Surveys, section 6.3.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"trust": [1, 2, 3, 1, 2, 3, 2, 3], "age": [20, 30, 40, 50, 60, 70, 30, 50]})
    >>> ordered(Design(wave), "trust ~ age").to_frame()[["term", "estimate"]].round(4)
      term  estimate
    0  age    0.0624
    1  1|2    1.3510
    2  2|3    3.3000
    """
    check_design(design, "ordered")
    check_level(level)
    if link not in DISTRIBUTIONS:
        raise UnknownNameError("link", str(link), DISTRIBUTIONS)
    read = partial(categorical_response, ordered=True)
    used = model_rows(subset(design, where), formula, read, intercept=False)
    used, answers = answers_used(used, least=3)
    model = OrderedAnswers(used.matrix, used.predictors.names, answers, used.response.levels, link)
    spanned = (np.column_stack([np.ones(len(answers)), model.matrix]), ("thresholds", *model.predictors))
    return fitted_answers(used, model, spanned, partial(_about, used, model), level=level, df=df)


def _about(used: ModelRows, model: OrderedAnswers, found: Maximum) -> dict[str, object]:
    null = null_deviance(model.answers, used.weights)
    return {
        "model": "model of ordered answers",
        "family": "ordered",
        "link": model.link,
        "explained": f"{used.response.item} ({' < '.join(model.levels)})",
        "deviance": found.deviance,
        "null_deviance": null,
        "dispersion": None,
        "pseudo_r2": 1 - found.deviance / null,
        "pseudo_r2_kind": "pseudo R2 (McFadden)",
        "steps": found.steps,
    }


@dataclass(frozen=True, eq=False)
class OrderedAnswers:
    """The likelihood of ordered answers.

    Attributes
    ----------
    matrix : numpy.ndarray
        Rows x predictors.
    predictors : tuple of str
        The predictors.
    answers : numpy.ndarray of int64
        For each row the position of its answer.
    levels : tuple of str
        The answers.
    link : str
        The link.
    """

    matrix: Floats
    predictors: tuple[str, ...]
    answers: Ints
    levels: tuple[str, ...]
    link: str

    @property
    def names(self) -> tuple[str, ...]:
        """The predictors, then the thresholds."""
        return (*self.predictors, *(f"{low}|{high}" for low, high in pairwise(self.levels)))

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The answers."""
        return self.levels

    @property
    def distribution(self) -> Distribution:
        """The link's distribution."""
        return DISTRIBUTIONS[self.link]

    @property
    def terms(self) -> tuple[str, ...]:
        """The predictors, then the thresholds."""
        return self.names

    @property
    def coefficient_outcomes(self) -> tuple[str, ...]:
        """Nothing: each coefficient is about all answers."""
        return ()

    def without(self, columns: Bools) -> OrderedAnswers:
        """Give the model without some predictors."""
        names = tuple(name for name, gone in zip(self.predictors, columns, strict=True) if not gone)
        return replace(self, matrix=self.matrix[:, ~columns], predictors=names)

    def scales(self) -> Floats:
        """Give for each coefficient a change that changes the linear predictors by about 1."""
        size = np.sqrt(np.mean(self.matrix**2, axis=0))
        return np.concatenate([1 / np.where(size > 0, size, 1.0), np.ones(len(self.levels) - 1)])

    def start(self, weights: Floats) -> Floats:
        """Give thresholds at the cumulative shares, and no effects."""
        shares = np.bincount(self.answers, weights=weights, minlength=len(self.levels)) / weights.sum()
        return np.concatenate([np.zeros(len(self.predictors)), self.distribution.quantile(np.cumsum(shares)[:-1])])

    def certain(self, coefficients: Floats) -> Bools:
        """Say for which rows an answer is all but certain, or all but ruled out."""
        means = self.means(coefficients, self.matrix, None)
        return np.asarray((means < 1e-6).any(axis=1) | (means > 1 - 1e-6).any(axis=1))

    def shifts(self, step: Floats) -> Floats:
        """Give for each row how far a step moves its linear predictor from the thresholds of its answer, at most."""
        width = len(self.predictors)
        linear, ends = self.matrix @ step[:width], np.concatenate([[np.nan], step[width:], [np.nan]])
        apart = np.abs([ends[self.answers] - linear, ends[self.answers + 1] - linear])
        return np.asarray(np.nanmax(apart, axis=0))

    def own(self, coefficients: Floats) -> Floats:
        """Give for each row the probability of its own answer."""
        low, high = self._ends(coefficients)
        return self._between(low, high)

    def means(self, coefficients: Floats, matrix: Floats, offset: Floats | None) -> Floats:
        """Give rows x answers probabilities."""
        edges = self._edges(coefficients, matrix)
        return np.column_stack([self._between(low, high) for low, high in pairwise(edges)])

    def changes(self, coefficients: Floats, matrix: Floats, offset: Floats | None, direction: Floats) -> Floats:
        """Give rows x answers changes of the probabilities when the design matrix changes in a direction."""
        heights = np.column_stack([self._density(edge) for edge in self._edges(coefficients, matrix)])
        moved = direction @ coefficients[: len(self.predictors)]
        return np.asarray(-np.diff(heights, axis=1) * moved[:, None])

    def scores(self, coefficients: Floats) -> Floats:
        """Give rows x coefficients derivatives of the log likelihood."""
        down, up, _, _ = self._derivatives(coefficients)
        thresholds = self._at * up[:, None] - self._under * down[:, None]
        return np.asfortranarray(np.hstack([self.matrix * (down - up)[:, None], thresholds]))

    def equations(self, coefficients: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Give the weighted score, and minus the weighted second derivatives."""
        down, up, down_bend, up_bend = self._derivatives(coefficients)
        moved = up - down
        at, under, x = self._at, self._under, self.matrix
        effects = x.T @ (x * (weights * (moved**2 - up_bend + down_bend))[:, None])
        mixed = x.T @ (under * (weights * (moved * down - down_bend))[:, None])
        mixed -= x.T @ (at * (weights * (moved * up - up_bend))[:, None])
        thresholds = np.diag(at.T @ (weights * (up**2 - up_bend)) + under.T @ (weights * (down**2 + down_bend)))
        crossed = at.T @ (under * (weights * up * down)[:, None])
        thresholds -= crossed + crossed.T
        return weights @ self.scores(coefficients), np.block([[effects, mixed], [mixed.T, thresholds]])

    @cached_property
    def _at(self) -> Floats:
        """Rows x thresholds: 1 where the threshold is the upper end of the row's answer."""
        return np.asarray(self.answers[:, None] == np.arange(len(self.levels) - 1), dtype=np.float64)

    @cached_property
    def _under(self) -> Floats:
        """Rows x thresholds: 1 where the threshold is the lower end of the row's answer."""
        return np.asarray(self.answers[:, None] - 1 == np.arange(len(self.levels) - 1), dtype=np.float64)

    def _edges(self, coefficients: Floats, matrix: Floats) -> list[Floats]:
        """Give thresholds minus linear predictors, the outermost infinite."""
        linear = matrix @ coefficients[: len(self.predictors)]
        endless = np.full(len(linear), np.inf)
        return [-endless, *(threshold - linear for threshold in coefficients[len(self.predictors) :]), endless]

    def _ends(self, coefficients: Floats) -> tuple[Floats, Floats]:
        """Give the lower and the upper end of each row's own answer."""
        linear = self.matrix @ coefficients[: len(self.predictors)]
        bounds = np.concatenate([[-np.inf], coefficients[len(self.predictors) :], [np.inf]])
        return bounds[self.answers] - linear, bounds[self.answers + 1] - linear

    def _between(self, low: Floats, high: Floats) -> Floats:
        """Give the probability between two ends, from the tail in which it loses no digits."""
        found = self.distribution
        return np.asarray(np.where(low > 0, found.above(low) - found.above(high), found.below(high) - found.below(low)))

    def _density(self, at: Floats) -> Floats:
        inside = np.isfinite(at)
        return np.where(inside, self.distribution.density(np.where(inside, at, 0.0)), 0.0)

    def _derivatives(self, coefficients: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Give densities and their slopes at the lower and the upper end, over the probability between them."""
        ends = self._ends(coefficients)
        own = self._between(*ends)
        if not (own > 0).all():
            raise EstimationError("an answer has no probability; join rare answers, or transform large predictors.")
        inside = [np.isfinite(end) for end in ends]
        slopes = [
            np.where(known, self.distribution.bend(np.where(known, end, 0.0)), 0.0)
            for end, known in zip(ends, inside, strict=True)
        ]
        return self._density(ends[0]) / own, self._density(ends[1]) / own, slopes[0] / own, slopes[1] / own
