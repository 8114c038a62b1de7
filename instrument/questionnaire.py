"""The questionnaire: pages of questions, their wording in every language, and the answers they offer.

Vocabulary and expression syntax are XLSForm's (https://xlsform.org/en/): ``select_one``, ``relevant``,
``constraint``, ``${name}``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..data.codebook import MissingKind
from ..data.errors import UnknownNameError
from .phrases import phrase

Text = Mapping[str, str]
"""Wording by language code, e.g. ``{"en": "Your age", "zh": "您的年龄"}``."""

QuestionType = Literal["consent", "select_one", "select_multiple", "grid", "integer", "decimal", "text", "note"]


class Part(BaseModel):
    """What every part of a questionnaire shares: it never changes, and remembers where it was written.

    Attributes
    ----------
    line : int or None
        Line in the document it was read from.
    lines : mapping of str to int
        Line of each of its keys, e.g. ``{"relevant": 41}``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: int | None = Field(default=None, repr=False, exclude=True)
    lines: Mapping[str, int] = Field(default_factory=dict, repr=False, exclude=True)


class Choice(Part):
    """One answer option.

    Attributes
    ----------
    name : str
        Its code, a whole number where possible, e.g. ``"4"``; the value exported to the data file.
    label : Text
        What the respondent reads.
    missing : MissingKind or None
        Set for don't know and refused; such options stand last and are never shuffled.
    last : bool
        Keeps its place below the shuffled options, e.g. "Other".
    exclusive : bool
        In a multiple choice, stands alone, e.g. "None of these"; don't know and refused always do.
    """

    name: str
    label: Text
    missing: MissingKind | None = None
    last: bool = False
    exclusive: bool = False


class ChoiceList(Part):
    """Answer options shared by questions.

    Attributes
    ----------
    name : str
        e.g. ``"support5"``.
    choices : tuple of Choice
        In the order shown.
    scale : str
        Scale id in the registry of published figures whose codes these are; empty when none.
    measure : str
        ``"nominal"`` or ``"ordinal"``.
    collapse : mapping of str to tuple of str
        Named groups of codes, e.g. ``{"support": ("4", "5")}``.
    """

    name: str
    choices: tuple[Choice, ...]
    scale: str = ""
    measure: Literal["nominal", "ordinal"] = "nominal"
    collapse: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)

    @cached_property
    def substantive(self) -> tuple[Choice, ...]:
        """The options that are answers."""
        return tuple(choice for choice in self.choices if choice.missing is None)

    @cached_property
    def missing_codes(self) -> frozenset[str]:
        """Codes of the options that are none: don't know, refused."""
        return frozenset(choice.name for choice in self.choices if choice.missing is not None)


class Row(Part):
    """One statement of a grid; it becomes one variable.

    Attributes
    ----------
    name : str
        Variable name, unique in the questionnaire.
    label : Text
        The statement.
    bank : str
        Item id in the question bank, e.g. ``"social_credit.restrict_travel"``.
    replicates : tuple of str
        Published item ids, e.g. ``("liu2022.travel",)``.
    """

    name: str
    label: Text
    bank: str = ""
    replicates: tuple[str, ...] = ()


class Question(Part):
    """One question, or a note.

    Attributes
    ----------
    name : str
        Variable name, unique in the questionnaire.
    type : str
        One of ``consent``, ``select_one``, ``select_multiple``, ``grid``, ``integer``, ``decimal``, ``text``, ``note``.
    choices : str
        Name of the choice list (select_one, select_multiple, grid); for integer and decimal, a list whose options are
        all kinds of missing (don't know, refused).
    label, hint : Text
        Wording and the smaller text under it.
    required : bool
        Whether a blank is sent back. A grid's rows are each required.
    relevant : str
        XLSForm expression; the question is asked when it is true. Empty: always.
    constraint : str
        XLSForm expression over ``.`` that an answer must meet.
    constraint_message : Text
        What the respondent reads when it is not met.
    randomize : bool
        Shuffle the options (for a grid, the rows) with the interview's recorded seed.
    rows : tuple of Row
        The statements of a grid.
    bank : str
        Item id in the question bank.
    replicates : tuple of str
        Published item ids this question replicates.
    """

    name: str
    type: QuestionType
    label: Text
    choices: str = ""
    hint: Text = Field(default_factory=dict)
    required: bool = False
    relevant: str = ""
    constraint: str = ""
    constraint_message: Text = Field(default_factory=dict)
    randomize: bool = False
    rows: tuple[Row, ...] = ()
    bank: str = ""
    replicates: tuple[str, ...] = ()

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """Names under which its answers are kept: none for a note, one for each row of a grid."""
        if self.type == "note":
            return ()
        return tuple(row.name for row in self.rows) if self.type == "grid" else (self.name,)


