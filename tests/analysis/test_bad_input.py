"""Bad input, for every estimator: one clear error, or a right number; never a missing number in silence.

Each input stands in one test with every estimator of the package. What an estimator gives back is looked through for
missing numbers that no footnote explains; whatever is not one of topline's own errors fails the test, warnings of numpy
and pandas included.
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import topline as tl
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import DesignError, EstimationError, ToplineError, UnknownNameError

Estimator = Callable[[tl.Design], Any]

ESTIMATORS: dict[str, Estimator] = {
    "mean": lambda d: tl.mean(d, "y"),
    "mean by": lambda d: tl.mean(d, "y", by="key"),
    "total": lambda d: tl.total(d, "y", by="key"),
    "proportion": lambda d: tl.proportion(d, "view"),
    "proportion by": lambda d: tl.proportion(d, "view", by="key"),
    "ratio": lambda d: tl.ratio(d, "y", "x", by="key"),
    "quantile": lambda d: tl.quantile(d, "y", [0.25, 0.5], by="key"),
    "variance": lambda d: tl.variance(d, "y", by="key"),
    "covariance": lambda d: tl.covariance(d, ["y", "x"]),
    "correlation": lambda d: tl.correlation(d, ["y", "x"]),
    "alpha": lambda d: tl.alpha(d, ["y", "x"], by="key"),
    "kappa": lambda d: tl.kappa(d, "view", "again", by="key"),
    "crosstab": lambda d: tl.crosstab(d, "view", "key"),
    "ttest": lambda d: tl.ttest(d, "y", by="key"),
    "rank_test": lambda d: tl.rank_test(d, "y", "key"),
    "multiple_response": lambda d: tl.multiple_response(d, ["m1", "m2"], by="key"),
    "banner": lambda d: tl.banner(d, ["view", "y"], ["key"], means="y"),
    "contrast": lambda d: tl.contrast(tl.mean(d, "y", by="key"), "pairwise"),
    "glm": lambda d: tl.glm(d, "y ~ x"),
    "glm binomial": lambda d: tl.glm(d, "b ~ y", family="binomial"),
    "ordered": lambda d: tl.ordered(d, "rank ~ y"),
    "multinomial": lambda d: tl.multinomial(d, "view ~ y"),
    "wald": lambda d: tl.wald(tl.glm(d, "y ~ key"), "key"),
    "predictive_margins": lambda d: tl.predictive_margins(tl.glm(d, "b ~ key", family="binomial"), "key"),
    "marginal_effects": lambda d: tl.marginal_effects(tl.glm(d, "b ~ y", family="binomial"), "y"),
    "combine": lambda d: tl.combine([tl.mean(d, "y", by="key"), tl.mean(d, "y", by="key")]),
    "replicates": lambda d: tl.mean(tl.replicates(d, "JKn"), "y", by="key"),
    "base_weights": lambda d: tl.mean(tl.base_weights(d, factor="x"), "y"),
    "eligibility": lambda d: tl.mean(tl.eligibility(d, "view", eligible=["agree", "disagree"], unknown="neither"), "y"),
    "nonresponse": lambda d: tl.mean(tl.nonresponse(d, "b == 1", within="key"), "y"),
    "nonresponse by propensity": lambda d: tl.mean(tl.nonresponse(d, "b == 1", propensity="key + x"), "y"),
    "poststratify": lambda d: tl.mean(tl.poststratify(d, {"again": {"agree": 3, "neither": 3, "disagree": 4}}), "y"),
    "weight": lambda d: tl.mean(
        tl.weight(d, [{"nonresponse": {"responded": "b == 1", "within": "key"}}, "normalise"]), "y"
    ),
    "calibrate": lambda d: tl.mean(tl.calibrate(d, means={"x": 3.05}, bounds=(0.1, 9)), "y"),
    "entropy_balance": lambda d: tl.mean(tl.entropy_balance(d, {"x": 3.05}), "y"),
    "weight_summary": lambda d: tl.weight_summary(d),
    "propensity_weights": lambda d: tl.mean(tl.propensity_weights(d, census(), "again"), "y"),
    "doubly_robust": lambda d: tl.doubly_robust(d, "y", census(), "again"),
}
ESTIMATORS = {name: each for name, each in ESTIMATORS.items() if name.split()[0] in tl.PUBLIC}

EXPLAINED = re.compile(
    "no degrees of freedom|not defined|one respondent|no sampling error|standard error (is missing|of 0)|nobody"
    "|no tests|no test\\."
)
"""What a footnote says when a number is missing."""

DIAGNOSTICS = (
    "balance",
    "data_defect",
    "deff_parts",
    "diagnostics",
    "weight_histogram",
    "weight_influence",
    "weight_log",
)
"""Modules that look at weights and estimate nothing; tests/analysis/diagnosing tries them."""

NOT_ESTIMATORS = {
    *(name for name, module in tl.PUBLIC.items() if module.rpartition(".")[2] in (*DIAGNOSTICS, "weight_warnings")),
    *("Design", "subset", "rake", "respondents", "replicate_design", "compare", "margins_from", "pooled", "trend"),
    *("trim", "normalise"),
    *(name for name in tl.PUBLIC if name[0].isupper()),
    *(name for name, module in tl.PUBLIC.items() if not module.startswith("analysis.")),
}

FORMULAS = [name for name in ("glm", "ordered", "multinomial") if name in tl.PUBLIC]


def people(rows: int = 60) -> pd.DataFrame:
    """Give a sample of three strata of four PSUs, with everything that the estimators ask for."""
    rng = np.random.default_rng(7)
    place = np.arange(rows)
    frame = pd.DataFrame(
        {
            "stratum": place % 3,
            "psu": place % 12,
            "weight": 1.0 + place % 4,
            "population": 40,
            "y": rng.normal(size=rows).round(3),
            "view": rng.choice(["agree", "neither", "disagree"], rows),
            "again": rng.choice(["agree", "neither", "disagree"], rows),
            "key": rng.choice(["a", "b"], rows),
            "m1": rng.integers(0, 2, rows),
            "m2": rng.integers(0, 2, rows),
            "b": rng.integers(0, 2, rows),
            "rank": rng.integers(1, 4, rows),
        }
    )
    return frame.assign(x=(3 + frame["y"] + rng.normal(size=rows)).round(3))


def census() -> tl.Design:
    """Give a probability sample that knows one question alone."""
    return tl.Design(pd.DataFrame({"again": ["agree", "neither", "disagree"] * 20, "count": 50_000.0}), weight="count")


def drawn(frame: pd.DataFrame, **options: Any) -> tl.Design:
    return tl.Design(frame, **{"weight": "weight", "strata": "stratum", "psu": "psu", **options})


def outcome(name: str, make: Callable[[], tl.Design]) -> ToplineError | object:
    """Give the result, or the refusal, of one estimator; anything else that is raised goes through."""
    try:
        return ESTIMATORS[name](make())
    except ToplineError as error:
        assert str(error).strip() and "nan" not in str(error).split(), str(error)
        return error


def frames_of(result: object) -> list[pd.DataFrame]:
    made = getattr(result, "to_frame", None)
    return [made()] if made is not None else []


def notes_of(result: object) -> list[str]:
    method = getattr(result, "method", {})
    return list(method.get("footnotes", [])) if hasattr(method, "get") else []


def assert_sound(result: ToplineError | object) -> None:
    """Assert that a result has no missing or infinite estimate or error that no footnote explains, and prints."""
    if isinstance(result, ToplineError):
        return
    assert str(result).strip()
    for frame in frames_of(result):
        for column in ("estimate", "se", "low", "high", "statistic", "p"):
            if column in frame:
                absent = ~np.isfinite(frame[column].to_numpy(dtype=np.float64))
                explained = any(EXPLAINED.search(note) for note in notes_of(result))
                assert explained or not absent.any(), f"{column} is missing in silence:\n{frame}\n{result}"


def same(result: object, other: object) -> None:
    """Assert that two results have the same numbers, or are both refused."""
    assert isinstance(result, ToplineError) == isinstance(other, ToplineError), f"{result} beside {other}"
    for left, right in zip(frames_of(result), frames_of(other), strict=True):
        kept = [column for column in ("estimate", "se", "statistic", "p") if column in left]
        assert left[kept].to_numpy(dtype=float) == pytest.approx(
            right[kept].to_numpy(dtype=float), rel=1e-6, abs=1e-9, nan_ok=True
        )


EVERY = pytest.mark.parametrize("name", ESTIMATORS)


def test_every_estimator_of_the_package_is_tried():
    tried = {name.split()[0] for name in ESTIMATORS}
    assert set(tl.PUBLIC) - NOT_ESTIMATORS == tried


@EVERY
def test_the_sample_itself_is_estimated_without_a_missing_number(name):
    result = outcome(name, lambda: drawn(people()))
    assert not isinstance(result, ToplineError), result
    assert_sound(result)


@EVERY
def test_an_empty_subpopulation_is_refused_by_name(name):
    with pytest.raises(EstimationError, match="nobody to estimate for"):
        ESTIMATORS[name](tl.subset(drawn(people()), "key == 'nobody'"))


@EVERY
def test_a_group_without_answers_is_refused_or_has_no_row(name):
    frame = people()
    emptied = frame.assign(
        **{
            column: frame[column].where(frame["key"] == "a")
            for column in ("y", "x", "view", "again", "m1", "m2", "b", "rank")
        }
    )
    result = outcome(name, lambda: drawn(emptied))
    assert_sound(result)
    for each in frames_of(result):
        if "key" in each and "n" in each:
            assert set(each["key"]) == {"a"}


@EVERY
def test_a_single_psu_is_refused_or_has_no_variance_and_says_so(name):
    frame = people().assign(stratum=1, psu=1)
    with pytest.raises(DesignError, match="only one PSU in stratum 1"):
        drawn(frame)
    result = outcome(name, lambda: drawn(frame, lone_psu="certainty"))
    if not isinstance(result, ToplineError) and name != "weight_summary":
        assert any("degrees of freedom" in note or "single PSU" in note for note in notes_of(result)), str(result)
    assert_sound(result)


@EVERY
def test_a_group_in_one_psu_says_that_its_errors_are_not_known(name):
    result = outcome(name, lambda: tl.subset(drawn(people()), "psu == 3"))
    if any("se" in frame and (frame["se"] == 0).any() for frame in frames_of(result)):
        told = [note for note in notes_of(result) if "PSU" in note or "degrees of freedom" in note]
        assert told, str(result)
    assert_sound(result)


@EVERY
def test_answers_that_are_all_missing_are_refused(name):
    columns = ("y", "x", "view", "again", "m1", "m2", "b", "rank")
    for blank in (np.nan, None):
        frame = people().assign(**{column: pd.Series([blank] * 60, dtype="object") for column in columns})
        result = outcome(name, lambda frame=frame: drawn(frame))
        assert isinstance(result, ToplineError) or name == "weight_summary", result


@EVERY
def test_one_category_is_refused_or_a_right_number(name):
    frame = people().assign(view="agree", again="agree", key="a", m1=1, m2=1, b=1, rank=2, y=3.0, x=3.0)
    result = outcome(name, lambda: drawn(frame))
    assert_sound(result)
    if name == "proportion":
        assert result.to_frame()[["estimate", "se", "high"]].values.tolist() == [[1.0, 0.0, 1.0]]
    if name in ("mean", "mean by"):
        assert result.to_frame()[["estimate", "se"]].values.tolist() == [[3.0, 0.0]]


@EVERY
@pytest.mark.parametrize("endless", [np.inf, -np.inf])
def test_infinite_values_are_refused_or_not_used(name, endless):
    frame = people()
    frame.loc[[3, 5], "y"] = endless
    result = outcome(name, lambda: drawn(frame))
    uses_y = name not in ("proportion", "proportion by", "kappa", "crosstab", "multiple_response", "predictive_margins")
    if uses_y and name != "weight_summary":
        assert isinstance(result, EstimationError), result
        assert "infinite" in str(result) and "y" in str(result)
    else:
        same(result, outcome(name, lambda: drawn(people())))


@EVERY
def test_infinite_missing_and_negative_weights_are_refused(name):
    for weight in (np.inf, np.nan, -1.0):
        frame = people()
        frame.loc[4, "weight"] = weight
        assert isinstance(outcome(name, lambda frame=frame: drawn(frame)), DesignError)


@EVERY
def test_weights_of_zero_in_all_rows_are_refused(name):
    assert isinstance(outcome(name, lambda: drawn(people().assign(weight=0.0))), DesignError)


@EVERY
def test_a_row_of_weight_zero_adds_nothing_to_any_estimate(name):
    frame = people()
    odd = frame.iloc[:3].assign(weight=0.0, y=[1e6, -1e6, 5e5], x=7.0, view="agree", key="b", b=1, rank=3)
    odd = odd.assign(again="disagree", m1=1, m2=0)
    if name == "weight_summary":
        return
    result = outcome(name, lambda: drawn(pd.concat([frame, odd], ignore_index=True)))
    assert_sound(result)
    same(result, outcome(name, lambda: drawn(frame)))


@EVERY
def test_a_group_of_weight_zero_is_refused_or_has_no_row(name):
    frame = people()
    result = outcome(name, lambda: drawn(frame.assign(weight=frame["weight"].where(frame["key"] == "a", 0.0))))
    assert_sound(result)
    for each in frames_of(result):
        if "key" in each and "n" in each:
            assert set(each["key"]) == {"a"}


@EVERY
def test_a_stratum_absent_from_a_group_still_counts_in_its_design(name):
    frame = people()
    frame["key"] = np.where(frame["stratum"] == 0, "b", frame["key"])
    result = outcome(name, lambda: drawn(frame))
    assert not isinstance(result, ToplineError), result
    assert_sound(result)
    if name == "mean by":
        assert result.to_frame()["df"].tolist() == [9, 9]


@EVERY
def test_an_fpc_below_the_sample_is_refused_by_name(name):
    result = outcome(name, lambda: drawn(people().assign(population=3), fpc="population"))
    assert isinstance(result, DesignError)
    assert "fpc 'population' says 3 units" in str(result) and "4 are in the sample" in str(result)


@EVERY
def test_a_census_has_no_sampling_error(name):
    result = outcome(name, lambda: drawn(people().assign(population=4), fpc="population"))
    assert_sound(result)
    if name == "mean":
        assert result.to_frame()["se"].tolist() == [0.0]


@EVERY
def test_a_psu_id_in_two_strata_counts_as_two_psus_and_says_so(name):
    frame = people()
    frame.loc[frame["psu"] == 0, "psu"] = 100
    frame.loc[frame["psu"] == 1, "psu"] = 100  # of another stratum
    result = outcome(name, lambda: drawn(frame))
    same(result, outcome(name, lambda: drawn(people())))
    assert any("1 id of psu occurs in several strata" in note for note in notes_of(result)) or not notes_of(result)


def test_replicate_weights_of_the_wrong_number_are_refused():
    frame = people()
    columns = {f"r{at}": frame["weight"] * (1 + at % 2) for at in range(4)}
    frame = frame.assign(**columns)
    with pytest.raises(DesignError, match="rscales"):
        tl.replicate_design(frame, weight="weight", replicates=list(columns), method="JKn", rscales=[0.5, 0.5, 0.5])
    with pytest.raises(ToplineError):
        tl.replicate_design(frame, weight="weight", replicates=[], method="BRR")
    with pytest.raises(UnknownNameError, match="r9"):
        tl.replicate_design(frame, weight="weight", replicates=["r0", "r9"], method="BRR")
    with pytest.raises(ToplineError):
        tl.replicate_design(frame, weight="weight", replicates=["r0"], method="JK1")


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_with_an_unknown_name_shows_the_nearest(name):
    fit = getattr(tl, name)
    response = {"glm": "y", "ordered": "rank", "multinomial": "view"}[name]
    with pytest.raises(UnknownNameError, match=r"'wieght'.*Did you mean 'weight'"):
        fit(drawn(people()), f"{response} ~ wieght")
    with pytest.raises(UnknownNameError, match=f"Did you mean .*'{response}'"):
        fit(drawn(people()), f"{response}s ~ x")
    for broken in (f"{response} ~", f"{response} ~ x +* y", f"{response} ~ C(x", "", "~"):
        with pytest.raises(ToplineError):
            fit(drawn(people()), broken)


@EVERY
def test_an_unknown_column_shows_the_nearest(name):
    if name == "weight_summary":
        return
    frame = people().rename(columns=lambda column: column if column in ("stratum", "psu", "weight") else f"{column}_")
    result = outcome(name, lambda: drawn(frame))
    assert isinstance(result, UnknownNameError), result
    assert "_'" in str(result)


def test_perfect_separation_is_refused_with_the_predictor():
    frame = people()
    frame = frame.assign(b=(frame["y"] > 0).astype(int), rank=np.where(frame["y"] > 0, 2, 1))
    with pytest.raises(EstimationError, match="separat"):
        tl.glm(drawn(frame), "b ~ y", family="binomial")
    if "multinomial" in tl.PUBLIC:
        with pytest.raises(EstimationError, match="separat"):
            tl.multinomial(drawn(frame.assign(view=np.where(frame["y"] > 0, "for", "against"))), "view ~ y")
        with pytest.raises(EstimationError, match="separat"):
            tl.ordered(
                drawn(frame.assign(rank=pd.cut(frame["y"], [-9, -0.5, 0.5, 9], labels=[1, 2, 3]).astype(int))),
                "rank ~ y",
            )


def test_a_category_without_events_is_separation_as_well():
    frame = people()
    frame = frame.assign(b=np.where(frame["key"] == "a", 0, frame["b"]))
    with pytest.raises(EstimationError, match="separat"):
        tl.glm(drawn(frame), "b ~ key", family="binomial")


def test_more_coefficients_than_respondents_are_refused():
    with pytest.raises(EstimationError, match="lacks full rank"):
        tl.glm(tl.Design(people().iloc[:3]), "y ~ x + m1 + m2")


@pytest.mark.parametrize("name", FORMULAS)
def test_a_rank_deficient_design_matrix_is_refused_or_says_what_it_dropped(name):
    frame = people().assign(twice=lambda f: 2 * f["x"], constant=1.0)
    response = {"glm": "y", "ordered": "rank", "multinomial": "view"}[name]
    for terms, named in (("x + twice", "twice"), ("x + constant", "constant")):
        try:
            result = getattr(tl, name)(drawn(frame), f"{response} ~ {terms}")
        except EstimationError as error:
            assert named in str(error)
            continue
        assert_sound(result)
        assert any(named in note for note in notes_of(result)), str(result)


@EVERY
def test_a_key_of_ten_thousand_levels_is_estimated_or_refused(name):
    levels = 10_000
    frame = pd.concat([people(60)] * 500, ignore_index=True)
    frame = frame.assign(key=np.arange(30_000) * levels // 30_000, psu=np.arange(30_000) % 300)
    result = outcome(name, lambda: tl.Design(frame, weight="weight", psu="psu"))
    assert_sound(result)
    if isinstance(result, ToplineError):
        assert name in REFUSES_MANY, result
    for each in frames_of(result):
        if "key" in each:
            assert each["key"].nunique() == levels or notes_of(result)


REFUSES_MANY = ("crosstab", "ttest", "rank_test", "banner", "contrast", "predictive_margins", "nonresponse", "weight")
"""Estimators that compare groups, and say how many they can, or adjust within groups and find one empty."""


@EVERY
def test_one_respondent_of_a_group_gives_a_number_or_a_reason(name):
    frame = people().assign(key=np.where(np.arange(60) < 1, "a", "b"))
    assert_sound(outcome(name, lambda: drawn(frame)))


@EVERY
@pytest.mark.parametrize("respondents", [1, 2, 3])
def test_a_handful_of_respondents_gives_a_number_or_a_reason(name, respondents):
    assert_sound(outcome(name, lambda: tl.Design(people().iloc[:respondents], lone_psu="certainty")))


@EVERY
def test_a_key_without_any_value_is_refused_by_name(name):
    uses_key = name in WITH_KEY
    result = outcome(name, lambda: drawn(people().assign(key=pd.Series([None] * 60, dtype="object"))))
    assert isinstance(result, ToplineError) == uses_key, result
    assert not uses_key or "key" in str(result) or "answer" in str(result)


WITH_KEY = {
    *("mean by", "total", "proportion by", "ratio", "quantile", "variance", "alpha", "kappa", "crosstab", "ttest"),
    *("rank_test", "multiple_response", "banner", "contrast", "wald", "predictive_margins", "combine", "replicates"),
    *("nonresponse", "nonresponse by propensity", "weight"),
}


@EVERY
def test_no_column_type_changes_a_number(name):
    frame = people()
    words = {column: pd.Categorical(frame[column]) for column in ("view", "again", "key")}
    truths = {column: frame[column].astype(bool) for column in ("b", "m1", "m2")}
    shuffled = frame.set_index(pd.Index(np.repeat(range(30), 2)))
    expected = outcome(name, lambda: drawn(frame))
    for other in (
        frame.convert_dtypes(),
        frame.convert_dtypes(dtype_backend="pyarrow"),
        pl.from_pandas(frame),
        frame.assign(**words),
        frame.assign(**truths),
        frame.astype(object),
        shuffled,
    ):
        same(outcome(name, lambda other=other: drawn(other)), expected)


@EVERY
def test_codes_declared_missing_count_as_missing(name):
    frame = people().replace({"agree": "1", "neither": "2", "disagree": "3", "a": "1", "b": "2"}).astype(float)
    spoiled = {"view": 1, "again": 2, "y": 3, "x": 4, "key": 5, "b": 6, "rank": 7, "m1": 8}
    coded, blank = frame.copy(), frame.copy()
    for column, row in spoiled.items():
        coded.loc[row, column], blank.loc[row, column] = 98.0, np.nan
    kinds = {98.0: MissingKind.DONT_KNOW}
    variables = tuple(Variable(column, missing=kinds if column in spoiled else {}) for column in coded)
    study = Study(coded, Codebook(variables))
    same(outcome(name, lambda: drawn(study)), outcome(name, lambda: drawn(blank)))


@EVERY
def test_replicate_weights_meet_the_same_bad_input(name):
    if name == "replicates":
        return
    frame = people()
    columns = ("y", "x", "view", "again", "m1", "m2", "b", "rank")
    emptied = frame.assign(**{column: frame[column].where(frame["key"] == "a") for column in columns})
    same_for_all = frame.assign(view="agree", again="agree", key="a", m1=1, m2=1, b=1, rank=2, y=3.0, x=3.0)
    for bad in (emptied, same_for_all, frame.assign(weight=frame["weight"].where(frame["key"] == "a", 0.0))):
        assert_sound(outcome(name, lambda bad=bad: tl.replicates(drawn(bad), "JKn")))
