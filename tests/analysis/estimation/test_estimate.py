import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topline.analysis.diagnosing.weights import weight_summary
from topline.analysis.estimation.estimate import mean, proportion, ratio, total
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, MissingKind, Study, Variable, study_of
from topline.data.description import SIMULATED
from topline.data.errors import DesignError, EstimationError, UnknownNameError, WeightingError

NUMBERS = ["estimate", "se", "low", "high", "n", "weighted_n", "deff", "df", "effective_n", "cv"]

TRAVEL = Variable(
    "travel",
    label="Restrict travel",
    labels={1.0: "oppose", 2.0: "neither", 3.0: "support", 4.0: "strongly support", 8.0: "don't know", 9.0: "refused"},
    missing={8.0: MissingKind.DONT_KNOW, 9.0: MissingKind.REFUSED, -9.0: MissingKind.NOT_ASKED},
    wording={"en": "How far do you support or oppose this?"},
    collapse={"in favour": (3.0, 4.0)},
)


def survey() -> Study:
    frame = pd.DataFrame(
        {
            "travel": [1.0, 2.0, 3.0, 3.0, 4.0, 8.0, 8.0, 9.0, -9.0, np.nan],
            "sex": [2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, np.nan],
            "weight": [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0],
        }
    )
    sex = Variable("sex", labels={2.0: "female", 1.0: "male"})
    return Study(frame, Codebook((TRAVEL, sex, Variable("weight"))))


def design() -> Design:
    return Design(survey(), weight="weight")


def test_a_proportion_lists_every_answer_in_codebook_order_unused_ones_included():
    study = survey()
    frame = study.frame.assign(travel=study.frame["travel"].replace({2.0: 1.0}))
    result = proportion(Design(Study(frame, study.codebook)), "travel").to_frame()
    assert result["category"].tolist() == ["oppose", "neither", "support", "strongly support"]
    assert result["estimate"].tolist() == [0.4, 0.0, 0.4, 0.2]
    assert list(result.columns) == ["item", "category", *NUMBERS]


def test_dont_know_and_refused_are_outside_the_substantive_base():
    row = proportion(design(), "travel", category="in favour").to_frame().iloc[0]
    assert row["estimate"] == pytest.approx(4 / 7)
    assert (row["n"], row["weighted_n"]) == (5, 7)


def test_base_all_counts_dont_know_and_refused_but_not_the_unasked():
    result = proportion(design(), "travel", base="all").to_frame()
    assert result["n"].unique().tolist() == [8]
    assert result["estimate"].sum() == pytest.approx(1)
    assert dict(zip(result["category"], result["estimate"], strict=True))["don't know"] == pytest.approx(3 / 12)
    row = proportion(design(), "travel", category="in favour", base="all").to_frame().iloc[0]
    assert row["estimate"] == pytest.approx(4 / 12)


@pytest.mark.parametrize("category", [3, 3.0, "3", "support"])
def test_a_category_is_named_by_code_text_or_label(category):
    result = proportion(design(), "travel", category=category)
    assert result.to_frame()[["category", "estimate"]].to_numpy().tolist() == [["support", 3 / 7]]
    assert result.category_codes == ((3.0,),)


def test_several_categories_and_named_groups_may_overlap():
    listed = proportion(design(), "travel", category=["in favour", 4, "oppose"])
    assert listed.to_frame()["category"].tolist() == ["in favour", "strongly support", "oppose"]
    grouped = proportion(design(), "travel", category={"top": [4], "any": ["support", 4, 2]})
    assert grouped.to_frame()["estimate"].tolist() == pytest.approx([1 / 7, 6 / 7])
    assert grouped.category_codes == ((4.0,), (3.0, 4.0, 2.0))


def test_a_collapse_says_what_it_counts():
    method = proportion(design(), "travel", category="in favour").method
    assert "travel: 'in favour' counts support, strongly support." in method["footnotes"]


def test_an_unknown_category_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no category of travel 'suport'\. Did you mean 'support'"):
        proportion(design(), "travel", category="suport")


