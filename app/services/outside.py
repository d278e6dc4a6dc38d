"""Access tokens of a configured outside issuer: they open the API as our own do, for one tenant.

Such a token cannot be revoked here: it ends when its time is over, or when the issuer withdraws its key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from app.db import tenants
from app.db.database import Database
from app.domain.actor import Actor, Grant
from app.domain.clock import Clock
from app.domain.errors import UnknownCaller
from app.domain.permissions import Scope
from app.services.issuers import LEEWAY, Issuer, NotTheirs, listed, peeked
from app.services.tokens import REFUSAL

TYPES = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})  # RFC 9068, and the many that do not follow it
LONGEST_NAME = 128

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Trust:
    """What an issuer's tokens are good for. `scopes`: value of `claim` there to scopes here."""

    audience: str
    claim: str
    scopes: Mapping[str, tuple[Scope, ...]]
    tenant: str


class OutsideTokens:
    """Reads them; without an issuer it knows none."""

    def __init__(self, db: Database, issuer: Issuer | None, trust: Trust, clock: Clock) -> None:
        self._db, self._issuer, self._trust, self._clock = db, issuer, trust, clock

    def is_of_issuer(self, token: str) -> bool:
        """Whether it says that it is the issuer's; nothing is proven by that."""
        if self._issuer is None:
            return False
        try:
            return bool(peeked(token, 1).get("iss") == self._issuer.url)
        except NotTheirs:
            return False

    async def actor(self, token: str, address: str) -> Actor:
        """The machine behind it, with the scopes that its claim is mapped to.

        Raises UnknownCaller; Busy while the issuer's keys are not known.
        """
        if self._issuer is None:
            raise UnknownCaller(REFUSAL)
        try:
            header, claims = await self._issuer.signed(token)
            name = self._judged(self._issuer.url, header, claims)
        except (NotTheirs, JoseError) as exc:
            log.info("outside token refused", reason=str(exc), address=address)
            raise UnknownCaller(REFUSAL) from exc
        async with self._db.read() as tx:
            tenant_id = await tenants.find(tx, self._trust.tenant)
        if tenant_id is None:
            raise UnknownCaller(REFUSAL)
        values = listed(claims, self._trust.claim)
        scopes = sorted({scope for value in values for scope in self._trust.scopes.get(value, ())})
        return Actor(tenant_id, "client", name, tuple(Grant(scope) for scope in scopes), address)

    def _judged(self, issuer: str, header: Mapping[str, Any], claims: dict[str, Any]) -> str:
        """The name of whoever holds it. Raises NotTheirs, JoseError."""
        if str(header.get("typ", "")).lower() not in TYPES or "nonce" in claims:
            raise NotTheirs("no access token")
        JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": self._trust.audience},
            exp={"essential": True},
        ).validate(claims)
        for claim in ("client_id", "azp", "sub"):
            who = claims.get(claim)
            if isinstance(who, str) and 0 < len(who) <= LONGEST_NAME and who.isprintable():
                return f"{who}@{urlsplit(issuer).hostname}"  # no client of our own has such a name
        raise NotTheirs("nobody is named")
