"""Sum and finish: from planned measures to estimates with standard errors, design effects and intervals.

Conventions of R's survey package: the design effect of ``svymean(deff=TRUE)``, where the simple random sample has
the respondents in the domain and the population their weights add up to; degrees of freedom of the whole design.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from ..data.errors import EstimationError
from .calibration import adjustments
from .categories import Bools, Floats, Ints
from .design import Design
from .estimates import NUMBERS, Estimates
from .intervals import beta_interval, check_level, few_events, logit_interval, t_interval
from .method import method_of
from .plan import Domains, Measure
from .sums import Table, dense, summed
from .variance import Scatter

Deff = Literal["auto", "replace"]

INVERSE_PROBABILITIES = 1.05
"""Weights with at least this mean can be inverse inclusion probabilities; normalised weights have a mean of 1."""


CONSTANT = 1e-13
"""A standard deviation below this share of the mean is rounding: the variable is constant."""

FIXED = 1e-12
"""A standard error below this share of the estimate is rounding: strata or margins fix the estimate."""


@dataclass(frozen=True)
class Request:
    """What was asked for.

    Attributes
    ----------
    estimand : {"proportion", "mean", "total"}
        The kind of estimate.
    base : {"substantive", "all"}
        Who is in the base.
    interval : {"logit", "beta", "mean", "t"}
        The kind of interval.
    level : float
        Confidence level.
    deff : {"auto", "replace"}
        The kind of design effect.
    """

    estimand: Literal["proportion", "mean", "total"]
    base: str = "substantive"
    interval: str = "t"
    level: float = 0.95
    deff: Deff = "auto"

    def __post_init__(self) -> None:
        """Refuse options that do not exist."""
        check_level(self.level)
        allowed = {
            "base": ("substantive", "all"),
            "interval": ("logit", "beta", "mean") if self.estimand == "proportion" else ("t",),
            "deff": ("auto", "replace"),
        }
        for option, values in allowed.items():
            if getattr(self, option) not in values:
                raise EstimationError(
                    f"{option} is {getattr(self, option)!r}; it can be {' or '.join(map(repr, values))}."
                )


def estimated(design: Design, request: Request, within: Domains, measures: Sequence[Measure]) -> Estimates:
    """Sum and finish the measures, and put the estimates in order: by item, keys, category."""
    _check_keys(within)
    replacing = request.deff == "replace" or not weights_can_be_inverse_probabilities(design)
    whole: dict[int, Table] = {}
    sums = [_summed(design, measure, request.estimand, whole) for measure in measures]
    table = _table(measures, sums, request, replacing=replacing)
    scatter = _scatter(design, sums, table["column"].to_numpy())
    se, simple = np.sqrt(scatter.variances), table["simple_variance"].to_numpy()
    fixed = se <= FIXED * np.abs(table["estimate"].to_numpy())
    table["se"] = np.where(fixed, 0.0, se)
    with np.errstate(divide="ignore", invalid="ignore"):
        table["deff"] = np.where((simple > 0) & ~fixed, scatter.variances / simple, np.nan)
    table["df"] = design.df
    table["switched"] = _add_intervals(table, design, request, measures)
    return Estimates(
        frame=_frame(table, within, measures, request),
        method=method_of(design, request, within, measures, table, replacing=replacing),
        design=design,
        scatter=scatter,
        category_codes=tuple(measures[at].codes[k] for at, k in zip(table["measure"], table["category"], strict=True)),
        key_codes=tuple(within.codes[at] for at in table["domain"]),
    )


def _check_keys(within: Domains) -> None:
    taken = [key for key in within.by if key in ("item", "category", *NUMBERS)]
    if taken:
        raise EstimationError(
            f"by names {', '.join(taken)}, which is a column of every result; rename that column of the data."
        )


def weights_can_be_inverse_probabilities(design: Design) -> bool:
    """Say whether the design effect can be taken against sampling without replacement, as R's ``deff=TRUE`` does."""
    counted = int((design.weights > 0).sum())
    needed = 1.0 + 1e-6 if design.fpc else INVERSE_PROBABILITIES
    return bool(design.weights.sum() >= needed * counted)


