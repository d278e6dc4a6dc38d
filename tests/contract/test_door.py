"""Whatever goes wrong behind the door or in front of it, one envelope comes out."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.contract import DoorRules
from app.contract.body import CappedBody
from app.contract.envelope import timestamp
from app.domain import errors
from app.telemetry import logs
from tests.contract.envelopes import assert_envelope, assert_error, assert_success
from tests.contract.raw import AUTH, FakeHouse, ask

ATTENDEES = b"/session/x/attendees"
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW"]
PATHS = st.binary(max_size=60) | st.lists(
    st.sampled_from(
        [b"session", b"Session", b"user", b"url", b"attendees", b"instructor", b"", b"%", b"%00", b"\xff"]
    ),
    max_size=8,
).map(lambda words: b"/" + b"/".join(words))


@settings(deadline=None)
@given(
    st.sampled_from(METHODS),
    PATHS,
    st.binary(max_size=80),
    st.lists(
        st.tuples(
            st.sampled_from(
                [b"correlationid", b"debug", b"content-type", b"content-length", b"expect", b"x"]
            ),
            st.binary(max_size=40),
        )
    ),
    st.booleans(),
)
async def test_any_bytes_anywhere_get_an_envelope(
    method: str, path: bytes, body: bytes, headers: list[tuple[bytes, bytes]], known: bool
) -> None:
    said = await ask(method, path, body, (*headers, *([AUTH] if known else [])))
    assert_envelope(said.status, said.body)
    assert said.status < 500
    assert said.every("content-type") == ["application/json"]


@pytest.mark.parametrize(
    ("error", "http", "code"),
    [
        (errors.InvalidRequest(), 400, 400),
        (errors.TooLarge(), 413, 400),
        (errors.NotAllowed(), 403, 403),
        (errors.SessionNotFound(), 404, 404),
        (errors.SessionCancelled(), 404, 404),
        (errors.InstructorNotFound(), 404, 404),
        (errors.PersonUnknown(), 404, 404),
        (errors.ProviderRejected(), 400, 400),
        (errors.MeetingGone(), 404, 404),
        (errors.Conflict(), 500, 500),
        (errors.Busy(), 500, 500),
        (errors.AccountBroken(), 500, 500),
        (errors.ProviderUnavailable(), 500, 500),
        (errors.OutcomeUnknown(), 500, 500),
        (RuntimeError("password=hunter2 at db.internal"), 500, 500),
        (KeyError("x"), 500, 500),
    ],
)
async def test_pain_a6_a16_a17_every_error_wears_the_envelope(error: Exception, http: int, code: int) -> None:
    said = await ask(path=ATTENDEES, house=FakeHouse(error=error))
    assert_error(said.status, said.body)
    assert (said.status, said.body["error"]["code"]) == (http, code)
    assert "hunter2" not in said.body["error"]["message"]
    if isinstance(error, errors.ConnectorError):
        assert said.body["error"]["message"] == error.message
    always = await ask(path=ATTENDEES, house=FakeHouse(error=error), rules=DoorRules(errors_as_500=True))
    assert (always.status, always.body["error"]["code"]) == (500, code)


def test_every_error_of_the_domain_has_a_dress() -> None:
    from app.contract.envelope import dress

    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.ConnectorError):
            error: Any = kind.__new__(kind)  # whatever its constructor wants
            error.message, error.retry_after = kind.default, timedelta(seconds=1)
            assert dress(error).code in {400, 401, 403, 404, 500}, kind


def test_pain_a15_a_timestamp_is_utc_with_milliseconds_in_any_culture() -> None:
    moment = datetime(2030, 5, 14, 8, 0, 0, 1999, timezone(timedelta(hours=-7)))
    assert timestamp(moment) == "2030-05-14T15:00:00.001+00:00"
    assert timestamp(datetime(2030, 5, 14, tzinfo=UTC)) == "2030-05-14T00:00:00.000+00:00"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", b"/session", "POST"),
        ("PATCH", b"/instructor", "POST, PUT"),
        ("GET", b"/session/x", "DELETE, PUT"),
        ("POST", b"/session/x/attendees", "GET"),
        ("HEAD", b"/session/x/user/YUB4Lm9yZw==/url", "GET"),
        ("OPTIONS", b"/session", "POST"),
    ],
)
async def test_a_wrong_verb_is_told_the_right_ones(method: str, path: bytes, allow: str) -> None:
    said = await ask(method, path)
    assert (said.status, said.body["error"]["code"], said.every("allow")) == (405, 404, [allow])


async def test_an_encoded_slash_in_a_session_id_survives() -> None:
    house = FakeHouse()
    await ask("DELETE", b"/session/a%2Fb", house=house)
    assert house.asked == [("cancel", "a/b")]


async def test_pain_a5_the_address_is_decoded_and_handed_on() -> None:
    house = FakeHouse()
    said = await ask(
        path=b"/session/S1/user/ZGFuYS5sZWVAZXhhbXBsZS5jb20=/url",
        headers=(AUTH, (b"correlationid", b"7d0f")),
        house=house,
    )
    assert house.asked == [("launch", "S1", "dana.lee@example.com", "7d0f")]
    assert said.body["data"] == {"joinUrl": "https://bridge.example.com/join/x"}


async def test_nobody_may_keep_an_answer() -> None:
    said = await ask(path=b"/session/S1/user/YUB4Lm9yZw==/url")
    assert said.every("cache-control") == ["no-store"]


async def test_a_body_too_large_is_refused_before_it_is_read_whole() -> None:
    for announced in (b"99999999", b"2000"):
        said = await ask(
            "POST", b"/session", b"x" * 2000, (AUTH, (b"content-length", announced)), rules=DoorRules(1024)
        )
        assert_error(said.status, said.body)
        assert (said.status, said.body["error"]["code"]) == (413, 400)


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 1000


async def test_a_body_without_a_length_is_counted_while_it_is_read() -> None:
    source, read = pieces(100), 0

    async def receive() -> Any:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": await anext(source), "more_body": read < 100}

    body = CappedBody(receive, {b"transfer-encoding": b"chunked"}, 5_000)
    assert sum([len((await body())["body"]) for _ in range(5)]) == 5_000
    with pytest.raises(errors.TooLarge):
        await body()
    assert read == 6
    await body.drain()
    assert read == 100


async def test_a_client_that_waits_for_permission_is_not_drained() -> None:
    async def receive() -> Any:
        raise AssertionError("reading would tell the client to send it all")

    body = CappedBody(receive, {b"expect": b"100-continue", b"content-length": b"9999"}, 100)
    await body.drain()
    with pytest.raises(errors.TooLarge):
        await body()


@pytest.mark.parametrize(
    ("client", "status"),
    [
        ("192.0.2.7", 200),
        ("198.51.100.1", 403),
        ("::ffff:192.0.2.9", 200),
        ("2001:db8::1", 403),
        ("nowhere", 403),
    ],
)
async def test_only_listed_networks_may_call(client: str, status: int) -> None:
    rules = DoorRules(allowed_networks=(ip_network("192.0.2.0/24"),))
    said = await ask(path=ATTENDEES, rules=rules, client=client)
    assert_envelope(said.status, said.body)
    assert said.status == status


@pytest.mark.parametrize("value", [b"true", b"True", b" 1 "])
async def test_debug_speaks_freely_for_those_who_are_known(
    value: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken: list[bool] = []
    monkeypatch.setattr("app.contract.entrance.speak_freely", lambda: spoken.append(True))
    plain = await ask(path=ATTENDEES)
    assert spoken == []
    said = await ask(path=ATTENDEES, headers=(AUTH, (b"debug", value)))
    assert spoken == [True]
    assert said.body["data"] == plain.body["data"]
    await ask(path=ATTENDEES, headers=((b"debug", value),))
    await ask(path=ATTENDEES, headers=(AUTH, (b"debug", b"false")))
    assert spoken == [True]


async def test_a_correlation_id_reaches_log_and_answer() -> None:
    logs.begin_request("")
    made = await ask(path=ATTENDEES)
    assert len(made.body["correlationId"]) == 36
    logs.begin_request("")
    given = await ask(path=ATTENDEES, headers=(AUTH, (b"correlationid", b"7d0f")))
    assert given.body["correlationId"] == logs.correlation_id() == "7d0f"


async def test_a_websocket_is_refused_in_the_envelope() -> None:
    from app.contract import door

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/session",
        "headers": [],
        "extensions": {"websocket.http.response": {}},
    }
    await door(DoorRules())(scope, None, send)  # type: ignore[arg-type]
    assert [message["type"] for message in sent] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]
    assert sent[0]["status"] == 400
    await door(DoorRules())({**scope, "extensions": {}}, None, send)  # type: ignore[arg-type]
    assert sent[-1] == {"type": "websocket.close", "code": 1003}


async def test_an_instructor_is_handed_on_as_spelled() -> None:
    house = FakeHouse()
    body = b'{"email":" Ina@Example.com ","FIRSTNAME":"Ina","lastName":"Ruiz","phone":"1"}'
    said = await ask("POST", b"/instructor", body, house=house)
    assert_success(said.status, said.body)
    [(deed, draft)] = house.asked
    assert (deed, draft.email, draft.first_name, draft.last_name) == ("add", "Ina@Example.com", "Ina", "Ruiz")
