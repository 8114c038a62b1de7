"""Bootstraps of sampling units: with the weights of R's ``bootstrap``, ``subbootstrap`` and ``mrbbootstrap``.

Canty and Davison (1999), Resampling-based variance estimation for labour force surveys, The Statistician 48(3); Rao
and Wu (1988), JASA 83; Rao, Wu and Yue (1992), Some recent work on resampling methods for complex surveys, Survey
Methodology 18(2); Preston (2009), Rescaled bootstrap for stratified multistage sampling, Survey Methodology 35(2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...data.errors import DesignError
from ..sampling.categories import Bools, Floats, Ints
from ..sampling.sample import COMPLETE, Stage
from .draws import Draws
from .replicate_factors import DROPPED, Factors, in_file_order, unsampled_share, varying

URN = 100_000_000
"""A population beyond this many units is drawn from as if with replacement."""


def canty_davison(stage: Stage, replicates: int, seed: int) -> Factors:
    """Draw as many PSUs as there are in each stratum, with replacement, or from a population of their copies.

    The variance is multiplied by m / (m - 1), m the harmonic mean of the PSUs in a stratum, as in R, and by
    (M - 1) / M, M that of the PSUs in its population: exact where all strata have as many.
    """
    usable = _usable(stage)
    sampled, population = np.mean(1 / stage.sampled[usable]), np.mean(1 / stage.population[usable])
    scale = float((1 - population) / ((1 - sampled) * (replicates - 1)))
    uneven = len(np.unique(stage.sampled[usable])) > 1
    text = f"bootstrap of PSUs (Canty and Davison), {replicates} replicates"
    note = f"strata of {min(stage.sampled[usable]):g} to {max(stage.sampled[usable]):g} PSUs scaled alike"
    urns, varies = _urns_of_copies(stage, usable, np.random.default_rng(seed))
    draws = Draws(urns.factors, seed, replicates, (stage,), (varies,))
    return Factors(stage.unit, draws.kept(), scale, np.ones(replicates), text, notes=(note,) if uneven else ())


def _urns_of_copies(stage: Stage, usable: Bools, rng: np.random.Generator) -> tuple[Urns, Bools]:
    """Fill urns with copies of PSUs, as many as the population has, and say which strata vary.

    Where more than half of the copies are drawn, those that stay in the urn are drawn instead.
    """
    n, finite = stage.sampled.astype(np.int64), stage.population <= URN
    copies = np.maximum(n, np.rint(np.where(finite, stage.population, n)).astype(np.int64))
    staying = finite & (copies < 2 * n)
    draws = np.where(usable, np.where(staying, copies - n, n), 0)
    member, of = np.concatenate(in_file_order(stage)), stage.stratum
    member = member[np.lexsort((rng.random(len(member)), of[member]))]  # chance says whose copies are one more
    place = np.empty(len(member), dtype=np.int64)
    place[member] = np.arange(len(member)) - (np.cumsum(n) - n)[of[member]]
    own = copies[of] // n[of] + (place < (copies % n)[of])
    shift = np.where(usable[of], np.where(staying[of], own, 0), 1).astype(np.float64)
    slope = np.where(usable, np.where(staying, -1.0, 1.0), 0.0)[of]
    return Urns.laid_out(member, n, draws, shift, slope, copies, finite), usable & (draws > 0)


def rao_wu(stage: Stage, replicates: int, seed: int, *, drawn: int | None = None, corrected: bool = False) -> Factors:
    """Draw fewer PSUs than there are in each stratum, with replacement, and rescale.

    Parameters
    ----------
    stage : Stage
        The first stage.
    replicates : int
        How many, e.g. ``200``.
    seed : int
        Where chance starts.
    drawn : int, optional
        PSUs to draw in each stratum, at most one less than it has; without it one less than it has.
    corrected : bool
        Whether finite population corrections of the first stage shrink the factors towards 1.
    """
    usable = _usable(stage)
    n, share = stage.sampled.astype(np.int64), unsampled_share(stage)
    m = np.where(usable, n - 1 if drawn is None else np.minimum(drawn, n - 1), 0)
    reach = np.sqrt(m * (share if corrected else 1.0) / np.maximum(n - 1, 1))
    slope = reach * n / np.maximum(m, 1)
    reach, slope = reach[stage.stratum], slope[stage.stratum]
    urns = Urns.laid_out(np.concatenate(in_file_order(stage)), n, m, 1 - reach, slope)
    finite = bool(np.isfinite(stage.population[usable]).any())
    how = "one PSU fewer than each stratum has" if drawn is None else f"{drawn} PSUs a stratum, one fewer at most"
    name = "Rao, Wu and Yue" if corrected else "Rao and Wu"
    text = f"bootstrap of {how} ({name}), {replicates} replicates"
    notes = (DROPPED,) if finite and not corrected else ()
    draws = Draws(urns.factors, seed, replicates, (stage,), (usable,))
    return Factors(stage.unit, draws.kept(), 1 / (replicates - 1), np.ones(replicates), text, notes=notes)


@dataclass(frozen=True, eq=False)
class Urns:
    """An urn for each stratum, and how counts of what is drawn become factors: ``shift + slope * count``.

    Attributes
    ----------
    member : numpy.ndarray of int64
        Units, stratum by stratum.
    start, members : numpy.ndarray of int64
        For each draw where its stratum starts in ``member``, and how many there are of it.
    copies : numpy.ndarray of int64
        For each draw how many things are in its urn: the members, or copies of them in turn.
    before : numpy.ndarray of int64
        For each draw how many things are in the urns before its own.
    kept_out : numpy.ndarray of int64
        The draws after which nothing is put back.
    shift, slope : numpy.ndarray
        By unit.
    """

    member: Ints
    start: Ints
    members: Ints
    copies: Ints
    before: Ints
    kept_out: Ints
    shift: Floats
    slope: Floats

    @classmethod
    def laid_out(
        cls,
        member: Ints,
        members: Ints,
        draws: Ints,
        shift: Floats,
        slope: Floats,
        copies: Ints | None = None,
        kept_out: Bools | None = None,
    ) -> Urns:
        """Take the members, draws and copies of each stratum; without copies each member is there once."""
        stratum = np.repeat(np.arange(len(draws)), draws)
        copies = members if copies is None else copies
        return cls(
            member=member,
            start=(np.cumsum(members) - members)[stratum],
            members=members[stratum],
            copies=copies[stratum],
            before=(np.cumsum(copies) - copies)[stratum],
            kept_out=np.flatnonzero(kept_out[stratum]) if kept_out is not None else stratum[:0],
            shift=shift,
            slope=slope,
        )

    def factors(self, rng: np.random.Generator) -> Floats:
        """Draw once from all urns, and give the factor of each unit."""
        unit = self.member[self.start + self._drawn(rng) % self.members]
        return self.shift + self.slope * np.bincount(unit, minlength=len(self.shift))

    def _drawn(self, rng: np.random.Generator) -> Ints:
        """Give the number of what is drawn in its urn; what may come only once is drawn until it is another."""
        drawn = _picked(self.copies, rng)
        again = self.kept_out
        while len(again):
            first = np.unique((self.before + drawn)[self.kept_out], return_index=True)[1]
            again = np.delete(self.kept_out, first)
            drawn[again] = _picked(self.copies[again], rng)
        return drawn


def _picked(copies: Ints, rng: np.random.Generator) -> Ints:
    return (rng.random(len(copies)) * copies).astype(np.int64)


def preston(laid: Sequence[Stage], replicates: int, seed: int) -> Factors:
    """Draw half of the units at every stage, without replacement, and rescale."""
    _usable(*laid)
    halvings = [_halving(stage) for stage in laid]
    varies = [(halving.reach > 0) & (stage.sampled > 1) for halving, stage in zip(halvings, laid, strict=True)]
    draws = Draws(partial(_halved, laid, halvings, _ancestors(laid)), seed, replicates, laid, varies)
    text = f"rescaled bootstrap of {len(laid)} stage{'s' if len(laid) > 1 else ''} (Preston), {replicates} replicates"
    return Factors(laid[-1].unit, draws.kept(), 1 / (replicates - 1), np.ones(replicates), text)


@dataclass(frozen=True, eq=False)
class _Halving:
    """How half of a stage's units are drawn: by stratum how many, how far factors move from 1, and its first place."""

    half: Floats
    reach: Floats
    start: Floats


