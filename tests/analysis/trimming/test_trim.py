"""Trimming: the cap holds, what must stay stays, or a refusal says which cap would do; errors know of all of it."""

from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.calibration.calibrate import calibrate, entropy_balance
from topline.analysis.diagnosing.weights import weight_summary
from topline.analysis.estimation.estimate import mean
from topline.analysis.raking.rake import rake
from topline.analysis.replication.carry_out import carried_out
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.step import Linearisation, Replicate, WeightingStep
from topline.analysis.trimming.normalise import normalise
from topline.analysis.trimming.potter import relative_mse
from topline.analysis.trimming.redistribution import Limits, Multiplied
from topline.analysis.trimming.trim import trim
from topline.data.codebook import Codebook, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError, WeightingError

MARGINS = {"region": {"0": 0.2, "1": 0.3, "2": 0.5}, "sex": {"0": 0.4, "1": 0.6}}
ONE = Replicate(0, 1, 1.0)


def sample(seed: int = 1, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "w": rng.lognormal(0, 0.8, n),
            "region": np.arange(n) % 3,
            "sex": rng.integers(0, 2, n),
            "psu": np.arange(n) % 12,
        }
    )
    return frame.assign(y=rng.normal(size=n) + frame["w"])


@cache
def base() -> Design:
    return Design(sample(), weight="w")


@cache
def raked() -> Design:
    return rake(base(), MARGINS)


def shares(design: Design, column: str) -> list[float]:
    sums = pd.Series(design.weights).groupby(design.study.frame[column]).sum()
    return (sums / sums.sum()).tolist()


def sums_by(design: Design, weights: np.ndarray, column: str) -> np.ndarray:
    return np.bincount(design.study.frame[column], weights=weights)


def test_a_proportional_trim_multiplies_everybody_under_the_cap_by_one_factor():
    design = trim(Design(pd.DataFrame({"w": [1.0, 2.0, 4.0, 9.0]}), weight="w"), cap=5)
    # a factor of 11/7 takes the third respondent over the cap, so that two are at it: (16 - 10) / 3
    assert design.weights == pytest.approx([2, 4, 5, 5], rel=1e-14)


def test_equal_parts_add_a_constant_to_everybody_under_the_cap():
    design = trim(Design(pd.DataFrame({"w": [1.0, 2.0, 4.5, 9.0]}), weight="w"), cap=5, redistribute="equal")
    assert design.weights == pytest.approx([1 + 1.75, 2 + 1.75, 5, 5], rel=1e-14)


def test_without_redistribution_the_sum_falls_and_a_note_says_so():
    design = trim(Design(pd.DataFrame({"w": [1.0, 2.0, 9.0]}), weight="w"), cap=5, redistribute="none")
    assert design.weights.tolist() == [1, 2, 5]
    assert "33.3% of the weight was cut off; the sum fell from 12 to 8" in design.steps[-1].brief[0]
    assert design.steps[-1].table["factor"].tolist() == [pytest.approx(8 / 12)]


def test_groups_keep_their_sums_and_those_without_extremes_their_weights():
    frame = pd.DataFrame({"w": [1.0, 1.0, 6.0, 2.0, 3.0], "town": ["a", "a", "a", "b", "b"]})
    design = trim(Design(frame, weight="w"), cap=4, within="town")
    assert design.weights.tolist() == [2, 2, 4, 2, 3]
    table = design.steps[-1].table
    assert table["class"].tolist() == ["town a", "town b"]
    assert table["trimmed"].tolist() == [1, 0]
    assert design.steps[-1].words == "trimmed at 4 within town"
    assert "25.0%" not in design.steps[-1].brief[0]
    assert "15.4% of the weight went to others in the same town" in design.steps[-1].brief[0]


def test_a_floor_raises_small_weights_and_leaves_zeros():
    frame = pd.DataFrame({"w": [0.0, 0.1, 1.0, 2.0, 3.0]})
    design = trim(Design(frame, weight="w"), floor=0.5)
    assert design.weights[:2].tolist() == [0, 0.5]
    assert design.weights.sum() == pytest.approx(6.1)
    assert design.weights[2:] == pytest.approx(np.array([1, 2, 3]) * 5.6 / 6)
    assert design.steps[-1].brief == ("Weights below 0.5 were raised to it: 1 respondent.",)
    assert design.steps[-1].words == "raised to 0.5"
    assert design.steps[-1].options["largest_allowed"] is None


