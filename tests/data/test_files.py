"""Reading and writing data files: what each format keeps, and what is said when it cannot."""

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyreadstat
import pytest

from topline.data.codebook import Codebook, MissingKind, MissingRange, Study, Variable
from topline.data.errors import CodebookError, FileError, UnknownNameError
from topline.data.files import EXTENSIONS, read_study, write_study
from topline.data.study_folder import new_folder

SIDECAR = ".codebook.json"


@pytest.fixture
def study() -> Study:
    """One wave with three kinds of missing, a range, text codes and dates."""
    frame = pd.DataFrame(
        {
            "travel": [1.0, 5.0, 98.0, 99.0, -9.0, np.nan],
            "weight": [0.1 + 0.2, 1e-300, -0.5, 1e22, 5.0, 3.25],
            "region": ["BJ", "上海", "XX", None, 'x,"y"\nz', "  lead"],
            "born": pd.to_datetime(["1980-01-05", None, "1999-12-31", "1900-01-01", "2000-02-29", "2100-01-01"]),
            "filled": pd.to_datetime(["2026-10-01T10:11:12.250", None] * 3, format="ISO8601"),
            "income": [-5.0, -7.0, 1.0, 2.0, np.nan, 3.0],
            "never": [np.nan] * 6,
        }
    )
    kinds = {98.0: MissingKind.DONT_KNOW, 99.0: MissingKind.REFUSED, -9.0: MissingKind.NOT_ASKED}
    variables = (
        Variable(
            "travel",
            label="限制出行" * 80,
            measure="ordinal",
            labels={1.0: "oppose", 5.0: "support " * 30, 98.0: "d/k", 99.0: "Refused", -9.0: "Not asked"},
            missing=kinds,
            format="F5.0",
            wording={"en": "To what extent do you support ...?", "zh": "您支持吗?"},
            scale="support5",
            collapse={"support": (4.0, 5.0)},
            bank="social_credit.restrict_travel",
            replicates=("liu2022.travel",),
        ),
        Variable("weight", measure="scale", format="F8.4"),
        Variable("region", type="string", labels={"BJ": "Beijing"}, missing={"XX": MissingKind.REFUSED}, format="A30"),
        Variable("born", type="date", missing={"1900-01-01": MissingKind.REFUSED}, format="EDATE10"),
        Variable("filled", type="datetime"),
        Variable("income", missing_ranges=(MissingRange(-np.inf, -1.0, MissingKind.REFUSED),), labels={-5.0: "no"}),
        Variable("never"),
    )
    return Study(frame, Codebook(variables, "Wave 1", ("Fielded in June.", "x" * 200)))


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_study_survives_each_format(extension, study, tmp_path, assert_same):
    path = write_study(study, tmp_path / f"wave{extension}")
    assert path == tmp_path / f"wave{extension}"
    assert_same(read_study(path), study)
    assert read_study(path).source == str(path)


@pytest.mark.parametrize("between", [".dta", ".csv", ".parquet", ".zsav"])
def test_sav_survives_a_detour(between, study, tmp_path, assert_same):
    first = read_study(write_study(study, tmp_path / "wave.sav"))
    second = read_study(write_study(first, tmp_path / f"wave{between}"))
    assert_same(read_study(write_study(second, tmp_path / "again.sav")), study)


@pytest.mark.parametrize("extension", [".dta", ".csv", ".parquet"])
def test_negative_zero_keeps_its_sign_outside_spss(extension, tmp_path):
    found = read_study(write_study(pd.DataFrame({"x": [-0.0, 0.0, 1.5]}), tmp_path / f"wave{extension}"))
    assert np.signbit(found.column("x")).tolist() == [True, False, False]


def test_parquet_has_no_sidecar_and_sav_has_none_when_it_holds_everything(study, tmp_path):
    write_study(study, tmp_path / "wave.parquet")
    plain = Study(pd.DataFrame({"q1": [1.0, 2.0]}), Codebook((Variable("q1", label="Trust", format="F8.0"),)))
    write_study(plain, tmp_path / "plain.sav")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["plain.sav", "wave.parquet"]


