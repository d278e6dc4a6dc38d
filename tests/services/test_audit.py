"""The audit trail: masked, chained, never forked, and honest about every later change."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select, update

from app.db.tables import audit, audit_heads
from app.domain.actor import Actor, Grant, commanding
from app.domain.errors import NotAllowed
from app.domain.permissions import Scope
from app.services.audit import Wanted
from app.wiring import House
from tests.conftest import Hands


@pytest.fixture
async def actor(house: House) -> Actor:
    client = await house.clients.add("lms")
    caller = await house.access.basic(client.client_id, client.client_secret, "127.0.0.1")
    return commanding(caller.tenant_id, "test")


async def note(house: House, actor: Actor, number: int = 0, **after: object) -> None:
    async with house.db.begin() as tx:
        await house.audit.note(
            tx, actor, action="thing.changed", subject=f"thing:{number}", before={"n": number}, after=after
        )


async def test_a_deed_is_found_with_who_what_when_where_before_and_after(
    house: House, actor: Actor, clock: Hands
) -> None:
    await note(house, replace(actor, address="192.0.2.7"), 4, name="new")
    (entry,) = await house.audit.search(actor, Wanted(), None, 10)
    assert (entry.actor, entry.address, entry.action, entry.subject) == (
        "command:test",
        "192.0.2.7",
        "thing.changed",
        "thing:4",
    )
    assert (entry.at, entry.before, entry.after) == (clock.now, {"n": 4}, {"name": "new"})


async def test_secrets_are_masked_wherever_they_hide_and_their_length_is_not_told(
    house: House, actor: Actor
) -> None:
    await note(
        house,
        actor,
        password="short",
        nested={"client_secret": "s" * 90, "list": [{"apiKey": "k"}]},
        typed=SecretStr("hunter2"),
        raw=b"bytes",
    )
    async with house.db.read() as tx:
        stored = (await tx.execute(select(audit.c.details))).scalar_one()
    assert not any(secret in stored for secret in ("short", "sss", "hunter2", '"k"', "bytes"))
    (entry,) = await house.audit.search(actor, Wanted(), None, 10)
    assert entry.after["password"] == entry.after["nested"]["client_secret"] == entry.after["typed"] == "•••"


async def test_a_deed_that_fails_leaves_no_trace(house: House, actor: Actor) -> None:
    async def failing() -> None:
        async with house.db.begin() as tx:
            await house.audit.note(tx, actor, action="thing.done", subject="thing:1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await failing()
    assert await house.audit.search(actor, Wanted(), None, 10) == []
    assert [verdict.broken_at for verdict in await house.audit.verify()] == [None]


async def test_writers_at_once_make_one_chain(house: House, actor: Actor) -> None:
    await asyncio.gather(*(note(house, actor, n) for n in range(25)))
    (verdict,) = await house.audit.verify("default")
    assert (verdict.rows, verdict.broken_at) == (25, None)


async def test_the_chain_tells_the_first_row_that_was_changed(house: House, actor: Actor) -> None:
    for n in range(6):
        await note(house, actor, n)
    async with house.db.begin() as tx:
        await tx.execute(update(audit).where(audit.c.number == 3).values(details='{"after":1}'))
        await tx.execute(update(audit).where(audit.c.number == 5).values(subject="thing:99"))
    (verdict,) = await house.audit.verify()
    assert (verdict.broken_at, verdict.rows) == (3, 2)


@pytest.mark.parametrize(
    "values",
    [
        {"actor": "user:x"},
        {"address": "1.2.3.4"},
        {"action": "a"},
        {"subject": "b"},
        {"salt": "c"},
        {"hash": "d"},
    ],
)
async def test_no_column_can_be_changed_unseen(house: House, actor: Actor, values: dict[str, str]) -> None:
    await note(house, actor, 1)
    await note(house, actor, 2)
    async with house.db.begin() as tx:
        await tx.execute(update(audit).where(audit.c.number == 1).values(**values))
    (verdict,) = await house.audit.verify()
    assert verdict.broken_at == 1


async def test_a_moved_moment_is_seen(house: House, actor: Actor, clock: Hands) -> None:
    await note(house, actor)
    async with house.db.begin() as tx:
        await tx.execute(update(audit).values(at=clock.now + timedelta(seconds=1)))
    (verdict,) = await house.audit.verify()
    assert verdict.broken_at == 1


@pytest.mark.parametrize(("gone", "broken_at"), [(1, 1), (3, 3), (5, 5)])
async def test_a_missing_row_is_seen_at_the_beginning_in_the_middle_and_at_the_end(
    house: House, actor: Actor, gone: int, broken_at: int
) -> None:
    for n in range(5):
        await note(house, actor, n)
    async with house.db.begin() as tx:
        await tx.execute(delete(audit).where(audit.c.number == gone))
    (verdict,) = await house.audit.verify()
    assert (verdict.broken_at, verdict.reason != "") == (broken_at, True)


async def test_an_emptied_trail_is_seen(house: House, actor: Actor) -> None:
    await note(house, actor)
    async with house.db.begin() as tx:
        await tx.execute(delete(audit))
    (verdict,) = await house.audit.verify()
    assert verdict.broken_at == 1


async def test_an_erased_person_leaves_the_chain_whole(house: House, actor: Actor, clock: Hands) -> None:
    for n in range(3):
        await note(house, actor, n)
    async with house.db.begin() as tx:
        values = {"actor": "user:erased", "details": "", "salt": "", "erased_at": clock.now}
        await tx.execute(update(audit).where(audit.c.number == 2).values(**values))
    (verdict,) = await house.audit.verify()
    assert (verdict.rows, verdict.erased, verdict.broken_at) == (3, 1, None)
    entries = await house.audit.search(actor, Wanted(), None, 10)
    assert [(entry.erased, entry.after) for entry in entries] == [(False, {}), (True, None), (False, {})]


async def test_search_narrows_and_turns_pages_newest_first(house: House, actor: Actor, clock: Hands) -> None:
    for n in range(5):
        await note(house, actor, n)
        clock.move(hours=1)
    first = await house.audit.search(actor, Wanted(), None, 2)
    second = await house.audit.search(actor, Wanted(), first[-1].number, 2)
    assert [entry.number for entry in (*first, *second)] == [5, 4, 3, 2]
    by_time = Wanted(since=clock.now - timedelta(hours=2), until=clock.now - timedelta(minutes=90))
    assert [entry.number for entry in await house.audit.search(actor, by_time, None, 9)] == [4]
    for wanted, found in (
        (Wanted(actor="COMMAND"), 5),
        (Wanted(actor="nobody"), 0),
        (Wanted(actor="%"), 0),
        (Wanted(action="thing."), 5),
        (Wanted(subject="thing:3"), 1),
    ):
        assert len(await house.audit.search(actor, wanted, None, 9)) == found, wanted


async def test_another_tenants_trail_is_another_chain(house: House, actor: Actor) -> None:
    other = await house.clients.add("other", tenant_key="acme")
    caller = await house.access.basic(other.client_id, other.client_secret, "127.0.0.1")
    stranger = commanding(caller.tenant_id, "test")
    await note(house, actor, 1)
    await note(house, stranger, 2)
    (entry,) = await house.audit.search(stranger, Wanted(), None, 10)
    assert (entry.number, entry.subject) == (1, "thing:2")
    async with house.db.begin() as tx:
        await tx.execute(delete(audit).where(audit.c.tenant_id == actor.tenant_id))
        await tx.execute(delete(audit_heads).where(audit_heads.c.tenant_id == actor.tenant_id))
        moved = update(audit).where(audit.c.tenant_id == stranger.tenant_id)
        await tx.execute(moved.values(tenant_id=actor.tenant_id))
        heads = update(audit_heads).where(audit_heads.c.tenant_id == stranger.tenant_id)
        await tx.execute(heads.values(tenant_id=actor.tenant_id))
    verdicts = {verdict.tenant: verdict.broken_at for verdict in await house.audit.verify()}
    assert verdicts == {"default": 1, "acme": None}


async def test_without_the_permission_the_trail_stays_closed(house: House, actor: Actor) -> None:
    grants = tuple(Grant(scope) for scope in Scope if scope is not Scope.AUDIT_VIEW)
    with pytest.raises(NotAllowed, match="Audit - View"):
        await house.audit.search(replace(actor, grants=grants), Wanted(), None, 10)
