"""Delimited text files, .csv: codes as they are, one rule for what is a number, and everything else in the sidecar.

Without a sidecar an empty cell and the literal ``NA`` are missing; a column is numeric when every other cell is a
plain decimal number, a date when every other cell is an ISO date, and text otherwise. A leading zero (``007``), a
leading plus and more digits than a number holds exactly mark identifiers, which stay text.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from .agreement import empty_column
from .codebook import Codebook, Study, Variable
from .dates import whole_days
from .errors import CodebookError, FileError, did_you_mean
from .frames import EXACT_WHOLE, column_type, refuse_names

ROW_NAMES = "row_names"
"""Name of a first column that has none: R's ``write.csv`` and pandas' ``to_csv`` put row names there."""

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)?(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
WHOLE = re.compile(r"0|-?[1-9]\d*", re.ASCII)
IDENTIFIER_DIGITS = re.compile(r"-?\d{16,}", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
DATETIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?", re.ASCII)
PEEK = 200
"""Records looked at to tell the delimiter."""


def read_csv(path: Path, told: Codebook | None) -> Study:
    """Read a delimited file: UTF-8, separated by comma, semicolon or tab, with names in the first line.

    Parameters
    ----------
    path : pathlib.Path
        File to read.
    told : Codebook or None
        Types and blank codes of the columns, from the sidecar or the caller; others are inferred.

    Raises
    ------
    FileError
        When the file is empty, not UTF-8, or its lines do not agree in their number of cells.
    """
    text = _text(path)
    delimiter = _delimiter(text, path)
    names = _names(text, delimiter, path)
    table = _table(text, delimiter, names, path)
    columns: dict[str, pd.Series] = {}
    variables = []
    for place, name in enumerate(names):
        cells = _Cells(table.column(place))
        known = told[name] if told is not None and name in told else None
        column = _told_column(cells, known, path) if known else _inferred_column(cells)
        columns[name] = column.rename(name)
        kind = column_type(column)
        measure = {"string": "nominal", "numeric": "unknown"}.get(kind, "scale")
        variables.append(known or Variable(name, type=kind, measure=measure))
    codebook = Codebook(tuple(variables), told.title if told else "", told.notes if told else ())
    return Study(pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows)), codebook, str(path))


def refuse_cut_off(path: Path, *, rows: int, size: int) -> None:
    """Refuse a file that is smaller than it was written and ends within a line; whoever edits it ends the last line.

    Nothing else tells a value that lost its last digits from a whole one.

    Raises
    ------
    FileError
        When the file lost its end.
    """
    raw = path.read_bytes()
    # an editor may take the last line break away, but nothing more
    if len(raw) < size - 2 and not raw.endswith((b"\n", b"\r")) and raw.count(b"\n") <= rows:
        raise FileError(f"{path} is cut off: it ends within a line, at {len(raw)} of {size} bytes; copy it again.")


def _text(path: Path) -> str:
    """Give the file's text without its byte order mark."""
    raw = path.read_bytes()
    if not raw.strip():
        raise FileError(f"{path} is empty; export it again.")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FileError(f"{path} is UTF-16 text; save it as 'CSV UTF-8' instead.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        line = raw[: failure.start].count(b"\n") + 1
        raise FileError(f"{path}, line {line}: not UTF-8 text; save it as 'CSV UTF-8' instead.") from None
    if "\0" in text:
        raise FileError(f"{path} is not a text file; check that its extension says what it holds.")
    return text


def _records(text: str, sign: str, path: Path) -> list[list[str]]:
    """Give the first records, cut with a delimiter."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
    try:
        return list(itertools.islice(reader, PEEK))
    except csv.Error as failure:
        raise FileError(f"{path}, line {reader.line_num}: {failure}; a cell may lack its quotes.") from None


def _delimiter(text: str, path: Path) -> str:
    """Tell the delimiter: the one that cuts the first records into equally many cells, more than one."""
    records = {sign: [record for record in _records(text, sign, path) if record] for sign in DELIMITERS}
    fitting = [sign for sign, cut in records.items() if len({len(record) for record in cut}) == 1 < len(cut[0])]
    if len(fitting) > 1:
        named = " or ".join(DELIMITERS[sign] for sign in fitting)
        raise FileError(f"{path} could be separated by {named}; put quotes around cells that contain these signs.")
    # no sign may cut every record alike: then the one that cuts the header, so that the ragged line is named
    return fitting[0] if fitting else max(records, key=lambda sign: len(records[sign][0]))


def _names(text: str, delimiter: str, path: Path) -> list[str]:
    """Give the column names of the first line; a first column without one holds row names, as R and pandas write."""
    names = _records(text, delimiter, path)[0]
    if len(names) > 1 and not names[0].strip() and ROW_NAMES not in names:
        names = [ROW_NAMES, *names[1:]]
    blank = [str(place) for place, name in enumerate(names, start=1) if not name.strip()]
    if blank or not names:
        raise FileError(f"{path}, line 1: column {', '.join(blank) or '1'} has no name; name every column.")
    try:
        refuse_names(names)
    except CodebookError as failure:
        raise CodebookError(f"{path}, line 1: {failure}") from None
    return names


def _refuse_open_quote(text: str, delimiter: str, path: Path) -> None:
    """Refuse a quoted cell that the file ends in: the parser takes the end of the file for its closing quote."""
    if text.count('"') % 2 == 0:
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begun = 1
    try:
        for _ in reader:
            begun = reader.line_num + 1
    except csv.Error:
        raise FileError(f"{path}, line {begun}: a quoted cell is never closed; the file may be cut off.") from None


def _table(text: str, delimiter: str, names: list[str], path: Path) -> pa.Table:
    """Cut the text into cells, all of them text, strictly: a short or long line is an error."""
    _refuse_open_quote(text, delimiter, path)
    ragged: list[str] = []

    def refuse(row: pacsv.InvalidRow) -> str:
        ragged.append(f"line {row.number}: " if row.number is not None else "")
        ragged.append(f"{row.actual_columns} cells where the first line names {row.expected_columns}")
        return "error"

    raw = text.encode()
    try:
        return pacsv.read_csv(
            io.BytesIO(raw),
            # one block in one thread: rows keep their numbers, and quoted cells may contain line breaks
            read_options=pacsv.ReadOptions(
                use_threads=False, block_size=len(raw) + 1, skip_rows=0, autogenerate_column_names=True
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=len(names) > 1,
                invalid_row_handler=refuse,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types={f"f{place}": pa.string() for place in range(len(names))}, strings_can_be_null=False
            ),
        ).slice(1)
    except pa.ArrowInvalid as failure:
        reason = "".join(ragged[:2]) or str(failure).splitlines()[0]
        raise FileError(f"{path}, {reason}; the file may be cut off, or a cell lacks its quotes.") from None


class _Cells:
    """One column of cells: its distinct texts, and for every row the place of its text among them."""

    def __init__(self, cells: pa.ChunkedArray) -> None:
        encoded = cells.combine_chunks().dictionary_encode()
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        self.places: npt.NDArray[np.int64] = encoded.indices.to_numpy(zero_copy_only=False).astype("int64")
        used = np.unique(self.places)
        texts = encoded.dictionary.to_pylist()
        self.texts = [str(texts[place]) for place in used]
        self.places = np.searchsorted(used, self.places)

    def spread(self, values: pd.Series) -> pd.Series:
        """Give a column from one value for each distinct text."""
        return values.take(self.places).reset_index(drop=True)

    def __len__(self) -> int:
        return len(self.places)


def _inferred_column(cells: _Cells) -> pd.Series:
    """Tell a column's type from its cells, and give it."""
    known = [text for text in cells.texts if text not in ("", "NA")]
    if not known:
        return empty_column(Variable("empty"), len(cells))
    if all(_is_number(text) for text in known):
        complete = len(known) == len(cells.texts)
        if complete and all(WHOLE.fullmatch(text) for text in known):
            return cells.spread(pd.Series([int(text) for text in cells.texts], dtype="int64"))
        return cells.spread(
            pd.Series([math.nan if text in ("", "NA") else float(text) for text in cells.texts], dtype="float64")
        )
    if all(DATETIME.fullmatch(text) for text in known):
        times = [None if text in ("", "NA") else _time(text) for text in cells.texts]
        if all(time is not None for time, text in zip(times, cells.texts, strict=True) if text not in ("", "NA")):
            return cells.spread(pd.Series([*times], dtype="datetime64[us]"))
    return cells.spread(pd.Series([None if text in ("", "NA") else text for text in cells.texts], dtype="str"))


def _is_number(text: str) -> bool:
    """Say whether a cell is a plain decimal number that a double float holds as written."""
    if not NUMBER.fullmatch(text) or not any(sign.isdigit() for sign in text) or text[0] in "eE":
        return False
    return not (IDENTIFIER_DIGITS.fullmatch(text) and abs(int(text)) > EXACT_WHOLE) and math.isfinite(float(text))


def _time(text: str) -> np.datetime64 | None:
    """Give an ISO date or datetime, or None when there is no such day."""
    try:
        return np.datetime64(text.replace(" ", "T"), "us")
    except ValueError:
        return None


def _told_column(cells: _Cells, variable: Variable, path: Path) -> pd.Series:
    """Give a column in the type its codebook tells; an empty cell is missing unless the blank is a code."""
    if variable.type == "string":
        blank = "" if "" in variable.labels or "" in variable.missing else None
        return cells.spread(pd.Series([text if text != "" else blank for text in cells.texts], dtype="str"))
    if variable.type == "numeric":
        return _told_numbers(cells, variable, path)
    times = [None if text == "" else _time(text) for text in cells.texts]
    odd = [text for text, time in zip(cells.texts, times, strict=True) if time is None and text != ""]
    if odd:
        raise _odd_cell(path, variable, odd[0], "an ISO date such as 2026-01-05")
    return cells.spread(pd.Series([*times], dtype="datetime64[us]"))


def _told_numbers(cells: _Cells, variable: Variable, path: Path) -> pd.Series:
    """Give a numeric column; whole numbers too large for floats stay whole."""
    known = [text for text in cells.texts if text not in ("", "NA")]
    try:
        if len(known) == len(cells.texts) and any(IDENTIFIER_DIGITS.fullmatch(text) for text in known):
            return cells.spread(pd.Series([int(text) for text in known], dtype="int64"))
        numbers = [math.nan if text in ("", "NA") else float(text) for text in cells.texts]
    except (ValueError, OverflowError):
        odd = next(text for text in known if not _is_number(text))
        raise _odd_cell(path, variable, odd, "a number") from None
    return cells.spread(pd.Series([*numbers], dtype="float64"))


def _odd_cell(path: Path, variable: Variable, text: str, wanted: str) -> FileError:
    """Say which cell contradicts the codebook."""
    near = did_you_mean(text, [str(label) for label in variable.labels.values()]) if variable.labels else ""
    hint = " (a label? write the code instead)" if "mean" in near else ""
    return FileError(f"{path}: column '{variable.name}' holds {text!r}{hint}, where its codebook says {wanted}.")


def write_csv(study: Study, path: Path) -> None:
    """Write a delimited file: UTF-8, commas, codes as they are, an empty cell for a missing value.

    Numbers are written so that reading gives back every bit, and text as it was given, also an open answer that begins
    with ``=``: nothing is put in front of it, since it could not be told from what the respondent wrote. Whoever opens
    such a file in a spreadsheet imports its columns as text.
    """
    columns = [[_quoted(name), *_written(study.frame[name])] for name in study.frame.columns]
    if len(columns) == 1:
        # a line of its own must not be blank, which other programs skip
        columns = [[cell or '""' for cell in columns[0]]]
    with open(path, "w", encoding="utf-8", newline="") as handle:
        handle.writelines(",".join(cells) + "\n" for cells in zip(*columns, strict=True))


def _quoted(text: str) -> str:
    """Give a cell with quotes where it holds a sign that could be taken for a delimiter, a quote or the end of a line.

    Examples
    --------
    >>> _quoted('5" pipe'), _quoted("Beijing")
    ('"5"" pipe"', 'Beijing')
    """
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',;\t"\r\n') else text


