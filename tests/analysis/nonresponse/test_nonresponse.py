"""Nonresponse: who responded carries the weight of who did not, within classes, and thin classes are joined."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.estimation.estimate import mean, proportion, total
from topline.analysis.nonresponse.adjustment_classes import NO_VALUE, crossed_classes
from topline.analysis.nonresponse.nonresponse import nonresponse
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.step import Replicate
from topline.analysis.sampling.subpopulation import subset
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError, WeightingError

WAVE = pd.DataFrame(
    {
        "region": ["n", "n", "n", "s", "s", "s", "s"],
        "w": [1.0, 2.0, 3.0, 1.0, 1.0, 2.0, 4.0],
        "done": [1, 1, 0, 1, 1, 1, 0],
        "y": [2.0, 3.0, np.nan, 5.0, 6.0, 7.0, np.nan],
    }
)


def wave(**design) -> Design:
    return Design(WAVE, weight="w", **design)


def thin(respondents: dict[tuple[str, str], int], cases: int = 4) -> Design:
    """Make classes of region and age, of so many cases each, of whom so many responded."""
    rows = [
        {"region": region, "age": age, "done": at < count}
        for (region, age), count in respondents.items()
        for at in range(cases)
    ]
    return Design(pd.DataFrame(rows))


def classes_of(design: Design) -> dict[str, float]:
    return dict(zip(*(design.steps[-1].table[name] for name in ("class", "factor")), strict=True))


def test_weighting_classes_of_lohr_by_age():
    """Lohr (2010), Sampling: Design and Analysis, section 8.5.1: 1,000 sampled, 863 respondents in five age groups."""
    ages = ["15-24", "25-34", "35-44", "45-64", "65+"]
    sampled, responded = [202, 220, 180, 195, 203], [124, 187, 162, 187, 203]
    weights, of_respondents = [30_322, 33_013, 27_046, 29_272, 30_451], [18_693, 28_143, 24_371, 28_138, 30_451]
    rows = []
    for age, n, r, w, w_r in zip(ages, sampled, responded, weights, of_respondents, strict=True):
        rows += [{"age": age, "done": 1, "w": w_r / r}] * r + [
            {"age": age, "done": 0, "w": (w - w_r) / max(n - r, 1)}
        ] * (n - r)
    adjusted = nonresponse(Design(pd.DataFrame(rows), weight="w"), "done", within="age")
    table = adjusted.steps[-1].table
    assert table["n"].tolist() == sampled
    assert table["respondents"].tolist() == responded
    assert table["rate"].round(4).tolist() == [0.6165, 0.8525, 0.9011, 0.9613, 1.0]
    assert table["factor"].round(3).tolist() == [1.622, 1.173, 1.110, 1.040, 1.0]
    assert adjusted.weights.sum() == pytest.approx(150_104)


def test_respondents_carry_the_weight_of_their_class():
    adjusted = nonresponse(wave(), "done == 1", within="region")
    assert adjusted.weights.tolist() == [2, 4, 0, 2, 2, 4, 0]
    assert adjusted.steps[-1].words == "adjusted for nonresponse within region"
    assert adjusted.steps[-1].notes[0].endswith("; the others stay in the sample with weight zero.")
    assert adjusted.steps[-1].table.to_dict("records") == [
        {"class": "region n", "n": 3, "respondents": 2, "rate": 0.5, "factor": 2.0},
        {"class": "region s", "n": 4, "respondents": 3, "rate": 0.5, "factor": 2.0},
    ]


def test_unweighted_rates_count_rows():
    adjusted = nonresponse(wave(), "done == 1", within="region", weighted=False)
    assert adjusted.weights == pytest.approx([1.5, 3, 0, 4 / 3, 4 / 3, 8 / 3, 0])
    assert adjusted.steps[-1].table["rate"].tolist() == pytest.approx([2 / 3, 3 / 4])


@pytest.mark.parametrize(
    "responded",
    [
        "done == 1",
        "done",
        "y.notna()",
        {"done": 1},
        WAVE["done"] == 1,
        (WAVE["done"] == 1).tolist(),
        (WAVE["done"] == 1).to_numpy(),
        pd.array(WAVE["done"] == 1, dtype="boolean"),
    ],
)
def test_who_responded_is_said_by_any_condition(responded):
    assert nonresponse(wave(), responded, within="region").weights.tolist() == [2, 4, 0, 2, 2, 4, 0]


def test_an_answer_that_is_missing_is_no_response_and_a_footnote_counts_it():
    frame = WAVE.assign(done=[1, 1, np.nan, 1, 1, 1, 0])
    for responded in ("done == 1", "done", {"done": 1}):
        adjusted = nonresponse(Design(frame, weight="w"), responded, within="region")
        assert adjusted.weights.tolist() == [2, 4, 0, 2, 2, 4, 0]
        assert adjusted.steps[-1].notes[1] == (
            "1 row has no answer that would say who responded and counts as a nonrespondent."
        )


def test_labels_say_who_responded_and_name_classes():
    region = Variable("region", labels={2.0: "south", 1.0: "north"})
    status = Variable("status", labels={1.0: "complete", 2.0: "refused"}, missing={9.0: MissingKind.REFUSED})
    frame = pd.DataFrame({"region": [1.0, 1.0, 2.0, 2.0], "status": [1.0, 9.0, 1.0, 2.0]})
    adjusted = nonresponse(Design(Study(frame, Codebook((region, status)))), {"status": "complete"}, within="region")
    assert adjusted.weights.tolist() == [2, 0, 2, 0]
    assert adjusted.steps[-1].table["class"].tolist() == ["region south", "region north"]


def test_one_nonrespondent_is_the_other():
    adjusted = nonresponse(wave(), [True] * 6 + [False], within="region")
    assert adjusted.steps[-1].notes[0] == (
        "Nonresponse: 6 of 7 cases responded (85.7%; by weight 71.4%); the other stays in the sample with weight zero."
    )


def test_rows_without_weight_take_no_part():
    frame = WAVE.assign(w=[1.0, 2.0, 3.0, 1.0, 1.0, 2.0, 0.0], region=["n", "n", "n", "s", "s", "s", None])
    assert nonresponse(Design(frame, weight="w"), "done", within="region").weights.tolist() == [2, 4, 0, 1, 1, 2, 0]


def test_a_whole_response_changes_nothing():
    adjusted = nonresponse(wave(), [True] * 7, within="region")
    assert adjusted.weights.tolist() == WAVE["w"].tolist()
    assert adjusted.steps[-1].notes[0] == "Nonresponse: 7 of 7 cases responded (100.0%; by weight 100.0%)."


@pytest.mark.parametrize("make", [pl.DataFrame, lambda frame: frame.astype({"region": "category", "done": "Int8"})])
def test_frames_of_any_kind_give_the_same_weights(make):
    assert nonresponse(Design(make(WAVE), weight="w"), "done", within="region").weights.tolist() == [
        2,
        4,
        0,
        2,
        2,
        4,
        0,
    ]


def test_estimates_are_about_respondents_and_nonrespondents_are_told_once():
    result = mean(nonresponse(wave(), "done", within="region"), "y")
    assert result.to_frame()[["estimate", "n", "weighted_n"]].iloc[0].tolist() == pytest.approx([66 / 14, 5, 14])
    assert result.method["footnotes"][0].startswith("Nonresponse: 5 of 7 cases responded (71.4%; by weight 50.0%)")
    assert not [note for note in result.method["footnotes"] if "not in the base" in note or "weight of zero" in note]
    assert "adjusted for nonresponse within region" in " ".join(str(result).split())


def test_a_respondent_without_an_answer_is_still_missing_from_the_base():
    frame = WAVE.assign(y=[2.0, np.nan, np.nan, 5.0, 6.0, 7.0, np.nan])
    notes = mean(nonresponse(Design(frame, weight="w"), "done", within="region"), "y").method["footnotes"]
    assert notes[0] == "y: 1 of 5 rows is not in the base (blank 1)."


def test_subpopulations_hold_respondents_alone():
    adjusted = nonresponse(wave(), "done", within="region")
    south = subset(adjusted, {"region": "s"})
    assert south.inside.tolist() == [False, False, False, True, True, True, False]
    assert mean(adjusted, "y", where={"region": "s"}).to_frame()["n"].tolist() == [3]
    assert subset(wave(), {"region": "s"}).weights.tolist() == WAVE["w"].tolist()


def test_degrees_of_freedom_count_psus_of_respondents():
    assert nonresponse(wave(), "done", within="region").df == 4


def test_shares_and_replicates_follow_without_more():
    adjusted = nonresponse(wave(), "done", within="region")
    assert proportion(adjusted, "region").to_frame()["estimate"].tolist() == pytest.approx([6 / 14, 8 / 14])
    replicated = replicates(adjusted, "JKn")
    assert mean(replicated, "y", where={"region": "s"}).to_frame()["estimate"].tolist() == pytest.approx([6.25])
    assert mean(replicated, "y").method["n"] == 5


def sample(n: int = 150) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        {
            "region": rng.choice(["n", "s", "w"], n),
            "age": rng.integers(18, 80, n),
            "psu": rng.integers(0, 30, n),
            "w": rng.uniform(1, 4, n),
        }
    )
    frame["done"] = rng.random(n) < np.where(frame["region"] == "n", 0.5, 0.8)
    frame["y"] = frame["age"] / 10 + rng.normal(size=n)
    return frame


@pytest.mark.parametrize(
    "options",
    [
        {"within": "region"},
        {"within": "region", "weighted": False},
        {"propensity": "region + age"},
        {"propensity": "region + age", "weighted": False},
        {"propensity": ["region"]},
        {"propensity": "region + age", "strata": 4},
    ],
)
def test_errors_are_those_of_a_numerical_derivative_and_near_replicates(options):
    frame = sample()
    first = nonresponse(Design(frame, weight="w", psu="psu"), "psu != 7", within="region")
    adjusted = nonresponse(first, "done", **options)

    def estimate(frequency):
        weights = adjusted.steps[0].before
        for step in adjusted.steps:
            weights = step.task.replayed(weights, frequency, Replicate(0, 1, 1.0)).applied(weights, slice(None))
        return (frequency * weights) @ frame["y"].to_numpy() / (frequency @ weights)

    change = 1e-5
    units = frame["psu"].to_numpy()
    influence = [
        (estimate(1 + change * (units == each)) - estimate(1 - change * (units == each))) / (2 * change)
        for each in np.unique(units)
    ]
    count = len(influence)
    expected = np.sqrt(count / (count - 1) * np.sum((np.array(influence) - np.mean(influence)) ** 2))
    se = mean(adjusted, "y").to_frame()["se"][0]
    assert se == pytest.approx(expected, rel=1e-6)
    assert se == pytest.approx(mean(replicates(adjusted, "JK1"), "y").to_frame()["se"][0], rel=0.07)
    bootstrap = replicates(adjusted, "rao_wu_yue", replicates=200, seed=3)
    assert se == pytest.approx(mean(bootstrap, "y").to_frame()["se"][0], rel=0.15)


def test_the_error_of_a_total_of_weights_that_classes_keep_is_that_of_the_sample():
    frame = sample()
    base = Design(frame.assign(one=1), weight="w")
    adjusted = nonresponse(base, "done", within="region")
    both = [total(design, "one").to_frame().iloc[0] for design in (base, adjusted)]
    assert both[0]["estimate"] == pytest.approx(both[1]["estimate"])
    assert both[0]["se"] == pytest.approx(both[1]["se"])


def test_fixed_weights_would_miss_what_the_adjustment_adds_or_saves():
    adjusted = nonresponse(Design(sample(), weight="w"), "done", within="region")
    fixed = Design(adjusted.study_with_weights("adjusted").frame, weight="adjusted")
    assert mean(fixed, "y").to_frame()["se"][0] != pytest.approx(mean(adjusted, "y").to_frame()["se"][0], rel=1e-3)


def test_without_a_rule_thin_classes_stay_and_a_footnote_counts_them():
    adjusted = nonresponse(thin({("n", "young"): 1, ("n", "old"): 3}), "done", within=["region", "age"])
    assert classes_of(adjusted) == {"region n, age old": pytest.approx(4 / 3), "region n, age young": 4.0}
    assert adjusted.steps[-1].notes[-1] == (
        "2 classes of nonresponse have fewer than 30 respondents, region n, age young the fewest (1)."
    )


def test_a_thin_class_is_joined_with_the_next_of_the_last_variable():
    counts = {("n", "1"): 1, ("n", "2"): 3, ("n", "3"): 4, ("s", "1"): 4, ("s", "2"): 4, ("s", "3"): 1}
    adjusted = nonresponse(thin(counts), "done", within=["region", "age"], minimum=2)
    assert classes_of(adjusted) == {
        "region n, age 1 or 2": 2.0,
        "region n, age 3": 1.0,
        "region s, age 1": 1.0,
        "region s, age 2 or 3": pytest.approx(8 / 5),
    }
    assert adjusted.steps[-1].options["joined"] == ["region n, age 1 or 2", "region s, age 2 or 3"]
    assert adjusted.steps[-1].notes[1] == (
        "Classes of nonresponse joined with their neighbours, as they had fewer than 2 respondents: "
        "region n, age 1 or 2; region s, age 2 or 3."
    )


def test_joining_goes_on_until_no_class_is_thin():
    counts = {("n", "1"): 1, ("n", "2"): 1, ("n", "3"): 2, ("n", "4"): 4}
    assert list(classes_of(nonresponse(thin(counts), "done", within=["region", "age"], minimum=4))) == [
        "region n, age 1 or 2 or 3",
        "region n, age 4",
    ]


def test_a_large_factor_makes_a_class_thin_too():
    counts = {("n", "1"): 1, ("n", "2"): 4}
    joined = nonresponse(thin(counts), "done", within=["region", "age"], largest=3)
    assert classes_of(joined) == {"region n, age 1 or 2": pytest.approx(8 / 5)}
    assert "as they had a factor over 3: " in joined.steps[-1].notes[1]


def test_the_codebook_says_who_the_neighbour_is():
    counts = {("n", "mid"): 1, ("n", "old"): 4, ("n", "young"): 4}
    study = Study(
        thin(counts).study.frame.assign(age=lambda frame: frame["age"].map({"young": 1.0, "mid": 2.0, "old": 3.0})),
        Codebook(
            (Variable("region"), Variable("age", labels={1.0: "young", 2.0: "mid", 3.0: "old"}), Variable("done"))
        ),
    )
    adjusted = nonresponse(Design(study), "done", within=["region", "age"], minimum=2)
    assert list(classes_of(adjusted)) == ["region n, age young", "region n, age mid or old"]


def test_a_class_without_respondents_is_refused_or_joined():
    design = thin({("n", "1"): 0, ("n", "2"): 4})
    with pytest.raises(WeightingError, match=r"class region n, age 1 has no respondents: .* minimum=30, say"):
        nonresponse(design, "done", within=["region", "age"])
    assert nonresponse(design, "done", within=["region", "age"], minimum=1).weights.sum() == pytest.approx(8)


def test_classes_that_cannot_be_repaired_are_named():
    design = thin({("n", "1"): 1, ("n", "2"): 0, ("s", "1"): 4})
    said = "class region n, age 1 or 2 has 1 respondent and a factor of 8, though all categories of age are joined"
    with pytest.raises(WeightingError, match=said):
        nonresponse(design, "done", within=["region", "age"], minimum=2)
    with pytest.raises(WeightingError, match=r"class region n, age 1 has 1 respondent .* choose collapse=True"):
        nonresponse(design, "done", within=["region", "age"], minimum=2, collapse=False)
    many = thin({("n", str(at)): 0 for at in range(5)} | {("s", "1"): 1})
    with pytest.raises(WeightingError, match="has no respondents; and 2 more: "):
        nonresponse(many, "done", within=["region", "age"])


def test_replicates_keep_the_classes_of_the_whole_sample():
    frame = sample()
    adjusted = nonresponse(Design(frame, weight="w"), "done", within="region", minimum=40)
    assert len(adjusted.steps[-1].table) < 3
    replicated = replicates(adjusted, "bootstrap", replicates=5, seed=1)
    assert {len(made[0].factor) for made in replicated.replication.changes.made} == {len(adjusted.steps[-1].table) + 1}


def test_a_replicate_without_respondents_of_a_class_names_itself():
    adjusted = nonresponse(thin({("n", "1"): 1, ("s", "1"): 4}), "done", within="region")
    with pytest.raises(WeightingError, match=r"1 of 8: class region n has no respondents.* two PSUs\."):
        replicates(adjusted, "JK1")


def test_rows_without_a_class_stop_or_are_one():
    frame = WAVE.assign(region=["n", "n", None, "s", "s", "s", None], done=[1, 1, 1, 1, 1, 0, 0])
    with pytest.raises(WeightingError, match="region is missing in 2 of 7 rows that take part, so they cannot be in"):
        nonresponse(Design(frame), "done", within="region")
    adjusted = nonresponse(Design(frame), "done", within="region", missing="own_class")
    assert classes_of(adjusted) == {"region n": 1.0, "region s": 1.5, f"region {NO_VALUE}": 2.0}


def test_classes_of_several_variables_keep_the_order_of_the_codebook():
    frame = pd.DataFrame({"a": [2.0, 1.0, 2.0, 1.0], "b": ["y", "x", "x", "x"]})
    study = Study(frame, Codebook((Variable("a", labels={2.0: "two", 1.0: "one"}), Variable("b"))))
    found = crossed_classes(Design(study), ["a", "b"], np.ones(4, dtype=bool))
    assert found.names == ("a two, b x", "a two, b y", "a one, b x")
    assert found.code.tolist() == [1, 2, 0, 2]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.1, 9), st.booleans()), min_size=2, max_size=30), st.randoms()
)
def test_weights_keep_the_sum_of_every_class_whatever_the_order_of_rows(rows, random):
    frame = pd.DataFrame(rows, columns=["class", "w", "done"])
    if not frame["done"].any():
        return
    adjusted = nonresponse(Design(frame, weight="w"), frame["done"].to_numpy(), within="class", minimum=1)
    assert adjusted.weights.sum() == pytest.approx(frame["w"].sum())
    assert ((adjusted.weights > 0) == frame["done"].to_numpy()).all()
    assert (adjusted.weights[frame["done"]] >= frame["w"][frame["done"]] * (1 - 1e-12)).all()
    order = random.sample(range(len(frame)), len(frame))
    other = frame.iloc[order].reset_index(drop=True)
    again = nonresponse(Design(other, weight="w"), other["done"].to_numpy(), within="class", minimum=1)
    assert again.weights == pytest.approx(adjusted.weights[order], rel=1e-12)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "either within= .* or propensity= .* and was given neither"),
        ({"within": "region", "propensity": "w"}, "was given both"),
        ({"within": [], "propensity": []}, "was given neither"),
        ({"within": "region", "weighted": "yes"}, "weighted is 'yes'"),
        ({"within": "region", "strata": 5}, "strata are cut by propensity"),
        ({"propensity": 5}, "propensity is 5; it is a list of columns"),
        ({"propensity": "w", "strata": 1}, "strata is 1; .* at least 2"),
        ({"propensity": "w", "minimum": 30}, "minimum is about classes"),
        ({"within": "region", "minimum": 0}, "minimum is 0; it is a number of respondents, at least 1"),
        ({"within": "region", "minimum": True}, "minimum is True"),
        ({"within": "region", "largest": 1}, "largest is 1; .* above 1"),
        ({"within": "region", "largest": "3"}, "largest is '3'"),
        ({"within": "region", "collapse": 1}, "collapse is 1"),
        ({"within": "region", "missing": "drop"}, "missing is 'drop'"),
    ],
)
def test_options_that_are_none_are_refused(options, said):
    with pytest.raises(WeightingError, match=said):
        nonresponse(wave(), "done", **options)


@pytest.mark.parametrize(
    ("responded", "said"),
    [
        (None, "responded says who responded"),
        ("done == 2", "responded: nobody of the 7 rows of a weight above zero meets done == 2"),
        ("region", "responded: region holds text; say which value is a response"),
        ("done = 1", "responded: 'done = 1' cannot be read"),
        ("y", "responded: y holds 2; a column says who responded by 1 and 0"),
        ("region == 1 +", "responded: "),
        ([True], "responded: 1 values for 7 rows"),
        (5, "responded is 5; it can be a condition"),
    ],
)
def test_conditions_that_say_nothing_are_refused(responded, said):
    with pytest.raises(WeightingError, match=said):
        nonresponse(wave(), responded, within="region")


def test_a_condition_that_takes_labels_for_codes_is_told_how_to_name_them():
    study = Study(
        pd.DataFrame({"status": [1.0, 2.0]}), Codebook((Variable("status", labels={1.0: "complete", 2.0: "refused"}),))
    )
    with pytest.raises(WeightingError, match=r"labels are named by responded=\{'status': 'complete'\}"):
        nonresponse(Design(study), "status == 'complete'", within="status")


def test_unknown_names_come_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'region'"):
        nonresponse(wave(), "done", within="regoin")
    with pytest.raises(UnknownNameError, match="Did you mean 'done'"):
        nonresponse(wave(), "dome == 1", within="region")
    with pytest.raises(EstimationError, match="needs a Design"):
        nonresponse(WAVE, "done", within="region")


def test_the_step_is_on_record_in_plain_values():
    document = nonresponse(wave(), {"done": [1]}, within="region").steps[-1].document()
    assert document["kind"] == "nonresponse"
    assert document["responded"] == {"done": [1]}
    assert (document["within"], document["weighted"], document["joined"]) == (["region"], True, [])
    assert nonresponse(wave(), {"done": 1}, within="region").steps[-1].options["responded"] == {"done": 1}
    assert nonresponse(wave(), WAVE["done"] == 1, within="region").steps[-1].options["responded"] == "chosen rows"
