"""Attendance evidence, raw: launches, openings, presence. Rows are added or extended, never judged here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, func, select, true
from sqlalchemy.dialects import postgresql, sqlite

from app.db.asked import MOMENT, Columns, asked, rows
from app.db.database import Tx, greatest, insert_on
from app.db.lane import Lane, Statement, written
from app.db.tables import evidence
from app.domain.attendance import Evidence
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
        await tx.execute(_keep(tx.dialect.name), _given(tx.dialect.name, observations, now))


async def keep_at_once(lane: Lane, observations: Sequence[Observation], now: datetime) -> None:
    """The same, as a transaction by itself."""
    if observations:
        await lane.fetch(_written(lane.dialect), _given(lane.dialect, observations, now))


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
    told = row.excluded.ended_at
    end = greatest(dialect, func.coalesce(evidence.c.ended_at, told), told)
    return row.on_conflict_do_update(
        index_elements=["session_id", "source", "instance"],
        set_={"ended_at": func.coalesce(end, evidence.c.ended_at)},
    )


@cache
def _written(dialect: str) -> Statement:
    return written(dialect, _keep(dialect))


def _given(dialect: str, observations: Sequence[Observation], now: datetime) -> dict[str, Any]:
    return rows(dialect, _OBSERVATION, [_values(seen, now) for seen in _once_each(observations)])


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
