"""The database adds evidence up exactly as the domain's own rule does."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random
from uuid import UUID, uuid4

import pytest

from app.db import evidence, launches, sessions, summaries
from app.db.database import Database
from app.db.evidence import Observation
from app.db.lane import Lane
from app.db.launches import Wish
from app.domain.attendance import Class, Evidence, Kind, summarise
from app.domain.people import Role
from app.wiring import House
from tests.db.kept import kept
from tests.services.conftest import draft

START = datetime(2030, 5, 14, 15, tzinfo=UTC)
WINDOW = Class(START, START + timedelta(hours=1)).widened(timedelta(minutes=15))
NOW = START + timedelta(hours=2, microseconds=7)
PEOPLE = [
    "dana@example.com",
    "Dana@Example.com",
    "zoë@example.com",
    "ZOË@example.com",
    "ab~c@example.com",
    "ß@x.y",
]


def any_piece(chance: Random) -> Evidence:
    kind = chance.choice([Kind.PRESENT] * 4 + [Kind.OPENED, Kind.ASKED])
    at = START + timedelta(microseconds=chance.randrange(-3_600_000_000, 7_200_000_000))
    until = None
    if kind is Kind.PRESENT and chance.random() < 0.9:
        until = at + timedelta(microseconds=chance.choice([0, 1, chance.randrange(3_600_000_000)]))
    source, instance = ("launch", "") if kind is Kind.ASKED else ("room", uuid4().hex)
    return Evidence(chance.choice(PEOPLE), kind, at, until, source, instance)


async def store(db: Database, session_id: UUID, pieces: list[Evidence]) -> None:
    asked = [p for p in pieces if p.kind is Kind.ASKED]
    async with db.begin() as tx:
        await evidence.keep(tx, [Observation(session_id, p) for p in pieces if p not in asked], NOW)
    if asked:
        async with db.begin() as tx:
            session = await sessions.get(tx, session_id)
        told = [Wish(uuid4(), session.tenant_id, session.external_id, p.email, "", p.at) for p in asked]
        assert await launches.record(Lane(db, writes=True), told) == [Role.LEARNER] * len(told)


@pytest.mark.parametrize("seed", range(12))
async def test_the_database_and_the_rule_agree(house: House, seed: int) -> None:
    chance = Random(seed)
    pieces = [any_piece(chance) for _ in range(chance.randrange(0, 60))]
    client = await house.clients.add("lms")
    caller = await house.access.basic(client.client_id, client.client_secret, "127.0.0.1")
    wanted = draft()
    await house.sessions.create(caller, wanted)
    session_id = await _id_of(house, caller.tenant_id, wanted.external_id)
    await store(house.db, session_id, pieces)
    async with house.db.read() as tx:
        by_database = await summaries.of_session(tx, session_id, WINDOW, NOW)
    assert by_database == summarise(pieces, WINDOW, NOW)


@pytest.mark.parametrize("order", list(permutations((None, 3, 5))))
async def test_what_is_told_again_in_one_breath_ends_when_it_ended_last(
    house: House, order: tuple[int | None, ...]
) -> None:
    client = await house.clients.add("lms")
    caller = await house.access.basic(client.client_id, client.client_secret, "127.0.0.1")
    wanted = draft()
    await house.sessions.create(caller, wanted)
    session_id = await _id_of(house, caller.tenant_id, wanted.external_id)
    told = [
        Evidence(
            "dana@example.com", Kind.PRESENT, START, minutes and START + timedelta(minutes=minutes), "room"
        )
        for minutes in order
    ]
    await store(house.db, session_id, told)
    (seen,) = await kept(house, session_id)
    assert seen.until == START + timedelta(minutes=5)


async def _id_of(house: House, tenant_id: UUID, external_id: str) -> UUID:
    async with house.db.read() as tx:
        found = await sessions.find(tx, tenant_id, external_id)
    assert found is not None
    return found.id
