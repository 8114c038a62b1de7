"""Crosstabs: what stands in them, what is refused, and what always holds."""

import json
import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.estimation.estimate import proportion
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.tables.crosstab import crosstab
from topline.analysis.testing.contrasts import contrast
from topline.data.codebook import Codebook, MissingKind, Study, Variable, study_of
from topline.data.errors import EstimationError, UnknownNameError

STATISTICS = ["F", "chisq", "wald", "adj_wald", "saddlepoint", "lincom"]


def wave(seed=1, rows=200):
    drawn = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "view": drawn.choice(["against", "for", "not sure"], rows, p=[0.3, 0.5, 0.2]),
            "age": drawn.choice(["18-29", "30-59", "60+"], rows),
            "sex": drawn.choice(["f", "m"], rows),
            "voted": drawn.random(rows) < 0.4,
            "community": np.arange(rows) // 5,
            "weight": drawn.uniform(0.5, 2, rows),
        }
    )


@pytest.fixture(scope="module")
def design():
    return Design(wave(), weight="weight", psu="community")


@pytest.fixture(scope="module")
def table(design):
    return crosstab(design, "view", "age")


def test_each_kind_of_percentage_is_a_share_within_its_base(design, table):
    of_column = proportion(design, "view", by="age").frame
    of_row = proportion(design, "age", by="view").frame
    for frame, other, keys in (
        (table.to_frame("column"), of_column, ["category", "age"]),
        (table.to_frame("row"), of_row, ["view", "category"]),
    ):
        mine = frame.set_index(["row", "column"])
        theirs = other.set_index(keys)
        for name in ("estimate", "se", "low", "high", "n", "weighted_n", "deff", "df"):
            assert mine[name].to_dict() == theirs[name].to_dict()


def test_counts_are_those_of_the_cells(table):
    counts = pd.crosstab(wave()["view"], wave()["age"]).stack()
    weights = wave().groupby(["view", "age"])["weight"].sum()
    frame = table.to_frame("total").set_index(["row", "column"])
    assert frame["count"].to_dict() == counts.to_dict()
    assert frame["weighted_count"].to_numpy() == pytest.approx(weights.to_numpy())
    assert frame["estimate"].to_numpy() == pytest.approx(weights.to_numpy() / weights.sum())


def test_the_frame_has_every_cell_three_times(table):
    frame = table.to_frame()
    assert len(frame) == 27
    assert frame.columns.tolist()[:7] == ["row", "column", "percent", "estimate", "se", "low", "high"]
    assert frame["percent"].unique().tolist() == ["row", "column", "total"]
    assert frame is not table.frame


def test_percentages_are_ready_for_contrasts(table, design):
    mine = contrast(table.percentages["column"], "for:`18-29` - for:`60+`").frame.iloc[0]
    other = contrast(proportion(design, "view", by="age"), "for:`18-29` - for:`60+`").frame.iloc[0]
    assert (mine["estimate"], mine["se"]) == (other["estimate"], other["se"])


def test_a_subpopulation_keeps_the_design(design):
    mine = crosstab(design, "view", "age", where={"sex": "f"}).to_frame("column")
    other = proportion(design, "view", by="age", where={"sex": "f"}).frame
    assert sorted(mine["se"]) == pytest.approx(sorted(other["se"]))


def test_missing_answers_leave_the_base_and_are_told_of():
    frame = wave()
    frame.loc[:9, "view"] = None
    frame.loc[5:19, "age"] = None
    gaps = crosstab(Design(frame, psu="community"), "view", "age")
    assert (gaps.method["n"], gaps.method["n_used"]) == (200, 180)
    assert "Sample: n 200, weighted 200; base: n 180." in str(gaps)
    assert "view: 10 of 200 rows are not in the base (blank 10)." in str(gaps)
    assert "age: 15 of 200 rows are not in the base (blank 15)." in str(gaps)


