"""The question bank: questions ready to field, in every language, with the published items they repeat.

A bank is a YAML document (``bank/social_credit.yaml``). It says of every stem and item whether the words are the
replicated study's own, a paraphrase of it, or ours; a result can be no more comparable than that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .errors import DocumentError, Finding, UnknownNameError, did_you_mean
from .registry.figures import Registry, published
from .schema import validated
from .yaml_file import Document, Place, load_document, spoken

SHIPPED = Path(__file__).parent / "bank"

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


class _WrittenItem(Part):
    """An item as the document has it."""

    battery: str = ""
    choices: str = ""
    wording: Text
    hint: Text = Field(default_factory=dict)
    wording_status: WordingStatus
    replicates: tuple[str, ...] = ()
    sensitive: bool = False
    note: str = ""


class _WrittenBank(Part):
    """A bank as the document has it."""

    topic: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    languages: tuple[str, ...]
    rights: str
    translation: Text
    sensitivity: str
    introduction: Text
    lists: dict[str, BankList]
    batteries: dict[str, Battery]
    items: dict[str, _WrittenItem]


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
        Whether answers can put respondents at risk, or be guarded.
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
        >>> bank("social_credit")["social_credit.trust_local"].question("en")
        'How much do you trust each of the following? The local government where you live'
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


def bank(topic: str) -> Bank:
    """Give the question bank on a topic that ships with topline.

    Parameters
    ----------
    topic : str
        ``"social_credit"``.

    Raises
    ------
    UnknownNameError
        When there is no bank on it.

    Examples
    --------
    >>> item = bank("social_credit")["social_credit.restrict_travel"]
    >>> item.wording["en"], item.wording_status, item.replicates
    ('Restrict their travel', 'paraphrase', ('liu2022.travel',))
    >>> item.choices.collapse["support"]
    ('4', '5')
    """
    known = tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))
    if topic not in known:
        raise UnknownNameError("question bank", topic, known)
    return _shipped(topic)


@cache
def _shipped(topic: str) -> Bank:
    return read_bank(SHIPPED / f"{topic}.yaml")


def read_bank(path: Path | str, registry: Registry | None = None) -> Bank:
    """Read a question bank, and list everything that is wrong with it.

    Parameters
    ----------
    path : path
        A YAML document in the form of ``bank/social_credit.yaml``.
    registry : Registry, optional
        Published items and scales it refers to; those that ship with topline where not given.

    Raises
    ------
    FileError
        When the document cannot be read.
    DocumentError
        With all findings: a language missing, an unknown list, battery, scale or published item, a collapse of codes
        that are no answers, a list that leaves no way to decline.
    """
    document = load_document(Path(path))
    written = validated(_WrittenBank, document)
    findings = [
        Finding(document.name, spoken(place), problem, document.line(*place))
        for place, problem in _problems(written, registry if registry is not None else published())
    ]
    if findings:
        raise DocumentError(sorted(findings, key=lambda finding: finding.line or 0))
    return _bank(written, document)


Problem = tuple[Place, str]


def _problems(bank: _WrittenBank, registry: Registry) -> Iterator[Problem]:
    yield from _languages(bank)
    for name, options in bank.lists.items():
        yield from _list_problems(("lists", name), options, registry)
    for name, battery in bank.batteries.items():
        yield from _known(("batteries", name, "choices"), "answer list", battery.choices, bank.lists)
    for name, item in bank.items.items():
        yield from _item_problems(("items", name), item, bank, registry)


def _languages(bank: _WrittenBank) -> Iterator[Problem]:
    """Every text stands in every language."""
    for place, text in _texts(bank):
        for language in bank.languages:
            if not text.get(language, "").strip():
                yield (*place, language), f"the text in '{language}' is missing."
        for language in text:
            if language not in bank.languages:
                known = ", ".join(bank.languages)
                remedy = "" if text[language] else " Between braces, a text that holds a comma needs quotes."
                yield (*place, language), f"'{language}' is not one of the bank's languages: {known}.{remedy}"


def _texts(bank: _WrittenBank) -> Iterator[tuple[Place, Text]]:
    """Give every text that a respondent may read, with its place; an empty hint is no text."""
    yield ("title",), bank.title
    yield ("translation",), bank.translation
    yield ("introduction",), bank.introduction
    for name, options in bank.lists.items():
        for k, choice in enumerate(options.choices):
            yield ("lists", name, "choices", k, "label"), choice.label
    for name, battery in bank.batteries.items():
        yield ("batteries", name, "stem"), battery.stem
        if battery.hint:
            yield ("batteries", name, "hint"), battery.hint
    for name, item in bank.items.items():
        yield ("items", name, "wording"), item.wording
        if item.hint:
            yield ("items", name, "hint"), item.hint


def _list_problems(place: Place, options: BankList, registry: Registry) -> Iterator[Problem]:
    names = [choice.name for choice in options.choices]
    answers = [choice.name for choice in options.substantive]
    for k, name in enumerate(names):
        if name in names[:k]:
            yield (*place, "choices", k), f"the code '{name}' stands here again; give each option its own."
        if not re.fullmatch(r"\d{1,4}", name):
            yield (*place, "choices", k), f"the code '{name}' is not a whole number; data files hold the code."
    if len(answers) < 2:
        yield (*place, "choices"), f"has {len(answers)} options that are answers; a question needs two or more."
    if not any(choice.missing == "refused" for choice in options.choices):
        yield (*place, "choices"), "leaves no way to decline; add an option 'Prefer not to say' with missing: refused."
    if names != answers + [name for name in names if name not in answers]:
        yield (*place, "choices"), "don't know and refused must stand after the answers."
    for group, codes in options.collapse.items():
        for code in codes:
            if code not in answers:
                known = ", ".join(answers)
                yield (*place, "collapse", group), f"'{code}' is not the code of an answer; those are {known}."
    if options.scale:
        yield from _scale_problems(place, options, registry)


def _scale_problems(place: Place, options: BankList, registry: Registry) -> Iterator[Problem]:
    """A list that bears a published scale's name has that scale's answers."""
    if options.scale not in registry.scales:
        yield from _known((*place, "scale"), "published scale", options.scale, registry.scales)
        return
    scale = registry.scales[options.scale]
    published_codes = [f"{option.code:g}" for option in scale.substantive]
    if [choice.name for choice in options.substantive] != published_codes:
        yield (*place, "scale"), f"the answers of '{options.scale}' are {', '.join(published_codes)}, in this order."
    kinds = {f"{option.code:g}": option.kind for option in scale.options if option.kind != "substantive"}
    for k, choice in enumerate(options.choices):
        if choice.missing and choice.name in kinds and kinds[choice.name] != choice.missing:
            yield (*place, "choices", k), f"is {choice.missing}, but {kinds[choice.name]} in '{options.scale}'."


def _item_problems(place: Place, item: _WrittenItem, bank: _WrittenBank, registry: Registry) -> Iterator[Problem]:
    if item.battery and item.choices:
        yield (*place, "choices"), "an item of a battery is answered on the battery's list; remove 'choices'."
    elif item.battery:
        yield from _known((*place, "battery"), "battery", item.battery, bank.batteries)
    else:
        yield from _known((*place, "choices"), "answer list", item.choices, bank.lists)
    for k, published_item in enumerate(item.replicates):
        yield from _known((*place, "replicates", k), "published item", published_item, registry.questions)


def _known(place: Place, kind: str, name: str, known: Iterable[str]) -> Iterator[Problem]:
    names = list(known)
    if name not in names:
        said = f"there is no {kind} '{name}'." if name else f"names no {kind}."
        yield place, said + did_you_mean(name, names)


def _bank(written: _WrittenBank, document: Document) -> Bank:
    items = [_item(name, item, written) for name, item in written.items.items()]
    return Bank(
        topic=written.topic,
        title=written.title,
        languages=written.languages,
        questions={item.id: item for item in items},
        batteries=written.batteries,
        lists=written.lists,
        introduction=written.introduction,
        translation=written.translation,
        rights=written.rights,
        sensitivity=written.sensitivity,
        source=document.name,
    )


def _item(name: str, item: _WrittenItem, written: _WrittenBank) -> BankItem:
    battery = written.batteries.get(item.battery)
    choices = battery.choices if battery else item.choices
    return BankItem(
        id=f"{written.topic}.{name}",
        name=name,
        topic=written.topic,
        wording=item.wording,
        wording_status=item.wording_status,
        choices=written.lists[choices],
        choices_name=choices,
        stem=battery.stem if battery else {},
        stem_status=battery.stem_status if battery else "",
        hint=item.hint or (battery.hint if battery else {}),
        battery=item.battery,
        replicates=item.replicates,
        sensitive=item.sensitive,
        translation=written.translation,
        rights=written.rights,
        note=item.note,
    )
