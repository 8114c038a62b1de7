"""How the rows were drawn: the stages of a sample, each with its strata, units and population sizes.

Follows ``svydesign(nest = TRUE)`` of R's survey package: units are numbered within their stratum and parent unit,
and a stage's population sizes are constant within them. Lumley (2010), Complex Surveys, chapter 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...data.codebook import Study
from ...data.errors import DesignError
from .categories import Bools, Codes, Floats, Ints, categories, code_text, numbers

COMPLETE = 1e-7
"""A stratum whose unsampled share is below this is a census, and has no sampling variance (R's bound)."""


@dataclass(frozen=True, eq=False)
class StratumNames:
    """What people call a stratum, looked up only when a message needs it.

    Attributes
    ----------
    columns : tuple of (str, pandas.Series)
        The columns that tell the strata apart.
    first_row : numpy.ndarray of int64
        For each stratum the first of its rows.
    """

    columns: tuple[tuple[str, pd.Series], ...]
    first_row: Ints

    def __getitem__(self, stratum: int) -> str:
        """Give e.g. ``"province AB"``, or ``"the sample"`` when there are no strata."""
        row = self.first_row[stratum]
        return ", ".join(f"{name} {code_text(column.iloc[row])}" for name, column in self.columns) or "the sample"


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of sampling.

    Attributes
    ----------
    unit : numpy.ndarray of int64
        For each row its unit at this stage.
    stratum : numpy.ndarray of int64
        For each unit its stratum; from the second stage on, strata lie within a unit of the stage above.
    parent : numpy.ndarray of int64
        For each unit the unit of the stage above; zeros at the first stage.
    sampled : numpy.ndarray of float
        For each stratum the number of units in the sample.
    population : numpy.ndarray of float
        For each stratum the number of units in the population; infinite when drawn with replacement.
    above : numpy.ndarray of float
        For each stratum the product of the sampling fractions of the stages above.
    names : StratumNames
        What people call each stratum.
    probability : numpy.ndarray of float, optional
        For each unit its inclusion probability, where units of a stratum were drawn with unequal probabilities.
    """

    unit: Ints
    stratum: Ints
    parent: Ints
    sampled: Floats
    population: Floats
    above: Floats
    names: StratumNames
    probability: Floats | None = None

    @property
    def unsampled(self) -> Floats:
        """For each unit the unsampled share of its stratum, ``(N - n) / N``; with a probability, one minus that."""
        if self.probability is not None:
            return 1 - self.probability
        with np.errstate(invalid="ignore"):
            share = (self.population - self.sampled) / self.population
        return np.where(np.isinf(self.population), 1.0, share)[self.stratum]

    @property
    def fraction(self) -> Floats:
        """For each unit its sampling fraction, 0 when drawn with replacement."""
        return (self.sampled / self.population)[self.stratum] if self.probability is None else self.probability

    @property
    def complete(self) -> Bools:
        """For each stratum whether all of its units were sampled."""
        left_out = np.zeros(len(self.sampled), dtype=bool)
        left_out[self.stratum[self.unsampled >= COMPLETE]] = True
        return ~left_out

    @property
    def lone(self) -> Ints:
        """The strata with one sampled unit that is not their whole population."""
        return np.flatnonzero((self.sampled == 1) & ~self.complete)


def stages(
    study: Study, strata: Sequence[str], psu: Sequence[str], fpc: Sequence[str], *, unequal: bool = False
) -> tuple[Stage, ...]:
    """Lay out the stages that the variance needs: every stage with an fpc, and the first in any case.

    Stages without an fpc after stages with one count as complete, as R's manual has it: they add no variance.

    Parameters
    ----------
    study : Study
        The data.
    strata, psu, fpc : sequence of str
        Columns, one for each stage, first stage first, e.g. ``["district", "school"]``.
    unequal : bool
        Whether ``fpc`` holds the inclusion probability of each unit, which differ within a stratum.

    Raises
    ------
    DesignError
        When ids are missing, or population sizes are missing, vary within a stratum or are below the sample.
    """
    _check_lengths(strata, psu, fpc)
    rows = study.rows
    stratum_ids = [_ids(study, name, "strata") for name in strata]
    unit_ids = [_ids(study, name, "psu") for name in psu]
    sizes, fractions = _sizes(study, fpc)
    laid: list[Stage] = []
    for depth in range(max(1, len(fpc))):
        above = laid[-1] if laid else None
        parts = ([above.unit] if above else []) + stratum_ids[depth : depth + 1]
        stratum = combined(parts, rows)
        unit = combined([stratum, unit_ids[depth]], rows) if psu else np.arange(rows, dtype=np.int64)
        above_it = [name for level in range(depth) for name in (*strata[level : level + 1], psu[level])]
        columns = tuple((name, study.frame[name]) for name in (*above_it, *strata[depth : depth + 1]))
        stage = _stage(unit, stratum, above, columns)
        if unequal:
            stage = with_probabilities(stage, fpc[depth], sizes[depth])
        elif fpc:
            stage = _with_population(stage, fpc[depth], sizes[depth], fractions)
        laid.append(stage)
    return tuple(laid)


def weights_from_fpc(laid: Sequence[Stage]) -> Floats:
    """Give each row the inverse of its sampling fraction: the product over the stages of N / n."""
    weights = np.ones(len(laid[0].unit))
    for stage in laid:
        if stage.probability is not None:
            weights /= stage.probability[stage.unit]
            continue
        if np.isinf(stage.population).any():
            raise DesignError(
                "an infinite fpc (drawn with replacement) gives no weights; name the column of weights, weight='...' "
                "(--weight ...)."
            )
        weights *= (stage.population / stage.sampled)[stage.stratum[stage.unit]]
    return weights


def combined(parts: Sequence[Codes], rows: int) -> Ints:
    """Number the combinations that occur, in ascending order of their parts.

    Examples
    --------
    >>> combined([np.array([0, 0, 5]), np.array([7, 7, 1])], 3).tolist()
    [0, 0, 1]
    """
    code = np.zeros(rows, dtype=np.int64)
    for part in parts:
        code = _renumbered(code * (int(part.max()) + 1) + part)
    return code


def _renumbered(code: Ints) -> Ints:
    top = int(code.max()) + 1
    if top > 8 * len(code) + 1024:
        return np.unique(code, return_inverse=True)[1].astype(np.int64)
    present = np.zeros(top, dtype=np.int64)
    present[code] = 1
    return (np.cumsum(present) - 1)[code]


def _check_lengths(strata: Sequence[str], psu: Sequence[str], fpc: Sequence[str]) -> None:
    stages_named = max(1, len(psu))
    units = f"psu names {len(psu)} ({', '.join(psu)})" if psu else "psu names none, so there is one, the rows"
    if len(fpc) > stages_named:
        raise DesignError(
            f"fpc is given for {len(fpc)} stages ({', '.join(fpc)}), but {units}; "
            "name the units of every stage, e.g. psu=['school', 'pupil'], fpc=['schools', 'pupils'] "
            "(--psu school,pupil --fpc schools,pupils)."
        )
    if len(strata) > stages_named:
        raise DesignError(
            f"strata is given for {len(strata)} stages ({', '.join(strata)}), but {units}; "
            "strata that cross at one stage belong into one column."
        )


def _ids(study: Study, name: str, role: str) -> Ints:
    coded = categories(study, name)
    absent = int((coded.positions < 0).sum())
    if absent:
        raise DesignError(
            f"{role} '{name}' is missing in {absent} of {len(coded.positions)} rows; every row needs it. "
            "Fill it in, or leave those rows out of the data."
        )
    return coded.positions


def _stage(unit: Ints, stratum: Ints, above: Stage | None, columns: tuple[tuple[str, pd.Series], ...]) -> Stage:
    """Lay out a stage drawn with replacement from each row's unit and stratum."""
    units, strata = int(unit.max()) + 1, int(stratum.max()) + 1
    stratum_of_unit, parent = np.zeros(units, dtype=np.int64), np.zeros(units, dtype=np.int64)
    stratum_of_unit[unit] = stratum
    fraction_above = np.ones(strata)
    if above is not None:
        parent[unit] = above.unit
        fraction_above[stratum] = (above.above[above.stratum] * above.fraction)[above.unit]
    first_row = np.zeros(strata, dtype=np.int64)
    first_row[stratum[::-1]] = np.arange(len(stratum))[::-1]
    return Stage(
        unit=unit,
        stratum=stratum_of_unit,
        parent=parent,
        sampled=np.bincount(stratum_of_unit, minlength=strata).astype(np.float64),
        population=np.full(strata, np.inf),
        above=fraction_above,
        names=StratumNames(columns, first_row),
    )


def _with_population(stage: Stage, name: str, size: Floats, fractions: bool) -> Stage:
    """Give the stage the population sizes of an fpc column, checked to be constant and no less than the sample."""
    stratum = stage.stratum[stage.unit]
    given = size[stage.names.first_row]
    varying = np.flatnonzero(size != given[stratum])
    if len(varying):
        row = varying[0]
        raise DesignError(
            f"fpc '{name}' varies within {stage.names[stratum[row]]}: {given[stratum[row]]:g} and {size[row]:g}; "
            "it is the population size of the stratum (or of the unit sampled at the stage above)."
        )
    population = stage.sampled / given if fractions else given
    short = np.flatnonzero(population < stage.sampled)
    if len(short):
        first = short[0]
        raise DesignError(
            f"fpc '{name}' says {given[first]:g} units in {stage.names[first]}, but {stage.sampled[first]:g} are in "
            "the sample; it counts the units of this stage (PSUs at the first stage), not people."
        )
    return replace(stage, population=population)


def with_probabilities(stage: Stage, name: str, probability: Floats) -> Stage:
    """Give the stage the inclusion probability of each of its units.

    Raises
    ------
    DesignError
        When a probability is above 1 or varies within a unit.
    """
    above_one = np.flatnonzero(probability > 1)
    if len(above_one):
        raise DesignError(
            f"fpc '{name}' is {probability[above_one[0]]:g} in row {above_one[0] + 1}; with pps it holds each unit's "
            "inclusion probability, above 0 and at most 1."
        )
    of_unit = np.zeros(len(stage.stratum))
    of_unit[stage.unit] = probability
    varying = np.flatnonzero(probability != of_unit[stage.unit])
    if len(varying):
        row = varying[0]
        raise DesignError(
            f"fpc '{name}' varies within a unit of {stage.names[stage.stratum[stage.unit[row]]]}: {probability[row]:g} "
            f"in row {row + 1} and {of_unit[stage.unit[row]]:g}; all rows of a unit share its inclusion probability."
        )
    return replace(stage, probability=of_unit)


def _sizes(study: Study, fpc: Sequence[str]) -> tuple[list[Floats], bool]:
    """Give the fpc columns and whether they are fractions: they are when none is above 1 (R's rule)."""
    columns = [_size_column(study, name) for name in fpc]
    if not any((column > 1).any() for column in columns):
        return columns, True
    below = [name for name, column in zip(fpc, columns, strict=True) if (column < 1).any()]
    if below:
        raise DesignError(
            f"fpc mixes population counts (above 1) and sampling fractions (below 1, in {', '.join(below)}); "
            "give every stage and row as one or the other."
        )
    return columns, False


def _size_column(study: Study, name: str) -> Floats:
    values = numbers(study, name, purpose="population size", infinite=True)[0]
    absent, bad = int(np.isnan(values).sum()), int((values <= 0).sum())
    if absent:
        raise DesignError(f"fpc '{name}' is missing in {absent} of {len(values)} rows; every row needs it.")
    if bad:
        raise DesignError(
            f"fpc '{name}' is zero or negative in {bad} of {len(values)} rows; it is the number of units in the "
            "population of the stratum, or the fraction of them that was sampled."
        )
    return values
