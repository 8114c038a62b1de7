"""Fisher scoring: pseudo-maximum likelihood of a generalised linear model with design weights.

Each step solves the weighted normal equations, added up over blocks of rows that stay in the processor's cache; where
columns are nearly collinear, a QR decomposition takes their place. McCullagh and Nelder (1989), Generalized Linear
Models, section 2.5; Binder (1983), On the variances of asymptotically normal estimators from complex surveys,
International Statistical Review 51, for the estimating equations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import linalg

from ...data.errors import EstimationError
from ..sampling.categories import Bools, Floats
from .aliases import SUSPECT, aliased, lacks_rank, triangle
from .separation import LATE, STEADY, refuse_separation

BLOCK = 16_384
"""Rows in a block."""

FEW = 10_000
"""Rows of the sample that many rows are first solved on."""

STEPS = 60
"""Steps of Newton's method after which there is no convergence."""

SCORING_STEPS = 500
"""Steps of scoring with a link that is not canonical, which can take many, after which there is no convergence."""

CLOSE = 1e-8
"""A step of this share of the linear predictor is the last one when scoring is Newton's method (a canonical link):
what is left is its square."""

EXACT = 1e-14
"""A step of this share is rounding."""

ILL_CONDITIONED = 1e5
"""Ratio of eigenvalues of the scaled normal equations above which they lose more digits than a QR decomposition may."""


class Curve(Protocol):
    """How the mean of a response depends on its linear predictor."""

    @property
    def canonical(self) -> bool:
        """Whether scoring is Newton's method."""

    def pieces(self, response: Floats, linear: Floats) -> tuple[Floats, Floats]:
        """Give for each row the derivative of its log likelihood by the linear predictor, and its information."""

    def start(self, response: Floats) -> Floats:
        """Give linear predictors to start from."""

    @property
    def bounded(self) -> bool:
        """Whether some linear predictors have no possible mean."""

    def constant(self, mean: float) -> float:
        """Give the linear predictor of a mean."""

    def possible(self, linear: Floats) -> bool:
        """Say whether all linear predictors have a possible mean."""

    def deviance(self, response: Floats, linear: Floats, weights: Floats) -> float:
        """Give the deviance."""

    def saturated(self, response: Floats, linear: Floats) -> Bools:
        """Say which rows are fitted exactly at a bound that no finite linear predictor reaches."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be fitted.

    Attributes
    ----------
    matrix : numpy.ndarray
        Rows x coefficients; its columns are contiguous.
    response : numpy.ndarray
        One number a row.
    offset : numpy.ndarray or None
        A part of the linear predictor that is known.
    names : tuple of str
        The coefficients.
    curve : Curve
        Family and link.
    """

    matrix: Floats
    response: Floats
    offset: Floats | None
    names: tuple[str, ...]
    curve: Curve

    def linear(self, coefficients: Floats) -> Floats:
        """Give the linear predictor of each row."""
        found = self.matrix @ coefficients
        return np.asarray(found if self.offset is None else found + self.offset)

    @cached_property
    def start(self) -> Floats:
        """Linear predictors near the responses."""
        return self.curve.start(self.response)

    @cached_property
    def size(self) -> float:
        """Size of the linear predictors to start from."""
        return float(np.sqrt(np.mean(self.start**2)))

    @cached_property
    def sizes(self) -> Floats:
        """Size of each column."""
        return np.asarray(np.sqrt([column @ column / len(column) for column in self.matrix.T]))


@dataclass(frozen=True, eq=False)
class Solution:
    """Where the score is zero.

    Attributes
    ----------
    coefficients : numpy.ndarray
        The estimates.
    bread : numpy.ndarray
        The inverse of the weighted expected information (R's ``cov.unscaled`` of a glm with these weights).
    steps : int
        Steps taken.
    linear : numpy.ndarray
        Linear predictor of each row.
    residual : numpy.ndarray
        For each row the derivative of its log likelihood by the linear predictor.
    """

    coefficients: Floats
    bread: Floats
    steps: int
    linear: Floats
    residual: Floats


