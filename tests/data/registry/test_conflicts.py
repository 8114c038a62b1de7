"""Conflicts found between published versions of a figure: every version is kept, and every version is shown."""

from __future__ import annotations

import pytest

from topline.data.registry.figures import published, relation


def test_govai_2018_keeps_the_table_and_the_sentence_of_one_report_side_by_side():
    """The report's sentence says 26; its own table adds up to 6.86 + 20.26 = 27.12."""
    registry = published(study="govai2018")
    figure = registry["govai2018.manage_federal"]
    assert (figure.value, figure.provenance, figure.n, figure.base) == (0.2712, "verified", 743, "all")
    parts = [registry[f"govai2018.manage_federal_{word}"].value for word in ("great_deal", "fair")]
    assert sum(parts) == pytest.approx(figure.value)
    (sentence,) = figure.conflicts
    assert (sentence.value, sentence.kind, sentence.disputes) == (0.26, "primary", "base")
    assert "recoded don't know to the mean" in sentence.note
    assert figure.badge == "seen in the publisher's own report; sources disagree"
    assert any("disagrees on the base" in doubt for doubt in figure.doubts)


def test_the_same_sentence_of_govai_2018_gives_less_for_tech_companies_too():
    figure = published()["govai2018.manage_tech"]
    assert [source.value for source in figure.sources] == [0.4183, 0.41]
    assert figure.value == 0.4183


@pytest.mark.parametrize(("name", "value"), [("system", 0.17), ("system_reject", 0.68)])
def test_sinus_2019_says_that_reports_disagree_on_the_age_of_its_sample(name, value):
    figure = published()[f"sinus2019.{name}"]
    assert figure.value == value
    assert [(source.disputes, source.quoted, source.value) for source in figure.conflicts] == [
        ("population", "18-69", value)
    ]
    assert any("disagrees on the population: '18-69'" in doubt for doubt in figure.doubts)


@pytest.mark.parametrize("name", ["refuse_customers", "taxes", "fines"])
def test_of_whom_the_three_sanctions_of_sinus_2019_are_shares_is_in_dispute(name):
    figure = published()[f"sinus2019.sanction_{name}"]
    assert [source.disputes for source in figure.conflicts] == ["base"]
    assert "only the 18% who support punishment" in figure.conflicts[0].note


def test_pew_on_hiring_keeps_its_71_beside_the_63_of_a_trade_site_that_names_another_object():
    figure = published()["pew2022_workers.final_decision"]
    assert (figure.value, figure.category, figure.provenance) == (0.71, "oppose", "verified")
    (site,) = figure.conflicts
    assert (site.value, site.disputes, site.provenance) == (0.63, "wording", "secondary")
    assert site.quoted == "63% of Americans oppose use of AI in hiring"


def test_the_effect_in_xu_2022_is_relative_and_says_how_it_may_be_misread_though_no_source_disputes_it():
    figure = published()["xu2022.repression_effect"]
    assert (figure.value, figure.statistic) == (-0.12, "relative_change")
    assert "not percentage points: 7.5 x 0.12 is 0.9 of a point" in figure.note
    assert figure.conflicts == () and figure.badge == "seen in the publisher's own report"
    excerpt = figure.sources[1]
    assert (
        "the average level of support is 7.5" in excerpt.quoted
        and "reduces individuals' support by 12%" in excerpt.quoted
    )


def test_a_corrected_score_stands_beside_the_one_that_was_published_first():
    figure = published()["doingbusiness2018.score"]
    assert (figure.value, [source.value for source in figure.sources]) == (65.3, [65.3, 64.5])
    assert figure.erratum.startswith("the World Bank corrected 65.3 to 64.5")


def test_arms_of_a_wording_experiment_are_no_points_of_one_trend():
    assert relation("govai2018.careful_ai", "govai2018.careful_robots").relation == "different_object"
    assert relation("cdi2018.limit_safety", "cdi2018.limit").relation == "different_object"
    assert relation("bentley2025.trust", "bentley2023.trust").relation == "same_construct"


def test_two_thirds_on_loans_is_66_in_one_report_and_67_in_another():
    figure = published()["consumer2024.loan"]
    assert [source.value for source in figure.sources] == [0.66, 0.67]
    assert figure.badge == "as reported by others; not seen in the source; sources disagree"


def test_no_opinion_that_one_report_calls_neutral_disputes_the_answers():
    (report,) = published()["cato2023.cameras_no_opinion"].conflicts
    assert (report.disputes, report.quoted, report.value) == ("answers", "Neutral - 10%", 0.10)


def test_a_yearly_survey_keeps_both_ends_of_its_scale_so_that_years_meet_on_the_same_answers():
    some = {year: published()[name] for year, name in ((2023, "bentley2023.trust_some"), (2025, "bentley2025.trust"))}
    assert [some[year].value for year in (2023, 2025)] == [0.21, 0.31]
    assert some[2023].category_set == some[2025].category_set == (1.0, 2.0)
    assert published()["bentley2024.trust"].category_set == (3.0, 4.0)
