"""VILT_SECRET_KEY is lost: what is said, what can be saved, and that classes go on."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select

from app.cli.main import run
from app.db import key_loss, sessions
from app.db.database import Database
from app.db.keys import SEALED
from app.db.sealed import Sealer
from app.db.tables import parked_pushes
from app.domain.actor import commanding
from app.domain.caller import Caller
from app.domain.clock import utc_now
from app.domain.session import Session
from app.services.key_loss import KeyLoss
from app.settings import Settings
from app.simulators.lync import LyncSimulator
from app.wiring import House, open_house
from tests.conftest import SECRET, serving
from tests.ops.belongings import (
    LEARNER,
    SESSION,
    enter_password,
    furnish,
    held,
    in_path,
    lync,
    settings_for,
)

NEW_SECRET = "a text that was made after the old one was lost"


class Shell:
    """`vilt` with the new text; (exit code, what it printed, what it complained of)."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capture = patch, capture

    def use(self, settings: Settings) -> None:
        self._patch.setenv("VILT_DATABASE_URL", settings.database_url)
        self._patch.setenv("VILT_SECRET_KEY", settings.secret_key.get_secret_value())
        self._patch.delenv("VILT_PUBLIC_URL", raising=False)

    def __call__(self, *words: str) -> tuple[int, str, str]:
        self._patch.setattr(sys, "argv", ["vilt", *words])
        try:
            run()
            code = 0
        except SystemExit as exc:
            code = int(exc.code or 0)
        return code, *self._capture.readouterr()


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


def test_without_the_key_nothing_starts_and_one_line_says_why(database_url: str, shell: Shell) -> None:
    with lync() as simulator:
        asyncio.run(furnish(settings_for(simulator, database_url), simulator))
        shell.use(settings_for(simulator, database_url, NEW_SECRET))
        for words in (("serve",), ("worker",), ("clients", "add", "second")):
            code, _, said = shell(*words)
            assert code == 1
            assert said.startswith("no key of VILT_SECRET_KEY opens key:")
            assert said.endswith("If that is lost for good: vilt keys give-up\n")
            assert said.count("\n") == 1
        assert shell("status")[0] == 0


def test_giving_up_is_asked_for_twice(database_url: str, shell: Shell) -> None:
    with lync() as simulator:
        settings = settings_for(simulator, database_url)
        before = asyncio.run(furnish(settings, simulator))
        shell.use(settings_for(simulator, database_url, NEW_SECRET))
        code, told, _ = shell("keys", "give-up")
        assert code == 0
        assert "Does not open: 1 of kind connection.\nDoes not open: 1 of kind meeting.\n" in told
        assert told.endswith("Nothing was changed. If the text is lost for good: vilt keys give-up --yes\n")
        with serving(settings) as found_again:  # somebody had the old text on paper
            assert httpx.get(found_again.base_url + before.link_path).status_code == 200


def test_what_still_opens_is_kept(database_url: str, shell: Shell) -> None:
    with lync() as simulator:
        settings = settings_for(simulator, database_url)
        before = asyncio.run(furnish(settings, simulator))
        shell.use(settings)
        assert "Does not open: 0 of kind key.\n" in shell("keys", "give-up", "--yes")[1]
        with serving(settings) as same:
            assert httpx.get(same.base_url + before.link_path).status_code == 200


def test_after_giving_up_classes_go_on_and_none_is_made_twice(database_url: str, shell: Shell) -> None:
    with lync() as simulator:
        before = asyncio.run(furnish(settings_for(simulator, database_url), simulator))
        settings = settings_for(simulator, database_url, NEW_SECRET)
        shell.use(settings)
        assert shell("keys", "give-up", "--yes")[0] == 0
        code, told, _ = shell("clients", "rotate", before.auth[0], "--json")
        assert code == 0
        credential = before.auth[0], str(json.loads(told)["client_secret"])
        asyncio.run(_pending_until_the_password_is_entered(settings, credential, simulator))
        with serving(settings) as server:
            assert httpx.get(server.base_url + before.link_path).status_code == 404
            old = httpx.get(f"{server.base_url}/session/{SESSION}/attendance", auth=before.auth)
            assert old.status_code == 401
            url = f"{server.base_url}/session/{SESSION}/user/{in_path(LEARNER)}/url"
            launched = httpx.get(url, auth=credential).json()
            assert httpx.get(launched["data"]["joinUrl"]).status_code == 200
        assert held(simulator) == ["Fire safety"]


async def test_of_every_kind_that_is_sealed_it_is_known_how_to_go_on_without(db: Database) -> None:
    """Whoever seals something new says so here too, or giving up would stop half-way."""
    async with db.begin() as tx:
        for column in SEALED:
            nobodys = uuid4().hex if column.word == "key" else uuid4()
            await key_loss.give_up(tx, column.word, nobodys, datetime.now(UTC))


async def test_a_parked_push_that_does_not_open_is_given_up(database_url: str) -> None:
    async def parked(house: House) -> int:
        async with house.db.read() as tx:
            return (await tx.scalar(select(func.count()).select_from(parked_pushes))) or 0

    old = Settings(database_url=database_url, secret_key=SECRET)
    async with open_house(old) as house:
        client = await house.clients.add("lms")
        caller = await house.access.basic(client.client_id, client.client_secret, "")
        await house.hooks.leftovers.unreadable(caller.connection_id, b"{")
        assert await parked(house) == 1
        lost = KeyLoss(house.db, Sealer(NEW_SECRET), utc_now)
        assert (await lost.give_up(dry_run=True))["push"] == 1
        assert await parked(house) == 1
        assert (await lost.give_up(dry_run=False))["push"] == 1
        assert await parked(house) == 0


async def _pending_until_the_password_is_entered(
    settings: Settings, credential: tuple[str, str], simulator: LyncSimulator
) -> None:
    async with open_house(settings) as house:
        caller = await house.access.basic(*credential, "")
        await house.jobs.sweep()
        session = await _session(house, caller)
        standing = await house.meetings.standing(session)
        assert standing is not None
        assert (standing.state, standing.last_error_kind) == ("uncertain", "AccountBroken")
        assert "enter it again" in standing.last_error
        await enter_password(house, commanding(caller.tenant_id, "test"), simulator)
        await house.jobs.sweep()
        standing = await house.meetings.standing(session)
        assert standing is not None
        assert standing.settled


async def _session(house: House, caller: Caller) -> Session:
    async with house.db.read() as tx:
        found = await sessions.find(tx, caller.tenant_id, SESSION)
    assert found is not None
    return found
