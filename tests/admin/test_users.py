"""The users page: who may hand out what, who is told what, and what takes effect when."""

import re
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from app.domain.actor import Actor, Constraint, Grant
from app.domain.errors import ConnectorError, InvalidRequest, NotAllowed, NotFound
from app.domain.permissions import CATALOGUE, Scope
from app.services.users import Newcomer
from tests.admin.conftest import PASSWORD, Office, post

ADA, BEN = "ada@example.com", "ben@example.com"


async def _id(office: Office, email: str, tenant: str = "default") -> UUID:
    found = await office.house.users.list(await office.commanding(tenant))
    return next(listed.user.id for listed in found if listed.user.email == email)


async def _revision(office: Office, email: str) -> int:
    found = await office.house.users.list(await office.commanding())
    return next(listed.user.revision for listed in found if listed.user.email == email)


async def _both(office: Office, *roles_of_ben: str) -> tuple[httpx.AsyncClient, str]:
    """Ada administers; Ben's page."""
    await office.hire(ADA, "system-administrator")
    await office.hire(BEN, *(roles_of_ben or ("auditor",)))
    return await office.sign_in(ADA), f"/admin/users/{await _id(office, BEN)}"


async def test_somebody_invited_sets_a_password_and_comes_in(office: Office) -> None:
    await office.hire(ADA, "system-administrator")
    ada = await office.sign_in(ADA)
    made = await post(ada, "/admin/users/invite", email="Zoë@example.com", name="Zoë", role="instructor")
    found = re.search(r'id="link">([^<]+)<', made.text)
    assert found
    link = urlsplit(found[1].replace("&#43;", "+")).query.removeprefix("link=")
    fields = {"link": link, "password": PASSWORD, "again": PASSWORD}
    assert (await office.browser().post("/admin/welcome", data=fields)).status_code == 303
    zoe = await office.sign_in("zoë@EXAMPLE.com")
    assert "Good to see you, Zoë" in (await zoe.get("/admin/")).text
    assert (await zoe.get("/admin/users")).status_code == 403
    again = await post(ada, "/admin/users/invite", email="zoë@example.com", role="auditor")
    assert again.status_code == 409
    assert "already" in again.text


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "محمد 李 🙂", 'O\'Brien & "Söhne"'])
async def test_any_name_is_shown_as_it_is_and_never_run(office: Office, name: str) -> None:
    await office.hire(ADA, "system-administrator")
    ada = await office.sign_in(ADA)
    await post(ada, "/admin/users/invite", email="x@example.com", name=name, role="auditor")
    page = (await ada.get("/admin/users")).text
    assert "<script>alert" not in page
    for piece in re.findall(r"\w+", name):
        assert piece in page


async def test_a_deactivated_users_cookie_is_worthless_at_once(office: Office) -> None:
    ada, path = await _both(office)
    ben = await office.sign_in(BEN)
    asked = await ada.get(f"{path}/deactivate")
    assert "Deactivate ben@example.com?" in asked.text
    assert (await post(ada, f"{path}/deactivate", revision=1)).status_code == 303
    assert (await ben.get("/admin/")).status_code == 303
    refused = await office.browser().post("/admin/login", data={"email": BEN, "password": PASSWORD})
    assert refused.status_code == 403
    assert (await post(ada, f"{path}/activate", revision=2)).status_code == 303
    assert (await office.sign_in(BEN)).cookies


async def test_a_reset_ends_the_password_and_every_login(office: Office) -> None:
    ada, path = await _both(office)
    ben = await office.sign_in(BEN)
    assert "/admin/welcome?link=" in (await post(ada, f"{path}/reset", revision=1)).text
    assert (await ben.get("/admin/")).status_code == 303
    refused = await office.browser().post("/admin/login", data={"email": BEN, "password": PASSWORD})
    assert refused.status_code == 403


async def test_a_right_given_or_taken_is_in_force_at_once_and_asks_to_sign_in_anew(office: Office) -> None:
    ada, path = await _both(office)
    ben = await office.sign_in(BEN)
    assert (await post(ada, f"{path}/role", revision=1, role="integration-administrator")).status_code == 303
    assert (await ben.get("/admin/")).status_code == 303
    line = re.findall(r'name="line" value="([\w-]+)"', (await ada.get(path)).text)[-1]
    taken = await post(ada, f"{path}/take", revision=2, line=line)
    assert taken.status_code == 303
    assert "It is taken back." in (await ada.get(path)).text
    assert "It is taken back." not in (await ada.get(path)).text


async def test_two_administrators_edit_one_user_and_the_second_is_told(office: Office) -> None:
    ada, path = await _both(office)
    await post(ada, f"{path}/role", revision=1, role="instructor")
    second = await post(ada, f"{path}/role", revision=1, role="training-administrator")
    assert second.status_code == 409
    assert "Somebody else changed this" in second.text
    assert 'name="revision" value="2"' in second.text


@pytest.mark.parametrize("scope", ["edge-integrations:manage", "lync-preferences:manage", "ilt-vendors:view"])
async def test_what_cannot_be_constrained_is_refused_with_its_name(office: Office, scope: str) -> None:
    ada, path = await _both(office)
    answer = await post(ada, f"{path}/permission", revision=1, scope=scope, own_classes="yes")
    assert answer.status_code == 400
    assert f"“{CATALOGUE[Scope(scope)].name}” cannot be constrained." in answer.text


