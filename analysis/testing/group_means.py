"""Means of groups with their covariance: what t tests and rank tests are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..sampling.categories import Bools, Floats, Ints
from ..sampling.design import Design
from ..sampling.sums import Table, summed
from ..variance.influence import scatter_of


@dataclass(frozen=True, eq=False)
class GroupMeans:
    """Weighted means by group.

    Attributes
    ----------
    mean : numpy.ndarray
        For each group its mean.
    covariance : numpy.ndarray
        Covariance of the means.
    n : numpy.ndarray of int64
        Respondents by group.
    weighted_n : numpy.ndarray
        Weights by group.
    """

    mean: Floats
    covariance: Floats
    n: Ints
    weighted_n: Floats

    @property
    def se(self) -> Floats:
        """Standard errors of the means."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))


def group_means(
    design: Design, rows: Bools, group: Ints, groups: int, values: Floats, *, again: bool, what: str
) -> GroupMeans:
    """Estimate the mean of each group over some rows.

    Parameters
    ----------
    design : Design
        The sample.
    rows : numpy.ndarray of bool
        The rows of the base; each has a weight above 0.
    group : numpy.ndarray of int64
        For each row its group; not read outside the base.
    groups : int
        How many groups there are; each holds a row of the base.
    values : numpy.ndarray
        For each row its value; not read outside the base.
    again : bool
        Whether each replicate's means are made anew; else their influence values are added up with its weights, which
        takes the values as fixed (ranks: R's ``svyranktest``).
    what : str
        The work, for the progress bar.

    Examples
    --------
    >>> import pandas as pd
    >>> trust, group = np.array([1.0, 3.0, 4.0, 6.0]), np.array([0, 0, 1, 1])
    >>> design = Design(pd.DataFrame({"trust": trust}))
    >>> group_means(design, trust > 0, group, 2, trust, again=True, what="t test").mean.tolist()
    [2.0, 5.0]
    """
    own, value = group[rows], values[rows]

    def means(weights: Floats) -> Floats:
        weight = weights[rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(summed(own, groups, weight * value) / summed(own, groups, weight))

    weighted_n = summed(own, groups, design.weights[rows])
    mean = means(design.weights)
    influence: Table = sparse.csr_array(
        ((value - mean[own]) / weighted_n[own], (np.flatnonzero(rows), own)), shape=(len(rows), groups)
    )

    def added_up(weights: Floats) -> Floats:
        return np.asarray(weights @ influence)

    if again:
        scatter = scatter_of(design, mean, lambda: influence, means, what=what)
    else:
        scatter = scatter_of(design, added_up(design.weights), lambda: influence, added_up, what=what)
    return GroupMeans(mean, scatter.covariance, np.bincount(own, minlength=groups), weighted_n)
