"""The power-cut drill: the server is killed in the middle of its load, and every acknowledged page is in the store.

A kill shows that nothing acknowledged sits in the process's memory. That it does not sit in the computer's memory
either rests on ``synchronous=FULL``, which another test holds to; only pulling a plug could show it.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import httpx
import pytest

from topline.instrument.fieldwork.server import number_of
from topline.instrument.fieldwork.store import AnswerStore

PAGES = 5
SERVER = f"""
import sys
from topline.instrument.fieldwork.server import serve
from topline.instrument.questionnaire import Page, Question, Questionnaire
pages = tuple(
    Page(name=f"p{{n}}", questions=(Question(name=f"a{{n}}", type="text", label={{"en": "Why?"}}, required=True),))
    for n in range({PAGES})
)
questionnaire = Questionnaire(name="drill", title={{"en": "Drill"}}, languages=("en",), pages=pages)
serve(questionnaire, sys.argv[1], port=0, announce=lambda line: print(line, flush=True))
"""


@dataclass
class Load:
    """What respondents were told: the answers acknowledged, by interview number and variable."""

    acknowledged: dict[tuple[str, str], str] = field(default_factory=dict)
    begun: int = 0
    pages: int = 0


async def respondent(address: str, load: Load, dice: random.Random, most_pages: int) -> None:
    """Answer interview after interview until the server dies or enough pages were acknowledged."""
    while load.pages < most_pages:
        async with httpx.AsyncClient(base_url=address, timeout=10, verify=False) as client:  # plain HTTP
            shown = await client.get("/")
            load.begun += 1
            answer = await client.post("/begin", data=hidden(shown))
            key = client.cookies["interview"]
            for page in range(PAGES):
                shown = await client.get(answer.headers["location"])
                said = f"{dice.getrandbits(64):016x}"
                data = {**hidden(shown), "__action": "next", f"a{page}": said}
                answer = await client.post(f"/page/p{page}", data=data)
                assert answer.status_code == 303
                load.acknowledged[number_of(key), f"a{page}"] = said
                load.pages += 1


def hidden(shown: httpx.Response) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.text))


async def crowd(address: str, load: Load, dice: random.Random, people: int, most_pages: int) -> None:
    await asyncio.gather(*(respondent(address, load, dice, most_pages) for _ in range(people)), return_exceptions=True)


def cut(path: Path, load: Load, dice: random.Random, *, pages: int, people: int) -> None:
    """Run a server under load and kill it once so many more pages are acknowledged, or after half a minute."""
    command = [sys.executable, "-c", SERVER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, ExitStack() as at_the_end:
        at_the_end.callback(server.kill)  # whatever goes wrong below: leaving Popen waits for the server to end
        address = re.search(r"http://\S+", server.stdout.readline())[0]
        enough, end = load.pages + pages, time.monotonic() + 30

        async def until_killed() -> None:
            answering = asyncio.ensure_future(crowd(address, load, dice, people, enough + 1_000))
            while load.pages < enough and time.monotonic() < end:
                await asyncio.sleep(0.001)
            os.kill(server.pid, signal.SIGKILL)
            await answering

        asyncio.run(until_killed())
        assert server.wait(10) == -signal.SIGKILL


def assert_everything_acknowledged_stands(path: Path, load: Load) -> None:
    with AnswerStore.open(path, create=False) as store:
        kept = {each.number: each for each in store.interviews()}
        rows = store._reader.execute("SELECT interview, page FROM event").fetchall()
        assert store._reader.pragma("integrity_check") == "ok"
    lost = [
        (number, variable)
        for (number, variable), said in load.acknowledged.items()
        if number not in kept or kept[number].answers.get(variable) != said
    ]
    assert lost == []
    assert max(Counter(rows).values()) == 1, "no page stands twice"
    assert len(kept) <= load.begun


def test_every_page_acknowledged_before_a_kill_is_in_the_store(tmp_path):
    load, dice = Load(), random.Random(20261123)
    cut(tmp_path / "answers.db", load, dice, pages=60, people=8)
    assert load.pages >= 60, "the server was under load"
    assert (tmp_path / "answers.db-wal").stat().st_size > 0, "the log had not been folded in when the server died"
    assert_everything_acknowledged_stands(tmp_path / "answers.db", load)


@pytest.mark.drill
def test_power_cut_again_and_again(tmp_path):
    """Twelve cuts at random moments on one store, which keeps growing: at most three minutes and 4,800 pages."""
    load, dice = Load(), random.Random(int(os.environ.get("TOPLINE_DRILL_SEED", "1")))
    started, cuts = time.monotonic(), 0
    while cuts < 12 and time.monotonic() - started < 180:
        cut(tmp_path / "answers.db", load, dice, pages=dice.randrange(20, 400), people=24)
        assert_everything_acknowledged_stands(tmp_path / "answers.db", load)
        cuts += 1
    print(f"{cuts} cuts, {load.begun} interviews begun, {load.pages} pages acknowledged, none lost")
    assert cuts >= 3


def test_the_drill_would_notice_a_lost_page(tmp_path):
    """The drill's own check fails when one acknowledged answer is taken out of the store."""
    load, dice = Load(), random.Random(7)
    path = tmp_path / "answers.db"
    cut(path, load, dice, pages=10, people=2)
    number = next(iter(load.acknowledged))[0]
    connection = apsw.Connection(str(path))
    connection.execute("DELETE FROM event WHERE interview = ? AND page = 'p0'", (number,))
    connection.close()
    with pytest.raises(AssertionError):
        assert_everything_acknowledged_stands(path, load)
