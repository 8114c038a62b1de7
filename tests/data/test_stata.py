"""Stata files: extended missing values both ways, and what Stata cannot hold."""

import subprocess

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from topline.data.codebook import Codebook, MissingKind, MissingRange, Study, Variable
from topline.data.errors import CodebookError, FileError
from topline.data.files import read_study, write_study
from topline.data.stata import stata_format

DK, REFUSED, NOT_ASKED, OTHER = MissingKind


@pytest.fixture
def foreign(tmp_path):
    """A file with extended missing values, as Stata would have written it."""
    frame = pd.DataFrame(
        {
            "trust": [1.0, "a", "b", np.nan],
            "income": [-2000.5, 1.0, "z", 5.0],
            "only": ["a", None, "a", None],
            "born": [0.0, "a", 100.0, np.nan],
            "filled": [1e12, 1.0, "b", np.nan],
            "week": [3000.0, 1.0, 2.0, 3.0],
            "name": ["x", "", "ü", "z"],
        }
    )
    path = tmp_path / "wave.dta"
    pyreadstat.write_dta(
        frame,
        path,
        file_label="Wave 1",
        version=14,
        column_labels={"trust": "Trust in courts"},
        variable_value_labels={
            "trust": {"a": "Don't know", "b": "Refused", "c": "Not asked", 1: "none"},
            "born": {0: "epoch", "a": "Refused"},
        },
        missing_user_values={name: list("abcz") for name in ("trust", "income", "only", "born", "filled")},
        variable_format={"born": "%td", "filled": "%tc", "week": "%tw", "trust": "%9.0g"},
    )
    return path


def test_extended_missing_values_become_codes_outside_the_observed_range(foreign):
    study = read_study(foreign)
    assert study.codebook.title == "Wave 1"
    trust = study.codebook["trust"]
    assert study.column("trust").tolist()[:3] == [1.0, -1001.0, -1002.0]
    assert trust.label == "Trust in courts"
    assert trust.labels == {1.0: "none", -1001.0: "Don't know", -1002.0: "Refused", -1003.0: "Not asked"}
    assert trust.missing == {-1001.0: DK, -1002.0: REFUSED, -1003.0: NOT_ASKED}
    assert trust.stata_missing == {-1001.0: "a", -1002.0: "b", -1003.0: "c"}
    assert study.answers("trust").tolist()[:1] == [1.0]
    assert study.answers("trust").isna().tolist() == [False, True, True, True]
    # -1026 is taken: an income of -2000.5 was observed
    assert study.column("income").tolist() == [-2000.5, 1.0, -10026.0, 5.0]
    assert study.column("only").tolist()[0] == -1001.0
    assert study.missing_kinds("only").tolist() == ["other", None, "other", None]


def test_dates_and_their_missing_values(foreign):
    study = read_study(foreign)
    assert [study.codebook[name].type for name in ("born", "filled", "week")] == ["date", "datetime", "numeric"]
    assert study.column("born").dt.strftime("%Y-%m-%d").tolist()[:3] == ["1960-01-01", "1583-01-01", "1960-04-10"]
    assert study.codebook["born"].missing == {"1583-01-01": REFUSED}
    assert study.codebook["born"].labels == {"1960-01-01": "epoch", "1583-01-01": "Refused"}
    assert study.answers("born").notna().tolist() == [True, False, True, False]
    assert study.answers("filled").notna().tolist() == [True, True, False, False]
    assert study.column("name").dropna().tolist() == ["x", "ü", "z"]


def test_extended_missing_values_survive(foreign, tmp_path, assert_same):
    study = read_study(foreign)
    path = write_study(study, tmp_path / "again.dta")
    assert_same(read_study(path), study)
    before, after = (pyreadstat.read_dta(each, user_missing=True) for each in (foreign, path))
    assert after[0]["trust"].tolist()[:3] == [1.0, "a", "b"]
    assert after[1].variable_value_labels == before[1].variable_value_labels
    assert after[1].original_variable_types == before[1].original_variable_types


