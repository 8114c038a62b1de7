"""Columns of a sample and a reference beside each other: categories match, or both lists stand in the refusal."""

import pandas as pd
import polars as pl
import pytest

from topline.analysis.nonprobability.propensity_weights import propensity_weights
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import WeightingError

from .test_propensity_weights import METHODS, by_sex

LABELLED = Codebook((Variable("sex", labels={1.0: "male", 2.0: "female"}),))


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (["female", "female", "female", "male"], ["female", "female", "male", "male"]),
        (["Female", "Female", "Female", "Male"], Study(pd.DataFrame({"sex": [2.0, 2.0, 1.0, 1.0]}), LABELLED)),
        ([2, 2, 2, 1], Study(pd.DataFrame({"sex": [2.0, 2.0, 1.0, 1.0]}), LABELLED)),
        (Study(pd.DataFrame({"sex": [2.0, 2.0, 2.0, 1.0]}), LABELLED), ["female", "female", "male", "male"]),
        (Study(pd.DataFrame({"sex": [2.0, 2.0, 2.0, 1.0]}), LABELLED), ["2", "2", "1", "1"]),
        (Study(pd.DataFrame({"sex": [2.0, 2.0, 2.0, 1.0]}), LABELLED), [2, 2, 1, 1]),
        (
            Study(pd.DataFrame({"sex": [2.0, 2.0, 2.0, 1.0]}), LABELLED),
            Study(
                pd.DataFrame({"sex": [0.0, 0.0, 7.0, 7.0]}),
                Codebook((Variable("sex", labels={0.0: "female", 7.0: "male"}),)),
            ),
        ),
        ([True, True, True, False], [True, True, False, False]),
        (pd.array([1, 1, 1, 0], dtype="Int64"), [1.0, 1.0, 0.0, 0.0]),
        (
            pd.Categorical(["a", "a", "a", "b"], categories=["b", "c", "a"]),
            pd.array(["a", "a", "b", "b"], dtype="string"),
        ),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_categories_are_the_same_by_label_or_by_code(here, there, method):
    sample = here if isinstance(here, Study) else pd.DataFrame({"sex": here})
    weights = [30.0, 20.0, 25.0, 25.0]
    if isinstance(there, Study):
        reference = Study(there.frame.assign(d=weights), Codebook((*there.codebook, Variable("d"))))
    else:
        reference = pd.DataFrame({"sex": there, "d": weights})
    design = propensity_weights(Design(sample), Design(reference, weight="d"), "sex", method=method)
    assert design.weights == pytest.approx([50 / 3, 50 / 3, 50 / 3, 50])


def test_polars_frames_are_read():
    here = pl.DataFrame({"sex": ["f", "f", "f", "m"]})
    there = pl.DataFrame({"sex": ["f", "m"], "d": [50.0, 50.0]})
    design = propensity_weights(Design(here), Design(there, weight="d"), ["sex"])
    assert design.weights == pytest.approx([50 / 3, 50 / 3, 50 / 3, 50])


def test_categories_that_one_of_the_two_lacks_are_laid_side_by_side():
    with pytest.raises(
        WeightingError, match=r"(?s)in the sample: +f, x\n +in the reference: f, m\n.*only in the sample: +x\n"
    ):
        by_sex(pd.DataFrame({"sex": ["f", "x"]}))
    with pytest.raises(WeightingError, match=r"(?s)only in the reference: m\n.*subset"):
        by_sex(pd.DataFrame({"sex": ["f", "f"]}))
    other = Codebook((Variable("sex", labels={1.0: "female", 2.0: "diverse"}), Variable("d")))
    there = Study(pd.DataFrame({"sex": [1.0, 2.0], "d": [50.0, 50.0]}), other)
    here = Study(pd.DataFrame({"sex": [1.0, 2.0]}), LABELLED)
    with pytest.raises(WeightingError, match=r"(?s)1 \(male\), 2 \(female\)\n.*1 \(female\), 2 \(diverse\)"):
        propensity_weights(Design(here), Design(there, weight="d"), "sex")
    same = Codebook((Variable("sex", labels={1.0: "one", 2.0: "one"}), Variable("d")))
    there = Study(pd.DataFrame({"sex": [1.0, 2.0], "d": [50.0, 50.0]}), same)
    with pytest.raises(WeightingError, match="'one' names codes 1 and 2"):
        propensity_weights(Design(pd.DataFrame({"sex": ["one", "two"]})), Design(there, weight="d"), "sex")


def test_values_of_which_a_formula_makes_categories_are_compared_too():
    here, there = pd.DataFrame({"k": [1, 2, 2]}), pd.DataFrame({"k": [1, 2, 3], "d": [9.0, 9.0, 9.0]})
    with pytest.raises(WeightingError, match=r"C\(k\) does not have the same values .*: 3 only in the reference"):
        propensity_weights(Design(here), Design(there, weight="d"), "C(k)")
    design = propensity_weights(Design(here), Design(there[:2], weight="d"), "C(k)")
    assert design.weights == pytest.approx([9, 4.5, 4.5])


def test_labelled_codes_can_be_taken_as_numbers():
    ages = Codebook((Variable("age4", labels={1.0: "young", 2.0: "middle", 3.0: "old"}), Variable("d")))
    here = Study(pd.DataFrame({"age4": [1.0, 1.0, 2.0, 3.0, 1.0]}), Codebook((ages["age4"],)))
    there = Study(pd.DataFrame({"age4": [1.0, 2.0, 3.0, 3.0], "d": [9.0, 8.0, 10.0, 12.0]}), ages)
    design = propensity_weights(Design(here), Design(there, weight="d"), "number(age4)", method="calibrated")
    assert design.weights @ here.frame["age4"] == pytest.approx(there.frame["d"] @ there.frame["age4"])


def test_missing_values_stop_or_are_a_class_of_their_own():
    here = pd.DataFrame({"sex": ["f", "f", None, "m"]})
    there = pd.DataFrame({"sex": ["f", "m", None], "d": [40.0, 50.0, 10.0]})
    with pytest.raises(WeightingError, match=r"sex is missing in 1 of 4 weighted rows of the sample.*own_class"):
        by_sex(here)
    with pytest.raises(WeightingError, match=r"1 of 4 weighted rows of the sample.*the reference has none"):
        by_sex(here, missing="own_class")
    with pytest.raises(WeightingError, match=r"1 of 3 weighted rows of the reference"):
        propensity_weights(Design(here.dropna()), Design(there, weight="d"), "sex")
    with pytest.raises(WeightingError, match=r"rows of the reference.*the sample has none"):
        propensity_weights(Design(here.dropna()), Design(there, weight="d"), "sex", missing="own_class")
    design = propensity_weights(Design(here), Design(there, weight="d"), "sex", missing="own_class")
    assert design.weights == pytest.approx([20, 20, 10, 50])
    assert any("1 rows of the sample and 1 of the reference without a value" in note for note in design.steps[0].notes)
    with pytest.raises(WeightingError, match="missing is 'drop'"):
        propensity_weights(Design(here), Design(there, weight="d"), "sex", missing="drop")


def test_codes_declared_missing_are_missing():
    book = Codebook((Variable("age", missing={99.0: MissingKind.REFUSED}),))
    here = Study(pd.DataFrame({"age": [20.0, 30.0, 99.0]}), book)
    there = pd.DataFrame({"age": [20.0, 35.0, 40.0], "d": [9.0, 8.0, 10.0]})
    with pytest.raises(WeightingError, match=r"age is missing in 1 of 3 .* a number has no class of its own"):
        propensity_weights(Design(here), Design(there, weight="d"), "age", missing="own_class")
