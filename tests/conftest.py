"""What tests share: external programs, each skipped with its reason unless it is required.

``TOPLINE_REQUIRE=pspp,r,browser`` turns a missing program from a skip into a failure, so that a run that
promises to have tried everything cannot quietly try less.
"""

import functools
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


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
        required = {word.strip() for word in os.environ.get("TOPLINE_REQUIRE", "").split(",")}
        if name in required:
            pytest.fail(f"TOPLINE_REQUIRE names '{name}', but {reason}")
        pytest.skip(reason)

    return require


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
        tried = subprocess.run(
            [program, "-e", f"suppressMessages(library({package}))"], capture_output=True, check=False, timeout=60
        )
        if tried.returncode:
            return None, f"R's package {package} is not installed (apt-get install r-cran-{package.lower()})"
    return Path(program), ""


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
