"""The log of steps, the split of the design effect, groups, histogram and targets met or lost."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.diagnosing.deff_parts import deff_by, deff_parts
from topline.analysis.diagnosing.spread import spread
from topline.analysis.diagnosing.undone import FixedTask, Multiplied, after_steps, multiplied
from topline.analysis.diagnosing.weight_histogram import weight_histogram
from topline.analysis.diagnosing.weight_log import significant, weight_log
from topline.analysis.diagnosing.weights import weight_summary
from topline.analysis.nonresponse.nonresponse import nonresponse
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.step import WeightingStep
from topline.analysis.sampling.subpopulation import subset
from topline.analysis.targets.target_tables import target_tables
from topline.analysis.trimming.trim import trim
from topline.data.errors import EstimationError, UnknownNameError, WeightingError

MARGINS = {"sex": {"f": 0.51, "m": 0.49}, "age": {"old": 0.6, "young": 0.4}}


def sample(rows: int = 240) -> pd.DataFrame:
    random = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "sex": random.choice(["f", "m"], rows, p=[0.65, 0.35]),
            "age": random.choice(["old", "young"], rows, p=[0.45, 0.55]),
            "region": random.choice(["north", "south"], rows),
            "w": random.uniform(1, 4, rows),
            "trust": random.normal(5, 2, rows),
            "answered": random.random(rows) < 0.7,
        }
    )


@pytest.fixture(scope="module")
def weighted() -> Design:
    """Three steps: some do not answer, the others are raked, the largest weights are trimmed."""
    base = Design(sample(), weight="w")
    answered = nonresponse(base, "answered", within="region")
    return trim(rake(answered, MARGINS), cap=6.0, recalibrate=False)


def test_each_step_has_a_row_with_the_numbers_of_its_weights(weighted):
    log = weight_log(weighted).to_frame()
    assert log["kind"].tolist() == ["start", "nonresponse", "rake", "trim"]
    assert log["words"].tolist()[0] == "weights from column w"
    for row, weights in zip(
        log.to_dict("records"), [weighted.steps[0].before, *(step.after for step in weighted.steps)], strict=True
    ):
        there = weights[weights > 0]
        assert row["n"] == len(there)
        assert row["sum"] == pytest.approx(there.sum())
        assert row["deff"] == pytest.approx(1 + there.var() / there.mean() ** 2)
        assert row["effective_n"] == pytest.approx(row["n"] / row["deff"])
        assert row["ratio"] == pytest.approx(there.max() / there.min())


def test_the_worst_margin_is_measured_among_those_who_came_to_the_raking(weighted):
    log = weight_log(weighted).to_frame()
    data, rows = sample(), weighted.steps[1].before > 0
    for place, weights in ((0, weighted.steps[0].before), (1, weighted.steps[0].after), (3, weighted.weights)):
        own = np.where(rows, weights, 0)
        off = [abs(own[data[v] == c].sum() / own.sum() - t) for v, each in MARGINS.items() for c, t in each.items()]
        assert log["worst"][place] == pytest.approx(max(off))
    assert log["worst"][2] < 1e-9 < log["worst"][3]


def test_the_log_prints_in_columns_and_documents_itself(weighted):
    log = weight_log(weighted)
    text = str(log)
    assert text.startswith("Weights step by step\n")
    assert "raked on sex, age to given margins" in text and "worst" in text
    assert len(log) == 4
    document = json.loads(json.dumps(log.document(), allow_nan=False))
    assert document["method"]["name"] == "log" and document["rows"][2]["kind"] == "rake"
    assert "| step | words |" in log.to_markdown()
    assert "<h1>Weights step by step</h1>" in log.to_html()
    assert "effective n" in log.plot().description


def test_without_targets_there_is_no_worst_margin():
    log = weight_log(Design(sample(), weight="w"))
    assert log.to_frame()["worst"].isna().all()
    assert "worst" not in str(log)
    assert weight_log(Design(sample())).document()["rows"][0]["worst"] is None


def test_a_table_of_targets_that_shares_do_not_agree_with_is_left_alone():
    """Rows that nothing assigns to categories give no shares, rather than wrong ones."""
    design = Design(pd.DataFrame({"sex": ["f", "f", "m"]}))
    table = pd.DataFrame(
        {
            "variable": "income",
            "category": ["low", "high"],
            "target": 0.5,
            "before": 0.4,
            "after": [0.5, 0.5],
            "n": [1, 2],
        }
    )
    step = WeightingStep(
        kind="calibrate",
        words="calibrated",
        before=design.weights,
        after=design.weights.copy(),
        task=FixedTask(Multiplied(np.ones(3))),
        table=table,
    )
    fitted = design.with_step(step)
    (known,) = target_tables(fitted)
    assert known.members == () and np.isnan(known.worst(np.ones(3)))
    log = weight_log(fitted).to_frame()
    assert np.isnan(log["worst"][0]) and log["worst"][1] == 0
    named = table.assign(variable="sex", category=["f", "m"])
    wrong = design.with_step(WeightingStep(**{**vars(step), "table": named}))
    assert target_tables(wrong)[0].members == ()
    right = named.assign(before=[2 / 3, 1 / 3], after=[2 / 3, 1 / 3])
    (found,) = target_tables(design.with_step(WeightingStep(**{**vars(step), "table": right})))
    assert found.worst(np.array([1.0, 1.0, 2.0])) == pytest.approx(0.0)
    other = right.assign(category=["f", "diverse"])
    assert target_tables(design.with_step(WeightingStep(**{**vars(step), "table": other})))[0].members == ()


def test_factors_multiply_to_the_design_effect_and_logarithms_add_up(weighted):
    parts = deff_parts(weighted).to_frame()
    final = spread(weighted.weights).deff
    assert parts["factor"].prod() == pytest.approx(final)
    assert parts["log"].sum() == pytest.approx(np.log(final))
    assert parts["part"].sum() == pytest.approx(1)
    assert (parts["of_rows"] * parts["of_weights"]).tolist() == pytest.approx(parts["factor"].tolist())
    assert parts["of_rows"].tolist()[2:] == [1, 1]
    assert parts["factor"].tolist()[3] < 1


def test_rows_that_leave_are_told_apart_from_weights_that_change(weighted):
    parts = deff_parts(weighted).to_frame()
    before = weighted.steps[0].before
    stayed = before[weighted.steps[0].after > 0]
    assert parts["of_rows"][1] == pytest.approx(spread(stayed).deff / spread(before).deff)
    assert parts["of_weights"][1] == pytest.approx(spread(weighted.steps[0].after).deff / spread(stayed).deff)


def test_equal_weights_have_no_parts_and_still_a_chart():
    parts = deff_parts(Design(sample()))
    assert parts.to_frame()["factor"].tolist() == [1] and parts.to_frame()["part"].isna().all()
    assert "× 1.000" in parts.plot().description


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=30), st.integers(0, 2**16))
def test_the_split_holds_for_any_weights_and_factors(weights, seed):
    random = np.random.default_rng(seed)
    base = np.array(weights)
    design = Design(pd.DataFrame({"w": base}), weight="w")
    factors = random.uniform(0.2, 3, (2, len(base)))
    factors[0, 1:][random.random(len(base) - 1) < 0.4] = 0
    for each in factors:
        design = multiplied(design, "fixed", "multiplied", each)
    assert deff_parts(design).to_frame()["factor"].prod() == pytest.approx(spread(design.weights).deff)


def test_groups_stand_alone_or_crossed_and_rows_without_a_value_are_one_too():
    data = sample().astype({"sex": "category"})
    data.loc[:9, "sex"] = None
    found = deff_by(Design(data, weight="w"), ["sex", ("sex", "age")])
    frame = found.to_frame()
    assert frame["category"].tolist()[:4] == ["everybody", "f", "m", "(missing)"]
    assert frame["variable"].unique().tolist() == ["", "sex", "sex × age"]
    assert frame[frame["variable"] == "sex"]["n"].sum() == 240
    assert frame[frame["variable"] == "sex"]["share"].sum() == pytest.approx(1)
    assert "(missing), old" in set(frame["category"])
    assert "everybody: n 240" in found.plot().description
    with pytest.raises(UnknownNameError, match="'sex'"):
        deff_by(Design(data), "sexx")
    for by in (3, None, [3], [("sex", 3)], [()]):
        with pytest.raises(EstimationError, match="it names columns, e"):
            deff_by(Design(data), by)


def test_a_histogram_counts_everybody_and_holds_all_the_weight(weighted):
    found = weight_histogram(weighted, bins=12)
    frame = found.to_frame()
    assert len(frame) == 12
    assert frame["after"].sum() == (weighted.weights > 0).sum()
    assert frame["before"].sum() == 240
    assert frame["weight"].sum() == pytest.approx(1)
    assert "Line: before them" in str(found.plot().to_dict()["title"])
    assert "Histogram of weights over their mean" in found.plot().description


def test_large_weights_get_a_line_at_five_times_the_mean():
    design = Design(pd.DataFrame({"w": [1.0] * 99 + [30.0]}), weight="w")
    found = weight_histogram(design)
    assert "1 above 5 times" in str(found)
    assert "DeBell" in str(found.plot().to_dict()["title"])
    with pytest.raises(WeightingError, match="bins is 0"):
        weight_histogram(design, bins=0)


def test_the_summary_shows_a_target_that_a_later_step_moved_away_from(weighted):
    summary = weight_summary(weighted)
    assert summary.worst_after == pytest.approx(weight_log(weighted).to_frame()["worst"].iloc[-1])
    assert summary.worst_before == pytest.approx(weight_log(weighted).to_frame()["worst"].iloc[0])
    assert weight_summary(after_steps(weighted, 2)).worst_after < 1e-9


def test_weights_below_zero_count_and_have_no_ratio():
    found = spread(np.array([2.0, -1.0, 0.0, 3.0]))
    assert (found.n, found.sum, found.minimum) == (3, 4.0, -1.0) and np.isnan(found.ratio)
    assert found.effective_n == pytest.approx(16 / 14)
    none = spread(np.zeros(2))
    assert none.n == 0 and np.isnan(none.deff)
    below = multiplied(Design(sample(), weight="w"), "odd", "turned", np.where(np.arange(240) < 5, -1.0, 1.0))
    assert "(ratio -)" in str(weight_summary(below))
    assert weight_summary(below).document()["method"]["ratio"] is None
    assert weight_histogram(below).to_frame()["after"].sum() == 240


def test_what_is_no_design_is_refused_by_name():
    for function in (weight_log, deff_parts, weight_histogram):
        with pytest.raises(EstimationError, match=f"{function.__name__} needs a Design"):
            function(sample())
    assert significant(0.0) == "0"


def test_a_part_has_the_design_effects_of_its_own_rows_and_the_weighting_is_that_of_all(weighted):
    part = subset(weighted, {"sex": "f"})
    own = weighted.study.frame.assign(final=weighted.weights)
    alone = Design(own[(own["sex"] == "f") & (own["final"] != 0)], weight="final")
    found = deff_by(part, "age")
    assert found.about[0] == "Of those where sex f."
    pd.testing.assert_frame_equal(found.to_frame(), deff_by(alone, "age").to_frame(), rtol=1e-12)
    said = "Of all rows: weighting is about the whole sample, and not only where sex f."
    for look in (weight_log, deff_parts, weight_histogram, weight_summary):
        assert said in look(part).notes
        assert said not in look(weighted).notes
        assert look(part).to_frame().equals(look(weighted).to_frame())
