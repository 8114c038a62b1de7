"""Part of the population: which rows estimates are about, while the whole sample keeps its design."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...data.codebook import Code, Study
from ...data.errors import EstimationError, UnknownNameError
from .categories import Bools, categories, code_text
from .design import Design, check_design

Where = str | Mapping[str, Code | Sequence[Code]] | Sequence[bool] | Bools | pd.Series | None
"""A condition in pandas' query language, values or labels by column, or True and False for each row."""


@dataclass(frozen=True, eq=False)
class Subpopulation:
    """The rows that estimates are about.

    Attributes
    ----------
    rows : numpy.ndarray of bool
        For each row whether it belongs to the subpopulation.
    text : str
        The condition in words, e.g. ``"age >= 18"``.
    """

    rows: Bools
    text: str


def subset(design: Design, where: Where) -> Design:
    """Give the design for estimates of a subpopulation.

    The rows outside stay in the sample: they add nothing to an estimate, but its standard error knows that they might
    have been in the subpopulation. Leaving them out of the data instead gives wrong errors.

    Parameters
    ----------
    design : Design
        The sample.
    where : str, mapping, sequence of bool, or None
        A condition on columns in pandas' query language, e.g. ``"age >= 18 and region == 'north'"`` (missing answers
        meet no condition); a mapping of columns to a code, a label, or several, e.g. ``{"sex": "female"}``; or True or
        False for each row. None gives the design back.

    Returns
    -------
    Design
        The same sample; every estimate made from it is about the subpopulation. Of two conditions both hold.

    Raises
    ------
    EstimationError
        When nobody meets the condition, or it cannot be read.
    UnknownNameError
        When a column or a value does not exist.

    References
    ----------
    Lumley (2010), Complex Surveys, section 2.2.1. Cochran (1977), Sampling Techniques, section 2.11.

    Examples
    --------
    >>> wave = pd.DataFrame({"trust": [1, 2, 4, 5], "age": [17, 30, 40, 50]})
    >>> adults = subset(Design(wave), "age >= 18")
    >>> adults.inside.tolist(), len(adults.weights)
    ([False, True, True, True], 4)
    """
    check_design(design, "subset")
    if where is None:
        return design
    study = design.study
    if isinstance(where, str):
        rows, text = _queried(study, where), where
    elif isinstance(where, Mapping):
        rows, text = _matched(study, where), _described(where)
    else:
        rows, text = _flagged(where, len(study.frame)), "chosen rows"
    if design.subpopulation is not None:
        rows, text = rows & design.subpopulation.rows, f"{design.subpopulation.text}; {text}"
    if not (rows & (design.weights > 0)).any():
        raise EstimationError(
            f"where: no respondent of a weight above zero meets {text}; there is nobody to estimate for. "
            "A condition in words compares codes: name labels with where={'column': 'label'}."
        )
    return design.with_subpopulation(Subpopulation(rows, text))


def _queried(study: Study, text: str) -> Bools:
    """Evaluate a condition on answers: codes declared missing are missing and meet no condition."""
    frame = pd.DataFrame({name: study.answers(name) for name in _columns(study, text)}, index=study.frame.index)
    try:
        found = frame.eval(text, engine="python", local_dict={}, global_dict={})
    except pd.errors.UndefinedVariableError as error:
        name = re.findall(r"'(.*?)'", str(error))
        raise UnknownNameError("variable", name[0] if name else text, study.codebook.names, study.source) from error
    except (SyntaxError, TypeError, ValueError, KeyError, AttributeError, NotImplementedError) as error:
        raise EstimationError(
            f"where: '{text}' cannot be read ({error}). Write a condition such as \"age >= 18 and region == 'north'\"; "
            "a name with blanks stands in `backticks`."
        ) from error
    return _as_bools(found, text, len(study.frame))


def _columns(study: Study, text: str) -> list[str]:
    """List the columns that a condition names."""
    quoted = re.findall(r"`([^`]+)`", text)
    try:
        tree = ast.parse(re.sub(r"`[^`]+`", "None", text), mode="eval")
    except SyntaxError:
        return []
    named = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return [name for name in dict.fromkeys([*quoted, *named]) if name in study.codebook]


def _matched(study: Study, where: Mapping[str, Code | Sequence[Code]]) -> Bools:
    rows = np.ones(len(study.frame), dtype=bool)
    for name, wanted in where.items():
        coded = categories(study, name, unused=True)
        several = [wanted] if isinstance(wanted, str) or not isinstance(wanted, Sequence) else wanted
        rows &= np.isin(coded.positions, [coded.find(each) for each in several])
    return rows


def _described(where: Mapping[str, Code | Sequence[Code]]) -> str:
    parts = []
    for name, wanted in where.items():
        several = [wanted] if isinstance(wanted, str) or not isinstance(wanted, Sequence) else wanted
        parts.append(f"{name} {' or '.join(code_text(each) for each in several)}")
    return ", ".join(parts)


def _flagged(where: object, rows: int) -> Bools:
    values = where.to_numpy() if hasattr(where, "to_numpy") else where
    return _as_bools(pd.Series(np.asarray(values)), "where", rows)


def _as_bools(found: object, text: str, rows: int) -> Bools:
    """Take True and False for each row; missing meets no condition."""
    if not isinstance(found, pd.Series) or len(found) != rows:
        size = f"{len(found)} values" if isinstance(found, pd.Series) else f"{found!r}"
        raise EstimationError(f"where: '{text}' gives {size}; it needs True or False for each of the {rows} rows.")
    if not pd.api.types.is_bool_dtype(found.dtype):
        known = found.dropna()
        if not known.map(lambda value: isinstance(value, bool | np.bool_)).all():
            raise EstimationError(
                f"where: '{text}' gives values such as {known.iloc[0]!r}; it needs True or False for each row."
            )
    return np.asarray(found.astype("boolean").fillna(False).to_numpy(dtype=bool))
