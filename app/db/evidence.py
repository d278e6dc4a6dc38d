"""Attendance evidence, raw: launches, openings, presence. Rows are added or extended, never judged here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, literal, null, select, union_all

from app.db.database import Tx, insert
from app.db.tables import evidence, launches
from app.domain.attendance import Evidence, Kind
from app.domain.people import person_key


@dataclass(frozen=True, slots=True)
class Observation:
    """One piece of evidence to keep. `instance` names it at its source: the same one twice is one."""

    session_id: UUID
    evidence: Evidence
    launch_id: UUID | None = None


async def keep(tx: Tx, observations: Sequence[Observation], now: datetime) -> None:
    """Keep them; one told before is only ever extended (a later end, an earlier beginning)."""
    for seen in observations:
        piece = seen.evidence
        row = insert(tx, evidence).values(
            session_id=seen.session_id,
            launch_id=seen.launch_id,
            person_key=person_key(piece.email),
            email=piece.email,
            kind=piece.kind,
            source=piece.source,
            instance=piece.instance,
            started_at=piece.at,
            ended_at=piece.until,
            recorded_at=now,
        )
        longer = func.max if tx.dialect.name == "sqlite" else func.greatest
        end = longer(func.coalesce(evidence.c.ended_at, row.excluded.ended_at), row.excluded.ended_at)
        await tx.execute(
            row.on_conflict_do_update(
                index_elements=["session_id", "source", "instance"],
                set_={"ended_at": func.coalesce(end, evidence.c.ended_at)},
            )
        )


async def of_session(tx: Tx, session_id: UUID) -> list[Evidence]:
    """Everything known about who was asked for, opened, and was present."""
    asked = select(
        launches.c.email,
        literal(Kind.ASKED.value).label("kind"),
        launches.c.asked_at.label("started_at"),
        null().label("ended_at"),
        literal("launch").label("source"),
        literal("").label("instance"),
    ).where(launches.c.session_id == session_id)
    seen = select(
        evidence.c.email,
        evidence.c.kind,
        evidence.c.started_at,
        evidence.c.ended_at,
        evidence.c.source,
        evidence.c.instance,
    ).where(evidence.c.session_id == session_id)
    return [_evidence(row) for row in (await tx.execute(union_all(seen, asked))).all()]


def _evidence(row: Row[Any]) -> Evidence:
    return Evidence(row.email, Kind(row.kind), row.started_at, row.ended_at, row.source, row.instance)
