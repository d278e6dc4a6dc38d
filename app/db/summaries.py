"""Attendance evidence added up by the database, for the rule in `domain.attendance`."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from app.crowd import gently
from app.db.database import Tx, greatest, least
from app.db.tables import Instant, evidence, launches
from app.domain.attendance import Class, Kind, Summary


async def of_session(tx: Tx, session_id: UUID, window: Class, now: datetime) -> list[Summary]:
    """Each person's evidence added up, as `domain.attendance.summarise` does it, but by the database: a class
    of ten thousand would hold up everybody else for as long as Python needs to add."""
    found = (await tx.execute(_added_up(tx, session_id, window, now))).all()
    return await gently(_summary, found)


def _summary(row: Sequence[Any]) -> Summary:
    email, wanted, opened, seen, present, anywhere = row
    covered = timedelta(microseconds=int(present))
    return Summary(email, bool(wanted), bool(opened), bool(seen), covered, bool(anywhere))


def _added_up(tx: Tx, session_id: UUID, window: Class, now: datetime) -> Executable:
    """Per person: the spelling at the first launch, what was seen, and the covered microseconds.

    The union of overlapping stays is found by how far all earlier stays of the person reached. Moments are
    whole microseconds from the beginning: what is sorted and compared so often had better be a number.
    """
    opens, closes = literal(_microseconds(window.starts_at)), literal(_microseconds(window.ends_at))
    piece = _spans(tx, session_id, now).c
    is_stay, end = piece.kind == Kind.PRESENT, least(tx.dialect.name, piece.until, closes)
    reached = func.max(case((is_stay, end))).over(
        partition_by=piece.person_key, order_by=(piece.begin, end), rows=(None, -1)
    )
    stays = select(
        piece.person_key, piece.email, piece.kind, piece.started_at, is_stay.label("is_stay"),
        end.label("end"),
        greatest(tx.dialect.name, piece.begin, opens, func.coalesce(reached, opens)).label("fresh"),
        and_(is_stay, piece.begin <= closes, piece.until >= opens).label("seen"),
    ).subquery("stays").c  # fmt: skip
    covered = case((and_(stays.is_stay, stays.end > stays.fresh), stays.end - stays.fresh), else_=0)
    return (
        select(
            _spelling(tx, stays).label("email"),
            _ever(stays.kind == Kind.ASKED).label("asked"),
            _ever(stays.kind == Kind.OPENED).label("opened"),
            _ever(stays.seen).label("seen"),
            func.sum(covered).label("present"),
            _ever(stays.is_stay).label("anywhere"),
        )
        .group_by(stays.person_key)
        .order_by(stays.person_key.collate("C" if tx.dialect.name == "postgresql" else "BINARY"))
    )


def _spelling(tx: Tx, stays: Any) -> ColumnElement[str]:
    """The address as in the first launch, or else as it was seen first."""
    rank = case((stays.kind == Kind.ASKED, "0"), else_="1")
    if tx.dialect.name == "sqlite":  # a moment is 26 letters there
        first = func.min(rank + type_coerce(stays.started_at, Text) + stays.email)
        return func.substr(first, 28, type_=Text())
    ordered = aggregate_order_by(stays.email, rank, stays.started_at, stays.email)
    spelled: ColumnElement[str] = func.array_agg(ordered, type_=ARRAY(Text))[1]
    return spelled


def _ever(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.max(case((condition, 1), else_=0))


def _microseconds(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _micros(tx: Tx, instant: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same of a column, exactly: SQLite keeps it as text."""
    if tx.dialect.name == "sqlite":
        newer = sqlite3.sqlite_version_info >= (3, 38)  # reads a moment in half the time
        seconds = func.unixepoch(instant) if newer else cast(func.strftime("%s", instant), BigInteger)
        return seconds * 1_000_000 + cast(func.substr(type_coerce(instant, Text), 21, 6), BigInteger)
    return cast(func.extract("epoch", instant) * 1_000_000, BigInteger)


def _spans(tx: Tx, session_id: UUID, now: datetime) -> Subquery:
    """Everything known of the class; `begin` and `until` in microseconds, where they are of any use."""
    begin = _micros(tx, evidence.c.started_at)
    until = _micros(tx, func.coalesce(evidence.c.ended_at, literal(now, Instant)))
    never = literal(0, BigInteger)
    return union_all(
        _seen_of(session_id).add_columns(begin.label("begin"), until.label("until")),
        _asked_of(session_id).add_columns(never.label("begin"), never.label("until")),
    ).subquery("pieces")


def _asked_of(session_id: UUID) -> Select[Any]:
    kind = literal(Kind.ASKED.value).label("kind")
    of = launches.c
    query = select(of.person_key, of.email, kind, of.asked_at.label("started_at"))
    return query.where(of.session_id == session_id)


def _seen_of(session_id: UUID) -> Select[Any]:
    of = evidence.c
    query = select(of.person_key, of.email, of.kind, of.started_at)
    return query.where(of.session_id == session_id, of.superseded_at.is_(None))
