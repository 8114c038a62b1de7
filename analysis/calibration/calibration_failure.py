"""Why weights cannot be calibrated: the target furthest off, and the least change of bounds that would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ...data.errors import WeightingError
from ..estimation.method import counted
from ..sampling.categories import Floats
from .auxiliaries import Auxiliaries
from .calibration_fit import Fit, Problem, fitted
from .replicate_calibration import CalibrationTask

VANISHING = 1e-6
"""A weight multiplied by less than this, where no bound says so, is no weight any more."""

WIDEST = 1e4
"""Bounds up to so many times the widest given are tried."""

NEARLY = 1e-6
"""Where shares and means are nearer to their targets than this part of the misfit, it is the sum that is off."""

HALVINGS = 16
"""How often the stretch between bounds that are too narrow and bounds that do is halved."""

TRIED = 200
"""Newton steps with which bounds are tried."""


def refuse_misfit(task: CalibrationTask, weights: Floats, problem: Problem, fit: Fit) -> None:
    """Stop where targets were not reached, saying which is furthest off and which bounds would do.

    Raises
    ------
    WeightingError
        When the fit is further from a target than its tolerance.
    """
    if fit.worst <= task.method.tolerance:
        return
    raise WeightingError(
        f"no weights ({task.method}) meet all targets: after {counted(fit.iterations, 'iteration', 'iterations')} "
        f"{_furthest(task.auxiliaries, problem, fit)}. {_sum_changes(task, weights)}{_ways(task, weights)}"
    )


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


def refuse_vanished(task: CalibrationTask, fit: Fit, problem: Problem) -> None:
    """Stop where targets hold only because some weights have all but vanished.

    Raises
    ------
    WeightingError
        When weights without a lower bound were multiplied by next to nothing.
    """
    vanished = (fit.factor < VANISHING) & (problem.base > 0)
    if task.method.distance != "raking" or task.method.bounds or not vanished.any():
        return
    point = np.arange(len(fit.factor)) if task.point is None else task.point
    rows = int(vanished[point].sum())
    raise WeightingError(
        f"the targets can be met only by giving no weight to {counted(rows, 'respondent', 'respondents')}: they lie at "
        "the edge of what the data hold. Join categories, or leave a target out."
    )


def _furthest(wanted: Auxiliaries, problem: Problem, fit: Fit) -> str:
    """Name the auxiliary that is furthest from its target, as a share or mean of what the weights add up to."""
    summed = 1 + float(fit.misfit[: wanted.sizes[0]].sum())
    reached = (problem.target + fit.misfit) / summed
    at = int(np.argmax(np.abs(reached - problem.target)))
    if abs(reached[at] - problem.target[at]) <= abs(fit.worst) * NEARLY:
        return f"the weights add up to {summed * wanted.total:,.6g} where the target is {wanted.total:,.6g}"
    moment = at - sum(wanted.sizes)
    if moment < 0:
        name = wanted.names[at]
        return f"{name}, reaches {100 * reached[at]:.4f}% where the target is {100 * problem.target[at]:.4f}%"
    one = wanted.moments[moment]
    mean = one.centre + one.spread * float(reached[at])
    found = mean if one.statistic == "mean" else mean * summed * wanted.total
    return f"the {one.name} reaches {found:,.6g} where the target is {one.target:,.6g}"


def _sum_changes(task: CalibrationTask, weights: Floats) -> str:
    """Say so where bounds stand against the change of the weights' sum alone."""
    low, high = task.method.bounds or (-np.inf, np.inf)
    change = task.auxiliaries.total / (float(weights.sum()) * task.scale)
    if task.method.bounds_on == "weights" or low < change < high:
        return ""
    return (
        f"The weights add up to {weights.sum():,.6g} and should to {task.auxiliaries.total:,.6g}, {change:.3g} times "
        "as much, and bounds count from the base weights. "
    )


def _ways(task: CalibrationTask, weights: Floats) -> str:
    """Say what would make it feasible."""
    if not task.method.bounds:
        return "Look at targets that contradict each other, join categories, or leave a target out."
    low, high = task.method.bounds
    reach = _reaching(task, weights)
    upper = _least(lambda bound: reach((low, bound)), high, high * WIDEST) if np.isfinite(high) else None
    lower = _least(lambda bound: reach((bound, high)), low, 0.0) if low > 0 else None
    found = []
    if upper is not None:
        found.append(f"an upper bound of {_rounded(upper, up=True):g} would do with the lower of {low:g}")
    if lower is not None:
        found.append(f"a lower bound of {_rounded(lower, up=False):g} would do with the upper of {high:g}")
    if found:
        said = "; ".join(found)
        return f"{said[0].upper()}{said[1:]}. Widen the bounds, join categories, or leave a target out."
    if reach((0.0, high * WIDEST)):
        return "Both bounds have to be wider. Widen them, join categories, or leave a target out."
    return "No bounds are wide enough. Look at targets that contradict each other, join categories, or leave one out."


def _reaching(task: CalibrationTask, weights: Floats) -> Callable[[tuple[float, float]], bool]:
    """Give a trial of bounds; which distance is taken makes no difference to whether bounds are wide enough."""
    problem, start = task.problem(weights, np.ones(len(weights))), weights * task.scale

    def reach(bounds: tuple[float, float]) -> bool:
        distance = replace(task.method, bounds=bounds, distance="linear").factors(start)
        return fitted(replace(problem, distance=distance), task.method.tolerance, TRIED).worst <= task.method.tolerance

    return reach


def _least(reached: Callable[[float], bool], narrow: float, wide: float) -> float | None:
    """Move one bound no further than needed; None where no distance is far enough."""
    if not reached(wide):
        return None
    if wide > narrow:  # upwards by doubling first: bounds that do are rarely far away
        step = narrow
        while narrow + step < wide and not reached(narrow + step):
            step *= 2
        narrow, wide = narrow + (step / 2 if step > narrow else 0), min(narrow + step, wide)
    for _ in range(HALVINGS):
        middle = (narrow + wide) / 2
        if reached(middle):
            wide = middle
        else:
            narrow = middle
    return wide


def _rounded(bound: float, *, up: bool) -> float:
    """Round away from what is too narrow, to four digits."""
    if bound <= 0:
        return 0.0
    unit = 10.0 ** (np.floor(np.log10(bound)) - 3)
    return float((np.ceil if up else np.floor)(bound / unit) * unit)
