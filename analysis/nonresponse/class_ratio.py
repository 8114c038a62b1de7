"""Weight passed on within classes: what some rows of a class lose, the others gain in proportion.

The ratio of two sums, of all rows of a class and of those that carry on: R's ``svrep::redistribute_weights``. Valliant,
Dever and Kreuter (2018), Practical Tools for Designing and Weighting Survey Samples, chapter 13.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...data.errors import WeightingError
from ..replication.carry_out import LEAVES_NOBODY_OUT
from ..sampling.categories import Bools, Floats, Ints
from ..sampling.step import CellFactors, Linearisation, Replicate
from ..sampling.sums import summed


@dataclass(frozen=True, eq=False)
class ClassRatio:
    """Who passes weight to whom, kept to be done again.

    Attributes
    ----------
    code : numpy.ndarray of int64
        For each row its class.
    names : tuple of str
        What people call the classes.
    part, known, staying : numpy.ndarray of bool
        Which rows take part; which of them share the weight of the class; which of those keep their share, as the
        others leave.
    weighted : bool
        Whether the shares are of weights, or of numbers of rows.
    carriers : str
        Who shares the weight, e.g. ``"respondents"``.
    """

    code: Ints
    names: tuple[str, ...]
    part: Bools
    known: Bools
    staying: Bools
    weighted: bool
    carriers: str

    @cached_property
    def classes(self) -> Ints:
        """For each row its class; one more for the rows that leave."""
        return np.where(self.staying, self.code, len(self.names))

    def replayed(self, weights: Floats, frequency: Floats, replicate: Replicate) -> CellFactors:
        """Pass the weight on in a replicate, within the classes of the whole sample.

        Raises
        ------
        WeightingError
            When a class of the replicate holds weight and nobody to carry it.
        """
        counting = weights * frequency if self.weighted else frequency
        size = len(self.names)
        whole, known = summed(self.code, size, counting * self.part), summed(self.code, size, counting * self.known)
        empty = np.flatnonzero((known <= 0) & (whole > 0))
        if len(empty):
            raise WeightingError(
                f"{replicate}: class {self.names[empty[0]]} has no {self.carriers}, so its weight cannot pass on. Join "
                f"thin classes (minimum=30), or choose {LEAVES_NOBODY_OUT}."
            )
        factor = np.divide(whole, known, out=np.ones(size), where=known > 0)
        return CellFactors(self.classes, np.append(factor, 0.0))

    def linearisation(self, before: Floats, after: Floats, factor: Floats) -> Linearisation:
        """Say how estimates depend on the factors: through each class's mean of influence."""
        counting = before if self.weighted else np.ones(len(before))
        carried = counting * factor[self.code] * self.known
        return Linearisation(
            after=after,
            auxiliaries=((self.code, len(self.names)),),
            taken=carried - counting * self.part,
            regression=after,
            curvature=carried,
            through=None if self.weighted else (after, np.zeros(len(before))),  # numbers of rows know of no weights
        )
