"""The registry of published figures: what ships is sound, and says what is not known."""

from __future__ import annotations

import subprocess
import sys

import frictionless
import pytest

from topline.data.errors import UnknownNameError
from topline.data.registry.figure import BADGES
from topline.data.registry.figure_frame import COLUMNS
from topline.data.registry.figures import published, relation
from topline.data.registry.tables import PUBLISHED

ESSAY_VALUES = {
    "liu2022.civil_service": 0.78,
    "liu2022.travel": 0.77,
    "liu2022.promotion": 0.68,
    "liu2022.private_school": 0.42,
    "liu2022.internet": 0.48,
    "liu2022.rumours": 0.74,
    "liu2022.domestic_violence": 0.71,
    "liu2022.petition": 0.49,
}


def test_the_eight_items_of_the_essay_are_here_as_quoted_and_say_so():
    registry = published(study="liu2022")
    for name, value in ESSAY_VALUES.items():
        figure = registry[name]
        assert (figure.value, figure.provenance, figure.n) == (value, "as_quoted", 1173)
        assert figure.badge == "as quoted in an essay; not seen in the source"
        assert (figure.item.scale.scale_id, figure.category_set, figure.collapse_status) == (
            "support5",
            (4.0, 5.0),
            "assumed",
        )
        assert (figure.base, figure.moe, figure.rounding) == ("unknown", None, 0.01)


def test_the_two_batteries_of_liu_are_kept_apart():
    batteries = {name: published()[name].item.battery for name in ESSAY_VALUES}
    assert {name.split(".")[1] for name, battery in batteries.items() if battery == "surveillance"} == {
        "rumours",
        "domestic_violence",
        "petition",
    }
    assert set(batteries.values()) == {"surveillance", "punishment"}


def test_the_battery_mean_of_liu_is_verified_and_counts_points_of_the_scale():
    figure = published()["liu2022.surveillance_mean"]
    assert (figure.value, figure.statistic, figure.provenance, figure.rounding) == (3.6, "mean", "verified", 0.01)
    assert figure.badge == "seen in the publisher's own report"


def test_the_essays_seventy_percent_has_no_base_date_number_or_source_and_is_comparable_to_nothing():
    figure = published()["essay.support"]
    assert (figure.value, figure.as_printed, figure.qualifier, figure.rounding) == (0.7, "about 70%", "about", None)
    assert (figure.n, figure.base, figure.study.field_start, figure.study.modes) == (None, "unknown", "", ("unknown",))
    related = [one for one in published().relations if one.item_id == "essay.support"]
    assert [one.relation for one in related] == ["not_comparable"]
    assert "no question, base, date" in related[0].reason


def test_doubt_is_kept_field_by_field():
    figure = published()["kostka2019.approval"]
    assert (figure.provenance, figure.study.n_provenance, figure.study.dates_provenance) == (
        "secondary",
        "recalled",
        "recalled",
    )
    assert "The number of interviews is from memory." in figure.doubts
    assert "The field dates are from memory." in figure.doubts
    assert "Which answers 'approve' counts is stated." not in figure.doubts


def test_answer_labels_that_nobody_has_seen_in_print_are_said_to_be_assumed():
    options = published()["liu2022.travel"].item.scale.options
    assert [option.code for option in options if option.assumed] == [1.0, 2.0, 5.0]
    doubt = "The labels of 3 answers are assumed: Strongly oppose, Somewhat oppose, Strongly support."
    assert doubt in published()["liu2022.travel"].doubts
    assert "not known" in options[-1].note


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("merics2020.score_before", 0.53),
        ("merics2020.score_after", 0.29),
        ("sinus2019.system", 0.17),
        ("sinus2019.system_reject", 0.68),
        ("su2018.video", 0.822),
        ("su2018.email", 0.611),
        ("su2018.collect", 0.53),
        ("xu2022.support", 7.5),
        ("xu2022.repression_effect", -0.12),
        ("ergo2019.points", 0.2),
    ],
)
def test_other_studies_stand_with_their_values(name, value):
    assert published()[name].value == value


def test_no_margin_of_error_stands_beside_a_sample_that_was_not_drawn_at_random():
    assert {figure.moe for figure in published().values() if figure.study.sample_type != "probability"} == {None}


def test_figures_that_are_not_verified_wear_their_badge():
    for figure in published().values():
        assert figure.badge == BADGES[figure.provenance] + ("; sources disagree" if figure.conflicts else "")
        assert (figure.provenance == "verified") == figure.badge.startswith(BADGES["verified"])


def test_the_number_of_interviews_is_the_studys_only_for_its_whole_sample():
    assert published()["ergo2019.points_age51"].n is None
    assert published()["kostka2019.aware_pilot"].n is None, "asked in pilot areas only"
    assert published()["kostka2019.takes_part"].n == 2209


