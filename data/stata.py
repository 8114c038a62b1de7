"""Stata files, .dta: columns, labels, formats and the extended missing values .a to .z, both ways.

In a frame, ``.a`` to ``.z`` are codes like any user-missing code; ``Variable.stata_missing`` says which letter each is.
The format is described in Stata's help file ``dta``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

from .codebook import Code, Codebook, Study, Variable
from .dates import STATA_DAYS, STATA_MILLISECONDS, Clock, whole_days
from .errors import FileError
from .frames import ColumnProblem
from .kinds import guess_kind
from .names import refuse_names_of
from .spss import FORMAT, add_every_variable, refuse_inexact, with_blanks

LARGEST = 8.988465674311579e307
"""Stata's largest double; everything above is one of its missing values."""
LONGEST_LABEL = 80
"""In characters."""
LONGEST_VALUE_LABEL = 32000
"""In bytes."""

Letters = Mapping[str, Code]
"""The code each extended missing value stands for, e.g. ``{"a": 98.0}``."""


def read_dta(path: Path, codes: Mapping[str, Letters]) -> Study:
    """Read a Stata file.

    Blank strings, Stata's only missing string, become missing values.

    Parameters
    ----------
    path : pathlib.Path
        File to read.
    codes : mapping of str to Letters
        By variable: codes the letters are known to stand for, from the sidecar; other letters get codes outside the
        observed range, -1001 for ``.a`` to -1026 for ``.z`` where these are free.

    Raises
    ------
    FileError
        When the file is cut off or damaged.
    """
    _refuse_cut_off(path)
    raw, meta = _parsed(path, metadata_only=False)
    if meta.number_rows is not None and len(raw) != meta.number_rows:
        raise FileError(f"{path} is cut off: it promises {meta.number_rows} rows and holds {len(raw)}; copy it again.")
    frame = raw.copy(deep=False)
    variables = []
    for name in meta.column_names:
        numbers, used = _numbers(raw[name], name, meta)
        clock = _clock_of(name, meta, numbers)
        letters = _letters(name, meta, used, codes.get(name, {}), numbers, clock)
        variable = _variable(name, meta, letters, clock)
        if variable.type != "numeric" or raw[name].dtype != "float64":
            frame[name] = _column(raw[name], numbers, variable, letters, clock)
        variables.append(variable)
    return Study(frame, Codebook(tuple(variables), meta.file_label or ""), str(path))


def read_dta_codebook(path: Path, codes: Mapping[str, Letters]) -> Codebook:
    """Read only the dictionary of a Stata file whose letters' codes are known."""
    _, meta = _parsed(path, metadata_only=True)
    nothing = pd.Series([], dtype="float64")
    variables = []
    for name in meta.column_names:
        clock = _clock_of(name, meta, nothing)
        letters = _letters(name, meta, (), codes.get(name, {}), nothing, clock)
        variables.append(_variable(name, meta, letters, clock))
    return Codebook(tuple(variables), meta.file_label or "")


def _refuse_cut_off(path: Path) -> None:
    """Refuse a file that lacks its end: pyreadstat takes it for whole, without its value labels."""
    with open(path, "rb") as handle:
        tagged = handle.read(11) == b"<stata_dta>"
        handle.seek(0, 2)
        handle.seek(max(0, handle.tell() - 32))
        ended = handle.read().rstrip().endswith(b"</stata_dta>")
    if tagged and not ended:
        raise FileError(f"{path} is cut off: its end is missing; copy it again.")


def _parsed(path: Path, *, metadata_only: bool) -> tuple[pd.DataFrame, Any]:
    """Let pyreadstat parse the file; whatever it raises becomes one clear line."""
    try:
        raw, meta = pyreadstat.read_dta(
            path, user_missing=True, disable_datetime_conversion=True, metadataonly=metadata_only
        )
    except Exception as failure:  # pyreadstat raises its own errors, and on damaged files almost any other
        reason = str(failure).strip().rstrip(".") or "unknown reason"
        raise FileError(f"{path} is damaged or cut off ({reason}); copy or export it again.") from failure
    return raw, meta


def _numbers(raw: pd.Series, name: str, meta: Any) -> tuple[pd.Series, list[str]]:
    """Give a column's numbers with letters left out, and the letters used in it; nothing for text."""
    if meta.readstat_variable_types[name] == "string":
        return pd.Series([], dtype="float64"), []
    used = list(meta.missing_user_values.get(name, []))
    numbers = pd.to_numeric(raw, errors="coerce") if used else raw
    return numbers.astype("float64"), used


def _letters(
    name: str, meta: Any, used: Iterable[str], known: Letters, numbers: pd.Series, clock: Clock | None
) -> dict[str, Code]:
    """Give the code for every letter that is used, labelled or known."""
    if meta.readstat_variable_types[name] == "string":
        return {}
    labelled = meta.variable_value_labels.get(name, {})
    letters = {*used, *known, *(value for value in labelled if isinstance(value, str))}
    fresh = sorted(letters - set(known))
    if not fresh:
        return {letter: known[letter] for letter in sorted(letters)}
    taken = [value for value in labelled if not isinstance(value, str)]
    placed = _dates_outside(numbers, clock) if clock else _codes_outside([*numbers.dropna().unique(), *taken])
    return {letter: known.get(letter, placed[letter]) for letter in sorted(letters)}


