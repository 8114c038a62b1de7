"""A language wrong or forgotten is one finding, not one for every text."""

import pytest

from topline.instrument.check import check_file


@pytest.fixture
def found(tmp_path):
    """Give ``found(text)``: the findings of a questionnaire, as printed, each behind its severity."""

    def found(text):
        path = tmp_path / "q.yaml"
        path.write_text(text, encoding="utf-8")
        return [f"{finding.severity}: {finding}" for finding in check_file(path)]

    return found


TWO_LANGUAGES = """name: q
title: {en: Q, de: F}
languages: LANGUAGES
choices: {yesno: {options: [{name: 1, label: {en: A, de: B}}, {name: 2, label: {en: C, de: D}}]}}
pages:
  - {name: p, questions: [{name: a, type: select_one, choices: yesno, label: {en: A, de: B}}]}
"""


@pytest.mark.parametrize(
    ("languages", "finding"),
    [
        ("en, de", "'languages' is the text 'en, de'; write a list of codes: [en, de]."),
        ("en de", "'languages' is the text 'en de'; write a list of codes: [en, de]."),
        ("English and German", "'languages' is the text 'English and German'; write a list of codes: [en, zh]."),
        ("[en, Deutsch]", "'Deutsch' is not a language code; write it as in 'en', 'zh' or 'pt-BR'."),
        ("{en: de}", "'languages' is a set of keys; a list of texts is expected."),
        ("[en, de, zh]", "no text has 'zh'; remove it from 'languages', or translate all 4 texts."),
    ],
)
def test_a_wrong_list_of_languages_is_one_finding_and_not_one_for_every_text(found, languages, finding):
    errors = [line for line in found(TWO_LANGUAGES.replace("LANGUAGES", languages)) if line.startswith("error")]
    assert errors == [f"error: q.yaml, line 3: {finding}"]


def test_without_a_list_of_languages_the_texts_are_not_blamed(found):
    errors = [line for line in found(TWO_LANGUAGES.replace("languages: LANGUAGES\n", "")) if line.startswith("error")]
    assert errors == ["error: q.yaml: the key 'languages' is missing."]


def test_a_text_missing_in_a_language_that_others_have_is_still_named(found):
    text = TWO_LANGUAGES.replace("LANGUAGES", "[en, de, zh]").replace("{en: A, de: B}}]}\n", "{en: A, zh: 甲}}]}\n")
    errors = [line for line in found(text) if line.startswith("error") and "question a" in line]
    assert errors == ["error: q.yaml, line 6, question a: the label 'A' has no translation into de; add it."]
