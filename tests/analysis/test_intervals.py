import numpy as np
import pandas as pd
import pytest
from scipy import stats

from topline.analysis.design import Design
from topline.analysis.estimate import mean, proportion
from topline.analysis.intervals import beta_interval, few_events, logit_interval, t_interval
from topline.data.errors import EstimationError


def test_t_interval_is_the_textbook_one():
    low, high = t_interval(np.array([5.0]), np.array([2.0]), 12, 0.9)
    reach = stats.t.ppf(0.95, 12) * 2
    assert (low[0], high[0]) == pytest.approx((5 - reach, 5 + reach), rel=1e-12)


def test_logit_interval_stays_within_zero_and_one():
    low, high = logit_interval(np.array([0.01, 0.99]), np.array([0.02, 0.02]), 20, 0.95)
    assert (low > 0).all()
    assert (high < 1).all()
    assert low[0] == pytest.approx(1 - high[1], rel=1e-9)


def test_beta_interval_of_a_simple_sample_is_clopper_pearson():
    n, hits = 40, 6
    p = np.array([hits / n])
    low, high = beta_interval(p, np.sqrt(p * (1 - p) / n), np.array([40.0]), np.array([n]), np.array([n - 1]), 0.95)
    exact = stats.binomtest(hits, n).proportion_ci(method="exact")
    assert (low[0], high[0]) == pytest.approx((exact.low, exact.high), rel=1e-9)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_beta_interval_of_nobody_or_everybody_rests_on_kish_effective_size(p):
    low, high = beta_interval(np.array([p]), np.array([0.0]), np.array([25.0]), np.array([40]), np.array([39]), 0.95)
    edge = 1 - 0.025 ** (1 / 25)
    assert (low[0], high[0]) == pytest.approx((0.0, edge) if p == 0 else (1 - edge, 1.0), rel=1e-9)


@pytest.mark.parametrize(("size", "rest"), [(1, 50), (2, 998), (3, 107), (10, 90)])
def test_everybody_of_a_small_group_is_as_wide_as_the_exact_interval(size, rest):
    data = pd.DataFrame({"view": ["for"] * size + ["against"] * rest, "town": ["a"] * size + ["b"] * rest})
    row = proportion(Design(data), "view", category="for", by="town").to_frame().iloc[0]
    exact = stats.binomtest(size, size).proportion_ci(method="exact")
    assert (row["estimate"], row["low"], row["high"]) == (1, pytest.approx(exact.low, rel=1e-9), 1)


def test_one_event_of_four_in_a_large_sample_has_the_interval_of_four():
    """R: d <- svydesign(id=~1, weights=~1, data=...); svyciprop(~hit, subset(d, town == "a"), method="beta")."""
    data = pd.DataFrame({"view": [1, 0, 0, 0] + [1, 0] * 100, "town": ["a"] * 4 + ["b"] * 200})
    row = proportion(Design(data), "view", category=1, by="town").to_frame().iloc[0]
    assert (row["low"], row["high"]) == pytest.approx((0.0062083933931577, 0.8069859823493002), rel=1e-9)


def test_a_group_within_one_psu_has_no_freedom_of_its_own_and_gets_clopper_pearson_at_its_size():
    data = pd.DataFrame({"view": [1, 1, 1, *[0, 1] * 20], "psu": [1, 1, 1, *range(2, 42)], "town": [1] * 3 + [2] * 40})
    row = proportion(Design(data, psu="psu"), "view", category=1, by="town").to_frame().iloc[0]
    assert row["low"] == pytest.approx(stats.binomtest(3, 3).proportion_ci(method="exact").low, rel=1e-9)


def test_a_base_with_fewer_psus_than_the_design_has_fewer_degrees_of_freedom():
    """30 of 30 in three of twenty PSUs: 2 degrees of freedom shrink the effective size by (t(29) / t(2))^2."""
    data = pd.DataFrame({"view": [1] * 30 + [0, 1] * 85, "psu": np.arange(200) // 10, "town": [1] * 30 + [2] * 170})
    row = proportion(Design(data, psu="psu"), "view", category=1, by="town").to_frame().iloc[0]
    size = 30 * (stats.t.ppf(0.975, 29) / stats.t.ppf(0.975, 2)) ** 2
    assert row["low"] == pytest.approx(0.025 ** (1 / size), rel=1e-9)


def test_beta_interval_without_sampling_error_is_the_estimate():
    low, high = beta_interval(np.array([0.3]), np.array([0.0]), np.array([10.0]), np.array([10]), np.array([9]), 0.95)
    assert (low[0], high[0]) == (0.3, 0.3)


def test_fewer_than_two_events_or_non_events_are_few():
    assert few_events(np.array([0, 1, 2, 8, 9, 10]), np.full(6, 10)).tolist() == [True, True, False, False, True, True]


def test_logit_gives_way_to_beta_and_a_footnote_says_so():
    data = pd.DataFrame({"view": ["for"] * 1 + ["against"] * 29 + ["for"] * 15 + ["against"] * 15})
    data["half"] = ["a"] * 30 + ["b"] * 30
    mixed = proportion(Design(data), "view", by="half")
    beta = proportion(Design(data), "view", by="half", interval="beta").to_frame()
    logit = mixed.to_frame()
    assert logit.loc[:1, "low"].tolist() == beta.loc[:1, "low"].tolist()
    assert logit.loc[2:, "low"].tolist() != beta.loc[2:, "low"].tolist()
    assert mixed.method["footnotes"][0].startswith("2 intervals are Korn-Graubard (beta) instead of logit")


def test_nobody_gives_zero_with_an_upper_bound():
    data = pd.DataFrame({"view": ["against"] * 30 + ["for"] * 5, "half": ["a"] * 30 + ["b"] * 5})
    row = proportion(Design(data), "view", category="for", by="half").to_frame().iloc[0]
    assert row["estimate"] == 0
    assert row["se"] == 0
    assert row["low"] == 0
    assert 0.05 < row["high"] < 0.2


def test_no_degrees_of_freedom_leave_no_interval_and_a_footnote_says_so():
    data = pd.DataFrame({"x": [1.0, 2.0, 4.0], "s": [1, 2, 3]})
    result = mean(Design(data, strata="s", lone_psu="certainty"), "x")
    assert result.document()["rows"][0]["low"] is None
    assert any("no degrees of freedom" in note for note in result.method["footnotes"])


@pytest.mark.parametrize("level", [0, 1, 95, -0.5])
def test_a_level_outside_zero_and_one_is_refused(level):
    with pytest.raises(EstimationError, match=r"e.g. 0.95 for 95%"):
        mean(Design(pd.DataFrame({"x": [1, 2]})), "x", level=level)


def test_a_wider_level_gives_a_wider_interval():
    design = Design(pd.DataFrame({"x": [1, 2, 4, 8]}))
    narrow, wide = (mean(design, "x", level=level).to_frame() for level in (0.8, 0.99))
    assert wide["low"][0] < narrow["low"][0] < narrow["high"][0] < wide["high"][0]
