"""Credentials come before anything else, and none of their bytes can do harm."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.auth import basic_pair
from app.domain.errors import NotAllowed, Throttled, UnknownCaller
from app.domain.permissions import CONTRACT_SCOPES, Scope
from tests.contract.envelopes import assert_error, assert_success
from tests.contract.raw import AUTH, CALLER, FakeHouse, ask, outcome

BODY = b'{"Email": "a@x.org", "FirstName": "Ina", "LastName": "Ruiz"}'


def header(text: bytes) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"authorization", text),)


def encoded(pair: bytes) -> bytes:
    return b"Basic " + b64encode(pair)


@pytest.mark.parametrize(
    "text",
    [
        encoded(b"csod-edge:wrong"),
        encoded(b"wrong:s3cr:et"),
        encoded(b"csod-edge"),
        encoded(b":s3cr:et"),
        encoded(b""),
        encoded(b"csod-edge:s3cr:et\0"),
        b"Basic",
        b"Basic %%%",
        b"Basic Y3NvZC1lZGdlOnMzY3I6ZX",
        b"Bearer x",
        b"Bearer",
        b"Bearer \xff\xfe",
        b"Bearer " + b"x" * 20_000,
        b"Digest username=csod-edge",
        b"Y3NvZC1lZGdlOnMzY3I6ZXQ=",
        b"",
    ],
)
async def test_pain_a1_a3_anything_but_the_right_pair_is_refused(text: bytes) -> None:
    house = FakeHouse()
    said = await ask("POST", b"/instructor", BODY, header(text), house=house)
    assert_error(said.status, said.body)
    assert said.status == 401
    assert said.every("www-authenticate") == ['Basic realm="vilt", charset="UTF-8"', 'Bearer realm="vilt"']
    assert house.asked == []


@pytest.mark.parametrize("text", [AUTH[1], b"basic  " + AUTH[1][6:], b"BASIC " + AUTH[1][6:], b"Bearer good"])
async def test_pain_a2_the_right_pair_is_let_in(text: bytes) -> None:
    said = await ask("POST", b"/instructor", BODY, header(text))
    assert_success(said.status, said.body)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters=":\0"), min_size=1),
    st.text(st.characters(codec="utf-8", exclude_characters="\0")),
)
def test_any_user_and_password_survive(user: str, password: str) -> None:
    assert basic_pair(b64encode(f"{user}:{password}".encode())) == (user, password)


def test_a_pair_in_latin_1_is_read() -> None:
    assert basic_pair(b64encode("zoë:geheimniß".encode("latin-1"))) == ("zoë", "geheimniß")


@given(st.binary(max_size=60))
def test_any_bytes_are_a_pair_or_refused(raw: bytes) -> None:
    for text in (raw, b64encode(raw)):
        found = outcome(lambda text=text: basic_pair(text))
        if not isinstance(found, UnknownCaller):
            user, password = found
            assert user
            assert "\0" not in user + password


@pytest.mark.parametrize(
    "path", [b"/", b"/nope", b"/session", b"/session/x/attendees", b"/healthy", b"/health/x"]
)
async def test_without_credentials_nothing_is_told(path: bytes) -> None:
    for method in ("GET", "POST", "PATCH"):
        said = await ask(method, path, headers=())
        assert (said.status, said.body["error"]["code"]) == (401, 401)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", [b"/health", b"//Health/"])
async def test_health_asks_for_no_credentials(method: str, path: bytes) -> None:
    said = await ask(method, path, headers=())
    assert_success(said.status, said.body)


async def test_health_takes_no_other_verb() -> None:
    assert (await ask("POST", b"/health", headers=())).status == 401
    said = await ask("POST", b"/health")
    assert (said.status, said.every("allow")) == (405, ["GET, HEAD"])


async def test_a_throttled_caller_is_told_when_to_come_back() -> None:
    said = await ask(house=FakeHouse(error=Throttled(timedelta(seconds=41.6))), path=b"/session")
    assert (said.status, said.every("retry-after")) == (401, ["42"])


OPERATIONS = {
    Scope.INSTRUCTOR_CREATE: ("POST", b"/instructor"),
    Scope.INSTRUCTOR_UPDATE: ("PUT", b"/instructor"),
    Scope.SESSION_CREATE: ("POST", b"/session"),
    Scope.SESSION_UPDATE: ("PUT", b"/session/x"),
    Scope.SESSION_CANCEL: ("DELETE", b"/session/x"),
    Scope.SESSION_LAUNCH: ("GET", b"/session/x/user/YUB4Lm9yZw==/url"),
    Scope.ATTENDANCE_READ: ("GET", b"/session/x/attendees"),
}


@pytest.mark.parametrize("scope", CONTRACT_SCOPES)
async def test_each_operation_needs_its_own_scope(scope: Scope) -> None:
    method, path = OPERATIONS[scope]
    house = FakeHouse(caller=replace(CALLER, scopes=frozenset(CONTRACT_SCOPES) - {scope}))
    said = await ask(method, path, b"[", house=house)
    assert_error(said.status, said.body)
    assert (said.status, said.body["error"]["code"], house.asked) == (403, 403, [])
    assert scope.value in said.body["error"]["message"]
    only = FakeHouse(caller=replace(CALLER, scopes=frozenset({scope})))
    assert (await ask(method, path, house=only)).status in {200, 400}


async def test_a_deactivated_integration_is_forbidden() -> None:
    house = FakeHouse()

    async def refuse(*_: str) -> None:
        raise NotAllowed("This integration is deactivated.")

    house.access.basic = refuse
    said = await ask(path=b"/session/x/attendees", house=house)
    assert (said.status, said.body["error"]["message"]) == (403, "This integration is deactivated.")
