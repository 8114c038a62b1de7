"""The items of a comparison taken together: where each new estimate came from, so that their covariance is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..telling.comparison import ComparisonRow

if TYPE_CHECKING:
    from ...data.registry.figure import Figure
    from ..estimation.estimates import Estimates


@dataclass(frozen=True, eq=False)
class Place:
    """Where a new estimate stands: a row of estimates, whose covariance with others is known.

    Attributes
    ----------
    estimates : Estimates
        Those the row is of, made on the published terms.
    row : int
        Its place among them.
    """

    estimates: Estimates
    row: int


@dataclass(frozen=True, eq=False)
class Placed:
    """A row of a comparison with what it was made from.

    Attributes
    ----------
    row : ComparisonRow
        The row.
    place : Place or None
        Where its new estimate stands; None where there is none.
    figure : Figure
        The published figure.
    """

    row: ComparisonRow
    place: Place | None
    figure: Figure
