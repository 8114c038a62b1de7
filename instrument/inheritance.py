"""Inheritance: what a question takes over from the question bank, and whether it is still the same question."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.codebook import MissingKind
from ..data.errors import RegistryError, did_you_mean
from .questionnaire import Choice, ChoiceList, Question, Questionnaire, Row, Text

if TYPE_CHECKING:
    from ..data.banks.item import BankItem, BankList
    from ..data.registry.figures import Registry
    from .naming import Find


@dataclass(frozen=True)
class Inherited:
    """What the question bank has for an item.

    Attributes
    ----------
    label : Text
        Its wording.
    stem : Text
        Wording of the battery it belongs to; empty for an item that stands alone.
    hint : Text
        The smaller text under it.
    choice_list : ChoiceList or None
        Its answers, under the name the bank gives them.
    replicates : tuple of str
        Published items it repeats.
    """

    label: Text = field(default_factory=dict)
    stem: Text = field(default_factory=dict)
    hint: Text = field(default_factory=dict)
    choice_list: ChoiceList | None = None
    replicates: tuple[str, ...] = ()


def inherit(item_id: str) -> Inherited:
    """Look an item of the shipped question banks up.

    Parameters
    ----------
    item_id : str
        Topic and name, e.g. ``"social_credit.restrict_travel"``.

    Raises
    ------
    UnknownNameError
        When there is no such bank or item; the nearest names are given.

    Examples
    --------
    >>> inherit("social_credit.restrict_travel").replicates
    ('liu2022.travel',)
    """
    from ..data.banks.shipped import bank

    return _inherited(bank()[item_id])


def _inherited(item: BankItem) -> Inherited:
    return Inherited(item.wording, item.stem, item.hint, _choice_list(item.choices_name, item.choices), item.replicates)


def _choice_list(name: str, known: BankList) -> ChoiceList:
    choices = tuple(
        Choice(name=choice.name, label=choice.label, missing=MissingKind(choice.missing) if choice.missing else None)
        for choice in known.choices
    )
    return ChoiceList(name=name, choices=choices, scale=known.scale, measure=known.measure, collapse=known.collapse)


def check_published(questionnaire: Questionnaire, find: Find, folder: Path | None = None) -> None:
    """Hold the scales and published items a questionnaire names against the published figures that are known.

    Parameters
    ----------
    questionnaire : Questionnaire
        What names them.
    find : Find
        Notes what is wrong.
    folder : Path, optional
        Its study folder, which may hold figures of its own.
    """
    scaled = [choices for choices in questionnaire.choice_lists.values() if choices.scale]
    asked: list[Question | Row] = []
    for question in questionnaire.questions:
        asked += [question, *question.rows]
    asked = [part for part in asked if part.replicates]
    if not (scaled or asked):
        return
    registry, doubt = _known_figures(folder)
    for part in asked:
        for name in part.replicates:
            if name not in registry.questions:
                near = did_you_mean(name, registry.questions) + doubt
                find(part, f"replicates '{name}', which is not a published item in the registry.{near}", "replicates")
    for choices in scaled:
        if choices.scale not in registry.scales:
            near = did_you_mean(choices.scale, registry.scales)
            find(choices, f"names the scale '{choices.scale}', which is not in the registry.{near}", "scale")
            continue
        right = [f"{option.code:g}" for option in registry.scales[choices.scale].substantive]
        if [choice.name for choice in choices.substantive] != right:
            find(
                choices,
                f"says it is the scale '{choices.scale}', whose answers have the codes {', '.join(right)} in this "
                "order; use them, or leave 'scale' away.",
                "scale",
            )


def _known_figures(folder: Path | None) -> tuple[Registry, str]:
    """Give the published figures a study may name, and what to say when its own cannot be read."""
    from ..data.own_figures import figures_of_folder
    from ..data.registry.figures import published

    try:
        return figures_of_folder(folder), ""
    except RegistryError:
        return published(), f" The folder's own figures cannot be read; see: topline figures check {folder}"
