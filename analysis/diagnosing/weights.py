"""What weights cost and what they repaired: effective sample size, design effect, range, margins before and after."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data.printing import aligned, folded, number, percent
from ..estimation.method import SIMULATED_NOTE, counted, simulated
from ..sampling.design import Design, check_design
from ..sampling.weight_notes import notes_on
from .moment_targets import moment_notes
from .spread import spread
from .weight_log import last_targets, of_all_rows, states

if TYPE_CHECKING:
    import pandas as pd

MET = 1e-7
"""A share this near its target meets it."""


@dataclass(frozen=True, eq=False, repr=False)
class WeightSummary:
    """Weights in a few numbers.

    Attributes
    ----------
    n : int
        Respondents with a weight; one below zero, which calibration without bounds can give, counts as well.
    zero_weights : int
        Respondents with a weight of zero.
    sum : float
        Weights added up.
    effective_n : float
        Kish's effective sample size, ``sum(w)**2 / sum(w**2)``.
    deff : float
        Kish's design effect of weighting, ``n / effective_n``.
    minimum, maximum, ratio : float
        Range of these weights; the ratio is missing where one is below zero.
    source : str
        Where the weights came from and what was done to them.
    worst_before, worst_after : float or None
        Largest distance of a share from its target before and after, 0-1; None for weights not fitted to targets.
    margins : pandas.DataFrame or None
        variable, category, target, before, after, n of the last step that fitted weights to targets: before all steps,
        and after them, so that a target which a later step moved away from shows.
    notes : tuple of str
        That the respondents are simulated; sources and doubts of the margins.
    simulated : bool
        Whether the respondents are invented.
    """

    n: int
    zero_weights: int
    sum: float
    effective_n: float
    deff: float
    minimum: float
    maximum: float
    ratio: float
    source: str
    worst_before: float | None = None
    worst_after: float | None = None
    margins: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()
    simulated: bool = False

    def to_frame(self) -> pd.DataFrame:
        """Give one row: n, zero_weights, sum, effective_n, deff, minimum, maximum, ratio, worst_before, worst_after."""
        import pandas as pd

        return pd.DataFrame([self._row()])

    def document(self) -> dict[str, Any]:
        """Give ``{"method": ..., "rows": [...]}``: the weights in numbers, and the margins as the table prints them."""
        rows = [] if self.margins is None else self.margins.to_dict("records")
        about = {"source": self.source, "simulated": self.simulated}
        return {"method": {**about, **self._row(), "notes": list(self.notes)}, "rows": rows}

    def __str__(self) -> str:
        """Print what the weights are, their numbers, the margins before and after, then notes."""
        lines = [
            folded(f"Weights: {self.source}."),
            f"n {self.n:,}, sum {self.sum:,.1f}, {self._cost()}, {self._range()}.",
        ]
        if self.zero_weights:
            lines.append(f"{counted(self.zero_weights, 'row has', 'rows have')} a weight of zero.")
        if self.margins is not None:
            lines += [f"Furthest from a target: {self._worst()}.", "", _margin_table(self.margins)]
        return "\n".join([*lines, *([""] if self.notes else []), *(folded(f"* {note}") for note in self.notes)])

    __repr__ = __str__

    def _row(self) -> dict[str, float | int | None]:
        return {
            "n": self.n,
            "zero_weights": self.zero_weights,
            "sum": self.sum,
            "effective_n": self.effective_n,
            "deff": self.deff,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "ratio": None if math.isnan(self.ratio) else self.ratio,
            "worst_before": self.worst_before,
            "worst_after": self.worst_after,
        }

    def _cost(self) -> str:
        return f"effective n {self.effective_n:,.0f}, design effect {self.deff:.2f} (Kish)"

    def _range(self) -> str:
        return f"weights {self.minimum:,.4g} to {self.maximum:,.4g} (ratio {number(self.ratio, 1)})"

    def _worst(self) -> str:
        before, after = self.worst_before or 0.0, self.worst_after or 0.0
        return f"{100 * before:.2f} points before, {100 * after:.2f} after"


def weight_summary(design: Design) -> WeightSummary:
    """Summarise the weights of a design: what they cost in precision, and how near they bring the margins.

    Parameters
    ----------
    design : Design
        The sample, raked or not.

    Returns
    -------
    WeightSummary
        n, sum, effective_n, deff, minimum, maximum, ratio, worst_before, worst_after, margins.

    Notes
    -----
    Kish's design effect measures the loss from unequal weights alone, for a variable unrelated to them. The design
    effect of an estimate stands with the estimate.

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7; Kish (1992), Weighting for unequal Pi, Journal of Official
    Statistics 8(2).

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> summary = weight_summary(Design(pd.DataFrame({"w": [1.0, 1.0, 2.0]}), weight="w"))
    >>> round(summary.effective_n, 3), summary.ratio
    (2.667, 2.0)
    """
    check_design(design, "weight_summary")
    numbers, invented = spread(design.weights), simulated(design.study)
    last = _last_margins(design)
    return WeightSummary(
        zero_weights=len(design.weights) - numbers.n,
        **vars(numbers),
        source="; ".join([design.weight_source, *(step.summary() for step in design.steps)]),
        worst_before=_worst(last, "before"),
        worst_after=_worst(last, "after"),
        margins=last,
        notes=(
            *((SIMULATED_NOTE,) if invented else ()),
            *of_all_rows(design),
            *moment_notes(design),
            *notes_on(design.study.codebook, design.weight),
            *(note for step in design.steps for note in step.notes),
        ),
        simulated=invented,
    )


def _last_margins(design: Design) -> pd.DataFrame | None:
    """Give the table of the last step that fitted weights to targets, with the shares before all steps and after."""
    last = last_targets(design)
    if last is None:
        return None
    table = last.frame.copy()
    for name, weights, own in (
        ("before", states(design)[0], design.steps[0]),
        ("after", design.weights, design.steps[-1]),
    ):
        shares = last.shares(weights)
        if last.step is not own and not np.isnan(shares).any():
            table[name] = shares
    return table


def _worst(margins: pd.DataFrame | None, when: str) -> float | None:
    return None if margins is None else float((margins[when] - margins["target"]).abs().max())


def _margin_table(margins: pd.DataFrame) -> str:
    shares = {name: [percent(share, 2) for share in margins[name]] for name in ("target", "before")}
    # a met target is printed as itself: rounding noise must not tip the last digit
    shares["after"] = [
        percent(target if abs(after - target) < MET else after, 2)
        for target, after in zip(margins["target"], margins["after"], strict=True)
    ]
    columns = [margins["variable"], margins["category"], *shares.values(), [number(count, 0) for count in margins["n"]]]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return aligned(["variable", "category", *shares, "n"], rows, 2)
