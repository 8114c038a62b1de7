"""The sidecar and the codebook inside a Parquet file: what is kept, and what is believed."""

import json
import math

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from topline.data.codebook import Codebook, MissingKind, MissingRange, Study, Variable
from topline.data.errors import FileError
from topline.data.files import read_study, write_study
from topline.data.sidecar import Sidecar, compared, from_text, reunited, to_text

FULL = Variable(
    "q1",
    label="Trust",
    type="numeric",
    measure="ordinal",
    labels={1.0: "none", 98.0: "Don't know"},
    missing={98.0: MissingKind.DONT_KNOW},
    missing_ranges=(MissingRange(-math.inf, -1.0, MissingKind.REFUSED), MissingRange(900.0, math.inf)),
    format="F8.2",
    stata_missing={-1001.0: "a"},
    wording={"en": "How much?", "zh": "多少?"},
    scale="trust4",
    collapse={"some": (3.0, 4.0)},
    bank="social_credit.trust_courts",
    replicates=("liu2022.travel",),
)


def test_every_attribute_survives_as_text():
    codebook = Codebook((FULL, Variable("s", type="string", labels={"1": "one"}, collapse={"x": ("1",)})), "题", ("n",))
    sidecar = Sidecar(codebook, {"q1": {"label": "", "missing_ranges": ()}}, "t", ("m",), {"q1": {"a": 98.0}}, 5, 100)
    assert from_text(to_text(sidecar), "x") == sidecar
    assert "题" in to_text(sidecar)


def test_defaults_are_left_out():
    document = json.loads(to_text(Sidecar(Codebook((Variable("q1"),)))))
    assert document["variables"] == [{"name": "q1"}]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"topline_codebook": 1}',
        to_text(Sidecar(Codebook((FULL,)))).replace('"dont_know"', '"perhaps"'),
        to_text(Sidecar(Codebook((FULL,)))).replace('"scale"', '"scael"'),
        to_text(Sidecar(Codebook((Variable("a"), Variable("b"))))).replace('"b"', '"a"'),
    ],
)
def test_text_that_is_no_sidecar_is_refused(text):
    with pytest.raises(FileError, match=r"w\.codebook\.json is not a topline codebook; delete it, or export again"):
        from_text(text, "w.codebook.json")


def test_sidecar_is_believed_only_where_the_file_still_says_the_same():
    told = Codebook((FULL,), "Long title", ("note",))
    seen = Codebook((Variable("q1", label="Tru", type="datetime"),), "Long", ())
    sidecar = compared(told, seen)
    assert reunited(seen, sidecar) == Codebook(
        (Variable(**{**vars(FULL), "type": "datetime"}),), "Long title", ("note",)
    )
    changed = Codebook(
        (Variable("q1", label="Trust!", type="datetime", labels={1.0: "a"}), Variable("new")), "New", ("x",)
    )
    found = reunited(changed, sidecar)
    assert found.title == "New"
    assert found.notes == ("x",)
    assert found["q1"].label == "Trust!"
    assert found["q1"].labels == {1.0: "a"}
    assert found["q1"].scale == "trust4"
    assert found["new"] == Variable("new")


def test_order_of_labels_is_kept():
    told = Codebook((Variable("q1", labels={2.0: "b", 1.0: "a"}),))
    seen = Codebook((Variable("q1", labels={1.0: "a", 2.0: "b"}),))
    assert list(reunited(seen, compared(told, seen))["q1"].labels) == [2.0, 1.0]


def test_parquet_is_read_by_other_programs(tmp_path):
    study = Study(pd.DataFrame({"q1": [1.0, None, 98.0]}), Codebook((FULL,), "Wave 1"))
    path = write_study(study, tmp_path / "wave.parquet")
    assert pl.read_parquet(path)["q1"].to_list() == [1.0, None, 98.0]
    assert pd.read_parquet(path)["q1"].tolist()[0] == 1.0
    assert read_study(path).codebook == study.codebook


def test_parquet_of_other_programs_is_read(tmp_path):
    path = tmp_path / "wave.parquet"
    pl.DataFrame({"id": [2**60, 1], "q1": [1, None], "s": ["a", None]}).write_parquet(path)
    study = read_study(path)
    assert study.column("id").tolist() == [2**60, 1]
    assert study.codebook["s"] == Variable("s", type="string", measure="nominal")


def test_parquet_column_whose_type_changed_is_described_anew(tmp_path):
    path = write_study(Study(pd.DataFrame({"q1": [1.0]}), Codebook((FULL,), "Wave 1")), tmp_path / "wave.parquet")
    table = pq.read_table(path)
    text = table.set_column(0, "q1", pa.array(["one"])).append_column("extra", pa.array([1]))
    pq.write_table(text.replace_schema_metadata(table.schema.metadata), path)
    study = read_study(path)
    assert study.codebook["q1"] == Variable("q1", type="string", measure="nominal")
    assert study.codebook.names == ("q1", "extra")
    assert study.codebook.title == "Wave 1"


def test_parquet_with_a_damaged_codebook_is_one_clear_line(tmp_path):
    path = tmp_path / "wave.parquet"
    table = pa.table({"q1": [1.0]})
    for damaged in (b"{", b"\xff"):
        pq.write_table(table.replace_schema_metadata({b"topline.codebook": damaged}), path)
        with pytest.raises(FileError) as refused:
            read_study(path)
        assert "wave.parquet" in str(refused.value)
        assert "\n" not in str(refused.value)
