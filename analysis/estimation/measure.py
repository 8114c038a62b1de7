"""What is added up for an estimate: the rows it rests on, and their values or categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...data.codebook import Code
from ..sampling.categories import Floats, Ints, Shown
from ..sampling.design import Design
from ..sampling.sums import Table, dense, is_dense, summed, sums

Number = TypeVar("Number", np.float64, np.int64)


@dataclass(frozen=True, eq=False)
class Base:
    """The rows that an estimate rests on, by domain.

    Items that everybody answered share one base, and what is worked out for it.

    Attributes
    ----------
    rows : numpy.ndarray of int64
        The rows, ascending.
    domain : numpy.ndarray of int64
        Their domains.
    domains : int
        How many domains there are.
    weights : numpy.ndarray
        Their weights.
    """

    rows: Ints
    domain: Ints
    domains: int
    weights: Floats

    @cached_property
    def n(self) -> Ints:
        """Respondents by domain."""
        return np.bincount(self.domain, minlength=self.domains)

    @cached_property
    def weighted_n(self) -> Floats:
        """Weights by domain; 1 where a domain is empty."""
        return np.where(self.n > 0, summed(self.domain, self.domains, self.weights), 1.0)

    @cached_property
    def effective_n(self) -> Floats:
        """Kish's effective size by domain: the square of the summed weights over the sum of their squares."""
        squares = summed(self.domain, self.domains, self.weights**2)
        return self.weighted_n**2 / np.where(self.n > 0, squares, 1.0)

    def own(self, values: NDArray[Number]) -> NDArray[Number]:
        """Give the values of the rows in the base."""
        return values if len(self.rows) == len(values) else values[self.rows]

    def sums(self, group: Ints, groups: int, values: Floats) -> Table:
        """Add up values of the rows in the base by group, for all rows of the sample, and domain."""
        if not is_dense(groups * self.domains, len(values)):
            return sums(self.own(group), groups, self.domain, self.domains, values)
        code = self._codes.get(id(group))
        if code is None:
            code = (group, self.own(group) * self.domains + self.domain)
            self._codes[id(group)] = code
        return summed(code[1], groups * self.domains, values).reshape(groups, self.domains)

    def weight_sums(self, group: Ints, groups: int) -> Table:
        """Add up weights by group and domain."""
        table = self._tables.get(id(group))
        if table is None:
            table = (group, self.sums(group, groups, self.weights))
            self._tables[id(group)] = table
        return table[1]

    @cached_property
    def _codes(self) -> dict[int, tuple[Ints, Ints]]:
        """Give the cells of rows by grouping; the grouping is kept, so that its identity stays its own."""
        return {}

    @cached_property
    def _tables(self) -> dict[int, tuple[Ints, Table]]:
        return {}


@dataclass(frozen=True, eq=False)
class Measure:
    """One quantity to estimate in every domain.

    Attributes
    ----------
    item : str
        What it is called in results.
    columns : tuple of str
        The columns it is made from.
    base : Base
        The rows it rests on.
    value : numpy.ndarray or None
        Their values; 1 and 0 for a chosen category; None where every category is estimated.
    divisor : numpy.ndarray or None
        Their values of the divisor of a ratio; None where the weights are the divisor.
    category : numpy.ndarray of int64 or None
        Their categories, where every category is estimated.
    shown : tuple
        The categories as printed; one None for values.
    codes : tuple of tuple of code
        The codes each category counts.
    missing : mapping of str to int
        Rows outside the base, by kind of missing.
    """

    item: str
    columns: tuple[str, ...]
    base: Base
    value: Floats | None
    category: Ints | None
    shown: tuple[Shown | None, ...]
    codes: tuple[tuple[Code, ...], ...]
    missing: Mapping[str, int]
    divisor: Floats | None = None

    @property
    def width(self) -> int:
        """Estimates for each domain."""
        return len(self.shown)

    @property
    def share(self) -> bool:
        """Whether it is a share of a category."""
        return self.shown[0] is not None

    @cached_property
    def binary(self) -> bool:
        """Whether the values are all 0 or 1."""
        return self.share or (self.value is not None and bool(((self.value == 0) | (self.value == 1)).all()))

    def divisor_sums(self, group: Ints, groups: int, weights: Floats | None = None) -> Table:
        """Add up weights, times the divisor of a ratio, by group and domain; other weights may take their place."""
        if self.divisor is None and weights is None:
            return self.base.weight_sums(group, groups)
        own = self.base.weights if weights is None else self.base.own(weights)
        return self.base.sums(group, groups, own if self.divisor is None else own * self.divisor)

    def value_sums(self, group: Ints, groups: int, weights: Floats | None = None) -> Table:
        """Add up weighted values by group and domain, or weights by group, domain and category."""
        own = self.base.weights if weights is None else self.base.own(weights)
        if self.value is not None:
            return self.base.sums(group, groups, own * self.value)
        assert self.category is not None
        cell = self.base.domain * self.width + self.category
        return sums(self.base.own(group), groups, cell, self.base.domains * self.width, own)

    def totals(self) -> Floats:
        """Add up weighted values by domain, or weights by domain and category."""
        base = self.base
        if self.value is not None:
            return summed(base.domain, base.domains, base.weights * self.value)
        assert self.category is not None
        return summed(base.domain * self.width + self.category, base.domains * self.width, base.weights)

    @cached_property
    def events(self) -> Ints:
        """Respondents by domain and category."""
        if self.value is not None:
            return summed(self.base.domain, self.base.domains, self.value).astype(np.int64)
        assert self.category is not None
        cell = self.base.domain * self.width + self.category
        return np.bincount(cell, minlength=self.base.domains * self.width)


def presence(design: Design, bases: Sequence[tuple[Base, int]]) -> Floats | None:
    """Say by first-stage stratum and estimate whether the stratum holds anybody of the base.

    Only ``lone_psu="average"`` asks for it. Each base comes with its number of estimates in a domain.
    """
    if design.lone_psu != "average":
        return None
    first = design.stages[0]
    stratum = first.stratum[first.unit]
    held = [np.repeat(dense(base.weight_sums(stratum, len(first.sampled))) > 0, width, axis=1) for base, width in bases]
    return np.hstack(held).astype(np.float64)
