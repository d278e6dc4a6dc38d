"""The way of every request: read, note, let faults strike, answer, and perhaps lose the answer."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from app.simulators.lync import discovery, events
from app.simulators.lync.control import PREFIX, Control
from app.simulators.lync.routing import Routes
from app.simulators.lync.state import Pool
from app.simulators.lync.wire import Answer, Call, UcwaError, failure, html

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_VERBS = ("GET", "POST", "PUT", "DELETE")
_FRONT: dict[str, Callable[[], Answer]] = {  # in front of everything
    "bad-gateway": lambda: html(502, "Bad Gateway"),
    "html-200": lambda: html(200, "Please sign in to the network"),
}
_UCWA: dict[str, UcwaError] = {  # in front of UCWA, before anybody looks at the token
    "throttled": UcwaError(429, "", "There are too many requests."),
    "unavailable": UcwaError(503, "", "The service is not available."),
    "server-error": UcwaError(500, "", "Internal Server Error."),
    "gateway-timeout": UcwaError(504, "", "Internal Server Error, remote timeout."),
    "cannot-redirect": UcwaError(410, "CannotRedirect", "There is no back up pool configured."),
}


class Gateway:
    """The ASGI application; `abort` resets the connection of a request."""

    def __init__(self, pool: Pool, control: Control, abort: Callable[[Scope], None]) -> None:
        self._pool, self._control, self._abort = pool, control, abort
        self._routes = Routes(pool.options.path_prefix)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        call = await _read(scope, receive)
        if call.path.startswith(PREFIX):
            await _send(self._control.answer(call), call, send)
            return
        with self._pool.lock:
            entry = self._pool.journal.open(call, self._pool.clock.now())
        answer = await self._process(call)
        with self._pool.lock:
            lost = answer is None or self._loses(call, answer)
            self._pool.journal.close(entry, call, answer, lost)
        if answer is None or lost:
            self._abort(scope)
            await _gone(receive)
        else:
            await _send(answer, call, send)

    async def _process(self, call: Call) -> Answer | None:
        """The answer, or None when the request itself is lost."""
        with self._pool.lock:
            if self._pool.faults.strikes("request-lost", call):
                return None
            answer = self._decide(call)
            events.flush(self._pool)
        if inspect.isawaitable(answer):
            answer = await answer
        with self._pool.lock:
            slow = self._pool.faults.strikes("slow", call)
        if slow:
            await asyncio.sleep(self._pool.options.slow_seconds)
        return answer

    def _decide(self, call: Call) -> Answer | Awaitable[Answer]:
        try:
            return self._in_front(call) or self._route(call)
        except UcwaError as error:
            return failure(error)

    def _in_front(self, call: Call) -> Answer | None:
        if call.scheme == "http":
            return discovery.plain_http(self._pool, call)
        for name, page in _FRONT.items():
            if self._pool.faults.strikes(name, call):
                return page()
        foreign = discovery.foreign_origin(self._pool, call)
        if foreign:
            return foreign
        if not self._is_ucwa(call):
            return None
        for name, error in _UCWA.items():
            if self._pool.faults.strikes(name, call):
                raise error
        return html(404, "Not Found") if discovery.misplaced(self._pool, call) else None

    def _route(self, call: Call) -> Answer | Awaitable[Answer]:
        found = self._routes.find(call.path)
        if found is None:
            if self._is_ucwa(call):
                raise UcwaError(404, "", "The resource does not exist.")
            return html(404, "Not Found")
        verbs, call.params = found
        if call.method not in verbs:
            raise UcwaError(405, "", "The requested HTTP method is not supported for this resource.")
        if self._is_ucwa(call) and not _takes_json(call):
            raise UcwaError(406, "", "Only JSON is simulated.")
        return verbs[call.method](self._pool, call)

    def _is_ucwa(self, call: Call) -> bool:
        return call.path.lower().startswith(self._pool.options.path_prefix.lower())

    def _loses(self, call: Call, answer: Answer) -> bool:
        """An answer can be lost only where something about a meeting was done."""
        changed = call.method in _VERBS[1:] and answer.status < 300
        return (
            changed
            and "/myonlinemeetings" in call.path.lower()
            and self._pool.faults.strikes("answer-lost", call)
        )


def _takes_json(call: Call) -> bool:
    """[judge] XML is documented too, but only JSON is simulated."""
    accepted = (call.header("accept") or "*/*").lower()
    return any(kind in accepted for kind in ("json", "*/*", "application/*"))


async def _read(scope: Scope, receive: Receive) -> Call:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False)
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    query = scope["query_string"].decode("latin-1")
    call = Call(
        method=scope["method"],
        path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0],
        scheme=scope["scheme"],
        raw_query=query,
        query=dict(reversed(parse_qsl(query, keep_blank_values=True))),
        headers=headers,
        body=body,
    )
    call.authority = call.header("host") or ""
    return call


async def _send(answer: Answer, call: Call, send: Send) -> None:
    headers = [("Cache-Control", "no-cache"), ("X-MS-Server-Fqdn", "SIM-LYNC-FE1"), *answer.headers]
    if any(name == "Cache-Control" for name, _ in answer.headers):
        headers = headers[1:]
    if answer.status not in (204, 304):
        headers.append(("Content-Length", str(len(answer.body))))
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    body = b"" if call.method == "HEAD" else answer.body
    await send({"type": "http.response.body", "body": body})


async def _gone(receive: Receive) -> None:
    """Wait until the server has noticed that the connection is no more."""
    while (await receive())["type"] != "http.disconnect":
        pass
