"""Rows that are sampling units: their scatter is that of a table of rows x estimates."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation import measure, summed
from topline.analysis.estimation.estimate import mean, proportion, ratio, total
from topline.analysis.estimation.estimates import Estimates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.subpopulation import subset
from topline.analysis.variance import row_scatter
from topline.analysis.variance.row_scatter import RowScatter
from topline.analysis.variance.scatter import Scatter
from topline.analysis.variance.scatters import joined

ESTIMATES = {
    "mean": lambda design: mean(design, ["a", "b"], by="g"),
    "total": lambda design: total(design, ["a", "b"], by="g"),
    "share": lambda design: proportion(design, ["c"], category=1, by="g"),
    "ratio": lambda design: ratio(design, ["a", "b"], "d", by="g"),
}


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(7)
    frame = pd.DataFrame({"h": np.arange(300) % 5, "g": random.integers(0, 8, 300), "w": random.random(300) + 1})
    frame.loc[frame["g"] == 3, "h"] = 2
    frame["size"] = frame["h"].map({0: 100, 1: 200, 2: 400, 3: 80, 4: 900})
    for name in ("a", "b", "d"):
        frame[name] = random.normal(3, 1, 300)
    return frame.assign(c=random.integers(0, 2, 300))


def both(design: Design, estimate, monkeypatch: pytest.MonkeyPatch) -> tuple[Estimates, Estimates]:
    """Estimate with a dense table of units, and with rows apart."""
    general = estimate(design)
    for module in (measure, summed):
        monkeypatch.setattr(module, "is_dense", lambda cells, values: False)
    apart = estimate(design)
    assert isinstance(general.scatter, Scatter) and isinstance(apart.scatter, RowScatter)
    return general, apart


def same(found: np.ndarray, known: np.ndarray) -> None:
    assert found == pytest.approx(known, rel=1e-10, abs=1e-13 * np.abs(known).max())


@pytest.mark.parametrize("estimate", ESTIMATES.values(), ids=ESTIMATES)
@pytest.mark.parametrize("options", [{}, {"strata": "h"}, {"strata": "h", "fpc": "size"}], ids=["srs", "strata", "fpc"])
def test_rows_apart_have_the_covariance_of_the_table(estimate, options, frame, monkeypatch):
    general, apart = both(Design(frame, weight="w", **options), estimate, monkeypatch)
    pd.testing.assert_frame_equal(apart.to_frame(), general.to_frame(), rtol=1e-11)
    same(apart.covariance, general.covariance)
    assert np.sqrt(np.diag(apart.covariance)) == pytest.approx(apart.to_frame()["se"].to_numpy(), rel=1e-12)


@pytest.mark.parametrize("lone_psu", ["certainty", "centre"])
def test_a_stratum_of_one_row_counts_as_asked(lone_psu, frame, monkeypatch):
    frame.loc[0, "h"] = 9
    design = Design(frame, weight="w", strata="h", lone_psu=lone_psu)
    general, apart = both(design, ESTIMATES["mean"], monkeypatch)
    same(apart.covariance, general.covariance)


def test_rows_outside_the_subpopulation_and_without_weight_stay_in_the_design(frame, monkeypatch):
    frame.loc[:20, "w"] = 0
    design = subset(Design(frame, weight="w", strata="h"), {"c": 1})
    general, apart = both(design, ESTIMATES["mean"], monkeypatch)
    same(apart.covariance, general.covariance)
    assert len(apart.scatter.values) < len(frame)


def test_many_items_have_the_same_variances(frame, monkeypatch):
    monkeypatch.setattr(row_scatter, "FEW", 1)
    general, apart = both(Design(frame, weight="w", strata="h"), ESTIMATES["mean"], monkeypatch)
    same(apart.scatter.variances, general.scatter.variances)


def test_blocks_of_rows_add_up(frame, monkeypatch):
    for module in (row_scatter, summed):
        monkeypatch.setattr(module, "CHUNK", 7)
    general, apart = both(Design(frame, weight="w", strata="h"), ESTIMATES["mean"], monkeypatch)
    same(apart.covariance, general.covariance)


def test_some_estimates_and_estimates_side_by_side_have_the_same_covariance(frame, monkeypatch):
    general, apart = both(Design(frame, weight="w", strata="h"), ESTIMATES["mean"], monkeypatch)
    some = np.array([9, 2, 3])
    same(apart.scatter.picked(some).covariance, general.scatter.picked(some).covariance)
    sets = np.array([[0, 8], [1, 9]])
    same(apart.scatter.within(sets), general.scatter.within(sets))
    same(joined([apart.scatter, apart.scatter]).covariance, joined([general.scatter, general.scatter]).covariance)


def test_an_empty_group_has_no_estimate_and_leaves_the_others_in_place(frame, monkeypatch):
    design = subset(Design(frame, weight="w", strata="h"), frame["g"] != 4)
    general, apart = both(design, ESTIMATES["total"], monkeypatch)
    assert len(apart) == len(general) == 14
    same(apart.covariance, general.covariance)


def test_a_contrast_of_large_totals_keeps_its_digits():
    random = np.random.default_rng(4)
    rows = 6000
    frame = pd.DataFrame(
        {"s": random.integers(0, 30, rows), "y1": 2000 + random.normal(0, 50, rows), "w": random.uniform(1, 2, rows)}
    )
    frame["y2"] = frame["y1"] + random.normal(0, 0.1, rows)
    frame["gap"] = frame["y1"] - frame["y2"]
    design = Design(frame, weight="w", strata="s")
    truth = total(design, "gap", by="s").to_frame()["se"].to_numpy()
    both = total(design, ["y1", "y2"], by="s")
    columns = np.array([3, 33])
    picked = both.scatter.picked(columns).covariance
    found = np.sqrt(picked[0, 0] + picked[1, 1] - 2 * picked[0, 1])
    assert found == pytest.approx(truth[3], rel=1e-4)
    assert picked == pytest.approx(both.covariance[np.ix_(columns, columns)], rel=1e-12)
    sets = np.arange(60).reshape(2, 30)
    assert both.scatter.within(sets)[0] == pytest.approx(both.covariance[:30, :30], rel=1e-10)
    assert both.scatter.picked(np.array([3, 3])).covariance == pytest.approx(np.full((2, 2), picked[0, 0]), rel=1e-9)
