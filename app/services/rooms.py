"""The practice room: who is here, kept as evidence that outlives any crash.

Presence begins by pressing Join, is carried by heartbeats and ends by Leave or by silence. Every moment is
this server's own, so nobody can lengthen a stay from outside; every row is bound to the signed link.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID, uuid4

from app.db import rooms
from app.db.database import Database, Tx
from app.db.rooms import Link, Stay
from app.db.rooms import Seat as Seat
from app.domain.clock import Clock
from app.domain.errors import Conflict, ConnectorError, NotAllowed, NotFound
from app.domain.people import Role
from app.services.launches import Door, Visit

SILENCE = timedelta(seconds=45)
BEAT_EVERY = timedelta(seconds=15)  # two beats may be lost before a stay ends
STAYS_AT_MOST = 500  # per link; a new launch gives a new link, so nobody is locked out


class RoomClosed(ConnectorError):
    """The class is not on: not yet, not any more, or never again."""

    default = "The room is closed."


class Rooms:
    """Deeds of the room. `clock` is public: the join door tells waiting people how long by the same one."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self.clock = clock

    async def enter(self, visit: Visit) -> UUID:
        """Begin to be present; the new visit's id. Raises RoomClosed, NotFound, NotAllowed."""
        link, visit_id = _open_room(visit), uuid4()
        async with self._db.begin() as tx:
            await self._begin(tx, link, visit_id, 0)
        return visit_id

    async def beat(self, visit: Visit, visit_id: UUID) -> None:
        """Still here. After a silence a new stay begins, so the absence is not credited.

        Raises RoomClosed, NotFound for a visit of another link, Conflict after a goodbye.
        """
        link, now = _open_room(visit), self.clock()
        async with self._db.begin() as tx:
            if await rooms.prolong(tx, link, visit_id, now, now - SILENCE):
                return
            last = await _last(tx, link, visit_id)
            if last.left:
                raise Conflict("You have left the room. Press Join to come back.")
            if last.ended_at < now - SILENCE:
                await self._begin(tx, link, visit_id, last.number + 1)

    async def leave(self, visit: Visit, visit_id: UUID) -> None:
        """Goodbye; may be said twice, and after the class. A silence before it stays uncredited."""
        link, now = _room_of(visit), self.clock()
        async with self._db.begin() as tx:
            last = await _last(tx, link, visit_id)
            if last.left:
                return
            was_here = now - last.ended_at <= SILENCE
            await rooms.end(tx, last, visit_id, max(last.ended_at, now) if was_here else last.ended_at)

    async def look_around(self, visit: Visit) -> list[Seat]:
        """Who is here now, for somebody who may come in. Raises RoomClosed, NotFound."""
        return await self.present(_open_room(visit).session_id)

    async def present(self, session_id: UUID) -> list[Seat]:
        """Who is here now: one seat per person, instructors first, then by name or address."""
        async with self._db.read() as tx:
            stays = await rooms.present(tx, session_id, self.clock() - SILENCE)
        return sorted(_one_per_person(stays), key=_order)

    async def _begin(self, tx: Tx, link: Link, visit_id: UUID, number: int) -> None:
        if await rooms.count(tx, link) >= STAYS_AT_MOST:
            raise NotAllowed("This link was used too often. Please open the class from your training again.")
        await rooms.begin(tx, link, visit_id, number, self.clock())


async def _last(tx: Tx, link: Link, visit_id: UUID) -> Stay:
    await rooms.hold(tx, link, visit_id)
    last = await rooms.last(tx, link, visit_id)
    if last is None:
        raise NotFound("This visit is not known here.")
    return last


def _room_of(visit: Visit) -> Link:
    if not visit.hosted:
        raise NotFound("This class does not take place here.")
    return Link(visit.session.id, visit.launch_id, visit.person)


def _open_room(visit: Visit) -> Link:
    if visit.door is not Door.OPEN:
        raise RoomClosed(_why_closed(visit.door))
    return _room_of(visit)


def _why_closed(door: Door) -> str:
    match door:
        case Door.CANCELLED:
            return "This class was cancelled."
        case Door.OVER:
            return "This class is over. Thank you for coming."
        case Door.PREPARING:
            return "The room is still being prepared."
        case _:
            return "This class has not begun yet."


def _one_per_person(stays: Iterable[Seat]) -> list[Seat]:
    """The earliest stay stands for the person; the stronger role wins."""
    seats: dict[str, Seat] = {}
    for stay in stays:
        seat = seats.setdefault(stay.person.key, stay)
        if stay.role is Role.INSTRUCTOR and seat.role is Role.LEARNER:
            seats[seat.person.key] = Seat(seat.person, Role.INSTRUCTOR, seat.since)
    return list(seats.values())


def _order(seat: Seat) -> tuple[bool, str]:
    return seat.role is not Role.INSTRUCTOR, (seat.person.name or seat.person.email).casefold()
