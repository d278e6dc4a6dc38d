"""The preferences page of a provider: Save tries for real and does the whole integration, or nothing."""

import httpx
import pytest

from app.domain.actor import Grant
from app.domain.permissions import Scope
from app.providers.base import Provider
from app.providers.registry import providers
from tests.admin.conftest import ADA, BEN, REST, TYPED, Office, post
from tests.providers.formed import Formed

PAGE = "/admin/preferences/formed"
SAVE, TEST = {"deed": "save", "revision": "0"}, {"deed": "test", "revision": "0"}


@pytest.fixture
def catalogue(formed: type[Formed]) -> dict[str, type[Provider]]:
    return {**providers(), "formed": formed}


@pytest.fixture
def staff() -> tuple[str, ...]:
    return ADA, BEN


async def _stored(office: Office) -> list[tuple[str, str, dict[str, object]]]:
    """(name, state, settings) of the formed vendor's integrations."""
    found = await office.house.integrations.page(await office.commanding(), None, 50)
    return [(one.name, str(one.state), dict(one.settings)) for one in found if one.provider == "formed"]


async def test_save_makes_the_whole_integration_and_shows_the_credential_once(
    office: Office, ada: httpx.AsyncClient
) -> None:
    empty = await ada.get(PAGE)
    assert "Nothing is set up yet" in empty.text
    saved = await post(ada, PAGE, **TYPED, **REST, **SAVE)
    assert saved.status_code == 200
    assert 'value="https://bridge.example.com"' in saved.text
    assert "not shown again" in saved.text
    ((name, state, settings),) = await _stored(office)
    assert (name, state, settings["endpoint"]) == ("Formed", "active", "x.example")
    page = (await ada.get(PAGE)).text
    assert "Everything worked" in page
    assert "client-secret" not in page
    again = await post(ada, PAGE, **{**TYPED, **REST, **SAVE, "revision": "1"})
    assert again.status_code == 303
    assert "saved and tried" in (await ada.get(PAGE)).text


async def test_a_failed_step_is_named_and_the_old_settings_go_on_working(
    office: Office, ada: httpx.AsyncClient
) -> None:
    await post(ada, PAGE, **TYPED, **REST, **SAVE)
    before = await _stored(office)
    wrong = {**TYPED, "set.username": "new@x.example", "set.password": "s3cret-wrong"}
    failed = await post(ada, PAGE, **{**wrong, **REST, **SAVE, "revision": "1"})
    assert failed.status_code == 400
    assert "This step failed: Signed in. Check the password." in failed.text
    assert "go on working" in failed.text
    assert 'value="new@x.example"' in failed.text
    assert "s3cret-wrong" not in failed.text
    assert await _stored(office) == before


async def test_a_test_stores_nothing_and_keeps_what_was_typed(office: Office, ada: httpx.AsyncClient) -> None:
    tried = await post(ada, PAGE, **TYPED, **REST, **TEST)
    assert tried.status_code == 200
    assert "The test went well" in tried.text
    assert 'value="svc@x.example"' in tried.text
    failed = await post(ada, PAGE, **{**TYPED, **REST, **TEST, "set.password": "s3cret-wrong"})
    assert "Nothing was stored" in failed.text
    assert "Check the password." in failed.text
    assert await _stored(office) == []


async def test_what_cannot_be_is_said_at_its_field(office: Office, ada: httpx.AsyncClient) -> None:
    answer = await post(ada, PAGE, **{**TYPED, **REST, **SAVE, "set.username": "svc", "set.days": "99"})
    assert answer.status_code == 400
    assert "Username: Write the user name with its domain." in answer.text
    assert answer.text.count('aria-invalid="true"') == 2
    assert "set.username" not in answer.text.split('role="alert"')[1].split("</p>")[0]
    assert await _stored(office) == []


