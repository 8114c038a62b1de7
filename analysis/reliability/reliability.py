"""What alpha and kappa share: from influence values by respondent to a result with errors and intervals.

Both are smooth functions of weighted means, so that their influence values carry the design-based variance: Deville
(1999), Variance estimation for complex statistics and estimators, Survey Methodology 25(2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import sparse

from ...data.errors import EstimationError
from ..estimation.degrees import in_one_psu
from ..estimation.estimates import NUMBERS, Estimates
from ..estimation.intervals import check_level, t_interval
from ..estimation.linear import FIXED, weights_can_be_inverse_probabilities
from ..estimation.measure import Base
from ..estimation.method import (
    SIMULATED_NOTE,
    design_footnotes,
    design_method,
    in_one_psu_note,
    missing_key_note,
    missing_note,
    with_subpopulation,
)
from ..estimation.plan import Domains
from ..sampling.categories import Bools, Floats, Ints
from ..sampling.design import Design
from ..sampling.sums import summed
from ..variance.influence import scatter_of

CERTAIN = 1e-12
"""A coefficient nearer to 1 than this is 1, and has no error."""

Missing = Mapping[str, Mapping[str, int]]
"""For each column its missing answers by kind."""


@dataclass(frozen=True)
class Scale:
    """The scale on which a coefficient has its interval.

    Attributes
    ----------
    there, slope, back : callable
        To the scale, its derivative, and back.
    """

    there: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]

    def interval(self, estimate: Floats, se: Floats, df: float, level: float) -> tuple[Floats, Floats]:
        """Give a t interval on the scale, turned back; an estimate without error is its own interval.

        Without degrees of freedom nothing has an interval: an error of 0 says nothing then.
        """
        exact = (se == 0) & (df > 0)
        inner = np.where(se == 0, 0.0, estimate)
        ends = t_interval(self.there(inner), np.abs(self.slope(inner)) * se, df, level)
        low, high = np.sort(np.stack([self.back(end) for end in ends]), axis=0)
        return np.where(exact, estimate, low), np.where(exact, estimate, high)


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Coefficients of every domain, and what their errors are made from.

    Attributes
    ----------
    labels : tuple of (str, str)
        The item and the statistic of each coefficient.
    scales : tuple of Scale
        The scale of each interval.
    estimate : numpy.ndarray
        Domains x coefficients.
    influence : numpy.ndarray
        Rows of the base x coefficients: influence values in the row's own domain.
    refit : callable
        From weights for the rows of the base to domains x coefficients.
    undefined : mapping of int to str
        The domains without coefficients, and why.
    """

    labels: tuple[tuple[str, str], ...]
    scales: tuple[Scale, ...]
    estimate: Floats
    influence: Floats
    refit: Callable[[Floats], Floats]
    undefined: Mapping[int, str]


@dataclass(frozen=True)
class Wanted:
    """What was asked for, as the result says it.

    Attributes
    ----------
    estimand : {"alpha", "kappa"}
        The kind of coefficient.
    interval : str
        The kind of interval, as the method has it.
    level : float
        Confidence level.
    notes : tuple of str
        Footnotes of the coefficient's own.
    options : mapping
        What else was asked for and changes what is estimated, e.g. ``{"weights": "linear"}``.
    """

    estimand: str
    interval: str
    level: float
    notes: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)


def complete_base(within: Domains, answered: Bools, missing: Missing, estimand: str) -> Base:
    """Give the rows with all answers, a domain, and a weight above zero.

    Raises
    ------
    EstimationError
        When there are none.
    """
    inside = answered & within.counted
    if not inside.any():
        blank = [f"{name} in {sum(kinds.values()):,}" for name, kinds in missing.items() if kinds]
        lacking = f" (missing: {', '.join(blank)} of {int((within.row >= 0).sum()):,} rows)" if blank else ""
        raise EstimationError(
            f"{estimand}: nobody with a weight above zero answered all of {', '.join(missing)}{lacking}; there is "
            "nothing to estimate."
        )
    return within.base(inside)


def reliability_estimates(
    design: Design, wanted: Wanted, within: Domains, base: Base, missing: Missing, found: Coefficients
) -> Estimates:
    """Put the coefficients of all domains together, with their errors.

    Raises
    ------
    EstimationError
        When no domain has coefficients.
    """
    check_level(wanted.level)
    kept = _defined(wanted, within, base, missing, found)
    estimate = found.estimate[kept].ravel()
    scatter = scatter_of(
        design,
        estimate,
        lambda: _by_row(base, found.influence, kept, len(design.weights)),
        lambda weights: found.refit(base.own(weights))[kept].ravel(),
        what=wanted.estimand,
    )
    numbers = _numbers(design, wanted, base, found, kept, scatter.variances)
    return Estimates(
        frame=pd.DataFrame({**_words(within, found, kept), **numbers}),
        method=_method(design, wanted, within, base, missing, found, _in_one_psu(design, base, kept, numbers["se"])),
        design=design,
        scatter=scatter,
        category_codes=((),) * len(estimate),
        key_codes=tuple(within.codes[at] for at in kept for _ in found.labels),
    )


def _numbers(
    design: Design, wanted: Wanted, base: Base, found: Coefficients, kept: Ints, variance: Floats
) -> dict[str, Floats]:
    """Give the columns of every result, row by row."""
    estimate, columns = found.estimate[kept].ravel(), len(found.labels)
    fixed = (np.sqrt(variance) <= FIXED * np.abs(estimate)) | (np.abs(estimate - 1) < CERTAIN)
    se = np.where(fixed, 0.0, np.sqrt(variance))
    replacing = not weights_can_be_inverse_probabilities(design)
    simple = _simple_variance(base, found.influence, replacing=replacing)[kept].ravel()
    low, high = _intervals(found.scales, estimate, se, design.df, wanted.level)
    with np.errstate(invalid="ignore", divide="ignore"):
        deff = np.where((simple > 0) & ~fixed, variance / simple, np.nan)
        cv = np.where(estimate != 0, se / np.abs(estimate), np.nan)
    n, weighted, effective = (np.repeat(own[kept], columns) for own in (base.n, base.weighted_n, base.effective_n))
    values = (estimate, se, low, high, n, weighted, deff, np.full(len(estimate), design.df), effective, cv)
    return dict(zip(NUMBERS, values, strict=True))


