"""A new sample restricted to the people of a published figure, and weighted to their composition.

``frame_bridge.R`` made ``frame_bridge.json``: ``subset`` and then ``postStratify`` or ``calibrate`` of R's survey, for
a stratified, a clustered and a two-stage sample. Estimates and errors agree to 1e-9.
"""

import json
import math
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.comparing.bridge import bridged, restricted, restricted_rows
from topline.analysis.comparing.compare import compare
from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.gating.frame import Frame
from topline.analysis.raking.poststratify import poststratify
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.subpopulation import subset
from topline.data.errors import ComparisonError, UnknownNameError, WeightingError
from topline.data.margins import Dimension, Margins

from .two_surveys import ALIKE, design_of, figure_of, one_row

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "frame_bridge.json").read_text())["rows"]
DESIGNS = {
    "apiclus1": {"weight": "pw", "psu": "dnum", "fpc": "fpc"},
    "apistrat": {"weight": "pw", "strata": "stype", "fpc": "fpc"},
    "apiclus2": {"psu": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]},
}
PART, AWARDS = "enroll <= 700", {"awards": {"No": 0.3, "Yes": 0.7}}
STYPE = {"stype": {"E": 4421, "H": 755, "M": 1018}}
URBAN = Frame("urban adults", where="urban == 1")
TOWNS = figure_of(population="urban adults of towns")


@cache
def base_of(name: str) -> Design:
    frame = pd.read_csv(REFERENCE / "data" / f"{name}.csv")
    return Design(frame.assign(primary=(frame["stype"] == "E").astype(float)), **DESIGNS[name])


@cache
def bridged_sample(name: str, kind: str) -> Design:
    base = base_of(name)
    match kind:
        case "restricted":
            return bridged(base, Frame("small schools", PART)).design
        case "raked":  # R's calibrate takes base weights for residuals
            frame = Frame("small schools", PART)
            cut = restricted(base, frame, restricted_rows(base, frame)[0])
            margins = {**AWARDS, "comp.imp": {"No": 0.25, "Yes": 0.75}}
            return rake(cut, margins, residuals="base", tolerance=1e-13)
        case "weighted before":
            base = poststratify(base, STYPE)
        case "replicated":
            base = replicates(base, "JKn" if name == "apistrat" else "JK1")
        case "few replicated" | "few replicated and post-stratified":
            base = replicates(base, "JKn" if name == "apistrat" else "JK1")
            return bridged(base, Frame("few", "dnum <= 200", AWARDS if "post" in kind else None)).design
    return bridged(base, Frame("small schools", PART, AWARDS)).design


@pytest.mark.parametrize("row", STORED, ids=lambda row: f"{row['case']} {row['item']}")
def test_a_frame_equals_r(row):
    name, _, kind = row["case"].partition(" ")
    found = mean(bridged_sample(name, kind), row["item"]).to_frame().iloc[0]
    assert found["estimate"] == pytest.approx(row["estimate"], rel=1e-9)
    assert found["se"] == pytest.approx(row["se"], rel=1e-9)
    # R counts the rank again after post-stratification, which moves it by one; here the frame keeps its own
    assert abs(found["df"] - row["df"]) <= ("replicated" in kind and kind != "few replicated")


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r", "jsonlite")
    command = [program, REFERENCE / "frame_bridge.R", tmp_path, REFERENCE / "data"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    fresh = json.loads((tmp_path / "frame_bridge.json").read_text())
    for new, old in zip(fresh["rows"], STORED, strict=True):
        assert (new["case"], new["item"]) == (old["case"], old["item"])
        assert new["estimate"] == pytest.approx(old["estimate"], rel=1e-9)
        assert new["se"] == pytest.approx(old["se"], rel=1e-7)


def test_intervals_of_a_frame_hold_its_truth_and_the_whole_sample_does_not():
    source = np.random.default_rng(5)
    frame = Frame("urban", "urban == 1", {"sex": {"0": 0.5, "1": 0.5}})
    truth, held, missed, values, errors = 0.5 * 0.7 + 0.5 * 0.3, 0, 0, [], []
    for _ in range(80):
        urban, sex = source.random(600) < 0.6, source.random(600) < 0.75  # women answer three times as often
        chance = np.where(urban, np.where(sex, 0.7, 0.3), 0.2)
        survey = pd.DataFrame({"urban": urban * 1, "sex": sex * 1, "view": (source.random(600) < chance) * 1})
        found = mean(bridged(Design(survey), frame).design, "view").to_frame().iloc[0]
        plain = mean(Design(survey), "view").to_frame().iloc[0]
        held += found["low"] <= truth <= found["high"]
        missed += not plain["low"] <= truth <= plain["high"]
        values.append(found["estimate"])
        errors.append(found["se"])
    assert 0.90 <= held / 80 <= 1
    assert missed / 80 > 0.15
    assert abs(np.mean(values) - truth) < 3 * np.std(values) / math.sqrt(80)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)


