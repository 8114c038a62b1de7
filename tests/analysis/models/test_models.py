"""Generalised linear models: what must hold whatever the numbers, what is printed, and what is refused."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from topline.analysis.estimation.estimate import mean, proportion, total
from topline.analysis.models.glm import glm
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.subpopulation import subset
from topline.analysis.testing.contrasts import contrast
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError

SIZE = 300


@pytest.fixture(scope="module")
def wave() -> pd.DataFrame:
    rng = np.random.default_rng(20)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, SIZE).astype(float),
            "region": rng.choice(["north", "south", "west"], SIZE),
            "sex": rng.choice(["f", "m"], SIZE),
            "weight": rng.uniform(0.5, 2.0, SIZE),
            "stratum": rng.integers(0, 4, SIZE),
            "town": rng.integers(0, 8, SIZE),
            "visits": rng.poisson(3, SIZE),
        }
    )
    share = 1 / (1 + np.exp(2 - 0.04 * frame["age"]))
    frame["support"] = (rng.random(SIZE) < share).astype(int)
    frame["copy"] = frame["support"]
    frame["income"] = np.exp(rng.normal(3, 0.5, SIZE))
    return frame


@pytest.fixture(scope="module")
def design(wave: pd.DataFrame) -> Design:
    return made(wave)


def made(frame: pd.DataFrame) -> Design:
    return Design(frame, weight="weight", strata="stratum", psu="town")


def numbers(fit) -> pd.DataFrame:
    return fit.to_frame().set_index("term")[["estimate", "se"]]


def same(one: pd.DataFrame, other: pd.DataFrame, rel: float = 1e-10) -> None:
    np.testing.assert_allclose(one.to_numpy(), other.to_numpy(), rtol=rel, atol=1e-12)


def flat(fit) -> str:
    """Give the print with its folds and spaces undone."""
    return " ".join(str(fit).split())


LOGIT = {"family": "binomial"}


def test_scaling_the_weights_changes_nothing(wave, design):
    scaled = made(wave.assign(weight=wave["weight"] * 1234.5))
    formula = "support ~ age * sex + region"
    same(numbers(glm(design, formula, **LOGIT)), numbers(glm(scaled, formula, **LOGIT)))
    one, other = (glm(each, formula, **LOGIT).method for each in (design, scaled))
    assert one["deviance"] == pytest.approx(other["deviance"])
    assert one["dispersion"] == pytest.approx(other["dispersion"])


def test_shuffling_the_rows_changes_nothing(wave, design):
    shuffled = made(wave.sample(frac=1, random_state=4))
    same(numbers(glm(design, "income ~ age + region")), numbers(glm(shuffled, "income ~ age + region")))


def test_another_reference_category_predicts_the_same(design):
    one = glm(design, "support ~ region + age", **LOGIT).predict()
    other = glm(design, "support ~ C(region, Treatment('west')) + age", **LOGIT).predict()
    same(one, other)


def test_a_shifted_predictor_predicts_the_same(wave, design):
    """Nearly collinear columns, which the normal equations would lose digits on."""
    later = made(wave.assign(year=2000 + wave["age"], moment=2000 + wave["age"] / 1000))
    one, other = glm(design, "income ~ age"), glm(later, "income ~ year")
    same(one.predict(), other.predict(), rel=1e-8)
    row = numbers(glm(later, "income ~ moment")).loc["moment"]
    assert row.to_numpy() == pytest.approx(1000 * numbers(one).loc["age"].to_numpy(), rel=1e-8)


def test_an_intercept_alone_is_the_mean(design):
    fit, item = glm(design, "income ~ 1").to_frame(), mean(design, "income").to_frame()
    assert fit[["estimate", "se"]].to_numpy() == pytest.approx(item[["estimate", "se"]].to_numpy())


def test_a_dummy_is_a_difference_of_means(design):
    row = numbers(glm(design, "income ~ sex")).loc["sex[T.m]"]
    gap = contrast(mean(design, "income", by="sex"), "m - f").to_frame()
    assert [row["estimate"], row["se"]] == pytest.approx(gap[["estimate", "se"]].to_numpy()[0])


def test_a_logit_of_an_intercept_is_the_log_odds_of_the_share(design):
    row = numbers(glm(design, "support ~ 1", **LOGIT)).loc["Intercept"]
    share = proportion(design, "support", category=1).to_frame()
    p, se = share.loc[0, "estimate"], share.loc[0, "se"]
    assert row["estimate"] == pytest.approx(np.log(p / (1 - p)))
    assert row["se"] == pytest.approx(se / (p * (1 - p)))


@pytest.mark.parametrize("lone_psu", ["centre", "average", "certainty", "collapse"])
def test_lone_psus_are_treated_as_in_means(wave, lone_psu):
    frame = wave.assign(stratum=np.where(wave["town"] == 7, 9, wave["stratum"] % 2))
    lone = Design(frame, weight="weight", strata="stratum", psu="town", lone_psu=lone_psu)
    fit, item = glm(lone, "income ~ 1").to_frame(), mean(lone, "income").to_frame()
    assert fit["se"].to_numpy() == pytest.approx(item["se"].to_numpy())


def test_a_raked_design_carries_the_raking_into_the_errors(design):
    margins = {"sex": {"f": 0.5, "m": 0.5}, "region": {"north": 0.2, "south": 0.3, "west": 0.5}}
    raked = rake(design, margins, on=["sex", "region"])
    fit, item = glm(raked, "income ~ 1").to_frame(), mean(raked, "income").to_frame()
    assert fit["se"].to_numpy() == pytest.approx(item["se"].to_numpy())
    assert glm(raked, "sex == 'f' ~ 1").to_frame()["se"][0] == pytest.approx(0.0, abs=1e-11)


def test_a_subpopulation_keeps_the_design(wave, design):
    inside = wave["region"] == "north"
    same(
        numbers(glm(design, "income ~ age", where="region == 'north'")),
        numbers(glm(subset(design, {"region": "north"}), "income ~ age")),
    )
    fit = glm(design, "income ~ 1", where=inside.to_numpy()).to_frame()
    part = mean(design, "income", where="region == 'north'").to_frame()
    assert fit[["estimate", "se"]].to_numpy() == pytest.approx(part[["estimate", "se"]].to_numpy())


def test_replicates_and_linearisation_agree_for_many_psus(wave):
    rows = Design(wave, weight="weight")
    formula = "support ~ age + sex"
    taylor = numbers(glm(rows, formula, **LOGIT))
    jackknife = numbers(glm(replicates(rows, method="JK1"), formula, **LOGIT))
    assert jackknife["estimate"].to_numpy() == pytest.approx(taylor["estimate"].to_numpy())
    assert jackknife["se"].to_numpy() == pytest.approx(taylor["se"].to_numpy(), rel=0.05)


def test_a_replicate_without_a_category_is_left_out_and_told(wave):
    frame = wave.assign(rare=np.where(wave["town"] == 3, wave["region"], "none"))
    frame.loc[(frame["town"] == 3) & (frame["rare"] == "west"), "rare"] = "none"
    jackknife = replicates(Design(frame, weight="weight", psu="town"), method="JK1")
    fit = glm(jackknife, "income ~ rare")
    assert np.isfinite(fit.to_frame()["se"]).all()
    assert "In 1 replicate of 8 the model has no fit" in flat(fit)


def test_rows_of_zero_weight_change_neither_estimate_nor_error_of_an_intercept(wave, design):
    extra = wave.head(10).assign(weight=0.0, income=1e6)
    with_zeros = made(pd.concat([wave, extra], ignore_index=True))
    same(numbers(glm(design, "income ~ 1")), numbers(glm(with_zeros, "income ~ 1")))


def test_degrees_of_freedom_are_those_of_the_rows_used_or_of_the_design(design):
    where = "stratum < 2"
    assert glm(design, "income ~ age", where=where).df == 2 * 8 - 2 + 1 - 2
    assert glm(design, "income ~ age", where=where, df="design").df == 4 * 8 - 4 + 1 - 2
    normal = glm(design, "income ~ age", df=np.inf).to_frame()
    reach = (normal["high"] - normal["estimate"]).to_numpy()
    assert reach == pytest.approx(1.959963984540054 * normal["se"].to_numpy())


def test_too_few_degrees_of_freedom_leave_tests_empty_and_say_so(wave):
    few = Design(wave.assign(town=wave["town"] % 2), weight="weight", psu="town")
    fit = glm(few, "income ~ age + sex")
    assert fit.to_frame()[["low", "high", "p"]].isna().all(axis=None)
    assert "so there are no tests and intervals; df= sets others" in flat(fit)
    assert np.isfinite(glm(few, "income ~ age + sex", df=10).to_frame()["p"]).all()


def test_exponentiated_coefficients_are_ratios(design):
    fit = glm(design, "support ~ sex", **LOGIT)
    plain, ratios = fit.to_frame(), fit.to_frame(exponentiate=True)
    assert ratios["estimate"].to_numpy() == pytest.approx(np.exp(plain["estimate"]))
    assert ratios["se"].to_numpy() == pytest.approx(np.exp(plain["estimate"]) * plain["se"])
    assert ratios["low"].to_numpy() == pytest.approx(np.exp(plain["low"]))
    assert ratios["p"].tolist() == plain["p"].tolist()


def test_covariance_is_labelled(design):
    fit = glm(design, "income ~ age + sex")
    assert fit.covariance.columns.tolist() == fit.coefficients.index.tolist() == ["Intercept", "age", "sex[T.m]"]
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(fit.to_frame()["se"].to_numpy())
    assert len(fit) == 3


@pytest.mark.parametrize("link", ["identity", "log", "inverse", "sqrt", "inverse_squared"])
def test_gamma_models_of_groups_fit_the_means_whatever_the_link(design, link):
    fit = glm(design, "income ~ region", family="gamma", link=link).predict(pd.DataFrame({"region": ["north", "west"]}))
    groups = mean(design, "income", by="region").to_frame().set_index("region")
    assert fit["estimate"].to_numpy() == pytest.approx(groups.loc[["north", "west"], "estimate"].to_numpy(), rel=1e-9)
    assert fit["se"].to_numpy() == pytest.approx(groups.loc[["north", "west"], "se"].to_numpy(), rel=1e-8)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog", "cauchit", "log", "logc", "identity"])
def test_binomial_models_of_groups_fit_the_shares_whatever_the_link(design, link):
    fit = glm(design, "support ~ sex", link=link, **LOGIT).predict(pd.DataFrame({"sex": ["f", "m"]}))
    shares = proportion(design, "support", category=1, by="sex").to_frame()
    assert fit["estimate"].to_numpy() == pytest.approx(shares["estimate"].to_numpy(), rel=1e-9)
    assert fit["se"].to_numpy() == pytest.approx(shares["se"].to_numpy(), rel=1e-8)
    assert ((fit["low"] > 0) & (fit["high"] < 1)).all()


def test_an_offset_turns_counts_into_rates(design):
    rate = glm(design, "visits ~ 1", family="poisson", offset="log(income)").to_frame(exponentiate=True)
    sums = total(design, ["visits", "income"]).to_frame()["estimate"]
    assert rate["estimate"][0] == pytest.approx(sums[0] / sums[1])
    fit = glm(design, "visits ~ sex", family="poisson", offset="log(income)")
    rows = pd.DataFrame({"sex": ["f", "f"], "income": [10.0, 20.0]})
    found = fit.predict(rows)["estimate"]
    assert found[1] == pytest.approx(2 * found[0])
    assert fit.method["pseudo_r2"] is not None


def test_predictions_of_new_respondents_take_labels_codes_and_polars(design):
    fit = glm(design, "income ~ age + region")
    rows = {"age": [30.0, 40.0], "region": ["north", "west"]}
    one, other = fit.predict(pd.DataFrame(rows)), fit.predict(pl.DataFrame(rows))
    same(one, other)
    b = fit.coefficients
    assert one["estimate"].to_numpy() == pytest.approx(
        [b["Intercept"] + 30 * b["age"], b["Intercept"] + 40 * b["age"] + b["region[T.west]"]]
    )
    assert fit.predict(pd.DataFrame(rows), level=0.5)["low"][0] > one["low"][0]


def test_predictions_keep_within_the_range_of_the_response(design):
    fit = glm(design, "visits ~ age", family="poisson").predict()
    assert (fit["low"] > 0).all()
    assert len(fit) == SIZE


def test_many_rows_are_started_on_a_sample_of_them():
    """60,000 rows: the road through a sample gives what Newton's method on all rows gives."""
    rng = np.random.default_rng(7)
    age = rng.normal(size=60_000)
    frame = pd.DataFrame({"age": age, "support": rng.random(60_000) < 1 / (1 + np.exp(-age))})
    frame["rare"] = np.arange(60_000) == 1
    design = Design(frame)
    found = glm(design, "support ~ age", **LOGIT).to_frame()["estimate"].to_numpy()
    matrix, answer, b = np.column_stack([np.ones(60_000), age]), frame["support"].to_numpy(), np.zeros(2)
    for _ in range(12):
        mu = 1 / (1 + np.exp(-matrix @ b))
        b += np.linalg.solve(matrix.T @ (matrix * (mu * (1 - mu))[:, None]), matrix.T @ (answer - mu))
    assert found == pytest.approx(b, rel=1e-12)
    counts = glm(design, "number(support) + 1 ~ age + number(rare)")
    assert len(counts) == 3


