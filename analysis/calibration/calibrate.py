"""Calibrate: the weights nearest to the base weights that meet margins, means and totals of the population.

Deville and Särndal (1992), Calibration estimators in survey sampling, JASA 87. Estimates from a calibrated design
carry residual variances (:mod:`topline.analysis.variance.chain`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from ...data.errors import WeightingError
from ..replication.carry_out import carried_out
from ..sampling.categories import Floats, numbers
from ..sampling.design import Design, check_design
from ..sampling.step import Linearisation, WeightingStep
from ..targets.dimensions import Given, Joins, On
from ..targets.targets import Missing
from .auxiliaries import Auxiliaries, auxiliaries
from .calibration_failure import refuse_misfit, refuse_negative, refuse_vanished
from .calibration_fit import Fit
from .calibration_method import BoundsOn, Method, check_start, checked
from .calibration_report import category_table, moment_table, rows_at_bounds, words
from .distances import DistanceName
from .replicate_calibration import CalibrationTask, task

Residuals = Literal["calibrated", "base"]

FAR = 20.0
"""Where the sum of the weights must change by more than this factor, they are no weights of that population yet."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Calibration(WeightingStep):
    """What a calibration did to the weights; its ``table`` holds variable, category, target, before, after and n.

    Attributes
    ----------
    margins : str
        Name of the margins, e.g. ``"cn-adults-2020"``; ``"given targets"`` for plain ones.
    variables : tuple of str
        Columns calibrated on.
    distance : {"linear", "raking", "logit"}
        Which distance from the base weights was smallest.
    bounds : tuple of float or None
        Least and largest factor, or weight.
    bounds_on : {"factors", "weights"}
        What the bounds are of.
    at_bounds : tuple of int
        Rows whose weight is at the lower and at the upper bound.
    tolerance : float
        Largest distance from a target that was allowed.
    iterations : int
        Newton steps.
    worst_before, worst_after : float
        Largest distance from a target: of a share 0-1, of a mean in its standard deviations.
    moments : pandas.DataFrame or None
        variable, statistic, target, before, after and n of means and totals; None where there are none.
    """

    margins: str
    variables: tuple[str, ...]
    distance: DistanceName
    bounds: tuple[float, float] | None
    bounds_on: BoundsOn
    at_bounds: tuple[int, int]
    tolerance: float
    iterations: int
    worst_before: float
    worst_after: float
    moments: pd.DataFrame | None = field(default=None, repr=False)