@dataclass(frozen=True, eq=False)
class _Equations:
    """Cholesky factor of the information, and the score (or, at the start, what has the role of it)."""

    root: Floats
    moment: Floats

    def step(self) -> Floats:
        return np.asarray(linalg.cho_solve((self.root, False), self.moment))

    def bread(self) -> Floats:
        return np.asarray(linalg.cho_solve((self.root, False), np.eye(len(self.root))))


def solved(problem: Problem, weights: Floats, start: Floats | None = None) -> Solution:
    """Find the coefficients at which the weighted score is zero.

    Parameters
    ----------
    problem : Problem
        Matrix, response, family and link.
    weights : numpy.ndarray
        One for each row of the matrix.
    start : numpy.ndarray, optional
        Coefficients near the solution, e.g. those of the whole sample for a replicate.

    Raises
    ------
    EstimationError
        When columns are combinations of others, an answer is perfectly predicted, or the steps do not converge.
    """
    coefficients = _first(problem, weights) if start is None else start
    equations = _possible(problem, weights, coefficients)
    last, bound = np.inf, CLOSE if problem.curve.canonical else EXACT
    limit = STEPS if problem.curve.canonical else SCORING_STEPS
    for steps in range(1, limit + 1):
        step = equations.step()
        size = _share(problem, coefficients, step)
        try:
            coefficients, equations = _advanced(problem, weights, coefficients, step, careful=size > last)
        except EstimationError:
            _check_separation(problem, weights, coefficients, step)
            raise
        if size <= bound or (size < CLOSE and size > last / 2):
            linear = problem.linear(coefficients)
            residual = problem.curve.pieces(problem.response, linear)[0]
            return Solution(coefficients, equations.bread(), steps, linear, residual)
        if steps > LATE and size > STEADY * last:
            _check_separation(problem, weights, coefficients, step)
        last = size
    raise EstimationError(
        f"the model does not converge in {limit} steps; the coefficients of {', '.join(_moving(problem, step))} still "
        "move. Transform large predictors, join rare categories, or choose another link."
    )


def _first(problem: Problem, weights: Floats) -> Floats:
    """Give coefficients to start from: of a sample of the rows where there are many, else of the first equations."""
    every = len(problem.matrix) // FEW
    if every > 1:
        part = replace(
            problem,
            matrix=np.asfortranarray(problem.matrix[::every]),
            response=problem.response[::every],
            offset=None if problem.offset is None else problem.offset[::every],
        )
        try:
            return solved(part, np.ascontiguousarray(weights[::every])).coefficients
        except EstimationError:
            pass
    found = _equations(problem, weights, None).step()
    if problem.curve.bounded and not problem.curve.possible(problem.linear(found)):
        return _level(problem, weights)
    return found


def _level(problem: Problem, weights: Floats) -> Floats:
    """Give coefficients at which every mean is the weighted mean, as nearly as the matrix has them."""
    wanted = np.full(len(weights), problem.curve.constant(float(weights @ problem.response / weights.sum())))
    if problem.offset is not None:
        wanted -= problem.offset
    return np.asarray(np.linalg.lstsq(problem.matrix, wanted, rcond=None)[0])


def _share(problem: Problem, coefficients: Floats, step: Floats) -> float:
    """Give the size of a step as a share of the linear predictor."""
    whole = max(problem.size, float((np.abs(coefficients) * problem.sizes).max(initial=0.0)))
    moved = float((np.abs(step) * problem.sizes).max(initial=0.0))
    return moved / whole if whole > 0 else moved


def _advanced(
    problem: Problem, weights: Floats, coefficients: Floats, step: Floats, *, careful: bool
) -> tuple[Floats, _Equations]:
    """Take a step, or the half, quarter ... of it that leads to possible means and, when careful, no worse a fit."""
    limit = _deviance(problem, weights, coefficients) if careful else np.inf
    for halvings in range(40):
        new = coefficients + step / 2**halvings
        linear = problem.linear(new) if careful or problem.curve.bounded else None
        if linear is not None and not problem.curve.possible(linear):
            continue
        if careful and not _deviance(problem, weights, new) <= limit * (1 + 1e-9) + 1e-300:
            continue
        try:
            return new, _equations(problem, weights, new)
        except _EndlessError:
            continue
    return coefficients, _possible(problem, weights, coefficients)


