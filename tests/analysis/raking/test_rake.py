import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.diagnosing.weights import weight_summary
from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, MissingKind, Study, Variable, study_of
from topline.data.description import SIMULATED
from topline.data.errors import UnknownNameError, WeightingError
from topline.data.margins import margins


def sample(seed: int = 1, rows: int = 400) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sex": random.choice([1.0, 2.0], rows, p=[0.6, 0.4]),
            "age4": random.choice([1.0, 2.0, 3.0, 4.0], rows, p=[0.4, 0.3, 0.2, 0.1]),
            "town": random.choice(["n", "s"], rows),
            "y": random.normal(size=rows),
            "base": random.gamma(5, 1, rows),
        }
    )


MARGINS = {"sex": {"1": 0.49, "2": 0.51}, "age4": {"1": 0.2, "2": 0.25, "3": 0.3, "4": 0.25}}


def shares(design: Design, column: str) -> dict:
    frame = design.study.frame.assign(w=design.weights)
    return (frame.groupby(column)["w"].sum() / frame["w"].sum()).to_dict()


def test_raked_margins_equal_their_targets_and_the_sum_of_the_weights_is_kept():
    base = Design(sample(), weight="base")
    raked = rake(base, MARGINS)
    for column, targets in MARGINS.items():
        found = shares(raked, column)
        assert [found[float(code)] for code in targets] == pytest.approx(list(targets.values()), abs=1e-9)
    assert raked.weights.sum() == pytest.approx(base.weights.sum(), rel=1e-12)
    assert base.raking is None


def test_counts_scale_the_weights_to_the_population():
    raked = rake(Design(sample()), {"sex": {"1": 490_000, "2": 510_000}, "age4": MARGINS["age4"]})
    assert raked.weights.sum() == pytest.approx(1_000_000, rel=1e-9)
    assert raked.weights[raked.study.frame["sex"] == 1].sum() == pytest.approx(490_000, rel=1e-8)


def test_raking_multiplies_by_one_factor_for_each_margin():
    """In two margins the odds ratios between cells stay those of the base weights."""
    base = Design(sample(), weight="base")
    raked = rake(base, MARGINS)
    ratio = pd.Series(raked.weights / base.weights).groupby([base.study.frame["sex"], base.study.frame["age4"]]).mean()
    table = np.log(ratio.unstack().to_numpy())
    additive = table.mean(axis=0) + table.mean(axis=1)[:, None] - table.mean()
    assert table == pytest.approx(additive, abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), low=st.floats(0.05, 0.9), high=st.floats(1.2, 6))
def test_margins_and_bounds_hold_together_or_are_refused(seed, low, high):
    base = Design(sample(seed), weight="base")
    try:
        raked = rake(base, MARGINS, bounds=(low, high))
    except WeightingError as error:
        assert "bounds" in str(error)
        return
    ratio = raked.weights / base.weights
    assert ratio.min() >= low * (1 - 1e-9)
    assert ratio.max() <= high * (1 + 1e-9)
    assert (raked.weights > 0).all()
    for column, targets in MARGINS.items():
        found = shares(raked, column)
        assert [found[float(code)] for code in targets] == pytest.approx(list(targets.values()), abs=1e-9)


def test_bounds_that_bind_are_reached_and_hold():
    base = Design(sample(), weight="base")
    free, bound = rake(base, MARGINS), rake(base, MARGINS, bounds=(0.45, 2.6))
    free_ratio, ratio = free.weights / base.weights, bound.weights / base.weights
    assert free_ratio.max() > 2.6
    assert ratio.max() == pytest.approx(2.6, rel=1e-9)
    assert bound.raking.worst_after <= 1e-10
    assert "within 0.45 to 2.6" in bound.raking.summary()


def test_bounds_that_do_not_bind_change_nothing():
    base = Design(sample(), weight="base")
    assert rake(base, MARGINS, bounds=(0.01, 50)).weights.tolist() == rake(base, MARGINS).weights.tolist()


def test_a_category_out_of_reach_is_named_with_target_and_reach():
    with pytest.raises(WeightingError) as caught:
        rake(Design(sample()), MARGINS, bounds=(0.5, 2.0))
    message = str(caught.value)
    assert "margin age4, category 4 holds 11.75% of the weight, and at most 23.50% can be reached" in message
    assert "the target is 25.00%.\n  Least change of bounds: bounds=(0.4" in message


def test_bounds_that_fail_only_together_name_the_worst_category():
    data = pd.DataFrame({"a": [1] * 50 + [2] * 50, "b": [1] * 45 + [2] * 5 + [1] * 5 + [2] * 45})
    with pytest.raises(WeightingError, match=r"no weights within bounds 0.5 to 2 fit all margins: after \d+"):
        rake(Design(data), {"a": {"1": 0.75, "2": 0.25}, "b": {"1": 0.25, "2": 0.75}}, bounds=(0.5, 2))


