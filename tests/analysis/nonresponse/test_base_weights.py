"""Base weights: one over the probability of selection, times what else is known of selection."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from topline.analysis.estimation.estimate import mean
from topline.analysis.nonresponse.base_weights import base_weights
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError, WeightingError

TOWNS = pd.DataFrame(
    {
        "p_town": [0.5, 0.5, 0.25, 0.25],
        "p_home": [0.1, 0.1, 0.2, 0.4],
        "adults": [1, 2, 2, 3],
        "lines": [1, 2, 1, 1],
        "town": [1, 1, 2, 3],
        "y": [1.0, 2.0, 4.0, 5.0],
    }
)


def test_weights_are_one_over_the_product_of_all_stages():
    assert base_weights(Design(TOWNS), ["p_town", "p_home"]).weights.tolist() == pytest.approx([20, 20, 20, 10])


def test_factors_multiply_and_divisors_divide():
    found = base_weights(Design(TOWNS), "p_town", factor="adults", divisor="lines")
    assert found.weights.tolist() == pytest.approx([2, 2, 8, 12])
    assert found.steps[-1].words == "multiplied by 1 / p_town and by adults and by 1 / lines"


def test_weights_of_the_design_stay_in_the_product_and_a_footnote_says_so():
    found = base_weights(Design(TOWNS, weight="adults"), "p_town")
    assert found.weights.tolist() == [2, 4, 8, 12]
    assert found.steps[-1].notes == ("The base weights have the weights from column adults in their product.",)
    assert base_weights(Design(TOWNS), "p_town").steps[-1].notes == ()


def test_the_table_has_the_range_of_every_column():
    table = base_weights(Design(TOWNS), "p_town", factor="adults").steps[-1].table
    assert table.to_dict("records") == [
        {"role": "probability", "column": "p_town", "n": 4, "minimum": 0.25, "mean": 0.375, "maximum": 0.5},
        {"role": "factor", "column": "adults", "n": 4, "minimum": 1.0, "mean": 2.0, "maximum": 3.0},
    ]


def test_nothing_changes_the_design_that_was_given():
    design = Design(TOWNS)
    base_weights(design, "p_town")
    assert design.weights.tolist() == [1, 1, 1, 1]
    assert design.steps == ()


def test_errors_are_those_of_a_column_of_the_same_weights():
    frame = TOWNS.assign(w=1 / TOWNS["p_town"])
    one = mean(base_weights(Design(TOWNS, psu="town"), "p_town"), "y").to_frame()
    pd.testing.assert_frame_equal(one, mean(Design(frame, weight="w", psu="town"), "y").to_frame())


@pytest.mark.parametrize("first", [True, False])
def test_replicates_carry_the_factors(first):
    design = Design(TOWNS, psu="town")
    found = (
        base_weights(replicates(design, "JK1"), "p_home")
        if first
        else replicates(base_weights(design, "p_home"), "JK1")
    )
    column = replicates(Design(TOWNS.assign(w=1 / TOWNS["p_home"]), weight="w", psu="town"), "JK1")
    for at in range(3):
        assert found.replication.weights(at) == pytest.approx(column.replication.weights(at))


def test_rows_of_no_weight_need_no_probability():
    frame = pd.DataFrame({"w": [1.0, 0.0], "p": [0.5, np.nan]})
    assert base_weights(Design(frame, weight="w"), "p").weights.tolist() == [2, 0]


@pytest.mark.parametrize(
    "column",
    [
        pd.array([0.5, 0.25], dtype="Float64"),
        pd.array([0.5, 0.25], dtype="double[pyarrow]"),
        pd.Categorical([0.5, 0.25]),
        np.array([0.5, 0.25], dtype=object),
    ],
)
def test_columns_of_any_type_are_taken(column):
    assert base_weights(Design(pd.DataFrame({"p": column})), "p").weights.tolist() == [2, 4]
    assert base_weights(Design(pl.DataFrame({"p": [0.5, 0.25]})), "p").weights.tolist() == [2, 4]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([0.5, np.nan], "probability 'p' is missing in 1 of 2 rows"),
        ([0.5, 0.0], r"probability 'p' is zero or negative in 1 of 2 rows of a weight above zero \(0 in row 2\)"),
        ([50.0, 0.2], r"is above 1 in 1 of 2 rows .*\(50 in row 1\).*If they are percentages, divide by 100"),
        ([0.5, np.inf], "is infinite in 1 of 2"),
        ([1e-200, 0.2], "run out of what a computer can square"),
    ],
)
def test_impossible_probabilities_are_refused(values, said):
    with pytest.raises(WeightingError, match=said):
        base_weights(Design(pd.DataFrame({"p": values})), "p")


def test_a_code_declared_missing_is_no_probability():
    study = Study(
        pd.DataFrame({"p": [0.5, 0.9]}), Codebook((Variable("p", measure="scale", missing={0.9: MissingKind.OTHER}),))
    )
    with pytest.raises(WeightingError, match="missing in 1 of 2"):
        base_weights(Design(study), "p")


def test_factors_may_be_above_one_but_not_zero():
    with pytest.raises(WeightingError, match=r"factor 'n' is zero or negative .* a finite number above 0. Correct it"):
        base_weights(Design(pd.DataFrame({"n": [2.0, 0.0]})), factor="n")


def test_what_is_no_column_or_no_number_is_refused():
    with pytest.raises(WeightingError, match="needs a column"):
        base_weights(Design(TOWNS))
    with pytest.raises(UnknownNameError, match="Did you mean 'p_town'"):
        base_weights(Design(TOWNS), "p_twon")
    with pytest.raises(EstimationError, match="text"):
        base_weights(Design(pd.DataFrame({"p": ["a", "b"]})), "p")
    with pytest.raises(EstimationError, match="needs a Design"):
        base_weights(TOWNS, "p_town")


def test_a_second_product_names_the_first():
    once = base_weights(Design(TOWNS), "p_town")
    assert once.steps[-1].notes == ()
    twice = base_weights(once, "p_town").steps[-1]
    assert twice.notes == twice.brief
    assert twice.notes == (
        "Base weights were made before (multiplied by 1 / p_town), and these have that in their product: what is in "
        "both counts twice.",
    )