def with_two_others() -> Study:
    party = Variable("party", labels={1.0: "Reform", 8.0: "Other", 9.0: "Other"})
    return Study(pd.DataFrame({"party": [1.0, 8.0, 8.0, 9.0], "y": [1.0, 2, 3, 4]}), Codebook((party, Variable("y"))))


def test_a_label_that_two_codes_carry_is_refused_and_the_codes_are_named():
    design = Design(with_two_others())
    for category in ("Other", "other", {"rest": ["Other"]}):
        with pytest.raises(EstimationError, match=r"party: .[Oo]ther. names codes 8 and 9; name the code you mean"):
            proportion(design, "party", category=category)
    with pytest.raises(WeightingError, match="margin party: party: 'Other' names codes 8 and 9"):
        rake(design, {"party": {"Reform": 0.5, "Other": 0.5}})
    assert proportion(design, "party", category=8).to_frame()["estimate"].tolist() == [0.5]


def test_categories_and_groups_of_one_label_are_told_apart_by_their_codes():
    design = Design(with_two_others())
    assert proportion(design, "party").to_frame()["category"].tolist() == ["Reform", "Other (8)", "Other (9)"]
    assert proportion(design, "party", category="Other (9)").to_frame()["estimate"].tolist() == [0.25]
    assert mean(design, "y", by="party").to_frame()["party"].tolist() == ["Reform", "Other (8)", "Other (9)"]
    raked = rake(design, {"party": {"1": 0.5, "8": 0.25, "9": 0.25}})
    assert raked.raking.table["category"].tolist() == ["Reform", "Other (8)", "Other (9)"]


def test_a_share_fixed_by_strata_or_margins_has_no_error_and_no_design_effect():
    data = pd.DataFrame({"place": ["x"] * 7 + ["y"] * 13, "units": [100] * 7 + [300] * 13, "sex": ["f", "m"] * 10})
    data["w"] = np.linspace(1.1, 9.7, 20)
    fixed = proportion(Design(data, strata="place", fpc="units"), "place")
    raked = proportion(rake(Design(data, weight="w"), {"sex": {"f": 0.51, "m": 0.49}}), "sex")
    for result in (fixed, raked):
        frame = result.to_frame()
        assert frame["se"].tolist() == [0, 0]
        assert frame["low"].tolist() == frame["high"].tolist() == pytest.approx(frame["estimate"].tolist(), rel=1e-12)
        assert [row["deff"] for row in result.document()["rows"]] == [None, None]


def test_a_constant_of_any_size_has_no_spread():
    row = mean(Design(pd.DataFrame({"y": [1e140] * 4})), "y").to_frame().iloc[0]
    assert (row["estimate"], row["se"]) == (1e140, 0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"items": 5}, "5 names no column"),
        ({"by": 5}, "5 names no column"),
        ({"level": "95"}, "level is '95'"),
        ({"level": None}, "level is None"),
    ],
)
def test_arguments_of_another_kind_are_refused_in_words(options, words):
    with pytest.raises(EstimationError) as caught:
        mean(design(), **{"items": "weight", **options})
    assert words in str(caught.value)


def test_a_category_that_is_missing_is_explained():
    with pytest.raises(EstimationError, match=r"is missing \(don't know\) and .*; base='all' \(--base all\) counts it"):
        proportion(design(), "travel", category="don't know")


@pytest.mark.parametrize("category", [[], {"none": []}])
def test_no_category_is_refused(category):
    with pytest.raises(EstimationError, match="no category is chosen"):
        proportion(design(), "travel", category=category)


def test_groups_come_in_codebook_order_with_labels_and_their_codes_stay():
    result = proportion(design(), "travel", category=[3, 4], by="sex")
    frame = result.to_frame()
    assert frame["sex"].tolist() == ["female", "female", "male", "male"]
    assert frame["category"].tolist() == ["support", "strongly support"] * 2
    assert result.key_codes == ((2.0,), (2.0,), (1.0,), (1.0,))
    assert result.by == ("sex",)


