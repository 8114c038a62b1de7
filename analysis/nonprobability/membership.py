"""Who is in a nonprobability sample: the equations that a reference sample makes solvable, and their solution.

With u the linear predictor of a row, f its frequency and w its weight, all methods solve

``sum over the sample of f w a(u) x  =  sum over the reference of d b(u) x``

and multiply weights by g(u). Each is the slope of a concave height, so that there is one solution or none.

* Pseudo maximum likelihood: a = 1, b = p, g = 1/p, with p = 1/(1 + exp(-u)). Chen, Li and Wu (2020), Doubly robust
  inference with nonprobability survey samples, JASA 115, section 3.
* Odds of membership in the pooled samples: a = 1 - p, b = p, g = (1 - p)/p. Elliott and Valliant (2017), Inference for
  nonprobability samples, Statistical Science 32; Wang, Valliant and Li (2021), Adjusted logistic propensity weighting
  methods for population inference using nonprobability volunteer-based cohorts, Statistics in Medicine 40.
* Calibrated: a = g = 1/p, b = 1, so that weighted totals of x equal those of the reference. Chen, Li and Wu (2020),
  section 3 as well; Beaumont (2020), Are probability surveys bound to disappear, Survey Methodology 46.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.special import expit, log_expit

from ...data.errors import EstimationError, WeightingError
from ..models.aliases import refuse_aliased
from ..sampling.categories import Bools, Floats

Method = Literal["pseudo", "odds", "calibrated"]

STEPS = 100
"""Newton steps before giving up."""

BLOCK = 4_096
"""Cells whose products are added up at a time, so that they stay in the processor's cache."""

CLOSE = 1e-9
"""A step that moves no linear predictor by more is the last one: what is left is its square."""

HALVINGS = 40
"""Halvings of a step before it is given up."""

NEAR = 0.1
"""A step that moves no linear predictor by more cannot lead down."""

FAR = 35.0
"""A linear predictor this far out stands for a chance of 10**-15, or as near to 1: the solution has run away."""

FLAT = 1e-13
"""An equation this near to holding, relative to its terms, holds."""


@dataclass(frozen=True)
class Equation:
    """The estimating equation of a method.

    Attributes
    ----------
    method : {"pseudo", "odds", "calibrated"}
        Which one.
    """

    method: Method

    def factor(self, linear: Floats) -> Floats:
        """Give what a weight is multiplied by.

        Examples
        --------
        >>> Equation("pseudo").factor(np.zeros(1)).tolist(), Equation("odds").factor(np.zeros(1)).tolist()
        ([2.0], [1.0])
        """
        return np.asarray(np.exp(-linear) + (self.method != "odds"))

    def slope(self, linear: Floats) -> Floats:
        """Give minus the derivative of the factor."""
        return np.asarray(np.exp(-linear))

    def sample_term(self, linear: Floats) -> Floats:
        """Give a(u)."""
        if self.method == "pseudo":
            return np.ones_like(linear)
        return np.asarray(expit(-linear)) if self.method == "odds" else self.factor(linear)

    def reference_term(self, linear: Floats) -> Floats:
        """Give b(u)."""
        return np.ones_like(linear) if self.method == "calibrated" else np.asarray(expit(linear))

    def bend(self, linear: Floats, sample: Floats, reference: Floats) -> Floats:
        """Give minus the derivative of the difference of both terms, for the weights of a cell in either."""
        if self.method == "calibrated":
            return np.asarray(sample * np.exp(-linear))
        spread = expit(linear) * expit(-linear)
        return np.asarray((reference if self.method == "pseudo" else sample + reference) * spread)

    def bends(self, sample: Floats, reference: Floats) -> Bools:
        """Say which cells have a term that depends on the coefficients, for their weights in either."""
        if self.method == "odds":
            return np.ones(len(sample), dtype=bool)
        return np.asarray((reference if self.method == "pseudo" else sample) > 0)

    def height(self, linear: Floats, sample: Floats, reference: Floats) -> float:
        """Give the concave function of which the equation is the slope."""
        if self.method == "calibrated":
            terms = sample * (linear - np.exp(-linear)) - reference * linear
        elif self.method == "pseudo":
            terms = sample * linear + reference * log_expit(-linear)
        else:
            terms = sample * log_expit(linear) + reference * log_expit(-linear)
        return float(terms.sum())


