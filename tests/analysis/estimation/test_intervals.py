import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.estimation.intervals import (
    NEEDS_EVENTS,
    ProportionBase,
    asin_interval,
    beta_interval,
    few_events,
    fisher_interval,
    likelihood_interval,
    logit_interval,
    proportion_interval,
    t_interval,
    wilson_interval,
)
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
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


KINDS = ["logit", "xlogit", "asin", "likelihood", "beta", "wilson"]


def base_of(n: int, events: int) -> ProportionBase:
    return ProportionBase(np.array([n]), np.array([events]), np.array([n * 0.8]), np.array([n - 1]))


@given(st.integers(4, 400), st.data(), st.floats(0.5, 5.0), st.sampled_from(KINDS), st.sampled_from([0.5, 0.9, 0.99]))
@settings(max_examples=150, deadline=None)
def test_intervals_lie_within_zero_and_one_hold_the_estimate_and_mirror_its_complement(n, data, deff, kind, level):
    events = data.draw(st.integers(0, n))
    p = np.array([events / n])
    se = np.sqrt(deff * p * (1 - p) / n)
    low, high, switched = proportion_interval(kind, p, se, base_of(n, events), n - 1, level)
    assert 0 <= low[0] <= p[0] + 1e-12
    assert p[0] - 1e-12 <= high[0] <= 1
    other_low, other_high, _ = proportion_interval(kind, 1 - p, se, base_of(n, n - events), n - 1, level)
    assert (other_low[0], other_high[0]) == pytest.approx((1 - high[0], 1 - low[0]), abs=1e-9)
    assert switched[0] == (kind in NEEDS_EVENTS and min(events, n - events) < 2)


def test_wilson_of_a_simple_sample_is_the_score_interval_with_t_in_the_place_of_z():
    n, hits = 40, 6
    p = np.array([hits / n])
    low, high = wilson_interval(p, np.sqrt(p * (1 - p) / n), np.array([40.0]), np.array([n]), np.array([10**9]), 0.95)
    exact = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((exact.low, exact.high), rel=1e-8)


def test_wilson_without_freedom_of_its_own_takes_that_of_its_respondents():
    p, se, kish = np.array([0.4]), np.array([0.1]), np.array([20.0])
    one = wilson_interval(p, se, kish, np.array([20]), np.array([0]), 0.95)
    other = wilson_interval(p, se, kish, np.array([20]), np.array([19]), 0.95)
    assert (one[0][0], one[1][0]) == (other[0][0], other[1][0])
    alone = wilson_interval(np.array([1.0]), np.array([0.0]), np.array([1.0]), np.array([1]), np.array([0]), 0.95)
    assert 0 < alone[0][0] < 0.01
    assert alone[1][0] == 1


def test_the_likelihood_ratio_at_both_ends_is_the_critical_value():
    p, se, n, df = 0.3, 0.04, 150, 30
    low, high = likelihood_interval(np.array([p]), np.array([se]), np.array([n]), df, 0.95)
    size, critical = p * (1 - p) / se**2, stats.t.ppf(0.975, df) ** 2 * n / (n - 1)
    for q in (low[0], high[0]):
        assert 2 * size * (p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))) == pytest.approx(critical, rel=1e-9)


def test_thousands_of_likelihood_intervals_are_had_at_once():
    p = np.linspace(0.01, 0.99, 5000)
    low, high = likelihood_interval(p, np.full(5000, 0.01), np.full(5000, 900), 50, 0.95)
    assert (low < p).all()
    assert (high > p).all()
    assert low == pytest.approx(1 - high[::-1], abs=1e-9)


def test_an_end_of_the_arcsine_interval_stops_at_zero_and_one():
    low, high = asin_interval(np.array([0.001, 0.999]), np.array([0.02, 0.02]), 20, 0.95)
    assert (low[0], high[1]) == (0, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_share_that_the_design_fixes_is_its_own_interval(kind):
    low, high, _ = proportion_interval(kind, np.array([0.25]), np.array([0.0]), base_of(40, 10), 39, 0.95)
    assert (low[0], high[0]) == pytest.approx((0.25, 0.25), rel=1e-12)


@pytest.mark.parametrize("kind", ["xlogit", "asin", "likelihood"])
def test_few_events_switch_to_beta_and_the_footnote_names_what_it_stands_for(kind):
    data = pd.DataFrame({"view": [1] + [0] * 29, "town": ["a"] * 15 + ["b"] * 15})
    found = proportion(Design(data), "view", category=1, by="town", interval=kind)
    beta = proportion(Design(data), "view", category=1, by="town", interval="beta")
    assert found.frame["high"].tolist() == beta.frame["high"].tolist()
    assert any(f"2 intervals are Korn-Graubard (beta) instead of {kind}" in note for note in found.method["footnotes"])


def test_wilson_is_printed_by_name_and_has_an_interval_for_nobody():
    data = pd.DataFrame({"view": [0] * 30})
    found = proportion(Design(data), "view", category={"yes": [0]}, interval="wilson")
    t = stats.t.ppf(0.975, 29) ** 2
    assert found.frame["low"][0] == pytest.approx(1 / (1 + t / 30), rel=1e-9)
    assert "Wilson at the effective sample size with t" in str(found).replace("\n  ", " ")


def test_fisher_interval_stays_within_one_and_a_perfect_correlation_is_its_own():
    low, high = fisher_interval(np.array([0.95, -1.0]), np.array([0.2, 0.0]), 10, 0.95)
    assert -1 < low[0] < 0.95 < high[0] < 1
    assert (low[1], high[1]) == (-1, -1)


def test_log_odds_of_replicates_give_way_to_those_of_the_share_where_a_replicate_has_nobody():
    data = pd.DataFrame({"view": [1, 1, 1, *[0] * 37], "psu": np.repeat(np.arange(10), 4)})
    design = replicates(Design(data, psu="psu"), "JK1")
    one, other = (proportion(design, "view", category=1, interval=kind).frame for kind in ("logit", "xlogit"))
    assert one["low"][0] == pytest.approx(other["low"][0], rel=1e-12)
    data.loc[20, "view"] = 1
    design = replicates(Design(data, psu="psu"), "JK1")
    one, other = (proportion(design, "view", category=1, interval=kind).frame for kind in ("logit", "xlogit"))
    assert one["low"][0] != pytest.approx(other["low"][0], rel=1e-3)
