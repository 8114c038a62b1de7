import json
import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.calibration.calibrate import calibrate, entropy_balance
from topline.analysis.diagnosing.weights import weight_summary
from topline.analysis.estimation.estimate import mean, proportion, total
from topline.analysis.nonprobability.reference_margins import margins_from
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.step import Replicate
from topline.analysis.weight import weight
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError, WeightingError
from topline.data.margins import margins

SHARES = {"sex": {"1": 0.49, "2": 0.51}, "age4": {"1": 0.2, "2": 0.25, "3": 0.3, "4": 0.25}}
COUNTS = {name: {code: share * 80_000 for code, share in each.items()} for name, each in SHARES.items()}
MEANS = {"income": 31.0}


def sample(seed: int = 1, rows: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    age = random.choice([1.0, 2.0, 3.0, 4.0], rows, p=[0.32, 0.29, 0.22, 0.17])
    return pd.DataFrame(
        {
            "sex": random.choice([1.0, 2.0], rows, p=[0.55, 0.45]),
            "age4": age,
            "income": 20 + 4 * age + random.normal(0, 8, rows),
            "cost": random.gamma(4, 0.25, rows) + 0.1,
            "y": age + random.normal(size=rows),
            "base": random.gamma(5, 1, rows),
            "psu": np.arange(rows) % 30,
        }
    )


def base(seed: int = 1, rows: int = 300) -> Design:
    return Design(sample(seed, rows), weight="base")


def shares(design: Design, column: str) -> list[float]:
    return (
        pd.Series(design.weights)
        .groupby(design.study.frame[column].to_numpy())
        .sum()
        .div(design.weights.sum())
        .tolist()
    )


def average(design: Design, column: str) -> float:
    return float(np.average(design.study.frame[column], weights=design.weights))


@pytest.mark.parametrize(
    "options",
    [
        {"distance": "linear", "bounds": (0.1, 4)},
        {"distance": "raking"},
        {"distance": "raking", "bounds": (0.3, 3)},
        {"distance": "logit", "bounds": (0.2, 4)},
        {"distance": "raking", "cost": "cost"},
        {"distance": "linear", "bounds": (0.5, 14), "bounds_on": "weights"},
        {"distance": "logit", "bounds": (0.2, 30), "bounds_on": "weights"},
    ],
)
def test_margins_and_means_are_met_and_the_sum_of_the_weights_is_kept(options):
    before = base()
    found = calibrate(before, SHARES, means=MEANS, **options)
    assert shares(found, "sex") == pytest.approx([0.49, 0.51], abs=1e-9)
    assert shares(found, "age4") == pytest.approx([0.2, 0.25, 0.3, 0.25], abs=1e-9)
    assert average(found, "income") == pytest.approx(31, rel=1e-9)
    assert found.weights.sum() == pytest.approx(before.weights.sum(), rel=1e-10)
    assert before.steps == ()


def test_counts_and_totals_bring_the_weights_to_the_population():
    found = calibrate(base(), COUNTS, totals={"income": 31.0 * 80_000}, distance="raking")
    assert found.weights.sum() == pytest.approx(80_000)
    assert found.weights @ found.study.frame["income"] == pytest.approx(31 * 80_000)
    alike = calibrate(base(), SHARES, means=MEANS, population=80_000, distance="raking")
    assert alike.weights == pytest.approx(found.weights, rel=1e-9)


def test_a_total_without_a_population_is_that_of_the_weights_as_they_are():
    before = base()
    found = calibrate(before, totals={"income": 31 * before.weights.sum()}, distance="raking")
    assert average(found, "income") == pytest.approx(31)
    assert found.steps[-1].moments.loc[0, "statistic"] == "total"


def test_without_numbers_the_raking_distance_gives_raked_weights():
    assert calibrate(base(), SHARES, distance="raking").weights == pytest.approx(rake(base(), SHARES).weights, rel=1e-8)


@pytest.mark.parametrize("bounds_on", ["factors", "weights"])
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    distance=st.sampled_from(["linear", "raking", "logit"]),
    low=st.floats(0.0, 0.9),
    high=st.floats(1.2, 6),
)
def test_targets_and_bounds_hold_together_or_are_refused(bounds_on, seed, distance, low, high):
    before = base(seed, 120)
    if bounds_on == "weights":
        low, high = low * before.weights.min(), high * before.weights.max()
    try:
        found = calibrate(before, SHARES, means=MEANS, distance=distance, bounds=(low, high), bounds_on=bounds_on)
    except WeightingError as error:
        assert "bound" in str(error)
        return
    bounded = found.weights if bounds_on == "weights" else found.weights / before.weights
    assert bounded.min() >= low * (1 - 1e-12)
    assert bounded.max() <= high * (1 + 1e-12)
    assert shares(found, "age4") == pytest.approx([0.2, 0.25, 0.3, 0.25], abs=1e-9)
    assert average(found, "income") == pytest.approx(31, rel=1e-9)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 1000))
