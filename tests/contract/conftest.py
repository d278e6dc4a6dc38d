"""One running service per kind of database, and portals on it that know nothing of each other."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from app.db import clients as client_rows
from app.db.database import Database
from app.db.tables import clients, connections, instructors, launches, sessions, tenants
from app.domain.attendance import Policy, Rule
from app.domain.meeting import MeetingSpec
from app.domain.session import session_key
from app.providers import sandbox
from app.services import digests
from app.settings import Settings
from app.wiring import open_house
from tests.conftest import SECRET, _of, _sql, serving
from tests.contract.wire import Lms
from tests.providers.fakes import Fake, Vendor, fake_provider


@dataclass(frozen=True)
class Service:
    """A running service, a look behind its doors, and the vendor of connections whose provider is `fake`."""

    base_url: str
    settings: Settings
    vendor: Vendor

    def newcomer(self, provider: str = "sandbox", **given: Any) -> Lms:
        """A portal of its own, on a connection of its own. `given`: secret, scopes."""
        return asyncio.run(self._newcomer(provider, **given))

    async def _newcomer(self, provider: str, secret: str = "", **given: Any) -> Lms:
        tenant = f"t{uuid4().hex}"
        async with open_house(self.settings) as house:
            client = await house.clients.add("test", tenant, **given)
            async with house.db.begin() as tx:
                query = select(clients.c.connection_id).where(clients.c.id == client.client_id)
                connection_id = (await tx.execute(query)).scalar_one()
                await tx.execute(
                    update(connections).where(connections.c.id == connection_id).values(provider=provider)
                )
            if secret:
                digest = await digests.digest(house.keys, secret)
                async with house.db.begin() as tx:
                    await client_rows.add_secret(tx, client.client_id, digest, datetime.now().astimezone())
        return Lms(self.base_url, client.client_id, secret or client.client_secret, tenant)

    def session(self, lms: Lms, external_id: str) -> dict[str, Any] | None:
        """The stored row of a session, None where there is none."""
        rows = self._rows(select(sessions), sessions, lms)
        return next((row for row in rows if row["session_key"] == session_key(external_id)), None)

    def instructors(self, lms: Lms) -> dict[str, bool]:
        """Every instructor of the portal and whether they are active."""
        rows = self._rows(select(instructors), instructors, lms)
        return {row["email"]: row["active"] for row in rows}

    def launches(self, lms: Lms) -> list[dict[str, Any]]:
        """The portal's launch records, oldest first."""
        query = select(launches).join(sessions, sessions.c.id == launches.c.session_id)
        return self._rows(query.order_by(launches.c.asked_at), sessions, lms)

    def _rows(self, query: Any, table: Any, lms: Lms) -> list[dict[str, Any]]:
        query = query.join(tenants, tenants.c.id == table.c.tenant_id).where(tenants.c.key == lms.tenant)

        async def look() -> list[dict[str, Any]]:
            database = Database(self.settings.database_url, pool_size=1)
            try:
                async with database.read() as tx:
                    return [dict(row._mapping) for row in await tx.execute(query)]
            finally:
                await database.close()

        return asyncio.run(look())

    def meetings(self) -> list[MeetingSpec]:
        """What the vendor has, by begin."""
        return sorted(
            (spec for _marker, spec in self.vendor.meetings.values()), key=lambda spec: spec.starts_at
        )

    def forget(self) -> None:
        """A vendor without meetings, faults or a directory that refuses anybody."""
        self.vendor.meetings.clear()
        self.vendor.faults.clear()
        self.vendor.people = None


def launched_counts(provider: type[Fake]) -> type[Fake]:
    """Who asked for the link has attended: the rule of the named Lync integration (contract A9)."""
    card = replace(provider.card, default_policy=Policy(Rule.LAUNCHED))
    return type("LaunchedCounts", (provider,), {"card": card})


@contextmanager
def running(database_url: str, **changes: Any) -> Iterator[Service]:
    provider = launched_counts(fake_provider())
    settings = Settings(
        database_url=database_url,
        secret_key=SECRET,
        public_url="https://bridge.example.com",
        request_budget_seconds=1.5,
        claim_lease_seconds=5.0,
        **changes,
    )
    with serving(settings, {"sandbox": sandbox.PROVIDER, "fake": provider}) as server:
        yield Service(server.base_url, settings, provider.vendor)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The whole service on a port, once for each kind of database."""
    with running(_fresh_database(request, tmp_path_factory)) as service:
        yield service


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def telling_service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """The same, where the LMS is told when the provider is down or slow."""
    with running(_fresh_database(request, tmp_path_factory), provider_trouble="tell") as service:
        yield service


def _fresh_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("contract") / "vilt.db"
        file.write_bytes(request.getfixturevalue("migrated_sqlite").read_bytes())
        return f"sqlite+aiosqlite:///{file}"
    template, postgres = request.getfixturevalue("migrated_postgres"), request.getfixturevalue("postgres")
    name = f"contract{uuid4().hex}"
    _sql(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    return _of(postgres, name)


@pytest.fixture
def lms(service: Service) -> Lms:
    """A portal on a practice room of its own."""
    return service.newcomer()


@pytest.fixture
def strict_service(sqlite_url: str) -> Callable[..., Any]:
    """Start a service with other settings: `with strict_service(unknown_session="strict") as service`."""
    return lambda **changes: running(sqlite_url, **changes)
