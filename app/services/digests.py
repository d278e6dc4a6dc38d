"""How a machine secret is kept: as HMAC-SHA256 under a key that the database holds sealed.

The secrets are random (256 bit), so a slow hash would cost every call and win nothing; without the key the
stored digests are worthless. Stored form: key id, colon, 32 bytes.
"""

import hashlib
import hmac
from collections.abc import Sequence

from app.services.keys import Key, Keys, Purpose

_NONE = b"-" * 49  # what is compared where there is nothing to compare
SLOTS = 2  # secrets that a client can have at once


async def digest(keys: Keys, secret: str) -> bytes:
    """The form in which `secret` is stored."""
    key = await keys.newest(Purpose.CLIENT_SECRETS)
    return key.id.encode() + b":" + _mac(key, secret)


async def is_among(keys: Keys, secret: str, stored: Sequence[bytes]) -> bool:
    """Whether `secret` has one of the stored digests. Same work for none, one or two, right or wrong."""
    given, found = await digest(keys, secret), False
    for slot in [*stored, *(_NONE for _ in range(SLOTS))][:SLOTS]:
        found |= hmac.compare_digest(given, slot)
    return found


def _mac(key: Key, secret: str) -> bytes:
    return hmac.digest(key.material, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)