def test_neither_the_order_of_rows_nor_the_unit_of_weights_and_columns_matters(seed, scale):
    data = sample(seed, 150)
    one = calibrate(Design(data, weight="base"), SHARES, means=MEANS, distance="raking").weights
    turned = data.sample(frac=1, random_state=seed)
    turned = turned.assign(base=turned["base"] * scale, income=turned["income"] * 1000 + 5e6)
    two = calibrate(Design(turned, weight="base"), SHARES, means={"income": 5_031_000}, distance="raking").weights
    assert two == pytest.approx(one[turned.index] * scale, rel=1e-7)


def test_bounds_that_bind_are_reached_and_counted():
    free = calibrate(base(), SHARES, means=MEANS, distance="raking")
    bound = calibrate(base(), SHARES, means=MEANS, distance="raking", bounds=(0.45, 2.2))
    factor = bound.weights / base().weights
    assert (free.weights / base().weights).max() > 2.2
    assert (factor.min(), factor.max()) == pytest.approx((0.45, 2.2), rel=1e-12)
    low, high = bound.steps[-1].at_bounds
    assert low == np.isclose(factor, 0.45).sum() > 0
    assert high == np.isclose(factor, 2.2).sum() > 0
    assert bound.steps[-1].worst_after <= 1e-10


def test_bounds_that_do_not_bind_change_nothing():
    for distance in ("linear", "raking"):
        free = calibrate(base(), means=MEANS, distance=distance)
        assert calibrate(base(), means=MEANS, distance=distance, bounds=(0.01, 99)).weights == pytest.approx(
            free.weights
        )


def test_bounds_may_be_open_above():
    found = calibrate(base(), SHARES, means=MEANS, bounds=(0.4, math.inf))
    assert (found.weights / base().weights).min() == pytest.approx(0.4)


def test_a_lower_bound_of_zero_leaves_rows_without_weight():
    found = calibrate(base(), SHARES, means={"income": 38.0}, bounds=(0, 30))
    assert found.weights.min() == 0
    assert found.steps[-1].at_bounds[0] == (found.weights == 0).sum() > 0
    assert average(found, "income") == pytest.approx(38)


def test_rows_of_a_high_cost_keep_nearer_to_their_base_weight():
    data = sample().assign(cost=lambda frame: np.where(frame.index % 2, 100.0, 1.0))
    design = Design(data, weight="base")
    for targets in ({"means": MEANS}, {"margins": SHARES}):
        found = calibrate(design, distance="raking", cost="cost", **targets)
        change = np.abs(np.log(found.weights / design.weights))
        assert change[1::2].max() < 0.1 * change[::2].max()


def test_rows_of_zero_weight_stay_at_zero_and_may_lack_values():
    data = sample(rows=100)
    data.loc[:9, "base"] = 0.0
    data.loc[:9, ["sex", "income", "cost"]] = np.nan
    for bounds_on, bounds in (("factors", (0.2, 6)), ("weights", (0.5, 40))):
        found = calibrate(
            Design(data, weight="base"), SHARES, means=MEANS, bounds=bounds, bounds_on=bounds_on, cost="cost"
        )
        assert found.weights[:10].tolist() == [0] * 10
        assert found.weights[10:].min() > 0
        assert average(Design(found.study_with_weights("w").frame.iloc[10:], weight="w"), "income") == pytest.approx(31)


def test_entropy_balance_is_the_raking_distance_under_its_own_name():
    found = entropy_balance(base(), MEANS, margins=SHARES)
    assert found.weights == pytest.approx(calibrate(base(), SHARES, means=MEANS, distance="raking").weights)
    step = found.steps[-1]
    assert step.kind == "entropy_balance"
    assert step.summary() == "entropy balanced on sex, age4, mean of income to given targets"


