"""A person's pass into one room: a JWT that the server checks, and an id in it that only we can read.

The second file that speaks python-jose (the first: app/services/tokens.py): the server prescribes HS256 with
a secret that it shares with us. Nothing is verified with it here; tokens only leave.

The server shows the id to everybody in the room, so it is the person's address sealed (AES-SIV: the same
person has the same id in the same room), and comes back with the events of who joined and left.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jose import jws

from app.domain.people import Person, Role

SKEW = timedelta(minutes=1)  # by which the server's clock may be behind ours
LONGEST_ID = 600


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs, and for which server: `app_id`, and the XMPP domain."""

    app_id: str
    domain: str


class Passes:
    """Makes passes with the secret that the server knows too; changing it ends all of them at once."""

    def __init__(self, issuer: Issuer, secret: str) -> None:
        self._issuer, self._secret = issuer, secret
        key = HKDF(hashes.SHA512(), length=64, salt=None, info=b"vilt planted id").derive(secret.encode())
        self._siv = AESSIV(key)

    def sign(self, room: str, person: Person, role: Role, now: datetime, ends_at: datetime) -> str:
        """A token for this person and room, good from now until `ends_at`."""
        leads = role is Role.INSTRUCTOR
        user = {
            "id": self.plant(room, person.email),
            "affiliation": "owner" if leads else "member",
            "moderator": leads,
        }
        if person.name:
            user["name"] = person.name
        claims = {
            "aud": self._issuer.app_id,
            "iss": self._issuer.app_id,
            "sub": self._issuer.domain,
            "room": room,
            "iat": int(now.timestamp()),
            "nbf": int((now - SKEW).timestamp()),
            "exp": int(ends_at.timestamp()),
            "context": {"user": user},
        }
        return str(jws.sign(claims, self._secret, algorithm="HS256"))

    def plant(self, room: str, email: str) -> str:
        """The person's id in this room."""
        sealed = self._siv.encrypt(email.encode(), [room.encode()])
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def whose(self, room: str, planted: object) -> str | None:
        """The address behind an id of this room; None for what was not planted here."""
        if not isinstance(planted, str) or not 0 < len(planted) <= LONGEST_ID:
            return None
        try:
            sealed = base64.b64decode(planted.encode() + b"=" * (-len(planted) % 4), b"-_", validate=True)
            return self._siv.decrypt(sealed, [room.encode()]).decode()
        except (binascii.Error, InvalidTag, ValueError):
            return None
