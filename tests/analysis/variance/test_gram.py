"""Products of the columns of a sparse table, and the covariance of estimates whose PSUs are the rows."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from topline.analysis.estimation.estimate import mean, total
from topline.analysis.sampling import sums
from topline.analysis.sampling.design import Design
from topline.analysis.variance import gram as module
from topline.analysis.variance.gram import gram


@pytest.fixture
def table() -> sparse.csr_array:
    return sparse.random_array((400, 30), density=0.1, rng=np.random.default_rng(5), format="csr")


def test_gram_is_the_product_of_the_dense_table(table):
    factor = np.random.default_rng(6).random(400)
    dense = table.toarray()
    assert gram(table, factor) == pytest.approx((dense * factor[:, None]).T @ dense, rel=1e-12, abs=1e-14)


def test_gram_does_not_depend_on_how_many_rows_are_taken_at_a_time(table, monkeypatch):
    whole = gram(table, np.ones(400))
    monkeypatch.setattr(module, "CELLS", 60)
    assert gram(table, np.ones(400)) == pytest.approx(whole, rel=1e-12, abs=1e-14)


def test_gram_of_a_table_without_entries_is_zero():
    assert gram(sparse.csr_array((5, 3)), np.ones(5)).tolist() == [[0.0] * 3] * 3


@pytest.mark.parametrize("estimate", [mean, total])
@pytest.mark.parametrize("lone_psu", ["certainty", "centre", "average"])
def test_rows_as_psus_have_one_covariance_whether_tables_are_sparse_or_dense(estimate, lone_psu, monkeypatch):
    random = np.random.default_rng(7)
    frame = pd.DataFrame(
        {"h": random.integers(0, 5, 300), "g": random.integers(0, 8, 300), "w": random.random(300) + 1}
    )
    frame.loc[0, "h"] = 9
    for name in ("a", "b"):
        frame[name] = random.normal(3, 1, 300)
    frame.loc[random.random(300) < 0.2, "b"] = None
    design = Design(frame, weight="w", strata="h", lone_psu=lone_psu)
    dense = estimate(design, ["a", "b"], by="g")
    monkeypatch.setattr(sums, "is_dense", lambda cells, values: False)
    for place in ("estimation.measure", "estimation.summed"):
        monkeypatch.setattr(f"topline.analysis.{place}.is_dense", lambda cells, values: False)
    found = estimate(design, ["a", "b"], by="g")
    assert sparse.issparse(found.scatter.totals) and not sparse.issparse(dense.scatter.totals)
    assert found.covariance == pytest.approx(dense.covariance, rel=1e-10, abs=1e-13 * np.abs(dense.covariance).max())
    assert np.diag(found.covariance) == pytest.approx(found.to_frame()["se"].to_numpy() ** 2, rel=1e-12)
