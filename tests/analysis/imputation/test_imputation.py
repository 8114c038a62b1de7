"""Rubin's rules against R's mitools (tests/reference/imputation.R), on survey designs and models, and what they refuse.

Relative tolerance 1e-9; 1e-8 on logit models, whose weights both sides iterate. The script has the degrees of
freedom three times: Barnard and Rubin's, mitools', and those for infinite complete data.
"""

import json
import math
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from topline.analysis.estimation.dispersion import correlation
from topline.analysis.estimation.estimate import mean, proportion, ratio, total
from topline.analysis.estimation.estimates import Estimates
from topline.analysis.estimation.quantile import quantile
from topline.analysis.imputation.combined import Combined
from topline.analysis.imputation.imputation import combine
from topline.analysis.imputation.rubin import rubin_rules
from topline.analysis.models.glm import glm
from topline.analysis.reliability.alpha import alpha
from topline.analysis.reliability.kappa import kappa
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.testing.contrasts import contrast
from topline.data.errors import EstimationError

REFERENCE = Path(__file__).parent.parent.parent / "reference"
ROWS = json.loads((REFERENCE / "imputation.json").read_text())["rows"]

DESIGNS = {
    "strata": ("strat", 5, {"weight": "pw", "strata": "stype", "fpc": "fpc"}, "sch.wide"),
    "clusters": ("clus2", 3, {"weight": "pw", "psu": "dnum"}, "stype"),
    "two stages": ("clus2", 3, {"weight": "pw", "psu": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]}, "stype"),
    "jackknife": ("clus2", 3, {"weight": "pw", "psu": "dnum"}, "stype"),
    "srs, twenty imputations": ("srs", 20, {"fpc": "fpc"}, "stype"),
}


@cache
def designs_of(case: str) -> tuple[Design, ...]:
    name, imputations, options, _ = DESIGNS[case]
    wide = pd.read_csv(REFERENCE / "data" / f"imputed_{name}.csv")
    made = tuple(
        Design(wide.assign(score=wide[f"score{at}"], award=wide[f"award{at}"]), **options)
        for at in range(1, imputations + 1)
    )
    return tuple(replicates(design, "JK1") for design in made) if case == "jackknife" else made


def estimate_of(what: str, key: str, design: Design):
    match what:
        case "mean":
            return mean(design, "score")
        case "total":
            return total(design, ["enroll", "score"])
        case "proportion":
            return proportion(design, "award")
        case "mean by":
            return mean(design, "score", by=key)
        case "proportion by":
            return proportion(design, "award", category="Yes", by=key)
        case "ratio":
            return ratio(design, "score", "enroll")
        case "gaussian":
            return glm(design, "score ~ meals + api99")
        case "binomial":
            return glm(design, "award ~ score", family="binomial")


CASES = list(dict.fromkeys((row["case"], row["what"]) for row in ROWS))


@pytest.mark.parametrize(("case", "what"), CASES)
@pytest.mark.parametrize("rule", ["barnard-rubin", "mitools", "infinite"])
def test_combined_estimates_equal_mitools(case, what, rule):
    rows = [row for row in ROWS if (row["case"], row["what"]) == (case, what)]
    results = [estimate_of(what, DESIGNS[case][3], design) for design in designs_of(case)]
    options = {"infinite": {"complete_df": math.inf}, "mitools": {"df": "mitools"}, "barnard-rubin": {}}[rule]
    found = combine(results, **options)
    frame, rel = found.to_frame(), 1e-8 if what == "binomial" else 1e-9
    ending = {"infinite": "_infinite", "mitools": "_mitools", "barnard-rubin": ""}[rule]
    assert len(frame) == len(rows)
    for (_, mine), row in zip(frame.iterrows(), rows, strict=True):
        for name in ("estimate", "se", "riv"):
            assert mine[name] == pytest.approx(row[name], rel=rel), f"{name}: {row}"
        for name in ("df", "fmi", *(() if rule == "infinite" else ("low", "high"))):
            stored = row[f"{name}{ending}"]
            assert mine[name] == pytest.approx(math.inf if stored is None else stored, rel=rel), f"{name}: {row}"
    covariance = np.array([np.atleast_1d(row["covariance"]) for row in rows])
    assert found.covariance == pytest.approx(covariance, rel=10 * rel, abs=rel * np.abs(covariance).max())


