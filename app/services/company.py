"""The company's sign-in in the words of OpenID Connect: where a browser goes, and who came back.

Authorization code with PKCE; RP-Initiated Logout 1.0. Authlib builds the address and judges the ID token's
claims.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote_plus, urlencode

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.errors import JoseError

from app.domain.clock import Clock
from app.domain.errors import Busy, NotAllowed, ProviderError
from app.domain.people import is_email
from app.services.issuers import LEEWAY, SILENT, Issuer, NotTheirs, json_object, listed, reached

SCOPE = "openid email profile"
LONGEST_TEXT = 255  # of a subject: OpenID Connect Core, section 2
NO_ADDRESS = "The company's sign-in does not confirm an e-mail address of yours. Ask an administrator."


@dataclass(frozen=True, slots=True)
class Registration:
    """How we are known at the provider. `roles`: group there to role here; `tenant`: whose people these are.

    Without a secret we are a public client, whom PKCE alone protects.
    """

    client_id: str
    client_secret: str = field(repr=False)
    groups_claim: str
    roles: Mapping[str, str]
    tenant: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the ID token tells. `confirmed`: the address is said to be verified, outright. `token`: the
    ID token itself."""

    subject: str
    email: str
    name: str
    confirmed: bool
    roles: tuple[str, ...]
    token: str = field(default="", repr=False)


class Company:
    """The company's provider. A `seed` is what one sign-in's state, nonce and verifier are made of.

    `our_page`: under it are our two addresses that are registered there, `/back` and `/out`.
    """

    def __init__(self, issuer: Issuer, us: Registration, our_page: str, clock: Clock) -> None:
        self._issuer, self._us, self._clock = issuer, us, clock
        self._back, self._out = f"{our_page}/back", f"{our_page}/out"
        self.url, self.tenant = issuer.url, us.tenant

    async def address(self, seed: str) -> str:
        """Where a browser signs in. Raises Busy while the provider is silent, NotTheirs when it is odd."""
        address: str = prepare_grant_uri(
            reached(await self._issuer.document(), "authorization_endpoint"),
            self._us.client_id,
            "code",
            redirect_uri=self._back,
            scope=SCOPE,
            state=part_of(seed, "state"),
            nonce=part_of(seed, "nonce"),
            code_challenge=create_s256_code_challenge(part_of(seed, "verifier")),
            code_challenge_method="S256",
        )
        return address

    async def farewell(self, token: str) -> str | None:
        """Where a browser signs out there as well, and is sent back from to our `/out`.

        None where the provider offers nothing of the kind, or is silent. `token`: the ID token of the
        sign-in, so that nobody needs to be asked who signs out; without it our id must do.
        """
        try:
            there = reached(await self._issuer.document(), "end_session_endpoint")
        except (Busy, NotTheirs):
            return None
        asked = {"client_id": self._us.client_id, "post_logout_redirect_uri": self._out}
        if token:
            asked["id_token_hint"] = token
        return f"{there}{'&' if '?' in there else '?'}{urlencode(asked)}"

    async def person(self, code: str, seed: str) -> Person:
        """Who signed in there, proven (OpenID Connect Core, 3.1.3.7).

        Raises NotTheirs; NotAllowed without an address that may be believed; Busy.
        """
        from authlib.oidc.core import CodeIDToken  # noqa: PLC0415 - five megabytes, for who signs in so

        answer = await self._exchanged(code, part_of(seed, "verifier"))
        id_token = str(answer.get("id_token", ""))
        header, claims = await self._issuer.signed(id_token)
        mine = self._us.client_id
        must = {"iss": {"essential": True, "value": self.url}, "aud": {"essential": True, "value": mine}}
        params = {"nonce": part_of(seed, "nonce"), "client_id": mine}
        if isinstance(answer.get("access_token"), str):
            params["access_token"] = answer["access_token"]
        try:
            token = CodeIDToken(claims, header, must, params)
            token.validate(now=int(self._clock().timestamp()), leeway=LEEWAY)
        except (JoseError, ValueError, TypeError) as exc:
            raise NotTheirs(f"{type(exc).__name__}: {exc}") from exc
        return replace(self._told(claims), token=id_token)

    async def _exchanged(self, code: str, verifier: str) -> dict[str, Any]:
        document = await self._issuer.document()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._back}
        headers, proof = _credentials(self._us, document)
        form |= {"code_verifier": verifier, **proof}
        try:
            answer = await self._issuer.http.send(
                "POST", reached(document, "token_endpoint"), headers=headers, form=form
            )
        except ProviderError as exc:
            raise Busy(SILENT) from exc
        if answer.status_code >= 500:
            raise Busy(SILENT)
        if answer.status_code != 200:
            raise NotTheirs(f"the code was not taken: status {answer.status_code}")
        return json_object(answer.content)

    def _told(self, claims: Mapping[str, Any]) -> Person:
        subject, email, name = (claims.get(key) for key in ("sub", "email", "name"))
        if not _is_plain(subject):
            raise NotTheirs("the subject is missing or odd")
        # Absent is common (a directory whose addresses the company itself gives); said to be false is not.
        verified = str(claims.get("email_verified", "")).lower()
        if not isinstance(email, str) or not is_email(email) or verified == "false":
            raise NotAllowed(NO_ADDRESS)
        groups = listed(claims, self._us.groups_claim)
        roles = dict.fromkeys(self._us.roles[group] for group in groups if group in self._us.roles)
        shown = name if _is_plain(name) else ""
        return Person(str(subject), email, str(shown), verified == "true", tuple(roles))


def part_of(seed: str, name: str) -> str:
    """One of the three secrets of a sign-in, 64 characters; none tells another."""
    return hmac.digest(seed.encode(), name.encode(), hashlib.sha256).hex()


def _credentials(us: Registration, document: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and fields by which the token endpoint knows us (RFC 6749, 2.3.1)."""
    if not us.client_secret:
        return {}, {"client_id": us.client_id}
    ways = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if "client_secret_basic" not in ways and "client_secret_post" in ways:
        return {}, {"client_id": us.client_id, "client_secret": us.client_secret}
    pair = f"{quote_plus(us.client_id)}:{quote_plus(us.client_secret)}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}, {}


def _is_plain(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= LONGEST_TEXT and text.isprintable()
