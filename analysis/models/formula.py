"""Formulas: from ``"support ~ C(age4) + urban"`` and a study to a response and a design matrix.

The language of the right side is formulaic's: ``+ : * ** - 0``, ``C(x, Treatment('ref'))``, ``I(x ** 2)``, ``log(x)``,
``poly(x, 2)``, ``bs(x, df=4)``. Wilkinson and Rogers (1973), Symbolic description of factorial models for analysis of
variance, Applied Statistics 22(3).
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...data.codebook import Study
from ...data.errors import EstimationError, UnknownNameError
from ..estimation.method import KINDS
from ..sampling.categories import Bools, Floats, Ints
from ..sampling.design import Design
from .formula_columns import Column, column_of, newly_coded

if TYPE_CHECKING:
    from formulaic import Formula, ModelSpec

MOST_COLUMNS = 1_000
"""Columns that the categories of one term may make."""

CATEGORICAL = re.compile(r"^C\(\s*`?(?P<name>[^`,)]+)`?\s*[,)]")
"""A factor that makes categories of a column."""


@dataclass(frozen=True, eq=False)
class Predictors:
    """The right side of a formula over the rows that count.

    Attributes
    ----------
    text : str
        The right side as given.
    matrix : numpy.ndarray
        Rows x columns.
    names : tuple of str
        The columns, e.g. ``"C(age4)[T.30-44]"``.
    terms : mapping of str to slice
        For each term its columns, e.g. ``{"Intercept": slice(0, 1)}``.
    columns : mapping of str to Column
        The columns of the data that the formula, the response and the offset name.
    rows : numpy.ndarray of int64
        The rows of the study that count.
    spec : ModelSpec
        formulaic's record of how the matrix was made: levels, knots, centres.
    variables : tuple of str
        The columns of the data that the right side names.
    thresholds : bool
        Whether thresholds stand for the intercept, which the matrix then does not have.
    """

    text: str
    matrix: Floats
    names: tuple[str, ...]
    terms: Mapping[str, slice]
    columns: Mapping[str, Column]
    rows: Ints
    spec: ModelSpec
    variables: tuple[str, ...]
    thresholds: bool = False

    def frame(self) -> pd.DataFrame:
        """Give the columns of the data as the formula sees them."""
        return _frame({name: self.columns[name].within(self.rows) for name in self.variables}, len(self.rows))

    def rebuilt(self, frame: pd.DataFrame) -> Floats:
        """Give the design matrix for other values of the columns, coded as at first."""
        found = _model_matrix(self.spec, frame, self.columns, self.text)
        return _checked(_by_column(found.iloc[:, 1:] if self.thresholds else found), self.names)

    def matrix_of(self, data: pd.DataFrame) -> Floats:
        """Give the design matrix for new respondents.

        Raises
        ------
        EstimationError
            When a value is missing, or a category was not in the data the model was fitted to.
        UnknownNameError
            When a column is absent.
        """
        return self.rebuilt(pd.DataFrame({name: newly_coded(self.columns[name], data) for name in self.variables}))

    def is_categorical(self, name: str) -> bool:
        """Say whether a column enters the model as categories wherever it enters."""
        if self.columns[name].categorical:
            return True
        using = [factor for factor in map(str, self.spec.factors) if re.search(rf"\b{re.escape(name)}\b", factor)]
        found = [CATEGORICAL.match(factor) for factor in using]
        return all(match is not None and match["name"].strip() == name for match in found)

    @cached_property
    def notes(self) -> list[str]:
        """Footnotes: labelled numbers that were entered as categories."""
        labelled = [name for name in self.variables if self.columns[name].labelled_numbers]
        entered = [name for name in labelled if f"number({name})" not in self.text]
        if not entered:
            return []
        return [f"Entered as categories, by label: {', '.join(entered)}; number({entered[0]}) would take the codes."]


def sides(formula: str) -> tuple[str, str]:
    """Part a formula at its tilde.

    Examples
    --------
    >>> sides("support ~ age + sex")
    ('support', 'age + sex')
    """
    if not isinstance(formula, str):
        raise EstimationError(f"formula is a {type(formula).__name__}; it is text such as 'support ~ age + sex'.")
    parts = re.split(r"~", formula)
    if len(parts) != 2 or not parts[0].strip() or not parts[1].strip():
        raise EstimationError(f"formula '{formula}' needs a response, one tilde and predictors: 'support ~ age + sex'.")
    left, right = (part.strip() for part in parts)
    if re.search(r"\boffset\s*\(", right):
        raise EstimationError(f"formula '{formula}': give the offset as an argument, offset='log(people)'.")
    return left, right


def study_inside(design: Design) -> Study:
    """Give the study as the subpopulation's rows alone, for reading columns; the design keeps all rows."""
    study = design.study
    if design.inside.all():
        return study
    return Study(study.frame[design.inside].reset_index(drop=True), study.codebook, study.source)


