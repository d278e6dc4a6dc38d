"""What the LMS sends, rendered once as bytes: sessions, and launches of many different people."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle

import orjson

from app.services.clients import NewClient

BARE = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
LAUNCH_ID = "bench-launch"  # the correlation id by which a provider call would betray a launch


def bare() -> Iterator[bytes]:
    return cycle((BARE,))


def session(client: NewClient, external_id: str, starts_in: timedelta = timedelta(minutes=5)) -> bytes:
    """POST /session of a class of an hour."""
    starts_at = datetime.now(UTC) + starts_in
    body = orjson.dumps(
        {
            "SessionId": external_id,
            "Title": f"Class {external_id}",
            "Description": "",
            "DateBegin": starts_at.strftime("%Y-%m-%dT%H:%M:%S"),
            "DateEnd": (starts_at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S"),
            "CreatorEmail": "admin@example.com",
            "TimeZone": {"UTCOffset": "+00:00"},
        }
    )
    head = _head("POST /session", client, "bench-create")
    return head + f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def launch(client: NewClient, external_id: str, email: str) -> bytes:
    """GET /session/{id}/user/{base64}/url."""
    address = b64encode(email.encode()).decode()
    return _head(f"GET /session/{external_id}/user/{address}/url", client, LAUNCH_ID) + b"\r\n"


def launches(client: NewClient, external_ids: list[str], people: int) -> list[bytes]:
    """`people` different persons, spread over the sessions."""
    return [
        launch(client, external_ids[number % len(external_ids)], f"person{number}@example.com")
        for number in range(people)
    ]


def _head(line: str, client: NewClient, correlation_id: str) -> bytes:
    pair = b64encode(f"{client.client_id}:{client.client_secret}".encode()).decode()
    return (
        f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {pair}\r\n"
        f"CorrelationId: {correlation_id}\r\n"
    ).encode()
