"""Standard errors after a calibration: the linearisation is the derivative, replicates agree."""

import math

import numpy as np
import pandas as pd
import pytest

from topline.analysis.calibration.calibrate import calibrate
from topline.analysis.estimation.estimate import mean, proportion, total
from topline.analysis.nonprobability.reference_margins import margins_from
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.step import Replicate
from topline.data.errors import WeightingError

from .calibration_sample import CASES, COUNTS, MEANS, SHARES, base, derivable, sample


def row_influence(design: Design, z: np.ndarray) -> np.ndarray:
    """Give what each row adds to a total of z, as the step's linearisation says."""
    step = design.steps[-1].linearisation
    blocks = [
        np.eye(block[1])[block[0]] if isinstance(block, tuple) else np.asarray(block) for block in step.auxiliaries
    ]
    x = np.hstack(blocks)
    curvature = step.regression if step.curvature is None else step.curvature
    coefficients = np.linalg.pinv(x.T @ (x * curvature[:, None]), rcond=1e-11) @ (x.T @ (step.regression * z))
    found = step.after * z - step.taken * (x @ coefficients)
    for shift, direction in step.moves:
        found = found + shift * float(direction @ coefficients)
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_linearisation_is_the_derivative_of_the_replayed_step(case):
    design = derivable()
    found = calibrate(design, **CASES[case])
    y = design.study.frame["y"].to_numpy()
    wanted = row_influence(found, y)
    task, everybody = found.steps[-1].task, Replicate(0, 1, 1.0)
    ones, step = np.ones(180), 1e-4
    for row in (0, 1, 5, 14, 77, 179):
        moved = []
        for sign in (-1, 1):
            frequency = ones.copy()
            frequency[row] += sign * step
            change = task.replayed(design.weights, frequency, everybody)
            moved.append(float((frequency * change.applied(design.weights, slice(None))) @ y))
        assert (moved[1] - moved[0]) / (2 * step) == pytest.approx(wanted[row], rel=2e-5, abs=2e-4 * abs(wanted).mean())


@pytest.mark.parametrize("case", ["weights", "logit weights"])
def test_the_linearisation_tells_weight_from_frequency_where_bounds_are_of_weights(case):
    design = derivable()
    found = calibrate(design, **CASES[case])
    step = found.steps[-1].linearisation
    y, task, ones, h = design.study.frame["y"].to_numpy(), found.steps[-1].task, np.ones(180), 1e-5
    x = np.hstack([np.eye(b[1])[b[0]] if isinstance(b, tuple) else np.asarray(b) for b in step.auxiliaries])
    coefficients = np.linalg.pinv(x.T @ (x * step.regression[:, None]), rcond=1e-11) @ (x.T @ (step.regression * y))
    own, took = step.through
    wanted = own * y - took * (x @ coefficients)
    for shift, direction in step.moves:
        wanted = wanted + shift * float(direction @ coefficients)
    for row in (0, 1, 5, 77, 179):
        moved = []
        for sign in (-1, 1):
            weights = design.weights.copy()
            weights[row] *= 1 + sign * h
            change = task.replayed(weights, ones, Replicate(0, 1, 1.0))
            moved.append(float(change.applied(weights, slice(None)) @ y))
        assert (moved[1] - moved[0]) / (2 * h) == pytest.approx(wanted[row], rel=1e-4, abs=2e-4 * abs(wanted).mean())


@pytest.mark.parametrize("case", ["linear", "shares alone", "bounded linear", "logit", "weights", "cells"])
def test_replicate_errors_are_close_to_linearised_ones(case):
    data = derivable().study.frame
    design = Design(data, weight="base", psu="psu")
    taylor = mean(calibrate(design, **CASES[case]), "y").to_frame()["se"][0]
    jackknife = mean(calibrate(replicates(design, "JKn"), **CASES[case]), "y").to_frame()["se"][0]
    assert jackknife == pytest.approx(taylor, rel=0.12)
    again = mean(replicates(calibrate(design, **CASES[case]), "JKn"), "y").to_frame()["se"][0]
    assert again == pytest.approx(jackknife, rel=1e-9)


def test_bootstrap_errors_are_close_to_linearised_ones():
    design = Design(derivable().study.frame, weight="base", psu="psu")
    options = {"means": MEANS, "distance": "raking"}
    taylor = mean(calibrate(design, SHARES, **options), "y").to_frame()["se"][0]
    boot = mean(calibrate(replicates(design, "bootstrap", replicates=200, seed=4), SHARES, **options), "y").to_frame()[
        "se"
    ][0]
    assert boot == pytest.approx(taylor, rel=0.2)


