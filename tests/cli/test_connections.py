"""`vilt connections` and `vilt audit`, run as a person and as a script would."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import update

from app.db.database import Database
from app.db.tables import audit, connections
from tests.cli.conftest import Vilt


def alter(url: str, table: Any, **values: Any) -> None:
    """Change every row of a table behind the service's back."""

    async def run() -> None:
        db = Database(url)
        async with db.begin() as tx:
            await tx.execute(update(table).values(**values))
        await db.close()

    asyncio.run(run())


@pytest.fixture
def started(vilt: Vilt) -> Vilt:
    """With the tenant of a fresh install."""
    assert vilt("clients", "add", "our LMS").code == 0
    return vilt


def test_list_shows_state_and_health(started: Vilt) -> None:
    ended = started("connections", "list")
    assert ended.code == 0
    assert ended.out == "sandbox  Practice room  Practice room  active  not checked yet\n"
    (one,) = json.loads(started("connections", "list", "--json").out)
    assert (one["key"], one["state"], one["secrets_stored"], one["settings"]) == ("sandbox", "active", [], {})


def test_show_tells_settings_by_key(started: Vilt) -> None:
    ended = started("connections", "show", "sandbox")
    assert (ended.code, ended.err) == (0, "")
    assert "state             active" in ended.out
    one = json.loads(started("connections", "show", "sandbox", "--json").out)
    assert one["provider_name"] == "Practice room"


def test_test_exits_0_when_every_step_works(started: Vilt) -> None:
    ended = started("connections", "test", "sandbox")
    assert (ended.code, ended.out.split()[0]) == (0, "ok")
    report = json.loads(started("connections", "test", "sandbox", "--json").out)
    assert report["ok"] is True


def test_test_exits_1_and_names_the_step_that_fails(started: Vilt, sqlite_url: str) -> None:
    settings = {"username": "svc@x.example", "api_endpoint": "https://127.0.0.1:9/"}
    alter(sqlite_url, connections, provider="lync", settings=settings)
    ended = started("connections", "test", "sandbox")
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "password" in ended.err


@pytest.mark.parametrize("verb", ["show", "test"])
def test_an_unknown_key_or_tenant_is_one_line(started: Vilt, verb: str) -> None:
    for words in (("nowhere",), ("sandbox", "--tenant", "acme")):
        ended = started("connections", verb, *words)
        assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)


def test_a_whole_trail_exits_0_and_a_changed_one_1(started: Vilt, sqlite_url: str) -> None:
    ended = started("audit", "verify")
    assert (ended.code, ended.out.startswith("default: 0 rows, whole. Head ")) == (0, True)
    assert started("audit", "verify", "--tenant", "nobody").code == 1
    asyncio.run(_note(sqlite_url))
    assert "default: 1 rows, whole" in started("audit", "verify").out
    alter(sqlite_url, audit, actor="user:somebody@else.example")
    ended = started("audit", "verify", "--tenant", "default")
    assert ended.code == 1
    assert "default: BROKEN at row 1" in ended.out
    (verdict,) = json.loads(started("audit", "verify", "--json").out)
    assert verdict["broken_at"] == 1


async def _note(url: str) -> None:
    """One deed in the trail of the default tenant."""
    from app.settings import Settings
    from app.wiring import open_house

    async with open_house(Settings(database_url=url)) as house:
        actor = await house.users.commanding()
        await house.vendors.create(actor, "Acme")
