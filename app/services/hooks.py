"""Pushes: what a provider tells of presence by itself, kept before it hears that it was taken.

Everybody who pushes in the same moment shares one commit (crowd.py). The same fact told twice is one row,
and the order does not matter. The settings by which a push was read are compared with the stored ones in the
transaction that keeps it, so that a changed secret bites at once, on every process.

A deactivated integration still takes pushes: its classes that are under way are history worth keeping. One
that was never activated does not, and is no different from one that is not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

import structlog
from prometheus_client import Counter

from app.crowd import Together
from app.db import connections, evidence, pushes
from app.db.connections import State
from app.db.database import UNREACHABLE, Database
from app.db.evidence import Observation
from app.db.lane import Lane
from app.db.pushes import Home, Place
from app.domain.attendance import Evidence
from app.domain.clock import Clock
from app.domain.errors import Busy, InvalidRequest, NotFound, UnknownCaller
from app.providers.base import AttendanceSource, PresenceRow, Provider
from app.providers.pushes import Push, PushNotAuthentic, PushRefused, PushUnreadable
from app.services.connections import Connections
from app.services.erasures import Erasures
from app.services.leftovers import Leftovers, Stray
from app.services.throttle import Throttle
from app.telemetry import meters

log = structlog.get_logger()

TRIES = 3  # settings that change faster than that are waited for
NOT_THERE = "There is nothing at this address."
NOT_IT = "The secret is missing or not correct."


@dataclass(frozen=True, slots=True)
class Posted:
    """One POST of a provider. `address`: where it came from; failures count per connection and address."""

    connection_id: str  # as it stands in the address
    headers: Mapping[str, str]  # by their names in small letters
    body: bytes
    address: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it. `reply`: what the provider wants to hear; `parked`: it made no sense."""

    reply: bytes = b""
    parked: bool = False


@dataclass(frozen=True, slots=True)
class _Inlet:
    """A connection that takes pushes, with the settings of that revision."""

    connection_id: UUID
    revision: int
    provider: Provider


@dataclass(frozen=True, slots=True)
class _Delivery:
    """`rows`: what was seen, and in the meeting with which marker."""

    inlet: _Inlet
    rows: Sequence[tuple[UUID, PresenceRow]]


