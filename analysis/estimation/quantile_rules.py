"""Rules by which a quantile is read off weighted values; the names are those of R's ``svyquantile(qrule=)``.

``hf1`` to ``hf9`` are the types of Hyndman and Fan (1996), Sample quantiles in statistical packages, The American
Statistician 50(4), with shares of the weights in place of ranks; ``math`` is ``hf1`` and ``school`` is ``hf2``. ``hf3``
is the exception: it is R survey's, which takes an even place only where the share is p exactly, and not type 3.
``shahvaish``: Shah and Vaish (2006), Confidence intervals for quantile estimation from complex survey data, Proceedings
of the Section on Survey Research Methods.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from ..sampling.categories import Bools, Floats, Ints
from ..sampling.sums import summed

QuantileRule = Literal["math", "school", "shahvaish", "hf1", "hf2", "hf3", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9"]

UNORDERED = ("math", "school", "hf1", "hf2", "hf3")
"""Rules that take the weights of equal values together."""

TIE = 1e-12
"""Shares of the weights this close are equal; else the scale of the weights would decide at p = 0.5 of an even n."""


@dataclass(frozen=True, eq=False)
class Sorted:
    """Values of each domain in ascending order, with their weights.

    Attributes
    ----------
    values : numpy.ndarray
        Domain after domain, ascending within each.
    weights : numpy.ndarray
        Their weights, all above zero.
    start : numpy.ndarray of int64
        Where each domain starts; one more entry for the end.
    """

    values: Floats
    weights: Floats
    start: Ints

    def quantiles(self, rule: QuantileRule, p: Floats) -> Floats:
        """Give the quantile of each domain (rows) at each p (columns); missing for an empty domain or a missing p.

        Examples
        --------
        >>> ages = sorted_values(np.array([40.0, 20.0, 30.0]), np.array([1.0, 1.0, 2.0]), np.zeros(3, dtype=int), 1)
        >>> ages.quantiles("math", np.array([[0.25, 0.5, 0.75]])).tolist()
        [[20.0, 30.0, 30.0]]
        >>> ages.quantiles("school", np.array([[0.25, 0.5, 0.75]])).tolist()
        [[25.0, 30.0, 35.0]]
        """
        found = np.full(p.shape, np.nan)
        for domain, asked in enumerate(p):
            known = ~np.isnan(asked)
            if self.start[domain] < self.start[domain + 1] and known.any():
                found[domain, known] = self._read(rule, domain, asked[known])
        return found

    def _read(self, rule: QuantileRule, domain: int, p: Floats) -> Floats:
        here = slice(self.start[domain], self.start[domain + 1])
        values, weights = self.values[here], self.weights[here]
        if values[0] == values[-1]:
            return np.full(len(p), values[0])
        return READERS[rule](values, weights, p)


def sorted_values(values: Floats, weights: Floats, domain: Ints, domains: int, rule: QuantileRule = "math") -> Sorted:
    """Sort values within domains; rows without weight are left out beforehand.

    Equal values keep the order of their rows where the rule interpolates, which then depends on it (as in R).
    """
    kind: Literal["stable"] | None = None if rule in UNORDERED else "stable"
    start = np.concatenate([[0], np.cumsum(np.bincount(domain, minlength=domains))]).astype(np.int64)
    if domains == 1:
        order = np.argsort(values, kind=kind)
    else:
        order = np.argsort(_small(domain, domains), kind="stable")
        for first, last in pairwise(start.tolist()):
            order[first:last] = order[first:last][np.argsort(values[order[first:last]], kind=kind)]
    return Sorted(values[order], weights[order], start)


def _small(domain: Ints, domains: int) -> Ints:
    """Give codes in a narrow type, which numpy sorts by counting."""
    return domain.astype(np.uint16) if domains < 2**16 else domain


def _shares(weights: Floats) -> Floats:
    """Add up shares of the weights, in about the root of n blocks so that a million equal ones still meet at 0.5."""
    size = math.isqrt(len(weights)) + 1
    blocks = np.zeros((-(-len(weights) // size), size))
    blocks.ravel()[: len(weights)] = weights
    np.cumsum(blocks, axis=1, out=blocks)
    blocks[1:] += np.cumsum(blocks[:-1, -1])[:, None]
    summed_up = blocks.ravel()[: len(weights)]
    return np.asarray(summed_up / summed_up[-1])


def _reached(shares: Floats, p: Floats) -> tuple[Ints, Bools]:
    """Give the first place whose share or position reaches p, and whether it is p itself."""
    place = np.minimum(np.searchsorted(shares, p - TIE), len(shares) - 1).astype(np.int64)
    return place, np.abs(shares[place] - p) <= TIE


def _inverse(values: Floats, weights: Floats, p: Floats) -> Floats:
    """Give the smallest value with at least a share p of the weights at or below it."""
    place, _ = _reached(_shares(weights), p)
    return values[place]


def _midpoint(values: Floats, weights: Floats, p: Floats) -> Floats:
    """Give the same, and halfway to the next value where the share is p exactly: the median of school."""
    place, met = _reached(_shares(weights), p)
    following = np.minimum(place + 1, len(values) - 1)
    return np.where(met, (values[place] + values[following]) / 2, values[place])


def _even(values: Floats, weights: Floats, p: Floats) -> Floats:
    """Give the same over different values, and where the share is p exactly that one of two in an even place."""
    distinct, which = np.unique(values, return_inverse=True)
    place, met = _reached(_shares(summed(which, len(distinct), weights)), p)
    following = np.minimum(place + 1, len(distinct) - 1)
    return distinct[np.where(met & (place % 2 == 0), following, place)]


def _stepped(values: Floats, weights: Floats, p: Floats) -> Floats:
    """Give the last value whose position, ``(n S + (1 - n w) / 2) / (n + 1)`` with shares S and w, is not above p."""
    n = len(values)
    position = (n * _shares(weights) + 0.5 - n * weights / weights.sum() / 2) / (n + 1)
    place = np.searchsorted(position, p + TIE, side="right") - 1
    return values[np.maximum(place, 0)]


def _between(before: float, after: float, beyond: float) -> Callable[[Floats, Floats, Floats], Floats]:
    """Interpolate between positions ``before * (S - w) + after * S``, over ``1 + beyond * w`` with w of the last."""

    def read(values: Floats, weights: Floats, p: Floats) -> Floats:
        shares, own = _shares(weights), weights / weights.sum()
        position = (before * np.concatenate([[0.0], shares[:-1]]) + after * shares) / (1 + beyond * own[-1])
        place, met = _reached(position, p)
        # a value itself and not one beside it by rounding, for the share at or below it would leave it out
        return np.where(met, values[place], np.interp(p, position, values))

    return read


READERS: dict[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "math": _inverse,
    "school": _midpoint,
    "shahvaish": _stepped,
    "hf1": _inverse,
    "hf2": _midpoint,
    "hf3": _even,
    "hf4": _between(0, 1, 0),
    "hf5": _between(1 / 2, 1 / 2, 0),
    "hf6": _between(0, 1, 1),
    "hf7": _between(1, 0, -1),
    "hf8": _between(1 / 3, 2 / 3, 1 / 3),
    "hf9": _between(3 / 8, 5 / 8, 1 / 4),
}
"""Rule -> how it reads quantiles p off ascending values and their weights."""
