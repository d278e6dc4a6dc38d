"""Signing in and out: a browser holds 256 random bits in its cookie, the database their digest.

The database is asked on each request, so a deactivated user, a changed grant and a sign-out are in force
everywhere at once. A login ends after `IDLE` without use and after `LONGEST` in any case.
"""

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_network
from uuid import UUID
from weakref import WeakValueDictionary

import structlog

from app.db import grants, logins, users
from app.db.database import Database, Tx
from app.db.logins import Login
from app.db.users import User
from app.domain.actor import Actor
from app.domain.clock import Clock
from app.domain.errors import InvalidRequest, LinkNotValid, UnknownCaller
from app.domain.people import is_email, person_key
from app.services.grants import opened
from app.services.passwords import Passwords, check_rules
from app.services.throttle import Throttle

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=1)  # a write per request would be too many
REFUSAL = "The e-mail address or the password is not correct."
LINK_OVER = "This link was used already or is too old. Ask an administrator for a new one."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser and whom it speaks for. `secret`: what its cookie holds."""

    actor: Actor
    user_id: UUID
    name: str
    since: datetime
    secret: str = field(repr=False)

    @property
    def form_token(self) -> str:
        """What every form of this login carries; a page of somebody else cannot know it."""
        return hmac.digest(self.secret.encode(), b"form", hashlib.sha256).hex()


class Logins:
    """Signs people in. `public_url`: by which browsers come; https makes the cookie secure, and its name
    (`__Host-…`) keeps a neighbouring host from setting it."""

    def __init__(self, db: Database, throttle: Throttle, clock: Clock, public_url: str) -> None:
        self._db, self._throttle, self._clock = db, throttle, clock
        self.public_url = public_url
        self.cookie_is_secure = public_url.startswith("https:")
        self.cookie_name = "__Host-vilt" if self.cookie_is_secure else "vilt"
        self._passwords = Passwords()
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def sign_in(self, email: str, password: str, address: str) -> str:
        """The secret of a new login. Raises Throttled; UnknownCaller, alike for every reason; Busy."""
        account = email.strip() if is_email(email.strip()) else ""
        async with self._db.read() as tx:
            user = await users.find_by_email(tx, account)
        await self._prove(user, password, (person_key(account), address))
        if user is None or user.password is None:
            raise UnknownCaller(REFUSAL)
        renewed = await self._renewed(user.password, password)
        async with self._db.begin() as tx:
            await logins.forget_expired(tx, self._clock(), self._clock() - IDLE)
            present = await users.find(tx, user.id)
            if present is None or not present.active or present.password != user.password:
                raise UnknownCaller(REFUSAL)
            if renewed:
                await users.set_password(tx, user.id, renewed)
            # Only the company's own sign-in knows the groups of now.
            await grants.replace_from_groups(tx, user.id, (), self._clock())
            return await self.open(tx, user, address)

    async def find(self, secret: str, address: str) -> SignedIn | None:
        """Who is signed in with this cookie; None when it is worth nothing (any more)."""
        now, digest = self._clock(), _digest(secret)
        async with self._db.read() as tx:
            login = await logins.find(tx, digest, now, now - IDLE)
            given = await grants.of_users(tx, [login.user_id]) if login else {}
        if login is None:
            return None
        if now - login.seen_at >= NOTED_EVERY:
            async with self._db.begin() as tx:
                await logins.see(tx, digest, now)
        held = opened(given.get(login.user_id, ()))
        actor = Actor(login.tenant_id, "user", login.email, held, address, person_key(login.email))
        return SignedIn(actor, login.user_id, login.name, login.created_at, secret)

    async def sign_out(self, secret: str) -> None:
        """End this login; repeatable."""
        async with self._db.begin() as tx:
            await logins.end(tx, _digest(secret))

    async def sign_out_everywhere(self, signed: SignedIn) -> None:
        """End every login of this user, this one too."""
        async with self._db.begin() as tx:
            await logins.end_all(tx, signed.user_id)

    async def invited(self, link: str) -> str:
        """The e-mail address for which a one-time link sets a password. Raises LinkNotValid."""
        return (await self._invited(link)).email

    async def accept(self, link: str, password: str) -> str:
        """Set the password by a one-time link, and sign out every old login; the user's e-mail address.

        Raises LinkNotValid, also for the second of two at once; InvalidRequest for a weak password.
        """
        user = await self._invited(link)
        check_rules(password, user.email)
        stored = await self._passwords.hashed(password)
        async with self._db.begin() as tx:
            present = await users.find_invited(tx, _digest(link), self._clock())
            if present is None or not await users.close_invitation(tx, user.id):
                raise LinkNotValid(LINK_OVER)
            await users.set_password(tx, user.id, stored)
            await logins.end_all(tx, user.id)
        return user.email

    async def change_password(self, signed: SignedIn, old: str, new: str) -> str:
        """A new password, and a new secret for this browser; all others are signed out.

        Raises Throttled; InvalidRequest when `old` is wrong or `new` is weak.
        """
        async with self._db.read() as tx:
            user = await users.find(tx, signed.user_id)
        try:
            await self._prove(user, old, (signed.actor.person_key or "", signed.actor.address))
        except UnknownCaller as exc:
            if type(exc) is not UnknownCaller:
                raise
            raise InvalidRequest("The present password is not correct.") from exc
        if user is None:
            raise UnknownCaller
        check_rules(new, user.email)
        stored = await self._passwords.hashed(new)
        async with self._db.begin() as tx:
            await users.set_password(tx, user.id, stored)
            await users.close_invitation(tx, user.id)
            await logins.end_all(tx, user.id)
            return await self.open(tx, user, signed.actor.address)

    async def _prove(self, user: User | None, password: str, who: tuple[str, str]) -> None:
        """One guess at a time for an account and a network, so that a burst of them is throttled too."""
        pair = who[0], _network(who[1])
        turn = self._turns.setdefault(pair, asyncio.Lock())
        async with turn:
            self._throttle.check(*pair)
            stored = user.password if user is not None and user.active else None
            if await self._passwords.matches(stored, password):
                self._throttle.succeeded(*pair)
                return
            self._throttle.failed(*pair)
        log.info("sign-in refused", user_id=str(user.id) if user else None, address=who[1])
        raise UnknownCaller(REFUSAL)

    async def _renewed(self, stored: str, password: str) -> str | None:
        return await self._passwords.hashed(password) if self._passwords.is_outdated(stored) else None

    async def _invited(self, link: str) -> User:
        async with self._db.read() as tx:
            user = await users.find_invited(tx, _digest(link), self._clock())
        if user is None:
            raise LinkNotValid(LINK_OVER)
        return user

    async def open(self, tx: Tx, user: User, address: str) -> str:
        """The secret of a new login of somebody who has proven who they are."""
        secret, now = secrets.token_urlsafe(32), self._clock()
        login = Login(_digest(secret), user.id, user.tenant_id, user.email, user.name, address, now, now)
        await logins.add(tx, login, now + LONGEST)
        return secret


def _digest(secret: str) -> bytes:
    """How a random secret is stored: it needs no slow hash, there is nothing to guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _network(address: str) -> str:
    """Whoever has one IPv6 address has 2⁶⁴ of them: those count as one."""
    return str(ip_network(f"{address}/64", strict=False)) if ":" in address else address
