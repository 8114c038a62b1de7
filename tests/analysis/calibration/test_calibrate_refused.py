"""What makes no sense is refused before anything is fitted, with the option, the value and the remedy."""

import math

import numpy as np
import pytest

from topline.analysis.calibration.calibrate import calibrate, entropy_balance
from topline.analysis.sampling.design import Design
from topline.data.errors import EstimationError, UnknownNameError, WeightingError

from .calibration_sample import COUNTS, MEANS, base, sample


def test_a_mean_outside_the_data_is_refused_before_anything_is_tried():
    with pytest.raises(WeightingError, match=r"mean of income should be 31,000, and its values run from .* unit"):
        calibrate(base(), means={"income": 31_000})
    with pytest.raises(WeightingError, match=r"total of income should be -100,000, a mean of .*population=\.\.\."):
        calibrate(base(), totals={"income": -1e5})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "there is nothing to calibrate to"),
        ({"means": {}}, "there is nothing to calibrate to"),
        ({"means": ["income"]}, "means is ['income']; it names columns with their values"),
        ({"means": {"income": "31"}}, "means: income is '31', and a target is a finite number"),
        ({"means": {"income": math.nan}}, "means: income is nan"),
        ({"means": {"income": True}}, "means: income is True"),
        ({"means": MEANS, "totals": MEANS}, "income has a target in means and in totals"),
        ({"means": MEANS, "on": ["sex"]}, "on=['sex'] chooses among margins, and none are given"),
        ({"means": MEANS, "population": 0}, "population is 0; it is how many people there are"),
        ({"margins": COUNTS, "population": 70_000}, "add up to 80,000 and population is 70,000"),
        ({"means": MEANS, "distance": "chi"}, "distance is 'chi'; it can be 'linear', 'raking', 'logit'"),
        ({"means": MEANS, "distance": "logit"}, "distance='logit' needs bounds"),
        ({"means": MEANS, "distance": "logit", "bounds": (0.5, math.inf)}, "needs an upper bound"),
        ({"means": MEANS, "bounds": (1.1, 2)}, "bounds are (1.1, 2); they are the least and largest factor"),
        ({"means": MEANS, "bounds": (0.5,)}, "bounds are (0.5,); they are two numbers"),
        ({"means": MEANS, "bounds": ("low", 2)}, "they are two numbers"),
        ({"means": MEANS, "bounds": (-1, 2)}, "bounds are (-1, 2)"),
        ({"means": MEANS, "bounds": (3, 2), "bounds_on": "weights"}, "they are the least and largest weight"),
        ({"means": MEANS, "bounds_on": "rows"}, "bounds_on is 'rows'; it can be 'factors' or 'weights'"),
        ({"means": MEANS, "tolerance": 0}, "tolerance is 0"),
        ({"means": MEANS, "max_iterations": 0}, "max_iterations is 0; it is how many iterations are tried"),
        ({"means": MEANS, "max_iterations": "x"}, "max_iterations is 'x'; it is how many iterations are tried"),
        ({"means": MEANS, "max_iterations": None}, "max_iterations is None; it is how many iterations are tried"),
        ({"means": MEANS, "max_iterations": 2.5}, "max_iterations is 2.5; it is how many iterations are tried"),
        ({"means": MEANS, "tolerance": "x"}, "tolerance is 'x'; it is the largest distance from a target"),
        ({"means": MEANS, "cost": ["y"]}, "cost is ['y']; it names one column of numbers above 0"),
        ({"means": MEANS, "residuals": "unweighted"}, "residuals is 'unweighted'; it can be 'calibrated', 'base'"),
        ({"means": MEANS, "missing": "drop"}, "missing is 'drop'"),
        ({"means": MEANS, "cost": "y"}, "cost y is missing or not above 0 in"),
        (
            {"means": MEANS, "distance": "logit", "bounds": (3, 30), "bounds_on": "weights"},
            "base weights are not between 3 and 30, from where the logit distance starts",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, told):
    with pytest.raises(WeightingError) as caught:
        calibrate(base(), **arguments)
    assert told in str(caught.value)


def test_unknown_columns_and_something_else_than_a_design_are_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'income'"):
        calibrate(base(), means={"incom": 31})
    with pytest.raises(EstimationError, match="calibrate needs a Design"):
        calibrate(sample(), means=MEANS)
    with pytest.raises(EstimationError, match="entropy_balance needs a Design"):
        entropy_balance("wave.csv", MEANS)


def test_text_is_sent_to_the_margins_and_infinite_numbers_are_refused():
    data = sample().assign(town="n", far=[math.inf, *[1.0] * 299])
    with pytest.raises(WeightingError, match=r"town holds text.*margins=\.\.\."):
        calibrate(Design(data), means={"town": 0.5})
    with pytest.raises(EstimationError, match="infinite"):
        calibrate(Design(data), means={"far": 0.5})


def test_missing_values_stop_with_count_and_remedy():
    data = sample()
    data.loc[:9, "income"] = np.nan
    with pytest.raises(WeightingError, match=r"income is missing in 10 of 300 weighted rows.*missing='own_class'"):
        calibrate(Design(data), means=MEANS)
    with pytest.raises(WeightingError, match="its total cannot be met") as caught:
        calibrate(Design(data), totals={"income": 9_300}, missing="own_class")
    assert "own_class" not in str(caught.value)
    data["income"] = np.nan
    with pytest.raises(WeightingError, match="missing in 300 of 300"):
        calibrate(Design(data), means=MEANS, missing="own_class")
