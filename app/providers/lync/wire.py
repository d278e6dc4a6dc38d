"""How UCWA writes: links, embedded resources, complaints and dates. Pure; tolerant of what may be missing."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson

Resource = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ASP_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error body. Only the status is certain: a proxy's HTML has no code at all."""

    status: int
    code: str = ""
    subcode: str = ""
    message: str = ""
    parameters: Any = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.status, self.code, self.subcode) if part)

    @property
    def text(self) -> str:
        """Everything it says, casefolded, to look for a name in."""
        return f"{self.message} {json.dumps(self.parameters, ensure_ascii=False)}".casefold()


def body(response: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object; empty for anything else (HTML, a list, nothing).

    An account's list of thousands of meetings is read by the faster library; what that one is too strict for
    (half a surrogate in somebody's title) by the other.
    """
    for loads in (orjson.loads, json.loads):
        with suppress(ValueError, RecursionError):
            found = loads(response.content)
            return found if isinstance(found, dict) else {}
    return {}


def complaint(response: httpx.Response) -> Complaint:
    said = body(response)
    code, subcode = (_word(said.get(name)) for name in ("code", "subcode"))
    return Complaint(
        response.status_code, code, subcode, str(said.get("message") or ""), said.get("parameters") or {}
    )


def _word(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"\w{1,60}", value) else ""


def href(resource: object, rel: str) -> str | None:
    """The first link called `rel`, or None where policy or version leaves it out."""
    found = hrefs(resource, rel)
    return found[0] if found else None


def hrefs(resource: object, rel: str) -> list[str]:
    found = _mapping(_mapping(resource).get("_links")).get(rel)
    links = [_mapping(entry).get("href") for entry in (found if isinstance(found, list) else [found])]
    return [link for link in links if isinstance(link, str)]


def embedded(resource: object, rel: str) -> list[dict[str, Any]]:
    """The embedded resources called `rel`; none where the part is missing."""
    found = _mapping(_mapping(resource).get("_embedded")).get(rel)
    entries = found if isinstance(found, list) else [found]
    return [entry for entry in entries if isinstance(entry, dict)]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def absolute(base: str, link: str) -> str:
    """`link` as seen from `base`; an unreadable one stays as it is and is refused where it is used."""
    try:
        return str(httpx.URL(base).join(link))
    except (httpx.InvalidURL, ValueError):
        return link


def written(at: datetime) -> str:
    """An instant as UCWA writes it in JSON."""
    return f"/Date({round((at - _EPOCH) / timedelta(milliseconds=1))})/"


def instant(text: object) -> datetime | None:
    """An instant as read: `/Date(ms)/`, with or without an offset, or ISO."""
    if not isinstance(text, str):
        return None
    try:
        if found := _ASP_DATE.fullmatch(text.strip()):
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        read = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        return None
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
