"""The shapes that margins come in, and joins where they are coarser than the data."""

import pandas as pd
import pytest

from topline.analysis.calibration.calibrate import calibrate
from topline.analysis.raking.poststratify import poststratify
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.data.errors import ToplineError, UnknownNameError, WeightingError

AGES = ["18-29", "30-44", "45-59", "60+"]
COARSE = {"age4": {"18-29": 0.2, "30+": 0.8}}
OLDER = {"30+": ["30-44", "45-59", "60+"]}


def sample() -> pd.DataFrame:
    return pd.DataFrame({"sex": ["f", "f", "m", "m"] * 6, "age4": AGES * 6, "w": [1.0, 2.0] * 12})


@pytest.mark.parametrize("step", [rake, poststratify, calibrate])
def test_categories_join_into_one_that_the_margin_names(step):
    found = step(Design(sample(), weight="w"), COARSE, join={"age4": OLDER})
    young = (sample()["age4"] == "18-29").to_numpy()
    assert found.weights[young].sum() / found.weights.sum() == pytest.approx(0.2)
    assert found.steps[-1].table["category"].tolist() == ["18-29", "30+"]
    assert found.steps[-1].notes == ("age4: categories 30-44, 45-59, 60+ count as one, 30+.",)


def test_joins_into_a_category_of_the_margin_in_joint_margins_and_with_targets_of_both():
    joint = {"sex*age4": {"f*18-29": 0.2, "f*30+": 0.3, "m*45+": 0.5}}
    joins = {"f*30+": ["f*30-44"], "m*45+": ["m*45-59", "m*60+"]}
    found = rake(Design(sample()), joint, join={"sex*age4": joins})
    assert found.raking.table["after"].tolist() == pytest.approx([0.2, 0.3, 0.5])
    both = {"age4": {"18-29": 0.2, "30-44": 0.3, "45+": 0.5}}
    found = rake(Design(sample()), both, join={"age4": {"45+": ["30-44", "45-59", "60+"]}})
    assert found.raking.table["target"].tolist() == pytest.approx([0.2, 0.8])
    frame = sample().assign(age4=["18-29", "30-44", "30+", "30+"] * 6)
    found = rake(Design(frame), COARSE, join={"age4": {"30+": ["30-44"]}})
    assert found.raking.table["n"].tolist() == [6, 18]
    assert found.raking.notes == ("age4: categories 30+, 30-44 count as one, 30+.",)


def test_a_name_that_is_no_category_still_needs_a_target_among_its_members():
    with pytest.raises(WeightingError, match="others joins 30-44, 60\\+, and none of them has a target"):
        rake(Design(sample()), COARSE, join={"age4": {"others": ["30-44", "60+"]}})


def test_a_target_of_0_is_called_so():
    with pytest.raises(WeightingError) as caught:
        rake(Design(sample()), {"sex": {"f": 1.0, "m": 0}})
    assert "with rows in the data, but with a target of 0: m" in str(caught.value)
    assert "without a target" not in str(caught.value)
    assert "without rows" not in str(caught.value)


@pytest.mark.parametrize("step", [rake, poststratify, calibrate])
def test_a_dimension_may_be_a_series(step):
    plain = {"f": 0.6, "m": 0.4}
    found = step(Design(sample(), weight="w"), {"sex": pd.Series(plain)})
    assert found.weights == pytest.approx(step(Design(sample(), weight="w"), {"sex": plain}).weights)


def test_cells_may_be_a_series_of_several_levels():
    cells = sample().value_counts(["sex", "age4"])
    found = poststratify(Design(sample()), cells * 10, on=["sex", "age4"])
    assert found.weights == pytest.approx([10.0] * 24)
    nested = rake(Design(sample()), {("sex", "age4"): cells / cells.sum()})
    assert nested.weights == pytest.approx([1.0] * 24)


def test_a_series_that_names_a_category_twice_is_refused():
    with pytest.raises(WeightingError, match="category f twice"):
        rake(Design(sample()), {"sex": pd.Series([0.3, 0.3, 0.4], index=["f", "f", "m"])})


@pytest.mark.parametrize("step", [rake, poststratify, calibrate])
def test_margins_are_found_by_name_or_in_a_file(step, tmp_path):
    frame = sample().assign(sex=[1, 1, 2, 2] * 6)
    found = step(Design(frame), "cn-adults-2020", on=["sex"])
    assert found.weights[:3].sum() / found.weights[:4].sum() > 0.7
    assert "Census" in " ".join(found.steps[-1].notes)
    path = tmp_path / "town.csv"
    path.write_text("dimension,category,share,source,date\nsex,1,0.75,T,2024\nsex,2,0.25,T,2024\n", encoding="utf-8")
    for given in (path, str(path)):
        found = step(Design(frame), given)
        assert found.weights[:4] == pytest.approx([1.5, 1.5, 0.5, 0.5])
    with pytest.raises(UnknownNameError, match="cn-adults"):
        step(Design(frame), "cn-adults-2021")
    with pytest.raises(ToplineError, match="absent"):
        step(Design(frame), str(tmp_path / "absent.csv"))


@pytest.mark.parametrize("step", [rake, poststratify, calibrate])
def test_a_table_is_refused_and_says_what_to_give(step):
    table = pd.DataFrame({"sex": ["f", "m"], "share": [0.5, 0.5]})
    with pytest.raises(WeightingError, match=r"table with the columns sex, share; .*set_index\('sex'\)"):
        step(Design(sample()), table)


@pytest.mark.parametrize(
    ("step", "options"),
    [
        (rake, {"bounds": 3}),
        (rake, {"bounds": (None, 3)}),
        (rake, {"bounds": "0.5,2"}),
        (rake, {"join": {"sex": ["f", "m"]}}),
        (rake, {"join": ["f", "m"]}),
        (rake, {"on": 3}),
        (poststratify, {"on": 3}),
        (poststratify, {"minimum": "x"}),
        (poststratify, {"minimum": 2.5}),
        (poststratify, {"minimum": True}),
        (poststratify, {"join": ["f", "m"]}),
        (poststratify, {"join": {"both": 3}}),
    ],
)
def test_options_of_another_kind_are_refused_by_name(step, options):
    with pytest.raises(ToplineError, match=next(iter(options)) if options != {"join": {"both": 3}} else "3"):
        step(Design(sample()), {"sex": {"f": 0.5, "m": 0.5}}, **options)
