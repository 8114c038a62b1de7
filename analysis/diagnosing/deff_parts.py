"""Kish's design effect taken apart: what each step of a weighting adds to it, and what it is in each group."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from ...data.errors import EstimationError
from ...data.printing import number, percent
from ..estimation.method import SIMULATED_NOTE, simulated
from ..sampling.categories import Floats, Ints, categories, code_text
from ..sampling.design import Design, check_design
from ..sampling.sample import combined
from .diagnostic import Diagnostic, laid_out
from .row_chart import Marks, Rule, row_chart
from .spread import spread, weights_inside
from .weight_log import NUMBERS, START, of_all_rows, significant, states

By = str | Sequence[str | tuple[str, ...]]
"""Columns, each on its own; a tuple of columns crosses them."""


def deff_parts(design: Design) -> Diagnostic:
    """Split Kish's design effect of the weights into a factor for each step.

    The factor of a step is the design effect after it over that before it, so that all factors multiply to the design
    effect, and their logarithms add up to its own. Where rows lose their weight, the step's factor is itself a product:
    what remains once those rows are gone, and what the step did to the weights of the others.

    Parameters
    ----------
    design : Design
        The weighted sample.

    Returns
    -------
    Diagnostic
        One row for the weights before all steps and one for each step: step, kind, words, n, deff, factor, of_rows
        (the part of rows leaving), of_weights (the part of weights changing; factor is their product), log, and part
        (its share of the logarithm of the final design effect; missing where that is 0). ``plot()`` draws the factors.

    Raises
    ------
    EstimationError
        When given something else than a Design.

    Notes
    -----
    The split follows the order of the steps, as any split of a product of dependent factors does. A factor below 1 says
    that a step made weights more alike, as trimming does. Rows that leave cost effective n besides: see
    :func:`weight_log`.

    References
    ----------
    Kish (1992), Weighting for unequal Pi, Journal of Official Statistics 8(2). Valliant, Dever and Kreuter (2018),
    Practical Tools for Designing and Weighting Survey Samples, section 14.4.

    Examples
    --------
    >>> from topline.analysis.raking.rake import rake
    >>> wave = pd.DataFrame({"sex": ["f", "f", "f", "m"], "w": [1.0, 2.0, 1.0, 1.0]})
    >>> parts = deff_parts(rake(Design(wave, weight="w"), {"sex": {"f": 0.5, "m": 0.5}})).to_frame()
    >>> parts["factor"].round(4).tolist(), parts["deff"].round(4).tolist()
    ([1.12, 1.2277], [1.12, 1.375])
    """
    check_design(design, "deff_parts")
    frame = _parts(design)
    invented = simulated(design.study)
    final = frame["deff"].iloc[-1]
    return Diagnostic(
        name="deff_parts",
        title="Design effect of weighting, split by step",
        about=(
            f"Kish's design effect {number(final, 3)} is the product of the factors; part: share of its logarithm, "
            "below 0 where a step made weights more alike. of rows: rows leaving; of weights: weights changing.",
        ),
        frame=frame,
        notes=((SIMULATED_NOTE,) if invented else ()) + of_all_rows(design),
        table=laid_out(
            frame,
            {
                "step": None,
                "words": None,
                "n": NUMBERS["n"],
                **dict.fromkeys(("deff", "factor", "of_rows", "of_weights"), lambda value: number(value, 3)),
                "part": percent,
            },
        ),
        draw=lambda: row_chart(
            frame.assign(name=[f"{step} {words}" for step, words in zip(frame["step"], frame["words"], strict=True)]),
            name="name",
            marks=[Marks("factor", "×")],
            title="What each step multiplies the design effect of weighting by",
            footing=["Dashed: 1, a step that costs nothing. To the left weights became more alike."],
            axis="factor",
            written=lambda value: number(value, 3),
            rules=[Rule(1.0)],
            zero=False,
            simulated=invented,
        ),
    )


def _parts(design: Design) -> pd.DataFrame:
    weights = states(design)
    told = [(START, design.weight_source), *((step.kind, step.summary()) for step in design.steps)]
    total = math.log(spread(weights[-1]).deff)
    rows = []
    for place, (kind, words) in enumerate(told):
        now = spread(weights[place])
        of_rows, of_weights = (1.0, now.deff) if place == 0 else _factors(weights[place - 1], weights[place])
        log = math.log(of_rows * of_weights)
        rows.append(
            {
                "step": place,
                "kind": kind,
                "words": words,
                "n": now.n,
                "deff": now.deff,
                "factor": of_rows * of_weights,
                "of_rows": of_rows,
                "of_weights": of_weights,
                "log": log,
                "part": log / total if total > 1e-12 else math.nan,
            }
        )
    return pd.DataFrame(rows)


def _factors(before: Floats, after: Floats) -> tuple[float, float]:
    """Give the factor of rows leaving or coming, and that of weights changing."""
    stayed = np.where((before != 0) & (after != 0), before, 0.0)
    kept = spread(stayed if stayed.any() else before).deff
    return kept / spread(before).deff, spread(after).deff / kept


def deff_by(design: Design, by: By) -> Diagnostic:
    """Give Kish's design effect and the effective sample size of groups.

    Parameters
    ----------
    design : Design
        The weighted sample.
    by : str or sequence
        Columns, each on its own, e.g. ``["sex", "age4"]``; a tuple crosses columns, e.g. ``("sex", "age4")``.

    Returns
    -------
    Diagnostic
        One row for everybody and one for each group: variable, category, n (rows that have a weight), share (of the
        weight), effective_n, deff, minimum, maximum, ratio. Rows without a value are a group of their own. Where the
        design is cut by :func:`subset`, everybody is everybody in the subset.

    Raises
    ------
    UnknownNameError
        When a column does not exist.
    EstimationError
        When given something else than a Design, or ``by`` names no columns.

    Notes
    -----
    A group's design effect bears on estimates of that group; that of everybody is no average of theirs, because
    weights also differ between groups.

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7.

    Examples
    --------
    >>> wave = pd.DataFrame({"sex": ["f", "f", "m", "m"], "w": [1.0, 3.0, 2.0, 2.0]})
    >>> deff_by(Design(wave, weight="w"), "sex").to_frame()[["category", "n", "deff"]]
        category  n   deff
    0  everybody  4  1.125
    1          f  2  1.250
    2          m  2  1.000
    """
    check_design(design, "deff_by")
    groups, weights = _listed(by), weights_inside(design)
    found = [_group("", "everybody", weights, weights), *(_groups(design, each, weights) for each in groups)]
    frame = pd.concat(found, ignore_index=True)
    part = [] if design.subpopulation is None else [f"Of those where {design.subpopulation.text}."]
    invented = simulated(design.study)
    return Diagnostic(
        name="subgroups",
        title="Effective sample size and design effect of groups",
        about=(*part, "n: rows that have a weight; effective n and deff: Kish; share: of the weight."),
        frame=frame,
        notes=(SIMULATED_NOTE,) if invented else (),
        table=laid_out(
            frame,
            {
                **dict.fromkeys(("variable", "category")),
                "n": NUMBERS["n"],
                "share": percent,
                "effective_n": NUMBERS["effective_n"],
                "deff": NUMBERS["deff"],
                "minimum": significant,
                "maximum": significant,
                "ratio": NUMBERS["ratio"],
            },
        ),
        draw=lambda: row_chart(
            frame,
            name="category",
            heading="variable",
            marks=[Marks("n", "n", "hollow"), Marks("effective_n", "effective n", "bar")],
            title="Effective sample size of groups",
            footing=["Bars: effective n (Kish). Hollow dots: rows that have a weight."],
            axis="respondents",
            written=NUMBERS["n"],
            simulated=invented,
        ),
    )


def _listed(by: By) -> list[tuple[str, ...]]:
    given = [by] if isinstance(by, str | tuple) else list(by) if isinstance(by, Iterable) else [by]
    found = [(each,) if isinstance(each, str) else tuple(each) if isinstance(each, Iterable) else () for each in given]
    if not all(names and all(isinstance(name, str) for name in names) for names in found):
        raise EstimationError(
            f"by is {by!r}; it names columns, e.g. ['sex', 'age4'], and crosses those in a tuple, ('sex', 'age4')."
        )
    return found


def _groups(design: Design, names: tuple[str, ...], weights: Floats) -> pd.DataFrame:
    """Give the numbers of each group that has a weight, in the order of the codebook."""
    coded = [categories(design.study, name) for name in names]
    # rows without a value stand last
    places: list[Ints] = [np.where(one.positions < 0, len(one.values), one.positions) for one in coded]
    group = combined(places, len(weights))
    found = []
    for each in np.unique(group[weights != 0]):
        rows = group == each
        first = int(np.argmax(rows))
        shown = [code_text((*one.shown, "(missing)")[place[first]]) for one, place in zip(coded, places, strict=True)]
        found.append(_group(" × ".join(names), ", ".join(shown), np.where(rows, weights, 0.0), weights))
    return pd.concat(found)


def _group(variable: str, category: str, weights: Floats, everybody: Floats) -> pd.DataFrame:
    numbers = vars(spread(weights))
    total = numbers.pop("sum")
    row = {"variable": variable, "category": category, "n": numbers.pop("n"), "share": total / everybody.sum()}
    return pd.DataFrame([{**row, **numbers}])
