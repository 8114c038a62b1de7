"""Banner tables: which rows and columns they have, which columns are tested, what the letters say."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topline as tl
from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.sampling.design import Design
from topline.analysis.tables.banner import banner
from topline.analysis.tables.column_letters import column_tests, higher_than, letter
from topline.data.codebook import Codebook, MissingKind, Study, Variable, study_of
from topline.data.description import SIMULATED
from topline.data.errors import EstimationError, FileError, UnknownNameError

SEX = Variable("sex", label="Sex of respondent", labels={1.0: "female", 2.0: "male"})
VIEW = Variable(
    "view",
    labels={1.0: "against", 2.0: "neither", 3.0: "for", 8.0: "don't know"},
    missing={8.0: MissingKind.DONT_KNOW},
    wording={"en": "Are you for or against?"},
    collapse={"decided": (1.0, 3.0), "in favour": (3.0,)},
)


def wave(seed=1, n=400):
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sex": random.choice([1.0, 2.0], n),
            "region": random.choice(["east", "north", "south"], n),
            "view": random.choice([1.0, 2.0, 3.0, 8.0], n, p=[0.3, 0.2, 0.4, 0.1]),
            "trust": random.choice([1.0, 2.0, 3.0, 4.0, 5.0], n),
            "income": random.normal(100, 10, n).round(2),
            "weight": random.uniform(0.5, 2.0, n),
            "town": random.integers(0, 40, n),
        }
    )


def study(frame=None):
    frame = wave() if frame is None else frame
    known = study_of(frame)
    codebook = known.codebook.with_variable(SEX).with_variable(VIEW)
    return Study(known.frame, codebook, "wave.csv")


DESIGN = Design(study(), weight="weight", psu="town")


def cell(made, category, column, item=None):
    frame = made.to_frame()
    found = frame[(frame["category"] == category) & (frame["column"] == column)]
    found = found if item is None else found[found["item"] == item]
    assert len(found) == 1
    return found.iloc[0]


def test_every_figure_is_that_of_proportion_and_mean_by_the_same_groups():
    made = banner(DESIGN, ["view", "income"], ["sex", ("sex", "region")]).to_frame()
    shares = proportion(DESIGN, "view", by=["sex", "region"]).to_frame()
    for row in shares.itertuples():
        mine = made[(made["category"] == row.category) & (made["column"] == f"{row.sex}, {row.region}")].iloc[0]
        for name in ("estimate", "se", "low", "high", "n", "weighted_n", "effective_n"):
            assert mine[name] == pytest.approx(getattr(row, name), rel=1e-12)
    for row in mean(DESIGN, "income", by="sex").to_frame().itertuples():
        mine = made[(made["category"] == "Mean") & (made["column"] == row.sex) & (made["item"] == "income")].iloc[0]
        assert mine["estimate"] == pytest.approx(row.estimate, rel=1e-12)
        assert mine["se"] == pytest.approx(row.se, rel=1e-12)


def test_total_is_the_whole_sample_and_carries_no_letter():
    row = cell(banner(DESIGN, "view", "sex"), "for", "Total")
    whole = proportion(DESIGN, "view", category="for").to_frame().iloc[0]
    assert row["estimate"] == pytest.approx(whole["estimate"])
    assert row["letter"] == "" and row["higher_than"] == "" and row["banner"] == ""


def test_total_can_be_left_out():
    made = banner(DESIGN, "view", "sex", total=False)
    assert [column.name for column in made.columns] == ["female", "male"]


def test_rows_are_all_answers_then_nets_of_more_than_one_answer_then_the_mean():
    lines = banner(DESIGN, "view", "sex", means="view").tables[0].lines
    assert [(line.category, line.kind) for line in lines] == [
        ("against", "category"),
        ("neither", "category"),
        ("for", "category"),
        ("decided", "net"),
        ("Mean", "mean"),
    ]
    assert lines[3].estimate == pytest.approx(lines[0].estimate + lines[2].estimate)


def test_a_mapping_of_rows_chooses_answers():
    made = banner(DESIGN, {"view": ["in favour", "against"], "trust": {"top two": [4, 5]}}, "sex")
    assert [(line.category, line.kind) for table in made.tables for line in table.lines] == [
        ("in favour", "net"),
        ("against", "category"),
        ("top two", "net"),
    ]


def test_numbers_of_many_values_are_shown_by_their_mean_and_few_values_one_by_one():
    made = banner(DESIGN, ["income", "trust"], "sex")
    assert [line.category for line in made.tables[0].lines] == ["Mean"]
    assert [line.category for line in made.tables[1].lines] == ["1", "2", "3", "4", "5"]


def test_means_asked_for_replace_the_values_of_an_unlabelled_number():
    assert [line.kind for line in banner(DESIGN, "trust", "sex", means="trust").tables[0].lines] == ["mean"]


def test_the_base_of_a_mean_is_told_where_it_is_another():
    made = banner(DESIGN, "view", "sex", base="all", means="view")
    bases = made.tables[0].bases
    assert [of for of, _ in bases] == ["", " (mean)"]
    assert bases[0][1].n[0] == 400
    assert bases[1][1].n[0] == int((wave()["view"] != 8).sum())
    assert "don't know" in [line.category for line in made.tables[0].lines]
    assert "n (mean)" in str(made)
    assert any("Means are of those who gave a number" in note for note in made.method["footnotes"])


def test_letters_stand_for_columns_of_one_banner_and_begin_anew_in_the_next():
    made = banner(DESIGN, "view", ["sex", "region"])
    assert [column.letter for column in made.columns] == ["", "A", "B", "A", "B", "C"]
    assert {(row.banner, row.other_letter) for row in made.differences().itertuples()} == {
        ("sex", "B"),
        ("region", "B"),
        ("region", "C"),
    }


def test_after_z_comes_aa():
    frame = pd.DataFrame({"shop": np.repeat(np.arange(30), 40), "sold": np.tile([0, 1], 600)})
    frame.loc[frame["shop"] == 29, "sold"] = 1
    made = banner(Design(frame), "sold", "shop")
    assert made.columns[-1].letter == "AD"
    assert cell(made, "1", "29")["higher_than"].split()[-3:] == ["AA", "AB", "AC"]
    assert "AA AB AC" in str(made)


def test_two_levels_give_capital_and_small_letters():
    frame = pd.DataFrame({"group": ["a"] * 200 + ["b"] * 200 + ["c"] * 200, "says": 0})
    for start, yes in ((0, 100), (200, 117), (400, 122)):
        frame.loc[start : start + yes - 1, "says"] = 1
    made = banner(Design(frame), "says", "group", level=(0.90, 0.95))
    assert made.method["levels"] == [0.95, 0.9]
    assert cell(made, "1", "b")["higher_than"] == "a"
    assert cell(made, "1", "c")["higher_than"] == "A"
    assert cell(made, "0", "a")["higher_than"] == "b C"
    assert "small letter" in made.method["footnotes"][0]


def test_holm_adjusts_over_the_pairs_of_a_row_and_takes_letters_away():
    plain = banner(DESIGN, "view", "region")
    adjusted = banner(DESIGN, "view", "region", adjust="holm")
    for category in ("against", "for"):
        p = plain.differences().query(f"category == '{category}'")["p"].to_numpy()
        holm = adjusted.differences().query(f"category == '{category}'")["p_adjusted"].to_numpy()
        order = np.argsort(p)
        expected = np.minimum(1, np.maximum.accumulate(p[order] * [3, 2, 1]))
        assert holm[order] == pytest.approx(expected, rel=1e-12)
    assert "Holm" in adjusted.method["footnotes"][0]


def test_a_low_base_is_shown_marked_and_not_tested():
    frame = pd.DataFrame({"group": ["a"] * 100 + ["b"] * 29 + ["c"] * 30, "says": [0] * 100 + [1] * 59})
    made = banner(Design(frame), "says", "group")
    assert cell(made, "1", "b")["flag"] == "low base"
    assert cell(made, "1", "b")["estimate"] == 1.0
    assert cell(made, "1", "b")["higher_than"] == ""
    assert cell(made, "1", "c")["higher_than"] == ""
    assert set(made.differences()["untested"]) == {"low base", "both 0% or 100%"}
    assert "29†" in str(made).replace(" ", "")
    assert "† an effective base below 30: shown, not tested." in made.method["footnotes"]


def test_low_base_is_judged_by_the_effective_base_unless_told_otherwise():
    frame = pd.DataFrame({"group": ["a", "b"] * 40, "says": [0, 1, 1, 0] * 20, "w": [1.0, 1.0] * 40})
    frame.loc[0, "w"] = 30.0
    design = Design(frame, weight="w")
    assert cell(banner(design, "says", "group"), "1", "a")["flag"] == "low base"
    assert cell(banner(design, "says", "group", effective=False), "1", "a")["flag"] == ""
    assert "effective n" not in str(banner(design, "says", "group", effective=False))


def test_a_column_below_the_minimum_base_is_not_shown_anywhere():
    frame = pd.DataFrame({"group": ["a"] * 100 + ["b"] * 9, "says": [0, 1] * 54 + [1]})
    made = banner(Design(frame), "says", "group", minimum_base=10)
    row = cell(made, "1", "b")
    assert row["flag"] == "suppressed" and row["n"] == 9
    assert np.isnan(row[["estimate", "se", "low", "high", "effective_cell"]].astype(float)).all()
    differences = made.differences()
    assert set(differences["untested"]) == {"suppressed"}
    assert differences[["difference", "se", "t", "p"]].isna().all(axis=None)
    assert "– fewer than 10 respondents: not shown." in made.method["footnotes"]


def test_a_column_that_nobody_of_the_base_is_in_says_so():
    frame = pd.DataFrame({"group": ["a"] * 50 + ["b"] * 50 + ["c"] * 50, "says": [0.0, 1.0] * 50 + [np.nan] * 50})
    made = banner(Design(frame), "says", "group")
    assert cell(made, "1", "c")["flag"] == "no base"
    assert cell(made, "1", "c")["n"] == 0 and cell(made, "1", "c")["weighted_n"] == 0
    assert any("over a base of 0" in note for note in made.method["footnotes"])


def test_columns_that_are_both_constant_are_not_tested():
    frame = pd.DataFrame({"group": ["a"] * 50 + ["b"] * 50 + ["c"] * 50, "says": [1] * 50 + [0] * 50 + [0, 1] * 25})
    pairs = banner(Design(frame), "says", "group").differences().query("category == '1'")
    assert pairs["untested"].tolist() == ["both 0% or 100%", "", ""]


def test_a_difference_that_the_design_fixes_is_not_tested():
    flags = np.array([["", ""]], dtype=object)
    tests = column_tests(np.array([[1.0, 2.0]]), np.array([[[0.5, 0.5], [0.5, 0.5]]]), 10, flags, share=False)
    assert tests.untested.tolist() == [["no sampling variance"]]
    assert higher_than(tests, ["A", "B"], [0.95]).tolist() == [["", ""]]


def test_without_degrees_of_freedom_there_are_no_letters():
    frame = pd.DataFrame({"group": ["a"] * 40 + ["b"] * 40, "says": [0, 1] * 40, "town": 1})
    made = banner(Design(frame, psu="town", lone_psu="certainty"), "says", "group")
    assert set(made.to_frame()["higher_than"]) == {""}
    assert "no degrees of freedom" in made.method["footnotes"][0]


def test_interviews_do_not_decide():
    """52% of 500 women against 47% of 500 men: t is 1.6 by interviews, and no letter.

    Every town has a little more women for than men, so the difference hardly varies between towns: t is above 5 by the
    design, which knows that both columns come from the same towns.
    """
    towns, sex = np.repeat(np.arange(20), 50), np.tile(["f", "m"], 500)
    share = {"f": [14, 12, 14, 12], "m": [13, 11, 12, 11]}
    says = np.zeros(1000, dtype=int)
    for town in range(20):
        for one in "fm":
            rows = np.flatnonzero((towns == town) & (sex == one))
            says[rows[: share[one][town % 4]]] = 1
    frame = pd.DataFrame({"town": towns, "sex": sex, "says": says})
    naive, designed = banner(Design(frame), "says", "sex"), banner(Design(frame, psu="town"), "says", "sex")
    assert cell(naive, "1", "f")["higher_than"] == ""
    assert cell(designed, "1", "f")["higher_than"] == "B"
    assert abs(naive.differences()["t"].iloc[1]) < 1.96
    assert abs(designed.differences()["t"].iloc[1]) > 5


def test_rounded_percentages_do_not_decide():
    """50.49% against 49.51% of 30,000 each are both 50% in print, and differ: t is 2.4."""
    frame = pd.DataFrame({"sex": ["f"] * 30_000 + ["m"] * 30_000, "says": 0})
    frame.loc[:15_146, "says"] = 1
    frame.loc[30_000 : 30_000 + 14_852, "says"] = 1
    row = cell(banner(Design(frame), "says", "sex"), "1", "f")
    assert round(100 * row["estimate"]) == 50
    assert row["higher_than"] == "B"


def test_clusters_take_a_letter_away_that_interviews_would_give():
    """60% of 200 against 45% of 200, all of a town alike: t is 3.0 by interviews and 0.9 by the 20 towns of each."""
    frame = pd.DataFrame({"town": np.repeat(np.arange(40), 10), "group": np.repeat(["a", "b"], 200)})
    frame["says"] = (frame["town"] % 20 < np.where(frame["group"] == "a", 12, 9)).astype(int)
    assert cell(banner(Design(frame), "says", "group"), "1", "a")["higher_than"] == "B"
    assert cell(banner(Design(frame, psu="town"), "says", "group"), "1", "a")["higher_than"] == ""


def test_where_is_a_subpopulation_of_the_design():
    made = banner(DESIGN, "view", "sex", where="region == 'east'")
    whole = proportion(DESIGN, "view", by="sex", where="region == 'east'").to_frame()
    mine = made.to_frame().query("column == 'female'")
    assert mine["se"].to_numpy()[:3] == pytest.approx(whole.query("sex == 'female'")["se"].to_numpy(), rel=1e-12)
    assert "region == 'east'" in str(made)


def test_large_samples_are_summed_in_batches_without_another_result(monkeypatch):
    items, columns = ["view", "trust", "income"], ["sex", ("sex", "region")]
    once = banner(DESIGN, items, columns)
    monkeypatch.setattr("topline.analysis.tables.banner_pass.CELLS", 1)
    monkeypatch.setattr("topline.analysis.tables.banner_pass.TOGETHER", 1)
    again = banner(DESIGN, items, columns)
    pd.testing.assert_frame_equal(once.to_frame(), again.to_frame(), rtol=1e-12)
    pd.testing.assert_frame_equal(once.differences(), again.differences(), rtol=1e-9)
    assert once.method == again.method


@pytest.mark.parametrize(
    "made",
    [lambda frame: frame.convert_dtypes(), lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"), pl.from_pandas],
)
def test_every_kind_of_frame_gives_the_same_tables(made):
    frame = wave()
    frame.loc[3, "region"] = None
    plain = banner(Design(frame, weight="weight"), ["view", "income"], ["region"]).to_frame()
    other = banner(Design(made(frame), weight="weight"), ["view", "income"], ["region"]).to_frame()
    pd.testing.assert_frame_equal(plain, other, rtol=1e-12)


def test_categories_without_answers_have_a_row_and_booleans_and_weights_of_zero_work():
    frame = pd.DataFrame(
        {
            "view": pd.Categorical(["for", "against"] * 40, ["for", "neither", "against"], ordered=True),
            "member": [True, False, False, True] * 20,
            "w": [1.0, 0.0, 1.0, 1.0] * 20,
        }
    )
    made = banner(Design(frame, weight="w"), "view", "member")
    assert [line.category for line in made.tables[0].lines] == ["for", "neither", "against"]
    assert cell(made, "neither", "true")["estimate"] == 0
    assert cell(made, "for", "false")["n"] == 20
    assert any("weight of zero" in note for note in made.method["footnotes"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows": []}, "rows names no item"),
        ({"rows": ["view", "view"]}, "rows names view more than once"),
        ({"columns": ["sex", "sex"]}, "columns names sex more than once"),
        ({"columns": [()]}, "empty crossing"),
        ({"columns": [], "total": False}, "no banner variable"),
        ({"means": "income"}, "means names income, which is not among the rows"),
        ({"level": (0.9, 0.95, 0.99)}, "one confidence level"),
        ({"level": 95}, "level is 95"),
        ({"level": "95%"}, "level is '95%'; it is a number"),
        ({"adjust": "bonferroni"}, "adjust is 'bonferroni'"),
        ({"low_base": -1}, "low_base is -1"),
        ({"minimum_base": -1}, "minimum_base is -1"),
        ({"base": "most"}, "base is 'most'"),
        ({"columns": "income"}, "income has 3.. categories, and a banner at most 200"),
        ({"rows": {"income": {"one": [1]}}, "columns": "sex"}, "income"),
    ],
)
def test_what_makes_no_table_is_refused(options, message):
    asked = {"rows": "view", "columns": "sex", **options}
    with pytest.raises((EstimationError, UnknownNameError), match=message):
        banner(DESIGN, asked.pop("rows"), asked.pop("columns"), **asked)


def test_an_item_of_too_many_answers_is_refused_with_the_way_out():
    frame = pd.DataFrame({"id": [f"r{at}" for at in range(300)], "sex": ["f", "m"] * 150})
    with pytest.raises(EstimationError, match=r"id has 300 different answers.*means=\['id'\]"):
        banner(Design(frame), "id", "sex")


@pytest.mark.parametrize(("rows", "columns"), [("veiw", "sex"), ("view", "sexx")])
def test_unknown_names_get_the_nearest(rows, columns):
    with pytest.raises(UnknownNameError, match="Did you mean"):
        banner(DESIGN, rows, columns)


def test_only_a_total_is_a_table_without_letters():
    made = banner(DESIGN, "view", [])
    assert [column.name for column in made.columns] == ["Total"]
    assert len(made.differences()) == 0 and "difference" in made.differences()
    assert not any("Letters" in note for note in made.method["footnotes"])


def test_rows_without_a_group_are_counted_in_a_footnote():
    frame = wave()
    frame.loc[:6, "region"] = None
    made = banner(Design(frame), "trust", ["region", "sex"])
    assert "7 rows have no value of region and are in no group." in made.method["footnotes"]


def test_a_level_may_be_any_kind_of_number():
    assert banner(DESIGN, "view", "sex", level=np.float32(0.9)).method["levels"] == [pytest.approx(0.9)]
    assert banner(DESIGN, "view", "sex", level=np.array([0.9, 0.95])).method["levels"] == [0.95, 0.9]


def test_a_banner_variable_against_itself_is_all_or_nothing_and_not_tested():
    made = banner(DESIGN, "sex", "sex")
    assert set(made.differences()["untested"]) == {"both 0% or 100%"}


def test_the_public_name_is_the_function():
    assert tl.banner is banner


def test_letters_count_as_spreadsheets_do():
    assert [letter(at) for at in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-3, 1e6), st.sampled_from([0.6, 0.9, 0.95]))
def test_letters_never_contradict_each_other_and_know_no_scale_or_order(seed, scale, level):
    frame = wave(seed, 120)
    plain = banner(Design(frame, weight="weight", psu="town"), ["view", "income"], ["region"], level=level, low_base=5)
    shuffled = frame.assign(weight=frame["weight"] * scale).sample(frac=1.0, random_state=seed)
    other = banner(
        Design(shuffled, weight="weight", psu="town"), ["view", "income"], ["region"], level=level, low_base=5
    )
    cells = plain.to_frame()
    assert cells["higher_than"].tolist() == other.to_frame()["higher_than"].tolist()
    for (_, _), row in cells[cells["letter"] != ""].groupby(["item", "category"]):
        above = {(one.letter, than) for one in row.itertuples() for than in one.higher_than.split()}
        assert not any((b, a) in above for a, b in above)
        estimate = row.set_index("letter")["estimate"]
        assert all(estimate[a] > estimate[b] for a, b in above)


def test_codebook_study_has_labels_as_columns_and_headings():
    made = banner(DESIGN, "view", "sex")
    assert made.columns[1].heading == "Sex of respondent"
    assert made.tables[0].caption == "view: Are you for or against?"
    assert isinstance(DESIGN.study.codebook, Codebook)


@pytest.mark.parametrize("of", ["respondents", "mentions"])
def test_a_multiple_response_set_is_estimated_again_in_every_column(of):
    random = np.random.default_rng(4)
    frame = wave().assign(q5_radio=random.choice([0, 1], 400), q5_web=random.choice([0, 1, 1], 400))
    frame.loc[frame["region"] == "north", ["q5_radio", "q5_web"]] = np.nan
    design = Design(frame, weight="weight", psu="town")
    asked = tl.multiple_response(design, {"q5_radio": "Radio", "q5_web": "Web"}, of=of)
    made = banner(design, [asked, "trust"], ["region", "sex"])
    assert made.tables[0].caption == f"q5: several answers possible, shares of {of}"
    again = tl.multiple_response(design, ["q5_radio", "q5_web"], of=of, by="region").to_frame()
    for place, region in enumerate(("east", "south")):
        rows = again.iloc[2 * place : 2 * place + 2]
        mine = made.to_frame().query(f"item == 'q5' and column == '{region}'")
        assert mine["category"].tolist() == ["Radio", "Web"]
        for name in ("estimate", "se", "low", "high", "n", "weighted_n", "effective_n"):
            assert mine[name].to_numpy() == pytest.approx(rows[name].to_numpy(), rel=1e-12)
    assert cell(made, "Web", "north")["flag"] == "no base"
    known = tl.multiple_response(design, ["q5_radio", "q5_web"], of=of, by="sex")
    covariance = known.covariance
    pair = made.differences().query("item == 'q5' and banner == 'sex' and category == 'Radio'").iloc[0]
    assert pair["se"] == pytest.approx(np.sqrt(covariance[0, 0] + covariance[2, 2] - 2 * covariance[0, 2]), rel=1e-10)


def test_other_results_are_no_rows():
    with pytest.raises(EstimationError, match="no multiple-response set"):
        banner(DESIGN, [proportion(DESIGN, "view")], "sex")


def test_tables_of_simulated_respondents_say_so_first(tmp_path):
    known = study()
    invented = Study(known.frame, Codebook(known.codebook.variables, notes=(SIMULATED,)), "wave.csv")
    made = banner(Design(invented), "view", "sex")
    assert str(made).startswith("Simulated respondents; no person was asked.")
    assert made.to_html().index("Simulated respondents") < made.to_html().index("<table>")
    assert made.method["simulated"] is True


def test_the_document_is_plain_values():
    document = banner(DESIGN, "view", "sex", minimum_base=200).document()
    assert json.loads(json.dumps(document)) == document
    assert {row["flag"] for row in document["rows"]} == {"", "suppressed"}
    assert None in {row["estimate"] for row in document["rows"]}


@pytest.mark.parametrize(
    ("rows", "columns", "options", "message"),
    [
        (["view"], None, {}, "columns is None; name columns"),
        ("view", 5, {}, "columns is 5; name columns"),
        (5, "sex", {}, "rows is 5; name columns"),
        ("view", "sex", {"low_base": "a"}, "low_base is 'a'; it is a number of respondents"),
        ("view", "sex", {"low_base": None}, "low_base is None; it is a number of respondents"),
        ("view", "sex", {"minimum_base": "a"}, "minimum_base is 'a'; it is a number of respondents"),
    ],
)
def test_arguments_of_another_kind_are_refused_in_words(rows, columns, options, message):
    frame = pd.DataFrame({"view": ["for", "against"] * 40, "sex": ["f"] * 40 + ["m"] * 40})
    with pytest.raises(EstimationError, match=message):
        banner(Design(frame), rows, columns, **options)


def test_a_workbook_is_not_written_under_the_name_of_another_format(tmp_path):
    frame = pd.DataFrame({"view": ["for", "against"] * 40, "sex": ["f"] * 40 + ["m"] * 40})
    with pytest.raises(FileError, match=r"a\.csv does not end in \.xlsx"):
        banner(Design(frame), "view", "sex").to_xlsx(tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()
