"""Columns of replicate weights that show another method than the one named are refused, adjusted ones doubted."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, total
from topline.analysis.replication.replicate_weights import replicate_design
from topline.analysis.replication.replicates import replicates
from topline.analysis.replication.weight_pattern import pattern_of
from topline.analysis.sampling.design import Design
from topline.data.errors import DesignError


def sample(psus: int = 2, strata: int = 6, rows: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = psus * strata * rows
    region, town = np.repeat(np.arange(strata), psus * rows), np.tile(np.repeat(np.arange(psus), rows), strata)
    return pd.DataFrame({"region": region, "town": town, "trust": rng.normal(5, 2, n), "w": rng.uniform(5, 40, n)})


def columns_of(made: str, decimals: int | None = None, **options) -> pd.DataFrame:
    """Give a sample with columns of replicate weights of a method."""
    if made == "JK2":
        frame = sample()
        here = frame["region"].to_numpy()[:, None] == np.arange(6)
        weights = frame["w"].to_numpy()[:, None] * np.where(here, 2.0 * (frame["town"].to_numpy()[:, None] == 0), 1.0)
    else:
        frame = sample(**{name: options.pop(name) for name in ("psus", "strata", "rows") if name in options})
        named = {} if made == "JK1" else {"strata": "region"}
        psu = frame["region"] * 100 + frame["town"]
        own = replicates(Design(frame.assign(town=psu), weight="w", psu="town", **named), made, **options).replication
        weights = np.column_stack([own.weights(at) for at in range(len(own))])
    if decimals is not None:
        weights, frame["w"] = np.round(weights, decimals), frame["w"].round(decimals)
    return pd.concat([frame, pd.DataFrame(weights).add_prefix("rep")], axis=1)


def given(frame: pd.DataFrame, method: str, **options) -> Design:
    return replicate_design(frame, **{"weight": "w", "replicates": "rep", "method": method} | options)


def adjusted(frame: pd.DataFrame) -> pd.DataFrame:
    """Give every replicate another correction, as weighting for nonresponse within each replicate does."""
    rng, names = np.random.default_rng(8), [name for name in frame if name.startswith("rep")]
    return frame.assign(**{name: frame[name] * rng.uniform(0.93, 1.08, len(frame)) for name in names})


def footnotes(design: Design) -> str:
    return " ".join(mean(design, "trust").method["footnotes"])


MADE = {
    "BRR": {},
    "Fay": {"fay": 0.3},
    "JK1": {},
    "JKn": {"psus": 3},
    "JK2": {},
    "bootstrap": {"psus": 4, "seed": 1, "replicates": 60},
    "successive difference": {"psus": 4},
}


@pytest.mark.parametrize("decimals", [None, 2])
@pytest.mark.parametrize("made", MADE)
def test_the_right_method_is_taken_without_a_word(made, decimals):
    options = {"fay": 0.3} if made == "Fay" else {"rscales": 2 / 3} if made == "JKn" else {}
    frame = columns_of(made, decimals, **MADE[made])
    design = given(frame, made, **options)
    assert design.replication.notes == ()
    assert len(total(design, "trust").to_frame()) == 1


@pytest.mark.parametrize(
    ("made", "named", "options", "remedy"),
    [
        ("Fay", "BRR", {}, r"no BRR weights: each is 0.3 or 1.7 times the weight. Say method='Fay', fay=0.3;"),
        ("Fay", "Fay", {"fay": 0.5}, r"no Fay weights of rho 0.5: each is 0.3 or 1.7 .*Say method='Fay', fay=0.3"),
        ("BRR", "Fay", {"fay": 0.5}, r"no Fay weights of rho 0.5: each is 0 or 2 times the weight. Say method='BRR'"),
        ("BRR", "JK1", {}, r"Say method='BRR'"),
        ("BRR", "JK2", {}, r"Say method='BRR'"),
        ("BRR", "JKn", {"rscales": 0.5}, r"Say method='BRR'"),
        ("BRR", "SDR", {}, r"Say method='BRR'"),
        ("Fay", "bootstrap", {}, r"Say method='Fay', fay=0.3"),
        ("JK1", "BRR", {}, r"each row is 0 in one replicate at most.*say method='JK1'"),
        ("JK1", "bootstrap", {}, r"say method='JK1'"),
        ("JK1", "JK2", {}, r"say method='JK1'"),
        ("JKn", "JK1", {}, r"Those of its stratum are raised.*say method='JKn' with rscales of \(n - 1\) / n"),
        ("JKn", "BRR", {}, r"say method='JKn'"),
        ("JKn", "JK2", {}, r"say method='JKn'"),
        ("JK2", "JK1", {}, r"one of two is left out and the other doubled: say method='JK2'"),
        ("JK2", "JKn", {"rscales": 0.5}, r"say method='JK2'"),
        ("JK2", "Fay", {"fay": 0.5}, r"say method='JK2'"),
        ("successive difference", "BRR", {}, r"0.293, 1 or 1.707 times the weight. Say method='successive difference'"),
        ("successive difference", "bootstrap", {}, r"Say method='successive difference'"),
    ],
)
@pytest.mark.parametrize("combined", [True, False])
def test_a_method_that_the_columns_contradict_is_refused_with_the_one_they_show(made, named, options, remedy, combined):
    frame = columns_of(made, **MADE[made])
    if not combined:
        names = [name for name in frame if name.startswith("rep")]
        frame[names] = frame[names].div(frame["w"], axis=0)
    with pytest.raises(DesignError, match=remedy):
        given(frame, named, combined=combined, **options)


@pytest.mark.parametrize(
    ("made", "named", "options"),
    [
        ("BRR", "bootstrap", {}),
        ("BRR", "Fay", {"fay": 0.0}),
        ("Fay", "other", {"scale": 1 / (8 * 0.49)}),
        ("JKn", "JK1", {"scale": 2 / 3}),
        ("JK1", "JKn", {"rscales": 11 / 12}),
        ("JK2", "JKn", {"rscales": 1.0}),
    ],
)
def test_another_name_for_the_same_squares_is_taken(made, named, options):
    assert given(columns_of(made, **MADE[made]), named, **options).replication.notes == ()


def test_two_half_samples_are_a_jackknife_of_two_as_well():
    frame = columns_of("JK1", psus=2, strata=1)
    errors = [total(given(frame, method), "trust").to_frame()["se"].iloc[0] for method in ("JK1", "BRR")]
    assert errors[0] == pytest.approx(errors[1])


@pytest.mark.parametrize(
    ("made", "named", "options", "told"),
    [
        ("Fay", "BRR", {}, "No replicate weight is zero, and half of those of BRR are. They may be Fay's"),
        ("Fay", "Fay", {"fay": 0.7}, "lie below 0.3 times it, where Fay's rho is 0.7"),
        ("BRR", "Fay", {"fay": 0.5}, "Some replicate weights are zero, and none of Fay's are"),
        ("JKn", "BRR", {}, "have it in 6% of the replicates, and those of BRR in half of them"),
        ("BRR", "JK1", {}, "of the replicates, and JK1 leaves everybody out once at most"),
        ("Fay", "JK2", {}, "No replicate weight is zero, and JK2 leaves somebody out of every replicate"),
    ],
)
def test_adjusted_weights_that_look_of_another_method_are_taken_with_a_footnote(made, named, options, told):
    assert told in footnotes(given(adjusted(columns_of(made, **MADE[made])), named, **options))


@pytest.mark.parametrize("made", MADE)
def test_adjusted_weights_of_the_right_method_have_no_footnote(made):
    options = {"fay": 0.3} if made == "Fay" else {"rscales": 2 / 3} if made == "JKn" else {}
    assert given(adjusted(columns_of(made, **MADE[made])), made, **options).replication.notes == ()


def test_strata_drawn_whole_and_rows_without_weight_hide_no_half_samples():
    frame = columns_of("Fay", fay=0.3)
    names = [name for name in frame if name.startswith("rep")]
    frame.loc[frame["region"] == 0, names] = frame.loc[frame["region"] == 0, ["w"] * len(names)].to_numpy()
    frame.loc[frame.index[-2:], ["w", *names]] = 0.0
    with pytest.raises(DesignError, match=r"fay=0\.3"):
        given(frame, "BRR")


def test_a_look_at_some_rows_of_a_large_file_is_enough():
    frame = columns_of("Fay", fay=0.3, rows=400)
    assert len(frame) > 2000
    with pytest.raises(DesignError, match=r"fay=0\.3"):
        given(frame, "BRR")


def test_replicates_that_change_no_weight_show_no_method():
    assert pattern_of(np.ones(5), np.ones((5, 3))).kind == "unknown"
