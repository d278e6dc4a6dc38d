"""Join links: a launch id, signed. Nobody's address is in them, and nobody can make one up."""

import base64
import hashlib
import hmac
from uuid import UUID

from app.domain.errors import LinkNotValid
from app.services.keys import Keys, Purpose

MAC_BYTES = 16
LONGEST = 200


class Links:
    """Signs with the newest JOIN_LINKS key; every key that has not retired verifies."""

    def __init__(self, keys: Keys, public_url: str) -> None:
        self._keys, self._base = keys, public_url.rstrip("/")

    async def make(self, launch_id: UUID) -> str:
        """The absolute link of one launch."""
        key = await self._keys.newest(Purpose.JOIN_LINKS)
        signed = launch_id.bytes + _mac(key.material, launch_id)
        return f"{self._base}/join/{base64.urlsafe_b64encode(signed).decode().rstrip('=')}.{key.id}"

    async def launch_id(self, token: str) -> UUID:
        """The launch behind a token; raises LinkNotValid for whatever we did not sign."""
        text, _, key_id = token[:LONGEST].partition(".")
        try:
            signed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError as exc:
            raise LinkNotValid from exc
        key = await self._keys.get(Purpose.JOIN_LINKS, key_id)
        if key is None or len(signed) != 16 + MAC_BYTES:
            raise LinkNotValid
        launch_id = UUID(bytes=signed[:16])
        if not hmac.compare_digest(signed[16:], _mac(key.material, launch_id)):
            raise LinkNotValid
        return launch_id


def _mac(key: bytes, launch_id: UUID) -> bytes:
    return hmac.digest(key, b"join" + launch_id.bytes, hashlib.sha256)[:MAC_BYTES]