def test_every_stored_case_is_compared():
    assert {row["case"] for row in ROWS} == set(DESIGNS)
    assert len(ROWS) == 83


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r", "mitools")
    subprocess.run([program, REFERENCE / "imputation.R", tmp_path], check=True, capture_output=True, timeout=300)
    fresh = json.loads((tmp_path / "imputation.json").read_text())["rows"]
    assert len(fresh) == len(ROWS)
    for new, old in zip(fresh, ROWS, strict=True):
        for name, value in old.items():
            exact = name in ("case", "what", "name", "place") or value is None
            assert new[name] == (value if exact else pytest.approx(value, rel=1e-9, abs=1e-12)), name


def trials(*guesses: float) -> list[Design]:
    """Give one design for each guess of the last answer."""
    answers = {"trust": [1.0, 2, 4, 5, 3, 4], "sex": ["f", "f", "f", "m", "m", "m"], "town": [1, 1, 2, 2, 3, 3]}
    return [Design(pd.DataFrame(answers).assign(trust=[*answers["trust"][:-1], guess])) for guess in guesses]


def test_imputations_that_agree_add_no_variance():
    once = mean(trials(4)[0], "trust").to_frame()
    found = combine(trials(4, 4, 4), lambda design: mean(design, "trust"), complete_df=math.inf)
    frame = found.to_frame()
    assert frame[["estimate", "se", "riv", "fmi"]].iloc[0].tolist() == [once["estimate"][0], once["se"][0], 0.0, 0.0]
    assert frame["df"][0] == math.inf
    assert "The imputations do not differ in any of these estimates." in found.method["footnotes"]


def test_designs_with_a_function_are_the_results_of_the_function():
    designs = trials(2, 3, 5)
    one = combine(designs, lambda design: mean(design, "trust", by="sex"))
    other = combine([mean(design, "trust", by="sex") for design in designs])
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame())
    assert isinstance(one, Estimates)


def test_columns_are_those_of_every_result_and_two_more():
    frame = combine(trials(2, 3, 5), lambda design: mean(design, "trust", by="sex")).to_frame()
    assert frame.columns.tolist() == [
        *("item", "sex", "estimate", "se", "low", "high", "n", "weighted_n", "deff", "df", "effective_n", "cv"),
        *("riv", "fmi"),
    ]
    assert frame["n"].tolist() == [3, 3]
    assert frame["cv"].to_numpy() == pytest.approx(frame["se"] / frame["estimate"], rel=1e-12)


def test_deff_holds_the_variance_between_imputations():
    results = [mean(design, "trust") for design in trials(2, 3, 5)]
    simple = np.mean([float(each.to_frame()["se"][0] ** 2 / each.to_frame()["deff"][0]) for each in results])
    frame = combine(results).to_frame()
    assert frame["deff"][0] == pytest.approx(frame["se"][0] ** 2 / simple, rel=1e-12)


def test_the_order_of_imputations_and_of_rows_changes_nothing():
    designs = trials(2, 3, 5)
    found = combine([mean(design, "trust", by="sex") for design in designs])
    turned = combine([mean(design, "trust", by="sex") for design in designs[::-1]])
    assert found.to_frame()["se"].to_numpy() == pytest.approx(turned.to_frame()["se"].to_numpy(), rel=1e-12)
    sorted_first = [
        Design(design.study.frame.assign(sex=pd.Categorical(design.study.frame["sex"], ["m", "f"])))
        for design in designs
    ]
    mixed = combine(
        [mean(designs[0], "trust", by="sex"), *(mean(each, "trust", by="sex") for each in sorted_first[1:])]
    )
    assert mixed.to_frame()["estimate"].to_numpy() == pytest.approx(found.to_frame()["estimate"].to_numpy(), rel=1e-12)
    assert mixed.covariance == pytest.approx(found.covariance, rel=1e-12, abs=1e-15)


def test_a_contrast_of_the_combined_uses_the_whole_covariance():
    found = combine(trials(2, 3, 5), lambda design: mean(design, "trust", by="sex"))
    apart = contrast(found, "m - f").to_frame()
    slopes = np.array([-1.0, 1.0])
    assert apart["se"][0] == pytest.approx(float(np.sqrt(slopes @ found.covariance @ slopes)), rel=1e-12)
    assert apart["df"][0] == found.to_frame()["df"].min()


