"""What calibration takes out of influence values, so that variances know about the population margins used.

The influence values of an estimate on calibrated weights are the residuals of its uncalibrated ones, regressed on
the margins. With the calibrated weights in that regression this is the exact Taylor linearisation of raking: Demnati
and Rao (2004), Linearization variance estimators for survey data, Survey Methodology 30(1), section 3. With the base
weights it is the regression estimator's residual variance of Deville and Särndal (1992), Calibration estimators in
survey sampling, JASA 87, which R's ``calibrate`` uses; the two are equivalent in large samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse

from ..sampling.categories import Floats, Ints
from ..sampling.design import Design
from ..sampling.sums import Table, dense, sums
from .scatter import Adjustment

Auxiliaries = Sequence[tuple[Ints, int]]
"""For each margin the row's category and the number of categories."""


def adjustments(design: Design, totals: Callable[[Ints, int, Floats], Table]) -> tuple[Adjustment, ...]:
    """Give what each calibration takes out, the last first, as the chain rule has it.

    Parameters
    ----------
    design : Design
        The sample with its calibrations.
    totals : callable
        From a group for each row, how many groups, and regression weights for each row, to the totals of influence
        values, so weighted, by group and estimate.
    """
    weights = design.weights
    last = design.stages[-1].unit
    units = int(last.max()) + 1
    taken: list[tuple[Auxiliaries, Floats]] = []
    found: list[Adjustment] = []
    for step in reversed(design.calibrations):
        auxiliaries = step.auxiliaries
        regression = weights if step.regression is None else step.regression
        explained = np.vstack([dense(totals(code, size, regression)) for code, size in auxiliaries])
        for later, coefficients in taken:
            explained -= cross_product(auxiliaries, later, regression) @ coefficients
        coefficients = _solved(cross_product(auxiliaries, auxiliaries, regression), explained)
        taken.append((auxiliaries, coefficients))
        by_unit = _beside([sums(last, units, code, size, weights) for code, size in auxiliaries])
        found.append(Adjustment(by_unit, coefficients))
    return tuple(found)


def cross_product(left: Auxiliaries, right: Auxiliaries, weights: Floats) -> Floats:
    """Add up weights by every pair of categories.

    Examples
    --------
    >>> sex, town = (np.array([0, 1, 1]), 2), (np.array([0, 0, 1]), 2)
    >>> cross_product([sex], [town], np.array([1.0, 2.0, 4.0])).tolist()
    [[1.0, 0.0], [2.0, 4.0]]
    """
    return np.block(
        [[dense(sums(code, size, other, others, weights)) for other, others in right] for code, size in left]
    )


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