def test_entropy_balance_has_the_least_entropy():
    """Moving the weights along any direction that keeps the targets raises sum(w log(w / d))."""
    before = base(rows=40)
    found = entropy_balance(before, MEANS).weights
    x = np.column_stack([np.ones(40), before.study.frame["income"]])
    keeps = np.random.default_rng(3).normal(size=40)
    keeps -= x @ np.linalg.lstsq(x, keeps, rcond=None)[0]

    def entropy(weights: np.ndarray) -> float:
        return float(np.sum(weights * np.log(weights / before.weights)))

    assert all(entropy(found + step * keeps) > entropy(found) for step in (-0.01, 0.01))


@pytest.mark.parametrize("bounds_on", ["factors", "weights"])
def test_truncated_linear_weights_are_the_nearest_within_bounds(bounds_on):
    """The optimality conditions: rows at a bound would like to be beyond it, the others are linear."""
    before = base()
    bounds = (0.6, 2.2) if bounds_on == "factors" else (1.0, 14.0)
    found = calibrate(before, SHARES, means=MEANS, bounds=bounds, bounds_on=bounds_on)
    frame, factor = before.study.frame, found.weights / before.weights
    x = np.column_stack([pd.get_dummies(frame["sex"]), pd.get_dummies(frame["age4"]), frame["income"]]).astype(float)
    low = bounds[0] / (before.weights if bounds_on == "weights" else 1)
    high = bounds[1] / (before.weights if bounds_on == "weights" else 1)
    inside = (factor > low * (1 + 1e-9)) & (factor < high * (1 - 1e-9))
    assert 30 < inside.sum() < 300
    multipliers = np.linalg.lstsq(x[inside], factor[inside] - 1, rcond=None)[0]
    wanted = 1 + x @ multipliers
    assert factor == pytest.approx(np.clip(wanted, low, high), abs=1e-8)


def test_bounds_near_the_edge_of_what_is_feasible_still_converge():
    """The least upper bound by bisection; just above it every distance meets the targets, just below none."""
    before = base(rows=200)
    low, high = 1.2, 6.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        try:
            calibrate(before, SHARES, means=MEANS, bounds=(0.3, middle))
            high = middle
        except WeightingError:
            low = middle
    for distance in ("linear", "raking", "logit"):
        found = calibrate(before, SHARES, means=MEANS, distance=distance, bounds=(0.3, high + 1e-3))
        assert found.steps[-1].worst_after <= 1e-10
        with pytest.raises(WeightingError, match=r"An upper bound of [\d.]+ would do") as caught:
            calibrate(before, SHARES, means=MEANS, distance=distance, bounds=(0.3, low - 1e-3))
        told = float(str(caught.value).split("An upper bound of ")[1].split(" ")[0])
        assert low - 1e-3 < told < high + 0.02
        calibrate(before, SHARES, means=MEANS, distance="linear", bounds=(0.3, told))


def test_collinear_auxiliaries_are_no_obstacle():
    data = sample().assign(twice=lambda frame: 2 * frame["income"] + 1, flat=7.0)
    found = calibrate(Design(data, weight="base"), SHARES, means=MEANS | {"twice": 63.0, "flat": 7.0}, bounds=(0.1, 5))
    alone = calibrate(Design(data, weight="base"), SHARES, means=MEANS, bounds=(0.1, 5))
    assert found.weights == pytest.approx(alone.weights, rel=1e-8)


def test_negative_weights_are_refused_with_their_number_and_the_ways_out():
    with pytest.raises(WeightingError) as caught:
        calibrate(base(), means={"income": 50.0})
    assert "weights of 300 would be below zero" in str(caught.value)
    assert "distance='raking', or give bounds" in str(caught.value)


def test_the_target_furthest_off_is_named_with_what_was_reached_and_bounds_that_would_do():
    data = pd.DataFrame({"x": [0.0] * 60 + [10.0] * 40})
    with pytest.raises(WeightingError) as caught:
        calibrate(Design(data), means={"x": 9.0}, bounds=(0.5, 1.5))
    message = str(caught.value)
    assert message.startswith("no weights (linear distance, factors from 0.5 to 1.5) meet all targets: after 1 iter")
    assert "Both bounds have to be wider." in message
    with pytest.raises(WeightingError) as caught:
        calibrate(Design(data), means={"x": 8.0}, bounds=(0.2, 1.6))
    message = str(caught.value)
    assert "the mean of x reaches" in message
    assert "where the target is 8." in message
    assert "An upper bound of 2 would do with the lower of 0.2" in message


def test_a_lower_bound_that_would_do_is_named():
    data = pd.DataFrame({"x": [0.0] * 60 + [10.0] * 40})
    with pytest.raises(WeightingError) as caught:
        calibrate(Design(data), means={"x": 7.0}, bounds=(0.6, 2))
    told = float(str(caught.value).split("lower bound of ")[1].split(" ")[0])
    assert told == pytest.approx(0.5, abs=1e-3)
    assert calibrate(Design(data), means={"x": 7.0}, bounds=(told, 2)).weights.max() == pytest.approx(1.75)


