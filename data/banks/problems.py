"""What can be wrong with a question bank: a text missing, a name unknown, words that are not the published ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..errors import did_you_mean
from ..registry.figure import Item
from ..registry.figures import Registry
from ..yaml_file import Place
from .item import BankList, Text
from .written import WrittenBank, WrittenItem

UNLIKE = ("different_object", "not_comparable")
"""Relations of questions of which neither repeats the other."""

Problem = tuple[Place, str]
"""Where it stands, and what is wrong there."""


def problems(bank: WrittenBank, registry: Registry) -> Iterator[Problem]:
    """Give everything that is wrong with a bank, each with its place.

    Parameters
    ----------
    bank : WrittenBank
        As its document has it.
    registry : Registry
        The published items and scales it refers to.
    """
    yield from _languages(bank)
    for name, options in bank.lists.items():
        yield from _list_problems(("lists", name), options, registry)
    for name, battery in bank.batteries.items():
        yield from _known(("batteries", name, "choices"), "answer list", battery.choices, bank.lists)
    for name, item in bank.items.items():
        yield from _item_problems(("items", name), item, bank, registry)
        yield from _repeated(("items", name), item, f"{bank.topic}.{name}", registry)
    yield from _stems(bank, registry)


def _languages(bank: WrittenBank) -> Iterator[Problem]:
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


def _texts(bank: WrittenBank) -> Iterator[tuple[Place, Text]]:
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


def _item_problems(place: Place, item: WrittenItem, bank: WrittenBank, registry: Registry) -> Iterator[Problem]:
    if item.battery and item.choices:
        yield (*place, "choices"), "an item of a battery is answered on the battery's list; remove 'choices'."
    elif item.battery:
        yield from _known((*place, "battery"), "battery", item.battery, bank.batteries)
    else:
        yield from _known((*place, "choices"), "answer list", item.choices, bank.lists)
    for k, published_item in enumerate(item.replicates):
        yield from _known((*place, "replicates", k), "published item", published_item, registry.questions)


def _repeated(place: Place, item: WrittenItem, item_id: str, registry: Registry) -> Iterator[Problem]:
    """What repeats a published question asks the same thing, and verbatim words are the published ones."""
    for k, name in enumerate(item.replicates):
        known = registry.relation(item_id, name)
        if known is not None and known.relation in UNLIKE:
            relation = known.relation.replace("_", " ")
            yield (*place, "replicates", k), f"'{name}' is on record as {relation}: {known.reason}."
    if item.wording_status == "verbatim":
        texts = [text for one in _published(item, registry) for text in (one.wording_english, one.wording_original)]
        yield from _word_for_word((*place, "wording_status"), item.wording, texts)


def _stems(bank: WrittenBank, registry: Registry) -> Iterator[Problem]:
    """A verbatim stem is what was put before one of the published items that its battery repeats."""
    for name, battery in bank.batteries.items():
        if battery.stem_status == "verbatim":
            items = [item for item in bank.items.values() if item.battery == name]
            texts = [one.preamble for item in items for one in _published(item, registry)]
            yield from _word_for_word(("batteries", name, "stem_status"), battery.stem, texts)


def _published(item: WrittenItem, registry: Registry) -> list[Item]:
    """Give the published items it repeats whose words are on record, in full or in part."""
    known = [registry.questions[name] for name in item.replicates if name in registry.questions]
    return [one for one in known if one.translation_status in ("verbatim", "partly_verbatim")]


def _word_for_word(place: Place, text: Text, published: list[str]) -> Iterator[Problem]:
    if not set(published) & set(text.values()) - {""}:
        closest = next((words for words in published if words), "")
        remedy = f" Write '{closest}'," if closest else " Name the published item under 'replicates',"
        yield place, f"is verbatim, but these are not words that the registry holds.{remedy} or set paraphrase or ours."


def _known(place: Place, kind: str, name: str, known: Iterable[str]) -> Iterator[Problem]:
    names = list(known)
    if name not in names:
        said = f"there is no {kind} '{name}'." if name else f"names no {kind}."
        yield place, said + did_you_mean(name, names)
