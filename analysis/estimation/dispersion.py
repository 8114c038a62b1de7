"""Variances, covariances and correlations of numeric columns, with design-based errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from ...data.errors import EstimationError
from ..sampling.categories import Floats, names_of, numbers
from ..sampling.design import Design, check_design
from ..sampling.subpopulation import Where, subset
from .assembly import Item, Kind, Options, assembled, degrees_of_freedom, simple_variance
from .degrees import DfRule
from .estimate import listed
from .estimates import Estimates
from .intervals import fisher_interval, t_interval
from .linear import FIXED
from .method import counted, missing_note, with_subpopulation
from .moments import Moment, Pair, correlation_moment, scatter_of_moments, second_moment
from .options import Deff, check_choice, check_keys
from .plan import Domains, domains, numeric_measure
from .woodruff import rescaled

Missing = Literal["listwise", "pairwise"]


def variance(
    design: Design,
    items: str | Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    where: Where = None,
    level: float = 0.95,
    deff: Deff = "auto",
    df: DfRule = "design",
) -> Estimates:
    """Estimate the population variance of numeric columns.

    The estimand is the mean squared deviation from the mean; the estimate has the factor n / (n - 1) of R's
    ``svyvar``, n being the respondents in the base.

    Parameters
    ----------
    design : Design
        The sample.
    items : str or sequence of str
        Numeric columns, e.g. ``["trust_central", "trust_local"]``; codes declared missing are left out.
    by : str or sequence of str, optional
        Keys of the groups, e.g. ``"province"``.
    where : str, mapping or sequence of bool, optional
        The subpopulation, e.g. ``"age >= 18"`` or ``{"sex": "female"}``; see :func:`subset`.
    level : float
        Confidence level, e.g. 0.95.
    deff : {"auto", "replace"}
        As for :func:`proportion`.
    df : {"design", "domain"}
        As for :func:`proportion`.

    Returns
    -------
    Estimates
        Columns item, the keys, estimate, se, low, high, n, weighted_n, deff, df, effective_n, cv. A single respondent
        has no variance, and a footnote says so.

    Raises
    ------
    EstimationError
        When a column is text, holds infinite values or no values at all.
    UnknownNameError
        When a column does not exist.

    Notes
    -----
    Not the error of a mean: that is the ``se`` of :func:`mean`. Intervals are symmetric by t, and can reach below 0 in
    a small sample. R counts rows without a value in n: ``svyvar(~x, subset(d, !is.na(x)))`` gives these numbers.

    References
    ----------
    Lumley (2010), Complex Surveys, section 2.2. Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling,
    section 5.9.

    Examples
    --------
    >>> wave = pd.DataFrame({"trust": [1, 2, 4, 5, 3, 3]})
    >>> variance(Design(wave), "trust").to_frame()[["item", "estimate", "n"]]
        item  estimate  n
    0  trust       2.0  6
    """
    check_design(design, "variance")
    options = Options(level=level, deff=deff, df=df)
    design = subset(design, where)
    within = domains(design, names_of(by))
    check_keys(within, [])
    measures = [numeric_measure(design, item, within, "variance") for item in listed(items)]
    moments = []
    for measure in measures:
        assert measure.value is not None
        moments.append(second_moment(Pair(measure.base, measure.value, measure.value)))
    words = Kind("variance", with_subpopulation("those with a number", design), "t", "t", {})
    told = [Item(measure.item, measure.base, measure.missing) for measure in measures]
    labels = [{"item": measure.item} for measure in measures]
    return _estimated(design, within, options, words, told, labels, moments, t_interval, [])


def covariance(
    design: Design,
    items: Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    where: Where = None,
    missing: Missing = "listwise",
    level: float = 0.95,
    deff: Deff = "auto",
    df: DfRule = "design",
) -> Estimates:
    """Estimate the population covariances of all pairs of numeric columns.

    Parameters
    ----------
    design : Design
        The sample.
    items : sequence of str
        Two numeric columns or more, e.g. ``["trust_central", "trust_local", "age"]``.
    by : str or sequence of str, optional
        Keys of the groups, e.g. ``"province"``.
    where : str, mapping or sequence of bool, optional
        The subpopulation; see :func:`subset`.
    missing : {"listwise", "pairwise"}
        Whether a pair rests on those who have a number for every item (R's ``na.rm=TRUE``), or for those two.
    level : float
        Confidence level, e.g. 0.95.
    deff : {"auto", "replace"}
        As for :func:`proportion`.
    df : {"design", "domain"}
        As for :func:`proportion`.

    Returns
    -------
    Estimates
        Columns item, with, the keys, estimate, se, low, high, n, weighted_n, deff, df, effective_n, cv.

    Raises
    ------
    EstimationError
        When fewer than two items are named, a column is text or holds infinite values, or nobody has a number for all.
    UnknownNameError
        When a column does not exist.

    Notes
    -----
    Not for comparing how strongly pairs go together, as it has their units: use :func:`correlation`.

    References
    ----------
    Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, section 5.9; R's ``svyvar``.

    Examples
    --------
    >>> wave = pd.DataFrame({"central": [1, 2, 4, 5], "local": [2, 2, 3, 5]})
    >>> covariance(Design(wave), ["central", "local"]).to_frame()[["item", "with", "estimate"]]
          item   with  estimate
    0  central  local  2.333333
    """
    check_design(design, "covariance")
    options = Options(level=level, deff=deff, df=df)
    return _of_pairs(design, items, by, where, missing, options, "covariance", second_moment, t_interval)


def correlation(
    design: Design,
    items: Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    where: Where = None,
    missing: Missing = "listwise",
    level: float = 0.95,
    deff: Deff = "auto",
    df: DfRule = "design",
) -> Estimates:
    """Estimate Pearson's correlations of all pairs of numeric columns.

    Standard errors by the delta method; intervals by t on Fisher's z, turned back.

    Parameters
    ----------
    design : Design
        The sample.
    items : sequence of str
        Two numeric columns or more, e.g. ``["trust_central", "trust_local", "age"]``.
    by : str or sequence of str, optional
        Keys of the groups, e.g. ``"province"``.
    where : str, mapping or sequence of bool, optional
        The subpopulation; see :func:`subset`.
    missing : {"listwise", "pairwise"}
        As for :func:`covariance`.
    level : float
        Confidence level, e.g. 0.95.
    deff : {"auto", "replace"}
        As for :func:`proportion`.
    df : {"design", "domain"}
        As for :func:`proportion`.

    Returns
    -------
    Estimates
        Columns item, with, the keys, estimate (-1 to 1), se, low, high, n, weighted_n, deff, df, effective_n, cv. Where
        one of the two does not vary there is no correlation, and a footnote says so.

    Raises
    ------
    EstimationError
        When fewer than two items are named, a column is text or holds infinite values, or nobody has a number for all.
    UnknownNameError
        When a column does not exist.

    Notes
    -----
    Not for codes without an order or a distance (party, province), and not for the strength of a curved relation.

    References
    ----------
    Lumley (2010), Complex Surveys, section 2.2 and appendix C (delta method). Fisher (1921), On the probable error of
    a coefficient of correlation, Metron 1.

    Examples
    --------
    >>> wave = pd.DataFrame({"central": [1, 2, 4, 5], "local": [2, 2, 3, 5]})
    >>> correlation(Design(wave), ["central", "local"]).to_frame()[["item", "with", "estimate"]].round(4)
          item   with  estimate
    0  central  local    0.9037
    """
    check_design(design, "correlation")
    options = Options(level=level, deff=deff, df=df)
    return _of_pairs(design, items, by, where, missing, options, "correlation", correlation_moment, fisher_interval)


Made = Callable[[Pair], Moment]
Ends = Callable[[Floats, Floats, Floats, float], tuple[Floats, Floats]]


def _of_pairs(
    design: Design,
    items: Sequence[str],
    by: str | Sequence[str] | None,
    where: Where,
    missing: Missing,
    options: Options,
    estimand: str,
    made: Made,
    ends: Ends,
) -> Estimates:
    """Estimate a figure of every pair."""
    check_choice("missing", missing, ("listwise", "pairwise"))
    names = listed(items)
    if len(names) < 2:
        raise EstimationError(f"{estimand} is of two items or more; {names[0]} is the only one named.")
    design = subset(design, where)
    within = domains(design, names_of(by))
    check_keys(within, ["with"])
    columns = {name: numbers(design.study, name, purpose=estimand, inside=design.inside) for name in names}
    values = {name: column for name, (column, _) in columns.items()}
    pairs = _pairs(within, values, missing)
    told = [
        Item(name, next(pair.base for (first, _), pair in pairs.items() if first == name), columns[name][1])
        for name in names[:-1]
    ]
    text = "t of Fisher's z" if estimand == "correlation" else "t"
    who = "those with a number for every item" if missing == "listwise" else "those with a number for both items"
    words = Kind(
        estimand,
        with_subpopulation(who, design),
        "fisher" if estimand == "correlation" else "t",
        text,
        {"missing_rule": missing},
    )
    last = columns[names[-1]][1]
    notes = [missing_note(names[-1], last, int(design.inside.sum()))] if last else []
    labels = [{"item": first, "with": second} for first, second in pairs]
    moments = [made(pair) for pair in pairs.values()]
    return _estimated(design, within, options, words, told, labels, moments, ends, notes)


def _pairs(within: Domains, values: dict[str, Floats], missing: Missing) -> dict[tuple[str, str], Pair]:
    """Give every pair of columns, over those who have numbers for all of them or for the pair."""
    known = {name: ~np.isnan(column) for name, column in values.items()}
    everybody = np.logical_and.reduce(list(known.values()))
    shared = None
    pairs = {}
    for first, second in combinations(values, 2):
        rows = within.counted & (everybody if missing == "listwise" else known[first] & known[second])
        if not rows.any():
            who = "every item" if missing == "listwise" else f"both {first} and {second}"
            several = missing == "listwise" and len(values) > 2
            remedy = " missing='pairwise' takes each pair by itself." if several else ""
            raise EstimationError(f"{', '.join(values)}: nobody of a weight above zero has a number for {who}.{remedy}")
        base = within.base(rows) if shared is None else shared
        shared = base if missing == "listwise" else None
        pairs[first, second] = Pair(base, base.own(values[first]), base.own(values[second]))
    return pairs


def _estimated(
    design: Design,
    within: Domains,
    options: Options,
    words: Kind,
    told: Sequence[Item],
    labels: Sequence[dict[str, str]],
    moments: Sequence[Moment],
    ends: Ends,
    notes: Sequence[str],
) -> Estimates:
    """List the figures by item and keys, without those of empty groups, with their errors and intervals."""
    tables = [_table(design, label, one, options) for label, one in zip(labels, moments, strict=True)]
    table = pd.concat(tables, ignore_index=True)
    kept = np.flatnonzero(table["n"] > 0)
    table = table.iloc[kept].reset_index(drop=True)
    estimate = table["estimate"].to_numpy()
    scatter = scatter_of_moments(design, moments).picked(kept)
    if np.isnan(estimate).any():
        scatter = rescaled(scatter, estimate, np.where(np.isnan(estimate), np.nan, 1.0))
    se, simple = np.sqrt(scatter.variances), table["simple"].to_numpy()
    fixed = se <= FIXED * np.abs(estimate)
    table["se"] = np.where(fixed, 0.0, se)
    with np.errstate(divide="ignore", invalid="ignore"):
        table["deff"] = np.where((simple > 0) & ~fixed, scatter.variances / simple, np.nan)
    table["low"], table["high"] = ends(estimate, table["se"].to_numpy(), table["df"].to_numpy(), options.level)
    notes = [*notes, *_undefined_notes(table)]
    return assembled(design, words, options, within, told, table.drop(columns="simple"), scatter, notes)


def _table(design: Design, label: dict[str, str], one: Moment, options: Options) -> pd.DataFrame:
    base = one.pair.base
    return pd.DataFrame(
        {
            **label,
            "domain": np.arange(base.domains),
            "estimate": one.estimate,
            "n": base.n,
            "weighted_n": base.weighted_n,
            "df": degrees_of_freedom(design, base, options),
            "effective_n": base.effective_n,
            "simple": simple_variance(one.spread, base, design, options),
        }
    )


def _undefined_notes(table: pd.DataFrame) -> list[str]:
    """Say why an estimate is missing."""
    undefined, alone = table["estimate"].isna(), table["n"] == 1
    notes = []
    if (undefined & alone).any():
        rows = counted(int((undefined & alone).sum()), "row rests", "rows rest")
        notes.append(f"{rows} on one respondent, who has no variance.")
    if (undefined & ~alone).any():
        rows = counted(int((undefined & ~alone).sum()), "correlation is", "correlations are")
        notes.append(f"{rows} not defined: one of the two items does not vary there.")
    return notes
