"""The verbs of published figures, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import topline as tl
from topline.analysis.recipe import compared
from topline.analysis.sampling.design import Design
from topline.cli import main
from topline.data.codebook import Codebook, Study, Variable
from topline.data.registry.table_schema import PUBLISHED
from topline.data.registry.worksheet import template
from topline.data.study_folder import new_folder, read_folder


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(main, ["figures", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


def document(*arguments: object) -> dict:
    return json.loads(run(*arguments, "--json"))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new study with the template's example added to it."""
    folder = new_folder(tmp_path_factory.mktemp("study") / "my-study")
    header, _, example = template().splitlines()
    worksheet = folder.path / "mine.csv"
    worksheet.write_text(f"{header}\n{example.removeprefix('# ')}\n", encoding="utf-8")
    assert "Added 1 figure to" in run("add", worksheet, folder.path)
    return folder.path


def test_figures_alone_lists_them_all():
    assert run() == run("list")
    assert document()["method"]["figures"] == len(document("list")["rows"])


def test_a_list_takes_every_condition_and_several_names_of_each():
    rows = document(
        "list", "--topic", "social_credit", "--country", "CN,DE", "--mode", "web", "--provenance", "as_quoted",
        "--since", "2020", "--population", "urban adult", "--study", "liu2022,sinus2019", "--item", "liu2022.travel",
    )["rows"]  # fmt: skip
    assert [(row["figure_id"], row["badge"]) for row in rows] == [
        ("liu2022.travel", "as quoted in an essay; not seen in the source")
    ]


def test_a_search_names_what_has_all_words():
    text = run("search", "restrict", "travel", "--country", "CN")
    assert text.splitlines()[1].startswith("liu2022.travel  77%")
    assert "as quoted: as quoted in an essay; not seen in the source." in text
    assert document("search", "restrict travel")["method"]["words"] == "restrict travel"


def test_a_search_without_result_says_so_and_which_words_do_occur():
    text = run("search", "travel qqqq", "--study", "liu2022")
    assert text == "No published figure has all of these words.\n'travel' occurs in 1 figure; 'qqqq' in none.\n"
    assert document("search", "qqqq")["rows"] == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("liu2022.travel", "badge            as quoted in an essay; not seen in the source"),
        ("liu2022.subway", "figure           none is known"),
        ("liu2022", "interviews  1,173 (verified)"),
        ("essay.businesses", "verdict     a share of policy documents, not of firms or people"),
    ],
)
def test_show_takes_a_figure_an_item_a_study_and_a_claim(name, line):
    assert line in run("show", name).splitlines()
    assert document("show", name)["rows"]


def test_a_name_that_is_nothing_is_one_line_with_the_nearest():
    assert run("show", "liu2022.travl", code=1).startswith(
        "Error: there is no published figure, item, study or claim 'liu2022.travl'. Did you mean 'liu2022.travel'"
    )
    assert "there is no published mode 'phone'" in run("list", "--mode", "phone", code=1)
    assert "since is 'yesterday'; write a year, a month or a day" in run("list", "--since", "yesterday", code=1)


def test_claims_are_listed_with_their_verdicts():
    assert "a share of policy documents, not of firms or people" in run("claims")
    assert {row["verdict"] for row in document("claims")["rows"]} >= {"documents_read_as_people", "not_located"}


def test_a_template_is_printed_or_written_once(tmp_path):
    assert run("template") == template()
    path = tmp_path / "mine.csv"
    assert f"Wrote {path}. Fill it in" in run("template", "--to", path)
    assert path.read_text(encoding="utf-8") == template()
    assert "exists already; nothing was written" in run("template", "--to", path, code=1)


def test_own_figures_are_listed_searched_and_shown_with_their_folder(study):
    assert "town2024.cameras" in run("list", "--in", study, "--study", "town2024")
    assert "town2024.cameras" in run("search", "cameras public squares", "--in", study)
    assert "Town survey 2024" in run("show", "town2024.cameras", "--in", study)
    assert run("claims", "--in", study) == run("claims")
    run("show", "town2024.cameras", code=1)


