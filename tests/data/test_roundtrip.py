"""A random study survives every format, there and back, and a chain through all of them."""

import datetime
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from topline.data.codebook import Codebook, MissingKind, MissingRange, Study, Variable
from topline.data.files import read_study, write_study

FORMATS = ("sav", "zsav", "dta", "csv", "parquet")
QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

# Trailing blanks are padding in SPSS; NUL ends a string in every format.
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
answers = text.map(lambda value: value.rstrip(" "))
wording = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)
# SPSS keeps a negative zero as zero.
codes = st.one_of(
    st.integers(-999, 999).map(float), st.floats(-1e15, 1e15, allow_subnormal=False).map(lambda x: x + 0.0)
)
kinds = st.sampled_from(list(MissingKind))
moments = st.datetimes(datetime.datetime(1600, 1, 1), datetime.datetime(2500, 1, 1)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 10 * 10)
)


@st.composite
def numeric(draw, name, rows):
    column = draw(st.lists(st.one_of(codes, st.none()), min_size=rows, max_size=rows))
    ranged = draw(st.booleans())
    ends = sorted(draw(st.tuples(codes, codes)))
    ranges = (MissingRange(-np.inf if draw(st.booleans()) else ends[0], ends[1], draw(kinds)),) if ranged else ()
    ranges = tuple(each for each in ranges if each.low < each.high)
    missing = draw(st.dictionaries(codes, kinds, max_size=1 if ranges else 3))
    variable = Variable(
        name,
        label=draw(wording),
        measure=draw(st.sampled_from(["nominal", "ordinal", "scale", "unknown"])),
        labels=draw(st.dictionaries(codes, wording, max_size=4)),
        missing=missing,
        missing_ranges=ranges,
        format=draw(st.sampled_from(["", "F8.2", "F5.0", "COMMA12.1", "%9.0g", "%10.3f"])),
        wording={"en": draw(text)},
        collapse={"some": (draw(codes),)},
        replicates=("liu2022.travel",),
    )
    return pd.Series(column, dtype="float64"), variable


@st.composite
def string(draw, name, rows):
    column = draw(st.lists(st.one_of(answers, st.none()), min_size=rows, max_size=rows))
    short = st.text(st.sampled_from("ABCD字"), min_size=1, max_size=2)
    variable = Variable(
        name,
        type="string",
        label=draw(wording),
        labels=draw(st.dictionaries(short, wording, max_size=3)),
        missing=draw(st.dictionaries(short, kinds, max_size=3)),
        format=draw(st.sampled_from(["", "A8", "A300", "%20s"])),
    )
    return pd.Series([value or None for value in column], dtype="str"), variable


@st.composite
def moment(draw, name, rows):
    dated = draw(st.booleans())
    column = draw(st.lists(st.one_of(moments, st.none()), min_size=rows, max_size=rows))
    if dated:
        column = [each and datetime.datetime.combine(each.date(), datetime.time()) for each in column]
    missing = {draw(moments).date().isoformat(): draw(kinds)} if draw(st.booleans()) else {}
    variable = Variable(name, type="date" if dated else "datetime", missing=missing, labels=dict.fromkeys(missing, "x"))
    return pd.Series(column, dtype="datetime64[us]"), variable


@st.composite
def studies(draw):
    rows = draw(st.integers(0, 6))
    names = ["q1", "größe", "省份", "Weight_2", "last"][: draw(st.integers(1, 5))]
    columns = {name: draw(st.one_of(numeric(name, rows), string(name, rows), moment(name, rows))) for name in names}
    codebook = Codebook(
        tuple(variable for _, variable in columns.values()), draw(text), tuple(draw(st.lists(wording, max_size=2)))
    )
    return Study(pd.DataFrame({name: column for name, (column, _) in columns.items()}), codebook)


@QUICK
@given(study=studies())
@pytest.mark.parametrize("extension", FORMATS)
def test_study_survives(extension, study, assert_same):
    with tempfile.TemporaryDirectory() as folder:
        path = write_study(study, Path(folder) / f"wave.{extension}")
        assert_same(read_study(path), study)


@settings(QUICK, max_examples=10)
@given(study=studies())
def test_study_survives_a_chain_of_formats(study, assert_same):
    with tempfile.TemporaryDirectory() as folder:
        passed = study
        for place, extension in enumerate(("sav", "dta", "csv", "parquet", "zsav")):
            passed = read_study(write_study(passed, Path(folder) / f"wave{place}.{extension}"))
        assert_same(passed, study)


@settings(QUICK, max_examples=25)
@given(study=studies())
def test_what_a_sav_says_survives_without_its_sidecar(study, assert_same):
    """Names, values, labels, measures and missing codes are in the file itself, for SPSS and every other program."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_study(study, Path(folder) / "wave.sav")
        path.with_name("wave.sav.codebook.json").unlink(missing_ok=True)
        found = read_study(path)
        again = read_study(write_study(found, Path(folder) / "again.sav"))
        assert_same(again, found)
        for variable in study.codebook:
            masked = [each.answers(variable.name).isna().tolist() for each in (found, study)]
            assert masked[0] == masked[1]
