"""The question bank: complete in three languages, tied to what it replicates, and refused with every fault at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from topline.data.banks.reading import read_bank
from topline.data.banks.shipped import SHIPPED, bank
from topline.data.errors import DocumentError, FileError, UnknownNameError
from topline.data.registry.figures import published

SOCIAL_CREDIT = bank("social_credit")

NAMES = """
record_rumours record_domestic_violence record_petition record_subway record_traffic record_default_debt
record_fake_goods record_volunteering restrict_civil_service restrict_travel restrict_promotion restrict_private_school
restrict_internet restrict_loans restrict_public_list approval trust_central trust_local purpose_business
purpose_corruption purpose_security purpose_cohesion harm_due_process harm_manipulation harm_privacy harm_minorities
awareness exposure company_takes_part local_pilot support_rating like_chinese rate_others be_rated punish_low
reward_high better_behaviour wrongly_rated state_points sex age4 education urban
""".split()

OF_ONE_PLACE = NAMES[NAMES.index("company_takes_part") : NAMES.index("sex")]
"""Items that repeat questions put in one country, to students, or where there was a pilot."""


def test_the_bank_holds_what_the_study_needs_in_a_fixed_order():
    assert [item.name for item in SOCIAL_CREDIT.values()] == NAMES
    assert [item.id for item in SOCIAL_CREDIT.values()] == [f"social_credit.{name}" for name in NAMES]


def test_every_text_stands_in_all_three_languages():
    assert SOCIAL_CREDIT.languages == ("en", "zh", "de")
    for item in SOCIAL_CREDIT.values():
        texts = [item.wording, item.translation, *([item.stem, item.hint] if item.stem and item.hint else [])]
        texts += [choice.label for choice in item.choices.choices]
        for text in texts:
            assert list(text) == ["en", "zh", "de"], item.id
            assert all(part.strip() for part in text.values()), item.id


def test_chinese_is_chinese_in_full_width_punctuation_and_languages_are_not_mixed_up():
    for item in SOCIAL_CREDIT.values():
        for text in (item.stem, item.wording, *(choice.label for choice in item.choices.choices)):
            if not text:
                continue
            assert any("\u4e00" <= letter <= "\u9fff" for letter in text["zh"]), item.id
            assert not set(text["zh"]) & set(",?;!"), item.id
            assert not any("\u4e00" <= letter <= "\u9fff" for letter in text["en"] + text["de"]), item.id


def test_german_sanctions_cannot_be_read_as_addressing_the_respondent():
    sanctions = [item.wording["de"] for item in SOCIAL_CREDIT.values() if item.battery == "sanctions"]
    assert len(sanctions) == 7
    assert not [wording for wording in sanctions if {"Ihre", "Ihnen", "Ihren", "Sie"} & set(wording.split())]


def test_everybody_may_decline_every_question():
    for item in SOCIAL_CREDIT.values():
        refused = [choice for choice in item.choices.choices if choice.missing == "refused"]
        assert [choice.name for choice in refused] == ["98"], item.id
        assert refused[0].label["en"] == "Prefer not to say"


def test_attitude_questions_also_take_a_dont_know():
    background = {"sex", "age4"}
    for item in SOCIAL_CREDIT.values():
        codes = [choice.name for choice in item.choices.choices if choice.missing == "dont_know"]
        if item.name not in background | {"education", "urban"}:
            assert codes == ["97"], item.id


def test_whose_words_an_item_is_follows_what_is_known_of_the_published_item():
    known = {"verbatim": "record_subway"}
    assert [item.name for item in SOCIAL_CREDIT.values() if item.wording_status == "verbatim"] == [known["verbatim"]]
    paraphrased = {item.name for item in SOCIAL_CREDIT.values() if item.wording_status == "paraphrase"}
    assert paraphrased - {*OF_ONE_PLACE} == {
        "record_rumours",
        "record_domestic_violence",
        "record_petition",
        "restrict_civil_service",
        "restrict_travel",
        "restrict_promotion",
        "restrict_private_school",
        "restrict_internet",
    }


def test_a_verbatim_stem_is_the_published_one_letter_for_letter():
    items = published().questions
    for item in SOCIAL_CREDIT.values():
        if item.stem_status == "verbatim":
            assert item.stem["en"] == items["liu2022.travel"].preamble
    subway = SOCIAL_CREDIT["social_credit.record_subway"]
    assert subway.wording["en"] == items["liu2022.subway"].wording_english


def test_what_an_item_replicates_is_in_the_registry_with_its_relation():
    for item in SOCIAL_CREDIT.values():
        for published_item in item.replicates:
            assert published_item in published().questions
            assert published().relation(item.id, published_item).relation == "same_construct"


def test_answers_are_the_published_scales_and_support_is_the_two_upper_ones():
    for item in SOCIAL_CREDIT.values():
        if item.choices.scale:
            scale = published().scales[item.choices.scale]
            assert [float(choice.name) for choice in item.choices.substantive] == [
                option.code for option in scale.substantive
            ]
    figure = published()["liu2022.travel"]
    group = SOCIAL_CREDIT["social_credit.restrict_travel"].choices.collapse[figure.category]
    assert tuple(map(float, group)) == figure.category_set


def test_sensitive_items_are_marked_and_explained():
    sensitive = {item.name for item in SOCIAL_CREDIT.values() if item.sensitive}
    assert {"record_petition", "trust_central", "trust_local", "harm_minorities", "exposure"} <= sensitive
    assert "list experiment" in SOCIAL_CREDIT.sensitivity
    assert "MIT License" in SOCIAL_CREDIT["social_credit.approval"].rights


def test_scales_have_as_many_answers_for_as_against():
    for name in ("support5", "approve5", "trust4", "help5", "likely4"):
        valences = [option.valence for option in published().scales[name].substantive]
        assert sum(valences) == 0, name


def test_a_question_is_read_with_its_stem():
    item = SOCIAL_CREDIT["social_credit.trust_central"]
    assert item.question("zh") == "您对以下机构的信任程度如何？ 中央政府"
    assert SOCIAL_CREDIT["social_credit.sex"].question("de") == "Welches Geschlecht haben Sie?"
    with pytest.raises(UnknownNameError, match=r"social_credit\.trust_central: there is no language 'fr'"):
        item.question("fr")


def test_a_bank_is_a_mapping_and_names_are_answered_with_the_nearest():
    assert len(SOCIAL_CREDIT) == 43
    assert "social_credit.approval" in SOCIAL_CREDIT
    with pytest.raises(UnknownNameError, match=r"Did you mean 'social_credit\.approval'"):
        SOCIAL_CREDIT["social_credit.aproval"]
    with pytest.raises(UnknownNameError, match=r"no question bank 'social_debit'\. Did you mean 'social_credit'"):
        bank("social_debit")


SMALL = """\
topic: cameras
title: {en: Cameras}
languages: [en]
rights: free
translation: {en: source}
sensitivity: none
introduction: {en: About cameras.}
lists:
  support5:
    scale: support5
    measure: ordinal
    choices:
      - {name: 1, label: {en: Strongly oppose}}
      - {name: 2, label: {en: Oppose}}
      - {name: 3, label: {en: Neutral}}
      - {name: 4, label: {en: Support}}
      - {name: 5, label: {en: Strongly support}}
      - {name: 98, missing: refused, label: {en: Prefer not to say}}
    collapse: {support: [4, 5]}
