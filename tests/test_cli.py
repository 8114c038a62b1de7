"""The verbs, as a person types them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from topline.cli import main
from topline.data.files import read_study
from topline.instrument.fieldwork.store import AnswerStore
from topline.instrument.interview import Interview

COLUMNS = ["estimate", "se", "low", "high", "n", "weighted_n", "deff", "df", "effective_n", "cv"]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def document(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    parsed: dict[str, Any] = json.loads(result.stdout)
    return parsed


@pytest.fixture(scope="module")
def demo(walked_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(walked_demo, tmp_path_factory.mktemp("demo") / "study")


@pytest.fixture
def wave(tmp_path: Path) -> Path:
    """Six people in two strata of two towns each, drawn from 10 and 20 towns."""
    path = tmp_path / "wave.csv"
    frame = pd.DataFrame(
        {
            "province": ["a", "a", "a", "b", "b", "b"],
            "town": [1, 1, 2, 3, 4, 4],
            "towns": [10, 10, 10, 20, 20, 20],
            "w": [1.0, 2.0, 1.0, 1.0, 3.0, 1.0],
            "trust": [1, 2, 3, 4, 5, 5],
            "view": ["for", "for", "against", "for", "against", "against"],
            "sex": [1, 2, 1, 2, 1, 2],
        }
    )
    frame.to_csv(path, index=False)
    return path


@pytest.mark.no_cover
def test_demo_compares_invented_results_with_liu_2022(demo: Path) -> None:
    rows = json.loads((demo / "results" / "comparison.json").read_text(encoding="utf-8"))["rows"]
    travel = next(row for row in rows if row["published_id"] == "liu2022.travel")
    assert travel["published"] == 0.77
    assert travel["difference"] == pytest.approx(travel["estimate"] - 0.77, abs=1e-12)
    assert travel["grade"] == "qualified"
    assert {row["verdict_sampling"] for row in rows} >= {"different", "inconclusive"}
    unsure = [row for row in rows if row["other_base_estimate"] is not None]
    assert unsure and {row["published_base"] for row in unsure} == {"unknown"}


def test_demo_never_differences_the_essays_seventy_percent(demo: Path) -> None:
    rows = json.loads((demo / "results" / "comparison.json").read_text(encoding="utf-8"))["rows"]
    essay = [row for row in rows if row["published_id"] == "essay.support"]
    assert essay, "the essay's figure is shown"
    assert all(row["grade"] == "not_comparable" for row in essay)
    assert all(row["difference"] is None and row["verdict_total"] is None for row in essay)


@pytest.mark.no_cover
def test_weighting_the_demo_recovers_what_is_true_of_its_population(demo: Path) -> None:
    truth = json.loads((demo / "simulation.json").read_text(encoding="utf-8"))["items"]
    true = truth["restrict_travel"]["collapse"]["support"]["substantive"]
    weighted = document("estimate", demo, "--proportion", "restrict_travel", "--category", "support")["rows"][0]
    raw = document("estimate", demo / "answers.sav", "--proportion", "restrict_travel", "--category", "support")[
        "rows"
    ][0]
    assert abs(weighted["estimate"] - true) < 3 * weighted["se"]
    assert abs(weighted["estimate"] - true) < abs(raw["estimate"] - true)


@pytest.mark.no_cover
def test_demo_can_be_walked_again_in_the_same_folder_and_gives_its_comparison_to_machines(demo: Path) -> None:
    before = (demo / "results" / "comparison.json").read_text(encoding="utf-8")
    rows = document("demo", demo)["rows"]
    assert (demo / "results" / "comparison.json").read_text(encoding="utf-8") == before
    assert rows == document("compare", demo)["rows"]


def test_estimate_prints_one_document_with_the_promised_columns(wave: Path) -> None:
    found = document("estimate", wave, "--weight", "w", "--mean", "trust", "--by", "province,sex")
    assert list(found) == ["method", "rows"]
    assert list(found["rows"][0]) == ["item", "province", "sex", *COLUMNS]
    shares = document("estimate", wave, "--weight", "w", "--proportion", "view")
    assert list(shares["rows"][0]) == ["item", "category", *COLUMNS]
    assert sum(row["estimate"] for row in shares["rows"]) == pytest.approx(1)


def test_estimate_gives_a_stratified_mean_of_clusters_by_hand(wave: Path) -> None:
    row = document("estimate", wave, "--strata", "province", "--psu", "town", "--fpc", "towns", "--mean", "trust")[
        "rows"
    ][0]
    # Weights N/n: 5 in a, 10 in b. Mean (5*6 + 10*14) / 45; residual totals of towns, (1 - f) * 2 * s2 by stratum.
    mean = 170 / 45
    a = [5 * ((1 - mean) + (2 - mean)), 5 * (3 - mean)]
    b = [10 * (4 - mean), 10 * (10 - 2 * mean)]
    spread = [(x[0] - x[1]) ** 2 / 2 for x in (a, b)]
    variance = (0.8 * 2 * spread[0] + 0.9 * 2 * spread[1]) / 45**2
    assert row["estimate"] == pytest.approx(mean, rel=1e-12)
    assert row["se"] == pytest.approx(variance**0.5, rel=1e-12)
    assert (row["n"], row["weighted_n"], row["df"]) == (6, 45, 2)


def test_estimate_says_where_weights_came_from(wave: Path) -> None:
    sources = [
        document("estimate", wave, *options, "--mean", "trust")["method"]["weight_source"]
        for options in ([], ["--weight", "w"], ["--strata", "province", "--psu", "town", "--fpc", "towns"])
    ]
    assert len(set(sources)) == 3
    assert "equal" in sources[0]
    assert "fpc" in sources[2]


def test_estimate_gives_totals(wave: Path) -> None:
    assert (
        document("estimate", wave, "--weight", "w", "--total", "trust")["rows"][0]["estimate"] == 1 + 4 + 3 + 4 + 15 + 5
    )


def test_estimate_gives_ratios_quantiles_and_variances(wave: Path) -> None:
    ratio = document("estimate", wave, "--weight", "w", "--ratio", "trust/w")["rows"][0]
    assert (ratio["item"], ratio["estimate"]) == ("trust / w", pytest.approx(32 / 17))
    quartiles = document("estimate", wave, "--quantile", "trust", "--share", "0.25,0.5", "--rule", "hf1")["rows"]
    assert [row["estimate"] for row in quartiles] == [2, 3]
    spread = document("estimate", wave, "--variance", "trust")["rows"][0]
    assert spread["estimate"] == pytest.approx(np.var([1, 2, 3, 4, 5, 5], ddof=1))


def test_estimate_takes_a_part_of_the_population_and_its_degrees_of_freedom(wave: Path) -> None:
    found = document(
        "estimate", wave, "--psu", "town", "--mean", "trust", "--where", "province == 'a'", "--df", "domain"
    )
    assert (found["rows"][0]["estimate"], found["rows"][0]["n"], found["rows"][0]["df"]) == (2, 3, 1)
    assert found["method"]["subpopulation"] == "province == 'a'"


def test_a_part_of_the_population_is_named_by_its_label(demo: Path) -> None:
    by_label = document("estimate", demo / "weighted.sav", "--proportion", "approval", "--where", "sex = Female")
    by_code = document("estimate", demo / "weighted.sav", "--proportion", "approval", "--where", "sex == 2")
    assert by_label["rows"] == by_code["rows"]
    assert by_label["method"]["subpopulation"] == "sex Female"
    assert document("estimate", demo, "--mean", "hours_online", "--where", "sex = Female | Male")["rows"][0]["n"] > 1000


def test_estimate_takes_replicate_weights(wave: Path) -> None:
    frame = pd.read_csv(wave)
    for replicate, town in enumerate([1, 2, 3, 4]):
        frame[f"rw{replicate}"] = frame["w"] * (frame["town"] != town) * 4 / 3
    frame.to_csv(wave, index=False)
    replicates = ("--replicates", "rw", "--replicate-method", "JK1")
    found = document("estimate", wave, "--weight", "w", *replicates, "--total", "trust")
    towns = (frame["w"] * frame["trust"]).groupby(frame["town"]).sum()
    assert found["rows"][0]["se"] == pytest.approx((4 * towns.var()) ** 0.5)
    own = ("--replicates", "rw", "--replicate-method", "other", "--scale", "0.75", "--rscales", "1,1,1,1", "--mse")
    other = document("estimate", wave, "--weight", "w", *own, "--total", "trust")
    assert other["rows"][0]["se"] == pytest.approx(found["rows"][0]["se"])
    assert "4 replicates" in found["method"]["variance"]


def test_estimate_takes_unequal_probabilities_and_joins_lone_strata(wave: Path) -> None:
    pd.read_csv(wave).assign(p=[0.1, 0.2, 0.1, 0.2, 0.1, 0.1]).to_csv(wave, index=False)
    unequal = document("estimate", wave, "--fpc", "p", "--pps", "brewer", "--mean", "trust")
    assert unequal["rows"][0]["weighted_n"] == pytest.approx(50)
    assert "Brewer" in unequal["method"]["variance"]
    joined = document("estimate", wave, "--strata", "town", "--lone-psu", "collapse", "--mean", "trust")
    assert any("Strata of a single PSU are joined" in note for note in joined["method"]["footnotes"])


def test_level_is_in_percent(wave: Path) -> None:
    wide, narrow = (
        document("estimate", wave, "--mean", "trust", "--level", level)["rows"][0] for level in ("99", "80")
    )
    assert wide["low"] < narrow["low"] < narrow["estimate"]


@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".dta", ".parquet", ".csv"])
def test_estimate_reads_every_format(demo: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"wave{suffix}"
    assert run("export", demo, "--to", target).exit_code == 0
    rows = document("estimate", target, "--proportion", "approval", "--by", "sex")["rows"]
    assert rows == document("estimate", demo / "answers.sav", "--proportion", "approval", "--by", "sex")["rows"]
    assert {row["sex"] for row in rows} == {"Male", "Female"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--mean", "trst"], "there is no variable 'trst'. Did you mean 'trust'?"),
        (["--mean", "trust", "--weight", "wt"], "there is no variable 'wt'"),
        (["--mean", "view"], "view"),
        (["--proportion", "view", "--category", "fro"], "fro"),
        (["--mean", "trust", "--strata", "town"], "town"),
    ],
)
def test_what_cannot_be_estimated_ends_with_one_message_and_exit_code_1(
    wave: Path, options: list[str], message: str
) -> None:
    result = run("estimate", wave, *options)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert message in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("-1,1,1,-2,1,1", "weight 'w' is negative in 2 of 6 rows"),
        ("0,0,0,0,0,0", "weight 'w' is zero in all 6 rows"),
        (",1,1,1,1,1", "weight 'w' is missing in 1 of 6 rows"),
    ],
)
def test_weights_that_are_none_are_refused_by_name(wave: Path, weights: str, message: str) -> None:
    frame = pd.read_csv(wave)
    frame["w"] = pd.Series(weights.split(","))
    frame.to_csv(wave, index=False)
    result = run("estimate", wave, "--mean", "trust", "--weight", "w")
    assert result.exit_code == 1
    assert message in result.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--mean age, --proportion approval, --quantile income"),
        (["--mean", "trust", "--total", "trust"], "--mean and --total: only one of these at a time"),
        (["--mean", "trust", "--category", "for"], "--category: belongs to --proportion, not to --mean"),
        (["--total", "trust", "--base", "all", "--interval", "beta"], "--base, --interval: belongs to --proportion"),
        (["--mean", "trust,,view"], "holds an empty name"),
        (["--mean", "trust", "--level", "12"], "--level"),
        (["--mean", "trust", "--lone-psu", "ignore"], "ignore"),
        (["--ratio", "trust"], "write one variable over another"),
        (["--quantile", "trust", "--share", "half"], "each is a number between 0 and 1"),
        (["--mean", "trust", "--share", "0.5"], "--share: belongs to --quantile, not to --mean"),
        (["--mean", "trust", "--replicates", "w"], "both --replicates and --replicate-method"),
        (["--mean", "trust", "--fay", "0.3"], "both --replicates and --replicate-method"),
        (["--mean", "trust", "--mse"], "both --replicates and --replicate-method"),
        (
            ["--mean", "trust", "--replicates", "w", "--replicate-method", "other", "--rscales", "a"],
            "factors are numbers",
        ),
        (
            ["--mean", "trust", "--replicates", "w", "--strata", "town"],
            "--strata: replicate weights stand in the place",
        ),
    ],
)
def test_wrong_usage_ends_with_exit_code_2(wave: Path, options: list[str], message: str) -> None:
    result = run("estimate", wave, *options)
    assert result.exit_code == 2
    assert message in result.output


def test_unreadable_files_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "cut.sav").write_bytes(b"$FL2@(#) SPSS DATA FILE")
    (tmp_path / "wave.xyz").write_text("a,b\n1,2\n")
    for name in ("cut.sav", "wave.xyz", "nowhere.csv"):
        result = run("estimate", tmp_path / name, "--mean", "a")
        assert result.exit_code == 1
        assert name in result.output
        assert "Traceback" not in result.output


def test_design_of_a_study_folder_is_not_given_by_options(demo: Path) -> None:
    result = run("estimate", demo, "--weight", "w")
    assert result.exit_code == 2
    assert "--weight: for a study folder this stands in" in result.output
    result = run("compare", demo, "--level", "80", "--by", "sex", "--weight", "nonsense")
    assert result.exit_code == 2
    assert "--weight: for a study folder this stands in" in result.output


def test_questions_of_a_study_folder_are_not_chosen_by_options_of_estimates(demo: Path) -> None:
    result = run("compare", demo, "--proportion", "approval", "--by", "sex")
    assert result.exit_code == 2
    printed = " ".join(result.output.split())
    assert "--proportion, --by: the questions of a study folder find their published figures by themselves" in printed
    assert "--published ID" in printed and "stands in" not in printed


@pytest.mark.parametrize("verb", ["compare", "estimate"])
def test_a_source_that_does_not_exist_is_said_before_anything_else(tmp_path: Path, verb: str) -> None:
    result = run(verb, "nosuch")
    assert result.exit_code == 1
    assert "nosuch does not exist; name a data file or a study folder." in result.output
    assert "holds no study.yaml" in " ".join(run(verb, tmp_path).output.split())


def test_a_look_at_some_results_keeps_what_the_dashboard_shows(demo: Path) -> None:
    kept = {path.name: path.read_bytes() for path in (demo / "results").iterdir()}
    run("estimate", demo, "--proportion", "approval", "--by", "sex")
    run("compare", demo, "--published", "liu2022.travel")
    run("compare", demo, "--margin", "10")
    assert {path.name: path.read_bytes() for path in (demo / "results").iterdir()} == kept


def test_codes_joined_by_a_plus_are_one_category(wave: Path) -> None:
    rows = document("estimate", wave, "--proportion", "trust", "--category", "4+5")["rows"]
    assert [(row["category"], row["estimate"]) for row in rows] == [("4+5", 0.5)]


def test_compare_takes_any_data_file_and_named_figures(demo: Path) -> None:
    run("weight", demo)
    found = document(
        "compare", demo / "weighted.sav", "--weight", "weight", "--proportion", "restrict_travel",
        "--category", "support", "--published", "liu2022.travel",
    )  # fmt: skip
    row = found["rows"][0]
    assert {"published", "difference", "grade", "reasons", "verdict_sampling", "verdict_total", *COLUMNS} <= set(row)
    assert row["published"] == 0.77


def test_compare_of_a_file_needs_figures(wave: Path) -> None:
    result = run("compare", wave, "--proportion", "view")
    assert result.exit_code == 2
    assert "topline figures lists them" in result.output


def test_compare_names_the_nearest_figure(wave: Path) -> None:
    result = run("compare", wave, "--proportion", "view", "--category", "for", "--published", "liu2022.travl")
    assert result.exit_code == 1
    assert "Did you mean 'liu2022.travel'" in result.output


def test_compare_can_be_held_to_some_figures_and_another_margin(demo: Path) -> None:
    rows = document("compare", demo, "--published", "liu2022.travel", "--margin", "20")["rows"]
    assert [row["published_id"] for row in rows] == ["liu2022.travel"]
    assert rows[0]["verdict_total"] == "equivalent"


def test_compare_tells_its_sentences_in_a_language_and_gives_machines_all_of_them(demo: Path, tmp_path: Path) -> None:
    asked = ("compare", demo, "--published", "liu2022.travel")
    result = run(*asked, "--language", "de", "--html", tmp_path / "page.html")
    assert "72,3 % hier (n = 2.004) gegenüber 77 % veröffentlicht" in " ".join(result.stdout.split())
    assert "The sentences are in German; everything else is in English." in result.stdout
    assert 'lang="de">72,3 % hier' in (tmp_path / "page.html").read_text(encoding="utf-8")
    (row,) = document(*asked, "--language", "zh")["rows"]
    assert [row[name][:4] for name in ("sentence", "sentence_de", "sentence_zh")] == ["72.3", "72,3", "本次调查"]


def test_compare_takes_a_base_and_the_people_of_the_figures_on_the_users_word(demo: Path) -> None:
    told = ("compare", demo, "--published", "liu2022.travel", "--base", "all", "--bridge-to")
    (row,) = document(*told, "urban 18-59")["rows"]
    repaired = [reason for reason in row["reasons"] if reason.startswith("repaired")]
    assert len(repaired) == 2
    assert any("restricted to urban 18-59 (" in reason for reason in repaired)
    assert len(row["repairs"]) == len(row["reasons"])
    result = run(*told, "urban 18-65")
    assert result.exit_code == 1
    assert "ages 18-65 cannot be cut from age4 (18 to 29, 30 to 44, 45 to 59, 60 or over)" in " ".join(
        result.output.split()
    )


def test_study_yaml_names_frames_and_a_base(demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    shutil.copytree(demo, folder)
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    told = (
        "compare:\n  base: excluding_dont_know\n  bridge_to: towns\n  frames:\n    towns:\n"
        "      where: {urban: In a city or town}\n      margins: cn-adults-2020\n      on: sex\n"
        "      missing: own_class\n      studies: [liu2022]\n"
    )
    (folder / "study.yaml").write_text(text.replace("compare:\n", told), encoding="utf-8")
    rows = {row["published_id"]: row for row in document("compare", folder)["rows"]}
    travel = " ".join(rows["liu2022.travel"]["reasons"])
    assert "and post-stratified to cn-adults-2020 on sex" in travel
    assert "the published base is taken to be those who gave an answer, on your word" in travel
    assert "restricted to" not in " ".join(rows["kostka2019.approval"]["reasons"])
    assert run("compare", folder, "--bridge-to", "town").exit_code == 1
    apart = document("compare", folder, "--published", "sinus2019.system")["rows"]  # its base is known: no matter
    assert {row["grade"] for row in apart} == {"not_comparable"}


def test_weight_shows_margins_and_writes_the_weights(demo: Path) -> None:
    result = run("weight", demo)
    assert "cn-netizens-2023" in result.output
    assert "effective n" in result.output
    weighted = read_study(demo / "weighted.sav")
    assert weighted.frame["weight"].sum() == pytest.approx(len(weighted.frame))
    assert document("weight", demo)["rows"]


def test_check_lists_all_findings_and_fails(tmp_path: Path) -> None:
    assert run("new", tmp_path / "study").exit_code == 0
    path = tmp_path / "study" / "questionnaire.yaml"
    assert run("check", tmp_path / "study").exit_code == 0
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("type: select_one", "type: selekt_one", 1).replace("languages: [en", "languages: [fr, en")
    )
    result = run("check", path)
    assert result.exit_code == 1
    assert "selekt_one" in result.output and "fr" in result.output
    assert "Mend the errors before fielding." in result.output
    as_json = json.loads(run("check", path, "--json").stdout)
    assert as_json["method"]["errors"] == sum(row["severity"] == "error" for row in as_json["rows"]) > 1


def test_check_reads_study_yaml_over_as_well(tmp_path: Path) -> None:
    study = tmp_path / "study"
    run("new", study)
    plan = (study / "study.yaml").read_text(encoding="utf-8")
    for broken, message in (
        (plan.replace("cn-netizens-2023", "nofile.csv"), "nofile.csv"),
        (plan.replace("cn-netizens-2023", "cn-netizens"), "Did you mean 'cn-netizens-2023'?"),
        (plan.replace("on: [sex, age4", "on: [sex, age5"), "there is no dimension 'age5'. Did you mean 'age4'?"),
        (plan.replace("[0.2, 5.0]", "[5.0, 0.2]"), "weighting, bounds: [5, 0.2] does not lie around 1"),
        (plan.replace("2026-10-31", "2026-13-01"), "field_end: 2026-13-01 is not a date"),
        (plan.replace("strata: []", "strata: provnce"), "there is no question 'provnce'"),
        (plan + "colour: blue\n", "the key 'colour' is not known here"),
    ):
        (study / "study.yaml").write_text(broken, encoding="utf-8")
        for path in (study, study / "study.yaml"):
            result = run("check", path)
            assert result.exit_code == 1, message
            assert message in result.output
    own = (study / "questionnaire.yaml").read_text(encoding="utf-8").replace("name: social-credit", "name: buses", 1)
    (study / "questionnaire.yaml").write_text(own, encoding="utf-8")
    (study / "study.yaml").write_text(plan, encoding="utf-8")
    warned = run("check", study)
    assert warned.exit_code == 0
    assert "the questionnaire is 'buses'; describe your study" in warned.output


def test_a_file_with_incomplete_interviews_says_so(demo: Path) -> None:
    whole = run("estimate", demo / "answers.sav", "--mean", "hours_online", "--json")
    assert "316 incomplete interviews among the 2,400" in whole.stderr
    complete = run("estimate", demo / "answers.sav", "--mean", "hours_online", "--complete", "--json")
    assert complete.stderr == ""
    assert json.loads(complete.stdout)["method"]["n"] == 2400 - 316


def test_new_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    assert run("new", tmp_path).exit_code == 1


def test_simulated_and_real_answers_never_mix(tmp_path: Path) -> None:
    run("new", tmp_path / "study")
    answered(tmp_path / "study" / "answers.db")
    (tmp_path / "study" / "simulation.json").write_text('{"stores": []}')
    refused = run("simulate", tmp_path / "study", "--n", "5")
    assert refused.exit_code == 1
    assert "were not simulated; nothing was changed" in refused.output

    run("new", tmp_path / "rehearsal")
    assert run("simulate", tmp_path / "rehearsal", "--n", "5").exit_code == 0
    fielded = run("field", tmp_path / "rehearsal", "--port", "0")
    assert fielded.exit_code == 1
    assert "holds simulated answers" in fielded.output


def answered(store: Path) -> None:
    """Keep the answers of one real respondent."""
    with AnswerStore.open(store) as opened:
        opened.add([Interview("a1", "zh", 7, "complete", "2026-03-01", "3f", {"sex": "2"}, "you")])


def test_a_simulation_replaces_an_earlier_one_and_nothing_else(tmp_path: Path) -> None:
    study = tmp_path / "study"
    run("new", study)
    assert run("simulate", study, "--n", "40").exit_code == 0
    assert run("export", study).exit_code == 0
    (study / "answers.db.backup").write_text("mine")
    assert run("simulate", study, "--n", "30", "--seed", "2").exit_code == 0
    assert (study / "answers.db.backup").read_text() == "mine"
    assert not (study / "answers.sav").exists()
    with AnswerStore.open(study / "answers.db") as store:
        assert len(store.interviews()) == 30


def test_a_document_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    study = tmp_path / "study"
    run("new", study)
    (study / "simulation.json").write_text("[1, 2]")
    refused = run("simulate", study, "--n", "5")
    assert refused.exit_code == 1
    assert "was not written by a simulation" in refused.output
    assert (study / "simulation.json").read_text() == "[1, 2]"


def test_answers_that_came_in_since_the_export_are_announced(tmp_path: Path) -> None:
    study = tmp_path / "study"
    run("new", study)
    run("simulate", study, "--n", "60")
    run("export", study)
    assert run("estimate", study, "--mean", "hours_online").stderr == ""
    answered(study / "answers.db")
    late = run("estimate", study, "--mean", "hours_online")
    assert late.exit_code == 0
    assert "answers.db holds 1 answered page that answers.sav lacks" in late.stderr


def test_export_without_answers_names_the_next_verb(tmp_path: Path) -> None:
    run("new", tmp_path / "study")
    result = run("export", tmp_path / "study")
    assert result.exit_code == 1
    assert "topline field" in result.output and "topline simulate" in result.output


def test_exported_data_say_that_they_are_simulated(demo: Path) -> None:
    assert "simulated respondents; no person was asked" in read_study(demo / "answers.sav").codebook.notes


def test_labels_come_in_the_language_asked_for(demo: Path, tmp_path: Path) -> None:
    assert run("export", demo, "--to", tmp_path / "zh.sav", "--language", "zh").exit_code == 0
    assert read_study(tmp_path / "zh.sav").codebook["sex"].labels[1] == "男"


def test_figures_are_listed_and_shown_with_their_badge(demo: Path) -> None:
    assert "liu2022.travel" in run("figures").output
    assert "liu2022" not in run("figures", "list", "--country", "DE").output
    shown = run("figures", "show", "liu2022.travel").output
    assert "as quoted in an essay; not seen in the source" in shown
    assert "1,173" in shown
    assert document("figures", "list", "--study", "essay")["rows"][0]["figure_id"] == "essay.support"
    assert document("figures")["method"]["figures"] > 20
    assert run("figures", "show", "liu2022.travl").exit_code == 1


def test_doctor_says_how_far_a_study_has_come(demo: Path, tmp_path: Path) -> None:
    assert run("doctor", demo).exit_code == 0
    assert document("doctor", demo)["method"]["healthy"] is True
    assert run("doctor", tmp_path).exit_code == 1


def test_interrupt_ends_quietly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from topline.data import study_folder

    def interrupted(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(study_folder, "new_folder", interrupted)
    result = run("new", tmp_path / "study")
    assert result.exit_code == 130
    assert "Stopped" in result.output
