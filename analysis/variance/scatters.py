"""Variances that do not come from stages of sampling: from replicates, from joint probabilities, or known.

All of them give what :class:`Scatter` gives: variances, a full covariance, and some of their estimates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import sparse

from ...data.errors import EstimationError
from ..sampling.categories import Bools, Floats, Ints
from ..sampling.sums import Table, dense
from .row_scatter import RowScatter
from .scatter import Adjustment, Scatter, from_targets


class AnyScatter(Protocol):
    """How a set of estimates of one design vary."""

    @property
    def variances(self) -> Floats:
        """Variance of each estimate."""

    @property
    def covariance(self) -> Floats:
        """Covariance of all estimates with each other."""

    def picked(self, columns: Ints) -> AnyScatter:
        """Give the scatter of some of the estimates, in another order."""


@dataclass(frozen=True, eq=False)
class FixedScatter:
    """A covariance matrix that is known.

    Attributes
    ----------
    covariance : numpy.ndarray
        Estimates x estimates.
    """

    covariance: Floats

    @property
    def variances(self) -> Floats:
        """Variance of each estimate."""
        return np.diag(self.covariance).copy()

    def picked(self, columns: Ints) -> FixedScatter:
        """Give the scatter of some of the estimates, in another order."""
        return FixedScatter(self.covariance[np.ix_(columns, columns)])


@dataclass(frozen=True, eq=False)
class ReplicateScatter:
    """Estimates of every replicate, and the variance they carry (R's ``svrVar``).

    An estimate that is not defined in a replicate, because nobody of its group is left there, goes without that
    replicate, as in R.

    Attributes
    ----------
    replicates : numpy.ndarray
        Replicates x estimates; missing where an estimate is not defined.
    estimate : numpy.ndarray
        The estimates of the whole sample.
    scale : float
        Factor of the sum of squares.
    rscales : numpy.ndarray
        Factor of each replicate.
    mse : bool
        Whether deviations are from the estimate of the whole sample, not from the mean of the replicates.
    """

    replicates: Floats
    estimate: Floats
    scale: float
    rscales: Floats
    mse: bool

    @cached_property
    def variances(self) -> Floats:
        """Variance of each estimate."""
        deviations = self._deviations
        return np.asarray(np.einsum("ij,ij->j", deviations, deviations))

    @cached_property
    def covariance(self) -> Floats:
        """Covariance of all estimates with each other."""
        return np.asarray(self._deviations.T @ self._deviations)

    @property
    def undefined(self) -> Ints:
        """Count for each estimate the replicates in which it is not defined."""
        return np.asarray(np.isnan(self.replicates).sum(axis=0), dtype=np.int64)

    def picked(self, columns: Ints) -> ReplicateScatter:
        """Give the scatter of some of the estimates, in another order."""
        return replace(self, replicates=self.replicates[:, columns], estimate=self.estimate[columns])

    @property
    def _deviations(self) -> Floats:
        defined = ~np.isnan(self.replicates)
        if not defined.any(axis=0).all():
            raise EstimationError(
                "an estimate is not defined in any replicate, so its error cannot be estimated; leave that group out."
            )
        centre = self.estimate if self.mse else self._means(defined)
        root = np.sqrt(self.scale * self.rscales)[:, None]
        return np.where(defined, self.replicates - centre, 0.0) * root

    def _means(self, defined: Bools) -> Floats:
        """Give the mean over replicates of a positive factor."""
        counted = defined & (self.rscales > 0)[:, None]
        known = np.where(counted, self.replicates, 0.0)
        return np.asarray(known.sum(axis=0) / np.maximum(counted.sum(axis=0), 1))


@dataclass(frozen=True, eq=False)
class QuadraticScatter:
    """Unit totals of influence values, and the matrix of their quadratic form.

    Attributes
    ----------
    totals : table
        Totals by unit (rows) and estimate (columns).
    matrix : numpy.ndarray
        Unit x unit: how each pair of totals counts.
    adjustments : tuple of Adjustment
        What calibration takes out of the totals.
    """

    totals: Table
    matrix: Floats
    adjustments: tuple[Adjustment, ...] = ()

    @cached_property
    def variances(self) -> Floats:
        """Variance of each estimate."""
        totals = self._adjusted
        moved = from_targets(self.adjustments, totals.shape[1])
        checked = self._checked(np.einsum("ij,ij->j", totals, self.matrix @ totals))
        return np.asarray(checked + np.einsum("ij,ij->j", moved, moved))

    @cached_property
    def covariance(self) -> Floats:
        """Covariance of all estimates with each other."""
        totals = self._adjusted
        moved = from_targets(self.adjustments, totals.shape[1])
        return np.asarray(totals.T @ self.matrix @ totals + moved.T @ moved)

    def picked(self, columns: Ints) -> QuadraticScatter:
        """Give the scatter of some of the estimates, in another order."""
        steps = tuple(step.picked(columns) for step in self.adjustments)
        return replace(self, totals=self.totals[:, columns], adjustments=steps)

    @property
    def _adjusted(self) -> Floats:
        totals = dense(self.totals).copy()
        for step in self.adjustments:
            totals -= step.auxiliaries @ step.coefficients
        return totals

    def _checked(self, variances: Floats) -> Floats:
        """Refuse what is below zero by more than rounding; the Horvitz-Thompson form can be."""
        rounding = 1e-12 * np.einsum("ij,ij->j", self._adjusted, self._adjusted)
        if (variances < -rounding).any():
            raise EstimationError(
                "the Horvitz-Thompson variance is negative for these joint probabilities, as can happen; choose "
                "pps_variance='yates-grundy', or pps='brewer'."
            )
        return np.maximum(variances, 0.0)


@dataclass(frozen=True, eq=False)
class PartlyKnown:
    """A scatter of which the errors of some estimates are not known.

    Attributes
    ----------
    scatter : AnyScatter
        All of them.
    known : numpy.ndarray of bool
        Which of them are known.
    """

    scatter: AnyScatter
    known: Bools

    @property
    def variances(self) -> Floats:
        """Variance of each estimate; missing where it is not known."""
        return np.where(self.known, self.scatter.variances, np.nan)

    @property
    def covariance(self) -> Floats:
        """Covariance of all estimates with each other; missing where one is not known."""
        return np.where(np.outer(self.known, self.known), self.scatter.covariance, np.nan)

    def picked(self, columns: Ints) -> PartlyKnown:
        """Give the scatter of some of the estimates, in another order."""
        return PartlyKnown(self.scatter.picked(columns), self.known[columns])


def joined(scatters: Sequence[AnyScatter]) -> AnyScatter:
    """Put the estimates of several scatters of one design side by side, with their covariances.

    Raises
    ------
    EstimationError
        When they cannot be: they come from different kinds of variance, or only their own covariance is known.

    Examples
    --------
    >>> one = ReplicateScatter(np.array([[1.0], [3.0]]), np.array([2.0]), 0.5, np.ones(2), True)
    >>> joined([one, one]).covariance.round(6).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    if len(scatters) == 1:
        return scatters[0]
    if any(isinstance(each, PartlyKnown) for each in scatters):
        return _joined_partly(scatters)
    scatters = [each.general if isinstance(each, RowScatter) else each for each in scatters]
    first = scatters[0]
    if isinstance(first, Scatter):
        parts = [each for each in scatters if isinstance(each, Scatter)]
        if len(parts) == len(scatters):
            present = None if first.present is None else np.hstack([np.asarray(each.present) for each in parts])
            steps = _joined_steps([each.adjustments for each in parts])
            return replace(first, totals=beside([each.totals for each in parts]), adjustments=steps, present=present)
    if isinstance(first, QuadraticScatter):
        squares = [each for each in scatters if isinstance(each, QuadraticScatter)]
        if len(squares) == len(scatters):
            steps = _joined_steps([each.adjustments for each in squares])
            return replace(first, totals=beside([each.totals for each in squares]), adjustments=steps)
    if isinstance(first, ReplicateScatter):
        sets = [each for each in scatters if isinstance(each, ReplicateScatter)]
        if len(sets) == len(scatters) and len({len(each.replicates) for each in sets}) == 1:
            replicates = np.hstack([each.replicates for each in sets])
            return replace(first, replicates=replicates, estimate=np.concatenate([each.estimate for each in sets]))
    raise EstimationError(
        "these results have no known covariance with each other; combine estimates made from one design, before they "
        "are contrasted or combined."
    )


def _joined_partly(scatters: Sequence[AnyScatter]) -> PartlyKnown:
    """Join scatters of which some know the errors of only some estimates."""
    parts = [each if isinstance(each, PartlyKnown) else _known(each) for each in scatters]
    return PartlyKnown(joined([each.scatter for each in parts]), np.concatenate([each.known for each in parts]))


def _known(scatter: AnyScatter) -> PartlyKnown:
    return PartlyKnown(scatter, np.ones(len(scatter.variances), dtype=bool))


def beside(tables: Sequence[Table]) -> Table:
    """Put tables side by side; one sparse table makes the whole sparse."""
    if any(sparse.issparse(table) for table in tables):
        stacked: Table = sparse.hstack([sparse.csr_array(table) for table in tables], format="csr")
        return stacked
    return np.hstack(tables)


def _joined_steps(all_steps: Sequence[tuple[Adjustment, ...]]) -> tuple[Adjustment, ...]:
    return tuple(
        replace(steps[0], coefficients=np.hstack([step.coefficients for step in steps]))
        for steps in zip(*all_steps, strict=True)
    )
