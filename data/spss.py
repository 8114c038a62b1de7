"""SPSS files, .sav and .zsav: columns, labels, measures, display formats and user-missing values, both ways.

The dictionary is described in the PSPP developers' guide, "System File Format"
(https://www.gnu.org/software/pspp/pspp-dev/html_node/System-File-Format.html).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

from .codebook import Code, Codebook, MissingKind, MissingRange, Study, Variable
from .dates import SPSS_SECONDS
from .errors import CodebookError, FileError
from .frames import EXACT_WHOLE, ColumnProblem
from .kinds import guess_kind
from .missing_limits import TooManyMissing, spss_missing
from .names import refuse_names_of
from .spss_records import promised_rows

FORMAT = re.compile(r"([A-Z]+)(\d+)(?:\.(\d+))?")
DATE_FORMATS = frozenset("DATE ADATE EDATE JDATE SDATE QYR MOYR WKYR".split())
DATETIME_FORMATS = frozenset("DATETIME YMDHMS".split())
SYSTEM_MISSING = -np.finfo("float64").max
LONGEST_LABEL, LONGEST_VALUE_LABEL, LONGEST_TITLE, LONGEST_NOTE, LONGEST_STRING = 256, 120, 64, 80, 32767
"""In bytes of UTF-8."""


def read_sav(path: Path) -> Study:
    """Read an SPSS file, user-missing values included.

    Blank strings, SPSS's only missing string, become missing values unless the file labels the blank or declares it
    missing. Times of day and durations (TIME, DTIME) stay numbers of seconds.

    Raises
    ------
    FileError
        When the file is cut off or damaged.
    """
    promised = promised_rows(path)
    raw, meta = _parsed(path, metadata_only=False)
    if promised >= 0 and len(raw) != promised:
        raise FileError(f"{path} is cut off: it promises {promised} rows and holds {len(raw)}; copy it again.")
    # numbers stay where the parser put them: building the frame anew would copy the whole file once more
    frame = raw.copy(deep=False)
    variables = []
    codebook = _codebook(meta)
    for variable in codebook:
        column, variable = _column(raw[variable.name], variable, meta)
        if variable.type != "numeric" or raw[variable.name].dtype != "float64":
            frame[variable.name] = column
        variables.append(variable)
    return Study(frame, replace(codebook, variables=tuple(variables)), str(path))


def read_sav_codebook(path: Path) -> Codebook:
    """Read only the dictionary of an SPSS file."""
    return _codebook(_parsed(path, metadata_only=True)[1])


def _parsed(path: Path, *, metadata_only: bool) -> tuple[pd.DataFrame, Any]:
    """Let pyreadstat parse the file; whatever it raises becomes one clear line."""
    try:
        raw, meta = pyreadstat.read_sav(
            path, user_missing=True, disable_datetime_conversion=True, metadataonly=metadata_only
        )
    except Exception as failure:  # pyreadstat raises its own errors, and on damaged files almost any other
        raise FileError(_reading_failure(path, str(failure))) from failure
    return raw, meta


def _reading_failure(path: Path, reason: str) -> str:
    """Say why a file could not be parsed, and what to do."""
    if "convert string" in reason or "encod" in reason or "codec" in reason:
        return (
            f"{path} is not in the encoding it declares; save it as Unicode in SPSS, or with pspp-convert -e ENCODING."
        )
    reason = reason.strip().rstrip(".") or "unknown reason"
    return f"{path} is cut off or damaged: its rows cannot all be read ({reason}); copy or export it again."


def _codebook(meta: Any) -> Codebook:
    """Give the codebook of a parsed dictionary."""
    variables = tuple(_variable(name, meta) for name in meta.column_names)
    return Codebook(variables, meta.file_label or "", tuple(meta.notes))


def _variable(name: str, meta: Any) -> Variable:
    """Describe one variable; a date whose labels or missing codes lie outside the calendar stays a number."""
    ranges = meta.missing_ranges.get(name, [])
    stretches = tuple(MissingRange(each["lo"], each["hi"]) for each in ranges if each["lo"] != each["hi"])
    kind = _type(name, meta, has_range=bool(stretches))
    try:
        labels, missing = _codes(name, meta, kind)
    except OverflowError:
        kind = "numeric"
        labels, missing = _codes(name, meta, kind)
    measure = meta.variable_measure.get(name, "unknown")
    return Variable(
        name,
        label=meta.column_names_to_labels[name] or "",
        type=kind,
        measure=measure if measure in ("nominal", "ordinal", "scale") else "unknown",
        labels=labels,
        missing=missing | _kinds_within(stretches, labels),
        missing_ranges=stretches,
        format=meta.original_variable_types[name] or "",
    )


def _codes(name: str, meta: Any, kind: str) -> tuple[dict[Code, str], dict[Code, MissingKind]]:
    """Give a variable's labels and its single missing codes, each with the kind its label tells."""
    to_code = SPSS_SECONDS.code if kind in ("date", "datetime") else _same
    labels = {to_code(value): label for value, label in meta.variable_value_labels.get(name, {}).items()}
    single = [to_code(each["lo"]) for each in meta.missing_ranges.get(name, []) if each["lo"] == each["hi"]]
    return labels, {code: guess_kind(labels.get(code, "")) for code in single}