def test_letters_survive_even_without_the_sidecar_and_through_sav(foreign, tmp_path):
    study = read_study(foreign)
    path = write_study(read_study(write_study(study, tmp_path / "wave.sav")), tmp_path / "again.dta")
    path.with_name("again.dta.codebook.json").unlink()
    data, meta = pyreadstat.read_dta(path, user_missing=True)
    assert data["trust"].tolist()[:3] == [1.0, "a", "b"]
    assert data["income"].tolist() == [-2000.5, 1.0, "z", 5.0]
    assert meta.variable_value_labels["trust"]["c"] == "Not asked"


def test_codes_become_letters_and_come_back(tmp_path, assert_same):
    missing = {98.0: DK, 99.0: REFUSED, -9.0: NOT_ASKED}
    study = Study(
        pd.DataFrame({"q": [1.0, 98.0, 99.0, -9.0], "r": [-3.0, -8.0, 5.0, 1.5]}),
        Codebook(
            (
                Variable("q", labels={98.0: "Don't know", 1.0: "yes"}, missing=missing),
                Variable("r", labels={1.5: "half", -7.0: "x"}, missing_ranges=(MissingRange(-np.inf, -1, REFUSED),)),
            )
        ),
    )
    path = write_study(study, tmp_path / "wave.dta")
    data, meta = pyreadstat.read_dta(path, user_missing=True)
    assert data["q"].tolist() == [1.0, "a", "b", "c"]
    assert data["r"].tolist() == ["b", "a", 5.0, 1.5]
    assert meta.variable_value_labels["q"] == {1: "yes", "a": "Don't know"}
    assert meta.variable_value_labels["r"] == {"c": "x"}
    assert_same(read_study(path), study)


def test_letter_added_in_stata_gets_a_code_beside_the_sidecar(tmp_path):
    study = Study(pd.DataFrame({"q": [1.0, 98.0]}), Codebook((Variable("q", missing={98.0: DK}),)))
    path = write_study(study, tmp_path / "wave.dta")
    frame = pd.DataFrame({"q": [1.0, "a", "f"]})
    pyreadstat.write_dta(frame, path, missing_user_values={"q": ["a", "f"]})
    found = read_study(path)
    assert found.column("q").tolist() == [1.0, 98.0, -1006.0]
    assert found.missing_kinds("q").tolist() == [None, "other", "other"]


def test_date_with_times_is_written_to_the_millisecond_and_stays_a_date(tmp_path, assert_same):
    times = pd.to_datetime(["2020-01-01T12:00", "1900-01-01"], format="ISO8601")
    variable = Variable("d", type="date", missing={"1900-01-01": REFUSED}, format="DATE11")
    study = Study(pd.DataFrame({"d": times}), Codebook((variable,)))
    path = write_study(study, tmp_path / "wave.dta")
    assert pyreadstat.read_dta(path)[1].original_variable_types["d"] == "%tc"
    assert_same(read_study(path), study)


def test_very_long_strings_survive(tmp_path):
    long = ["字" * 3000, None, "b", "字" * 3000]
    path = write_study(pd.DataFrame({"s": long, "t": ["a", "b", None, "d"]}), tmp_path / "wave.dta")
    assert read_study(path).column("s").fillna("").tolist() == ["字" * 3000, "", "b", "字" * 3000]


def test_more_than_26_missing_codes_are_refused(tmp_path):
    frame = pd.DataFrame({"q": [-float(code) for code in range(1, 31)]})
    study = Study(frame, Codebook((Variable("q", missing_ranges=(MissingRange(-np.inf, -1),)),)))
    with pytest.raises(CodebookError, match=r"wave\.dta: variable 'q' has 30 different missing codes; Stata has 26"):
        write_study(study, tmp_path / "wave.dta")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("observed", "code"),
    [
        ([-1001.0], -10001.0),
        ([-1e14], 1001.0),
        ([-1e14, 5000.0], 10001.0),
        ([-1e16, 1e16], -8.01e307),
    ],
)
def test_codes_for_letters_keep_clear_of_what_is_observed(observed, code, tmp_path):
    frame = pd.DataFrame({"q": pd.Series([*observed, "a"], dtype="object")})
    pyreadstat.write_dta(frame, tmp_path / "wave.dta", missing_user_values={"q": ["a"]})
    found = read_study(tmp_path / "wave.dta")
    assert found.column("q").tolist() == [*observed, pytest.approx(code)]
    assert found.answers("q").isna().tolist() == [False] * len(observed) + [True]


