"""R session behind the figures: tests/reference/compare.R (qlogis, qt), output beside it; tolerance 1e-9."""

import json
import math
from pathlib import Path

import pytest

from topline.analysis.comparing.published_error import published_error
from topline.data.errors import ComparisonError

R = json.loads((Path(__file__).parents[2] / "reference" / "compare.json").read_text())
Z = 1.959963984540054


@pytest.mark.parametrize("case", R["shares"], ids=lambda case: str(case["p"]))
def test_share_with_stated_design_effect_is_r_logit_interval(case):
    found = published_error(case["p"], n=case["n"], deff=case["deff"], rounding=case["unit"], level=case["level"])
    assert (found.se, found.low, found.high) == pytest.approx((case["se"], case["low"], case["high"]), rel=1e-9)
    assert not found.deff_assumed


def test_unknown_design_effect_is_one_and_a_half_and_says_so():
    found = published_error(0.4, n=600)
    assert found.se == pytest.approx(math.sqrt(1.5 * 0.24 / 600))
    assert (found.deff, found.deff_assumed) == (1.5, True)
    assert "assumed design effect of 1.5" in found.basis


def test_rounding_adds_unit_squared_over_twelve():
    plain, rounded = published_error(0.4, n=600), published_error(0.4, n=600, rounding=0.01)
    assert rounded.se**2 - plain.se**2 == pytest.approx(0.01**2 / 12)


def test_margin_of_error_is_of_a_share_of_one_half():
    found = published_error(0.5, moe=0.031)
    assert found.se == pytest.approx(0.031 / 1.959963984540054)
    small = published_error(0.1, moe=0.031)
    assert small.se == pytest.approx(found.se * math.sqrt(4 * 0.1 * 0.9))
    assert small.df == math.inf


def test_margin_of_error_with_n_shows_the_design_effect_it_implies():
    found = published_error(0.5, n=4594, moe=0.024)
    assert found.deff == pytest.approx((0.024 / 1.959963984540054) ** 2 * 4594 / 0.25)
    assert not found.deff_assumed


def test_margin_of_error_of_a_simple_random_sample_says_nothing_about_weighting():
    n = 1000
    found = published_error(0.5, n=n, moe=1.959963984540054 * math.sqrt(0.25 / n))
    assert (found.deff, found.deff_assumed) == (1.5, True)


@pytest.mark.parametrize("n", range(400, 3001, 100))
def test_a_margin_as_if_at_random_is_seen_through_its_rounding(n):
    exact = Z * math.sqrt(0.25 / n)
    for digits in (2, 3, 4):
        found = published_error(0.5, n=n, moe=round(exact, digits))
        assert (found.deff, found.deff_assumed) == (1.5, True)
    assert not published_error(0.5, n=n, moe=round(exact * math.sqrt(1.6), 3)).deff_assumed


def test_the_unit_of_a_margin_is_read_from_its_digits_or_given():
    assert published_error(0.5, n=1200, moe=0.03).deff_assumed
    assert published_error(0.5, n=1200, moe=0.03, moe_rounding=0.001).deff == pytest.approx(1.125, abs=0.001)
    assert published_error(0.5, n=1200, moe=0.031).deff == pytest.approx(1.2, abs=0.01)
    assert published_error(0.5, n=1200, moe=0.004, moe_rounding=0.01).deff_assumed


def test_an_interval_as_if_at_random_is_seen_through_its_rounding():
    for n in range(400, 3001, 200):
        for p in (0.1, 0.3, 0.5, 0.77):
            half = Z * math.sqrt(p * (1 - p) / n)
            ends = {"lower": round(p - half, 2), "upper": round(p + half, 2)}
            assert published_error(p, n=n, rounding=0.01, **ends).deff_assumed
            assert published_error(p, n=n, **ends).deff_assumed


def test_stated_design_effect_wins_over_margin_of_error():
    assert published_error(0.5, n=1000, deff=1.2, moe=0.05).deff == 1.2


def test_percentages_alone_give_no_error():
    found = published_error(0.7, rounding=0.01)
    assert (found.se, found.low, found.high) == (None, None, None)
    assert "neither" in found.basis


@pytest.mark.parametrize(("value", "ends"), [(0.0, (0.0, 0.003682)), (1.0, (1 - 0.003682, 1.0))])
def test_printed_0_and_100_percent_have_clopper_and_pearsons_end(value, ends):
    found = published_error(value, n=1000, deff=1)
    assert (found.low, found.high) == pytest.approx(ends, abs=1e-6)
    assert Z * found.se == pytest.approx(0.003682, abs=1e-6)
    weighted = published_error(value, n=1000, deff=2, rounding=0.01)
    assert weighted.se**2 == pytest.approx(published_error(value, n=500, deff=1).se ** 2 + 0.01**2 / 12)
    wider = published_error(value, n=1000, deff=1, level=0.99)
    assert wider.high - wider.low > found.high - found.low


def test_0_percent_with_a_margin_or_an_interval_has_the_interviews_that_these_imply():
    effective = 0.25 / (0.031 / Z) ** 2
    assert published_error(0.0, moe=0.031).high == pytest.approx(1 - 0.025 ** (1 / effective))
    own = published_error(0.0, lower=0.0, upper=0.009, n=1000)
    assert (own.high, own.deff_assumed) == (pytest.approx(0.009), False)
    assert own.deff == pytest.approx(1000 / (math.log(0.025) / math.log(1 - 0.009)))
    assert published_error(0.0, lower=0.0, upper=0.0037, n=1000).deff_assumed
    assert published_error(0.0, lower=0.0, upper=1.0).high > 0.99


