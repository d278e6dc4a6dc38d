"""Who is calling: an id with its secret, or a token, becomes a `Caller`.

The database is asked each time, so a revoked client, secret or token and a deactivated integration are
refused on every process from that moment on.
"""

import re
from collections.abc import Sequence

import structlog

from app.crowd import Together
from app.db import clients
from app.db import tokens as token_rows
from app.db.clients import Client
from app.db.database import UNREACHABLE, Database
from app.db.lane import Lane
from app.domain.caller import Caller
from app.domain.clock import Clock
from app.domain.errors import NotAllowed, ScopeNotHeld, UnknownCaller
from app.services import digests
from app.services.keys import Keys
from app.services.throttle import Throttle
from app.services.tokens import REFUSAL, Claims, IssuedToken, Tokens

# What the database can be asked for at all: no NUL, no lone surrogate, nothing endless.
CLIENT_ID = re.compile(r"[\x21-\x39\x3b-\x7e]{1,128}")
DEACTIVATED = "This integration is deactivated. An administrator can activate it again."

log = structlog.get_logger(__name__)


class Access:
    """Checks credentials. `address`: where the call came from; failures count per client and address."""

    def __init__(self, db: Database, keys: Keys, tokens: Tokens, throttle: Throttle, clock: Clock) -> None:
        self._db, self._keys, self._tokens = db, keys, tokens
        self._throttle, self._clock = throttle, clock
        self._finding = Lane(db)
        self._find = Together(self._find_all, UNREACHABLE)

    async def basic(self, client_id: str, secret: str, address: str) -> Caller:
        """The caller behind an id and a secret.

        Raises Throttled; UnknownCaller, the same for an unknown id as for a wrong secret; NotAllowed when the
        integration is deactivated.
        """
        return _caller(await self._proven(client_id, secret, address), address)

    async def bearer(self, token: str, address: str) -> Caller:
        """The caller behind an access token, with the scopes that token and client both hold.

        Raises UnknownCaller, or NotAllowed when the integration is deactivated. Bad tokens are not throttled:
        there is nothing to guess in a signature, and an LMS that comes with an old token when a class starts
        must not be locked out with its next, good one.
        """
        claims = await self._tokens.read(token)
        async with self._db.read() as tx:
            holder = await token_rows.find_holder(tx, claims.client_id, claims.jti)
        if holder is None or holder.revoked:
            log.info("token refused", client_id=claims.client_id, address=address)
            raise UnknownCaller(REFUSAL)
        return _caller(holder, address, claims)

    async def issue(self, client_id: str, secret: str, address: str, scope: str | None) -> IssuedToken:
        """A token with the scopes asked for (none: all). Raises ScopeNotHeld, or as `basic`."""
        caller = await self.basic(client_id, secret, address)
        asked = frozenset((scope or "").split())
        if not asked <= caller.scopes:
            raise ScopeNotHeld
        return await self._tokens.issue(caller.client_id, asked or caller.scopes)

    async def revoke(self, client_id: str, secret: str, address: str, token: str) -> None:
        """End a token of this client before its time (RFC 7009). A token that is not good is a success.

        Raises NotAllowed for another client's token, and Throttled or UnknownCaller as `basic`. A deactivated
        integration may still take its tokens back.
        """
        client = await self._proven(client_id, secret, address)
        try:
            claims = await self._tokens.read(token)
        except UnknownCaller:
            return
        if claims.client_id != client.id:
            raise NotAllowed("This token was given to somebody else.")
        async with self._db.begin() as tx:
            await token_rows.forget_expired(tx, self._clock())
            await token_rows.revoke(tx, claims.jti, claims.expires_at)

    async def _proven(self, client_id: str, secret: str, address: str) -> Client:
        """The client whose id and secret these are."""
        self._throttle.check(client_id, address)
        wanted = client_id if CLIENT_ID.fullmatch(client_id) else ""
        client, stored = await self._find.ask(wanted)
        right = await digests.is_among(self._keys, secret, stored)
        if client is None or client.revoked or not right:
            self._throttle.failed(client_id, address)
            # What was typed as an id is not logged: it may be a secret in the wrong field.
            log.info("credentials refused", client_id=client.id if client else None, address=address)
            raise UnknownCaller
        self._throttle.succeeded(client_id, address)
        return client

    async def _find_all(self, ids: Sequence[str]) -> Sequence[tuple[Client | None, Sequence[bytes]]]:
        found = await clients.find(self._finding, frozenset(ids), self._clock())
        return [found.get(client_id, (None, ())) for client_id in ids]


def _caller(client: Client, address: str, claims: Claims | None = None) -> Caller:
    if not client.connection_active:
        raise NotAllowed(DEACTIVATED)
    scopes = client.scopes if claims is None else client.scopes & claims.scopes
    return Caller(client.id, client.tenant_id, client.connection_id, scopes, address)
