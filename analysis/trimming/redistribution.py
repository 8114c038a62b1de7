"""Where the weight goes that trimming takes away: to the others of a group, in proportion, in equal parts, or nowhere.

In proportion, everybody's weight is multiplied by one factor and then held between floor and cap, the factor such that
the group keeps its sum: a continuous knapsack problem, solved as by Bitran and Hax (1981), Disaggregation and resource
allocation using convex knapsack problems with bounded variables, Management Science 27(4). In equal parts it is what
R's ``trimWeights(strict = TRUE)`` comes to, whose rounds converge and are here summed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from ...data.errors import WeightingError
from ..sampling.categories import Floats, Ints
from ..sampling.step import Auxiliary, Linearisation, Rows
from ..sampling.sums import summed

Redistribute = Literal["proportional", "equal", "none"]

KEPT = 1e-12
"""How far, relatively, a sum may be beyond what the limits allow and count as rounding."""


@dataclass(frozen=True)
class Limits:
    """The least and the largest weight.

    Attributes
    ----------
    floor, cap : float
        0 and infinity where there is none.
    """

    floor: float
    cap: float

    def held(self, weights: Floats) -> Floats:
        """Give the weights between floor and cap; a weight of 0 stays."""
        return np.where(weights > 0, np.clip(weights, self.floor, self.cap), weights)

    def outside(self, weights: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Say whose weight is above the cap, or below the floor and not 0."""
        return (weights > self.cap) | ((weights < self.floor) & (weights > 0))

    def inside(self, weights: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Say whose weight is strictly between floor and cap, and so free to move."""
        return (weights < self.cap) & (weights > self.floor)


@dataclass(frozen=True, eq=False)
class Multiplied:
    """Weights multiplied by the exponential of a sum over auxiliaries, and held between floor and cap.

    Attributes
    ----------
    auxiliaries : tuple of Auxiliary
        For each row its auxiliaries; of groups, its group.
    exponent : numpy.ndarray
        By auxiliary the logarithm of the factor.
    limits : Limits
        Floor and cap.

    Examples
    --------
    >>> halved = Multiplied(((np.array([0, 0, 1]), 2),), np.log([0.5, 1.0]), Limits(0.0, 3.0))
    >>> halved.applied(np.array([2.0, 8.0, 2.0]), slice(None)).round(12).tolist()
    [1.0, 3.0, 2.0]
    """

    auxiliaries: tuple[Auxiliary, ...]
    exponent: Floats
    limits: Limits

    def applied(self, weights: Floats, rows: Rows) -> Floats:
        """Give the weights of some rows after the step, from theirs before it."""
        factor = np.exp(np.clip(exponents(self.auxiliaries, self.exponent, rows), -LARGEST, LARGEST))
        return self.limits.held(np.asarray(weights * factor))

    def linearised(self, before: Floats, after: Floats) -> Linearisation:
        """Say how estimates depend on the trimming: weights at floor or cap do not move.

        The sums of weights by group, or by auxiliary, stay what they were, so they move with the sample.
        """
        free = after * self.limits.inside(after)
        return Linearisation(after, self.auxiliaries, after - before, free, through=(free, free - before))


LARGEST = 700.0
"""The exponential of more is no number."""


def exponents(auxiliaries: Sequence[Auxiliary], coefficients: Floats, rows: Rows = slice(None)) -> Floats:
    """Add up coefficients times auxiliaries, by row.

    Examples
    --------
    >>> exponents([(np.array([0, 1]), 2), np.array([[1.0], [2.0]])], np.array([10.0, 20.0, 1.0])).tolist()
    [11.0, 22.0]
    """
    found: Floats | float = 0.0
    start = 0
    for block in auxiliaries:
        if isinstance(block, tuple):
            found = found + coefficients[start : start + block[1]][block[0][rows]]
            start += block[1]
        else:
            found = found + block[rows] @ coefficients[start : start + block.shape[1]]
            start += block.shape[1]
    return np.asarray(found)


@dataclass(frozen=True, eq=False)
class Cut:
    """Weights held between floor and cap; what is taken goes nowhere.

    Attributes
    ----------
    group : numpy.ndarray of int64
        For each row its group.
    groups : int
        How many there are.
    limits : Limits
        Floor and cap.

    Examples
    --------
    >>> Cut(np.array([0, 0]), 1, Limits(0.0, 5.0)).applied(np.array([9.0, 1.0]), slice(None)).tolist()
    [5.0, 1.0]
    """

    group: Ints
    groups: int
    limits: Limits

    def applied(self, weights: Floats, rows: Rows) -> Floats:
        """Give the weights of some rows after the step, from theirs before it."""
        return self.limits.held(weights)

    def linearised(self, before: Floats, after: Floats) -> Linearisation:
        """Say how estimates depend on the trimming: weights at floor or cap do not move."""
        free, nothing = after * self.limits.inside(after), np.zeros(len(after))
        return Linearisation(after, ((self.group, self.groups),), nothing, free, through=(free, nothing))


@dataclass(frozen=True, eq=False)
class Shifted:
    """Weights held between floor and cap while the others get a constant, once, and then everybody a second one.

    The first constant shares out what the weights outside the limits lost or got; the second what those then pushed
    over the limits lose in turn, all rounds of R's ``trimWeights(strict = TRUE)`` together.

    Attributes
    ----------
    group : numpy.ndarray of int64
        For each row its group.
    first, second : numpy.ndarray
        For each group the constants.
    limits : Limits
        Floor and cap.

    Examples
    --------
    >>> moved = Shifted(np.array([0, 0, 0]), np.array([2.0]), np.array([0.0]), Limits(0.0, 5.0))
    >>> moved.applied(np.array([9.0, 1.0, 2.0]), slice(None)).tolist()
    [5.0, 3.0, 4.0]
    """

    group: Ints
    first: Floats
    second: Floats
    limits: Limits

    def applied(self, weights: Floats, rows: Rows) -> Floats:
        """Give the weights of some rows after the step, from theirs before it."""
        once = self.once(weights, rows)
        return self.limits.held(np.where(once > 0, once + self.second[self.group[rows]], once))

    def once(self, weights: Floats, rows: Rows = slice(None)) -> Floats:
        """Give the weights after the first constant."""
        moving = (weights > 0) & ~self.limits.outside(weights)
        return np.where(moving, weights + self.first[self.group[rows]], self.limits.held(weights))

    def linearised(self, before: Floats, after: Floats) -> Linearisation:
        """Say how estimates depend on the trimming, round by round."""
        once, groups = self.once(before), len(self.first)
        moving = ((before > 0) & ~self.limits.outside(before)).astype(np.float64)
        free = ((once > 0) & self.limits.inside(after)).astype(np.float64)
        taking = np.where((summed(self.group, groups, moving) > 0)[self.group], moving, free)
        through = (before * moving, before * moving - before)
        one = Linearisation(once, ((self.group, groups),), once - before, taking, through=through)
        if not self.second.any():
            return one
        through = (once * free, once * free - once)
        return Linearisation(after, ((self.group, groups),), after - once, free, through=through, earlier=one)


Trimming = Multiplied | Cut | Shifted
"""A change of weights by trimming."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups that keep their sums of weights, and how what is trimmed is given to the others.

    Attributes
    ----------
    code : numpy.ndarray of int64
        For each row its group.
    names : tuple of str
        Each group as printed; one empty name for all rows together.
    how : {"proportional", "equal", "none"}
        How.
    """

    code: Ints
    names: tuple[str, ...]
    how: Redistribute

    def change(self, weights: Floats, frequency: Floats, limits: Limits, where: str) -> Trimming:
        """Trim, and give what was taken to the others.

        Parameters
        ----------
        weights, frequency : numpy.ndarray
            Weights of one respondent, and how often each counts.
        limits : Limits
            Floor and cap.
        where : str
            What messages begin with: the replicate; empty for the whole sample.

        Raises
        ------
        WeightingError
            When a group cannot keep its sum within the limits.
        """
        if self.how == "none":
            return Cut(self.code, len(self.names), limits)
        counted = (weights > 0) & (frequency > 0)
        here = _Sample(weights[counted], frequency[counted], self.code[counted], len(self.names))
        self._refuse_impossible(here, limits, where)
        if self.how == "proportional":
            return Multiplied(
                ((self.code, len(self.names)),),
                np.log(here.level(limits, here.sums(here.weights), multiply=True)),
                limits,
            )
        first = here.shares(limits)
        once = replace(here, weights=Shifted(here.code, first, np.zeros(len(first)), limits).once(here.weights))
        return Shifted(self.code, first, once.level(limits, here.sums(here.weights), multiply=False), limits)

    def _refuse_impossible(self, here: _Sample, limits: Limits, where: str) -> None:
        mean = here.means()
        over, under = mean > limits.cap * (1 + KEPT), mean < limits.floor * (1 - KEPT)
        if not (over | under).any():
            return
        at = int(np.argmax(np.where(over, mean, 0))) if over.any() else int(np.argmin(mean))
        count, total = float(here.counts()[at]), float(here.sums(here.weights)[at])
        name, limit = ("cap", limits.cap) if over.any() else ("floor", limits.floor)
        group = f"{self.names[at]}: " if self.names[at] else ""
        edge, bound = ("most", "least") if over.any() else ("least", "largest")
        raise WeightingError(
            f"{where + ': ' if where else ''}{group}{count:,.6g} respondents with a {name} of {limit:.6g} can hold at "
            f"{edge} {count * limit:,.6g}, and their weights add up to {total:,.6g}. The {bound} {name} that would do "
            f"is their mean, {total / count:.6g}; or choose redistribute='none', which lets the sum change"
            f"{', or wider groups (within=...)' if group else ''}."
        )


@dataclass(frozen=True, eq=False)
class _Sample:
    """Respondents who count, with their groups."""

    weights: Floats
    frequency: Floats
    code: Ints
    groups: int

    def sums(self, values: Floats) -> Floats:
        return summed(self.code, self.groups, self.frequency * values)

    def counts(self) -> Floats:
        return summed(self.code, self.groups, self.frequency)

    def means(self) -> Floats:
        """Give the mean weight of each group, missing where nobody is."""
        return _over(self.sums(self.weights), self.counts(), np.nan)

    def shares(self, limits: Limits) -> Floats:
        """Give for each group what each respondent within the limits gets of what those outside lost."""
        moving = ~limits.outside(self.weights)
        lost = self.sums(self.weights - limits.held(self.weights))
        return _over(lost, self.sums(moving.astype(np.float64)), 0.0)

    def level(self, limits: Limits, total: Floats, *, multiply: bool) -> Floats:
        """Give for each group the factor, or the constant, with which weights held in the limits have a sum.

        Each round settles those who end at the limit that binds more; they stay there, so rounds are few.
        """
        neutral = 1.0 if multiply else 0.0
        off = np.abs(total - self.sums(self.weights)) > KEPT * total
        changed = off | (self.sums(limits.outside(self.weights).astype(np.float64)) > 0)
        level = np.full(self.groups, neutral)
        end = np.zeros(len(self.weights))
        free = changed[self.code]
        while free.any():
            left, own = total - self.sums(end), self.sums(free * self.weights)
            counts = self.sums(free.astype(np.float64))
            found = _over(left, own, neutral) if multiply else _over(left - own, counts, neutral)
            level = np.where(counts > 0, found, level)
            moved: Floats = self.weights * level[self.code] if multiply else self.weights + level[self.code]
            held = np.clip(moved, limits.floor, limits.cap)
            over, under = free & (moved > limits.cap), free & (moved < limits.floor)
            if not (over | under).any():
                break
            excess, short = self.sums((moved - held) * over), self.sums((held - moved) * under)
            settled = np.where((excess >= short)[self.code], over, under)
            end = np.where(settled, np.where(over, limits.cap, limits.floor), end)
            free = free & ~settled
        return level


def _over(above: Floats, below: Floats, otherwise: float) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(len(above), otherwise), where=below > 0))


def check_redistribute(how: str) -> Redistribute:
    """Give the way to redistribute.

    Raises
    ------
    WeightingError
        When there is no such way.

    Examples
    --------
    >>> check_redistribute("equal")
    'equal'
    """
    known: tuple[Redistribute, ...] = get_args(Redistribute)
    for each in known:
        if how == each:
            return each
    raise WeightingError(f"redistribute is {how!r}; it can be 'proportional', 'equal' or 'none'.")
