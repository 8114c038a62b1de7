"""Each rule of the registry refuses the mistake it was made for, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from topline.data.registry.figures import read_registry
from topline.data.registry.rules import RULES, RULES_OF_WHOLE_TABLES


def share(name: str, codes: str, value: str, **more: str) -> dict[str, dict[str, str]]:
    figure_id = f"town2024.cameras_{name}"
    return {
        "estimate": {"figure_id": figure_id, "category_set": codes, "value": value, "as_printed": f"{value}%", **more},
        "source": {"source_id": f"{figure_id}.1", "figure_id": figure_id, "quoted_value": value},
    }


def with_shares(registry_folder: Callable[..., Path], *shares: dict[str, dict[str, str]]) -> Path:
    return registry_folder(estimate=[one["estimate"] for one in shares], source=[one["source"] for one in shares])


RULE_EXAMPLES = {
    "categories_belong_to_the_scale": (
        "estimate",
        {"category_set": "1;6"},
        "category_set holds 6, not among the scale's codes: 1 Yes, 2 Partly, 3 No, 97 Don't know.",
    ),
    "indices_and_records_are_not_opinion": (
        "study",
        {"sample_type": "expert_index", "moe_pp": "", "moe_basis": "not_stated"},
        "the topic is data_surveillance, but the study is of type expert_index; the topic must be index.",
    ),
    "an_index_says_what_more_means": (
        "estimate",
        {"statistic": "index", "unit": "index_points"},
        "direction is empty; say higher_is_more or higher_is_less of what the item names.",
    ),
    "a_margin_of_error_needs_a_random_sample": (
        "study",
        {"sample_type": "nonprobability"},
        "moe_pp is 3.1 for a sample of type nonprobability; remove it, or set moe_basis to model_based.",
    ),
    "every_value_stands_in_a_source": (
        "source",
        {"quoted_value": "61"},
        "value is 60, but its sources give 61; keep a value that one of them gives.",
    ),
    "the_wording_is_given": (
        "item",
        {"wording_english": "", "translation_status": "paraphrase"},
        "has no wording, but translation_status is paraphrase; give the wording or set label_only.",
    ),
    "the_unit_fits_the_statistic": (
        "estimate",
        {"unit": "percentage_points"},
        "the unit is percentage_points; a share is given in percent.",
    ),
    "the_value_is_possible": (
        "estimate",
        {"value": "160", "as_printed": "160%"},
        "value is 160; a share in percent lies between 0 and 100.",
    ),
    "the_value_is_what_was_printed": (
        "estimate",
        {"as_printed": "66%"},
        "value is 60, but as_printed says '66%'; correct one.",
    ),
    "dates_stand_in_order": (
        "study",
        {"field_end": "2023-12"},
        "field_end 2023-12 lies before field_start 2024-02; correct one.",
    ),
    "a_figure_is_named_after_its_item": (
        "estimate",
        {"figure_id": "town2024.lenses"},
        "is a figure of 'town2024.cameras'; call it 'town2024.cameras' or 'town2024.cameras_' and a word.",
    ),
    "a_scale_says_which_answers_count": (
        "scale",
        {"valence": ""},
        "valence is '' for kind substantive; give -1, 0 or 1.",
    ),
    "equal_wording_is_known_wording": (
        "item",
        {"translation_status": "paraphrase"},
        "the relation is same_wording, but the published wording is paraphrase; set same_construct.",
    ),
    "a_study_is_of_one_country_or_says_which_it_covers": (
        "study",
        {"country": "DE", "region": "EU28"},
        "country is DE, region EU28; a study of one country has no region, one of several no country.",
    ),
    "dates_are_days_of_the_calendar": (
        "study",
        {"field_end": "2024-02-30"},
        "field_end is 2024-02-30, which is no day of the calendar; correct it.",
    ),
    "what_else_a_source_disputes_is_explained": (
        "source",
        {"disputes": "base"},
        "disputes is base, but note is empty; say in note what this source says instead.",
    ),
    "a_pair_is_of_two_questions": (
        "comparison",
        {"other_id": "town2024.camera"},
        "other_id 'town2024.camera' is no item of study 'town2024'. Did you mean 'town2024.cameras'?",
    ),
    "indices_and_records_are_like_no_question": (
        "item",
        {"topic": "index"},
        "the relation is same_wording, but town2024.cameras is an index; set not_comparable.",
    ),
    "a_claim_has_a_name_and_figures_of_its_own": (
        "claim",
        {"figures": "town2024.camera"},
        "figures names 'town2024.camera', which is not in estimate.csv. Did you mean 'town2024.cameras'?",
    ),
    "a_verdict_rests_on_what_was_found": (
        "claim",
        {"provenance": "as_quoted"},
        "the verdict is documents_read_as_people, but provenance is as_quoted; say how the finding is known, or "
        "not_located.",
    ),
    "what_a_study_says_of_itself_is_graded": (
        "study",
        {"moe_provenance": ""},
        "moe_pp is 3.1, but moe_provenance is empty; say how it is known, e.g. verified or recalled.",
    ),
    "a_response_rate_is_a_share": (
        "study",
        {"response_rate": "AAPOR RR1 112%"},
        "response_rate is AAPOR RR1 112%; it lies between 0 and 100 percent.",
    ),
    "a_country_has_a_code_of_its_own": (
        "study",
        {"country": "XX"},
        "country is XX, which ISO 3166 gives to no country. Write an assigned one, e.g. CN or GB-SCT.",
    ),
    "answers_of_a_scale_are_told_apart": (
        "scale",
        {"label": "partly "},
        "label 'Partly' is that of code 1 too; correct one of them.",
    ),
    "the_words_of_a_source_give_its_value": (
        "source",
        {"quoted": "12%"},
        "quoted_value is 60, but quoted says '12%'; correct one.",
    ),
    "a_third_party_verifies_nothing": (
        "source",
        {"kind": "secondary"},
        "provenance is verified, but kind is secondary, a third party; set secondary, or correct kind.",
    ),
    "a_part_is_no_larger_than_its_study": (
        "estimate",
        {"n_unweighted": "99999"},
        "n_unweighted is 99999, but the study has 1000 interviews; correct one.",
    ),
    "who_looked_stands_beside_when": (
        "source",
        {"checked_by": "the team"},
        "checked_by is the team, but checked_on is empty; give both, or neither.",
    ),
}


@pytest.mark.parametrize("rule", RULE_EXAMPLES)
def test_each_rule_refuses_its_mistake_with_table_line_rule_value_and_remedy(rule, registry_folder, refused):
    table, cells, problem = RULE_EXAMPLES[rule]
    lines = refused(registry_folder((table, cells)))
    # The finding may stand in another table than the mistake, e.g. a relation that a wording no longer bears.
    matching = [line for line in lines if line.endswith(f"rule '{rule.replace('_', ' ')}': {problem}")]
    assert len(matching) == 1, lines
    # Of two answers with the same words the second is named.
    assert f".csv, line {3 if rule == 'answers_of_a_scale_are_told_apart' else 2}, " in matching[0]


@pytest.mark.parametrize(
    "words", ["60 percent", "60.0%", "a fall of 60%", "three in five", "60 of 100", "in 2018", "60,0"]
)
def test_words_that_give_the_value_or_no_number_are_kept(words, registry_folder):
    assert read_registry(registry_folder(("source", {"quoted": words})))["town2024.cameras"].value == 0.6


def test_the_day_after_today_may_have_begun_elsewhere(registry_folder):
    looked = {"checked_by": "the team", "checked_on": (date.today() + timedelta(days=1)).isoformat()}
    assert len(read_registry(registry_folder(("source", looked)))) == 1
    seen = {"field_start": str(date.today().year), "field_end": str(date.today().year)}
    assert len(read_registry(registry_folder(("study", seen)))) == 1


def test_every_rule_has_a_failing_example():
    shown = {*RULE_EXAMPLES, "shares_fit_into_the_whole", "parts_make_up_the_whole", "a_number_stands_once"}
    shown |= {"an_item_has_a_headline_figure"}
    assert {rule.__name__ for rule in (*RULES, *RULES_OF_WHOLE_TABLES)} == shown


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ([("estimate", {"category_set": ""})], "category_set is empty; list the codes that 'yes' is: 1 Yes, 2 Partly"),
        ([("estimate", {"category_set": "1;1"})], "category_set 1;1 names a code twice"),
        ([("estimate", {"collapse_status": ""})], "collapse_status is empty beside category_set 1;2"),
        ([("item", {"scale_id": ""})], "category_set is 1;2, but the item has no scale"),
        (
            [("estimate", {"category_set": "1;97", "base": "excluding_dont_know"})],
            "holds don't know, which the base leaves out",
        ),
        (
            [("study", {"sample_type": "administrative", "moe_pp": "", "moe_basis": "not_stated"})],
            "the statistic is share, but the study is of type administrative; use index or ratio.",
        ),
        ([("estimate", {"direction": "higher_is_more"})], "direction is higher_is_more, which only an index has"),
        ([("study", {"moe_basis": "not_stated"})], "moe_pp is 3.1, but moe_basis is not_stated"),
        ([("study", {"moe_pp": ""})], "moe_basis is pollster_stated, but moe_pp is empty"),
        (
            [("study", {"moe_pp": "", "moe_basis": "none_nonprobability"})],
            "moe_basis is none_nonprobability, but the sample is of type probability",
        ),
        ([("study", {"sample_type": "unknown"})], "moe_pp is 3.1 for a sample of type unknown; remove it, or set"),
        ([("study", {"moe_pp": "", "moe_provenance": "recalled"})], "moe_provenance is recalled, but moe_pp is empty"),
        ([("study", {"n_provenance": "unknown"})], "n_interviews is 1000, but n_provenance is unknown; say how"),
        ([("study", {"response_rate": "500"})], "response_rate is 500; it lies between 0 and 100 percent."),
        ([("study", {"country": "UK"})], "which ISO 3166 gives to no country. Did you mean 'GB'?"),
        (
            [("study", {"field_start": "", "field_end": "", "ended": "2021-09", "published_on": "2023"})],
            "published_on is 2023, but the series ended in 2021-09",
        ),
        ([("study", {"field_start": "2090", "field_end": "2091"})], "field_start is 2090, which is yet to come"),
        (
            [("source", {"checked_by": "the team", "checked_on": "2099-01-01"})],
            "rule 'no day lies ahead': checked_on is 2099-01-01, which is yet to come; correct it.",
        ),
        ([("item", {"wording_english": "a\x1b[31mred"})], "a control character that cannot be seen (U+001B)"),
        ([("estimate", {"value": "\uff16\uff10"})], "is not a number written like 3.60."),
        ([("study", {"field_start": "\uff12\uff10\uff12\uff14"})], "Written 2020, 2020-01 or 2020-01-31."),
        ([("source", {"url": "www.town.example"})], "Written with http:// or https:// in front."),
        ([("source", {"figure_id": "town2024.cameras", "quoted_value": "59"})], "its sources give 59"),
        ([("item", {"original_language": "de"})], "is called verbatim, but wording_original (de) is empty"),
        ([("item", {"translation_status": "own_translation"})], "give both wording_original and wording_english"),
        (
            [("estimate", {"statistic": "mean", "unit": "scale_points", "value": "60"})],
            "value is 60, outside the scale's 1 to 3.",
        ),
        ([("estimate", {"lower": "61", "upper": "65"})], "value 60 lies outside its interval from 61 to 65."),
        ([("estimate", {"rounding": "7"})], "value 60 is finer than its rounding of 7"),
        ([("study", {"ended": "2021-09"})], "field_start is 2024-02, but the series ended in 2021-09"),
        (
            [("item", {"item_id": "city.cameras"}), ("estimate", {"item_id": "city.cameras"})],
            "must start with 'town2024.'",
        ),
        ([("item", {"topic": "index"})], "the study is of type probability, which asks people; only expert_index is"),
        ([("study", {"country": "DE"}), ("estimate", {"country": "GB"})], "its study is of country DE alone"),
        ([("study", {"published_on": "2023"})], "published_on 2023 lies before field_start 2024-02"),
        ([("estimate", {"lower": "66", "upper": "55"})], "lower 66 lies above upper 55"),
        ([("source", {"source_id": "town2024.lenses.1"})], "call it 'town2024.cameras.' and a number"),
        ([("comparison", {"other_id": "town2024.cameras"})], "stands beside itself"),
        ([("claim", {"claim_id": "town2024.cameras"})], "is the name of a figure; give the claim another"),
        ([("claim", {"claim_id": "city.firms"})], "its id must start with 'town2024.'"),
        ([("claim", {"finding": "Documents read as people."})], "finding only repeats the verdict"),
    ],
)
def test_rules_refuse_their_other_mistakes_too(changes, problem, registry_folder, refused):
    assert any(problem in line for line in refused(registry_folder(*changes))), problem


def test_a_figure_without_any_source_is_refused(registry_folder, refused):
    folder = registry_folder()
    header = (folder / "source.csv").read_text(encoding="utf-8").splitlines()[0]
    (folder / "source.csv").write_text(header + "\n", encoding="utf-8")
    assert any("has no row in source.csv; say where the figure was seen" in line for line in refused(folder))


def test_a_scale_of_one_answer_and_a_directed_dont_know_are_refused(registry_folder, refused):
    folder = registry_folder(
        scale=[
            {"scale_id": "one", "code": "1", "label": "Yes", "valence": "1"},
            {"scale_id": "one", "code": "97", "label": "Don't know", "kind": "dont_know", "valence": "1"},
        ],
    )
    lines = refused(folder)
    assert any("one 1, rule" in line and "has 1 substantive option;" in line for line in lines)
    assert any("valence is '1' for kind dont_know; leave it empty" in line for line in lines)


def test_a_review_without_a_name_is_refused(registry_folder, refused):
    lines = refused(registry_folder(("comparison", {"reviewed_on": "2026-11-23"})))
    assert lines == [
        "comparison.csv, line 2, own.cameras town2024.cameras, rule 'who looked stands beside when': "
        "reviewed_on is 2026-11-23, but reviewer is empty; give both, or neither."
    ]


def test_two_values_for_one_number_are_one_figure_with_two_sources(registry_folder, refused):
    lines = refused(with_shares(registry_folder, share("again", "1;2", "62")))
    assert [line for line in lines if "rule 'a number stands once'" in line] == [
        "estimate.csv, line 3, town2024.cameras_again, rule 'a number stands once': is the same number as "
        "town2024.cameras: same question, people, base and answers. Keep one figure, and give it both rows of "
        "source.csv."
    ]


def test_a_pair_may_not_stand_both_ways_round(registry_folder, refused):
    second = {"item_id": "town2024.lenses", "wording_english": "Do you support lenses?"}
    pairs = [
        {"other_id": "town2024.lenses", "relation": "same_construct"},
        {"other_id": "town2024.cameras", "item_id": "town2024.lenses", "relation": "same_construct"},
    ]
    lines = refused(registry_folder(item=[second], comparison=pairs))
    assert [line.split("': ")[1] for line in lines] == [
        "the pair stands already on line 3, the other way round; keep one."
    ]


def test_two_published_items_have_the_same_wording_only_where_both_are_known(registry_folder, refused):
    second = {"item_id": "town2024.lenses", "translation_status": "paraphrase"}
    pair = {"other_id": "town2024.lenses", "relation": "same_wording"}
    lines = refused(registry_folder(item=[second], comparison=[pair]))
    assert [line.split("': ")[1] for line in lines] == [
        "the relation is same_wording, but the published wording of town2024.lenses is paraphrase; set same_construct."
    ]


def test_a_faulty_row_is_not_blamed_on_the_sound_ones(registry_folder, refused):
    lines = refused(registry_folder(("estimate", {"base": ""}), ("source", {"provenance": "certain"})))
    assert [line.split(": ")[0] for line in lines] == [
        "estimate.csv, line 2, town2024.cameras, base, rule 'what must be known is given'",
        "source.csv, line 2, town2024.cameras.1, provenance, rule 'a word is one of its list'",
    ]
    assert "One of all, excluding_dont_know, excluding_neutral, unknown." in lines[0]


def test_an_item_without_a_headline_figure_is_refused(registry_folder, refused):
    name = {"figure_id": "town2024.cameras_all"}
    source = {**name, "source_id": "town2024.cameras_all.1"}
    lines = refused(registry_folder(("estimate", name), ("source", source)))
    assert lines == [
        "estimate.csv, line 2, town2024.cameras_all, rule 'an item has a headline figure': 'town2024.cameras' has no "
        "headline figure; call one of its figures 'town2024.cameras'."
    ]
