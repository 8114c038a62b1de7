"""From the error of the share at or below a value to that of a quantile, and back.

A quantile has no smooth dependence on the weights, but the share of the population at or below a given value is a
proportion, with a standard error of the usual kind. Woodruff (1952), Confidence intervals for medians and other
position measures, Journal of the American Statistical Association 47; Francisco and Fuller (1991), Quantile estimation
with a complex survey design, Annals of Statistics 19(1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from ..sampling.categories import Floats, Ints
from ..sampling.design import Design
from ..sampling.sums import Table, sums
from ..variance.influence import taylor_scatter
from ..variance.scatter import Scatter
from ..variance.scatters import AnyScatter, PartlyKnown, QuadraticScatter, ReplicateScatter
from .measure import Base, presence


@dataclass(frozen=True, eq=False)
class SharesBelow:
    """Shares of the weights at or below thresholds of each domain.

    Attributes
    ----------
    base : Base
        The rows that count.
    interval : numpy.ndarray of int64
        For each of them how many of its domain's thresholds, sorted, lie below its value.
    order : numpy.ndarray of int64
        Domains x thresholds: the place of each threshold in its domain's sorted ones.
    shares : numpy.ndarray
        Domains x thresholds; 0 for an empty domain.
    """

    base: Base
    interval: Ints
    order: Ints
    shares: Floats

    @property
    def width(self) -> int:
        """Thresholds for each domain."""
        return int(self.order.shape[1])

    def sums(self, group: Ints, groups: int, weights: Floats | None = None) -> Table:
        """Add up weights by group, domain and interval between thresholds."""
        cells = self.base.domains * (self.width + 1)
        own = self.base.weights if weights is None else self.base.own(weights)
        return sums(self.base.own(group), groups, self.base.domain * (self.width + 1) + self.interval, cells, own)

    def influence(self, group: Ints, groups: int, weights: Floats | None = None) -> Table:
        """Add up influence values of the shares by group, domain and threshold."""
        totals = self.sums(group, groups, weights)
        if sparse.issparse(totals):
            linearised: Table = sparse.csr_array(totals @ self._linear)
            return linearised
        return np.asarray((self._linear.T @ totals.T).T)

    @property
    def _linear(self) -> sparse.csr_array:
        """Give the matrix from sums by interval to (weights at or below - share * weights) / weighted n."""
        domains, width = self.shares.shape
        below = np.arange(width + 1)[None, :, None] <= self.order[:, None, :]
        entries = (below - self.shares[:, None, :]) / self.base.weighted_n[:, None, None]
        domain = np.arange(domains)[:, None, None]
        row = np.broadcast_to(domain * (width + 1) + np.arange(width + 1)[None, :, None], entries.shape)
        column = np.broadcast_to(domain * width + np.arange(width)[None, None, :], entries.shape)
        shape = (domains * (width + 1), domains * width)
        return sparse.csr_array((entries.ravel(), (row.ravel(), column.ravel())), shape=shape)

    def scatter(self, design: Design) -> AnyScatter:
        """Give how the shares vary, domain after domain, threshold after threshold."""
        if design.replication is not None:
            return self._replicate_scatter(design)
        last = design.stages[-1]
        by_unit = self.influence(last.unit, len(last.stratum))
        return taylor_scatter(design, by_unit, self.influence, presence(design, [(self.base, self.width)]))

    def _replicate_scatter(self, design: Design) -> ReplicateScatter:
        replication = design.replication
        assert replication is not None
        by_replicate = replication.sums(self.sums(replication.unit, replication.units, replication.base))
        below = np.cumsum(by_replicate.reshape(len(replication), *self.shares.shape[:1], self.width + 1), axis=2)
        at = np.broadcast_to(self.order, (len(replication), *self.order.shape))
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.take_along_axis(below, at, axis=2) / below[:, :, -1:]
        estimate, shape = self.shares.ravel(), (len(replication), -1)
        return ReplicateScatter(found.reshape(shape), estimate, replication.scale, replication.rscales, replication.mse)


def shares_below(base: Base, values: Floats, thresholds: Floats) -> SharesBelow:
    """Give the shares of the weights at or below the thresholds of each domain (rows); none is below a missing one.

    Examples
    --------
    >>> base = Base(np.arange(4), np.zeros(4, dtype=np.int64), 1, np.array([1.0, 1.0, 1.0, 1.0]))
    >>> shares_below(base, np.array([20.0, 30.0, 40.0, 50.0]), np.array([[40.0, 25.0]])).shares.tolist()
    [[0.75, 0.25]]
    """
    filled = np.where(np.isnan(thresholds), -np.inf, thresholds)
    ascending = np.sort(filled, axis=1)
    interval = np.zeros(len(values), dtype=np.int64)
    for each in ascending.T:
        interval += values > (each[0] if base.domains == 1 else each[base.domain])
    order = np.argsort(np.argsort(filled, axis=1, kind="stable"), axis=1, kind="stable")
    cells = base.domain * (filled.shape[1] + 1) + interval
    summed = np.bincount(cells, weights=base.weights, minlength=base.domains * (filled.shape[1] + 1))
    below = np.cumsum(summed.reshape(base.domains, -1), axis=1)
    everybody = interval_counts(base, interval, filled.shape[1])
    shares = np.take_along_axis(below, order, axis=1) / np.where(base.n > 0, below[:, -1], 1.0)[:, None]
    complete = np.take_along_axis(everybody, order, axis=1) == base.n[:, None]
    return SharesBelow(base, interval, order, np.where(complete & (base.n > 0)[:, None], 1.0, shares))


def interval_counts(base: Base, interval: Ints, width: int) -> Ints:
    """Count respondents at or below each sorted threshold of their domain, and in all."""
    counted = np.bincount(base.domain * (width + 1) + interval, minlength=base.domains * (width + 1))
    return np.cumsum(counted.reshape(base.domains, width + 1), axis=1)


def rescaled(scatter: AnyScatter, estimate: Floats, factor: Floats) -> AnyScatter:
    """Give the scatter of estimates whose errors are multiples of others'; a missing factor makes an error missing.

    Examples
    --------
    >>> shares = ReplicateScatter(np.array([[0.4], [0.6]]), np.array([0.5]), 0.5, np.ones(2), True)
    >>> round(float(rescaled(shares, np.array([30.0]), np.array([-50.0])).variances[0]), 9)
    25.0
    """
    if isinstance(scatter, ReplicateScatter):
        known = ~np.isnan(factor)
        centre = np.where(known, estimate, 0.0)
        found = centre + (scatter.replicates - scatter.estimate) * np.where(known, factor, 0.0)
        made = replace(scatter, replicates=found, estimate=centre)
        return made if known.all() else PartlyKnown(made, known)
    assert isinstance(scatter, Scatter | QuadraticScatter)
    totals = scatter.totals
    scaled: Table = totals @ sparse.diags_array(factor) if sparse.issparse(totals) else totals * factor
    steps = tuple(replace(step, coefficients=step.coefficients * factor) for step in scatter.adjustments)
    return replace(scatter, totals=scaled, adjustments=steps)
