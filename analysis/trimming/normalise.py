"""Normalise: scale weights to a mean of 1, or to a given sum.

Kish (1992), Weighting for unequal Pi, Journal of Official Statistics 8(2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...data.errors import WeightingError
from ..replication.carry_out import carried_out
from ..sampling.categories import Codes, Floats, Ints, names_of
from ..sampling.design import Design, check_design
from ..sampling.step import CellFactors, Replicate, WeightingStep
from ..sampling.sums import summed
from .caps import above_zero
from .margins_held import fitted_step
from .redistribution import Groups
from .weight_groups import groups_of


@dataclass(frozen=True, eq=False)
class NormaliseTask:
    """Factors that stay what they are in every replicate.

    Attributes
    ----------
    change : CellFactors
        The factor of each group.
    """

    change: CellFactors

    @property
    def classes(self) -> Codes:
        """For each row its group."""
        return self.change.cell

    def replayed(self, weights: Floats, frequency: Floats, replicate: Replicate) -> CellFactors:
        """Give the factors of the whole sample, so that totals vary over replicates as they did."""
        return self.change


def normalise(design: Design, to: str | float = "n", *, within: str | Sequence[str] | None = None) -> Design:
    """Scale the weights to a mean of 1, or to a given sum.

    Parameters
    ----------
    design : Design
        The sample. Where it has replicates, each is multiplied by the same factors.
    to : {"n", "mean"} or float
        ``"n"``: the weights add up to the number of rows with a weight above 0; ``"mean"``: the weights above 0 have
        a mean of 1, which is the same; a number: they add up to it, e.g. ``1.4e9``.
    within : str or sequence of str, optional
        Columns, e.g. ``"country"``: each group is scaled by itself, to its own n, or to the given number.

    Returns
    -------
    Design
        The same sample with scaled weights.

    Raises
    ------
    EstimationError
        When given something else than a Design.
    WeightingError
        When ``to`` is no number above 0, a weighted row has no group, or weights are below 0.
    UnknownNameError
        When a column does not exist.

    Notes
    -----
    Without ``within``, means, shares and models stay what they are; totals become totals of the new sum, so that
    estimated totals of a population need weights that have not been normalised. With ``within`` the groups' shares of
    the weight change, and with them estimates over several groups; margins fitted before that no longer hold are named
    under results. Standard errors and replicates take the factors of
    the whole sample as given.

    References
    ----------
    Kish (1992), Journal of Official Statistics 8(2), section 2.

    Examples
    --------
    >>> from topline.analysis.sampling.design import Design
    >>> wave = Design(pd.DataFrame({"w": [10.0, 10.0, 20.0, 0.0]}), weight="w")
    >>> normalise(wave).weights.tolist()
    [0.75, 0.75, 1.5, 0.0]
    >>> normalise(wave, to=1000).weights.sum()
    np.float64(1000.0)
    """
    check_design(design, "normalise")
    before = design.weights
    if (before < 0).any():
        raise WeightingError(
            f"{int((before < 0).sum())} weights are below 0, so a mean of 1 means nothing; fit the weights within "
            "bounds first, e.g. calibrate(..., bounds=(0.3, 3))."
        )
    groups = groups_of(design, names_of(within))
    size = len(groups.names)
    sums, counts = summed(groups.code, size, before), np.bincount(groups.code[before > 0], minlength=size)
    wanted = _wanted(to, counts)
    factor = np.divide(wanted, sums, out=np.ones(size), where=sums > 0)
    change = CellFactors(groups.code, factor)
    after = change.applied(before, slice(None))
    notes = _moved_margins(design, after, names_of(within))
    step = WeightingStep(
        kind="normalise",
        words=_words(to, names_of(within)),
        before=before,
        after=after,
        task=NormaliseTask(change),
        options={"to": to, "within": list(names_of(within))},
        table=_table(groups, counts, sums, after, factor),
        notes=notes,
        brief=notes,
    )
    return carried_out(design, step)


def _wanted(to: str | float, counts: Ints) -> Floats:
    """Give what the weights of each group add up to."""
    if isinstance(to, str):
        if to not in ("n", "mean"):
            raise WeightingError(f"to is {to!r}; it can be 'n', 'mean', or the sum that the weights should have.")
        return counts.astype(np.float64)
    return np.full(len(counts), above_zero("to", to, "the sum that the weights should have; or 'n' for a mean of 1"))


def _moved_margins(design: Design, after: Floats, within: Sequence[str]) -> tuple[str, ...]:
    """Say so where groups scaled by themselves take the weights off the margins that they were fitted to."""
    fitted = fitted_step(design) if within else None
    if fitted is None:
        return ()
    before, moved = fitted.moved(design.weights, design.weights), fitted.moved(after, after)
    if moved == before:
        return ()
    return (f"Normalising within {', '.join(within)} moved the margins of {fitted.kind}: {moved}.",)


def _words(to: str | float, within: Sequence[str]) -> str:
    target = "a mean of 1" if isinstance(to, str) else f"a sum of {to:,.10g}"
    return f"normalised to {target}" + (f" within {', '.join(within)}" if within else "")


def _table(groups: Groups, counts: Ints, sums: Floats, after: Floats, factor: Floats) -> pd.DataFrame:
    """List the groups with their sums before and after."""
    names = [name or "all" for name in groups.names]
    sums_after = summed(groups.code, len(names), after)
    return pd.DataFrame({"class": names, "n": counts, "before": sums, "after": sums_after, "factor": factor})
