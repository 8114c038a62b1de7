"""Design-based estimates: proportions, means, totals and ratios, for the whole sample or by groups.

Plan, sum, finish: an estimate is planned as sums of weights and weighted values by PSU and domain, summed in one
grouped pass over the rows, and finished on those sums alone. A domain keeps the whole design, so that estimates
of subgroups have the right standard errors. Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling,
chapters 5 and 10.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...data.errors import EstimationError
from ..sampling.categories import names_of
from ..sampling.design import Design, check_design
from ..sampling.subpopulation import Where, subset
from .degrees import DfRule
from .estimates import Estimates
from .intervals import ProportionInterval
from .linear import Request, estimated
from .options import Deff
from .plan import Category, category_measures, domains, numeric_measure, ratio_measure


def proportion(
    design: Design,
    items: str | Sequence[str],
    *,
    category: Category = None,
    by: str | Sequence[str] | None = None,
    where: Where = None,
    base: Literal["substantive", "all"] = "substantive",
    interval: ProportionInterval = "logit",
    level: float = 0.95,
    deff: Deff = "auto",
    df: DfRule = "design",
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
    where : str, mapping or sequence of bool, optional
        The subpopulation, e.g. ``"age >= 18"`` or ``{"sex": "female"}``; see :func:`subset`.
    base : {"substantive", "all"}
        ``"all"`` counts don't know and refused in the base, ``"substantive"`` leaves them out. Neither counts a
        question that was not asked, or a blank.
    interval : {"logit", "beta", "wilson", "mean", "asin", "likelihood", "xlogit"}
        Logit with t (also named ``"xlogit"``), Korn-Graubard, Wilson at the effective sample size, Wald with t, arcsine
        with t, or scaled likelihood ratio. Logit, asin and likelihood give way to beta where an estimate is 0 or 1 or
        rests on fewer than two events; a footnote says so.
    level : float
        Confidence level, e.g. 0.95.
    deff : {"auto", "replace"}
        Design effect against simple random sampling without replacement (R's ``deff=TRUE``) where the weights can
        be inverse inclusion probabilities, else with replacement; ``"replace"`` forces the latter.
    df : {"design", "domain"}
        Degrees of freedom of the whole design, or of each base: its PSUs minus their strata.

    Returns
    -------
    Estimates
        Columns item, category, the keys, estimate (0 to 1), se, low, high, n, weighted_n, deff, df, effective_n,
        cv.

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
    Lumley (2010), Complex Surveys, sections 2.2 and 3.2; Korn and Graubard (1998) for the beta interval; Franco and
    others (2019), Comparative study of confidence intervals for proportions in complex sample surveys, for Wilson's.

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
    request = Request("proportion", base=base, interval=interval, level=level, deff=deff, df=df)
    design = subset(design, where)
    within = domains(design, names_of(by))
    whole = base == "all"
    measures = [
        measure
        for item in listed(items)
        for measure in category_measures(design, item, within, category, whole_base=whole)
    ]
    return estimated(design, request, within, measures)


def mean(
    design: Design,
    items: str | Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    where: Where = None,
    level: float = 0.95,
    deff: Deff = "auto",
    df: DfRule = "design",
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
        Columns item, the keys, estimate, se, low, high, n, weighted_n, deff, df, effective_n,
        cv.

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
    design = subset(design, where)
    within = domains(design, names_of(by))
    measures = [numeric_measure(design, item, within, "mean") for item in listed(items)]
    return estimated(design, Request("mean", level=level, deff=deff, df=df), within, measures)


def total(
    design: Design,
    items: str | Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    where: Where = None,
    level: float = 0.95,
    deff: Deff = "auto",
    df: DfRule = "design",
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
        Columns item, the keys, estimate, se, low, high, n, weighted_n, deff, df, effective_n,
        cv.

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
    design = subset(design, where)
    within = domains(design, names_of(by))
    measures = [numeric_measure(design, item, within, "total") for item in listed(items)]
    return estimated(design, Request("total", level=level, deff=deff, df=df), within, measures)


def ratio(
    design: Design,
    numerator: str | Sequence[str],
    denominator: str | Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    where: Where = None,
    level: float = 0.95,
    deff: Deff = "auto",
    df: DfRule = "design",
) -> Estimates:
    """Estimate the ratio of two population totals.

    The estimand is the weighted sum of the numerator over that of the denominator, both over those who gave both.
    Variance by Taylor linearisation; intervals by t.

    Parameters
    ----------
    design : Design
        The sample.
    numerator, denominator : str or sequence of str
        Numeric columns, e.g. ``"hours_online"`` and ``"hours_awake"``; several are paired in order, or share one
        denominator.
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
        Columns item (``"hours_online / hours_awake"``), the keys, estimate, se, low, high, n, weighted_n, deff, df,
        effective_n, cv.

    Raises
    ------
    EstimationError
        When a column is text, holds infinite values or no values, or the denominator's total is 0 in a group.

    Notes
    -----
    Not the mean of each respondent's own ratio, which is :func:`mean` of a column of ratios.

    References
    ----------
    Lumley (2010), Complex Surveys, section 2.2. Cochran (1977), Sampling Techniques, chapter 6.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"online": [2, 3, 5], "awake": [16, 16, 18]})
    >>> ratio(Design(wave), "online", "awake").to_frame()[["item", "estimate"]]
                 item  estimate
    0  online / awake       0.2
    """
    check_design(design, "ratio")
    above, below = listed(numerator), names_of(denominator)
    if len(below) == 1:
        below = below * len(above)
    if len(below) != len(above):
        raise EstimationError(
            f"{len(above)} numerators ({', '.join(above)}) and {len(below)} denominators ({', '.join(below)}) do not "
            "pair; name one denominator, or one for each numerator."
        )
    design = subset(design, where)
    within = domains(design, names_of(by))
    measures = [ratio_measure(design, one, other, within) for one, other in zip(above, below, strict=True)]
    return estimated(design, Request("ratio", level=level, deff=deff, df=df), within, measures)


def listed(items: str | Sequence[str]) -> tuple[str, ...]:
    """Take one item or several, each named once.

    Raises
    ------
    EstimationError
        When none is named, or one twice.
    """
    names = names_of(items)
    if not names:
        raise EstimationError("no item is named; name at least one column to estimate.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EstimationError(f"{', '.join(twice)} is named more than once; name each item once.")
    return names
