"""What a test or an operator may do to the simulated server from outside of the protocol."""

from __future__ import annotations

from typing import Any

from app.simulators.lync import accounts, applications, meetings
from app.simulators.lync.catalogue import FAULTS
from app.simulators.lync.drafts import read as draft
from app.simulators.lync.faults import parse
from app.simulators.lync.state import Person, Pool
from app.simulators.lync.visitors import Visitors

Json = dict[str, Any]


class Controls(Visitors):
    """The levers. Every method may be called from any thread."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
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


def known_faults() -> Json:
    """Every fault's name with what it does."""
    return dict(FAULTS)
