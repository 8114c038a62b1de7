"""Figures are chosen by what is known of them, and found by words."""

from __future__ import annotations

import pytest

from topline.data.errors import RegistryError, UnknownNameError
from topline.data.registry.figures import PUBLISHED, published, read_registry
from topline.data.registry.listing import FigureList
from topline.data.registry.search import unfound
from topline.data.registry.table_schema import allowed, schema


@pytest.fixture
def registry(registry_folder):
    """Town survey of 2024 (telephone and web), and one of three countries, dated by its publication only."""
    study = {
        "study_id": "world2023", "title": "Überwachung in drei Ländern", "population": "Urban adults online",
        "region": "3 countries", "frame": "panel of students", "modes": "web", "field_start": "", "field_end": "",
        "published_on": "2023-05", "moe_pp": "", "moe_basis": "not_stated", "sample_type": "unknown",
    }  # fmt: skip
    item = {
        "item_id": "world2023.faces", "study_id": "world2023", "topic": "face_recognition", "construct": "faces",
        "wording_english": "Do you accept that the police recognise faces?", "wording_original": "是否接受人脸识别",
        "original_language": "zh", "battery": "uses_of_cameras",
    }  # fmt: skip
    figure = {"figure_id": "world2023.faces", "item_id": "world2023.faces"}
    german = {**figure, "figure_id": "world2023.faces_de", "country": "DE", "value": "40", "as_printed": "40%"}
    sources = [
        {"source_id": "world2023.faces.1", "figure_id": "world2023.faces", "provenance": "recalled"},
        {"source_id": "world2023.faces_de.1", "figure_id": "world2023.faces_de", "quoted_value": "40"},
    ]
    folder = registry_folder(
        ("study", {"country": "GB", "population": "Adults"}),
        study=[study | {"country": ""}],
        item=[item],
        estimate=[figure, german],
        source=sources,
    )
    return read_registry(folder)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"topic": "face_recognition"}, {"world2023.faces", "world2023.faces_de"}),
        ({"country": "DE"}, {"world2023.faces_de"}),
        ({"country": ["DE", "GB"]}, {"world2023.faces_de", "town2024.cameras"}),
        ({"study": "town2024"}, {"town2024.cameras"}),
        ({"item": ("world2023.faces", "town2024.cameras"), "provenance": "recalled"}, {"world2023.faces"}),
        ({"mode": "telephone"}, {"town2024.cameras"}),
        ({"mode": "paper"}, set()),
        ({"provenance": ["verified", "secondary"]}, {"town2024.cameras", "world2023.faces_de"}),
        ({"population": "adult URBAN"}, {"world2023.faces", "world2023.faces_de"}),
        ({"population": "student panel"}, {"world2023.faces", "world2023.faces_de"}),
        ({"population": ["countries", "adults"]}, {"world2023.faces", "world2023.faces_de", "town2024.cameras"}),
        ({"since": "2023-06"}, {"town2024.cameras"}),
        ({"since": "2024-03-20"}, {"town2024.cameras"}),
        ({"since": "2023"}, {"town2024.cameras", "world2023.faces", "world2023.faces_de"}),
        ({"since": "2024-04"}, set()),
        ({}, {"town2024.cameras", "world2023.faces", "world2023.faces_de"}),
    ],
)
def test_figures_that_meet_every_condition_are_kept(registry, asked, found):
    assert set(registry.select(**asked)) == found


def test_what_is_left_out_stays_known(registry):
    kept = registry.select(country="DE")
    assert (kept.studies, kept.questions, kept.relations) == (registry.studies, registry.questions, registry.relations)


