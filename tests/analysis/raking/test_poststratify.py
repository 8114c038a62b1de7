"""Cells of one or several variables weighted to their population; thin ones joined, missing ones told."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.diagnosing.weights import weight_summary
from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.raking.poststratify import poststratify
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError, WeightingError
from topline.data.margins import margins, read_margins

CELLS = {("1", "1"): 1500, ("1", "2"): 2000, ("1", "3"): 1500, ("2", "1"): 1500, ("2", "2"): 2000, ("2", "3"): 1500}
NAMED = {"*".join(codes): count for codes, count in CELLS.items()}


def sample(seed: int = 1, rows: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sex": random.choice([1.0, 2.0], rows, p=[0.6, 0.4]),
            "age": random.choice([1.0, 2.0, 3.0], rows, p=[0.5, 0.3, 0.2]),
            "y": random.normal(size=rows),
            "base": random.gamma(5, 1, rows),
        }
    )


def held(design: Design) -> dict:
    frame = design.study.frame.assign(w=design.weights)
    return frame.groupby(["sex", "age"])["w"].sum().to_dict()


@pytest.mark.parametrize(
    ("given", "on"),
    [
        (CELLS, ["sex", "age"]),
        (NAMED, "sex*age"),
        ({"sex*age": NAMED}, None),
        ({"sex*age": NAMED}, ["age", "sex"]),
        ({"sex*age": NAMED, "sex": {"1": 0.5, "2": 0.5}}, ["sex", "age"]),
        ({("sex", "age"): CELLS}, "sex*age"),
        ({("sex", "age"): CELLS}, {("sex", "age"): ["sex", "age"]}),
    ],
)
def test_every_cell_is_brought_to_its_count_however_cells_are_named(given, on):
    done = poststratify(Design(sample(), weight="base"), given, on)
    assert held(done) == pytest.approx({(float(a), float(b)): count for (a, b), count in CELLS.items()})
    assert done.steps[-1].words == "poststratified on sex*age to given margins"
    assert done.steps[-1].kind == "poststratify"


def test_weights_of_a_cell_are_multiplied_alike_and_shares_keep_the_sum():
    base = Design(sample(), weight="base")
    done = poststratify(base, {code: count / 10_000 for code, count in NAMED.items()}, "sex*age")
    assert done.weights.sum() == pytest.approx(base.weights.sum())
    ratio = pd.Series(done.weights / base.weights).groupby([sample()["sex"], sample()["age"]])
    assert (ratio.max() / ratio.min()).to_numpy() == pytest.approx(np.ones(6))
    assert base.steps == ()


def test_one_margin_gives_what_a_rake_on_it_gives_with_its_errors():
    base = Design(sample(), weight="base")
    shares = {"age": {"1": 0.4, "2": 0.35, "3": 0.25}}
    one, other = poststratify(base, shares), rake(base, shares)
    assert one.weights == pytest.approx(other.weights)
    assert mean(one, "y").to_frame()["se"][0] == pytest.approx(mean(other, "y").to_frame()["se"][0])
    assert proportion(one, "age").to_frame()["se"].to_numpy() == pytest.approx(np.zeros(3), abs=1e-9)


def test_cells_without_respondents_are_named_with_the_ways_out():
    frame = sample().query("not (sex == 2 and age == 3)")
    with pytest.raises(WeightingError) as caught:
        poststratify(Design(frame), CELLS, on=["sex", "age"])
    message = str(caught.value)
    assert message.startswith("margin sex*age and columns sex, age do not name the same categories.")
    assert "without rows of their own in the data: 2*3" in message
    assert "join={'sex*age': {'new name': ['one', 'other']}}; in poststratify also minimum=1" in message
    joined = poststratify(Design(frame), CELLS, on=["sex", "age"], minimum=1)
    assert joined.steps[-1].table["category"].tolist() == ["1*1", "1*2", "1*3", "2*1", "2*2 + 2*3"]
    assert joined.weights.sum() == pytest.approx(10_000)


def test_people_without_a_cell_are_named():
    with pytest.raises(WeightingError, match=r"(?s)without a target: 2\*3"):
        poststratify(Design(sample()), {code: count for code, count in NAMED.items() if code != "2*3"}, "sex*age")


def test_thin_cells_are_joined_with_the_next_in_the_last_column_and_told():
    frame = pd.DataFrame(
        {"sex": ["f"] * 40 + ["m"] * 30, "age": ([1] * 20 + [2] * 5 + [3] * 15) + ([1] * 20 + [2] * 10)}
    )
    cells = {"f*1": 10, "f*2": 20, "f*3": 20, "m*1": 20, "m*2": 30}
    done = poststratify(Design(frame), cells, on=["sex", "age"], minimum=12)
    table = done.steps[-1].table
    assert dict(zip(table["category"], table["n"], strict=True)) == {"f*1": 20, "f*2 + f*3": 20, "m*1 + m*2": 30}
    assert "sex*age: categories f*2, f*3 count as one, f*2 + f*3." in done.steps[-1].notes
    assert done.steps[-1].notes[-1] in mean(done, "age").method["footnotes"]
    assert done.steps[-1].options["minimum"] == 12


def test_cells_joined_by_name_count_as_one_whether_by_code_or_label():
    sex = Variable("sex", labels={1.0: "woman", 2.0: "man"})
    frame = sample()
    study = Study(frame, Codebook((sex, *(Variable(name) for name in ("age", "y", "base")))))
    done = poststratify(Design(study), CELLS, on=["sex", "age"], join={"older men": ["man*2", ("2", "3")]})
    table = done.steps[-1].table.set_index("category")
    assert table.loc["older men", "target"] == pytest.approx(0.35)
    assert table.index.tolist() == ["woman*1", "woman*2", "woman*3", "man*1", "older men"]
    nested = poststratify(Design(study), CELLS, on=["sex", "age"], join={"sex*age": {"older men": ["2*2", "2*3"]}})
    assert nested.weights == pytest.approx(done.weights)


def test_missing_values_stop_or_keep_their_share():
    frame = sample()
    frame.loc[:29, "age"] = np.nan
    with pytest.raises(WeightingError, match="sex or age is missing in 30 of 300 weighted rows"):
        poststratify(Design(frame), CELLS, on=["sex", "age"])
    done = poststratify(Design(frame), CELLS, on=["sex", "age"], missing="own_class")
    assert done.weights[:30].sum() == pytest.approx(1_000)
    assert "sex*age: 30 rows without a value keep their 10.0% of the weight" in done.steps[-1].notes[0]
    spread = poststratify(Design(frame), CELLS, on=["sex", "age"], missing="proportional")
    known = frame[frame["age"].notna()].groupby(["sex", "age"]).size() / 270
    for (sex, age), count in CELLS.items():
        cell = (float(sex), float(age))
        assert held(spread)[cell] + 1_000 * known[cell] == pytest.approx(count)
    assert "count as spread over the categories as the others were" in spread.steps[-1].notes[0]


def test_a_target_that_rows_without_a_value_take_up_is_refused():
    frame = sample()
    frame.loc[:149, "age"] = np.nan
    with pytest.raises(WeightingError, match=r"category 1: the target is 5\.00%, and rows without a value, .* take up"):
        poststratify(Design(frame), {"1": 0.05, "2": 0.45, "3": 0.5}, "age", missing="proportional")


def test_replicates_are_poststratified_each():
    base = Design(sample(), weight="base")
    done = replicates(poststratify(base, CELLS, on=["sex", "age"]), "JK1")
    frame = done.study.frame.assign(w=done.replication.weights(7))
    assert frame.groupby("sex")["w"].sum().tolist() == pytest.approx([5_000, 5_000])
    assert mean(done, "y").to_frame()["se"][0] == pytest.approx(
        mean(poststratify(base, CELLS, on=["sex", "age"]), "y").to_frame()["se"][0], rel=0.05
    )
    blocks = Design(sample().assign(block=sample()["age"]), psu="block")
    with pytest.raises(
        WeightingError,
        match=r"holds nobody of margin age, category \d, so it cannot be poststratified.* two PSUs",
    ):
        replicates(poststratify(blocks, {"1": 10, "2": 10, "3": 10}, "age"), "JK1")


def test_margins_of_a_file_bring_their_sources_and_their_populations(tmp_path):
    path = tmp_path / "cells.csv"
    rows = [f"sex*age,{code},{count},Register,2024,verified" for code, count in NAMED.items()]
    path.write_text("\n".join(["dimension,category,count,source,date,grade", *rows]), encoding="utf-8")
    done = poststratify(Design(sample()), read_margins(path))
    assert done.weights.sum() == pytest.approx(10_000)
    assert done.steps[-1].notes == ("sex*age: Register (2024; seen in the publisher's own report).",)
    assert "poststratified on sex*age to cells" in weight_summary(done).source
    recalled = poststratify(Design(sample().rename(columns={"age": "age3"})), margins("cn-adults-2020"), on="sex")
    assert "count all residents of all ages" in " ".join(recalled.steps[-1].brief)


@pytest.mark.parametrize(
    ("given", "options", "told"),
    [
        (CELLS, {}, "without the columns that they are cells of; name them"),
        ({"sex": {"1": 1, "2": 1}, "age": {"1": 1}}, {}, "one dimension, and there are 2: sex, age"),
        (7, {}, "margins is 7; it gives the share or count of each cell"),
        (CELLS, {"on": ["sex"]}, "names 2 codes, and there is 1 column"),
        (CELLS, {"on": ["sex", "age"], "minimum": 0}, "minimum is 0"),
        (CELLS, {"on": ["sex", "age"], "minimum": "a"}, "minimum is 'a'"),
        (CELLS, {"on": ["sex", "age"], "join": 5}, "join is 5; it gives by dimension"),
        (CELLS, {"on": ["sex", "age"], "minimum": 2, "join": {"a": ["1*1", "1*2"]}}, "give join or minimum, not both"),
        (CELLS, {"on": ["sex", "age"], "missing": "drop"}, "missing is 'drop'"),
        (CELLS, {"on": ["sex", "age"], "join": {"a": ["1*1"], "b": ["1*1"]}}, "joined into a and into b; name it once"),
        ({"sex": 5}, {"on": {"sex": "sex"}}, "without the columns"),
    ],
)
def test_what_makes_no_sense_is_refused(given, options, told):
    with pytest.raises(WeightingError, match=told):
        poststratify(Design(sample()), given, **options)


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="no variable 'agee'"):
        poststratify(Design(sample()), CELLS, on=["sex", "agee"])
    with pytest.raises(UnknownNameError, match=r"no margin 'sexe'\. Did you mean 'sex'"):
        poststratify(Design(sample()), {"sex": {"1": 1, "2": 1}}, on="sexe")
    with pytest.raises(UnknownNameError, match=r"category of sex\*age"):
        poststratify(Design(sample()), CELLS, on=["sex", "age"], join={"a": ["1*1", "1*9"]})
    with pytest.raises(EstimationError, match="poststratify needs a Design"):
        poststratify(sample(), CELLS, on=["sex", "age"])


def test_frames_of_any_kind_give_the_same_weights():
    plain = sample()
    words = plain.assign(
        sex=plain["sex"].map({1.0: "f", 2.0: "m"}), age=plain["age"].map({1.0: "y", 2.0: "o", 3.0: "s"})
    )
    cells = dict(zip([(a, b) for a in "fm" for b in "yos"], CELLS.values(), strict=True))
    wanted = poststratify(Design(plain, weight="base"), CELLS, on=["sex", "age"]).weights
    for frame in (
        words,
        words.astype({"sex": "category", "age": pd.CategoricalDtype(["s", "never", "o", "y"], ordered=True)}),
        words.astype({"sex": "string[pyarrow]", "age": object}),
        pl.from_pandas(words),
        pl.from_pandas(words).with_columns(
            pl.col("sex").cast(pl.Categorical), pl.col("age").cast(pl.Enum(["s", "o", "y"]))
        ),
    ):
        assert poststratify(Design(frame, weight="base"), cells, on=["sex", "age"]).weights == pytest.approx(wanted)
    nullable = plain.astype({"sex": "Int8", "age": "int64[pyarrow]"})
    assert poststratify(Design(nullable, weight="base"), CELLS, on=["sex", "age"]).weights == pytest.approx(wanted)


def test_user_missing_codes_and_rows_of_zero_weight():
    frame = pd.DataFrame({"sex": [1.0, 2.0, 9.0, 5.0], "w": [1.0, 2.0, 1.0, 0.0]})
    study = Study(frame, Codebook((Variable("sex", missing={9.0: MissingKind.REFUSED}), Variable("w"))))
    done = poststratify(Design(study, weight="w"), {"1": 0.5, "2": 0.5}, "sex", missing="own_class")
    assert done.weights.tolist() == pytest.approx([1.5, 1.5, 1.0, 0.0])


def test_the_step_is_plain_values():
    document = poststratify(Design(sample()), CELLS, on=["sex", "age"]).steps[-1].document()
    again = json.loads(json.dumps(document, allow_nan=False))
    assert again["kind"] == "poststratify"
    assert again["variables"] == ["sex*age"]
    assert again["table"][0] == pytest.approx(document["table"][0])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_is_irrelevant_and_cells_hold(seed):
    frame = sample(seed, 80)
    present = frame.groupby(["sex", "age"]).size().index
    cells = {(str(int(a)), str(int(b))): 1 + at for at, (a, b) in enumerate(present)}
    done = poststratify(Design(frame, weight="base"), cells, on=["sex", "age"])
    shuffled = frame.sample(frac=1, random_state=seed)
    again = poststratify(Design(shuffled, weight="base"), cells, on=["sex", "age"])
    assert again.weights == pytest.approx(done.weights[shuffled.index], rel=1e-12)
    assert list(held(done).values()) == pytest.approx([1.0 + at for at in range(len(present))])
