"""Cronbach's alpha of a battery of items, weighted, with the error that the design gives.

R's ``svycralpha`` gives the same alpha without an error. The error is the delta method on the covariance matrix of
the items: van Zyl, Neudecker and Nel (2000), On the distribution of the maximum likelihood estimator of Cronbach's
alpha, Psychometrika 65(3), without their assumption of normality (Maydeu-Olivares, Coffman and Hartmann 2007,
Asymptotically distribution-free interval estimation for coefficient alpha, Psychological Methods 12(2)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...data.errors import EstimationError, UnknownNameError
from ..estimation.estimates import Estimates
from ..estimation.linear import CONSTANT
from ..estimation.measure import Base
from ..estimation.plan import Domains, domains
from ..sampling.categories import Floats, names_of, numbers
from ..sampling.design import Design, check_design
from ..sampling.subpopulation import Where, subset
from ..sampling.sums import summed
from .reliability import Coefficients, Scale, Wanted, complete_base, reliability_estimates

ALPHA, WITHOUT, REST = "alpha", "alpha without the item", "item-rest correlation"
"""The statistics, as the result names them."""

LOG_REST = Scale(lambda a: np.log(1 - a), lambda a: 1 / (1 - a), lambda g: 1 - np.exp(g))
"""The scale on which alpha is nearly normal."""

FISHER_Z = Scale(np.arctanh, lambda r: 1 / (1 - r**2), np.tanh)
"""The scale on which a correlation is nearly normal."""


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
        Columns item (all of them, or the one item), statistic (with ``each_item`` only: ``"alpha"``, ``"alpha without
        the item"`` or ``"item-rest correlation"``), the keys, then the columns of every result.

    Raises
    ------
    EstimationError
        When fewer than two items are named, when one is not numeric, or when alpha is not defined because an item
        is the same for everybody. A group in which that is so has no row, and a footnote says so.
    UnknownNameError
        When a column does not exist, or ``reverse`` names what is not an item.

    Notes
    -----
    Not a test of one dimension: a long battery on two subjects has a high alpha as well. Not for items on different
    scales, unless their plain sum is what will be used. Not for items that make up an index, such as income and
    education, without being answers to one thing.

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
    [[0.957, 0.79, 0.991]]
    """
    check_design(design, "alpha")
    design = subset(design, where)
    names, reversed_items = _items(items, names_of(reverse))
    values, missing = _answers(design, names, reversed_items)
    within = domains(design, names_of(by))
    base = complete_base(within, np.asarray(~np.isnan(values).any(axis=1)), missing, "alpha")
    answers = base.own(values)
    moments = _moments(base, answers, base.weights)
    labels = _labels(names, each_item=each_item)
    found = Coefficients(
        labels=labels,
        scales=tuple(FISHER_Z if statistic == REST else LOG_REST for _, statistic in labels),
        estimate=_statistics(moments.covariance, each_item=each_item),
        influence=_influence(base, moments, each_item=each_item),
        refit=lambda weights: _statistics(_moments(base, answers, weights).covariance, each_item=each_item),
        undefined=_undefined(base, moments, names),
    )
    notes = (*_reversed_notes(reversed_items), *_negative_notes(moments.covariance, names, within))
    wanted = Wanted("alpha", "alpha", level, notes, {"reversed": list(reversed_items)})
    return reliability_estimates(design, wanted, within, base, missing, found)


@dataclass(frozen=True, eq=False)
class Moments:
    """The moments of the items by domain.

    Attributes
    ----------
    mean : numpy.ndarray
        Domains x items.
    deviation : numpy.ndarray
        Rows x items: how far each answer is from the mean of its domain.
    covariance : numpy.ndarray
        Domains x items x items.
    """

    mean: Floats
    deviation: Floats
    covariance: Floats


