"""t tests: what they are beside plain ones, what is refused, and what always holds."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from topline.analysis.estimation.estimate import mean
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.testing.contrasts import contrast
from topline.analysis.testing.ttest import ttest
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError


def wave(seed=1, rows=90):
    drawn = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "trust": drawn.normal(3, 1, rows),
            "before": drawn.normal(2.8, 1, rows),
            "sex": drawn.choice(["f", "m"], rows),
            "place": drawn.choice(["rural", "town", "urban"], rows),
            "community": np.arange(rows) // 5,
            "weight": drawn.uniform(0.5, 2, rows),
        }
    )


@pytest.fixture(scope="module")
def design():
    return Design(wave(), weight="weight", psu="community")


def test_a_simple_random_sample_gives_the_textbook_statistic_but_for_its_df():
    frame = wave()
    one = ttest(Design(frame), "trust", value=3)
    assert one.statistic == pytest.approx(stats.ttest_1samp(frame["trust"], 3).statistic)
    pair = ttest(Design(frame), "trust", paired="before")
    assert pair.statistic == pytest.approx(stats.ttest_rel(frame["trust"], frame["before"]).statistic)
    assert one.df == pair.df == len(frame) - 2


def test_two_groups_are_the_contrast_of_their_means_with_one_df_less(design):
    mine, other = ttest(design, "trust", by="sex"), contrast(mean(design, "trust", by="sex"), "m - f").frame.iloc[0]
    row = mine.to_frame().iloc[0]
    assert row["contrast"] == "m - f"
    assert (row["estimate"], row["se"]) == pytest.approx((other["estimate"], other["se"]), rel=1e-12)
    assert (mine.statistic, mine.df) == (pytest.approx(other["statistic"]), other["df"] - 1)


def test_items_are_tested_each_by_itself(design):
    both = ttest(design, ["trust", "before"], by="sex")
    assert len(both) == 2
    assert both.frame["statistic"][1] == ttest(design, "before", by="sex").statistic


def test_a_value_is_taken_from_the_difference_not_from_the_interval(design):
    plain, shifted = (ttest(design, "trust", by="sex", value=value).frame.iloc[0] for value in (0, 0.5))
    assert shifted["low"] == plain["low"]
    assert shifted["statistic"] == pytest.approx((plain["estimate"] - 0.5) / plain["se"])


def test_two_groups_of_three_are_chosen_by_where(design):
    found = ttest(design, "trust", by="place", where={"place": ["rural", "urban"]})
    other = contrast(mean(design, "trust", by="place"), "urban - rural").frame.iloc[0]
    assert found.frame["se"][0] == pytest.approx(other["se"], rel=1e-12)


def test_df_counts_those_tested_or_the_whole_design(design):
    some = "community < 6"
    assert ttest(design, "trust", where=some).df == 4
    assert ttest(design, "trust", where=some, df="design").df == 16


def test_missing_answers_reduce_df_only_between_groups():
    frame = wave()
    frame.loc[frame["community"] == 0, "trust"] = np.nan
    gaps = Design(frame, psu="community")
    assert ttest(gaps, "trust").df == 16
    assert ttest(gaps, "trust", by="sex").df == 15
    assert "5 of 90 rows are not in the base (blank 5)" in str(ttest(gaps, "trust"))


def test_codes_declared_missing_do_not_count():
    frame = pd.DataFrame({"trust": [1.0, 2.0, 98.0, 4.0, 5.0], "sex": ["f", "f", "m", "m", None]})
    declared = Codebook((Variable("trust", missing={98.0: MissingKind.DONT_KNOW}), Variable("sex", type="string")))
    found = ttest(Design(Study(frame, declared)), "trust", by="sex", df="design")
    assert found.frame["n"][0] == 3
    assert "don't know 1" in str(found)
    assert "1 row has no value of sex" in str(found)


def test_replicates_refit_the_means(design):
    jackknife = replicates(design, "JK1")
    by = mean(jackknife, "trust", by="sex")
    mine = ttest(jackknife, "trust", by="sex").frame.iloc[0]
    assert mine["se"] == pytest.approx(contrast(by, "m - f").frame["se"][0], rel=1e-12)
    assert mine["df"] == jackknife.df - 1
    assert "of the replicate weights, minus 1" in str(ttest(jackknife, "trust"))


@pytest.mark.parametrize("convert", [lambda f: f.convert_dtypes(dtype_backend="pyarrow"), pl.from_pandas, None])
def test_any_kind_of_frame_gives_the_same_test(convert):
    frame = wave().assign(sex=lambda f: pd.Categorical(f["sex"])) if convert is None else convert(wave())
    mine = ttest(Design(frame, weight="weight", psu="community"), "trust", by="sex")
    assert mine.p == pytest.approx(ttest(Design(wave(), weight="weight", psu="community"), "trust", by="sex").p)


@pytest.mark.parametrize(
    ("items", "options", "message"),
    [
        ("trust", {"by": "place"}, r"has 3 groups with an answer \(rural, town, urban\).*contrast all"),
        ("trust", {"by": "sex", "where": "sex == 'f'"}, r"has 1 group with an answer \(f\).*Test the mean"),
        ("trust", {"by": "sex", "paired": "before"}, "not both"),
        ("trust", {"by": ["sex", "place"]}, "the two groups of one column"),
        (["trust", "before"], {"paired": "before"}, "name one beside paired="),
        ([], {}, "was given 0 items; name one or more"),
        ("sex", {}, "a t test needs numbers"),
        ("trust", {"value": float("inf")}, "value is inf"),
        ("trust", {"value": "3"}, "value is '3'"),
        ("trust", {"df": "rows"}, "df is 'rows'"),
        ("trust", {"level": 95}, "level is 95"),
        ("trust", {"where": "community == 3"}, r"has -1 degrees of freedom"),
        ("constant", {}, "the mean has no sampling error"),
        ("constant", {"by": "sex"}, "the difference has no sampling error"),
        ("blank", {}, "nobody in the base has an answer"),
        ("blank", {"by": "sex"}, "an answer and a value of sex"),
        ("endless", {}, "infinite"),
    ],
)
def test_what_cannot_be_tested_is_refused(items, options, message):
    frame = wave().assign(constant=1.0, blank=np.nan, endless=np.inf)
    with pytest.raises(EstimationError, match=message):
        ttest(Design(frame, psu="community"), items, **options)


def test_unknown_columns_and_no_design_are_refused(design):
    with pytest.raises(UnknownNameError, match="'trus'"):
        ttest(design, "trus")
    with pytest.raises(EstimationError, match="ttest needs a Design"):
        ttest(wave(), "trust")


def test_the_result_says_what_was_tested_on_whom(design):
    found = ttest(design, "trust", by="sex", level=0.9)
    shown = str(found)
    assert shown.startswith("Two-sample t test: trust by sex, against 0\nFor: those with a number and a value of sex.")
    assert "90% intervals" in shown
    assert "| item | contrast | estimate |" in found.to_markdown()
    document = json.loads(json.dumps(found.document()))
    assert document["method"]["groups"][0]["group"] == "f"
    assert document["rows"][0]["p"] == found.p
    assert found.to_frame() is not found.frame
    assert "Paired t test: trust less before" in str(ttest(design, "trust", paired="before"))
    assert "One-sample t test: trust, against 3" in str(ttest(design, "trust", value=3))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 1000))
def test_scaling_the_weights_and_shuffling_the_rows_change_no_test(seed, scale):
    frame = wave(seed, 60)
    other = frame.assign(weight=frame["weight"] * scale).sample(frac=1, random_state=seed)
    for options in ({"by": "sex"}, {"value": 3}, {"paired": "before"}):
        one, two = (
            ttest(Design(each, weight="weight", psu="community"), "trust", **options).frame.iloc[0]
            for each in (frame, other)
        )
        assert two["statistic"] == pytest.approx(one["statistic"], rel=1e-9)
        assert two["p"] == pytest.approx(one["p"], rel=1e-8)
