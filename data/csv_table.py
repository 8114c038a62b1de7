"""A CSV table as a person typed it: every row with the line it starts on, and every fault of the file itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import FileError, Finding


@dataclass(frozen=True)
class CsvTable:
    """A table read from a CSV file.

    Attributes
    ----------
    name : str
        Name of the file.
    header : tuple of str
        Columns as written.
    rows : tuple of (int, mapping)
        Line, 1-based, and cells by column, without the blanks around them. Empty rows are left out.
    findings : tuple of Finding
        Faults of the file itself: another separator, a repeated column, a row of another length, an open quote.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    findings: tuple[Finding, ...]


def read_csv_table(path: Path) -> CsvTable:
    r"""Read a CSV file in UTF-8, with or without a byte order mark.

    Raises
    ------
    FileError
        When the file is absent, unreadable or not UTF-8.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "margins.csv"
    >>> _ = path.write_text("dimension,share\nsex,0.51\n", encoding="utf-8")
    >>> read_csv_table(path).rows
    ((2, {'dimension': 'sex', 'share': '0.51'}),)
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"byte {error.start + 1} is {error.object[error.start]:#04x}"
        raise FileError(f"{path} is not UTF-8 text ({problem}). Save it again as 'CSV UTF-8'.") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error
    return _table(text, path.name)


def _table(text: str, name: str) -> CsvTable:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    findings: list[Finding] = []
    rows: list[tuple[int, Mapping[str, str]]] = []
    header: tuple[str, ...] = ()
    try:
        header = tuple(cell.strip() for cell in next(reader, []))
        findings += _header_findings(header, name)
        if findings:
            return CsvTable(name, header, (), tuple(findings))
        # The reader counts the line a row ends on; a quoted cell may hold line breaks.
        start = reader.line_num + 1
        for cells in reader:
            line, start = start, reader.line_num + 1
            if any(cell.strip() for cell in cells):
                _keep(cells, header, line, name, rows, findings)
    except csv.Error as error:
        problem = f"this is not CSV: {error}. Look for a quotation mark that is not closed."
        findings.append(Finding(name, "", problem, max(reader.line_num, 1)))
    return CsvTable(name, header, tuple(rows), tuple(findings))


def _keep(
    cells: list[str],
    header: tuple[str, ...],
    line: int,
    name: str,
    rows: list[tuple[int, Mapping[str, str]]],
    findings: list[Finding],
) -> None:
    if len(cells) == len(header):
        rows.append((line, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
        return
    problem = f"has {len(cells)} cells, the header {len(header)}. Put quotes around a text that holds a comma."
    findings.append(Finding(name, "", problem, line))


def _header_findings(header: tuple[str, ...], name: str) -> list[Finding]:
    if not header:
        return [Finding(name, "", "the file is empty; its first line names the columns.", 1)]
    for separator, called in ((";", "';'"), ("\t", "tabs")):
        if len(header) == 1 and separator in header[0]:
            return [Finding(name, "", f"columns are separated by {called}; save the table with commas.", 1)]
    return [
        Finding(name, f"column '{column}'", "stands more than once; keep one.", 1)
        for column in dict.fromkeys(header)
        if header.count(column) > 1
    ]
