"""Administrators' rows, and the one-time links by which they set a password."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, Select, delete, func, or_, select, update

from app.db.database import Tx, insert
from app.db.tables import invitations, tenants, users
from app.domain.people import person_key


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in. `password`: the argon2id hash, None until the link was used.

    `invited_until`: the end of a one-time link that is still open.
    """

    id: UUID
    tenant_id: UUID
    tenant: str
    email: str
    name: str
    password: str | None
    active: bool
    revision: int
    created_at: datetime
    invited_until: datetime | None

    @property
    def key(self) -> str:
        return person_key(self.email)


@dataclass(frozen=True, slots=True)
class NewUser:
    """What is stored of somebody new."""

    tenant_id: UUID
    email: str
    name: str


async def add(tx: Tx, new: NewUser, now: datetime) -> UUID | None:
    """A user without a password; None when the address is taken already."""
    user_id = uuid4()
    row = insert(tx, users).values(
        id=user_id,
        tenant_id=new.tenant_id,
        email=new.email,
        email_key=person_key(new.email),
        name=new.name,
        active=True,
        revision=1,
        created_at=now,
        updated_at=now,
    )
    done = await tx.execute(row.on_conflict_do_nothing(index_elements=["email_key"]))
    return user_id if done.rowcount else None


async def find(tx: Tx, user_id: UUID) -> User | None:
    row = (await tx.execute(_query().where(users.c.id == user_id))).one_or_none()
    return None if row is None else _user(row)


async def find_by_email(tx: Tx, email: str) -> User | None:
    """Whatever the spelling of the address."""
    row = (await tx.execute(_query().where(users.c.email_key == person_key(email)))).one_or_none()
    return None if row is None else _user(row)


async def find_invited(tx: Tx, digest: bytes, now: datetime) -> User | None:
    """The active user whose open one-time link this is."""
    mine = _query().where(invitations.c.digest == digest, invitations.c.expires_at > now, users.c.active)
    row = (await tx.execute(mine)).one_or_none()
    return None if row is None else _user(row)


async def listed(tx: Tx, tenant_id: UUID | None = None) -> list[User]:
    """Everybody of one tenant (or of all), by address."""
    query = _query().order_by(tenants.c.key, users.c.email_key)
    if tenant_id is not None:
        query = query.where(users.c.tenant_id == tenant_id)
    return [_user(row) for row in await tx.execute(query)]


async def page(tx: Tx, tenant_id: UUID, sought: str, after: str | None, limit: int) -> list[User]:
    """The next of the tenant's users behind the person key `after`; `sought`: part of address or name."""
    query = _query().where(users.c.tenant_id == tenant_id)
    if sought:
        text = person_key(sought)
        address = users.c.email_key.contains(text, autoescape=True)
        query = query.where(or_(address, func.lower(users.c.name).contains(text, autoescape=True)))
    if after is not None:
        query = query.where(users.c.email_key > after)
    return [_user(row) for row in await tx.execute(query.order_by(users.c.email_key).limit(limit))]


async def count(tx: Tx, tenant_id: UUID) -> int:
    found = select(func.count()).select_from(users).where(users.c.tenant_id == tenant_id)
    return (await tx.execute(found)).scalar_one()


async def touch(tx: Tx, user_id: UUID, revision: int, now: datetime) -> bool:
    """Claim the next revision; False when somebody else changed this user since `revision`."""
    mine = update(users).where(users.c.id == user_id, users.c.revision == revision)
    return bool((await tx.execute(mine.values(revision=revision + 1, updated_at=now))).rowcount)


async def rename(tx: Tx, user_id: UUID, name: str) -> None:
    await tx.execute(update(users).where(users.c.id == user_id).values(name=name))


async def set_active(tx: Tx, user_id: UUID, active: bool) -> None:
    await tx.execute(update(users).where(users.c.id == user_id).values(active=active))


async def set_password(tx: Tx, user_id: UUID, password: str | None) -> None:
    """`password`: an argon2id hash; None: nothing signs this user in until a new one is set."""
    await tx.execute(update(users).where(users.c.id == user_id).values(password=password))


async def invite(tx: Tx, user_id: UUID, digest: bytes, expires_at: datetime) -> None:
    """Open a one-time link; the one before it is closed."""
    row = insert(tx, invitations).values(user_id=user_id, digest=digest, expires_at=expires_at)
    values = {"digest": digest, "expires_at": expires_at}
    await tx.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=values))


async def close_invitation(tx: Tx, user_id: UUID) -> bool:
    """Whether there was one: of two who use a link at once, one is told no."""
    closed = await tx.execute(delete(invitations).where(invitations.c.user_id == user_id))
    return bool(closed.rowcount)


def _query() -> Select[Any]:
    return (
        select(users, tenants.c.key.label("tenant"), invitations.c.expires_at.label("invited_until"))
        .join_from(users, tenants, tenants.c.id == users.c.tenant_id)
        .outerjoin(invitations, invitations.c.user_id == users.c.id)
    )


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        tenant_id=row.tenant_id,
        tenant=row.tenant,
        email=row.email,
        name=row.name,
        password=row.password,
        active=row.active,
        revision=row.revision,
        created_at=row.created_at,
        invited_until=row.invited_until,
    )
