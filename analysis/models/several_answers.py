"""What models of several answers share: the answers that occur, and the fit without predictors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import xlogy

from ...data.errors import EstimationError
from ..sampling.categories import Floats, Ints
from .model_rows import ModelRows

MOST_ANSWERS = 100
"""Each answer costs a coefficient or a set of them; more answers than this are numbers, or a mistake."""


def answers_used(used: ModelRows, *, least: int) -> tuple[ModelRows, Ints]:
    """Number the answers that occur among the rows used, and note those that do not.

    Raises
    ------
    EstimationError
        When there are fewer than needed.
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
    if len(levels) > MOST_ANSWERS:
        raise EstimationError(
            f"{response.item} has {len(levels):,} answers among the {len(place):,} rows used, and a model of several "
            f"answers takes at most {MOST_ANSWERS}. Join answers, or model the number: glm(family='gaussian')."
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
