"""Before consent: nothing of a visit is kept, and a refusal is counted without saying whose it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from topline.data.errors import StoreError
from topline.instrument.export import export
from topline.instrument.fieldwork.store import AnswerStore
from topline.instrument.interview import Interview
from topline.instrument.questionnaire import Page, Question


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.db"


def interviews(path: Path) -> tuple[Interview, ...]:
    with AnswerStore.open(path, create=False) as store:
        return store.interviews()


def only(path: Path) -> Interview:
    (interview,) = interviews(path)
    return interview


def test_nothing_of_a_visit_is_stored_before_consent_is_given(visitor, path, trust):
    shown = visitor.begin()
    assert shown.url.path == "/page/welcome"
    visitor.get("/page/welcome")
    visitor.send(shown, __language="zh")
    assert visitor.send(shown).status_code == 422, "consent is not given by pressing Next"
    assert visitor.send(shown, action="back").url.path == "/page/welcome"
    with AnswerStore.open(path) as store:
        assert store.pages() == 0
    assert export(trust, interviews(path)).frame.empty
    assert "begun" not in visitor.get("/").text
    assert visitor.send(shown, consent="yes").url.path == "/page/you"
    assert only(path).answers == {"consent": "yes"}


def test_a_refusal_is_exported_without_language_day_and_seed(visitor, path, trust):
    visitor.send(visitor.begin(), consent="no")
    study = export(trust, interviews(path))
    assert study.frame["disposition"].tolist() == [3.0]
    assert study.frame[["language", "day", "seed"]].isna().all(axis=None)


def test_pages_to_read_before_the_consent_are_shown_and_stored_with_it(fielding, path, trust):
    read = Page(name="read", questions=(Question(name="about", type="note", label=trust.title),))
    visitor = fielding(trust.model_copy(update={"pages": (read, *trust.pages)}))()
    shown = visitor.begin()
    assert shown.url.path == "/page/read"
    assert visitor.get("/page/you").status_code == 404, "what lies behind the consent is closed"
    shown = visitor.send(shown)
    assert shown.url.path == "/page/welcome"
    assert visitor.send(shown, action="back").url.path == "/page/read"
    assert interviews(path) == ()
    shown = visitor.send(shown, consent="yes")
    shown = visitor.send(visitor.send(shown, age="44"), travel="1", work="1")
    assert shown.url.path == "/thanks", "the page read before is not asked for again"
    assert only(path).status == "complete"


def test_a_consent_that_cannot_be_stored_stays_on_the_page(visitor, path, monkeypatch):
    async def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    shown = visitor.begin()
    monkeypatch.setattr(AnswerStore, "begin", refuse)
    refused = visitor.send(shown, consent="yes")
    assert refused.status_code == 503
    assert 'value="yes" checked' in refused.text
    assert interviews(path) == ()
