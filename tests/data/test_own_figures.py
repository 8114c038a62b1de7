"""A team's own published figures: checked by the same rules, added whole or not at all, and found by every verb."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

import topline as tl
from topline.data import own_figures
from topline.data.atomic import replacing
from topline.data.errors import DocumentError, FileError, RegistryError, UnknownNameError
from topline.data.own_figures import add_figures, figures_of_folder, findings_in, remove_figures
from topline.data.registry.worksheet import COLUMNS, template
from topline.data.study_folder import new_folder, read_folder
from topline.instrument.check_folder import check_folder
from topline.instrument.reading import read_questionnaire

EXAMPLE = {column.name: column.example for column in COLUMNS}
AGAIN = dict.fromkeys([column.name for column in COLUMNS if column.table == "study"], "")


@pytest.fixture
def study(tmp_path):
    return new_folder(tmp_path / "study").path


@pytest.fixture
def worksheet(tmp_path):
    """Write a worksheet of the example row, changed, and of more rows like it."""

    def write(*rows: dict[str, str], columns: list[str] | None = None) -> Path:
        path = tmp_path / "mine.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns or list(EXAMPLE), restval="", extrasaction="ignore")
            writer.writeheader()
            writer.writerows({**EXAMPLE, **row} for row in rows)
        return path

    return write


def refused(path: Path, study: Path) -> list[str]:
    before = {file.name: file.read_bytes() for file in (study / "figures").glob("*")}
    with pytest.raises(RegistryError) as caught:
        add_figures(path, study)
    assert {file.name: file.read_bytes() for file in (study / "figures").glob("*")} == before
    *lines, last = str(caught.value).splitlines()
    assert last == f"Nothing was added to {study / 'figures'}."
    return [line for line in lines if line != own_figures.REPLACE]


def test_the_example_of_the_template_is_a_sound_figure(study, tmp_path):
    header, _, example = template().splitlines()
    path = tmp_path / "mine.csv"
    path.write_text(f"{header}\n{example.removeprefix('# ')}\n", encoding="utf-8")
    (figure,) = add_figures(path, study).values()
    assert (figure.figure_id, figure.value, figure.n, figure.moe) == ("town2024.cameras", 0.6, 1000, 0.031)
    assert (figure.category_set, figure.collapse_status, figure.base) == ((1.0, 2.0), "stated", "all")
    assert [option.valence for option in figure.item.scale.options] == [1, 1, -1, None]
    assert (figure.study.country, figure.study.dates_provenance) == ("DE", "verified")
    assert figure.sources[0].citation == "Town council (2024). Town survey. Table 4."


def test_the_meanings_and_the_example_are_left_out_until_they_are_unmarked(study, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(template(), encoding="utf-8")
    assert refused(path, study) == [
        "mine.csv, line 1, the worksheet, rule 'a worksheet has figures': holds no row; rows that begin with '#' are "
        "left out."
    ]


def test_every_column_of_the_template_says_what_it_means():
    assert [column.name for column in COLUMNS if not column.meaning] == []
    assert "One of: verified, secondary, recalled, as_quoted." in template()


def test_a_study_and_a_question_are_described_on_their_first_row_alone(study, worksheet):
    item = {name: "" for name in EXAMPLE if name in ("wording", "language", "wording_status", "topic", "scale")}
    men = {
        **AGAIN,
        **item,
        "construct": "",
        "study": "town2024",
        "subgroup": "men",
        "value": "64",
        "as_printed": "",
        "quoted": "",
    }
    against = {**AGAIN, **item, "construct": "", "study": "town2024", "category": "oppose", "counted": "3"}
    more = {"value": "33", "as_printed": "33%", "quoted": ""}
    lenses = {"item": "lenses", "figure": "lenses", "wording": "And lenses?"}
    added = add_figures(worksheet({}, men, against | more, lenses), study)
    assert list(added) == [
        "town2024.cameras", "town2024.cameras_support_men", "town2024.cameras_oppose", "town2024.lenses",
    ]  # fmt: skip
    assert added["town2024.cameras_support_men"].as_printed == "64%"
    assert added["town2024.lenses"].item.scale.scale_id == "town2024_cameras", "the same options are one scale"


def test_figures_of_several_countries_keep_their_country(study, worksheet):
    several = {"region": "2 countries", "country": "", "moe_pp": "", "moe_basis": ""}
    added = add_figures(
        worksheet(several, several | {"country": "DE", "n": "500"}, several | {"country": "GB", "n": "500"}), study
    )
    assert [(name, figure.country) for name, figure in added.items()] == [
        ("town2024.cameras", ""),
        ("town2024.cameras_support_de", "DE"),
        ("town2024.cameras_support_gb", "GB"),
    ]
    later = add_figures(worksheet({**AGAIN, "study": "town2024", "country": "FR"}), study)
    assert later["town2024.cameras_support_fr"].country == "FR"


def test_a_figure_of_a_shipped_question_needs_only_its_names(study, worksheet):
    known = {"study": "liu2022", "item": "travel", "category": "oppose", "counted": "1;2", "value": "9"}
    row = (
        dict.fromkeys(EXAMPLE, "") | known | {"base": "unknown", "provenance": "recalled", "collapse_status": "assumed"}
    )
    added = add_figures(worksheet(row), study)
    figure = added["liu2022.travel_oppose"]
    assert figure.item == tl.published().questions["liu2022.travel"]
    assert figure.badge == "from memory; not seen in print"
    assert figure.sources[0].citation.startswith("Liu, C. (2022).")


def test_what_is_said_again_of_a_known_study_may_be_said_in_the_same_words(study, worksheet):
    add_figures(worksheet({}), study)
    added = add_figures(worksheet({"subgroup": "men", "value": "61", "as_printed": "61%", "quoted": ""}), study)
    assert list(added) == ["town2024.cameras_support_men"]
    assert refused(worksheet({"subgroup": "women", "title": "Village survey"}), study) == [
        "mine.csv, line 2, town2024, title, rule 'a study is described once': 'Village survey' is not what is known of "
        "study 'town2024' ('Town survey 2024'); leave it empty, or use another name."
    ]
    changed = {"subgroup": "women", "scale": "1 Yes (+) | 2 No (-)"}
    assert (
        "('1 Support (+) | 2 Rather support (+) | 3 Oppose (-) | 98 Don't know (dk)')"
        in refused(worksheet(changed), study)[0]
    )


def test_a_name_that_is_taken_is_refused_with_its_line_and_the_remedy(study, worksheet):
    add_figures(worksheet({}), study)
    assert refused(worksheet({}), study) == [
        "mine.csv, line 2, town2024.cameras, figure, rule 'a name stands once': 'town2024.cameras' stands already in "
        "figures/estimate.csv, line 2; take this row out, or give it another figure."
    ]
    shipped = dict.fromkeys(EXAMPLE, "") | {"study": "liu2022", "item": "travel", "category": "support", "value": "77"}
    lines = refused(worksheet(shipped | {"base": "unknown", "provenance": "recalled"}), study)
    assert "'liu2022.travel' stands already in the registry that ships with topline; take this row out" in lines[0]
    twice = {"figure": "faces", "item": "faces"}
    lines = refused(worksheet(twice, twice), study)
    assert any("'town2024.faces' stands already on line 2; give it another figure." in line for line in lines)


MISTAKES = {
    "no base": ({"base": ""}, "town2024.cameras, base, rule 'what must be known is given': is empty"),
    "a sign in the value": ({"value": "60%"}, "value, rule 'a number is written plainly': '60%' is not a number"),
    "above 100": ({"value": "160", "as_printed": "160%"}, "rule 'the value is possible': value is 160; a share in"),
    "outside its scale": ({"counted": "1;9"}, "counted holds 9, not among the scale's codes: 1 Support, 2 Rather"),
    "an index as opinion": (
        {"sample_type": "expert_index", "moe_pp": "", "moe_basis": ""},
        "the topic is data_surveillance, but the study is of type expert_index; the topic must be index.",
    ),
    "a margin without a random sample": (
        {"sample_type": "nonprobability"},
        "moe_pp is 3.1 for a sample of type nonprobability; remove it, or set moe_basis to model_based.",
    ),
    "a day that never was": ({"field_end": "2024-02-30"}, "field_end is 2024-02-30, which is no day of the calendar"),
    "an unknown scale": ({"scale": "yesno9"}, "scale, rule 'a name leads to a row': 'yesno9' is not in the worksheet."),
    "an option without direction": (
        {"scale": "1 Yes | 2 No (-)", "counted": "2"},
        "scale, rule 'a scale says which answers count': '1 Yes' is no option; write a code, the answer and its",
    ),
    "an unknown bank question": (
        {"bank": "social_credit.aproval", "relation": "same_construct", "reason": "held together"},
        "bank, rule 'a pair is of two questions': social_credit.yaml: there is no bank item 'social_credit.aproval'.",
    ),
    "a mistyped published item": (
        {"same_as": "liu2022.travl", "relation": "same_construct", "reason": "held together"},
        "bank 'liu2022.travl' is no item of study 'liu2022'. Did you mean 'liu2022.travel'",
    ),
    "two other questions": (
        {"bank": "social_credit.approval", "same_as": "liu2022.travel"},
        "'liu2022.travel' stands beside bank 'social_credit.approval'; name one of the two here",
    ),
    "a reason without a pair": ({"reason": "because"}, "reason, rule 'a pair is of two questions': 'because' belongs"),
    "no study": ({"study": ""}, "line 2, study, rule 'what must be known is given': is empty; it must be given: Short"),
    "no item": ({"item": ""}, "line 2, item, rule 'what must be known is given': is empty; it must be given: Short"),
}  # fmt: skip


@pytest.mark.no_cover
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_with_line_column_rule_and_remedy_and_nothing_is_written(mistake, study, worksheet):
    cells, problem = MISTAKES[mistake]
    lines = refused(worksheet(cells), study)
    assert any(line.startswith("mine.csv, line 2, ") and problem in line for line in lines), lines
    assert not (study / "figures").exists()


def test_rows_that_contradict_each_other_are_named_with_both_lines(study, worksheet):
    lines = refused(worksheet({"sponsor": ""}, {"subgroup": "men", "title": "Village survey"}), study)
    assert lines == [
        "mine.csv, line 3, town2024, title, rule 'a study is described once': is 'Village survey', but line 2 says "
        "'Town survey 2024' for study 'town2024'; say it there, and here the same.",
        "mine.csv, line 3, town2024, sponsor, rule 'a study is described once': is 'Town council', but line 2 says "
        "nothing for study 'town2024'; say it there, and here the same.",
    ]


def test_columns_that_are_unknown_or_missing_are_named(study, worksheet):
    lines = refused(worksheet({}, columns=["study", "item", "valu", "category", "provenance"]), study)
    assert (
        "mine.csv, line 1, column 'valu', rule 'columns have their names': is not known here. Did you mean" in lines[0]
    )
    assert [line.split("'")[1] for line in lines[1:]] == ["value", "base"]


def test_a_spreadsheet_a_missing_file_and_a_folder_that_is_no_study_are_refused(study, worksheet, tmp_path):
    with pytest.raises(FileError, match=r"does not exist\. Make a worksheet with: topline figures template"):
        add_figures(tmp_path / "absent.csv", study)
    (tmp_path / "mine.xlsx").write_bytes(b"PK")
    with pytest.raises(FileError, match=r"is a spreadsheet; save the sheet as 'CSV UTF-8"):
        add_figures(tmp_path / "mine.xlsx", study)
    with pytest.raises(FileError, match=r"holds no study\.yaml"):
        add_figures(worksheet({}), tmp_path)


def test_a_pair_with_the_bank_is_kept_once_and_found(study, worksheet):
    pair = {"bank": "social_credit.approval", "relation": "different_object", "reason": "cameras, not credit"}
    rows = [pair, pair | {"subgroup": "men", "value": "62", "as_printed": "62%", "quoted": ""}]
    add_figures(worksheet(*rows), study)
    registry = read_folder(study).figures
    assert registry.relation("social_credit.approval", "town2024.cameras").reason == "cameras, not credit"
    assert len([one for one in registry.relations if one.item_id == "town2024.cameras"]) == 1


def test_a_folder_of_tables_is_added_whole_and_its_pairs_are_held_against_the_bank(study, registry_folder, tmp_path):
    folder = Path(shutil.copytree(registry_folder(), tmp_path / "tables", ignore=shutil.ignore_patterns("study")))
    with pytest.raises(RegistryError, match=r"tables/comparison\.csv, line 2, own\.cameras .* no question bank 'own'"):
        add_figures(folder, study)
    (folder / "comparison.csv").unlink()
    assert list(add_figures(folder, study)) == ["town2024.cameras"]
    with pytest.raises(RegistryError, match=r"tables/study\.csv, line 2, town2024, .*stands already in figures/study"):
        add_figures(folder, study)


def test_what_is_added_is_part_of_the_folder(study, worksheet):
    add_figures(worksheet({}), study)
    folder = read_folder(study)
    assert folder.figures["town2024.cameras"].value == 0.6
    assert len(folder.figures) == len(tl.published()) + 1


def test_a_questionnaire_may_replicate_a_figure_of_its_own_folder(study, worksheet):
    folder = read_folder(study)
    text = folder.questionnaire.read_text(encoding="utf-8")
    page = "{name: cams, type: integer, label: {en: Cams, zh: C, de: C}, replicates: [town2024.cameras]}"
    own = f"{text.rstrip()}\n  - {{name: cameras, questions: [{page}]}}\n"
    folder.questionnaire.write_text(own, encoding="utf-8")
    with pytest.raises(DocumentError, match=r"replicates 'town2024\.cameras', which is not a published item"):
        read_questionnaire(folder.questionnaire)
    add_figures(worksheet({}), study)
    assert read_questionnaire(folder.questionnaire).question("cams").replicates == ("town2024.cameras",)
    assert not [finding for finding in check_folder(study) if "replicates" in finding.problem]
    estimates = study / "figures" / "estimate.csv"
    estimates.write_text(estimates.read_text(encoding="utf-8").replace(",60,", ",160,"), encoding="utf-8")
    found = [str(finding) for finding in check_folder(study)]
    assert any(line.startswith("figures/estimate.csv, line 2, town2024.cameras, rule") for line in found)
    assert any("own figures cannot be read; see: topline figures check" in line for line in found)


def test_tables_that_are_broken_are_said_and_must_be_mended_before_more_is_added(study, worksheet):
    add_figures(worksheet({}), study)
    path = study / "figures" / "estimate.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",all,60%", ",,60%"), encoding="utf-8")
    with pytest.raises(RegistryError, match=r"figures/estimate\.csv, line 2, town2024\.cameras, base, rule"):
        figures_of_folder(study)
    with pytest.raises(RegistryError, match=r"Mend .*figures first; nothing was added to it"):
        add_figures(worksheet({"subgroup": "men"}), study)
    assert len(findings_in(study)) == 1


def test_a_folder_of_pictures_is_no_registry(study):
    (study / "figures").mkdir()
    (study / "figures" / "chart.png").write_bytes(b"")
    assert figures_of_folder(study) is tl.published() or len(figures_of_folder(study)) == len(tl.published())
    assert findings_in(study) == [] and len(figures_of_folder(None)) == len(tl.published())


def test_when_one_table_cannot_be_written_none_has_changed(study, worksheet, monkeypatch):
    add_figures(worksheet({}), study)
    before = {path.name: path.read_bytes() for path in (study / "figures").iterdir()}
    count = iter(range(100))

    def failing(path):
        if next(count) == 3:
            raise FileError(f"{path} cannot be written: the disk is full.")
        return replacing(path)

    monkeypatch.setattr(own_figures, "replacing", failing)
    with pytest.raises(FileError, match="the disk is full"):
        add_figures(worksheet({"item": "lenses", "wording": "Lenses?"}), study)
    assert {path.name: path.read_bytes() for path in (study / "figures").iterdir()} == before


def test_a_table_that_fails_at_the_last_step_is_put_back_and_a_new_folder_vanishes(study, worksheet, monkeypatch):
    import os

    count, real = iter(range(100)), os.replace

    def failing(source, target):
        if "figures" in str(target) and next(count) == 2:
            raise OSError(28, "No space left on device")
        return real(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(FileError, match="No space left"):
        add_figures(worksheet({}), study)
    assert not (study / "figures").exists()


def test_own_tables_are_read_with_the_shipped_ones_or_alone(study, worksheet):
    add_figures(worksheet({}), study)
    assert list(tl.read_registry(study / "figures")) == ["town2024.cameras"]
    both = tl.read_registry(study / "figures", with_shipped=True)
    assert len(both) == len(tl.published()) + 1


def test_that_a_label_was_not_seen_is_a_doubt_of_its_study_not_of_the_scale(study, worksheet):
    added = add_figures(worksheet({"scale": "support5", "counted": "4;5"}), study)
    assert not any("assumed" in doubt for doubt in added["town2024.cameras"].doubts)
    again = read_folder(study).figures
    assert not any("assumed" in doubt for doubt in again["town2024.cameras"].doubts)
    assert any(doubt.startswith("The labels of 3 answers are assumed") for doubt in again["liu2022.travel"].doubts)


def test_a_worksheet_may_say_when_a_series_was_given_up(study, worksheet):
    assert add_figures(worksheet({"ended": "2024-06"}), study)["town2024.cameras"].study.ended == "2024-06"


def test_everything_that_can_be_judged_is_listed_at_once(study, worksheet):
    add_figures(worksheet({}), study)
    faults = {"base": "al", "topic": "", "value": "120", "as_printed": "", "quoted": "", "counted": "1;2;9"}
    lines = refused(worksheet({}, {**AGAIN, **faults, "study": "town2024", "item": "lenses"}), study)
    for problem in [
        "line 2, town2024.cameras, figure, rule 'a name stands once'",
        "base, rule 'a word is one of its list': 'al' is not one of",
        "topic, rule 'what must be known is given': is empty",
        "town2024.lenses, rule 'the value is possible': value is 120; a share in percent lies between 0 and 100.",
        "rule 'categories belong to the scale': counted holds 9, not among the scale's codes: 1 Support",
    ]:
        assert any(problem in line for line in lines), (problem, lines)


def test_a_missing_citation_is_said_once_in_the_worksheets_own_words(study, worksheet):
    rows = [{"subgroup": part, "value": str(60 + at), "as_printed": "", "quoted": ""} for at, part in enumerate("abc")]
    lines = refused(worksheet({"citation": ""}, *({**AGAIN, **row, "study": "town2024"} for row in rows)), study)
    assert lines == [
        "mine.csv, line 2, town2024, citation, rule 'what must be known is given': is empty; it must be given: How to "
        "cite it."
    ]
    (line,) = refused(worksheet({"source_kind": "second"}), study)
    assert line.startswith("mine.csv, line 2, town2024.cameras, source_kind, rule 'a word is one of its list'")


def test_a_figure_is_corrected_and_removed_whole(study, worksheet):
    add_figures(worksheet({}), study)
    corrected = {"value": "61", "as_printed": "61%", "quoted": "", "title": "Town survey of 2024"}
    with pytest.raises(RegistryError, match=r"topline figures add --replace"):
        add_figures(worksheet(corrected), study)
    (figure,) = add_figures(worksheet(corrected), study, replace=True).values()
    assert (figure.value, figure.study.title, len(figure.sources)) == (0.61, "Town survey of 2024", 1)
    assert len(read_folder(study).figures) == len(tl.published()) + 1 and findings_in(study) == []
    assert list(remove_figures("town2024.cameras", study)) == ["town2024.cameras"]
    for name in ("study", "item", "scale", "estimate", "source", "comparison"):
        assert len((study / "figures" / f"{name}.csv").read_text(encoding="utf-8").splitlines()) == 1, name
    assert len(read_folder(study).figures) == len(tl.published())


def test_what_is_shipped_unknown_or_still_leaned_on_is_not_removed(study, worksheet):
    men = {**AGAIN, "study": "town2024", "subgroup": "men", "value": "64", "as_printed": "", "quoted": ""}
    add_figures(worksheet({}, men), study)
    before = {path.name: path.read_bytes() for path in (study / "figures").iterdir()}
    with pytest.raises(RegistryError, match=r"'liu2022\.travel' ships with topline and cannot be removed"):
        remove_figures("liu2022.travel", study)
    with pytest.raises(UnknownNameError, match=r"Did you mean 'town2024\.cameras'"):
        remove_figures(["town2024.camera"], study)
    with pytest.raises(RegistryError, match=r"has no headline figure(.|\n)*Nothing was removed from"):
        remove_figures("town2024.cameras", study)
    assert {path.name: path.read_bytes() for path in (study / "figures").iterdir()} == before
    remove_figures("town2024.cameras_support_men", study)
    assert list(tl.read_registry(study / "figures")) == ["town2024.cameras"]
    shipped = dict.fromkeys(EXAMPLE, "") | {"study": "liu2022", "item": "travel", "category": "support", "value": "77"}
    with pytest.raises(RegistryError, match=r"stands already in the registry that ships"):
        add_figures(worksheet(shipped | {"base": "unknown", "provenance": "recalled"}), study, replace=True)