def test_people_apart_are_repaired_and_the_rest_is_the_users_word():
    row = one_row(TOWNS, bridge_to=URBAN)
    (said,) = (reason for reason in row.reasons if reason.startswith("repaired: restricted"))
    assert said == (
        "repaired: restricted to urban adults (550 of 1,100 respondents); not post-stratified, since no margins of "
        "that frame are given; that these are the published people (urban adults of towns) is taken on your word."
    )
    assert row.repairs[row.reasons.index(said)] == "Frame(..., margins=..., on=[...])"
    assert not any(reason.startswith("Population differs") for reason in row.reasons)
    assert row.n == 500
    expected = proportion(subset(design_of(), "urban == 1"), "travel", category="support").to_frame().iloc[0]
    assert (row.estimate, row.se) == pytest.approx((expected["estimate"], expected["se"]))


def test_a_frame_named_as_the_published_population_needs_no_word():
    frame = replace(URBAN, name="Urban adults of towns", margins={"urban": {"1": 1.0}})
    row = one_row(TOWNS, bridge_to=frame)
    assert any("and post-stratified to given margins on urban." in reason for reason in row.reasons)
    assert not any("your word" in reason for reason in row.reasons)
    assert "" == row.repairs[[reason.startswith("repaired") for reason in row.reasons].index(True)]


def sampled(counts=(("f", 1, 300), ("m", 1, 150), ("f", 0, 100), ("m", 0, 250))):
    rows = [
        {"sex": sex, "urban": urban, "travel": 4.0 if (sex == "f") == bool(k % 4) else 2.0}
        for sex, urban, many in counts
        for k in range(many)
    ]
    return Design(pd.DataFrame(rows))


def test_the_frames_margins_are_met_inside_it_and_nowhere_else():
    frame = Frame("urban", "urban == 1", {"sex": {"f": 0.5, "m": 0.5}})
    design = bridged(sampled(), frame).design
    inside = design.study.frame["urban"].to_numpy() == 1
    women = design.study.frame["sex"].to_numpy() == "f"
    assert design.weights[~inside].sum() == 0
    assert design.weights[inside & women].sum() == pytest.approx(design.weights[inside].sum() / 2)
    assert design.weights.sum() == pytest.approx(450)
    assert [step.kind for step in design.steps] == ["frame", "poststratify"]
    assert design.taken_out.sum() == 350


def test_margins_that_count_the_frame_and_several_dimensions_are_raked():
    people = {"sex": Dimension("sex", {"f": 0.5, "m": 0.5}), "band": Dimension("band", {"a": 0.4, "b": 0.6})}
    survey = sampled().study.frame.assign(band=["a", "b"] * 400)
    frame = Frame("urban", "urban == 1", Margins("towns", "Towns", "people of towns", people), on=["sex", "band"])
    made = bridged(Design(survey), frame)
    assert "and raked to towns on sex, band" in made.words
    assert made.design.steps[-1].kind == "rake"
    again = bridged(Design(survey), replace(frame, on="sex"))
    assert "post-stratified to towns on sex" in again.words
    by_column = bridged(Design(survey), replace(frame, on={"sex": "sex"}))
    assert by_column.design.weights == pytest.approx(again.design.weights)


def test_who_does_not_say_is_left_out_and_counted():
    survey = sampled().study.frame.astype({"urban": float})
    survey.loc[:4, "urban"] = np.nan
    made = bridged(Design(survey), URBAN)
    assert made.words.startswith("restricted to urban adults (445 of 800 respondents; 5 whose answers do not say")
    assert bridged(Design(survey), Frame("everybody")).design.steps == ()


def test_people_of_the_frame_without_a_value_stop_or_keep_their_share():
    survey = sampled().study.frame
    survey.loc[0, "sex"] = None
    frame = Frame("urban", "urban == 1", {"sex": {"f": 0.5, "m": 0.5}})
    with pytest.raises(WeightingError, match=r"bridge_to 'urban': sex is missing in 1 of 450"):
        bridged(Design(survey), frame)
    made = bridged(Design(survey), replace(frame, missing="own_class")).design
    assert (made.weights[0], made.weights.sum()) == pytest.approx((1.0, 450.0))