def test_the_print_names_model_response_bases_and_fit(design):
    text = flat(glm(design, "support ~ age + sex", **LOGIT))
    assert text.startswith("Generalised linear model: the share of support 1")
    for part in (
        "Family: binomial",
        "Link: logit",
        f"n: {SIZE}",
        "McFadden",
        "P>|t|",
        "[0.025",
        "0.975]",
        "PSUs minus",
    ):
        assert part in text
    linear = glm(design, "income ~ age", level=0.9, where={"sex": "f"})
    assert "[0.05" in str(linear) and "0.95]" in str(linear)
    assert "Where sex f." in flat(linear)
    assert linear.method["pseudo_r2_kind"] == "R2"


def test_results_come_as_markdown_html_chart_and_plain_values(design, tmp_path):
    fit = glm(design, "support ~ age + sex", **LOGIT)
    assert "| term | coef | std err | t | P>\\|t\\| |" in fit.to_markdown()
    page = fit.to_html(tmp_path / "model.html")
    assert "sex[T.m]" in page and (tmp_path / "model.html").read_text(encoding="utf-8") == page
    chart = fit.plot().to_dict()
    assert "Intercept" not in str(chart.get("datasets", chart))
    document = fit.document()
    assert document["rows"][1]["term"] == "age" and document["method"]["residual_df"] == 26


