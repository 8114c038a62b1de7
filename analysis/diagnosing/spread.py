"""How unequal weights are: their number, sum, effective number, design effect and range.

Kish (1965), Survey Sampling, section 11.7; Kish (1992), Weighting for unequal Pi, Journal of Official Statistics 8(2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..sampling.categories import Floats
from ..sampling.design import Design


@dataclass(frozen=True)
class Spread:
    """Weights in a few numbers, over the rows that have one.

    Attributes
    ----------
    n : int
        Rows with a weight other than zero.
    sum : float
        Weights added up.
    effective_n : float
        Kish's effective sample size, ``sum(w)**2 / sum(w**2)``.
    deff : float
        Kish's design effect of weighting, ``n / effective_n``: one plus the squared coefficient of variation.
    minimum, maximum : float
        Range of the weights.
    ratio : float
        Largest over smallest weight; missing where a weight is below zero.
    """

    n: int
    sum: float
    effective_n: float
    deff: float
    minimum: float
    maximum: float
    ratio: float


def spread(weights: Floats) -> Spread:
    """Give the numbers of some weights; rows of weight zero are left out.

    Examples
    --------
    >>> import numpy as np
    >>> found = spread(np.array([1.0, 1.0, 2.0, 0.0]))
    >>> found.n, round(found.effective_n, 3), found.ratio
    (3, 2.667, 2.0)
    """
    there = weights[weights != 0]
    if not len(there):
        return Spread(0, 0.0, 0.0, *[float("nan")] * 4)
    total, squares = float(there.sum()), float((there**2).sum())
    effective = total**2 / squares
    least, most = float(there.min()), float(there.max())
    return Spread(
        n=len(there),
        sum=total,
        effective_n=effective,
        deff=len(there) / effective if effective else float("inf"),
        minimum=least,
        maximum=most,
        ratio=most / least if least > 0 else float("nan"),
    )


def weights_inside(design: Design) -> Floats:
    """Give the weights of the rows that estimates are about, and 0 to the others.

    Examples
    --------
    >>> import pandas as pd
    >>> from ..sampling.subpopulation import subset
    >>> weights_inside(subset(Design(pd.DataFrame({"age": [20, 50]})), "age > 30")).tolist()
    [0.0, 1.0]
    """
    if design.subpopulation is None:
        return design.weights
    return np.where(design.inside, design.weights, 0.0)
