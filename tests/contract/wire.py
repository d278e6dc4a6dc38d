"""An LMS on the wire: speaks to a running service byte by byte, as no HTTP library would let it."""

import json
import time
from base64 import b64encode
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

CORRELATION_ID = "7d0f3a52-5a0e-4c3e-9a51-1f0f5f0b8a11"


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is the parsed envelope, None where there was no body."""

    status: int
    headers: list[tuple[str, str]]
    text: str
    seconds: float
    body: Any = field(default=None)

    def every(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True)
class Lms:
    """One portal: where the service is, and the portal's credentials there."""

    base_url: str
    client_id: str
    client_secret: str
    tenant: str = "default"

    @property
    def authorization(self) -> str:
        return basic(self.client_id, self.client_secret)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str | None] | None = None
    ) -> Answer:
        """Send `path` as it is spelled; `body` as bytes, else as JSON. A None header is left out."""
        sent = {
            "Authorization": self.authorization,
            "CorrelationId": CORRELATION_ID,
            "Content-Type": "application/json",
            **(headers or {}),
        }
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        place = urlsplit(self.base_url)
        line = HTTPConnection(place.hostname or "", place.port, timeout=30)
        started = time.monotonic()
        try:
            line.request(method, path, raw, {k: v for k, v in sent.items() if v is not None})
            answer = line.getresponse()
            text = answer.read().decode()
        finally:
            line.close()
        return Answer(
            answer.status,
            answer.getheaders(),
            text,
            time.monotonic() - started,
            json.loads(text) if text else None,
        )


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()
