"""The audit trail as a page: searched, leafed through, readable, masked, and of one tenant only."""

import re

import httpx
import pytest

from app.admin.audit import Change, changes
from app.services.audit import Entry
from tests.admin.conftest import Office
from tests.conftest import Hands

ADA = "ada@example.com"


@pytest.fixture
async def ada(office: Office) -> httpx.AsyncClient:
    await office.hire(ADA, "auditor")
    return await office.sign_in(ADA)


async def _note(office: Office, action: str, tenant: str = "default", **details: object) -> None:
    actor = await office.commanding(tenant)
    async with office.house.db.begin() as tx:
        await office.house.audit.note(tx, actor, action=action, subject="thing:1", **details)  # type: ignore[arg-type]


def _actions(html: str) -> list[str]:
    return re.findall(r'<th scope="row">([^<]+)</th>', html)


async def test_the_newest_deed_comes_first_and_older_ones_follow(
    office: Office, ada: httpx.AsyncClient
) -> None:
    for number in range(60):
        await _note(office, f"many.d{number}")
    first = (await ada.get("/admin/audit", params={"action": "many."})).text
    assert _actions(first) == [f"many.d{number}" for number in range(59, 9, -1)]
    older = re.search(r'rel="next" href="([^"]+)">Older<', first)
    assert older
    second = (await ada.get(f"/admin/audit{older[1].replace('&amp;', '&')}")).text
    assert _actions(second) == [f"many.d{number}" for number in range(9, -1, -1)]
    assert ">Older<" not in second


async def test_it_is_found_by_actor_subject_and_day(
    office: Office, ada: httpx.AsyncClient, clock: Hands
) -> None:
    await _note(office, "thing.done")
    today = f"{clock.now:%Y-%m-%d}"
    for fitting in (
        {"subject": "thing:"},
        {"by": "COMMAND", "action": "thing"},
        {"from": today, "to": today},
    ):
        assert "thing.done" in _actions((await ada.get("/admin/audit", params=fitting)).text)
    for other in ({"subject": "other:"}, {"by": "nobody"}, {"from": "2999-01-01"}, {"to": "2001-01-01"}):
        shown = (await ada.get("/admin/audit", params=other)).text
        assert _actions(shown) == []
        assert "No deed fits." in shown


async def test_before_and_after_are_readable_and_secrets_masked(
    office: Office, ada: httpx.AsyncClient
) -> None:
    before = {"settings": {"base_url": "https://old.example", "client_secret": "hunter2"}, "same": 1}
    after = {"settings": {"base_url": "<b>new</b>", "client_secret": "hunter3"}, "same": 1}
    await _note(office, "thing.changed", before=before, after=after)
    shown = (await ada.get("/admin/audit", params={"action": "thing."})).text
    assert "settings.base url:" in shown
    assert "<del>https://old.example</del> → &lt;b&gt;new&lt;/b&gt;" in shown
    assert "hunter" not in shown
    assert "same:" not in shown


async def test_another_tenants_deeds_are_not_shown(office: Office, ada: httpx.AsyncClient) -> None:
    await _note(office, "far.deed", tenant="far")
    assert _actions((await ada.get("/admin/audit", params={"action": "far."})).text) == []


@pytest.mark.parametrize(
    "asked", [{"before": "x"}, {"before": "9" * 30}, {"from": "today"}, {"to": "9999-12-31"}, {"by": "\0"}]
)
async def test_an_address_made_up_is_refused_in_words(ada: httpx.AsyncClient, asked: dict[str, str]) -> None:
    assert (await ada.get("/admin/audit", params=asked)).status_code == 400


async def test_what_was_made_or_removed_shows_one_side_only(clock: Hands) -> None:
    made = Entry(1, clock.now, "a", "", "x", "y", None, {"on": True, "who": ["a", "b"], "note": ""}, False)
    assert changes(made) == [
        Change("on", "", "yes"),
        Change("who", "", "a, b"),
        Change("note", "", "nothing"),
    ]
