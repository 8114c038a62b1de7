"""What a calibration is on record as: words, tables of targets before and after, rows at the bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..sampling.categories import Floats
from ..sampling.sums import summed
from ..targets.targets import Target
from .auxiliaries import Auxiliaries
from .calibration_method import Method

AT = 1e-12
"""Relative distance from a bound at which a weight is at it."""


def words(kind: str, wanted: Auxiliaries, method: Method) -> str:
    """Give it in a few words, e.g. ``"calibrated on sex, mean of age to given targets (linear distance)"``."""
    names = [*(each.column for each in wanted.margins), *(each.name for each in wanted.moments)]
    done = "calibrated on" if kind == "calibrate" else "entropy balanced on"
    how = f" ({method})" if kind == "calibrate" else ""
    return f"{done} {', '.join(names)} to {wanted.name}{how}"


def rows_at_bounds(method: Method, start: Floats, after: Floats) -> tuple[int, int]:
    """Count the rows at the lower and at the upper bound."""
    if method.bounds is None:
        return 0, 0
    low, high = method.bounds
    reached = (after if method.bounds_weights else after / np.where(start > 0, start, 1.0))[start > 0]
    return int((reached <= low * (1 + AT)).sum()), int((reached >= high * (1 - AT)).sum())


def category_table(before: Floats, after: Floats, wanted: Auxiliaries) -> pd.DataFrame | None:
    """List every category with target, share before and after, and respondents; None where no margin is given."""
    if wanted.matched is None:
        return None
    crossing = wanted.matched.crossing
    shares = [summed(crossing.cell, len(crossing.weight), weights) / weights.sum() for weights in (before, after)]

    def by_category(margin: Target, cells: Floats) -> Floats:
        return summed(margin.code, len(margin.share), cells)

    tables = [
        pd.DataFrame(
            {
                "variable": each.column,
                "category": [str(shown) for shown in each.shown],
                "target": each.share,
                "before": by_category(each, shares[0]),
                "after": by_category(each, shares[1]),
                "n": by_category(each, crossing.count.astype(np.float64)).astype(np.int64),
            }
        )
        for each in wanted.margins
    ]
    return pd.concat(tables, ignore_index=True)


def moment_table(before: Floats, after: Floats, wanted: Auxiliaries) -> pd.DataFrame | None:
    """List every mean and total with target, value before and after, and respondents."""
    if not wanted.moments:
        return None
    rows = []
    for each, column in zip(wanted.moments, wanted.columns.T, strict=True):
        found = []
        for weights in (before, after):
            total = float(weights.sum())
            value = each.centre + each.spread * float(weights @ column) / total
            found.append(value * total if each.statistic == "total" else value)
        rows.append((each.column, each.statistic, each.target, *found, each.n))
    return pd.DataFrame(rows, columns=["variable", "statistic", "target", "before", "after", "n"])
