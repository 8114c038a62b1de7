"""Delimited text: one rule for what is a number, strict about delimiters, lines and encodings."""

import csv

import numpy as np
import pandas as pd
import pytest

from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import CodebookError, FileError
from topline.data.files import read_study, write_study


@pytest.fixture
def read(tmp_path):
    def read(text: str | bytes, **options: object) -> Study:
        path = tmp_path / "wave.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_study(path, **options)

    return read


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "2"], [1, 2]),
        (["1", ""], [1.0, None]),
        (["1", "NA"], [1.0, None]),
        (["1.5", "-2"], [1.5, -2.0]),
        ([".5", "-.5e-3"], [0.5, -0.0005]),
        (["0", "0.10"], [0.0, 0.1]),
        (["1e5", "2E+3"], [1e5, 2e3]),
        (["0.1", "0.30000000000000004"], [0.1, 0.1 + 0.2]),
        (["-9", "98"], [-9, 98]),
    ],
)
def test_numbers(read, cells, values):
    column = read("id,q\n" + "".join(f"x,{cell}\n" for cell in cells)).column("q")
    assert column.dtype in ("int64", "float64")
    assert [None if np.isnan(value) else value for value in column] == values


@pytest.mark.parametrize(
    "cells",
    [
        ["007", "8"],
        ["+49301234", "5"],
        ["1_000", "5"],
        ["nan", "5"],
        ["inf", "5"],
        ["1,5", "2,5"],
        ["0x10", "5"],
        ["12345678901234567890", "5"],
        ["9007199254740993", "5"],
        ["１２", "5"],
        ["e5", "1"],
        ["1e999", "1"],
        ["TRUE", "FALSE"],
        [" 1", "2"],
        [".", "1"],
        ["-", "1"],
    ],
)
def test_what_is_not_a_plain_number_stays_text(read, cells):
    rows = "".join(f'x,"{cell}"\n' for cell in cells)
    assert read(f"id,q\n{rows}").column("q").tolist() == cells


def test_text_that_looks_like_a_formula_stands_as_given(tmp_path):
    given = ["=1+1", "+1", "-x", "@a", "'=1+1", "\t=1"]
    path = tmp_path / "answers.csv"
    write_study(pd.DataFrame({"why": given, "age": range(6)}), path)
    assert path.read_text(encoding="utf-8").splitlines()[1:4] == ["=1+1,0", "+1,1", "-x,2"]
    assert read_study(path).frame["why"].tolist() == given


def test_na_and_empty_are_missing_in_text_and_other_words_are_not(read):
    column = read("id,q\n1,NA\n2,\n3,N/A\n4,null\n5,na\n").column("q")
    assert column.isna().tolist() == [True, True, False, False, False]
    assert column.dropna().tolist() == ["N/A", "null", "na"]


def test_sidecar_keeps_the_text_na(tmp_path):
    path = write_study(pd.DataFrame({"q": ["NA", None, "007", "1"]}), tmp_path / "wave.csv")
    assert read_study(path).column("q").fillna("-").tolist() == ["NA", "-", "007", "1"]


def test_iso_dates_are_dates_and_impossible_ones_text(read):
    study = read("d,t,x\n2026-01-05,2026-01-05T10:00,2026-02-30\n,2026-01-06,2026-01-01\n")
    assert [study.codebook[name].type for name in "dtx"] == ["date", "datetime", "string"]
    assert study.column("d")[0] == pd.Timestamp("2026-01-05")
    assert study.column("x").tolist() == ["2026-02-30", "2026-01-01"]


def test_column_of_nothing_is_numeric_and_missing(read):
    study = read("a,b\n1,\n2,NA\n")
    assert study.column("b").isna().all()
    assert study.codebook["b"].type == "numeric"


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_delimiters(read, sign):
    study = read(f"a{sign}b\n1{sign}x\n2{sign}y\n")
    assert study.column("a").tolist() == [1, 2]
    assert study.column("b").tolist() == ["x", "y"]


def test_semicolons_with_commas_inside_cells(read):
    assert read("a;b\n1;x,y\n2;z\n").column("b").tolist() == ["x,y", "z"]


def test_single_column_with_blank_lines(read):
    assert read("a\n1\n\n3\n").column("a").isna().tolist() == [False, True, False]


def test_single_column_of_text_survives(tmp_path):
    path = write_study(pd.DataFrame({"a": ["x", None, "z;y", 'q"r', "a\r\nb", "\r"]}), tmp_path / "wave.csv")
    assert read_study(path).column("a").fillna("-").tolist() == ["x", "-", "z;y", 'q"r', "a\r\nb", "\r"]


def test_two_possible_delimiters_are_refused(read):
    with pytest.raises(FileError, match="could be separated by comma or semicolon; put quotes"):
        read("a;x,b\n1;2,3\n")


def test_quote_inside_an_unquoted_cell_is_a_sign_like_any_other(read):
    assert read('a,b\n5" pipe,x\n').column("a").tolist() == ['5" pipe']


def test_line_ends_of_old_macs(read):
    assert read("a,b\r1,x\r2,y\r").column("b").tolist() == ["x", "y"]


