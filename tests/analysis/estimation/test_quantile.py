import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.estimation import woodruff
from topline.analysis.estimation.estimate import mean
from topline.analysis.estimation.plan import domains, numeric_measure
from topline.analysis.estimation.quantile import quantile
from topline.analysis.estimation.quantile_rules import READERS
from topline.analysis.estimation.woodruff import shares_below
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling import sums
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.subpopulation import subset
from topline.analysis.variance.influence import scatter_of
from topline.analysis.variance.scatters import joined
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError

RULES = tuple(READERS)
VALUES = st.lists(st.integers(0, 30), min_size=2, max_size=40)


def wave(rows: int = 240, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "income": rng.lognormal(3, 1, rows).round(2),
            "age": rng.integers(18, 90, rows),
            "sex": rng.choice(["f", "m"], rows),
            "province": np.repeat(np.arange(4), rows // 4),
            "town": np.repeat(np.arange(24), rows // 24),
            "weight": rng.uniform(1, 4, rows).round(2),
        }
    )


def clustered(frame: pd.DataFrame) -> Design:
    return Design(frame, weight="weight", strata="province", psu="town")


def brute(values, weights, p):
    order = np.argsort(values, kind="stable")
    share = np.cumsum(np.asarray(weights, dtype=float)[order]) / np.sum(weights)
    return np.asarray(values)[order][np.flatnonzero(share >= p - 1e-12)[0]]


@given(VALUES, st.floats(0.01, 0.99), st.randoms())
@settings(max_examples=60, deadline=None)
def test_a_quantile_is_the_smallest_value_with_at_least_that_share_at_or_below(values, p, random):
    weights = [random.choice([0.5, 1.0, 2.0, 3.7]) for _ in values]
    frame = pd.DataFrame({"y": values, "w": weights})
    assert quantile(Design(frame, weight="w"), "y", p).frame["estimate"][0] == brute(values, weights, p)


@given(VALUES, st.sampled_from([0.1, 0.25, 1 / 3, 0.5, 0.7, 0.9]), st.floats(0.001, 900.0), st.sampled_from(RULES))
@settings(max_examples=80, deadline=None)
def test_the_scale_of_the_weights_changes_nothing(values, p, scale, rule):
    frame = pd.DataFrame({"y": values, "w": 1.0, "scaled": scale})
    one = quantile(Design(frame, weight="w"), "y", p, rule=rule, deff="replace").frame
    other = quantile(Design(frame, weight="scaled"), "y", p, rule=rule, deff="replace").frame
    for column in ("estimate", "se", "low", "high"):
        assert other[column][0] == pytest.approx(one[column][0], rel=1e-9, abs=1e-9, nan_ok=True)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_rows_changes_nothing(seed):
    frame = wave()
    shuffled = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    one, other = (quantile(clustered(each), "age", [0.1, 0.5], by="sex").frame for each in (frame, shuffled))
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)


@given(st.floats(0.1, 3.0), st.floats(-5, 5))
@settings(max_examples=25, deadline=None)
def test_a_rising_transformation_moves_quantile_and_ends_along(slope, shift):
    frame = wave()
    frame["moved"] = np.exp(slope * frame["income"] / 100) + shift
    found = quantile(clustered(frame), ["income", "moved"], [0.25, 0.5]).frame
    for column in ("estimate", "low", "high"):
        one, other = found.loc[:1, column].to_numpy(), found.loc[2:, column].to_numpy()
        assert other == pytest.approx(np.exp(slope * one / 100) + shift, rel=1e-9)


@pytest.mark.parametrize("interval", ["mean", "beta", "xlogit", "asin", "score"])
def test_intervals_contain_the_median_and_groups_are_those_of_a_subpopulation(interval):
    design = clustered(wave())
    found = quantile(design, ["income", "age"], 0.5, by="sex", interval=interval).frame
    assert (found["low"] <= found["estimate"]).all()
    assert (found["estimate"] <= found["high"]).all()
    for _, row in found.iterrows():
        alone = quantile(design, row["item"], 0.5, where={"sex": row["sex"]}, interval=interval).frame.iloc[0]
        for column in ("estimate", "se", "low", "high", "n", "weighted_n", "deff", "df"):
            assert alone[column] == pytest.approx(row[column], rel=1e-9)