def test_a_study_without_any_date_is_not_since_anything(registry_folder):
    undated = ("study", {"field_start": "", "field_end": ""})
    assert set(read_registry(registry_folder(undated)).select(since="1900")) == set()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"mode": "phone"}, "there is no published mode 'phone'."),
        ({"provenance": "verifed"}, "Did you mean 'verified'?"),
        ({"country": ["DE", "UK"]}, "there is no published country 'UK'. Did you mean 'GB'?"),
        ({"country": "gb"}, "there is no published country 'gb'. Did you mean 'GB'?"),
        ({"country": "Germany"}, "there is no published country 'Germany'. Did you mean 'DE'?"),
        ({"country": "China"}, "there is no published country 'China'. Known: DE, GB."),
        ({"population": "rural adults"}, "there is no published population 'rural adults'."),
        ({"population": "urban pensioners"}, "Known: Urban adults online."),
        ({"population": ""}, "there is no published population ''"),
        ({"study": "town2023"}, "Did you mean 'town2024'"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(registry, asked, message):
    with pytest.raises(UnknownNameError) as caught:
        registry.select(**asked)
    assert message in str(caught.value)


@pytest.mark.parametrize("since", ["12/2020", "2020-13", "2020-1", "soon"])
def test_a_date_that_is_none_is_refused(registry, since):
    with pytest.raises(RegistryError, match="write a year, a month or a day: 2020, 2020-03 or 2020-03-14"):
        registry.select(since=since)


FACES = ["world2023.faces_de", "world2023.faces"]
"""Both fit alike; the first was seen in its source, the second is from memory."""


def test_a_search_knows_parts_years_countries_sponsors_and_programmes(registry_folder):
    men = {"figure_id": "town2024.cameras_men", "subgroup": "men"}
    study = {"sponsor": "World Bank", "programme": "town_panel", "fieldwork_firm": "Askers", "country": "GB"}
    source = {"source_id": "town2024.cameras_men.1", "figure_id": "town2024.cameras_men"}
    registry = read_registry(registry_folder(("study", study), estimate=[men], source=[source]))
    assert list(registry.search("men")) == ["town2024.cameras_men"]
    for text in ("town 2024", "world bank", "panel", "askers", "united kingdom", "GB"):
        assert list(registry.search(text)) == ["town2024.cameras", "town2024.cameras_men"], text
    assert list(registry.search("13")) == [], "days of the month are no words"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("women", "eb460.view_women"),
        ("black respondents", "cato2023.cameras_black"),
        ("Pew 2018", "pew2018_algorithms.bias"),
        ("world bank", "doingbusiness2020.score"),
        ("customs inspection", "gacc2019.inspection_certified"),
    ],
)
def test_shipped_figures_are_found_by_what_a_reader_would_type(text, found):
    assert found in published().search(text)


def test_a_number_without_a_survey_behind_it_stands_last_and_the_better_traced_first():
    names = list(published().search("social credit"))
    assert names[-1] == "essay.support" and len(names) > 10
    surveyed = [figure for figure in published().search("support").values() if figure.study.surveyed]
    assert surveyed and not published()["cpi2015.corruption"].study.surveyed


def test_claims_are_found_too_and_stand_under_the_figures():
    from topline.data.registry.listing import FigureList

    text = str(FigureList(published().search("400 million cameras"), "400 million cameras", published()))
    assert "essay.cameras: There are 400 million surveillance cameras. (not traced)" in text
    found = FigureList(published().search("ease of doing business"), "ease of doing business", published())
    assert found.document()["method"]["claims"] == ["essay.ease_2014", "essay.ease_2023"]
    assert str(found).index("doingbusiness2020.score") < str(found).index("they are no polls")


def test_every_search_in_the_help_finds_something():
    import shlex

    from topline.cli.publishing import figures

    epilogs = [figures.epilog, *(command.epilog for command in figures.commands.values())]
    searches = {line.strip() for text in epilogs if text for line in text.splitlines() if " figures search " in line}
    assert len(searches) == 2
    for line in searches:
        words = shlex.split(line)[3:]
        kept = published(country=words[words.index("--country") + 1]) if "--country" in words else published()
        assert kept.search(words[0]), line


def test_every_word_must_occur_and_its_beginning_is_enough(registry):
    assert list(registry.search("POLICE recog")) == FACES
    assert list(registry.search("police dogs")) == []
    assert list(registry.search("recognition")) == FACES, "in the topic"
    assert list(registry.search("partly")) == ["town2024.cameras", *FACES], "a label of the scale"
    assert list(registry.search("überw länder")) == FACES, "in the study's title"
    assert list(registry.search("人脸")) == FACES, "in the original wording"
    assert list(registry.search("")) == []


def test_what_stands_in_the_question_comes_before_what_stands_around_it(registry):
    assert list(registry.search("cameras")) == ["town2024.cameras", *FACES]


def test_of_a_search_without_result_each_word_is_counted(registry):
    assert unfound(registry, "police camras town") == (
        "'police' occurs in 2 figures; 'camras' in none (did you mean 'cameras'?); 'town' in 1 figure."
    )


