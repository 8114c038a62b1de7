import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, total
from topline.analysis.sampling.design import Design
from topline.data.errors import DesignError


def wave(strata: list[int], **columns) -> pd.DataFrame:
    values = np.arange(1.0, len(strata) + 1) ** 2
    return pd.DataFrame({"stratum": strata, "y": values, **columns})


def se(frame: pd.DataFrame, **options) -> float:
    return float(total(Design(frame, **options), "y").to_frame()["se"].iloc[0])


def test_a_lone_psu_joins_the_stratum_after_it():
    frame = wave([1, 2, 2, 3, 3])
    joined = wave([2, 2, 2, 3, 3])
    assert se(frame, strata="stratum", lone_psu="collapse") == pytest.approx(se(joined, strata="stratum"), rel=1e-14)


def test_the_last_stratum_joins_the_one_before():
    frame = wave([1, 1, 2, 2, 3])
    assert se(frame, strata="stratum", lone_psu="collapse") == pytest.approx(
        se(wave([1, 1, 2, 2, 2]), strata="stratum"), rel=1e-14
    )


def test_two_lone_psus_beside_each_other_join_once():
    frame = wave([1, 2, 3, 3])
    design = Design(frame, strata="stratum", lone_psu="collapse")
    assert design.joined_strata == ("stratum 1 with stratum 2",)
    assert design.df == 2
    assert se(frame, strata="stratum", lone_psu="collapse") == pytest.approx(
        se(wave([1, 1, 3, 3]), strata="stratum"), rel=1e-14
    )


def test_population_counts_of_joined_strata_add_up():
    frame = wave([1, 2, 2, 3, 3], N=[5, 10, 10, 20, 20], w=[1.0] * 5)
    joined = wave([2, 2, 2, 3, 3], N=[15, 15, 15, 20, 20], w=[1.0] * 5)
    assert se(frame, weight="w", strata="stratum", fpc="N", lone_psu="collapse") == pytest.approx(
        se(joined, weight="w", strata="stratum", fpc="N"), rel=1e-14
    )


def test_a_stratum_drawn_whole_is_neither_lone_nor_joined():
    frame = wave([1, 2, 2, 3], N=[1, 10, 10, 8], w=[1.0] * 4)
    design = Design(frame, weight="w", strata="stratum", fpc="N", lone_psu="collapse")
    assert design.joined_strata == ("stratum 3 with stratum 2",)
    assert design.df == 2


def test_what_was_joined_is_printed():
    result = mean(Design(wave([1, 2, 2, 3, 3]), strata="stratum", lone_psu="collapse"), "y")
    assert "Strata of a single PSU are joined: stratum 1 with stratum 2." in str(result)


def test_nothing_to_join_with_is_refused():
    with pytest.raises(DesignError) as caught:
        Design(wave([1, 1], N=[30, 30]), psu="stratum", fpc="N", lone_psu="collapse")
    assert "finds no stratum to join the sample with" in str(caught.value)


def test_at_a_later_stage_strata_join_within_their_unit():
    frame = pd.DataFrame(
        {
            "town": [1, 1, 1, 2, 2, 2],
            "side": ["e", "w", "w", "e", "e", "w"],
            "house": range(6),
            "towns": 10,
            "houses": [4, 6, 6, 5, 5, 7],
            "y": [1.0, 4.0, 2.0, 7.0, 3.0, 8.0],
            "none": "all",
        }
    )
    options = {"psu": ["town", "house"], "fpc": ["towns", "houses"], "strata": ["none", "side"]}
    design = Design(frame, **options, lone_psu="collapse")
    assert design.joined_strata == (
        "none all, town 1, side e with none all, town 1, side w",
        "none all, town 2, side w with none all, town 2, side e",
    )
    joined = frame.assign(houses=[10, 10, 10, 12, 12, 12], w=design.weights)
    by_hand = Design(joined, weight="w", psu=["town", "house"], fpc=["towns", "houses"])
    assert total(design, "y").to_frame()["se"].iloc[0] == pytest.approx(
        total(by_hand, "y").to_frame()["se"].iloc[0], rel=1e-14
    )
