"""Scores of a fitted model: what each row adds to the estimating equations, and the variance that follows.

The variance of the coefficients is the bread on either side of the design's variance of the score totals; totals are
taken first and multiplied by the bread after, so that no table of rows by coefficients is needed for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import numpy as np

from ...data.errors import EstimationError
from ..estimation.linear import FIXED
from ..sampling.categories import Floats, Ints
from ..sampling.design import Design
from ..sampling.sums import Table, summed
from ..variance.influence import refitted, taylor_scatter
from ..variance.scatters import AnyScatter
from .model_rows import ModelRows

DOUBTFUL = 1e-8
"""A standard error below this share of the coefficient, or of the root of its inverse information, may be rounding."""


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of the rows used: the columns of a matrix, each times a residual.

    Attributes
    ----------
    matrix : numpy.ndarray
        Rows used x coefficients.
    residual : numpy.ndarray or None
        For each row what its matrix row is multiplied by; None for 1.
    bread : numpy.ndarray
        Inverse information, for weights of mean about 1.
    used : ModelRows
        The rows used.
    """

    matrix: Floats
    residual: Floats | None
    bread: Floats
    used: ModelRows

    def influence(self) -> Floats:
        """Give rows used x coefficients influence values, for the design's own weights."""
        scores = self.matrix.T if self.residual is None else self.matrix.T * self.residual
        return np.asarray((self.bread @ scores).T / self.used.scale)

    def totals(self, group: Ints, groups: int, weights: Floats) -> Table:
        """Add up weighted influence values by group, from groups and weights of all rows of the design."""
        rows = self.used.rows
        if len(rows) < len(group):
            group, weights = group[rows], weights[rows]
        own = weights if self.residual is None else weights * self.residual
        sums = np.empty((groups, self.matrix.shape[1]))
        for at, column in enumerate(self.matrix.T):
            sums[:, at] = summed(group, groups, own * column)
        return np.asarray(sums @ (self.bread / self.used.scale))


def scatter_of_scores(
    design: Design, scores: Scores, estimate: Floats, refit: Callable[[Floats], Floats], what: str
) -> AnyScatter:
    """Give the scatter of a model's coefficients: from its scores, or fitted again with each replicate's weights."""
    if design.replication is not None:
        return refitted(design.replication, estimate, _naming_replicates(refit, len(design.replication)), what=what)
    last = design.stages[-1]
    by_unit = scores.totals(last.unit, len(last.stratum), design.weights)
    return taylor_scatter(design, by_unit, scores.totals, _present(design, scores))


def without_rounding(design: Design, scores: Scores, estimate: Floats, se: Floats) -> Floats:
    """Give standard errors, 0 where only rounding is left of them: strata fix the coefficient, or one PSU holds all.

    Rounding is measured against what the rows would add up to if none took away from another, and only where an error
    is small enough for a doubt, because it takes a table of rows by coefficients.
    """
    size = np.maximum(np.abs(estimate), np.sqrt(np.diag(scores.bread)))
    if design.replication is not None or not (se <= DOUBTFUL * size).any():
        return np.where(se > FIXED * np.abs(estimate), se, 0.0)
    weights = design.weights[scores.used.rows]
    return np.where(se > FIXED * (weights @ np.abs(scores.influence())), se, 0.0)


def _naming_replicates(refit: Callable[[Floats], Floats], of: int) -> Callable[[Floats], Floats]:
    """Say of a replicate that cannot be fitted which one it is: the whole sample has been fitted by then."""
    places = count(1)

    def named(weights: Floats) -> Floats:
        place = next(places)
        try:
            return refit(weights)
        except EstimationError as error:
            raise EstimationError(
                f"the whole sample has a fit, but replicate {place} of {of} has none: {error} Errors by Taylor "
                "linearisation, from a Design with strata and PSUs, need no fit in replicates."
            ) from error

    return named


def _present(design: Design, scores: Scores) -> Floats | None:
    """Say for ``lone_psu="average"``, by first-stage stratum and coefficient, whether any row of the stratum counts."""
    if design.lone_psu != "average":
        return None
    first = design.stages[0]
    counted = np.zeros(len(first.sampled))
    counted[first.stratum[first.unit[scores.used.rows]]] = 1.0
    return np.repeat(counted[:, None], scores.matrix.shape[1], axis=1)
