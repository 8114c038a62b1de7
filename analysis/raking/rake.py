"""Rake: multiply weights until they add up to population margins, with a report and with bounds that hold.

Deming and Stephan (1940); Deville, Särndal and Sautory (1993), Generalized raking procedures in survey sampling,
JASA 88. Estimates from a raked design carry residual variances (:mod:`topline.analysis.variance.chain`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import get_args

import numpy as np
import pandas as pd

from ...data.errors import WeightingError
from ..estimation.weight_column import RAKED
from ..infeasibility.feasible_bounds import VANISHING
from ..infeasibility.infeasible import check_reach, unmet
from ..infeasibility.raking_problem import RakingProblem, codebook_orders, names_of
from ..replication.carry_out import carried_out
from ..sampling.categories import Bools, Floats
from ..sampling.design import Design, check_design
from ..sampling.step import WeightingStep
from ..sampling.sums import summed
from ..targets.crossing import by_row
from ..targets.dimensions import Given, Joins, On
from ..targets.margin_fit import Cells, Fit
from ..targets.targets import Missing, Targets, targets
from .raking_linearisation import Residuals, raking_linearisation
from .replicate_raking import RakingTask


@dataclass(frozen=True, eq=False, kw_only=True)
class Raking(WeightingStep):
    """What a rake did to the weights; its ``table`` holds variable, category, target, before, after and n.

    Attributes
    ----------
    margins : str
        Name of the margins, e.g. ``"cn-adults-2020"``; ``"given margins"`` for a plain dict.
    variables : tuple of str
        Columns raked on.
    bounds : tuple of float or None
        Least and largest final over base weight, relative to the change of their sum.
    tolerance : float
        Largest distance from a target share that was allowed.
    iterations : int
        Sweeps over the margins, and Newton steps where those were needed.
    worst_before, worst_after : float
        Largest distance of a category's weighted share from its target, 0-1.
    """

    margins: str
    variables: tuple[str, ...]
    bounds: tuple[float, float] | None
    tolerance: float
    iterations: int
    worst_before: float
    worst_after: float


def rake(
    design: Design,
    margins: Given,
    on: On = None,
    *,
    bounds: tuple[float, float] | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = 500,
    missing: Missing = "error",
    residuals: Residuals = "calibrated",
    join: Joins = None,
) -> Design:
    """Rake the weights to population margins.

    Every weight is multiplied by one factor for each margin, so that the weighted shares equal the targets; of all
    weights that do, these are the nearest to the base weights in the raking distance.

    Parameters
    ----------
    design : Design
        The sample with its base weights. Where it has replicates, each is raked to the same targets.
    margins : Margins or mapping of str to mapping of str to float
        By variable, the share (0-1) or the population count of each category; categories are codes or value labels,
        e.g. ``{"sex": {"female": 0.51, "male": 0.49}}``. Shares keep the sum of the weights, counts scale it to
        the population. A joint margin crosses variables, ``{"sex*age4": {"1*3": 0.12, ...}}``, and may stand beside
        margins of single ones. Margins that were estimated (:func:`margins_from`) bring their error along. A Series
        stands for a mapping from its index; a text names shipped margins, ``"cn-adults-2020"``, or a ``.csv`` file.
    on : str, sequence of str, or mapping of str to str, optional
        Dimensions to rake on, e.g. ``["sex", "age4"]``, or from dimension to column, ``{"age4": "age_group"}``.
        Without it all dimensions.
    bounds : tuple of float, optional
        Least and largest factor by which a weight may change, e.g. ``(0.3, 3.0)``, relative to the change of
        their sum. Enforced while the margins still hold, or refused.
    tolerance : float
        Largest distance from a target share, e.g. ``1e-10``.
    max_iterations : int
        Sweeps over the margins before giving up.
    missing : {"error", "own_class", "proportional"}
        Rows without a value of a raking variable: stop; let them keep their share of the weight as a class of their
        own while the others are raked to the targets among themselves; or let them keep it and take them to be
        spread over the categories as the others are before raking, so that the targets hold of all together.
    residuals : {"calibrated", "base", "unweighted"}
        Weights of the regression on the margins whose residuals carry the variance. Calibrated weights, 0 where a
        bound binds, are the exact linearisation of raking; base weights are what R's ``calibrate`` takes, none what
        R's ``rake`` takes (after ten sweeps). They differ in small samples, and without weights also in large ones
        when weights vary.
    join : mapping, optional
        By dimension, categories that count as one under a new name, of the margin and of the data: for those that
        are thin, or that only one side has, e.g. ``{"age4": {"45 and over": ["3", "4"]}}``. The new name may be a
        category of the margin, coarser than the data: ``{"30+": ["30-44", "45-59"]}``. Said under results.

    Returns
    -------
    Design
        The same sample with raked weights; ``design.raking`` holds the report.

    Raises
    ------
    EstimationError
        When given something else than a Design.
    WeightingError
        When margins and data name different categories, values are missing, or no weights fit the margins within
        the bounds.
    UnknownNameError
        When a dimension or column does not exist.

    Notes
    -----
    Not for margins that were estimated from the same sample, nor for many thin categories: weights then vary
    without taking out bias. Look at :func:`weight_summary`.

    References
    ----------
    Deville and Särndal (1992), JASA 87, p. 376; Kolenikov (2014), Calibrating survey data using iterative
    proportional fitting (raking), Stata Journal 14(1).

    Examples
    --------
    >>> from topline.analysis.sampling.design import Design
    >>> wave = pd.DataFrame({"sex": ["f", "f", "f", "m"], "trust": [1, 2, 3, 5]})
    >>> raked = rake(Design(wave), {"sex": {"f": 0.5, "m": 0.5}})
    >>> raked.weights.round(3).tolist(), raked.raking.iterations
    ([0.667, 0.667, 0.667, 2.0], 1)
    """
    check_design(design, "rake")
    _check_options(bounds, tolerance, max_iterations)
    check_choices(missing, residuals)
    bounds = None if bounds is None else (float(bounds[0]), float(bounds[1]))
    own_class, proportional = missing == "own_class", missing == "proportional"
    wanted = targets(design, margins, on, own_class=own_class, proportional=proportional, join=join)
    cells, limits = wanted.cells, bounds or (0.0, np.inf)
    orders = partial(codebook_orders, design.study, wanted.margins)
    asked = RakingProblem(cells, names_of(wanted), bounds, tolerance, max_iterations, orders)
    check_reach(asked)
    fit = asked.fit()
    if not fit.worst <= tolerance or fit.ratio.min() < VANISHING:
        raise unmet(asked, fit)
    weights = weights_of(design, wanted, fit)
    variables = tuple(target.column for target in wanted.margins)
    worst_before = cells.worst(np.ones(len(cells.weight)))
    step = Raking(
        kind="rake",
        words=_words(variables, wanted.name, bounds),
        before=design.weights,
        after=weights,
        task=RakingTask(wanted, limits, tolerance, max_iterations),
        linearisation=raking_linearisation(wanted, design.weights, weights, residuals, _at_bound(wanted, fit, limits)),
        table=report(wanted, cells, fit.ratio),
        notes=wanted.notes,
        brief=wanted.brief,
        options={
            "margins": wanted.name,
            "variables": list(variables),
            "grades": dict(wanted.grades),
            "bounds": list(bounds) if bounds else None,
            "tolerance": tolerance,
            "missing": missing,
            "iterations": fit.iterations,
            "worst_before": worst_before,
            "worst_after": fit.worst,
            "residuals": residuals,
        },
        margins=wanted.name,
        variables=variables,
        bounds=bounds,
        tolerance=tolerance,
        iterations=fit.iterations,
        worst_before=worst_before,
        worst_after=fit.worst,
    )
    return carried_out(design, step)


def weights_of(design: Design, wanted: Targets, fit: Fit) -> Floats:
    """Give the weights of rows after a fit on the cells that have a weight."""
    weight = wanted.crossing.weight
    factors = np.ones(len(weight))
    factors[weight > 0] = fit.ratio * (wanted.total / design.weights.sum())
    return by_row(factors, wanted.crossing.cell, design.weights)


def _at_bound(wanted: Targets, fit: Fit, limits: tuple[float, float]) -> Bools:
    """Say of each cell whether its factor is at a bound."""
    found = np.zeros(len(wanted.crossing.weight), dtype=bool)
    found[wanted.crossing.weight > 0] = (fit.ratio <= limits[0]) | (fit.ratio >= limits[1])
    return found


def _words(variables: Sequence[str], margins: str, bounds: tuple[float, float] | None) -> str:
    """Give the raking in a few words, e.g. ``"raked on sex, age4 to cn-adults-2020"``."""
    within = f" within {bounds[0]:g} to {bounds[1]:g}" if bounds else ""
    return f"{RAKED} {', '.join(variables)} to {margins}{within}"


def _check_options(bounds: tuple[float, float] | None, tolerance: float, max_iterations: int) -> None:
    if bounds is not None and not (_are_numbers(bounds, 2) and 0 <= bounds[0] < 1 < bounds[1]):
        raise WeightingError(
            f"bounds are {bounds}; they are the least and largest factor by which a weight may change, one below and "
            "one above 1, e.g. (0.3, 3.0)."
        )
    check_stopping(tolerance, max_iterations)


def check_stopping(tolerance: float, max_iterations: int) -> None:
    """Refuse a tolerance and a number of iterations that are none.

    Raises
    ------
    WeightingError
        With what each would be.
    """
    number = isinstance(tolerance, int | float | np.number) and not isinstance(tolerance, bool)
    if not (number and 0 < tolerance < 1):
        raise WeightingError(
            f"tolerance is {tolerance!r}; it is the largest distance from a target that is allowed, a number above 0 "
            "and below 1, e.g. 1e-10."
        )
    whole = isinstance(max_iterations, int | np.integer) and not isinstance(max_iterations, bool)
    if not (whole and max_iterations >= 1):
        raise WeightingError(
            f"max_iterations is {max_iterations!r}; it is how many iterations are tried, a whole number of at least "
            "1, e.g. 500."
        )


def _are_numbers(given: object, many: int) -> bool:
    if not isinstance(given, Sequence) or len(given) != many:
        return False
    return all(isinstance(each, int | float | np.number) for each in given)


def check_choices(missing: str, residuals: str) -> None:
    """Refuse choices that do not exist.

    Raises
    ------
    WeightingError
        With those that do.
    """
    for name, given, known in (("missing", missing, Missing), ("residuals", residuals, Residuals)):
        if given not in get_args(known):
            raise WeightingError(f"{name} is {given!r}; it can be {', '.join(map(repr, get_args(known)))}.")


def report(wanted: Targets, cells: Cells, ratio: Floats) -> pd.DataFrame:
    """List every category with target, share before and after, and respondents."""
    count = wanted.crossing.count.astype(np.float64)
    n = [summed(target.code, len(target.share), count) for target in wanted.margins]
    return pd.DataFrame(
        {
            "variable": [target.column for target in wanted.margins for _ in target.shown],
            "category": [str(shown) for target in wanted.margins for shown in target.shown],
            "target": np.concatenate([target.share for target in wanted.margins]),
            "before": np.concatenate(cells.shares(np.ones(len(ratio)))),
            "after": np.concatenate(cells.shares(ratio)),
            "n": np.concatenate(n).astype(np.int64),
        }
    )