def test_a_total_that_is_not_met_is_named_in_its_own_unit():
    data = pd.DataFrame({"x": [0.0] * 60 + [10.0] * 40})
    with pytest.raises(WeightingError, match=r"the total of x reaches [\d.]+ where the target is 800\."):
        calibrate(Design(data), totals={"x": 800.0}, bounds=(0.5, 1.2))


def test_bounds_against_the_change_of_the_sum_are_explained():
    data = pd.DataFrame({"sex": ["f"] * 5 + ["m"] * 5})
    with pytest.raises(WeightingError) as caught:
        calibrate(Design(data), {"sex": {"f": 60.0, "m": 40.0}}, bounds=(0.5, 2))
    assert "The weights add up to 10 and should to 100, 10 times as much" in str(caught.value)
    assert "An upper bound of 12 would do" in str(caught.value)


def test_weights_that_are_far_from_the_population_are_brought_to_it_first():
    found = calibrate(base(), COUNTS, bounds=(0.3, 3))
    factor = found.weights / base().weights / (80_000 / base().weights.sum())
    assert (factor.min() > 0.3, factor.max() < 3) == (True, True)
    assert found.steps[-1].notes[0].startswith("Weights that added up to 1,")
    assert found.steps[-1].notes[0] in mean(found, "y").method["footnotes"]


def test_margins_that_contradict_empty_cells_are_refused():
    data = pd.DataFrame({"a": [1, 1, 2, 2], "b": [1, 1, 2, 2]})
    given = {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.3, "2": 0.7}}
    with pytest.raises(WeightingError, match="contradict each other, join categories"):
        calibrate(Design(data), given, distance="raking")
    with pytest.raises(WeightingError, match="No bounds are wide enough"):
        calibrate(Design(data), given, bounds=(0.2, 4))


def test_targets_that_leave_people_without_weight_are_refused():
    data = pd.DataFrame({"a": [1, 1, 2], "b": [1, 2, 2]})
    with pytest.raises(WeightingError, match="only by giving no weight to 1 respondent: they lie at the edge"):
        calibrate(Design(data), {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.5, "2": 0.5}}, distance="raking")


def test_a_mean_outside_the_data_is_refused_before_anything_is_tried():
    with pytest.raises(WeightingError, match=r"mean of income should be 31,000, and its values run from .* unit"):
        calibrate(base(), means={"income": 31_000})
    with pytest.raises(WeightingError, match=r"total of income should be -100,000, a mean of .*population=\.\.\."):
        calibrate(base(), totals={"income": -1e5})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "there is nothing to calibrate to"),
        ({"means": {}}, "there is nothing to calibrate to"),
        ({"means": ["income"]}, "means is ['income']; it names columns with their values"),
        ({"means": {"income": "31"}}, "means: income is '31', and a target is a finite number"),
        ({"means": {"income": math.nan}}, "means: income is nan"),
        ({"means": {"income": True}}, "means: income is True"),
        ({"means": MEANS, "totals": MEANS}, "income has a target in means and in totals"),
        ({"means": MEANS, "on": ["sex"]}, "on=['sex'] chooses among margins, and none are given"),
        ({"means": MEANS, "population": 0}, "population is 0; it is how many people there are"),
        ({"margins": COUNTS, "population": 70_000}, "add up to 80,000 and population is 70,000"),
        ({"means": MEANS, "distance": "chi"}, "distance is 'chi'; it can be 'linear', 'raking', 'logit'"),
        ({"means": MEANS, "distance": "logit"}, "distance='logit' needs bounds"),
        ({"means": MEANS, "distance": "logit", "bounds": (0.5, math.inf)}, "needs an upper bound"),
        ({"means": MEANS, "bounds": (1.1, 2)}, "bounds are (1.1, 2); they are the least and largest factor"),
        ({"means": MEANS, "bounds": (0.5,)}, "bounds are (0.5,); they are two numbers"),
        ({"means": MEANS, "bounds": ("low", 2)}, "they are two numbers"),
        ({"means": MEANS, "bounds": (-1, 2)}, "bounds are (-1, 2)"),
        ({"means": MEANS, "bounds": (3, 2), "bounds_on": "weights"}, "they are the least and largest weight"),
        ({"means": MEANS, "bounds_on": "rows"}, "bounds_on is 'rows'; it can be 'factors' or 'weights'"),
        ({"means": MEANS, "tolerance": 0}, "tolerance is 0"),
        ({"means": MEANS, "max_iterations": 0}, "max_iterations 0"),
        ({"means": MEANS, "residuals": "unweighted"}, "residuals is 'unweighted'; it can be 'calibrated', 'base'"),
        ({"means": MEANS, "missing": "drop"}, "missing is 'drop'"),
        ({"means": MEANS, "cost": "y"}, "cost y is missing or not above 0 in"),
        (
            {"means": MEANS, "distance": "logit", "bounds": (3, 30), "bounds_on": "weights"},
            "base weights are not between 3 and 30, from where the logit distance starts",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, told):
    with pytest.raises(WeightingError) as caught:
        calibrate(base(), **arguments)
    assert told in str(caught.value)