def columns_named(study: Study, text: str, whole: str) -> dict[str, Column]:
    """Read the columns that part of a formula names.

    Raises
    ------
    UnknownNameError
        When one does not exist.
    """
    names = variables_of(_parsed(text, whole))
    for name in names:
        if name not in study.codebook:
            raise UnknownNameError("variable", name, study.codebook.names, f"formula '{whole}'")
    return {name: column_of(study, name) for name in names}


def variables_of(parsed: Formula) -> tuple[str, ...]:
    """List the columns that a formula names, functions left aside."""
    found: list[str] = []
    for factor in (factor for term in parsed for factor in term.factors):
        found += [factor.expr] if factor.eval_method.value == "lookup" else names_in(factor.expr)
    return tuple(dict.fromkeys(found))


def names_in(expression: str) -> list[str]:
    """List the columns that an expression names.

    Examples
    --------
    >>> names_in("poly(age, 3) + np.log(`income net`)")
    ['income net', 'age']
    """
    quoted = re.findall(r"`([^`]+)`", expression)
    try:
        nodes = list(ast.walk(ast.parse(re.sub(r"`[^`]+`", "None", expression), mode="eval")))
    except SyntaxError:
        return quoted
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    functions = {id(_root_of(call.func)) for call in calls}
    named = [node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in functions]
    named += [call.args[0].value for call in calls if _is_quote(call)]  # type: ignore[attr-defined]
    return [*quoted, *named]


def _root_of(function: ast.expr) -> ast.expr:
    """Give ``np`` of ``np.log``."""
    while isinstance(function, ast.Attribute):
        function = function.value
    return function


def _is_quote(call: ast.Call) -> bool:
    """Say whether a call is ``Q('a name')``."""
    named = isinstance(call.func, ast.Name) and call.func.id == "Q" and bool(call.args)
    return named and isinstance(call.args[0], ast.Constant)


def predictors(right: str, columns: Mapping[str, Column], rows: Ints, whole: str, *, intercept: bool) -> Predictors:
    """Make the design matrix over the rows that count.

    Parameters
    ----------
    right : str
        Right side of the formula.
    columns : mapping of str to Column
        All columns that the model names.
    rows : numpy.ndarray of int64
        Rows, numbered as in ``columns``.
    whole : str
        The formula, for messages.
    intercept : bool
        False takes the intercept out after coding, for models that have thresholds in its place.

    Raises
    ------
    EstimationError
        When the formula cannot be read or evaluated, or gives values that are not finite.
    """
    kept = {name: column.within(rows) for name, column in columns.items()}
    parsed = _parsed(right, whole)
    _refuse_many_columns(parsed, kept, whole)
    found = _model_matrix(parsed, _frame(kept, len(rows)), kept, whole)
    spec = found.model_spec
    names = tuple(re.sub(r"\[(T\.)?(-?\d+)\.0\]", r"[\1\2]", str(name)) for name in found.columns)
    terms = {("Intercept" if str(term) == "1" else str(term)): at for term, at in spec.term_slices.items()}
    _refuse_constant_terms(terms, kept)
    matrix = _checked(_by_column(found), names)
    made = Predictors(right, matrix, names, terms, columns, rows, spec, variables_of(parsed))
    return made if intercept else _without_intercept(made, whole)