def test_r_names_of_families_are_understood(design):
    one, other = glm(design, "support ~ age", family="quasibinomial"), glm(design, "support ~ age", **LOGIT)
    same(numbers(one), numbers(other))


STUDY_VARIABLES = (
    Variable(
        "approval",
        labels={1.0: "oppose", 2.0: "neither", 3.0: "support", 4.0: "strongly support", 8.0: "dk", 9.0: "refused"},
        missing={8.0: MissingKind.DONT_KNOW, 9.0: MissingKind.REFUSED},
        collapse={"in favour": (3.0, 4.0)},
    ),
    Variable("urban", labels={0.0: "no", 1.0: "yes"}),
    Variable("trust", labels={1.0: "none", 5.0: "full"}, measure="ordinal"),
    Variable("age4", labels={1.0: "18-29", 2.0: "30-44", 3.0: "45-59", 4.0: "60+"}, measure="nominal"),
)


@pytest.fixture(scope="module")
def labelled() -> Design:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "approval": rng.choice([1.0, 2.0, 3.0, 4.0, 8.0, 9.0], SIZE),
            "urban": rng.integers(0, 2, SIZE).astype(float),
            "trust": rng.integers(1, 6, SIZE).astype(float),
            "age4": rng.integers(1, 5, SIZE).astype(float),
        }
    )
    return Design(Study(frame, Codebook(STUDY_VARIABLES)))


