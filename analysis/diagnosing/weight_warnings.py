"""What is worth a look in weights: each check with what was found, its limit, and where the limit comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from ...data.printing import number, percent
from ..estimation.method import SIMULATED_NOTE, counted, simulated
from ..sampling.categories import code_text
from ..sampling.design import Design, check_design
from ..sampling.step import WeightingStep
from .balance import LARGE, On, margins_frame, weight_balance
from .diagnostic import Diagnostic
from .spread import spread
from .weight_histogram import LARGE as LARGE_WEIGHT
from .weight_log import of_all_rows

THUMB = "rule of thumb; no source"
AUSTIN = "Austin (2009), Statistics in Medicine 28"
CAP = "cap of the ANES: DeBell and Krosnick (2009), Technical Report nes012427"

DEFF, RATIO, EFFECTIVE, PEOPLE, SHARE = 2.0, 30.0, 100, 30, 0.05
OFF, TRIMMED, FACTOR = 0.005, 0.05, 3.0
"""Limits: design effect, largest over smallest weight, effective n, people and share of a category, distance from a
target, part of the weight trimmed off, factor of an adjustment class."""

DOUBTFUL = {"recalled": "from memory", "as_quoted": "as quoted, source not seen", "": "whose grade is not stated"}
"""Grades of margins that are worth a look, in words."""


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Attributes
    ----------
    check : str
        What was looked at, e.g. ``"design effect"``.
    found, limit : float
        What was found, and from where on it is worth a look.
    exceeded : bool
        Whether it is.
    words : str
        What was found, in words; empty where it is within the limit.
    source : str
        Where the limit comes from.
    """

    check: str
    found: float
    limit: float
    exceeded: bool
    words: str
    source: str


def weight_warnings(design: Design, reference: Design | None = None, on: On = None) -> Diagnostic:
    """Hold weights against limits, and say what is worth a look.

    Parameters
    ----------
    design : Design
        The weighted sample.
    reference : Design, optional
        A better sample, for standardised differences from it; see :func:`weight_balance`.
    on : str, sequence of str, or mapping of str to str, optional
        Columns to compare with it.

    Returns
    -------
    Diagnostic
        One row for each check, those that found nothing too: check, found, limit, exceeded, words, source. Printed are
        those exceeded. There is no chart.

    Raises
    ------
    EstimationError
        When given something else than a Design.

    Notes
    -----
    Limits are habits, not tests: half of them have no source but use, and say so. Weights inside all of them may still
    leave bias, and weights beyond some may be right for their purpose.

    References
    ----------
    DeBell and Krosnick (2009), Computing Weights for American National Election Study Survey Data, ANES Technical
    Report nes012427. Austin (2009), Statistics in Medicine 28, 3083-3107.

    Examples
    --------
    >>> wave = pd.DataFrame({"w": [1.0] * 199 + [60.0]})
    >>> found = weight_warnings(Design(wave, weight="w")).to_frame()
    >>> found[found["exceeded"]]["check"].tolist()
    ['design effect', 'ratio', 'effective n', 'large weights']
    """
    check_design(design, "weight_warnings")
    checks = [*_inequality(design), *_targets(design), *_steps(design), *_margins_traced(design)]
    checks += _balance(design, reference, on)
    frame = pd.DataFrame([asdict(check) for check in checks])
    exceeded = frame[frame["exceeded"]]
    rows = [[row["words"], row["source"]] for _, row in exceeded.iterrows()]
    return Diagnostic(
        name="warnings",
        title="What is worth a look",
        about=(f"Beyond their limit: {len(exceeded)} of {len(frame)} checks. Limits are habits, not tests.",),
        frame=frame,
        notes=((SIMULATED_NOTE,) if simulated(design.study) else ()) + of_all_rows(design),
        table=(["found", "where the limit comes from"], rows, 2),
    )


def _checked(check: str, found: float, limit: float, exceeded: bool, words: str, source: str) -> Check:
    """Give a check, with words only where something was found."""
    return Check(check, found, limit, exceeded, words if exceeded else "", source)


def _inequality(design: Design) -> Iterator[Check]:
    numbers, weights = spread(design.weights), design.weights[design.weights != 0]
    yield _checked(
        "design effect",
        numbers.deff,
        DEFF,
        numbers.deff > DEFF,
        f"Kish's design effect is {number(numbers.deff, 2)}, above {DEFF:g}: unequal weights cost more than half "
        "of the respondents.",
        THUMB,
    )
    yield _checked(
        "ratio",
        numbers.ratio,
        RATIO,
        numbers.ratio > RATIO,
        f"The largest weight is {number(numbers.ratio, 0)} times the smallest, above {RATIO:g}.",
        THUMB,
    )
    yield _checked(
        "effective n",
        numbers.effective_n,
        EFFECTIVE,
        numbers.effective_n < EFFECTIVE,
        f"The effective sample size is {number(numbers.effective_n, 0)}, below {EFFECTIVE}.",
        THUMB,
    )
    large = weights > LARGE_WEIGHT * weights.mean()
    yield _checked(
        "large weights",
        float(large.sum()),
        0.0,
        bool(large.any()),
        f"{counted(int(large.sum()), 'weight is', 'weights are')} above {LARGE_WEIGHT:g} times the mean, with "
        f"{percent(float(weights[large].sum() / weights.sum()))} of the weight.",
        CAP,
    )
    below = int((weights < 0).sum())
    yield _checked(
        "weights below zero",
        float(below),
        0.0,
        below > 0,
        f"{counted(below, 'weight is', 'weights are')} below zero: nobody stands for fewer than no people. "
        "Calibrate within bounds.",
        "what a weight is",
    )


