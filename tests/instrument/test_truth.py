"""Truth files: what is stated holds exactly, and what does not fit is refused with its line."""

import numpy as np
import pytest

from topline.data.errors import DocumentError
from topline.instrument.reading import read_questionnaire_text
from topline.instrument.truth import Population, Truth, read_truth, shipped_truth

QUESTIONNAIRE = read_questionnaire_text("""
name: q
title: Q
languages: [en]
choices:
  two: {options: [{name: 1, label: One}, {name: 2, label: Two}, {name: 9, label: Don't know, missing: dont_know}]}
pages: [{name: p, questions: [{name: sex, type: select_one, choices: two, label: Sex},
                              {name: item, type: select_one, choices: two, label: Item}]}]
""")


def wrong(tmp_path, text):
    path = tmp_path / "truth.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        read_truth(path, QUESTIONNAIRE)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "demographics: {sex: {shares: {1: 0.5, 2: 0.4}}}",
            "the shares of a demographic sum to 0.9; they must sum to 1",
        ),
        ("demographics: {sex: {shares: {1: 1.5}}}", "truth.yaml, line 1"),
        ("demographics: {sx: {shares: {1: 1}}}", "'sx' is not a variable of the questionnaire. Did you mean 'sex'"),
        ("demographics: {sex: {shares: {3: 1}}}", "the code '3' is not an answer to 'sex'"),
        ("demographics: {sex: {given: age, shares: {1: {1: 1}}}}", "'given' names 'age', which is not described above"),
        ("demographics: {}\nitem: {}", "the key 'item' is not known here. Did you mean 'items'"),
        ("demographics: {}\nitems: {itm: {}}", "'itm' is not a variable"),
        ("demographics: {}\nitems: {item: {shares: {1: 0.5}}}", "the shares sum to 0.5; they must sum to 1"),
        (
            "demographics: {}\nitems: {item: {shares: {1: 1}, missing: {8: 0.1}}}",
            "the code '8' is no don't know of 'item'",
        ),
        ("demographics: {}\nitems: {item: {missing: {9: 1}}}", "leave nobody who answers"),
        ("demographics: {}\nitems: {item: {low: 5, high: 4}}", "'high' is 4, less than 'low', 5"),
        ("demographics: {}\nitems: {item: {low: 0, high: 4000}}", "may lie 1,000 apart"),
        (
            "demographics: {}\nitems: {item: {shares: {1: 1}, effects: {age: {1: 2}}}}",
            "'age' is not among the demographics",
        ),
        (
            "demographics: {sex: {shares: {1: 1}}}\nresponse: {effects: {sex: {2: 1}}}",
            "line 2, response, effects: 'sex' has no code '2'",
        ),
        ("demographics: {}\nlanguages: {fr: 1}", "'fr' is not a language of the questionnaire"),
        ("demographics: {}\nlanguages: {en: 0.9}", "the shares of languages sum to 0.9"),
        ("demographics: {}\nfirst_day: 2026-10-02\nlast_day: 2026-10-01", "lies before 'first_day'"),
        ("demographics: {}\nbreakoff: 2", "truth.yaml, line 2"),
    ],
)
def test_a_truth_that_does_not_fit_is_refused(tmp_path, text, message):
    assert message in wrong(tmp_path, text)


def test_a_truth_that_fits_is_read(tmp_path):
    path = tmp_path / "truth.yaml"
    path.write_text("demographics: {sex: {shares: {1: 0.5, 2: 0.5}}}\nitems: {item: {shares: {1: 0.2, 2: 0.8}}}")
    assert read_truth(path, QUESTIONNAIRE).items["item"].shares == {"1": 0.2, "2": 0.8}


@pytest.mark.parametrize("leaning", [0.0, 0.5, -2.0])
@pytest.mark.parametrize("effect", [0.0, 3.0, -8.0])
def test_the_population_has_exactly_the_shares_stated_whatever_the_effects(leaning, effect):
    truth = Truth.model_validate(
        {
            "demographics": {"sex": {"shares": {"1": 0.3, "2": 0.7}}},
            "items": {
                "item": {
                    "shares": {"1": 0.05, "2": 0.0, "3": 0.25, "4": 0.7},
                    "effects": {"sex": {"2": effect}},
                    "leaning": leaning,
                    "missing": {"9": 0.2},
                }
            },
        }
    )
    population = Population(truth)
    spread = population.probabilities("item")
    shares = {code: float((population.weights * chance).sum()) for code, chance in spread.items()}
    assert shares == pytest.approx({"1": 0.04, "2": 0.0, "3": 0.2, "4": 0.56, "9": 0.2}, abs=1e-12)
    assert np.allclose(sum(spread.values()), 1)
    assert all((chance >= 0).all() for chance in spread.values())


def test_demographics_that_depend_on_one_another_keep_their_tables():
    population = Population(shipped_truth())
    shares = population.weights.sum(axis=1)
    old = [share for cell, share in zip(population.cells, shares, strict=True) if cell["age4"] == "4"]
    schooled = [
        share
        for cell, share in zip(population.cells, shares, strict=True)
        if cell["age4"] == "4" and cell["education"] == "1"
    ]
    assert sum(old) == pytest.approx(0.18497)
    assert sum(schooled) / sum(old) == pytest.approx(0.42)
    assert population.sample_weights.sum() == pytest.approx(1)
