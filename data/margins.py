"""Population margins: how a population splits by sex, age, education and residence, for weighting a sample to it.

A margin is only as good as the table it came from, so every dimension carries its source, its date, the population it
was counted in, and how far it was traced.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .csv_table import CsvTable, read_csv_table
from .errors import Finding, RegistryError, UnknownNameError, did_you_mean
from .figure import GRADES

SHIPPED = Path(__file__).parent / "margins"

REQUIRED = ("dimension", "category", "source", "date")
COLUMNS = (*REQUIRED, "share", "percent", "label", "base_population", "grade", "note")

TOLERANCE = 0.005
"""How far the shares of a dimension may be from one: published tables are rounded."""

TRACED: Mapping[str, str] = {
    "verified": "seen in the publisher's own report",
    "secondary": "as reported by others",
    "recalled": "from memory; put the official table beside it before release",
    "as_quoted": "as quoted, source not seen",
    "": "how far it was traced is not stated",
}


@dataclass(frozen=True)
class Dimension:
    """One way a population is split.

    Attributes
    ----------
    name : str
        Variable in the data, e.g. ``"age4"``.
    shares : mapping of str to float
        Share 0-1 by code as in the data; they sum to one.
    labels : mapping of str to str
        What a code means, where given.
    population : str
        Whom the table counts; empty when not stated.
    source, date : str
        Where it was published, and the day, month or year it describes.
    grade : str
        ``"verified"``, ``"secondary"``, ``"recalled"`` or ``"as_quoted"``; empty when not stated.
    note : str
        Assumptions and doubts.
    """

    name: str
    shares: Mapping[str, float]
    labels: Mapping[str, str] = field(default_factory=dict)
    population: str = ""
    source: str = ""
    date: str = ""
    grade: str = ""
    note: str = ""

    @property
    def footnote(self) -> str:
        """Source, date, population, grade and note as one line."""
        base = f", {self.population}" if self.population else ""
        note = f" {self.note}" if self.note else ""
        return f"{self.name}: {self.source} ({self.date}{base}; {TRACED[self.grade]}).{note}"


@dataclass(frozen=True)
class Margins(Mapping[str, Mapping[str, float]]):
    """The margins of one population; goes wherever a dict of dimensions goes.

    Attributes
    ----------
    name : str
        e.g. ``"cn-adults-2020"``.
    title, population : str
        In words.
    facts : mapping of str to Dimension
        Everything known of each dimension.
    note : str
        On all of them together.
    """

    name: str
    title: str
    population: str
    facts: Mapping[str, Dimension] = field(repr=False)
    note: str = ""

    @property
    def dimensions(self) -> Mapping[str, Mapping[str, float]]:
        """Share 0-1 by code, for each dimension."""
        return {name: dimension.shares for name, dimension in self.facts.items()}

    @property
    def grades(self) -> Mapping[str, str]:
        """How far each dimension was traced."""
        return {name: dimension.grade for name, dimension in self.facts.items()}

    @property
    def sources(self) -> Mapping[str, str]:
        """Where each dimension was published."""
        return {name: dimension.source for name, dimension in self.facts.items()}

    @property
    def footnotes(self) -> tuple[str, ...]:
        """What must stand under every result weighted to these margins, one line for each dimension."""
        return tuple(dimension.footnote for dimension in self.facts.values())

    def __getitem__(self, dimension: str) -> Mapping[str, float]:
        """Give the shares of a dimension, or raise UnknownNameError with the known ones."""
        if dimension not in self.facts:
            raise UnknownNameError("margin", dimension, self.facts, self.name)
        return self.facts[dimension].shares

    def __contains__(self, dimension: object) -> bool:
        """Say whether there is such a dimension."""
        return dimension in self.facts

    def __iter__(self) -> Iterator[str]:
        """Go through the dimensions in file order."""
        return iter(self.facts)

    def __len__(self) -> int:
        """Count the dimensions."""
        return len(self.facts)


def margins(name: str) -> Margins:
    """Give population margins that ship with topline.

    Parameters
    ----------
    name : str
        ``"cn-adults-2020"`` (census) or ``"cn-netizens-2023"`` (internet users: for web surveys).

    Raises
    ------
    UnknownNameError
        When none of that name ships.

    Examples
    --------
    >>> population = margins("cn-adults-2020")
    >>> population["sex"]
    {'1': 0.5124, '2': 0.4876}
    >>> population.grades
    {'sex': 'verified', 'age4': 'recalled', 'education': 'recalled', 'urban': 'verified'}
    """
    known = shipped_margins()
    if name not in known:
        raise UnknownNameError("population margins", name, known)
    return _shipped(name)


def margins_named(name: str, folder: Path | str = ".") -> Margins:
    """Give margins as study.yaml names them: those that ship by their name, others by their CSV file.

    Parameters
    ----------
    name : str
        ``"cn-adults-2020"``, or ``"margins.csv"``.
    folder : path
        Where the file is.

    Raises
    ------
    FileError, RegistryError, UnknownNameError
        When the file or the name is not there, or the file has findings.

    Examples
    --------
    >>> margins_named("cn-adults-2020").name
    'cn-adults-2020'
    """
    return read_margins(Path(folder) / name) if name.casefold().endswith(".csv") else margins(name)


def shipped_margins() -> tuple[str, ...]:
    """Name the margins that ship with topline.

    Examples
    --------
    >>> shipped_margins()
    ('cn-adults-2020', 'cn-netizens-2023')
    """
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.csv")))


@cache
def _shipped(name: str) -> Margins:
    return read_margins(SHIPPED / f"{name}.csv")


def read_margins(path: Path | str) -> Margins:
    """Read margins from a CSV file, and list everything that is wrong with it.

    Parameters
    ----------
    path : path
        Columns dimension, category (the code as in the data), share (0-1) or percent (0-100), source and date; where
        known also grade, label, base_population and note. A file of the same name ending in ``.json`` may give title,
        population and note.

    Returns
    -------
    Margins
        Shares of each dimension, brought to a sum of exactly one.

    Raises
    ------
    FileError
        When the file is absent or not UTF-8.
    RegistryError
        With all findings: columns missing or unknown, a category named twice, a share that is no share, shares that do
        not sum to one within 0.005.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "margins.csv"
    >>> rows = ["dimension,category,percent,source,date", "sex,1,51.2,Census,2020", "sex,2,48.8,Census,2020"]
    >>> _ = path.write_text(chr(10).join(rows), encoding="utf-8")
    >>> read_margins(path)["sex"]
    {'1': 0.512, '2': 0.488}
    """
    path = Path(path)
    table = read_csv_table(path)
    findings = [*table.findings, *_header_findings(table)]
    entries = [_entry(table, *row, findings) for row in table.rows]
    findings += _dimension_findings(table, entries)
    if findings:
        raise RegistryError("\n".join(map(str, sorted(findings, key=lambda finding: finding.line or 0))))
    about = _about(path.with_suffix(".json"))
    facts = {
        name: _dimension(name, [entry for entry in entries if entry.dimension == name]) for name in _names(entries)
    }
    return Margins(path.stem, about.get("title", path.stem), about.get("population", ""), facts, about.get("note", ""))


class _Entry(NamedTuple):
    """One row: a category of a dimension and its share; what cannot be read is empty, or no number."""

    line: int
    dimension: str
    category: str
    share: float
    cells: Mapping[str, str]

    @property
    def readable(self) -> bool:
        """Whether the row has a share."""
        return not math.isnan(self.share)


def _header_findings(table: CsvTable) -> list[Finding]:
    if any(finding.line == 1 for finding in table.findings):
        return []

    def at(column: str, problem: str) -> Finding:
        return Finding(table.name, f"column '{column}'", problem, 1)

    found = [
        at(name, f"is not known here.{did_you_mean(name, COLUMNS)}") for name in table.header if name not in COLUMNS
    ]
    found += [
        at(name, f"is missing; a margin has {', '.join(REQUIRED)} and share.")
        for name in REQUIRED
        if name not in table.header
    ]
    given = [name for name in ("share", "percent") if name in table.header]
    if not given:
        found.append(at("share", "is missing; give shares from 0 to 1 in 'share', or percentages in 'percent'."))
    if len(given) == 2:
        found.append(at("percent", "stands beside 'share'; keep one of the two."))
    return found


def _entry(table: CsvTable, line: int, cells: Mapping[str, str], findings: list[Finding]) -> _Entry:
    dimension, category = cells.get("dimension", ""), _code(cells.get("category", ""))
    place = f"{dimension} {category}".strip()
    for name in REQUIRED:
        if not cells.get(name, "absent: said of the header already"):
            findings.append(Finding(table.name, place, f"{name} is empty; it must be given.", line))
    grade = cells.get("grade", "")
    if grade not in TRACED:
        findings.append(Finding(table.name, place, f"grade '{grade}' is not one of {', '.join(GRADES)}.", line))
    share: float | str = math.nan
    if ("share" in cells) != ("percent" in cells):
        share = _share(cells["percent" if "percent" in cells else "share"], "percent" in cells)
    if isinstance(share, str):
        findings.append(Finding(table.name, place, share, line))
        share = math.nan
    return _Entry(line, dimension, category, share, cells)


def _code(text: str) -> str:
    """Write a whole number in one way, however a spreadsheet wrote it.

    Examples
    --------
    >>> _code("1.0"), _code("01"), _code("north")
    ('1', '1', 'north')
    """
    return str(int(text.partition(".")[0])) if re.fullmatch(r"-?\d{1,15}(\.0*)?", text) else text


def _share(text: str, percent: bool) -> float | str:
    """Give a share 0-1, or what is wrong with it. Shares above one pass here: their sum tells a percentage."""
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        return f"'{text}' is not a number written like 0.51." if text else "the share is empty; it must be given."
    if not math.isfinite(number) or number < 0:
        return f"is {text}; a {'percentage lies between 0 and 100' if percent else 'share lies between 0 and 1'}."
    if number == 0:
        return "is 0; leave out a category that nobody is in."
    return number / 100 if percent or text.endswith("%") else number


def _dimension_findings(table: CsvTable, entries: list[_Entry]) -> list[Finding]:
    """Judge the dimensions, each as far as its rows could be read."""
    if not table.rows and not table.findings:
        return [Finding(table.name, "", "holds no margin; give one row for each category.", 1)]
    found: list[Finding] = []
    for name in _names(entries):
        rows = [entry for entry in entries if entry.dimension == name]
        first: dict[str, _Entry] = {}
        for row in rows:
            before = first.setdefault(row.category, row)
            if before is not row and row.category:
                problem = f"stands already on line {before.line}; give each category once."
                found.append(Finding(table.name, f"{name} {row.category}", problem, row.line))
        problem = _rows_problem(rows, list(first.values()), whole=not table.findings)
        if problem:
            found.append(Finding(table.name, name, problem, rows[0].line))
    return found


def _rows_problem(rows: list[_Entry], first: list[_Entry], *, whole: bool) -> str:
    """Say what is wrong with the rows of a dimension together; ``whole`` when no row of the file was lost."""
    readable = [row for row in rows if row.readable]
    total = math.fsum(row.share for row in readable)
    if not whole or len(readable) < len(rows):
        over = total > 1 + TOLERANCE and math.fsum(row.share for row in first if row.readable) > 1 + TOLERANCE
        return f"the shares that can be read sum to {total:.4f} already; all of them sum to 1." if over else ""
    # A category named twice is said already; the sum is wrong beside that when it is so with and without the second.
    if all(abs(math.fsum(row.share for row in some) - 1) > TOLERANCE for some in (rows, first)):
        return _sum_problem(total, rows)
    return "has one category; a margin needs two or more." if len(rows) == 1 else ""


def _sum_problem(total: float, rows: list[_Entry]) -> str:
    shares = " + ".join(f"{row.share:g} ({row.category})" for row in rows)
    if abs(total - 100) <= 100 * TOLERANCE:
        return f"the shares sum to {total:g}: these are percentages. Call the column 'percent', or divide by 100."
    return f"the shares sum to {total:.4f}, not 1: {shares}. A category is missing, or counted twice."


def _names(entries: list[_Entry]) -> list[str]:
    return list(dict.fromkeys(entry.dimension for entry in entries if entry.dimension))


def _dimension(name: str, rows: list[_Entry]) -> Dimension:
    total = math.fsum(row.share for row in rows)
    exact = abs(total - 1) < 1e-9

    def said(column: str) -> str:
        """Join what the rows of a dimension say, each once."""
        return "; ".join(dict.fromkeys(row.cells.get(column, "") for row in rows if row.cells.get(column)))

    return Dimension(
        name=name,
        shares={row.category: row.share if exact else row.share / total for row in rows},
        labels={row.category: row.cells["label"] for row in rows if row.cells.get("label")},
        population=said("base_population"),
        source=said("source"),
        date=said("date"),
        grade=max((row.cells.get("grade", "") for row in rows), key=_doubt),
        note=said("note"),
    )


def _doubt(grade: str) -> int:
    """Rank a grade by how doubtful it is; a dimension is as doubtful as its worst row."""
    return GRADES.index(grade) if grade in GRADES else len(GRADES)


def _about(path: Path) -> Mapping[str, str]:
    if not path.is_file():
        return {}
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RegistryError(f"{path.name}: this is not JSON: {error}.") from error
    if not isinstance(about, dict) or not all(isinstance(text, str) for text in about.values()):
        raise RegistryError(f"{path.name}: holds something else than title, population and note as texts.")
    return about
