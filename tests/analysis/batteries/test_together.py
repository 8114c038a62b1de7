"""Batteries of a comparison: what is in them, what is left out and why, and how they are kept and shown."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from topline.analysis.batteries.battery import Battery
from topline.analysis.batteries.published_covariance import BORROWED, INDEPENDENT
from topline.analysis.comparing.compare import compare
from topline.analysis.comparing.together import Place, joint_covariance
from topline.analysis.disclosure import safe
from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.imputation.imputation import combine
from topline.analysis.sampling.design import Design
from topline.analysis.telling.comparison import Comparison
from topline.analysis.testing.contrasts import contrast
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import ComparisonError
from topline.data.registry.figure import Figure, Item, Option, PublishedStudy, Scale, Source
from topline.data.registry.figures import Registry

ITEMS = ("travel", "loans", "school", "job")
YES = Scale(
    "agree3",
    (
        Option(1.0, "No", -1, "substantive"),
        Option(2.0, "Neither", 0, "substantive"),
        Option(3.0, "Yes", 1, "substantive"),
        Option(9.0, "Don't know", None, "dont_know"),
    ),
)


def study_of(n: int = 600, seed: int = 2) -> Study:
    """Four correlated items of 30 towns, with some don't know."""
    rng = np.random.default_rng(seed)
    town = np.arange(n) % 30
    leaning = rng.standard_normal(n) + 0.3 * rng.standard_normal(30)[town]
    frame = pd.DataFrame({"town": town, "urban": (town < 15).astype(float)})
    for at, item in enumerate(ITEMS):
        score = leaning + rng.standard_normal(n) + 0.4 * at
        frame[item] = np.select([score < -0.3, score < 0.3], [1.0, 2.0], 3.0)
        frame.loc[rng.random(n) < 0.05, item] = 9.0
    labels = {1.0: "No", 2.0: "Neither", 3.0: "Yes", 9.0: "Don't know"}
    variables = [
        Variable(
            item,
            label=item.title(),
            labels=labels,
            missing={9.0: MissingKind.DONT_KNOW},
            scale="agree3",
            collapse={"yes": (3.0,)},
            replicates=(f"poll.{item}",),
        )
        for item in ITEMS
    ]
    return Study(frame, Codebook((Variable("town"), Variable("urban"), *variables)))


DESIGN = Design(study_of(), psu="town")


def figure_of(item: str, value: float = 0.5, **more: object) -> Figure:
    named = {"scale": YES, "battery": "punishment", "translation_status": "verbatim"}
    named |= {name: more.pop(name) for name in list(more) if name in named}
    fields = {
        "subgroup": "all",
        "statistic": "share",
        "category": "yes",
        "category_set": (3.0,),
        "collapse_status": "stated",
        "as_printed": f"{100 * value:g}%",
        "rounding": 0.01,
        "base": "excluding_dont_know",
        "sources": (Source("1", "primary", "A poll.", "p. 3", "", value, f"{100 * value:g}%", "verified"),),
        "provenance": "verified",
        "n": 1000,
        **more,
    }
    study = PublishedStudy("poll", "A poll", citation="Liu, C. (2022). Who supports it?")
    name = str(fields.pop("figure_id", f"poll.{item}"))
    return Figure(name, Item(f"poll.{item}", "poll", **named), study, value=value, **fields)


def registry_of(*figures: Figure) -> Registry:
    return Registry({figure.figure_id: figure for figure in figures}, {}, {}, {}, ())


VALUES = {"travel": 0.45, "loans": 0.5, "school": 0.52, "job": 0.66}
PUBLISHED = registry_of(*(figure_of(item, value) for item, value in VALUES.items()))
SHARES = proportion(DESIGN, ITEMS, category="yes")


def the_battery(figures: Registry = PUBLISHED, estimates: object = SHARES, **options: object) -> Battery:
    (found,) = compare(estimates, figures, **options).batteries
    return found


