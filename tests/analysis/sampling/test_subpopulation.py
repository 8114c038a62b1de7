import numpy as np
import pandas as pd
import polars as pl
import pytest

from topline.analysis.estimation.estimate import mean, proportion, ratio, total
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.subpopulation import subset
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError


def towns() -> pd.DataFrame:
    random = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "region": np.repeat(["n", "s"], 30),
            "town": np.repeat(range(12), 5),
            "age": random.integers(15, 80, 60),
            "trust": random.normal(5, 2, 60),
            "w": random.uniform(1, 3, 60),
            "first name": random.choice(["a", "b"], 60),
        }
    )


def design(frame: pd.DataFrame | None = None) -> Design:
    return Design(towns() if frame is None else frame, weight="w", strata="region", psu="town")


def labelled() -> Study:
    frame = pd.DataFrame({"sex": [1.0, 2.0, 2.0, 1.0, -9.0], "view": [1.0, -8.0, 2.0, 2.0, 1.0]})
    sex = Variable("sex", labels={1.0: "male", 2.0: "female"}, missing={-9.0: MissingKind.REFUSED})
    view = Variable("view", labels={1.0: "for", 2.0: "against"}, missing={-8.0: MissingKind.DONT_KNOW})
    return Study(frame, Codebook((sex, view)))


@pytest.mark.parametrize(
    "where",
    [
        "age >= 40 and region == 'n'",
        "(age >= 40) & (region == 'n')",
        lambda frame: (frame["age"] >= 40) & (frame["region"] == "n"),
        lambda frame: ((frame["age"] >= 40) & (frame["region"] == "n")).tolist(),
        lambda frame: pl.Series((frame["age"] >= 40).to_numpy() & (frame["region"] == "n").to_numpy()),
    ],
)
def test_a_subpopulation_equals_the_group_of_an_indicator(where):
    frame = towns().assign(part=lambda data: ((data["age"] >= 40) & (data["region"] == "n")).astype(int))
    by_group = mean(design(frame), "trust", by="part").to_frame().iloc[1]
    found = mean(design(frame), "trust", where=where(frame) if callable(where) else where).to_frame().iloc[0]
    for name in ("estimate", "se", "n", "weighted_n", "deff", "df", "effective_n"):
        assert found[name] == pytest.approx(by_group[name], rel=1e-12), name


def test_leaving_the_others_out_of_the_data_would_give_another_error():
    frame = towns()
    kept = mean(design(frame), "trust", where="age >= 60").to_frame()["se"].iloc[0]
    dropped = mean(design(frame[frame["age"] >= 60]), "trust").to_frame()["se"].iloc[0]
    assert kept != pytest.approx(dropped, rel=1e-3)


def test_the_design_and_its_degrees_of_freedom_stay_unless_those_of_the_base_are_asked_for():
    whole, part = design(), subset(design(), {"region": "n"})
    assert len(part.weights) == 60 and part.df == whole.df == 10
    assert mean(part, "trust").to_frame()["df"].tolist() == [10]
    assert mean(part, "trust", df="domain").to_frame()["df"].tolist() == [5]


def test_degrees_of_freedom_by_domain_are_each_groups_own():
    frame = mean(design(), "trust", by="region", df="domain").to_frame()
    assert frame["df"].tolist() == [5, 5]
    assert mean(design(), "trust", by="region", df="domain").method["df_rule"] == "PSUs minus strata of each base"


def test_labels_are_named_by_a_mapping_and_codes_by_a_condition():
    by_label = proportion(Design(labelled()), "view", where={"sex": "female"}).to_frame()
    by_code = proportion(Design(labelled()), "view", where="sex == 2").to_frame()
    assert by_label["n"].tolist() == by_code["n"].tolist() == [1, 1]
    both = mean(Design(labelled()), "view", where={"sex": ["female", 1]}).to_frame()
    assert both["n"].tolist() == [3]


def test_codes_declared_missing_meet_no_condition():
    assert subset(Design(labelled()), "sex < 3").inside.tolist() == [True, True, True, True, False]
    for where in ("sex != 1", "not sex == 1", "sex not in [1]", "~(sex == 1)", "not (sex in [1])"):
        assert subset(Design(labelled()), where).inside.tolist() == [False, True, True, False, False], where
    assert subset(Design(labelled()), "view != 1").inside.tolist() == [False, False, True, True, False]
    assert subset(Design(labelled()), "not (sex in [1] or view == 5)").inside.tolist() == [
        False,
        False,
        True,
        False,
        False,
    ]
    assert subset(Design(labelled()), "view == 2 or sex == 2").inside.tolist() == [False, True, True, True, False]


def test_missing_values_are_counted_inside_the_subpopulation_only():
    result = proportion(Design(labelled()), "view", where={"sex": "male"})
    assert result.method["items"][0]["missing"] == {}
    other = proportion(Design(labelled()), "view", where={"sex": "female"})
    assert "view: 1 of 2 rows is not in the base (don't know 1)." in other.method["footnotes"]


def test_missing_keys_are_counted_inside_the_subpopulation_only():
    result = mean(Design(labelled()), "view", by="sex", where="view == 1")
    assert result.method["missing_keys"] == {"sex": 1}
    assert mean(Design(labelled()), "view", by="sex", where="view == 2").method["missing_keys"] == {}


def test_of_two_conditions_both_hold_and_both_are_printed():
    part = subset(subset(design(), "age >= 40"), {"region": "n"})
    frame = towns()
    assert part.inside.tolist() == ((frame["age"] >= 40) & (frame["region"] == "n")).tolist()
    assert "where age >= 40; region n" in str(mean(part, "trust"))
    assert "where age >= 40; region n" in repr(part)
    assert mean(part, "trust").method["subpopulation"] == "age >= 40; region n"