def test_two_registries_are_joined_unless_one_name_means_two_things(registry, registry_folder):
    own = read_registry(PUBLISHED).joined(registry)
    assert own["town2024.cameras"].value == 0.6 and own["liu2022.travel"].value == 0.77
    assert own.relation("own.cameras", "town2024.cameras").relation == "same_wording"
    assert own.joined(registry).figures == own.figures, "what is the same is no conflict"
    other = read_registry(registry_folder(("estimate", {"note": "read again"})))
    with pytest.raises(RegistryError, match=r"both registries have town2024\.cameras among their figures; give one of"):
        registry.joined(other)


def test_figures_named_one_by_one_keep_what_is_on_record_of_them(registry):
    chosen = registry.chosen(["town2024.cameras", "world2023.faces"])
    assert (len(chosen), chosen[0].figure_id) == (2, "town2024.cameras")
    assert [figure.figure_id for figure in chosen[1:]] == ["world2023.faces"]
    assert chosen.relation("own.cameras", "town2024.cameras").relation == "same_wording"
    with pytest.raises(UnknownNameError, match=r"Did you mean 'town2024\.cameras'"):
        registry.chosen(["town2024.camera"])


def test_conditions_and_schema_name_the_same_modes():
    pattern = next(field for field in schema()["study"]["fields"] if field["name"] == "modes")["constraints"]["pattern"]
    assert all(f"{mode}|" in pattern or f"{mode})" in pattern for mode in allowed("study", "modes"))
    assert len(published(mode=allowed("study", "modes"))) == len(published())


def test_figures_whose_sources_disagree_and_answers_counted_are_conditions():
    disputed = published(disputed=True)
    assert disputed and all(figure.conflicts for figure in disputed.values())
    assert len(disputed) + len(published(disputed=False)) == len(published())
    assert {figure.category for figure in published(category=["support", "approve"]).values()} == {"support", "approve"}
    with pytest.raises(UnknownNameError, match=r"there is no published category 'suport'\. Did you mean 'support'"):
        published(category="suport")


@pytest.mark.parametrize(
    ("conditions", "problem"),
    [
        ({"study": 3}, r'study is 3; give a name, e\.g\. "liu2022", or a list of names'),
        ({"provenance": []}, r'provenance names nothing; give a name, e\.g\. "verified", or leave provenance away'),
        ({"topic": [None]}, r"topic holds None, which is no name; names are text"),
        ({"since": 20.5}, r"since is '20\.5'; write a year, a month or a day"),
    ],
)
def test_a_condition_that_names_nothing_is_refused(conditions, problem):
    with pytest.raises(RegistryError, match=problem):
        published(**conditions)


def test_a_year_may_be_a_number():
    assert list(published(since=2020)) == list(published(since="2020"))


def test_signs_and_small_words_are_passed_over_and_a_number_is_found_as_printed():
    assert list(published().search("77% of the travel")) == ["liu2022.travel"]
    assert not published().search("7 restrict travel"), "a number is found whole"
    text = str(FigureList(published().search("75% of businesses"), "75% of businesses", published()))
    assert "essay.businesses: Three in four businesses are targeted" in text


def test_a_registry_and_its_records_print_as_the_command_line_shows_them():
    registry = published()
    assert len(str(registry)) < 8000 and "The first 30; fewer: select(...), all: to_frame()." in str(registry)
    assert repr(registry) == f"<Registry: {len(registry)} figures of {len({*_houses(registry)})} studies>"
    assert repr(published(item="liu2022.travel")) == "<Registry: 1 figure of 1 study>"
    figure = registry["liu2022.travel"]
    assert repr(figure) == "<Figure liu2022.travel: 77% (support; as quoted)>"
    assert str(figure).startswith("figure           liu2022.travel\nprinted          77% (support)")
    assert repr(registry.claims["essay.businesses"]) == "<Claim essay.businesses: 75% (documents read as people)>"
    assert "verdict     a share of policy documents" in str(registry.claims["essay.businesses"])
    assert repr(registry.studies["liu2022"]).startswith("<PublishedStudy liu2022: Who Supports")
    assert str(registry.studies["liu2022"]).startswith("id          liu2022\nstudy       Who Supports")


def _houses(registry):
    return (figure.study.study_id for figure in registry.values())


def test_every_question_a_published_item_was_held_beside_is_in_the_bank_or_published():
    from topline.data.banks.shipped import bank

    known = {*bank(), *published().questions}
    assert sorted({relation.other_id for relation in published().relations} - known) == []
