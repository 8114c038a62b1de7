"""The only door by which an answer comes in: what is kept, what is sent back, and in which words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.instrument.answers import MOST_TEXT, read_number, validate_page, with_page
from topline.instrument.reading import read_questionnaire_text

QUESTIONNAIRE = read_questionnaire_text("""
name: q
title: {en: Q, zh: 问, de: F}
languages: [en, zh, de]
choices:
  level: {options: [{name: 1, label: {en: Low, zh: 低, de: Tief}}, {name: 2, label: {en: High, zh: 高, de: Hoch}},
                    {name: 97, label: {en: Don't know, zh: 不知道, de: Weiß nicht}, missing: dont_know}]}
  media: {options: [{name: tv, label: {en: TV, zh: 电视, de: TV}}, {name: net, label: {en: Net, zh: 网, de: Netz}},
                    {name: none, label: {en: None, zh: 无, de: Keine}, exclusive: true},
                    {name: dk, label: {en: Don't know, zh: 不知道, de: Weiß nicht}, missing: dont_know}]}
  unsaid: {options: [{name: 998, label: {en: Not said, zh: 不愿说, de: Keine Angabe}, missing: refused}]}
pages:
  - name: all
    questions:
      - {name: one, type: select_one, choices: level, label: {en: One, zh: 一, de: Eins}, required: true}
      - {name: several, type: select_multiple, choices: media, label: {en: Several, zh: 多, de: Mehrere}}
      - {name: g, type: grid, choices: level, label: {en: G, zh: 格, de: G}, required: true,
         rows: [{name: a, label: {en: A, zh: 甲, de: A}}, {name: b, label: {en: B, zh: 乙, de: B}}]}
      - {name: age, type: integer, choices: unsaid, label: {en: Age, zh: 年龄, de: Alter},
         constraint: ". >= 18 and . <= 110", constraint_message: {en: 18 to 110, zh: 18至110, de: 18 bis 110}}
      - {name: years, type: integer, label: {en: Years, zh: 年, de: Jahre}, constraint: ". <= ${age}"}
      - {name: height, type: decimal, label: {en: Height, zh: 身高, de: Größe}}
      - {name: word, type: text, label: {en: Word, zh: 词, de: Wort}}
  - name: last
    relevant: ${one} = '2'
    questions:
      - {name: why, type: text, label: {en: Why?, zh: 为什么？, de: Warum?}, required: true}
      - {name: never, type: text, label: {en: Never, zh: 从不, de: Nie}, relevant: "${word} = 'secret'", required: true}
""")
ALL, LAST = QUESTIONNAIRE.pages
GOOD = {"one": ["1"], "a": ["1"], "b": ["2"]}


def posted(language="en", **fields):
    return validate_page(QUESTIONNAIRE, ALL, {**GOOD, **fields}, {}, language)


def message(submission, variable):
    return {problem.variable: problem.message for problem in submission.problems}.get(variable)


def test_a_good_page_is_accepted_with_answers_of_the_right_kind():
    given = posted(several=["net", "tv"], age=["42"], years=["7"], height=["1.75"], word=["  hello \r\n you "])
    assert given.accepted
    assert given.answers == {
        "one": "1",
        "several": ("tv", "net"),
        "a": "1",
        "b": "2",
        "age": 42,
        "years": 7,
        "height": 1.75,
        "word": "hello \n you",
    }
    assert isinstance(given.answers["age"], int)


def test_blank_required_questions_are_sent_back_each_in_the_respondents_language():
    given = validate_page(QUESTIONNAIRE, ALL, {"a": ["1"], "one": [" "]}, {}, "zh")
    assert [(problem.variable, problem.message) for problem in given.problems] == [
        ("one", "请回答此题。"),
        ("b", "请在此行选择一个答案。"),
    ]
    assert given.answers == {"a": "1"}


def test_blank_questions_that_are_not_required_are_absent():
    assert posted(several=[], age=[""], word=["\n"]).answers == {"one": "1", "a": "1", "b": "2"}


@pytest.mark.parametrize("code", ["3", "01", "1 ", "1;DROP TABLE", "１"])
def test_only_offered_codes_are_kept(code):
    given = posted(one=[code])
    if code == "1 ":
        assert given.answers["one"] == "1"
    else:
        assert message(given, "one") == "Please choose one of the answers offered."
        assert "one" not in given.answers


def test_two_answers_to_a_single_choice_are_sent_back():
    assert message(posted(one=["1", "2"]), "one") == "Please choose only one answer."
    assert posted(one=["1", "1"]).answers["one"] == "1"


def test_a_code_that_is_not_offered_spoils_a_multiple_choice():
    assert message(posted(several=["tv", "fax"]), "several") == "Please choose one of the answers offered."


@pytest.mark.parametrize(("alone", "shown"), [("none", "Keine"), ("dk", "Weiß nicht")])
def test_an_exclusive_option_stands_alone(alone, shown):
    given = posted("de", several=["tv", alone])
    assert message(given, "several").startswith(f"„{shown}“ kann nicht zusammen")
    assert posted(several=[alone]).answers["several"] == (alone,)


def test_a_constraint_is_held_and_speaks_with_its_own_message():
    given = posted("de", age=["17"])
    assert message(given, "age") == "18 bis 110"
    assert "age" not in given.answers


def test_a_constraint_may_name_an_answer_of_the_same_page():
    assert message(posted(age=["42"], years=["43"]), "years") == "This answer is not possible here. Please check it."
    assert posted(age=["42"], years=["42"]).accepted


def test_a_refusal_beside_a_number_meets_every_constraint_and_is_kept_as_its_code():
    given = posted(age__missing=["998"], years=["5"])
    assert given.answers["age"] == "998"
    assert message(given, "years") == "This answer is not possible here. Please check it."


def test_a_number_and_a_refusal_together_are_sent_back():
    assert message(posted("zh", age=["42"], age__missing=["998"]), "age") == "请填写数字或选择“不愿说”，不要两者都填。"


def test_a_refusal_typed_as_a_number_is_a_number():
    assert message(posted(age=["998"]), "age") == "18 to 110"


@pytest.mark.parametrize("text", ["42.5", "forty", "4 2", "1,000", "1e2", "0x10", "²", "--1", "9" * 16, "٪"])
def test_what_is_no_whole_number_is_sent_back(text):
    assert message(posted(age=[text]), "age") == "Please write a whole number in digits, for example 42."


def test_two_numbers_are_sent_back():
    assert message(posted(age=["42", "43"]), "age") == "Please choose only one answer."


def test_what_is_no_number_is_sent_back_with_an_example_in_the_respondents_language():
    assert "3,5" in message(posted("de", height=["groß"]), "height")
    assert "3.5" in message(posted("en", height=["1,75"]), "height")


@pytest.mark.parametrize(
    ("text", "language", "number"),
    [
        ("４２", "zh", 42.0),
        ("１．５", "zh", 1.5),
        ("٤٢", "en", 42.0),
        (" 42 ", "en", 42.0),
        ("+7", "en", 7.0),
        ("−7", "en", -7.0),
        ("3,5", "de", 3.5),
        ("3,5", "de-AT", 3.5),
        ("3.5", "de", 3.5),
        ("1.000", "de", None),
        ("1.000,5", "de", None),
        ("1,000", "en", None),
        ("3,5", "zh", None),
        ("1.", "en", None),
        ("", "en", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text, language, number):
    assert read_number(text, language) == number


def test_a_text_that_is_too_long_is_sent_back_with_both_lengths():
    given = posted(word=["字" * (MOST_TEXT + 1)])
    assert message(given, "word") == "Your text has 2001 characters; at most 2000 can be kept. Please shorten it."
    assert posted(word=["字" * MOST_TEXT]).accepted


def test_control_characters_and_broken_characters_are_dropped_from_text():
    assert posted(word=["a\x00b\x1b[0m\tc\ud800"]).answers["word"] == "ab[0m c"


def test_answers_to_hidden_questions_are_ignored():
    given = validate_page(QUESTIONNAIRE, LAST, {"why": ["so"], "never": ["x"]}, {"one": "2"}, "en")
    assert given.accepted and given.answers == {"why": "so"}
    assert validate_page(QUESTIONNAIRE, LAST, {"why": ["so"]}, {"one": "1"}, "en").answers == {}


def test_an_accepted_page_replaces_its_earlier_answers_and_hides_what_is_no_longer_asked():
    before = {"one": "2", "a": "1", "b": "1", "age": 42, "why": "so"}
    assert with_page(QUESTIONNAIRE, ALL, before, {"one": "1", "a": "1", "b": "1"}) == {"one": "1", "a": "1", "b": "1"}


CONSENT = read_questionnaire_text("""
name: q
title: Q
languages: [en]
pages:
  - {name: welcome, questions: [{name: agree, type: consent, label: Do you agree?}]}
  - {name: more, questions: [{name: age, type: integer, label: Age}]}
""")


def test_consent_is_always_required_and_offers_yes_and_no():
    page = CONSENT.pages[0]
    assert validate_page(CONSENT, page, {}, {}, "en").problems[0].message == "Please answer this question."
    assert validate_page(CONSENT, page, {"agree": ["maybe"]}, {}, "en").problems[0].variable == "agree"
    assert validate_page(CONSENT, page, {"agree": ["no"]}, {}, "en").answers == {"agree": "no"}


def test_a_page_behind_a_consent_that_was_not_given_takes_no_answers():
    given = validate_page(CONSENT, CONSENT.pages[1], {"age": ["40"]}, {}, "en")
    assert given.answers == {}
    assert with_page(CONSENT, CONSENT.pages[1], {"agree": "no"}, {"age": 40}) == {"agree": "no"}


@settings(max_examples=300, deadline=20_000)
@given(
    st.dictionaries(
        st.sampled_from(["one", "several", "a", "b", "age", "age__missing", "years", "height", "word", "other"]),
        st.lists(
            st.one_of(st.text(max_size=8), st.sampled_from(["1", "2", "97", "tv", "none", "998", "42"])), max_size=3
        ),
    ),
    st.sampled_from(["en", "zh", "de", "fr"]),
)
def test_whatever_is_posted_only_valid_answers_are_kept(form, language):
    given = validate_page(QUESTIONNAIRE, ALL, form, {}, language)
    assert set(given.answers) <= set(ALL.questions[0].variables) | set(QUESTIONNAIRE.variables)
    assert given.answers.get("one", "1") in ("1", "2", "97")
    assert set(given.answers.get("several", ())) <= {"tv", "net", "none", "dk"}
    age = given.answers.get("age", 18)
    assert age == "998" or 18 <= age <= 110
    blamed = {problem.variable for problem in given.problems}
    assert blamed.isdisjoint(given.answers) and all(problem.message for problem in given.problems)
