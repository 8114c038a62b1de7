"""Several polls put together against R: tests/reference/polls.R made tests/reference/polls.json.

Effects, intervals, prediction intervals and Q agree with metafor to 1e-9. The level that wanders agrees with dense
algebra (restricted likelihood, best linear unbiased prediction) to 1e-9.
"""

import json
import subprocess
from pathlib import Path

import pytest

from topline.analysis.polls.effects import effect, heterogeneity
from topline.analysis.polls.local_level import in_order, known, local_level

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "polls.json").read_text())

METHODS = {"FE": "fixed", "DL": "dersimonian_laird", "PM": "paule_mandel"}
INTERVALS = {"z": "normal", "knha": "knapp_hartung", "adhoc": "cautious"}


@pytest.mark.parametrize(
    "row", STORED["effects"], ids=lambda row: f"{row['set']} {row['method']} {row['test']} {row['level']}"
)
def test_effects_and_prediction_intervals_are_those_of_metafor(row):
    data = STORED["sets"][row["set"]]
    interval = INTERVALS[row["test"]]
    found = effect(data["y"], data["se"], METHODS[row["method"]], interval=interval, level=row["level"])
    names = ["estimate", "se", "low", "high"]
    names += ["prediction_low", "prediction_high"] if row["method"] != "FE" else []
    assert [getattr(found, name) for name in names] == pytest.approx([row[name] for name in names], rel=1e-9)
    assert found.tau**2 == pytest.approx(row["tau2"], rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("row", STORED["heterogeneity"], ids=lambda row: row["set"])
def test_cochrans_q_is_that_of_metafor(row):
    data = STORED["sets"][row["set"]]
    found = heterogeneity(data["y"], data["se"])
    assert (found.q, found.p, found.i_squared) == pytest.approx(
        (row["q"], row["p"], row["i_squared"]), rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("fit", STORED["level"]["fits"], ids=lambda fit: f"pace {fit['pace']}")
def test_level_houses_and_likelihood_are_those_of_dense_algebra(fit):
    data = STORED["level"]
    found = fitted(known(fit["pace"]))
    times = sorted([*data["years"], *data["at"]])
    wanted = [times.index(year) for year in data["at"]]
    assert found.level[wanted] == pytest.approx(fit["level"], rel=1e-9)
    assert found.se[wanted] == pytest.approx(fit["se"], rel=1e-9)
    assert found.houses == ("a", "b", "c")
    assert found.effects == pytest.approx(fit["effects"], rel=1e-9)
    assert found.effects_se == pytest.approx(fit["effects_se"], rel=1e-9)
    model, _ = in_order(data["value"], data["error"], data["years"], data["house"])
    assert model.loglike([fit["pace"]]) == pytest.approx(fit["loglike"], rel=1e-9)


def test_what_is_not_known_of_the_pace_is_part_of_the_error():
    data, mixture = STORED["level"], STORED["level"]["mixture"]
    found = fitted()
    times = sorted([*data["years"], *data["at"]])
    wanted = [times.index(year) for year in data["at"]]
    assert found.paces.values == pytest.approx(mixture["paces"], rel=1e-9)
    assert found.paces.weights == pytest.approx(mixture["weights"], rel=1e-9)
    assert found.level[wanted] == pytest.approx(mixture["level"], rel=1e-9)
    assert found.se[wanted] == pytest.approx(mixture["se"], rel=1e-9)
    assert found.effects == pytest.approx(mixture["effects"], rel=1e-9)
    assert found.effects_se == pytest.approx(mixture["effects_se"], rel=1e-9)


def fitted(paces=None):
    data = STORED["level"]
    return local_level(data["value"], data["error"], data["years"], data["house"], at=data["at"], paces=paces)


def test_stored_values_are_what_r_gives_here(require):
    rscript = require("r", "metafor")
    run = subprocess.run([rscript, REFERENCE / "polls.R"], capture_output=True, text=True, check=True)
    here = json.loads(run.stdout)
    assert here["heterogeneity"] == STORED["heterogeneity"]
    for now, then in zip(here["effects"], STORED["effects"], strict=True):
        assert {name: now[name] for name in ("set", "method", "test")} == {
            n: then[n] for n in ("set", "method", "test")
        }
        assert now["estimate"] == pytest.approx(then["estimate"], rel=1e-12)
    assert here["level"]["fits"][0]["level"] == pytest.approx(STORED["level"]["fits"][0]["level"], rel=1e-12)
