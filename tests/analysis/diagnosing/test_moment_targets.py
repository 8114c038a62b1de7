"""Means and totals of a calibration stand beside their targets, before and after, wherever margins do."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.calibration.calibrate import calibrate
from topline.analysis.diagnosing.balance import weight_margins
from topline.analysis.diagnosing.moment_targets import moment_targets
from topline.analysis.diagnosing.weight_log import weight_log
from topline.analysis.diagnosing.weights import weight_summary
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.analysis.trimming.trim import trim
from topline.data.errors import WeightingError

SHARES = {"sex": {"f": 0.5, "m": 0.5}}


def sample() -> pd.DataFrame:
    random = np.random.default_rng(6)
    return pd.DataFrame({"sex": random.choice(["f", "m"], 200), "age": random.uniform(18, 90, 200).round(1)})


def test_means_and_totals_are_listed_as_the_step_reported_them():
    fitted = calibrate(Design(sample()), SHARES, means={"age": 50.0})
    found = moment_targets(fitted)
    assert found[["variable", "statistic", "target", "n"]].values.tolist() == [["age", "mean", 50.0, 200]]
    assert found["before"][0] == pytest.approx(sample()["age"].mean())
    assert found["after"][0] == pytest.approx(50.0)
    totals = moment_targets(calibrate(Design(sample()), totals={"age": 9_000.0}))
    assert totals["before"][0] == pytest.approx(sample()["age"].sum())
    assert totals["after"][0] == pytest.approx(9_000.0)


def test_a_later_step_that_moved_them_shows():
    fitted = calibrate(Design(sample()), SHARES, means={"age": 45.0})
    moved = trim(fitted, cap=1.05, recalibrate=False)
    assert moment_targets(moved)["after"][0] == pytest.approx(np.average(sample()["age"], weights=moved.weights))
    assert abs(moment_targets(moved)["after"][0] - 45) > 0.1


def test_they_stand_under_margins_log_and_summary():
    fitted = calibrate(Design(sample()), SHARES, means={"age": 50.0})
    told = f"Mean of age: target 50, before {sample()['age'].mean():.5g}, after 50 (n 200)"
    assert any(note.startswith(told) for note in weight_margins(fitted).notes)
    assert any(line.startswith(told) for line in weight_log(fitted).about)
    assert any(note.startswith(told) for note in weight_summary(fitted).notes)


def test_there_are_none_of_a_raking_and_margins_of_means_alone_say_what_there_is():
    assert moment_targets(rake(Design(sample()), SHARES)).empty
    with pytest.raises(WeightingError, match=r"no margins; rake or calibrate first\. Total of age: target 9,000"):
        weight_margins(calibrate(Design(sample()), totals={"age": 9_000.0}))
