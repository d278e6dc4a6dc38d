"""What event_sync, the server's plugin, tells: rooms made and gone, people who joined and left. Pure.

It repeats itself: leaving tells when the person had joined, and the end of a room tells of everybody who was
in it. So a lost event is mended by a later one, and the order does not matter.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import orjson

from app.providers.presence import PresenceRow
from app.providers.pushes import Push, PushedRow, PushUnreadable

ROOM = "vilt-"  # how the rooms of this service begin; the marker follows
JOINED, LEFT, DESTROYED = "muc-occupant-joined", "muc-occupant-left", "muc-room-destroyed"

# On a server with several tenants the name of a room has its tenant in front.
_OURS = re.compile(rf"(?:\[[^\]]*\])?{ROOM}(?P<marker>[0-9a-f-]{{32,36}})")
_YEAR_2000, _YEAR_2100 = 946_684_800, 4_102_444_800
_LONGEST_JID = 3071  # RFC 7622

Whose = Callable[[str, object], str | None]
"""The address behind a planted id: (room, id) → address, None for nobody of ours."""


@dataclass(frozen=True, slots=True)
class _Room:
    name: str
    marker: str


def read_event(body: bytes, whose: Whose) -> Push:
    """One event. What newer versions tell, and what is of other rooms, is left out. Raises PushUnreadable."""
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise PushUnreadable("the body is no JSON") from None
    if not isinstance(event, dict) or not isinstance(event.get("event_name"), str):
        raise PushUnreadable("the body is no event")
    name, room = event["event_name"], event.get("room_name")
    if not isinstance(room, str):
        raise PushUnreadable("the event names no room")
    found = _OURS.fullmatch(room)
    if found is None or name not in (JOINED, LEFT, DESTROYED):
        return Push(others=1)
    marker = found["marker"]
    here = _Room(ROOM + marker, marker)
    return _push(list(_told(event, name)), here, whose)


def _told(event: dict[str, Any], name: str) -> Iterator[tuple[Any, Any]]:
    """Each occupant, and when it left; None: still there. An empty list comes as {} (the plugin is Lua)."""
    if name == JOINED:
        yield event.get("occupant"), None
    elif name == LEFT:
        occupant = event.get("occupant")
        yield occupant, occupant.get("left_at") if isinstance(occupant, dict) else None
    else:
        everybody = event.get("all_occupants") or ()
        for occupant in everybody if isinstance(everybody, list | tuple) else (everybody,):
            left = occupant.get("left_at") if isinstance(occupant, dict) else None
            yield occupant, left or event.get("destroyed_at")


def _push(told: list[tuple[Any, Any]], room: _Room, whose: Whose) -> Push:
    rows: list[PushedRow] = []
    nobody = nonsense = 0
    for occupant, left in told:
        stay = _stay(occupant, left)
        if stay is None:
            nonsense += 1
        elif (email := whose(room.name, occupant.get("id"))) is None:
            nobody += 1
        else:
            joined_at, left_at = stay
            instance = _instance(occupant["occupant_jid"], joined_at)
            rows.append(PushedRow(room.marker, PresenceRow(email, joined_at, left_at, instance)))
    return Push(tuple(rows), nobody=nobody, nonsense=nonsense)


def _stay(occupant: Any, left: Any) -> tuple[datetime, datetime | None] | None:
    """From when to when; None where that cannot be."""
    if not isinstance(occupant, dict) or not isinstance(occupant.get("occupant_jid"), str):
        return None
    joined_at = _instant(occupant.get("joined_at"))
    left_at = None if left is None else _instant(left)
    if joined_at is None or (left is not None and left_at is None):
        return None
    if not 0 < len(occupant["occupant_jid"]) <= _LONGEST_JID or (left_at and left_at < joined_at):
        return None
    return joined_at, left_at


def _instant(told: Any) -> datetime | None:
    """Epoch seconds of this century."""
    if isinstance(told, bool) or not isinstance(told, int | float) or not _YEAR_2000 <= told < _YEAR_2100:
        return None
    return datetime.fromtimestamp(told, UTC)


def _instance(jid: str, joined_at: datetime) -> str:
    """The same for every event that tells of this stay; who moves to a breakout room begins another one."""
    text = f"{jid}|{joined_at.timestamp():.0f}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
