"""Predictions: intervals row by row, and what lies too far out for one."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.models.glm import glm
from topline.analysis.models.multinomial import multinomial
from topline.analysis.sampling.design import Design


@pytest.fixture(scope="module")
def design() -> Design:
    rng = np.random.default_rng(1)
    x = rng.normal(size=300)
    frame = pd.DataFrame({"x": x, "support": (rng.random(300) < 1 / (1 + np.exp(-x))).astype(int)})
    frame["visits"] = rng.poisson(np.exp(1 + x / 4))
    frame["party"] = rng.choice(["a", "b", "c"], 300)
    return Design(frame)


@pytest.mark.parametrize(
    ("formula", "options", "far"),
    [
        ("support ~ x", {"family": "binomial"}, 1e6),
        ("support ~ x", {"family": "binomial"}, -1e6),
        ("support ~ x", {"family": "binomial", "link": "probit"}, 1e6),
        ("visits ~ x", {"family": "poisson"}, -1e6),
    ],
)
def test_a_row_far_out_has_no_interval_and_leaves_those_of_other_rows(design, formula, options, far):
    fit = glm(design, formula, **options)
    near, both = fit.predict(pd.DataFrame({"x": [0.5]})), fit.predict(pd.DataFrame({"x": [0.5, far]}))
    assert both.loc[0, ["estimate", "se", "low", "high"]].tolist() == pytest.approx(
        near.loc[0, ["estimate", "se", "low", "high"]].tolist()
    )
    assert both.loc[1, ["se", "low", "high"]].isna().all()
    assert both.loc[1, "estimate"] in (0.0, 1.0)
    assert "1 prediction is 0 or 1 (0, of counts) to the last digit" in both.attrs["footnotes"][0]
    assert near.attrs == {}


def test_a_share_beyond_its_range_has_a_plain_interval_of_its_own(design):
    fit = glm(design, "support ~ x", family="binomial", link="identity")
    near, both = fit.predict(pd.DataFrame({"x": [0.5]})), fit.predict(pd.DataFrame({"x": [0.5, 9.0]}))
    assert both.loc[0, "low"] == pytest.approx(near.loc[0, "low"])
    assert both.loc[1, "estimate"] > 1
    assert both.loc[1, "estimate"] - both.loc[1, "low"] == pytest.approx(both.loc[1, "high"] - both.loc[1, "estimate"])


def test_answers_ruled_out_far_away_have_no_interval(design):
    found = multinomial(design, "party ~ x").predict(pd.DataFrame({"x": [0.0, 1e6]}))
    assert found["estimate"].iloc[3:].sum() == pytest.approx(1)
    assert found["low"].iloc[:3].notna().all() and found["low"].iloc[3:].isna().all()
