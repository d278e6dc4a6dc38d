"""Levers for meetings and the people in them: who comes, waits, leads and goes."""

from __future__ import annotations

import uuid
from typing import Any

from app.simulators.lync import accounts, events, meetings, rooms
from app.simulators.lync.state import Meeting, Participant, Pool, Room

Json = dict[str, Any]


class Visitors:
    """Every method may be called from any thread; a meeting is named by id, URI or join URL."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def meetings(self) -> list[Json]:
        """All meetings of all organizers, as their properties are printed, with the people in them."""
        with self.pool.lock:
            living = meetings.living(self.pool)
            return [{**self._shown(each), "participants": self._present(each)} for each in living]

    def participants(self, meeting: str) -> list[Json]:
        """Who is in a meeting, or in its lobby, at this moment."""
        with self.pool.lock:
            return self._present(self._meeting(meeting))

    def remove_meeting(self, meeting: str) -> None:
        """Delete a meeting behind the client's back."""
        with self.pool.lock:
            meetings.remove(self.pool, self._meeting(meeting))
            events.flush(self.pool)

    def touch_meeting(self, meeting: str) -> None:
        """Change a meeting behind the client's back: its etag is a new one."""
        with self.pool.lock:
            self._meeting(meeting).etag = self.pool.digits(10)

    def join(
        self,
        meeting: str,
        uri: str = "",
        name: str = "",
        *,
        role: str | None = None,
        lobby: bool | None = None,
        anonymous: bool = False,
        phone: str = "",
    ) -> str:
        """Let somebody come in and return his URI; role and lobby follow from the meeting unless given."""
        with self.pool.lock:
            found = self._meeting(meeting)
            person = self._visitor(uri, name, anonymous, phone)
            rooms.admission(self.pool, found, person)
            person.role = role or person.role
            person.in_lobby = person.in_lobby if lobby is None else lobby
            rooms.enter(self.pool, rooms.of(self.pool, found), person)
            events.flush(self.pool)
            return person.uri

    def leave(self, meeting: str, uri: str) -> None:
        """Let somebody go."""
        with self.pool.lock:
            room, person = self._inside(meeting, uri)
            rooms.leave(self.pool, room, person.uri)
            events.flush(self.pool)

    def admit(self, meeting: str, uri: str) -> None:
        """Let somebody in from the lobby."""
        self._move(meeting, uri, in_lobby=False)

    def to_lobby(self, meeting: str, uri: str) -> None:
        """Send somebody out into the lobby."""
        self._move(meeting, uri, in_lobby=True)

    def promote(self, meeting: str, uri: str) -> None:
        """Make somebody a leader."""
        self._move(meeting, uri, role="Leader")

    def demote(self, meeting: str, uri: str) -> None:
        """Make somebody an attendee."""
        self._move(meeting, uri, role="Attendee")

    def _meeting(self, name: str) -> Meeting:
        wanted = name.strip().lower().rstrip("/")
        for each in meetings.living(self.pool):
            join_url = self._shown(each)["joinUrl"].lower()
            if wanted in (each.id.lower(), each.uri.lower(), join_url):
                return each
        raise LookupError(f"There is no meeting {name}.")

    def _shown(self, meeting: Meeting) -> Json:
        return {**meetings.properties(self.pool, meeting), "etag": meeting.etag}

    def _present(self, meeting: Meeting) -> list[Json]:
        room = self.pool.rooms.get(meeting.uri.lower())
        return (
            [{**vars(person), "place": person.place} for person in room.participants.values()] if room else []
        )

    def _inside(self, meeting: str, uri: str) -> tuple[Room, Participant]:
        room = rooms.of(self.pool, self._meeting(meeting))
        for person in room.participants.values():
            if uri.lower() in (person.uri.lower(), person.uri.partition(":")[2].lower()):
                return room, person
        raise LookupError(f"{uri} is not in the meeting {meeting}.")

    def _move(self, meeting: str, uri: str, *, role: str | None = None, in_lobby: bool | None = None) -> None:
        with self.pool.lock:
            room, person = self._inside(meeting, uri)
            rooms.move(self.pool, room, person.uri, role=role, in_lobby=in_lobby)
            events.flush(self.pool)

    def _visitor(self, uri: str, name: str, anonymous: bool, phone: str) -> Participant:
        """Guests get a random address, phone users their number; strangers by name are federated."""
        if phone:
            return Participant(f"tel:{phone}", name or phone, phone=f"tel:{phone}", source_network="Unknown")
        if anonymous or not uri:
            guest = f"sip:{uuid.uuid4()}@anonymous.invalid"
            return Participant(guest, name or "Guest", anonymous=True, source_network="Everyone")
        address = accounts.bare(uri)
        known = accounts.find(self.pool, address)
        network = "SameEnterprise" if accounts.of_organisation(self.pool, address) else "Federated"
        return Participant(
            f"sip:{address}", name or (known.name if known else address), source_network=network
        )
