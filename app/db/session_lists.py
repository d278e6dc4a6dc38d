"""Lists of sessions in the order of their beginning, by cursor: each way to find one has an index of its own.

"Or" is what makes databases read everything. So every alternative is a small query by itself, each ends after
one page, and the page is what comes first among them.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true, union

from app.db.admission import Reach, admits, admitted, taught_by
from app.db.database import Tx
from app.db.sessions import session_of
from app.db.tables import evidence, launches, meetings, roster_marks, session_instructors, sessions, vendors
from app.domain.people import person_key
from app.domain.session import Session, SessionState, session_key, title_key

Place = tuple[datetime, UUID]


class Show(StrEnum):
    """Which sessions, by how they stand."""

    ALL = "all"
    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    PENDING = "pending"  # the provider does not have what is wanted, yet or because of some trouble


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. `text`: part of the title, the LMS's id, or how an instructor's address begins.

    `since` – `until`: when the session begins. `instructor`: how the address begins.
    """

    text: str = ""
    show: Show = Show.ALL
    connection_id: UUID | None = None
    instructor: str = ""
    since: datetime | None = None
    until: datetime | None = None
    newest_first: bool = False
    session_id: UUID | None = None
    attended_by: str | None = None  # a person key of whom something is known there, "" for anybody's


@dataclass(frozen=True, slots=True)
class Listed:
    """A session in a list. `pending_since`, `parked_at`, `trouble`: of its meeting until it is settled."""

    session: Session
    vendor: str
    instructors: tuple[str, ...]
    pending_since: datetime | None
    parked_at: datetime | None
    trouble: str

    @property
    def place(self) -> Place:
        """Where it stands in a list: a cursor."""
        return self.session.starts_at, self.session.id


async def page(
    tx: Tx, tenant_id: UUID, reach: Reach | None, wanted: Wanted, after: Place | None, limit: int
) -> list[Listed]:
    """The next sessions behind `after`."""
    ids = page_query(tx, tenant_id, reach, wanted, after, limit)
    found = [] if ids is None else [row.id for row in await tx.execute(ids)]
    return await listed(tx, found)


def page_query(
    tx: Tx, tenant_id: UUID, reach: Reach | None, wanted: Wanted, after: Place | None, limit: int
) -> Select[Any] | None:
    """The ids of one page; None where nothing is admitted at all."""
    rest = [*_filters(tx, wanted), *_behind(after, wanted.newest_first)]
    found = select(sessions.c.id, sessions.c.starts_at).where(*rest)
    pages = [
        select(_ordered(found.where(way, *text), sessions.c, wanted.newest_first).limit(limit).subquery())
        for way, text in product(admitted(tenant_id, reach), _texts(tx, wanted.text))
    ]
    if not pages:
        return None
    together = (union(*pages) if len(pages) > 1 else pages[0]).subquery()
    return _ordered(select(together.c.id), together.c, wanted.newest_first).limit(limit)


async def is_admitted(tx: Tx, tenant_id: UUID, reach: Reach | None, session_id: UUID) -> bool:
    """Whether there is this session, in this tenant, within this reach."""
    query = select(sessions.c.id).where(sessions.c.id == session_id, admits(tenant_id, reach))
    return await tx.scalar(query) is not None


async def listed(tx: Tx, ids: Sequence[UUID]) -> list[Listed]:
    """These sessions, in this order, with what a list shows of them."""
    unsettled = (
        (meetings.c.session_id == sessions.c.id)
        & meetings.c.pending_since.is_not(None)
        & (meetings.c.state != "cancelled")
    )
    query = (
        select(
            sessions,
            vendors.c.name.label("vendor"),
            meetings.c.pending_since,
            meetings.c.parked_at,
            meetings.c.last_error,
        )
        .outerjoin_from(sessions, vendors, vendors.c.connection_id == sessions.c.connection_id)
        .outerjoin(meetings, unsettled)
        .where(sessions.c.id.in_(ids))
    )
    rows = {row.id: row for row in await tx.execute(query)}
    teachers = await _teachers(tx, ids)
    return [
        Listed(
            session=session_of(rows[one]),
            vendor=rows[one].vendor or "",
            instructors=tuple(teachers[one]),
            pending_since=rows[one].pending_since,
            parked_at=rows[one].parked_at,
            trouble=rows[one].last_error or "",
        )
        for one in ids
    ]


