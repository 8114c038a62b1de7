"""A study whose columns and codebook agree: what every writer needs, and what a codebook given by hand must meet."""

from __future__ import annotations

import datetime

import pandas as pd

from .codebook import Codebook, Study, Variable
from .errors import CodebookError
from .frames import ColumnProblem, column_type, plain_frame


def writable(study: Study) -> Study:
    """Give a study with plain columns that agree with its codebook, ready for any writer.

    Raises
    ------
    CodebookError
        When a column's values are not of the type the codebook says, all such columns at once.

    Examples
    --------
    >>> from .codebook import study_of
    >>> writable(study_of(pd.DataFrame({"sex": [1, 2]}))).frame["sex"].dtype
    dtype('int64')
    """
    if not len(study.codebook):
        raise CodebookError("the study has no columns, and no data file holds nothing; give it at least one.")
    frame = plain_frame(study.frame)
    columns: dict[str, pd.Series] = {}
    problems = []
    for variable in study.codebook:
        try:
            refuse_odd_codes(variable)
            columns[variable.name] = _agreed(frame[variable.name], variable)
        except ColumnProblem as problem:
            problems.append(f"column '{variable.name}' {problem}")
    if problems:
        raise CodebookError("\n".join(problems))
    return Study(pd.DataFrame(columns, index=frame.index), study.codebook, study.source)


def refuse_odd_codes(variable: Variable) -> None:
    """Refuse labels and missing codes that are not of their variable's type.

    Raises
    ------
    ColumnProblem
        Naming the first such code.

    Examples
    --------
    >>> refuse_odd_codes(Variable("q1", labels={1.0: "yes"}))
    """
    if variable.type not in ("numeric", "string", "date", "datetime"):
        raise ColumnProblem(f"has the type '{variable.type}'; known are numeric, string, date and datetime.")
    for code in (*variable.labels, *variable.missing):
        if isinstance(code, str) != (variable.type != "numeric"):
            raise ColumnProblem(f"is {variable.type} but its codebook names the code {code!r}; give both one type.")
        if isinstance(code, str) and variable.type != "string":
            _refuse_odd_date(code)
    if variable.missing_ranges and variable.type != "numeric":
        raise ColumnProblem(f"is {variable.type} but declares a range of numbers missing; list single codes instead.")


def _refuse_odd_date(code: str) -> None:
    """Refuse a code of a date variable that is no ISO date."""
    try:
        pd.Timestamp(code)
    except ValueError:
        raise ColumnProblem(f"is a date but its codebook names the code {code!r}; write it as '1900-01-01'.") from None


def _agreed(column: pd.Series, variable: Variable) -> pd.Series:
    """Give the column in its variable's type; a column of nothing but missing values takes any type."""
    if column.isna().all():
        return empty_column(variable, len(column))
    found = column_type(column)
    if found == variable.type or {found, variable.type} == {"date", "datetime"}:
        return _text(column) if found == "string" else column
    first = column.dropna().iloc[0]
    value = str(first) if isinstance(first, datetime.datetime) else repr(getattr(first, "item", lambda: first)())
    raise ColumnProblem(
        f"is described as {variable.type} but holds {value}; "
        f"convert the column, or describe it as {found} in the codebook."
    )


def empty_column(variable: Variable, rows: int) -> pd.Series:
    """Give a column of nothing but missing values in the type a variable has.

    Examples
    --------
    >>> empty_column(Variable("name", type="string"), 2).tolist()
    [nan, nan]
    """
    nothing = [None] * rows
    if variable.type == "string":
        return pd.Series(nothing, name=variable.name, dtype="str")
    if variable.type == "numeric":
        return pd.Series(nothing, name=variable.name, dtype="float64")
    return pd.Series(nothing, name=variable.name, dtype="datetime64[us]")


def _text(column: pd.Series) -> pd.Series:
    """Give text that can be written: without the NUL character, which ends a string in SPSS and Stata files."""
    for value in column.dropna().unique():
        if "\0" in value:
            raise ColumnProblem(f"holds {value[:40]!r} with a NUL character, which no data file keeps; remove it.")
    return column


def with_codebook(study: Study, codebook: Codebook) -> Study:
    """Give the study described by another codebook where it has something to say; other columns keep theirs.

    Raises
    ------
    CodebookError
        When the codebook describes columns the study lacks.
    """
    absent = [variable.name for variable in codebook if variable.name not in study.codebook]
    if absent:
        raise CodebookError(
            f"{study.source or 'the data'} has no column {', '.join(map(repr, absent))} described in the codebook."
        )
    for variable in codebook:
        found = study.codebook[variable.name].type
        if variable.type != found and {variable.type, found} != {"date", "datetime"}:
            raise CodebookError(
                f"{study.source or 'the data'}: column '{variable.name}' is {found}, "
                f"but the codebook describes it as {variable.type}."
            )
    variables = tuple(codebook[name] if name in codebook else study.codebook[name] for name in study.codebook.names)
    merged = Codebook(variables, codebook.title or study.codebook.title, codebook.notes or study.codebook.notes)
    return Study(study.frame, merged, study.source)