def test_rows_without_a_key_are_counted():
    method = mean(design(), "weight", by="sex").method
    assert method["missing_keys"] == {"sex": 1}
    assert "1 row has no value of sex and is in no group." in method["footnotes"]


def test_missing_values_are_counted_by_kind():
    method = proportion(design(), "travel").method
    assert method["items"][0]["missing"] == {"blank": 1, "dont_know": 2, "refused": 1, "not_asked": 1}
    assert method["footnotes"][0] == (
        "travel: 5 of 10 rows are not in the base (blank 1, don't know 2, refused 1, not asked 1)."
    )


VERBS = {
    "proportion": lambda given: proportion(given, "y"),
    "mean": lambda given: mean(given, "y"),
    "total": lambda given: total(given, "y"),
    "rake": lambda given: rake(given, {"sex": {"f": 0.5, "m": 0.5}}),
    "weight_summary": weight_summary,
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("d.csv", "text, 'd.csv'. Make one first: Design(read_study('d.csv')), with weight="),
        (Path("d.csv"), "text, 'd.csv'. Make one first: Design(read_study('d.csv')), with weight="),
        (pd.DataFrame({"y": [1]}), "a DataFrame. Make one first: Design(data), with weight="),
        (None, "a NoneType. Make one first: Design(data), with weight="),
    ],
)
def test_what_is_no_design_is_refused_with_how_to_make_one(verb, given, words):
    with pytest.raises(EstimationError) as caught:
        VERBS[verb](given)
    assert str(caught.value).startswith(f"{verb} needs a Design and was given {words}")


def invented() -> Study:
    data = pd.DataFrame({"travel": [1.0, 2.0, 2.0, 2.0], "sex": ["f", "m", "f", "m"]})
    known = study_of(data).codebook
    return Study(data, replace(known, notes=("Questionnaire q, version 1", SIMULATED)))


@pytest.mark.parametrize("estimate", [proportion, mean, total])
def test_estimates_from_simulated_respondents_say_so_first(estimate):
    result = estimate(Design(invented()), "travel")
    assert result.method["simulated"] is True
    assert result.document()["method"]["footnotes"][0] == "Simulated respondents; no person was asked."
    first = "Simulated respondents; no person was asked."
    assert str(result).startswith(first) and str(result).count(first) == 1
    assert result.to_markdown().startswith(f"**{first}**")
    assert f'<p class="lead">{first}</p>\n<h1>' in result.to_html()
    assert result.plot().to_dict()["title"]["subtitle"][0] == first
    real = estimate(design(), "weight" if estimate is not proportion else "travel")
    assert real.method["simulated"] is False
    assert "imulated" not in str(real)


def test_a_column_of_weights_that_was_raked_says_that_errors_do_not_know_of_it():
    raked = rake(design(), {"sex": {"female": 0.5, "male": 0.5}}, missing="own_class", bounds=(0.2, 5))
    again = Design(raked.study_with_weights("raked"), weight="raked")
    note = (
        "The weights in column raked are raked on sex to given margins within 0.2 to 5, and errors treat them as "
        "fixed. From the study folder, or weighted here, errors carry every step."
    )
    assert note in mean(again, "travel").method["footnotes"]
    assert note not in mean(raked, "travel").method["footnotes"]
    assert note not in mean(Design(raked.study_with_weights("raked"), weight="weight"), "travel").method["footnotes"]


def test_a_note_of_the_file_tells_of_a_raked_column_too():
    known = invented()
    noted = Study(known.frame.assign(w=1.0), study_of(known.frame.assign(w=1.0)).codebook)
    noted = replace(noted, codebook=replace(noted.codebook, notes=("Weight w raked on age to census.", "w is ours")))
    assert "column w are raked on age to census, and" in str(mean(Design(noted, "w"), "travel"))
    assert "raked" not in str(mean(Design(noted), "travel"))


def test_a_mean_leaves_codes_declared_missing_out():
    row = mean(design(), "travel").to_frame().iloc[0]
    assert row["estimate"] == pytest.approx((1 + 2 * 2 + 3 + 3 * 2 + 4) / 7)


