"""The rows of a file of margins: each a category with its share or count, and everything that is wrong with them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from .csv_table import CsvTable
from .errors import Finding, did_you_mean
from .registry.figure import GRADES

REQUIRED = ("dimension", "category", "source", "date")
COLUMNS = (*REQUIRED, "share", "percent", "count", "label", "base_population", "grade", "note")

FIGURES = ("share", "percent", "count")
"""Columns that hold what is known of a category; a row fills one of them."""

TRACEABLE = (*GRADES, "")
"""What the grade of a row may be."""

TOLERANCE = 0.005
"""How far the shares of a dimension may be from one: published tables are rounded."""

CROSSED = "*"
"""What stands between variables that are crossed, and between their codes."""


class Entry(NamedTuple):
    """One row: a category of a dimension and its figure; what cannot be read is empty, or no number."""

    line: int
    dimension: str
    category: str
    figure: float
    counted: bool
    cells: Mapping[str, str]

    @property
    def readable(self) -> bool:
        """Whether the row has a figure."""
        return not math.isnan(self.figure)


def header_findings(table: CsvTable) -> list[Finding]:
    """Give what is wrong with the columns of the file."""
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
    if not any(name in table.header for name in FIGURES):
        problem = (
            "is missing; give shares from 0 to 1 in 'share', or percentages in 'percent', or numbers of people in "
            "'count'."
        )
        found.append(at("share", problem))
    if "share" in table.header and "percent" in table.header:
        found.append(at("percent", "stands beside 'share'; keep one of the two."))
    return found


def entry(table: CsvTable, line: int, cells: Mapping[str, str], findings: list[Finding]) -> Entry:
    """Read one row, and add what is wrong with it to the findings."""
    dimension = CROSSED.join(part.strip() for part in cells.get("dimension", "").split(CROSSED))
    category = CROSSED.join(_code(part.strip()) for part in cells.get("category", "").split(CROSSED))
    place = f"{dimension} {category}".strip()

    def told(problem: str) -> None:
        findings.append(Finding(table.name, place, problem, line))

    for name in REQUIRED:
        if not cells.get(name, "absent: said of the header already"):
            told(f"{name} is empty; it must be given.")
    grade = cells.get("grade", "")
    if grade not in TRACEABLE:
        told(f"grade '{grade}' is not one of {', '.join(GRADES)}.")
    if category and CROSSED in dimension and category.count(CROSSED) != dimension.count(CROSSED):
        told(_crossing_problem(dimension, category))
    figure, column = _figure(cells)
    if isinstance(figure, str):
        told(figure)
        figure = math.nan
    return Entry(line, dimension, category, figure, column == "count", cells)


def _crossing_problem(dimension: str, category: str) -> str:
    variables = dimension.split(CROSSED)
    example = CROSSED.join(str(number + 1) for number in range(len(variables)))
    return (
        f"{dimension} crosses {len(variables)} variables, and category '{category}' gives "
        f"{category.count(CROSSED) + 1} of their codes; write it like {example}."
    )


def _code(text: str) -> str:
    """Write a whole number in one way, however a spreadsheet wrote it.

    Examples
    --------
    >>> _code("1.0"), _code("01"), _code("north")
    ('1', '1', 'north')
    """
    return str(int(text.partition(".")[0])) if re.fullmatch(r"-?\d{1,15}(\.0*)?", text) else text


def _figure(cells: Mapping[str, str]) -> tuple[float | str, str]:
    """Give the share 0-1 or the count of a row, or what is wrong with it, and the column that holds it."""
    there = [name for name in FIGURES if name in cells]
    if "share" in there and "percent" in there:
        return math.nan, ""
    filled = [name for name in there if cells[name]]
    if len(filled) > 1:
        return f"has a {filled[0]} and a count; keep one of the two.", ""
    if not there:
        return math.nan, ""
    column = (filled or there)[0]
    return _number(cells[column], column), column


def _number(text: str, column: str) -> float | str:
    """Give a share or a count, or what is wrong with it. Shares above one pass: their sum tells a percentage."""
    counted = column == "count"
    try:
        number = float(text if counted else text.removesuffix("%"))
    except ValueError:
        example = "12345, without commas or blanks" if counted else "0.51"
        name = "count" if counted else "share"
        return (
            f"'{text}' is not a number written like {example}." if text else f"the {name} is empty; it must be given."
        )
    if not math.isfinite(number) or number < 0:
        kinds = {"percent": "percentage lies between 0 and 100", "share": "share lies between 0 and 1"}
        return f"is {text}; a {kinds.get(column, 'count is a number of people')}."
    if number == 0:
        return "is 0; leave out a category that nobody is in."
    return number / 100 if column == "percent" or text.endswith("%") else number


def dimension_findings(table: CsvTable, entries: list[Entry]) -> list[Finding]:
    """Judge the dimensions, each as far as its rows could be read."""
    if not table.rows and not table.findings:
        return [Finding(table.name, "", "holds no margin; give one row for each category.", 1)]
    found: list[Finding] = []
    for name in names(entries):
        rows = [row for row in entries if row.dimension == name]
        first: dict[str, Entry] = {}
        for row in rows:
            before = first.setdefault(row.category, row)
            if before is not row and row.category:
                problem = f"stands already on line {before.line}; give each category once."
                found.append(Finding(table.name, f"{name} {row.category}", problem, row.line))
        problem = _rows_problem(rows, list(first.values()), whole=not table.findings)
        if problem:
            found.append(Finding(table.name, name, problem, rows[0].line))
    return found


def _rows_problem(rows: list[Entry], first: list[Entry], *, whole: bool) -> str:
    """Say what is wrong with the rows of a dimension together; ``whole`` when no row of the file was lost."""
    readable = [row for row in rows if row.readable]
    if len({row.counted for row in readable}) > 1:
        return "has shares and counts; give one of them in all rows of a dimension."
    total = math.fsum(row.figure for row in readable)
    complete = whole and len(readable) == len(rows)
    if readable and readable[0].counted:
        return _counts_problem(rows, total) if complete else ""
    if not complete:
        over = total > 1 + TOLERANCE and math.fsum(row.figure for row in first if row.readable) > 1 + TOLERANCE
        return f"the shares that can be read sum to {total:.4f} already; all of them sum to 1." if over else ""
    # A category named twice is said already; the sum is wrong beside that when it is so with and without the second.
    if all(abs(math.fsum(row.figure for row in some) - 1) > TOLERANCE for some in (rows, first)):
        return _sum_problem(total, rows)
    return _ALONE if len(rows) == 1 else ""


_ALONE = "has one category; a margin needs two or more."


def _counts_problem(rows: list[Entry], total: float) -> str:
    for whole, name in ((1, "share"), (100, "percent")):
        if abs(total - whole) <= whole * TOLERANCE:
            return f"the counts sum to {total:g}: these are no people. Call the column '{name}'."
    return _ALONE if len(rows) == 1 else ""


def _sum_problem(total: float, rows: list[Entry]) -> str:
    shares = " + ".join(f"{row.figure:g} ({row.category})" for row in rows)
    if abs(total - 100) <= 100 * TOLERANCE:
        return f"the shares sum to {total:g}: these are percentages. Call the column 'percent', or divide by 100."
    return f"the shares sum to {total:.4f}, not 1: {shares}. A category is missing, or counted twice."


def names(entries: list[Entry]) -> list[str]:
    """Give the dimensions in the order of the file."""
    return list(dict.fromkeys(row.dimension for row in entries if row.dimension))
