"""Edge: install, settings, test, activate, deactivate; activation makes the vendor and the credential."""

import asyncio
import json

import pytest
from sqlalchemy import func, select

from app.db.tables import audit, clients, connections, vendors
from app.domain.actor import Actor
from app.domain.errors import (
    Conflict,
    InvalidRequest,
    InvalidSettings,
    NotAllowed,
    NotFound,
    Stale,
    TriedAndFailed,
)
from app.domain.permissions import CONTRACT_SCOPES, Scope
from app.services.integrations import Change, Integration
from app.services.vendors import Sought, VendorChange
from app.wiring import House
from tests.conftest import Hands
from tests.providers.formed import GOOD, Formed, Gate, actor_with
from tests.services.conftest import draft


async def installed(office: House, admin: Actor, name: str | None = None) -> Integration:
    return await office.integrations.install(admin, "formed", name)


async def ready(office: House, admin: Actor, name: str | None = None) -> Integration:
    made = await installed(office, admin, name)
    return await office.integrations.change(admin, made.id, Change(settings=GOOD))


async def count(office: House, table) -> int:  # type: ignore[no-untyped-def]
    async with office.db.read() as tx:
        return int(await tx.scalar(select(func.count()).select_from(table)) or 0)


async def test_every_provider_stands_in_the_marketplace_with_its_card_and_form(
    office: House, admin: Actor
) -> None:
    offers = {offer.card.key: offer for offer in await office.integrations.marketplace(admin)}
    assert {"formed", "sandbox"} <= offers.keys()
    assert offers["sandbox"].installed == 1
    form = {field.name: field for field in offers["formed"].fields}
    assert (form["password"].type, form["password"].default, form["password"].required) == (
        "secret",
        None,
        True,
    )
    assert (form["level"].type, form["level"].choices, form["level"].default) == (
        "choice",
        ("Any", "Known"),
        "Any",
    )
    assert (form["days"].type, form["days"].minimum, form["days"].maximum) == ("number", 0, 9)


async def test_the_connection_of_a_fresh_install_is_active_and_has_its_vendor(
    office: House, admin: Actor
) -> None:
    (shown,) = await office.integrations.page(admin, None, 10)
    (vendor,) = await office.vendors.page(admin, Sought(), None, 10)
    assert (shown.key, shown.state, shown.vendor_id) == ("sandbox", "active", vendor.id)
    assert (vendor.origin, vendor.active, vendor.name) == ("connector", True, shown.name)


async def test_installing_activates_nothing_and_names_stay_apart(office: House, admin: Actor) -> None:
    first, second = await installed(office, admin), await installed(office, admin)
    assert [(each.name, each.key, each.state, each.vendor_id) for each in (first, second)] == [
        ("Formed", "formed", "installed", None),
        ("Formed 2", "formed-2", "installed", None),
    ]
    with pytest.raises(Conflict, match="formed 2"):
        await installed(office, admin, "formed 2")


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb", "a\x00b"])
async def test_a_name_that_cannot_be_shown_is_refused(office: House, admin: Actor, name: str) -> None:
    with pytest.raises(InvalidRequest):
        await installed(office, admin, name)


async def test_installing_at_once_makes_no_two_of_one_name(office: House, admin: Actor) -> None:
    done = await asyncio.gather(*(installed(office, admin, "Room") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, Integration) for one in done) == 1
    assert {type(one) for one in done} == {Integration, Conflict}


async def test_settings_are_stored_sealed_and_never_shown(office: House, admin: Actor) -> None:
    made = await ready(office, admin)
    assert made.settings == {"username": "svc@x.example", "endpoint": "x.example", "level": "Any", "days": 3}
    assert made.secrets_stored == ("password",)
    async with office.db.read() as tx:
        rows = [*(await tx.execute(select(connections))).all(), *(await tx.execute(select(audit))).all()]
    assert "pass:" not in repr(rows)
    assert "pass:" not in repr(made)


async def test_bad_settings_are_told_field_by_field_and_without_what_was_typed(
    office: House, admin: Actor
) -> None:
    made = await installed(office, admin)
    typed = {"username": "nodomain-s3cret", "password": 5, "days": 99, "level": "x", "more": 1}
    with pytest.raises(InvalidSettings) as told:
        await office.integrations.change(admin, made.id, Change(settings=typed))
    assert told.value.fields.keys() == {"username", "password", "endpoint", "days", "level", "more"}
    assert told.value.fields["username"] == "Write the user name with its domain."
    assert "s3cret" not in told.value.message
    assert told.value.__cause__ is None


async def test_an_empty_password_keeps_the_stored_one(office: House, admin: Actor, gate: Gate) -> None:
    made = await ready(office, admin)
    for empty in ("", None):
        await office.integrations.change(admin, made.id, Change(settings={"password": empty, "days": 4}))
    assert (await office.integrations.test(admin, made.id, {})).ok
    assert gate.knocks == [("x.example", gate.password)]