def _written(column: pd.Series) -> list[str]:
    """Give a column as the text of its cells."""
    kind = column_type(column)
    if kind == "string":
        rows, words = pd.factorize(column)
        cells = np.array([*map(_quoted, words), ""], dtype="object")
        return [*cells[rows]]
    if kind == "numeric":
        return [*map(str, column)] if column.dtype == "int64" else _written_floats(column)
    distinct, places = np.unique(column.to_numpy(dtype="datetime64[us]"), return_inverse=True)
    shown = np.datetime_as_string(distinct, unit="D" if whole_days(column) else "us")
    texts = np.where(np.isnat(distinct), "", shown).astype("object")
    return [*texts[places]]


def _written_floats(column: pd.Series) -> list[str]:
    """Give floats as the shortest text that reads back to the same bits; whole numbers without a decimal point."""
    bits, places = np.unique(column.to_numpy(dtype="float64").view("int64"), return_inverse=True)
    texts = np.array([_float_text(float(number)) for number in bits.view("float64")], dtype="object")
    return [*texts[places]] if len(texts) else []


def _float_text(number: float) -> str:
    """Give one float as text; a negative zero keeps its sign.

    Examples
    --------
    >>> [_float_text(number) for number in (4.0, 0.1, -0.0, 1e22, float("nan"))]
    ['4', '0.1', '-0.0', '1e+22', '']
    """
    if math.isnan(number):
        return ""
    plain = number.is_integer() and abs(number) < 1e15 and not (number == 0 and math.copysign(1, number) < 0)
    return str(int(number)) if plain else repr(number)
