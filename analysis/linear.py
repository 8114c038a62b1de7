"""Sum and finish: from planned measures to estimates with standard errors, design effects and intervals.

Conventions of R's survey package: the design effect of ``svymean(deff=TRUE)``, where the simple random sample has
the respondents in the domain and the population their weights add up to; degrees of freedom of the whole design.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import logit

from ..data.errors import EstimationError
from .categories import Bools, Floats, Ints
from .design import Design
from .estimates import NUMBERS, Estimates
from .influence import taylor_scatter
from .intervals import (
    ProportionBase,
    ProportionInterval,
    check_level,
    needs_base,
    proportion_interval,
    t_interval,
)
from .measure import Base, Measure
from .method import method_of
from .plan import Domains
from .scatters import AnyScatter, ReplicateScatter, beside
from .sums import Table, dense, summed

Deff = Literal["auto", "replace"]
DfRule = Literal["design", "domain"]

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
    estimand : {"proportion", "mean", "total", "ratio"}
        The kind of estimate.
    base : {"substantive", "all"}
        Who is in the base.
    interval : {"logit", "beta", "wilson", "mean", "asin", "likelihood", "xlogit", "t"}
        The kind of interval.
    level : float
        Confidence level.
    deff : {"auto", "replace"}
        The kind of design effect.
    df : {"design", "domain"}
        Whose degrees of freedom intervals have.
    """

    estimand: Literal["proportion", "mean", "total", "ratio"]
    base: str = "substantive"
    interval: str = "t"
    level: float = 0.95
    deff: Deff = "auto"
    df: DfRule = "design"

    def __post_init__(self) -> None:
        """Refuse options that do not exist."""
        check_level(self.level)
        allowed = {
            "base": ("substantive", "all"),
            "interval": get_args(ProportionInterval) if self.estimand == "proportion" else ("t",),
            "deff": ("auto", "replace"),
            "df": ("design", "domain"),
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
    sums = [_summed(design, measure, request.estimand) for measure in measures]
    table = _table(measures, sums, request, within, replacing=replacing)
    scatter = _scatter(design, sums, table["column"].to_numpy())
    _add_errors(table, design, scatter)
    table["df"] = design.df if request.df == "design" else own_df(table, design, measures)
    table["switched"] = _add_intervals(table, design, request, measures, scatter)
    return Estimates(
        frame=_frame(table, within, measures, request),
        method=method_of(design, request, within, measures, table, replacing=replacing),
        design=design,
        scatter=scatter,
        category_codes=tuple(measures[at].codes[k] for at, k in zip(table["measure"], table["category"], strict=True)),
        key_codes=tuple(within.codes[at] for at in table["domain"]),
    )


def _add_errors(table: pd.DataFrame, design: Design, scatter: AnyScatter) -> None:
    """Add standard errors, design effects, and in how many replicates each estimate is not defined."""
    se, estimate = np.sqrt(scatter.variances), table["estimate"].to_numpy()
    fixed = se <= FIXED * np.abs(estimate)
    table["se"] = np.where(fixed, 0.0, se)
    simple = table["simple_variance"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        table["deff"] = np.where((simple > 0) & ~fixed, scatter.variances / simple, np.nan)
        table["cv"] = np.where(estimate != 0, table["se"] / np.abs(estimate), np.nan)
    table["undefined"] = scatter.undefined if isinstance(scatter, ReplicateScatter) else 0


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
    divisor_by_unit : table or None
        Divisors by unit and domain: sums of weights, or of the divisor of a ratio; None for totals.
    by_unit : table
        Weighted values by unit, domain and category.
    divisor : numpy.ndarray
        The divisor by domain; 1 where a domain is empty, and for totals.
    estimate : numpy.ndarray
        Estimates by domain and category.
    """

    measure: Measure
    divisor_by_unit: Table | None
    by_unit: Table
    divisor: Floats
    estimate: Floats

    def influence(self, group: Ints, groups: int, weights: Floats) -> Table:
        """Add up influence values by group, each row's weight replaced by another."""
        values = self.measure.value_sums(group, groups, weights)
        if self.divisor_by_unit is None:
            return values
        return self._linearised(self.measure.divisor_sums(group, groups, weights), values)

    def influence_by_unit(self) -> Table:
        """Add up influence values by unit of the last stage."""
        return self.by_unit if self.divisor_by_unit is None else self._linearised(self.divisor_by_unit, self.by_unit)

    def _linearised(self, divisors: Table, values: Table) -> Table:
        """Turn sums of values Y and divisors X into influence, (Y - estimate X) / total of X."""
        width = self.measure.width
        if sparse.issparse(divisors) and sparse.issparse(values) and width == 1:
            return self._linearised_entries(sparse.csr_array(divisors), sparse.csr_array(values))
        if sparse.issparse(divisors) or sparse.issparse(values):
            scale = sparse.diags_array(1 / np.repeat(self.divisor, width))
            domain = np.repeat(np.arange(len(self.divisor)), width)
            shift = sparse.csr_array(
                (self.estimate, (domain, np.arange(len(domain)))), shape=(len(self.divisor), len(domain))
            )
            centred = sparse.csr_array(values) - sparse.csr_array(divisors) @ shift
            linearised: Table = sparse.csr_array(centred @ scale)
            return linearised
        by_category = values.reshape(len(values), len(self.divisor), width)
        shifted = by_category - divisors[:, :, None] * self.estimate.reshape(len(self.divisor), width)
        return np.asarray(shifted / self.divisor[:, None]).reshape(len(values), -1)

    def _linearised_entries(self, divisors: sparse.csr_array, values: sparse.csr_array) -> Table:
        """Do the same entry by entry: sums over one base have their entries in the same places."""
        domain = values.indices
        data = (values.data - self.estimate[domain] * divisors.data) / self.divisor[domain]
        linearised: Table = sparse.csr_array((data, domain, values.indptr), shape=values.shape)
        return linearised


def _summed(design: Design, measure: Measure, estimand: str) -> Summed:
    """Sum a measure by unit, and make the estimates."""
    unit, units, weights = _units(design)
    by_unit = measure.value_sums(unit, units, weights)
    divisor_by_unit = None if estimand == "total" else measure.divisor_sums(unit, units, weights)
    if weights is None:
        estimate = _column_sums(by_unit)
    else:
        estimate = measure.value_sums(np.zeros(len(unit), dtype=np.int64), 1)[0]
    divisor = np.ones(measure.base.domains) if divisor_by_unit is None else _divisor(measure)
    with np.errstate(divide="ignore", invalid="ignore"):  # a divisor of 0 is refused by name, in _check_divisor
        estimate = estimate / np.repeat(divisor, measure.width)
    if measure.share:
        events, base = measure.events(), np.repeat(measure.base.n, measure.width)
        estimate = np.where(events == 0, 0.0, np.where(events == base, 1.0, estimate))
    return Summed(measure, divisor_by_unit, by_unit, divisor, estimate)


def _units(design: Design) -> tuple[Ints, int, Floats | None]:
    """Give the unit of each row, how many units there are, and the weights to add up if not those of the design."""
    if design.replication is not None:
        return design.replication.unit, design.replication.units, design.replication.base
    last = design.stages[-1]
    return last.unit, len(last.stratum), None


def _divisor(measure: Measure) -> Floats:
    """Give the divisor by domain; 1 where nobody is in the domain."""
    if measure.divisor is None:
        return measure.base.weighted_n
    total = summed(measure.base.domain, measure.base.domains, measure.base.weights * measure.divisor)
    return np.where(measure.base.n > 0, total, 1.0)


def _column_sums(table: Table) -> Floats:
    return np.asarray(table.sum(axis=0)).ravel()


def _table(
    measures: Sequence[Measure], sums: Sequence[Summed], request: Request, within: Domains, *, replacing: bool
) -> pd.DataFrame:
    """List the estimates of all measures in printing order; ``column`` is each one's place before ordering."""
    parts = []
    items = list(dict.fromkeys(measure.item for measure in measures))
    for at, (measure, one) in enumerate(zip(measures, sums, strict=True)):
        base, width = measure.base, measure.width
        _check_divisor(one, within)
        parts.append(
            pd.DataFrame(
                {
                    "item": items.index(measure.item),
                    "measure": at,
                    "domain": np.repeat(np.arange(base.domains), width),
                    "category": np.tile(np.arange(width), base.domains),
                    "estimate": one.estimate,
                    "n": np.repeat(base.n, width),
                    "events": measure.events() if measure.share else np.repeat(base.n, width),
                    "weighted_n": np.repeat(base.weighted_n, width),
                    "effective_n": np.repeat(base.effective_n, width),
                    "simple_variance": _simple_variance(one, request, replacing=replacing),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    table["column"] = np.arange(len(table))
    table = table[table["n"] > 0]
    return table.sort_values(["item", "domain", "measure", "category"], kind="stable", ignore_index=True)


def _check_divisor(one: Summed, within: Domains) -> None:
    nothing = np.flatnonzero(one.divisor == 0)
    if len(nothing):
        keys = ", ".join(f"{key} {value}" for key, value in zip(within.by, within.shown[nothing[0]], strict=True))
        raise EstimationError(
            f"{one.measure.item}: the total of {one.measure.columns[-1]} is 0{f' for {keys}' if keys else ''}, and a "
            "ratio to it is not defined. Leave that group out with where=, or name another denominator."
        )


def _simple_variance(one: Summed, request: Request, *, replacing: bool) -> Floats:
    """Give the variance of the estimate in a simple random sample of n from the weighted n (R ``svyvar / n``)."""
    base, width = one.measure.base, one.measure.width
    n, weighted_n = np.repeat(base.n, width), np.repeat(base.weighted_n, width)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = _spread(one, request) * n / (n - 1) / n
        if not replacing:
            variance = np.where(weighted_n > n, variance * (weighted_n - n) / weighted_n, np.nan)
        if request.estimand == "ratio":
            return np.asarray(variance * (weighted_n / one.divisor) ** 2)
    return variance * weighted_n**2 if request.estimand == "total" else variance


def _spread(one: Summed, request: Request) -> Floats:
    """Give the weighted mean square deviation of each estimate's variable in its domain."""
    measure, base = one.measure, one.measure.base
    mean = one.estimate / base.weighted_n if request.estimand == "total" else one.estimate
    if measure.divisor is None and measure.binary:
        return np.maximum(mean * (1 - mean), 0.0)
    assert measure.value is not None
    if measure.divisor is None:
        spread = _squares(measure.value, base, mean)
    else:
        spread = (
            summed(base.domain, base.domains, base.weights * (measure.value - mean[base.domain] * measure.divisor) ** 2)
            / base.weighted_n
        )
    # a value that does not vary leaves rounding noise, and a design effect of noise over noise
    return np.where(np.sqrt(spread) > CONSTANT * np.abs(mean), spread, 0.0)


def _squares(value: Floats, base: Base, mean: Floats) -> Floats:
    """Give the mean square deviation from the mean of each domain.

    Deviations from one centre for all are enough where domains do not lie far apart; they spare a pass.
    """
    centre = float(mean @ base.n / base.n.sum())
    off = value - centre
    around_centre = summed(base.domain, base.domains, base.weights * off * off) / base.weighted_n
    spread = around_centre - (mean - centre) ** 2
    if (spread > 1e-4 * around_centre).all():
        return spread
    return summed(base.domain, base.domains, base.weights * (value - mean[base.domain]) ** 2) / base.weighted_n


def _scatter(design: Design, sums: Sequence[Summed], column: Ints) -> AnyScatter:
    if design.replication is not None:
        return _replicate_scatter(design, sums, column)

    def totals(group: Ints, groups: int, weights: Floats) -> Table:
        return _picked([one.influence(group, groups, weights) for one in sums], column)

    present = _present(design, sums)[:, column] if design.lone_psu == "average" else None
    return taylor_scatter(design, _picked([one.influence_by_unit() for one in sums], column), totals, present)


def _replicate_scatter(design: Design, sums: Sequence[Summed], column: Ints) -> ReplicateScatter:
    """Make the estimates of every replicate from the sums of its units."""
    replication = design.replication
    assert replication is not None
    found = []
    for one in sums:
        estimates = replication.sums(one.by_unit)
        if one.divisor_by_unit is not None:
            divisors = np.repeat(replication.sums(one.divisor_by_unit), one.measure.width, axis=1)
            with np.errstate(divide="ignore", invalid="ignore"):
                estimates = np.where(divisors != 0, estimates / divisors, np.nan)
        found.append(estimates)
    estimate = np.concatenate([one.estimate for one in sums])[column]
    replicates = np.hstack(found)[:, column]
    return ReplicateScatter(replicates, estimate, replication.scale, replication.rscales, replication.mse)


def _picked(tables: Sequence[Table], column: Ints) -> Table:
    """Put tables side by side, with the columns in another order; columns left out are empty."""
    if not any(sparse.issparse(table) for table in tables):
        whole = np.hstack(tables)
        return whole if np.array_equal(column, np.arange(whole.shape[1])) else whole[:, column]
    joined = sparse.csr_array(beside(tables))
    place = np.zeros(joined.shape[1], dtype=np.int64)
    place[column] = np.arange(len(column))
    picked: Table = sparse.csr_array(
        (joined.data, place[joined.indices], joined.indptr), shape=(joined.shape[0], len(column))
    )
    return picked


def _present(design: Design, sums: Sequence[Summed]) -> Floats:
    """Say for each first-stage stratum and estimate whether the stratum holds anybody of the base."""
    first = design.stages[0]
    stratum = first.stratum[first.unit]
    tables = [one.measure.base.weight_sums(stratum, len(first.sampled)) for one in sums]
    wide = [np.repeat(dense(table) > 0, one.measure.width, axis=1) for table, one in zip(tables, sums, strict=True)]
    return np.hstack(wide).astype(np.float64)


def _add_intervals(
    table: pd.DataFrame, design: Design, request: Request, measures: Sequence[Measure], scatter: AnyScatter
) -> Bools:
    """Add low and high, and mark where an interval gave way to a beta interval."""
    estimate, se, df = table["estimate"].to_numpy(), table["se"].to_numpy(), table["df"].to_numpy()
    if request.estimand != "proportion" or design.df < 1:
        table["low"], table["high"] = t_interval(estimate, se, df, request.level)
        return np.zeros(len(table), dtype=bool)
    n, events, effective = (table[name].to_numpy() for name in ("n", "events", "effective_n"))
    own = own_df(table, design, measures) if needs_base(request.interval, events, n) else df
    base = ProportionBase(n, events, effective, own)
    odds_se = _odds_se(scatter, estimate, se) if request.interval == "logit" else None
    low, high, switched = proportion_interval(request.interval, estimate, se, base, df, request.level, odds_se)
    table["low"], table["high"] = low, high
    return switched


def _odds_se(scatter: AnyScatter, estimate: Floats, se: Floats) -> Floats | None:
    """Give standard errors of log odds from those of every replicate, as R's ``svyglm``; None without replicates.

    Where a replicate has nobody or everybody they follow from the standard error of the share.
    """
    if not isinstance(scatter, ReplicateScatter):
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        odds, centre = logit(scatter.replicates), logit(estimate)
        linear = se / (estimate * (1 - estimate))
    finite = ~np.isinf(odds).any(axis=0) & np.isfinite(centre)
    again = replace(scatter, replicates=np.where(finite, odds, 0.0), estimate=np.where(finite, centre, 0.0))
    return np.where(finite, np.sqrt(again.variances), linear)


def own_df(table: pd.DataFrame, design: Design, measures: Sequence[Measure]) -> Ints:
    """Give the degrees of freedom of each base: its PSUs minus their strata (R's ``degf`` of a subset).

    With replicates, those of the replicates.
    """
    if design.replication is not None:
        return np.full(len(table), design.df)
    found = [base_df(design, measure.base) for measure in measures]
    return np.array([found[at][domain] for at, domain in zip(table["measure"], table["domain"], strict=True)])


def base_df(design: Design, base: Base) -> Ints:
    """Give PSUs minus strata by domain, over the rows of a base."""
    first = design.stages[0]
    unit = base.own(first.unit)
    units = _distinct(unit, base.domain, base.domains)
    return units - _distinct(first.stratum[unit], base.domain, base.domains)


def _distinct(group: Ints, domain: Ints, domains: int) -> Ints:
    """Count the different groups in each domain."""
    pairs: Ints = pd.unique(group * np.int64(domains) + domain)
    return np.bincount(pairs % domains, minlength=domains)


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
