"""Columns as the estimators take them: categories as positions, numbers as floats, codes matched by name or label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data.codebook import Code, MissingKind, Study, Variable, code_of
from ...data.errors import EstimationError, UnknownNameError
from ...data.frames import plain_column
from .coding import Codes as Codes
from .coding import Coding as Coding
from .coding import coding as coding

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LARGEST = 1e150
"""Larger numbers overflow when they are squared, and every variance squares."""

SMALLEST = 1e-150
"""Smaller numbers vanish when they are squared."""

Shown = str | int | float | bool
"""A category or key as printed: its value label where it has one, else its value (``1``, not ``1.0``)."""


@dataclass(frozen=True, eq=False)
class Categories:
    """A column as positions in a list of values, in the order in which they are printed.

    Attributes
    ----------
    name : str
        Column name.
    positions : numpy.ndarray of int64
        For each row the position of its value in ``values``; -1 where it is missing.
    values : tuple of code
        The values as stored.
    shown : tuple
        The values as printed, each different: a label that two codes carry is followed by the code.
    labels : tuple
        The values as labelled; two may carry one label.
    missing : mapping of str to int
        Rows left out, by kind: ``"dont_know"``, ``"refused"``, ``"not_asked"``, ``"other"``, ``"blank"``.
    """

    name: str
    positions: Ints
    values: tuple[Code, ...]
    shown: tuple[Shown, ...]
    labels: tuple[Shown, ...]
    missing: dict[str, int] = field(default_factory=dict)

    @property
    def incomplete(self) -> bool:
        """Whether a row has no position."""
        return bool((self.positions < 0).any())

    @cached_property
    def _named(self) -> tuple[dict[str, list[int]], ...]:
        """Which values a text names: as a code, as a label, as either once case is looked past."""
        codes, labels, folded = dict[str, list[int]](), dict[str, list[int]](), dict[str, list[int]]()
        for at, (value, shown, label) in enumerate(zip(self.values, self.shown, self.labels, strict=True)):
            code, called = code_text(value), {str(shown), str(label)}
            codes.setdefault(code, []).append(at)
            for name in called:
                labels.setdefault(name, []).append(at)
            for name in {each.casefold() for each in (code, *called)}:
                folded.setdefault(name, []).append(at)
        return codes, labels, folded

    def find(self, wanted: Code, *, kind: str = "category") -> int:
        """Give the position of a value named by its code, by its code written as text, or by its label.

        Case is looked past where that leaves one value.

        Raises
        ------
        UnknownNameError
            When no category has that code or label; the nearest are given.
        EstimationError
            When several codes carry that label; they are named.
        """
        text = code_text(wanted)
        for names, sought in zip(self._named, (text, text, text.casefold()), strict=True):
            found = names.get(sought, [])
            if len(found) == 1:
                return found[0]
            if found:
                codes = " and ".join(code_text(self.values[at]) for at in found)
                raise EstimationError(f"{self.name}: '{text}' names codes {codes}; name the code you mean.")
        texts = [code_text(value) for value in self.values]
        known = [*map(str, self.shown), *(code for code in texts if code not in map(str, self.shown))]
        raise UnknownNameError(f"{kind} of {self.name}", text, known)


def categories(
    study: Study,
    name: str,
    *,
    keep: Collection[MissingKind] = (),
    unused: bool = False,
    inside: Bools | None = None,
) -> Categories:
    """Code a column by its categories.

    Labelled values come first, in the codebook's order, then the others, ascending.

    Parameters
    ----------
    study : Study
        The data.
    name : str
        Column, e.g. ``"restrict_travel"``.
    keep : collection of MissingKind
        Kinds of missing that count as categories, e.g. don't know when the base is everybody asked.
    unused : bool
        Whether labelled answers that nobody gave are listed too.
    inside : numpy.ndarray of bool, optional
        The rows whose missing values are counted; all of them without it.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.data.codebook import Codebook, Variable
    >>> sex = Variable("sex", labels={2.0: "female", 1.0: "male"})
    >>> coded = categories(Study(pd.DataFrame({"sex": [1.0, 2.0, None, 2.0]}), Codebook((sex,))), "sex")
    >>> coded.shown, coded.positions.tolist(), coded.missing
    (('female', 'male'), [1, 0, -1, 0], {'blank': 1})
    """
    coded = coding(study, name)
    counts = coded.counts()
    listed = listing(study, coded, counts[:-1] > 0, keep=keep, unused=unused)
    return replace(
        listed,
        positions=np.append(listed.positions, -1)[coded.codes],
        missing=_missing_counts(
            study.codebook[name], listed, coded, counts if inside is None else coded.counts(inside)
        ),
    )


def listing(
    study: Study, coded: Coding, present: Bools, *, keep: Collection[MissingKind] = (), unused: bool = False
) -> Categories:
    """List the values of a column as categories, as a column would have them that held each value once.

    Parameters
    ----------
    study : Study
        The data.
    coded : Coding
        The column.
    present : numpy.ndarray of bool
        For each of its values whether it is listed.
    keep, unused
        As in :func:`categories`.

    Returns
    -------
    Categories
        ``positions`` are those of the values, -1 for what is missing or not listed.
    """
    variable = _described(study, coded.name)
    kinds = [_kind(variable, value) for value in coded.values]
    allowed = [bool(here) and (kind is None or kind in keep) for kind, here in zip(kinds, present, strict=True)]
    listed = _in_order([v for v, kept in zip(coded.values, allowed, strict=True) if kept], variable, unused=unused)
    place = {value: position for position, value in enumerate(listed)}
    positions = [place[v] if kept else -1 for v, kept in zip(coded.values, allowed, strict=True)]
    labels = _labelled(listed, variable)
    return Categories(
        name=coded.name,
        positions=np.array(positions, dtype=np.int64),
        values=tuple(listed),
        shown=_told_apart(labels, listed),
        labels=labels,
        missing={},
    )


def numbers(
    study: Study, name: str, *, purpose: str = "mean", infinite: bool = False, inside: Bools | None = None
) -> tuple[Floats, dict[str, int]]:
    """Give a column as floats, missing as NaN, with the count of each kind of missing.

    Parameters
    ----------
    study : Study
        The data.
    name : str
        Column, e.g. ``"trust_central"``.
    purpose : str
        What the numbers are for, as messages say it.
    infinite : bool
        Whether infinite values are allowed.
    inside : numpy.ndarray of bool, optional
        The rows whose missing values are counted; all of them without it.

    Returns
    -------
    values : numpy.ndarray
        May be a read-only view of the column.
    missing : dict
        Count by kind; empty where no row is missing, so that it also tells whether the column is complete.

    Raises
    ------
    EstimationError
        When the column is not numeric, or holds infinite values.
    """
    variable = _described(study, name)
    values = _as_floats(study.column(name), name, purpose)
    with np.errstate(all="ignore"):
        squares = np.einsum("i,i->", values, values)  # not by BLAS, whose threads wait for a busy machine
    if squares < SMALLEST**2 and not infinite and np.nan_to_num(values).any():
        raise EstimationError(
            f"{name} holds {np.nanmax(np.abs(values)):g} at most, whose square vanishes; multiply the column."
        )
    if not (variable.missing or variable.missing_ranges) and squares < LARGEST**2:
        return values, {}  # a sum of squares below this has neither missing nor infinite values in it
    endless = 0 if infinite else int(np.isinf(values).sum())
    if endless:
        raise EstimationError(
            f"{name}: {endless} of {len(values)} values {'is' if endless == 1 else 'are'} infinite; a {purpose} needs "
            "finite numbers. Replace them, or declare their code missing in the codebook."
        )
    blank = np.isnan(values)
    missing = {"blank": _count(blank, inside)} if blank.any() else {}
    for kind, rows in _user_missing(values, variable):
        values = np.where(rows, np.nan, values)
        missing[kind.value] = missing.get(kind.value, 0) + _count(rows, inside)
    if not infinite and (np.abs(values) > LARGEST).any():
        raise EstimationError(
            f"{name} holds {np.nanmax(np.abs(values)):g}, whose square no computer number holds; divide the column, or "
            "declare that code missing in the codebook."
        )
    return values, missing


def _count(rows: Bools, inside: Bools | None) -> int:
    return int((rows if inside is None else rows & inside).sum())


def code_text(code: object) -> str:
    """Write a code the way people do: ``1.0`` as ``1``.

    Examples
    --------
    >>> code_text(1.0), code_text("f"), code_text(2.5), code_text(True)
    ('1', 'f', '2.5', 'True')
    """
    if isinstance(code, float) and code.is_integer():
        return str(int(code))
    return str(code)


def names_of(given: str | Iterable[str] | None) -> tuple[str, ...]:
    """Take one name, several, or none."""
    if given is None:
        return ()
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Iterable):
        raise EstimationError(f"{given!r} names no column; name one as text, e.g. 'trust', or several in a list.")
    return tuple(given)


def _described(study: Study, name: str) -> Variable:
    if name not in study.codebook:
        raise UnknownNameError("variable", name, study.codebook.names, study.source)
    return study.codebook[name]


def _kind(variable: Variable, value: Code) -> MissingKind | str | None:
    if isinstance(value, str) and not value.strip() and value not in variable.labels:
        return "blank"
    return variable.missing_kind(value)


def _in_order(present: list[Code], variable: Variable, *, unused: bool) -> list[Code]:
    labelled = dict.fromkeys(code_of(code) for code in variable.labels)
    here = set(present)
    first = [code for code in labelled if code in here or (unused and _kind(variable, code) is None)]
    rest = [code for code in present if code not in labelled]
    return first + sorted(rest, key=lambda code: (isinstance(code, str), code))


def _labelled(values: list[Code], variable: Variable) -> tuple[Shown, ...]:
    labels = {code_of(code): label for code, label in variable.labels.items() if label}
    if any(value in labels for value in values):
        return tuple(labels.get(value, code_text(value)) for value in values)
    whole = all(isinstance(value, float) and value.is_integer() for value in values)
    return tuple(int(value) for value in values) if whole else tuple(values)


def _told_apart(labels: tuple[Shown, ...], values: list[Code]) -> tuple[Shown, ...]:
    """Append the code to a label that several codes carry, e.g. ``"Other (8)"``."""
    times = Counter(labels)
    pairs = zip(labels, values, strict=True)
    return tuple(f"{label} ({code_text(code)})" if times[label] > 1 else label for label, code in pairs)


def _missing_counts(variable: Variable, listed: Categories, coded: Coding, counts: Ints) -> dict[str, int]:
    """Count the rows that have no position, by kind."""
    found = {"blank": int(counts[-1])} if counts[-1] else {}
    for value, position, count in zip(coded.values, listed.positions, counts[:-1], strict=True):
        kind = _kind(variable, value)
        if position < 0 and kind is not None and count:
            key = kind.value if isinstance(kind, MissingKind) else kind
            found[key] = found.get(key, 0) + int(count)
    return found


def holds_numbers(study: Study, name: str) -> bool:
    """Tell whether a column is one of numbers, which :func:`numbers` gives as floats."""
    return pd.api.types.is_numeric_dtype(_plain(study.column(name)).dtype)


def _plain(column: pd.Series) -> pd.Series:
    return plain_column(column) if column.dtype == object or isinstance(column.dtype, pd.CategoricalDtype) else column


def _as_floats(column: pd.Series, name: str, purpose: str) -> Floats:
    column = _plain(column)
    if not pd.api.types.is_numeric_dtype(column.dtype):
        remedy = (
            "For the share of each answer use proportion." if purpose in ("mean", "total") else "Name another column."
        )
        raise EstimationError(f"{name} holds {_type_name(column)}, and a {purpose} needs numbers. {remedy}")
    return np.asarray(column.to_numpy(dtype="float64", na_value=np.nan))


def _type_name(column: pd.Series) -> str:
    kind = pd.api.types.infer_dtype(column, skipna=True)
    return {"string": "text", "datetime64": "dates", "empty": "no values"}.get(kind, kind)


def _user_missing(values: Floats, variable: Variable) -> Iterable[tuple[MissingKind, Bools]]:
    for code, kind in variable.missing.items():
        if not isinstance(code, str) and (rows := values == code).any():
            yield kind, rows
            values = np.where(rows, np.nan, values)
    for stretch in variable.missing_ranges:
        if (rows := (values >= stretch.low) & (values <= stretch.high)).any():
            yield stretch.kind, rows
            values = np.where(rows, np.nan, values)
