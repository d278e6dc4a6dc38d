"""Many rows at once, by SQL: what years of use would leave behind.

One class is created as always, then copied with all its columns, so that this stays true when tables change.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, String, Table, cast, func, literal, select, text

from app.db import evidence
from app.db.database import Database, Tx
from app.db.evidence import Observation
from app.db.tables import meetings
from app.db.tables import sessions as sessions_table
from app.domain.attendance import Evidence, Kind
from app.domain.session import SessionDraft
from app.wiring import open_house
from bench.databases import Store

FIRST = "fill"
BATCH = 2_000


async def sessions(store: Store, count: int) -> None:
    """`count` classes named fill-0, fill-1, …, a minute apart, each with its meeting."""
    await create(store, FIRST, datetime.now(UTC) - timedelta(days=300))
    database = Database(store.url)
    async with database.begin(longest=None) as tx:
        await _copy(tx, sessions_table, _copies_of_session(tx.dialect.name, count))
        await _copy(tx, meetings, _copies_of_meeting(tx.dialect.name))
    await _come_to_rest(database)


async def intervals(store: Store, external_id: str, people: int, each: int) -> None:
    """A past class of an hour with `each` intervals of presence for every one of `people`."""
    begin = datetime.now(UTC) - timedelta(hours=2)
    session_id = await create(store, external_id, begin)
    database = Database(store.url)
    seen = [
        _presence(session_id, person, begin + timedelta(minutes=10 * number, seconds=person % 60))
        for number in range(each)
        for person in range(people)
    ]
    for start in range(0, len(seen), BATCH):
        async with database.begin() as tx:
            await evidence.keep(tx, seen[start : start + BATCH], begin)
    await _come_to_rest(database)


async def create(store: Store, external_id: str, starts_at: datetime) -> UUID:
    """One class of an hour, the way the LMS's request would make it; the id of its row."""
    draft = SessionDraft(
        external_id=external_id,
        title="A class",
        description="",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        creator_email="admin@example.com",
    )
    async with open_house(store.settings) as house:
        client = store.client
        caller = await house.access.basic(client.client_id, client.client_secret, "127.0.0.1")
        await house.sessions.create(caller, draft)
        async with house.db.read() as tx:
            query = select(sessions_table.c.id).where(sessions_table.c.external_id == external_id)
            found: UUID = (await tx.execute(query)).scalar_one()
            return found


async def _come_to_rest(database: Database) -> None:
    """What the database would do by itself in the next minutes: years of use are no one large write."""
    postgresql = ("VACUUM (ANALYZE)", "CHECKPOINT")
    sqlite = ("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)")
    async with database.read(longest=None) as tx:
        for upkeep in postgresql if database.dialect == "postgresql" else sqlite:
            await tx.execute(text(upkeep))
    await database.close()


def _presence(session_id: UUID, person: int, at: datetime) -> Observation:
    email, until = f"person{person}@example.com", at + timedelta(minutes=9)
    return Observation(session_id, Evidence(email, Kind.PRESENT, at, until, "room", f"{uuid4()}:0"))


async def _copy(tx: Tx, table: Table, query: Select[Any]) -> None:
    await tx.execute(table.insert().from_select([column.name for column in table.columns], query))


def _copies_of_session(dialect: str, count: int) -> Select[Any]:
    numbers = select(literal(0).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < count - 1))
    name = literal(f"{FIRST}-") + cast(numbers.c.n, String)
    changed: dict[str, ColumnElement[Any]] = {
        "id": _new_id(dialect),
        "session_key": name,
        "external_id": name,
        "starts_at": _later(dialect, sessions_table.c.starts_at, numbers.c.n),
        "ends_at": _later(dialect, sessions_table.c.ends_at, numbers.c.n),
    }
    columns = [changed.get(column.name, column) for column in sessions_table.columns]
    return select(*columns).join_from(sessions_table, numbers, literal(1) == 1)


def _copies_of_meeting(dialect: str) -> Select[Any]:
    changed = {"id": _new_id(dialect), "session_id": sessions_table.c.id}
    columns = [changed.get(column.name, column) for column in meetings.columns]
    return (
        select(*columns)
        .join_from(meetings, sessions_table, meetings.c.session_id != sessions_table.c.id)
        .where(sessions_table.c.external_id.startswith(f"{FIRST}-"))
    )


def _new_id(dialect: str) -> ColumnElement[Any]:
    if dialect == "postgresql":
        return func.gen_random_uuid()
    return func.lower(func.hex(func.randomblob(16)))


def _later(dialect: str, column: ColumnElement[Any], minutes: ColumnElement[int]) -> ColumnElement[Any]:
    """The moment in `column`, so many minutes later, as this database stores moments."""
    if dialect == "postgresql":
        return column + func.make_interval(0, 0, 0, 0, 0, minutes)
    shift = literal("+") + cast(minutes, String) + literal(" minutes")
    return func.strftime("%Y-%m-%d %H:%M:%f000", column, shift)
