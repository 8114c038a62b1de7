"""Weights against a reference sample: the equations hold, categories match or are laid side by side, errors carry both.

tests/reference/reference_sample.R made tests/reference/reference_sample.json: R solves the equations by Newton's method
written out, and takes derivatives numerically in every frequency and every weight of the reference. Weights agree to
1e-8, standard errors to 1e-7.
"""

import json
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.diagnosing.weights import weight_summary
from topline.analysis.estimation.estimate import mean, proportion, total
from topline.analysis.nonprobability.membership import Equation, Membership
from topline.analysis.nonprobability.propensity_weights import propensity_weights
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.step import Replicate
from topline.analysis.sampling.subpopulation import subset
from topline.analysis.sampling.target_error import TargetError
from topline.data.codebook import Codebook, Study, Variable
from topline.data.description import SIMULATED
from topline.data.errors import EstimationError, UnknownNameError, WeightingError

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "reference_sample.json").read_text())
ON = ["stype", "awards", "api99"]
METHODS = ["pseudo", "odds", "calibrated"]


@cache
def schools(name: str) -> Design:
    how = {"strata": "stype"} if name == "apistrat" else {"psu": "dnum"}
    return Design(pd.read_csv(REFERENCE / "data" / f"{name}.csv"), weight="pw", fpc="fpc", **how)


@cache
def volunteers(base: str = "ones") -> Design:
    frame = pd.read_csv(REFERENCE / "data" / "volunteers.csv")
    return Design(frame, weight="base", psu="dnum") if base == "base" else Design(frame)


def people(seed: int = 1, n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n, p=[0.7, 0.3])
    age = rng.normal(45, 10, n).round(1)
    return pd.DataFrame({"sex": sex, "age": age, "w": rng.uniform(0.5, 2, n), "y": rng.normal(size=n) + age / 20})


