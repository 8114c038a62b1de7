"""Fit weights to margins on the cell table: iterative proportional fitting, and raking within bounds.

Deming and Stephan (1940), On a least squares adjustment of a sampled frequency table, Annals of Mathematical
Statistics 11(4). Bounds: Deville and Särndal (1992), Calibration estimators in survey sampling, JASA 87, case 7: the
raking distance truncated, so that bounds which do not bind change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..sampling.categories import Floats, Ints
from ..sampling.sums import summed


@dataclass(frozen=True, eq=False)
class Cells:
    """The combinations of margin categories that occur, and what they should add up to.

    Attributes
    ----------
    weight : numpy.ndarray
        Share of the base weight in each cell; adds up to 1.
    codes : tuple of numpy.ndarray
        For each margin the category of each cell.
    targets : tuple of numpy.ndarray
        For each margin the target share of each category; each adds up to 1.
    """

    weight: Floats
    codes: tuple[Ints, ...]
    targets: tuple[Floats, ...]

    def shares(self, ratio: Floats) -> list[Floats]:
        """Give the shares of each margin's categories once the cells are multiplied by a ratio."""
        weight = self.weight * ratio
        pairs = zip(self.codes, self.targets, strict=True)
        return [summed(code, len(target), weight) for code, target in pairs]

    def worst(self, ratio: Floats) -> float:
        """Give the largest distance of any category's share from its target."""
        pairs = zip(self.shares(ratio), self.targets, strict=True)
        return max(float(np.abs(share - target).max()) for share, target in pairs)


@dataclass(frozen=True, eq=False)
class Fit:
    """The outcome of a fit.

    Attributes
    ----------
    ratio : numpy.ndarray
        Final over base weight, by cell.
    iterations : int
        Sweeps over the margins, and Newton steps where those were needed.
    worst : float
        Largest distance of a category's share from its target.
    """

    ratio: Floats
    iterations: int
    worst: float


def fitted(cells: Cells, bounds: tuple[float, float], tolerance: float, max_iterations: int) -> Fit:
    """Fit by sweeps over the margins; where they stall or leave the bounds, by Newton steps on the dual.

    Examples
    --------
    >>> half = np.array([0.5, 0.5])
    >>> cells = Cells(np.array([0.6, 0.4]), (np.array([0, 1]),), (half,))
    >>> fitted(cells, (0.0, np.inf), 1e-10, 100).ratio.round(4).tolist()
    [0.8333, 1.25]
    """
    swept = _swept(cells, tolerance, max_iterations)
    low, high = bounds
    if swept.worst <= tolerance and swept.ratio.min() >= low and swept.ratio.max() <= high:
        return swept
    stepped = _stepped(cells, bounds, tolerance, max_iterations)
    return Fit(stepped.ratio, swept.iterations + stepped.iterations, stepped.worst)


def _swept(cells: Cells, tolerance: float, max_iterations: int) -> Fit:
    """Multiply each margin in turn to its targets until all hold, or until sweeps no longer help."""
    ratio = np.ones(len(cells.weight))
    worst, iterations = cells.worst(ratio), 0
    while worst > tolerance and iterations < max_iterations:
        for code, target in zip(cells.codes, cells.targets, strict=True):
            share = summed(code, len(target), cells.weight * ratio)
            ratio = ratio * (target / np.where(share > 0, share, 1.0))[code]
        iterations += 1
        worst = cells.worst(ratio)
    return Fit(ratio, iterations, worst)


def _stepped(cells: Cells, bounds: tuple[float, float], tolerance: float, max_iterations: int) -> Fit:
    """Minimise the convex dual of truncated raking by damped Newton steps with backtracking."""
    design = _one_hot(cells)
    target = np.concatenate(cells.targets)
    multipliers = np.zeros(len(target))
    damping, iterations = 1e-8, 0
    value, ratio, slope = _dual(cells, design, target, multipliers, bounds)
    while np.abs(slope).max() > tolerance and iterations < max_iterations:
        iterations += 1
        inside = (ratio > bounds[0]) & (ratio < bounds[1])
        curvature = (design.T @ (design * (cells.weight * ratio * inside)[:, None])).toarray()
        step = np.linalg.solve(curvature + damping * np.eye(len(target)), -slope)
        length, gain = 1.0, float(slope @ step)
        while length > 1e-10:
            moved = _dual(cells, design, target, multipliers + length * step, bounds)
            if moved[0] <= value + 1e-4 * length * gain + 1e-15 or np.abs(moved[2]).max() < 0.5 * np.abs(slope).max():
                break
            length /= 2
        multipliers = multipliers + length * step
        damping = max(damping / 10, 1e-10) if length == 1 else min(damping * 10, 1e-2)
        value, ratio, slope = moved
    return Fit(ratio, iterations, cells.worst(ratio))


def _dual(
    cells: Cells, design: sparse.csr_array, target: Floats, multipliers: Floats, bounds: tuple[float, float]
) -> tuple[float, Floats, Floats]:
    """Give the dual's value, the ratios it stands for, and its slope: shares reached minus targets."""
    low, high = bounds
    exponent = design @ multipliers
    ratio = np.clip(np.exp(np.clip(exponent, -700, 700)), low, high)
    # the integral of the clipped exponential: e^u inside, continued along its tangents outside
    value = ratio + np.where(ratio > 0, ratio * (exponent - np.log(np.where(ratio > 0, ratio, 1))), 0)
    slope = design.T @ (cells.weight * ratio) - target
    return float(cells.weight @ value - target @ multipliers), ratio, slope


def _one_hot(cells: Cells) -> sparse.csr_array:
    """Give the matrix of cells by categories, a one where the cell is in the category."""
    starts = np.cumsum([0, *(len(target) for target in cells.targets)])
    rows = np.tile(np.arange(len(cells.weight)), len(cells.codes))
    columns = np.concatenate([code + start for code, start in zip(cells.codes, starts[:-1], strict=True)])
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(cells.weight), starts[-1]))
