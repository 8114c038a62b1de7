"""An absent program is a skip with its reason; a required one that is absent is a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULES = len(list((Path(__file__).parent / "browser").glob("test_*.py")))

WITHOUT_EXTRA = """
import sys
sys.modules["axe_playwright_python"] = None  # as if it were not installed
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-rs", *sys.argv[1:]]))
"""


@pytest.fixture
def absent(require, monkeypatch):
    """Pretend that PSPP is not installed."""
    monkeypatch.setitem(require.__globals__["FINDERS"], "pspp", lambda: (None, "PSPP is not installed"))
    return require


@pytest.mark.parametrize("required", ["", "r,browser"])
def test_absent_program_skips_with_its_reason(absent, monkeypatch, required):
    monkeypatch.setenv("TOPLINE_REQUIRE", required)
    with pytest.raises(pytest.skip.Exception, match="PSPP is not installed"):
        absent("pspp")


def test_required_program_that_is_absent_fails(absent, monkeypatch):
    monkeypatch.setenv("TOPLINE_REQUIRE", "r, pspp")
    with pytest.raises(pytest.fail.Exception, match="TOPLINE_REQUIRE names 'pspp', but PSPP is not installed"):
        absent("pspp")


def test_present_program_is_given(require, monkeypatch):
    monkeypatch.setitem(require.__globals__["FINDERS"], "pspp", lambda: (os.devnull, ""))
    assert require("pspp") == os.devnull


@pytest.mark.parametrize("required", ["browser", "pspp, browser"])
def test_a_run_that_requires_a_browser_fails_without_the_extra(required):
    done = run_without_the_extra(required)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "TOPLINE_REQUIRE names 'browser', but the 'browser' extra is not installed" in done.stdout
    assert f"{MODULES} failed" in done.stdout, "one for each module"


def test_without_the_extra_browser_tests_skip_with_their_reason():
    done = run_without_the_extra("pspp")
    assert done.returncode == pytest.ExitCode.OK
    assert "the 'browser' extra is not installed" in done.stdout and f"{MODULES} skipped" in done.stdout


def test_a_run_that_leaves_browser_tests_out_needs_no_extra():
    assert run_without_the_extra("browser", "-m", "not browser").returncode == pytest.ExitCode.NO_TESTS_COLLECTED


def run_without_the_extra(required: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_EXTRA, str(Path(__file__).with_name("browser")), *options]
    environment = {**os.environ, "TOPLINE_REQUIRE": required}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
