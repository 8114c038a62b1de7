"""Holm's adjustment, beside that of statsmodels."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from topline.analysis.testing.holm import holm, holm_by_row


def test_it_is_that_of_statsmodels():
    p = np.random.default_rng(3).uniform(size=(5, 9))
    p[0, 3] = np.nan
    adjusted = holm_by_row(p)
    for mine, row in zip(adjusted, p, strict=True):
        known = ~np.isnan(row)
        assert mine[known] == pytest.approx(multipletests(row[known], method="holm")[1], rel=1e-12)
    assert np.isnan(adjusted[0, 3])


def test_each_family_is_adjusted_on_its_own():
    p, families = [0.02, 0.9, 0.01, 0.04, 0.03], ["a", "b", "a", "a", "b"]
    expected = np.empty(5)
    for family in ("a", "b"):
        own = [at for at, each in enumerate(families) if each == family]
        expected[own] = multipletests(np.array(p)[own], method="holm")[1]
    assert holm(p, families) == pytest.approx(expected.tolist(), rel=1e-12)
    assert holm([], []) == []
