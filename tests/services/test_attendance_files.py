"""Joins and leaves brought as a file: they count, twice is once, and who may not, may not."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.domain.actor import Actor
from app.domain.attendance import Policy, Rule
from app.domain.caller import Caller
from app.domain.errors import Conflict, InvalidRequest, NotAllowed, SessionNotFound, TooLarge
from app.domain.people import InstructorDraft
from app.domain.permissions import Scope
from app.services.attendance_files import LARGEST_FILE
from app.services.audit import Wanted as Deeds
from app.services.stories import Wanted
from app.wiring import House
from tests.conftest import Hands
from tests.providers.fakes import Fake, Vendor, fake_provider, filing
from tests.providers.formed import actor_with
from tests.services.conftest import draft

DANA, IDA = "Dana.Lee@example.com", "ida@example.com"
HEADER = "ConferenceUri,UserUri,UserJoinTime,UserLeaveTime"


@pytest.fixture
def provider() -> type[Fake]:
    return filing(fake_provider(), Policy(Rule.PRESENT, without_presence=Rule.OPENED))


@pytest.fixture
def boss(caller: Caller) -> Actor:
    return actor_with(caller.tenant_id, *Scope)


@pytest.fixture
async def session_id(fake_house: House, caller: Caller, boss: Actor, clock: Hands) -> UUID:
    await fake_house.sessions.create(caller, draft(external_id="S1"))
    await fake_house.launches.launch(caller, "S1", DANA, "c")
    clock.now = draft().ends_at + timedelta(hours=1)
    return (await fake_house.stories.page(boss, Wanted(), None, 2))[0].session.id


def line(person: str, left: str = "16:30:00", meeting: str = "m1") -> str:
    return f"{meeting},{person},2030-05-14 15:00:00.000,2030-05-14 {left}.000"


def file(*lines: str) -> str:
    return "\r\n".join((HEADER, *lines))


async def test_who_is_in_the_file_attended_and_the_same_file_again_changes_nothing(
    fake_house: House, caller: Caller, boss: Actor, session_id: UUID
) -> None:
    text = file(line("sip:dana.lee@example.com"), line("tel:+49123"), line("x@y.example", meeting="m9"))
    text += "\r\nm1,late@example.com,whenever,"
    read = await fake_house.attendance_files.import_file(boss, session_id, text.encode())
    assert (len(read.rows), read.other_meetings, read.unidentified, len(read.problems)) == (1, 1, 1, 1)
    first = await fake_house.stories.evidence(boss, session_id, None, 50)
    assert [one.source for one in first] == ["cdr"]
    assert await fake_house.attendance.attendees(caller, "S1") == [DANA]
    assert await fake_house.attendance_files.import_file(boss, session_id, text.encode()) == read
    assert await fake_house.stories.evidence(boss, session_id, None, 50) == first


async def test_a_sip_address_that_is_not_the_mail_address_is_the_instructor_it_belongs_to(
    fake_house: House, caller: Caller, boss: Actor, session_id: UUID, vendor: Vendor, provider: type[Fake]
) -> None:
    async def found(*_: object) -> str:
        return "sip:I.Jones@corp.example"

    provider.find_person = found  # type: ignore[method-assign, assignment]
    await fake_house.instructors.add(caller, InstructorDraft(IDA, "Ida", "Jones", True))
    text = file(line("i.jones@CORP.example"))
    read = await fake_house.attendance_files.import_file(boss, session_id, text.encode())
    assert [row.email for row in read.rows] == [IDA]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
async def test_any_usual_encoding_is_read(
    fake_house: House, boss: Actor, session_id: UUID, encoding: str
) -> None:
    data = file(line("jörg@example.com")).encode(encoding)
    read = await fake_house.attendance_files.import_file(boss, session_id, data)
    assert [row.email for row in read.rows] == ["jörg@example.com"]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", InvalidRequest),
        (b"PK\x03\x04\x00\x00", InvalidRequest),
        (HEADER.encode() + b'\n"' + b"x" * 200_000, InvalidRequest),
        (b"x" * (LARGEST_FILE + 1), TooLarge),
    ],
)
async def test_what_is_no_such_file_is_refused_and_nothing_is_kept(
    fake_house: House, boss: Actor, session_id: UUID, data: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await fake_house.attendance_files.import_file(boss, session_id, data)
    assert not await fake_house.stories.evidence(boss, session_id, None, 50)


async def test_only_who_may_manage_rosters_brings_a_file_and_the_trail_tells_it(
    fake_house: House, caller: Caller, boss: Actor, session_id: UUID
) -> None:
    data = file(line(DANA)).encode()
    looking = actor_with(caller.tenant_id, Scope.ILT_SESSIONS_VIEW, Scope.ILT_ROSTER_VIEW)
    with pytest.raises(NotAllowed):
        await fake_house.attendance_files.import_file(looking, session_id, data)
    with pytest.raises(SessionNotFound):
        await fake_house.attendance_files.import_file(boss, UUID(int=5), data)
    assert not await fake_house.stories.evidence(boss, session_id, None, 50)
    await fake_house.attendance_files.import_file(boss, session_id, data)
    trail = await fake_house.audit.search(boss, Deeds(action="roster.imported"), None, 50)
    assert [(one.actor, one.after["stays"]) for one in trail] == [(boss.who, 1)]


async def test_a_connection_that_takes_no_files_says_so(
    fake_house: House, boss: Actor, session_id: UUID, provider: type[Fake]
) -> None:
    provider.takes_attendance_files = False  # type: ignore[method-assign, assignment]
    with pytest.raises(Conflict):
        await fake_house.attendance_files.import_file(boss, session_id, file(line(DANA)).encode())