def calibrate(
    design: Design,
    margins: Given | None = None,
    on: On = None,
    *,
    means: Mapping[str, float] | None = None,
    totals: Mapping[str, float] | None = None,
    distance: DistanceName = "linear",
    bounds: tuple[float, float] | None = None,
    bounds_on: BoundsOn = "factors",
    cost: str | None = None,
    population: float | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = 100,
    residuals: Residuals = "calibrated",
    missing: Missing = "error",
    join: Joins = None,
) -> Design:
    """Calibrate the weights to margins, means and totals of the population.

    The new weights w minimise ``sum(cost * d * G(w / d))`` over all weights that meet the targets: d are the base
    weights, G the distance. ``w = d * F(x'multipliers / cost)``, with F the inverse of G's derivative.

    Parameters
    ----------
    design : Design
        The sample with its base weights. Where it has replicates, each is calibrated to the same targets.
    margins : Margins or mapping of str to mapping of str to float, optional
        By variable, the share (0-1) or the population count of each category, as :func:`rake` takes them, e.g.
        ``{"sex": {"female": 0.51, "male": 0.49}}``.
    on : str, sequence of str, or mapping of str to str, optional
        Margins to calibrate on, e.g. ``["sex", "age4"]``, or from margin to column. Without it all margins.
    means : mapping of str to float, optional
        Population means of numeric columns, e.g. ``{"income": 35000}``.
    totals : mapping of str to float, optional
        Population totals of numeric columns, e.g. ``{"income": 1.2e9}``.
    distance : {"linear", "raking", "logit"}
        ``"linear"``: the generalised regression estimator (GREG), with bounds cut off at them. ``"raking"``: weights
        stay positive; with bounds cut off at them. ``"logit"``: weights approach their bounds, which it needs, and
        never reach them.
    bounds : tuple of float, optional
        Least and largest factor by which a weight may change, e.g. ``(0.5, 2.0)``; ``math.inf`` for none. Enforced
        while the targets still hold, or refused.
    bounds_on : {"factors", "weights"}
        Whether ``bounds`` are of factors, or of the final weight of one respondent.
    cost : str, optional
        Column of positive unit costs, e.g. ``"variance"``: rows of a high cost keep nearer to their base weight. R's
        ``calibrate(variance=)``: costs are in proportion to the residual variance of the regression.
    population : float, optional
        The number of people, e.g. ``51_000_000``. Without it the sum of the counts where margins are counts, else
        the sum that the weights have now. The weights always add up to it.
    tolerance : float
        Largest distance from a target, e.g. ``1e-10``: of a share, or of a mean in its standard deviations.
    max_iterations : int
        Newton steps before giving up.
    residuals : {"calibrated", "base"}
        Weights of the regression whose residuals carry the variance. ``"calibrated"`` is the exact linearisation
        (rows cut off at a bound, whose factor is fixed, have no part in the regression); ``"base"`` is R's
        ``calibrate``.
    missing : {"error", "own_class", "proportional"}
        Rows without a value: stop; or let them keep their share of the weight in margins, as :func:`rake` does, and
        let means hold among the others.
    join : mapping, optional
        By dimension, categories that count as one under a new name, e.g. ``{"age4": {"45 and over": ["3", "4"]}}``.

    Returns
    -------
    Design
        The same sample with calibrated weights; ``design.steps[-1]`` is the :class:`Calibration`, with the report.

    Raises
    ------
    EstimationError
        When given something else than a Design.
    WeightingError
        When targets and data do not match, values are missing, no weights meet the targets within the bounds, or
        the linear distance without bounds would make weights negative.
    UnknownNameError
        When a margin or column does not exist.

    Notes
    -----
    Not for targets that were estimated from the same sample. Many auxiliaries in a small sample make weights vary
    without taking out bias. Replicates of an unbounded linear calibration may hold single negative weights, as in R.

    Factors count from the base weights. Where their sum must change more than twentyfold they are brought to the
    population first, and a note says so. R's ``calibrate`` (survey 4.1) does so only where every total must grow more
    than twentyfold, by the mean of their ratios, and never downwards.

    References
    ----------
    Deville and Särndal (1992), JASA 87, section 2; Deville, Särndal and Sautory (1993), JASA 88. Särndal, Swensson
    and Wretman (1992), Model Assisted Survey Sampling, sections 6.4 and 6.5 (the regression estimator; cost is the
    variance of their model).

    Examples
    --------
    >>> from topline.analysis.sampling.design import Design
    >>> wave = pd.DataFrame({"sex": ["f", "f", "f", "m"], "age": [30, 40, 50, 60]})
    >>> targets = {"sex": {"f": 0.5, "m": 0.5}}
    >>> calibrate(Design(wave), targets, means={"age": 52}).weights.round(3).tolist()
    [0.267, 0.667, 1.067, 2.0]
    >>> calibrate(Design(wave), targets, means={"age": 52}, distance="raking").weights.round(3).tolist()
    [0.308, 0.584, 1.108, 2.0]
    """
    check_design(design, "calibrate")
    return _calibrated(
        design,
        auxiliaries(design, margins, on, means, totals, population, missing=_checked_missing(missing), join=join),
        "calibrate",
        checked(Method(distance, bounds, bounds_on, tolerance, max_iterations)),
        cost,
        residuals,
    )


