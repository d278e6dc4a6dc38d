"""POST /oauth2/revoke: RFC 7009."""

import httpx
import pytest

from app.domain.errors import UnknownCaller
from app.services.clients import NewClient
from app.wiring import House
from tests.oauth.test_token import basic, in_form, refused


async def test_a_token_that_was_given_back_opens_nothing(
    door: httpx.AsyncClient, house: House, client: NewClient
) -> None:
    for way in ("basic", "form"):
        token = (await house.access.issue(*basic(client), "", None)).access_token
        await house.access.bearer(token, "")
        data = {"token": token, "token_type_hint": "access_token"}
        sent = {"auth": basic(client)} if way == "basic" else {}
        answer = await door.post("/oauth2/revoke", data={**data, **({} if sent else in_form(client))}, **sent)
        assert (answer.status_code, answer.content) == (200, b"")
        with pytest.raises(UnknownCaller):
            await house.access.bearer(token, "")


async def test_what_is_no_token_any_more_is_a_success(door: httpx.AsyncClient, client: NewClient) -> None:
    for token in ("nonsense", "a.b.c", "x" * 9000, "\0"):
        answer = await door.post("/oauth2/revoke", data={"token": token}, auth=basic(client))
        assert answer.status_code == 200


async def test_only_the_client_of_the_token_may_give_it_back(
    door: httpx.AsyncClient, house: House, client: NewClient
) -> None:
    other = await house.clients.add("other")
    data = {"token": (await house.access.issue(*basic(client), "", None)).access_token}
    refused(await door.post("/oauth2/revoke", data=data, auth=basic(other)), 400, "unauthorized_client")
    refused(await door.post("/oauth2/revoke", data=data, auth=("x", "y")), 401, "invalid_client")
    refused(await door.post("/oauth2/revoke", data=data), 401, "invalid_client")
    assert (await house.access.bearer(data["token"], "")).client_id == client.client_id


async def test_no_token_at_all_is_an_invalid_request(door: httpx.AsyncClient, client: NewClient) -> None:
    for data in ({"token": ""}, {"token_type_hint": "access_token"}):
        refused(await door.post("/oauth2/revoke", data=data, auth=basic(client)), 400, "invalid_request")