@pytest.mark.parametrize("raked", [False, True])
@pytest.mark.parametrize("lone_psu", ["fail", "average"])
def test_sums_by_unit_and_influence_values_give_the_same_covariance(raked, lone_psu):
    design = Design(wave(), weight="weight", strata="province", psu="town", lone_psu=lone_psu)
    if raked:
        design = rake(design, {"sex": {"f": 0.52, "m": 0.48}})
    found = quantile(design, "income", [0.25, 0.5, 0.75], by="sex")
    measure = numeric_measure(design, "income", domains(design, ["sex"]), "quantile")
    q = found.frame["estimate"].to_numpy().reshape(2, 3)
    below = shares_below(measure.base, measure.value, q)
    factor = found.frame["se"].to_numpy() / np.sqrt(below.scatter(design).variances)

    def influence():
        own = (measure.base.domain[:, None] == np.repeat([0, 1], 3)).astype(float)
        hit = measure.value[:, None] <= q.ravel()
        return -own * (hit - below.shares.ravel()) / np.repeat(measure.base.weighted_n, 3) * factor

    other = scatter_of(design, q.ravel(), influence, lambda weights: weights[:6])
    assert found.covariance == pytest.approx(other.covariance, rel=1e-10, abs=1e-12)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(found.frame["se"], rel=1e-9)


def test_quantiles_and_means_of_one_design_vary_together():
    design = clustered(wave())
    middle, average = quantile(design, "age", 0.5), mean(design, "age")
    both = joined([middle.scatter, average.scatter]).covariance
    assert both[0, 0] == pytest.approx(middle.frame["se"][0] ** 2, rel=1e-9)
    assert both[0, 1] > 0


def test_large_tables_are_summed_sparsely_with_the_same_result(monkeypatch):
    design = clustered(wave())
    dense = quantile(design, "income", [0.25, 0.5], by="sex")
    monkeypatch.setattr(sums, "DENSE", 10)
    sparse = quantile(design, "income", [0.25, 0.5], by="sex")
    pd.testing.assert_frame_equal(dense.frame, sparse.frame, rtol=1e-12)
    assert sparse.covariance == pytest.approx(dense.covariance, rel=1e-12)


@pytest.mark.parametrize("method", ["JKn", "bootstrap"])
def test_replicates_give_errors_of_the_size_that_linearisation_gives(method):
    design = clustered(wave())
    options = {} if method == "JKn" else {"replicates": 60, "seed": 1}
    again = replicates(design, method, **options)
    one, other = quantile(design, "income", [0.25, 0.5]).frame, quantile(again, "income", [0.25, 0.5]).frame
    assert other["estimate"].tolist() == one["estimate"].tolist()
    assert other["se"].to_numpy() == pytest.approx(one["se"].to_numpy(), rel=0.5)


def test_replicates_can_be_asked_for_their_own_quantiles():
    again = replicates(clustered(wave()), "bootstrap", replicates=50, seed=3)
    found = quantile(again, "income", [0.25, 0.5], by="sex", interval="quantile")
    assert found.method["interval_text"] == "t on the replicates' quantiles"
    middle = (found.frame["low"] + found.frame["high"]) / 2
    assert middle.to_numpy() == pytest.approx(found.frame["estimate"].to_numpy())
    assert np.diag(found.covariance) == pytest.approx(found.frame["se"] ** 2)


def test_replicates_with_an_end_beyond_the_data_leave_that_error_missing_and_no_other():
    again = replicates(clustered(wave(48)), "JKn")
    found = quantile(again, "income", [0.02, 0.5])
    assert np.isnan(found.frame["se"]).tolist() == [True, False]
    assert np.isnan(found.covariance).tolist() == [[True, True], [True, False]]
    assert np.isnan(found.scatter.variances).tolist() == [True, False]
    assert found.scatter.picked(np.array([1])).covariance[0, 0] == pytest.approx(found.frame["se"][1] ** 2)


def test_quantiles_of_replicates_need_replicates():
    with pytest.raises(EstimationError, match=r"interval='quantile'.*replicates\(design\)"):
        quantile(clustered(wave()), "income", interval="quantile")


def test_an_end_beyond_the_data_is_the_extreme_value_and_a_footnote_says_so():
    frame = pd.DataFrame({"y": range(1, 13)})
    found = quantile(Design(frame), "y", [0.1, 0.5, 0.9])
    row = found.frame.iloc[0]
    assert (row["estimate"], row["low"]) == (2, 1)
    assert np.isnan(row["se"])
    assert found.frame["high"][2] == 12
    assert any("2 intervals go beyond the data" in note for note in found.method["footnotes"])


def test_a_value_below_every_share_is_the_smallest():
    """R's qs() gives the second smallest, 2, here: svyquantile(~y, d, 0.01)."""
    assert quantile(Design(pd.DataFrame({"y": range(1, 13)})), "y", 0.01).frame["estimate"][0] == 1


