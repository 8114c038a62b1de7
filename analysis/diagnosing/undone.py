"""A design with the last steps of its weighting undone, and steps whose factors are fixed."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import numpy as np

from ..replication.carry_out import weighted_by
from ..sampling.categories import Floats, Ints
from ..sampling.design import Design
from ..sampling.replication import Replication
from ..sampling.step import Change, Replicate, Rows, WeightingStep


def after_steps(design: Design, count: int) -> Design:
    """Give the design as it was after its first steps, in its replicates too.

    Parameters
    ----------
    design : Design
        The weighted sample.
    count : int
        How many steps to keep; 0 for none.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.raking.rake import rake
    >>> raked = rake(Design(pd.DataFrame({"sex": ["f", "f", "m"]})), {"sex": {"f": 0.5, "m": 0.5}})
    >>> after_steps(raked, 0).weights.tolist(), after_steps(raked, 1) is raked
    ([1.0, 1.0, 1.0], True)
    """
    if count >= len(design.steps):
        return design
    earlier = copy.copy(design)
    for worked_out in ("df", "inside", "taken_out"):
        earlier.__dict__.pop(worked_out, None)
    object.__setattr__(earlier, "weights", design.steps[count].before)
    object.__setattr__(earlier, "steps", design.steps[:count])
    return earlier if design.replication is None else earlier.with_replication(_undone(design.replication, count))


def _undone(replication: Replication, count: int) -> Replication:
    if replication.changes is None:
        return replication
    made = tuple(each[:count] for each in replication.changes.made)
    return replace(replication, changes=replace(replication.changes, made=made, kept=None))


@dataclass(frozen=True, eq=False)
class Multiplied:
    """A change by a factor for each row, whatever the sample; one for all replicates.

    Attributes
    ----------
    factor : numpy.ndarray
        For each row what its weight is multiplied by.
    """

    factor: Floats

    def applied(self, weights: Floats, rows: Rows) -> Floats:
        """Give the weights of some rows after the step, from theirs before it."""
        return np.asarray(weights * self.factor[rows])


@dataclass(frozen=True, eq=False)
class FixedTask:
    """A step whose factors do not depend on the sample.

    Attributes
    ----------
    change : Multiplied
        What it does, to every replicate alike.
    """

    change: Multiplied

    @property
    def classes(self) -> Ints | None:
        """None: every row has a factor of its own."""
        return None

    def replayed(self, weights: Floats, frequency: Floats, replicate: Replicate) -> Change:
        """Give the same change."""
        return self.change


def multiplied(design: Design, kind: str, words: str, factor: Floats) -> Design:
    """Give the design with weights multiplied by fixed factors, in its replicates too.

    Examples
    --------
    >>> import pandas as pd
    >>> multiplied(Design(pd.DataFrame({"trust": [1, 3]})), "half", "halved", np.array([0.5, 1.0])).weights.tolist()
    [0.5, 1.0]
    """
    change = Multiplied(factor)
    after = change.applied(design.weights, slice(None))
    step = WeightingStep(kind=kind, words=words, before=design.weights, after=after, task=FixedTask(change))
    return weighted_by(design, step)
