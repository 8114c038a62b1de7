"""The programs we are measured beside: R with survey, and the Python package svy in an environment of its own."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parent / ".venv-peers"
PACKAGES = ("svy>=0.35",)


@functools.cache
def svy_python() -> tuple[Path | None, str]:
    """Give the Python of the peers' environment, made when it is not there yet, or why there is none."""
    place = Path(os.environ.get("TOPLINE_PEERS", ENVIRONMENT))
    python = place / "bin" / "python"
    if not svy_version(python):
        print(f"Setting up {place.name} with {', '.join(PACKAGES)} (once; a minute) ...", flush=True)
        for command in (
            [sys.executable, "-m", "venv", place],
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
        ):
            tried = subprocess.run(command, capture_output=True, text=True, check=False)
            if tried.returncode:
                reason = (tried.stderr.strip() or "no reason given").splitlines()[-1]
                return None, f"svy could not be installed ({reason})"
    return python, f"svy {svy_version(python)}"


def svy_version(python: Path) -> str:
    """Give the version of svy in an environment; empty where there is none."""
    if not python.exists():
        return ""
    asked = "import importlib.metadata as m, svy; print(m.version('svy'))"
    return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False).stdout.strip()


@functools.cache
def rscript() -> tuple[str | None, str]:
    """Give Rscript, or why R is not measured."""
    program = shutil.which("Rscript")
    if program is None:
        return None, "R is not installed (apt-get install r-base-core r-cran-survey)"
    asked = "cat(R.version$major, R.version$minor, as.character(packageVersion('survey')))"
    tried = subprocess.run([program, "-e", asked], capture_output=True, text=True, check=False)
    if tried.returncode:
        return None, "R's package survey is not installed (apt-get install r-cran-survey)"
    major, minor, survey = tried.stdout.split()
    return program, f"R {major}.{minor} with survey {survey}"
