"""The steps of a weighting done again on every replicate, so that their spread knows of all of them.

Each replicate goes through the steps from its own weights, as R's ``rake`` and ``calibrate`` do for designs with
replicates. Valliant (1993), Poststratification and conditional variance estimation, JASA 88; Valliant (2004), The
effect of multiple weighting steps on variance estimation, Journal of Official Statistics 20(1). What is kept of each
is a few numbers, from which the weights of rows follow when they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...data.errors import WeightingError
from ..estimation.weight_column import EACH
from ..sampling.categories import Codes, Floats, Ints
from ..sampling.replication import TABLE, Changes, Replication
from ..sampling.sample import combined
from ..sampling.step import Change, Replicate, Task
from ..variance.influence import progress

KEPT = 8
"""Rows for each unit, from which on the factors of all replicates are kept beside each other."""


def replayed(replication: Replication, tasks: Sequence[Task], start: Floats) -> Replication:
    """Do steps again on every replicate.

    Parameters
    ----------
    replication : Replication
        The replicates, with what was done to them before.
    tasks : sequence of Task
        The steps, in order.
    start : numpy.ndarray
        For each row the weight before the first step.

    Raises
    ------
    WeightingError
        When a step cannot be done in a replicate.
    """
    if not tasks:
        return replication
    earlier = replication.changes
    made: list[tuple[Change, ...]] = []
    for replicate, number in zip(replication, progress(range(len(replication)), "weighting"), strict=True):
        weights, frequency = _before(replication, number, start)
        changes: list[Change] = []
        for task in tasks:
            _refuse_negative(weights, frequency, replicate)
            changes.append(task.replayed(weights, frequency, replicate))
            weights = changes[-1].applied(weights, slice(None))
        made.append((*(earlier.made[number] if earlier else ()), *changes))
    unit = _unit(replication, [task.classes for task in tasks])
    first = _first_rows(unit)
    drawn = replication.unit[first] if earlier is None else earlier.drawn[replication.unit[first]]
    found = replace(
        replication,
        unit=unit,
        changes=Changes(drawn, first, start if earlier is None else earlier.start, tuple(made)),
        text=replication.text.removesuffix(EACH) + EACH,
    )
    return _kept(found)


def _refuse_negative(weights: Floats, frequency: Floats, replicate: Replicate) -> None:
    """Refuse replicates that no step is made for."""
    if (frequency < 0).any():
        raise WeightingError(
            f"{replicate} has a weight below zero, and cannot be weighted again; weight the sample before the "
            "replicates are made, or take the replicates as they are."
        )
    if (weights < 0).any():
        raise WeightingError(
            f"{replicate} holds weights below zero after a calibration without bounds, and another step follows. Give "
            "the calibration bounds, or distance='raking', whose weights stay above zero."
        )


def _before(replication: Replication, number: int, start: Floats) -> tuple[Floats, Floats]:
    """Give for each row its weight before the steps, and how often it counts in the replicate."""
    weighted = replication.weights(number)
    if replication.changes is None:
        return start, np.divide(weighted, start, out=np.zeros(len(start)), where=start != 0)
    drawn = replication.column(number)[replication.changes.drawn][replication.unit] * replication.base
    before = replication.changes.start
    frequency = np.divide(drawn, before, out=np.zeros(len(before)), where=before != 0)
    return before * replication.changes.factor(number)[replication.unit], frequency


def _unit(replication: Replication, classes: Sequence[Codes | None]) -> Ints:
    """Give rows that count alike in every replicate one unit; every row its own where weights decide."""
    rows = len(replication.unit)
    known = [each for each in classes if each is not None]
    if len(known) < len(classes):
        return np.arange(rows)
    return combined([replication.unit, *known], rows)


def _first_rows(unit: Ints) -> Ints:
    first = np.zeros(int(unit.max()) + 1, dtype=np.int64)
    first[unit[::-1]] = np.arange(len(unit))[::-1]
    return first


def _kept(replication: Replication) -> Replication:
    """Keep the factors of all replicates where units are few beside rows: sums over them are then one product."""
    units = replication.units
    if replication.changes is None or units * KEPT > len(replication.unit) or units * len(replication) > TABLE:
        return replication
    factors = np.stack([replication.factor(number) for number in range(len(replication))], axis=1)
    return replace(replication, changes=replace(replication.changes, kept=factors))