def test_a_range_declared_missing_is_left_out():
    from topline.data.codebook import MissingRange

    frame = pd.DataFrame({"age": [30.0, 40.0, 998.0, 999.0]})
    variable = Variable("age", missing_ranges=(MissingRange(900, np.inf, MissingKind.REFUSED),))
    result = mean(Design(Study(frame, Codebook((variable,)))), "age")
    assert result.to_frame()["estimate"].tolist() == [35]
    assert result.method["items"][0]["missing"] == {"refused": 2}


def test_numbers_print_without_a_needless_point():
    data = pd.DataFrame({"score": [1.0, 2.0, 2.0, 1.0], "area": [1.0, 1.0, 2.0, 2.0]})
    frame = proportion(Design(data), "score", by="area").to_frame()
    assert frame["category"].tolist() == [1, 2, 1, 2]
    assert [type(value) for value in frame["area"]] == [int] * 4


def test_a_boolean_can_be_averaged_and_counted():
    data = pd.DataFrame({"voted": [True, True, False, True]})
    assert mean(Design(data), "voted").to_frame()["estimate"][0] == 0.75
    assert proportion(Design(data), "voted", category="True").to_frame()["estimate"][0] == 0.75


def test_combinations_that_do_not_occur_have_no_row():
    data = pd.DataFrame({"y": [1, 2, 3, 4], "a": ["x", "x", "z", "z"], "b": [1, 2, 1, 1]})
    frame = mean(Design(data), "y", by=["a", "b"]).to_frame()
    assert frame[["a", "b"]].to_numpy().tolist() == [["x", 1], ["x", 2], ["z", 1]]


def test_a_group_without_answers_has_no_row():
    data = pd.DataFrame({"y": [1.0, 2.0, np.nan], "a": ["x", "x", "z"]})
    assert mean(Design(data), "y", by="a").to_frame()["a"].tolist() == ["x"]


def test_zero_weights_add_nothing_and_are_counted():
    data = pd.DataFrame({"y": [1.0, 3.0, 100.0], "w": [1.0, 1.0, 0.0]})
    result = mean(Design(data, weight="w"), "y")
    assert result.to_frame()[["estimate", "n", "df"]].to_numpy().tolist() == [[2, 2, 1]]
    assert result.method["zero_weights"] == 1


def test_unknown_items_and_keys_name_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'travel'"):
        proportion(design(), "travl")
    with pytest.raises(UnknownNameError, match="Did you mean 'sex'"):
        proportion(design(), "travel", by="sx")


def test_an_item_without_answers_is_refused_with_the_kinds_of_missing():
    data = pd.DataFrame({"y": [np.nan, np.nan], "z": [1, 2]})
    with pytest.raises(EstimationError, match=r"y: all 2 values are missing \(blank 2\)"):
        mean(Design(data), "y")


def test_answers_without_weight_or_key_are_refused():
    data = pd.DataFrame({"y": [1.0, np.nan], "w": [0.0, 1.0], "k": ["a", "b"]})
    with pytest.raises(EstimationError, match="none of the 1 rows with an answer has a weight above zero"):
        mean(Design(data, weight="w"), "y")


def test_a_key_without_values_is_refused():
    data = pd.DataFrame({"y": [1.0, 2.0], "k": pd.Series([None, None], dtype="str")})
    with pytest.raises(EstimationError, match=r"no row has a value for every key of by \(k\)"):
        mean(Design(data), "y", by="k")


def test_infinite_values_are_refused_with_the_count():
    with pytest.raises(EstimationError, match="y: 1 of 3 values is infinite"):
        mean(Design(pd.DataFrame({"y": [1.0, np.inf, 2.0]})), "y")


def test_names_given_twice_are_refused():
    with pytest.raises(EstimationError, match="y is named more than once"):
        mean(Design(pd.DataFrame({"y": [1.0, 2.0]})), ["y", "y"])
    with pytest.raises(EstimationError, match="by names y more than once"):
        mean(Design(pd.DataFrame({"y": [1.0, 2.0]})), "y", by=["y", "y"])
    with pytest.raises(EstimationError, match="no item is named"):
        mean(Design(pd.DataFrame({"y": [1.0, 2.0]})), [])


