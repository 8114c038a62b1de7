"""Hadamard matrices: square, of ones and minus ones, rows at right angles; what balances half-samples.

Sylvester's doubling and both of Paley's constructions over fields of a prime, or of the square of a prime, many
elements. Of the multiples of 4 up to 200 that leaves out 92, 116, 156, 172, 184 and 188; the next order takes their
place. Paley (1933), On orthogonal matrices, Journal of Mathematics and Physics 12; Wolter (2007), Introduction to
Variance Estimation, appendix A.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt

import numpy as np
from numpy.typing import NDArray

Signs = NDArray[np.int8]
"""A matrix of ones and minus ones (within the constructions also zeros)."""


def hadamard(least: int) -> Signs:
    """Give a Hadamard matrix of the smallest order, at least ``least``, that these constructions reach.

    Its first row and first column are ones, so that every other row adds up to zero.

    Parameters
    ----------
    least : int
        Rows needed, e.g. ``13``.

    Returns
    -------
    numpy.ndarray
        Square, of 1 and -1.

    References
    ----------
    Wolter (2007), Introduction to Variance Estimation, section 3.2 and appendix A.

    Examples
    --------
    >>> matrix = hadamard(3)
    >>> matrix.tolist()
    [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]
    >>> len(hadamard(13))
    16
    """
    order = least
    while (make := _construction(order)) is None:
        order += 1
    matrix = make()
    matrix = matrix * matrix[:, :1]
    return matrix * matrix[:1]


def _construction(order: int) -> Callable[[], Signs] | None:
    """Give the way to make a matrix of an order, or None where none of these leads there."""
    if order in (1, 2):
        return lambda: np.array([[1, 1], [1, -1]], dtype=np.int8)[:order, :order]
    if order % 4:
        return None
    if (half := _construction(order // 2)) is not None:
        return lambda: np.kron(np.array([[1, 1], [1, -1]], dtype=np.int8), half())
    if (order - 1) % 4 == 3 and _field(order - 1):
        return lambda: _paley_one(order - 1)
    if (order // 2 - 1) % 4 == 1 and _field(order // 2 - 1):
        return lambda: _paley_two(order // 2 - 1)
    return None


def _paley_one(size: int) -> Signs:
    """Paley's first: the identity plus a skew matrix of quadratic characters, bordered."""
    bordered = np.zeros((size + 1, size + 1), dtype=np.int8)
    bordered[0, 1:], bordered[1:, 0] = 1, -1
    bordered[1:, 1:] = _characters(size)
    return bordered + np.eye(size + 1, dtype=np.int8)


def _paley_two(size: int) -> Signs:
    """Paley's second: a symmetric matrix of quadratic characters, bordered and doubled."""
    bordered = np.zeros((size + 1, size + 1), dtype=np.int8)
    bordered[0, 1:], bordered[1:, 0] = 1, 1
    bordered[1:, 1:] = _characters(size)
    on_diagonal = np.kron(np.eye(size + 1, dtype=np.int8), np.array([[1, -1], [-1, -1]], dtype=np.int8))
    return np.kron(bordered, np.array([[1, 1], [1, -1]], dtype=np.int8)) + on_diagonal


def _characters(size: int) -> Signs:
    """Give for every pair of elements of a field whether their difference is a square (1) or not (-1); 0 for zero.

    In the field of p * p elements a + b * sqrt(d) an element is a square where its norm a * a - d * b * b is a square
    in the field of p elements.
    """
    prime = _field(size)
    legendre = np.full(prime, -1, dtype=np.int8)
    legendre[np.arange(1, prime) ** 2 % prime] = 1
    legendre[0] = 0
    if prime == size:
        element = np.arange(size)
        return np.asarray(legendre[(element[:, None] - element) % prime])
    high, low = np.divmod(np.arange(size), prime)
    non_square = int(np.flatnonzero(legendre == -1)[0])
    norm = (low[:, None] - low) ** 2 - non_square * (high[:, None] - high) ** 2
    return np.asarray(legendre[norm % prime])


def _field(size: int) -> int:
    """Give the odd prime p where a size is p or p * p, else 0."""
    for prime in (size, isqrt(size)):
        if prime**2 in (size, size**2) and prime > 2 and all(prime % factor for factor in range(2, isqrt(prime) + 1)):
            return prime
    return 0
