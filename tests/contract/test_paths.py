"""The path is made regular and nothing that carries meaning is lost on the way."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.contract.tolerance import regular_path
from app.telemetry.correlation import correlation_id


@pytest.mark.parametrize(
    ("raw", "regular"),
    [
        (b"/session", "/session"),
        (b"//session", "/session"),
        (b"/session/", "/session"),
        (b"/Session", "/session"),
        (b"///SESSION//a-B//", "/session/a-B"),
        (b"/%73ession/x/ATTENDEES", "/session/x/attendees"),
        (b"/session/a%2Fb", "/session/a%2Fb"),
        (b"/session/{A-1}", "/session/%7BA-1%7D"),
        (b"/Instructor/", "/instructor"),
        (b"", "/"),
        (b"/", "/"),
        (b"/session/\xff\x00", "/session/%FF%00"),
        (b"/session/attendees/attendees", "/session/attendees/attendees"),
    ],
)
def test_one_path_has_one_spelling(raw: bytes, regular: str) -> None:
    assert regular_path(raw) == regular


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        (b"/session/x/user/em/Dq0B/url", "em/Dq0B"),
        (b"//Session//x/User/em//Dq0B/URL/", "em//Dq0B"),
        (b"/session/x/user//abc/url", "/abc"),
        (b"/session/x/user/abc//url", "abc/"),
        (b"/session/x/user/em%2FDq0B%3D/url", "em%2FDq0B%3D"),
        (b"/session/x/user/a/url/b/url", "a/url/b"),
        (b"/session/x/user/url", ""),
    ],
)
def test_pain_a20_a_slash_in_the_base64_survives(raw: bytes, address: str) -> None:
    assert regular_path(raw) == f"/session/x/user/{address}/url"


def test_a_root_path_of_a_proxy_is_taken_off() -> None:
    assert regular_path(b"/lms/session/x", "/lms") == "/session/x"


@given(st.binary(max_size=80))
@example(b"/session/x/user/url/url/")
def test_a_regular_path_stays_as_it_is(raw: bytes) -> None:
    once = regular_path(raw.replace(b"?", b""))
    assert regular_path(once.encode()) == once
    assert once.isascii()
    assert once.startswith("/")


@pytest.mark.parametrize(
    ("given", "echoed"),
    [
        (b"7d0f3a52", "7d0f3a52"),
        (b" two words ", "two words"),
        (b"a\x00b\x1b[31m\r\nc", "ab[31mc"),
        ("zoë".encode(), "zoë"),
        ("zoë".encode("latin-1"), "zoë"),
        (b"x" * 500, "x" * 128),
    ],
)
def test_a_correlation_id_is_echoed_without_harm(given: bytes, echoed: str) -> None:
    assert correlation_id(given) == echoed


def test_a_missing_correlation_id_is_made() -> None:
    assert len(correlation_id(None)) == len(correlation_id(b"\x00")) == 36
