"""Invented respondents follow the routing, miss the truth as they are meant to, and are the same for one seed."""

import math

import pytest

from topline.data.errors import DocumentError, UnknownNameError
from topline.instrument.export import export
from topline.instrument.reading import read_questionnaire_text
from topline.instrument.routing import prune, status
from topline.instrument.simulate import simulate
from topline.instrument.truth import Truth

QUESTIONNAIRE = read_questionnaire_text("""
name: q
title: Q
languages: [en]
choices:
  two: {options: [{name: 1, label: One}, {name: 2, label: Two}]}
  support:
    measure: ordinal
    collapse: {support: [3, 4]}
    options: [{name: 1, label: A}, {name: 2, label: B}, {name: 3, label: C}, {name: 4, label: D},
              {name: 9, label: Don't know, missing: dont_know}]
  media: {options: [{name: 1, label: TV}, {name: 2, label: Net}, {name: 5, label: None, exclusive: true},
                    {name: 9, label: Don't know, missing: dont_know}]}
  unsaid: {options: [{name: 998, label: Not said, missing: refused}]}
pages:
  - {name: welcome, questions: [{name: agree, type: consent, label: Agree?}]}
  - {name: you, questions: [{name: sex, type: select_one, choices: two, label: Sex, required: true},
                            {name: urban, type: select_one, choices: two, label: Urban, required: true}]}
  - {name: heard, questions: [{name: heard, type: select_one, choices: support, label: Heard, required: true}]}
  - name: more
    relevant: ${heard} >= 2 and ${sex} = '1'
    questions:
      - {name: item, type: select_one, choices: support, label: Item, required: true}
      - {name: media, type: select_multiple, choices: media, label: Media, required: true}
  - name: rest
    questions:
      - {name: hours, type: integer, choices: unsaid, label: Hours, constraint: ". >= 0 and . <= 24", required: true}
      - {name: word, type: text, label: Word}
      - {name: maybe, type: select_one, choices: two, label: Maybe}
""")

TRUTH = Truth.model_validate(
    {
        "title": "invented",
        "demographics": {
            "sex": {"shares": {"1": 0.4, "2": 0.6}},
            "urban": {"given": "sex", "shares": {"1": {"1": 0.7, "2": 0.3}, "2": {"1": 0.5, "2": 0.5}}},
        },
        "response": {"base": 0.2, "effects": {"urban": {"2": -1.5}, "sex": {"2": -0.5}}},
        "decline": 0.1,
        "breakoff": 0.05,
        "items": {
            "heard": {
                "shares": {"1": 0.3, "2": 0.3, "3": 0.2, "4": 0.2},
                "effects": {"urban": {"2": -1.8}},
                "leaning": 0.7,
                "missing": {"9": 0.05},
            },
            "item": {
                "shares": {"1": 0.1, "2": 0.2, "3": 0.3, "4": 0.4},
                "effects": {"urban": {"2": 1.2}, "sex": {"2": 0.4}},
                "leaning": 1.0,
                "missing": {"9": 0.1},
            },
            "media": {"shares": {"1": 0.6, "2": 0.3}, "effects": {"urban": {"2": 0.5}}, "missing": {"9": 0.04}},
            "hours": {
                "mean": 4,
                "sd": 3,
                "low": -5,
                "high": 30,
                "effects": {"urban": {"2": 1}},
                "missing": {"998": 0.03},
            },
            "word": {"texts": {"en": ["yes", "no"]}, "answered": 0.5},
            "maybe": {"shares": {"1": 0.25, "2": 0.75}, "answered": 0.8},
        },
    }
)


@pytest.fixture(scope="module")
def made():
    return simulate(QUESTIONNAIRE, 4000, seed=5, truth=TRUTH)


def test_one_seed_makes_the_same_interviews_and_another_other_ones(made):
    again = simulate(QUESTIONNAIRE, 50, seed=5, truth=TRUTH)
    assert again.interviews == made.interviews[:50]
    assert simulate(QUESTIONNAIRE, 50, seed=6, truth=TRUTH).interviews[0] != again.interviews[0]


