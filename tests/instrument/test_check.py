"""Everything to mend, all at once: file, line, question, problem, remedy."""

import re
import time

import pytest

from topline.data.errors import DocumentError, FileError, UnknownNameError
from topline.instrument.check import check, check_file
from topline.instrument.phrases import PHRASES, phrase
from topline.instrument.questionnaire import Page, Question, Questionnaire
from topline.instrument.reading import read_questionnaire, read_questionnaire_text

LISTS = """
name: q
title: Q
languages: [en]
choices:
  yesno: {options: [{name: 1, label: "Yes"}, {name: 2, label: "No"}, {name: 97, label: Don't know, missing: dont_know}]}
  unsaid: {options: [{name: 998, label: Not said, missing: refused}]}
"""


@pytest.fixture
def found(tmp_path):
    """Give ``found(text)``: the findings of a questionnaire, as printed, each behind its severity."""

    def found(text):
        path = tmp_path / "q.yaml"
        path.write_text(text, encoding="utf-8")
        return [f"{finding.severity}: {finding}" for finding in check_file(path)]

    return found


def problems(found, pages, lists=LISTS):
    """Give the errors of a questionnaire that consists of these pages."""
    return [
        line.removeprefix("error: q.yaml, ") for line in found(lists + "pages:\n" + pages) if line.startswith("error: ")
    ]


def asked(question, lists=LISTS):
    return f"  - {{name: p, questions: [{question}]}}\n"


def test_five_kinds_of_bad_input_are_found_at_once_each_with_its_line(found):
    text = """name: q
title: {en: Q, zh: 问}
languages: [en, zh]
choices:
  yesno:
    options:
      - {name: 1, label: {en: "Yes", zh: 是}}
      - {name: 2, label: {en: "No"}}
pages:
  - name: one
    questions:
      - {name: heard, type: select_one, choices: yesno, label: {en: Heard?, zh: 听说过？}, required: perhaps}
      - {name: heard, type: select_one, choices: yesnp, label: {en: Again?, zh: 又？}}
  - name: two
    relevant: ${herd} = '1'
    questions:
      - {name: why, tpye: text, label: {en: Why?, zh: 为什么？}}
"""
    assert found(text) == [
        "warning: q.yaml: asks for no consent; begin with a question of type consent.",
        "error: q.yaml, line 8, choice list yesno, option 2: the label 'No' has no translation into zh; add it.",
        "error: q.yaml, line 12, question heard: 'required' is 'perhaps'; true or false is expected.",
        "error: q.yaml, line 13, question heard: names the choice list 'yesnp', which does not exist. Did you mean "
        "'yesno'?",
        "error: q.yaml, line 13, question heard: the name 'heard' is already taken by another question on line 12; "
        "every name stands once.",
        "error: q.yaml, line 15, page two: 'relevant' names '${herd}', which is not a question. Did you mean 'heard'?",
        "error: q.yaml, line 17, question why: the key 'tpye' is not known here. Did you mean 'type'?",
        "error: q.yaml, line 17, question why: the key 'type' is missing.",
    ]


def test_an_alias_bomb_is_refused_at_once_and_names_the_line(found):
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    lines = found(bomb)
    assert "error: q.yaml, line 1, a: the anchor '&a' is not read; remove it." in lines
    assert any("the alias '*a' is not read" in line for line in lines)


def test_reading_refuses_with_every_error_and_no_warning(tmp_path):
    path = tmp_path / "q.yaml"
    path.write_text(
        LISTS + "pages:\n" + asked("{name: all, type: select_one, choices: yesn, label: A}"), encoding="utf-8"
    )
    with pytest.raises(DocumentError) as caught:
        read_questionnaire(path)
    assert len(caught.value.findings) == 2
    assert all(finding.severity == "error" and finding.line == 9 for finding in caught.value.findings)


