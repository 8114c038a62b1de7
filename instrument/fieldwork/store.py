"""The store of answers: one SQLite file of events, only ever appended to.

Durability: write-ahead log with ``synchronous=FULL``; a write counts once its COMMIT is on the disk
(https://sqlite.org/pragma.html#pragma_synchronous). Anonymity: rows are keyed by the interview's random number in
tables WITHOUT ROWID, so that no row number tells who came first, and closing the store rewrites the file in key order.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Self, cast

import apsw

from ...data.errors import StoreError
from ..interview import Interview
from ..questionnaire import Questionnaire, digest
from .event import Event, Record, event_of, fold
from .writer import Result, Writer, refusing

APPLICATION_ID = 0x746F706C
"""``topl``, in the file's header: says that an SQLite file is a store of answers."""

VERSION = 1
BUSY_MILLISECONDS = 5_000

TABLES = """
CREATE TABLE questionnaire (digest TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE event (
    interview TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    nonce TEXT NOT NULL,
    page TEXT NOT NULL,
    questionnaire_hash TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (interview, sequence),
    UNIQUE (interview, nonce)
) WITHOUT ROWID;
"""
INSERT = "INSERT INTO event (interview, sequence, nonce, page, questionnaire_hash, body) VALUES (?, ?, ?, ?, ?, ?)"
SELECT = "SELECT interview, page, nonce, questionnaire_hash, body FROM event"

Row = tuple[str, str, str, str, str]


class AnswerStore:
    """Answers of many interviews in one file.

    Make one with `AnswerStore.open`, and close it: closing empties the write-ahead log.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with AnswerStore.open(Path(folder.name) / "answers.db") as store:
    ...     store.add([Interview("a1", "zh", 7, "complete", "2026-03-01", "3f", {"sex": "2"}, "person")])
    ...     store.interviews()[0].answers
    {'sex': '2'}
    >>> folder.cleanup()
    """

    def __init__(self, path: Path, reader: apsw.Connection) -> None:
        self.path = path
        self._reader, self._reading = reader, threading.Lock()
        self._writer: Writer | None = None
        self._connection: apsw.Connection | None = None

    @classmethod
    def open(cls, path: str | Path, *, create: bool = True) -> Self:
        """Open a store of answers, and make it when there is none.

        Parameters
        ----------
        path : str or Path
            e.g. ``"my-study/answers.db"``.
        create : bool
            False to refuse a file that does not exist, as an export should.

        Raises
        ------
        StoreError
            When the file is not a store, is damaged or locked, or its folder cannot be written.
        """
        path = Path(path)
        if not create and not path.exists():
            raise StoreError(f"{path} does not exist: nothing has been fielded or simulated there yet.")
        return cls(path, connect(path))

    def __enter__(self) -> Self:
        """Give the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Finish all writes, rewrite the file in key order, empty the write-ahead log."""
        if self._writer is not None and self._connection is not None:
            self._writer.close()
            with contextlib.suppress(apsw.Error):  # another program is reading: the order stays until the next close
                self._connection.execute("VACUUM")
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            self._connection.close()
            self._writer = self._connection = None
        self._reader.close()

    def interviews(self) -> tuple[Interview, ...]:
        """Give every interview as it stands, ordered by its random number.

        The answers are those last posted on each page, whether or not a later change hid the question: pass them
        through `prune` with the questionnaire, as the export does.
        """
        return tuple(record.interview for record in self._records(f"{SELECT} ORDER BY interview, sequence"))

    def pages(self) -> int:
        """Count the pages posted so far, repeated ones included; it only ever grows."""
        with self._reading:
            return cast(int, self._reader.execute("SELECT count(*) FROM event").get)

    def record(self, number: str) -> Record | None:
        """Give one interview and the pages accepted in it, or None when there is no such interview."""
        return next(self._records(f"{SELECT} WHERE interview = ? ORDER BY sequence", (number,)), None)

    def add(self, interviews: Iterable[Interview], progress: Callable[[int], None] | None = None) -> None:
        """Add whole interviews, all of them or none.

        Parameters
        ----------
        interviews : iterable of Interview
            e.g. those of a simulation.
        progress : callable, optional
            Called with the number added so far, every 500 interviews and at the end.

        Raises
        ------
        StoreError
            When an interview of that number is in the store already.
        """
        self._write(lambda connection: _add(connection, interviews, progress or (lambda _: None))).result()

    def accept(self, questionnaire: Questionnaire, *, changes: bool = False) -> None:
        """Make ready to collect answers to a questionnaire.

        Parameters
        ----------
        questionnaire : Questionnaire
            The one about to be fielded.
        changes : bool
            True to go on although the store holds answers to another version: each event keeps the fingerprint of
            the version it answered, so they can be told apart.

        Raises
        ------
        StoreError
            When the store holds answers to another version and `changes` is False; names both.
        """
        self._write(lambda connection: _accept(connection, self.path, questionnaire, changes)).result()

    async def begin(self, event: Event, *pages: Event) -> None:
        """Write the first event of an interview, and the pages it begins with: all of them or none.

        Beginning the same interview again changes nothing.
        """
        await asyncio.wrap_future(self._write(lambda connection: _begin(connection, event, pages)))

    async def submit(self, event: Event) -> None:
        """Append a page; returns after the COMMIT. The same form posted twice with the same answers is one event.

        Raises
        ------
        StoreError
            When the interview was never begun, or the disk refuses; then nothing of the page is kept.
        """
        await asyncio.wrap_future(self._write(lambda connection: _submit(connection, event)))

    def _write(self, write: Callable[[apsw.Connection], Result]) -> Future[Result]:
        if self._writer is None:
            self._connection = connect(self.path)
            self._writer = Writer(self._connection, str(self.path))
        return self._writer.submit(write)

    def _records(self, statement: str, values: tuple[str, ...] = ()) -> Iterator[Record]:
        with refusing(str(self.path)), self._reading:
            rows = cast("list[Row]", self._reader.execute(statement, values).fetchall())
        events = (event_of(row) for row in rows)
        for _, group in itertools.groupby(events, key=lambda event: event.interview):
            yield fold(group)


