"""Why weights cannot be calibrated: the conflict, the bounds that would do, what to leave out."""

import math

import numpy as np
import pandas as pd
import pytest

from topline.analysis.calibration.calibrate import calibrate, entropy_balance
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.data.errors import InfeasibleMarginsError, WeightingError

from .calibration_sample import average, base, shares


def test_negative_weights_are_refused_with_their_number_and_the_ways_out():
    with pytest.raises(WeightingError) as caught:
        calibrate(base(), means={"income": 50.0})
    assert "weights of 300 would be below zero" in str(caught.value)
    assert "distance='raking', or give bounds" in str(caught.value)


TWO = pd.DataFrame({"x": [0.0] * 60 + [10.0] * 40})
"""A column of two values, with a mean of 4."""


def test_a_mean_out_of_reach_is_named_with_what_can_be_reached_and_both_bounds_that_would_do():
    with pytest.raises(WeightingError) as caught:
        calibrate(Design(TWO), means={"x": 9.0}, bounds=(0.5, 1.5))
    assert str(caught.value) == (
        "no weights (linear distance, factors from 0.5 to 1.5) meet all targets.\n"
        "  Conflict: the mean of x should be 9 and can be at most 6.\n"
        "  Least change of bounds: bounds=(0.166, 2.25); changing one of them alone does not help."
    )
    found = calibrate(Design(TWO), means={"x": 9.0}, bounds=(0.166, 2.25))
    assert average(found, "x") == pytest.approx(9)


@pytest.mark.parametrize(("mean", "bounds", "told"), [(8.0, (0.2, 1.6), (0.2, 2.0)), (7.0, (0.6, 2.0), (0.5, 2.0))])
def test_one_bound_that_would_do_alone_is_named(mean, bounds, told):
    with pytest.raises(WeightingError, match=rf"bounds=\({told[0]:g}, {told[1]:g}\); no other .* bound helps alone"):
        calibrate(Design(TWO), means={"x": mean}, bounds=bounds)
    assert average(calibrate(Design(TWO), means={"x": mean}, bounds=told), "x") == pytest.approx(mean)


@pytest.mark.parametrize("distance", ["linear", "raking", "logit"])
def test_bounds_that_would_do_are_for_margins_and_means_together_and_do(distance):
    random = np.random.default_rng(1)
    wave = Design(pd.DataFrame({"sex": random.choice(["f", "m"], 600, p=[0.6, 0.4]), "x": random.random(600)}))
    targets = {"margins": {"sex": {"f": 0.51, "m": 0.49}}, "means": {"x": 0.3}, "distance": distance}
    with pytest.raises(WeightingError) as caught:
        calibrate(wave, **targets, bounds=(0.95, 1.05))
    low, high = map(float, str(caught.value).split("bounds=(")[1].split(")")[0].split(", "))
    assert average(calibrate(wave, **targets, bounds=(low, high)), "x") == pytest.approx(0.3)
    with pytest.raises(WeightingError, match="no weights"):
        calibrate(wave, **targets, bounds=(low, 0.98 * high))
    assert "after 0 iterations" not in str(caught.value)


def test_bounds_that_would_do_for_final_weights_are_final_weights():
    random = np.random.default_rng(1)
    wave = Design(pd.DataFrame({"x": random.random(300), "w": random.gamma(4, 1, 300)}), weight="w")
    targets = {"means": {"x": 0.3}, "population": 6000.0, "bounds_on": "weights"}
    with pytest.raises(
        WeightingError, match="The weights of 300 respondents should add up to 6,000, 20 each"
    ) as caught:
        calibrate(wave, **targets, bounds=(0.5, 8.0))
    low, high = map(float, str(caught.value).split("bounds=(")[1].split(")")[0].split(", "))
    assert low == 0.5
    found = calibrate(wave, **targets, bounds=(low, high))
    assert found.weights.max() == pytest.approx(high)
    assert average(found, "x") == pytest.approx(0.3)


def test_a_total_out_of_reach_is_named_in_its_own_unit():
    with pytest.raises(WeightingError, match=r"Conflict: the total of x should be 800 and can be at most 480\."):
        calibrate(Design(TWO), totals={"x": 800.0}, bounds=(0.5, 1.2))


def test_targets_that_conflict_together_are_named_with_those_to_leave_out():
    data = pd.DataFrame({"sex": ["f"] * 50 + ["m"] * 50, "x": [1.0] * 50 + [1.0, 3.0] * 25, "z": [1.0, 2.0] * 50})
    with pytest.raises(WeightingError) as caught:
        calibrate(Design(data), {"sex": {"f": 0.8, "m": 0.2}}, means={"x": 2.0, "z": 1.5}, distance="raking")
    assert "these targets cannot hold together" in str(caught.value)
    assert "the mean of x at least 2" in str(caught.value)
    assert "mean of z" not in str(caught.value)
    assert "Leave out the margin sex or the mean of x." in str(caught.value)


def test_bounds_against_the_change_of_the_sum_are_explained():
    data = pd.DataFrame({"sex": ["f"] * 5 + ["m"] * 5})
    with pytest.raises(InfeasibleMarginsError) as caught:
        calibrate(Design(data), {"sex": {"f": 60.0, "m": 40.0}}, bounds=(0.5, 2))
    assert "The weights add up to 10 and should to 100, 10 times as much" in str(caught.value)
    assert caught.value.unmet.bounds == ((0.5, 12.0),)
    assert calibrate(Design(data), {"sex": {"f": 60.0, "m": 40.0}}, bounds=(0.5, 12)).weights.sum() == pytest.approx(
        100
    )


