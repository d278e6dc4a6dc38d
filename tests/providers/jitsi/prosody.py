"""A Jitsi server as far as attendance goes, written from the documentation of event_sync and of JWT sign-in.

It shares no code with the adapter: passes are read by another library, events are put together by hand.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

RETRIES = 3  # event_sync's default, for answers of 500 and above


class NotLetIn(Exception):
    """The pass is not good for this room."""


@dataclass(frozen=True)
class Event:
    """One POST: the path below api_prefix, and what it tells."""

    path: str
    payload: dict

    @property
    def body(self) -> bytes:
        # Lua knows one kind of table: an empty list leaves as an object.
        return json.dumps({k: v if v != [] else {} for k, v in self.payload.items()}).encode()


@dataclass
class Occupant:
    jid: str
    joined_at: int
    user: dict
    left_at: int | None = None
    breakout: str = ""

    def told(self) -> dict:
        told = {"occupant_jid": self.jid, "joined_at": self.joined_at}
        told |= {key: self.user[key] for key in ("name", "email", "id") if key in self.user}
        return told | ({"left_at": self.left_at} if self.left_at is not None else {})


@dataclass
class Prosody:
    """`events` are all that it has to tell, in order."""

    app_id: str
    app_secret: str
    token: str
    domain: str = "meet.example.com"
    events: list[Event] = field(default_factory=list)
    rooms: dict[str, tuple[int, list[Occupant]]] = field(default_factory=dict)
    serial: int = 0

    def join(self, link: str, at: int) -> Occupant:
        """Somebody opens a link. Raises NotLetIn."""
        room = urlsplit(link).path.strip("/")
        given = parse_qs(urlsplit(link).query).get("jwt")
        if not given:
            raise NotLetIn("no token")
        claims = self.claims(given[0])
        right = {"iss": self.app_id, "aud": self.app_id, "sub": self.domain, "room": room}
        if any(claims.get(name) != value for name, value in right.items()):
            raise NotLetIn("a token for something else")
        if not claims["nbf"] <= at <= claims["exp"]:
            raise NotLetIn("not now")
        return self._enter(room, claims["context"]["user"], at)

    def claims(self, token: str) -> dict:
        return jwt.decode(token, OctKey.import_key(self.app_secret), algorithms=["HS256"]).claims

    def guest(self, room: str, at: int) -> Occupant:
        """Somebody without a token, where the server lets such people in."""
        return self._enter(room, {}, at)

    def leave(self, room: str, who: Occupant, at: int) -> None:
        who.left_at = at
        count = sum(one.left_at is None for one in self.rooms[room][1])
        self._tell("occupant/left", "muc-occupant-left", room, who.breakout, active_occupants_count=count,
                   occupant=who.told())  # fmt: skip

    def move(self, room: str, who: Occupant, breakout: str, at: int) -> Occupant:
        """To a breakout room: for the server they leave and somebody enters."""
        self.leave(room, who, at)
        return self._enter(room, who.user, at, breakout, who.jid)

    def destroy(self, room: str, at: int) -> None:
        """The last one has gone."""
        created_at, everybody = self.rooms.pop(room)
        for who in everybody:
            who.left_at = who.left_at if who.left_at is not None else at
        self._tell("room/destroyed", "muc-room-destroyed", room, "", created_at=created_at, destroyed_at=at,
                   all_occupants=[who.told() for who in everybody])  # fmt: skip

    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}", "content-type": "application/json"}

    def _enter(self, room: str, user: dict, at: int, breakout: str = "", jid: str = "") -> Occupant:
        self.serial += 1
        if room not in self.rooms:
            self.rooms[room] = (at, [])
            self._tell("room/created", "muc-room-created", room, "", created_at=at)
        jid = jid or f"{self.serial:08x}-40c5@{self.domain}/OWhl{self.serial}"
        who = Occupant(jid, at, user, breakout=breakout)
        self.rooms[room][1].append(who)
        count = sum(one.left_at is None for one in self.rooms[room][1])
        self._tell("occupant/joined", "muc-occupant-joined", room, breakout, active_occupants_count=count,
                   occupant=who.told())  # fmt: skip
        return who

    def _tell(self, path: str, name: str, room: str, breakout: str, **more: object) -> None:
        payload = {"event_name": name, "room_name": room, "room_jid": f"{room}@conference.{self.domain}",
                   "is_breakout": bool(breakout), **more}  # fmt: skip
        if breakout:
            payload["breakout_room_id"] = breakout
        self.events.append(Event(f"/events/{path}", payload))


async def deliver(
    prosody: Prosody, api_prefix: str, events: Iterable[Event] | None = None, seed: int | None = None
) -> list[int]:
    """Send what there is to tell; with a seed: out of order, some of it twice. The last status of each."""
    sent: Sequence[Event] = list(prosody.events if events is None else events)
    if seed is not None:
        chance = Random(seed)
        sent = chance.sample([*sent, *chance.choices(sent, k=len(sent) // 2)], len(sent) + len(sent) // 2)
    async with httpx.AsyncClient() as http:
        return [await _send(http, prosody, f"{api_prefix}{one.path}", one.body) for one in sent]


async def _send(http: httpx.AsyncClient, prosody: Prosody, url: str, body: bytes) -> int:
    for _ in range(1 + RETRIES):
        answer = await http.post(url, content=body, headers=prosody.headers())
        if answer.status_code < 500:
            break
    return answer.status_code
