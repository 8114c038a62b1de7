"""A results bundle that reaches every verdict and badge, and the page drawn from it."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from topline.analysis.telling.comparison import Comparison
from topline.dashboard.launch import APP, FOLDER

SAMPLE = runpy.run_path(str(Path(__file__).with_name("sample_bundle.py")))


@pytest.fixture
def comparison() -> Comparison:
    return SAMPLE["comparison"]()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return SAMPLE["write"](tmp_path)


@pytest.fixture
def dashboard(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Give ``dashboard(folder, **query)``: the page as it is drawn for that folder and address."""

    def draw(folder: Path, **query: str) -> AppTest:
        monkeypatch.setenv(FOLDER, str(folder))
        app = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return draw
