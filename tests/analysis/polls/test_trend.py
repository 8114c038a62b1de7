"""A trend is drawn only through polls that asked the same, breaks where the words changed, and knows its houses."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from topline.analysis.polls.local_level import known, local_level
from topline.analysis.polls.poll import Poll
from topline.analysis.polls.trend import trend
from topline.data.errors import ComparisonError
from topline.data.registry.figure import Relation
from topline.data.registry.figures import Registry

WAVES = [
    Poll(year, share, 0.01, year, year, house, "own.worried")
    for year, share, house in [
        ("2019", 0.37, "a"), ("2020", 0.36, "b"), ("2021", 0.41, "a"),
        ("2022", 0.38, "b"), ("2023", 0.52, "a"), ("2024", 0.51, "b"),
    ]
]  # fmt: skip


def test_one_question_has_one_line_with_both_bands_and_its_houses():
    found = trend(WAVES)
    (segment,) = found.segments
    frame = found.to_frame()
    assert found.breaks == ()
    assert frame["day"].min() == date(2019, 7, 2) and frame["day"].max() == date(2024, 7, 2)
    assert ((frame["total_high"] - frame["total_low"]) > (frame["high"] - frame["low"])).all()
    assert segment.pace > 0
    assert [house.house for house in segment.houses] == ["a", "b"]
    assert sum(house.effect for house in segment.houses) == pytest.approx(0, abs=1e-12)
    assert [house.polls for house in segment.houses] == [3, 3]


def test_the_order_in_which_polls_are_given_changes_nothing():
    first, turned = trend(WAVES), trend(WAVES[::-1])
    assert first.to_frame().equals(turned.to_frame())
    assert first.houses_frame().equals(turned.houses_frame())


def series(figure, relation):
    polls = {
        f"{name}.cameras": figure(name, value, wording=words, start=start, house="one house")
        for name, value, words, start in [
            ("a", 0.50, "Robots?", "2012"), ("b", 0.52, "Robots?", "2014"), ("c", 0.55, "Robots?", "2015"),
            ("d", 0.61, "Robots and AI?", "2017"), ("e", 0.60, "Robots and AI?", "2019"),
            ("f", 0.63, "Robots and AI?", "2021"),
        ]
    }  # fmt: skip
    records = tuple(Relation(f"{one}.cameras", "d.cameras", relation, "AI was added.") for one in "abc")
    return Registry(polls, {}, {}, {}, records if relation else ())


@pytest.mark.parametrize("relation", ["same_construct", "different_object", ""])
def test_the_line_breaks_where_the_words_changed_and_says_why(figure, relation):
    found = trend(series(figure, relation))
    assert [len(one.polls) for one in found.segments] == [3, 3]
    (only,) = found.breaks
    assert (only.poll, only.day.year) == ("d.cameras", 2017)
    assert only.reason == (
        "AI was added" if relation else "nothing on record says that c.cameras and d.cameras ask the same"
    )
    days = [frame["day"].tolist() for _, frame in found.to_frame().groupby("segment")]
    assert max(days[0]) < only.day <= min(days[1])
    assert any(f"The line breaks before d.cameras ({only.day})" in note for note in found.footnotes)


def test_no_line_joins_two_series_in_the_chart(figure):
    drawn = trend(series(figure, "same_construct")).plot().to_dict()
    lines = [layer for layer in drawn["layer"] if layer["mark"]["type"] in ("line", "area")]
    assert len(lines) == 3
    assert all(layer["encoding"]["detail"]["field"] == "segment" for layer in lines)


def test_the_same_wording_on_record_joins_polls_of_different_studies(figure):
    found = trend(series(figure, "same_wording"))
    assert len(found.segments) == 1


def test_fewer_than_three_polls_are_dots_without_a_line():
    found = trend(WAVES[:2])
    assert found.segments[0].points == ()
    assert len(found.to_frame()) == 0
    assert "2019" in str(found)


@pytest.mark.parametrize("change", [{"country": "DE"}, {"category": "oppose"}, {"subgroup": "women"}])
def test_polls_of_other_countries_answers_or_groups_are_refused(figure, change):
    with pytest.raises(ComparisonError, match="are not one trend: different"):
        trend([figure("a", start="2019"), figure("b", start="2020", **change)])


def test_what_has_no_date_or_no_error_is_left_out_and_named(figure):
    dateless = figure("c", start="")
    found = trend([figure("a", start="2019"), figure("b", start="2020"), dateless, figure("d", n=None)])
    assert found.method["left_out"] == {
        "c.cameras": "its dates are not known",
        "d.cameras": "neither the number of interviews nor a margin of error is published",
    }
    with pytest.raises(ComparisonError, match="no poll has both a date and an error"):
        trend([dateless])


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"level": 95}, "level is 95"),
        ({"nonsampling": -1}, "nonsampling is -1"),
        ({"pace": float("inf")}, "pace is inf"),
    ],
)
def test_choices_that_mean_nothing_are_refused(choice, words):
    with pytest.raises(ComparisonError, match=words):
        trend(WAVES, **choice)


def test_a_value_from_memory_shows_its_badge_in_print_and_on_the_chart(figure):
    polls = [
        figure("a", start="2019"),
        replace(figure("b", start="2020"), provenance="recalled"),
        figure("c", start="2021"),
    ]
    found = trend(polls)
    assert "from memory; not seen in print" in str(found)
    assert "from memory" in found.plot().to_json()
    assert "from memory; not seen in print" in found.to_markdown() and "from memory" in found.to_html()


def test_everything_is_given_in_plain_values(figure):
    document = trend(series(figure, "same_construct")).document()
    assert document["breaks"][0]["day"] == "2017-07-02"
    assert len(document["segments"]) == 2
    assert document["rows"][0]["day"] == "2012-07-02"


def test_a_pace_of_zero_gives_the_weighted_mean_everywhere():
    values, errors = [0.5, 0.6, 0.55], [0.01, 0.02, 0.01]
    found = local_level(values, errors, [2019, 2020, 2021], ["a"] * 3, paces=known(0.0))
    weights = 1 / np.square(errors)
    assert found.level == pytest.approx([weights @ values / weights.sum()] * 3)


def test_houses_that_never_polled_in_the_same_years_are_not_told_from_change():
    years = ["2017", "2018", "2019", "2020", "2021", "2022"]
    polls = [
        Poll(year, 0.30 if i < 3 else 0.60, 0.01, year, year, "a" if i < 3 else "b", "own.worried")
        for i, year in enumerate(years)
    ]
    found = trend(polls)
    assert found.segments[0].houses == ()
    assert found.to_frame()["level"].iloc[0] == pytest.approx(0.30, abs=0.02)
    assert found.to_frame()["level"].iloc[-1] == pytest.approx(0.60, abs=0.02)
    assert any(note.startswith("The habits of a, b cannot be told from change") for note in found.notes)


def test_one_poll_of_each_house_moves_and_is_no_flat_line():
    polls = [
        Poll(f"{2019 + i}", share, 0.01, f"{2019 + i}", house=f"house {i}", item="own.worried")
        for i, share in enumerate((0.30, 0.45, 0.60, 0.75))
    ]
    found = trend(polls).to_frame()["level"]
    assert found.iloc[-1] - found.iloc[0] > 0.35


def test_means_move_in_their_own_unit_and_have_no_second_tier_of_their_own():
    polls = [
        Poll(f"{2015 + i}", value, 1.0, f"{2015 + i}", item="own.warmth", statistic="mean")
        for i, value in enumerate((30.0, 55.0, 35.0, 60.0, 70.0, 40.0))
    ]
    found = trend(polls)
    level = found.to_frame()["level"]
    assert level.max() > 60 and level.min() < 36
    assert any(note.startswith("For means no such measured error is known") for note in found.notes)
    assert (found.to_frame()["total_high"] == found.to_frame()["high"]).all()


def test_no_two_polls_of_a_line_count_different_things_whatever_stands_between_them():
    own = Poll("own", 0.6, 0.01, "2015", item="x.cameras")
    women = replace(own, name="women", start="2016", subgroup="women")
    with pytest.raises(ComparisonError, match="all and women"):
        trend([own, women, replace(own, name="third", start="2017")])
    bases = [replace(own, name=name, start=year, base=base) for name, year, base in (
        ("first", "2015", ""), ("second", "2016", "all"), ("third", "2017", "excluding_dont_know"),
    )]  # fmt: skip
    with pytest.raises(ComparisonError, match="second and third are not one trend: different bases"):
        trend(bases)


def test_bands_hold_a_true_level_about_as_often_as_they_say():
    random, held, tried = np.random.default_rng(7), 0, 0
    years = np.linspace(2015, 2024, 10)
    for _ in range(60):
        level = 0.5 + np.concatenate([[0], np.cumsum(random.normal(0, 0.02, 9))])
        house = np.where(np.arange(10) % 2, 0.015, -0.015)
        seen = level + house + random.normal(0, 0.012, 10)
        found = local_level(seen, [0.012] * 10, years, ["a", "b"] * 5)
        held += int((np.abs(found.level - level) < 1.96 * found.se).sum())
        tried += 10
    assert 0.89 < held / tried < 0.99


def test_a_line_runs_on_through_other_words_only_when_asked_and_says_so(figure):
    found = trend(series(figure, "same_construct"), through="same_construct")
    assert len(found.segments) == 1
    assert "not known to be the same, from c.cameras to d.cameras: AI was added." in " ".join(found.notes)
    with pytest.raises(ComparisonError, match="through is 'anything'"):
        trend(WAVES, through="anything")


def test_one_survey_counts_once(figure):
    one, other = figure("a", start="2019"), figure("b", start="2019", house="a")
    with pytest.raises(ComparisonError, match=r"a\.cameras and b\.cameras are from the same interviews"):
        trend([one, other])


def test_other_countries_put_together_break_the_line(figure):
    waves = [figure(name, country="", start=start) for name, start in (("a", "2012"), ("b", "2014"), ("c", "2017"))]
    waves = [replace(one, study=replace(one.study, country="", region="EU28")) for one in waves]
    waves[0] = replace(waves[0], study=replace(waves[0].study, region="EU27"))
    (only,) = trend(waves).breaks
    assert only.reason == "other countries put together: EU27 and EU28"


def test_the_outer_band_holds_the_inner_one():
    frame = trend(WAVES).to_frame()
    assert (frame["total_low"] <= frame["low"]).all() and (frame["total_high"] >= frame["high"]).all()


def test_a_single_poll_is_nothing_to_follow(figure):
    printed = str(trend(figure("a", start="2019")))
    assert "1 poll: nothing to follow over time" in printed and "Bands" not in printed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start": "Sept 2020"}, "write a date as 2026"),
        ({"start": "2022", "end": "2020"}, "it ends on 2020, before it starts on 2022"),
        ({"grade": "seen"}, "give one of verified"),
    ],
)
def test_dates_and_grades_that_are_none_are_refused(change, words):
    with pytest.raises(ComparisonError, match=words):
        Poll("wave 1", 0.5, 0.01, **change)


def test_points_taken_for_shares_are_refused():
    with pytest.raises(ComparisonError, match=r"give 0\.03 for 3 points"):
        trend(WAVES, nonsampling=3)
    with pytest.raises(ComparisonError, match="level is '95'"):
        trend(WAVES, level="95")


def test_a_reason_on_record_that_begins_with_different_breaks_a_line_and_does_not_refuse_it(figure):
    polls = series(figure, "different_object")
    reworded = tuple(replace(one, reason="different things, robots and AI.") for one in polls.relations)
    (only,) = trend(replace(polls, relations=reworded)).breaks
    assert only.reason == "different things, robots and AI"


def test_figures_chosen_from_a_registry_keep_what_it_says_of_their_questions(figure):
    registry = series(figure, "same_construct")
    (only,) = trend(registry.chosen(list(registry))).breaks
    assert only.likeness == "reworded"
