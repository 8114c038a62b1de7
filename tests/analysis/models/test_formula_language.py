"""What formulas may say, and what they answer to those who write another language."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.models.formula_language import CODINGS, CONSTANTS, SMOOTH, STEPPED, TRANSFORMS
from topline.analysis.models.glm import glm
from topline.analysis.sampling.design import Design
from topline.data.errors import EstimationError


@pytest.fixture(scope="module")
def wave() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "income": rng.normal(10, 2, 120),
            "age": rng.uniform(0.1, 0.9, 120),
            "rooms": rng.integers(1, 5, 120),
            "sex": rng.choice(["f", "m"], 120),
        }
    )


REFUSED = {
    "income ~ .": "'.' does not stand for all other columns here; name the predictors",
    "income ~ I(age^2)": r"powers are written with \*\*, as in I\(age\*\*2\)",
    "income ~ factor(sex)": r"factor\(\) is a function of R; write C\(sex\)",
    "income ~ as.numeric(rooms)": r"as.numeric\(\) is a function of R; write number\(rooms\)",
    "income ~ age +": "nothing follows the last '\\+'",
    "income ~ age == 1": r"a condition among the predictors stands in I\(\)",
    "income ~ exec('1')": r"exec\(\) is no function or expression that formulas know",
    "income ~ {open('/dev/null').read()}": "is no function or expression that formulas know",
    "exec('1') ~ age": r"exec\(\) is no function",
    "income ~ I(__import__('os').getcwd())": "is no function or expression that formulas know",
    "income ~ np.load('x')": r"np.load\(\) is no function",
    "income ~ np.linalg.norm(age)": r"np.linalg.norm\(\) is no function",
    "income ~ I(age.__class__)": "age.__class__ is no function or expression",
    "income ~ I((lambda: age)())": "is no function or expression",
    "income ~ I([one for one in age])": "is no function or expression",
    "income ~ C(rooms, **{'levels': 1})": "is no function or expression",
    "income ~ scale(age, _state={})": "is no function or expression",
    "income ~ {I('`' if exec('1') else '`')}": "cannot be read",
    "I(sex ** 2) ~ age": r"'I\(sex \*\* 2\) ~ age': I\(sex \*\* 2\) cannot be evaluated: ",
    "income ~ age.abs()": "Did you mean 'abs'",
    "income ~ sqrtt(age)": "Did you mean 'sqrt'",
    "income ~ I(age - np.mean(age))": r"np.mean\(\) differs between the sample and new respondents; center\(x\)",
    "income ~ I(sex['m'])": "names an answer, which only a response does",
    "income ~ number(sex)": r"^formula 'income ~ number\(sex\)': number\(sex\) asks for codes, and sex holds text",
    "income ~ I(sex ** 2)": r"I\(sex \*\* 2\) cannot be evaluated: ",
}


@pytest.mark.parametrize("formula", REFUSED)
def test_what_is_no_formula_is_refused_in_words_of_formulas(wave, formula):
    with pytest.raises(EstimationError, match=REFUSED[formula]):
        glm(Design(wave), formula)


def test_nothing_that_a_formula_says_is_run_unless_it_is_listed(wave, tmp_path):
    made = tmp_path / "made"
    for text in (f"open('{made}', 'w')", f"exec(\"open('{made}', 'w')\")"):
        with pytest.raises(EstimationError):
            glm(Design(wave), f"income ~ {text}")
        with pytest.raises(EstimationError):
            glm(Design(wave), f"{text} ~ age")
        with pytest.raises(EstimationError):
            glm(Design(wave), "income ~ age", offset=text)
    assert not made.exists()


UNARY = [name for name in SMOOTH if name not in ("power", "arccosh")]


@pytest.mark.parametrize("name", UNARY)
def test_listed_functions_are_numpys_by_either_name(wave, name):
    one, other = (glm(Design(wave), f"income ~ {each}(age)") for each in (name, f"np.{name}"))
    assert one.model.rows.matrix[:, 1] == pytest.approx(getattr(np, name)(wave["age"].to_numpy()))
    assert other.coefficients.to_numpy() == pytest.approx(one.coefficients.to_numpy())


@pytest.mark.parametrize(
    "term",
    [
        "power(age, 3)",
        "where(age > 0.5, age, 0)",
        "np.clip(age, 0.2, 0.8)",
        "I(age * np.pi)",
        "C(rooms, contr.sum)",
        "C(rooms, Sum())",
        "C(rooms, contr.helmert())",
        "Q('age')",
        "bs(age, df=4)",
        "cr(age, df=4, constraints='center')",
        "standardize(age)",
        "I(isin(rooms, [1, 2]))",
    ],
)
def test_other_listed_functions_are_fitted(wave, term):
    assert np.isfinite(glm(Design(wave), f"income ~ {term}").to_frame()["se"]).all()


def test_a_column_that_is_called_like_a_function_is_told_from_it(wave):
    design = Design(wave.assign(log=wave["age"] * 2))
    assert len(glm(design, "income ~ log(rooms)")) == 2
    assert len(glm(design, "income ~ log + np.log(rooms)")) == 3
    assert len(glm(design, "income ~ np.log(rooms)", offset="log")) == 2
    with pytest.raises(EstimationError, match=r"log is a column here and a function as well; write np.log\(\.\.\.\)"):
        glm(design, "income ~ log + log(rooms)")


def test_every_listed_function_is_in_the_documentation(documented):
    for name in (*SMOOTH, *STEPPED, *CODINGS, *TRANSFORMS, *(f"np.{constant}" for constant in CONSTANTS)):
        assert f"`{name}`" in documented, name


@pytest.fixture(scope="module")
def documented() -> str:
    return (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
