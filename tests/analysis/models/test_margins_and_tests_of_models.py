"""Tests of terms and hypotheses, predictive margins and marginal effects: what must hold, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean
from topline.analysis.models.glm import glm
from topline.analysis.models.marginal import marginal_effects, predictive_margins
from topline.analysis.models.multinomial import multinomial
from topline.analysis.models.ordinal import ordered
from topline.analysis.models.wald import wald
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.testing.contrasts import contrast
from topline.data.codebook import Codebook, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError

SIZE = 400
LOGIT = {"family": "binomial"}


@pytest.fixture(scope="module")
def wave() -> pd.DataFrame:
    rng = np.random.default_rng(31)
    frame = pd.DataFrame(
        {
            "age": rng.uniform(18, 80, SIZE),
            "sex": rng.choice(["f", "m"], SIZE),
            "region": rng.choice(["north", "south", "west"], SIZE),
            "rooms": rng.integers(1, 5, SIZE),
            "weight": rng.uniform(0.5, 2, SIZE),
            "town": rng.integers(0, 40, SIZE),
        }
    )
    frame["support"] = (rng.random(SIZE) < 1 / (1 + np.exp(1 - 0.02 * frame["age"]))).astype(int)
    frame["income"] = np.exp(rng.normal(3, 0.5, SIZE)) + frame["age"]
    frame["trust"] = pd.Categorical(
        rng.choice(["low", "middle", "high"], SIZE), ["low", "middle", "high"], ordered=True
    )
    return frame


@pytest.fixture(scope="module")
def design(wave: pd.DataFrame) -> Design:
    return Design(wave, weight="weight", psu="town")


@pytest.fixture(scope="module")
def fit(design: Design):
    return glm(design, "support ~ age * sex + region", **LOGIT)


def test_the_test_of_one_coefficient_is_its_t_squared(fit):
    rows = fit.to_frame().set_index("term")
    for test in (
        wald(fit, "age:sex"),
        wald(fit, "sex : age"),
        wald(fit, "age:sex[T.m] = 0"),
        wald(fit, "age:sex[T.m]"),
    ):
        assert test.statistic == pytest.approx(rows.loc["age:sex[T.m]", "statistic"] ** 2)
        assert test.p == pytest.approx(rows.loc["age:sex[T.m]", "p"])
        assert test.df == fit.df


def test_hypotheses_together_are_the_test_of_the_term(fit):
    term, texts = wald(fit, "region"), wald(fit, ["region[T.south] = 0", "region[T.west] = region[T.south]"])
    assert texts.statistic == pytest.approx(term.statistic)
    assert wald(fit, "region", method="chisq").statistic == pytest.approx(2 * term.statistic)
    assert wald(fit, "region", df=np.inf).p == pytest.approx(wald(fit, "region", method="chisq").p)


def test_a_hypothesis_gives_its_distance_and_error(fit):
    row = wald(fit, "(region[T.south] - 2 * region[T.west]) / 2 = -(0.1)").to_frame().iloc[0]
    b, v = fit.coefficients, fit.covariance
    expected = (b["region[T.south]"] - 2 * b["region[T.west]"]) / 2 + 0.1
    one, two = "region[T.south]", "region[T.west]"
    assert row["estimate"] == pytest.approx(expected)
    assert row["se"] ** 2 == pytest.approx(v.loc[one, one] / 4 + v.loc[two, two] - v.loc[one, two])


def test_tests_of_several_answers_cover_all_of_them(design):
    answers = multinomial(design, "trust ~ age + sex")
    assert wald(answers, "sex").to_frame()["ndf"][0] == 2
    joint = wald(answers, "middle: sex[T.m] = 0, high: sex[T.m] = 0")
    assert joint.statistic == pytest.approx(wald(answers, "sex").statistic)
    ratio = wald(answers, "sex", method="LRT")
    assert ratio.statistic >= 0 and len(ratio.method["design_effects"]) == 2
    steps = ordered(design, "trust ~ age + sex")
    assert wald(steps, "low|middle = middle|high").p < 1e-6
    assert 0 < wald(steps, ["age", "sex"], method="LRT").p < 1


def test_a_test_prints_what_was_tested(fit):
    text = " ".join(str(wald(fit, "region", method="LRT")).split())
    assert text.startswith(
        "Rao-Scott likelihood-ratio test: region = 0, in support ~ age * sex + region (binomial, logit)"
    )
    assert "p by the saddlepoint approximation" in text


REFUSED_TESTS = {
    "no fit": ("age", {"fit": None}, "needs a fitted model"),
    "no term": ((), {}, "no term is named"),
    "unknown term": ("regoin", {}, "Did you mean 'region'"),
    "unknown coefficient": ("regoin = 0", {}, "there is no coefficient 'regoin'. Known: Intercept, age"),
    "method": ("age", {"method": "LR"}, "it can be 'F', 'chisq', 'LRT'"),
    "not linear": ("age * age = 1", {}, "cannot be read"),
    "divided by nothing": ("age / 0 = 1", {}, "cannot be read"),
    "a call": ("log(age) = 1", {}, "there is no coefficient"),
    "text": ("age = 'x'", {}, "cannot be read"),
    "broken": ("age + = 1", {}, "cannot be read"),
    "two equals": ("age = 1 = 2", {}, "needs one equals sign"),
    "nothing said": ("1 = 2", {}, "says nothing about a coefficient"),
    "twice": ("age = 0, 2 * age = 0", {}, "has no inverse"),
    "hypothesis by ratio": ("age = 0", {"method": "LRT"}, "is of terms"),
    "part of an interaction": ("age", {"method": "LRT"}, "is part of age:sex"),
    "single coefficient by ratio": ("region[T.west]", {"method": "LRT"}, "is of whole terms"),
}


@pytest.mark.parametrize("case", REFUSED_TESTS)
def test_what_cannot_be_tested_is_refused_with_its_reason(fit, case):
    terms, options, message = REFUSED_TESTS[case]
    with pytest.raises((EstimationError, UnknownNameError), match=message):
        wald(options.get("fit", fit), terms, **{name: value for name, value in options.items() if name != "fit"})


def test_tests_need_degrees_of_freedom(wave):
    few = glm(Design(wave.assign(town=wave["town"] % 3), weight="weight", psu="town"), "income ~ age + sex + region")
    with pytest.raises(EstimationError, match="F has no denominator"):
        wald(few, "region")
    assert wald(few, "sex", method="chisq").p >= 0
    with pytest.raises(EstimationError, match="too few degrees of freedom"):
        wald(few, ["age", "sex", "region"], method="chisq")


def test_margins_of_a_saturated_model_are_the_means(design):
    margins = predictive_margins(glm(design, "income ~ region"), "region", errors="joint").to_frame()
    means = mean(design, "income", by="region").to_frame()
    assert margins["region"].tolist() == means["region"].tolist()
    assert margins["estimate"].to_numpy() == pytest.approx(means["estimate"].to_numpy())
    assert margins["se"].to_numpy() == pytest.approx(means["se"].to_numpy())


def test_the_effect_of_a_category_is_a_contrast_of_margins(fit):
    effect = marginal_effects(fit, "region", errors="separate").to_frame()
    gaps = contrast(predictive_margins(fit, "region"), ["south - north", "west - north"]).to_frame()
    assert effect["effect"].tolist() == ["south - north", "west - north"]
    assert effect[["estimate", "se"]].to_numpy() == pytest.approx(gaps[["estimate", "se"]].to_numpy())
    joint = marginal_effects(fit, "region").to_frame()
    gaps = contrast(predictive_margins(fit, "region", errors="joint"), ["south - north", "west - north"]).to_frame()
    assert joint["se"].to_numpy() == pytest.approx(gaps["se"].to_numpy())


def test_effects_in_a_linear_model_are_its_coefficients(design):
    linear = glm(design, "income ~ age + region")
    effects = marginal_effects(linear, ["age", "region"]).to_frame()
    rows = linear.to_frame().iloc[1:]
    assert effects["estimate"].to_numpy() == pytest.approx(rows["estimate"].to_numpy())
    assert effects["se"].to_numpy() == pytest.approx(rows["se"].to_numpy())


@pytest.mark.parametrize(
    ("formula", "slope"),
    [
        ("income ~ age + I(age**2)", lambda age, b: b.iloc[1] + 2 * age * b.iloc[2]),
        ("income ~ log(age)", lambda age, b: b.iloc[1] / age),
        ("income ~ np.exp(age / 40)", lambda age, b: b.iloc[1] * np.exp(age / 40) / 40),
    ],
)
def test_effects_follow_transformed_predictors(wave, design, formula, slope):
    linear = glm(design, formula)
    expected = np.average(slope(wave["age"], linear.coefficients), weights=wave["weight"])
    assert marginal_effects(linear, "age").to_frame()["estimate"][0] == pytest.approx(expected, rel=1e-9)


def test_splines_have_effects_to_their_ends(wave, design):
    linear = glm(design, "income ~ bs(age, df=4)")
    effect = marginal_effects(linear, "age").to_frame()["estimate"][0]
    near = wave.assign(age=wave["age"].clip(upper=wave["age"].max() - 1e-4))
    moved = linear.predict(near.assign(age=near["age"] + 1e-4))["estimate"] - linear.predict(near)["estimate"]
    assert effect == pytest.approx(np.average(moved, weights=wave["weight"]) / 1e-4, rel=1e-3)


def test_effects_on_several_answers_add_up_to_nothing(design):
    for model in (ordered(design, "trust ~ age + sex"), multinomial(design, "trust ~ age + sex")):
        frame = marginal_effects(model).to_frame()
        assert frame["category"].tolist() == ["low", "middle", "high"] * 2
        sums = frame.groupby("item")["estimate"].sum().to_numpy()
        assert sums == pytest.approx(0.0, abs=1e-12)


def test_effects_are_differences_of_predictions(wave, design):
    for model in (ordered(design, "trust ~ age", link="probit"), multinomial(design, "trust ~ age")):
        up, down = (model.predict(wave.assign(age=wave["age"] + sign * 1e-3)) for sign in (1, -1))
        slope = (up["estimate"] - down["estimate"]).to_numpy().reshape(-1, 3) / 2e-3
        effect = marginal_effects(model, "age").to_frame()["estimate"].to_numpy()
        assert effect == pytest.approx(np.average(slope, axis=0, weights=wave["weight"]), rel=1e-6)


def test_joint_errors_are_near_those_of_replicates_and_replicates_estimate_again(wave):
    rows = Design(wave, weight="weight")
    jackknife = replicates(rows, method="JK1")
    formula = "support ~ age * sex"
    one, other = (glm(each, formula, **LOGIT) for each in (rows, jackknife))
    for verb, variable in ((predictive_margins, "sex"), (marginal_effects, "age")):
        taylor, again = (verb(each, variable, errors="joint").to_frame()["se"].to_numpy() for each in (one, other))
        assert again == pytest.approx(taylor, rel=0.03)
        apart = verb(other, variable, errors="separate").to_frame()["se"].to_numpy()
        assert apart == pytest.approx(taylor, rel=0.1)


def test_replicates_without_a_fit_are_left_out_of_margins(wave):
    frame = wave.assign(rare=np.where(wave["town"] == 3, "x", "y"))
    jackknife = replicates(Design(frame, weight="weight", psu="town"), method="JK1")
    margins = predictive_margins(glm(jackknife, "income ~ rare"), "rare", errors="joint")
    assert np.isfinite(margins.to_frame()["se"]).all()


def test_margins_of_a_number_are_at_its_few_values_or_at_those_named(wave, design):
    linear = glm(design, "income ~ rooms + C(region)")
    assert predictive_margins(linear, "rooms").to_frame()["rooms"].tolist() == [1, 2, 3, 4]
    at = predictive_margins(linear, "rooms", at=[1.5, 9]).to_frame()
    assert at["rooms"].tolist() == [1.5, 9]
    everywhere = linear.predict(wave.assign(rooms=9))["estimate"]
    assert at["estimate"][1] == pytest.approx(np.average(everywhere, weights=wave["weight"]))
    assert predictive_margins(linear, "region", at="west").to_frame()["region"].tolist() == ["west"]


def test_a_number_in_categories_has_differences_as_effects(design):
    categories = glm(design, "income ~ C(rooms)")
    effects = marginal_effects(categories).to_frame()
    assert effects["effect"].tolist() == ["2 - 1", "3 - 1", "4 - 1"]
    assert effects["estimate"].to_numpy() == pytest.approx(categories.to_frame()["estimate"].to_numpy()[1:])
    other = marginal_effects(categories, "rooms", reference=4).to_frame()
    assert other["effect"].tolist() == ["1 - 4", "2 - 4", "3 - 4"]
    assert other["estimate"][0] == pytest.approx(-effects["estimate"][2])


def test_labelled_categories_are_named_by_label_or_code(wave):
    region = wave["region"].map({"north": 1.0, "south": 2.0, "west": 3.0})
    labels = {1.0: "the north", 2.0: "the south", 3.0: "the west"}
    frame = wave[["income", "age"]].assign(region=region)
    variables = (Variable("income"), Variable("age"), Variable("region", labels=labels))
    linear = glm(Design(Study(frame, Codebook(variables))), "income ~ region + age")
    margins = predictive_margins(linear, "region", at=[3, "the north"])
    assert margins.to_frame()["region"].tolist() == ["the west", "the north"]
    assert margins.key_codes == ((3.0,), (1.0,))
    assert marginal_effects(linear, "region", reference=2).to_frame()["effect"].tolist() == [
        "the north - the south",
        "the west - the south",
    ]


def test_subpopulations_and_offsets_are_kept(design):
    part = glm(design, "support ~ age + sex", where="region == 'north'", **LOGIT)
    margins = predictive_margins(part, "sex")
    assert margins.to_frame()["n"].tolist() == [part.method["n_used"]] * 2
    rate = glm(design, "rooms ~ sex", family="poisson", offset="log(income)")
    assert (predictive_margins(rate, "sex").to_frame()["estimate"] > 0).all()


def test_margins_print_their_model_and_their_errors(fit):
    text = " ".join(str(predictive_margins(fit, "sex")).split())
    assert text.startswith(
        "Predictive margin: support For: the rows of the model support ~ age * sex + region (binomial"
    )
    assert "as R's svypredmeans does" in text
    assert "derivatives for numbers, differences between categories" in " ".join(str(marginal_effects(fit)).split())


REFUSED_MARGINS = {
    "no fit": (predictive_margins, {"fit": None, "variable": "sex"}, "needs a fitted model"),
    "unknown": (predictive_margins, {"variable": "sexx"}, "there is no predictor 'sexx'. Did you mean 'sex'"),
    "a number": (predictive_margins, {"variable": "age"}, "age is a number of 400 values"),
    "no values": (predictive_margins, {"variable": "age", "at": []}, "at names no value"),
    "text for a number": (predictive_margins, {"variable": "age", "at": ["old"]}, "cannot be set to 'old'"),
    "unknown category": (predictive_margins, {"variable": "region", "at": ["nort"]}, "Did you mean 'north'"),
    "errors": (predictive_margins, {"variable": "sex", "errors": "both"}, "it can be 'separate', 'joint', 'fixed'"),
    "level": (predictive_margins, {"variable": "sex", "level": 7}, "0.95"),
    "reference of a number": (marginal_effects, {"variables": "age", "reference": 3}, "age is a number"),
    "reference": (marginal_effects, {"variables": "region", "reference": "eest"}, "no category of region"),
}


@pytest.mark.parametrize("case", REFUSED_MARGINS)
def test_margins_that_are_not_defined_are_refused_with_their_reason(fit, case):
    verb, options, message = REFUSED_MARGINS[case]
    given = options.pop("fit", fit) if "fit" in options else fit
    with pytest.raises((EstimationError, UnknownNameError), match=message):
        verb(given, **options)


def test_other_margins_that_are_not_defined_are_refused(wave, design):
    with pytest.raises(EstimationError, match="has no predictors"):
        marginal_effects(glm(design, "income ~ 1"))
    with pytest.raises(EstimationError, match="age is in the offset"):
        marginal_effects(glm(design, "rooms ~ age", family="poisson", offset="log(age)"), "age")
    with pytest.raises(UnknownNameError, match="there is no category of rooms"):
        predictive_margins(glm(design, "income ~ C(rooms)"), "rooms", at=[7])
    taken = Design(wave.rename(columns={"region": "item"}), weight="weight")
    with pytest.raises(EstimationError, match="the predictor is called item"):
        predictive_margins(glm(taken, "income ~ item"), "item")
