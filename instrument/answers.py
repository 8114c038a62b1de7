"""Answers: what a respondent posted, checked against what was offered; the only door by which an answer comes in.

A browser can send anything, so nothing it says about itself is believed: only questions asked on this page are read,
only codes that are offered are kept, and every rule is applied here whether or not the page applied it before.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .conditions import MissingCode, holds
from .interview import Answer, Answers
from .phrases import phrase
from .questionnaire import Page, Question, Questionnaire
from .routing import marked_all, prune, visible_questions

MOST_TEXT = 2000
"""Characters an open answer may have; Chinese ones take three bytes each, and SPSS keeps 32,767."""

MOST_DIGITS = 15
"""Digits a number may have; more would not survive in the data file, where numbers are doubles."""

SIGNS = str.maketrans({"＋": "+", "－": "-", "−": "-", "–": "-", "，": ",", "．": ".", "。": ".", "٫": "."})
"""Signs of a number as keyboards of other scripts write them."""

MISSING_FIELD = "__missing"
"""Ending of the second field of a number question, which holds its don't-know or refusal."""

DECIMAL_COMMA = frozenset(
    "bg cs da de el es et fi fr hr hu id it lt lv nb nl nn no pl pt ro ru sk sl sr sv tr uk vi".split()
)
"""Languages that write 3,5 for three and a half."""


@dataclass(frozen=True)
class Problem:
    """One thing to put right, in the respondent's language.

    Attributes
    ----------
    variable : str
        The variable, e.g. ``"restrict_travel"``; a grid has one for each row.
    message : str
        What the respondent reads, e.g. ``"Please answer this question."``.
    """

    variable: str
    message: str


