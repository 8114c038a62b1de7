"""The whole road in a real browser: a respondent answers in Chinese, and a reader finds the answer in the dashboard."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from topline.cli import main
from topline.instrument.fieldwork.store import AnswerStore
from topline.instrument.reading import read_questionnaire
from topline.instrument.simulate import simulate

pytestmark = pytest.mark.browser
TOPLINE = [sys.executable, "-m", "topline"]
OPINION = "希望更加公开透明，也希望能够申诉。"


def run(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of an open link, unweighted, that publishes results on any base."""
    folder = tmp_path / "study"
    run("new", folder)
    plan = (folder / "study.yaml").read_text(encoding="utf-8")
    plan = plan.replace("margins: cn-netizens-2023", 'margins: ""').replace("minimum_base: 30", "minimum_base: 1")
    (folder / "study.yaml").write_text(plan, encoding="utf-8")
    return folder


@pytest.fixture
def serving() -> Iterator[Callable[..., str]]:
    """Give ``serving(verb, folder)``: starts the server of a verb on a free port, and gives its address."""
    started: list[subprocess.Popen[bytes]] = []

    def serve(verb: str, folder: Path, *options: str) -> str:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [*TOPLINE, verb, str(folder), "--port", str(port), *options]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        health = {"field": "/health", "dashboard": "/_stcore/health"}[verb]
        address = f"http://127.0.0.1:{port}"
        wait_for(address + health, started[-1])
        return address

    yield serve
    for server in started:
        server.terminate()
        server.wait(15)


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, f"the server ended with {server.returncode}"
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{address} did not answer within a minute")


def answer_everything(page) -> None:
    """Go through the pages as somebody does who supports travel restrictions strongly and has something to say."""
    go_on(page)
    for _ in range(30):
        if page.url.endswith("/thanks"):
            return
        names = page.locator("main input[type=radio]").evaluate_all("all => [...new Set(all.map(each => each.name))]")
        for name in names:
            wanted = {"consent": "yes", "restrict_travel": "5", "sex": "2"}.get(name)
            page.check(f"input[name={name}][value='{wanted}']" if wanted else f"input[name={name}] >> nth=2")
        for boxes in page.locator("main .options:not(.beside):has(input[type=checkbox])").all():
            boxes.locator("input").first.check()
        for number in page.locator("input[inputmode=numeric]").all():
            number.fill("3")
        for words in page.locator("main textarea").all():
            words.fill(OPINION)
        go_on(page)
    pytest.fail(f"the interview did not end; it stands at {page.url}")


def go_on(page) -> None:
    """Press the button that leads on, and be on the page that the server answers with."""
    with page.expect_navigation():
        page.click("main button.next")


@pytest.mark.browser_context_args(java_script_enabled=False, locale="zh-CN")
def test_an_answer_given_in_chinese_stands_in_the_spss_file_and_in_the_dashboard(
    page, browser, study: Path, serving: Callable[..., str]
) -> None:
    form = serving("field", study)
    page.goto(f"{form}/?language=zh")
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    answer_everything(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("谢谢您")

    # Forty more, so that there is a share to estimate.
    others = simulate(read_questionnaire(study / "questionnaire.yaml"), 60, seed=4)
    with AnswerStore.open(study / "answers.db") as store:
        store.add(others.interviews)
    run("export", study, "--language", "zh")
    frame, meta = pyreadstat.read_sav(study / "answers.sav")
    (ours,) = frame[frame["comment"] == OPINION].to_dict("records")
    assert meta.variable_value_labels["restrict_travel"][ours["restrict_travel"]] == "强烈支持"
    assert meta.variable_value_labels["sex"][ours["sex"]] == "女"
    assert meta.variable_value_labels["disposition"][ours["disposition"]]

    run("estimate", study)
    run("compare", study)
    share, n = support(frame, "restrict_travel")
    reader = browser.new_context(viewport={"width": 1280, "height": 2400}).new_page()
    reader.goto(serving("dashboard", study, "--no-browser"))
    expect(reader.get_by_role("heading", level=1)).to_be_visible(timeout=30_000)
    row = reader.get_by_role("row", name=re.compile("限制其出行|restrict_travel")).first
    expect(row).to_contain_text(f"{100 * share:.1f}%", timeout=30_000)
    expect(row).to_contain_text("77%")
    assert n > 30


def support(frame: pd.DataFrame, item: str) -> tuple[float, int]:
    """Share of somewhat and strongly support among complete interviews with an opinion, by hand."""
    answers = frame.loc[(frame["disposition"] == 1) & frame[item].between(1, 5), item]
    return float((answers >= 4).mean()), len(answers)
