"""The columns of a sample and of a reference beside each other, as one formula sees both.

A category is the same in both when it has the same label, or, where one of the two has no labels, the same code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ...data.codebook import Study
from ...data.errors import EstimationError, UnknownNameError, WeightingError
from ..models.formula import category_of, columns_named, predictors
from ..models.formula_columns import Column
from ..models.formula_language import factors_of, parsed
from ..sampling.categories import Bools, Categories, Floats, Ints, categories, code_text, names_of
from ..sampling.design import Design
from ..sampling.sample import combined
from ..targets.targets import OWN_CLASS

Missing = Literal["error", "own_class"]

LISTED = 12
"""Categories that a message names."""


@dataclass(frozen=True, eq=False)
class Pooled:
    """One design matrix for both, by cell: rows that are alike in every column share one.

    Attributes
    ----------
    text : str
        The right side of the formula.
    columns : mapping of str to Column
        The columns of the data that it names, by cell.
    names : tuple of str
        The columns of the matrix.
    matrix : numpy.ndarray
        Cells x columns.
    own : numpy.ndarray of int64
        For each row of the sample its cell; 0 for rows without a weight.
    other : numpy.ndarray of int64
        For each row of the reference its cell; 0 for rows that do not count.
    counted : numpy.ndarray of bool
        Which rows of the reference count: those of its subpopulation with a weight.
    notes : tuple of str
        Rows without a value that are a class of their own.
    """

    text: str
    columns: Mapping[str, Column]
    names: tuple[str, ...]
    matrix: Floats
    own: Ints
    other: Ints
    counted: Bools
    notes: tuple[str, ...]


def pooled(
    design: Design, reference: Design, on: str | Sequence[str], missing: Missing = "error", inside: Bools | None = None
) -> Pooled:
    """Read the columns of both, and match their categories.

    Parameters
    ----------
    design, reference : Design
        The sample, and the reference.
    on : str or sequence of str
        Columns, or the right side of a formula.
    missing : {"error", "own_class"}
        What becomes of rows without a value of a category.
    inside : numpy.ndarray of bool, optional
        Which rows of the sample are looked at; all with a weight without it.

    Raises
    ------
    WeightingError
        When the two do not have the same categories, or values are missing.
    EstimationError
        When the formula cannot be read.
    UnknownNameError
        When one of the two lacks a column.
    """
    if missing not in ("error", "own_class"):
        raise WeightingError(f"missing is {missing!r}; it can be 'error' or 'own_class'.")
    text = _right_side(design.study, on)
    factors = factors_of(parsed(text, text))
    here = (design.weights > 0) if inside is None else inside & (design.weights > 0)
    there = reference.inside & (reference.weights > 0)
    sides = _read(design, text, "the sample", here), _read(reference, text, "the reference", there)
    notes: list[str] = []
    columns = {name: _joined(name, sides[0], sides[1], factors, missing, notes) for name in sides[0].columns}
    cell, first = _cells([_codes(column) for column in columns.values()], sum(len(side.rows) for side in sides))
    plain = {"1", *columns}
    elementary = all(factor.strip("`") in plain or category_of(factor) in plain for factor in factors)
    made = predictors(text, columns, first if elementary else np.arange(len(cell)), text, intercept=True)
    if "Intercept" not in made.terms:
        raise WeightingError(f"on='{text}' leaves out the constant, without which weights have no sum; take out '- 1'.")
    counted = len(sides[0].rows)
    return Pooled(
        text=text,
        columns={name: column.within(first) for name, column in columns.items()},
        names=made.names,
        matrix=np.asfortranarray(made.matrix if elementary else made.matrix[first]),
        own=_spread(cell[:counted], sides[0].rows, len(design.weights)),
        other=_spread(cell[counted:], sides[1].rows, len(reference.weights)),
        counted=there,
        notes=tuple(notes),
    )


@dataclass(frozen=True, eq=False)
class _Side:
    """One of the two samples: what it is called, its columns, and the rows that count."""

    called: str
    study: Study
    columns: Mapping[str, Column]
    rows: Ints

    def column(self, name: str) -> Column:
        """Give a column on the rows that count."""
        return self.columns[name].within(self.rows)


def _right_side(study: Study, on: str | Sequence[str]) -> str:
    """Write columns as the right side of a formula; text that is no column is one already."""
    if isinstance(on, str) and on not in study.codebook:
        if not on.strip():
            raise WeightingError("on names nothing; name the columns that both samples have, e.g. on=['sex', 'age4'].")
        return on
    names = names_of(on)
    if not names:
        raise WeightingError("on names nothing; name the columns that both samples have, e.g. on=['sex', 'age4'].")
    return " + ".join(name if name.isidentifier() else f"`{name}`" for name in dict.fromkeys(names))


def _read(design: Design, text: str, called: str, counted: Bools) -> _Side:
    try:
        columns = columns_named(design.study, text, text)
    except UnknownNameError as error:
        raise UnknownNameError("variable", error.name, design.study.codebook.names, called) from None
    if not columns:
        raise WeightingError(f"on='{text}' names no column; name those that both samples have, e.g. ['sex', 'age4'].")
    return _Side(called, design.study, columns, np.flatnonzero(counted))


def _joined(
    name: str, sample: _Side, reference: _Side, factors: Sequence[str], missing: Missing, notes: list[str]
) -> Column:
    """Put a column of the sample and of the reference under one another."""
    both = sample.column(name), reference.column(name)
    if any(column.categorical for column in both):
        return _joined_categories(name, sample, reference, missing, notes)
    for side, column in zip((sample, reference), both, strict=True):
        if column.missing.any():
            raise WeightingError(
                _missing_text(name, side, int(column.missing.sum()), "a number has no class of its own")
            )
    values = np.concatenate([column.values for column in both])
    if any(category_of(factor) == name for factor in factors):
        _refuse_other_values(name, *(np.unique(column.values.astype(np.float64)) for column in both))
    return replace(both[0], values=values, missing=np.zeros(len(values), dtype=bool))


def _joined_categories(name: str, sample: _Side, reference: _Side, missing: Missing, notes: list[str]) -> Column:
    """Put categories under one another, as the sample calls them."""
    own, other = categories(sample.study, name), categories(reference.study, name)
    here, there = own.positions[sample.rows], renamed(own, other)[other.positions[reference.rows]]
    absent = here < 0, other.positions[reference.rows] < 0
    _refuse_other_categories(own, other, here, there, other.positions[reference.rows])
    positions, levels = np.concatenate([here, there]), tuple(code_text(shown) for shown in own.shown)
    if any(side.any() for side in absent):
        _check_missing(name, sample, reference, absent, missing)
        counts = f"{int(absent[0].sum()):,} rows of the sample and {int(absent[1].sum()):,} of the reference"
        notes.append(f"{name}: {counts} without a value are a class of their own.")
        positions, levels = np.where(np.concatenate(absent), len(levels), positions), (*levels, OWN_CLASS)
    codes = tuple(value for value in own.values if isinstance(value, float))
    known = codes if len(codes) == len(levels) else None
    return Column(name, positions, np.zeros(len(positions), dtype=bool), {}, levels, known)


def renamed(own: Categories, other: Categories) -> Ints:
    """Give for each category of the reference, and in the last place for none, its place in the sample; else -1.

    Examples
    --------
    >>> here = Categories("sex", np.array([0, 1]), (1.0, 2.0), ("m", "f"), ("m", "f"))
    >>> renamed(here, Categories("sex", np.array([0]), (2.0, 9.0), (2, 9), (2, 9))).tolist()
    [1, -1, -1]
    """
    labelled = [any(str(label) != code_text(value) for label, value in _pairs(each)) for each in (own, other)]
    places = np.full(len(other.values) + 1, -1, dtype=np.int64)
    for at, (value, shown) in enumerate(zip(other.values, other.shown, strict=True)):
        if labelled[0] and labelled[1]:
            places[at] = _by_label(own, str(shown))
        elif labelled[1]:
            places[at] = next((i for i, mine in enumerate(own.values) if _found(other, mine) == at), -1)
        else:
            places[at] = _found(own, value)
    return places


def _pairs(coded: Categories) -> list[tuple[object, object]]:
    return list(zip(coded.labels, coded.values, strict=True))


def _by_label(coded: Categories, label: str) -> int:
    for names in ([str(shown) for shown in coded.shown], [str(shown).casefold().strip() for shown in coded.shown]):
        if names.count(label) == 1:
            return names.index(label)
        label = label.casefold().strip()
    return -1


def _found(coded: Categories, wanted: str | float) -> int:
    try:
        return coded.find(wanted)
    except EstimationError as error:
        raise WeightingError(str(error)) from None
    except UnknownNameError:
        return -1


def _refuse_other_categories(own: Categories, other: Categories, here: Ints, there: Ints, positions: Ints) -> None:
    """Refuse categories that only one of the two has: nothing says how many people those of the other stand for."""
    only_here = sorted(set(here[here >= 0].tolist()) - set(there.tolist()))
    unmatched = np.unique(positions[(positions >= 0) & (there < 0)]).tolist()
    only_there = sorted(set(there[there >= 0].tolist()) - set(here.tolist()))
    if not only_here and not unmatched and not only_there:
        return
    lines = [f"{own.name} does not have the same categories in the sample and in the reference."]
    lines.append(f"  in the sample:    {_written(own, np.unique(here[here >= 0]).tolist())}")
    lines.append(f"  in the reference: {_written(other, np.unique(positions[positions >= 0]).tolist())}")
    if only_here:
        lines.append(f"  only in the sample:    {_written(own, only_here)}")
    if unmatched or only_there:
        said = [text for text in (_written(other, unmatched), _written(own, only_there)) if text]
        lines.append(f"  only in the reference: {', '.join(said)}")
    lines.append(
        "Label or code them alike, join categories that one of the two lacks, or leave out of the reference the people "
        "whom the sample cannot reach (subset), and say so."
    )
    raise WeightingError("\n".join(lines))


def _written(coded: Categories, places: Sequence[int]) -> str:
    texts = []
    for at in places[:LISTED]:
        code, shown = code_text(coded.values[at]), str(coded.shown[at])
        texts.append(code if code == shown else f"{code} ({shown})")
    return ", ".join(texts) + (f" and {len(places) - LISTED} more" if len(places) > LISTED else "")


def _refuse_other_values(name: str, here: Floats, there: Floats) -> None:
    """Refuse numbers of which the formula makes categories that only one of the two has."""
    odd = np.setxor1d(here, there)
    if len(odd):
        where = ["the sample" if value in here else "the reference" for value in odd[:LISTED]]
        listed = ", ".join(f"{code_text(float(v))} only in {w}" for v, w in zip(odd[:LISTED], where, strict=True))
        raise WeightingError(
            f"C({name}) does not have the same values in the sample and in the reference: {listed}. Join values, or "
            "enter the column as a number."
        )


def _check_missing(name: str, sample: _Side, reference: _Side, absent: tuple[Bools, Bools], missing: Missing) -> None:
    side, rows = next((side, rows) for side, rows in zip((sample, reference), absent, strict=True) if rows.any())
    if missing == "error":
        remedy = "choose missing='own_class' where both have such rows"
        raise WeightingError(_missing_text(name, side, int(rows.sum()), remedy))
    if not all(rows.any() for rows in absent):
        other = reference if side is sample else sample
        remedy = f"{other.called} has none, so they cannot be a class of their own"
        raise WeightingError(_missing_text(name, side, int(rows.sum()), remedy))


def _missing_text(name: str, side: _Side, rows: int, remedy: str) -> str:
    return (
        f"{name} is missing in {rows:,} of {len(side.rows):,} weighted rows of {side.called}, so nothing says whom "
        f"they stand for. Fill them in or leave them out; {remedy}."
    )


def _cells(codes: Sequence[Ints], rows: int) -> tuple[Ints, Ints]:
    """Number the combinations that occur as they come, and give the first row of each, ascending."""
    code = combined(codes, rows)
    first = np.zeros(int(code.max()) + 1, dtype=np.int64)
    first[code[::-1]] = np.arange(rows)[::-1]
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place[code], first[order]


def _codes(column: Column) -> Ints:
    """Give for each row a number of its value."""
    if column.categorical:
        return np.asarray(column.values, dtype=np.int64)
    return np.asarray(np.unique(column.values, return_inverse=True)[1], dtype=np.int64)


def _spread(cell: Ints, rows: Ints, size: int) -> Ints:
    wide = np.zeros(size, dtype=np.int64)
    wide[rows] = cell
    return wide
