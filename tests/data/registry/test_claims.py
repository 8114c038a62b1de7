"""Statements of the essay that are no attitudes: each has a verdict, a finding, and what it should have been."""

from __future__ import annotations

import pytest

from topline.data.registry.figures import published

VERDICTS = {
    "provinces": "not_located",
    "businesses": "documents_read_as_people",
    "citizens": "documents_read_as_people",
    "customs_good": "not_this_value",
    "customs_bad": "confirmed",
    "ease_2014": "index_called_poll",
    "ease_2023": "series_had_ended",
    "corruption": "inverted_scale",
    "batteries": "mixed_batteries",
    "cameras": "not_traced",
    "detained": "not_traced",
    "plan_2024": "not_traced",
}


@pytest.fixture(scope="module")
def claims():
    return published().claims


def test_every_statement_of_the_essay_about_the_system_has_its_verdict(claims):
    given = {name.removeprefix("essay."): claim.verdict for name, claim in claims.items() if claim.study_id == "essay"}
    assert given == VERDICTS


def test_the_figures_a_claim_should_have_been_are_in_the_registry(claims):
    assert {name for claim in claims.values() for name in claim.figures} <= set(published())
    assert all(claim.finding.endswith(".") and claim.statement.endswith(".") for claim in claims.values())


def test_no_claim_is_a_figure(claims):
    assert not set(claims) & set(published())
    assert list(published(study="essay")) == ["essay.support"]


@pytest.mark.parametrize(
    ("claim", "claimed", "figure", "value"),
    [
        ("essay.customs_good", 2, "gacc2019.inspection_certified", 0.0057),
        ("essay.customs_bad", 85, "gacc2019.inspection_discredited", 0.8476),
        ("essay.businesses", 75, "merics2021.addressee", 0.733),
        ("essay.citizens", 10, "merics2021.addressee_individuals", 0.103),
        ("essay.ease_2023", 75, "doingbusiness2020.score", 77.9),
    ],
)
def test_a_claim_stands_beside_the_figure_it_should_have_been(claims, claim, claimed, figure, value):
    assert (claims[claim].value, claims[claim].figures) == (claimed, (figure,))
    assert published()[figure].value == value
    assert published()[figure].item.topic in ("record", "index")


def test_a_count_of_documents_from_memory_is_not_called_verified(claims):
    for name in ("essay.businesses", "essay.citizens"):
        assert claims[name].provenance == "recalled"
        assert {published()[figure].provenance for figure in claims[name].figures} == {"recalled"}
    assert published()["merics2021.addressee"].study.population == "policy documents on social credit"


def test_less_corruption_is_perceived_where_the_index_is_higher(claims):
    before, after = (published()[name] for name in claims["essay.corruption"].figures)
    assert (before.value, after.value) == (36, 42)
    assert (before.study.field_start, after.study.field_start) == ("2014", "2023")
    assert before.direction == after.direction == "higher_is_less"
    assert before.study.programme == "cpi"


def test_the_index_of_doing_business_has_no_value_after_it_was_given_up(claims):
    series = [figure for figure in published(topic="index").values() if figure.study.programme == "doing_business"]
    assert {figure.study.study_id for figure in series} == {"doingbusiness2018", "doingbusiness2020"}
    assert "September 2021" in claims["essay.ease_2023"].finding


def test_the_eight_items_that_the_essay_merged_are_of_two_batteries(claims):
    items = [published()[name].item for name in claims["essay.batteries"].figures]
    assert sorted(item.battery for item in items) == ["punishment"] * 5 + ["surveillance"] * 3


def test_records_and_indices_are_never_shares_of_people():
    for figure in published().values():
        if figure.study.sample_type in ("administrative", "expert_index"):
            assert figure.statistic in ("ratio", "index")
            assert figure.n is None and figure.moe is None
