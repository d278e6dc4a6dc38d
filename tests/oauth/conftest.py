"""The OAuth door alone: in the process for its manners, on a real port for clients written by others."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from app.oauth import router
from app.services.clients import NewClient
from app.settings import Settings
from app.wiring import House, open_house
from tests.conftest import SECRET


def app_of(house: House) -> FastAPI:
    app = FastAPI(redirect_slashes=False)
    app.include_router(router)
    app.state.house = house
    return app


@pytest.fixture
async def client(house: House) -> NewClient:
    return await house.clients.add("lms")


@pytest.fixture
async def door(house: House) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app_of(house), client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="https://bridge.example.com") as http:
        yield http


@dataclass(frozen=True)
class Port:
    """A real server: where it listens, a client that it knows, and its house for a look behind."""

    url: str
    client: NewClient
    house: House


@pytest.fixture
async def port(sqlite_url: str) -> AsyncIterator[Port]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = Settings(database_url=sqlite_url, secret_key=SECRET, public_url=url)
    async with open_house(settings) as house:
        config = uvicorn.Config(app_of(house), log_config=None, access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        yield Port(url, await house.clients.add("lms"), house)
        server.should_exit = True
        await serving