def test_letters_in_a_column_of_early_dates_are_late_dates(tmp_path):
    early = float((np.datetime64("1500-01-01") - np.datetime64("1960-01-01")).astype(int))
    frame = pd.DataFrame({"d": pd.Series([early, "b"], dtype="object")})
    path = tmp_path / "wave.dta"
    pyreadstat.write_dta(frame, path, missing_user_values={"d": ["b"]}, variable_format={"d": "%td"})
    assert read_study(path).column("d").dt.strftime("%Y-%m-%d").tolist() == ["1500-01-01", "9999-01-02"]


def test_dates_outside_the_calendar_stay_numbers(tmp_path):
    path = tmp_path / "wave.dta"
    pyreadstat.write_dta(pd.DataFrame({"d": [1e12, 5.0]}), path, variable_format={"d": "%td"})
    found = read_study(path)
    assert found.codebook["d"].type == "numeric"
    assert found.column("d").tolist() == [1e12, 5.0]


@pytest.mark.parametrize("version", [8, 10, 12, 13, 14, 15])
def test_every_version_is_read(version, tmp_path):
    path = tmp_path / "wave.dta"
    pyreadstat.write_dta(pd.DataFrame({"q": [1.5, np.nan], "s": ["a", "b"]}), path, version=version)
    found = read_study(path)
    assert found.column("q").tolist()[0] == 1.5
    assert found.column("s").tolist() == ["a", "b"]


@pytest.mark.parametrize("version", [8, 12])
def test_old_versions_cut_off_are_one_clear_line(version, tmp_path):
    path = tmp_path / "wave.dta"
    pyreadstat.write_dta(pd.DataFrame({"q": np.arange(50.0)}), path, version=version)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(FileError, match="cut off"):
        read_study(path)


def test_rows_that_differ_from_the_promise_are_refused(foreign, monkeypatch):
    data, meta = pyreadstat.read_dta(foreign, user_missing=True, disable_datetime_conversion=True)
    monkeypatch.setattr(pyreadstat, "read_dta", lambda *_, **__: (data.iloc[:1], meta))
    with pytest.raises(FileError, match="promises 4 rows and holds 1"):
        read_study(foreign)


def test_haven_reads_what_is_written(require, foreign, tmp_path):
    rscript = require("r", "haven")
    path = write_study(read_study(foreign), tmp_path / "again.dta")
    code = (
        f'd <- haven::read_dta("{path}"); '
        'cat(haven::na_tag(d$trust)[2:3], format(d$born[1]), attr(d$trust, "label"), d$name[3], sep="|")'
    )
    ran = subprocess.run([rscript, "-e", code], capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout == "a|b|1960-01-01|Trust in courts|ü"


@pytest.mark.parametrize(
    ("variable", "values", "told"),
    [
        (Variable("q", format="%9.2f"), [1.0], "%9.2f"),
        (Variable("q", format="F8.2"), [1.0], "%8.2f"),
        (Variable("q", format="F8"), [1.0], "%8.0f"),
        (Variable("q", format="DOLLAR12"), [1.0], "%10.0g"),
        (Variable("q", format="%td"), [1.0], "%10.0g"),
        (Variable("q", type="string", format="%-20s"), ["a"], "%-20s"),
        (Variable("q", type="string", format="A300"), ["ab" * 10], "%20s"),
        (Variable("q", type="string"), [], "%9s"),
        (Variable("q", type="date", format="%tdCCYY-NN-DD"), ["2020-01-01"], "%tdCCYY-NN-DD"),
        (Variable("q", type="date"), ["2020-01-01"], "%td"),
        (Variable("q", type="datetime", format="%tcHH:MM"), ["2020-01-01"], "%tcHH:MM"),
        (Variable("q", type="datetime", format="%td"), ["2020-01-01"], "%tc"),
    ],
)
def test_display_format(variable, values, told):
    dtype = {"numeric": "float64", "string": "str"}.get(variable.type, "datetime64[us]")
    assert stata_format(variable, pd.Series(values, dtype=dtype)) == told
