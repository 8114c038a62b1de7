"""SPSS files: real ones made by PSPP, what survives, and what SPSS cannot hold."""

import struct
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from topline.data.codebook import Codebook, MissingKind, MissingRange, Study, Variable, study_of
from topline.data.errors import CodebookError, FileError
from topline.data.files import read_study, write_study
from topline.data.spss import cut, lines, spss_format

REFERENCE = Path(__file__).parents[1] / "reference" / "sav"
SHIPPED = [
    (("pspp",), "/usr/share/pspp/examples/hotel.sav"),
    (("pspp",), "/usr/share/pspp/examples/personnel.sav"),
    (("pspp",), "/usr/share/pspp/examples/physiology.sav"),
    (("r", "foreign"), "/usr/lib/R/library/foreign/files/electric.sav"),
    (("r", "foreign"), "/usr/lib/R/library/foreign/files/testdata.sav"),
    (("r", "haven"), "/usr/lib/R/site-library/haven/examples/iris.sav"),
]
DK, REFUSED, NOT_ASKED, OTHER = MissingKind


@pytest.fixture(params=["attitudes.sav", "attitudes.zsav"])
def attitudes(request):
    return read_study(REFERENCE / request.param)


def test_real_file_is_read_with_labels_and_missing_values(attitudes):
    codebook = attitudes.codebook
    assert codebook.title == "Attitudes, a made-up wave"
    assert codebook.notes[:2] == ("Five made-up respondents.", "Written by PSPP.")
    assert codebook["approval"] == Variable(
        "approval",
        label="Approval of the social credit system",
        measure="ordinal",
        labels={
            -9.0: "Not asked",
            1.0: "Strongly disapprove",
            2.0: "Disapprove",
            3.0: "Neither",
            4.0: "Approve",
            5.0: "Strongly approve",
            98.0: "Don't know",
            99.0: "Refused",
        },
        missing={98.0: DK, 99.0: REFUSED, -9.0: NOT_ASKED},
        format="F2.0",
    )
    assert codebook["trust"].missing_ranges == (MissingRange(-np.inf, -1.0),)
    assert codebook["trust"].missing == {9.0: OTHER, -5.0: REFUSED, -7.0: DK}
    assert codebook["income"].missing_ranges == (MissingRange(9999990.0, np.inf),)
    assert codebook["income"].missing == {-1.0: OTHER}
    assert codebook["region"].missing == {"XX": REFUSED, "": OTHER}
    assert codebook["born"].missing == {"1900-01-01": OTHER}
    assert codebook["省份"].label == "被访者所在省份"


def test_real_file_is_read_with_its_values(attitudes):
    assert attitudes.column("id").tolist()[:2] == ["000001", "000002"]
    assert attitudes.column("approval").tolist()[:4] == [5.0, 98.0, 99.0, -9.0]
    assert attitudes.missing_kinds("approval").tolist() == [None, "dont_know", "refused", "not_asked", None]
    assert attitudes.missing_kinds("trust").tolist() == [None, "refused", "dont_know", None, "other"]
    assert attitudes.missing_kinds("region").tolist() == [None, None, "refused", None, "other"]
    assert attitudes.missing_kinds("born").tolist() == [None, None, None, None, "other"]
    assert attitudes.answers("income").dropna().tolist() == [1200.5, 0.1]
    assert attitudes.answers("born").dropna().dt.strftime("%Y-%m-%d").tolist() == [
        "1980-01-05",
        "2000-02-29",
        "1582-12-31",
    ]
    assert str(attitudes.column("filled")[1]) == "2026-10-02 23:59:59"
    assert attitudes.column("lasted").tolist()[:2] == [750.0, 3600.0]
    assert attitudes.column("comment").dropna().tolist() == ["Grüße", "没有意见", "x", "y"]
    assert attitudes.column("empty").isna().all()


@pytest.mark.parametrize("extension", ["sav", "zsav"])
def test_real_file_survives_without_any_sidecar(extension, attitudes, tmp_path, assert_same):
    path = write_study(attitudes, tmp_path / f"again.{extension}")
    assert [each.name for each in tmp_path.iterdir()] == [f"again.{extension}"]
    assert_same(read_study(path), attitudes)


