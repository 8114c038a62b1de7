"""The verbs that tabulate, as typed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from topline.cli import main


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
    path = tmp_path / "wave.csv"
    views, sexes, ages = ["for", "against", "for", "for"], ["f", "f", "m", "m"], [1, 2, 1, 2, 2]
    frame = pd.DataFrame({"view": views * 20, "sex": sexes * 20, "age": (ages * 16), "w": [1.0, 2.0] * 40})
    frame.to_csv(path, index=False)
    return path


def test_a_crosstab_of_a_file_gives_every_percentage(wave: Path) -> None:
    rows = document("crosstab", wave, "view", "sex", "--weight", "w")["rows"]
    women = {row["row"]: row for row in rows if row["column"] == "f" and row["percent"] == "column"}
    assert women["for"]["estimate"] == pytest.approx(1 / 3)
    assert {row["percent"] for row in rows} == {"row", "column", "total"}


def test_a_crosstab_of_a_study_folder_takes_its_design(demo: Path) -> None:
    found = document("crosstab", demo, "approval", "sex", "--percent", "row", "--where", "age4 >= 2")
    assert found["method"]["weighting"]
    assert found["method"]["subpopulation"] == "age4 >= 2"
    assert run("crosstab", demo, "approval", "sex", "--weight", "w").exit_code == 2


def test_a_test_of_independence_alone(wave: Path) -> None:
    (row,) = document("crosstab", wave, "view", "sex", "--test", "wald")["rows"]
    assert 0 <= row["p"] <= 1
    assert "Independence" in run("crosstab", wave, "view", "sex").stdout


def test_a_banner_is_printed_with_its_letters(wave: Path) -> None:
    result = run("banner", wave, "--rows", "view", "--columns", "sex,sex*age", "--level", "95,90", "--holm")
    assert result.exit_code == 0, result.output
    assert "(A)" in result.stdout and "100.0% A" in result.stdout and "sex × age" in result.stdout


def test_a_banner_is_written_for_excel_and_the_web(demo: Path, tmp_path: Path) -> None:
    result = run("banner", demo, "--columns", "sex", "--xlsx", tmp_path / "t.xlsx", "--html", tmp_path / "t.html")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"Wrote {tmp_path / 't.html'} and {tmp_path / 't.xlsx'}.\n"
    assert len(load_workbook(tmp_path / "t.xlsx").sheetnames) >= 2
    page = (tmp_path / "t.html").read_text()
    assert page.count("<table") > 20 and "restrict_travel" in page


def test_a_banner_gives_its_cells_to_machines(wave: Path) -> None:
    found = document("banner", wave, "--rows", "view", "--columns", "sex")
    assert list(found) == ["method", "rows"]
    women = next(row for row in found["rows"] if row["column"] == "f" and row["category"] == "for")
    assert (women["estimate"], women["letter"], women["higher_than"]) == (0.5, "A", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rows", "view"], "--columns sex,age4"),
        (["--columns", "sex"], "--rows approval,trust_local"),
        (["--rows", "view", "--columns", "sex", "--level", "high"], "levels are percentages"),
        (["--rows", "view", "--columns", "sex", "--level", "95,90,80"], "one level or two"),
    ],
)
def test_wrong_usage_of_banner_ends_with_exit_code_2(wave: Path, options: list[str], message: str) -> None:
    result = run("banner", wave, *options)
    assert result.exit_code == 2
    assert message in result.output
