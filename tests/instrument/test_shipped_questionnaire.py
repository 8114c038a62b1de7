"""The shipped social credit questionnaire: sound, complete in three languages, and worded as the question bank is."""

from importlib.resources import files
from pathlib import Path

import pytest

from topline.data.banks.shipped import bank
from topline.instrument.check import check_file
from topline.instrument.export import export
from topline.instrument.reading import read_questionnaire
from topline.instrument.routing import visible_pages
from topline.instrument.simulate import simulate
from topline.instrument.truth import read_truth

DEMO = Path(str(files("topline.data"))) / "demo"
BANK = bank("social_credit")
ELSEWHERE = """
company_takes_part local_pilot support_rating like_chinese rate_others be_rated punish_low reward_high better_behaviour
wrongly_rated state_points
""".split()
"""Items of the bank that repeat questions of particular places or people; the shipped questionnaire leaves them out."""


@pytest.fixture(scope="module")
def questionnaire():
    return read_questionnaire(DEMO / "questionnaire.yaml")


def asked(questionnaire):
    for question in questionnaire.questions:
        yield from ((question, row) for row in question.rows)
        if question.bank:
            yield question, question


def test_it_has_no_finding_at_all():
    assert check_file(DEMO / "questionnaire.yaml") == ()


def test_it_asks_every_item_of_the_bank_that_is_about_social_credit(questionnaire):
    left_out = {f"social_credit.{name}" for name in ELSEWHERE}
    assert {part.bank for _, part in asked(questionnaire)} == set(BANK) - left_out


def test_its_wording_and_answers_are_the_banks_in_every_language(questionnaire):
    for question, part in asked(questionnaire):
        item = BANK[part.bank]
        assert dict(part.label) == item.wording
        if part is not question:
            assert dict(question.label) == item.stem
        offered = {choice.name: dict(choice.label) for choice in questionnaire.options(question)}
        assert offered == {choice.name: choice.label for choice in item.choices.choices}
        known = questionnaire.choice_list(question)
        assert (known.scale, dict(known.collapse)) == (item.choices.scale, dict(item.choices.collapse))
        assert part.replicates == item.replicates


def test_nobody_is_made_to_answer_what_they_would_rather_not(questionnaire):
    for question, part in asked(questionnaire):
        assert any(choice.missing == "refused" for choice in questionnaire.options(question)), part.name


def test_it_fits_a_phone_ten_pages_none_with_more_than_ten_questions(questionnaire):
    assert len(questionnaire.pages) == 10
    assert all(sum(len(question.variables) for question in page.questions) <= 10 for page in questionnaire.pages)


def test_who_never_heard_of_the_systems_is_not_asked_where_they_heard(questionnaire):
    def pages(awareness):
        return [page.name for page in visible_pages(questionnaire, {"consent": "yes", "awareness": awareness})]

    assert "contact" not in pages("1") and "contact" not in pages("97")
    assert "contact" in pages("2")


def test_its_truth_fits_and_describes_every_closed_question(questionnaire):
    truth = read_truth(DEMO / "truth.yaml", questionnaire)
    described = {*truth.items, *truth.demographics, "consent"}
    assert described == set(questionnaire.variables)


def test_the_truth_lies_near_and_away_from_the_published_figures(questionnaire):
    true = simulate(questionnaire, 1, seed=1).truth
    support = {
        name: item.collapse["support"]["substantive"] for name, item in true.items() if "support" in item.collapse
    }
    assert support["restrict_travel"] == pytest.approx(0.71)
    assert support["record_petition"] == pytest.approx(0.49)
    assert support["restrict_private_school"] == pytest.approx(0.31)
    assert support["restrict_internet"] == pytest.approx(0.48)
    assert true["approval"].collapse["approve"]["substantive"] == pytest.approx(0.69)


def test_rehearsed_answers_pass_from_the_questionnaire_to_a_study(questionnaire):
    made = simulate(questionnaire, 150, seed=3)
    study = export(questionnaire, made.interviews, language="zh")
    assert len(study.frame) == 150
    assert study.codebook["restrict_travel"].labels[5.0] == "强烈支持"
    assert study.codebook["restrict_travel"].replicates == ("liu2022.travel",)
    complete = study.frame[study.frame["disposition"] == 1]
    assert complete[["sex", "age4", "urban", "education"]].isin([1, 2, 3, 4]).all(axis=None)
    unaware = complete["awareness"] == 1
    assert (complete.loc[unaware, "exposure"] == -9).all() and (complete.loc[~unaware, "sources_1"] != -9).any()
