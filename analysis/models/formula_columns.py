"""The columns that a formula names, as it sees them: numbers, or categories by label; missing codes as missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...data.codebook import Study, Variable
from ...data.errors import EstimationError, UnknownNameError
from ..sampling.categories import Bools, Floats, Ints, categories, code_text, numbers

BOOLEAN = {0.0: "false", 1.0: "true"}
"""Labels of a column that came as True and False."""


NUMERIC_KINDS = ("integer", "floating", "mixed-integer-float", "boolean", "decimal")
"""What pandas calls columns of numbers that it holds as objects or categories."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    Attributes
    ----------
    name : str
        Its name.
    values : numpy.ndarray
        For each row its number, or the position of its category; not defined where missing.
    missing : numpy.ndarray of bool
        Where there is no answer.
    counts : mapping of str to int
        Missing rows by kind.
    levels : tuple of str
        The categories as printed; empty for numbers.
    codes : tuple of float or None
        The categories as stored, when they are numbers.
    labelled_numbers : bool
        Whether it holds numbers that the codebook makes categories of.
    labelled_scale : bool
        Whether it holds numbers because it is declared a scale, though every answer that occurs has a label.
    """

    name: str
    values: Floats | Ints
    missing: Bools
    counts: Mapping[str, int]
    levels: tuple[str, ...] = ()
    codes: tuple[float, ...] | None = None
    labelled_numbers: bool = False
    labelled_scale: bool = False

    @property
    def categorical(self) -> bool:
        """Whether it holds categories."""
        return bool(self.levels)

    def within(self, rows: Ints) -> Column:
        """Give the column on some of its rows."""
        if len(rows) == len(self.missing):
            return self
        return replace(self, values=self.values[rows], missing=self.missing[rows])

    def level_text(self) -> str:
        """Name the values that occur."""
        if not self.categorical:
            return ", ".join(code_text(float(value)) for value in np.unique(self.values)[:4])
        return ", ".join(repr(self.levels[at]) for at in np.unique(self.values)[:4])

    def series(self) -> pd.Series:
        """Give the column as pandas holds it, with the categories that occur."""
        if not self.categorical:
            return pd.Series(self.values, name=self.name)
        present = np.flatnonzero(np.bincount(self.values, minlength=len(self.levels)))
        place = np.zeros(len(self.levels), dtype=np.int64)
        place[present] = np.arange(len(present))
        named = pd.Index([self.levels[at] for at in present], dtype=object)
        return pd.Series(pd.Categorical.from_codes(place[self.values], categories=named), name=self.name)


def column_of(study: Study, name: str, *, as_categories: bool = False) -> Column:
    """Read a column as a formula sees it.

    Text is categories. So are numbers declared nominal, numbers declared ordinal that have no labels, and numbers of
    which every answer that occurs has a label, unless they are declared a scale.

    Parameters
    ----------
    study : Study
        The data.
    name : str
        The column.
    as_categories : bool
        Whether the formula makes categories of it wherever it stands; fully labelled numbers then go by their labels.

    Raises
    ------
    EstimationError
        When it holds dates, or infinite numbers.

    Examples
    --------
    >>> from ...data.codebook import study_of
    >>> study = study_of(pd.DataFrame({"sex": ["m", "f", None], "age": [30, 41, 52]}))
    >>> column_of(study, "sex").levels, column_of(study, "age").values.tolist()
    (('f', 'm'), [30.0, 41.0, 52.0])
    """
    variable = study.codebook[name]
    if variable.type in ("date", "datetime"):
        raise EstimationError(
            f"{name} holds dates, which no model takes; make numbers (days since ...) or categories of it."
        )
    if variable.type != "string":
        values, counts = numbers(study, name, purpose="model")
        missing = np.isnan(values)
        labelled = _all_labelled(values[~missing], variable)
        if not (as_categories and labelled) and not _are_categories(values[~missing], variable):
            return Column(name, values, missing, counts, labelled_scale=labelled)
    coded = categories(study, name)
    codes = tuple(float(value) for value in coded.values) if variable.type != "string" else None
    return Column(
        name=name,
        values=np.maximum(coded.positions, 0),
        missing=coded.positions < 0,
        counts=coded.missing,
        levels=tuple(code_text(shown) for shown in coded.shown) or ("",),
        codes=codes,
        labelled_numbers=codes is not None and dict(variable.labels) not in ({}, BOOLEAN),
    )


def _are_categories(values: Floats, variable: Variable) -> bool:
    """Say whether numbers are categories: declared so, or every one that occurs has a label."""
    if variable.measure == "scale":
        return False
    labelled = [float(code) for code in variable.labels if not isinstance(code, str)]
    if variable.measure in ("nominal", "ordinal") and (not labelled or variable.measure == "nominal"):
        return True
    return _all_labelled(values, variable)


def _all_labelled(values: Floats, variable: Variable) -> bool:
    """Say whether every number that occurs has a label."""
    substantive = [
        float(code) for code in variable.labels if not isinstance(code, str) and variable.missing_kind(code) is None
    ]
    return bool(substantive and len(values) and np.isin(values, substantive).all())


def newly_coded(column: Column, data: pd.DataFrame) -> pd.Series:
    """Code a column of new respondents as the column that the model was fitted to.

    Raises
    ------
    EstimationError
        When a value is missing, or no category of the fit.
    UnknownNameError
        When the column is absent.
    """
    if column.name not in data:
        raise UnknownNameError("column", column.name, map(str, data.columns), "newdata")
    given = data[column.name]
    if isinstance(given, pd.DataFrame):
        raise EstimationError(f"newdata has {given.shape[1]} columns called {column.name}; rename or drop the others.")
    if given.isna().any():
        raise EstimationError(
            f"newdata: {column.name} is missing in {int(given.isna().sum())} of {len(given)} rows; "
            "a prediction needs a value of every predictor."
        )
    if not column.categorical:
        return pd.Series(_new_numbers(given), name=column.name)
    place = {level: at for at, level in enumerate(column.levels)}
    by_code = {code_text(code): at for at, code in enumerate(column.codes or ())}
    by_code |= {"True": 1, "False": 0} if column.levels == ("false", "true") else {}
    texts = [code_text(value) for value in given]
    for text in texts:
        if text not in place and text not in by_code:
            raise UnknownNameError(f"category of {column.name}", text, column.levels, "newdata")
    positions = np.array([place[text] if text in place else by_code[text] for text in texts], dtype=np.int64)
    return pd.Series(pd.Categorical.from_codes(positions, categories=pd.Index(column.levels)), name=column.name)


def _new_numbers(given: pd.Series) -> Floats:
    """Give new values of a number; dates and text, which pandas would turn into some number, are refused."""
    kind = pd.api.types.infer_dtype(given)
    if not pd.api.types.is_numeric_dtype(given.dtype) and kind not in NUMERIC_KINDS:
        shown = {"string": "text", "datetime64": "dates", "datetime": "dates", "date": "dates"}.get(kind, kind)
        raise EstimationError(
            f"newdata: {given.name} holds {shown} ({given.iloc[0]!r}), and the model was fitted to numbers."
        )
    return np.asarray(given.to_numpy(dtype=np.float64), dtype=np.float64)
