"""What models refuse, and in which words: formulas, responses, designs and new respondents that have no fit."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.models.glm import glm
from topline.analysis.models.marginal import marginal_effects, predictive_margins
from topline.analysis.models.multinomial import multinomial
from topline.analysis.models.ordinal import ordered
from topline.analysis.models.wald import wald
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError

SIZE = 300
LOGIT = {"family": "binomial"}
REFUSALS = (EstimationError, UnknownNameError)


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
            "rooms": rng.integers(0, 3, SIZE),
        }
    )
    share = 1 / (1 + np.exp(2 - 0.04 * frame["age"]))
    frame["support"] = (rng.random(SIZE) < share).astype(int)
    frame["copy"] = frame["support"]
    frame["income"] = np.exp(rng.normal(3, 0.5, SIZE))
    frame["steady"] = 5.0
    return frame


@pytest.fixture(scope="module")
def design(wave: pd.DataFrame) -> Design:
    return made(wave)


def made(frame: pd.DataFrame) -> Design:
    return Design(frame, weight="weight", strata="stratum", psu="town")


REFUSED = {
    "no tilde": ("support", {}, "needs a response, one tilde"),
    "syntax": ("support ~ age +", {}, "cannot be read"),
    "unknown predictor": ("support ~ aeg", {}, "there is no variable 'aeg'. Did you mean 'age'?"),
    "unknown response": ("suport ~ age", {}, "there is no variable 'suport'. Did you mean 'support'?"),
    "unknown in expression": ("income ~ log(agee)", {}, "there is no variable 'agee'. Did you mean 'age'?"),
    "unknown answer": ("region['nort'] ~ age", LOGIT, "Did you mean 'north'"),
    "unknown family": ("support ~ age", {"family": "binomal"}, "Did you mean 'binomial'"),
    "unknown link": ("support ~ age", {"link": "logitt", **LOGIT}, "Did you mean 'logit'"),
    "three answers": ("region ~ age", LOGIT, r"region has 3 answers \(north, south, west\)"),
    "beyond 0 and 1": ("log(income) ~ age", LOGIT, "a binomial model needs values from 0 to 1"),
    "alias": ("income ~ age + I(2 * age)", {}, r"I\(2 \* age\) is a combination of age"),
    "zero column": ("income ~ age + I(0 * age)", {}, r"I\(0 \* age\) is zero in every row"),
    "empty interaction": ("income ~ region:sex + region + sex", {"where": "region == 'north'"}, "has no column"),
    "one category": ("income ~ region", {"where": "region == 'north'"}, "region is 'north' in every row used"),
    "separation": ("support ~ I(1.0 * copy)", LOGIT, "perfect separation"),
    "quasi-separation": ("support ~ I((age > 70) * copy) + sex", LOGIT, "perfect separation"),
    "probit separation": ("support ~ I(1.0 * copy)", {"link": "probit", **LOGIT}, "perfect separation"),
    "zero counts": (
        "I(visits * (sex == 'f')) ~ sex",
        {"family": "poisson"},
        r"perfect separation: sex\[T.m\] predicts",
    ),
    "all ones": ("support ~ age", {"where": "support == 1", **LOGIT}, "support is 1 in all"),
    "one answer": ("sex ~ age", {"where": "sex == 'f'", **LOGIT}, "sex is 'f' in all rows with an answer"),
    "no zeros in gamma": ("visits ~ age", {"family": "gamma"}, "are not above 0"),
    "negative counts": ("I(visits - 3) ~ age", {"family": "poisson"}, "are not at least 0"),
    "logarithm of a negative": ("income ~ log(age - 40)", {}, r"log\(age - 40\) is not a finite number in"),
    "text as a number": (
        "region ~ age",
        {},
        r"region holds text \(north, south, west\), .* family='binomial' models a share",
    ),
    "arithmetic with text": ("income ~ I(region ** 2)", {}, "region holds text"),
    "unknown reference": ("income ~ C(region, Treatment('east'))", {}, "The levels are: region: north, south, west"),
    "offset in formula": ("visits ~ age + offset(age)", {"family": "poisson"}, "give the offset as an argument"),
    "unknown offset": ("visits ~ age", {"family": "poisson", "offset": "log(incme)"}, "Did you mean 'income'"),
    "df": ("income ~ age", {"df": "whole"}, "it can be 'domain', 'design' or a number above 0"),
    "df below 0": ("income ~ age", {"df": -1}, "df is -1"),
    "level": ("income ~ age", {"level": 95}, "0.95 for 95%"),
    "not text": (3, {}, "formula is a int"),
    "constant left": ("3 + 4 ~ age", {}, "names no column"),
    "two parts": ("income ~ age | sex", {}, "cannot be read"),
    "nobody": ("income ~ age", {"where": "age > 200"}, "meets age > 200"),
    "two columns": ("poly(age, 2) ~ sex", {}, "it needs to be one"),
    "constant": ("steady ~ age", {}, "steady is 5 in all 300 rows used: there is nothing to explain"),
    "constant count": ("steady ~ age", {"family": "poisson"}, "steady is 5 in all 300 rows used: there is nothing"),
    "constant gamma": ("steady ~ age", {"family": "gamma"}, "steady is 5 in all 300 rows used: there is nothing"),
    "constant share": ("I(steady / 10) ~ age", LOGIT, r"I\(steady / 10\) is 0.5 in all"),
    "rounded constant": ("I((steady + age) / 3 - age / 3) ~ age", {}, "is 1.66667 in all 300 rows used"),
    "nothing on the right": ("income ~ 0", {}, "has neither predictors nor an intercept"),
    "intercept taken out": ("income ~ -1", {}, "has neither predictors nor an intercept"),
    "itself": ("income ~ income", {}, "income is the response and stands among the predictors"),
    "a function of itself": ("support ~ I(support * age)", LOGIT, "support is the response and stands among"),
    "no df": ("income ~ age", {"df": None}, "df is None; it can be 'domain', 'design' or a number above 0"),
    "link": ("I(-income) ~ age", {"link": "log"}, "link='log' knows no mean of -[0-9.]+, which"),
    "inverse link": ("I(0 * age + copy - copy) ~ age", {"link": "inverse", "df": 3}, "is 0 in all"),
    "offset as numbers": ("visits ~ age", {"offset": np.ones(SIZE)}, "^offset is a ndarray; it is text that names"),
    "offset as a number": ("visits ~ age", {"offset": 3}, "offset is a int; it is text"),
    "offset without a column": ("visits ~ age", {"offset": "3"}, "offset=3 names no column"),
    "text response": ("sex ~ age", {}, r"sex holds text \(f, m\), and a model needs numbers; family='binomial'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_fitted_is_refused_with_its_reason(design, case):
    formula, options, message = REFUSED[case]
    with pytest.raises(REFUSALS, match=message):
        glm(design, formula, **options)


def test_dates_infinite_and_all_missing_columns_are_refused(wave):
    frame = wave.assign(day=pd.Timestamp("2026-01-05"), endless=np.where(wave.index == 3, np.inf, 1.0), empty=np.nan)
    with pytest.raises(EstimationError, match="day holds dates"):
        glm(made(frame), "income ~ day")
    with pytest.raises(EstimationError, match="endless: 1 of 300 values is infinite"):
        glm(made(frame), "income ~ endless")
    with pytest.raises(EstimationError, match="empty: blank 300"):
        glm(made(frame), "income ~ empty")
    with pytest.raises(EstimationError, match="needs a Design"):
        glm(frame, "income ~ age")


def test_rows_that_all_weigh_nothing_are_refused(wave):
    frame = wave.assign(
        weight=np.where(wave["sex"] == "f", 0.0, wave["weight"]), other=wave["age"].where(wave["sex"] == "f")
    )
    with pytest.raises(EstimationError, match="has a weight above zero"):
        glm(made(frame), "income ~ other")


def test_new_respondents_without_what_the_model_knows_are_refused(design):
    fit = glm(design, "income ~ age + region")
    with pytest.raises(UnknownNameError, match="there is no column 'region'"):
        fit.predict(pd.DataFrame({"age": [30]}))
    with pytest.raises(UnknownNameError, match="there is no category of region 'east'"):
        fit.predict(pd.DataFrame({"age": [30], "region": ["east"]}))
    with pytest.raises(EstimationError, match="age is missing in 1 of 1 rows"):
        fit.predict(pd.DataFrame({"age": [np.nan], "region": ["north"]}))
    with pytest.raises(EstimationError, match="holds no rows"):
        fit.predict(pd.DataFrame({"age": [], "region": []}))


def test_a_category_that_the_fit_does_not_know_is_refused_not_taken_for_the_reference(design):
    fit = glm(design, "support ~ C(rooms)", **LOGIT)
    with pytest.raises(EstimationError, match=r"rooms is 2.5, 7, and the fit knows C\(rooms\) as 0, 1, 2 alone"):
        fit.predict(pd.DataFrame({"rooms": [0, 7, 2.5]}))
    assert fit.predict(pd.DataFrame({"rooms": [0, 1, 2]}))["estimate"].nunique() == 3
    halves = glm(design, "support ~ C(np.floor(age / 20))", **LOGIT)
    with pytest.raises(EstimationError, match=r"9(\.0)? is no category of C\(\.\.\.\)"):
        halves.predict(pd.DataFrame({"age": [190.0]}))
    with pytest.raises(EstimationError, match=r"2 is no category of C\(\.\.\.\), neither named by levels="):
        glm(design, "support ~ C(rooms, levels=[0, 1])", **LOGIT)


def test_margins_of_a_number_that_is_also_categories_are_at_its_own_values_alone(design):
    fit = glm(design, "support ~ C(rooms) + rooms:age", **LOGIT)
    assert predictive_margins(fit, "rooms").to_frame()["rooms"].tolist() == [0, 1, 2]
    with pytest.raises(EstimationError, match=r"rooms is 2\.5, and the fit knows"):
        predictive_margins(fit, "rooms", at=[2.5])
    with pytest.raises(EstimationError, match=r"rooms enters both as categories, C\(rooms\), and as a number"):
        marginal_effects(fit, "rooms")


@pytest.mark.parametrize("term", ["I(age > 40)", "np.round(age / 7)", "I(age // 10)", "bs(age, degree=0, knots=[40])"])
def test_a_step_has_no_effect_per_unit(design, term):
    with pytest.raises(EstimationError, match="goes up and down in steps of age, so there is no derivative by age"):
        marginal_effects(glm(design, f"income ~ {term} + sex"), "age")


def test_a_bend_has_an_effect_per_unit(wave, design):
    fit = glm(design, "income ~ age + I((age > 40.5) * (age - 40.5))")
    b = fit.coefficients.to_numpy()
    above = np.average(wave["age"] > 40.5, weights=wave["weight"])
    assert marginal_effects(fit, "age").to_frame()["estimate"][0] == pytest.approx(b[1] + b[2] * above)
    assert marginal_effects(glm(design, "income ~ abs(age - 40.5)"), "age").to_frame()["se"][0] > 0


def test_answers_without_an_order_are_no_ordered_answers(wave):
    answers = pd.Categorical(wave["region"], ["south", "north", "west"])
    with pytest.raises(EstimationError, match=r"whose categories \(south, north, west\) have no order"):
        ordered(made(wave.assign(region=answers)), "region ~ age")
    codes = Variable("rooms", labels={0.0: "a", 1.0: "b", 2.0: "c"}, measure="nominal")
    study = Study(wave[["rooms", "age"]], Codebook((codes, Variable("age"))))
    with pytest.raises(EstimationError, match=r"rooms is declared nominal, so its categories \(a, b, c\)"):
        ordered(Design(study), "rooms ~ age")
    declared = pd.Categorical(wave["region"], ["south", "north", "west"], ordered=True)
    assert len(ordered(made(wave.assign(region=declared)), "region ~ age")) == 3


def test_a_column_called_intercept_is_refused(wave):
    with pytest.raises(EstimationError, match="Intercept is the name of the model's constant"):
        glm(made(wave.assign(Intercept=wave["age"])), "income ~ visits + Intercept")


def test_several_answers_are_as_many_as_can_be_fitted(wave, design):
    with pytest.raises(EstimationError, match="age has 62 answers among the 90 rows used, which are too many"):
        multinomial(made(wave.sort_values("age").drop_duplicates("age").pipe(_with_twins)), "age ~ visits")
    with pytest.raises(EstimationError, match="has neither predictors nor an intercept"):
        multinomial(design, "region ~ 0")


def _with_twins(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.head(90 - len(frame))], ignore_index=True)


def test_new_respondents_of_other_types_are_refused(design):
    fit = glm(design, "income ~ age")
    with pytest.raises(EstimationError, match=r"newdata: age holds dates \(.*2026.*\), and the model was fitted"):
        fit.predict(pd.DataFrame({"age": pd.to_datetime(["2026-01-05"])}))
    with pytest.raises(EstimationError, match=r"newdata: age holds text \('old'\)"):
        fit.predict(pd.DataFrame({"age": ["old"]}))
    with pytest.raises(EstimationError, match="newdata has 2 columns called age"):
        fit.predict(pd.DataFrame([[30, 40]], columns=["age", "age"]))
    assert len(fit.predict(pd.DataFrame({"age": pd.Series([30, 40], dtype=object)}))) == 2


def test_separation_in_one_replicate_names_the_replicate(wave):
    """Support of town 3 alone tells the two groups apart: without it the model is separated."""
    group = np.where(np.arange(SIZE) % 2, "x", "y")
    answer = np.where(group == "x", 1, wave["support"])
    answer[(wave["town"] == 3) & (group == "x")] = 0
    frame = wave.assign(group=group, answer=answer)
    plain = Design(frame, weight="weight", psu="town")
    assert np.isfinite(glm(plain, "answer ~ group", **LOGIT).to_frame()["se"]).all()
    with pytest.raises(EstimationError, match=r"has a fit, but replicate \d of 8 has none: perfect sep"):
        glm(replicates(plain, method="JK1"), "answer ~ group", **LOGIT)


REFUSED_WALD = {
    "rule of df": ("age", {"df": "design"}, r"df is 'design'; it can be a number above 0"),
    "number": (5, {}, "5 names no column|terms are text"),
    "numbers": ([5], {}, "terms are text, such as 'age' or 'age = 0'"),
    "mask beyond": ("_7_ = 0", {}, "there is no coefficient '_7_'"),
    "mask": ("_1_ = 0", {}, "there is no coefficient '_1_'"),
    "infinite": ("age = 1e400", {}, "hypothesis 'age = 1e400' holds a number that is not finite"),
}


@pytest.mark.parametrize("case", REFUSED_WALD)
def test_what_cannot_be_tested_is_refused(design, case):
    terms, options, message = REFUSED_WALD[case]
    with pytest.raises(REFUSALS, match=message):
        wald(glm(design, "income ~ age + sex"), terms, **options)


def test_more_coefficients_than_rows_are_refused(wave):
    with pytest.raises(EstimationError, match="lacks full rank"):
        glm(Design(wave.head(3)), "income ~ age + visits + weight")


def test_more_categories_than_can_be_fitted_are_refused_before_they_are_made():
    many = Design(pd.DataFrame({"y": np.arange(5000) % 7, "key": np.arange(5000) % 2500, "sex": ["f", "m"] * 2500}))
    with pytest.raises(EstimationError, match=r"C\(key\) makes 2,500 columns \(categories: 2,500 of key\)"):
        glm(many, "y ~ sex + C(key)")
    with pytest.raises(EstimationError, match=r"makes 5,000 columns \(categories: 2 of sex x 2,500 of key\)"):
        glm(many, "y ~ sex:C(key)")
    with pytest.raises(EstimationError, match=r"key has 2,500 answers .* at most 100"):
        ordered(many, "key ~ sex")
