"""How many interviews a second the fieldwork server takes on this machine, and how long a respondent waits.

A server process and this load script share the machine. Each respondent fetches the start page, begins, then fetches
and posts five pages, as fast as the server answers; one page is one acknowledged commit. Bounded by time.

    python benchmarks/bench_fieldwork.py [SECONDS] [RESPONDENTS AT ONCE]
"""

from __future__ import annotations

import asyncio
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

PAGES = 5
SERVER = f"""
import sys
from topline.instrument.fieldwork.server import serve
from topline.instrument.questionnaire import Choice, ChoiceList, Page, Question, Questionnaire
choices = tuple(Choice(name=str(n), label={{"en": f"Answer {{n}}"}}) for n in range(1, 6))
agree = ChoiceList(name="agree", choices=choices)
pages = tuple(
    Page(name=f"p{{n}}", questions=(
        Question(name=f"a{{n}}", type="select_one", choices="agree", label={{"en": "Do you agree?"}}, required=True),
        Question(name=f"t{{n}}", type="text", label={{"en": "Why?"}}),
    ))
    for n in range({PAGES})
)
questionnaire = Questionnaire(
    name="bench", title={{"en": "Bench"}}, languages=("en",), choice_lists={{"agree": agree}}, pages=pages
)
serve(questionnaire, sys.argv[1], port=0, announce=lambda line: print(line, flush=True))
"""


@dataclass
class Tally:
    """What the respondents met."""

    interviews: int = 0
    begin: list[float] = field(default_factory=list)
    show: list[float] = field(default_factory=list)
    post: list[float] = field(default_factory=list)


class Browser:
    """As little of a browser as the form needs, so that the load costs less than the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.cookie = ""

    async def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Give status, address led to, and body."""
        body = urlencode(form or {}).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        head += "Content-Type: application/x-www-form-urlencoded\r\n" + self.cookie + "\r\n"
        self.writer.write(head.encode() + body)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = [line.partition(": ")[::2] for line in lines[1:] if line]
        known = {name.lower(): value for name, value in headers}
        for value in (value for name, value in headers if name.lower() == "set-cookie"):
            self.cookie = f"Cookie: {value.split(';')[0]}\r\n"
        content = (await self.reader.readexactly(int(known.get("content-length", 0)))).decode()
        return int(lines[0].split()[1]), known.get("location", ""), content


async def interview(browser: Browser, tally: Tally) -> None:
    """Answer one questionnaire."""
    browser.cookie = ""
    _, _, shown = await browser.ask("GET", "/")
    started = time.perf_counter()
    _, address, _ = await browser.ask("POST", "/begin", hidden(shown))
    tally.begin.append(time.perf_counter() - started)
    for page in range(PAGES):
        started = time.perf_counter()
        _, _, shown = await browser.ask("GET", address)
        tally.show.append(time.perf_counter() - started)
        form = {**hidden(shown), "__action": "next", f"a{page}": "4", f"t{page}": "Because it seems right to me."}
        started = time.perf_counter()
        status, address, _ = await browser.ask("POST", address, form)
        tally.post.append(time.perf_counter() - started)
        if status != 303:
            raise SystemExit(f"the server answered {status} to a good page")
    tally.interviews += 1


def hidden(shown: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown))


async def load(port: int, seconds: float, respondents: int) -> tuple[Tally, float]:
    tally, end = Tally(), time.perf_counter() + seconds

    async def one_after_another() -> None:
        browser = Browser(*await asyncio.open_connection("127.0.0.1", port))
        while time.perf_counter() < end:
            await interview(browser, tally)
        browser.writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(respondents)))
    return tally, time.perf_counter() - started


def quantile(values: list[float], share: float) -> float:
    """In milliseconds."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    respondents = int(sys.argv[2]) if len(sys.argv) > 2 else 16
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", SERVER, str(Path(folder) / "answers.db")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            port = int(server.stdout.readline().split("127.0.0.1:")[1].split()[0])
            tally, took = asyncio.run(load(port, seconds, respondents))
            server.terminate()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{respondents} respondents at once for {took:.1f} s; {PAGES} pages an interview, every page committed to disk"
    )
    print(f"{tally.interviews / took:8.1f} interviews a second, {len(tally.post) / took:.0f} pages a second")
    processor = (used.ru_utime + used.ru_stime) / tally.interviews * 1000
    print(f"{processor:8.1f} ms of processor an interview, the server's start included")
    for name, values in (("begin", tally.begin), ("show a page", tally.show), ("post a page", tally.post)):
        print(f"{name:>12}: median {quantile(values, 0.5):5.1f} ms, 99% within {quantile(values, 0.99):5.1f} ms")


if __name__ == "__main__":
    main()
