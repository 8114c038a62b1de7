"""Adjustment of p-values for tests that are read together: Holm's, and Benjamini and Hochberg's.

References
----------
Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 65-70.
Benjamini and Hochberg (1995), Controlling the false discovery rate, Journal of the Royal Statistical Society B 57,
289-300, section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..sampling.categories import Floats


def holm(p_values: Sequence[float], families: Sequence[Hashable]) -> list[float]:
    """Adjust p-values by Holm's method within families: the chance of any false finding in a family is kept.

    Parameters
    ----------
    p_values : sequence of float
        One for each test.
    families : sequence
        Which tests are read together, e.g. the battery of each item.

    Examples
    --------
    >>> [round(p, 10) for p in holm([0.01, 0.04, 0.03, 0.04], ["a", "a", "a", "b"])]
    [0.03, 0.06, 0.06, 0.04]
    """
    return within(p_values, families, holm_by_row)


def benjamini_hochberg(p_values: Sequence[float], families: Sequence[Hashable]) -> list[float]:
    """Adjust p-values by Benjamini and Hochberg's method within families: the share of false findings is kept.

    Parameters
    ----------
    p_values : sequence of float
        One for each test.
    families : sequence
        Which tests are read together, e.g. the battery of each item.

    Notes
    -----
    The share is kept when the tests are independent, or positively dependent as the items of one sample mostly are.
    Not for showing that no single item is a false finding: that is Holm's.

    Examples
    --------
    >>> [round(p, 10) for p in benjamini_hochberg([0.01, 0.04, 0.03, 0.04], ["a", "a", "a", "b"])]
    [0.03, 0.04, 0.04, 0.04]
    """
    return within(p_values, families, benjamini_hochberg_by_row)


def within(
    p_values: Sequence[float], families: Sequence[Hashable], adjusted: Callable[[Floats], Floats]
) -> list[float]:
    """Adjust the p-values of each family by themselves."""
    p = np.array(p_values, dtype=np.float64)
    for family in dict.fromkeys(families):
        members = [i for i, own in enumerate(families) if own == family]
        p[members] = adjusted(p[None, members])[0]
    return [float(value) for value in p]


def holm_by_row(p: Floats) -> Floats:
    """Adjust the p-values of each row by Holm's method; missing ones take no part.

    Parameters
    ----------
    p : numpy.ndarray
        A row for each family of tests.

    Examples
    --------
    >>> holm_by_row(np.array([[0.01, 0.04, np.nan, 0.03]])).tolist()
    [[0.03, 0.06, nan, 0.06]]
    """
    order = np.argsort(p, axis=1)  # missing values last
    ordered = np.take_along_axis(p, order, axis=1)
    left = (~np.isnan(p)).sum(axis=1)[:, None] - np.arange(p.shape[1])
    stepped = np.minimum(1.0, np.maximum.accumulate(ordered * np.maximum(left, 1), axis=1))
    return put_back(stepped, order)


def benjamini_hochberg_by_row(p: Floats) -> Floats:
    """Adjust the p-values of each row by Benjamini and Hochberg's method; missing ones take no part.

    Parameters
    ----------
    p : numpy.ndarray
        A row for each family of tests.

    Examples
    --------
    >>> benjamini_hochberg_by_row(np.array([[0.01, 0.04, np.nan, 0.03]])).tolist()
    [[0.03, 0.04, nan, 0.04]]
    """
    order = np.argsort(p, axis=1)  # missing values last
    ordered = np.take_along_axis(p, order, axis=1)
    tests = (~np.isnan(p)).sum(axis=1)[:, None]
    scaled = ordered * tests / np.arange(1, p.shape[1] + 1)
    # from the largest p-value down; fmin looks past the missing ones, which come first in this direction
    stepped = np.minimum(1.0, np.fmin.accumulate(scaled[:, ::-1], axis=1)[:, ::-1])
    return put_back(np.where(np.isnan(ordered), np.nan, stepped), order)


def put_back(values: Floats, order: NDArray[np.intp]) -> Floats:
    """Give ordered values in the order they came in."""
    found = np.empty_like(values)
    np.put_along_axis(found, order, values, axis=1)
    return found


ADJUSTMENTS: Mapping[str, Callable[[Floats], Floats]] = {"holm": holm_by_row, "bh": benjamini_hochberg_by_row}
"""The methods by the name a user gives them."""
