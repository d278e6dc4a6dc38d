"""ILT Vendors and Instructors: who may do what, what the provider says, and what two people do at once."""

import re
from uuid import UUID

import httpx
import pytest

from app.domain.people import InstructorDraft
from app.providers.base import Provider
from app.providers.registry import providers
from tests.admin.conftest import ADA, BEN, Office, post
from tests.providers.formed import Formed

ANN = {"email": "ann@x.example", "first_name": "Ann", "last_name": "Lee"}


@pytest.fixture
def catalogue(formed: type[Formed]) -> dict[str, type[Provider]]:
    return {**providers(), "formed": formed}


@pytest.fixture
def staff() -> tuple[str, ...]:
    return ADA, BEN


@pytest.fixture
def vendor(vendor_id: UUID) -> str:
    """The path of the page of a connector's vendor."""
    return f"/admin/vendors/{vendor_id}"


async def _people(office: Office, vendor: str) -> list[tuple[str, str, bool]]:
    actor, vendor_id = await office.commanding(), UUID(vendor.rpartition("/")[2])
    found = await office.house.faculties.page(actor, vendor_id, "", None, 100)
    return [(one.email, one.first_name, one.active) for one in found]


async def _ann(ada: httpx.AsyncClient, vendor: str) -> str:
    """Ann is added; the path of her page."""
    assert (await post(ada, f"{vendor}/instructors/new", **ANN, deed="one")).status_code == 303
    found = re.search(r"instructors/([\w-]{36})", (await ada.get(vendor)).text)
    assert found
    return f"{vendor}/instructors/{found[1]}"


async def test_vendors_stand_there_with_state_and_origin_and_are_found(
    office: Office, ada: httpx.AsyncClient, vendor: str
) -> None:
    await post(ada, "/admin/vendors/new", name="Extern & Söhne <b>")
    page = (await ada.get("/admin/vendors")).text
    assert "Extern &amp; Söhne &lt;b&gt;" in page
    assert page.count("made by an integration") == 2
    assert "made by hand" in page
    assert "Formed" not in (await ada.get("/admin/vendors?name=söhne")).text
    assert "No vendor fits." in (await ada.get("/admin/vendors?name=zzz")).text
    assert "No vendor fits." in (await ada.get("/admin/vendors?state=inactive")).text


async def test_a_vendor_made_by_hand_is_renamed_and_switched(office: Office, ada: httpx.AsyncClient) -> None:
    made = await post(ada, "/admin/vendors/new", name="Extern")
    path = "/" + made.headers["location"].replace("../", "")
    assert (await post(ada, path, name="External", revision=1)).status_code == 303
    assert "Deactivate External?" in (await ada.get(f"{path}/deactivate")).text
    assert (await post(ada, f"{path}/deactivate", revision=2)).status_code == 303
    assert "Activate again" in (await ada.get(path)).text
    assert (await post(ada, f"{path}/activate", revision=3)).status_code == 303
    assert "nobody is checked there" in (await ada.get(path)).text
    twice = await post(ada, "/admin/vendors/new", name="EXTERNAL")
    assert twice.status_code == 409
    assert 'value="EXTERNAL"' in twice.text


async def test_a_connectors_vendor_is_switched_off_nowhere_else_and_the_page_says_where(
    office: Office, ada: httpx.AsyncClient, vendor: str
) -> None:
    for answer in (
        await ada.get(vendor),
        await ada.get(f"{vendor}/deactivate"),
        await post(ada, f"{vendor}/deactivate", revision=1),
    ):
        assert re.search(r'href="[./]*admin/integrations/[\w-]{36}"', answer.text)
        assert "Edge Integrate" in answer.text
    assert answer.status_code == 409
    assert "go to Edge Integrate" in answer.text


async def test_an_instructor_is_added_and_a_duplicate_is_told_kindly(
    office: Office, ada: httpx.AsyncClient, vendor: str
) -> None:
    assert "There are no instructors yet." in (await ada.get(vendor)).text
    await _ann(ada, vendor)
    again = await post(ada, f"{vendor}/instructors/new", **{**ANN, "email": "ANN@X.example"}, deed="one")
    assert again.status_code == 409
    assert "Ann Lee is an instructor of this vendor already" in again.text
    assert 'value="ANN@X.example"' in again.text
    onward = await post(ada, f"{vendor}/instructors/new", **{**ANN, "email": "b@x.example"}, deed="another")
    assert onward.headers["location"].endswith("/instructors/new")
    assert len(await _people(office, vendor)) == 2


async def test_whom_the_provider_does_not_know_is_not_added(
    office: Office, ada: httpx.AsyncClient, vendor: str, formed: type[Formed]
) -> None:
    formed.vendor.people = {"ben@x.example"}
    refused = await post(ada, f"{vendor}/instructors/new", **ANN, deed="one")
    assert refused.status_code == 502
    assert "does not know this person" in refused.text
    assert 'value="ann@x.example"' in refused.text
    assert await _people(office, vendor) == []