def entropy_balance(
    design: Design,
    means: Mapping[str, float] | None = None,
    *,
    margins: Given | None = None,
    on: On = None,
    population: float | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = 100,
    residuals: Residuals = "calibrated",
    missing: Missing = "error",
    join: Joins = None,
) -> Design:
    """Balance the weights on means and shares of the population, with the least entropy against the base weights.

    Entropy balancing is calibration in the raking distance: of all weights that meet the targets these have the
    smallest ``sum(w * log(w / d))``. The second moment of a column is balanced by naming the column of its squares.

    Parameters
    ----------
    design : Design
        The sample with its base weights. Where it has replicates, each is balanced to the same targets.
    means : mapping of str to float, optional
        Population means of numeric columns, e.g. ``{"income": 35000}``.
    margins : Margins or mapping of str to mapping of str to float, optional
        By variable, the share (0-1) or the population count of each category.
    on : str, sequence of str, or mapping of str to str, optional
        Margins to balance, e.g. ``["sex", "age4"]``, or from margin to column. Without it all margins.
    population : float, optional
        What the weights will add up to, e.g. ``51_000_000``; as for :func:`calibrate`.
    tolerance : float
        Largest distance from a target, e.g. ``1e-10``: of a share, or of a mean in its standard deviations.
    max_iterations : int
        Newton steps before giving up.
    residuals : {"calibrated", "base"}
        Weights of the regression whose residuals carry the variance, as for :func:`calibrate`.
    missing : {"error", "own_class", "proportional"}
        Rows without a value, as for :func:`calibrate`.
    join : mapping, optional
        By dimension, categories that count as one, as for :func:`calibrate`.

    Returns
    -------
    Design
        The same sample with balanced weights; ``design.steps[-1]`` is the :class:`Calibration`, with the report.

    Raises
    ------
    EstimationError
        When given something else than a Design.
    WeightingError
        When targets and data do not match, values are missing, or no positive weights meet the targets.
    UnknownNameError
        When a margin or column does not exist.

    Notes
    -----
    Not where single weights grow very large: see :func:`weight_summary`, and calibrate within bounds instead.

    References
    ----------
    Hainmueller (2012), Entropy balancing for causal effects, Political Analysis 20(1), equations 2 to 6; the raking
    distance of Deville and Särndal (1992), JASA 87, case 2.

    Examples
    --------
    >>> from topline.analysis.sampling.design import Design
    >>> wave = pd.DataFrame({"age": [30, 40, 50, 60]})
    >>> entropy_balance(Design(wave), {"age": 50}).weights.round(3).tolist()
    [0.479, 0.728, 1.108, 1.685]
    """
    check_design(design, "entropy_balance")
    return _calibrated(
        design,
        auxiliaries(design, margins, on, means, None, population, missing=_checked_missing(missing), join=join),
        "entropy_balance",
        checked(Method("raking", None, "factors", tolerance, max_iterations)),
        None,
        residuals,
    )