def test_a_key_named_like_a_result_column_is_refused():
    with pytest.raises(EstimationError, match="by names n, which is a column of every result"):
        mean(Design(pd.DataFrame({"y": [1.0, 2.0], "n": [1, 2]})), "y", by="n")


@pytest.mark.parametrize("option", [{"base": "everyone"}, {"interval": "wald"}, {"deff": "kish"}])
def test_unknown_options_are_refused_with_the_known_ones(option):
    with pytest.raises(EstimationError, match="it can be '"):
        proportion(design(), "travel", **option)


def lonely(**options) -> Design:
    data = pd.DataFrame({"y": [1.0, 2.0, 4.0, 8.0, 9.0], "s": [1, 1, 2, 2, 3], "k": list("aabbb")})
    return Design(data, strata="s", **options)


def test_lone_psus_are_ordered_from_certainty_over_average_to_centre():
    errors = {
        rule: total(lonely(lone_psu=rule), "y").to_frame()["se"][0] for rule in ("certainty", "average", "centre")
    }
    assert errors["certainty"] < errors["average"] < errors["centre"]


def test_average_counts_the_strata_a_group_is_in():
    by_rule = {rule: mean(lonely(lone_psu=rule), "y", by="k").to_frame()["se"] for rule in ("certainty", "average")}
    assert by_rule["average"][0] == by_rule["certainty"][0]
    assert by_rule["average"][1] == pytest.approx(np.sqrt(2) * by_rule["certainty"][1])


def test_average_over_nothing_is_refused():
    data = pd.DataFrame({"y": [1.0, 2.0], "s": [1, 2]})
    with pytest.raises(DesignError, match="nothing to average"):
        mean(Design(data, strata="s", lone_psu="average"), "y")


def test_average_at_a_later_stage_is_taken_within_the_unit_above():
    data = pd.DataFrame(
        {
            "y": [1.0, 2.0, 4.0, 8.0, 9.0, 3.0],
            "town": [1, 1, 1, 2, 2, 2],
            "half": ["a", "a", "b", "a", "a", "a"],
            "person": range(6),
            "everywhere": "all",
            "towns": 9,
            "people": [8, 8, 5, 9, 9, 9],
        }
    )

    def variance_of(rule: str, rows: pd.DataFrame = data) -> float:
        options = {"strata": ["everywhere", "half"], "psu": ["town", "person"], "fpc": ["towns", "people"]}
        return mean(Design(rows, **options, lone_psu=rule), "y").to_frame()["se"][0] ** 2

    assert variance_of("average") > variance_of("certainty") > 0
    alone = data.assign(half=["a", "b", "c", "a", "a", "a"], people=5)
    with pytest.raises(DesignError, match="nothing to average in everywhere all, town 1, half a"):
        variance_of("average", alone)


def test_the_rule_for_lone_psus_is_printed():
    assert "* 1 stratum has a single PSU, centred at the grand mean." in str(mean(lonely(lone_psu="centre"), "y"))


def test_a_result_prints_what_for_whom_how_table_and_footnotes():
    lines = str(proportion(design(), "travel", category="in favour")).splitlines()
    assert lines[0] == "Share: travel (How far do you support or oppose this?)"
    assert lines[1] == "For: those with a substantive answer. Sample: n 10, weighted 15; base: n 5."
    assert "weights from column weight" in lines[2]
    assert "95% intervals, logit with t, df 9" in lines[2]
    assert lines[4].split() == ["category", "estimate", "se", "low", "high", "n", "weighted", "n", "deff"]
    assert lines[5].split()[:3] == ["in", "favour", "57.1%"]
    assert lines[-1].startswith("* ")


