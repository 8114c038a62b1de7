"""A recipe is its steps, one after the other; replicates go through all of them, and the chain rule knows them all."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, total
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicate_weights import replicate_design
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.weight import weight
from topline.data.codebook import study_of
from topline.data.errors import DocumentError, FileError, ToplineError, UnknownNameError, WeightingError
from topline.data.files import write_study

MARGINS = {"sex": {"f": 0.5, "m": 0.5}, "age": {"young": 0.3, "old": 0.7}}
FIRST = {"sex": {"f": 0.3, "m": 0.7}}


def sample(rows: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(5)
    frame = pd.DataFrame({"stratum": np.repeat(range(3), rows // 3), "town": np.repeat(range(rows // 10), 10)})
    frame["sex"] = random.choice(["f", "m"], rows, p=[0.6, 0.4])
    frame["age"] = random.choice(["young", "old"], rows)
    frame["p"] = random.uniform(0.1, 0.9, rows)
    frame["trust"] = random.normal(size=rows) + (frame["sex"] == "f") + 2 * (frame["age"] == "old")
    return frame


def design(rows: int = 300) -> Design:
    return Design(sample(rows), strata="stratum", psu="town")


def test_a_recipe_does_what_its_steps_do_one_after_the_other():
    by_hand = rake(rake(design(), FIRST), MARGINS, bounds=(0.2, 4))
    made = weight(design(), [{"rake": {"margins": FIRST}}, {"rake": {"margins": MARGINS, "bounds": [0.2, 4]}}])
    assert made.weights.tolist() == by_hand.weights.tolist()
    assert [step.words for step in made.steps] == [step.words for step in by_hand.steps]


def test_margins_of_the_recipe_serve_every_step_that_names_none():
    made = weight(design(), {"margins": MARGINS, "steps": ["rake"]})
    assert made.weights.tolist() == rake(design(), MARGINS).weights.tolist()
    own = weight(design(), {"margins": MARGINS, "steps": [{"rake": {"margins": FIRST}}]})
    assert own.weights.tolist() == rake(design(), FIRST).weights.tolist()


def test_margins_alone_are_a_raking():
    assert weight(sample(), {"margins": MARGINS}).weights == pytest.approx(rake(Design(sample()), MARGINS).weights)


def test_margins_are_found_by_name_or_in_a_file_of_the_folder(tmp_path):
    rows = ["dimension,category,share,source,date", "sex,f,0.5,Census,2020", "sex,m,0.5,Census,2020"]
    (tmp_path / "margins.csv").write_text("\n".join(rows), encoding="utf-8")
    made = weight(design(), [{"rake": {"margins": "margins.csv"}}], folder=tmp_path)
    assert made.weights.tolist() == rake(design(), {"sex": MARGINS["sex"]}).weights.tolist()
    with pytest.raises(FileError, match=r"other\.csv"):
        weight(design(), [{"rake": {"margins": "other.csv"}}], folder=tmp_path)
    with pytest.raises(UnknownNameError, match="cn-adults-2020"):
        weight(design(), [{"rake": {"margins": "cn-adults"}}])


@pytest.mark.parametrize(
    ("options", "bound"), [({"method": "JKn"}, 0.06), ({"method": "rao_wu_yue", "replicates": 600, "seed": 3}, 0.12)]
)
def test_replicates_go_through_every_step_and_agree_with_the_chain_rule(options, bound):
    steps = [{"rake": {"margins": FIRST}}, {"rake": {"margins": MARGINS}}]
    replayed, linearised = weight(design(), {"steps": steps, "replicates": options}), weight(design(), steps)
    fixed = Design(linearised.study_with_weights("w"), weight="w", strata="stratum", psu="town")
    for estimate in (mean, total):
        one, other = (estimate(each, "trust").to_frame()["se"][0] for each in (replayed, linearised))
        assert one == pytest.approx(other, rel=bound)
        assert one < 0.9 * estimate(fixed, "trust").to_frame()["se"][0]


def test_each_replicate_is_what_the_steps_make_of_it():
    steps = [{"rake": {"margins": FIRST}}, {"rake": {"margins": MARGINS}}]
    made = weight(design(), {"steps": steps, "replicates": {"method": "JKn"}})
    drawn = replicates(design(), "JKn")
    for number in (0, 17):
        frame = sample().assign(w=drawn.replication.weights(number))
        kept = frame["w"].to_numpy() > 0
        alone = weight(Design(frame[kept].reset_index(drop=True), weight="w"), steps)
        assert made.replication.weights(number)[kept] == pytest.approx(alone.weights, rel=1e-8)
        assert (made.replication.weights(number)[~kept] == 0).all()


def test_nothing_of_the_size_of_rows_by_replicates_is_kept():
    made = weight(design(), {"margins": MARGINS, "steps": ["rake"], "replicates": {"method": "JKn"}})
    changes = made.replication.changes
    assert {change.factor.shape for one in changes.made for change in one} == {(4,)}


def test_weights_and_replicate_weights_leave_as_columns():
    made = weight(design(), {"margins": MARGINS, "steps": ["rake"], "replicates": {"method": "JKn"}})
    study = made.study_with_weights("w", replicates="repw")
    assert study.frame["w"].tolist() == made.weights.tolist()
    assert study.frame["repw30"].tolist() == made.replication.weights(29).tolist()
    assert study.codebook["repw30"].label.startswith("Replicate weight 30 of 30: jackknife")


def test_a_column_of_weights_tells_of_the_steps_that_made_it(tmp_path):
    study = weight(design(), {"margins": MARGINS, "steps": ["rake"]}).study_with_weights("w")
    again = str(mean(Design(study, weight="w"), "trust"))
    assert "column w are raked on sex, age to given margins, and errors treat them" in again.replace("\n  ", " ")


@pytest.mark.parametrize(
    ("recipe", "kind", "told"),
    [
        ("rake", WeightingError, "it is a list of steps"),
        (3, WeightingError, "it is a list of steps"),
        ([{"rake": {"bound": (0.3, 3)}}], DocumentError, "recipe, steps, entry 1, rake, bound: the key 'bound'"),
        (["rake"], WeightingError, "step 1, rake: margins must be given"),
        (
            [{"rake": {"margins": MARGINS}}, {"rake": {"margins": {"sex": {"f": 0.5, "x": 0.5}}}}],
            WeightingError,
            "step 2, rake: margin sex and column sex do not name the same categories",
        ),
        ({"margins": "reference", "steps": [{"rake": {"on": ["sex"]}}]}, DocumentError, "needs the key reference"),
        ([{"nonresponse": {"responded": "1 == 1", "within": "regio"}}], ToplineError, "step 1, nonresponse: "),
        ([{"rake": {"margins": "census.csv"}}], FileError, "step 1, rake: "),
        ([], DocumentError, "steps is empty"),
    ],
)
def test_what_is_wrong_with_a_recipe_is_told_with_its_place(recipe, kind, told):
    with pytest.raises(kind) as caught:
        weight(design(), recipe)
    assert told in str(caught.value)


def test_targets_come_from_a_reference_sample_in_a_file(tmp_path):
    random = np.random.default_rng(6)
    other = pd.DataFrame({"sex": random.choice(["f", "m"], 500), "w": random.gamma(5, 1, 500)})
    write_study(study_of(other), tmp_path / "reference.sav")
    recipe = {
        "margins": "reference",
        "reference": {"data": "reference.sav", "weight": "w"},
        "steps": [{"rake": {"on": ["sex"]}}],
    }
    made = weight(design(), recipe, folder=tmp_path)
    share = other.groupby("sex")["w"].sum()["f"] / other["w"].sum()
    assert made.weights[sample()["sex"] == "f"].sum() / made.weights.sum() == pytest.approx(share, rel=1e-9)


def test_a_design_names_its_steps():
    assert "raked on sex, age to given margins" in repr(weight(design(), {"margins": MARGINS}))


def test_replicates_with_weights_below_zero_go_through_no_further_step():
    frame = sample(60).assign(x=np.arange(60.0))
    steps = [{"calibrate": {"means": {"x": 37.0}}}, "normalise"]
    few = Design(frame, psu="town")
    assert weight(few, steps).weights.min() > 0
    with pytest.raises(WeightingError, match="below zero after a calibration without bounds"):
        weight(few, {"steps": steps, "replicates": {"method": "rao_wu_yue", "replicates": 30, "seed": 1}})


def test_replicate_weights_that_were_weighted_anew_are_not_called_fixed_when_they_are_read_back():
    made = weight(design(), {"margins": MARGINS, "replicates": {"method": "JKn"}})
    study = made.study_with_weights("w", replicates="repw")
    options = {"replicates": "repw", "method": "JKn", "rscales": made.replication.rscales.tolist()}
    again = mean(replicate_design(study, weight="w", **options), "trust")
    assert "treat them as fixed" not in str(again)
    assert "each of them weighted anew" in str(again).replace("\n  ", " ")
    assert again.to_frame()["se"][0] == pytest.approx(mean(made, "trust").to_frame()["se"][0], rel=1e-9)
