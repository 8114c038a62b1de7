"""A step of weighting carried out: on the weights of the design, and on every replicate that it has."""

from __future__ import annotations

from ..replication.replay import replayed
from ..sampling.design import Design
from ..sampling.step import WeightingStep


def carried_out(design: Design, step: WeightingStep) -> Design:
    """Give the design with the weights after a step; where it has replicates, each goes through the step too.

    Raises
    ------
    WeightingError
        When the step cannot be done in a replicate.
    """
    weighted = design.with_step(step)
    if design.replication is None:
        return weighted
    return weighted.with_replication(replayed(design.replication, [step.task], step.before))