def test_a_group_in_which_everybody_is_outside_the_limits_still_keeps_its_sum():
    design = trim(Design(pd.DataFrame({"w": [1.0, 1.0, 10.0]}), weight="w"), cap=8, floor=1.5, redistribute="equal")
    assert design.weights == pytest.approx([2, 2, 8])


def test_a_cap_at_the_mean_makes_all_weights_equal():
    design = trim(Design(pd.DataFrame({"w": [1.0, 2.0, 9.0]}), weight="w"), cap=4)
    assert design.weights == pytest.approx([4, 4, 4])


@settings(max_examples=40, deadline=None)
@given(
    weights=st.lists(st.floats(0.01, 100), min_size=4, max_size=30),
    cap=st.floats(0.5, 60),
    floor=st.one_of(st.none(), st.floats(0.01, 0.4)),
    how=st.sampled_from(["proportional", "equal", "none"]),
    grouped=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_sums_are_kept_and_nobody_is_over_the_cap_or_it_is_refused(weights, cap, floor, how, grouped, seed):
    frame = pd.DataFrame({"w": weights, "g": np.arange(len(weights)) % 2})
    options = {"cap": cap, "floor": floor, "redistribute": how, "within": "g" if grouped else None}
    before = np.array(weights)
    try:
        after = trim(Design(frame, weight="w"), **options).weights
    except WeightingError as error:
        means = frame.groupby("g")["w"].mean() if grouped else pd.Series([before.mean()])
        assert "The least cap that would do" in str(error) or "The largest floor that would do" in str(error)
        assert means.max() > cap or means.min() < floor
        return
    assert after.max() <= cap
    assert after.min() >= (floor or 0)
    assert (after > 0).all()
    if how == "none":
        assert after == pytest.approx(np.clip(before, floor or 0, cap))
    else:
        groups = frame["g"] if grouped else np.zeros(len(frame), dtype=int)
        assert np.bincount(groups, after) == pytest.approx(np.bincount(groups, before), rel=1e-9)
    order = np.random.default_rng(seed).permutation(len(frame))
    shuffled = trim(Design(frame.iloc[order].reset_index(drop=True), weight="w"), **options).weights
    assert shuffled == pytest.approx(after[order], rel=1e-9)


def test_an_impossible_cap_names_the_group_and_the_least_cap_that_would_do():
    frame = pd.DataFrame({"w": [1.0, 1.0, 6.0, 8.0], "town": ["a", "a", "b", "b"]})
    with pytest.raises(WeightingError) as caught:
        trim(Design(frame, weight="w"), cap=5, within="town")
    assert str(caught.value) == (
        "town b: 2 respondents with a cap of 5 can hold at most 10, and their weights add up to 14. The least cap that "
        "would do is their mean, 7; or choose redistribute='none', which lets the sum change, or wider groups "
        "(within=...)."
    )
    assert trim(Design(frame, weight="w"), cap=7, within="town").weights.tolist() == [1, 1, 7, 7]
    with pytest.raises(WeightingError, match=r"with a floor of 2 can hold at least 4.*The largest floor .* mean, 1;"):
        trim(Design(frame, weight="w"), floor=2, within="town")


def test_a_cap_that_trims_nobody_changes_nothing_and_says_so():
    for design in (base(), raked()):
        trimmed = trim(design, cap=1e6)
        assert trimmed.weights.tolist() == design.weights.tolist()
        assert trimmed.steps[-1].brief[0].startswith("The cap of 1e+06 trims nobody: the largest weight is ")


def test_rules_of_the_cap():
    weights = base().weights
    assert trim(base(), multiple=3).weights.max() == pytest.approx(3 * np.median(weights))
    assert trim(base(), multiple=3, of="mean").weights.max() == pytest.approx(3 * weights.mean())
    assert trim(base(), quantile=0.93).weights.max() == pytest.approx(np.quantile(weights, 0.93))
    step = trim(base(), quantile=0.93).steps[-1]
    assert step.options["quantile"] == 0.93
    assert step.notes[-1] == "How the cap was found: the 0.93 quantile of the weights."
    assert step.options["trimmed"] == int((weights > np.quantile(weights, 0.93)).sum()) == 5


def test_potter_takes_the_candidate_with_the_least_mean_squared_error():
    frame = sample().assign(z=lambda each: np.cos(np.arange(60)))
    design = Design(frame, weight="w", psu="psu")
    untrimmed = mean(design, ["y", "z"]).to_frame()
    caps = [2.0, 2.5, 3.0, 4.0, float(frame["w"].max())]
    by_hand = []
    for cap in caps:
        tried = mean(trim(design, cap=cap), ["y", "z"]).to_frame()
        bias = (tried["estimate"] - untrimmed["estimate"]) ** 2 - (tried["se"] - untrimmed["se"]) ** 2
        by_hand.append(((tried["se"] ** 2 + bias.clip(lower=0)) / untrimmed["se"] ** 2).mean())
    step = trim(design, potter=["y", "z"], candidates=[1.0, *caps]).steps[-1]
    found = {each["cap"]: each["mse"] for each in step.options["tried"]}
    assert [found[cap] for cap in caps] == pytest.approx(by_hand, rel=1e-12)
    assert 1.0 not in found  # below the mean weight: cannot be carried out
    assert step.options["largest_allowed"] == caps[int(np.argmin(by_hand))]
    assert found[caps[-1]] == pytest.approx(1)
    assert step.options["potter"] == ["y", "z"]


def test_potter_is_cox_and_mcgraths_formula_where_the_bias_is_beyond_its_error():
    u, se_u, t, se_t = (np.array([value]) for value in (3.0, 1.0, 4.0, 0.8))
    assert relative_mse(u, se_u, t, se_t) == pytest.approx((t - u) ** 2 - se_u**2 + 2 * se_t * se_u)


def test_potter_trims_unrelated_outcomes_hard_and_related_ones_little():
    frame = sample(n=600).assign(noise=lambda each: np.random.default_rng(5).normal(size=600))
    design = Design(frame.assign(tied=frame["w"] * 10), weight="w")
    hard, mild = (trim(design, potter=name).steps[-1].options["largest_allowed"] for name in ("noise", "tied"))
    assert hard < 2 * frame["w"].mean() < mild


def test_potters_cap_stays_in_replicates():
    design = replicates(Design(sample(), weight="w", psu="psu"), "JK1")
    trimmed = trim(design, potter="y", candidates=3)
    cap = trimmed.steps[-1].options["largest_allowed"]
    caps = [change[0].limits.cap for change in trimmed.replication.changes.made]
    assert set(caps) == {cap}


def test_margins_and_cap_hold_together():
    trimmed = trim(raked(), cap=2.4)
    assert raked().weights.max() > 3.5
    assert trimmed.weights.max() <= 2.4 * (1 + 1e-9)
    assert shares(trimmed, "region") == pytest.approx([0.2, 0.3, 0.5], abs=1e-10)
    assert shares(trimmed, "sex") == pytest.approx([0.4, 0.6], abs=1e-10)
    assert trimmed.weights.sum() == pytest.approx(raked().weights.sum(), rel=1e-10)
    assert trimmed.steps[-1].words == "trimmed at 2.4, margins kept"
    assert trimmed.steps[-1].options["recalibrate"] is True
    assert weight_summary(trimmed).worst_after < 1e-10


def test_weights_that_keep_margins_are_the_nearest_in_the_raking_distance():
    trimmed = trim(raked(), cap=2.4)
    free = trimmed.weights < 2.4
    frame = trimmed.study.frame[free]
    logs = np.log(trimmed.weights / raked().weights)[free]
    columns = np.column_stack([np.ones(len(frame)), frame["region"] == 1, frame["region"] == 2, frame["sex"] == 1])
    fitted = columns @ np.linalg.lstsq(columns, logs, rcond=None)[0]
    assert logs == pytest.approx(fitted, abs=1e-9)
    assert ((trimmed.weights / raked().weights)[~free] <= np.exp(logs.max()) + 1e-9).all()


def test_other_steps_that_fit_weights_are_kept_as_well():
    y, w = sample()["y"], sample()["w"]
    wanted = float(y @ w / w.sum()) + 0.02
    for fitted in (
        calibrate(base(), MARGINS, means={"y": wanted}, distance="raking"),
        entropy_balance(base(), {"y": wanted}),
    ):
        trimmed = trim(fitted, cap=3)
        assert trimmed.weights.max() <= 3 < fitted.weights.max()
        assert mean(trimmed, "y").to_frame()["estimate"][0] == pytest.approx(wanted, rel=1e-9)
        assert mean(trimmed, "y").to_frame()["se"][0] < 1e-7
        loose = trim(fitted, cap=3, recalibrate=False).steps[-1]
        assert f"margins of {fitted.steps[-1].kind}: the mean of y by " in loose.brief[1]
    assert shares(trim(calibrate(base(), MARGINS), cap=3), "sex") == pytest.approx([0.4, 0.6], abs=1e-10)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), cap=st.floats(1.2, 5), within=st.sampled_from([None, "psu"]))
