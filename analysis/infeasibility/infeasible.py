"""Why margins cannot be met, and the least change with which they could be.

Nothing here runs where weights were found. Where none were, linear programmes on the cells tell margins that
contradict each other from a fit that only took too long, name the smallest conflict, and look for bounds, joins and
margins to leave out; each way out that is named was tried with the fit itself.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from ...data.errors import InfeasibleMarginsError, UnmetMargins, WeightingError
from ..estimation.method import counted
from ..targets.margin_fit import Cells, Fit
from .collapses import Collapse, Collapses
from .conditions import CONTRADICTION, Bounds, Deadline, SearchStopped, conditions_of, shortage
from .conflict import Conflict, Place, conflict_of
from .explanation import bounds_lines, collapse_lines, conflict_lines, points
from .feasible_bounds import VANISHING, largest_low, nearest_bounds
from .raking_problem import RakingProblem
from .slow_raking import faint, faintest, slow

SECONDS = 8.0
"""How long each of three searches may take: for the conflict, for bounds, for a collapse."""

FLOOR = 1e-5
"""What a weight may be multiplied by at least where margins are simplified so that nobody's weight vanishes."""

MANY_CELLS = 50_000
"""With more cells no collapse is looked for."""

UNKNOWN = (
    "Whether any weights do was not found in time: join categories or rake on fewer margins, or raise max_iterations."
)


def check_reach(problem: RakingProblem) -> None:
    """Refuse bounds that keep a single category from its target, before a fit is tried.

    Raises
    ------
    InfeasibleMarginsError
        When there is such a category.
    """
    low, high = problem.limits
    shares = np.concatenate(problem.cells.shares(np.ones(len(problem.cells.weight))))
    targets = np.concatenate(problem.cells.targets)
    most = np.multiply(high, shares, out=np.zeros(len(shares)), where=shares > 0)
    gap = np.maximum(targets - most, low * shares - targets)
    at = int(np.argmax(gap))
    if gap[at] > max(problem.tolerance, CONTRADICTION):
        raise _out_of_reach(problem, at, float(shares[at]), float(most[at]))


def _out_of_reach(problem: RakingProblem, at: int, share: float, most: float) -> InfeasibleMarginsError:
    """Name the category that is furthest out of reach by itself."""
    place = [(margin, each) for margin, target in enumerate(problem.cells.targets) for each in range(len(target))][at]
    target = problem.target(place)
    held = share / float(problem.cells.weight.sum())
    edge, reach = ("at most", most) if most < target else ("at least", problem.limits[0] * share)
    first = (
        f"{problem.where}no weights{problem.within} fit all margins: {problem.named(place)} holds {100 * held:.2f}% "
        f"of the weight, and {edge} {100 * reach:.2f}% can be reached; the target is {100 * target:.2f}%."
    )
    return _refused(problem, first, place, reach, "contradiction")


def unmet(problem: RakingProblem, fit: Fit) -> WeightingError:
    """Give the error for a fit that missed its targets, or left somebody with practically no weight.

    Parameters
    ----------
    problem : RakingProblem
        What was asked for.
    fit : Fit
        What was reached.

    Returns
    -------
    WeightingError
        An InfeasibleMarginsError where no weights meet the targets; else advice on the fit.
    """
    place, reached = _furthest(problem.cells, fit)
    outcome = _outcome(problem, Deadline.after(SECONDS))
    if outcome == "feasible":
        missed = not fit.worst <= problem.tolerance
        return WeightingError(slow(problem, fit, place, reached) if missed else faint(problem, fit))
    first = _missed(problem, place, reached, f"after {counted(fit.iterations, 'iteration', 'iterations')} ")
    if outcome == "unknown":
        return WeightingError(f"{first} {UNKNOWN}")
    return _explained(problem, fit, outcome, first)


def contradiction(problem: RakingProblem, *, vanishing: bool = True) -> InfeasibleMarginsError | None:
    """Give the error for margins that no weights meet, whichever way they are fitted; None where none is proven.

    Parameters
    ----------
    problem : RakingProblem
        What was asked for.
    vanishing : bool
        Whether margins that are met only when somebody gets no weight count as unmet.
    """
    try:
        check_reach(problem)
    except InfeasibleMarginsError as error:
        return error
    fit = problem.fit()
    if fit.worst <= problem.tolerance and fit.ratio[problem.cells.weight > 0].min() >= VANISHING:
        return None
    outcome = _outcome(problem, Deadline.after(SECONDS))
    if outcome != "contradiction" and not (outcome == "vanishing" and vanishing):
        return None
    return _explained(problem, fit, outcome, _missed(problem, *_furthest(problem.cells, fit), ""))


def _missed(problem: RakingProblem, place: Place, reached: float, after: str) -> str:
    """Say which category is furthest from its target."""
    target = problem.target(place)
    return (
        f"{problem.where}no weights{problem.within} fit all margins: {after}{problem.named(place)} reaches "
        f"{100 * reached:.4f}% where the target is {100 * target:.4f}%, {points(reached, target)}."
    )


