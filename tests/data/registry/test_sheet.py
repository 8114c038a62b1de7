"""What is known of a figure, a question, a study or a claim is shown whole, with its badge."""

from __future__ import annotations

import pytest

from topline.data.errors import UnknownNameError
from topline.data.registry.figure import BADGES
from topline.data.registry.figures import published, read_registry
from topline.data.registry.listing import ClaimList, FigureList
from topline.data.registry.sheet import sheet


@pytest.fixture
def registry(registry_folder):
    """The town survey with a second source that disagrees, one that disputes the base, and a part of the sample."""
    sources = [
        {
            "source_id": "town2024.cameras.2", "quoted_value": "62", "quoted": "62 percent", "provenance": "secondary",
            "kind": "secondary", "citation": "The Gazette (2024)", "locator": "page 3",
        },
        {"source_id": "town2024.cameras.3", "disputes": "base", "note": "Of those with an opinion.", "kind": "release"},
        {"source_id": "town2024.cameras_men.1", "figure_id": "town2024.cameras_men", "provenance": "recalled"},
    ]  # fmt: skip
    men = {"figure_id": "town2024.cameras_men", "subgroup": "men", "lower": "55.5", "upper": "64.5"}
    looked = {"checked_by": "the team", "checked_on": "2026-01-02", "url": "https://town.example/table"}
    unasked = {"item_id": "town2024.lenses", "wording_english": "", "wording_original": "Linsen?", "scale_id": ""}
    return read_registry(
        registry_folder(
            ("item", {"preamble": "Think of squares.", "order": "random", "battery": "devices"}),
            ("source", looked),
            ("claim", {"figures": "town2024.cameras", "unit": "percent of firms"}),
            ("estimate", {"erratum": "Printed as 66 at first."}),
            item=[unasked | {"answers": "several", "base_rule": "owners of cameras"}],
            estimate=[men],
            source=sources,
        )
    )


def test_a_sheet_shows_all_that_is_known_of_a_figure(registry):
    text = str(sheet(registry, "town2024.cameras"))
    lines = text.splitlines()
    for line in [
        "printed        60% (yes)",
        "badge          seen in the publisher's own report; sources disagree",
        "question       Do you support cameras? [verbatim]",
        "introduction   Think of squares.",
        "answers        [Yes] · [Partly] · No · Don't know   (counted in brackets)",
        "order          random order",
        "counted        yes = Yes + Partly (stated)",
        "base           everyone asked, don't know included",
        "n              1,000 (verified)",
        "margin         ±3.1 points at 95%, as the pollster states (verified)",
        "mode           telephone, web",
        "dates          2024-02 to 2024-03 (verified)",
        "in conflict    60% is kept here",
        "in conflict    The Gazette (2024) gives '62 percent'.",
        "in conflict    Town (2024), table 1 disagrees on the base: '60%'. Of those with an opinion.",
        "erratum        Printed as 66 at first.",
        "related        own.cameras: same wording; taken over word for word",
        "same question  town2024.cameras_men: 60% (yes, men; recalled)",
        "claim          town2024.firms: Half of all firms have a camera (a share of policy documents, "
        "not of firms or people)",
    ]:
        assert line in lines, text
    text = " ".join(text.split())
    assert "checked by the team on 2026-01-02) https://town.example/table" in text
    assert "The Gazette (2024), page 3: '62 percent' (secondary; a third party;" in text
    assert "(verified; its publisher's release" in text
    assert not any(line.startswith("doubt") for line in lines), "a conflict and an erratum are said once"


def test_a_part_of_the_sample_shows_its_interval_and_no_number_of_the_whole(registry):
    text = str(sheet(registry, "town2024.cameras_men"))
    assert "part           men" in text and "interval       55.5 to 64.5, as published" in text
    assert "n              not known" in text and "margin " not in text


def test_a_question_no_figure_is_known_for_is_shown_with_its_study(registry):
    text = str(sheet(registry, "town2024.lenses"))
    assert "original      Linsen? [en; verbatim]" in text or "original    Linsen? [en; verbatim]" in text
    assert "none is known" in text and "not known" in text and "Town survey" in text
    assert "owners of cameras" in text and "may name more than one" in text
    assert sheet(registry, "town2024.lenses").document()["method"]["figures"] == []