def test_margins_hold_under_the_cap_or_it_is_refused_with_one_that_does(seed, cap, within):
    design = rake(Design(sample(seed), weight="w"), MARGINS)
    try:
        trimmed = trim(design, cap=cap, within=within)
    except WeightingError as error:
        assert "would do" in str(error)
        return
    assert trimmed.weights.max() <= cap * (1 + 1e-9)
    assert trimmed.weights.min() > 0
    assert shares(trimmed, "region") == pytest.approx([0.2, 0.3, 0.5], abs=1e-9)
    assert shares(trimmed, "sex") == pytest.approx([0.4, 0.6], abs=1e-9)
    if within:
        assert sums_by(design, trimmed.weights, "psu") == pytest.approx(sums_by(design, design.weights, "psu"))


def test_a_refusal_names_what_is_left_and_a_cap_that_does():
    with pytest.raises(
        WeightingError, match=r"region 2: 20 respondents with a cap of 1.3 can hold at most 26, and"
    ) as told:
        trim(raked(), cap=1.3)
    found = float(str(told.value).split("A cap of ")[1].split(" would do")[0])
    assert trim(raked(), cap=found).weights.max() <= found
    with pytest.raises(WeightingError, match="would do"):
        trim(raked(), cap=found * 0.99)
    with pytest.raises(WeightingError, match=r"can hold at least .* No cap would do with this floor"):
        trim(raked(), cap=5, floor=1.2)


