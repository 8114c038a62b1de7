"""The step that last fitted the weights to a population, and whether its margins hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...data.errors import WeightingError
from ..sampling.categories import Floats
from ..sampling.design import Design
from ..sampling.step import Auxiliary, WeightingStep
from .kept_margins import totals

FITTING = ("rake", "poststratify", "calibrate", "entropy_balance")
"""Steps that fit weights to margins."""

HELD = 1e-6
"""How far, relatively, a total may have moved since the step and still hold."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """What weights were fitted to.

    Attributes
    ----------
    kind : str
        The step, e.g. ``"rake"``.
    auxiliaries : tuple of Auxiliary
        Its auxiliaries, by row.
    names : tuple of str
        Each of them as printed, e.g. ``"sex f"``.
    step : WeightingStep
        The step itself.
    """

    kind: str
    auxiliaries: tuple[Auxiliary, ...]
    names: tuple[str, ...]
    step: WeightingStep

    def refuse_moved(self, design: Design) -> None:
        """Refuse weights whose margins a later step has moved: there is nothing left to keep.

        Raises
        ------
        WeightingError
            With the margin that moved most.
        """
        at, moved = self.furthest(design.weights)
        if moved <= HELD:
            return
        later = design.steps[-1].kind
        raise WeightingError(
            f"the margins of {self.kind} no longer hold: {self.names[at]} has moved by "
            f"{100 * moved:.2g}% since, the last step being {later}. Fit the weights again ({self.kind}) and trim "
            "then, or trim with recalibrate=False."
        )

    def furthest(self, weights: Floats, whole: float | None = None) -> tuple[int, float]:
        """Give the auxiliary whose share has moved most since the step, and by how much, relatively.

        Parameters
        ----------
        weights : numpy.ndarray
            The weights now.
        whole : float, optional
            What the shares are of; without it the sum of the weights.
        """
        after = self.step.after
        scale = totals(self.auxiliaries, after, absolute=True)
        now = totals(self.auxiliaries, weights) / (weights.sum() if whole is None else whole)
        gap = np.abs(now * after.sum() - totals(self.auxiliaries, after))
        gap = gap / np.where(scale > 0, scale, 1.0)
        return int(np.argmax(gap)), float(gap.max())

    def moved(self, before: Floats, after: Floats) -> str:
        """Say how far a share has moved since the step, and a total where weights were changed in their sum.

        Empty where neither has.
        """
        at, share = self.furthest(after)
        found = [f"the {self._what(at)} by {100 * share:.2g}% of itself"] if share > HELD else []
        if abs(after.sum() - before.sum()) > HELD * before.sum():
            at, total = self.furthest(after, float(before.sum()))
            found.insert(0, f"the total of {self.names[at]} by {100 * total:.2g}% of itself")
        return ", ".join(found)

    def _what(self, at: int) -> str:
        """Name the share of a category, or the mean of a number."""
        categories = sum(block[1] for block in self.auxiliaries if isinstance(block, tuple))
        return f"{'share' if at < categories else 'mean'} of {self.names[at]}"

    def table(self, before: Floats, after: Floats) -> pd.DataFrame | None:
        """Give the margins with shares before and after a step; None where they are not all categories."""
        if self.step.table is None or not self._categories:
            return None
        return self.step.table.assign(before=self._shares(before), after=self._shares(after))

    @property
    def _categories(self) -> bool:
        """Whether the step's table lists its auxiliaries, one by one."""
        table, blocks = self.step.table, self.auxiliaries
        if table is None or "target" not in table or not all(isinstance(block, tuple) for block in blocks):
            return False
        return len(table) == sum(block[1] for block in blocks if isinstance(block, tuple))

    def _shares(self, weights: Floats) -> Floats:
        return np.asarray(totals(self.auxiliaries, weights) / weights.sum())


def fitted_step(design: Design) -> Fitted | None:
    """Give the last step that fitted the weights to margins; None where there is none.

    Examples
    --------
    >>> fitted_step(Design(pd.DataFrame({"sex": ["f", "m"]}))) is None
    True
    """
    for step in reversed(design.steps):
        if step.kind in FITTING and step.linearisation is not None:
            blocks = step.linearisation.auxiliaries
            return Fitted(step.kind, blocks, _names(step, blocks), step)
    return None


def _names(step: WeightingStep, blocks: tuple[Auxiliary, ...]) -> tuple[str, ...]:
    """Name each auxiliary as the step's tables do, categories and then numbers; else by its number."""
    count = sum(block[1] if isinstance(block, tuple) else block.shape[1] for block in blocks)
    named: list[str] = []
    if step.table is not None and {"variable", "category"} <= set(step.table):
        named += [f"{each.variable} {each.category}" for each in step.table.itertuples()]
    if not named and blocks and isinstance(blocks[0], tuple) and blocks[0][1] == 1:
        named.append("all weights")
    moments = getattr(step, "moments", None)
    if isinstance(moments, pd.DataFrame) and "variable" in moments:
        named += [str(variable) for variable in moments["variable"]]
    if len(named) == count:
        return tuple(named)
    return tuple(f"auxiliary {number} of {step.kind}" for number in range(1, count + 1))
