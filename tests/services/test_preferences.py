"""Preferences pages: Save tries for real, stores, activates; a failure leaves what worked."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.db.tables import connections, meetings
from app.domain.actor import Actor
from app.domain.errors import Conflict, InvalidSettings, NotAllowed, NotFound, Stale, TriedAndFailed
from app.domain.permissions import Scope
from app.services import connections as opening
from app.wiring import House
from tests.conftest import Hands
from tests.providers.formed import GOOD, Formed, Gate, actor_with
from tests.services.conftest import draft


async def stored(office: House) -> int:
    async with office.db.read() as tx:
        return int(await tx.scalar(select(func.count()).select_from(connections)) or 0)


def only(admin: Actor) -> Actor:
    """The same tenant, with the permission of the page and no other."""
    return actor_with(admin.tenant_id, Scope.LYNC_PREFERENCES_MANAGE)


async def test_the_first_save_does_the_whole_integration(office: House, admin: Actor, gate: Gate) -> None:
    (blank,) = await office.preferences.at(only(admin), "formed")
    assert (blank.integration, blank.values) == (None, {"username": None, "endpoint": None})
    done = await office.preferences.save(admin, "formed", GOOD)
    assert done.integration.state == "active"
    assert done.integration.health == {
        "ok": True,
        "steps": [
            {"name": "Found", "ok": True, "detail": ""},
            {"name": "Signed in", "ok": True, "detail": ""},
        ],
        "facts": {"Server": "s1"},
        "warnings": [],
    }
    vendor = await office.vendors.get(admin, done.integration.vendor_id)
    assert (vendor.name, vendor.active) == ("Formed", True)
    assert done.credential is not None
    await office.access.basic(done.credential.client_id, done.credential.client_secret, "192.0.2.9")
    assert gate.knocks == [("x.example", gate.password)]


async def test_the_password_is_never_shown_and_an_empty_one_keeps_it(
    office: House, admin: Actor, gate: Gate
) -> None:
    done = await office.preferences.save(admin, "formed", GOOD)
    shown = await office.preferences.read(only(admin), done.integration.id)
    assert shown.values == {"username": "svc@x.example", "endpoint": "x.example"}
    assert "pass:" not in repr(shown)
    again = await office.preferences.save(
        admin, done.integration.id, {**GOOD, "password": ""}, shown.integration.revision
    )
    assert again.credential is None
    assert gate.knocks[-1] == ("x.example", gate.password)


async def test_a_failed_first_save_stores_nothing(office: House, admin: Actor) -> None:
    before = await stored(office)
    with pytest.raises(TriedAndFailed) as told:
        await office.preferences.save(admin, "formed", {**GOOD, "password": "wrong"})
    assert told.value.message == "This step failed: Signed in. Check the password."
    assert [step[:2] for step in told.value.steps] == [("Found", True), ("Signed in", False)]
    assert await stored(office) == before


async def test_a_failed_save_keeps_the_settings_that_work(office: House, admin: Actor) -> None:
    done = await office.preferences.save(admin, "formed", GOOD)
    with pytest.raises(TriedAndFailed):
        await office.preferences.save(admin, done.integration.id, {**GOOD, "password": "wrong"})
    shown = await office.preferences.read(admin, done.integration.id)
    assert shown.integration == done.integration
    caller = await office.access.basic(done.credential.client_id, done.credential.client_secret, "192.0.2.9")
    await office.sessions.create(caller, draft())


async def test_testing_without_saving_stores_nothing(office: House, admin: Actor) -> None:
    before = await stored(office)
    assert (await office.preferences.test(admin, "formed", GOOD)).ok
    assert not (await office.preferences.test(admin, "formed", {**GOOD, "password": "x"})).ok
    assert await stored(office) == before


async def test_a_server_that_never_answers_is_left_in_time(
    office: House, admin: Actor, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "TRY_SECONDS", 0.2)
    gate.pause = 30
    with pytest.raises(TriedAndFailed, match="answers in time"):
        await asyncio.wait_for(office.preferences.save(admin, "formed", GOOD), timeout=5)


async def test_fields_that_the_page_does_not_have_are_refused(office: House, admin: Actor) -> None:
    with pytest.raises(InvalidSettings) as told:
        await office.preferences.save(only(admin), "formed", {**GOOD, "days": 1})
    assert told.value.fields == {"days": "This page has no such field."}


async def test_whoever_configures_integrations_sees_the_other_settings_too(
    office: House, admin: Actor
) -> None:
    done = await office.preferences.save(admin, "formed", {**GOOD, "days": 1})
    shown = await office.preferences.read(admin, done.integration.id)
    assert ([field.name for field in shown.more], shown.values["days"]) == (["level", "days"], 1)


async def test_a_save_leaves_the_other_settings_alone(office: House, admin: Actor) -> None:
    from app.services.integrations import Change

    made = await office.integrations.install(admin, "formed")
    await office.integrations.change(admin, made.id, Change(settings={**GOOD, "days": 7, "level": "Known"}))
    done = await office.preferences.save(admin, "formed", GOOD)
    assert done.integration.id == made.id
    assert (done.integration.settings["days"], done.integration.settings["level"]) == (7, "Known")


async def test_the_page_asks_for_its_own_permission_only(office: House, admin: Actor) -> None:
    allowed = only(admin)
    without = actor_with(admin.tenant_id, *(s for s in Scope if s is not Scope.LYNC_PREFERENCES_MANAGE))
    done = await office.preferences.save(allowed, "formed", GOOD)
    await office.preferences.read(allowed, done.integration.id)
    assert "formed" in [page.path for page in office.preferences.pages(allowed)]
    assert office.preferences.pages(without) == []
    for deed in (
        office.preferences.at(without, "formed"),
        office.preferences.read(without, done.integration.id),
        office.preferences.save(without, done.integration.id, GOOD),
        office.preferences.test(without, "formed", GOOD),
    ):
        with pytest.raises(NotAllowed, match="MS Lync Portal Preferences - Manage"):
            await deed


async def test_only_a_card_with_a_page_has_one(office: House, admin: Actor) -> None:
    (sandbox,) = await office.integrations.page(admin, None, 9)
    with pytest.raises(NotFound, match="no preferences page"):
        await office.preferences.read(admin, sandbox.id)
    with pytest.raises(NotFound):
        await office.preferences.at(admin, "nowhere")


async def test_of_two_who_save_the_second_is_told(office: House, admin: Actor) -> None:
    done = await office.preferences.save(admin, "formed", GOOD)
    await office.preferences.save(admin, done.integration.id, GOOD, done.integration.revision)
    with pytest.raises(Stale):
        await office.preferences.save(admin, done.integration.id, GOOD, done.integration.revision)


async def test_two_first_saves_at_once_make_one_connection(office: House, admin: Actor, gate: Gate) -> None:
    gate.pause = 0.2
    before = await stored(office)
    done = await asyncio.gather(
        *(office.preferences.save(admin, "formed", GOOD) for _ in range(3)), return_exceptions=True
    )
    assert await stored(office) == before + 1
    assert sum(isinstance(one, Conflict) for one in done) == 2


async def test_health_is_checked_every_day_and_every_hour_while_it_is_bad(
    office: House, admin: Actor, gate: Gate, clock: Hands
) -> None:
    made = (await office.preferences.save(admin, "formed", GOOD)).integration
    await office.health.check_due(clock.now)
    gate.knocks.clear()
    assert await office.health.check_due(clock.now) == 0
    gate.password = "changed by somebody"
    clock.move(hours=23)
    assert (await office.health.check_due(clock.now), gate.knocks) == (0, [])
    clock.move(hours=2)
    assert await office.health.check_due(clock.now) == 2
    seen = await office.integrations.get(admin, made.id)
    assert (seen.health["ok"], seen.checked_at, seen.revision) == (False, clock.now, made.revision)
    clock.move(minutes=59)
    assert await office.health.check_due(clock.now) == 0
    clock.move(minutes=2)
    assert await office.health.check_due(clock.now) == 1
    assert len(gate.knocks) == 2


async def test_a_failed_deed_brings_the_next_check_forward_but_not_again_and_again(
    office: House, admin: Actor, formed: type[Formed], clock: Hands
) -> None:
    done = await office.preferences.save(admin, "formed", GOOD)
    caller = await office.access.basic(done.credential.client_id, done.credential.client_secret, "192.0.2.9")
    await office.health.check_due(clock.now)
    clock.move(minutes=20)
    await office.sessions.create(caller, draft())
    async with office.db.begin() as tx:
        await tx.execute(update(meetings).values(last_error="x", last_tried_at=clock.now))
    assert await office.health.check_due(clock.now) == 1
    clock.move(minutes=5)
    async with office.db.begin() as tx:
        await tx.execute(update(meetings).values(last_tried_at=clock.now))
    assert await office.health.check_due(clock.now) == 0
    clock.move(minutes=11)
    assert await office.health.check_due(clock.now) == 1


async def test_an_inactive_connection_is_not_checked(
    office: House, admin: Actor, gate: Gate, clock: Hands
) -> None:
    done = await office.preferences.save(admin, "formed", GOOD)
    await office.integrations.deactivate(admin, done.integration.id)
    gate.knocks.clear()
    clock.move(days=3)
    await office.health.check_due(clock.now)
    assert gate.knocks == []


async def test_settings_that_cannot_be_opened_any_more_are_unhealthy_and_can_be_entered_anew(
    office: House, admin: Actor, clock: Hands
) -> None:
    done = await office.preferences.save(admin, "formed", GOOD)
    async with office.db.begin() as tx:
        lost = update(connections).where(connections.c.id == done.integration.id)
        await tx.execute(lost.values(sealed_secrets=b"sealed with a key that is gone"))
    clock.move(days=2)
    await office.health.check_due(clock.now)
    seen = await office.integrations.get(admin, done.integration.id)
    assert (seen.health["ok"], seen.secrets_stored) == (False, ())
    again = await office.preferences.save(admin, done.integration.id, GOOD)
    assert again.integration.health["ok"]


async def test_a_check_that_takes_long_is_taken_by_one_process_only(
    office: House, admin: Actor, gate: Gate, clock: Hands
) -> None:
    await office.preferences.save(admin, "formed", GOOD)
    clock.move(days=2)
    gate.knocks.clear()
    gate.pause = 0.2
    counts = await asyncio.gather(*(office.health.check_due(clock.now + timedelta(0)) for _ in range(4)))
    assert (sum(counts), len(gate.knocks)) == (2, 1)
