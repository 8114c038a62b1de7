"""What replicate weights say of how they were made: half-samples, jackknives, successive differences.

The ratio of a replicate weight to the weight is 0 or 2 in half-samples, rho or 2 - rho by Fay's method (Judkins 1990,
Journal of Official Statistics 6(3)), 0 for whom a jackknife leaves out (Wolter 2007, Introduction to Variance
Estimation, chapters 3 and 4), and 1 - 2**-0.5, 1 or 1 + 2**-0.5 in successive differences (Fay and Train 1995). Weights
that were calibrated replicate by replicate afterwards have other ratios; only who was left out stays at 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...data.errors import DesignError
from ..sampling.categories import Bools, Floats

ROWS = 2_000
"""Rows that are looked at; a method shows in every row."""

NEAR = 0.005
"""Published weights are rounded: ratios as near as this are taken as equal."""

DIFFERENCES = (1 - 2**-0.5, 1.0, 1 + 2**-0.5)

DOUBTFUL = 0.1
"""A rho as far as this from the one named is told, where ratios only lie about it."""


@dataclass(frozen=True)
class Pattern:
    """How replicate weights look.

    Attributes
    ----------
    kind : {"half-samples", "JK1", "JKn", "JK2", "successive difference", "unknown"}
        The method that their ratios to the weight show; unknown when they were adjusted, or are of another method.
    rho : float
        The lower ratio of half-samples; where the kind is unknown, the median of the ratios below 1.
    left_out : float
        The share of replicates that leave a row out, over the rows that any leaves out; 0 when there are none.
    ratios : str
        The ratios in words.
    """

    kind: str
    rho: float = 0.0
    left_out: float = 0.0
    ratios: str = ""


def pattern_of(weights: Floats, given: Floats) -> Pattern:
    """Find the method that replicate weights show.

    Examples
    --------
    >>> pattern_of(np.ones(4), np.array([[0.5, 1.5, 0.5], [1.5, 0.5, 0.5], [0.5, 0.5, 1.5], [1.5, 1.5, 1.5]])).rho
    0.5
    """
    rows = np.flatnonzero(weights > 0)
    if len(rows) > ROWS:
        rows = np.sort(np.random.default_rng(0).choice(rows, ROWS, replace=False))
    ratio = given[rows] / weights[rows, None]
    near = min(NEAR, 0.25 / given.shape[1])
    touched = ratio[(np.abs(ratio - 1) > near).any(axis=1)]
    if not len(touched):
        return Pattern("unknown", 1.0)
    below, zero = touched < 1 - near, touched == 0
    rho = float(np.median(touched[below])) if below.any() else 1.0
    left_out = float(zero[zero.any(axis=1)].mean()) if zero.any() else 0.0
    if below.any() and _among(touched, (rho, 2 - rho)):
        rho = round(rho, 2)
        return Pattern("half-samples", rho, left_out, f"each is {rho:g} or {2 - rho:g} times the weight")
    if _among(touched, DIFFERENCES):
        return Pattern("successive difference", rho, left_out, "each is 0.293, 1 or 1.707 times the weight")
    return Pattern(_jackknife(touched, zero, near), rho, left_out, "each row is 0 in one replicate at most")


def _among(ratio: Floats, values: Sequence[float]) -> bool:
    return bool(np.min([np.abs(ratio - value) for value in values], axis=0).max() < NEAR)


def _jackknife(ratio: Floats, zero: Bools, near: float) -> str:
    """Tell the jackknives apart: the raised rows are all others (JK1), those of a stratum (JKn), one of two (JK2)."""
    kept = ratio[~zero]
    if not zero.any() or zero.sum(axis=1).max() > 1 or (kept < 1 - near).any():
        return "unknown"
    apart = np.abs(ratio - 1) > near
    if (apart.sum(axis=1) == 1).all() and (np.abs(ratio[apart & ~zero] - 2) < NEAR).all():
        return "JK2"
    if not zero.any(axis=1).all():
        return "unknown"
    high, low = (np.where(zero, empty, ratio) for empty in (0.0, np.inf))
    highest, lowest = high.max(axis=0), low.min(axis=0)
    if (highest - lowest < near).all():
        return "JK1"
    flat = (np.abs(ratio - 1) <= near) | zero | (np.abs(ratio - highest) <= near)
    return "JKn" if flat.all() else "unknown"


def check_pattern(
    method: str,
    fay: float,
    factors: Floats,
    weights: Floats,
    given: Floats,
    columns: Sequence[str],
    *,
    scaled: bool,
) -> tuple[str, ...]:
    """Refuse a method that the weights contradict, and give the doubts that adjusted weights leave.

    Parameters
    ----------
    method : str
        The method that was named, e.g. ``"BRR"``.
    fay : float
        The rho that was named; 0 for other methods.
    factors : numpy.ndarray
        What each replicate's squares are multiplied by, e.g. ``numpy.full(80, 1 / 80)``.
    weights : numpy.ndarray
        The weights of the whole sample, or 1 where the columns are factors.
    given : numpy.ndarray
        The columns, rows x replicates.
    columns : sequence of str
        Their names.
    scaled : bool
        Whether the factors of the squares were given.

    Raises
    ------
    DesignError
        With the method or the rho that the weights show.
    """
    if method == "other" or (scaled and method in ("JK1", "bootstrap")):
        return ()
    found = pattern_of(weights, given)
    remedy = _contradiction(method, fay, factors, found, len(columns))
    if remedy:
        named = f"{method} weights of rho {fay:g}" if method == "Fay" else f"{method} weights"
        raise DesignError(
            f"{columns[0]} to {columns[-1]} are no {named}: {found.ratios}. {remedy}; where the documentation has "
            "another formula, say method='other' with its scale."
        )
    return _doubts(method, fay, found, given)


def _contradiction(method: str, fay: float, factors: Floats, found: Pattern, replicates: int) -> str:
    """Say which method to name instead; empty where the pattern bears the method out, or does not tell."""
    halves, jackknives = method in ("BRR", "Fay"), method in ("JK1", "JKn", "JK2")
    if found.kind == "half-samples":
        twice = replicates == 2 and found.rho == 0  # two half-samples leave each half out once, as JK1 of two
        if (halves and abs(found.rho - fay) <= 2 * NEAR) or (twice and method in ("JK1", "JKn")):
            return ""
        if method == "bootstrap" and found.rho == 0:  # one of two PSUs drawn in every stratum
            return ""
        return "Say method='BRR'" if found.rho == 0 else f"Say method='Fay', fay={found.rho:g}"
    if found.kind == "successive difference":
        return "" if method == found.kind else "Say method='successive difference'"
    if found.kind in ("JK1", "JKn", "JK2"):
        return "" if jackknives and _same_squares(method, factors, found.kind) else JACKKNIVES[found.kind]
    return ""


JACKKNIVES = {
    "JK1": "All others are raised alike, as a jackknife without strata does: say method='JK1'",
    "JKn": "Those of its stratum are raised, as a stratified jackknife does: say method='JKn' with "
    "rscales of (n - 1) / n, n the PSUs of the stratum",
    "JK2": "In each replicate one of two is left out and the other doubled: say method='JK2'",
}


def _same_squares(method: str, factors: Floats, kind: str) -> bool:
    """Say whether one jackknife named for another comes to the same."""
    if method == kind or (method == "JKn" and kind == "JK1"):
        return True
    return method == "JKn" and kind == "JK2" and bool(np.allclose(factors, 1))


def _doubts(method: str, fay: float, found: Pattern, given: Floats) -> tuple[str, ...]:
    """Say what adjusted weights leave open; they still have zeros where, and as often as, their method left out."""
    if found.kind != "unknown":
        return ()
    if method in ("BRR", "Fay"):
        doubt = _doubt_of_halves(fay, found, positive=bool((given > 0).all()))
    else:
        doubt = _doubt_of_jackknives(method, found, given.shape[1])
    return (doubt,) if doubt else ()


def _doubt_of_halves(fay: float, found: Pattern, *, positive: bool) -> str:
    if fay == 0 and positive:
        return (
            "No replicate weight is zero, and half of those of BRR are. They may be Fay's, whose rho would raise the "
            f"errors: half of those below the weight lie below {found.rho:.2g} times it."
        )
    if fay == 0 and not 0.4 <= found.left_out <= 0.6:
        return f"{_left_out(found)}, and those of BRR in half of them; they may be of another method."
    if fay > 0 and found.left_out:
        return "Some replicate weights are zero, and none of Fay's are; they may be those of BRR."
    if fay > 0 and abs(found.rho - fay) > DOUBTFUL:
        return (
            f"Half of the replicate weights below the weight lie below {found.rho:.2g} times it, where Fay's rho is "
            f"{fay:g}; the documentation of the data gives the rho."
        )
    return ""


def _doubt_of_jackknives(method: str, found: Pattern, replicates: int) -> str:
    if method not in ("JK1", "JKn", "JK2"):
        return ""
    if not found.left_out:
        return f"No replicate weight is zero, and {method} leaves somebody out of every replicate."
    if found.left_out > 2 / replicates:
        return f"{_left_out(found)}, and {method} leaves everybody out once at most; they may be of another method."
    return ""


def _left_out(found: Pattern) -> str:
    return f"Rows with a replicate weight of zero have it in {found.left_out:.0%} of the replicates"
