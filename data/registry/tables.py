"""The tables of a registry of published figures, read from CSV and held against their schema.

Nothing is raised here: everything found is handed back, each with table, line, rule and remedy, and rows that break
the schema are left out of what the rules of meaning see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..csv_table import CsvTable, read_csv_table
from ..errors import FileError, Finding, did_you_mean
from .rows import Cell, Row, Tables
from .table_schema import PUBLISHED as PUBLISHED
from .table_schema import cell, schema

OPTIONAL = ("claim",)
"""Tables that a registry may do without."""

NOTHING = Tables({})


@dataclass
class Drafted:
    """Rows as they were written, with what is wrong with each.

    Attributes
    ----------
    rows : dict of str to list of Row
        By table, sound or not.
    findings : list of Finding
        In the order found.
    bad : set
        Table, file and line of the rows that have a finding.
    unread : set of str
        Tables that could not be read at all.
    partly : set of str
        Tables of which a line could not be read.
    faulty : dict
        Columns of the cells at fault, by table, file and line.
    """

    rows: dict[str, list[Row]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    bad: set[tuple[str, str, int]] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    partly: set[str] = field(default_factory=set)
    faulty: dict[tuple[str, str, int], set[str]] = field(default_factory=dict)

    def find(self, row: Row, column: str, rule: str, problem: str) -> None:
        """Note what is wrong with a cell."""
        self.findings.append(Finding(row.file, f"{name_of(row)}, {column}, rule '{rule}'", problem, row.line))
        self.distrust(row, *column.split(", "))

    def distrust(self, row: Row, *columns: str) -> None:
        """Leave a row out of what the rules of meaning see, and its cells out of what is judged by itself."""
        place = (row.table, row.file, row.line)
        self.bad.add(place)
        self.faulty.setdefault(place, set()).update(columns)

    def is_bad(self, row: Row) -> bool:
        """Say whether a row has a finding."""
        return (row.table, row.file, row.line) in self.bad

    def faulty_in(self, row: Row) -> frozenset[str]:
        """Name the columns of a row whose cells are at fault."""
        return frozenset(self.faulty.get((row.table, row.file, row.line), ()))

    def sound(self) -> Tables:
        """Give the rows without a finding."""
        return Tables({name: tuple(row for row in rows if not self.is_bad(row)) for name, rows in self.rows.items()})


def read_drafted(folder: Path, beside: Tables = NOTHING, called: str = "") -> Drafted:
    """Read the tables of a registry's folder row by row, before names are held against each other.

    Parameters
    ----------
    folder : Path
        Holds study.csv, item.csv, scale.csv, estimate.csv, source.csv and comparison.csv, and claim.csv where there
        are claims.
    beside : Tables
        Rows of another registry that these may refer to, and whose names they may not take. With them, a table
        without rows may be left away.
    called : str
        What messages put before the name of a file, e.g. ``"figures/"``.

    Raises
    ------
    FileError
        When there is no such folder, or it holds none of the tables.
    """
    tables = ", ".join(f"{name}.csv" for name in schema())
    if not folder.is_dir():
        raise FileError(
            f"{folder} is not a folder; a registry of published figures is a folder of CSV tables: {tables}."
        )
    if not holds_tables(folder):
        raise FileError(f"{folder} holds no table of a registry; a registry is a folder with {tables}.")
    drafted = Drafted()
    for name in schema():
        # A figure may be of a shipped item; where it was seen stands nowhere but beside it.
        needed = not beside.rows or (name == "source" and (folder / "estimate.csv").is_file())
        drafted.rows[name] = _read(folder / f"{name}.csv", name, drafted, optional=not needed, called=called)
    return drafted


def holds_tables(folder: Path) -> bool:
    """Say whether a folder holds any table of a registry."""
    return any((folder / f"{name}.csv").is_file() for name in schema())


def held_together(drafted: Drafted, beside: Tables = NOTHING) -> None:
    """Find names that stand twice and names that lead nowhere, among the rows and those they stand beside."""
    _find_repeated_names(drafted, beside)
    _find_dangling_names(drafted, beside)


def _read(path: Path, table: str, drafted: Drafted, *, optional: bool, called: str) -> list[Row]:
    name = f"{called}{path.name}"
    if not path.is_file():
        if not (optional or table in OPTIONAL):
            drafted.unread.add(table)
            needed = [f"{one}.csv" for one in schema() if one not in OPTIONAL]
            problem = f"the table is missing; a registry has {', '.join(needed)}, and claim.csv where there are claims."
            drafted.findings.append(Finding(name, "rule 'a registry has its tables'", problem))
        return []
    read = read_csv_table(path)
    found = [_of_file(finding, name) for finding in read.findings]
    found += [] if read.findings and not read.rows else _header_findings(read, table, name)
    drafted.findings += found
    drafted.bad |= {(table, name, finding.line) for finding in found if finding.line}
    drafted.partly |= {table} if found else set()
    if any(finding.line == 1 for finding in found):
        drafted.unread.add(table)  # without a sound header every row would repeat its fault
        return []
    return [row_of(*row, table, name, drafted) for row in read.rows]


def _of_file(finding: Finding, name: str) -> Finding:
    place = f"{finding.place}, " if finding.place else ""
    return replace(finding, file=name, place=f"{place}rule 'the file is a table'")


def _header_findings(read: CsvTable, table: str, name: str) -> list[Finding]:
    fields = {field["name"]: field for field in schema()[table]["fields"]}
    unknown = [
        Finding(name, f"column '{column}', rule 'columns have their names'", f"is not known here.{near}", 1)
        for column in read.header
        if column not in fields and (near := did_you_mean(column, fields))
    ]
    absent = [
        Finding(name, f"column '{column}', rule 'columns have their names'", f"is missing: {field['description']}", 1)
        for column, field in fields.items()
        if field.get("constraints", {}).get("required") and column not in read.header
    ]
    return unknown + absent


def row_of(line: int, given: Mapping[str, str], table: str, file: str, drafted: Drafted) -> Row:
    """Make a row of cells as they were written, and note what is wrong with each."""
    values: dict[str, Cell] = {}
    wrong = []
    for each in schema()[table]["fields"]:
        values[each["name"]], rule, problem = cell(given.get(each["name"], ""), each)
        if problem:
            wrong.append((each["name"], rule, problem))
    row = Row(table, line, values, file)
    for found in wrong:
        drafted.find(row, *found)
    return row


def name_of(row: Row) -> str:
    """Name a row by the cells that name it.

    Examples
    --------
    >>> name_of(Row("scale", 2, {"scale_id": "support5", "code": 4.0}))
    'support5 4'
    """
    return " ".join(row.text(column) for column in schema()[row.table]["primaryKey"]).strip() or "a row without a name"


def _find_repeated_names(drafted: Drafted, beside: Tables) -> None:
    for table, rows in drafted.rows.items():
        key = schema()[table]["primaryKey"]
        first = {_key(row, key): row for row in beside[table]}
        for row in rows:
            name = _key(row, key)
            if not any(name):
                continue  # found already to have no name
            if name in first:
                place, here = _place(first[name], row), first[name].file == row.file
                remedy = f"{'' if here else 'take this row out, or '}give it another {key[-1]}."
                problem = f"'{' '.join(name)}' stands already {place}; {remedy}"
                drafted.find(row, ", ".join(key), "a name stands once", problem)
            first.setdefault(name, row)


def _place(earlier: Row, row: Row) -> str:
    """Say where a name was taken."""
    if earlier.file == row.file:
        return f"on line {earlier.line}"
    shipped = earlier.file == f"{row.table}.csv"
    return "in the registry that ships with topline" if shipped else f"in {earlier.file}, line {earlier.line}"


def _key(row: Row, key: Iterable[str]) -> tuple[str, ...]:
    return tuple(row.text(column) for column in key)


def _find_dangling_names(drafted: Drafted, beside: Tables) -> None:
    for table, rows in drafted.rows.items():
        for link in schema()[table].get("foreignKeys", ()):
            column, target = link["fields"][0], link["reference"]
            home, named = target["resource"], target["fields"][0]
            if home in drafted.unread or home in drafted.partly:
                continue  # what a name leads to may stand on a line that could not be read
            known = {row.text(named) for row in (*drafted.rows.get(home, ()), *beside[home])}
            dangling = [row for row in rows if row.text(column) and row.text(column) not in known]
            if len(dangling) > 1 and not drafted.rows.get(home):
                _find_empty_table(home, column, dangling, known, drafted)
                continue
            for row in dangling:
                value = row.text(column)
                problem = f"'{value}' is not in {home}.csv.{did_you_mean(value, known)} Correct it, or add its row."
                drafted.find(row, column, "a name leads to a row", problem)


def _find_empty_table(home: str, column: str, dangling: list[Row], known: set[str], drafted: Drafted) -> None:
    """Note once that a table without rows is the fault, and leave out what rests on it."""
    first = dangling[0]
    named, value = first.file.removesuffix(f"{first.table}.csv"), first.text(column)
    near = did_you_mean(value, known) if known else ""
    told = f"{len(dangling)} rows of {first.file} name one of it, first '{value}'.{near}"
    problem = f"the table has no rows, but {told} Add its rows."
    drafted.findings.append(Finding(f"{named}{home}.csv", "rule 'a name leads to a row'", problem))
    for row in dangling:
        drafted.distrust(row, column)