def test_writing_again_removes_a_sidecar_no_longer_needed(study, tmp_path):
    write_study(study, tmp_path / "wave.sav")
    assert (tmp_path / f"wave.sav{SIDECAR}").exists()
    plain = Study(pd.DataFrame({"q1": [1.0]}), Codebook((Variable("q1", format="F8.0"),)))
    write_study(plain, tmp_path / "wave.sav")
    assert not (tmp_path / f"wave.sav{SIDECAR}").exists()


def test_a_label_changed_in_another_program_wins_over_the_sidecar(study, tmp_path):
    path = write_study(study, tmp_path / "wave.sav")
    data, meta = pyreadstat.read_sav(path, user_missing=True, disable_datetime_conversion=True)
    labels = {**meta.variable_value_labels, "travel": {1.0: "against", 98.0: "Can't say"}}
    pyreadstat.write_sav(
        data,
        path,
        column_labels={"travel": "Travel bans"},
        variable_value_labels=labels,
        missing_ranges={"travel": [98]},
        variable_format=meta.original_variable_types,
    )
    found = read_study(path).codebook["travel"]
    assert found.label == "Travel bans"
    assert found.labels == {1.0: "against", 98.0: "Can't say"}
    assert found.missing == {98.0: MissingKind.DONT_KNOW}
    # what SPSS cannot hold is still known
    assert found.scale == "support5"
    assert found.replicates == ("liu2022.travel",)


def test_columns_added_by_another_program_are_read_beside_the_sidecar(study, tmp_path):
    path = write_study(study, tmp_path / "wave.csv")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.insert(0, "extra", "007")
    table.drop(columns="never").to_csv(path, index=False)
    found = read_study(path)
    assert found.codebook.names[0] == "extra"
    assert found.column("extra").tolist() == ["007"] * 6
    assert found.codebook["travel"].scale == "support5"
    assert "never" not in found.codebook


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_plain_frames_are_written_with_a_codebook_of_their_own(extension, tmp_path):
    frame = pd.DataFrame(
        {
            "sex": pd.array([1, None, 2], dtype="Int64"),
            "voted": pd.array([True, None, False], dtype="boolean"),
            "party": pd.Categorical(["SPD", None, "CDU"], categories=["SPD", "CDU"]),
            "note": pd.array(["ü", None, "b"], dtype="string[pyarrow]"),
            "age": pd.Series([30.5, None, 40.0], dtype="double[pyarrow]"),
        }
    )
    found = read_study(write_study(frame, tmp_path / f"wave{extension}"))
    assert found.answers("sex").dropna().tolist() == [1.0, 2.0]
    assert found.column("voted").dropna().tolist() == [1.0, 0.0]
    assert found.codebook["voted"].labels == {0.0: "false", 1.0: "true"}
    assert found.column("party").dropna().tolist() == ["SPD", "CDU"]
    assert found.column("note").dropna().tolist() == ["ü", "b"]
    assert found.column("age").dropna().tolist() == [30.5, 40.0]


def test_polars_frame_is_written(tmp_path):
    frame = pl.DataFrame({"q1": [1, None, 3], "party": pl.Series(["b", None, "a"], dtype=pl.Enum(["b", "a"]))})
    found = read_study(write_study(frame, tmp_path / "wave.sav"))
    assert found.column("q1").dropna().tolist() == [1.0, 3.0]
    assert found.codebook["party"].labels == {"b": "b", "a": "a"}
    assert found.codebook["party"].measure == "ordinal"


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_study_without_rows_survives(extension, study, tmp_path, assert_same):
    empty = Study(study.frame.iloc[:0], study.codebook)
    found = read_study(write_study(empty, tmp_path / f"wave{extension}"))
    assert_same(found, empty)


def test_study_without_columns_is_refused(tmp_path):
    with pytest.raises(CodebookError, match="no columns"):
        write_study(pd.DataFrame(index=[0, 1]), tmp_path / "wave.sav")