def survey(seed: int = 2, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.normal(50, 12, n).round(1)
    return pd.DataFrame({"sex": rng.choice(["f", "m"], n), "age": age, "d": rng.uniform(20, 60, n)})


@cache
def both() -> tuple[Design, Design]:
    return Design(people(), weight="w"), Design(survey(), weight="d")


def by_sex(frame: pd.DataFrame | pl.DataFrame | Study, **of_reference: object) -> Design:
    census = pd.DataFrame({"sex": ["f", "f", "m", "m"], "d": [30.0, 20.0, 25.0, 25.0]})
    return propensity_weights(Design(frame), Design(census, weight="d"), "sex", **of_reference)


def means_replayed(design: Design, frequency: np.ndarray, shift: np.ndarray | None = None) -> float:
    """Do all steps again with other frequencies, and average y."""
    weights = design.steps[0].before
    for step in design.steps:
        task = step.task
        if hasattr(task, "change"):
            change = task.change(weights, frequency, shift)
        else:
            change = task.replayed(weights, frequency, Replicate(0, 1, 0.0))
        weights = change.applied(weights, slice(None))
    y = design.study.frame["y"].to_numpy()
    return float((frequency * weights) @ y / (frequency @ weights))


def derivative_error(design: Design) -> float:
    """Give the standard error by derivatives taken numerically in every row's frequency and every target."""
    n, step = len(design.weights), design.steps[0].linearisation
    ones, h = np.ones(n), 1e-5
    rows = [(means_replayed(design, ones + h * e) - means_replayed(design, ones - h * e)) / (2 * h) for e in np.eye(n)]
    size = np.sqrt(np.diag(step.target_error.covariance))
    targets = [
        (means_replayed(design, ones, 1e-4 * s * e) - means_replayed(design, ones, -1e-4 * s * e)) / (2e-4 * s)
        for e, s in zip(np.eye(len(size)), size, strict=True)
    ]
    here = np.var(rows, ddof=1) * n
    return float(np.sqrt(here + np.array(targets) @ step.target_error.covariance @ np.array(targets)))


@pytest.mark.parametrize("name", ["apistrat", "apiclus1"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("base", ["ones", "base"])
def test_weights_equal_r(name, method, base):
    design = propensity_weights(volunteers(base), schools(name), ON, method=method)
    assert design.weights == pytest.approx(STORED["weights"][f"{name} {method} {base}"], rel=1e-8)


@pytest.mark.parametrize("name", ["apistrat", "apiclus1"])
def test_odds_are_those_of_svyglm_on_the_pooled_samples(name):
    design = propensity_weights(volunteers(), schools(name), ON, method="odds")
    assert design.weights == pytest.approx(STORED["weights"][f"{name} svyglm"], rel=1e-8)


def test_errors_equal_numerical_derivatives_in_r():
    rows = [row for row in STORED["rows"] if row["kind"] == "mean"]
    assert len(rows) == 8
    for row in rows:
        name, method, base = row["case"].split()
        found = mean(propensity_weights(volunteers(base), schools(name), ON, method=method), "api00").to_frame()
        assert found["estimate"][0] == pytest.approx(row["estimate"], rel=1e-9), row
        assert found["se"][0] == pytest.approx(row["se"], rel=1e-7), row


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r", "jsonlite")
    command = [program, REFERENCE / "reference_sample.R", tmp_path, REFERENCE / "data"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    fresh = json.loads((tmp_path / "reference_sample.json").read_text())
    for new, old in zip(fresh["rows"], STORED["rows"], strict=True):
        assert (new["case"], new["kind"]) == (old["case"], old["kind"])
        assert [new["estimate"], new["se"]] == pytest.approx([old["estimate"], old["se"]], rel=1e-8)
    assert pd.read_csv(tmp_path / "volunteers.csv").equals(volunteers().study.frame)


def test_pseudo_maximum_likelihood_solves_its_equation():
    sample, reference = both()
    design = propensity_weights(sample, reference, ["sex", "age"])
    chance = design.steps[0].before / design.weights
    coefficients = design.steps[0].options["coefficients"]
    frame = reference.study.frame
    linear = (
        coefficients["Intercept"]
        + coefficients["sex[T.m]"] * (frame["sex"] == "m")
        + coefficients["age"] * frame["age"]
    )
    there = reference.weights / (1 + np.exp(-linear))
    assert ((0 < chance) & (chance < 1)).all()
    assert sample.weights.sum() == pytest.approx(there.sum(), rel=1e-10)
    assert sample.weights @ sample.study.frame["age"] == pytest.approx(there @ frame["age"], rel=1e-10)


def test_calibrated_chances_give_the_references_totals():
    sample, reference = both()
    design = propensity_weights(sample, reference, "sex + age + I(age ** 2)", method="calibrated")
    frame = design.study.frame
    assert design.weights.sum() == pytest.approx(reference.weights.sum(), rel=1e-10)
    for power in (1, 2):
        here, there = design.weights @ frame["age"] ** power, reference.weights @ survey()["age"] ** power
        assert here == pytest.approx(there, rel=1e-10)
    assert weight_summary(design).worst_after == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize("options", [{}, {"largest": 20.0}])
@pytest.mark.parametrize("method", METHODS)
def test_errors_equal_derivatives_in_every_frequency_and_target(method, options):
    sample, reference = Design(people(n=60), weight="w"), both()[1]
    design = propensity_weights(sample, reference, ["sex", "age"], method=method, **options)
    assert mean(design, "y").to_frame()["se"][0] == pytest.approx(derivative_error(design), rel=1e-6)


def test_errors_follow_a_raking_after_it():
    sample, reference = Design(people(n=60), weight="w"), both()[1]
    design = rake(propensity_weights(sample, reference, "age"), {"sex": {"f": 0.5, "m": 0.5}})
    assert mean(design, "y").to_frame()["se"][0] == pytest.approx(derivative_error(design), rel=1e-6)


def test_jackknife_and_bootstrap_come_near_the_linearisation():
    sample, reference = both()
    weighted = propensity_weights(sample, reference, ["sex", "age"], method="calibrated")
    linear = mean(weighted, "y").to_frame()["se"][0]
    for again in (
        mean(replicates(weighted, "JK1"), "y"),
        mean(propensity_weights(replicates(sample, "JK1"), reference, ["sex", "age"], method="calibrated"), "y"),
        mean(replicates(weighted, "bootstrap", replicates=400, seed=3), "y"),
    ):
        assert again.to_frame()["se"][0] == pytest.approx(linear, rel=0.15)


def test_replicates_carry_the_references_error_as_the_chain_rule_does():
    sample, reference = both()
    weighted = propensity_weights(sample, reference, "sex", method="calibrated")
    women = total(replicates(weighted, "JK1"), "age").to_frame()["se"][0]
    assert women == pytest.approx(total(weighted, "age").to_frame()["se"][0], rel=0.03)
    here = replicates(weighted, "JK1")
    sums = np.array([here.replication.weights(at).sum() for at in range(len(here.replication))])
    spread = here.replication.scale * ((sums - weighted.weights.sum()) ** 2).sum()
    assert spread == pytest.approx(60 / 59 * ((survey()["d"] - survey()["d"].mean()) ** 2).sum(), rel=1e-6)


def test_the_error_of_targets_needs_more_replicates_than_it_has_directions():
    error = TargetError(np.eye(4), np.arange(4))
    with pytest.raises(WeightingError, match=r"can err in 4 directions; 4 replicates cannot .* at least 5"):
        error.shift(Replicate(0, 4, 1.0))
    assert TargetError(np.zeros((2, 0)), np.zeros(0, dtype=np.int64)).shift(Replicate(0, 3, 1.0)).tolist() == [0, 0]


def test_ignoring_the_reference_or_the_fit_gives_other_errors():
    weighted = propensity_weights(volunteers(), schools("apiclus1"), ON, method="calibrated")
    step = weighted.steps[0]
    exact = replace(step, linearisation=replace(step.linearisation, target_error=None))
    se = {
        name: mean(volunteers().with_step(each), "api00").to_frame()["se"][0]
        for name, each in {"all": step, "exact": exact, "fixed": replace(step, linearisation=None)}.items()
    }
    assert se["exact"] < se["fixed"] < se["all"]
    row = next(row for row in STORED["rows"] if row["case"] == "apiclus1 calibrated ones" and row["kind"] == "mean")
    assert se["all"] ** 2 - se["exact"] ** 2 == pytest.approx(row["reference_se"] ** 2, rel=1e-6)


def test_strata_give_each_class_the_weight_of_the_reference():
    sample, reference = both()
    design = propensity_weights(sample, reference, ["sex", "age"], strata=4)
    table = design.steps[0].table
    assert table.columns.tolist() == ["class", "n", "reference_n", "before", "after", "factor"]
    assert table[["n", "reference_n"]].sum().tolist() == [120, 60]
    assert (table["n"] + table["reference_n"] - 45).abs().max() <= 1
    assert design.weights.sum() == pytest.approx(reference.weights.sum())
    assert len(np.unique((design.weights / sample.weights).round(9))) == 4
    assert (np.diff(table["factor"]) < 0).all()
    assert weight_summary(design).margins is None


def test_errors_of_strata_are_those_of_poststratification_to_estimated_totals():
    sample, reference = both()
    design = propensity_weights(sample, reference, ["sex", "age"], strata=3)
    step, classes = design.steps[0], pd.factorize((design.weights / sample.weights).round(9))[0]
    y, weights = sample.study.frame["y"].to_numpy(), design.weights
    z = (y - weights @ y / weights.sum()) / weights.sum()
    means = np.bincount(classes, weights * z) / np.bincount(classes, weights)
    rows = weights * (z - means[classes])
    here = len(y) * np.var(rows, ddof=1)
    order = np.argsort(np.argsort([-(step.table["factor"] - w).abs().to_numpy() for w in step.table["factor"]]))
    assert len(order) == 3
    by_class = np.array([means[classes[np.isclose(weights / sample.weights, f)][0]] for f in step.table["factor"]])
    there = by_class @ step.linearisation.target_error.covariance @ by_class
    assert mean(design, "y").to_frame()["se"][0] == pytest.approx(np.sqrt(here + there), rel=1e-9)
    again = mean(replicates(design, "bootstrap", replicates=100, seed=1), "y").to_frame()["se"][0]
    assert again == pytest.approx(np.sqrt(here + there), rel=0.35)


def test_replicates_keep_the_classes_of_the_whole_sample_and_find_their_factors_anew():
    sample, reference = both()
    design = propensity_weights(sample, reference, ["sex", "age"], strata=4)
    jackknifed = replicates(design, "JK1")
    own = pd.factorize((design.weights / sample.weights).round(9))[0]
    for number in (0, 50, 119):
        weights = jackknifed.replication.weights(number)
        left = weights > 0
        factors = [np.unique((weights / sample.weights)[left & (own == each)].round(9)) for each in range(4)]
        assert [len(each) for each in factors] == [1, 1, 1, 1]
    se = [mean(each, "y").to_frame()["se"][0] for each in (design, jackknifed)]
    assert se[1] == pytest.approx(se[0], rel=0.03)


def test_a_class_that_a_replicate_leaves_empty_is_named():
    here = pd.DataFrame({"age": [20.0, 21.0, 22.0, 60.0] * 3, "town": [1, 1, 1, 2] * 3})
    there = pd.DataFrame({"age": [20.0, 22.0, 60.0] * 6, "d": [10.0] * 18})
    design = propensity_weights(Design(here, psu="town"), Design(there, weight="d"), "age", strata=2)
    with pytest.raises(
        WeightingError, match=r"^replicate 1 of 2: class 2 of 2 .* nobody of the sample; leave strata out"
    ):
        replicates(design, "JK1")


def test_a_cap_holds_and_is_told():
    design = propensity_weights(*both(), ["sex", "age"], largest=20)
    step = design.steps[0]
    assert (design.weights <= 20 * step.before * (1 + 1e-12)).all()
    assert step.options["largest_factor"] == 20
    assert any("factors are cut off at 20." in note for note in step.notes)
    capped = propensity_weights(*both(), ["sex", "age"], strata=4, largest=20)
    assert capped.weights.sum() < 0.99 * both()[1].weights.sum()


def test_rows_without_a_weight_count_nowhere():
    here = people().assign(w=lambda frame: np.where(np.arange(len(frame)) < 20, 0.0, frame["w"]))
    here.loc[:5, "age"] = np.nan
    there = survey().assign(d=lambda frame: np.where(np.arange(len(frame)) < 9, 0.0, frame["d"]))
    there.loc[:3, "sex"] = "unknown"
    design = propensity_weights(Design(here, weight="w"), Design(there, weight="d"), ["sex", "age"])
    alone = propensity_weights(Design(here[20:], weight="w"), Design(there[9:], weight="d"), ["sex", "age"])
    assert design.weights[20:] == pytest.approx(alone.weights, rel=1e-9)
    assert not design.weights[:20].any()
    assert mean(design, "y").to_frame()["se"][0] == pytest.approx(mean(alone, "y").to_frame()["se"][0], rel=0.01)


def test_the_reference_may_be_cut_to_the_population():
    sample, reference = both()
    cut = propensity_weights(sample, subset(reference, "age < 60"), ["sex", "age"])
    alone = propensity_weights(sample, Design(survey().query("age < 60"), weight="d"), ["sex", "age"])
    assert cut.weights == pytest.approx(alone.weights, rel=1e-9)
    assert cut.steps[0].options["reference"]["n"] == (survey()["age"] < 60).sum()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), method=st.sampled_from(METHODS))
def test_the_order_of_rows_does_not_matter_and_weights_are_positive(seed, method):
    here, there = people(seed), survey(seed + 1)
    rng = np.random.default_rng(seed)
    order, other = rng.permutation(len(here)), rng.permutation(len(there))
    design = propensity_weights(Design(here, weight="w"), Design(there, weight="d"), ["sex", "age"], method=method)
    again = propensity_weights(
        Design(here.iloc[order], weight="w"), Design(there.iloc[other], weight="d"), ["sex", "age"], method=method
    )
    assert again.weights == pytest.approx(design.weights[order], rel=1e-9)
    assert (design.weights > 0).all()


def test_a_reference_that_does_not_count_the_population_is_refused_or_told():
    census = pd.DataFrame({"sex": ["f", "m"]})
    frame = pd.DataFrame({"sex": ["f", "f", "f", "m"]})
    with pytest.raises(WeightingError, match=r"add up to 2 and those of the sample to 4.*method='odds'"):
        propensity_weights(Design(frame), Design(census), "sex")
    design = propensity_weights(Design(frame), Design(census), "sex", method="odds")
    assert design.weights == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1])
    assert any("do not count a population" in note for note in design.steps[0].notes)


