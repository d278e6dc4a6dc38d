"""How much of a request is read: a cap that counts, and a bounded drain so that the refusal can be read."""

import asyncio
from collections.abc import Mapping

from starlette.types import Message, Receive

from app.domain.errors import TooLarge

DRAIN_BYTES = 8 * 1024 * 1024
DRAIN_SECONDS = 2.0


class CappedBody:
    """A `receive` that raises TooLarge when a body is announced, or turns out, longer than `most` bytes."""

    def __init__(self, receive: Receive, headers: Mapping[bytes, bytes], most: int) -> None:
        self._receive, self._most = receive, most
        self._announced = _length(headers.get(b"content-length"))
        self._expects = b"expect" in headers  # such a client waits for our answer before it sends
        self._read = 0
        self._ended = not self._announced and b"transfer-encoding" not in headers

    async def __call__(self) -> Message:
        if self._announced > self._most:
            raise TooLarge
        message = await self._next()
        if self._read > self._most:
            raise TooLarge
        return message

    async def drain(self) -> None:
        """Read on, within bounds: a connection that closes on unread bytes takes the answer with it."""
        if self._expects and not self._read:
            return
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._ended and self._read < DRAIN_BYTES:
                    await self._next()
        except TimeoutError:
            return

    async def _next(self) -> Message:
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._ended = True
        return message


def _length(text: bytes | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 19 else 0
