"""Start the dashboard of a study folder."""

from __future__ import annotations

import os
import shlex
import socket
from pathlib import Path

from ..analysis.results import read_results
from ..data.errors import FileError, ToplineError
from .theme import settings

FOLDER = "TOPLINE_STUDY_FOLDER"
"""Environment variable through which the page learns which study folder to show."""

APP = Path(__file__).with_name("app.py")


def launch(folder: str | Path, *, host: str = "127.0.0.1", port: int = 8501, open_browser: bool = True) -> None:
    """Serve the dashboard of a study folder until it is interrupted, and say where it is.

    Parameters
    ----------
    folder : str or Path
        A study folder; only its ``results/`` is read, never anybody's answers.
    host : str
        Address to listen on; the default is reached from this computer only.
    port : int
        e.g. ``8501``.
    open_browser : bool
        Whether to open it in the browser.

    Raises
    ------
    FileError
        When the folder does not exist, has no results yet, or they are damaged.
    ToplineError
        When the port is taken.
    """
    refuse_empty(folder)
    refuse_taken(host, port)
    shown = f"[{host}]" if ":" in host else host
    print(f"Dashboard at http://{shown}:{port} (Ctrl-C stops it)", flush=True)
    os.environ[FOLDER] = str(Path(folder).resolve())
    import streamlit

    streamlit.App(APP).run(config=settings(host, port, open_browser))


def refuse_empty(folder: str | Path) -> None:
    """Refuse a folder that holds nothing to show."""
    comparison = read_results(folder).comparison
    if comparison is None or not comparison.rows:
        raise FileError(f"{folder}: no results yet: topline compare {shlex.quote(str(folder))}")


def refuse_taken(host: str, port: int) -> None:
    """Refuse an address that something else listens on, or that is not this computer's."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ToplineError(
                f"{host}:{port} cannot be used ({error.strerror}); choose another port or host."
            ) from None
