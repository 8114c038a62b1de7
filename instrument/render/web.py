"""The web form: a page of questions as plain HTML that needs no JavaScript.

Accessibility follows WCAG 2.2 AA and the form patterns of the GOV.UK Design System (fieldset and legend, an error
summary that has the focus and links to the fields).
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from ..allocation import choice_order, row_order
from ..answers import MISSING_FIELD, MOST_TEXT, Problem
from ..phrases import phrase
from ..questionnaire import Choice, Page, Question, Questionnaire
from .languages import autonym, direction

HERE = Path(__file__).parent
STATIC = HERE / "static"

NONCE, ACTION, LANGUAGE, SHOWN, CHECKED = "__nonce", "__action", "__language", "__shown", "__checked"
"""Fields of the form that are not answers; no variable can have such a name."""

Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class OptionView:
    """One radio button or tick box, as the template draws it."""

    id: str
    field: str
    value: str
    label: str
    checked: bool
    apart: bool = False


@dataclass(frozen=True)
class RowView:
    """One statement of a grid, or the one row of any other question."""

    name: str
    label: str
    options: tuple[OptionView, ...]
    error: str


@dataclass(frozen=True)
class QuestionView:
    """One question, as the template draws it."""

    name: str
    type: str
    label: str
    hint: str
    required: bool
    rows: tuple[RowView, ...]
    columns: tuple[tuple[str, bool], ...]
    value: str
    remove: str

    @property
    def described(self) -> str:
        """The ids of the hint and of what is to be put right."""
        hint = f"hint-{self.name}" if self.hint else ""
        error = f"error-{self.name}" if self.error and self.type != "grid" else ""
        return f"{hint} {error}".strip()

    @property
    def error(self) -> str:
        """What is to be put right, for a question of one row."""
        return self.rows[0].error if self.rows else ""

    @property
    def options(self) -> tuple[OptionView, ...]:
        """The options of a question of one row."""
        return self.rows[0].options if self.rows else ()


def page_html(
    questionnaire: Questionnaire,
    page: Page,
    questions: Sequence[Question],
    *,
    language: str,
    seed: int,
    form: Form,
    position: tuple[int, int],
    nonce: str = "",
    problems: Sequence[Problem] = (),
    stored: bool = True,
) -> str:
    """Draw a page of questions.

    Parameters
    ----------
    questionnaire : Questionnaire
        Gives the title, the languages and the answers offered.
    page : Page
        The page shown.
    questions : sequence of Question
        Those of its questions that are asked.
    language : str
        e.g. ``"zh"``.
    seed : int
        The interview's seed, for the order of answers and statements.
    form : mapping of str to sequence of str
        What stands in the fields: stored answers, or what was just posted.
    position : tuple of int
        The page's place and the number of pages, e.g. ``(3, 9)``.
    nonce : str
        Random word posted back with the form.
    problems : sequence of Problem
        What the respondent is asked to put right.
    stored : bool
        False to say above the questions that the answers could not be stored.

    Examples
    --------
    >>> ask = Question(name="age", type="integer", label={"en": "How old are you?"})
    >>> page = Page(name="you", questions=(ask,))
    >>> q = Questionnaire(name="q", title={"en": "Trust"}, languages=("en",), pages=(page,))
    >>> html = page_html(q, page, [ask], language="en", seed=1, form={"age": ["<42"]}, position=(1, 1))
    >>> 'inputmode="numeric"' in html, 'value="&lt;42"' in html
    (True, True)
    """
    drawing = _Drawing(questionnaire, language, seed, form, problems)
    views = [drawing.question(question) for question in questions]
    heading = questionnaire.say(page.title, language) or questionnaire.say(questionnaire.title, language)
    on_screen = [row.name for view in views for row in view.rows]

    def shown_at(problem: Problem) -> int:
        """Place of a problem on the screen, where rows may stand shuffled."""
        return on_screen.index(problem.variable) if problem.variable in on_screen else len(on_screen)

    return _draw(
        "page.html",
        questionnaire,
        language,
        heading=heading,
        wrong=bool(problems),
        page=page,
        questions=views,
        problems=[drawing.problem(problem) for problem in sorted(problems, key=shown_at)],
        position=position,
        nonce=nonce,
        notice="" if stored else phrase("not_stored", language),
        switch="buttons",
    )


def start_html(questionnaire: Questionnaire, *, language: str, nonce: str, resume: bool) -> str:
    """Draw the start page; with ``resume``, it offers to go on with an interview begun earlier.

    Examples
    --------
    >>> q = Questionnaire(name="q", title={"en": "Trust"}, languages=("en",), pages=())
    >>> "Begin" in start_html(q, language="en", nonce="n", resume=False)
    True
    """
    title = questionnaire.say(questionnaire.title, language)
    return _draw("start.html", questionnaire, language, heading=title, nonce=nonce, resume=resume, switch="links")


def message_html(questionnaire: Questionnaire, key: str, *, language: str, onward: bool = True) -> str:
    """Draw a page that only says something.

    Parameters
    ----------
    questionnaire : Questionnaire
        Gives the title and the languages.
    key : str
        Of the phrases ``KEY_title`` and ``KEY_text``, e.g. ``"thanks"``.
    language : str
        e.g. ``"zh"``.
    onward : bool
        Whether it leads to the start page.

    Examples
    --------
    >>> q = Questionnaire(name="q", title={"en": "Trust"}, languages=("en",), pages=())
    >>> "Your answers are stored." in message_html(q, "thanks", language="en", onward=False)
    True
    """
    heading = phrase(f"{key}_title", language)
    text = phrase(f"{key}_text", language)
    return _draw("message.html", questionnaire, language, heading=heading, text=text, onward=onward, switch="")


class _Drawing:
    """Turns questions into what the template draws."""

    def __init__(
        self,
        questionnaire: Questionnaire,
        language: str,
        seed: int,
        form: Form,
        problems: Sequence[Problem],
    ) -> None:
        self.questionnaire, self.language, self.seed, self.form = questionnaire, language, seed, form
        self.problems: dict[str, str] = {}
        for problem in problems:
            self.problems.setdefault(problem.variable, problem.message)

    def question(self, question: Question) -> QuestionView:
        """Prepare one question."""
        say = functools.partial(self.questionnaire.say, language=self.language)
        options = choice_order(self.questionnaire, question, self.seed)
        remove = self._remove(question)
        columns = [(say(option.label), index == _apart(options)) for index, option in enumerate(options)]
        return QuestionView(
            name=question.name,
            type="select_one" if question.type == "consent" else question.type,
            label=say(question.label),
            hint=self._hint(question),
            required=question.required or question.type == "consent",
            rows=self._rows(question, options),
            columns=tuple([*columns, (remove, False)] if remove else columns) if question.type == "grid" else (),
            value=next(iter(self.form.get(question.name, ())), ""),
            remove=remove,
        )

    def problem(self, problem: Problem) -> tuple[str, str, str]:
        """Prepare a line of the summary: the id of the first field, the wording in short, what to put right."""
        question = self.questionnaire.question(problem.variable)
        labels = {row.name: row.label for row in question.rows}
        wording = self.questionnaire.say(labels.get(problem.variable, question.label), self.language)
        return option_id(problem.variable, 0), wording if len(wording) <= 90 else f"{wording[:80]}…", problem.message

    def _remove(self, question: Question) -> str:
        """Word the option that takes an answer back: a chosen radio button cannot be unchosen without JavaScript."""
        chosen = any(self.form.get(variable) for variable in question.variables)
        if question.required or not chosen or question.type not in ("select_one", "grid"):
            return ""
        return phrase("remove_answer", self.language)

    def _hint(self, question: Question) -> str:
        hint = self.questionnaire.say(question.hint, self.language)
        if question.type == "select_multiple" and not hint:
            return phrase("choose_several", self.language)
        if question.type == "text":
            limit = phrase("at_most", self.language, most=MOST_TEXT)
            return f"{hint}\n{limit}" if hint else limit
        return hint

    def _rows(self, question: Question, options: Sequence[Choice]) -> tuple[RowView, ...]:
        if question.type == "grid":
            rows = row_order(self.questionnaire, question, self.seed)
            return tuple(
                self._row(question, row.name, self.questionnaire.say(row.label, self.language), options) for row in rows
            )
        return tuple(self._row(question, variable, "", options) for variable in question.variables)

    def _row(self, question: Question, variable: str, label: str, options: Sequence[Choice]) -> RowView:
        field = variable + MISSING_FIELD if question.type in ("integer", "decimal") else variable
        chosen = self.form.get(field, ())
        views = tuple(
            OptionView(
                id=option_id(field, index),
                field=field,
                value=option.name,
                label=self.questionnaire.say(option.label, self.language),
                checked=option.name in chosen,
                apart=index == _apart(options),
            )
            for index, option in enumerate(options)
        )
        return RowView(variable, label, views, self.problems.get(variable, ""))


def _apart(options: Sequence[Choice]) -> int:
    """Give the place of the first don't know or refused behind the answers, which stands a little apart.

    Else the middle of the row is taken for the middle of the scale: Tourangeau, Couper and Conrad (2004), Spacing,
    Position, and Order, Public Opinion Quarterly 68(3).
    """
    return next((index for index, option in enumerate(options) if index and option.missing is not None), -1)


def option_id(field: str, index: int) -> str:
    """Give the HTML id of an option; a summary of errors links to the first one.

    Examples
    --------
    >>> option_id("sex", 0), option_id("sex", 1)
    ('q-sex', 'q-sex-1')
    """
    return f"q-{field}-{index}" if index else f"q-{field}"


def _draw(template: str, questionnaire: Questionnaire, language: str, **values: object) -> str:
    title = questionnaire.say(questionnaire.title, language)
    return (
        _templates()
        .get_template(template)
        .render(
            title=title,
            language=language,
            direction=direction(language),
            languages=[(code, autonym(code), direction(code)) for code in questionnaire.languages],
            say=functools.partial(_say, language),
            stylesheet=_stylesheet(),
            **values,
        )
    )


def _say(language: str, key: str, **values: object) -> str:
    return phrase(key, language, **values)


@functools.cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@functools.cache
def _stylesheet() -> str:
    """Give the address of the stylesheet, which changes with its content."""
    return f"/static/form.css?{hashlib.sha256((STATIC / 'form.css').read_bytes()).hexdigest()[:12]}"