def test_labelled_codes_enter_as_categories_by_label_and_scales_as_numbers(labelled):
    fit = glm(labelled, "approval['support'] ~ C(age4) + urban + trust", **LOGIT)
    assert fit.to_frame()["term"].tolist() == [
        "Intercept",
        "C(age4)[T.30-44]",
        "C(age4)[T.45-59]",
        "C(age4)[T.60+]",
        "urban[T.yes]",
        "trust",
    ]
    assert "Entered as categories, by label: age4, urban; number(age4) would take the codes." in flat(fit)


def test_a_labelled_scale_is_a_number_by_footnote_and_named_by_label_in_categories(wave):
    labels = {1.0: "the north", 2.0: "the south", 3.0: "the west"}
    frame = wave[["income"]].assign(region=wave["region"].map({"north": 1.0, "south": 2.0, "west": 3.0}))
    declared = Variable("region", labels=labels, measure="scale")
    design = Design(Study(frame, Codebook((Variable("income"), declared))))
    fit = glm(design, "income ~ region")
    assert "Entered as numbers, because they are declared scales, though every answer has a label: region" in flat(fit)
    assert fit.to_frame()["term"].tolist() == ["Intercept", "region"]
    assert "Entered as" not in flat(glm(design, "income ~ number(region)"))
    coded = glm(design, "income ~ C(region)")
    assert coded.to_frame()["term"].tolist()[1:] == ["C(region)[T.the south]", "C(region)[T.the west]"]
    one, other = (coded.predict(pd.DataFrame({"region": [value]})) for value in (2, "the south"))
    same(one, other)