@dataclass(frozen=True, eq=False)
class Summed:
    """A measure with its sums, and the estimates that follow from them.

    Attributes
    ----------
    measure : Measure
        What was added up.
    estimand : str
        The kind of estimate.
    by_unit : tuple of table
        Weights by unit and domain; weighted values by unit, domain and category.
    n : numpy.ndarray of int64
        Respondents by domain.
    weighted_n : numpy.ndarray
        Weights by domain; 1 where a domain is empty.
    estimate : numpy.ndarray
        Estimates by domain and category.
    """

    measure: Measure
    estimand: str
    by_unit: tuple[Table, Table]
    n: Ints
    weighted_n: Floats
    estimate: Floats

    def influence(self, group: Ints, groups: int, weights: Floats) -> Table:
        """Add up influence values by group, each row's weight replaced by another."""
        measure = self.measure
        return self._linearised(measure.weight_sums(group, groups, weights), measure.value_sums(group, groups, weights))

    def influence_by_unit(self) -> Table:
        """Add up influence values by unit of the last stage."""
        return self._linearised(*self.by_unit)

    def _linearised(self, weights: Table, values: Table) -> Table:
        """Turn sums of weights W and weighted values Y into influence: Y, for ratios (Y - estimate W) / N."""
        if self.estimand == "total":
            return values
        width = self.measure.width
        if sparse.issparse(weights) or sparse.issparse(values):
            scale = sparse.diags_array(1 / np.repeat(self.weighted_n, width))
            domain = np.repeat(np.arange(len(self.n)), width)
            shift = sparse.csr_array(
                (self.estimate, (domain, np.arange(len(domain)))), shape=(len(self.n), len(domain))
            )
            linearised: Table = sparse.csr_array((sparse.csr_array(values) - sparse.csr_array(weights) @ shift) @ scale)
            return linearised
        by_category = values.reshape(len(values), len(self.n), width)
        centred = by_category - weights[:, :, None] * self.estimate.reshape(len(self.n), width)
        return np.asarray(centred / self.weighted_n[:, None]).reshape(len(values), -1)


def _summed(design: Design, measure: Measure, estimand: str, whole: dict[int, Table]) -> Summed:
    """Sum a measure by unit; items that everybody answered share one table of weights."""
    last = design.stages[-1]
    units, complete = len(last.stratum), len(measure.rows) == len(last.unit)
    weights = whole.get(units) if complete else None
    if weights is None:
        weights = measure.weight_sums(last.unit, units)
    if complete:
        whole[units] = weights
    values = measure.value_sums(last.unit, units)
    n = measure.counts()
    weighted_n = np.where(n > 0, _column_sums(weights), 1.0)
    estimate = _column_sums(values)
    if estimand != "total":
        estimate = estimate / np.repeat(weighted_n, measure.width)
    if measure.category is not None:
        events, base = measure.events(), np.repeat(n, measure.width)
        estimate = np.where(events == 0, 0.0, np.where(events == base, 1.0, estimate))
    return Summed(measure, estimand, (weights, values), n, weighted_n, estimate)


def _column_sums(table: Table) -> Floats:
    return np.asarray(table.sum(axis=0)).ravel()


