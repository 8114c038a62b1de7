"""Formulas: from ``"support ~ C(age4) + urban"`` and a study to a response and a design matrix.

The language of the right side is formulaic's: ``+ : * ** - 0``, ``C(x, Treatment('ref'))``, ``I(x ** 2)``, ``log(x)``,
``poly(x, 2)``, ``bs(x, df=4)``. Wilkinson and Rogers (1973), Symbolic description of factorial models for analysis of
variance, Applied Statistics 22(3).
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...data.codebook import Study
from ...data.errors import EstimationError, UnknownNameError
from ..estimation.method import KINDS
from ..sampling.categories import Bools, Floats, Ints, code_text
from ..sampling.design import Design
from .formula_columns import Column, column_of, newly_coded
from .formula_language import (
    elementary,
    factors_of,
    names_in,
    parsed,
    refuse_names_of_functions,
    variables_of,
    why,
)

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
        """Give the design matrix for other values of the columns, coded as at first.

        Raises
        ------
        EstimationError
            When a number of which the formula makes categories has a value that the fit did not have.
        """
        for name, known in self._categories_of_numbers.items():
            _refuse_unknown(name, frame[name].to_numpy(dtype=np.float64), known)
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
        return all(category_of(factor) == name for factor in self.factors_with(name))

    def factors_with(self, name: str) -> list[str]:
        """List the factors that name a column."""
        return [factor for factor in map(str, self.spec.factors) if _names(factor, name)]

    @cached_property
    def _categories_of_numbers(self) -> dict[str, Floats]:
        """Columns of numbers that enter as ``C(name)`` somewhere, with the values that the fit had."""
        made = {category_of(factor) for factor in map(str, self.spec.factors)}
        names = [name for name in self.variables if name in made and not self.columns[name].categorical]
        return {name: np.unique(self.columns[name].within(self.rows).values) for name in names}

    @cached_property
    def notes(self) -> list[str]:
        """Footnotes: labelled numbers that were entered as categories."""
        labelled = [name for name in self.variables if self.columns[name].labelled_numbers]
        entered = [name for name in labelled if f"number({name})" not in self.text]
        scales = [name for name in self.variables if self.columns[name].labelled_scale]
        scales = [name for name in scales if f"number({name})" not in self.text]
        notes = []
        if entered:
            notes.append(
                f"Entered as categories, by label: {', '.join(entered)}; number({entered[0]}) would take the codes."
            )
        if scales:
            notes.append(
                f"Entered as numbers, because they are declared scales, though every answer has a label: "
                f"{', '.join(scales)}; C({scales[0]}) would make categories."
            )
        return notes


def _refuse_unknown(name: str, values: Floats, known: Floats) -> None:
    """Refuse values that are no categories of the fit, which formulaic would take for the reference."""
    new = np.unique(values[~np.isin(values, known)])
    if len(new):
        listed, levels = (", ".join(code_text(float(value)) for value in each[:8]) for each in (new, known))
        more = ", ..." if len(known) > 8 else ""
        raise EstimationError(
            f"{name} is {listed}, and the fit knows C({name}) as {levels}{more} alone; it says nothing of other values."
        )


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
    formula = parsed(text, whole)
    names, factors = variables_of(formula), factors_of(formula)
    for name in names:
        if name not in study.codebook:
            raise UnknownNameError("variable", name, study.codebook.names, f"formula '{whole}'")
    return {name: column_of(study, name, as_categories=_in_categories(name, factors)) for name in names}


def _in_categories(name: str, factors: Sequence[str]) -> bool:
    """Say whether a column enters as ``C(name)`` wherever it enters, ``number(name)`` aside."""
    using = [factor for factor in factors if _names(factor, name) and factor != f"number({name})"]
    return bool(using) and all(category_of(factor) == name for factor in using)


def _names(factor: str, name: str) -> bool:
    """Say whether a factor is a column, or an expression with it."""
    return factor.strip("`") == name or name in names_in(factor)


def category_of(factor: str) -> str | None:
    """Give the column that a factor makes categories of.

    Examples
    --------
    >>> category_of("C(age4, Treatment('30-44'))"), category_of("log(age)")
    ('age4', None)
    """
    found = CATEGORICAL.match(factor)
    return None if found is None else found["name"].strip()


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
    formula = parsed(right, whole)
    named = variables_of(formula)
    _refuse_empty(formula, named, whole)
    refuse_names_of_functions(factors_of(formula), named, whole)
    kept = {name: columns[name].within(rows) for name in named}
    _refuse_many_columns(formula, kept, whole)
    found = _model_matrix(formula, _frame(kept, len(rows)), kept, whole)
    spec = found.model_spec
    names = tuple(re.sub(r"\[(T\.)?(-?\d+)\.0\]", r"[\1\2]", str(name)) for name in found.columns)
    terms = {("Intercept" if str(term) == "1" else str(term)): at for term, at in spec.term_slices.items()}
    _refuse_constant_terms(terms, kept)
    matrix = _checked(_by_column(found), names)
    made = Predictors(right, matrix, names, terms, columns, rows, spec, named)
    return made if intercept else _without_intercept(made, whole)


def _refuse_empty(formula: Formula, named: Sequence[str], whole: str) -> None:
    """Refuse a right side without a column, and a column that goes by the constant's name."""
    if not len(formula):
        raise EstimationError(
            f"formula '{whole}' has neither predictors nor an intercept, so there is nothing to fit; 'y ~ 1' has an "
            "intercept alone."
        )
    if "Intercept" in named:
        raise EstimationError(
            f"formula '{whole}': Intercept is the name of the model's constant, and a column called so would be taken "
            "for it; rename the column."
        )