def _explained(problem: RakingProblem, fit: Fit, outcome: str, first: str) -> InfeasibleMarginsError:
    """Explain margins that cannot be met, or only when somebody gets no weight."""
    place, reached = _furthest(problem.cells, fit)
    if outcome == "vanishing":
        first = (
            f"{problem.where}the margins can be met{problem.within} only by giving no weight to respondents who are "
            f"{faintest(problem, fit)}."
        )
    return _refused(problem, first, place, reached, outcome)


def _furthest(cells: Cells, fit: Fit) -> tuple[Place, float]:
    """Give the category furthest from its target, and what it reached."""
    shares = cells.shares(fit.ratio)
    gaps = [np.abs(share - target) for share, target in zip(shares, cells.targets, strict=True)]
    margin = int(np.argmax([gap.max() for gap in gaps]))
    at = int(np.argmax(gaps[margin]))
    return (margin, at), float(shares[margin][at])


def _outcome(problem: RakingProblem, deadline: Deadline) -> str:
    """Tell contradicting targets, and those for which somebody's weight must vanish, from feasible ones."""
    conditions = conditions_of(problem.cells)
    try:
        if shortage(conditions, problem.limits, deadline).gap > CONTRADICTION:
            return "contradiction"
        if problem.limits[0] < VANISHING and (largest_low(conditions, problem.limits[1], deadline) or 0) < VANISHING:
            return "vanishing"
    except SearchStopped:
        return "unknown"
    return "feasible"


def _refused(problem: RakingProblem, first: str, place: Place, reached: float, outcome: str) -> InfeasibleMarginsError:
    """Look for the conflict and the ways out, and put them into one message."""
    skipped: list[str] = []
    conflict = _conflict(problem, outcome, skipped)
    bounds = _bounds(problem, skipped)
    collapse = _collapse(problem, skipped)
    told = [
        first,
        *conflict_lines(problem, conflict, place, outcome),
        *bounds_lines(problem.bounds, bounds, where=problem.where),
        *collapse_lines(problem, collapse),
    ]
    if problem.remedy:
        told.append(problem.remedy)
    if skipped:
        told.append(f"Not searched to the end, for time: {', '.join(skipped)}.")
    return InfeasibleMarginsError(
        "\n  ".join(told), _facts(problem, place, reached, conflict, bounds, collapse, outcome)
    )


def _conflict(problem: RakingProblem, outcome: str, skipped: list[str]) -> Conflict | None:
    low, high = problem.limits
    floor = FLOOR if outcome == "vanishing" else low
    try:
        # nobody's weight may vanish: the least of a floor already contradicts the targets then
        threshold = VANISHING * CONTRADICTION if outcome == "vanishing" else CONTRADICTION
        return conflict_of(problem.cells, (floor, high), Deadline.after(SECONDS), threshold)
    except SearchStopped:
        skipped.append("the conflict")
        return None


def _bounds(problem: RakingProblem, skipped: list[str]) -> tuple[Bounds, ...] | None:
    """Give the least changes of bounds; None where there are no bounds, or no time."""
    if problem.bounds is None:
        return None
    try:
        works = partial(problem.fits, problem.cells)
        return nearest_bounds(conditions_of(problem.cells), problem.bounds, works, Deadline.after(SECONDS))
    except SearchStopped:
        skipped.append("bounds")
        return None


def _collapse(problem: RakingProblem, skipped: list[str]) -> Collapse:
    """Give what is found until time is up; nothing for a replicate, whose margins are those of the sample."""
    if problem.where:
        return Collapse()
    if len(problem.cells.weight) > MANY_CELLS:
        skipped.append("collapses")
        return Collapse()
    limits = max(problem.limits[0], FLOOR), problem.limits[1]
    fits = partial(problem.fits, bounds=problem.limits)
    search = Collapses(problem.cells, limits, fits, Deadline.after(SECONDS))
    found = Collapse()
    try:
        search.prove()
        found = replace(found, join=search.least_join(problem.joinable()))
        found = replace(found, leave_out=search.left_out())
        if found == Collapse():
            found = replace(found, together=search.met_together())
    except SearchStopped:
        skipped.append("collapses")
    return found


def _facts(
    problem: RakingProblem,
    place: Place,
    reached: float,
    conflict: Conflict | None,
    bounds: tuple[Bounds, ...] | None,
    collapse: Collapse,
    outcome: str,
) -> UnmetMargins:
    """Give what the message says to be read by a program."""

    def pair(each: Place) -> tuple[str, str]:
        return problem.names[each[0]][0], problem.names[each[0]][1 + each[1]]

    sides = () if conflict is None else ((conflict.at_least, "at least"), (conflict.at_most, "at most"))
    join = collapse.join
    return UnmetMargins(
        outcome=outcome,
        margin=pair(place)[0],
        category=pair(place)[1],
        target=problem.target(place),
        reached=reached,
        conflict=tuple((*pair(each), problem.target(each), side) for places, side in sides for each in places),
        empty=() if conflict is None else tuple(tuple(map(pair, each)) for each in conflict.empty),
        bounds=bounds or (),
        join=None if join is None else (*pair((join.margin, join.one)), pair((join.margin, join.two))[1]),
        leave_out=tuple(problem.names[margin][0] for margin in collapse.leave_out),
        met_together=tuple(problem.names[margin][0] for margin in collapse.together),
    )
