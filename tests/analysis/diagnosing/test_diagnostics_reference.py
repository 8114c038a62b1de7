"""Diagnostics of weights against R: tests/reference/diagnostics.R made tests/reference/diagnostics.json.

Kish's numbers, the worst margin, standardised differences and Meng's identity are written out in the script in base R;
estimates and standard errors without weights, with base weights and raked are svymean's of R's survey. All agree to
1e-8, standard errors after raking (``residuals="base"``, as R's calibrate has them) to 1e-7.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.diagnosing.balance import weight_balance
from topline.analysis.diagnosing.data_defect import data_defect
from topline.analysis.diagnosing.deff_parts import deff_by, deff_parts
from topline.analysis.diagnosing.weight_influence import weight_influence
from topline.analysis.diagnosing.weight_log import weight_log
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "diagnostics.json").read_text())
COUNTS = {"sch.wide": {"No": 1072, "Yes": 5122}, "awards": {"No": 2027, "Yes": 4167}}


@cache
def raked() -> Design:
    data = pd.read_csv(REFERENCE / "data" / "apistrat.csv")
    return rake(Design(data, weight="pw", strata="stype"), COUNTS, residuals="base")


def test_the_log_has_the_numbers_of_r():
    log = weight_log(raked()).to_frame()
    for row, stored in zip(log.to_dict("records"), STORED["log"], strict=True):
        for name in ("n", "sum", "effective_n", "deff", "minimum", "maximum", "ratio"):
            assert row[name] == pytest.approx(stored[name], rel=1e-8), name
        assert row["worst"] == pytest.approx(stored["worst"], abs=1e-9)


def test_the_factors_of_the_design_effect_are_those_of_r():
    before, after = (row["deff"] for row in STORED["log"])
    assert deff_parts(raked()).to_frame()["factor"].tolist() == pytest.approx([before, after / before], rel=1e-8)


def test_groups_have_the_numbers_of_r():
    groups = deff_by(raked(), "stype").to_frame().set_index("category")
    for name, stored in STORED["groups"].items():
        for column in ("n", "effective_n", "deff", "minimum", "maximum", "ratio"):
            assert groups.loc[name, column] == pytest.approx(stored[column], rel=1e-8)
        assert groups.loc[name, "share"] == pytest.approx(stored["sum"] / 6194, rel=1e-8)


@pytest.mark.parametrize("item", ["api00", "enroll"])
def test_estimates_and_errors_through_the_steps_are_those_of_r(item):
    rows = weight_influence(raked(), item).to_frame()
    for place, stage in enumerate(("unweighted", "base", "raked")):
        stored = STORED["influence"][stage][item]
        assert rows["estimate"][place] == pytest.approx(stored["estimate"], rel=1e-8)
        assert rows["se"][place] == pytest.approx(stored["se"], rel=1e-7)
    assert rows["estimate"][3] == pytest.approx(STORED["without"][item], rel=1e-8)
    moved = (rows["estimate"][2] - rows["estimate"][1]) / rows["se"][2]
    assert rows["change_in_se"][2] == pytest.approx(moved, rel=1e-12)


def test_standardised_differences_are_those_of_r():
    other = Design(pd.read_csv(REFERENCE / "data" / "apiclus1.csv"), weight="pw", psu="dnum")
    rows = weight_balance(raked(), other, on=["api00", "enroll", "stype"]).to_frame()
    names = [" ".join(filter(None, pair)) for pair in zip(rows["variable"], rows["category"], strict=True)]
    assert names == list(STORED["balance"])
    for name, row in zip(names, rows.to_dict("records"), strict=True):
        for column, stored in STORED["balance"][name].items():
            assert row[column] == pytest.approx(stored, rel=1e-8), (name, column)


def test_mengs_identity_gives_the_error_of_a_known_population():
    """With the correlation as it is in a population that is all known, the bias is the error to the last digit."""
    stored = STORED["defect"]
    data = pd.read_csv(REFERENCE / "data" / "apistrat.csv")
    sample = Design(data.assign(answered=data["pw"] * (np.arange(200) < 60)), weight="answered")
    for name in ("_unweighted", ""):
        found = data_defect(sample, 200, rho=abs(stored[f"rho{name}"])).to_frame()
        over = found[f"bias{name}"][0] / found["sd"][0] * stored["sd"]
        assert over == pytest.approx(abs(stored[f"error{name}"]), rel=1e-8)


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r", "jsonlite", "MASS")
    command = [program, REFERENCE / "diagnostics.R", tmp_path, REFERENCE / "data"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    fresh = json.loads((tmp_path / "diagnostics.json").read_text())
    for part in ("influence", "without", "balance", "defect", "groups"):
        assert flat(fresh[part]) == pytest.approx(flat(STORED[part]), rel=1e-8)


def flat(value: object) -> list[float]:
    """Give all numbers of a document in order."""
    if isinstance(value, dict):
        return [number for part in value.values() for number in flat(part)]
    return [float(value)]
