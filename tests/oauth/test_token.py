"""POST /oauth2/token: the client credentials grant, and every way in which RFC 6749 wants it refused."""

from base64 import b64encode
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import update

from app.db import tables
from app.services.clients import NewClient
from app.services.throttle import FAILURES
from app.wiring import House
from tests.conftest import Hands

GRANT = {"grant_type": "client_credentials"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def basic(client: NewClient) -> tuple[str, str]:
    return client.client_id, client.client_secret


def in_form(client: NewClient) -> dict[str, str]:
    return {"client_id": client.client_id, "client_secret": client.client_secret}


def refused(answer: httpx.Response, status: int, error: str) -> dict[str, Any]:
    """The answer is a refusal by the letter of RFC 6749 section 5.2."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["error"]) == (status, error)
    assert body.keys() == {"error", "error_description"}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    assert ("www-authenticate" in answer.headers) == (status == 401)
    return body


async def test_a_token_by_basic_opens_as_the_client(
    door: httpx.AsyncClient, house: House, client: NewClient
) -> None:
    answer = await door.post("/oauth2/token", data=GRANT, auth=basic(client))
    body = answer.json()
    assert answer.status_code == 200
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    caller = await house.access.bearer(body["access_token"], "")
    assert caller.client_id == client.client_id


async def test_a_token_by_form_with_a_scope_has_that_scope(
    door: httpx.AsyncClient, client: NewClient
) -> None:
    data = {**GRANT, **in_form(client), "scope": "vilt-session:launch"}
    assert (await door.post("/oauth2/token", data=data)).json()["scope"] == "vilt-session:launch"


async def test_basic_may_be_encoded_once_more_or_name_the_client_in_the_form_too(
    door: httpx.AsyncClient, client: NewClient
) -> None:
    encoded = "".join(f"%{ord(c):02X}" for c in client.client_secret)
    for secret in (client.client_secret, quote(client.client_secret, safe=""), encoded):
        data = {**GRANT, "client_id": client.client_id}
        answer = await door.post("/oauth2/token", data=data, auth=(client.client_id, secret))
        assert answer.status_code == 200


async def test_an_empty_field_counts_as_left_out(door: httpx.AsyncClient, client: NewClient) -> None:
    data = {**GRANT, "scope": "", "client_secret": ""}
    answer = await door.post("/oauth2/token", data=data, auth=basic(client))
    assert set(answer.json()["scope"].split()) == set(client.scopes)


async def test_wrong_credentials_are_an_invalid_client(door: httpx.AsyncClient, client: NewClient) -> None:
    wrong = {"client_id": client.client_id, "client_secret": "wrong"}
    told = [
        await door.post("/oauth2/token", data=GRANT, auth=(client.client_id, "wrong")),
        await door.post("/oauth2/token", data=GRANT, auth=("nobody", "wrong")),
        await door.post("/oauth2/token", data={**GRANT, **wrong}),
    ]
    assert len({refused(answer, 401, "invalid_client")["error_description"] for answer in told}) == 1


async def test_a_strange_authorization_header_is_an_invalid_client(
    door: httpx.AsyncClient, client: NewClient
) -> None:
    pairs = [b"Basic " + b64encode(raw) for raw in (b"nocolon", b"\xff\xfe:\x00", b":", b"\0:\0")]
    for header in (b"", b"Basic", b"Basic ", b"Basic %%%", b"Basic \xe9", b"Bearer x", b"Digest a=b", *pairs):
        answer = await door.post("/oauth2/token", data=GRANT, headers={"Authorization": header})
        refused(answer, 401, "invalid_client")


async def test_no_credentials_or_half_of_them_are_an_invalid_client(
    door: httpx.AsyncClient, client: NewClient
) -> None:
    for field in ({}, {"client_id": client.client_id}, {"client_secret": client.client_secret}):
        refused(await door.post("/oauth2/token", data={**GRANT, **field}), 401, "invalid_client")


async def test_credentials_by_both_ways_are_an_invalid_request(
    door: httpx.AsyncClient, client: NewClient
) -> None:
    for field in (in_form(client), {"client_secret": "x"}, {"client_id": "somebody-else"}):
        answer = await door.post("/oauth2/token", data={**GRANT, **field}, auth=basic(client))
        refused(answer, 400, "invalid_request")


async def test_credentials_in_the_address_are_not_looked_at(
    door: httpx.AsyncClient, client: NewClient
) -> None:
    answer = await door.post("/oauth2/token", params=in_form(client), data=GRANT)
    refused(answer, 401, "invalid_client")


async def test_another_grant_is_unsupported_and_none_an_invalid_request(
    door: httpx.AsyncClient, client: NewClient
) -> None:
    for grant in ("password", "authorization_code", "refresh_token", "CLIENT_CREDENTIALS", "x" * 500):
        answer = await door.post("/oauth2/token", data={"grant_type": grant}, auth=basic(client))
        refused(answer, 400, "unsupported_grant_type")
    for data in ({"scope": "x"}, {"grant_type": ""}):
        refused(await door.post("/oauth2/token", data=data, auth=basic(client)), 400, "invalid_request")


async def test_a_scope_that_the_client_lacks_is_an_invalid_scope(
    door: httpx.AsyncClient, client: NewClient
) -> None:
    for scope in ("users:manage", "vilt-session:launch users:manage", "nonsense", '"\\\n\0é'):
        answer = await door.post("/oauth2/token", data={**GRANT, "scope": scope}, auth=basic(client))
        refused(answer, 400, "invalid_scope")


async def test_a_form_that_cannot_be_read_or_says_things_twice_is_an_invalid_request(
    door: httpx.AsyncClient, client: NewClient
) -> None:
    grant = b"grant_type=client_credentials"
    twice = (grant + b"&" + grant, grant + b"&scope=a&scope=")
    for body in (*twice, grant + b"&x=%ff", b"\xff\xfe", b"", b"&" * 100, b"a=b&" * 100, b'{"grant_type":1}'):
        answer = await door.post("/oauth2/token", content=body, headers=FORM, auth=basic(client))
        refused(answer, 400, "invalid_request")


async def test_a_body_that_is_no_form_is_an_invalid_request(
    door: httpx.AsyncClient, client: NewClient
) -> None:
    body = b"grant_type=client_credentials"
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain", ""):
        headers = {"Content-Type": kind}
        answer = await door.post("/oauth2/token", content=body, headers=headers, auth=basic(client))
        refused(answer, 400, "invalid_request")


async def test_a_huge_form_is_refused(door: httpx.AsyncClient, client: NewClient) -> None:
    data = {**GRANT, "scope": "x" * 20_000}
    refused(await door.post("/oauth2/token", data=data, auth=basic(client)), 413, "invalid_request")


async def test_another_method_is_told_in_json_too(door: httpx.AsyncClient) -> None:
    for method, path in (
        ("GET", "/oauth2/token"),
        ("PUT", "/oauth2/revoke"),
        ("POST", "/.well-known/jwks.json"),
    ):
        answer = await door.request(method, path)
        refused(answer, 405, "invalid_request")
        assert answer.headers["allow"] in {"GET", "POST"}


async def test_a_revoked_client_is_an_invalid_client(
    door: httpx.AsyncClient, house: House, client: NewClient
) -> None:
    await house.clients.revoke(client.client_id)
    refused(await door.post("/oauth2/token", data=GRANT, auth=basic(client)), 401, "invalid_client")


async def test_the_client_of_a_deactivated_integration_is_told_why(
    door: httpx.AsyncClient, house: House, client: NewClient
) -> None:
    async with house.db.begin() as tx:
        await tx.execute(update(tables.connections).values(state="inactive"))
    answer = await door.post("/oauth2/token", data=GRANT, auth=basic(client))
    assert "deactivated" in refused(answer, 400, "unauthorized_client")["error_description"]


async def test_a3_guessing_is_answered_with_a_pause(
    door: httpx.AsyncClient, client: NewClient, clock: Hands
) -> None:
    for _ in range(FAILURES):
        refused(
            await door.post("/oauth2/token", data=GRANT, auth=(client.client_id, "x")), 401, "invalid_client"
        )
    answer = await door.post("/oauth2/token", data=GRANT, auth=basic(client))
    refused(answer, 429, "invalid_client")
    assert answer.headers["retry-after"] == "60"
    clock.move(seconds=60)
    assert (await door.post("/oauth2/token", data=GRANT, auth=basic(client))).status_code == 200


async def test_what_nobody_foresaw_is_told_as_nothing(
    door: httpx.AsyncClient, client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("postgresql://user:hunter2@db/vilt is gone")

    monkeypatch.setattr("app.services.access.Access.issue", broken)
    answer = await door.post("/oauth2/token", data=GRANT, auth=basic(client))
    assert refused(answer, 500, "server_error")["error_description"] == "Something went wrong."
