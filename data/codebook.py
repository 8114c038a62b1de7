"""The codebook: what each variable of a study means. The contract between asking and estimating.

The kinds of missing follow the AAPOR and SPSS habit of keeping a refusal apart from a don't-know
and both apart from a question that was never asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from .errors import CodebookError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd
    from narwhals.typing import IntoFrame

Code = float | str
"""A value as stored in the data: a number, or a string for string variables. ``1`` and ``1.0`` are the same code.
Codes of date and datetime variables are ISO strings, ``"1900-01-01"``."""


class MissingKind(StrEnum):
    """Why a value is missing."""

    DONT_KNOW = "dont_know"
    REFUSED = "refused"
    NOT_ASKED = "not_asked"
    OTHER = "other"


@dataclass(frozen=True)
class MissingRange:
    """A range of codes declared missing, both ends included, as SPSS has it (``LO THRU -1``).

    Attributes
    ----------
    low, high : float
        Ends of the range; ``-inf`` and ``inf`` stand for LO and HI.
    kind : MissingKind
        Why these values are missing.
    """

    low: float
    high: float
    kind: MissingKind = MissingKind.OTHER


@dataclass(frozen=True)
class Variable:
    """What one column of a study means.

    Attributes
    ----------
    name : str
        Column name.
    label : str
        Variable label, as SPSS and Stata show it.
    type : str
        ``"numeric"``, ``"string"``, ``"date"`` or ``"datetime"``.
    measure : str
        ``"nominal"``, ``"ordinal"``, ``"scale"`` or ``"unknown"``.
    labels : mapping of code to str
        Value labels, labels of missing codes included.
    missing : mapping of code to MissingKind
        Codes that are user-missing, each with its kind.
    missing_ranges : tuple of MissingRange
        Ranges that are user-missing.
    format : str
        Display format of the file it came from, e.g. ``"F8.2"``; empty when none is known.
    stata_missing : mapping of code to str
        Codes that stand for Stata's extended missing values, e.g. ``{-1001.0: "a"}`` for ``.a``.
    wording : mapping of str to str
        Question wording by language, e.g. ``{"en": "To what extent ..."}``.
    scale : str
        Scale id of the answer options in the registry of published figures, e.g. ``"support5"``; empty when none.
    collapse : mapping of str to tuple of code
        Named groups of substantive codes, e.g. ``{"support": (4.0, 5.0)}``.
    bank : str
        Item id in the question bank, e.g. ``"social_credit.restrict_travel"``; empty when none.
    replicates : tuple of str
        Published item ids this question replicates, e.g. ``("liu2022.travel",)``.
    order : str
        In which order its statements, or its answers, were shown: ``"fixed"`` or ``"random"``; empty when not known.
    """

    name: str
    label: str = ""
    type: str = "numeric"
    measure: str = "unknown"
    labels: Mapping[Code, str] = field(default_factory=dict)
    missing: Mapping[Code, MissingKind] = field(default_factory=dict)
    missing_ranges: tuple[MissingRange, ...] = ()
    format: str = ""
    stata_missing: Mapping[Code, str] = field(default_factory=dict)
    wording: Mapping[str, str] = field(default_factory=dict)
    scale: str = ""
    collapse: Mapping[str, tuple[Code, ...]] = field(default_factory=dict)
    bank: str = ""
    replicates: tuple[str, ...] = ()
    order: str = ""

    def missing_kind(self, code: Code) -> MissingKind | None:
        """Say why a code is missing, or None when it is a substantive answer.

        Examples
        --------
        >>> Variable("q1", missing={98.0: MissingKind.REFUSED}).missing_kind(98)
        <MissingKind.REFUSED: 'refused'>
        """
        if code in self.missing:
            return self.missing[code]
        if isinstance(code, str):
            return None
        for stretch in self.missing_ranges:
            if stretch.low <= code <= stretch.high:
                return stretch.kind
        return None


@dataclass(frozen=True)
class Codebook:
    """The variables of a study, in file order.

    Attributes
    ----------
    variables : tuple of Variable
        One for each column.
    title : str
        File label or study title.
    notes : tuple of str
        Document lines carried by the file.
    """

    variables: tuple[Variable, ...] = ()
    title: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two variables of one name."""
        counts = Counter(self.names)
        twice = sorted(name for name, count in counts.items() if count > 1)
        if twice:
            raise CodebookError(
                f"the codebook describes {', '.join(map(repr, twice))} more than once; rename one of each."
            )

    def __getitem__(self, name: str) -> Variable:
        """Give the variable of that name, or raise UnknownNameError with the nearest names."""
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownNameError("variable", name, self.names) from None

    def __contains__(self, name: object) -> bool:
        """Say whether a variable is described."""
        return name in self._by_name

    def __iter__(self) -> Iterator[Variable]:
        """Go through the variables in file order."""
        return iter(self.variables)

    def __len__(self) -> int:
        """Count the variables."""
        return len(self.variables)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the variables, in file order."""
        return tuple(variable.name for variable in self.variables)

    @cached_property
    def _by_name(self) -> dict[str, Variable]:
        """Index of the variables, built once: studies have thousands of columns, and lookups are frequent."""
        return {variable.name: variable for variable in self.variables}

    def with_variable(self, variable: Variable) -> Codebook:
        """Give a codebook in which this variable replaces the one of its name, or stands last."""
        if variable.name in self:
            kept = tuple(variable if known.name == variable.name else known for known in self.variables)
        else:
            kept = (*self.variables, variable)
        return replace(self, variables=kept)


@dataclass(frozen=True)
class Study:
    """A data frame and the codebook that says what its columns mean.

    User-missing codes stay in the frame as codes; ``answers`` gives a column without them.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row for each respondent, codes as stored.
    codebook : Codebook
        One variable for each column.
    source : str
        File or folder it came from; empty when made in memory.
    """

    frame: pd.DataFrame
    codebook: Codebook
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse a codebook that does not describe exactly the frame's columns."""
        columns, names = list(self.frame.columns), list(self.codebook.names)
        if columns != names:
            undescribed = [column for column in columns if column not in self.codebook]
            absent = sorted(set(names) - set(columns))
            raise CodebookError(
                f"the codebook and the data differ: columns without description {undescribed}, "
                f"descriptions without column {absent}, or another order."
            )

    def column(self, name: str) -> pd.Series:
        """Give a column as stored, user-missing codes included.

        Raises
        ------
        UnknownNameError
            When there is no such column; the nearest names are given.
        """
        if name not in self.codebook:
            raise UnknownNameError("variable", name, self.codebook.names, self.source)
        return self.frame[name]

    @property
    def rows(self) -> int:
        """Count the respondents."""
        return len(self.frame)

    def category_column(self, name: str) -> pd.Categorical | None:
        """Give a column of text as the categories that the data hold it as; None where they do not."""
        return None

    def answers(self, name: str) -> pd.Series:
        """Give a column with every user-missing code replaced by a missing value.

        Examples
        --------
        >>> import pandas as pd
        >>> study = study_of(pd.DataFrame({"trust": [4.0, 98.0, 2.0]}))
        >>> declared = Variable("trust", missing={98.0: MissingKind.DONT_KNOW})
        >>> Study(study.frame, Codebook((declared,))).answers("trust").tolist()
        [4.0, nan, 2.0]
        """
        column, variable = self.column(name), self.codebook[name]
        if not variable.missing and not variable.missing_ranges:
            return column
        missing = self.missing_kinds(name).notna()
        return column.mask(missing) if missing.any() else column

    def missing_kinds(self, name: str) -> pd.Series:
        """Say for each row why the value is user-missing; missing where it is an answer or system-missing."""
        import numpy as np
        import pandas as pd

        column, variable = self.column(name), self.codebook[name]
        kinds = pd.Series(np.full(len(column), None), index=column.index, name=name, dtype="object")
        if not variable.missing and not variable.missing_ranges:
            return kinds
        # one look-up for each distinct value, not for each row; position -1 is a missing value
        positions, distinct = pd.factorize(column)
        looked_up = [variable.missing_kind(code_of(value)) for value in distinct]
        if any(kind is not None for kind in looked_up):
            told = np.array([*(kind and kind.value for kind in looked_up), None], dtype="object")
            kinds[:] = told[positions]
        return kinds


