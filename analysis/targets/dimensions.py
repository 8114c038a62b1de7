"""Which margins are wanted: each dimension with its columns, and its figures by the codes of those columns.

A dimension of one column is named after it; a joint one crosses several, ``"sex*age4"``, and so do its categories,
``"1*3"`` or ``("1", "3")``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...data.errors import UnknownNameError, WeightingError
from ...data.margins import CROSSED, margins_named
from ..sampling.categories import code_text, names_of

if TYPE_CHECKING:
    from ...data.codebook import Study

Key = str | tuple[str, ...]
"""A name, or the names of several columns or categories that are crossed."""

Given = Mapping[Key, Mapping[Key, float]] | Mapping[str, Mapping[str, float]] | Mapping[str, pd.Series] | str | Path
"""Margins: by dimension, the share or count of each category; or the name of shipped margins, or a CSV file."""

On = str | Sequence[Key] | Mapping[str, Key] | None
"""Which dimensions, perhaps each with its columns."""

Joins = Mapping[str, Mapping[str, Sequence[Key]]] | None
"""By dimension, categories that count as one, under their new name."""

ROUNDING = 0.005
"""How far printed shares may be from adding up to 1; they are brought to 1, with a note."""


@dataclass(frozen=True, eq=False)
class Wanted:
    """One margin as it was asked for.

    Attributes
    ----------
    name : str
        Dimension, e.g. ``"age4"`` or ``"sex*age4"``.
    columns : tuple of str
        Columns of the data that it crosses.
    figures : mapping of tuple of str to float
        Share or count by the code of each column.
    joined : mapping of str to tuple of tuple of str
        Categories that count as one, by their new name.
    """

    name: str
    columns: tuple[str, ...]
    figures: Mapping[tuple[str, ...], float]
    joined: Mapping[str, tuple[tuple[str, ...], ...]]

    @property
    def column(self) -> str:
        """The columns as results name them."""
        return CROSSED.join(self.columns)

    @property
    def total(self) -> float:
        """What the figures add up to."""
        return math.fsum(self.figures.values())

    @property
    def counted(self) -> bool:
        """Whether the figures are population counts; shares otherwise."""
        return abs(self.total - 1) > ROUNDING


def dimensions(study: Study, margins: Given, on: On, join: Joins = None) -> tuple[Wanted, ...]:
    """Give the margins that are wanted.

    Raises
    ------
    WeightingError
        When there is none, figures are no shares or counts, or a category is not named by one code for each column.
    UnknownNameError
        When a dimension does not exist.

    Examples
    --------
    >>> import pandas as pd
    >>> from ...data.codebook import study_of
    >>> wave = study_of(pd.DataFrame({"sex": ["f", "m"], "age": [1, 2]}))
    >>> (both,) = dimensions(wave, {"sex*age": {"f*1": 0.4, "m*2": 0.6}}, None)
    >>> both.columns, dict(both.figures)
    (('sex', 'age'), {('f', '1'): 0.4, ('m', '2'): 0.6})
    """
    margins = read_if_named(margins)
    if not isinstance(margins, Mapping):
        raise WeightingError(
            f"margins is {margins!r}; it gives by variable the share or count of each category, e.g. "
            "{'sex': {'f': 0.51, 'm': 0.49}}, or is made by margins('cn-adults-2020') or read_margins('margins.csv')."
        )
    _check_joins(join)
    named = {_text(key): figures for key, figures in margins.items()}
    found = []
    for dimension, columns in _chosen(study, named, on).items():
        if dimension not in named:
            raise UnknownNameError("margin", dimension, named)
        found.append(_wanted(dimension, columns, named[dimension], (join or {}).get(dimension, {})))
    unused = [name for name in join or {} if name not in [each.name for each in found]]
    if unused:
        raise UnknownNameError("margin to join categories of", unused[0], [each.name for each in found])
    if not found:
        raise WeightingError("there is no margin to rake on; give at least one, e.g. {'sex': {'f': 0.51, 'm': 0.49}}.")
    return tuple(found)


def read_if_named(margins: object) -> Any:
    """Give the margins that a text names: those that ship by their name, others by their CSV file.

    Raises
    ------
    WeightingError
        When given a table, which does not say what its columns are.
    FileError, RegistryError, UnknownNameError
        When the file or the name is not there, or the file has findings.

    Examples
    --------
    >>> read_if_named("cn-adults-2020").name, read_if_named({"sex": {"f": 1.0}})
    ('cn-adults-2020', {'sex': {'f': 1.0}})
    """
    if isinstance(margins, pd.DataFrame):
        raise WeightingError(
            f"margins is a table with the columns {', '.join(map(str, margins.columns))}; give a dict of dimensions, "
            "each a dict or a Series by category, e.g. {'sex': table.set_index('sex')['share']}, or write the table "
            "as a file of margins and read it with read_margins."
        )
    return margins_named(str(margins)) if isinstance(margins, str | Path) else margins


def by_category(given: object) -> Any:
    """Give a Series of figures as a mapping from its index; anything else as it is.

    Examples
    --------
    >>> by_category(pd.Series({"f": 0.51, "m": 0.49}))
    {'f': 0.51, 'm': 0.49}
    """
    if not isinstance(given, pd.Series):
        return given
    twice = given.index[given.index.duplicated()]
    if len(twice):
        raise WeightingError(f"the Series of a margin has category {_text(twice[0])} twice; give each once.")
    return dict(zip(given.index.tolist(), given.tolist(), strict=True))


def _check_joins(join: object) -> None:
    """Refuse joins that do not say by dimension what counts as one."""
    if join is None:
        return
    if not isinstance(join, Mapping) or not all(isinstance(groups, Mapping) for groups in join.values()):
        raise WeightingError(
            f"join is {join!r}; it gives by dimension the categories that count as one, under their new name, e.g. "
            "{'age4': {'45 and over': ['3', '4']}}."
        )


def _text(key: object) -> str:
    return CROSSED.join(code_text(part) for part in key) if isinstance(key, tuple) else code_text(key)


def _chosen(study: Study, named: Mapping[str, object], on: On) -> dict[str, tuple[str, ...]]:
    """Give the dimensions to weight by, each with its columns."""
    if isinstance(on, Mapping):
        return {_text(name): columns_of(study, columns) for name, columns in on.items()}
    if on is not None and not isinstance(on, str | Sequence):
        raise WeightingError(f"on is {on!r}; it names dimensions of the margins, e.g. ['sex', 'age4'] or 'sex*age4'.")
    chosen = tuple(named) if on is None else (on,) if isinstance(on, str) else tuple(on)
    return {_text(name): columns_of(study, name) for name in chosen}


def columns_of(study: Study, name: Key | Sequence[str]) -> tuple[str, ...]:
    """Give the columns that a dimension crosses.

    Examples
    --------
    >>> import pandas as pd
    >>> from ...data.codebook import study_of
    >>> columns_of(study_of(pd.DataFrame({"a*b": [1], "c": [2]})), "a*b"), columns_of(study_of(pd.DataFrame()), "a*b")
    (('a*b',), ('a', 'b'))
    """
    if not isinstance(name, str):
        return tuple(str(column) for column in names_of(name))
    return (name,) if name in study.codebook else tuple(part.strip() for part in name.split(CROSSED))


def _wanted(dimension: str, columns: tuple[str, ...], given: object, join: Mapping[str, Sequence[Key]]) -> Wanted:
    given = by_category(given)
    if not isinstance(given, Mapping):
        raise WeightingError(
            f"margin {dimension} is {given!r}; it gives the share or count of each category, e.g. "
            f"{{'{dimension}': {{'1': 0.51, '2': 0.49}}}}."
        )
    figures: dict[tuple[str, ...], float] = {}
    for key, value in given.items():
        codes = codes_of(dimension, columns, key)
        if codes in figures:
            raise WeightingError(f"margin {dimension} has category {_text(key)} twice; give each once.")
        figures[codes] = _figure(value)
    bad = [f"{_text(codes)} {value:g}" for codes, value in figures.items() if not (math.isfinite(value) and value >= 0)]
    if bad or not figures:
        raise WeightingError(
            f"margin {dimension}: {', '.join(bad) or 'no categories'}; every category needs a share or a population "
            "count of at least 0."
        )
    joined = {name: tuple(codes_of(dimension, columns, key) for key in _listed(keys)) for name, keys in join.items()}
    wanted = Wanted(dimension, columns, figures, joined)
    if wanted.counted and max(figures.values()) <= 1:
        raise WeightingError(
            f"margin {dimension}: the shares add up to {wanted.total:g}; shares (0-1) of all categories add up to 1, "
            "and population counts to the population."
        )
    return wanted


def codes_of(dimension: str, columns: tuple[str, ...], key: object) -> tuple[str, ...]:
    """Give the code of each column that a category's name stands for.

    Examples
    --------
    >>> codes_of("sex*age4", ("sex", "age4"), "1*3"), codes_of("sex", ("sex",), 1.0)
    (('1', '3'), ('1',))
    """
    if isinstance(key, tuple):
        codes = tuple(code_text(part) for part in key)
    elif len(columns) == 1:
        return (code_text(key),)
    else:
        codes = tuple(part.strip() for part in code_text(key).split(CROSSED))
    if len(codes) != len(columns):
        several = "is 1 column" if len(columns) == 1 else f"are {len(columns)} columns"
        example = CROSSED.join(str(number + 1) for number in range(len(columns)))
        raise WeightingError(
            f"margin {dimension}: category {key!r} names {len(codes)} codes, and there {several} "
            f"({', '.join(columns)}). Name one code for each: '{example}', or as a tuple."
        )
    return codes


def _figure(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def _listed(keys: object) -> tuple[object, ...]:
    return (keys,) if isinstance(keys, str) or not isinstance(keys, Sequence) else tuple(keys)
