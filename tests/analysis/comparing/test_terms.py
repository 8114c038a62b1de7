"""The new estimate on the published terms: answers, base and scale."""

from dataclasses import replace

import pandas as pd
import pytest

from topline.analysis.comparing.compare import compare
from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.sampling.design import Design
from topline.data.codebook import MissingKind
from topline.data.registry.figures import published

from .two_surveys import ALIKE, SUPPORT5, design_of, figure_of, one_row, study_of


@pytest.mark.parametrize(
    ("base", "share", "n", "words"),
    [
        ("excluding_dont_know", 0.6, 1000, None),
        ("all", 600 / 1100, 1100, "repaired: recomputed over everyone asked"),
        ("excluding_neutral", 0.75, 800, "repaired: recomputed over those who took a side"),
    ],
)
def test_the_new_estimate_is_put_on_the_published_base(base, share, n, words):
    row = one_row(figure_of(base=base))
    assert (row.estimate, row.n) == (pytest.approx(share), n)
    assert row.difference == pytest.approx(share - 0.62)
    repaired = [reason for reason in row.reasons if reason.startswith("repaired")]
    assert len(repaired) == (words is not None)
    assert words is None or words in repaired[0]


def test_an_unknown_base_is_said_with_what_the_other_would_give():
    row = one_row(figure_of(base="unknown"))
    assert row.estimate == pytest.approx(0.6)
    assert any("would be 54.5% instead of 60.0%" in reason for reason in row.reasons)


def test_an_unknown_base_without_any_dont_know_makes_no_difference_to_say():
    row = one_row(figure_of(base="unknown"), design_of({4.0: 60, 2.0: 40}))
    assert not any("instead of" in reason for reason in row.reasons)


def test_without_the_middle_answer_nothing_is_left_to_repair_with():
    row = one_row(figure_of(base="excluding_neutral", scale=None))
    assert (row.grade, row.difference, row.verdict_sampling) == ("not_comparable", None, None)
    assert "middle answer" in row.reasons[0]


def test_the_new_estimate_counts_the_published_answers():
    row = one_row(figure_of(0.2, category="strongly", category_set=(5.0,)))
    assert (row.estimate, row.category) == (pytest.approx(0.22), "strongly")
    assert "repaired: recomputed for the published answers (Strongly support)." in row.reasons


def test_an_estimate_of_every_answer_gives_the_published_ones_without_a_repair():
    (row,) = compare(proportion(design_of(), "travel"), figure_of(), about=ALIKE).rows
    assert (row.estimate, row.category) == (pytest.approx(0.6), "support")
    assert not any("repaired" in reason for reason in row.reasons)


def test_the_level_of_the_comparison_holds_for_the_new_interval_too():
    wide, narrow = one_row(figure_of(), level=0.99), one_row(figure_of(), level=0.9)
    assert wide.high - wide.low > one_row(figure_of()).high - one_row(figure_of()).low > narrow.high - narrow.low


MEANS = {
    "other scale": ({"scale": replace(SUPPORT5, scale_id="rating5")}, {}, "scales differ"),
    "no scale": ({"scale": None}, {}, "scale of the published mean is not known"),
    "outside": ({}, {"counts": {8.0: 50, 9.0: 50}, "scale": ""}, "lies outside the published scale of 1 to 5"),
}


@pytest.mark.parametrize("case", MEANS)
def test_means_of_different_scales_are_not_compared(case):
    figure, survey, words = MEANS[case]
    published_mean = figure_of(3.6, statistic="mean", category="mean", category_set=(), **figure)
    (row,) = compare(mean(design_of(**survey), "travel"), published_mean, about=ALIKE).rows
    assert (row.grade, row.difference) == ("not_comparable", None)
    assert words in row.reasons[0]


def test_an_unrecorded_scale_is_matched_by_the_name_of_the_answers_and_says_so():
    row = one_row(figure_of(), design_of(scale=""))
    assert row.difference == pytest.approx(-0.02)
    assert any("answer scale of the new question is not recorded" in reason for reason in row.reasons)
    other = one_row(figure_of(category="likes it"), design_of(scale=""))
    assert other.reasons[0] == (
        "You put 'support' in the place of 'likes it'; the answer scale of the new question is not recorded."
    )
    neither = one_row(figure_of(category_set=()), design_of())
    assert any(
        reason == "The answers that the published value counts are not recorded; 'support' was matched by name only."
        for reason in neither.reasons
    )


def test_answers_that_no_name_joins_are_not_compared():
    estimates = proportion(design_of(), "travel")
    (row,) = compare(estimates, figure_of(category="likes it", category_set=(), scale=None), about=ALIKE).rows
    assert (row.grade, row.estimate, row.difference) == ("not_comparable", None, None)
    assert "the published 'likes it' stands for is not known" in row.reasons[0]


def test_answers_put_in_the_place_of_the_published_ones_are_named():
    wave = Design(pd.DataFrame({"travel": ["yes"] * 620 + ["no"] * 380}))
    (row,) = compare(proportion(wave, "travel", category="yes"), published()["liu2022.travel"]).rows
    assert row.grade == "qualified"
    assert row.reasons[0].startswith("Nobody has checked that the two questions ask the same")
    assert row.reasons[1] == (
        "You put 'yes' in the place of 'support'; the answer scale of the new question is not recorded."
    )
    assert not any("matched by name" in reason for reason in row.reasons)


def test_a_repaired_base_keeps_the_raked_design():
    from topline.analysis.raking.rake import rake

    target = {"urban": {"0": 0.4, "1": 0.6}}
    raked = rake(design_of(), target)
    estimates = proportion(raked, "travel", category="support")
    row = compare(estimates, figure_of(base="excluding_neutral"), about=ALIKE).rows[0]
    study = study_of(missing={97.0: MissingKind.DONT_KNOW, 3.0: MissingKind.OTHER})
    direct = proportion(rake(Design(study), target), "travel", category="support").to_frame().iloc[0]
    assert (row.estimate, row.se, row.n) == pytest.approx((direct["estimate"], direct["se"], direct["n"]), rel=1e-12)