@pytest.mark.parametrize(
    ("extension", "names", "told"),
    [
        (
            ".sav",
            ["1st", "q 2", "with", "q1", "Q1", "字" * 22, "end."],
            ["1st", "q 2", "with", "'q1' and 'Q1'", "66 bytes", "end."],
        ),
        (
            ".dta",
            ["1st", "a.b", "long", "str5", "x" * 33, "_all"],
            ["1st", "a.b", "long", "str5", "33 characters", "_all"],
        ),
    ],
)
def test_names_a_format_does_not_allow_are_all_listed_before_anything_is_written(extension, names, told, tmp_path):
    frame = pd.DataFrame([[1.0] * len(names)], columns=names)
    with pytest.raises(CodebookError) as refused:
        write_study(frame, tmp_path / f"wave{extension}")
    for words in told:
        assert words in str(refused.value)
    assert "(e.g. 'v1st')" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_names_that_spss_refuses_are_fine_in_text_and_parquet(tmp_path):
    frame = pd.DataFrame({"q 2": [1.0], "1st": ["a"]})
    for extension in (".csv", ".parquet"):
        assert read_study(write_study(frame, tmp_path / f"wave{extension}")).codebook.names == ("q 2", "1st")


@pytest.mark.parametrize(
    ("extension", "values", "told"),
    [
        (".sav", [np.inf, 1.0], "infinite"),
        (".dta", [np.inf, 1.0], "infinite"),
        (".dta", [9e307, 1.0], "Stata's largest number"),
        (".sav", [-np.finfo(float).max, 1.0], "system-missing"),
        (".sav", [2**53 + 1, 1], "9007199254740993, not exact"),
        (".sav", ["a\0b", "c"], "NUL"),
        (".csv", ["\ud800", "c"], "Unicode"),
        (".sav", ["x" * 40000, "c"], "40000 bytes"),
    ],
)
def test_values_a_format_cannot_hold_are_refused_by_column(extension, values, told, tmp_path):
    with pytest.raises(CodebookError, match=re.escape("'bad'")) as refused:
        kept = pd.Series(values, dtype="object" if isinstance(values[0], str) else None)
        write_study(pd.DataFrame({"good": [1.0, 2.0], "bad": kept}), tmp_path / f"wave{extension}")
    assert told in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("column", "variable", "told"),
    [
        ([1.0], Variable("q", type="string"), "described as string but holds 1.0"),
        (["a"], Variable("q"), "described as numeric but holds 'a'"),
        (pd.to_datetime(["2020-01-01"]), Variable("q"), "described as numeric but holds 2020-01-01"),
        ([1.0], Variable("q", labels={"a": "b"}), "names the code 'a'"),
        (["a"], Variable("q", type="string", missing={9.0: MissingKind.OTHER}), "names the code 9.0"),
        (["a"], Variable("q", type="string", missing_ranges=(MissingRange(1, 2),)), "range of numbers"),
        (pd.to_datetime(["2020-01-01"]), Variable("q", type="date", labels={"soon": "b"}), "write it as '1900-01-01'"),
        ([1.0], Variable("q", type="number"), "known are numeric, string, date and datetime"),
    ],
)
def test_codebook_that_contradicts_its_column_is_refused(column, variable, told, tmp_path):
    study = Study(pd.DataFrame({"q": column}), Codebook((variable,)))
    with pytest.raises(CodebookError, match=re.escape(told)):
        write_study(study, tmp_path / "wave.csv")
    assert list(tmp_path.iterdir()) == []


def test_given_codebook_describes_instead_of_the_file(tmp_path):
    (tmp_path / "wave.csv").write_text("id,q1,q2\n1,4,007\n2,98,8\n")
    told = Codebook((Variable("id", type="string"), Variable("q1", missing={98.0: MissingKind.REFUSED})), "Wave 1")
    found = read_study(tmp_path / "wave.csv", codebook=told)
    assert found.column("id").tolist() == ["1", "2"]
    assert found.answers("q1").tolist()[0] == 4.0
    assert found.missing_kinds("q1").tolist() == [None, "refused"]
    assert found.codebook["q2"].type == "string"
    assert found.codebook.title == "Wave 1"