def test_a_file_that_is_not_there_is_no_finding(tmp_path):
    with pytest.raises(FileError, match=r"absent\.yaml"):
        check_file(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        ("{name: a, type: selekt_one, choices: yesno, label: A}", "not one of consent, select_one"),
        ("{name: a, type: select_one, label: A}", "has no choices"),
        ("{name: a, type: select_multiple, label: A}", "has no choices"),
        ("{name: a, type: grid, choices: yesno, label: A}", "a grid without rows"),
        ("{name: a, type: text, choices: yesno, label: A}", "is an open text and offers no choices"),
        ("{name: a, type: text, label: A, rows: [{name: b, label: B}]}", "has no rows; remove 'rows'"),
        ("{name: a, type: select_one, choices: unsaid, label: A}", "offers no answer, only kinds of missing"),
        ("{name: a, type: integer, choices: yesno, label: A}", "may hold only kinds of missing, not 1, 2"),
        ("{name: a, type: integer, choices: unsaid, label: A}", "code 998 is also an answer"),
        ("{name: a, type: integer, choices: unsaid, label: A, constraint: '. < ${x}'}", "code 998 is also an answer"),
        ("{name: a, type: note, label: A, required: true}", "is a note and cannot be required"),
        ("{name: a, type: text, label: A, randomize: true}", "nothing to shuffle"),
        ("{name: a, type: text}", "has no label; write it in en"),
        ("{name: a, type: text, label: {en: A, fr: B}}", "'fr', which is not a language here. The languages are en"),
        ("{name: a, type: text, label: {en: A, we all: ''}}", "A text with a comma stands in quotes"),
        ("{name: a, type: text, label: [A]}", "'label' is a list; a text for each language is expected"),
        ("{name: a, type: text, label: {en: [A]}}", "'label' in 'en' is a list; a text is expected"),
        ("{name: [a], type: text, label: A}", "'name' is a list; a text is expected"),
        ("{name: a, type: text, label: A, replicates: {x: y}}", "a list of texts is expected"),
        ("{name: a, type: text, label: A, rows: b}", "'rows' is the text 'b'; a list is expected"),
        ("just a text", "the text 'just a text' stands where keys are expected"),
        ("{name: '', type: text, label: A}", "cannot name a variable"),
        ("{name: 2nd, type: text, label: A}", "For example 'q2nd'"),
        ("{name: a-b, type: text, label: A}", "For example 'a_b'"),
        ("{name: 'größe', type: text, label: A}", "cannot name a variable"),
        ("{name: a__missing, type: text, label: A}", "holds '__'"),
        (f"{{name: {'a' * 33}, type: text, label: A}}", "33 characters; SPSS and Stata keep 32"),
        ("{name: With, type: text, label: A}", "is a word of SPSS or Stata"),
        ("{name: str12, type: text, label: A}", "is a word of SPSS or Stata"),
        ("{name: day, type: text, label: A}", "is a column that every export has"),
        ("{name: a, type: text, label: A}, {name: A, type: text, label: A}", "the name 'A' is already taken"),
        ("{name: a, type: grid, choices: yesno, label: A, rows: [{name: a, label: A}]}", "'a' is already taken"),
        (
            "{name: a_1, type: text, label: A}, {name: a, type: select_multiple, choices: yesno, label: A}",
            "its option '1' is exported as 'a_1', a name in use",
        ),
        (f"{{name: {'a' * 31}, type: select_multiple, choices: yesno, label: A}}", "keep 32. Shorten it"),
        ("{name: a, type: text, label: A, replicates: liu2022.travle}", "Did you mean 'liu2022.travel'"),
        ("{name: a, type: select_one, choices: yesno, label: A, bank: social_credit.trust}", "there is no bank item"),
        ("{name: a, type: select_one, choices: yesno, label: A, bank: trust}", "there is no bank item 'trust'"),
        ("{name: a, type: select_one, choices: yesno, label: A, bank: x.trust}", "there is no question bank 'x'"),
    ],
)
def test_a_wrong_question_is_found(found, question, problem):
    assert any(problem in line for line in problems(found, asked(question)))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("options: []", "has no options"),
        ("{}", "the key 'options' is missing"),
        ("options: [{name: 1, label: A}, {name: 1, label: B}]", "the code '1' stands twice"),
        ("options: [{name: a b, label: A}]", "without spaces or quotes"),
        ("options: [{label: A}]", "the key 'name' is missing"),
        ("options: [{name: -9, label: A}]", "-9 stands for 'not asked'"),
        ("options: [{name: 1, label: A, missing: not_asked}]", "nobody can choose it"),
        ("options: [{name: 1, label: A, missing: unknown}]", "not one of dont_know, refused"),
        ("measure: ratio, options: [{name: 1, label: A}]", "'measure' is 'ratio'"),
        (
            "collapse: {up: [3]}, options: [{name: 1, label: A}]",
            "names the code '3', which is not in the list. Known: 1",
        ),
        ("collapse: {up: []}, options: [{name: 1, label: A}]", "the group 'up' is empty"),
        ("collapse: [1], options: [{name: 1, label: A}]", "'collapse' is a list; keys are expected"),
        ("collapse: {up: [9]}, options: [{name: 9, label: A, missing: refused}]", "which is a kind of missing"),
        ("scale: suport5, options: [{name: 1, label: A}]", "Did you mean 'support5'"),
        ("scale: support5, options: [{name: 1, label: A}]", "have the codes 1, 2, 3, 4, 5"),
    ],
)
def test_a_wrong_choice_list_is_found(found, options, problem):
    lists = f"name: q\ntitle: Q\nlanguages: [en]\nchoices:\n  x: {{{options}}}\n".replace("{{}}", "{scale: ''}")
    lines = problems(found, asked("{name: a, type: select_one, choices: x, label: A}"), lists)
    assert any(problem in line and "choice list x" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title: Q\nlanguages: [en]\npages: []", "the key 'name' is missing"),
        ("name: q\ntitle: Q\nlanguages: [en]\npages: []", "has no pages"),
        ("name: q\ntitle: Q\nlanguages: [en]\nseed: many\npages: []", "'seed' is 'many'; a whole number is expected"),
        ("name: q\ntitle: Q\nlanguages: [en, en]\npages: []", "'en' is listed 2 times"),
        ("name: q\ntitle: Q\nlanguages: [english please]\npages: []", "is not a language code"),
        ("name: q\ntitle: Q\nlanguages: [en]\npages: [{name: a b, questions: []}]", "stands in the page's address"),
        ("name: q\ntitle: Q\nlanguages: [en]\npages: [{name: a, questions: []}]", "page a: has no questions"),
        ("name: q\ntitle: Q\nlanguages: [en]\nchoices: [a]\npages: []", "'choices' is a list; keys are expected"),
        ("name: q\ntitle: Q\nlanguages: [en]\npages: [[]]", "a list stands where keys are expected"),
        ("- a", "a list at its top"),
    ],
)
def test_a_wrong_document_is_found(found, text, problem):
    assert any(problem in line for line in found(text))


