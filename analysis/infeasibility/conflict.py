"""Which targets contradict each other: the smallest group of categories that no weights can serve together.

One category out of reach comes first. Then two margins: people of some categories of one (``held``) are all, or
nearly all, in some categories of the other (``holding``), whose targets are too small for them (Hall 1935, On
representatives of subsets; Gale 1957, A theorem on flows in networks). Then any number of margins: linear programmes
drop one condition after the other as long as the rest still contradict each other (Chinneck 2008, Feasibility and
infeasibility in optimization, chapter 6).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..sampling.categories import Bools, Floats, Ints
from ..sampling.sample import combined
from ..sampling.sums import summed
from ..targets.margin_fit import Cells
from .conditions import CONTRADICTION, Bounds, Conditions, Deadline, conditions_of, shortage

ENUMERATED = 12
"""Up to this many categories every group of them is tried."""

COMBINATIONS = 200_000
"""More combinations of categories than this are not searched for those that nobody has."""

Place = tuple[int, int]
"""A category: its margin, and its place there."""


@dataclass(frozen=True, eq=False)
class Conflict:
    """Targets that contradict each other.

    Attributes
    ----------
    at_least : tuple of Place
        Categories whose targets ask for more than can be had.
    at_most : tuple of Place
        Categories whose targets leave less than must be kept.
    reach : float or None
        What ``at_least`` reach at most together, or ``at_most`` keep at least where they stand alone; None where more
        than two margins conflict.
    beside : float
        Share of weight before of ``at_least`` outside ``at_most``.
    kept : float
        Share that people of ``at_most`` outside ``at_least`` keep at least.
    empty : tuple of tuple of Place
        Combinations that nobody has and that would resolve it.
    """

    at_least: tuple[Place, ...]
    at_most: tuple[Place, ...]
    reach: float | None
    beside: float = 0.0
    kept: float = 0.0
    empty: tuple[tuple[Place, ...], ...] = ()


def conflict_of(cells: Cells, bounds: Bounds, deadline: Deadline, threshold: float = CONTRADICTION) -> Conflict | None:
    """Give the smallest conflict that is found; None when the targets can be met within the bounds.

    Parameters
    ----------
    cells : Cells
        The cells with their targets.
    bounds : tuple of float
        Least and largest factor, e.g. ``(0.0, inf)``.
    deadline : Deadline
        When to give up.
    threshold : float
        Shares apart by less than this do not contradict each other, e.g. ``1e-9``.

    Raises
    ------
    SearchStopped
        When time is up first.

    Examples
    --------
    >>> half = np.array([0.5, 0.5])
    >>> twice = Cells(half, (np.array([0, 1]), np.array([0, 1])), (half, np.array([0.3, 0.7])))
    >>> found = conflict_of(twice, (0.0, np.inf), Deadline.after(5))
    >>> found.at_least, found.at_most, found.reach, found.empty
    (((0, 0),), ((1, 0),), 0.3, (((0, 0), (1, 1)),))
    """
    present = cells.weight > 0
    cells = Cells(cells.weight[present], tuple(code[present] for code in cells.codes), cells.targets)
    found = [*_alone(cells, bounds, threshold)] or [*_in_pairs(cells, bounds, threshold, deadline)]
    if found:
        return min(found, key=lambda each: (len(each.at_least) + len(each.at_most), -_violation(each, cells)))
    return _of_many(cells, bounds, deadline)


def _violation(conflict: Conflict, cells: Cells) -> float:
    places = conflict.at_least or conflict.at_most
    return abs(sum(float(cells.targets[margin][at]) for margin, at in places) - (conflict.reach or 0.0))


def _alone(cells: Cells, bounds: Bounds, threshold: float) -> Iterator[Conflict]:
    """Give the categories that are out of reach by themselves."""
    low, high = bounds
    for margin, share in enumerate(cells.shares(np.ones(len(cells.weight)))):
        target = cells.targets[margin]
        for at in np.flatnonzero(_times(high, share) < target - threshold):
            yield Conflict(((margin, int(at)),), (), float(_times(high, share)[at]), float(share[at]))
        for at in np.flatnonzero(low * share > target + threshold):
            yield Conflict((), ((margin, int(at)),), float(low * share[at]), kept=float(low * share[at]))


def _in_pairs(cells: Cells, bounds: Bounds, threshold: float, deadline: Deadline) -> Iterator[Conflict]:
    """Give for each two margins their smallest conflict."""
    for one, two in itertools.permutations(range(len(cells.codes)), 2):
        if len(cells.targets[one]) > ENUMERATED:
            continue
        deadline.left()
        shape = len(cells.targets[one]), len(cells.targets[two])
        table = summed(cells.codes[one] * shape[1] + cells.codes[two], shape[0] * shape[1], cells.weight)
        found = _smallest(table.reshape(shape), cells.targets[one], cells.targets[two], bounds, threshold)
        if found is not None:
            yield _between((one, two), *found, table.reshape(shape), cells.targets, bounds)


def _smallest(
    table: Floats, targets: Floats, others: Floats, bounds: Bounds, threshold: float
) -> tuple[Bools, Bools] | None:
    """Give the fewest rows that need more than the columns which hold them have; None when all can be served.

    For given rows the columns are best that add most: those whose target is smaller than what the rows may have of
    them at most, with what the others keep there at least.
    """
    low, high = bounds
    held = _subsets(len(targets))
    inside = held @ table
    outside = ~held @ table
    most = _times(high, inside)
    holding = others + 0.0 < most + low * outside
    reach = np.where(holding, others - low * outside, most).sum(axis=1)
    short = held @ targets - reach
    size = held.sum(axis=1) + holding.sum(axis=1)
    size = np.minimum(size, sum(table.shape) - size)
    conflicts = np.flatnonzero((short > threshold) & holding.any(axis=1))
    if not len(conflicts):
        return None
    best = conflicts[np.lexsort((-short[conflicts], size[conflicts]))[0]]
    return held[best], holding[best]


def _subsets(count: int) -> Bools:
    """Give every group of some categories but none and all, one a row."""
    return (np.arange(1, 2**count - 1)[:, None] >> np.arange(count) & 1).astype(bool)


def _times(bound: float, share: Floats) -> Floats:
    """Multiply shares by a bound that may be infinite; nobody stays nobody."""
    return np.multiply(bound, share, out=np.zeros(share.shape), where=share > 0)


def _between(
    margins: tuple[int, int], held: Bools, holding: Bools, table: Floats, targets: Sequence[Floats], bounds: Bounds
) -> Conflict:
    """Describe the conflict of some rows with the columns that hold them.

    That all of the rows are in these columns says also that all of the other columns are in the other rows; the shorter
    way is taken.
    """
    if 2 * (held.sum() + holding.sum()) > sum(table.shape):
        margins, held, holding, table = (margins[1], margins[0]), ~holding, ~held, table.T
    one, two = margins
    beside, kept = float(table[held][:, ~holding].sum()), bounds[0] * float(table[~held][:, holding].sum())
    most = bounds[1] * beside if beside else 0.0
    gaps = [(at, other) for at in np.flatnonzero(held) for other in np.flatnonzero(~holding) if not table[at, other]]
    return Conflict(
        at_least=tuple((one, int(at)) for at in np.flatnonzero(held)),
        at_most=tuple((two, int(at)) for at in np.flatnonzero(holding)),
        reach=float(targets[two][holding].sum()) - kept + most,
        beside=beside,
        kept=kept,
        empty=tuple(((one, int(at)), (two, int(other))) for at, other in gaps),
    )


def _of_many(cells: Cells, bounds: Bounds, deadline: Deadline) -> Conflict | None:
    """Give a conflict from which no condition can be left out, among the fewest margins."""
    margins = list(range(len(cells.codes)))
    if shortage(conditions_of(cells), bounds, deadline).gap <= CONTRADICTION:
        return None
    for margin in list(margins):
        fewer = [each for each in margins if each != margin]
        if fewer and shortage(conditions_of(_on(cells, fewer)), bounds, deadline).gap > CONTRADICTION:
            margins = fewer
    fewer_cells = _on(cells, margins)
    conditions = conditions_of(fewer_cells)
    short, over, multipliers = irreducible(conditions, bounds, deadline)
    places = [(margin, at) for margin in margins for at in range(len(cells.targets[margin]))]
    return Conflict(
        at_least=tuple(place for place, cost in zip(places, short, strict=True) if cost),
        at_most=tuple(place for place, cost in zip(places, over, strict=True) if cost),
        reach=None,
        empty=_empty(fewer_cells, margins, multipliers),
    )


def _on(cells: Cells, margins: Sequence[int]) -> Cells:
    """Give the cells of some margins alone."""
    code = combined([cells.codes[margin] for margin in margins], len(cells.weight))
    count = int(code.max()) + 1
    first = np.zeros(count, dtype=np.int64)
    first[code] = np.arange(len(code))
    return Cells(
        summed(code, count, cells.weight),
        tuple(cells.codes[margin][first] for margin in margins),
        tuple(cells.targets[margin] for margin in margins),
    )


def irreducible(
    conditions: Conditions, bounds: Bounds, deadline: Deadline, total: float = 1.0
) -> tuple[Floats, Floats, Floats]:
    """Drop conditions, too little and too much each by itself, while the rest contradict each other.

    That the weights add up to a total is a condition of its own, for that of each margin goes with its categories.

    Parameters
    ----------
    conditions : Conditions
        Conditions that contradict each other.
    bounds : tuple of float
        Least and largest factor.
    deadline : Deadline
        When to give up.
    total : float
        What the weights add up to after, e.g. ``1.0``.

    Returns
    -------
    short, over : numpy.ndarray
        For each condition 1 where its target cannot be had, and where it cannot be kept to; else 0.
    multipliers : numpy.ndarray
        Those of the conditions and of the sum that prove it.

    Raises
    ------
    SearchStopped
        When time is up first.
    """
    conditions = with_sum(conditions, total)
    found = shortage(conditions, bounds, deadline)
    size = np.abs(found.multipliers)
    short, over = (found.multipliers > 1e-7).astype(float), (found.multipliers < -1e-7).astype(float)
    short[-1] = over[-1] = 1.0
    if shortage(conditions, bounds, deadline, (short, over)).gap <= CONTRADICTION:
        short, over = np.ones(len(size)), np.ones(len(size))
    for at in np.argsort(size[:-1], kind="stable"):
        for costs in (short, over):
            if costs[at]:
                costs[at] = 0.0
                if shortage(conditions, bounds, deadline, (short, over)).gap <= CONTRADICTION:
                    costs[at] = 1.0
    multipliers = shortage(conditions, bounds, deadline, (short, over)).multipliers
    return short[:-1], over[:-1], multipliers


def with_sum(conditions: Conditions, total: float) -> Conditions:
    """Add the condition that the weights add up to a total."""
    from scipy import sparse

    ones = sparse.csc_array(np.ones((1, len(conditions.weight))))
    return Conditions(
        sparse.vstack([conditions.matrix, ones], format="csc"), conditions.weight, np.append(conditions.target, total)
    )


def _empty(cells: Cells, margins: Sequence[int], multipliers: Floats) -> tuple[tuple[Place, ...], ...]:
    """Give the combinations that nobody has and that would break the proof, those first that would most."""
    sizes = [len(target) for target in cells.targets]
    if math.prod(sizes) > COMBINATIONS:
        return ()
    starts = np.cumsum([0, *sizes])
    score = np.full(sizes, multipliers[-1])
    for axis, size in enumerate(sizes):
        shape = [size if each == axis else 1 for each in range(len(sizes))]
        score = score + multipliers[starts[axis] : starts[axis] + size].reshape(shape)
    score[cells.codes] = 0.0
    found: Ints = np.argwhere(score > 1e-7)
    order = np.argsort(-score[tuple(found.T)].round(6), kind="stable")
    return tuple(
        tuple((margin, int(at)) for margin, at in zip(margins, combination, strict=True))
        for combination in found[order]
    )
