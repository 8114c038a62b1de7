"""The plan of an estimate: which rows count, in which domain, and what is added up over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...data.codebook import Code, MissingKind, Study, code_of
from ...data.errors import EstimationError, UnknownNameError
from ..sampling.categories import Bools, Categories, Floats, Ints, Shown, categories, code_text, numbers
from ..sampling.design import Design
from ..sampling.sample import combined
from .measure import Base, Measure
from .method import KINDS

Category = Code | Sequence[Code] | Mapping[str, Sequence[Code]] | None
"""A code, a value label, the name of a collapse of the codebook, several of these, or named groups of codes."""

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
        For each row its domain; -1 where a key is missing, and outside the subpopulation.
    shown : tuple of tuple
        For each domain its keys as printed.
    codes : tuple of tuple
        For each domain its keys as stored.
    missing : mapping of str to int
        Rows without a value, by key.
    weights : numpy.ndarray
        The weight of each row.
    """

    by: tuple[str, ...]
    row: Ints
    shown: tuple[tuple[Shown, ...], ...]
    codes: tuple[tuple[Code, ...], ...]
    missing: Mapping[str, int]
    weights: Floats

    @cached_property
    def counted(self) -> Bools:
        """For each row whether it has a domain and a weight above zero."""
        return (self.row >= 0) & (self.weights > 0)

    @cached_property
    def complete(self) -> Base:
        """The base of every item that nobody is missing on."""
        return self.base(self.counted)

    def base(self, rows: Bools) -> Base:
        """Give the base of the rows marked."""
        if rows.all():
            return Base(np.arange(len(rows)), self.row, len(self.shown), self.weights)
        places = np.flatnonzero(rows)
        return Base(places, self.row[places], len(self.shown), self.weights[places])


def domains(design: Design, by: Sequence[str]) -> Domains:
    """Lay out the combinations of keys that occur in the subpopulation, in the order of their codebook.

    Raises
    ------
    EstimationError
        When no row has a value for every key.
    """
    study, inside = design.study, design.inside
    rows = len(study.frame)
    if not by:
        return Domains((), np.where(inside, 0, -1), ((),), ((),), {}, design.weights)
    twice = sorted({name for name in by if by.count(name) > 1})
    if twice:
        raise EstimationError(f"by names {', '.join(twice)} more than once; name each key once.")
    keys = [categories(study, name, inside=inside) for name in by]
    known = np.logical_and.reduce([inside, *(key.positions >= 0 for key in keys)])
    if not known.any():
        raise EstimationError(f"no row has a value for every key of by ({', '.join(by)}).")
    whole = bool(known.all())
    code = combined([key.positions if whole else key.positions[known] for key in keys], int(known.sum()))
    row = code if whole else np.full(rows, -1, dtype=np.int64)
    if not whole:
        row[known] = code
    first = np.zeros(int(code.max()) + 1, dtype=np.int64)
    first[code[::-1]] = np.arange(rows - 1, -1, -1) if whole else np.flatnonzero(known)[::-1]
    places = list(zip(*(key.positions[first].tolist() for key in keys), strict=True))
    return Domains(
        by=tuple(by),
        row=row,
        shown=tuple(tuple(key.shown[at] for key, at in zip(keys, place, strict=True)) for place in places),
        codes=tuple(tuple(key.values[at] for key, at in zip(keys, place, strict=True)) for place in places),
        missing={key.name: count for key in keys if (count := int((inside & (key.positions < 0)).sum()))},
        weights=design.weights,
    )


def numeric_measure(design: Design, item: str, within: Domains, purpose: str) -> Measure:
    """Plan the mean or total of a numeric column over those who gave a number."""
    values, missing = numbers(design.study, item, purpose=purpose, inside=design.inside)
    base = _base(item, None if not missing else ~np.isnan(values), within, missing)
    return Measure(item, (item,), base, base.own(values), None, (None,), ((),), Counter(missing) + Counter())


def ratio_measure(design: Design, numerator: str, denominator: str, within: Domains) -> Measure:
    """Plan the ratio of two numeric columns over those who gave both numbers."""
    above, above_missing = numbers(design.study, numerator, purpose="ratio", inside=design.inside)
    known = design.inside & ~np.isnan(above)
    below, below_missing = numbers(design.study, denominator, purpose="ratio", inside=known)
    missing = Counter(above_missing) + Counter(below_missing)
    item = f"{numerator} / {denominator}"
    complete = not above_missing and not below_missing
    base = _base(item, None if complete else ~np.isnan(above) & ~np.isnan(below), within, missing)
    return Measure(
        item, (numerator, denominator), base, base.own(above), None, (None,), ((),), missing, base.own(below)
    )


def category_measures(
    design: Design, item: str, within: Domains, category: Category, *, whole_base: bool
) -> list[Measure]:
    """Plan the shares of all categories of a column, or of chosen ones, over those in the base."""
    study = design.study
    coded = categories(study, item, keep=WHOLE_BASE if whole_base else (), unused=True, inside=design.inside)
    base = _base(item, coded.positions >= 0 if coded.incomplete else None, within, coded.missing)
    positions = base.own(coded.positions)
    if category is None:
        each = tuple((value,) for value in coded.values)
        return [Measure(item, (item,), base, None, positions, coded.shown, each, coded.missing)]
    planned = []
    for shown, codes in _chosen(study, coded, category):
        counted = np.array([float(value in codes) for value in coded.values])
        planned.append(Measure(item, (item,), base, counted[positions], None, (shown,), (codes,), coded.missing))
    return planned


def _base(item: str, answered: Bools | None, within: Domains, missing: Mapping[str, int]) -> Base:
    """Give the rows in the base: an answer (everybody has one where None), a domain, and a weight above zero."""
    counted = within.counted if answered is None else answered & within.counted
    if counted.any():
        return within.complete if answered is None else within.base(counted)
    here = within.row >= 0 if answered is None else answered & (within.row >= 0)
    if answered is not None and not here.any():
        kinds = ", ".join(f"{KINDS[kind]} {count:,}" for kind, count in missing.items())
        raise EstimationError(
            f"{item}: all {int((within.row >= 0).sum())} values are missing ({kinds}); there is nothing to estimate."
        )
    raise EstimationError(
        f"{item}: none of the {int(here.sum())} rows with an answer has a weight above zero"
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
