"""A provider that pushes: the benchmark's connection becomes a Jitsi Meet, and its server tells who joins.

Every request is another fact: another stay of one of a few thousand people in fifty classes.
"""

import base64
import time
from collections.abc import Iterator
from itertools import count
from uuid import UUID

import orjson
import uvloop
from sqlalchemy import func, select, update

from app.db.tables import connections, evidence, meetings
from app.domain.meeting import MeetingRef
from app.domain.people import Person, Role
from app.providers.base import Provider
from app.wiring import open_house
from bench.databases import Store

PROVIDER, SECRET = "jitsi", "the-secret-of-the-benchmark"
SETTINGS = {"address": "https://meet.example.com", "app_id": "bench"}
PEOPLE = 2_000


def lead(store: Store) -> None:
    """Let the client's connection lead there. Before a server starts: it may keep what it read."""

    async def run() -> None:
        async with open_house(store.settings) as house, house.db.begin() as tx:
            found: UUID = (await tx.execute(select(connections.c.id))).scalar_one()
            sealed = house.connections.seal(found, {"app_secret": SECRET, "event_secret": SECRET})
            values = {"provider": PROVIDER, "settings": SETTINGS, "sealed_secrets": sealed}
            await tx.execute(update(connections).values(revision=connections.c.revision + 1, **values))

    uvloop.run(run())


def joins(store: Store) -> Iterator[bytes]:
    """POSTs of people who join, without end and each one new; the classes are there."""
    path, people = uvloop.run(_people(store))
    head = (
        f"POST {path}/events/occupant/joined HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {SECRET}\r\nContent-Type: application/json\r\nContent-Length: "
    ).encode()
    begun = int(time.time())
    templates = [_template(head, room, planted, begun) for room, planted in people]
    return (templates[number % len(templates)] % number for number in count())


def kept(store: Store) -> int:
    """How many facts are in the database."""

    async def run() -> int:
        async with open_house(store.settings) as house, house.db.read() as tx:
            pushed = select(func.count()).select_from(evidence).where(evidence.c.source == PROVIDER)
            return (await tx.scalar(pushed)) or 0

    return uvloop.run(run())


async def _people(store: Store) -> tuple[str, list[tuple[str, str]]]:
    """Where to send to; and everybody's room and planted id, read off their links as the server would."""
    async with open_house(store.settings) as house:
        async with house.db.read() as tx:
            connection_id = (await tx.execute(select(connections.c.id))).scalar_one()
            markers = (await tx.scalars(select(meetings.c.id))).all()
        provider = await house.connections.provider(connection_id)
        refs = [(await _found(provider, str(marker))) for marker in markers]
        people = [
            (refs[n % len(refs)].provider_id, await _planted(provider, refs[n % len(refs)], n))
            for n in range(PEOPLE)
        ]
    return f"/hooks/{connection_id}", people


async def _found(provider: Provider, marker: str) -> MeetingRef:
    found = await provider.find(marker, None)
    assert found is not None
    return found.ref


async def _planted(provider: Provider, ref: MeetingRef, number: int) -> str:
    link = await provider.join_link(ref, Person(f"person{number}@example.com"), Role.LEARNER)
    assert link is not None
    claims = link.partition("jwt=")[2].split(".")[1]
    told = orjson.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return str(told["context"]["user"]["id"])


def _template(head: bytes, room: str, planted: str, at: int) -> bytes:
    """One POST; `% number` makes it another stay, of the same length."""
    body = orjson.dumps(
        {
            "event_name": "muc-occupant-joined",
            "room_name": room,
            "room_jid": f"{room}@conference.meet.example.com",
            "is_breakout": False,
            "active_occupants_count": 4,
            "occupant": {
                "id": planted,
                "occupant_jid": "NUMBER@meet.example.com/OWhl8jSh",
                "joined_at": at,
            },
        }
    )
    body = body.replace(b"%", b"%%").replace(b"NUMBER", b"%012d")
    return head.replace(b"%", b"%%") + b"%d\r\n\r\n" % len(body % 0) + body