def test_real_file_written_back_is_the_same_to_pyreadstat(tmp_path):
    source = REFERENCE / "attitudes.sav"
    path = write_study(read_study(source), tmp_path / "again.sav")
    (before, meta), (after, again) = (
        pyreadstat.read_sav(each, user_missing=True, disable_datetime_conversion=True) for each in (source, path)
    )
    pd.testing.assert_frame_equal(before, after, check_exact=True)
    assert again.column_names_to_labels == meta.column_names_to_labels
    assert again.variable_value_labels == meta.variable_value_labels
    assert again.original_variable_types == meta.original_variable_types
    assert again.variable_measure == meta.variable_measure
    assert again.file_label == meta.file_label
    assert again.notes == meta.notes
    for name, ranges in meta.missing_ranges.items():
        told, found = (
            {(each["lo"], each["hi"]) for each in one[name]} for one in (meta.missing_ranges, again.missing_ranges)
        )
        assert told == found, name
        assert ranges


@pytest.mark.parametrize(("program", "path"), SHIPPED)
def test_files_shipped_with_other_programs_survive(program, path, require, tmp_path, assert_same):
    require(*program)
    found = read_study(path)
    assert len(found.frame) > 0
    assert_same(read_study(write_study(found, tmp_path / "again.sav")), found)


def test_declared_encoding_is_followed():
    found = read_study(REFERENCE / "latin1.sav")
    assert found.codebook["größe"].label == "Größe in cm"
    assert found.codebook["größe"].missing == {98.0: DK}
    assert found.column("ort").tolist() == ["Köln", "Zürich"]


def test_text_that_is_not_in_the_declared_encoding_is_one_clear_line(tmp_path):
    path = tmp_path / "wave.sav"
    raw = (REFERENCE / "latin1.sav").read_bytes()
    path.write_bytes(raw.replace(b"WINDOWS-1252", b"UTF-8       "))
    with pytest.raises(FileError, match="not in the encoding it declares; save it as Unicode"):
        read_study(path)