def _refuse_many_columns(parsed: Formula, columns: Mapping[str, Column], whole: str) -> None:
    """Refuse a formula whose categories make more columns than can be fitted, before they are made."""
    for term in parsed:
        counts = {}
        for factor in map(str, term.factors):
            name = next(iter(names_in(factor)), factor)
            if name in columns and (columns[name].categorical or CATEGORICAL.match(factor)):
                counts[name] = columns[name].series().nunique()
        made = math.prod(counts.values())
        if made > MOST_COLUMNS:
            several = " x ".join(f"{count:,} of {name}" for name, count in counts.items())
            raise EstimationError(
                f"formula '{whole}': {term} makes {made:,} columns (categories: {several}); at most {MOST_COLUMNS:,} "
                "can be fitted. Group the categories, or enter the column as a number."
            )


def evaluated_in(text: str, columns: Mapping[str, Column], data: pd.DataFrame, whole: str) -> Floats:
    """Evaluate an expression for new respondents."""
    named = {name: columns[name] for name in names_in(text)}
    frame = pd.DataFrame({name: newly_coded(column, data) for name, column in named.items()})
    found = _model_matrix(_parsed(f"0 + {{1.0 * ({text})}}", whole), frame, named, whole)
    return _checked(_by_column(found), (text,))[:, 0]


def evaluated(text: str, columns: Mapping[str, Column], rows: Ints, whole: str) -> Floats:
    """Evaluate an expression such as ``log(income)`` or ``trust > 3`` as numbers, true as 1 and false as 0."""
    kept = {name: column.within(rows) for name, column in columns.items()}
    found = _model_matrix(_parsed(f"0 + {{1.0 * ({text})}}", whole), _frame(kept, len(rows)), kept, whole)
    if found.shape[1] != 1:
        raise EstimationError(f"formula '{whole}': '{text}' gives {found.shape[1]} columns; it needs to be one.")
    return _checked(_by_column(found), (text,))[:, 0]


def complete_rows(columns: Mapping[str, Column], also: Bools | None = None) -> Bools:
    """Say which rows have a value of every column, and are not missing in another sense.

    Examples
    --------
    >>> from .formula_columns import Column
    >>> age = Column("age", np.array([30.0, np.nan]), np.array([False, True]), {"blank": 1})
    >>> complete_rows({"age": age}).tolist()
    [True, False]
    """
    absent = [column.missing for column in columns.values()] + ([] if also is None else [also])
    known: Bools = ~np.logical_or.reduce(absent)
    return known


def missing_text(counts: Mapping[str, int]) -> str:
    """Write counts of missing values by kind.

    Examples
    --------
    >>> missing_text({"dont_know": 12, "blank": 3})
    "don't know 12, blank 3"
    """
    return ", ".join(f"{KINDS[kind]} {count:,}" for kind, count in counts.items())


def _parsed(text: str, whole: str) -> Formula:
    from formulaic import Formula, SimpleFormula
    from formulaic.errors import FormulaicError

    try:
        parsed = Formula(text)
    except (FormulaicError, SyntaxError, ValueError) as error:
        raise EstimationError(f"formula '{whole}' cannot be read: {_said(error)}") from error
    if not isinstance(parsed, SimpleFormula):
        raise EstimationError(f"formula '{whole}' cannot be read: it has several parts.")
    return parsed


def _said(error: Exception) -> str:
    """Give the first line of a message, without marks for terminals, as a sentence."""
    line = re.sub(r"\x1b\[[0-9;]*m|[⧛⧚]", "", str(error)).strip().splitlines()[0]
    return line if line.endswith(".") else f"{line}."