def _calibrated(
    design: Design,
    wanted: Auxiliaries,
    kind: Literal["calibrate", "entropy_balance"],
    method: Method,
    cost: str | None,
    residuals: Residuals,
) -> Design:
    if residuals not in get_args(Residuals):
        raise WeightingError(f"residuals is {residuals!r}; it can be {', '.join(map(repr, get_args(Residuals)))}.")
    before, costs = design.weights, None if cost is None else _costs(design, cost)
    scale, scaled = _scale(wanted, before, method)
    check_start(method, before * scale)
    plan = task(wanted, costs, method, scale)
    problem = plan.problem(before, np.ones(len(before)))
    fit = plan.fit(problem)
    refuse_misfit(plan, design.study, before, problem, fit)
    refuse_vanished(plan, design.study, before, problem, fit)
    after = plan.change(fit.multipliers).applied(before, slice(None))
    refuse_negative(plan, before, after)
    moments = moment_table(before, after, wanted)
    worst_before = float(np.abs(problem.matrix.totals(problem.base) / problem.base.sum() - problem.target).max())
    at_bounds = rows_at_bounds(method, before * scale, after)
    step = Calibration(
        kind=kind,
        words=words(kind, wanted, method),
        before=before,
        after=after,
        task=replace(plan, start=fit.multipliers),
        linearisation=_linearisation(before, after, plan, fit, residuals),
        table=category_table(before, after, wanted),
        moments=moments,
        notes=(*wanted.notes, *scaled),
        brief=(*wanted.brief, *scaled),
        options={
            "margins": wanted.name,
            "variables": list(wanted.variables),
            "grades": dict(wanted.matched.grades) if wanted.matched else {},
            "distance": method.distance,
            "bounds": None if method.bounds is None else list(method.bounds),
            "bounds_on": method.bounds_on,
            "at_bounds": list(at_bounds),
            "cost": cost,
            "tolerance": method.tolerance,
            "iterations": fit.iterations,
            "worst_before": worst_before,
            "worst_after": fit.worst,
            "residuals": residuals,
            "moments": None if moments is None else moments.to_dict("records"),
        },
        margins=wanted.name,
        variables=wanted.variables,
        distance=method.distance,
        bounds=method.bounds,
        bounds_on=method.bounds_on,
        at_bounds=at_bounds,
        tolerance=method.tolerance,
        iterations=fit.iterations,
        worst_before=worst_before,
        worst_after=fit.worst,
    )
    return carried_out(design, step)


def _checked_missing(missing: Missing) -> Missing:
    if missing not in get_args(Missing):
        raise WeightingError(f"missing is {missing!r}; it can be {', '.join(map(repr, get_args(Missing)))}.")
    return missing


def _costs(design: Design, column: str) -> Floats:
    if not isinstance(column, str):
        raise WeightingError(f"cost is {column!r}; it names one column of numbers above 0, e.g. 'variance'.")
    costs = numbers(design.study, column, purpose="cost")[0]
    bad = (design.weights > 0) & ~(costs > 0)
    if bad.any():
        raise WeightingError(
            f"cost {column} is missing or not above 0 in {int(bad.sum())} of {int((design.weights > 0).sum())} "
            "weighted rows; a cost is a number above 0. Fill in those rows, or calibrate without costs."
        )
    return np.where(design.weights > 0, costs, 1.0)


def _scale(wanted: Auxiliaries, before: Floats, method: Method) -> tuple[float, tuple[str, ...]]:
    """Bring weights that are none of the population to it, before factors count; R's calibrate does so."""
    change = wanted.total / float(before.sum())
    if 1 / FAR <= change <= FAR or (method.distance == "linear" and method.bounds is None):
        return 1.0, ()
    return change, (
        f"Weights that added up to {before.sum():,.6g} were multiplied by {change:,.6g}, to the population of "
        f"{wanted.total:,.6g}, before they were calibrated.",
    )


def _linearisation(
    before: Floats, after: Floats, plan: CalibrationTask, fit: Fit, residuals: Residuals
) -> Linearisation:
    """Say how estimates depend on the calibration: through residuals, and where targets move with the sample."""
    point = slice(None) if plan.point is None else plan.point
    cost = 1.0 if plan.cost is None else plan.cost[point]
    blocks, error = plan.auxiliaries.blocks, plan.auxiliaries.target_error()
    if residuals == "base":
        return Linearisation(after, blocks, after, before / cost, target_error=error)
    start = before * plan.scale
    distance, factor = plan.method.factors(start), fit.factor[point]
    regression = start * distance.slope(factor) / cost
    through = None
    if plan.method.bounds_weights:
        own = start * distance.slope_in_weight(factor)
        through = (own, own)
    moves = plan.auxiliaries.moves(before)
    return Linearisation(after, blocks, after, regression, moves=moves, through=through, target_error=error)
