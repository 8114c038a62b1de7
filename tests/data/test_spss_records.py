"""A damaged dictionary is one clear line, never a parser that reads foreign memory."""

import struct

import pandas as pd
import pytest

from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import FileError
from topline.data.files import read_study, write_study
from topline.data.spss_records import promised_rows


@pytest.fixture(params=["sav", "zsav"])
def path(request, tmp_path):
    frame = pd.DataFrame({"q1": [1.0, 98.0], "s": ["a" * 20, "b"], "r": [3.0, 4.0]})
    variables = (
        Variable("q1", label="Trust", labels={1.0: "none", 98.0: "refused"}, missing={98.0: MissingKind.REFUSED}),
        Variable("s", type="string"),
        Variable("r"),
    )
    return write_study(Study(frame, Codebook(variables, notes=("a note",))), tmp_path / f"wave.{request.param}")


def damaged(path, place, number, form="<i"):
    raw = bytearray(path.read_bytes())
    struct.pack_into(form, raw, place, number)
    path.write_bytes(raw)


def test_whole_file_promises_its_rows(path):
    assert promised_rows(path) == 2
    assert read_study(path).column("r").tolist() == [3.0, 4.0]


def test_value_label_of_a_variable_that_does_not_exist(path):
    labelled = path.read_bytes().index(struct.pack("<3i", 4, 1, 1))
    damaged(path, labelled + 8, 200)
    with pytest.raises(FileError, match="a value label belongs to variable 200 of 5"):
        read_study(path)


@pytest.mark.parametrize(
    ("offset", "number", "told"),
    [(4, 300, "has the width 300"), (4, -1, "has the width -1"), (12, 9, "declares 9 missing values")],
)
def test_odd_variable(path, offset, number, told):
    damaged(path, 176 + offset, number)
    with pytest.raises(FileError, match=told):
        read_study(path)


def test_unknown_record(path):
    damaged(path, 176, 77)
    with pytest.raises(FileError, match="record of the unknown type 77"):
        read_study(path)


def test_impossible_counts_and_lengths(path):
    labels = path.read_bytes().index(struct.pack("<2i", 3, 2))
    whole = path.read_bytes()
    damaged(path, labels + 4, -5)
    with pytest.raises(FileError, match="counts -5 entries"):
        read_study(path)
    path.write_bytes(whole)
    damaged(path, 176 + 28 + 4, -8)
    with pytest.raises(FileError, match="impossible length"):
        read_study(path)
    path.write_bytes(whole)
    damaged(path, labels + 4, 10_000_000)
    with pytest.raises(FileError, match="cut off inside its dictionary"):
        read_study(path)


@pytest.mark.parametrize("size", [100, 175, 176, 190, 300, 500])
def test_cut_off_dictionary(path, size):
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(FileError, match="cut off inside its"):
        read_study(path)


def test_compressed_blocks_that_do_not_follow_on_one_another(path):
    if path.suffix == ".sav":
        pytest.skip("only .zsav has blocks")
    whole = path.read_bytes()
    trailer = len(whole) - 48
    for place, number, form, told in [
        (trailer + 20, 2, "<i", "miscounts its blocks"),
        (trailer + 24, 7, "<q", "do not follow on one another"),
        (trailer + 44, 7, "<i", "do not fill their place"),
        (trailer + 44, -7, "<i", "do not follow on one another"),
    ]:
        path.write_bytes(whole)
        damaged(path, place, number, form)
        with pytest.raises(FileError, match=told):
            read_study(path)


def test_file_of_the_other_byte_order_is_walked(tmp_path):
    header = b"$FL2" + b" " * 60 + struct.pack(">6i", 2, 1, 0, 0, 1, 0) + b" " * 88
    variable = struct.pack(">6i", 2, 0, 0, 0, 0, 0) + b"Q1      "
    path = tmp_path / "big.sav"
    path.write_bytes(header + variable + struct.pack(">2i", 999, 0) + struct.pack(">d", 5.0))
    assert promised_rows(path) == 1
