"""What estimates owe to each row through a raking: against a numerical derivative, and against replicates."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, total
from topline.analysis.raking.poststratify import poststratify
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.step import Linearisation, Replicate, WeightingStep
from topline.data.errors import WeightingError
from topline.data.margins import Dimension, Margins

SHARES = {"sex": {"1": 0.45, "2": 0.55}, "age": {"1": 0.2, "2": 0.25, "3": 0.55}}
COUNTS = {name: {code: 90_000 * share for code, share in shares.items()} for name, shares in SHARES.items()}
JOINT = {"sex*age": {"1*1": 0.1, "1*2": 0.15, "1*3": 0.2, "2*1": 0.1, "2*2": 0.15, "2*3": 0.3}}
WHOLE = Replicate(0, 1, 0.0)


def sample(rows: int = 90, missing: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "sex": random.choice([1.0, 2.0], rows, p=[0.6, 0.4]),
            "age": random.choice([1.0, 2.0, 3.0], rows, p=[0.4, 0.3, 0.3]),
            "base": random.gamma(5, 1, rows),
        }
    )
    frame["y"] = 3 + 2 * frame["age"] + frame["sex"] + random.normal(size=rows)
    frame.loc[frame.index[:missing], "age"] = np.nan
    return frame


def derivative(step: WeightingStep, y: np.ndarray, nudge: float = 1e-5) -> np.ndarray:
    """Count each row a little more and a little less often, do the step again, and look at the total."""
    found = np.empty(len(y))
    for row in range(len(y)):
        totals = []
        for sign in (1, -1):
            frequency = np.ones(len(y))
            frequency[row] += sign * nudge
            change = step.task.replayed(step.before, frequency, WHOLE)
            totals.append((frequency * change.applied(step.before, slice(None)) * y).sum())
        found[row] = (totals[0] - totals[1]) / (2 * nudge)
    return found


def linearised(here: Linearisation | None, influence: np.ndarray) -> np.ndarray:
    """Follow the chain rule as it is written down."""
    while here is not None:
        columns = np.hstack([np.eye(size)[code] for code, size in here.auxiliaries])
        z = np.divide(influence, here.after, out=np.zeros(len(influence)), where=here.after != 0)
        curvature = here.regression if here.curvature is None else here.curvature
        inverse = np.linalg.pinv(columns.T @ (columns * curvature[:, None]), rcond=1e-10)
        coefficients = inverse @ (columns.T @ (here.regression * z))
        influence = influence - here.taken * (columns @ coefficients)
        influence = influence + sum(shift * (direction @ coefficients) for shift, direction in here.moves)
        here = here.earlier
    return influence


@pytest.mark.parametrize(
    ("margins", "options", "missing"),
    [
        (SHARES, {}, 0),
        (COUNTS, {}, 0),
        (SHARES, {"bounds": (0.3, 2.4)}, 0),
        (COUNTS, {"bounds": (0.3, 2.4)}, 0),
        (SHARES, {"missing": "own_class"}, 9),
        (COUNTS, {"missing": "own_class"}, 9),
        (SHARES, {"missing": "proportional"}, 9),
        (COUNTS, {"missing": "proportional"}, 9),
        (COUNTS, {"missing": "own_class", "bounds": (0.4, 2.1)}, 9),
        (JOINT, {}, 0),
        (SHARES, {"join": {"age": {"young": ["1", "2"]}}}, 0),
    ],
)
def test_the_chain_rule_is_the_derivative_in_the_frequency_of_each_row(margins, options, missing):
    design = Design(sample(missing=missing), weight="base")
    step = rake(design, margins, tolerance=1e-13, **options).raking
    if "bounds" in options:
        assert (step.linearisation.regression == 0).any(), "the bounds bind"
    y = design.study.frame["y"].to_numpy()
    assert linearised(step.linearisation, step.after * y) == pytest.approx(derivative(step, y), rel=1e-4, abs=1e-4)


def test_poststrata_with_rows_without_a_value_follow_the_same_rule():
    design = Design(sample(missing=9), weight="base")
    step = poststratify(design, JOINT, missing="proportional").steps[-1]
    y = design.study.frame["y"].to_numpy()
    assert linearised(step.linearisation, step.after * y) == pytest.approx(derivative(step, y), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("missing", ["own_class", "proportional"])
@pytest.mark.parametrize("margins", [SHARES, COUNTS])
def test_linearised_errors_are_near_those_of_a_jackknife(missing, margins):
    base = Design(sample(400, 40), weight="base")
    taylor = rake(base, margins, missing=missing)
    jackknife = replicates(taylor, "JK1")
    for estimate in (mean, total):
        ours, theirs = (estimate(design, "y").to_frame()["se"][0] for design in (taylor, jackknife))
        assert ours == pytest.approx(theirs, rel=0.03)


def test_bounds_that_bind_have_errors_near_those_of_a_jackknife():
    base = Design(sample(400), weight="base")
    taylor = rake(base, COUNTS, bounds=(0.3, 2.4))
    assert (taylor.raking.linearisation.regression == 0).sum() > 50
    jackknife = replicates(taylor, "JK1")
    for estimate in (mean, total):
        ours, theirs = (estimate(design, "y").to_frame()["se"][0] for design in (taylor, jackknife))
        assert ours == pytest.approx(theirs, rel=0.02)


def estimated(size: float) -> Margins:
    """Margins of a survey of some size, drawn simply at random."""
    facts = {name: Dimension(name, shares, source="Survey", date="2024") for name, shares in SHARES.items()}
    covariance = np.zeros((5, 5))
    for places, shares in ((slice(0, 2), SHARES["sex"]), (slice(2, 5), SHARES["age"])):
        p = np.array([*shares.values()])
        covariance[places, places] = (np.diag(p) - np.outer(p, p)) / size
    return Margins("survey", "Survey", "", facts, covariance=covariance)


@pytest.mark.parametrize("function", [rake, poststratify])
def test_errors_of_estimated_margins_are_added_to_those_of_the_sample(function):
    base = Design(sample(400), weight="base")
    on = ["age"] if function is poststratify else None
    known, small = function(base, SHARES, on), function(base, estimated(300), on)
    assert small.weights == pytest.approx(known.weights)
    shares = [mean(design, "age").to_frame()["se"][0] for design in (known, small)]
    p = np.array([*SHARES["age"].values()])
    ages = np.array([1.0, 2.0, 3.0])
    of_target = np.sqrt((p @ ages**2 - (p @ ages) ** 2) / 300)
    assert shares == pytest.approx([0.0, of_target], abs=1e-9)
    replicated = mean(replicates(small, "JK1"), "age").to_frame()["se"][0]
    assert replicated == pytest.approx(of_target, rel=0.01)


def test_errors_of_estimated_margins_follow_joined_categories_and_classes_of_their_own():
    base = Design(sample(400, 40), weight="base")
    joined = rake(base, estimated(300), "age", join={"age": {"young": ["1", "2"]}}, missing="own_class")
    covariance, kept = joined.raking.linearisation.target_error.covariance, joined.raking.table["target"].iloc[-1]
    p = 0.45
    one = (base.weights.sum() * (1 - kept)) ** 2 * p * (1 - p) / 300
    assert covariance == pytest.approx(np.array([[one, -one, 0], [-one, one, 0], [0, 0, 0]]))


def test_too_few_replicates_for_estimated_margins_are_refused():
    base = Design(sample(400).assign(block=np.arange(400) % 3), weight="base", psu="block")
    with pytest.raises(WeightingError, match="3 replicates cannot carry"):
        replicates(rake(base, estimated(300)), "JK1")


def test_a_target_that_its_error_takes_below_zero_is_refused_with_its_name():
    base = Design(sample(400), weight="base")
    with pytest.raises(WeightingError, match=r"the target of margin \w+, category \d was estimated, and moved by its"):
        replicates(rake(base, estimated(0.002)), "JK1")