def test_margins_that_only_together_leave_no_room_are_refused_with_a_cap_that_does():
    pairs = [("1", "1")] * 50 + [("1", "2")] * 10 + [("2", "1")] * 5 + [("2", "2")] * 50
    design = rake(
        Design(pd.DataFrame(pairs, columns=["a", "b"])), {"a": {"1": 0.7, "2": 0.3}, "b": {"1": 0.3, "2": 0.7}}
    )
    # each category has room at 3; but who is in a 1 and b 2 must hold more than 0.4 of the weight: 46 for ten
    with pytest.raises(
        WeightingError, match=r"no weights between 0 and 3 keep the margins of rake: after \d+ iter"
    ) as told:
        trim(design, cap=3)
    assert 4.6 <= float(str(told.value).split("A cap of ")[1].split(" would do")[0]) < 4.61
    kept = trim(design, cap=4.61)
    assert shares(kept, "a") == pytest.approx([0.7, 0.3], abs=1e-9)


def test_margins_that_are_not_kept_are_told_of():
    trimmed = trim(raked(), cap=2.4, recalibrate=False)
    assert "Trimming moved the margins of rake: the share of region" in trimmed.steps[-1].brief[1]
    table = trimmed.steps[-1].table
    assert table["before"].tolist() == pytest.approx([0.2, 0.3, 0.5, 0.4, 0.6])
    assert table["after"].tolist() == pytest.approx([*shares(trimmed, "region"), *shares(trimmed, "sex")])
    assert weight_summary(trimmed).worst_after == pytest.approx((table["after"] - table["target"]).abs().max())
    assert trim(raked(), cap=2.4, redistribute="equal").steps[-1].options["recalibrate"] is False
    assert len(trim(raked(), cap=1e6, recalibrate=False).steps[-1].brief) == 1


def test_totals_are_told_of_when_the_sum_is_not_kept():
    frame = pd.DataFrame({"type": ["E"] * 4 + ["H"] * 4, "w": [1.0, 1, 1, 5, 1, 1, 1, 1]})
    for fit in (calibrate, rake):
        counted = fit(Design(frame, weight="w"), {"type": {"E": 80, "H": 40}})
        said = trim(counted, cap=41, redistribute="none").steps[-1].brief[-1]
        moved = "the total of type E by 11% of itself, the share of type H by 8.1% of itself."
        assert said == f"Trimming moved the margins of {counted.steps[-1].kind}: {moved}"
        scaled = trim(normalise(counted), cap=41 * 8 / 120, redistribute="none").steps[-1].brief[-1]
        assert scaled == said


