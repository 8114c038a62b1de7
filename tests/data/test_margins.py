"""Population margins: what ships says where it is from; a file of a team's own is refused with all faults at once."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from topline.data.banks.shipped import bank
from topline.data.errors import FileError, RegistryError, UnknownNameError
from topline.data.margins import Dimension, Margins, margins, read_margins, shipped_margins

HEADER = "dimension,category,share,source,date,grade"


def written(tmp_path: Path, *lines: str, header: str = HEADER) -> Path:
    path = tmp_path / "margins.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def refused(path: Path) -> list[str]:
    with pytest.raises(RegistryError) as caught:
        read_margins(path)
    return str(caught.value).splitlines()


def row(dimension: str, category: str, share: str, grade: str = "verified") -> str:
    return f"{dimension},{category},{share},Census,2020,{grade}"


@pytest.mark.parametrize("name", shipped_margins())
def test_every_shipped_dimension_sums_to_one_and_names_source_date_base_and_grade(name):
    for dimension in margins(name).facts.values():
        assert math.isclose(sum(dimension.shares.values()), 1, abs_tol=1e-12)
        assert dimension.source and dimension.date and dimension.population and dimension.note
        assert dimension.grade in ("verified", "secondary", "recalled")
        assert set(dimension.labels) == set(dimension.shares)


@pytest.mark.parametrize("name", shipped_margins())
def test_codes_are_those_of_the_bank(name):
    questions = bank("social_credit")
    for dimension, shares in margins(name).items():
        answers = [choice.name for choice in questions[f"social_credit.{dimension}"].choices.substantive]
        assert list(shares) == answers


def test_ages_of_the_census_follow_from_its_five_year_counts_with_a_fifth_of_the_teens_for_each_year():
    teens, twenties, thirties_early = 72.68, 74.94 + 91.85, 124.15 + 99.01 + 92.96
    middle, old = 114.22 + 121.16 + 101.40, 73.38 + 74.01 + 49.59 + 67.04
    counts = [0.4 * teens + twenties, thirties_early, middle, old]
    shares = margins("cn-adults-2020")["age4"]
    for code, count in zip("1234", counts, strict=True):
        assert math.isclose(shares[code], count / sum(counts), abs_tol=6e-6)


def test_education_of_adults_takes_the_children_out_of_the_figures_for_all_ages():
    everybody, adults = 1411.78, 0.4 * 72.68 + 74.94 + 91.85 + 316.12 + 336.78 + 264.02 + 2.0
    shares = margins("cn-adults-2020")["education"]
    assert math.isclose(shares["4"], 0.15467 * everybody / adults, abs_tol=1e-4)
    assert math.isclose(shares["3"], (0.15088 * everybody - 0.6 * 72.68) / adults, abs_tol=1e-4)
    assert math.isclose(shares["2"], (0.34507 * everybody - 0.6 * 85.26) / adults, abs_tol=1e-4)


def test_what_is_only_remembered_stays_visible():
    population = margins("cn-netizens-2023")
    assert set(population.grades.values()) == {"recalled"}
    assert all("from memory; put the official table beside it before release" in note for note in population.footnotes)
    assert "low confidence" in population.facts["age4"].footnote
    assert "education" not in population, "the report has no split that fits"


def test_margins_go_wherever_a_dict_of_dimensions_goes():
    population = margins("cn-adults-2020")
    assert list(population) == ["sex", "age4", "education", "urban"]
    assert len(population) == 4
    assert dict(population) == dict(population.dimensions)
    assert "census" in population.sources["sex"].lower()
    with pytest.raises(UnknownNameError, match=r"cn-adults-2020: there is no margin 'age'\. Did you mean 'age4'"):
        population["age"]


def test_a_name_that_does_not_ship_is_answered_with_the_nearest():
    with pytest.raises(
        UnknownNameError, match=r"no population margins 'cn-adult-2020'\. Did you mean 'cn-adults-2020'"
    ):
        margins("cn-adult-2020")


def test_a_teams_own_file_is_read_with_codes_as_the_data_have_them(tmp_path):
    path = written(
        tmp_path, row("sex", "1.0", "0.51"), row("sex", "2.0", "0.49"), row("region", "north", "1e0", "recalled")
    )
    assert refused(path) == ["margins.csv, line 4, region: has one category; a margin needs two or more."]
    path = written(tmp_path, row("sex", "1.0", "0.51"), row("sex", "02", "0.49", "recalled"))
    population = read_margins(str(path))
    assert dict(population) == {"sex": {"1": 0.51, "2": 0.49}}
    assert (population.name, population.title, population.population) == ("margins", "margins", "")
    assert population.grades == {"sex": "recalled"}, "a dimension is as doubtful as its worst row"


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("dimension,category,percent,source,date", ["sex,1,51.2,Census,2020", "sex,2,48.8,Census,2020"]),
        ("dimension,category,share,source,date", ["sex,1,51.2%,Census,2020", "sex,2,48.8%,Census,2020"]),
        ("dimension,category,percent,source,date", ["sex,1,51.2%,Census,2020", "sex,2,48.8 %,Census,2020"]),
    ],
)
def test_percentages_are_read_where_they_are_called_so(header, rows, tmp_path):
    population = read_margins(written(tmp_path, *rows, header=header))
    assert population["sex"] == pytest.approx({"1": 0.512, "2": 0.488}, abs=1e-12)
    assert population.footnotes == ("sex: Census (2020; how far it was traced is not stated).",)


def test_rounded_shares_are_brought_to_a_sum_of_exactly_one(tmp_path):
    path = written(tmp_path, row("age", "1", "0.333"), row("age", "2", "0.333"), row("age", "3", "0.333"))
    assert sum(read_margins(path)["age"].values()) == pytest.approx(1, abs=1e-15)


def test_percentages_in_the_share_column_are_recognised_and_not_guessed_away(tmp_path):
    assert refused(written(tmp_path, row("sex", "1", "51.2"), row("sex", "2", "48.8"))) == [
        "margins.csv, line 2, sex: the shares sum to 100: these are percentages. "
        "Call the column 'percent', or divide by 100."
    ]


def test_shares_that_do_not_sum_to_one_are_shown_with_their_categories(tmp_path):
    assert refused(written(tmp_path, row("sex", "1", "0.51"), row("sex", "2", "0.48"))) == [
        "margins.csv, line 2, sex: the shares sum to 0.9900, not 1: 0.51 (1) + 0.48 (2). "
        "A category is missing, or counted twice."
    ]


def test_everything_wrong_in_a_file_is_said_at_once(tmp_path):
    path = written(
        tmp_path,
        row("sex", "1", "0.5"),
        row("sex", "1", "0.5"),
        row("age", "1", "-0.1"),
        row("age", "2", "many"),
        row("age", "3", ""),
        row("urban", "1", "0"),
        row("urban", "2", "nan"),
        row("region", "", "0.5"),
        row("region", "2", "0.5", "certain"),
        "size,1,0.5,,,",
    )
    assert refused(path) == [
        "margins.csv, line 3, sex 1: stands already on line 2; give each category once.",
        "margins.csv, line 4, age 1: is -0.1; a share lies between 0 and 1.",
        "margins.csv, line 5, age 2: 'many' is not a number written like 0.51.",
        "margins.csv, line 6, age 3: the share is empty; it must be given.",
        "margins.csv, line 7, urban 1: is 0; leave out a category that nobody is in.",
        "margins.csv, line 8, urban 2: is nan; a share lies between 0 and 1.",
        "margins.csv, line 9, region: category is empty; it must be given.",
        "margins.csv, line 10, region 2: grade 'certain' is not one of verified, secondary, recalled, as_quoted.",
        "margins.csv, line 11, size 1: source is empty; it must be given.",
        "margins.csv, line 11, size 1: date is empty; it must be given.",
        "margins.csv, line 11, size: the shares sum to 0.5000, not 1: 0.5 (1). "
        "A category is missing, or counted twice.",
    ]


def test_a_fault_of_the_header_hides_none_of_the_rows(tmp_path):
    header = "dimension,category,share,source,date,nots"
    path = written(tmp_path, "sex,1,0.7,Census,2020,", "sex,2,0.6,,2020,", "age,1,1.5,Census,2020,", header=header)
    assert refused(path) == [
        "margins.csv, line 1, column 'nots': is not known here. Did you mean 'note'?",
        "margins.csv, line 2, sex: the shares sum to 1.3000, not 1: 0.7 (1) + 0.6 (2). "
        "A category is missing, or counted twice.",
        "margins.csv, line 3, sex 2: source is empty; it must be given.",
        "margins.csv, line 4, age: the shares sum to 1.5000, not 1: 1.5 (1). A category is missing, or counted twice.",
    ]


def test_a_row_that_cannot_be_read_hides_none_of_the_others_of_its_dimension(tmp_path):
    path = written(
        tmp_path,
        row("age", "1", "-1"),
        row("age", "2", "0.8"),
        row("age", "2", "0.4"),
        row("age", "3", "0.4"),
        "sex,1,0.5,,2020,",
        row("sex", "1", "0.2"),
        row("sex", "2", "0.7"),
    )
    assert refused(path) == [
        "margins.csv, line 2, age 1: is -1; a share lies between 0 and 1.",
        "margins.csv, line 2, age: the shares that can be read sum to 1.6000 already; all of them sum to 1.",
        "margins.csv, line 4, age 2: stands already on line 3; give each category once.",
        "margins.csv, line 6, sex 1: source is empty; it must be given.",
        "margins.csv, line 6, sex: the shares sum to 1.4000, not 1: 0.5 (1) + 0.2 (1) + 0.7 (2). "
        "A category is missing, or counted twice.",
        "margins.csv, line 7, sex 1: stands already on line 6; give each category once.",
    ]


def test_without_the_columns_that_name_rows_their_cells_are_still_read(tmp_path):
    lines = refused(written(tmp_path, "1,many,Census,2020", header="category,share,source,date"))
    assert [line.removeprefix("margins.csv, ") for line in lines] == [
        "line 1, column 'dimension': is missing; a margin has dimension, category, source, date and share.",
        "line 2, 1: 'many' is not a number written like 0.51.",
    ]
    lines = refused(written(tmp_path, "sex,1,-2,Census,2020", header="dimension,category,percent,source,date"))
    assert lines == ["margins.csv, line 2, sex 1: is -2; a percentage lies between 0 and 100."]


def test_a_row_of_another_length_does_not_hide_the_other_faults(tmp_path):
    assert refused(written(tmp_path, "sex,1,0.5,Census of people, towns,2020,verified", row("sex", "2", "half"))) == [
        "margins.csv, line 2: has 7 cells, the header 6. Put quotes around a text that holds a comma.",
        "margins.csv, line 3, sex 2: 'half' is not a number written like 0.51.",
    ]


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("dimension,category,source,date", "column 'share': is missing; give shares from 0 to 1 in 'share', or"),
        ("dimension,category,share,percent,source,date", "column 'percent': stands beside 'share'; keep one"),
        ("dimension,categry,share,source,date", "column 'categry': is not known here. Did you mean 'category'?"),
        ("dimension,category,share,date", "column 'source': is missing; a margin has dimension, category, source"),
        ("dimension;category;share", "columns are separated by ';'; save the table with commas."),
        ("dimension\tcategory\tshare", "columns are separated by tabs; save the table with commas."),
    ],
)
def test_a_header_that_does_not_fit_is_said_with_the_remedy(header, problem, tmp_path):
    lines = refused(written(tmp_path, "sex,1,1,x,y", header=header))
    assert any(line.startswith("margins.csv, line 1") and problem in line for line in lines), lines


def test_a_file_without_rows_or_absent_is_refused(tmp_path):
    assert refused(written(tmp_path)) == ["margins.csv, line 1: holds no margin; give one row for each category."]
    with pytest.raises(FileError, match=r"absent\.csv cannot be read: No such file"):
        read_margins(tmp_path / "absent.csv")


def test_a_file_beside_it_may_give_title_and_population(tmp_path):
    path = written(tmp_path, row("sex", "1", "0.51"), row("sex", "2", "0.49"))
    beside = path.with_suffix(".json")
    beside.write_text(json.dumps({"title": "Town", "population": "adults", "note": "n"}), encoding="utf-8")
    population = read_margins(path)
    assert (population.title, population.population, population.note) == ("Town", "adults", "n")
    beside.write_text("{", encoding="utf-8")
    assert refused(path)[0].startswith("margins.json: this is not JSON: ")
    beside.write_text('{"title": 3}', encoding="utf-8")
    assert refused(path) == ["margins.json: holds something else than title, population, country and note as texts."]


COUNTED = "dimension,category,count,source,date"


def test_counts_are_read_as_counts_with_their_shares_beside(tmp_path):
    path = written(tmp_path, "sex,1,24500,Register,2024", "sex,2,25500,Register,2024", header=COUNTED)
    population = read_margins(path)
    assert population["sex"] == {"1": 24_500, "2": 25_500}
    assert population.dimensions == {"sex": {"1": 0.49, "2": 0.51}}
    assert population.facts["sex"].total == 50_000


def test_joint_tables_stand_beside_margins_of_one_variable(tmp_path):
    path = written(
        tmp_path,
        row("sex*age", "1*01", "0.2"),
        row("sex * age", "1 * 2.0", "0.3"),
        row("sex*age", "2*1", "0.25"),
        row("sex*age", "2*2", "0.25"),
        row("town", "n", "0.4"),
        row("town", "s", "0.6"),
    )
    population = read_margins(path)
    assert population["sex*age"] == {"1*1": 0.2, "1*2": 0.3, "2*1": 0.25, "2*2": 0.25}
    assert population.categories[:2] == (("sex*age", "1*1"), ("sex*age", "1*2"))
    assert refused(written(tmp_path, row("sex*age", "1", "0.5"), row("sex*age", "2*2", "0.5"))) == [
        "margins.csv, line 2, sex*age 1: sex*age crosses 2 variables, and category '1' gives 1 of their codes; "
        "write it like 1*2."
    ]


def test_a_file_may_hold_shares_of_some_dimensions_and_counts_of_others(tmp_path):
    header = "dimension,category,share,count,source,date"
    path = written(
        tmp_path, "sex,1,0.5,,A,2024", "sex,2,0.5,,A,2024", "age,1,,30,A,2024", "age,2,,90,A,2024", header=header
    )
    population = read_margins(path)
    assert dict(population) == {"sex": {"1": 0.5, "2": 0.5}, "age": {"1": 30, "2": 90}}
    path = written(
        tmp_path, "sex,1,0.5,7,A,2024", "sex,2,0.5,,A,2024", "age,1,0.5,,A,2024", "age,2,,90,A,2024", header=header
    )
    assert refused(path) == [
        "margins.csv, line 2, sex 1: has a share and a count; keep one of the two.",
        "margins.csv, line 4, age: has shares and counts; give one of them in all rows of a dimension.",
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["sex,1,24 500,A,2024", "sex,2,25500,A,2024"], "'24 500' is not a number written like 12345, without commas"),
        (["sex,1,,A,2024", "sex,2,25500,A,2024"], "the count is empty; it must be given."),
        (["sex,1,-3,A,2024", "sex,2,25500,A,2024"], "is -3; a count is a number of people."),
        (["sex,1,0,A,2024", "sex,2,25500,A,2024"], "is 0; leave out a category that nobody is in."),
        (
            ["sex,1,0.49,A,2024", "sex,2,0.51,A,2024"],
            "the counts sum to 1: these are no people. Call the column 'share'.",
        ),
        (
            ["sex,1,49,A,2024", "sex,2,51,A,2024"],
            "the counts sum to 100: these are no people. Call the column 'percent'.",
        ),
        (["sex,1,24500,A,2024"], "has one category; a margin needs two or more."),
    ],
)
def test_counts_that_are_none_are_refused(rows, told, tmp_path):
    (line,) = refused(written(tmp_path, *rows, header=COUNTED))
    assert told in line


def test_a_covariance_of_something_else_is_refused():
    facts = {"sex": Dimension("sex", {"1": 0.5, "2": 0.5})}
    assert Margins("survey", "", "", facts, covariance=np.eye(2)).covariance.shape == (2, 2)
    with pytest.raises(RegistryError, match="survey: the covariance is 3 x 3, and there are 2 categories"):
        Margins("survey", "", "", facts, covariance=np.eye(3))


def test_populations_that_differ_are_told_and_those_that_agree_are_not():
    def given(*populations: str) -> Margins:
        facts = {f"d{at}": Dimension(f"d{at}", {"1": 0.5, "2": 0.5}, population=p) for at, p in enumerate(populations)}
        return Margins("town", "Town", "", facts)

    assert given("adults", "adults").unequal_populations(["d0", "d1"]) == ()
    assert given("adults", "").unequal_populations(["d0", "d1"]) == ()
    assert given("adults", "voters").unequal_populations(["d0", "d1"]) == (
        "Margins of d0 count adults; d1 count voters; these populations differ.",
    )
    assert given("adults", "voters").unequal_populations(["d1"]) == ()