def test_margins_that_contradict_empty_cells_name_the_combination():
    data = pd.DataFrame({"a": [1, 1, 2, 2], "b": [1, 1, 2, 2]})
    with pytest.raises(WeightingError, match=r"all of a 1 is in b 1: .* Nobody in the data is a 1 and b 2"):
        rake(Design(data), {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.3, "2": 0.7}})


def test_margins_that_would_leave_people_without_weight_are_refused():
    data = pd.DataFrame({"a": [1, 1, 2], "b": [1, 2, 2]})
    with pytest.raises(WeightingError, match="giving no weight to respondents who are a 1, b 2"):
        rake(Design(data), {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.5, "2": 0.5}})


def test_slow_margins_still_converge():
    data = pd.DataFrame({"a": [1] * 1000 + [2] * 1000, "b": [1] * 999 + [2] + [2] * 999 + [1]})
    raked = rake(Design(data), {"a": {"1": 0.6, "2": 0.4}, "b": {"1": 0.4, "2": 0.6}}, max_iterations=20)
    assert raked.raking.worst_after <= 1e-10
    assert raked.raking.iterations > 20


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"sex": {"1": 0.5, "2": 0.3, "3": 0.2}}, "without rows of their own in the data: 3"),
        ({"sex": {"1": 1.0}}, "without a target: 2"),
        ({"sex": {"1": 1.0, "2": 0.0}}, "with a target of 0: 2"),
        ({"sex": {"man": 0.5, "woman": 0.5}}, "in the margin: man, woman\n  in the data:   1, 2"),
    ],
)
def test_categories_of_one_side_are_refused_with_both_lists(given, told):
    with pytest.raises(WeightingError) as caught:
        rake(Design(sample()), given)
    assert "margin sex and column sex do not name the same categories" in str(caught.value)
    assert told in str(caught.value)


def test_a_target_of_zero_that_nobody_has_is_no_conflict():
    raked = rake(Design(sample()), {"sex": {"1": 0.5, "2": 0.5, "3": 0.0}})
    assert raked.raking.table["category"].tolist() == ["1", "2"]


def test_labels_name_categories_as_well_as_codes():
    sex = Variable("sex", labels={1.0: "male", 2.0: "female"})
    study = Study(sample()[["sex", "y"]], Codebook((sex, Variable("y"))))
    by_label = rake(Design(study), {"sex": {"female": 0.51, "male": 0.49}})
    by_code = rake(Design(study), {"sex": {"1": 0.49, "2": 0.51}})
    assert by_label.weights == pytest.approx(by_code.weights)


def test_on_chooses_dimensions_and_maps_them_to_columns():
    data = sample().rename(columns={"age4": "age_group"})
    raked = rake(Design(data), MARGINS, on={"age4": "age_group"})
    assert raked.raking.variables == ("age_group",)
    assert shares(raked, "age_group")[4.0] == pytest.approx(0.25)
    assert rake(Design(data), MARGINS, on="sex").raking.variables == ("sex",)


def test_unknown_dimensions_and_columns_name_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no margin 'age'\. Did you mean 'age4'"):
        rake(Design(sample()), MARGINS, on=["age"])
    with pytest.raises(UnknownNameError, match=r"no variable 'age4'\. Did you mean 'age'"):
        rake(Design(sample().rename(columns={"age4": "age"})), MARGINS)


def test_missing_values_stop_with_count_and_remedy():
    data = sample()
    data.loc[:9, "sex"] = np.nan
    with pytest.raises(WeightingError, match=r"(?s)sex is missing in 10 of 400 weighted rows.*missing='own_class'"):
        rake(Design(data), MARGINS)


def test_missing_values_can_keep_their_share_as_a_class():
    data = sample()
    data.loc[:39, "sex"] = np.nan
    raked = rake(Design(data), MARGINS, missing="own_class")
    known = raked.study.frame["sex"].notna().to_numpy()
    assert raked.weights[~known].sum() == pytest.approx(40)
    share = raked.weights[(raked.study.frame["sex"] == 2).to_numpy()].sum() / raked.weights[known].sum()
    assert share == pytest.approx(0.51)
    assert "sex: 40 rows without a value keep their 10.0% of the weight" in raked.raking.notes[0]
    assert raked.raking.notes[0] in mean(raked, "y").method["footnotes"]


def test_a_code_declared_missing_is_missing_to_a_rake():
    frame = pd.DataFrame({"sex": [1.0, 2.0, 9.0]})
    study = Study(frame, Codebook((Variable("sex", missing={9.0: MissingKind.REFUSED}),)))
    with pytest.raises(WeightingError, match="sex is missing in 1 of 3"):
        rake(Design(study), {"sex": {"1": 0.5, "2": 0.5}})


