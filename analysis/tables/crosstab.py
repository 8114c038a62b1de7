"""Crosstabs: row, column and total percentages with design-based errors, and tests of independence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

from ..estimation.estimates import Estimates
from ..estimation.intervals import ProportionInterval
from ..estimation.linear import Request
from ..estimation.method import design_footnotes, design_method, missing_note
from ..estimation.options import Deff, check_choice
from ..sampling.design import Design, check_design
from ..sampling.subpopulation import Where, subset
from .crosstab_plan import Plan, plan_of, shares, stacked
from .crosstab_table import Crosstab, Percent

if TYPE_CHECKING:
    pass

IN_ONE_PSU = "on respondents of a single PSU"
"""How estimates say that a group lies in one PSU."""

BETA = (
    "Some intervals are Korn-Graubard (beta) instead of {}: those of estimates that are 0 or 1, or rest on fewer than "
    "two events."
)
"""Footnote about intervals, which a table of percentages does not show and ``to_frame()`` does."""

BASES = {
    "substantive": "those with an answer to both",
    "all": "those with an answer to both, don't know and refused included",
}


def crosstab(
    design: Design,
    row: str,
    column: str,
    *,
    percent: Percent = "column",
    where: Where = None,
    base: Literal["substantive", "all"] = "substantive",
    interval: ProportionInterval = "logit",
    level: float = 0.95,
    deff: Deff = "auto",
    df: Literal["design", "domain"] = "design",
) -> Crosstab:
    r"""Cross two columns: percentages of rows, columns and the whole table, with design-based errors.

    Percentages of rows and columns are shares within domains; the table has the covariance of all of its cells, with
    every stage of the design, for the tests.

    Parameters
    ----------
    design : Design
        The sample.
    row : str
        Column of the answers, e.g. ``"restrict_travel"``.
    column : str
        Column of the groups, e.g. ``"age4"``.
    percent : {"row", "column", "total"}
        What is printed; ``to_frame()`` has all three.
    where : str, mapping or sequence of bool, optional
        A subpopulation, as for :func:`subset`.
    base : {"substantive", "all"}
        ``"all"`` counts don't know and refused as categories of both columns, ``"substantive"`` leaves them out.
        Neither counts a question that was not asked, or a blank.
    interval : {"logit", "beta", "mean", "wilson", "asin", "likelihood", "xlogit"}
        As for :func:`proportion`.
    level : float
        Confidence level, e.g. 0.95.
    deff : {"auto", "replace"}
        As for :func:`proportion`.
    df : {"design", "domain"}
        Degrees of freedom of the intervals, as for :func:`proportion`.

    Returns
    -------
    Crosstab
        ``to_frame()``, ``test()``, ``odds_ratio()``, ``cramers_v``, and ``percentages`` for contrasts.

    Raises
    ------
    EstimationError
        When nobody answered both.
    UnknownNameError
        When a column does not exist.

    Notes
    -----
    Not for many columns of groups at once (a banner), nor for questions with several answers, whose options are
    columns of their own: see :func:`multiple_response`.

    References
    ----------
    Lumley (2010), Complex Surveys, sections 2.2 and 6.3. Rao and Scott (1984), Annals of Statistics 12.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> wave = pd.DataFrame({"view": ["for", "against", "for", "for"] * 5, "sex": ["f", "f", "m", "m"] * 5})
    >>> print(crosstab(Design(wave), "view", "sex"))  # doctest: +ELLIPSIS
    view by sex, column percentages (standard errors)
    For: those with an answer to both. Sample: n 20, weighted 20.
    Method: Taylor linearisation, with replacement; equal weights of 1.
    <BLANKLINE>
    view \ sex             f             m        Total
    against     50.0% (16.2)    0.0% (0.0)  25.0% (9.9)
    for         50.0% (16.2)  100.0% (0.0)  75.0% (9.9)
    n                     10            10           20
    weighted n            10            10           20
    <BLANKLINE>
    * Independence: F(1, 19) = 7.04, p = 0.0157 (Pearson's X2, Rao-Scott second order); Cramér's V 0.58...
    """
    check_design(design, "crosstab")
    check_choice("percent", percent, get_args(Percent))
    request = Request("proportion", base=base, interval=interval, level=level, deff=deff, df=df)
    plan = plan_of(subset(design, where), row, column, whole_base=base == "all")
    percentages = shares(plan, request)
    return Crosstab(stacked(plan, percentages), _method(plan, request, percent, percentages), percentages, plan)


def _wordings(plan: Plan) -> dict[str, str]:
    """Give the question behind each column, or its label, where it says more than the column's name."""
    variables = [plan.design.study.codebook[each.name] for each in (plan.row, plan.column)]
    asked = {one.name: one.wording.get("en") or next(iter(one.wording.values()), "") or one.label for one in variables}
    return {name: text for name, text in asked.items() if text and text != name}


def _method(plan: Plan, request: Request, percent: Percent, percentages: Mapping[str, Estimates]) -> dict[str, Any]:
    design = plan.design
    inside = int(design.inside.sum())
    coded = (plan.row, plan.column)
    notes = [missing_note(each.name, each.missing, inside) for each in coded if any(each.missing.values())]
    notes += [
        f"{name}: nobody in the base is {' or '.join(map(str, gone))}, so the table leaves it out."
        for name, gone in plan.absent.items()
        if gone
    ]
    about = percentages["total"].method
    switched = any("Korn-Graubard" in note for each in percentages.values() for note in each.method["footnotes"])
    if switched:
        notes.append(BETA.format(request.interval))
    if any(IN_ONE_PSU in note for each in percentages.values() for note in each.method["footnotes"]):
        notes.append(
            f"Some percentages rest {IN_ONE_PSU}, so there is no way to estimate their errors: 0 says nothing."
        )
    return {
        **design_method(design),
        "row": plan.row.name,
        "column": plan.column.name,
        "percent": percent,
        "base": request.base,
        "base_text": BASES[request.base],
        "n_used": int(plan.base.sum()),
        "weighted_n_used": float(design.weights[plan.base].sum()),
        "wordings": _wordings(plan),
        "interval": request.interval,
        "level": request.level,
        "df_rule": about["df_rule"],
        "deff_rule": about["deff_rule"],
        "footnotes": list(dict.fromkeys([*notes, *design_footnotes(design)])),
    }
