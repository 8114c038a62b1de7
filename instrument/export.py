"""Export: interviews as a study, one row each, with everything the questionnaire knows about every column.

Codes stay what the questionnaire says. A question the routing did not come to, or that lies behind a break-off, is
``-9`` (not asked); a question that was shown and left blank is system-missing. Rows stand in the order of the
interviews' random numbers, which tells nothing about who answered first. Who never came to agree is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ..data.codebook import Code, Codebook, MissingKind, Study, Variable
from ..data.errors import CodebookError, UnknownNameError
from ..data.yaml_file import one_line
from .interview import Answer, Interview
from .naming import NOT_ASKED, WHOLE, option_variable
from .phrases import phrase
from .questionnaire import Choice, Question, Questionnaire, Row
from .routing import awaits_consent, path

MISSING_CODES = {MissingKind.DONT_KNOW: -8.0, MissingKind.REFUSED: -7.0, MissingKind.OTHER: -6.0}
"""Codes of missing answers where the questionnaire's own are no numbers."""

DISPOSITIONS = {"complete": 1.0, "started": 2.0, "declined": 3.0}
"""Interview status -> code of the column ``disposition``."""

ANOTHER_VERSION = "They were given to another version of it; export them with the version they answered."


def export(questionnaire: Questionnaire, interviews: Iterable[Interview], *, language: str | None = None) -> Study:
    """Give interviews as a study.

    Parameters
    ----------
    questionnaire : Questionnaire
        The one they answered.
    interviews : iterable of Interview
        In any order; the rows stand in the order of their random numbers.
    language : str or None
        Language of variable and value labels, e.g. ``"zh"``; the questionnaire's first when None.

    Returns
    -------
    Study
        Columns: one for each single choice, number, text and grid row; one for each option of a multiple choice
        (``sources_2``: 1 chosen, 0 not); then ``disposition`` (1 complete, 2 partial, 3 declined), ``language``,
        ``day`` and ``seed``, from which the orders shown are rebuilt (see ``allocation``; the questionnaire's own seed
        stands in the notes). Visits that ended before consent was given are left out, and a note counts them; who
        declined on the web has neither language nor day nor seed.
        Codes are numbers where all codes of a list are whole numbers. Don't know and refused keep their codes and are
        declared missing; ``-9`` is not asked. Wording is kept in every language.

    Raises
    ------
    CodebookError
        When answers do not fit the questionnaire: another version was answered.
    UnknownNameError
        When the questionnaire has no such language.

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
    >>> study = export(q, [Interview("7f", "en", 1, "complete", "2026-10-01", q.digest, {"heard": "2"}, "start")])
    >>> study.frame.to_dict("records")
    [{'heard': 2.0, 'disposition': 1.0, 'language': 'en', 'day': '2026-10-01', 'seed': 1.0}]
    >>> study.codebook["heard"].labels
    {1.0: 'Yes', 2.0: 'No', -9.0: 'Not asked'}
    """
    spoken = language or questionnaire.languages[0]
    if spoken not in questionnaire.languages:
        raise UnknownNameError("language", spoken, questionnaire.languages, questionnaire.source)
    everyone = sorted(interviews, key=lambda interview: interview.number)
    ordered = [interview for interview in everyone if not _never_agreed(questionnaire, interview)]
    _refuse_unknown_variables(questionnaire, ordered)
    asked = [asked_variables(questionnaire, interview) for interview in ordered]
    columns = [*_columns(questionnaire, spoken)]
    data = {column.variable.name: column.read(ordered, asked) for column in columns}
    frame = pd.DataFrame(data | _paradata(ordered))
    variables = (*(column.variable for column in columns), *_paradata_variables(questionnaire, spoken))
    notes = (
        f"Questionnaire {questionnaire.name}, version {questionnaire.version}",
        f"SHA-256 {questionnaire.digest}",
        f"Seed of all shuffling {questionnaire.seed}",
        *_left_out(len(everyone) - len(ordered)),
    )
    return Study(
        frame, Codebook(variables, questionnaire.say(questionnaire.title, spoken), notes), questionnaire.source
    )


def _never_agreed(questionnaire: Questionnaire, interview: Interview) -> bool:
    """Say whether an interview stops before its consent; an older store holds such, the server stores none."""
    return interview.status == "started" and awaits_consent(questionnaire, interview.answers)


def _left_out(count: int) -> tuple[str, ...]:
    """Say how many were left out, where any were."""
    if not count:
        return ()
    visits = "1 visit that ended" if count == 1 else f"{count:,} visits that ended"
    return (f"Left out: {visits} before consent was given.",)


