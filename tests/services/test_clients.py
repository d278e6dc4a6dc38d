"""The register of API clients: made with their place, shown once, rotated, closed."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.db import tables
from app.domain.errors import Conflict, InvalidRequest, NotFound
from app.domain.permissions import CONTRACT_SCOPES
from app.settings import Settings
from app.wiring import House, open_house
from tests.conftest import Hands


async def rows(house: House, table: str) -> int:
    async with house.db.read() as tx:
        return (await tx.scalar(select(func.count()).select_from(tables.metadata.tables[table]))) or 0


async def test_the_first_client_makes_the_portal_and_its_practice_room(house: House) -> None:
    client = await house.clients.add("  our LMS  ")
    assert (client.name, client.tenant, client.connection) == ("our LMS", "default", "sandbox")
    assert client.scopes == CONTRACT_SCOPES
    async with house.db.read() as tx:
        connection = (await tx.execute(tables.connections.select())).one()
    assert (connection.key, connection.provider, connection.state) == ("sandbox", "sandbox", "active")
    assert connection.settings == {}


async def test_the_second_client_shares_them(house: House) -> None:
    one, two = await house.clients.add("one"), await house.clients.add("two")
    assert one.client_id != two.client_id
    assert (await rows(house, "tenants"), await rows(house, "connections")) == (1, 1)


async def test_first_clients_of_many_processes_share_one_portal(house: House, settings: Settings) -> None:
    async with open_house(settings) as other:
        made = await asyncio.gather(*(h.clients.add("lms") for h in (house, other) for _ in range(4)))
    assert len({client.client_id for client in made}) == 8
    assert (await rows(house, "tenants"), await rows(house, "connections")) == (1, 1)


async def test_a_second_portal_is_one_command_away(house: House) -> None:
    await house.clients.add("one")
    await house.clients.add("two", tenant_key="acme")
    one, two = await house.clients.list()
    assert ((one.tenant, one.connection), (two.tenant, two.connection)) == (
        ("default", "sandbox"),
        ("acme", "sandbox"),
    )
    assert (await rows(house, "tenants"), await rows(house, "connections")) == (2, 2)


async def test_an_unknown_connection_is_named_and_nothing_is_made(house: House) -> None:
    await house.clients.add("first")
    for tenant in ("default", "acme"):
        with pytest.raises(NotFound, match=f"{tenant} has no connection lync-1"):
            await house.clients.add("second", tenant_key=tenant, connection_key="lync-1")
    assert (await rows(house, "tenants"), await rows(house, "clients")) == (1, 1)


async def test_a_portal_needs_a_plain_key(house: House) -> None:
    for tenant in ("", "A", "a b", "a\0", "../x", "x" * 64, "é"):
        with pytest.raises(InvalidRequest):
            await house.clients.add("lms", tenant_key=tenant)


async def test_a_client_needs_a_name_that_can_be_shown(house: House) -> None:
    for name in ("", "   ", "x" * 201, "a\0b", "a\nb", "\ud800"):
        with pytest.raises(InvalidRequest, match="name"):
            await house.clients.add(name)


async def test_an_unknown_scope_is_named(house: House) -> None:
    with pytest.raises(InvalidRequest, match="vilt-session:fly"):
        await house.clients.add("lms", scopes=["vilt-session:launch", "vilt-session:fly"])
    with pytest.raises(InvalidRequest):
        await house.clients.add("lms", scopes=[])
    assert await rows(house, "clients") == 0


async def test_a_client_may_hold_fewer_scopes_than_the_contract_has(house: House) -> None:
    client = await house.clients.add("lms", scopes=["vilt-session:launch", "vilt-session:launch"])
    assert client.scopes == ("vilt-session:launch",)
    caller = await house.access.basic(client.client_id, client.client_secret, "")
    assert caller.scopes == {"vilt-session:launch"}


async def test_secrets_are_256_random_bits_and_ids_hold_no_colon(house: House) -> None:
    made = [await house.clients.add("lms") for _ in range(5)]
    assert len({client.client_secret for client in made}) == 5
    assert all(len(client.client_secret) == 43 and ":" not in client.client_id for client in made)


async def test_the_database_holds_digests_and_no_secret(house: House) -> None:
    client = await house.clients.add("lms")
    async with house.db.read() as tx:
        (digest,) = (await tx.execute(select(tables.client_secrets.c.digest))).one()
    assert client.client_secret.encode() not in digest
    key_id, _, mac = digest.partition(b":")
    assert (len(key_id), len(mac)) == (16, 32)


async def test_the_list_tells_state_and_never_a_secret(house: House, clock: Hands) -> None:
    open_one, closed = await house.clients.add("a"), await house.clients.add("b")
    await house.clients.rotate(open_one.client_id, timedelta(hours=2))
    await house.clients.revoke(closed.client_id)
    one, two = await house.clients.list()
    assert (one.id, one.secrets, one.old_secret_until) == (
        open_one.client_id,
        2,
        clock() + timedelta(hours=2),
    )
    assert (two.id, two.secrets, two.revoked_at) == (closed.client_id, 0, clock())
    assert open_one.client_secret not in repr((one, two))
    clock.move(hours=2)
    assert [client.secrets for client in await house.clients.list()] == [1, 0]


async def test_a_rotation_without_overlap_ends_the_old_secret_at_once(house: House) -> None:
    old = await house.clients.add("lms")
    new = await house.clients.rotate(old.client_id, timedelta(0))
    assert new.old_secret_until is None
    assert new.client_secret != old.client_secret
    assert [client.secrets for client in await house.clients.list()] == [1]


async def test_rotations_at_once_never_leave_more_than_two_secrets(house: House) -> None:
    client = await house.clients.add("lms")
    await asyncio.gather(*(house.clients.rotate(client.client_id, timedelta(hours=1)) for _ in range(5)))
    assert await rows(house, "client_secrets") == 2


async def test_an_overlap_must_be_bearable(house: House) -> None:
    client = await house.clients.add("lms")
    for hours in (-1, 24 * 91):
        with pytest.raises(InvalidRequest):
            await house.clients.rotate(client.client_id, timedelta(hours=hours))


async def test_a_revoked_client_gets_no_new_secret_and_stays_revoked_since_then(
    house: House, clock: Hands
) -> None:
    client = await house.clients.add("lms")
    await house.clients.revoke(client.client_id)
    since = clock()
    clock.move(hours=1)
    await house.clients.revoke(client.client_id)
    assert [listed.revoked_at for listed in await house.clients.list()] == [since]
    with pytest.raises(Conflict):
        await house.clients.rotate(client.client_id, timedelta(0))


async def test_an_unknown_client_is_named(house: House) -> None:
    for deed in (house.clients.revoke("vilt-x"), house.clients.rotate("vilt-x", timedelta(0))):
        with pytest.raises(NotFound, match="vilt-x"):
            await deed