class Hooks:
    """One per process; providers are opened once for each revision of their settings."""

    def __init__(
        self,
        db: Database,
        work: Connections,
        leftovers: Leftovers,
        erasures: Erasures,
        throttle: Throttle,
        clock: Clock,
    ) -> None:
        self._db, self._connections, self.leftovers = db, work, leftovers
        self._erasures, self._throttle, self._clock = erasures, throttle, clock
        self._inlets: dict[str, _Inlet] = {}
        self._lane = Lane(db, writes=True)
        self._find = Together(self._find_all, UNREACHABLE)
        self._keep = Together(self._keep_all, UNREACHABLE)

    async def take(self, post: Posted) -> Taken:
        """Understand it and keep what it says; durable when this returns.

        Raises NotFound where no such connection takes pushes, UnknownCaller, Throttled, InvalidRequest for
        one that is too old. What makes no sense is parked and taken, or it would be sent for ever.
        """
        self._throttle.check(post.connection_id, post.address)
        inlet = self._inlets.get(post.connection_id) or await self._look(post.connection_id)
        for _ in range(TRIES):
            push = _read(inlet, post)
            if push is not None and await self._kept(inlet, push, post):
                return Taken(push.reply or b"", bool(push.nonsense))
            newer = await self._look(post.connection_id)
            if push is None and newer.revision == inlet.revision:
                self._throttle.failed(post.connection_id, post.address)
                _count(inlet, refused=1)
                log.info("push refused", connection=post.connection_id, address=post.address)
                raise UnknownCaller(NOT_IT)
            inlet = newer
        raise Busy

    async def _look(self, connection_id: str) -> _Inlet:
        known = _as_id(connection_id)
        # In its one spelling only: another one would be another one to the throttle.
        inlet = await self._find.ask(known) if known and str(known) == connection_id else None
        if inlet is None:
            self._inlets.pop(connection_id, None)
            raise NotFound(NOT_THERE)
        self._inlets[connection_id] = inlet
        return inlet

    async def _find_all(self, ids: Sequence[UUID]) -> Sequence[_Inlet | None]:
        async with self._db.read() as tx:
            found = await connections.some(tx, frozenset(ids))
        inlets: dict[UUID, _Inlet] = {}
        for row in found.values():
            card = self._connections.find_card(row.provider)
            if card is None or row.state is State.INSTALLED or card.attendance is not AttendanceSource.PUSH:
                continue
            inlets[row.id] = _Inlet(row.id, row.revision, await self._connections.opened(row))
        return [inlets.get(connection_id) for connection_id in ids]

    async def _kept(self, inlet: _Inlet, push: Push, post: Posted) -> bool:
        """False when the settings are not those any more by which it was read."""
        rows = [(marker, pushed.row) for pushed in push.rows if (marker := _as_id(pushed.marker))]
        if rows and not await self._keep.ask(_Delivery(inlet, rows)):
            return False
        if push.nonsense:
            await self.leftovers.unreadable(inlet.connection_id, post.body)
        others = push.others + len(push.rows) - len(rows)
        _count(inlet, other=others, nobody=push.nobody, nonsense=push.nonsense)
        return True

    async def _keep_all(self, deliveries: Sequence[_Delivery]) -> Sequence[bool]:
        """One look and one statement for all of them; what was read by old settings leaves nothing behind."""
        now, markers = self._clock(), {marker for one in deliveries for marker, _ in one.rows}
        namer = await self._erasures.namer()
        async with self._db.read() as tx:
            places = await pushes.places(tx, markers)
            present = {place.connection_id: place.revision for place in places.values()}
            if untold := {one.inlet.connection_id for one in deliveries} - present.keys():
                present |= await pushes.revisions(tx, untold)
            good = [present.get(one.inlet.connection_id) == one.inlet.revision for one in deliveries]
            told, strays = _sorted_out([d for d, ok in zip(deliveries, good, strict=True) if ok], places)
            seen = _in_order(await self._erasures.observed(tx, namer, told, now))
        await evidence.keep_at_once(self._lane, seen, now)
        await self.leftovers.strays(strays)
        return good


def _read(inlet: _Inlet, post: Posted) -> Push | None:
    """What it says; None when it is not the provider's. Raises InvalidRequest for what is too old."""
    try:
        return inlet.provider.read_push(post.headers, post.body)
    except PushNotAuthentic:
        return None
    except PushUnreadable:
        return Push(nonsense=1)
    except PushRefused as exc:
        _count(inlet, refused=1)
        raise InvalidRequest("This was sent too long ago.") from exc


def _sorted_out(
    deliveries: Sequence[_Delivery], places: Mapping[UUID, Place]
) -> tuple[list[tuple[Home, Evidence]], list[Stray]]:
    """What belongs to a session of the connection that said it; and what does not, or not yet."""
    seen: list[tuple[Home, Evidence]] = []
    strays: list[Stray] = []
    for one in deliveries:
        before, inlet = len(seen), one.inlet
        for marker, row in one.rows:
            place = places.get(marker)
            piece = row.evidence(inlet.provider.card.key)
            if place is not None and place.connection_id == inlet.connection_id:
                seen.append((place.home, piece))
            else:
                strays.append(Stray(inlet.connection_id, marker, piece))
        kept = len(seen) - before
        _count(inlet, kept=kept, unknown=len(one.rows) - kept)
    return seen, strays


def _in_order(seen: list[Observation]) -> list[Observation]:
    """The same everywhere, so that two processes that are told the same never wait for each other."""
    return sorted(seen, key=lambda one: (one.session_id, one.evidence.instance))


def _as_id(marker: str) -> UUID | None:
    try:
        return UUID(marker)
    except ValueError:
        return None


def _count(inlet: _Inlet, **facts: int) -> None:
    for outcome, number in facts.items():
        if number:
            _counter(inlet.provider.card.key, outcome).inc(number)


@cache  # to find a number by its labels costs more than to count
def _counter(provider: str, outcome: str) -> Counter:
    return meters.PUSHES.labels(provider, outcome)
