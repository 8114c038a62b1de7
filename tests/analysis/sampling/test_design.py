import numpy as np
import pandas as pd
import polars as pl
import pytest

from topline.analysis.estimation.estimate import mean
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.errors import DesignError, EstimationError, UnknownNameError


def wave(**columns) -> pd.DataFrame:
    base = {"trust": [1.0, 2.0, 3.0, 4.0], "w": [1.0, 1.0, 2.0, 2.0], "province": ["n", "n", "s", "s"]}
    return pd.DataFrame({**base, **columns})


def refused(data: pd.DataFrame, **options) -> str:
    with pytest.raises(DesignError) as caught:
        Design(data, **options)
    return str(caught.value)


def test_weights_come_from_the_column_when_one_is_named():
    design = Design(wave(), weight="w")
    assert design.weights.tolist() == [1, 1, 2, 2]
    assert design.weight_source == "weights from column w"


def test_weights_are_one_without_column_and_fpc():
    design = Design(wave())
    assert design.weights.tolist() == [1, 1, 1, 1]
    assert design.weight_source == "equal weights of 1"


def test_weights_follow_from_population_counts_at_every_stage():
    data = wave(town=[1, 1, 2, 2], towns=[10, 10, 10, 10], people=[6, 6, 8, 8])
    data["person"] = range(4)
    design = Design(data, psu=["town", "person"], fpc=["towns", "people"])
    assert design.weights.tolist() == [10 / 2 * 6 / 2] * 2 + [10 / 2 * 8 / 2] * 2
    assert "fpc (towns, people)" in design.weight_source


def test_weights_follow_from_sampling_fractions():
    design = Design(wave(fraction=[0.1, 0.1, 0.25, 0.25]), strata="province", fpc="fraction")
    assert design.weights.tolist() == pytest.approx([10, 10, 4, 4])
    assert design.stages[0].population.tolist() == pytest.approx([20, 8])


def test_stages_without_an_fpc_after_stages_with_one_are_complete():
    data = wave(town=[1, 1, 2, 2], person=[1, 2, 3, 4], towns=[10, 10, 10, 10])
    design = Design(data, weight="w", psu=["town", "person"], fpc="towns")
    assert len(design.stages) == 1
    assert "later stages complete" in mean(design, "trust").method["variance"]


def test_weights_do_not_follow_from_an_fpc_that_a_stage_lacks():
    data = wave(town=[1, 1, 2, 2], person=[1, 2, 3, 4], towns=[10, 10, 10, 10])
    message = refused(data, psu=["town", "person"], fpc="towns")
    assert "fpc (towns): it is given for 1 of 2 stages of units (town, person)" in message
    assert "weight='...'" in message


def test_without_fpc_the_first_stage_alone_carries_the_variance_and_the_method_says_so():
    data = wave(town=[1, 1, 2, 2], person=[1, 2, 3, 4])
    method = mean(Design(data, psu=["town", "person"]), "trust").method
    assert method["variance"] == (
        "Taylor linearisation, with replacement; of 2 stages of units only the first, as no fpc is given"
    )


def test_psu_ids_repeat_across_strata():
    design = Design(wave(village=[1, 2, 1, 2]), strata="province", psu="village")
    assert design.df == 2
    assert len(np.unique(design.stages[0].unit)) == 4


def test_degrees_of_freedom_count_only_rows_of_positive_weight():
    data = wave(village=[1, 2, 1, 2], w=[1.0, 1.0, 1.0, 0.0])
    design = Design(data, weight="w", strata="province", psu="village")
    assert design.df == 1


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ([1, None, 2, 2], "missing in 1 of 4 rows"),
        ([1, -1, -2, 2], "negative in 2 of 4 rows"),
        ([1, np.inf, 2, 2], "infinite in 1 of 4 rows"),
        ([0, 0, 0, 0], "zero in all 4 rows"),
    ],
)
def test_bad_weights_are_refused_by_name_with_the_count(weights, told):
    message = refused(wave(w=weights), weight="w")
    assert message.startswith("weight 'w' is ")
    assert told in message


