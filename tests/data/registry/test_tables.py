"""A team's own registry is read from six tables, and what breaks their schema is named with its place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from topline.data.errors import FileError, RegistryError
from topline.data.registry.figures import published, read_registry
from topline.data.registry.tables import PUBLISHED


def test_a_teams_own_registry_is_read_like_the_shipped_one(registry_folder):
    registry = read_registry(registry_folder())
    figure = registry["town2024.cameras"]
    assert (figure.value, figure.n, figure.moe, figure.moe_basis) == (0.6, 1000, 0.031, "pollster_stated")
    assert figure.study.modes == ("telephone", "web")
    assert registry.relation("own.cameras", "town2024.cameras").relation == "same_wording"
    assert figure.doubts == ()


def test_a_model_based_margin_may_stand_beside_an_opt_in_panel(registry_folder):
    folder = registry_folder(("study", {"sample_type": "nonprobability", "moe_basis": "model_based"}))
    assert read_registry(folder)["town2024.cameras"].moe_basis == "model_based"


def test_sources_that_disagree_stand_side_by_side_and_show_on_the_badge(registry_folder):
    other = {"source_id": "town2024.cameras.2", "quoted_value": "62", "quoted": "62 percent", "provenance": "secondary"}
    figure = read_registry(registry_folder(source=[other]))["town2024.cameras"]
    assert figure.value == 0.6
    assert [source.value for source in figure.conflicts] == [0.62]
    assert figure.badge == "seen in the publisher's own report; sources disagree"
    assert figure.doubts == ("Town (2024), table 1 gives '62 percent'.",)


def test_the_grade_is_that_of_the_best_source_that_gives_this_value(registry_folder):
    recalled = ("source", {"provenance": "recalled"})
    better = {"source_id": "town2024.cameras.2", "provenance": "secondary"}
    contradicting = {"source_id": "town2024.cameras.3", "provenance": "verified", "quoted_value": "62"}
    registry = read_registry(registry_folder(recalled, source=[better, contradicting]))
    assert registry["town2024.cameras"].provenance == "secondary"


def test_own_numbers_of_a_figure_come_before_the_studys(registry_folder):
    cells = {"n_unweighted": "480", "lower": "55.5", "upper": "64.5"}
    figure = read_registry(registry_folder(("estimate", cells)))["town2024.cameras"]
    assert (figure.n, figure.lower, figure.upper) == (480, 0.555, 0.645)


@pytest.mark.parametrize(
    ("table", "cells", "problem"),
    [
        ("study", {"sample_type": "random"}, "town2024, sample_type: 'random' is not one of probability, nonprob"),
        ("study", {"title": ""}, "town2024, title: is empty; it must be given: Title of the publication."),
        ("study", {"field_start": "02/2024"}, "town2024, field_start: '02/2024' is not written as expected"),
        ("study", {"n_interviews": "1,000"}, "n_interviews: '1,000' is not a whole number written like 1173."),
        ("study", {"n_interviews": "1"}, "n_interviews: is 1; it must be at least 2."),
        ("study", {"moe_pp": "60"}, "moe_pp: is 60; it must be from 0.01 to 50."),
        ("estimate", {"value": "60%"}, "town2024.cameras, value: '60%' is not a number written like 3.60."),
        ("scale", {"valence": "2"}, "yesno 1, valence: is 2; it must be one of -1, 0, 1."),
        (
            "item",
            {"scale_id": "yesnoo"},
            "town2024.cameras, scale_id: 'yesnoo' is not in scale.csv. Did you mean 'yesno'?",
        ),
        ("estimate", {"item_id": "town2024.camera"}, "item_id: 'town2024.camera' is not in item.csv."),
        ("study", {"study_id": ""}, "a row without a name, study_id: is empty"),
    ],
)
def test_a_cell_that_breaks_the_schema_is_named_with_table_line_and_remedy(
    table, cells, problem, registry_folder, refused
):
    place, words = problem.split(": ", 1)
    line = refused(registry_folder((table, cells)))[0]
    assert re.match(rf"{table}\.csv, line 2, (.*, )?{re.escape(place)}, rule '[a-z ]+': {re.escape(words)}", line), line


def test_all_findings_of_all_tables_come_at_once(registry_folder, refused):
    folder = registry_folder(
        ("study", {"modes": "smoke signals"}),
        ("scale", {"kind": "maybe"}),
        ("comparison", {"relation": "twins"}),
        ("source", {"provenance": "certain"}),
    )
    files = {line.split(",")[0] for line in refused(folder)}
    assert files >= {"study.csv", "scale.csv", "comparison.csv", "source.csv"}


def test_a_repeated_key_is_refused_with_both_lines(registry_folder, refused):
    lines = refused(registry_folder(study=[{"title": "Again"}]))
    assert lines == [
        "study.csv, line 3, town2024, study_id, rule 'a name stands once': 'town2024' stands already on line 2; "
        "give it another study_id."
    ]


def test_tables_that_are_missing_empty_or_of_another_kind_are_each_named(registry_folder, refused):
    folder = registry_folder()
    (folder / "study.csv").unlink()
    (folder / "item.csv").write_text("", encoding="utf-8")
    (folder / "scale.csv").write_text("scale_id;code;label\nx;1;Yes\n", encoding="utf-8")
    (folder / "source.csv").write_text("source_id,figre_id,source_id\n", encoding="utf-8")
    (folder / "comparison.csv").write_text('other_id,item_id,relation,reason\n"own.a,b\n', encoding="utf-8")
    text = "\n".join(refused(folder))
    assert (
        "study.csv, rule 'a registry has its tables': the table is missing; a registry has study.csv, item.csv" in text
    )
    assert "item.csv, line 1, rule 'the file is a table': the file is empty" in text
    assert "scale.csv, line 1, rule 'the file is a table': columns are separated by ';'" in text
    assert "source.csv, line 1, column 'source_id', rule 'the file is a table': stands more than once" in text
    assert "comparison.csv, line 2, rule 'the file is a table': this is not CSV" in text
    assert "leads to a row" not in text, "what is not read is not blamed"


def test_unknown_and_missing_columns_are_named_with_the_nearest(registry_folder, refused):
    folder = registry_folder()
    path = folder / "source.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("figure_id", "figre_id", 1), encoding="utf-8")
    text = "\n".join(refused(folder))
    assert "source.csv, line 1, column 'figre_id', rule 'columns have their names': is not known here. Did you" in text
    assert "column 'figure_id', rule 'columns have their names': is missing: Figure it supports or contradicts." in text


def test_a_row_of_another_length_is_found_on_its_own_line(registry_folder, refused):
    folder = registry_folder(("comparison", {"reason": "one\nline\nmore"}))
    with (folder / "comparison.csv").open("a", encoding="utf-8") as file:
        file.write("own.b,town2024.cameras,same_construct,because, of a comma\n")
    assert refused(folder) == [
        "comparison.csv, line 5, rule 'the file is a table': has 5 cells, the header 4. Put quotes around a text that "
        "holds a comma."
    ]


def test_a_folder_that_is_none_and_a_table_of_another_encoding_are_refused(registry_folder, tmp_path):
    with pytest.raises(FileError, match="is not a folder; a registry of published figures is a folder of CSV tables"):
        read_registry(tmp_path / "absent")
    folder = registry_folder()
    (folder / "study.csv").write_bytes("study_id,title\nx,Städte\n".encode("latin-1"))
    with pytest.raises(FileError, match=r"study\.csv is not UTF-8 text \(byte 20 is 0xe4\)"):
        read_registry(folder)


def test_the_shipped_registry_reads_the_same_from_a_copy_with_a_byte_order_mark(tmp_path):
    folder = Path(shutil.copytree(PUBLISHED, tmp_path / "copy"))
    for path in folder.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert dict(read_registry(folder)) == dict(published())


def test_a_margin_of_error_from_memory_is_a_doubt_of_the_figures_it_belongs_to(registry_folder):
    men = {"figure_id": "town2024.cameras_men", "subgroup": "men"}
    source = {"source_id": "town2024.cameras_men.1", "figure_id": "town2024.cameras_men"}
    recalled = ("study", {"moe_provenance": "recalled"})
    registry = read_registry(registry_folder(recalled, estimate=[men], source=[source]))
    assert registry["town2024.cameras"].doubts == ("The margin of error is from memory.",)
    assert "The margin of error is from memory." not in registry["town2024.cameras_men"].doubts


def test_shipped_margins_say_how_they_are_known():
    known = {study.study_id: study.moe_provenance for study in published().studies.values() if study.moe is not None}
    recalled = {"pew2018_algorithms", "pew2021_enhancement", "pew2022_workers", "pew2021_concern", "pew2022_concern"}
    assert known == dict.fromkeys(sorted(recalled), "recalled") | dict.fromkeys(
        ["pew2019_face", "pew2019_privacy", "ard2017"], "secondary"
    )
    assert "The margin of error is from memory." in published()["pew2022_workers.final_decision"].doubts
    assert all(not study.moe_provenance for study in published().studies.values() if study.moe is None)


def test_a_table_without_rows_is_found_once_not_for_every_name_that_leads_there(registry_folder, refused):
    men = {"figure_id": "town2024.cameras_men", "subgroup": "men"}
    source = {"source_id": "town2024.cameras_men.1", "figure_id": "town2024.cameras_men"}
    folder = registry_folder(estimate=[men], source=[source])
    header = (folder / "estimate.csv").read_text(encoding="utf-8").splitlines()[0]
    (folder / "estimate.csv").write_text(header + "\n", encoding="utf-8")
    assert refused(folder) == [
        "estimate.csv, rule 'a name leads to a row': the table has no rows, but 2 rows of source.csv name one of it, "
        "first 'town2024.cameras'. Add its rows."
    ]


def test_names_that_may_stand_on_a_line_that_could_not_be_read_are_not_blamed(registry_folder, refused):
    folder = registry_folder()
    path = folder / "estimate.csv"
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + ",,,\n", encoding="utf-8")
    lines = refused(folder)
    assert len(lines) == 1 and "estimate.csv, line 2, rule 'the file is a table': has 15 cells" in lines[0]


def test_a_teams_figures_beside_the_shipped_ones_need_their_sources(registry_folder):
    folder = registry_folder()
    (folder / "source.csv").unlink()
    with pytest.raises(RegistryError) as caught:
        read_registry(folder, with_shipped=True)
    (line,) = str(caught.value).splitlines()
    assert "source.csv, rule 'a registry has its tables': the table is missing" in line
    assert "and claim.csv where there are claims" in line


def test_a_registry_may_do_without_claims(registry_folder):
    folder = registry_folder()
    (folder / "claim.csv").unlink()
    assert read_registry(folder).claims == {}
