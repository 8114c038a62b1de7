"""Fit calibrated weights: Newton's method on the dual of the distance, with bounds that hold.

The multipliers minimise a convex function whose slope is what the weights add up to less what they should. Within
bounds it is smooth in pieces only; steps are therefore as long as the slope along them says. Deville, Särndal and
Sautory (1993), Generalized raking procedures in survey sampling, JASA 88, section 3; Qi and Sun (1993), A nonsmooth
version of Newton's method, Mathematical Programming 58.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..sampling.categories import Floats
from .distances import Distance
from .model_matrix import ModelMatrix

SLACK = 1e-3
"""Steps go on to this part of the tolerance while they still help."""

RIDGE = 1e-13
"""What is added to a diagonal of ones, for margins share their total."""

FAST = 0.03
"""While a step leaves less than this of the misfit, the curvature is not worked out anew."""

FEW = 0.2
"""Where no more than this part of the rows has changed, the curvature is brought up to date, not worked out anew."""

SHORT = 0.1
"""A Newton step that must be cut to less than this is damped instead."""

LONGEST = 1e8
"""No step is longer than so many Newton steps."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be calibrated to what.

    Attributes
    ----------
    matrix : ModelMatrix
        The auxiliaries of each row, or class of rows.
    base : numpy.ndarray
        The base weight of each over the sum that the weights should have.
    target : numpy.ndarray
        What each auxiliary should add up to, over that sum.
    distance : Distance
        The distance and its bounds.
    cost : numpy.ndarray or None
        Unit costs; None for one.
    """

    matrix: ModelMatrix
    base: Floats
    target: Floats
    distance: Distance
    cost: Floats | None = None

    def predictor(self, multipliers: Floats) -> Floats:
        """Give what the factors are functions of."""
        found = self.matrix.predictor(multipliers)
        return found if self.cost is None else found / self.cost

    def misfit(self, factor: Floats) -> Floats:
        """Give what auxiliaries add up to less what they should."""
        return self.matrix.totals(self.base * factor) - self.target

    def curvature(self, factor: Floats) -> Floats:
        """Give how much each row bends the dual."""
        bent = self.base * self.distance.slope(factor)
        return bent if self.cost is None else bent / self.cost


@dataclass(frozen=True, eq=False)
class Fit:
    """The outcome of a fit.

    Attributes
    ----------
    multipliers : numpy.ndarray
        One for each auxiliary.
    predictor : numpy.ndarray
        What factors are functions of, by row or class.
    factor : numpy.ndarray
        Final over base weight, by row or class.
    misfit : numpy.ndarray
        What auxiliaries add up to less what they should, over the sum of the weights.
    iterations : int
        Newton steps.
    """

    multipliers: Floats
    predictor: Floats
    factor: Floats
    misfit: Floats
    iterations: int

    @property
    def worst(self) -> float:
        """The largest misfit."""
        return float(np.abs(self.misfit).max())


def fitted(problem: Problem, tolerance: float, max_iterations: int, start: Floats | None = None) -> Fit:
    """Find the multipliers by damped Newton steps from a start, or from no change.

    The fit that is nearest to the targets is given, whether it reaches the tolerance or not; it stops early where
    bounds are proven too narrow.

    Examples
    --------
    >>> from .model_matrix import model_matrix
    >>> matrix = model_matrix(np.arange(2), [np.arange(2)], [2], np.empty((2, 0)))
    >>> problem = Problem(matrix, np.array([0.6, 0.4]), np.array([0.5, 0.5]), Distance("raking"))
    >>> fitted(problem, 1e-10, 50).factor.round(4).tolist()
    [0.8333, 1.25]
    """
    if start is None:
        fit = _at(problem, np.zeros(problem.matrix.size), np.zeros(len(problem.base)), 0)
    else:
        fit = _at(problem, start, problem.predictor(start), 0)
    best, curvature = fit, Curvature(problem)
    while fit.worst > SLACK * tolerance and fit.iterations < max_iterations:
        if fit.worst > tolerance and _impossible(problem, fit):
            break
        fit, before = curvature.step(fit), fit
        best = fit if fit.worst < best.worst else best
        if best.worst <= tolerance and fit.worst > FAST * before.worst:
            break
        curvature.stale = fit.worst > FAST * before.worst
    return best


class Curvature:
    """The matrix of second derivatives, worked out when steps on the last one stop being good.

    Parameters
    ----------
    problem : Problem
        What is fitted.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.weights: Floats | None = None
        self.matrix = np.zeros((problem.matrix.size, problem.matrix.size))
        self.scale = np.ones(problem.matrix.size)
        self.stale = True

    def step(self, fit: Fit) -> Fit:
        """Go a Newton step from a fit, or as much of it as helps.

        Where most rows are at their bounds the matrix is singular and a step of endless length; it is damped until
        a good part of it can be gone.
        """
        if self.stale:
            self._renew(self.problem.curvature(fit.factor))
        scaled = self.matrix * self.scale[:, None] * self.scale
        ridge = max(1.0, float(np.diag(scaled).max())) * np.eye(len(scaled))
        damping = RIDGE
        while True:
            damped = scaled + damping * ridge
            step = -self.scale * np.linalg.solve(damped, self.scale * fit.misfit)
            direction = self.problem.predictor(step)
            length = _length(self.problem, fit, step, direction)
            if length >= SHORT or damping >= 1:
                there = fit.predictor + length * direction
                return _at(self.problem, fit.multipliers + length * step, there, fit.iterations + 1)
            damping *= 100

    def _renew(self, weights: Floats) -> None:
        first = self.weights is None
        changed = None if first else np.flatnonzero(weights != self.weights)
        if changed is None or len(changed) > FEW * len(weights):
            self.matrix = self.problem.matrix.gram(weights)
        elif len(changed):
            assert self.weights is not None
            gone = weights[changed] - self.weights[changed]
            self.matrix = self.matrix + self.problem.matrix.some(changed).gram(gone)
        self.weights = weights
        if first:
            size = np.diag(self.matrix)
            self.scale = 1 / np.sqrt(np.where(size > 0, size, 1.0))