def test_given_codebook_comes_before_the_sidecar(study, tmp_path):
    path = write_study(study, tmp_path / "wave.csv")
    found = read_study(path, codebook=Codebook((Variable("income", label="Household income"),)))
    assert found.codebook["income"] == Variable("income", label="Household income")
    assert found.codebook["travel"] == study.codebook["travel"]


def test_given_codebook_must_fit_the_file(study, tmp_path):
    path = write_study(study, tmp_path / "wave.sav")
    with pytest.raises(CodebookError, match="no column 'q9'"):
        read_study(path, codebook=Codebook((Variable("q9"),)))
    with pytest.raises(CodebookError, match="'travel' is numeric, but the codebook describes it as string"):
        read_study(path, codebook=Codebook((Variable("travel", type="string"),)))


def test_unknown_column_names_the_nearest_and_the_file(study, tmp_path):
    path = write_study(study, tmp_path / "wave.sav")
    with pytest.raises(UnknownNameError, match=r"wave\.sav: there is no variable 'travl'. Did you mean 'travel'\?"):
        read_study(path).answers("travl")


def one_line(refused: pytest.ExceptionInfo[FileError], *words: str) -> None:
    """Assert that a refusal is one line with these words, and none of another library's."""
    message = str(refused.value)
    assert "\n" not in message
    for word in words:
        assert word in message
    assert "pyreadstat" not in message.lower()


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("part", [0.02, 0.3, 0.7, 0.97, 0.999])
def test_truncated_file_is_one_clear_line(extension, part, study, tmp_path):
    many = Study(pd.concat([study.frame] * 60, ignore_index=True), study.codebook)
    path = write_study(many, tmp_path / f"wave{extension}")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(FileError) as refused:
        read_study(path)
    one_line(refused, f"wave{extension}", "cut off")


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_empty_file_is_one_clear_line(extension, tmp_path):
    (tmp_path / f"wave{extension}").touch()
    with pytest.raises(FileError) as refused:
        read_study(tmp_path / f"wave{extension}")
    one_line(refused, f"wave{extension} is empty")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("wave.sav", b"id,q1\n1,2\n", "it begins with b'id,q1"),
        ("wave.dta", b"$FL2@(#) SPSS DATA FILE" + b" " * 200, "holds an SPSS file; rename it to end in .sav"),
        ("wave.csv", b"$FL2@(#) SPSS DATA FILE" + b" " * 200, "holds an SPSS file; rename it to end in .sav"),
        ("wave.csv", b"PK\x03\x04" + b"\0" * 100, "Excel workbook"),
        ("wave.csv", b"\xd0\xcf\x11\xe0" + b"\0" * 100, "old Excel workbook"),
        ("wave.sav", b"<stata_dta><header>", "holds a Stata file; rename it to end in .dta"),
        ("wave.sav", bytes([115, 2, 1, 0]) + b"\0" * 100, "holds a Stata file; rename it to end in .dta"),
        ("wave.sav", b"ENCRYPTEDSAV\x15\0\0\0" + b"\0" * 100, "encrypted"),
        ("wave.sav", b"ASCII SPSS PORT FILE", "portable"),
        ("wave.parquet", b"a,b\n1,2\n", "not a .parquet file"),
        ("wave.csv", b"a,b\n\0\0,2\n", "not a text file"),
        ("wave.csv", b"\x1f\x8b" + b"\0" * 20, "gzip"),
    ],
)
def test_content_of_another_kind_than_the_extension_is_named(name, content, told, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError) as refused:
        read_study(tmp_path / name)
    one_line(refused, name, told)


@pytest.mark.parametrize("name", ["wave.xlsx", "wave", "wave.sas7bdat"])
def test_unknown_extension_lists_the_known(name, tmp_path):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(FileError) as refused:
        read_study(tmp_path / name)
    one_line(refused, ".sav, .zsav, .dta, .csv, .parquet")
    with pytest.raises(FileError, match=r"known are \.sav"):
        write_study(pd.DataFrame({"q1": [1.0]}), tmp_path / name)
    assert (tmp_path / name).read_bytes() == b"x"


