"""Reachability: whether any answers at all can bring an interview to a page or question.

The answers that matter are few: the codes of a list, and for a number the values named in the conditions and their
neighbours. All combinations of them are tried, together with the conditions under which those questions are asked
themselves. Where there are too many combinations nothing is claimed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from ..data.errors import ExpressionError
from .conditions import MissingCode, holds
from .expressions import COMPARISONS, Call, Here, Literal, Node, Operation, Reference, Value, parse, references, walk
from .interview import Answer
from .questionnaire import Page, Question, Questionnaire

NUMBERS = ("integer", "decimal")

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
        """Say whether any answers make all conditions true; True, too, where not everything can be tried."""
        try:
            variables = self._involved(conditions)
        except ExpressionError:
            return True
        if variables is None:
            return True
        mentioned = [*conditions, *(part for variable in variables for part in self.asked_when[variable])]
        if not all(self._is_exhausted(parse(text)) for text in mentioned):
            return True
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

    def _is_exhausted(self, condition: Node) -> bool:
        """Say whether the answers tried stand for all others.

        They do for a list's codes, whatever is done with them; for a number or text only where it is compared with a
        value written out, for a multiple choice only in ``selected`` and ``count-selected``.
        """
        understood = {id(reference) for reference in self._compared(condition)}
        return all(
            id(reference) in understood or self.by_variable[reference.name].type in ("select_one", "grid", "consent")
            for reference in references(condition)
        )

    def _compared(self, condition: Node) -> Iterator[Reference]:
        """Go through the questions of a condition whose use is understood."""
        for part in walk(condition):
            if isinstance(part, Call) and part.function in ("selected", "count-selected"):
                yield from (argument for argument in part.arguments[:1] if isinstance(argument, Reference))
            if isinstance(part, Operation) and part.operator in COMPARISONS:
                for side, other in (part.operands, part.operands[::-1]):
                    if isinstance(side, Reference) and isinstance(other, Literal):
                        kind = self.by_variable[side.name].type
                        equal = part.operator in ("=", "!=") and isinstance(other.value, str)
                        if kind in NUMBERS or (kind == "text" and equal) or other.value == "":
                            yield side

    def _possible(self, variable: str, conditions: list[str]) -> Iterator[Answer | None]:
        """Give the answers to a variable that could make a difference, and none."""
        question = self.by_variable[variable]
        parts = [part for text in conditions for part in walk(parse(text))]
        literals = {part.value for part in parts if isinstance(part, Literal)}
        yield None
        if question.type in NUMBERS:
            yield from (MissingCode(option.name) for option in self.questionnaire.options(question))
            yield from self._numbers(question, literals)
        elif question.type == "text":
            yield from sorted({str(literal) for literal in literals if isinstance(literal, str) and literal})
            yield "any other text"
        elif question.type == "select_multiple":
            counted = any(isinstance(part, Call) and part.function == "count-selected" for part in parts)
            yield from self._subsets(question, None if counted else literals)
        else:
            for option in self.questionnaire.options(question):
                yield MissingCode(option.name) if option.missing is not None else option.name

    def _numbers(self, question: Question, literals: set[Value]) -> Iterator[float]:
        """Give the numbers named and their neighbours, as far as the question's constraint allows."""
        bounds = _bounds(question.constraint)
        values = (_numeral(literal) for literal in {*literals, *(bounds or ())})
        named = {value for value in values if value is not None and math.isfinite(value)}
        around = {near for number in named for near in (number - 1, number, number + 1)} | {0.0}
        if question.type == "integer":
            around = {float(whole) for number in around for whole in (math.floor(number), math.ceil(number))}
        else:
            around |= {(low + high) / 2 for low, high in itertools.pairwise(sorted(around))}
        for number in sorted(around):
            if bounds is None or holds(question.constraint, {}, number):
                yield number

    def _subsets(self, question: Question, literals: set[Value] | None) -> Iterator[tuple[str, ...]]:
        """Give the sets of the codes named and one of the others; of all codes where they are counted."""
        codes = [option.name for option in self.questionnaire.options(question)]
        if literals is not None:
            written = {f"{literal:g}" if isinstance(literal, float) else str(literal) for literal in literals}
            codes = [code for code in codes if code in written] + [code for code in codes if code not in written][:1]
        for size in range(1, len(codes) + 1):
            yield from itertools.combinations(codes, size)


def _bounds(constraint: str) -> set[Value] | None:
    """Give the values a constraint compares the answer with; None where it does more than that."""
    if not constraint.strip():
        return None
    try:
        parts = list(walk(parse(constraint)))
    except ExpressionError:
        return None
    compared = {
        id(side)
        for part in parts
        if isinstance(part, Operation) and part.operator in COMPARISONS
        for side, other in (part.operands, part.operands[::-1])
        if isinstance(side, Here) and isinstance(other, Literal)
    }
    if any(isinstance(part, Reference) or (isinstance(part, Here) and id(part) not in compared) for part in parts):
        return None
    return {part.value for part in parts if isinstance(part, Literal)}


def _numeral(literal: Value) -> float | None:
    try:
        return float(literal)
    except ValueError:
        return None
