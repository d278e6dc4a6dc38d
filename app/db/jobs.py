"""Jobs beside meetings: what is due when, who holds it, and what is parked. One row per kind and subject."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from app.db.database import Tx, insert
from app.db.tables import jobs


@dataclass(frozen=True, slots=True)
class Claim:
    """One job, ours until its lease ends; `attempts` failed before this one."""

    kind: str
    subject: str
    token: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class Parked:
    """Something that is not tried any more until it is changed or woken by a person."""

    kind: str
    subject: str
    error_kind: str
    error: str
    attempts: int
    since: datetime


_ANEW = ("due_at", "attempts", "parked_at", "claim_token", "updated_at")


async def plan(tx: Tx, named: Sequence[tuple[str, str]], due_at: datetime, now: datetime) -> None:
    """These jobs are due at `due_at`, whatever was planned before; parked ones wake up."""
    fresh = [_fresh(kind, subject, due_at, now) for kind, subject in named]
    again = {name: fresh[0][name] for name in _ANEW}
    row = insert(tx, jobs).values(fresh)
    await tx.execute(row.on_conflict_do_update(index_elements=["kind", "subject"], set_=again))


async def ensure(tx: Tx, kinds: Sequence[str], now: datetime) -> None:
    """These chores exist; new ones are due at once."""
    row = insert(tx, jobs).values([_fresh(kind, "", now, now) for kind in kinds])
    await tx.execute(row.on_conflict_do_nothing())


async def due(tx: Tx, kinds: Collection[str], now: datetime, limit: int) -> list[tuple[str, str]]:
    """(kind, subject) of what is due among `kinds`, longest waiting first. Newer versions may know more."""
    query = select(jobs.c.kind, jobs.c.subject).where(jobs.c.due_at <= now, jobs.c.kind.in_(kinds))
    return [(row.kind, row.subject) for row in await tx.execute(query.order_by(jobs.c.due_at).limit(limit))]


async def claim(tx: Tx, kind: str, subject: str, now: datetime, until: datetime) -> Claim | None:
    """Take a job that is due; None when somebody else has it, or it is gone."""
    taken = await tx.execute(
        update(jobs)
        .where(_named(kind, subject), jobs.c.due_at <= now)
        .values(claim_token=uuid4(), due_at=until, updated_at=now)
        .returning(jobs.c.claim_token, jobs.c.attempts)
    )
    row = taken.first()
    return None if row is None else Claim(kind, subject, row.claim_token, row.attempts)


async def again(tx: Tx, held: Claim, due_at: datetime, now: datetime) -> None:
    """It went well, and is to be done again."""
    await _record(tx, held, due_at=due_at, attempts=0, last_error="", last_error_kind="", updated_at=now)


async def done(tx: Tx, held: Claim) -> None:
    """It went well, and for good."""
    await tx.execute(delete(jobs).where(_named(held.kind, held.subject), jobs.c.claim_token == held.token))


async def failed(tx: Tx, held: Claim, error: tuple[str, str], due_at: datetime | None, now: datetime) -> None:
    """It failed with `error` (kind, sentence): to be tried at `due_at`, or parked when there is none."""
    await _record(
        tx,
        held,
        due_at=due_at,
        attempts=held.attempts + 1,
        last_error_kind=error[0],
        last_error=error[1],
        parked_at=None if due_at else now,
        updated_at=now,
    )


async def parked(tx: Tx, limit: int) -> list[Parked]:
    """What is parked, newest first."""
    query = select(jobs).where(jobs.c.parked_at.is_not(None)).order_by(jobs.c.parked_at.desc()).limit(limit)
    return [
        Parked(row.kind, row.subject, row.last_error_kind, row.last_error, row.attempts, row.parked_at)
        for row in await tx.execute(query)
    ]


async def exists(tx: Tx, kind: str, subject: str) -> bool:
    """Whether this job is not done yet; it may be parked."""
    return (await tx.execute(select(jobs.c.kind).where(_named(kind, subject)))).first() is not None


async def waiting(tx: Tx, kind: str, subject: str) -> bool:
    """Whether this job is still to be done, and not parked."""
    query = select(jobs.c.kind).where(_named(kind, subject), jobs.c.parked_at.is_(None))
    return (await tx.execute(query)).first() is not None


async def count_parked(tx: Tx) -> dict[str, int]:
    """How many of each kind are parked."""
    query = select(jobs.c.kind, func.count()).where(jobs.c.parked_at.is_not(None)).group_by(jobs.c.kind)
    return {kind: count for kind, count in await tx.execute(query)}


async def wake(tx: Tx, kind: str, subject: str, now: datetime) -> bool:
    """Unpark one; False when it is not parked."""
    woken = await tx.execute(
        update(jobs)
        .where(_named(kind, subject), jobs.c.parked_at.is_not(None))
        .values(parked_at=None, due_at=now, attempts=0, updated_at=now)
    )
    return woken.rowcount == 1


async def _record(tx: Tx, held: Claim, **values: object) -> None:
    mine = and_(_named(held.kind, held.subject), jobs.c.claim_token == held.token)
    await tx.execute(update(jobs).where(mine).values(claim_token=None, **values))


def _named(kind: str, subject: str) -> ColumnElement[bool]:
    return and_(jobs.c.kind == kind, jobs.c.subject == subject)


def _fresh(kind: str, subject: str, due_at: datetime, now: datetime) -> dict[str, object]:
    return {
        "kind": kind,
        "subject": subject,
        "due_at": due_at,
        "claim_token": None,
        "attempts": 0,
        "last_error": "",
        "last_error_kind": "",
        "parked_at": None,
        "created_at": now,
        "updated_at": now,
    }
