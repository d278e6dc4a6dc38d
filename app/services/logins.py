"""Signing in and out: a browser holds 256 random bits in its cookie, the database their digest.

The database is asked on each request, so a deactivated user, a changed grant and a sign-out are in force
everywhere at once. A login ends after `IDLE` without use and after `LONGEST` in any case.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.db import grants, logins, users
from app.db.database import Database, Tx
from app.db.logins import Login
from app.db.users import User
from app.domain.actor import Actor
from app.domain.arrivals import Arrival
from app.domain.clock import Clock
from app.domain.errors import InvalidRequest, LinkNotValid, Throttled, UnknownCaller
from app.domain.people import is_email, person_key
from app.services.audit import Audit
from app.services.grants import opened
from app.services.guesses import Guesser, Guesses
from app.services.passwords import check_rules
from app.services.proofs import REFUSAL, Proofs
from app.services.refusals import Refusals

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=1)  # a write per request would be too many
LINK_OVER = "This link was used already or is too old. Ask an administrator for a new one."


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


@dataclass(frozen=True, slots=True)
class Entered:
    """A new login's secret, and the mark by which this browser is known from now on (services/guesses.py)."""

    secret: str = field(repr=False)
    mark: str = field(repr=False)


class Logins:
    """Signs people in. `public_url`: by which browsers come; https makes the cookie secure, and its name
    (`__Host-…`) keeps a neighbouring host from setting it."""

    def __init__(
        self,
        db: Database,
        guesses: Guesses,
        refusals: Refusals,
        audit: Audit,
        clock: Clock,
        public_url: str,
    ) -> None:
        self._db, self._guesses, self._proofs = db, guesses, Proofs(guesses, refusals)
        self._audit, self._clock = audit, clock
        self.public_url = public_url
        self.cookie_is_secure = public_url.startswith("https:")
        self.cookie_name = "__Host-vilt" if self.cookie_is_secure else "vilt"

    async def sign_in(self, email: str, password: str, address: str, mark: str = "") -> Entered:
        """A new login. `mark`: what the browser holds of earlier ones.

        Raises Throttled; UnknownCaller, alike for every reason; Busy.
        """
        account = email.strip() if is_email(email.strip()) else ""
        async with self._db.read() as tx:
            user = await users.find_by_email(tx, account)
        browser = await self._guesses.browser(mark, user.id if user else None)
        who = Guesser(person_key(account), address, browser)
        await self._proofs.prove(user, password, who, Arrival.LOGIN_REFUSED)
        if user is None or user.password is None:
            raise UnknownCaller(REFUSAL)
        renewed = await self._proofs.renewed(user.password, password)
        known = await self._guesses.mark(user.id)
        async with self._db.begin() as tx:
            await logins.forget_expired(tx, self._clock(), self._clock() - IDLE)
            present = await users.find(tx, user.id)
            if present is None or not present.active or present.password != user.password:
                raise UnknownCaller(REFUSAL)
            if renewed:
                await users.set_password(tx, user.id, renewed)
            # Only the company's own sign-in knows the groups of now.
            await grants.replace_from_groups(tx, user.id, (), self._clock())
            secret = await self.open(tx, user, address)
            await self.note(tx, user, address, Arrival.LOGIN_OPENED, {"by": "password"})
        return Entered(secret, known)

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

    async def sign_out(self, secret: str, address: str) -> bytes | None:
        """End this login; repeatable. What was sealed of the company's sign-in, where it came from there."""
        digest, now = _digest(secret), self._clock()
        async with self._db.begin() as tx:
            login = await logins.find(tx, digest, now, now - IDLE)
            await logins.end(tx, digest)
            user = await users.find(tx, login.user_id) if login else None
            if login is None or user is None:
                return None
            await self.note(tx, user, address, Arrival.LOGIN_CLOSED)
        return login.hint

    async def sign_out_everywhere(self, signed: SignedIn) -> bytes | None:
        """End every login of this user, this one too; tells as `sign_out` of this one."""
        digest, now = _digest(signed.secret), self._clock()
        async with self._db.begin() as tx:
            login = await logins.find(tx, digest, now, now - IDLE)
            await logins.end_all(tx, signed.user_id)
            if (user := await users.find(tx, signed.user_id)) is not None:
                address, told = signed.actor.address, {"where": "everywhere"}
                await self.note(tx, user, address, Arrival.LOGIN_CLOSED, told)
        return login.hint if login else None

    async def invited(self, link: str) -> str:
        """The e-mail address for which a one-time link sets a password. Raises LinkNotValid."""
        return (await self._invited(link)).email

    async def accept(self, link: str, password: str, address: str = "") -> str:
        """Set the password by a one-time link, and sign out every old login; the mark of this browser.

        Raises LinkNotValid, also for the second of two at once; InvalidRequest for a weak password.
        """
        user = await self._invited(link)
        check_rules(password, user.email)
        stored, mark = await self._proofs.hashed(password), await self._guesses.mark(user.id)
        async with self._db.begin() as tx:
            present = await users.find_invited(tx, _digest(link), self._clock())
            if present is None or not await users.close_invitation(tx, user.id):
                raise LinkNotValid(LINK_OVER)
            await users.set_password(tx, user.id, stored)
            await logins.end_all(tx, user.id)
            await self.note(tx, user, address, Arrival.PASSWORD_SET, {"by": "a one-time link"})
        return mark

    async def change_password(self, signed: SignedIn, old: str, new: str) -> str:
        """A new password, and a new secret for this browser; all others are signed out.

        Raises Throttled; InvalidRequest when `old` is wrong or `new` is weak.
        """
        async with self._db.read() as tx:
            user = await users.find(tx, signed.user_id)
        address = signed.actor.address
        # Strangers at the login page do not close this to somebody who is in already.
        who = Guesser(signed.actor.person_key or "", address, _digest(signed.secret).hex())
        try:
            await self._proofs.prove(user, old, who, Arrival.PASSWORD_REFUSED)
        except Throttled:
            raise
        except UnknownCaller as exc:
            raise InvalidRequest("The present password is not correct.") from exc
        if user is None:
            raise UnknownCaller
        check_rules(new, user.email)
        stored = await self._proofs.hashed(new)
        async with self._db.begin() as tx:
            await users.set_password(tx, user.id, stored)
            await users.close_invitation(tx, user.id)
            await logins.end_all(tx, user.id)
            secret = await self.open(tx, user, address)
            await self.note(tx, user, address, Arrival.PASSWORD_CHANGED)
        return secret

    async def note(
        self, tx: Tx, user: User, address: str, action: Arrival, after: dict[str, Any] | None = None
    ) -> None:
        """Write down what this user did, at the end of `tx`."""
        actor = Actor(user.tenant_id, "user", user.email, (), address, user.key)
        await self._audit.note(tx, actor, action=action, subject=f"user:{user.id}", after=after)

    async def _invited(self, link: str) -> User:
        async with self._db.read() as tx:
            user = await users.find_invited(tx, _digest(link), self._clock())
        if user is None:
            raise LinkNotValid(LINK_OVER)
        return user

    async def open(self, tx: Tx, user: User, address: str, hint: bytes | None = None) -> str:
        """The secret of a new login of somebody who has proven who they are; the caller notes it down.

        `hint`: what the company's sign-in will want to see when this login ends, sealed.
        """
        secret, now = secrets.token_urlsafe(32), self._clock()
        login = Login(
            _digest(secret), user.id, user.tenant_id, user.email, user.name, address, now, now, hint
        )
        await logins.add(tx, login, now + LONGEST)
        return secret


def _digest(secret: str) -> bytes:
    """How a random secret is stored: it needs no slow hash, there is nothing to guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