def test_every_interview_follows_the_routing_and_keeps_only_what_was_asked(made):
    for interview in made.interviews:
        assert prune(QUESTIONNAIRE, interview.answers) == interview.answers
        assert status(QUESTIONNAIRE, interview.answers, interview.reached) == interview.status
        if "item" in interview.answers:
            assert interview.answers["sex"] == "1" and interview.answers["heard"] in ("2", "3", "4")


def test_interviews_say_nothing_about_order_and_lie_in_the_field_period(made):
    numbers = [interview.number for interview in made.interviews]
    assert len(set(numbers)) == len(numbers) and numbers != sorted(numbers)
    days = {interview.day for interview in made.interviews}
    assert min(days) == "2026-10-01" and max(days) == "2026-10-31" and len(days) == 31
    assert {interview.questionnaire_digest for interview in made.interviews} == {QUESTIONNAIRE.digest}


def test_refusals_and_break_offs_come_as_often_as_stated(made):
    n = len(made.interviews)
    declined = sum(interview.status == "declined" for interview in made.interviews)
    started = sum(interview.status == "started" for interview in made.interviews)
    assert abs(declined / n - 0.1) < 4 * math.sqrt(0.1 * 0.9 / n)
    # Behind the consent there are three pages, or four; each is left with probability 0.05.
    assert 1 - 0.95**3 - 0.03 < started / (n - declined) < 1 - 0.95**4 + 0.03


def test_the_truth_is_the_populations_shares_as_stated(made):
    heard = made.truth["heard"]
    assert heard.asked == pytest.approx(1, abs=1e-12)
    assert heard.substantive == pytest.approx({"1": 0.3, "2": 0.3, "3": 0.2, "4": 0.2}, abs=1e-12)
    assert heard.all["9"] == pytest.approx(0.05, abs=1e-12)
    assert heard.collapse["support"] == pytest.approx({"all": 0.95 * 0.4, "substantive": 0.4}, abs=1e-12)
    assert heard.mean == pytest.approx(0.3 + 0.6 + 0.6 + 0.8, abs=1e-12)
    assert made.truth["sex"].all == pytest.approx({"1": 0.4, "2": 0.6}, abs=1e-12)
    assert made.truth["urban"].all["2"] == pytest.approx(0.4 * 0.3 + 0.6 * 0.5, abs=1e-12)
    assert made.truth["maybe"].all == pytest.approx({"1": 0.25, "2": 0.75}, abs=1e-12)


def test_the_truth_of_a_number_leaves_out_what_its_constraint_forbids(made):
    hours = made.truth["hours"]
    assert set(hours.substantive) == {str(hour) for hour in range(25)}
    assert sum(hours.substantive.values()) == pytest.approx(1, abs=1e-12)
    assert hours.all["998"] == pytest.approx(0.03, abs=1e-12)
    assert 4 < hours.mean < 5.5


def test_open_texts_have_no_truth(made):
    assert "word" not in made.truth and "agree" not in made.truth


@pytest.mark.no_cover
def test_the_truth_behind_a_route_is_that_of_the_people_asked():
    """Given equal response, the shares of a large sample lie around the shares summed over the cells."""
    equal = TRUTH.model_copy(update={"response": TRUTH.response.model_copy(update={"effects": {}}), "breakoff": 0.0})
    large = simulate(QUESTIONNAIRE, 8000, seed=8, truth=equal)
    study = export(QUESTIONNAIRE, large.interviews)
    asked = study.frame[study.frame["disposition"] == 1]
    item = asked["item"][asked["item"] != -9]
    assert len(item) / len(asked) == pytest.approx(large.truth["item"].asked, abs=0.015)
    for code, share in large.truth["item"].all.items():
        assert (item == float(code)).mean() == pytest.approx(share, abs=4 * math.sqrt(0.25 / len(item)))
    media = asked.loc[item.index, "media_1"]
    assert (media == 1).mean() == pytest.approx(large.truth["media_1"].all["1"], abs=4 * math.sqrt(0.25 / len(item)))
    assert (media == 9).mean() == pytest.approx(0.04, abs=0.015)
    assert asked["hours"].where(asked["hours"] != 998).mean() == pytest.approx(large.truth["hours"].mean, abs=0.12)