def test_every_replicate_meets_the_targets_and_its_bounds():
    design = replicates(Design(derivable().study.frame, weight="base", psu="psu"), "JKn")
    found = calibrate(design, SHARES, means=MEANS, bounds=(0.4, 2.6))
    for number in range(0, 30, 7):
        weights = found.replication.weights(number)
        assert np.average(design.study.frame["income"], weights=weights) == pytest.approx(31, rel=1e-9)
        before = design.replication.weights(number)
        ratio = (weights[before > 0] / before[before > 0]).round(9)
        assert ratio.min() >= 0.4
        assert ratio.max() <= 2.6


def test_a_replicate_that_cannot_be_calibrated_is_named():
    data = pd.DataFrame({"a": [1, 1, 1, 1, 2], "x": [1.0, 2.0, 3.0, 4.0, 5.0], "psu": [1, 2, 3, 4, 5]})
    design = replicates(Design(data, psu="psu"), "JKn")
    with pytest.raises(WeightingError, match=r"5 of 5 holds nobody of margin a, category 2.* stratum has two PSUs\."):
        calibrate(design, {"a": {"1": 0.7, "2": 0.3}}, distance="raking")
    shares = {"a": {"1": 0.7, "2": 0.3}}
    with pytest.raises(WeightingError, match="replicate 5 of 5 holds nobody of margin a, category 2"):
        calibrate(design, shares, means={"x": 3.4}, distance="raking")
    with pytest.raises(WeightingError, match=r"replicate \d of 5: no weights within the bounds meet all targets"):
        calibrate(design, means={"x": 3.2}, bounds=(0.8, 1.2))


def test_margins_that_were_estimated_bring_their_error_along():
    """Dever and Valliant (2010): the variance of estimated targets adds to that of the residuals."""
    data = derivable().study.frame
    reference = Design(sample(9, 250), weight="base")
    known = margins_from(reference, "sex")
    design = Design(data, weight="base", psu="psu")
    fixed = {"sex": dict(known["sex"])}
    for residuals in ("calibrated", "base"):
        given = calibrate(design, known, means=MEANS, distance="raking", residuals=residuals)
        certain = calibrate(design, fixed, means=MEANS, distance="raking", residuals=residuals)
        assert given.weights == pytest.approx(certain.weights)
        share = proportion(given, "sex").to_frame()["se"][0]
        assert share == pytest.approx(math.sqrt(known.covariance[0, 0]), rel=1e-6)
    replicated = calibrate(replicates(design, "JKn"), known, means=MEANS, distance="raking")
    assert proportion(replicated, "sex").to_frame()["se"][0] == pytest.approx(share, rel=1e-6)


def test_a_target_moved_below_zero_by_its_error_is_refused():
    reference = Design(pd.DataFrame({"sex": [1.0] * 200 + [2.0]}))
    found = calibrate(derivable(), margins_from(reference, "sex"), distance="raking")
    with pytest.raises(WeightingError, match=r"replicate \d of 2: .* moved by its sampling error, or rows without"):
        for number in (0, 1):
            found.steps[-1].task.replayed(found.steps[-1].before, np.ones(180), Replicate(number, 2, 9.0))
    with pytest.raises(WeightingError, match="replicate 1 of 2 holds nobody, so it cannot be calibrated"):
        found.steps[-1].task.replayed(found.steps[-1].before, np.zeros(180), Replicate(0, 2, 1.0))


def test_calibration_after_a_rake_knows_of_both():
    raked = rake(Design(derivable().study.frame, weight="base", psu="psu"), {"sex": SHARES["sex"]})
    for options in ({}, {"bounds": (2.0, 13.0), "bounds_on": "weights"}):
        both = calibrate(raked, {"age4": SHARES["age4"]}, means=MEANS, **options)
        taylor = mean(both, "y").to_frame()["se"][0]
        jackknife = mean(replicates(both, "JKn"), "y").to_frame()["se"][0]
        assert len(both.steps) == 2
        assert jackknife == pytest.approx(taylor, rel=0.1)


def test_a_calibrated_total_has_no_sampling_error():
    found = calibrate(base(), COUNTS, totals={"income": 31.0 * 80_000}, bounds=(0.1, 6))
    assert total(found, "income").to_frame()["se"][0] == pytest.approx(0, abs=1e-5)
    assert mean(calibrate(base(), means=MEANS), "income").to_frame()["se"][0] == pytest.approx(0, abs=1e-10)
