"""A recipe in study.yaml: checked before fielding, carried out by every verb that weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from topline.cli import main
from topline.data.files import read_study

STUDY = """\
title: Trust in offices
population: Adults in three towns
data: sample.csv
design: {psu: town}
weighting:
  margins: margins.csv
  steps:
    - base_weights: {probability: p}
    - nonresponse: {responded: answered, within: [age, sex]}
    - rake: {bounds: [0.4, 2.5]}
    - trim: {multiple: 5}
  replicates: {method: rao_wu_yue, replicates: 40, seed: 1}
"""
MARGINS = """\
dimension,category,share,source,date,grade
sex,f,0.5,Census,2020,verified
sex,m,0.5,Census,2020,verified
age,old,0.45,Census,2020,recalled
age,young,0.55,Census,2020,recalled
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(3)
    sample = pd.DataFrame({"town": np.repeat(range(30), 20), "p": 0.05})
    sample["sex"] = random.choice(["f", "m"], 600)
    sample["age"] = random.choice(["old", "young"], 600)
    sample["answered"] = (random.random(600) < 0.4 + 0.3 * (sample["age"] == "old")).astype(int)
    sample["trust"] = np.where(sample["answered"], random.integers(1, 6, 600), np.nan)
    sample.to_csv(tmp_path / "sample.csv", index=False)
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "margins.csv").write_text(MARGINS, encoding="utf-8")
    return tmp_path


def test_weight_carries_out_the_recipe_and_writes_the_respondents_with_their_weights(folder: Path) -> None:
    result = run("weight", folder)
    assert result.exit_code == 0, result.output
    for told in ("multiplied by 1 / p", "adjusted for nonresponse within age, sex", "raked on sex, age", "trimmed at"):
        assert told in result.output
    assert "from memory; put the official table beside it" in result.output.replace("\n  ", " ")
    weighted = read_study(folder / "weighted.csv").frame
    assert weighted["answered"].eq(1).all()
    assert [name for name in weighted if name.startswith("repw")][-1] == "repw40"
    shares = weighted.groupby("age")["weight"].sum() / weighted["weight"].sum()
    assert shares["old"] == pytest.approx(0.45, abs=1e-9)
    assert weighted["weight"].sum() == pytest.approx(600 / 0.05)


def test_estimates_of_the_folder_know_of_the_recipe(folder: Path) -> None:
    result = run("estimate", folder, "--mean", "trust", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [step["kind"] for step in found["method"]["weighting"]] == ["base_weights", "nonresponse", "rake", "trim"]
    assert "bootstrap" in found["method"]["variance"] and "40 replicates" in found["method"]["variance"]
    assert found["rows"][0]["n"] == int(pd.read_csv(folder / "sample.csv")["answered"].sum())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("- rake: {bounds", "- rakes: {bounds", "steps, entry 3, rakes: the key 'rakes' is not known here"),
        ("within: [age, sex]", "inside: [age]", "line 9, weighting, steps, entry 2, nonresponse, inside"),
        ("bounds: [0.4, 2.5]", "bounds: [1.4, 2.5]", "does not lie around 1"),
        ("margins: margins.csv", "margins: margin.csv", "margin.csv"),
        ("multiple: 5", "multiple: much", "'much' is not a number"),
    ],
)
def test_what_is_wrong_with_a_recipe_in_a_folder_is_told_with_its_line(
    folder: Path, old: str, new: str, told: str
) -> None:
    (folder / "study.yaml").write_text(STUDY.replace(old, new), encoding="utf-8")
    result = run("weight", folder)
    assert result.exit_code == 1
    assert told in result.output
    assert not list(folder.glob("*weighted*"))


def test_a_step_that_cannot_be_carried_out_is_named(folder: Path) -> None:
    (folder / "study.yaml").write_text(STUDY.replace("within: [age, sex]", "within: [region]"), encoding="utf-8")
    result = run("weight", folder)
    assert result.exit_code == 1
    assert "study.yaml, weighting: step 2, nonresponse: " in result.output and "'region'" in result.output


def test_check_finds_columns_and_dimensions_that_a_recipe_names_and_nobody_has(tmp_path: Path) -> None:
    study = tmp_path / "study"
    assert run("new", study).exit_code == 0
    plan = (study / "study.yaml").read_text(encoding="utf-8")
    start, end = plan.index("weighting:"), plan.index("# In percentage points.")
    steps = (
        "weighting:\n  margins: cn-netizens-2023\n  steps:\n"
        "    - nonresponse: {responded: disposition == 1, within: [regio]}\n    - rake: {on: [sex, age5]}\n\n"
    )
    (study / "study.yaml").write_text(plan[:start] + steps + plan[end:], encoding="utf-8")
    result = run("check", study)
    assert result.exit_code == 1
    output = result.output.replace("\n  ", " ")
    assert "weighting, steps, entry 1, nonresponse, within" in output and "'regio'" in output
    assert "weighting, steps, entry 2, rake, on: there is no dimension 'age5'. Did you mean 'age4'?" in output


def test_check_holds_a_recipe_against_the_data_where_there_is_no_questionnaire(folder: Path) -> None:
    right = run("check", folder)
    assert right.exit_code == 0, right.output
    assert "questionnaire.yaml" in right.output and "sample.csv" in right.output
    (folder / "study.yaml").write_text(STUDY.replace("within: [age, sex]", "within: [agee, sex]"), encoding="utf-8")
    wrong = run("check", folder)
    assert wrong.exit_code == 1
    assert "'agee'" in wrong.output and "Did you mean 'age'?" in wrong.output


def test_an_empty_list_of_steps_is_refused(folder: Path) -> None:
    start, end = STUDY.index("  steps:"), STUDY.index("  replicates:")
    (folder / "study.yaml").write_text(STUDY[:start] + "  steps: []\n" + STUDY[end:], encoding="utf-8")
    result = run("weight", folder)
    assert result.exit_code == 1
    assert "steps is empty" in result.output