async def test_the_password_is_never_shown_and_stays_when_it_is_left_empty(
    office: Office, ada: httpx.AsyncClient, formed: type[Formed]
) -> None:
    await post(ada, PAGE, **TYPED, **REST, **SAVE)
    page = (await ada.get(PAGE)).text
    assert "pass:" not in page
    assert "Leave empty to keep it" in page
    kept = {**TYPED, **REST, **SAVE, "set.password": "", "set.days": "5", "revision": "1"}
    assert (await post(ada, PAGE, **kept)).status_code == 303
    assert formed.gate.knocks[-1] == ("x.example", "pass:&+#%ü")
    moved = {**kept, "set.endpoint": "elsewhere.example", "revision": "2"}
    refused = await post(ada, PAGE, **moved)
    assert "type it again" in refused.text
    assert ("elsewhere.example", "pass:&+#%ü") not in formed.gate.knocks


async def test_of_two_administrators_the_second_is_told_what_changed_and_loses_nothing(
    office: Office, ada: httpx.AsyncClient
) -> None:
    await post(ada, PAGE, **TYPED, **REST, **SAVE)
    ben = await office.sign_in(BEN)
    await post(ben, PAGE, **{**TYPED, **REST, **SAVE, "set.username": "bens@x.example", "revision": "1"})
    mine = {**TYPED, **REST, **SAVE, "set.username": "adas@x.example", "revision": "1"}
    told = await post(ada, PAGE, **mine)
    assert told.status_code == 409
    assert 'value="adas@x.example"' in told.text
    assert "bens@x.example</strong>" in told.text
    assert 'name="revision" value="2"' in told.text
    assert (await _stored(office))[0][2]["username"] == "bens@x.example"
    assert (await post(ada, PAGE, **{**mine, "revision": "2"})).status_code == 303


async def test_of_two_first_saves_the_second_is_told(office: Office, ada: httpx.AsyncClient) -> None:
    await post(await office.sign_in(BEN), PAGE, **TYPED, **REST, **SAVE)
    told = await post(ada, PAGE, **{**TYPED, **REST, **SAVE, "set.endpoint": "y.example"})
    assert told.status_code == 409
    assert len(await _stored(office)) == 1


async def test_the_permission_opens_just_the_fields_of_the_page(office: Office) -> None:
    await office.hire("cy@example.com", grants=(Grant(Scope.LYNC_PREFERENCES_MANAGE),))
    cy = await office.sign_in("cy@example.com")
    page = (await cy.get(PAGE)).text
    assert "set.endpoint" in page
    assert "More settings" not in page
    assert (await post(cy, PAGE, **{**TYPED, **SAVE, "set.days": "9"})).status_code == 200
    assert (await _stored(office))[0][2]["days"] == 3
    assert "ILT Vendors - View" in (await cy.get(PAGE)).text


async def test_without_the_permission_it_is_closed(office: Office) -> None:
    await office.hire("aud@example.com", "auditor")
    auditor = await office.sign_in("aud@example.com")
    for answer in (await auditor.get(PAGE), await post(auditor, PAGE, **TYPED, **SAVE)):
        assert answer.status_code == 403
        assert "MS Lync Portal Preferences - Manage" in answer.text
    away = await office.browser().get(PAGE)
    assert away.status_code == 303
    assert "admin/login" in away.headers["location"]
    assert await _stored(office) == []


async def test_of_several_integrations_the_page_asks_which(office: Office, ada: httpx.AsyncClient) -> None:
    actor = await office.commanding()
    first = await office.house.integrations.install(actor, "formed")
    await office.house.integrations.install(actor, "formed")
    page = (await ada.get(PAGE)).text
    assert "Formed 2" in page
    one = f"{PAGE}/{first.id}"
    saved = await post(ada, one, **{**TYPED, **REST, **SAVE, "revision": "1"})
    assert saved.status_code == 200
    states = {name: state for name, state, _ in await _stored(office)}
    assert states == {"Formed": "active", "Formed 2": "installed"}
