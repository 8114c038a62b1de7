"""What the shipped banks say: which items are sensitive, one word for one thing, answers of equal strength."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from topline.data.banks.shipped import SHIPPED, bank

ITEMS = list(bank().values())
LISTS = {name: options for topic in bank().topics for name, options in bank(topic).lists.items()}
DOCS = Path(__file__).parents[2] / "docs" / "question-bank.md"
DOCUMENTS = [*sorted(SHIPPED.glob("*.yaml")), SHIPPED.parent / "demo" / "questionnaire.yaml"]

STATE = re.compile(
    r"government|\bstate\b|authorities|police|prisoner|custody|sentence|parole|criminal justice|parliament"
    r"|the country\b|your country to|civil servant|case worker|social services|health service|surveillance"
    r"|social credit system|SCS|(low|high) scores|commit a crime|living in the country",
    re.IGNORECASE,
)
"""Words by which a question names a public authority, its staff or what it runs."""

KNOWLEDGE = {"aware4", "pilot2"}
LIVED_OR_OF_GROUPS = {
    "hiring_credit.experience",
    "welfare_decisions.concern_discrimination",
    "welfare_decisions.experience",
}

STRENGTH = {
    "en": ("strongly", "somewhat", "very", "rather", "totally", "tend to", "a lot", "definitely", "probably"),
    "zh": ("强烈", "非常", "比较", "完全", "倾向于", "很大", "有些", "绝对", "大概"),
    "de": ("voll und ganz", "überhaupt nicht", "auf jeden fall", "auf keinen fall", "stark", "sehr", "eher", "etwas"),
}
SAME = {"überhaupt nicht": "voll und ganz", "auf keinen fall": "auf jeden fall"}
"""In German the two ends of the same strength have words of their own."""

ONE_WORD = [
    ("excited", "de", "begeister"),
    ("excited", "zh", "期待"),
    ("nervous", "zh", "紧张"),
    ("uncomfortable", "zh", "不安"),
    ("civil servant", "de", "öffentlichen Dienst"),
    ("case worker", "de", "Sachbearbeiter"),
    ("Social services", "de", "Soziale Dienste"),
    ("heard about", "zh", "听说过"),
    ("heard the word", "zh", "听说过"),
    ("do you know about", "zh", "了解"),
]


def asked(item, language):
    return " ".join([item.question(language), *(choice.label[language] for choice in item.choices.substantive)])


def test_an_item_is_sensitive_when_it_judges_the_state_or_asks_of_groups_or_of_what_people_went_through():
    judged = {item.id for item in ITEMS if STATE.search(item.question("en")) and item.choices_name not in KNOWLEDGE}
    judged |= {item.id for item in ITEMS if item.topic == "predictive_policing" and item.name.startswith("effect_")}
    assert {item.id for item in ITEMS if item.sensitive} == judged | LIVED_OR_OF_GROUPS
    assert f"marks {len(judged | LIVED_OR_OF_GROUPS)} of the {len(ITEMS)} items" in DOCS.read_text(encoding="utf-8")


def test_every_judgement_of_a_social_credit_system_is_sensitive_and_what_companies_do_is_not():
    known = bank("social_credit")
    for battery in known.batteries:
        assert all(item.sensitive for item in known.values() if item.battery == battery), battery
    assert all(known[f"social_credit.{name}"].sensitive for name in ("approval", "support_rating", "state_points"))
    for name in ("face_recognition.landlords", "hiring_credit.comfort_loan", "trust_knowledge.trust_businesses"):
        assert not bank()[name].sensitive


def test_approving_and_supporting_are_two_things_in_every_language():
    approve, support = LISTS["approve5"], LISTS["support5"]
    for language in ("en", "zh", "de"):
        labels = {choice.label[language] for choice in approve.substantive}
        assert not labels & {choice.label[language] for choice in support.substantive} - {"Neutral"}, language
    assert "fürwort" not in bank()["social_credit.approval"].question("de")


@pytest.mark.parametrize("name", LISTS)
def test_answers_of_one_strength_in_english_are_of_one_strength_in_chinese_and_german(name):
    answers = LISTS[name].substantive
    for one, other in zip(answers, reversed(answers), strict=True):
        if strength(one.label["en"], "en") == strength(other.label["en"], "en") != "":
            for language in ("zh", "de"):
                pair = strength(one.label[language], language), strength(other.label[language], language)
                assert pair[0] == pair[1] != "", (name, one.label[language], other.label[language])


def strength(label: str, language: str) -> str:
    """Give the word that says how strongly, or nothing."""
    found = next((word for word in STRENGTH[language] if word in label.lower()), "")
    return SAME.get(found, found)


@pytest.mark.parametrize(("english", "language", "word"), ONE_WORD)
def test_one_word_of_the_english_is_one_word_of_the_translation(english, language, word):
    found = [item for item in ITEMS if english.lower() in asked(item, "en").lower()]
    assert found
    assert [item.id for item in found if word.lower() not in asked(item, language).lower()] == []


def test_uneasy_stands_for_uncomfortable_alone():
    uneasy = {item.id for item in ITEMS if "不安" in asked(item, "zh").replace("不安全", "")}
    assert uneasy == {item.id for item in ITEMS if "uncomfortable" in asked(item, "en").lower()}


def test_having_heard_is_not_put_as_knowing():
    heard = [item for item in ITEMS if "heard about" in item.question("en")]
    assert len(heard) == 5 and not [item.id for item in heard if "了解" in item.question("zh")]


def test_a_worry_about_the_use_of_data_says_what_is_used_in_chinese():
    for name in ("worry_companies", "worry_government"):
        assert "这些信息" in bank()[f"data_surveillance.{name}"].wording["zh"]


def test_a_line_of_our_own_is_about_one_thing():
    assert bank()["social_credit.record_fake_goods"].wording["en"] == "Selling fake goods"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_other_readers_of_yaml_read_the_same_words(path):
    """YAML 1.1 knows more words for true and false, and some readers refuse a bare question mark between braces."""
    assert read_elsewhere(path) == YAML(typ="safe", pure=True).load(path)


def read_elsewhere(path: Path) -> object:
    """Read with PyYAML where it is installed, and otherwise by the rules of YAML 1.1."""
    if find_spec("yaml"):
        import yaml

        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 1)
    return reader.load(path)
