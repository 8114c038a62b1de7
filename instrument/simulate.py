"""Simulate: seeded respondents who follow the routing and answer through the same door as real ones.

Every page is posted as a browser would post it and passes ``validate_page`` and ``with_page``; nobody who did not
respond, and no answer to a question that was not asked, is in the result.
"""

from __future__ import annotations

import bisect
import datetime
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from ..data.errors import DocumentError, Finding, UnknownNameError
from .answers import MISSING_FIELD, validate_page, with_page
from .conditions import holds
from .expressions import Literal, parse, walk
from .interview import Answer, Interview, Status
from .questionnaire import Choice, Page, Question, Questionnaire
from .routing import after, status, visible_pages, visible_questions
from .true_shares import TrueItem, spread_of, true_items
from .truth import Array, Item, Population, Truth, read_truth, shipped_truth

NUMBERS = ("integer", "decimal")
Form = dict[str, list[str]]
Progress = Callable[[int, int], None]

TRIES = 50
"""Draws before an answer that no constraint lets pass is reported."""


@dataclass(frozen=True)
class Simulation:
    """Invented interviews and what is true of the population they come from.

    Attributes
    ----------
    interviews : tuple of Interview
        Complete, broken off and declined.
    truth : mapping of str to TrueItem
        By variable of the export, e.g. ``simulation.truth["restrict_travel"].collapse["support"]["substantive"]``.
    seed : int
        The seed they were drawn with.
    title : str
        What population was invented.
    """

    interviews: tuple[Interview, ...] = field(repr=False)
    truth: Mapping[str, TrueItem] = field(repr=False)
    seed: int
    title: str = ""

    def document(self) -> dict[str, object]:
        """Give the truth as plain data, for a JSON file; shares are 0 to 1."""
        return {
            "title": self.title,
            "seed": self.seed,
            "n": len(self.interviews),
            "items": {name: asdict(item) for name, item in self.truth.items()},
        }


def simulate(
    questionnaire: Questionnaire,
    n: int,
    *,
    seed: int,
    truth: Truth | Path | str | None = None,
    language: str | None = None,
    progress: Progress | None = None,
) -> Simulation:
    """Invent interviews.

    Parameters
    ----------
    questionnaire : Questionnaire
        What is asked.
    n : int
        Interviews begun, those broken off and declined included, e.g. 1000. People who do not respond at all come on
        top and leave no trace.
    seed : int
        The same seed makes the same interviews, on every machine.
    truth : Truth, path or None
        The population. None: the shipped one, as far as it fits the questionnaire; other questions are answered
        evenly over their options.
    language : str or None
        Language of all interviews; drawn from the truth when None.
    progress : callable or None
        Called with interviews done and to do.

    Returns
    -------
    Simulation
        Interviews, and the true share of every answer in the population. The sample is unequal on purpose: its shares
        miss the true ones until it is weighted.

    Raises
    ------
    DocumentError
        When the truth names what the questionnaire does not have, or its answers cannot meet a constraint.

    Examples
    --------
    >>> from .reading import read_questionnaire_text
    >>> q = read_questionnaire_text('''
    ... name: tiny
    ... title: Tiny
    ... languages: [en]
    ... choices: {yesno: {options: [{name: 1, label: "Yes"}, {name: 2, label: "No"}]}}
    ... pages: [{name: start, questions: [{name: heard, type: select_one, choices: yesno, label: Heard of it?}]}]
    ... ''')
    >>> made = simulate(q, 6, seed=2)
    >>> [interview.answers["heard"] for interview in made.interviews]
    ['2', '2', '1', '1', '1', '2']
    """
    if language is not None and language not in questionnaire.languages:
        raise UnknownNameError("language", language, questionnaire.languages, questionnaire.source)
    fitted = _fitted(truth, questionnaire)
    population = Population(fitted)
    respondents = _Respondents(questionnaire, population, seed, language)
    interviews = []
    for done in range(n):
        interviews.append(respondents.interview())
        if progress is not None:
            progress(done + 1, n)
    return Simulation(tuple(interviews), true_items(questionnaire, population), seed, fitted.title)