def test_mean_needs_a_standard_deviation():
    assert "standard deviation" in published_error(3.6, statistic="mean", n=1173).basis
    found = published_error(3.6, statistic="mean", n=1173, sd=1.1, deff=1)
    assert found.se == pytest.approx(1.1 / math.sqrt(1173))
    assert found.high - 3.6 == pytest.approx(3.6 - found.low)
    assert published_error(3.6, statistic="mean", sd=1.1).se is None


def test_intervals_stay_within_0_and_1_and_larger_samples_never_widen_them():
    widths = [
        found.high - found.low
        for n in (20, 50, 200, 1000, 5000)
        for found in [published_error(0.97, n=n)]
        if found.high < 1
    ]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"value": 77, "n": 100}, "outside 0 to 1"),
        ({"value": 0.7, "n": 0}, "n is 0"),
        ({"value": 0.7, "n": 100, "deff": -1}, "deff is -1"),
        ({"value": 0.7, "moe": 0}, "moe is 0"),
        ({"value": 0.7, "n": math.inf}, "n is inf"),
    ],
)
def test_figures_that_describe_no_survey_are_refused(arguments, words):
    with pytest.raises(ComparisonError, match=words):
        published_error(**arguments)


def test_a_margin_at_another_level_is_read_at_that_level_and_says_so():
    found = published_error(0.5, moe=0.026, moe_level=0.9)
    assert found.se == pytest.approx(0.026 / 1.6448536269514722)
    assert found.basis == "the stated margin of error of 2.6 points at 90%"
    assert published_error(0.5, moe=0.026).basis == "the stated margin of error of 2.6 points"


def test_the_interval_of_the_figure_itself_goes_before_all_else():
    found = published_error(0.62, lower=0.58, upper=0.66, n=1200, deff=1.2, moe=0.03)
    assert found.se == pytest.approx(0.04 / 1.959963984540054)
    assert found.deff == pytest.approx(found.se**2 * 1200 / (0.62 * 0.38))
    assert found.basis.startswith("the published 95% interval (design effect 2.1")
    alone = published_error(0.62, lower=0.58, upper=0.66, interval_level=0.9)
    assert (alone.deff, alone.df, alone.basis) == (None, math.inf, "the published 90% interval")
    assert alone.se == pytest.approx(0.04 / 1.6448536269514722)


def test_an_interval_as_if_at_random_says_nothing_about_weighting():
    half = 1.959963984540054 * math.sqrt(0.62 * 0.38 / 1000)
    ends = {"lower": 0.62 - half, "upper": 0.62 + half}
    assert published_error(0.62, n=1000, **ends).deff_assumed
    assert published_error(0.62, n=1000, deff=1.4, **ends).deff == 1.4


def test_an_interval_gives_a_mean_its_error_without_a_standard_deviation():
    found = published_error(3.6, statistic="mean", n=900, lower=3.5, upper=3.7)
    assert found.se == pytest.approx(0.1 / 1.959963984540054)
    assert found.deff is None
    assert found.df == 899


def test_a_means_own_interval_is_not_judged_by_another_surveys_answers():
    ends = {"lower": 2.955, "upper": 3.045, "n": 2000, "statistic": "mean"}
    for other in (None, 1.0, 1.05):
        found = published_error(3.0, other_sd=other, **ends)
        assert (found.se, found.basis) == (pytest.approx(0.045 / Z), "the published 95% interval")
    assert published_error(3.0, sd=1.05, **ends).deff_assumed
    borrowed = published_error(3.0, statistic="mean", n=2000, other_sd=1.05)
    assert borrowed.se == pytest.approx(1.05 * math.sqrt(1.5 / 2000))
    assert published_error(3.0, statistic="mean", n=2000, sd=1.0, other_sd=1.05).se == pytest.approx(
        (1.5 / 2000) ** 0.5
    )


def test_twice_the_interviews_never_widen_and_a_larger_margin_never_narrows():
    errors = [published_error(0.3, n=n).se for n in (100, 200, 400)]
    margins = [published_error(0.3, moe=moe).se for moe in (0.02, 0.03, 0.04)]
    assert errors == sorted(errors, reverse=True)
    assert margins == sorted(margins)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"lower": 0.6}, "has one end only; give both"),
        ({"lower": 0.63, "upper": 0.66}, "0.63 to 0.66 does not hold its figure, 0.62"),
        ({"lower": 58, "upper": 66}, "does not hold its figure"),
        ({"lower": 0.62, "upper": 0.62}, "does not hold its figure"),
        ({"moe": 0.03, "moe_level": 95}, "moe_level is 95; give a share between 0.5 and 1"),
        ({"lower": 0.6, "upper": 0.64, "interval_level": 0}, "interval_level is 0"),
    ],
)
def test_intervals_and_levels_that_mean_nothing_are_refused(arguments, words):
    with pytest.raises(ComparisonError, match=words):
        published_error(0.62, **arguments)
