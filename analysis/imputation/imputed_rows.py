"""Which row of one imputation's result is which row of another's: by name, never by place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ...data.errors import EstimationError
from ..estimation.estimates import Estimates
from ..sampling.categories import Floats, Ints, code_text

if TYPE_CHECKING:
    import pandas as pd

TOLD = {
    **{name: name for name in ("estimand", "model", "family", "link", "formula", "offset", "reference", "base", "of")},
    **{name: name for name in ("weights", "reversed", "subpopulation", "weight", "strata", "psu", "fpc", "variance")},
    "explained": "explained",
    "response": "response",
    "lone_psu": "lone_psu=",
}
"""What results must have in common to be the same estimate of the same sample, with what a message calls it."""


class Result(Protocol):
    """A result that can be combined: estimates with their covariance."""

    @property
    def method(self) -> Mapping[str, Any]:
        """How it was made."""

    @property
    def covariance(self) -> Floats | pd.DataFrame:
        """Covariance of its rows."""

    def to_frame(self) -> pd.DataFrame:
        """Give its rows, with a column ``estimate``; the columns before it say what each row is."""


def check_alike(made: Sequence[Result]) -> None:
    """Refuse results of different kinds, or of different data, designs or people."""
    first = made[0]
    about = _told(first)
    for at, result in enumerate(made[1:], start=2):
        if type(result) is not type(first):
            raise EstimationError(f"imputation {at} is a {type(result).__name__}, the first a {type(first).__name__}.")
        for name, one in about.items():
            other = _told(result)[name]
            if one != other:
                raise EstimationError(
                    f"imputation {at} has {name} {_in_words(other)}, the first {_in_words(one)}; they are not one "
                    "estimate. Make each in the same way, on designs of the same kind."
                )
    _check_sizes(made)


def _told(result: Result) -> dict[str, object]:
    """Give what must be the same in every imputation: what is estimated, of whom, and how they were sampled."""
    method = result.method
    told = {shown: method.get(name) for name, shown in TOLD.items()}
    told["weighting"] = [step["summary"] for step in method.get("weighting") or ()]
    if not isinstance(result, Estimates):
        # rows of contrasts are named by their groups alone
        told["items"] = [item for item in method.get("items", ()) if isinstance(item, str)]
    return told


def _in_words(told: object) -> str:
    if told is None or told in ([], ""):
        return "none"
    return ", ".join(map(str, told)) if isinstance(told, list | tuple) else str(told)


def _check_sizes(made: Sequence[Result]) -> None:
    sizes = [len(result.design.weights) for result in made if isinstance(result, Estimates)]
    for at, size in enumerate(sizes, start=1):
        if size != sizes[0]:
            raise EstimationError(
                f"imputation {at} has {size:,} rows of data, the first {sizes[0]:,}; imputations complete one "
                "data set, and leave no row out. For part of the respondents use where=."
            )


def row_orders(frames: Sequence[pd.DataFrame]) -> list[Ints]:
    """Give for each frame the places of the first one's rows in it."""
    columns = [naming_columns(frame) for frame in frames]
    for at, naming in enumerate(columns, start=1):
        if naming != columns[0]:
            raise EstimationError(
                f"imputation {at} has rows by {', '.join(naming)}, the first by {', '.join(columns[0])}."
            )
    named = [_row_names(frame) for frame in frames]
    everywhere = list(dict.fromkeys(name for names in named for name in names))
    for at, names in enumerate(named, start=1):
        lacking = [name for name in everywhere if name not in names]
        if lacking:
            where = next(place for place, others in enumerate(named, start=1) if lacking[0] in others)
            more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
            raise EstimationError(
                f"imputation {at} has no row {'; '.join(map(_spelled, lacking[:3]))}{more}, imputation {where} has. "
                "Label every answer that can occur (or make the column a pandas.Categorical), so that one that nobody "
                "gave counts as 0; or join categories or groups that are this small."
            )
    return [np.array([names[name] for name in named[0]], dtype=np.int64) for names in named]


def naming_columns(frame: pd.DataFrame) -> list[str]:
    """Give the columns that say what each row is: those before its estimate."""
    return [str(name) for name in frame.columns[: list(frame.columns).index("estimate")]]


def _row_names(frame: pd.DataFrame) -> dict[tuple[tuple[str, str], ...], int]:
    """Give the place of each row by what stands before its estimate; a name that comes again is numbered."""
    names: dict[tuple[tuple[str, str], ...], int] = {}
    naming = naming_columns(frame)
    for place, row in enumerate(frame[naming].itertuples(index=False)):
        name = tuple((column, code_text(value)) for column, value in zip(naming, row, strict=True))
        again = 1
        while (*name, ("", str(again))) in names or (again == 1 and name in names):
            again += 1
        names[name if again == 1 else (*name, ("", str(again)))] = place
    return names


def _spelled(name: Sequence[tuple[str, str]]) -> str:
    return " ".join(f"{column} {value}".strip() for column, value in name)
