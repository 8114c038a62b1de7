"""A respondent's visit over HTTP: nothing lost, nothing doubled, nothing told about who they are."""

from __future__ import annotations

import asyncio
import datetime
import logging
import re
from pathlib import Path

import httpx
import pytest

from topline.data.errors import StoreError
from topline.instrument.fieldwork import reserve
from topline.instrument.fieldwork.server import application
from topline.instrument.fieldwork.store import AnswerStore, fingerprint
from topline.instrument.interview import Interview
from topline.instrument.questionnaire import Page, Question, Questionnaire

WITHOUT_CONSENT = Questionnaire(
    name="plain",
    title={"en": "Plain"},
    languages=("en",),
    pages=(Page(name="one", questions=(Question(name="why", type="text", label={"en": "Why?"}),)),),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.db"


def interviews(path: Path) -> tuple[Interview, ...]:
    with AnswerStore.open(path, create=False) as store:
        return store.interviews()


def only(path: Path) -> Interview:
    (interview,) = interviews(path)
    return interview


def test_a_respondent_answers_to_the_end(visitor, path, trust):
    begun = datetime.date.today().isoformat()
    shown = visitor.begin()
    assert shown.url.path == "/page/welcome"
    shown = visitor.send(shown, consent="yes")
    assert shown.url.path == "/page/you"
    shown = visitor.send(shown, age="44", why="因为 <b>")
    assert shown.url.path == "/page/views", "the page for people from 60 is skipped"
    shown = visitor.send(shown, travel="1", work="2")
    assert shown.url.path == "/thanks"
    assert "Your answers are stored." in shown.text
    interview = only(path)
    assert interview.status == "complete"
    assert interview.answers == {"consent": "yes", "age": 44, "why": "因为 <b>", "travel": "1", "work": "2"}
    assert interview.day in (begun, datetime.date.today().isoformat()), "midnight may fall into the interview"
    assert interview.questionnaire_digest == fingerprint(trust)
    assert (interview.language, interview.reached) == ("en", "views")


def test_two_respondents_have_numbers_and_seeds_of_their_own(fielding, path):
    visitor = fielding()
    visitor().reach("views")
    visitor().reach("views")
    first, second = interviews(path)
    assert first.number != second.number
    assert first.seed != second.seed
    assert all(re.fullmatch("[0-9a-f]{32}", each.number) for each in (first, second))


def test_a_seed_leads_neither_to_the_key_nor_to_the_number(fielding, tmp_path):
    begun = []
    for name in ("one.db", "two.db"):
        browser = fielding(store=name)()
        browser.client.cookies.set("interview", "0f" * 16)
        browser.send(browser.begin(), consent="yes")
        begun.append(only(tmp_path / name))
    assert begun[0].number == begun[1].number, "the number is made of the key"
    assert begun[0].seed != begun[1].seed, "the seed is not: it is drawn by itself, also where the key is the same"
    assert all(0 <= each.seed < 2**31 for each in begun)


def test_declining_ends_the_interview_and_keeps_no_answers_but_that(visitor, path):
    shown = visitor.send(visitor.begin(), consent="no")
    assert shown.url.path == "/declined"
    assert only(path).status == "declined"
    assert only(path).answers == {"consent": "no"}
    assert (only(path).language, only(path).day, only(path).seed) == ("", "", 0), "a refusal is counted, nothing more"
    assert "interview" not in visitor.client.cookies


def test_an_error_is_shown_above_and_beside_the_field_and_nothing_is_stored(visitor, path):
    shown = visitor.send(visitor.reach("you"), age="17", why="because")
    assert shown.status_code == 422
    assert "<title>Error: About you – Trust</title>" in shown.text
    assert '<a href="#q-age">Age</a> <span>Only from 18</span>' in shown.text
    assert '<p class="error" id="error-age">Only from 18</p>' in shown.text
    assert 'value="17"' in shown.text and "because</textarea>" in shown.text
    assert "age" not in only(path).answers
    assert visitor.send(shown, age="18").url.path == "/page/views"


def test_going_back_keeps_what_was_given_and_stops_nobody(visitor, path):
    shown = visitor.send(visitor.reach("views"), action="back", travel="1")
    assert shown.url.path == "/page/you"
    assert 'value="44"' in shown.text
    shown = visitor.send(shown, age="45")
    assert re.search(r'name="travel" value="1" checked', shown.text), "half a grid was not lost"
    assert only(path).status == "started"
    assert only(path).reached == "you", "a page left half filled is not a page reached"


def test_the_page_counter_goes_one_page_forward_and_its_end_comes_only_nearer(visitor):
    shown = visitor.begin()
    said = []
    for answers in ({"consent": "yes"}, {"age": "70"}, {"pension": "1"}, {}):
        said.append(re.search(r"Page \d of \d", shown.text)[0])
        bar = re.search(r'<progress id="progress" value="(\d)" max="(\d)">', shown.text)
        assert said[-1] == f"Page {bar[1]} of {bar[2]}"
        shown = visitor.send(shown, **answers)
    assert said == ["Page 1 of 4", "Page 2 of 4", "Page 3 of 4", "Page 4 of 4"]


def test_a_correction_opens_the_page_it_makes_relevant(visitor, path):
    shown = visitor.send(visitor.reach("views"), action="back")
    shown = visitor.send(shown, age="70")
    assert shown.url.path == "/page/old"
    shown = visitor.send(visitor.send(shown, pension="2"), travel="1", work="1")
    assert shown.url.path == "/thanks"
    assert only(path).answers["pension"] == "2"


def test_a_new_question_cannot_be_walked_around_by_typing_an_address(visitor, path):
    shown = visitor.reach("views")
    other_tab = visitor.get("/page/you")
    visitor.send(other_tab, age="70")
    shown = visitor.send(shown, travel="1", work="1")
    assert shown.url.path == "/page/old", "the last page leads to the one still open"
    assert only(path).status == "started"


def test_a_page_ahead_leads_back_to_where_the_interview_stands(visitor):
    visitor.reach("you")
    assert visitor.get("/page/views").url.path == "/page/you"
    assert visitor.get("/page/old").url.path == "/page/you"


def test_an_answer_hidden_by_a_correction_does_not_count(visitor, path):
    shown = visitor.send(visitor.begin(), consent="yes")
    shown = visitor.send(visitor.send(shown, age="70"), pension="1")
    shown = visitor.send(visitor.send(shown, action="back"), action="back")
    shown = visitor.send(shown, age="30")
    assert shown.url.path == "/page/views"
    assert "Page 3 of 3" in shown.text


def test_double_submit_is_one_page(visitor, path):
    shown = visitor.reach("you")
    data = {"__action": "next", **visitor.hidden(shown), "age": "44"}

    async def twice() -> list[httpx.Response]:
        return await asyncio.gather(*(visitor.client.post("/page/you", data=data) for _ in range(2)))

    assert [response.url.path for response in visitor.run(twice())] == ["/page/views"] * 2
    with AnswerStore.open(path) as store:
        rows = store._reader.execute("SELECT page FROM event ORDER BY sequence").fetchall()
    assert rows == [("",), ("welcome",), ("you",)]


def test_pressing_begin_twice_is_one_interview(visitor, path):
    shown = visitor.get("/")

    async def twice() -> list[httpx.Response]:
        return await asyncio.gather(*(visitor.client.post("/begin", data=visitor.hidden(shown)) for _ in range(2)))

    first, second = visitor.run(twice())
    assert [first.url.path, second.url.path] == ["/page/welcome"] * 2
    visitor.send(first, consent="yes")
    visitor.send(second, consent="yes")
    assert len(interviews(path)) == 1


def test_pressing_begin_twice_without_a_consent_to_wait_for_is_one_interview(fielding, path):
    visitor = fielding(WITHOUT_CONSENT)()
    shown = visitor.get("/")

    async def twice() -> list[httpx.Response]:
        return await asyncio.gather(*(visitor.client.post("/begin", data=visitor.hidden(shown)) for _ in range(2)))

    assert [response.url.path for response in visitor.run(twice())] == ["/page/one"] * 2
    assert only(path).answers == {}


def test_the_last_page_posted_twice_thanks_twice(visitor, path):
    shown = visitor.reach("views")
    data = {"__action": "next", **visitor.hidden(shown), "travel": "1", "work": "1"}

    async def twice() -> list[httpx.Response]:
        return await asyncio.gather(*(visitor.client.post("/page/views", data=data) for _ in range(2)))

    assert [response.url.path for response in visitor.run(twice())] == ["/thanks"] * 2
    assert only(path).status == "complete"


def test_two_tabs_lose_nothing(visitor, path):
    one = visitor.reach("you")
    two = visitor.get("/page/you")
    visitor.send(one, age="44", why="first tab")
    visitor.send(two, age="45", why="second tab")
    assert only(path).answers["why"] == "second tab", "the later one stands"
    visitor.send(one, age="44", why="first tab, changed")
    assert only(path).answers["why"] == "first tab, changed"


def test_an_interrupted_interview_is_resumed_where_it_stood(fielding, path):
    visitor = fielding()()
    visitor.reach("views")
    start = visitor.get("/")
    assert "was begun in this browser" in start.text
    assert visitor.send(start, action="").url.path == "/page/views"
    assert len(interviews(path)) == 1


def test_beginning_again_leaves_the_first_interview_as_a_break_off(visitor, path):
    visitor.reach("views")
    shown = visitor.send(visitor.get("/"), action="again")
    assert shown.url.path == "/page/welcome"
    assert visitor.send(shown, consent="yes").url.path == "/page/you"
    assert sorted(each.reached for each in interviews(path)) == ["welcome", "you"]


def test_the_server_restarts_and_the_respondent_goes_on(fielding, path):
    first = fielding()()
    shown = first.reach("you")
    second = fielding()()
    second.client.cookies = first.client.cookies
    assert second.send(shown, age="44").url.path == "/page/views"


def test_a_finished_interview_is_forgotten_by_the_browser(visitor, path):
    shown = visitor.send(visitor.reach("views"), travel="1", work="1")
    assert shown.url.path == "/thanks"
    assert "interview" not in visitor.client.cookies
    again = visitor.get("/page/views")
    assert again.status_code == 404
    assert "no open questionnaire in this browser" in again.text
    assert visitor.reach("you").url.path == "/page/you", "the next respondent on this device starts afresh"
    assert len(interviews(path)) == 2


def test_a_finished_interview_cannot_be_changed_with_a_kept_cookie(visitor, path):
    shown = visitor.reach("views")
    key = visitor.client.cookies["interview"]
    visitor.send(shown, travel="1", work="1")
    visitor.client.cookies.set("interview", key)
    assert visitor.send(shown, travel="2", work="2").url.path == "/thanks"
    assert visitor.get("/page/you").url.path == "/thanks"
    assert only(path).answers["travel"] == "1"
    visitor.client.cookies.set("interview", key)
    assert "begun" not in visitor.get("/").text


def test_beginning_from_a_start_page_left_open_does_not_reopen_a_finished_interview(visitor, path):
    start = visitor.get("/")
    shown = visitor.send(visitor.send(start, action=""), consent="yes")
    key = visitor.client.cookies["interview"]
    visitor.send(visitor.send(shown, age="44"), travel="1", work="1")
    visitor.client.cookies.set("interview", key)
    assert visitor.send(start, action="").url.path == "/thanks"
    assert len(interviews(path)) == 1


def test_the_number_in_the_data_does_not_open_the_interview(visitor, path):
    visitor.reach("views")
    number = only(path).number
    assert number != visitor.client.cookies["interview"]
    visitor.client.cookies.set("interview", number)
    visitor.client.cookies.clear(domain="survey.test")
    visitor.client.cookies.set("interview", number)
    assert visitor.get("/page/you").status_code == 404


def test_a_form_of_another_interview_is_refused(fielding, path):
    visitor = fielding()
    mine, theirs = visitor(), visitor()
    shown = mine.reach("you")
    theirs.reach("you")
    refused = theirs.send(shown, age="99")
    assert refused.status_code == 403
    assert "out of date" in refused.text
    assert all("age" not in each.answers for each in interviews(path))


@pytest.mark.parametrize("nonce", ["", "x", "ü" * 40, "0" * 32])
def test_a_form_without_its_nonce_is_refused(visitor, path, nonce):
    visitor.reach("you")
    assert visitor.post("/page/you", {"__nonce": nonce, "age": "44"}).status_code == 403
    assert visitor.post("/begin", {"__nonce": nonce}).status_code == 403


def test_a_nonce_of_one_page_does_not_open_another(visitor):
    shown = visitor.reach("you")
    assert visitor.post("/page/welcome", {**visitor.hidden(shown), "consent": "no"}).status_code == 403


def test_a_browser_that_keeps_no_cookies_is_told_so(visitor):
    shown = visitor.get("/")
    visitor.client.cookies.clear()
    refused = visitor.post("/begin", visitor.hidden(shown))
    assert refused.status_code == 400
    assert "may not keep cookies" in refused.text


@pytest.mark.parametrize("cookie", ["", "short", "G" * 32, "0" * 32])
def test_a_foreign_cookie_opens_nothing(visitor, cookie):
    visitor.client.cookies.set("interview", cookie)
    shown = visitor.get("/page/you")
    assert shown.status_code == 404
    assert 'href="/"' in shown.text


def test_an_unknown_page_is_friendly_in_the_language(visitor):
    visitor.reach("you")
    visitor.get("/?language=zh")
    for path in ("/page/nosuch", "/nosuch", "/static/nosuch.css", "/begin"):
        shown = visitor.get(path)
        assert shown.status_code == 404
        assert "没有这个页面" in shown.text and '<html lang="zh"' in shown.text


def test_the_language_is_the_browsers_until_chosen(fielding):
    visitor = fielding()("zh-CN,zh;q=0.9,en;q=0.5")
    assert '<html lang="zh"' in visitor.get("/").text
    assert '<html lang="de"' in visitor.get("/?language=de").text
    assert '<html lang="de"' in visitor.get("/").text
    assert '<html lang="de"' in visitor.get("/?language=tlh").text


def test_changing_the_language_keeps_what_stands_on_the_page_and_stores_nothing(visitor, path):
    shown = visitor.send(visitor.reach("you"), __language="zh", age="abc", why="half a thou")
    assert '<html lang="zh"' in shown.text and "关于您" in shown.text
    assert 'value="abc"' in shown.text and "half a thou</textarea>" in shown.text
    assert "错误" not in shown.text
    assert "age" not in only(path).answers
    assert visitor.send(shown, age="44").url.path == "/page/views"
    assert only(path).language == "zh"


def test_changing_the_language_translates_the_errors_too(visitor):
    wrong = visitor.send(visitor.reach("you"), age="17")
    shown = visitor.send(wrong, __language="zh", age="17")
    assert "<title>错误：关于您 – 信任</title>" in shown.text
    assert "须年满18岁" in shown.text


def test_the_language_stored_is_the_one_the_page_was_shown_in(visitor, path):
    shown = visitor.reach("you")
    visitor.get("/?language=zh")
    visitor.send(shown, age="44")
    assert only(path).language == "en"
    visitor.send(visitor.get("/page/you"), __shown="tlh", age="45")
    assert only(path).language == "zh", "a language that is not offered is not believed"


def test_what_a_respondent_writes_is_shown_escaped(visitor):
    attack = "</textarea><script>alert(1)</script>\"'"
    visitor.send(visitor.reach("you"), age="44", why=attack)
    shown = visitor.get("/page/you")
    assert "<script" not in shown.text
    assert "&lt;/textarea&gt;&lt;script&gt;" in shown.text


def test_choosing_a_code_that_is_not_offered_is_refused(visitor):
    shown = visitor.send(visitor.reach("views"), travel="7", work="1")
    assert shown.status_code == 422
    assert "Please choose one of the answers offered." in shown.text


def test_every_answer_of_the_server_is_reserved(visitor):
    shown = visitor.reach("you")
    for response in (shown, visitor.get("/"), visitor.get("/nosuch"), visitor.get("/static/form.css")):
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self';")
        assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy and "unsafe" not in policy
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cache-control"] == "no-store"
    assert "max-age" in visitor.get("/static/form.css").headers["cache-control"]


def test_pages_need_no_script_and_ask_nobody_else(visitor):
    for shown in (visitor.get("/"), visitor.reach("views")):
        assert "<script" not in shown.text and "style=" not in shown.text
        assert re.findall(r'(?:src|href|action)="(?!/|#)', shown.text) == []


def test_cookies_are_closed_to_scripts_and_to_other_sites(visitor):
    first, begun = visitor.get("/"), visitor.begin().history[0]
    for response in (first, begun):
        cookie = response.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=lax" in cookie and "max-age=604800" in cookie
        assert "secure" not in cookie
    assert "secure" in visitor.get("https://survey.test/?language=de").headers["set-cookie"].lower()


def test_a_shared_device_forgets_with_the_browsers_session(fielding):
    assert "max-age" not in fielding(resume_days=0)().get("/").headers["set-cookie"].lower()


def test_no_trace_of_the_device_is_stored_or_logged(visitor, path, caplog):
    with caplog.at_level(logging.DEBUG):
        visitor.reach("views")
    stored = b"".join(file.read_bytes() for file in path.parent.iterdir())
    for trace in (b"Distinctive", b"elsewhere.test", b"127.0.0.1", visitor.client.cookies["interview"].encode()):
        assert trace not in stored
        assert trace.decode() not in caplog.text.replace("http://survey.test", "")
    assert re.search(rb"\d\d:\d\d", stored) is None, "no time of day"


def test_an_answer_too_large_is_refused_and_the_server_lives_on(visitor, monkeypatch):
    shown = visitor.reach("you")
    refused = visitor.send(shown, age="44", why="x" * (reserve.MOST_BYTES + 1))
    assert refused.status_code == 413
    assert "too much to store" in refused.text
    many = {**visitor.hidden(shown), **{f"f{n}": "1" for n in range(reserve.MOST_FIELDS + 1)}}
    assert visitor.post("/page/you", many).status_code == 413
    assert visitor.send(shown, age="44").url.path == "/page/views"


def test_large_forms_together_are_bounded_and_never_crowd_out_small_ones(visitor, monkeypatch):
    monkeypatch.setattr(reserve, "MOST_HELD", 100_000)
    shown = visitor.reach("you")
    form = {"__action": "next", **visitor.hidden(shown), "age": "44"}
    headers = {"content-type": "application/x-www-form-urlencoded"}

    async def at_once() -> tuple[httpx.Response, ...]:
        first_is_held, others_are_done = asyncio.Event(), asyncio.Event()

        async def slowly():
            yield b"why=" + b"x" * (reserve.SMALL_BYTES + 90_000)
            first_is_held.set()
            await others_are_done.wait()

        first = asyncio.create_task(visitor.client.post("/page/nowhere", content=slowly(), headers=headers))
        await first_is_held.wait()
        large = await visitor.client.post("/page/you", data={**form, "why": "x" * (reserve.SMALL_BYTES + 20_000)})
        small = await visitor.client.post("/page/you", data=form)
        others_are_done.set()
        return await first, large, small

    first, large, small = visitor.run(at_once())
    assert (large.status_code, large.headers["retry-after"]) == (503, "10")
    assert "Too many people are here just now" in large.text
    assert (small.status_code, small.url.path) == (200, "/page/views")
    assert first.status_code == 404
    again = visitor.post("/page/you", {**form, "why": "x" * (reserve.SMALL_BYTES + 20_000)})
    assert again.status_code == 422, "what was held is given back; the text is too long, and says so"


def test_a_request_too_many_is_told_to_come_back_in_its_language(fielding, monkeypatch):
    visitor = fielding()("zh")
    monkeypatch.setattr(reserve, "MOST_REQUESTS", 0)
    full = visitor.get("/")
    assert (full.status_code, full.headers["retry-after"]) == (503, "10")
    assert "当前访问人数过多" in full.text and "content-security-policy" in full.headers
    monkeypatch.undo()
    assert visitor.get("/").status_code == 200


def test_what_is_no_form_is_refused(visitor):
    visitor.reach("you")
    assert visitor.run(visitor.client.post("/page/you", json={"age": 44})).status_code == 415


def test_a_form_that_never_arrives_is_given_up(visitor, monkeypatch):
    monkeypatch.setattr(reserve, "MOST_SECONDS", 0.05)
    visitor.reach("you")

    async def slowly():
        yield b"age="
        await asyncio.sleep(5)

    headers = {"content-type": "application/x-www-form-urlencoded"}
    given_up = visitor.run(visitor.client.post("/page/you", content=slowly(), headers=headers))
    assert given_up.status_code == 408


def test_bytes_that_are_no_text_do_not_break_the_page(visitor):
    shown = visitor.reach("you")
    body = f"__nonce={visitor.hidden(shown)['__nonce']}&age=44&why=%ff%00%fe".encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert visitor.run(visitor.client.post("/page/you", content=body, headers=headers)).url.path == "/page/views"


def test_when_the_store_refuses_the_answers_stay_on_the_page(visitor, path, monkeypatch):
    shown = visitor.reach("you")

    async def refuse(self, event):
        raise StoreError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(AnswerStore, "submit", refuse)
        kept = visitor.send(shown, age="44", why="long thought")
    assert kept.status_code == 503
    assert "could not be stored just now" in kept.text and "long thought" in kept.text
    assert visitor.send(kept, age="44", why="long thought").url.path == "/page/views"


def test_a_fault_is_logged_without_the_answer_and_answered_with_a_page(visitor, monkeypatch, caplog):
    shown = visitor.reach("you")

    def fail(*_: object, **__: object) -> None:
        raise ValueError("cannot read 'my secret answer'")

    with monkeypatch.context() as broken:
        broken.setattr("topline.instrument.fieldwork.server.go_on", fail)
        answer = visitor.send(shown, age="44", why="my secret answer")
    assert answer.status_code == 500
    assert "The fault is ours." in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "ValueError at fail" in caplog.text
    assert "secret" not in caplog.text


def test_the_server_is_healthy(visitor):
    assert visitor.get("/health").text == "ok\n"


def test_a_store_opened_by_the_team_can_be_given(path, trust):
    async def visit() -> int:
        with AnswerStore.open(path) as store:
            app = application(trust, store)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://survey.test") as client,
            ):
                return (await client.get("/")).status_code

    assert asyncio.run(visit()) == 200
