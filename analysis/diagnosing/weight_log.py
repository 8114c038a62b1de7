"""The steps of a weighting in a table: what each did to the number, the sum and the inequality of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ...data.printing import number
from ..estimation.method import SIMULATED_NOTE, simulated
from ..sampling.categories import Floats
from ..sampling.design import Design, check_design
from ..targets.target_tables import TargetTable, target_tables
from .diagnostic import Diagnostic, laid_out
from .moment_targets import moment_notes
from .spread import spread

if TYPE_CHECKING:
    import altair as alt

START = "start"
"""The kind of the row that stands before all steps."""


def weight_log(design: Design) -> Diagnostic:
    """Say step by step what a weighting did to the weights.

    Parameters
    ----------
    design : Design
        The weighted sample, e.g. ``rake(design, margins)``.

    Returns
    -------
    Diagnostic
        One row before all steps and one after each: step (from 0), kind, words, n (rows that have a weight), sum,
        effective_n and deff (Kish), minimum, maximum, ratio (largest over smallest weight), worst (largest distance
        of a share from its target, 0-1, by the targets of the last step that has some, and among the rows that came
        to that step; missing where there are none). ``plot()`` draws the effective n.

    Raises
    ------
    EstimationError
        When given something else than a Design.

    Notes
    -----
    Kish's design effect counts unequal weights alone. It overstates the loss for outcomes that the margins explain,
    whose errors fall with calibration: see :func:`weight_influence`.

    References
    ----------
    Kish (1992), Weighting for unequal Pi, Journal of Official Statistics 8(2).

    Examples
    --------
    >>> from topline.analysis.raking.rake import rake
    >>> wave = pd.DataFrame({"sex": ["f", "f", "f", "m"]})
    >>> log = weight_log(rake(Design(wave), {"sex": {"f": 0.5, "m": 0.5}}))
    >>> log.to_frame()[["step", "kind", "n", "effective_n", "worst"]].round(3)
       step   kind  n  effective_n  worst
    0     0  start  4          4.0   0.25
    1     1   rake  4          3.0   0.00
    """
    check_design(design, "weight_log")
    frame = _frame(design)
    known = last_targets(design)
    about = ["n: rows that have a weight; effective n and deff: Kish; ratio: largest over smallest weight."]
    if known is not None:
        about.append(
            f"worst: furthest that a share is from its target, in points, by the targets of step {known.number} "
            f"({known.step.kind}) and among the {int(known.rows.sum()):,} rows that came to it."
        )
    about += moment_notes(design)
    return Diagnostic(
        name="log",
        title="Weights step by step",
        about=tuple(about),
        frame=frame,
        notes=((SIMULATED_NOTE,) if simulated(design.study) else ()) + of_all_rows(design),
        table=laid_out(
            frame if known is not None else frame.drop(columns="worst"),
            {
                **{"step": None, "words": None, **NUMBERS},
                **({"worst": lambda share: unsigned(100 * share, 2)} if known else {}),
            },
        ),
        draw=lambda: _chart(frame, invented=simulated(design.study)),
    )


def significant(value: float) -> str:
    """Write a weight with four digits.

    Examples
    --------
    >>> significant(12345.678), significant(0.0123456), significant(float("nan"))
    ('12,346', '0.01235', '-')
    """
    if value != value:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def unsigned(value: float, decimals: int) -> str:
    """Write a number, and what rounds to 0 without a sign.

    Examples
    --------
    >>> unsigned(-0.0001, 2), unsigned(-0.12, 2)
    ('0.00', '-0.12')
    """
    return number(round(value, decimals) + 0.0, decimals)


NUMBERS = {
    "n": lambda count: number(count, 0),
    "sum": lambda total: number(total, 1),
    "effective_n": lambda count: number(count, 0),
    "deff": lambda deff: number(deff, 3),
    "minimum": significant,
    "maximum": significant,
    "ratio": lambda ratio: number(ratio, 1),
}


def states(design: Design) -> list[Floats]:
    """Give the weights before all steps, and after each."""
    return [design.steps[0].before if design.steps else design.weights, *(step.after for step in design.steps)]


def of_all_rows(design: Design) -> tuple[str, ...]:
    """Say of a design that is cut to a subpopulation that its weighting, which is shown, was not; else nothing.

    Examples
    --------
    >>> from ..sampling.subpopulation import subset
    >>> of_all_rows(subset(Design(pd.DataFrame({"age": [20, 50]})), "age > 30"))
    ('Of all rows: weighting is about the whole sample, and not only where age > 30.',)
    """
    if design.subpopulation is None:
        return ()
    return (f"Of all rows: weighting is about the whole sample, and not only where {design.subpopulation.text}.",)


def last_targets(design: Design) -> TargetTable | None:
    """Give the targets of the last step that has some."""
    return next(iter(reversed(target_tables(design))), None)


def _frame(design: Design) -> pd.DataFrame:
    known = last_targets(design)
    told = [(START, design.weight_source), *((step.kind, step.summary()) for step in design.steps)]
    rows = [
        {
            "step": place,
            "kind": kind,
            "words": words,
            **vars(spread(weights)),
            "worst": float("nan") if known is None else _worst(known, place, weights),
        }
        for place, ((kind, words), weights) in enumerate(zip(told, states(design), strict=True))
    ]
    return pd.DataFrame(rows)


def _worst(known: TargetTable, place: int, weights: Floats) -> float:
    """Give the largest distance from a target; at the step itself as the step reported it."""
    if place == known.number:
        return float((known.frame["after"] - known.frame["target"]).abs().max())
    return known.worst(weights)


def _chart(frame: pd.DataFrame, *, invented: bool) -> alt.LayerChart:
    from .row_chart import Marks, row_chart

    names = [f"{step} {words}" for step, words in zip(frame["step"], frame["words"], strict=True)]
    return row_chart(
        frame.assign(name=names),
        name="name",
        marks=[Marks("n", "n", shape="hollow"), Marks("effective_n", "effective n", shape="bar")],
        title="Effective sample size after each step",
        footing=["Bars: effective n (Kish). Hollow dots: rows that have a weight."],
        axis="respondents",
        written=lambda count: number(count, 0),
        simulated=invented,
    )
