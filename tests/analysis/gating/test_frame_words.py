"""A frame in plain words is understood from the codebook, or refused with every word that is not."""

import pandas as pd
import pytest

from topline.analysis.comparing.compare import compare
from topline.analysis.estimation.estimate import proportion
from topline.analysis.gating.frame_words import understood
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.description import StudyDescription
from topline.data.errors import ComparisonError

from ..comparing.two_surveys import ALIKE, figure_of

SEX = Variable("sex", labels={1.0: "Male", 2.0: "Female", 98.0: "Refused"}, missing={98.0: MissingKind.REFUSED})
PLACE = Variable("q7", bank="social_credit.urban", labels={1.0: "In a city or town", 2.0: "In a village"})
BANDS = Variable("age4", labels={1.0: "18 to 29", 2.0: "30 to 44", 3.0: "45 to 59", 4.0: "60 or over"})
YEARS = Variable("age", measure="scale")
WEB = StudyDescription(modes=("web",))
CHINESE = (
    Variable("sex", labels={1.0: "男", 2.0: "女"}),
    Variable("urban", labels={1.0: "城镇", 2.0: "农村"}),
    Variable("age_group", type="string", labels={"a": "18至29岁", "b": "30岁及以上"}),
)


def codebook(*variables: Variable) -> Codebook:
    return Codebook(variables)


@pytest.mark.parametrize(
    ("words", "variables", "where"),
    [
        ("urban", (PLACE,), "q7 == 1"),
        ("Rural women", (PLACE, SEX), "q7 == 2 and sex == 2"),
        ("male, aged 18 to 65", (SEX, YEARS, BANDS), "sex == 1 and age >= 18 and age <= 65"),
        ("urban online 18-59", (PLACE, BANDS), "q7 == 1 and age4 in [1, 2, 3]"),
        ("60+", (BANDS,), "age4 == 4"),
        ("60 and over", (YEARS,), "age >= 60"),
        ("18 to 29 years", (BANDS,), "age4 == 1"),
        ("online", (PLACE,), None),
        ("online", (Variable("internet", labels={1.0: "Yes", 0.0: "No"}),), "internet == 1"),
        ("women urban 30+", CHINESE, "sex == 2 and urban == 1 and age_group == 'b'"),
        ("men", (Variable("the sex", bank="mine.gender", labels={1.0: "Man", 2.0: "Woman", 3.0: "Other"}),),
         "`the sex` == 1"),
    ],
)  # fmt: skip
def test_words_that_the_codebook_makes_clear_are_a_condition(words, variables, where):
    frame = understood(words, codebook(*variables), WEB)
    assert (frame.name, frame.where) == (words, where)


UNCLEAR = {
    "unknown word": ("urban rich", (PLACE,), "'rich' is no word known here (urban, rural, women, men, online, ages"),
    "adults": ("adults", (YEARS,), "'adults' is no word known here"),
    "no variable": ("urban", (SEX,), "'urban': no variable is known as urban or rural or residence"),
    "no labels": ("urban", (Variable("urban"),), "the answers of urban (no value labels) do not say plainly"),
    "both": (
        "urban", (Variable("urban", labels={1.0: "Town or village", 2.0: "City"}),),
        "the answers of urban (Town or village, City) do not say plainly who it means",
    ),
    "neither": ("urban", (Variable("urban", labels={1.0: "City", 2.0: "Suburb"}),), "do not say plainly"),
    "two": ("women", (SEX, Variable("gender", labels={1.0: "Woman", 2.0: "Man"})), "'women' may be sex and gender"),
    "cut": ("18-65", (BANDS,), "ages 18-65 cannot be cut from age4 (18 to 29, 30 to 44, 45 to 59, 60 or over)"),
    "below": ("14-29", (BANDS,), "ages 14-29 cannot be cut from age4"),
    "gap": ("18-59", (Variable("age3", labels={1.0: "18 to 29", 2.0: "45 to 59"}),), "cannot be cut from age3"),
    "label": ("18-29", (Variable("age2", labels={1.0: "18 to 29", 2.0: "older"}),), "cannot be cut from age2"),
    "no age": ("18+", (SEX,), "ages 18+: no variable is known as age"),
    "two ages": ("18+", (YEARS, Variable("age_now")), "ages 18+ may be cut from age or age_now"),
    "nothing": (" ", (SEX,), "no word says who belongs to it"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNCLEAR)
def test_what_is_not_plain_is_refused_and_never_guessed(case):
    words, variables, said = UNCLEAR[case]
    with pytest.raises(ComparisonError) as caught:
        understood(words, codebook(*variables), WEB)
    assert said in str(caught.value)
    assert "Write the frame itself: Frame('urban adults', where=\"urban == 1\", margins=...)" in str(caught.value)


def test_every_word_that_is_not_understood_is_named_with_the_frames_there_are():
    with pytest.raises(ComparisonError, match=r"'rich' is no word .*; ages 18-65 cannot .* study\.yaml: towns, nets\."):
        understood("rich 18-65", codebook(BANDS), WEB, ("towns", "nets"))


def test_online_is_everybody_only_where_all_were_asked_on_the_web():
    with pytest.raises(ComparisonError, match="'online': no variable is known as online"):
        understood("online", codebook(SEX), StudyDescription(modes=("web", "telephone")))


def test_a_comparison_takes_the_words():
    answers = pd.DataFrame({"travel": ["support", "other"] * 40, "q7": [1.0, 1.0, 2.0, 2.0] * 20})
    study = Study(answers, Codebook((Variable("travel", type="string"), PLACE)))
    figure = figure_of(population="urban people", scale=None)
    (row,) = compare(
        proportion(Design(study), "travel", category="support"), figure, about=ALIKE, bridge_to="urban"
    ).rows
    assert (row.n, row.estimate) == (40, 0.5)
    assert any(reason.startswith("repaired: restricted to urban (40 of 80 respondents)") for reason in row.reasons)
    with pytest.raises(ComparisonError, match="bridge_to 'poor'"):
        compare(proportion(Design(study), "travel", category="support"), figure, about=ALIKE, bridge_to="poor")
