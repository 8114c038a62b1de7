"""Quantiles of numeric columns, with Woodruff intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from ...data.errors import EstimationError
from ..sampling.categories import Bools, Floats, Ints, names_of
from ..sampling.design import Design, check_design
from ..sampling.subpopulation import Where, subset
from ..variance.influence import refitted
from ..variance.scatters import AnyScatter, joined
from .assembly import Item, Kind, Options, assembled, degrees_of_freedom, simple_variance
from .degrees import DfRule, base_df
from .estimate import listed
from .estimates import Estimates
from .intervals import t_quantile
from .linear import FIXED
from .measure import Measure
from .method import counted, with_subpopulation
from .options import Deff, check_choice, check_keys
from .plan import Domains, domains, numeric_measure
from .quantile_interval import Interval, QuantileInterval, score_interval, woodruff_interval
from .quantile_rules import QuantileRule, sorted_values
from .woodruff import SharesBelow, rescaled, shares_below

INTERVAL_TEXTS = {
    "mean": "Woodruff with t",
    "beta": "Woodruff by Korn-Graubard (beta)",
    "xlogit": "Woodruff by logit with t",
    "asin": "Woodruff by arcsine with t",
    "score": "score (Francisco-Fuller) with t",
    "quantile": "t on the replicates' quantiles",
}


def quantile(
    design: Design,
    items: str | Sequence[str],
    p: float | Sequence[float] = 0.5,
    *,
    by: str | Sequence[str] | None = None,
    where: Where = None,
    rule: QuantileRule = "math",
    interval: QuantileInterval = "mean",
    level: float = 0.95,
    deff: Deff = "auto",
    df: DfRule = "design",
) -> Estimates:
    """Estimate quantiles of numeric columns: medians, quartiles, any share p.

    The estimand of rule ``"math"`` is the smallest value at or below which at least a share p of the population lies.
    Woodruff's interval takes the interval of the share of the population at or below the quantile, and reads both ends
    back as values; the standard error is its length over 2 t.

    Parameters
    ----------
    design : Design
        The sample.
    items : str or sequence of str
        Numeric columns, e.g. ``["income", "age"]``; codes declared missing are left out.
    p : float or sequence of float
        Shares from 0 to 1, e.g. ``[0.25, 0.5, 0.75]``. 0 and 1 give the smallest and the largest value, without error.
    by : str or sequence of str, optional
        Keys of the groups, e.g. ``"province"``.
    where : str, mapping or sequence of bool, optional
        The subpopulation, e.g. ``"age >= 18"`` or ``{"sex": "female"}``; see :func:`subset`.
    rule : {"math", "school", "shahvaish", "hf1", ..., "hf9"}
        How a quantile is read off the weighted values, named as in R's ``svyquantile(qrule=)``. ``"school"`` goes
        halfway to the next value where the share is p exactly; ``"hf1"`` to ``"hf9"`` are Hyndman and Fan's types.
    interval : {"mean", "beta", "xlogit", "asin", "score", "quantile"}
        The interval of the share at or below the quantile: Wald with t, Korn-Graubard, by logit, by arcsine; the
        values that a score test does not reject; or, for replicates, t on the spread of the replicates' quantiles
        (not with jackknife replicates, whose quantiles vary too little or too much).
    level : float
        Confidence level, e.g. 0.95.
    deff : {"auto", "replace"}
        Design effect of the share at or below the quantile; as for :func:`proportion`.
    df : {"design", "domain"}
        Degrees of freedom of the whole design, or of each base, as R's ``svyby(svyquantile)``.

    Returns
    -------
    Estimates
        Columns item, p, the keys, estimate, se, low, high, n, weighted_n, deff, df, effective_n, cv. An end beyond the
        data is the smallest or the largest value, its se is missing, and a footnote says so.

    Raises
    ------
    EstimationError
        When p is no share, a column is text, holds infinite values or no values at all, or an option does not exist.
    UnknownNameError
        When a column does not exist.

    Notes
    -----
    Not for answers on a scale of few values (1 to 5): the median jumps from one to the next and its interval with it;
    use :func:`proportion` or :func:`mean`.

    References
    ----------
    Woodruff (1952), Confidence intervals for medians and other position measures, JASA 47. Hyndman and Fan (1996),
    Sample quantiles in statistical packages, The American Statistician 50(4). Lumley (2010), Complex Surveys,
    section 2.4.

    Examples
    --------
    >>> wave = pd.DataFrame({"age": range(20, 80), "sex": ["f", "m"] * 30})
    >>> quantile(Design(wave), "age", [0.25, 0.5], by="sex").to_frame()[["p", "sex", "estimate", "low", "high"]]
          p sex  estimate   low  high
    0  0.25   f      34.0  26.0  44.0
    1  0.50   f      48.0  38.0  60.0
    2  0.25   m      35.0  27.0  45.0
    3  0.50   m      49.0  39.0  61.0
    """
    check_design(design, "quantile")
    options = Options(level=level, deff=deff, df=df)
    check_choice("rule", rule, get_args(QuantileRule))
    check_choice("interval", interval, get_args(QuantileInterval))
    if interval == "quantile" and design.replication is None:
        raise EstimationError(
            "interval='quantile' estimates the quantile again in every replicate, and this design has none; make some "
            "with replicates(design), or choose 'mean', 'beta', 'xlogit', 'asin' or 'score'."
        )
    asked = _Asked(_shares(p), rule, interval, options)
    design = subset(design, where)
    within = domains(design, names_of(by))
    check_keys(within, ["p"])
    measures = [numeric_measure(design, item, within, "quantile") for item in listed(items)]
    return _finished(design, within, measures, [_estimated(design, measure, asked) for measure in measures], asked)


@dataclass(frozen=True, eq=False)
class _Asked:
    """The shares, and how their quantiles are to be made."""

    shares: Floats
    rule: QuantileRule
    interval: QuantileInterval
    options: Options


@dataclass(frozen=True, eq=False)
class _Part:
    """The quantiles of an item, domains x p, and how they vary."""

    estimate: Floats
    interval: Interval
    simple: Floats
    variance: Floats
    df: Ints
    top: Bools
    scatter: AnyScatter


def _shares(p: float | Sequence[float]) -> Floats:
    """Take one share or several."""
    try:
        shares = np.atleast_1d(np.asarray(p, dtype=np.float64))
    except (TypeError, ValueError):
        raise EstimationError(f"p is {p!r}; it takes shares from 0 to 1, e.g. 0.5 for the median.") from None
    if shares.ndim != 1 or not len(shares):
        raise EstimationError(f"p is {p!r}; it takes a share from 0 to 1, or a list of them.")
    wrong = shares[~((shares >= 0) & (shares <= 1))]
    if len(wrong):
        hint = f" For the {wrong[0]:g}% quantile write {wrong[0] / 100:g}." if 1 < wrong[0] <= 100 else ""
        raise EstimationError(f"p is {wrong[0]:g}; a quantile is of a share from 0 to 1, 0.5 for the median.{hint}")
    if len(np.unique(shares)) < len(shares):
        raise EstimationError(f"p names {', '.join(f'{each:g}' for each in shares)}; name each share once.")
    return shares


def _estimated(design: Design, measure: Measure, asked: _Asked) -> _Part:
    """Sort an item once, and make its quantiles, their intervals and their scatter."""
    base, kind, level = measure.base, asked.interval, asked.options.level
    assert measure.value is not None
    p = np.tile(asked.shares, (base.domains, 1))
    ordered = sorted_values(measure.value, base.weights, base.domain, base.domains, asked.rule)
    estimate = ordered.quantiles(asked.rule, p)
    below = shares_below(base, measure.value, estimate)
    scatter = below.scatter(design)
    df = degrees_of_freedom(design, base, asked.options)
    own: AnyScatter | None = None
    if kind == "score":
        interval = score_interval(design, measure, ordered, p, df, level)
    elif kind == "quantile":
        interval, own = _replicated(design, measure, asked.rule, p, estimate, df, level)
    else:
        freedom = base_df(design, base) if kind == "beta" and design.replication is None else df
        interval = woodruff_interval(kind, asked.rule, ordered, below, scatter, freedom, level)
    interval = _known(interval, p, base.n)
    variance = scatter.variances.reshape(p.shape)
    variance = np.where(np.sqrt(variance) > FIXED * below.shares, variance, 0.0)
    return _Part(
        estimate=estimate,
        interval=interval,
        simple=simple_variance(below.shares * (1 - below.shares), base, design, asked.options),
        variance=variance,
        df=df,
        top=(below.shares >= 1) & (p > 0) & (p < 1) & (base.n > 1)[:, None] & (kind not in ("score", "quantile")),
        scatter=own or rescaled(scatter, estimate.ravel(), _factor(interval, below, variance)),
    )


def _factor(interval: Interval, below: SharesBelow, variance: Floats) -> Floats:
    """Give what the error of a share is multiplied by to be that of the quantile: minus one over the density."""
    error = np.where(below.shares < 1, np.sqrt(variance), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(error > 0, -interval.se / error, np.where(interval.se == 0, 0.0, np.nan))
    return np.asarray(factor.ravel())


def _replicated(
    design: Design, measure: Measure, rule: QuantileRule, p: Floats, estimate: Floats, df: Ints, level: float
) -> tuple[Interval, AnyScatter]:
    """Estimate again in every replicate, as R's ``repCI``."""
    base, values = measure.base, measure.value
    assert design.replication is not None and values is not None

    def refit(weights: Floats) -> Floats:
        own = base.own(weights)
        kept = own > 0
        again = sorted_values(values[kept], own[kept], base.domain[kept], base.domains, rule)
        return again.quantiles(rule, p).ravel()

    scatter = refitted(design.replication, estimate.ravel(), refit, what=f"quantiles of {measure.item}")
    se = np.sqrt(scatter.variances).reshape(p.shape)
    reach = t_quantile(df, level)[:, None] * se
    return Interval(estimate - reach, estimate + reach, se, np.zeros(p.shape, dtype=bool)), scatter