def _codes_outside(observed: list[float]) -> dict[str, Code]:
    """Give 26 codes below, or else above, all observed values."""
    low, high = min(observed, default=0.0), max(observed, default=0.0)
    for power in range(3, 15):
        if low > -(10.0**power):
            return {letter: -(10.0**power) - place for place, letter in enumerate(ascii_lowercase, start=1)}
    for power in range(3, 15):
        if high < 10.0**power:
            return {letter: 10.0**power + place for place, letter in enumerate(ascii_lowercase, start=1)}
    return {letter: -8e307 - place * 1e305 for place, letter in enumerate(ascii_lowercase, start=1)}


def _dates_outside(counts: pd.Series, clock: Clock) -> dict[str, Code]:
    """Give 26 days before, or else after, all observed dates."""
    first = "1583-01-01" if not (counts <= clock.count_of("1583-01-31")).any() else "9999-01-01"
    days = pd.date_range(first, periods=26, unit="us")
    return {
        letter: day.isoformat().removesuffix("T00:00:00") for letter, day in zip(ascii_lowercase, days, strict=True)
    }


def _clock(shown: str) -> Clock | None:
    """Give how a display format counts time, or None for a number; %tw, %tm, %tq, %ty, %tC stay numbers."""
    if re.match(r"%-?(td|d)", shown):
        return STATA_DAYS
    return STATA_MILLISECONDS if re.match(r"%-?tc", shown) else None


def _clock_of(name: str, meta: Any, numbers: pd.Series) -> Clock | None:
    """Give how a column counts time; None for text, numbers, and dates that lie outside the calendar."""
    if meta.readstat_variable_types[name] == "string":
        return None
    clock = _clock(meta.original_variable_types[name] or "")
    if clock is None:
        return None
    labelled = [value for value in meta.variable_value_labels.get(name, {}) if not isinstance(value, str)]
    try:
        clock.read(np.array([*numbers, *labelled], dtype="float64"))
    except OverflowError:
        return None
    return clock


def _variable(name: str, meta: Any, letters: Letters, clock: Clock | None) -> Variable:
    """Describe one variable."""
    labels: dict[Code, str] = {}
    for value, label in meta.variable_value_labels.get(name, {}).items():
        labels[letters[value] if value in letters else clock.code(value) if clock else float(value)] = label
    kind = "date" if clock is STATA_DAYS else "datetime" if clock else "numeric"
    return Variable(
        name,
        label=meta.column_names_to_labels[name] or "",
        type="string" if meta.readstat_variable_types[name] == "string" else kind,
        labels=labels,
        missing={code: guess_kind(labels.get(code, "")) for code in letters.values()},
        format=meta.original_variable_types[name] or "",
        stata_missing={code: letter for letter, code in letters.items()},
    )


def _column(raw: pd.Series, numbers: pd.Series, variable: Variable, letters: Letters, clock: Clock | None) -> pd.Series:
    """Give a column in its variable's type, letters as their codes."""
    if variable.type == "string":
        return with_blanks(raw.astype("str"), variable)
    values = numbers.to_numpy(copy=True)
    if not pd.api.types.is_numeric_dtype(raw.dtype):
        coded = raw.map({letter: clock.count_of(code) if clock else code for letter, code in letters.items()})
        is_letter = coded.notna().to_numpy()
        values[is_letter] = coded.to_numpy(dtype="float64", na_value=np.nan)[is_letter]
    return pd.Series(clock.read(values) if clock else values, name=variable.name)


@dataclass
class Columns:
    """What pyreadstat is given, column by column, and the code each letter stands for."""

    data: dict[str, pd.Series] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    labels: dict[str, dict[Any, str]] = field(default_factory=dict)
    letters: dict[str, dict[str, Code]] = field(default_factory=dict)


def write_dta(study: Study, path: Path, *, name: str) -> dict[str, dict[str, Code]]:
    """Write a Stata file, version 14 and later; user-missing codes become ``.a``, ``.b`` and so on.

    Parameters
    ----------
    study : Study
        With plain columns, as ``agreement.writable`` gives them.
    path : pathlib.Path
        Written in place.
    name : str
        File name for messages.

    Returns
    -------
    dict of str to dict of str to code
        By variable: the code each letter stands for.

    Raises
    ------
    CodebookError
        When a name or a value does not fit Stata; all of them are listed.
    """
    refuse_names_of("Stata", study.codebook.names, name)
    columns = Columns()
    add_every_variable(study, partial(_add, columns), name)
    pyreadstat.write_dta(
        pd.DataFrame(columns.data),
        path,
        file_label=study.codebook.title[:LONGEST_LABEL],
        column_labels={each.name: each.label[:LONGEST_LABEL] for each in study.codebook if each.label},
        # 118, which every Stata since 14 reads; 119 only where there are too many variables for it
        version=14 if len(columns.data) <= 32767 else 15,
        variable_value_labels={key: labels for key, labels in columns.labels.items() if labels},
        missing_user_values={key: list(letters) for key, letters in columns.letters.items()},
        variable_format=columns.formats,
    )
    return columns.letters


