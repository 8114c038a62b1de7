"""What this machine has and lacks for the work, and what state a study folder is in."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from .errors import ToplineError

State = Literal["ok", "missing", "wrong", "note"]

NEEDED = ("pandas", "numpy", "scipy", "statsmodels", "pyreadstat", "streamlit", "pydantic", "starlette", "apsw", "rich")
PROGRAMS = {
    "chromium": "drives the browser tests; not needed to field or to read results",
    "pspp": "opens .sav files without SPSS; not needed by topline",
    "Rscript": "recomputes the reference values; not needed by topline",
}
SAFE_SQLITE = (3, 51, 3)
"""From this version on, two connections to one WAL database cannot corrupt it (the reset race is fixed)."""


@dataclass(frozen=True)
class Checkup:
    """One thing looked at.

    Attributes
    ----------
    what : str
        e.g. ``"pandas"``.
    state : str
        ``"ok"``, ``"missing"`` or ``"wrong"`` (both need mending), or ``"note"``.
    found : str
        The version, file or count met.
    remedy : str
        What to do; empty when nothing.
    """

    what: str
    state: State
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Report:
    """All that was looked at.

    Attributes
    ----------
    checkups : tuple of Checkup
        In the order looked at.
    """

    checkups: tuple[Checkup, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing needs mending."""
        return all(each.state in ("ok", "note") for each in self.checkups)

    def document(self) -> dict[str, object]:
        """Give the report as a document for machines."""
        return {"method": {"healthy": self.healthy}, "rows": [asdict(each) for each in self.checkups]}

    def __str__(self) -> str:
        """Give the report as aligned lines."""
        widest = max(len(each.what) for each in self.checkups)
        lines = [f"{each.state:<8} {each.what:<{widest}}  {each.found}" for each in self.checkups]
        remedies = [f"{each.what}: {each.remedy}" for each in self.checkups if each.remedy]
        verdict = "All that is needed is here." if self.healthy else "Something needs mending."
        return "\n".join([*lines, "", *remedies, verdict])


def examine(folder: Path | None = None) -> Report:
    """Look at this machine and, where one is given, at a study folder.

    Parameters
    ----------
    folder : Path, optional
        A study folder, e.g. ``Path("my-study")``.

    Examples
    --------
    >>> examine().healthy
    True
    """
    return Report((*_machine(), *_shipped(), *(_folder(folder) if folder is not None else ())))


def _machine() -> Iterator[Checkup]:
    python = platform.python_version()
    supported = sys.version_info >= (3, 11)
    yield Checkup(
        "Python", "ok" if supported else "wrong", python, "" if supported else "Install Python 3.11 or newer."
    )
    for name in NEEDED:
        try:
            yield Checkup(name, "ok", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Checkup(name, "missing", "not installed", f"python -m pip install {name}")
    yield _sqlite()
    for program, purpose in PROGRAMS.items():
        path = shutil.which(program)
        yield Checkup(program, "ok" if path else "note", path or f"not found; {purpose}")


def _sqlite() -> Checkup:
    import apsw

    version = apsw.sqlite_lib_version()
    safe = tuple(int(part) for part in version.split(".")) >= SAFE_SQLITE
    return Checkup("SQLite", "ok" if safe else "wrong", version, "" if safe else "python -m pip install --upgrade apsw")


def _shipped() -> Iterator[Checkup]:
    from .margins import shipped_margins
    from .registry.figures import published

    yield Checkup("published figures", "ok", f"{len(published())}; topline figures lists them")
    yield Checkup("margins", "ok", ", ".join(shipped_margins()))


def _folder(path: Path) -> Iterator[Checkup]:
    from .study_folder import read_folder

    try:
        folder = read_folder(path)
    except ToplineError as error:
        yield Checkup(str(path), "wrong", str(error).splitlines()[0], "Mend study.yaml.")
        return
    yield Checkup("study.yaml", "ok", folder.plan.title)
    steps = (
        (folder.questionnaire, f"topline new {path} ships one"),
        (folder.answers, f"topline field {path}, or topline simulate {path}"),
        (folder.data, f"topline export {path}"),
        (folder.results / "estimates.json", f"topline estimate {path}"),
        (folder.results / "comparison.json", f"topline compare {path}"),
    )
    for file, verb in steps:
        there = file.exists()
        found = f"{file.stat().st_size:,} bytes" if there else f"not yet: {verb}"
        yield Checkup(str(file.relative_to(path)), "ok" if there else "note", found)
    if folder.simulated:
        yield Checkup("answers", "note", "simulated; no person was asked")
