"""What holds of every calibration: targets met within the bounds or an error, order and units irrelevant."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.calibration.calibrate import calibrate, entropy_balance
from topline.analysis.sampling.design import Design
from topline.data.errors import WeightingError

from .calibration_sample import MEANS, SHARES, average, base, sample, shares


def reachable(seed: int, low: float, high: float) -> tuple[pd.DataFrame, dict, dict]:
    """A sample, and the shares and the mean that factors from low to high which keep the sum give it."""
    random = np.random.default_rng(seed)
    data = sample(seed, int(random.integers(60, 150)))
    factor = random.uniform(low, high, len(data))
    wanted = data["base"] * factor
    wanted *= data["base"].sum() / wanted.sum()
    margins = {
        name: {f"{code:g}": share for code, share in (wanted.groupby(data[name]).sum() / wanted.sum()).items()}
        for name in ("sex", "age4")
    }
    return data, margins, {"income": float(np.average(data["income"], weights=wanted))}


@pytest.mark.parametrize("bounds_on", ["factors", "weights"])
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), distance=st.sampled_from(["linear", "raking", "logit"]))
def test_targets_that_weights_within_the_bounds_give_are_met_within_them(bounds_on, seed, distance):
    data, margins, means = reachable(seed, 0.6, 1.6)
    before = Design(data, weight="base")
    bounds = (0.3, 3.0) if bounds_on == "factors" else (0.3 * data["base"].min(), 3.0 * data["base"].max())
    found = calibrate(before, margins, means=means, distance=distance, bounds=bounds, bounds_on=bounds_on)
    bounded = found.weights if bounds_on == "weights" else found.weights / before.weights
    assert bounded.min() >= bounds[0] * (1 - 1e-12)
    assert bounded.max() <= bounds[1] * (1 + 1e-12)
    for name, targets in margins.items():
        assert shares(found, name) == pytest.approx(list(targets.values()), abs=1e-9)
    assert average(found, "income") == pytest.approx(means["income"], rel=1e-9)
    assert found.weights.sum() == pytest.approx(before.weights.sum(), rel=1e-9)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), distance=st.sampled_from(["linear", "raking", "logit"]))
def test_targets_out_of_reach_are_refused_with_bounds_that_meet_them(seed, distance):
    data, margins, means = reachable(seed, 0.5, 2.0)
    before = Design(data, weight="base")
    means["income"] += 4
    with pytest.raises(WeightingError, match="Least change of bounds") as caught:
        calibrate(before, margins, means=means, distance=distance, bounds=(0.97, 1.03))
    low, high = map(float, str(caught.value).split("bounds=(")[1].split(")")[0].split(", "))
    found = calibrate(before, margins, means=means, distance=distance, bounds=(low, high))
    assert average(found, "income") == pytest.approx(means["income"], rel=1e-9)
    assert (found.weights / before.weights).max() <= high * (1 + 1e-12)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 1000))
def test_neither_the_order_of_rows_nor_the_unit_of_weights_and_columns_matters(seed, scale):
    data = sample(seed, 150)
    one = calibrate(Design(data, weight="base"), SHARES, means=MEANS, distance="raking").weights
    turned = data.sample(frac=1, random_state=seed)
    turned = turned.assign(base=turned["base"] * scale, income=turned["income"] * 1000 + 5e6)
    two = calibrate(Design(turned, weight="base"), SHARES, means={"income": 5_031_000}, distance="raking").weights
    assert two == pytest.approx(one[turned.index] * scale, rel=1e-7)


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


def test_collinear_auxiliaries_are_no_obstacle():
    data = sample().assign(twice=lambda frame: 2 * frame["income"] + 1, flat=7.0)
    found = calibrate(Design(data, weight="base"), SHARES, means=MEANS | {"twice": 63.0, "flat": 7.0}, bounds=(0.1, 5))
    alone = calibrate(Design(data, weight="base"), SHARES, means=MEANS, bounds=(0.1, 5))
    assert found.weights == pytest.approx(alone.weights, rel=1e-8)
