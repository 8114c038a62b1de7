"""The codebook and the study: looking up, masking what is missing, and taking any frame."""

import datetime
import time

import numpy as np
import pandas as pd
import polars as pl
import pytest

from topline.data.codebook import Codebook, MissingKind, MissingRange, Study, Variable, code_of, study_of
from topline.data.errors import CodebookError, UnknownNameError

DK, REFUSED, NOT_ASKED, OTHER = MissingKind


def one_column(values: object, **described: object) -> Study:
    return Study(pd.DataFrame({"q": values}), Codebook((Variable("q", **described),)))


def test_lookup_by_name_and_nearest_names():
    codebook = Codebook((Variable("travel", label="a"), Variable("sex")))
    assert codebook["travel"].label == "a"
    assert "sex" in codebook
    assert "age" not in codebook
    assert len(codebook) == 2
    assert [variable.name for variable in codebook] == ["travel", "sex"]
    with pytest.raises(UnknownNameError, match="Did you mean 'travel'"):
        codebook["travle"]


def test_lookup_does_not_slow_down_with_the_number_of_variables():
    codebook = Codebook(tuple(Variable(f"v{place}") for place in range(20_000)))
    started = time.process_time()
    for place in range(20_000):
        assert codebook[f"v{place}"].name == f"v{place}"
    assert time.process_time() - started < 1


def test_two_variables_of_one_name_are_refused():
    with pytest.raises(CodebookError, match="describes 'sex' more than once"):
        Codebook((Variable("sex"), Variable("age"), Variable("sex")))


def test_with_variable_replaces_or_appends():
    codebook = Codebook((Variable("a"), Variable("b")), "Wave 1")
    assert codebook.with_variable(Variable("a", label="A")).names == ("a", "b")
    assert codebook.with_variable(Variable("a", label="A"))["a"].label == "A"
    assert codebook.with_variable(Variable("c")).names == ("a", "b", "c")
    assert codebook.with_variable(Variable("c")).title == "Wave 1"
    assert codebook.names == ("a", "b")


def test_study_refuses_a_codebook_that_does_not_fit():
    with pytest.raises(CodebookError, match=r"without description \['b'\], descriptions without column \['c'\]"):
        Study(pd.DataFrame({"a": [1], "b": [2]}), Codebook((Variable("a"), Variable("c"))))
    with pytest.raises(CodebookError, match="another order"):
        Study(pd.DataFrame({"a": [1], "b": [2]}), Codebook((Variable("b"), Variable("a"))))
    with pytest.raises(CodebookError, match=r"without description \[0\]"):
        Study(pd.DataFrame([[1]]), Codebook((Variable("0"),)))


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 98, 99, 1]),
        pd.Series([1.0, 98.0, 99.0, 1.0]),
        pd.Series([1, 98, 99, 1], dtype="int8"),
        pd.Series([1, 98, 99, 1], dtype="Int64"),
        pd.Series([1.0, 98.0, 99.0, 1.0], dtype="Float64"),
        pd.Series([1, 98, 99, 1], dtype="int64[pyarrow]"),
        pd.Series([1, 98, 99, 1], dtype="category"),
        pd.Series([1, 98, 99, 1], dtype="object"),
    ],
    ids=lambda column: str(column.dtype),
)
def test_numeric_codes_are_masked_in_every_type(column):
    study = one_column(column, missing={98.0: DK, 99.0: REFUSED})
    assert study.missing_kinds("q").tolist() == [None, "dont_know", "refused", None]
    assert study.answers("q").isna().tolist() == [False, True, True, False]
    assert [float(value) for value in study.answers("q").dropna()] == [1.0, 1.0]
    assert study.column("q").notna().all()


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string", "string[pyarrow]"])
def test_text_codes_are_masked_in_every_type(dtype):
    study = one_column(pd.Series(["a", "XX", None, ""], dtype=dtype), type="string", missing={"XX": REFUSED, "": OTHER})
    assert study.missing_kinds("q").tolist() == [None, "refused", None, "other"]
    assert study.answers("q").isna().tolist() == [False, True, True, True]