async def test_a_roster_permission_is_narrowed_to_instructors(office: Office) -> None:
    ada, path = await _both(office)
    people = "Ina@example.com\r\n\r\nbo@x.io"
    fields = {"scope": "ilt-roster:manage", "own_classes": "yes", "instructors": people}
    assert (await post(ada, f"{path}/permission", revision=1, **fields)).status_code == 303
    held = (await office.house.users.get(await office.commanding(), await _id(office, BEN))).grants
    wanted = Constraint(frozenset({"ina@example.com", "bo@x.io"}), own_classes=True)
    assert Grant(Scope.ILT_ROSTER_MANAGE, wanted) in held


async def test_a_permission_for_machines_is_not_for_people(office: Office) -> None:
    ada, path = await _both(office)
    answer = await post(ada, f"{path}/permission", revision=1, scope="vilt-session:create")
    assert answer.status_code == 400
    assert "not for people" in answer.text


async def test_nobody_hands_out_or_takes_over_more_than_they_have(office: Office) -> None:
    await office.hire(ADA, "system-administrator")
    await office.hire(BEN, grants=(Grant(Scope.USERS_MANAGE), Grant(Scope.AUDIT_VIEW)))
    ben = await office.sign_in(BEN)
    users = office.house.users
    ada_id = await _id(office, ADA)
    for path in (f"/admin/users/{ada_id}/reset", f"/admin/users/{ada_id}/deactivate"):
        assert (await post(ben, path, revision=await _revision(office, ADA))).status_code == 403
    made = await post(ben, "/admin/users/invite", email="x@example.com", role="system-administrator")
    assert made.status_code == 403
    narrow = Actor(
        (await office.commanding()).tenant_id,
        "user",
        "n",
        (Grant(Scope.USERS_MANAGE), Grant(Scope.ILT_ROSTER_VIEW, Constraint(own_classes=True))),
    )
    with pytest.raises(NotAllowed):
        await users.invite(narrow, Newcomer("y@example.com", "", (), [Grant(Scope.ILT_ROSTER_VIEW)]))


async def test_nobody_changes_their_own_rights(office: Office) -> None:
    await office.hire(ADA, "system-administrator")
    ada = await office.sign_in(ADA)
    path = f"/admin/users/{await _id(office, ADA)}"
    for deed in ("deactivate", "reset", "role"):
        answer = await post(ada, f"{path}/{deed}", revision=1, role="auditor")
        assert answer.status_code == 403
    assert "This is you." in (await ada.get(path)).text


async def test_people_of_another_tenant_do_not_exist_here(office: Office) -> None:
    await office.hire(ADA, "system-administrator")
    await office.hire("far@example.com", "system-administrator", tenant="far")
    ada, far_id = await office.sign_in(ADA), await _id(office, "far@example.com", "far")
    assert "far@example.com" not in (await ada.get("/admin/users")).text
    for path in ("", "/reset", "/deactivate"):
        assert (await ada.get(f"/admin/users/{far_id}{path}")).status_code == 404
    for path in ("reset", "deactivate", "activate", "role", "permission", "take"):
        fields = {"revision": 1, "role": "auditor", "scope": "audit:view", "line": far_id}
        assert (await post(ada, f"/admin/users/{far_id}/{path}", **fields)).status_code == 404
    with pytest.raises(NotFound):
        await office.house.users.get(await office.commanding(), far_id)


@pytest.mark.parametrize(
    "new", [Newcomer("no address", "", ["auditor"]), Newcomer(BEN, "", ["king"]), Newcomer(BEN, "", [])]
)
async def test_an_invitation_that_makes_no_sense_is_refused(office: Office, new: Newcomer) -> None:
    with pytest.raises(InvalidRequest):
        await office.house.users.invite(await office.commanding(), new)


async def test_deeds_on_users_stand_in_the_audit_trail(office: Office) -> None:
    ada, path = await _both(office)
    await post(ada, f"{path}/role", revision=1, role="instructor")
    await post(ada, f"{path}/deactivate", revision=2)
    from app.db.audit import Wanted

    entries = await office.house.audit.search(await office.commanding(), Wanted(action="user."), None, 10)
    assert [entry.action for entry in entries[:2]] == ["user.deactivated", "user.given"]
    assert entries[0].actor == f"user:{ADA}"


def test_create_without_view_counts_as_absent() -> None:
    actor = Actor(UUID(int=1), "user", "x", (Grant(Scope.ILT_VENDORS_CREATE),))
    assert not actor.may(Scope.ILT_VENDORS_CREATE)
    with pytest.raises(NotAllowed, match="Create” works only together with “ILT Vendors - View”"):
        actor.require(Scope.ILT_VENDORS_CREATE)


def test_two_grants_of_one_permission_add_up_and_a_whole_one_is_whole() -> None:
    one = Grant(Scope.ILT_ROSTER_VIEW, Constraint(instructors=frozenset({"a@x"})))
    two = Grant(Scope.ILT_ROSTER_VIEW, Constraint(own_classes=True))
    actor = Actor(UUID(int=1), "user", "me@x", (one, two), "", "me@x")
    assert actor.constraint(Scope.ILT_ROSTER_VIEW) == Constraint(frozenset({"a@x", "me@x"}), own_classes=True)
    whole = Actor(UUID(int=1), "user", "me@x", (one, Grant(Scope.ILT_ROSTER_VIEW)))
    assert whole.constraint(Scope.ILT_ROSTER_VIEW) is None
    with pytest.raises(ConnectorError):
        Grant(Scope.ILT_ROSTER_VIEW, Constraint())
