"""Which contrasts are asked for: texts, coefficients, or every group beside others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from numbers import Real
from typing import Literal, cast, get_args

from ...data.errors import EstimationError
from .contrast_text import parts_of, read
from .row_names import RowNames
from .slopes import Value

Coefficients = Mapping[str, float]
"""Coefficients of rows, e.g. ``{"urban": 1, "rural": -1}``."""

Set = Literal["pairwise", "reference", "others"]
"""Ready-made sets: all pairs, each group less a reference, each group less the mean of the others."""

Wanted = str | Coefficients | Sequence[str | Coefficients] | Mapping[str, str | Coefficients]
"""A text or coefficients, several of them, or several by name; or a ready-made set."""

MOST = 50_000
"""Contrasts that are made in one call."""

MOST_ROWS = 4_000
"""Estimates whose covariance with each other is worked out."""

Planned = list[tuple[str, Value]]
"""Contrasts by name, with their values and slopes."""


def planned(wanted: Wanted, names: RowNames, estimates: Sequence[float], reference: str | None) -> Planned:
    """Compute every contrast that is asked for.

    Raises
    ------
    EstimationError
        When a contrast cannot be read, is not defined, or there are too many.
    UnknownNameError
        When it names a row that does not exist.
    """
    if isinstance(wanted, str) and wanted in get_args(Set):
        return _ready_made(cast(Set, wanted), names, estimates, reference)
    if reference is not None:
        raise EstimationError("reference= belongs to contrasts='reference', which takes it from every other group.")
    found = [(label, _one(each, names, estimates)) for label, each in _listed(wanted, names)]
    if not found:
        raise EstimationError("no contrast is named; write one such as 'urban - rural', or contrasts='pairwise'.")
    twice = sorted({label for label, _ in found if [name for name, _ in found].count(label) > 1})
    if twice:
        raise EstimationError(f"contrast '{twice[0]}' is asked for more than once; name each once.")
    return found


def _listed(wanted: Wanted, names: RowNames) -> Iterator[tuple[str, str | Coefficients]]:
    """Give each contrast with its name: the text itself where it has no other."""
    if not isinstance(wanted, str | Mapping | Sequence):
        raise EstimationError(
            f"contrasts is {wanted!r}; write one such as 'urban - rural', coefficients such as {{'urban': 1, 'rural': "
            "-1}, several of these in a list, or 'pairwise'."
        )
    if isinstance(wanted, Mapping):
        if wanted and all(isinstance(value, Real) for value in wanted.values()):
            yield _label(cast(Coefficients, wanted)), cast(Coefficients, wanted)
        else:
            yield from ((str(name), each) for name, each in cast(Mapping[str, str | Coefficients], wanted).items())
    else:
        for each in [wanted] if isinstance(wanted, str) else wanted:
            yield (_label(each) if isinstance(each, Mapping) else str(each).strip()), each


def _label(coefficients: Coefficients) -> str:
    """Write coefficients as a text, e.g. ``urban - 0.5 * rural``."""
    text = ""
    for name, coefficient in coefficients.items():
        number = _number(name, coefficient)
        size = "" if abs(number) == 1 else f"{abs(number):g} * "
        sign = "-" if number < 0 else "+"
        text += f" {sign} {size}{name}" if text else f"{'-' if number < 0 else ''}{size}{name}"
    return text


def _number(name: str, coefficient: object) -> float:
    if not isinstance(coefficient, Real) or isinstance(coefficient, bool) or not math.isfinite(coefficient):
        raise EstimationError(f"the coefficient of {name} is {coefficient!r}; it needs a number.")
    return float(coefficient)


def _one(wanted: str | Coefficients, names: RowNames, estimates: Sequence[float]) -> Value:
    if not isinstance(wanted, Mapping):
        return read(wanted, names.find).at(estimates)
    slopes: dict[int, float] = {}
    for name, coefficient in wanted.items():
        row = names.find((name,)) if name in names else names.find(parts_of(name))
        slopes[row] = slopes.get(row, 0.0) + _number(name, coefficient)
    return _linear(slopes, estimates)


def _linear(slopes: dict[int, float], estimates: Sequence[float]) -> Value:
    return Value(sum(slope * float(estimates[row]) for row, slope in slopes.items()), slopes, 1)


def _ready_made(wanted: Set, names: RowNames, estimates: Sequence[float], reference: str | None) -> Planned:
    if reference is not None and wanted != "reference":
        raise EstimationError(f"reference= belongs to contrasts='reference', not to contrasts='{wanted}'.")
    families = [rows for rows in _families(names) if len(rows) > 1]
    if not families:
        raise EstimationError(
            f"contrasts='{wanted}' needs at least two groups of one item; estimate by a key, or several items."
        )
    rows = sum(map(len, families))
    several = sum(len(own) * (len(own) - 1) // 2 for own in families) if wanted == "pairwise" else rows
    if rows > MOST_ROWS or several > MOST:
        raise EstimationError(
            f"contrasts='{wanted}' of {rows:,} estimates makes {several:,} contrasts; at most {MOST:,} contrasts of "
            f"{MOST_ROWS:,} estimates are made at once. Name the contrasts you need, or leave groups out with where=."
        )
    made = {"pairwise": _pairwise, "others": _others}
    if wanted in made:
        return [one for rows in families for one in made[wanted](rows, names, estimates)]
    return [one for rows in families for one in _less_reference(rows, names, estimates, reference)]


def _families(names: RowNames) -> list[list[int]]:
    """Give the rows that are held beside each other: alike but for the keys, else the category, else the item."""
    fields = list(dict.fromkeys(field.key for row in names.rows for field in row))
    others = [name for name in fields if name not in ("estimates", "item", "category", *names.keys)]
    told_apart = [list(names.keys), ["category"], others, ["item"]]
    varying = next(each for each in told_apart if each and set(each) & set(fields))
    families: dict[tuple[str, ...], list[int]] = {}
    for at, row in enumerate(names.rows):
        held = tuple(field.shown for field in row if field.key not in varying)
        families.setdefault(held, []).append(at)
    return list(families.values())


def _pairwise(rows: Sequence[int], names: RowNames, estimates: Sequence[float]) -> Iterator[tuple[str, Value]]:
    for first, second in combinations(rows, 2):
        yield f"{names.name(first)} - {names.name(second)}", _linear({first: 1.0, second: -1.0}, estimates)


def _others(rows: Sequence[int], names: RowNames, estimates: Sequence[float]) -> Iterator[tuple[str, Value]]:
    share = -1 / (len(rows) - 1)
    for row in rows:
        slopes = {other: 1.0 if other == row else share for other in rows}
        yield f"{names.name(row)} - mean of the others", _linear(slopes, estimates)


def _less_reference(
    rows: Sequence[int], names: RowNames, estimates: Sequence[float], reference: str | None
) -> Iterator[tuple[str, Value]]:
    base = rows[0] if reference is None else names.find_among(rows, reference)
    for row in rows:
        if row != base:
            yield f"{names.name(row)} - {names.name(base)}", _linear({row: 1.0, base: -1.0}, estimates)
