"""Columns as small whole numbers: one pass over the rows, before anybody asks what the numbers stand for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data.codebook import Code, Study, code_of
from ...data.errors import EstimationError

SOME = 4096
"""Rows that are asked first which values a column of text has."""

TOGETHER = 100_000
"""Rows from which on several columns are coded at the same time."""

Codes = NDArray[np.integer[Any]]
"""Whole numbers of any width: added or multiplied only once they are widened."""

EXACT = 2**53
"""Beyond this floats, which codes are, skip whole numbers."""

MANY_CODES = 4096
"""Whole numbers in a narrower range than this are counted, not hashed."""


@dataclass(frozen=True, eq=False)
class Coding:
    """A column as small whole numbers, before anybody asks what they mean.

    Attributes
    ----------
    name : str
        Column name.
    codes : numpy.ndarray of int
        For each row the place of its value, in the narrowest type at hand; -1 where it is blank.
    values : tuple of code
        The values, each different: user-missing codes are among them, and perhaps values that no row has.
    """

    name: str
    codes: Codes
    values: tuple[Code, ...]

    def counts(self, inside: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Count the rows of each value, those of ``inside`` alone where it is given; the blank ones last."""
        codes = self.codes if inside is None else self.codes[inside]
        if codes.dtype.kind == "u":
            return np.bincount(codes, minlength=len(self.values) + 1)
        return np.roll(np.bincount(codes + codes.dtype.type(1), minlength=len(self.values) + 1), -1)


def coding(study: Study, name: str) -> Coding:
    """Code a column in one pass over its rows, as they are stored: categories by their codes, text by Arrow.

    Raises
    ------
    UnknownNameError
        When there is no such column.

    Examples
    --------
    >>> from ...data.codebook import study_of
    >>> coded = coding(study_of(pd.DataFrame({"sex": pd.Categorical(["m", "f", None])})), "sex")
    >>> coded.codes.tolist(), coded.codes.dtype, coded.values
    ([1, 0, -1], dtype('int8'), ('f', 'm'))
    """
    stored = study.category_column(name)
    codes, values = _factorized(study.column(name)) if stored is None else (stored.codes, stored.categories)
    return Coding(name, codes, tuple(code_of(value) for value in values))


def codings(study: Study, names: Sequence[str]) -> list[Coding]:
    """Code several columns, those of text at the same time where there are many rows.

    Examples
    --------
    >>> from ...data.codebook import study_of
    >>> [coded.values for coded in codings(study_of(pd.DataFrame({"sex": [1, 2], "age": [3, 3]})), ["sex", "age"])]
    [(1.0, 2.0), (3.0,)]
    """
    if study.rows < TOGETHER or sum(_is_text(study, name) for name in names) < 2:
        return [coding(study, name) for name in names]
    with ThreadPoolExecutor(min(len(names), os.cpu_count() or 1)) as pool:
        return list(pool.map(partial(coding, study), names))


def _is_text(study: Study, name: str) -> bool:
    return study.category_column(name) is None and isinstance(study.column(name).dtype, pd.StringDtype)


def _factorized(column: pd.Series) -> tuple[Codes, Iterable[object]]:
    """Give for each row the place of its value, -1 where it is blank, and the values; whole numbers by counting."""
    values = column.to_numpy() if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf" else None
    if values is None or not len(values) or not np.isfinite(values.sum(dtype=np.float64)):
        return _by_hashing(column)
    low, high = values.min(), values.max()
    if values.dtype.kind in "iu" and max(abs(int(low)), abs(int(high))) > EXACT:
        raise EstimationError(
            f"{column.name} holds whole numbers beyond {EXACT:,}, which codes cannot tell apart; turn the column into "
            "text."
        )
    if not float(high) - float(low) < MANY_CODES:
        return _by_hashing(column)
    narrow = np.uint8 if high - low < 256 else np.uint16
    if values.dtype.kind in "iu":
        code = np.subtract(values, low, dtype=narrow, casting="unsafe")
    else:
        code = (values - low).astype(narrow)
        if not (code + low == values).all():
            return _by_hashing(column)
    return code, np.arange(int(high - low) + 1) + low


def _by_hashing(column: pd.Series) -> tuple[Codes, Iterable[object]]:
    if isinstance(column.dtype, pd.StringDtype) and column.dtype.storage == "pyarrow":
        return _by_arrow(column)
    found, uniques = pd.factorize(column)
    return _narrowed(found, len(uniques)), uniques


def _by_arrow(column: pd.Series) -> tuple[Codes, Iterable[object]]:
    """Let Arrow look text up among the values that a part of the rows has, which is quicker than to collect them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pa.array(column)
    some = text.take(pa.array(np.linspace(0, len(text) - 1, min(len(text), SOME)).astype(np.int64)))
    known = sorted(some.drop_null().unique().to_pylist())
    places = pc.index_in(text, pa.array(known, type=text.type))
    if places.null_count > text.null_count:
        rest = text.filter(pc.is_null(places)).drop_null().unique().to_pylist()
        known = sorted([*known, *rest])
        places = pc.index_in(text, pa.array(known, type=text.type))
    if places.null_count:
        places = places.fill_null(-1)
    return _narrowed(places.to_numpy(), len(known)), known


def _narrowed(codes: Codes, values: int) -> Codes:
    """Give codes in the narrowest type that holds them, and one more."""
    return codes.astype(np.min_scalar_type(-values - 1))
