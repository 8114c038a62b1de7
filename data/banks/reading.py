"""Read a question bank: a YAML document, checked as a whole, with every finding at once."""

from __future__ import annotations

from pathlib import Path

from ..errors import DocumentError, Finding
from ..registry.figures import Registry, published
from ..schema import validated
from ..yaml_file import Document, load_document, spoken
from .item import Bank, BankItem
from .problems import problems
from .written import WrittenBank, WrittenItem


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
    written = validated(WrittenBank, document)
    findings = [
        Finding(document.name, spoken(place), problem, document.line(*place))
        for place, problem in problems(written, registry if registry is not None else published())
    ]
    if findings:
        raise DocumentError(sorted(findings, key=lambda finding: finding.line or 0))
    return _bank(written, document)


def _bank(written: WrittenBank, document: Document) -> Bank:
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


def _item(name: str, item: WrittenItem, written: WrittenBank) -> BankItem:
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
