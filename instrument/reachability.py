"""Reachability: whether any answers at all can bring an interview to a page or question.

The answers that matter are few: the codes of a list, and for a number the values named in the conditions and their
neighbours. All combinations of them are tried, together with the conditions under which those questions are asked
themselves. Where there are too many combinations nothing is claimed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from .conditions import MissingCode, holds
from .expressions import Literal, parse, references, walk
from .interview import Answer
from .questionnaire import Page, Question, Questionnaire

MOST_COMBINATIONS = 5_000
"""Combinations tried for one page or question."""

MOST_VARIABLES = 12
"""Variables on the way to one page or question; with two answers or none each, twelve make too many combinations."""

MOST_TRIED = 200_000
"""Combinations tried for a whole questionnaire; about two seconds."""


class Reachability:
    """What a questionnaire's conditions allow."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.questionnaire = questionnaire
        self.tried = 0
        self.asked_when: dict[str, tuple[str, ...]] = {}
        self.by_variable: dict[str, Question] = {}
        agreed: tuple[str, ...] = ()
        for page in questionnaire.pages:
            for question in page.questions:
                when = tuple(part for part in (*agreed, page.relevant, question.relevant) if part.strip())
                for variable in question.variables:
                    self.asked_when.setdefault(variable, when)
                    self.by_variable.setdefault(variable, question)
                if question.type == "consent":
                    agreed = (f"${{{question.name}}} = 'yes'",)

    def page_is_reachable(self, page: Page) -> bool:
        """Say whether any answers open a page; True where that cannot be told."""
        return not page.relevant or self._satisfiable([*self._agreed(page), page.relevant])

    def question_is_reachable(self, page: Page, question: Question) -> bool:
        """Say whether any answers open a question of a page."""
        return self._satisfiable([*self._agreed(page), *filter(None, (page.relevant, question.relevant))])

    def _agreed(self, page: Page) -> list[str]:
        """Give the condition that consent was given, for what comes behind it."""
        agreed: list[str] = []
        for other in self.questionnaire.pages:
            if other is page:
                break
            agreed += [f"${{{asked.name}}} = 'yes'" for asked in other.questions if asked.type == "consent"]
        return agreed

    def _satisfiable(self, conditions: list[str]) -> bool:
        variables = self._involved(conditions)
        if variables is None:
            return True
        mentioned = [*conditions, *(part for variable in variables for part in self.asked_when[variable])]
        answers = [
            list(itertools.islice(self._possible(variable, mentioned), MOST_COMBINATIONS + 1)) for variable in variables
        ]
        combinations = math.prod(map(len, answers))
        if combinations > MOST_COMBINATIONS or self.tried + combinations > MOST_TRIED:
            return True
        self.tried += combinations
        for combination in itertools.product(*answers):
            given = {name: answer for name, answer in zip(variables, combination, strict=True) if answer is not None}
            if all(holds(condition, given) for condition in conditions) and self._consistent(given):
                return True
        return False

    def _consistent(self, given: dict[str, Answer]) -> bool:
        """Say whether every answer belongs to a question that these answers do ask."""
        return all(holds(part, given) for variable in given for part in self.asked_when[variable])

    def _involved(self, conditions: list[str]) -> list[str] | None:
        """Collect the variables on the way; None if one is unknown or they are many."""
        involved: list[str] = []
        waiting = list(conditions)
        while waiting:
            for reference in references(parse(waiting.pop())):
                if reference.name not in self.asked_when:
                    return None
                if reference.name not in involved:
                    if len(involved) == MOST_VARIABLES:
                        return None
                    involved.append(reference.name)
                    waiting.extend(self.asked_when[reference.name])
        return involved

    def _possible(self, variable: str, conditions: list[str]) -> Iterator[Answer | None]:
        """Give the answers to a variable that could make a difference, and none."""
        question = self.by_variable[variable]
        literals = {
            part.value
            for text in [*conditions, question.constraint]
            if text
            for part in walk(parse(text))
            if isinstance(part, Literal)
        }
        yield None
        if question.type in ("integer", "decimal"):
            yield from (MissingCode(option.name) for option in self.questionnaire.options(question))
            yield from self._numbers(question, literals)
        elif question.type == "text":
            yield from sorted({str(literal) for literal in literals if isinstance(literal, str) and literal})
            yield "any other text"
        elif question.type == "select_multiple":
            yield from self._subsets(question, literals)
        else:
            for option in self.questionnaire.options(question):
                yield MissingCode(option.name) if option.missing is not None else option.name

    def _numbers(self, question: Question, literals: set[str | float | bool]) -> Iterator[float]:
        """Give the numbers named and their neighbours, as far as the question's constraint allows."""
        named = {_numeral(literal) for literal in literals} - {None}
        around = {near for number in named if number is not None for near in (number - 1, number, number + 1)} | {0.0}
        if question.type == "decimal":
            ordered = sorted(around)
            around |= {(low + high) / 2 for low, high in itertools.pairwise(ordered)}
        alone = not question.constraint or not any(references(parse(question.constraint)))
        for number in sorted(around):
            if question.type == "decimal" or number == int(number):
                if not alone or holds(question.constraint, {}, number):
                    yield number

    def _subsets(self, question: Question, literals: set[str | float | bool]) -> Iterator[tuple[str, ...]]:
        """Give the sets of the codes named, and one of the others."""
        codes = [option.name for option in self.questionnaire.options(question)]
        named = [code for code in codes if code in {str(literal) for literal in literals}]
        counts = any(isinstance(literal, float) for literal in literals)
        tried = codes if counts else named + [code for code in codes if code not in named][:1]
        for size in range(1, len(tried) + 1):
            yield from itertools.combinations(tried, size)


def _numeral(literal: str | float | bool) -> float | None:
    try:
        return float(literal)
    except ValueError:
        return None
