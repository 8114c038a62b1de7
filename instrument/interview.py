"""An interview: what one respondent answered, and nothing about who they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Answer = str | int | float | tuple[str, ...]
"""``select_one``, a grid's row, ``consent`` and ``text``: str; ``select_multiple``: tuple of str; ``integer``: int;
``decimal``: float. A str under an integer or decimal question is a don't-know or refusal code."""

Answers = Mapping[str, Answer]
"""Answers by variable name; a variable that was not asked or left blank is absent."""

Status = Literal["started", "complete", "declined"]


@dataclass(frozen=True)
class Interview:
    """One respondent's interview.

    Attributes
    ----------
    number : str
        Random identifier (hex); says nothing about the respondent or the order of arrival.
    language : str
        Language it was last answered in.
    seed : int
        Seed its randomisation was drawn from; stored, so every order shown can be rebuilt.
    status : str
        ``"started"`` (not finished: a break-off), ``"complete"``, or ``"declined"`` (consent refused).
    day : str
        Day of the last answer, ISO; never finer.
    questionnaire_digest : str
        Fingerprint of the questionnaire answered.
    answers : Answers
        By variable name.
    reached : str
        Name of the last page acknowledged; empty when none.
    """

    number: str
    language: str
    seed: int
    status: Status
    day: str
    questionnaire_digest: str
    answers: Answers = field(default_factory=dict)
    reached: str = ""