def _refuse_many_columns(formula: Formula, columns: Mapping[str, Column], whole: str) -> None:
    """Refuse a formula whose categories make more columns than can be fitted, before they are made."""
    for term in formula:
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
    found = _model_matrix(parsed(f"0 + {{1.0 * ({text})}}", whole), frame, named, whole)
    return _checked(_by_column(found), (text,))[:, 0]


def evaluated(text: str, columns: Mapping[str, Column], rows: Ints, whole: str) -> Floats:
    """Evaluate an expression such as ``log(income)`` or ``trust > 3`` as numbers, true as 1 and false as 0."""
    kept = {name: columns[name].within(rows) for name in names_in(text)}
    refuse_names_of_functions([text], kept, whole)
    found = _model_matrix(parsed(f"0 + {{1.0 * ({text})}}", whole), _frame(kept, len(rows)), kept, whole)
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


def _model_matrix(
    formula: Formula | ModelSpec, frame: pd.DataFrame, columns: Mapping[str, Column], whole: str
) -> pd.DataFrame:
    from formulaic.errors import DataMismatchWarning, FormulaicError

    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", DataMismatchWarning)
            made: pd.DataFrame = formula.get_model_matrix(frame, context=_functions(columns), na_action="ignore")
    except DataMismatchWarning as warning:
        raise EstimationError(_mismatch(str(warning), whole)) from warning
    except (FormulaicError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise EstimationError(f"{why(error, whole)}{_remedy(str(error), columns)}") from error
    return made


def _mismatch(message: str, whole: str) -> str:
    """Say which values are no category of C(...), which formulaic would take for the reference."""
    values = re.search(r"\{(.*)\}", message)
    shown = re.sub(r"np\.\w+\(([^()]*)\)", r"\1", values[1]) if values else "values"
    shown = re.sub(r"\.0\b", "", shown)
    return (
        f"formula '{whole}': {shown} is no category of C(...), neither named by levels= nor known from the fit. Name "
        "all levels, or leave those rows out."
    )


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
            raise EstimationError(f"number({name}) asks for codes, and {name} holds text, which has none.")
        lookup = dict(zip(coded.levels, coded.codes, strict=True))
        return column.astype(object).map(lookup).astype(np.float64)

    return {**elementary(), "number": number}


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