def test_what_has_no_solution_is_refused_with_its_column():
    here = pd.DataFrame({"age": [20.0, 21.0, 22.0, 23.0]})
    there = pd.DataFrame({"age": [50.0, 61.0, 72.0, 83.0], "d": [10.0, 10.0, 10.0, 10.0]})
    for method in METHODS:
        with pytest.raises(WeightingError, match=r"no chances of being in the sample .*(age|Intercept) stays furthest"):
            propensity_weights(Design(here), Design(there, weight="d"), "age", method=method)
    crowded = pd.DataFrame({"sex": ["f"] * 40 + ["m"]})
    with pytest.raises(WeightingError, match="or it holds more of them than there are"):
        by_sex(crowded.assign(sex=["f"] * 40 + ["m"]), method="calibrated") and propensity_weights(
            Design(crowded), Design(pd.DataFrame({"sex": ["f", "m"], "d": [30.0, 70.0]}), weight="d"), "sex"
        )
    doubled = people().assign(twice=lambda frame: 2 * frame["age"])
    with pytest.raises(WeightingError, match="twice"):
        propensity_weights(
            Design(doubled), Design(survey().assign(twice=lambda f: 2 * f["age"]), weight="d"), "age + twice"
        )


def test_a_replicate_without_a_solution_is_named():
    frame = pd.DataFrame({"sex": ["f"] * 5 + ["m"]})
    with pytest.raises(WeightingError, match=r"^replicate 6 of 6"):
        replicates(by_sex(frame), "JK1")


