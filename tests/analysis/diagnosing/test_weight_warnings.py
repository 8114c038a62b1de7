"""Checks of weights against limits: what goes beyond is said, with the source of the limit."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.calibration.calibrate import calibrate
from topline.analysis.diagnosing.undone import multiplied
from topline.analysis.diagnosing.weight_warnings import weight_warnings
from topline.analysis.nonresponse.nonresponse import nonresponse
from topline.analysis.raking.poststratify import poststratify
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.analysis.trimming.trim import trim
from topline.data.errors import WeightingError
from topline.data.margins import Dimension, Margins, margins

COLUMNS = ["check", "found", "limit", "exceeded", "words", "source"]


def exceeded(design: Design, *args: object) -> set[str]:
    frame = weight_warnings(design, *args).to_frame()
    assert frame.columns.tolist() == COLUMNS
    assert (frame["words"] != "").tolist() == frame["exceeded"].tolist()
    assert (frame["source"] != "").all()
    return set(frame[frame["exceeded"]]["check"])


def sample(rows: int = 400) -> pd.DataFrame:
    random = np.random.default_rng(8)
    return pd.DataFrame({"sex": random.choice(["f", "m"], rows), "age": random.choice(["old", "young"], rows)})


def test_equal_weights_of_many_are_beyond_no_limit():
    found = weight_warnings(Design(sample()))
    assert exceeded(Design(sample())) == set()
    assert found.table[1] == [] and "Beyond their limit: 0 of" in str(found)
    with pytest.raises(WeightingError, match="no chart"):
        found.plot()


def test_unequal_weights_of_few_are():
    assert exceeded(Design(pd.DataFrame({"w": [1.0] * 80 + [40.0]}), weight="w")) == {
        *("design effect", "ratio", "effective n", "large weights"),
    }


def test_weights_below_zero_are_named():
    turned = multiplied(Design(sample()), "odd", "turned", np.where(np.arange(400) < 2, -1.0, 1.0))
    assert exceeded(turned) == {"weights below zero"}
    assert "2 weights are below zero" in str(weight_warnings(turned))


def test_thin_and_rare_categories_and_lost_targets_are_named():
    data = sample().assign(area=["island"] * 12 + ["main"] * 388)
    raked = rake(Design(data), {"area": {"island": 0.06, "main": 0.94}, "sex": {"f": 0.5, "m": 0.5}})
    assert exceeded(raked) == {"thin categories", "rare categories"}
    assert "area island: fewer than 30 respondents" in str(weight_warnings(raked)).replace("\n", " ")
    trimmed = trim(raked, cap=1.2, recalibrate=False)
    assert "distance from targets" in exceeded(trimmed)
    assert "points from its target with the final weights" in " ".join(weight_warnings(trimmed).to_frame()["words"])


def test_heavy_trimming_and_large_factors_of_classes_are_named():
    data = sample().assign(w=[20.0] * 20 + [1.0] * 380, answered=[True] * 120 + [False] * 280)
    trimmed = trim(Design(data, weight="w"), cap=5.0)
    assert "trimmed weight" in exceeded(trimmed)
    assert "Step 1, trim, took 38.5% of the weight off" in " ".join(weight_warnings(trimmed).to_frame()["words"])
    adjusted = nonresponse(Design(data), "answered", within="age")
    assert exceeded(adjusted) == {"adjustment factor"}


def test_margins_from_memory_are_named():
    random = np.random.default_rng(3)
    data = pd.DataFrame({"sex": random.choice(["1", "2"], 400), "age4": random.choice(list("1234"), 400)})
    raked = rake(Design(data), margins("cn-adults-2020"), on=["sex", "age4"])
    assert exceeded(raked) == {"grade of the margins"}
    assert "Targets from memory: age4. Put the official table" in str(weight_warnings(raked))


@pytest.mark.parametrize("fitted", [rake, poststratify, calibrate])
@pytest.mark.parametrize(
    ("grade", "told"),
    [
        ("recalled", "from memory: sex"),
        ("as_quoted", "as quoted, source not seen: sex"),
        ("", "whose grade is not stated: sex"),
        ("secondary", None),
        ("verified", None),
    ],
)
def test_every_doubtful_grade_is_named_and_read_from_no_words(fitted, grade, told):
    fact = Dimension("sex", {"f": 0.5, "m": 0.5}, source="A table from memory", date="2020", grade=grade)
    given = Margins("own", "Own", "", {"sex": fact})
    weighted = fitted(Design(sample()), given, on=["sex"])
    assert weighted.steps[-1].options["grades"] == {"sex": grade}
    assert exceeded(weighted) == ({"grade of the margins"} if told else set())
    if told:
        assert told in " ".join(weight_warnings(weighted).to_frame()["words"])


def test_every_group_of_doubtful_margins_is_named():
    facts = {
        "sex": Dimension("sex", {"f": 0.5, "m": 0.5}, source="s", date="2020", grade="as_quoted"),
        "age": Dimension("age", {"old": 0.5, "young": 0.5}, source="s", date="2020"),
    }
    found = weight_warnings(rake(Design(sample()), Margins("own", "Own", "", facts))).to_frame().set_index("check")
    assert found.loc["grade of the margins", "found"] == 2
    assert found.loc["grade of the margins", "words"] == (
        "Targets as quoted, source not seen: sex; whose grade is not stated: age. Put the official table beside them "
        "before release."
    )


def test_differences_from_a_better_sample_are_named():
    reference = Design(pd.DataFrame({"age": ["old"] * 70 + ["young"] * 30}))
    assert exceeded(Design(sample()), reference, ["age"]) == {"standardised difference"}
    text = " ".join(weight_warnings(Design(sample()), reference, ["age"]).to_frame()["words"])
    assert "from the reference sample" in text
