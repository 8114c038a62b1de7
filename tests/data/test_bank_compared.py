"""A questionnaire that names a bank item finds its published figures by itself, in every topic."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from topline.analysis.comparing.compare import compare
from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.sampling.design import Design
from topline.data.banks.shipped import bank
from topline.data.codebook import Codebook, Study
from topline.data.description import StudyDescription
from topline.data.registry.figures import published
from topline.data.yaml_file import load_document
from topline.instrument.export import export
from topline.instrument.reading import questionnaire_from

NAMED = {
    "ai_administration.comfort_decisions": ("oaic2023.government_decisions", "AU"),
    "data_surveillance.home_cameras": ("cato2023.cameras", "US"),
    "face_recognition.police_public": ("pew2019_face.acceptable_police", "US"),
    "hiring_credit.comfort_loan": ("consumer2024.loan", "US"),
    "predictive_policing.court_parole": ("pew2018_algorithms.parole_acceptable", "US"),
    "social_credit.like_chinese": ("sinus2019.system", "DE"),
    "trust_knowledge.ai_careful_management": ("govai2018.careful_ai", "US"),
}
QUESTION = "      - {{name: {name}, type: select_one, bank: {bank}}}\n"
DOCUMENT = "name: wave\ntitle: {en: Wave}\nlanguages: [en]\npages:\n  - name: start\n    questions:\n"


@cache
def fielded(*ids: str) -> Study:
    """Give invented answers to a questionnaire that names bank items and nothing else."""
    asked = [bank()[item_id] for item_id in ids]
    text = DOCUMENT + "".join(QUESTION.format(name=item.name, bank=item.id) for item in asked)
    empty = export(questionnaire_from(load_document(text, "wave.yaml")), [])
    random = np.random.default_rng(20261123)
    answers = {item.name: random.choice([float(one.name) for one in item.choices.choices], 400) for item in asked}
    return Study(pd.DataFrame(answers), Codebook(tuple(empty.codebook[name] for name in answers)))


def compared(item_id: str, country: str = ""):
    design = Design(fielded(*NAMED))
    return compare(proportion(design, bank()[item_id].name), published(), about=StudyDescription(country=country))


@pytest.mark.parametrize("item_id", NAMED)
def test_a_named_item_finds_its_published_figure(item_id):
    item, (figure, country) = bank()[item_id], NAMED[item_id]
    variable = fielded(*NAMED).codebook[item.name]
    assert (variable.bank, variable.replicates, variable.scale) == (item.id, item.replicates, item.choices.scale)
    row = next(row for row in compared(item_id, country).rows if row.published_item == figure)
    assert row.grade == "qualified" and row.difference == pytest.approx(row.estimate - row.published)
    assert row.wording["en"] == variable.wording["en"]


def test_a_figure_of_another_country_is_found_and_refused():
    row = next(row for row in compared("face_recognition.police_public", "DE").rows if row.published_id in NAMED_IDS)
    assert row.grade == "not_comparable" and row.difference is None
    assert row.reasons[0].startswith("Different countries: new DE, published US")


NAMED_IDS = {figure for figure, _ in NAMED.values()}


def test_what_only_seems_alike_is_refused_with_its_reason():
    rows = {row.published_item: row for row in compared("face_recognition.police_public", "US").rows}
    refused = rows["brookings2018.stores"]
    assert refused.grade == "not_comparable" and refused.difference is None
    assert "shops against theft are another operator and purpose" in refused.reasons[0]


def test_word_for_word_the_same_gives_no_reason_of_wording():
    row = next(row for row in compared("data_surveillance.home_cameras", "US").rows if row.grade == "qualified")
    assert row.published_item == "cato2023.cameras"
    assert not [reason for reason in row.reasons if "different words" in reason or "paraphrase" in reason]


def test_welfare_figures_are_of_groups_of_countries_so_one_has_to_be_named():
    study = fielded("welfare_decisions.prefer_decider", "welfare_decisions.compared_speed")
    figure = next(one for one in published().values() if one.item.item_id == "ie2021.welfare_visa")
    row = compare(proportion(Design(study), "prefer_decider"), figure).rows[0]
    assert row.published == 0.33 and row.grade == "not_comparable" and row.difference is None
    ticked = compare(proportion(Design(study), "compared_speed", category="better"), published()).rows[0]
    assert ticked.published_item == "ada_turing2022.welfare_faster" and ticked.grade == "not_comparable"


def test_a_published_mean_stands_beside_a_mean():
    found = compare(mean(Design(fielded("social_credit.support_rating")), "support_rating"), published())
    assert [row.published_item for row in found.rows] == ["xu2022.support"]
    assert found.rows[0].published == 7.5 and found.rows[0].difference is not None
