"""The door alone, and a house that remembers what it was asked: for bytes that no library would send."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import orjson

from app.contract import DoorRules, door
from app.domain.caller import Caller
from app.domain.errors import ConnectorError, UnknownCaller
from app.domain.permissions import CONTRACT_SCOPES

GOOD = ("csod-edge", "s3cr:et")
AUTH = (b"authorization", b"Basic Y3NvZC1lZGdlOnMzY3I6ZXQ=")
CALLER = Caller("csod-edge", UUID(int=1), UUID(int=2), frozenset(CONTRACT_SCOPES))


@dataclass
class FakeHouse:
    """Answers everything with success unless `error` is set; `asked` holds the deeds and their arguments."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    error: Exception | None = None
    caller: Caller = CALLER

    def __post_init__(self) -> None:
        self.access = SimpleNamespace(basic=self._basic, bearer=self._bearer)
        self.sessions = self._part("create", "update", "cancel")
        self.instructors = self._part("add", "update")
        self.launches = self._part("launch", answer="https://bridge.example.com/join/x")
        self.attendance = self._part("attendees", answer=["dana.lee@example.com"])

    def _part(self, *deeds: str, answer: Any = None) -> SimpleNamespace:
        def deed(name: str) -> Any:
            async def do(caller: Caller, *given: Any) -> Any:
                self.asked.append((name, *given))
                if self.error:
                    raise self.error
                return answer

            return do

        return SimpleNamespace(**{name: deed(name) for name in deeds})

    async def _basic(self, client_id: str, secret: str, address: str) -> Caller:
        if isinstance(self.error, UnknownCaller):
            raise self.error
        if (client_id, secret) != GOOD:
            raise UnknownCaller
        return self.caller

    async def _bearer(self, token: str, address: str) -> Caller:
        if token != "good":
            raise UnknownCaller
        return self.caller


@dataclass(frozen=True)
class Said:
    status: int
    headers: list[tuple[str, str]]
    body: Any

    def every(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


async def ask(
    method: str = "GET",
    path: bytes = b"/health",
    body: bytes = b"",
    headers: tuple[tuple[bytes, bytes], ...] = (AUTH,),
    **given: Any,
) -> Said:
    """One request to the door. `given`: house, rules, client."""
    application = SimpleNamespace(state=SimpleNamespace(house=given.get("house") or FakeHouse()))
    scope = {
        "type": "http",
        "method": method,
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": b"",
        "headers": [*headers, *([(b"content-length", b"%d" % len(body))] if body else [])],
        "client": (given.get("client", "192.0.2.7"), 5),
        "app": application,
    }
    sent: list[Any] = []
    incoming = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return incoming.pop() if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await door(given.get("rules", DoorRules()))(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    told = [(k.decode(), v.decode("latin-1")) for k, v in sent[0]["headers"]]
    return Said(sent[0]["status"], told, orjson.loads(sent[1]["body"]))


def outcome(deed: Callable[[], Any]) -> Any:
    """What `deed` returns, or the domain error that it ends in."""
    try:
        return deed()
    except ConnectorError as error:
        return error
