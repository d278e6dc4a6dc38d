"""Tickets shared by processes: one signs in, all use it, nobody's ticket is spoilt, nobody hammers."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.db.database import Database
from app.db.sealed import Sealer
from app.db.tables import connections, provider_tickets
from app.domain.errors import AccountBroken, ProviderUnavailable
from app.providers.tickets import MemoryTickets, Ticket
from app.services import tickets
from app.services.tickets import LEASE, LEAVE_ALONE, SharedTickets, TicketStore
from app.wiring import House
from tests.conftest import SECRET, Hands

DESK = "https://vendor.example/token"


@dataclass
class Vendor:
    """Gives out numbered tickets and counts how many sign in at the same time."""

    clock: Hands
    pause: float = 0.0
    error: Exception | None = None
    signed_in: int = 0
    at_once: int = 0
    most: int = 0
    good_for: timedelta = field(default=timedelta(hours=1))

    async def sign_in(self) -> Ticket:
        self.signed_in += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(self.pause)
            if self.error:
                raise self.error
            return Ticket(f"ticket {self.signed_in}", self.clock() + self.good_for)
        finally:
            self.at_once -= 1


@pytest.fixture
def vendor(clock: Hands) -> Vendor:
    return Vendor(clock)


@pytest.fixture
async def connection_id(house: House, db: Database) -> UUID:
    await house.clients.add("lms")
    async with db.read() as tx:
        return (await tx.execute(select(connections.c.id))).scalars().first()


@pytest.fixture
async def process(database_url: str, clock: Hands, connection_id: UUID) -> AsyncIterator[object]:
    """Starts what stands for a process of its own: its own pool, its own memory."""
    opened: list[Database] = []

    def start(revision: int = 1) -> SharedTickets:
        opened.append(Database(database_url))
        return TicketStore(opened[-1], Sealer(SECRET), clock).of(connection_id, revision)

    yield start
    for database in opened:
        await database.close()


async def test_b15_fifty_calls_in_three_processes_sign_in_once(process, vendor):
    vendor.pause = 0.1
    processes = [process() for _ in range(3)]
    wanted = [one.get(DESK, vendor.sign_in) for one in processes for _ in range(17)]
    found = await asyncio.gather(*wanted)
    assert vendor.signed_in == 1
    assert {ticket.text for ticket in found} == {"ticket 1"}


async def test_b15_a_refused_ticket_is_renewed_once_and_others_take_the_new_one(process, vendor):
    one, other = process(), process()
    old = (await one.get(DESK, vendor.sign_in)).text
    assert (await other.get(DESK, vendor.sign_in)).text == old
    new = (await one.get(DESK, vendor.sign_in, refused=old)).text
    assert new != old
    assert (await other.get(DESK, vendor.sign_in, refused=old)).text == new
    assert vendor.signed_in == 2


async def test_an_expired_ticket_is_renewed_by_one(process, vendor, clock):
    one, other = process(), process()
    await asyncio.gather(one.get(DESK, vendor.sign_in), other.get(DESK, vendor.sign_in))
    clock.move(hours=1)
    vendor.pause = 0.05
    found = await asyncio.gather(one.get(DESK, vendor.sign_in), other.get(DESK, vendor.sign_in))
    assert {ticket.text for ticket in found} == {"ticket 2"}
    assert vendor.most == 1


async def test_a_process_that_died_while_signing_in_is_taken_over_when_its_lease_ends(
    process, vendor, clock, monkeypatch
):
    dead, living = process(), process()

    async def die(*_args, **_named):
        raise asyncio.CancelledError

    monkeypatch.setattr(dead._store, "give_up", die)  # killed: it gives nothing back
    vendor.error = RuntimeError("killed")
    with pytest.raises(asyncio.CancelledError):
        await dead.get(DESK, vendor.sign_in)
    vendor.error = None
    waiting = asyncio.create_task(living.get(DESK, vendor.sign_in))
    await asyncio.sleep(0.25)
    assert not waiting.done()
    clock.now += LEASE
    assert (await waiting).text == "ticket 2"


async def test_a_clock_that_jumped_back_lets_nobody_wait_for_ever(process, vendor, clock, monkeypatch):
    dead, living = process(), process()
    monkeypatch.setattr(dead._store, "give_up", _nothing)
    vendor.error = RuntimeError("killed")
    with pytest.raises(RuntimeError):
        await dead.get(DESK, vendor.sign_in)
    vendor.error = None
    clock.move(hours=-5)
    assert (await living.get(DESK, vendor.sign_in)).text == "ticket 2"


async def _nothing(*_args: object, **_named: object) -> None:
    pass


async def test_b16_a_refused_account_is_left_alone_by_every_process(process, vendor, clock):
    vendor.error = AccountBroken()
    for one in (process(), process(), process()):
        for _ in range(3):
            with pytest.raises(AccountBroken):
                await one.get(DESK, vendor.sign_in)
    assert vendor.signed_in == 1
    clock.now += LEAVE_ALONE
    vendor.error = None
    assert (await process().get(DESK, vendor.sign_in)).text == "ticket 2"


async def test_an_outage_of_the_sign_in_may_be_tried_again_at_once(process, vendor):
    vendor.error = ProviderUnavailable()
    one = process()
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            await one.get(DESK, vendor.sign_in)
    assert vendor.signed_in == 2


async def test_a_sign_in_that_hangs_ends_before_its_lease_and_gives_it_back(process, vendor, monkeypatch):
    monkeypatch.setattr(tickets, "SIGN_IN_SECONDS", 0.05)
    vendor.pause = 60
    with pytest.raises(ProviderUnavailable):
        await process().get(DESK, vendor.sign_in)
    vendor.pause = 0
    assert (await process().get(DESK, vendor.sign_in)).text == "ticket 2"


async def test_changed_settings_forget_the_tickets_of_the_old_ones(process, vendor, db):
    await process(1).get(DESK, vendor.sign_in)
    await process(1).get("another desk", vendor.sign_in)
    assert (await process(2).get(DESK, vendor.sign_in)).text == "ticket 3"
    async with db.read() as tx:
        rows = (await tx.execute(select(provider_tickets))).all()
    assert [(row.name, row.revision) for row in rows] == [(DESK, 2)]


async def test_changed_settings_try_a_refused_account_again(process, vendor):
    vendor.error = AccountBroken()
    with pytest.raises(AccountBroken):
        await process(1).get(DESK, vendor.sign_in)
    vendor.error = None
    assert (await process(2).get(DESK, vendor.sign_in)).text == "ticket 2"


async def test_who_still_has_the_old_settings_spoils_nothing_of_the_new_ones(process, vendor):
    old, new = process(1), process(2)
    kept = (await new.get(DESK, vendor.sign_in)).text
    own = (await old.get(DESK, vendor.sign_in)).text
    assert own != kept
    assert (await old.get(DESK, vendor.sign_in)).text == own
    assert (await process(2).get(DESK, vendor.sign_in)).text == kept


async def test_tickets_of_two_desks_are_two(process, vendor):
    one = process()
    first, second = await one.get(DESK, vendor.sign_in), await one.get("another", vendor.sign_in)
    assert first.text != second.text


async def test_a_ticket_is_sealed_at_rest_and_hidden_in_its_own_words(process, vendor, db):
    ticket = await process().get(DESK, vendor.sign_in)
    async with db.read() as tx:
        sealed = (await tx.execute(select(provider_tickets.c.sealed))).scalar_one()
    assert b"ticket" not in sealed
    assert "ticket 1" not in repr(ticket)


async def test_a_ticket_that_no_key_opens_any_more_is_made_anew(
    process, vendor, database_url, clock, connection_id
):
    await process().get(DESK, vendor.sign_in)
    database = Database(database_url)
    changed = TicketStore(database, Sealer("quite another ring, long enough too"), clock)
    assert (await changed.of(connection_id, 1).get(DESK, vendor.sign_in)).text == "ticket 2"
    await database.close()


async def test_tickets_in_memory_keep_the_same_promises_for_one_process(vendor, clock):
    vendor.pause = 0.01
    memory = MemoryTickets(clock)
    await asyncio.gather(*(memory.get(DESK, vendor.sign_in) for _ in range(20)))
    assert vendor.signed_in == 1
    assert (await memory.get(DESK, vendor.sign_in, refused="ticket 1")).text == "ticket 2"
    clock.move(hours=1)
    assert (await memory.get(DESK, vendor.sign_in)).text == "ticket 3"