def code_of(value: object) -> Code:
    """Give the code a value in a frame stands for: dates become ISO strings, numbers floats.

    Examples
    --------
    >>> import datetime
    >>> code_of(4), code_of("DK"), code_of(datetime.datetime(1900, 1, 1))
    (4.0, 'DK', '1900-01-01')
    """
    if isinstance(value, str):
        return str(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return float(value)  # type: ignore[arg-type]


def study_of(data: Study | IntoFrame) -> Study:
    """Give a Study for whatever holds one: a Study as it is, a pandas or Polars frame with a codebook drawn up from it.

    Numbers stay numbers; booleans become 0 and 1 with labels; categories become text (or numbers) with their order
    kept in the labels; dates and datetimes are told apart by their times. Column types that no data file can hold
    are refused, all of them at once.

    Parameters
    ----------
    data : Study, pandas.DataFrame or polars.DataFrame
        e.g. ``pd.DataFrame({"sex": [1, 2], "weight": [0.9, 1.1]})``.

    Returns
    -------
    Study
        Rows in the order given, numbered from 0.

    Raises
    ------
    CodebookError
        When names repeat or are not text, or columns mix types.

    Examples
    --------
    >>> import polars as pl
    >>> study_of(pl.DataFrame({"sex": [1, 2], "voted": [True, None]})).codebook.names
    ('sex', 'voted')
    """
    if isinstance(data, Study):
        return data
    from .categorised import categorised, text_categories
    from .frames import described, pandas_frame, plain_frame

    frame = pandas_frame(data)
    if text_categories(frame):
        return categorised(frame)
    plain = plain_frame(frame)
    return Study(plain, Codebook(described(frame, plain)))
