"""Encryption at rest: AES-256-GCM, key id in front, the row's own name as associated data.

`VILT_SECRET_KEY` is a ring: texts divided by commas. The first one seals, every one opens, so a new text is
put in front and `vilt keys rotate` seals everything anew before the old one goes.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_ID, _NONCE = 4, 12


class Unopenable(Exception):
    """No key of the ring opens this: `VILT_SECRET_KEY` lost its old text, or the bytes were changed."""


def _derive(text: str, purpose: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length=length, salt=None, info=b"vilt " + purpose).derive(text.encode())


class Sealer:
    """Seals and opens short secrets; a sealed value opens only under the name that it was sealed for."""

    def __init__(self, ring: str) -> None:
        texts = [text.strip() for text in ring.split(",") if text.strip()]
        if not texts:
            raise ValueError("the secret key ring is empty")
        self._keys = {_derive(t, b"key id", _ID): AESGCM(_derive(t, b"sealing", 32)) for t in reversed(texts)}
        self._newest = _derive(texts[0], b"key id", _ID)

    def seal(self, plain: bytes, name: str) -> bytes:
        nonce = os.urandom(_NONCE)
        box = self._keys[self._newest].encrypt(nonce, plain, name.encode())
        return self._newest + nonce + box

    def open(self, sealed: bytes, name: str) -> bytes:
        """The plain bytes; raises Unopenable."""
        key = self._keys.get(sealed[:_ID])
        if key is None:
            raise Unopenable(f"no key of VILT_SECRET_KEY opens {name}")
        try:
            return key.decrypt(sealed[_ID : _ID + _NONCE], sealed[_ID + _NONCE :], name.encode())
        except (InvalidTag, ValueError) as exc:
            raise Unopenable(f"{name} was changed, or sealed for another row") from exc

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the first key of the ring sealed this, so that the older ones are not needed for it."""
        return sealed[:_ID] == self._newest
