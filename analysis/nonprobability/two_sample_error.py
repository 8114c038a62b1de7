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
from ..sampling.step import followed_back
from ..sampling.target_error import TargetError
from ..targets.estimated_targets import covariance_of_totals, of_one_sample, target_errors
from ..variance.influence import progress, scatter_of
from ..variance.scatter import Scatter
from ..variance.scatters import AnyScatter, QuadraticScatter, ReplicateScatter
from .augmented_mean import Fitted


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
    if design.replication is not None:
        return _by_replicates(design, reference, fits, direct)
    estimate = np.concatenate([fit.estimate for fit in fits])
    influence = np.hstack([fit.influence(len(design.weights)) for fit in fits])
    scatter = scatter_of(design, estimate, lambda: influence, lambda _: estimate)
    shared = _coefficients(design, scatter, reference)
    alone = _from_reference(shared, len(estimate))
    for error, coefficients in shared:
        direct = direct + np.asarray(error.columns) @ coefficients
    return np.asarray(scatter.covariance - alone + covariance_of_totals(reference, direct))


def _coefficients(design: Design, scatter: AnyScatter, reference: Design) -> list[tuple[TargetError, Floats]]:
    """Find by how much the means move with targets that were estimated from the same reference."""
    assert isinstance(scatter, Scatter | QuadraticScatter)
    return [
        (step.target_error, adjustment.coefficients)
        for step, adjustment in zip(followed_back(design.steps), scatter.adjustments, strict=True)
        if step.target_error is not None and of_one_sample(step.target_error.reference, reference)
    ]


def _from_reference(shared: Sequence[tuple[TargetError, Floats]], estimates: int) -> Floats:
    """Give the covariance that the scatter has from these targets already."""
    directions = 1 + max((int(error.directions.max(initial=-1)) for error, _ in shared), default=-1)
    moved = np.zeros((directions, estimates))
    for error, coefficients in shared:
        moved += error.spread(directions) @ coefficients
    return np.asarray(moved.T @ moved)


def _by_replicates(design: Design, reference: Design, fits: Sequence[Fitted], direct: Floats) -> Floats:
    """Fit and average again with the weights of every replicate."""
    replication = design.replication
    assert replication is not None
    shared = [each for each in target_errors(design) if of_one_sample(each.reference, reference)]
    follow, left = _followed(reference, direct, shared)
    estimate = np.concatenate([fit.estimate for fit in fits])
    found = np.empty((len(replication), len(estimate)))
    for replicate, _ in zip(replication, progress(range(len(replication)), "doubly_robust"), strict=True):
        weights = replication.weights(replicate.number)
        try:
            again = [fit.asked.found(weights, fit.coefficients if len(fit.coefficients) else None) for fit in fits]
        except EstimationError as problem:
            raise EstimationError(f"the whole sample has a fit, but {replicate} has none: {problem}") from problem
        found[replicate.number] = np.concatenate([fit.estimate for fit in again])
        for error, following in zip(shared, follow, strict=True):
            found[replicate.number] += error.shift(replicate) @ following
    scatter = ReplicateScatter(found, estimate, replication.scale, replication.rscales, replication.mse)
    kept = np.isfinite(estimate)
    scatter = replace(scatter, replicates=np.where(kept, found, 0.0), estimate=np.where(kept, estimate, 0.0))
    return np.asarray(scatter.covariance + left)


def _followed(reference: Design, direct: Floats, shared: Sequence[TargetError]) -> tuple[list[Floats], Floats]:
    """Give the regression of the reference's means on the targets of steps, and the covariance that it leaves."""
    if not shared:
        return [], covariance_of_totals(reference, direct)
    columns = [np.asarray(each.columns) for each in shared]
    ends = np.cumsum([each.shape[1] for each in columns])
    joint = covariance_of_totals(reference, np.hstack([*columns, direct]))
    width = int(ends[-1])
    targets, between, means = joint[:width, :width], joint[:width, width:], joint[width:, width:]
    scale = 1 / np.sqrt(np.maximum(np.diag(targets), np.finfo(float).tiny))
    inverse = np.linalg.pinv(targets * scale[:, None] * scale, rcond=1e-10, hermitian=True) * scale[:, None] * scale
    follow = inverse @ between
    return np.split(follow, ends[:-1]), means - between.T @ follow