def test_pages_and_questions_of_one_name_are_found_with_the_line_of_the_first(found):
    pages = asked("{name: a, type: text, label: A}") + asked("{name: b, type: text, label: B}")
    assert problems(found, pages) == [
        "line 10, page p: the name 'p' is already taken by another page on line 9; every name stands once."
    ]


CONDITIONS = """
  - name: one
    questions:
      - {name: sex, type: select_one, choices: yesno, label: Sex}
      - {name: media, type: select_multiple, choices: yesno, label: Media}
      - {name: age, type: integer, label: Age, constraint: ". >= 18 and . <= 99"}
      - {name: g, type: grid, choices: yesno, label: G, rows: [{name: r, label: R}]}
      - {name: word, type: text, label: Word}
      - {name: about, type: note, label: About}
  - name: two
    questions:
      - {name: last, type: text, label: Last, relevant: "RELEVANT"}
      - {name: beside, type: text, label: Beside}
  - name: three
    questions:
      - {name: later, type: text, label: Later}
"""


@pytest.mark.parametrize(
    ("relevant", "problem"),
    [
        ("${later} = 'x'", "which is asked later"),
        ("${last} = 'x'", "which is asked on the same page"),
        ("${beside} = 'x'", "which is asked on the same page"),
        ("${g} = '1'", "is a grid and has no answer of its own; name one of its rows, such as r"),
        ("${about} = '1'", "is a note and has no answer of its own"),
        (". = '1'", "holds '.', the answer itself"),
        ("${sex} == '1'", "write '='"),
        ("${sex} = '3'", "'3', a code that its list 'yesno' does not have"),
        ("${sex} = 3", "'3', a code that its list 'yesno' does not have"),
        ("'3' = ${sex}", "'3', a code that its list 'yesno' does not have"),
        ("selected(${media}, '3')", "'3', a code that its list 'yesno' does not have"),
        ("${r} != 5", "'5', a code that its list 'yesno' does not have"),
        ("${media} = '1'", "a multiple choice, with '='; write selected(${media}, '1')"),
        ("${media} > ${age}", "a multiple choice, with '>'; write selected(${media}, 'code')"),
        ("${age} > 'old'", "a whole number, with the text 'old'"),
        ("selected(${age}, '1')", "which is a whole number; compare it with '='"),
        ("false()", "is never asked"),
        ("${sex} = '1' and ${sex} = '2'", "is never asked"),
        ("${age} < 18", "is never asked"),
        ("${age} > 40 and ${age} < 41", "is never asked"),
        ("${age} > 98 and ${age} < 100 and ${age} != 99", "is never asked"),
        ("selected(${media}, '1') and not(selected(${media}, '1'))", "is never asked"),
        ("count-selected(${media}) > 3", "is never asked"),
        ("${word} = 'a' and ${word} = 'b'", "is never asked"),
        ("${sex} > 2", "is never asked"),
    ],
)
def test_a_wrong_condition_is_found(found, relevant, problem):
    lines = problems(found, CONDITIONS.replace("RELEVANT", relevant))
    assert [line for line in lines if problem in line and "question last" in line]


