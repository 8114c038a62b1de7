"""Whether both questions offered a middle answer and a don't know: an offer moves shares whatever the base.

Who has no opinion takes the middle or says don't know where he may, and takes a side where he must (Schuman and Presser
1981, Questions and Answers in Attitude Surveys, chapters 4 and 6). No base repairs that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...data.codebook import MissingKind, Variable
from .reason import Reason

if TYPE_CHECKING:
    from ...data.registry.figure import Figure, Option, Scale

ASKED_AGAIN = "offer the same answers, in the next wave"


def offered(variable: Variable, figure: Figure) -> list[Reason]:
    """Say where only one of two questions offered a middle answer or a don't know, or where it is not known.

    Parameters
    ----------
    variable : Variable
        The new question.
    figure : Figure
        The published figure.
    """
    scale = figure.item.scale
    if figure.item.answers == "several" or (scale is not None and variable.scale not in ("", scale.scale_id)):
        return []  # a list to choose from has no middle; other scales are refused on their own
    found = [
        middle(variable, scale),
        unlike("dont_know", "don't know", dont_know_of(variable), dont_know_in(scale)),
    ]
    return [reason for reason in found if reason is not None]


def middle(variable: Variable, scale: Scale | None) -> Reason | None:
    """Compare middle answers; a scale that does not run from against to for has none to speak of."""
    if scale is not None:
        valences = {option.valence for option in scale.substantive}
        if not {-1, 1} <= valences:
            return None
        published: bool | None = 0 in valences
    else:
        published = None
    return unlike("middle", "a middle answer", middle_of(variable, scale), published)


def middle_of(variable: Variable, scale: Scale | None) -> bool | None:
    """Say whether the new question offers a middle answer of the scale it shares; None where that is not recorded."""
    if scale is None or variable.scale != scale.scale_id:
        return None
    codes = {option.code for option in scale.substantive if option.valence == 0}
    offers = {code for code in variable.labels if variable.missing_kind(code) is None}
    return bool(codes & offers) if offers else bool(codes)


def dont_know_in(scale: Scale | None) -> bool | None:
    """Say whether a published scale offered don't know; None where that is not known."""
    if scale is None:
        return None
    options = [option for option in scale.options if option.kind == "dont_know"]
    return None if options and not_seen(options) else bool(options)


def not_seen(options: Sequence[Option]) -> bool:
    """Say whether the scale lists an answer that may not have been offered."""
    return all("not known" in option.note for option in options)


def dont_know_of(variable: Variable) -> bool | None:
    """Say whether the new question offers don't know; None for a column whose answers are not described.

    Examples
    --------
    >>> dont_know_of(Variable("q", labels={97.0: "Don't know"}, missing={97.0: MissingKind.DONT_KNOW}))
    True
    >>> dont_know_of(Variable("q", labels={1.0: "Yes", 2.0: "No"})), dont_know_of(Variable("q"))
    (False, None)
    """
    kinds = {*variable.missing.values(), *(each.kind for each in variable.missing_ranges)}
    if MissingKind.DONT_KNOW in kinds:
        return True
    return False if variable.labels else None


def unlike(topic: str, what: str, new: bool | None, published: bool | None) -> Reason | None:
    """Say how two offers differ, or which is not known.

    Examples
    --------
    >>> unlike("dont_know", "don't know", True, None).text
    "Whether the published question offered don't know is not known; the new one did."
    """
    if new is not None and new == published:
        return None
    if new is not None and published is not None:
        did, did_not = ("new", "published") if new else ("published", "new")
        words = f"The {did} question offered {what}, the {did_not} one did not: that moves shares, whatever the base."
        return Reason(topic, "qualifies", words, ASKED_AGAIN)
    if published is None:
        told = "" if new is None else f"; the new one {did_or_not(new)}"
        words = f"Whether the published question offered {what} is not known{told}."
        return Reason(topic, "qualifies", words, "enter its answers in scale.csv, once they have been seen")
    words = f"Whether the new question offered {what} is not recorded; the published one {did_or_not(published)}."
    return Reason(topic, "qualifies", words, "give the question's answers and scale in the questionnaire")


def did_or_not(offers: bool) -> str:
    """Say whether."""
    return "did" if offers else "did not"
