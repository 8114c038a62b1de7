"""What tests share: external programs, each skipped with its reason unless it is required.

``TOPLINE_REQUIRE=pspp,r,browser`` turns a missing program from a skip into a failure, so that a run that
promises to have tried everything cannot quietly try less. For ``browser`` that goes for the Python packages of the
'browser' extra as well: without them each module in tests/browser is one test that says so.
"""

import fcntl
import functools
import gc
import importlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner

BROWSER_EXTRA = ("pytest_playwright", "playwright.sync_api", "axe_playwright_python.sync_playwright")
NO_EXTRA = "the 'browser' extra is not installed (pip install -e '.[browser]')"

MANY_TIMES = ("drills", "test_bad_input.py", "test_invariants.py", "test_roundtrip.py")
"""Folders and files of tests that do one thing many times: other tests state each branch that they come through."""

LONG = "test_whole_road.py"
"""The longest browser test; it begins before the others, so that no worker waits for it at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests last: once Playwright has started, no other event loop can run in its process.

    What is done many times is not measured for coverage, which would double its time.
    """
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None, item.path.name != LONG))
    for item in items:
        if item.path.name in MANY_TIMES or item.path.parent.name in MANY_TIMES:
            item.add_marker("no_cover")


def pytest_collection_finish() -> None:
    """Leave the modules and tests there are out of all later garbage collections; Streamlit forces one at each run."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def require() -> Callable[..., Path]:
    """Give ``require(name)``: the program's path, or a skip (a failure when TOPLINE_REQUIRE names it).

    Names: ``"pspp"``, ``"r"`` (Rscript with the package survey), ``"browser"`` (Chromium). ``require("r", "haven")``
    asks for an R package as well.
    """

    def require(name: str, *packages: str) -> Path:
        found, reason = FINDERS[name](*packages)
        if found is not None:
            return found
        do_without(name, reason)

    return require


@pytest.fixture(scope="session")
def walked_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a demo, walked once for all processes of a run; to be copied and not to be changed."""
    from topline.cli import main

    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder = shared / "walked-demo"
    with (shared / "walked-demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            result = CliRunner().invoke(main, ["demo", str(own / "demo"), "--no-dashboard"])
            assert result.exit_code == 0, result.output
            (own / "demo").rename(folder)
    return folder


def do_without(name: str, reason: str) -> NoReturn:
    """Skip what needs an absent program, or fail where this run may not do without it."""
    required = {word.strip() for word in os.environ.get("TOPLINE_REQUIRE", "").split(",")}
    if name in required:
        pytest.fail(f"TOPLINE_REQUIRE names '{name}', but {reason}")
    pytest.skip(reason)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Put one test in the place of a browser module that cannot be imported without the 'browser' extra.

    It carries the mark, so that ``-m "not browser"`` leaves it out as it leaves out the module's own tests.
    """
    if module_path.parent.name != "browser" or browser_extra():
        return None
    return Unimported.from_parent(parent, path=module_path)


class Unimported(pytest.Module):
    """A module of browser tests, not imported."""

    def collect(self) -> Iterator[pytest.Item]:
        yield ExtraIsInstalled.from_parent(self, name="test_the_browser_extra_is_installed")


class ExtraIsInstalled(pytest.Item):
    """Stands for every test of the module."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.add_marker("browser")

    def runtest(self) -> None:
        do_without("browser", NO_EXTRA)


@functools.cache
def browser_extra() -> bool:
    """Say whether the packages of the 'browser' extra are there."""
    try:
        for name in BROWSER_EXTRA:
            importlib.import_module(name)
    except ModuleNotFoundError:
        return False
    return True


@functools.cache
def find_pspp() -> tuple[Path | None, str]:
    program = shutil.which("pspp")
    return (Path(program), "") if program else (None, "PSPP is not installed (apt-get install pspp)")


@functools.cache
def find_r(*packages: str) -> tuple[Path | None, str]:
    program = shutil.which("Rscript")
    if program is None:
        return None, "R is not installed (apt-get install r-base-core r-cran-survey)"
    for package in ("survey", *packages):
        if not r_package(program, package):
            return None, f"R's package {package} is not installed (apt-get install r-cran-{package.lower()})"
    return Path(program), ""


@functools.cache
def r_package(program: str, package: str) -> bool:
    """Say whether R has a package, without loading it."""
    command = [program, "-e", f"invisible(find.package('{package}'))"]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0


@functools.cache
def find_browser() -> tuple[Path | None, str]:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        program = shutil.which(name)
        if program:
            return Path(program), ""
    return None, "Chromium is not installed (apt-get install chromium)"


FINDERS: dict[str, Callable[..., tuple[Path | None, str]]] = {
    "pspp": find_pspp,
    "r": find_r,
    "haven": functools.partial(find_r, "haven"),
    "browser": find_browser,
}
