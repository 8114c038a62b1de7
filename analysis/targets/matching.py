"""The categories of a margin matched to those of the data, or the mismatch laid out side by side."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...data.errors import EstimationError, UnknownNameError, WeightingError
from ...data.margins import CROSSED
from ..sampling.categories import Bools, Categories, Ints, Shown, code_text
from .crossing import Crossing
from .dimensions import Wanted

SAME_SHARE = 1e-9
"""How far two margins may differ in what they say of one category."""

Place = int
"""A category of the data, in one column or in several that are crossed; -1 for none."""


@dataclass(frozen=True, eq=False)
class Class:
    """One category to be weighted to its target: of the margin, or several of them joined.

    Attributes
    ----------
    shown : str, int, float or bool
        As printed.
    codes : tuple of tuple of str
        The categories of the margin that it holds.
    places : frozenset of Place
        Those of the data.
    value : float
        Its share or count.
    """

    shown: Shown
    codes: tuple[tuple[str, ...], ...]
    places: frozenset[Place]
    value: float


@dataclass(frozen=True, eq=False)
class Match:
    """A margin with its classes found in the data.

    Attributes
    ----------
    wanted : Wanted
        The margin.
    classes : tuple of Class
        In the order of the margin.
    code : numpy.ndarray of int64
        For each cell its class; the number of classes where a value is missing, 0 where nobody has a weight.
    shares : mapping of Place to float
        Share of each category.
    """

    wanted: Wanted
    classes: tuple[Class, ...]
    code: Ints
    shares: Mapping[Place, float]


@dataclass(frozen=True, eq=False)
class Listed:
    """The categories of the columns of a margin, and where each cell lies among them.

    Attributes
    ----------
    columns : tuple of Categories
        The categories that somebody with a weight has.
    places : numpy.ndarray of int64
        For each cell its category, -1 where it is missing in a column.
    counted : numpy.ndarray of bool
        For each cell whether somebody in it has a weight.
    """

    columns: tuple[Categories, ...]
    places: Ints
    counted: Bools

    @classmethod
    def of(cls, crossing: Crossing, columns: Sequence[Categories]) -> Listed:
        """List the cells of a crossing by some of its columns, whose ``positions`` are those of their values."""
        found = np.zeros(len(crossing.weight), dtype=np.int64)
        for each in columns:
            at = np.append(each.positions, -1)[crossing.codes[crossing.place(each.name)]]
            found = np.where((found < 0) | (at < 0), -1, found * len(each.values) + at)
        return cls(tuple(columns), found, crossing.count > 0)

    @cached_property
    def present(self) -> frozenset[Place]:
        """The categories that somebody with a weight has."""
        return frozenset(np.unique(self.places[self.counted & (self.places >= 0)]).tolist())

    def find(self, codes: tuple[str, ...], dimension: str) -> Place:
        """Give the category of the data that codes or labels name; -1 where there is none."""
        place = 0
        try:
            for column, code in zip(self.columns, codes, strict=True):
                place = place * len(column.values) + column.find(code)
        except UnknownNameError:
            return -1
        except EstimationError as error:
            raise WeightingError(f"margin {dimension}: {error}") from None
        return place

    def parts(self, place: Place) -> tuple[int, ...]:
        """Give the place of a category in each column."""
        shape = [len(column.values) for column in self.columns]
        return tuple(int(at) for at in np.unravel_index(place, shape))

    def shown(self, place: Place) -> Shown:
        """Give a category as printed."""
        if len(self.columns) == 1:
            return self.columns[0].shown[place]
        pairs = zip(self.columns, self.parts(place), strict=True)
        return CROSSED.join(str(column.shown[at]) for column, at in pairs)

    def written(self, place: Place) -> str:
        """Give a category by its code, and by its label where it has one."""
        pairs = zip(self.columns, self.parts(place), strict=True)
        code, shown = CROSSED.join(code_text(column.values[at]) for column, at in pairs), str(self.shown(place))
        return code if code == shown else f"{code} ({shown})"


def matched(wanted: Wanted, listed: Listed) -> Match:
    """Find the categories of a margin in the data.

    Raises
    ------
    WeightingError
        When margin and data do not name the same categories: both lists, side by side.
    UnknownNameError
        When a category to be joined is neither in the margin nor in the data.
    """
    places = {codes: listed.find(codes, wanted.name) for codes in wanted.figures}
    wanted = _by_one_name(wanted, listed, places)
    classes, unfound, taken = list[Class](), list[Class](), set[Place]()
    for each in _classes(wanted, listed, places):
        here = each.places & listed.present
        if here and not here & taken and each.value > 0:
            classes.append(each)
            taken |= here
        elif here or each.value > 0:
            unfound.append(each)
    if unfound or listed.present - taken:
        raise WeightingError(_side_by_side(wanted, listed, unfound, listed.present - taken))
    total = wanted.total
    shares = {place: wanted.figures[codes] / total for codes, place in places.items() if place >= 0}
    return Match(wanted, tuple(classes), _codes(classes, listed), shares)


def _by_one_name(wanted: Wanted, listed: Listed, places: Mapping[tuple[str, ...], Place]) -> Wanted:
    """Call categories that are joined as the margin calls them, whether by code or by label."""
    known = {place: codes for codes, place in places.items() if place >= 0}
    joined = {
        name: tuple(known.get(listed.find(codes, wanted.name), codes) for codes in members)
        for name, members in wanted.joined.items()
    }
    for name, members in joined.items():
        own, targeted = _own(wanted, name), any(codes in wanted.figures for codes in members)
        if own is not None and not targeted and listed.find(own, wanted.name) in listed.present:
            joined[name] = (own, *members)
    return replace(wanted, joined=joined)


def _own(wanted: Wanted, name: str) -> tuple[str, ...] | None:
    """Give the category of the margin that a class is called after, which may be coarser than those of the data."""
    text = code_text(name)
    own = (text,) if len(wanted.columns) == 1 else tuple(part.strip() for part in text.split(CROSSED))
    return own if own in wanted.figures else None


def _codes(classes: Sequence[Class], listed: Listed) -> Ints:
    """Give for each cell its class, the number of classes where a value is missing, 0 where nobody has a weight."""
    class_of = {place: at for at, each in enumerate(classes) for place in each.places}
    found, which = np.unique(listed.places, return_inverse=True)
    code = np.array([class_of.get(place, len(classes)) for place in found.tolist()], dtype=np.int64)
    return np.where(listed.counted, code[which], 0)


def _classes(wanted: Wanted, listed: Listed, places: Mapping[tuple[str, ...], Place]) -> list[Class]:
    """Give the categories of the margin, those that are joined as one, where the first of them stands."""
    groups = _groups(wanted, listed)
    found, told = list[Class](), set[str]()
    for codes, value in wanted.figures.items():
        place = places[codes]
        name = groups.get(codes)
        if name is None:
            shown = CROSSED.join(codes) if place < 0 else listed.shown(place)
            found.append(Class(shown, (codes,), frozenset({place} - {-1}), value))
        elif name not in told:
            told.add(name)
            found.append(_joined(wanted, listed, name))
    return found


def _groups(wanted: Wanted, listed: Listed) -> dict[tuple[str, ...], str]:
    """Give for each category that is joined the name of its class."""
    found: dict[tuple[str, ...], str] = {}
    for name in wanted.joined:
        members = _members(wanted, listed, name)
        for codes in members:
            if codes in found:
                raise WeightingError(
                    f"margin {wanted.name}: category {CROSSED.join(codes)} is to be joined into {found[codes]} and "
                    f"into {name}; name it once."
                )
            found[codes] = name
        if not any(codes in wanted.figures for codes in members):
            raise WeightingError(
                f"margin {wanted.name}: {name} joins {_several(members)}, and none of them has a target; the margin "
                f"has {_several(wanted.figures)}."
            )
    return found


def _members(wanted: Wanted, listed: Listed, name: str) -> tuple[tuple[str, ...], ...]:
    """Give what is joined under a name, with the category of the margin that it is called after, if nobody has it."""
    members, own = wanted.joined[name], _own(wanted, name)
    if own is None or own in members or listed.find(own, wanted.name) in listed.present:
        return members
    return (own, *members)


def _joined(wanted: Wanted, listed: Listed, name: str) -> Class:
    members = _members(wanted, listed, name)
    places = {codes: listed.find(codes, wanted.name) for codes in members}
    for codes, place in places.items():
        if place < 0 and codes not in wanted.figures:
            known = [*map(CROSSED.join, wanted.figures), *(str(listed.shown(each)) for each in sorted(listed.present))]
            raise UnknownNameError(f"category of {wanted.name}", CROSSED.join(codes), list(dict.fromkeys(known)))
    here = frozenset({*places.values()} - {-1})
    targeted = tuple(codes for codes in members if codes in wanted.figures)
    return Class(name, targeted, here, sum(wanted.figures[codes] for codes in targeted))


def _several(categories: Sequence[tuple[str, ...]] | Mapping[tuple[str, ...], float]) -> str:
    return ", ".join(CROSSED.join(codes) for codes in categories)


def _side_by_side(wanted: Wanted, listed: Listed, unfound: Sequence[Class], untargeted: frozenset[Place]) -> str:
    columns = f"column {wanted.column}" if len(wanted.columns) == 1 else f"columns {', '.join(wanted.columns)}"
    lines = [f"margin {wanted.name} and {columns} do not name the same categories."]
    lines.append(f"  in the margin: {_several(wanted.figures)}")
    there = ", ".join(listed.written(place) for place in sorted(listed.present))
    lines.append(f"  in the data:   {there or 'nobody has a value'}")
    absent = [each for each in unfound if each.value > 0]
    zero = [each for each in unfound if each.value <= 0]
    untargeted -= {place for each in zero for place in each.places}
    if absent:
        lines.append(f"  without rows of their own in the data: {', '.join(map(_named, absent))}")
    if zero:
        lines.append(f"  with rows in the data, but with a target of 0: {', '.join(map(_named, zero))}")
    if untargeted:
        lines.append(f"  without a target: {', '.join(listed.written(place) for place in sorted(untargeted))}")
    lines.append(
        "Name the categories alike, join those that are thin or stand on one side alone "
        f"(join={{'{wanted.name}': {{'new name': ['one', 'other']}}}}; in poststratify also minimum=1), or leave the "
        "margin out (on=...)."
    )
    return "\n".join(lines)


def _named(unfound: Class) -> str:
    return _several(unfound.codes) if len(unfound.codes) == 1 else str(unfound.shown)


def refuse_contradictions(found: Sequence[tuple[Match, Listed]]) -> None:
    """Refuse margins that say different things of a column that both have.

    Raises
    ------
    WeightingError
        With both shares.
    """
    for (one, here), (two, there) in itertools.combinations(found, 2):
        common = [column for column in one.wanted.columns if column in two.wanted.columns]
        if not common:
            continue
        first, second = _marginal(one, here, common), _marginal(two, there, common)
        for place in sorted({*first, *second}):
            gap = abs(first.get(place, 0.0) - second.get(place, 0.0))
            if gap > SAME_SHARE:
                shown = Listed(tuple(c for c in here.columns if c.name in common), here.places, here.counted)
                raise WeightingError(
                    f"margins {one.wanted.name} and {two.wanted.name} contradict each other: of {', '.join(common)} "
                    f"{shown.shown(place)} the one says {100 * first.get(place, 0.0):.4f}%, the other "
                    f"{100 * second.get(place, 0.0):.4f}%. Weight on one of them (on=...), or bring their figures into "
                    "agreement."
                )


def _marginal(match: Match, listed: Listed, common: Sequence[str]) -> dict[int, float]:
    """Add up the shares of a joint margin by some of its columns."""
    found: dict[int, float] = {}
    for place, share in match.shares.items():
        parts = dict(zip(match.wanted.columns, listed.parts(place), strict=True))
        at = 0
        for column in listed.columns:
            if column.name in common:
                at = at * len(column.values) + parts[column.name]
        found[at] = found.get(at, 0.0) + share
    return found