def test_dont_know_counts_where_everybody_asked_is_the_base():
    frame = pd.DataFrame({"view": [1.0, 2.0, 8.0, 1.0, 9.0, 2.0], "sex": [1.0, 2.0, 1.0, 2.0, 1.0, 8.0]})
    view = Variable(
        "view", missing={8.0: MissingKind.DONT_KNOW, 9.0: MissingKind.NOT_ASKED}, labels={8.0: "don't know"}
    )
    sex = Variable("sex", missing={8.0: MissingKind.REFUSED}, labels={1.0: "f", 2.0: "m", 8.0: "refused"})
    study = Design(Study(frame, Codebook((view, sex))))
    assert crosstab(study, "view", "sex").method["n_used"] == 3
    everybody = crosstab(study, "view", "sex", base="all")
    assert everybody.method["n_used"] == 5
    assert "refused" in everybody.to_frame()["column"].tolist()
    assert "don't know and refused included" in str(everybody)


def test_a_category_that_only_the_incomplete_have_is_left_out_with_a_note():
    frame = wave()
    frame.loc[frame["age"] == "60+", "view"] = None
    found = crosstab(Design(frame, psu="community"), "view", "age")
    assert found.plan.shape == (3, 2)
    assert "age: nobody in the base is 60+, so the table leaves it out." in str(found)
    assert found.test().p > 0


@pytest.mark.parametrize(
    "convert", [lambda f: f.convert_dtypes(dtype_backend="pyarrow"), pl.from_pandas, "categorical"]
)
def test_any_kind_of_frame_gives_the_same_table(convert, design):
    order = ["60+", "30-59", "18-29"]
    frame = (
        wave().assign(age=lambda f: pd.Categorical(f["age"], order, ordered=True))
        if convert == "categorical"
        else convert(wave())
    )
    other = Design(frame, weight="weight", psu="community")
    for column in ("age", "voted"):
        mine, known = crosstab(other, "view", column), crosstab(design, "view", column)
        assert mine.test().p == pytest.approx(known.test().p, rel=1e-9)
        assert sorted(mine.frame["se"]) == pytest.approx(sorted(known.frame["se"]))


# tests


@pytest.mark.parametrize("statistic", STATISTICS)
def test_every_statistic_says_what_it_is(table, statistic):
    found = table.test(statistic)
    assert 0 < found.p < 1
    assert found.to_frame()["test"].tolist() == [statistic]
    assert "view by age" in str(found)
    assert found.method["statistic"] == ("F" if statistic in ("F", "wald", "adj_wald") else "X2")
    json.dumps(found.document())


def test_the_exact_distribution_is_near_the_second_order_correction(table):
    assert table.test("lincom").p == pytest.approx(table.test("F").p, rel=0.05)


def test_replicates_have_no_denominator_in_the_saddlepoint(design):
    found = crosstab(replicates(design, "JK1"), "view", "age")
    assert math.isinf(found.test("saddlepoint").df)
    assert found.test("F").p == pytest.approx(crosstab(design, "view", "age").test("F").p, rel=0.2)


def test_df_counts_the_subpopulation_or_the_whole_design(design):
    part = crosstab(design, "view", "sex", where="community < 12")
    assert part.test("wald").df == 11
    assert part.test("wald", df="design").df == 39


def test_raked_weights_are_known_to_the_test(design):
    raked = rake(design, {"sex": {"f": 0.6, "m": 0.4}}, on=["sex"])
    assert crosstab(raked, "view", "sex").test().p != crosstab(design, "view", "sex").test().p
    assert "raked" in str(crosstab(raked, "view", "sex"))


def test_a_table_without_a_test_says_why(design):
    narrow = crosstab(design, "view", "age", where={"age": "60+"})
    assert "No test of independence: a test of independence needs two rows and two columns" in " ".join(
        str(narrow).split()
    )
    with pytest.raises(EstimationError, match="3 by 1"):
        narrow.test()
    with pytest.raises(EstimationError, match="needs two rows and two columns"):
        _ = narrow.cramers_v


