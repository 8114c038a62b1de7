"""Allocation: the order in which an interview sees answers and statements, rebuilt from two recorded seeds.

Each option is given the SHA-256 digest of ``questionnaire seed : interview seed : question : option`` and the options
are put in the order of their digests. Every order is equally likely, no random number generator is involved, and
anyone can rebuild an order years later, in any language, from the export: the interview's seed is its column
``seed``, the questionnaire's stands in its notes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TypeVar

from .questionnaire import Choice, Question, Questionnaire, Row

Named = TypeVar("Named", Choice, Row)


def choice_order(questionnaire: Questionnaire, question: Question, seed: int) -> tuple[Choice, ...]:
    """Give a question's answers in the order this interview sees them.

    With ``randomize: true`` a nominal list is shuffled and an ordinal one is turned round in half of the interviews.
    Don't know, refused and options marked ``last`` keep their places at the end. The columns of a grid keep their
    order; its rows are shuffled.

    Parameters
    ----------
    questionnaire : Questionnaire
        Gives the questionnaire's seed.
    question : Question
        e.g. ``q.question("sources")``.
    seed : int
        The interview's recorded seed.

    Examples
    --------
    >>> from .questionnaire import Choice, ChoiceList, Page, Question, Questionnaire
    >>> names = ("press", "radio", "tv", "other")
    >>> media = ChoiceList(name="m", choices=tuple(Choice(name=n, label={"en": n}, last=n == "other") for n in names))
    >>> ask = Question(name="news", type="select_one", label={"en": "News"}, choices="m", randomize=True)
    >>> q = Questionnaire(name="q", title={}, languages=("en",), seed=7, choice_lists={"m": media},
    ...                   pages=(Page(name="p", questions=(ask,)),))
    >>> [choice.name for choice in choice_order(q, ask, seed=2)]
    ['tv', 'radio', 'press', 'other']
    """
    options = questionnaire.options(question)
    if not question.randomize or question.type not in ("select_one", "select_multiple"):
        return options
    moving = [option for option in options if option.missing is None and not option.last]
    fixed = tuple(option for option in options if option.missing is not None or option.last)
    known = questionnaire.choice_list(question)
    if known is not None and known.measure == "ordinal":
        turned = draw(questionnaire.seed, seed, question.name, "direction") < 0.5
        return (*(moving[::-1] if turned else moving), *fixed)
    return (*_shuffled(questionnaire, question, seed, moving), *fixed)


def row_order(questionnaire: Questionnaire, question: Question, seed: int) -> tuple[Row, ...]:
    """Give a grid's statements in the order this interview sees them; shuffled with ``randomize: true``."""
    if not question.randomize:
        return question.rows
    return _shuffled(questionnaire, question, seed, question.rows)


def draw(*parts: int | str) -> float:
    """Draw a number from 0 to 1 that depends on these parts alone.

    Examples
    --------
    >>> round(draw(20261123, 4, "sources", "tv"), 6)
    0.375368
    """
    digest = hashlib.sha256(":".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def _shuffled(questionnaire: Questionnaire, question: Question, seed: int, items: Iterable[Named]) -> tuple[Named, ...]:
    """Put items in the order of their draws."""
    return tuple(sorted(items, key=lambda item: draw(questionnaire.seed, seed, question.name, item.name)))