def _known(interval: Interval, p: Floats, n: Ints) -> Interval:
    """Leave out what has no error: the smallest and the largest value, and a single respondent."""
    none = (p <= 0) | (p >= 1) | (n <= 1)[:, None]
    low, high, se = (np.where(none, np.nan, each) for each in (interval.low, interval.high, interval.se))
    return Interval(low, high, se, interval.beyond & ~none)


def _finished(
    design: Design, within: Domains, measures: Sequence[Measure], parts: Sequence[_Part], asked: _Asked
) -> Estimates:
    """List the rows by item, keys and p, without those of empty groups."""
    tables = [_table(measure, part, asked.shares) for measure, part in zip(measures, parts, strict=True)]
    table = pd.concat(tables, ignore_index=True)
    kept = np.flatnonzero(table["n"] > 0)
    table = table.iloc[kept].reset_index(drop=True)
    text, more = INTERVAL_TEXTS[asked.interval], {"rule": asked.rule, "p": asked.shares.tolist()}
    return assembled(
        design,
        Kind("quantile", with_subpopulation("those with a number", design), asked.interval, text, more),
        asked.options,
        within,
        [Item(measure.item, measure.base, measure.missing) for measure in measures],
        table.drop(columns=["beyond", "top"]),
        joined([part.scatter for part in parts]).picked(kept),
        _notes(table),
    )


