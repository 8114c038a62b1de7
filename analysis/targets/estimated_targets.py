"""The error of targets that were estimated from a reference sample, beside that of targets of earlier steps."""

from __future__ import annotations

import numpy as np

from ...data.errors import WeightingError
from ..sampling.categories import Floats
from ..sampling.design import Design
from ..sampling.step import followed_back
from ..sampling.target_error import TargetError
from ..variance.influence import scatter_of

RANK = 1e-12
"""An eigenvalue below this share of the largest variance is rounding."""


def target_error(
    design: Design, covariance: Floats, reference: Design | None = None, columns: Floats | None = None
) -> TargetError:
    """State the error of targets in the directions of a weighting: along those of earlier steps, and in new ones.

    Parameters
    ----------
    design : Design
        The sample, with the steps that were taken before.
    covariance : numpy.ndarray
        Targets x targets.
    reference : Design, optional
        The sample that they were estimated from, where it is at hand.
    columns : numpy.ndarray, optional
        Its rows x targets: what each row adds to a target's error, before its weight.

    Examples
    --------
    >>> import pandas as pd
    >>> error = target_error(Design(pd.DataFrame({"y": [1, 2]})), np.diag([4.0, 0.0]))
    >>> error.covariance.tolist(), error.directions.tolist()
    ([[4.0, 0.0], [0.0, 0.0]], [0])
    """
    earlier = target_errors(design)
    taken = 1 + max((int(each.directions.max(initial=-1)) for each in earlier), default=-1)
    same = [each for each in earlier if of_one_sample(each.reference, reference)]
    largest = float(np.diag(covariance).max(initial=0.0))
    if not same or reference is None or columns is None:
        root = _root(covariance, RANK * largest)
        return TargetError(root, np.arange(taken, taken + root.shape[1]), reference, columns)
    shared = np.unique(np.concatenate([each.directions for each in same]))
    known = np.vstack([each.spread(taken).T for each in same])[:, shared]
    before = np.hstack([np.asarray(each.columns) for each in same])
    between = covariance_of_totals(reference, np.hstack([before, columns]))[before.shape[1] :, : before.shape[1]]
    along = between @ np.linalg.pinv(known).T
    root = _root(covariance - along @ along.T, 1e3 * RANK * largest)
    directions = np.concatenate([shared, np.arange(taken, taken + root.shape[1])])
    return TargetError(np.hstack([along, root]), directions, reference, columns)


def target_errors(design: Design) -> list[TargetError]:
    """List the errors of the targets that steps of a weighting rest on, in order."""
    found = [step.target_error for step in followed_back(design.steps) if step.target_error is not None]
    return found[::-1]


def of_one_sample(one: Design | None, other: Design | None) -> bool:
    """Say whether two references are the same rows with the same weights."""
    if one is None or other is None:
        return False
    if one.study.frame is not other.study.frame and not one.study.frame.equals(other.study.frame):
        return False
    return np.array_equal(one.weights, other.weights)


def covariance_of_totals(reference: Design, columns: Floats) -> Floats:
    """Give the covariance of weighted totals of columns, as the reference's own design has it.

    Parameters
    ----------
    reference : Design
        A probability sample; its strata, PSUs, replicates and weighting are all taken into account.
    columns : numpy.ndarray
        Rows x totals; 0 for rows that do not count.

    Raises
    ------
    WeightingError
        When its design has no degrees of freedom: nothing would say how far off the totals are.

    Examples
    --------
    >>> import pandas as pd
    >>> census = Design(pd.DataFrame({"w": [10.0, 10.0, 10.0]}), weight="w")
    >>> covariance_of_totals(census, np.array([[1.0], [0.0], [0.0]])).round(6).tolist()
    [[100.0]]
    """
    if reference.df < 1:
        raise WeightingError(
            "the reference has no degrees of freedom, a single PSU in every stratum, so its own sampling error cannot "
            "be estimated. Give its PSUs and strata as they were drawn; of targets that are known, give margins."
        )
    totals = reference.weights @ columns
    found = scatter_of(reference, totals, lambda: columns, lambda weights: weights @ columns, what="the reference")
    return np.asarray(found.covariance)


def _root(covariance: Floats, least: float) -> Floats:
    """Give targets x rank: the eigenvectors, each times the root of its eigenvalue, of those above rounding."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > least
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))