def test_adding_again_is_refused_with_the_line(study):
    text = run("add", study / "mine.csv", study, code=1)
    assert "mine.csv, line 2, town2024.cameras, figure, rule 'a name stands once'" in text
    assert "Traceback" not in text


def test_what_was_added_can_be_had_as_a_document(tmp_path):
    folder = new_folder(tmp_path / "study").path
    header, _, example = template().splitlines()
    (folder / "mine.csv").write_text(f"{header}\n{example.removeprefix('# ')}\n", encoding="utf-8")
    assert document("add", folder / "mine.csv", folder)["rows"][0]["badge"] == "seen in the publisher's own report"


def test_check_counts_what_is_sound_and_lists_what_is_not(study, tmp_path):
    assert run("check").startswith("the figures that ship with topline: every rule is kept.\n")
    assert (
        run("check", study)
        == f"{study / 'figures'}: every rule is kept.\n1 study, 1 item, 1 figure, 1 verified figure\n"
    )


def test_check_lists_what_breaks_a_rule_and_counts_it(tmp_path):
    for path in PUBLISHED.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    scale = tmp_path / "scale.csv"
    scale.write_text(scale.read_text(encoding="utf-8").replace("support5,5,", "support5,6,", 1), encoding="utf-8")
    text = run("check", tmp_path, code=1)
    assert (
        "rule 'categories belong to the scale': category_set holds 5, not among the scale's codes: 1 Strongly" in text
    )
    assert text.strip().endswith("findings. Nothing of it is used until mended.")
    found = CliRunner().invoke(main, ["figures", "check", str(tmp_path), "--json"])
    assert json.loads(found.output)["method"]["findings"] == len(json.loads(found.output)["rows"]) > 0
    assert "is not a folder; a registry of published figures is a folder" in run("check", tmp_path / "absent", code=1)


@pytest.fixture(scope="module")
def cameras(study: Path) -> Design:
    """A thousand answers to a question that replicates the study's own published figure."""
    labels = {1: "Support", 2: "Rather support", 3: "Oppose"}
    variable = Variable(
        "cams",
        labels=labels,
        measure="ordinal",
        wording={"en": "Do you support or oppose cameras in public squares?"},
        scale="town2024_cameras",
        collapse={"support": (1, 2)},
        replicates=("town2024.cameras",),
    )
    answers = pd.DataFrame({"cams": [1.0] * 500 + [2.0] * 200 + [3.0] * 300})
    return Design(Study(answers, Codebook((variable,))))


@pytest.mark.parametrize("named", [(), ("town2024.cameras",)])
def test_a_comparison_finds_the_figures_of_its_own_folder(study, cameras, named):
    (row,) = compared(read_folder(study), cameras, figures=named).rows
    assert (row.published_id, row.published, row.item) == ("town2024.cameras", 0.6, "cams")
    assert row.badge == "seen in the publisher's own report"


def test_a_figure_is_replaced_and_removed_by_its_name(tmp_path):
    folder = new_folder(tmp_path / "my-study").path
    header, _, example = template().splitlines()
    (folder / "mine.csv").write_text(f"{header}\n{example.removeprefix('# ')}\n", encoding="utf-8")
    run("add", folder / "mine.csv", folder)
    assert "To correct figures that the folder has already: topline" in run("add", folder / "mine.csv", folder, code=1)
    assert "Added 1 figure to" in run("add", "--replace", folder / "mine.csv", folder)
    assert run("remove", "town2024.cameras", folder) == f"Removed town2024.cameras from {folder / 'figures'}.\n"
    assert "there is no own published figure 'town2024.cameras'" in run("remove", "town2024.cameras", folder, code=1)
    assert "ships with topline and cannot be removed" in run("remove", "liu2022.travel", folder, code=1)


def test_disputed_figures_and_answers_are_conditions_of_a_list():
    assert document("list", "--disputed")["method"]["figures"] == len(tl.published(disputed=True)) > 0
    assert document("list", "--category", "support,approve")["method"]["figures"] > 0