def asked_variables(questionnaire: Questionnaire, interview: Interview) -> frozenset[str]:
    """Give the variables an interview came to: those on its route, up to the last page it acknowledged.

    Examples
    --------
    >>> from .reading import read_questionnaire_text
    >>> q = read_questionnaire_text('''
    ... name: tiny
    ... title: Tiny
    ... languages: [en]
    ... pages:
    ...   - {name: one, questions: [{name: age, type: integer, label: Age}]}
    ...   - {name: two, questions: [{name: hours, type: integer, label: Hours}]}
    ... ''')
    >>> sorted(asked_variables(q, Interview("7f", "en", 1, "started", "2026-10-01", q.digest, {"age": 30}, "one")))
    ['age']
    """
    stages = [
        (page.name, [name for question in questions for name in question.variables])
        for page, questions in path(questionnaire, interview.answers)
    ]
    if interview.status == "complete":
        done = len(stages)
    else:
        reached = (
            number
            for number, (page, names) in enumerate(stages, start=1)
            if page == interview.reached or not interview.answers.keys().isdisjoint(names)
        )
        done = max(reached, default=0)
    return frozenset(name for _, names in stages[:done] for name in names)


@dataclass(frozen=True)
class _Column:
    """One column: what it means, the answer it comes from, and how that answer is coded."""

    variable: Variable
    answer: str
    code: Callable[[Answer], Code]

    def read(self, interviews: Sequence[Interview], asked: Sequence[frozenset[str]]) -> pd.Series:
        """Code the answers of all interviews."""
        unread: Counter[str] = Counter()
        numeric = self.variable.type == "numeric"
        values: list[Code | None] = []
        for interview, names in zip(interviews, asked, strict=True):
            answer = interview.answers.get(self.answer)
            try:
                values.append(self._value(answer, self.answer in names))
            except (KeyError, ValueError):
                unread[str(answer)] += 1
        if unread:
            met = ", ".join(f"'{code}' ({times})" for code, times in sorted(unread.items()))
            raise CodebookError(
                f"'{self.answer}' holds answers that the questionnaire does not offer: {met}. {ANOTHER_VERSION}"
            )
        return pd.Series(values, dtype="float64" if numeric else "str")

    def _value(self, answer: Answer | None, asked: bool) -> Code | None:
        if not asked:
            return float(NOT_ASKED) if self.variable.type == "numeric" else str(NOT_ASKED)
        return None if answer is None else self.code(answer)


def _columns(questionnaire: Questionnaire, language: str) -> Iterator[_Column]:
    """Go through the columns in the order asked."""
    for question in questionnaire.questions:
        match question.type:
            case "select_one" | "consent":
                yield _single(questionnaire, question, question, language)
            case "grid":
                yield from (_single(questionnaire, question, row, language) for row in question.rows)
            case "select_multiple":
                yield from _multiple(questionnaire, question, language)
            case "integer" | "decimal":
                yield _number(questionnaire, question, language)
            case "text":
                yield _text(questionnaire, question, language)


def _single(questionnaire: Questionnaire, question: Question, item: Question | Row, language: str) -> _Column:
    """Describe a single choice, or one row of a grid."""
    options = questionnaire.options(question)
    codes = _codes(question, options)
    numeric = all(isinstance(code, float) for code in codes.values())
    not_asked: Code = float(NOT_ASKED) if numeric else str(NOT_ASKED)
    known = questionnaire.choice_list(question)
    variable = Variable(
        name=item.name,
        label=one_line(questionnaire.say(item.label, language)),
        type="numeric" if numeric else "string",
        measure=known.measure if known is not None else "nominal",
        labels={
            **{codes[option.name]: one_line(questionnaire.say(option.label, language)) for option in options},
            not_asked: phrase("not_asked", language),
        },
        missing={
            **{codes[option.name]: option.missing for option in options if option.missing is not None},
            not_asked: MissingKind.NOT_ASKED,
        },
        wording=_wording(questionnaire, question, item),
        scale=known.scale if known is not None else "",
        collapse={
            group: tuple(codes[name] for name in members)
            for group, members in (known.collapse if known else {}).items()
        },
        bank=item.bank,
        replicates=item.replicates,
        order=_order(question),
    )
    return _Column(variable, item.name, lambda answer: codes[str(answer)])


def _multiple(questionnaire: Questionnaire, question: Question, language: str) -> Iterator[_Column]:
    """Describe a multiple choice: a column for each answer, 1 chosen and 0 not; a don't-know is in all of them."""
    options = questionnaire.options(question)
    codes = {option.name: _multiple_missing(option) for option in options if option.missing is not None}
    labels: dict[Code, str] = {0.0: phrase("not_chosen", language), 1.0: phrase("chosen", language)}
    kinds: dict[Code, MissingKind] = {float(NOT_ASKED): MissingKind.NOT_ASKED}
    for option in options:
        if option.missing is not None:
            labels[codes[option.name]] = one_line(questionnaire.say(option.label, language))
            kinds[codes[option.name]] = option.missing
    labels[float(NOT_ASKED)] = phrase("not_asked", language)
    known = {option.name for option in options}
    for option in options:
        if option.missing is None:
            variable = Variable(
                name=option_variable(question, option),
                label=one_line(questionnaire.say(option.label, language)),
                measure="nominal",
                labels=labels,
                missing=kinds,
                wording=_wording(questionnaire, question, option),
                bank=question.bank,
                replicates=question.replicates,
                order=_order(question),
            )
            yield _Column(variable, question.name, _chosen(option.name, codes, known))


