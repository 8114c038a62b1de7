"""Holm's and Benjamini and Hochberg's adjustments, beside those of statsmodels."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from topline.analysis.testing.adjustment import (
    ADJUSTMENTS,
    benjamini_hochberg,
    benjamini_hochberg_by_row,
    holm,
)

NAMES = {"holm": "holm", "bh": "fdr_bh"}


@pytest.mark.parametrize("method", NAMES)
def test_it_is_that_of_statsmodels(method):
    p = np.random.default_rng(3).uniform(size=(5, 9))
    p[0, 3] = p[1, 8] = p[1, 0] = np.nan
    adjusted = ADJUSTMENTS[method](p)
    for mine, row in zip(adjusted, p, strict=True):
        known = ~np.isnan(row)
        assert mine[known] == pytest.approx(multipletests(row[known], method=NAMES[method])[1], rel=1e-12)
    assert np.isnan(adjusted).tolist() == np.isnan(p).tolist()


@pytest.mark.parametrize(("adjusted", "name"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
def test_each_family_is_adjusted_on_its_own(adjusted, name):
    p, families = [0.02, 0.9, 0.01, 0.04, 0.03], ["a", "b", "a", "a", "b"]
    expected = np.empty(5)
    for family in ("a", "b"):
        own = [at for at, each in enumerate(families) if each == family]
        expected[own] = multipletests(np.array(p)[own], method=name)[1]
    assert adjusted(p, families) == pytest.approx(expected.tolist(), rel=1e-12)
    assert adjusted([], []) == []


def test_benjamini_and_hochberg_never_asks_for_more_than_holm():
    p = np.random.default_rng(4).uniform(size=(50, 6)) ** 3
    assert (benjamini_hochberg_by_row(p) <= ADJUSTMENTS["holm"](p) + 1e-15).all()
