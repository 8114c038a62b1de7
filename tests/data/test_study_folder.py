"""The study folder: what study.yaml may say, and what happens when it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from topline.data.errors import DocumentError, FileError
from topline.data.study_folder import demo_folder, new_folder, read_folder


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_new_folder_holds_a_study_that_can_be_read(tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "wave" / "one")
    assert folder.questionnaire.is_file()
    assert folder.plan.weighting.on == ("sex", "age4", "urban")
    assert folder.plan.weighting.bounds == (0.2, 5.0)
    assert folder.description.sample_type == "nonprobability"
    assert folder.description.note == ""


def test_new_folder_leaves_a_folder_that_holds_something_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileError, match="already holds something; nothing was changed"):
        new_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_new_folder_says_why_it_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be made: Not a directory"):
        new_folder(tmp_path / "file" / "study")


def test_folder_without_study_yaml_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"holds no study\.yaml\. Make one with: topline new"):
        read_folder(tmp_path)
    with pytest.raises(FileError, match="does not exist"):
        read_folder(tmp_path / "nowhere")
    (tmp_path / "wave.csv").write_text("a\n1\n")
    with pytest.raises(FileError, match=r"wave\.csv is a file; this verb works on a study folder"):
        read_folder(tmp_path / "wave.csv")


def test_all_findings_of_study_yaml_come_at_once_with_their_lines(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        "title: Wave 1\n"
        "populaton: Adults\n"
        "field_start: March 2026\n"
        "design:\n"
        "  lone_psu: ignore\n"
        "weighting:\n"
        "  bounds: [low, 3]\n"
        "disclosure:\n"
        "  minimum_base: thirty\n",
    )
    with pytest.raises(DocumentError) as caught:
        read_folder(folder)
    message = str(caught.value)
    assert "the key 'population' is missing" in message
    assert "line 2, populaton: the key 'populaton' is not known here. Did you mean 'population'?" in message
    assert "line 3, field_start" in message
    rules = "'fail', 'centre', 'certainty', 'average' or 'collapse'"
    assert f"line 5, design, lone_psu: 'ignore' is not one of {rules}" in message
    assert "line 7, weighting, bounds" in message and "'low' is not a number" in message
    assert "line 9, disclosure, minimum_base: 'thirty' is not a whole number" in message
    assert len(caught.value.findings) == 6


def test_field_dates_in_the_wrong_order_are_refused(tmp_path: Path) -> None:
    folder = written(tmp_path, "title: W\npopulation: P\nfield_start: 2026-05\nfield_end: 2026-04-30\n")
    with pytest.raises(DocumentError, match="field_end 2026-04-30 lies before field_start 2026-05"):
        read_folder(folder)


def test_field_dates_of_unequal_precision_are_accepted(tmp_path: Path) -> None:
    folder = written(tmp_path, "title: W\npopulation: P\nfield_start: 2026-05-12\nfield_end: 2026-05\n")
    assert read_folder(folder).plan.field_end == "2026-05"


def test_one_name_may_stand_where_a_list_may(tmp_path: Path) -> None:
    folder = written(tmp_path, "title: W\npopulation: P\nmodes: telephone\ndesign:\n  strata: province\n  psu:\n")
    plan = read_folder(folder).plan
    assert (plan.modes, plan.design.strata, plan.design.psu) == (("telephone",), ("province",), ())


def test_study_without_exported_data_names_the_next_verb(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no answers have been exported yet\. Run: topline export"):
        new_folder(tmp_path / "study").study()


def test_margins_come_from_the_folder_or_from_those_shipped(tmp_path: Path) -> None:
    shipped = new_folder(tmp_path / "study")
    assert "sex" in (shipped.margins() or {})
    own = written(tmp_path, "title: W\npopulation: P\nweighting:\n  margins: margins.csv\n")
    (own / "margins.csv").write_text(
        "dimension,category,share,source,date,grade\nsex,1,0.49,register,2026,verified\nsex,2,0.51,register,2026,verified\n"
    )
    assert dict(read_folder(own).margins() or {})["sex"] == {"1": 0.49, "2": 0.51}


def test_study_without_margins_is_not_raked(tmp_path: Path) -> None:
    assert read_folder(written(tmp_path, "title: W\npopulation: P\n")).margins() is None


def test_simulated_study_says_so_in_its_description(tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "study")
    folder.simulation.write_text('{"stores": ["3f"]}')
    assert read_folder(folder.path).description.note == "simulated respondents; no person was asked"


def test_demo_keeps_a_study_folder_that_is_there(tmp_path: Path) -> None:
    first = demo_folder(tmp_path / "demo")
    (first.path / "study.yaml").write_text("title: Mine\npopulation: P\n")
    assert demo_folder(tmp_path / "demo").plan.title == "Mine"
