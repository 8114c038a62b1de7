"""Which published figure stands beside which question."""

import pytest

from topline.analysis.comparing.compare import compare
from topline.analysis.estimation.estimate import proportion, total
from topline.data.errors import ComparisonError, EstimationError
from topline.data.registry.figures import published

from .two_surveys import ALIKE, design_of, figure_of


def test_registry_figures_are_found_through_the_bank_and_the_headline_is_taken():
    design = design_of(name="travel", bank="social_credit.restrict_travel", replicates=())
    comparison = compare(proportion(design, "travel", category="support"), published(topic="social_credit"))
    assert [row.published_id for row in comparison.rows] == ["liu2022.travel", "sinus2019.punish"]
    assert [row.grade for row in comparison.rows] == ["qualified", "not_comparable"]
    assert comparison.rows[0].published_n == 1173


def test_from_several_figures_of_one_published_item_the_same_answers_are_taken():
    design = design_of(replicates=("sinus2019.system",), scale="goodbad4", collapse={"reject": (1.0, 2.0)})
    found = compare(proportion(design, "travel", category="reject"), published(study="sinus2019"))
    assert [row.published_id for row in found.rows] == ["sinus2019.system_reject"]


def test_an_estimate_of_every_answer_takes_the_headline_figure():
    design = design_of(bank="social_credit.approval", replicates=(), scale="approve5", collapse={"approve": (4.0, 5.0)})
    found = compare(proportion(design, "travel"), published(study="kostka2019"))
    assert [(row.published_id, row.estimate) for row in found.rows] == [("kostka2019.approval", 0.6)]


def test_subgroup_figures_of_a_registry_are_left_out():
    design = design_of(replicates=("ergo2019.points",), scale="")
    found = compare(proportion(design, "travel", category="support"), published(study="ergo2019"))
    assert [row.published_id for row in found.rows] == ["ergo2019.points"]


def test_several_estimates_are_compared_in_one_go():
    design = design_of()
    parts = [proportion(design, "travel", category="support"), proportion(design, "travel", category="oppose")]
    figures = [figure_of(), figure_of(0.2, figure_id="poll.travel_oppose", category="oppose", category_set=(1.0, 2.0))]
    rows = compare(parts, {figure.figure_id: figure for figure in figures}, about=ALIKE).rows
    assert [(row.category, row.published_id) for row in rows] == [
        ("support", "poll.travel"),
        ("oppose", "poll.travel_oppose"),
    ]
    with pytest.raises(ComparisonError, match="no estimate to compare"):
        compare([], figure_of())


def test_what_cannot_be_compared_at_all_is_refused_with_the_ways_out():
    design = design_of(replicates=())
    two = proportion(design, ["travel", "urban"])
    with pytest.raises(ComparisonError, match=r"none of travel, urban is linked .* 'replicates' or 'bank'"):
        compare(two, [figure_of()])
    with pytest.raises(ComparisonError, match="no published figure is given"):
        compare(two, {})
    with pytest.raises(ComparisonError, match="totals have no published counterpart"):
        compare(total(design, "travel"), figure_of())


@pytest.mark.parametrize("given", [design_of(), "wave.csv", [design_of()]])
def test_what_holds_no_estimates_is_refused_with_how_to_make_them(given):
    with pytest.raises(
        EstimationError, match=r"compare needs Estimates and was given a (Design|str)\. Make them first"
    ):
        compare(given, figure_of())


@pytest.mark.parametrize("given", ["liu2022.travel", ["liu2022.travel"]])
def test_the_id_of_a_figure_is_no_figure(given):
    with pytest.raises(ComparisonError, match=r"'liu2022.travel' is no figure; look it up first"):
        compare(proportion(design_of(), "travel", category="support"), given)
