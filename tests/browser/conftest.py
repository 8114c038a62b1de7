"""What browser tests share: Debian's Chromium, a page that may ask nobody else, a form server on a free port."""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from topline.instrument.fieldwork.server import serve
from topline.instrument.reading import read_questionnaire

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
MEASURED = "COVERAGE_PROCESS_CONFIG"
"""Variable that has coverage measure a process; it would double the time of servers, whose lines other tests state."""


@pytest.fixture(scope="session")
def quick_environment() -> dict[str, str]:
    """Give the environment of servers."""
    return {name: value for name, value in os.environ.items() if name != MEASURED}


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


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Processes that are split off one which has loaded the server already, so that none takes a second to start."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["topline.instrument.fieldwork.server"])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(MEASURED, raising=False)
        forkserver.ensure_running()
    return processes


@pytest.fixture
def form_server(processes: ForkServerContext) -> Iterator[Callable[[Path, Path], str]]:
    """Give ``form_server(questionnaire, store)``: fields it on a free port in a process of its own; its address."""
    with ExitStack() as running:

        def start(questionnaire: Path, store: Path) -> str:
            told, teller = processes.Pipe(duplex=False)
            options = {"port": 0, "announce": teller.send}
            server = processes.Process(target=serve, args=(read_questionnaire(questionnaire), store), kwargs=options)
            server.start()
            for last in (told.close, teller.close, server.join, server.terminate):
                running.callback(last)
            assert told.poll(30), "the form server did not start"
            line = told.recv()
            address = re.search(r"http://\S+", line)
            assert address, f"the form server did not start: {line!r}"
            return address[0]

        yield start
