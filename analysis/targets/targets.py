"""Margins matched to data: what each class of respondents should add up to, in the sample and in its replicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from ...data.errors import WeightingError
from ...data.margins import CROSSED, Margins
from ..sampling.categories import Codes, Floats, Ints, Shown, listing
from ..sampling.coding import codings
from ..sampling.sums import summed
from ..sampling.target_error import TargetError
from .crossing import Crossing, crossed
from .dimensions import Given, Joins, On, Wanted, dimensions, read_if_named
from .estimated_targets import target_error
from .margin_fit import Cells
from .matching import SAME_SHARE, Listed, Match, matched, refuse_contradictions
from .target_notes import joined_note, missing_note, source_notes
from .thin_cells import without_thin_cells

if TYPE_CHECKING:
    from ..sampling.design import Design

SAME_TOTAL = 1e-6
"""How far, relatively, population counts of two margins may differ in their sum."""

OWN_CLASS = "(missing)"
"""What the class of the rows without a value is called."""

Missing = Literal["error", "own_class", "proportional"]
"""What becomes of rows without a value."""


@dataclass(frozen=True, eq=False)
class Target:
    """One margin, matched to the data.

    Attributes
    ----------
    column : str
        Column of the data, or several, ``"sex*age4"``.
    shown : tuple
        Categories as printed; rows without a value last, where there are any.
    known : numpy.ndarray
        Target share of each category among those with a value; adds up to 1.
    share : numpy.ndarray
        The same among all of the sample; adds up to 1.
    code : numpy.ndarray of int64
        For each cell its category.
    cell : numpy.ndarray of int
        For each row its cell.
    proportional : bool
        Whether rows without a value count as spread over the categories as the others are.
    coded : numpy.ndarray of int or None
        For each row its category, where the column itself is coded so.
    """

    column: str
    shown: tuple[Shown, ...]
    known: Floats
    share: Floats
    code: Ints
    cell: Codes
    proportional: bool = False
    coded: Codes | None = None

    @property
    def own_class(self) -> bool:
        """Whether the last category is the rows without a value, which keep their share of the weight."""
        return len(self.known) < len(self.share)

    @property
    def narrow(self) -> Codes:
        """For each row its category, in a narrow type."""
        if self.coded is not None:
            return self.coded
        return np.asarray(self.code.astype(np.min_scalar_type(len(self.share)))[self.cell])

    @property
    def positions(self) -> Ints:
        """For each row its category."""
        return np.asarray(self.code[self.cell])

    def among(self, observed: Floats, known: Floats | None = None) -> Floats:
        """Give the target shares among a sample, of which some have no value.

        Parameters
        ----------
        observed : numpy.ndarray
            The share of each category in the sample.
        known : numpy.ndarray, optional
            Target shares among those with a value, where they are not this margin's.
        """
        known = self.known if known is None else known
        if not self.own_class:
            return known
        own = observed[-1]
        if not self.proportional:
            return np.append(known * (1 - own), own)
        return np.append(known - own * observed[:-1] / max(1 - own, np.finfo(float).tiny), own)


@dataclass(frozen=True, eq=False)
class Targets:
    """All margins, matched.

    Attributes
    ----------
    name : str
        Name of the margins.
    margins : tuple of Target
        One for each raking variable.
    total : float
        What the weights will add up to.
    notes : tuple of str
        Sources, rounding, and missing values.
    brief : tuple of str
        The same with each source said once and short, as it stands under printed estimates.
    grades : mapping of str to str
        By dimension how far its targets were traced, empty where that is not stated; of targets that are no
        :class:`Margins` nothing.
    counted : bool
        Whether the total is a population that was given, not the sum that the weights have.
    crossing : Crossing
        The cells of the sample.
    error : TargetError or None
        The sampling error of the shares among those with a value, all margins' one after the other, where they were
        estimated.
    """

    name: str
    margins: tuple[Target, ...]
    total: float
    notes: tuple[str, ...]
    brief: tuple[str, ...]
    grades: Mapping[str, str]
    counted: bool
    crossing: Crossing
    error: TargetError | None = None

    @cached_property
    def cells(self) -> Cells:
        """The cells in which somebody has a weight, with their targets."""
        return self.cells_of(self.crossing.weight)

    def cells_of(self, weight: Floats, shift: Floats | None = None) -> Cells:
        """Give the cells that have a weight, with their targets.

        Parameters
        ----------
        weight : numpy.ndarray
            For each cell its weight in the sample or in a replicate.
        shift : numpy.ndarray, optional
            By how much targets are moved.
        """
        used = weight > 0
        share = weight[used] / weight.sum()
        codes = tuple(target.code[used] for target in self.margins)
        moved = self._split(shift)
        found = []
        for target, code, by in zip(self.margins, codes, moved, strict=True):
            observed = summed(code, len(target.share), share)
            found.append(target.among(observed, None if by is None else target.known + by))
        return Cells(share, codes, tuple(found))

    def error_of_totals(self) -> TargetError | None:
        """Give the error of the targets as totals, by category, where they were estimated."""
        if self.error is None:
            return None
        scale = []
        for target in self.margins:
            own = target.share[-1] if target.own_class else 0.0
            scale += [1.0 if target.proportional else 1 - own] * len(target.known) + [0.0] * target.own_class
        place = np.flatnonzero(np.concatenate([np.arange(len(t.share)) < len(t.known) for t in self.margins]))
        wide = np.zeros((len(scale), len(place)))
        wide[place, np.arange(len(place))] = self.total * np.asarray(scale)[place]
        return self.error.mapped(wide)

    def _split(self, shift: Floats | None) -> Sequence[Floats | None]:
        if shift is None:
            return [None] * len(self.margins)
        return np.split(shift, np.cumsum([len(target.known) for target in self.margins])[:-1])


def targets(
    design: Design,
    margins: Given,
    on: On,
    *,
    own_class: bool,
    proportional: bool = False,
    join: Joins = None,
    minimum: int | None = None,
) -> Targets:
    """Match margins to the columns of a design.

    Parameters
    ----------
    design : Design
        The sample.
    margins : mapping
        By dimension, the share or count of each category.
    on : str, sequence or mapping, optional
        Which dimensions, perhaps each with its columns.
    own_class : bool
        Whether rows without a value keep their share of the weight while the margin holds among the others.
    proportional : bool
        Whether they do while the margin holds of all, them spread over the categories as the others are.
    join : mapping, optional
        By dimension, categories that count as one.
    minimum : int, optional
        Respondents that a category must have: thinner ones are joined with the next.

    Raises
    ------
    WeightingError
        When a category is in the margins and not in the data or the reverse, when values are missing, or when
        shares or counts do not add up.
    """
    margins = read_if_named(margins)
    wanted = dimensions(design.study, margins, on, join)
    crossing, found = _matches(design, wanted, minimum)
    refuse_contradictions(found)
    notes, matches = list[str](), list[Target]()
    for each in (match for match, _ in found):
        target, told = _target(design, each, crossing, own_class=own_class, proportional=proportional)
        matches.append(target)
        notes += told
    known, names = margins if isinstance(margins, Margins) else None, [each.name for each in wanted]
    sources, brief = ([], []) if known is None else source_notes(known, names)
    return Targets(
        name="given margins" if known is None else known.name,
        margins=tuple(matches),
        total=_total(design, wanted),
        notes=(*notes, *sources),
        brief=(*notes, *brief),
        grades={} if known is None else {name: known.facts[name].grade for name in names},
        counted=any(each.counted for each in wanted),
        crossing=crossing,
        error=None if known is None else _error(design, known, [match for match, _ in found]),
    )


def _matches(
    design: Design, wanted: Sequence[Wanted], minimum: int | None
) -> tuple[Crossing, list[tuple[Match, Listed]]]:
    """Cross all columns once, and find the categories of each margin."""
    study = design.study
    names = dict.fromkeys(column for each in wanted for column in each.columns)
    crossing = crossed(codings(study, list(names)), design.weights)
    lists = {}
    for coded, code in zip(crossing.columns, crossing.codes, strict=True):
        present = np.bincount(code[crossing.count > 0] + 1, minlength=len(coded.values) + 1)[1:] > 0
        lists[coded.name] = listing(study, coded, present)
    found = []
    for each in wanted:
        listed = Listed.of(crossing, [lists[column] for column in each.columns])
        joined = without_thin_cells(each, listed, crossing.count, minimum) if minimum else each
        found.append((matched(joined, listed), listed))
    return crossing, found


def _target(
    design: Design, match: Match, crossing: Crossing, *, own_class: bool, proportional: bool
) -> tuple[Target, list[str]]:
    """Make a margin the target of its classes; rows without a value stop it, or become a class of their own."""
    wanted, weight = match.wanted, crossing.weight
    notes = []
    if not wanted.counted and abs(wanted.total - 1) > SAME_SHARE:
        notes.append(f"{wanted.name}: target shares add up to {wanted.total:g} and were brought to 1.")
    notes += [joined_note(wanted.name, name, members) for name, members in wanted.joined.items()]
    known = np.array([each.value for each in match.classes])
    known, shown = known / known.sum(), tuple(each.shown for each in match.classes)
    missing = match.code == len(known)
    if not missing.any():
        coded = _coded_so(crossing, match)
        return Target(wanted.column, shown, known, known, match.code, crossing.cell, coded=coded), notes
    count = int(crossing.count[missing].sum())
    if not (own_class or proportional):
        raise WeightingError(
            f"{_either(wanted.columns)} is missing in {count} of {int(crossing.count.sum())} weighted rows, so they "
            "cannot be raked. Fill them in, leave the rows out, rake on other variables, or choose missing='own_class' "
            "(missing: own_class in study.yaml), which keeps their share of the weight, or 'proportional', which takes "
            "them to be spread as the others are."
        )
    observed = summed(match.code, len(known) + 1, weight) / weight.sum()
    target = Target(wanted.column, (*shown, OWN_CLASS), known, observed, match.code, crossing.cell, proportional)
    target = replace(target, share=target.among(observed))
    check_left(target, target.share, "")
    notes.append(missing_note(wanted.column, count, float(observed[-1]), proportional=proportional))
    return target, notes


def _either(columns: Sequence[str]) -> str:
    return " or ".join(columns)


def _coded_so(crossing: Crossing, match: Match) -> Codes | None:
    """Give the codes of the column, where they are the classes already: no row has to be coded anew."""
    if len(match.wanted.columns) > 1:
        return None
    place = crossing.place(match.wanted.columns[0])
    codes, counted = crossing.columns[place].codes, crossing.count > 0
    alike = np.array_equal(crossing.codes[place][counted], match.code[counted])
    return codes if alike and codes.min() >= 0 and codes.max() < len(match.classes) else None


def check_left(target: Target, share: Floats, where: str) -> None:
    """Refuse a category whose target is taken up by rows without a value.

    Raises
    ------
    WeightingError
        With the category, its target, and what they take of it.
    """
    for at in np.flatnonzero(share[: len(target.known)] <= 0) if target.proportional else ():
        taken = target.known[at] - share[at]
        raise WeightingError(
            f"{where}margin {target.column}, category {target.shown[at]}: the target is {100 * target.known[at]:.2f}%, "
            f"and rows without a value, spread as the others are, take up {100 * taken:.2f}%, so nothing is left for "
            "those who are known to be in it. Choose missing='own_class', or join the category with another."
        )


def _total(design: Design, wanted: Sequence[Wanted]) -> float:
    """Give what the weights will add up to: the population where counts are given, else what they do now."""
    totals = {each.name: each.total for each in wanted if each.counted}
    if not totals:
        return float(design.weights.sum())
    respondents = int((design.weights > 0).sum())
    percent = next((name for name, total in totals.items() if abs(total - 100) < 1 < respondents - 100), None)
    if percent is not None:
        raise WeightingError(
            f"the targets of margin {percent} add up to {totals[percent]:g}, fewer people than the {respondents:,} "
            "respondents. If they are percentages, divide them by 100."
        )
    low, high = min(totals, key=totals.__getitem__), max(totals, key=totals.__getitem__)
    if totals[high] - totals[low] > SAME_TOTAL * totals[high]:
        raise WeightingError(
            f"the counts of margin {low} add up to {totals[low]:,.0f} and those of {high} to {totals[high]:,.0f}; "
            "margins describe one population. Give shares, or counts of the same population."
        )
    return totals[high]


def _error(design: Design, margins: Margins, found: Sequence[Match]) -> TargetError | None:
    """Give the sampling error of the targets, where the margins were estimated."""
    if margins.covariance is None:
        return None
    place = {category: at for at, category in enumerate(margins.categories)}
    classes = [(match.wanted.name, each) for match in found for each in match.classes]
    gathers = np.zeros((len(classes), len(place)))
    for row, (dimension, each) in enumerate(classes):
        for codes in each.codes:
            gathers[row, place[dimension, CROSSED.join(codes)]] = 1.0
    covariance = np.asarray(gathers @ np.asarray(margins.covariance, dtype=np.float64) @ gathers.T)
    if margins.sampled is None:
        return target_error(design, covariance)
    return target_error(design, covariance, margins.sampled.reference, margins.sampled.columns @ gathers.T)
