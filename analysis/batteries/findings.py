"""From the numbers of a battery's items to everything that is asked of it, under each assumption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..sampling.categories import Floats
from .battery import Assumption, Battery, BatteryItem, LeftOut
from .battery_text import conclusions_changed
from .hotelling import untestable
from .published_covariance import BORROWED, assumptions, published_covariance
from .sides import Sides
from .surprise import Surprise, surprises
from .tier import Tier, sampling_tier, total_tier

DEFFS = (1.0, 2.0)
"""Published design effects that are tried where they had to be assumed."""


@dataclass(frozen=True)
class Entry:
    """One item as numbers; shares are 0-1.

    Attributes
    ----------
    item, label, published_id : str
        The new variable, its label, and the published figure.
    new, new_se, new_df, new_n : float
        The new estimate; ``new_n`` is missing where not known.
    published, published_se, published_n : float
        The published figure, rounding included in its error; ``published_n`` is missing where not known.
    rounding : float
        Unit it was rounded to; 0 where not known.
    deff : float or None
        The published design effect where it had to be assumed.
    nonsampling : float or None
        Standard error of everything but sampling, in each survey.
    provenance : str
        How the published value is known, e.g. ``"recalled"``.
    """

    item: str
    label: str
    published_id: str
    new: float
    new_se: float
    new_df: float
    new_n: float
    published: float
    published_se: float
    published_n: float
    rounding: float = 0.0
    deff: float | None = None
    nonsampling: float | None = None
    provenance: str = ""


@dataclass(frozen=True)
class Named:
    """Which battery it is.

    Attributes
    ----------
    study, citation, battery, statistic : str
        As :class:`Battery` has them.
    """

    study: str
    citation: str = ""
    battery: str = ""
    statistic: str = "share"


def battery_of(
    named: Named,
    entries: Sequence[Entry],
    new_correlation: Floats,
    *,
    level: float = 0.95,
    correlation: float | None = None,
    left_out: Sequence[LeftOut] = (),
) -> Battery:
    """Ask everything of a battery.

    Parameters
    ----------
    named : Named
        Which battery it is.
    entries : sequence of Entry
        Its items, at least two.
    new_correlation : numpy.ndarray
        Correlation, or covariance, of the new estimates, in the order of the entries.
    level : float
        Of all intervals and tests, e.g. ``0.95``.
    correlation : float, optional
        Common correlation to assume of the published items, e.g. ``0.3``; left out, those of the new ones.
    left_out : sequence of LeftOut
        What could not be part of it.

    Notes
    -----
    Not for items that different people answered, nor for shares of one question, which add up.

    Examples
    --------
    >>> entries = [
    ...     Entry("travel", "", "poll.travel", 0.62, 0.016, 900, 1000, 0.70, 0.018, 1000, 0.01, None, 0.03),
    ...     Entry("loans", "", "poll.loans", 0.47, 0.016, 900, 1000, 0.55, 0.019, 1000, 0.01, None, 0.03)]
    >>> found = battery_of(Named("poll", "A poll", "punishment"), entries, np.array([[1, 0.3], [0.3, 1]]))
    >>> round(found.sampling.shift.estimate, 3), found.sampling.wald.p < 0.001, found.total.wald.p > 0.05
    (-0.08, True, True)
    """
    new_covariance = rescaled(new_correlation, np.array([entry.new_se for entry in entries]))
    assumed = assumptions(correlation, new_covariance)
    name, matrix = next(iter(assumed.items()))
    sides = sides_of(entries, new_covariance, matrix, borrowed=name == BORROWED)
    sampling, total = tiers(sides, entries, named, level)
    others = other_sides(entries, new_covariance, assumed)
    return Battery(
        study=named.study,
        citation=named.citation,
        battery=named.battery,
        statistic=named.statistic,
        level=level,
        nonsampling=largest_error(entries),
        items=items_of(entries, sides, sampling, level, named),
        sampling=sampling,
        total=total,
        correlation=name,
        assumptions=tuple(
            otherwise(other, tiers(at, entries, named, level), (sampling, total), level) for other, at in others.items()
        ),
        left_out=tuple(left_out),
        notes=notes_on(sides, sampling),
    )


def other_sides(entries: Sequence[Entry], new_covariance: Floats, assumed: Mapping[str, Floats]) -> dict[str, Sides]:
    """Put both sides together under every assumption but the first: other correlations, other design effects."""
    (name, matrix), *rest = assumed.items()
    correlated = {other: sides_of(entries, new_covariance, its, borrowed=other == BORROWED) for other, its in rest}
    spread = {
        f"a published design effect of {deff:g}": sides_of(
            at_design_effect(entries, deff), new_covariance, matrix, borrowed=name == BORROWED
        )
        for deff in DEFFS
        if any(entry.deff not in (None, deff) for entry in entries)
    }
    return correlated | spread


def rescaled(matrix: Floats, se: Floats) -> Floats:
    """Give the covariance with the correlations of a matrix and these standard errors."""
    root = np.sqrt(np.diag(matrix))
    scale = np.outer(root, root)
    correlation = np.divide(matrix, scale, out=np.zeros(matrix.shape), where=scale > 0)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation * np.outer(se, se))


def sides_of(entries: Sequence[Entry], new_covariance: Floats, correlation: Floats, *, borrowed: bool) -> Sides:
    """Put both sides together under one assumption, without other error."""
    se, rounding = (np.array([getattr(entry, name) for entry in entries]) for name in ("published_se", "rounding"))
    sizes = [entry.published_n for entry in entries if np.isfinite(entry.published_n)]
    return Sides(
        new=np.array([entry.new for entry in entries]),
        published=np.array([entry.published for entry in entries]),
        new_covariance=new_covariance,
        published_covariance=published_covariance(se, rounding, correlation),
        new_df=min(entry.new_df for entry in entries),
        published_df=min(sizes) - 1 if sizes else np.inf,
        known=np.zeros(new_covariance.shape),
        borrowed=borrowed,
    )


def at_design_effect(entries: Sequence[Entry], deff: float) -> list[Entry]:
    """Give the items with another published design effect, where it had to be assumed."""
    found = []
    for entry in entries:
        factor = 1.0 if entry.deff is None else deff / entry.deff
        rounded = entry.rounding**2 / 12
        found.append(replace(entry, published_se=np.sqrt(factor * (entry.published_se**2 - rounded) + rounded)))
    return found


def tiers(sides: Sides, entries: Sequence[Entry], named: Named, level: float) -> tuple[Tier, Tier | None]:
    """Give both tiers; there is no second where an item has no error declared for it."""
    sizes = None
    if named.statistic == "share":
        sizes = (np.array([entry.new_n for entry in entries]), np.array([entry.published_n for entry in entries]))
    error = largest_error(entries)
    errors = np.array([entry.nonsampling or 0.0 for entry in entries])
    return sampling_tier(sides, level, sizes), None if error is None else total_tier(sides, level, sizes, errors)


def largest_error(entries: Sequence[Entry]) -> float | None:
    """Give the other survey error that the items are allowed; None when one has none declared."""
    errors = [entry.nonsampling for entry in entries]
    return None if any(error is None for error in errors) else max(error for error in errors if error is not None)


def items_of(
    entries: Sequence[Entry], sides: Sides, sampling: Tier, level: float, named: Named
) -> tuple[BatteryItem, ...]:
    """Give each item with its predictive check in both tiers."""
    share = named.statistic == "share"
    alone = surprises(sides, level, share=share)
    whole: Sequence[Surprise | None] = [None] * len(entries)
    if largest_error(entries) is not None:
        errors = np.array([entry.nonsampling or 0.0 for entry in entries])
        whole = surprises(sides.with_nonsampling(errors, 0.0), level, share=share)
    return tuple(
        BatteryItem(
            item=entry.item,
            label=entry.label,
            published_id=entry.published_id,
            new=entry.new,
            published=entry.published,
            difference=entry.new - entry.published,
            beyond_shift=entry.new - entry.published - sampling.shift.estimate,
            expected_low=own.low,
            expected_high=own.high,
            p=own.p,
            bits=own.bits,
            expected_total_low=None if total is None else total.low,
            expected_total_high=None if total is None else total.high,
            p_total=None if total is None else total.p,
            bits_total=None if total is None else total.bits,
            provenance=entry.provenance,
        )
        for entry, own, total in zip(entries, alone, whole, strict=True)
    )


def otherwise(name: str, found: tuple[Tier, Tier | None], was: tuple[Tier, Tier | None], level: float) -> Assumption:
    """Say what another assumption gives, and what it would change."""
    changes = [
        change
        for before, now, tier in zip(was, found, ("sampling error", "total error"), strict=True)
        if before is not None and now is not None
        for change in conclusions_changed(before, now, level, tier)
    ]
    sampling, total = found
    return Assumption(name, sampling.p, None if total is None else total.p, tuple(changes))


def notes_on(sides: Sides, sampling: Tier) -> tuple[str, ...]:
    """Say why a test is missing."""
    why = untestable(sides)
    if not why:
        return ()
    instead = "Rao and Scott's test stands in its place" if sampling.rao_scott else "nothing stands in its place"
    return (f"There is no Wald test of all items together: {why}; {instead}.",)
