"""Answers of the server as bytes: what is JSON is read, whoever wrote it; everything else is nothing."""

import httpx
import pytest

from app.providers.lync.wire import body

READ = {
    "plain": (b'{"a": "b"}', {"a": "b"}),
    "half a surrogate in a title": (b'{"a": "\\ud800"}', {"a": "\ud800"}),
    "a byte order mark": (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
    "UTF-16": ('{"a": "ä"}'.encode("utf-16"), {"a": "ä"}),
    "a page": (b"<html>", {}),
    "a list": (b"[1]", {}),
    "nothing": (b"", {}),
    "deep": (b'{"a":' * 100_000, {}),
    "no text": (b"\xff\xfe\xfd", {}),
}


@pytest.mark.parametrize(("content", "expected"), READ.values(), ids=READ)
def test_whatever_is_an_object_is_read(content: bytes, expected: dict[str, object]) -> None:
    assert body(httpx.Response(200, content=content)) == expected