def test_rows_of_zero_weight_stay_at_zero_and_may_lack_values():
    data = pd.DataFrame({"sex": [1.0, 2.0, 2.0, np.nan], "w": [1.0, 1.0, 1.0, 0.0], "y": [1.0, 2.0, 3.0, 4.0]})
    raked = rake(Design(data, weight="w"), {"sex": {"1": 0.5, "2": 0.5}})
    assert raked.weights.tolist() == pytest.approx([1.5, 0.75, 0.75, 0])
    assert mean(raked, "y").to_frame()["estimate"][0] == pytest.approx(1.75)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"sex": {"1": 0.5, "2": 0.4}}, "the shares add up to 0.9"),
        ({"sex": {"1": -0.1, "2": 1.1}}, "1 -0.1; every category needs"),
        ({"sex": {"1": float("nan"), "2": 1.0}}, "1 nan; every category needs"),
        ({"sex": {}}, "no categories; every category needs"),
        ({}, "no margin to rake on"),
        ({"sex": {"1": 50, "2": 60}, "age4": {"1": 30, "2": 30, "3": 30, "4": 30}}, "add up to 110 and those of age4"),
    ],
)
def test_margins_that_are_no_population_are_refused(given, told):
    with pytest.raises(WeightingError) as caught:
        rake(Design(sample()), given)
    assert told in str(caught.value)


def test_rounded_shares_are_brought_to_one_with_a_note():
    raked = rake(Design(sample()), {"sex": {"1": 0.488, "2": 0.51}})
    assert raked.raking.notes == ("sex: target shares add up to 0.998 and were brought to 1.",)
    assert shares(raked, "sex")[1.0] == pytest.approx(0.488 / 0.998)


@pytest.mark.parametrize(
    "option",
    [{"bounds": (1.2, 3)}, {"bounds": (-0.1, 3)}, {"tolerance": 0}, {"missing": "drop"}, {"residuals": "none"}],
)
def test_options_that_make_no_sense_are_refused(option):
    with pytest.raises(WeightingError, match=f"{next(iter(option))} (is|are) "):
        rake(Design(sample()), MARGINS, **option)


def test_no_iterations_are_refused():
    with pytest.raises(WeightingError, match="max_iterations is 0; it is how many iterations are tried"):
        rake(Design(sample()), MARGINS, max_iterations=0)


def test_the_order_of_rows_and_margins_is_irrelevant():
    data = sample()
    one = rake(Design(data), MARGINS)
    shuffled = data.sample(frac=1, random_state=3)
    two = rake(Design(shuffled), dict(reversed(MARGINS.items())))
    assert two.weights == pytest.approx(one.weights[shuffled.index], rel=1e-8)


def test_a_raked_variable_has_no_sampling_error():
    raked = rake(Design(sample(), weight="base"), MARGINS)
    frame = proportion(raked, "age4").to_frame()
    assert frame["estimate"].tolist() == pytest.approx([0.2, 0.25, 0.3, 0.25], abs=1e-9)
    assert frame["se"].to_numpy() == pytest.approx(np.zeros(4), abs=1e-9)


def test_a_second_rake_takes_its_own_margin_out_as_well():
    raked = rake(rake(Design(sample(), weight="base"), MARGINS), {"town": {"n": 0.7, "s": 0.3}})
    assert len(raked.steps) == 2
    assert proportion(raked, "town").to_frame()["se"].to_numpy() == pytest.approx(np.zeros(2), abs=1e-9)
    fixed = Design(raked.study_with_weights("final").frame, weight="final")
    assert mean(raked, "age4").to_frame()["se"][0] < 0.5 * mean(fixed, "age4").to_frame()["se"][0]


def test_shipped_margins_bring_their_sources_as_footnotes():
    population = margins("cn-adults-2020")
    raked = rake(Design(sample()), population, on=["sex", "age4"])
    assert raked.raking.margins == "cn-adults-2020"
    assert raked.raking.notes[:-1] == tuple(population.facts[name].footnote for name in ("sex", "age4"))
    assert raked.raking.notes[-1].startswith("Margins of sex count all residents of all ages, servicepersons included;")
    assert mean(raked, "y").method["footnotes"][-3:] == list(raked.raking.notes)


def test_printed_estimates_name_a_source_of_margins_once():
    population = margins("cn-netizens-2023")
    raked = rake(Design(sample()), population, on=["sex", "age4"])
    source = population.facts["sex"].source
    text = " ".join(str(mean(raked, "y")).split())
    assert text.count(source) == 1
    assert f"* Margins of sex, age4: {source} (from memory;" in text
    assert " ".join(str(weight_summary(raked)).split()).count(source) == 2
    rounded = rake(Design(sample()), {"sex": {"1": 0.499, "2": 0.499}})
    assert "* sex: target shares add up to 0.998 and were brought to 1." in str(mean(rounded, "y"))


