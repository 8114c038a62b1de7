"""The results bundle, and what is taken out of it."""

import json

import pandas as pd
import pytest

from topline.analysis.comparing.printed import Printed
from topline.analysis.comparing.tiers import Declared, with_tiers
from topline.analysis.disclosure import small_cells
from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.raking.rake import rake
from topline.analysis.results import read_results, write_results
from topline.analysis.sampling.design import Design
from topline.analysis.telling.comparison import Comparison, ComparisonRow
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import FileError


@pytest.fixture
def design() -> Design:
    regions = ["north"] * 12 + ["south"] * 40 + ["east"] * 60 + ["west"] * 90
    return Design(pd.DataFrame({"region": regions, "view": [i % 3 for i in range(len(regions))]}))


def rows(folder, name="estimates"):
    return json.loads((folder / "results" / f"{name}.json").read_text())["rows"]


def test_a_large_enough_base_is_written_as_the_estimates_document_it(tmp_path, design):
    estimates = proportion(design, "view")
    (path,) = write_results(tmp_path, estimates=estimates)
    kept = json.loads(path.read_text())
    assert path == tmp_path / "results" / "estimates.json"
    assert [{k: v for k, v in row.items() if k != "suppressed"} for row in kept["rows"]] == estimates.document()["rows"]
    assert not any(row["suppressed"] for row in kept["rows"])
    assert kept["method"]["n"] == 202
    assert kept["method"]["minimum_base"] == 30


def test_a_small_base_is_taken_out_together_with_the_next_smallest(tmp_path, design):
    write_results(tmp_path, estimates=proportion(design, "view", by="region"))
    out = {row["region"] for row in rows(tmp_path) if row["suppressed"]}
    assert out == {"north", "south"}
    hidden = next(row for row in rows(tmp_path) if row["region"] == "north")
    assert {
        hidden[name] for name in ("estimate", "se", "low", "high", "n", "weighted_n", "deff", "df", "effective_n", "cv")
    } == {None}
    assert all(row["estimate"] is not None for row in rows(tmp_path) if row["region"] in ("east", "west"))


def test_the_minimum_is_the_teams_to_choose(tmp_path, design):
    write_results(tmp_path, estimates=proportion(design, "view", by="region"), minimum=5)
    assert not any(row["suppressed"] for row in rows(tmp_path))


def test_the_method_does_not_count_the_small_base_either(tmp_path):
    small = Design(pd.DataFrame({"view": [1, 2] * 5}))
    write_results(tmp_path, estimates=mean(small, "view"))
    text = (tmp_path / "results" / "estimates.json").read_text()
    assert [row["estimate"] for row in rows(tmp_path)] == [None]
    items = json.loads(text)["method"]["items"]
    assert [(item["n"], item["weighted_n"], item["missing"]) for item in items] == [(None, None, None)]


def few_old_people(missing_age: int = 0) -> Design:
    """180 people raked by age and sex, 7 of them old; 2 refuse and 40 don't know."""
    ages = [1.0] * 60 + [2.0] * 60 + [3.0] * 53 + [4.0] * 7
    view = [1.0, 2.0, 1.0] * 60
    view[:2], view[10:50] = [98.0] * 2, [97.0] * 40
    frame = pd.DataFrame({"age4": ages, "sex": [1.0, 2.0] * 90, "view": view})
    frame.loc[20 : 20 + missing_age - 1, "age4"] = None
    kinds = {97.0: MissingKind.DONT_KNOW, 98.0: MissingKind.REFUSED}
    design = Design(Study(frame, Codebook((Variable("age4"), Variable("sex"), Variable("view", missing=kinds)))))
    margins = {"age4": {"1": 0.2, "2": 0.2, "3": 0.2, "4": 0.4}, "sex": {"1": 0.5, "2": 0.5}}
    return rake(design, margins, missing="own_class")


def people_counted(value, keys=("n", "weighted_n", "zero_weights", "missing", "missing_keys"), counting=False):
    """Give every count of people in a document."""
    if isinstance(value, dict):
        return [n for key, part in value.items() for n in people_counted(part, keys, counting or key in keys)]
    if isinstance(value, list):
        return [n for part in value for n in people_counted(part, keys, counting)]
    return [value] if counting and isinstance(value, int | float) else []


def keys_in(value):
    """Give every key of a document."""
    if isinstance(value, dict):
        return {*value, *(key for part in value.values() for key in keys_in(part))}
    return {key for part in value for key in keys_in(part)} if isinstance(value, list) else set()


