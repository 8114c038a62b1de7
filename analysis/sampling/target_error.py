"""Targets that were estimated from another sample: how far off they may be, in which directions.

Every step that rests on estimated targets states their error in the directions of one list for the whole weighting. Two
steps that rest on one reference share directions, as far as their targets err together; steps on different references
have none in common. So what the targets add to a variance is one sum of squares, and replicates move all of them
together: along each direction by a cosine wave over the replicates, whose squares add up to 1 and whose mean is 0.

Fuller (1998), Replication variance estimation for two-phase samples, Statistica Sinica 8, moves the targets of one
replicate along each eigenvector of their covariance. Any rotation of those moves has the same sum of squares; shared
out over all replicates, none is moved far. A bootstrap of 200 replicates would otherwise move one of them by 14
standard errors, where no weights fit. Opsomer and Erciulescu (2021), Replication variance estimation after sample-based
calibration, Survey Methodology 47(2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ...data.errors import WeightingError
from .categories import Floats, Ints

if TYPE_CHECKING:
    from .design import Design
    from .step import Replicate

SEED = 1998
"""Which replicate gets which place of the waves."""


@dataclass(frozen=True, eq=False)
class TargetError:
    """The sampling error of targets.

    Attributes
    ----------
    coordinates : numpy.ndarray
        Targets x directions; their products are the covariance.
    directions : numpy.ndarray of int64
        The number of each direction in the list of the whole weighting.
    reference : Design or None
        The sample that the targets were estimated from; None where only their covariance is known.
    columns : numpy.ndarray or None
        Rows of the reference x targets: what each row adds to a target's error, before its weight.
    """

    coordinates: Floats
    directions: Ints
    reference: Design | None = None
    columns: Floats | None = None

    @property
    def covariance(self) -> Floats:
        """Targets x targets."""
        return np.asarray(self.coordinates @ self.coordinates.T)

    def mapped(self, matrix: Floats) -> TargetError:
        """Give the error of linear combinations of the targets: new x old."""
        columns = None if self.columns is None else np.asarray(self.columns @ matrix.T)
        return replace(self, coordinates=np.asarray(matrix @ self.coordinates), columns=columns)

    def spread(self, directions: int) -> Floats:
        """Give all directions x targets, for the sum over steps."""
        root = np.zeros((directions, len(self.coordinates)))
        root[self.directions] = self.coordinates.T
        return root

    def shift(self, replicate: Replicate) -> Floats:
        """Say by how much the targets are moved in a replicate.

        Raises
        ------
        WeightingError
            When there are fewer replicates than directions in which targets can err.

        Examples
        --------
        >>> from .step import Replicate
        >>> error = TargetError(np.diag([2.0, 1.0]), np.arange(2))
        >>> moves = np.array([error.shift(Replicate(at, 10, 10**0.5)) for at in range(10)])
        >>> (moves.T @ moves / 10).round(9).tolist()
        [[4.0, 0.0], [0.0, 1.0]]
        """
        rank = int(self.directions.max(initial=-1)) + 1
        if replicate.of <= rank:
            raise WeightingError(
                f"the targets were estimated, and can err in {rank} directions; {replicate.of} replicates cannot carry "
                f"that, at least {rank + 1} are needed. Make more replicates, or join categories."
            )
        place = _places(replicate.of)[replicate.number] + 0.5
        waves = np.cos(np.pi * place * (self.directions + 1) / replicate.of)
        return np.asarray(self.coordinates @ waves * (replicate.reach * np.sqrt(2 / replicate.of)))


@lru_cache(maxsize=8)
def _places(replicates: int) -> Ints:
    """Deal out the places of the waves, so that neighbouring replicates do not lie beside each other on them."""
    return np.asarray(np.random.default_rng(SEED).permutation(replicates), dtype=np.int64)
