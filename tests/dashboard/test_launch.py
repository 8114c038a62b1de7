"""Starting the dashboard."""

import os
import socket

import pytest
import streamlit

from topline.analysis.results import write_results
from topline.analysis.telling.comparison import Comparison
from topline.dashboard.launch import APP, FOLDER, launch
from topline.dashboard.theme import settings
from topline.data.errors import FileError, ToplineError


def test_launch_serves_the_packaged_page_with_settings_in_code_and_says_where(monkeypatch, bundle, capsys):
    started = {}

    class Recorded:
        def __init__(self, path):
            started["path"] = path

        def run(self, *, config):
            started.update(config)

    monkeypatch.setattr(streamlit, "App", Recorded)
    monkeypatch.setenv(FOLDER, "somewhere else")
    monkeypatch.chdir(bundle)
    launch(".", port=8600, open_browser=False)
    assert started["path"] == APP and APP.is_file()
    assert os.environ[FOLDER] == str(bundle)
    assert (started["server.address"], started["server.port"]) == ("127.0.0.1", 8600)
    assert started["server.headless"] is True
    assert capsys.readouterr().out == "Dashboard at http://127.0.0.1:8600 (Ctrl-C stops it)\n"


def test_a_missing_folder_is_refused_before_anything_starts(tmp_path):
    with pytest.raises(FileError, match="no such study folder"):
        launch(tmp_path / "nowhere")


def test_a_folder_without_results_is_refused_with_the_command_that_makes_them(tmp_path):
    with pytest.raises(FileError) as refused:
        launch(tmp_path, open_browser=False)
    assert str(refused.value) == f"{tmp_path}: no results yet: topline compare {tmp_path}"


def test_a_comparison_without_a_pair_is_refused_as_well(tmp_path):
    write_results(tmp_path, comparison=Comparison((), {}))
    with pytest.raises(FileError, match="no results yet"):
        launch(tmp_path, open_browser=False)


def test_a_taken_port_is_refused_with_the_way_out(bundle):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ToplineError, match="choose another port"):
            launch(bundle, port=other.getsockname()[1], open_browser=False)


def test_nothing_is_reported_home_and_no_developers_tools_are_shown():
    given = settings("127.0.0.1", 8501, True)
    assert given["browser.gatherUsageStats"] is False
    assert given["client.toolbarMode"] == "minimal"
    assert given["logger.hideWelcomeMessage"] is True
    assert given["server.headless"] is False


def test_every_setting_is_one_streamlit_knows():
    from streamlit import config

    assert set(settings("127.0.0.1", 8501, False)) <= set(config._config_options_template)


def test_nobody_is_invited_to_install_developers_tools_over_the_page(monkeypatch):
    from streamlit import config
    from streamlit.web import skills

    given = settings("127.0.0.1", 8501, True)
    monkeypatch.setattr(config, "get_option", lambda name: given.get(name))
    assert skills.nudge_suppression_reason() == "welcome_hidden"