def _defined(wanted: Wanted, within: Domains, base: Base, missing: Missing, found: Coefficients) -> Ints:
    """Give the domains that have coefficients."""
    kept = [int(at) for at in np.flatnonzero(base.n) if int(at) not in found.undefined]
    if not kept:
        where = " in any group" if within.by else ""
        reason = next(iter(found.undefined.values()))
        raise EstimationError(f"{wanted.estimand} of {', '.join(missing)} is not defined{where}: {reason}.")
    return np.array(kept, dtype=np.int64)


def _by_row(base: Base, influence: Floats, kept: Ints, rows: int) -> sparse.csr_array:
    """Give rows of the sample x estimates: each row counts in the coefficients of its own domain."""
    columns = influence.shape[1]
    place = np.full(base.domains, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    own = place[base.domain]
    counted = own >= 0
    row = np.repeat(base.rows[counted], columns)
    column = (own[counted, None] * columns + np.arange(columns)).ravel()
    return sparse.csr_array((influence[counted].ravel(), (row, column)), shape=(rows, len(kept) * columns))


def _simple_variance(base: Base, influence: Floats, *, replacing: bool) -> Floats:
    """Give the variance of each coefficient in a simple random sample of n from the weighted n."""
    with np.errstate(invalid="ignore", divide="ignore"):
        linear = influence * base.weighted_n[base.domain, None]
        squares = [summed(base.domain, base.domains, base.weights * column**2) for column in linear.T]
        variance = np.stack(squares, axis=1) / (base.weighted_n * (base.n - 1))[:, None]
        if replacing:
            return np.asarray(variance)
        unsampled = np.where(base.weighted_n > base.n, 1 - base.n / base.weighted_n, np.nan)
        return np.asarray(variance * unsampled[:, None])


def _intervals(scales: Sequence[Scale], estimate: Floats, se: Floats, df: float, level: float) -> tuple[Floats, Floats]:
    low, high = np.empty_like(estimate), np.empty_like(estimate)
    for place, scale in enumerate(scales):
        own = slice(place, None, len(scales))
        low[own], high[own] = scale.interval(estimate[own], se[own], df, level)
    return low, high


def _words(within: Domains, found: Coefficients, kept: Ints) -> dict[str, list[object]]:
    """Give the columns that say what each row is: item, statistic where there are several, and the keys."""
    words: dict[str, list[object]] = {"item": [item for _ in kept for item, _ in found.labels]}
    if len(found.labels) > 1:
        words["statistic"] = [statistic for _ in kept for _, statistic in found.labels]
    for place, key in enumerate(within.by):
        if key in words or key in NUMBERS:
            raise EstimationError(f"by names {key}, which is a column of every result; rename that column of the data.")
        words[key] = [within.shown[at][place] for at in kept for _ in found.labels]
    return words


def _in_one_psu(design: Design, base: Base, kept: Ints, se: Floats) -> list[str]:
    """Say which errors of 0 are not known, because the group lies in one PSU."""
    alone = np.repeat(in_one_psu(design, base)[kept], len(se) // len(kept)) & (se == 0)
    return [in_one_psu_note(int(alone.sum()))] if alone.any() else []


def _method(
    design: Design,
    wanted: Wanted,
    within: Domains,
    base: Base,
    missing: Missing,
    found: Coefficients,
    notes: Sequence[str],
) -> dict[str, object]:
    replacing = not weights_can_be_inverse_probabilities(design)
    return {
        "estimand": wanted.estimand,
        **wanted.options,
        "items": [
            {
                "item": ", ".join(missing),
                "label": "",
                "wording": {},
                "n": len(base.rows),
                "weighted_n": float(base.weights.sum()),
                "missing": {name: dict(kinds) for name, kinds in missing.items() if kinds},
                "categories": [],
            }
        ],
        "by": list(within.by),
        "base": "substantive",
        "base_text": with_subpopulation(
            f"those with an answer to {'both' if len(missing) == 2 else f'all {len(missing)}'} items", design
        ),
        **design_method(design),
        "interval": wanted.interval,
        "level": wanted.level,
        "deff_rule": "with replacement" if replacing else "without replacement",
        "missing_keys": dict(within.missing),
        "footnotes": [*_footnotes(design, wanted, within, base, missing, found), *notes],
    }


def _footnotes(
    design: Design, wanted: Wanted, within: Domains, base: Base, missing: Missing, found: Coefficients
) -> list[str]:
    about = design_footnotes(design)
    first = [note for note in about if note == SIMULATED_NOTE]
    rows = int(design.inside.sum())
    notes = [missing_note(name, kinds, rows) for name, kinds in missing.items() if kinds]
    out = int(within.counted.sum()) - len(base.rows)
    if out and len(missing) > 1:
        notes.append(f"{out:,} respondents lack at least one of the answers and are left out.")
    notes += [missing_key_note(key, count) for key, count in within.missing.items()]
    notes += wanted.notes
    for domain, reason in found.undefined.items():
        keys = ", ".join(f"{key} {value}" for key, value in zip(within.by, within.shown[domain], strict=True))
        notes.append(f"No {wanted.estimand} for {keys}: {reason}.")
    return [*first, *notes, *(note for note in about if note not in first)]
