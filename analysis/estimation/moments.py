"""Weighted second moments of numeric columns by domain, and how they vary.

An influence value of a second moment takes the means as known: their own error has no first-order effect on sums of
squared deviations. In replicates the means are estimated again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..sampling.categories import Floats, Ints
from ..sampling.design import Design
from ..sampling.sums import Table, summed
from ..variance.influence import taylor_scatter
from ..variance.scatters import AnyScatter, ReplicateScatter, beside
from .measure import Base, presence

Figure = Callable[[Floats, Floats, Floats, Floats], Floats]
"""From covariance, both variances and the factor n / (n - 1) to a figure."""

CONSTANT = 1e-13
"""A standard deviation below this share of the largest value is rounding: the variable is constant."""

EXACT = 1e-13
"""A correlation this close to 1 is 1: the difference is rounding, and Fisher's z would make an interval of it."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two numeric columns over one base; a variance is that of a column with itself.

    Attributes
    ----------
    base : Base
        The rows that have both.
    first, second : numpy.ndarray
        Their values.
    """

    base: Base
    first: Floats
    second: Floats

    @cached_property
    def deviations(self) -> tuple[Floats, Floats]:
        """Deviations from the means of the row's domain."""
        own = self._centred(self.first)
        return (own, own) if self.second is self.first else (own, self._centred(self.second))

    @cached_property
    def spreads(self) -> tuple[Floats, Floats, Floats]:
        """Mean product and both mean squares of the deviations, by domain."""
        one, other = self.deviations
        return self._mean(one * other), self._steady(one, self.first), self._steady(other, self.second)

    @property
    def factor(self) -> Floats:
        """Give n / (n - 1) by domain; missing for a single respondent."""
        n = self.base.n.astype(np.float64)
        return np.asarray(np.divide(n, n - 1, out=np.full(len(n), np.nan), where=n > 1))

    def _centred(self, values: Floats) -> Floats:
        return np.asarray(values - self._mean(values)[self.base.domain])

    def _mean(self, values: Floats) -> Floats:
        base = self.base
        return np.asarray(summed(base.domain, base.domains, base.weights * values) / base.weighted_n)

    def _steady(self, deviations: Floats, values: Floats) -> Floats:
        """Give mean squares, 0 where only rounding is left."""
        largest = np.zeros(self.base.domains)
        np.maximum.at(largest, self.base.domain, np.abs(values))
        squares = self._mean(deviations**2)
        return np.where(np.sqrt(squares) > CONSTANT * largest, squares, 0.0)


@dataclass(frozen=True, eq=False)
class Moment:
    """A figure of a pair in each domain, with its influence values.

    Attributes
    ----------
    pair : Pair
        What it is made from.
    figure : callable
        How.
    estimate : numpy.ndarray
        By domain; missing where it is not defined.
    values : numpy.ndarray
        Influence values of the rows, times the weighted n of their domain.
    """

    pair: Pair
    figure: Figure
    estimate: Floats
    values: Floats

    @cached_property
    def known(self) -> Floats:
        """Influence values, 0 in domains in which the figure is not defined."""
        base = self.pair.base
        return np.where(np.isnan(self.estimate)[base.domain], 0.0, self.values) / base.weighted_n[base.domain]

    @property
    def spread(self) -> Floats:
        """Mean square of the influence values by domain."""
        base = self.pair.base
        own = self.known * base.weighted_n[base.domain]
        return summed(base.domain, base.domains, base.weights * own**2) / base.weighted_n

    def influence(self, group: Ints, groups: int, weights: Floats | None = None) -> Table:
        """Add up influence values by group and domain."""
        base = self.pair.base
        own = base.weights if weights is None else base.own(weights)
        return base.sums(group, groups, own * self.known)

    def in_replicates(self, design: Design) -> Floats:
        """Make the figure of every replicate from the sums of its units."""
        replication, base = design.replication, self.pair.base
        assert replication is not None
        own, (one, other) = base.own(replication.base), self.pair.deviations

        def sums(values: Floats) -> Floats:
            return replication.sums(base.sums(replication.unit, replication.units, own * values))

        with np.errstate(divide="ignore", invalid="ignore"):
            size = sums(np.ones(len(one)))
            means = sums(one) / size, sums(other) / size
            product, *squares = (
                sums(left * right) / size - low * high
                for left, right, low, high in (
                    (one, other, *means),
                    (one, one, means[0], means[0]),
                    (other, other, means[1], means[1]),
                )
            )
            found = self.figure(product, squares[0], squares[1], self.pair.factor)
        return np.where(np.isnan(self.estimate), 0.0, found)


def scatter_of_moments(design: Design, moments: Sequence[Moment]) -> AnyScatter:
    """Give how figures vary, moment after moment, domain after domain."""
    if design.replication is not None:
        found = np.hstack([one.in_replicates(design) for one in moments])
        estimate = np.nan_to_num(np.concatenate([one.estimate for one in moments]))
        told = design.replication
        return ReplicateScatter(found, estimate, told.scale, told.rscales, told.mse)

    def totals(group: Ints, groups: int, weights: Floats) -> Table:
        return beside([one.influence(group, groups, weights) for one in moments])

    last = design.stages[-1]
    by_unit = totals(last.unit, len(last.stratum), design.weights)
    return taylor_scatter(design, by_unit, totals, presence(design, [(one.pair.base, 1) for one in moments]))


def second_moment(pair: Pair) -> Moment:
    """Give the covariance of a pair, n / (n - 1) times the weighted mean product of deviations, as R's ``svyvar``.

    Examples
    --------
    >>> base = Base(np.arange(3), np.zeros(3, dtype=np.int64), 1, np.ones(3))
    >>> values = np.array([1.0, 2.0, 3.0])
    >>> second_moment(Pair(base, values, values)).estimate.tolist()
    [1.0]
    """
    one, other = pair.deviations
    product = pair.spreads[0] if pair.second is not pair.first else pair.spreads[1]

    def figure(covariance: Floats, _first: Floats, _second: Floats, factor: Floats) -> Floats:
        return np.asarray(covariance * factor)

    domain = pair.base.domain
    values = (one * other - product[domain]) * np.nan_to_num(pair.factor)[domain]
    return Moment(pair, figure, product * pair.factor, values)


def correlation_moment(pair: Pair) -> Moment:
    """Give Pearson's correlation of a pair; missing where one of them does not vary.

    Examples
    --------
    >>> base = Base(np.arange(3), np.zeros(3, dtype=np.int64), 1, np.ones(3))
    >>> pair = Pair(base, np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]))
    >>> round(float(correlation_moment(pair).estimate[0]), 9)
    0.5
    """
    one, other = pair.deviations
    product, first, second = pair.spreads

    def figure(covariance: Floats, first: Floats, second: Floats, _factor: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            defined = (first > 0) & (second > 0)
            found = covariance / np.sqrt(first * second)
            found = np.where(np.abs(found) > 1 - EXACT, np.sign(found), found)
            return np.where(defined, found, np.nan)

    estimate = np.where(pair.base.n > 1, figure(product, first, second, pair.factor), np.nan)
    domain, scale = pair.base.domain, np.sqrt(np.where(np.isnan(estimate), 1.0, first * second))
    slope = np.nan_to_num(estimate) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = one**2 / first[domain] + other**2 / second[domain]
    values = one * other / scale[domain] - slope[domain] * np.where(np.isfinite(squares), squares, 0.0)
    return Moment(pair, figure, estimate, values)
