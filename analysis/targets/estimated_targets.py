"""Targets that were estimated from another sample: their error, spread over the replicates of this one.

Fuller (1998), Replication variance estimation for two-phase samples, Statistica Sinica 8, moves the targets of one
replicate along each eigenvector of their covariance. Any rotation of those moves has the same sum of squares; here each
eigenvector is shared out over all replicates by a cosine wave, whose squares add up to 1 and whose mean is 0. A
bootstrap of 200 replicates would otherwise move one of them by 14 standard errors, where no weights fit.
Opsomer and Erciulescu (2022), Replication variance estimation after sample-based calibration, Survey Methodology 48.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ...data.errors import WeightingError
from ..sampling.categories import Floats, Ints
from ..sampling.design import Design
from ..sampling.step import Replicate
from ..variance.influence import scatter_of

SEED = 1998
"""Which replicate gets which place of the waves."""

RANK = 1e-12
"""An eigenvalue below this share of the largest is rounding."""


@dataclass(frozen=True, eq=False)
class TargetError:
    """The sampling error of targets.

    Attributes
    ----------
    covariance : numpy.ndarray
        Targets x targets.
    """

    covariance: Floats

    @cached_property
    def root(self) -> Floats:
        """Targets x rank: the eigenvectors, each times the root of its eigenvalue."""
        values, vectors = np.linalg.eigh(self.covariance)
        kept = values > RANK * max(float(values.max(initial=0.0)), 0.0)
        return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))

    def shift(self, replicate: Replicate) -> Floats:
        """Say by how much the targets are moved in a replicate.

        Raises
        ------
        WeightingError
            When there are fewer replicates than directions in which the targets can err.

        Examples
        --------
        >>> error = TargetError(np.array([[4.0, 0.0], [0.0, 1.0]]))
        >>> moves = np.array([error.shift(Replicate(at, 10, 10**0.5)) for at in range(10)])
        >>> (moves.T @ moves / 10).round(9).tolist()
        [[4.0, 0.0], [0.0, 1.0]]
        """
        rank = self.root.shape[1]
        if replicate.of <= rank:
            raise WeightingError(
                f"the targets were estimated, and can err in {rank} directions; {replicate.of} replicates cannot carry "
                f"that, at least {rank + 1} are needed. Make more replicates, or join categories."
            )
        place = _places(replicate.of)[replicate.number] + 0.5
        waves = np.cos(np.pi * place * np.arange(1, rank + 1) / replicate.of)
        return np.asarray(self.root @ waves * (replicate.reach * np.sqrt(2 / replicate.of)))


def covariance_of_totals(reference: Design, columns: Floats) -> Floats:
    """Give the covariance of weighted totals of columns, as the reference's own design has it.

    Parameters
    ----------
    reference : Design
        A probability sample; its strata, PSUs, replicates and weighting are all taken into account.
    columns : numpy.ndarray
        Rows x totals; 0 for rows that do not count.

    Raises
    ------
    WeightingError
        When its design has no degrees of freedom: nothing would say how far off the totals are.

    Examples
    --------
    >>> import pandas as pd
    >>> census = Design(pd.DataFrame({"w": [10.0, 10.0, 10.0]}), weight="w")
    >>> covariance_of_totals(census, np.array([[1.0], [0.0], [0.0]])).round(6).tolist()
    [[100.0]]
    """
    if reference.df < 1:
        raise WeightingError(
            "the reference has no degrees of freedom, a single PSU in every stratum, so its own sampling error cannot "
            "be estimated. Give its PSUs and strata as they were drawn; of targets that are known, give margins."
        )
    totals = reference.weights @ columns
    found = scatter_of(reference, totals, lambda: columns, lambda weights: weights @ columns, what="the reference")
    return np.asarray(found.covariance)


@lru_cache(maxsize=8)
def _places(replicates: int) -> Ints:
    """Deal out the places of the waves, so that neighbouring replicates do not lie beside each other on them."""
    return np.asarray(np.random.default_rng(SEED).permutation(replicates), dtype=np.int64)