async def test_a_stored_password_is_not_sent_to_another_server(
    office: House, admin: Actor, gate: Gate
) -> None:
    made = await ready(office, admin)
    for deed in (
        office.integrations.test(admin, made.id, {"endpoint": "evil.example"}),
        office.integrations.change(
            admin, made.id, Change(settings={"endpoint": "evil.example", "password": ""})
        ),
    ):
        with pytest.raises(InvalidSettings) as told:
            await deed
        assert told.value.fields.keys() == {"password"}
    assert gate.knocks == []


async def test_testing_stores_nothing(office: House, admin: Actor, gate: Gate) -> None:
    made = await installed(office, admin)
    report = await office.integrations.test(admin, made.id, {**GOOD, "password": "wrong"})
    assert [(step.name, step.ok) for step in report.steps] == [("Found", True), ("Signed in", False)]
    assert await office.integrations.get(admin, made.id) == made
    assert gate.closed == 1


async def test_activation_makes_vendor_and_credential_in_one_deed(
    office: House, admin: Actor, formed: type[Formed]
) -> None:
    made = await ready(office, admin)
    done = await office.integrations.activate(admin, made.id, made.revision)
    assert (done.integration.state, done.integration.health["ok"]) == ("active", True)
    vendor = await office.vendors.get(admin, done.integration.vendor_id)
    assert (vendor.name, vendor.origin, vendor.active) == ("Formed", "connector", True)
    assert done.credential.base_url == "https://bridge.example.com"
    caller = await office.access.basic(done.credential.client_id, done.credential.client_secret, "192.0.2.9")
    assert (caller.connection_id, caller.scopes) == (made.id, frozenset(CONTRACT_SCOPES))
    await office.sessions.create(caller, draft())
    assert formed.vendor.calls == ["create"]
    assert done.credential.client_secret not in repr(done)


async def test_what_does_not_work_is_not_activated(office: House, admin: Actor, gate: Gate) -> None:
    made = await ready(office, admin)
    gate.password = "changed meanwhile"
    before = await count(office, audit)
    with pytest.raises(TriedAndFailed, match="Signed in"):
        await office.integrations.activate(admin, made.id)
    assert (await office.integrations.get(admin, made.id)).state == "installed"
    assert [await count(office, table) for table in (vendors, clients, audit)] == [1, 1, before]


async def test_activation_without_settings_names_what_is_missing(office: House, admin: Actor) -> None:
    made = await installed(office, admin)
    with pytest.raises(InvalidSettings) as told:
        await office.integrations.activate(admin, made.id)
    assert told.value.fields.keys() == {"username", "password", "endpoint"}


async def test_a_vendor_of_that_name_stops_the_whole_activation(office: House, admin: Actor) -> None:
    made = await ready(office, admin, "Room")
    await office.vendors.create(admin, "ROOM")
    with pytest.raises(Conflict, match="vendor named Room"):
        await office.integrations.activate(admin, made.id)
    assert (await office.integrations.get(admin, made.id)).state == "installed"
    assert await count(office, clients) == 1


async def test_deactivation_closes_the_contract_and_reactivation_brings_the_same_vendor_back(
    office: House, admin: Actor
) -> None:
    made = await ready(office, admin)
    on = await office.integrations.activate(admin, made.id)
    off = await office.integrations.deactivate(admin, made.id, on.integration.revision)
    assert off.state == "inactive"
    assert not (await office.vendors.get(admin, off.vendor_id)).active
    with pytest.raises(NotAllowed, match="deactivated"):
        await office.access.basic(on.credential.client_id, on.credential.client_secret, "192.0.2.9")
    again = await office.integrations.activate(admin, made.id)
    assert (again.integration.vendor_id, again.credential) == (off.vendor_id, None)
    assert (await office.vendors.get(admin, off.vendor_id)).active
    await office.access.basic(on.credential.client_id, on.credential.client_secret, "192.0.2.9")


async def test_reactivation_after_the_credential_was_revoked_makes_another(
    office: House, admin: Actor
) -> None:
    made = await ready(office, admin)
    on = await office.integrations.activate(admin, made.id)
    await office.clients.revoke(on.credential.client_id)
    again = await office.integrations.activate(admin, made.id)
    assert again.credential.client_id != on.credential.client_id


async def test_deactivating_twice_is_one_deactivation(office: House, admin: Actor) -> None:
    made = await ready(office, admin)
    await office.integrations.activate(admin, made.id)
    first = await office.integrations.deactivate(admin, made.id)
    assert await office.integrations.deactivate(admin, made.id) == first


async def test_several_connections_of_one_provider_stand_side_by_side(office: House, admin: Actor) -> None:
    one, two = [await ready(office, admin, name) for name in ("North", "South")]
    first, second = [await office.integrations.activate(admin, each.id) for each in (one, two)]
    await office.integrations.deactivate(admin, two.id)
    caller = await office.access.basic(
        first.credential.client_id, first.credential.client_secret, "192.0.2.9"
    )
    assert caller.connection_id == one.id
    assert first.integration.vendor_id != second.integration.vendor_id