batteries:
  places:
    stem: {en: Do you support or oppose cameras in these places?}
    stem_status: ours
    choices: support5
items:
  station:
    battery: places
    wording: {en: Stations}
    wording_status: ours
  all:
    choices: support5
    wording: {en: Do you support or oppose cameras?}
    wording_status: ours
    replicates: [liu2022.travel]
"""


def findings(tmp_path: Path, *replacements: tuple[str, str]) -> list[str]:
    text = SMALL
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "cameras.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        read_bank(path)
    return [str(finding) for finding in caught.value.findings]


def test_a_teams_own_bank_is_read(tmp_path):
    path = tmp_path / "cameras.yaml"
    path.write_text(SMALL, encoding="utf-8")
    own = read_bank(str(path))
    assert list(own) == ["cameras.station", "cameras.all"]
    assert own["cameras.station"].question("en") == "Do you support or oppose cameras in these places? Stations"
    assert own["cameras.all"].battery == ""
    assert own.source == "cameras.yaml"


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("wording: {en: Stations}", "wording: {}", 28, "items, station, wording, en: the text in 'en' is missing."),
        ("{en: Stations}", "{en: Stations, fr: Gares}", 28, "'fr' is not one of the bank's languages: en."),
        ("{en: Stations}", "{en: Stations, and more}", 28, "a text that holds a comma needs quotes."),
        ("battery: places", "battery: place", 27, "there is no battery 'place'. Did you mean 'places'?"),
        ("    choices: support5\nitems", "    choices: suport5\nitems", 24, "no answer list 'suport5'. Did you mean"),
        ("    choices: support5\n    wording", "    wording", 30, "names no answer list. Known: support5."),
        ("battery: places\n", "battery: places\n    choices: support5\n", 28, "remove 'choices'"),
        ("[liu2022.travel]", "[liu2022.travl]", 34, "no published item 'liu2022.travl'. Did you mean 'liu2022.travel'"),
        ("scale: support5", "scale: suport5", 10, "there is no published scale 'suport5'. Did you mean 'support5'"),
        ("scale: support5", "scale: trust4", 10, "the answers of 'trust4' are 1, 2, 3, 4, in this order."),
        ("[4, 5]", "[4, 98]", 19, "'98' is not the code of an answer; those are 1, 2, 3, 4, 5."),
        ("{name: 2,", "{name: 1,", 14, "the code '1' stands here again; give each option its own."),
        ("{name: 2,", "{name: two,", 14, "the code 'two' is not a whole number; data files hold the code."),
        ("missing: refused, ", "", 12, "leaves no way to decline; add an option 'Prefer not to say'"),
        ("missing: refused", "missing: dont_know", 18, "is dont_know, but refused in 'support5'."),
        ("{name: 1,", "{name: 1, missing: refused,", 12, "don't know and refused must stand after the answers."),
        ("wording_status: ours", "wording_status: mine", 29, "'mine' is not one of 'verbatim', 'paraphrase' or 'ours'"),
        (
            "wording_status: ours\n    replicates",
            "wording_status: verbatim\n    replicates",
            33,
            "is verbatim, but these are not words that the registry holds. Write 'Restrict the travel of people with",
        ),
        ("wording_status: ours", "wording_status: verbatim", 29, "Name the published item under 'replicates', or set"),
        ("stem_status: ours", "stem_status: verbatim", 23, "is verbatim, but these are not words that the registry"),
        ("topic: cameras", "topic: Our Cameras", 1, "'Our Cameras' is not right"),
    ],
)
def test_each_fault_is_found_on_its_line_with_its_remedy(old, new, line, problem, tmp_path):
    found = findings(tmp_path, (old, new))
    assert any(finding.startswith(f"cameras.yaml, line {line}, ") and problem in finding for finding in found), found


def test_a_list_of_one_answer_is_no_question(tmp_path):
    options = SMALL[SMALL.index("      - {name: 2") : SMALL.index("      - {name: 98")]
    found = findings(tmp_path, (options, ""), ("    scale: support5\n", ""), ("{support: [4, 5]}", "{}"))
    assert found == [
        "cameras.yaml, line 11, lists, support5, choices: has 1 options that are answers; a question needs two or more."
    ]


def test_what_is_on_record_as_another_question_is_not_repeated(tmp_path):
    found = findings(
        tmp_path,
        ("topic: cameras", "topic: social_credit"),
        ("  all:", "  approval:"),
        ("[liu2022.travel]", "[sinus2019.system]"),
    )
    assert found == [
        "cameras.yaml, line 34, items, approval, replicates, entry 1: 'sinus2019.system' is on record as different "
        "object: asked in Germany about introducing a system like the Chinese one, not about systems in force."
    ]


def test_all_faults_come_at_once_in_line_order(tmp_path):
    found = findings(
        tmp_path, ("title: {en: Cameras}", "title: {}"), ("[4, 5]", "[6]"), ("[liu2022.travel]", "[nothing]")
    )
    assert [finding.split(", ")[1] for finding in found] == ["line 2", "line 19", "line 34"]


def test_a_bank_that_is_absent_or_not_strict_yaml_is_refused(tmp_path):
    with pytest.raises(FileError, match=r"absent\.yaml cannot be read"):
        read_bank(tmp_path / "absent.yaml")
    found = findings(tmp_path, ("topic: cameras\n", "topic: cameras\ntopic: again\n"))
    assert found[0].startswith("cameras.yaml, line 2: the key 'topic' stands here again")


def test_the_shipped_document_says_nothing_it_should_not():
    text = (SHIPPED / "social_credit.yaml").read_text(encoding="utf-8")
    assert "&" not in text and "*" not in text
    assert all(len(line) < 240 for line in text.splitlines())
