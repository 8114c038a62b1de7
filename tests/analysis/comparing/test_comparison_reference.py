"""The comparison against R: tests/reference/comparison.R made tests/reference/comparison.json.

Published errors, differences, TOST, minimum detectable differences and adjusted p-values are base R (``qt``, ``pt``,
``qlogis``, ``p.adjust``), turning points ``uniroot``, bounds ``svymean`` with ``vcov`` of package survey; all to 1e-9.
The power of the minimum detectable difference is that of the noncentral t, to half a percent.
"""

import json
import math
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from topline.analysis.comparing.published_error import published_error
from topline.analysis.comparing.sensitivity import Grounds, turnings
from topline.analysis.comparing.unanswered import Shares, imbens_manski
from topline.analysis.comparing.verdict import Side, difference
from topline.analysis.sampling.design import Design
from topline.analysis.testing.adjustment import benjamini_hochberg, holm
from topline.data.codebook import Codebook, MissingKind, Study, Variable

REFERENCE = Path(__file__).parents[2] / "reference"
STORED = json.loads((REFERENCE / "comparison.json").read_text())
ENDS = ("se", "low", "high")


@pytest.mark.parametrize("kind", ["from_n", "from_moe", "from_interval"])
def test_published_error_from_each_source_is_that_of_r(kind):
    for case in STORED[kind]:
        printed = {name: value for name, value in case.items() if name not in (*ENDS, "p", "unit")}
        found = published_error(case["p"], rounding=case["unit"], **printed)
        assert [getattr(found, name) for name in ENDS] == pytest.approx([case[name] for name in ENDS], rel=1e-9)
        assert not found.deff_assumed


@pytest.mark.parametrize("case", STORED["at_ends"], ids=lambda case: f"{case['value']}-{case['n']}-{case['deff']}")
def test_a_published_0_or_100_percent_has_r_binomial_end(case):
    found = published_error(case["value"], n=case["n"], deff=case["deff"], level=case["level"])
    assert (found.low, found.high) == pytest.approx((case["low"], case["high"]), rel=1e-9)


@pytest.mark.parametrize("case", STORED["differences"], ids=lambda case: f"{case['extra']}-{case['level']}")
def test_difference_tests_and_detectable_difference_are_those_of_r(case):
    found = difference(
        Side(**case["new"]),
        Side(**case["published"]),
        margin=case["margin"],
        level=case["level"],
        extra_variance=case["extra"],
    )
    names = ("difference", "df", "low", "high", "p", "p_equivalence", "minimum_detectable")
    assert [getattr(found, name) for name in names] == pytest.approx([case[name] for name in names], rel=1e-9)


def test_the_minimum_detectable_difference_has_its_power_by_the_noncentral_t():
    # with a few degrees of freedom the sum of two t quantiles is only near it
    many = [case["power"] for case in STORED["differences"] if case["new"]["df"] > 10]
    assert many == pytest.approx([0.8] * 5, abs=0.005)


def test_the_minimum_detectable_difference_is_that_of_r_power_t_test():
    known = STORED["power_t_test"]
    side = Side(0.5, known["sd"] / math.sqrt(known["n"]), known["n"] - 1)
    assert difference(side, side, margin=0.05).minimum_detectable == pytest.approx(known["delta"], rel=2e-3)


@pytest.mark.parametrize("case", STORED["tost"], ids=lambda case: f"{case['se']}-{case['truth']}")
def test_equivalence_is_claimed_as_often_as_its_closed_form_says(case):
    """The verdict turns where the closed form says, so that its probability is R's ``pnorm`` between the two points."""
    se, level = case["se"], case["level"]

    def claimed(found: float) -> bool:
        said = difference(Side(0.5 + found, se), Side(0.5, 0.0), margin=case["margin"], level=level).verdict
        return said in ("equivalent", "different but within margin")

    low, high = 0.0, case["margin"]
    if not claimed(0.0):
        assert case["claimed"] == 0
        return
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if claimed(middle) else (low, middle)
    chance = ndtr((low - case["truth"]) / se) - ndtr((-low - case["truth"]) / se)
    assert chance == pytest.approx(case["claimed"], rel=1e-9)


