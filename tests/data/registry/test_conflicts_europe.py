"""Where reports of one European figure disagree all stand side by side; a changed question joins no series."""

from __future__ import annotations

from itertools import combinations

import pytest

from topline.data.registry.figures import published, relation


def test_both_printed_values_of_the_marktwaechter_item_stand_beside_each_other_as_one_figure():
    figures = published(item="mwdw2017.targeted_ads")
    assert list(figures) == ["mwdw2017.targeted_ads"]
    figure = figures["mwdw2017.targeted_ads"]
    given = {source.citation.split(" (")[0]: (source.value, source.provenance) for source in figure.sources}
    assert given["Verbraucherzentrale Bundesverband"] == (0.76, "verified")
    assert given["ConPolicy"] == (0.76, "secondary")
    assert given["heise online"] == given["Bayerischer Rundfunk"] == (0.78, "secondary")
    assert (figure.value, [source.value for source in figure.conflicts]) == (0.76, [0.78, 0.78])
    assert figure.badge == "seen in the publisher's own report; sources disagree"
    assert published()["mwdw2017.heard"].value == 0.78, "the number the two reports may have taken it for"


@pytest.mark.parametrize(
    ("country", "value", "others"), [("gb", 0.50, [(0.47, "recalled")]), ("us", 0.47, [(0.48, "recalled")] * 2)]
)
def test_shares_of_two_countries_that_sources_give_otherwise_are_left_open(country, value, others):
    figure = published()[f"frt2019.accept_{country}"]
    assert (figure.value, figure.provenance, figure.country, figure.n) == (value, "secondary", country.upper(), None)
    assert [(source.value, source.provenance) for source in figure.conflicts] == others
    assert figure.note.startswith("Unresolved until the paper's table is seen")
    assert figure.badge == "as reported by others; not seen in the source; sources disagree"


def test_the_two_language_versions_of_one_release_disagree_on_what_was_asked():
    figure = published()["frt2019.accept"]
    assert (figure.value, figure.provenance, figure.study.country) == (0.51, "verified", "")
    assert [(source.value, source.disputes) for source in figure.conflicts] == [(0.51, "wording")]
    assert "the benefits outweigh the risks" in figure.conflicts[0].note


def test_views_of_robots_and_of_robots_and_ai_are_not_one_series():
    views = [published()[f"eb{number}.view"] for number in (382, 427, 460)]
    assert [figure.value for figure in views] == [0.70, 0.64, 0.61]
    assert [figure.provenance for figure in views] == ["verified", "secondary", "recalled"]
    assert relation("eb382.view", "eb427.view").relation == "same_construct"
    for earlier in ("eb382.view", "eb427.view"):
        found = relation(earlier, "eb460.view")
        assert found is not None and found.relation == "different_object"
        assert "70, 64 and 61 percent are not one series" in found.reason
    assert relation("eb427.careful_management", "eb460.careful_management").relation == "different_object"
    assert relation("eb460.view", "eb554.view").relation == "different_object"


def test_a_broadcasters_release_outweighs_four_in_five_in_words():
    figure = published()["ard2017.video_surveillance"]
    assert (figure.value, figure.as_printed, figure.moe) == (0.79, "79 Prozent", 0.031)
    assert [source.quoted for source in figure.conflicts] == ["80%", "Vier von fünf"]


def test_a_report_of_workers_and_one_of_residents_disagree_on_the_population():
    figure = published()["eb554.jobs"]
    assert [source.disputes for source in figure.conflicts] == ["population"]
    assert any("disagrees on the population" in doubt for doubt in figure.doubts)


def test_the_waves_of_one_trend_question_may_be_joined_and_their_shares_add_up():
    waves = [f"pew{year}_concern.daily_life" for year in (2021, 2022, 2023, 2025)]
    assert {relation(*pair).relation for pair in combinations(waves, 2)} == {"same_construct"}
    sums = [round(100 * sum(figure.value for figure in published().of_item(wave))) for wave in waves]
    assert sums == [100, 99, 98, 98]
    assert [published()[wave].base for wave in waves] == ["unknown", "unknown", "all", "all"]


def test_a_median_over_countries_has_no_number_of_interviews_and_a_national_share_its_country():
    figures = published(study="pew2025_global")
    medians = [figure for figure in figures.values() if not figure.country]
    assert len(medians) == 7
    assert {(figure.subgroup, figure.n) for figure in medians} == {("median of the 25 countries", None)}
    assert figures["pew2025_global.concern_kr"].country == "KR"


def test_the_base_of_one_question_is_not_taken_for_the_whole_survey():
    asked, condition = published()["oaic2023.government_decisions"], published()["oaic2023.human_review"]
    assert (asked.n, asked.study.n_interviews, condition.n) == (1642, None, None)
    assert relation("oaic2023.human_review", "oaic2026.human_review").relation == "same_construct"
    assert published()["oaic2026.human_review"].study.dates_provenance == "unknown"


@pytest.mark.parametrize("study", ["bertelsmann2018", "bertelsmann2019_eu", "ada2019", "frt2019", "rasmussen2019"])
def test_samples_that_were_not_drawn_at_random_carry_no_margin_of_error(study):
    assert {(figure.moe, figure.moe_basis) for figure in published(study=study).values()} == {
        (None, "none_nonprobability")
    }
