"""A file is whole or untouched."""

import os
import stat

import pytest

from topline.data.atomic import replacing
from topline.data.errors import FileError


def test_success_replaces_and_leaves_nothing_else(tmp_path):
    target = tmp_path / "note.txt"
    target.write_text("old")
    with replacing(target) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".txt"
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "note.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(target) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_interrupt_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "note.txt"
    with pytest.raises(KeyboardInterrupt), replacing(target) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_writes_nothing_changes_nothing(tmp_path):
    with replacing(tmp_path / "note.txt"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_a_file_error_that_names_the_target(tmp_path):
    with pytest.raises(FileError, match=r"note\.txt cannot be written: No space left on device"):
        with replacing(tmp_path / "note.txt"):
            raise OSError(28, "No space left on device")


def test_replaced_file_keeps_its_permissions_and_a_new_one_follows_the_umask(tmp_path):
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("old")
    old.chmod(0o640)
    umask = os.umask(0o027)
    try:
        for target in (old, new):
            with replacing(target) as temporary:
                temporary.write_text("new")
    finally:
        os.umask(umask)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


def test_folder_that_is_missing_or_is_the_target_is_refused(tmp_path):
    with pytest.raises(FileError, match="there is no folder"), replacing(tmp_path / "nowhere" / "note.txt"):
        pass
    with pytest.raises(FileError, match="it is a folder"), replacing(tmp_path):
        pass


def test_read_only_target_is_refused(tmp_path, monkeypatch):
    target = tmp_path / "note.txt"
    target.write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: path != target)
    with pytest.raises(FileError, match="read-only"), replacing(target):
        pass


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "far").mkdir()
    real, link = tmp_path / "far" / "note.txt", tmp_path / "note.txt"
    real.write_text("old")
    link.symlink_to(real)
    with replacing(link) as temporary:
        assert temporary.parent == real.parent
        temporary.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert list(real.parent.iterdir()) == [real]
