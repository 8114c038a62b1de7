"""Normalising: one factor, in every replicate too."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, total
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.step import WeightingStep
from topline.analysis.trimming.normalise import NormaliseTask, normalise
from topline.data.errors import EstimationError, UnknownNameError, WeightingError

FRAME = pd.DataFrame(
    {"w": [10.0, 10.0, 20.0, 0.0, 30.0], "country": ["a", "a", "b", None, "b"], "y": [1, 2, 3, 4, 6], "psu": range(5)}
)


def base() -> Design:
    return Design(FRAME, weight="w")


@pytest.mark.parametrize("to", ["n", "mean"])
def test_the_mean_of_weights_above_zero_becomes_one(to):
    design = normalise(base(), to)
    assert design.weights == pytest.approx(np.array([10, 10, 20, 0, 30]) * 4 / 70)
    assert design.steps[-1].words == "normalised to a mean of 1"
    assert design.steps[-1].kind == "normalise"


def test_a_number_is_the_sum():
    design = normalise(base(), 1400)
    assert design.weights.tolist() == [200, 200, 400, 0, 600]
    assert design.steps[-1].words == "normalised to a sum of 1,400"
    assert design.steps[-1].options == {"to": 1400, "within": []}


def test_groups_are_scaled_by_themselves():
    design = normalise(base(), 100, within="country")
    assert design.weights.tolist() == [50, 50, 40, 0, 60]
    table = design.steps[-1].table
    assert table["class"].tolist() == ["country a", "country b"]
    assert table["n"].tolist() == [2, 2]
    assert table["factor"].tolist() == [5, 2]
    assert normalise(base(), within="country").weights == pytest.approx([1, 1, 0.8, 0, 1.2])
    assert design.steps[-1].words == "normalised to a sum of 100 within country"


def test_means_stay_and_totals_scale_with_their_errors():
    plain, scaled = base(), normalise(base(), 700)
    assert mean(scaled, "y").to_frame().equals(mean(plain, "y").to_frame().assign(weighted_n=700.0)) or mean(
        scaled, "y"
    ).to_frame()["se"][0] == pytest.approx(mean(plain, "y").to_frame()["se"][0])
    for column in ("estimate", "se"):
        assert total(scaled, "y").to_frame()[column][0] == pytest.approx(10 * total(plain, "y").to_frame()[column][0])


@pytest.mark.parametrize("order", ["before", "after"])
def test_replicates_keep_the_factor_of_the_whole_sample(order):
    plain = replicates(Design(FRAME, weight="w", psu="psu"), "JK1")
    if order == "before":
        scaled = normalise(plain, 700)
    else:
        scaled = replicates(normalise(Design(FRAME, weight="w", psu="psu"), 700), "JK1")
    for number in range(5):
        assert scaled.replication.weights(number) == pytest.approx(10 * plain.replication.weights(number))


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("sum", "to is 'sum'; it can be"),
        (0, "to is 0; it is above 0"),
        (True, "to is True"),
        (float("inf"), "to is inf"),
    ],
)
def test_wrong_targets_are_refused(to, told):
    with pytest.raises(WeightingError, match=told):
        normalise(base(), to)


def test_other_mistakes_are_refused():
    with pytest.raises(EstimationError, match="normalise needs a Design"):
        normalise(FRAME)
    with pytest.raises(UnknownNameError):
        normalise(base(), within="contry")
    with pytest.raises(WeightingError, match="country is missing in 1 of 5 weighted rows"):
        normalise(Design(FRAME.assign(w=1.0), weight="w"), within="country")
    after = np.array([-1.0, 1, 1, 1, 1])
    task = normalise(base()).steps[-1].task
    assert isinstance(task, NormaliseTask)
    odd = base().with_step(WeightingStep(kind="other", words="", before=base().weights, after=after, task=task))
    with pytest.raises(WeightingError, match="1 weights are below 0"):
        normalise(odd)


def test_groups_scaled_by_themselves_that_move_margins_are_told_of():
    frame = pd.DataFrame({"sex": ["f", "f", "m", "m", "m"], "town": ["a", "b", "a", "b", "b"]})
    raked = rake(Design(frame), {"sex": {"f": 0.6, "m": 0.4}})
    assert normalise(raked).steps[-1].brief == ()
    found = normalise(raked, 1, within="town").steps[-1]
    assert found.notes == found.brief
    assert found.brief[0].startswith("Normalising within town moved the margins of rake: the share of sex m by ")
    assert normalise(raked, within="sex").steps[-1].brief[0].endswith("the share of sex m by 50% of itself.")
    assert normalise(Design(frame), within="town").steps[-1].brief == ()