def test_odds_ratios_are_those_of_two_by_two_tables(design):
    found = crosstab(design, "voted", "sex").odds_ratio(level=0.9)
    row = found.to_frame().iloc[0]
    shares = crosstab(design, "voted", "sex").to_frame("total")["estimate"]
    assert row["odds_ratio"] == pytest.approx(shares[0] * shares[3] / (shares[1] * shares[2]))
    assert math.log(row["high"]) - row["log_odds_ratio"] == pytest.approx(row["log_odds_ratio"] - math.log(row["low"]))
    assert "90% intervals" in str(found)
    with pytest.raises(EstimationError, match="this one has 3 by 3"):
        crosstab(design, "view", "age").odds_ratio()
    empty = Design(pd.DataFrame({"a": [0, 0, 1, 1], "b": [0, 1, 1, 1]}))
    with pytest.raises(EstimationError, match="a cell of the table is empty"):
        crosstab(empty, "a", "b").odds_ratio()
    alone = Design(wave().assign(community=1), psu="community", lone_psu="certainty")
    with pytest.raises(EstimationError, match="the odds ratio has"):
        crosstab(alone, "voted", "sex").odds_ratio()


def test_cramers_v_is_one_where_one_tells_the_other():
    same = Design(pd.DataFrame({"a": [0, 1, 2] * 4, "b": ["x", "y", "z"] * 4}))
    assert crosstab(same, "a", "b").cramers_v == pytest.approx(1)


@pytest.mark.parametrize(
    ("row", "column", "options", "message"),
    [
        ("view", "view", {}, "given 'view' twice"),
        ("view", "age", {"percent": "cell"}, "percent is 'cell'"),
        ("view", "age", {"level": 95}, "level is 95"),
        ("view", "age", {"base": "some"}, "base is 'some'"),
        ("view", "blank", {}, r"an answer to both view and blank \(missing: view: complete; blank: blank 200\)"),
        ("community", "many", {}, r"has 40 by 200 cells, and at most 2,500"),
    ],
)
def test_what_makes_no_table_is_refused(row, column, options, message):
    frame = wave().assign(blank=pd.Series([None] * 200, dtype=object), many=range(200))
    with pytest.raises(EstimationError, match=message):
        crosstab(Design(frame), row, column, **options)


def test_unknown_names_and_options_are_refused(design, table):
    with pytest.raises(UnknownNameError, match=r"'agee'\. Did you mean 'age'"):
        crosstab(design, "view", "agee")
    with pytest.raises(EstimationError, match="crosstab needs a Design"):
        crosstab(wave(), "view", "age")
    with pytest.raises(EstimationError, match="statistic is 'G'"):
        table.test("G")
    with pytest.raises(EstimationError, match="percent is 'cell'"):
        table.to_frame("cell")


def test_zero_weights_count_for_nobody(design):
    frame = wave().assign(weight=lambda f: f["weight"].where(f["age"] != "60+", 0.0))
    found = crosstab(Design(frame, weight="weight", psu="community"), "view", "age")
    assert found.plan.shape == (3, 2)
    assert "weight of zero" in str(found)


# what is printed


def test_column_percentages_stand_over_their_bases(table):
    lines = str(table).splitlines()
    assert lines[0] == "view by age, column percentages (standard errors)"
    assert lines[1].startswith("For: those with an answer to both. Sample: n 200, weighted ")
    header = next(line for line in lines if line.startswith("view \\ age"))
    assert header.split() == ["view", "\\", "age", "18-29", "30-59", "60+", "Total"]
    base = next(line for line in lines if line.startswith("n "))
    assert [int(cell) for cell in base.split()[1:]] == [*wave()["age"].value_counts().sort_index(), 200]
    assert any(line.startswith("* Independence: F(") for line in lines)


