"""Truth: an invented population whose every share is known, to rehearse a study and to test estimates against.

A person is a cell of demographics and a leaning, a discrete stand-in for a normal disposition (Gauss-Hermite nodes),
which ties the items of a battery together. Answers follow a cumulative logit model: P(answer > k) = logistic(c_k +
effects of the cell + leaning). The constants c_k are solved so that the population's shares are exactly the shares
the truth file states; so the truth is read, not estimated.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..data.errors import DocumentError, Finding, did_you_mean
from ..data.schema import validated
from ..data.yaml_file import Document, load_document
from .questionnaire import Questionnaire

Array = npt.NDArray[np.float64]
Share = Annotated[float, Field(ge=0, le=1)]
Shares = Mapping[str, Share]
Effects = Mapping[str, Mapping[str, float]]
"""Demographic -> code -> shift on the logit scale (for a number: in its own unit); codes not named shift nothing."""

NODES = 9
TOLERANCE = 1e-6
BISECTIONS = 70
"""Halvings of an interval 120 wide: more than a double can tell apart."""


class Part(BaseModel):
    """What every part of a truth file shares."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _sum_to_one(shares: Shares, of: str) -> None:
    total = sum(shares.values())
    if shares and abs(total - 1) > TOLERANCE:
        raise ValueError(f"the shares of {of} sum to {total:.6g}; they must sum to 1.")


