"""The items of a comparison taken together: their joint covariance on the published terms, and the batteries they form.

Items may have been estimated in separate calls, over other bases and with other answers. As long as they are of one
design, their covariance is that of their influence on it, as for contrasts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...data.registry.figure import BOUNDS
from ..batteries.battery import Battery, LeftOut
from ..batteries.findings import Entry, Named, battery_of, otherwise
from ..sampling.categories import Floats
from ..telling.comparison import ComparisonRow
from ..telling.sentences import study_in_words
from ..variance.row_scatter import RowScatter
from ..variance.scatter import Scatter
from ..variance.scatters import QuadraticScatter, ReplicateScatter, joined
from .tiers import Declared, side_of

if TYPE_CHECKING:
    from ...data.registry.figure import Figure
    from ..estimation.estimates import Estimates

DESIGN = ("weights", "stages", "replication", "joint", "steps")
"""What two designs must share for the covariance of their estimates to be known."""

OF_A_DESIGN = (RowScatter, Scatter, QuadraticScatter, ReplicateScatter)
"""Scatters of separate calls that can be joined."""

OF_BASE = {"all": "everyone asked", "substantive": "those who gave an answer"}
"""Bases in short."""


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

    @property
    def family(self) -> tuple[int, ...]:
        """Name those whose covariance with this one is known: of one design, or, of imputations, of one result."""
        if isinstance(self.estimates.scatter, OF_A_DESIGN):
            return tuple(id(getattr(self.estimates.design, name)) for name in DESIGN)
        return (id(self.estimates),)


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
    rounding : float or None
        Unit the published figure is taken to be rounded to.
    other : Placed or None
        The same pair over the other base that the published share may have; None where its base is known.
    """

    row: ComparisonRow
    place: Place | None
    figure: Figure
    rounding: float | None = None
    other: Placed | None = None


def batteries(placed: Sequence[Placed], declared: Declared, correlation: float | None = None) -> tuple[Battery, ...]:
    """Test together what was asked together.

    Parameters
    ----------
    placed : sequence of Placed
        The rows of a comparison.
    declared : Declared
        Its level.
    correlation : float, optional
        Common correlation to assume of the published items, e.g. ``0.3``.

    Returns
    -------
    tuple of Battery
        One for each battery of a study with at least two items, and one for those of its questions that are in none.
        Rows of a part of the sample are in no battery. Where published bases are not known, the battery is tested over
        the present base, and once more over the other: ``assumptions`` say which conclusions that would change.
    """
    together: dict[tuple[str, str], list[Placed]] = {}
    for one in placed:
        if one.row.grade != "not_comparable" and one.row.difference is not None and not one.row.groups:
            together.setdefault((one.row.published_study, one.row.battery), []).append(one)
    found = [battery(members, declared, correlation) for members in together.values()]
    return tuple(one for one in found if one is not None)


def battery(members: Sequence[Placed], declared: Declared, correlation: float | None) -> Battery | None:
    """Test one battery; None where fewer than two of its items can be in it."""
    left = [(one, why_not(one)) for one in members]
    usable = [one for one, why in left if not why]
    for reason, kind in (
        ("in another unit than most", unit),
        ("of another design than most, so how the errors go together is not known", family_of),
    ):
        kinds = [kind(one) for one in usable]
        most = max(dict.fromkeys(kinds), key=kinds.count, default=None)
        left += [(one, reason) for one, own in zip(usable, kinds, strict=True) if own != most]
        usable = [one for one, own in zip(usable, kinds, strict=True) if own == most]
    usable, again = once_each(usable)
    left += [(one, "its question is in the battery already") for one in again]
    if len(usable) < 2:
        return None
    out = [LeftOut(one.row.item, one.row.published_id, why) for one, why in left if why]
    found = tested(usable, out, declared, correlation)
    others = [one.other or one for one in usable]
    if others == usable or any(why_not(one) for one in others):
        return found
    return with_other_base(found, tested(others, out, declared, correlation), usable)


def tested(usable: Sequence[Placed], out: Sequence[LeftOut], declared: Declared, correlation: float | None) -> Battery:
    """Test items together."""
    first = usable[0].row
    return battery_of(
        Named(first.published_study, study_in_words(first), first.battery, first.statistic),
        [entry(one) for one in usable],
        joint_covariance([one.place for one in usable if one.place is not None]),
        level=declared.level,
        correlation=correlation,
        left_out=out,
    )


def with_other_base(battery: Battery, other: Battery, usable: Sequence[Placed]) -> Battery:
    """Add to what is assumed the other base of items whose published base is not known, and what it would change."""
    bases = {one.other.row.base for one in usable if one.other is not None}
    whose = OF_BASE[bases.pop()] if len(bases) == 1 else "the other base"
    name = f"{whose} as the published base where it is not known"
    found = otherwise(name, (other.sampling, other.total), (battery.sampling, battery.total), battery.level)
    return replace(battery, assumptions=(*battery.assumptions, found))


def why_not(one: Placed) -> str:
    """Say why a pair cannot be part of a joint test; nothing where it can."""
    if one.row.published_qualifier in BOUNDS:
        return f"a bound: '{one.row.published_as_printed}'"
    if not one.row.published_se:
        return "the published figure has no known error"
    if one.place is None or side_of(one.row) is None:
        return "the new estimate has no standard error"
    return ""


def unit(one: Placed) -> tuple[str, str]:
    """Name what an item is measured in: shares are alike, means only on one scale."""
    scale = one.figure.item.scale
    return one.row.statistic, scale.scale_id if scale is not None and one.row.statistic == "mean" else ""


def family_of(one: Placed) -> tuple[int, ...]:
    """Name the items whose covariance with this one is known."""
    return one.place.family if one.place is not None else ()


def once_each(usable: Sequence[Placed]) -> tuple[list[Placed], list[Placed]]:
    """Keep each new and each published question once: shares of one question add up, and would be tested twice."""
    kept: list[Placed] = []
    again: list[Placed] = []
    for one in usable:
        new, published = {other.row.item for other in kept}, {other.row.published_item for other in kept}
        twice = one.row.item in new or one.row.published_item in published
        (again if twice else kept).append(one)
    return kept, again


def joint_covariance(places: Sequence[Place]) -> Floats:
    """Give the covariance of new estimates of one design, each on its own terms.

    Parameters
    ----------
    places : sequence of Place
        Where they stand, in the order wanted.
    """
    first = places[0].estimates
    if all(place.estimates is first for place in places):
        return first.scatter.picked(np.array([place.row for place in places])).covariance
    return joined([place.estimates.scatter.picked(np.array([place.row])) for place in places]).covariance


def entry(one: Placed) -> Entry:
    """Give an item as numbers."""
    row, side = one.row, side_of(one.row)
    assert side is not None and row.published is not None and row.published_se is not None
    return Entry(
        item=row.item,
        label=row.label,
        published_id=row.published_id,
        new=side.value,
        new_se=side.se,
        new_df=side.df,
        new_n=math.nan if row.n is None else row.n,
        published=row.published,
        published_se=row.published_se,
        published_n=math.nan if row.published_n is None else row.published_n,
        rounding=one.rounding or 0.0,
        deff=row.published_deff if row.published_deff_assumed else None,
        nonsampling=row.nonsampling,
        provenance=row.provenance,
    )
