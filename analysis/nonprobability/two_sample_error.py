"""The error of what rests on two samples: on answers in one, and on who is in the other.

Where the weights of the sample were estimated against the same reference, its error comes in twice, and both are
followed together: by the chain rule, or, on replicates, by moving the reference's mean along with the moves that the
replicates of the weights made of its totals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...data.errors import EstimationError
from ..sampling.categories import Bools, Floats
from ..sampling.design import Design
from ..targets.estimated_targets import TargetError, covariance_of_totals
from ..variance.influence import progress, scatter_of
from ..variance.scatter import Scatter
from ..variance.scatters import AnyScatter, QuadraticScatter, ReplicateScatter
from .augmented_mean import Fitted
from .propensity_weights import PropensityWeighting


def two_sample_covariance(design: Design, reference: Design, counted: Bools, fits: Sequence[Fitted]) -> Floats:
    """Give the covariance of all means, fit after fit, group after group.

    Parameters
    ----------
    design, reference : Design
        The two samples.
    counted : numpy.ndarray of bool
        Which rows of the reference count.
    fits : sequence of Fitted
        The means with what they are made of.

    Raises
    ------
    EstimationError
        When a model has no fit in a replicate.
    """
    direct = np.hstack([fit.reference_influence(counted) for fit in fits])
    shared = _shared(design, reference)
    if design.replication is not None:
        return _by_replicates(design, reference, fits, direct, shared)
    estimate = np.concatenate([fit.estimate for fit in fits])
    influence = np.hstack([fit.influence(len(design.weights)) for fit in fits])
    scatter = scatter_of(design, estimate, lambda: influence, lambda _: estimate)
    covariance = scatter.covariance
    for step, coefficients in _coefficients(design, scatter, shared):
        assert step.linearisation is not None and step.linearisation.target_covariance is not None
        covariance = covariance - coefficients.T @ step.linearisation.target_covariance @ coefficients
        direct = direct + step.reference_columns @ coefficients
    return np.asarray(covariance + covariance_of_totals(reference, direct))


def _shared(design: Design, reference: Design) -> list[PropensityWeighting]:
    """List the steps of the weighting that rest on the same reference."""
    return [
        step
        for step in design.steps
        if isinstance(step, PropensityWeighting)
        and step.reference.study.frame is reference.study.frame
        and np.array_equal(step.reference.weights, reference.weights)
    ]


def _coefficients(
    design: Design, scatter: AnyScatter, shared: Sequence[PropensityWeighting]
) -> list[tuple[PropensityWeighting, Floats]]:
    """Find, for some of the steps, by how much the means move with their targets."""
    assert isinstance(scatter, Scatter | QuadraticScatter)
    found, place = [], 0
    for step in reversed(design.steps):
        here = step.linearisation
        while here is not None:
            if isinstance(step, PropensityWeighting) and step in shared:
                found.append((step, scatter.adjustments[place].coefficients))
            place, here = place + 1, here.earlier
    return found


def _by_replicates(
    design: Design, reference: Design, fits: Sequence[Fitted], direct: Floats, shared: Sequence[PropensityWeighting]
) -> Floats:
    """Fit and average again with the weights of every replicate."""
    replication = design.replication
    assert replication is not None
    follow, left = _followed(reference, direct, shared[-1] if shared else None)
    error = None if not shared else _error(shared[-1])
    estimate = np.concatenate([fit.estimate for fit in fits])
    found = np.empty((len(replication), len(estimate)))
    for replicate, _ in zip(replication, progress(range(len(replication)), "doubly_robust"), strict=True):
        weights = replication.weights(replicate.number)
        try:
            again = [fit.asked.found(weights, fit.coefficients if len(fit.coefficients) else None) for fit in fits]
        except EstimationError as problem:
            raise EstimationError(f"the whole sample has a fit, but {replicate} has none: {problem}") from problem
        found[replicate.number] = np.concatenate([fit.estimate for fit in again])
        if error is not None:
            found[replicate.number] += error.shift(replicate) @ follow
    scatter = ReplicateScatter(found, estimate, replication.scale, replication.rscales, replication.mse)
    kept = np.isfinite(estimate)
    scatter = replace(scatter, replicates=np.where(kept, found, 0.0), estimate=np.where(kept, estimate, 0.0))
    return np.asarray(scatter.covariance + left)


def _error(step: PropensityWeighting) -> TargetError:
    assert step.linearisation is not None and step.linearisation.target_covariance is not None
    return TargetError(step.linearisation.target_covariance)


def _followed(reference: Design, direct: Floats, step: PropensityWeighting | None) -> tuple[Floats, Floats]:
    """Give the regression of the reference's means on the targets of a step, and the covariance that it leaves."""
    if step is None:
        return np.zeros((0, direct.shape[1])), covariance_of_totals(reference, direct)
    width = step.reference_columns.shape[1]
    joint = covariance_of_totals(reference, np.hstack([step.reference_columns, direct]))
    targets, between, means = joint[:width, :width], joint[:width, width:], joint[width:, width:]
    scale = 1 / np.sqrt(np.maximum(np.diag(targets), np.finfo(float).tiny))
    inverse = np.linalg.pinv(targets * scale[:, None] * scale, rcond=1e-10, hermitian=True) * scale[:, None] * scale
    follow = inverse @ between
    return follow, means - between.T @ follow
