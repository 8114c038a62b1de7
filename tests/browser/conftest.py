"""What browser tests share: Debian's Chromium, a page that may ask nobody else, a form server on a free port."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FIELD = """
import sys
from topline.instrument.fieldwork.server import serve
from topline.instrument.reading import read_questionnaire
serve(read_questionnaire(sys.argv[1]), sys.argv[2], port=0, announce=lambda line: print(line, flush=True))
"""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict, require: Callable[[str], Path]) -> dict:
    return {**browser_type_launch_args, "executable_path": str(require("browser")), "headless": True, "args": CHROMIUM}


@pytest.fixture(scope="session")
def base_url() -> None:
    """No address is shared; this also stands in for the one of pytest-base-url, which pytest 9.2 deprecates."""


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "locale": "en-GB", "reduced_motion": "reduce"}


@pytest.fixture
def page(page):
    """A page that fails its test when it asks anybody but this machine, or when a script on it fails."""
    wrong: list[str] = []

    def watch(request) -> None:
        scheme, _, rest = request.url.partition("://")
        if scheme in ("http", "https", "ws", "wss") and rest.split("/")[0].split(":")[0] != "127.0.0.1":
            wrong.append(f"asked {request.url}")

    page.on("request", watch)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    yield page
    assert wrong == []


@pytest.fixture
def form_server() -> Iterator[Callable[[Path, Path], str]]:
    """Give ``form_server(questionnaire, store)``: fields it on a free port in a process of its own; its address."""
    with ExitStack() as running:

        def start(questionnaire: Path, store: Path) -> str:
            command = [sys.executable, "-c", FIELD, str(questionnaire), str(store)]
            server = running.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            running.callback(server.terminate)
            line = server.stdout.readline()
            address = re.search(r"http://\S+", line)
            assert address, f"the form server did not start: {line!r}"
            return address[0]

        yield start
