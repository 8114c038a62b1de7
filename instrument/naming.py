"""Naming: what messages call the parts of a questionnaire, and what the data file calls their variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from ..data.errors import Finding
from .questionnaire import Choice, Part, Question, Questionnaire

SPOKEN = {
    "consent": "a consent",
    "select_one": "a single choice",
    "select_multiple": "a multiple choice",
    "grid": "a grid",
    "integer": "a whole number",
    "decimal": "a number",
    "text": "an open text",
    "note": "a note",
}
"""What a question type is called in a sentence."""


EXPORTED = ("disposition", "language", "day", "seed")
"""Columns that every export has beside the questions'."""

ENOUGH = 100
"""Findings after which examination stops: nobody mends more in one sitting, and a hostile document has no end."""

NOT_ASKED = -9
"""Code, in every exported column, of a question that was not asked."""

WHOLE = re.compile(r"0|-?[1-9][0-9]{0,14}")
"""Codes that are exported as numbers, if all of a list are."""


LANGUAGE_CODE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
"""How a language is written, e.g. ``pt-BR``."""


class Enough(Exception):
    """There are findings enough."""


class Find(Protocol):
    """Notes a finding about a part of the questionnaire, at the line of one of its keys."""

    def __call__(self, part: Part, problem: str, key: str = "", *, severity: str = "error") -> None:
        """Note it."""


def finder(questionnaire: Questionnaire) -> tuple[Find, list[Finding]]:
    """Give a function that notes findings, and the list it notes them in.

    Examples
    --------
    >>> from .questionnaire import Page
    >>> page = Page(name="start", questions=(), line=3)
    >>> find, findings = finder(Questionnaire(name="q", title={}, languages=("en",), pages=(page,), source="q.yaml"))
    >>> find(page, "has no questions.")
    >>> print(findings[0])
    q.yaml, line 3, page start: has no questions.
    """
    findings: list[Finding] = []
    places = dict(_places(questionnaire))

    def find(part: Part, problem: str, key: str = "", *, severity: str = "error") -> None:
        line = part.lines.get(key, part.line)
        findings.append(Finding(questionnaire.source, places.get(id(part), ""), problem, line, severity))
        if len(findings) >= ENOUGH:
            raise Enough

    return find, findings


def _places(questionnaire: Questionnaire) -> Iterator[tuple[int, str]]:
    """Say what each part is called, by the identity of the object: names may stand twice in a draft."""
    for choices in questionnaire.choice_lists.values():
        yield id(choices), f"choice list {choices.name}"
        for choice in choices.choices:
            yield id(choice), f"choice list {choices.name}, option {choice.name}"
    for page in questionnaire.pages:
        yield id(page), f"page {page.name}"
        for question in page.questions:
            yield id(question), f"question {question.name}"
            for row in question.rows:
                yield id(row), f"question {question.name}, row {row.name}"


def option_variable(question: Question, option: Choice) -> str:
    """Name the variable that says whether an option of a multiple choice was chosen; a minus sign becomes ``m``.

    Examples
    --------
    >>> sources = Question(name="sources", type="select_multiple", label={})
    >>> option_variable(sources, Choice(name="2", label={})), option_variable(sources, Choice(name="-8", label={}))
    ('sources_2', 'sources_m8')
    """
    return f"{question.name}_{option.name.replace('-', 'm')}"
