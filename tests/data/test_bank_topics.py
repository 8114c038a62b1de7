"""Every shipped bank: complete in three languages, neutral in form, and tied to published items that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import combinations

import pytest

from topline.data.banks.listing import ItemList, ItemSheet
from topline.data.banks.shipped import SHIPPED, bank
from topline.data.errors import UnknownNameError
from topline.data.registry.figures import published

BANKS = bank()
TOPICS = BANKS.topics
ITEMS = list(BANKS.values())
FACTUAL = {"yes_no2", "tracked5"}
"""Lists of questions that ask for no opinion, so that there is no other side to name."""


def texts(item):
    yield item.wording
    yield from (choice.label for choice in item.choices.choices)
    yield from (text for text in (item.stem, item.hint) if text)


def test_there_is_a_bank_on_each_of_the_eight_topics():
    assert TOPICS == (
        "ai_administration",
        "data_surveillance",
        "face_recognition",
        "hiring_credit",
        "predictive_policing",
        "social_credit",
        "trust_knowledge",
        "welfare_decisions",
    )
    for topic in TOPICS:
        assert bank(topic).topic == topic == (SHIPPED / f"{topic}.yaml").stem
        assert 8 <= len(bank(topic)) <= (43 if topic == "social_credit" else 20)


def test_every_topic_says_what_it_is_about_on_what_terms_and_what_to_mind():
    for topic in TOPICS:
        known = bank(topic)
        assert known.languages == ("en", "zh", "de")
        assert "MIT License" in known.rights and "Not yet tested with respondents" in known.translation["de"]
        assert "prefer not to say" in known.sensitivity
        assert len(known.introduction["en"].split(". ")) >= 2 and "?" not in known.introduction["en"]


@pytest.mark.parametrize("topic", TOPICS)
def test_every_text_stands_in_three_languages_that_are_not_mixed_up(topic):
    for item in bank(topic).values():
        for text in texts(item):
            assert list(text) == ["en", "zh", "de"] and all(part.strip() for part in text.values()), item.id
            assert any("\u4e00" <= letter <= "\u9fff" for letter in text["zh"]), item.id
            assert not set(text["zh"]) & set(",?;!"), item.id
            assert not any("\u4e00" <= letter <= "\u9fff" for letter in text["en"] + text["de"]), item.id


def test_german_is_a_translation_and_no_copy():
    copied = {text["en"] for item in ITEMS for text in texts(item) if text["en"] == text["de"]}
    assert copied == {"Neutral", *map(str, range(11))}


def test_everybody_may_decline_and_say_that_they_do_not_know():
    background = {"social_credit.sex", "social_credit.age4"}
    for item in ITEMS:
        missing = {choice.missing: choice.name for choice in item.choices.choices if choice.missing}
        assert missing.pop("refused") == "98", item.id
        assert missing == ({} if item.id in background else {"dont_know": "97"}), item.id


def test_a_list_has_one_meaning_in_all_topics_so_that_a_questionnaire_may_mix_them():
    for one, other in combinations(TOPICS, 2):
        shared = bank(one).lists.keys() & bank(other).lists.keys()
        assert all(bank(one).lists[name] == bank(other).lists[name] for name in shared), (one, other)


def test_a_published_scale_keeps_its_answers_in_their_order():
    scales = published().scales
    for item in ITEMS:
        if item.choices.scale:
            codes = [option.code for option in scales[item.choices.scale].substantive]
            assert [float(choice.name) for choice in item.choices.substantive] == codes, item.id


def test_every_question_of_opinion_names_both_sides():
    """A question that offers only support invites it; verbatim ones are kept as they were asked."""
    open_questions = "Which of these|who should decide|How old|What is|Where do you live|included in"
    sides = re.compile(rf"\bor\b|if any|if at all|{open_questions}")
    asked = [item for item in ITEMS if item.stem_status != "verbatim" and item.choices_name not in FACTUAL]
    assert [item.id for item in asked if not sides.search(item.question("en"))] == []


def test_a_question_has_one_mark_and_a_statement_of_a_battery_none():
    for item in ITEMS:
        marks = item.question("en").count("?") + item.question("en").count("disagree with the following statement.")
        assert marks == 1, item.id


def test_sensitive_items_are_marked_in_every_topic():
    assert {item.topic for item in ITEMS if item.sensitive} == set(TOPICS)


def test_right_answers_stand_in_the_notes_of_knowledge_questions():
    facts = [item for item in ITEMS if item.battery == "facts"]
    assert len(facts) == 2
    assert all(re.match(r"Right answer: (true|false)\b", item.note) for item in facts)


def test_what_an_item_repeats_is_published_and_reviewed():
    registry = published()
    for item in ITEMS:
        for name in item.replicates:
            assert name in registry.questions, item.id
            assert registry.relation(item.id, name).relation in ("same_wording", "same_construct"), item.id


def test_every_pair_on_record_is_of_questions_that_exist():
    registry = published()
    others = {relation.other_id for relation in registry.relations} - set(registry.questions)
    assert others <= set(BANKS)
    for relation in registry.relations:
        if relation.other_id in others:
            assert relation.item_id in registry.questions
            assert len(relation.reason) > 15 and relation.reviewer and relation.reviewed_on
            related = relation.relation in ("same_wording", "same_construct")
            assert related == (relation.item_id in BANKS[relation.other_id].replicates), relation


def test_verbatim_is_what_the_registry_holds_letter_for_letter():
    registry = published()
    verbatim = {item.id: item for item in ITEMS if item.wording_status == "verbatim"}
    assert set(verbatim) == {
        "data_surveillance.home_cameras",
        "social_credit.record_subway",
        "trust_knowledge.ai_careful_management",
        "trust_knowledge.ai_development",
        "trust_knowledge.confidence_technology",
    }
    for item in verbatim.values():
        assert item.wording["en"] == registry.questions[item.replicates[0]].wording_english
    for item in ITEMS:
        same = [name for name in item.replicates if registry.relation(item.id, name).relation == "same_wording"]
        assert not same or item.wording_status == "verbatim", item.id


def test_a_verbatim_stem_is_the_published_preamble():
    registry = published()
    for item in ITEMS:
        if item.stem_status == "verbatim" and item.replicates:
            assert item.stem["en"] == registry.questions[item.replicates[0]].preamble


def test_tempting_pairs_are_on_record_as_what_they_are():
    relation = published().relation
    parole, patrols = "pew2018_algorithms.parole_acceptable", "predictive_policing.use_patrols"
    assert relation(patrols, parole).relation == "different_object"
    assert relation("face_recognition.police_public", "brookings2018.stores").relation == "different_object"
    assert relation("ai_administration.condition_review", "oaic2026.human_review").relation == "not_comparable"


def test_items_of_all_topics_are_found_by_id_and_unknown_ones_with_the_nearest():
    assert len(BANKS) == len(set(BANKS)) == len(ITEMS) == sum(len(bank(topic)) for topic in TOPICS)
    assert "face_recognition.police_public" in BANKS
    assert "face_recognition.nothing" not in BANKS and "nothing" not in BANKS and 3 not in BANKS
    assert repr(BANKS).startswith("Banks(ai_administration, data_surveillance")
    with pytest.raises(UnknownNameError, match=r"Did you mean 'face_recognition\.landlords'"):
        BANKS["face_recognition.landlord"]
    with pytest.raises(UnknownNameError, match=r"no question bank 'face_recogition'. Did you mean 'face_recognition'"):
        BANKS["face_recogition.landlords"]
    with pytest.raises(UnknownNameError, match=r"there is no bank item 'landlords'"):
        BANKS["landlords"]


def test_one_topic_is_read_without_the_others():
    script = (
        "import topline as tl, topline.data.banks.shipped as shipped\n"
        "tl.bank('social_credit'), tl.bank()['social_credit.approval']\n"
        "print(shipped._read.cache_info().currsize)"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "1"


def test_a_list_of_items_is_a_line_each_and_a_row_each():
    shown = ItemList(bank("welfare_decisions"))
    lines = str(shown).splitlines()
    assert len(lines) == 21 and lines[0].split() == ["item", "wording", "words", "languages", "replicates"]
    assert lines[-1] == "19 items. One in full: topline bank show welfare_decisions.awareness"
    row = shown.document()["rows"][5]
    assert (row["id"], row["replicates"]) == ("welfare_decisions.prefer_decider", ["ie2021.welfare_visa"])
    assert row["languages"] == ["en", "zh", "de"] and row["choices"] == "prefer3"
    one = {"social_credit.sex": BANKS["social_credit.sex"]}
    assert str(ItemList(one)).splitlines()[-1].startswith("1 item. ")


def test_a_sheet_holds_every_language_the_answers_and_whose_words_they_are():
    sheet = str(ItemSheet(BANKS["trust_knowledge.confidence_government"]))
    assert "words       paraphrase; the stem is verbatim" in sheet
    assert "answers de  Sehr viel Vertrauen · Ziemlich viel Vertrauen" in sheet
    assert "replicates  govai2018.manage_federal" in sheet and "scale       govai_confidence4" in sheet
    assert "sensitive   answers can be guarded" in sheet
    row = ItemSheet(BANKS["social_credit.sex"]).document()["rows"][0]
    assert row["choices"]["choices"][0]["label"]["zh"] == "男" and row["replicates"] == ()
    assert "hint zh     仅用于" in str(ItemSheet(BANKS["social_credit.sex"]))
