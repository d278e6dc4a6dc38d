"""Keys: made once whoever asks first, renewed with overlap, sealed under a ring that can be changed."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, update

from app.db import tables
from app.db.database import Database
from app.db.sealed import Sealer, Unopenable
from app.services.keys import CACHE_LIFE, JOIN_LINK_OVERLAP, Keys, Purpose
from app.wiring import House
from tests.conftest import SECRET, Hands

NEW_TEXT = "another text of the ring, put in front"


def keys_of(db: Database, clock: Hands, ring: str = SECRET) -> Keys:
    return Keys(db, Sealer(ring), clock)


async def count(db: Database, purpose: Purpose) -> int:
    async with db.read() as tx:
        query = select(func.count()).select_from(tables.keys).where(tables.keys.c.purpose == purpose)
        return (await tx.scalar(query)) or 0


async def test_ten_processes_that_start_at_once_make_one_key(db: Database, clock: Hands) -> None:
    processes = [keys_of(db, clock) for _ in range(10)]
    found = await asyncio.gather(*(keys.newest(Purpose.TOKEN_SIGNING) for keys in processes))
    assert len({key.id for key in found}) == 1
    assert await count(db, Purpose.TOKEN_SIGNING) == 1


async def test_a_key_serves_one_purpose_only(db: Database, clock: Hands) -> None:
    keys = keys_of(db, clock)
    signing = await keys.newest(Purpose.TOKEN_SIGNING)
    assert await keys.get(Purpose.TOKEN_SIGNING, signing.id) == signing
    assert await keys.get(Purpose.JOIN_LINKS, signing.id) is None
    assert signing.material != (await keys.newest(Purpose.JOIN_LINKS)).material


async def test_no_key_lies_open_in_the_database_or_in_a_log_line(db: Database, clock: Hands) -> None:
    key = await keys_of(db, clock).newest(Purpose.CLIENT_SECRETS)
    async with db.read() as tx:
        stored = await tx.scalar(select(tables.keys.c.sealed))
    assert key.material not in stored
    assert repr(key.material)[2:-1] not in repr(key)


async def test_a_rotation_leaves_both_keys_verifying_until_every_token_is_over(
    db: Database, clock: Hands
) -> None:
    keys = keys_of(db, clock)
    old = await keys.newest(Purpose.TOKEN_SIGNING)
    done = await keys.rotate()
    new = await keys.newest(Purpose.TOKEN_SIGNING)
    assert done.renewed[Purpose.TOKEN_SIGNING] == new.id != old.id
    assert [key.id for key in await keys.all(Purpose.TOKEN_SIGNING)] == [new.id, old.id]
    clock.move(days=1, minutes=9)
    assert await keys.get(Purpose.TOKEN_SIGNING, old.id) is not None
    clock.move(minutes=1)
    assert await keys.get(Purpose.TOKEN_SIGNING, old.id) is None
    assert [key.id for key in await keys.all(Purpose.TOKEN_SIGNING)] == [new.id]


async def test_join_links_outlive_a_rotation_by_half_a_year_as_links_must_not_die(
    db: Database, clock: Hands
) -> None:
    keys = keys_of(db, clock)
    old = await keys.newest(Purpose.JOIN_LINKS)
    await keys.rotate()
    assert (await keys.newest(Purpose.JOIN_LINKS)).id != old.id
    clock.move(seconds=JOIN_LINK_OVERLAP.total_seconds() - 1)
    assert await keys.get(Purpose.JOIN_LINKS, old.id) is not None


async def test_the_key_of_client_secrets_is_never_renewed(db: Database, clock: Hands) -> None:
    keys = keys_of(db, clock)
    before = await keys.newest(Purpose.CLIENT_SECRETS)
    await keys.rotate()
    assert await keys.newest(Purpose.CLIENT_SECRETS) == before


async def test_what_has_retired_is_removed_by_the_next_rotation(db: Database, clock: Hands) -> None:
    keys = keys_of(db, clock)
    await keys.newest(Purpose.TOKEN_SIGNING)
    await keys.rotate()
    clock.move(days=2)
    done = await keys.rotate()
    assert done.removed == 1
    assert await count(db, Purpose.TOKEN_SIGNING) == 2


async def test_another_process_knows_a_new_key_at_once_when_it_meets_its_id(
    db: Database, clock: Hands
) -> None:
    here, there = keys_of(db, clock), keys_of(db, clock)
    old = await there.newest(Purpose.TOKEN_SIGNING)
    clock.move(seconds=2)
    new = (await here.rotate()).renewed[Purpose.TOKEN_SIGNING]
    found = await there.get(Purpose.TOKEN_SIGNING, new)
    assert found is not None
    assert (await there.newest(Purpose.TOKEN_SIGNING)).id == new != old.id


async def test_another_process_uses_a_new_key_when_its_cache_is_over(db: Database, clock: Hands) -> None:
    here, there = keys_of(db, clock), keys_of(db, clock)
    old = await there.newest(Purpose.TOKEN_SIGNING)
    new = (await here.rotate()).renewed[Purpose.TOKEN_SIGNING]
    assert (await there.newest(Purpose.TOKEN_SIGNING)).id == old.id
    clock.move(seconds=CACHE_LIFE.total_seconds())
    assert (await there.newest(Purpose.TOKEN_SIGNING)).id == new


async def test_a_flood_of_forged_key_ids_is_one_query_a_second(
    db: Database, clock: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, reads = keys_of(db, clock), []
    await keys.newest(Purpose.TOKEN_SIGNING)
    read = db.read
    monkeypatch.setattr(db, "read", lambda: reads.append(1) or read())
    for _ in range(3):
        clock.move(seconds=1)
        for number in range(50):
            assert await keys.get(Purpose.TOKEN_SIGNING, f"forged{number}") is None
    assert len(reads) == 3


async def test_after_a_rotation_the_old_text_of_the_ring_is_not_needed(house: House, clock: Hands) -> None:
    await house.clients.add("lms")
    await house.keys.newest(Purpose.TOKEN_SIGNING)
    connection, meeting = await _plant_secrets(house, Sealer(SECRET))
    both = Keys(house.db, Sealer(f"{NEW_TEXT},{SECRET}"), clock)
    done = await both.rotate()
    assert done.resealed == {"key": 2, "connection": 1, "meeting": 1, "push": 0}
    assert done.unopenable == ()
    alone = Sealer(NEW_TEXT)
    async with house.db.read() as tx:
        secrets = await tx.scalar(select(tables.connections.c.sealed_secrets))
        ref = await tx.scalar(select(tables.meetings.c.sealed_ref))
    assert alone.open(secrets, f"connection:{connection}") == b"secrets"
    assert alone.open(ref, f"meeting:{meeting}") == b"ref"
    keys = Keys(house.db, alone, clock)
    assert len(await keys.all(Purpose.TOKEN_SIGNING)) == 2
    with pytest.raises(Unopenable):
        await keys_of(house.db, clock).newest(Purpose.TOKEN_SIGNING)


async def test_a_rotation_can_be_repeated_without_harm(house: House, clock: Hands) -> None:
    await house.clients.add("lms")
    await house.keys.rotate()
    again = await house.keys.rotate()
    assert again.resealed == {"key": 0, "connection": 0, "meeting": 0, "push": 0}
    assert len(await house.keys.all(Purpose.TOKEN_SIGNING)) == 2


async def test_a_value_that_does_not_open_is_named_and_stops_nothing(house: House, clock: Hands) -> None:
    await house.clients.add("lms")
    connection, _ = await _plant_secrets(house, Sealer(SECRET))
    async with house.db.begin() as tx:
        lost = Sealer("a text that nobody remembers").seal(b"x", f"connection:{connection}")
        await tx.execute(update(tables.connections).values(sealed_secrets=lost))
    done = await Keys(house.db, Sealer(f"{NEW_TEXT},{SECRET}"), clock).rotate()
    assert done.unopenable == (f"connection:{connection}",)
    assert done.resealed["meeting"] == 1


async def test_many_pages_of_meetings_are_all_sealed_anew(
    house: House, clock: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.keys.PAGE", 3)
    await house.clients.add("lms")
    for _ in range(7):
        await _plant_secrets(house, Sealer(SECRET))
    done = await Keys(house.db, Sealer(f"{NEW_TEXT},{SECRET}"), clock).rotate()
    assert done.resealed["meeting"] == 7


async def _plant_secrets(house: House, sealer: Sealer) -> tuple[object, object]:
    """Sealed secrets on the connection, and one more meeting with a sealed reference."""
    session, meeting, now = uuid4(), uuid4(), house.keys._clock()
    async with house.db.begin() as tx:
        tenant = await tx.scalar(select(tables.tenants.c.id))
        connection = await tx.scalar(select(tables.connections.c.id))
        sealed = sealer.seal(b"secrets", f"connection:{connection}")
        await tx.execute(update(tables.connections).values(sealed_secrets=sealed))
        place = {"connection_id": connection, "created_at": now, "updated_at": now}
        await tx.execute(
            insert(tables.sessions).values(
                id=session, tenant_id=tenant, session_key=str(session), external_id=str(session), title="t",
                description="", starts_at=now, ends_at=now, time_zone="", creator_email="", state="planned",
                revision=1, **place,
            )
        )  # fmt: skip
        await tx.execute(
            insert(tables.meetings).values(
                id=meeting, session_id=session, state="live", attempts=0, last_error="", last_error_kind="",
                sealed_ref=sealer.seal(b"ref", f"meeting:{meeting}"), **place,
            )
        )  # fmt: skip
    return connection, meeting
