"""Where it is not known whether the published share counts don't know, a verdict has to hold over both bases."""

from dataclasses import replace

import pytest

from topline.analysis.comparing.both_bases import agreed, over_both
from topline.analysis.comparing.compare import compare
from topline.analysis.disclosure import safe
from topline.analysis.estimation.estimate import proportion
from topline.analysis.sampling.design import Design
from topline.analysis.telling.comparison import ComparisonRow
from topline.data.codebook import Codebook, Study

from .two_surveys import ALIKE, design_of, figure_of, one_row, study_of

MANY = {2.0: 110, 4.0: 590, 97.0: 300}
"""84.3% of 700 answers, 59.0% of the 1,000 who were asked."""

FEW = {2.0: 400, 4.0: 600, 97.0: 12}
ITEMS = ("travel", "jobs")


def unknown(value: float = 0.59, **more: object):
    return figure_of(value, base="unknown", n=4272, **more)


def test_the_same_share_of_everyone_is_no_difference_where_the_base_is_unknown():
    row = one_row(unknown(), design_of(MANY))
    assert (row.estimate, row.other_base, row.other_base_estimate) == (pytest.approx(59 / 70), "all", 0.59)
    assert row.difference == pytest.approx(59 / 70 - 0.59)
    assert (row.verdict_sampling, row.verdict_total) == ("inconclusive", "inconclusive")
    assert row.base_decides == ("sampling", "total")
    assert row.stable is False and row.turning_deff is None
    assert row.stability.startswith("depends on the base: over everyone asked")


def test_intervals_are_the_envelope_and_p_values_the_larger():
    row = one_row(unknown(), design_of(MANY))
    answers, everyone = (one_row(unknown(), design_of(MANY), base=base) for base in ("excluding_dont_know", "all"))
    assert answers.verdict_total == "different" and everyone.verdict_sampling == "equivalent"
    assert (row.difference_low, row.difference_high) == (everyone.difference_low, answers.difference_high)
    assert (row.total_low, row.total_high) == (everyone.total_low, answers.total_high)
    assert (row.p, row.p_total) == (1.0, 1.0)
    assert row.minimum_detectable == max(answers.minimum_detectable, everyone.minimum_detectable)
    assert row.minimum_detectable_total == max(answers.minimum_detectable_total, everyone.minimum_detectable_total)


@pytest.mark.parametrize(("value", "verdict"), [(0.30, "different"), (0.95, "different")])
def test_a_difference_over_both_bases_stands(value, verdict):
    row = one_row(unknown(value), design_of(MANY))
    alone = [one_row(unknown(value), design_of(MANY), base=base) for base in ("excluding_dont_know", "all")]
    assert (row.verdict_sampling, row.verdict_total, row.base_decides) == (verdict, verdict, ())
    assert row.p == max(one.p for one in alone)
    known = [one.turning_nonsampling for one in alone if one.turning_nonsampling is not None]
    assert row.turning_nonsampling == min(known, key=lambda at: abs(at - 0.03), default=None)


def test_what_differs_to_either_side_is_inconclusive_and_its_p_value_is_one():
    row = one_row(unknown(0.71), design_of(MANY))
    assert (row.verdict_sampling, row.p) == ("inconclusive", 1.0)
    assert "to the other side (sampling error)" in row.stability


@pytest.mark.parametrize(
    ("one", "other", "same", "verdict"),
    [
        ("different", "different but within margin", True, "different"),
        ("different but within margin", "different but within margin", False, "equivalent"),
        ("equivalent", "equivalent", False, "equivalent"),
        ("equivalent", "inconclusive", True, "inconclusive"),
        ("different", None, True, "inconclusive"),
    ],
)
def test_a_verdict_is_what_both_bear_out(one, other, same, verdict):
    assert agreed(one, other, same) == verdict


def test_the_sentence_says_in_three_languages_what_the_other_base_gives():
    row = one_row(unknown(), design_of(MANY))
    assert "over everyone asked the new one would be 59.0%, and the verdict another" in row.sentence
    assert "the difference stands" not in row.sentence and "sampling error explains" not in row.sentence
    assert "unter allen Befragten wären es hier 59,0 %" in row.sentence_de
    assert "若以全部受访者为基数，本次结果为59.0%，结论也会不同" in row.sentence_zh
    firm = one_row(unknown(0.30), design_of(MANY)).sentence
    assert "would be 59.0%" in firm and "verdict another" not in firm and "the difference stands" in firm


def test_a_base_on_the_users_word_or_on_record_leaves_one_base():
    for figure, options in ((unknown(), {"base": "excluding_dont_know"}), (figure_of(0.59, n=4272), {})):
        row = one_row(figure, design_of(MANY), **options)
        assert (row.verdict_total, row.other_base, row.base_decides) == ("different", "", ())
        assert "is not known: over" not in row.sentence


