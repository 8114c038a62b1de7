"""The examples of docs/questionnaire.md are questionnaires that can be read, and the manual names every key."""

import re
from pathlib import Path
from typing import get_args

import pytest

from topline.instrument import drafting
from topline.instrument.expressions import FUNCTIONS
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


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_stands_in_the_manual(function):
    assert f"{function}(" in MANUAL