def test_the_sample_misses_the_truth_and_cell_weights_find_it(made):
    """Townspeople have heard more and answer more readily: the raw share is too high by more than chance allows."""
    frame = export(QUESTIONNAIRE, made.interviews).frame
    frame = frame[(frame["disposition"] == 1) & (frame["heard"] != 9)]
    true = made.truth["heard"].collapse["support"]["substantive"]
    supports = frame["heard"].isin([3, 4])
    se = math.sqrt(true * (1 - true) / len(frame))
    assert supports.mean() - true > 4 * se
    cells = {(1, 1): 0.4 * 0.7, (1, 2): 0.4 * 0.3, (2, 1): 0.6 * 0.5, (2, 2): 0.6 * 0.5}
    by_cell = supports.groupby([frame["sex"], frame["urban"]]).mean()
    weighted = sum(share * by_cell[cell] for cell, share in cells.items())
    assert abs(weighted - true) < 3 * se * 1.5


def test_the_shipped_truth_serves_any_questionnaire():
    other = read_questionnaire_text(
        """
name: other
title: {en: Other, fr: Autre}
languages: [en, fr]
choices:
  two: {options: [{name: 1, label: {en: One, fr: Un}}, {name: 2, label: {en: Two, fr: Deux}}]}
  none: {options: [{name: 998, label: {en: No, fr: Non}, missing: refused}]}
pages:
  - name: p
    questions:
      - {name: sex, type: select_one, choices: two, label: {en: Sex, fr: Sexe}, required: true}
      - {name: age4, type: select_one, choices: two, label: {en: Age, fr: Âge}, required: true}
      - {name: pick, type: select_multiple, choices: two, label: {en: Pick, fr: Choix}, required: true}
      - {name: year, type: integer, choices: none, constraint: ". > 1900 and . < 2010", label: {en: Year, fr: An}}
      - {name: free, type: integer, label: {en: Free, fr: Libre}}
      - {name: says, type: text, label: {en: Says, fr: Dit}, required: true}
""".replace("name: none", "name: none")
    )
    made = simulate(other, 200, seed=1)
    assert all(interview.status in ("complete", "started") for interview in made.interviews)
    answers = [interview.answers for interview in made.interviews]
    assert {answer["sex"] for answer in answers} == {"1", "2"} == {answer["age4"] for answer in answers}
    assert all(1900 < answer["year"] < 2010 for answer in answers)
    assert all(answer["pick"] and answer["says"] for answer in answers)
    assert set(made.truth) == {"sex"}
    assert {interview.language for interview in made.interviews} == {"en"}


def test_the_language_can_be_chosen_and_must_exist():
    assert {made.language for made in simulate(QUESTIONNAIRE, 5, seed=1, truth=TRUTH, language="en").interviews} == {
        "en"
    }
    with pytest.raises(UnknownNameError, match="no language 'fr'"):
        simulate(QUESTIONNAIRE, 5, seed=1, language="fr")


def test_progress_is_told():
    told = []
    simulate(QUESTIONNAIRE, 3, seed=1, truth=TRUTH, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_answers_that_can_never_pass_are_reported_with_the_constraint():
    questionnaire = read_questionnaire_text("""
name: q
title: Q
languages: [en]
pages: [{name: p, questions: [{name: word, type: text, label: Word, required: true, constraint: ". = 'magic'"}]}]
""")
    with pytest.raises(DocumentError, match="none of 50 answers drawn was accepted"):
        simulate(questionnaire, 1, seed=1)


def test_the_truth_is_given_as_plain_data(made):
    document = made.document()
    assert (document["seed"], document["n"], document["title"]) == (5, 4000, "invented")
    assert document["items"]["heard"]["collapse"]["support"]["substantive"] == pytest.approx(0.4)
