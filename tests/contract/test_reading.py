"""Bytes become fields whatever the headers call them; what cannot be stored is refused by name."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.reading import Fields, read
from app.domain.errors import InvalidRequest
from tests.contract.raw import outcome

ZOE = '{"Title": "Zoë"}'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ZOE.encode(), ""),
        (ZOE.encode(), "text/plain"),
        (ZOE.encode(), "text/json; charset=ISO-8859-1"),
        (b"\xef\xbb\xbf" + ZOE.encode(), "application/json"),
        (b" \r\n" + ZOE.encode() + b"\n", "application/x-www-form-urlencoded"),
        (ZOE.encode("latin-1"), "application/json; charset=ISO-8859-1"),
        (ZOE.encode("cp1252"), 'application/json; charset="windows-1252"'),
        (ZOE.encode("utf-16"), ""),
        (ZOE.encode("utf-16-le"), ""),
        (ZOE.encode("utf-32"), "application/json; charset=utf-32"),
    ],
)
def test_json_is_json_whatever_the_header_says(body: bytes, content_type: str) -> None:
    assert read(body, content_type).text("Title") == "Zoë"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", ""),
        (b" ", ""),
        (b"[", ""),
        (b"[]", ""),
        (b'"text"', ""),
        (b"5", ""),
        (b"null", ""),
        (b"NaN", ""),
        (b"{'Title': 'x'}", ""),
        (b'{"Title": "x"', ""),
        (b"<Title>x</Title>", "application/xml"),
        (b"\x1f\x8b\x08\x00", "application/json"),
        (ZOE.encode("latin-1"), "application/json"),
        (ZOE.encode("latin-1"), "application/json; charset=latin-nonsense"),
        (ZOE.encode("latin-1"), "application/json; charset=zlib"),
        (b'{"n": ' + b"9" * 5000 + b"}", ""),
        (b'{"a": ' * 20_000 + b"1" + b"}" * 20_000, ""),
        (b"[" * 200_000, ""),
        (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", ""),
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(InvalidRequest):
        read(body, content_type)


@given(st.binary(max_size=200), st.text(max_size=60))
def test_any_bytes_are_fields_or_a_sentence(body: bytes, content_type: str) -> None:
    found = outcome(lambda: read(body, content_type))
    assert isinstance(found, Fields) or found.message.endswith(".")


def test_names_are_read_in_any_case() -> None:
    fields = read(b'{"TITLE": "x", "timezone": {"uTCoFFSET": "Z"}}')
    assert fields.text("Title") == "x"
    assert fields.raw("TimeZone").raw("UTCOffset") == "Z"


@pytest.mark.parametrize("body", [b'{"Title": "a", "title": "b"}', b'{"Title": "a", "Title": "a"}'])
def test_a_field_given_twice_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="Title is given twice"):
        read(body).text("Title")


def test_what_nobody_asks_for_is_ignored() -> None:
    body = b'{"Title": "x", "foo": NaN, "Foo": "\\u0000", "bar": "\\ud800", "baz": {"q": [1, {"q": 2}]}}'
    assert read(body).text("Title") == "x"


@pytest.mark.parametrize("value", ["5", "NaN", "-Infinity", "true", "[]", "{}", '"\\u0000"', '"a\\ud800b"'])
def test_text_that_cannot_be_stored_is_refused_by_name(value: str) -> None:
    with pytest.raises(InvalidRequest, match="Title"):
        read(f'{{"Title": {value}}}'.encode()).text("Title")


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert read(rb'{"Title": "\ud83d\ude00"}').text("Title") == "\U0001f600"


@pytest.mark.parametrize(
    ("value", "flag"), [("true", True), ("false", False), ("null", None), ('"True"', True)]
)
def test_a_flag_is_true_false_or_unsaid(value: str, flag: bool | None) -> None:
    assert read(f'{{"IsActive": {value}}}'.encode()).flag("IsActive") is flag


@pytest.mark.parametrize("value", ["1", "0", '"yes"', "[]", "{}", "NaN"])
def test_a_flag_that_is_none_is_refused_by_name(value: str) -> None:
    with pytest.raises(InvalidRequest, match="IsActive"):
        read(f'{{"IsActive": {value}}}'.encode()).flag("IsActive")


def test_a_hostile_body_costs_no_time() -> None:
    size = 250_000
    hostile = [
        b'{"a": "' + b'\\"' * (size // 2),
        b'{"a":[' * (size // 6),
        json.dumps({"a": "<" * size}).encode(),
    ]
    started = time.perf_counter()
    for body in hostile:
        assert outcome(lambda body=body: read(body))
    assert time.perf_counter() - started < 1
