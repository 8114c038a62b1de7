"""Why two results are not strictly alike, each reason with what would repair it; those that several rows share once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from .comparison import ComparisonRow


def with_repair(row: ComparisonRow) -> list[str]:
    """Give each reason with what would repair it.

    Examples
    --------
    >>> with_repair(ComparisonRow("q", reasons=("Mode differs.", "Base unknown."), repairs=("", 'base="all"')))
    ['Mode differs.', 'Base unknown. (repair: base="all")']
    """
    repairs = (*row.repairs, *("",) * len(row.reasons))
    told = zip(row.reasons, repairs, strict=False)
    return [f"{reason} ({in_brackets(repair)})" if repair else reason for reason, repair in told]


def in_brackets(repair: str) -> str:
    """Say what repairs a reason, or why nothing does.

    Examples
    --------
    >>> in_brackets('base="all"'), in_brackets("none: no weighting repairs a mode")
    ('repair: base="all"', 'no repair: no weighting repairs a mode')
    """
    return f"no repair: {repair.removeprefix('none: ')}" if repair.startswith("none") else f"repair: {repair}"


def lettered(rows: Sequence[ComparisonRow]) -> dict[str, str]:
    """Letter the reasons that several rows share.

    Examples
    --------
    >>> rows = [ComparisonRow("a", reasons=("Mode differs.", "Old.")), ComparisonRow("b", reasons=("Mode differs.",))]
    >>> lettered(rows)
    {'Mode differs.': 'a'}
    """
    shared = Counter(reason for row in rows for reason in with_repair(row))
    several = [reason for reason, count in shared.items() if count > 1]
    return {reason: letters_for(place) for place, reason in enumerate(several)}


def letters_for(place: int) -> str:
    """Give a, b, ..., z, aa, ab, ... for 0, 1, ...

    Examples
    --------
    >>> letters_for(0), letters_for(25), letters_for(26)
    ('a', 'z', 'aa')
    """
    first, last = divmod(place, 26)
    return (letters_for(first - 1) if first else "") + chr(ord("a") + last)


def letters_of(row: ComparisonRow, letters: Mapping[str, str]) -> str:
    """Name the lettered reasons of a row, those that follow one another as a range.

    Examples
    --------
    >>> letters = {"One.": "a", "Two.": "b", "Three.": "c", "Four.": "d", "Five.": "e"}
    >>> letters_of(ComparisonRow("q", reasons=("Five.", "One.", "Three.", "Two.")), letters)
    'a to c, e'
    """
    places = {reason: place for place, reason in enumerate(letters)}
    own = sorted(places[reason] for reason in with_repair(row) if reason in places)
    runs: list[list[int]] = []
    for place in own:
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return ", ".join(run_in_words(run) for run in runs)


def run_in_words(run: Sequence[int]) -> str:
    """Write places that follow one another: three or more as a range."""
    named = [letters_for(place) for place in run]
    return f"{named[0]} to {named[-1]}" if len(named) > 2 else ", ".join(named)
