"""Design-based estimates: proportions, means and totals, for the whole sample or by groups.

Plan, sum, finish: an estimate is planned as sums of weights and weighted values by PSU and domain, summed in one
grouped pass over the rows, and finished on those sums alone. A domain keeps the whole design, so that estimates
of subgroups have the right standard errors. Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling,
chapters 5 and 10.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..data.errors import EstimationError
from .categories import names_of
from .design import Design, check_design
from .estimates import Estimates
from .intervals import ProportionInterval
from .linear import Deff, Request, estimated
from .plan import Category, category_measures, domains, numeric_measure


def proportion(
    design: Design,
    items: str | Sequence[str],
    *,
    category: Category = None,
    by: str | Sequence[str] | None = None,
    base: Literal["substantive", "all"] = "substantive",
    interval: ProportionInterval = "logit",
    level: float = 0.95,
    deff: Deff = "auto",
) -> Estimates:
    """Estimate the share of the population that gives each answer.

    The estimand is the sum of the weights of those who gave the answer over the sum of the weights of those in the
    base. Variance by Taylor linearisation.

    Parameters
    ----------
    design : Design
        The sample.
    items : str or sequence of str
        Columns, e.g. ``"restrict_travel"``.
    category : code, label, name of a collapse, a sequence of these, or a mapping of names to codes; optional
        The answers to estimate, e.g. ``"support"``, ``5``, ``["agree", "disagree"]``, ``{"top two": [4, 5]}``.
        Without it every answer, labelled answers that nobody gave included.
    by : str or sequence of str, optional
        Keys of the groups, e.g. ``["urban", "sex"]``; combinations that do not occur have no row.
    base : {"substantive", "all"}
        ``"all"`` counts don't know and refused in the base, ``"substantive"`` leaves them out. Neither counts a
        question that was not asked, or a blank.
    interval : {"logit", "beta", "mean"}
        Logit with t, Korn-Graubard, or Wald with t. A logit interval gives way to beta where an estimate is 0 or 1
        or rests on fewer than two events; a footnote says so.
    level : float
        Confidence level, e.g. 0.95.
    deff : {"auto", "replace"}
        Design effect against simple random sampling without replacement (R's ``deff=TRUE``) where the weights can
        be inverse inclusion probabilities, else with replacement; ``"replace"`` forces the latter.

    Returns
    -------
    Estimates
        Columns item, category, the keys, estimate (0 to 1), se, low, high, n, weighted_n, deff, df.

    Raises
    ------
    EstimationError
        When an item has no answers, or no category is chosen.
    UnknownNameError
        When a column or category does not exist.

    Notes
    -----
    Not for shares of a multiple-choice question's mentions, which are the proportions of several columns.

    References
    ----------
    Lumley (2010), Complex Surveys, sections 2.2 and 3.2; Korn and Graubard (1998) for the beta interval.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"view": ["for", "for", "against", "for"], "weight": [1.0, 2.0, 1.0, 1.0]})
    >>> proportion(Design(wave, weight="weight"), "view").to_frame()[["category", "estimate", "n"]]
      category  estimate  n
    0  against       0.2  4
    1      for       0.8  4
    """
    check_design(design, "proportion")
    request = Request("proportion", base=base, interval=interval, level=level, deff=deff)
    within = domains(design.study, names_of(by))
    whole = base == "all"
    measures = [
        measure
        for item in _listed(items)
        for measure in category_measures(design.study, item, design.weights, within, category, whole_base=whole)
    ]
    return estimated(design, request, within, measures)


def mean(
    design: Design,
    items: str | Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    level: float = 0.95,
    deff: Deff = "auto",
) -> Estimates:
    """Estimate the population mean of numeric columns.

    The estimand is the weighted sum of the answers over the sum of the weights of those who answered. Variance by
    Taylor linearisation; intervals by t.

    Parameters
    ----------
    design : Design
        The sample.
    items : str or sequence of str
        Numeric columns, e.g. ``["trust_central", "trust_local"]``; codes declared missing are left out.
    by : str or sequence of str, optional
        Keys of the groups, e.g. ``"province"``.
    level : float
        Confidence level, e.g. 0.95.
    deff : {"auto", "replace"}
        As for :func:`proportion`.

    Returns
    -------
    Estimates
        Columns item, the keys, estimate, se, low, high, n, weighted_n, deff, df.

    Raises
    ------
    EstimationError
        When a column is text, holds infinite values, or has no values at all.

    Notes
    -----
    Not for codes without an order or a distance (party, province): their mean says nothing.

    References
    ----------
    Lumley (2010), Complex Surveys, section 2.2.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"trust": [1, 2, 4, 5], "sex": ["f", "f", "m", "m"]})
    >>> mean(Design(wave), "trust", by="sex").to_frame()[["sex", "estimate", "se"]]
      sex  estimate        se
    0   f       1.5  0.408248
    1   m       4.5  0.408248
    """
    check_design(design, "mean")
    within = domains(design.study, names_of(by))
    measures = [numeric_measure(design.study, item, design.weights, within, "mean") for item in _listed(items)]
    return estimated(design, Request("mean", interval="t", level=level, deff=deff), within, measures)


def total(
    design: Design,
    items: str | Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    level: float = 0.95,
    deff: Deff = "auto",
) -> Estimates:
    """Estimate the population total of numeric columns.

    The estimand is the weighted sum of the answers. It is a total of the population only when the weights add up
    to the population; the printed weighted base shows whether they do.

    Parameters
    ----------
    design : Design
        The sample.
    items : str or sequence of str
        Numeric columns, e.g. ``"complaints"``; a missing value adds nothing.
    by : str or sequence of str, optional
        Keys of the groups, e.g. ``"province"``.
    level : float
        Confidence level, e.g. 0.95.
    deff : {"auto", "replace"}
        As for :func:`proportion`.

    Returns
    -------
    Estimates
        Columns item, the keys, estimate, se, low, high, n, weighted_n, deff, df.

    Raises
    ------
    EstimationError
        When a column is text, holds infinite values, or has no values at all.

    References
    ----------
    Lumley (2010), Complex Surveys, section 2.1.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"complaints": [0, 2, 1, 1], "people": [100, 100, 100, 100]})
    >>> total(Design(wave, fpc="people"), "complaints").to_frame()["estimate"].tolist()
    [100.0]
    """
    check_design(design, "total")
    within = domains(design.study, names_of(by))
    measures = [numeric_measure(design.study, item, design.weights, within, "total") for item in _listed(items)]
    return estimated(design, Request("total", interval="t", level=level, deff=deff), within, measures)


def _listed(items: str | Sequence[str]) -> tuple[str, ...]:
    names = names_of(items)
    if not names:
        raise EstimationError("no item is named; name at least one column to estimate.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EstimationError(f"{', '.join(twice)} is named more than once; name each item once.")
    return names
