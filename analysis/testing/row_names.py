"""What the rows of estimates are called, so that a contrast can name them by item, category or key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

from ...data.codebook import Code
from ...data.errors import EstimationError, UnknownNameError
from ..estimation.estimates import Estimates
from ..sampling.categories import code_text
from .contrast_text import Name, parts_of, quoted

MORE = 3
"""Rows that a message lists when a name means several."""

PERMUTED = 4
"""Parts of a name that are tried in every order."""


@dataclass(frozen=True)
class Field:
    """One part of what a row is called.

    Attributes
    ----------
    key : str
        ``"item"``, ``"category"``, the name of a key, or ``"estimates"``.
    shown : str
        As it is printed.
    texts : tuple of str
        How else it may be written: its code.
    """

    key: str
    shown: str
    texts: tuple[str, ...]


class RowNames:
    """The names of a result's rows.

    Parameters
    ----------
    rows : sequence of sequence of Field
        For each row its fields: the set of estimates where there are several, item, category, keys.
    keys : sequence of str
        Which fields are keys of groups.
    """

    def __init__(self, rows: Sequence[Sequence[Field]], keys: Sequence[str] = ()) -> None:
        self.rows, self.keys = [tuple(row) for row in rows], tuple(keys)

    def __contains__(self, text: str) -> bool:
        """Say whether a text is, whole, a label or code of a row."""
        return text in self._index

    def find_among(self, rows: Sequence[int], text: str) -> int:
        """Give the row of some that a text means, e.g. the reference within each item."""
        chosen = RowNames([self.rows[row] for row in rows])
        return rows[chosen.find((text,) if text in self else parts_of(text))]

    def find(self, name: Name) -> int:
        """Give the row that a name means.

        A name's parts are labels or codes of a row's fields, best in their order; a part may say whose label it is,
        ``sex=f``. Fields that tell no rows apart can be left out.

        Raises
        ------
        UnknownNameError
            When no row has that name; the nearest are given.
        EstimationError
            When several rows have it; they are named.
        """
        if len(name) == 1 and ":" in name[0] and name[0] not in self:
            name = parts_of(name[0])
        for folding in (False, True):
            found = self._matching(name, folding=folding)
            exact = [row for row in found if len(self.rows[row]) == len(name)]
            if len(found) == 1 or len(exact) == 1:
                return (exact if len(exact) == 1 else found)[0]
            if found:
                self._refuse(name, found)
        raise UnknownNameError("row", ":".join(name), self._known())

    def name(self, row: int) -> str:
        """Give a row's name as it can be written in a contrast: the fields that tell rows apart.

        Examples
        --------
        >>> names = RowNames([[Field("item", "trust", ()), Field("age", age, ())] for age in ("young", "65+")])
        >>> names.name(0), names.name(1)
        ('young', '`65+`')
        """
        fields = self.rows[row]
        telling = [field for field in fields if field.key in self._varying] or [fields[0]]
        return ":".join(quoted(field.shown) for field in telling)

    def _matching(self, name: Name, *, folding: bool) -> list[int]:
        index = self._folded_index if folding else self._index
        text, key = self._asked(name[0])
        places = index.get(text.casefold() if folding else text, {})
        rows = (row for row, keys in places.items() if key is None or key in keys)
        if len(name) == 1:
            return list(rows)
        listed = list(rows)
        orders = [name] if len(name) > PERMUTED else list(permutations(name))
        for order in orders:
            found = [row for row in listed if self._carries(self.rows[row], order, folding=folding)]
            if found:
                return found
        return []

    def _carries(self, fields: tuple[Field, ...], name: Name, *, folding: bool) -> bool:
        """Say whether a row's fields carry the parts of a name in their order."""
        left = iter(fields)
        return all(self._meets(part, left, folding=folding) for part in name)

    def _meets(self, part: str, left: Iterable[Field], *, folding: bool) -> bool:
        text, key = self._asked(part)
        for field in left:
            texts = {field.shown, *field.texts}
            if folding:
                texts, text = {each.casefold() for each in texts}, text.casefold()
            if text in texts and key in (None, field.key):
                return True
        return False

    def _asked(self, part: str) -> tuple[str, str | None]:
        """Take ``sex=f`` apart, unless that is itself a label."""
        key, sign, label = part.partition("=")
        if sign and part not in self._index and key.strip() in self._keys:
            return label.strip(), key.strip()
        return part, None

    def _refuse(self, name: Name, found: Sequence[int]) -> None:
        several = ", ".join(self.name(row) for row in found[:MORE])
        more = f" and {len(found) - MORE} more" if len(found) > MORE else ""
        telling = {self.name(row) for row in found}
        remedy = (
            f"Name one, e.g. {self.name(found[0])}."
            if len(telling) == len(found)
            else (
                "Nothing tells them apart: give the estimates as a mapping of names, "
                "{'first': estimates, 'second': other}, and name first:... and second:..."
            )
        )
        raise EstimationError(f"'{':'.join(name)}' names {len(found)} rows: {several}{more}. {remedy}")

    def _known(self) -> list[str]:
        labels = {field.shown for row in self.rows for field in row if field.key in self._varying}
        return [*labels, *(self.name(row) for row in range(len(self.rows)))]

    @cached_property
    def _keys(self) -> set[str]:
        return {field.key for row in self.rows for field in row}

    @cached_property
    def _varying(self) -> set[str]:
        """Give the fields that tell rows apart."""
        values: dict[str, set[str | None]] = {key: set() for key in self._keys}
        for row in self.rows:
            own = {field.key: field.shown for field in row}
            for key, seen in values.items():
                seen.add(own.get(key))
        return {key for key, seen in values.items() if len(seen) > 1}

    @cached_property
    def _index(self) -> dict[str, dict[int, set[str]]]:
        """Index the rows by every text of their fields, each with the keys of the fields that carry it."""
        index: dict[str, dict[int, set[str]]] = {}
        for at, row in enumerate(self.rows):
            for field in row:
                for text in {field.shown, *field.texts}:
                    index.setdefault(text, {}).setdefault(at, set()).add(field.key)
        return index

    @cached_property
    def _folded_index(self) -> dict[str, dict[int, set[str]]]:
        folded: dict[str, dict[int, set[str]]] = {}
        for text, rows in self._index.items():
            for row, keys in rows.items():
                folded.setdefault(text.casefold(), {}).setdefault(row, set()).update(keys)
        return folded


def names_of_rows(sets: Sequence[tuple[str, Estimates]]) -> RowNames:
    """Give the names of the rows of one or several sets of estimates; a set without a name adds no field."""
    keys = dict.fromkeys(key for _, estimates in sets for key in estimates.by)
    return RowNames([row for name, estimates in sets for row in _fields(name, estimates)], tuple(keys))


def _fields(name: str, estimates: Estimates) -> Iterable[list[Field]]:
    own = [Field("estimates", name, ())] if name else []
    words = [str(name) for name in estimates.frame.columns[: list(estimates.frame.columns).index("estimate")]]
    listed = zip(
        estimates.frame[words].itertuples(index=False), estimates.category_codes, estimates.key_codes, strict=True
    )
    for values, categories, keys in listed:
        codes = {"category": categories, **{key: (code,) for key, code in zip(estimates.by, keys, strict=True)}}
        yield own + [
            Field(word, code_text(value), _texts(codes.get(word, ())))
            for word, value in zip(words, values, strict=True)
        ]


def _texts(codes: Sequence[Code]) -> tuple[str, ...]:
    """Give how a single code is written; several codes have no text of their own."""
    return (code_text(codes[0]),) if len(codes) == 1 else ()
