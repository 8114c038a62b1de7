"""Models of ordered and of unordered answers: what must hold whatever the numbers, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import proportion
from topline.analysis.models.glm import glm
from topline.analysis.models.multinomial import multinomial
from topline.analysis.models.ordinal import ordered
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError

SIZE = 400
ANSWERS = ["low", "middle", "high"]
LINKS = ["logit", "probit", "cloglog", "loglog", "cauchit"]


@pytest.fixture(scope="module")
def wave() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    age = rng.normal(size=SIZE)
    frame = pd.DataFrame(
        {
            "age": age,
            "sex": rng.choice(["f", "m"], SIZE),
            "weight": rng.uniform(0.5, 2, SIZE),
            "town": rng.integers(0, 20, SIZE),
            "party": rng.choice(["green", "none", "red"], SIZE),
        }
    )
    latent = 0.8 * age + 0.5 * (frame["sex"] == "m") + rng.logistic(size=SIZE)
    frame["trust"] = pd.cut(latent, [-99, -0.5, 1, 99], labels=ANSWERS)
    return frame


@pytest.fixture(scope="module")
def design(wave: pd.DataFrame) -> Design:
    return Design(wave, weight="weight", psu="town")


def table(fit) -> pd.DataFrame:
    return fit.to_frame().set_index("term")[["estimate", "se"]]


@pytest.mark.parametrize("link", LINKS)
def test_thresholds_alone_fit_the_cumulative_shares(design, link):
    fit = ordered(design, "trust ~ 1", link=link)
    shares = proportion(design, "trust").to_frame()
    found = fit.predict().iloc[:3]
    assert found["outcome"].tolist() == ANSWERS
    assert found["estimate"].to_numpy() == pytest.approx(shares["estimate"].to_numpy())
    assert found["se"].to_numpy() == pytest.approx(shares["se"].to_numpy(), rel=1e-8)


@pytest.mark.parametrize("link", LINKS)
def test_scores_and_information_are_derivatives_of_the_likelihood(design, link):
    fit = ordered(design, "trust ~ age + sex", link=link)
    model, weights, b = fit.model.surface, fit.model.rows.weights, fit.model.coefficients + 0.05
    step = 1e-5

    def height(at):
        return weights @ np.log(model.own(at))

    score, information = model.equations(b, weights)
    for place in range(len(b)):
        e = np.eye(len(b))[place] * step
        assert score[place] == pytest.approx((height(b + e) - height(b - e)) / (2 * step), rel=1e-5, abs=1e-5)
        slope = (model.equations(b + e, weights)[0] - model.equations(b - e, weights)[0]) / (2 * step)
        assert -information[place] == pytest.approx(slope, rel=1e-5, abs=1e-4)


def test_turning_the_answers_round_turns_the_signs(wave, design):
    turned = pd.Categorical(wave["trust"], ANSWERS[::-1], ordered=True)
    one = table(ordered(design, "trust ~ age + sex"))
    other = table(ordered(Design(wave.assign(trust=turned), weight="weight", psu="town"), "trust ~ age + sex"))
    for term in ("age", "sex[T.m]"):
        assert other.loc[term, "estimate"] == pytest.approx(-one.loc[term, "estimate"])
        assert other.loc[term, "se"] == pytest.approx(one.loc[term, "se"])
    assert other.loc["middle|low", "estimate"] == pytest.approx(-one.loc["low|middle", "estimate"])


def test_cloglog_of_turned_answers_is_loglog(wave, design):
    turned = pd.Categorical(wave["trust"], ANSWERS[::-1], ordered=True)
    one = table(ordered(design, "trust ~ age", link="cloglog"))
    other = ordered(Design(wave.assign(trust=turned), weight="weight", psu="town"), "trust ~ age", link="loglog")
    assert table(other).loc["age", "estimate"] == pytest.approx(-one.loc["age", "estimate"])


def test_multinomial_of_two_answers_is_the_logit_model(design):
    one = multinomial(design, "sex ~ age + party").to_frame()
    other = glm(design, "sex ~ age + party", family="binomial").to_frame()
    assert one[["estimate", "se", "p", "df"]].to_numpy() == pytest.approx(
        other[["estimate", "se", "p", "df"]].to_numpy()
    )


def test_another_reference_answer_predicts_the_same(design):
    one, other = multinomial(design, "party ~ age"), multinomial(design, "party ~ age", reference="red")
    assert one.predict()["estimate"].to_numpy() == pytest.approx(other.predict()["estimate"].to_numpy())
    assert one.predict()["se"].to_numpy() == pytest.approx(other.predict()["se"].to_numpy())
    assert one.method["reference"] == "green" and other.method["reference"] == "red"
    assert "green, none rather than red" in str(other) and "Reference: red" in str(other)
    assert one.coefficients["red: age"] == pytest.approx(-other.coefficients["green: age"])


def test_scaling_weights_changes_nothing(wave, design):
    scaled = Design(wave.assign(weight=wave["weight"] * 1e4), weight="weight", psu="town")
    for fit in (ordered, multinomial):
        one, other = fit(design, "trust ~ age").to_frame(), fit(scaled, "trust ~ age").to_frame()
        assert one[["estimate", "se"]].to_numpy() == pytest.approx(other[["estimate", "se"]].to_numpy())


def test_probabilities_add_up_to_one(design):
    for fit in (ordered(design, "trust ~ age", link="probit"), multinomial(design, "trust ~ age")):
        sums = fit.predict(pd.DataFrame({"age": [-2.0, 0.0, 9.0]})).groupby("row")["estimate"].sum()
        assert sums.to_numpy() == pytest.approx(1.0)


def test_replicates_and_linearisation_agree(wave, design):
    jackknife = replicates(design, method="JK1")
    for fit in (ordered, multinomial):
        one, other = fit(design, "trust ~ age").to_frame(), fit(jackknife, "trust ~ age").to_frame()
        assert one["estimate"].to_numpy() == pytest.approx(other["estimate"].to_numpy())
        assert one["se"].to_numpy() == pytest.approx(other["se"].to_numpy(), rel=0.1)


def test_a_replicate_without_an_answer_or_a_category_is_left_out_and_told(wave):
    answer = wave["trust"].astype(str).where(wave["trust"].astype(str) != "high", "middle")
    answer[(wave["town"] == 3) & (wave["trust"] == "high")] = "high"
    lonely = wave.assign(
        trust=pd.Categorical(answer, ANSWERS, ordered=True), there=np.where(wave["town"] == 4, "x", "y")
    )
    jackknife = replicates(Design(lonely, weight="weight", psu="town"), method="JK1")
    for fit in (ordered, multinomial):
        assert "In 1 replicate of 20 the model has no fit" in str(fit(jackknife, "trust ~ 1"))
        whole = replicates(Design(wave.assign(there=lonely["there"]), weight="weight", psu="town"), method="JK1")
        assert "In 1 replicate of 20 the model has no fit" in str(fit(whole, "trust ~ there"))


def test_an_answer_that_a_category_rules_out_is_a_separation(wave):
    """Nobody of town 4 has the highest answer: its odds are 0, and their logarithm has no finite estimate."""
    answer = wave["trust"].where(~((wave["town"] == 4) & (wave["trust"] == "high")), "low")
    frame = wave.assign(trust=answer, there=wave["town"] == 4)
    with pytest.raises(EstimationError, match=r"perfect separation: .*high: there"):
        multinomial(Design(frame, weight="weight", psu="town"), "trust ~ there")


def test_answers_that_nobody_used_gave_are_told(wave, design):
    fit = ordered(
        Design(wave.assign(trust=wave["trust"].cat.add_categories("extreme")), weight="weight"), "trust ~ age"
    )
    assert fit.to_frame()["term"].tolist() == ["age", "low|middle", "middle|high"]
    part = multinomial(design, "party ~ sex", where="party != 'red'")
    assert part.to_frame()["outcome"].unique().tolist() == ["none"]


def test_labelled_answers_keep_their_order_and_missing_codes_are_counted():
    rng = np.random.default_rng(2)
    labels = {1.0: "a lot", 2.0: "some", 3.0: "none", 9.0: "refused"}
    variable = Variable("trust", labels=labels, missing={9.0: MissingKind.REFUSED})
    frame = pd.DataFrame({"trust": rng.choice([1.0, 2.0, 3.0, 9.0], 200), "age": rng.normal(size=200)})
    study = Study(frame, Codebook((variable, Variable("age", measure="scale"))))
    fit = ordered(Design(study), "trust ~ age")
    assert fit.to_frame()["term"].tolist() == ["age", "a lot|some", "some|none"]
    assert f"(trust: refused {int((frame['trust'] == 9).sum())})" in " ".join(str(fit).split())
    assert multinomial(Design(study), "trust ~ age", reference=3).method["reference"] == "none"


def test_pseudo_r2_and_deviance_are_named(design):
    fit = ordered(design, "trust ~ age + sex")
    assert "pseudo R2 (McFadden)" in str(fit)
    assert 0 < fit.method["pseudo_r2"] < 1
    assert multinomial(design, "trust ~ 0 + sex").method["pseudo_r2"] is None


REFUSED = {
    "two answers": (ordered, "sex2 ~ age", {}, "has 2 answers"),
    "text without an order": (ordered, "party ~ age", {}, "have no order"),
    "an expression": (ordered, "log(age) ~ sex", {}, "the response is one column of categories"),
    "unknown response": (ordered, "trustt ~ age", {}, "Did you mean 'trust'"),
    "unknown link": (ordered, "trust ~ age", {"link": "logitt"}, "Did you mean 'logit'"),
    "no intercept": (ordered, "trust ~ 0 + age", {}, "thresholds stand for the intercept"),
    "alias": (ordered, "trust ~ age + I(2*age)", {}, "is a combination of age"),
    "alias of the thresholds": (ordered, "trust ~ I(age * 0 + 1)", {}, "is a combination of thresholds"),
    "zero column": (multinomial, "party ~ I(age * 0)", {}, "is zero in every row"),
    "separation": (ordered, "trust ~ copy", {}, "perfect separation: copy"),
    "separation of answers": (multinomial, "party ~ twin", {}, "perfect separation"),
    "one answer": (multinomial, "party ~ age", {"where": "party == 'red'"}, "has 1 answer"),
    "unknown reference": (multinomial, "party ~ age", {"reference": "gren"}, "Did you mean 'green'"),
    "level": (multinomial, "party ~ age", {"level": 2}, "0.95"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_fitted_is_refused_with_its_reason(wave, case):
    fit, formula, options, message = REFUSED[case]
    frame = wave.assign(
        sex2=pd.Categorical(wave["sex"], ordered=True), copy=wave["trust"].cat.codes, twin=wave["party"]
    )
    with pytest.raises((EstimationError, UnknownNameError), match=message):
        fit(Design(frame, weight="weight", psu="town"), formula, **options)


def test_impossible_thresholds_are_climbed_back_from(wave):
    """A predictor on a large scale, whose first full step leads nowhere."""
    big = Design(wave.assign(age=np.exp(4 * wave["age"])), weight="weight")
    fit = ordered(big, "trust ~ age", link="cauchit")
    assert np.isfinite(fit.to_frame()["se"]).all()