def test_cell_too_long_for_a_cell_is_one_clear_line(read):
    # frictionless, which checks the registry in other tests, widens Python's limit for the whole process
    before = csv.field_size_limit(131_072)
    try:
        with pytest.raises(FileError, match="a cell may lack its quotes"):
            read('a,b\n1,"' + "x" * 200_000)
    finally:
        csv.field_size_limit(before)


def test_byte_order_mark_quotes_and_line_ends_of_windows(read):
    study = read('\ufeff"a","b ""c"""\r\n1,"line\r\nbreak"\r\n2,"x, y"\r\n')
    assert study.codebook.names == ("a", 'b "c"')
    assert study.column('b "c"').tolist() == ["line\r\nbreak", "x, y"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b,c\n1,2,3\n1,2\n", "line 3: 2 cells where the first line names 3"),
        ("a,b\n1,2\n1,2,3\n", "line 3: 3 cells where the first line names 2"),
        ('a,b\n1,"2\n', "line 2: a quoted cell is never closed; the file may be cut off"),
        ("a,,c\n1,2,3\n", "line 1: column 2 has no name"),
        (b"a,b\n1,\xfcber\n", "line 2: not UTF-8 text; save it as 'CSV UTF-8'"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16 text; save it as 'CSV UTF-8'"),
        (b"  \n \n", "is empty"),
    ],
)
def test_bad_text_is_one_clear_line(read, text, told):
    with pytest.raises(FileError) as refused:
        read(text)
    assert told in str(refused.value)
    assert "wave.csv" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_names_that_repeat_are_refused(read):
    with pytest.raises(CodebookError, match=r"wave\.csv, line 1: .*'a' stand more than once"):
        read("a,b,a\n1,2,3\n")


def test_file_cut_off_within_its_last_cell_is_known_by_the_sidecar(tmp_path):
    path = write_study(pd.DataFrame({"a": [1, 2, 3], "b": ["long text"] * 3}), tmp_path / "wave.csv")
    whole = path.read_bytes()
    path.write_bytes(whole.rstrip(b"\n"))
    assert read_study(path).frame.shape == (3, 2)
    path.write_bytes(whole[:-4])
    with pytest.raises(FileError, match=r"cut off: it ends within a line, at 36 of 40 bytes"):
        read_study(path)
    path.write_bytes(whole[:16])
    assert read_study(path).frame.shape == (1, 2)


@pytest.mark.parametrize(
    ("variable", "cell", "told"),
    [
        (Variable("q"), "many", "'many', where its codebook says a number"),
        (Variable("q", labels={1.0: "many"}), "manny", "(a label? write the code instead)"),
        (Variable("q", type="date"), "5 May", "'5 May', where its codebook says an ISO date"),
        (Variable("q"), "12345678901234567890123", "a number"),
    ],
)
def test_cell_that_contradicts_the_codebook_is_named(read, variable, cell, told):
    with pytest.raises(FileError) as refused:
        read(f"q,r\n{cell},1\n", codebook=Codebook((variable,)))
    assert told in str(refused.value)
    assert "column 'q'" in str(refused.value)


def test_told_types(read):
    told = Codebook((Variable("n"), Variable("s", type="string"), Variable("d", type="date"), Variable("i")))
    study = read("n,s,d,i\n007,5,2026-01-05,1234567890123456789\nNA,,,2\n", codebook=told)
    assert study.column("n").dropna().tolist() == [7.0]
    assert study.column("s").fillna("-").tolist() == ["5", "-"]
    assert study.column("d").isna().tolist() == [False, True]
    assert study.column("i").tolist() == [1234567890123456789, 2]


def test_blank_that_is_a_code_is_kept(read):
    told = Codebook((Variable("s", type="string", missing={"": MissingKind.REFUSED}), Variable("t", type="string")))
    study = read("s,t\n,\nx,y\n", codebook=told)
    assert study.missing_kinds("s").tolist() == ["refused", None]
    assert study.missing_kinds("t").tolist() == [None, None]


def test_whole_numbers_are_written_plainly_and_floats_to_the_bit(tmp_path):
    values = [4.0, 98.0, np.nan, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, -123456789012345680.0]
    path = write_study(pd.DataFrame({"a": values, "b": list(range(7))}), tmp_path / "wave.csv")
    assert path.read_text().splitlines()[:4] == ["a,b", "4,0", "98,1", ",2"]
    found = read_study(path).column("a")
    assert found.dropna().to_numpy().tobytes() == np.array([each for each in values if each == each]).tobytes()


def test_identifiers_too_long_for_floats_survive_as_whole_numbers(tmp_path):
    ids = [2018123456789012345, 2018123456789012346]
    path = write_study(pd.DataFrame({"id": ids}), tmp_path / "wave.csv")
    assert read_study(path).column("id").tolist() == ids


def test_no_rows(read):
    study = read("a,b\n")
    assert study.frame.shape == (0, 2)


def test_row_names_as_r_and_pandas_write_them_are_a_column(tmp_path):
    path = tmp_path / "wave.csv"
    path.write_text('"","q1"\n"7",4\n"9",5\n')
    assert read_study(path).frame.to_dict("list") == {"row_names": [7, 9], "q1": [4, 5]}
    pd.DataFrame({"q1": [4, 5]}).to_csv(path)
    assert read_study(path).codebook.names == ("row_names", "q1")
