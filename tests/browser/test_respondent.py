"""A respondent in a real browser, without JavaScript: in Chinese, on a phone, with a keyboard only."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from topline.instrument.fieldwork.store import AnswerStore
from topline.instrument.interview import Interview

pytestmark = pytest.mark.browser
no_script = pytest.mark.browser_context_args(java_script_enabled=False)

QUESTIONNAIRE = Path(__file__).with_name("questionnaire.yaml")
SHIPPED = Path(str(files("topline.data") / "demo" / "questionnaire.yaml"))
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ANSWERS = {"consent": "yes", "awareness": "3", "sex": "2"}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "answers.db"


@pytest.fixture
def survey(page, form_server: Callable[[Path, Path], str], store: Path):
    """A browser on the start page of the questionnaire beside this file."""
    page.address = form_server(QUESTIONNAIRE, store)
    page.goto(page.address)
    return page


def interview(store: Path) -> Interview:
    with AnswerStore.open(store, create=False) as opened:
        (only,) = opened.interviews()
        return only


def width_of(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth")


def press(page, name: str) -> None:
    """Press a button, and be on the page that the server answers with: with errors it has the same address."""
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).click()


def strike(page, key: str) -> None:
    """Strike a key that sends the page, and be on the page that the server answers with."""
    with page.expect_navigation():
        page.keyboard.press(key)


def fill(page) -> None:
    """Answer everything on the page: with the code in ANSWERS, or the second answer of a row."""
    names = page.locator("main input[type=radio]").evaluate_all("all => [...new Set(all.map(each => each.name))]")
    for name in names:
        code = ANSWERS.get(name)
        chosen = f"input[name={name}][value='{code}']" if code else f"input[name={name}] >> nth=1"
        page.check(chosen)
    for boxes in page.locator("main .options:not(.beside):has(input[type=checkbox])").all():
        boxes.locator("input").first.check()
    for number in page.locator("input[inputmode=numeric]").all():
        number.fill("4")


def go_to(page, name: str, next: str = "Next") -> None:
    """Answer page after page until one is reached."""
    if page.url.endswith("/"):
        press(page, "Begin")
    while not page.url.endswith(f"/page/{name}"):
        fill(page)
        press(page, next)


@no_script
def test_a_respondent_answers_in_chinese_goes_back_mends_an_error_and_finishes(survey, store):
    with survey.expect_navigation():
        survey.get_by_role("link", name="中文").click()
    expect(survey.locator("html")).to_have_attribute("lang", "zh")
    expect(survey.get_by_role("heading", level=1)).to_have_text("您对社会信用的看法")
    press(survey, "开始")
    survey.get_by_label("是，我同意参加").check()
    press(survey, "下一页")

    survey.get_by_role("radio", name="从未听说过").check()
    press(survey, "下一页")
    expect(survey).to_have_url(f"{survey.address}/page/sanctions")  # who never heard of it is not asked where
    press(survey, "上一页")
    expect(survey.get_by_role("radio", name="从未听说过")).to_be_checked()
    survey.get_by_role("radio", name="了解一些").check()
    press(survey, "下一页")
    expect(survey).to_have_url(f"{survey.address}/page/contact")
    survey.get_by_role("checkbox", name="社交媒体").check()
    survey.get_by_role("checkbox", name="家人、朋友或同事").check()
    press(survey, "下一页")

    travel = survey.get_by_role("radiogroup", name="限制其出行")
    travel.get_by_role("radio", name="强烈支持").check()
    press(survey, "下一页")
    expect(survey).to_have_title("错误：带来的后果 – 您对社会信用的看法")
    expect(survey.get_by_role("heading", name="有 2 处回答需要您再看一下")).to_be_visible()
    expect(travel.get_by_role("radio", name="强烈支持")).to_be_checked()
    survey.locator(".summary").get_by_role("link", name="限制其使用互联网").click()
    expect(survey).to_have_url(f"{survey.address}/page/sanctions#q-restrict_internet")
    for statement in ("限制其使用互联网", "拒绝向其发放贷款"):
        survey.get_by_role("radiogroup", name=statement).get_by_role("radio", name="不知道").check()
    press(survey, "下一页")

    survey.get_by_label("您还有什么想说的吗？").fill("希望更加公开透明。\n<b>谢谢</b>")
    survey.get_by_label("您每天上网多少小时？").fill("２５")
    press(survey, "下一页")
    expect(survey.locator("#error-hours_online")).to_have_text("一天有24小时。")
    expect(survey.get_by_label("您还有什么想说的吗？")).to_have_value("希望更加公开透明。\n<b>谢谢</b>")
    survey.get_by_label("您每天上网多少小时？").fill("４")
    press(survey, "下一页")
    survey.get_by_role("radio", name="女").check()
    survey.get_by_label("您上班的路程是多少公里？").fill("7.5")
    press(survey, "完成")
    expect(survey).to_have_url(f"{survey.address}/thanks")
    expect(survey.get_by_role("heading", level=1)).to_have_text("谢谢您")

    kept = interview(store)
    assert (kept.status, kept.language, kept.reached) == ("complete", "zh", "you")
    assert kept.answers == {
        "consent": "yes",
        "awareness": "3",
        "sources": ("2", "3"),
        "restrict_travel": "5",
        "restrict_internet": "97",
        "restrict_loans": "97",
        "comment": "希望更加公开透明。\n<b>谢谢</b>",
        "hours_online": 4,
        "sex": "2",
        "commute": 7.5,
    }


@no_script
def test_the_keyboard_alone_is_enough(survey, store):
    """Given no mouse, when a respondent uses Tab, arrows, Space and Enter, then the interview goes on."""
    keys = survey.keyboard
    survey.get_by_role("link", name="Deutsch").focus()
    keys.press("Tab")
    strike(survey, "Enter")
    expect(survey).to_have_url(f"{survey.address}/page/welcome")
    survey.get_by_role("button", name="Deutsch").focus()
    keys.press("Tab")
    keys.press("Space")
    expect(survey.get_by_role("radio", name="Yes, I take part")).to_be_checked()
    keys.press("Tab")
    strike(survey, "Enter")
    expect(survey).to_have_url(f"{survey.address}/page/awareness")
    survey.get_by_role("button", name="Deutsch").focus()
    keys.press("Tab")
    keys.press("Space")
    keys.press("ArrowDown")
    expect(survey.get_by_role("radio", name="Heard the name only")).to_be_checked()
    strike(survey, "Enter")
    expect(survey).to_have_url(f"{survey.address}/page/contact")
    assert interview(store).answers["awareness"] == "2"


@no_script
def test_enter_in_a_field_goes_on_and_does_not_change_the_language(survey, store):
    go_to(survey, "more")
    survey.fill("input[name=hours_online]", "5")
    survey.focus("input[name=hours_online]")
    strike(survey, "Enter")
    expect(survey).to_have_url(f"{survey.address}/page/you")
    expect(survey.locator("html")).to_have_attribute("lang", "en")
    assert interview(store).answers["hours_online"] == 5


@no_script
def test_the_language_changes_and_the_page_keeps_what_stands_on_it(survey):
    go_to(survey, "more")
    survey.fill("textarea", "half a thought")
    survey.fill("input[name=hours_online]", "abc")
    with survey.expect_navigation():
        survey.get_by_role("button", name="中文").click()
    expect(survey.locator("html")).to_have_attribute("lang", "zh")
    expect(survey.locator("textarea")).to_have_value("half a thought")
    expect(survey.locator("input[name=hours_online]")).to_have_value("abc")


@no_script
def test_a_dont_know_beside_a_number_can_be_taken_back(survey, store):
    go_to(survey, "more")
    survey.get_by_label("Don't know").check()
    survey.fill("input[name=hours_online]", "5")
    press(survey, "Next")
    expect(survey.locator(".summary")).to_contain_text("either write a number or choose “Don't know”")
    survey.get_by_label("Don't know").uncheck()
    press(survey, "Next")
    assert interview(store).answers["hours_online"] == 5


@no_script
def test_the_focus_is_on_the_errors_and_their_links_lead_to_the_fields(survey):
    go_to(survey, "you")
    press(survey, "Finish")
    summary = survey.get_by_role("region", name="One answer needs your attention")
    expect(summary).to_be_focused()
    survey.keyboard.press("Tab")
    expect(summary.get_by_role("link").first).to_be_focused()
    survey.keyboard.press("Enter")
    expect(survey.locator("input[name=sex]").first).to_be_focused()


@no_script
def test_pressing_twice_the_browsers_back_and_reloading_neither_lose_nor_double(survey, store):
    go_to(survey, "awareness")
    survey.check("input[name=awareness][value='3']")
    survey.locator("main").get_by_role("button", name="Next").dblclick()
    expect(survey).to_have_url(f"{survey.address}/page/contact")
    survey.go_back()
    expect(survey.locator("input[name=awareness][value='3']")).to_be_checked()
    survey.check("input[name=awareness][value='2']")
    press(survey, "Next")
    survey.reload()
    expect(survey).to_have_url(f"{survey.address}/page/contact")
    assert interview(store).answers["awareness"] == "2"
    assert interview(store).reached == "awareness"


@no_script
def test_after_the_end_the_browsers_back_shows_no_answers(survey, store):
    go_to(survey, "you")
    fill(survey)
    press(survey, "Finish")
    expect(survey.get_by_role("heading", level=1)).to_have_text("Thank you")
    survey.go_back()
    expect(survey.get_by_role("heading", level=1)).to_have_text("There is no open questionnaire in this browser")
    assert survey.context.cookies() == [] or "interview" not in [each["name"] for each in survey.context.cookies()]
    assert interview(store).status == "complete"


@no_script
def test_a_respondent_who_comes_back_goes_on_where_they_stopped(survey, store):
    go_to(survey, "contact")
    tab = survey.context.new_page()
    survey.close()
    tab.goto(survey.address)
    press(tab, "Continue")
    expect(tab).to_have_url(f"{survey.address}/page/contact")
    assert interview(store).status == "started"
    tab.close()


@no_script
@pytest.mark.parametrize("width", [320, 961])
def test_no_page_scrolls_sideways_and_targets_are_large(survey, width):
    survey.set_viewport_size({"width": width, "height": 800})
    press(survey, "Begin")
    seen = 0
    while True:
        assert width_of(survey) <= width, survey.url
        small = survey.locator("main :is(button, .option, .cell), .language").evaluate_all(
            "all => all.map(each => each.getBoundingClientRect())"
            ".filter(box => box.height < 44 || box.width < 44).length"
        )
        assert small == 0, survey.url
        seen += 1
        if survey.url.endswith("/page/you"):
            break
        press(survey, "Next") if seen % 2 else None  # every other page also with its errors
        assert width_of(survey) <= width, survey.url
        fill(survey)
        press(survey, "Next")
    assert seen == 6


@no_script
def test_a_grid_is_a_table_on_a_wide_screen_and_cards_on_a_phone(survey):
    go_to(survey, "sanctions")
    row = survey.get_by_role("radiogroup", name="Restrict their travel").get_by_role("radio")

    def places() -> tuple[int, int]:
        boxes = [each.bounding_box() for each in row.all()]
        return len({round(box["x"]) for box in boxes}), len({round(box["y"]) for box in boxes})

    survey.set_viewport_size({"width": 1280, "height": 900})
    assert places() == (7, 1)
    survey.set_viewport_size({"width": 375, "height": 900})
    assert places() == (1, 7)


@pytest.mark.parametrize("width", [375, 1280])
def test_pages_are_accessible(survey, width):
    survey.set_viewport_size({"width": width, "height": 900})
    check_accessible(survey)
    press(survey, "Begin")
    while True:
        check_accessible(survey)
        press(survey, "Finish" if survey.url.endswith("/you") else "Next")
        check_accessible(survey)  # now with its errors
        fill(survey)
        if survey.url.endswith("/you"):
            break
        press(survey, "Next")
    press(survey, "Finish")
    check_accessible(survey)


@no_script
def test_the_shipped_questionnaire_can_be_answered_to_the_end_on_a_phone(page, form_server, store):
    page.set_viewport_size({"width": 375, "height": 760})
    page.goto(form_server(SHIPPED, store))
    with page.expect_navigation():
        page.get_by_role("link", name="中文").click()
    press(page, "开始")
    while page.locator("form#form").count():
        assert width_of(page) <= 375, page.url
        fill(page)
        with page.expect_navigation():
            page.locator("main button.next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("谢谢您")
    assert interview(store).status == "complete"


def check_accessible(page) -> None:
    """Look for barriers in light and in dark."""
    page.evaluate(Axe().axe_script)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        report = page.evaluate("options => axe.run(options)", {"runOnly": WCAG})
        assert len(report["passes"]) > 10, "the page was really there"
        assert report["violations"] == [], [
            (page.url, scheme, each["id"], [node["html"][:160] for node in each["nodes"]])
            for each in report["violations"]
        ]


def test_the_accessibility_check_can_fail(survey):
    survey.evaluate("document.querySelector('main').append(document.createElement('img'))")
    report = Axe().run(survey, options={"runOnly": ["wcag2a"]}).response
    assert "image-alt" in [each["id"] for each in report["violations"]]