def test_margins_that_no_longer_hold_are_refused_and_scaled_ones_kept():
    moved = trim(raked(), cap=2.4, recalibrate=False)
    with pytest.raises(WeightingError, match=r"margins of rake no longer hold: region .* last step being trim"):
        trim(moved, cap=2.2)
    scaled = trim(normalise(raked(), to=1000), multiple=2)
    assert shares(scaled, "region") == pytest.approx([0.2, 0.3, 0.5], abs=1e-10)
    assert scaled.weights.sum() == pytest.approx(1000)


def test_weights_beyond_the_bounds_of_the_raking_are_told_of():
    bounded = rake(base(), MARGINS, bounds=(0.5, 2))
    assert "beyond the bounds 0.5 to 2 of rake" in trim(bounded, cap=2.6).steps[-1].notes[-1]
    by_weight = calibrate(base(), MARGINS, distance="raking", bounds=(0.01, 3), bounds_on="weights")
    assert not any("bounds" in note for note in trim(by_weight, cap=2.6).steps[-1].notes)
    assert not any("bounds" in note for note in trim(rake(base(), MARGINS, bounds=(0.01, 9)), cap=2.6).steps[-1].notes)


def fitted_to_numbers() -> Design:
    """Give a design whose last step kept a mean, as a calibration does, without its margins in a table."""
    x = np.column_stack([np.ones(60), np.linspace(0, 1000, 60) % 97])
    before = base().weights
    task = Unchanged()
    linear = Linearisation(before.copy(), (x,), np.zeros(60), before)
    return carried_out(
        base(),
        WeightingStep(kind="calibrate", words="", before=before, after=before.copy(), task=task, linearisation=linear),
    )


class Unchanged:
    classes = None

    def replayed(self, weights, frequency, replicate):
        return Multiplied(((np.zeros(60, dtype=np.int64), 1),), np.zeros(1), Limits(0.0, np.inf))


def test_totals_of_numbers_are_kept_too():
    design = fitted_to_numbers()
    x = np.linspace(0, 1000, 60) % 97
    trimmed = trim(design, cap=2.5)
    assert trimmed.weights.max() <= 2.5
    assert trimmed.weights @ x == pytest.approx(design.weights @ x, rel=1e-10)
    assert trimmed.weights.sum() == pytest.approx(design.weights.sum(), rel=1e-10)
    with pytest.raises(WeightingError, match=r"auxiliary \d of calibrate|all weights"):
        trim(design, cap=1.22)
    loose = trim(design, cap=2.5, recalibrate=False)
    assert "auxiliary 2 of calibrate" in loose.steps[-1].brief[1]
    assert loose.steps[-1].table["class"].tolist() == ["all"]


def numeric_se(design: Design) -> float:
    """Give the standard error of the mean of y from derivatives of all steps by each row's frequency."""
    y, n = design.study.frame["y"].to_numpy(), len(design.weights)

    def theta(frequency: np.ndarray) -> float:
        weights = design.steps[0].before
        for step in design.steps:
            weights = step.task.replayed(weights, frequency, ONE).applied(weights, slice(None))
        return (frequency * weights) @ y / (frequency @ weights)

    def moved(row: int, by: float) -> float:
        return theta(np.ones(n) + by * (np.arange(n) == row))

    step = 1e-5
    influence = np.array([(moved(row, step) - moved(row, -step)) / (2 * step) for row in range(n)])
    return float(np.sqrt(n / (n - 1) * ((influence - influence.mean()) ** 2).sum()))


WEIGHTED = {
    "proportional": lambda: trim(base(), cap=3, within="sex"),
    "with a floor": lambda: trim(base(), cap=3, floor=0.5),
    "equal": lambda: trim(base(), cap=3, redistribute="equal", within="sex"),
    "equal, two-sided": lambda: trim(base(), cap=1.7, floor=0.7, redistribute="equal"),
    "equal, all outside": lambda: trim(base(), cap=1.3, floor=1.2, redistribute="equal"),
    "none": lambda: trim(base(), cap=3, redistribute="none"),
    "raked, then none": lambda: trim(raked(), cap=3, redistribute="none"),
    "raked, then loosely": lambda: trim(raked(), cap=3, recalibrate=False),
    "raked, then equal": lambda: trim(raked(), cap=2, floor=0.5, redistribute="equal", within="sex"),
    "raked, then kept": lambda: trim(raked(), cap=2.4),
    "raked, then kept within": lambda: trim(raked(), cap=3, within="sex"),
    "to counts, then kept": lambda: trim(rake(base(), {"region": {"0": 2000, "1": 3000, "2": 5000}}), cap=400),
    "trimmed, then raked": lambda: rake(trim(base(), cap=3), MARGINS),
    "four steps": lambda: trim(rake(trim(base(), cap=3, floor=0.4, redistribute="equal"), MARGINS), cap=2.5),
    "calibrated, then kept": lambda: trim(calibrate(base(), MARGINS, distance="logit", bounds=(0.3, 3)), cap=3),
    "numbers kept": lambda: trim(fitted_to_numbers(), cap=2.5),
}


