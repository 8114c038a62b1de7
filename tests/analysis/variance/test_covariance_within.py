"""Covariances within sets of estimates are those of the full covariance, however the sums are stored."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from topline.analysis.estimation.estimate import proportion
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design

SETS = np.array([[0, 3, 6], [1, 4, 7], [8, 2, 5]])


def frame():
    random = np.random.default_rng(9)
    return pd.DataFrame(
        {
            "view": random.choice(["a", "b", "c"], 300),
            "group": random.choice(["x", "y", "z"], 300),
            "stratum": np.repeat(np.arange(6), 50),
            "town": np.repeat(np.arange(60), 5),
            "population": 400,
            "weight": random.uniform(1, 3, 300),
        }
    )


DESIGNS = {
    "rows": {"weight": "weight"},
    "strata": {"weight": "weight", "strata": "stratum"},
    "fpc": {"weight": "weight", "strata": "stratum", "fpc": "population"},
    "towns": {"weight": "weight", "strata": "stratum", "psu": "town"},
    "average": {"weight": "weight", "strata": "stratum", "psu": "town", "lone_psu": "average"},
}


def lone(data):
    """Leave stratum 5 with a single town."""
    return data.assign(stratum=np.where(data["town"] == 59, 7, data["stratum"]))


def in_storage(scatter, stored):
    return replace(scatter, totals=sparse.csr_array(scatter.totals)) if stored == "sparse" else scatter


@pytest.mark.parametrize("stored", ["dense", "sparse"])
@pytest.mark.parametrize("design", DESIGNS)
def test_covariances_within_sets_are_those_of_the_whole(design, stored):
    data = lone(frame()) if design == "average" else frame()
    scatter = in_storage(proportion(Design(data, **DESIGNS[design]), "view", by="group").scatter, stored)
    whole = scatter.covariance
    for row, own in zip(SETS, scatter.within(SETS), strict=True):
        assert own == pytest.approx(whole[np.ix_(row, row)], rel=1e-10, abs=1e-18)


@pytest.mark.parametrize("stored", ["dense", "sparse"])
def test_raked_designs_keep_their_residuals(stored):
    design = rake(Design(frame(), weight="weight"), {"group": {"x": 0.3, "y": 0.3, "z": 0.4}})
    scatter = in_storage(proportion(design, "view", by="group").scatter, stored)
    for row, own in zip(SETS, scatter.within(SETS), strict=True):
        assert own == pytest.approx(scatter.covariance[np.ix_(row, row)], rel=1e-10, abs=1e-18)
