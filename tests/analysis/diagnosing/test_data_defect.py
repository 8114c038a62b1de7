"""The what-if of Meng's data defect correlation."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.diagnosing.data_defect import WHAT_IF, data_defect
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.subpopulation import subset
from topline.data.errors import EstimationError, UnknownNameError, WeightingError

WAVE = pd.DataFrame({"view": ["for"] * 30 + ["against"] * 70, "trust": np.arange(100.0), "w": [1.0, 3.0] * 50})


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**16), st.integers(5, 60))
def test_with_the_true_correlation_the_bias_is_the_true_error(seed, answering):
    """Meng's identity, weighted, on populations that are all known."""
    random = np.random.default_rng(seed)
    y, weights = random.normal(5, 2, 80), random.uniform(0.5, 3, 80)
    there = np.where(np.arange(80) < answering, weights, 0.0)
    rho = float(np.corrcoef(there, y)[0, 1])
    error = there @ y / there.sum() - y.mean()
    sample = Design(pd.DataFrame({"y": y, "w": there}), weight="w")
    found = data_defect(sample, 80, "y", rho=abs(rho)).to_frame()
    assert found["bias"][0] / found["sd"][0] * y.std() == pytest.approx(abs(error), rel=1e-9)


def test_bias_and_effective_sample_size_follow_the_formulas():
    found = data_defect(Design(WAVE, weight="w"), 1_000_000, {"view": "for"}, rho=[0.001, 0.005]).to_frame()
    f, share = 1e-4, found["estimate"][0]
    sd = math.sqrt(share * (1 - share))
    assert found["sd"].tolist() == pytest.approx([sd, sd])
    assert found["bias_unweighted"][1] == pytest.approx(0.005 * math.sqrt((1 - f) / f) * sd)
    assert found["bias"][1] == pytest.approx(0.005 * math.sqrt((1 - f + 0.25) / f) * sd)
    assert found["effective_n_unweighted"][1] == pytest.approx(f / (1 - f) / 0.005**2)
    assert found["times_chance"][0] == pytest.approx(0.001 * math.sqrt(999_999))


def test_it_says_that_it_is_a_what_if_and_no_estimate():
    found = data_defect(Design(WAVE), 1_000_000)
    assert WHAT_IF in found.about and "assumed" in found.title
    assert "a share of one half" in str(found)
    assert "An assumption, not an estimate" in str(found.plot().to_dict()["title"])


def test_a_correlation_that_no_share_could_have_is_marked_impossible():
    found = data_defect(Design(WAVE), 1_000_000_000, ["view", "trust"], rho=[0.0001, 0.01])
    assert found.to_frame()["possible"].tolist() == [True, False, True, False, True, True]
    assert "2 rows are impossible" in found.notes[-1]
    assert "impossible" in str(found)
    assert data_defect(Design(WAVE), 1_000_000).notes == ()


@pytest.mark.parametrize(
    ("population", "options", "error", "message"),
    [
        (100, {}, WeightingError, "population is 100; it is the number of people"),
        (math.inf, {}, WeightingError, "population is inf"),
        ("x", {}, WeightingError, "population is 'x'; it is the number of people"),
        (None, {}, WeightingError, "population is None"),
        (True, {}, WeightingError, "population is True"),
        (1000, {"rho": None}, WeightingError, "rho is None"),
        (1000, {"rho": "x"}, WeightingError, "rho is 'x'"),
        (1000, {"outcomes": [3]}, WeightingError, "3 is no outcome"),
        (1000, {"outcomes": 3}, EstimationError, "3 names no column"),
        (1000, {"rho": 0.0}, WeightingError, "rho is 0"),
        (1000, {"rho": [0.1, 1.5]}, WeightingError, "rho is 1.5"),
        (1000, {"rho": []}, WeightingError, "rho is empty"),
        (1000, {"outcomes": []}, WeightingError, "name at least one outcome"),
        (1000, {"outcomes": "views"}, UnknownNameError, "Did you mean 'view'"),
    ],
)
def test_what_is_no_population_or_correlation_is_refused(population, options, error, message):
    with pytest.raises(error, match=message):
        data_defect(Design(WAVE), population, **options)


def test_who_did_not_answer_an_item_is_not_in_its_sample():
    wave = WAVE.assign(
        trust=WAVE["trust"].where(np.arange(100) % 4 != 0), view=WAVE["view"].where(np.arange(100) % 5 != 0)
    )
    found = data_defect(Design(wave, weight="w"), 1_000_000, ["trust", "view"], rho=0.005)
    frame = found.to_frame()
    assert frame["n"].tolist() == [75, 80, 80]
    own = Design(wave.dropna(subset=["trust"]), weight="w")
    alone = data_defect(own, 1_000_000, "trust", rho=0.005).to_frame()
    assert frame.iloc[0].drop("item").tolist() == pytest.approx(alone.iloc[0].drop("item").tolist())
    assert "sample 75 to 80 by item." in found.about[1]
    assert "80" in str(found).splitlines()[-1]
    assert len(found.plot().to_dict()["layer"]) > 0


def test_a_part_of_the_sample_is_set_beside_its_own_population():
    part = subset(Design(WAVE, weight="w"), "trust < 20")
    found = data_defect(part, 21, ["view", "trust"], rho=0.1)
    alone = data_defect(Design(WAVE[:20], weight="w"), 21, ["view", "trust"], rho=0.1).to_frame()
    frame = found.to_frame()
    for name in ("n", "estimate", "sd", "bias_unweighted", "bias", "effective_n"):
        assert frame[frame["category"] != "against"][name].tolist() == pytest.approx(
            alone[alone["category"] != "against"][name].tolist()
        ), name
    assert "sample 20, where trust < 20." in found.about[1]
    with pytest.raises(WeightingError, match="more than the 20 respondents"):
        data_defect(part, 20)
