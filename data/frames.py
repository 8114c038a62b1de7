"""Plain columns: whatever a user's data frame holds, as one of the four column types every data file can keep.

Text (pandas ``str``), numbers (``float64``, or ``int64`` where whole and complete), and dates or datetimes
(``datetime64[us]``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd
from pandas.api import types

from .codebook import Variable
from .dates import CALENDAR
from .errors import CodebookError

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

EXACT_WHOLE = 2**53
"""Whole numbers beyond this are not exact as double floats, which is all SPSS and Stata have."""


class ColumnProblem(ValueError):
    """A column no data file can hold; the message completes the sentence 'column x ...'."""


def pandas_frame(data: IntoFrame) -> pd.DataFrame:
    """Give a pandas or Polars frame as pandas, values untouched; a lazy frame is collected.

    Examples
    --------
    >>> import polars as pl
    >>> pandas_frame(pl.DataFrame({"sex": [1, 2]})).shape
    (2, 1)
    """
    if isinstance(data, pd.DataFrame):
        return data
    try:
        frame = nw.from_native(data)
    except TypeError:
        raise CodebookError(
            f"a {type(data).__name__} is not a data frame; give a Study, a pandas or a Polars data frame."
        ) from None
    eager = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    if eager.implementation.is_polars():
        return _pandas_of_polars(eager)
    return eager.to_pandas()


def _pandas_of_polars(frame: nw.DataFrame[Any]) -> pd.DataFrame:
    """Give a Polars frame Arrow-backed, so that whole numbers with gaps stay whole numbers; enums keep their order."""
    converted: pd.DataFrame = frame.to_native().to_pandas(use_pyarrow_extension_array=True)
    for name, dtype in frame.schema.items():
        if isinstance(dtype, nw.Enum):
            converted[name] = pd.Categorical(converted[name].astype("str"), dtype.categories, ordered=True)
    return converted


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a frame of plain columns with rows numbered from 0, or refuse with every bad column at once.

    Columns that are plain already are not copied: pandas keeps two frames of the same values apart when one changes.

    Raises
    ------
    CodebookError
        When names repeat or are not text, or columns mix types.

    Examples
    --------
    >>> plain_frame(pd.DataFrame({"voted": [True, False]}))["voted"].tolist()
    [1.0, 0.0]
    """
    refuse_names(frame.columns)
    made = pd.DataFrame(frame).reset_index(drop=True)
    made.columns = pd.Index(list(frame.columns), dtype="str" if len(frame.columns) else None)
    problems = []
    for name in made.columns:
        if _is_plain(made[name].dtype):
            continue
        try:
            made[name] = plain_column(made[name])
        except ColumnProblem as problem:
            problems.append(f"column '{name}' {problem}")
    if problems:
        raise CodebookError("\n".join(problems))
    return made


def _is_plain(dtype: object) -> bool:
    """Say whether values of a type stay as they are."""
    return isinstance(dtype, np.dtype) and dtype in (np.dtype("float64"), np.dtype("int64"))


def refuse_names(names: Iterable[object]) -> None:
    """Refuse column names that repeat or are not text."""
    counts = Counter(names)
    twice = [repr(name) for name, count in counts.items() if count > 1]
    if twice:
        raise CodebookError(f"column names must differ: {', '.join(twice)} stand more than once; rename one of each.")
    other = [repr(name) for name in counts if not isinstance(name, str) or not name]
    if other:
        raise CodebookError(
            f"column names must be text: {', '.join(other[:8])} "
            "are not; rename them, e.g. frame.columns = ['q1', 'q2', ...]."
        )


