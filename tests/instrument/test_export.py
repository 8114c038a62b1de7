"""Interviews as a study: codes, labels and every kind of missing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from topline.data.codebook import MissingKind
from topline.data.errors import CodebookError, UnknownNameError
from topline.instrument.export import asked_variables, export
from topline.instrument.interview import Interview
from topline.instrument.reading import read_questionnaire_text

QUESTIONNAIRE = read_questionnaire_text("""
name: q
version: "3"
title: {en: Views, zh: 看法}
languages: [en, zh]
choices:
  support5:
    scale: support5
    measure: ordinal
    collapse: {support: [4, 5]}
    options:
      - {name: 1, label: {en: Strongly oppose, zh: 强烈反对}}
      - {name: 2, label: {en: Oppose, zh: 反对}}
      - {name: 3, label: {en: Neutral, zh: 中立}}
      - {name: 4, label: {en: Support, zh: 支持}}
      - {name: 5, label: {en: Strongly support, zh: 强烈支持}}
      - {name: 97, label: {en: Don't know, zh: 不知道}, missing: dont_know}
      - {name: 98, label: {en: Refused, zh: 拒答}, missing: refused}
  media:
    options:
      - {name: 1, label: {en: TV, zh: 电视}}
      - {name: 2, label: {en: Net, zh: 网}}
      - {name: 97, label: {en: Don't know, zh: 不知道}, missing: dont_know}
  media_words:
    options:
      - {name: tv, label: {en: TV, zh: 电视}}
      - {name: dk, label: {en: Don't know, zh: 不知道}, missing: dont_know}
  region: {options: [{name: north, label: {en: North, zh: 北}}, {name: "01", label: {en: South, zh: 南}}]}
  unsaid: {options: [{name: 998, label: {en: Not said, zh: 不说}, missing: refused}]}
pages:
  - {name: welcome, questions: [{name: agree, type: consent, label: {en: Agree?, zh: 同意？}}]}
  - name: views
    questions:
      - name: g
        type: grid
        choices: support5
        label: {en: "To what extent do you support:", zh: 您多大程度支持：}
        rows:
          - {name: travel, label: {en: Travel limits, zh: 限制出行}, bank: social_credit.restrict_travel}
          - {name: loans, label: {en: Loan limits, zh: 限制贷款}}
      - {name: news, type: select_multiple, choices: media, label: {en: News, zh: 新闻}}
      - {name: words, type: select_multiple, choices: media_words, label: {en: Words, zh: 词}}
  - name: more
    relevant: ${travel} = '4'
    questions: [{name: why, type: text, label: {en: "Why\\n so?", zh: 为什么？}}]
  - name: you
    questions:
      - {name: age, type: integer, choices: unsaid, label: {en: Age, zh: 年龄}, constraint: ". < 120"}
      - {name: height, type: decimal, label: {en: Height, zh: 身高}}
      - {name: region, type: select_one, choices: region, label: {en: Region, zh: 地区}}
""")


def interview(number, status="complete", reached="you", **answers):
    return Interview(number, "zh", 1, status, "2026-10-02", QUESTIONNAIRE.digest, {"agree": "yes", **answers}, reached)


def row(**answers):
    return export(QUESTIONNAIRE, [interview("a", **answers)]).frame.iloc[0]


def test_every_variable_has_its_column_and_the_outcome_stands_last():
    study = export(QUESTIONNAIRE, [])
    assert list(study.frame.columns) == [
        *("agree", "travel", "loans", "news_1", "news_2", "words_tv", "why", "age", "height", "region"),
        *("disposition", "language", "day", "seed"),
    ]
    assert study.frame.empty
    assert study.codebook.title == "Views"
    assert study.codebook.notes[0] == "Questionnaire q, version 3"


def test_answers_are_coded_as_the_questionnaire_says():
    coded = row(travel="4", loans="97", news=("2",), words=("tv",), why="so", age=40, height=1.7, region="01")
    assert coded.to_dict() == {
        "agree": 1.0, "travel": 4.0, "loans": 97.0, "news_1": 0.0, "news_2": 1.0, "words_tv": 1.0, "why": "so",
        "age": 40.0, "height": 1.7, "region": "01", "disposition": 1.0, "language": "zh", "day": "2026-10-02",
        "seed": 1.0,
    }  # fmt: skip


def test_a_blank_is_system_missing_and_a_question_off_the_route_is_not_asked():
    coded = row(travel="1")
    assert (
        np.isnan(coded["loans"]) and np.isnan(coded["age"]) and np.isnan(coded["news_1"]) and pd.isna(coded["region"])
    )
    assert coded["why"] == "-9"
    assert export(QUESTIONNAIRE, [interview("a", travel="1")]).missing_kinds("why")[0] == "not_asked"


def test_a_dont_know_to_a_multiple_choice_stands_in_each_of_its_columns():
    study = export(QUESTIONNAIRE, [interview("a", news=("97",), words=("dk",))])
    assert study.frame.loc[0, ["news_1", "news_2", "words_tv"]].tolist() == [97.0, 97.0, -8.0]
    assert study.missing_kinds("news_2")[0] == "dont_know"
    assert study.codebook["words_tv"].labels[-8.0] == "Don't know"


def test_a_refused_number_is_missing_and_counted_as_refused():
    study = export(QUESTIONNAIRE, [interview("a", age="998"), interview("b", age=40)])
    assert study.frame["age"].tolist() == [998.0, 40.0]
    assert study.answers("age").tolist()[1] == 40.0 and np.isnan(study.answers("age")[0])
    assert study.missing_kinds("age")[0] == "refused"


def test_what_lies_behind_a_break_off_was_not_asked():
    coded = row(status="started", reached="views", travel="4")
    assert (coded["travel"], coded["age"], coded["why"], coded["disposition"]) == (4.0, -9.0, "-9", 2.0)
    assert np.isnan(coded["loans"])


def test_answers_count_as_reached_even_when_the_respondent_went_back():
    back = interview("a", "started", "views", travel="4", why="so")
    assert asked_variables(QUESTIONNAIRE, back) == {"agree", "travel", "loans", "news", "words", "why"}


def test_a_declined_interview_was_asked_for_consent_only():
    declined = Interview("a", "zh", 1, "declined", "2026-10-02", QUESTIONNAIRE.digest, {"agree": "no"}, "welcome")
    coded = export(QUESTIONNAIRE, [declined]).frame.iloc[0]
    assert (coded["agree"], coded["travel"], coded["region"], coded["disposition"]) == (0.0, -9.0, "-9", 3.0)


def test_a_visit_that_never_came_to_agree_is_left_out_and_counted():
    visits = [replace(interview(number, "started", ""), answers={}) for number in ("a", "b")]
    study = export(QUESTIONNAIRE, [*visits, interview("c", age=40)])
    assert study.frame["age"].tolist() == [40.0]
    assert study.codebook.notes[-1] == "Left out: 2 visits that ended before consent was given."
    assert export(QUESTIONNAIRE, visits[:1]).codebook.notes[-1].startswith("Left out: 1 visit that ended")
    assert not any("Left out" in note for note in export(QUESTIONNAIRE, [interview("c")]).codebook.notes)


def test_the_label_of_a_wording_on_several_lines_is_one_line():
    q = read_questionnaire_text(
        "name: q\ntitle: Q\nlanguages: [en, zh]\npages:\n  - name: p\n    questions:\n      - name: why\n"
        "        type: text\n        label:\n          en: |\n            Why\n            so?\n"
        "          zh: |\n            发布。\n            您是否？\n".replace("title: Q", "title: {en: Q, zh: 问}")
    )
    assert export(q, []).codebook["why"].label == "Why so?"
    assert export(q, [], language="zh").codebook["why"].label == "发布。您是否？"


def test_rows_stand_in_the_order_of_random_numbers_not_of_arrival():
    study = export(QUESTIONNAIRE, [interview("c", age=3), interview("a", age=1), interview("b", age=2)])
    assert study.frame["age"].tolist() == [1.0, 2.0, 3.0]


def test_the_codebook_says_all_the_questionnaire_knows():
    travel = export(QUESTIONNAIRE, [], language="zh").codebook["travel"]
    assert (travel.label, travel.measure, travel.scale) == ("限制出行", "ordinal", "support5")
    assert travel.labels[4.0] == "支持" and travel.labels[-9.0] == "未提问"
    assert travel.missing == {
        97.0: MissingKind.DONT_KNOW, 98.0: MissingKind.REFUSED, -9.0: MissingKind.NOT_ASKED
    }  # fmt: skip
    assert travel.collapse == {"support": (4.0, 5.0)}
    assert travel.wording == {"en": "To what extent do you support: Travel limits", "zh": "您多大程度支持： 限制出行"}
    assert (travel.bank, travel.replicates) == ("social_credit.restrict_travel", ("liu2022.travel",))


def test_labels_stand_on_one_line_and_strings_keep_their_codes():
    codebook = export(QUESTIONNAIRE, []).codebook
    assert codebook["why"].label == "Why so?"
    assert (codebook["region"].type, codebook["region"].labels["01"]) == ("string", "South")
    assert codebook["agree"].labels == {
        1.0: "Yes, I take part", 0.0: "No, I do not take part", -9.0: "Not asked"
    }  # fmt: skip
    assert codebook["news_1"].labels == {0.0: "Not chosen", 1.0: "Chosen", 97.0: "Don't know", -9.0: "Not asked"}
    assert codebook["disposition"].labels == {1.0: "Complete", 2.0: "Partial (broken off)", 3.0: "Consent declined"}


def test_every_order_shown_can_be_rebuilt_from_the_export_alone(tmp_path):
    from topline.data.files import read_study, write_study

    shuffled = QUESTIONNAIRE.model_copy(update={"seed": 77})
    seeds = {"a": 2**31 - 1, "b": 0, "c": 1234567890}
    made = [replace(interview(number), seed=seed) for number, seed in seeds.items()]
    for name in ("answers.sav", "answers.dta", "answers.csv"):
        study = read_study(write_study(export(shuffled, made), tmp_path / name))
        assert study.frame["seed"].tolist() == list(seeds.values())
        assert "Seed of all shuffling 77" in study.codebook.notes
    _, meta = pyreadstat.read_sav(str(tmp_path / "answers.sav"), metadataonly=True)
    assert meta.original_variable_types["seed"] == "F10.0", "shown whole, not as 2.1E+09"


def test_the_seed_is_no_question():
    seed = export(QUESTIONNAIRE, []).codebook["seed"]
    assert (seed.label, seed.wording, seed.labels) == ("Seed of the random orders shown", {}, {})


def test_an_unknown_language_is_named():
    with pytest.raises(UnknownNameError, match="no language 'de'"):
        export(QUESTIONNAIRE, [], language="de")


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"travel": "6"}, r"'travel' holds answers that the questionnaire does not offer: '6' \(1\)"),
        ({"news": ("fax",)}, "'news' holds answers"),
        ({"age": "997"}, "'age' holds answers"),
        ({"age": ("1",)}, "'age' holds answers"),
        ({"weight": 70}, r"questions that questionnaire.yaml does not have: 'weight' \(1\)"),
    ],
)
def test_answers_to_another_version_are_refused_rather_than_lost(answers, message):
    with pytest.raises(CodebookError, match=message):
        export(QUESTIONNAIRE, [interview("a", **answers)])


def test_labels_and_missing_codes_arrive_in_a_sav_file(tmp_path):
    from topline.data.files import read_study, write_study

    study = export(QUESTIONNAIRE, [interview("a", travel="4", loans="98", why="因为", region="north", age="998")])
    path = write_study(study, tmp_path / "answers.sav")
    frame, meta = pyreadstat.read_sav(str(path), user_missing=True)
    assert meta.variable_value_labels["travel"][4.0] == "Support"
    assert meta.column_names_to_labels["travel"] == "Travel limits"
    missing = sorted(stretch["lo"] for stretch in meta.missing_ranges["loans"])
    assert missing == [-9.0, 97.0, 98.0]
    assert frame["why"].tolist() == ["因为"]
    again = read_study(path)
    assert again.missing_kinds("loans").tolist() == ["refused"]
    assert again.codebook["travel"].replicates == ("liu2022.travel",)
    assert again.codebook["travel"].collapse == {"support": (4.0, 5.0)}
