"""Attendance evidence, raw: launches, openings, presence. Rows are added or extended, never judged here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Row,
    Subquery,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite

from app.db.asked import MOMENT, Columns, asked, rows
from app.db.database import Tx, insert_on
from app.db.tables import Instant, evidence, launches
from app.domain.attendance import Class, Evidence, Kind, Summary
from app.domain.people import person_key


@dataclass(frozen=True, slots=True)
class Observation:
    """One piece of evidence to keep. `instance` names it at its source: the same one twice is one."""

    session_id: UUID
    evidence: Evidence
    launch_id: UUID | None = None


async def keep(tx: Tx, observations: Sequence[Observation], now: datetime) -> None:
    """Keep them; one told before is only ever extended (a later end), in whatever order they come."""
    if observations:
        values = [_values(seen, now) for seen in _once_each(observations)]
        await tx.execute(_keep(tx.dialect.name), rows(tx.dialect.name, _OBSERVATION, values))


_OBSERVATION: Columns = {
    "session_id": Uuid(),
    "launch_id": Uuid(),
    "person_key": Text(),
    "email": Text(),
    "kind": Text(),
    "source": Text(),
    "instance": Text(),
    "started_at": MOMENT,
    "ended_at": MOMENT,
    "recorded_at": MOMENT,
}


@cache  # to put the statement together anew costs more than to run it
def _keep(dialect: str) -> postgresql.Insert | sqlite.Insert:
    table = asked(dialect, _OBSERVATION)
    every = select(*(table.c[name] for name in _OBSERVATION)).where(true())  # SQLite wants a WHERE here
    row = insert_on(dialect, evidence).from_select([*_OBSERVATION], every)
    longer = func.max if dialect == "sqlite" else func.greatest
    end = longer(func.coalesce(evidence.c.ended_at, row.excluded.ended_at), row.excluded.ended_at)
    return row.on_conflict_do_update(
        index_elements=["session_id", "source", "instance"],
        set_={"ended_at": func.coalesce(end, evidence.c.ended_at)},
    )


def _once_each(observations: Sequence[Observation]) -> Collection[Observation]:
    """What is told twice in one breath, with the later end: PostgreSQL extends no row twice at once."""
    found: dict[tuple[UUID, str, str], Observation] = {}
    for seen in observations:
        piece = seen.evidence
        key = (seen.session_id, piece.source, piece.instance)
        before = found.setdefault(key, seen)
        if before is not seen and piece.until is not None:
            until = piece.until if before.evidence.until is None else max(before.evidence.until, piece.until)
            found[key] = replace(before, evidence=replace(before.evidence, until=until))
    return found.values()


def _values(seen: Observation, now: datetime) -> tuple[Any, ...]:
    piece = seen.evidence
    return (
        seen.session_id,
        seen.launch_id,
        person_key(piece.email),
        piece.email,
        piece.kind,
        piece.source,
        piece.instance,
        piece.at,
        piece.until,
        now,
    )


async def of_session(tx: Tx, session_id: UUID) -> list[Evidence]:
    """Everything known about who was asked for, opened, and was present."""
    return [_evidence(row) for row in (await tx.execute(select(_all_of(session_id)))).all()]


async def summaries(tx: Tx, session_id: UUID, window: Class, now: datetime) -> list[Summary]:
    """Each person's evidence added up, as `domain.attendance.summarise` does it, but by the database: a class
    of ten thousand would hold up everybody else for as long as Python needs to add."""
    pieces = _all_of(session_id)
    rows = await tx.execute(_added_up(tx, pieces, window, now))
    return [
        Summary(
            email=row.email,
            asked=bool(row.asked),
            opened=bool(row.opened),
            seen=bool(row.seen),
            present=timedelta(microseconds=int(row.present or 0)),
            anywhere=bool(row.anywhere),
        )
        for row in rows
    ]


def _added_up(tx: Tx, pieces: Subquery, window: Class, now: datetime) -> Executable:
    """Per person: the spelling at the first launch, what was seen, and the covered microseconds.

    The union of overlapping stays is found by how far all earlier stays of the person reached.
    """
    opens, closes = (bindparam(None, at, Instant) for at in (window.starts_at, window.ends_at))
    piece, is_stay = pieces.c, pieces.c.kind == Kind.PRESENT
    until = func.coalesce(piece.ended_at, bindparam(None, now, Instant))
    end = case((until < closes, until), else_=closes)
    reached = func.max(case((is_stay, end))).over(
        partition_by=piece.person_key, order_by=(piece.started_at, end), rows=(None, -1)
    )
    spelled = func.row_number().over(
        partition_by=piece.person_key,
        order_by=(case((piece.kind == Kind.ASKED, 0), else_=1), piece.started_at, piece.email),
    )
    stays = select(
        piece.person_key, piece.kind, piece.email, piece.started_at, is_stay.label("is_stay"),
        end.label("end"),
        reached.label("reached"), spelled.label("spelled"),
        and_(is_stay, piece.started_at <= closes, until >= opens).label("seen"),
    ).subquery("stays")  # fmt: skip
    begin = case((stays.c.started_at > opens, stays.c.started_at), else_=opens)
    fresh = case((stays.c.reached > begin, stays.c.reached), else_=begin)
    covered = _micros(tx, stays.c.end) - _micros(tx, fresh)
    return (
        select(
            func.max(case((stays.c.spelled == 1, stays.c.email))).label("email"),
            _ever(stays.c.kind == Kind.ASKED).label("asked"),
            _ever(stays.c.kind == Kind.OPENED).label("opened"),
            _ever(stays.c.seen).label("seen"),
            _ever(stays.c.is_stay).label("anywhere"),
            func.sum(case((and_(stays.c.is_stay, stays.c.end > fresh), covered), else_=0)).label("present"),
        )
        .group_by(stays.c.person_key)
        .order_by(stays.c.person_key.collate("C" if tx.dialect.name == "postgresql" else "BINARY"))
    )


def _ever(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.max(case((condition, 1), else_=0))


def _micros(tx: Tx, instant: ColumnElement[Any]) -> ColumnElement[Any]:
    """An instant as whole microseconds, exactly: SQLite keeps it as text."""
    if tx.dialect.name == "sqlite":
        seconds = cast(func.strftime("%s", instant), BigInteger) * 1_000_000
        return seconds + cast(func.substr(type_coerce(instant, Text), 21, 6), BigInteger)
    return cast(func.extract("epoch", instant) * 1_000_000, BigInteger)


def _all_of(session_id: UUID) -> Subquery:
    asked = select(
        launches.c.person_key,
        launches.c.email,
        literal(Kind.ASKED.value).label("kind"),
        launches.c.asked_at.label("started_at"),
        null().label("ended_at"),
        literal("launch").label("source"),
        literal("").label("instance"),
    ).where(launches.c.session_id == session_id)
    seen = select(
        evidence.c.person_key,
        evidence.c.email,
        evidence.c.kind,
        evidence.c.started_at,
        evidence.c.ended_at,
        evidence.c.source,
        evidence.c.instance,
    ).where(evidence.c.session_id == session_id, evidence.c.superseded_at.is_(None))
    return union_all(seen, asked).subquery("pieces")


def _evidence(row: Row[Any]) -> Evidence:
    return Evidence(row.email, Kind(row.kind), row.started_at, row.ended_at, row.source, row.instance)
