"""Steps that rest on one reference err together, and steps on different references do not.

The error that the reference brings is held against its definition: every PSU of the reference is weighted a little more
and a little less, everything is done again, and the spread of the changes is the error.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean
from topline.analysis.nonprobability.doubly_robust import doubly_robust
from topline.analysis.nonprobability.propensity_weights import propensity_weights
from topline.analysis.nonprobability.reference_margins import margins_from
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design

TOWNS, EACH = 24, 15


def households(seed: int) -> pd.DataFrame:
    """Give a reference whose two questions share what is particular to a town."""
    random = np.random.default_rng(seed)
    town = np.repeat(random.normal(0, 1, TOWNS), EACH)
    return pd.DataFrame(
        {
            "town": np.repeat(range(TOWNS), EACH),
            "one": np.where(random.normal(0, 0.5, TOWNS * EACH) + town > 0, "a", "b"),
            "two": np.where(random.normal(0, 0.5, TOWNS * EACH) + town > 0, "c", "d"),
            "w": 100.0,
        }
    )


def volunteers(rows: int = 1500) -> pd.DataFrame:
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"one": random.choice(["a", "b"], rows), "two": random.choice(["c", "d"], rows)})
    return frame.assign(y=2.0 * (frame["one"] == "a") + 2.0 * (frame["two"] == "c") + random.normal(0, 0.5, rows))


def of(frame: pd.DataFrame) -> Design:
    return Design(frame, weight="w", psu="town")


def raked_twice(sample: Design, reference: Design) -> Design:
    return rake(rake(sample, margins_from(reference, "one")), margins_from(reference, "two"))


def weighted_and_raked(sample: Design, reference: Design) -> Design:
    return rake(propensity_weights(sample, reference, "one"), margins_from(reference, "two"))


def brought_along(estimate: Callable[[Design], float], frame: pd.DataFrame) -> float:
    """Work out the error that the reference brings, from what a change of each of its towns does."""
    changes = []
    for town in range(TOWNS):
        moved = [
            estimate(of(frame.assign(w=frame["w"] * np.where(frame["town"] == town, 1 + sign * 1e-5, 1.0))))
            for sign in (1, -1)
        ]
        changes.append((moved[0] - moved[1]) / 2e-5)
    return float(np.sqrt(TOWNS * np.var(changes, ddof=1)))


def se(design: Design) -> float:
    return float(mean(design, "y").to_frame()["se"][0])


@pytest.mark.parametrize("steps", [raked_twice, weighted_and_raked])
def test_the_error_of_a_reference_used_twice_is_that_of_its_towns(steps):
    frame, sample = households(5), Design(volunteers())
    known = se(rake(sample, {"one": {"a": 0.5, "b": 0.5}, "two": {"c": 0.5, "d": 0.5}}))
    brought = brought_along(
        lambda other: float(np.average(volunteers()["y"], weights=steps(sample, other).weights)), frame
    )
    found = se(steps(sample, of(frame)))
    assert found == pytest.approx(np.hypot(brought, known), rel=0.003)
    apart = rake(rake(sample, margins_from(of(frame), "one")), margins_from(of(households(99)), "two"))
    assert se(apart) < 0.85 * found


@pytest.mark.parametrize("steps", [raked_twice, weighted_and_raked])
@pytest.mark.parametrize("method", ["JK1", "rao_wu_yue", "successive difference"])
def test_replicates_carry_the_errors_of_both_steps_together(steps, method):
    design = steps(Design(volunteers()), of(households(5)))
    drawn = {"replicates": 150, "seed": 3} if method == "rao_wu_yue" else {}
    assert se(replicates(design, method, **drawn)) == pytest.approx(se(design), rel=0.03)


def test_renaming_a_category_changes_no_error():
    frame, people = households(5), volunteers()
    renamed = {"two": {"c": "z", "d": "d"}}
    one = replicates(raked_twice(Design(people), of(frame)), "JK1")
    other = replicates(raked_twice(Design(people.replace(renamed)), of(frame.replace(renamed))), "JK1")
    assert se(other) == pytest.approx(se(one), rel=0.005)


def test_different_references_err_independently_in_replicates_too():
    first, second = of(households(5)), of(households(99))
    design = rake(rake(Design(volunteers()), margins_from(first, "one")), margins_from(second, "two"))
    for method in ("JK1", "successive difference"):
        assert se(replicates(design, method)) == pytest.approx(se(design), rel=0.03)


@pytest.mark.parametrize("steps", [raked_twice, weighted_and_raked])
def test_predictions_for_the_reference_err_together_with_the_weights(steps):
    frame, sample = households(5), Design(volunteers())

    def robust(design: Design, reference: Design) -> pd.DataFrame:
        return doubly_robust(design, ["y"], reference, "one").to_frame()

    design = steps(sample, of(frame))
    brought = brought_along(lambda other: float(robust(steps(sample, other), other)["estimate"][0]), frame)
    found = float(robust(design, of(frame))["se"][0])
    assert found == pytest.approx(brought, rel=0.01)
    drawn = replicates(design, "rao_wu_yue", replicates=150, seed=3)
    assert float(robust(drawn, of(frame))["se"][0]) == pytest.approx(found, rel=0.03)
