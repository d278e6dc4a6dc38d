"""Rosters: what the evidence says, corrected by hand where somebody knows better; asked for anew; as a table.

A mark stands over the evidence and changes none of it: "attended" adds a person, "did not attend" takes one
away, for the pages and for the LMS alike (contract, GET attendees). Without the mark the evidence is back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db import rosters, watches
from app.db.database import Database, Tx
from app.db.rosters import Sheet
from app.db.session_lists import Listed
from app.domain.actor import Actor
from app.domain.clock import Clock
from app.domain.errors import Conflict, InvalidRequest, NotFound, Stale
from app.domain.people import is_email, person_key
from app.domain.permissions import Scope
from app.domain.roster import Line as Line
from app.domain.roster import Mark as Mark
from app.domain.roster import merged
from app.services.attendance import Attendance
from app.services.audit import Audit
from app.services.stories import admit, parts_of

LONGEST_REASON = 500
NO_REPORT = "This provider gives no report after the class: what is known is shown already."


@dataclass(frozen=True, slots=True)
class Roster:
    """One session's roster. `revision` is what a correction is based on. `reports`: the provider can be asked
    again. `taught`: person keys of those who came as instructors. `partial`: the class was followed live, and
    some of it was missed."""

    listed: Listed
    lines: tuple[Line, ...]
    sheet: Sheet
    reports: bool
    taught: frozenset[str]
    partial: bool

    @property
    def attended(self) -> int:
        return sum(line.attended for line in self.lines)


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody says of one person's attendance, and why."""

    email: str
    attended: bool
    reason: str


class Rosters:
    """`expected` is the revision that a deed is based on; None takes what is there."""

    def __init__(self, db: Database, attendance: Attendance, audit: Audit, clock: Clock) -> None:
        self._db, self._attendance, self._audit, self._clock = db, attendance, audit, clock

    async def get(self, actor: Actor, session_id: UUID) -> Roster:
        """As it is known now; asks nobody. Raises SessionNotFound."""
        async with self._db.read() as tx:
            found = await admit(tx, actor, Scope.ILT_ROSTER_VIEW, session_id)
        return await self.of(found)

    async def reaches(self, actor: Actor, session_id: UUID) -> bool:
        """Whether the permission to see attendance admits this session."""
        try:
            async with self._db.read() as tx:
                await admit(tx, actor, Scope.ILT_ROSTER_VIEW, session_id)
        except NotFound:
            return False
        return True

    async def count_parts(self, actor: Actor, session_id: UUID) -> int:
        """How many parts of the session's learning object are admitted, this one counted."""
        async with self._db.read() as tx:
            found = await admit(tx, actor, Scope.ILT_ROSTER_VIEW, session_id)
            return len(await parts_of(tx, actor, Scope.ILT_ROSTER_VIEW, found))

    async def parts(self, actor: Actor, session_id: UUID) -> list[Roster]:
        """The rosters of all admitted parts of the session's learning object, in their order."""
        async with self._db.read() as tx:
            found = await admit(tx, actor, Scope.ILT_ROSTER_VIEW, session_id)
            parts = await parts_of(tx, actor, Scope.ILT_ROSTER_VIEW, found)
        return [await self.of(part) for part in parts]

    async def update(self, actor: Actor, session_id: UUID) -> Roster:
        """Update Roster: ask the provider again; what it says now counts instead of what it said before.

        Raises ProviderError (nothing is changed then), Conflict where there is no report to ask for.
        """
        async with self._db.read() as tx:
            found = await admit(tx, actor, Scope.ILT_ROSTER_MANAGE, session_id)
        if not await self._attendance.reports(found.session):
            raise Conflict(NO_REPORT)
        fetched = await self._attendance.report(found.session)
        now = self._clock()
        async with self._db.begin() as tx:
            await rosters.touch(tx, session_id, None)
            note = "The provider has no meeting for this session."
            if fetched is not None:
                gone = await self._attendance.overwrite(tx, found.session, fetched)
                note = _in_words(len(fetched.rows), gone, fetched.final and not fetched.partial)
            sheet = Sheet(0, now, actor.who, note)
            await rosters.note_fetch(tx, session_id, sheet)
            await self._note(tx, actor, "roster.updated", session_id, after={"note": note})
        return await self.of(found)

    async def mark(
        self, actor: Actor, session_id: UUID, correction: Correction, expected: int | None = None
    ) -> Roster:
        """Say by hand who attended. Raises InvalidRequest, Stale, SessionNotFound, NotAllowed."""
        email, reason = _checked(correction)
        mark = Mark(email, correction.attended, reason, actor.who, self._clock())
        async with self._db.begin() as tx:
            found = await admit(tx, actor, Scope.ILT_ROSTER_MANAGE, session_id)
            before = await self._changing(tx, session_id, mark.key, expected)
            await rosters.mark(tx, session_id, mark)
            await self._note(tx, actor, "roster.marked", session_id, before=before, after=_shown(mark))
        return await self.of(found)

    async def unmark(self, actor: Actor, session_id: UUID, email: str, expected: int | None = None) -> Roster:
        """Let the evidence decide again. Raises NotFound without a mark, Stale."""
        key = person_key(email)
        async with self._db.begin() as tx:
            found = await admit(tx, actor, Scope.ILT_ROSTER_MANAGE, session_id)
            before = await self._changing(tx, session_id, key, expected)
            if not await rosters.unmark(tx, session_id, key, actor.who, self._clock()):
                raise NotFound("There is no correction of this person.")
            await self._note(tx, actor, "roster.unmarked", session_id, before=before)
        return await self.of(found)

    async def exported(self, actor: Actor, session_id: UUID) -> Roster:
        """The roster for a file that leaves the house: written down in the audit trail."""
        roster = await self.get(actor, session_id)
        async with self._db.begin() as tx:
            await self._note(tx, actor, "roster.exported", session_id, after={"lines": len(roster.lines)})
        return roster

    async def of(self, found: Listed) -> Roster:
        """The roster of a session that was admitted already."""
        decisions = await self._attendance.known(found.session)
        async with self._db.read() as tx:
            marks = await rosters.marks(tx, found.session.id)
            sheet = await rosters.sheet(tx, found.session.id)
            taught = await rosters.instructors(tx, found.session.id)
            partial = await watches.is_partial(tx, found.session.id)
        reports = await self._attendance.reports(found.session)
        return Roster(found, tuple(merged(decisions, marks)), sheet, reports, frozenset(taught), partial)

    async def _changing(
        self, tx: Tx, session_id: UUID, key: str, expected: int | None
    ) -> dict[str, object] | None:
        """Claim the next revision; says what the mark was before. Raises Stale."""
        if not await rosters.touch(tx, session_id, expected):
            raise Stale
        known = [mark for mark in await rosters.marks(tx, session_id) if mark.key == key]
        return _shown(known[0]) if known else None

    async def _note(
        self,
        tx: Tx,
        actor: Actor,
        action: str,
        session_id: UUID,
        before: dict[str, object] | None = None,
        after: dict[str, object] | None = None,
    ) -> None:
        subject = f"session:{session_id}"
        await self._audit.note(tx, actor, action=action, subject=subject, before=before, after=after)