@pytest.mark.parametrize("case", WEIGHTED)
def test_standard_errors_are_those_of_derivatives_through_all_steps(case):
    design = WEIGHTED[case]()
    assert mean(design, "y").to_frame()["se"][0] == pytest.approx(numeric_se(design), rel=1e-7)


def test_fixed_weights_would_give_another_error():
    trimmed = trim(raked(), cap=2.4)
    fixed = Design(sample().assign(v=trimmed.weights), weight="v")
    ratio = mean(trimmed, "y").to_frame()["se"][0] / mean(fixed, "y").to_frame()["se"][0]
    assert ratio == pytest.approx(0.836, abs=0.001)


def test_bootstrap_multiplicities_do_not_trigger_trimming():
    equal = Design(pd.DataFrame({"w": np.ones(40), "psu": np.arange(40), "y": np.arange(40.0)}), weight="w", psu="psu")
    drawn = replicates(equal, "bootstrap", replicates=20, seed=3)
    assert drawn.replication.weights(0).max() > 1.5
    trimmed = trim(drawn, cap=1.5)
    for number in range(20):
        assert trimmed.replication.weights(number) == pytest.approx(drawn.replication.weights(number), rel=1e-14)
    by_rule = trim(drawn, multiple=1.2)
    assert by_rule.replication.weights(0) == pytest.approx(drawn.replication.weights(0), rel=1e-14)


def test_caps_by_rule_are_found_anew_in_each_replicate():
    design = replicates(Design(sample(), weight="w", psu="psu"), "bootstrap", replicates=30, seed=3)
    trimmed = trim(design, multiple=2, of="mean")
    found = []
    for number, (change,) in enumerate(trimmed.replication.changes.made):
        weights = design.replication.weights(number)
        times = weights / design.weights
        assert change.limits.cap == pytest.approx(2 * weights.sum() / times.sum())
        after = trimmed.replication.weights(number)
        assert after.sum() == pytest.approx(weights.sum())
        assert (after <= change.limits.cap * times * (1 + 1e-12)).all()
        found.append(change.limits.cap)
    assert np.std(found) > 0.05
    median = trim(design, multiple=2).replication.changes.made[0][0].limits.cap
    times = np.round(design.replication.weights(0) / design.weights * 11 / 12).astype(int)
    assert median == pytest.approx(2 * np.median(np.repeat(design.weights, times)))


def test_bootstrap_and_taylor_errors_agree_when_margins_are_kept():
    frame = sample(n=400)
    design = trim(rake(Design(frame, weight="w"), MARGINS), cap=3)
    taylor = mean(design, "y").to_frame()["se"][0]
    drawn = mean(replicates(design, "bootstrap", replicates=200, seed=1), "y").to_frame()["se"][0]
    assert drawn == pytest.approx(taylor, rel=0.12)