async def test_a_connectors_vendor_is_deactivated_in_edge_integrate_only(office: House, admin: Actor) -> None:
    (vendor,) = await office.vendors.page(admin, Sought(), None, 10)
    with pytest.raises(Conflict, match="Edge Integrate"):
        await office.vendors.change(admin, vendor.id, VendorChange(active=False))
    assert (await office.vendors.get(admin, vendor.id)).active


async def test_bad_settings_of_an_active_connection_leave_the_working_ones(
    office: House, admin: Actor, gate: Gate
) -> None:
    made = await ready(office, admin)
    on = await office.integrations.activate(admin, made.id)
    with pytest.raises(TriedAndFailed):
        await office.integrations.change(admin, made.id, Change(settings={**GOOD, "password": "wrong"}))
    assert await office.integrations.get(admin, made.id) == on.integration
    assert (await office.integrations.test(admin, made.id, {})).ok


async def test_of_two_who_edit_at_once_the_second_is_told(office: House, admin: Actor) -> None:
    made = await installed(office, admin)
    await office.integrations.change(admin, made.id, Change(name="First"), made.revision)
    for deed in (
        office.integrations.change(admin, made.id, Change(name="Second"), made.revision),
        office.integrations.deactivate(admin, made.id, made.revision),
        office.integrations.activate(admin, made.id, made.revision),
    ):
        with pytest.raises(Stale):
            await deed
    assert (await office.integrations.get(admin, made.id)).name == "First"


async def test_settings_that_change_during_the_trial_are_not_overwritten(
    office: House, admin: Actor, gate: Gate
) -> None:
    made = await ready(office, admin)
    gate.pause = 0.3
    slow = asyncio.create_task(office.integrations.activate(admin, made.id))
    await asyncio.sleep(0.1)
    await office.integrations.change(admin, made.id, Change(name="Quicker"))
    with pytest.raises(Stale):
        await slow
    assert (await office.integrations.get(admin, made.id)).state == "installed"


async def test_ids_of_another_tenant_are_not_there(office: House, admin: Actor, foreigner: Actor) -> None:
    made = await ready(office, admin)
    edge = office.integrations
    for deed in (
        edge.get(foreigner, made.id),
        edge.change(foreigner, made.id, Change(name="Mine")),
        edge.test(foreigner, made.id, {}),
        edge.activate(foreigner, made.id),
        edge.deactivate(foreigner, made.id),
        office.preferences.read(foreigner, made.id),
        office.preferences.save(foreigner, made.id, GOOD),
        office.preferences.test(foreigner, made.id, GOOD),
    ):
        with pytest.raises(NotFound):
            await deed
    assert [each.key for each in await edge.page(foreigner, None, 10)] == ["sandbox"]


async def test_each_deed_needs_its_permission_and_none_other(office: House, admin: Actor) -> None:
    made = await ready(office, admin)
    edge, manage, market = office.integrations, Scope.EDGE_INTEGRATIONS_MANAGE, Scope.EDGE_MARKETPLACE_MANAGE
    deeds = {
        manage: [
            lambda actor: edge.page(actor, None, 1),
            lambda actor: edge.get(actor, made.id),
            lambda actor: edge.change(actor, made.id, Change()),
            lambda actor: edge.test(actor, made.id, {}),
            lambda actor: edge.activate(actor, made.id),
            lambda actor: edge.deactivate(actor, made.id),
        ],
        market: [lambda actor: edge.install(actor, "formed")],
    }
    for scope, needing in deeds.items():
        for deed in needing:
            with pytest.raises(NotAllowed):
                await deed(actor_with(admin.tenant_id, *(other for other in Scope if other is not scope)))
            await deed(actor_with(admin.tenant_id, scope))
    with pytest.raises(NotAllowed):
        await edge.marketplace(actor_with(admin.tenant_id, Scope.ILT_VENDORS_VIEW))


async def test_every_deed_is_in_the_audit_trail_without_the_password(office: House, admin: Actor) -> None:
    made = await ready(office, admin)
    await office.integrations.activate(admin, made.id)
    await office.integrations.deactivate(admin, made.id)
    async with office.db.read() as tx:
        rows = (await tx.execute(select(audit).order_by(audit.c.number))).all()
    assert [row.action for row in rows] == [
        "connection.installed",
        "connection.changed",
        "client.added",
        "connection.activated",
        "connection.deactivated",
    ]
    assert {row.actor for row in rows} == {"user:ada@example.com"}
    assert json.loads(rows[1].details)["after"]["typed"]["password"] == "•••"
    assert not any("pass:" in row.details for row in rows)
    assert [verdict.broken_at for verdict in await office.audit.verify("default")] == [None]


async def test_pages_turn_by_key(office: House, admin: Actor, clock: Hands) -> None:
    for name in ("Cello", "Alto", "Bass"):
        await installed(office, admin, name)
    first = await office.integrations.page(admin, None, 2)
    rest = await office.integrations.page(admin, first[-1].key, 9)
    assert [each.key for each in (*first, *rest)] == ["alto", "bass", "cello", "sandbox"]
