"""The yardstick of a roster: a class's evidence by the raw driver, each person's intervals merged."""

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

from bench.databases import Store

QUERY = """
SELECT e.person_key, e.started_at, e.ended_at FROM evidence AS e JOIN sessions AS s ON s.id = e.session_id
WHERE s.external_id = {parameter} ORDER BY e.person_key, e.started_at
"""


async def seconds(store: Store, external_id: str, people: int) -> float:
    """How long it takes, connecting not counted. Checks that everybody is found."""
    if store.kind == "sqlite":
        return await asyncio.to_thread(_sqlite, store, external_id, people)
    connection = await asyncpg.connect(store.url.replace("postgresql+asyncpg", "postgresql"))
    await connection.execute("SELECT 1")
    began = perf_counter()
    found = present(await connection.fetch(QUERY.format(parameter="$1"), external_id))
    taken = perf_counter() - began
    await connection.close()
    assert len(found) == people
    return taken


def present(rows: Iterable[Sequence[Any]]) -> dict[str, timedelta]:
    """How long each person was there, overlaps counted once. `rows` are sorted by person, then begin."""
    found: dict[str, timedelta] = {}
    person: str | None = None
    for key, begin, end in rows:
        if key != person:
            person, until = key, begin
            found[key] = timedelta(0)
        if end > until:
            found[key] += end - max(begin, until)
            until = end
    return found


def _sqlite(store: Store, external_id: str, people: int) -> float:
    file = make_url(store.url).database
    assert file is not None
    connection = sqlite3.connect(file)
    began = perf_counter()
    rows = connection.execute(QUERY.format(parameter="?"), (external_id,)).fetchall()
    parse = datetime.fromisoformat
    found = present([(key, parse(begin), parse(end)) for key, begin, end in rows])
    taken = perf_counter() - began
    connection.close()
    assert len(found) == people
    return taken