def test_the_report_lists_every_category_before_and_after():
    base = Design(sample(), weight="base")
    report = rake(base, MARGINS).raking
    assert report.table["variable"].tolist() == ["sex"] * 2 + ["age4"] * 4
    assert report.table["before"].tolist()[:2] == pytest.approx(list(shares(base, "sex").values()))
    assert report.table["after"].to_numpy() == pytest.approx(report.table["target"].to_numpy(), abs=1e-9)
    assert report.table["n"].sum() == 800
    assert report.worst_before == pytest.approx((report.table["before"] - report.table["target"]).abs().max())
    document = json.loads(json.dumps(report.document(), allow_nan=False))
    assert document["table"][0]["category"] == "1"


def test_the_weights_leave_with_a_label_that_says_how_they_were_made():
    study = rake(Design(sample(), weight="base"), MARGINS).study_with_weights()
    assert study.codebook["weight"].label == "Weight: raked on sex, age4 to given margins; weights from column base"


def test_a_weight_summary_gives_kish_range_and_margins():
    raked = rake(Design(sample(), weight="base"), MARGINS)
    summary, w = weight_summary(raked), raked.weights
    row = summary.to_frame().iloc[0]
    assert row["effective_n"] == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert row["deff"] == pytest.approx(400 / row["effective_n"])
    assert (row["minimum"], row["maximum"], row["ratio"]) == (w.min(), w.max(), w.max() / w.min())
    assert row["worst_after"] < 1e-9 < row["worst_before"]
    text = str(summary)
    assert text.startswith("Weights: weights from column base; raked on sex, age4 to given margins.")
    assert text.splitlines()[4].split() == ["variable", "category", "target", "before", "after", "n"]
    document = json.loads(json.dumps(summary.document(), allow_nan=False))
    assert set(document) == {"method", "rows"}
    assert document["method"]["effective_n"] == pytest.approx(row["effective_n"])
    assert [(line["variable"], line["category"]) for line in document["rows"]][:2] == [("sex", "1"), ("sex", "2")]
    assert set(document["rows"][0]) == {"variable", "category", "target", "before", "after", "n"}


def test_a_weight_summary_of_weights_not_raked_has_no_margins():
    data = pd.DataFrame({"w": [0.0, 1.0, 3.0]})
    summary = weight_summary(Design(data, weight="w"))
    assert (summary.n, summary.zero_weights, summary.worst_before) == (2, 1, None)
    assert "1 row has a weight of zero" in repr(summary)
    assert summary.document()["rows"] == []


def test_a_met_target_looks_met():
    """A share of 0.32245 is one rounding error away from printing as 32.25% before and 32.24% after."""
    table = pd.DataFrame(
        {"variable": "age", "category": ["young", "old"], "target": [0.32245, 0.67755], "before": [0.4, 0.6]}
    )
    table["after"], table["n"] = table["target"] + [-4e-13, 4e-13], [40, 60]
    text = str(replace(weight_summary(Design(sample())), worst_before=0.077, worst_after=4e-13, margins=table))
    assert "Furthest from a target: 7.70 points before, 0.00 after." in text
    for line in text.splitlines()[-2:]:
        target, _, after = line.split()[2:5]
        assert target == after
    missed = replace(weight_summary(Design(sample())), margins=table.assign(after=[0.3230, 0.6770]))
    assert "32.30%" in str(missed)


def test_a_weight_summary_of_simulated_respondents_says_so():
    study = study_of(sample())
    invented = replace(study, codebook=replace(study.codebook, notes=(SIMULATED,)))
    summary = weight_summary(rake(Design(invented), {"sex": {"1": 0.5, "2": 0.5}}))
    assert summary.document()["method"]["simulated"] is True
    assert summary.document()["method"]["notes"][0] == "Simulated respondents; no person was asked."
    assert str(summary).endswith("* Simulated respondents; no person was asked.")
    assert weight_summary(Design(sample())).document()["method"]["simulated"] is False


def test_percentages_are_not_taken_for_a_population_of_a_hundred():
    design = Design(pd.DataFrame({"sex": ["f", "m"] * 100}))
    with pytest.raises(
        WeightingError, match=r"margin sex add up to 100, .* If they are percentages, divide them by 100"
    ):
        rake(design, {"sex": {"f": 55, "m": 45}})
    assert rake(Design(pd.DataFrame({"sex": ["f", "m"] * 30})), {"sex": {"f": 55, "m": 45}}).weights.sum() == 100