def test_turning_points_are_roots_that_r_finds():
    first = Grounds(
        Side(0.684, 0.017, 300), 0.77, 1.5 * 0.77 * 0.23 / 1173, 0.05, n=1173, deff=1.5, rounding=0.01, nonsampling=0.03
    )
    other = Grounds(Side(0.60, 0.0155, 1099), 0.645, 1.5 * 0.645 * 0.355 / 1000, 0.05, n=1000, deff=1.5, rounding=0.01)
    alike = Grounds(Side(0.51, 0.010, 400), 0.505, 1.5 * 0.505 * 0.495 / 1500, 0.05, n=1500, deff=1.5, rounding=0.01)
    known = STORED["turning"]
    assert value_of(first, "nonsampling", "total error") == pytest.approx(known["nonsampling"], rel=1e-9)
    assert value_of(other, "deff") == pytest.approx(known["deff"], rel=1e-9)
    assert value_of(other, "n") == pytest.approx(known["n"], rel=1e-9)
    assert value_of(alike, "deff") == pytest.approx(known["equivalent_deff"], rel=1e-9)
    assert known["rounding"] > 0.05
    assert value_of(alike, "rounding") is None
    wide = Grounds(Side(0.51, 0.010, 400), 0.505, alike.variance, 0.05, n=1500, deff=1.5, rounding=0.01, unit=2.0)
    assert value_of(wide, "rounding") == pytest.approx(known["rounding"], rel=1e-9)


def value_of(grounds: Grounds, ground: str, tier: str = "sampling error") -> float | None:
    return next((one.value for one in turnings(grounds) if (one.ground, one.tier) == (ground, tier)), None)


@pytest.mark.parametrize(("adjusted", "name"), [(holm, "holm"), (benjamini_hochberg, "bh")])
def test_adjusted_p_values_are_those_of_r_p_adjust(adjusted, name):
    p = STORED["adjusted"]["p"]
    assert adjusted(p, [0] * len(p)) == pytest.approx(STORED["adjusted"][name], rel=1e-12)


@pytest.mark.parametrize("case", STORED["imbens_manski"], ids=lambda case: str(case["low"]))
def test_imbens_and_manskis_interval_is_the_root_that_r_finds(case):
    found = imbens_manski(
        *(case[name] for name in ("low", "high", "se_low", "se_high")), df=case["df"] or math.inf, level=case["level"]
    )
    assert found == pytest.approx((case["interval_low"], case["interval_high"]), rel=1e-9)


def unanswered_design() -> tuple[Design, Variable]:
    sample = STORED["unanswered"]["sample"]
    variable = Variable(
        "travel",
        labels={97.0: "Don't know", 98.0: "Refused"},
        missing={97.0: MissingKind.DONT_KNOW, 98.0: MissingKind.REFUSED},
    )
    others = tuple(Variable(name) for name in ("stratum", "town", "weight"))
    frame = pd.DataFrame({name: np.array(values, dtype=float) for name, values in sample.items()})
    study = Study(frame, Codebook((*others, variable)))
    return Design(study, weight="weight", strata="stratum", psu="town"), variable


@pytest.mark.parametrize(("kind", "codes", "span"), [("share", (4.0, 5.0), None), ("mean", (), (1.0, 5.0))])
def test_bounds_and_their_interval_rest_on_the_joint_covariance_of_r_survey(kind, codes, span):
    design, variable = unanswered_design()
    shares, known = Shares(design, "travel", (), 0.95), STORED["unanswered"][kind]
    found = shares.bounds((), codes, variable, span)
    names = ("low", "high", "interval_low", "interval_high")
    assert [getattr(found, name) for name in names] == pytest.approx([known[name] for name in names], rel=1e-9)
    missing = shares.missing((), variable)
    assert missing["dont_know"] == pytest.approx(STORED["unanswered"]["dont_know"], rel=1e-9)
    assert missing["refused"] == pytest.approx(STORED["unanswered"]["refused"], rel=1e-9)
    answers = STORED["unanswered"]["sample"]["travel"]
    assert (missing["dont_know_n"], missing["refused_n"]) == (answers.count(97), answers.count(98))


def test_stored_values_are_what_r_gives_here(require):
    command = [require("r", "jsonlite"), REFERENCE / "comparison.R"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    fresh = {name: value for name, value in json.loads(run.stdout).items() if name not in ("R", "survey")}
    assert list(numbers_in(fresh)) == pytest.approx(list(numbers_in({name: STORED[name] for name in fresh})), rel=1e-9)


def numbers_in(value):
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(one)
    elif isinstance(value, int | float):
        yield value
