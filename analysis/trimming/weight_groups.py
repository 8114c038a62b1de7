"""Groups of rows inside which a step of weighting keeps or sets sums: one for all, or one for each combination."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...data.errors import WeightingError
from ..sampling.categories import categories
from ..sampling.design import Design
from ..sampling.sample import combined
from .redistribution import Groups, Redistribute


def groups_of(design: Design, columns: Sequence[str], how: Redistribute = "proportional") -> Groups:
    """Give each row's group by the columns; without columns all rows are one.

    Raises
    ------
    UnknownNameError
        When a column does not exist.
    WeightingError
        When a weighted row has no value of a column.

    Examples
    --------
    >>> import pandas as pd
    >>> towns = groups_of(Design(pd.DataFrame({"town": ["b", "a", "b"]})), ["town"])
    >>> towns.code.tolist(), towns.names
    ([1, 0, 1], ('town a', 'town b'))
    """
    rows = len(design.weights)
    if not columns:
        return Groups(np.zeros(rows, dtype=np.int64), ("",), how)
    counted = design.weights > 0
    coded = [categories(design.study, column) for column in columns]
    for each in coded:
        missing = int((counted & (each.positions < 0)).sum())
        if missing:
            raise WeightingError(
                f"{each.name} is missing in {missing} of {int(counted.sum())} weighted rows, so they belong to no "
                "group (within). Fill them in, leave the rows out, or name other columns."
            )
    # rows without weight go with the first category: they are in no sum
    places = [np.where(each.positions < 0, 0, each.positions) for each in coded]
    code = combined(places, rows)
    names = [""] * (int(code.max()) + 1)
    for group, row in zip(*np.unique(code, return_index=True), strict=True):
        shown = [f"{each.name} {each.shown[place[row]]}" for each, place in zip(coded, places, strict=True)]
        names[group] = ", ".join(shown)
    return Groups(code, tuple(names), how)
