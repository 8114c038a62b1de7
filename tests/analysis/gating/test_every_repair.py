"""No reason that forbids or qualifies a comparison is without a repair, or without the word that there is none."""

from dataclasses import replace
from importlib.resources import files

import pytest

from topline.analysis.comparing.compare import compare, hedged, without_error
from topline.analysis.comparing.terms import on_terms
from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.gating.frame_words import understood
from topline.analysis.gating.gate import gate
from topline.analysis.gating.people import parts_of_samples
from topline.data.description import StudyDescription
from topline.data.errors import ComparisonError
from topline.data.registry.figures import published
from topline.data.yaml_file import load_document
from topline.instrument.export import export
from topline.instrument.reading import questionnaire_from

from ..comparing.two_surveys import ALIKE, design_of, figure_of

PAGE = files("topline.data") / "demo" / "questionnaire.yaml"
CODEBOOK = export(
    questionnaire_from(load_document(PAGE.read_text(encoding="utf-8"), "questionnaire.yaml")), []
).codebook
DEMO = StudyDescription(
    country="CN",
    population="adults online",
    frame="an open link",
    sample_type="nonprobability",
    modes=("web",),
    languages=("en",),
    field_start="2026-10",
    field_end="2026-11",
)
SURVEYS = {
    "demo": DEMO,
    "nothing stated": StudyDescription(),
    "a region": replace(DEMO, country="CN-BJ", sample_type="convenience"),
    "several countries": replace(DEMO, country="", region="EU28"),
}


def without_repair(reasons):
    """Name the reasons that forbid or qualify and neither have a repair nor say that there is none."""
    return {(one.topic, one.text) for one in reasons if one.effect != "repaired" and not one.repair.strip()}


@pytest.mark.parametrize("survey", SURVEYS)
def test_beside_every_shipped_figure_every_reason_of_every_demo_question_has_a_repair(survey):
    registry, about, design = published(), SURVEYS[survey], design_of()
    asked = [one for one in CODEBOOK if one.bank or one.replicates]
    assert asked
    for figure in registry.values():
        related = [one for one in asked if registry.relation(one.bank, figure.item.item_id)]
        for variable in (*related, asked[0]):
            known = registry.relation(variable.bank, figure.item.item_id)
            for chosen in (True, False):
                assert not without_repair(gate(variable, figure, about, known, chosen=chosen, codebook=CODEBOOK))
        told = [*hedged(figure), *without_error({"estimate": 0.5, "se": None}, figure)]
        for chosen in (True, False):
            for groups in ({}, {"urban": 1}):
                told += parts_of_samples(figure, groups, design, chosen=chosen, bridged=False)
        assert not without_repair(told)


@pytest.mark.parametrize("scale", ["support5", ""])
@pytest.mark.parametrize("estimator", [proportion, mean])
def test_beside_every_shipped_figure_every_reason_in_the_answers_has_a_repair(scale, estimator):
    estimates = estimator(design_of({4.0: 30, 2.0: 20}, scale=scale), "travel")
    of_kind = {(one.item.item_id, one.category, one.statistic, one.base): one for one in published().values()}
    kinds = {(one.item.scale and one.item.scale.scale_id, *key[1:]): one for key, one in of_kind.items()}
    for figure in kinds.values():
        assert not without_repair(on_terms(estimates, "travel", figure, 0.95).reasons)


def test_every_printed_reason_of_a_comparison_has_a_repair_unless_it_was_repaired():
    design = design_of(bank="social_credit.approval", replicates=(), scale="approve5", collapse={"approve": (4.0, 5.0)})
    rows = compare(proportion(design, "travel"), published(), about=DEMO).rows
    assert rows
    for row in rows:
        for reason, repair in zip(row.reasons, row.repairs, strict=True):
            assert repair or reason.startswith("repaired:")


def test_a_frame_is_suggested_in_plain_words_only_where_they_are_understood():
    asked, offered = CODEBOOK.variables[0], 0
    for figure in published().values():
        for reason in gate(asked, figure, DEMO, None, chosen=True, codebook=CODEBOOK):
            if reason.repair.startswith('bridge_to="'):
                offered += 1
                assert understood(reason.repair.split('"')[1], CODEBOOK, DEMO)
    assert offered
    with pytest.raises(ComparisonError, match="14-65"):
        understood("online 14-65", CODEBOOK, DEMO)
    online = figure_of(population="internet users aged 14 to 65")
    (said,) = [
        one.repair for one in gate(asked, online, ALIKE, None, chosen=True, codebook=CODEBOOK) if "14" in one.repair
    ]
    assert said == 'bridge_to=Frame("...", where="..."); ages 14-65 need age in years, or such bands'
