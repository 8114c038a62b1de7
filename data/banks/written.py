"""A bank as its YAML document has it, before it is held against itself and the registry."""

from __future__ import annotations

from pydantic import Field

from .item import BankList, Battery, Part, Text, WordingStatus


class WrittenItem(Part):
    """An item as the document has it."""

    battery: str = ""
    choices: str = ""
    wording: Text
    hint: Text = Field(default_factory=dict)
    wording_status: WordingStatus
    replicates: tuple[str, ...] = ()
    sensitive: bool = False
    note: str = ""


class WrittenBank(Part):
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
    items: dict[str, WrittenItem]
