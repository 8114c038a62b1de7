"""In which order the dashboard shows the rows; every order has a name that stands in the address."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from ..analysis.telling.comparison import ComparisonRow


def sorted_rows(rows: Sequence[ComparisonRow], order: str) -> list[ComparisonRow]:
    """Sort rows for the chart; rows without the value asked for stand last, in their own order.

    Examples
    --------
    >>> rows = [ComparisonRow("a", difference=0.1), ComparisonRow("b"), ComparisonRow("c", difference=-0.2)]
    >>> [row.item for row in sorted_rows(rows, "new minus published")]
    ['c', 'a', 'b']
    """
    return sorted(rows, key=ORDERS[order])


def by_size(row: ComparisonRow) -> float:
    """Largest difference first, whichever way it goes."""
    return math.inf if row.difference is None else -abs(row.difference)


def by_difference(row: ComparisonRow) -> float:
    """Lowest difference first."""
    return math.inf if row.difference is None else row.difference


def by_new_result(row: ComparisonRow) -> float:
    """Highest new result first."""
    return math.inf if row.estimate is None else -row.estimate


ORDERS: Mapping[str, Callable[[ComparisonRow], float]] = {
    "size of the difference": by_size,
    "new minus published": by_difference,
    "new result": by_new_result,
    "order asked": lambda row: 0.0,
}
"""The ways to sort, by the name that stands in the address; the first where none does."""