@pytest.mark.parametrize("by", [None, "age4"])
def test_raking_does_not_give_a_small_group_away(tmp_path, by):
    estimates = proportion(few_old_people(), "view", by=by)
    assert "before" in keys_in(estimates.document()) and 7 in people_counted(estimates.document())
    write_results(tmp_path, estimates=estimates)
    text = (tmp_path / "results" / "estimates.json").read_text()
    document = json.loads(text)
    assert "before" not in keys_in(document)
    assert document["method"]["weighting"][0]["table"] is None
    assert document["method"]["weighting"][0]["worst_before"] is None
    assert "The margins before and after raking are left out" in document["method"]["footnotes"][-1]
    assert not [n for n in people_counted(document) if 0 < n < 30]
    assert {row.get("age4") for row in document["rows"] if row["suppressed"]} == ({1, 4} if by else set())


def test_a_raking_of_large_categories_is_shown(tmp_path):
    write_results(tmp_path, estimates=proportion(few_old_people(), "view"), minimum=7)
    (step,) = json.loads((tmp_path / "results" / "estimates.json").read_text())["method"]["weighting"]
    assert [row["n"] for row in step["table"]] == [60, 60, 53, 7, 90, 90]


def test_small_counts_of_missing_answers_are_left_out_with_their_footnote(tmp_path):
    estimates = proportion(few_old_people(), "view")
    assert any("refused 2" in note for note in estimates.method["footnotes"])
    write_results(tmp_path, estimates=estimates)
    text = (tmp_path / "results" / "estimates.json").read_text()
    assert json.loads(text)["method"]["items"][0]["missing"] is None
    assert "refused 2" not in text and "Kinds of missing answers are left out" in text
    write_results(tmp_path, estimates=estimates, minimum=2)
    kept = json.loads((tmp_path / "results" / "estimates.json").read_text())["method"]
    assert kept["items"][0]["missing"] == {"dont_know": 40, "refused": 2}
    assert kept["footnotes"] == estimates.method["footnotes"]


def test_few_people_without_a_key_are_a_hidden_part_of_the_whole(tmp_path):
    design = few_old_people(missing_age=5)
    parts = [proportion(design, "view", by="age4"), proportion(design, "view")]
    write_results(tmp_path, estimates=parts, minimum=6)
    text = (tmp_path / "results" / "estimates.json").read_text()
    document = json.loads(text)
    assert {row.get("age4") for row in document["rows"] if row["suppressed"]} == {4}
    assert document["method"]["parts"][0]["missing_keys"] == {"age4": None}
    assert "5 rows" not in text and "before" not in keys_in(document)


def test_few_rows_without_a_weight_are_not_counted(tmp_path):
    data = pd.DataFrame({"view": [1, 2] * 40, "w": [0.0] * 4 + [1.0] * 76})
    write_results(tmp_path, estimates=mean(Design(data, weight="w"), "view"))
    method = json.loads((tmp_path / "results" / "estimates.json").read_text())["method"]
    assert (method["zero_weights"], method["n"]) == (None, 76)
    assert not any("weight of zero" in note for note in method["footnotes"])


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ({"a": 12, "b": 40, "c": 90}, {"a", "b"}),
        ({"a": 12, "b": 14, "c": 90}, {"a", "b"}),
        ({"a": 30, "b": 40, "c": 90}, set()),
        ({"a": 12}, {"a"}),
    ],
)
def test_no_small_group_can_be_had_by_subtraction(sizes, hidden):
    cells = [("q", {"key": name}, float(n)) for name, n in sizes.items()]
    out = small_cells(cells, 30)
    assert {cell[1]["key"] for cell, gone in zip(cells, out, strict=True) if gone} == hidden


def test_in_a_table_of_two_keys_no_line_has_a_single_gap():
    sizes = [[12, 50, 60], [70, 80, 90], [100, 110, 120]]
    cells = [("q", {"row": i, "column": j}, float(n)) for i, line in enumerate(sizes) for j, n in enumerate(line)]
    out = small_cells(cells, 30)
    gaps = [[out[3 * i + j] for j in range(3)] for i in range(3)]
    assert gaps[0][0]
    assert all(sum(line) != 1 for line in gaps)
    assert all(sum(line[j] for line in gaps) != 1 for j in range(3))
    assert sum(map(sum, gaps)) == 4


def comparison_of(n: float) -> Comparison:
    plain = ComparisonRow(
        "travel",
        estimate=0.68,
        se=0.1,
        low=0.5,
        high=0.8,
        n=n,
        df=20,
        published=0.77,
        grade="qualified",
        reasons=("Over everyone asked the new share would be 61.6% instead of 68.0%.",),
    )
    return Comparison((with_tiers(plain, Printed(n=1173), Declared()),), {"n": 2000})


