"""Margins matched to data: each target category finds its rows, or the mismatch is laid out side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...data.errors import EstimationError, UnknownNameError, WeightingError
from ...data.margins import TRACED, Margins
from ..estimation.method import counted
from ..sampling.categories import Categories, Floats, Ints, Shown, categories, code_text, names_of

if TYPE_CHECKING:
    from ..sampling.design import Design

ROUNDING = 0.005
"""How far printed shares may be from adding up to 1; they are brought to 1, with a note."""

SAME_TOTAL = 1e-6
"""How far, relatively, population counts of two margins may differ in their sum."""

OWN_CLASS = "(missing)"
"""What the class of the rows without a value is called."""


@dataclass(frozen=True, eq=False)
class Target:
    """One margin, matched to a column.

    Attributes
    ----------
    column : str
        Column of the data.
    positions : numpy.ndarray of int64
        For each row its category.
    shown : tuple
        Categories as printed.
    share : numpy.ndarray
        Target share of each category; adds up to 1.
    """

    column: str
    positions: Ints
    shown: tuple[Shown, ...]
    share: Floats


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
    counted : bool
        Whether the total is a population that was given, not the sum that the weights have.
    """

    name: str
    margins: tuple[Target, ...]
    total: float
    notes: tuple[str, ...]
    brief: tuple[str, ...]
    counted: bool


def targets(
    design: Design,
    margins: Mapping[str, Mapping[str, float]],
    on: str | Sequence[str] | Mapping[str, str] | None,
    *,
    own_class: bool,
) -> Targets:
    """Match margins to the columns of a design.

    Raises
    ------
    WeightingError
        When a category is in the margins and not in the data or the reverse, when values are missing, or when
        shares or counts do not add up.
    """
    notes: list[str] = []
    brief: list[str] = []
    matched: list[Target] = []
    totals: dict[str, float] = {}
    for dimension, column in _dimensions(margins, on).items():
        figures = {str(code): float(value) for code, value in margins[dimension].items()}
        total = _checked_total(dimension, figures)
        if total is not None:
            totals[dimension] = total
        elif abs(sum(figures.values()) - 1) > 1e-9:
            brief.append(f"{dimension}: target shares add up to {sum(figures.values()):g} and were brought to 1.")
            notes.append(brief[-1])
        target, note = _matched(design, dimension, column, figures, own_class=own_class)
        matched.append(target)
        notes += [note] if note else []
        brief += [note] if note else []
        if isinstance(margins, Margins):
            notes.append(margins.facts[dimension].footnote)
    name = margins.name if isinstance(margins, Margins) else "given margins"
    brief += _sources(margins, _dimensions(margins, on)) if isinstance(margins, Margins) else []
    return Targets(name, tuple(matched), _total(design, totals), tuple(notes), tuple(brief), bool(totals))


def _sources(margins: Margins, dimensions: Iterable[str]) -> list[str]:
    """Name each source once, with the margins that come from it and how far it was traced."""
    found: dict[tuple[str, str], list[str]] = {}
    for dimension in dimensions:
        fact = margins.facts[dimension]
        found.setdefault((fact.source.rstrip("."), TRACED[fact.grade]), []).append(dimension)
    return [
        f"Margins of {', '.join(names)}: {source} ({traced}). Dates and doubts: weight_summary, topline weight."
        for (source, traced), names in found.items()
    ]


def _dimensions(
    margins: Mapping[str, Mapping[str, float]], on: str | Sequence[str] | Mapping[str, str] | None
) -> dict[str, str]:
    """Give the dimensions to rake on, each with its column."""
    if on is None:
        chosen = {dimension: dimension for dimension in margins}
    elif isinstance(on, Mapping):
        chosen = dict(on)
    else:
        chosen = {dimension: dimension for dimension in names_of(on)}
    for dimension in chosen:
        if dimension not in margins:
            raise UnknownNameError("margin", dimension, margins)
    if not chosen:
        raise WeightingError("there is no margin to rake on; give at least one, e.g. {'sex': {'f': 0.51, 'm': 0.49}}.")
    return chosen


