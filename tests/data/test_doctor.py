"""The doctor: what is missing is said with its remedy, and decides the verdict."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from topline.data import doctor
from topline.data.study_folder import new_folder


def test_healthy_machine_is_called_healthy() -> None:
    report = doctor.examine()
    assert report.healthy
    assert str(report).endswith("All that is needed is here.")
    assert {"Python", "pandas", "SQLite", "published figures"} <= {each.what for each in report.checkups}


def test_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = importlib.metadata.version

    def version(name: str) -> str:
        if name == "streamlit":
            raise importlib.metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    report = doctor.examine()
    assert not report.healthy
    assert "streamlit: python -m pip install streamlit" in str(report)
    assert report.document()["method"] == {"healthy": False}


def test_sqlite_with_the_corruption_race_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import apsw

    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.40.1")
    assert not doctor.examine().healthy


def test_folder_shows_how_far_the_study_has_come(tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "study")
    folder.simulation.write_text('{"stores": ["3f"]}')
    found = {each.what: each for each in doctor.examine(folder.path).checkups}
    assert found["questionnaire.yaml"].state == "ok"
    assert found["answers.sav"].found == f"not yet: topline export {folder.path}"
    assert found["answers"].found == "simulated; no person was asked"


def test_folder_that_is_no_study_is_not_healthy(tmp_path: Path) -> None:
    report = doctor.examine(tmp_path)
    assert not report.healthy
    assert "holds no study.yaml" in str(report)
