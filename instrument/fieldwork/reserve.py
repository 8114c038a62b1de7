"""Reserve: what the server takes from a request and what it lets out, headers and log lines included.

Every response forbids scripts, frames, foreign requests, caching and referrers. A fault is logged with its kind and
its place in the code, never with its message, which could carry an answer.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOG = logging.getLogger("topline.fieldwork")

MOST_BYTES = 1_000_000
"""Size of a posted form; fifty full open answers in Chinese fit."""

SMALL_BYTES = 64_000
"""Size up to which a form is always taken in; a page with two full open answers in Chinese fits."""

MOST_HELD = 32_000_000
"""What all forms being taken in may hold in memory beyond their first SMALL_BYTES: large ones never crowd out small."""

MOST_REQUESTS = 500
"""Requests answered at the same time; with MOST_HELD this bounds what posted forms can hold to about 64 MB."""

MOST_CONNECTIONS = 900
"""Connections open at the same time, idle ones too; below the 1,024 open files that most systems allow."""

MOST_FIELDS = 5_000
MOST_SECONDS = 30.0
"""How long a browser may take to send a form."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

Posted = Mapping[str, list[str]]


class PostRefused(Exception):
    """What was posted is not read.

    Parameters
    ----------
    phrase : str
        Key of what the respondent reads.
    status : int
        HTTP status.
    """

    def __init__(self, phrase: str, status: int) -> None:
        self.phrase, self.status = phrase, status
        super().__init__(phrase)


@dataclass
class Room:
    """What the requests of one application take up at this moment.

    Attributes
    ----------
    requests : int
        Being answered.
    large : int
        Bytes of forms beyond their first SMALL_BYTES.
    """

    requests: int = 0
    large: int = 0


async def posted(request: Request) -> Posted:
    """Read a posted form.

    Raises
    ------
    PostRefused
        When it is no form, is too large, has too many fields, does not arrive, or comes with too many large ones.
    """
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise PostRefused("old_form", 415)
    body = await _body(request)
    try:
        return parse_qs(body.decode("latin-1"), keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise PostRefused("too_large", 413) from error


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(MOST_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise PostRefused("too_large", 413)
                _hold(request.scope, len(body) - SMALL_BYTES)
    except (TimeoutError, ClientDisconnect) as error:
        raise PostRefused("broken", 408) from error
    return bytes(body)


def _hold(scope: Scope, large: int) -> None:
    """Note how much of a large form is held so far, until the request is answered."""
    room: Room = scope["room"]
    if large > scope["large"]:
        room.large += large - scope["large"]
        scope["large"] = large
    if large > 0 and room.large > MOST_HELD:
        raise PostRefused("busy", 503)


class Reserved:
    """ASGI middleware: sets the headers, bounds what is answered at once, and answers a fault with a page of its own.

    Parameters
    ----------
    app : ASGI application
        What it stands in front of.
    broken : callable
        Gives the response to a fault.
    busy : callable
        Gives the response to a request too many.
    """

    def __init__(
        self, app: ASGIApp, broken: Callable[[Request], Response], busy: Callable[[Request], Response]
    ) -> None:
        self.app, self.broken, self.busy, self.room = app, broken, busy, Room()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def send_reserved(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                _set_headers(scope, message)
            await send(message)

        if self.room.requests >= MOST_REQUESTS:
            await self.busy(Request(scope))(scope, receive, send_reserved)
            return
        self.room.requests += 1
        scope = {**scope, "room": self.room, "large": 0}
        try:
            await self.app(scope, receive, send_reserved)
        except Exception as fault:
            LOG.error("%s", _place(fault))
            if not begun:
                await self.broken(Request(scope))(scope, receive, send_reserved)
        finally:
            self.room.requests -= 1
            self.room.large -= scope["large"]


def _set_headers(scope: Scope, message: Message) -> None:
    headers = MutableHeaders(scope=message)
    headers.update(HEADERS)
    static = scope["path"].startswith("/static/") and message["status"] == 200
    if message["status"] == 503:
        headers["Retry-After"] = "10"
    headers["Cache-Control"] = "public, max-age=86400" if static else "no-store"


def _place(fault: Exception) -> str:
    frames = traceback.extract_tb(fault.__traceback__)
    return f"{type(fault).__name__} at {frames[-1].name}, line {frames[-1].lineno}" if frames else type(fault).__name__
