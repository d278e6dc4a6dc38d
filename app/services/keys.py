"""The service's own keys: made when first needed, sealed in the database, renewed with overlap.

Every process keeps what it read for `CACHE_LIFE`: a key that another process made or let retire is known
everywhere after that time at the latest, and at once when something that it signed arrives.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.db import keys as rows
from app.db.database import Database, Tx
from app.db.sealed import Sealer, Unopenable
from app.db.turns import take_turn
from app.domain.clock import Clock

CACHE_LIFE = timedelta(seconds=30)
UNKNOWN_PAUSE = timedelta(seconds=1)  # forged key ids must not become a database query each
MARGIN = timedelta(minutes=10)  # caches, leeway and clocks that differ
JOIN_LINK_OVERLAP = timedelta(days=180)  # people keep the link of a class that is months away


class Purpose(StrEnum):
    """What a key is for; a key never serves two purposes."""

    TOKEN_SIGNING = "token-signing"  # noqa: S105 (a P-256 key, PKCS#8 in DER)
    CLIENT_SECRETS = "client-secrets"  # HMAC, 256 bit; never renewed: stored digests hang on it
    JOIN_LINKS = "join-links"  # HMAC, 256 bit
    SIGN_IN = "sign-in"  # HMAC, 256 bit; for what a browser holds while it is at the company's sign-in
    PSEUDONYMS = "pseudonyms"  # HMAC, 256 bit; never renewed: one person is one pseudonym


@dataclass(frozen=True, slots=True)
class Key:
    """An opened key. `retires_at` None: in use without an end; after it the key verifies nothing."""

    id: str
    purpose: Purpose
    material: bytes = field(repr=False)
    created_at: datetime
    retires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rotation:
    """What was done. `resealed` counts rows by kind; `unopenable` names rows that the ring does not open."""

    resealed: Mapping[str, int]
    unopenable: tuple[str, ...]
    renewed: Mapping[Purpose, str]
    removed: int


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The living keys of one purpose, the one to use first, as read at `read_at`."""

    keys: tuple[Key, ...]
    read_at: datetime


