"""What to do about a fit that did not reach targets which can be met, or left somebody practically no weight."""

from __future__ import annotations

import numpy as np

from ..estimation.method import counted
from ..targets.margin_fit import Fit
from .conditions import Bounds, Deadline, SearchStopped, conditions_of
from .conflict import Place
from .explanation import LISTED, points
from .feasible_bounds import SECONDS, VANISHING, downward, largest_low, least_high, upward
from .raking_problem import RakingProblem

TRIED = 2e9
"""A fit is not tried again with ten times the iterations where it would take more multiplications than this."""


def slow(problem: RakingProblem, fit: Fit, place: Place, reached: float) -> str:
    """Say of targets that can be met that the fit did not get there, and what would."""
    target = problem.target(place)
    iterations = counted(fit.iterations, "iteration", "iterations")
    return (
        f"{problem.where}the margins can be met{problem.within}, but after {iterations} {problem.named(place)} is "
        f"still {points(reached, target)} for its target of {100 * target:.4f}%. "
        f"{_more_iterations(problem, _above(fit.worst))}"
    )


def _more_iterations(problem: RakingProblem, met: float) -> str:
    """Try more iterations, where that does not take long."""
    more = problem.max_iterations
    for _ in range(2):
        more *= 10
        if more * len(problem.cells.weight) * len(problem.cells.codes) > TRIED:
            return f"Raise max_iterations, or accept what was reached with tolerance={met:g}."
        if problem.reached_with(more):
            return f"max_iterations={more} reaches it, tolerance={met:g} accepts what was reached."
    return f"max_iterations={more} does not reach it either, tolerance={met:g} accepts what was reached."


def _above(worst: float) -> float:
    """Give the power of ten above a distance."""
    return float(10.0 ** np.ceil(np.log10(worst) + 1e-6))


def faint(problem: RakingProblem, fit: Fit) -> str:
    """Say of targets that can be met with a weight for everybody that raking leaves somebody practically none."""
    text = (
        f"{problem.where}raking to these margins{problem.within} multiplies the weight of respondents who are "
        f"{faintest(problem, fit)} by {fit.ratio[problem.cells.weight > 0].min():.2g}, which leaves them none."
    )
    found = _bounds_with_floor(problem)
    if found is None:
        return f"{text} Join categories, or rake on fewer margins."
    return f"{text} With bounds=({found[0]:g}, {found[1]:g}) the margins are met and everybody keeps a weight."


def _bounds_with_floor(problem: RakingProblem) -> Bounds | None:
    """Give bounds that keep everybody's weight from vanishing."""
    conditions, deadline = conditions_of(problem.cells), Deadline.after(SECONDS)
    try:
        floor = largest_low(conditions, problem.limits[1], deadline) or 0.0
        low = max(downward(floor / 2), VANISHING)
        high = least_high(conditions, low, deadline) or np.inf
    except SearchStopped:
        return None
    ways = [(low, upward(high * more)) for more in (1.05, 1.5) if np.isfinite(high)]
    return next((bounds for bounds in ways if problem.fits(problem.cells, bounds)), None)


def faintest(problem: RakingProblem, fit: Fit) -> str:
    """Name up to three combinations whose weights vanish."""
    ratio = np.where(problem.cells.weight > 0, fit.ratio, np.inf)
    found = np.flatnonzero(ratio < VANISHING)
    return "; or ".join(
        ", ".join(problem.category((margin, int(code[cell]))) for margin, code in enumerate(problem.cells.codes))
        for cell in (found if len(found) else np.flatnonzero(ratio <= 2 * ratio.min()))[:LISTED]
    )
