"""Routing: which pages and questions an interview comes to, given its answers so far.

One walk through the questionnaire decides everything. A condition sees only the answers to questions that were
themselves asked, so that an answer hidden by a later correction opens no further question. Behind a consent
question that is not answered "yes" there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .conditions import MissingCode, holds
from .interview import Answer, Answers, Status
from .questionnaire import Page, Question, Questionnaire


def visible_pages(questionnaire: Questionnaire, answers: Answers) -> tuple[Page, ...]:
    """Give the pages that have something to show, in order; up to the consent page until consent is given.

    Parameters
    ----------
    questionnaire : Questionnaire
        What is asked.
    answers : Answers
        Answers so far by variable name.

    Examples
    --------
    >>> from .questionnaire import Page, Question, Questionnaire
    >>> ask = lambda name, when="": Page(name=name, relevant=when, questions=(
    ...     Question(name=name, type="integer", label={"en": name}),))
    >>> pages = ask("age"), ask("job", "${age} >= 15")
    >>> q = Questionnaire(name="q", title={"en": "Q"}, languages=("en",), pages=pages)
    >>> [page.name for page in visible_pages(q, {"age": 12})]
    ['age']
    """
    return tuple(page for page, _ in path(questionnaire, answers))


def path(questionnaire: Questionnaire, answers: Answers) -> Iterator[tuple[Page, tuple[Question, ...]]]:
    """Go through the visible pages, each with the questions asked on it."""
    return (stage for stage in _walk(questionnaire, answers, {}) if stage[1])


def visible_questions(questionnaire: Questionnaire, page: Page, answers: Answers) -> tuple[Question, ...]:
    """Give the questions of a page that are asked; none when the page itself is not reached."""
    for walked, questions in path(questionnaire, answers):
        if walked.name == page.name:
            return questions
    return ()


def route(questionnaire: Questionnaire, answers: Answers) -> tuple[str, ...]:
    """Give the names of the variables asked, in order; a grid gives its rows.

    Parameters
    ----------
    questionnaire : Questionnaire
        What is asked.
    answers : Answers
        What the respondent has answered so far, by variable, e.g. ``{"consent": "yes"}``.

    Examples
    --------
    >>> from .questionnaire import Page, Question, Questionnaire
    >>> page = Page(name="start", questions=(Question(name="consent", type="consent", label={"en": "Do you agree?"}),))
    >>> more = Page(name="more", questions=(Question(name="age", type="integer", label={"en": "Age"}),))
    >>> q = Questionnaire(name="q", title={"en": "Q"}, languages=("en",), pages=(page, more))
    >>> route(q, {"consent": "yes"}), route(q, {"consent": "no"})
    (('consent', 'age'), ('consent',))
    """
    return tuple(
        variable
        for _, questions in path(questionnaire, answers)
        for question in questions
        for variable in question.variables
    )


def prune(questionnaire: Questionnaire, answers: Answers) -> dict[str, Answer]:
    """Drop the answers to questions that are not asked; a refused or absent consent drops everything but itself.

    Returns
    -------
    dict
        The answers kept, in the order asked.
    """
    kept: dict[str, Answer] = {}
    for _ in _walk(questionnaire, answers, kept):
        pass
    if not declined(questionnaire, answers):
        return kept
    return {name: answer for name, answer in kept.items() if questionnaire.question(name).type == "consent"}


def after(page: Page, questionnaire: Questionnaire, answers: Answers) -> Page | None:
    """Give the next page that has something to show, or None at the end."""
    return _first(page, questionnaire.pages, visible_pages(questionnaire, answers))


def before(page: Page, questionnaire: Questionnaire, answers: Answers) -> Page | None:
    """Give the page before this one that has something to show, or None at the start."""
    return _first(page, questionnaire.pages[::-1], visible_pages(questionnaire, answers))


def _first(page: Page, pages: tuple[Page, ...], visible: tuple[Page, ...]) -> Page | None:
    """Give the first visible page behind this one in a sequence of pages."""
    names = [other.name for other in pages]
    shown = {other.name for other in visible}
    behind = pages[names.index(page.name) + 1 :]
    return next((other for other in behind if other.name in shown), None)


def progress(questionnaire: Questionnaire, page: Page) -> float:
    """Give the share of the questionnaire that lies before a page, 0 to 1; pages that are skipped count as done."""
    return [other.name for other in questionnaire.pages].index(page.name) / len(questionnaire.pages)


def declined(questionnaire: Questionnaire, answers: Answers) -> bool:
    """Say whether a consent question was answered with no."""
    return any(
        question.type == "consent" and answers.get(question.name) == "no" for question in questionnaire.questions
    )


def awaits_consent(questionnaire: Questionnaire, answers: Answers) -> bool:
    """Say whether consent is asked and was not given; nothing of such a visit may be kept.

    Examples
    --------
    >>> from .questionnaire import Page, Question, Questionnaire
    >>> page = Page(name="start", questions=(Question(name="consent", type="consent", label={"en": "Do you agree?"}),))
    >>> q = Questionnaire(name="q", title={"en": "Q"}, languages=("en",), pages=(page,))
    >>> awaits_consent(q, {}), awaits_consent(q, {"consent": "yes"})
    (True, False)
    """
    asked = (question for _, questions in path(questionnaire, answers) for question in questions)
    first = next((question for question in asked if question.type == "consent"), None)
    return first is not None and answers.get(first.name) != "yes"


def status(questionnaire: Questionnaire, answers: Answers, reached: str) -> Status:
    """Say how an interview stands.

    Parameters
    ----------
    questionnaire : Questionnaire
        What is asked.
    answers : Answers
        All answers so far.
    reached : str
        Name of the last page acknowledged; empty when none.

    Returns
    -------
    str
        ``"declined"``, ``"complete"`` when the last visible page is done, else ``"started"``.
    """
    if declined(questionnaire, answers):
        return "declined"
    pages = visible_pages(questionnaire, answers)
    return "complete" if reached and pages and pages[-1].name == reached else "started"


def _walk(
    questionnaire: Questionnaire, answers: Answers, kept: dict[str, Answer]
) -> Iterator[tuple[Page, tuple[Question, ...]]]:
    """Go through the pages reached, filling ``kept`` with the answers to the questions asked on the way."""
    seen: dict[str, Answer] = {}
    for page in questionnaire.pages:
        if page.relevant and not holds(page.relevant, seen):
            continue
        asked = []
        for question in page.questions:
            if question.relevant and not holds(question.relevant, seen):
                continue
            asked.append(question)
            given = {name: answers[name] for name in question.variables if name in answers}
            kept |= given
            seen |= marked(questionnaire, question, given)
            if question.type == "consent" and given.get(question.name) != "yes":
                yield page, tuple(asked)
                return
        yield page, tuple(asked)


def marked(questionnaire: Questionnaire, question: Question, given: Mapping[str, Answer]) -> dict[str, Answer]:
    """Mark the don't-know and refusal codes among a question's answers, so that a condition does not count with them.

    Examples
    --------
    >>> from .questionnaire import Choice, ChoiceList, Page, Question, Questionnaire
    >>> unsaid = ChoiceList(name="unsaid", choices=(Choice(name="999", label={"en": "Not said"}, missing="refused"),))
    >>> age = Question(name="age", type="integer", label={"en": "Age"}, choices="unsaid")
    >>> q = Questionnaire(name="q", title={}, languages=("en",), choice_lists={"unsaid": unsaid},
    ...                   pages=(Page(name="p", questions=(age,)),))
    >>> holds("${age} > 60", {"age": "999"}), holds("${age} > 60", marked(q, age, {"age": "999"}))
    (True, False)
    """
    known = questionnaire.choice_list(question)
    if not given or known is None or not known.missing_codes:
        return dict(given)
    return {
        name: MissingCode(answer) if isinstance(answer, str) and answer in known.missing_codes else answer
        for name, answer in given.items()
    }


def marked_all(questionnaire: Questionnaire, answers: Answers) -> dict[str, Answer]:
    """Mark the don't-know and refusal codes among the answers to all questions."""
    known: dict[str, Answer] = {}
    for question in questionnaire.questions:
        given = {name: answers[name] for name in question.variables if name in answers}
        known |= marked(questionnaire, question, given)
    return known
