"""Holm's adjustment of p-values for tests that are read together.

Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6(2).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence


def holm(p_values: Sequence[float], families: Sequence[Hashable]) -> list[float]:
    """Adjust p-values by Holm's method within families, as statsmodels does.

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
    from statsmodels.stats.multitest import multipletests  # slow to import

    adjusted = [math.nan] * len(p_values)
    for family in dict.fromkeys(families):
        members = [i for i, own in enumerate(families) if own == family]
        found = multipletests([p_values[i] for i in members], method="holm")[1]
        for member, value in zip(members, found, strict=True):
            adjusted[member] = float(value)
    return adjusted
