"""The dashboard in a real browser: readable by all, by keyboard, on a phone, from a link, and to take home."""

from __future__ import annotations

import csv
import itertools
import json
import re
import runpy
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SLOW = 20_000
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DRAWN = "[data-testid=stVegaLiteChart] svg, table.results"
SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "dashboard" / "sample_bundle.py"))
SIDEWAYS = """all => all.filter(each => each.scrollWidth > each.clientWidth + 1
    && ['auto', 'scroll'].includes(getComputedStyle(each).overflowX)).map(each => each.dataset.testid)"""
START = "import sys; from topline.dashboard.launch import launch; launch(sys.argv[1], port={}, open_browser=False)"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, quick_environment: dict[str, str]) -> Iterator[str]:
    """The dashboard of the sample bundle, served from a folder that is not the checkout."""
    with serving(SAMPLE["write"](tmp_path_factory.mktemp("study")), quick_environment) as address:
        yield address


@contextmanager
def serving(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """Serve the dashboard of a study folder on a free port; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "log"
    with log.open("w") as output:
        command = [sys.executable, "-c", START.format(port), str(folder)]
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=environment)
        try:
            until_healthy(f"http://127.0.0.1:{port}/_stcore/health", server, log)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
            server.wait(15)


def until_healthy(health: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(health, timeout=1).read()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"the dashboard did not start:\n{log.read_text()}")


def settle(page, drawn: int = 4) -> None:
    """Wait until the script has run and the elements that are loaded late are there."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=SLOW)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=SLOW)
    page.wait_for_function("([s, n]) => document.querySelectorAll(s).length >= n", arg=[DRAWN, drawn], timeout=SLOW)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=SLOW)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def findings(page) -> list:
    found = Axe().run(page, options={"runOnly": WCAG}).response
    assert len(found["passes"]) > 10
    return [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in found["violations"]]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_no_barrier_is_found(page, address, width, scheme):
    page.set_viewport_size({"width": width, "height": 2400})
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    settle(page)
    assert findings(page) == []
    page.locator("summary", has_text="Item by item").first.click()
    expect(page.get_by_role("columnheader", name="Expected", exact=True)).to_have_count(1)
    page.locator("summary", has_text="Wording").first.click()
    expect(page.get_by_role("heading", name="Published", exact=True).first).to_be_visible()
    page.wait_for_function("document.getAnimations().every(each => each.playState !== 'running')", timeout=SLOW)
    assert findings(page) == []


def test_a_barrier_would_be_found(page, address):
    page.goto(address)
    settle(page)
    page.evaluate("document.querySelector('[data-testid=stMain]').append(document.createElement('img'))")
    assert "image-alt" in [name for name, _ in findings(page)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_words_on_the_chart_follow_the_colour_scheme(page, address, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    settle(page)
    fill = page.locator("[data-testid=stVegaLiteChart] text", has_text="Spreading rumours online").get_attribute("fill")
    assert fill in {"light": ("#1b1f24", "#757d87"), "dark": ("#e8eaed", "#757d87")}[scheme]


def test_the_chart_is_named_for_those_who_cannot_see_it(page, address):
    page.goto(address)
    settle(page)
    chart = page.get_by_test_id("stVegaLiteChart").nth(1)
    expect(chart).to_have_attribute("role", "graphics-document")
    expect(chart).to_have_attribute(
        "aria-label", re.compile(r"Spreading rumours online \(.*\): new 70.5% .* published 74%")
    )


def test_headings_are_one_outline(page, address):
    page.goto(address)
    settle(page)
    levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(each => +each.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_keyboard_sorts_table_and_address(page, address):
    page.goto(address)
    settle(page)
    first = page.locator("table.results tbody tr:not(.group) th").first
    expect(first).to_contain_text("Restrict the entry")
    page.get_by_role("combobox", name=re.compile("Sort by")).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("order")
    page.keyboard.press("Enter")
    expect(first).to_contain_text("Restrict the travel", timeout=SLOW)
    expect(page).to_have_url(re.compile(r"sort=order"), timeout=SLOW)


def test_a_link_opens_one_item_with_its_wording(page, address):
    page.goto(f"{address}?item=record_petition&sort=new+result")
    settle(page, 2)
    expect(page.locator("table.results tbody tr:not(.group)")).to_have_count(1)
    expect(page.get_by_text("word for word only in part")).to_be_visible()
    expect(page).to_have_url(re.compile("item=record_petition"))


def test_the_wording_of_a_linked_item_stays_open(page, address):
    page.goto(f"{address}?item=record_petition")
    settle(page, 2)
    page.wait_for_timeout(2500)
    expect(page.get_by_text("word for word only in part")).to_be_visible()
    expect(page.locator("summary")).to_have_count(0)


def test_what_was_opened_stays_open_when_the_page_is_drawn_anew(page, address):
    page.goto(address)
    settle(page)
    card = page.locator("[class*=st-key-wording-restrict_civil_service] details")
    card.locator("summary").click()
    page.wait_for_timeout(2500)
    expect(card.get_by_text("word for word only in part")).to_be_visible()
    page.get_by_role("combobox", name=re.compile("Sort by")).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("order")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"sort=order"), timeout=SLOW)
    settle(page)
    page.wait_for_timeout(1000)
    expect(card.get_by_text("word for word only in part")).to_be_visible()
    expect(page.locator("details[open]")).to_have_count(1)


@pytest.mark.parametrize(("item", "width"), [("record_rumours", 375), ("all", 375), ("all", 1280)])
def test_every_mark_and_every_label_stands_inside_the_chart_and_none_on_another(page, address, item, width):
    page.set_viewport_size({"width": width, "height": 2400})
    page.goto(f"{address}?item={item}")
    settle(page, 2 if item != "all" else 5)
    for chart in page.locator("[data-testid=stVegaLiteChart] svg").all():
        outer = chart.bounding_box()
        marks = [mark.bounding_box() for mark in chart.locator(".mark-symbol path").all()]
        numbers = [text.bounding_box() for text in chart.locator(".role-axis-label text").all()]
        titles = [text.bounding_box() for text in chart.locator(".mark-text.role-mark text").all()]
        assert len(marks) >= 2 and len(numbers) >= 2 and titles
        for box in [*marks, *numbers, *titles]:
            assert outer["y"] <= box["y"] and box["y"] + box["height"] <= outer["y"] + outer["height"]
        assert max(mark["y"] + mark["height"] for mark in marks) < min(number["y"] for number in numbers)
        for title, mark in itertools.product(titles, marks):
            assert title["y"] + title["height"] <= mark["y"] + 1 or mark["y"] + mark["height"] <= title["y"] + 1


def test_the_chart_begins_on_the_first_screen(page, address):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(address)
    settle(page)
    assert page.locator("[data-testid=stVegaLiteChart] svg").first.bounding_box()["y"] < 800


def test_choosing_an_item_puts_it_into_the_address(page, address):
    page.goto(address)
    settle(page)
    page.get_by_role("combobox", name=re.compile("Item")).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("Spreading")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("item=record_rumours"), timeout=SLOW)
    expect(page.locator("table.results tbody tr:not(.group)")).to_have_count(1, timeout=SLOW)


