"""Columns of a design matrix that are combinations of others: found, and named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...data.errors import EstimationError
from ..sampling.categories import Floats

SUSPECT = 1e-8
"""An eigenvalue of the scaled normal equations below this needs a look at which columns are combinations of others."""

ALIASED = 1e-11
"""A column of which no larger share lies outside the span of the columns before it is their combination (R's bound)."""


class AliasedError(EstimationError):
    """Columns of the design matrix are combinations of others."""


def refuse_aliased(matrix: Floats, weights: Floats, names: Sequence[str]) -> None:
    """Stop when columns are combinations of others.

    Raises
    ------
    AliasedError
        Naming them.

    Examples
    --------
    >>> refuse_aliased(np.array([[1.0, 2.0], [1.0, 3.0]]), np.ones(2), ("Intercept", "age"))
    """
    product = matrix.T @ (matrix * weights[:, None])
    scale = np.sqrt(np.diag(product))
    if (scale == 0).any():
        raise aliased(matrix, weights, names)
    if np.linalg.eigvalsh(product / np.outer(scale, scale))[0] < SUSPECT:
        if lacks_rank(triangle(matrix * np.sqrt(weights)[:, None])):
            raise aliased(matrix, weights, names)


def lacks_rank(root: Floats) -> bool:
    """Say of a triangular factor whether its matrix has a column that is a combination of those before it.

    Examples
    --------
    >>> lacks_rank(np.array([[1.0, 2.0], [0.0, 0.0]])), lacks_rank(np.eye(2)), lacks_rank(np.ones((1, 2)))
    (True, False, True)
    """
    if root.shape[0] < root.shape[1]:
        return True
    return bool((np.abs(np.diag(root)) <= ALIASED * np.sqrt((root**2).sum(axis=0))).any())


def aliased(matrix: Floats, weights: Floats, names: Sequence[str]) -> AliasedError:
    """Name the columns that are combinations of the columns before them."""
    matrix = matrix[weights > 0]
    lengths = np.sqrt((matrix**2).sum(axis=0))
    root = triangle(matrix / np.where(lengths > 0, lengths, 1))
    root = np.vstack([root, np.zeros((max(0, root.shape[1] - len(root)), root.shape[1]))])
    found: list[str] = []
    kept: list[int] = []
    for at, name in enumerate(names):
        inside = [each for each in kept]
        rest = _outside(root, inside, at)
        if lengths[at] == 0:
            found.append(f"{name} is zero in every row")
        elif rest is None:
            kept.append(at)
        else:
            others = [names[each] for each, share in zip(inside, rest, strict=True) if abs(share) > 1e-7]
            more = " and others" if len(others) > 4 else ""
            found.append(f"{name} is a combination of {', '.join(others[:4])}{more}")
    more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
    listed = "; ".join(found[:5]) or "columns are nearly combinations of others"
    return AliasedError(
        f"the design matrix lacks full rank, so coefficients cannot be told apart: {listed}{more}. Leave a term out of "
        "the formula, or join categories."
    )


def triangle(matrix: Floats) -> Floats:
    """Give the triangular factor of a matrix."""
    return np.asarray(np.linalg.qr(matrix, mode="r"), dtype=np.float64)


def _outside(root: Floats, inside: Sequence[int], at: int) -> Floats | None:
    """Give the shares of other columns that make up a column, or None when they do not."""
    column = root[:, at]
    if not inside:
        return None
    shares, *_ = np.linalg.lstsq(root[:, list(inside)], column, rcond=None)
    rest = np.linalg.norm(column - root[:, list(inside)] @ shares)
    return np.asarray(shares) if rest <= 1e-10 * np.linalg.norm(column) else None
