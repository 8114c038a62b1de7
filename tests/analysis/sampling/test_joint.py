import itertools

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, total
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.data.errors import DesignError, EstimationError


def joint_of_srs(n: int, population: int) -> np.ndarray:
    both = n * (n - 1) / (population * (population - 1))
    return np.full((n, n), both) + np.eye(n) * (n / population - both)


def refused(data: pd.DataFrame, **options) -> str:
    with pytest.raises(DesignError) as caught:
        Design(data, **options)
    return str(caught.value)


WAVE = pd.DataFrame({"y": [3.0, 1.0, 4.0, 1.0, 5.0], "x": ["a", "b", "a", "b", "a"]})


@pytest.mark.parametrize("variance", ["horvitz-thompson", "yates-grundy"])
def test_joint_probabilities_of_simple_random_sampling_give_its_variance(variance):
    frame = WAVE.assign(N=20)
    plain = Design(frame, fpc="N")
    joint = Design(frame, pps=joint_of_srs(5, 20), pps_variance=variance)
    assert joint.weights.tolist() == pytest.approx(plain.weights.tolist())
    for verb in (mean, total):
        assert verb(joint, "y", by="x").covariance == pytest.approx(verb(plain, "y", by="x").covariance, rel=1e-10)


def test_yates_grundy_averages_to_the_true_variance_over_all_samples():
    values = np.array([2.0, 5.0, 9.0, 4.0])
    samples = list(itertools.combinations(range(4), 2))
    chance = np.array([0.25, 0.1, 0.15, 0.2, 0.1, 0.2])
    joint = np.zeros((4, 4))
    for pair, p in zip(samples, chance, strict=True):
        joint[pair] += p
    joint += joint.T
    np.fill_diagonal(joint, joint.sum(axis=0))
    totals, variances = [], {"horvitz-thompson": [], "yates-grundy": []}
    for pair in samples:
        chosen = list(pair)
        for kind, found in variances.items():
            design = Design(pd.DataFrame({"y": values[chosen]}), pps=joint[np.ix_(chosen, chosen)], pps_variance=kind)
            found.append(float(_variance(design, values[chosen])))
        totals.append(design.weights @ values[chosen])
    truth = chance @ (np.array(totals) - chance @ np.array(totals)) ** 2
    assert chance @ np.array(totals) == pytest.approx(values.sum())
    for found in variances.values():
        assert chance @ np.array(found) == pytest.approx(truth)


def _variance(design: Design, y: np.ndarray) -> float:
    z = design.weights * y
    return z @ design.joint @ z


def test_units_follow_the_order_of_their_first_rows():
    frame = pd.DataFrame({"town": ["b", "a", "b", "c"], "y": [1.0, 2.0, 3.0, 7.0]})
    joint = np.array([[0.5, 0.2, 0.1], [0.2, 0.4, 0.15], [0.1, 0.15, 0.3]])
    design = Design(frame, psu="town", pps=joint)
    assert design.weights.tolist() == pytest.approx([2, 2.5, 2, 1 / 0.3])
    z = np.array([8.0, 5.0, 7 / 0.3])
    form = 1 - np.outer(np.diag(joint), np.diag(joint)) / joint
    assert total(design, "y").to_frame()["se"].iloc[0] == pytest.approx(np.sqrt(z @ form @ z))


def test_calibration_takes_its_part_out_of_the_quadratic_form():
    frame = WAVE.assign(N=20)
    margins = {"x": {"a": 0.5, "b": 0.5}}
    plain, joint = rake(Design(frame, fpc="N"), margins), rake(Design(frame, pps=joint_of_srs(5, 20)), margins)
    assert mean(joint, "y").to_frame()["se"].iloc[0] == pytest.approx(mean(plain, "y").to_frame()["se"].iloc[0])


def test_a_negative_variance_is_refused_with_the_way_out():
    joint = np.array([[0.5, 0.05], [0.05, 0.5]])
    with pytest.raises(EstimationError) as caught:
        total(Design(pd.DataFrame({"y": [1.0, 1.0]}), pps=joint), "y")
    assert "pps_variance='yates-grundy'" in str(caught.value)


@pytest.mark.parametrize(
    ("joint", "words"),
    [
        (np.eye(4), "4 x 4 joint inclusion probabilities, but the sample has 5 units"),
        (np.eye(5), "holds 0 for units 1 and 2"),
        (np.full((5, 5), 1.5), "holds 1.5 for units 1 and 1"),
        (joint_of_srs(5, 20) + np.eye(5, k=1) * 0.01, "not symmetric"),
    ],
)
def test_probabilities_that_fit_no_sample_are_refused(joint, words):
    assert words in refused(WAVE, pps=joint)


def test_other_ways_to_get_it_wrong_are_refused():
    frame = WAVE.assign(p=[0.2, 0.3, 0.2, 0.3, 0.2], N=20)
    assert "it can be 'brewer' or an array" in refused(frame, pps="overton")
    assert "needs each unit's inclusion probability" in refused(frame, pps="brewer")
    assert "leave fpc" in refused(frame, pps=joint_of_srs(5, 20), fpc="p")
    assert "can be 'horvitz-thompson' or 'yates-grundy'" in refused(frame, pps=joint_of_srs(5, 20), pps_variance="sen")
    assert "is 20 in row 1" in refused(frame, pps="brewer", fpc="N")
    assert "varies within a unit" in refused(frame, pps="brewer", fpc="p", psu="N")


def test_brewer_with_equal_probabilities_is_simple_random_sampling():
    frame = WAVE.assign(N=20, p=0.25)
    plain, brewer = Design(frame, fpc="N"), Design(frame, fpc="p", pps="brewer")
    assert mean(brewer, "y").to_frame()["se"].iloc[0] == pytest.approx(mean(plain, "y").to_frame()["se"].iloc[0])
    text = mean(brewer, "y").method
    assert text["variance"] == "Taylor linearisation, 1 stage with unequal probabilities, Brewer's approximation"
    assert text["weight_source"] == "weights from the inclusion probabilities (p): their inverse"


def test_joint_probabilities_are_named_in_the_method():
    method = mean(Design(WAVE, pps=joint_of_srs(5, 20)), "y").method
    assert method["variance"] == "joint inclusion probabilities, Horvitz-Thompson"
    assert (
        method["weight_source"] == "weights from the inclusion probabilities of the joint probabilities: their inverse"
    )
