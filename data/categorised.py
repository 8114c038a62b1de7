"""A study of a frame with categories of text: each such column is written out only when somebody reads it as text.

A million rows of text take a hundred times the time and the memory of their codes, and most questions asked of a
category column are about its codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

import pandas as pd

from .codebook import Codebook, Study
from .frames import described_column, plain_column, plain_frame, refuse_names


class CategorisedStudy(Study):
    """A study that still has the categories of the data frame it was made of; to its users a study like any other."""

    _waiting: Mapping[str, pd.Series] = MappingProxyType({})
    _plain: pd.DataFrame

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row for each respondent, codes as stored; made when it is asked for."""
        whole = {name: self.column(name) for name in self.codebook.names}
        return pd.DataFrame(whole, columns=pd.Index(self.codebook.names, dtype="str"), copy=False)

    @property
    def rows(self) -> int:
        """Count the respondents."""
        return next((len(column) for column in self._waiting.values()), 0) or len(self.frame)

    def column(self, name: str) -> pd.Series:
        """Give a column as stored, user-missing codes included."""
        if "frame" in self.__dict__ or name not in self.codebook:
            return super().column(name)
        if name in self._waiting:
            return plain_column(self._waiting[name]).reset_index(drop=True)
        return self._plain[name]

    def category_column(self, name: str) -> pd.Categorical | None:
        """Give a column of text as the categories that the data hold it as; None where they do not."""
        return pd.Categorical(self._waiting[name].array) if name in self._waiting else None


def text_categories(frame: pd.DataFrame) -> list[str]:
    """Name the columns of categories that are text.

    Examples
    --------
    >>> text_categories(pd.DataFrame({"sex": pd.Categorical(["f", "m"]), "age": [30, 41]}))
    ['sex']
    """
    found = zip(frame.columns, frame.dtypes, strict=True)
    return [
        name
        for name, dtype in found
        if isinstance(dtype, pd.CategoricalDtype) and isinstance(dtype.categories.dtype, pd.StringDtype)
    ]


def categorised(frame: pd.DataFrame) -> CategorisedStudy:
    """Give the study of a pandas frame with categories of text.

    Raises
    ------
    CodebookError
        When names repeat or are not text, or columns mix types.

    Examples
    --------
    >>> study = categorised(pd.DataFrame({"sex": pd.Categorical(["f", "m", None])}))
    >>> study.frame["sex"].tolist(), study.category_column("sex").codes.tolist()
    (['f', 'm', nan], [0, 1, -1])
    """
    refuse_names(frame.columns)
    waiting = {name: frame[name] for name in text_categories(frame)}
    plain = plain_frame(frame[[name for name in frame.columns if name not in waiting]])
    empty = {name: pd.Series(name=name, dtype="str") for name in waiting}
    variables = [described_column(frame[n], empty[n] if n in empty else plain[n]) for n in frame.columns]
    study = object.__new__(CategorisedStudy)  # its frame is not there yet
    for name, part in {
        "codebook": Codebook(tuple(variables)),
        "source": "",
        "_waiting": waiting,
        "_plain": plain,
    }.items():
        object.__setattr__(study, name, part)
    return study