def _fitted(truth: Truth | Path | str | None, questionnaire: Questionnaire) -> Truth:
    """Give the truth asked for; of the shipped one, what the questionnaire has a place for."""
    if isinstance(truth, Truth):
        return truth
    if truth is not None:
        return read_truth(truth, questionnaire)
    shipped = shipped_truth()
    items = {
        name: item
        for name, item in shipped.items.items()
        if _fits(questionnaire, name, {*item.shares}, {*item.missing})
    }
    languages = shipped.languages if set(shipped.languages) <= set(questionnaire.languages) else {}
    return shipped.model_copy(update={"items": items, "languages": languages})


def _fits(questionnaire: Questionnaire, name: str, substantive: set[str], missing: set[str]) -> bool:
    """Say whether a question of that name offers these codes."""
    if name not in questionnaire.variables:
        return False
    options = questionnaire.options(questionnaire.question(name))
    offered = {option.name for option in options if option.missing is None}
    return substantive <= offered and missing <= {option.name for option in options if option.missing is not None}


class _Respondents:
    """An endless row of respondents, each drawn from the seed."""

    def __init__(self, questionnaire: Questionnaire, population: Population, seed: int, language: str | None) -> None:
        self.questionnaire, self.population, self.truth = questionnaire, population, population.truth
        self.random = random.Random(seed)
        self.cumulated = np.cumsum(population.sample_weights.ravel()).tolist()
        languages = {language: 1.0} if language else dict(self.truth.languages) or {questionnaire.languages[0]: 1.0}
        self.languages = languages
        self.drawing = {
            variable: drawing
            for question in questionnaire.questions
            for variable in question.variables
            for drawing in [_drawing(questionnaire, question, variable, population)]
        }

    def interview(self) -> Interview:
        """Draw one interview, from the first page to the end, to a break-off, or to a refusal."""
        number = f"{self.random.getrandbits(128):032x}"
        order = self.random.getrandbits(31)
        days = (self.truth.last_day - self.truth.first_day).days + 1
        day = self.truth.first_day + datetime.timedelta(days=int(self.random.random() * days))
        language = _draw(self.random, self.languages)
        place = bisect.bisect(self.cumulated, self.random.random() * self.cumulated[-1])
        person = divmod(min(place, len(self.cumulated) - 1), len(self.population.leanings))
        answers, reached, standing = self._answered(person, language)
        return Interview(
            number, language, order, standing, day.isoformat(), self.questionnaire.digest, answers, reached
        )

    def _answered(self, person: tuple[int, int], language: str) -> tuple[dict[str, Answer], str, Status]:
        """Go through the pages."""
        answers: dict[str, Answer] = {}
        reached = ""
        declines = self.random.random() < self.truth.decline
        page = next(iter(visible_pages(self.questionnaire, answers)), None)
        while page is not None:
            if reached and self.random.random() < self.truth.breakoff:
                break
            answers = self._post(page, answers, person, language, declines)
            reached = page.name
            page = after(page, self.questionnaire, answers)
        return answers, reached, status(self.questionnaire, answers, reached)

    def _post(
        self, page: Page, answers: dict[str, Answer], person: tuple[int, int], language: str, declines: bool
    ) -> dict[str, Answer]:
        """Post a page until it is accepted: draw again what a constraint sends back."""
        form = self._form(page, answers, person, language, declines)
        for _ in range(TRIES):
            submission = validate_page(self.questionnaire, page, form, answers, language)
            if submission.accepted:
                return with_page(self.questionnaire, page, answers, submission.answers)
            redrawn = self._form(page, answers, person, language, declines)
            for problem in submission.problems:
                for name in (problem.variable, problem.variable + MISSING_FIELD):
                    form[name] = redrawn.get(name, [])
        question = self.questionnaire.question(submission.problems[0].variable)
        raise DocumentError(
            [
                Finding(
                    self.truth.title or "truth",
                    f"items, {submission.problems[0].variable}",
                    f"none of {TRIES} answers drawn was accepted: '{submission.problems[0].message}' "
                    f"Give the truth answers that meet the constraint {question.constraint!r}.",
                )
            ]
        )

    def _form(
        self, page: Page, answers: dict[str, Answer], person: tuple[int, int], language: str, declines: bool
    ) -> Form:
        """Draw the fields of a page."""
        form: Form = {}
        for question in visible_questions(self.questionnaire, page, answers):
            if question.type == "consent":
                form[question.name] = ["no" if declines else "yes"]
                continue
            for variable in question.variables:
                form |= self.drawing[variable](self.random, person, language)
        return form


