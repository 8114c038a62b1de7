"""How weights are spread: a histogram of weights over their mean, before and after the weighting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...data.errors import WeightingError
from ...data.printing import number, percent
from ..estimation.method import SIMULATED_NOTE, simulated
from ..printing.result_chart import MARK, PLOT, TITLE, WORDS, ruled_axis
from ..sampling.categories import Floats
from ..sampling.design import Design, check_design
from .diagnostic import Diagnostic, laid_out
from .row_chart import NARROW, fitted, is_narrow
from .weight_log import of_all_rows, states

if TYPE_CHECKING:
    import altair as alt

BINS = 30
"""Bars of a histogram."""

ALIKE = 1e-9
"""Difference of weights over their mean up to which they are equal."""

LARGE = 5.0
"""Times the mean, from which on a weight is large: DeBell and Krosnick (2009), the cap of the ANES."""


def weight_histogram(design: Design, *, bins: int = BINS) -> Diagnostic:
    """Count respondents by the size of their weight.

    Weights are taken over their mean, so that weights of different sums can be laid over each other: 1 is a respondent
    who counts as one, 5 one who counts as five.

    Parameters
    ----------
    design : Design
        The weighted sample.
    bins : int
        Stretches of equal width, e.g. ``30``, from 0 (or the smallest weight, where that is below) to the largest.

    Returns
    -------
    Diagnostic
        One row for each stretch: low, high (times the mean; high belongs to the next), before, after (rows whose
        weight is in it, before all steps and after them), weight (share of the weight that those after have).
        ``plot()`` draws bars with the outline of those before, unless they were all equal.

    Raises
    ------
    WeightingError
        When ``bins`` is below 1 or above 500.
    EstimationError
        When given something else than a Design.

    References
    ----------
    DeBell and Krosnick (2009), Computing Weights for American National Election Study Survey Data, ANES Technical
    Report nes012427, for the line at five times the mean.

    Examples
    --------
    >>> wave = pd.DataFrame({"w": [1.0, 1.0, 1.0, 5.0]})
    >>> weight_histogram(Design(wave, weight="w"), bins=2).to_frame()[["low", "high", "after"]]
        low  high  after
    0  0.00  1.25      3
    1  1.25  2.50      1
    """
    check_design(design, "weight_histogram")
    if not 1 <= bins <= 500:
        raise WeightingError(f"bins is {bins}; a histogram has 1 to 500 of them.")
    before, after = (_over_mean(weights) for weights in (states(design)[0], design.weights))
    frame = _counted(before, after, bins)
    invented = simulated(design.study)
    large = int((after > LARGE).sum())
    return Diagnostic(
        name="histogram",
        title="How large weights are, over their mean",
        about=(
            f"Largest {after.max():.3g} times the mean, smallest {after.min():.3g}; {large:,} above {LARGE:g} times, "
            "the cap of the ANES (DeBell and Krosnick 2009).",
        ),
        frame=frame,
        notes=((SIMULATED_NOTE,) if invented else ()) + of_all_rows(design),
        table=_table(frame),
        draw=lambda: _chart(
            frame,
            steps=bool(design.steps),
            alike=bool(before.max() - before.min() <= ALIKE),
            largest=float(after.max()),
            invented=invented,
        ),
    )


def _over_mean(weights: Floats) -> Floats:
    there = weights[weights != 0]
    found: Floats = there / there.mean()
    return found


def _counted(before: Floats, after: Floats, bins: int) -> pd.DataFrame:
    low = min(0.0, float(before.min()), float(after.min()))
    edges = np.linspace(low, max(float(before.max()), float(after.max())), bins + 1)
    held = np.histogram(after, edges, weights=after)[0]
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "before": np.histogram(before, edges)[0],
            "after": np.histogram(after, edges)[0],
            "weight": held / after.sum(),
        }
    )


def _table(frame: pd.DataFrame) -> tuple[list[str], list[list[str]], int]:
    """Print all stretches, with empty ones that touch joined to one."""
    empty = (frame["before"] == 0) & (frame["after"] == 0)
    run = (~empty | ~empty.shift(fill_value=False)).cumsum()
    sums = dict.fromkeys(("before", "after", "weight"), "sum")
    used = frame.groupby(run.to_numpy()).agg({"low": "first", "high": "last", **sums})
    size = [f"{low:.2f} to {high:.2f}" for low, high in zip(used["low"], used["high"], strict=True)]
    counts = dict.fromkeys(("before", "after"), lambda count: number(count, 0))
    return laid_out(used.assign(times_mean=size), {"times_mean": None, **counts, "weight": percent})  # type: ignore[return-value]


def _chart(frame: pd.DataFrame, *, steps: bool, alike: bool, largest: float, invented: bool) -> alt.LayerChart:
    import altair as alt

    outlined = steps and not alike
    axis = ruled_axis("weight over the mean weight", ",~r")
    across = alt.X("low:Q", axis=axis, scale=alt.Scale(nice=False))
    most = int(frame[["before", "after"] if outlined else ["after"]].to_numpy().max())
    tall = alt.Scale(domain=[0, 1.05 * most], nice=False)
    up = alt.Y("after:Q", axis=ruled_axis("respondents", ",~r"), scale=tall)
    told = [alt.Tooltip("stretch:N", title="Times the mean"), alt.Tooltip("after:Q"), alt.Tooltip("before:Q")]
    base = alt.Chart(
        frame.assign(stretch=[f"{a:.2f} to {b:.2f}" for a, b in zip(frame["low"], frame["high"], strict=True)])
    )
    layers = [
        base.mark_bar(color=MARK, opacity=0.75).encode(x=across, x2="high:Q", y=up, y2=alt.datum(0), tooltip=told)
    ]
    if outlined:
        outline = pd.DataFrame(
            {"low": [*frame["low"], frame["high"].iloc[-1]], "before": [*frame["before"], frame["before"].iloc[-1]]}
        )
        line = alt.Chart(outline).mark_line(color=TITLE, interpolate="step-after", strokeWidth=1.5)
        layers.append(line.encode(x=across, y=alt.Y("before:Q", axis=ruled_axis("respondents", ",~r"), scale=tall)))
    marked = [1.0, LARGE] if frame["high"].iloc[-1] >= LARGE else [1.0]
    layers.append(alt.Chart(pd.DataFrame({"low": marked})).mark_rule(color=WORDS, strokeDash=[4, 3]).encode(x=across))
    title, peak = "How large weights are", frame.iloc[int(frame["after"].to_numpy().argmax())]
    said = [*([SIMULATED_NOTE] if invented else []), *_footing(steps=steps, alike=alike, large=len(marked) > 1)]
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(
            width=NARROW - 50 if is_narrow() else PLOT + 380,
            height=240,
            title=fitted(title, said),
            description=(
                f"{title}. Histogram of weights over their mean: most, {int(peak['after']):,} respondents, between "
                f"{peak['low']:.2f} and {peak['high']:.2f} times the mean; the largest {largest:.2f} times."
            ),
            padding={"left": 8, "right": 12, "top": 8, "bottom": 8},
        )
        .configure_view(strokeWidth=0)
        .configure(font="system-ui, sans-serif", background="#ffffff")
    )
    return chart


def _footing(*, steps: bool, alike: bool, large: bool) -> list[str]:
    """Say what is drawn, and why what came before the steps may not be."""
    before = "" if not steps else " Before them all were equal: not drawn." if alike else " Line: before them."
    dashed = f", and {LARGE:g} times it (DeBell and Krosnick 2009)." if large else "."
    return [f"Bars: after all steps.{before}", f"Dashed: the mean{dashed}"]
