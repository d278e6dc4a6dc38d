"""Sessions as the LMS wants them: one row per SessionId and portal."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, and_, delete, func, or_, select, update

from app.db import intents
from app.db.database import Tx, insert
from app.db.tables import session_instructors, sessions
from app.domain.caller import Caller
from app.domain.people import person_key
from app.domain.session import Session, SessionDraft, SessionState, session_key, title_key


async def want(tx: Tx, caller: Caller, draft: SessionDraft, now: datetime) -> Session:
    """Store what the LMS wants: a new session, a change, a revival, or nothing new. Locks the row."""
    wanted = _columns(draft)
    fresh = {
        "id": uuid4(),
        "tenant_id": caller.tenant_id,
        "connection_id": caller.connection_id,
        "session_key": session_key(draft.external_id),
        "state": SessionState.SCHEDULED,
        "revision": 1,
        "created_at": now,
        "updated_at": now,
    }
    made = await tx.execute(
        insert(tx, sessions)
        .values(**fresh, **wanted)
        .on_conflict_do_nothing(index_elements=["tenant_id", "session_key"])
        .returning(sessions.c.id)
    )
    is_new = made.first() is not None
    stored = await _lock(tx, caller.tenant_id, draft.external_id)
    assert stored is not None, "the row was inserted or in the way a moment ago"
    taught = await _teach(tx, stored.id, draft.instructors, now)
    same = stored.state == SessionState.SCHEDULED and all(getattr(stored, k) == v for k, v in wanted.items())
    if is_new:
        await intents.store(tx, session_of(stored), now)
    if is_new or (same and not taught):
        return session_of(stored)
    return await _change(tx, stored, now, **wanted, state=SessionState.SCHEDULED, cancelled_at=None)


async def cancel(tx: Tx, tenant_id: UUID, external_id: str, now: datetime) -> Session | None:
    """Want it cancelled; repeatable. None where the session was never known."""
    stored = await _lock(tx, tenant_id, external_id)
    if stored is None or stored.state == SessionState.CANCELLED:
        return stored and session_of(stored)
    return await _change(tx, stored, now, state=SessionState.CANCELLED, cancelled_at=now)


async def _change(tx: Tx, stored: Row[Any], now: datetime, **values: Any) -> Session:
    """Other than it was: the next revision, and the intent to make the provider follow."""
    changed = await tx.execute(
        update(sessions)
        .where(sessions.c.id == stored.id)
        .values(**values, revision=stored.revision + 1, updated_at=now)
        .returning(*sessions.c)
    )
    session = session_of(changed.one())
    await intents.store(tx, session, now)
    return session


async def find(tx: Tx, tenant_id: UUID, external_id: str) -> Session | None:
    """The portal's session by the LMS's id; another portal's is not found."""
    row = (await tx.execute(_by_key(tenant_id, external_id))).first()
    return None if row is None else session_of(row)


async def get(tx: Tx, session_id: UUID) -> Session:
    """A session that is known to be there."""
    return session_of((await tx.execute(select(sessions).where(sessions.c.id == session_id))).one())


async def lock(tx: Tx, session_id: UUID) -> Session:
    """The session, held until the transaction ends."""
    row = (await tx.execute(select(sessions).where(sessions.c.id == session_id).with_for_update())).one()
    return session_of(row)


async def want_again(tx: Tx, connection_id: UUID, keys: Collection[str], now: datetime) -> None:
    """Who presents has changed: every coming session that names one of them, or nobody, differs now."""
    names = select(session_instructors.c.session_id).where(session_instructors.c.removed_at.is_(None))
    differing = and_(
        sessions.c.connection_id == connection_id,
        sessions.c.state == SessionState.SCHEDULED,
        sessions.c.ends_at > now,
        or_(
            sessions.c.id.in_(names.where(session_instructors.c.email_key.in_(keys))),
            sessions.c.id.not_in(names),
        ),
    )
    again = {"revision": sessions.c.revision + 1, "updated_at": now}
    await tx.execute(update(sessions).where(differing).values(again))
    await intents.make_due(tx, select(sessions.c.id).where(differing), now, now)


async def count_to_come(tx: Tx, connection_id: UUID, now: datetime) -> int:
    """How many classes of the connection are scheduled and not over."""
    ahead = and_(
        sessions.c.connection_id == connection_id,
        sessions.c.state == SessionState.SCHEDULED,
        sessions.c.ends_at > now,
    )
    return (await tx.execute(select(func.count()).select_from(sessions).where(ahead))).scalar_one()


async def _lock(tx: Tx, tenant_id: UUID, external_id: str) -> Row[Any] | None:
    return (await tx.execute(_by_key(tenant_id, external_id).with_for_update())).first()


def _by_key(tenant_id: UUID, external_id: str) -> Any:
    return select(sessions).where(
        sessions.c.tenant_id == tenant_id, sessions.c.session_key == session_key(external_id)
    )


async def _teach(tx: Tx, session_id: UUID, emails: tuple[str, ...] | None, now: datetime) -> bool:
    """Make the list of instructors so; None leaves it. Says whether anything changed."""
    if emails is None:
        return False
    wanted = {person_key(email): email for email in emails}
    table = session_instructors
    rows = (await tx.execute(select(table).where(table.c.session_id == session_id))).all()
    listed = {row.email_key for row in rows if row.removed_at is None}
    gone, come = listed - wanted.keys(), wanted.keys() - listed
    if gone:
        await tx.execute(
            update(table)
            .where(table.c.session_id == session_id, table.c.email_key.in_(gone))
            .values(removed_at=now)
        )
    for key in sorted(come):
        row = {"session_id": session_id, "email_key": key, "email": wanted[key], "removed_at": None}
        await tx.execute(
            insert(tx, table)
            .values(row)
            .on_conflict_do_update(
                index_elements=["session_id", "email_key"],
                set_={"email": wanted[key], "removed_at": None},
            )
        )
    return bool(gone or come)


async def rename_instructor(tx: Tx, connection_id: UUID, old_email: str, new_email: str) -> None:
    """Every session of the connection that names the old address names the new one."""
    table, old, new = session_instructors, person_key(old_email), person_key(new_email)
    of_connection = select(sessions.c.id).where(sessions.c.connection_id == connection_id)
    has_new = select(table.c.session_id).where(table.c.email_key == new)
    named = and_(table.c.email_key == old, table.c.session_id.in_(of_connection))
    await tx.execute(delete(table).where(named, table.c.session_id.in_(has_new)))
    await tx.execute(update(table).where(named).values(email_key=new, email=new_email))


def _columns(draft: SessionDraft) -> dict[str, Any]:
    columns = asdict(draft)
    del columns["instructors"]
    offset: timedelta | None = columns.pop("utc_offset")
    columns["title_key"] = title_key(draft.title)
    if draft.instructors is not None:
        columns["unnamed"] = not draft.instructors
    columns["utc_offset_minutes"] = None if offset is None else int(offset.total_seconds() // 60)
    return columns


def session_of(row: Row[Any]) -> Session:
    """A row of `sessions`, whatever else the query has asked for beside it."""
    return Session(
        id=row.id,
        tenant_id=row.tenant_id,
        connection_id=row.connection_id,
        external_id=row.external_id,
        title=row.title,
        description=row.description,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state=SessionState(row.state),
        revision=row.revision,
        time_zone=row.time_zone,
        lo_id=row.lo_id,
    )
