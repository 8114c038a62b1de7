"""Answers without an order: the multinomial logit model with design weights and design-based errors.

``log(P(answer j) / P(reference)) = x b[j]``. McFadden (1974), Conditional logit analysis of qualitative choice
behavior; Binder (1983), International Statistical Review 51, for the errors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ...data.codebook import Code
from ...data.errors import UnknownNameError
from ..estimation.intervals import check_level
from ..sampling.categories import Bools, Floats, Ints, code_text
from ..sampling.design import Design, check_design
from ..sampling.subpopulation import Where, subset
from .fit import Df, Fit
from .model_rows import ModelRows, model_rows
from .newton import Maximum
from .response import categorical_response
from .several_answers import answers_used, fitted_answers, null_deviance


def multinomial(
    design: Design,
    formula: str,
    *,
    reference: Code | None = None,
    where: Where = None,
    level: float = 0.95,
    df: Df = "domain",
) -> Fit:
    """Fit a multinomial logit model of answers without an order.

    The estimand are the coefficients that a fit to the whole population would give: for each answer but the reference,
    the log odds of giving it rather than the reference.

    Parameters
    ----------
    design : Design
        The sample; with replicate weights the model is fitted again in each replicate.
    formula : str
        Response and predictors, e.g. ``"party ~ C(age4) + urban"``; the response is a column of two answers or more.
    reference : code or label, optional
        The answer that the others are set against, e.g. ``"none"``; the first of the codebook without it. It is named
        in the print.
    where : str, mapping or sequence of bool, optional
        A subpopulation, as for :func:`subset`.
    level : float
        Confidence level, e.g. 0.95.
    df : {"domain", "design"} or float
        As for :func:`glm`, the coefficients of one answer being counted.

    Returns
    -------
    Fit
        Columns outcome, term, estimate, se, low, high, statistic, p, df.

    Raises
    ------
    EstimationError
        When the response has one answer, the design matrix lacks full rank, an answer is perfectly predicted, or the
        fit does not converge.
    UnknownNameError
        When a column, or the reference, does not exist.

    Notes
    -----
    Not for answers with an order, of which :func:`ordered` makes one coefficient for each predictor. Coefficients
    compare with the reference alone; :func:`marginal_effects` says what happens to each answer's share.

    References
    ----------
    Agresti (2013), Categorical Data Analysis, section 8.1.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"party": ["a", "b", "c", "a", "b", "c", "a", "c"], "age": [2, 3, 4, 5, 6, 7, 3, 5]})
    >>> multinomial(Design(wave), "party ~ age").to_frame()[["outcome", "term", "estimate"]].round(4)
      outcome       term  estimate
    0       b  Intercept   -2.8970
    1       b        age    0.6422
    2       c  Intercept   -4.5526
    3       c        age    1.0607
    """
    check_design(design, "multinomial")
    check_level(level)
    read = partial(categorical_response, ordered=False)
    used, answers = answers_used(model_rows(subset(design, where), formula, read), least=2)
    base = _reference(used, reference)
    model = Answers(used.matrix, used.predictors.names, answers, used.response.levels, base)
    spanned = (model.matrix, model.predictors)
    return fitted_answers(used, model, spanned, partial(_about, used, model), level=level, df=df)


def _reference(used: ModelRows, wanted: Code | None) -> int:
    levels, codes = used.response.levels, used.response.codes
    if wanted is None:
        return 0
    text = code_text(wanted)
    if text in levels:
        return levels.index(text)
    if text in codes and codes[text] in levels:
        return levels.index(codes[text])
    raise UnknownNameError(f"answer to {used.response.item}", text, levels)


def _about(used: ModelRows, model: Answers, found: Maximum) -> dict[str, object]:
    null = null_deviance(model.answers, used.weights) if "Intercept" in used.predictors.terms else None
    return {
        "model": "multinomial logit model",
        "family": "multinomial",
        "link": "logit",
        "reference": model.levels[model.reference],
        "explained": f"{used.response.item} ({', '.join(model.others)} rather than {model.levels[model.reference]})",
        "deviance": found.deviance,
        "null_deviance": null,
        "dispersion": None,
        "pseudo_r2": 1 - found.deviance / null if null else None,
        "pseudo_r2_kind": "pseudo R2 (McFadden)",
        "steps": found.steps,
    }


@dataclass(frozen=True, eq=False)
class Answers:
    """The likelihood of answers without an order.

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
    reference : int
        Position of the reference.
    """

    matrix: Floats
    predictors: tuple[str, ...]
    answers: Ints
    levels: tuple[str, ...]
    reference: int

    @property
    def others(self) -> tuple[str, ...]:
        """The answers besides the reference."""
        return tuple(level for at, level in enumerate(self.levels) if at != self.reference)

    @property
    def names(self) -> tuple[str, ...]:
        """The predictors of each answer in turn, e.g. ``"green: age"``."""
        return tuple(f"{outcome}: {name}" for outcome in self.others for name in self.predictors)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The answers, the reference among them."""
        return self.levels

    @property
    def terms(self) -> tuple[str, ...]:
        """The predictors of each answer in turn, without the answer."""
        return self.predictors * len(self.others)

    @property
    def coefficient_outcomes(self) -> tuple[str, ...]:
        """For each coefficient its answer."""
        return tuple(outcome for outcome in self.others for _ in self.predictors)

    def start(self, weights: Floats) -> Floats:
        """Give no effects, and equal shares."""
        return np.zeros(len(self.names))

    def without(self, columns: Bools) -> Answers:
        """Give the model without some predictors."""
        names = tuple(name for name, gone in zip(self.predictors, columns, strict=True) if not gone)
        return replace(self, matrix=self.matrix[:, ~columns], predictors=names)

    def scales(self) -> Floats:
        """Give for each coefficient a change that changes its linear predictor by about 1."""
        size = np.sqrt(np.mean(self.matrix**2, axis=0))
        return np.tile(1 / np.where(size > 0, size, 1.0), len(self.others))

    def certain(self, coefficients: Floats) -> Bools:
        """Say for which rows an answer is all but certain, or all but ruled out."""
        means = self.means(coefficients, self.matrix, None)
        return np.asarray((means < 1e-6).any(axis=1) | (means > 1 - 1e-6).any(axis=1))

    def shifts(self, step: Floats) -> Floats:
        """Give for each row how far a step moves its linear predictors, at most."""
        return np.asarray(np.abs(self._linear(step, self.matrix)).max(axis=1))

    def own(self, coefficients: Floats) -> Floats:
        """Give for each row the probability of its own answer."""
        return np.asarray(self.means(coefficients, self.matrix, None)[np.arange(len(self.answers)), self.answers])

    def means(self, coefficients: Floats, matrix: Floats, offset: Floats | None) -> Floats:
        """Give rows x answers probabilities."""
        linear = self._linear(coefficients, matrix)
        odds = np.exp(linear - linear.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def changes(self, coefficients: Floats, matrix: Floats, offset: Floats | None, direction: Floats) -> Floats:
        """Give rows x answers changes of the probabilities when the design matrix changes in a direction."""
        means, moved = self.means(coefficients, matrix, offset), self._linear(coefficients, direction)
        return np.asarray(means * (moved - (means * moved).sum(axis=1, keepdims=True)))

    def scores(self, coefficients: Floats) -> Floats:
        """Give rows x coefficients derivatives of the log likelihood."""
        residual = self._residual(self.means(coefficients, self.matrix, None))
        return np.asfortranarray(np.hstack([self.matrix * column[:, None] for column in residual.T]))

    def equations(self, coefficients: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Give the weighted score, and minus the weighted second derivatives."""
        means = self.means(coefficients, self.matrix, None)
        score = self.matrix.T @ (self._residual(means) * weights[:, None])
        means = np.delete(means, self.reference, axis=1)
        width, count = len(self.predictors), len(self.others)
        information = np.zeros((width * count, width * count))
        for one in range(count):
            for two in range(one, count):
                spread = weights * means[:, one] * ((one == two) - means[:, two])
                block = self.matrix.T @ (self.matrix * spread[:, None])
                information[one * width : (one + 1) * width, two * width : (two + 1) * width] = block
                information[two * width : (two + 1) * width, one * width : (one + 1) * width] = block.T
        return score.T.ravel(), information

    def _linear(self, coefficients: Floats, matrix: Floats) -> Floats:
        """Give rows x answers linear predictors, 0 for the reference."""
        found = matrix @ coefficients.reshape(len(self.others), -1).T
        return np.insert(found, self.reference, 0.0, axis=1)

    def _residual(self, means: Floats) -> Floats:
        """Give rows x other answers: 1 for the answer given, minus its probability."""
        given = self.answers[:, None] == np.arange(len(self.levels))
        return np.delete(given - means, self.reference, axis=1)