def _type(name: str, meta: Any, *, has_range: bool) -> str:
    """Name a variable's type; a date with a missing range stays a number, as a range needs numbers for its ends."""
    if meta.readstat_variable_types[name] == "string":
        return "string"
    shown = FORMAT.fullmatch(meta.original_variable_types[name] or "")
    family = shown[1] if shown else ""
    if has_range or family not in DATE_FORMATS | DATETIME_FORMATS:
        return "numeric"
    return "date" if family in DATE_FORMATS else "datetime"


def _same(value: Any) -> Code:
    """Give a code as it is: text as text, a number as a float."""
    return value if isinstance(value, str) else float(value)


def _kinds_within(stretches: tuple[MissingRange, ...], labels: Mapping[Code, str]) -> dict[Code, MissingKind]:
    """Give the labelled codes inside missing ranges whose label tells their kind."""
    inside = {
        code: guess_kind(label)
        for code, label in labels.items()
        if not isinstance(code, str) and any(each.low <= code <= each.high for each in stretches)
    }
    return {code: kind for code, kind in inside.items() if kind is not MissingKind.OTHER}


def _column(raw: pd.Series, variable: Variable, meta: Any) -> tuple[pd.Series, Variable]:
    """Give a column in its variable's type, and the variable; dates outside the calendar stay numbers."""
    if variable.type == "string":
        return with_blanks(raw.astype("str"), variable), variable
    numbers = raw.to_numpy(dtype="float64")
    if variable.type == "numeric":
        return pd.Series(numbers, name=variable.name), variable
    try:
        return pd.Series(SPSS_SECONDS.read(numbers), name=variable.name), variable
    except OverflowError:
        labels, missing = _codes(variable.name, meta, "numeric")
        numeric = replace(variable, type="numeric", labels=labels, missing=missing)
        return pd.Series(numbers, name=variable.name), numeric


def with_blanks(column: pd.Series, variable: Variable) -> pd.Series:
    """Make blank strings missing, unless the blank itself is labelled or declared missing.

    Examples
    --------
    >>> with_blanks(pd.Series(["a", ""]), Variable("name", type="string")).tolist()
    ['a', nan]
    """
    if "" in variable.labels or "" in variable.missing:
        return column.fillna("")
    return column.mask(column == "")


@dataclass
class Columns:
    """What pyreadstat is given, column by column."""

    data: dict[str, pd.Series] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    labels: dict[str, dict[Any, str]] = field(default_factory=dict)
    missing: dict[str, list[Any]] = field(default_factory=dict)