def test_question_and_study_are_printed_with_the_fit(wave):
    asked = Variable("support", label="Support", wording={"de": "Sind Sie dafür?", "en": "Are you in favour?"})
    study = Study(wave[["support", "age"]], Codebook((asked, Variable("age", label="Age")), title="Town survey 2026"))
    fit = glm(Design(study), "support ~ age", **LOGIT)
    assert str(fit).splitlines()[1:3] == ["Question: Are you in favour?", "Study: Town survey 2026"]
    assert "Question: Are you in favour?" in fit.to_markdown() and "Town survey 2026" in fit.to_html()
    assert glm(Design(study), "age ~ support").method["wording"] == "Age"
    assert glm(Design(study), "log(age) ~ support").method["wording"] == ""


def test_number_takes_the_codes_of_a_labelled_column(labelled):
    fit = glm(labelled, "trust ~ number(age4)")
    codes = labelled.study.frame.assign(code=labelled.study.frame["age4"])
    plain = glm(Design(codes[["trust", "code"]]), "trust ~ code")
    same(fit.to_frame()[["estimate", "se"]], plain.to_frame()[["estimate", "se"]])


def test_missing_answers_are_left_out_and_counted_by_kind(labelled):
    codes = labelled.study.frame["approval"]
    fit = glm(labelled, "approval['support'] ~ urban", **LOGIT)
    dont_know, refused = int((codes == 8).sum()), int((codes == 9).sum())
    assert fit.method["n_used"] == SIZE - dont_know - refused
    assert f"(approval: don't know {dont_know}, refused {refused})" in flat(fit)
    part = glm(labelled, "approval['support'] ~ 1", where={"urban": "yes"}, **LOGIT)
    inside = labelled.study.frame["urban"] == 1
    assert f"don't know {int(((codes == 8) & inside).sum())}," in flat(part)


@pytest.mark.parametrize(
    ("left", "codes", "words"),
    [
        ("approval['support']", [3], "the share of approval 'support'"),
        ("approval == 3", [3], "the share of approval 3"),
        ("approval['in favour']", [3, 4], "the share of approval 'in favour'"),
        ("approval in ['oppose', 2]", [1, 2], "the share of approval 'oppose' or 2"),
        ("`approval`['oppose']", [1], "the share of approval 'oppose'"),
        ("number(approval) > 2", [3, 4], "the mean of number(approval) > 2"),
    ],
)
def test_the_answer_that_is_modelled_is_chosen_by_the_left_side_and_named(labelled, left, codes, words):
    answers = labelled.study.frame["approval"]
    share = answers[answers < 8].isin(codes).mean()
    fit = glm(labelled, f"{left} ~ 1", **LOGIT)
    assert 1 / (1 + np.exp(-fit.coefficients["Intercept"])) == pytest.approx(share)
    assert fit.method["explained"] == words


def test_of_a_bare_column_of_two_answers_the_second_or_1_is_modelled(wave, labelled):
    assert glm(made(wave), "sex ~ 1", **LOGIT).method["explained"] == "the share of sex 'm'"
    assert glm(labelled, "urban ~ 1", **LOGIT).method["explained"] == "the share of urban 'yes'"
    voted = made(wave.assign(voted=wave["support"] == 1))
    assert glm(voted, "voted ~ 1", **LOGIT).method["explained"] == "the share of voted 'true'"
    ordered = pd.Categorical(wave["sex"], ["m", "f"])
    assert glm(made(wave.assign(sex=ordered)), "sex ~ 1", **LOGIT).method["explained"] == "the share of sex 'f'"


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "int8", "float32", "int64[pyarrow]", "double[pyarrow]"])
def test_number_types_make_no_difference(wave, design, dtype):
    other = made(wave.assign(age=wave["age"].astype(dtype), support=wave["support"].astype(dtype)))
    same(numbers(glm(design, "support ~ age", **LOGIT)), numbers(glm(other, "support ~ age", **LOGIT)))


@pytest.mark.parametrize("dtype", ["category", "string", "string[pyarrow]", "object"])
def test_text_types_make_no_difference(wave, design, dtype):
    other = made(wave.assign(region=wave["region"].astype(dtype)))
    same(numbers(glm(design, "income ~ region")), numbers(glm(other, "income ~ region")))