def _checked(correction: Correction) -> tuple[str, str]:
    email, reason = correction.email.strip(), correction.reason.strip()
    if not is_email(email):
        raise InvalidRequest("Enter the person's e-mail address.")
    if not reason:
        raise InvalidRequest("Say why: a correction needs a reason.")
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        raise InvalidRequest(f"The reason must be one line of at most {LONGEST_REASON} characters.")
    return email, reason


def _shown(mark: Mark) -> dict[str, object]:
    return {"email": mark.email, "attended": mark.attended, "reason": mark.reason}


def _in_words(rows: int, gone: int, final: bool) -> str:
    told = f"The provider told of {rows} {'stay' if rows == 1 else 'stays'}"
    lost = f"; {gone} that it told of before no longer {'counts' if gone == 1 else 'count'}" if gone else ""
    return f"{told}{lost}. {'The report is final.' if final else 'The report may still change.'}"


def columns(roster: Roster) -> Sequence[Sequence[str]]:
    """The roster as lines of text, its heading first: for a file that spreadsheets open."""
    head = (
        "E-mail",
        "Role",
        "Attended",
        "Reason",
        "Minutes present",
        "Decided by",
        "Corrected by",
        "Corrected at",
    )
    return [head, *(_cells(roster, line) for line in roster.lines)]


def _cells(roster: Roster, line: Line) -> tuple[str, ...]:
    mark = line.mark
    return (
        line.email,
        "instructor" if line.key in roster.taught else "learner",
        "yes" if line.attended else "no",
        line.reason,
        f"{line.present.total_seconds() / 60:.0f}",
        "hand" if mark else "evidence",
        mark.made_by if mark else "",
        _iso(mark.made_at) if mark else "",
    )


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
