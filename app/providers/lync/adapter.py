"""MS Lync in our words: the deeds of `Provider`, each one a short conversation with the server."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from app.domain.attendance import Policy, Rule
from app.domain.errors import MeetingGone, OutcomeUnknown, ProviderError
from app.domain.meeting import MeetingRef, MeetingSpec
from app.domain.people import Person, Role, person_key
from app.providers.base import (
    AttendanceReport,
    AttendanceSource,
    Card,
    CheckReport,
    Idempotency,
    IdentityStrength,
    Provider,
    ProviderMeeting,
)
from app.providers.http import ProviderHttp
from app.providers.lync import meetings, roster
from app.providers.lync.application import Application, Ucwa
from app.providers.lync.check import check
from app.providers.lync.config import Attendance, LyncSettings
from app.providers.lync.errors import ServerTrouble, judge
from app.providers.lync.offer import offer_of
from app.providers.lync.people import Directory, Leader, bare
from app.providers.lync.wire import Resource, body, complaint, href

TRIES_ON_CONFLICT = 3
Send = Callable[[list[str]], Awaitable[httpx.Response]]

MS_LYNC = Card(
    key="lync",
    name="MS Lync",
    summary="Lync Server 2013 and Skype for Business Server on your own premises, through UCWA 2.0.",
    keeps_schedule=False,
    idempotency=Idempotency.MARKER,
    attendance=AttendanceSource.NONE,
    identity=IdentityStrength.CLAIMED_EMAIL,
    default_policy=Policy(Rule.OPENED),
    checks_people=True,
    limits=(
        "The server does not report who came: by default attendance means who opened the link.",
        "A live roster misses what happens while its connection is broken, and is then marked partial.",
        "Guests of the web client and phone users cannot be told apart by name.",
        "Everybody gets the same link; presenters are known by their account.",
    ),
)


class Lync(Provider):
    card = MS_LYNC
    Settings = LyncSettings

    def __init__(self, settings: LyncSettings, http: ProviderHttp) -> None:
        self._settings, self._http = settings, http
        self._ucwa = Ucwa(settings, http)
        self._directory = Directory()

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
                made = await _finished(application, body(response))
            except ProviderError as exc:  # it was made: a repeat must look for it first
                raise OutcomeUnknown from exc
            return ProviderMeeting(made, notes + refused)

        return await self._ucwa.run(deed)

    async def find(self, marker: str, ref: MeetingRef | None) -> ProviderMeeting | None:
        async def deed(application: Application) -> ProviderMeeting | None:
            listed = await _listed(application)
            found = next((meeting for meeting in listed if meetings.carries(meeting, marker)), None)
            if found is None and ref is not None:
                found = next((meeting for meeting in listed if meetings.is_named(meeting, ref)), None)
            return None if found is None else ProviderMeeting(await _finished(application, found))

        return await self._ucwa.run(deed)

    async def update(self, ref: MeetingRef, spec: MeetingSpec, marker: str) -> ProviderMeeting:
        async def deed(application: Application) -> ProviderMeeting:
            listed = await _one(application, ref)
            if listed is None:
                raise MeetingGone
            fields, notes = await self._fields(application, spec, marker)

            async def put(leaders: list[str]) -> httpx.Response:
                return await _rewrite(application, listed, {**fields, "leaders": leaders})

            response, refused = await self._with_leaders(application, spec, put)
            return ProviderMeeting(meetings.reference(body(response)) or ref, notes + refused)

        return await self._ucwa.run(deed)

    async def cancel(self, ref: MeetingRef) -> None:
        async def deed(application: Application) -> None:
            found = await _one(application, ref)
            if found is None:
                return
            response = await application.call("DELETE", _address(application, found))
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


async def _listed(application: Application) -> list[dict[str, Any]]:
    """The account's meetings, the assigned one left out. UCWA knows no paging and no filter."""
    url = application.require("myOnlineMeetings", "onlineMeetings", "schedule meetings")
    resource = await application.read(url)
    if not meetings.is_listing(resource):  # an empty list would mean: surely there is none
        raise ServerTrouble("The server answered something else than its list of meetings.")
    listed = meetings.own(resource)
    return [
        meeting if "onlineMeetingUri" in meeting else await _whole(application, meeting) for meeting in listed
    ]


async def _whole(application: Application, listed: Resource) -> dict[str, Any]:
    """A meeting that the list only points to."""
    link = href(listed, "self")
    response = await application.call("GET", application.absolute(link)) if link else None
    if response is None or response.status_code == 404:
        return dict(listed)
    if response.status_code != 200:
        raise judge(response)
    return body(response)


async def _one(application: Application, ref: MeetingRef) -> dict[str, Any] | None:
    return next((found for found in await _listed(application) if meetings.is_named(found, ref)), None)


def _address(application: Application, meeting: Resource) -> str:
    link = href(meeting, "self")
    if link is None:
        raise ServerTrouble("The server lists a meeting without its address.")
    return application.absolute(link)


async def _finished(application: Application, meeting: Resource) -> MeetingRef:
    """The reference; a meeting whose answer lacks its links is read once more."""
    found = meetings.reference(meeting)
    if found is None:
        found = meetings.reference(await application.read(_address(application, meeting)))
    if found is None:
        raise ServerTrouble("The server made a meeting without an address to join it.")
    return found


async def _rewrite(application: Application, listed: Resource, fields: dict[str, Any]) -> httpx.Response:
    """Read, change, write back, as long as nobody else writes in between."""
    url = _address(application, listed)
    for _ in range(TRIES_ON_CONFLICT):
        response = await application.call("GET", url)
        if response.status_code == 404:
            raise MeetingGone
        if response.status_code != 200:
            raise judge(response)
        found = {**meetings.odd(listed), **body(response)}
        if meetings.is_so(found, fields):
            return response
        etag = response.headers.get("etag") or f'"{found.get("etag", "")}"'
        response = await application.call(
            "PUT", url, json=meetings.replaced(found, fields), headers={"If-Match": etag}
        )
        if response.status_code == 404:
            raise MeetingGone
        if response.status_code != 412 and not meetings.lacks_odd(complaint(response)):
            return response
    raise judge(response)
