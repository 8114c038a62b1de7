"""The plan of an estimate: which rows count, in which domain, and what is added up over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..data.codebook import Code, MissingKind, Study, code_of
from ..data.errors import EstimationError, UnknownNameError
from .categories import Bools, Categories, Floats, Ints, Shown, categories, code_text, numbers
from .method import KINDS
from .sample import combined
from .sums import Table, sums

Category = Code | Sequence[Code] | Mapping[str, Sequence[Code]] | None
"""A code, a value label, the name of a collapse of the codebook, several of these, or named groups of codes."""

Number = TypeVar("Number", np.float64, np.int64)

WHOLE_BASE = (MissingKind.DONT_KNOW, MissingKind.REFUSED)
"""The kinds of missing that ``base="all"`` counts: people who were asked and gave no substantive answer."""


@dataclass(frozen=True, eq=False)
class Domains:
    """The groups that estimates are made for.

    Attributes
    ----------
    by : tuple of str
        The keys.
    row : numpy.ndarray of int64
        For each row its domain; -1 where a key is missing.
    shown : tuple of tuple
        For each domain its keys as printed.
    codes : tuple of tuple
        For each domain its keys as stored.
    missing : mapping of str to int
        Rows without a value, by key.
    """

    by: tuple[str, ...]
    row: Ints
    shown: tuple[tuple[Shown, ...], ...]
    codes: tuple[tuple[Code, ...], ...]
    missing: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Measure:
    """One quantity to estimate in every domain.

    Attributes
    ----------
    item : str
        Its column.
    rows : numpy.ndarray of int64
        The rows in its base.
    domain : numpy.ndarray of int64
        Their domains.
    domains : int
        How many domains there are.
    weights : numpy.ndarray
        Their weights.
    value : numpy.ndarray or None
        Their values; None for categories.
    category : numpy.ndarray of int64 or None
        Their categories, -1 for none of those estimated; None for values.
    shown : tuple
        The categories as printed; one None for values.
    codes : tuple of tuple of code
        The codes each category counts.
    missing : mapping of str to int
        Rows outside the base, by kind of missing.
    """

    item: str
    rows: Ints
    domain: Ints
    domains: int
    weights: Floats
    value: Floats | None
    category: Ints | None
    shown: tuple[Shown | None, ...]
    codes: tuple[tuple[Code, ...], ...]
    missing: Mapping[str, int]

    @property
    def width(self) -> int:
        """Estimates for each domain."""
        return len(self.shown)

    def weight_sums(self, group: Ints, groups: int, others: Floats | None = None) -> Table:
        """Add up weights, or other numbers of each row in their place, by group and domain."""
        weights = self.weights if others is None else self._own(others)
        return sums(self._own(group), groups, self.domain, self.domains, weights)

    def value_sums(self, group: Ints, groups: int, others: Floats | None = None) -> Table:
        """Add up weighted values by group and domain, or weights by group, domain and category."""
        group = self._own(group)
        weights = self.weights if others is None else self._own(others)
        if self.value is not None:
            return sums(group, groups, self.domain, self.domains, weights * self.value)
        assert self.category is not None
        counted = self.category >= 0
        cell = self.domain[counted] * self.width + self.category[counted]
        return sums(group[counted], groups, cell, self.domains * self.width, weights[counted])

    def _own(self, values: NDArray[Number]) -> NDArray[Number]:
        return values if len(self.rows) == len(values) else values[self.rows]

    def counts(self) -> Ints:
        """Count respondents in the base by domain."""
        return np.bincount(self.domain, minlength=self.domains)

    def events(self) -> Ints:
        """Count respondents by domain and category."""
        assert self.category is not None
        counted = self.category >= 0
        cell = self.domain[counted] * self.width + self.category[counted]
        return np.bincount(cell, minlength=self.domains * self.width)


def domains(study: Study, by: Sequence[str]) -> Domains:
    """Lay out the combinations of keys that occur, in the order of their codebook.

    Raises
    ------
    EstimationError
        When no row has a value for every key.
    """
    rows = len(study.frame)
    if not by:
        return Domains((), np.zeros(rows, dtype=np.int64), ((),), ((),), {})
    twice = sorted({name for name in by if by.count(name) > 1})
    if twice:
        raise EstimationError(f"by names {', '.join(twice)} more than once; name each key once.")
    keys = [categories(study, name) for name in by]
    known = np.logical_and.reduce([key.positions >= 0 for key in keys])
    if not known.any():
        raise EstimationError(f"no row has a value for every key of by ({', '.join(by)}).")
    code = combined([key.positions[known] for key in keys], int(known.sum()))
    row = np.full(rows, -1, dtype=np.int64)
    row[known] = code
    first = np.zeros(int(code.max()) + 1, dtype=np.int64)
    first[code[::-1]] = np.flatnonzero(known)[::-1]
    places = [tuple(int(key.positions[at]) for key in keys) for at in first]
    return Domains(
        by=tuple(by),
        row=row,
        shown=tuple(tuple(key.shown[place] for key, place in zip(keys, at, strict=True)) for at in places),
        codes=tuple(tuple(key.values[place] for key, place in zip(keys, at, strict=True)) for at in places),
        missing={key.name: count for key in keys if (count := int((key.positions < 0).sum()))},
    )


def numeric_measure(study: Study, item: str, weights: Floats, within: Domains, purpose: str) -> Measure:
    """Plan the mean or total of a numeric column over those who gave a number."""
    values, missing = numbers(study, item, purpose=purpose)
    rows = _rows(item, ~np.isnan(values), weights, within, missing)
    whole = len(rows) == len(values)
    return Measure(
        item=item,
        rows=rows,
        domain=within.row if whole else within.row[rows],
        domains=len(within.shown),
        weights=weights if whole else weights[rows],
        value=values if whole else values[rows],
        category=None,
        shown=(None,),
        codes=((),),
        missing=missing,
    )


def category_measures(
    study: Study, item: str, weights: Floats, within: Domains, category: Category, *, whole_base: bool
) -> list[Measure]:
    """Plan the shares of all categories of a column, or of chosen ones, over those in the base."""
    coded = categories(study, item, keep=WHOLE_BASE if whole_base else (), unused=True)
    rows = _rows(item, coded.positions >= 0, weights, within, coded.missing)
    positions = coded.positions[rows]

    def measure(category: Ints, shown: tuple[Shown, ...], codes: tuple[tuple[Code, ...], ...]) -> Measure:
        domain, own = within.row[rows], weights[rows]
        return Measure(item, rows, domain, len(within.shown), own, None, category, shown, codes, coded.missing)

    if category is None:
        return [measure(positions, coded.shown, tuple((value,) for value in coded.values))]
    planned = []
    for shown, codes in _chosen(study, coded, category):
        counted = np.array([value in codes for value in coded.values])
        planned.append(measure(np.where(counted[positions], 0, -1), (shown,), (codes,)))
    return planned


def _rows(item: str, answered: Bools, weights: Floats, within: Domains, missing: Mapping[str, int]) -> Ints:
    """Give the rows in the base: an answer, a domain, and a weight above zero."""
    counted = answered & (within.row >= 0) & (weights > 0)
    if counted.all():
        return np.arange(len(counted))
    if counted.any():
        return np.flatnonzero(counted)
    if not answered.any():
        kinds = ", ".join(f"{KINDS[kind]} {count:,}" for kind, count in missing.items())
        raise EstimationError(
            f"{item}: all {len(answered)} values are missing ({kinds}); there is nothing to estimate."
        )
    raise EstimationError(
        f"{item}: none of the {int(answered.sum())} rows with an answer has a weight above zero"
        f"{' and a value of ' + ', '.join(within.by) if within.by else ''}."
    )


def _chosen(study: Study, coded: Categories, category: Category) -> list[tuple[Shown, tuple[Code, ...]]]:
    """Name the chosen categories and the codes each counts."""
    groups: list[tuple[Shown, tuple[Code, ...]]]
    if isinstance(category, Mapping):
        groups = [(name, _several(study, coded, members)) for name, members in category.items()]
    elif isinstance(category, Sequence) and not isinstance(category, str):
        groups = [_one(study, coded, each) for each in category]
    else:
        assert category is not None
        groups = [_one(study, coded, category)]
    if not groups or not all(codes for _, codes in groups):
        raise EstimationError(f"{coded.name}: no category is chosen; name at least one, or leave category out for all.")
    return groups


def _several(study: Study, coded: Categories, members: Sequence[Code]) -> tuple[Code, ...]:
    listed = [members] if isinstance(members, (str, float, int)) else members
    return tuple(code for member in listed for code in _one(study, coded, member)[1])


def _one(study: Study, coded: Categories, wanted: Code) -> tuple[Shown, tuple[Code, ...]]:
    collapse = study.codebook[coded.name].collapse
    if isinstance(wanted, str) and wanted in collapse:
        return wanted, tuple(code_of(code) for code in collapse[wanted])
    try:
        place = coded.find(wanted)
    except UnknownNameError:
        _explain_missing(study, coded, wanted)
        raise
    return coded.shown[place], (coded.values[place],)


def _explain_missing(study: Study, coded: Categories, wanted: Code) -> None:
    """Say so when the category asked for is a kind of missing."""
    variable = study.codebook[coded.name]
    for code, label in variable.labels.items():
        kind = variable.missing_kind(code)
        if kind is not None and code_text(wanted) in (code_text(code), label):
            remedy = "; base='all' (--base all) counts it" if kind in WHOLE_BASE else ""
            raise EstimationError(
                f"{coded.name}: '{code_text(wanted)}' is missing ({KINDS[kind.value]}) and not part of the "
                f"base{remedy}."
            )