@pytest.mark.parametrize(
    "relevant",
    [
        "${sex} = '1'",
        "${sex} = 1 or ${sex} = ''",
        "${sex} = '97'",
        "${media} = ''",
        "selected(${media}, '1') and not(selected(${media}, '2'))",
        "count-selected(${media}) >= 2",
        "${age} > 40 and ${age} < 42",
        "${age} = ''",
        "${word} = 'a' or ${word} != 'b'",
        "${r} >= 2 and ${sex} = '1'",
        "string-length(${word}) > 5",
        "true() = (${sex} = '1')",
        "${age} * 2 = 70",
        "${age} mod 7 = 3 and ${age} > 50",
        "${word} > 5",
        "regex(${word}, '[0-9]{9}')",
        "contains(${media}, '2 97')",
        "${age} > 40.2 and ${age} < 41.7",
        "${age} > 1" + "0" * 400 + " or ${sex} = '1'",
        "selected(${media}, 1) and not(selected(${media}, 2))",
    ],
)
def test_a_sound_condition_has_no_finding(found, relevant):
    assert problems(found, CONDITIONS.replace("RELEVANT", relevant)) == []


def test_a_question_whose_route_depends_on_one_that_is_never_asked_is_never_asked(found):
    pages = """
  - {name: a, questions: [{name: sex, type: select_one, choices: yesno, label: Sex}]}
  - {name: b, questions: [{name: more, type: select_one, choices: yesno, label: More, relevant: "${sex} = '1'"}]}
  - {name: c, relevant: "${sex} = '2'", questions: [{name: rest, type: text, label: Rest, relevant: "${more} = '1'"}]}
  - {name: d, relevant: "${sex} = '2' and ${more} != ''", questions: [{name: end, type: text, label: End}]}
"""
    never = [line.split(":")[0] for line in problems(found, pages) if "never asked" in line]
    assert never == ["line 12, question rest", "line 13, page d"]


def test_what_comes_behind_a_refused_consent_is_never_asked(found):
    pages = """
  - {name: a, questions: [{name: agree, type: consent, label: Agree?}]}
  - {name: b, questions: [{name: sorry, type: note, label: Sorry, relevant: "${agree} = 'no'"}]}
"""
    assert any("question sorry: is never asked" in line for line in problems(found, pages))


def test_numbers_compared_with_one_another_claim_nothing(found):
    pages = """
  - {name: a, questions: [{name: x, type: integer, label: X}, {name: y, type: integer, label: Y}]}
  - {name: b, questions: [{name: z, type: integer, label: Z, constraint: ". mod 7 = 3 and . > 104"}]}
  - {name: c, relevant: "${x} > ${y} and ${y} > 5 and ${x} > 6", questions: [{name: d, type: text, label: D}]}
  - {name: e, relevant: "${z} > 5", questions: [{name: f, type: text, label: F}]}
"""
    assert problems(found, pages) == []


