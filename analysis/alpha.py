"""Cronbach's alpha of a battery of items, weighted, with the error that the design gives.

R's ``svycralpha`` gives the same alpha without an error. The error is the delta method on the covariance matrix of
the items: van Zyl, Neudecker and Nel (2000), On the distribution of the maximum likelihood estimator of Cronbach's
alpha, Psychometrika 65(3), without their assumption of normality (Maydeu-Olivares, Coffman and Hartmann 2007,
Asymptotically distribution-free interval estimation for coefficient alpha, Psychological Methods 12(2)).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..data.errors import EstimationError, UnknownNameError
from .categories import Floats, Ints, names_of, numbers
from .design import Design, check_design
from .estimates import Estimates
from .intervals import check_level
from .linear import CONSTANT
from .plan import Domains, domains
from .reliability import Base, Coefficients, base_of, reliability_estimates
from .subpopulation import Where, subset
from .sums import summed

ALPHA, WITHOUT, REST = "alpha", "alpha without the item", "item-rest correlation"
"""The statistics, as the result names them."""


def alpha(
    design: Design,
    items: Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    where: Where = None,
    level: float = 0.95,
    reverse: str | Sequence[str] = (),
    each_item: bool = False,
) -> Estimates:
    """Estimate Cronbach's alpha: how far the sum of several items measures one thing.

    With K items it is ``K / (K - 1) * (1 - sum of their variances / variance of their sum)``, of the variances in the
    population. The interval is a t interval of ``log(1 - alpha)``.

    Parameters
    ----------
    design : Design
        The sample.
    items : sequence of str
        At least two numeric columns, e.g. ``["trust_central", "trust_local", "trust_police"]``; respondents who
        did not answer all of them are left out and counted.
    by : str or sequence of str, optional
        Keys of the groups, e.g. ``"sex"``.
    where : str, mapping or sequence of bool, optional
        The subpopulation, as in :func:`subset`, e.g. ``"age >= 18"``.
    level : float
        Confidence level, e.g. 0.95.
    reverse : str or sequence of str
        Items worded the other way round, e.g. ``["fears_misuse"]``; they count with the opposite sign.
    each_item : bool
        Also give alpha without each item, and each item's correlation with the sum of the others, to see which of
        them does not belong.

    Returns
    -------
    Estimates
        Columns item (all of them, or the one item), category (``"alpha"``, ``"alpha without the item"`` or
        ``"item-rest correlation"``; with ``each_item`` only), the keys, then the columns of every result.

    Raises
    ------
    EstimationError
        When fewer than two items are named, when one is not numeric, or when alpha is not defined because an item
        is the same for everybody. A group in which that is so has no row, and a footnote says so.
    UnknownNameError
        When a column does not exist, or ``reverse`` names what is not an item.

    Notes
    -----
    Not a test of one dimension: a long battery on two subjects has a high alpha as well. Not for items with
    different scales, unless their sum is really to be used; and not for two or more items that are facets of
    something, such as income and education, where nothing makes the facets correlate.

    References
    ----------
    Cronbach (1951), Coefficient alpha and the internal structure of tests, Psychometrika 16(3), equation 2.
    Maydeu-Olivares, Coffman and Hartmann (2007), Psychological Methods 12(2), equations 4 to 6.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"central": [1, 2, 3, 5, 4], "local": [1, 1, 3, 4, 5], "police": [2, 2, 4, 5, 4]})
    >>> found = alpha(Design(wave), ["central", "local", "police"]).to_frame()
    >>> found[["estimate", "low", "high"]].round(3).values.tolist()
    [[0.952, 0.75, 0.991]]
    """
    design = subset(design, where)
    check_design(design, "alpha")
    check_level(level)
    names, reversed_items = _items(items, names_of(reverse))
    values, missing = _answers(design, names, reversed_items)
    within = domains(design, names_of(by))
    base = base_of(design, within, ~np.isnan(values).any(axis=1), missing)
    measured = _measured(base, values[base.rows], names, each_item=each_item)
    return reliability_estimates(design, "alpha", within, base, measured, level, _notes(base, within, values, names))
