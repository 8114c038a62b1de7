"""A battery as a table in a comparison: on paper, in Markdown, and with only one tier of error."""

import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from topline.analysis.telling.battery_findings import findings, item_rows
from topline.analysis.telling.comparison import Comparison

SAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "dashboard" / "sample_bundle.py"))


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return SAMPLE["comparison"]()


@pytest.mark.parametrize("told", [str, Comparison.to_markdown], ids=["text", "markdown"])
def test_a_comparison_prints_a_table_for_each_battery_and_the_reading_help_once(comparison, told):
    text = " ".join(told(comparison).split())
    assert text.count("Asked of all items together") == 2
    assert text.count("Bits of surprise count") == 1
    assert "Battery 'punishment' (Liu 2022), 3 items:" in text
    assert "how their errors go together is not published" in text


def test_without_a_second_tier_its_column_is_empty_and_what_is_not_tested_is_left_out(comparison):
    battery = comparison.batteries[0]
    alone = replace(battery, total=None, sampling=replace(battery.sampling, wald=None, rao_scott=None, profile=None))
    lines = findings(alone)
    assert [question for question, _, _ in lines] == [
        "Have they all moved together?", "Do both surveys put them in the same order?",
    ]  # fmt: skip
    assert {other for _, _, other in lines} == {"-"}


def test_pairs_told_apart_by_neither_survey_have_no_order(comparison):
    battery = comparison.batteries[0]
    nothing = replace(battery.sampling.ranks, agree=0, contradict=0)
    other = replace(battery.sampling.ranks, agree=1, contradict=2)
    tiers = replace(
        battery, sampling=replace(battery.sampling, ranks=nothing), total=replace(battery.total, ranks=other)
    )
    told = next(line for line in findings(tiers) if "order" in line[0])
    assert told[1:] == (
        "none of 3 pairs told apart by both",
        "3 of 3 pairs told apart by both: 1 the same way, 2 the other way",
    )


def test_an_item_that_the_comparison_does_not_hold_has_no_provenance(comparison):
    battery = comparison.batteries[0]
    assert [row[3] for row in item_rows(battery, ())] == ["provenance not stated"] * 3
    assert next(row[2:4] for row in item_rows(battery, comparison.rows)) == ("77%", "as quoted")