Drawing = Callable[[random.Random, tuple[int, int], str], Form]
"""Draws the fields of one variable for a person, a cell and a leaning."""


def _drawing(questionnaire: Questionnaire, question: Question, variable: str, population: Population) -> Drawing:
    """Choose how a variable is drawn."""
    item = population.truth.items.get(variable)
    options = questionnaire.options(question)
    substantive = [option.name for option in options if option.missing is None and not option.exclusive]
    match question.type:
        case "select_multiple":
            return _several(variable, item or Item(shares={code: 0.3 for code in substantive}), population, options)
        case "text":
            return _written(variable, item or Item(answered=1.0 if question.required else 0.1))
    spread = spread_of(questionnaire, question, variable, population)
    if spread is None:
        evenly = _plausible(question) if question.type in NUMBERS else substantive
        spread = {code: np.full_like(population.weights, 1 / len(evenly)) for code in evenly}
    missing = {option.name for option in options} if question.type in NUMBERS else set()
    return _single(variable, spread, missing, item.answered if item is not None else 1.0)


def _single(variable: str, spread: Mapping[str, Array], missing: set[str], answered: float) -> Drawing:
    """Draw one code; a don't-know beside a number has a field of its own."""
    codes = list(spread)
    cumulated = np.cumsum(np.stack([spread[code] for code in codes]), axis=0)

    def draw(source: random.Random, person: tuple[int, int], language: str) -> Form:
        if answered < 1 and source.random() >= answered:
            return {}
        column = cumulated[:, person[0], person[1]]
        code = codes[min(int(np.searchsorted(column, source.random() * column[-1], side="right")), len(codes) - 1)]
        return {variable + MISSING_FIELD if code in missing else variable: [code]}

    return draw


def _several(variable: str, item: Item, population: Population, options: Sequence[Choice]) -> Drawing:
    """Draw the options of a multiple choice one by one; who chooses none takes an exclusive one where there is one."""
    chances = population.chances(item)
    alone = [option.name for option in options if option.exclusive and option.name not in item.shares]

    def draw(source: random.Random, person: tuple[int, int], language: str) -> Form:
        if source.random() >= item.answered:
            return {}
        missing = _draw(source, {**item.missing, "": 1 - sum(item.missing.values())})
        if missing:
            return {variable: [missing]}
        chosen = [code for code, chance in chances.items() if source.random() < chance[person]]
        return {variable: chosen or alone[:1]}

    return draw


def _written(variable: str, item: Item) -> Drawing:
    """Draw an open text in the interview's language."""

    def draw(source: random.Random, person: tuple[int, int], language: str) -> Form:
        texts = item.texts.get(language) or ("…",)
        if source.random() >= item.answered:
            return {}
        return {variable: [texts[int(source.random() * len(texts))]]}

    return draw


def _plausible(question: Question) -> list[str]:
    """Give numbers that meet a constraint: 0 to 100, or near the numbers it names."""
    named = (
        (part.value for part in walk(parse(question.constraint)) if isinstance(part, Literal))
        if question.constraint.strip()
        else iter(())
    )
    near = {int(value) + step for value in named if isinstance(value, float) for step in range(-5, 6)}
    numbers = [number for number in range(101) if holds(question.constraint, {}, number)]
    numbers = numbers or [number for number in sorted(near) if holds(question.constraint, {}, number)]
    return [str(number) for number in numbers or range(101)]


def _draw(source: random.Random, shares: Mapping[str, float]) -> str:
    """Draw a code by its share."""
    point = source.random() * sum(shares.values())
    for code, share in shares.items():
        point -= share
        if point < 0:
            return code
    return list(shares)[-1]