def fingerprint(questionnaire: Questionnaire) -> str:
    """Give the digest kept with every event: of the document, or of the model when it was built in Python.

    Examples
    --------
    >>> from topline.instrument.questionnaire import Page
    >>> len(fingerprint(Questionnaire(name="q", title={"en": "Q"}, languages=("en",), pages=())))
    64
    """
    return questionnaire.digest or digest(questionnaire.model_dump_json())


def connect(path: Path) -> apsw.Connection:
    """Open an SQLite connection that keeps what it acknowledged, and make the tables in a new file.

    Raises
    ------
    StoreError
        When the file is not a store of answers, or cannot be used.
    """
    with refusing(str(path)):
        connection = apsw.Connection(str(path))
        try:
            connection.set_busy_timeout(BUSY_MILLISECONDS)
            _check_is_ours(connection, path)
            connection.pragma("journal_mode", "wal")
            connection.pragma("synchronous", "FULL")
            connection.pragma("fullfsync", True)  # macOS: its fsync leaves data in the drive's own cache
            _make_tables(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _check_is_ours(connection: apsw.Connection, path: Path) -> None:
    identity, version = connection.pragma("application_id"), connection.pragma("user_version")
    if identity == 0 and not connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
        return
    if identity != APPLICATION_ID:
        raise StoreError(f"{path} is an SQLite file, but not a store of answers. Name another file.")
    if version != VERSION:
        raise StoreError(f"{path} was written by another topline (store version {version}, this one reads {VERSION}).")


def _make_tables(connection: apsw.Connection) -> None:
    if connection.pragma("application_id") == APPLICATION_ID:
        return
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        if connection.pragma("application_id") == 0:
            connection.execute(TABLES)
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", VERSION)
    connection.execute("COMMIT")


def _begin(connection: apsw.Connection, event: Event, pages: Iterable[Event]) -> None:
    if _last_sequence(connection, event.interview) is None:
        connection.execute(INSERT, (event.interview, 0, event.nonce, "", event.questionnaire_digest, event.body))
        for page in pages:
            _submit(connection, page)


def _submit(connection: apsw.Connection, event: Event) -> None:
    last = _last_sequence(connection, event.interview)
    if last is None:
        raise StoreError(f"interview {event.interview} was never begun in this store. Begin it first.")
    if _stands_already(connection, event):
        return
    # The same form may come again with other answers (the browser's own back button): that is a change, not a repeat.
    posted = connection.execute(
        "SELECT 1 FROM event WHERE interview = ? AND nonce = ?", (event.interview, event.nonce)
    ).fetchone()
    nonce = f"{event.nonce}.{last + 1}" if posted else event.nonce
    connection.execute(INSERT, (event.interview, last + 1, nonce, event.page, event.questionnaire_digest, event.body))


def _stands_already(connection: apsw.Connection, event: Event) -> bool:
    """Whether this form, with these answers, is what stands for its page."""
    row = connection.execute(
        "SELECT nonce, body FROM event WHERE interview = ? AND page = ? ORDER BY sequence DESC LIMIT 1",
        (event.interview, event.page),
    ).fetchone()
    return row is not None and str(row[0]).partition(".")[0] == event.nonce and row[1] == event.body


def _last_sequence(connection: apsw.Connection, number: str) -> int | None:
    row = connection.execute("SELECT max(sequence) FROM event WHERE interview = ?", (number,)).fetchone()
    return None if row is None or row[0] is None else int(cast("int", row[0]))


def _add(connection: apsw.Connection, interviews: Iterable[Interview], progress: Callable[[int], None]) -> None:
    count = 0
    for interview in interviews:
        if _last_sequence(connection, interview.number) is not None:
            raise StoreError(
                f"interview {interview.number} is in the store already; nothing was added. "
                "Simulate with another seed, or into another store."
            )
        _add_one(connection, interview)
        count += 1
        if count % 500 == 0:
            progress(count)
    progress(count)


def _add_one(connection: apsw.Connection, interview: Interview) -> None:
    event = Event(
        interview.number,
        interview.reached,
        "added",
        interview.questionnaire_digest,
        language=interview.language,
        day=interview.day,
        status=interview.status,
        answers=interview.answers,
        seed=interview.seed,
    )
    connection.execute(INSERT, (event.interview, 0, event.nonce, event.page, event.questionnaire_digest, event.body))


def _accept(connection: apsw.Connection, path: Path, questionnaire: Questionnaire, changes: bool) -> None:
    mine = fingerprint(questionnaire)
    others = connection.execute(
        "SELECT questionnaire_hash, count(DISTINCT interview) FROM event WHERE questionnaire_hash <> ? GROUP BY 1",
        (mine,),
    ).fetchall()
    if others and not changes:
        raise StoreError(_other_version(connection, path, questionnaire, str(others[0][0]), int(str(others[0][1]))))
    connection.execute(
        "INSERT OR IGNORE INTO questionnaire (digest, name, version) VALUES (?, ?, ?)",
        (mine, questionnaire.name, questionnaire.version),
    )


def _other_version(
    connection: apsw.Connection, path: Path, questionnaire: Questionnaire, other: str, count: int
) -> str:
    row = connection.execute("SELECT name, version FROM questionnaire WHERE digest = ?", (other,)).fetchone()
    known = f"{row[0]} version {row[1]}" if row else "another questionnaire"
    interviews = "1 interview" if count == 1 else f"{count} interviews"
    return (
        f"{path} holds {interviews} answered with {known} (fingerprint {other[:12]}); the questionnaire is now "
        f"{questionnaire.name} version {questionnaire.version} (fingerprint {fingerprint(questionnaire)[:12]}). "
        "Field it into another store, or accept the change on purpose (topline field --accept-changes): "
        "every answer keeps the fingerprint of the version it was given to."
    )
