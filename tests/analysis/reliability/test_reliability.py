"""Alpha and kappa against R's survey package (tests/reference/reliability.R), and what they refuse.

R gives kappa with its error (svykappa; svycontrast on the table of both columns where there are weights) and alpha
without one (svycralpha); the script works alpha's error out from svyvar's covariance. Relative tolerance 1e-9.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from topline.analysis.estimation.estimates import Estimates
from topline.analysis.reliability.alpha import alpha
from topline.analysis.reliability.kappa import kappa
from topline.analysis.replication.replicate_weights import replicate_design
from topline.analysis.sampling.design import Design
from topline.analysis.testing.contrasts import contrast
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError

REFERENCE = Path(__file__).parent.parent.parent / "reference"
STORED = json.loads((REFERENCE / "reliability.json").read_text())

DESIGNS = {
    "srs": {"data": "srs", "fpc": "fpc"},
    "strata": {"data": "strat", "weight": "pw", "strata": "stype", "fpc": "fpc"},
    "two stages": {"data": "clus2", "psu": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]},
    "two stages, no fpc": {"data": "clus2", "weight": "pw", "psu": ["dnum", "snum"]},
    "JK1": {"data": "jk1", "kind": "JK1"},
    "bootstrap": {"data": "bootstrap", "kind": "bootstrap"},
}
BANDS = ["low", "fair", "good", "high"]


def drawn(case: str) -> str:
    """Name the design of a case."""
    return case.removesuffix(", reversed, missing").removesuffix(", two items")


@cache
def design_of(case: str) -> Design:
    options = dict(DESIGNS[drawn(case)])
    frame = pd.read_csv(REFERENCE / "data" / f"reliability_{options.pop('data')}.csv")
    for name in ("band99", "band00"):
        frame[name] = pd.Categorical(frame[name], BANDS, ordered=True)
    kind = options.pop("kind", None)
    if kind is None:
        return Design(frame, **options)
    scales = STORED["replicates"][kind]
    columns = [name for name in frame if name.startswith("rep")]
    return replicate_design(frame, weight="pw", replicates=columns, method=kind, **scales)


@cache
def estimates_of(case: str, statistic: str, item: str | None, by: str | None) -> Estimates:
    design = design_of(case)
    if statistic.startswith("kappa"):
        weights = statistic.removeprefix("kappa ")
        first, second = item.split()
        return kappa(design, first, second, by=by, weights=None if weights == "none" else weights)
    if case.endswith("missing"):
        items = ["api00", "avg.ed", "full", "meals", "ell"]
        return alpha(design, items, reverse=["meals", "ell"], by=by, each_item=True)
    items = ["api99", "api00"] if case.endswith("two items") else ["api99", "api00", "full"]
    return alpha(design, items, by=by, each_item=True)


def ours(row: dict) -> pd.Series:
    by = None
    if row["key"] is not None:
        by = "sch.wide" if row["key"] in ("Yes", "No") else "stype"
    item = row["item"] if row["statistic"].startswith("kappa") else None
    frame = estimates_of(row["case"], row["statistic"], item, by).to_frame()
    if by:
        frame = frame[frame[by] == row["key"]]
    if not row["statistic"].startswith("kappa"):
        frame = frame[frame["statistic"] == row["statistic"]]
        frame = frame if row["item"] is None else frame[frame["item"] == row["item"]]
    assert len(frame) == 1
    return frame.iloc[0]


ROWS = STORED["rows"]


@pytest.mark.parametrize("case", dict.fromkeys(row["case"] for row in ROWS))
def test_coefficients_equal_r_survey(case):
    rows = [row for row in ROWS if row["case"] == case]
    for row in rows:
        mine, told = ours(row), f"{row}"
        for name in ("estimate", "se", "low", "high"):
            assert mine[name] == pytest.approx(row[name], rel=1e-9), f"{name}: {told}"
        assert mine["df"] == row["df"], told


def test_every_stored_value_counts():
    assert len(ROWS) == 161
    assert {drawn(row["case"]) for row in ROWS} == set(DESIGNS)


def test_stored_values_are_what_r_gives_here(require, tmp_path):
    program = require("r")
    subprocess.run([program, REFERENCE / "reliability.R", tmp_path], check=True, capture_output=True, timeout=300)
    fresh = json.loads((tmp_path / "reliability.json").read_text())["rows"]
    assert len(fresh) == len(ROWS)
    for new, old in zip(fresh, ROWS, strict=True):
        for name, value in old.items():
            assert new[name] == (pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value)


BATTERY = pd.DataFrame(
    {
        "central": [1, 2, 3, 5, 4, 2, 4, 1],
        "local": [1, 1, 3, 4, 5, 3, 4, 2],
        "police": [2, 2, 4, 5, 4, 1, 5, 2],
        "fears": [5, 4, 3, 1, 2, 4, 1, 5],
        "sex": ["f", "m", "f", "m", "f", "m", "f", "m"],
        "weight": [1.0, 2.0, 1.0, 1.5, 0.5, 1.0, 2.0, 1.0],
    }
)
ITEMS = ["central", "local", "police"]


def lone_estimate(estimates: Estimates) -> float:
    frame = estimates.to_frame()
    assert len(frame) == 1
    return float(frame["estimate"].iloc[0])


def test_alpha_without_weights_is_the_textbook_formula():
    values = BATTERY[ITEMS].cov().to_numpy()
    expected = 3 / 2 * (1 - np.trace(values) / values.sum())
    assert lone_estimate(alpha(Design(BATTERY), ITEMS)) == pytest.approx(expected, rel=1e-12)


def test_alpha_with_a_weight_of_two_is_alpha_with_the_row_twice():
    weighted = alpha(Design(BATTERY, weight="weight"), ITEMS)
    twice = BATTERY.loc[np.repeat(BATTERY.index, (BATTERY["weight"] * 2).astype(int))]
    assert lone_estimate(weighted) == pytest.approx(lone_estimate(alpha(Design(twice), ITEMS)), rel=1e-12)


def test_a_reversed_item_counts_as_if_it_had_been_recoded():
    recoded = BATTERY.assign(fears=6 - BATTERY["fears"])
    reversed_item = alpha(Design(BATTERY), [*ITEMS, "fears"], reverse="fears")
    assert lone_estimate(reversed_item) == pytest.approx(lone_estimate(alpha(Design(recoded), [*ITEMS, "fears"])))
    assert not [note for note in reversed_item.method["footnotes"] if "negatively" in note]


def test_an_item_that_runs_against_the_others_is_named():
    found = alpha(Design(BATTERY), [*ITEMS, "fears"])
    assert "fears correlates negatively with the sum of the other items; if it" in str(found.method["footnotes"])
    grouped = alpha(Design(BATTERY), [*ITEMS, "fears"], by="sex")
    assert "fears correlates negatively with the sum of the other items in 2 of 2 groups" in str(
        grouped.method["footnotes"]
    )


def test_missing_answers_are_left_out_casewise_and_counted():
    gaps = BATTERY.assign(central=[None, 2, 3, 5, 4, 2, 4, 1], local=[1, None, 3, 4, 5, 3, 4, 2])
    found = alpha(Design(gaps), ITEMS)
    assert lone_estimate(found) == pytest.approx(lone_estimate(alpha(Design(BATTERY[2:]), ITEMS)), rel=1e-12)
    assert found.to_frame()["n"].tolist() == [6]
    assert "2 respondents lack at least one of the answers and are left out." in found.method["footnotes"]


def test_codes_declared_missing_are_no_answers():
    frame = BATTERY.assign(central=[98, 2, 3, 5, 4, 2, 4, 1])
    variables = [Variable(name, missing={98.0: MissingKind.DONT_KNOW} if name == "central" else {}) for name in frame]
    found = alpha(Design(Study(frame, Codebook(tuple(variables)))), ITEMS)
    assert found.to_frame()["n"].tolist() == [7]
    assert found.method["items"][0]["missing"] == {"central": {"dont_know": 1}}


def test_nullable_arrow_and_polars_columns_give_the_same_alpha():
    expected = lone_estimate(alpha(Design(BATTERY), ITEMS))
    for data in (
        BATTERY.convert_dtypes(),
        BATTERY.convert_dtypes(dtype_backend="pyarrow"),
        pl.DataFrame(BATTERY.to_dict("list")),
        BATTERY.assign(central=pd.Categorical(BATTERY["central"])),
    ):
        assert lone_estimate(alpha(Design(data), ITEMS)) == pytest.approx(expected, rel=1e-12)


def test_alpha_of_identical_items_is_one_without_an_error():
    found = alpha(Design(BATTERY.assign(twin=BATTERY["central"])), ["central", "twin"], each_item=True).to_frame()
    assert found[["estimate", "se", "low", "high"]].to_numpy() == pytest.approx(np.tile([1.0, 0.0, 1.0, 1.0], (3, 1)))


def test_a_group_without_alpha_has_no_row_and_a_footnote():
    frame = BATTERY.assign(sex=["x", "m", "f", "m", "f", "m", "f", "m"])
    found = alpha(Design(frame), ITEMS, by="sex")
    assert found.to_frame()["sex"].tolist() == ["f", "m"]
    assert "No alpha for sex x: a single respondent answered all items." in found.method["footnotes"]
    assert found.covariance.shape == (2, 2)
    assert [codes for codes in found.key_codes] == [("f",), ("m",)]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (BATTERY.assign(local=3), "local is the same for everybody; leave it out of the items"),
        (BATTERY.assign(local=3, police=1), "local, police are the same for everybody"),
        (BATTERY.assign(local=-BATTERY["central"], police=0.5), "police is the same for everybody"),
        (BATTERY[:1], "a single respondent answered all items"),
    ],
)
def test_alpha_that_is_not_defined_is_refused_with_the_reason(frame, reason):
    with pytest.raises(EstimationError, match=f"alpha of central, local, police is not defined: {reason}"):
        alpha(Design(frame, lone_psu="certainty"), ITEMS)


def test_an_item_on_a_far_larger_scale_hides_nothing_of_the_others():
    large = BATTERY.assign(central=BATTERY["central"] * 1e9)
    found = alpha(Design(large), ITEMS, each_item=True).to_frame().set_index(["item", "statistic"])["estimate"]
    expected = alpha(Design(BATTERY), ITEMS, each_item=True).to_frame().set_index(["item", "statistic"])["estimate"]
    for name in (("central", "alpha without the item"), ("central", "item-rest correlation")):
        assert found[name] == pytest.approx(expected[name], rel=1e-12)


def test_items_that_cancel_out_are_refused():
    with pytest.raises(EstimationError, match="the items cancel out"):
        alpha(Design(BATTERY.assign(against=-BATTERY["central"])), ["central", "against"])


def test_alpha_refuses_what_is_no_battery():
    design = Design(BATTERY)
    with pytest.raises(EstimationError, match="alpha needs at least two items, and central is one"):
        alpha(design, "central")
    with pytest.raises(EstimationError, match="none is named"):
        alpha(design, [])
    with pytest.raises(EstimationError, match="central is named more than once"):
        alpha(design, ["central", "central"])
    with pytest.raises(UnknownNameError, match="no item 'fear'"):
        alpha(design, ITEMS, reverse="fear")
    with pytest.raises(UnknownNameError, match="Did you mean 'local'"):
        alpha(design, ["central", "locl"])
    with pytest.raises(EstimationError, match="sex holds text"):
        alpha(design, ["central", "sex"])
    with pytest.raises(EstimationError, match="1 of 8 values is infinite"):
        alpha(Design(BATTERY.assign(local=[np.inf, *range(7)])), ITEMS)
    with pytest.raises(EstimationError, match="level is 95"):
        alpha(design, ITEMS, level=95)
    with pytest.raises(EstimationError, match="by names statistic"):
        alpha(Design(BATTERY.rename(columns={"sex": "statistic"})), ITEMS, by="statistic", each_item=True)
    with pytest.raises(EstimationError, match="needs a Design and was given a DataFrame"):
        alpha(BATTERY, ITEMS)


def test_nobody_with_all_answers_is_refused_with_the_counts():
    empty = BATTERY.assign(local=np.nan)
    with pytest.raises(EstimationError, match=r"answered all of central, local, police \(missing: local in 8 of 8"):
        alpha(Design(empty), ITEMS)


def test_alpha_with_and_without_an_item_share_their_covariance():
    draw = np.random.default_rng(3)
    one_thing = draw.normal(size=150)
    battery = pd.DataFrame({name: np.round(one_thing + draw.normal(size=150), 2) for name in ITEMS})
    found = alpha(Design(battery), ITEMS, each_item=True)
    apart = np.array([1.0, 0, 0, -1, 0, 0, 0])
    with_all, without_police = found.to_frame()["estimate"][[0, 3]]

    def gain(frame: pd.DataFrame) -> float:
        return lone_estimate(alpha(Design(frame), ITEMS)) - lone_estimate(alpha(Design(frame), ITEMS[:2]))

    left_out = np.array([gain(battery.drop(index=row)) for row in battery.index])
    jackknife = float(np.sqrt(149 / 150 * ((left_out - left_out.mean()) ** 2).sum()))
    assert with_all - without_police == pytest.approx(gain(battery), rel=1e-12)
    # linearisation and jackknife differ by terms of the order 1 / n: 0.3% at 400 respondents, 3% at 80
    assert float(np.sqrt(apart @ found.covariance @ apart)) == pytest.approx(jackknife, rel=0.03)


CODED = pd.DataFrame(
    {
        "a": [1, 1, 2, 2, 3, 3, 1, 2, 3, 3],
        "b": [1, 2, 2, 2, 3, 1, 1, 3, 3, 3],
        "team": ["x"] * 6 + ["y"] * 4,
    }
)


def by_hand(weights: np.ndarray) -> float:
    table = pd.crosstab(CODED["a"], CODED["b"], normalize=True).to_numpy()
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    return ((weights * table).sum() - (weights * expected).sum()) / (1 - (weights * expected).sum())


def test_kappa_without_survey_weights_is_the_textbook_formula():
    design, apart = Design(CODED), np.abs(np.subtract.outer(np.arange(3), np.arange(3))) / 2
    assert lone_estimate(kappa(design, "a", "b")) == pytest.approx(by_hand(np.eye(3)), rel=1e-12)
    assert lone_estimate(kappa(design, "a", "b", weights="linear")) == pytest.approx(by_hand(1 - apart), rel=1e-12)
    assert lone_estimate(kappa(design, "a", "b", weights="quadratic")) == pytest.approx(
        by_hand(1 - apart**2), rel=1e-12
    )


def test_kappa_does_not_depend_on_which_column_is_first():
    one, other = (kappa(Design(CODED), *names, weights="linear").to_frame() for names in (("a", "b"), ("b", "a")))
    assert one.drop(columns="item").to_numpy() == pytest.approx(other.drop(columns="item").to_numpy(), rel=1e-12)


def test_an_answer_that_one_coder_never_gives_counts_and_is_named():
    frame = CODED.assign(b=CODED["b"].replace(3, 2))
    found = kappa(Design(frame), "a", "b")
    expected = 0.3 * 0.3 + 0.3 * 0.7
    assert lone_estimate(found) == pytest.approx((0.5 - expected) / (1 - expected), rel=1e-12)
    assert "3: given in a only." in found.method["footnotes"]


def test_a_labelled_answer_that_nobody_gave_keeps_its_place():
    frame = pd.DataFrame({"a": [1.0, 1, 2, 4, 4], "b": [1.0, 2, 2, 4, 1]})
    labels = {1.0: "no", 2.0: "rather no", 3.0: "rather yes", 4.0: "yes"}
    study = Study(frame, Codebook(tuple(Variable(name, labels=labels) for name in frame)))
    placed = kappa(Design(study), "a", "b", weights="linear")
    ranked = kappa(Design(frame), "a", "b", weights="linear")
    assert lone_estimate(placed) != pytest.approx(lone_estimate(ranked), abs=1e-3)
    spaced = frame.assign(a=[1.0, 1, 2, 4, 4])
    apart = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) / 3
    table = (
        pd.crosstab(spaced["a"], spaced["b"], normalize=True)
        .reindex(index=labels, columns=labels, fill_value=0.0)
        .to_numpy()
    )
    chance = np.outer(table.sum(axis=1), table.sum(axis=0))
    assert lone_estimate(placed) == pytest.approx(1 - (apart * table).sum() / (apart * chance).sum(), rel=1e-12)
    assert "in the order no, rather no, rather yes, yes." in str(placed.method["footnotes"])


def test_kappa_matches_booleans_text_and_arrow_columns():
    yes = pd.DataFrame({"a": [True, False, True, True], "b": [True, False, False, True]})
    words = yes.replace({True: "yes", False: "no"}).astype(str)
    for data in (yes, words, yes.convert_dtypes(), words.convert_dtypes(dtype_backend="pyarrow"), pl.DataFrame(yes)):
        assert lone_estimate(kappa(Design(data), "a", "b")) == pytest.approx(0.5, rel=1e-12)


def test_a_group_without_kappa_has_no_row_and_a_footnote():
    frame = pd.concat([CODED, pd.DataFrame({"a": [1, 1], "b": [1, 1], "team": "z"})])
    found = kappa(Design(frame), "a", "b", by="team")
    assert found.to_frame()["team"].tolist() == ["x", "y"]
    assert "No kappa for team z: everybody is in one category of both columns." in found.method["footnotes"]


def test_groups_are_contrasted():
    found = kappa(Design(CODED), "a", "b", by="team")
    apart = contrast(found, "x - y").to_frame()
    frame = found.to_frame()
    assert apart["estimate"][0] == pytest.approx(frame["estimate"][0] - frame["estimate"][1], rel=1e-12)
    assert apart["se"][0] == pytest.approx(np.sqrt(np.array([1, -1]) @ found.covariance @ np.array([1, -1])), rel=1e-12)


def test_perfect_agreement_is_one_without_an_error():
    frame = kappa(Design(CODED.assign(b=CODED["a"])), "a", "b").to_frame()
    assert frame[["estimate", "se", "low", "high"]].to_numpy().tolist() == [[1.0, 0.0, 1.0, 1.0]]


def test_kappa_refuses_columns_that_do_not_match():
    with pytest.raises(EstimationError, match="first and second are both a"):
        kappa(Design(CODED), "a", "a")
    with pytest.raises(EstimationError, match="do not match: x, y of team is no category of a"):
        kappa(Design(CODED), "team", "a")
    with pytest.raises(EstimationError, match="everybody is in one category"):
        kappa(Design(CODED.assign(a=1, b=1)), "a", "b")
    with pytest.raises(EstimationError, match="weights is 'cubic'; it can be None, 'linear' or 'quadratic'"):
        kappa(Design(CODED), "a", "b", weights="cubic")
    with pytest.raises(EstimationError, match="nobody with a weight above zero answered all of a, b"):
        kappa(Design(CODED.assign(b=np.nan)), "a", "b")
    words = CODED.assign(
        a=CODED["a"].map({1: "low", 2: "mid", 3: "top"}), b=CODED["b"].map({1: "low", 2: "mid", 3: "top"})
    )
    with pytest.raises(EstimationError, match="weights need categories in an order, and a holds text without one"):
        kappa(Design(words), "a", "b", weights="linear")


def test_long_lists_of_categories_are_cut():
    frame = pd.DataFrame({"a": range(40), "b": range(20, 60)})
    found = kappa(Design(frame), "a", "b", weights="linear")
    notes = " ".join(found.method["footnotes"])
    assert "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more: given in a only." in notes
    assert "11 and 48 more." in notes
    with pytest.raises(EstimationError, match=r"first is \['a'\]; kappa compares two columns"):
        kappa(Design(frame), ["a"], "b")


def labelled(first: dict, second: dict) -> Design:
    variables = (Variable("a", labels=first), Variable("b", labels=second), Variable("team", type="string"))
    return Design(Study(CODED.astype({"a": float, "b": float}), Codebook(variables)))


def test_kappa_refuses_labels_that_contradict_each_other():
    with pytest.raises(EstimationError, match="code 2 is 'partly' in a and 'no' in b"):
        kappa(labelled({1.0: "yes", 2.0: "partly", 3.0: "no"}, {1.0: "yes", 2.0: "no"}), "a", "b")
    with pytest.raises(EstimationError, match="do not match"):
        kappa(labelled({1.0: "yes", 2.0: "no"}, {8.0: "yes", 9.0: "no"}), "team", "b")
    same = labelled({1.0: "yes", 2.0: "partly", 3.0: "no"}, {1.0: "Yes", 2.0: "partly", 3.0: "no"})
    assert lone_estimate(kappa(same, "a", "b")) == pytest.approx(by_hand(np.eye(3)), rel=1e-12)


def test_results_print_what_they_are():
    text = str(alpha(Design(BATTERY, weight="weight"), ITEMS, where="sex == 'f'"))
    assert text.startswith(
        "Cronbach's alpha: central, local, police\nFor: those with an answer to all 3 items, where sex"
    )
    assert "t of log(1 - alpha)" in text
    assert str(kappa(Design(CODED), "a", "b", by="team")).startswith(
        "Cohen's kappa: a, b\nFor: those with an answer to both"
    )
    assert kappa(Design(CODED), "a", "b").document()["rows"][0]["item"] == "a, b"


def test_a_thousand_groups_take_one_pass():
    rows = np.random.default_rng(5)
    group = np.repeat(np.arange(2_000), 5)
    frame = pd.DataFrame({"group": group, **{name: rows.integers(1, 6, len(group)) for name in ("a", "b", "c")}})
    found = alpha(Design(frame), ["a", "b", "c"], by="group")
    agreed = kappa(Design(frame), "a", "b", by="group")
    assert len(found) > 1_900
    one = frame[frame["group"] == found.to_frame()["group"][7]]
    assert found.to_frame()["estimate"][7] == pytest.approx(lone_estimate(alpha(Design(one), ["a", "b", "c"])))
    assert len(agreed) > 1_900
    assert np.isfinite(found.to_frame()[["estimate", "se", "low", "high"]].to_numpy()).all()


def test_without_degrees_of_freedom_there_is_no_interval_and_a_footnote():
    design = Design(BATTERY.assign(town=1), psu="town", lone_psu="certainty")
    found = alpha(design, ITEMS)
    assert found.to_frame()["se"].tolist() == [0.0]
    assert found.to_frame()[["low", "high"]].isna().to_numpy().all()
    assert "The design has no degrees of freedom, so there are no intervals." in found.method["footnotes"]


def test_measurements_are_not_listed_as_categories():
    draw = np.random.default_rng(1)
    frame = pd.DataFrame({"x": draw.normal(size=60), "p": draw.normal(size=60)})
    with pytest.raises(EstimationError, match="x has 60 different values and no labels: kappa is the agreement of"):
        kappa(Design(frame), "x", "p")