@pytest.mark.parametrize("options", [{"bounds": (0.5, 3.0)}, {"distance": "raking"}])
def test_margins_are_explained_as_rake_explains_them(options):
    """All of age a is in sex f, of whom there are fewer: conflict, empty cell, join and margins to leave out."""
    data = pd.DataFrame(
        {
            "sex": ["f"] * 60 + ["m"] * 40,
            "age": ["a"] * 30 + ["b"] * 20 + ["c"] * 10 + ["b"] * 20 + ["c"] * 20,
            "x": np.arange(100) % 7,
        }
    )
    given = {"sex": {"f": 0.3, "m": 0.7}, "age": {"a": 0.4, "b": 0.3, "c": 0.3}}
    with pytest.raises(InfeasibleMarginsError) as raked:
        rake(Design(data), given, bounds=options.get("bounds"))
    with pytest.raises(InfeasibleMarginsError) as caught:
        calibrate(Design(data), given, **options)
    assert str(caught.value).split("\n")[1:] == str(raked.value).split("\n")[1:]
    assert caught.value.unmet == raked.value.unmet
    assert caught.value.unmet.join == ("age", "a", "b")
    assert "iteration" not in str(caught.value)
    joined = calibrate(Design(data), given, join={"age": {"young": ["a", "b"]}}, **options)
    assert shares(joined, "sex") == pytest.approx([0.3, 0.7])
    for more in ({"means": {"x": 3.0}}, {"bounds": (0.2, 9.0), "bounds_on": "weights"}):
        with pytest.raises(InfeasibleMarginsError, match="Nobody in the data is age a and sex m"):
            calibrate(Design(data), given, **{**options, **more})


def test_margins_that_leave_people_without_weight_are_refused_with_who_they_are():
    data = pd.DataFrame({"a": [1, 1, 2], "b": [1, 2, 2]})
    with pytest.raises(InfeasibleMarginsError, match="only by giving no weight to respondents who are a 1, b 2"):
        calibrate(Design(data), {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.5, "2": 0.5}}, distance="raking")


def test_a_mean_at_the_edge_of_the_data_is_named_with_their_range_and_bounds_that_keep_everybody_in():
    data = Design(pd.DataFrame({"sex": ["f", "m"] * 300, "x": np.linspace(0, 1, 600)}))
    with pytest.raises(WeightingError) as caught:
        entropy_balance(data, {"x": 0.995}, margins={"sex": {"f": 0.5, "m": 0.5}})
    message = str(caught.value)
    assert "the mean of x should be 0.995, at the edge of values that run from 0 to 1." in message
    low = float(message.split("bounds=(")[1].split(",")[0])
    kept = calibrate(data, means={"x": 0.995}, distance="raking", bounds=(low, math.inf))
    assert kept.weights.min() >= low
    with pytest.raises(WeightingError, match=r"the total of x should be 597, a mean of 0\.995, at the edge"):
        calibrate(data, totals={"x": 597.0}, distance="raking")


def test_a_fit_that_takes_too_long_says_how_many_iterations_reach_the_targets():
    with pytest.raises(WeightingError, match=r"the targets can be met \(raking distance\), but after 1 iteration"):
        calibrate(Design(TWO), means={"x": 9.0}, distance="raking", max_iterations=1)
    with pytest.raises(WeightingError, match=r"max_iterations=20 reaches them\."):
        calibrate(Design(TWO), means={"x": 9.0}, distance="raking", max_iterations=2)


@pytest.mark.parametrize("bounds_on", ["factors", "weights"])
def test_bounds_that_would_do_are_found_among_many_rows_that_are_nearly_alike(bounds_on):
    random = np.random.default_rng(1)
    data = Design(pd.DataFrame({"sex": random.choice(["f", "m"], 20_000), "x": random.random(20_000)}))
    targets = {"margins": {"sex": {"f": 0.51, "m": 0.49}}, "means": {"x": 0.3}, "bounds_on": bounds_on}
    with pytest.raises(WeightingError, match=r"can be at least about 0\.37") as caught:
        calibrate(data, **targets, bounds=(0.5, 1.5))
    assert "were found that meet all targets" in str(caught.value)
    low, high = map(float, str(caught.value).split("bounds=(")[1].split(")")[0].split(", "))
    assert low == 0.5
    assert average(calibrate(data, **targets, bounds=(low, high)), "x") == pytest.approx(0.3)
    with pytest.raises(WeightingError, match="were found that meet"):
        calibrate(data, **targets, bounds=(low, 0.97 * high))


def test_what_was_not_searched_in_time_is_said(monkeypatch):
    for module in ("calibration_failure", "calibration_conditions"):
        monkeypatch.setattr(f"topline.analysis.calibration.{module}.SECONDS", 0.0)
    with pytest.raises(WeightingError, match=r"the mean of x should be 9 and is at .*; why was not found in time\."):
        calibrate(Design(TWO), means={"x": 9.0}, bounds=(0.5, 1.5))
    monkeypatch.setattr("topline.analysis.calibration.calibration_failure.SECONDS", 8.0)
    with pytest.raises(WeightingError, match=r"Not searched to the end, for time\."):
        calibrate(Design(TWO), means={"x": 9.0}, bounds=(0.5, 1.5))