def test_extension_in_capitals_is_known(tmp_path):
    path = write_study(pd.DataFrame({"q1": [1.0]}), tmp_path / "WAVE.SAV")
    assert read_study(path).column("q1").tolist() == [1.0]


def test_missing_file_names_the_nearest_in_its_folder(tmp_path):
    (tmp_path / "wave1.csv").write_text("a\n1\n")
    with pytest.raises(FileError, match=r"there is no file .*wave1\.sav\. Did you mean 'wave1\.csv'\?"):
        read_study(tmp_path / "wave1.sav")
    with pytest.raises(FileError, match="no folder"):
        read_study(tmp_path / "nowhere" / "wave1.sav")


def test_missing_file_in_an_empty_folder(tmp_path):
    with pytest.raises(FileError, match=r"there is no file .*wave1\.sav\.$"):
        read_study(tmp_path / "wave1.sav")


def test_folder_without_study_yaml_says_what_to_do(tmp_path):
    with pytest.raises(FileError, match=r"a folder without study\.yaml; .*'topline new'"):
        read_study(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_closed_file_says_so(tmp_path):
    path = write_study(pd.DataFrame({"q1": [1.0]}), tmp_path / "wave.sav")
    path.chmod(0)
    with pytest.raises(FileError, match="permission denied"):
        read_study(path)


def test_closed_file_says_so_for_whoever_asks(tmp_path, monkeypatch):
    path = write_study(pd.DataFrame({"q1": [1.0]}), tmp_path / "wave.sav")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(FileError, match="permission denied"):
        read_study(path)
    with pytest.raises(FileError, match="no permission to write"):
        write_study(pd.DataFrame({"q1": [1.0]}), path)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_writer_that_fails_midway_leaves_the_old_file_whole(extension, study, tmp_path, monkeypatch, assert_same):
    path = write_study(study, tmp_path / f"wave{extension}")
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}

    def fail(*given: object, **_: object) -> None:
        half = next(each for each in given if isinstance(each, (str, Path)))
        Path(half).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyreadstat, "write_sav", fail)
    monkeypatch.setattr(pyreadstat, "write_dta", fail)
    monkeypatch.setattr("topline.data.delimited.write_csv", fail)
    monkeypatch.setattr("pyarrow.parquet.write_table", fail)
    with pytest.raises(FileError, match="No space left on device"):
        write_study(Study(study.frame.iloc[:2], study.codebook), path)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before
    monkeypatch.undo()
    assert_same(read_study(path), study)


def test_damaged_sidecar_is_one_clear_line(study, tmp_path):
    path = write_study(study, tmp_path / "wave.sav")
    beside = tmp_path / f"wave.sav{SIDECAR}"
    for content in (b"{", b"[]", b"{}", b'{"topline_codebook": "x"}', b"\xff\xfe"):
        beside.write_bytes(content)
        with pytest.raises(FileError) as refused:
            read_study(path)
        one_line(refused, f"wave.sav{SIDECAR}", "delete it, or export again")


def test_sidecar_of_a_newer_version_is_refused(study, tmp_path):
    path = write_study(study, tmp_path / "wave.sav")
    (tmp_path / f"wave.sav{SIDECAR}").write_text('{"topline_codebook": 99}')
    with pytest.raises(FileError, match="newer topline"):
        read_study(path)


def test_relative_paths_and_strings_are_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert write_study(pd.DataFrame({"q1": [1.0]}), "wave.sav") == Path("wave.sav")
    assert read_study("wave.sav").column("q1").tolist() == [1.0]


def test_folder_with_study_yaml_reads_as_its_exported_data(tmp_path, study, assert_same):
    folder = new_folder(tmp_path / "my-study")
    write_study(study, folder.data)
    assert_same(read_study(folder.path), study)
