"""Signing in with the company's own identity, beside users with a password.

Who somebody is: issuer and subject, never the address. Roles follow the company's groups at every sign-in
and stand apart from what was given here. Whoever has no group that means something here comes not in.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog

from app.db import grants, tenants, users
from app.db import identity as rows
from app.db.database import Database, Tx
from app.db.sealed import Sealer, Unopenable
from app.db.turns import take_turn
from app.db.users import NewUser, User
from app.domain.actor import Actor, unproven
from app.domain.arrivals import Arrival
from app.domain.clock import Clock
from app.domain.errors import Busy, InvalidRequest, NotAllowed, NotFound
from app.services.audit import Audit
from app.services.company import Company, Person, part_of
from app.services.issuers import SILENT, NotTheirs
from app.services.keys import Keys, Purpose
from app.services.logins import Logins, SignedIn
from app.services.refusals import Refusals

HINT = "login hint"  # the name under which an ID token is sealed
LIFE = timedelta(minutes=10)  # of a sign-in that was begun
NOT_HERE = "The company's sign-in is not set up here."
TOO_OLD = "This sign-in was begun too long ago, or in another browser. Please start again."
SOMEBODY = "somebody at the company's sign-in"
NOT_LET_IN = "The company's sign-in did not let you in. Please start again, or ask an administrator."
NO_GROUP = "Your company knows you, but none of your groups opens anything here. Please ask for access."
DEACTIVATED = "Your user is deactivated here. Please ask an administrator."
TAKEN = "Your e-mail address belongs to another user here. Please ask an administrator."
LINK_FIRST = (
    "There is a user with your e-mail address already, and it has a password. Sign in with that once; "
    "then link the company's sign-in on the page “Your account”."
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and what it holds until it comes back."""

    url: str
    cookie: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Back:
    """What the browser brought. `issuer`: as RFC 9207 has it; `present`: its login here, if it has one."""

    cookie: str = field(repr=False)
    state: str
    code: str = field(repr=False)
    issuer: str
    address: str
    present: SignedIn | None