def test_a_battery_holds_the_items_of_its_study_in_the_order_of_the_estimates():
    found = the_battery()
    assert (found.study, found.citation, found.battery, found.k) == ("poll", "Liu 2022", "punishment", 4)
    assert [item.item for item in found.items] == list(ITEMS)
    rows = compare(SHARES, PUBLISHED).rows
    assert [item.difference for item in found.items] == pytest.approx([row.difference for row in rows])
    assert [item.p for item in found.items] == pytest.approx([row.p for row in rows], rel=1e-6)
    assert [item.p_total for item in found.items] == pytest.approx([row.p_total for row in rows], rel=1e-6)
    assert found.items[0].beyond_shift == pytest.approx(found.items[0].difference - found.sampling.shift.estimate)
    assert (found.correlation, found.sampling.wald.df) == (BORROWED, pytest.approx(29))
    assert found.sampling.wald.ddf == pytest.approx(26)


def test_items_of_separate_calls_and_bases_have_the_covariance_that_a_contrast_of_them_has():
    whole = registry_of(*(figure_of(item, base="all" if item == "loans" else "excluding_dont_know") for item in ITEMS))
    parts = [proportion(DESIGN, item, category="yes") for item in ITEMS]
    found, together = the_battery(whole, parts), the_battery(whole, SHARES)
    everyone = proportion(DESIGN, "loans", category="yes", base="all")
    gap = contrast({"a": parts[0], "b": everyone}, {"gap": {"a:travel": 1, "b:loans": -1}}).to_frame()
    assert found.items[0].new - found.items[1].new == pytest.approx(gap["estimate"][0])
    assert found.sampling.p == pytest.approx(together.sampling.p)
    joint = joint_covariance([Place(parts[0], 0), Place(everyone, 0)])
    assert joint[0, 0] + joint[1, 1] - 2 * joint[0, 1] == pytest.approx(gap["se"][0] ** 2, rel=1e-12)


def test_every_assumption_about_the_published_errors_is_tried_and_said():
    found = the_battery()
    names = [one.name for one in found.assumptions]
    assert names == [INDEPENDENT, "a published design effect of 1", "a published design effect of 2"]
    assert found.assumptions[1].p < found.sampling.p < found.assumptions[2].p
    assert found.assumptions[1].p_total < found.total.p
    assert "the new survey's correlations are assumed" in " ".join(found.sentences)
    common = the_battery(correlation=0.3)
    assert common.correlation == "a common correlation of 0.3"
    assert [one.name for one in common.assumptions[:2]] == [BORROWED, INDEPENDENT]
    assert common.assumptions[0].p == pytest.approx(found.sampling.p)
    assert the_battery(correlation=0.0).sampling.p == pytest.approx(found.assumptions[0].p)


@pytest.mark.parametrize("correlation", [-0.1, 1.0, math.nan])
def test_a_correlation_that_no_battery_can_have_is_refused(correlation):
    with pytest.raises(ComparisonError, match=r"correlation is .*from 0 to below 1, e.g. 0.3"):
        compare(SHARES, PUBLISHED, correlation=correlation)


def test_a_conclusion_that_hangs_on_an_assumption_is_named():
    share = dict(zip(ITEMS, SHARES.frame["estimate"], strict=True))
    near = registry_of(*(figure_of(item, round(value - 0.06, 3)) for item, value in share.items()))
    found = the_battery(near)
    assert found.depends
    (changed,) = [one for one in found.assumptions if one.name == INDEPENDENT]
    assert changed.changes == ("the common shift would be shown (sampling error)",)
    assert f"with {INDEPENDENT}, {changed.changes[0]}" in found.sentences[-1]


def test_what_supports_no_joint_test_is_left_out_and_named():
    figures = registry_of(
        figure_of("travel", 0.45),
        figure_of("loans", 0.5, qualifier="more_than", as_printed="more than 50%"),
        figure_of("school", 0.52, n=None),
        figure_of("job", 0.66),
    )
    found = the_battery(figures)
    assert [item.item for item in found.items] == ["travel", "job"]
    assert {one.item: one.reason for one in found.left_out} == {
        "loans": "a bound: 'more than 50%'",
        "school": "the published figure has no known error",
    }
    assert "Left out: loans beside poll.loans (a bound: 'more than 50%');" in " ".join(found.sentences)


