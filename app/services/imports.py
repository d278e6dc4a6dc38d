"""Lists of instructors: understood first, then brought in some rows at a time; and written out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.db import faculties
from app.db.database import Database, Tx
from app.db.instructors import Faculty, Instructor
from app.db.turns import take_turn
from app.domain.actor import Actor
from app.domain.errors import AccountBroken, ConnectorError, InvalidRequest, ProviderUnavailable, Stale
from app.domain.people import InstructorDraft, person_key
from app.domain.permissions import Scope
from app.domain.roll import MOST_ROWS as MOST_ROWS
from app.domain.roll import Roll as Roll
from app.domain.roll import Row as Row
from app.domain.roll import judged as judged
from app.domain.roll import line_of as line_of
from app.domain.roll import packed as packed
from app.domain.roll import twice, understand, written
from app.domain.roll import unpacked as unpacked
from app.providers.base import Provider
from app.services.audit import Audit, Note
from app.services.faculties import INACTIVE, Faculties, faculty_of, find_vendor
from app.services.instructors import Checked, Instructors, check_at, shown

AT_ONCE = 4  # people that a provider is asked for at the same time
ASKED_IN_ONE_GO = 50  # rows of one request, where each waits for the provider
IN_ONE_GO = 500  # where nobody is asked: others come in between
ON_A_PAGE = 500


class Outcome(StrEnum):
    """What became of a row. `NOT_TRIED`: the provider failed before its turn came."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "already so"
    FAILED = "not imported"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Imported:
    """A row and what became of it; `why` where nothing did."""

    row: Row
    outcome: Outcome
    why: str = ""


Known = dict[str, Instructor]
Verdicts = dict[int, Imported]  # by the row's place among those of one request


class Imports:
    """Lists of one vendor's instructors. Bringing in the same list again changes nothing."""

    def __init__(self, db: Database, registry: Instructors, faculty: Faculties, audit: Audit) -> None:
        self._db, self._registry, self._faculties, self._audit = db, registry, faculty, audit

    async def preview(self, actor: Actor, content: bytes) -> Roll:
        """What a file holds; nothing is stored. Raises InvalidRequest, TooLarge."""
        actor.require(Scope.ILT_VENDORS_UPDATE)
        return await asyncio.to_thread(understand, content)  # a long list keeps nobody else waiting

    async def in_one_go(self, actor: Actor, vendor_id: UUID) -> int:
        """How many rows one request may bring. Raises NotFound, NotAllowed."""
        actor.require(Scope.ILT_VENDORS_UPDATE)
        async with self._db.read() as tx:
            faculty = faculty_of(await find_vendor(tx, actor, vendor_id))
        return _in_one_go(await self._registry.provider(faculty))

    async def bring_in(self, actor: Actor, vendor_id: UUID, rows: Sequence[Row]) -> list[Imported]:
        """Add or update the people of some rows, at most `in_one_go`, in one transaction; a report per row.

        Raises InvalidRequest, NotFound, NotAllowed. When the provider itself is in trouble, the rest is not
        tried: accounts lock.
        """
        actor.require(Scope.ILT_VENDORS_UPDATE)
        keys = [person_key(row.draft.email) for row in rows]
        if len(rows) > IN_ONE_GO:
            raise InvalidRequest(f"At most {IN_ONE_GO} rows at once.")
        async with self._db.read() as tx:
            vendor = await find_vendor(tx, actor, vendor_id)
            faculty = faculty_of(vendor)
            known = await faculties.known(tx, faculty, keys)
        provider = await self._registry.provider(faculty)
        if len(rows) > _in_one_go(provider):
            raise InvalidRequest(f"At most {_in_one_go(provider)} rows at once.")
        done = _settled(rows, known, open_to_all=vendor.active)
        checked = await _ask(provider, rows, done)
        if checked:
            async with self._db.begin() as tx:
                done |= await self._store(tx, actor, faculty, rows, checked, known)
            self._registry.hasten()
        return [done[place] for place in range(len(rows))]

    async def _store(
        self,
        tx: Tx,
        actor: Actor,
        faculty: Faculty,
        rows: Sequence[Row],
        checked: dict[int, Checked],
        known: Known,
    ) -> Verdicts:
        """Those that nobody has changed since they were read."""
        await take_turn(tx, f"instructors {faculty.name}")
        keys = {place: person_key(one.draft.email) for place, one in checked.items()}
        now = await faculties.known(tx, faculty, list(keys.values()))
        stale = [place for place, key in keys.items() if now.get(key) != known.get(key)]
        done = {place: Imported(rows[place], Outcome.FAILED, Stale.default) for place in stale}
        fresh = {place: key for place, key in keys.items() if place not in done}
        await self._registry.keep_all(tx, faculty, [checked[place] for place in fresh])
        stored = await faculties.known(tx, faculty, list(fresh.values()))
        notes = [_note(known.get(key), stored[key]) for key in fresh.values()]
        await self._audit.note_all(tx, actor, notes)
        for place, key in fresh.items():
            done[place] = Imported(rows[place], Outcome.UPDATED if key in known else Outcome.ADDED)
        return done

    async def all_of(self, actor: Actor, vendor_id: UUID) -> AsyncIterator[str]:
        """The lines of a CSV file of all instructors, safe to open. Raises NotAllowed, NotFound."""
        first = await self._faculties.page(actor, vendor_id, "", None, ON_A_PAGE)
        return self._lines(actor, vendor_id, first)

    async def _lines(self, actor: Actor, vendor_id: UUID, some: list[Instructor]) -> AsyncIterator[str]:
        for line in written(()):
            yield line
        while some:
            cells = [(i.email, i.first_name, i.last_name, "yes" if i.active else "no") for i in some]
            yield "".join(list(written(cells))[1:])
            after = some[-1].person.key
            some = await self._faculties.page(actor, vendor_id, "", after, ON_A_PAGE)


