"""Rank tests: what they are beside plain ones, ties, what is refused, and what always holds."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.testing.ranks import SCORES, rank_test
from topline.data.errors import EstimationError, UnknownNameError


def wave(seed=1, rows=90):
    drawn = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "trust": drawn.normal(3, 1, rows),
            "score": drawn.integers(1, 6, rows).astype(float),
            "sex": drawn.choice(["f", "m"], rows),
            "place": drawn.choice(["rural", "town", "urban"], rows),
            "community": np.arange(rows) // 5,
            "weight": drawn.uniform(0.5, 2, rows),
        }
    )


@pytest.fixture(scope="module")
def design():
    return Design(wave(), weight="weight", psu="community")


def test_equal_weights_come_near_the_textbook_test():
    frame = wave(3, 900)
    plain = stats.mannwhitneyu(frame.loc[frame["sex"] == "m", "trust"], frame.loc[frame["sex"] == "f", "trust"])
    assert rank_test(Design(frame), "trust", "sex").p == pytest.approx(plain.pvalue, abs=0.005)
    groups = [own["trust"] for _, own in frame.groupby("place")]
    assert rank_test(Design(frame), "trust", "place").p == pytest.approx(stats.kruskal(*groups).pvalue, abs=0.01)


def test_wilcoxon_and_kruskal_wallis_are_one_test(design):
    for by in ("sex", "place"):
        one, other = (rank_test(design, "trust", by, test=name).p for name in ("wilcoxon", "kruskal_wallis"))
        assert one == other


@pytest.mark.parametrize("test", SCORES)
def test_only_the_order_of_values_counts(design, test):
    frame = wave().assign(trust=lambda f: np.exp(f["trust"]))
    other = Design(frame, weight="weight", psu="community")
    for by in ("sex", "place"):
        assert rank_test(other, "trust", by, test=test).p == rank_test(design, "trust", by, test=test).p


def test_scores_can_be_a_function(design):
    def upper(ranks, size):
        return np.maximum(ranks / size - 0.5, 0)

    found = rank_test(design, "trust", "sex", test=upper)
    assert "Rank test with scores upper" in str(found)
    assert found.method["test"] == "upper"


def test_midranks_do_not_depend_on_the_order_of_rows():
    frame = wave()
    shuffled = frame.sample(frac=1, random_state=4)
    one, other = (
        rank_test(Design(each, weight="weight", psu="community"), "score", "sex", ties="midrank").statistic
        for each in (frame, shuffled)
    )
    assert one == pytest.approx(other, rel=1e-10)


def test_ties_of_different_weights_are_told_of_where_their_order_counts(design):
    note = "ties='midrank' does not depend on that order"
    assert note in " ".join(str(rank_test(design, "score", "sex")).split())
    assert note not in str(rank_test(design, "score", "sex", ties="midrank"))
    assert note not in str(rank_test(Design(wave(), psu="community"), "score", "sex"))


def test_replicates_add_up_influence_as_r_does_for_more_groups_too(design):
    jackknife = replicates(design, "JK1")
    two, three = rank_test(jackknife, "trust", "sex"), rank_test(jackknife, "trust", "place")
    assert (two.df, three.df) == (jackknife.df - 1, jackknife.df - 2)
    assert three.frame["statistic"][0] > 0
    assert "of the replicate weights" not in str(rank_test(jackknife, "trust", "sex", df="design"))


def test_missing_answers_reduce_df(design):
    frame = wave()
    frame.loc[frame["community"] == 0, "trust"] = np.nan
    frame.loc[50, "sex"] = None
    gaps = Design(frame, psu="community")
    found = rank_test(gaps, "trust", "sex")
    assert found.df == 15
    assert rank_test(gaps, "trust", "sex", df="design").df == 16
    assert "blank 5" in str(found)
    assert "1 row has no value of sex" in str(found)


@pytest.mark.parametrize(
    ("item", "by", "options", "message"),
    [
        ("trust", "sex", {"test": "mood"}, "test is 'mood'; it can be 'wilcoxon'"),
        ("trust", "sex", {"ties": "min"}, "ties is 'min'"),
        ("trust", "sex", {"where": "sex == 'f'"}, r"has 1 group with an answer \('f'\)"),
        ("blank", "sex", {}, "has 0 groups with an answer"),
        ("constant", "sex", {}, "everybody has the same rank score"),
        ("own", "sex", {}, "do not vary within groups"),
        ("own", "place", {"where": "community < 9"}, "cannot be tested together|do not vary"),
        ("trust", "sex", {"where": "community == 1"}, "has -1 degrees of freedom"),
        ("trust", "sex", {"test": lambda ranks, size: ranks / 0 * 0}, "not finite"),
        ("trust", "sex", {"test": lambda ranks, size: 1.0}, r"of shape \(\)"),
        ("trust", "sex", {"df": "rows"}, "df is 'rows'"),
        ("sex", "place", {}, "a rank test needs numbers"),
    ],
)
def test_what_cannot_be_tested_is_refused(item, by, options, message):
    place = {"rural": 0.0, "town": 1.0, "urban": 2.0}
    frame = wave().assign(constant=1.0, blank=np.nan)
    frame["own"] = (frame["sex"] == "m").astype(float) if by == "sex" else frame["place"].map(place)
    with np.errstate(all="ignore"), pytest.raises(EstimationError, match=message):
        rank_test(Design(frame, psu="community"), item, by, **options)


def test_unknown_columns_and_no_design_are_refused(design):
    with pytest.raises(UnknownNameError, match="'sexx'"):
        rank_test(design, "trust", "sexx")
    with pytest.raises(EstimationError, match="rank_test needs a Design"):
        rank_test(wave(), "trust", "sex")


def test_the_result_says_what_was_tested_on_whom(design):
    found = rank_test(design, "trust", "place", test="median", where="community < 12")
    assert str(found).startswith("Median test: trust by place\nFor: those with a number and a value of place, where")
    assert "chi-square" in str(found)
    assert "mean rank score" in found.to_markdown()
    document = json.loads(json.dumps(found.document()))
    assert len(document["method"]["groups"]) == 3


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 1000))
def test_scaling_the_weights_changes_no_test(seed, scale):
    frame = wave(seed, 60)
    scaled = frame.assign(weight=frame["weight"] * scale)
    for by in ("sex", "place"):
        one, other = (
            rank_test(Design(each, weight="weight", psu="community"), "trust", by, test="van_der_waerden").p
            for each in (frame, scaled)
        )
        assert other == pytest.approx(one, rel=1e-7)
