"""The tables of a registry of published figures, read from CSV and held against their schema.

The schema is the Table Schema of ``published/datapackage.json`` (https://specs.frictionlessdata.io/table-schema/), so
that other tools check the same tables by the same rules. Nothing is raised here: everything found is handed back, each
with table and line, and rows that break the schema are left out of what the rules of meaning see.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ..csv_table import CsvTable, read_csv_table
from ..errors import FileError, Finding, did_you_mean

PUBLISHED = Path(__file__).parent.parent / "published"

OPTIONAL = ("claim",)
"""Tables that a registry may do without."""

Cell = str | float | int | None
"""Text as it stands ("" where empty); a number, or None where empty."""


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes
    ----------
    table : str
        e.g. ``"estimate"``.
    line : int
        Line of the file it starts on, 1-based.
    values : mapping of str to Cell
        By column.
    """

    table: str
    line: int
    values: Mapping[str, Cell]

    def text(self, column: str) -> str:
        """Give a cell as text, "" where empty."""
        value = self.values.get(column)
        return "" if value is None else str(value).removesuffix(".0") if isinstance(value, float) else str(value)

    def number(self, column: str) -> float | None:
        """Give a number, None where empty."""
        value = self.values.get(column)
        return float(value) if isinstance(value, int | float) else None

    def parts(self, column: str) -> tuple[str, ...]:
        """Give the parts of a cell separated by ';'."""
        return tuple(part.strip() for part in self.text(column).split(";") if part.strip())

    def codes(self, column: str) -> tuple[float, ...]:
        """Give the numbers of a cell separated by ';'."""
        return tuple(float(part) for part in self.parts(column))


@dataclass(frozen=True)
class Tables:
    """The tables of one registry.

    Attributes
    ----------
    rows : mapping of str to tuple of Row
        By table, in file order.
    """

    rows: Mapping[str, tuple[Row, ...]]

    def __getitem__(self, table: str) -> tuple[Row, ...]:
        """Give the rows of a table."""
        return self.rows.get(table, ())

    @cached_property
    def studies(self) -> Mapping[str, Row]:
        """Studies by id."""
        return {row.text("study_id"): row for row in self["study"]}

    @cached_property
    def items(self) -> Mapping[str, Row]:
        """Items by id."""
        return {row.text("item_id"): row for row in self["item"]}

    @cached_property
    def scales(self) -> Mapping[str, tuple[Row, ...]]:
        """Options by scale, in file order."""
        return grouped(self["scale"], "scale_id")

    @cached_property
    def sources(self) -> Mapping[str, tuple[Row, ...]]:
        """Sources by figure, in file order."""
        return grouped(self["source"], "figure_id")


