"""What the steps of a weighting take out of influence values, so that variances know what was done to the weights.

An estimate on weights that were fitted to a population depends on every respondent twice: through the respondent's own
weight, and through what the respondent did to the weights of others. The chain rule follows the steps backwards, each
through its :class:`~topline.analysis.sampling.step.Linearisation`. For calibration this leaves residuals on the
auxiliaries: with the derivative of the calibrated weights in the regression it is the exact Taylor linearisation,
Demnati and Rao (2004), Linearization variance estimators for survey data, Survey Methodology 30(1), section 3; with
the base weights the residual variance of Deville and Särndal (1992), Calibration estimators in survey sampling,
JASA 87, which R's ``calibrate`` uses; the two are equivalent in large samples. For adjustments by estimated response
propensities: Kim and Kim (2007), Nonresponse weighting adjustment using estimated response probability, Canadian
Journal of Statistics 35(4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse

from ..sampling.categories import Floats, Ints
from ..sampling.design import Design
from ..sampling.step import Auxiliary, Linearisation, followed_back
from ..sampling.sums import Table, dense, summed, sums
from .scatter import Adjustment

Totals = Callable[[Ints, int, Floats], Table]
"""From a group for each row, how many groups, and weights for each row: totals of influence by group and estimate."""


def adjustments(design: Design, totals: Totals) -> tuple[Adjustment, ...]:
    """Give what each step takes out, the last first, as the chain rule has it.

    Parameters
    ----------
    design : Design
        The sample with the steps of its weighting.
    totals : callable
        From a group for each row, how many groups, and weights for each row, to the totals of influence values, so
        weighted, by group and estimate.
    """
    directions = _directions(design)
    passed: list[tuple[Linearisation, Floats]] = []
    found: list[Adjustment] = []
    for step in followed_back(design.steps):
        coefficients = _coefficients(design, step, passed, totals)
        passed.append((step, coefficients))
        root = None if step.target_error is None else step.target_error.spread(directions)
        found.append(Adjustment(_by_unit(design, step), coefficients, root))
    return tuple(found)


def _directions(design: Design) -> int:
    """Count the directions in which targets of any step can err."""
    errors = [step.target_error for step in followed_back(design.steps) if step.target_error is not None]
    return 1 + max((int(error.directions.max(initial=-1)) for error in errors), default=-1)


def _coefficients(
    design: Design, step: Linearisation, passed: Sequence[tuple[Linearisation, Floats]], totals: Totals
) -> Floats:
    """Regress the influence values, as they are once later steps have been passed, on the step's auxiliaries."""
    weighed = _ratio(step.regression, step.after)
    explained: Floats | float = 0.0
    for later, coefficients in reversed(passed):
        own, took = later.through or (None, later.taken)
        explained -= cross_product(step.auxiliaries, later.auxiliaries, weighed * took) @ coefficients
        for shift, direction in later.moves:
            moved = np.concatenate([_column_sums(block, weighed * shift) for block in step.auxiliaries])
            explained += np.outer(moved, direction @ coefficients)
        if own is not None:
            weighed = weighed * _ratio(own, later.after)
    explained += np.vstack([_explained(block, weighed * design.weights, totals) for block in step.auxiliaries])
    curvature = step.regression if step.curvature is None else step.curvature
    if curvature.ndim == 1:
        if len(step.auxiliaries) == 1 and isinstance(step.auxiliaries[0], tuple):
            return _divided(explained, _column_sums(step.auxiliaries[0], curvature))
        curvature = cross_product(step.auxiliaries, step.auxiliaries, curvature)
    return _solved(curvature, explained)


def _divided(explained: Floats, diagonal: Floats) -> Floats:
    """Solve for classes that share no row; a class of which nothing is left has no coefficient."""
    under = diagonal[:, None]
    return np.divide(explained, under, out=np.zeros_like(explained), where=under != 0)


def _explained(block: Auxiliary, weights: Floats, totals: Totals) -> Floats:
    """Add up influence values by the categories, or times the columns, of one block of auxiliaries."""
    if isinstance(block, tuple):
        code, size = block
        return dense(totals(code.astype(np.int64, copy=False), size, weights))
    one = np.zeros(len(weights), dtype=np.int64)
    return np.vstack([dense(totals(one, 1, weights * column)) for column in block.T])


def _by_unit(design: Design, step: Linearisation) -> Table:
    """Add up what the step takes by unit of the last stage."""
    unit = design.stages[-1].unit
    units = len(design.stages[-1].stratum)
    table = _beside([_unit_sums(unit, units, block, step.taken) for block in step.auxiliaries])
    for shift, direction in step.moves:
        table = dense(table) - np.outer(np.bincount(unit, weights=shift, minlength=units), direction)
    return table


def _unit_sums(unit: Ints, units: int, block: Auxiliary, weights: Floats) -> Table:
    if isinstance(block, tuple):
        return sums(unit, units, block[0].astype(np.int64, copy=False), block[1], weights)
    adding = sparse.csr_array((weights, (unit, np.arange(len(unit)))), shape=(units, len(unit)))
    return np.asarray(adding @ block)


def _column_sums(block: Auxiliary, weights: Floats) -> Floats:
    if isinstance(block, tuple):
        return summed(block[0].astype(np.int64, copy=False), block[1], weights)
    return np.asarray(weights @ block)


def cross_product(left: Sequence[Auxiliary], right: Sequence[Auxiliary], weights: Floats) -> Floats:
    """Add up weights times the products of auxiliaries.

    Examples
    --------
    >>> sex, town = (np.array([0, 1, 1]), 2), (np.array([0, 0, 1]), 2)
    >>> cross_product([sex], [town], np.array([1.0, 2.0, 4.0])).tolist()
    [[1.0, 0.0], [2.0, 4.0]]
    >>> cross_product([sex], [np.array([[1.0], [3.0], [5.0]])], np.array([1.0, 2.0, 4.0])).tolist()
    [[1.0], [26.0]]
    """
    return np.block([[_product(one, other, weights) for other in right] for one in left])


def _product(one: Auxiliary, other: Auxiliary, weights: Floats) -> Floats:
    if isinstance(one, tuple):
        code, size = one[0].astype(np.int64, copy=False), one[1]
        if isinstance(other, tuple):
            return dense(sums(code, size, other[0].astype(np.int64, copy=False), other[1], weights))
        return dense(_unit_sums(code, size, other, weights))
    if isinstance(other, tuple):
        return _product(other, one, weights).T
    return np.asarray(one.T @ (other * weights[:, None]))


def _ratio(over: Floats, under: Floats) -> Floats:
    """Divide, with 0 where there is nothing to divide by: rows that have lost their weight."""
    return np.divide(over, under, out=np.zeros(len(over)), where=under != 0)


def _solved(matrix: Floats, right: Floats) -> Floats:
    """Solve the normal equations; margins share their total, so the matrix lacks full rank by design."""
    scale = 1 / np.sqrt(np.maximum(np.diag(matrix), np.finfo(float).tiny))
    inverse = np.linalg.pinv(matrix * scale[:, None] * scale, rcond=1e-11, hermitian=True) * scale[:, None] * scale
    solution = inverse @ right
    refined: Floats = solution + inverse @ (right - matrix @ solution)
    return refined


def _beside(tables: list[Table]) -> Table:
    if any(sparse.issparse(table) for table in tables):
        joined: Table = sparse.hstack([sparse.csr_array(table) for table in tables], format="csr")
        return joined
    return np.hstack(tables)
