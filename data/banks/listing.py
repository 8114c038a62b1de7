"""The question bank as a reader sees it: a list of items, a sheet for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..printing import aligned, shortened
from .item import BankItem


@dataclass(frozen=True)
class ItemList:
    """Several items of the bank, one on a line.

    Attributes
    ----------
    items : mapping of str to BankItem
        By id: one topic, or all of them.

    Examples
    --------
    >>> from topline.data.banks.shipped import bank
    >>> print(str(ItemList(bank("data_surveillance"))).splitlines()[4][:78])
    data_surveillance.home_cameras             Would you favor or oppose the gover
    """

    items: Mapping[str, BankItem]

    def document(self) -> dict[str, Any]:
        """Give the items as a document for machines, one row each."""
        rows = [
            {
                "id": item.id,
                "topic": item.topic,
                "battery": item.battery,
                "stem": item.stem.get(first(item), ""),
                "wording": item.wording[first(item)],
                "wording_status": item.wording_status,
                "stem_status": item.stem_status,
                "languages": list(item.wording),
                "choices": item.choices_name,
                "replicates": list(item.replicates),
                "sensitive": item.sensitive,
            }
            for item in self.items.values()
        ]
        return {"method": {"source": "shipped with topline", "items": len(rows)}, "rows": rows}

    def __str__(self) -> str:
        """Give one line for each item, and how to see one in full."""
        items = list(self.items.values())
        lines = [
            [
                item.id,
                shortened(item.wording[first(item)], 60),
                item.wording_status,
                " ".join(item.wording),
                ", ".join(item.replicates) or "-",
            ]
            for item in items
        ]
        header = ["item", "wording", "words", "languages", "replicates"]
        noun = "item" if len(items) == 1 else "items"
        return f"{aligned(header, lines, 5)}\n{len(items)} {noun}. One in full: topline bank show {items[0].id}"


def first(item: BankItem) -> str:
    """Give the language an item was written in first."""
    return next(iter(item.wording))


@dataclass(frozen=True)
class ItemSheet:
    """One item of the bank with everything known of it.

    Attributes
    ----------
    item : BankItem
        The item.

    Examples
    --------
    >>> from topline.data.banks.shipped import bank
    >>> print(str(ItemSheet(bank()["social_credit.approval"])).splitlines()[1])
    en          All in all, do you approve or disapprove of social credit systems?
    """

    item: BankItem

    def document(self) -> dict[str, Any]:
        """Give everything as one row for machines."""
        row = {**asdict(self.item), "choices": self.item.choices.model_dump()}
        return {"method": {"rights": self.item.rights, "translation": self.item.translation}, "rows": [row]}

    def __str__(self) -> str:
        """Give the sheet as labelled lines."""
        facts = [(name, text) for name, text in self._facts() if text]
        widest = max(len(name) for name, _ in facts)
        return "\n".join(f"{name:<{widest}}  {text}" for name, text in facts)

    def _facts(self) -> Iterator[tuple[str, str]]:
        item = self.item
        yield "item", item.id
        for language in item.wording:
            yield language, item.question(language)
        for language in item.hint:
            yield f"hint {language}", item.hint[language]
        yield "words", self._words()
        for language in item.wording:
            yield f"answers {language}", " · ".join(choice.label[language] for choice in item.choices.choices)
        yield "scale", item.choices.scale
        yield "groups", ", ".join(item.choices.collapse)
        yield "battery", item.battery
        yield "replicates", ", ".join(item.replicates)
        yield "sensitive", "answers can be guarded, or put respondents at risk" if item.sensitive else ""
        yield "note", item.note
        yield "rights", item.rights
        for language, text in item.translation.items():
            yield f"source {language}", text

    def _words(self) -> str:
        """Say whose words they are, the stem's apart where they differ."""
        item = self.item
        if item.stem_status in ("", item.wording_status):
            return item.wording_status
        return f"{item.wording_status}; the stem is {item.stem_status}"