def test_a_replicate_that_cannot_be_trimmed_is_named():
    design = replicates(Design(sample(), weight="w", psu="psu"), "JK1")
    with pytest.raises(WeightingError, match=r"^replicate \d+ of 12: .* with a cap of"):
        trim(design, cap=float(design.weights.mean()) * 1.0001)
    with pytest.raises(WeightingError, match="replicate 1 of 1 holds nobody"):
        trim(base(), cap=3).steps[-1].task.replayed(base().weights, np.zeros(60), ONE)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "no cap is given"),
        ({"cap": 3, "multiple": 2}, "cap and multiple are given"),
        ({"quantile": 0.9, "potter": "y"}, "quantile and potter are given"),
        ({"cap": 0}, "cap is 0; it is above 0"),
        ({"cap": float("nan")}, "cap is nan; it is above 0 and finite"),
        ({"cap": True}, "cap is True; it is a number"),
        ({"cap": "3"}, "cap is '3'; it is a number"),
        ({"quantile": 1.0}, "quantile is 1.0; it is a share"),
        ({"multiple": -2}, "multiple is -2"),
        ({"multiple": 3, "of": "mode"}, "of is 'mode'"),
        ({"cap": 3, "floor": -1}, "floor is -1"),
        ({"cap": 3, "floor": 3}, "the floor is 3 and the cap 3; the floor must be below"),
        ({"multiple": 0.5, "floor": 2}, "0.5 times the median weight; the floor"),
        ({"cap": 3, "redistribute": "all"}, "redistribute is 'all'"),
        ({"cap": 3, "recalibrate": True}, "recalibrate=True needs margins"),
        ({"cap": 3, "max_iterations": 0}, "max_iterations is 0"),
        ({"potter": []}, "potter names no outcome"),
        ({"potter": "y", "candidates": 1}, "candidates is 1"),
        ({"potter": "y", "candidates": []}, "candidates is empty"),
        ({"potter": "y", "candidates": [0.1]}, "none of the candidates .* a cap of 0.1: 60 respondents"),
        ({"potter": "same"}, "mean of same has a standard error of 0"),
        ({"cap": 3, "within": "gaps"}, "gaps is missing in 1 of 60 weighted rows"),
    ],
)
def test_wrong_options_are_refused(options, told):
    frame = sample().assign(same=1.0, gaps=["a", None] + ["b"] * 58)
    with pytest.raises(WeightingError, match=told):
        trim(Design(frame, weight="w"), **options)


def test_margins_exclude_other_ways_to_redistribute():
    with pytest.raises(WeightingError, match="redistribute='equal' and recalibrate=True exclude each other"):
        trim(raked(), cap=3, redistribute="equal", recalibrate=True)


def test_other_things_than_designs_and_columns_are_refused():
    with pytest.raises(EstimationError, match="trim needs a Design"):
        trim(sample(), cap=3)
    with pytest.raises(UnknownNameError, match="region"):
        trim(base(), cap=3, within="regoin")


def test_weights_below_zero_are_refused():
    before = base().weights.copy()
    before[0] = -1.0
    step = WeightingStep(kind="other", words="", before=base().weights, after=before, task=Unchanged())
    with pytest.raises(WeightingError, match="1 weights are below 0, and a cap"):
        trim(base().with_step(step), cap=3)


@pytest.mark.parametrize("dtype", ["string", "category", "Int64", "float64", "bool", "arrow", "polars", "labelled"])
def test_groups_of_any_type(dtype):
    frame = sample()
    expected = trim(Design(frame, weight="w"), cap=3, within="sex").weights
    if dtype == "polars":
        data = pl.DataFrame(frame.to_dict("list"))
    elif dtype == "labelled":
        data = Study(
            frame, Codebook(tuple(Variable(name, labels={0: "m", 1: "f"} if name == "sex" else {}) for name in frame))
        )
    else:
        data = frame.assign(sex=frame["sex"].astype("int64[pyarrow]" if dtype == "arrow" else dtype))
    design = trim(Design(data, weight="w"), cap=3, within="sex")
    assert design.weights == pytest.approx(expected, rel=1e-14)
    assert len(design.steps[-1].table) == 2


def test_rows_without_weight_need_no_group_and_stay_out():
    frame = pd.DataFrame({"w": [0.0, 1.0, 1.0, 4.0], "town": [None, "a", "a", "a"]})
    design = trim(Design(frame, weight="w"), cap=3, within="town")
    assert design.weights == pytest.approx([0, 1.5, 1.5, 3])
    assert design.steps[-1].table["n"].tolist() == [3]


def test_one_class_and_one_row_are_no_trouble():
    assert trim(Design(pd.DataFrame({"w": [2.0]}), weight="w", lone_psu="centre"), cap=3).weights.tolist() == [2]
    with pytest.raises(WeightingError, match="1 respondents with a cap of 1"):
        trim(Design(pd.DataFrame({"w": [2.0]}), weight="w", lone_psu="centre"), cap=1)


def test_a_step_is_plain_values_for_json_and_nothing_is_changed():
    import json

    design = base()
    before = design.weights.copy()
    document = trim(design, potter="y", candidates=4).steps[-1].document()
    assert json.loads(json.dumps(document))["kind"] == "trim"
    assert (design.weights == before).all()
    assert design.steps == ()
