"""Questions with several answers: the base, the labels, and what always holds."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.estimation.estimate import mean, proportion, ratio
from topline.analysis.estimation.multiple_response import multiple_response
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.testing.contrasts import contrast
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import EstimationError, UnknownNameError

MEDIA = ["q5_radio", "q5_web", "q5_press"]


def wave(seed=1, rows=120):
    drawn = np.random.default_rng(seed)
    ticks = {
        name: (drawn.random(rows) < share).astype(float) for name, share in zip(MEDIA, (0.4, 0.7, 0.2), strict=True)
    }
    return pd.DataFrame(
        {
            **ticks,
            "sex": drawn.choice(["f", "m"], rows),
            "community": np.arange(rows) // 5,
            "weight": drawn.uniform(0.5, 2, rows),
        }
    )


@pytest.fixture(scope="module")
def design():
    return Design(wave(), weight="weight", psu="community")


@pytest.mark.parametrize("by", [None, "sex"])
def test_shares_of_respondents_are_proportions_of_each_column(design, by):
    found = multiple_response(design, MEDIA, by=by).to_frame()
    for column in MEDIA:
        known = proportion(design, column, category=1, by=by).frame
        mine = found[found["category"] == column]
        for name in ("estimate", "se", "low", "high", "n", "weighted_n", "deff", "df", "effective_n", "cv"):
            assert mine[name].to_numpy() == pytest.approx(known[name].to_numpy(), rel=1e-12)


def test_shares_of_mentions_are_ratios_and_add_up_to_one(design):
    frame = wave().assign(ticks=lambda f: f[MEDIA].sum(axis=1))
    known = ratio(Design(frame, weight="weight", psu="community"), MEDIA, "ticks").frame
    found = multiple_response(design, MEDIA, of="mentions").to_frame()
    assert found["estimate"].to_numpy() == pytest.approx(known["estimate"].to_numpy())
    assert found["se"].to_numpy() == pytest.approx(known["se"].to_numpy())
    assert found["estimate"].sum() == pytest.approx(1)
    assert found["n"][0] == int((frame["ticks"] > 0).sum())


def test_intervals_of_mentions_lie_between_0_and_1(design):
    rare = wave().assign(q5_press=0.0)
    rare.loc[3, "q5_press"] = 1.0
    made = Design(rare, weight="weight", psu="community")
    found = multiple_response(made, MEDIA, of="mentions").to_frame()
    assert (found["low"] >= 0).all()
    assert multiple_response(made, MEDIA, of="mentions", interval="mean").to_frame()["low"].min() < 0
    never = Design(wave().assign(q5_press=0.0), weight="weight", psu="community")
    row = multiple_response(never, MEDIA, of="mentions").to_frame().iloc[2]
    assert row["low"] == 0 < row["high"] < 0.1
    with pytest.raises(EstimationError, match="interval is 'beta'; for shares of mentions it can be 'logit' or 'mean'"):
        multiple_response(design, MEDIA, of="mentions", interval="beta")


def test_everybody_mentioning_an_option_does_not_make_it_every_mention():
    both = Design(pd.DataFrame({"a": [1, 1, 1, 1], "b": [1, 0, 1, 0]}))
    assert multiple_response(both, ["a", "b"], of="mentions").frame["estimate"].tolist() == pytest.approx(
        [2 / 3, 1 / 3]
    )


def test_rows_are_named_by_set_option_and_key(design):
    found = multiple_response(design, {"q5_radio": "Radio", "q5_web": "Web"}, by="sex")
    assert found.to_frame()["item"].unique().tolist() == ["q5"]
    assert found.to_frame()["category"].tolist() == ["Radio", "Web"] * 2
    gap = contrast(found, "Radio:f - Web:f").frame.iloc[0]
    frame = wave().assign(gap=lambda f: f["q5_radio"] - f["q5_web"])
    known = mean(Design(frame, weight="weight", psu="community"), "gap", by="sex").frame.iloc[0]
    assert (gap["estimate"], gap["se"]) == pytest.approx((known["estimate"], known["se"]))
    assert multiple_response(design, MEDIA, name="media").frame["item"][0] == "media"


def test_labels_come_from_the_codebook_and_two_alike_are_told_apart():
    frame = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 1.0], "c": [1.0, 1.0]})
    variables = (Variable("a", label="Other"), Variable("b", label="Other"), Variable("c"))
    found = multiple_response(Design(Study(frame, Codebook(variables))), ["a", "b", "c"]).frame
    assert found["category"].tolist() == ["Other (a)", "Other (b)", "c"]
    assert found["item"][0] == "a, b, c"


def test_whoever_answered_any_column_was_asked():
    frame = pd.DataFrame({"q_a": [1, 0, 0, None, None], "q_b": [None, 0, 1, 1, None]})
    found = multiple_response(Design(frame), ["q_a", "q_b"])
    assert found.frame["n"].tolist() == [4, 4]
    assert found.frame["estimate"].tolist() == [0.25, 0.5]
    said = " ".join(str(found).split())
    assert "q: 1 of 5 rows is not in the base (blank 1)." in said
    assert "2 rows have an option left blank, counted as not chosen." in said


def test_without_a_mark_of_not_chosen_those_without_any_are_left_out_and_told_of():
    frame = pd.DataFrame({"q_a": ["x", None, "x", None], "q_b": [None, "x", "x", None]})
    found = multiple_response(Design(frame), ["q_a", "q_b"], selected="x")
    assert found.frame["n"].tolist() == [3, 3]
    assert "q: nothing in the columns tells those who chose no option from those who were not asked" in " ".join(
        str(found).split()
    )
    assert "left blank" not in str(found)


def test_kinds_of_missing_are_counted_and_dont_know_can_be_in_the_base():
    kinds = {8.0: MissingKind.DONT_KNOW, 9.0: MissingKind.NOT_ASKED}
    frame = pd.DataFrame({"q_a": [1.0, 0.0, 8.0, 9.0, np.nan], "q_b": [0.0, 1.0, np.nan, 9.0, 8.0]})
    variables = tuple(Variable(name, missing=kinds) for name in frame)
    study = Design(Study(frame, Codebook(variables)))
    found = multiple_response(study, ["q_a", "q_b"])
    assert found.method["items"][0]["missing"] == {"dont_know": 2, "not_asked": 1}
    assert found.frame["n"].tolist() == [2, 2]
    everybody = multiple_response(study, ["q_a", "q_b"], base="all")
    assert everybody.frame["n"].tolist() == [4, 4]
    assert everybody.frame["estimate"].tolist() == [0.25, 0.25]


def test_an_option_nobody_chose_is_zero_and_several_codes_can_count():
    frame = pd.DataFrame({"q_a": [2, 3, 0, 0], "q_b": [0, 0, 0, 0]})
    found = multiple_response(Design(frame), ["q_a", "q_b"], selected=[2, 3]).frame
    assert found["estimate"].tolist() == [0.5, 0.0]
    assert found["high"][1] > 0


@pytest.mark.parametrize("convert", ["boolean", "arrow", "polars", "text"])
def test_any_kind_of_column_gives_the_same_shares(convert, design):
    frame, selected = wave(), 1
    if convert == "boolean":
        frame[MEDIA] = frame[MEDIA].astype(bool).astype("boolean")
    elif convert == "arrow":
        frame = frame.convert_dtypes(dtype_backend="pyarrow")
    elif convert == "polars":
        frame = pl.from_pandas(frame)
    else:
        frame[MEDIA], selected = frame[MEDIA].replace({1.0: "Yes", 0.0: "No"}).astype(str), "yes"
        frame[MEDIA] = frame[MEDIA].replace({"1.0": "Yes", "0.0": "No"})
    mine = multiple_response(Design(frame, weight="weight", psu="community"), MEDIA, selected=selected).frame
    assert mine["se"].to_numpy() == pytest.approx(multiple_response(design, MEDIA).frame["se"].to_numpy())


def test_a_subpopulation_and_replicates_keep_the_design(design):
    part = multiple_response(design, MEDIA, where={"sex": "f"}).frame
    by = multiple_response(design, MEDIA, by="sex").frame
    assert part["se"].tolist() == pytest.approx(by[by["sex"] == "f"]["se"].tolist())
    jackknife = multiple_response(replicates(design, "JK1"), MEDIA, of="mentions").frame
    assert jackknife["se"].to_numpy() == pytest.approx(
        multiple_response(design, MEDIA, of="mentions").frame["se"].to_numpy(), rel=0.1
    )


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ([], {}, "no column is named"),
        (["q5_web", "q5_web"], {}, "q5_web is named more than once"),
        (MEDIA, {"of": "people"}, "of is 'people'"),
        (MEDIA, {"level": 95}, "level is 95"),
        (["blank"], {"selected": 1}, "there is no category of these columns '1'"),
        (["empty"], {"of": "mentions", "selected": 0, "where": "empty == 5"}, "nobody"),
        (MEDIA, {"selected": 7}, "there is no category of these columns '7'"),
        (["q5_we"], {}, "there is no variable 'q5_we'"),
        (
            MEDIA,
            {"where": "q5_radio == 0 and q5_web == 0 and q5_press == 0", "of": "mentions"},
            "nobody in the base has",
        ),
    ],
)
def test_what_makes_no_set_is_refused(columns, options, message):
    frame = wave().assign(blank=np.nan, empty=0.0)
    with pytest.raises((EstimationError, UnknownNameError), match=message):
        multiple_response(Design(frame), columns, **options)


def test_a_set_that_nobody_answered_is_refused():
    frame = pd.DataFrame({"q_a": [1.0, 0.0, None], "sex": ["f", "f", "m"]})
    with pytest.raises(EstimationError, match="nobody in the base has an answer in q_a"):
        multiple_response(Design(frame), ["q_a"], where={"sex": "m"})


def test_the_result_says_whose_shares_these_are(design):
    people, mentions = multiple_response(design, MEDIA), multiple_response(design, MEDIA, of="mentions", by="sex")
    assert "those who were asked, whether or not they chose an option" in str(people)
    assert "the mentions of those who chose an option" in str(mentions)
    chosen = wave()[MEDIA].sum(axis=1) @ wave()["weight"] / wave()["weight"].sum()
    assert f"q5: respondents in the base chose {chosen:.2f} options on average." in str(people)
    document = json.loads(json.dumps(mentions.document()))
    assert document["method"]["items"][0]["columns"] == MEDIA
    assert document["method"]["interval"] == "logit"
    assert "%" in mentions.to_markdown()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 100))
def test_scaling_the_weights_changes_no_share(seed, scale):
    frame = wave(seed, 60)
    scaled = frame.assign(weight=frame["weight"] * scale)
    for of in ("respondents", "mentions"):
        one, other = (
            multiple_response(Design(each, weight="weight", psu="community"), MEDIA, of=of, by="sex").frame
            for each in (frame, scaled)
        )
        assert other["estimate"].to_numpy() == pytest.approx(one["estimate"].to_numpy(), rel=1e-10)
        assert other["se"].to_numpy() == pytest.approx(one["se"].to_numpy(), rel=1e-8, abs=1e-12)


def test_one_column_is_a_set_of_one_and_not_a_word_spelt_out():
    found = multiple_response(Design(pd.DataFrame({"awards": ["Yes", "No", "Yes"]})), "awards", selected="Yes")
    assert found.frame[["item", "category"]].to_numpy().tolist() == [["awards", "awards"]]
    assert str(found).startswith("Share: awards (1 option)")
    with pytest.raises(EstimationError, match="5 names no column"):
        multiple_response(Design(pd.DataFrame({"awards": ["Yes", "No"]})), 5)
