"""What tests of known things share: a comparison of two studies to the bit, and a small sound registry to break."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from topline.data.codebook import Study, Variable
from topline.data.errors import RegistryError
from topline.data.registry.figures import read_registry


@pytest.fixture(scope="session")
def assert_same() -> Callable[..., None]:
    """Give ``assert_same(found, told, but=())``: equal values to the bit, equal codebooks but for some attributes."""

    def assert_same(found: Study, told: Study, but: tuple[str, ...] = ()) -> None:
        assert list(found.frame.columns) == list(told.frame.columns)
        assert len(found.frame) == len(told.frame)
        for variable in told.codebook:
            _assert_same_column(found.frame[variable.name], told.frame[variable.name], variable)
            for attribute in fields(Variable):
                if attribute.name not in but:
                    pair = getattr(found.codebook[variable.name], attribute.name), getattr(variable, attribute.name)
                    assert pair[0] == pair[1], f"{variable.name}.{attribute.name}: {pair[0]!r} is not {pair[1]!r}"
        if "title" not in but:
            assert found.codebook.title == told.codebook.title
        if "notes" not in but:
            assert found.codebook.notes == told.codebook.notes

    return assert_same


def _assert_same_column(found, told, variable: Variable) -> None:
    if variable.type == "string":
        assert found.fillna("").tolist() == told.fillna("").tolist(), variable.name
        return
    assert found.isna().tolist() == told.isna().tolist(), variable.name
    if variable.type == "numeric":
        bits = [column.dropna().to_numpy(dtype="float64").view("int64") for column in (found, told)]
        assert np.array_equal(*bits), f"{variable.name}: {found.tolist()} is not {told.tolist()}"
    else:
        times = [column.dropna().to_numpy(dtype="datetime64[us]") for column in (found, told)]
        assert np.array_equal(*times), f"{variable.name}: {found.tolist()} is not {told.tolist()}"


SOUND = {
    "study": [
        {
            "study_id": "town2024",
            "title": "Town survey",
            "sample_type": "probability",
            "modes": "telephone;web",
            "field_start": "2024-02",
            "field_end": "2024-03",
            "dates_provenance": "verified",
            "n_interviews": "1000",
            "n_provenance": "verified",
            "moe_pp": "3.1",
            "moe_basis": "pollster_stated",
            "moe_provenance": "verified",
            "citation": "Town (2024).",
        }
    ],
    "item": [
        {
            "item_id": "town2024.cameras",
            "study_id": "town2024",
            "topic": "data_surveillance",
            "construct": "cameras",
            "wording_english": "Do you support cameras?",
            "original_language": "en",
            "translation_status": "verbatim",
            "scale_id": "yesno",
            "answers": "one",
        }
    ],
    "scale": [
        {"scale_id": "yesno", "code": "1", "label": "Yes", "valence": "1", "kind": "substantive"},
        {"scale_id": "yesno", "code": "2", "label": "Partly", "valence": "0", "kind": "substantive"},
        {"scale_id": "yesno", "code": "3", "label": "No", "valence": "-1", "kind": "substantive"},
        {"scale_id": "yesno", "code": "97", "label": "Don't know", "kind": "dont_know"},
    ],
    "estimate": [
        {
            "figure_id": "town2024.cameras",
            "item_id": "town2024.cameras",
            "subgroup": "all",
            "statistic": "share",
            "category": "yes",
            "category_set": "1;2",
            "collapse_status": "stated",
            "value": "60",
            "unit": "percent",
            "rounding": "1",
            "base": "all",
            "as_printed": "60%",
        }
    ],
    "source": [
        {
            "source_id": "town2024.cameras.1",
            "figure_id": "town2024.cameras",
            "kind": "primary",
            "citation": "Town (2024), table 1.",
            "quoted_value": "60",
            "quoted": "60%",
            "provenance": "verified",
        }
    ],
    "comparison": [
        {
            "other_id": "own.cameras",
            "item_id": "town2024.cameras",
            "relation": "same_wording",
            "reason": "taken over word for word",
        }
    ],
    "claim": [
        {
            "claim_id": "town2024.firms",
            "study_id": "town2024",
            "statement": "Half of all firms have a camera",
            "as_printed": "50%",
            "value": "50",
            "verdict": "documents_read_as_people",
            "finding": "50% is the share of documents that name firms.",
            "provenance": "verified",
        }
    ],
}


@pytest.fixture
def registry_folder(tmp_path: Path) -> Callable[..., Path]:
    """Write the sound registry, with cells of first rows changed (table, cells) and rows added (table=rows)."""

    def write(*changes: tuple[str, dict[str, str]], **added: list[dict[str, str]]) -> Path:
        tables = {name: [dict(row) for row in rows] for name, rows in SOUND.items()}
        for table, cells in changes:
            tables[table][0].update(_in_step(cells))
        for table, rows in added.items():
            tables[table] += [{**tables[table][0], **_in_step(row)} for row in rows]
        for name, rows in tables.items():
            columns = list(dict.fromkeys(column for row in rows for column in row))
            with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
        return tmp_path

    return write


def _in_step(cells: dict[str, str]) -> dict[str, str]:
    """Let a source's words follow its value, and the grade of a margin go with the margin, unless they are given."""
    more = {"quoted": f"{cells['quoted_value']}%"} if "quoted_value" in cells else {}
    return {**more, **({"moe_provenance": ""} if cells.get("moe_pp") == "" else {}), **cells}


@pytest.fixture
def refused() -> Callable[[Path], list[str]]:
    """Give the lines of the error that a registry is refused with."""

    def lines(folder: Path) -> list[str]:
        with pytest.raises(RegistryError) as caught:
            read_registry(folder)
        return str(caught.value).splitlines()

    return lines
