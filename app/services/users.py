"""Administrators: invited by a one-time link, given roles and permissions, deactivated.

Nobody hands out, or takes over, more than they have themselves; and nobody changes their own rights, so the
last administrator cannot be locked out by a slip. The shell can always help.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.db import grants, logins, tenants, users
from app.db.database import Database, Tx
from app.db.grants import Given as Given
from app.db.turns import take_turn
from app.db.users import NewUser
from app.db.users import User as User
from app.domain.actor import Actor, Grant, commanding
from app.domain.clock import Clock
from app.domain.errors import Conflict, InvalidRequest, NotAllowed, NotFound, Stale
from app.domain.people import is_email
from app.domain.permissions import Scope
from app.services.audit import Audit
from app.services.clients import DEFAULT_CONNECTION, DEFAULT_TENANT, KEY
from app.services.grants import opened, plain, require_gift, require_to_give
from app.services.searching import sought

LINK_LIFE = timedelta(days=3)
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class ListedUser:
    """A user with what they were given."""

    user: User
    given: tuple[Given, ...]

    @property
    def grants(self) -> tuple[Grant, ...]:
        return opened(self.given)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time link, shown once, by which a user sets a password until `expires_at`."""

    user_id: UUID
    email: str
    link: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to invite: roles by key, and single permissions."""

    email: str
    name: str = ""
    roles: Sequence[str] = ()
    grants: Sequence[Grant] = ()


@dataclass(frozen=True, slots=True)
class UserChange:
    """What shall be otherwise; None stays. Not `active`: signed out at once everywhere, and no way in; what
    was done by this user stays. Active again: with the old password and rights."""

    name: str | None = None
    active: bool | None = None


class Users:
    """Every deed needs `users:manage`; changes name the revision that they are based on (else Stale)."""

    def __init__(self, db: Database, clock: Clock, audit: Audit, public_url: str) -> None:
        self._db, self._clock, self._audit, self._public_url = db, clock, audit, public_url

    async def invite(self, actor: Actor, new: Newcomer) -> Invitation:
        """A new user of the actor's tenant, and the link to a password.

        Raises InvalidRequest, NotAllowed, Conflict when there is a user of that address.
        """
        actor.require(Scope.USERS_MANAGE)
        email, name = _address(new.email), _name(new.name)
        gifts: list[str | Grant] = [*dict.fromkeys(new.roles), *new.grants]
        if not gifts:
            raise InvalidRequest("Choose at least one role: without one this person could open nothing.")
        for gift in gifts:
            require_gift(actor, gift)
        now = self._clock()
        async with self._db.begin() as tx:
            user_id = await users.add(tx, NewUser(actor.tenant_id, email, name), now)
            if user_id is None:
                raise Conflict(f"There is a user {email} already.")
            for gift in gifts:
                await grants.add(tx, user_id, gift, now)
            invitation = await self._link(tx, user_id, email)
            after = {"email": email, "name": name, "given": [plain(gift) for gift in gifts]}
            await self._audit.note(tx, actor, action="user.invited", subject=f"user:{user_id}", after=after)
        return invitation

    async def list(self, actor: Actor) -> list[ListedUser]:
        """Everybody of the actor's tenant, by address."""
        actor.require(Scope.USERS_MANAGE)
        async with self._db.read() as tx:
            found = await users.listed(tx, actor.tenant_id)
            given = await grants.of_users(tx, [user.id for user in found])
        return [ListedUser(user, tuple(given.get(user.id, ()))) for user in found]

    async def page(self, actor: Actor, wanted: str, after: str | None, limit: int) -> Sequence[ListedUser]:
        """The next ones behind the person key `after`; `wanted` is part of the address or the name."""
        actor.require(Scope.USERS_MANAGE)
        async with self._db.read() as tx:
            found = await users.page(tx, actor.tenant_id, sought(wanted), after, limit)
            given = await grants.of_users(tx, [user.id for user in found])
        return [ListedUser(user, tuple(given.get(user.id, ()))) for user in found]

    async def get(self, actor: Actor, user_id: UUID) -> ListedUser:
        """One of them. Raises NotFound, also for somebody of another tenant."""
        actor.require(Scope.USERS_MANAGE)
        async with self._db.read() as tx:
            return await _get(tx, actor, user_id)

    async def reset(self, actor: Actor, user_id: UUID, revision: int) -> Invitation:
        """A new link; the present password is good for nothing from now on, every login ends."""
        async with self._db.begin() as tx:
            known = await self._claim(tx, actor, user_id, revision)
            if not known.user.active:
                raise Conflict("This user is deactivated. Activate the user first.")
            await users.set_password(tx, user_id, None)
            await logins.end_all(tx, user_id)
            invitation = await self._link(tx, user_id, known.user.email)
            await self._note(tx, actor, "user.reset", known.user)
        return invitation

    async def change(self, actor: Actor, user_id: UUID, revision: int, change: UserChange) -> None:
        """Another name, or another state. Raises InvalidRequest, NotAllowed, NotFound, Stale."""
        name = None if change.name is None else _name(change.name)
        async with self._db.begin() as tx:
            user = (await self._claim(tx, actor, user_id, revision)).user
            if name is not None and name != user.name:
                await users.rename(tx, user_id, name)
                before, after = {"name": user.name}, {"name": name}
                await self._note(tx, actor, "user.renamed", user, before=before, after=after)
            if change.active is not None and change.active != user.active:
                await users.set_active(tx, user_id, change.active)
                await self._note(tx, actor, "user.activated" if change.active else "user.deactivated", user)
            if change.active is False:
                await users.close_invitation(tx, user_id)
                await logins.end_all(tx, user_id)

    async def give(self, actor: Actor, user_id: UUID, revision: int, gift: str | Grant) -> None:
        """One more role (by key) or permission; the user signs in anew. Raises Conflict if given already."""
        require_gift(actor, gift)
        async with self._db.begin() as tx:
            known = await self._claim(tx, actor, user_id, revision)
            if any(gift in (line.role, line.grant) for line in known.given if not line.from_groups):
                raise Conflict("This user has that already.")
            await grants.add(tx, user_id, gift, self._clock())
            await logins.end_all(tx, user_id)
            await self._note(tx, actor, "user.given", known.user, after=plain(gift))

    async def take(self, actor: Actor, user_id: UUID, revision: int, grant_id: UUID) -> None:
        """Take a role or permission back; the user signs in anew. Raises NotFound."""
        async with self._db.begin() as tx:
            known = await self._claim(tx, actor, user_id, revision)
            taken = next((line for line in known.given if line.id == grant_id), None)
            if taken is not None and taken.from_groups:
                raise Conflict("This role comes from the company's groups: it can be taken back there only.")
            if taken is None or not await grants.remove(tx, user_id, grant_id):
                raise NotFound("This user does not have that (any more).")
            await logins.end_all(tx, user_id)
            await self._note(tx, actor, "user.taken", known.user, before=plain(taken.role or taken.grant))

    async def commanding(self, tenant_key: str = DEFAULT_TENANT, *, make: bool = False) -> Actor:
        """The shell, acting in the tenant of that key. Raises NotFound, unless it may `make` the tenant."""
        if not KEY.fullmatch(tenant_key):
            raise InvalidRequest(f"The tenant {tenant_key!r} must be of small letters, digits, - and _.")
        async with self._db.begin() as tx:
            await take_turn(tx, "tenants")
            tenant_id = await tenants.find(tx, tenant_key)
            if tenant_id is None and make:
                tenant_id = await tenants.add(tx, tenant_key, self._clock())
                await tenants.add_connection(tx, tenant_id, DEFAULT_CONNECTION, self._clock())
        if tenant_id is None:
            raise NotFound(f"There is no tenant {tenant_key}.")
        return commanding(tenant_id, "vilt users")

    async def _claim(self, tx: Tx, actor: Actor, user_id: UUID, revision: int) -> ListedUser:
        """The user, if this actor may change them and nobody else did since `revision`."""
        actor.require(Scope.USERS_MANAGE)
        known = await _get(tx, actor, user_id)
        if actor.person_key == known.user.key:
            raise NotAllowed("Nobody changes their own rights. Please ask another administrator.")
        require_to_give(actor, known.grants)
        if not await users.touch(tx, user_id, revision, self._clock()):
            raise Stale
        return known

    async def _note(
        self,
        tx: Tx,
        actor: Actor,
        action: str,
        user: User,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        subject, after = f"user:{user.id}", {"email": user.email, **(after or {})}
        await self._audit.note(tx, actor, action=action, subject=subject, before=before, after=after)

    async def _link(self, tx: Tx, user_id: UUID, email: str) -> Invitation:
        token, until = secrets.token_urlsafe(32), self._clock() + LINK_LIFE
        await users.invite(tx, user_id, hashlib.sha256(token.encode()).digest(), until)
        return Invitation(user_id, email, f"{self._public_url.rstrip('/')}/admin/welcome?link={token}", until)


async def _get(tx: Tx, actor: Actor, user_id: UUID) -> ListedUser:
    user = await users.find(tx, user_id)
    if user is None or user.tenant_id != actor.tenant_id:
        raise NotFound("There is no such user.")
    given = await grants.of_users(tx, [user_id])
    return ListedUser(user, tuple(given.get(user_id, ())))


def _address(email: str) -> str:
    email = email.strip()
    if not is_email(email):
        raise InvalidRequest("This is not an e-mail address.")
    return email


def _name(name: str) -> str:
    name = name.strip()
    if len(name) > LONGEST_NAME or not (name.isprintable() or not name):
        raise InvalidRequest(f"The name must have at most {LONGEST_NAME} printable characters.")
    return name
