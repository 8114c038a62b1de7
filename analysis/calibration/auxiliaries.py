"""What weights are calibrated to: margins of categories, and means or totals of numbers, matched to the data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...data.errors import EstimationError, WeightingError
from ..estimation.method import counted as how_many
from ..raking.raking_linearisation import Move, margin_moves
from ..sampling.categories import Bools, Codes, Floats, Ints, holds_numbers, numbers
from ..sampling.design import Design
from ..sampling.step import Auxiliary
from ..sampling.target_error import TargetError
from ..targets.dimensions import Given, Joins, On
from ..targets.targets import SAME_TOTAL, Missing, Target, Targets, targets

GIVEN = "given targets"
"""What targets are called that come from no shipped margins."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A column of numbers with the mean or total that the population has.

    Attributes
    ----------
    column : str
        Column of the data.
    statistic : {"mean", "total"}
        What is known of the population.
    target : float
        Its value.
    centre, spread : float
        What the column is reckoned from, its target mean, and the unit it is reckoned in, its spread around it.
    n : int
        Rows of positive weight with a value.
    """

    column: str
    statistic: str
    target: float
    centre: float
    spread: float
    n: int

    @property
    def name(self) -> str:
        """Give it as messages do, e.g. ``"mean of income"``."""
        return f"{self.statistic} of {self.column}"


@dataclass(frozen=True, eq=False)
class Auxiliaries:
    """Everything that weights are calibrated to.

    Attributes
    ----------
    matched : Targets or None
        Margins of categories; None where only numbers are given.
    moments : tuple of Moment
        Numbers.
    columns : numpy.ndarray
        Rows x numbers: each less its centre, over its spread; 0 where a row has no value.
    total : float
        What the weights will add up to.
    counted : bool
        Whether the total is a population that was given, not the sum that the weights have.
    told : tuple of str
        Which rows have no value.
    """

    matched: Targets | None
    moments: tuple[Moment, ...]
    columns: Floats
    total: float
    counted: bool
    told: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the margins."""
        return self.matched.name if self.matched and self.matched.name != "given margins" else GIVEN

    @property
    def margins(self) -> tuple[Target, ...]:
        """Margins of categories."""
        return self.matched.margins if self.matched else ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What must stand under results, with sources in full."""
        return (*(self.matched.notes if self.matched else ()), *self.told)

    @property
    def brief(self) -> tuple[str, ...]:
        """The same with each source said once and short."""
        return (*(self.matched.brief if self.matched else ()), *self.told)

    @property
    def variables(self) -> tuple[str, ...]:
        """The columns calibrated on."""
        return (*(each.column for each in self.margins), *(each.column for each in self.moments))

    @property
    def names(self) -> list[str]:
        """Each auxiliary's name as messages give it."""
        margins = [f"margin {each.column}, category {shown}" for each in self.margins for shown in each.shown]
        return [*(margins or ["the sum of the weights"]), *(each.name for each in self.moments)]

    @property
    def cell(self) -> Codes:
        """For each row its combination of categories; one for all where no margin is given."""
        return self.matched.crossing.cell if self.matched else np.zeros(len(self.columns), dtype=np.int8)

    @property
    def codes(self) -> tuple[Ints, ...]:
        """For each margin the category of each combination."""
        return tuple(each.code for each in self.margins) or (np.zeros(1, dtype=np.int64),)

    @property
    def sizes(self) -> tuple[int, ...]:
        """For each margin how many categories it has."""
        return tuple(len(each.share) for each in self.margins) or (1,)

    @property
    def blocks(self) -> tuple[Auxiliary, ...]:
        """The auxiliaries by row, as the chain rule takes them; rows are one category where no margin is given."""
        categories = [(each.narrow, len(each.share)) for each in self.margins] or [(self.cell, 1)]
        return (*categories, *((self.columns,) if self.moments else ()))

    def target(self, total: float, observed: Sequence[Floats], shift: Floats | None = None) -> Floats:
        """Give what each auxiliary should add up to, over the sum of the weights.

        Parameters
        ----------
        total : float
            What the weights add up to.
        observed : sequence of numpy.ndarray
            For each margin the share of each category in the sample, or in a replicate.
        shift : numpy.ndarray, optional
            By how much the shares of margins that were estimated are moved.
        """
        found, start = list[Floats](), 0
        for each, share in zip(self.margins, observed, strict=True):
            known = each.known if shift is None else each.known + shift[start : start + len(each.known)]
            found.append(each.among(share, known))
            start += len(each.known)
        moments = [
            0.0 if each.statistic == "mean" else (each.target / total - each.centre) / each.spread
            for each in self.moments
        ]
        return np.concatenate([*(found or [np.ones(1)]), moments])

    def moves(self, before: Floats) -> tuple[Move, ...]:
        """Give how targets, as totals, move with each row: with the weights' sum, and with rows without a value."""
        found = list[Move]()
        if self.matched:
            known = replace(self.matched, total=self.total, counted=True)
            for shift, direction in margin_moves(before, known):
                found.append((shift, np.append(direction, np.zeros(len(self.moments)))))
        if not self.counted:
            shares = [each.share for each in self.margins] or [np.ones(1)]
            moments = [0.0 if each.statistic == "mean" else -each.centre / each.spread for each in self.moments]
            found.append((before, np.concatenate([*shares, moments])))
        return tuple(found)

    def target_error(self) -> TargetError | None:
        """Give the error of the targets as totals, where margins were estimated; None where they are known."""
        known = None if self.matched is None else replace(self.matched, total=self.total).error_of_totals()
        if known is None:
            return None
        size = len(known.coordinates)
        return known.mapped(np.eye(size + len(self.moments), size))