def test_a_part_of_the_sample_stays_a_part_of_the_frame():
    design = design_of()
    whole = bridged(subset(design, "urban == 1"), URBAN).design
    assert whole.subpopulation is None
    part = bridged(subset(design, "travel == 5"), URBAN).design
    assert part.subpopulation.text == "travel == 5"
    estimates = proportion(subset(design, "travel != 3"), "travel", category="support")
    (row,) = compare(estimates, TOWNS, about=ALIKE, bridge_to=URBAN).rows
    assert any("only those where travel != 3" in reason for reason in row.reasons)
    assert any("repaired: restricted" in reason for reason in row.reasons)


def test_groups_are_groups_of_the_frame():
    estimates = proportion(sampled(), "travel", by="sex", category=4)
    rows = compare(estimates, replace(TOWNS, category="4"), about=ALIKE, bridge_to=URBAN).rows
    assert [(row.groups["sex"], row.n) for row in rows] == [("f", 450), ("m", 450)] or [
        row.groups["sex"] for row in rows
    ] == ["f", "m"]
    inside = sampled().study.frame.query("urban == 1")
    for row in rows:
        own = inside[inside["sex"] == row.groups["sex"]]
        assert row.estimate == pytest.approx((own["travel"] == 4).mean())
        assert any("describes only sex" in reason for reason in row.reasons)


def test_a_mean_is_bridged_too():
    figure = replace(figure_of(3.6, statistic="mean", category="mean", category_set=()), study=TOWNS.study)
    (row,) = compare(mean(design_of(), "travel"), figure, about=ALIKE, bridge_to=URBAN).rows
    expected = mean(subset(design_of(), "urban == 1"), "travel").to_frame().iloc[0]
    assert row.estimate == pytest.approx(expected["estimate"])


def test_a_published_subgroup_is_a_frame():
    row = one_row(figure_of(subgroup="urban people"), bridge_to=URBAN)
    assert row.difference is not None
    assert any("(urban people, adults) is taken on your word" in reason for reason in row.reasons)


def test_the_base_and_the_people_are_repaired_together():
    row = one_row(replace(TOWNS, base="unknown"), base="all", bridge_to=URBAN)
    survey = subset(design_of(), "urban == 1")
    assert row.estimate == pytest.approx(
        proportion(survey, "travel", category="support", base="all").to_frame()["estimate"][0]
    )
    assert sum(reason.startswith("repaired") for reason in row.reasons) == 2


@pytest.mark.parametrize("figure", [figure_of(), figure_of(country="DE"), figure_of(sample_type="expert_index")])
def test_nothing_is_bridged_where_populations_are_one_or_no_bridge_leads(figure):
    comparison = compare(proportion(design_of(), "travel", category="support"), figure, about=ALIKE, bridge_to=URBAN)
    assert comparison.rows[0].n == 1000
    assert not any("repaired" in reason for reason in comparison.rows[0].reasons)
    assert comparison.method["bridged"] == "to urban adults: no pair needed it"


def test_a_frame_may_be_that_of_some_studies_only():
    row = one_row(TOWNS, bridge_to=replace(URBAN, studies="another"))
    assert row.n == 1000
    assert any(reason.startswith("Population differs") for reason in row.reasons)
    assert one_row(TOWNS, bridge_to=replace(URBAN, studies=("poll",))).n == 500


def test_the_method_says_what_was_bridged():
    comparison = compare(proportion(design_of(), "travel"), TOWNS, about=ALIKE, bridge_to=URBAN)
    assert str(comparison.method["bridged"]).startswith("where populations differ, restricted to urban adults (550 of")
    assert "Bridged: where populations differ" in " ".join(str(comparison).split())


@pytest.mark.parametrize(
    ("frame", "error", "words"),
    [
        (Frame("nobody", "urban == 7"), ComparisonError, r"bridge_to 'nobody': nobody .* \(where urban == 7\)"),
        (Frame("towns", "town == 1"), UnknownNameError, "bridge_to 'towns': there is no variable 'town'"),
        (replace(URBAN, margins={"sex": {"f": 1.0}}), UnknownNameError, "bridge_to 'urban adults': .*'sex'"),
        (replace(URBAN, margins={"urban": {"0": 0.5, "1": 0.5}}), WeightingError, "bridge_to 'urban adults': "),
    ],
)
def test_a_frame_that_cannot_be_is_refused_with_its_name(frame, error, words):
    with pytest.raises(error, match=words):
        one_row(TOWNS, bridge_to=frame)


def test_a_frame_needs_a_name():
    with pytest.raises(ComparisonError, match="a Frame needs a name in words"):
        Frame(" ")