async def test_a_vendor_made_by_hand_has_instructors_and_the_page_says_that_nobody_checks_them(
    office: Office, ada: httpx.AsyncClient, formed: type[Formed]
) -> None:
    formed.vendor.people = set()
    made = await post(ada, "/admin/vendors/new", name="Extern")
    path = "/" + made.headers["location"].replace("../", "")
    assert "There are no instructors yet." in (await ada.get(path)).text
    assert "it is checked nowhere" in (await ada.get(f"{path}/instructors/new")).text
    ann = await _ann(ada, path)
    assert (await post(ada, f"{path}/instructors/new", **ANN, deed="one")).status_code == 409
    assert "No provider checks it." in (await ada.get(ann)).text
    await post(ada, ann, **{**ANN, "email": "ann.ray@x.example"}, revision=1)
    assert await _people(office, path) == [("ann.ray@x.example", "Ann", True)]
    assert "checked nowhere" in (await ada.get(f"{path}/import")).text
    assert "ann.ray@x.example" in (await ada.get(f"{path}/instructors.csv")).text
    now = re.search(r'name="revision" value="(\d+)"', (await ada.get(ann)).text)
    assert now
    assert (await post(ada, f"{ann}/deactivate", revision=now[1])).status_code == 303
    assert await _people(office, path) == [("ann.ray@x.example", "Ann", False)]


async def test_an_instructor_is_renamed_deactivated_and_activated(
    office: Office, ada: httpx.AsyncClient, vendor: str
) -> None:
    ann = await _ann(ada, vendor)
    await post(ada, ann, **{**ANN, "email": "ann.ray@x.example", "last_name": "Ray"}, revision=1)
    assert await _people(office, vendor) == [("ann.ray@x.example", "Ann", True)]
    asked = (await ada.get(f"{ann}/deactivate")).text
    assert "Presenter rights end at once" in asked
    revision = re.search(r'name="revision" value="(\d+)"', asked)
    assert revision
    await post(ada, f"{ann}/deactivate", revision=revision[1])
    assert await _people(office, vendor) == [("ann.ray@x.example", "Ann", False)]
    assert "Deactivated: a learner in every class" in (await ada.get(ann)).text
    now = re.search(r'name="revision" value="(\d+)"', (await ada.get(ann)).text)
    assert now
    await post(ada, f"{ann}/activate", revision=now[1])
    assert await _people(office, vendor) == [("ann.ray@x.example", "Ann", True)]


async def test_of_two_who_edit_one_person_the_second_is_told_and_loses_nothing(
    office: Office, ada: httpx.AsyncClient, vendor: str
) -> None:
    ann = await _ann(ada, vendor)
    await post(await office.sign_in(BEN), ann, **{**ANN, "first_name": "Anne"}, revision=1)
    told = await post(ada, ann, **{**ANN, "first_name": "Anna"}, revision=1)
    assert told.status_code == 409
    assert "Anne</strong>" in told.text
    assert 'value="Anna"' in told.text
    assert await _people(office, vendor) == [("ann@x.example", "Anne", True)]


async def test_whoever_may_only_look_sees_no_way_to_change(office: Office, vendor: str) -> None:
    await office.hire("aud@example.com", "auditor")
    page = (await (await office.sign_in("aud@example.com")).get(vendor)).text
    assert "needs the permission “ILT Vendors - Update”" in page
    assert "/instructors/new" not in page
    assert 'name="revision"' not in page


async def test_many_vendors_and_many_people_come_page_by_page(
    office: Office, ada: httpx.AsyncClient, vendor: str
) -> None:
    actor = await office.commanding()
    for n in range(51):
        await office.house.vendors.create(actor, f"By hand {n:02}")
        draft = InstructorDraft(f"p{n:02}@x.example", "P", f"N{n}")
        await office.house.faculties.add(actor, UUID(vendor.rpartition("/")[2]), draft)
    for first, last in (("/admin/vendors?name=by+hand", "By hand 50"), (vendor, "p50@x.example")):
        page = (await ada.get(first)).text
        assert last not in page
        more = re.search(r'href="(\?[^"]+)">More', page)
        assert more
        follow = first.split("?")[0] + more[1].replace("&amp;", "&")
        assert last in (await ada.get(follow)).text


async def test_ids_of_another_tenant_are_not_there(office: Office, vendor: str) -> None:
    await office.hire("eve@example.com", "system-administrator", tenant="acme")
    eve = await office.sign_in("eve@example.com")
    for answer in (
        await eve.get(vendor),
        await post(eve, vendor, name="x", revision=1),
        await post(eve, f"{vendor}/instructors/new", **ANN, deed="one"),
        await eve.get(f"{vendor}/instructors.csv"),
        await eve.get(f"{vendor}/import"),
    ):
        assert answer.status_code == 404
