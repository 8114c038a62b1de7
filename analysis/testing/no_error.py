"""Why a contrast has no sampling error: the design fixes it, or the design cannot tell how it varies.

An error of 0 is known where strata or raked margins fix the value. It is not known where a whole group lies in a single
PSU, whose total the linearisation centres on itself, and it says nothing where everybody gave the same answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import pandas as pd

from ...data.errors import ToplineError
from ..estimation.estimates import Estimates
from ..estimation.plan import domains
from ..sampling.categories import Bools, Ints, numbers

LISTED = 5
"""Contrasts that a footnote names."""

CONSTANT = 1e-12
"""A spread below this share of the largest value is rounding."""


class Unvarying:
    """The rows of estimates that have no error although the design fixes nothing.

    Parameters
    ----------
    made : sequence of Estimates
        Sets of estimates of one design, whose rows are counted through.
    """

    def __init__(self, made: Sequence[Estimates]) -> None:
        """Look at every row with an error of 0."""
        self.alone: set[int] = set()
        self.same: set[int] = set()
        start = 0
        for estimates in made:
            alone, same = _looked_at(estimates)
            self.alone |= {start + at for at in alone}
            self.same |= {start + at for at in same}
            start += len(estimates)


def _looked_at(estimates: Estimates) -> tuple[set[int], set[int]]:
    """Give the rows whose group lies in one PSU, and those in which everybody gave the same answer."""
    design, frame = estimates.design, estimates.frame
    without = np.flatnonzero(frame["se"].to_numpy(dtype=np.float64) == 0)
    if not len(without) or not _keyed(estimates):
        return set(), set()
    within = domains(design, estimates.by)
    place = {codes: at for at, codes in enumerate(within.codes)}
    alone, same = set(), set()
    unit = design.stages[0].unit
    for at in without:
        rows = (within.row == place.get(estimates.key_codes[at], -2)) & within.counted
        rows &= _answered(estimates, str(frame["item"].iloc[at]))
        if _alike(estimates, int(at), rows):
            same.add(int(at))
        elif rows.any() and (unit[rows] == unit[rows][0]).all():
            alone.add(int(at))
    return alone, same


def _keyed(estimates: Estimates) -> bool:
    """Say whether the keys of the estimates are columns of the data."""
    return all(key in estimates.design.study.codebook for key in estimates.by)


def _answered(estimates: Estimates, item: str) -> Bools:
    """Mark the rows with an answer to an item; all of them where it is no column."""
    study = estimates.design.study
    if item not in study.codebook:
        return np.ones(len(estimates.design.weights), dtype=bool)
    column = study.column(item)
    kinds = study.missing_kinds(item)
    whole = estimates.method["base"] == "all"
    return np.asarray(column.notna().to_numpy() & (whole | kinds.isna().to_numpy()), dtype=bool)


def _alike(estimates: Estimates, at: int, rows: Bools) -> bool:
    """Say whether everybody in a group gave the same answer."""
    estimate, kind = float(estimates.frame["estimate"].iloc[at]), estimates.method["estimand"]
    if kind == "proportion":
        return estimate in (0.0, 1.0)
    item = str(estimates.frame["item"].iloc[at])
    if kind != "mean" or item not in estimates.design.study.codebook:
        return False
    try:
        values, _ = numbers(estimates.design.study, item, purpose="contrast", inside=estimates.design.inside)
    except ToplineError:
        return False
    own = values[rows]
    return bool(len(own) > 1 and np.ptp(own) <= CONSTANT * np.abs(own).max())


def no_error_notes(frame: pd.DataFrame, used: Sequence[Ints], rows: Unvarying) -> tuple[list[str], Bools]:
    """Say of contrasts why they have no error, and mark those whose error cannot be estimated.

    Parameters
    ----------
    frame : pandas.DataFrame
        The contrasts, with columns contrast and se.
    used : sequence of numpy.ndarray
        For each contrast the rows it uses.
    rows : Unvarying
        What is known of these.
    """
    labels, none = frame["contrast"].tolist(), (frame["se"] == 0).to_numpy()
    touched = np.array([bool(rows.alone & set(own.tolist())) for own in used], dtype=bool)
    same = np.array([_within(own, rows.same) for own in used], dtype=bool)
    notes = [
        (none & touched, "a group lies in a single PSU, so the error cannot be estimated and there is no test."),
        (~none & touched, "a group lies in a single PSU and adds nothing to this error, which is too small."),
        (none & ~touched & same, "everybody in these groups gave the same answer, so there is no error and no test."),
        (none & ~touched & ~same, "strata or margins fix this value, so it has no sampling error and no test."),
    ]
    told = [f"{_named(np.array(labels)[which])}: {note}" for which, note in notes if which.any()]
    return told, none & touched


def _within(own: Ints, rows: Collection[int]) -> bool:
    return set(own.tolist()) <= set(rows)


def _named(labels: Iterable[str]) -> str:
    listed = list(labels)
    return ", ".join(listed[:LISTED]) + (f" and {len(listed) - LISTED} more" if len(listed) > LISTED else "")