def _deviance(problem: Problem, weights: Floats, coefficients: Floats) -> float:
    return problem.curve.deviance(problem.response, problem.linear(coefficients), weights)


def _possible(problem: Problem, weights: Floats, coefficients: Floats) -> _Equations:
    """Give the equations at coefficients, or say that they have none."""
    if problem.curve.bounded and not problem.curve.possible(problem.linear(coefficients)):
        raise EstimationError(
            "the model finds no coefficients to start from: some fitted means would be outside the range of the "
            "family. Choose another link, e.g. link='log'."
        )
    try:
        return _equations(problem, weights, coefficients)
    except _EndlessError:
        raise EstimationError(
            "the fitted means run out of all bounds; transform large predictors, or choose another link."
        ) from None


class _EndlessError(Exception):
    """An information matrix that is not finite or not positive."""


def _equations(problem: Problem, weights: Floats, coefficients: Floats | None) -> _Equations:
    """Give information and score at coefficients, or the first working equations when there are none."""
    width = problem.matrix.shape[1]
    information, moment = np.zeros((width, width)), np.zeros(width)
    with np.errstate(over="ignore", invalid="ignore"):
        for rows, slope, curvature in _rows(problem, weights, coefficients):
            block = problem.matrix[rows].T
            moment += block @ slope
            weighted = block * np.sqrt(curvature)
            information += weighted @ weighted.T
    return _Equations(_root(problem, weights, coefficients, information), moment)


def _rows(problem: Problem, weights: Floats, coefficients: Floats | None) -> Iterator[tuple[slice, Floats, Floats]]:
    """Give, block by block, weighted scores and weighted information."""
    for first in range(0, len(problem.matrix), BLOCK):
        rows = slice(first, first + BLOCK)
        offset = None if problem.offset is None else problem.offset[rows]
        linear = problem.start[rows] if coefficients is None else problem.matrix[rows] @ coefficients
        if coefficients is not None and offset is not None:
            linear = linear + offset
        slope, curvature = problem.curve.pieces(problem.response[rows], linear)
        if coefficients is None:
            slope = slope + curvature * (linear if offset is None else linear - offset)
        yield rows, weights[rows] * slope, weights[rows] * curvature


def _root(problem: Problem, weights: Floats, coefficients: Floats | None, information: Floats) -> Floats:
    """Give the triangular root of the information, by QR where its square is too coarse."""
    diagonal = np.diag(information)
    if not np.isfinite(information).all():
        raise _EndlessError
    if (diagonal <= 0).any():
        if coefficients is None or not problem.matrix[weights > 0].any(axis=0).all():
            raise aliased(problem.matrix, weights, problem.names)
        raise _EndlessError
    scale = np.sqrt(diagonal)
    values = np.linalg.eigvalsh(information / np.outer(scale, scale))
    if values[0] * ILL_CONDITIONED >= values[-1]:
        return np.asarray(linalg.cholesky(information))
    root = _root_by_qr(problem, weights, coefficients)
    if values[0] < SUSPECT and lacks_rank(root):
        raise aliased(problem.matrix, weights, problem.names)
    return root


def _root_by_qr(problem: Problem, weights: Floats, coefficients: Floats | None) -> Floats:
    root = np.zeros((0, problem.matrix.shape[1]))
    for rows, _, curvature in _rows(problem, weights, coefficients):
        block = problem.matrix[rows] * np.sqrt(curvature)[:, None]
        root = triangle(np.vstack([root, block]))
    return np.asarray(root)


def _check_separation(problem: Problem, weights: Floats, coefficients: Floats, step: Floats) -> None:
    exact = problem.curve.saturated(problem.response, problem.linear(coefficients))
    shifts = np.where(weights > 0, np.abs(problem.matrix @ step), 0.0)
    refuse_separation(problem.names, np.abs(step) * np.abs(problem.matrix).max(axis=0), shifts, exact)


def _moving(problem: Problem, step: Floats) -> list[str]:
    share = np.abs(step) * problem.sizes
    return [problem.names[at] for at in np.argsort(-share)[:3] if share[at] > 0.1 * share.max()]
