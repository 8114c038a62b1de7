"""Why weights cannot be calibrated: targets in conflict, a fit that took too long, weights that vanish."""

from __future__ import annotations

from functools import partial

import numpy as np

from ...data.codebook import Study
from ...data.errors import WeightingError
from ..estimation.method import counted
from ..infeasibility.conditions import Deadline, SearchStopped
from ..infeasibility.feasible_bounds import VANISHING, downward
from ..infeasibility.infeasible import SECONDS, contradiction, unmet
from ..infeasibility.raking_problem import RakingProblem, codebook_orders, names_of
from ..sampling.categories import Floats
from ..targets.margin_fit import Cells
from ..targets.targets import Targets
from .calibration_conditions import CalibrationConditions
from .calibration_fit import Fit, Problem
from .replicate_calibration import CalibrationTask

SWEEPS = 500
"""Iterations with which a rake is tried on the margins alone, to explain them."""

SAME = 1e-3
"""Where the sum of the weights changes by less than this part, bounds need no word on it."""


def refuse_misfit(task: CalibrationTask, study: Study, before: Floats, problem: Problem, fit: Fit) -> None:
    """Stop where targets were not reached, saying which contradict each other and what would do.

    Parameters
    ----------
    task : CalibrationTask
        What was to be calibrated to what.
    study : Study
        The data, with the order of categories.
    before : numpy.ndarray
        Base weights of the rows.
    problem : Problem
        What was fitted.
    fit : Fit
        What was reached.

    Raises
    ------
    InfeasibleMarginsError
        When no weights meet the margins, whatever else was asked for.
    WeightingError
        When the fit is further from a target than its tolerance for another reason.
    """
    if fit.worst <= task.method.tolerance:
        return
    changed = _sum_changes(task, before)
    if task.auxiliaries.matched:
        asked = _margins_alone(task, task.auxiliaries.matched, study, before, changed)
        refused = contradiction(asked, vanishing=task.method.distance != "linear")
        if refused:
            raise refused
    conditions = CalibrationConditions(task, before, problem)
    try:
        contradicted = conditions.contradicted(Deadline.after(SECONDS))
    except SearchStopped:
        contradicted = None
    if contradicted is False:
        raise WeightingError(_slow(task, conditions, fit))
    # rows taken together prove that weights exist, not that they do not
    first = f"no weights ({task.method}) {'were found that ' if conditions.coarse else ''}meet all targets."
    lines = conditions.lines() if contradicted else [f"{_furthest(conditions, fit)}; why was not found in time."]
    raise WeightingError("\n  ".join([first, *([changed] if changed else []), *lines]))


def refuse_negative(task: CalibrationTask, before: Floats, after: Floats) -> None:
    """Stop where the linear distance, which has no bounds of its own, makes weights negative.

    Raises
    ------
    WeightingError
        When a weight is below zero.
    """
    negative = after < 0
    if not negative.any():
        return
    ratio = after[negative] / before[negative]
    raise WeightingError(
        f"{counted(int(negative.sum()), 'weight', 'weights')} of {int((before > 0).sum()):,} would be below zero (the "
        f"lowest {ratio.min():.2f} times its base weight), as the linear distance has no bound of its own. Choose "
        "distance='raking', or give bounds, e.g. bounds=(0.2, 5)."
    )


def refuse_vanished(task: CalibrationTask, study: Study, before: Floats, problem: Problem, fit: Fit) -> None:
    """Stop where the raking distance meets targets only because some weights have all but vanished.

    Raises
    ------
    InfeasibleMarginsError
        When margins alone can be met only so.
    WeightingError
        When weights without a lower bound were multiplied by next to nothing for another reason.
    """
    vanished = (fit.factor < VANISHING) & (problem.base > 0)
    if task.method.distance != "raking" or task.method.bounds or not vanished.any():
        return
    if task.auxiliaries.matched:
        asked = _margins_alone(task, task.auxiliaries.matched, study, before, "")
        raked = asked.fit()
        if raked.ratio[asked.cells.weight > 0].min() < VANISHING:
            raise unmet(asked, raked)
    point = np.arange(len(fit.factor)) if task.point is None else task.point
    rows = counted(int(vanished[point].sum()), "respondent", "respondents")
    conditions = CalibrationConditions(task, before, problem)
    raise WeightingError(
        f"the raking distance meets the targets only by giving no weight to {rows} (less than {VANISHING:g} of what "
        f"they had): {_strongest(conditions, fit)}. {_with_floor(conditions)}"
    )