def _at(problem: Problem, multipliers: Floats, predictor: Floats, iterations: int) -> Fit:
    factor = problem.distance.factor(predictor)
    return Fit(multipliers, predictor, factor, problem.misfit(factor), iterations)


def _length(problem: Problem, fit: Fit, step: Floats, direction: Floats) -> float:
    """Give how far to go: to where the dual has nearly stopped falling along the step, and not beyond."""
    here = fit.predictor
    cost = 1.0 if problem.cost is None else problem.cost
    leverage = problem.base * direction * cost
    wanted = float(problem.target @ step)

    def slope(length: float) -> float:
        return float(leverage @ problem.distance.factor(here + length * direction)) - wanted

    start = float(fit.misfit @ step)
    low, high, length = 0.0, np.inf, 1.0
    while LONGEST > length > 1 / LONGEST:
        now = slope(length)
        if 0.9 * start <= now <= -0.1 * start:
            return length
        if now > 0:
            high = length
        else:
            low = length
        length = 4 * length if np.isinf(high) else (low + high) / 2
        if np.isfinite(high) and high - low < 1e-9 * high:
            break
    return length


def _impossible(problem: Problem, fit: Fit) -> bool:
    """Say whether the multipliers prove that no factors within the bounds reach the targets.

    For any multipliers, what they make of the auxiliaries adds up to the most when rows where it is positive have
    their largest factor and the others their least.
    """
    low, high = problem.distance.low, problem.distance.high
    if not (np.all(np.isfinite(low)) and np.all(np.isfinite(high))):
        return False
    value = problem.base * (fit.predictor if problem.cost is None else fit.predictor * problem.cost)
    most = float(np.sum(np.where(value > 0, high, low) * value))
    wanted = float(problem.target @ fit.multipliers)
    return wanted - most > 1e-9 * (abs(wanted) + float(np.abs(value).sum()))