def test_a_replicate_without_anybody_is_named():
    cells = Membership(
        Equation("odds"), np.ones((1, 1)), ("Intercept",), np.zeros(1), np.ones(1), where="replicate 2 of 9"
    )
    with pytest.raises(WeightingError, match="replicate 2 of 9: nobody of the sample"):
        cells.solved()


def test_classes_of_chances_that_hold_nobody_are_refused():
    here = pd.DataFrame({"age": [20.0, 21.0, 22.0, 60.0] * 5})
    there = pd.DataFrame({"age": [19.0, 50.0, 61.0, 72.0, 83.0, 90.0] * 3, "d": [10.0] * 18})
    with pytest.raises(
        WeightingError, match=r"class \d of \d+ classes of chances holds nobody of the (sample|reference)"
    ):
        propensity_weights(Design(here), Design(there, weight="d"), "age", strata=9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "ps"}, "method is 'ps'; it can be 'pseudo', 'odds', 'calibrated'"),
        ({"strata": 1}, "strata is 1; it is a number of classes of at least 2"),
        ({"strata": True}, "strata is True"),
        ({"largest": 0}, "largest is 0; it is the factor"),
        ({"largest": "5"}, "largest is '5'"),
    ],
)
def test_options_that_do_not_exist_are_refused(options, message):
    with pytest.raises(WeightingError, match=message):
        propensity_weights(*both(), "sex", **options)