def _margins_alone(
    task: CalibrationTask, matched: Targets, study: Study, before: Floats, changed: str
) -> RakingProblem:
    """Give the margins as a raking, with the bounds where these are of factors and nothing else is to be met."""
    bounds = None if task.method.bounds_weights or task.auxiliaries.moments else task.method.bounds
    cells = matched.cells
    if bounds:
        start = float(before.sum()) * task.scale / task.auxiliaries.total
        cells = Cells(cells.weight * start, cells.codes, cells.targets)
    orders = partial(codebook_orders, study, matched.margins)
    return RakingProblem(cells, names_of(matched), bounds, task.method.tolerance, SWEEPS, orders, remedy=changed)


def _sum_changes(task: CalibrationTask, before: Floats) -> str:
    """Say so where bounds stand beside a sum of the weights that they were not meant for."""
    if task.method.bounds_weights and task.method.bounds:
        rows = int((before > 0).sum())
        mean, (low, high) = task.auxiliaries.total / rows, task.method.bounds
        if low <= mean <= high:
            return ""
        return f"The weights of {rows:,} respondents should add up to {task.auxiliaries.total:,.6g}, {mean:.4g} each."
    start = float(before.sum()) * task.scale
    change = task.auxiliaries.total / start
    if task.method.bounds is None or abs(change - 1) < SAME:
        return ""
    return (
        f"The weights add up to {start:,.6g} and should to {task.auxiliaries.total:,.6g}, {change:.3g} times as much, "
        "and bounds count from the base weights."
    )


def _slow(task: CalibrationTask, conditions: CalibrationConditions, fit: Fit) -> str:
    """Say of targets that can be met that the fit did not get there, and what would."""
    after = f" after {counted(fit.iterations, 'iteration', 'iterations')}" if fit.iterations else ""
    text = f"the targets can be met ({task.method}), but{after} {_furthest(conditions, fit)}."
    more = 10 * task.method.max_iterations
    if conditions.reached_with(more):
        return f"{text} max_iterations={more} reaches them."
    try:
        found = conditions.nearest_bounds()
    except WeightingError:
        found = None
    ways = " or ".join(f"bounds=({each[0]:g}, {each[1]:g})" for each in found or ())
    return f"{text} {f'{ways} does it.' if ways else 'Choose another distance, or a larger tolerance.'}"


def _furthest(conditions: CalibrationConditions, fit: Fit) -> str:
    """Name the target that is furthest off, and what was reached."""
    at = int(np.argmax(np.abs(fit.misfit)))
    reached = float(conditions.problem.target[at] + fit.misfit[at])
    if not conditions.task.auxiliaries.margins and at == 0:
        total = conditions.task.auxiliaries.total
        return f"the weights add up to {reached * total:,.6g} and should to {total:,.6g}"
    return f"{conditions.demand(at, 'should be')} and is at {conditions.said(at, reached)}"


def _strongest(conditions: CalibrationConditions, fit: Fit) -> str:
    """Name the target that drives weights furthest apart, with what the data hold."""
    wanted = conditions.task.auxiliaries
    by_margin = np.split(fit.multipliers[: sum(wanted.sizes)], np.cumsum(wanted.sizes)[:-1])
    used = conditions.problem.base > 0
    columns = conditions.problem.matrix.columns[used]
    margins = [float(np.ptp(each)) for each in by_margin]
    moments = np.abs(fit.multipliers[sum(wanted.sizes) :]) * np.ptp(columns, axis=0)
    strongest = int(np.argmax([*margins, *moments]))
    if strongest < len(margins):
        at = int(sum(wanted.sizes[:strongest]) + np.argmin(by_margin[strongest]))
        problem = conditions.problem
        share = float(problem.matrix.totals(problem.base)[at] / problem.base.sum())
        return f"{conditions.demand(at, 'should be')} and is {100 * share:.2f}% before"
    at = strongest - len(margins)
    one = wanted.moments[at]
    low, high = (one.centre + one.spread * float(edge) for edge in (columns[:, at].min(), columns[:, at].max()))
    per_head = "" if one.statistic == "mean" else f", a mean of {one.centre:,.6g}"
    return (
        f"the {one.name} should be {one.target:,.6g}{per_head}, at the edge of values that run from {low:,.6g} to "
        f"{high:,.6g}"
    )


def _with_floor(conditions: CalibrationConditions) -> str:
    """Say whether bounds keep everybody's weight from vanishing, and which."""
    otherwise = "Look at the unit of the target, or leave it out."
    try:
        floor = conditions.floor()
    except SearchStopped:
        return otherwise
    low = downward(floor / 2)
    if low < VANISHING or not conditions.fit_within((low, np.inf)).worst <= conditions.task.method.tolerance:
        return otherwise
    return f"{otherwise} In calibrate bounds=({low:g}, math.inf) meets all and everybody keeps a weight."
