"""MS Lync in our words: the deeds of `Provider`, each one a short conversation with the server."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from app.domain.attendance import Policy, Rule
from app.domain.errors import MeetingGone, OutcomeUnknown, ProviderError
from app.domain.meeting import MeetingRef, MeetingSpec
from app.domain.people import Person, Role, person_key
from app.providers.base import (
    AttendanceFile,
    AttendanceReport,
    AttendanceSource,
    CheckReport,
    Listed,
    Provider,
    ProviderMeeting,
)
from app.providers.http import ProviderHttp
from app.providers.lync import listing, meetings, roster
from app.providers.lync.application import Application
from app.providers.lync.card import MS_LYNC
from app.providers.lync.cdr import read_cdr
from app.providers.lync.check import check
from app.providers.lync.config import Attendance, LyncSettings
from app.providers.lync.errors import judge
from app.providers.lync.offer import offer_of
from app.providers.lync.people import Directory, Leader, bare
from app.providers.lync.ucwa import Ucwa
from app.providers.lync.wire import body, complaint

Send = Callable[[list[str]], Awaitable[httpx.Response]]


class Lync(Provider):
    card = MS_LYNC
    Settings = LyncSettings

    def __init__(self, settings: LyncSettings, http: ProviderHttp) -> None:
        self._settings, self._http = settings, http
        self._ucwa = Ucwa(settings, http)
        self._directory = Directory()

    @property
    def attendance_source(self) -> AttendanceSource:
        """How presence becomes known on this connection; an import (cdr.py) is brought by a person."""
        live = self._settings.attendance is Attendance.LIVE_ROSTER
        return AttendanceSource.LIVE if live else self.card.attendance

    @property
    def policy(self) -> Policy:
        if self._settings.attendance is Attendance.OPENED:
            return self.card.default_policy
        return Policy(Rule.PRESENT, without_presence=Rule.OPENED)

    async def check(self) -> CheckReport:
        return await check(self._settings, self._http)

    async def find_person(self, email: str) -> str | None:
        return await self._ucwa.run(lambda application: self._directory.find(application, email))

    async def create(self, spec: MeetingSpec, marker: str) -> ProviderMeeting:
        async def deed(application: Application) -> ProviderMeeting:
            url = application.require("myOnlineMeetings", "onlineMeetings", "schedule meetings")
            fields, notes = await self._fields(application, spec, marker)

            async def post(leaders: list[str]) -> httpx.Response:
                return await application.call("POST", url, json={**fields, "leaders": leaders})

            response, refused = await self._with_leaders(application, spec, post)
            try:
                made = await listing.finished(application, body(response))
            except ProviderError as exc:  # it was made: a repeat must look for it first
                raise OutcomeUnknown from exc
            return ProviderMeeting(made, notes + refused)

        return await self._ucwa.run(deed)

    async def find(self, marker: str, ref: MeetingRef | None) -> ProviderMeeting | None:
        async def deed(application: Application) -> ProviderMeeting | None:
            listed = await listing.listed(application)
            found = next((meeting for meeting in listed if meetings.carries(meeting, marker)), None)
            if found is None and ref is not None:
                found = next((meeting for meeting in listed if meetings.is_named(meeting, ref)), None)
            return None if found is None else ProviderMeeting(await listing.finished(application, found))

        return await self._ucwa.run(deed)

    async def update(self, ref: MeetingRef, spec: MeetingSpec, marker: str) -> ProviderMeeting:
        async def deed(application: Application) -> ProviderMeeting:
            listed = await listing.one(application, ref)
            if listed is None:
                raise MeetingGone
            fields, notes = await self._fields(application, spec, marker)

            async def put(leaders: list[str]) -> httpx.Response:
                return await listing.rewrite(application, listed, {**fields, "leaders": leaders})

            response, refused = await self._with_leaders(application, spec, put)
            return ProviderMeeting(meetings.reference(body(response)) or ref, notes + refused)

        return await self._ucwa.run(deed)

    async def cancel(self, ref: MeetingRef) -> None:
        async def deed(application: Application) -> None:
            found = await listing.one(application, ref)
            if found is None:
                return
            response = await application.call("DELETE", listing.address(application, found))
            if response.status_code not in {200, 202, 204, 404}:
                raise judge(response)

        await self._ucwa.run(deed)

    async def join_link(self, ref: MeetingRef, person: Person, role: Role) -> str | None:
        """The one link that everybody has; the server knows presenters by who they are."""
        link = ref.details.get("joinUrl")
        if link is None:
            found = await self.find("", ref)
            link = found.ref.details["joinUrl"] if found else None
        if link is None:
            raise MeetingGone
        return str(httpx.URL(link).copy_merge_params({"sl": "1"})) if self._settings.web_client else link

    async def watch(self, ref: MeetingRef, until: datetime, tell: roster.Tell) -> AttendanceReport:
        """Follow who is in the class until `until`; only where live roster is chosen. See roster.py."""
        return await roster.watch(self._settings, self._http, roster.Watch(ref, until, tell), self._directory)

    @property
    def takes_attendance_files(self) -> bool:
        return self._settings.attendance is Attendance.CDR_IMPORT

    def read_attendance_file(self, text: str, ref: MeetingRef) -> AttendanceFile | None:
        if not self.takes_attendance_files:
            return None
        read = read_cdr(text, ref.provider_id)
        return AttendanceFile("cdr", read.rows, read.problems, read.other_meetings, read.unidentified)

    async def list_ours(self) -> Sequence[Listed] | None:
        async def deed(application: Application) -> list[Listed]:
            marked = [(meetings.planted(found), found) for found in await listing.listed(application)]
            return [
                Listed(marker, await listing.finished(application, found), found)
                for marker, found in marked
                if marker
            ]

        return await self._ucwa.run(deed)

    def differences(self, listed: Listed, spec: MeetingSpec) -> tuple[str, ...]:
        wanted, _ = meetings.texts(spec, listed.marker)
        return meetings.differing(listed.fields, wanted)

    async def aclose(self) -> None:
        await self._ucwa.aclose()
        await self._http.aclose()

    async def _fields(
        self, application: Application, spec: MeetingSpec, marker: str
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        expires_at, late = meetings.expiry(spec, self._settings.grace_days, datetime.now(UTC))
        fields, cut = meetings.wanted(spec, marker, expires_at)
        fitted, changed = (await offer_of(application)).fit(meetings.wishes(self._settings))
        return {**fields, **fitted}, late + cut + changed

    async def _with_leaders(
        self, application: Application, spec: MeetingSpec, send: Send
    ) -> tuple[httpx.Response, tuple[str, ...]]:
        """Send with all presenters as leaders, then without those refused (a 400 did nothing)."""
        leaders = await self._leaders(application, spec)
        refused: list[Leader] = []
        while True:
            response = await send([leader.sip for leader in leaders])
            if response.status_code in {200, 201}:
                return response, tuple(_not_presenting(leader) for leader in refused)
            blamed = meetings.blamed(complaint(response), leaders, application.organizer)
            if not blamed:
                raise judge(response)
            refused += blamed
            leaders = [leader for leader in leaders if leader not in blamed]

    async def _leaders(self, application: Application, spec: MeetingSpec) -> list[Leader]:
        """Each presenter once, without the organizer: the server adds the account by itself."""
        organizer = person_key(bare(application.organizer))
        found: dict[str, Leader] = {}
        for person in spec.presenters:
            leader = await self._directory.leader(application, person)
            found.setdefault(person_key(bare(leader.sip)), leader)
        found.pop(organizer, None)
        return list(found.values())


def _not_presenting(leader: Leader) -> str:
    return f"The server does not accept {leader.email} as a presenter; this person enters as a participant."