@dataclass(frozen=True, eq=False)
class Membership:
    """The equation, for a sample and a reference.

    Attributes
    ----------
    equation : Equation
        Of which method.
    matrix : numpy.ndarray
        Cells x columns.
    names : tuple of str
        The columns, ``"Intercept"`` among them.
    sample, reference : numpy.ndarray
        Weight of each cell in either.
    shift : numpy.ndarray or None
        By how much the reference's side is moved, for the reference's own error.
    where : str
        Which replicate it is, for messages; empty for the whole sample.
    """

    equation: Equation
    matrix: Floats
    names: tuple[str, ...]
    sample: Floats
    reference: Floats
    shift: Floats | None = None
    where: str = ""

    def solved(self, start: Floats | None = None) -> Floats:
        """Find the coefficients at which the equation holds.

        Parameters
        ----------
        start : numpy.ndarray, optional
            Coefficients near the solution.

        Raises
        ------
        WeightingError
            When columns are combinations of others, or no coefficients solve it.

        Examples
        --------
        >>> cells = Membership(Equation("pseudo"), np.ones((1, 1)), ("Intercept",), np.array([250.0]), np.array([1e3]))
        >>> cells.solved().round(6).tolist()
        [-1.098612]
        """
        self._check(whole=start is None)
        first = self._start if start is None else start
        return self._bending._found(first)

    def _found(self, coefficients: Floats) -> Floats:
        """Take Newton steps until they are small."""
        for _ in range(STEPS):
            score, size = self._score(coefficients)
            step = _step(self.curvature(coefficients), score)
            if step is None or np.abs(self.matrix @ coefficients).max() > FAR:
                break
            reach = np.abs(self.matrix @ step).max()
            if reach <= CLOSE or (np.abs(score) <= FLAT * size).all():
                return np.asarray(coefficients + step)
            coefficients = coefficients + step if reach <= NEAR else self._climbed(coefficients, step)
        raise WeightingError(self._without_solution(coefficients))

    @property
    def _bending(self) -> Membership:
        """Leave out cells whose term does not depend on the coefficients, and move the other side by them instead."""
        bent = self.equation.bends(self.sample, self.reference)
        if bent.all():
            return self
        rest = self.matrix[~bent].T @ (self.reference - self.sample)[~bent]
        shift = rest if self.shift is None else self.shift + rest
        return replace(
            self,
            matrix=np.asfortranarray(self.matrix[bent]),
            sample=self.sample[bent],
            reference=self.reference[bent],
            shift=shift,
        )

    def curvature(self, coefficients: Floats) -> Floats:
        """Give minus the derivative of the equation by the coefficients."""
        bend = self.equation.bend(self.matrix @ coefficients, self.sample, self.reference)
        width = self.matrix.shape[1]
        found = np.zeros((width, width))
        for first in range(0, len(bend), BLOCK):
            rows = slice(first, first + BLOCK)
            block = self.matrix[rows].T
            found += (block * bend[rows]) @ block.T
        return found

    @property
    def _begin(self) -> str:
        return f"{self.where}: " if self.where else ""

    def _check(self, *, whole: bool) -> None:
        here, there = float(self.sample.sum()), float(self.reference.sum())
        if not here > 0:
            raise WeightingError(f"{self._begin}nobody of the sample has a weight above zero.")
        if self.equation.method != "odds" and not here < there:
            raise WeightingError(
                f"{self._begin}the weights of the reference add up to {there:,.4g} and those of the sample to "
                f"{here:,.4g}, so that chances of being in the sample cannot be below 1. Give the reference weights "
                "that add up to the population, or choose method='odds'."
            )
        sides = ((self.sample, "the sample"), (self.reference, "the reference"))
        for weights, called in sides if whole else sides[:1]:
            try:
                refuse_aliased(self.matrix, weights, self.names)
            except EstimationError as error:
                raise WeightingError(f"{self._begin}in {called}, {error}") from None

    @cached_property
    def _start(self) -> Floats:
        """Begin with the same chance for everybody."""
        share = self.sample.sum() / self.reference.sum()
        odds = share if self.equation.method == "odds" else share / (1 - share)
        return np.asarray([np.log(odds) if name == "Intercept" else 0.0 for name in self.names])

    def _score(self, coefficients: Floats) -> tuple[Floats, Floats]:
        """Give by how much the equation fails, and the size of its terms."""
        linear = self.matrix @ coefficients
        here = self.sample * self.equation.sample_term(linear)
        there = self.reference * self.equation.reference_term(linear)
        score = self.matrix.T @ (here - there)
        return score if self.shift is None else score - self.shift, np.abs(self.matrix).T @ (here + there)

    def _climbed(self, coefficients: Floats, step: Floats) -> Floats:
        """Take a step, or the half, quarter ... of it that does not lead down."""
        now = self._height(coefficients)
        for halvings in range(HALVINGS):
            new = coefficients + step / 2**halvings
            if self._height(new) >= now - 1e-12 * abs(now):
                return np.asarray(new)
        return coefficients

    def _height(self, coefficients: Floats) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            height = self.equation.height(self.matrix @ coefficients, self.sample, self.reference)
        return height if self.shift is None else height - float(self.shift @ coefficients)

    def _without_solution(self, coefficients: Floats) -> str:
        """Say which column keeps the equation from holding."""
        with np.errstate(over="ignore", invalid="ignore"):
            score, size = self._score(coefficients)
            gaps = np.abs(score) / np.where(size > 0, size, 1.0)
        worst = self.names[int(np.argmax(np.nan_to_num(gaps, nan=np.inf)))]
        another = "method='pseudo'" if self.equation.method == "calibrated" else "fewer columns"
        return (
            f"{self._begin}no chances of being in the sample make it agree with the reference; {worst} stays furthest "
            f"off. Some people whom the reference has the sample cannot hold, or it holds more of them than there are: "
            f"join categories, leave a column out, or choose {another}."
        )


def _step(curvature: Floats, score: Floats) -> Floats | None:
    """Give Newton's step; None where the curvature has vanished or has no bounds."""
    diagonal = np.diag(curvature)
    if not np.isfinite(curvature).all() or (diagonal <= 0).any():
        return None
    scale = 1 / np.sqrt(diagonal)
    try:
        root = np.linalg.cholesky(curvature * scale[:, None] * scale)
    except np.linalg.LinAlgError:
        return None
    return np.asarray(scale * np.linalg.solve(root.T, np.linalg.solve(root, scale * score)))
