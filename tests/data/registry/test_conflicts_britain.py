"""Where published versions of one British or European figure disagree, both stand side by side; no trend is made."""

from __future__ import annotations

import pytest

from topline.data.registry.figures import published, relation


@pytest.mark.parametrize(("name", "value", "swapped"), [("education", 0.07, 0.17), ("nhs", 0.17, 0.07)])
def test_values_that_a_trade_paper_swapped_stand_beside_the_sponsors_own(name, value, swapped):
    figure = published()[f"bcs2020.{name}"]
    assert (figure.value, figure.provenance) == (value, "verified")
    assert [(source.kind, source.value, source.provenance) for source in figure.sources] == [
        ("release", value, "verified"),
        ("secondary", swapped, "secondary"),
    ]
    assert [source.value for source in figure.conflicts] == [swapped]
    assert figure.badge == "seen in the publisher's own report; sources disagree"
    assert "prints the values for education and the NHS the wrong way round" in figure.erratum
    assert f"Trade paper reporting the BCS and YouGov poll (name not noted) gives '{swapped:.0%}'." in figure.doubts


def test_only_the_two_swapped_values_of_that_poll_are_in_dispute():
    figures = published(study="bcs2020")
    assert len(figures) == 12
    assert {name for name, figure in figures.items() if figure.conflicts} == {"bcs2020.education", "bcs2020.nhs"}


def test_a_question_about_running_the_country_and_one_about_seats_in_parliament_make_no_trend():
    earlier, later = published()["ie2019.run_country"], published()["ie2021.mps"]
    assert (earlier.value, earlier.as_printed) == (0.25, "one in four")
    assert (later.value, later.subgroup, later.n) == (0.51, "eight EU countries", None)
    assert earlier.study.programme == later.study.programme == "ie_tech"
    found = relation("ie2021.mps", "ie2019.run_country")
    assert found is not None and found.relation == "different_object"
    assert "press reports called the rise from 25 to 51 percent a trend" in found.reason


def test_an_average_dated_by_its_publication_is_not_counted_as_a_second_survey():
    figure = published()["ipsos2022_ai.benefits"]
    assert (figure.value, figure.provenance, figure.study.field_start, figure.n) == (0.52, "secondary", "", None)
    assert relation("ipsos2021_ai.benefits", "ipsos2022_ai.benefits").relation == "not_comparable"
    assert relation("ipsos2021_ai.benefits", "ipsos2024_ai.benefits").relation == "same_construct"


def test_figures_of_single_countries_name_their_country_and_claim_no_number_of_interviews():
    figures = [figure for figure in published(item="ie2021.mps").values() if figure.country]
    assert {figure.country for figure in figures} == {"GB", "ES", "IT", "EE", "NL", "DE", "CN", "US"}
    assert {(figure.n, figure.moe) for figure in figures} == {(None, None)}