def test_a_suppressed_comparison_keeps_the_published_side_and_nothing_of_the_new(tmp_path):
    write_results(tmp_path, comparison=comparison_of(20))
    row = read_results(tmp_path).comparison.rows[0]
    assert (row.suppressed, row.published, row.published_n) == (True, 0.77, 1173)
    gone = "estimate n difference difference_low total_high p verdict_sampling estimate_total_low".split()
    assert [getattr(row, name) for name in gone] == [None] * len(gone)
    text = (tmp_path / "results" / "comparison.json").read_text()
    assert "0.68" not in text and "61.6" not in text


def test_a_suppressed_mean_keeps_no_published_interval_that_the_new_answers_made(tmp_path):
    plain = ComparisonRow(
        "trust",
        estimate=3.4,
        se=0.2,
        low=3.0,
        high=3.8,
        n=20,
        df=19,
        deff=1.0,
        statistic="mean",
        published_statistic="mean",
        published=3.6,
        grade="qualified",
    )
    row = with_tiers(plain, Printed(n=1173, span=4), Declared(mean_nonsampling=0.1))
    assert None not in (row.published_low, row.published_total_high, row.published_se)
    write_results(tmp_path, comparison=Comparison((row,), {"n": 20, "effective_n": 18.0}))
    found = read_results(tmp_path).comparison
    kept, gone = found.rows[0], ("published_low", "published_high", "published_total_low", "published_total_high")
    assert (kept.suppressed, kept.published, kept.published_n) == (True, 3.6, 1173)
    assert [getattr(kept, name) for name in (*gone, "published_se")] == [None] * 5
    assert (found.method["n"], found.method["effective_n"]) == (None, None)


def test_a_comparison_on_a_large_base_reads_back_as_it_was(tmp_path):
    comparison = comparison_of(900)
    write_results(tmp_path, comparison=comparison)
    found = read_results(tmp_path)
    assert found.comparison.rows == comparison.rows
    assert found.comparison.method == {"n": 2000, "minimum_base": 30}
    assert len(found.written) == 10 and found.estimates == {}


def test_several_estimates_keep_their_methods_side_by_side(tmp_path, design):
    write_results(tmp_path, estimates=[proportion(design, "view"), mean(design, "view")])
    document = json.loads((tmp_path / "results" / "estimates.json").read_text())
    assert [part["estimand"] for part in document["method"]["parts"]] == ["proportion", "mean"]
    assert document["method"]["n"] == 202 and "estimand" not in document["method"]
    assert len(document["rows"]) == 4
    write_results(tmp_path, estimates=[mean(design, "view"), mean(design, "view")])
    assert "parts" not in read_results(tmp_path).estimates["method"]


def test_writing_one_leaves_the_other(tmp_path, design):
    write_results(tmp_path, estimates=mean(design, "view"))
    assert write_results(tmp_path, comparison=comparison_of(900)) == (tmp_path / "results" / "comparison.json",)
    found = read_results(tmp_path)
    assert len(found.estimates["rows"]) == 1 and found.comparison is not None
    assert write_results(tmp_path) == ()


def test_a_folder_without_results_is_an_empty_bundle(tmp_path):
    found = read_results(tmp_path)
    assert (found.estimates, found.comparison, found.written) == ({}, None, "")


def test_a_missing_folder_and_damaged_files_are_refused_with_the_remedy(tmp_path):
    with pytest.raises(FileError, match="no such study folder"):
        read_results(tmp_path / "nowhere")
    place = tmp_path / "results"
    place.mkdir()
    (place / "comparison.json").write_text("{")
    with pytest.raises(FileError, match=r"cannot be read .* topline compare"):
        read_results(tmp_path)
    (place / "comparison.json").write_text('{"rows": 3}')
    with pytest.raises(FileError, match="holds no rows"):
        read_results(tmp_path)
    (place / "comparison.json").write_text('{"rows": [{}], "method": {"about": {}}}')
    with pytest.raises(FileError, match="is not a comparison"):
        read_results(tmp_path)


def test_what_is_not_plain_cannot_be_written(tmp_path):
    with pytest.raises(TypeError, match="cannot hold a set"):
        write_results(tmp_path, comparison=Comparison((), {"odd": {1, 2}}))
    assert not list((tmp_path / "results").glob("*"))


def test_notes_of_single_people_and_of_groups_without_an_answer_stay_inside(tmp_path):
    frame = pd.DataFrame({"trust": [1.0, 2.0] * 50 + [3.0, None], "town": ["a"] * 50 + ["b"] * 50 + ["c", "d"]})
    estimates = mean(Design(frame), "trust", by="town")
    assert any("on one respondent" in note for note in estimates.method["footnotes"])
    assert any("nobody has an answer among town d" in note for note in estimates.method["footnotes"])
    write_results(tmp_path, estimates=estimates)
    text = (tmp_path / "results" / "estimates.json").read_text()
    assert "one respondent" not in text and "nobody has an answer" not in text
