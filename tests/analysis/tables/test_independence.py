"""Weighted sums of chi-squares and tests of independence: published values, identities and limits."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from topline.analysis.estimation.f_tail import f_tail
from topline.analysis.sampling.design import Design
from topline.analysis.tables.cells import Cells, cells
from topline.analysis.tables.independence import design_effects, independence, pearson
from topline.analysis.testing.chi_square_sums import _root, exact, saddlepoint, satterthwaite
from topline.data.errors import EstimationError

IMHOF = [
    # Imhof (1961), Computing the distribution of quadratic forms in normal variables, Biometrika 48, table 1
    ([0.6, 0.3, 0.1], 0.1, 0.9458),
    ([0.6, 0.3, 0.1], 0.7, 0.5064),
    ([0.6, 0.3, 0.1], 2.0, 0.1240),
    ([0.6, 0.6, 0.3, 0.3, 0.1, 0.1], 2.0, 0.3998),
    ([0.6, 0.6, 0.3, 0.3, 0.1, 0.1], 6.0, 0.0161),
]


@pytest.mark.parametrize(("weights", "x", "printed"), IMHOF)
def test_the_exact_tail_is_the_one_imhof_printed(weights, x, printed):
    assert exact(x, np.array(weights), math.inf) == pytest.approx(printed, abs=5.1e-5)
    assert saddlepoint(x, np.array(weights), math.inf) == pytest.approx(printed, abs=0.02)


@pytest.mark.parametrize("tail", [exact, satterthwaite])
@pytest.mark.parametrize("ddf", [7.3, 40, math.inf])
def test_equal_weights_give_f_and_chi_square(tail, ddf):
    own = tail(5.0, np.array([2.0, 2.0, 2.0]), ddf)
    expected = stats.chi2.sf(2.5, 3) if math.isinf(ddf) else stats.f.sf(2.5 / 3, 3, ddf)
    assert own == pytest.approx(expected, rel=1e-12)


def test_the_exact_tail_agrees_with_a_simulation():
    weights, ddf, x = np.array([3.0, 1.0, 0.2]), 12, 9.0
    drawn = np.random.default_rng(1).chisquare(1, (400_000, 3)) @ weights
    shared = np.random.default_rng(2).chisquare(ddf, 400_000) / ddf
    assert exact(x, weights, ddf) == pytest.approx((drawn > x * shared).mean(), abs=0.002)


def test_weights_that_lie_too_far_apart_are_refused_and_those_that_are_zero_left_out():
    with pytest.raises(EstimationError, match="more than 200,000 terms"):
        exact(1.0, np.array([1e6, 1e-3]), 20)
    assert exact(3.0, np.array([1.0, 0.0]), 20) == exact(3.0, np.array([1.0]), 20)


def test_next_to_the_mean_satterthwaite_takes_the_place_of_the_saddlepoint():
    weights = np.array([1.0, 1.0, 1.0])
    assert saddlepoint(3.0, weights, math.inf) == satterthwaite(3.0, weights, math.inf)


@given(st.floats(0.5, 60), st.integers(8, 80))
@settings(deadline=None)
def test_the_saddlepoint_is_near_the_exact_tail(x, ddf):
    weights = np.array([2.0, 1.0, 0.5])
    own, true = saddlepoint(x, weights, ddf), exact(x, weights, ddf)
    assert own == pytest.approx(true, rel=0.35, abs=0.01)


def test_the_search_for_a_root_stops_where_r_stops():
    assert _root(lambda x: x, 0.0, 1.0) == 0.0
    assert _root(lambda x: x - 1, 0.0, 1.0) == 1.0
    assert _root(lambda x: math.cos(x) - x, 0.0, 1.0) == pytest.approx(0.7390851332151607, abs=1e-8)
    assert _root(lambda x: math.copysign(abs(x - 0.3) ** 0.2, x - 0.3), -1.0, 1.0) == pytest.approx(0.3, abs=1e-7)


def test_f_with_infinite_df_is_a_chi_square():
    assert f_tail(2.0, 3, math.inf) == pytest.approx(stats.chi2.sf(6.0, 3), rel=1e-12)


# tests of tables


def table_of(design, first, second):
    return cells(design, first >= 0, first, second, (int(first.max()) + 1, int(second.max()) + 1))


def sample(seed=1, rows=300):
    drawn = np.random.default_rng(seed)
    first, second = drawn.integers(0, 2, rows), drawn.integers(0, 3, rows)
    return Design(pd.DataFrame({"first": first, "town": np.arange(rows) // 10}), psu="town"), first, second


def test_a_simple_random_sample_has_design_effects_near_one():
    first, second = np.random.default_rng(1).integers(0, 3, (2, 2000))
    effects = design_effects(table_of(Design(pd.DataFrame({"first": first})), first, second), 2000)
    assert effects == pytest.approx(np.ones(4), abs=0.15)


def test_pearson_is_that_of_a_plain_table():
    counts = np.array([[10, 20, 30], [20, 25, 5]])
    assert pearson(counts / 110) * 110 == pytest.approx(stats.chi2_contingency(counts, correction=False).statistic)


def test_chi_square_and_f_agree_where_psus_are_many():
    design, first, second = sample(2, 3000)
    table = table_of(design, first, second)
    one, other = (independence(table, kind, 3000, 100_000, replicated=False).p for kind in ("chisq", "F"))
    assert one == pytest.approx(other, abs=0.01)


@pytest.mark.parametrize("statistic", ["F", "chisq", "wald", "adj_wald", "saddlepoint", "lincom"])
def test_rows_and_columns_can_change_places(statistic):
    design, first, second = sample()
    one, other = (
        independence(table_of(design, *pair), statistic, 300, 29, replicated=False)
        for pair in ((first, second), (second, first))
    )
    assert (one.statistic, one.p) == pytest.approx((other.statistic, other.p), rel=1e-9)


def test_a_table_that_the_design_fixes_has_nothing_to_test():
    first, second = np.repeat([0, 1], 20), np.tile([0, 1], 20)
    frame = pd.DataFrame({"first": first, "cell": first * 2 + second})
    with pytest.raises(EstimationError, match="no sampling error beyond its margins"):
        independence(table_of(Design(frame, strata="cell"), first, second), "F", 40, 36, replicated=False)


def test_too_many_empty_cells_are_refused():
    share = np.diag([0.25, 0.25, 0.25, 0.25]).ravel()
    empty = Cells(4, 4, share, np.eye(16), np.eye(16))
    with pytest.raises(EstimationError, match="12 of the 16 cells are empty"):
        design_effects(empty, 100)


def test_a_wald_test_needs_more_psus_than_cells():
    design, first, second = sample()
    table = table_of(design, first, second)
    with pytest.raises(EstimationError, match="a Wald test of 2 cells needs more than the 1 degrees of freedom"):
        independence(table, "adj_wald", 300, 1, replicated=False)
    with pytest.raises(EstimationError, match="the design has 0 degrees of freedom"):
        independence(table, "F", 300, 0, replicated=False)
