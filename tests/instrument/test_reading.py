"""Reading refuses, and never fails otherwise, whatever stands in the file."""

import random

import pytest

from topline.data.errors import DocumentError, FileError, Finding
from topline.instrument.check import check_file
from topline.instrument.reading import read_questionnaire, read_questionnaire_text

WHOLE = """name: q
title: {en: Q, zh: 问}
languages: [en, zh]
seed: 4
choices:
  five:
    scale: support5
    measure: ordinal
    collapse: {support: [4, 5]}
    options:
      - {name: 1, label: {en: A, zh: 甲}}
      - {name: 2, label: {en: B, zh: 乙}}
      - {name: 3, label: {en: C, zh: 丙}}
      - {name: 4, label: {en: D, zh: 丁}}
      - {name: 5, label: {en: E, zh: 戊}}
      - {name: 97, label: {en: Don't know, zh: 不知道}, missing: dont_know, last: true, exclusive: true}
  unsaid: {options: [{name: 998, label: {en: Not said, zh: 不说}, missing: refused}]}
pages:
  - {name: welcome, questions: [{name: agree, type: consent, label: {en: Agree?, zh: 同意？}}]}
  - name: one
    title: {en: One, zh: 一}
    questions:
      - {name: heard, type: select_one, choices: five, required: true, label: {en: Heard?, zh: 听说？}}
      - {name: news, type: select_multiple, choices: five, label: {en: News, zh: 新闻}}
      - {name: age, type: integer, choices: unsaid, constraint: . >= 18 and . <= 99, label: {en: Age, zh: 年龄}}
  - name: two
    relevant: ${heard} >= 2 and selected(${news}, '4')
    questions:
      - name: g
        type: grid
        choices: five
        randomize: true
        label: {en: G, zh: 格}
        rows:
          - {name: restrict_travel, bank: social_credit.restrict_travel}
          - {name: other, label: {en: Other, zh: 其他}, replicates: [liu2022.travel]}
      - {name: why, type: text, relevant: "${age} > 30", label: {en: Why?, zh: 为什么？}}
"""

SCRAPS = [
    *("", ":", "- ", "{", "}", "[", "]", "'", '"', "${", "}", "&a ", "*a", "!!int ", "#", "|", ">-", "\t", "---", "?"),
    *("0", "-9", "null", "true", "\x00", "é", "and", "(", "select_one", "name", "label", "\ufeff"),
]


def mutated(source):
    """Change a few places of a sound questionnaire, as a tired hand or a hostile one would."""
    text = WHOLE
    for _ in range(source.randint(1, 4)):
        start = source.randrange(len(text))
        end = min(len(text), start + source.choice([0, 1, 3, 12, 80]))
        scrap = source.choice(
            [*SCRAPS, text[end : end + source.randint(1, 60)], WHOLE[source.randrange(len(WHOLE)) :][:40]]
        )
        text = text[:start] + scrap + text[end:]
    return text


def test_the_unchanged_questionnaire_is_sound():
    assert read_questionnaire_text(WHOLE).question("g").rows[1].replicates == ("liu2022.travel",)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_changed_there_are_findings_or_a_questionnaire(seed, tmp_path):
    source = random.Random(seed)
    path = tmp_path / "q.yaml"
    for _ in range(25):
        path.write_bytes(mutated(source).encode("utf-8", "surrogatepass"))
        try:
            findings = check_file(path)
        except FileError:
            continue
        assert all(isinstance(finding, Finding) and finding.problem for finding in findings)
        if any(finding.severity == "error" for finding in findings):
            with pytest.raises(DocumentError):
                read_questionnaire(path)
        else:
            assert read_questionnaire(path).pages


def test_codes_and_versions_stay_the_text_that_was_written():
    questionnaire = read_questionnaire_text("""
name: q
title: Q
languages: [no]
version: 1.10
choices: {answer: {options: [{name: NO, label: "No"}, {name: 01, label: "One"}, {name: 1e3, label: Thousand}]}}
pages: [{name: p, questions: [{name: a, type: select_one, choices: answer, label: "off"}]}]
""")
    assert questionnaire.version == "1.10"
    assert questionnaire.languages == ("no",)
    assert [choice.name for choice in questionnaire.choice_lists["answer"].choices] == ["NO", "01", "1e3"]
    assert questionnaire.question("a").label == {"no": "off"}


def test_the_bank_lends_wording_answers_and_published_items():
    questionnaire = read_questionnaire_text("""
name: q
title: {de: F, en: Q}
languages: [de, en]
pages:
  - name: p
    questions:
      - {name: approval, type: select_one, bank: social_credit.approval}
      - {name: trust_local, type: select_one, bank: social_credit.trust_local}
      - {name: g, type: grid, rows: [{name: restrict_travel, bank: social_credit.restrict_travel}]}
""")
    approval, alone, grid = questionnaire.questions
    assert (approval.choices, approval.replicates) == ("approve5", ("kostka2019.approval",))
    assert set(approval.label) == {"de", "en"}
    assert alone.label["en"] == (
        "How much, if at all, do you trust each of the following? The local government where you live"
    )
    assert (grid.choices, grid.rows[0].replicates) == ("support5", ("liu2022.travel",))
    assert grid.label["en"].startswith("The following options") and grid.hint["en"].startswith("SCS stands for")
    assert questionnaire.choice_lists["support5"].collapse["support"] == ("4", "5")
    assert set(questionnaire.choice_lists["support5"].choices[0].label) == {"de", "en"}


def test_a_list_of_the_document_comes_before_the_banks():
    questionnaire = read_questionnaire_text("""
name: q
title: Q
languages: [en]
choices: {approve5: {options: [{name: 1, label: Mine}]}}
pages: [{name: p, questions: [{name: approval, type: select_one, bank: social_credit.approval}]}]
""")
    assert [choice.label["en"] for choice in questionnaire.choice_lists["approve5"].choices] == ["Mine"]


def test_the_digest_is_that_of_the_text():
    assert read_questionnaire_text(WHOLE).digest == read_questionnaire_text(WHOLE).digest
    assert read_questionnaire_text(WHOLE).digest != read_questionnaire_text(WHOLE + "\n").digest
