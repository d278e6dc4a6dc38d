"""Every request leaves one access line and its numbers, and neither names a person."""

import io
from collections.abc import AsyncIterator, Iterator

import httpx
import orjson
import pytest
import structlog
from fastapi import FastAPI, HTTPException

from app.ops.requests import RequestLog
from app.telemetry import logs, meters


@pytest.fixture
def written() -> Iterator[io.BytesIO]:
    stream = io.BytesIO()
    logs.configure("info", stream)
    yield stream
    logs.begin_request("")
    structlog.reset_defaults()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()

    @app.get("/session/{session_id}/user/{email:path}/url")
    async def launch(session_id: str, email: str) -> str:
        return logs.correlation_id()

    @app.get("/closed")
    async def closed() -> None:
        raise HTTPException(401)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("password=hunter2")

    app.add_middleware(RequestLog)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        yield client


def last_line(stream: io.BytesIO) -> dict[str, object]:
    return dict(orjson.loads(stream.getvalue().splitlines()[-1]))


async def test_the_access_line_names_the_route_and_never_the_path(
    http: httpx.AsyncClient, written: io.BytesIO
) -> None:
    answer = await http.get(
        "/session/S1/user/ZGFuYS5sZWVAZXhhbXBsZS5jb20=/url", headers={"CorrelationId": "7d0f"}
    )
    line = last_line(written)
    assert answer.json() == "7d0f" == line["correlation_id"]
    assert line["route"] == "/session/{session_id}/user/{email:path}/url"
    assert (line["method"], line["status"]) == ("GET", 200)
    assert isinstance(line["ms"], float)
    assert b"ZGFu" not in written.getvalue()


async def test_a_caller_without_an_id_gets_a_new_one_each_time(
    http: httpx.AsyncClient, written: io.BytesIO
) -> None:
    first, second = [(await http.get("/session/S1/user/x/url")).json() for _ in range(2)]
    assert len(first) == len(second) == 36
    assert first != second


async def test_an_id_is_capped_and_loses_its_control_characters(
    http: httpx.AsyncClient, written: io.BytesIO
) -> None:
    answer = await http.get("/session/S1/user/x/url", headers={"CorrelationId": "a\tb" + "x" * 300})
    assert answer.json() == "ab" + "x" * 126


async def test_an_unknown_path_is_one_label_and_stays_out_of_the_log(
    http: httpx.AsyncClient, written: io.BytesIO
) -> None:
    await http.request("BREW", "/dana.lee@example.com")
    assert (last_line(written)["route"], last_line(written)["method"]) == ("unmatched", "other")
    assert b"dana" not in written.getvalue()
    assert b"dana" not in meters.exposition()


async def test_refused_callers_are_counted(http: httpx.AsyncClient, written: io.BytesIO) -> None:
    before = meters.AUTH_FAILURES._value.get()
    await http.get("/closed")
    assert meters.AUTH_FAILURES._value.get() == before + 1


async def test_a_failure_is_told_once_with_its_cause_and_counted_as_500(
    http: httpx.AsyncClient, written: io.BytesIO
) -> None:
    await http.get("/broken", headers={"CorrelationId": "c-9"})
    failure, access = [orjson.loads(line) for line in written.getvalue().splitlines()]
    assert failure["cause"][0].startswith("RuntimeError at ")
    assert failure["correlation_id"] == "c-9"
    assert access["status"] == 500
    assert b"hunter2" not in written.getvalue()
    assert b'vilt_requests_total{method="GET",route="/broken",status="5xx"} 1.0' in meters.exposition()
