"""What no survey stands behind, what only a part was asked, which of several countries, and what rests on a word."""

from dataclasses import replace

import pytest

from topline.analysis.comparing.compare import compare
from topline.analysis.estimation.estimate import proportion
from topline.analysis.gating.frame import Frame
from topline.analysis.gating.gate import no_survey
from topline.analysis.gating.people import asked_of
from topline.analysis.sampling.subpopulation import subset
from topline.data.registry.figure import Source
from topline.data.registry.figures import published

from ..comparing.two_surveys import ALIKE, design_of, figure_of, one_row

PLAIN = {"replicates": (), "bank": ""}
UNSTATED = {"sample_type": "unknown", "population": "", "n": None, "modes": ("unknown",)}
QUOTED = (Source("poll.1", "secondary", "An essay.", "p. 1", "", 0.62, "62%", "as_quoted"),)
RETOLD = (replace(QUOTED[0], provenance="secondary"),)
BARE = {"n": None, "sources": QUOTED, "provenance": "as_quoted", "field_start": "", "field_end": ""}
PILOT = figure_of(base_rule="people in pilot areas")
SEVERAL = replace(figure_of(), country="CN", study=replace(figure_of().study, country="", region="28 countries"))


@pytest.mark.parametrize(
    ("figure", "why"),
    [
        (published()["essay.support"], "whom it describes, how many were asked and how is not on record"),
        (figure_of(**UNSTATED, sources=RETOLD), "whom it describes, how many were asked and how is not on record"),
        (figure_of(**BARE), "it is only quoted, and neither how many were asked nor when is on record"),
    ],
)
def test_what_no_survey_stands_behind_is_never_differenced(figure, why):
    row = one_row(figure, design_of(**PLAIN))
    assert (row.grade, row.difference, row.topics[0]) == ("not_comparable", None, "kind")
    assert row.reasons[0].startswith(f"No survey is known to stand behind the published value: {why}")
    assert "study.csv" in row.repairs[0]


def test_a_quoted_value_of_a_known_survey_and_a_survey_that_states_little_are_surveys():
    for figure in (
        figure_of(sources=QUOTED),
        figure_of(**{**UNSTATED, "n": 900}, sources=RETOLD),
        figure_of(**UNSTATED),
        figure_of(n=None),
        figure_of(**{**BARE, "field_end": "2019"}),
    ):
        assert no_survey(figure) == ""
    assert [one for one, figure in published().items() if no_survey(figure)] == ["essay.support"]


def test_a_question_put_to_a_part_of_the_sample_is_not_compared_with_everybody():
    row = one_row(PILOT)
    assert (row.grade, row.difference) == ("not_comparable", None)
    assert "only a part of its sample (people in pilot areas), the new one everybody" in row.reasons[0]
    assert "where=" in row.repairs[0] and "bridge_to=" in row.repairs[0]


def test_that_part_of_the_new_sample_is_compared_on_the_users_word():
    row = one_row(PILOT, subset(design_of(), "urban == 1"))
    assert row.grade == "qualified" and row.difference is not None
    assert any("describes the same people (people in pilot areas)" in reason for reason in row.reasons)
    row = one_row(PILOT, bridge_to=Frame("pilot areas", where="urban == 1"))
    assert row.grade == "qualified" and row.n == 500
    assert any(
        "the published people (people in pilot areas, adults) is taken on your word" in one for one in row.reasons
    )


def test_a_part_drawn_at_random_stands_for_all():
    row = one_row(figure_of(base_rule="One of three statements, drawn at random"))
    assert row.difference is not None and not any("part of its sample" in reason for reason in row.reasons)
    apart = {asked_of(figure) for figure in published().values()} - {""}
    assert "internet users" in apart and not any("random" in rule for rule in apart)


def test_a_subgroup_of_a_part_names_both():
    row = one_row(figure_of(subgroup="women", base_rule="internet users"))
    assert "(women; internet users)" in row.reasons[0]


def test_one_of_several_countries_needs_the_new_country():
    row = one_row(SEVERAL, about=replace(ALIKE, country=""))
    assert (row.grade, row.difference) == ("not_comparable", None)
    assert row.reasons[0] == (
        "The new survey states no country, and the published figure is of one (CN) of several (28 countries)."
    )
    assert row.repairs[0] == 'about=StudyDescription(country="...")'
    assert one_row(SEVERAL).difference is not None


def test_the_sentence_and_the_table_say_what_is_taken_on_the_users_word():
    comparison = compare(proportion(design_of(**PLAIN), "travel", category="support"), figure_of(), about=ALIKE)
    row = comparison.rows[0]
    assert row.grade == "qualified" and row.topics[0] == "unchecked"
    assert row.sentence.endswith("; that both ask and count the same is taken on your word alone.")
    assert row.sentence_de.endswith("; dass beide nach demselben fragen und dasselbe zählen, ist allein Ihre Angabe.")
    assert row.sentence_zh.endswith("；两者所问与所计相同，仅凭您的说明。")
    assert "on your word" in comparison.summary() and "on your word" in comparison.to_html()
    joined = compare(proportion(design_of(), "travel", category="support"), figure_of(), about=ALIKE)
    assert "your word" not in str(joined)
