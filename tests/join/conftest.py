"""The whole service in this process, a clock moved by hand, and a class to go to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.db.database import Database
from app.db.tables import evidence
from app.main import create_app
from app.providers.sandbox import PROVIDER as Sandbox
from app.settings import Settings
from tests.conftest import Hands
from tests.join.portal import Portal

LEARNER, OTHER, TEACHER = "dana.lee@example.com", "zoë@example.com", "ina.ruiz@example.com"


@asynccontextmanager
async def running(app: FastAPI, clock: Hands) -> AsyncIterator[Portal]:
    """The service, and a portal that holds an account on it."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="https://bridge.example.com") as http,
    ):
        client = await app.state.house.clients.add("test")
        yield Portal(http, (client.client_id, client.client_secret), clock)


@pytest.fixture
async def portal(settings: Settings, clock: Hands) -> AsyncIterator[Portal]:
    async with running(create_app(settings, clock, {"sandbox": Sandbox}), clock) as portal:
        yield portal


@pytest.fixture
async def small(sqlite_url: str, clock: Hands) -> AsyncIterator[Portal]:
    """The same on SQLite only, where the database does not matter."""
    settings = Settings(database_url=sqlite_url, secret_key="a test's own secret text, long enough")
    async with running(create_app(settings, clock, {"sandbox": Sandbox}), clock) as portal:
        yield portal


async def openings(url: str) -> int:
    """How often anybody is recorded to have opened a link."""
    db = Database(url)
    async with db.read() as tx:
        rows = (await tx.execute(select(evidence).where(evidence.c.kind == "opened"))).all()
    await db.close()
    return len(rows)
