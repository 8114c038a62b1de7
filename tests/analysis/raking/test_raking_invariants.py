"""What holds of every rake: margins met or an error, weights within bounds, the sum kept, order irrelevant."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.data.errors import InfeasibleMarginsError

SEEDS = st.integers(0, 2**32 - 1)


def case(seed: int) -> tuple[pd.DataFrame, dict[str, dict[str, float]], tuple[float, float] | None]:
    """A sample with base weights, some of them zero, margins near it and perhaps bounds."""
    random = np.random.default_rng(seed)
    rows = int(random.integers(20, 120))
    data = pd.DataFrame({"w": random.gamma(2, 1, rows) * (random.random(rows) < 0.95)})
    data.loc[0, "w"] = 1.0
    margins = {}
    for at in range(int(random.integers(1, 4))):
        data[f"v{at}"] = random.integers(1, int(random.integers(2, 6)) + 1, rows)
        share = data.groupby(f"v{at}")["w"].sum()
        share = share[share > 0] * random.uniform(0.6, 1.6, int((share > 0).sum()))
        margins[f"v{at}"] = {str(code): value for code, value in (share / share.sum()).items()}
    return data, margins, [None, (0.3, 3.0), (0.0, 2.0)][random.integers(3)]


def raked(data: pd.DataFrame, margins: dict, bounds, **options) -> np.ndarray | None:
    """Give raked weights; None where margins are shown to be out of reach."""
    try:
        return rake(Design(data, weight="w"), margins, bounds=bounds, **options).weights
    except InfeasibleMarginsError as error:
        assert error.unmet.conflict
        return None


def test_most_of_these_margins_can_be_met():
    """What is asserted of raked weights below is asserted of most cases."""
    assert sum(raked(*case(seed)) is not None for seed in range(40)) >= 28


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_margins_are_met_within_the_bounds_with_the_sum_kept_or_there_is_an_error(seed):
    data, margins, bounds = case(seed)
    weights = raked(data, margins, bounds)
    if weights is None:
        return
    assert weights.sum() == pytest.approx(data["w"].sum(), rel=1e-9)
    for name, targets in margins.items():
        for code, target in targets.items():
            share = weights[(data[name] == int(code)).to_numpy()].sum() / weights.sum()
            assert share == pytest.approx(target, abs=1e-9)
    base = data["w"].to_numpy()
    assert (weights[base == 0] == 0).all()
    assert (weights[base > 0] > 0).all()
    if bounds:
        ratio = weights[base > 0] / base[base > 0]
        assert ratio.min() >= bounds[0] * (1 - 1e-9)
        assert ratio.max() <= bounds[1] * (1 + 1e-9)


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_the_order_of_rows_margins_and_categories_is_irrelevant(seed):
    data, margins, bounds = case(seed)
    weights = raked(data, margins, bounds)
    shuffled = data.sample(frac=1, random_state=seed % 2**31)
    turned = {name: dict(reversed(targets.items())) for name, targets in reversed(margins.items())}
    again = raked(shuffled, turned, bounds)
    assert (weights is None) == (again is None)
    if weights is not None:
        assert again == pytest.approx(weights[shuffled.index.to_numpy()], rel=1e-7, abs=1e-9)


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_the_names_of_categories_and_a_margin_of_one_category_are_irrelevant(seed):
    data, margins, bounds = case(seed)
    weights = raked(data, margins, bounds)
    renamed = data.assign(v0=[f"group {11 - code}" for code in data["v0"]], all="everybody")
    called = {f"group {11 - int(code)}": target for code, target in margins["v0"].items()}
    again = raked(renamed, {**margins, "v0": called, "all": {"everybody": 1.0}}, bounds)
    assert (weights is None) == (again is None)
    if weights is not None:
        assert again == pytest.approx(weights, rel=1e-7, abs=1e-9)


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS, scale=st.floats(1e-3, 1e3))
def test_the_unit_of_the_base_weights_is_irrelevant(seed, scale):
    data, margins, bounds = case(seed)
    weights = raked(data, margins, bounds)
    again = raked(data.assign(w=scale * data["w"]), margins, bounds)
    assert (weights is None) == (again is None)
    if weights is not None:
        assert again == pytest.approx(scale * weights, rel=1e-7, abs=1e-9 * scale)


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_raking_what_is_raked_changes_nothing(seed):
    data, margins, _ = case(seed)
    weights = raked(data, margins, None)
    if weights is not None:
        assert raked(data.assign(w=weights), margins, None) == pytest.approx(weights, rel=1e-7, abs=1e-9)


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_two_rows_of_half_the_weight_are_one_row(seed):
    data, margins, bounds = case(seed)
    weights = raked(data, margins, bounds)
    halves = pd.concat([data, data], ignore_index=True).assign(w=lambda each: each["w"] / 2)
    again = raked(halves, margins, bounds)
    assert (weights is None) == (again is None)
    if weights is not None:
        assert again[: len(data)] == pytest.approx(weights / 2, rel=1e-7, abs=1e-9)
