"""Several polls from the command line: topline pool, topline trend."""

import json

import pytest
from click.testing import CliRunner

from topline.cli import main

PEW = [f"pew{year}_concern.daily_life" for year in (2021, 2022, 2023, 2025)]
ROBOTS = ["eb382.view", "eb427.view", "eb460.view"]


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_polls_are_put_together_with_their_prediction_interval():
    document = json.loads(run("pool", *PEW, "--json").output)
    assert [row["method"] for row in document["rows"]] == ["fixed", "dersimonian_laird", "paule_mandel"]
    assert document["rows"][2]["prediction_low"] < document["rows"][2]["low"]
    assert "as reported by others" in run("pool", *PEW).output


def test_polls_that_asked_about_other_things_are_refused_in_a_line():
    result = run("pool", "eb427.view", "eb460.view")
    assert result.exit_code == 1
    assert "may not be put together" in result.output and "Traceback" not in result.output


def test_a_trend_breaks_where_the_question_changed_and_has_no_line_there():
    document = json.loads(run("trend", *ROBOTS, "--json").output)
    assert document["rows"] == []
    assert [one["poll"] for one in document["breaks"]] == ["eb427.view", "eb460.view"]
    printed = run("trend", *ROBOTS).output
    assert "The line breaks before eb460.view" in printed
    assert "from memory; not seen in print" in printed


def test_a_trend_runs_on_through_one_construct_when_asked_and_is_drawn(tmp_path):
    chart = tmp_path / "trend.svg"
    result = run("trend", *PEW, "--through", "same_construct", "--chart", chart)
    assert result.exit_code == 0, result.output
    assert "4 polls of one question over time" in result.output
    assert "second hand" in chart.read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", ["pool", "trend"])
def test_an_unknown_figure_is_refused_with_the_nearest(verb):
    result = run(verb, "eb382.views")
    assert result.exit_code == 1
    assert "eb382.view" in result.output


def test_other_error_is_what_is_asked_for_or_else_what_was_measured_on_shares():
    asked = [json.loads(run("trend", *PEW, *words, "--json").output) for words in ([], ["--nonsampling", "2"])]
    assert [document["method"]["nonsampling"] for document in asked] == [0.03, 0.02]
