"""Holm's adjustment of p-values for tests that are read together.

Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6(2).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from ..sampling.categories import Floats


def holm(p_values: Sequence[float], families: Sequence[Hashable]) -> list[float]:
    """Adjust p-values by Holm's method within families.

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
    p = np.array(p_values, dtype=np.float64)
    for family in dict.fromkeys(families):
        members = [i for i, own in enumerate(families) if own == family]
        p[members] = holm_by_row(p[None, members])[0]
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
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, stepped, axis=1)
    return adjusted
