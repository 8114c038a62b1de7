import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.estimation.dispersion import correlation, covariance, variance
from topline.analysis.estimation.estimate import mean
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.variance.influence import scatter_of
from topline.analysis.variance.scatters import joined
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError

ITEMS = ["trust", "age", "income"]


def wave(rows: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    trust = rng.normal(5, 2, rows)
    return pd.DataFrame(
        {
            "trust": trust,
            "age": 40 + 4 * trust + rng.normal(0, 10, rows),
            "income": rng.lognormal(3, 0.5, rows),
            "sex": rng.choice(["f", "m"], rows),
            "province": np.repeat(np.arange(4), rows // 4),
            "town": np.repeat(np.arange(24), rows // 24),
            "weight": rng.uniform(1, 4, rows),
        }
    )


def clustered(frame: pd.DataFrame, **options) -> Design:
    return Design(frame, weight="weight", strata="province", psu="town", **options)


def test_equal_weights_give_the_textbook_figures():
    frame = wave()
    design = Design(frame)
    assert variance(design, "trust").frame["estimate"][0] == pytest.approx(frame["trust"].var(), rel=1e-12)
    assert covariance(design, ITEMS).frame["estimate"][0] == pytest.approx(frame[["trust", "age"]].cov().iloc[0, 1])
    found = correlation(design, ITEMS).frame
    assert list(zip(found["item"], found["with"], strict=True)) == [
        ("trust", "age"),
        ("trust", "income"),
        ("age", "income"),
    ]
    assert found["estimate"].tolist() == pytest.approx(np.corrcoef(frame[ITEMS].T)[[0, 0, 1], [1, 2, 2]].tolist())


def test_a_covariance_of_a_column_with_its_copy_is_its_variance():
    design = clustered(wave().assign(copy=lambda frame: frame["trust"]))
    one, other = variance(design, "trust", by="sex").frame, covariance(design, ["trust", "copy"], by="sex").frame
    for column in ("estimate", "se", "low", "high", "deff"):
        assert other[column].to_numpy() == pytest.approx(one[column].to_numpy(), rel=1e-9)


@given(st.floats(0.01, 100), st.floats(-50, 50), st.floats(0.01, 100))
@settings(max_examples=25, deadline=None)
def test_units_and_the_scale_of_weights_change_no_correlation(slope, shift, scale):
    frame = wave()
    changed = frame.assign(trust=slope * frame["trust"] + shift, weight=scale * frame["weight"])
    one, other = (correlation(clustered(each), ["trust", "age"], deff="replace").frame for each in (frame, changed))
    for column in ("estimate", "se", "low", "high", "deff"):
        assert other[column][0] == pytest.approx(one[column][0], rel=1e-8)
    moved = variance(clustered(changed), "trust").frame["estimate"][0]
    assert moved == pytest.approx(slope**2 * variance(clustered(frame), "trust").frame["estimate"][0], rel=1e-8)


@pytest.mark.parametrize("by", [None, "sex"])
@pytest.mark.parametrize("raked", [False, True])
@pytest.mark.parametrize("lone_psu", ["fail", "average"])
def test_sums_by_unit_and_influence_values_give_the_same_covariance(by, raked, lone_psu):
    frame = wave()
    design = clustered(frame, lone_psu=lone_psu)
    if raked:
        design = rake(design, {"sex": {"f": 0.52, "m": 0.48}})
    found = correlation(design, ["trust", "age"], by=by)
    groups = ["f", "m"] if by else [None]

    def influence():
        columns = []
        for group, r in zip(groups, found.frame["estimate"], strict=True):
            own = (frame["sex"] == group).to_numpy() if group else np.ones(len(frame), dtype=bool)
            w = design.weights * own
            z = [(x - w @ x / w.sum()) for x in (frame["trust"].to_numpy(), frame["age"].to_numpy())]
            z = [x / np.sqrt(w @ x**2 / w.sum()) for x in z]
            columns.append(own * (z[0] * z[1] - r / 2 * (z[0] ** 2 + z[1] ** 2)) / w.sum())
        return np.column_stack(columns)

    other = scatter_of(design, found.frame["estimate"].to_numpy(), influence, lambda weights: weights[: len(groups)])
    assert found.covariance == pytest.approx(other.covariance, rel=1e-10, abs=1e-15)
    assert np.diag(found.covariance) == pytest.approx(found.frame["se"] ** 2, rel=1e-12)


def test_variances_and_means_of_one_design_vary_together():
    design = clustered(wave())
    both = joined([variance(design, "income").scatter, mean(design, "income").scatter]).covariance
    assert both[0, 1] > 0


@pytest.mark.parametrize("verb", [covariance, correlation])
@pytest.mark.parametrize("method", ["JKn", "bootstrap"])
def test_replicates_give_errors_of_the_size_that_linearisation_gives(verb, method):
    options = {} if method == "JKn" else {"replicates": 150, "seed": 1}
    again = replicates(clustered(wave()), method, **options)
    one, other = verb(clustered(wave()), ITEMS).frame, verb(again, ITEMS).frame
    assert other["estimate"].to_numpy() == pytest.approx(one["estimate"].to_numpy(), rel=1e-12)
    assert other["se"].to_numpy() == pytest.approx(one["se"].to_numpy(), rel=0.25)


@pytest.mark.parametrize("verb", [variance, covariance, correlation])
def test_a_group_of_one_respondent_has_none_and_a_footnote_says_so(verb):
    frame = wave(48)
    frame.loc[5, "sex"] = "other"
    for design in (clustered(frame), replicates(clustered(frame), "JKn")):
        found = verb(design, ["trust", "age"], by="sex")
        alone = found.frame[found.frame["sex"] == "other"]
        assert alone[["estimate", "se", "low", "high"]].isna().all(axis=None)
        assert found.frame[found.frame["sex"] != "other"][["estimate", "se"]].notna().all(axis=None)
        assert any("on one respondent, who has no variance" in note for note in found.method["footnotes"])
        assert np.isnan(found.covariance).any()


def test_what_does_not_vary_has_a_variance_of_zero_and_no_correlation():
    frame = wave().assign(same=0.1)
    row = variance(clustered(frame), "same", by="sex").frame.iloc[0]
    assert (row["estimate"], row["se"], row["low"], row["high"]) == (0, 0, 0, 0)
    found = correlation(clustered(frame), ["trust", "same"], by="sex")
    assert found.frame["estimate"].isna().all()
    assert any("2 correlations are not defined: one of the two" in note for note in found.method["footnotes"])


def test_a_perfect_correlation_is_exactly_one_without_error():
    frame = wave().assign(double=lambda each: 2 * each["trust"] + 0.3, against=lambda each: -each["trust"] / 3)
    found = correlation(clustered(frame), ["trust", "double", "against"]).frame
    assert found["estimate"].tolist() == [1, -1, -1]
    assert found["se"].tolist() == [0, 0, 0]
    assert found["low"].tolist() == found["high"].tolist() == [1, -1, -1]


def test_missing_answers_leave_out_a_row_for_all_pairs_or_for_its_own():
    frame = wave()
    frame.loc[:49, "trust"] = np.nan
    frame.loc[30:79, "income"] = np.nan
    listwise = correlation(clustered(frame), ITEMS)
    pairwise = correlation(clustered(frame), ITEMS, missing="pairwise")
    assert listwise.frame["n"].tolist() == [160, 160, 160]
    assert pairwise.frame["n"].tolist() == [190, 160, 190]
    complete = correlation(clustered(frame), ["trust", "age"], where=frame["income"].notna())
    assert listwise.frame["estimate"][0] == pytest.approx(complete.frame["estimate"][0], rel=1e-12)
    assert listwise.frame["se"][0] == pytest.approx(complete.frame["se"][0], rel=1e-12)
    assert sum("not in the base (blank 50)" in note for note in listwise.method["footnotes"]) == 2
    assert "those with a number for both items" in str(pairwise)


def test_declared_missing_codes_are_no_values():
    trust = Variable("trust", missing={-9.0: MissingKind.REFUSED})
    frame = pd.DataFrame({"trust": [1.0, 2.0, 4.0, -9.0], "age": [1.0, 2.0, 4.0, 3.0]})
    study = Study(frame, Codebook((trust, Variable("age"))))
    assert correlation(Design(study), ["trust", "age"]).frame["estimate"][0] == 1
    assert variance(Design(study), "trust").frame["n"][0] == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.astype({"trust": "Float64"}),
        lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
        pl.from_pandas,
    ],
)
def test_any_kind_of_column_gives_the_same(change):
    one, other = (correlation(clustered(each), ITEMS).frame for each in (wave(), change(wave())))
    assert other["se"].tolist() == pytest.approx(one["se"].tolist())


def test_what_cannot_be_had_is_refused():
    design = clustered(wave().assign(words="a", endless=np.inf, first=[1.0] * 120 + [np.nan] * 120))
    with pytest.raises(EstimationError, match="two items or more; trust is the only one"):
        correlation(design, "trust")
    with pytest.raises(EstimationError, match="words holds text"):
        covariance(design, ["trust", "words"])
    with pytest.raises(EstimationError, match="infinite"):
        variance(design, "endless")
    with pytest.raises(UnknownNameError, match="trst"):
        correlation(design, ["trst", "age"])
    with pytest.raises(EstimationError, match="missing is 'all'; it can be 'listwise'"):
        correlation(design, ["trust", "age"], missing="all")
    with pytest.raises(EstimationError, match="needs a Design"):
        variance(wave(), "trust")


@pytest.mark.parametrize("missing", ["listwise", "pairwise"])
def test_nobody_with_all_numbers_is_refused(missing):
    frame = pd.DataFrame({"a": [1.0, 2.0, None, None], "b": [None, None, 1.0, 2.0], "c": [1.0, 2.0, 3.0, 4.0]})
    with pytest.raises(EstimationError, match="nobody of a weight above zero has a number for"):
        covariance(Design(frame), ["a", "b", "c"], missing=missing)


def test_a_key_called_with_is_refused():
    with pytest.raises(EstimationError, match="by names with"):
        covariance(clustered(wave().assign(**{"with": "a"})), ["trust", "age"], by="with")


def test_results_print_the_pairs():
    text = str(correlation(clustered(wave()), ITEMS, by="sex"))
    assert "Correlation: trust" in text
    assert "t of Fisher's z, df 20" in text.replace("\n  ", " ")
    assert "Variance: trust" in str(variance(clustered(wave()), "trust"))
    assert correlation(clustered(wave()), ITEMS).document()["method"]["missing_rule"] == "listwise"