def _halving(stage: Stage) -> _Halving:
    """Plan to draw half of the units of each stratum, rounded down; strata drawn whole stay whole.

    Factors move by the root of f m (1 - f) / (n - m).
    """
    half = np.where(stage.complete, stage.sampled, stage.sampled // 2)
    share = unsampled_share(stage)
    moved = stage.above * half * share / np.maximum(stage.sampled - half, 1)
    reach = np.sqrt(np.where((half == stage.sampled) | (share < COMPLETE), 0.0, moved))
    return _Halving(half, reach, np.cumsum(stage.sampled) - stage.sampled)


def _halved(
    laid: Sequence[Stage], halvings: Sequence[_Halving], above: Sequence[Ints], rng: np.random.Generator
) -> Floats:
    """Draw half of the units of all stages once, and give the factor of each unit of the last."""
    factors = np.ones(len(laid[-1].stratum))
    weight, kept = np.ones(len(laid[0].stratum)), np.ones(len(laid[0].stratum), dtype=bool)
    for stage, halving, last in zip(laid, halvings, above, strict=True):
        if stage is not laid[0]:
            weight, kept = weight[stage.parent], kept[stage.parent]
        keep = _kept(stage, halving, rng)
        kept_from = np.where(halving.half > 0, stage.sampled / np.maximum(halving.half, 1), 0.0)[stage.stratum]
        change = weight * halving.reach[stage.stratum] * (kept_from * keep - 1) * kept
        factors += change[last]
        weight, kept = weight * np.sqrt(kept_from), kept & keep
    return factors


def _kept(stage: Stage, halving: _Halving, rng: np.random.Generator) -> Bools:
    order = np.lexsort((rng.random(len(stage.stratum)), stage.stratum))
    rank = np.empty(len(order))
    rank[order] = np.arange(len(order)) - halving.start[stage.stratum[order]]
    return rank < halving.half[stage.stratum]


def _ancestors(laid: Sequence[Stage]) -> list[Ints]:
    """Give for each stage the unit that each unit of the last stage belongs to."""
    own = np.arange(len(laid[-1].stratum))
    above = [own]
    for stage in reversed(laid[1:]):
        own = stage.parent[own]
        above.append(own)
    return above[::-1]


def _usable(*laid: Stage) -> Bools:
    """Say which strata of the first stage vary; refuse a sample of which no stratum does at any stage."""
    if not any(varying(stage).any() for stage in laid):
        raise DesignError(
            "no stratum has two PSUs or more of which there are others in the population, so there is nothing to draw "
            "again; estimate from the design as it is."
        )
    return varying(laid[0])
