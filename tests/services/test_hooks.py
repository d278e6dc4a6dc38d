"""Pushes become evidence: once, whatever the order; nothing is lost, and nobody else's is touched."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from app.db import evidence, sessions
from app.db.connections import State
from app.db.tables import connections, meetings, parked_pushes
from app.db.tables import evidence as evidence_table
from app.domain.caller import Caller
from app.domain.errors import NotFound, Throttled, UnknownCaller
from app.domain.people import Person, Role
from app.domain.permissions import Scope
from app.services.hooks import Posted
from app.services.throttle import FAILURES
from app.telemetry import meters
from app.wiring import House
from tests.conftest import Hands
from tests.db.kept import stays
from tests.providers.formed import actor_with
from tests.providers.jitsi.bench import EVENT_SECRET, lead_to_jitsi, prosody
from tests.providers.jitsi.prosody import Event, Prosody
from tests.services.conftest import draft

LEA, MAX = Person("Lea@Example.com"), Person("max@example.com")


@dataclass
class Scene:
    """One class at Jitsi: its connection, session and room, and the server that tells of it."""

    house: House
    caller: Caller
    session_id: UUID
    meeting_id: UUID
    starts_at: datetime
    server: Prosody

    @property
    def room(self) -> str:
        return f"vilt-{self.meeting_id}"

    @property
    def at(self) -> int:
        return int(self.starts_at.timestamp())

    async def enters(self, person: Person, minute: int):  # type: ignore[no-untyped-def]
        provider = await self.house.connections.provider(self.caller.connection_id)
        ref = (await provider.find(str(self.meeting_id), None)).ref
        link = await provider.join_link(ref, person, Role.LEARNER)
        user = self.server.claims(link.partition("jwt=")[2])["context"]["user"]
        return self.server._enter(self.room, user, self.at + 60 * minute)

    def leaves(self, who, minute: int) -> None:  # type: ignore[no-untyped-def]
        self.server.leave(self.room, who, self.at + 60 * minute)

    async def told(self, *events: Event, **changes: object):  # type: ignore[no-untyped-def]
        return [await self.house.hooks.take(self.post(event, **changes)) for event in events]

    def post(self, event: Event | bytes, **changes: object) -> Posted:
        body = event if isinstance(event, bytes) else event.body
        values = {"connection_id": str(self.caller.connection_id), "headers": self.server.headers()}
        return Posted(**{**values, "body": body, "address": "192.0.2.7", **changes})  # type: ignore[arg-type]

    async def kept(self) -> list[tuple[str, int, int | None]]:
        """Who was there from which minute to which."""
        minutes = [
            (stay.email, self._minute(stay.at), stay.until and self._minute(stay.until))
            for stay in await stays(self.house, self.session_id)
        ]
        return sorted(minutes, key=lambda one: (one[0], one[1]))

    async def parked(self) -> int:
        async with self.house.db.read() as tx:
            return (await tx.scalar(select(func.count()).select_from(parked_pushes))) or 0

    async def judged(self) -> dict[str, bool]:
        async with self.house.db.read() as tx:
            session = await sessions.get(tx, self.session_id)
        return {d.email: d.attended for d in await self.house.attendance.known(session)}

    def _minute(self, at: datetime) -> int:
        return int((at - self.starts_at).total_seconds() // 60)


@pytest.fixture
async def scene(house: House) -> Scene:
    client = await house.clients.add("lms")
    caller = await house.access.basic(client.client_id, client.client_secret, "127.0.0.1")
    await lead_to_jitsi(house, caller.connection_id)
    return await _class(house, caller)


async def _class(house: House, caller: Caller) -> Scene:
    wanted = draft()
    await house.sessions.create(caller, wanted)
    async with house.db.read() as tx:
        session = await sessions.find(tx, caller.tenant_id, wanted.external_id)
        assert session is not None
        meeting_id = await tx.scalar(select(meetings.c.id).where(meetings.c.session_id == session.id))
    return Scene(house, caller, session.id, meeting_id, wanted.starts_at, prosody())


async def _a_class_is_held(scene: Scene) -> None:
    lea = await scene.enters(LEA, 0)
    other = await scene.enters(MAX, 5)
    scene.leaves(lea, 60)
    scene.leaves(other, 8)
    scene.server.destroy(scene.room, scene.at + 3900)


HELD = [("Lea@Example.com", 0, 60), ("max@example.com", 5, 8)]


async def test_who_joins_and_leaves_becomes_evidence_and_the_policy_judges_it(scene: Scene) -> None:
    await _a_class_is_held(scene)
    await scene.told(*scene.server.events)
    assert await scene.kept() == HELD
    assert await scene.judged() == {"Lea@Example.com": True, "max@example.com": False}


async def test_b21_twice_and_backwards_is_the_same_as_once(scene: Scene) -> None:
    await _a_class_is_held(scene)
    await scene.told(*reversed(scene.server.events), *scene.server.events)
    assert await scene.kept() == HELD
    assert await scene.parked() == 0


async def test_a_joining_told_late_opens_nothing_that_is_over(scene: Scene) -> None:
    lea = await scene.enters(LEA, 0)
    joined = scene.server.events[-1]
    scene.leaves(lea, 20)
    await scene.told(scene.server.events[-1], joined)
    assert await scene.kept() == [("Lea@Example.com", 0, 20)]


async def test_many_at_once_share_commits_and_none_is_lost(scene: Scene) -> None:
    people = [Person(f"person{number}@example.com") for number in range(40)]
    for person in people:
        await scene.enters(person, 1)
    posts = [scene.post(event) for event in scene.server.events * 3]
    await asyncio.gather(*(scene.house.hooks.take(post) for post in posts))
    assert [email for email, *_ in await scene.kept()] == sorted(person.email for person in people)


async def test_the_same_told_to_two_replicas_at_once_is_one_row(scene: Scene) -> None:
    """Two services on one database, each told everything at the same time, in opposite orders."""
    from app.settings import Settings
    from app.wiring import open_house
    from tests.conftest import SECRET

    for number in range(20):
        scene.leaves(await scene.enters(Person(f"p{number}@example.com"), number), number + 30)
    events = scene.server.events
    url = scene.house.db._writer.url.render_as_string(hide_password=False)
    async with open_house(Settings(database_url=url, secret_key=SECRET)) as replica:
        here = [scene.house.hooks.take(scene.post(event)) for event in events]
        there = [replica.hooks.take(scene.post(event)) for event in reversed(events)]
        await asyncio.gather(*here, *there)
    assert len(await scene.kept()) == 20


@pytest.mark.parametrize("secret", ["", "Bearer wrong-secret-of-the-tests", f"Basic {EVENT_SECRET}"])
async def test_a_push_without_the_secret_is_refused_and_leaves_nothing(scene: Scene, secret: str) -> None:
    await scene.enters(LEA, 0)
    with pytest.raises(UnknownCaller):
        await scene.told(scene.server.events[-1], headers={"authorization": secret})
    assert await scene.kept() == []


async def test_guessing_is_slowed_down_for_the_guesser_alone(scene: Scene, clock: Hands) -> None:
    await scene.enters(LEA, 0)
    event = scene.server.events[-1]
    for _ in range(FAILURES):
        with pytest.raises(UnknownCaller):
            await scene.told(event, headers={}, address="203.0.113.9")
    with pytest.raises(Throttled):
        await scene.told(event, address="203.0.113.9")
    await scene.told(event)
    clock.move(seconds=61)
    await scene.told(event, address="203.0.113.9")
    assert len(await scene.kept()) == 1


async def test_a_changed_secret_bites_at_once_and_the_new_one_works_at_once(scene: Scene) -> None:
    lea = await scene.enters(LEA, 0)
    await scene.told(*scene.server.events)
    scene.leaves(lea, 30)
    await lead_to_jitsi(scene.house, scene.caller.connection_id, event_secret="another-secret-altogether")
    refused, scene.server.token = _refused(), "another-secret-altogether"
    await scene.told(scene.server.events[-1])
    assert _refused() == refused, "the right secret is no refusal, however old the one that we remembered"
    assert await scene.kept() == [("Lea@Example.com", 0, 30)]
    scene.server.token = EVENT_SECRET
    with pytest.raises(UnknownCaller):
        await scene.told(scene.server.events[-1])
    await lead_to_jitsi(scene.house, scene.caller.connection_id)
    await scene.told(scene.server.events[-1])
    await lead_to_jitsi(scene.house, scene.caller.connection_id, event_secret="another-secret-altogether")
    with pytest.raises(UnknownCaller):
        await scene.told(scene.server.events[-1])


def _refused() -> list[str]:
    return [line for line in meters.exposition().decode().splitlines() if 'outcome="refused"' in line]


async def test_an_opened_provider_is_kept_as_long_as_its_settings(scene: Scene) -> None:
    await scene.told(*[await _event(scene)])
    first = scene.house.hooks._inlets[str(scene.caller.connection_id)].provider
    await scene.told(await _event(scene))
    assert scene.house.hooks._inlets[str(scene.caller.connection_id)].provider is first


async def _event(scene: Scene) -> Event:
    await scene.enters(LEA, 0)
    return scene.server.events[-1]


async def test_what_takes_no_pushes_is_not_there(scene: Scene) -> None:
    event, ours = await _event(scene), connections.c.id == scene.caller.connection_id
    with pytest.raises(NotFound) as unknown:
        await scene.told(event, connection_id=str(uuid4()))
    messages = {unknown.value.message}
    for values in ({"provider": "sandbox"}, {"provider": "nothing"}, {"state": State.INSTALLED}):
        async with scene.house.db.begin() as tx:
            await tx.execute(update(connections).where(ours).values(provider="jitsi", state=State.ACTIVE))
            await tx.execute(update(connections).where(ours).values(values))
        with pytest.raises(NotFound) as refused:
            await scene.told(event)
        messages.add(refused.value.message)
    assert len(messages) == 1


async def test_a_deactivated_integration_still_takes_what_its_classes_tell(scene: Scene) -> None:
    async with scene.house.db.begin() as tx:
        await tx.execute(
            update(connections).values(state=State.INACTIVE, revision=connections.c.revision + 1)
        )
    await scene.told(await _event(scene))
    assert len(await scene.kept()) == 1


async def test_a_cancelled_class_keeps_what_was_seen_of_it(scene: Scene) -> None:
    event = await _event(scene)
    async with scene.house.db.read() as tx:
        session = await sessions.get(tx, scene.session_id)
    await scene.house.sessions.cancel(scene.caller, session.external_id)
    await scene.told(event)
    assert len(await scene.kept()) == 1


async def test_nonsense_is_taken_parked_once_and_blocks_nobody(scene: Scene) -> None:
    nonsense = [
        b"{",
        b"[]",
        b"\xff",
        json.dumps({"event_name": "muc-occupant-left", "room_name": 1}).encode(),
    ]
    for body in (*nonsense, *nonsense):
        assert (await scene.house.hooks.take(scene.post(body))).parked
    await scene.told(await _event(scene))
    assert await scene.parked() == len(nonsense)
    assert len(await scene.kept()) == 1


async def test_nonsense_for_ever_fills_no_disk(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.db.pushes.MOST_UNREADABLE", 5)
    for number in range(12):
        await scene.house.hooks.take(scene.post(b"{%d" % number))
    assert await scene.parked() == 5


async def test_of_a_push_that_is_nonsense_in_part_the_rest_counts(scene: Scene) -> None:
    lea = await scene.enters(LEA, 0)
    told = [{**lea.told(), "left_at": scene.at + 600}, {"occupant_jid": 7}]
    payload = {"event_name": "muc-room-destroyed", "room_name": scene.room, "all_occupants": told}
    (taken,) = await scene.told(Event("", payload))
    assert taken.parked
    assert await scene.kept() == [("Lea@Example.com", 0, 10)]
    assert await scene.parked() == 1


async def test_what_comes_before_its_meeting_is_known_counts_once_it_is(scene: Scene, clock: Hands) -> None:
    lea = await scene.enters(LEA, 0)
    scene.leaves(lea, 45)
    later = meetings.c.id == scene.meeting_id
    async with scene.house.db.begin() as tx:
        await tx.execute(update(meetings).where(later).values(id=uuid4()))
        hidden = await tx.scalar(select(meetings.c.id).where(meetings.c.session_id == scene.session_id))
    await scene.told(*reversed(scene.server.events), *scene.server.events)
    assert (await scene.kept(), await scene.parked()) == ([], 2)
    await scene.house.hooks.leftovers.chore("", clock())
    assert await scene.parked() == 2, "not known yet"
    async with scene.house.db.begin() as tx:
        await tx.execute(update(meetings).where(meetings.c.id == hidden).values(id=scene.meeting_id))
    await scene.house.hooks.leftovers.chore("", clock())
    assert (await scene.kept(), await scene.parked()) == ([("Lea@Example.com", 0, 45)], 0)


@pytest.mark.parametrize("parked_meanwhile", [False, True])
async def test_a_push_that_comes_late_does_not_bring_an_erased_name_back(
    scene: Scene, clock: Hands, parked_meanwhile: bool
) -> None:
    """Delivered again after the class, or parked until its meeting is known: Max keeps his name."""
    await _a_class_is_held(scene)
    opened, joined, *later = scene.server.events
    await scene.told(opened, joined)
    clock.now = scene.starts_at + timedelta(days=1)
    boss = actor_with(scene.caller.tenant_id, *Scope)
    pseudonym = (await scene.house.privacy.erase(boss, LEA.email)).pseudonym
    if parked_meanwhile:
        async with scene.house.db.begin() as tx:
            await tx.execute(update(meetings).values(id=uuid4()))
        await scene.told(*later)
        async with scene.house.db.begin() as tx:
            await tx.execute(update(meetings).values(id=scene.meeting_id))
        await scene.house.hooks.leftovers.chore("", clock())
    else:
        await scene.told(*later, joined)
    assert await scene.kept() == sorted([(pseudonym, 0, 60), ("max@example.com", 5, 8)])


async def test_names_in_what_is_parked_are_sealed_and_forgotten_in_a_month(
    scene: Scene, clock: Hands
) -> None:
    event = await _event(scene)
    async with scene.house.db.begin() as tx:
        await tx.execute(update(meetings).values(id=uuid4()))
    await scene.told(event)
    async with scene.house.db.read() as tx:
        row = (await tx.execute(select(parked_pushes))).one()
    assert b"xample.com" not in row.sealed
    assert "xample.com" not in row.name
    assert "vilt_pushes_parked" in meters.exposition().decode()
    again = await scene.house.hooks.leftovers.chore("", clock.now + timedelta(days=29))
    assert await scene.parked() == 1
    assert again == clock.now + timedelta(days=29, minutes=10)
    await scene.house.hooks.leftovers.chore("", clock.now + timedelta(days=31))
    assert await scene.parked() == 0


async def test_another_portals_class_is_not_touched_by_a_connection_not_its_own(
    scene: Scene, clock: Hands
) -> None:
    """Even who has good secrets, and knows the name of a room elsewhere."""
    client = await scene.house.clients.add("other", tenant_key="acme")
    stranger = await scene.house.access.basic(client.client_id, client.client_secret, "127.0.0.1")
    await lead_to_jitsi(scene.house, stranger.connection_id)
    await scene.told(await _event(scene), connection_id=str(stranger.connection_id))
    assert await scene.kept() == []
    async with scene.house.db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(evidence_table)) == 0
    await scene.house.hooks.leftovers.chore("", clock())
    assert (await scene.kept(), await scene.parked()) == ([], 1)


async def test_until_it_is_durable_nobody_is_told_that_it_was_taken(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise OSError("the disk is full")

    event = await _event(scene)
    with monkeypatch.context() as patch:
        patch.setattr(evidence, "keep_at_once", broken)
        with pytest.raises(OSError, match="disk"):
            await scene.told(event)
    await scene.told(event)
    assert len(await scene.kept()) == 1