def test_unknown_columns_and_something_else_than_a_design_are_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'income'"):
        calibrate(base(), means={"incom": 31})
    with pytest.raises(EstimationError, match="calibrate needs a Design"):
        calibrate(sample(), means=MEANS)
    with pytest.raises(EstimationError, match="entropy_balance needs a Design"):
        entropy_balance("wave.csv", MEANS)


def test_text_is_sent_to_the_margins_and_infinite_numbers_are_refused():
    data = sample().assign(town="n", far=[math.inf, *[1.0] * 299])
    with pytest.raises(WeightingError, match=r"town holds text.*margins=\.\.\."):
        calibrate(Design(data), means={"town": 0.5})
    with pytest.raises(EstimationError, match="infinite"):
        calibrate(Design(data), means={"far": 0.5})


def test_missing_values_stop_with_count_and_remedy():
    data = sample()
    data.loc[:9, "income"] = np.nan
    with pytest.raises(WeightingError, match=r"income is missing in 10 of 300 weighted rows.*missing='own_class'"):
        calibrate(Design(data), means=MEANS)
    with pytest.raises(WeightingError, match="its total cannot be met") as caught:
        calibrate(Design(data), totals={"income": 9_300}, missing="own_class")
    assert "own_class" not in str(caught.value)
    data["income"] = np.nan
    with pytest.raises(WeightingError, match="missing in 300 of 300"):
        calibrate(Design(data), means=MEANS, missing="own_class")


def test_rows_without_a_value_can_stand_aside():
    data = sample()
    data.loc[:39, "income"] = np.nan
    data.loc[20:59, "sex"] = np.nan
    design = Design(data, weight="base")
    found = calibrate(design, SHARES, means=MEANS, distance="raking", missing="own_class")
    known, sexed = data["income"].notna().to_numpy(), data["sex"].notna().to_numpy()
    assert np.average(data["income"][known], weights=found.weights[known]) == pytest.approx(31)
    women = found.weights[(data["sex"] == 2).to_numpy()].sum() / found.weights[sexed].sum()
    assert women == pytest.approx(0.51)
    assert found.weights[~sexed].sum() == pytest.approx(design.weights[~sexed].sum())
    assert "income: 40 rows without a value; the mean holds among the others." in found.steps[-1].notes


def test_categories_can_be_joined():
    joined = {"age4": {"old": ["3", "4"]}}
    found = calibrate(base(), SHARES, means=MEANS, distance="raking", join=joined)
    assert shares(found, "age4")[2] + shares(found, "age4")[3] == pytest.approx(0.55)
    assert "old" in found.steps[-1].table["category"].tolist()


def test_codes_declared_missing_are_missing_numbers():
    study = Study(
        pd.DataFrame({"age": [30.0, 40.0, 50.0, 999.0]}),
        Codebook((Variable("age", missing={999.0: MissingKind.REFUSED}),)),
    )
    with pytest.raises(WeightingError, match="age is missing in 1 of 4"):
        calibrate(Design(study), means={"age": 41})
    weights = calibrate(Design(study), means={"age": 41}, missing="own_class").weights
    assert np.average([30, 40, 50], weights=weights[:3]) == pytest.approx(41)


