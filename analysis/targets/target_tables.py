"""Targets that a weighting was fitted to, and what shares any weights reach of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...data.errors import ToplineError
from ..sampling.categories import Bools, Floats, Ints, categories
from ..sampling.design import Design
from ..sampling.step import Auxiliary, WeightingStep
from ..sampling.sums import summed
from .targets import OWN_CLASS

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("variable", "category", "target", "before", "after")
"""What a table of targets has."""

SAME = 1e-6
"""How near shares worked out again must be to those that the step reported."""


@dataclass(frozen=True, eq=False)
class TargetTable:
    """The targets of one step, with who belongs to which.

    Attributes
    ----------
    number : int
        Place of the step, from 1.
    step : WeightingStep
        The step.
    frame : pandas.DataFrame
        Its table: variable, category, target, before, after, and n where counted.
    members : tuple of (numpy.ndarray, int)
        For each variable the category of each row, and how many there are; empty where rows cannot be told.
    """

    number: int
    step: WeightingStep
    frame: pd.DataFrame
    members: tuple[tuple[Ints, int], ...]

    @property
    def rows(self) -> Bools:
        """For each row whether it had a weight when the step was made; the others have no category."""
        return np.asarray(self.step.before != 0)

    def shares(self, weights: Floats) -> Floats:
        """Give the share that each category of the table has of some weights; missing where rows cannot be told."""
        there = np.where(self.rows, weights, 0.0)
        total = there.sum()
        if not self.members or not total:
            return np.full(len(self.frame), np.nan)
        held: Floats = np.concatenate([summed(code, size, there) for code, size in self.members])
        return held / float(total)

    def worst(self, weights: Floats) -> float:
        """Give the largest distance of a category's share from its target."""
        return float(np.abs(self.shares(weights) - self.frame["target"].to_numpy(float)).max())


def target_tables(design: Design) -> tuple[TargetTable, ...]:
    """Give the tables of all steps that fitted weights to shares of a population, in order.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.raking.rake import rake
    >>> wave = pd.DataFrame({"sex": ["f", "f", "f", "m"]})
    >>> (table,) = target_tables(rake(Design(wave), {"sex": {"f": 0.5, "m": 0.5}}))
    >>> table.worst(np.ones(4))
    0.25
    """
    return tuple(
        TargetTable(number, step, step.table.reset_index(drop=True), _members(design, number))
        for number, step in enumerate(design.steps, start=1)
        if step.table is not None and len(step.table) and set(COLUMNS) <= set(step.table.columns)
    )


def _members(design: Design, number: int) -> tuple[tuple[Ints, int], ...]:
    """Find who is in which category: as a step's regression has it, or by the columns; only what gives its shares."""
    step = design.steps[number - 1]
    # trimming reports on the margins that an earlier step fitted
    for earlier in reversed(design.steps[:number]):
        if _agrees(step, members := _of_regression(earlier)):
            return members
    members = _of_columns(design, step)
    return members if _agrees(step, members) else ()


def _of_regression(step: WeightingStep) -> tuple[tuple[Ints, int], ...]:
    blocks: Sequence[Auxiliary] = step.linearisation.auxiliaries if step.linearisation is not None else ()
    return tuple((block[0].astype(np.int64, copy=False), block[1]) for block in blocks if isinstance(block, tuple))


def _of_columns(design: Design, step: WeightingStep) -> tuple[tuple[Ints, int], ...]:
    """Find the categories of each variable of the table in its column; rows of none are in the class of the missing."""
    assert step.table is not None
    found = []
    for variable, own in step.table.groupby("variable", sort=False):
        try:
            coded = categories(design.study, str(variable))
            places = [coded.find(name) if name != OWN_CLASS else -1 for name in own["category"]]
        except ToplineError:
            return ()
        place = np.full(len(coded.values) + 1, len(places), dtype=np.int64)
        place[places] = np.arange(len(places))
        code = np.where(step.before != 0, place[coded.positions], 0)
        if (code == len(places)).any():
            return ()
        found.append((code, len(places)))
    return tuple(found)


def _agrees(step: WeightingStep, members: tuple[tuple[Ints, int], ...]) -> bool:
    """Say whether the shares that a membership gives are those that the step reported."""
    assert step.table is not None
    if not members or sum(size for _, size in members) != len(step.table):
        return False
    table = TargetTable(0, step, step.table, members)
    gaps = [
        np.abs(table.shares(step.before) - step.table["before"]),
        np.abs(table.shares(step.after) - step.table["after"]),
    ]
    return bool(max(gap.max() for gap in gaps) <= SAME)
