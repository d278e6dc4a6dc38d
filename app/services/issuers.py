"""Issuers outside: what one says about itself, its keys, and whether it signed a token.

Signatures are checked by joserfc, the library under Authlib; tokens of our own are `tokens.py` alone.
"""

import asyncio
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from app.domain.clock import Clock
from app.domain.errors import Busy, ProviderError
from app.providers.http import ProviderHttp
from app.services.tokens import SHAPE

ALGORITHMS = ("RS256", "ES256")  # never "none", never a shared secret
KEY_TYPES = {"RSA": "RS256", "EC": "ES256"}
FRESH = timedelta(hours=1)  # what was read is read again after that: a key that was withdrawn ends
LONGEST = timedelta(days=1)  # and is used no longer than that while the issuer is silent
PAUSE = timedelta(minutes=1)  # between two readings, whatever key ids strangers make up
PAUSE_WITHOUT = timedelta(seconds=5)  # the same while nothing was ever read
PATIENCE = 8.0  # seconds for one reading
LEEWAY = 30  # seconds that clocks may differ
MOST_KEYS = 50
LONGEST_TOKEN = 16_384  # characters; an ID token may name hundreds of groups
SILENT = "The company's sign-in service does not answer. Please try again in a minute."

log = structlog.get_logger(__name__)


class NotTheirs(Exception):
    """Why a token, or a document, is not what the issuer stands for; for the log only."""


@dataclass(frozen=True, slots=True)
class Known:
    """The discovery document and the keys by their ids, as read at `read_at`."""

    document: Mapping[str, Any]
    keys: Mapping[str, Key]
    read_at: datetime


class Issuer:
    """One issuer, by the `url` that stands as `iss` in its tokens. Reads when needed and keeps it a while."""

    def __init__(self, url: str, http: ProviderHttp, clock: Clock) -> None:
        self.url, self.http, self._clock = url, http, clock
        self._known: Known | None = None
        self._tried_at: datetime | None = None
        self._turn = asyncio.Lock()

    async def document(self) -> Mapping[str, Any]:
        """What it says about itself (OpenID Connect Discovery 1.0). Raises Busy while it is silent."""
        return (await self._knowing()).document

    async def signed(self, token: str) -> tuple[Mapping[str, Any], dict[str, Any]]:
        """Header and claims of a token that this issuer signed; nothing else is judged here.

        Raises NotTheirs; Busy while nothing is known of the issuer.
        """
        header = peeked(token, 0)
        kid = header.get("kid")
        if header.get("alg") not in ALGORITHMS or "crit" in header or not isinstance(kid, str | None):
            raise NotTheirs("an algorithm that is not allowed, a demand that is not known, or no key id")
        key = _chosen((await self._knowing(kid)).keys, kid)
        try:
            found = jwt.decode(token, key, algorithms=[KEY_TYPES[key.key_type]])
        except (JoseError, ValueError) as exc:
            raise NotTheirs(type(exc).__name__) from exc
        return found.header, found.claims

    async def _knowing(self, kid: str | None = None) -> Known:
        async with self._turn:
            now, known = self._clock(), self._known
            if known and now - known.read_at < FRESH and (kid is None or kid in known.keys):
                return known
            pause = PAUSE if known else PAUSE_WITHOUT
            if self._tried_at is None or now - self._tried_at >= pause:
                self._tried_at = now
                await self._read()
            if self._known is None or now - self._known.read_at > LONGEST:
                raise Busy(SILENT)
            return self._known

    async def _read(self) -> None:
        """A failure leaves what is known already."""
        try:
            async with asyncio.timeout(PATIENCE):
                document = await self._get(f"{self.url.rstrip('/')}/.well-known/openid-configuration")
                if document.get("issuer") != self.url:
                    raise NotTheirs("the document is another issuer's")
                keys = _usable(await self._get(reached(document, "jwks_uri")))
        except (NotTheirs, ProviderError, TimeoutError) as exc:
            log.warning("issuer not read", issuer=self.url, reason=str(exc) or type(exc).__name__)
            return
        self._known = Known(document, keys, self._clock())

    async def _get(self, url: str) -> dict[str, Any]:
        answer = await self.http.send("GET", url, headers={"Accept": "application/json"})
        if answer.status_code != 200:
            raise NotTheirs(f"status {answer.status_code}")
        return json_object(answer.content)


def peeked(token: str, part: int) -> dict[str, Any]:
    """Header (0) or claims (1) of a token, unproven. Raises NotTheirs."""
    if len(token) > LONGEST_TOKEN or not SHAPE.fullmatch(token):
        raise NotTheirs("not three base64url parts of bearable size")
    try:
        return json_object(urlsafe_b64decode(token.split(".")[part] + "=="))
    except ValueError as exc:
        raise NotTheirs("not base64url") from exc


def json_object(content: bytes) -> dict[str, Any]:
    """Raises NotTheirs for anything else."""
    try:
        found = orjson.loads(content)
    except ValueError as exc:
        raise NotTheirs("not JSON") from exc
    if not isinstance(found, dict):
        raise NotTheirs("not an object")
    return found


def listed(claims: Mapping[str, Any], name: str) -> list[str]:
    """The values of a claim, a list or words with blanks between; `a.b` looks into an object, too."""
    found: Any = claims.get(name)
    if found is None and "." in name:
        found = claims
        for step in name.split("."):
            found = found.get(step) if isinstance(found, dict) else None
    if isinstance(found, str):
        return found.split()
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def reached(document: Mapping[str, Any], name: str) -> str:
    """An address out of the document. Raises NotTheirs."""
    found = document.get(name)
    if not isinstance(found, str) or not found.startswith(("https://", "http://")):
        raise NotTheirs(f"{name} is missing")
    if document["issuer"].startswith("https:") and not found.startswith("https:"):
        raise NotTheirs(f"{name} is not https")
    return found


def _usable(jwks: Mapping[str, Any]) -> dict[str, Key]:
    """Keys that sign, of a kind that is allowed; the others are not for us."""
    found: dict[str, Key] = {}
    every = jwks.get("keys")
    for one in every[:MOST_KEYS] if isinstance(every, list) else ():
        if not isinstance(one, dict) or one.get("kty") not in KEY_TYPES or one.get("use", "sig") != "sig":
            continue
        try:
            key = import_key({k: v for k, v in one.items() if k in ("kty", "n", "e", "crv", "x", "y")})
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        found[str(one.get("kid", f"unnamed {len(found)}"))] = key
    if not found:
        raise NotTheirs("no usable key")
    return found


def _chosen(keys: Mapping[str, Key], kid: str | None) -> Key:
    if kid is None and len(keys) == 1:
        return next(iter(keys.values()))
    if kid is None or kid not in keys:
        raise NotTheirs("unknown key id")
    return keys[kid]
