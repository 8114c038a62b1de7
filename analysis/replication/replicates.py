"""Replicates made from a design, whose spread is the variance of anything that can be estimated with weights.

As R's ``as.svrepdesign``. Each method lives in its own file; here one is chosen and fitted to the design.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np

from ...data.errors import DesignError
from ..sampling.categories import Floats, names_of
from ..sampling.design import Design, check_design
from ..sampling.replication import Replication
from .bootstrap import canty_davison, preston, rao_wu
from .half_samples import half_samples
from .jackknife import jk1, jkn
from .replay import replayed
from .replicate_factors import Factors, degrees_of_freedom
from .successive_difference import successive_differences

MadeBy = Literal[
    "auto",
    "JK1",
    "JKn",
    "BRR",
    "Fay",
    "bootstrap",
    "subbootstrap",
    "rao_wu_yue",
    "mrb",
    "successive difference",
]

DRAWN = ("bootstrap", "subbootstrap", "rao_wu_yue", "mrb")
"""The methods that draw at random."""

ALIASES = {
    "fays": "Fay",
    "sdr": "successive difference",
    "acs": "successive difference",
    "mrbbootstrap": "mrb",
    "raowuyue": "rao_wu_yue",
}

REPLICATES = 200
"""How many replicates a bootstrap makes unless told."""


def replicates(
    design: Design,
    method: MadeBy = "auto",
    *,
    replicates: int | None = None,
    fay: float | None = None,
    drawn: int | None = None,
    seed: int | None = None,
    mse: bool = False,
) -> Design:
    """Make replicates from the strata and PSUs of a design; they carry the variance of all later estimates.

    Parameters
    ----------
    design : Design
        The sample. Every step of its weighting is done again on each replicate.
    method : str
        ``"JK1"`` and ``"JKn"`` leave out one PSU at a time, without and with strata (``"auto"`` takes the one that
        fits). ``"BRR"`` and ``"Fay"`` take half-samples, of designs with two PSUs a stratum. ``"bootstrap"`` (Canty
        and Davison), ``"subbootstrap"`` (Rao and Wu, one PSU fewer than there are), ``"rao_wu_yue"`` (the same with
        finite population corrections, and any number of PSUs) draw PSUs again; ``"mrb"`` (Preston) draws half of the
        units of every stage. ``"successive difference"`` compares neighbours in the order of the file.
    replicates : int, optional
        How many, e.g. ``500``. Bootstraps make 200 unless told; half-samples and successive differences as many as
        they need, or the next order of a Hadamard matrix; jackknives always one for each PSU.
    fay : float, optional
        Fay's rho, from 0 to below 1, e.g. ``0.5``; needed by ``"Fay"``.
    drawn : int, optional
        For ``"rao_wu_yue"``: PSUs to draw in each stratum, e.g. ``1``; strata with no more than that draw one fewer
        than they have, as all do without it.
    seed : int, optional
        Where chance starts, e.g. ``2024``; drawn and kept with the result when not given.
    mse : bool
        Whether squares are taken around the estimate of the whole sample, not around the mean of the replicates.

    Returns
    -------
    Design
        The same sample; ``design.replication`` holds the replicates, as factors of units.

    Raises
    ------
    DesignError
        When the method does not fit the sample: half-samples of other than two PSUs, JK1 with strata, units drawn
        with unequal probabilities and without replacement, a lone PSU that the method has no rule for.
    EstimationError
        When given something else than a Design.
    WeightingError
        When a step of the weighting cannot be repeated in a replicate.

    Notes
    -----
    Not needed for means, shares, totals and ratios, whose Taylor errors are as good and quicker. Jackknives are not for
    quantiles: their variance does not settle. Only ``"mrb"`` knows stages after the first.

    References
    ----------
    Wolter (2007), Introduction to Variance Estimation, chapters 3 to 5; Lumley (2010), Complex Surveys, section 2.3.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.estimation.estimate import mean
    >>> wave = pd.DataFrame({"town": [1, 1, 2, 2, 3, 3], "trust": [1, 2, 4, 5, 3, 3]})
    >>> design = replicates(Design(wave, psu="town"))
    >>> len(design.replication), design.replication.text
    (3, 'jackknife of an unstratified sample (JK1), 3 replicates')
    >>> mean(design, "trust").to_frame()["se"].round(4).tolist()
    [0.866]
    """
    check_design(design, "replicates")
    chosen = _method(design, method)
    _check_options(chosen, replicates, fay, drawn, seed)
    _check_design(design, chosen)
    steps = design.steps
    base = steps[0].before if steps else design.weights
    if chosen in DRAWN and seed is None:
        seed = int(np.random.SeedSequence().generate_state(1)[0])
    made = _made(design, chosen, base, replicates, fay or 0.0, drawn, seed or 0)
    replication = Replication(
        kind=chosen,
        unit=made.unit,
        base=base,
        factors=made.factors,
        scale=made.scale,
        rscales=made.rscales,
        mse=mse,
        df=made.df if made.df is not None else degrees_of_freedom(made.unit, base, made.factors),
        text=_text(design, chosen, made, seed),
    )
    return design.with_replication(replayed(replication, [step.task for step in steps], base))


def method_named(given: str, known: tuple[str, ...]) -> str:
    """Find a method by its name, whatever its case, hyphens and spaces.

    Raises
    ------
    DesignError
        When there is none of that name; all are listed.

    Examples
    --------
    >>> method_named("successive-difference", ("JK1", "successive difference"))
    'successive difference'
    """
    sought = _plain(given)
    sought = _plain(ALIASES.get(sought, given))
    for name in known:
        if _plain(name) == sought:
            return name
    raise DesignError(f"method is {given!r}; it can be {', '.join(map(repr, known))}.")


def _plain(name: str) -> str:
    return "".join(letter for letter in str(name).casefold() if letter.isalnum())


def _method(design: Design, method: str) -> str:
    chosen = method_named(method, get_args(MadeBy))
    if chosen != "auto":
        return chosen
    return "JKn" if names_of(design.strata) else "JK1"


def _check_options(method: str, replicates: int | None, fay: float | None, drawn: int | None, seed: int | None) -> None:
    """Refuse options out of their range, and options of another method."""
    if replicates is not None and (not _whole(replicates) or replicates < 2):
        raise DesignError(f"replicates is {replicates!r}; it is a whole number of at least 2, e.g. 200.")
    if replicates is not None and method in ("JK1", "JKn"):
        raise DesignError(f"{method} makes one replicate for each PSU; leave replicates={replicates} out.")
    check_fay(method, fay)
    if drawn is not None and method != "rao_wu_yue":
        raise DesignError(f"drawn={drawn} is an option of method='rao_wu_yue' alone; leave it out for {method!r}.")
    if drawn is not None and (not _whole(drawn) or drawn < 1):
        raise DesignError(f"drawn is {drawn!r}; it is the number of PSUs to draw in each stratum, at least 1.")
    if seed is not None and (not _whole(seed) or seed < 0):
        raise DesignError(f"seed is {seed!r}; it is a whole number of at least 0, e.g. 2024.")


def _whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def check_fay(method: str, fay: float | None) -> None:
    """Refuse a rho that is missing, out of range, or given to a method that has none.

    Raises
    ------
    DesignError
        With what rho is.
    """
    if method == "Fay" and fay is None:
        raise DesignError("method='Fay' needs its rho, e.g. fay=0.5: half-samples get the factors 2 - rho and rho.")
    if fay is not None and not (math.isfinite(fay) and 0 <= fay < 1):
        raise DesignError(f"fay is {fay:g}; Fay's rho lies from 0 to below 1, e.g. 0.5.")
    if fay and method != "Fay":
        raise DesignError(f"fay={fay:g} is an option of method='Fay' alone; leave it out for {method!r}.")


def _check_design(design: Design, method: str) -> None:
    """Refuse designs whose variance the method does not know."""
    if design.replication is not None:
        raise DesignError(
            f"this design has replicates already ({design.replication.text}); make others from the design without them."
        )
    if any(stage.probability is not None for stage in design.stages):
        raise DesignError(
            "units drawn with unequal probabilities and without replacement (pps) have no replicates here. Keep the "
            "design as it is, or leave pps and fpc out, which counts it as drawn with replacement (conservative)."
        )
    lone = design.stages[0].lone
    if len(lone) and method != "JKn" and design.lone_psu in ("centre", "average"):
        raise DesignError(
            f"{method} has no rule like lone_psu='{design.lone_psu}' for {design.stages[0].names[lone[0]]}, a stratum "
            "of one PSU. Choose method='JKn', or lone_psu='certainty' or 'collapse'."
        )


def _made(
    design: Design,
    method: str,
    base: Floats,
    wanted: int | None,
    fay: float,
    drawn: int | None,
    seed: int,
) -> Factors:
    stage, many = design.stages[0], wanted or REPLICATES
    if method == "JK1":
        return jk1(stage, base)
    if method == "JKn":
        return jkn(stage, base, design.lone_psu)
    if method in ("BRR", "Fay"):
        return half_samples(stage, wanted or 2, fay)
    if method == "successive difference":
        return successive_differences(stage, wanted)
    if method == "mrb":
        return preston(design.stages, many, seed)
    if method == "bootstrap":
        return canty_davison(stage, many, seed)
    return rao_wu(stage, many, seed, drawn=drawn, corrected=method == "rao_wu_yue")


def _text(design: Design, method: str, made: Factors, seed: int | None) -> str:
    """Say how the replicates were made, and what of the design they leave out."""
    notes = list(made.notes)
    if method != "mrb" and len(design.stages) > 1:
        notes.append("of the stages of sampling only the first")
    return "; ".join([made.text + (f", seed {seed}" if method in DRAWN else ""), *notes])