class Identity:
    """The company's sign-in; `offered` says whether there is any."""

    def __init__(
        self,
        db: Database,
        keys: Keys,
        sealer: Sealer,
        logins: Logins,
        audit: Audit,
        refusals: Refusals,
        clock: Clock,
        company: Company | None,
    ) -> None:
        self._db, self._keys, self._sealer, self._logins = db, keys, sealer, logins
        self._audit, self._refusals, self._clock = audit, refusals, clock
        self._company = company

    @property
    def offered(self) -> bool:
        return self._company is not None

    async def begin(self, onward: str) -> Begun:
        """Send a browser to the company, afterwards to our page `onward`. Raises NotFound, Busy."""
        seed, until = secrets.token_urlsafe(32), int((self._clock() + LIFE).timestamp())
        try:
            url = await self._there().address(seed)
        except NotTheirs as exc:
            raise Busy(SILENT) from exc
        body = f"{seed}.{until}.{urlsafe_b64encode(onward.encode()).decode()}"
        key = await self._keys.newest(Purpose.SIGN_IN)
        return Begun(url, f"{body}.{_mac(key.material, body)}")

    async def finish(self, back: Back) -> tuple[str, str]:
        """The secret of a new login, and our page to go on to.

        Raises InvalidRequest, NotAllowed, each with what the person can do; NotFound; Busy.
        """
        company = self._there()
        seed, onward = await self._begun(back)
        if not back.code or back.issuer not in ("", company.url):
            raise NotAllowed(NOT_LET_IN)
        person: Person | None = None
        try:
            person = await self._person(company, back, seed)
            async with self._db.begin() as tx:
                await take_turn(tx, "identity")  # two first visits at once are one user
                secret = await self._admitted(tx, company, person, back)
            if secret is None:
                raise NotAllowed(NO_GROUP)
        except NotAllowed as refusal:
            await self._refused(company, person, back, refusal)
            raise
        return secret, onward

    async def farewell(self, hint: bytes | None) -> str | None:
        """Where a browser ends its sign-in at the company too, when it came in by that (services/logins.py).

        None where it came in by a password, and where the company offers no such address.
        """
        if hint is None or self._company is None:
            return None
        try:
            token = self._sealer.open(hint, HINT).decode()
        except Unopenable:
            token = ""
        return await self._company.farewell(token)

    async def _person(self, company: Company, back: Back, seed: str) -> Person:
        try:
            return await company.person(back.code, seed)
        except NotTheirs as exc:
            log.warning("company sign-in refused", reason=str(exc), address=back.address)
            raise NotAllowed(NOT_LET_IN) from exc

    async def _refused(
        self, company: Company, person: Person | None, back: Back, refusal: NotAllowed
    ) -> None:
        """Into the trail of the company's tenant; who nobody is known to be stands there as somebody."""
        async with self._db.read() as tx:
            tenant_id = await tenants.find(tx, company.tenant)
            user_id = await rows.find(tx, company.url, person.subject) if person else None
        if tenant_id is None:
            return
        actor = unproven(tenant_id, person.email if person else SOMEBODY, back.address)
        subject = f"user:{user_id}" if user_id else f"issuer:{company.url}"
        after = {"by": "company", "why": refusal.message}
        await self._refusals.note(actor, Arrival.LOGIN_REFUSED, subject, after)

    def _there(self) -> Company:
        if self._company is None:
            raise NotFound(NOT_HERE)
        return self._company

    async def _begun(self, back: Back) -> tuple[str, str]:
        """Seed and onward page of the sign-in that this very browser began. Raises InvalidRequest."""
        body, _, mac = back.cookie.rpartition(".")
        keys = await self._keys.all(Purpose.SIGN_IN)
        if not any(hmac.compare_digest(_mac(key.material, body).encode(), mac.encode()) for key in keys):
            raise InvalidRequest(TOO_OLD)
        seed, until, onward = body.split(".")
        same = hmac.compare_digest(part_of(seed, "state").encode(), back.state.encode())
        if not same or int(until) <= self._clock().timestamp():
            raise InvalidRequest(TOO_OLD)
        return seed, urlsafe_b64decode(onward).decode()

    async def _admitted(self, tx: Tx, company: Company, person: Person, back: Back) -> str | None:
        """The secret of a new login; None, and no role from groups any more, when no group means anything."""
        user, news = await self._user(tx, company, person, back)
        if user is None:
            return None
        if not user.active:
            raise NotAllowed(DEACTIVATED)
        now, given = self._clock(), (await grants.of_users(tx, [user.id])).get(user.id, ())
        before = [line.role for line in given if line.from_groups]
        await rows.see(tx, company.url, person.subject, now)
        await grants.replace_from_groups(tx, user.id, person.roles, now)
        hint = self._sealer.seal(person.token.encode(), HINT)
        secret = await self._logins.open(tx, user, back.address, hint) if person.roles else None
        if news or sorted(map(str, before)) != sorted(person.roles):
            actor = Actor(user.tenant_id, "user", user.email, (), back.address, user.key)
            after = {"email": user.email, "roles": list(person.roles)}
            await self._audit.note(
                tx,
                actor,
                action=news or "user.groups",
                subject=f"user:{user.id}",
                before={"roles": before},
                after=after,
            )
        if secret is not None:
            await self._logins.note(tx, user, back.address, Arrival.LOGIN_OPENED, {"by": "company"})
        return secret

    async def _user(self, tx: Tx, company: Company, person: Person, back: Back) -> tuple[User | None, str]:
        """The user who this is, and what happened if that is new. None: nobody, and nobody to become."""
        tenant_id = await tenants.find(tx, company.tenant)
        known, now = await rows.find(tx, company.url, person.subject), self._clock()
        if known is not None:
            return await self._of_tenant(tx, known, tenant_id), ""
        if not person.roles:
            return None, ""
        if tenant_id is None:
            raise NotAllowed(NOT_HERE)
        there, news = await users.find_by_email(tx, person.email), "user.linked"
        if there is not None:
            await self._require_same(tx, company, there, person, back)
        user_id = (
            there.id if there else await users.add(tx, NewUser(tenant_id, person.email, person.name), now)
        )
        if user_id is None:
            raise NotAllowed(TAKEN)
        await rows.link(tx, company.url, person.subject, user_id, now)
        return await self._of_tenant(tx, user_id, tenant_id), news if there else "user.joined"

    async def _of_tenant(self, tx: Tx, user_id: UUID, tenant_id: UUID | None) -> User:
        user = await users.find(tx, user_id)
        if user is None or user.tenant_id != tenant_id:
            raise NotAllowed(TAKEN)
        return user

    async def _require_same(self, tx: Tx, company: Company, there: User, person: Person, back: Back) -> None:
        """Raise NotAllowed unless the user of that address is surely this person.

        An address alone proves little (some directories let people write it themselves). Sure is: this very
        browser is signed in as that user; or nobody ever set a password, and the company says outright that
        it has verified the address. And one user is one person at an issuer.
        """
        if await rows.is_linked(tx, company.url, there.id):
            raise NotAllowed(TAKEN)
        if back.present is not None and back.present.user_id == there.id:
            return
        if there.password is not None:
            raise NotAllowed(LINK_FIRST)
        if not person.confirmed:
            raise NotAllowed(TAKEN)


def _mac(key: bytes, body: str) -> str:
    return hmac.digest(key, body.encode(), hashlib.sha256).hex()
