"""How long names are kept: a tenant's periods, and taking names away when their time is over.

Rows stay, so that totals do; only who it was is gone. The audit chain stays whole: what names people stands
in it as a digest (services/audit.py), and an erased row keeps that digest.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, select, union, update

from app.db.database import Tx, insert
from app.db.tables import (
    audit,
    evidence,
    launches,
    logins,
    retentions,
    roster_marks,
    sessions,
    tenants,
    users,
)

PAGE = 500
ERASED = "erased-"  # how a pseudonym begins


@dataclass(frozen=True, slots=True)
class Periods:
    """For how many days names are kept; None: for ever. `revision` 0: nobody has decided yet.

    `class_days`: after a class, in launches, attendance and corrections. `login_days`: a browser's login.
    `audit_days`: in the audit trail.
    """

    class_days: int | None = None
    login_days: int | None = None
    audit_days: int | None = None
    revision: int = 0
    applied_at: datetime | None = None


async def periods(tx: Tx, tenant_id: UUID) -> Periods:
    row = (await tx.execute(select(retentions).where(retentions.c.tenant_id == tenant_id))).first()
    if row is None:
        return Periods()
    return Periods(row.class_days, row.login_days, row.audit_days, row.revision, row.applied_at)


async def decide(tx: Tx, tenant_id: UUID, new: Periods, expected: int | None, now: datetime) -> bool:
    """Store them as the next revision; False if somebody else did since `expected`."""
    blank = insert(tx, retentions).values(tenant_id=tenant_id, revision=0, updated_at=now)
    await tx.execute(blank.on_conflict_do_nothing(index_elements=["tenant_id"]))
    mine = retentions.c.tenant_id == tenant_id
    if expected is not None:
        mine = and_(mine, retentions.c.revision == expected)
    days = {"class_days": new.class_days, "login_days": new.login_days, "audit_days": new.audit_days}
    again = {"revision": retentions.c.revision + 1, "updated_at": now}
    return bool((await tx.execute(update(retentions).where(mine).values(**days, **again))).rowcount)


async def applied(tx: Tx, tenant_id: UUID, now: datetime) -> None:
    await tx.execute(update(retentions).where(retentions.c.tenant_id == tenant_id).values(applied_at=now))


async def deciders(tx: Tx) -> list[tuple[UUID, str]]:
    """The tenants that have periods: id and key."""
    query = select(tenants.c.id, tenants.c.key).join_from(retentions, tenants)
    return [(row.id, row.key) for row in await tx.execute(query)]


async def over(tx: Tx, tenant_id: UUID, before: datetime, after: UUID | None) -> list[UUID]:
    """The next sessions that ended before that moment, by id."""
    query = select(sessions.c.id).where(sessions.c.tenant_id == tenant_id, sessions.c.ends_at < before)
    if after is not None:
        query = query.where(sessions.c.id > after)
    return list((await tx.scalars(query.order_by(sessions.c.id).limit(PAGE))).all())


async def named_in(tx: Tx, session_ids: Collection[UUID]) -> list[tuple[UUID, str]]:
    """Who is still named in these sessions: session and person key."""
    looks = [
        select(table.c.session_id, table.c.person_key).where(
            table.c.session_id.in_(session_ids), ~table.c.person_key.startswith(ERASED)
        )
        for table in (launches, evidence, roster_marks)
    ]
    return [(row.session_id, row.person_key) for row in await tx.execute(union(*looks))]


async def replace_name(tx: Tx, session_id: UUID, key: str, pseudonym: str) -> None:
    """One person of one session is from now on the pseudonym."""
    for table in (launches, evidence, roster_marks):
        mine = and_(table.c.session_id == session_id, table.c.person_key == key)
        values: dict[str, Any] = {"person_key": pseudonym, "email": pseudonym}
        if table is roster_marks:
            values["reason"] = "(erased)"
        await tx.execute(update(table).where(mine).values(**values))


async def end_logins(tx: Tx, tenant_id: UUID, before: datetime) -> int:
    """Logins that began before that moment end."""
    ours = select(users.c.id).where(users.c.tenant_id == tenant_id)
    old = and_(logins.c.user_id.in_(ours), logins.c.created_at < before)
    return (await tx.execute(delete(logins).where(old))).rowcount


async def forget_deeds(tx: Tx, tenant_id: UUID, before: datetime, now: datetime) -> int:
    """Names in the audit trail older than that moment; what was done to what stays."""
    old = and_(audit.c.tenant_id == tenant_id, audit.c.at < before, audit.c.erased_at.is_(None))
    gone = {"actor": "erased", "address": "", "details": "", "salt": "", "erased_at": now}
    return (await tx.execute(update(audit).where(old).values(**gone))).rowcount


async def deeds_naming(tx: Tx, tenant_id: UUID, names: Iterable[str]) -> list[dict[str, Any]]:
    """Audit rows of the tenant in which one of these addresses stands, as actor or in the details."""
    found: list[dict[str, Any]] = []
    after, names_it = 0, _naming(names)
    while True:
        query = select(audit).where(audit.c.tenant_id == tenant_id, audit.c.number > after)
        rows = (await tx.execute(query.order_by(audit.c.number).limit(PAGE))).mappings().all()
        if not rows:
            return found
        after = rows[-1]["number"]
        found += [dict(row) for row in rows if names_it(f"{row['actor']} {row['details']}")]


async def erase_deeds(
    tx: Tx, deeds: Iterable[dict[str, Any]], whos: Collection[str], pseudonym: str, now: datetime
) -> int:
    """The person's name leaves these audit rows, and with it what was before and after."""
    count = 0
    for deed in deeds:
        own = deed["actor"] in whos
        values: dict[str, Any] = {"details": "", "salt": "", "erased_at": now}
        if own:
            values |= {"actor": f"user:{pseudonym}", "address": ""}
        await tx.execute(update(audit).where(audit.c.id == deed["id"]).values(**values))
        count += 1
    return count


def _naming(names: Iterable[str]) -> Callable[[str], bool]:
    """Whether a text holds one of the addresses, and not as a part of a longer one."""
    every = "|".join(re.escape(name) for name in names)
    pattern = re.compile(rf"(?<![\w.+-])(?:{every})(?![\w-])", re.I)
    return lambda text: pattern.search(text.casefold()) is not None
