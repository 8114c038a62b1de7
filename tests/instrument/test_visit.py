"""What a posted page does to an interview, and which page comes next."""

from __future__ import annotations

import pytest

from topline.instrument.fieldwork.event import Record
from topline.instrument.fieldwork.visit import (
    form_of,
    go_back,
    go_on,
    may_show,
    open_page,
    position,
    problems_of,
)
from topline.instrument.interview import Interview
from topline.instrument.questionnaire import Choice, ChoiceList, Page, Question, Questionnaire

UNSAID = ChoiceList(name="unsaid", choices=(Choice(name="99", label={"en": "No answer"}, missing="refused"),))
YESNO = ChoiceList(name="yesno", choices=(Choice(name="1", label={"en": "Yes"}), Choice(name="0", label={"en": "No"})))


def ask(name: str, type: str = "text", **rest: object) -> Question:
    return Question(name=name, type=type, label={"en": name}, **rest)


def questionnaire(*pages: Page) -> Questionnaire:
    lists = {each.name: each for each in (UNSAID, YESNO)}
    return Questionnaire(name="q", title={"en": "Q"}, languages=("en", "de"), choice_lists=lists, pages=pages)


def record(accepted: tuple[str, ...] = (), **answers: object) -> Record:
    return Record(Interview("a1", "en", 7, "started", "2026-03-01", "3f", answers), frozenset(accepted))


def page(name: str, *questions: Question, relevant: str = "") -> Page:
    return Page(name=name, questions=questions, relevant=relevant)


FOLLOWED = questionnaire(
    page(
        "use",
        ask("used", "select_one", choices="yesno", required=True),
        ask("why", required=True, relevant="${used} = '1'"),
    ),
    page("end", ask("comment")),
)


def test_a_question_opened_by_its_own_page_is_shown_before_the_visit_goes_on():
    """Given a follow-up on the same page, when its condition becomes true, then the page comes again, with it."""
    turn = go_on(FOLLOWED, record(), FOLLOWED.pages[0], {"used": ["1"]}, "en")
    assert (turn.following.name, turn.acknowledged, turn.given) == ("use", False, {"used": "1"})
    again = record(used="1")
    assert [each.variable for each in go_on(FOLLOWED, again, FOLLOWED.pages[0], {"used": ["1"]}, "en").problems] == [
        "why"
    ]
    done = go_on(FOLLOWED, again, FOLLOWED.pages[0], {"used": ["1"], "why": ["because"]}, "en")
    assert (done.following.name, done.acknowledged) == ("end", True)


def test_a_question_hidden_by_its_own_page_is_not_insisted_on():
    turn = go_on(FOLLOWED, record(used="1"), FOLLOWED.pages[0], {"used": ["0"], "why": [""]}, "en")
    assert turn.problems == ()
    assert turn.following.name == "end"
    assert problems_of(FOLLOWED, record(used="1"), FOLLOWED.pages[0], {"used": ["0"]}, "en") == ()


def test_questions_beside_the_consent_wait_for_it():
    asked = questionnaire(page("start", ask("consent", "consent"), ask("age", "integer", required=True)))
    start = asked.pages[0]
    assert go_on(asked, record(), start, {"consent": ["yes"]}, "en").following == start
    done = go_on(asked, record(consent="yes"), start, {"consent": ["yes"], "age": ["30"]}, "en")
    assert (done.following, done.status) == (None, "complete")
    assert go_on(asked, record(consent="yes"), start, {"consent": ["no"]}, "en").status == "declined"


def test_the_interview_is_complete_only_when_earlier_pages_still_hold():
    """Given an answer that a later correction made impossible, when the last page is posted, that page comes back."""
    asked = questionnaire(
        page("age", ask("age", "integer")),
        page("work", ask("years", "integer", constraint=". <= ${age}")),
        page("end", ask("comment")),
    )
    turn = go_on(asked, record(("age", "work"), age=20, years=40), asked.pages[2], {}, "en")
    assert (turn.following.name, turn.status) == ("work", "started")
    turn = go_on(asked, record(("age", "work"), age=50, years=40), asked.pages[2], {}, "en")
    assert (turn.following, turn.status) == (None, "complete")


def test_the_interview_is_not_complete_while_an_earlier_page_was_never_accepted():
    asked = questionnaire(page("one", ask("a")), page("two", ask("b")), page("end", ask("c")))
    turn = go_on(asked, record(("one", "end")), asked.pages[2], {}, "en")
    assert (turn.following.name, turn.status) == ("two", "started")


