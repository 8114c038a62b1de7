"""The writer: one thread through which every write to a store goes, so that writes waiting together share one COMMIT.

A COMMIT that survives a power cut costs a wait for the disk; sharing it (group commit) is what lets a small machine
take hundreds of interviews a second without ever acknowledging a page it could lose. Several SQLite writers gain
nothing, since SQLite lets one write at a time.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

import apsw

from ...data.errors import StoreError

Result = TypeVar("Result")
Write = Callable[[apsw.Connection], Any]
Waiting = tuple[Write, "Future[Any]"]

BATCH = 500
"""Most writes that share one COMMIT."""

CHECKPOINT_SECONDS = 15.0
"""How long the write-ahead log may keep the order of writes before it is folded into the file and emptied."""


class Writer:
    """One thread that writes, for one connection.

    Parameters
    ----------
    connection : apsw.Connection
        Used by this thread alone until `close`.
    path : str
        Of the store, for messages.
    """

    def __init__(self, connection: apsw.Connection, path: str) -> None:
        self._connection, self._path = connection, path
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._unfolded = False
        self._checkpointed = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="topline-writer", daemon=True)
        self._thread.start()

    def submit(self, write: Callable[[apsw.Connection], Result]) -> Future[Result]:
        """Queue a write; its future is done after the COMMIT it was part of, never before."""
        future: Future[Result] = Future()
        self._queue.put((write, future))
        return future

    def close(self) -> None:
        """Write what waits, empty the write-ahead log, and end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        closing = False
        while not closing:
            batch, closing = self._next_batch()
            if batch:
                self._write(batch)
                self._unfolded = True
            if self._unfolded and (closing or time.monotonic() - self._checkpointed > CHECKPOINT_SECONDS):
                self._checkpoint()

    def _next_batch(self) -> tuple[list[Waiting], bool]:
        batch: list[Waiting] = []
        with contextlib.suppress(queue.Empty):
            waiting = self._queue.get(timeout=CHECKPOINT_SECONDS)
            while waiting is not None:
                batch.append(waiting)
                if len(batch) == BATCH:
                    return batch, False
                waiting = self._queue.get_nowait()
            return batch, True
        return batch, False

    def _write(self, batch: list[Waiting]) -> None:
        outcomes: list[tuple[Future[Any], Any]] = []
        try:
            with refusing(self._path):
                self._connection.execute("BEGIN IMMEDIATE")
                outcomes = [(future, self._outcome(write)) for write, future in batch]
                self._connection.execute("COMMIT")
        except StoreError as refusal:
            self._roll_back()
            outcomes = [(future, refusal) for _, future in batch]
        for future, outcome in outcomes:
            _settle(future, outcome)

    def _outcome(self, write: Write) -> Any:
        """Run one write inside the shared transaction; a refusal undoes it and leaves the others alone."""
        self._connection.execute("SAVEPOINT one")
        try:
            outcome = write(self._connection)
        except apsw.Error:
            raise  # the file or the disk: the whole batch fails
        except Exception as refusal:
            self._connection.execute("ROLLBACK TO one")
            outcome = refusal
        self._connection.execute("RELEASE one")
        return outcome

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with contextlib.suppress(apsw.Error):
                self._connection.execute("ROLLBACK")

    def _checkpoint(self) -> None:
        """Empty the write-ahead log; a reader in the middle of its work puts this off to the next round."""
        with contextlib.suppress(apsw.Error):
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            self._unfolded = False
        self._checkpointed = time.monotonic()


def _settle(future: Future[Any], outcome: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


REMEDIES: tuple[tuple[type[apsw.Error], str], ...] = (
    (apsw.NotADBError, "is not a store of answers (not an SQLite file). Name another file, or move this one away."),
    (apsw.CorruptError, "is damaged. Keep the file, and restore the last good copy."),
    (apsw.BusyError, "is locked by another program. Close the program that has it open, then try again."),
    (apsw.FullError, "cannot grow: the disk is full. Free some space, then try again; what was acknowledged is safe."),
    (apsw.ReadOnlyError, "cannot be written. Give this account write permission on the file and its folder."),
    (apsw.CantOpenError, "cannot be opened. Check that its folder exists and that this account may write there."),
    (apsw.IOError, "cannot be read or written: the disk reports an error. Check the disk before fielding on."),
)


@contextlib.contextmanager
def refusing(path: str) -> Iterator[None]:
    """Turn SQLite's errors into a StoreError that names the file and the remedy.

    Examples
    --------
    >>> try:
    ...     with refusing("answers.db"):
    ...         raise apsw.NotADBError("file is not a database")
    ... except StoreError as refusal:
    ...     print(refusal)
    answers.db is not a store of answers (not an SQLite file). Name another file, or move this one away.
    """
    try:
        yield
    except apsw.Error as error:
        for kind, remedy in REMEDIES:
            if isinstance(error, kind):
                raise StoreError(f"{path} {remedy}") from error
        raise StoreError(f"{path} cannot be used: {error}.") from error
