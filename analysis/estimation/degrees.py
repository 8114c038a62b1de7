"""Degrees of freedom of a base: R's ``degf`` of a design with the rows outside the base left out."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...data.errors import EstimationError
from ..sampling.categories import Bools
from ..sampling.design import Design

DfRule = Literal["domain", "design"]

TOLERANCE = 1e-5
"""Replicate weights whose singular values lie below this share of the largest add no degree of freedom (R's bound)."""


def degrees(design: Design, rows: Bools, rule: DfRule = "domain") -> int:
    """Count the degrees of freedom of the rows a test rests on.

    Parameters
    ----------
    design : Design
        The sample.
    rows : numpy.ndarray of bool
        The rows of the base.
    rule : {"domain", "design"}
        PSUs minus strata that hold a row of the base (with replicates: the rank of the base's replicate weights,
        less 1), or those of the whole design.

    Raises
    ------
    EstimationError
        When there is no such rule.

    Examples
    --------
    >>> import pandas as pd
    >>> design = Design(pd.DataFrame({"town": [1, 1, 2, 3]}), psu="town")
    >>> degrees(design, np.array([True, True, True, False])), degrees(design, np.zeros(4, dtype=bool), "design")
    (1, 2)
    """
    if rule not in ("domain", "design"):
        raise EstimationError(f"df is {rule!r}; it can be 'domain' or 'design'.")
    counted = rows & (design.weights > 0)
    if rule == "design" or counted.sum() == (design.weights > 0).sum():
        return design.df
    if design.replication is not None:
        return _rank(design, counted) - 1
    first = design.stages[0]
    units = np.unique(first.unit[counted])
    return len(units) - len(np.unique(first.stratum[units]))


def _rank(design: Design, rows: Bools) -> int:
    replication = design.replication
    assert replication is not None
    units = np.unique(replication.unit[rows & (replication.base > 0)])
    return int(np.linalg.matrix_rank(np.unique(replication.factors[units], axis=0), rtol=TOLERANCE))
