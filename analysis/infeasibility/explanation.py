"""The words in which margins that cannot be met are explained."""

from __future__ import annotations

from collections.abc import Sequence

from ..estimation.method import counted
from .collapses import Collapse
from .conditions import Bounds
from .conflict import Conflict, Place
from .raking_problem import RakingProblem

LISTED = 3
"""So many categories or combinations are named before the rest is counted."""


def conflict_lines(problem: RakingProblem, conflict: Conflict | None, place: Place, outcome: str) -> list[str]:
    """Say which targets contradict each other, and who is missing in the data."""
    if conflict is None or (*conflict.at_least, *conflict.at_most) == (place,):
        return []
    if conflict.reach is None:
        demands = [f"{problem.category(each)} at least {_percent(problem, each)}" for each in conflict.at_least]
        demands += [f"{problem.category(each)} at most {_percent(problem, each)}" for each in conflict.at_most]
        text = f"these targets cannot hold together, but all of them except any one can: {'; '.join(demands)}."
    elif conflict.at_least and conflict.at_most:
        text = _between_two(problem, conflict, outcome)
    else:
        (alone,) = conflict.at_least or conflict.at_most
        reach = f"{'at most' if conflict.at_least else 'at least'} {100 * conflict.reach:.2f}%"
        text = f"{problem.category(alone)} has a target of {_percent(problem, alone)} and can reach {reach}."
    return [f"Conflict: {text}{_nobody(problem, conflict)}"]


def _between_two(problem: RakingProblem, conflict: Conflict, outcome: str) -> str:
    """Say that people of some categories are all, or nearly, in others whose targets leave them too little."""
    held, holding = _group(problem, conflict.at_least), _group(problem, conflict.at_most)
    text = (
        f"{held} has a target of {_percent(problem, *conflict.at_least)}, {holding} one of "
        f"{_percent(problem, *conflict.at_most)}, and "
    )
    if conflict.beside:
        most = 100 * problem.limits[1] * conflict.beside
        text += (
            f"those of {held} outside {holding} hold {100 * conflict.beside:.2f}%, within bounds at most {most:.2f}%"
        )
    else:
        text += f"all of {held} is in {holding}"
    if outcome == "vanishing":
        return f"{text}; nothing is left for those of {holding} outside {held}."
    if conflict.kept:
        text += f"; those of {holding} outside {held} keep at least {100 * conflict.kept:.2f}%"
    return f"{text}: so {held} can reach at most {100 * max(conflict.reach or 0.0, 0.0):.2f}%."


def _group(problem: RakingProblem, places: Sequence[Place]) -> str:
    """Name categories of one margin, e.g. ``"age 50-59 or 60+"``."""
    names = [problem.names[margin][1 + at] for margin, at in places]
    more = [f"{len(names) - LISTED} more"] if len(names) > LISTED + 1 else []
    return f"{problem.names[places[0][0]][0]} {' or '.join([*names[: LISTED if more else None], *more])}"


def _percent(problem: RakingProblem, *places: Place) -> str:
    return f"{100 * problem.target(*places):.2f}%"


def _nobody(problem: RakingProblem, conflict: Conflict) -> str:
    """Name the first combinations that nobody has and that would resolve the conflict."""
    if not conflict.empty:
        return ""
    named = [" and ".join(problem.category(place) for place in each) for each in conflict.empty[:LISTED]]
    more = len(conflict.empty) - LISTED
    rest = f"; or {counted(more, 'more such combination', 'more such combinations')}" if more > 0 else ""
    return f" Nobody in the {'replicate' if problem.where else 'data'} is {'; or '.join(named)}{rest}."


def bounds_lines(
    bounds: Bounds | None, found: tuple[Bounds, ...] | None, *, what: str = "margins", where: str = ""
) -> list[str]:
    """Say which bounds would do.

    Parameters
    ----------
    bounds : tuple of float or None
        The bounds that were given.
    found : tuple of tuple of float or None
        Those that would do; None where none were looked for.
    what : str
        What is to be met, e.g. ``"margins"``.
    where : str
        Names the replicate, where it is one.

    Examples
    --------
    >>> bounds_lines((0.5, 2.0), ((0.5, 2.4),))
    ['Least change of bounds: bounds=(0.5, 2.4); no other lower bound helps alone.']
    """
    if found is None or bounds is None:
        return []
    if not found:
        return [f"No bounds help: no weights fit all {what} with any."]
    low, high = bounds
    ways = [f"bounds=({each[0]:g}, {each[1]:g})" for each in found]
    kept = [each for each in found if each[0] == low or each[1] == high]
    alone = "" if len(found) == 2 else f"; no other {'upper' if found[0][1] == high else 'lower'} bound helps alone"
    if not kept:
        alone = "; changing one of them alone does not help"
    whose = " for this replicate, others may need more" if where else ""
    return [f"Least change of bounds{whose}: {' or '.join(ways)}{alone}."]


def collapse_lines(problem: RakingProblem, found: Collapse) -> list[str]:
    """Say which joins and which margins left out would do."""
    lines = []
    if found.join is not None:
        one, two = (found.join.margin, found.join.one), (found.join.margin, found.join.two)
        lines.append(
            f"Least collapse: join {problem.category(one)} ({_percent(problem, one)}) with "
            f"{problem.names[two[0]][1 + two[1]]} ({_percent(problem, two)}), with the option join."
        )
    columns = [problem.names[margin][0] for margin in found.leave_out]
    if columns:
        lines.append(f"{'Or leave' if lines else 'Leave'} out the margin {' or '.join(columns)}.")
    if found.together:
        together = ", ".join(problem.names[margin][0] for margin in found.together)
        lines.append(f"No join of two categories and no margin left out is enough; what can be met: {together}.")
    return lines


def points(reached: float, target: float) -> str:
    """Say how far a share is from its target, e.g. ``"3.2 points too low"``."""
    return f"{100 * abs(reached - target):.2g} points too {'low' if reached < target else 'high'}"
