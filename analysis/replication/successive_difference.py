"""Successive difference replication: for samples drawn in order, where neighbours resemble each other.

Fay and Train (1995), Aspects of survey and model-based postcensal estimation of income and poverty characteristics,
ASA Proceedings of the Section on Government Statistics; Ash (2014), Using successive difference replication for
estimating variances, Survey Methodology 40(1), for the closed chains (SD2) and the order of rows in later cycles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd

import numpy as np

from ...data.errors import DesignError
from ..sampling.categories import Ints
from ..sampling.sample import Stage
from .hadamard import hadamard
from .replicate_factors import Factors, check_size, in_file_order, unsampled_share, varying


def successive_differences(stage: Stage, least: int | None) -> Factors:
    """Give each PSU two rows of a Hadamard matrix, one of them shared with each neighbour.

    Where there are more rows than PSUs, the variance of a total is half the sum of squared differences of neighbours,
    the last of a stratum beside the first. With fewer rows they are used again in another order, which adds noise
    and no bias.

    Parameters
    ----------
    stage : Stage
        The first stage; PSUs in the order of their first rows.
    least : int, optional
        Replicates wanted at least, e.g. ``80``; without it one more than PSUs, and 200 at most.

    Raises
    ------
    DesignError
        When no stratum has two PSUs.
    """
    usable = varying(stage)
    if not usable.any():
        raise DesignError("no stratum has two PSUs or more, so there are no neighbours to compare.")
    strata = np.flatnonzero(usable)
    members = in_file_order(stage)
    wanted = sum(len(members[stratum]) for stratum in strata) + 1
    least = least if least is not None else min(wanted, 200)
    check_size(len(stage.stratum), least, "the method of successive differences")
    signs = hadamard(least).astype(np.float64)
    share = np.sqrt(unsampled_share(stage))
    factors = np.ones((len(stage.stratum), len(signs)))
    rows = _Rows(len(signs) - 1)
    for stratum in strata:
        for chain in np.array_split(members[stratum], -(-len(members[stratum]) // (len(signs) - 1))):
            own = rows.take(len(chain))
            factors[chain] += share[stratum] * 2**-1.5 * (signs[own] - signs[np.roll(own, -1)])
    text = f"successive differences, PSUs in the order of the file, {len(signs)} replicates"
    return Factors(stage.unit, factors, 4 / len(signs), np.ones(len(signs)), text)


class _Rows:
    """The rows of a Hadamard matrix but the first, in cycles that do not repeat a pair of neighbours.

    Parameters
    ----------
    count : int
        How many there are.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.steps = _steps(count)
        self.cycle: Sequence[int] | Ints = ()

    def take(self, wanted: int) -> Ints:
        """Give the next rows of this cycle, or of the next where it has too few left."""
        if len(self.cycle) < wanted:
            self.cycle = 1 + np.arange(self.count) * next(self.steps) % self.count
        taken, self.cycle = np.asarray(self.cycle[:wanted]), self.cycle[wanted:]
        return taken


def _steps(count: int) -> Iterator[int]:
    """Give steps that visit every row, each with other neighbours, over and over."""
    steps = [step for step in range(1, count // 2 + 1) if gcd(step, count) == 1] or [1]
    while True:
        yield from steps
