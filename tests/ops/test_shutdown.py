"""Told to stop, the service finishes what it has begun and takes up nothing new."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from app.domain.meeting import MeetingRef, MeetingSpec
from app.providers.base import ProviderMeeting
from app.providers.sandbox import PROVIDER
from app.settings import Settings
from tests.conftest import SECRET, serving

CLASS = {
    "CreatorEmail": "admin@example.com",
    "Title": "Fire safety",
    "DateBegin": "2030-05-14T15:00:00",
    "DateEnd": "2030-05-14T16:30:00",
    "TimeZone": {"UTCOffset": "-07:00"},
    "SessionId": "in-flight",
}


def test_a_request_in_flight_is_finished(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()

    async def slowly(_self: object, _spec: MeetingSpec, marker: str) -> ProviderMeeting:
        begun.set()
        await asyncio.sleep(1.0)
        return ProviderMeeting(MeetingRef(f"room-{marker}"))

    monkeypatch.setattr(PROVIDER, "create", slowly)
    service = serving(Settings(database_url=sqlite_url, secret_key=SECRET))
    server = service.__enter__()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(
            httpx.post, f"{server.base_url}/session", json=CLASS, auth=server.auth, timeout=20
        )
        assert begun.wait(timeout=20)
        service.__exit__()
        assert asked.result().json()["status"] == "Success"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.base_url}/healthz")