def _targets(design: Design) -> Iterator[Check]:
    frame = margins_frame(design)
    if frame is None:
        return
    off = frame["off_after"].abs()
    worst = frame.iloc[int(np.nan_to_num(off.to_numpy(float)).argmax())]
    yield _checked(
        "distance from targets",
        float(off.max()),
        OFF,
        bool((off > OFF).any()),
        f"{worst['variable']}, {worst['category']} is {100 * abs(worst['off_after']):.2f} points from its target with "
        "the final weights: a later step, or a limit, moved it.",
        THUMB,
    )
    yield _checked(
        "thin categories",
        float(frame["n"].min()),
        float(PEOPLE),
        bool((frame["n"] < PEOPLE).any()),
        f"{_named(frame, frame['n'] < PEOPLE)}: fewer than {PEOPLE} respondents stand for a category with a target "
        f"(the fewest, {frame['n'].min():.0f}). Join it with another.",
        THUMB,
    )
    yield _checked(
        "rare categories",
        float(frame["unweighted"].min()),
        SHARE,
        bool((frame["unweighted"] < SHARE).any()),
        f"{_named(frame, frame['unweighted'] < SHARE)}: less than {percent(SHARE, 0)} of the respondents are in a "
        "category with a target; its weights hang on few people.",
        THUMB,
    )


def _named(frame: pd.DataFrame, rows: pd.Series[bool]) -> str:
    some = frame[rows]
    names = [
        f"{variable} {code_text(category)}"
        for variable, category in zip(some["variable"], some["category"], strict=True)
    ]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def _steps(design: Design) -> Iterator[Check]:
    """Look at what steps did to weights: how much was trimmed off, how large factors of classes are."""
    for place, step in enumerate(design.steps, start=1):
        if step.kind == "trim":
            part = float(np.maximum(step.before - step.after, 0).sum() / step.before.sum())
            yield _checked(
                "trimmed weight",
                part,
                TRIMMED,
                part > TRIMMED,
                f"Step {place}, {step.kind}, took {percent(part)} of the weight off, above {percent(TRIMMED, 0)}: bias "
                "is traded for variance.",
                THUMB,
            )
        if step.kind in ("nonresponse", "eligibility"):
            factor = _largest_factor(step)
            yield _checked(
                "adjustment factor",
                factor,
                FACTOR,
                factor > FACTOR,
                f"Step {place}, {step.kind}, multiplies weights by up to {number(factor, 2)}, above {FACTOR:g}: few "
                "respondents stand for many. Join classes.",
                THUMB,
            )


def _largest_factor(step: WeightingStep) -> float:
    factor = np.divide(step.after, step.before, out=np.zeros(len(step.after)), where=step.before != 0)
    return float(factor.max())


def _margins_traced(design: Design) -> Iterator[Check]:
    """Name margins that nobody has seen in print, and those of which nothing is said."""
    doubtful: dict[str, list[str]] = {}
    for dimension, grade in _grades(design).items():
        if grade in DOUBTFUL:
            doubtful.setdefault(grade, []).append(dimension)
    listed = "; ".join(f"{DOUBTFUL[grade]}: {', '.join(names)}" for grade, names in doubtful.items())
    yield _checked(
        "grade of the margins",
        float(sum(map(len, doubtful.values()))),
        0.0,
        bool(doubtful),
        f"Targets {listed}. Put the official table beside them before release.",
        "grade of the margins",
    )


def _grades(design: Design) -> Mapping[str, str]:
    """Give by dimension how far its targets were traced, as the steps that were fitted to them have it on record."""
    found: dict[str, str] = {}
    for step in design.steps:
        grades = step.options.get("grades")
        found |= grades if isinstance(grades, dict) else {}
    return found


def _balance(design: Design, reference: Design | None, on: On) -> list[Check]:
    if reference is None and margins_frame(design) is None:
        return []
    frame = weight_balance(design, reference, on).frame
    size = frame["standardised_after"].abs()
    most = float(size.max())
    against = "its target" if reference is None else "the reference sample"
    worst = frame.iloc[int(np.nan_to_num(size.to_numpy(float)).argmax())]
    named = " ".join(filter(None, (str(worst["variable"]), str(worst["category"]))))
    return [
        _checked(
            "standardised difference",
            most,
            LARGE,
            not math.isnan(most) and most >= LARGE,
            f"{int((size >= LARGE).sum())} of {len(frame)} standardised differences are {LARGE:g} or more after "
            f"weighting; the largest, {most:.2f}, is that of {named} from {against}.",
            AUSTIN,
        )
    ]
