"""What a design keeps of each step of its weighting: what was done, how to do it again, how variances learn of it.

A step turns weights into weights. A replicate is a frequency for each row (how often a bootstrap drew it, 0 where a
jackknife leaves it out) beside the weight that one respondent has; a step is done again with sums over frequency times
weight, so that somebody drawn twice counts twice and yet has no larger weight. What comes of it is a
:class:`Change`, a few numbers from which the weights of rows follow, and never a table of rows by replicates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .categories import Codes, Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

    from .target_error import TargetError

Rows = Ints | slice
"""Places of rows; ``slice(None)`` for all."""

Auxiliary = tuple[Codes, int] | Floats
"""Columns of a regression: each row's category and the number of categories, or rows x columns of numbers."""

TAKES_OUT = ("eligibility", "nonresponse", "frame")
"""Steps that leave rows without weight, as no respondents or not of the population; estimates are about the others."""


class Change(Protocol):
    """What a step did to one set of weights."""

    def applied(self, weights: Floats, rows: Rows) -> Floats:
        """Give the weights of some rows after the step, from theirs before it."""


@dataclass(frozen=True, eq=False)
class CellFactors:
    """A change by one factor for each class of rows.

    Attributes
    ----------
    cell : numpy.ndarray of int
        For each row its class.
    factor : numpy.ndarray
        For each class what weights are multiplied by.

    Examples
    --------
    >>> halved = CellFactors(np.array([0, 0, 1]), np.array([0.5, 1.0]))
    >>> halved.applied(np.array([2.0, 4.0, 6.0]), slice(None)).tolist()
    [1.0, 2.0, 6.0]
    """

    cell: Codes
    factor: Floats

    def applied(self, weights: Floats, rows: Rows) -> Floats:
        """Give the weights of some rows after the step, from theirs before it."""
        return np.asarray(weights * self.factor[self.cell[rows]])


@dataclass(frozen=True, eq=False)
class Replicate:
    """One replicate of a sample.

    Attributes
    ----------
    number : int
        Its place, from 0.
    of : int
        How many there are.
    reach : float
        One over the root of the factor that its square gets in the variance: a deviation of ``reach * e`` in this
        replicate alone adds ``e**2``.
    """

    number: int
    of: int
    reach: float

    def __str__(self) -> str:
        """Give its name in messages, e.g. ``"replicate 3 of 200"``."""
        return f"replicate {self.number + 1} of {self.of}"


class Task(Protocol):
    """A step that can be done again."""

    @property
    def classes(self) -> Codes | None:
        """For each row its class, where rows of one class are multiplied alike whatever their weights; else None."""

    def replayed(self, weights: Floats, frequency: Floats, replicate: Replicate) -> Change:
        """Do the step again.

        Parameters
        ----------
        weights : numpy.ndarray
            For each row the weight of one respondent before the step.
        frequency : numpy.ndarray
            For each row how often it counts.
        replicate : Replicate
            Which replicate it is.

        Raises
        ------
        WeightingError
            When the step cannot be done, with the replicate's name.
        """


@dataclass(frozen=True, eq=False)
class Linearisation:
    """How an estimate on the weights after a step depends on the frequencies of rows through the step.

    With z the influence values on the weights after the step, W = after * z what a row adds to the estimate's error,
    and x the row's auxiliaries: the row adds ``W - taken * x'B`` before the step, where
    ``B = solve(sum(curvature * x x'), sum(regression * x z))``, plus ``shift * direction'B`` for each of ``moves``.

    Calibration to known totals takes ``after`` (``regression`` and ``curvature`` are base weights times the derivative
    of the distance's factor); a ratio within classes takes ``after - before``; a logit propensity takes its score.

    Attributes
    ----------
    after : numpy.ndarray
        Weights after the step.
    auxiliaries : tuple of Auxiliary
        The columns x, in blocks.
    taken, regression : numpy.ndarray
        As above, by row.
    curvature : numpy.ndarray or None
        As above; None for ``regression``. Where it comes from other rows too, as that of a membership in this sample
        and not in a reference does, the whole matrix, auxiliaries x auxiliaries.
    moves : tuple of (numpy.ndarray, numpy.ndarray)
        How targets move with the sample: shifts by row, and the direction by auxiliary.
    target_error : TargetError or None
        Error of targets that were estimated from another sample, by auxiliary: with covariance V it adds ``B' V B``,
        and goes together with that of other steps on the same sample.
    through : tuple of (numpy.ndarray, numpy.ndarray) or None
        How the estimate moves with the weight a row has before the step, where that is not how it moves with the
        row's frequency: a cap counts twice who was drawn twice, but a larger weight changes nothing at it. The pair
        (own, took), by row, says that it moves by ``own * z - took * x'B``, relative to that weight; None for
        ``(after, taken)``.
    earlier : Linearisation or None
        Of what the step did first, where it is two in one.
    """

    after: Floats
    auxiliaries: tuple[Auxiliary, ...]
    taken: Floats
    regression: Floats
    curvature: Floats | None = None
    moves: tuple[tuple[Floats, Floats], ...] = ()
    target_error: TargetError | None = None
    through: tuple[Floats, Floats] | None = None
    earlier: Linearisation | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class WeightingStep:
    """One step of a weighting, on record.

    Attributes
    ----------
    kind : str
        What it is, as in a recipe: ``"rake"``, ``"nonresponse"``, ``"trim"`` ...
    words : str
        What was done, e.g. ``"raked on sex, age4 to cn-adults-2020"``.
    options : mapping of str to plain values
        With which options, and what came of it in numbers.
    before, after : numpy.ndarray
        The weights, by row.
    task : Task
        The step, to be done again on replicates.
    linearisation : Linearisation or None
        How variances learn of it; None where the factors are fixed.
    table : pandas.DataFrame or None
        By category or class what was wanted, found and done.
    notes : tuple of str
        What must stand under results.
    brief : tuple of str
        The same with each source said once and short, as it stands under printed estimates.
    """

    kind: str
    words: str
    before: Floats = field(repr=False)
    after: Floats = field(repr=False)
    task: Task = field(repr=False)
    options: Mapping[str, object] = field(default_factory=dict)
    linearisation: Linearisation | None = field(default=None, repr=False)
    table: pd.DataFrame | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()
    brief: tuple[str, ...] = ()

    def summary(self) -> str:
        """Give what was done in a few words."""
        return self.words

    def document(self) -> dict[str, object]:
        """Give the step as plain values for JSON."""
        return {
            "kind": self.kind,
            "summary": self.summary(),
            **self.options,
            "table": None if self.table is None else self.table.to_dict("records"),
            "notes": list(self.notes),
            "brief": list(self.brief),
        }


def followed_back(steps: Sequence[WeightingStep]) -> Iterator[Linearisation]:
    """Go through the linearisations of steps, the last first; of two in one, what was done first comes last."""
    for step in reversed(steps):
        here = step.linearisation
        while here is not None:
            yield here
            here = here.earlier
