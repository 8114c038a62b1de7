"""Replicates made from a design: what theory says of them, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation import linear
from topline.analysis.estimation.degrees import base_df, degrees
from topline.analysis.estimation.estimate import mean, proportion, ratio, total
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicate_factors import degrees_of_freedom
from topline.analysis.replication.replicate_weights import replicate_design
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.data.errors import DesignError, EstimationError, WeightingError

METHODS = ["JKn", "BRR", "Fay", "bootstrap", "subbootstrap", "rao_wu_yue", "mrb", "successive difference"]


def sample(psus: int = 2, strata: int = 5, rows: int = 3, seed: int = 7) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = psus * strata * rows
    return pd.DataFrame(
        {
            "region": np.repeat(np.arange(strata), psus * rows),
            "town": np.tile(np.repeat(np.arange(psus), rows), strata),
            "trust": rng.normal(5, 2, n).round(2),
            "hours": rng.integers(1, 30, n),
            "sex": rng.choice(["f", "m"], n),
            "w": rng.uniform(0.5, 4, n).round(3),
        }
    )


def design_of(frame: pd.DataFrame, **options) -> Design:
    return Design(frame, **{"weight": "w", "strata": "region", "psu": "town"} | options)


def se(estimates) -> np.ndarray:
    return estimates.to_frame()["se"].to_numpy()


def made(design: Design, method: str, **options) -> Design:
    return replicates(design, method, fay=0.5 if method == "Fay" else None, **options)


def replicate_totals(design: Design, column: str) -> np.ndarray:
    values = design.study.frame[column].to_numpy()
    return np.array([design.replication.weights(at) @ values for at in range(len(design.replication))])


@pytest.mark.parametrize("method", ["JKn", "BRR", "Fay", "successive difference"])
def test_totals_have_the_error_of_linearisation_where_strata_have_two_psus(method):
    design = design_of(sample())
    assert se(total(made(design, method), ["trust", "hours"])) == pytest.approx(
        se(total(design, ["trust", "hours"])), rel=1e-12
    )


@pytest.mark.parametrize("options", [{}, {"mse": True}])
def test_jackknifed_totals_have_the_error_of_linearisation_with_a_finite_population(options):
    frame = sample(psus=4).assign(towns=lambda frame: frame["region"] * 3 + 9)
    design = design_of(frame, fpc="towns")
    assert se(total(replicates(design, **options), "hours")) == pytest.approx(se(total(design, "hours")), rel=1e-12)


def test_jackknife_without_strata_has_the_error_of_linearisation():
    design = Design(sample(psus=6, strata=1), weight="w", psu="town")
    jackknifed = replicates(design)
    assert jackknifed.replication.kind == "JK1"
    assert len(jackknifed.replication) == 6
    assert se(total(jackknifed, "hours")) == pytest.approx(se(total(design, "hours")), rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_means_ratios_and_shares_come_near_the_error_of_linearisation(method):
    design = design_of(sample(strata=30, rows=4, seed=3))
    repeated = made(design, method, **({"replicates": 800, "seed": 5} if method not in ("JKn", "BRR", "Fay") else {}))
    near = pytest.approx
    assert se(mean(repeated, ["trust", "hours"])) == near(se(mean(design, ["trust", "hours"])), rel=0.12)
    assert se(ratio(repeated, "trust", "hours")) == near(se(ratio(design, "trust", "hours")), rel=0.12)
    assert se(proportion(repeated, "sex")) == near(se(proportion(design, "sex")), rel=0.12)


@pytest.mark.parametrize("method", ["bootstrap", "subbootstrap", "rao_wu_yue"])
def test_bootstrap_variance_of_a_total_converges_to_linearisation(method):
    design = design_of(sample(psus=5))
    repeated = replicates(design, method, replicates=6000, seed=11)
    # 6,000 replicates leave a Monte Carlo error of the variance of about 2%
    assert se(total(repeated, "hours")) ** 2 == pytest.approx(se(total(design, "hours")) ** 2, rel=0.08)


@pytest.mark.parametrize("method", ["bootstrap", "rao_wu_yue"])
def test_bootstrap_carries_the_finite_population_correction(method):
    design = design_of(sample(psus=6).assign(towns=12), fpc="towns")
    repeated = replicates(design, method, replicates=6000, seed=12)
    assert se(total(repeated, "hours")) ** 2 == pytest.approx(se(total(design, "hours")) ** 2, rel=0.08)


@pytest.mark.parametrize("drawn", [1, 3])
def test_any_number_of_psus_can_be_drawn(drawn):
    design = design_of(sample(psus=5))
    repeated = replicates(design, "rao_wu_yue", replicates=6000, seed=2, drawn=drawn)
    assert (repeated.replication.factors >= 0).all()
    assert se(total(repeated, "hours")) ** 2 == pytest.approx(se(total(design, "hours")) ** 2, rel=0.08)


def test_prestons_bootstrap_carries_every_stage():
    frame = sample(psus=4, strata=2, rows=6).assign(towns=8, people=12, person=range(48))
    design = design_of(frame, psu=["town", "person"], fpc=["towns", "people"])
    repeated = replicates(design, "mrb", replicates=6000, seed=3)
    variance, first = se(total(design, "hours")) ** 2, se(total(design_of(frame, fpc="towns"), "hours")) ** 2
    assert first < 0.9 * variance
    assert se(total(repeated, "hours")) ** 2 == pytest.approx(variance, rel=0.08)


def test_prestons_bootstrap_leaves_strata_that_were_drawn_whole_to_their_later_stages():
    frame = sample(psus=2, strata=2, rows=8).assign(towns=2, people=16, person=range(32))
    design = design_of(frame, psu=["town", "person"], fpc=["towns", "people"])
    repeated = replicates(design, "mrb", replicates=4000, seed=4)
    assert se(total(repeated, "hours")) ** 2 == pytest.approx(se(total(design, "hours")) ** 2, rel=0.08)


def test_successive_differences_compare_neighbours_around_the_file():
    frame = sample(psus=7, strata=1, rows=1)
    weighted = (frame["hours"] * frame["w"]).to_numpy()
    repeated = replicates(Design(frame, weight="w"), "SDR", mse=True)
    expected = ((weighted - np.roll(weighted, -1)) ** 2).sum() / 2
    assert se(total(repeated, "hours"))[0] ** 2 == pytest.approx(expected, rel=1e-12)


def test_successive_differences_follow_the_order_of_the_file_not_of_the_ids():
    frame = sample(psus=9, strata=1, rows=2)
    renamed = frame.assign(town=np.random.default_rng(1).permutation(100)[frame["town"]])
    one, other = (replicates(Design(each, weight="w", psu="town"), "SDR") for each in (frame, renamed))
    assert se(mean(one, "trust")) == pytest.approx(se(mean(other, "trust")), rel=1e-12)


def test_successive_differences_with_fewer_rows_than_psus_stay_unbiased():
    rng, found = np.random.default_rng(8), []
    for _ in range(120):
        frame = pd.DataFrame({"y": rng.normal(0, 1, 100)})
        found.append(se(total(replicates(Design(frame), "SDR", replicates=16), "y"))[0] ** 2)
    # the true variance of a total of 100 independent values is 100; three Monte Carlo errors
    assert np.mean(found) == pytest.approx(100, abs=3 * np.std(found) / np.sqrt(120))


def test_successive_differences_carry_the_finite_population_correction():
    frame = sample(psus=2).assign(towns=4)
    design = design_of(frame, fpc="towns")
    assert se(total(replicates(design, "SDR"), "hours")) == pytest.approx(se(total(design, "hours")), rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_rows_and_the_names_of_psus_change_no_jackknife_and_no_weights_kept(method):
    frame = sample(psus=2)
    design = made(design_of(frame), method, **({"seed": 1} if method in ("bootstrap", "mrb") else {}))
    assert design.weights.tolist() == design_of(frame).weights.tolist()
    if method == "JKn":
        shuffled = frame.sample(frac=1, random_state=1).assign(town=lambda each: each["town"].map({0: "b", 1: "a"}))
        assert se(mean(replicates(design_of(shuffled)), "trust")) == pytest.approx(se(mean(design, "trust")), rel=1e-12)


@pytest.mark.parametrize("method", ["JKn", "BRR", "Fay", "successive difference"])
def test_factors_of_a_unit_have_a_mean_of_one(method):
    factors = made(design_of(sample()), method).replication.factors
    assert factors.mean(axis=1) == pytest.approx(np.ones(10))


@pytest.mark.parametrize("method", METHODS)
def test_replicates_written_out_and_given_back_give_the_same_errors(method):
    design = made(design_of(sample()), method, **({"seed": 3} if method in ("mrb", "bootstrap", "rao_wu_yue") else {}))
    own = design.replication
    columns = {f"r{at}": own.weights(at) for at in range(len(own))}
    frame = pd.concat([sample(), pd.DataFrame(columns)], axis=1)
    back = replicate_design(frame, weight="w", replicates="r", method="other", scale=own.scale, rscales=own.rscales)
    items = ["trust", "hours"]
    assert back.df == own.df
    assert mean(back, items, by="sex").covariance == pytest.approx(mean(design, items, by="sex").covariance, rel=1e-9)


@pytest.mark.parametrize("method", ["bootstrap", "subbootstrap", "rao_wu_yue", "mrb"])
def test_a_seed_repeats_the_replicates_and_is_kept(method):
    design = design_of(sample(psus=4))
    one, two, other = (replicates(design, method, seed=seed) for seed in (42, 42, 43))
    assert (one.replication.factors == two.replication.factors).all()
    assert (one.replication.factors != other.replication.factors).any()
    assert "200 replicates, seed 42" in one.replication.text
    drawn = replicates(design, method)
    again = replicates(design, method, seed=int(drawn.replication.text.partition("seed ")[2].partition(";")[0]))
    assert (drawn.replication.factors == again.replication.factors).all()


def test_results_say_how_the_replicates_were_made():
    repeated = replicates(design_of(sample(psus=4)), "subbootstrap", replicates=50, seed=9)
    printed = str(mean(repeated, "trust"))
    assert "bootstrap of one PSU fewer than each stratum has (Rao and Wu), 50" in " ".join(printed.split())
    assert "seed 9" in printed
    assert mean(repeated, "trust").method["variance"] == repeated.replication.text


def test_what_a_method_leaves_out_of_the_design_is_said():
    frame = sample(psus=2).assign(towns=20, people=100, person=range(30))
    two_stage = design_of(frame, psu=["town", "person"], fpc=["towns", "people"])
    assert replicates(two_stage).replication.text.endswith("; of the stages of sampling only the first")
    assert "finite population corrections dropped" in replicates(two_stage, "BRR").replication.text
    assert "finite population corrections dropped" in replicates(two_stage, "subbootstrap").replication.text
    assert "only the first" not in replicates(two_stage, "mrb").replication.text
    uneven = pd.concat(
        [sample(psus=2, strata=2), sample(psus=5, strata=2).assign(region=lambda each: each["region"] + 5)]
    )
    assert "strata of 2 to 5 PSUs scaled alike" in replicates(design_of(uneven), "bootstrap").replication.text


def test_degrees_of_freedom_are_psus_minus_strata():
    assert replicates(design_of(sample(psus=4))).df == 15
    assert replicates(design_of(sample()), "BRR").df == 5
    assert replicates(design_of(sample(psus=4)), "bootstrap", seed=1).df == 15
    assert replicates(design_of(sample(psus=4)), "bootstrap", replicates=8, seed=1).df == 7


@pytest.mark.parametrize(
    "unweighted",
    [[], [0], [0, 1], [0, 4, 8, 12, 16], list(range(4)), [*range(4), 5, 9, 13, 17], [*range(4), 5]],
)
def test_degrees_of_freedom_of_a_jackknife_are_the_rank_of_its_weights(unweighted):
    frame = sample(psus=4, rows=1).assign(w=lambda each: np.where(each.index.isin(unweighted), 0.0, each["w"]))
    for options in ({}, {"fpc": "towns"}):
        frame["towns"] = np.where(frame["region"] == 0, 4, 50)
        own = replicates(design_of(frame, **options)).replication
        assert own.df == degrees_of_freedom(own.unit, own.base, own.factors)
        assert own.df == np.linalg.matrix_rank(own.base[:, None] * own.factors[own.unit]) - 1


def test_a_group_has_the_degrees_of_freedom_of_its_own_replicate_weights():
    frame = sample(psus=4).assign(part=lambda each: np.where(each["region"] < 2, "few", "many"))
    jackknifed = replicates(design_of(frame))
    found = mean(jackknifed, "trust", by="part", df="domain").to_frame()
    assert found["df"].tolist() == [6, 9]
    assert mean(jackknifed, "trust", where={"part": "few"}, df="domain").to_frame()["df"].tolist() == [6]
    assert mean(jackknifed, "trust", by="part").to_frame()["df"].tolist() == [15, 15]


def test_a_group_has_no_more_degrees_of_freedom_than_the_design():
    raked = rake(replicates(design_of(sample(psus=4))), {"sex": {"f": 0.5, "m": 0.5}})
    found = mean(raked, "trust", where=np.arange(60) != 5, df="domain")
    assert found.to_frame()["df"].tolist() == [raked.df]
    assert degrees(raked, np.arange(60) != 5) == raked.df


def test_degrees_of_freedom_of_items_that_everybody_answered_are_found_once(monkeypatch):
    jackknifed, calls = replicates(design_of(sample(psus=4))), []
    monkeypatch.setattr(linear, "base_df", lambda design, base: calls.append(base) or base_df(design, base))
    mean(jackknifed, ["trust", "hours"], by="sex", df="domain")
    assert len(calls) == 1


def test_replicates_without_any_weight_have_no_degrees_of_freedom():
    assert degrees_of_freedom(np.arange(2), np.zeros(2), np.ones((2, 2))) == 0


def test_strata_drawn_whole_add_no_variance():
    frame = sample(psus=2).assign(towns=lambda each: np.where(each["region"] == 0, 2, 1_000_000))
    design, counted = design_of(frame, fpc="towns"), frame["region"] != 0
    jackknifed = replicates(design)
    assert len(jackknifed.replication) == 8
    assert se(total(jackknifed, "hours")) == pytest.approx(se(total(design, "hours")), rel=1e-12)
    for method in ("BRR", "bootstrap", "rao_wu_yue", "SDR"):
        factors = replicates(
            design, method, **({"seed": 1} if method in ("bootstrap", "rao_wu_yue") else {})
        ).replication
        assert (factors.factors[factors.unit[~counted]] == 1).all()


def test_a_stratum_of_one_psu_follows_the_rule_of_the_design():
    frame = sample().query("not (region == 4 and town == 1)")
    certain = design_of(frame, lone_psu="certainty")
    assert se(total(replicates(certain), "hours")) == pytest.approx(se(total(certain, "hours")), rel=1e-12)
    assert se(total(replicates(certain, "BRR"), "hours")) == pytest.approx(se(total(certain, "hours")), rel=1e-12)
    collapsed = design_of(frame, lone_psu="collapse")
    assert se(total(replicates(collapsed), "hours")) == pytest.approx(se(total(collapsed, "hours")), rel=1e-12)
    with pytest.raises(
        DesignError, match="bootstrap has no rule like lone_psu='average' for region 4, a stratum of one"
    ):
        replicates(design_of(frame, lone_psu="average"), "bootstrap")


def test_a_group_that_leaves_a_replicate_goes_without_it_and_the_result_says_so():
    frame = sample(psus=3, strata=1).assign(place=lambda each: np.where(each["town"] == 0, "here", "there"))
    repeated = replicates(Design(frame, weight="w", psu="town"), "bootstrap", seed=6)
    gone = (repeated.replication.factors[0] == 0).sum()
    estimates = mean(repeated, "trust", by="place")
    assert gone > 20
    assert np.isfinite(se(estimates)).all()
    assert any(
        f"not defined in some replicates (up to {gone} of them)" in note for note in estimates.method["footnotes"]
    )


def test_zero_weights_and_missing_answers_are_no_trouble():
    frame = sample().assign(w=lambda each: np.where(each.index < 3, 0.0, each["w"]))
    frame.loc[5:9, "trust"] = np.nan
    design = design_of(frame)
    for method in ("JKn", "BRR"):
        assert se(total(replicates(design, method), "trust")) == pytest.approx(se(total(design, "trust")), rel=1e-12)


def test_replicates_come_from_polars_and_nullable_columns_alike():
    polars = pytest.importorskip("polars")
    frame = sample()
    plain = se(mean(replicates(design_of(frame)), "trust"))
    assert se(mean(replicates(design_of(polars.from_pandas(frame))), "trust")) == pytest.approx(plain)
    assert se(mean(replicates(design_of(frame.convert_dtypes())), "trust")) == pytest.approx(plain)


MARGINS = {"sex": {"f": 0.5, "m": 0.5}, "region": dict.fromkeys("01234", 0.2)}


@pytest.mark.parametrize("method", ["JKn", "BRR", "Fay", "subbootstrap"])
def test_every_replicate_meets_the_margins_and_keeps_its_sum(method):
    frame = sample(psus=2, rows=12)
    raked = rake(made(design_of(frame), method, **({"seed": 1} if method == "subbootstrap" else {})), MARGINS)
    unraked = made(design_of(frame), method, **({"seed": 1} if method == "subbootstrap" else {})).replication
    for at in range(len(raked.replication)):
        weights = raked.replication.weights(at)
        assert weights.sum() == pytest.approx(unraked.weights(at).sum())
        assert weights[frame["sex"] == "f"].sum() == pytest.approx(weights.sum() / 2)
        assert weights[frame["region"] == 3].sum() == pytest.approx(weights.sum() / 5)


def test_raking_replicates_and_replicating_a_raked_design_are_the_same():
    design = design_of(sample(rows=12))
    one, other = rake(replicates(design), MARGINS), replicates(rake(design, MARGINS))
    assert mean(one, ["trust", "hours"]).covariance == pytest.approx(
        mean(other, ["trust", "hours"]).covariance, rel=1e-12
    )
    assert one.replication.text == "jackknife within strata (JKn), 10 replicates; each of them weighted anew"
    twice = replicates(rake(rake(design, {"sex": {"f": 0.3, "m": 0.7}}), MARGINS))
    assert se(mean(twice, "trust")) == pytest.approx(se(mean(other, "trust")), rel=1e-6)


def test_raked_replicates_come_near_the_residual_variance():
    design = rake(design_of(sample(strata=30, rows=6)), {"sex": {"f": 0.5, "m": 0.5}})
    assert se(mean(replicates(design), "trust")) == pytest.approx(se(mean(design, "trust")), rel=0.05)
    assert se(proportion(replicates(design), "sex")) == pytest.approx([0, 0], abs=1e-9)


def test_raked_replicates_add_up_to_the_population():
    raked = rake(replicates(design_of(sample())), {"sex": {"f": 600, "m": 400}})
    assert replicate_totals(raked, "w").shape == (10,)
    assert [raked.replication.weights(at).sum() for at in range(10)] == pytest.approx([1000] * 10)


def test_rows_without_a_value_keep_their_share_of_each_replicate():
    frame = sample()
    frame.loc[[0, 7], "sex"] = None
    before = replicates(design_of(frame))
    raked = rake(before, {"sex": {"f": 0.5, "m": 0.5}}, missing="own_class")
    for at in range(10):
        old, new = before.replication.weights(at), raked.replication.weights(at)
        assert new[[0, 7]] == pytest.approx(old[[0, 7]])
        assert new[frame["sex"] == "f"].sum() == pytest.approx(new[frame["sex"] == "m"].sum())


def test_a_replicate_without_anybody_of_a_category_cannot_be_raked():
    frame = sample().assign(kind=lambda each: np.where((each["region"] == 0) & (each["town"] == 1), "rare", "other"))
    margins = {"kind": {"rare": 0.2, "other": 0.8}}
    with pytest.raises(WeightingError, match=r"replicate 2 of 10 holds nobody of margin kind, category rare.*Join"):
        rake(replicates(design_of(frame)), margins)
    assert len(rake(made(design_of(frame), "Fay"), margins).replication) == 8


def test_bounds_that_a_replicate_cannot_keep_are_refused():
    design, margins = design_of(sample()), {"sex": {"f": 0.5, "m": 0.5}}
    needed = rake(design, margins)
    ratios = needed.weights / design.weights
    bounds = (ratios.min() - 1e-6, ratios.max() + 1e-6)
    with pytest.raises(
        WeightingError,
        match=r"(?s)replicate \d+ of 10: no weights within bounds .* fit all margins.*Least change of bounds",
    ):
        rake(replicates(design), margins, bounds=bounds)


def test_negative_replicate_weights_cannot_be_raked():
    frame = sample().assign(
        r1=lambda each: each["w"] * 1.5, r2=lambda each: -0.1 * each["w"], r3=lambda each: each["w"]
    )
    design = replicate_design(frame, weight="w", replicates="r", method="SDR")
    with pytest.raises(WeightingError, match="replicate 2 of 3 has a weight below zero"):
        rake(design, {"sex": {"f": 0.5, "m": 0.5}})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"method": "jackknive"}, r"method is 'jackknive'; it can be 'auto', 'JK1'"),
        ({"method": "JK1"}, r"JK1 is for samples without strata, and this one has 5; method='JKn'"),
        ({"method": "Fay"}, r"method='Fay' needs its rho, e.g. fay=0.5"),
        ({"method": "Fay", "fay": 1.0}, r"fay is 1; Fay's rho lies from 0 to below 1"),
        ({"method": "Fay", "fay": float("nan")}, r"fay is nan"),
        ({"method": "BRR", "fay": 0.5}, r"fay=0.5 is an option of method='Fay' alone"),
        ({"method": "JKn", "replicates": 50}, r"JKn makes one replicate for each PSU; leave replicates=50 out"),
        ({"method": "bootstrap", "replicates": 1}, r"replicates is 1; it is a whole number of at least 2"),
        ({"method": "bootstrap", "replicates": 2.5}, r"replicates is 2.5"),
        ({"method": "bootstrap", "drawn": 2}, r"drawn=2 is an option of method='rao_wu_yue' alone"),
        ({"method": "rao_wu_yue", "drawn": 0}, r"drawn is 0; it is the number of PSUs"),
        ({"method": "bootstrap", "seed": -1}, r"seed is -1; it is a whole number"),
    ],
)
def test_options_that_contradict_the_method_are_refused(options, told):
    with pytest.raises(DesignError, match=told):
        replicates(design_of(sample()), **options)


def test_half_samples_name_the_strata_of_other_sizes():
    uneven = pd.concat([sample(strata=2), sample(psus=3, strata=7).assign(region=lambda each: each["region"] + 5)])
    with pytest.raises(DesignError, match=r"two PSUs in every stratum: region 5 has 3; region 6 has 3.*2 strata more"):
        replicates(design_of(uneven), "BRR")


def test_designs_that_replicates_do_not_know_are_refused():
    frame = sample().assign(chance=0.2)
    brewer = design_of(frame, fpc="chance", pps="brewer")
    with pytest.raises(DesignError, match="unequal probabilities and without replacement"):
        replicates(brewer)
    with pytest.raises(DesignError, match=r"has replicates already .jackknife within strata"):
        replicates(replicates(design_of(frame)))
    with pytest.raises(EstimationError, match=r"replicates needs a Design and was given text, 'wave.csv'"):
        replicates("wave.csv")


@pytest.mark.parametrize("method", ["JKn", "BRR", "bootstrap", "mrb", "SDR"])
def test_a_census_has_nothing_to_replicate(method):
    census = design_of(sample().assign(towns=2), fpc="towns")
    with pytest.raises(DesignError, match=r"no stratum has two PSUs"):
        replicates(census, method)


def test_more_replicates_than_fit_the_memory_are_refused():
    many = Design(pd.DataFrame({"y": np.arange(20_000)}))
    with pytest.raises(DesignError, match=r"the jackknife would make 20,000 replicates of 20,000 PSUs, 3.2 GB"):
        replicates(many)
    with pytest.raises(DesignError, match=r"successive differences would make 10,000 replicates of 20,000 PSUs"):
        replicates(many, "SDR", replicates=10_000)
    assert len(replicates(many, "subbootstrap", replicates=20, seed=1).replication) == 20


def test_more_replicates_can_be_asked_for_than_are_needed():
    assert len(replicates(design_of(sample()), "BRR", replicates=30).replication) == 32
    assert len(replicates(design_of(sample()), "successive-difference", replicates=80).replication) == 80
