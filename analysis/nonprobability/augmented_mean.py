"""Doubly robust means: what a working model predicts for a reference, put right by its residuals in the sample.

With W the weights of the sample, d those of the reference and m the model's predictions, the mean of a group is
``sum W (y - m) / sum W + sum d m / sum d``, each sum over the group's rows in either. Chen, Li and Wu (2020), Doubly
robust inference with nonprobability survey samples, JASA 115, section 3, with both denominators estimated. The model is
fitted with W: then residuals and fit answer to the same weights, so that the chain rule through the steps of the
weighting gives the whole error, and shares stay between 0 and 1. Kang and Schafer (2007), Demystifying double
robustness, Statistical Science 22, section 3, on models fitted with inverse chances as weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..estimation.measure import Base
from ..models.families import GlmCurve
from ..models.scoring import Problem, solved
from ..sampling.categories import Bools, Floats, Ints
from ..sampling.sums import summed


@dataclass(frozen=True, eq=False)
class Population:
    """The reference, as predictions are averaged over it.

    Attributes
    ----------
    matrix : numpy.ndarray
        Rows x columns of the model.
    group : numpy.ndarray of int64
        For each row its group; -1 for none.
    weights : numpy.ndarray
        Of its rows.
    """

    matrix: Floats
    group: Ints
    weights: Floats


@dataclass(frozen=True, eq=False)
class Augmented:
    """What is needed for the means of one response by group.

    Attributes
    ----------
    base : Base
        The rows of the sample that have an answer and a group.
    response : numpy.ndarray
        Their answers.
    matrix : numpy.ndarray
        Their columns.
    names : tuple of str
        The columns.
    curve : GlmCurve
        Family and link.
    population : Population
        The reference.
    """

    base: Base
    response: Floats
    matrix: Floats
    names: tuple[str, ...]
    curve: GlmCurve
    population: Population

    def found(self, weights: Floats, start: Floats | None = None) -> Fitted:
        """Fit the model, and average, with weights for all rows of the sample.

        Raises
        ------
        EstimationError
            When the model has no fit.
        """
        own = self.base.own(weights)
        answers = self.response[own > 0]
        if self.curve.family == "binomial" and len(answers) and (answers == answers[0]).all():
            return self._constant(own, float(answers[0]))
        problem = Problem(self.matrix, self.response, None, self.names, self.curve)
        scale = float(own.mean())
        solution = solved(problem, own / scale, start)
        return self._averaged(own, solution.coefficients, solution.bread / scale)

    def _averaged(self, own: Floats, coefficients: Floats, bread: Floats) -> Fitted:
        linear, there = self.matrix @ coefficients, self.population
        residual, prediction = self.response - self.curve.mean(linear), self.curve.mean(there.matrix @ coefficients)
        mean_residual, mean_prediction = self._mean(own, residual), self._population_mean(prediction)
        slopes = self._population_slopes(coefficients) - self._slopes(own, linear)
        return Fitted(self, own, coefficients, bread, residual, prediction, mean_residual, mean_prediction, slopes)

    def _constant(self, own: Floats, answer: float) -> Fitted:
        """Give what everybody answers, which no model is needed for."""
        groups, width = self.base.domains, self.matrix.shape[1]
        mean = np.where(summed_over(self.base.domain, groups, own) > 0, answer, np.nan)
        zero = np.zeros(len(own))
        prediction = np.full(len(self.population.weights), answer)
        return Fitted(
            self,
            own,
            np.zeros(0),
            np.zeros((width, width)),
            zero,
            prediction,
            mean * 0,
            mean,
            np.zeros((width, groups)),
        )

    def _mean(self, own: Floats, values: Floats) -> Floats:
        return _divided(summed_over(self.base.domain, self.base.domains, own * values), self._size(own))

    def _size(self, own: Floats) -> Floats:
        return summed_over(self.base.domain, self.base.domains, own)

    def _population_mean(self, values: Floats) -> Floats:
        there, groups = self.population, self.base.domains
        return _divided(
            summed_over(there.group, groups, there.weights * values), summed_over(there.group, groups, there.weights)
        )

    def _slopes(self, own: Floats, linear: Floats) -> Floats:
        """Give columns x groups: how the mean of predictions in the sample moves with the coefficients."""
        moved = own * self.curve.slope(linear)
        sums = [summed_over(self.base.domain, self.base.domains, moved * column) for column in self.matrix.T]
        return _divided(np.vstack(sums), self._size(own))

    def _population_slopes(self, coefficients: Floats) -> Floats:
        """Give the same of the reference."""
        there, groups = self.population, self.base.domains
        moved = there.weights * self.curve.slope(there.matrix @ coefficients)
        sums = [summed_over(there.group, groups, moved * column) for column in there.matrix.T]
        return _divided(np.vstack(sums), summed_over(there.group, groups, there.weights))


@dataclass(frozen=True, eq=False)
class Fitted:
    """The means of one response by group, with what they are made of.

    Attributes
    ----------
    asked : Augmented
        The response, and the rows.
    own : numpy.ndarray
        Weights of the rows that the model is fitted to.
    coefficients, bread : numpy.ndarray
        Of the model; no coefficients where everybody answers alike.
    residual : numpy.ndarray
        Of the rows that the model is fitted to.
    prediction : numpy.ndarray
        For each row of the reference.
    mean_residual, mean_prediction : numpy.ndarray
        By group.
    slopes : numpy.ndarray
        Columns x groups: how the means move with the coefficients.
    """

    asked: Augmented
    own: Floats
    coefficients: Floats
    bread: Floats
    residual: Floats
    prediction: Floats
    mean_residual: Floats
    mean_prediction: Floats
    slopes: Floats

    @property
    def estimate(self) -> Floats:
        """The means by group."""
        return np.asarray(self.mean_residual + self.mean_prediction)

    @property
    def spread(self) -> Floats:
        """Weighted mean square deviation of the answers from their mean, by group."""
        base, values = self.asked.base, self.asked.response
        means = _divided(summed(base.domain, base.domains, self.own * values), base.weighted_n)
        squares = self.own * (values - means[base.domain]) ** 2
        return np.asarray(summed(base.domain, base.domains, squares) / base.weighted_n)

    def influence(self, size: int) -> Floats:
        """Give rows x groups influence values on the weights, for all ``size`` rows of the sample."""
        asked = self.asked
        scores = asked.matrix * self.residual[:, None]
        values = scores @ (self.bread @ np.nan_to_num(self.slopes))
        values += _deviations(asked.base.domain, self.own, self.residual, self.mean_residual)
        wide = np.zeros((size, values.shape[1]))
        wide[asked.base.rows] = values
        return wide

    def reference_influence(self, counted: Bools) -> Floats:
        """Give rows x groups influence values on the reference's weights, for all its rows."""
        there = self.asked.population
        wide = np.zeros((len(counted), self.asked.base.domains))
        wide[counted] = _deviations(there.group, there.weights, self.prediction, self.mean_prediction)
        return wide


def summed_over(group: Ints, groups: int, values: Floats) -> Floats:
    """Add up values by group, those of rows without a group left out.

    Examples
    --------
    >>> summed_over(np.array([0, -1, 1]), 2, np.array([1.0, 2.0, 4.0])).tolist()
    [1.0, 4.0]
    """
    return np.asarray(summed(group + 1, groups + 1, values)[1:])


def _deviations(group: Ints, weights: Floats, values: Floats, means: Floats) -> Floats:
    """Give rows x groups: each row's distance from the mean of its group, over the group's weight."""
    groups = len(means)
    size = summed_over(group, groups, weights)
    inside = np.flatnonzero(group >= 0)
    wide = np.zeros((len(group), groups))
    at = group[inside]
    wide[inside, at] = (values[inside] - means[at]) / size[at]
    return wide


def _divided(over: Floats, under: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(under > 0, over / under, np.nan))
