"""What holds of every poststratification: cells met or an error, factors by cell, order irrelevant."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.raking.poststratify import poststratify
from topline.analysis.sampling.design import Design
from topline.data.errors import WeightingError

SEEDS = st.integers(0, 2**32 - 1)


def case(seed: int) -> tuple[pd.DataFrame, dict[tuple[str, str], float]]:
    """A sample with base weights, some of them zero, and a count for each of the cells of two variables."""
    random = np.random.default_rng(seed)
    rows, kinds = int(random.integers(30, 150)), random.integers(1, 4, 2)
    data = pd.DataFrame({name: random.integers(1, kinds[at] + 1, rows) for at, name in enumerate("ab")})
    data["w"] = random.gamma(2, 1, rows) * (random.random(rows) < 0.95)
    cells = [(str(one), str(two)) for one in range(1, kinds[0] + 1) for two in range(1, kinds[1] + 1)]
    return data, dict(zip(cells, random.uniform(10, 1000, len(cells)), strict=True))


def weights_of(data: pd.DataFrame, cells: dict[tuple[str, str], float]) -> np.ndarray | None:
    """Give the weights; None where a cell has nobody, which the error names."""
    held = data[data["w"] > 0].groupby(["a", "b"])["w"].sum()
    empty = [cell for cell in cells if (int(cell[0]), int(cell[1])) not in held.index]
    if not empty:
        return poststratify(Design(data, weight="w"), cells, on=["a", "b"]).weights
    with pytest.raises(WeightingError, match=r"\*".join(empty[0])):
        poststratify(Design(data, weight="w"), cells, on=["a", "b"])
    return None


def test_most_of_these_cells_have_somebody():
    assert sum(weights_of(*case(seed)) is not None for seed in range(40)) >= 32


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_every_cell_is_met_by_one_factor_or_named(seed):
    data, cells = case(seed)
    weights = weights_of(data, cells)
    if weights is None:
        return
    for (one, two), count in cells.items():
        rows = ((data["a"] == int(one)) & (data["b"] == int(two)) & (data["w"] > 0)).to_numpy()
        assert weights[rows].sum() == pytest.approx(count, rel=1e-9)
        assert np.ptp(weights[rows] / data["w"].to_numpy()[rows]) <= 1e-9 * count
    assert (weights[data["w"] == 0] == 0).all()


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS, scale=st.floats(1e-3, 1e3))
def test_the_order_of_rows_and_cells_and_the_unit_of_the_weights_are_irrelevant(seed, scale):
    data, cells = case(seed)
    weights = weights_of(data, cells)
    shuffled = data.sample(frac=1, random_state=seed % 2**31)
    again = weights_of(shuffled.assign(w=scale * shuffled["w"]), dict(reversed(cells.items())))
    assert (weights is None) == (again is None)
    if weights is not None:
        assert again == pytest.approx(weights[shuffled.index.to_numpy()], rel=1e-9)


@pytest.mark.parametrize("on", [3, [3], ["a", 3], [["a", None]], {3: "a"}])
def test_columns_that_are_none_are_refused_with_what_they_would_be(on):
    data = pd.DataFrame({"a": ["f", "m"], "b": ["o", "y"]})
    with pytest.raises(WeightingError, match=r"on is .*; it names the columns whose cells are weighted, e\.g\. on="):
        poststratify(Design(data), {"a": {"f": 0.5, "m": 0.5}}, on=on)
