"""The Canadian Election Study 2011 against R: tests/reference/ces2011.R made tests/reference/ces2011.json.

Relative tolerance 1e-9 on estimate, standard error and design effect; 1e-7 on logit intervals, which R gets from an
iterated glm.
"""

import json
import math
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from topline.analysis.estimation.estimate import mean, proportion, total
from topline.analysis.sampling.design import Design
from topline.data.files import read_study

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "tests" / "reference"
CES11 = ROOT / "examples" / "ces2011" / "ces11.csv"
STORED = json.loads((REFERENCE / "ces2011.json").read_text())["rows"]
FPC = {"strata": None, "strata, fpc": "population"}


def keys_of(row: dict) -> tuple[str, ...]:
    return tuple(key for key in row["keys"] if key != "whole")


def grouped() -> dict[tuple, list[dict]]:
    groups = defaultdict(list)
    for row in STORED:
        groups[row["case"], row["estimand"], row["item"], keys_of(row)].append(row)
    return groups


@pytest.fixture(scope="module")
def designs() -> dict[str, Design]:
    study = read_study(CES11)
    return {case: Design(study, weight="weight", strata="province", fpc=fpc) for case, fpc in FPC.items()}


@pytest.mark.parametrize("group", grouped(), ids=str)
def test_ces_2011_equals_r(group, designs):
    case, estimand, item, by = group
    function = {"proportion": proportion, "mean": mean, "total": total}[estimand]
    frame = function(designs[case], item, by=list(by)).to_frame()
    words = [*(["category"] if estimand == "proportion" else []), *by]
    mine = {tuple(row[word] for word in words): row for row in frame.to_dict("records")}
    rows = grouped()[group]
    assert len(mine) == len(rows)
    for row in rows:
        category = [row["category"]] if estimand == "proportion" else []
        found = mine[(*category, *(row["keys"][key] for key in by))]
        assert found["estimate"] == pytest.approx(row["estimate"], rel=1e-9, abs=1e-14), row
        assert found["se"] == pytest.approx(row["se"], rel=1e-9, abs=1e-8 if item == "population" else 1e-14), row
        assert found["df"] == 2221
        assert found["deff"] == pytest.approx(row["deff"] or math.nan, rel=1e-9, nan_ok=True), row
        if row["low"] is not None:
            rel = 1e-7 if estimand == "proportion" else 1e-9
            assert found["low"] == pytest.approx(row["low"], rel=rel), row
            assert found["high"] == pytest.approx(row["high"], rel=rel), row


def test_the_example_file_is_the_data_frame_of_car_data(require, tmp_path):
    program = require("r", "carData")
    script = ROOT / "examples" / "ces2011" / "get_ces11.R"
    run = subprocess.run([program, script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "ces11.csv").read_bytes() == CES11.read_bytes()


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r")
    command = [program, REFERENCE / "ces2011.R", tmp_path, CES11]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    fresh = json.loads((tmp_path / "ces2011.json").read_text())["rows"]
    for new, old in zip(fresh, STORED, strict=True):
        assert (new["case"], new["item"], new["category"], new["keys"]) == (
            old["case"],
            old["item"],
            old["category"],
            old["keys"],
        )
        assert new["estimate"] == pytest.approx(old["estimate"], rel=1e-9, abs=1e-14)
        assert new["se"] == pytest.approx(old["se"], rel=1e-9, abs=1e-9)