def _model_matrix(
    parsed: Formula | ModelSpec, frame: pd.DataFrame, columns: Mapping[str, Column], whole: str
) -> pd.DataFrame:
    from formulaic.errors import FormulaicError

    try:
        with np.errstate(all="ignore"):
            made: pd.DataFrame = parsed.get_model_matrix(frame, context=_functions(columns), na_action="ignore")
    except (FormulaicError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise EstimationError(f"formula '{whole}': {_said(error)}{_remedy(str(error), columns)}") from error
    return made


def _remedy(message: str, columns: Mapping[str, Column]) -> str:
    """Say how a column of categories becomes numbers, or what its levels are called."""
    named = [column for column in columns.values() if column.categorical and column.name in message]
    if "provided levels" in message:
        listed = [f"{column.name}: {', '.join(column.levels)}" for column in columns.values() if column.categorical]
        return f" The levels are: {'; '.join(listed)}." if listed else ""
    numeric = [column.name for column in named if column.codes is not None]
    if numeric:
        return f" {numeric[0]} enters as categories; number({numeric[0]}) takes its codes."
    return f" {named[0].name} holds text." if named else ""


def _functions(columns: Mapping[str, Column]) -> dict[str, object]:
    """Give what formulas can call besides formulaic's own functions: ``number(x)``, the codes of a labelled column."""

    def number(column: pd.Series) -> pd.Series:
        name = str(column.name)
        coded = columns.get(name)
        if coded is None or not coded.categorical:
            return column
        if coded.codes is None:
            raise EstimationError(f"number({name}): {name} holds text, which has no codes.")
        lookup = dict(zip(coded.levels, coded.codes, strict=True))
        return column.astype(object).map(lookup).astype(np.float64)

    return {"number": number}


def _frame(columns: Mapping[str, Column], size: int) -> pd.DataFrame:
    return pd.DataFrame(
        {name: column.series() for name, column in columns.items()}, index=pd.RangeIndex(size), copy=False
    )


def _by_column(frame: pd.DataFrame) -> Floats:
    """Give a frame as an array of contiguous columns, which pandas gives only after another copy."""
    matrix = np.empty(frame.shape, order="F")
    for at in range(frame.shape[1]):
        matrix[:, at] = frame.iloc[:, at]
    return matrix


def _checked(matrix: Floats, names: Sequence[str]) -> Floats:
    finite = np.isfinite([column.sum() for column in matrix.T])
    for at in map(int, np.flatnonzero(~finite)):
        bad = int((~np.isfinite(matrix[:, at])).sum())
        if bad:
            raise EstimationError(
                f"{names[at]} is not a finite number in {bad:,} of {len(matrix):,} rows (a logarithm of 0, a division "
                "by 0?). Leave those rows out with where=, or transform otherwise."
            )
    return matrix


def _refuse_constant_terms(terms: Mapping[str, slice], columns: Mapping[str, Column]) -> None:
    """Refuse a term of one category, which the coding leaves without a column."""
    for term in (term for term, at in terms.items() if at.start == at.stop):
        named = [columns[name] for name in names_in(term) if name in columns] or [*columns.values()][:1]
        levels = [f"{column.name} is {column.level_text()} in every row used" for column in named]
        raise EstimationError(
            f"{term} has no column of its own: {', '.join(levels)}, so it explains nothing. Leave it out of the "
            "formula, or check where=."
        )


def _without_intercept(made: Predictors, whole: str) -> Predictors:
    """Take the intercept out of a matrix that was coded with one."""
    if "Intercept" not in made.terms:
        raise EstimationError(f"formula '{whole}': thresholds stand for the intercept here; leave out '0 +' or '- 1'.")
    slices = {term: slice(at.start - 1, at.stop - 1) for term, at in made.terms.items() if term != "Intercept"}
    return replace(made, matrix=made.matrix[:, 1:], names=made.names[1:], terms=slices, thresholds=True)