def test_every_fault_of_the_weights_is_told_at_once():
    assert "missing in 1 and negative in 1 of 4 rows" in refused(wave(w=[1, None, -1, 2]), weight="w")


def test_text_is_no_weight():
    from topline.data.errors import EstimationError

    with pytest.raises(EstimationError, match="province holds text, and a weight needs numbers"):
        Design(wave(), weight="province")


@pytest.mark.parametrize("role", ["strata", "psu"])
def test_missing_ids_are_refused_with_the_count(role):
    message = refused(wave(place=["a", None, None, "b"]), **{role: "place"})
    assert message.startswith(f"{role} 'place' is missing in 2 of 4 rows")


def test_a_code_declared_missing_is_no_stratum():
    frame = wave(area=[1.0, 1.0, 9.0, 9.0])
    variables = [Variable(name) for name in frame.columns[:-1]] + [Variable("area", missing={9.0: MissingKind.OTHER})]
    study = Study(frame, Codebook(tuple(variables)))
    with pytest.raises(DesignError, match="strata 'area' is missing in 2 of 4 rows"):
        Design(study, strata="area")


@pytest.mark.parametrize("role", ["weight", "strata", "psu", "fpc"])
def test_unknown_columns_are_named_with_the_nearest(role):
    with pytest.raises(UnknownNameError, match="Did you mean 'province'"):
        Design(wave(), **{role: "provnce"})


def test_fpc_below_the_sample_names_the_stratum():
    message = refused(wave(people=[100, 100, 1.5, 1.5]), strata="province", fpc="people")
    assert "fpc 'people' says 1.5 units in province s, but 2 are in the sample" in message


def test_fpc_that_varies_within_a_stratum_names_it_with_both_values():
    message = refused(wave(people=[100, 200, 50, 50]), strata="province", fpc="people")
    assert "varies within province n: 100 and 200" in message


def test_fpc_without_strata_that_varies_names_the_sample():
    assert "varies within the sample: 100 and 50" in refused(wave(people=[100, 100, 50, 50]), fpc="people")


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ([100, None, 50, 50], "missing in 1 of 4 rows"),
        ([100, 100, 0, -1], "zero or negative in 2 of 4 rows"),
        ([100, 100, 0.5, 0.5], "mixes population counts"),
    ],
)
def test_bad_fpc_is_refused(people, told):
    assert told in refused(wave(people=people), strata="province", fpc="people")


def test_an_infinite_fpc_is_sampling_with_replacement():
    data = wave(people=[np.inf] * 4)
    assert "gives no weights" in refused(data, fpc="people")
    infinite = mean(Design(data, weight="w", fpc="people"), "trust").to_frame()
    plain = mean(Design(data, weight="w"), "trust").to_frame()
    assert infinite["se"][0] == plain["se"][0]


def test_more_stages_of_fpc_than_units_are_refused():
    message = refused(wave(a=[9] * 4, b=[9] * 4), fpc=["a", "b"])
    assert "fpc is given for 2 stages (a, b), but psu names none" in message


def test_more_stages_of_strata_than_units_are_refused():
    assert "strata is given for 2 stages" in refused(wave(sex=[1, 2, 1, 2]), strata=["province", "sex"], psu="w")


def test_a_lone_psu_stops_and_the_strata_are_named():
    data = wave(province=["n", "s", "s", "w"])
    message = refused(data, strata="province")
    assert message.startswith("only one PSU in province n; province w: ")
    assert "lone_psu='centre'" in message


def test_many_lone_psus_are_counted():
    data = pd.DataFrame({"place": range(9), "x": range(9)})
    assert "place 4 and 4 more" in refused(data, strata="place")


def test_one_row_has_no_variance():
    assert refused(pd.DataFrame({"x": [1]})).startswith("only one PSU in the sample")


def test_a_lone_unit_at_the_second_stage_stops_too():
    data = wave(town=[1, 1, 2, 3], person=[1, 2, 3, 4], towns=[10] * 4, people=[5] * 4)
    message = refused(data, psu=["town", "person"], fpc=["towns", "people"])
    assert message.startswith("only one unit at stage 2 in town 2; town 3")


