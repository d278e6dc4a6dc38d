"""Jitsi's side of the table, and how a connection of the house is led to it."""

import json
from collections.abc import Sequence
from uuid import UUID

import httpx
from sqlalchemy import update

from app.db.tables import connections
from app.domain.meeting import MeetingRef
from app.domain.people import Role
from app.providers.http import ProviderHttp
from app.providers.jitsi import PROVIDER
from app.wiring import House
from tests.providers.contract import NINE, Bench, Sent, Stay
from tests.providers.jitsi.prosody import Event, Prosody

APP_SECRET, EVENT_SECRET = "app-secret-of-the-tests", "event-secret-of-the-tests"
PLAIN = {"address": "https://meet.example.com", "app_id": "lms"}
SECRETS = {"app_secret": APP_SECRET, "event_secret": EVENT_SECRET}
CONFIG_JS = "var config = {\n  hosts: {\n    domain: 'meet.example.com',\n  }\n};"


def settings(**changes: object):  # type: ignore[no-untyped-def]
    return PROVIDER.Settings(**{**PLAIN, **SECRETS, **changes})


def prosody() -> Prosody:
    return Prosody("lms", APP_SECRET, EVENT_SECRET)


def web(answer: httpx.Response | Exception) -> ProviderHttp:
    """A way out at whose end somebody answers so."""

    def handle(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ProviderHttp(transport=httpx.MockTransport(handle))


async def lead_to_jitsi(house: House, connection_id: UUID, **secrets: str) -> None:
    """From here on the connection is one of Jitsi Meet, as an administrator would have filled it in."""
    sealed = house.connections.seal(connection_id, {**SECRETS, **secrets})
    plain = settings().model_dump(mode="json", exclude=set(SECRETS))
    values = {"provider": "jitsi", "settings": plain, "sealed_secrets": sealed}
    async with house.db.begin() as tx:
        await tx.execute(
            update(connections)
            .where(connections.c.id == connection_id)
            .values(revision=connections.c.revision + 1, **values)
        )


class JitsiBench(Bench):
    def __init__(self) -> None:
        self.provider = PROVIDER(settings(), web(httpx.Response(200, text=CONFIG_JS)))
        self.prosody = prosody()

    async def pushes(self, ref: MeetingRef, stays: Sequence[Stay]) -> list[Sent]:
        begun = int(NINE.timestamp())
        happened = [(stay.joined, 1, stay) for stay in stays] + [(stay.left, 0, stay) for stay in stays]
        inside = {}
        for minute, joins, stay in sorted(happened, key=lambda one: one[:2]):
            at = begun + 60 * minute
            if joins:
                link = await self.provider.join_link(ref, stay.person, Role.LEARNER)
                self.prosody.rooms.setdefault(ref.provider_id, (begun, []))
                claims = self.prosody.claims(link.partition("jwt=")[2])
                inside[stay] = self.prosody._enter(ref.provider_id, claims["context"]["user"], at)
            else:
                self.prosody.leave(ref.provider_id, inside[stay], at)
        self.prosody.destroy(ref.provider_id, begun + 60 * 90)
        return [self._sent(event.body) for event in self.prosody.events]

    def forged(self, sent: Sent) -> list[Sent]:
        wrong = ("", EVENT_SECRET, f"Bearer {EVENT_SECRET}x", f"Basic {EVENT_SECRET}", "Bearer", "Bearer ü")
        return [Sent({"authorization": one}, sent.body) for one in wrong] + [Sent({}, sent.body)]

    def garbled(self, sent: Sent) -> list[Sent]:
        told = json.loads(sent.body)
        payloads: list[object] = [[], "x", None, {}, {**told, "event_name": 7}, {**told, "room_name": None}]
        broken = {"occupant_jid": 1}, {"joined_at": "today"}, {"joined_at": -1}, {"joined_at": 1e300}
        for change in (*broken, {"left_at": 1}, {"left_at": []}, {"joined_at": True}, {"occupant_jid": ""}):
            if "occupant" in told:
                payloads.append({**told, "event_name": "muc-occupant-left",
                                 "occupant": {**told["occupant"], **change}})  # fmt: skip
        if "occupant" in told:
            payloads += [{**told, "occupant": other} for other in (None, 5, [], "x")]
        bodies = [
            b"",
            b"\x00",
            b"{",
            b"[" * 5000,
            b"\xff\xfe",
            *(json.dumps(one).encode() for one in payloads),
        ]
        return [self._sent(body) for body in bodies]

    def _sent(self, body: bytes) -> Sent:
        return Sent(self.prosody.headers(), body)


def event(name: str, room: str, **more: object) -> Event:
    return Event("/events/x", {"event_name": name, "room_name": room, **more})
