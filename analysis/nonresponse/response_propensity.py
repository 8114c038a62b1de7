"""Response propensities by logistic regression, in the sample and again in every replicate.

Fitted by the same scoring as :func:`glm` with ``family="binomial"``. Little (1986), International Statistical
Review 54(2); Kim and Kim (2007), Nonresponse weighting adjustment using estimated response probability, Canadian
Journal of Statistics 35(4), for the variance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import expit

from ...data.errors import EstimationError, WeightingError
from ..estimation.method import counted
from ..models.families import curve_of
from ..models.formula import columns_named, predictors
from ..models.formula_columns import Column
from ..models.scoring import Problem, solved
from ..sampling.categories import Bools, Floats, Ints
from ..sampling.design import Design
from ..sampling.sample import combined
from ..sampling.step import Change, Linearisation, Replicate, Rows
from ..sampling.sums import summed
from .adjustment_classes import NO_VALUE

PATTERNED = 4
"""Rows for each different row of the model matrix, from which on only the different ones are worked with."""

DIGITS = 12
"""Decimals to which propensities are told apart when rows are put into strata."""

MODEL_REMEDY = "Leave the predictor out, join its categories, or compare shares with proportion()."
"""What models advise on perfect separation, and what is of no use here."""


@dataclass(frozen=True, eq=False)
class ResponseModel:
    """A logistic regression of response, to be fitted to any weights.

    Attributes
    ----------
    text : str
        The right side of the formula.
    names : tuple of str
        The coefficients.
    matrix : numpy.ndarray
        The different rows of the model matrix, where they are few; else those of all rows that take part.
    place : numpy.ndarray of int64
        For each row of the data its row of ``matrix``; 0 for rows that take no part.
    part, responded : numpy.ndarray of bool
        Which rows take part, and which of them responded.
    weighted : bool
        Whether weights enter the fit.
    notes : tuple of str
        How columns entered.
    start : numpy.ndarray or None
        Coefficients of the whole sample.
    """

    text: str
    names: tuple[str, ...]
    matrix: Floats
    place: Ints
    part: Bools
    responded: Bools
    weighted: bool
    notes: tuple[str, ...]
    start: Floats | None = None

    @property
    def patterned(self) -> bool:
        """Whether several rows share a row of the matrix."""
        return len(self.matrix) < len(self._rows)

    def fitted(self, weights: Floats, frequency: Floats, where: str = "") -> Floats:
        """Give the coefficients.

        Parameters
        ----------
        weights, frequency : numpy.ndarray
            For each row the weight of one respondent, and how often the row counts.
        where : str
            The replicate, for messages.

        Raises
        ------
        WeightingError
            When the model cannot be fitted.
        """
        counting = (weights * frequency if self.weighted else frequency)[self._rows]
        counting = counting * (len(counting) / counting.sum())
        if self.patterned:
            try:
                return self._fitted_to_patterns(counting)
            except EstimationError:
                pass  # said again by row, so that the message counts rows
        try:
            return solved(self._by_row, counting, self.start).coefficients
        except EstimationError as error:
            said = str(error).replace(MODEL_REMEDY, "Leave the predictor out, join its categories, or choose within=.")
            raise WeightingError(f"{where}{': ' if where else ''}response propensities: {said}") from None

    def propensity(self, coefficients: Floats, rows: Rows = slice(None)) -> Floats:
        """Give the propensities of some rows of the data; of no meaning where they take no part."""
        place = self.place[rows]
        if len(place) < len(self.matrix):
            return np.asarray(expit(self.matrix[place] @ coefficients))
        return np.asarray(expit(self.matrix @ coefficients)[place])

    @cached_property
    def _rows(self) -> Ints:
        """The rows that take part."""
        return np.flatnonzero(self.part)

    @cached_property
    def _by_row(self) -> Problem:
        matrix = np.asfortranarray(self.matrix[self.place[self._rows]]) if self.patterned else self.matrix
        response = self.responded[self._rows].astype(np.float64)
        return Problem(matrix, response, None, self.names, curve_of("binomial"))

    def _fitted_to_patterns(self, counting: Floats) -> Floats:
        """Fit to the share of respondents in each different row of the matrix."""
        place, size = self.place[self._rows], len(self.matrix)
        whole = summed(place, size, counting)
        share = summed(place, size, counting * self.responded[self._rows])
        share = np.divide(share, whole, out=np.full(size, 0.5), where=whole > 0)
        problem = Problem(self.matrix, np.clip(share, 0.0, 1.0), None, self.names, curve_of("binomial"))
        return solved(problem, whole, self.start).coefficients


def response_model(
    design: Design,
    propensity: str | Sequence[str],
    part: Bools,
    responded: Bools,
    *,
    weighted: bool,
    missing: str,
) -> ResponseModel:
    """Read the right side of a formula, or a list of its terms, over the rows that take part.

    Raises
    ------
    WeightingError
        When the formula cannot be read, a row has no value of a predictor, or everybody responded.
    UnknownNameError
        When a column does not exist.
    """
    text = _right_side(design, propensity)
    whole = f"responded ~ {text}"
    if (responded == part).all():
        raise WeightingError(
            f"all {counted(int(part.sum()), 'row', 'rows')} that take part responded, so propensities are 1 and there "
            "is nothing to adjust; leave the step out."
        )
    rows = np.flatnonzero(part)
    try:
        columns = columns_named(design.study, text, whole)
        columns = _completed(columns, rows, missing)
        made = predictors(text, columns, rows, whole, intercept=True)
    except EstimationError as error:
        raise WeightingError(f"response propensities: {error}") from error
    pattern = _patterns(made.matrix)
    place = np.zeros(len(part), dtype=np.int64)
    place[rows] = np.arange(len(rows)) if pattern is None else pattern
    matrix = made.matrix if pattern is None else _first_of_each(made.matrix, pattern)
    notes = (*made.notes, *_numbers_note(text, columns))
    return ResponseModel(text, made.names, matrix, place, part, responded, weighted, notes)


def _numbers_note(text: str, columns: Mapping[str, Column]) -> tuple[str, ...]:
    """Name the columns that enter as they are, one coefficient each: codes without labels do, too."""
    numeric = [name for name, column in columns.items() if not (column.categorical or column.labelled_scale)]
    plain = [name for name in numeric if not re.search(rf"\bC\(\s*`?{re.escape(name)}`?\s*[,)]", text)]
    return (f"Entered as numbers: {', '.join(plain)}.",) if plain else ()


def from_start(model: ResponseModel, coefficients: Floats) -> ResponseModel:
    """Give the model with coefficients to start from."""
    return replace(model, start=coefficients)


def propensity_strata(propensity: Floats, part: Bools, strata: int) -> tuple[Ints, tuple[str, ...]]:
    """Cut rows into groups of about equal size by propensity; equal propensities stay together.

    Breaks are quantiles of the rows that take part, R's type 7, and belong to the group below (as ``PracTools::pclass``
    cuts).

    Returns
    -------
    code : numpy.ndarray of int64
        For each row its group; 0 for rows that take no part.
    names : tuple of str
        For each group that occurs its range, e.g. ``"0.312 to 0.458"``.

    Examples
    --------
    >>> code, names = propensity_strata(np.array([0.2, 0.4, 0.6, 0.8]), np.ones(4, dtype=bool), 2)
    >>> code.tolist(), names
    ([0, 0, 1, 1], ('0.200 to 0.400', '0.600 to 0.800'))
    """
    rounded = np.round(propensity, DIGITS)
    inside = rounded[part]
    breaks = np.round(np.quantile(inside, np.arange(1, strata) / strata), DIGITS)
    place = np.searchsorted(breaks, inside, side="left")
    occurring, own = np.unique(place, return_inverse=True)
    code = np.zeros(len(part), dtype=np.int64)
    code[part] = own
    ranges = [inside[own == at] for at in range(len(occurring))]
    return code, tuple(f"{each.min():.3f} to {each.max():.3f}" for each in ranges)


@dataclass(frozen=True, eq=False)
class InversePropensity:
    """A change by one over the propensity for those who responded, and to nothing for the others.

    Attributes
    ----------
    model : ResponseModel
        Who took part and responded, and the model matrix.
    coefficients : numpy.ndarray
        As fitted.
    """

    model: ResponseModel
    coefficients: Floats

    def applied(self, weights: Floats, rows: Rows) -> Floats:
        """Give the weights of some rows after the step, from theirs before it."""
        propensity = self.model.propensity(self.coefficients, rows)
        return np.asarray(np.where(self.model.responded[rows], weights / propensity, 0.0))


@dataclass(frozen=True, eq=False)
class PropensityTask:
    """Weights over fitted propensities, kept to be done again.

    Attributes
    ----------
    model : ResponseModel
        The model, with the coefficients of the whole sample to start from.
    """

    model: ResponseModel

    @cached_property
    def classes(self) -> Ints | None:
        """For each row its class: who responded or not at each different row of the matrix."""
        if not self.model.patterned:
            return None
        return combined([self.model.place, self.model.responded.astype(np.int64)], len(self.model.place))

    def replayed(self, weights: Floats, frequency: Floats, replicate: Replicate) -> Change:
        """Fit the model to a replicate.

        Raises
        ------
        WeightingError
            When it cannot be fitted there.
        """
        return InversePropensity(self.model, self.model.fitted(weights, frequency, str(replicate)))


def propensity_linearisation(
    model: ResponseModel, coefficients: Floats, before: Floats, after: Floats
) -> Linearisation:
    """Say how estimates depend on the fit: through its score."""
    propensity = model.propensity(coefficients)
    score_weight = np.where(model.part, before if model.weighted else 1.0, 0.0)
    return Linearisation(
        after=after,
        auxiliaries=(model.matrix[model.place],),
        taken=score_weight * (model.responded - propensity),
        regression=after * (1 - propensity),
        curvature=score_weight * propensity * (1 - propensity),
        through=None if model.weighted else (after, np.zeros(len(before))),  # the fit knows of no weights
    )


def _right_side(design: Design, propensity: str | Sequence[str]) -> str:
    """Give the right side of the formula as text; names that are no words of a formula in backticks."""
    terms = [propensity] if isinstance(propensity, str) else list(propensity)
    if not terms or not all(isinstance(term, str) and term.strip() for term in terms):
        raise WeightingError(
            f"propensity is {propensity!r}; it is a list of columns, or the right side of a formula such as "
            "'age4 + log(income)'."
        )
    for term in terms:
        if "~" in term:
            raise WeightingError(
                f"propensity is '{term}'; it is the right side of a formula alone, e.g. 'age4 + log(income)'."
            )
    known = design.study.codebook
    return " + ".join(f"`{term}`" if term in known and not term.isidentifier() else term for term in terms)


def _completed(columns: Mapping[str, Column], rows: Ints, missing: str) -> dict[str, Column]:
    """Refuse rows without a value of a predictor, or give them a category of their own."""
    part = {name: column.within(rows).missing for name, column in columns.items()}
    absent = {name: int(values.sum()) for name, values in part.items() if values.any()}
    if missing == "own_class":
        return {name: _with_own_category(column, absent.get(name, 0)) for name, column in columns.items()}
    if absent:
        listed = ", ".join(f"{name} in {count:,}" for name, count in absent.items())
        raise WeightingError(
            f"predictors are missing ({listed} of {len(rows):,} rows that take part), so these have no response "
            "propensity. Fill them in, leave the predictor out, or choose missing='own_class' (missing: own_class in "
            "study.yaml) for categories."
        )
    return dict(columns)


def _with_own_category(column: Column, absent: int) -> Column:
    if not absent:
        return column
    if not column.categorical:
        raise WeightingError(
            f"{column.name} is missing in {counted(absent, 'row', 'rows')} that take part, and as a number it has no "
            "category for them. Fill them in, leave it out, or make categories of it (C(...) of a labelled column, or "
            "text)."
        )
    return replace(
        column,
        values=np.where(column.missing, len(column.levels), column.values),
        missing=np.zeros(len(column.missing), dtype=bool),
        counts={},
        levels=(*column.levels, NO_VALUE),
        codes=None,
    )


def _patterns(matrix: Floats) -> Ints | None:
    """Number the different rows of a matrix, or give None where they are many."""
    code = np.zeros(len(matrix), dtype=np.int64)
    for column in matrix.T:
        values = pd.factorize(column)[0].astype(np.int64)
        code = combined([code, values], len(matrix))
        if (int(code.max()) + 1) * PATTERNED > len(matrix):
            return None
    return code


def _first_of_each(matrix: Floats, pattern: Ints) -> Floats:
    first = np.zeros(int(pattern.max()) + 1, dtype=np.int64)
    first[pattern[::-1]] = np.arange(len(pattern))[::-1]
    return np.asfortranarray(matrix[first])