@pytest.mark.parametrize("kind", ["Int64", "int64[pyarrow]", "float32", "category", "polars", "boolean"])
def test_every_type_of_column_gives_the_same_weights(kind):
    plain = pd.DataFrame({"sex": ["f", "f", "m", "m", "m"], "age": [30, 50, 40, 60, 20], "has": [1, 0, 1, 1, 0]})
    targets = {"margins": {"sex": {"f": 0.5, "m": 0.5}}, "means": {"age": 42, "has": 0.55}}
    wanted = calibrate(Design(plain), **targets).weights
    if kind == "polars":
        data = pl.DataFrame(plain.to_dict("list"))
    elif kind == "boolean":
        data = plain.assign(has=plain["has"].astype("boolean"))
    else:
        data = plain.assign(age=plain["age"].astype(kind), sex=plain["sex"].astype("category"))
    assert calibrate(Design(data), **targets).weights == pytest.approx(wanted, rel=1e-9)


def test_the_report_is_a_table_of_margins_and_one_of_moments():
    before = base()
    found = calibrate(before, SHARES, means=MEANS, bounds=(0.2, 5))
    step = found.steps[-1]
    assert step.kind == "calibrate"
    assert step.words == (
        "calibrated on sex, age4, mean of income to given targets (linear distance, factors from 0.2 to 5)"
    )
    assert step.table["variable"].tolist() == ["sex"] * 2 + ["age4"] * 4
    assert step.table["after"].to_numpy() == pytest.approx(step.table["target"].to_numpy(), abs=1e-9)
    assert step.table["before"].tolist()[:2] == pytest.approx(shares(before, "sex"))
    assert step.moments.iloc[0].to_dict() == {
        "variable": "income",
        "statistic": "mean",
        "target": 31.0,
        "before": pytest.approx(average(before, "income")),
        "after": pytest.approx(31),
        "n": 300,
    }
    document = json.loads(json.dumps(step.document(), allow_nan=False))
    assert document["moments"][0]["variable"] == "income"
    assert document["worst_before"] > 0.1 > 1e-10 >= document["worst_after"]
    assert "calibrated on sex" in str(weight_summary(found))
    assert calibrate(before, means=MEANS).steps[-1].table is None


def test_a_recipe_calibrates_with_plain_values():
    recipe = [{"calibrate": {"margins": SHARES, "means": MEANS, "distance": "logit", "bounds": [0.2, 5]}}]
    found = weight(base(), [*recipe, {"entropy_balance": {"means": MEANS}}])
    assert [step.kind for step in found.steps] == ["calibrate", "entropy_balance"]
    assert found.steps[0].bounds == (0.2, 5.0)
    assert average(found, "income") == pytest.approx(31)


def test_shipped_margins_bring_their_sources_as_footnotes():
    population = margins("cn-adults-2020")
    found = calibrate(Design(sample()), population, ["sex", "age4"], means=MEANS, distance="raking")
    assert found.steps[-1].margins == "cn-adults-2020"
    assert set(found.steps[-1].notes) <= set(mean(found, "y").method["footnotes"])


def test_a_calibrated_total_has_no_sampling_error():
    found = calibrate(base(), COUNTS, totals={"income": 31.0 * 80_000}, bounds=(0.1, 6))
    assert total(found, "income").to_frame()["se"][0] == pytest.approx(0, abs=1e-5)
    assert mean(calibrate(base(), means=MEANS), "income").to_frame()["se"][0] == pytest.approx(0, abs=1e-10)


def row_influence(design: Design, z: np.ndarray) -> np.ndarray:
    """Give what each row adds to a total of z, as the step's linearisation says."""
    step = design.steps[-1].linearisation
    blocks = [
        np.eye(block[1])[block[0]] if isinstance(block, tuple) else np.asarray(block) for block in step.auxiliaries
    ]
    x = np.hstack(blocks)
    curvature = step.regression if step.curvature is None else step.curvature
    coefficients = np.linalg.pinv(x.T @ (x * curvature[:, None]), rcond=1e-11) @ (x.T @ (step.regression * z))
    found = step.after * z - step.taken * (x @ coefficients)
    for shift, direction in step.moves:
        found = found + shift * float(direction @ coefficients)
    return found