async def parts(tx: Tx, tenant_id: UUID, reach: Reach | None, lo_id: str, limit: int) -> list[Listed]:
    """The sessions of one learning object that are admitted, in their order."""
    mine = and_(sessions.c.tenant_id == tenant_id, sessions.c.lo_id == lo_id)
    query = select(sessions.c.id).where(mine, admits(tenant_id, reach))
    found = await tx.scalars(query.order_by(sessions.c.starts_at, sessions.c.id).limit(limit))
    return await listed(tx, list(found.all()))


async def _teachers(tx: Tx, ids: Collection[UUID]) -> dict[UUID, list[str]]:
    table = session_instructors
    named = select(table).where(table.c.session_id.in_(ids), table.c.removed_at.is_(None))
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in await tx.execute(named.order_by(table.c.email_key)):
        found[row.session_id].append(row.email)
    return found


def _filters(tx: Tx, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.show in (Show.SCHEDULED, Show.CANCELLED):
        found.append(sessions.c.state == SessionState(wanted.show))
    if wanted.show is Show.PENDING:
        unsettled = select(meetings.c.session_id).where(meetings.c.pending_since.is_not(None))
        found.append(sessions.c.id.in_(unsettled))
    if wanted.connection_id is not None:
        found.append(sessions.c.connection_id == wanted.connection_id)
    if wanted.instructor:
        found.append(taught_by(_begins(tx, session_instructors.c.email_key, person_key(wanted.instructor))))
    if wanted.since is not None:
        found.append(sessions.c.starts_at >= wanted.since)
    if wanted.until is not None:
        found.append(sessions.c.starts_at < wanted.until)
    if wanted.session_id is not None:
        found.append(sessions.c.id == wanted.session_id)
    if wanted.attended_by is not None:
        found.append(_known_there(wanted.attended_by))
    return found


def _known_there(key: str) -> ColumnElement[bool]:
    """Something counts of this person there, or of anybody: a launch, evidence, a correction."""
    places = (
        (launches, true()),
        (evidence, evidence.c.superseded_at.is_(None)),
        (roster_marks, roster_marks.c.removed_at.is_(None)),
    )
    looks = []
    for table, counts in places:
        here = and_(table.c.session_id == sessions.c.id, counts)
        looks.append(exists().where(and_(here, table.c.person_key == key) if key else here))
    return or_(*(look.correlate(sessions) for look in looks))


def _texts(tx: Tx, text: str) -> list[tuple[ColumnElement[bool], ...]]:
    """The ways in which a text may be meant, one condition each; no text, no condition."""
    if not text:
        return [()]
    return [
        (sessions.c.session_key == session_key(text),),
        (sessions.c.title_key.contains(title_key(text), autoescape=True),),
        (taught_by(_begins(tx, session_instructors.c.email_key, person_key(text))),),
    ]


def _begins(tx: Tx, column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """`column` begins with `text`, spelled so that the index is used in any collation."""
    end = text + "\U0010ffff"
    if tx.dialect.name == "sqlite":
        return and_(column >= text, column < end)
    return and_(column.bool_op("~>=~")(text), column.bool_op("~<~")(end))


def _behind(after: Place | None, newest_first: bool) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    at, one = after
    begins, id_ = sessions.c.starts_at, sessions.c.id
    if newest_first:
        return [begins <= at, or_(begins < at, id_ < one)]
    return [begins >= at, or_(begins > at, id_ > one)]


def _ordered(query: Select[Any], columns: Any, newest_first: bool) -> Select[Any]:
    order = (columns.starts_at, columns.id)
    return query.order_by(*(column.desc() for column in order)) if newest_first else query.order_by(*order)
