"""Lists of instructors: understood first, then brought in some rows at a time; and written out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.domain.actor import Actor
from app.domain.errors import AccountBroken, ConnectorError, InvalidRequest, ProviderUnavailable
from app.domain.people import InstructorDraft
from app.domain.permissions import Scope
from app.domain.roll import MOST_ROWS as MOST_ROWS
from app.domain.roll import Roll as Roll
from app.domain.roll import Row as Row
from app.domain.roll import line_of as line_of
from app.domain.roll import packed as packed
from app.domain.roll import understand, written
from app.domain.roll import unpacked as unpacked
from app.services.faculties import Faculties, Instructor, InstructorEdit

AT_ONCE = 4  # people that a provider is asked for at the same time
IN_ONE_GO = 50  # rows of one request: each may wait for the provider
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


class Imports:
    """Lists of one vendor's instructors. Bringing in the same list again changes nothing."""

    def __init__(self, faculties: Faculties) -> None:
        self._faculties = faculties

    async def preview(self, actor: Actor, content: bytes) -> Roll:
        """What a file holds; nothing is stored. Raises InvalidRequest, TooLarge."""
        actor.require(Scope.ILT_VENDORS_UPDATE)
        return await asyncio.to_thread(understand, content)  # a long list keeps nobody else waiting

    async def bring_in(self, actor: Actor, vendor_id: UUID, rows: Sequence[Row]) -> list[Imported]:
        """Add or update the people of some rows, at most `IN_ONE_GO`. Raises InvalidRequest, NotAllowed.

        When the provider itself is in trouble, the rest is not tried: accounts lock.
        """
        actor.require(Scope.ILT_VENDORS_UPDATE)
        if len(rows) > IN_ONE_GO:
            raise InvalidRequest(f"At most {IN_ONE_GO} rows at once.")
        done: list[Imported] = []
        trouble = ""
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            if trouble:
                done += [Imported(row, Outcome.NOT_TRIED, trouble) for row in some]
                continue
            ended = await asyncio.gather(*(self._bring_in(actor, vendor_id, row) for row in some))
            done += [imported for imported, _ in ended]
            trouble = next((why for _, why in ended if why), "")
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

    async def _bring_in(self, actor: Actor, vendor_id: UUID, row: Row) -> tuple[Imported, str]:
        """What became of the row; and the provider's trouble, where others would meet it too."""
        if row.wrong:
            return Imported(row, Outcome.FAILED, row.wrong), ""
        try:
            return Imported(row, await self._put(actor, vendor_id, row.draft)), ""
        except ConnectorError as exc:
            wide = isinstance(exc, AccountBroken | ProviderUnavailable)
            return Imported(row, Outcome.FAILED, exc.message), exc.message if wide else ""

    async def _put(self, actor: Actor, vendor_id: UUID, draft: InstructorDraft) -> Outcome:
        known = await self._faculties.find(actor, vendor_id, draft.email)
        if known is None:
            await self._faculties.add(actor, vendor_id, draft)
            return Outcome.ADDED
        edit = InstructorEdit(draft.email, draft.first_name, draft.last_name, draft.active)
        same = (known.email, known.first_name, known.last_name, known.active)
        if same == (edit.email, edit.first_name, edit.last_name, edit.active):
            return Outcome.UNCHANGED
        await self._faculties.change(actor, vendor_id, known.id, edit, known.revision)
        return Outcome.UPDATED
