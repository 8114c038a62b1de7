"""Inheritance: what a question takes over from the question bank, and whether it is still the same question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.codebook import MissingKind
from ..data.errors import RegistryError, UnknownNameError, did_you_mean
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


def check_bank_answers(questionnaire: Questionnaire, find: Find) -> None:
    """Warn where a bank item is asked on other answers than the bank's, or in a grid under another item's stem.

    Parameters
    ----------
    questionnaire : Questionnaire
        What names bank items.
    find : Find
        Notes what is wrong.
    """
    for question in questionnaire.questions:
        asked: tuple[Question | Row, ...] = (question, *question.rows)
        parts = [(part, known) for part in asked if (known := _known_item(part.bank)) is not None]
        offered = _answers(questionnaire.choice_list(question), questionnaire.languages)
        stems = [known.stem for part, known in parts if part is not question]
        for part, known in parts:
            if _answers(known.choice_list, questionnaire.languages) != offered:
                lent = known.choice_list.name if known.choice_list else ""
                find(
                    part,
                    f"is not answered on the question bank's list '{lent}'. Leave 'choices' away, ask it in a question "
                    "of its own, or remove 'bank': results on other answers are another question's.",
                    "bank",
                    severity="warning",
                )
            elif part is not question and known.stem != stems[0]:
                words = "stands under another stem in the question bank; put it in a grid of its own."
                find(part, words, "bank", severity="warning")


def _known_item(item_id: str) -> Inherited | None:
    """Look a bank item up; None where none is named, or an unknown one, which has been noted already."""
    try:
        return inherit(item_id) if item_id else None
    except UnknownNameError:
        return None


def _answers(choices: ChoiceList | None, languages: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
    """Give the codes of a list's answers with their labels in the languages asked."""
    if choices is None:
        return []
    return [
        (choice.name, {each: choice.label[each] for each in languages if each in choice.label})
        for choice in choices.substantive
    ]


def _known_figures(folder: Path | None) -> tuple[Registry, str]:
    """Give the published figures a study may name, and what to say when its own cannot be read."""
    from ..data.own_figures import figures_of_folder
    from ..data.registry.figures import published

    try:
        return figures_of_folder(folder), ""
    except RegistryError:
        return published(), f" The folder's own figures cannot be read; see: topline figures check {folder}"
