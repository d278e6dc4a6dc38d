"""No space left, with SQLite on one machine: told in the envelope, nothing half done, and it gets over."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.settings import Settings
from app.wiring import open_house
from tests.conftest import SECRET
from tests.faults.disk import NO_COMPILER, Disk, make_disk
from tests.faults.scene import Process, free_port, wait_until_ready


@pytest.fixture
def disk() -> Iterator[Disk]:
    made = make_disk()
    if made is None:
        pytest.skip(NO_COMPILER)
    yield made
    made.remove()


@pytest.fixture
def service(sqlite_url: str, disk: Disk, tmp_path: Path) -> Iterator[httpx.Client]:
    """A real process on that disk, and an LMS that may call it."""
    env = {**os.environ, **disk.environment, "VILT_DATABASE_URL": sqlite_url, "VILT_SECRET_KEY": SECRET}
    port = free_port()
    process = Process(["app", "serve", "--port", str(port)], env, tmp_path / "log", tmp_path / "clock")
    auth = asyncio.run(credential(sqlite_url))
    process.start()
    wait_until_ready(port)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=auth, timeout=30) as lms:
        yield lms
    process.stop()


async def credential(url: str) -> tuple[str, str]:
    async with open_house(Settings(database_url=url, secret_key=SECRET)) as house:
        made = await house.clients.add("lms")
    return made.client_id, made.client_secret


def schedule(lms: httpx.Client, session_id: str) -> httpx.Response:
    body = {
        "CreatorEmail": "admin@example.com",
        "Title": "Fire safety",
        "DateBegin": "2030-05-14T15:00:00",
        "DateEnd": "2030-05-14T16:30:00",
        "TimeZone": {"UTCOffset": "+00:00"},
        "SessionId": session_id,
    }
    return lms.post("/session", json=body)


def launch(lms: httpx.Client, session_id: str) -> httpx.Response:
    return lms.get(f"/session/{session_id}/user/ZGFuYS5sZWVAZXhhbXBsZS5jb20=/url")


def test_a_full_disk_is_told_and_gets_over(service: httpx.Client, disk: Disk) -> None:
    known, new = str(uuid4()), str(uuid4())
    assert schedule(service, known).json()["status"] == "Success"
    disk.fill("vilt.db")
    for answer in (schedule(service, new), launch(service, known)):
        assert answer.status_code == answer.json()["error"]["code"] == 500
        assert answer.json()["error"]["message"]
        assert "disk" not in answer.text
    assert service.get("/healthz").status_code == 200
    disk.clear()
    assert launch(service, new).status_code == 404, "what was refused was not half done"
    for session_id in (known, new):
        assert schedule(service, session_id).json()["status"] == "Success"
        assert launch(service, session_id).json()["status"] == "Success"
