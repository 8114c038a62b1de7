"""Trimming against R's survey package: tests/reference/trim.R made tests/reference/trim.json.

Weights agree to 1e-8 with ``trimWeights(strict = TRUE)``, upper and lower, with one factor found by ``uniroot``, and,
where margins are kept, with ``calibrate(calfun = "raking")`` within bounds on the weights. Standard errors agree to
1e-7 with a jackknife that does all of it again, in R, on the sample without each PSU.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.trimming.trim import trim

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "trim.json").read_text())
ROUNDS = {case: stored for case, stored in STORED["weights"].items() if isinstance(stored, dict)}
COUNTS = {"stype": {"E": 4421, "H": 755, "M": 1018}, "sch.wide": {"No": 1072, "Yes": 5122}}
TRIMMED = {
    "equal": {"cap": 60, "floor": 20, "redistribute": "equal"},
    "proportional": {"cap": 60},
    "quantile": {"quantile": 0.95},
    "median": {"multiple": 2},
    "margins": {"cap": 90},
}


@cache
def design_of(name: str, **columns: str) -> Design:
    frame = pd.read_csv(REFERENCE / "data" / f"{name}.csv")
    frame["w"] = frame["pw"] * np.exp(np.sin(np.arange(1, len(frame) + 1) * 1.7))
    return Design(frame, weight="w", **columns)


@pytest.mark.parametrize("case", ROUNDS)
def test_equal_parts_are_what_r_comes_to(case):
    stored = ROUNDS[case]
    limits = {name: stored[of] for name, of in (("cap", "upper"), ("floor", "lower")) if stored[of] is not None}
    trimmed = trim(design_of(case.split()[0]), redistribute="equal", **limits)
    assert trimmed.weights == pytest.approx(stored["strict"], rel=1e-8)
    if stored["once"] is not None:
        assert trimmed.weights == pytest.approx(stored["once"], rel=1e-12)


def test_one_round_of_r_is_enough_in_a_case():
    assert [case for case, stored in ROUNDS.items() if stored["once"] is not None] == ["apistrat one round"]


def test_proportional_weights_equal_r():
    trimmed = trim(design_of("apiclus1"), cap=60)
    assert trimmed.weights == pytest.approx(STORED["weights"]["apiclus1 proportional"], rel=1e-8)


def test_weights_that_keep_margins_equal_r():
    raked = rake(design_of("apiclus1"), COUNTS)
    assert trim(raked, cap=90).weights == pytest.approx(STORED["weights"]["apiclus1 margins"], rel=1e-8)
    assert raked.weights.max() > 100


@pytest.mark.parametrize("row", STORED["rows"], ids=lambda row: row["case"])
@pytest.mark.parametrize("first", ["weights", "replicates"])
def test_jackknife_of_trimming_equals_r(row, first):
    design = design_of("apiclus1", psu="dnum")
    design = replicates(design, "JK1") if first == "replicates" else design
    raked = rake(design, COUNTS) if row["case"] == "margins" else design
    trimmed = trim(raked, **TRIMMED[row["case"]])
    trimmed = trimmed if first == "replicates" else replicates(trimmed, "JK1")
    found = mean(trimmed, ["api00", "enroll"]).to_frame()
    assert found["estimate"].tolist() == pytest.approx(row["estimate"], rel=1e-9)
    assert found["se"].tolist() == pytest.approx(row["se"], rel=1e-7)


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r", "jsonlite", "MASS")
    command = [program, REFERENCE / "trim.R", tmp_path, REFERENCE / "data"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    fresh = json.loads((tmp_path / "trim.json").read_text())
    for new, old in zip(fresh["rows"], STORED["rows"], strict=True):
        assert new["case"] == old["case"]
        assert new["estimate"] == pytest.approx(old["estimate"], rel=1e-8)
        assert new["se"] == pytest.approx(old["se"], rel=1e-8)
