"""Who responded: a condition, a column of ones and zeros, or True and False, as one answer for each row."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...data.errors import EstimationError, UnknownNameError, WeightingError
from ..estimation.method import counted
from ..sampling.categories import Bools, numbers
from ..sampling.design import Design
from ..sampling.subpopulation import Where, condition_met, labels_named


def who_responded(design: Design, responded: Where, part: Bools) -> tuple[Bools, list[str]]:
    """Say who of those that take part responded, and what a footnote must say of it.

    Parameters
    ----------
    design : Design
        The sample.
    responded : str, mapping, or sequence of bool
        A condition, a column of ones and zeros, or True or False for each row.
    part : numpy.ndarray of bool
        The rows that take part.

    Raises
    ------
    WeightingError
        When the condition cannot be read, or nobody meets it.
    UnknownNameError
        When a column or a value does not exist.

    Examples
    --------
    >>> calls = Design(pd.DataFrame({"done": [1, 0, None]}))
    >>> who_responded(calls, "done", np.ones(3, dtype=bool))[0].tolist()
    [True, False, False]
    """
    if responded is None:
        raise WeightingError(
            "responded says who responded: a condition such as 'disposition == 1', a mapping such as {'disposition': "
            "'complete'}, or True or False for each row."
        )
    try:
        met, text = condition_met(design, _of_column(design, responded))
    except UnknownNameError:
        raise
    except EstimationError as error:
        raise WeightingError(_as_responded(str(error))) from error
    undecided = int((met.isna().to_numpy() & part).sum())
    answered: Bools = np.asarray(met.fillna(False).to_numpy(dtype=bool)) & part
    if not answered.any():
        hint = _as_responded(labels_named(design.study, responded))
        raise WeightingError(
            f"responded: nobody of the {counted(int(part.sum()), 'row', 'rows')} of a weight above zero meets {text}, "
            f"so nobody can carry the weight.{hint}"
        )
    if not undecided:
        return answered, []
    is_missing = "has no answer" if undecided == 1 else "have no answer"
    counts = "counts as a nonrespondent" if undecided == 1 else "count as nonrespondents"
    return answered, [f"{counted(undecided, 'row', 'rows')} {is_missing} that would say who responded and {counts}."]


def _of_column(design: Design, responded: Where) -> Where:
    """Let a column of ones and zeros say who responded."""
    if isinstance(responded, str) and responded.strip() in design.study.codebook:
        name = responded.strip()
        if design.study.codebook[name].type == "string":
            raise EstimationError(
                f"responded: {name} holds text; say which value is a response, e.g. {{'{name}': 'complete'}}."
            )
        values = numbers(design.study, name, purpose="condition")[0]
        known = values[~np.isnan(values)]
        if not np.isin(known, (0.0, 1.0)).all():
            raise EstimationError(
                f"responded: {name} holds {known[~np.isin(known, (0.0, 1.0))][0]:g}; a column says who responded by 1 "
                f"and 0. Write a condition, e.g. '{name} == 1'."
            )
        ones = pd.Series(values == 1, dtype="boolean").mask(np.isnan(values))
        return np.asarray(ones.array, dtype=object)
    return responded


def _as_responded(message: str) -> str:
    """Say of a condition what it is called here."""
    return (
        message.replace("where: ", "responded: ").replace("where is ", "responded is ").replace("where=", "responded=")
    )


def plain_condition(responded: Where) -> object:
    """Give the condition as plain values.

    Examples
    --------
    >>> plain_condition({"done": (1, 2)}), plain_condition([True, False])
    ({'done': [1, 2]}, 'chosen rows')
    """
    if isinstance(responded, str):
        return responded
    if isinstance(responded, Mapping):
        pairs = responded.items()
        return {name: value if isinstance(value, str | int | float) else list(value) for name, value in pairs}
    return "chosen rows"