class Keys:
    """Keys by purpose. Ask before opening a transaction: the first question of all writes a key."""

    def __init__(
        self,
        db: Database,
        sealer: Sealer,
        clock: Clock,
        token_lifetime: timedelta = timedelta(days=1),
    ) -> None:
        """`token_lifetime`: the longest there is, so that a renewed signing key outlives all its tokens."""
        self._db, self._sealer, self._clock = db, sealer, clock
        self._overlap = {
            Purpose.TOKEN_SIGNING: token_lifetime + MARGIN,
            Purpose.JOIN_LINKS: JOIN_LINK_OVERLAP,
            Purpose.SIGN_IN: MARGIN,
        }
        self._shelves: dict[Purpose, _Shelf] = {}
        self._reading = asyncio.Lock()

    async def newest(self, purpose: Purpose) -> Key:
        """The key to use now, made if there is none. Up to `CACHE_LIFE` behind a rotation elsewhere."""
        shelf = await self._shelf(purpose, CACHE_LIFE)
        if not shelf.keys:
            await self._make_first(purpose)
            shelf = await self._shelf(purpose, timedelta(0))
        return shelf.keys[0]

    async def get(self, purpose: Purpose, key_id: str) -> Key | None:
        """The key of that id, None if there is none or it has retired. An unknown id is looked up again."""
        now = self._clock()
        for patience in (CACHE_LIFE, UNKNOWN_PAUSE):
            for key in (await self._shelf(purpose, patience)).keys:
                if key.id == key_id:
                    return key if key.retires_at is None or now < key.retires_at else None
        return None

    async def all(self, purpose: Purpose) -> list[Key]:
        """Every key that verifies now, the one to use first."""
        now = self._clock()
        shelf = await self._shelf(purpose, CACHE_LIFE)
        return [key for key in shelf.keys if key.retires_at is None or now < key.retires_at]

    async def rotate(self) -> Rotation:
        """Seal everything with the ring's first text and renew the keys that can be renewed.

        The old ones go on verifying for their overlap. Needed before a text leaves the ring; every process
        must have the new text in its ring by then. Harmless to repeat.
        """
        resealed: dict[str, int] = {}
        unopenable: list[str] = []
        for column in rows.SEALED:
            resealed[column.word], closed = await self._reseal(column)
            unopenable += closed
        renewed, removed = await self._renew()
        self._shelves.clear()
        return Rotation(resealed, tuple(unopenable), renewed, removed)

    async def _shelf(self, purpose: Purpose, patience: timedelta) -> _Shelf:
        """What this process knows, read anew when it is as old as `patience` (or from the future)."""
        shelf = self._fresh(purpose, patience)
        if shelf is None:
            async with self._reading:  # the first who comes reads for those who wait
                shelf = self._fresh(purpose, patience) or await self._read(purpose)
        return shelf

    def _fresh(self, purpose: Purpose, patience: timedelta) -> _Shelf | None:
        shelf = self._shelves.get(purpose)
        return shelf if shelf and timedelta(0) <= self._clock() - shelf.read_at < patience else None

    async def _read(self, purpose: Purpose) -> _Shelf:
        now = self._clock()
        async with self._db.read() as tx:
            found = await rows.in_use(tx, purpose, now)
        shelf = self._shelves[purpose] = _Shelf(tuple(self._open(row) for row in found), now)
        return shelf

    def _open(self, row: rows.KeyRow) -> Key:
        material = self._sealer.open(row.sealed, f"key:{row.id}")
        return Key(row.id, Purpose(row.purpose), material, row.created_at, row.retires_at)

    async def _make_first(self, purpose: Purpose) -> None:
        async with self._db.begin() as tx:
            await take_turn(tx, "keys")
            if not await rows.in_use(tx, purpose, self._clock()):
                await self._add(tx, purpose)

    async def _add(self, tx: Tx, purpose: Purpose) -> str:
        key_id = secrets.token_hex(8)
        sealed = self._sealer.seal(_fresh_material(purpose), f"key:{key_id}")
        await rows.add(tx, rows.KeyRow(key_id, purpose, sealed, self._clock(), None))
        return key_id

    async def _renew(self) -> tuple[dict[Purpose, str], int]:
        renewed: dict[Purpose, str] = {}
        now = self._clock()
        async with self._db.begin() as tx:
            await take_turn(tx, "keys")
            removed = await rows.remove_retired(tx, now)
            for purpose, overlap in self._overlap.items():
                await rows.retire(tx, purpose, now + overlap)
                renewed[purpose] = await self._add(tx, purpose)
        return renewed, removed

    async def _reseal(self, column: rows.SealedColumn) -> tuple[int, list[str]]:
        """Page by page, so that nothing waits long for its row: how many were done, which did not open."""
        done, closed, after = 0, list[str](), None
        while True:
            async with self._db.begin() as tx:
                page = await rows.lock_page(tx, column, after)
                for row_id, sealed in page:
                    done += await self._reseal_one(tx, column, row_id, sealed, closed)
            if not page:
                return done, closed
            after = page[-1][0]

    async def _reseal_one(
        self, tx: Tx, column: rows.SealedColumn, row_id: Any, sealed: bytes, closed: list[str]
    ) -> int:
        name = f"{column.word}:{row_id}"
        if self._sealer.is_newest(sealed):
            return 0
        try:
            plain = self._sealer.open(sealed, name)
        except Unopenable:
            closed.append(name)
            return 0
        await rows.replace(tx, column, row_id, self._sealer.seal(plain, name))
        return 1


def _fresh_material(purpose: Purpose) -> bytes:
    if purpose is not Purpose.TOKEN_SIGNING:
        return secrets.token_bytes(32)
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
