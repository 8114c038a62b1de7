"""A raking that is asked for: cells and targets with their names, bounds, and when to give up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...data.codebook import Study
from ..sampling.categories import categories
from ..targets.margin_fit import Cells, Fit, fitted
from ..targets.targets import OWN_CLASS, Target, Targets
from .conditions import Bounds
from .conflict import Place
from .feasible_bounds import VANISHING

Names = Sequence[Sequence[str]]
"""For each margin its column, then its categories as printed."""


@dataclass(frozen=True, eq=False)
class RakingProblem:
    """What weights were to be raked to, and how.

    Attributes
    ----------
    cells : Cells
        The cells with their targets.
    names : sequence of sequence of str
        For each margin its column, then its categories as printed.
    bounds : tuple of float or None
        Least and largest factor.
    tolerance : float
        Largest distance from a target share.
    max_iterations : int
        Iterations before giving up.
    orders : callable, optional
        Gives for each margin its categories that may be joined, neighbours beside each other.
    where : str
        Begins the message, e.g. ``"replicate 3 of 200: "``.
    remedy : str
        Ends it, where there is another way out.
    """

    cells: Cells
    names: Names
    bounds: Bounds | None
    tolerance: float
    max_iterations: int
    orders: Callable[[], Sequence[Sequence[int]]] | None = None
    where: str = ""
    remedy: str = ""

    @property
    def limits(self) -> Bounds:
        """The bounds, without any those that always hold."""
        return self.bounds or (0.0, np.inf)

    @property
    def within(self) -> str:
        """The bounds in words, e.g. ``" within bounds 0.5 to 2"``."""
        return f" within bounds {self.bounds[0]:g} to {self.bounds[1]:g}" if self.bounds else ""

    def fit(self) -> Fit:
        """Fit the cells; where that breaks down on the way, give them as they were."""
        return _fitted(self.cells, self.limits, self.tolerance, self.max_iterations)

    def fits(self, cells: Cells, bounds: Bounds) -> bool:
        """Tell whether weights are found for cells, and leave everybody one."""
        fit = _fitted(cells, bounds, self.tolerance, self.max_iterations)
        return bool(fit.worst <= self.tolerance and fit.ratio[cells.weight > 0].min() >= VANISHING)

    def reached_with(self, max_iterations: int) -> bool:
        """Tell whether the targets are reached with more iterations."""
        return _fitted(self.cells, self.limits, self.tolerance, max_iterations).worst <= self.tolerance

    def joinable(self) -> Sequence[Sequence[int]]:
        """Give for each margin its categories that may be joined, neighbours beside each other."""
        return self.orders() if self.orders else [range(len(target)) for target in self.cells.targets]

    def category(self, place: Place) -> str:
        """Name a category with its margin, e.g. ``"sex female"``."""
        return f"{self.names[place[0]][0]} {self.names[place[0]][1 + place[1]]}"

    def named(self, place: Place) -> str:
        """Name a category at length, e.g. ``"margin sex, category female"``."""
        return f"margin {self.names[place[0]][0]}, category {self.names[place[0]][1 + place[1]]}"

    def target(self, *places: Place) -> float:
        """Give the target share of categories together."""
        return sum(float(self.cells.targets[margin][at]) for margin, at in places)


def _fitted(cells: Cells, bounds: Bounds, tolerance: float, max_iterations: int) -> Fit:
    """Fit; targets that contradict each other drive multipliers without end, until numbers overflow."""
    try:
        with np.errstate(all="ignore"):
            fit = fitted(cells, bounds, tolerance, max_iterations)
    except np.linalg.LinAlgError:
        fit = Fit(np.ones(len(cells.weight)), max_iterations, np.nan)
    if np.isfinite(fit.worst):
        return fit
    ones = np.ones(len(cells.weight))
    return Fit(ones, fit.iterations, cells.worst(ones))


def names_of(wanted: Targets) -> tuple[tuple[str, ...], ...]:
    """Give for each margin its column, then its categories as printed."""
    return tuple((target.column, *map(str, target.shown)) for target in wanted.margins)


def codebook_orders(study: Study, margins: Sequence[Target]) -> list[list[int]]:
    """Give for each margin its categories in the codebook's order, without the rows that lack a value.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.analysis.targets.targets import targets
    >>> wave = Design(pd.DataFrame({"age": [1, 2, 3, None]}))
    >>> wanted = targets(wave, {"age": {"3": 0.2, "1": 0.3, "2": 0.5}}, None, own_class=True)
    >>> codebook_orders(wave.study, wanted.margins)
    [[1, 2, 0]]
    """
    orders = []
    for target in margins:
        known = categories(study, target.column).shown if target.column in study.frame.columns else ()
        place = {shown: at for at, shown in enumerate(known)}
        named = [at for at, shown in enumerate(target.shown) if shown != OWN_CLASS]
        orders.append(sorted(named, key=[place.get(shown, len(place)) for shown in target.shown].__getitem__))
    return orders
