"""The rows that a model is fitted to: who has a value of everything the formula names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...data.codebook import Study
from ...data.errors import EstimationError
from ..estimation.method import counted
from ..sampling.categories import Floats, Ints
from ..sampling.design import Design
from .formula import (
    Predictors,
    columns_named,
    complete_rows,
    evaluated,
    evaluated_in,
    missing_text,
    predictors,
    study_inside,
)
from .formula_columns import Column
from .formula_language import names_in, sides
from .response import Response

Reader = Callable[[Study, str, str], Response]
"""From study, left side and whole formula to the response."""


@dataclass(frozen=True, eq=False)
class ModelRows:
    """Response, design matrix and weights over the rows that count.

    Attributes
    ----------
    design : Design
        The sample, with its subpopulation.
    formula : str
        As given.
    response : Response
        Its values on the rows that count.
    predictors : Predictors
        The right side.
    offset_text : str or None
        The offset as given.
    offset : numpy.ndarray or None
        The offset on the rows that count.
    rows : numpy.ndarray of int64
        Rows of the design that count.
    scale : float
        What weights are divided by: the mean weight of the subpopulation, as in R.
    notes : list of str
        Footnotes.
    """

    design: Design
    formula: str
    response: Response
    predictors: Predictors
    offset_text: str | None
    offset: Floats | None
    rows: Ints
    scale: float
    notes: list[str]

    @property
    def matrix(self) -> Floats:
        """The design matrix."""
        return self.predictors.matrix

    @property
    def weights(self) -> Floats:
        """Weights of the rows that count, of mean about 1."""
        return self.scaled(self.design.weights)

    def scaled(self, weights: Floats) -> Floats:
        """Give weights of the whole design for the rows that count, of mean about 1."""
        own = weights if len(self.rows) == len(weights) else weights[self.rows]
        return np.asarray(own / self.scale)

    @property
    def offset_variables(self) -> tuple[str, ...]:
        """The columns that the offset names."""
        return () if self.offset_text is None else tuple(names_in(self.offset_text))

    def offset_of(self, data: pd.DataFrame) -> Floats | None:
        """Give the offset of new respondents."""
        if self.offset_text is None:
            return None
        return evaluated_in(self.offset_text, self.predictors.columns, data, f"offset={self.offset_text}")

    def spread_out(self, values: Floats) -> Floats:
        """Give values of the rows that count for all rows of the design, 0 for the others."""
        if len(self.rows) == len(self.design.weights):
            return values
        wide = np.zeros((len(self.design.weights), values.shape[1]))
        wide[self.rows] = values
        return wide


def model_rows(
    design: Design, formula: str, read: Reader, *, offset: str | None = None, intercept: bool = True
) -> ModelRows:
    """Read what a formula names, and keep the rows that have all of it.

    Raises
    ------
    EstimationError
        When no row has, or the formula cannot be read.
    UnknownNameError
        When a column does not exist.
    """
    left, right = sides(formula)
    study = study_inside(design)
    response = read(study, left, formula)
    columns = columns_named(study, right, formula)
    if response.item in columns:
        raise EstimationError(
            f"formula '{formula}': {response.item} is the response and stands among the predictors, so it would "
            "explain itself. Leave it out of one side."
        )
    if offset is not None:
        columns |= _offset_columns(study, offset)
    positive = design.weights[design.inside] > 0
    known = complete_rows(columns, response.missing)
    rows = np.flatnonzero(known & positive)
    if not len(rows):
        raise EstimationError(_nobody(response, columns, len(known), int(known.sum())))
    made = predictors(right, columns, rows, formula, intercept=intercept)
    place = np.flatnonzero(design.inside)
    return ModelRows(
        design=design,
        formula=formula,
        response=response.within(rows),
        predictors=made,
        offset_text=offset,
        offset=None if offset is None else evaluated(offset, columns, rows, f"offset={offset}"),
        rows=place[rows],
        scale=float(design.weights[design.inside].mean()),
        notes=[*response.notes, *_missing_notes(response, columns, known), *made.notes],
    )


def _offset_columns(study: Study, offset: object) -> dict[str, Column]:
    """Read the columns that an offset names; an offset without a column would be part of the intercept."""
    if not isinstance(offset, str):
        raise EstimationError(
            f"offset is a {type(offset).__name__}; it is text that names a column, such as 'log(people)'."
        )
    found = columns_named(study, f"0 + {{{offset}}}", f"offset={offset}")
    if not found:
        raise EstimationError(f"offset={offset} names no column; name one, such as 'log(people)'.")
    return found


def _nobody(response: Response, columns: Mapping[str, Column], rows: int, known: int) -> str:
    if known:
        return f"none of the {known:,} rows that have a value of everything in the formula has a weight above zero."
    counts = {response.item: response.counts, **{name: column.counts for name, column in columns.items()}}
    listed = "; ".join(f"{name}: {missing_text(kinds)}" for name, kinds in counts.items() if kinds)
    return f"none of the {rows:,} rows has a value of everything in the formula ({listed}); there is nothing to fit."


def _missing_notes(response: Response, columns: Mapping[str, Column], known: np.ndarray) -> list[str]:
    """Say how many rows are left out, and which columns they lack, by kind of missing."""
    out = int((~known).sum())
    if not out:
        return []
    counts = {name: column.counts for name, column in columns.items()} | {response.item: response.counts}
    listed = "; ".join(f"{name}: {missing_text(kinds)}" for name, kinds in counts.items() if kinds)
    return [f"{counted(out, 'row is', 'rows are')} left out for missing values, of {len(known):,} ({listed})."]
