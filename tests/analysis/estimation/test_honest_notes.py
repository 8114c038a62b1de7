"""What a result says where errors cannot be known, groups have no answers, or numbers cannot be squared; its deff."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.sampling.design import Design
from topline.data.errors import EstimationError


def towns() -> Design:
    frame = pd.DataFrame(
        {"town": np.repeat(range(6), 5), "y": np.tile([1.0, 2, 3, 4, 5], 6), "view": ["a", "b", "a", "a", "b"] * 6}
    )
    return Design(frame, psu="town")


def test_a_group_in_one_psu_says_that_its_error_is_not_known():
    result = mean(towns(), "y", by="town")
    assert set(result.to_frame()["se"]) == {0.0}
    assert "6 estimates rest on respondents of a single PSU, so there is no way to estimate an error" in str(
        result
    ).replace("\n  ", " ")
    assert not any("single PSU" in note for note in mean(towns(), "y").method["footnotes"])


@pytest.mark.parametrize("interval", ["logit", "beta", "wilson", "mean", "asin", "likelihood", "xlogit"])
def test_a_share_in_one_psu_has_an_interval_of_its_respondents(interval):
    frame = proportion(towns(), "view", category="a", by="town", interval=interval).to_frame()
    assert (frame["low"] < 0.3).all() and (frame["high"] > 0.8).all()


def test_the_degrees_of_freedom_printed_are_those_used():
    frame = pd.DataFrame({"town": range(12), "y": np.arange(12.0), "g": ["a"] * 4 + ["b"] * 8})
    result = mean(Design(frame, psu="town"), "y", by="g", df="domain")
    assert result.to_frame()["df"].tolist() == [3, 7]
    assert "df 3 to 7" in str(result) and result.method["df_used"] == [3, 7]
    single = mean(Design(frame, psu="town"), "y", by="town", df="domain")
    assert "12 estimates have no degrees of freedom and no interval." in single.method["footnotes"]


def test_groups_without_an_answer_are_named():
    frame = pd.DataFrame({"y": [1.0, 2, 3, 4, None, None], "g": list("aabbcc")})
    assert (
        "y: nobody has an answer among g c, so there is no row." in mean(Design(frame), "y", by="g").method["footnotes"]
    )


def test_a_key_called_category_is_a_key_where_there_are_no_categories():
    frame = pd.DataFrame({"y": [1.0, 2, 3, 4], "category": list("aabb")})
    assert mean(Design(frame), "y", by="category").to_frame()["category"].tolist() == ["a", "b"]
    with pytest.raises(EstimationError, match="by names category"):
        proportion(Design(frame), "y", by="category")


def test_numbers_too_small_to_square_are_refused():
    with pytest.raises(EstimationError, match="whose square vanishes"):
        mean(Design(pd.DataFrame({"y": [1e-170, 2e-170]})), "y")
    assert mean(Design(pd.DataFrame({"y": [0.0, 0.0]})), "y").to_frame()["estimate"].tolist() == [0]


def test_numbers_too_large_to_square_are_refused():
    with pytest.raises(EstimationError, match=r"y holds 1e\+200, whose square no computer number holds"):
        mean(Design(pd.DataFrame({"y": [1.0, -1e200]})), "y")


def test_deff_of_weights_that_count_the_population_is_against_sampling_without_replacement():
    data = pd.DataFrame({"y": [1.0, 4.0, 2.0, 7.0, 7.0], "people": [10] * 5})
    srs = mean(Design(data, fpc="people"), "y")
    assert srs.to_frame()["deff"][0] == pytest.approx(1, rel=1e-12)
    assert srs.method["deff_rule"] == "without replacement"


def test_deff_of_normalised_weights_is_against_sampling_with_replacement():
    data = pd.DataFrame({"y": [1.0, 4.0, 2.0, 7.0, 7.0]})
    srs = mean(Design(data), "y")
    assert srs.to_frame()["deff"][0] == pytest.approx(1, rel=1e-12)
    assert srs.method["deff_rule"] == "with replacement"
    assert any("deff is against sampling with replacement" in note for note in srs.method["footnotes"])


def test_deff_is_missing_where_a_group_outnumbers_its_weights():
    data = pd.DataFrame({"y": [1.0, 2.0, 5.0, 6.0, 9.0], "w": [0.5, 0.5, 9.0, 9.0, 9.0], "g": list("aabbb")})
    result = mean(Design(data, weight="w"), "y", by="g")
    assert result.document()["rows"][0]["deff"] is None
    assert result.to_frame()["deff"][1] > 0
    assert any("deff is missing where" in note for note in result.method["footnotes"])


def test_a_constant_has_no_deff():
    document = mean(Design(pd.DataFrame({"y": [0.1] * 7, "w": range(1, 8)}), weight="w"), "y").document()
    assert document["rows"][0]["deff"] is None
