"""The envelope (contract A5): how an answer and an error look, and the one table from errors to codes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Scope

from app.domain import errors

log = structlog.get_logger()

VALIDATION, SYSTEM = "ValidationError", "SystemError"
GENERIC = "Something went wrong here. Please try again later."


class WrongMethod(errors.NotFound):
    """The address exists, the verb does not; `methods` are those that do."""

    default = "This cannot be done at this address."

    def __init__(self, methods: Iterable[str]) -> None:
        super().__init__()
        self.methods = sorted(methods)


@dataclass(frozen=True, slots=True)
class Dress:
    """An error as the wire shows it. `code` is one of 400, 401, 403, 404, 500; HTTP may be finer."""

    http: int
    code: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> str:
        return VALIDATION if self.code == 400 else SYSTEM


# The nearest class in an error's ancestry decides. Whatever is not here is a 500: the vocabulary has no
# 409, 502 or 503 (contract A5, C).
_CODES: dict[type[BaseException], tuple[int, int]] = {
    errors.InvalidRequest: (400, 400),
    errors.TooLarge: (413, 400),
    errors.UnknownCaller: (401, 401),
    errors.NotAllowed: (403, 403),
    errors.NotFound: (404, 404),
    WrongMethod: (405, 404),
    errors.ProviderRejected: (400, 400),
    errors.PersonUnknown: (404, 404),
    errors.MeetingGone: (404, 404),
    errors.ConnectorError: (500, 500),
}


def dress(exc: BaseException) -> Dress:
    """What the caller is told of `exc`; of a surprise, nothing but that it happened."""
    if isinstance(exc, ClientDisconnect):
        return Dress(400, 400, "The request ended before it was complete.")
    if not isinstance(exc, errors.ConnectorError):
        return Dress(500, 500, GENERIC)
    http, code = next(_CODES[kind] for kind in type(exc).__mro__ if kind in _CODES)
    return Dress(http, code, exc.message, dict(_headers(exc)))


def _headers(exc: errors.ConnectorError) -> Iterable[tuple[str, str]]:
    if isinstance(exc, errors.Throttled):
        yield "Retry-After", str(max(1, round(exc.retry_after.total_seconds())))
    if isinstance(exc, WrongMethod):
        yield "Allow", ", ".join(exc.methods)


def success(scope: Scope, data: Mapping[str, Any] | None = None) -> Response:
    """HTTP 200 with the envelope around `data`."""
    return _Envelope(200, {"status": "Success", **_stamp(scope)} | ({} if data is None else {"data": data}))


def refusal(scope: Scope, exc: BaseException, *, always_500: bool = False) -> Response:
    """The answer to a request that ended in `exc`, which is logged with its cause."""
    worn = dress(exc)
    _write_down(exc, worn)
    body = {
        "status": worn.status,
        **_stamp(scope),
        "error": {"code": worn.code, "message": worn.message},
    }
    answer = _Envelope(500 if always_500 else worn.http, body)
    answer.headers.update(worn.headers)
    if worn.code == 401:
        answer.headers.append("WWW-Authenticate", 'Basic realm="vilt", charset="UTF-8"')
        answer.headers.append("WWW-Authenticate", 'Bearer realm="vilt"')
    return answer


def timestamp(moment: datetime) -> str:
    """`2030-05-14T15:00:00.000+00:00`: milliseconds and a numeric zero offset."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _stamp(scope: Scope) -> dict[str, str]:
    return {"correlationId": scope["state"]["correlation_id"], "timestamp": timestamp(datetime.now(UTC))}


class _Envelope(Response):
    """A response whose headers are known beforehand; to work them out costs as much as to authenticate."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status_code, self.background = status, None
        self.body = orjson.dumps(body)
        self.raw_headers = [*_HEADERS, (b"content-length", str(len(self.body)).encode())]


# no-store: a join link belongs to one person.
_HEADERS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))


def _write_down(exc: BaseException, worn: Dress) -> None:
    if worn.code == 500:
        log.error("contract call failed", error=type(exc).__name__, exc_info=exc)
    else:
        log.info("contract call refused", error=type(exc).__name__, code=worn.code, message=worn.message)
