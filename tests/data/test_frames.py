"""Plain columns: every type of pandas and Polars becomes text, numbers or times, or is refused by name."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from topline.data.codebook import study_of
from topline.data.errors import CodebookError
from topline.data.frames import column_type, plain_frame


def plain(values: object) -> pd.Series:
    return plain_frame(pd.DataFrame({"q": values}))["q"]


@pytest.mark.parametrize(
    ("values", "dtype", "kept"),
    [
        (pd.Series([1, 2], dtype="uint8"), "int64", [1, 2]),
        (pd.Series([1, None], dtype="Int16"), "float64", [1.0, None]),
        (pd.Series([1, None], dtype="int64[pyarrow]"), "float64", [1.0, None]),
        (pd.Series([0.1, None], dtype="float32"), "float64", [float(np.float32(0.1)), None]),
        (pd.Series([0.1, None], dtype="Float64"), "float64", [0.1, None]),
        (pd.Series([True, None], dtype="bool[pyarrow]"), "float64", [1.0, None]),
        (pd.Series([True, None], dtype="object"), "float64", [1.0, None]),
        (pd.Series([Decimal("0.1"), None], dtype="object"), "float64", [0.1, None]),
        (pd.Series([Decimal("0.1"), None], dtype=pd.ArrowDtype(pa.decimal128(5, 2))), "float64", [0.1, None]),
        (pd.Series([1, 2.5, None], dtype="object"), "float64", [1.0, 2.5, None]),
        (pd.Series([1, None], dtype="object"), "float64", [1.0, None]),
        (pd.Series([2**62, 1], dtype="object"), "int64", [2**62, 1]),
        (pd.Series(["a", None], dtype="object"), "str", ["a", None]),
        (pd.Series(["a", None], dtype="string[python]"), "str", ["a", None]),
        (pd.Series(["a", None], dtype=pd.ArrowDtype(pa.large_string())), "str", ["a", None]),
        (pd.Series(["a", None], dtype=pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string()))), "str", ["a", None]),
        (pd.Series(["a", None], dtype="category"), "str", ["a", None]),
        (pd.Series([3, None], dtype="category"), "float64", [3.0, None]),
        (pd.Series([None, None], dtype="object"), "float64", [None, None]),
        (pd.Series([None, None], dtype=pd.ArrowDtype(pa.null())), "float64", [None, None]),
        ([np.nan, None], "float64", [None, None]),
    ],
)
def test_numbers_and_text(values, dtype, kept):
    column = plain(values)
    assert column.dtype == dtype
    assert [None if pd.isna(value) else value for value in column] == kept


@pytest.mark.parametrize(
    "values",
    [
        pd.to_datetime(["2026-01-05", None]),
        pd.to_datetime(["2026-01-05", None]).astype("datetime64[ns]"),
        pd.Series([datetime.date(2026, 1, 5), None], dtype="object"),
        pd.Series([datetime.datetime(2026, 1, 5), None], dtype="object"),
        pd.Series([datetime.date(2026, 1, 5), None], dtype="date32[pyarrow]"),
        pd.Series([datetime.datetime(2026, 1, 5), None], dtype="timestamp[ms][pyarrow]"),
    ],
)
def test_dates(values):
    column = plain(values)
    assert column.dtype == "datetime64[us]"
    assert column[0] == pd.Timestamp("2026-01-05")
    assert column.isna().tolist() == [False, True]
    assert column_type(column) == "date"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (pd.Series(["a", 1], dtype="object"), "mixes types: str 'a' in row 0, int '1' in row 1; make it all numbers"),
        (pd.Series([True, "yes"], dtype="object"), "mixes types: bool 'True' in row 0"),
        (pd.Series([datetime.date(2020, 1, 1), 5], dtype="object"), "mixes types: date '2020-01-01' in row 0"),
        (pd.Series([datetime.time(10), None], dtype="object"), "holds time '10:00:00' in row 0"),
        (pd.Series([[1], [2]], dtype="object"), "holds list '[1]' in row 0"),
        (pd.Series([b"a"], dtype="object"), "holds bytes"),
        (pd.to_timedelta(["1D"]), "timedelta64"),
        (pd.period_range("2020", periods=1, freq="Y"), "period"),
        (pd.Series([1j]), "complex"),
        (pd.to_datetime(["2020-01-01"]).tz_localize("UTC"), "has a time zone"),
        (pd.Series([datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), None], dtype="object"), "has a time zone"),
        (pd.Series([None], dtype=pd.ArrowDtype(pa.timestamp("us", "UTC"))), "has a time zone"),
        (pd.Series([datetime.time(10)], dtype=pd.ArrowDtype(pa.time64("us"))), "time64"),
        (pd.Series([2**63], dtype="uint64"), "9223372036854775808, too large"),
        (pd.Series([2**70, 1], dtype="object"), "1180591620717411303424, too large"),
        (pd.Series([2**60, None], dtype="Int64"), "beside missing values"),
        (pd.Series([np.datetime64("20000-01-01", "s")]), "outside the years 1 to 9999"),
        (pd.Series([np.datetime64(2**62, "s")]), "outside the years 1 to 9999"),
        (pd.Series(["\ud800"], dtype="object"), "Unicode text"),
    ],
)
def test_columns_no_file_keeps_are_refused_by_name(values, told):
    with pytest.raises(CodebookError) as refused:
        plain(values)
    assert "column 'q' " in str(refused.value)
    assert told in str(refused.value)


def test_all_bad_columns_are_named_at_once():
    mixed = pd.Series(["a", 1], dtype="object")
    with pytest.raises(CodebookError) as refused:
        study_of(pd.DataFrame({"a": mixed, "b": [1, 2], "c": mixed}))
    assert "column 'a'" in str(refused.value)
    assert "column 'b'" not in str(refused.value)
    assert "column 'c'" in str(refused.value)


def test_names_that_repeat_or_are_not_text_are_refused():
    with pytest.raises(CodebookError, match="'a' stand more than once; rename one of each"):
        study_of(pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]))
    with pytest.raises(CodebookError, match="column names must be text: 0, 1 are not"):
        study_of(pd.DataFrame([[1, 2]]))
    with pytest.raises(CodebookError, match="column names must be text: '' are not"):
        study_of(pd.DataFrame({"": [1]}))


def test_codebook_drawn_up_from_a_frame():
    frame = pd.DataFrame(
        {
            "flag": [True, False],
            "party": pd.Categorical(["b", "a"], categories=["b", "a", "c"], ordered=True),
            "grade": pd.Categorical([1, 2]),
            "text": ["x", "y"],
            "day": pd.to_datetime(["2026-01-05"] * 2),
            "time": pd.to_datetime(["2026-01-05T10:00"] * 2),
            "number": [1, 2],
        }
    )
    codebook = study_of(frame).codebook
    assert [(each.type, each.measure) for each in codebook] == [
        ("numeric", "nominal"),
        ("string", "ordinal"),
        ("numeric", "nominal"),
        ("string", "nominal"),
        ("date", "scale"),
        ("datetime", "scale"),
        ("numeric", "unknown"),
    ]
    assert codebook["flag"].labels == {0.0: "false", 1.0: "true"}
    assert list(codebook["party"].labels) == ["b", "a", "c"]


def test_arrow_table_is_a_frame():
    study = study_of(pa.table({"a": [1, 2], "b": ["x", None]}))
    assert study.frame["a"].tolist() == [1, 2]
    assert study.frame["b"].isna().tolist() == [False, True]


def test_a_study_shares_plain_columns_and_does_not_change_with_the_frame_it_was_made_of():
    frame = pd.DataFrame({"trust": [1.0, 2.0, 3.0], "people": [5, 6, 7], "voted": [True, False, True]}, index=[7, 8, 9])
    study = study_of(frame)
    assert np.shares_memory(study.frame["trust"].to_numpy(), frame["trust"].to_numpy())
    frame.loc[7, "trust"] = 99.0
    frame["people"] = 0
    assert study.frame["trust"].tolist() == [1.0, 2.0, 3.0]
    assert study.frame["people"].tolist() == [5, 6, 7]
    assert study.frame["voted"].tolist() == [1.0, 0.0, 1.0]
    assert study.frame.index.tolist() == [0, 1, 2]
    assert frame["voted"].dtype == bool


def test_values_of_a_frame_made_of_an_array_are_not_those_of_the_array():
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    study = study_of(pd.DataFrame(values, columns=["a", "b"]))
    values[0, 0] = 99.0
    assert study.frame["a"].tolist() == [1.0, 3.0]