def write_sav(study: Study, path: Path, *, name: str, compress: bool) -> None:
    """Write an SPSS file.

    Parameters
    ----------
    study : Study
        With plain columns, as ``agreement.writable`` gives them.
    path : pathlib.Path
        Written in place.
    name : str
        File name for messages.
    compress : bool
        True for a .zsav.

    Raises
    ------
    CodebookError
        When a name, a value or a declaration does not fit SPSS; all of them are listed.
    """
    refuse_names_of("SPSS", study.codebook.names, name)
    columns = Columns()
    add_every_variable(study, partial(_add, columns), name)
    pyreadstat.write_sav(
        pd.DataFrame(columns.data),
        path,
        file_label=cut(study.codebook.title, LONGEST_TITLE),
        column_labels={each.name: cut(each.label, LONGEST_LABEL) for each in study.codebook if each.label},
        compress=compress,
        row_compress=not compress,
        note=[line for note in study.codebook.notes for line in lines(note)] or None,
        variable_value_labels=columns.labels,
        missing_ranges=columns.missing,
        variable_measure={each.name: each.measure for each in study.codebook},
        variable_format=columns.formats,
    )


def add_every_variable(study: Study, add: Callable[[pd.Series, Variable], None], name: str) -> None:
    """Add every variable to what will be written to a file of this name.

    Raises
    ------
    CodebookError
        Naming every variable that the format cannot hold, with what is wrong.

    Examples
    --------
    >>> study = Study(pd.DataFrame({"age": [41.0]}), Codebook((Variable("age"),)))
    >>> add_every_variable(study, lambda column, variable: print(variable.name, column.tolist()), "wave1.sav")
    age [41.0]
    """
    problems = []
    for variable in study.codebook:
        try:
            add(study.frame[variable.name], variable)
        except (ColumnProblem, TooManyMissing) as problem:
            problems.append(f"{name}: variable '{variable.name}' {problem}")
    if problems:
        raise CodebookError("\n".join(problems))


def _add(columns: Columns, column: pd.Series, variable: Variable) -> None:
    """Add one variable to what will be written."""
    name = variable.name
    if variable.type == "string":
        columns.data[name], width = _padded(column, variable)
        columns.formats[name] = f"A{width}"
        columns.missing[name] = _missing_strings(variable)
        columns.labels[name] = {code: cut(label, LONGEST_VALUE_LABEL) for code, label in variable.labels.items()}
        return
    to_number = SPSS_SECONDS.count_of if variable.type in ("date", "datetime") else _number
    columns.data[name] = _numbers(column, variable)
    columns.formats[name] = spss_format(variable, column)
    columns.labels[name] = {to_number(code): cut(label, LONGEST_VALUE_LABEL) for code, label in variable.labels.items()}
    columns.missing[name] = _missing_numbers(column, variable)


def _number(code: Code) -> float:
    """Give a numeric code as a float."""
    return float(code)


def _numbers(column: pd.Series, variable: Variable) -> pd.Series:
    """Give a column as the double floats SPSS keeps, or refuse what they cannot hold exactly."""
    if variable.type in ("date", "datetime"):
        return pd.Series(SPSS_SECONDS.count(column), name=column.name)
    refuse_inexact(column)
    if (column == SYSTEM_MISSING).any():
        raise ColumnProblem(f"holds {SYSTEM_MISSING!r}, which SPSS uses for system-missing; make it missing.")
    return column.astype("float64")


def refuse_inexact(column: pd.Series) -> None:
    """Refuse infinite numbers and whole numbers that double floats cannot hold.

    Raises
    ------
    ColumnProblem
        With the value met.

    Examples
    --------
    >>> refuse_inexact(pd.Series([1.5, None]))
    """
    if column.dtype == "int64" and len(column):
        largest = max(abs(int(column.min())), abs(int(column.max())))
        if largest > EXACT_WHOLE:
            raise ColumnProblem(f"holds {largest}, not exact as a double float; store such identifiers as text.")
    elif np.isinf(column.to_numpy(dtype="float64")).any():
        raise ColumnProblem("holds an infinite number; make it missing.")