def test_what_is_no_reference_is_refused():
    sample, reference = both()
    with pytest.raises(WeightingError, match="the reference is the sample itself"):
        propensity_weights(sample, sample, "sex")
    with pytest.raises(EstimationError, match="propensity_weights needs a Design"):
        propensity_weights("wave.csv", reference, "sex")
    with pytest.raises(EstimationError, match="as its reference, needs a Design and was given a DataFrame"):
        propensity_weights(sample, survey(), "sex")
    with pytest.raises(UnknownNameError, match="the reference: there is no variable 'w'"):
        propensity_weights(sample, reference, ["sex", "w"])
    with pytest.raises(UnknownNameError, match=r"the sample: there is no variable 'sexx'.*'sex'"):
        propensity_weights(sample, reference, ["sexx"])
    with pytest.raises(WeightingError, match="on names nothing"):
        propensity_weights(sample, reference, [])
    with pytest.raises(WeightingError, match="on names nothing"):
        propensity_weights(sample, reference, " ")
    with pytest.raises(WeightingError, match="names no column"):
        propensity_weights(sample, reference, "1")
    with pytest.raises(WeightingError, match="leaves out the constant"):
        propensity_weights(sample, reference, "age - 1")


def test_notes_name_the_reference_and_what_is_assumed():
    there = Study(
        survey(),
        Codebook((Variable("sex", type="string"), Variable("age"), Variable("d")), title="Household survey 2021"),
    )
    design = propensity_weights(both()[0], Design(there, weight="d"), ["sex", "age"])
    notes = " ".join(mean(design, "y").method["footnotes"])
    for words in (
        "Nonprobability sample",
        "against Household survey 2021 (n 60, weights from column d",
        "among people alike in sex, age, taking part has nothing to do with the answers",
        "nobody is without a chance",
        "Entered as numbers: age.",
    ):
        assert words in notes
    assert design.steps[0].words == (
        "weighted by chances of being in the sample given sex + age (pseudo maximum likelihood)"
    )
    assert design.steps[0].options["reference"]["name"] == "Household survey 2021"
    assert json.dumps(design.steps[0].document())
    assert str(proportion(design, "sex")).count("Nonprobability sample") == 1


def test_a_simulated_reference_is_told():
    book = Codebook((Variable("sex", type="string"), Variable("age"), Variable("d")), notes=(f"{SIMULATED} by a test",))
    design = propensity_weights(both()[0], Design(Study(survey(), book, "rehearsal.sav"), weight="d"), "sex")
    assert any(note.startswith("Of the reference:") for note in design.steps[0].notes)
    assert "against rehearsal.sav" in design.steps[0].notes[0]


def test_nothing_changes_its_argument():
    sample, reference = both()
    before = sample.weights.copy()
    propensity_weights(sample, reference, "sex")
    assert sample.steps == ()
    assert (sample.weights == before).all()
