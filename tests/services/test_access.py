"""Who may call: ids with secrets, tokens, and how both end at once everywhere."""

import hmac
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, update

from app.db import tables
from app.domain.errors import NotAllowed, ScopeNotHeld, Throttled, UnknownCaller
from app.services import digests
from app.services.access import Access
from app.services.clients import NewClient
from app.services.throttle import FAILURES
from app.settings import Settings
from app.wiring import House, open_house
from tests.conftest import Hands

HERE = "192.0.2.7"


@pytest.fixture
async def client(house: House) -> NewClient:
    return await house.clients.add("lms")


async def call(access: Access, client: NewClient, secret: str | None = None) -> Any:
    return await access.basic(client.client_id, secret or client.client_secret, HERE)


async def give_secret(house: House, client: NewClient, secret: str) -> None:
    digest = await digests.digest(house.keys, secret)
    async with house.db.begin() as tx:
        row = {"id": uuid4(), "client_id": client.client_id, "digest": digest}
        await tx.execute(insert(tables.client_secrets).values(created_at=house.keys._clock(), **row))


async def test_the_right_id_and_secret_make_a_caller_with_its_scopes(house: House, client: NewClient) -> None:
    caller = await call(house.access, client)
    assert caller.client_id == client.client_id
    assert caller.scopes == set(client.scopes)


async def test_a1_a_right_id_with_a_wrong_secret_is_refused_and_so_is_the_reverse(
    house: House, client: NewClient
) -> None:
    other = await house.clients.add("other")
    for client_id, secret in (
        (client.client_id, "wrong"),
        ("nobody", client.client_secret),
        (client.client_id, other.client_secret),
        (client.client_id, ""),
        ("", client.client_secret),
        ("", ""),
    ):
        with pytest.raises(UnknownCaller):
            await house.access.basic(client_id, secret, HERE)


async def test_a2_a_secret_may_hold_colons_and_any_other_character(house: House, client: NewClient) -> None:
    for secret in ("s3cr:et", ":", "a:b:c:", "pä$$ %+&#", "\ud800", "\0"):
        await give_secret(house, client, secret)
        async with house.db.begin() as tx:  # two at the most are ever looked at
            newest = tables.client_secrets.c.digest != await digests.digest(house.keys, secret)
            await tx.execute(tables.client_secrets.delete().where(newest))
        assert (await call(house.access, client, secret)).client_id == client.client_id


