"""A step of weighting carried out: on the weights of the design, and on every replicate that it has."""

from __future__ import annotations

from ...data.errors import WeightingError
from ..sampling.design import Design
from ..sampling.step import WeightingStep
from .replay import replayed

LEAVES_NOBODY_OUT = (
    "a method that leaves nobody out: method='successive difference', or 'Fay' (fay=0.5) where every stratum has two "
    "PSUs"
)
"""What to choose where a replicate leaves out everybody of a category or class."""


def carried_out(design: Design, step: WeightingStep) -> Design:
    """Give the design with the weights after a step; where it has replicates, each goes through the step too.

    Raises
    ------
    WeightingError
        When the design is cut to a subpopulation, or the step cannot be done in a replicate.
    """
    if design.subpopulation is not None:
        raise WeightingError(
            f"the sample is cut to where {design.subpopulation.text}, and {step.kind} weights whole samples: weight "
            "the whole sample first, then take the subset; to weight a part by itself make a Design of its rows."
        )
    return weighted_by(design, step)


def weighted_by(design: Design, step: WeightingStep) -> Design:
    """Give the same whatever estimates are about: for diagnostics, which undo steps and multiply weights."""
    weighted = design.with_step(step)
    if design.replication is None:
        return weighted
    return weighted.with_replication(replayed(design.replication, [step.task], step.before))
