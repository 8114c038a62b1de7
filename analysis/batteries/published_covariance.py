"""How the published items of a battery vary together: assumed, since nobody prints it.

The published items were answered by the same people, so their errors are correlated. The covariance is not published.
The new survey asked the same battery of similar people, so its correlation matrix is borrowed; what no correlation at
all would give is worked out beside it, and whether the conclusion hangs on the choice is said.
"""

from __future__ import annotations

import numpy as np

from ...data.errors import ComparisonError
from ..sampling.categories import Floats

BORROWED = "the new survey's correlations"
INDEPENDENT = "no correlation"


def assumptions(correlation: float | None, new_covariance: Floats) -> dict[str, Floats]:
    """Give the correlation matrices to assume by name: the one that counts first, then those that it is held against.

    Parameters
    ----------
    correlation : float or None
        Common correlation of all published items, e.g. ``0.3``; None borrows those of the new estimates.
    new_covariance : numpy.ndarray
        Covariance of the new estimates.

    Raises
    ------
    ComparisonError
        When the correlation is below 0, or 1 or above.

    Examples
    --------
    >>> list(assumptions(0.3, np.eye(2)))
    ['a common correlation of 0.3', "the new survey's correlations", 'no correlation']
    """
    k = len(new_covariance)
    found = {BORROWED: correlations(new_covariance), INDEPENDENT: np.eye(k)}
    if correlation is None:
        return found
    check_correlation(correlation)
    name = INDEPENDENT if correlation == 0 else f"a common correlation of {correlation:g}"
    return {name: (1 - correlation) * np.eye(k) + correlation, **found}


def check_correlation(correlation: float | None) -> None:
    """Refuse what no battery of any length can have.

    Raises
    ------
    ComparisonError
        When the correlation is below 0, or 1 or above.
    """
    if correlation is not None and not 0 <= correlation < 1:
        raise ComparisonError(
            f"correlation is {correlation:g}; give the assumed common correlation of the published items of a battery, "
            "from 0 to below 1, e.g. 0.3, or leave it out to borrow those of the new survey."
        )


def correlations(covariance: Floats) -> Floats:
    """Give the correlation matrix; an estimate without error is correlated with none.

    Examples
    --------
    >>> correlations(np.array([[4.0, 1.0], [1.0, 1.0]])).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    root = np.sqrt(np.diag(covariance))
    scale = np.outer(root, root)
    found = np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def published_covariance(se: Floats, rounding: Floats, correlation: Floats) -> Floats:
    """Give the covariance of published figures from their errors and an assumed correlation.

    Parameters
    ----------
    se : numpy.ndarray
        Standard errors, rounding included.
    rounding : numpy.ndarray
        Units they were rounded to, which every figure was by itself; 0 where not known.
    correlation : numpy.ndarray
        Of their sampling errors.

    Examples
    --------
    >>> published_covariance(np.array([0.02, 0.01]), np.zeros(2), np.array([[1.0, 0.5], [0.5, 1.0]])).round(6).tolist()
    [[0.0004, 0.0001], [0.0001, 0.0001]]
    """
    rounded = rounding**2 / 12
    sampling = np.sqrt(np.maximum(se**2 - rounded, 0.0))
    found = np.outer(sampling, sampling) * correlation
    np.fill_diagonal(found, se**2)
    return np.asarray(found)