async def test_a3_unknown_client_and_wrong_secret_say_the_same_and_cost_the_same(
    house: House, client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    work: list[str] = []
    digest, compare = hmac.digest, hmac.compare_digest
    monkeypatch.setattr(hmac, "digest", lambda *a: work.append("mac") or digest(*a))
    monkeypatch.setattr(hmac, "compare_digest", lambda *a: work.append("compare") or compare(*a))
    told = []
    for client_id, secret in ((client.client_id, "wrong"), ("nobody", "wrong"), ("no:body", "wrong")):
        with pytest.raises(UnknownCaller) as refused:
            await house.access.basic(client_id, secret, HERE)
        told.append((refused.value.message, tuple(work)))
        work.clear()
    await call(house.access, client)
    assert len(set(told)) == 1
    assert told[0][1] == tuple(work) == ("mac", "compare", "compare")


async def test_strange_ids_are_unknown_and_nothing_worse(house: House, client: NewClient) -> None:
    for client_id in ("\0", "a\0b", "\ud800", "x" * 100_000, "é", "' OR 1=1 --", "a b", "a\nb"):
        with pytest.raises(UnknownCaller):
            await house.access.basic(client_id, "x", HERE)


async def test_two_secrets_overlap_and_a_third_ends_the_first(
    house: House, client: NewClient, clock: Hands
) -> None:
    second = await house.clients.rotate(client.client_id, timedelta(hours=1))
    await call(house.access, client)
    await call(house.access, second)
    third = await house.clients.rotate(client.client_id, timedelta(hours=1))
    with pytest.raises(UnknownCaller):
        await call(house.access, client)
    await call(house.access, second)
    await call(house.access, third)
    clock.move(hours=1)
    with pytest.raises(UnknownCaller):
        await call(house.access, second)
    assert (await call(house.access, third)).client_id == client.client_id


async def test_a_revoked_client_is_refused_at_once_by_another_process_too(
    house: House, settings: Settings, clock: Hands, client: NewClient
) -> None:
    async with open_house(settings, clock) as other:
        token = await other.access.issue(client.client_id, client.client_secret, HERE, None)
        await other.access.bearer(token.access_token, HERE)
        await call(other.access, client)
        await house.clients.revoke(client.client_id)
        with pytest.raises(UnknownCaller):
            await call(other.access, client)
        with pytest.raises(UnknownCaller):
            await other.access.bearer(token.access_token, HERE)
        with pytest.raises(UnknownCaller):
            await other.access.issue(client.client_id, client.client_secret, HERE, None)


async def test_a_revoked_token_is_refused_at_once_by_another_process_too(
    house: House, settings: Settings, clock: Hands, client: NewClient
) -> None:
    kept = await house.access.issue(client.client_id, client.client_secret, HERE, None)
    given_back = await house.access.issue(client.client_id, client.client_secret, HERE, None)
    async with open_house(settings, clock) as other:
        await other.access.bearer(given_back.access_token, HERE)
        for _ in range(2):  # repeated, a success
            await house.access.revoke(client.client_id, client.client_secret, HERE, given_back.access_token)
        with pytest.raises(UnknownCaller):
            await other.access.bearer(given_back.access_token, HERE)
        assert (await other.access.bearer(kept.access_token, HERE)).client_id == client.client_id


async def test_a_token_opens_with_the_scopes_that_it_and_its_client_hold(
    house: House, client: NewClient
) -> None:
    wanted = "vilt-session:launch vilt-session:create"
    token = await house.access.issue(client.client_id, client.client_secret, HERE, wanted)
    assert (await house.access.bearer(token.access_token, HERE)).scopes == set(wanted.split())
    async with house.db.begin() as tx:
        await tx.execute(update(tables.clients).values(scopes="vilt-session:launch vilt-session:cancel"))
    assert (await house.access.bearer(token.access_token, HERE)).scopes == {"vilt-session:launch"}


async def test_a_token_for_no_named_scope_has_all_of_the_clients(house: House, client: NewClient) -> None:
    for scope in (None, "", "  "):
        token = await house.access.issue(client.client_id, client.client_secret, HERE, scope)
        assert set(token.scope.split()) == set(client.scopes)


async def test_a_scope_that_the_client_lacks_is_not_given(house: House, client: NewClient) -> None:
    for scope in ("users:manage", "vilt-session:launch users:manage", "nonsense", "\0"):
        with pytest.raises(ScopeNotHeld):
            await house.access.issue(client.client_id, client.client_secret, HERE, scope)


async def test_a_deactivated_integration_says_so_to_its_own_credential_only(
    house: House, client: NewClient
) -> None:
    token = await house.access.issue(client.client_id, client.client_secret, HERE, None)
    async with house.db.begin() as tx:
        await tx.execute(update(tables.connections).values(state="inactive"))
    for refused in (
        call(house.access, client),
        house.access.bearer(token.access_token, HERE),
        house.access.issue(client.client_id, client.client_secret, HERE, None),
    ):
        with pytest.raises(NotAllowed, match="deactivated"):
            await refused
    with pytest.raises(UnknownCaller):
        await call(house.access, client, "wrong")
    await house.access.revoke(client.client_id, client.client_secret, HERE, token.access_token)


async def test_somebody_elses_token_cannot_be_revoked(house: House, client: NewClient) -> None:
    other = await house.clients.add("other")
    token = await house.access.issue(client.client_id, client.client_secret, HERE, None)
    with pytest.raises(NotAllowed):
        await house.access.revoke(other.client_id, other.client_secret, HERE, token.access_token)
    assert (await house.access.bearer(token.access_token, HERE)).client_id == client.client_id


async def test_revoking_what_is_no_token_is_a_success_for_a_known_client_only(
    house: House, client: NewClient
) -> None:
    await house.access.revoke(client.client_id, client.client_secret, HERE, "nonsense")
    with pytest.raises(UnknownCaller):
        await house.access.revoke(client.client_id, "wrong", HERE, "nonsense")


async def test_expired_tokens_leave_the_list_of_revoked_ones(
    house: House, client: NewClient, clock: Hands
) -> None:
    for _ in range(2):
        token = await house.access.issue(client.client_id, client.client_secret, HERE, None)
        await house.access.revoke(client.client_id, client.client_secret, HERE, token.access_token)
        clock.move(hours=2)
    async with house.db.read() as tx:
        left = (await tx.execute(tables.revoked_tokens.select())).all()
    assert len(left) == 1


async def test_a3_thirty_wrong_secrets_close_the_door_to_the_right_one_for_a_minute(
    house: House, client: NewClient, clock: Hands
) -> None:
    for _ in range(FAILURES):
        with pytest.raises(UnknownCaller):
            await call(house.access, client, "wrong")
    with pytest.raises(Throttled):
        await call(house.access, client)
    elsewhere = await house.access.basic(client.client_id, client.client_secret, "198.51.100.9")
    assert elsewhere.client_id == client.client_id
    clock.move(seconds=60)
    assert (await call(house.access, client)).client_id == client.client_id


async def test_a_token_of_a_client_that_never_was_is_refused(house: House) -> None:
    token = await house.tokens.issue("vilt-gone", ["vilt-session:launch"])
    with pytest.raises(UnknownCaller):
        await house.access.bearer(token.access_token, HERE)


async def test_neither_secret_nor_typed_id_is_logged(
    house: House, client: NewClient, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UnknownCaller):
        await house.access.basic("dana.lee@example.com", "hunter2", HERE)
    with pytest.raises(UnknownCaller):
        await house.access.basic(client.client_secret, client.client_id, HERE)
    told = "".join(capsys.readouterr())
    assert "refused" in told
    for private in ("dana.lee", "hunter2", client.client_secret):
        assert private not in told
