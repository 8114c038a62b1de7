"""The jackknife: each replicate leaves one PSU out and raises the others of its stratum.

As R's ``jk1weights`` and ``jknweights``, finite population corrections of the first stage included. Wolter (2007),
Introduction to Variance Estimation, chapter 4; Rust and Rao (1996), Statistical Methods in Medical Research 5.
"""

from __future__ import annotations

import numpy as np

from ...data.errors import DesignError
from ..sampling.categories import Bools, Floats
from ..sampling.sample import Stage
from .replicate_factors import Factors, check_size, degrees_of_freedom, unsampled_share, varying


def jk1(stage: Stage, base: Floats) -> Factors:
    """Leave out each PSU of an unstratified sample in turn.

    Parameters
    ----------
    stage : Stage
        The first stage, of one stratum.
    base : numpy.ndarray
        The weights, by row.

    Raises
    ------
    DesignError
        When there are strata, or too many or too few PSUs.
    """
    if len(stage.sampled) > 1:
        raise DesignError(
            f"JK1 is for samples without strata, and this one has {len(stage.sampled)}; method='JKn' leaves out each "
            "PSU within its stratum."
        )
    made = jkn(stage, base, "certainty")
    n = len(stage.stratum)
    return Factors(made.unit, made.factors, float(made.rscales[0]), np.ones(n), _text("JK1", n), made.df)


def jkn(stage: Stage, base: Floats, lone_psu: str) -> Factors:
    """Leave out each PSU in turn; the others of its stratum stand for it.

    Parameters
    ----------
    stage : Stage
        The first stage.
    base : numpy.ndarray
        The weights, by row.
    lone_psu : str
        The design's rule for strata of one PSU, with R's meaning for jackknifes: ``"certainty"`` makes no replicate,
        ``"average"`` also multiplies the variance by PSUs over replicates, ``"centre"`` leaves the whole stratum out
        in a replicate of its own, the other strata standing for it.

    Raises
    ------
    DesignError
        When no stratum has a variance that can be measured, or there are too many PSUs.
    """
    usable = varying(stage)
    if not usable.any():
        raise DesignError(
            "no stratum has two PSUs or more of which there are others in the population, so there is no sampling "
            "variance to replicate; estimate from the design as it is."
        )
    left_out = np.flatnonzero(usable[stage.stratum])
    lone = stage.lone if lone_psu == "centre" else stage.lone[:0]
    replicates = len(left_out) + len(lone)
    check_size(len(stage.stratum), replicates, "the jackknife")
    factors = np.ones((len(stage.stratum), replicates))
    rscales = np.empty(replicates)
    n = stage.sampled
    raised = np.where(usable, n / np.maximum(n - 1, 1), 1.0)
    column = np.arange(len(left_out))
    for stratum in np.flatnonzero(usable):
        inside = stage.stratum == stratum
        factors[np.ix_(inside, column[inside[left_out]])] = raised[stratum]
    factors[left_out, column] = 0.0
    rscales[: len(left_out)] = (unsampled_share(stage) / raised)[stage.stratum[left_out]]
    _leave_out_strata(stage, lone, factors[:, len(left_out) :], rscales[len(left_out) :])
    df = None if len(lone) else _df(stage, base, usable)
    scale = len(stage.stratum) / replicates if lone_psu == "average" and len(stage.lone) else 1.0
    if df is None:
        df = degrees_of_freedom(stage.unit, base, factors)
    return Factors(stage.unit, factors, scale, rscales, _text("JKn", replicates), df)


def _leave_out_strata(stage: Stage, lone: np.ndarray, factors: Floats, rscales: Floats) -> None:
    """Fill the replicates that leave out a stratum of one PSU."""
    strata = len(stage.sampled)
    if len(lone):
        factors[:] = np.where(stage.stratum[:, None] == lone, 0.0, strata / (strata - 1))
        rscales[:] = (strata - 1) / strata


def _df(stage: Stage, base: Floats, usable: Bools) -> int:
    """Give the rank of the replicate weights less one.

    A stratum adds its PSUs less one; where some of its PSUs carry no weight, as many as carry some. Only where every
    stratum is of the latter kind is the constant among them already.
    """
    positive = np.bincount(stage.unit, weights=base > 0, minlength=len(stage.stratum)) > 0
    weighted = np.bincount(stage.stratum, weights=positive, minlength=len(stage.sampled))
    without = weighted < stage.sampled
    added = np.where(without, weighted, stage.sampled - 1)[usable].sum()
    constant_known = (without | (weighted == 0))[usable].all() and not weighted[~usable].any()
    return int(added) - int(constant_known)


def _text(kind: str, replicates: int) -> str:
    words = "jackknife of an unstratified sample" if kind == "JK1" else "jackknife within strata"
    return f"{words} ({kind}), {replicates} replicates"
