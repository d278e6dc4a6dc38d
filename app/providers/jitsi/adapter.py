"""Jitsi Meet in our words. A room is an address: it is there as soon as somebody with a pass opens it.

So nothing is called to make, move or cancel a meeting, and nothing of it can be lost or doubled.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from app.domain.attendance import Policy, Rule
from app.domain.meeting import MeetingRef, MeetingSpec
from app.domain.people import Person, Role
from app.providers.base import CheckReport, Provider, ProviderMeeting
from app.providers.http import ProviderHttp
from app.providers.jitsi.card import JITSI_MEET
from app.providers.jitsi.check import check
from app.providers.jitsi.config import JitsiSettings
from app.providers.jitsi.events import ROOM, read_event
from app.providers.jitsi.passes import Issuer, Passes
from app.providers.pushes import Push, PushNotAuthentic

AFTER_CLASS = timedelta(hours=1)  # so that whoever loses the connection near the end comes in again
AT_LEAST = timedelta(minutes=10)  # the door of a class decides who enters late: its pass must then work


class Jitsi(Provider):
    card = JITSI_MEET
    Settings = JitsiSettings

    def __init__(self, settings: JitsiSettings, http: ProviderHttp) -> None:
        self._settings, self._http = settings, http
        issuer = Issuer(settings.app_id, settings.xmpp_domain)
        self._passes = Passes(issuer, settings.app_secret.get_secret_value())
        self._expected = settings.event_secret.get_secret_value().encode()

    @property
    def policy(self) -> Policy:
        return Policy(
            Rule.PRESENT,
            minimum=timedelta(minutes=self._settings.minimum_minutes),
            percent=self._settings.minimum_percent,
            without_presence=Rule.OPENED,
        )

    async def check(self) -> CheckReport:
        return await check(self._settings, self._http)

    async def create(self, spec: MeetingSpec, marker: str) -> ProviderMeeting:
        return ProviderMeeting(MeetingRef(ROOM + marker, {"ends_at": spec.ends_at.isoformat()}))

    async def find(self, marker: str, ref: MeetingRef | None) -> ProviderMeeting | None:
        """Its name is its marker; when it ends is told by the update that follows."""
        return ProviderMeeting(ref or MeetingRef(ROOM + marker))

    async def update(self, ref: MeetingRef, spec: MeetingSpec, marker: str) -> ProviderMeeting:
        return ProviderMeeting(MeetingRef(ref.provider_id, {"ends_at": spec.ends_at.isoformat()}))

    async def cancel(self, ref: MeetingRef) -> None:
        """No more links are given out, and those that were end with the class."""

    async def join_link(self, ref: MeetingRef, person: Person, role: Role) -> str | None:
        """The room with this person's own pass; it ends an hour after the class."""
        now = datetime.now(UTC)
        ends_at = datetime.fromisoformat(ref.details["ends_at"]) if "ends_at" in ref.details else now
        good_until = max(ends_at + AFTER_CLASS, now + AT_LEAST)
        token = self._passes.sign(ref.provider_id, person, role, now, good_until)
        return f"{self._settings.address}/{ref.provider_id}?jwt={token}"

    def read_push(self, headers: Mapping[str, str], body: bytes) -> Push:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._expected)
        if scheme.lower() != "bearer" or not right:
            raise PushNotAuthentic("the secret of the events is missing or wrong")
        return read_event(body, self._passes.whose)

    async def aclose(self) -> None:
        await self._http.aclose()
