"""A visit: what a posted page does to an interview, and which page comes next; no HTTP, no disk.

The rules of the road: a page is open when every visible page before it was accepted; an interview is complete when
every visible page stands accepted under the answers as they are now, so that a correction on an early page that opens
a new question cannot be walked around with the browser's address bar.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..answers import DECIMAL_COMMA, MISSING_FIELD, Problem, Submission, validate_page, with_page
from ..conditions import holds
from ..expressions import parse, references
from ..interview import Answer, Answers, Interview, Status
from ..questionnaire import Page, Question, Questionnaire
from ..routing import after, awaits_consent, before, declined, marked_all, prune, visible_pages, visible_questions
from .event import Record

Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Turn:
    """What a posted page comes to.

    Attributes
    ----------
    given : Answers
        The page's answers to store.
    problems : tuple of Problem
        What the respondent is asked to put right; nothing is stored while there is any.
    acknowledged : bool
        Whether the page stands accepted with these answers.
    status : str
        Status of the interview after it.
    following : Page or None
        The page to show next; None when the interview is over.
    """

    given: Answers
    problems: tuple[Problem, ...] = ()
    acknowledged: bool = True
    status: Status = "started"
    following: Page | None = None


def before_consent(questionnaire: Questionnaire, number: str, language: str) -> Record | None:
    """Give the visit of somebody who has not agreed yet, of which nothing is stored; None where no consent is asked.

    Its pages up to the consent may be shown and count as accepted, so that the consent can be answered.
    """
    if not awaits_consent(questionnaire, {}):
        return None
    *earlier, _ = visible_pages(questionnaire, {})
    visit = Interview(number, language, seed=0, status="started", day="", questionnaire_digest="")
    return Record(visit, frozenset(page.name for page in earlier))


def open_page(questionnaire: Questionnaire, record: Record) -> Page:
    """Give the page an interview stands at: the first visible one not accepted, or the last one."""
    return _ahead(questionnaire, record)[-1]


def may_show(questionnaire: Questionnaire, record: Record, page: Page) -> bool:
    """Say whether a page is visible and not beyond the page the interview stands at."""
    return any(page.name == each.name for each in _ahead(questionnaire, record))


def _ahead(questionnaire: Questionnaire, record: Record) -> tuple[Page, ...]:
    """Give the visible pages up to the one the interview stands at."""
    pages = visible_pages(questionnaire, record.interview.answers)
    accepted = itertools.takewhile(lambda page: page.name in record.acknowledged, pages[:-1])
    return pages[: len(tuple(accepted)) + 1]


def go_on(questionnaire: Questionnaire, record: Record, page: Page, form: Form, language: str) -> Turn:
    """Take a page posted with Next.

    Parameters
    ----------
    questionnaire : Questionnaire
        What is asked.
    record : Record
        The interview before this page.
    page : Page
        The page posted; it may be shown.
    form : mapping of str to sequence of str
        Posted values by field name.
    language : str
        Language of the messages.

    Returns
    -------
    Turn
        With problems, or with the page that follows; the same page again when an answer on it opened a question
        further down that the respondent has not seen yet.
    """
    submission = _submission(questionnaire, record, page, form, language)
    if submission.problems:
        return Turn(submission.answers, submission.problems, acknowledged=False, following=page)
    before_it = prune(questionnaire, record.interview.answers)
    answers = with_page(questionnaire, page, record.interview.answers, submission.answers)
    if declined(questionnaire, answers):
        return Turn(submission.answers, status="declined")
    shown = {question.name for question in visible_questions(questionnaire, page, before_it)}
    opened = [question for question in visible_questions(questionnaire, page, answers) if question.name not in shown]
    if opened:
        return Turn(submission.answers, acknowledged=False, following=page)
    following = after(page, questionnaire, answers) or _unfinished(questionnaire, record, page, answers)
    return Turn(submission.answers, status="started" if following else "complete", following=following)


def go_back(questionnaire: Questionnaire, record: Record, page: Page, form: Form, language: str) -> Turn:
    """Take a page left with Back: its valid answers are kept and nobody is stopped.

    The page counts as accepted only if it did before and still would.
    """
    submission = _submission(questionnaire, record, page, form, language)
    acknowledged = page.name in record.acknowledged and not submission.problems
    answers = with_page(questionnaire, page, record.interview.answers, submission.answers)
    return Turn(submission.answers, acknowledged=acknowledged, following=before(page, questionnaire, answers) or page)


def problems_of(
    questionnaire: Questionnaire, record: Record, page: Page, form: Form, language: str
) -> tuple[Problem, ...]:
    """Check a posted page without taking it, as a change of language does."""
    return _submission(questionnaire, record, page, form, language).problems


def position(questionnaire: Questionnaire, record: Record, page: Page) -> tuple[int, int]:
    """Give a page's place on the route, and the number of pages of the longest route still possible.

    What this page or a later one asks counts as open: the second number never grows on the way to the end, and going
    back shows the same numbers again. Consent is assumed.

    Returns
    -------
    tuple of int
        e.g. ``(3, 9)``; the second number falls when an answer closes a branch.
    """
    consents = {question.name: "yes" for question in questionnaire.questions if question.type == "consent"}
    answers = {**record.interview.answers, **consents}
    names = [other.name for other in visible_pages(questionnaire, answers)]
    place = names.index(page.name) + 1
    known = marked_all(questionnaire, prune(questionnaire, answers))
    unsettled = _variables(page)
    ahead = 0
    for other in itertools.islice(
        itertools.dropwhile(lambda each: each.name != page.name, questionnaire.pages), 1, None
    ):
        if _may_come(other, known, unsettled):
            unsettled |= _variables(other)
            ahead += 1
    return place, place + ahead


def _variables(page: Page) -> set[str]:
    return {variable for question in page.questions for variable in question.variables}


def _may_come(page: Page, known: Answers, unsettled: set[str]) -> bool:
    """Say whether a page ahead is on the route, or an answer not given for good yet can bring it there."""

    def may_hold(condition: str) -> bool:
        """Say whether a condition is true, or rests on what is not settled."""
        if not condition.strip():
            return True
        open_still = any(reference.name in unsettled for reference in references(parse(condition)))
        return open_still or holds(condition, known)

    return may_hold(page.relevant) and any(may_hold(question.relevant) for question in page.questions)


def form_of(questionnaire: Questionnaire, page: Page, answers: Answers, language: str) -> dict[str, list[str]]:
    """Spell a page's answers as the form that would post them, in the respondent's way of writing numbers.

    Examples
    --------
    >>> hours = Question(name="hours", type="decimal", label={"en": "Hours"})
    >>> page = Page(name="work", questions=(hours,))
    >>> form_of(Questionnaire(name="q", title={}, languages=("de",), pages=(page,)), page, {"hours": 7.5}, "de")
    {'hours': ['7,5']}
    """
    form: dict[str, list[str]] = {}
    for question in page.questions:
        for variable in question.variables:
            if variable in answers:
                form[_field(question, variable, answers[variable])] = _spelled(answers[variable], language)
    return form


def _field(question: Question, variable: str, answer: Answer) -> str:
    missing = question.type in ("integer", "decimal") and isinstance(answer, str)
    return variable + MISSING_FIELD if missing else variable


def _spelled(answer: Answer, language: str) -> list[str]:
    if isinstance(answer, tuple):
        return list(answer)
    if isinstance(answer, float):
        plain = f"{answer:.15f}".rstrip("0").rstrip(".")
        return [plain.replace(".", ",") if language.split("-")[0] in DECIMAL_COMMA else plain]
    return [str(answer)]


def _submission(questionnaire: Questionnaire, record: Record, page: Page, form: Form, language: str) -> Submission:
    """Validate a page, without the problems of questions that its own new answers have just hidden."""
    earlier = prune(questionnaire, record.interview.answers)
    submission = validate_page(questionnaire, page, form, earlier, language)
    answers = with_page(questionnaire, page, record.interview.answers, submission.answers)
    asked = {
        variable for question in visible_questions(questionnaire, page, answers) for variable in question.variables
    }
    return replace(submission, problems=tuple(problem for problem in submission.problems if problem.variable in asked))


def _unfinished(questionnaire: Questionnaire, record: Record, page: Page, answers: Answers) -> Page | None:
    """Give the first visible page that was not accepted, or would not be as the answers stand now; at the end only."""
    for other in visible_pages(questionnaire, answers):
        if other.name == page.name:
            continue
        if other.name not in record.acknowledged:
            return other
        form = form_of(questionnaire, other, answers, questionnaire.languages[0])
        if validate_page(questionnaire, other, form, answers, questionnaire.languages[0]).problems:
            return other
    return None