class Demographic(Part):
    """How one characteristic is spread over the population.

    Attributes
    ----------
    shares : mapping of str to float
        Code -> share; or, with ``given``, code of that characteristic -> code -> share.
    given : str
        An earlier characteristic this one depends on; empty: none.
    """

    shares: Mapping[str, Share | Shares]
    given: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Demographic:
        for name, table in self.tables().items():
            _sum_to_one(table, f"{self.given} {name}" if self.given else "a demographic")
        return self

    def tables(self) -> dict[str, dict[str, float]]:
        """Give the shares by code of ``given``; under the empty code when there is none."""
        if not self.given:
            return {"": {code: share for code, share in self.shares.items() if isinstance(share, float)}}
        return {code: dict(table) for code, table in self.shares.items() if not isinstance(table, float)}

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes, in the order written."""
        return tuple(dict.fromkeys(code for table in self.tables().values() for code in table))


class Response(Part):
    """How likely people are to take part.

    Attributes
    ----------
    base : float
        Probability for someone whose effects are all 0.
    effects : Effects
        Shifts on the logit scale, e.g. ``{"age4": {"4": -1.0}}``.
    """

    base: Annotated[float, Field(gt=0, lt=1)] = 0.5
    effects: Effects = Field(default_factory=dict)


class Item(Part):
    """What the population answers to one variable.

    Attributes
    ----------
    shares : mapping of str to float
        Single choice, grid row: the population's share of each substantive code, summing to 1.
        Multiple choice: the share that chooses each option.
    effects : Effects
        Shifts towards the end of the list (multiple choice: towards choosing).
    leaning : float
        Weight of the person's leaning.
    missing : mapping of str to float
        Code of don't know or refused -> share that answers so, in every cell alike.
    mean, sd, low, high : float
        A whole number: a normal distribution rounded and cut off at ``low`` and ``high``.
    texts : mapping of str to tuple of str
        Open text: what people write, by language.
    answered : float
        Share that answers at all; the rest leave it blank. Only for questions that are not required.
    """

    shares: Shares = Field(default_factory=dict)
    effects: Effects = Field(default_factory=dict)
    leaning: float = 0.0
    missing: Shares = Field(default_factory=dict)
    mean: float = 0.0
    sd: Annotated[float, Field(gt=0)] = 1.0
    low: int = 0
    high: int = 0
    texts: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    answered: Share = 1.0

    @model_validator(mode="after")
    def _possible(self) -> Item:
        if sum(self.missing.values()) >= 1:
            raise ValueError("the shares of don't know and refused leave nobody who answers.")
        if self.high < self.low:
            raise ValueError(f"'high' is {self.high}, less than 'low', {self.low}.")
        if self.high - self.low > 1000:
            raise ValueError("'low' and 'high' may lie 1,000 apart.")
        return self


class Truth(Part):
    """All of a truth file.

    Attributes
    ----------
    title : str
        What is invented.
    demographics : mapping of str to Demographic
        By variable name; each may depend on one before it.
    response : Response
        Unequal response: those who do not take part are not in the sample.
    decline : float
        Share of those approached who open the questionnaire and refuse consent.
    breakoff : float
        Probability of giving up at each page behind the consent.
    languages : mapping of str to float
        Language of the interview -> share.
    first_day, last_day : date
        Field period.
    items : mapping of str to Item
        By variable name (a multiple choice by its question's).
    """

    title: str = ""
    demographics: Mapping[str, Demographic]
    response: Response = Field(default_factory=Response)
    decline: Share = 0.0
    breakoff: Share = 0.0
    languages: Shares = Field(default_factory=dict)
    first_day: datetime.date = datetime.date(2026, 10, 1)
    last_day: datetime.date = datetime.date(2026, 10, 31)
    items: Mapping[str, Item] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Truth:
        _sum_to_one(self.languages, "languages")
        if self.last_day < self.first_day:
            raise ValueError(f"'last_day' {self.last_day} lies before 'first_day' {self.first_day}.")
        return self


def shipped_truth() -> Truth:
    """Give the invented population that comes with topline, made for the shipped questionnaire.

    Examples
    --------
    >>> shipped_truth().items["restrict_travel"].shares["5"] > 0
    True
    """
    with as_file(files("topline.data") / "demo" / "truth.yaml") as path:
        return validated(Truth, load_document(path))


def read_truth(path: Path | str, questionnaire: Questionnaire) -> Truth:
    """Read a truth file and hold it against the questionnaire it is made for.

    Parameters
    ----------
    path : Path or str
        e.g. ``"truth.yaml"``.
    questionnaire : Questionnaire
        Whose variables and codes the file must name.

    Raises
    ------
    DocumentError
        With all findings: unknown keys, shares that do not sum to 1, variables and codes that do not exist.
    """
    document = load_document(Path(path))
    truth = validated(Truth, document)
    findings = [*_mismatches(truth, questionnaire, document)]
    if findings:
        raise DocumentError(findings)
    return truth


def _mismatches(truth: Truth, questionnaire: Questionnaire, document: Document) -> Iterator[Finding]:
    """Find what the truth names and the questionnaire does not have."""

    def finding(problem: str, *place: str) -> Finding:
        return Finding(document.name, ", ".join(place), problem, document.line(*place))

    for language in truth.languages:
        if language not in questionnaire.languages:
            near = did_you_mean(language, questionnaire.languages)
            yield finding(f"'{language}' is not a language of the questionnaire.{near}", "languages", language)
    for part, names in (("demographics", truth.demographics), ("items", truth.items)):
        for name in names:
            if name not in questionnaire.variables:
                near = did_you_mean(name, questionnaire.variables)
                yield finding(f"'{name}' is not a variable of the questionnaire.{near}", part, name)
                continue
            options = questionnaire.options(questionnaire.question(name))
            substantive = [option.name for option in options if option.missing is None]
            missing = [option.name for option in options if option.missing is not None]
            item = truth.items.get(name) if part == "items" else None
            single = questionnaire.question(name).type in ("select_one", "grid")
            if item is not None and single and abs(sum(item.shares.values()) - 1) > TOLERANCE:
                total = sum(item.shares.values())
                yield finding(f"the shares sum to {total:.6g}; they must sum to 1.", part, name, "shares")
            for code in item.shares if item is not None else truth.demographics[name].codes:
                if code not in substantive:
                    near = did_you_mean(code, substantive)
                    yield finding(f"the code '{code}' is not an answer to '{name}'.{near}", part, name, "shares")
            for code in item.missing if item is not None else ():
                if code not in missing:
                    near = did_you_mean(code, missing)
                    yield finding(f"the code '{code}' is no don't know of '{name}'.{near}", part, name, "missing")
    yield from _unknown_demographics(truth, document)


def _unknown_demographics(truth: Truth, document: Document) -> Iterator[Finding]:
    """Find effects of characteristics that are not described, and dependence on a later one."""
    known = list(truth.demographics)
    named: list[tuple[tuple[str, ...], Effects]] = [(("response", "effects"), truth.response.effects)]
    named += [(("items", name, "effects"), item.effects) for name, item in truth.items.items()]
    for place, effects in named:
        for name, shifts in effects.items():
            line = document.line(*place, name)
            if name not in known:
                problem = f"'{name}' is not among the demographics.{did_you_mean(name, known)}"
                yield Finding(document.name, ", ".join(place), problem, line)
                continue
            for code in shifts:
                if code not in truth.demographics[name].codes:
                    near = did_you_mean(code, truth.demographics[name].codes)
                    yield Finding(document.name, ", ".join(place), f"'{name}' has no code '{code}'.{near}", line)
    for position, (name, demographic) in enumerate(truth.demographics.items()):
        if demographic.given and demographic.given not in known[:position]:
            problem = f"'given' names '{demographic.given}', which is not described above."
            yield Finding(document.name, f"demographics, {name}", problem, document.line("demographics", name, "given"))


class Population:
    """The cells and leanings of a truth, and the probability of every answer in each of them.

    Attributes
    ----------
    cells : tuple of mapping of str to str
        Codes of the demographics.
    weights : array
        Population share of each cell and leaning, shape (cells, leanings).
    sample_weights : array
        The same among those who take part.
    """

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        cells = list(_cells(truth.demographics))
        self.cells = tuple(cell for cell, _ in cells)
        shares = np.array([share for _, share in cells])
        nodes, masses = np.polynomial.hermite_e.hermegauss(NODES)
        self.leanings: Array = np.asarray(nodes, dtype=float)
        self.weights: Array = np.outer(shares, masses / masses.sum())
        propensity = _logistic(_logit(truth.response.base) + self._shift(truth.response.effects))
        responding = self.weights * propensity[:, None]
        self.sample_weights: Array = responding / responding.sum()

    def probabilities(self, name: str) -> dict[str, Array]:
        """Give the probability of every code of a single choice, in each cell and leaning, missing codes included."""
        item = self.truth.items[name]
        codes = list(item.shares)
        above = [np.ones_like(self.weights)]
        for position in range(1, len(codes)):
            above.append(self._at_least(sum(item.shares[code] for code in codes[position:]), item))
        above.append(np.zeros_like(self.weights))
        answering = 1 - sum(item.missing.values())
        spread = {code: answering * np.clip(above[k] - above[k + 1], 0.0, 1.0) for k, code in enumerate(codes)}
        return spread | {code: np.full_like(self.weights, share) for code, share in item.missing.items()}

    def chances(self, item: Item) -> dict[str, Array]:
        """Give the probability that each option of a multiple choice is chosen, by those who answer it."""
        return {code: self._at_least(share, item) for code, share in item.shares.items()}

    def numbers(self, name: str, possible: Callable[[int], bool]) -> dict[int, Array]:
        """Give the probability of every whole number that is possible, by those who answer with one."""
        item = self.truth.items[name]
        values = np.array([number for number in range(item.low, item.high + 1) if possible(number)])
        centre = (item.mean + self._shift(item.effects)[:, None] + item.leaning * self.leanings)[:, :, None]
        density = np.exp(-0.5 * ((values - centre) / item.sd) ** 2)
        density /= density.sum(axis=2, keepdims=True)
        return {int(value): density[:, :, k] for k, value in enumerate(values)}

    def having(self, name: str) -> dict[str, Array]:
        """Give, for each code of a characteristic, 1 in the cells that have it and 0 elsewhere."""
        ones = np.ones_like(self.weights)
        return {
            code: ones * np.array([[float(cell[name] == code)] for cell in self.cells])
            for code in self.truth.demographics[name].codes
        }

    def _shift(self, effects: Effects) -> Array:
        """Sum the effects of each cell's codes."""
        return np.array(
            [
                sum(shifts.get(cell[name], 0.0) for name, shifts in effects.items() if name in cell)
                for cell in self.cells
            ]
        )

    def _at_least(self, share: float, item: Item) -> Array:
        """Give the probability in each cell and leaning such that the population's share is exactly this one."""
        if share <= 0 or share >= 1:
            return np.full_like(self.weights, min(max(share, 0.0), 1.0))
        shift = self._shift(item.effects)[:, None] + item.leaning * self.leanings
        low, high = -60.0 - float(shift.max()), 60.0 - float(shift.min())
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            if float((self.weights * _logistic(middle + shift)).sum()) < share:
                low = middle
            else:
                high = middle
        return _logistic((low + high) / 2 + shift)


def _cells(demographics: Mapping[str, Demographic]) -> Iterator[tuple[dict[str, str], float]]:
    """Go through all combinations of codes, each with its population share."""
    names = list(demographics)
    for codes in itertools.product(*(demographics[name].codes for name in names)):
        cell = dict(zip(names, codes, strict=True))
        share = 1.0
        for name, code in cell.items():
            tables = demographics[name].tables()
            given = demographics[name].given
            share *= tables.get(cell[given] if given else "", {}).get(code, 0.0)
        if share > 0:
            yield cell, share


def _logistic(value: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-value)), dtype=float)


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))
