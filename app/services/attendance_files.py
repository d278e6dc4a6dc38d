"""Joins and leaves that a person brings as a file, where the provider itself cannot be asked for them."""

import asyncio
import csv
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from app.db import evidence, instructors
from app.db.database import Database
from app.db.evidence import Observation
from app.db.meetings import Meetings
from app.domain.actor import Actor
from app.domain.clock import Clock
from app.domain.errors import Conflict, InvalidRequest, TooLarge
from app.domain.meeting import MeetingRef
from app.domain.people import is_email, person_key
from app.domain.permissions import Scope
from app.domain.session import Session
from app.providers.base import AttendanceFile as AttendanceFile
from app.providers.base import Provider
from app.services.audit import Audit
from app.services.connections import Connections
from app.services.erasures import Erasures
from app.services.stories import admit

LARGEST_FILE = 4 * 1024 * 1024
MOST_STAYS = 10_000  # of one class: they are stored in one transaction


class AttendanceFiles:
    """What a file says is evidence beside all other: it only adds, and the same file twice is one."""

    def __init__(
        self,
        db: Database,
        store: Meetings,
        connections: Connections,
        erasures: Erasures,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._db, self._store, self._connections = db, store, connections
        self._erasures, self._audit, self._clock = erasures, audit, clock

    async def are_taken(self, session: Session) -> bool:
        """Whether the session's provider takes such files."""
        return (await self._connections.provider(session.connection_id)).takes_attendance_files

    async def import_file(self, actor: Actor, session_id: UUID, data: bytes) -> AttendanceFile:
        """Keep what the file says of this session's meeting; tells what was read.

        Raises InvalidRequest, TooLarge, SessionNotFound, NotAllowed; Conflict where no file is taken.
        """
        async with self._db.read() as tx:
            found = await admit(tx, actor, Scope.ILT_ROSTER_MANAGE, session_id)
            meeting = await self._store.find(tx, session_id)
            known = await instructors.identities(tx, found.session.connection_id)
        provider = await self._connections.provider(found.session.connection_id)
        if not provider.takes_attendance_files:
            raise Conflict("This connection takes no attendance files.")
        if meeting is None or meeting.ref is None:
            raise Conflict("The provider has no meeting for this session.")
        # A long file keeps nobody else waiting.
        read = await asyncio.to_thread(_read, provider, data, meeting.ref)
        read = _named(read, {_bare(identity): email for identity, email in known})
        await self._keep(actor, found.session, read)
        return read

    async def _keep(self, actor: Actor, session: Session, read: AttendanceFile) -> None:
        told = {
            "stays": len(read.rows),
            "problems": len(read.problems),
            "other_meetings": read.other_meetings,
            "unidentified": read.unidentified,
        }
        rows = await self._erasures.told(session, [row.evidence(read.source) for row in read.rows])
        async with self._db.begin() as tx:
            await admit(tx, actor, Scope.ILT_ROSTER_MANAGE, session.id)
            await evidence.keep(tx, [Observation(session.id, row) for row in rows], self._clock())
            subject = f"session:{session.id}"
            await self._audit.note(tx, actor, action="roster.imported", subject=subject, after=told)


def _read(provider: Provider, data: bytes, ref: MeetingRef) -> AttendanceFile:
    if len(data) > LARGEST_FILE:
        raise TooLarge(f"The file is larger than {LARGEST_FILE // 1024**2} MB. Export this class alone.")
    try:
        read = provider.read_attendance_file(_decoded(data), ref)
    except csv.Error as exc:
        raise InvalidRequest("This is not a CSV file of joins and leaves.") from exc
    if read is None:
        raise Conflict("This connection takes no attendance files.")
    if len(read.rows) > MOST_STAYS:
        raise TooLarge(f"The file has more than {MOST_STAYS:,} stays in this class. Divide it.")
    return read


def _decoded(data: bytes) -> str:
    """As databases and spreadsheets write it: UTF-8, UTF-16 with its mark, else Latin-1 as Windows has it."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    if "\x00" in text or not text.strip():
        raise InvalidRequest("This is not a CSV file of joins and leaves.")
    return text


def _named(read: AttendanceFile, emails: Mapping[str, str]) -> AttendanceFile:
    """The same with e-mail addresses, as far as they are known; who has no address at all is nobody."""
    named = [replace(row, email=emails.get(_bare(row.email)) or row.email) for row in read.rows]
    rows = tuple(row for row in named if is_email(row.email))
    return replace(read, rows=rows, unidentified=read.unidentified + len(named) - len(rows))


def _bare(identity: str) -> str:
    """A provider's name for a person as it is compared: SIP addresses come with and without their scheme."""
    return person_key(identity).removeprefix("sip:")