JOINT = {"1*1": 0.2, "1*2": 0.15, "1*3": 0.15, "2*1": 0.2, "2*2": 0.15, "2*3": 0.15}
CASES = {
    "linear": {"margins": SHARES, "means": MEANS, "population": 900.0},
    "raking": {"margins": SHARES, "means": MEANS, "population": 900.0, "distance": "raking"},
    "shares alone": {"margins": SHARES, "means": MEANS, "distance": "raking"},
    "a total and the sum as it is": {"totals": {"income": 31 * 900.0}, "distance": "raking"},
    "bounded linear": {"margins": SHARES, "means": MEANS, "bounds": (0.6, 2.2)},
    "bounded raking": {"margins": SHARES, "means": MEANS, "bounds": (0.6, 2.2), "distance": "raking"},
    "logit": {"margins": SHARES, "means": MEANS, "bounds": (0.2, 4), "distance": "logit"},
    "cost": {"margins": SHARES, "means": MEANS, "cost": "cost", "distance": "raking"},
    "cost in cells": {"margins": SHARES, "cost": "dear", "distance": "raking"},
    "weights": {"margins": SHARES, "means": MEANS, "bounds": (2.0, 13.0), "bounds_on": "weights"},
    "logit weights": {"means": MEANS, "bounds": (0.5, 30.0), "bounds_on": "weights", "distance": "logit"},
    "cells": {"margins": SHARES, "bounds": (0.3, 3.0), "distance": "logit"},
    "far away": {"margins": COUNTS, "means": MEANS, "bounds": (0.3, 3.0)},
    "spread": {"margins": {"part": {"1": 0.4, "2": 0.6}, **SHARES}, "missing": "proportional", "means": MEANS},
    "joint": {"margins": {"sex*dear": JOINT}, "totals": {"income": 31 * 5000.0}, "population": 5000.0},
    "own class": {"margins": {"part": {"1": 0.3, "2": 0.7}, **SHARES}, "missing": "own_class", "distance": "raking"},
}


def derivable() -> Design:
    data = sample(rows=180)
    data["base"] *= 900 / data["base"].sum()
    data["part"] = np.where(data.index % 7 == 0, np.nan, 1.0 + data.index % 2)
    data["dear"] = 1.0 + data.index % 3
    return Design(data, weight="base")


@pytest.mark.parametrize("case", CASES)
def test_the_linearisation_is_the_derivative_of_the_replayed_step(case):
    design = derivable()
    found = calibrate(design, **CASES[case])
    y = design.study.frame["y"].to_numpy()
    wanted = row_influence(found, y)
    task, everybody = found.steps[-1].task, Replicate(0, 1, 1.0)
    ones, step = np.ones(180), 1e-4
    for row in (0, 1, 5, 14, 77, 179):
        moved = []
        for sign in (-1, 1):
            frequency = ones.copy()
            frequency[row] += sign * step
            change = task.replayed(design.weights, frequency, everybody)
            moved.append(float((frequency * change.applied(design.weights, slice(None))) @ y))
        assert (moved[1] - moved[0]) / (2 * step) == pytest.approx(wanted[row], rel=2e-5, abs=2e-4 * abs(wanted).mean())


@pytest.mark.parametrize("case", ["weights", "logit weights"])
def test_the_linearisation_tells_weight_from_frequency_where_bounds_are_of_weights(case):
    design = derivable()
    found = calibrate(design, **CASES[case])
    step = found.steps[-1].linearisation
    y, task, ones, h = design.study.frame["y"].to_numpy(), found.steps[-1].task, np.ones(180), 1e-5
    x = np.hstack([np.eye(b[1])[b[0]] if isinstance(b, tuple) else np.asarray(b) for b in step.auxiliaries])
    coefficients = np.linalg.pinv(x.T @ (x * step.regression[:, None]), rcond=1e-11) @ (x.T @ (step.regression * y))
    own, took = step.through
    wanted = own * y - took * (x @ coefficients)
    for shift, direction in step.moves:
        wanted = wanted + shift * float(direction @ coefficients)
    for row in (0, 1, 5, 77, 179):
        moved = []
        for sign in (-1, 1):
            weights = design.weights.copy()
            weights[row] *= 1 + sign * h
            change = task.replayed(weights, ones, Replicate(0, 1, 1.0))
            moved.append(float(change.applied(weights, slice(None)) @ y))
        assert (moved[1] - moved[0]) / (2 * h) == pytest.approx(wanted[row], rel=1e-4, abs=2e-4 * abs(wanted).mean())


@pytest.mark.parametrize("case", ["linear", "shares alone", "bounded linear", "logit", "weights", "cells"])
def test_replicate_errors_are_close_to_linearised_ones(case):
    data = derivable().study.frame
    design = Design(data, weight="base", psu="psu")
    taylor = mean(calibrate(design, **CASES[case]), "y").to_frame()["se"][0]
    jackknife = mean(calibrate(replicates(design, "JKn"), **CASES[case]), "y").to_frame()["se"][0]
    assert jackknife == pytest.approx(taylor, rel=0.12)
    again = mean(replicates(calibrate(design, **CASES[case]), "JKn"), "y").to_frame()["se"][0]
    assert again == pytest.approx(jackknife, rel=1e-9)