def _padded(column: pd.Series, variable: Variable) -> tuple[pd.Series, int]:
    """Give text without gaps and its width in bytes; the first value is padded so that the declared width stands.

    SPSS pads every string to its width and ignores the padding, so the value does not change.
    """
    text = column.fillna("").to_numpy(dtype="object", copy=True)
    declared = FORMAT.fullmatch(variable.format)
    longest = max((len(value.encode()) for value in {*text, *variable.labels, *variable.missing}), default=1)
    width = max(longest, int(declared[2]) if declared and declared[1] == "A" else 1, 1)
    if width > LONGEST_STRING:
        raise ColumnProblem(f"holds text of {width} bytes; SPSS holds {LONGEST_STRING}; shorten it, or write .parquet.")
    if len(text):
        text[0] += " " * (width - len(text[0].encode()))
    return pd.Series(text, name=column.name, dtype="object"), width


def _missing_strings(variable: Variable) -> list[Any]:
    """Give the user-missing strings, of which SPSS holds three of eight bytes."""
    codes = [str(code) for code in variable.missing]
    long = [code for code in codes if len(code.encode()) > 8]
    if len(codes) > 3 or long:
        raise ColumnProblem(
            f"declares {', '.join(map(repr, codes))} missing; SPSS holds three strings of eight bytes; "
            "recode some, or write .csv or .parquet, which hold them all."
        )
    return [*codes]


def _missing_numbers(column: pd.Series, variable: Variable) -> list[Any]:
    """Give the user-missing numbers as pyreadstat takes them."""
    if variable.type in ("date", "datetime"):
        codes = [SPSS_SECONDS.count_of(code) for code in variable.missing]
        if len(codes) > 3:
            raise ColumnProblem(f"declares {', '.join(map(str, variable.missing))} missing; SPSS holds three dates.")
        return [*codes]
    stretches = spss_missing(variable, column.dropna().unique())
    return [low if low == high else {"lo": low, "hi": high} for low, high in stretches]


def spss_format(variable: Variable, column: pd.Series) -> str:
    """Give the display format for SPSS: its own, a translation of Stata's, or a plain one.

    Examples
    --------
    >>> spss_format(Variable("weight", format="%9.2f"), pd.Series([0.91]))
    'F9.2'
    """
    own = FORMAT.fullmatch(variable.format)
    family = own[1] if own else ""
    dated = family in DATE_FORMATS | DATETIME_FORMATS
    if variable.type in ("date", "datetime"):
        fits = dated and (variable.type == "date") == (family in DATE_FORMATS)
        return variable.format if fits else "DATE11" if variable.type == "date" else "DATETIME20"
    if own and not dated and family not in ("A", "AHEX"):
        return variable.format
    stata = re.fullmatch(r"%-?0?(\d+)\.(\d+)fc?", variable.format)
    if stata and int(stata[1]) <= 40 and int(stata[2]) <= min(16, int(stata[1]) - 1):
        return f"F{int(stata[1])}.{int(stata[2])}"
    known = column.dropna()
    return "F8.0" if len(known) and (known % 1 == 0).all() and (known.abs() < 1e8).all() else "F8.2"


def cut(text: str, size: int) -> str:
    """Cut text to a number of bytes of UTF-8 without halving a character.

    Examples
    --------
    >>> cut("社会信用", 8)
    '社会'
    """
    return text.encode()[:size].decode(errors="ignore")


def lines(note: str) -> list[str]:
    """Break a note into the lines of 80 bytes that SPSS holds.

    Examples
    --------
    >>> [len(line) for line in lines("x" * 100)]
    [80, 20]
    """
    broken = []
    for line in note.splitlines() or [""]:
        while True:
            piece = cut(line, LONGEST_NOTE)
            broken.append(piece)
            line = line[len(piece) :]
            if not line:
                break
    return broken