def _in_one_go(provider: Provider | None) -> int:
    return ASKED_IN_ONE_GO if provider is not None and provider.card.checks_people else IN_ONE_GO


def _settled(rows: Sequence[Row], known: Known, *, open_to_all: bool) -> Verdicts:
    """What can be said of rows before anybody is asked. A vendor that is off lets people go, and takes
    nobody in."""
    done: Verdicts = {}
    seen: dict[str, int] = {}
    for place, row in enumerate(rows):
        key = person_key(row.draft.email)
        earlier, there = seen.setdefault(key, row.number), known.get(key)
        wrong = row.wrong or ("" if earlier == row.number else twice(earlier))
        if wrong:
            done[place] = Imported(row, Outcome.FAILED, wrong)
        elif there is not None and _is_so(there, row.draft):
            done[place] = Imported(row, Outcome.UNCHANGED)
        elif not open_to_all and (there is None or row.draft.active is not False):
            done[place] = Imported(row, Outcome.FAILED, INACTIVE)
    return done


def _is_so(there: Instructor, draft: InstructorDraft) -> bool:
    present = (there.email, there.first_name, there.last_name, there.active)
    return present == (draft.email, draft.first_name, draft.last_name, draft.active)


async def _ask(provider: Provider | None, rows: Sequence[Row], done: Verdicts) -> dict[int, Checked]:
    """The rows that can be stored, by their places; `done` gets a verdict on the others."""
    left = [place for place in range(len(rows)) if place not in done]
    if provider is None or not provider.card.checks_people:
        return {place: await check_at(provider, rows[place].draft) for place in left}
    found: dict[int, Checked] = {}
    trouble = ""
    for start in range(0, len(left), AT_ONCE):
        some = left[start : start + AT_ONCE]
        if trouble:
            done |= {place: Imported(rows[place], Outcome.NOT_TRIED, trouble) for place in some}
            continue
        asked = (check_at(provider, rows[place].draft) for place in some)
        for place, said in zip(some, await asyncio.gather(*asked, return_exceptions=True), strict=True):
            if isinstance(said, Checked):
                found[place] = said
            elif isinstance(said, ConnectorError):
                done[place] = Imported(rows[place], Outcome.FAILED, said.message)
                trouble = said.message if isinstance(said, AccountBroken | ProviderUnavailable) else trouble
            else:
                raise said
    return found


def _note(before: Instructor | None, after: Instructor) -> Note:
    action = "instructor.added" if before is None else "instructor.changed"
    return Note(action, f"instructor:{after.id}", None if before is None else shown(before), shown(after))