def test_bootstrap_errors_are_close_to_linearised_ones():
    design = Design(derivable().study.frame, weight="base", psu="psu")
    options = {"means": MEANS, "distance": "raking"}
    taylor = mean(calibrate(design, SHARES, **options), "y").to_frame()["se"][0]
    boot = mean(calibrate(replicates(design, "bootstrap", replicates=200, seed=4), SHARES, **options), "y").to_frame()[
        "se"
    ][0]
    assert boot == pytest.approx(taylor, rel=0.2)


def test_every_replicate_meets_the_targets_and_its_bounds():
    design = replicates(Design(derivable().study.frame, weight="base", psu="psu"), "JKn")
    found = calibrate(design, SHARES, means=MEANS, bounds=(0.4, 2.6))
    for number in range(0, 30, 7):
        weights = found.replication.weights(number)
        assert np.average(design.study.frame["income"], weights=weights) == pytest.approx(31, rel=1e-9)
        before = design.replication.weights(number)
        ratio = (weights[before > 0] / before[before > 0]).round(9)
        assert ratio.min() >= 0.4
        assert ratio.max() <= 2.6


def test_a_replicate_that_cannot_be_calibrated_is_named():
    data = pd.DataFrame({"a": [1, 1, 1, 1, 2], "x": [1.0, 2.0, 3.0, 4.0, 5.0], "psu": [1, 2, 3, 4, 5]})
    design = replicates(Design(data, psu="psu"), "JKn")
    with pytest.raises(WeightingError, match="replicate 5 of 5 holds nobody of margin a, category 2"):
        calibrate(design, {"a": {"1": 0.7, "2": 0.3}}, distance="raking")
    shares = {"a": {"1": 0.7, "2": 0.3}}
    with pytest.raises(WeightingError, match="replicate 5 of 5 holds nobody of margin a, category 2"):
        calibrate(design, shares, means={"x": 3.4}, distance="raking")
    with pytest.raises(WeightingError, match=r"replicate \d of 5: no weights within the bounds meet all targets"):
        calibrate(design, means={"x": 3.2}, bounds=(0.8, 1.2))


def test_margins_that_were_estimated_bring_their_error_along():
    """Dever and Valliant (2010): the variance of estimated targets adds to that of the residuals."""
    data = derivable().study.frame
    reference = Design(sample(9, 250), weight="base")
    known = margins_from(reference, "sex")
    design = Design(data, weight="base", psu="psu")
    fixed = {"sex": dict(known["sex"])}
    for residuals in ("calibrated", "base"):
        given = calibrate(design, known, means=MEANS, distance="raking", residuals=residuals)
        certain = calibrate(design, fixed, means=MEANS, distance="raking", residuals=residuals)
        assert given.weights == pytest.approx(certain.weights)
        share = proportion(given, "sex").to_frame()["se"][0]
        assert share == pytest.approx(math.sqrt(known.covariance[0, 0]), rel=1e-6)
    replicated = calibrate(replicates(design, "JKn"), known, means=MEANS, distance="raking")
    assert proportion(replicated, "sex").to_frame()["se"][0] == pytest.approx(share, rel=1e-6)


def test_a_target_moved_below_zero_by_its_error_is_refused():
    reference = Design(pd.DataFrame({"sex": [1.0] * 200 + [2.0]}))
    found = calibrate(derivable(), margins_from(reference, "sex"), distance="raking")
    with pytest.raises(WeightingError, match=r"replicate \d of 2: .* moved by its sampling error, or rows without"):
        for number in (0, 1):
            found.steps[-1].task.replayed(found.steps[-1].before, np.ones(180), Replicate(number, 2, 9.0))
    with pytest.raises(WeightingError, match="replicate 1 of 2 holds nobody, so it cannot be calibrated"):
        found.steps[-1].task.replayed(found.steps[-1].before, np.zeros(180), Replicate(0, 2, 1.0))


def test_calibration_after_a_rake_knows_of_both():
    raked = rake(Design(derivable().study.frame, weight="base", psu="psu"), {"sex": SHARES["sex"]})
    for options in ({}, {"bounds": (2.0, 13.0), "bounds_on": "weights"}):
        both = calibrate(raked, {"age4": SHARES["age4"]}, means=MEANS, **options)
        taylor = mean(both, "y").to_frame()["se"][0]
        jackknife = mean(replicates(both, "JKn"), "y").to_frame()["se"][0]
        assert len(both.steps) == 2
        assert jackknife == pytest.approx(taylor, rel=0.1)