def test_means_are_a_battery_of_their_own_scale_and_have_no_rao_scott_test():
    figures = registry_of(*(figure_of(item, 2.1, statistic="mean", sd=0.9, category_set=()) for item in ITEMS[:3]))
    found = the_battery(figures, mean(DESIGN, ITEMS))
    assert (found.statistic, found.total, found.nonsampling, found.sampling.rao_scott) == ("mean", None, None, None)
    assert found.items[0].bits_total is None
    assert not any("other survey error" in one for one in found.sentences)
    allowed = the_battery(figures, mean(DESIGN, ITEMS), mean_nonsampling=0.1)
    assert allowed.nonsampling == 0.1
    assert "0.10 points of other survey error" in allowed.sentences[0]


def test_a_mean_among_shares_is_left_out():
    figures = registry_of(
        figure_of("travel", 0.45),
        figure_of("loans", 0.5),
        figure_of("job", 2.4, statistic="mean", sd=0.9, category_set=()),
    )
    found = the_battery(figures, [proportion(DESIGN, ["travel", "loans"], category="yes"), mean(DESIGN, "job")])
    assert [(one.item, one.reason) for one in found.left_out] == [("job", "in another unit than most")]


def test_another_share_of_the_same_question_is_left_out():
    parts = [SHARES, proportion(DESIGN, "travel", category={"no": [1]})]
    figures = [*PUBLISHED.values(), figure_of("travel", 0.3, figure_id="poll.no", category="no", category_set=(1.0,))]
    found = compare(parts, figures).batteries[0]
    assert [item.published_id for item in found.items] == [f"poll.{item}" for item in ITEMS]
    assert {(one.published_id, one.reason) for one in found.left_out} == {
        ("poll.travel", "its question is in the battery already"),
        ("poll.no", "its question is in the battery already"),
    }


def test_items_of_another_design_are_left_out():
    parts = [
        proportion(DESIGN, ["travel", "loans"], category="yes"),
        proportion(Design(study_of(seed=3)), "job", category="yes"),
    ]
    (one,) = the_battery(PUBLISHED, parts).left_out
    assert (one.item, one.reason.split(",")[0]) == ("job", "of another design than most")


def test_combined_estimates_are_joined_only_where_they_were_combined_together():
    made = combine([SHARES, SHARES])
    found = the_battery(PUBLISHED, made)
    assert found.sampling.shift.estimate == pytest.approx(the_battery().sampling.shift.estimate, rel=1e-6)
    apart = [combine([proportion(DESIGN, item, category="yes")] * 2) for item in ITEMS]
    assert compare(apart, PUBLISHED).batteries == ()


def test_groups_and_single_items_are_in_no_battery():
    assert compare(proportion(DESIGN, ITEMS, category="yes", by="urban"), PUBLISHED).batteries == ()
    assert compare(proportion(DESIGN, "travel", category="yes"), PUBLISHED).batteries == ()


def test_questions_outside_any_battery_are_tested_together_by_study():
    found = the_battery(registry_of(*(figure_of(item, battery="") for item in ITEMS)))
    assert (found.battery, found.k) == ("", 4)
    assert str(found).startswith("Questions in no battery (Liu 2022), 4 items")


def test_few_towns_leave_rao_and_scotts_test_and_say_so():
    few = Design(study_of(60), psu="town")
    part = Design(Study(few.study.frame[few.study.frame["town"] < 4], few.study.codebook), psu="town")
    found = the_battery(PUBLISHED, proportion(part, ITEMS, category="yes"))
    assert found.sampling.wald is None
    assert found.sampling.p == found.sampling.rao_scott.p
    assert found.sentences[0].count("Rao-Scott F") == 1
    assert found.sentences[-1] == (
        "There is no Wald test of all items together: the 3 degrees of freedom are too few for 4 items together; "
        "Rao and Scott's test stands in its place."
    )
    assert ", as a plain mean" in found.sentences[1]


