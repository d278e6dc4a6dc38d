"""The live roster: the account joins the class, follows the event channel, and notes who is there.

It is honest about gaps: whenever the channel broke, everybody's interval ends at the last moment seen, the
account joins again, and the report is marked partial.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from app.domain.errors import AccountBroken, ProviderError, ProviderRejected
from app.domain.meeting import MeetingRef
from app.providers.base import AttendanceReport, PresenceRow
from app.providers.http import ProviderHttp
from app.providers.lync.application import Application
from app.providers.lync.config import LyncSettings
from app.providers.lync.errors import Refused, ServerTrouble, judge
from app.providers.lync.people import Directory
from app.providers.lync.presence import Event, Roster, events
from app.providers.lync.ucwa import Ucwa
from app.providers.lync.wire import Resource, body, complaint, href

POLL_SECONDS = 180  # the least that UCWA lets a poll be parked
MARGIN_SECONDS = 30
PAUSE_SECONDS = 5.0

Tell = Callable[[PresenceRow], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Watch:
    """What to watch and until when; `tell` gets each row as it opens and again as it closes."""

    ref: MeetingRef
    until: datetime
    tell: Tell

    @property
    def seconds_left(self) -> float:
        return (self.until - datetime.now(UTC)).total_seconds()


@dataclass(slots=True)
class _Sheet:
    """The rows so far, by instance: the closed one takes the place of the open one."""

    watch: Watch
    rows: dict[str, PresenceRow] = field(default_factory=dict)
    seen_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    partial: bool = False

    async def write(self, rows: list[PresenceRow]) -> None:
        for row in rows:
            self.rows[row.instance] = row
            await self.watch.tell(row)


class _Over(Exception):
    """The meeting ended, or the account was taken out of it."""


async def watch(
    settings: LyncSettings, http: ProviderHttp, what: Watch, directory: Directory
) -> AttendanceReport:
    """Sit in until `what.until`, again where the channel breaks. Raises no provider error."""
    # long polls must not take other calls' connections
    own = http.beside()
    sheet = _Sheet(what)
    while what.seconds_left > 0:
        ucwa = Ucwa(settings, own, purpose=f"roster {what.ref.provider_id}")
        try:
            await _sitting(ucwa, sheet, directory)
        except (AccountBroken, ProviderRejected, _Over):
            sheet.partial = sheet.partial or what.seconds_left > 0
            break
        except ProviderError:
            sheet.partial = True
            await asyncio.sleep(max(0.0, min(PAUSE_SECONDS, what.seconds_left)))
        finally:
            await ucwa.aclose()
    await own.aclose()
    return AttendanceReport(tuple(sheet.rows.values()), final=True, partial=sheet.partial)


async def _sitting(ucwa: Ucwa, sheet: _Sheet, directory: Directory) -> None:
    """One stay in the meeting. Ends by itself at the time set; raises when the channel breaks."""
    application = await ucwa.open()
    roster = Roster(application.organizer, directory.email_of)
    try:
        async with asyncio.timeout(max(0.0, sheet.watch.seconds_left)):
            await _join(application, sheet.watch.ref)
            await _follow(application, sheet, roster)
    except TimeoutError:
        sheet.seen_at = datetime.now(UTC)
    finally:
        await sheet.write(roster.close(sheet.seen_at))


async def _join(application: Application, ref: MeetingRef) -> None:
    url = application.require("joinOnlineMeeting", "communication", "join meetings")
    wish = {
        "onlineMeetingUri": ref.provider_id,
        "operationId": str(uuid4()),
        "importance": "Normal",
        "subject": "Attendance",
    }
    response = await application.call("POST", url, json=wish)
    if response.status_code == 404:
        raise Refused("The server does not know this meeting any more.")
    if response.status_code not in {200, 201}:
        raise judge(response)


async def _follow(application: Application, sheet: _Sheet, roster: Roster) -> None:
    """From poll to poll: an answer acknowledges the one before by the link it is asked with."""
    link = application.link("events", "")
    while link is not None:
        response = await application.line.wait(_timed(link), POLL_SECONDS + MARGIN_SECONDS)
        if response.status_code == 409 and complaint(response).subcode == "PGetReplaced":
            sheet.partial = True  # somebody else took this answer; what it held is lost to us
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        answer = body(application.alive(response))
        if response.status_code != 200:
            raise judge(response)
        await _note(application, sheet, roster, answer)
        link = _next(application, sheet, answer)
    raise ServerTrouble("The event channel ended.")


async def _note(application: Application, sheet: _Sheet, roster: Roster, answer: Resource) -> None:
    happened = list(events(answer))
    for link in roster.unknown(happened):
        with suppress(Refused):  # gone again before it could be read
            roster.describe(link, await application.read(application.absolute(link)))
    sheet.seen_at = datetime.now(UTC)
    await sheet.write(roster.take(happened, sheet.seen_at))
    if any(_ends(event) for event in happened):
        raise _Over


def _ends(event: Event) -> bool:
    return (event.rel == "conversation" and event.kind == "deleted") or (
        event.rel == "onlineMeetingInvitation" and event.kind == "completed" and event.failed
    )


def _next(application: Application, sheet: _Sheet, answer: Resource) -> str | None:
    """`next` goes on; `resync` too, after a gap; `resume` means that the server closed our conversations."""
    found = href(answer, "next")
    if found is None and href(answer, "resume") is not None:
        raise ServerTrouble("The server closed the conversation because it was not asked for too long.")
    if found is None:
        found = href(answer, "resync")
        sheet.partial = True
    return application.absolute(found) if found else None


def _timed(link: str) -> str:
    return str(httpx.URL(link).copy_merge_params({"timeout": str(POLL_SECONDS)}))
