"""The examples of docs/questionnaire.md are questionnaires that can be read, and the manual names every key."""

import re
from pathlib import Path
from typing import get_args

import pytest

from topline.instrument import drafting
from topline.instrument.export import DISPOSITIONS, MISSING_CODES, export
from topline.instrument.expressions import FUNCTIONS
from topline.instrument.interview import Interview
from topline.instrument.naming import NOT_ASKED
from topline.instrument.questionnaire import QuestionType
from topline.instrument.reading import read_questionnaire_text
from topline.instrument.truth import read_truth

MANUAL = (Path(__file__).resolve().parents[2] / "docs" / "questionnaire.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL)

HEAD = "name: q\ntitle: Q\nlanguages: [en]\n"
LISTS = """
  yesno: {options: [{name: 1, label: "Yes"}, {name: 2, label: "No"}, {name: 97, label: Unsure, missing: dont_know}]}
  levels: {options: [{name: 1, label: A}, {name: 2, label: B}, {name: 3, label: C}, {name: 4, label: D},
                     {name: 5, label: E}, {name: 97, label: Unsure, missing: dont_know}]}
  no_number: {options: [{name: 98, label: Not said, missing: refused}]}
"""
BEFORE = """
  - name: before
    questions:
      - {name: sex, type: select_one, choices: yesno, label: Sex}
      - {name: used, type: select_one, choices: yesno, label: Used}
      - {name: support, type: select_one, choices: levels, label: Support}
      - {name: sources, type: select_multiple, choices: yesno, label: Sources}
"""
HOURS = """      - {name: hours, type: integer, choices: no_number, constraint: . >= 0 and . <= 24, label: Hours}
"""


def whole(block):
    """Make a whole questionnaire of an example that shows part of one."""
    if block.startswith("choices:"):
        return f"{HEAD}{block}\npages:\n  - {{name: p, questions: [{{name: a, type: text, label: A}}]}}\n"
    if block.startswith("- "):
        questions = "".join(f"      {line}\n" for line in block.splitlines())
        return f"{HEAD}choices:{LISTS}\npages:{BEFORE}  - name: p\n    questions:\n{questions}"
    return block


@pytest.mark.parametrize("block", [block for block in BLOCKS if "demographics:" not in block])
def test_an_example_is_read_without_error(block):
    assert read_questionnaire_text(whole(block)).variables


def test_the_example_of_a_truth_file_is_read(tmp_path):
    (example,) = [block for block in BLOCKS if "demographics:" in block]
    path = tmp_path / "truth.yaml"
    path.write_text(example, encoding="utf-8")
    questionnaire = read_questionnaire_text(f"{HEAD}choices:{LISTS}\npages:{BEFORE}{HOURS}")
    assert set(read_truth(path, questionnaire).items) == {"support", "hours"}


@pytest.mark.parametrize("key", sorted({*drafting.DOCUMENT, *drafting.CHOICE_LIST, *drafting.CHOICE, *drafting.PAGE,
                                         *drafting.QUESTION, *drafting.ROW, *get_args(QuestionType)}))  # fmt: skip
def test_every_key_and_type_stands_in_the_manual(key):
    assert f"`{key}`" in MANUAL


CODED = """
name: q
title: Q
languages: [en]
choices:
  one: {options: [{name: 4, label: A}, {name: 97, label: DK, missing: dont_know}]}
  own: {options: [{name: 2, label: A}, {name: 3, label: B}, {name: 97, label: DK, missing: dont_know}]}
  words:
    options:
      - {name: 2, label: A}
      - {name: dk, label: DK, missing: dont_know}
      - {name: 1, label: No, missing: refused}
      - {name: 0, label: Other, missing: other}
  unsaid: {options: [{name: 998, label: Not said, missing: refused}]}
pages:
  - {name: a, questions: [{name: agree, type: consent, label: Agree?}]}
  - name: b
    questions:
      - {name: single, type: select_one, choices: one, label: S}
      - {name: own, type: select_multiple, choices: own, label: M}
      - {name: words, type: select_multiple, choices: words, label: W}
      - {name: age, type: integer, choices: unsaid, constraint: . < 120, label: Age}
  - name: c
    relevant: ${age} > 90
    questions: [{name: why, type: text, label: W}, {name: n, type: integer, label: N}]
"""
CODES = re.findall(r"^\| (.+?) \| (.+?) \| .+ \|$", MANUAL[MANUAL.index("## Export") :], re.MULTILINE)[1:]


def exported(status="complete", reached="b", **answers):
    questionnaire = read_questionnaire_text(CODED)
    made = Interview("7f", "en", 1, status, "2026-10-01", "", {"agree": "yes", **answers}, reached)
    return export(questionnaire, [made]).frame.iloc[0].to_dict()


@pytest.mark.parametrize(
    ("code", "column", "answers"),
    [
        ("the list's own", "single", {"single": "97"}),
        ("`1` `0`", "agree", {}),
        ("`1` `0`", "own_2", {"own": ("2",)}),
        ("`1` `0`", "own_3", {"own": ("2",)}),
        ("the list's own", "own_2", {"own": ("97",)}),
        ("`-8`", "words_2", {"words": ("dk",)}),
        ("`-7`", "words_2", {"words": ("1",)}),
        ("`-6`", "words_2", {"words": ("0",)}),
        ("the list's own", "age", {"age": "998"}),
        ("`-9`", "why", {}),
        ("`-9`", "n", {}),
        ("system-missing", "single", {}),
        ("`1` `2` `3`", "disposition", {}),
    ],
)
def test_the_table_of_codes_says_what_the_export_writes(code, column, answers):
    kinds = {"single": "select_one", "agree": "consent", "own": "select_multiple", "words": "select_multiple"}
    kinds |= {"age": "integer", "disposition": "disposition"}
    everywhere = code in ("`-9`", "system-missing")
    place = "every question" if everywhere else kinds[column.partition("_")[0]]
    assert any(said == code and place in where for said, where in CODES)
    value = exported(**answers)[column]
    if code == "system-missing":
        assert value != value
    elif code == "the list's own":
        assert value in (97, 998)
    else:
        assert str(value).removesuffix(".0") in re.findall(r"-?\d", code)


def test_every_code_the_export_makes_itself_stands_in_the_table():
    made = {f"`{code:g}`" for code in (*MISSING_CODES.values(), float(NOT_ASKED))}
    assert made <= {said for said, _ in CODES}
    assert " ".join(f"`{code:g}`" for code in sorted(DISPOSITIONS.values())) in {said for said, _ in CODES}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_stands_in_the_manual(function):
    assert f"{function}(" in MANUAL
