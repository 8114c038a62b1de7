"""The largest weight that trimming leaves: given, or by a rule from the weights themselves.

Potter (1990), A study of procedures to identify and trim extreme sampling weights, ASA Proceedings of the Survey
Research Methods Section; Valliant, Dever and Kreuter (2018), Practical Tools for Designing and Weighting Survey
Samples, section 14.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np

from ...data.errors import WeightingError
from ..estimation.quantile_rules import READERS
from ..sampling.categories import Floats

Of = Literal["median", "mean"]

ROUNDING = 1e-9
"""A part of a respondent this small is rounding: it would put a cap beside the weight that it is."""


class CapRule(Protocol):
    """How the cap is found."""

    def cap(self, weights: Floats, frequency: Floats) -> float:
        """Give the cap for weights of respondents who count with a frequency."""

    @property
    def words(self) -> str:
        """The rule in words; empty where the cap is all there is to say."""

    @property
    def options(self) -> dict[str, object]:
        """The rule as in a recipe."""


@dataclass(frozen=True)
class FixedCap:
    """A cap that stays what it is, in every replicate too.

    Examples
    --------
    >>> FixedCap(3.0).cap(np.array([1.0, 9.0]), np.ones(2))
    3.0
    """

    value: float
    words: str = ""
    name: str = "cap"
    chosen: object = None

    def cap(self, weights: Floats, frequency: Floats) -> float:
        """Give the cap."""
        return self.value

    @property
    def options(self) -> dict[str, object]:
        """The rule as in a recipe."""
        return {self.name: self.value if self.chosen is None else self.chosen}


@dataclass(frozen=True)
class MultipleCap:
    """A multiple of the median or mean of the weights above 0.

    Examples
    --------
    >>> MultipleCap(3.0, "median").cap(np.array([0.0, 1.0, 2.0, 9.0]), np.ones(4))
    6.0
    >>> MultipleCap(3.0, "mean").cap(np.array([0.0, 1.0, 2.0, 9.0]), np.ones(4))
    12.0
    """

    multiple: float
    of: Of

    def cap(self, weights: Floats, frequency: Floats) -> float:
        """Give the cap; in a replicate that of its own respondents."""
        values, counts = _counting(weights, frequency)
        if self.of == "mean":
            return float(self.multiple * (counts @ values) / counts.sum())
        return float(self.multiple * READERS["school"](values, counts, np.array([0.5]))[0])

    @property
    def words(self) -> str:
        """The rule in words."""
        return f"{self.multiple:g} times the {self.of} weight"

    @property
    def options(self) -> dict[str, object]:
        """The rule as in a recipe."""
        return {"multiple": self.multiple, "of": self.of}


@dataclass(frozen=True)
class QuantileCap:
    """A quantile of the weights above 0, each respondent counting once: type 7, the default of R and numpy.

    In a replicate respondents count as often as they were drawn.

    Examples
    --------
    >>> QuantileCap(0.75).cap(np.array([0.0, 1.0, 2.0, 3.0, 4.0, 9.0]), np.ones(6))
    4.0
    >>> QuantileCap(0.25).cap(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 1.0, 0.0, 3.0]))
    2.0
    """

    quantile: float

    def cap(self, weights: Floats, frequency: Floats) -> float:
        """Give the cap; in a replicate that of its own respondents."""
        values, counts = _counting(weights, frequency)
        return _type_7(values, counts, self.quantile)

    @property
    def words(self) -> str:
        """The rule in words."""
        return f"the {self.quantile:g} quantile of the weights"

    @property
    def options(self) -> dict[str, object]:
        """The rule as in a recipe."""
        return {"quantile": self.quantile}


def _counting(weights: Floats, frequency: Floats) -> tuple[Floats, Floats]:
    """Give the weights above 0 of those who count, ascending, with their frequencies, whatever the order of rows."""
    counted = (weights > 0) & (frequency > 0)
    values, counts = weights[counted], frequency[counted]
    if counts.min() == counts.max():
        return np.sort(values), counts
    order = np.lexsort((counts, values))
    return values[order], counts[order]


def _type_7(values: Floats, counts: Floats, quantile: float) -> float:
    """Give the quantile of type 7 of values, ascending, that occur some number of times, whole or not.

    With each value laid out as long as it occurs, this is the mean over one respondent's length from place ``quantile *
    (total - length)`` on. For whole numbers the length is 1, which interpolates between two neighbours as type 7 does
    with the values repeated. Else it is the smallest number, so that those left by a jackknife, each raised by the same
    factor, count once, and a bootstrap of Rao and Wu counts everybody as often as drawn.
    """
    whole = np.rint(counts)
    if (np.abs(counts - whole) <= ROUNDING).all() and whole.all():
        counts, length = whole, 1.0
    else:
        length = float(counts.min())
    ends = np.cumsum(counts)
    place = quantile * (float(ends[-1]) - length)
    part = np.minimum(ends, place + length) - np.maximum(ends - counts, place)
    within = np.flatnonzero(part > ROUNDING * part.max())
    low = values[within[0]]
    # as distances from the lowest, so that equal weights have themselves as their quantile
    return float(low + part[within] @ (values[within] - low) / part[within].sum())


def cap_rule(
    cap: float | None, multiple: float | None, quantile: float | None, of: str, *, other: tuple[str, ...] = ()
) -> CapRule | None:
    """Give the one rule that was chosen; None where it is one of the others.

    Parameters
    ----------
    cap, multiple, quantile : float or None
        The rules.
    of : str
        What the multiple is of.
    other : tuple of str
        Rules chosen beside these.

    Raises
    ------
    WeightingError
        When several rules are chosen, or one with a value that is none.

    Examples
    --------
    >>> cap_rule(None, 5, None, "median").words
    '5 times the median weight'
    """
    given = {"cap": cap, "multiple": multiple, "quantile": quantile}
    chosen = [*(name for name, value in given.items() if value is not None), *other]
    if len(chosen) > 1:
        raise WeightingError(f"{' and '.join(chosen)} are given; a cap follows from one rule, so choose one of them.")
    if of not in get_args(Of):
        raise WeightingError(f"of is {of!r}; the multiple is of the 'median' or of the 'mean' of the weights.")
    if cap is not None:
        return FixedCap(above_zero("cap", cap, "the largest weight that anybody keeps, e.g. 4.5"))
    if multiple is not None:
        return MultipleCap(above_zero("multiple", multiple, f"how many times the {of} weight, e.g. 5"), _of(of))
    if quantile is None:
        return None
    if not above_zero("quantile", quantile, "a share of the respondents, e.g. 0.99") < 1:
        raise WeightingError(f"quantile is {quantile!r}; it is a share of the respondents below 1, e.g. 0.99.")
    return QuantileCap(float(quantile))


def above_zero(name: str, value: object, meaning: str) -> float:
    """Give an option that is a finite number above 0.

    Raises
    ------
    WeightingError
        When it is none, with what it means.

    Examples
    --------
    >>> above_zero("cap", 4, "the largest weight")
    4.0
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise WeightingError(f"{name} is {value!r}; it is a number above 0, {meaning}.")
    if not 0 < float(value) < np.inf:
        raise WeightingError(f"{name} is {float(value):g}; it is above 0 and finite, {meaning}.")
    return float(value)


def _of(of: str) -> Of:
    return "mean" if of == "mean" else "median"
