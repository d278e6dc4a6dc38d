"""One line, one JSON object, whoever speaks; nothing of it betrays a person or a secret."""

import io
import logging
from collections.abc import Iterator

import orjson
import pytest
import structlog

from app.telemetry import logs


@pytest.fixture
def written() -> Iterator[io.BytesIO]:
    """The stream that the logs of this test go to."""
    stream, before = io.BytesIO(), logging.root.handlers[:]
    logs.configure("info", stream)
    logs.begin_request("c-1")
    yield stream
    logs.begin_request("")
    structlog.reset_defaults()
    logging.root.handlers = before
    logging.root.setLevel(logging.WARNING)


def lines(stream: io.BytesIO) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_and_carries_the_correlation_id(written: io.BytesIO) -> None:
    structlog.get_logger().info("meeting made", attempts=2)
    (line,) = lines(written)
    assert (line["event"], line["attempts"], line["level"]) == ("meeting made", 2, "info")
    assert line["correlation_id"] == "c-1" == logs.correlation_id()
    assert str(line["timestamp"]).endswith("Z")


def test_libraries_speak_in_the_same_shape(written: io.BytesIO) -> None:
    logging.getLogger("uvicorn.error").warning("refused %s", "dana@example.com")
    (line,) = lines(written)
    assert (line["event"], line["logger"], line["level"]) == ("refused [hidden]", "uvicorn.error", "warning")


def test_the_raw_path_of_uvicorns_own_access_line_never_appears(written: io.BytesIO) -> None:
    logging.getLogger("uvicorn.access").info("GET /session/1/user/ZGFuYUBleGFtcGxlLmNvbQ==/url")
    logging.getLogger("httpx").info("HTTP Request: GET https://pool.example.com/join/abc")
    assert written.getvalue() == b""


@pytest.mark.parametrize("level", ["debug", "info"])
@pytest.mark.parametrize("library", ["httpx", "httpcore", "httpcore.connection", "httpcore.http11"])
def test_addresses_called_at_providers_never_appear_at_any_level(
    written: io.BytesIO, library: str, level: str
) -> None:
    logs.configure(level, written)
    for speak in (logging.getLogger(library).info, logging.getLogger(library).debug):
        speak("HTTP Request: GET https://pool.example.com/people/search?query=dana@example.com")
    assert written.getvalue() == b""
    logging.getLogger(library).warning("worth knowing")
    assert len(lines(written)) == 1


def test_a_failure_names_its_causes_without_stack_and_values(written: io.BytesIO) -> None:
    try:
        try:
            raise KeyError("dana@example.com")
        except KeyError as exc:
            raise RuntimeError("insert failed\n[parameters: ('hunter2',)]") from exc
    except RuntimeError:
        structlog.get_logger().exception("it went wrong")
    (line,) = lines(written)
    outer, inner = line["cause"]  # type: ignore[misc]
    assert outer.startswith("RuntimeError at ")
    assert outer.endswith(": insert failed")
    assert inner.startswith("KeyError at ")
    assert "dana" not in inner
    assert b"Traceback" not in written.getvalue()
    assert b"hunter2" not in written.getvalue()


def test_debug_lines_appear_only_in_the_request_that_asked_for_them(written: io.BytesIO) -> None:
    speak = structlog.get_logger()
    speak.debug("quiet")
    logs.speak_freely()
    speak.debug("outspoken")
    logs.begin_request("c-2")
    speak.debug("quiet again")
    assert [line["event"] for line in lines(written)] == ["outspoken"]


def test_a_lone_surrogate_cannot_silence_the_log(written: io.BytesIO) -> None:
    structlog.get_logger().info("odd title", title="a\ud800b")
    assert b"odd title" in written.getvalue()