def test_combined_contrasts_have_the_degrees_of_freedom_of_their_own():
    designs = trials(2, 3, 5)
    found = combine(designs, lambda design: contrast(mean(design, "trust", by="sex"), ["m - f", "m / f"]))
    assert isinstance(found, Combined)
    frame = found.to_frame()
    assert frame["contrast"].tolist() == ["m - f", "m / f"]
    gaps = [contrast(mean(design, "trust", by="sex"), "m - f").to_frame() for design in designs]
    within = np.mean([float(gap["se"][0] ** 2) for gap in gaps])
    between = np.var([float(gap["estimate"][0]) for gap in gaps], ddof=1)
    assert frame["se"][0] == pytest.approx(math.sqrt(within + 4 / 3 * between), rel=1e-12)
    assert frame["statistic"][0] == pytest.approx(frame["estimate"][0] / frame["se"][0], rel=1e-12)
    assert found.covariance.shape == (2, 2) and len(found) == 2
    assert str(found).startswith("3 imputations combined: ")
    assert "3 imputations by Rubin's rules" in str(found)
    assert found.to_markdown().count("|") > 10
    assert found.document()["rows"][0]["contrast"] == "m - f"


def test_results_print_how_many_imputations_they_come_from():
    text = str(combine(trials(2, 3, 5), lambda design: mean(design, "trust", by="sex")))
    assert "3 imputations by Rubin's rules" in text
    assert text.splitlines()[5].endswith("fmi")
    assert "3 imputations are few" in " ".join(text.split())


def test_a_logit_interval_of_a_proportion_stays_within_0_and_1():
    frames = [pd.DataFrame({"view": ["yes"] + ["no"] * 8 + [last]}) for last in ("yes", "no", "no")]
    designs = [Design(frame) for frame in frames]
    logit = combine(designs, lambda design: proportion(design, "view", category="yes"), interval="logit").to_frame()
    wald = combine(designs, lambda design: proportion(design, "view", category="yes")).to_frame()
    assert wald["low"][0] < 0 < logit["low"][0] < logit["estimate"][0] < logit["high"][0] < 1
    assert logit["estimate"][0] == wald["estimate"][0]


def test_a_proportion_of_0_in_every_imputation_gets_an_interval_with_width():
    frames = [
        pd.DataFrame({"view": pd.Categorical(["no", "no", "so", last], ["yes", "no", "so"])}) for last in ("no", "so")
    ]
    found = combine([Design(frame) for frame in frames], lambda design: proportion(design, "view"))
    frame = found.to_frame()
    assert frame["category"].tolist() == ["yes", "no", "so"]
    assert (frame["low"][0], frame["se"][0]) == (0.0, 0.0)
    assert 0.4 < frame["high"][0] < 0.8
    assert any(note.startswith("1 interval is Korn-Graubard") for note in found.method["footnotes"])


