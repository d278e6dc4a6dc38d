"""One JSON line per event on standard output, whoever speaks: this service, uvicorn or a library.

Every line carries the correlation id of the request that it belongs to. Nothing leaves without redaction.
"""

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from app.telemetry.redaction import redact, redact_value

CORRELATION_ID = "correlation_id"  # the one name: contextvar, log line and launch record
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
# These write whole URLs (which may be somebody's join link) or rows at their info level.
_TALKATIVE = ("httpx", "httpcore", "sqlalchemy.engine", "asyncio", "aiosqlite", "alembic")
_MADE_HERE = ("timestamp", "level", "cause")  # already safe when they reach redaction; they stand first

_outspoken: ContextVar[bool] = ContextVar("outspoken", default=False)
# What every line of the request at hand says. One variable, because each request pays for it several times.
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=MappingProxyType({}))


@dataclass(slots=True)
class _Output:
    """Where this process's lines go (None: standard output, whatever it is then), and the least level."""

    stream: BinaryIO | None
    least: int

    @property
    def logger(self) -> structlog.BytesLogger:
        return structlog.BytesLogger(self.stream or sys.stdout.buffer)


_output = _Output(None, logging.INFO)


def configure(level: str = "info", stream: BinaryIO | None = None) -> None:
    """Set up logging for this process: `level` is the least that is written, stdout the default `stream`."""
    least = _LEVELS[level]
    _output.stream, _output.least = stream, least
    structlog.configure(
        processors=[
            _Threshold(least),
            _say_whose,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _name_the_cause,
            _redact_all,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=lambda *_names: _output.logger,
        cache_logger_on_first_use=False,
    )
    logging.root.handlers = [_IntoStructlog()]
    logging.root.setLevel(least)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).setLevel(logging.NOTSET)  # uvicorn sets its own; the service's level decides
        logging.getLogger(name).propagate = name != "uvicorn.access"  # our own access line knows the template
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(least, logging.WARNING))


def begin_request(correlation_id: str) -> None:
    """Forget the request before; from here on every line carries the id of this one."""
    _outspoken.set(False)
    _about.set({CORRELATION_ID: correlation_id})


def also(**facts: str) -> None:
    """Every further line of the request at hand carries these as well."""
    _about.set({**_about.get(), **facts})


def correlation_id() -> str:
    """The id of the request at hand; empty outside of one."""
    return _about.get().get(CORRELATION_ID, "")


def access(event: EventDict) -> None:
    """Write the line that every request leaves (level info). `event`: our own words and numbers.

    Outside structlog's chain, whose ceremony costs a launch more than its numbers and its line together;
    only what the request brought along needs redaction.
    """
    if _output.least > logging.INFO and not _outspoken.get():
        return
    line: EventDict = {"timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"), "level": "info"}
    for name, value in _about.get().items():
        line[name] = redact(value)
    line.update(event)
    _output.logger.msg(_to_json(line))


def speak_freely() -> None:
    """Log this one request at debug level, whatever the service's level is (header `Debug: true`)."""
    _outspoken.set(True)


class _Threshold:
    """Drops what is below the level, except in a request that was asked to speak freely."""

    def __init__(self, least: int) -> None:
        self._least = least

    def __call__(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        if _LEVELS.get(method, logging.ERROR) < self._least and not _outspoken.get():
            raise structlog.DropEvent
        return event


def _say_whose(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {**_about.get(), **event}


def _name_the_cause(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """An exception as a short list, outermost first: what it was and where in the code. No stack."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["cause"] = _causes(error)
    return event


def _causes(error: BaseException | None, most: int = 5) -> list[str]:
    chain: list[str] = []
    while error is not None and len(chain) < most:
        frames = traceback.extract_tb(error.__traceback__)
        ours = [f for f in frames if "/app/" in f.filename] or frames
        place = f" at {ours[-1].filename.rpartition('/app/')[2]}:{ours[-1].lineno}" if ours else ""
        # Only the first line: a database error goes on with the statement and its values.
        words = redact((str(error).splitlines() or [""])[0])[:200]
        chain.append(f"{type(error).__name__}{place}: {words}".rstrip(": "))
        error = error.__cause__ or error.__context__
    return chain


def _redact_all(_logger: WrappedLogger, _method: str, event: EventDict) -> MutableMapping[str, Any]:
    safe = {name: redact_value(name, value) for name, value in event.items() if name not in _MADE_HERE}
    return {name: event[name] for name in _MADE_HERE if name in event} | safe


def _to_json(event: EventDict, **_options: Any) -> bytes:
    try:
        return orjson.dumps(event)
    except (TypeError, orjson.JSONEncodeError):  # a lone surrogate: written as its escape
        return orjson.dumps({name: ascii(value) for name, value in event.items()})


class _IntoStructlog(logging.Handler):
    """Brings the lines of libraries into the same shape."""

    def emit(self, record: logging.LogRecord) -> None:
        level = next((name for name, number in _LEVELS.items() if record.levelno <= number), "error")
        speaker = structlog.get_logger()
        getattr(speaker, level)(record.getMessage(), logger=record.name, exc_info=record.exc_info)