@pytest.fixture
def display(require, tmp_path):
    """Run PSPP on a file, and give what it shows."""
    pspp = require("pspp")

    def display(path: Path, commands: str) -> str:
        syntax = tmp_path / "show.sps"
        syntax.write_text(f"SET WIDTH=200.\nGET FILE='{path}'.\n{commands}\n", encoding="utf-8")
        ran = subprocess.run(
            [pspp, "-O", "format=csv", str(syntax)],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            timeout=60,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "error" not in ran.stdout
        assert "warning" not in ran.stdout
        return ran.stdout

    return display


@pytest.mark.parametrize("extension", ["sav", "zsav"])
def test_pspp_reads_what_is_written(extension, attitudes, display, tmp_path):
    path = write_study(attitudes, tmp_path / f"again.{extension}")
    before, after = (
        display(each, "DISPLAY DICTIONARY.\nLIST.").splitlines()
        for each in (REFERENCE / f"attitudes.{extension}", path)
    )
    # PSPP counts records, which topline's writer lays out otherwise, and keeps no display width of strings
    assert [line for line in after if "98" in line or "LOWEST" in line] == [
        line for line in before if "98" in line or "LOWEST" in line
    ]
    assert after[after.index("Table: Data List") :] == before[before.index("Table: Data List") :]
    assert any('"XX"' in line or "XX" in line for line in after)


def test_pspp_counts_the_user_missing_values(attitudes, display, tmp_path):
    path = write_study(attitudes, tmp_path / "again.sav")
    shown = display(path, "DESCRIPTIVES approval trust income.")
    assert "Approval of the social credit system,1,5.00" in shown
    assert "Trust in local government,2,3.50" in shown


def test_pspp_reads_long_strings_labels_and_names(display, tmp_path):
    name = "省份" * 10
    frame = pd.DataFrame({name: ["字" * 200, "b"], "x" * 64: [1.0, 98.0], "t": ["a" * 1000, ""]})
    codebook = Codebook(
        (
            Variable(name, type="string", label="标" * 85),
            Variable("x" * 64, labels={98.0: "拒" * 40}, missing={98.0: REFUSED}),
            Variable("t", type="string", labels={"a" * 20: "long value"}),
        )
    )
    path = write_study(Study(frame, codebook), tmp_path / "long.sav")
    shown = display(path, "DISPLAY DICTIONARY.\nLIST.")
    assert "字" * 200 in shown
    assert "拒" * 40 in shown
    assert "标" * 85 in shown
    assert "a" * 1000 in shown


def test_haven_reads_what_is_written(require, attitudes, tmp_path):
    rscript = require("r", "haven")
    path = write_study(attitudes, tmp_path / "again.sav")
    code = (
        f'd <- haven::read_sav("{path}", user_na=TRUE); '
        'cat(sum(is.na(d$approval)), attr(d$trust, "na_range"), attr(d$approval, "na_values"), '
        'as.numeric(d$born[1]), attr(d$approval, "label"), sep="|")'
    )
    ran = subprocess.run([rscript, "-e", code], capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout.startswith("4|-Inf|-1|")
    assert "|3656|Approval of the social credit system" in ran.stdout


def test_more_than_three_codes_become_one_range_where_no_answer_lies_between(tmp_path, assert_same):
    missing = {97.0: OTHER, 98.0: DK, 99.0: REFUSED, -9.0: NOT_ASKED}
    study = Study(pd.DataFrame({"q": [1.0, 98.0, -9.0]}), Codebook((Variable("q", missing=missing),)))
    path = write_study(study, tmp_path / "wave.sav")
    _, meta = pyreadstat.read_sav(path, user_missing=True)
    assert {(each["lo"], each["hi"]) for each in meta.missing_ranges["q"]} == {(97.0, 99.0), (-9.0, -9.0)}
    assert_same(read_study(path), study)


def test_more_than_three_codes_with_answers_between_are_refused_all_at_once(tmp_path):
    missing = {7.0: OTHER, 9.0: DK, 97.0: REFUSED, 99.0: NOT_ASKED}
    frame = pd.DataFrame({"q": [8.0, 98.0], "r": [8.0, 98.0], "s": ["a", "b"], "t": ["a", "b"]})
    codebook = Codebook(
        (
            Variable("q", missing=missing),
            Variable("r", missing=missing),
            Variable("s", type="string", missing=dict.fromkeys("abcd", OTHER)),
            Variable("t", type="string", missing={"no answer": OTHER}),
        )
    )
    with pytest.raises(CodebookError) as refused:
        write_study(Study(frame, codebook), tmp_path / "wave.sav")
    message = str(refused.value)
    assert "wave.sav: variable 'q' declares 7, 9, 97, 99 missing" in message
    assert "variable 'r'" in message
    assert "'a', 'b', 'c', 'd' missing; SPSS holds three strings" in message
    assert "'no answer'" in message
    assert list(tmp_path.iterdir()) == []


def test_more_than_three_missing_dates_are_refused(tmp_path):
    days = [f"1900-01-0{day}" for day in range(1, 5)]
    variable = Variable("born", type="date", missing=dict.fromkeys(days, OTHER))
    study = Study(pd.DataFrame({"born": pd.to_datetime(days)}), Codebook((variable,)))
    with pytest.raises(CodebookError, match="SPSS holds three dates"):
        write_study(study, tmp_path / "wave.sav")


def test_declared_width_of_a_string_survives(tmp_path):
    study = Study(pd.DataFrame({"s": ["字", "b", None]}), Codebook((Variable("s", type="string", format="A20"),)))
    path = write_study(study, tmp_path / "wave.sav")
    _, meta = pyreadstat.read_sav(path)
    assert meta.original_variable_types["s"] == "A20"
    assert read_study(path).column("s").tolist()[:2] == ["字", "b"]


def test_long_labels_are_cut_at_a_character_and_kept_in_the_sidecar(tmp_path):
    study = Study(
        pd.DataFrame({"q": [1.0]}),
        Codebook((Variable("q", label="标签" * 100, labels={1.0: "值标签" * 100}),), "题" * 60),
    )
    path = write_study(study, tmp_path / "wave.sav")
    assert read_study(path).codebook == study.codebook
    (tmp_path / "wave.sav.codebook.json").unlink()
    found = read_study(path).codebook
    assert found["q"].label == ("标签" * 100)[:85]
    assert found["q"].labels == {1.0: ("值标签" * 100)[:40]}
    assert found.title == "题" * 21


def test_times_finer_than_a_second_survive(tmp_path):
    moments = pd.to_datetime(["2026-10-01T10:11:12.00001", "1600-01-01T00:00:00.001", "2400-12-31T23:59:59.99999"])
    path = write_study(pd.DataFrame({"t": moments}), tmp_path / "wave.sav")
    assert (read_study(path).column("t") == moments).all()


def test_dates_outside_the_calendar_stay_numbers(tmp_path):
    path = tmp_path / "wave.sav"
    frame = pd.DataFrame({"d": [1e20, 13e9], "e": [13e9, 13e9], "f": [13e9, 13e9]})
    pyreadstat.write_sav(
        frame,
        path,
        variable_format=dict.fromkeys("def", "DATE11"),
        variable_value_labels={"d": {13e9: "then"}, "e": {1e20: "never"}},
        missing_ranges={"d": [1e20], "f": [{"lo": 0, "hi": 5}]},
    )
    found = read_study(path)
    assert [found.codebook[name].type for name in "def"] == ["numeric"] * 3
    assert found.column("d").tolist() == [1e20, 13e9]
    assert found.codebook["d"].missing == {1e20: OTHER}
    assert found.codebook["d"].labels == {13e9: "then"}
    assert found.codebook["e"].labels == {1e20: "never"}
    assert found.codebook["f"].missing_ranges == (MissingRange(0.0, 5.0),)
    again = read_study(write_study(found, tmp_path / "again.sav"))
    assert again.column("d").tolist() == [1e20, 13e9]
    assert again.codebook["d"] == found.codebook["d"]


def test_header_that_promises_more_rows_than_there_are_is_cut_off(tmp_path):
    path = write_study(study_of(pd.DataFrame({"q": [1.0, 2.0]})), tmp_path / "wave.sav")
    raw = bytearray(path.read_bytes())
    struct.pack_into("<i", raw, 80, 7)
    path.write_bytes(raw)
    with pytest.raises(FileError, match="cut off"):
        read_study(path)


def test_header_that_promises_fewer_rows_than_are_read_is_refused(tmp_path, monkeypatch):
    path = write_study(study_of(pd.DataFrame({"q": [1.0, 2.0]})), tmp_path / "wave.sav")
    short = pyreadstat.read_sav(path, user_missing=True, disable_datetime_conversion=True)
    monkeypatch.setattr(pyreadstat, "read_sav", lambda *_, **__: (short[0].iloc[:1], short[1]))
    with pytest.raises(FileError, match="promises 2 rows and holds 1"):
        read_study(path)


def test_file_whose_writer_did_not_count_its_rows_is_read(tmp_path):
    path = tmp_path / "wave.sav"
    pyreadstat.write_sav(pd.DataFrame({"q": [1.0, 2.0], "r": [3.0, 4.0]}), path)
    raw = bytearray(path.read_bytes())
    struct.pack_into("<i", raw, 80, -1)
    path.write_bytes(raw)
    assert read_study(path).column("r").tolist() == [3.0, 4.0]
    path.write_bytes(raw[:-8])
    with pytest.raises(FileError, match="last row is not whole"):
        read_study(path)


@pytest.mark.parametrize(
    ("variable", "values", "told"),
    [
        (Variable("q", format="F8.2"), [1.0], "F8.2"),
        (Variable("q", format="COMMA12.1"), [1.0], "COMMA12.1"),
        (Variable("q", format="DATE11"), [1.0], "F8.0"),
        (Variable("q", format="%10.3f"), [1.0], "F10.3"),
        (Variable("q", format="%2.2f"), [1.5], "F8.2"),
        (Variable("q", format="%9.0g"), [1.0, 2.0], "F8.0"),
        (Variable("q", format="%9.0g"), [1.5], "F8.2"),
        (Variable("q", format="%9.0g"), [1e12], "F8.2"),
        (Variable("q"), [], "F8.2"),
        (Variable("q", type="date", format="%td"), ["2020-01-01"], "DATE11"),
        (Variable("q", type="date", format="SDATE10"), ["2020-01-01"], "SDATE10"),
        (Variable("q", type="date", format="DATETIME20"), ["2020-01-01"], "DATE11"),
        (Variable("q", type="datetime", format="YMDHMS20"), ["2020-01-01"], "YMDHMS20"),
        (Variable("q", type="datetime"), ["2020-01-01"], "DATETIME20"),
    ],
)
def test_display_format(variable, values, told):
    dtype = "float64" if variable.type == "numeric" else "datetime64[us]"
    assert spss_format(variable, pd.Series(values, dtype=dtype)) == told


def test_text_is_cut_and_broken_at_characters():
    assert cut("社会信用", 7) == "社会"
    assert lines("a\n" + "字" * 30) == ["a", "字" * 26, "字" * 4]
    assert lines("") == [""]


def test_dates_of_which_one_lies_outside_the_calendar_stay_numbers_with_their_codes(tmp_path):
    path = tmp_path / "wave.sav"
    pyreadstat.write_sav(
        pd.DataFrame({"d": [1e15, 13e9]}),
        path,
        variable_format={"d": "DATE11"},
        variable_value_labels={"d": {13e9: "Refused"}},
        missing_ranges={"d": [13e9]},
    )
    found = read_study(path)
    assert found.codebook["d"].type == "numeric"
    assert found.codebook["d"].missing == {13e9: REFUSED}
    assert found.missing_kinds("d").tolist() == [None, "refused"]
