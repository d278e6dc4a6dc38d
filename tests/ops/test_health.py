"""Alive, ready and measured, with and without a database."""

import os
import subprocess
import sys

import httpx
import pytest
from fastapi import FastAPI

from app.ops import health


def door(reason: str | None) -> httpx.AsyncClient:
    async def obstacle() -> str | None:
        return reason

    app = FastAPI()
    app.include_router(health.router(obstacle))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t")


async def test_the_process_is_alive_even_when_the_database_is_not() -> None:
    async with door("The database does not answer.") as http:
        answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("reason", "status", "body"),
    [
        (None, 200, {"status": "ok"}),
        ("The schema is old.", 503, {"status": "unavailable", "reason": "The schema is old."}),
    ],
)
async def test_ready_says_why_not(reason: str | None, status: int, body: dict[str, str]) -> None:
    async with door(reason) as http:
        answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()) == (status, body)


async def test_the_numbers_are_in_the_prometheus_format() -> None:
    async with door(None) as http:
        answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "# TYPE vilt_requests_in_flight gauge" in answer.text


def test_workers_share_their_numbers_through_files() -> None:
    program = (
        "from app.telemetry import meters; meters.LAUNCHES.labels('learner').inc(3);"
        "import sys; sys.stdout.buffer.write(meters.exposition())"
    )
    folder_maker = "from app.telemetry.meters import share_between_workers as s; print(s())"
    folder = subprocess.run([sys.executable, "-c", folder_maker], capture_output=True, text=True, check=True)
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": folder.stdout.strip()}
    for expected in (b"3.0", b"6.0"):
        worker = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, check=True
        )
        assert b'vilt_launches_total{role="learner"} ' + expected in worker.stdout
