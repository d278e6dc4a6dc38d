"""Rosters: manual marks, kept apart from the evidence, and what asking the provider again leaves behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, and_, cast, select, update

from app.db import evidence as evidence_rows
from app.db.database import Tx, insert
from app.db.evidence import Observation
from app.db.tables import evidence, launches, roster_marks, rosters
from app.domain.attendance import Evidence, Kind
from app.domain.people import Role, person_key
from app.domain.roster import Mark


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is kept of a roster beside its lines. `revision` counts what people changed; 0: nothing yet.

    `fetched_at`: when somebody last asked the provider again, and what came of it.
    """

    revision: int = 0
    fetched_at: datetime | None = None
    fetched_by: str = ""
    fetch_note: str = ""


async def sheet(tx: Tx, session_id: UUID) -> Sheet:
    row = (await tx.execute(select(rosters).where(rosters.c.session_id == session_id))).first()
    return Sheet() if row is None else Sheet(row.revision, row.fetched_at, row.fetched_by, row.fetch_note)


async def touch(tx: Tx, session_id: UUID, expected: int | None) -> bool:
    """Claim the next revision; False if somebody changed the roster since `expected` (None: whatever)."""
    fresh = insert(tx, rosters).values(session_id=session_id, revision=0, fetched_by="", fetch_note="")
    await tx.execute(fresh.on_conflict_do_nothing(index_elements=["session_id"]))
    mine = rosters.c.session_id == session_id
    if expected is not None:
        mine = and_(mine, rosters.c.revision == expected)
    changed = await tx.execute(update(rosters).where(mine).values(revision=rosters.c.revision + 1))
    return bool(changed.rowcount)


async def note_fetch(tx: Tx, session_id: UUID, fetched: Sheet) -> None:
    """Who asked the provider again, when, and what came of it; `touch` came before."""
    await tx.execute(
        update(rosters)
        .where(rosters.c.session_id == session_id)
        .values(fetched_at=fetched.fetched_at, fetched_by=fetched.fetched_by, fetch_note=fetched.fetch_note)
    )


async def marks(tx: Tx, session_id: UUID) -> list[Mark]:
    """Those that count."""
    counts = and_(roster_marks.c.session_id == session_id, roster_marks.c.removed_at.is_(None))
    rows = await tx.execute(select(roster_marks).where(counts).order_by(roster_marks.c.person_key))
    return [_mark(row) for row in rows]


async def mark(tx: Tx, session_id: UUID, new: Mark) -> None:
    """The new one counts; the one before it stays behind as history."""
    await unmark(tx, session_id, new.key, new.made_by, new.made_at)
    await tx.execute(
        insert(tx, roster_marks).values(
            session_id=session_id,
            person_key=new.key,
            email=new.email,
            attended=new.attended,
            reason=new.reason,
            made_by=new.made_by,
            made_at=new.made_at,
            removed_by="",
        )
    )


async def unmark(tx: Tx, session_id: UUID, key: str, by: str, now: datetime) -> bool:
    """From here on the evidence decides about this person again. Says whether there was a mark."""
    counts = and_(
        roster_marks.c.session_id == session_id,
        roster_marks.c.person_key == key,
        roster_marks.c.removed_at.is_(None),
    )
    gone = await tx.execute(update(roster_marks).where(counts).values(removed_by=by, removed_at=now))
    return bool(gone.rowcount)


async def instructors(tx: Tx, session_id: UUID) -> set[str]:
    """Person keys of those who were let in as instructors."""
    query = select(launches.c.person_key).distinct()
    query = query.where(launches.c.session_id == session_id, launches.c.role == Role.INSTRUCTOR)
    return set((await tx.scalars(query)).all())


async def overwrite(tx: Tx, session_id: UUID, source: str, rows: Sequence[Evidence], now: datetime) -> int:
    """What `source` says now counts instead of what it said before, which stays, superseded. Says how many
    rows no longer count. A superseded row gives up its name, so that a corrected one can take it."""
    current = and_(
        evidence.c.session_id == session_id,
        evidence.c.source == source,
        evidence.c.kind == Kind.PRESENT,
        evidence.c.superseded_at.is_(None),
    )
    said = {(row.instance, person_key(row.email), row.at, row.until) for row in rows}
    stored = (await tx.execute(select(evidence).where(current))).all()
    gone = [
        row.id for row in stored if (row.instance, row.person_key, row.started_at, row.ended_at) not in said
    ]
    for start in range(0, len(gone), 500):
        some = update(evidence).where(evidence.c.id.in_(gone[start : start + 500]))
        name = evidence.c.instance + "~" + cast(evidence.c.id, Text)
        await tx.execute(some.values(superseded_at=now, instance=name))
    await evidence_rows.keep(tx, [Observation(session_id, row) for row in rows], now)
    return len(gone)


def _mark(row: Row[Any]) -> Mark:
    return Mark(row.email, row.attended, row.reason, row.made_by, row.made_at)
