"""What a test or an operator may do to the simulated server from outside of the protocol."""

from __future__ import annotations

import uuid
from typing import Any

from app.simulators.lync import accounts, applications, events, meetings, rooms
from app.simulators.lync.catalogue import FAULTS
from app.simulators.lync.drafts import read as draft
from app.simulators.lync.faults import parse
from app.simulators.lync.state import Meeting, Participant, Person, Pool, Room

Json = dict[str, Any]


class Controls:
    """The levers. Every method may be called from any thread; a meeting is named by id, URI or join URL."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._accounts: list[Person] = []

    # faults and the request log

    def fault_on(self, name: str, rate: float = 1.0, count: int | None = None, only: str = "") -> None:
        """Switch a fault on: always, at a rate of 0..1, or `count` times; `only` for matching requests."""
        with self.pool.lock:
            self.pool.faults.on(name, rate, count, only)

    def fault(self, text: str) -> None:
        """Switch a fault on as the command line writes it: NAME, NAME=RATE or NAME=xCOUNT."""
        name, rate, count = parse(text)
        self.fault_on(name, rate, count)

    def fault_off(self, name: str | None = None) -> None:
        """Switch one fault off, or all."""
        with self.pool.lock:
            self.pool.faults.off(name)

    def faults(self) -> list[Json]:
        """The faults that are on."""
        with self.pool.lock:
            return self.pool.faults.active()

    def requests(self) -> list[Json]:
        """The request log, oldest first, secrets masked."""
        with self.pool.lock:
            return [entry.data() for entry in self.pool.journal.entries()]

    def clear_requests(self) -> None:
        """Begin a new request log."""
        with self.pool.lock:
            self.pool.journal.clear()

    # people

    def add_person(
        self,
        address: str,
        name: str,
        email: str = "",
        password: str | None = None,
        *,
        title: str = "",
        department: str = "",
        phone: str = "",
    ) -> None:
        """Put somebody into the directory; with a password he can sign in."""
        person = Person(accounts.bare(address), name, email, title, department, phone, password)
        with self.pool.lock:
            self._add(person)

    def people(self) -> list[Json]:
        """The directory."""
        with self.pool.lock:
            everybody = list(self.pool.people.values())
        return [
            {"uri": p.uri, "name": p.name, "email": p.email, "account": bool(p.password)} for p in everybody
        ]

    def lock_account(self, user: str, locked: bool = True) -> None:
        """Lock an account out, or let it in again."""
        with self.pool.lock:
            person = accounts.find(self.pool, user)
            if person is None:
                raise LookupError(f"There is nobody with the address {user}.")
            person.failures = 0
            person.locked_until = self.pool.clock.now() + 10**9 if locked else 0.0

    # meetings and who is in them

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

    # time and disaster

    def advance(self, seconds: float) -> None:
        """Let time pass for tokens, applications, meetings and lock-outs."""
        with self.pool.lock:
            self.pool.clock.advance(seconds)

    def expire_tokens(self) -> None:
        """End all tokens now."""
        with self.pool.lock:
            self.pool.tokens.clear()

    def drop_applications(self) -> None:
        """End all applications now, as a restarted server would."""
        with self.pool.lock:
            for application in list(self.pool.applications.values()):
                applications.drop(self.pool, application)

    def reset(self) -> None:
        """Back to the state after the start; only the odd property's name stays."""
        with self.pool.lock:
            self.drop_applications()
            for store in (self.pool.tokens, self.pool.meetings, self.pool.rooms, self.pool.people):
                store.clear()
            self.pool.faults.off()
            self.pool.journal.clear()
            self.pool.clock.restore()
            self.pool.ucwa_authority = ""
            for person in self._accounts:
                person.failures, person.locked_until = 0, 0.0
                self._add(person)

    def _open_account(self, person: Person) -> None:
        """An account that is there from the start, and again after a reset."""
        self._accounts.append(person)
        self._add(person)

    def _add(self, person: Person) -> None:
        accounts.add(self.pool, person)
        if person.password and self.pool.options.assigned_meeting:
            assigned = meetings.schedule(self.pool, person, draft(self.pool, {}), meetings.ASSIGNED)
            assigned.expires_at = self.pool.clock.now() + 9 * 365 * 86400
            assigned.subject = f"Personal meeting of {person.name}"

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


def known_faults() -> Json:
    """Every fault's name with what it does."""
    return dict(FAULTS)
