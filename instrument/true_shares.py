"""True shares: what a population's answers come to among those asked, summed over its cells without sampling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from .conditions import MissingCode, holds
from .expressions import parse, references
from .interview import Answer
from .naming import WHOLE, option_variable
from .questionnaire import Question, Questionnaire
from .reachability import Reachability
from .truth import Array, Population

MOST_PATHS = 5_000
"""Combinations of answers on the way to a question that are followed."""


@dataclass(frozen=True)
class TrueItem:
    """What is true of one variable of the export, in the whole population.

    Attributes
    ----------
    asked : float
        Share of the population that the routing brings to the question.
    all : mapping of str to float
        Code -> share of those asked, don't know and refused included in the base.
    substantive : mapping of str to float
        Code -> share of those who give an answer.
    collapse : mapping of str to mapping of str to float
        Named group -> ``"all"`` and ``"substantive"`` -> share.
    mean : float or None
        Mean code of those who give an answer, of an ordinal list or a number.
    """

    asked: float
    all: Mapping[str, float]
    substantive: Mapping[str, float]
    collapse: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    mean: float | None = None


def true_items(questionnaire: Questionnaire, population: Population) -> dict[str, TrueItem]:
    """State what is true of every variable the truth describes, by the variable's name in the export.

    Left out are open texts, and questions whose route depends on a multiple choice, a text, or a question that the
    truth does not describe: there the true share is not stated rather than approximated.
    """
    return dict(_items(questionnaire, population))


def _items(questionnaire: Questionnaire, population: Population) -> Iterator[tuple[str, TrueItem]]:
    routes = _Routes(questionnaire, population)
    for question in questionnaire.questions:
        for variable in question.variables:
            asked = routes.asked(variable) if _as_stated(questionnaire, question) else None
            if asked is None:
                continue
            for name, spread in _spreads(questionnaire, question, variable, population):
                yield name, _item(questionnaire, question, spread, population.weights * asked)


def _as_stated(questionnaire: Questionnaire, question: Question) -> bool:
    """Say whether answers are given as the truth states them: none is sent back for a reason it does not know."""
    if question.type in ("integer", "decimal"):
        return not question.constraint or not any(references(parse(question.constraint)))
    empty = question.type == "select_multiple" and question.required
    return not question.constraint and not (
        empty and not any(option.exclusive for option in questionnaire.options(question))
    )


def _spreads(
    questionnaire: Questionnaire, question: Question, variable: str, population: Population
) -> Iterator[tuple[str, dict[str, Array]]]:
    """Give the probability of every code of every exported variable of a question."""
    item = population.truth.items.get(variable)
    if question.type == "select_multiple" and item is not None:
        missing = {code: np.full_like(population.weights, share) for code, share in item.missing.items()}
        answering = 1 - sum(item.missing.values())
        for code, chosen in population.chances(item).items():
            option = next(option for option in questionnaire.options(question) if option.name == code)
            yield option_variable(question, option), {"1": answering * chosen, "0": answering * (1 - chosen)} | missing
        return
    spread = spread_of(questionnaire, question, variable, population)
    if spread is not None:
        yield variable, spread


def spread_of(
    questionnaire: Questionnaire, question: Question, variable: str, population: Population
) -> dict[str, Array] | None:
    """Give the probability of every code of a single choice, grid row or number; None where the truth has none."""
    if variable in population.truth.items:
        item = population.truth.items[variable]
        if question.type in ("select_one", "grid"):
            return population.probabilities(variable)
        if question.type in ("integer", "decimal"):
            answering = 1 - sum(item.missing.values())
            possible = population.numbers(variable, lambda number: holds(question.constraint, {}, number))
            numbers = {str(number): answering * chance for number, chance in possible.items()}
            return numbers | {code: np.full_like(population.weights, share) for code, share in item.missing.items()}
        return None
    offered = {option.name for option in questionnaire.options(question)}
    demographic = population.truth.demographics.get(variable)
    return population.having(variable) if demographic is not None and offered.issuperset(demographic.codes) else None


def _item(questionnaire: Questionnaire, question: Question, spread: dict[str, Array], weights: Array) -> TrueItem:
    """Sum over the cells."""
    asked = float(weights.sum())
    missing = {option.name for option in questionnaire.options(question) if option.missing is not None}
    everyone = {code: float((weights * chance).sum()) / asked for code, chance in spread.items()} if asked else {}
    answering = sum(share for code, share in everyone.items() if code not in missing)
    substantive = {code: share / answering for code, share in everyone.items() if code not in missing}
    known = questionnaire.choice_list(question)
    groups = known.collapse if known is not None and question.type != "select_multiple" else {}
    ordered = question.type in ("integer", "decimal") or (known is not None and known.measure == "ordinal")
    numeric = ordered and bool(substantive) and all(WHOLE.fullmatch(code) for code in substantive)
    return TrueItem(
        asked=asked,
        all=everyone,
        substantive=substantive,
        collapse={
            group: {
                "all": sum(everyone.get(code, 0.0) for code in codes),
                "substantive": sum(substantive.get(code, 0.0) for code in codes),
            }
            for group, codes in groups.items()
        },
        mean=sum(float(code) * share for code, share in substantive.items()) if numeric else None,
    )


class _Routes:
    """The probability, in each cell and leaning, that the routing comes to a variable."""

    def __init__(self, questionnaire: Questionnaire, population: Population) -> None:
        self.questionnaire, self.population = questionnaire, population
        reachability = Reachability(questionnaire)
        self.asked_when, self.question_of = reachability.asked_when, reachability.by_variable

    def asked(self, variable: str) -> Array | None:
        """Give that probability, or None where it is not known exactly."""
        conditions = self.asked_when[variable]
        involved = self._involved(conditions)
        branches = [self._branches(name) for name in involved]
        if any(branch is None for branch in branches):
            return None
        paths = 1
        for branch in branches:
            paths *= len(branch or ())
        if paths > MOST_PATHS:
            return None
        chances = np.zeros_like(self.population.weights)
        for answers, chance in self._paths(involved, {}, np.ones_like(self.population.weights)):
            if all(holds(condition, answers) for condition in conditions):
                chances += chance
        return chances

    def _involved(self, conditions: tuple[str, ...]) -> list[str]:
        """Collect the variables on the way, in the order asked."""
        involved: set[str] = set()
        waiting = list(conditions)
        while waiting:
            for reference in references(parse(waiting.pop())):
                if reference.name not in involved:
                    involved.add(reference.name)
                    waiting.extend(self.asked_when[reference.name])
        return [name for name in self.asked_when if name in involved]

    def _branches(self, variable: str) -> dict[Answer, Array] | None:
        """Give the answers to a variable on the way with their probabilities; who is interviewed has consented."""
        question = self.question_of[variable]
        if question.type == "consent":
            return {"yes": np.ones_like(self.population.weights)}
        spread = spread_of(self.questionnaire, question, variable, self.population)
        item = self.population.truth.items.get(variable)
        if spread is None or (item is not None and item.answered < 1):
            return None
        options = {option.name: option for option in self.questionnaire.options(question)}
        branches: dict[Answer, Array] = {}
        for code, chance in spread.items():
            if code in options:
                branches[MissingCode(code) if options[code].missing is not None else code] = chance
            else:
                branches[int(code)] = chance
        return branches

    def _paths(
        self, waiting: list[str], answers: dict[str, Answer], chance: Array
    ) -> Iterator[tuple[dict[str, Answer], Array]]:
        """Follow every combination of answers; a variable that is not asked on the way has none."""
        if not waiting:
            yield answers, chance
            return
        variable, *rest = waiting
        if not all(holds(condition, answers) for condition in self.asked_when[variable]):
            yield from self._paths(rest, answers, chance)
            return
        for answer, probability in (self._branches(variable) or {}).items():
            yield from self._paths(rest, {**answers, variable: answer}, chance * probability)