def grouped(rows: tuple[Row, ...], column: str) -> dict[str, tuple[Row, ...]]:
    """Put rows together by a column, in file order."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.text(column), []).append(row)
    return {key: tuple(group) for key, group in groups.items()}


@cache
def schema() -> Mapping[str, Any]:
    """Give the Table Schema of each table, by name."""
    package = json.loads((PUBLISHED / "datapackage.json").read_text(encoding="utf-8"))
    return {resource["name"]: resource["schema"] for resource in package["resources"]}


def read_tables(folder: Path) -> tuple[Tables, list[Finding]]:
    """Read the tables of a registry's folder.

    Parameters
    ----------
    folder : Path
        Holds study.csv, item.csv, scale.csv, estimate.csv, source.csv and comparison.csv, and claim.csv where there
        are claims.

    Returns
    -------
    tables : Tables
        The rows that fit the schema.
    findings : list of Finding
        Everything that does not.

    Raises
    ------
    FileError
        When there is no such folder.
    """
    if not folder.is_dir():
        raise FileError(f"{folder} is not a folder; a registry of published figures is a folder of six CSV tables.")
    findings: list[Finding] = []
    rows = {name: _read(folder / f"{name}.csv", name, findings) for name in schema()}
    _find_repeated_keys(rows, findings)
    _find_dangling_keys(rows, findings)
    bad = {(finding.file, finding.line) for finding in findings}
    kept = {name: tuple(row for row in table if (f"{name}.csv", row.line) not in bad) for name, table in rows.items()}
    return Tables(kept), findings


def _read(path: Path, table: str, findings: list[Finding]) -> list[Row]:
    if not path.is_file() and table in OPTIONAL:
        return []
    if not path.is_file():
        findings.append(Finding(path.name, "", f"the table is missing; a registry has {', '.join(schema())}."))
        return []
    read = read_csv_table(path)
    found = [*read.findings, *([] if read.findings and not read.rows else _header_findings(read, table))]
    findings += found
    # Without a sound header every row would repeat its fault.
    return [] if any(finding.line == 1 for finding in found) else [_row(*row, table, findings) for row in read.rows]


def _header_findings(read: CsvTable, table: str) -> list[Finding]:
    fields = {field["name"]: field for field in schema()[table]["fields"]}
    unknown = [
        Finding(read.name, f"column '{name}'", f"is not known here.{did_you_mean(name, fields)}", 1)
        for name in read.header
        if name not in fields
    ]
    absent = [
        Finding(read.name, f"column '{name}'", f"is missing: {field['description']}", 1)
        for name, field in fields.items()
        if field.get("constraints", {}).get("required") and name not in read.header
    ]
    return unknown + absent


def _row(line: int, given: Mapping[str, str], table: str, findings: list[Finding]) -> Row:
    values: dict[str, Cell] = {}
    for field in schema()[table]["fields"]:
        name = field["name"]
        values[name], problem = _cell(given.get(name, ""), field)
        if problem:
            findings.append(Finding(f"{table}.csv", f"{_key(given, table)}, {name}", problem, line))
    return Row(table, line, values)


def _key(given: Mapping[str, str], table: str) -> str:
    return " ".join(given.get(name, "") for name in schema()[table]["primaryKey"]).strip() or "a row without a name"


def _cell(text: str, field: Mapping[str, Any]) -> tuple[Cell, str]:
    """Give the value of a cell, and what is wrong with it."""
    limits, kind = field.get("constraints", {}), field["type"]
    if not text:
        problem = f"is empty; it must be given: {field['description']}" if limits.get("required") else ""
        return ("" if kind == "string" else None), problem
    if kind == "string":
        return text, _text_problem(text, limits, field)
    whole = kind == "integer"
    if not re.fullmatch(r"[-+]?\d+" if whole else r"[-+]?\d+(\.\d+)?", text):
        return None, f"'{text}' is not a {'whole ' if whole else ''}number written like {'1173' if whole else '3.60'}."
    number = int(text) if whole else float(text)
    low, high, known = limits.get("minimum"), limits.get("maximum"), limits.get("enum")
    if (low is not None and number < low) or (high is not None and number > high):
        ends = f"at least {low:g}" if high is None else f"from {low:g} to {high:g}"
        return number, f"is {text}; it must be {ends}. {field['description']}"
    if known is not None and number not in known:
        return number, f"is {text}; it must be one of {', '.join(map(str, known))}."
    return number, ""


def _text_problem(text: str, limits: Mapping[str, Any], field: Mapping[str, Any]) -> str:
    known = limits.get("enum")
    if known is not None and text not in known:
        return f"'{text}' is not one of {', '.join(known)}.{did_you_mean(text, known) if len(known) > 12 else ''}"
    if "pattern" in limits and not re.fullmatch(limits["pattern"], text):
        return f"'{text}' is not written as expected: {field['description']}"
    return ""


def _find_repeated_keys(rows: Mapping[str, list[Row]], findings: list[Finding]) -> None:
    for table, table_rows in rows.items():
        columns = schema()[table]["primaryKey"]
        first: dict[tuple[str, ...], int] = {}
        for row in table_rows:
            key = tuple(row.text(column) for column in columns)
            if key in first:
                name = " ".join(key)
                problem = f"'{name}' stands already on line {first[key]}; give this row another {columns[-1]}."
                findings.append(Finding(f"{table}.csv", name, problem, row.line))
            first.setdefault(key, row.line)


def _find_dangling_keys(rows: Mapping[str, list[Row]], findings: list[Finding]) -> None:
    for table, table_rows in rows.items():
        for link in schema()[table].get("foreignKeys", ()):
            column, target = link["fields"][0], link["reference"]
            known = {row.text(target["fields"][0]) for row in rows[target["resource"]]}
            for row in table_rows:
                value = row.text(column)
                if value and value not in known:
                    problem = f"'{value}' is not in {target['resource']}.csv.{did_you_mean(value, known)}"
                    findings.append(Finding(f"{table}.csv", column, problem, row.line))
