"""What is said of a trimming: in a few words, in numbers, as a table, and under results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..estimation.method import counted
from ..sampling.categories import Floats
from ..sampling.step import WeightingStep
from ..sampling.sums import summed
from .caps import CapRule
from .margins_held import HELD, Fitted
from .redistribution import Groups, Limits, Redistribute


@dataclass(frozen=True, eq=False)
class Trimmed:
    """How a trimming was asked for.

    Attributes
    ----------
    within : tuple of str
        Columns of the groups.
    how : {"proportional", "equal", "none"}
        Who gets what is trimmed.
    fitted : Fitted or None
        What the weights were fitted to before.
    kept : bool
        Whether those margins are kept.
    """

    within: tuple[str, ...]
    how: Redistribute
    fitted: Fitted | None
    kept: bool

    def words(self, rule: CapRule, limits: Limits) -> str:
        """Give the trimming in a few words, e.g. ``"trimmed at 4.2 (5 times the median weight), margins kept"``."""
        parts = []
        if np.isfinite(limits.cap):
            parts.append(f"trimmed at {limits.cap:.4g}" + (f" ({rule.words})" if rule.words else ""))
        if limits.floor:
            parts.append(f"raised to {limits.floor:.4g}")
        inside = f" within {', '.join(self.within)}" if self.within else ""
        way = {"proportional": "", "equal": ", shared out equally", "none": ", the sum not kept"}[self.how]
        return " and ".join(parts) + inside + way + (", margins kept" if self.kept else "")

    def options(
        self, rule: CapRule, limits: Limits, before: Floats, after: Floats, tried: Sequence[dict[str, float]]
    ) -> dict[str, object]:
        """Give the options, and what came of them in numbers."""
        capped = np.isfinite(limits.cap)
        return {
            **(rule.options if capped else {}),
            "floor": limits.floor or None,
            "within": list(self.within),
            "redistribute": self.how,
            "recalibrate": self.kept,
            "largest_allowed": limits.cap if capped else None,
            "trimmed": int((before > limits.cap).sum()),
            "raised": _raised(limits, before),
            "moved": _moved(before, after),
            **({"tried": list(tried)} if tried else {}),
        }

    def table(self, taking: Groups, before: Floats, after: Floats) -> pd.DataFrame | None:
        """Give the groups with their sums; where margins were not kept, these with shares before and after."""
        moved = None if self.fitted is None or self.kept else self.fitted.table(before, after)
        if moved is not None:
            return moved
        size = len(taking.names)
        sums_before, sums_after = (summed(taking.code, size, each) for each in (before, after))
        return pd.DataFrame(
            {
                "class": [name or "all" for name in taking.names],
                "n": np.bincount(taking.code[before > 0], minlength=size),
                "trimmed": np.bincount(taking.code[after < before], minlength=size),
                "before": sums_before,
                "after": sums_after,
                "factor": np.divide(sums_after, sums_before, out=np.ones(size), where=sums_before > 0),
            }
        )

    def brief(self, rule: CapRule, limits: Limits, before: Floats, after: Floats) -> tuple[str, ...]:
        """Give what stands under printed estimates."""
        found = []
        if np.isfinite(limits.cap):
            found.append(self._trimmed(limits, before, after))
        raised = _raised(limits, before)
        if limits.floor:
            found.append(
                f"Weights below {limits.floor:.4g} were raised to it: {counted(raised, 'respondent', 'respondents')}."
            )
        return (*found, *self._moved_margins(before, after))

    def notes(self, rule: CapRule, limits: Limits, before: Floats, after: Floats) -> tuple[str, ...]:
        """Give what stands under reports of weights."""
        found = list(self.brief(rule, limits, before, after))
        at_cap = int((after >= limits.cap).sum())
        if at_cap > int((before > limits.cap).sum()):
            found.append(f"With what they took from others, {at_cap:,} respondents have the largest weight allowed.")
        if rule.words:
            found.append(f"How the cap was found: {rule.words}.")
        return (*found, *self._beyond_bounds(after))

    def _trimmed(self, limits: Limits, before: Floats, after: Floats) -> str:
        trimmed = int((before > limits.cap).sum())
        if not trimmed:
            return f"The cap of {limits.cap:.4g} trims nobody: the largest weight is {before.max():.4g}."
        share, n = 100 * _moved(before, after), int((before > 0).sum())
        where = f" in the same {', '.join(self.within)}" if self.within else ""
        gone = f"was cut off; the sum fell from {before.sum():,.6g} to {after.sum():,.6g}"
        went = gone if self.how == "none" else f"went to others{where}" + (", margins kept" if self.kept else "")
        return (
            f"Weights above {limits.cap:.4g} were trimmed to it: {trimmed:,} of "
            f"{counted(n, 'respondent', 'respondents')}; {share:.1f}% of the weight {went}."
        )

    def _moved_margins(self, before: Floats, after: Floats) -> tuple[str, ...]:
        """Say how far margins that were not kept have moved."""
        if self.fitted is None or self.kept:
            return ()
        moved = self.fitted.moved(before, after)
        return (f"Trimming moved the margins of {self.fitted.kind}: {moved}.",) if moved else ()

    def _beyond_bounds(self, after: Floats) -> tuple[str, ...]:
        """Say how many weights are now beyond the bounds within which they had been fitted."""
        bounds = None if self.fitted is None else self.fitted.step.options.get("bounds")
        if self.fitted is None or not isinstance(bounds, list | tuple) or len(bounds) != 2:
            return ()
        low, high = (float(bound) for bound in bounds)
        found = _bounded(self.fitted.step, after)[after > 0]
        beyond = int(((found < low * (1 - HELD)) | (found > high * (1 + HELD))).sum())
        if not beyond:
            return ()
        return (
            f"After trimming {counted(beyond, 'weight has', 'weights have')} changed beyond the bounds "
            f"{low:g} to {high:g} of {self.fitted.kind}.",
        )


def _bounded(step: WeightingStep, after: Floats) -> Floats:
    """Give what the bounds of a step are of: final weights, or their factors relative to the change of the sum."""
    if step.options.get("bounds_on") == "weights":
        return after
    before = step.before
    factor = np.divide(after, before, out=np.ones(len(after)), where=before > 0)
    return np.asarray(factor * (before.sum() / after.sum()))


def _raised(limits: Limits, before: Floats) -> int:
    return int(((before > 0) & (before < limits.floor)).sum())


def _moved(before: Floats, after: Floats) -> float:
    """Give the share of the weight that was taken from somebody."""
    return float(np.maximum(before - after, 0.0).sum() / before.sum())