def test_the_reason_says_that_naming_the_base_repairs_it():
    row = one_row(unknown(), design_of(MANY))
    place = next(at for at, reason in enumerate(row.reasons) if "instead of 84.3%" in reason)
    assert row.repairs[place] == 'base="excluding_dont_know" or base="all"'


def test_without_any_dont_know_there_is_one_base():
    row = one_row(unknown(), design_of({4.0: 600, 2.0: 400}))
    assert (row.other_base, row.other_base_estimate, row.base_decides) == ("", None, ())


def test_estimates_over_everyone_are_tried_without_dont_know():
    everyone = proportion(design_of(MANY), "travel", category="support", base="all")
    (row,) = compare(everyone, unknown(), about=ALIKE).rows
    assert (row.estimate, row.other_base, row.other_base_estimate) == (0.59, "substantive", pytest.approx(59 / 70))
    assert row.verdict_sampling == "inconclusive"


def test_a_share_that_counts_dont_know_can_only_be_of_everyone():
    figure = unknown(0.1, category="dont_know", category_set=(97.0,))
    everyone = proportion(design_of(MANY), "travel", category={"dont_know": [97]}, base="all")
    (row,) = compare(everyone, figure, about=ALIKE).rows
    assert (row.estimate, row.verdict_total, row.other_base) == (0.3, "different", "")


def test_each_group_is_held_against_its_own_other_base():
    study = study_of(MANY)
    estimates = proportion(Design(study), "travel", category="support", by="urban")
    rows = compare(estimates, unknown(0.40), about=ALIKE).rows
    assert [round(row.other_base_estimate, 2) for row in rows] == [0.59, 0.59]


def test_without_a_published_error_the_other_share_is_still_told():
    row = one_row(figure_of(0.59, base="unknown", n=None), design_of(MANY))
    assert (row.verdict_sampling, row.other_base_estimate) == (None, 0.59)
    assert "over everyone asked the new one would be 59.0%" in row.sentence


def test_a_bound_is_tested_over_both_bases():
    row = one_row(unknown(0.70, qualifier="more_than"), design_of(MANY))
    assert (row.verdict_sampling, row.p) == ("inconclusive", None)
    assert "over everyone asked" in row.sentence
    below = one_row(unknown(0.95, qualifier="more_than"), design_of(MANY))
    assert below.verdict_total == "different" and below.p is not None


def test_a_verdict_that_hangs_on_something_over_the_other_base_alone_is_not_stable():
    firm = ComparisonRow(
        "q", estimate=0.6, n=9, difference=0.1, base="substantive", stable=True, stability="stable", verdict_sampling=
        "different", difference_low=0.05, difference_high=0.15, p=0.01, minimum_detectable=0.1,
    )  # fmt: skip
    shaky = replace(firm, base="all", n=10, stable=False, stability="depends: on a lot", turning_deff=2.0)
    row = over_both(firm, shaky)
    assert (row.stable, row.turning_deff, row.verdict_total) == (False, 2.0, None)
    assert row.stability == "depends: on a lot, over everyone asked, don't know included"


def two_items(counts: dict[float, int]) -> Design:
    """Give two questions of one battery that were answered alike."""
    one = study_of(counts)
    jobs = replace(one.codebook["travel"], name="jobs", replicates=("poll.jobs",))
    frame = one.frame.assign(jobs=one.frame["travel"].to_numpy()[::-1])
    return Design(Study(frame, Codebook((*one.codebook, jobs))))


def compared(base: str, counts: dict[float, int]):
    figures = [figure_of(0.59, base=base, n=4272, item_id=f"poll.{name}", figure_id=f"poll.{name}") for name in ITEMS]
    return compare(proportion(two_items(counts), list(ITEMS), category="support"), figures, about=ALIKE)


def test_a_battery_names_the_conclusions_that_the_other_base_would_change():
    (battery,) = compared("unknown", MANY).batteries
    (known,) = compared("excluding_dont_know", MANY).batteries
    assert battery.sampling == known.sampling
    other = battery.assumptions[-1]
    assert other.name == "everyone asked as the published base where it is not known"
    assert other.p > 0.9 and any("the common shift would not be shown" in change for change in other.changes)
    assert not any("published base" in one.name for one in known.assumptions)


def test_where_few_gave_no_answer_what_would_count_them_is_taken_out():
    comparison = compare(proportion(design_of(FEW), "travel", category="support"), unknown(), about=ALIKE)
    row = comparison.rows[0]
    assert row.other_base_estimate == pytest.approx(600 / 1012)
    shown = safe(comparison, 30).rows[0]
    assert (shown.other_base_estimate, shown.estimate) == (None, row.estimate)
    assert "59.3%" not in shown.sentence and not any("instead of" in reason for reason in shown.reasons)
    assert len(shown.reasons) == len(shown.repairs) == len(shown.topics) == len(row.reasons) - 1
