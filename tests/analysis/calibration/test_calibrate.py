"""Calibration meets margins, means and totals of every type of column, and is on record."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from topline.analysis.calibration.calibrate import calibrate, entropy_balance
from topline.analysis.diagnosing.weights import weight_summary
from topline.analysis.estimation.estimate import mean
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.analysis.weight import weight
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import WeightingError
from topline.data.margins import margins

from .calibration_sample import COUNTS, MEANS, SHARES, average, base, sample, shares


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
