"""Background work as a page: what a tenant has parked, waking it, comparisons; and two classes at once."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from app.db.tables import connections, jobs, meetings, sessions
from app.domain.actor import Grant
from app.domain.errors import ProviderRejected
from app.domain.permissions import Scope
from app.services.reconciliation import Reconciliation
from tests.admin.conftest import ADA, Office, post
from tests.providers.fakes import Fake, fake_provider
from tests.services.conftest import draft

FAR, PAGE = "far@example.com", "/admin/background"


@pytest.fixture
def provider() -> type[Fake]:
    return fake_provider()


@pytest.fixture
def catalogue(provider: type[Fake]) -> dict[str, type[Fake]]:
    return {"sandbox": provider}


@pytest.fixture
def staff() -> tuple[str, ...]:
    return (ADA,)


async def _parked(office: Office, provider: type[Fake], tenant: str = "default") -> str:
    """A class whose meeting its provider refused for good; the class's id."""
    client = await office.house.clients.add(f"lms-{tenant}", tenant)
    caller = await office.house.access.basic(client.client_id, client.client_secret, "127.0.0.1")
    provider.vendor.faults = ["rejected"]
    with pytest.raises(ProviderRejected):
        await office.house.sessions.create(caller, draft(f"Refused at {tenant}"))
    async with office.house.db.read() as tx:
        mine = select(sessions.c.id).where(sessions.c.tenant_id == caller.tenant_id)
        return str((await tx.execute(mine)).scalar_one())


async def _park_job(office: Office, kind: str, subject: str) -> None:
    async with office.house.db.begin() as tx:
        named = (jobs.c.kind == kind) & (jobs.c.subject == subject)
        await tx.execute(update(jobs).where(named).values(parked_at=office.clock.now, due_at=None))


async def test_an_empty_page_says_so(ada: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def none_yet(*_: object) -> list[object]:  # the worker in this process compares at once
        return []

    monkeypatch.setattr(Reconciliation, "reports", none_yet)
    shown = (await ada.get(PAGE)).text
    assert "Nothing was given up." in shown
    assert "Nothing was compared yet." in shown


async def test_what_is_parked_is_woken_after_a_question_and_the_deed_is_kept(
    office: Office, ada: httpx.AsyncClient, provider: type[Fake]
) -> None:
    session_id = await _parked(office, provider)
    assert "Refused at default" in (await ada.get(PAGE)).text
    asked = await ada.get(f"{PAGE}/wake", params={"kind": "meeting", "subject": session_id})
    assert "try it again?" in asked.text
    assert not provider.vendor.meetings
    assert (await post(ada, f"{PAGE}/wake", kind="meeting", subject=session_id)).status_code == 303
    assert "Nothing was given up." in (await ada.get(PAGE)).text
    await office.house.jobs.sweep()
    assert len(provider.vendor.meetings) == 1
    assert f"meeting:{session_id}" in (await ada.get("/admin/audit", params={"action": "job.woken"})).text
    assert (await post(ada, f"{PAGE}/wake", kind="meeting", subject=session_id)).status_code == 404


async def test_another_tenants_parked_work_is_neither_shown_nor_woken(
    office: Office, ada: httpx.AsyncClient, provider: type[Fake]
) -> None:
    session_id = await _parked(office, provider, "far")
    await _park_job(office, "attendance", session_id)
    assert "Nothing was given up." in (await ada.get(PAGE)).text
    for kind in ("meeting", "attendance"):
        asked = await ada.get(f"{PAGE}/wake", params={"kind": kind, "subject": session_id})
        answer = await post(ada, f"{PAGE}/wake", kind=kind, subject=session_id)
        assert (asked.status_code, answer.status_code) == (404, 404)
    async with office.house.db.read() as tx:
        assert (await tx.execute(select(meetings.c.parked_at))).scalar_one() is not None


async def test_a_job_about_a_class_is_woken_and_one_of_the_whole_service_is_not_here(
    office: Office, ada: httpx.AsyncClient, provider: type[Fake]
) -> None:
    session_id = await _parked(office, provider)
    await office.house.jobs.ready(["health"])
    await _park_job(office, "health", "")
    await _park_job(office, "attendance", session_id)
    shown = (await ada.get(PAGE)).text
    assert "Attendance report" in shown
    assert "health" not in shown
    assert (await post(ada, f"{PAGE}/wake", kind="health", subject="")).status_code == 404
    assert (await post(ada, f"{PAGE}/wake", kind="attendance", subject=session_id)).status_code == 303
    assert {one.kind for one in await office.house.jobs.parked()} == {"meeting", "health"}


async def test_whoever_may_not_see_classes_is_told_no_title(office: Office, provider: type[Fake]) -> None:
    await _parked(office, provider)
    await office.hire("tech@example.com", grants=(Grant(Scope.EDGE_INTEGRATIONS_MANAGE),))
    shown = (await (await office.sign_in("tech@example.com")).get(PAGE)).text
    assert "Meeting at the provider" in shown
    assert "Refused at default" not in shown


async def test_the_last_comparison_is_shown_to_its_own_tenant_only(
    office: Office, ada: httpx.AsyncClient
) -> None:
    await office.hire(FAR, "system-administrator", tenant="far")
    far = (await office.commanding("far")).tenant_id
    async with office.house.db.begin() as tx:
        of_far = update(connections).where(connections.c.tenant_id == far)
        await tx.execute(of_far.values(name="Far connection", state="active"))
    await office.house.reconciliation.run()
    assert "Far connection" not in (await ada.get(PAGE)).text
    assert "Far connection" in (await (await office.sign_in(FAR)).get(PAGE)).text


async def test_b5_the_list_marks_an_instructor_who_has_two_classes_at_once(
    office: Office, ada: httpx.AsyncClient
) -> None:
    client = await office.house.clients.add("lms")
    caller = await office.house.access.basic(client.client_id, client.client_secret, "127.0.0.1")
    first = draft("One", instructors=("ina@example.com",))
    await office.house.sessions.create(caller, first)
    listed = "/admin/sessions?when=all"
    assert "two classes at once" not in (await ada.get(listed)).text
    later = first.starts_at + timedelta(minutes=10)
    second = replace(first, external_id="other", title="Two", starts_at=later)
    await office.house.sessions.create(caller, second)
    await office.house.sessions.create(caller, draft("Three"))
    assert (await ada.get(listed)).text.count("two classes at once") == 2
