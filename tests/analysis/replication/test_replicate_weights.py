"""Replicate weights given in the data: how columns are found, what is refused, what the defaults are."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, total
from topline.analysis.replication.replicate_weights import replicate_design
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import DesignError, EstimationError, UnknownNameError


def wave(replicates: int = 12, name: str = "repw", rows: int = 24, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    weights = rng.uniform(1, 3, rows)
    columns = {f"{name}{at + 1}": weights * rng.uniform(0.5, 1.5, rows) for at in range(replicates)}
    return pd.DataFrame({"trust": rng.integers(1, 6, rows), "w": weights, **columns})


def spread(frame: pd.DataFrame, columns: list[str], scale, rscales=1.0, mse: bool = False) -> float:
    """Give the standard error of the total of trust by the formula."""
    each = np.array([frame[name] @ frame["trust"] for name in columns])
    centre = frame["w"] @ frame["trust"] if mse else each.mean()
    return float(np.sqrt(scale * (rscales * (each - centre) ** 2).sum()))


def se(design) -> float:
    return float(total(design, "trust").to_frame()["se"].iloc[0])


def given(frame: pd.DataFrame, method: str = "bootstrap", **options):
    return replicate_design(frame, **{"weight": "w", "replicates": "repw", "method": method} | options)


def names(count: int, name: str = "repw") -> list[str]:
    return [f"{name}{at + 1}" for at in range(count)]


@pytest.mark.parametrize("mse", [False, True])
@pytest.mark.parametrize(
    ("method", "options", "scale"),
    [
        ("JK1", {}, 11 / 12),
        ("JK1", {"scale": 0.7}, 0.7),
        ("JKn", {"rscales": 0.5}, 0.5),
        ("BRR", {}, 1 / 12),
        ("Fay", {"fay": 0.5}, 1 / (12 * 0.25)),
        ("bootstrap", {}, 1 / 11),
        ("successive difference", {}, 4 / 12),
        ("JK2", {}, 1.0),
        ("JK2", {"scale": 1.0, "rscales": 1.0}, 1.0),
        ("other", {"scale": 0.3}, 0.3),
        ("other", {"rscales": [0.3] * 12}, 0.3),
    ],
)
def test_squares_have_the_factors_of_their_method(method, options, scale, mse):
    frame = wave()
    assert se(given(frame, method, mse=mse, **options)) == pytest.approx(
        spread(frame, names(12), scale, mse=mse), rel=1e-12
    )


def test_each_replicate_has_its_own_factor():
    frame, rscales = wave(), np.linspace(0.1, 0.9, 12)
    assert se(given(frame, "JKn", rscales=list(rscales))) == pytest.approx(spread(frame, names(12), 1.0, rscales))


@pytest.mark.parametrize("name", ["BRR", "brr", "Brr"])
def test_methods_are_found_whatever_their_case(name):
    assert given(wave(), name).replication.kind == "BRR"


@pytest.mark.parametrize("name", ["SDR", "ACS", "successive-difference", "successive_difference"])
def test_successive_differences_have_several_names(name):
    assert given(wave(), name).replication.kind == "successive difference"


@pytest.mark.parametrize("pattern", ["repw", "repw[0-9]+", r"repw\d{1,2}", tuple(names(12))])
def test_columns_are_found_by_prefix_expression_or_list_in_the_order_of_their_numbers(pattern):
    frame = wave()[["trust", "w", *sorted(names(12), reverse=True)]]
    design = given(frame, replicates=pattern)
    assert len(design.replication) == 12
    assert design.replication.weights(1) == pytest.approx(frame["repw2"])
    assert design.replication.weights(9) == pytest.approx(frame["repw10"])
    assert "repw1 to repw12" in design.replication.text


def test_a_prefix_leaves_alone_the_weight_and_columns_of_longer_names():
    frame = wave(name="PWGTP").rename(columns={"w": "PWGTP"}).assign(PWGTPX1=1.0)
    for pattern in ("PWGTP", "PWGTP[0-9]*"):
        design = replicate_design(frame, weight="PWGTP", replicates=pattern, method="ACS")
        assert len(design.replication) == 12


def test_factors_multiply_the_weight():
    frame = wave()
    factors = frame.assign(**{name: frame[name] / frame["w"] for name in names(12)})
    one, other = given(frame), given(factors, combined=False)
    assert se(one) == pytest.approx(se(other), rel=1e-12)
    assert one.df == other.df


def test_factors_without_a_weight_count_everybody_alike():
    frame = wave().assign(**{name: wave()[name] / wave()["w"] for name in names(12)})
    design = given(frame, weight=None, combined=False)
    assert design.weights.tolist() == [1.0] * 24
    assert design.weight_source == "equal weights of 1"


def test_rows_that_share_their_factors_become_one_unit():
    frame = pd.concat([wave(rows=6).assign(w=1.0)] * 4, ignore_index=True)
    design = given(frame, combined=False, weight="w")
    assert design.replication.units == 6
    assert design.replication.weights(3) == pytest.approx(frame["repw4"])


def test_factors_of_a_jackknife_bring_their_own_scales():
    frame = pd.DataFrame(
        {"trust": [1, 4, 2, 8], "r1": [0, 2, 1, 1], "r2": [2, 0, 1, 1], "r3": [1, 1, 0, 2], "r4": [1, 1, 2, 0]}
    )
    jkn = replicate_design(frame, replicates="r", method="JKn", combined=False)
    assert jkn.replication.rscales.tolist() == [0.5] * 4
    assert se(jkn) == pytest.approx(np.sqrt(9 + 36))
    triple = pd.DataFrame({"trust": [1, 4, 2], "r1": [0, 1.5, 1.5], "r2": [1.5, 0, 1.5], "r3": [1.5, 1.5, 0]})
    jk1 = replicate_design(triple, replicates="r", method="JK1", combined=False)
    assert jk1.replication.scale == pytest.approx(2 / 3)


def test_degrees_of_freedom_are_the_rank_less_one_or_those_given():
    assert given(wave()).df == 11
    assert given(wave(rows=7)).df == 6
    assert given(wave().assign(repw12=wave()["repw1"])).df == 10
    assert given(wave(), df=4).df == 4
    wide = mean(given(wave(), df=2), "trust").to_frame()
    narrow = mean(given(wave(), df=50), "trust").to_frame()
    assert wide["high"].iloc[0] > narrow["high"].iloc[0]


def test_results_say_what_carries_their_errors():
    estimates = mean(given(wave(), "Fay", fay=0.3), "trust")
    assert estimates.method["variance"] == "replicate weights repw1 to repw12: Fay (rho 0.3), 12 replicates"
    assert estimates.method["df_rule"] == "of the replicate weights"


def test_negative_weights_are_kept_for_successive_differences_and_told():
    frame = wave()
    frame.loc[[0, 4], "repw3"] = -0.2
    design = given(frame, "SDR")
    assert "2 replicate weights below zero kept." in mean(design, "trust").method["footnotes"]
    assert se(design) == pytest.approx(spread(frame, names(12), 4 / 12), rel=1e-12)


def test_polars_nullable_and_arrow_columns_are_read_alike():
    polars = pytest.importorskip("polars")
    frame, expected = wave(), se(given(wave()))
    assert se(given(polars.from_pandas(frame))) == pytest.approx(expected)
    assert se(given(frame.convert_dtypes())) == pytest.approx(expected)
    assert se(given(frame.convert_dtypes(dtype_backend="pyarrow"))) == pytest.approx(expected)


def test_a_code_declared_missing_is_a_missing_weight():
    frame = wave()
    frame.loc[3, "repw2"] = -9.0
    variables = tuple(
        Variable(name, missing={-9.0: MissingKind.REFUSED} if name == "repw2" else {}) for name in frame.columns
    )
    with pytest.raises(DesignError, match=r"replicate weight 'repw2' is missing in 1 of 24 rows"):
        given(Study(frame, Codebook(variables)))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.nan, r"replicate weight 'repw5' is missing in 1 of 24 rows"),
        (-1.0, r"replicate weight 'repw5' is negative in 1 of 24 rows; a replicate weight is a number of at least 0"),
        (np.inf, r"replicate weight 'repw5' is infinite in 1 of 24 rows"),
    ],
)
def test_what_is_no_weight_is_refused_with_column_and_count(value, told):
    frame = wave()
    frame.loc[2, "repw5"] = value
    with pytest.raises(DesignError, match=told):
        given(frame)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"method": "jacknife"}, r"method is 'jacknife'; it can be 'JK1', 'JKn', 'BRR'"),
        ({"weight": None}, r"replicate weights come with a weight of the whole sample; name its column"),
        ({"method": "JKn"}, r"JKn weights need rscales: 12 numbers, for each replicate \(n - 1\) / n"),
        ({"method": "JKn", "rscales": [0.5] * 11}, r"rscales has 11 numbers for 12 replicates"),
        ({"method": "JKn", "rscales": [0.5] * 11 + [-1.0]}, r"rscales holds -1 in place 12"),
        ({"method": "JKn", "rscales": [0.0] * 12}, r"rscales holds 0 in place 1; .* not all 0"),
        ({"method": "other"}, r"method='other' needs the factors of its squares"),
        ({"method": "JK1", "scale": -1}, r"scale is -1; it is a number above 0"),
        ({"method": "BRR", "scale": 1.0}, r"BRR with 12 replicates has the scale 0.0833333, and scale=1 is given"),
        ({"method": "JK2", "rscales": 0.5}, r"JK2 has rscales of 1; leave rscales out"),
        ({"method": "Fay"}, r"method='Fay' needs its rho"),
        ({"method": "Fay", "fay": 1.2}, r"fay is 1.2; Fay's rho lies from 0 to below 1"),
        ({"method": "BRR", "fay": 0.3}, r"fay=0.3 is an option of method='Fay' alone"),
        ({"df": 0}, r"df is 0; degrees of freedom are a whole number of at least 1"),
        ({"df": 2.5}, r"df is 2.5"),
        ({"replicates": "repw1"}, r"replicates finds .* column"),
        ({"replicates": []}, r"replicates finds 0 columns \(none\); a variance needs at least two"),
        ({"replicates": ["repw1", "repw1"]}, r"replicates names repw1 more than once"),
        ({"replicates": ["w", "repw1"]}, r"'w' is the weight and named among the replicates too"),
        ({"replicates": "repw["}, r"replicates is 'repw\[', which is no regular expression"),
    ],
)
def test_options_that_contradict_the_method_are_refused(options, told):
    frame = wave() if options.get("replicates") != "repw1" else wave()[["trust", "w", "repw1", "repw2"]]
    with pytest.raises(DesignError, match=told):
        given(frame, **options)


@pytest.mark.parametrize(
    ("replicates", "told"),
    [
        ("rpew", r"there is no column of replicate weights like 'rpew'. Did you mean"),
        (["repw1", "repw21"], r"there is no replicate weight 'repw21'. Did you mean 'repw2' or"),
    ],
)
def test_columns_that_do_not_exist_name_the_nearest(replicates, told):
    with pytest.raises(UnknownNameError, match=told):
        given(wave(), replicates=replicates)


def test_text_is_no_replicate_weight():
    with pytest.raises(EstimationError, match="repw2 holds text, and a replicate weight needs numbers"):
        given(wave().assign(repw2="a"))


def test_factors_given_as_weights_and_weights_given_as_factors_are_told_apart():
    frame = wave().assign(w=lambda each: each["w"] * 1000)
    with pytest.raises(DesignError, match=r"repw1 to repw12 are not weights like the weight: .*say combined=False"):
        given(frame)
    weights = frame.assign(**{name: frame[name] * 1000 for name in names(12)})
    with pytest.raises(DesignError, match=r"repw1 to repw12 are not factors around 1: .*say combined=True"):
        given(weights, combined=False)
    assert len(given(weights).replication) == 12


def test_half_samples_of_zeros_and_ones_are_not_factors():
    frame = pd.DataFrame({"trust": [1, 2, 3, 4], "r1": [1, 0, 1, 0], "r2": [0, 1, 1, 0]})
    with pytest.raises(DesignError, match="not factors around 1"):
        replicate_design(frame, replicates="r", method="BRR", combined=False)


def test_nobody_counts_in_a_replicate_alone():
    frame = wave().assign(w=lambda each: np.where(each.index == 0, 0.0, each["w"]))
    with pytest.raises(DesignError, match=r"1 row has a weight of zero, and replicate weights that are not"):
        given(frame)
    kept = frame.assign(**{name: np.where(frame.index == 0, 0.0, frame[name]) for name in names(12)})
    assert se(given(kept)) == pytest.approx(spread(kept, names(12), 1 / 11))
    with pytest.raises(DesignError, match=r"replicate weight 'repw3' is zero in all 24 rows"):
        given(wave().assign(repw3=0.0))


def test_neighbouring_columns_of_weights_are_not_copied_and_others_give_the_same_errors():
    frame = wave()
    beside = given(frame)
    assert np.shares_memory(beside.replication.factors, frame["repw1"].to_numpy())
    apart = frame[[*names(6), "trust", "w", *names(12)[6:]]]
    copied = given(apart)
    assert not np.shares_memory(copied.replication.factors, apart["repw1"].to_numpy())
    assert se(copied) == pytest.approx(se(beside), rel=1e-13)
    turned = given(frame, replicates=names(12)[::-1])
    assert turned.replication.factors[:, 0].tolist() == frame["repw12"].tolist()
    assert se(turned) == pytest.approx(se(beside), rel=1e-13)


def test_faults_are_named_in_neighbouring_columns_too():
    frame = wave()
    frame.loc[3, "repw5"] = -1.0
    with pytest.raises(DesignError, match="replicate weight 'repw5' is negative in 1 of 24 rows"):
        given(frame)