def test_polars_and_nullable_columns_combine():
    frames = [design.study.frame for design in trials(2, 3, 5)]
    expected = combine(map(Design, frames), lambda design: mean(design, "trust", by="sex")).to_frame()
    for made in (lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"), pl.from_pandas):
        found = combine([Design(made(frame)) for frame in frames], lambda design: mean(design, "trust", by="sex"))
        assert found.to_frame()["se"].to_numpy() == pytest.approx(expected["se"].to_numpy(), rel=1e-12)


def test_a_subpopulation_by_an_imputed_answer_takes_the_smallest_base():
    found = combine(trials(2, 3, 5), lambda design: mean(design, "trust", where="trust > 2"))
    assert found.to_frame()["n"].tolist() == [3]
    assert "n differs between imputations; the smallest is shown." in found.method["footnotes"]


def test_notes_of_some_imputations_only_name_them():
    designs = [Design(pd.DataFrame({"trust": [1.0, 2, 3, last]})) for last in (4.0, None, 2.0)]
    found = combine([mean(design, "trust") for design in designs])
    assert "Imputation 2: trust: 1 of 4 rows is not in the base (blank 1)." in found.method["footnotes"]


def test_rules_without_variance_within_imputations_rest_on_the_variance_between():
    rules = rubin_rules(np.array([[1.0, 2.0], [3.0, 2.0]]), np.zeros(2), np.array([30.0, 30.0]))
    assert rules.se.tolist() == [pytest.approx(math.sqrt(3.0)), 0.0]
    assert rules.df.tolist() == [1.0, pytest.approx(31 / 33 * 30)]
    assert rules.fmi[0] == 1.0


def test_no_degrees_of_freedom_give_no_interval_and_say_so():
    frame = pd.DataFrame({"trust": [1.0, 2, 3, 4], "town": [1, 1, 1, 1]})
    designs = [Design(frame.assign(trust=[1.0, 2, 3, last]), psu="town", lone_psu="certainty") for last in (4, 5)]
    found = combine([mean(design, "trust") for design in designs])
    assert found.to_frame()["df"].tolist() == [0.0]
    assert np.isnan(found.to_frame()["low"][0])
    assert "The design has no degrees of freedom, so there are no intervals." in found.method["footnotes"]


def refused(*given, match: str, **options) -> None:
    with pytest.raises(EstimationError, match=match):
        combine(*given, **options)


def test_combine_refuses_what_is_not_several_imputations():
    designs = trials(2, 3)
    results = [mean(design, "trust") for design in designs]
    refused(results[:1], match="needs at least two imputations and was given 1")
    refused([], match="was given 0")
    refused(results[0], match="needs a list, one result or design for each imputation, and was given a Estimates")
    refused(None, match="was given a NoneType")
    refused(designs, match="say what to estimate on each")
    refused([designs[0], results[1]], match="designs and results together")
    refused(results, lambda design: mean(design, "trust"), match="give designs with it, or leave it")
    refused([1, 2], match="imputation 1 is a int, which has no estimates")
    refused(designs, lambda design: design.weights, match="imputation 1 is a ndarray")
    refused(results, match="interval is 'wald'", interval="wald")
    refused(results, match="interval='logit' is for proportions", interval="logit")
    refused(results, match="df is 'rubin'", df="rubin")
    refused(results, match="complete_df is 0", complete_df=0)
    refused(results, match="level is 95", level=95)


def test_an_error_on_one_design_names_the_imputation():
    designs = [*trials(2), Design(pd.DataFrame({"trusts": [1, 2]}))]
    refused(designs, lambda design: mean(design, "trust"), match="imputation 2 of 2: there is no variable 'trust'")


def test_results_that_are_not_the_same_estimate_are_refused():
    designs = trials(2, 3)
    refused(
        [mean(designs[0], "trust"), total(designs[1], "trust")], match="imputation 2 has estimand total, the first mean"
    )
    refused(
        [mean(designs[0], "trust"), mean(designs[1], "trust", by="sex")], match="rows by item, sex, the first by item"
    )
    refused(
        [mean(designs[0], "trust"), glm(designs[1], "trust ~ sex")],
        match="imputation 2 is a Fit, the first a Estimates",
    )
    refused(
        [mean(designs[0], "trust"), mean(designs[1], "town")],
        match="imputation 1 has no row item town, imputation 2 has",
    )
    shorter = Design(designs[1].study.frame[1:])
    refused([mean(designs[0], "trust"), mean(shorter, "trust")], match="imputation 2 has 5 rows of data, the first 6")


def test_a_key_named_as_a_column_of_combined_results_is_refused():
    designs = [Design(design.study.frame.rename(columns={"sex": "fmi"})) for design in trials(2, 3)]
    refused([mean(design, "trust", by="fmi") for design in designs], match="by names fmi, which combining adds")


def test_a_category_that_occurs_in_one_imputation_only_is_named():
    designs = [Design(pd.DataFrame({"view": ["yes", "no", "no", last]})) for last in ("no", "yes", "perhaps")]
    refused(
        [proportion(design, "view") for design in designs],
        match="imputation 1 has no row item view category perhaps, imputation 3 has. Label every answer",
    )


def test_variances_are_the_diagonal_of_the_covariance():
    found = combine(trials(2, 3, 5), lambda design: mean(design, "trust", by="sex"))
    assert found.scatter.variances == pytest.approx(np.diag(found.covariance), rel=1e-12)
    assert found.to_frame()["se"].to_numpy() == pytest.approx(np.sqrt(found.scatter.variances), rel=1e-12)
    turned = found.scatter.picked(np.array([1, 0]))
    assert turned.covariance == pytest.approx(found.covariance[::-1, ::-1], rel=1e-12)


def test_an_estimate_without_an_error_in_one_imputation_has_none_and_says_so():
    results = [mean(design, "trust", by="sex") for design in trials(2, 3, 5)]
    frame = results[1].to_frame()
    frame.loc[0, ["se", "low", "high"]] = np.nan
    found = combine([results[0], replace(results[1], frame=frame), results[2]])
    assert found.to_frame()["se"].isna().tolist() == [True, False]
    assert "1 estimate has no error in one of the imputations, and so none here." in found.method["footnotes"]
    assert found.method["df"] == round(found.to_frame()["df"][1], 1)


class Scores:
    """A result of another kind: whatever has a frame, a covariance and a method can be combined."""

    def __init__(self, *columns: str) -> None:
        self.columns = columns
        self.method = {"variance": "given", "footnotes": [], "weight_source": "none", "weighting": None}
        self.method.update({"strata": [], "psu": [], "fpc": []})
        self.covariance = np.array([[4.0, 1.0], [1.0, 9.0]])

    def to_frame(self) -> pd.DataFrame:
        columns = {"name": ["a", "a"], "estimate": [1.0, 2.0], "se": [2.0, 3.0], "df": [10.0, 10.0]}
        return pd.DataFrame(columns)[list(self.columns)]


def test_results_of_another_kind_are_combined_row_by_row_even_where_names_come_again():
    found = combine([Scores("name", "estimate", "se", "df"), Scores("name", "estimate", "se", "df")])
    assert found.to_frame()["estimate"].tolist() == [1.0, 2.0]
    assert found.covariance.tolist() == [[4.0, 1.0], [1.0, 9.0]]
    refused([Scores("name", "estimate"), Scores("name", "estimate")], match="has no column se")
    refused([Scores("name", "estimate", "se")] * 2, match="no column df; give complete_df")


def completed(seed: int, **options: str) -> Design:
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({"y": draw.normal(size=60), "x": draw.normal(size=60), "group": ["a", "b"] * 30})
    frame["yes"], frame["psu"] = (frame["x"] > 0).astype(int), np.arange(60) // 4
    frame["vote"] = draw.choice(["a", "b", "c"], 60)
    frame["exposure"] = 1 + draw.random(60)
    return Design(frame, **options)


def relabelled(design: Design, gone: str) -> Design:
    """The same people, those who vote for one of the parties counted for the first."""
    frame = design.study.frame
    return Design(frame.assign(vote=frame["vote"].where(frame["vote"] != gone, "a")))


@pytest.mark.parametrize(
    ("first", "second", "differing"),
    [
        (lambda d: mean(d, "y", where="group == 'a'"), lambda d: mean(d, "y"), "subpopulation none, the first group"),
        (
            lambda d: glm(d, "yes ~ y", family="binomial"),
            lambda d: glm(d, "yes ~ y", family="binomial", offset="exposure"),
            "offset exposure, the first none",
        ),
        (
            lambda d: glm(relabelled(d, "c"), "vote ~ y", family="binomial"),
            lambda d: glm(relabelled(d, "b"), "vote ~ y", family="binomial"),
            "explained the share of vote 'c', the first the share of vote 'b'",
        ),
        (
            lambda d: contrast(mean(d, "y", by="group"), "a - b"),
            lambda d: contrast(mean(d, "x", by="group"), "a - b"),
            "items x, the first y",
        ),
        (lambda d: alpha(d, ["y", "x"]), lambda d: alpha(d, ["y", "x"], reverse="x"), "reversed x, the first none"),
        (
            lambda d: kappa(d, "yes", "other", weights="linear"),
            lambda d: kappa(d, "yes", "other"),
            "weights none, the first linear",
        ),
    ],
)
def test_different_estimands_are_not_pooled_and_the_message_names_what_differs(first, second, differing):
    one, other = (
        Design(design.study.frame.assign(other=1 - design.study.frame["yes"])) for design in map(completed, (1, 2))
    )
    with pytest.raises(EstimationError, match="imputation 2 has " + differing):
        combine([first(one), second(other)])


@pytest.mark.parametrize(
    ("options", "differing"),
    [
        ({"psu": "psu"}, "psu psu, the first none"),
        ({"strata": "group"}, "strata group, the first none"),
        ({"weight": "exposure"}, "weight exposure, the first none"),
    ],
)
def test_different_designs_are_not_pooled(options, differing):
    with pytest.raises(EstimationError, match="imputation 2 has " + differing):
        combine([completed(1), completed(2, **options)], lambda d: mean(d, "y"))


def test_the_interval_of_combined_quantiles_and_correlations_is_named_for_what_it_is():
    for verb in (lambda d: quantile(d, "y"), lambda d: correlation(d, ["y", "x"])):
        found = combine(map(completed, (1, 2, 3)), verb)
        printed = " ".join(str(found).split())
        assert "95% intervals, estimate -/+ t times its error" in printed
        assert "Woodruff" not in printed and "Fisher" not in printed
        row = found.frame.iloc[0]
        assert (row["low"] + row["high"]) / 2 == pytest.approx(row["estimate"])


def test_combined_models_say_nothing_of_a_df_above():
    assert "df above" not in str(combine(map(completed, (1, 2)), lambda d: glm(d, "y ~ x")))
    assert "df above" in str(combine(map(completed, (1, 2)), lambda d: mean(d, ["y", "x"])))


def test_complete_df_that_is_no_number_is_refused():
    with pytest.raises(EstimationError, match="complete_df is 'a'; degrees of freedom are a number above 0"):
        combine(map(completed, (1, 2)), lambda d: mean(d, "y"), complete_df="a")
