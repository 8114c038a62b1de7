"""Fisher scoring: pseudo-maximum likelihood of a generalised linear model with design weights.

Each step solves the weighted normal equations, added up over blocks of rows that stay in the processor's cache; where
columns are nearly collinear, a QR decomposition takes their place. McCullagh and Nelder (1989), Generalized Linear
Models, section 2.5; Binder (1983), On the variances of asymptotically normal estimators from complex surveys,
International Statistical Review 51, for the estimating equations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import linalg

from ..data.errors import EstimationError
from .categories import Bools, Floats

BLOCK = 16_384
"""Rows in a block."""

FEW = 10_000
"""Rows of the sample that many rows are first solved on."""

STEPS = 60
"""Steps after which there is no convergence."""

CLOSE = 1e-8
"""A step of this share of the linear predictor is the last one when scoring is Newton's method (a canonical link):
what is left is its square."""

EXACT = 1e-14
"""A step of this share is rounding."""

ILL_CONDITIONED = 1e5
"""Ratio of eigenvalues of the scaled normal equations above which they lose more digits than a QR decomposition may."""

SUSPECT = 1e-8
"""An eigenvalue of the scaled normal equations below this needs a look at which columns are combinations of others."""

ALIASED = 1e-11
"""A column of which no larger share lies outside the span of the columns before it is their combination (R's bound)."""


class AliasedError(EstimationError):
    """Columns of the design matrix are combinations of others."""


class Curve(Protocol):
    """How the mean of a response depends on its linear predictor."""

    @property
    def canonical(self) -> bool:
        """Whether scoring is Newton's method."""

    def pieces(self, response: Floats, linear: Floats) -> tuple[Floats, Floats]:
        """Give for each row the derivative of its log likelihood by the linear predictor, and its information."""

    def start(self, response: Floats) -> Floats:
        """Give linear predictors to start from."""

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
    for steps in range(1, STEPS + 1):
        step = equations.step()
        size = _share(problem, coefficients, step)
        coefficients, equations = _advanced(problem, weights, coefficients, step, careful=size > last)
        if size <= bound or (size < CLOSE and size > last / 2):
            linear = problem.linear(coefficients)
            residual = problem.curve.pieces(problem.response, linear)[0]
            return Solution(coefficients, equations.bread(), steps, linear, residual)
        if steps > 8 and size > last / 2:
            exact = _running(problem, weights, coefficients, step)
            refuse_separation(problem.names, np.abs(step) * np.abs(problem.matrix).max(axis=0), exact)
        last = size
    raise EstimationError(
        f"the model does not converge in {STEPS} steps; the coefficients of {', '.join(_moving(problem, step))} still "
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
    return _equations(problem, weights, None).step()


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
        linear = problem.linear(new) if careful or not problem.curve.canonical else None
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
    """Give the equations at the first coefficients, drawn towards zero until every mean is possible."""
    if not problem.curve.canonical and not problem.curve.possible(problem.linear(coefficients)):
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
            raise _aliased(problem.matrix, weights, problem.names)
        raise _EndlessError
    scale = np.sqrt(diagonal)
    values = np.linalg.eigvalsh(information / np.outer(scale, scale))
    if values[0] * ILL_CONDITIONED >= values[-1]:
        return np.asarray(linalg.cholesky(information))
    root = _root_by_qr(problem, weights, coefficients)
    if values[0] < SUSPECT and (np.abs(np.diag(root)) <= ALIASED * np.sqrt((root**2).sum(axis=0))).any():
        raise _aliased(problem.matrix, weights, problem.names)
    return root


def _root_by_qr(problem: Problem, weights: Floats, coefficients: Floats | None) -> Floats:
    root = np.zeros((0, problem.matrix.shape[1]))
    for rows, _, curvature in _rows(problem, weights, coefficients):
        block = problem.matrix[rows] * np.sqrt(curvature)[:, None]
        root = linalg.qr(np.vstack([root, block]), mode="r", check_finite=False)[0][: root.shape[1]]
    return np.asarray(root)


def refuse_aliased(matrix: Floats, weights: Floats, names: Sequence[str]) -> None:
    """Stop when columns are combinations of others.

    Raises
    ------
    AliasedError
        Naming them.

    Examples
    --------
    >>> refuse_aliased(np.array([[1.0, 2.0], [1.0, 3.0]]), np.ones(2), ("Intercept", "age"))
    """
    product = matrix.T @ (matrix * weights[:, None])
    scale = np.sqrt(np.diag(product))
    if (scale == 0).any():
        raise _aliased(matrix, weights, names)
    if np.linalg.eigvalsh(product / np.outer(scale, scale))[0] < SUSPECT:
        root = linalg.qr(matrix * np.sqrt(weights)[:, None], mode="r", check_finite=False)[0]
        height, width = min(root.shape), root.shape[1]
        diagonal = np.abs(np.diag(root)) if height == width else np.zeros(width)
        if (diagonal <= ALIASED * scale).any():
            raise _aliased(matrix, weights, names)


def _aliased(matrix: Floats, weights: Floats, names: Sequence[str]) -> AliasedError:
    """Name the columns that are combinations of the columns before them."""
    matrix = matrix[weights > 0]
    lengths = np.sqrt((matrix**2).sum(axis=0))
    root = linalg.qr(matrix / np.where(lengths > 0, lengths, 1), mode="r", check_finite=False)[0]
    root = np.vstack([root, np.zeros((max(0, root.shape[1] - len(root)), root.shape[1]))])
    found: list[str] = []
    kept: list[int] = []
    for at, name in enumerate(names):
        inside = [each for each in kept]
        rest = _outside(root, inside, at)
        if lengths[at] == 0:
            found.append(f"{name} is zero in every row")
        elif rest is None:
            kept.append(at)
        else:
            others = [names[each] for each, share in zip(inside, rest, strict=True) if abs(share) > 1e-7]
            more = " and others" if len(others) > 4 else ""
            found.append(f"{name} is a combination of {', '.join(others[:4])}{more}")
    more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
    listed = "; ".join(found[:5]) or "columns are nearly combinations of others"
    return AliasedError(
        f"the design matrix lacks full rank, so coefficients cannot be told apart: {listed}{more}. Leave a term out of "
        "the formula, or join categories."
    )


def _outside(root: Floats, inside: Sequence[int], at: int) -> Floats | None:
    """Give the shares of other columns that make up a column, or None when they do not."""
    column = root[:, at]
    if not inside:
        return None
    shares, *_ = np.linalg.lstsq(root[:, list(inside)], column, rcond=None)
    rest = np.linalg.norm(column - root[:, list(inside)] @ shares)
    return np.asarray(shares) if rest <= 1e-10 * np.linalg.norm(column) else None


def _running(problem: Problem, weights: Floats, coefficients: Floats, step: Floats) -> Bools:
    """Say which rows are predicted exactly while their linear predictors go on moving."""
    exact = problem.curve.saturated(problem.response, problem.linear(coefficients)) & (weights > 0)
    return np.asarray(exact & (np.abs(problem.matrix @ step) > 0.05))


def refuse_separation(names: Sequence[str], share: Floats, exact: Bools) -> None:
    """Stop when a fit runs to a bound: some rows are predicted exactly and go on moving.

    Parameters
    ----------
    names : sequence of str
        The coefficients.
    share : numpy.ndarray
        How much each moves the linear predictors.
    exact : numpy.ndarray of bool
        The rows.

    Raises
    ------
    EstimationError
        Naming the coefficients that run away, when there are such rows.
    """
    if not exact.any():
        return
    running = [name for name, each in zip(names, share, strict=True) if each > 0.2 * share.max()]
    names = [name for name in running if name != "Intercept"] or running
    raise EstimationError(
        f"perfect separation: {', '.join(names[:4])}{' and others' if len(names) > 4 else ''} predict"
        f"{'s' if len(names) == 1 else ''} the response exactly in {int(exact.sum()):,} of {len(exact):,} rows, so the "
        "coefficient has no finite estimate. Leave the predictor out, join its categories, or compare shares with "
        "proportion()."
    )


def _moving(problem: Problem, step: Floats) -> list[str]:
    share = np.abs(step) * problem.sizes
    return [problem.names[at] for at in np.argsort(-share)[:3] if share[at] > 0.1 * share.max()]
