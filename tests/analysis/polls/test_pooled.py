"""Several polls are put together only when they ask the same, and the result says how far they disagree."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.polls.alike import likened
from topline.analysis.polls.effects import METHODS, effect, heterogeneity
from topline.analysis.polls.poll import Poll, poll_of
from topline.analysis.polls.pooled import pooled
from topline.data.errors import ComparisonError
from topline.data.registry.figure import Relation
from topline.data.registry.figures import Registry, published


def test_polls_known_word_for_word_are_put_together_with_their_errors(figure):
    found = pooled([figure("a", 0.61), figure("b", 0.66), figure("c", 0.58)])
    assert [one.method for one in found.effects] == list(METHODS)
    assert found.effect().estimate == pytest.approx(0.6166, abs=5e-4)
    low, high = found.effect().prediction_low, found.effect().prediction_high
    assert low < found.effect().low < found.effect().high < high
    assert found.share and found.method["left_out"] == {}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"country": "DE"}, "different countries: GB and DE"),
        ({"subgroup": "women"}, "different parts of the sample: all and women"),
        ({"category": "oppose"}, "different answers counted: support and oppose"),
        ({"base": "excluding_dont_know"}, "different bases: all and excluding dont know"),
    ],
)
def test_polls_of_different_things_are_refused_whatever_is_declared(figure, change, reason):
    with pytest.raises(ComparisonError, match=reason):
        pooled([figure("a"), figure("b", **change)], on_your_word=True)


def test_polls_without_a_record_are_refused_and_on_the_users_word_say_so(figure):
    two = [figure("a"), figure("b", wording="Are cameras a good thing?")]
    with pytest.raises(ComparisonError, match=r"a\.cameras and b\.cameras may not be put together: nothing on record"):
        pooled(two)
    assert "is taken on your word" in " ".join(pooled(two, on_your_word=True).notes)


@pytest.mark.parametrize(
    ("relation", "likeness"),
    [
        ("same_wording", "same"),
        ("same_construct", "reworded"),
        ("different_object", "apart"),
        ("not_comparable", "apart"),
    ],
)
def test_the_registry_decides_what_two_questions_have_in_common(figure, relation, likeness):
    one, other = figure("a"), figure("b", wording="Are cameras a good thing?")
    known = Relation("a.cameras", "b.cameras", relation, "because.")
    polls = [poll_of(one), poll_of(other)]
    behind = {"a.cameras": one, "b.cameras": other}
    assert likened(*polls, behind, lambda first, second: known).likeness == likeness


def test_a_reworded_question_is_pooled_with_a_note_and_another_object_is_refused(figure):
    two = {"a.cameras": figure("a"), "b.cameras": figure("b", wording="Are cameras a good thing?")}
    for relation, refused in (("same_construct", False), ("different_object", True)):
        record = Relation("a.cameras", "b.cameras", relation, "The second names no police.")
        registry = Registry(two, {}, {}, {}, (record,))
        if refused:
            with pytest.raises(ComparisonError, match="The second names no police"):
                pooled(registry)
        else:
            assert pooled(registry).notes == ("Asked in different words: The second names no police.",)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"n": None}, "neither the number of interviews"),
        ({"sample_type": "expert_index"}, "nobody was asked"),
        ({"statistic": "index"}, "it is a index|it is an index"),
        ({"qualifier": "more_than"}, "printed as a bound"),
    ],
)
def test_what_is_no_poll_is_left_out_with_its_reason(figure, change, reason):
    kept = [figure("a"), figure("b")]
    found = pooled([*kept, figure("c", **change)])
    assert len(found.polls) == 2
    assert list(found.method["left_out"]) == ["c.cameras"]
    with pytest.raises(ComparisonError, match=reason):
        pooled([kept[0], figure("c", **change)])


def test_values_not_seen_in_print_carry_their_badge_wherever_they_are_shown(figure):
    found = pooled([figure("a"), replace(figure("b"), provenance="recalled")])
    badge = "from memory; not seen in print"
    assert f"b.cameras: {badge}." in found.notes
    assert found.polls_frame()["badge"].tolist()[1] == badge
    assert all(badge in shown for shown in (str(found), found.to_markdown(), found.to_html()))
    assert any(badge in str(cell) for cell in found._drawn()["poll"])
    assert "b.cameras" in found.plot().to_json()


def test_what_is_no_poll_at_all_is_refused_with_the_way_out(figure):
    with pytest.raises(ComparisonError, match="look figures up first"):
        pooled(["liu2022.travel"])
    with pytest.raises(ComparisonError, match="given twice"):
        pooled([figure("a"), figure("a")])
    with pytest.raises(ComparisonError, match="1 of the polls can be put together"):
        pooled(figure("a"))
    with pytest.raises(ComparisonError, match="give one of 'cautious'"):
        pooled([figure("a"), figure("b")], interval="wide")
    with pytest.raises(ComparisonError, match="level is 95"):
        pooled([figure("a"), figure("b")], level=95)
    with pytest.raises(ComparisonError, match="method is 'exact'"):
        pooled([figure("a"), figure("b")]).effect("exact")
    with pytest.raises(ComparisonError, match="the error above 0"):
        effect([0.5, 0.6], [0.01, 0.0])
    with pytest.raises(ComparisonError, match="one error for each value"):
        effect([0.5, 0.6], [0.01])


def test_own_waves_stand_beside_published_polls_when_they_say_what_they_count(figure):
    own = Poll("wave 1", 0.55, 0.02, item="cameras.support", category="support")
    with pytest.raises(ComparisonError, match="nothing on record"):
        pooled([figure("a"), own])
    assert len(pooled([figure("a"), replace(own, item="a.cameras")]).polls) == 2
    with pytest.raises(ComparisonError, match="which answers wave 1 counts: give it a category"):
        pooled([figure("a"), replace(own, item="a.cameras", category="")])
    with pytest.raises(ComparisonError, match="different statistics"):
        pooled([figure("a"), Poll("wave 2", 3.2, 0.05, item="a.cameras", statistic="mean")], on_your_word=True)


@pytest.mark.parametrize(("value", "se", "words"), [(3.2, 0.1, "outside 0 to 1"), (0.5, 0.0, "the error above 0")])
def test_what_is_no_share_is_refused_as_a_poll(value, se, words):
    with pytest.raises(ComparisonError, match=words):
        Poll("wave 1", value, se)


def test_intervals_of_two_polls_that_run_beyond_the_ends_are_shown_cut(figure):
    found = pooled([figure("a", 0.30, n=5000), figure("b", 0.70, n=5000)])
    assert found.effect().prediction_low < 0
    assert "-" not in str(found).split("values that vary")[2].split("\n")[0].replace("Paule", "")
    assert "100.0%" in str(found) and "cut there" in str(found)


def test_surprise_is_counted_in_bits(figure):
    found = pooled([figure("a", 0.61), figure("b", 0.63), figure("c", 0.60)])
    middle = found.effect().estimate
    assert found.surprise(middle, 0.01) == pytest.approx(0.0, abs=1e-12)
    assert found.surprise(middle + 0.1, 0.01) > found.surprise(middle + 0.05, 0.01) > 1


def test_the_result_is_given_in_plain_values(figure):
    document = pooled([figure("a", 0.61), figure("b", 0.66)]).document()
    assert document["rows"][0]["df"] is None
    assert document["rows"][0]["prediction_low"] is None
    assert document["method"]["heterogeneity"]["df"] == 1
    assert [poll["name"] for poll in document["polls"]] == ["a.cameras", "b.cameras"]


def test_what_the_registry_quotes_from_an_essay_has_no_error_and_is_no_poll():
    assert (
        poll_of(published()["essay.support"]) == "neither the number of interviews nor a margin of error is published"
    )


VALUES = st.lists(st.tuples(st.floats(0.2, 0.8), st.floats(0.005, 0.05)), min_size=2, max_size=7)


@settings(max_examples=40, deadline=None)
@given(VALUES, st.sampled_from(METHODS))
def test_order_shift_and_scale_change_nothing_but_themselves(polls, method):
    values, errors = zip(*polls, strict=True)
    found = effect(values, errors, method)
    turned = effect(values[::-1], errors[::-1], method)
    moved = effect([value + 1 for value in values], errors, method)
    assert turned.estimate == pytest.approx(found.estimate, rel=1e-9)
    assert moved.estimate - 1 == pytest.approx(found.estimate, rel=1e-6)
    assert moved.tau**2 == pytest.approx(found.tau**2, abs=1e-9)
    assert min(values) - 1e-12 <= found.estimate <= max(values) + 1e-12
    assert math.isclose(sum(found.weights), 1)
    assert heterogeneity(values, errors).q >= 0


@settings(max_examples=30, deadline=None)
@given(VALUES)
def test_the_cautious_interval_is_never_narrower_than_either(polls):
    values, errors = zip(*polls, strict=True)
    widths = {
        name: found.high - found.low
        for name in ("cautious", "knapp_hartung", "normal")
        for found in [effect(values, errors, interval=name)]
    }
    assert widths["cautious"] >= max(widths["knapp_hartung"], widths["normal"]) - 1e-12