def plain_column(column: pd.Series) -> pd.Series:
    """Give a column as text, numbers or datetimes, values unchanged.

    Raises
    ------
    ColumnProblem
        When the column mixes types, or its type cannot be kept exactly.

    Examples
    --------
    >>> plain_column(pd.Series(["a", None], dtype="category")).tolist()
    ['a', nan]
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        whole = types.is_integer_dtype(dtype.categories.dtype)
        return plain_column(column.astype("Int64" if whole else dtype.categories.dtype))
    if types.is_bool_dtype(dtype):
        return _floats(column)
    if types.is_integer_dtype(dtype):
        return _whole_numbers(column)
    if types.is_float_dtype(dtype):
        return _floats(column)
    if _has_time_zone(dtype):
        raise ColumnProblem("has a time zone, which no data file keeps; remove it with .dt.tz_localize(None).")
    if types.is_datetime64_any_dtype(dtype):
        return _microseconds(column)
    if isinstance(dtype, pd.StringDtype):
        return column.astype("str")
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow_column(column)
    if types.is_object_dtype(dtype):
        return _object_column(column)
    raise ColumnProblem(f"is of type {dtype}, which no data file keeps; turn it into text or numbers.")


def _has_time_zone(dtype: object) -> bool:
    """Say whether a type of datetimes has a time zone, pandas' own or Arrow's."""
    timestamps = dtype.pyarrow_dtype if isinstance(dtype, pd.ArrowDtype) else dtype
    return getattr(timestamps, "tz", None) is not None


def _floats(column: pd.Series) -> pd.Series:
    """Give numbers or booleans as double floats; float32 and float16 widen exactly."""
    return pd.Series(column.to_numpy(dtype="float64", na_value=np.nan), name=column.name)


def _whole_numbers(column: pd.Series) -> pd.Series:
    """Give whole numbers as int64, or as floats where some are missing and all are exact as floats."""
    known = column.dropna()
    low, high = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    if len(known) == len(column):
        if high >= 2**63:
            raise ColumnProblem(f"holds {high}, too large for a whole number; store such identifiers as text.")
        return pd.Series(column.to_numpy(dtype="int64"), name=column.name)
    if max(-low, high) > EXACT_WHOLE:
        raise ColumnProblem(
            f"holds whole numbers as large as {max(-low, high)} beside missing values, "
            "which cannot be kept exactly; store such identifiers as text."
        )
    return _floats(column)


def _microseconds(column: pd.Series) -> pd.Series:
    """Give datetimes to the microsecond, the finest any survey file keeps."""
    outside = ColumnProblem("holds a date outside the years 1 to 9999; correct it or make it missing.")
    try:
        times = column.astype("datetime64[us]")
    except (pd.errors.OutOfBoundsDatetime, OverflowError, ValueError):
        raise outside from None
    since = times.dropna().to_numpy(dtype="datetime64[us]").astype("int64")
    if len(since) and (since.min() < CALENDAR[0] or since.max() >= CALENDAR[1]):
        raise outside
    return times


def _arrow_column(column: pd.Series) -> pd.Series:
    """Give an Arrow-backed column that is neither a number nor a boolean as its plain type."""
    import pyarrow as pa

    dtype = column.dtype.pyarrow_dtype  # type: ignore[union-attr]
    if pa.types.is_string(dtype) or pa.types.is_large_string(dtype) or pa.types.is_string_view(dtype):
        return column.astype("str")
    if pa.types.is_date(dtype) or pa.types.is_timestamp(dtype):
        return _microseconds(column)
    if pa.types.is_decimal(dtype):
        return _floats(column)
    if pa.types.is_dictionary(dtype):
        return plain_column(column.astype(pd.ArrowDtype(dtype.value_type)))
    if pa.types.is_null(dtype):
        return pd.Series(np.nan, index=column.index, name=column.name, dtype="float64")
    raise ColumnProblem(f"is of type {dtype}, which no data file keeps; turn it into text or numbers.")


def _object_column(column: pd.Series) -> pd.Series:
    """Give a column of Python objects as the one plain type they share."""
    known = column.dropna()
    kind = types.infer_dtype(known, skipna=True)
    if kind == "empty":
        return pd.Series(np.nan, index=column.index, name=column.name, dtype="float64")
    if kind == "string":
        try:
            return column.astype("str")
        except UnicodeEncodeError as failure:
            raise ColumnProblem(
                f"holds {failure.object[:40]!r}, which is not valid Unicode text; correct it."
            ) from None
    if kind == "integer":
        return _whole_objects(column, known)
    if kind in ("floating", "mixed-integer-float", "boolean", "decimal"):
        return pd.Series(
            [np.nan if value is None or value is pd.NA else float(value) for value in column],
            name=column.name,
            dtype="float64",
        )
    if kind in ("date", "datetime", "datetime64"):
        if any(getattr(value, "tzinfo", None) is not None for value in known):
            raise ColumnProblem("has a time zone, which no data file keeps; remove it with .dt.tz_localize(None).")
        return _microseconds(pd.Series(list(column), name=column.name, dtype="datetime64[us]"))
    raise ColumnProblem(_mixture(known))


def _whole_objects(column: pd.Series, known: pd.Series) -> pd.Series:
    """Give Python integers, which know no limit, as whole numbers."""
    largest = max(abs(int(value)) for value in known)
    if largest >= 2**63:
        raise ColumnProblem(f"holds {largest}, too large for a whole number; store such identifiers as text.")
    return _whole_numbers(column.astype("Int64"))


def _mixture(known: pd.Series) -> str:
    """Say which types a column mixes, with the first value of each and its row."""
    first: dict[str, str] = {}
    for row, value in known.items():
        first.setdefault(type(value).__name__, f"{type(value).__name__} {str(value)[:40]!r} in row {row}")
    kinds = list(first.values())
    if len(kinds) == 1:
        return f"holds {kinds[0]}, which no data file keeps; turn it into text or numbers."
    return f"mixes types: {', '.join(kinds[:4])}; make it all numbers or all text."


def described(frame: pd.DataFrame, plain: pd.DataFrame) -> tuple[Variable, ...]:
    """Describe each column as far as its type tells: the original frame knows categories and booleans."""
    return tuple(described_column(frame[name], plain[name]) for name in plain.columns)


def described_column(original: pd.Series, column: pd.Series) -> Variable:
    """Describe one column; categories keep their order in the labels.

    Examples
    --------
    >>> column = pd.Series([True, False], name="voted")
    >>> described_column(column, plain_column(column)).labels
    {0.0: 'false', 1.0: 'true'}
    """
    name, dtype = str(column.name), original.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        measure = "ordinal" if dtype.ordered else "nominal"
        if isinstance(column.dtype, pd.StringDtype):
            return Variable(name, type="string", measure=measure, labels={str(c): str(c) for c in dtype.categories})
        return Variable(name, type=column_type(column), measure=measure)
    if types.is_bool_dtype(dtype) or (types.is_object_dtype(dtype) and types.infer_dtype(original) == "boolean"):
        return Variable(name, measure="nominal", labels={0.0: "false", 1.0: "true"})
    kind = column_type(column)
    return Variable(name, type=kind, measure={"string": "nominal", "numeric": "unknown"}.get(kind, "scale"))


def column_type(column: pd.Series) -> str:
    """Name the variable type of a plain column; datetimes that are all midnights are dates.

    Examples
    --------
    >>> column_type(pd.Series(["2026-01-05"], dtype="datetime64[us]"))
    'date'
    """
    if isinstance(column.dtype, pd.StringDtype):
        return "string"
    if types.is_datetime64_any_dtype(column.dtype):
        return "date" if bool((column.dropna() == column.dropna().dt.normalize()).all()) else "datetime"
    return "numeric"