def _chosen(name: str, missing: Mapping[str, float], known: set[str]) -> Callable[[Answer], Code]:
    """Give the coding of one option of a multiple choice."""

    def code(answer: Answer) -> Code:
        chosen = answer if isinstance(answer, tuple) else (str(answer),)
        if not known.issuperset(chosen):
            raise ValueError(answer)
        return next((missing[other] for other in chosen if other in missing), float(name in chosen))

    return code


def _multiple_missing(option: Choice) -> float:
    """Give the code of a don't-know in the columns of a multiple choice, where 0 and 1 are taken."""
    own = float(option.name) if WHOLE.fullmatch(option.name) else 0.0
    return own if own not in (0.0, 1.0) else MISSING_CODES[option.missing or MissingKind.OTHER]


def _number(questionnaire: Questionnaire, question: Question, language: str) -> _Column:
    """Describe a number, and the codes of the don't-knows beside it."""
    options = questionnaire.options(question)
    codes = {option.name: float(option.name) for option in options}
    variable = Variable(
        name=question.name,
        label=one_line(questionnaire.say(question.label, language)),
        measure="scale",
        labels={
            **{codes[option.name]: one_line(questionnaire.say(option.label, language)) for option in options},
            float(NOT_ASKED): phrase("not_asked", language),
        },
        missing={
            **{codes[option.name]: option.missing or MissingKind.OTHER for option in options},
            float(NOT_ASKED): MissingKind.NOT_ASKED,
        },
        wording=_wording(questionnaire, question, question),
        bank=question.bank,
        replicates=question.replicates,
    )

    def code(answer: Answer) -> Code:
        if isinstance(answer, tuple):
            raise ValueError(answer)
        return codes[answer] if isinstance(answer, str) else float(answer)

    return _Column(variable, question.name, code)


def _text(questionnaire: Questionnaire, question: Question, language: str) -> _Column:
    """Describe an open text."""
    variable = Variable(
        name=question.name,
        label=one_line(questionnaire.say(question.label, language)),
        type="string",
        measure="nominal",
        labels={str(NOT_ASKED): phrase("not_asked", language)},
        missing={str(NOT_ASKED): MissingKind.NOT_ASKED},
        wording=_wording(questionnaire, question, question),
        bank=question.bank,
        replicates=question.replicates,
    )
    return _Column(variable, question.name, str)


def _codes(question: Question, options: Sequence[Choice]) -> dict[str, Code]:
    """Give the stored code of every option: numbers where all are whole numbers; consent is 1 for yes, 0 for no."""
    if question.type == "consent":
        return {"yes": 1.0, "no": 0.0}
    if all(WHOLE.fullmatch(option.name) for option in options):
        return {option.name: float(option.name) for option in options}
    return {option.name: option.name for option in options}


def _order(question: Question) -> str:
    """Say whether the statements of a grid, or the answers of a question, were shuffled."""
    return "random" if question.randomize else "fixed"


def _wording(questionnaire: Questionnaire, question: Question, item: Question | Row | Choice) -> dict[str, str]:
    """Give the wording in every language; a statement or option stands behind its question."""
    if item is question:
        return dict(question.label)
    return {
        language: f"{question.label.get(language, '')} {item.label.get(language, '')}".strip()
        for language in questionnaire.languages
    }


def _paradata(interviews: Sequence[Interview]) -> dict[str, pd.Series]:
    """Give the columns that every export has."""
    return {
        "disposition": pd.Series([DISPOSITIONS[interview.status] for interview in interviews], dtype="float64"),
        "language": pd.Series([interview.language or None for interview in interviews], dtype="str"),
        "day": pd.Series([interview.day or None for interview in interviews], dtype="str"),
        # a refusal is stored without a day, and then has no seed either
        "seed": pd.Series([interview.seed if interview.day else None for interview in interviews], dtype="float64"),
    }


def _paradata_variables(questionnaire: Questionnaire, language: str) -> Iterator[Variable]:
    """Describe the columns that every export has."""
    labels: dict[Code, str] = {code: phrase(f"disposition_{status}", language) for status, code in DISPOSITIONS.items()}
    yield Variable("disposition", phrase("disposition", language), measure="nominal", labels=labels)
    yield Variable("language", phrase("interview_language", language), type="string", measure="nominal")
    yield Variable("day", phrase("interview_day", language), type="string", measure="nominal")
    # ten places: a narrower format would show seeds rounded to powers of ten
    yield Variable("seed", phrase("interview_seed", language), measure="nominal", format="F10.0")


def _refuse_unknown_variables(questionnaire: Questionnaire, interviews: Sequence[Interview]) -> None:
    """Refuse answers to questions that the questionnaire does not have, rather than lose them silently."""
    known = set(questionnaire.variables)
    unknown = Counter(name for interview in interviews for name in interview.answers if name not in known)
    if unknown:
        met = ", ".join(f"'{name}' ({times})" for name, times in sorted(unknown.items()))
        raise CodebookError(
            f"there are answers to questions that {questionnaire.source or questionnaire.name} does not have: {met}. "
            f"{ANOTHER_VERSION}"
        )
