"""Degrees of freedom of a base: R's ``degf`` of a design with the rows outside the base left out.

With replicates they are the rank of the replicate weights of the base, less 1, and never more than the design's, which
its user may have given, or which stand from before a raking.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from ...data.errors import EstimationError
from ..sampling.categories import Bools, Ints
from ..sampling.design import Design
from ..sampling.replication import Replication
from .measure import Base

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
        return min(_rank(design, counted) - 1, design.df)
    first = design.stages[0]
    units = np.unique(first.unit[counted])
    return len(units) - len(np.unique(first.stratum[units]))


def base_df(design: Design, base: Base) -> Ints:
    """Give the degrees of freedom of each domain of a base."""
    if design.replication is not None:
        return np.minimum(_base_ranks(design, base) - 1, design.df)
    first = design.stages[0]
    unit = base.own(first.unit)
    units = distinct(unit, base.domain, base.domains)
    return units - distinct(first.stratum[unit], base.domain, base.domains)


def in_one_psu(design: Design, base: Base) -> Bools:
    """Mark domains of several respondents who all lie in one PSU: an error of 0 is not known there.

    Replicates made from PSUs weight all of a group alike there as well. Without degrees of freedom a design says so by
    itself.
    """
    if design.df < 1:
        return np.zeros(base.domains, dtype=bool)
    psus = distinct(base.own(design.stages[0].unit), base.domain, base.domains)
    return np.asarray((psus == 1) & (base.n > 1))


def distinct(group: Ints, domain: Ints, domains: int) -> Ints:
    """Count the different groups in each domain.

    Examples
    --------
    >>> distinct(np.array([5, 5, 7, 7]), np.array([0, 0, 0, 1]), 2).tolist()
    [2, 1]
    """
    pairs: Ints = pd.unique(group * np.int64(domains) + domain)
    return np.bincount(pairs % domains, minlength=domains)


def _base_ranks(design: Design, base: Base) -> Ints:
    """Give the rank of each domain's replicate weights; a domain of everybody has that of the design."""
    replication = design.replication
    assert replication is not None
    if base.domains == 1 and len(base.rows) == int((design.weights > 0).sum()):
        return np.array([design.df + 1])
    weighed = base.own(replication.base) > 0
    pairs: Ints = pd.unique((base.domain * np.int64(replication.units) + base.own(replication.unit))[weighed])
    domain, unit = pairs // replication.units, pairs % replication.units
    order = np.argsort(domain, kind="stable")
    parts = np.split(unit[order], np.cumsum(np.bincount(domain, minlength=base.domains))[:-1])
    return np.array([_factor_rank(replication, part) for part in parts], dtype=np.int64)


def _rank(design: Design, rows: Bools) -> int:
    replication = design.replication
    assert replication is not None
    return _factor_rank(replication, np.unique(replication.unit[rows & (replication.base > 0)]))


def _factor_rank(replication: Replication, units: Ints) -> int:
    """Give the rank of the factors of some units, by the squares of their singular values where they are a table."""
    drawn = replication.drawn(units)
    if not isinstance(replication.factors, np.ndarray):
        return replication.factors.rank(drawn)
    factors = replication.factors[drawn]
    if not len(factors):
        return 0
    few = factors @ factors.T if len(factors) < factors.shape[1] else factors.T @ factors
    squares = np.linalg.eigvalsh(few)
    return int((squares > TOLERANCE**2 * squares[-1]).sum())