def test_row_and_total_percentages_stand_with_theirs(design):
    rows = str(crosstab(design, "view", "age", percent="row")).splitlines()
    header = next(line for line in rows if line.startswith("view \\ age"))
    assert header.split()[-3:] == ["n", "weighted", "n"]
    assert next(line for line in rows if line.startswith("Total")).split()[-2] == "200"
    total = str(crosstab(design, "view", "age", percent="total"))
    assert "100.0%" in total
    assert "| Total |" in crosstab(design, "view", "age", percent="total").to_markdown()


def test_printed_percentages_are_those_of_the_frame(design):
    for kind in ("row", "column", "total"):
        found = crosstab(design, "view", "sex", percent=kind)
        estimates = found.to_frame(kind)["estimate"].tolist()
        lines = [line for line in str(found).splitlines() if line.startswith(("against", "for", "not sure"))]
        printed = [float(cell.rstrip("%")) for line in lines for cell in line.split() if cell.endswith("%")]
        width = 2 if kind == "row" else 3
        cells = [cell for at, cell in enumerate(printed) if at % width < 2]
        assert cells == pytest.approx([100 * value for value in estimates], abs=0.051)


def test_the_document_is_plain_json(table):
    document = json.loads(json.dumps(table.document()))
    assert document["method"]["percent"] == "column"
    assert len(document["rows"]) == 27


@pytest.mark.parametrize("kind", ["row", "column", "total"])
def test_a_table_is_a_web_page_and_a_chart(design, kind):
    found = crosstab(design, "view", "age", percent=kind)
    assert '<th scope="row">not sure</th>' in found.to_html()
    described = found.plot().description
    first = "against, 18-29" if kind == "row" else "18-29, against"
    assert first in described
    assert "<caption>" in found.test().to_html()


# what always holds

seeds = st.integers(0, 10_000)


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_percentages_add_up_to_one(seed):
    found = crosstab(Design(wave(seed, 60), weight="weight", psu="community"), "view", "age")
    assert found.to_frame("row").groupby("row")["estimate"].sum().to_numpy() == pytest.approx(1)
    assert found.to_frame("column").groupby("column")["estimate"].sum().to_numpy() == pytest.approx(1)
    assert found.to_frame("total")["estimate"].sum() == pytest.approx(1)


@settings(max_examples=15, deadline=None)
@given(seed=seeds, scale=st.floats(0.01, 1000))
def test_scaling_weights_shuffling_rows_and_swapping_columns_change_no_test(seed, scale):
    frame = wave(seed, 100)
    other = frame.assign(weight=frame["weight"] * scale).sample(frac=1, random_state=seed)
    one = crosstab(Design(frame, weight="weight", psu="community"), "view", "age")
    two = crosstab(Design(other, weight="weight", psu="community"), "age", "view")
    for statistic in STATISTICS:
        assert two.test(statistic).statistic == pytest.approx(one.test(statistic).statistic, rel=1e-7)
        assert two.test(statistic).p == pytest.approx(one.test(statistic).p, rel=1e-6)


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_renaming_categories_and_splitting_psu_labels_change_nothing(seed):
    frame = wave(seed, 60)
    renamed = frame.assign(
        view=frame["view"].map({"for": "a", "against": "b", "not sure": "c"}), community=frame["community"] * 7 + 3
    )
    one, other = (
        crosstab(Design(each, weight="weight", psu="community"), "view", "age").test().p for each in (frame, renamed)
    )
    assert one == pytest.approx(other, rel=1e-9)


def test_a_crosstab_prints_the_questions_behind_its_columns():
    study = study_of(wave())
    asked = Variable("view", type="string", wording={"en": "Are you for it?"})
    table = crosstab(Design(Study(study.frame, study.codebook.with_variable(asked))), "view", "sex")
    assert str(table).splitlines()[1] == "view: Are you for it?"
    assert "<p>view: Are you for it?</p>" in table.to_html()


@pytest.mark.parametrize(("row", "column", "role"), [(["view"], "sex", "row"), ("view", 5, "column")])
def test_what_is_no_one_column_is_refused(row, column, role):
    with pytest.raises(EstimationError, match=f"{role} is .*; a crosstab takes one column there"):
        crosstab(Design(wave()), row, column)
