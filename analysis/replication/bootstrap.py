"""Bootstraps of sampling units: with the weights of R's ``bootstrap``, ``subbootstrap`` and ``mrbbootstrap``.

Canty and Davison (1999), Resampling-based variance estimation for labour force surveys, The Statistician 48(3); Rao
and Wu (1988), JASA 83; Rao, Wu and Yue (1992), Some recent work on resampling methods for complex surveys, Survey
Methodology 18(2); Preston (2009), Rescaled bootstrap for stratified multistage sampling, Survey Methodology 35(2).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...data.errors import DesignError
from ..sampling.categories import Floats, Ints
from ..sampling.sample import COMPLETE, Stage
from .replicate_factors import DROPPED, Factors, check_size, in_file_order, unsampled_share, varying

URN = 100_000_000
"""A population beyond this many units is drawn from as if with replacement."""


def canty_davison(stage: Stage, replicates: int, rng: np.random.Generator) -> Factors:
    """Draw as many PSUs as there are in each stratum, with replacement, or from a population of their copies.

    The variance is multiplied by m / (m - 1), m the harmonic mean of the PSUs in a stratum, as in R, and by
    (M - 1) / M, M that of the PSUs in its population: exact where all strata have as many.
    """
    usable = _usable(stage, replicates, "the bootstrap")
    factors = np.ones((len(stage.stratum), replicates))
    members = in_file_order(stage)
    for stratum in np.flatnonzero(usable):
        factors[members[stratum]] = _drawn(len(members[stratum]), stage.population[stratum], replicates, rng)
    sampled, population = np.mean(1 / stage.sampled[usable]), np.mean(1 / stage.population[usable])
    scale = float((1 - population) / ((1 - sampled) * (replicates - 1)))
    uneven = len(np.unique(stage.sampled[usable])) > 1
    text = f"bootstrap of PSUs (Canty and Davison), {replicates} replicates"
    note = f"strata of {min(stage.sampled[usable]):g} to {max(stage.sampled[usable]):g} PSUs scaled alike"
    return Factors(stage.unit, factors, scale, np.ones(replicates), text, notes=(note,) if uneven else ())


def _drawn(n: int, population: float, replicates: int, rng: np.random.Generator) -> Floats:
    """Count how often each of n units is drawn in n draws."""
    if population > URN:
        return rng.multinomial(n, np.full(n, 1 / n), size=replicates).T.astype(np.float64)
    whole = max(n, round(population))
    copies = np.full(n, whole // n, dtype=np.int64)
    copies[rng.permutation(n)[: whole % n]] += 1
    return rng.multivariate_hypergeometric(copies, n, size=replicates, method="marginals").T.astype(np.float64)


def rao_wu(
    stage: Stage, replicates: int, rng: np.random.Generator, *, drawn: int | None = None, corrected: bool = False
) -> Factors:
    """Draw fewer PSUs than there are in each stratum, with replacement, and rescale.

    Parameters
    ----------
    stage : Stage
        The first stage.
    replicates : int
        How many, e.g. ``200``.
    rng : numpy.random.Generator
        The source of chance.
    drawn : int, optional
        PSUs to draw in each stratum, at most one less than it has; without it one less than it has.
    corrected : bool
        Whether finite population corrections of the first stage shrink the factors towards 1.
    """
    usable = _usable(stage, replicates, "the bootstrap")
    factors = np.ones((len(stage.stratum), replicates))
    members, share = in_file_order(stage), unsampled_share(stage)
    for stratum in np.flatnonzero(usable):
        n = len(members[stratum])
        m = n - 1 if drawn is None else min(drawn, n - 1)
        counts = rng.multinomial(m, np.full(n, 1 / n), size=replicates).T
        reach = np.sqrt(m * (share[stratum] if corrected else 1.0) / (n - 1))
        factors[members[stratum]] = 1 - reach + reach * (n / m) * counts
    finite = bool(np.isfinite(stage.population[usable]).any())
    how = "one PSU fewer than each stratum has" if drawn is None else f"{drawn} PSUs a stratum, one fewer at most"
    name = "Rao, Wu and Yue" if corrected else "Rao and Wu"
    text = f"bootstrap of {how} ({name}), {replicates} replicates"
    notes = (DROPPED,) if finite and not corrected else ()
    return Factors(stage.unit, factors, 1 / (replicates - 1), np.ones(replicates), text, notes=notes)


def preston(laid: Sequence[Stage], replicates: int, rng: np.random.Generator) -> Factors:
    """Draw half of the units at every stage, without replacement, and rescale."""
    last = laid[-1]
    _usable(last, replicates, "the bootstrap", any_stage=laid)
    factors = np.ones((len(last.stratum), replicates))
    above = _ancestors(laid)
    for replicate in range(replicates):
        weight, kept = np.ones(len(laid[0].stratum)), np.ones(len(laid[0].stratum), dtype=bool)
        for depth, stage in enumerate(laid):
            if depth:
                weight, kept = weight[stage.parent], kept[stage.parent]
            half, keep = _halved(stage, rng)
            kept_from = np.where(half > 0, stage.sampled / np.maximum(half, 1), 0.0)[stage.stratum]
            reach = _reach(stage, half)[stage.stratum]
            change = weight * reach * (kept_from * keep - 1) * kept
            factors[:, replicate] += change[above[depth]]
            weight, kept = weight * np.sqrt(kept_from), kept & keep
    text = f"rescaled bootstrap of {len(laid)} stage{'s' if len(laid) > 1 else ''} (Preston), {replicates} replicates"
    return Factors(last.unit, factors, 1 / (replicates - 1), np.ones(replicates), text)


def _halved(stage: Stage, rng: np.random.Generator) -> tuple[Floats, np.ndarray]:
    """Draw half of the units of each stratum, rounded down; strata drawn whole stay whole."""
    complete = stage.complete
    half = np.where(complete, stage.sampled, stage.sampled // 2)
    order = np.lexsort((rng.random(len(stage.stratum)), stage.stratum))
    start = np.cumsum(stage.sampled) - stage.sampled
    rank = np.empty(len(order))
    rank[order] = np.arange(len(order)) - start[stage.stratum[order]]
    return half, rank < half[stage.stratum]


def _reach(stage: Stage, half: Floats) -> Floats:
    """Give for each stratum how far factors move from 1: the root of f m (1 - f) / (n - m)."""
    share = unsampled_share(stage)
    moved = stage.above * half * share / np.maximum(stage.sampled - half, 1)
    return np.sqrt(np.where((half == stage.sampled) | (share < COMPLETE), 0.0, moved))


def _ancestors(laid: Sequence[Stage]) -> list[Ints]:
    """Give for each stage the unit that each unit of the last stage belongs to."""
    own = np.arange(len(laid[-1].stratum))
    above = [own]
    for stage in reversed(laid[1:]):
        own = stage.parent[own]
        above.append(own)
    return above[::-1]


def _usable(stage: Stage, replicates: int, method: str, *, any_stage: Sequence[Stage] = ()) -> np.ndarray:
    usable = varying(stage)
    check_size(len(stage.stratum), replicates, method)
    if not any(varying(each).any() for each in (stage, *any_stage)):
        raise DesignError(
            "no stratum has two PSUs or more of which there are others in the population, so there is nothing to draw "
            "again; estimate from the design as it is."
        )
    return usable
