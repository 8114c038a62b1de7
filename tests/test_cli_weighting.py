"""The verb weight: what it prints, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from topline.analysis.recipe import weighted_design
from topline.analysis.replication.replicates import replicates
from topline.cli import main
from topline.cli.weighting import FEW, usual_outcomes, with_replicates
from topline.data.files import read_study
from topline.data.study_folder import read_folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    study = tmp_path_factory.mktemp("weighting") / "study"
    for arguments in (["new", study], ["simulate", study, "--n", 300, "--seed", 3], ["export", study]):
        assert run(*arguments).exit_code == 0
    return study


def test_weight_prints_summary_log_and_warnings_and_writes_the_weights(folder: Path) -> None:
    result = run("weight", folder)
    assert result.exit_code == 0
    for said in ("Furthest from a target", "Weights step by step", "What is worth a look", "from memory"):
        assert said in result.output
    assert result.output.rstrip().endswith("weighted.sav.")
    assert "weight" in read_study(folder / "weighted.sav").frame


def test_json_holds_summary_and_every_part(folder: Path) -> None:
    document = json.loads(run("weight", folder, "--json", "--outcomes", "approval", "--by", "sex,sex*age4").stdout)
    assert {row["variable"] for row in document["rows"]} == {"sex", "age4", "urban"}
    assert document["log"]["rows"][1]["kind"] == "rake"
    assert {row["item"] for row in document["influence"]["rows"]} == {"approval"}
    assert {row["variable"] for row in document["subgroups"]["rows"]} == {"", "sex", "sex × age4"}
    assert "defect" not in document


def test_a_report_follows_the_questions_that_are_compared(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "weights.html"
    result = run("weight", folder, "--report", target, "--population", 1_000_000, "--rho", "0.001,0.002")
    assert result.exit_code == 0 and f"and {target}" in result.output
    page = target.read_text(encoding="utf-8")
    assert page.count("<svg") == 16 and "rho 0.002" in page
    design = weighted_design(read_folder(folder))
    chosen = usual_outcomes(design)
    assert 0 < len(chosen) <= FEW and not {"sex", "age4", "urban"} & set(chosen)
    assert all(name in page for name in chosen)
    assert not (folder / "results" / "weights.html").exists()


def test_tables_that_options_ask_for_are_printed(folder: Path) -> None:
    plain = run("weight", folder).output
    told = (
        "What if answering goes with the answer",
        "Estimates without weights",
        "sample size and design effect of groups",
    )
    assert not any(words in plain for words in told)
    asked = run("weight", folder, "--outcomes", "approval", "--population", 1e6, "--rho", "0.001", "--by", "sex").output
    assert all(words in asked for words in told)
    assert asked.count("Simulated respondents") == plain.count("Simulated respondents")


def test_replicate_weights_are_spoken_of(folder: Path) -> None:
    design = replicates(weighted_design(read_folder(folder)), "bootstrap", replicates=4, seed=1)
    last = len(design.replication)
    assert f"{last} replicate weights, repw1 to repw{last}: name them with --replicates repw" in with_replicates(design)
    assert with_replicates(weighted_design(read_folder(folder))) == ""
    assert "repw1" in run("weight", "--help").output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rho", "0.1"], "needs the size of the population"),
        (["--population", "1000000", "--rho", "much"], "--rho much: correlations are numbers"),
        (["--population", "10"], "population is 10"),
        (["--outcomes", "approva"], "Did you mean 'approval'"),
    ],
)
def test_what_cannot_be_is_refused(folder: Path, options: list[str], message: str) -> None:
    result = run("weight", folder, *options)
    assert result.exit_code != 0 and message in result.output