def test_a_study_is_shown_with_its_figures_and_claims(registry):
    shown = sheet(registry, "town2024")
    assert "interviews  1,000 (verified)" in str(shown) and "2 figures. One in full" in str(shown)
    assert [row["figure_id"] for row in shown.document()["rows"]] == ["town2024.cameras", "town2024.cameras_men"]
    assert shown.document()["method"]["claims"] == ["town2024.firms"]


def test_a_claim_is_shown_with_its_verdict_and_what_it_should_have_been(registry):
    shown = sheet(registry, "town2024.firms")
    text = str(shown)
    assert (
        "printed     50% (percent of firms)" in text
        and "verdict     a share of policy documents, not of firms or people" in text
    )
    assert "figure      town2024.cameras: 60% (yes; verified, disputed)" in text
    assert shown.document()["method"]["badge"] == "seen in the publisher's own report"
    assert str(ClaimList(tuple(registry.claims.values()))).endswith(
        "1 claim. One in full: topline figures show town2024.firms"
    )
    assert ClaimList(tuple(registry.claims.values())).document()["rows"][0]["verdict"] == "documents_read_as_people"
    assert str(ClaimList(())) == "No claim is on record here."


def test_a_name_that_is_nothing_is_answered_with_the_nearest(registry):
    with pytest.raises(UnknownNameError, match=r"published figure, item, study or claim 'town2024\.camera'. Did you"):
        sheet(registry, "town2024.camera")


def test_documents_for_machines_carry_badge_conflicts_relations_and_claims(registry):
    method = sheet(registry, "town2024.cameras").document()["method"]
    assert method["badge"].endswith("sources disagree")
    assert method["conflicts"] == ["town2024.cameras.2", "town2024.cameras.3"]
    assert method["relations"][0]["other"] == "own.cameras" and method["claims"] == ["town2024.firms"]


def test_every_shipped_figure_study_and_claim_has_a_sheet_with_its_grade():
    registry = published()
    for name, figure in registry.items():
        text = str(sheet(registry, name))
        assert BADGES[figure.provenance].split(";")[0] in text
    for claim in registry.claims.values():
        assert "verdict" in str(sheet(registry, claim.claim_id))


def test_no_figure_that_nobody_saw_in_print_is_listed_without_its_grade():
    registry = published()
    weak = [figure for figure in registry.values() if figure.provenance in ("recalled", "as_quoted")]
    lines = {line.split(" ")[0]: line for line in str(FigureList(registry)).splitlines()}
    assert all(figure.provenance.replace("_", " ") in lines[figure.figure_id] for figure in weak)
    frame = registry.to_frame().set_index("figure_id")
    assert all(frame.loc[figure.figure_id, "badge"].startswith(BADGES[figure.provenance]) for figure in weak)
    assert "from memory; not seen in print." in str(FigureList(registry.select(provenance="recalled")))


def test_a_list_without_figures_says_what_to_do(registry):
    empty = registry.search("zzz")
    assert "No published figure matches" in str(FigureList(empty))
    assert str(FigureList(empty, "cam zzz", registry)) == (
        "No published figure has all of these words.\n'cam' occurs in 2 figures; 'zzz' in none."
    )
    assert "meets the conditions" in str(FigureList(empty, "cam", empty))
    assert FigureList(empty, "zzz", registry).document() == {
        "method": {"source": registry.source, "figures": 0, "words": "zzz", "claims": []},
        "rows": [],
    }


def test_a_list_marks_a_number_of_interviews_that_nobody_saw_in_print(registry_folder):
    text = str(FigureList(read_registry(registry_folder(("study", {"n_provenance": "recalled"})))))
    assert " ~1,000" in text and "~ the number of interviews is from memory" in text
    sound = str(FigureList(read_registry(registry_folder())))
    assert "~" not in sound and " 1,000" in sound


def test_a_list_says_of_whom_a_figure_is_that_has_its_questions_bare_name(registry_folder):
    several = ("study", {"country": "", "region": "3 countries"})
    men = ("estimate", {"subgroup": "men", "country": "DE"})
    assert "Do you support cameras? (DE, men)" in str(FigureList(read_registry(registry_folder(several, men))))
    shown = {line.split(" ")[0]: line for line in str(FigureList(published())).splitlines()}
    for name, figure in published().items():
        line = shown[name]
        if figure.subgroup != "all" and len(figure.subgroup) < 40:
            assert f"{figure.subgroup})" in line


def test_the_sheet_of_an_index_says_when_its_series_ended():
    lines = str(sheet(published(), "doingbusiness2020.score")).splitlines()
    assert "series ended     2021-09" in lines