def test_csv_and_json_can_be_taken_home(page, address):
    page.goto(address)
    settle(page)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download CSV").click()
    with open(taken.value.path(), encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    travel = next(row for row in rows if row["item"] == "restrict_travel")
    assert float(travel["difference"]) == 0.684 - 0.77
    assert travel["reasons"].startswith("Population differs")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download JSON").click()
    document = json.loads(Path(taken.value.path()).read_text(encoding="utf-8"))
    assert set(document) == {"method", "rows", "batteries"}
    assert next(row for row in document["rows"] if row["item"] == "harm_privacy")["estimate"] is None


def test_a_language_in_the_address_is_that_of_the_sentences_for_those_who_hear_them(page, address):
    page.goto(f"{address}?item=restrict_travel&language=zh")
    settle(page, 2)
    expect(page.locator("p[lang=zh]")).to_contain_text("本次调查为68.4%")
    page.get_by_role("combobox", name=re.compile("Language")).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("Deutsch")
    page.keyboard.press("Enter")
    expect(page.locator("p[lang=de]")).to_contain_text("68,4 % hier", timeout=SLOW)
    expect(page).to_have_url(re.compile("language=de"), timeout=SLOW)


def test_a_value_not_seen_in_print_has_its_badge_on_the_chart(page, address):
    page.goto(address)
    settle(page)
    words = page.locator("[data-testid=stVegaLiteChart] svg").first.locator(".mark-text.role-mark text")
    assert words.all_text_contents().count("as quoted") == 3


def test_a_phone_shows_the_page_without_sideways_scrolling(page, address):
    page.set_viewport_size({"width": 375, "height": 1600})
    page.goto(address)
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.get_by_test_id("stMain").locator("div").evaluate_all(SIDEWAYS) == []
    row = page.get_by_role("row", name=re.compile("^Restrict the travel")).first
    assert row.get_by_role("cell").count() == 7 and row.bounding_box()["width"] <= 375
    badges = page.locator(".stMarkdownBadge")
    assert badges.evaluate_all("all => all.filter(each => each.scrollWidth > each.clientWidth + 1).length") == 0
    assert badges.evaluate_all("all => Math.max(...all.map(each => each.getBoundingClientRect().height))") > 30, "wraps"
    chart = page.locator("[data-testid=stVegaLiteChart] svg").first.bounding_box()
    assert chart["x"] >= 0 and chart["x"] + chart["width"] <= 375


def test_the_page_has_no_developers_tools(page, address):
    page.goto(address)
    settle(page)
    expect(page.get_by_text("Deploy")).to_have_count(0)
    expect(page.get_by_test_id("stMainMenu")).to_have_count(0)


def test_markup_in_a_studys_words_fetches_nothing_and_shows_as_written(page, tmp_path, quick_environment):
    """The page itself fails this test when it asks another host."""
    with serving(SAMPLE["write"](tmp_path, SAMPLE["hostile"]()), quick_environment) as address:
        page.goto(f"{address}?item=restrict_travel")
        settle(page, 2)
        main = page.get_by_test_id("stMain")
        heading = page.get_by_role("heading", level=1)
        assert heading.text_content().replace("\u2060", "") == SAMPLE["MARKUP"]
        assert main.locator("img[src], code, .katex, strong strong").count() == 0
        links = main.locator("a:not([href^='#'])").evaluate_all(
            "all => all.map(each => [each.textContent, each.getAttribute('href')])"
        )
        assert [link for link in links if link[0] != link[1]] == [], "an address leads where it says"
        assert main.locator("[data-testid=stIconMaterial]", has_text="home").count() == 0