def _table(measure: Measure, part: _Part, shares: Floats) -> pd.DataFrame:
    base, width = measure.base, len(shares)
    measured = (part.simple > 0) & (part.variance > 0) & (shares > 0) & (shares < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        deff = np.where(measured, part.variance / part.simple, np.nan)
    return pd.DataFrame(
        {
            "item": measure.item,
            "p": np.tile(shares, base.domains),
            "domain": np.repeat(np.arange(base.domains), width),
            "estimate": part.estimate.ravel(),
            "se": part.interval.se.ravel(),
            "low": part.interval.low.ravel(),
            "high": part.interval.high.ravel(),
            "n": np.repeat(base.n, width),
            "weighted_n": np.repeat(base.weighted_n, width),
            "deff": deff.ravel(),
            "df": np.repeat(part.df, width),
            "effective_n": np.repeat(base.effective_n, width),
            "beyond": part.interval.beyond.ravel(),
            "top": part.top.ravel(),
        }
    )


def _notes(table: pd.DataFrame) -> list[str]:
    """Say where an interval or an error is not what it seems."""
    notes = []
    beyond, top = int(table["beyond"].sum()), int(table["top"].sum())
    if beyond:
        notes.append(
            f"{counted(beyond, 'interval goes', 'intervals go')} beyond the data: the smallest or the largest value "
            f"stands for that end, and the standard error is missing."
        )
    if top:
        notes.append(
            f"{counted(top, 'quantile is', 'quantiles are')} the largest value of the base, at or below which all lie: "
            "the interval is that value alone, and says nothing about the error. interval='score' does."
        )
    if ((table["p"] <= 0) | (table["p"] >= 1)).any():
        notes.append("p of 0 and 1 are the smallest and the largest value in the sample, which have no standard error.")
    if ((table["df"] < 1) & (table["n"] > 1)).any():
        notes.append(
            "Without degrees of freedom a quantile has no standard error, which is the length of its interval."
        )
    alone = int((table["n"] == 1).sum())
    if alone:
        notes.append(
            f"{counted(alone, 'row rests', 'rows rest')} on one respondent and {'has' if alone == 1 else 'have'} no "
            "standard error."
        )
    return notes
