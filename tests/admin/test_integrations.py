"""Edge Marketplace and Edge Integrate: installed, filled in, tried, switched on and off."""

import re

import httpx
import pytest

from app.domain.actor import Grant
from app.domain.permissions import Scope
from app.providers.base import Provider
from app.providers.registry import providers
from app.services.hooks import Posted
from app.services.installed import Integration
from app.services.vendors import Sought
from tests.admin.conftest import ADA, BEN, REST, TYPED, Office, post
from tests.providers.formed import Formed
from tests.providers.jitsi.bench import lead_to_jitsi, prosody
from tests.services.conftest import draft

FORM = {**TYPED, **REST, "name": "Formed"}


@pytest.fixture
def catalogue(formed: type[Formed]) -> dict[str, type[Provider]]:
    return {**providers(), "formed": formed}


@pytest.fixture
def staff() -> tuple[str, ...]:
    return ADA, BEN


async def _installed(ada: httpx.AsyncClient, name: str = "") -> str:
    """Installed in the Marketplace; the path of its page."""
    answer = await post(ada, "/admin/marketplace/formed", name=name)
    assert answer.status_code == 303, answer.text
    found = re.search(r"admin/integrations/[\w-]+", answer.headers["location"])
    assert found
    return f"/{found[0]}"


async def _known(office: Office, path: str) -> Integration:
    found = await office.house.integrations.page(await office.commanding(), None, 50)
    return next(one for one in found if path.endswith(str(one.id)))


async def _vendors(office: Office) -> dict[str, bool]:
    found = await office.house.vendors.page(await office.commanding(), Sought(), None, 50)
    return {one.name: one.active for one in found}


async def test_every_provider_says_what_it_can_and_what_it_cannot(ada: httpx.AsyncClient) -> None:
    shelf = (await ada.get("/admin/marketplace")).text
    assert {"MS Lync", "Practice room", "Formed"} <= set(re.findall(r">([\w ]+)</a></h2>", shelf))
    lync = (await ada.get("/admin/marketplace/lync")).text
    can, cannot = lync.split("What it cannot do")
    assert "Instructors are looked up in its directory" in can
    assert "It does not tell by itself who was there." in cannot
    assert "API Endpoint" in cannot.split("You will need")[1]


async def test_from_the_marketplace_to_an_active_integration_with_its_vendor(
    office: Office, ada: httpx.AsyncClient
) -> None:
    path = await _installed(ada)
    assert "fill in the settings" in (await ada.get(path)).text
    done = await post(ada, path, **FORM, deed="activate", revision=1)
    assert done.status_code == 200
    assert "not shown again" in done.text
    assert 'value="https://bridge.example.com"' in done.text
    assert (await _known(office, path)).state == "active"
    assert (await _vendors(office))["Formed"] is True
    assert "client-secret" not in (await ada.get(path)).text


async def test_several_of_one_provider_stand_side_by_side(office: Office, ada: httpx.AsyncClient) -> None:
    first = await _installed(ada)
    await post(ada, first, **FORM, deed="activate", revision=1)
    before = await _known(office, first)
    second = await _installed(ada, "Formed for Japan")
    await post(ada, second, **{**FORM, "name": "Formed for Japan"}, deed="activate", revision=1)
    assert await _known(office, first) == before
    assert {"Formed", "Formed for Japan"} <= set(await _vendors(office))
    taken = await post(ada, "/admin/marketplace/formed", name="formed")
    assert taken.status_code == 409
    assert "already" in taken.text
    assert 'value="formed"' in taken.text


async def test_what_was_saved_only_can_be_activated_later(office: Office, ada: httpx.AsyncClient) -> None:
    path = await _installed(ada)
    saved = await post(ada, path, **FORM, deed="save", revision=1)
    assert saved.status_code == 303
    assert (await _known(office, path)).state == "installed"
    assert "Formed" not in await _vendors(office)
    later = {**FORM, "set.password": ""}
    assert (await post(ada, path, **later, deed="activate", revision=2)).status_code == 200


async def test_activating_that_fails_names_the_step_keeps_the_settings_and_switches_nothing_on(
    office: Office, ada: httpx.AsyncClient
) -> None:
    path = await _installed(ada)
    failed = await post(ada, path, **{**FORM, "set.password": "wrong-one"}, deed="activate", revision=1)
    assert failed.status_code == 400
    assert "This step failed: Signed in." in failed.text
    assert "wrong-one" not in failed.text
    assert (await _known(office, path)).state == "installed"
    assert 'name="revision" value="2"' in failed.text
    assert (await post(ada, path, **FORM, deed="activate", revision=2)).status_code == 200


