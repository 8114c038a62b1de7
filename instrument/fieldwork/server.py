"""The fieldwork server: one questionnaire on the web, without JavaScript, without a trace of who answers.

State stands in the store; the browser keeps one random key in a cookie, and the store only knows the key's digest.
Where consent is asked nothing is stored before it is given; a refusal is stored as such, without language and day.
A page is acknowledged (with a redirect) after its COMMIT. Nothing in a request that tells of the respondent's device
(address, browser, referring page) is read, stored or logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import hashlib
import hmac
import re
import secrets
import socket
import weakref
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from ...data.errors import AddressError, StoreError
from ..answers import Problem
from ..questionnaire import Page, Questionnaire
from ..render.languages import preferred
from ..render.web import ACTION, CHECKED, LANGUAGE, NONCE, SHOWN, STATIC, message_html, page_html, start_html
from ..routing import awaits_consent, visible_pages, visible_questions
from .event import Event, Record
from .reserve import MOST_CONNECTIONS, Posted, PostRefused, Reserved, posted
from .store import AnswerStore, fingerprint
from .visit import Turn, before_consent, form_of, go_back, go_on, may_show, open_page, position, problems_of

KEY_COOKIE, LANGUAGE_COOKIE = "interview", "language"
RESUME_DAYS = 7
"""Days a browser keeps the key of an unfinished interview."""


def serve(
    questionnaire: Questionnaire,
    store_path: str | Path,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    accept_changes: bool = False,
    resume_days: int = RESUME_DAYS,
    announce: Callable[[str], None] = print,
) -> None:
    """Field a questionnaire until Ctrl-C, which finishes all writes and closes the store.

    Parameters
    ----------
    questionnaire : Questionnaire
        As `read_questionnaire` gives it.
    store_path : str or Path
        The store of answers, e.g. ``"my-study/answers.db"``; made when there is none.
    host, port : str, int
        Where to listen; port 0 takes a free one.
    accept_changes : bool
        Go on although the store holds answers to another version of the questionnaire.
    resume_days : int
        Days a browser keeps the key of an unfinished interview; 0 forgets it with the browser's session, which suits
        devices that several respondents share.
    announce : callable
        Told one line with the address once the server listens.

    Raises
    ------
    StoreError
        When the store cannot be used, or holds answers to another version.
    AddressError
        When the address or port cannot be listened at.
    """
    listening = _listen(host, port)
    with contextlib.closing(listening), AnswerStore.open(store_path) as store:
        store.accept(questionnaire, changes=accept_changes)
        config = uvicorn.Config(
            application(questionnaire, store, resume_days=resume_days),
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=5,
        )
        announce(f"Fielding {questionnaire.name} at {_address(host, listening)} into {store.path}. Ctrl-C ends it.")
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def application(
    questionnaire: Questionnaire, store: str | Path | AnswerStore, *, resume_days: int = RESUME_DAYS
) -> Starlette:
    """Make the web application, for `serve` or another ASGI server (one process only).

    Parameters
    ----------
    questionnaire : Questionnaire
        What is asked.
    store : str, Path or AnswerStore
        Where the answers go; closed when the application shuts down.
    resume_days : int
        As in `serve`.

    Examples
    --------
    >>> q = Questionnaire(name="q", title={"en": "Trust"}, languages=("en",), pages=())
    >>> [route.path for route in application(q, "answers.db").routes]
    ['/', '/begin', '/page/{page}', '/thanks', '/declined', '/health', '/static']
    """
    fielding = _Fielding(questionnaire, store, resume_days)
    return Starlette(
        routes=[
            Route("/", fielding.start),
            Route("/begin", fielding.begin, methods=["POST"]),
            Route("/page/{page}", fielding.page, methods=["GET", "POST"]),
            Route("/thanks", fielding.thanks),
            Route("/declined", fielding.declined),
            Route("/health", _health),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Reserved, broken=fielding.broken, busy=fielding.busy)],
        exception_handlers={404: fielding.not_found, 405: fielding.not_found, PostRefused: fielding.refused},
        lifespan=fielding.lifespan,
    )


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok\n")


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(2048)
        except BaseException:
            listening.close()
            raise
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise AddressError(
            f"cannot listen at {host}, port {port}: {reason}. Another program may have the port: choose another one "
            "(--port 8001, or --port 0 for any that is free), or an address of this machine (--host)."
        ) from error
    return listening


def _address(host: str, listening: socket.socket) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}"


class _Fielding:
    """One questionnaire being fielded: a handler for each address."""

    def __init__(self, questionnaire: Questionnaire, store: str | Path | AnswerStore, resume_days: int) -> None:
        self.questionnaire, self.digest = questionnaire, fingerprint(questionnaire)
        self._where, self._resume_days = store, resume_days
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Open the store, and close it at the end."""
        self.store = self._where if isinstance(self._where, AnswerStore) else AnswerStore.open(self._where)
        with self.store:
            yield

    async def start(self, request: Request) -> Response:
        """Show the start page; its cookie is a fresh key, or that of an interview not finished yet."""
        key = _key(request)
        record = self.store.record(number_of(key)) if key else None
        if not key or (record and record.interview.status != "started"):
            key, record = secrets.token_hex(16), None
        language = self._language(request)
        page = start_html(self.questionnaire, language=language, nonce=make_nonce(key, ""), resume=record is not None)
        response = HTMLResponse(page)
        self._keep(response, request, KEY_COOKIE, key)
        if "language" in request.query_params:
            self._keep(response, request, LANGUAGE_COOKIE, language)
        return response

    async def begin(self, request: Request) -> Response:
        """Begin an interview, or go on with the one begun."""
        form, key = await posted(request), _key(request)
        if not key:
            return self._message(request, "no_interview", 400)
        if not is_nonce(_one(form, NONCE), key, ""):
            return self._message(request, "old_form", 403)
        if _one(form, ACTION) == "again" and self.store.record(number_of(key)):
            key = secrets.token_hex(16)
        number = number_of(key)
        async with self._lock(number):
            record = self.store.record(number)
            if record is None and not awaits_consent(self.questionnaire, {}):
                await self.store.begin(self._first_event(number, self._language(request)))
                record = self.store.record(number)
        if record is not None and record.interview.status != "started":
            return self._end(record)
        first = visible_pages(self.questionnaire, {})[0] if record is None else open_page(self.questionnaire, record)
        response = _see(first)
        self._keep(response, request, KEY_COOKIE, key)
        return response

    async def page(self, request: Request) -> Response:
        """Show a page, or take it."""
        form = await posted(request) if request.method == "POST" else {}
        key = _key(request)
        if not key:
            return self._message(request, "no_interview", 404)
        async with self._lock(number_of(key)):
            page = next((each for each in self.questionnaire.pages if each.name == request.path_params["page"]), None)
            record = self.store.record(number_of(key)) or self._before_consent(request, page, key)
            if record is None:
                return self._message(request, "no_interview", 404)
            if record.interview.status != "started":
                return self._end(record)
            if page is None:
                return self._message(request, "not_found", 404)
            if request.method == "POST" and not is_nonce(_one(form, NONCE), key, page.name):
                return self._message(request, "old_form", 403)
            if not may_show(self.questionnaire, record, page):
                return _see(open_page(self.questionnaire, record))
            if request.method == "POST":
                return await self._take(request, record, page, form, key)
            language = self._language(request)
            stored = form_of(self.questionnaire, page, record.interview.answers, language)
            return self._show(record, page, stored, language, make_nonce(key, page.name))

    async def thanks(self, request: Request) -> Response:
        """Say that the interview is complete."""
        return self._message(request, "thanks", onward=False)

    async def declined(self, request: Request) -> Response:
        """Say that the respondent does not take part."""
        return self._message(request, "declined", onward=False)

    async def not_found(self, request: Request, _: Exception) -> Response:
        """Say that there is no such page."""
        return self._message(request, "not_found", 404)

    async def refused(self, request: Request, refusal: Exception) -> Response:
        """Say that what was posted was too much, or no form."""
        assert isinstance(refusal, PostRefused)
        return self._message(request, refusal.phrase, refusal.status)

    def broken(self, request: Request) -> Response:
        """Say that the fault is the server's."""
        return self._message(request, "broken", 500)

    def busy(self, request: Request) -> Response:
        """Say that too many are answering at this moment."""
        return self._message(request, "busy", 503)

    async def _take(self, request: Request, record: Record, page: Page, form: Posted, key: str) -> Response:
        language = self._shown(request, form)
        nonce = _one(form, NONCE)
        if _one(form, LANGUAGE) in self.questionnaire.languages:
            return self._switch(request, record, page, form, nonce)
        go = go_back if _one(form, ACTION) == "back" else go_on
        turn = go(self.questionnaire, record, page, form, language)
        if turn.problems:
            return self._show(record, page, form, language, nonce, problems=turn.problems, status=422)
        try:
            await self._store(record, page, turn, nonce, language)
        except StoreError:
            return self._show(record, page, form, language, nonce, stored=False, status=503)
        if turn.following is not None:
            return _see(turn.following)
        return self._end(self.store.record(record.interview.number) or record)

    def _switch(self, request: Request, record: Record, page: Page, form: Posted, nonce: str) -> Response:
        """Show the page in another language, with what stands in its fields so far; nothing is stored."""
        language = _one(form, LANGUAGE)
        problems: tuple[Problem, ...] = ()
        if _one(form, CHECKED):
            problems = problems_of(self.questionnaire, record, page, form, language)
        response = self._show(record, page, form, language, nonce, problems=problems)
        self._keep(response, request, LANGUAGE_COOKIE, language)
        return response

    def _before_consent(self, request: Request, page: Page | None, key: str) -> Record | None:
        """Give the visit that stands at a page up to the consent, if it is one."""
        visit = before_consent(self.questionnaire, number_of(key), self._language(request))
        return visit if visit and page and may_show(self.questionnaire, visit, page) else None

    async def _store(self, record: Record, page: Page, turn: Turn, nonce: str, language: str) -> None:
        """Store a page; of somebody who has not agreed nothing, and of a refusal only that it was one."""
        number, begun = record.interview.number, bool(record.interview.day)
        day = _today()
        if not begun and turn.status == "declined":
            language = day = ""
        elif not begun and awaits_consent(self.questionnaire, turn.given):
            return
        event = Event(
            number,
            page.name,
            nonce,
            self.digest,
            language,
            day,
            status=turn.status,
            answers=turn.given,
            acknowledged=turn.acknowledged,
        )
        if begun:
            await self.store.submit(event)
        elif turn.status == "declined":
            await self.store.begin(Event(number, "", secrets.token_hex(8), self.digest, "", ""), event)
        else:
            shown = [page.name for page in visible_pages(self.questionnaire, {})[:-1]]
            earlier = [Event(number, name, secrets.token_hex(8), self.digest, language, day) for name in shown]
            await self.store.begin(self._first_event(number, language), *earlier, event)

    def _first_event(self, number: str, language: str) -> Event:
        """Make the event an interview begins with; its seed is drawn here."""
        seed = secrets.randbelow(2**31)
        return Event(number, "", secrets.token_hex(8), self.digest, language, _today(), seed=seed)

    def _show(
        self,
        record: Record,
        page: Page,
        form: Posted,
        language: str,
        nonce: str,
        *,
        problems: tuple[Problem, ...] = (),
        stored: bool = True,
        status: int = 200,
    ) -> Response:
        html = page_html(
            self.questionnaire,
            page,
            visible_questions(self.questionnaire, page, record.interview.answers),
            language=language,
            seed=record.interview.seed,
            form=form,
            position=position(self.questionnaire, record, page),
            nonce=nonce,
            problems=problems,
            stored=stored,
        )
        return HTMLResponse(html, status)

    def _message(self, request: Request, key: str, status: int = 200, *, onward: bool = True) -> Response:
        language = self._language(request)
        return HTMLResponse(message_html(self.questionnaire, key, language=language, onward=onward), status)

    def _end(self, record: Record) -> Response:
        """Lead to the last page, and let the browser forget the key: nothing joins it to the answers any more."""
        address = "/declined" if record.interview.status == "declined" else "/thanks"
        response = RedirectResponse(address, 303)
        response.delete_cookie(KEY_COOKIE, httponly=True, samesite="lax")
        return response

    def _language(self, request: Request) -> str:
        offered = self.questionnaire.languages
        for wish in (request.query_params.get("language"), request.cookies.get(LANGUAGE_COOKIE)):
            if wish in offered:
                return str(wish)
        return preferred(request.headers.get("accept-language", ""), offered)

    def _shown(self, request: Request, form: Posted) -> str:
        """Give the language the posted page was shown in."""
        shown = _one(form, SHOWN)
        return shown if shown in self.questionnaire.languages else self._language(request)

    def _keep(self, response: Response, request: Request, name: str, value: str) -> None:
        lasting = self._resume_days * 24 * 3600 if self._resume_days else None
        secure = request.url.scheme == "https"
        response.set_cookie(name, value, max_age=lasting, httponly=True, samesite="lax", secure=secure)

    def _lock(self, number: str) -> asyncio.Lock:
        """Give the lock of an interview: two tabs take turns."""
        return self._locks.setdefault(number, asyncio.Lock())


