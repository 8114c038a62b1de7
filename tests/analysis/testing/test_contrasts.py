"""Contrasts of estimates: how rows are named, what is refused, and what always holds."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from topline.analysis.estimation.estimate import mean, proportion, ratio, total
from topline.analysis.estimation.quantile import quantile
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.testing.contrast_plan import MOST_ROWS
from topline.analysis.testing.contrasts import contrast
from topline.data.codebook import Codebook, MissingKind, Study, Variable, study_of
from topline.data.errors import EstimationError, UnknownNameError


def wave(seed=1, rows=120):
    drawn = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "trust": drawn.normal(3, 1, rows),
            "pride": drawn.normal(4, 1, rows),
            "view": drawn.choice(["for", "against", "not sure"], rows),
            "place": drawn.choice(["urban", "rural", "town"], rows),
            "sex": drawn.choice(["f", "m"], rows),
            "flag": drawn.choice(["yes", "no"], rows),
            "member": drawn.choice(["yes", "no"], rows),
            "community": np.arange(rows) // 5,
            "weight": drawn.uniform(0.5, 2, rows),
        }
    )


@pytest.fixture(scope="module")
def design():
    return Design(wave(), weight="weight", psu="community")


def row_of(estimates, text, **options):
    return contrast(estimates, text, **options).to_frame().iloc[0]


# what a row is called


def test_a_row_is_named_by_its_key(design):
    by = mean(design, "trust", by="place")
    expected = by.frame.set_index("place")["estimate"]
    assert row_of(by, "urban - rural")["estimate"] == pytest.approx(expected["urban"] - expected["rural"])


def test_a_row_is_named_by_item_category_and_key_in_any_order(design):
    by = proportion(design, "view", by=["place", "sex"])
    names = ["for:urban:f", "view:for:urban:f", "urban:f:for", "`for:urban:f`", "for:`place=urban`:`sex=f`"]
    texts = {row_of(by, f"{name} - against:rural:m")["estimate"] for name in names}
    assert len(texts) == 1


def test_case_is_looked_past_where_one_row_is_left(design):
    by = mean(design, "trust", by="place")
    assert row_of(by, "Urban - RURAL")["estimate"] == row_of(by, "urban - rural")["estimate"]


def test_a_label_of_two_keys_needs_its_key(design):
    by = mean(design, "trust", by=["flag", "member"])
    with pytest.raises(EstimationError, match=r"'yes' names 3 rows: .*Name one, e\.g\. "):
        contrast(by, "yes - no")
    frame = by.frame.set_index(["flag", "member"])["estimate"]
    mine = row_of(by, "`flag=yes`:`member=no` - `flag=no`:`member=yes`")["estimate"]
    assert mine == pytest.approx(frame["yes", "no"] - frame["no", "yes"])
    assert mine == row_of(by, "yes:no - no:yes")["estimate"]


def test_codes_name_labelled_rows():
    sex = Variable("sex", labels={1.0: "women", 2.0: "men"})
    study = study_of(pd.DataFrame({"sex": [1.0, 1.0, 2.0, 2.0, 2.0], "trust": [1.0, 3.0, 4.0, 5.0, 6.0]}))
    labelled = Study(study.frame, Codebook((sex, Variable("trust"))))
    by = mean(Design(labelled), "trust", by="sex")
    assert row_of(by, "men - women")["estimate"] == 3.0
    assert row_of(by, "`2` - `1`")["estimate"] == 3.0
    assert row_of(by, "trust:2 - trust:1")["estimate"] == 3.0


def test_an_unknown_row_is_refused_with_the_nearest(design):
    by = mean(design, "trust", by="place")
    with pytest.raises(UnknownNameError, match=r"there is no row 'ruarl'\. Did you mean 'rural'"):
        contrast(by, "urban - ruarl")


def test_two_items_with_one_key_are_told_apart(design):
    by = mean(design, ["trust", "pride"], by="sex")
    with pytest.raises(EstimationError, match=r"'f' names 2 rows: trust:f, pride:f. Name one, e\.g\. trust:f"):
        contrast(by, "f - m")
    assert len(contrast(by, ["trust:f - trust:m", "pride:f - trust:f"])) == 2


def test_an_overall_estimate_beside_groups_is_named_by_its_item(design):
    both = [mean(design, "trust", by="place"), mean(design, "trust")]
    frame = both[0].frame.set_index("place")["estimate"]
    assert row_of(both, "urban - trust")["estimate"] == pytest.approx(frame["urban"] - both[1].frame["estimate"][0])


# what is asked for


def test_coefficients_give_what_the_text_gives(design):
    by = mean(design, "trust", by="place")
    one, other = row_of(by, {"urban": 1, "rural": -0.5, "town": -0.5}), row_of(by, "urban - 0.5 * rural - 0.5 * town")
    assert one["contrast"] == "urban - 0.5 * rural - 0.5 * town"
    assert one["estimate"] == pytest.approx(other["estimate"], rel=1e-13)
    assert one["se"] == pytest.approx(other["se"], rel=1e-13)
    assert row_of(by, {"rural": -1, "town": 1})["contrast"] == "-rural + town"


def test_contrasts_can_be_named(design):
    found = contrast(mean(design, "trust", by="sex"), {"gap": "f - m", "sum": {"f": 1, "m": 1}, "twice": {"f": 2}})
    assert found.frame["contrast"].tolist() == ["gap", "sum", "twice"]
    assert found.frame["estimate"][2] == pytest.approx(2 * mean(design, "trust", by="sex").frame["estimate"][0])


def test_several_texts_and_coefficients_go_in_one_list(design):
    found = contrast(mean(design, "trust", by="sex"), ["f - m", {"f": 1, "m": 1}])
    assert found.frame["contrast"].tolist() == ["f - m", "f + m"]


def test_all_pairs_are_made_within_each_item_and_category(design):
    found = contrast(proportion(design, "view", by="sex"), "pairwise").frame["contrast"].tolist()
    assert found == ["against:f - against:m", "for:f - for:m", "`not sure`:f - `not sure`:m"]


def test_without_keys_pairs_are_made_among_categories_or_items(design):
    assert len(contrast(proportion(design, "view"), "pairwise")) == 3
    assert contrast(mean(design, ["trust", "pride"]), "pairwise").frame["contrast"].tolist() == ["trust - pride"]


def test_quantiles_are_paired_at_one_probability_or_without_keys_with_each_other(design):
    by = contrast(quantile(design, "trust", [0.25, 0.5], by="sex"), "pairwise").frame["contrast"].tolist()
    assert by == ["`0.25`:f - `0.25`:m", "`0.5`:f - `0.5`:m"]
    assert len(contrast(quantile(design, "trust", [0.25, 0.5, 0.75]), "pairwise")) == 3


def test_every_group_less_a_reference(design):
    by = mean(design, "trust", by="place")
    assert contrast(by, "reference").frame["contrast"].tolist() == ["town - rural", "urban - rural"]
    chosen = contrast(by, "reference", reference="town").frame
    assert chosen["contrast"].tolist() == ["rural - town", "urban - town"]
    assert chosen["estimate"][1] == pytest.approx(row_of(by, "urban - town")["estimate"])


def test_every_group_less_the_mean_of_the_others(design):
    by = mean(design, "trust", by="place")
    found = contrast(by, "others").frame
    assert found["contrast"][2] == "urban - mean of the others"
    other = row_of(by, "urban - (rural + town) / 2")
    assert (found["estimate"][2], found["se"][2]) == pytest.approx((other["estimate"], other["se"]))


@pytest.mark.parametrize(
    ("contrasts", "options", "message"),
    [
        ("urban - rural", {"reference": "town"}, "belongs to contrasts='reference'"),
        ("pairwise", {"reference": "town"}, "not to contrasts='pairwise'"),
        ([], {}, "no contrast is named"),
        ({}, {}, "no contrast is named"),
        (["urban - rural", "urban - rural"], {}, "asked for more than once"),
        ({"urban": float("nan")}, {}, "the coefficient of urban is nan"),
        ([{"urban": "1"}], {}, "the coefficient of urban is '1'"),
        ({"gap": {"urban": True}}, {}, "the coefficient of urban is True"),
        ("urban - rural", {"adjust": "bonferroni"}, "adjust is 'bonferroni'; it can be None, 'holm' or 'bh'"),
        ("urban - rural", {"df": 0}, "df is 0"),
        ("urban - rural", {"level": 95}, "level is 95"),
        ([3], {}, "a contrast is 3"),
        ("log(urban - urban)", {}, "log is taken of 0"),
    ],
)
def test_what_makes_no_contrast_is_refused(design, contrasts, options, message):
    with pytest.raises(EstimationError, match=message):
        contrast(mean(design, "trust", by="place"), contrasts, **options)


def test_pairs_of_a_single_row_are_refused(design):
    with pytest.raises(EstimationError, match="needs at least two groups"):
        contrast(mean(design, "trust"), "pairwise")


def test_pairs_of_thousands_of_groups_are_refused_and_single_ones_made():
    rows = MOST_ROWS + 10
    many = mean(Design(pd.DataFrame({"k": np.arange(2 * rows) % rows, "y": np.arange(2.0 * rows)})), "y", by="k")
    for wanted in ("pairwise", "reference", "others"):
        with pytest.raises(EstimationError, match="at most 50,000 contrasts of 4,000 estimates"):
            contrast(many, wanted)
    with pytest.raises(EstimationError, match=r"the contrasts use 4,010 estimates"):
        contrast(many, dict.fromkeys(map(str, range(rows)), 1.0))
    assert row_of(many, "`7` - `3`")["estimate"] == 4.0


# several results of one design


def test_subpopulations_of_one_design_are_compared_with_their_covariance(design):
    urban, everybody = mean(design, "trust", where={"place": "urban"}), mean(design, "trust")
    mine = row_of({"part": urban, "all": everybody}, "part:trust - all:trust")
    by = [mean(design, "trust", by="place"), everybody]
    assert mine["se"] == pytest.approx(row_of(by, "urban - trust")["se"], rel=1e-12)
    shown = str(contrast({"part": urban, "all": everybody}, "part:trust - all:trust"))
    assert "place urban and everybody" in shown
    assert "n 120" in shown


def test_estimates_of_different_designs_are_refused(design):
    other = Design(wave(), weight="weight", psu="community")
    with pytest.raises(EstimationError, match="come from different designs"):
        contrast([mean(design, "trust"), mean(other, "pride")], "trust - pride")
    raked = rake(design, {"sex": {"f": 0.5, "m": 0.5}}, on=["sex"])
    with pytest.raises(EstimationError, match="come from different designs"):
        contrast([mean(design, "trust"), mean(raked, "pride")], "trust - pride")


def test_rows_that_nothing_tells_apart_ask_for_names(design):
    with pytest.raises(EstimationError, match="give the estimates as a mapping of names"):
        contrast([mean(design, "trust"), mean(design, "trust", where="sex == 'f'")], "trust * 2")


@pytest.mark.parametrize("given", ["trust", 3, [], {}, [3], None])
def test_what_is_no_estimate_is_refused(given):
    with pytest.raises(EstimationError, match="make them first"):
        contrast(given, "a - b")


# errors and tests


def test_the_ratio_of_two_totals_has_the_error_of_a_ratio(design):
    both = contrast(total(design, ["trust", "pride"]), "trust / pride").frame.iloc[0]
    known = ratio(design, "trust", "pride").frame.iloc[0]
    assert (both["estimate"], both["se"]) == pytest.approx((known["estimate"], known["se"]), rel=1e-11)


def test_statistic_p_and_interval_follow_t(design):
    mine = row_of(mean(design, "trust", by="sex"), "f - m", level=0.9)
    assert mine["df"] == design.df == 23
    assert mine["statistic"] == pytest.approx(mine["estimate"] / mine["se"])
    assert mine["p"] == pytest.approx(2 * stats.t.sf(abs(mine["statistic"]), 23))
    assert mine["high"] - mine["estimate"] == pytest.approx(stats.t.ppf(0.95, 23) * mine["se"])


def test_df_can_be_given_and_is_the_smallest_of_the_rows(design):
    by = mean(design, "trust", by="place", df="domain")
    frame = by.frame.set_index("place")["df"]
    assert row_of(by, "urban - rural")["df"] == min(frame["urban"], frame["rural"])
    normal = row_of(by, "urban - rural", df=math.inf)
    assert normal["p"] == pytest.approx(2 * stats.norm.sf(abs(normal["statistic"])))


def test_holm_adjusts_for_the_number_of_contrasts(design):
    found = contrast(mean(design, "trust", by="place"), "pairwise", adjust="holm").to_frame()
    order = np.argsort(found["p"].to_numpy())
    expected = np.minimum(np.maximum.accumulate(found["p"].to_numpy()[order] * [3, 2, 1]), 1)
    assert found["p_adjusted"].to_numpy()[order] == pytest.approx(expected)


def test_benjamini_and_hochberg_adjust_for_the_share_of_false_findings(design):
    found = contrast(mean(design, "trust", by="place"), "pairwise", adjust="bh")
    frame = found.to_frame()
    assert frame["p_adjusted"].tolist() == pytest.approx(multipletests(frame["p"], method="fdr_bh")[1], rel=1e-12)
    assert "p adjusted by Benjamini and Hochberg's method" in str(found)


def test_replicates_give_the_error_of_a_difference_on_every_replicate(design):
    jackknife = replicates(Design(wave(), weight="weight", psu="community"), "JK1")
    by = mean(jackknife, "trust", by="sex")
    difference = by.scatter.replicates[:, 0] - by.scatter.replicates[:, 1]
    variance = jackknife.replication.scale * ((difference - difference.mean()) ** 2).sum()
    assert row_of(by, "f - m")["se"] == pytest.approx(math.sqrt(variance), rel=1e-12)


def test_a_sum_that_the_design_fixes_has_no_error_and_says_so(design):
    found = contrast(proportion(design, "sex"), ["f + m", "f - m"])
    assert found.frame["se"].tolist() == [0.0, pytest.approx(2 * proportion(design, "sex").frame["se"][0])]
    assert math.isnan(found.frame["p"][0])
    assert "f + m: strata or margins fix this value, so it has no sampling error and no test." in str(found)
    assert found.document()["rows"][0]["p"] is None
    assert contrast(proportion(design, "sex"), "f + m", adjust="holm").frame["p_adjusted"].isna().all()


def test_without_degrees_of_freedom_there_is_an_estimate_and_a_footnote():
    alone = Design(wave().assign(community=1), psu="community", lone_psu="certainty")
    found = contrast(mean(alone, "trust", by="sex"), "f - m")
    assert "no degrees of freedom" in str(found)
    assert math.isnan(found.frame["low"][0])


# what is printed


def test_differences_of_shares_are_printed_in_points(design):
    found = contrast(proportion(design, "view", category="for", by="sex"), "f - m")
    assert "in percentage points" in str(found)
    assert f"{100 * found.frame['estimate'][0]:.1f}" in str(found)
    assert "deff" not in str(found)
    assert "percentage points" not in str(contrast(proportion(design, "view", category="for", by="sex"), "f / m"))


def test_a_result_says_what_was_compared_for_whom_and_how(design):
    found = contrast(mean(design, "trust", by="place", where={"sex": "f"}), "urban - rural")
    assert str(found).startswith("Contrasts of mean: trust\nFor: those with a number, where sex f.")
    assert "psu community. 95% intervals, t; tests against 0." in " ".join(str(found).split())
    assert "| contrast | estimate | se |" in found.to_markdown()
    document = json.loads(json.dumps(found.document()))
    assert document["method"]["level"] == 0.95
    assert document["rows"][0]["estimate"] == found.frame["estimate"][0]
    assert found.to_frame() is not found.frame


def test_missing_answers_are_told_of_under_contrasts():
    frame = wave().assign(trust=lambda f: f["trust"].round())
    declared = Codebook(
        (Variable("trust", missing={3.0: MissingKind.DONT_KNOW}), *study_of(frame).codebook.variables[1:])
    )
    found = contrast(mean(Design(Study(frame, declared)), "trust", by="sex"), "f - m")
    assert "don't know" in str(found)


def test_a_result_is_a_web_page_and_a_chart(design, tmp_path):
    found = contrast(proportion(design, "view", category="for", by="place"), "pairwise")
    page = found.to_html(tmp_path / "gaps.html")
    assert (tmp_path / "gaps.html").read_text(encoding="utf-8") == page
    assert "for:" not in page and "rural - town" in page
    assert "Dots with 95% intervals. rural - town" in found.plot().description
    ages = pd.DataFrame({"age": ["18 to 29"] * 20 + ["60 or over"] * 20, "trust": range(40)})
    gap = contrast(mean(Design(ages), "trust", by="age"), "pairwise")
    assert "`18 to 29` - `60 or over`" in str(gap) and "contrast: 18 to 29 - 60 or over" in str(gap.plot().to_dict())


# what always holds

seeds = st.integers(0, 10_000)


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_pairs_are_antisymmetric(seed):
    by = mean(Design(wave(seed, 60), weight="weight", psu="community"), "trust", by="place")
    one, other = contrast(by, ["urban - rural", "rural - urban"]).frame.to_dict("records")
    assert one["estimate"] == -other["estimate"]
    assert one["se"] == pytest.approx(other["se"], rel=1e-12)
    assert one["statistic"] == pytest.approx(-other["statistic"], rel=1e-12)
    assert one["p"] == pytest.approx(other["p"], rel=1e-10)
    assert one["low"] == pytest.approx(-other["high"], rel=1e-10)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, scale=st.floats(0.01, 1000))
def test_scaling_the_weights_changes_no_contrast(seed, scale):
    frame = wave(seed, 60)
    scaled = frame.assign(weight=frame["weight"] * scale)
    texts = ["urban - rural", "log(urban) - log(town)"]
    one, other = (
        contrast(mean(Design(each, weight="weight", psu="community"), "trust", by="place"), texts).frame
        for each in (frame, scaled)
    )
    for name in ("estimate", "se", "statistic", "p"):
        assert other[name].to_numpy() == pytest.approx(one[name].to_numpy(), rel=1e-8)


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_the_covariance_of_contrasts_has_their_errors_on_its_diagonal(seed):
    by = mean(Design(wave(seed, 60), weight="weight", psu="community"), "trust", by=["place", "sex"])
    found = contrast(by, "pairwise")
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(found.frame["se"].to_numpy(), rel=1e-9)
    assert len(found) == len(by) * (len(by) - 1) // 2


@pytest.fixture
def clustered():
    """Fifteen PSUs of four; groups a and b lie in the first of them alone."""
    frame = pd.DataFrame({"trust": np.random.default_rng(1).normal(size=60), "psu": np.arange(60) // 4})
    frame["group"] = np.where(frame["psu"] == 0, np.where(frame.index % 2, "a", "b"), "c")
    frame["same"] = np.where(frame["group"] == "c", 2.0, 1.0)
    return Design(frame, psu="psu")


def test_groups_in_one_psu_have_an_unknown_error_and_are_not_called_fixed(clustered):
    found = contrast(mean(clustered, "trust", by="group"), ["a - b", "a - c"])
    text = " ".join(str(found).split())
    assert "a - b: a group lies in a single PSU, so the error cannot be estimated and there is no test." in text
    assert "a - c: a group lies in a single PSU and adds nothing to this error, which is too small." in text
    assert "fix" not in text
    assert found.frame["se"][0] == 0 and math.isnan(found.frame["low"][0]) and math.isnan(found.frame["high"][0])
    assert found.frame["low"][1] < found.frame["estimate"][1] < found.frame["high"][1]


def test_groups_of_one_answer_are_not_called_fixed_by_the_design(clustered):
    found = contrast(mean(clustered, "same", by="group"), "c - a")
    assert "everybody in these groups gave the same answer, so there is no error" in " ".join(str(found).split())


@pytest.mark.parametrize("wanted", [None, 5, ["a - b", None]])
def test_contrasts_that_are_no_text_are_refused_in_words(clustered, wanted):
    with pytest.raises(EstimationError, match="write one such as 'urban - rural'"):
        contrast(mean(clustered, "trust", by="group"), wanted)


def test_degrees_of_freedom_that_are_no_number_are_refused(clustered):
    with pytest.raises(EstimationError, match="df is '5'; degrees of freedom are a number"):
        contrast(mean(clustered, "trust", by="group"), "a - b", df="5")
