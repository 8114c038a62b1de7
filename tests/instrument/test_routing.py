"""Which pages and questions an interview comes to. Each feature has its own small questionnaire."""

import pytest

from topline.data.errors import UnknownNameError
from topline.instrument.reading import read_questionnaire_text
from topline.instrument.routing import (
    after,
    before,
    declined,
    progress,
    prune,
    route,
    status,
    visible_pages,
    visible_questions,
)

HEAD = """
name: q
title: Q
languages: [en]
choices:
  yesno: {options: [{name: 1, label: "Yes"}, {name: 2, label: "No"}, {name: 97, label: Don't know, missing: dont_know}]}
"""

CHAIN = read_questionnaire_text(
    HEAD
    + """
pages:
  - {name: one, questions: [{name: heard, type: select_one, choices: yesno, label: Heard of it?}]}
  - {name: two, relevant: "${heard} = '1'", questions: [{name: used, type: select_one, choices: yesno, label: Used?}]}
  - name: three
    questions:
      - {name: liked, type: select_one, choices: yesno, label: Liked it?, relevant: "${used} = '1'"}
      - {name: age, type: integer, label: Age}
  - {name: four, questions: [{name: thanks, type: note, label: Thank you, relevant: "${liked} = '1'"}]}
"""
)

CONSENT = read_questionnaire_text(
    HEAD
    + """
pages:
  - {name: welcome, questions: [{name: agree, type: consent, label: Do you agree?}]}
  - {name: more, questions: [{name: age, type: integer, label: Age}]}
"""
)

GRID = read_questionnaire_text(
    HEAD
    + """
pages:
  - name: one
    questions:
      - {name: about, type: note, label: About}
      - {name: g, type: grid, choices: yesno, label: G, rows: [{name: a, label: A}, {name: b, label: B}]}
  - {name: two, relevant: "${b} = 1", questions: [{name: why, type: text, label: Why?}]}
"""
)


def names(pages):
    return [page.name for page in pages]


def test_a_page_whose_condition_is_false_is_left_out():
    assert names(visible_pages(CHAIN, {"heard": "2"})) == ["one", "three"]
    assert names(visible_pages(CHAIN, {"heard": "1"})) == ["one", "two", "three"]


def test_a_page_is_left_out_when_none_of_its_questions_is_asked():
    assert "four" not in names(visible_pages(CHAIN, {"heard": "1", "used": "1"}))
    assert "four" in names(visible_pages(CHAIN, {"heard": "1", "used": "1", "liked": "1"}))


def test_an_answer_that_is_itself_hidden_opens_nothing():
    answers = {"heard": "2", "used": "1", "liked": "1", "age": 40}
    assert route(CHAIN, answers) == ("heard", "age")
    assert prune(CHAIN, answers) == {"heard": "2", "age": 40}


def test_a_dont_know_opens_no_question_that_asks_for_more_than_a_number():
    questionnaire = read_questionnaire_text(
        HEAD
        + """
pages:
  - {name: one, questions: [{name: heard, type: select_one, choices: yesno, label: Heard of it?}]}
  - {name: two, relevant: "${heard} >= 2", questions: [{name: why, type: text, label: Why?}]}
"""
    )
    assert route(questionnaire, {"heard": "2"}) == ("heard", "why")
    assert route(questionnaire, {"heard": "97"}) == ("heard",)


def test_the_route_names_a_grids_rows_and_no_notes():
    assert route(GRID, {}) == ("a", "b")
    assert route(GRID, {"b": "1"}) == ("a", "b", "why")


def test_questions_of_a_page_that_is_not_reached_are_not_asked():
    two = CHAIN.page("two")
    assert visible_questions(CHAIN, two, {"heard": "2"}) == ()
    assert [question.name for question in visible_questions(CHAIN, two, {"heard": "1"})] == ["used"]


def test_nothing_comes_behind_a_consent_that_is_not_given():
    assert names(visible_pages(CONSENT, {})) == ["welcome"]
    assert names(visible_pages(CONSENT, {"agree": "no"})) == ["welcome"]
    assert names(visible_pages(CONSENT, {"agree": "yes"})) == ["welcome", "more"]


def test_declining_keeps_no_other_answer():
    assert prune(CONSENT, {"agree": "no", "age": 40}) == {"agree": "no"}
    assert prune(CONSENT, {"age": 40}) == {}
    assert declined(CONSENT, {"agree": "no"}) and not declined(CONSENT, {})


def test_pruned_answers_stand_in_the_order_asked():
    assert list(prune(GRID, {"b": "1", "why": "so", "a": "2", "unknown": "x"})) == ["a", "b", "why"]


def test_status_follows_the_last_page_acknowledged():
    assert status(CONSENT, {"agree": "no"}, "welcome") == "declined"
    assert status(CONSENT, {"agree": "yes"}, "welcome") == "started"
    assert status(CONSENT, {"agree": "yes", "age": 40}, "more") == "complete"
    assert status(CONSENT, {}, "") == "started"


def test_next_and_previous_pages_skip_what_is_hidden():
    one, two, three = (CHAIN.page(name) for name in ("one", "two", "three"))
    assert after(one, CHAIN, {"heard": "2"}) is three
    assert after(one, CHAIN, {"heard": "1"}) is two
    assert before(three, CHAIN, {"heard": "2"}) is one
    assert before(one, CHAIN, {}) is None
    assert after(three, CHAIN, {}) is None
    assert after(two, CHAIN, {"heard": "2"}) is three


def test_progress_is_the_share_of_pages_before_this_one():
    assert [progress(CHAIN, page) for page in CHAIN.pages] == [0, 0.25, 0.5, 0.75]


def test_an_unknown_page_or_question_is_named_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'three'"):
        CHAIN.page("tree")
    with pytest.raises(UnknownNameError, match="no question 'herd'"):
        CHAIN.question("herd")
    assert GRID.question("a").name == "g"