def number_of(key: str) -> str:
    """Give the interview's number from the browser's key; from a number in the data, nobody finds the key.

    Examples
    --------
    >>> number_of("00" * 16)
    '84e0c0eafaa95a34c293f278ac52e45c'
    """
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def make_nonce(key: str, page: str) -> str:
    """Make the random word of a form; only who knows the interview's key can make one, for this page alone.

    Examples
    --------
    >>> is_nonce(make_nonce("key", "sex"), "key", "sex"), is_nonce(make_nonce("other", "sex"), "key", "sex")
    (True, False)
    """
    word = secrets.token_hex(8)
    return word + _seal(word, key, page)


def is_nonce(nonce: str, key: str, page: str) -> bool:
    """Say whether a nonce was made for this interview and page."""
    return hmac.compare_digest(nonce[16:].encode(), _seal(nonce[:16], key, page).encode())


def _seal(word: str, key: str, page: str) -> str:
    return hmac.new(key.encode(), f"{word}:{page}".encode(), "sha256").hexdigest()[:16]


def _key(request: Request) -> str:
    """Give the interview's key from the cookie, or nothing when there is none that could be one."""
    key = request.cookies.get(KEY_COOKIE, "")
    return key if re.fullmatch("[0-9a-f]{32}", key) else ""


def _one(form: Posted, field: str) -> str:
    return next(iter(form.get(field, ())), "")


def _see(page: Page) -> Response:
    return RedirectResponse(f"/page/{quote(page.name, safe='')}", 303)


def _today() -> str:
    return datetime.date.today().isoformat()