def test_nullable_missing_values_are_left_out(wave):
    age = wave["age"].astype("Int64")
    age[::10] = pd.NA
    fit = glm(made(wave.assign(age=age)), "income ~ age")
    assert fit.method["n_used"] == SIZE - 30
    assert "30 rows are left out for missing values, of 300 (age: blank 30)." in flat(fit)


def test_a_polars_frame_is_a_design_too(wave, design):
    other = Design(pl.from_pandas(wave), weight="weight", strata="stratum", psu="town")
    same(numbers(glm(design, "income ~ region + age")), numbers(glm(other, "income ~ region + age")))


def test_categories_that_nobody_used_has_are_left_out(wave):
    region = pd.Categorical(wave["region"], ["north", "east", "south", "west"])
    fit = glm(made(wave.assign(region=region)), "income ~ region", where="region != 'west'")
    assert fit.to_frame()["term"].tolist() == ["Intercept", "region[T.south]"]


def test_columns_with_blanks_in_their_names_stand_in_backticks(wave):
    spaced = made(wave.rename(columns={"age": "age in years", "support": "my support"}))
    fit = glm(spaced, "`my support` ~ `age in years` + np.log(`age in years`)", **LOGIT)
    plain = glm(made(wave), "support ~ age + np.log(age)", **LOGIT)
    same(fit.to_frame()[["estimate", "se"]], plain.to_frame()[["estimate", "se"]])


def test_a_quoted_column_is_a_column(wave, design):
    same(
        glm(made(wave), "income ~ Q('age')").to_frame()[["estimate", "se"]],
        numbers(glm(design, "income ~ age")),
    )


def test_slow_convergence_is_not_mistaken_for_separation():
    """A predictor over six powers of ten: 24 steps of logit, 60 of probit, and finite coefficients."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=300)
    frame = pd.DataFrame({"far": np.exp(5 * x), "support": (rng.random(300) < 1 / (1 + np.exp(-3 * x))).astype(int)})
    for link in ("logit", "probit"):
        fit = glm(Design(frame), "support ~ far", link=link, **LOGIT)
        curve, problem = fit.model.surface, fit.model.rows
        residual, _ = curve.pieces(problem.response.values, problem.matrix @ fit.model.coefficients)
        assert problem.matrix.T @ residual / np.abs(problem.matrix).T.sum(axis=1) == pytest.approx([0, 0], abs=1e-8)


def test_a_link_that_knows_no_negative_mean_is_started_from_the_mean():
    """The first straight line through the counts lies below zero somewhere."""
    rng = np.random.default_rng(2)
    x = rng.uniform(0, 3, 300)
    frame = pd.DataFrame({"x": x, "visits": rng.poisson(0.05 + x**2), "cost": rng.gamma(2, 0.05 + x**2)})
    for formula, family, link in (("visits ~ x", "poisson", "sqrt"), ("cost ~ x + I(x**2)", "gamma", "sqrt")):
        fit = glm(Design(frame), formula, family=family, link=link)
        assert (fit.predict()["estimate"] > 0).all()


def test_a_fit_that_ends_at_the_bound_of_its_family_is_refused(wave):
    frame = wave.assign(negative=-wave["income"])
    with pytest.raises(EstimationError, match=r"link=.log. knows no mean of -21.5612, which negative has"):
        glm(Design(frame), "negative ~ age", link="log")
    with pytest.raises(EstimationError, match=r"no coefficients to start from|does not converge|perfect separation"):
        glm(Design(wave.assign(steep=wave["support"] + wave["age"] / 1e4)), "support ~ steep", link="log", **LOGIT)


def test_shares_may_be_responses(wave):
    """A response between 0 and 1, such as the share of a household's budget."""
    frame = wave.assign(share=(wave["age"] - 18) / 62)
    fit = glm(Design(frame, weight="weight"), "share ~ 1", **LOGIT)
    assert fit.predict()["estimate"][0] == pytest.approx(np.average(frame["share"], weights=wave["weight"]))
    assert fit.method["deviance"] > 0
    assert fit.method["explained"] == "the mean of share (shares)"
    assert "* share holds shares between 0 and 1, not answers of 0 and 1: its mean is modelled." in flat(fit)


def test_a_formula_reads_only_what_it_names(wave):
    mixed = wave.assign(note=pd.Timestamp("2026-01-05"))
    assert len(glm(made(mixed), "income ~ age")) == 2
