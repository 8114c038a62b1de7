"""What must be said of weights wherever they are used, kept with their column in the notes of a file.

A design knows the steps of its weighting; a file holds a column. So that sources, grades and populations of margins are
not lost on the way, the notes of the steps go into the notes of the codebook, each behind the column's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ...data.codebook import Codebook

if TYPE_CHECKING:
    from .design import Design

KEPT = "Weights in column "
"""How a note on a column of weights begins, before the column's name and a colon."""

LINE = 80
"""Bytes that SPSS holds of a line of notes; a file that lost its sidecar has longer notes broken into several."""

WIDEST = 4
"""Bytes of the widest character, which is not halved where a line is broken."""


def notes_with(notes: Sequence[str], column: str, told: Iterable[str]) -> tuple[str, ...]:
    """Give the notes of a codebook with those on a column of weights added, in place of older ones.

    Examples
    --------
    >>> notes_with(["Our own."], "weight", ["Margins of sex: census (from memory)."])
    ('Our own.', 'Weights in column weight: Margins of sex: census (from memory).')
    """
    begun = _begun(column)
    others = [note for note in notes if not note.startswith(begun)]
    return (*others, *(begun + note for note in dict.fromkeys(told)))


def notes_on(codebook: Codebook, column: str | None) -> list[str]:
    """Give what the notes of a file say of a column of weights, lines that SPSS broke put together.

    Examples
    --------
    >>> notes_on(Codebook(notes=("Our own.", "Weights in column w: Margins of sex: census.")), "w")
    ['Margins of sex: census.']
    """
    if column is None:
        return []
    begun = _begun(column)
    return [note.removeprefix(begun) for note in _whole(codebook.notes) if note.startswith(begun)]


def notes_of_weights(design: Design) -> list[str]:
    """Give what must be said of a design's weights: of the column that they come from, then of every step, in short.

    Examples
    --------
    >>> import pandas as pd
    >>> from .design import Design
    >>> notes_of_weights(Design(pd.DataFrame({"trust": [1, 3]})))
    []
    """
    steps = [note for step in design.steps for note in step.brief]
    return list(dict.fromkeys([*notes_on(design.study.codebook, design.weight), *steps]))


def _begun(column: str) -> str:
    return f"{KEPT}{column}: "


def _whole(notes: Sequence[str]) -> list[str]:
    """Put the broken lines of notes on weights together; a line that is not full is the last of its note."""
    found: list[str] = []
    last = ""
    for line in notes:
        unfinished = bool(last) and len(last.encode()) > LINE - WIDEST
        if unfinished and found[-1].startswith(KEPT) and not line.startswith(KEPT):
            # the space that a line was broken at is gone from its end
            space = " " if len((last + line[:1]).encode()) <= LINE else ""
            found[-1] += space + line
        else:
            found.append(line)
        last = line
    return found