def test_going_back_from_the_first_page_stays_there():
    turn = go_back(FOLLOWED, record(), FOLLOWED.pages[0], {"used": ["1"]}, "en")
    assert (turn.following.name, turn.acknowledged, turn.given) == ("use", False, {"used": "1"})


def test_going_back_from_a_page_that_was_accepted_keeps_it_so_only_while_it_would_be():
    accepted = record(("use", "end"), used="0")
    assert go_back(FOLLOWED, accepted, FOLLOWED.pages[0], {"used": ["0"]}, "en").acknowledged
    assert not go_back(FOLLOWED, accepted, FOLLOWED.pages[0], {}, "en").acknowledged


def test_the_open_page_is_the_first_not_accepted_and_the_last_when_all_are():
    assert open_page(FOLLOWED, record()).name == "use"
    assert open_page(FOLLOWED, record(("use",), used="0")).name == "end"
    assert open_page(FOLLOWED, record(("use", "end"), used="0")).name == "end"


def test_a_page_may_be_shown_up_to_the_open_one():
    assert may_show(FOLLOWED, record(), FOLLOWED.pages[0])
    assert not may_show(FOLLOWED, record(), FOLLOWED.pages[1])
    assert may_show(FOLLOWED, record(("use",), used="0"), FOLLOWED.pages[1])


def test_a_hidden_page_is_not_shown():
    asked = questionnaire(page("age", ask("age", "integer")), page("old", ask("pension"), relevant="${age} >= 60"))
    assert not may_show(asked, record(("age",), age=30), asked.pages[1])
    assert may_show(asked, record(("age",), age=70), asked.pages[1])


def test_progress_counts_the_pages_behind_a_consent_not_given_yet():
    asked = questionnaire(page("start", ask("consent", "consent")), page("one", ask("a")), page("two", ask("b")))
    assert position(asked, record(), asked.pages[0]) == (1, 3)
    assert position(asked, record(consent="yes"), asked.pages[2]) == (3, 3)


def test_progress_never_goes_backwards_and_its_end_never_moves_away():
    asked = questionnaire(
        page("age", ask("age", "integer")),
        page("old", ask("pension", "integer"), relevant="${age} >= 60"),
        page("rich", ask("yacht"), relevant="${pension} > 9"),
        page("end", ask("why")),
    )
    first, old, rich, last = asked.pages
    assert position(asked, record(), first) == (1, 4), "the longest route still possible"
    assert position(asked, record(age=30), last) == (2, 2), "a page that a hidden page would open is closed with it"
    assert position(asked, record(age=70), old) == (2, 4)
    assert position(asked, record(age=70, pension=3), last) == (3, 3)
    assert position(asked, record(age=70, pension=10), rich) == (3, 4)
    assert position(asked, record(age=70, pension=10), last) == (4, 4)
    for answers in ({"age": 30}, {"age": 70, "pension": 10}):
        assert position(asked, record(**answers), first) == (1, 4), "going back shows the same again"


def test_progress_knows_of_pages_whose_questions_are_all_conditional():
    asked = questionnaire(
        page("age", ask("age", "integer")),
        page("job", ask("job", relevant="${age} < 60"), ask("hours", "integer", relevant="${age} < 60")),
        page("more", ask("more", relevant="${job} = 'a'")),
        page("end", ask("why")),
    )
    assert position(asked, record(), asked.pages[0]) == (1, 4)
    assert position(asked, record(age=30), asked.pages[1]) == (2, 4)
    assert position(asked, record(age=70), asked.pages[3]) == (2, 2)


@pytest.mark.parametrize(
    ("type", "answer", "language", "form"),
    [
        ("text", "because", "en", {"x": ["because"]}),
        ("integer", 42, "en", {"x": ["42"]}),
        ("integer", "99", "en", {"x__missing": ["99"]}),
        ("decimal", 7.5, "en", {"x": ["7.5"]}),
        ("decimal", 7.5, "de-AT", {"x": ["7,5"]}),
        ("decimal", 1e-5, "en", {"x": ["0.00001"]}),
        ("decimal", 120.0, "en", {"x": ["120"]}),
        ("select_multiple", ("1", "0"), "en", {"x": ["1", "0"]}),
    ],
)
def test_answers_are_spelled_as_the_form_that_posts_them(type, answer, language, form):
    choices = {"integer": "unsaid", "select_multiple": "yesno"}.get(type, "")
    asked = questionnaire(page("p", ask("x", type, choices=choices), ask("note", "note"), ask("blank")))
    assert form_of(asked, asked.pages[0], {"x": answer, "elsewhere": "1"}, language) == form
    turn = go_on(asked, record(), asked.pages[0], form, language)
    assert turn.given == {"x": answer}
