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
    return _head(f"GET {launch_path(external_id, email)}", client, LAUNCH_ID) + b"\r\n"


def launch_path(external_id: str, email: str) -> str:
    return f"/session/{external_id}/user/{b64encode(email.encode()).decode()}/url"


def launches(client: NewClient, external_ids: list[str], people: int) -> list[bytes]:
    """`people` different persons, spread over the sessions."""
    return [
        launch(client, external_ids[number % len(external_ids)], f"person{number}@example.com")
        for number in range(people)
    ]


def attendees(client: NewClient, external_id: str) -> bytes:
    """GET /session/{id}/attendees."""
    return _head(f"GET /session/{external_id}/attendees", client, "bench-attendees") + b"\r\n"


def session_list(client: NewClient) -> bytes:
    """The first page of the administrators' list of sessions."""
    return _head("GET /api/v1/sessions?limit=50", client, "bench-list") + b"\r\n"


def beat(token: str, visit: str) -> bytes:
    """A heartbeat from the practice room's page."""
    path = f"/join/{token}/room/{visit}/beat"
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n".encode()


def authorization(client: NewClient) -> str:
    """The value of the header."""
    return "Basic " + b64encode(f"{client.client_id}:{client.client_secret}".encode()).decode()


def _head(line: str, client: NewClient, correlation_id: str) -> bytes:
    return (
        f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization(client)}\r\n"
        f"CorrelationId: {correlation_id}\r\n"
    ).encode()