def _table(measures: Sequence[Measure], sums: Sequence[Summed], request: Request, *, replacing: bool) -> pd.DataFrame:
    """List the estimates of all measures in printing order; ``column`` is each one's place before ordering."""
    parts = []
    items = list(dict.fromkeys(measure.item for measure in measures))
    for at, (measure, one) in enumerate(zip(measures, sums, strict=True)):
        n, weighted_n = np.repeat(one.n, measure.width), np.repeat(one.weighted_n, measure.width)
        parts.append(
            pd.DataFrame(
                {
                    "item": items.index(measure.item),
                    "measure": at,
                    "domain": np.repeat(np.arange(measure.domains), measure.width),
                    "category": np.tile(np.arange(measure.width), measure.domains),
                    "estimate": one.estimate,
                    "n": n,
                    "events": n if measure.category is None else measure.events(),
                    "weighted_n": weighted_n,
                    "simple_variance": _simple_variance(one, n, weighted_n, request, replacing=replacing),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    table["column"] = np.arange(len(table))
    table = table[table["n"] > 0]
    return table.sort_values(["item", "domain", "measure", "category"], kind="stable", ignore_index=True)


def _simple_variance(one: Summed, n: Ints, weighted_n: Floats, request: Request, *, replacing: bool) -> Floats:
    """Give the variance of the estimate in a simple random sample of n from the weighted n (R ``svyvar / n``)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = _spread(one) * n / (n - 1) / n
        if not replacing:
            variance = np.where(weighted_n > n, variance * (weighted_n - n) / weighted_n, np.nan)
    return variance * weighted_n**2 if request.estimand == "total" else variance


def _spread(one: Summed) -> Floats:
    """Give the weighted mean square deviation of each estimate's variable in its domain."""
    measure = one.measure
    if measure.value is None:
        return one.estimate * (1 - one.estimate)
    mean = one.estimate / one.weighted_n if one.estimand == "total" else one.estimate
    squares = measure.weights * (measure.value - mean[measure.domain]) ** 2
    spread = summed(measure.domain, measure.domains, squares) / one.weighted_n
    # a value that does not vary leaves rounding noise, and a design effect of noise over noise
    return np.where(np.sqrt(spread) > CONSTANT * np.abs(mean), spread, 0.0)


def _scatter(design: Design, sums: Sequence[Summed], column: Ints) -> Scatter:
    def totals(group: Ints, groups: int, weights: Floats) -> Table:
        return _picked([one.influence(group, groups, weights) for one in sums], column)

    return Scatter(
        totals=_picked([one.influence_by_unit() for one in sums], column),
        stages=design.stages,
        lone_psu=design.lone_psu,
        adjustments=adjustments(design, totals),
        present=_present(design, sums)[:, column] if design.lone_psu == "average" else None,
    )


def _picked(tables: Sequence[Table], column: Ints) -> Table:
    if any(sparse.issparse(table) for table in tables):
        joined = sparse.hstack([sparse.csr_array(table) for table in tables], format="csc")
        picked: Table = joined[:, column].tocsr()
        return picked
    return np.hstack(tables)[:, column]


def _present(design: Design, sums: Sequence[Summed]) -> Floats:
    """Say for each first-stage stratum and estimate whether the stratum holds anybody of the base."""
    first = design.stages[0]
    stratum = first.stratum[first.unit]
    tables = [one.measure.weight_sums(stratum, len(first.sampled)) for one in sums]
    wide = [np.repeat(dense(table) > 0, one.measure.width, axis=1) for table, one in zip(tables, sums, strict=True)]
    return np.hstack(wide).astype(np.float64)


def _add_intervals(table: pd.DataFrame, design: Design, request: Request, measures: Sequence[Measure]) -> Bools:
    """Add low and high, and mark where a logit interval gave way to a beta interval."""
    estimate, se, df = table["estimate"].to_numpy(), table["se"].to_numpy(), design.df
    few = np.zeros(len(table), dtype=bool)
    if request.interval == "logit":
        few = few_events(table["events"].to_numpy(), table["n"].to_numpy())
    make = logit_interval if request.interval == "logit" else t_interval
    low, high = make(estimate, se, df, request.level)
    beta = few | (request.interval == "beta")
    if beta.any() and df > 0:
        effective, n, own_df = _effective(table, measures), table["n"].to_numpy(), _own_df(table, design, measures)
        by_beta = beta_interval(estimate, se, effective, n, own_df, request.level)
        low, high = np.where(beta, by_beta[0], low), np.where(beta, by_beta[1], high)
    table["low"], table["high"] = low, high
    return few


def _own_df(table: pd.DataFrame, design: Design, measures: Sequence[Measure]) -> Ints:
    """Give the degrees of freedom of each base: its PSUs minus their strata (R's ``degf`` of a subset)."""
    first = design.stages[0]
    found: dict[int, Ints] = {}
    for at in table["measure"].unique():
        measure = measures[at]
        unit = first.unit[measure.rows]
        units = _distinct(unit, measure.domain, measure.domains)
        found[at] = units - _distinct(first.stratum[unit], measure.domain, measure.domains)
    return np.array([found[at][domain] for at, domain in zip(table["measure"], table["domain"], strict=True)])


def _distinct(group: Ints, domain: Ints, domains: int) -> Ints:
    """Count the different groups in each domain."""
    pairs: Ints = pd.unique(group * np.int64(domains) + domain)
    return np.bincount(pairs % domains, minlength=domains)


def _effective(table: pd.DataFrame, measures: Sequence[Measure]) -> Floats:
    """Give Kish's effective size of each base: the square of the summed weights over the sum of their squares."""
    squares = [summed(measure.domain, measure.domains, measure.weights**2) for measure in measures]
    own = np.array([squares[at][domain] for at, domain in zip(table["measure"], table["domain"], strict=True)])
    return np.asarray(table["weighted_n"].to_numpy() ** 2 / own)


def _frame(table: pd.DataFrame, within: Domains, measures: Sequence[Measure], request: Request) -> pd.DataFrame:
    """Give the tidy frame: item, category, keys, then the columns that every result has."""
    frame = pd.DataFrame({"item": [measures[at].item for at in table["measure"]]})
    if request.estimand == "proportion":
        frame["category"] = [measures[at].shown[k] for at, k in zip(table["measure"], table["category"], strict=True)]
    for place, key in enumerate(within.by):
        frame[key] = [within.shown[at][place] for at in table["domain"]]
    for column in NUMBERS:
        frame[column] = table[column].to_numpy()
    return frame