async def test_a_test_stores_nothing(office: Office, ada: httpx.AsyncClient) -> None:
    path = await _installed(ada)
    tried = await post(ada, path, **FORM, deed="test", revision=1)
    assert "The test went well" in tried.text
    assert 'value="svc@x.example"' in tried.text
    assert (await _known(office, path)).settings == {}


async def test_deactivating_asks_says_what_happens_and_takes_the_vendor_along(
    office: Office, ada: httpx.AsyncClient
) -> None:
    path = await _installed(ada)
    await post(ada, path, **FORM, deed="activate", revision=1)
    revision = (await _known(office, path)).revision
    asked = await ada.get(f"{path}/deactivate")
    assert "Its vendor is deactivated with it" in asked.text
    assert (await _vendors(office))["Formed"] is True
    assert (await post(ada, f"{path}/deactivate", revision=revision)).status_code == 303
    assert (await _vendors(office))["Formed"] is False
    assert "activate it again" in (await ada.get(path)).text
    again = await post(ada, path, **{**FORM, "set.password": ""}, deed="activate", revision=revision + 1)
    assert again.status_code == 303, "the credential that there is works on: none is shown"
    assert (await _vendors(office))["Formed"] is True


async def test_of_two_administrators_the_second_is_told_what_changed(
    office: Office, ada: httpx.AsyncClient
) -> None:
    path = await _installed(ada)
    ben = await office.sign_in(BEN)
    await post(ben, path, **{**FORM, "name": "Bens", "set.days": "7"}, deed="save", revision=1)
    told = await post(ada, path, **{**FORM, "name": "Adas"}, deed="save", revision=1)
    assert told.status_code == 409
    assert "Bens</strong>" in told.text
    assert "7</strong>" in told.text
    assert 'value="Adas"' in told.text
    assert (await _known(office, path)).name == "Bens"
    stale = await post(ada, f"{path}/deactivate", revision=1)
    assert stale.status_code == 409


async def test_whoever_may_shop_but_not_configure_is_told_who_goes_on(office: Office) -> None:
    await office.hire("cy@example.com", grants=(Grant(Scope.EDGE_MARKETPLACE_MANAGE),))
    cy = await office.sign_in("cy@example.com")
    answer = await post(cy, "/admin/marketplace/formed", name="")
    assert answer.headers["location"].endswith("admin/marketplace")
    assert "Edge Integrations - Manage" in (await cy.get("/admin/marketplace")).text
    assert (await cy.get("/admin/integrations")).status_code == 403


async def test_what_is_another_tenants_or_nowhere_is_not_there(
    office: Office, ada: httpx.AsyncClient
) -> None:
    other = await office.house.integrations.install(await office.commanding("acme"), "formed")
    path = f"/admin/integrations/{other.id}"
    for answer in (
        await ada.get(path),
        await ada.get(f"{path}/deactivate"),
        await post(ada, path, **FORM, deed="activate", revision=1),
        await post(ada, f"{path}/deactivate", revision=1),
        await ada.get("/admin/marketplace/nothing"),
        await ada.get("/admin/integrations/no-uuid"),
    ):
        assert answer.status_code == 404


async def test_the_page_that_deactivates_says_how_many_classes_are_to_come(
    office: Office, ada: httpx.AsyncClient
) -> None:
    path = await _installed(ada)
    await post(ada, path, **FORM, deed="activate", revision=1)
    asked = (await ada.get(f"{path}/deactivate")).text
    assert "No class is scheduled with it at the moment." in asked
    known = await _known(office, path)
    client = await office.house.clients.add("lms", connection_key=known.key)
    caller = await office.house.access.basic(client.client_id, client.client_secret, "192.0.2.1")
    for many in ("One class is still to come", "2 classes are still to come"):
        await office.house.sessions.create(caller, draft())
        asked = (await ada.get(f"{path}/deactivate")).text
        assert many in asked
        assert "whoever holds a link already gets in all the same" in asked


async def test_where_a_provider_sends_to_stands_on_its_page_once_it_is_active(
    office: Office, ada: httpx.AsyncClient
) -> None:
    """With what could not be used of it; the secret is shown nowhere."""
    installed = await post(ada, "/admin/marketplace/jitsi", name="")
    found = re.search(r"admin/integrations/[\w-]+", installed.headers["location"])
    assert found
    assert "/hooks/" not in (await ada.get(f"/{found[0]}")).text
    known = await office.house.integrations.page(await office.commanding(), None, 50)
    active = next(one for one in known if one.state == "active")
    await lead_to_jitsi(office.house, active.id)
    for body in (b"{", b"[]"):
        await office.house.hooks.take(Posted(str(active.id), prosody().headers(), body, "192.0.2.7"))
    page = (await ada.get(f"/admin/integrations/{active.id}")).text
    assert f'value="https://bridge.example.com/hooks/{active.id}"' in page
    assert "<strong>2</strong> messages" in page
    assert prosody().token not in page
