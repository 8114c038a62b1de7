"""The store keeps what it acknowledged, once, and nothing about who or when."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from topline.data.errors import StoreError
from topline.instrument.fieldwork import store as store_module
from topline.instrument.fieldwork.event import Event, event_of, fold
from topline.instrument.fieldwork.store import AnswerStore, fingerprint
from topline.instrument.interview import Interview
from topline.instrument.questionnaire import Page, Question, Questionnaire

DAY = "2026-03-01"


def begun(number: str = "a1") -> Event:
    return Event(number, "", "n0", "3f", "zh", DAY, seed=7)


def page(name: str, nonce: str, number: str = "a1", **answers: str) -> Event:
    return Event(number, name, nonce, "3f", "zh", DAY, answers=answers)


def write(store: AnswerStore, *events: Event) -> None:
    async def all_of_them() -> None:
        for event in events:
            await (store.submit(event) if event.page else store.begin(event))

    asyncio.run(all_of_them())


def rows(path: Path) -> int:
    connection = apsw.Connection(str(path))
    count = connection.execute("SELECT count(*) FROM event").fetchone()[0]
    connection.close()
    return count


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.db"


@pytest.fixture
def store(path: Path):
    with AnswerStore.open(path) as opened:
        yield opened


def questionnaire(version: str = "1") -> Questionnaire:
    asked = Question(name="opinion", type="text", label={"en": "Your opinion"})
    return Questionnaire(
        name="trust", version=version, title={"en": "T"}, languages=("en",), pages=(Page(name="p", questions=(asked,)),)
    )


def test_an_interview_is_the_fold_of_its_pages(store):
    write(store, begun(), page("sex", "n1", sex="2"), page("trust", "n2", trust="4", why="因为"))
    assert store.interviews() == (
        Interview("a1", "zh", 7, "started", DAY, "3f", {"sex": "2", "trust": "4", "why": "因为"}, "trust"),
    )


def test_answers_of_every_type_come_back_as_they_went_in(store):
    answers = {"sex": "2", "age": 44, "hours": 1.5, "media": ("web", "tv"), "none": ()}
    store.add([Interview("a1", "de", 9, "complete", DAY, "3f", answers, "last")])
    back = store.interviews()[0].answers
    assert back == answers
    assert {name: type(value) for name, value in back.items()} == {name: type(value) for name, value in answers.items()}


def test_going_back_and_changing_an_answer_appends_and_the_last_one_stands(store, path):
    write(store, begun(), page("sex", "n1", sex="1", other="x"), page("age", "n2", age="4"), page("sex", "n3", sex="2"))
    kept = store.interviews()[0]
    assert kept.answers == {"sex": "2", "age": "4"}
    assert kept.reached == "age", "a break-off after a correction on an early page is still a late break-off"
    assert rows(path) == 4


def test_a_page_left_half_filled_keeps_its_answers_but_is_not_accepted(store):
    half = Event("a1", "sex", "n2", "3f", "zh", DAY, answers={"other": "x"}, acknowledged=False)
    write(store, begun(), page("sex", "n1", sex="1"), half)
    record = store.record("a1")
    assert record.interview.answers == {"other": "x"}
    assert record.acknowledged == frozenset()
    assert record.interview.reached == ""


def test_the_same_form_posted_twice_is_one_event(store, path):
    write(store, begun(), page("sex", "n1", sex="1"), page("sex", "n1", sex="1"))
    assert rows(path) == 2


def test_the_same_form_posted_again_with_other_answers_is_a_change(store, path):
    write(store, begun(), page("sex", "n1", sex="1"), page("sex", "n1", sex="2"), page("sex", "n1", sex="1"))
    assert store.interviews()[0].answers == {"sex": "1"}
    write(store, page("sex", "n1", sex="1"))
    assert rows(path) == 4


def test_the_same_nonce_in_two_interviews_loses_neither(store):
    write(store, begun("a1"), begun("b2"), page("sex", "n1", "a1", sex="1"), page("sex", "n1", "b2", sex="2"))
    assert [interview.answers for interview in store.interviews()] == [{"sex": "1"}, {"sex": "2"}]


def test_beginning_twice_begins_once(store, path):
    write(store, begun(), page("sex", "n1", sex="1"), begun())
    assert rows(path) == 2
    assert store.record("a1").acknowledged == {"sex"}


def test_a_page_of_an_interview_that_was_never_begun_is_refused(store):
    with pytest.raises(StoreError, match="interview zz was never begun"):
        write(store, page("sex", "n1", "zz", sex="1"))
    assert store.record("zz") is None


def test_pages_posted_at_once_are_all_kept_and_share_commits(store):
    async def crowd() -> None:
        await asyncio.gather(*(store.begin(begun(f"{n:03d}")) for n in range(300)))
        await asyncio.gather(*(store.submit(page("sex", f"n{n}", f"{n:03d}", sex=str(n))) for n in range(300)))

    asyncio.run(crowd())
    assert [interview.answers["sex"] for interview in store.interviews()] == [str(n) for n in range(300)]


def test_one_refused_write_leaves_its_neighbours_in_the_batch_alone(store):
    async def together() -> list[object]:
        await store.begin(begun())
        writes = [store.submit(page("sex", f"n{n}", "a1" if n % 2 else "zz", sex=str(n))) for n in range(6)]
        return await asyncio.gather(*writes, return_exceptions=True)

    outcomes = asyncio.run(together())
    assert [isinstance(outcome, StoreError) for outcome in outcomes] == [True, False] * 3
    assert store.interviews()[0].answers == {"sex": "5"}


def test_whole_interviews_are_added_with_progress(store):
    told: list[int] = []
    store.add((Interview(f"{n:04d}", "en", n, "complete", DAY, "3f", {"age": n}) for n in range(1203)), told.append)
    assert told == [500, 1000, 1203]
    assert [interview.answers["age"] for interview in store.interviews()] == list(range(1203))


def test_adding_an_interview_that_is_there_adds_none_of_them(store):
    store.add([Interview("b2", "en", 1, "complete", DAY, "3f")])
    with pytest.raises(StoreError, match="interview b2 is in the store already; nothing was added"):
        store.add([Interview("a1", "en", 1, "complete", DAY, "3f"), Interview("b2", "en", 1, "complete", DAY, "3f")])
    assert [interview.number for interview in store.interviews()] == ["b2"]


def test_a_failing_source_of_interviews_adds_none_and_the_store_lives_on(store):
    def failing():
        yield Interview("a1", "en", 1, "complete", DAY, "3f")
        raise ValueError("the simulation broke")

    with pytest.raises(ValueError, match="the simulation broke"):
        store.add(failing())
    assert store.interviews() == ()
    store.add([Interview("a1", "en", 1, "complete", DAY, "3f")])
    assert len(store.interviews()) == 1


def test_another_version_of_the_questionnaire_is_refused_naming_both(store):
    first, second = questionnaire("1"), questionnaire("2")
    store.accept(first)
    store.add([Interview(str(n), "en", 1, "complete", DAY, fingerprint(first)) for n in range(2)])
    with pytest.raises(StoreError) as refusal:
        store.accept(second)
    message = str(refusal.value)
    assert "holds 2 interviews answered with trust version 1" in message
    assert "the questionnaire is now trust version 2" in message
    assert fingerprint(first)[:12] in message and fingerprint(second)[:12] in message
    assert "--accept-changes" in message
    store.accept(second, changes=True)
    store.accept(first, changes=True)


def test_answers_to_a_questionnaire_never_registered_are_refused_too(store):
    store.add([Interview("a1", "en", 1, "complete", DAY, "3f")])
    with pytest.raises(StoreError, match=r"holds 1 interview answered with another questionnaire \(fingerprint 3f\)"):
        store.accept(questionnaire())


def test_a_store_opened_again_gives_the_same_interviews(path):
    with AnswerStore.open(path) as first:
        write(first, begun(), page("sex", "n1", sex="1"))
        before = first.interviews()
    with AnswerStore.open(path, create=False) as second:
        assert second.interviews() == before


def test_a_second_program_reads_while_the_first_one_writes(store, path):
    write(store, begun(), page("sex", "n1", sex="1"))
    with AnswerStore.open(path) as reader:
        assert reader.interviews() == store.interviews()
    write(store, page("age", "n2", age="4"))
    assert store.interviews()[0].answers == {"sex": "1", "age": "4"}


def test_every_acknowledged_page_was_committed_with_the_settings_that_survive_a_power_cut(store):
    write(store, begun())
    assert store._connection.pragma("journal_mode") == "wal"
    assert store._connection.pragma("synchronous") == 2


def test_the_write_ahead_log_is_empty_after_closing(path):
    with AnswerStore.open(path) as opened:
        write(opened, begun(), page("sex", "n1", sex="1"))
    log = path.with_name(path.name + "-wal")
    assert not log.exists() or log.stat().st_size == 0


def test_the_closed_file_does_not_tell_who_came_first(path, tmp_path):
    numbers = [f"{n * 7919 % 400:04d}" for n in range(400)]
    files = []
    for name, order in {"one.db": numbers, "two.db": sorted(numbers, reverse=True)}.items():
        with AnswerStore.open(tmp_path / name) as opened:
            write(opened, *(begun(number) for number in order))
            write(opened, *(page("sex", f"n{number}", number, sex="1") for number in order))
        files.append((tmp_path / name).read_bytes())
    one, two = (file[100:] for file in files)  # the first 100 bytes are the file's header with its change counters
    assert one == two, "two orders of arrival leave the same bytes"


def test_no_table_has_row_numbers_and_no_column_has_a_time(store, path):
    store.accept(questionnaire())
    connection = apsw.Connection(str(path))
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    assert sorted(tables) == ["event", "questionnaire"]
    for table in tables:
        with pytest.raises(apsw.SQLError, match="no such column"):
            connection.execute(f"SELECT rowid FROM {table}").fetchall()
    columns = [row[1] for row in connection.execute("PRAGMA table_info(event)")]
    assert columns == ["interview", "sequence", "nonce", "page", "questionnaire_hash", "body"]
    connection.close()


def test_a_missing_store_is_refused_when_it_should_be_there(path):
    with pytest.raises(StoreError, match="does not exist: nothing has been fielded"):
        AnswerStore.open(path, create=False)
    assert not path.exists()


def test_a_file_that_is_no_database_is_refused_and_left_alone(path):
    path.write_bytes(b"sex,age\n1,44\n" * 200)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is not a store of answers"):
        AnswerStore.open(path)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_left_alone(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE event (x)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is an SQLite file, but not a store of answers"):
        AnswerStore.open(path)
    assert path.read_bytes() == before


def test_a_store_of_another_version_is_refused(store, path):
    store._reader.pragma("user_version", 9)
    with pytest.raises(StoreError, match="store version 9, this one reads 1"):
        AnswerStore.open(path)


def test_a_truncated_store_is_refused_as_damaged(path):
    with AnswerStore.open(path) as opened:
        opened.add(Interview(f"{n:04d}", "en", n, "complete", DAY, "3f", {"why": "x" * 500}) for n in range(200))
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(StoreError, match="is damaged"), AnswerStore.open(path) as opened:
        opened.interviews()


def test_a_damaged_event_is_named(store, path):
    write(store, begun())
    store._reader.execute("UPDATE event SET body = '{'")
    with pytest.raises(StoreError, match="interview a1, page '': its event is damaged"):
        store.interviews()


@pytest.mark.parametrize("body", ["[]", "{}", '{"answers": {"x": null}}', '{"answers": 3}'])
def test_a_body_that_is_no_event_is_refused(body):
    with pytest.raises(StoreError, match="is damaged"):
        event_of(("a1", "sex", "n1", "3f", body))


def test_a_locked_store_is_refused_with_the_remedy(store, path, monkeypatch):
    monkeypatch.setattr(store_module, "BUSY_MILLISECONDS", 20)
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked by another program"):
        write(store, begun())
    other.execute("ROLLBACK")
    other.close()
    write(store, begun())
    assert len(store.interviews()) == 1


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(StoreError, match=r"cannot be opened\. Check that its folder exists"):
        AnswerStore.open(tmp_path / "no" / "answers.db")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs an account that permissions bind")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="may write there"):
        AnswerStore.open(tmp_path / "answers.db")


def test_a_full_disk_refuses_the_page_and_keeps_the_acknowledged_ones(store):
    write(store, begun(), page("sex", "n1", sex="1"))
    full = store._connection.pragma("page_count")
    store._connection.pragma("max_page_count", full)
    with pytest.raises(StoreError, match="the disk is full"):
        write(store, page("why", "n2", why="x" * 100_000))
    assert store.interviews()[0].answers == {"sex": "1"}
    store._connection.pragma("max_page_count", 1_000_000)
    write(store, page("why", "n2", why="x" * 100_000))
    assert len(store.interviews()[0].answers["why"]) == 100_000


def test_an_error_of_the_database_fails_its_batch_and_the_store_lives_on(store):
    write(store, begun())
    with pytest.raises(StoreError, match="cannot be used: no such table: nonsense"):
        store._write(lambda connection: connection.execute("INSERT INTO nonsense VALUES (1)")).result()
    write(store, page("sex", "n1", sex="1"))
    assert store.interviews()[0].answers == {"sex": "1"}


def test_a_batch_larger_than_one_commit_is_written_whole(store, monkeypatch):
    monkeypatch.setattr("topline.instrument.fieldwork.writer.BATCH", 7)

    async def crowd() -> None:
        await asyncio.gather(*(store.begin(begun(f"{n:03d}")) for n in range(50)))

    asyncio.run(crowd())
    assert len(store.interviews()) == 50


def test_the_order_of_writes_does_not_stay_in_the_log_for_long(store, path, monkeypatch):
    monkeypatch.setattr("topline.instrument.fieldwork.writer.CHECKPOINT_SECONDS", 0.0)
    write(store, begun(), page("sex", "n1", sex="1"))
    write(store, page("age", "n2", age="4"))  # the log of the writes before was emptied before this one was taken
    log = path.with_name(path.name + "-wal")
    assert log.stat().st_size <= 32 + 5 * (4096 + 24)


def test_a_cancelled_wait_does_not_stop_the_writer(store):
    async def impatient() -> None:
        await store.begin(begun())
        task = asyncio.ensure_future(store.submit(page("sex", "n1", sex="1")))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await store.submit(page("age", "n2", age="4"))

    asyncio.run(impatient())
    assert store.interviews()[0].answers["age"] == "4"


def test_the_fold_takes_language_day_and_status_from_the_last_event():
    last = Event("a1", "sex", "n1", "77", "en", "2026-03-02", status="complete", answers={"sex": "1"})
    assert fold([begun(), last]).interview == Interview(
        "a1", "en", 7, "complete", "2026-03-02", "77", {"sex": "1"}, "sex"
    )


def test_what_was_acknowledged_survives_a_kill(path):
    """Given a process killed right after its page is acknowledged, when another opens the store, the page stands."""
    script = f"""
import asyncio, os, signal
from topline.instrument.fieldwork.store import AnswerStore
from topline.instrument.fieldwork.event import Event
async def main():
    store = AnswerStore.open({str(path)!r})
    await store.begin(Event("a1", "", "n0", "3f", "zh", "{DAY}", seed=7))
    await store.submit(Event("a1", "sex", "n1", "3f", "zh", "{DAY}", answers={{"sex": "2"}}))
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    killed = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert killed.returncode == -9
    with AnswerStore.open(path, create=False) as opened:
        assert opened.interviews()[0].answers == {"sex": "2"}