def test_a_condition_on_a_question_whose_own_condition_is_unreadable_is_still_examined(found):
    pages = """
  - {name: a, questions: [{name: x, type: integer, label: X, constraint: ". >"}]}
  - {name: b, relevant: "${x} >", questions: [{name: y, type: integer, label: Y}]}
  - {name: c, relevant: "${y} > 1 and ${x} > 1 and ${nil} = 1", questions: [{name: z, type: text, label: Z}]}
  - {name: d, relevant: "${y} > 1 and ${x} > 1", questions: [{name: w, type: text, label: W}]}
"""
    lines = problems(found, pages)
    assert [line.split(":")[0] for line in lines] == ["line 10, question x", "line 11, page b", "line 12, page c"]


def test_a_condition_with_too_many_combinations_claims_nothing(found):
    questions = "\n".join(
        f"      - {{name: q{number}, type: select_one, choices: yesno, label: Q}}" for number in range(12)
    )
    clauses = " and ".join(f"${{q{number}}} = '1' and ${{q{number}}} = '2'" for number in range(12))
    pages = (
        f"  - name: a\n    questions:\n{questions}\n"
        + f'  - {{name: b, relevant: "{clauses}", questions: [{{name: end, type: text, label: End}}]}}\n'
    )
    assert problems(found, pages) == []


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        ("{name: a, type: integer, label: A, constraint: '. >'}", "'constraint' cannot be read"),
        ("{name: a, type: integer, label: A, constraint: '. > ${z}'}", "'constraint' names '${z}'"),
        ("{name: a, type: note, label: A, constraint: '. > 1'}", "is a note, which takes no 'constraint'"),
        ("{name: a, type: select_one, choices: yesno, label: A, constraint: \". != '3'\"}", "'.' with '3', a code"),
    ],
)
def test_a_wrong_constraint_is_found(found, question, problem):
    assert any(problem in line for line in problems(found, asked(question)))


def test_a_constraint_may_name_an_earlier_question_of_the_same_page(found):
    pages = asked("{name: a, type: integer, label: A}, {name: b, type: integer, label: B, constraint: '. <= ${a}'}")
    assert problems(found, pages) == []


def warnings(found, pages):
    return [line for line in found(LISTS + "pages:\n" + pages) if line.startswith("warning: ")]


def test_unused_lists_and_absent_consent_are_warned_of(found):
    assert warnings(found, asked("{name: a, type: select_one, choices: yesno, label: A}")) == [
        "warning: q.yaml: asks for no consent; begin with a question of type consent.",
        "warning: q.yaml, line 7, choice list unsaid: is used by no question; remove it or use it.",
    ]


def test_a_constraint_that_does_not_speak_of_the_answer_and_a_lonely_message_are_warned_of(found):
    pages = asked(
        "{name: a, type: integer, label: A, constraint: '1 = 1'}, "
        "{name: b, type: text, label: B, constraint_message: C}"
    )
    lines = warnings(found, pages)
    assert any("does not speak of the answer" in line for line in lines)
    assert any("'constraint_message' but no 'constraint'" in line for line in lines)


def test_a_wording_that_departs_from_the_bank_is_warned_of(found):
    row = "rows: [{name: restrict_travel, bank: social_credit.restrict_travel, label: Ban travel}]"
    lines = warnings(found, asked(f"{{name: g, type: grid, label: G, {row}}}"))
    assert any("row restrict_travel: the label in 'en' is not the question bank's, 'Restrict" in line for line in lines)
    assert any("question g: the label in 'en' is not the question bank's, 'The following" in line for line in lines)


@pytest.mark.parametrize(
    ("pages", "problem"),
    [
        (
            "  - {name: a, questions: [{name: x, type: text, label: X}]}\n"
            + asked("{name: c, type: consent, label: C}"),
            "after 'x' was asked",
        ),
        (asked("{name: c, type: consent, label: C}, {name: x, type: text, label: X}"), "shares its page with 'x'"),
        (asked("{name: c, type: consent, label: C, relevant: '1 = 1'}"), "only from some"),
        (
            asked("{name: c, type: consent, label: C}")
            + "  - {name: b, questions: [{name: d, type: consent, label: D}]}\n",
            "second consent",
        ),
        (asked("{name: c, type: consent, choices: yesno, label: C}"), "must have the codes yes and no"),
    ],
)
def test_consent_is_asked_once_alone_and_first(found, pages, problem):
    assert any(problem in line for line in problems(found, pages))


