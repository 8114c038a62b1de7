"""Balanced repeated replication: half-samples of one PSU in each stratum, balanced by a Hadamard matrix; Fay's method.

McCarthy (1969), Pseudo-replication: half samples, Review of the International Statistical Institute 37; Judkins
(1990), Fay's method for variance estimation, Journal of Official Statistics 6(3). Wolter (2007), chapter 3.
"""

from __future__ import annotations

import numpy as np

from ...data.errors import DesignError
from ..sampling.sample import Stage
from .hadamard import hadamard
from .replicate_factors import DROPPED, Factors, check_size, in_file_order, varying


def half_samples(stage: Stage, least: int, fay: float) -> Factors:
    """Give one PSU of every stratum the factor 2 - rho and the other rho; rho is 0 in half-samples proper.

    Strata that were drawn whole, or count as certain, keep the factor 1.

    Parameters
    ----------
    stage : Stage
        The first stage, of two PSUs a stratum.
    least : int
        Replicates wanted at least; there are always more than strata.
    fay : float
        Fay's rho, e.g. ``0.5``.

    Raises
    ------
    DesignError
        When a stratum has another number of PSUs.
    """
    usable = varying(stage)
    _refuse_other_sizes(stage, usable)
    pairs = [units for units, used in zip(in_file_order(stage), usable, strict=True) if used]
    check_size(len(stage.stratum), max(len(pairs) + 1, least), "the method of half-samples")
    signs = hadamard(max(len(pairs) + 1, least))
    factors = np.ones((len(stage.stratum), len(signs)))
    for row, (first, second) in enumerate(pairs, start=1):
        factors[first] += (1 - fay) * signs[row]
        factors[second] -= (1 - fay) * signs[row]
    scale = 1 / (len(signs) * (1 - fay) ** 2)
    words = f"Fay's balanced repeated replication, rho {fay:g}" if fay else "balanced repeated replication (BRR)"
    notes = (DROPPED,) if np.isfinite(stage.population[usable]).any() else ()
    text = f"{words}, {len(signs)} replicates"
    return Factors(stage.unit, factors, scale, np.ones(len(signs)), text, notes=notes)


def _refuse_other_sizes(stage: Stage, usable: np.ndarray) -> None:
    other = np.flatnonzero(usable & (stage.sampled != 2))
    if len(other):
        shown = "; ".join(f"{stage.names[stratum]} has {stage.sampled[stratum]:g}" for stratum in other[:5])
        more = f"; and {len(other) - 5} strata more" if len(other) > 5 else ""
        raise DesignError(
            f"half-samples (BRR, Fay) need two PSUs in every stratum: {shown}{more}. Choose method='JKn' or "
            "'subbootstrap', which take any number, or pair the PSUs as they were drawn into strata of two."
        )
    if not usable.any():
        raise DesignError(
            "no stratum has two PSUs of which there are others in the population, so there is no half-sample to take; "
            "estimate from the design as it is."
        )
