"""A PostgreSQL that hangs: everybody is told in time, and it gets over by itself."""

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.conftest import SECRET
from tests.faults.postgres import Postgres
from tests.faults.scene import Process, free_port, wait_until_ready
from tests.faults.test_full_disk import credential, launch, schedule

PATIENCE = 30.0  # of an LMS
CROWD = 40  # more than the service has connections


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.cleanup()


@pytest.fixture
def service(postgres: Postgres, tmp_path: Path) -> Iterator[httpx.Client]:
    env = {**os.environ, "VILT_DATABASE_URL": postgres.url, "VILT_SECRET_KEY": SECRET}
    port = free_port()
    process = Process(["app", "serve", "--port", str(port)], env, tmp_path / "log", tmp_path / "clock")
    asyncio.run(postgres.migrate())
    auth = asyncio.run(credential(postgres.url))
    process.start()
    wait_until_ready(port)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=auth, timeout=PATIENCE) as lms:
        yield lms
    process.stop()


def test_whoever_asks_is_told_in_time_and_it_gets_over(service: httpx.Client, postgres: Postgres) -> None:
    known, new = str(uuid4()), str(uuid4())
    assert schedule(service, known).json()["status"] == "Success"
    assert launch(service, known).json()["status"] == "Success"
    with postgres.hanging(), ThreadPoolExecutor(2 * CROWD) as crowd:
        launches = [crowd.submit(launch, service, known) for _ in range(CROWD)]
        posts = [crowd.submit(schedule, service, new) for _ in range(CROWD)]
        ready = crowd.submit(service.get, "/readyz")
        for answer in (asked.result() for asked in launches + posts):
            assert answer.status_code == answer.json()["error"]["code"] == 500
        assert ready.result().status_code == 503
        assert service.get("/healthz").status_code == 200
    began = time.monotonic()
    assert schedule(service, new).json()["status"] == "Success"
    assert launch(service, new).json()["status"] == "Success"
    assert time.monotonic() - began < PATIENCE / 2
