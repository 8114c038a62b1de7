"""The question banks that ship with topline: one topic, read when it is asked for, or all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import overload

from ..errors import UnknownNameError
from .item import Bank, BankItem
from .reading import read_bank

SHIPPED = Path(__file__).parent.parent / "bank"


class Banks(Mapping[str, BankItem]):
    """The items of all topics by id. A topic is read when one of its items is asked for.

    Attributes
    ----------
    topics : tuple of str
        In alphabetical order.

    Examples
    --------
    >>> questions = Banks()
    >>> questions["welfare_decisions.fairness"].wording["de"][:28]
    'Wie fair oder nicht fair ist'
    >>> "welfare_decisions.fairnes" in questions
    False
    """

    def __init__(self) -> None:
        self.topics: tuple[str, ...] = tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))

    def topic(self, name: str) -> Bank:
        """Give the bank on one topic, or raise UnknownNameError with the nearest."""
        if name not in self.topics:
            raise UnknownNameError("question bank", name, self.topics)
        return _read(name)

    def __getitem__(self, item_id: str) -> BankItem:
        """Give an item, or raise UnknownNameError with the nearest ids."""
        topic, dot, _ = item_id.partition(".")
        if not dot:
            raise UnknownNameError("bank item", item_id, list(self))
        return self.topic(topic)[item_id]

    def __contains__(self, item_id: object) -> bool:
        """Say whether there is such an item."""
        topic = str(item_id).partition(".")[0]
        return topic in self.topics and item_id in _read(topic)

    def __iter__(self) -> Iterator[str]:
        """Go through the ids, topic by topic."""
        for topic in self.topics:
            yield from _read(topic)

    def __len__(self) -> int:
        """Count the items of all topics."""
        return sum(len(_read(topic)) for topic in self.topics)

    def __repr__(self) -> str:
        """Name the topics."""
        return f"Banks({', '.join(self.topics)})"


@overload
def bank(topic: str) -> Bank: ...


@overload
def bank(topic: None = None) -> Banks: ...


def bank(topic: str | None = None) -> Bank | Banks:
    """Give the question bank on a topic that ships with topline, or all of them.

    Parameters
    ----------
    topic : str, optional
        ``"social_credit"``, ``"predictive_policing"``, ``"face_recognition"``, ``"welfare_decisions"``,
        ``"hiring_credit"``, ``"ai_administration"``, ``"data_surveillance"`` or ``"trust_knowledge"``.

    Returns
    -------
    Bank or Banks
        Both give items by their ids. A ``Bank`` also has the introduction to read out, and says on what terms its
        questions may be used and what to mind for respondents' sake.

    Raises
    ------
    UnknownNameError
        When there is no bank on it.

    Notes
    -----
    The Chinese and German questions are translations that have not been tested with respondents. Have them read by
    people of the country before you field them.

    Examples
    --------
    >>> item = bank("social_credit")["social_credit.restrict_travel"]
    >>> item.wording["en"], item.wording_status, item.replicates
    ('Restrict their travel', 'paraphrase', ('liu2022.travel',))
    >>> item.choices.collapse["support"]
    ('4', '5')
    >>> len(bank().topics), bank()["face_recognition.police_public"].replicates
    (8, ('pew2019_face.acceptable_police',))
    """
    return Banks() if topic is None else Banks().topic(topic)


@cache
def _read(topic: str) -> Bank:
    return read_bank(SHIPPED / f"{topic}.yaml")
