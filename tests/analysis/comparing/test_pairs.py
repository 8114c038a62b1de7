"""Which published figure stands beside which question."""

import pytest

from topline.analysis.comparing.compare import compare
from topline.analysis.comparing.pairs import others_in_words
from topline.analysis.estimation.estimate import proportion, total
from topline.analysis.gating.frame import Frame
from topline.data.description import StudyDescription
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


def test_a_figure_of_everybody_comes_before_those_of_parts():
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


WOMEN = figure_of(figure_id="poll.women", subgroup="women")
ABROAD = figure_of(figure_id="poll.abroad", country="DE")


@pytest.mark.parametrize(("figure", "why"), [(WOMEN, "only a part of its sample (women)"), (ABROAD, "Different")])
def test_an_item_with_figures_that_may_not_be_compared_alone_is_shown_with_the_reason(figure, why):
    for bridge_to in (None, Frame("towns", where="urban == 1")):
        found = compare(proportion(design_of(), "travel"), {figure.figure_id: figure}, about=ALIKE, bridge_to=bridge_to)
        (row,) = found.rows
        assert (row.published_id, row.grade, row.difference) == (figure.figure_id, "not_comparable", None)
        assert why in row.reasons[0] and row.repairs[0]
        assert "Not differenced:" in str(found) and figure.figure_id in str(found)


def test_a_part_that_is_named_may_be_bridged():
    found = compare(
        proportion(design_of(), "travel"), [WOMEN], about=ALIKE, bridge_to=Frame("towns", where="urban == 1")
    )
    assert found.rows[0].difference is not None


@pytest.mark.parametrize("country", ["CN", "GB", "US"])
def test_bank_items_whose_published_items_have_figures_of_parts_alone_do_not_vanish(country):
    asked = {"prefer_decider": "ie2021.welfare_visa", "concern_discrimination": "ada_turing2024.welfare_discrimination"}
    for name, item in {**asked, "use_eligibility": "ie2021.welfare_visa"}.items():
        design = design_of(bank=f"welfare_decisions.{name}", replicates=(), scale="")
        rows = compare(proportion(design, "travel"), published(), about=StudyDescription(country=country)).rows
        (row,) = [row for row in rows if row.published_item == item]
        assert (row.grade, row.difference) == ("not_comparable", None)
        assert row.reasons and row.repairs[0]


def test_other_figures_of_an_item_are_named_with_how_they_are_asked_for():
    oppose = figure_of(0.2, figure_id="poll.travel_oppose", category="oppose", category_set=(1.0, 2.0))
    neutral = figure_of(0.18, figure_id="poll.travel_neutral", category="neutral", category_set=(3.0,))
    figures = {one.figure_id: one for one in (figure_of(), neutral, oppose)}
    found = compare(proportion(design_of(), "travel", category="support"), figures, about=ALIKE)
    assert [row.published_id for row in found.rows] == ["poll.travel"]
    assert found.document()["method"]["other_figures"] == {"poll.travel": ["poll.travel_neutral", "poll.travel_oppose"]}
    printed = " ".join(str(found).split())
    assert "left out: poll.travel_neutral, poll.travel_oppose; --published poll.travel_neutral" in printed
    named = compare(proportion(design_of(), "travel"), list(figures.values()), about=ALIKE)
    assert len(named.rows) == 3
    assert named.method["other_figures"] == {}
    assert "other figures" not in named.method


def test_of_many_other_figures_a_few_are_printed_and_all_are_in_the_document():
    figures = {f"poll.{at}": figure_of(figure_id=f"poll.{at}") for at in range(9)}
    found = compare(proportion(design_of(), "travel"), figures, about=ALIKE)
    assert len(found.method["other_figures"]["poll.travel"]) == 8
    assert "poll.5 and 3 more;" in found.method["other figures"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"figures": 3}, "figures is 3, which holds no figures"),
        ({"figures": {"poll.travel": 3}}, "3 is no figure"),
        ({"bridge_to": 3}, "bridge_to is 3; it is a Frame"),
        ({"about": {"country": "CN"}}, "about is a dict; it is a StudyDescription"),
        ({"margin": "5"}, "margin"),
    ],
)
def test_an_argument_of_another_kind_is_refused_with_what_it_should_be(given, words):
    figures = given.pop("figures", figure_of())
    with pytest.raises(ComparisonError, match=words):
        compare(proportion(design_of(), "travel"), figures, **given)


def test_other_figures_of_items_that_are_differenced_are_named_first():
    others = {"poll.apart": ["a1", "a2"], "poll.travel": ["t1", "t2"]}
    assert "left out: a1, t1, a2, t2;" in others_in_words(others)["other figures"]
    assert "left out: t1, t2, a1, a2;" in others_in_words(others, {"poll.travel"})["other figures"]
