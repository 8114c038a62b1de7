"""What rake may be given: joint margins, joined categories, counts, margins of several populations, odd data."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.coding import Coding
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.step import Replicate
from topline.analysis.targets.crossing import FEW, crossed
from topline.analysis.targets.targets import targets
from topline.data.errors import UnknownNameError, WeightingError
from topline.data.margins import Dimension, Margins, margins

MARGINS = {"sex": {"1": 0.49, "2": 0.51}, "age4": {"1": 0.2, "2": 0.25, "3": 0.3, "4": 0.25}}
JOINT = {f"{sex}*{age}": MARGINS["sex"][sex] * MARGINS["age4"][age] for sex in "12" for age in "1234"}


def sample(seed: int = 1, rows: int = 400) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sex": random.choice([1.0, 2.0], rows, p=[0.6, 0.4]),
            "age4": random.choice([1.0, 2.0, 3.0, 4.0], rows, p=[0.4, 0.3, 0.2, 0.1]),
            "town": random.choice(["n", "s"], rows),
            "y": random.normal(size=rows),
            "base": random.gamma(5, 1, rows),
        }
    )


def shares(design: Design, *columns: str) -> dict:
    frame = design.study.frame.assign(w=design.weights)
    by = columns[0] if len(columns) == 1 else list(columns)
    return (frame.groupby(by)["w"].sum() / frame["w"].sum()).to_dict()


def test_a_joint_margin_stands_beside_those_of_single_variables():
    raked = rake(Design(sample(), weight="base"), {"sex*age4": JOINT, "town": {"n": 0.7, "s": 0.3}})
    assert shares(raked, "sex", "age4") == pytest.approx(
        {tuple(map(float, codes.split("*"))): share for codes, share in JOINT.items()}, abs=1e-9
    )
    assert shares(raked, "town")["n"] == pytest.approx(0.7)
    assert raked.raking.variables == ("sex*age4", "town")
    assert raked.raking.table["category"].tolist()[:3] == ["1*1", "1*2", "1*3"]


def test_dimensions_that_are_crossed_map_to_columns_of_other_names():
    frame = sample().rename(columns={"sex": "gender"})
    one = rake(Design(frame), {"sex*age4": JOINT}, on={"sex*age4": ["gender", "age4"]})
    other = rake(Design(frame), {"sex*age4": JOINT}, on={"sex*age4": "gender*age4"})
    assert one.raking.variables == other.raking.variables == ("gender*age4",)
    assert one.weights == pytest.approx(other.weights)


def test_margins_that_contradict_each_other_are_refused_with_both_figures():
    with pytest.raises(WeightingError, match=r"sex\*age4 and sex contradict .* of sex 1 the one says 49\.0000%, .* 48"):
        rake(Design(sample()), {"sex*age4": JOINT, "sex": {"1": 0.48, "2": 0.52}})
    agreeing = rake(Design(sample()), {"sex*age4": JOINT, "sex": MARGINS["sex"]})
    assert agreeing.weights == pytest.approx(rake(Design(sample()), {"sex*age4": JOINT}).weights)


def test_categories_of_one_side_alone_can_be_joined_and_that_is_said():
    frame = sample()
    frame.loc[:5, "sex"] = 3.0
    given = {"sex": {"1": 0.49, "2": 0.50, "4": 0.01}}
    with pytest.raises(WeightingError, match=r"(?s)rows of their own in the data: 4.*without a target: 3"):
        rake(Design(frame), given)
    raked = rake(Design(frame), given, join={"sex": {"women and others": ["2", "3", "4"]}})
    assert raked.raking.table["category"].tolist() == ["1", "women and others"]
    assert raked.raking.notes == ("sex: categories 2, 3, 4 count as one, women and others.",)
    assert raked.raking.notes[0] in mean(raked, "y").method["footnotes"]


def test_joins_that_fit_nothing_are_refused():
    base = Design(sample())
    with pytest.raises(UnknownNameError, match=r"no margin to join categories of 'age'\. Did you mean 'age4'"):
        rake(base, MARGINS, join={"age": {"a": ["1", "2"]}})
    with pytest.raises(UnknownNameError, match="category of age4 '7'"):
        rake(base, MARGINS, join={"age4": {"a": ["1", "7"]}})
    frame = sample()
    frame.loc[:5, "sex"] = 3.0
    with pytest.raises(WeightingError, match="others joins 3, and none of them has a target; the margin has 1, 2"):
        rake(Design(frame), {"sex": MARGINS["sex"]}, join={"sex": {"others": ["3"]}})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (0.5, r"margins is 0\.5; it gives by variable the share or count of each category"),
        ({"sex": 0.5}, r"margin sex is 0\.5; it gives the share or count of each category"),
        ({"sex": {"1": 0.5, 1.0: 0.5}}, "margin sex has category 1 twice"),
        ({"sex": {"1": "half", "2": 0.5}}, "1 nan; every category needs"),
        ({"sex*age4": {"1": 0.5, "2": 0.5}}, r"category '1' names 1 codes, and there are 2 columns \(sex, age4\)"),
    ],
)
def test_margins_that_are_none_are_refused(given, told):
    with pytest.raises(WeightingError, match=told):
        rake(Design(sample()), given)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"on": 5}, "on is 5; it names dimensions of the margins"),
        ({"join": 5}, "join is 5; it gives by dimension the categories that count as one"),
        ({"join": {"sex": ["1"]}}, r"join is \{'sex': \['1'\]\}; it gives by dimension"),
        ({"bounds": 3}, "bounds are 3; they are the least and largest factor"),
        ({"bounds": ("a", "b")}, r"bounds are \('a', 'b'\); they are"),
        ({"tolerance": "x"}, "tolerance is 'x'; it is the largest distance from a target"),
        ({"max_iterations": 2.5}, "max_iterations is 2.5; it is how many iterations are tried, a whole number"),
    ],
)
def test_options_of_another_kind_are_refused(options, told):
    with pytest.raises(WeightingError, match=told):
        rake(Design(sample()), MARGINS, **options)


def test_bounds_may_be_a_list_as_in_yaml():
    assert rake(Design(sample()), MARGINS, bounds=[0.1, 9]).raking.bounds == (0.1, 9.0)


def test_a_column_without_a_value_is_refused():
    with pytest.raises(WeightingError, match="in the data:   nobody has a value"):
        rake(Design(pd.DataFrame({"sex": [np.nan, np.nan]})), {"sex": MARGINS["sex"]}, missing="own_class")


def test_codes_may_be_numbers():
    by_number = rake(Design(sample()), {"sex": {1: 0.49, 2.0: 0.51}})
    assert by_number.weights == pytest.approx(rake(Design(sample()), {"sex": MARGINS["sex"]}).weights)


def test_rows_without_a_value_are_spread_as_the_others_are():
    frame = sample()
    frame.loc[:39, "sex"] = np.nan
    base = Design(frame, weight="base")
    raked = rake(base, MARGINS, missing="proportional")
    known = frame["sex"].notna().to_numpy()
    kept = base.weights[~known].sum() / base.weights.sum()
    women = base.weights[(frame["sex"] == 2).to_numpy()].sum() / base.weights[known].sum()
    assert raked.weights[~known].sum() / raked.weights.sum() == pytest.approx(kept)
    assert raked.weights[(frame["sex"] == 2).to_numpy()].sum() / raked.weights.sum() + kept * women == pytest.approx(
        0.51
    )
    assert "count as spread over the categories as the others were" in raked.raking.brief[0]
    frequency = np.random.default_rng(5).poisson(1.0, 400).astype(float)
    change = raked.raking.task.replayed(base.weights, frequency, Replicate(0, 9, 1.0))
    drawn, after = base.weights * frequency, change.applied(base.weights, slice(None)) * frequency
    kept = drawn[~known].sum() / drawn.sum()
    women = drawn[(frame["sex"] == 2).to_numpy()].sum() / drawn[known].sum()
    assert after[(frame["sex"] == 2).to_numpy()].sum() / after.sum() + kept * women == pytest.approx(0.51)


def test_replicates_of_rows_that_take_up_a_target_are_refused_with_their_number():
    frame = sample()
    frame.loc[:39, "sex"] = np.nan
    step = rake(Design(frame), MARGINS, missing="proportional").raking
    many_missing = np.where(frame["sex"].isna(), 40.0, 1.0)
    with pytest.raises(WeightingError, match=r"replicate 3 of 9: margin sex, category 1: the target is 49\.00%"):
        step.task.replayed(step.before, many_missing, Replicate(2, 9, 1.0))


def test_margins_counted_in_several_populations_are_told_down_to_results():
    population = margins("cn-adults-2020")
    raked = rake(Design(sample()), population, on=["sex", "age4"])
    told = (
        "Margins of sex count all residents of all ages, servicepersons included; age4 count residents 18 and over of "
        "31 provinces, servicepersons excluded; weights stand for residents of mainland China aged 18 and over."
    )
    assert raked.raking.notes[-1] == raked.raking.brief[-1] == told
    result = mean(raked, "y")
    assert told in result.method["footnotes"]
    assert told in " ".join(str(result).split())
    assert "from memory" in " ".join(str(result).split())


def test_margins_of_one_population_need_no_such_note():
    facts = {
        name: Dimension(name, given, population="adults", source="Register", date="2024", grade="verified")
        for name, given in MARGINS.items()
    }
    raked = rake(Design(sample()), Margins("town", "Town", "adults", facts))
    assert len(raked.raking.notes) == 2
    assert raked.raking.brief == (
        "Margins of sex, age4: Register (seen in the publisher's own report). Dates and doubts: weight_summary, "
        "topline weight.",
    )


def test_counts_of_margins_scale_and_must_agree():
    facts = {
        name: Dimension(name, given, source="Register", date="2024", total=total)
        for (name, given), total in zip(MARGINS.items(), (5_000, 6_000), strict=True)
    }
    with pytest.raises(WeightingError, match="counts of margin sex add up to 5,000 and those of age4 to 6,000"):
        rake(Design(sample()), Margins("town", "Town", "", facts))
    assert rake(Design(sample()), Margins("town", "Town", "", facts), "sex").weights.sum() == pytest.approx(5_000)


def test_columns_of_many_values_are_crossed_without_a_table_of_all_their_combinations():
    random = np.random.default_rng(1)
    codes = [random.integers(0, 300, 5_000) for _ in range(3)]
    codes[1] = np.where(codes[1] < 5, -1, codes[1])
    columns = [Coding(f"c{at}", code, tuple(map(float, range(300)))) for at, code in enumerate(codes)]
    weights = np.where(random.random(5_000) < 0.1, 0.0, random.gamma(2, 1, 5_000))
    found = crossed(columns, weights)
    assert 300**3 > FEW
    assert len(found.weight) <= 5_000
    for code, of_cell in zip(codes, found.codes, strict=True):
        assert (of_cell[found.cell] == code).all()
    assert found.weight.sum() == pytest.approx(weights.sum())
    assert found.count.sum() == (weights > 0).sum()


def test_wide_crossings_are_numbered_anew_column_by_column():
    random = np.random.default_rng(2)
    codes = [random.integers(0, 40, 20_000).astype(np.int8) for _ in range(5)]
    found = crossed([Coding(f"c{at}", code, tuple(range(40))) for at, code in enumerate(codes)], np.ones(20_000))
    for code, of_cell in zip(codes, found.codes, strict=True):
        assert (of_cell[found.cell] == code).all()


def test_categories_that_nobody_has_do_not_stand_in_the_way():
    frame = sample().assign(town=lambda data: pd.Categorical(data["town"], ["never", "s", "n"]))
    frame["sex"] = pd.Categorical(frame["sex"].map({1.0: "m", 2.0: "f"}), ["f", "m", "x"], ordered=True)
    raked = rake(Design(frame), {"town": {"n": 0.7, "s": 0.3}, "sex": {"f": 0.5, "m": 0.5, "x": 0.0}})
    assert raked.raking.table["category"].tolist() == ["n", "s", "f", "m"]
    assert raked.raking.worst_after <= 1e-10


def test_positions_of_rows_are_at_hand_for_other_steps():
    frame = sample()
    wanted = targets(Design(frame), MARGINS, None, own_class=False)
    assert wanted.margins[1].positions.tolist() == (frame["age4"] - 1).astype(int).tolist()
    assert wanted.margins[1].narrow.tolist() == wanted.margins[1].positions.tolist()