def test_a_lone_unit_is_named_with_the_stratum_of_the_unit_above():
    data = wave(town=[1, 2, 1, 2], person=[1, 2, 3, 4], towns=[10] * 4, people=[5] * 4)
    message = refused(data, strata="province", psu=["town", "person"], fpc=["towns", "people"])
    assert message.startswith("only one unit at stage 2 in province n, town 1; province n, town 2; province s, town 1")


def test_a_stratum_drawn_whole_is_not_lone():
    data = wave(province=["n", "s", "s", "s"], people=[1, 9, 9, 9])
    assert Design(data, strata="province", fpc="people").df == 2


def test_no_rows_are_refused():
    assert "holds no rows" in refused(wave().iloc[:0])


def test_an_unknown_rule_for_lone_psus_is_refused():
    assert "'fail', 'centre', 'certainty', 'average'" in refused(wave(), lone_psu="adjust")


def test_every_kind_of_frame_gives_the_same_estimate():
    plain = wave()
    frames = [
        plain,
        plain.convert_dtypes(),
        plain.convert_dtypes(dtype_backend="pyarrow"),
        plain.astype({"province": "category"}),
        plain.set_index(np.array([7, 7, 8, 9])),
        pl.from_pandas(plain),
        pl.from_pandas(plain).lazy(),
    ]
    for frame in frames:
        row = mean(Design(frame, weight="w", strata="province"), "trust", by="province").to_frame()
        assert row["estimate"].tolist() == [1.5, 3.5]
        assert row["province"].tolist() == ["n", "s"]


def test_a_design_cannot_be_changed():
    design = Design(wave(), weight="w")
    with pytest.raises(AttributeError):
        design.weight = "trust"
    with pytest.raises(ValueError, match="read-only"):
        design.weights[0] = 5.0


def test_weights_leave_as_a_labelled_column():
    study = Design(wave(), weight="w").study_with_weights("final")
    assert study.frame["final"].tolist() == [1, 1, 2, 2]
    assert study.codebook["final"].label == "Weight: weights from column w"


def test_weights_do_not_overwrite_a_column():
    with pytest.raises(DesignError, match="has a column 'w' already"):
        Design(wave(), weight="w").study_with_weights("w")


def test_a_design_prints_in_one_line():
    assert repr(Design(wave(), weight="w", strata="province")) == (
        "<Design: 4 rows; weights from column w; strata province>"
    )


def test_population_sizes_below_the_sample_name_stratum_and_unit():
    data = pd.DataFrame({"province": ["n"] * 4 + ["s"] * 4, "town": [0] * 8, "person": range(8), "towns": 5})
    data["people"] = [4] * 4 + [3] * 4
    message = refused(data, strata="province", psu=["town", "person"], fpc=["towns", "people"], lone_psu="centre")
    assert message.startswith("fpc 'people' says 3 units in province s, town 0, but 4 are in the sample")


def test_remedies_are_named_for_python_and_the_command_line():
    lone = pd.DataFrame({"province": ["n", "s", "s"]})
    assert "lone_psu='centre' (--lone-psu centre; conservative)" in refused(lone, strata="province")
    stages = refused(wave(towns=9), fpc=["towns", "towns"])
    assert "psu=['school', 'pupil'], fpc=['schools', 'pupils'] (--psu school,pupil --fpc schools,pupils)" in stages


def test_ids_too_long_for_codes_are_refused_not_merged():
    data = pd.DataFrame({"y": range(8), "p": 10**17 + np.arange(8) // 2})
    with pytest.raises(EstimationError, match=r"p holds whole numbers beyond .* turn the column into text"):
        Design(data, psu="p")
    assert Design(data.assign(p=data["p"].astype(str)), psu="p").df == 3
    with pytest.raises(EstimationError, match="whole numbers beyond"):
        mean(Design(data.assign(p=[2**62, -(2**62)] * 4)), "y", by="p")


@pytest.mark.parametrize("factor", [1e-200, 1e200])
def test_weights_whose_squares_are_no_numbers_are_refused(factor):
    assert "divide the weights by their mean" in refused(wave(w=[factor] * 4), weight="w")
