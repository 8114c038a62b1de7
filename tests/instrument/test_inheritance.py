"""A bank item keeps its answers and its stem, or the questionnaire is warned that it is another question."""

from __future__ import annotations

import pytest

from topline.data.errors import UnknownNameError
from topline.data.yaml_file import load_document
from topline.instrument.check import check
from topline.instrument.drafting import draft
from topline.instrument.inheritance import inherit

START = """\
name: wave
title: {en: Wave}
languages: [en]
choices:
  own:
    options:
      - {name: 1, label: {en: Fine}}
      - {name: 2, label: {en: Not fine}}
pages:
  - name: start
    questions:
"""


def warnings(questions: str) -> list[str]:
    questionnaire, findings = draft(load_document(START + questions, "q.yaml"), inherit)
    noted = [*findings, *check(questionnaire)]
    return [str(finding) for finding in noted if finding.severity == "warning" and "bank" in str(finding)]


def test_an_item_on_the_banks_answers_is_as_it_should_be():
    assert warnings("      - {name: a, type: select_one, bank: hiring_credit.comfort_loan}\n") == []


def test_an_item_on_other_answers_is_warned_of():
    found = warnings("      - {name: a, type: select_one, bank: hiring_credit.comfort_loan, choices: own}\n")
    assert len(found) == 1
    assert "question a: is not answered on the question bank's list 'consumer_comfort4'. Leave" in found[0]


GRID = """\
      - name: g
        type: grid
        rows:
          - {{name: a, bank: face_recognition.police_public}}
          - {{name: b, bank: {second}}}
"""


@pytest.mark.parametrize(
    ("second", "warning"),
    [
        ("face_recognition.landlords", None),
        ("face_recognition.comfort_shops", "row b: is not answered on the question bank's list 'comfort4'"),
        ("hiring_credit.acceptable_resume", "row b: stands under another stem in the question bank"),
        ("face_recognition.landlord", None),
    ],
)
def test_a_grid_holds_one_battery(second, warning):
    found = [line for line in warnings(GRID.format(second=second)) if "row b" in line]
    assert (not found) if warning is None else (len(found) == 1 and warning in found[0])


def test_every_topic_lends_its_items_and_an_unknown_one_has_near_names():
    assert inherit("welfare_decisions.use_fraud").choice_list.name == "support5"
    assert inherit("trust_knowledge.ai_careful_management").stem["en"].startswith("Please tell me")
    with pytest.raises(UnknownNameError, match=r"Did you mean 'welfare_decisions\.use_fraud'"):
        inherit("welfare_decisions.use_frauds")
