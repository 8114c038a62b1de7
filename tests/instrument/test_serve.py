"""The server as a process: where it listens, what it says, how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from topline.data.errors import AddressError, StoreError
from topline.instrument.fieldwork.server import serve
from topline.instrument.fieldwork.store import AnswerStore
from topline.instrument.interview import Interview


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.db"


def hidden(shown: httpx.Response) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.text))


def test_a_port_that_is_taken_is_refused_with_the_remedy(path, trust):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(AddressError, match=f"cannot listen at 127.0.0.1, port {port}: .*--port 0"):
            serve(trust, path, port=port)
    assert not path.exists()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7"])
def test_an_address_that_is_not_this_machines_is_refused(path, host, trust):
    with pytest.raises(AddressError, match=f"cannot listen at {host}"):
        serve(trust, path, host=host, port=0)


def test_another_version_of_the_questionnaire_is_not_fielded_unasked(path, trust):
    with AnswerStore.open(path) as store:
        store.add([Interview("a1", "en", 1, "complete", "2026-03-01", "3f")])
    with pytest.raises(StoreError, match="--accept-changes"):
        serve(trust, path, port=0)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_ending_the_server_folds_the_log_into_the_store(tmp_path, ending):
    """Given a server with answers in its log, when it is ended, then the store alone holds them."""
    path = tmp_path / "answers.db"
    script = f"""
from topline.instrument.questionnaire import *
from topline.instrument.fieldwork.server import serve
page = Page(name="p", questions=(Question(name="why", type="text", label={{"en": "Why?"}}),))
serve(Questionnaire(name="q", title={{"en": "Q"}}, languages=("en",), pages=(page,)), {str(path)!r}, port=0,
      announce=lambda line: print(line, flush=True))
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as server:
        address = re.search(r"http://\S+", server.stdout.readline())[0]
        with httpx.Client(base_url=address, follow_redirects=True) as client:
            shown = client.post("/begin", data=hidden(client.get("/")))
            assert client.post("/page/p", data={**hidden(shown), "why": "because"}).url.path == "/thanks"
        server.send_signal(ending)
        _, complaint = server.communicate(timeout=20)
    assert complaint == ""
    assert server.returncode == (0 if ending == signal.SIGINT else -signal.SIGTERM)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["answers.db"]
    with AnswerStore.open(path, create=False) as store:
        assert [each.answers for each in store.interviews()] == [{"why": "because"}]


def test_the_server_says_nothing_of_itself_or_its_visitors(tmp_path):
    path = tmp_path / "answers.db"
    script = f"""
from topline.instrument.questionnaire import *
from topline.instrument.fieldwork.server import serve
page = Page(name="p", questions=(Question(name="why", type="text", label={{"en": "Why?"}}),))
serve(Questionnaire(name="q", title={{"en": "Q"}}, languages=("en",), pages=(page,)), {str(path)!r}, port=0)
"""
    with subprocess.Popen(
        [sys.executable, "-u", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        line = server.stdout.readline()
        address = re.search(r"http://\S+", line)[0]
        with httpx.Client(base_url=address, headers={"user-agent": "Distinctive/1.0"}) as client:
            responses = [client.get("/"), client.get("/nosuch"), client.post("/begin", json={})]
        server.send_signal(signal.SIGINT)
        rest, complaint = server.communicate(timeout=20)  # to the end of its output: a late line is read as well
    assert all("server" not in response.headers for response in responses)
    assert line.startswith("Fielding q at http://127.0.0.1:")
    assert rest == "" and complaint == ""
