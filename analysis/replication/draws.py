"""Replicates that are drawn one by one, each from a generator of its own, so that any can be drawn again at any time.

Where units times replicates are many, no table of them is kept: a replicate is drawn again whenever it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..sampling.categories import Bools, Floats, Ints
from ..sampling.replication import TABLE
from ..sampling.sample import Stage


@dataclass(frozen=True, eq=False)
class Draws:
    """The replicates of a bootstrap; the first ones stay the same when more are drawn from the same seed.

    Attributes
    ----------
    draw : callable
        Gives the factor of each unit of the last stage from a source of chance.
    seed : int
        Where chance starts.
    replicates : int
        How many there are.
    stages : sequence of Stage
        The stages that are drawn from, first stage first.
    varies : sequence of numpy.ndarray of bool
        For each stage whether the factors of a stratum's units vary.
    """

    draw: Callable[[np.random.Generator], Floats]
    seed: int
    replicates: int
    stages: Sequence[Stage]
    varies: Sequence[Bools]

    @property
    def shape(self) -> tuple[int, int]:
        """Units and replicates."""
        return len(self.stages[-1].stratum), self.replicates

    def column(self, replicate: int) -> Floats:
        """Give the factor of each unit in one replicate."""
        return self.draw(np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(replicate,))))

    def rank(self, units: Ints) -> int:
        """Give the rank of the factors of some units over all replicates, which they almost surely have.

        A stratum whose factors vary keeps their mean in every replicate, the factor of the unit above it, and the
        constant 1 at the first stage; units of one that does not vary share that factor. Every further group of units
        that says the same is tied to the first.
        """
        known = np.zeros(self.shape[0], dtype=bool)
        known[units] = True
        rank = int(known.sum())
        for depth in range(len(self.stages) - 1, -1, -1):
            above = len(self.stages[depth - 1].stratum) if depth else 1
            tellers = np.bincount(_told(self.stages[depth], self.varies[depth], known), minlength=above)
            rank -= int(np.maximum(tellers - 1, 0).sum())
            known = tellers > 0
        return min(rank, self.replicates)

    def kept(self) -> Floats | Draws:
        """Give units x replicates where that table is small, and otherwise what draws its columns."""
        if np.prod(self.shape) > TABLE:
            return self
        return np.stack([self.column(replicate) for replicate in range(self.replicates)], axis=1)


def _told(stage: Stage, varies: Bools, known: Bools) -> Ints:
    """Give the unit above of every group that tells its factor: a stratum of known units, or a unit that shares it."""
    alone = ~varies[stage.stratum]
    unknown = np.bincount(stage.stratum[~known], minlength=len(varies))
    parent = np.zeros(len(varies), dtype=np.int64)
    parent[stage.stratum] = stage.parent
    return np.concatenate([parent[varies & (unknown == 0)], stage.parent[alone & known]])
