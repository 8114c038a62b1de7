"""A question of the bank, its answers and its battery: what a team may field, and what it repeats.

A bank says of every stem and item whether the words are the replicated study's own, a paraphrase of it, or ours; a
result can be no more comparable than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..errors import UnknownNameError

Text = dict[str, str]
"""Wording by language code."""

WordingStatus = Literal["verbatim", "paraphrase", "ours"]
"""Whose words they are: the replicated study's own, a paraphrase of it, or ours."""


class Part(BaseModel):
    """What every part of a bank shares: it never changes, and unknown keys are findings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BankChoice(Part):
    """One answer option.

    Attributes
    ----------
    name : str
        Its code, e.g. ``"4"``.
    label : Text
        By language.
    missing : str or None
        ``"dont_know"`` or ``"refused"`` for what is no answer.
    """

    name: str
    label: Text
    missing: Literal["dont_know", "refused"] | None = None


class BankList(Part):
    """Answer options shared by items.

    Attributes
    ----------
    scale : str
        Scale id in the registry of published figures; empty for background questions.
    measure : str
        ``"nominal"`` or ``"ordinal"``.
    choices : tuple of BankChoice
        In the order shown, don't know and refused last.
    collapse : dict of str to tuple of str
        Named groups of codes, e.g. ``{"support": ("4", "5")}``.
    """

    scale: str = ""
    measure: Literal["nominal", "ordinal"]
    choices: tuple[BankChoice, ...]
    collapse: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @property
    def substantive(self) -> tuple[BankChoice, ...]:
        """The options that are answers."""
        return tuple(choice for choice in self.choices if choice.missing is None)


class Battery(Part):
    """Items asked together under one stem.

    Attributes
    ----------
    stem, hint : Text
        By language.
    stem_status : str
        Whose words the stem is, in the language of the replicated publication.
    choices : str
        Name of the list all its items are answered on.
    randomize : bool
        Whether its items are shown in random order.
    note : str
        For those who field it.
    """

    stem: Text
    hint: Text = Field(default_factory=dict)
    stem_status: WordingStatus
    choices: str
    randomize: bool = False
    note: str = ""


@dataclass(frozen=True)
class BankItem:
    """One question of the bank.

    Attributes
    ----------
    id : str
        e.g. ``"social_credit.restrict_travel"``.
    name : str
        Variable name for a questionnaire: the id without its topic.
    topic : str
        e.g. ``"social_credit"``.
    stem, wording, hint : Text
        By language; the stem is empty for a question that stands alone.
    stem_status, wording_status : str
        ``"verbatim"``, ``"paraphrase"`` or ``"ours"``; the stem's is empty where there is none.
    battery : str
        Items asked with it; empty for a question that stands alone.
    choices : BankList
        Its answer options.
    choices_name : str
        Name of that list, e.g. ``"support5"``.
    replicates : tuple of str
        Published items it repeats, e.g. ``("liu2022.travel",)``.
    sensitive : bool
        Whether answers can put respondents at risk, or be guarded: it asks for a judgement of a public authority or of
        what one runs, how groups are treated, or what respondents have been through.
    translation : Text
        How each language came about.
    rights, note : str
        On what terms it may be used, and what a user must know.
    """

    id: str
    name: str
    topic: str
    wording: Text
    wording_status: WordingStatus
    choices: BankList
    choices_name: str
    stem: Text = field(default_factory=dict)
    stem_status: str = ""
    hint: Text = field(default_factory=dict)
    battery: str = ""
    replicates: tuple[str, ...] = ()
    sensitive: bool = False
    translation: Text = field(default_factory=dict, repr=False)
    rights: str = field(default="", repr=False)
    note: str = ""

    def question(self, language: str) -> str:
        """Give stem and wording as one text.

        Examples
        --------
        >>> from topline.data.banks.shipped import bank
        >>> bank("social_credit")["social_credit.trust_local"].question("en")
        'How much, if at all, do you trust each of the following? The local government where you live'
        """
        if language not in self.wording:
            raise UnknownNameError("language", language, self.wording, self.id)
        return f"{self.stem.get(language, '')} {self.wording[language]}".strip()


@dataclass(frozen=True)
class Bank(Mapping[str, BankItem]):
    """The items of one topic by id, in the order of the document.

    Attributes
    ----------
    topic : str
        e.g. ``"social_credit"``.
    title, introduction, translation : Text
        By language.
    languages : tuple of str
        The first is the source.
    questions : mapping of str to BankItem
        By id.
    batteries : mapping of str to Battery
        By name.
    lists : mapping of str to BankList
        By name.
    rights, sensitivity : str
        On what terms it may be used, and what to mind for respondents' sake.
    source : str
        Document it was read from.
    """

    topic: str
    title: Text
    languages: tuple[str, ...]
    questions: Mapping[str, BankItem] = field(repr=False)
    batteries: Mapping[str, Battery] = field(repr=False)
    lists: Mapping[str, BankList] = field(repr=False)
    introduction: Text = field(repr=False)
    translation: Text = field(repr=False)
    rights: str = field(repr=False)
    sensitivity: str = field(repr=False)
    source: str = ""

    def __getitem__(self, item_id: str) -> BankItem:
        """Give an item, or raise UnknownNameError with the nearest ids."""
        if item_id not in self.questions:
            raise UnknownNameError("bank item", item_id, self.questions, self.source)
        return self.questions[item_id]

    def __contains__(self, item_id: object) -> bool:
        """Say whether there is such an item."""
        return item_id in self.questions

    def __iter__(self) -> Iterator[str]:
        """Go through the ids in order."""
        return iter(self.questions)

    def __len__(self) -> int:
        """Count the items."""
        return len(self.questions)