def auxiliaries(
    design: Design,
    margins: Given | None,
    on: On,
    means: Mapping[str, float] | None,
    totals: Mapping[str, float] | None,
    population: float | None,
    *,
    missing: Missing,
    join: Joins,
) -> Auxiliaries:
    """Match margins, means and totals to the columns of a design.

    Raises
    ------
    WeightingError
        When nothing is given, when targets contradict each other or the data, or when values are missing.
    """
    if margins is None and not means and not totals:
        raise WeightingError(
            "there is nothing to calibrate to; give margins={'sex': {'f': 0.51, 'm': 0.49}}, means={'age': 46.2} or "
            "totals={'income': 1.2e9}."
        )
    if margins is None and on is not None:
        raise WeightingError(f"on={on!r} chooses among margins, and none are given; name numbers in means or totals.")
    own_class, proportional = missing == "own_class", missing == "proportional"
    matched = (
        None
        if margins is None
        else targets(design, margins, on, own_class=own_class, proportional=proportional, join=join)
    )
    total = _total(design, matched, population)
    wanted = [(column, "mean", value) for column, value in _checked(means, "means")]
    wanted += [(column, "total", value) for column, value in _checked(totals, "totals")]
    _refuse_twice([column for column, _, _ in wanted])
    columns = np.empty((len(design.weights), len(wanted)), order="F")
    moments, notes = [], []
    for at, (column, statistic, value) in enumerate(wanted):
        moment, note = _matched(design, column, statistic, value, total, columns[:, at], aside=missing != "error")
        moments.append(moment)
        notes += [note] if note else []
    counted = population is not None or (matched is not None and matched.counted)
    return Auxiliaries(matched, tuple(moments), columns, total, counted, tuple(notes))


def _total(design: Design, matched: Targets | None, population: float | None) -> float:
    """Give what the weights will add up to: the population where it is known, else what they do now."""
    if population is None:
        return float(design.weights.sum()) if matched is None else matched.total
    if not (_is_number(population) and population > 0):
        raise WeightingError(f"population is {population!r}; it is how many people there are, e.g. 51_000_000.")
    if matched and matched.counted and abs(matched.total - population) > SAME_TOTAL * population:
        raise WeightingError(
            f"the counts of the margins add up to {matched.total:,.0f} and population is {population:,.0f}; give one "
            "of them, or counts of that population."
        )
    return float(population)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)


def _checked(given: Mapping[str, float] | None, argument: str) -> list[tuple[str, float]]:
    if given is not None and not isinstance(given, Mapping):
        raise WeightingError(f"{argument} is {given!r}; it names columns with their values, e.g. {{'income': 35000}}.")
    for column, value in (given or {}).items():
        if not _is_number(value):
            raise WeightingError(f"{argument}: {column} is {value!r}, and a target is a finite number, e.g. 35000.")
    return [(column, float(value)) for column, value in (given or {}).items()]


def _refuse_twice(columns: Sequence[str]) -> None:
    for column in columns:
        if columns.count(column) > 1:
            raise WeightingError(f"{column} has a target in means and in totals; leave one of them out.")


def _matched(
    design: Design, column: str, statistic: str, target: float, total: float, out: Floats, *, aside: bool
) -> tuple[Moment, str]:
    """Read a column into its place, less its target mean and over its spread."""
    values, counts = _numbers(design, column)
    weights = design.weights
    blank = np.isnan(values) & (weights > 0) if counts else np.zeros(0, dtype=bool)
    note = _without_value(design, column, statistic, blank, aside=aside) if blank.any() else ""
    centre = target if statistic == "mean" else target / total
    np.subtract(values, centre, out=out)
    if counts:
        out[np.isnan(out)] = 0.0
    _check_range(column, statistic, target, centre, values[(weights > 0) & ~np.isnan(values)])
    spread = math.sqrt(float(weights @ np.square(out)) / float(weights.sum())) or 1.0
    out /= spread
    n = int(np.count_nonzero(weights > 0) - np.count_nonzero(blank))
    return Moment(column, statistic, target, centre, spread, n), note


def _numbers(design: Design, column: str) -> tuple[Floats, dict[str, int]]:
    try:
        return numbers(design.study, column, purpose="calibration")
    except EstimationError as error:
        if holds_numbers(design.study, column):
            raise
        raise WeightingError(f"{error} Categories are calibrated by their shares or counts: margins=...") from None


def _without_value(design: Design, column: str, statistic: str, blank: Bools, *, aside: bool) -> str:
    """Refuse rows without a value; or say that a mean holds among the others."""
    rows, of = int(blank.sum()), int((design.weights > 0).sum())
    if aside and statistic == "mean" and rows < of:
        return f"{column}: {how_many(rows, 'row', 'rows')} without a value; the mean holds among the others."
    ways = "Fill them in, leave the rows out, or calibrate on other variables"
    if statistic == "mean":
        ways += "; missing='own_class' lets the mean hold among the others"
    raise WeightingError(
        f"{column} is missing in {rows} of {of} weighted rows, so its {statistic} cannot be met. {ways}."
    )


def _check_range(column: str, statistic: str, target: float, mean: float, values: Floats) -> None:
    """Refuse a mean that the data do not surround, which no positive weights can reach."""
    low, high = float(values.min()), float(values.max())
    if low < mean < high or low == mean == high:
        return
    as_mean = "" if statistic == "mean" else f", a mean of {mean:,.6g} over the weights' sum"
    raise WeightingError(
        f"the {statistic} of {column} should be {target:,.6g}{as_mean}, and its values run from {low:,.6g} to "
        f"{high:,.6g}: no weights above zero reach it. Look at the unit of the target"
        + (", give the size of the population (population=...)" if statistic == "total" else "")
        + ", or leave it out."
    )