def test_a_share_met_exactly_does_not_depend_on_the_scale_of_the_weights():
    """R gives 3 with weights of 30.97 (0.1 of 20 of them is decided by rounding) and 2 with weights of 1."""
    frame = pd.DataFrame({"y": range(1, 21), "w": 30.97})
    assert quantile(Design(frame, weight="w"), "y", 0.1).frame["estimate"][0] == 2
    assert quantile(Design(frame, weight="w"), "y", 0.1, rule="school").frame["estimate"][0] == 2.5


def test_the_smallest_and_the_largest_value_have_no_error():
    found = quantile(clustered(wave()), "age", [0, 1])
    ages = wave()["age"]
    assert found.frame["estimate"].tolist() == [ages.min(), ages.max()]
    assert found.frame[["se", "low", "high", "deff"]].isna().all(axis=None)
    assert any(note.startswith("p of 0 and 1") for note in found.method["footnotes"])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("interval", ["mean", "beta", "xlogit", "asin", "score"])
def test_a_constant_is_its_own_quantile_without_error(rule, interval):
    frame = wave().assign(same=7)
    row = quantile(clustered(frame), "same", 0.3, rule=rule, interval=interval).frame.iloc[0]
    assert (row["estimate"], row["se"], row["low"], row["high"]) == (7, 0, 7, 7)


def test_the_largest_value_as_a_quantile_is_told():
    frame = wave().assign(yes=lambda each: (each["age"] > 40).astype(float))
    found = quantile(clustered(frame), "yes", 0.5)
    assert found.frame.loc[0, ["estimate", "low", "high", "se"]].tolist() == [1, 1, 1, 0]
    assert any("interval='score' does" in note for note in found.method["footnotes"])
    scored = quantile(clustered(frame), "yes", 0.35, interval="score").frame.iloc[0]
    assert (scored["low"], scored["high"]) == (0, 1)


@pytest.mark.parametrize("interval", ["mean", "score"])
def test_a_group_of_one_respondent_has_a_value_and_no_error(interval):
    frame = pd.DataFrame({"y": [5.0, 1.0, 2.0, 4.0, 9.0], "g": ["a", "b", "b", "b", "b"]})
    found = quantile(Design(frame), "y", 0.5, by="g", interval=interval)
    assert found.frame["estimate"].tolist() == [5, 2]
    assert np.isnan(found.frame["se"][0])
    assert any(note.startswith("1 row rests on one respondent") for note in found.method["footnotes"])


def test_groups_without_weight_have_no_row_and_missing_answers_are_counted():
    frame = pd.DataFrame({"y": [1, 2, 3, None, 5, 6], "g": [*"aaabb", "c"], "w": [1, 1, 1, 1, 1, 0]})
    found = quantile(Design(frame, weight="w"), "y", 0.5, by="g")
    assert found.frame["g"].tolist() == ["a", "b"]
    assert found.frame["n"].tolist() == [3, 1]
    assert any("1 of 6 rows is not in the base (blank 1)" in note for note in found.method["footnotes"])


def test_declared_missing_codes_are_no_values():
    income = Variable("income", missing={-9.0: MissingKind.REFUSED})
    study = Study(pd.DataFrame({"income": [10.0, -9.0, 30.0, 20.0, -9.0]}), Codebook((income,)))
    found = quantile(Design(study), "income")
    assert (found.frame["estimate"][0], found.frame["n"][0]) == (20, 3)
    assert found.method["items"][0]["missing"] == {"refused": 2}


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.astype({"age": "Int64"}),
        lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
        lambda frame: frame.astype({"age": "category"}),
        pl.from_pandas,
    ],
)
def test_any_kind_of_column_gives_the_same(change):
    found = quantile(clustered(change(wave())), "age", [0.25, 0.5], by="sex").frame
    plain = quantile(clustered(wave()), "age", [0.25, 0.5], by="sex").frame
    assert found["estimate"].tolist() == plain["estimate"].tolist()
    assert found["se"].tolist() == pytest.approx(plain["se"].tolist())


def test_thousands_of_groups_are_done_at_once():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"y": rng.normal(size=30_000), "g": np.arange(30_000) % 6_000})
    found = quantile(Design(frame), "y", 0.5, by="g").frame
    assert len(found) == 6_000
    assert found["estimate"][17] == np.sort(frame["y"][frame["g"] == 17])[2]