def _items(items: str | Sequence[str], reverse: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = names_of(items)
    if len(names) < 2:
        named = f"{names[0]} is one" if names else "none is named"
        raise EstimationError(f"alpha needs at least two items, and {named}; give items=['q1', 'q2', ...].")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EstimationError(f"{', '.join(twice)} is named more than once; name each item once.")
    for name in reverse:
        if name not in names:
            raise UnknownNameError("item", name, names, "reverse")
    return names, tuple(reverse)


def _answers(
    design: Design, names: Sequence[str], reverse: Sequence[str]
) -> tuple[Floats, dict[str, Mapping[str, int]]]:
    """Give the items as columns, with the opposite sign where they are worded the other way round."""
    columns: list[Floats] = []
    missing: dict[str, Mapping[str, int]] = {}
    for name in names:
        column, missing[name] = numbers(design.study, name, purpose="battery of items", inside=design.inside)
        columns.append(-column if name in reverse else column)
    return np.column_stack(columns), missing


def _moments(base: Base, values: Floats, weights: Floats) -> Moments:
    """Give the weighted means and covariances of each domain; missing where nobody has a weight."""
    items = values.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = _summed(base, weights)
        mean = np.column_stack([_summed(base, weights * column) / whole for column in values.T])
        deviation = values - mean[base.domain]
        covariance = np.empty((base.domains, items, items))
        for one in range(items):
            for other in range(one + 1):
                product = _summed(base, weights * deviation[:, one] * deviation[:, other]) / whole
                covariance[:, one, other] = covariance[:, other, one] = product
    return Moments(mean, deviation, covariance)


def _summed(base: Base, values: Floats) -> Floats:
    return summed(base.domain, base.domains, values)


def _labels(names: Sequence[str], *, each_item: bool) -> tuple[tuple[str, str], ...]:
    """Name the columns that _statistics gives: the item, or all of them, and the statistic."""
    labels = [(", ".join(names), ALPHA)]
    if each_item:
        labels += [(name, WITHOUT) for name in names if len(names) > 2]
        labels += [(name, REST) for name in names]
    return tuple(labels)


def _statistics(covariance: Floats, *, each_item: bool) -> Floats:
    """Give domains x statistics: alpha, alpha without each item, each item's correlation with the others' sum."""
    items = covariance.shape[1]
    parts = _parts(covariance)
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = [_ratio(items, parts.trace, parts.total)[:, None]]
        if each_item and items > 2:
            columns.append(_ratio(items - 1, parts.rest_trace, parts.rest))
        if each_item:
            columns.append(parts.shared / np.sqrt(parts.own * parts.rest))
    return np.hstack(columns)


@dataclass(frozen=True, eq=False)
class Parts:
    """What alpha is made of.

    Attributes
    ----------
    trace, total : numpy.ndarray
        By domain: the sum of the items' variances, and the variance of their sum.
    own, shared : numpy.ndarray
        By domain and item: its variance, and its covariance with the sum of the others.
    rest_trace, rest : numpy.ndarray
        By domain and item: the sum of the others' variances, and the variance of their sum.
    """

    trace: Floats
    total: Floats
    own: Floats
    shared: Floats
    rest_trace: Floats
    rest: Floats


def _parts(covariance: Floats) -> Parts:
    """Add up covariances; those of the others anew for each item, as an item may be larger than all of them."""
    own = np.einsum("dkk->dk", covariance)
    others = 1.0 - np.eye(own.shape[1])
    return Parts(
        trace=own.sum(axis=1),
        total=covariance.sum(axis=(1, 2)),
        own=own,
        shared=np.einsum("dkj,kj->dk", covariance, others),
        rest_trace=own @ others,
        rest=np.einsum("ki,dij,kj->dk", others, covariance, others, optimize=True),
    )


def _ratio(items: int, trace: Floats, total: Floats) -> Floats:
    return np.asarray(items / (items - 1) * (1 - trace / total))


def _influence(base: Base, moments: Moments, *, each_item: bool) -> Floats:
    """Give rows x statistics; the derivative of a covariance is the product of deviations less the covariance.

    The covariances themselves fall out: every statistic stays as it is when all covariances grow by one factor.
    """
    own = moments.deviation
    items, everything = own.shape[1], own.sum(axis=1, keepdims=True)
    squares, parts = (own**2).sum(axis=1, keepdims=True), _parts(moments.covariance)
    trace, total = parts.trace[base.domain, None], parts.total[base.domain, None]
    columns = [_ratio_influence(items, trace, total, squares, everything)]
    rest = everything - own
    own_variance, rest_variance = parts.own[base.domain], parts.rest[base.domain]
    with np.errstate(invalid="ignore", divide="ignore"):
        if each_item and items > 2:
            rest_trace = parts.rest_trace[base.domain]
            columns.append(_ratio_influence(items - 1, rest_trace, rest_variance, squares - own**2, rest))
        if each_item:
            correlation = parts.shared[base.domain] / np.sqrt(own_variance * rest_variance)
            spread = own**2 / own_variance + rest**2 / rest_variance
            columns.append(own * rest / np.sqrt(own_variance * rest_variance) - correlation / 2 * spread)
    return np.hstack(columns) / base.weighted_n[base.domain, None]


def _ratio_influence(items: int, trace: Floats, total: Floats, squares: Floats, scores: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(-items / (items - 1) / total * (squares - trace / total * scores**2))


def _undefined(base: Base, moments: Moments, names: Sequence[str]) -> dict[int, str]:
    """Say for which domains alpha is not defined, and why."""
    parts = _parts(moments.covariance)
    spread, size = np.sqrt(np.maximum(parts.own, 0.0)), np.abs(moments.mean)
    reasons: dict[int, str] = {}
    for domain in np.flatnonzero(base.n):
        constant = [name for name, same in zip(names, spread[domain] <= CONSTANT * size[domain], strict=True) if same]
        flat = parts.total[domain] <= CONSTANT * parts.trace[domain]
        flat |= bool((parts.rest[domain] <= CONSTANT * parts.rest_trace[domain]).any())
        if base.n[domain] < 2:
            reasons[int(domain)] = "a single respondent answered all items"
        elif constant:
            verb = "is" if len(constant) == 1 else "are"
            reasons[int(domain)] = f"{', '.join(constant)} {verb} the same for everybody; leave it out of the items"
        elif flat:
            reasons[int(domain)] = "the items cancel out, so that their sum is the same for everybody"
    return reasons


def _reversed_notes(reversed_items: Sequence[str]) -> tuple[str, ...]:
    """Say which items count with the opposite sign."""
    if not reversed_items:
        return ()
    verb = "counts" if len(reversed_items) == 1 else "count"
    return (f"{', '.join(reversed_items)} {verb} with the opposite sign.",)


def _negative_notes(covariance: Floats, names: Sequence[str], within: Domains) -> tuple[str, ...]:
    """Name the items that run against the sum of the others."""
    shared = _parts(covariance).shared
    notes = []
    for place, name in enumerate(names):
        groups = int((shared[:, place] < 0).sum())
        if groups:
            where = f" in {groups} of {len(shared)} groups" if within.by else ""
            notes.append(
                f"{name} correlates negatively with the sum of the other items{where}; if it is worded the other way "
                "round, name it in reverse."
            )
    return tuple(notes)
