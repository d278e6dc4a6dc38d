"""What an envelope is (contract A5), said once for every test."""

import re
from typing import Any

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")
STATUS_OF = {
    400: "ValidationError",
    401: "SystemError",
    403: "SystemError",
    404: "SystemError",
    500: "SystemError",
}
HTTP_CODES = {413: 400, 405: 404}  # HTTP may be finer than error.code, whose vocabulary is closed


def assert_success(status: int, body: Any) -> None:
    assert status == 200, body
    assert body.keys() <= {"status", "correlationId", "timestamp", "data"}
    assert body["status"] == "Success"
    _assert_stamp(body)


def assert_error(status: int, body: Any) -> None:
    assert body.keys() == {"status", "correlationId", "timestamp", "error"}, body
    assert body["error"].keys() == {"code", "message"}
    code, message = body["error"]["code"], body["error"]["message"]
    assert HTTP_CODES.get(status, status) == code
    assert body["status"] == STATUS_OF[code]
    assert 0 < len(message) <= 200
    for inner in ("Traceback", "Error:", "{", "sqlalchemy", "http://", "127.0.0.1"):
        assert inner not in message
    _assert_stamp(body)


def assert_envelope(status: int, body: Any) -> None:
    (assert_success if status == 200 else assert_error)(status, body)


def _assert_stamp(body: Any) -> None:
    assert TIMESTAMP.fullmatch(body["timestamp"])
    correlation_id = body["correlationId"]
    assert 0 < len(correlation_id) <= 128
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", correlation_id)
