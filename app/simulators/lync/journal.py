"""The request log: what came in and what was answered, with every secret masked."""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.simulators.lync.wire import Answer, Call

MASK = "***"
_LONGEST = 10_000
_SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie"}
_SECRET_NAME = re.compile(r"password|secret|token|ms_rtc_renew", re.IGNORECASE)


@dataclass
class Entry:
    """One request; `at` is the simulator's clock, `lost` tells that the client got no answer."""

    number: int
    at: float
    method: str
    path: str
    query: str
    authority: str
    headers: list[tuple[str, str]]
    body: Any
    status: int | None = None
    lost: bool = False
    faults: list[str] = field(default_factory=list)

    def data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return asdict(self)


class Journal:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_LONGEST)
        self._count = 0

    def open(self, call: Call, at: float) -> Entry:
        """Note a request on arrival."""
        self._count += 1
        headers = [(name, _masked_header(name, value)) for name, value in call.headers]
        query = _masked_form(call.raw_query)
        body = _masked_body(call)
        entry = Entry(self._count, at, call.method, call.path, query, call.authority, headers, body)
        self._entries.append(entry)
        return entry

    @staticmethod
    def close(entry: Entry, call: Call, answer: Answer | None, lost: bool) -> None:
        """Note what was decided; a lost answer keeps the status that the client never saw."""
        entry.status = answer.status if answer else None
        entry.lost = lost
        entry.faults = list(call.struck)

    def entries(self) -> list[Entry]:
        """All that is remembered."""
        return list(self._entries)

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()


def _masked_header(name: str, value: str) -> str:
    if name.lower() not in _SECRET_HEADERS:
        return value
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if space else MASK


def _masked_form(text: str) -> str:
    if not _SECRET_NAME.search(text):
        return text
    pairs = parse_qsl(text, keep_blank_values=True)
    masked = [(name, MASK if _SECRET_NAME.search(name) else value) for name, value in pairs]
    return urlencode(masked, safe="*")


def _masked_body(call: Call) -> Any:
    """JSON is kept as data and a form as text; anything else that could hold a secret is masked whole."""
    if not call.body:
        return None
    text = call.body.decode("utf-8", "replace")
    kind = (call.header("content-type") or "").lower()
    if "json" in kind:
        try:
            return _masked_value(json.loads(text))
        except ValueError:
            pass
    if "form-urlencoded" in kind:
        return _masked_form(text) if "=" in text else MASK
    return MASK if _SECRET_NAME.search(text) or "webticket" in call.path.lower() else text


def _masked_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: MASK if _SECRET_NAME.search(k) else _masked_value(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_masked_value(each) for each in value]
    return value
