"""Means and totals that weights were calibrated to, beside what they are before all steps and after them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...data.printing import number
from ..sampling.categories import Floats, numbers
from ..sampling.design import Design

SHOWN = 5
"""Digits of a mean or total."""


def moment_targets(design: Design) -> pd.DataFrame:
    """List the means and totals that steps of a weighting were fitted to.

    Returns
    -------
    pandas.DataFrame
        step, variable, statistic (mean or total), target, before (all steps), after (with the final weights), n; a
        variable that several steps had a target for stands with the last. Rows without a value are left out, and in a
        total they count as the others do.

    Examples
    --------
    >>> from topline.analysis.calibration.calibrate import calibrate
    >>> wave = pd.DataFrame({"age": [20.0, 40.0, 60.0]})
    >>> moment_targets(calibrate(Design(wave), means={"age": 45.0})).round(3).values.tolist()
    [[1, 'age', 'mean', 45.0, 40.0, 45.0, 3]]
    """
    found: dict[tuple[str, str], list[object]] = {}
    for place, step in enumerate(design.steps, start=1):
        listed = step.options.get("moments")
        for each in listed if isinstance(listed, list) else ():
            name, statistic = str(each["variable"]), str(each["statistic"])
            column, there = numbers(design.study, name)[0], step.before != 0
            before, after = (_value(column, w * there, statistic) for w in (design.steps[0].before, design.weights))
            found[name, statistic] = [place, name, statistic, each["target"], before, after, each["n"]]
    columns = ["step", "variable", "statistic", "target", "before", "after", "n"]
    return pd.DataFrame(list(found.values()), columns=columns)


def _value(column: Floats, weights: Floats, statistic: str) -> float:
    known = ~np.isnan(column) & (weights != 0)
    held = float(weights[known].sum())
    mean = float(column[known] @ weights[known]) / held if held else float("nan")
    return mean * float(weights.sum()) if statistic == "total" else mean


def moment_notes(design: Design) -> list[str]:
    """Say each mean and total with its target, before and after weighting.

    Examples
    --------
    >>> from topline.analysis.calibration.calibrate import calibrate
    >>> wave = pd.DataFrame({"age": [20.0, 40.0, 60.0]})
    >>> moment_notes(calibrate(Design(wave), means={"age": 45.0}))
    ['Mean of age: target 45, before 40, after 45 (n 3); no share, so not among the margins.']
    """
    return [
        f"{str(row['statistic']).capitalize()} of {row['variable']}: target {_written(row['target'])}, before "
        f"{_written(row['before'])}, after {_written(row['after'])} (n {number(row['n'], 0)}); no share, so not among "
        "the margins."
        for row in moment_targets(design).to_dict("records")
    ]


def _written(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10**SHOWN else f"{value:,.{SHOWN}g}"
