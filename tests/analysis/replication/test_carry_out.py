"""Steps of weighting take whole samples, whatever estimates are about."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.calibration.calibrate import calibrate
from topline.analysis.diagnosing.weight_influence import weight_influence
from topline.analysis.nonprobability.propensity_weights import propensity_weights
from topline.analysis.nonresponse.base_weights import base_weights
from topline.analysis.nonresponse.eligibility import eligibility
from topline.analysis.nonresponse.nonresponse import nonresponse
from topline.analysis.raking.poststratify import poststratify
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.subpopulation import subset
from topline.analysis.trimming.normalise import normalise
from topline.analysis.trimming.trim import trim
from topline.analysis.weight import weight
from topline.data.errors import WeightingError

WAVE = pd.DataFrame(
    {
        "sex": list("fmfmfmfm"),
        "age": [20, 30, 40, 50, 60, 70, 20, 30],
        "w": np.arange(1.0, 9.0),
        "code": [1, 1, 1, 1, 1, 1, 1, 2],
    }
)
MARGINS = {"sex": {"f": 0.5, "m": 0.5}}
STEPS = {
    "rake": lambda design: rake(design, MARGINS),
    "poststratify": lambda design: poststratify(design, MARGINS),
    "calibrate": lambda design: calibrate(design, MARGINS),
    "trim": lambda design: trim(design, cap=7),
    "normalise": normalise,
    "nonresponse": lambda design: nonresponse(design, "code == 1", within="sex"),
    "base_weights": lambda design: base_weights(design, factor="w"),
    "eligibility": lambda design: eligibility(design, "code", eligible=[1], ineligible=[2]),
    "propensity_weights": lambda design: propensity_weights(design, Design(WAVE.assign(w=100.0), weight="w"), "sex"),
}


@pytest.mark.parametrize("kind", STEPS)
def test_a_part_of_a_sample_is_not_weighted_as_if_it_were_the_whole(kind):
    whole = Design(WAVE, weight="w")
    assert STEPS[kind](whole).steps[-1].kind == kind
    with pytest.raises(
        WeightingError,
        match=f"^the sample is cut to where age > 25, and {kind} weights whole samples: weight the whole sample first, "
        "then take the subset; to weight a part by itself make a Design of its rows.$",
    ):
        STEPS[kind](subset(whole, "age > 25"))


def test_a_recipe_on_a_part_is_refused_with_its_step():
    with pytest.raises(WeightingError, match=r"^step 1, rake: the sample is cut to where age > 25"):
        weight(subset(Design(WAVE, weight="w"), "age > 25"), [{"rake": {"margins": MARGINS}}])


def test_a_part_taken_after_weighting_has_the_weights_of_the_whole_also_in_replicates():
    part = subset(rake(Design(WAVE, weight="w"), MARGINS), "age > 25")
    again = replicates(part, "JK1")
    assert again.weights.tolist() == part.weights.tolist()
    assert len(again.replication) == 8
    assert len(weight_influence(part, "age").to_frame()) == 4