def test_a_consent_may_bring_its_own_words():
    questionnaire = read_questionnaire_text("""
name: q
title: Q
languages: [en]
choices: {agree: {options: [{name: "yes", label: Gladly}, {name: "no", label: Never}]}}
pages: [{name: p, questions: [{name: c, type: consent, choices: agree, label: C}]}]
""")
    assert [option.label["en"] for option in questionnaire.options(questionnaire.question("c"))] == ["Gladly", "Never"]


def test_a_questionnaire_made_in_python_is_checked_without_lines():
    ask = Question(name="a", type="text", label={"en": "A"}, relevant="${b} = 1")
    made = Questionnaire(name="q", title={"en": "Q"}, languages=("en",), pages=(Page(name="p", questions=(ask,)),))
    error = next(finding for finding in check(made) if finding.severity == "error")
    assert (error.place, error.line) == ("question a", None)


def test_examination_stops_at_a_hundred_findings(found):
    wrong = "".join(f"  - {{name: p{n}, questions: [{{name: all, type: text, label: A}}]}}\n" for n in range(300))
    assert len(problems(found, wrong)) == 100
    unread = "".join(f"  - {{name: p{n}, questons: []}}\n" for n in range(300))
    assert len(problems(found, unread)) == 100


def test_more_questions_than_anybody_fields_are_refused(found):
    pages = "".join(f"  - {{name: p{n}, questions: [{{name: q{n}, type: text, label: A}}]}}\n" for n in range(3001))
    assert problems(found, pages) == ["line 8: asks 3,001 questions; at most 3,000 are read. Split it."]


def test_a_long_chain_of_conditions_is_examined_in_no_time(found):
    pages = "  - {name: p0, questions: [{name: q0, type: select_one, choices: yesno, label: A}]}\n"
    for n in range(1, 200):
        asks = f"questions: [{{name: q{n}, type: select_one, choices: yesno, label: A}}]"
        pages += f"  - {{name: p{n}, relevant: \"${{q{n - 1}}} = '1'\", {asks}}}\n"
    began = time.perf_counter()
    assert problems(found, pages) == []
    assert time.perf_counter() - began < 20


def test_a_count_over_many_options_claims_nothing_it_cannot_try(found):
    options = ", ".join(f"{{name: {n}, label: A}}" for n in range(40))
    lists = LISTS + f"  many: {{options: [{options}]}}\n"
    pages = """
  - {name: a, questions: [{name: media, type: select_multiple, choices: many, label: Media}]}
  - {name: b, relevant: "count-selected(${media}) > 20", questions: [{name: end, type: text, label: End}]}
"""
    assert problems(found, pages, lists) == []


def test_a_decimal_between_two_whole_numbers_is_reachable(found):
    pages = """
  - {name: a, questions: [{name: height, type: decimal, label: Height}]}
  - {name: b, relevant: "${height} > 1 and ${height} < 2", questions: [{name: end, type: text, label: End}]}
  - {name: c, relevant: "${height} > 2 and ${height} < 1", questions: [{name: last, type: text, label: Last}]}
"""
    assert [line.split(":")[0] for line in problems(found, pages)] == ["line 12, page c"]


def test_a_dont_know_code_of_a_number_is_a_number_itself(found):
    lists = LISTS.replace("name: 998", "name: dk")
    lines = problems(found, asked("{name: a, type: integer, choices: unsaid, label: A}"), lists)
    assert any("its don't-know code 'dk' must be a whole number" in line for line in lines)


def test_an_unreadable_constraint_beside_a_dont_know_is_one_finding(found):
    lines = problems(found, asked("{name: a, type: integer, choices: unsaid, label: A, constraint: '. >'}"))
    assert len(lines) == 1 and "cannot be read" in lines[0]


def test_an_unknown_phrase_is_named():
    with pytest.raises(UnknownNameError, match="no phrase 'requird'"):
        phrase("requird", "en")
    assert phrase("required", "de-AT") == phrase("required", "de")


def test_every_phrase_is_translated_and_fills_in_the_same_values():
    for key, spoken in PHRASES.items():
        assert {"en", "zh", "de"} <= set(spoken), key
        braces = {language: sorted(re.findall(r"{(\w+)}", text)) for language, text in spoken.items()}
        assert len({tuple(names) for names in braces.values()}) == 1, key
