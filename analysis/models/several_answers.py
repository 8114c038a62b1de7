"""What models of several answers share: the answers that occur, and how they are fitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, Self

import numpy as np
from scipy.special import xlogy

from ...data.errors import EstimationError
from ..sampling.categories import Bools, Floats, Ints
from .aliases import AliasedError, refuse_aliased
from .fit import Df, Fit, Model, Surface, fitted
from .model_rows import ModelRows
from .model_scores import Scores
from .newton import Likelihood, Maximum, maximum

MOST_ANSWERS = 100
"""Each answer costs a coefficient or a set of them; more answers than this are numbers, or a mistake."""


class AnswerModel(Likelihood, Surface, Protocol):
    """The likelihood of answers, and the shares it predicts."""

    @property
    def answers(self) -> Ints:
        """For each row the position of its answer."""

    @property
    def levels(self) -> tuple[str, ...]:
        """The answers."""

    @property
    def terms(self) -> tuple[str, ...]:
        """For each coefficient its term."""

    @property
    def coefficient_outcomes(self) -> tuple[str, ...]:
        """For each coefficient the answer it is about; empty when it is about all of them."""

    def start(self, weights: Floats) -> Floats:
        """Give coefficients to start from."""

    def without(self, columns: Bools) -> Self:
        """Give the model without some columns of its matrix."""


def fitted_answers(
    used: ModelRows,
    model: AnswerModel,
    spanned: tuple[Floats, Sequence[str]],
    about: Callable[[Maximum], Mapping[str, object]],
    *,
    level: float,
    df: Df,
) -> Fit:
    """Fit a model of several answers.

    Parameters
    ----------
    used : ModelRows
        Data.
    model : AnswerModel
        The likelihood.
    spanned : tuple of numpy.ndarray and sequence of str
        The columns that must not be combinations of one another, thresholds as a constant, and their names.
    about : callable
        From the maximum to what the fit says of itself.
    level : float
        Confidence level.
    df : {"domain", "design"} or float
        Degrees of freedom.
    """
    weights = used.weights
    refuse_aliased(spanned[0], weights, spanned[1])
    found = maximum(model, weights, model.start(weights))

    def without(columns: Bools) -> float:
        smaller = model.without(columns)
        return maximum(smaller, weights, smaller.start(weights)).deviance

    result = Model(
        rows=used,
        surface=model,
        coefficients=found.coefficients,
        labels=model.names,
        scores=Scores(model.scores(found.coefficients), None, found.bread, used),
        refit=lambda new: _again(model, spanned, used.scaled(new), found.coefficients),
        deviance=found.deviance,
        without=without,
        terms=model.terms,
        scales=model.scales(),
        outcomes=model.coefficient_outcomes,
    )
    return fitted(result, about(found), level=level, df=df)


def _again(model: AnswerModel, spanned: tuple[Floats, Sequence[str]], weights: Floats, start: Floats) -> Floats:
    """Fit with a replicate's weights; missing when an answer or a category is empty in it."""
    present = np.bincount(model.answers[weights > 0], minlength=len(model.levels)) > 0
    try:
        refuse_aliased(spanned[0], weights, spanned[1])
    except AliasedError:
        return np.full(len(start), np.nan)
    return maximum(model, weights, start).coefficients if present.all() else np.full(len(start), np.nan)


def answers_used(used: ModelRows, *, least: int) -> tuple[ModelRows, Ints]:
    """Number the answers that occur among the rows used, and note those that do not.

    Raises
    ------
    EstimationError
        When there are fewer than needed, or too many.
    """
    response = used.response
    place = response.values.astype(np.int64)
    present = np.flatnonzero(np.bincount(place, minlength=len(response.levels)))
    levels = tuple(response.levels[at] for at in present)
    if len(levels) < least:
        raise EstimationError(
            f"{response.item} has {len(levels)} {'answer' if len(levels) == 1 else 'answers'} ({', '.join(levels)}) "
            f"among the {len(place):,} rows used, and this model needs at least {least}. Of two answers "
            "glm(family='binomial') models the share."
        )
    if len(levels) > min(MOST_ANSWERS, max(least, len(place) // 2)):
        raise EstimationError(
            f"{response.item} has {len(levels):,} answers among the {len(place):,} rows used, which are too many: a "
            f"model of several answers takes at most {MOST_ANSWERS}, and needs two rows for each. Join answers, or "
            "model the number: glm(family='gaussian')."
        )
    absent = [level for level in response.levels if level not in levels]
    notes = [f"Nobody among the rows used answered {', '.join(absent)} to {response.item}."] if absent else []
    code = np.full(len(response.levels), -1, dtype=np.int64)
    code[present] = np.arange(len(present))
    return replace(used, response=replace(response, levels=levels), notes=[*used.notes, *notes]), code[place]


def null_deviance(answers: Ints, weights: Floats) -> float:
    """Give minus twice the weighted log likelihood when everybody has the same probabilities.

    Examples
    --------
    >>> round(null_deviance(np.array([0, 1, 1, 1]), np.ones(4)), 4)
    4.4987
    """
    sums = np.bincount(answers, weights=weights)
    return float(-2 * xlogy(sums, sums / sums.sum()).sum())
