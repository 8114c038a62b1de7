"""Thin cells of a margin joined with their neighbours, by a rule that is stated with the result.

Kalton and Flores-Cervantes (2003), Weighting methods, Journal of Official Statistics 19(2), section 3.1: cells are
joined until each holds enough respondents, alike cells with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...data.errors import WeightingError
from ...data.margins import CROSSED
from ..sampling.categories import Ints
from .dimensions import Wanted
from .matching import Listed

Codes = tuple[str, ...]
"""A category of a margin: its code in each column."""


def without_thin_cells(wanted: Wanted, listed: Listed, count: Ints, minimum: int) -> Wanted:
    """Join cells of fewer respondents than a minimum with the next one.

    Cells keep the order of the margin. Those that differ in the last column alone are neighbours: from the first to the
    last, a cell that holds too few is joined with the one after it, and what is left at the end with the one before.

    Parameters
    ----------
    wanted : Wanted
        The margin.
    listed : Listed
        The categories of the data.
    count : numpy.ndarray of int64
        For each cell of the data its respondents.
    minimum : int
        Respondents that a cell must have, e.g. ``20``.

    Raises
    ------
    WeightingError
        When neighbours together hold nobody.

    Examples
    --------
    >>> import pandas as pd
    >>> from ..sampling.design import Design
    >>> from .targets import targets
    >>> wave = Design(pd.DataFrame({"age": [1] * 5 + [2] * 2 + [3] * 9}))
    >>> shares = {"age": {"1": 0.3, "2": 0.3, "3": 0.4}}
    >>> targets(wave, shares, None, own_class=False, minimum=5).margins[0].shown
    (1, '2 + 3')
    """
    if wanted.joined:
        raise WeightingError(
            f"margin {wanted.name}: minimum joins categories by itself; give join or minimum, not both."
        )
    held = np.bincount(listed.places[listed.places >= 0], weights=count[listed.places >= 0])
    neighbours: dict[Codes, list[Codes]] = {}
    for codes in wanted.figures:
        neighbours.setdefault(codes[:-1], []).append(codes)
    joined = {}
    for group in neighbours.values():
        for cells in _joined([(codes, _held(codes, wanted, listed, held)) for codes in group], minimum):
            if len(cells) > 1:
                joined[" + ".join(CROSSED.join(codes) for codes in cells)] = tuple(cells)
    return replace(wanted, joined=joined)


def _held(codes: Codes, wanted: Wanted, listed: Listed, held: np.ndarray) -> int:
    place = listed.find(codes, wanted.name)
    return int(held[place]) if 0 <= place < len(held) else 0


def _joined(cells: Sequence[tuple[Codes, int]], minimum: int) -> list[list[Codes]]:
    """Cut a row of cells into stretches that hold enough, each as short as it can be from the front."""
    found: list[list[Codes]] = []
    stretch, holds = list[Codes](), 0
    for codes, count in cells:
        stretch.append(codes)
        holds += count
        if holds >= minimum:
            found.append(stretch)
            stretch, holds = [], 0
    if stretch and found:
        found[-1] += stretch
    elif stretch:
        found.append(stretch)
    return found