class Page(Part):
    """One screen of questions, asked together.

    Attributes
    ----------
    name : str
        Stands in the address of the page, e.g. ``"sanctions"``.
    title : Text
        Heading; may be empty.
    relevant : str
        XLSForm expression over answers of earlier pages.
    questions : tuple of Question
        In the order shown.
    """

    name: str
    title: Text = Field(default_factory=dict)
    relevant: str = ""
    questions: tuple[Question, ...]


class Questionnaire(Part):
    """A whole questionnaire.

    Attributes
    ----------
    name : str
        Identifier, e.g. ``"social-credit-2026"``.
    version : str
        As the team counts, e.g. ``"1"``.
    title : Text
        Shown on every page.
    languages : tuple of str
        Language codes; the first is the default.
    seed : int
        Seed of all randomisation, drawn on together with each interview's own number.
    choice_lists : mapping of str to ChoiceList
        By name.
    pages : tuple of Page
        In the order asked.
    source : str
        File it was read from, for messages.
    digest : str
        SHA-256 of the document's text; kept with every interview.
    """

    name: str
    version: str = "1"
    title: Text
    languages: tuple[str, ...]
    seed: int = 1
    choice_lists: Mapping[str, ChoiceList] = Field(default_factory=dict)
    pages: tuple[Page, ...]
    source: str = Field(default="", repr=False)
    digest: str = Field(default="", repr=False)

    @property
    def questions(self) -> Iterator[Question]:
        """All questions, in the order asked."""
        return (question for page in self.pages for question in page.questions)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of all variables the questionnaire collects, in the order asked."""
        return tuple(name for question in self.questions for name in question.variables)

    def page(self, name: str) -> Page:
        """Give the page of a name.

        Raises
        ------
        UnknownNameError
            When there is no such page.
        """
        for page in self.pages:
            if page.name == name:
                return page
        raise UnknownNameError("page", name, [page.name for page in self.pages], self.source)

    def question(self, variable: str) -> Question:
        """Give the question that collects a variable (for a grid's row, the grid).

        Raises
        ------
        UnknownNameError
            When no question collects it.
        """
        for question in self.questions:
            if variable == question.name or variable in question.variables:
                return question
        raise UnknownNameError("question", variable, [*self.variables], self.source)

    def choice_list(self, question: Question) -> ChoiceList | None:
        """Give the choice list a question uses, or None."""
        return self.choice_lists.get(question.choices)

    def options(self, question: Question) -> tuple[Choice, ...]:
        """Give the answers a question offers, in the order of its list; consent offers ``yes`` and ``no`` of its own.

        For an integer or decimal question these are the kinds of missing offered beside the number.
        """
        known = self.choice_list(question)
        if known is not None:
            return known.choices
        return tuple(self._consent(name) for name in ("yes", "no")) if question.type == "consent" else ()

    def _consent(self, name: str) -> Choice:
        """Word a consent option in every language of the questionnaire."""
        return Choice(name=name, label={language: phrase(f"consent_{name}", language) for language in self.languages})

    def say(self, text: Text, language: str) -> str:
        """Give a text in a language, in the questionnaire's first language where it has no translation.

        Examples
        --------
        >>> page = Page(name="p", questions=())
        >>> Questionnaire(name="q", title={}, languages=("en", "zh"), pages=(page,)).say({"en": "Age"}, "zh")
        'Age'
        """
        return text.get(language) or text.get(self.languages[0], "")


def digest(text: str) -> str:
    """Fingerprint a document's text, so that each interview says which version it answered."""
    return hashlib.sha256(text.encode()).hexdigest()