def _checked_total(dimension: str, figures: Mapping[str, float]) -> float | None:
    """Give the population that counts add up to, or None for shares."""
    bad = [f"{code} {value:g}" for code, value in figures.items() if not (math.isfinite(value) and value >= 0)]
    if bad or not figures:
        raise WeightingError(
            f"margin {dimension}: {', '.join(bad) or 'no categories'}; every category needs a share or a population "
            "count of at least 0."
        )
    total = sum(figures.values())
    if abs(total - 1) <= ROUNDING:
        return None
    if max(figures.values()) <= 1:
        raise WeightingError(
            f"margin {dimension}: the shares add up to {total:g}; shares (0-1) of all categories add up to 1, and "
            "population counts to the population."
        )
    return total


def _total(design: Design, totals: Mapping[str, float]) -> float:
    """Give what the weights will add up to: the population where counts are given, else what they do now."""
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


def _matched(
    design: Design, dimension: str, column: str, figures: Mapping[str, float], *, own_class: bool
) -> tuple[Target, str]:
    """Match one margin to its column; rows without a value stop it, or become a class that keeps its share."""
    coded = categories(design.study, column)
    counted = design.weights > 0
    place = _places(coded, dimension, figures, counted)
    missing = counted & (coded.positions < 0)
    total = sum(figures[code] for code in place)
    wide = np.zeros(len(coded.values) + 1, dtype=np.int64)
    wide[list(place.values())] = np.arange(len(place))
    positions = np.where(counted, wide[coded.positions], 0)
    shown = tuple(coded.shown[at] for at in place.values())
    share = np.array([figures[code] / total for code in place])
    if not missing.any():
        return Target(column, positions, shown, share), ""
    if not own_class:
        raise WeightingError(
            f"{column} is missing in {int(missing.sum())} of {int(counted.sum())} weighted rows, so they cannot be "
            "raked. Fill them in, leave the rows out, rake on other variables, or choose missing='own_class' "
            "(missing: own_class in study.yaml), which keeps their share of the weight."
        )
    kept = float(design.weights[missing].sum() / design.weights.sum())
    positions[missing] = len(place)
    count = int(missing.sum())
    note = (
        f"{own_class_note(column, count)} {'keeps its' if count == 1 else 'keep their'} {100 * kept:.1f}% of the "
        "weight; the margin holds among the others."
    )
    return Target(column, positions, (*shown, OWN_CLASS), np.append(share * (1 - kept), kept)), note


def own_class_note(column: str, rows: int) -> str:
    """Give the beginning of the note on rows that are a class of their own.

    Examples
    --------
    >>> own_class_note("sex", 3)
    'sex: 3 rows without a value'
    """
    return f"{column}: {counted(rows, 'row', 'rows')} without a value"


def _places(coded: Categories, dimension: str, figures: Mapping[str, float], counted: np.ndarray) -> dict[str, int]:
    """Find each target category in the data; refuse with both lists when one side has what the other lacks."""
    present = set(np.flatnonzero(np.bincount(coded.positions + 1, weights=counted)[1:]).tolist())
    place: dict[str, int] = {}
    unfound: list[str] = []
    for code, value in figures.items():
        try:
            at = coded.find(code)
        except UnknownNameError:
            at = -1
        except EstimationError as error:
            raise WeightingError(f"margin {dimension}: {error}") from None
        if at in present and at not in place.values() and value > 0:
            place[code] = at
        elif at in present or value > 0:
            unfound.append(code)
    if unfound or present - set(place.values()):
        raise WeightingError(_side_by_side(coded, dimension, figures, unfound, present - set(place.values()), present))
    return place


def _side_by_side(
    coded: Categories,
    dimension: str,
    figures: Mapping[str, float],
    unfound: Sequence[str],
    untargeted: set[int],
    present: set[int],
) -> str:
    def written(at: int) -> str:
        code, shown = code_text(coded.values[at]), str(coded.shown[at])
        return code if code == shown else f"{code} ({shown})"

    lines = [f"margin {dimension} and column {coded.name} do not name the same categories."]
    lines.append(f"  in the margin: {', '.join(figures)}")
    lines.append(f"  in the data:   {', '.join(written(at) for at in sorted(present))}")
    if unfound:
        lines.append(f"  without rows of their own in the data, or with a target of 0: {', '.join(unfound)}")
    if untargeted:
        lines.append(f"  without a target: {', '.join(written(at) for at in sorted(untargeted))}")
    lines.append("Name the categories alike, join those that are thin, or leave the margin out (on=...).")
    return "\n".join(lines)
