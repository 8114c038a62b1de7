"""Writing a file so that it is either whole or untouched: a temporary name first, then one rename."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import FileError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path in the folder of ``path``; it replaces ``path`` on success and vanishes on failure.

    The rename is atomic because both names are in one folder; the bytes are on the disk before it happens, so that a
    power cut leaves the old file or the new one, never an empty one. The temporary name keeps the extension, because
    writers choose their format by it.

    Parameters
    ----------
    path : path-like
        File to write, e.g. ``"results/estimates.json"``. Its folder must exist.

    Yields
    ------
    pathlib.Path
        Write here. Writing nothing at all leaves ``path`` as it was.

    Raises
    ------
    FileError
        When the folder does not exist or cannot be written, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "note.txt") as temporary:
    ...         _ = temporary.write_text("whole")
    ...     (Path(folder) / "note.txt").read_text()
    'whole'
    """
    refuse_unwritable(Path(path))
    # a link stays a link: the file it leads to is replaced
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.stem[:60]}.{secrets.token_hex(4)}{target.suffix}")
    try:
        yield temporary
        if temporary.exists():
            _settle(temporary, target)
            os.replace(temporary, target)
    except OSError as failure:
        raise FileError(f"{path} cannot be written: {failure.strerror or failure}.") from failure
    finally:
        temporary.unlink(missing_ok=True)


def refuse_unwritable(target: Path) -> None:
    """Refuse a target whose folder is missing or closed, or that is itself a folder, before any work is done."""
    folder = target.parent
    if not folder.is_dir():
        raise FileError(f"{target} cannot be written: there is no folder {folder}; create it first.")
    if target.is_dir():
        raise FileError(f"{target} cannot be written: it is a folder; give a file name inside it.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FileError(f"{target} cannot be written: no permission to write in {folder}; choose another folder.")
    if target.exists() and not os.access(target, os.W_OK):
        raise FileError(f"{target} cannot be written: it is read-only; choose another name or allow writing.")


def _settle(temporary: Path, target: Path) -> None:
    """Bring the bytes to the disk, and give the new file the permissions of the one it replaces."""
    with open(temporary, "rb+") as handle:
        os.fsync(handle.fileno())
    os.chmod(temporary, target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())


def _umask() -> int:
    """Read the process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
