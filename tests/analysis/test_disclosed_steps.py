"""What is taken out of the steps of a weighting before results leave the team."""

import json

import numpy as np
import pandas as pd
import pytest

from topline.analysis.disclosure import counts_few, masked, without_small_classes
from topline.analysis.estimation.estimate import mean
from topline.analysis.nonresponse.eligibility import eligibility
from topline.analysis.nonresponse.nonresponse import nonresponse
from topline.analysis.raking.rake import rake
from topline.analysis.results import write_results
from topline.analysis.sampling.design import Design
from topline.analysis.trimming.trim import trim

STEP = {"kind": "nonresponse", "summary": "adjusted within region", "table": None, "notes": [], "brief": []}


def table(*rows: tuple[str, int, int]) -> list[dict[str, object]]:
    return [{"class": name, "n": n, "respondents": there, "factor": n / there} for name, n, there in rows]


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([("north", 300, 200), ("south", 90, 50)], True),
        ([("north", 300, 200), ("south", 90, 12)], False),
        ([("north", 300, 200), ("south", 20, 20)], False),
        ([("north", 300, 290), ("south", 90, 50)], False),
        ([("north", 300, 300), ("south", 90, 50)], True),
    ],
    ids=["large classes", "few respondents", "a small class", "few who did not respond", "all responded"],
)
def test_a_table_of_classes_goes_whole_when_one_class_or_its_rest_is_small(rows, kept):
    step = without_small_classes({**STEP, "table": table(*rows)}, 30)
    assert (step["table"] is not None) is kept
    said = "The classes of nonresponse are left out: one holds fewer than 30 people."
    assert (said in step["notes"] and said in step["brief"]) is not kept


def test_a_table_of_targets_is_named_by_its_step():
    rows = [{"variable": "sex", "category": "f", "target": 0.5, "n": 9.0}]
    step = without_small_classes({**STEP, "kind": "calibrate", "table": rows, "worst_before": 0.1}, 30)
    assert step["worst_before"] is None
    assert step["notes"] == [
        "The margins before and after step calibrate are left out: a category holds fewer than 30 people."
    ]


def test_class_numbers_and_flags_are_no_counts_of_people():
    rows = [{"class": 1, "n": 400, "reference_n": 900, "capped": False}]
    assert without_small_classes({**STEP, "table": rows}, 30)["table"] == rows


def test_small_counts_among_options_go_and_settings_stay():
    options = {
        "trimmed": np.int64(7),
        "raised": 0,
        "iterations": 12,
        "minimum": 5,
        "largest_allowed": 4.5,
        "recalibrate": True,
        "eligible": [1, 2],
        "reference": {"n": 12, "sum": 90.0},
        "tried": [{"cap": 3, "people": 4}],
    }
    step = without_small_classes({**STEP, **options}, 30)
    assert {name: step[name] for name in options} == {
        **options,
        "trimmed": None,
        "reference": {"n": None, "sum": 90.0},
        "tried": [{"cap": 3, "people": None}],
    }


@pytest.mark.parametrize(
    ("note", "few"),
    [
        ("Weights above 5 were trimmed to it: 1 of 4,000 respondents; 0.2% of the weight went to others.", True),
        ("Nonresponse: 595 of 600 cases responded (99.2%).", True),
        ("Nonresponse: 400 of 600 cases responded (66.7%).", False),
        ("Eligibility by status: 590 eligible (98%), 7 ineligible (1%).", True),
        ("Class north holds one respondent.", True),
        ("sex: 3 rows without a value keep their 1.5% of the weight.", True),
        ("Weighted against the census (n 1,200).", False),
        ("Weighted against the pilot (n 12).", True),
        ("A class has 5 respondents, south the fewest (5).", True),
        ("Margins of sex: Seventh census, table 1-2 (2020-11-01, people aged 18 and over).", False),
        ("age4: ages 18 to 29, 20 percent; 7.5 points.", False),
        ("1,230 rows have a weight.", False),
    ],
)
def test_notes_that_count_few_people_or_all_but_few_are_told_from_others(note, few):
    assert counts_few(note, 30) is few
    kept = without_small_classes({**STEP, "notes": [note], "brief": [note]}, 30)
    assert (kept["notes"] == [note]) is not few and kept["notes"] == kept["brief"]


def test_words_of_a_step_say_fewer_than_the_minimum():
    assert masked("trimmed 7 weights at 4", 30) == "trimmed fewer than 30 people at 4"
    assert masked("trimmed 70 weights at 4", 30) == "trimmed 70 weights at 4"


def weighted() -> Design:
    random = np.random.default_rng(9)
    data = pd.DataFrame(
        {
            "status": ["answered"] * 560 + ["refused"] * 25 + ["business"] * 8 + ["unreached"] * 7,
            "region": random.choice(["north", "south"], 600),
            "sex": random.choice(["f", "m"], 600),
            "w": [9.0] * 6 + [1.0] * 594,
            "trust": random.normal(5, 2, 600),
        }
    )
    design = eligibility(
        Design(data, weight="w"), "status", eligible=["answered", "refused"], ineligible="business", unknown="unreached"
    )
    design = nonresponse(design, "status == 'answered'", within="region")
    return trim(rake(design, {"sex": {"f": 0.5, "m": 0.5}}), cap=5.0)


def test_a_recipe_of_all_kinds_of_steps_gives_no_few_people_away(tmp_path):
    estimates = mean(weighted(), "trust")
    told = json.dumps(estimates.document())
    assert '"ineligible": 8' in told or "8 ineligible" in told
    write_results(tmp_path, estimates=estimates)
    text = (tmp_path / "results" / "estimates.json").read_text()
    method = json.loads(text)["method"]
    tables = {step["kind"]: step["table"] for step in method["weighting"]}
    assert tables["eligibility"] is None and tables["nonresponse"] is None and tables["trim"] is None
    assert len(tables["rake"]) == 2
    assert not any(counts_few(note, 30) for step in method["weighting"] for note in (*step["notes"], *step["brief"]))
    assert not any(counts_few(note.partition(" have a weight of zero")[0], 30) for note in method["footnotes"][:-4])
    assert "Notes on the weighting that count fewer than 30 people are left out." in method["footnotes"]
    assert method["weighting"][-1]["trimmed"] is None
    write_results(tmp_path, estimates=estimates, minimum=1)
    kept = json.loads((tmp_path / "results" / "estimates.json").read_text())["method"]
    assert all(step["table"] for step in kept["weighting"])
    assert kept["footnotes"] == estimates.method["footnotes"]