def test_every_item_has_its_title_over_its_own_table():
    text = str(proportion(design(), ["travel", "sex"]))
    blocks = [block.splitlines() for block in text.split("\n\n")]
    assert [block[0].split(" ")[0] for block in blocks] == ["Share:", "Share:", "category", "Share:", "category", "*"]
    assert blocks[0][0] == "Share: travel, sex" and blocks[0][1].startswith("For: ")
    assert blocks[1] == ["Share: travel (How far do you support or oppose this?)"]
    assert [line.split()[0] for line in blocks[2]] == ["category", "oppose", "neither", "support", "strongly"]
    assert blocks[3] == ["Share: sex"]
    assert [line.split()[0] for line in blocks[4]] == ["category", "female", "male"]
    assert proportion(design(), ["travel", "sex"]).to_markdown().count("| :--- |") == 2


def test_items_of_one_row_share_a_table_under_their_title_and_wordings():
    blocks = [block.splitlines() for block in str(mean(design(), ["travel", "weight"])).split("\n\n")]
    assert blocks[0][:2] == ["Mean: travel, weight", "travel: How far do you support or oppose this?"]
    assert [line.split()[0] for line in blocks[1]] == ["item", "travel", "weight"]


def test_each_item_has_decimals_of_its_own():
    frame = pd.DataFrame({"small": [0.1, 0.2, 0.4, 0.3], "large": [10_000.5, 20_000.5, 41_000.5, 33_333.5]})
    rows = str(mean(Design(frame), ["small", "large"])).split("\n\n")[1].splitlines()
    assert rows[1].split()[:3] == ["small", "0.250", "0.065"]
    assert rows[2].split()[:3] == ["large", "26,084", "6,897"]


def test_a_ratio_of_columns_without_labels_does_not_repeat_its_name():
    frame = pd.DataFrame({"cost": [3.0, 4.0, 6.0], "members": [1.0, 2.0, 2.0]})
    assert str(ratio(Design(frame), "cost", "members")).splitlines()[0] == "Ratio: cost / members"


@pytest.mark.parametrize(("terminal", "widest"), [("60", 60), ("300", 118), ("10", 40)])
def test_footnotes_are_folded_at_the_width_of_the_terminal(monkeypatch, terminal, widest):
    monkeypatch.setenv("COLUMNS", terminal)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    result = mean(rake(design(), {"sex": {"female": 0.5, "male": 0.5}}, missing="own_class"), "travel")
    notes = str(result).split("\n\n")[-1].splitlines()
    assert notes[0].startswith("* ")
    assert all(len(line) <= widest for line in notes)
    assert any(line.startswith("  ") for line in notes) == (terminal != "300")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    assert str(result).split("\n\n")[-1].count("\n  ") == 0


def test_markdown_holds_table_and_footnotes():
    text = proportion(design(), "travel").to_markdown()
    assert "| category | estimate | se | low | high | n | weighted n | deff |" in text
    assert "- travel: 5 of 10 rows are not in the base" in text


def test_changing_the_frame_given_out_changes_nothing():
    result = mean(design(), "weight", by="sex")
    given_out = result.to_frame()
    given_out["estimate"] = 0
    assert result.to_frame()["estimate"].tolist() == [1.0, 2.0]
    assert len(result) == 2


def test_a_document_survives_json_and_names_the_method():
    raked = rake(design(), {"sex": {"female": 0.5, "male": 0.5}}, missing="own_class")
    document = json.loads(json.dumps(proportion(raked, "travel", by="sex").document(), allow_nan=False))
    assert list(document) == ["method", "rows"]
    assert list(document["rows"][0]) == ["item", "category", "sex", *NUMBERS]
    method = document["method"]
    assert method["items"][0]["wording"] == {"en": "How far do you support or oppose this?"}
    assert method["weighting"][0]["variables"] == ["sex"]
    assert "raked on sex to given margins" in " ".join(str(proportion(raked, "travel")).split())
    assert method["items"][0]["categories"][0] == {"category": "oppose", "codes": [1]}


def test_totals_and_means_print_two_digits_of_their_error():
    data = pd.DataFrame({"y": [1000.0, 1500.0, 1700.0, 900.0], "k": list("abab")})
    assert "1,275" in str(mean(Design(data), "y"))
    assert "5,100" in str(total(Design(data), "y"))
