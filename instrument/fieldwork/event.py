"""An event: what one posted page adds to an interview; an interview is the fold of its events.

Events are only ever appended. Going back and changing an answer appends another event for the same page,
and the last one stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...data.errors import StoreError
from ..interview import Answer, Answers, Interview, Status


@dataclass(frozen=True)
class Event:
    """One row of the store.

    Attributes
    ----------
    interview : str
        Number of the interview.
    page : str
        Name of the page posted; empty for the event that begins an interview.
    nonce : str
        Random word of the form that was posted; the same form posted twice is one event.
    questionnaire_digest : str
        Fingerprint of the questionnaire the page was shown from.
    language : str
        Language the page was shown in.
    day : str
        ISO day; never finer.
    status : str
        Status of the interview after this event.
    answers : Answers
        The page's answers by variable name, all of them: what is absent was left blank.
    acknowledged : bool
        Whether the page was accepted. False when the respondent left it half filled in by going back.
    seed : int or None
        Seed of the interview's randomisation; only the first event carries it.
    """

    interview: str
    page: str
    nonce: str
    questionnaire_digest: str
    language: str
    day: str
    status: Status = "started"
    answers: Answers = field(default_factory=dict)
    acknowledged: bool = True
    seed: int | None = None

    @property
    def body(self) -> str:
        """The part kept as JSON.

        Examples
        --------
        >>> Event("a1", "sex", "n1", "3f", "zh", "2026-03-01", answers={"sex": "1"}).body
        '{"language":"zh","day":"2026-03-01","status":"started","answers":{"sex":"1"}}'
        """
        content: dict[str, object] = {"language": self.language, "day": self.day, "status": self.status}
        content["answers"] = dict(self.answers)
        if not self.acknowledged:
            content["acknowledged"] = False
        if self.seed is not None:
            content["seed"] = self.seed
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def event_of(row: tuple[str, str, str, str, str]) -> Event:
    """Read a row of the store: interview, page, nonce, questionnaire digest, body.

    Examples
    --------
    >>> event_of(("a1", "sex", "n1", "3f", '{"language":"zh","day":"2026-03-01","status":"started","answers":{}}')).day
    '2026-03-01'
    """
    interview, page, nonce, digest, body = row
    try:
        content = json.loads(body)
        answers = {name: _answer(value) for name, value in content["answers"].items()}
        return Event(
            interview,
            page,
            nonce,
            digest,
            language=content["language"],
            day=content["day"],
            status=content["status"],
            answers=answers,
            acknowledged=content.get("acknowledged", True),
            seed=content.get("seed"),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"interview {interview}, page '{page}': its event is damaged ({type(error).__name__}). "
            "Take the last good copy of the store."
        ) from error


def _answer(value: object) -> Answer:
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    if isinstance(value, str | int | float):
        return value
    raise TypeError(f"no answer is a {type(value).__name__}")


@dataclass(frozen=True)
class Record:
    """An interview as it stands, and which of its pages were accepted.

    Attributes
    ----------
    interview : Interview
        The fold of its events.
    acknowledged : frozenset of str
        Names of the pages that were accepted as they now stand.
    """

    interview: Interview
    acknowledged: frozenset[str] = frozenset()


def fold(events: Iterable[Event]) -> Record:
    """Fold the events of one interview, in the order written; the last event of a page stands.

    Parameters
    ----------
    events : iterable of Event
        All of one interview, at least one.

    Returns
    -------
    Record
        ``interview.reached`` is the page accepted for the first time most recently, so that going back to an
        early page does not make a late break-off look like an early one.

    Examples
    --------
    >>> first = Event("a1", "", "n0", "3f", "zh", "2026-03-01", seed=7)
    >>> second = Event("a1", "sex", "n1", "3f", "zh", "2026-03-01", answers={"sex": "1"})
    >>> mended = Event("a1", "sex", "n2", "3f", "en", "2026-03-02", answers={"sex": "2"})
    >>> fold([first, second, mended]).interview.answers
    {'sex': '2'}
    """
    pages: dict[str, Answers] = {}
    accepted: dict[str, None] = {}
    seed = 0
    for event in events:
        pages.pop(event.page, None)
        pages[event.page] = event.answers
        seed = event.seed if event.seed is not None else seed
        if not event.acknowledged:
            accepted.pop(event.page, None)
        elif event.page:
            accepted.setdefault(event.page)
    interview = Interview(
        number=event.interview,
        language=event.language,
        seed=seed,
        status=event.status,
        day=event.day,
        questionnaire_digest=event.questionnaire_digest,
        answers=_together(pages),
        reached=next(reversed(accepted), ""),
    )
    return Record(interview, frozenset(accepted))


def _together(pages: Mapping[str, Answers]) -> Answers:
    return {name: answer for answers in pages.values() for name, answer in answers.items()}