def test_dates_are_masked_by_their_iso_code():
    column = pd.to_datetime(["2020-01-01", "1900-01-01", None])
    study = one_column(column, type="date", missing={"1900-01-01": REFUSED})
    assert study.missing_kinds("q").tolist() == [None, "refused", None]
    assert study.answers("q").notna().tolist() == [True, False, False]


def test_ranges_and_codes_within_them():
    ranges = (MissingRange(-np.inf, -1.0, OTHER),)
    study = one_column([-5.0, -1.0, -0.5, 7.0, np.nan], missing={-5.0: REFUSED, 7.0: DK}, missing_ranges=ranges)
    assert study.missing_kinds("q").tolist() == ["refused", "other", None, "dont_know", None]
    assert study.answers("q").dropna().tolist() == [-0.5]


def test_column_without_missing_codes_is_given_as_it_is():
    study = one_column([True, False])
    assert study.answers("q").tolist() == [True, False]
    assert study.answers("q").dtype == bool
    assert study.missing_kinds("q").tolist() == [None, None]
    assert one_column([1, 2], missing={9.0: DK}).answers("q").dtype == "int64"


def test_missing_kinds_keep_the_rows_of_the_frame():
    frame = pd.DataFrame({"q": [1.0, 98.0]}, index=[7, 7])
    study = Study(frame, Codebook((Variable("q", missing={98.0: DK}),)))
    assert study.missing_kinds("q").index.tolist() == [7, 7]
    assert study.answers("q").isna().tolist() == [False, True]


def test_masking_a_large_column_is_quick():
    study = one_column(
        np.tile([1.0, 2.0, 98.0, -3.0], 250_000), missing={98.0: DK}, missing_ranges=(MissingRange(-9, -1),)
    )
    started = time.process_time()
    assert study.answers("q").notna().sum() == 500_000
    assert time.process_time() - started < 1


def test_unknown_column():
    study = Study(pd.DataFrame({"q": [1]}), Codebook((Variable("q"),)), source="wave.sav")
    for look in (study.column, study.answers, study.missing_kinds):
        with pytest.raises(UnknownNameError, match=r"wave\.sav: there is no variable 'p'. Known: q"):
            look("p")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (4, 4.0),
        (np.float64(4), 4.0),
        (True, 1.0),
        (np.str_("a"), "a"),
        (datetime.date(1900, 1, 1), "1900-01-01"),
        (pd.Timestamp("1900-01-01 10:00"), "1900-01-01T10:00:00"),
    ],
)
def test_code_of_a_value(value, code):
    assert code_of(value) == code
    assert type(code_of(value)) is type(code)


def test_study_of_gives_a_study_as_it_is():
    study = one_column([1.0])
    assert study_of(study) is study


def test_study_of_numbers_rows_from_zero_and_leaves_the_frame_alone():
    frame = pd.DataFrame({"a": [True, False], "b": ["x", None]}, index=[5, 5])
    study = study_of(frame)
    assert study.frame.index.tolist() == [0, 1]
    assert frame["a"].dtype == bool
    assert frame.index.tolist() == [5, 5]


def test_study_of_polars_and_pandas_agree():
    columns = {"a": [1, None, 3], "b": ["x", None, "y"], "c": [True, None, False], "d": [1.5, None, 2.0]}
    dates = [datetime.date(2020, 1, 1), None, datetime.date(2021, 1, 1)]
    polars = study_of(pl.DataFrame({**columns, "e": dates}))
    pandas = study_of(pd.DataFrame({**columns, "e": dates}))
    assert polars.codebook == pandas.codebook
    pd.testing.assert_frame_equal(polars.frame, pandas.frame)


def test_study_of_a_lazy_frame_collects_it():
    assert study_of(pl.LazyFrame({"a": [1, 2]})).frame["a"].tolist() == [1, 2]


def test_study_of_anything_else_is_refused():
    with pytest.raises(CodebookError, match="a list is not a data frame"):
        study_of([1, 2])