def test_no_condition_gives_the_design_back():
    whole = design()
    assert subset(whole, None) is whole


def test_a_column_with_a_blank_stands_in_backticks():
    assert subset(design(), "`first name` == 'a'").inside.sum() == (towns()["first name"] == "a").sum()


def test_raked_weights_keep_their_residuals_in_a_subpopulation():
    raked = rake(design(), {"first name": {"a": 0.5, "b": 0.5}})
    frame = towns().assign(part=lambda data: (data["age"] >= 40).astype(int))
    again = rake(design(frame), {"first name": {"a": 0.5, "b": 0.5}})
    by_group = total(again, "trust", by="part").to_frame()["se"].iloc[1]
    assert total(raked, "trust", where="age >= 40").to_frame()["se"].iloc[0] == pytest.approx(by_group, rel=1e-12)


def test_ratios_and_groups_take_a_subpopulation_too():
    frame = ratio(design(), "trust", "age", by="region", where="age >= 40").to_frame()
    inside = towns().query("age >= 40")
    expected = [
        (part["w"] * part["trust"]).sum() / (part["w"] * part["age"]).sum() for _, part in inside.groupby("region")
    ]
    assert frame["estimate"].tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("age > 200", "no respondent of a weight above zero meets age > 200"),
        ("age >", "cannot be read"),
        ("age + 1", "needs True or False"),
        ("age", "needs True or False"),
        ([True, False], "2 values for 60 rows; it needs True or False for each of them"),
        (["yes"] * 60, "such as yes"),
        ("age = 5", "two equals signs ask for equality"),
        ("age == @limit", "two equals signs ask for equality"),
        ("1 == 1", "does not ask anything of each respondent"),
        (5, "where is 5; it can be a condition"),
        ({1, 2}, "it can be a condition such as 'age >= 18'"),
    ],
)
def test_a_condition_that_chooses_nobody_or_cannot_be_read_is_refused(where, words):
    with pytest.raises(EstimationError) as caught:
        subset(design(), where)
    assert words in str(caught.value)


@pytest.mark.parametrize("where", ["agee > 3", {"agee": 3}])
def test_an_unknown_column_names_the_nearest(where):
    with pytest.raises(UnknownNameError) as caught:
        subset(design(), where)
    assert "'age'" in str(caught.value)


def test_an_unknown_label_names_the_known_ones():
    with pytest.raises(UnknownNameError) as caught:
        subset(Design(labelled()), {"sex": "femal"})
    assert "'female'" in str(caught.value)


def test_a_series_is_matched_by_its_index():
    frame = towns()
    shuffled = frame.sample(frac=1, random_state=1)
    by_text = mean(design(shuffled), "trust", where="region == 'n'").to_frame()
    by_series = mean(design(shuffled), "trust", where=frame["region"] == "n").to_frame()
    assert by_series["estimate"].tolist() == by_text["estimate"].tolist()
    with pytest.raises(EstimationError, match="is not that of the data the design was made from"):
        subset(design(shuffled), (frame["region"] == "n").iloc[:40])
    with pytest.raises(EstimationError, match="is not that of the data"):
        subset(design(shuffled), pd.Series(frame["region"].to_numpy() == "n", index=range(100, 160)))


def test_a_name_with_a_point_stands_in_backticks():
    frame = towns().rename(columns={"age": "age.years"})
    assert subset(design(frame), "`age.years` > 40").inside.sum() == (towns()["age"] > 40).sum()
    with pytest.raises(EstimationError, match=r"the name age.years holds a point; write `age.years`"):
        subset(design(frame), "age.years > 40")


def test_comparing_labelled_codes_with_text_says_how_labels_are_named():
    with pytest.raises(EstimationError, match=r"where=\{'sex': 'male'\}"):
        subset(Design(labelled()), "sex == 'female'")


@pytest.mark.parametrize("kind", ["str", "object", "category", "string", "float", "Int64", "double[pyarrow]"])
def test_missing_answers_meet_no_negated_condition_whatever_the_type(kind):
    text = kind in ("str", "object", "category", "string")
    values = pd.Series(["f", "m", None, "m", "f"] if text else [1, 2, None, 2, 1], dtype=kind)
    other = "'m'" if text else "2"
    whole = Design(pd.DataFrame({"sex": values, "y": range(5)}))
    for where in (f"sex != {other}", f"not sex == {other}", f"sex not in [{other}]", f"~(sex == {other})"):
        assert subset(whole, where).inside.tolist() == [True, False, False, False, True], where


def test_values_of_a_mapping_come_in_any_collection_and_at_least_one():
    assert subset(Design(labelled()), {"sex": {1, 2}}).inside.sum() == 4
    assert subset(Design(labelled()), {"sex": np.array([1.0])}).inside.sum() == 2
    with pytest.raises(EstimationError, match="no value of sex is named"):
        subset(Design(labelled()), {"sex": []})
    with pytest.raises(EstimationError, match="empty mapping"):
        subset(Design(labelled()), {})


def test_a_condition_calls_nothing_that_does_more_than_ask(tmp_path):
    assert subset(design(), "region.str.startswith('n') and age.between(20, 60)").inside.any()
    assert subset(Design(labelled()), "view.isna()").inside.tolist() == [False, True, False, False, False]
    for where in (f"age.to_csv(r'{tmp_path / 'a.csv'}')", "open('x')", "age.map(print)"):
        with pytest.raises(EstimationError, match="which is not known here"):
            subset(design(), where)
    assert not list(tmp_path.iterdir())
