"""Which join of two categories, or which margin left out, makes targets feasible that contradict each other.

A join can only help when it breaks every proof of contradiction that is known, and it breaks one when the proof takes
the two categories differently; each join that is tried in vain adds a proof. So few of them are tried.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..sampling.categories import Floats, Ints
from ..sampling.sums import summed
from ..targets.margin_fit import Cells
from .conditions import CONTRADICTION, Bounds, Deadline, conditions_of, shortage

FEW_CATEGORIES = 8
"""Up to this many categories of a margin any two are tried, else neighbours."""

Fits = Callable[[Cells], bool]


@dataclass(frozen=True)
class Join:
    """Two categories of a margin made one.

    Attributes
    ----------
    margin : int
        Place of the margin.
    one, two : int
        Places of the categories.
    """

    margin: int
    one: int
    two: int


@dataclass(frozen=True)
class Collapse:
    """Simpler margins that can be met.

    Attributes
    ----------
    join : Join or None
        The join that loses least.
    leave_out : tuple of int
        Margins each of which can be left out instead.
    together : tuple of int
        Where neither helps, margins that can be met together.
    """

    join: Join | None = None
    leave_out: tuple[int, ...] = ()
    together: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Collapses:
    """The search for a simpler set of margins that can be met.

    Attributes
    ----------
    cells : Cells
        The cells with their targets.
    bounds : tuple of float
        Least and largest factor.
    fits : callable
        Tells whether weights are found for other cells.
    deadline : Deadline
        When to give up.
    proofs : list of tuple of numpy.ndarray
        Multipliers of the categories, by margin, that prove a contradiction.
    """

    cells: Cells
    bounds: Bounds
    fits: Fits
    deadline: Deadline
    proofs: list[tuple[Floats, ...]] = field(default_factory=list)

    def prove(self) -> None:
        """Prove, where it can be proved, that the margins as they are contradict each other.

        Raises
        ------
        SearchStopped
            When time is up first.
        """
        gap, multipliers = shortage(conditions_of(self.cells), self.bounds, self.deadline)
        if gap > CONTRADICTION:
            self.proofs.append(_by_margin(multipliers, self.cells))

    def least_join(self, orders: Sequence[Sequence[int]]) -> Join | None:
        """Give the join that loses least and makes all margins feasible; neighbours before others.

        Parameters
        ----------
        orders : sequence of sequence of int
            For each margin its categories that may be joined, in order.

        Raises
        ------
        SearchStopped
            When time is up first.
        """
        for join in _joins(self.cells.targets, orders):
            split = [proof[join.margin][join.one] - proof[join.margin][join.two] for proof in self.proofs]
            if all(abs(each) > 1e-7 for each in split) and self._joined_fits(join):
                return join
        return None

    def left_out(self) -> tuple[int, ...]:
        """Give the margins of which each, left out alone, makes the others feasible.

        Raises
        ------
        SearchStopped
            When time is up first.
        """
        return tuple(margin for margin in range(len(self.cells.codes)) if self._others_fit(margin))

    def met_together(self) -> tuple[int, ...]:
        """Give margins that can be met together, each taken that goes with those before it.

        Raises
        ------
        SearchStopped
            When time is up first.
        """
        taken: list[int] = []
        for margin in range(len(self.cells.codes)):
            if self._fits(_chosen(self.cells, [*taken, margin])) is None:
                taken.append(margin)
        return tuple(taken)

    def _joined_fits(self, join: Join) -> bool:
        cells, place = joined(self.cells, join)
        proof = self._fits(cells)
        if proof:
            self.proofs.append(tuple(each[place] if at == join.margin else each for at, each in enumerate(proof)))
        return proof is None

    def _others_fit(self, margin: int) -> bool:
        if len(self.cells.codes) < 2 or any(np.ptp(proof[margin]) <= 1e-7 for proof in self.proofs):
            return False
        proof = self._fits(_chosen(self.cells, [at for at in range(len(self.cells.codes)) if at != margin]))
        if proof:
            self.proofs.append((*proof[:margin], np.zeros(len(self.cells.targets[margin])), *proof[margin:]))
        return proof is None

    def _fits(self, cells: Cells) -> tuple[Floats, ...] | None:
        """Give None where weights are found, else the proof that there are none; empty where there is no proof."""
        gap, multipliers = shortage(conditions_of(cells), self.bounds, self.deadline)
        if gap > CONTRADICTION:
            return _by_margin(multipliers, cells)
        return None if self.fits(cells) else ()


def _by_margin(multipliers: Floats, cells: Cells) -> tuple[Floats, ...]:
    return tuple(np.split(multipliers, np.cumsum([len(target) for target in cells.targets])[:-1]))


def _joins(targets: Sequence[Floats], orders: Sequence[Sequence[int]]) -> Iterator[Join]:
    """Give the joins of neighbours, then of any two of few categories, those first that lose least.

    What a join loses is the variance between the two that it can no longer tell apart, ``p q / (p + q)``. A margin of
    two categories is left out rather than joined.
    """
    near = {Join(at, *pair) for at, order in enumerate(orders) for pair in itertools.pairwise(order)}
    any_two = {
        Join(at, *pair)
        for at, order in enumerate(orders)
        if len(order) <= FEW_CATEGORIES
        for pair in itertools.combinations(order, 2)
    }

    def loss(join: Join) -> tuple[float, int, int, int]:
        one, two = targets[join.margin][join.one], targets[join.margin][join.two]
        return round(float(one * two / (one + two)), 12), join.margin, join.one, join.two

    for joins in (near, any_two - near):
        yield from (join for join in sorted(joins, key=loss) if len(orders[join.margin]) > 2)


def joined(cells: Cells, join: Join) -> tuple[Cells, Ints]:
    """Give the cells after a join, and for each category before it the place it has after.

    Examples
    --------
    >>> thirds = Cells(np.full(3, 1 / 3), (np.arange(3),), (np.array([0.2, 0.3, 0.5]),))
    >>> after, place = joined(thirds, Join(0, 0, 2))
    >>> after.targets[0].tolist(), after.codes[0].tolist(), place.tolist()
    ([0.7, 0.3], [0, 1, 0], [0, 1, 0])
    """
    target = cells.targets[join.margin]
    kept, gone = sorted((join.one, join.two))
    place = np.arange(len(target))
    place[gone + 1 :] -= 1
    place[gone] = kept
    codes, targets = list(cells.codes), list(cells.targets)
    codes[join.margin] = place[cells.codes[join.margin]]
    targets[join.margin] = summed(place, len(target) - 1, target)
    return Cells(cells.weight, tuple(codes), tuple(targets)), place


def _chosen(cells: Cells, margins: Sequence[int]) -> Cells:
    return Cells(cells.weight, tuple(cells.codes[at] for at in margins), tuple(cells.targets[at] for at in margins))
