"""A reason for or against putting two results side by side, and the grade that several amount to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Grade = Literal["comparable", "qualified", "not_comparable"]
Effect = Literal["forbids", "qualifies", "repaired"]

SEEN = "enter the {} in study.csv, once a source states it"
"""What repairs something that the registry does not know of a published study."""


@dataclass(frozen=True)
class Reason:
    """One thing that differs between the two sides, and what would repair it.

    Attributes
    ----------
    topic : str
        ``"kind"``, ``"wording"``, ``"answers"``, ``"middle"``, ``"dont_know"``, ``"base"``, ``"people"``,
        ``"sample"``, ``"mode"``, ``"language"``, ``"order"``, ``"dates"``, ``"error"``, ``"doubt"``, ``"provenance"``
        or ``"unchecked"``: taken on the user's word alone.
    effect : str
        ``"forbids"`` a comparison, ``"qualifies"`` it, or was ``"repaired"``.
    text : str
        A plain sentence.
    repair : str
        The argument or action that would repair it, e.g. ``'base="excluding_dont_know"'``. Where nothing does, it
        begins with ``"none"`` and says why, or what else can be done. Empty only for what was repaired already.
    """

    topic: str
    effect: Effect
    text: str
    repair: str = ""


def grade_of(reasons: Iterable[Reason]) -> Grade:
    """Give the grade that the reasons amount to.

    Examples
    --------
    >>> grade_of([])
    'comparable'
    >>> grade_of([Reason("mode", "qualifies", "..."), Reason("people", "forbids", "...")])
    'not_comparable'
    """
    effects = {reason.effect for reason in reasons}
    if "forbids" in effects:
        return "not_comparable"
    return "qualified" if "qualifies" in effects else "comparable"


def stated(name: str, new: str, published: str, *, key: str, differ: str = "") -> tuple[str, str]:
    """Say in a sentence how two statements differ and what would repair it; nothing when they agree.

    Parameters
    ----------
    name : str
        What is stated, e.g. ``"population"``.
    new, published : str
        What each survey says; empty where it says nothing.
    key : str
        How the new survey states it in Python, e.g. ``'population="adults online"'``.
    differ : str
        What would repair a difference, e.g. ``"none: no weighting repairs a mode"``.

    Examples
    --------
    >>> stated("mode", "web", "web", key="modes=('web',)")
    ('', '')
    >>> stated("mode", "web", "telephone", key="modes=('web',)", differ="none: no weighting repairs a mode")
    ("Mode differs: new 'web', published 'telephone'.", 'none: no weighting repairs a mode')
    >>> stated("mode", "", "web", key="modes=('web',)")
    ('Mode not stated for the new survey.', "about=StudyDescription(modes=('web',))")
    """
    if new and published:
        same = new.strip().casefold() == published.strip().casefold()
        return ("", "") if same else (f"{name.capitalize()} differs: new '{new}', published '{published}'.", differ)
    missing = [side for side, given in (("new", new), ("published", published)) if not given]
    repair = f"about=StudyDescription({key})" if not new else SEEN.format(name)
    return f"{name.capitalize()} not stated for the {' and the '.join(missing)} survey.", repair
