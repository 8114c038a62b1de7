"""The programs we are measured beside: R with survey, and Python packages in environments that they agree with."""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENT = Path(os.environ.get("TOPLINE_PEERS", HERE.parent / ".venv-peers"))
"""Where the environments of peers are made; those of some stand beside it, with an ending."""

NEWER = ("python3.13", "python3.12")
"""Pythons that rimpy runs on; ours may be older."""


@dataclass(frozen=True)
class Peer:
    """A Python package we are measured beside.

    Attributes
    ----------
    package : str
        Its name, for pip and for its version.
    ending : str
        Ending of the environment it lives in.
    installed : tuple of tuple of str
        What pip installs, call by call.
    newer : bool
        Whether it needs a newer Python than ours.
    """

    package: str
    ending: str
    installed: tuple[tuple[str, ...], ...]
    newer: bool = False


PEERS = {
    "svy": Peer("svy", "", (("svy>=0.35",),)),
    "ipfn": Peer("ipfn", "", (("ipfn", "pandas", "pyarrow"),)),
    "weightipy": Peer("weightipy", "", (("weightipy", "pandas", "pyarrow"),)),
    "rimpy": Peer("rimpy", "-rimpy", (("rimpy", "pandas", "pyarrow", "polars"),), newer=True),
    # a package it needs is built with an old setuptools, and it asks for an older numpy than the others
    "balance": Peer(
        "balance", "-balance", (("setuptools<81", "wheel"), ("--no-build-isolation", "balance", "pyarrow"))
    ),
}


@functools.cache
def peer_python(name: str) -> tuple[Path | None, str]:
    """Give the Python that a peer runs on, made when it is not there yet, or why there is none.

    Parameters
    ----------
    name : str
        Of a contender; it begins with the name of the peer.
    """
    peer = next(peer for begins, peer in PEERS.items() if name.startswith(begins))
    place = ENVIRONMENT.with_name(ENVIRONMENT.name + peer.ending)
    python = place / "bin" / "python"
    if not version(python, peer.package):
        reason = made(peer, place, python)
        if reason:
            return None, f"{peer.package} could not be installed ({reason})"
    return python, f"{peer.package} {version(python, peer.package)}"


def made(peer: Peer, place: Path, python: Path) -> str:
    """Make the environment of a peer, or add the peer to it; give the reason where that fails."""
    print(f"Setting up {place.name} with {peer.package} (once; a minute) ...", flush=True)
    base = newer_python() if peer.newer else sys.executable
    if base is None:
        return f"it needs {' or '.join(NEWER)}, and none was found"
    commands: list[Sequence[str | Path]] = [] if python.exists() else [[base, "-m", "venv", place]]
    quiet = ["--quiet", "--disable-pip-version-check"]
    commands += [[python, "-m", "pip", "install", *quiet, *packages] for packages in peer.installed]
    for command in commands:
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
        if tried.returncode:
            return (tried.stderr.strip() or "no reason given").splitlines()[-1]
    return ""


def newer_python() -> str | Path | None:
    """Find a Python that rimpy runs on: on the path, or among those of pyenv."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    kept = [
        root / "versions" / place.name / "bin" / "python" for place in sorted((root / "versions").glob("3.1[2-9].*"))
    ]
    for python in [*map(shutil.which, NEWER), *reversed(kept)]:
        if (
            python
            and not subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False).returncode
        ):
            return python
    return None


def version(python: Path, package: str) -> str:
    """Give the version of a package in an environment; empty where there is none."""
    if not python.exists():
        return ""
    asked = f"import importlib.metadata as m; print(m.version({package!r}))"
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