def test_figures_are_found_by_topic_country_study_and_item():
    assert set(published("data_surveillance")) >= {"su2018.video", "su2018.email", "su2018.collect"}
    assert {figure.country for figure in published(country="DE").values()} == {"DE"}
    assert list(published(item="sinus2019.punish")) == ["sinus2019.punish", "sinus2019.punish_reject"]
    assert len(published("social_credit", country="AU")) == 0


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"topic": "socal_credit"}, "there is no published topic 'socal_credit'. Did you mean 'social_credit'?"),
        ({"country": "XX"}, "there is no published country 'XX'."),
        ({"study": "liu2020"}, "there is no published study 'liu2020'. Did you mean 'liu2022'"),
        ({"item": "liu2022.travl"}, "Did you mean 'liu2022.travel'"),
    ],
)
def test_a_name_the_registry_does_not_know_is_answered_with_the_nearest(asked, message):
    with pytest.raises(UnknownNameError) as caught:
        published(**asked)
    assert message in str(caught.value)


def test_a_registry_is_a_mapping_whose_missing_figure_names_the_nearest():
    registry = published()
    assert "liu2022.travel" in registry
    assert "liu2022.travl" not in registry
    assert len(registry) == len(list(registry)) == len(registry.items())
    with pytest.raises(
        UnknownNameError, match=r"no published figure 'liu2022\.travl'\. Did you mean 'liu2022\.travel'"
    ):
        registry["liu2022.travl"]


def test_all_figures_of_an_item_come_headline_first():
    names = [figure.figure_id for figure in published().of_item("kostka2019.approval")]
    assert names[0] == "kostka2019.approval"
    assert len(names) == 5
    assert published().of_item("liu2022.subway") == (), "an item whose number nobody has located"


def test_a_pair_nobody_has_held_side_by_side_has_no_relation():
    assert relation("social_credit.approval", "liu2022.travel") is None
    assert relation("social_credit.restrict_travel", "liu2022.travel").relation == "same_construct"


def test_the_frame_has_one_row_for_each_figure_and_missing_numbers_stay_missing():
    frame = published().to_frame()
    assert list(frame.columns) == COLUMNS
    assert len(frame) == len(published())
    row = frame.set_index("figure_id").loc["liu2022.travel"]
    assert (row["value"], row["n"], row["modes"]) == (0.77, 1173, "web")
    assert row["wording"].startswith("The following options have been included in the SCS")
    assert frame.set_index("figure_id")["n"].isna()["essay.support"]
    assert published("social_credit", country="AU").to_frame().columns.tolist() == COLUMNS


@pytest.mark.parametrize(
    ("name", "value", "provenance", "subgroup"),
    [
        ("reward", 0.25, "secondary", "all"),
        ("reward_reject", 0.64, "secondary", "all"),
        ("better_behaviour", 0.31, "secondary", "all"),
        ("rate_others_age18_24", 0.30, "verified", "aged 18 to 24"),
        ("rate_others_age25_34", 0.41, "verified", "aged 25 to 34"),
        ("rate_others_age35_44", 0.38, "verified", "aged 35 to 44"),
        ("rate_others_age45_54", 0.41, "verified", "aged 45 to 54"),
        ("rate_others_age55", 0.42, "verified", "aged 55 and over"),
        ("sanction_refuse_customers", 0.36, "secondary", "all"),
        ("sanction_taxes", 0.33, "secondary", "all"),
        ("sanction_fines", 0.32, "secondary", "all"),
    ],
)
def test_the_german_poll_of_2019_is_complete_with_grades_and_parts_of_the_sample(name, value, provenance, subgroup):
    figure = published()[f"sinus2019.{name}"]
    assert (figure.value, figure.provenance, figure.subgroup) == (value, provenance, subgroup)
    assert (figure.n is None) == (subgroup != "all" or name.startswith("sanction_"))
    assert "Whether don't know was counted in the base is unknown." in figure.doubts


def test_shares_of_an_unclear_base_say_so():
    figure = published()["sinus2019.sanction_fines"]
    assert "probably of the 18% who support punishment" in figure.note
    assert figure.item.base_rule.startswith("Probably only the 18%") and figure.item.answers == "several"
    assert "The number of interviews is unknown." in figure.doubts


def test_statements_about_the_system_are_not_among_attitudes():
    assert list(published(study="essay")) == ["essay.support"]


def test_who_looked_and_when_stand_together_or_neither_does():
    sources = [source for figure in published().values() for source in figure.sources]
    assert {source.checked_by for source in sources} == {"topline founders", ""}
    assert all(bool(source.checked_by) == bool(source.checked_on) for source in sources)
    relations = published().relations
    assert {(relation.reviewer, relation.reviewed_on) for relation in relations} == {("topline founders", "2026-11-23")}


def test_the_shipped_tables_are_a_valid_frictionless_package():
    report = frictionless.validate(str(PUBLISHED / "datapackage.json"))
    assert report.flatten(["type", "message"]) == []
    assert len(report.tasks) == 7


def test_loading_needs_no_pandas_and_happens_once():
    code = (
        "import sys; from topline.data.registry.figures import published; published(); print('pandas' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
    assert published()["liu2022.travel"] is published()["liu2022.travel"]


def test_days_and_interviews_of_cdi_2018_are_known_from_a_report_and_the_interviews_of_each_statement_are_not():
    figure = published()["cdi2018.limit"]
    study = figure.study
    assert (study.field_start, study.field_end, study.dates_provenance) == ("2018-12-13", "2018-12-16", "secondary")
    assert (study.n_interviews, study.n_provenance, figure.n) == (3151, "secondary", None)
    assert "The field dates are as reported by others." in figure.doubts
