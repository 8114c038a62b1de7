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
from scipy.special import logit

from ...data.errors import EstimationError
from ..sampling.categories import Bools, Floats, Ints
from ..sampling.design import Design
from ..sampling.sums import summed
from ..variance.scatters import AnyScatter, ReplicateScatter
from .degrees import DfRule, base_df, in_one_psu
from .estimates import NUMBERS, Estimates
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
from .options import Deff, check_choice, check_keys
from .plan import Domains
from .summed import Summed, scatter_of_sums, summed_up

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
            check_choice(option, getattr(self, option), values)


def estimated(design: Design, request: Request, within: Domains, measures: Sequence[Measure]) -> Estimates:
    """Sum and finish the measures, and put the estimates in order: by item, keys, category."""
    check_keys(within, ("category",) if request.estimand == "proportion" else ())
    replacing = request.deff == "replace" or not weights_can_be_inverse_probabilities(design)
    sums = [summed_up(design, measure, request.estimand) for measure in measures]
    table = _table(measures, sums, request, within, replacing=replacing)
    scatter = scatter_of_sums(design, sums, table["column"].to_numpy())
    _add_errors(table, design, scatter)
    table["df"] = design.df if request.df == "design" else own_df(table, design, measures)
    table["alone"] = _in_one_psu(table, design, measures)
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


def _in_one_psu(table: pd.DataFrame, design: Design, measures: Sequence[Measure]) -> Bools:
    """Mark estimates of groups that lie in one PSU: an error of 0 is then not known, where values differ."""
    none = (table["se"] == 0) & table["varies"]
    alone = np.zeros(len(table), dtype=bool)
    for at in table["measure"][none].unique():
        here = (none & (table["measure"] == at)).to_numpy()
        alone[here] = in_one_psu(design, measures[at].base)[table["domain"][here]]
    return alone


def weights_can_be_inverse_probabilities(design: Design) -> bool:
    """Say whether the design effect can be taken against sampling without replacement, as R's ``deff=TRUE`` does."""
    counted = int((design.weights > 0).sum())
    needed = 1.0 + 1e-6 if design.fpc else INVERSE_PROBABILITIES
    return bool(design.weights.sum() >= needed * counted)


def _table(
    measures: Sequence[Measure], sums: Sequence[Summed], request: Request, within: Domains, *, replacing: bool
) -> pd.DataFrame:
    """List the estimates of all measures in printing order; ``column`` is each one's place before ordering."""
    parts = []
    items = list(dict.fromkeys(measure.item for measure in measures))
    for at, (measure, one) in enumerate(zip(measures, sums, strict=True)):
        base, width = measure.base, measure.width
        _check_divisor(one, within)
        spread = _spread(one, request)
        parts.append(
            pd.DataFrame(
                {
                    "item": items.index(measure.item),
                    "measure": at,
                    "domain": np.repeat(np.arange(base.domains), width),
                    "category": np.tile(np.arange(width), base.domains),
                    "estimate": one.estimate,
                    "n": np.repeat(base.n, width),
                    "events": measure.events if measure.share else np.repeat(base.n, width),
                    "weighted_n": np.repeat(base.weighted_n, width),
                    "effective_n": np.repeat(base.effective_n, width),
                    "simple_variance": _simple_variance(one, request, spread, replacing=replacing),
                    "varies": spread > 0,
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


def _simple_variance(one: Summed, request: Request, spread: Floats, *, replacing: bool) -> Floats:
    """Give the variance of the estimate in a simple random sample of n from the weighted n (R ``svyvar / n``)."""
    base, width = one.measure.base, one.measure.width
    n, weighted_n = np.repeat(base.n, width), np.repeat(base.weighted_n, width)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = spread * n / (n - 1) / n
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


def _add_intervals(
    table: pd.DataFrame, design: Design, request: Request, measures: Sequence[Measure], scatter: AnyScatter
) -> Bools:
    """Add low and high, and mark where an interval gave way to a beta interval."""
    estimate, df = table["estimate"].to_numpy(), table["df"].to_numpy()
    se = table["se"].to_numpy()
    if request.estimand != "proportion" or design.df < 1:
        table["low"], table["high"] = t_interval(estimate, se, df, request.level)
        return np.zeros(len(table), dtype=bool)
    n, events, effective = (table[name].to_numpy() for name in ("n", "events", "effective_n"))
    se = np.where(table["alone"], np.nan, se)
    own = own_df(table, design, measures) if needs_base(request.interval, se, events, n) else df
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
    """Give each row the degrees of freedom of its base."""
    bases = [measure.base for measure in measures]
    found = {base: base_df(design, base) for base in dict.fromkeys(bases[at] for at in table["measure"].unique())}
    return np.array([found[bases[at]][domain] for at, domain in zip(table["measure"], table["domain"], strict=True)])


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
