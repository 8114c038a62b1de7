"""Newton's method for weighted log likelihoods with exact second derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import linalg

from ...data.errors import EstimationError
from ..sampling.categories import Bools, Floats
from .scoring import CLOSE, STEPS
from .separation import LATE, STEADY, refuse_separation

HALVINGS = 40
"""Halvings of a step before it is given up."""


class Likelihood(Protocol):
    """A model of several answers."""

    @property
    def names(self) -> tuple[str, ...]:
        """The coefficients."""

    @property
    def matrix(self) -> Floats:
        """The design matrix."""

    def equations(self, coefficients: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Give the weighted score, and the weighted information (minus the second derivatives)."""

    def scores(self, coefficients: Floats) -> Floats:
        """Give rows x coefficients derivatives of the log likelihood."""

    def own(self, coefficients: Floats) -> Floats:
        """Give for each row the probability of its own answer; not above 0 where coefficients are impossible."""

    def certain(self, coefficients: Floats) -> Bools:
        """Say for which rows an answer that others give is all but certain, or all but ruled out."""

    def shifts(self, step: Floats) -> Floats:
        """Give for each row how far a step moves its linear predictors."""

    def scales(self) -> Floats:
        """Give for each coefficient a change that changes the linear predictors by about 1."""


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the weighted log likelihood is highest.

    Attributes
    ----------
    coefficients : numpy.ndarray
        The estimates.
    bread : numpy.ndarray
        Inverse information.
    deviance : float
        Minus twice the weighted log likelihood.
    steps : int
        Steps taken.
    """

    coefficients: Floats
    bread: Floats
    deviance: float
    steps: int


def maximum(likelihood: Likelihood, weights: Floats, start: Floats) -> Maximum:
    """Find the coefficients of the highest weighted log likelihood.

    Raises
    ------
    EstimationError
        When an answer is perfectly predicted, or the steps do not converge.
    """
    coefficients, height, last = start, _height(likelihood, weights, start), np.inf
    scales = likelihood.scales()
    step = np.zeros_like(start)
    for steps in range(1, STEPS + 1):
        score, information = likelihood.equations(coefficients, weights)
        try:
            step = _step(likelihood, weights, coefficients, score, information)
        except linalg.LinAlgError:
            break
        size = float(np.abs(step / scales).max(initial=0.0))
        coefficients, height = _climbed(likelihood, weights, coefficients, height, step)
        if size <= CLOSE:
            _, information = likelihood.equations(coefficients, weights)
            bread = _solved(information, np.eye(len(information)))
            return Maximum(coefficients, bread, -2 * height, steps)
        if steps > LATE and size > STEADY * last:
            _check_separation(likelihood, weights, coefficients, step)
        last = size
    _check_separation(likelihood, weights, coefficients, step)
    raise EstimationError(
        f"the model does not converge in {STEPS} steps. Transform large predictors, or join rare answers or categories."
    )


def _check_separation(likelihood: Likelihood, weights: Floats, coefficients: Floats, step: Floats) -> None:
    """Stop when rows are predicted, or an answer is ruled out for them, with certainty while coefficients move on."""
    shifts = np.where(weights > 0, likelihood.shifts(step), 0.0)
    refuse_separation(likelihood.names, _share(likelihood, step), shifts, likelihood.certain(coefficients))


def _step(likelihood: Likelihood, weights: Floats, coefficients: Floats, score: Floats, information: Floats) -> Floats:
    """Give Newton's step; where the likelihood is not concave, that of the scores' own products, which always climbs.

    Berndt, Hall, Hall and Hausman (1974), Annals of Economic and Social Measurement 3(4).
    """
    try:
        return _solved(information, score)
    except linalg.LinAlgError:
        scores = likelihood.scores(coefficients)
        return _solved(scores.T @ (scores * weights[:, None]), score)


def _height(likelihood: Likelihood, weights: Floats, coefficients: Floats) -> float:
    own = likelihood.own(coefficients)[weights > 0]
    if not (own > 0).all():
        return -np.inf
    return float(weights[weights > 0] @ np.log(own))


def _climbed(
    likelihood: Likelihood, weights: Floats, coefficients: Floats, height: float, step: Floats
) -> tuple[Floats, float]:
    """Take a step, or the half, quarter ... of it that does not lead down."""
    for halvings in range(HALVINGS):
        new = coefficients + step / 2**halvings
        reached = _height(likelihood, weights, new)
        if reached >= height - 1e-10 * abs(height):
            return new, reached
    return coefficients, height


def _solved(information: Floats, right: Floats) -> Floats:
    """Solve with the information, its columns brought to one size."""
    diagonal = np.diag(information)
    if not np.isfinite(information).all() or (diagonal <= 0).any():
        raise linalg.LinAlgError("the information is not positive")
    scale = np.sqrt(diagonal)
    root = linalg.cho_factor(information / np.outer(scale, scale))
    return np.asarray((linalg.cho_solve(root, (right.T / scale).T).T / scale).T)


def _share(likelihood: Likelihood, step: Floats) -> Floats:
    """Give how much each coefficient's part of a step moves the linear predictors."""
    return np.asarray(np.abs(step / likelihood.scales()))