def test_one_psu_leaves_no_interval_and_a_footnote_says_so():
    frame = pd.DataFrame({"y": range(9), "g": [0, 0, 0, 1, 1, 1, 2, 2, 2]})
    found = quantile(Design(frame, psu="g"), "y", 0.5, by="g", df="domain")
    assert found.frame[["low", "high", "se"]].isna().all(axis=None)
    assert any(note.startswith("3 rows rest on one PSU") for note in found.method["footnotes"])
    assert any(note.startswith("Without degrees of freedom") for note in found.method["footnotes"])
    assert quantile(Design(frame, psu="g"), "y", 0.5, by="g", df="domain", interval="score").frame["low"].isna().all()


def test_degrees_of_freedom_can_be_those_of_the_group():
    found = quantile(clustered(wave()), "age", 0.5, by="province", df="domain")
    assert found.frame["df"].tolist() == [5, 5, 5, 5]
    assert quantile(clustered(wave()), "age", 0.5, by="province").frame["df"].tolist() == [20] * 4


@pytest.mark.parametrize(
    ("p", "told"),
    [
        (50, "p is 50; .* For the 50% quantile write 0.5."),
        (-0.1, "p is -0.1"),
        (float("nan"), "p is nan"),
        ([], "p is "),
        ("median", "p is 'median'"),
        ([[0.5]], "a share from 0 to 1, or a list"),
        ([0.5, 0.5], "name each share once"),
    ],
)
def test_shares_that_are_none_are_refused(p, told):
    with pytest.raises(EstimationError, match=told):
        quantile(clustered(wave()), "age", p)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"rule": "median"}, "rule is 'median'; it can be 'math'"),
        ({"interval": "wald"}, "interval is 'wald'; it can be 'mean'"),
        ({"df": "group"}, "df is 'group'"),
        ({"deff": "none"}, "deff is 'none'"),
        ({"level": 95}, "level is 95"),
    ],
)
def test_options_that_do_not_exist_are_refused(options, told):
    with pytest.raises(EstimationError, match=told):
        quantile(clustered(wave()), "age", **options)


def test_what_is_no_number_or_no_column_is_refused():
    design = clustered(wave().assign(p="a", endless=np.inf))
    with pytest.raises(EstimationError, match="sex holds text"):
        quantile(design, "sex")
    with pytest.raises(EstimationError, match="infinite"):
        quantile(design, "endless")
    with pytest.raises(UnknownNameError, match="incme"):
        quantile(design, "incme")
    with pytest.raises(EstimationError, match="by names p, which is a column"):
        quantile(design, "age", by="p")
    with pytest.raises(EstimationError, match="needs a Design"):
        quantile(wave(), "age")


def test_a_result_prints_shares_values_and_how_they_were_made():
    text = str(quantile(clustered(wave()), "age", [0.25, 0.5], by="sex"))
    assert "Quantile: age" in text
    assert "95% intervals, Woodruff with t, df 20" in text.replace("\n  ", " ")
    assert "\np     sex  estimate" in text
    document = quantile(clustered(wave()), "age", 0.5).document()
    assert document["method"]["rule"] == "math"
    assert document["rows"][0]["p"] == 0.5


def test_a_group_missing_from_some_replicates_is_told():
    frame = wave(48)
    frame["g"] = np.where(frame["town"] == 0, "rare", "other")
    again = replicates(clustered(frame), "JKn")
    found = quantile(again, "age", 0.5, by="g")
    assert any("not defined in some replicates (up to 1)" in note for note in found.method["footnotes"])


def test_a_subpopulation_keeps_the_design():
    design = clustered(wave())
    inside = subset(design, "age > 40")
    whole, part = quantile(design, "income").frame, quantile(inside, "income").frame
    assert part["n"][0] == (wave()["age"] > 40).sum()
    assert part["df"][0] == whole["df"][0]
    assert woodruff.rescaled(quantile(inside, "income").scatter, np.array([0.0]), np.array([2.0])).variances == (
        pytest.approx(4 * part["se"] ** 2)
    )


def test_several_items_on_replicates_keep_their_errors_where_one_has_none():
    frame = pd.DataFrame({"p": np.repeat(range(8), 5), "y": np.arange(40.0), "x": np.arange(40.0) ** 2})
    found = quantile(replicates(Design(frame, psu="p"), "JK1"), ["y", "x"], [0.5, 1.0])
    assert found.to_frame()["item"].tolist() == ["y", "y", "x", "x"]
    assert np.isfinite(found.to_frame()["se"]).tolist() == [True, False, True, False]
    assert np.isfinite(found.covariance).sum() == 4