@dataclass(frozen=True)
class Submission:
    """What one posted page came to.

    Attributes
    ----------
    answers : Answers
        The page's valid answers by variable name; a blank is absent.
    problems : tuple of Problem
        What is to be put right before the page is accepted, in the order shown; empty when accepted.
    """

    answers: Answers = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether nothing is to be put right."""
        return not self.problems


def validate_page(
    questionnaire: Questionnaire, page: Page, form: Mapping[str, Sequence[str]], answers: Answers, language: str
) -> Submission:
    """Check a posted page.

    Parameters
    ----------
    questionnaire : Questionnaire
        What is asked.
    page : Page
        The page posted.
    form : mapping of str to sequence of str
        Posted values by field name: the variable's name; for a number with don't know or refused also
        ``NAME__missing``. Other fields, and fields of questions that are not asked, are ignored.
    answers : Answers
        Answers of the pages before.
    language : str
        Language of the messages, e.g. ``"zh"``.

    Returns
    -------
    Submission
        The page's answers and problems. ``with_page`` puts the answers of an accepted page among the others.

    Examples
    --------
    >>> from .questionnaire import Page, Question, Questionnaire
    >>> age = Question(name="age", type="integer", label={"en": "Age"}, required=True, constraint=". >= 18")
    >>> page = Page(name="you", questions=(age,))
    >>> q = Questionnaire(name="q", title={"en": "Q"}, languages=("en",), pages=(page,))
    >>> validate_page(q, page, {"age": ["４２"]}, {}, "en").answers
    {'age': 42}
    >>> validate_page(q, page, {"age": ["17"]}, {}, "en").problems
    (Problem(variable='age', message='This answer is not possible here. Please check it.'),)
    """
    checking = _Checking(questionnaire, form, language)
    for question in visible_questions(questionnaire, page, answers):
        checking.read(question)
        if question.type == "consent" and checking.given.get(question.name) != "yes":
            return Submission(_only(checking.given, question.name), tuple(checking.problems))
    for question in visible_questions(questionnaire, page, {**answers, **checking.given}):
        checking.constrain(question, answers)
    return Submission(checking.given, tuple(checking.problems))


def with_page(questionnaire: Questionnaire, page: Page, answers: Answers, given: Answers) -> dict[str, Answer]:
    """Put a page's answers in the place of its earlier ones, and drop what is no longer asked.

    Parameters
    ----------
    questionnaire : Questionnaire
        What is asked.
    page : Page
        The page answered, for the first time or again after going back.
    answers : Answers
        All answers so far.
    given : Answers
        ``Submission.answers`` of the page.

    Examples
    --------
    >>> from .questionnaire import Page, Question, Questionnaire
    >>> page = Page(name="you", questions=(Question(name="age", type="integer", label={"en": "Age"}),))
    >>> q = Questionnaire(name="q", title={"en": "Q"}, languages=("en",), pages=(page,))
    >>> with_page(q, page, {"age": 42}, {})
    {}
    """
    own = {variable for question in page.questions for variable in question.variables}
    kept = {name: answer for name, answer in answers.items() if name not in own}
    return prune(questionnaire, {**kept, **given})


def _only(given: Mapping[str, Answer], name: str) -> dict[str, Answer]:
    return {name: given[name]} if name in given else {}


class _Refused(Exception):
    """A value that is not kept; carries the key of the message and what to fill in."""

    def __init__(self, key: str, **values: object) -> None:
        self.key, self.values = key, values
        super().__init__(key)


class _Checking:
    """One posted page under examination."""

    def __init__(self, questionnaire: Questionnaire, form: Mapping[str, Sequence[str]], language: str) -> None:
        self.questionnaire, self.form, self.language = questionnaire, form, language
        self.given: dict[str, Answer] = {}
        self.problems: list[Problem] = []

    def read(self, question: Question) -> None:
        """Read the fields of a question: one for each of its variables."""
        for variable in question.variables:
            try:
                answer = self._answer(question, variable)
            except _Refused as refused:
                self.problems.append(Problem(variable, phrase(refused.key, self.language, **refused.values)))
                continue
            if answer is not None:
                self.given[variable] = answer
            elif question.required or question.type == "consent":
                key = "required_row" if question.type == "grid" else "required"
                self.problems.append(Problem(variable, phrase(key, self.language)))

    def constrain(self, question: Question, earlier: Answers) -> None:
        """Hold the answers to a question against its constraint; a blank and a don't-know meet every one."""
        if not question.constraint:
            return
        given = {name: self.given[name] for name in question.variables if name in self.given}
        known = marked_all(self.questionnaire, {**earlier, **self.given})
        substantive = {name: here for name, here in given.items() if not isinstance(known[name], MissingCode)}
        for variable, here in substantive.items():
            if not holds(question.constraint, known, here):
                message = self.questionnaire.say(question.constraint_message, self.language)
                self.problems.append(Problem(variable, message or phrase("constraint", self.language)))
                del self.given[variable]

    def _answer(self, question: Question, variable: str) -> Answer | None:
        values = [text for text in map(_clean, self.form.get(variable, ())) if text]
        match question.type:
            case "select_multiple":
                return self._several(question, values)
            case "integer" | "decimal":
                return self._number(question, variable, values)
            case "text":
                return _short_enough("\n".join(values))
        return self._one(question, values)

    def _one(self, question: Question, values: Sequence[str]) -> str | None:
        """Read one code of those offered."""
        chosen = set(values)
        if len(chosen) > 1:
            raise _Refused("choose_one")
        if not chosen <= {option.name for option in self.questionnaire.options(question)}:
            raise _Refused("not_offered")
        return values[0] if values else None

    def _several(self, question: Question, values: Sequence[str]) -> tuple[str, ...] | None:
        """Read codes of those offered, in the order of the list; an exclusive one stands alone."""
        options = self.questionnaire.options(question)
        if not set(values) <= {option.name for option in options}:
            raise _Refused("not_offered")
        chosen = [option for option in options if option.name in values]
        alone = [option for option in chosen if option.exclusive or option.missing is not None]
        if alone and len(chosen) > 1:
            raise _Refused("exclusive", choice=self.questionnaire.say(alone[0].label, self.language))
        return tuple(option.name for option in chosen) or None

    def _number(self, question: Question, variable: str, values: Sequence[str]) -> int | float | str | None:
        """Read a number, or the don't-know or refusal offered beside it."""
        missing = self._one(
            question, [text for text in map(_clean, self.form.get(variable + MISSING_FIELD, ())) if text]
        )
        if len(values) > 1:
            raise _Refused("choose_one")
        if missing is not None and values:
            option = next(option for option in self.questionnaire.options(question) if option.name == missing)
            raise _Refused("number_or_choice", choice=self.questionnaire.say(option.label, self.language))
        if missing is not None or not values:
            return missing
        number = read_number(values[0], self.language)
        if question.type == "decimal":
            if number is None:
                raise _Refused("number")
            return number
        if number is None or number != int(number):
            raise _Refused("whole_number")
        return int(number)


def read_number(text: str, language: str) -> float | None:
    """Read a number as people write it in a language, or give None.

    Digits of any script count (``４２``, ``٤٢``). A comma is a decimal sign in the languages that use it so, and
    refused elsewhere: whether ``1,000`` is one or a thousand is the respondent's to say.

    Examples
    --------
    >>> read_number("4２", "zh"), read_number("3,5", "de"), read_number("3,5", "en"), read_number("1.000", "de")
    (42.0, 3.5, None, None)
    """
    plain = "".join(str(unicodedata.decimal(sign, sign)) for sign in text.translate(SIGNS)).strip()
    if language.split("-")[0].split("_")[0] in DECIMAL_COMMA:
        if re.fullmatch(r"-?\d{1,3}(\.\d{3})+", plain):
            return None
        plain = plain.replace(",", ".", 1) if "." not in plain else plain
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", plain) or sum(map(str.isdigit, plain)) > MOST_DIGITS:
        return None
    return float(plain)


def _short_enough(text: str) -> str | None:
    if len(text) > MOST_TEXT:
        raise _Refused("too_long", length=len(text), most=MOST_TEXT)
    return text or None


def _clean(text: str) -> str:
    """Keep what can be printed, and line breaks in one form; control characters and lone surrogates are dropped."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(sign for sign in lines if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cs")).strip()
