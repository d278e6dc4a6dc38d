"""Access tokens: ES256, RFC 9068, made and read by this service alone. Only here python-jose verifies.

The library checks the signature with one key and one algorithm; header and claims are judged here, because
the library reads the clock by itself, takes text for numbers, and passes a token that lacks its audience.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
from cryptography.hazmat.primitives.serialization import load_der_private_key
from jose import jwk, jws
from jose.exceptions import JOSEError
from jose.utils import base64url_decode

from app.domain.clock import Clock
from app.domain.errors import UnknownCaller
from app.services.keys import Key, Keys, Purpose

ALGORITHM = "ES256"
TYPE = "at+jwt"
LONGEST_TOKEN = 4096  # characters; ours have about 700
LONGEST_LIFE = timedelta(days=1)
LEEWAY = timedelta(seconds=10)  # for clocks of other processes that go ahead
CACHE_LIFE = timedelta(seconds=5)
CACHE_SIZE = 2048
HEADER = frozenset({"alg", "typ", "kid"})  # nothing else: no crit, no key brought along
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
REFUSAL = "The access token is not valid, or not any more."


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token as it is handed out. `expires_in` seconds; `scope` with blanks between."""

    access_token: str
    expires_in: int
    scope: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says. Whether it was revoked, the database knows."""

    jti: str
    client_id: str
    scopes: frozenset[str]
    expires_at: datetime


class _Refused(Exception):
    """Why a token is no good; for the log only."""


class Tokens:
    """Makes and reads tokens that live `seconds`; `issuer` (our public URL) is their audience as well."""

    def __init__(self, keys: Keys, clock: Clock, issuer: str, seconds: int) -> None:
        if not 0 < seconds <= LONGEST_LIFE.total_seconds():
            raise ValueError("a token lives more than no time and at most a day")
        self.issuer = issuer.rstrip("/")
        self._keys, self._clock, self._seconds = keys, clock, seconds
        self._pairs: dict[str, _Pair] = {}
        self._read: OrderedDict[str, tuple[Claims, datetime]] = OrderedDict()

    async def issue(self, client_id: str, scopes: Iterable[str]) -> IssuedToken:
        """A token for `client_id`, signed with the newest key."""
        pair = self._pair(await self._keys.newest(Purpose.TOKEN_SIGNING))
        now, scope = int(self._clock().timestamp()), " ".join(sorted(scopes))
        claims = {
            "iss": self.issuer,
            "aud": self.issuer,
            "sub": client_id,
            "client_id": client_id,
            "iat": now,
            "exp": now + self._seconds,
            "jti": uuid4().hex,
            "scope": scope,
        }
        headers = {"typ": TYPE, "kid": pair.key_id}
        return IssuedToken(jws.sign(claims, pair.private, headers, ALGORITHM), self._seconds, scope)

    async def read(self, token: str) -> Claims:
        """The claims of a token that we signed and that is in force; raises UnknownCaller.

        Remembered for `CACHE_LIFE` at the most, so a signing key that was removed by hand may verify so long.
        """
        now = self._clock()
        known = self._read.get(token)
        if known is not None and now < known[1]:
            return known[0]
        try:
            claims = _judge(await self._verified(token), self.issuer, now)
        except (_Refused, JOSEError, ValueError) as exc:
            raise UnknownCaller(REFUSAL) from exc
        self._remember(token, claims, min(claims.expires_at, now + CACHE_LIFE))
        return claims

    async def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys that verify now, as a JWK set (RFC 7517)."""
        await self._keys.newest(Purpose.TOKEN_SIGNING)  # makes the first one
        pairs = [self._pair(key) for key in await self._keys.all(Purpose.TOKEN_SIGNING)]
        return {"keys": [{**pair.public.to_dict(), "kid": pair.key_id, "use": "sig"} for pair in pairs]}

    async def _verified(self, token: str) -> Any:
        if len(token) > LONGEST_TOKEN or not SHAPE.fullmatch(token):
            raise _Refused("not three base64url parts of bearable size")
        header = orjson.loads(base64url_decode(token.partition(".")[0].encode()))
        if not isinstance(header, dict) or header.keys() != HEADER:
            raise _Refused("header with more or less than alg, typ, kid")
        if header["alg"] != ALGORITHM or header["typ"] != TYPE or not isinstance(header["kid"], str):
            raise _Refused("another algorithm or type")
        key = await self._keys.get(Purpose.TOKEN_SIGNING, header["kid"])
        if key is None:
            raise _Refused("unknown key id")
        return orjson.loads(jws.verify(token, self._pair(key).public, algorithms=[ALGORITHM]))

    def _pair(self, key: Key) -> "_Pair":
        if key.id not in self._pairs:
            private = jwk.construct(load_der_private_key(key.material, password=None), ALGORITHM)
            self._pairs[key.id] = _Pair(key.id, private, private.public_key())
        return self._pairs[key.id]

    def _remember(self, token: str, claims: Claims, until: datetime) -> None:
        self._read[token] = (claims, until)
        self._read.move_to_end(token)
        if len(self._read) > CACHE_SIZE:
            self._read.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A signing key prepared once; preparing it for each token costs more than the signature."""

    key_id: str
    private: Any
    public: Any


def _judge(claims: Any, issuer: str, now: datetime) -> Claims:
    """The claims as values (RFC 9068 section 4); raises _Refused."""
    if not isinstance(claims, dict):
        raise _Refused("claims are no object")
    if claims.get("iss") != issuer or claims.get("aud") != issuer:
        raise _Refused("made by or for somebody else")
    jti, client_id, scope = (_text(claims, name) for name in ("jti", "client_id", "scope"))
    if _text(claims, "sub") != client_id:
        raise _Refused("subject is not the client")
    issued_at, expires_at = _instant(claims, "iat"), _instant(claims, "exp")
    if not timedelta(0) < expires_at - issued_at <= LONGEST_LIFE:
        raise _Refused("lives too long")
    if issued_at > now + LEEWAY or ("nbf" in claims and _instant(claims, "nbf") > now + LEEWAY):
        raise _Refused("not yet valid")
    if expires_at <= now - LEEWAY:
        raise _Refused("expired")
    return Claims(jti, client_id, frozenset(scope.split()), expires_at)


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise _Refused(f"{name} is missing")
    return value


def _instant(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if type(value) is not int or not 0 <= value < 253_402_300_800:  # the year 10000
        raise _Refused(f"{name} is missing or no date")
    return datetime.fromtimestamp(value, UTC)