def test_means_of_few_towns_have_no_joint_test_at_all_and_say_so():
    few = study_of(60)
    part = Design(Study(few.frame[few.frame["town"] < 2], few.codebook), psu="town")
    figures = registry_of(*(figure_of(item, 2.1, statistic="mean", sd=0.9, category_set=()) for item in ITEMS))
    found = the_battery(figures, mean(part, ITEMS))
    assert (found.sampling.p, found.sampling.profile) == (None, None)
    assert found.sentences[0].startswith(("No shift", "All items", "On the whole"))
    assert found.sentences[-1].endswith("too few for 4 items together; nothing stands in its place.")
    assert "-" in str(found)
    assert Battery.from_document(json.loads(json.dumps(found.document(), allow_nan=False))) == found


def test_sentences_claim_nothing_where_nothing_is_shown():
    exact = {item: round(float(share), 2) for item, share in zip(ITEMS, SHARES.frame["estimate"], strict=True)}
    found = the_battery(registry_of(*(figure_of(item, value) for item, value in exact.items())))
    said = " ".join(found.sentences)
    assert "by no more than sampling error can do" in said
    assert "No shift of all items is shown" in said
    assert "No change of spacing is shown" in said
    assert "no difference is shown" in said
    assert "significant" not in said
    assert "same as" not in said


def test_sentences_say_what_moved_and_by_how_much():
    share = dict(zip(ITEMS, SHARES.frame["estimate"], strict=True))
    moved = the_battery(registry_of(*(figure_of(item, round(value - 0.2, 2)) for item, value in share.items())))
    assert moved.sentences[1].startswith("All items lie about 20.0 points higher than published (between ")
    assert "the shift stands" in moved.sentences[1]
    mixed = {item: value - 0.2 - 0.1 * (at == 1) for at, (item, value) in enumerate(share.items())}
    mixed = the_battery(registry_of(*(figure_of(item, round(value, 2)) for item, value in mixed.items())))
    assert ", though not all alike" in mixed.sentences[1]
    assert mixed.sentences[2].startswith("The spacing of the items changed, apart from any common shift (F ")
    assert "they still differ (p < 0.001)" in mixed.sentences[0]


def test_a_battery_is_kept_in_json_and_read_back():
    made = compare(SHARES, PUBLISHED)
    document = json.loads(json.dumps(made.document(), allow_nan=False))
    assert document["batteries"][0]["sampling"]["wald"]["bits"] == pytest.approx(made.batteries[0].sampling.wald.bits)
    assert document["batteries"][0]["sampling"]["ranks"]["unresolved"] == 6 - made.batteries[0].sampling.ranks.resolved
    back = Comparison.from_document(document)
    assert back.batteries == made.batteries
    known = the_battery(mean_nonsampling=None, correlation=0.2)
    assert Battery.from_document(json.loads(json.dumps(known.document()))) == known
    del document["batteries"]
    assert Comparison.from_document(document).batteries == ()


def test_infinite_degrees_of_freedom_come_back_from_json():
    figures = registry_of(*(figure_of(item, 2.1, statistic="mean", sd=0.9, category_set=()) for item in ITEMS[:2]))
    found = the_battery(figures, mean(DESIGN, ITEMS))
    assert Battery.from_document(json.loads(json.dumps(found.document(), allow_nan=False))) == found


def test_the_items_are_a_tidy_frame_and_a_printed_table():
    found = the_battery()
    frame = found.to_frame()
    assert frame.columns[:6].tolist() == ["item", "label", "published_id", "new", "published", "difference"]
    assert frame["bits"].tolist() == pytest.approx((-np.log2(frame["p"])).tolist())
    printed = str(found)
    assert "Battery 'punishment' (Liu 2022), 4 items" in printed
    assert "Travel " in printed
    comparison = compare(SHARES, PUBLISHED)
    assert "Battery 'punishment' (Liu 2022), 4 items" in str(comparison)
    assert "punishment" in comparison.to_markdown()
    assert "punishment" not in comparison.summary()


def test_a_battery_with_a_small_base_is_not_given_out():
    comparison = compare(SHARES, PUBLISHED)
    assert safe(comparison, 30).batteries == comparison.batteries
    fewest = int(min(row.n for row in comparison.rows))
    assert safe(comparison, fewest + 1).batteries == ()