def _add(columns: Columns, column: pd.Series, variable: Variable) -> None:
    """Add one variable to what will be written; labels and missing codes of text stay in the sidecar."""
    name = variable.name
    columns.formats[name] = stata_format(variable, column)
    if variable.type == "string":
        columns.data[name] = column.fillna("").astype("object")
        return
    clock = _clock(columns.formats[name])
    letters = _letters_for(column, variable)
    if letters:
        columns.letters[name] = letters
    numbers = _written_numbers(column, clock)
    letter_of = {clock.count_of(code) if clock else code: letter for letter, code in letters.items()}
    columns.data[name] = _with_letters(numbers, letter_of)
    columns.labels[name] = _written_labels(variable, clock, letter_of)


def _letters_for(column: pd.Series, variable: Variable) -> dict[str, Code]:
    """Give each user-missing code a letter: its own from a Stata file, else the next free one."""
    given = {letter: _plain(code) for code, letter in variable.stata_missing.items()}
    codes = [_plain(code) for code in variable.missing]
    if variable.missing_ranges:
        met = [float(value) for value in np.sort(column.dropna().unique())] + [_plain(code) for code in variable.labels]
        codes += [code for code in met if variable.missing_kind(code) is not None]
    wanted = [code for code in dict.fromkeys(codes) if code not in given.values()]
    free = [letter for letter in ascii_lowercase if letter not in given]
    if len(wanted) > len(free):
        raise ColumnProblem(
            f"has {len(wanted) + len(given)} different missing codes; Stata has 26 letters for them; recode some, "
            "or write .sav, .csv or .parquet."
        )
    return given | dict(zip(free, wanted, strict=False))


def _plain(code: Code) -> Code:
    """Give a code as text or as a float."""
    return code if isinstance(code, str) else float(code)


def _written_numbers(column: pd.Series, clock: Clock | None) -> pd.Series:
    """Give a column as the double floats Stata keeps, or refuse what they cannot hold."""
    if clock:
        return pd.Series(clock.count(column), name=column.name)
    refuse_inexact(column)
    numbers = column.astype("float64")
    if (numbers.abs() > LARGEST).any():
        raise ColumnProblem(f"holds {float(numbers.abs().max())!r}; Stata's largest number is {LARGEST!r}.")
    return numbers


def _with_letters(numbers: pd.Series, letter_of: Mapping[Code, str]) -> pd.Series:
    """Put letters in the place of their codes; pyreadstat writes a letter among numbers as a missing value."""
    coded = numbers.isin(list(letter_of))
    if not coded.any():
        return numbers
    mixed = numbers.astype("object")
    mixed[coded] = numbers[coded].map(letter_of)
    return mixed


def _written_labels(variable: Variable, clock: Clock | None, letter_of: Mapping[Code, str]) -> dict[Any, str]:
    """Give the labels Stata can hold: of letters, and of whole numbers of 32 bits."""
    written: dict[Any, str] = {}
    for code, label in variable.labels.items():
        number = clock.count_of(code) if clock else float(code)
        shown = label.encode()[:LONGEST_VALUE_LABEL].decode(errors="ignore")
        if number in letter_of:
            written[letter_of[number]] = shown
        elif number == int(number) and abs(number) <= 2147483620:
            written[int(number)] = shown
    return written


def stata_format(variable: Variable, column: pd.Series) -> str:
    """Give the display format for Stata: its own, a translation of SPSS's, or a plain one.

    Examples
    --------
    >>> stata_format(Variable("weight", format="F9.2"), pd.Series([0.91]))
    '%9.2f'
    """
    if variable.type == "string":
        widest = max((len(value.encode()) for value in column.dropna().unique()), default=1)
        return variable.format if re.fullmatch(r"%-?\d+s", variable.format) else f"%{min(max(widest, 9), 2045)}s"
    if variable.type in ("date", "datetime"):
        days = whole_days(column) and all("T" not in str(code) for code in variable.missing)
        clock = STATA_DAYS if variable.type == "date" and days else STATA_MILLISECONDS
        if _clock(variable.format) is clock:
            return variable.format
        return "%td" if clock is STATA_DAYS else "%tc"
    if variable.format.startswith("%") and not _clock(variable.format) and not variable.format.endswith("s"):
        return variable.format
    spss = FORMAT.fullmatch(variable.format)
    if spss and spss[1] == "F" and int(spss[3] or 0) < int(spss[2]):
        return f"%{spss[2]}.{spss[3] or 0}f"
    return "%10.0g"
