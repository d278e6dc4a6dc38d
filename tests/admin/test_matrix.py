"""Every route of /admin and /api/v1 against every degree of permission, read off the routes themselves.

A new page or resource joins by being there. What a route says it needs is what it must refuse without.
"""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIRouter
from sqlalchemy import select

from app import admin, api
from app.admin.forms import posted, posted_by_anyone
from app.db.tables import connections, sessions
from app.domain.actor import Grant
from app.domain.permissions import CATALOGUE, CONTRACT_SCOPES, Scope
from tests.admin.conftest import Office, form_token
from tests.services.conftest import draft

NOBODY, ANYONE, SIGNED_IN = "00000000-0000-4000-8000-000000000000", "anyone", "signed in"
OTHERS = tuple(scope for scope in Scope if scope not in CONTRACT_SCOPES)


@dataclass(frozen=True)
class Way:
    """One method of one route. `declares`: what its dependencies say."""

    method: str
    template: str
    declares: frozenset[str]
    checks_form: bool

    @property
    def scopes(self) -> list[Scope]:
        return [Scope(one) for one in self.declares - {ANYONE, SIGNED_IN}]

    @property
    def path(self) -> str:
        """An address of it; the ids in it are nobody's."""
        parts = self.template.split("/")
        return "/".join(NOBODY if "{" in part else part for part in parts)

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


def _routes(router: APIRouter) -> Iterator[APIRoute]:
    """Those of included routers too; they carry their whole path themselves."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _routes(inner)
        elif isinstance(route, APIRoute):
            yield route


def _calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def _ways() -> Iterator[Way]:
    for router in (admin.router, api.router):
        for route in _routes(router):
            calls = list(_calls(route.dependant))
            declares = frozenset(str(call.declares) for call in calls if hasattr(call, "declares"))
            for method in sorted(route.methods):
                yield Way(method, route.path, declares, posted in calls or posted_by_anyone in calls)


WAYS = list(_ways())
GUARDED = [way for way in WAYS if ANYONE not in way.declares]
SCOPED = [way for way in GUARDED if way.scopes]
PAGES = [way for way in GUARDED if way.template.startswith("/admin")]


async def _machine(office: Office, *scopes: str) -> httpx.AsyncClient:
    made = await office.house.clients.add("machine", scopes=scopes)
    browser = office.browser()
    browser.auth = httpx.BasicAuth(made.client_id, made.client_secret)
    return browser


async def _asker(office: Office, way: Way, *scopes: Scope) -> httpx.AsyncClient:
    """Somebody with just these permissions: a person for a page, a machine for the API."""
    if not way.template.startswith("/admin"):
        return await _machine(office, *(scopes or (Scope.SESSION_LAUNCH,)))
    # At least one line is needed; everybody may hold what opens nothing here.
    given = scopes or (Scope.ILT_VENDORS_CREATE,)
    await office.hire("ada@example.com", grants=tuple(Grant(scope) for scope in given))
    return await office.sign_in("ada@example.com")


async def _ask(asker: httpx.AsyncClient, way: Way) -> httpx.Response:
    if way.method == "GET":
        return await asker.get(way.path)
    if way.template.startswith("/admin"):
        return await asker.request(way.method, way.path, data={"form_token": await form_token(asker)})
    return await asker.request(way.method, way.path, json={}, headers={"If-Match": '"1"'})


def _parameters(way: Way) -> list[str]:
    return re.findall(r"{([^}]+)}", way.template)


def _together(scopes: list[Scope]) -> list[Scope]:
    needed = [CATALOGUE[scope].needs for scope in scopes]
    return [*scopes, *(scope for scope in needed if scope)]


def test_the_matrix_sees_the_routes() -> None:
    known = {str(way) for way in WAYS}
    assert {"GET /admin/users", "POST /admin/users/invite", "GET /api/v1/permissions"} <= known


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_every_route_says_who_may_come(way: Way) -> None:
    assert way.declares, "declare need(Scope.X), Signed or ANYONE: nobody should have to guess"


@pytest.mark.parametrize("way", [way for way in WAYS if way.template.startswith("/admin")], ids=str)
def test_every_form_is_checked_for_where_it_came_from(way: Way) -> None:
    assert way.method == "GET" or way.checks_form, "take `form: Form`: another site could send it as well"


@pytest.mark.parametrize("way", GUARDED, ids=str)
async def test_nobody_comes_in_without_signing_in(office: Office, way: Way) -> None:
    answer = await office.browser().request(way.method, way.path)
    if way.template.startswith("/admin"):
        assert answer.status_code == 303
        assert "admin/login" in answer.headers["location"]
    else:
        assert answer.status_code == 401
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("way", SCOPED, ids=str)
async def test_without_the_permission_it_is_refused_and_named(office: Office, way: Way) -> None:
    answer = await _ask(await _asker(office, way), way)
    assert answer.status_code == 403
    assert CATALOGUE[way.scopes[0]].name in answer.text.replace("&#39;", "'")


@pytest.mark.parametrize("way", SCOPED, ids=str)
async def test_all_other_permissions_together_do_not_open_it(office: Office, way: Way) -> None:
    """But for one that works only together with what is missing here."""
    asker = await _asker(office, way, *(scope for scope in OTHERS if scope not in way.scopes))
    assert (await _ask(asker, way)).status_code == 403


@pytest.mark.parametrize("way", SCOPED, ids=str)
async def test_create_or_update_without_view_opens_nothing(office: Office, way: Way) -> None:
    lonely = [scope for scope in way.scopes if CATALOGUE[scope].needs]
    answer = await _ask(await _asker(office, way, *lonely), way)
    assert answer.status_code == 403


@pytest.mark.parametrize("way", SCOPED, ids=str)
async def test_with_just_the_permission_the_door_is_open(office: Office, way: Way) -> None:
    """Whatever then is wrong with an empty form or an id that nobody has: it is not the permission."""
    answer = await _ask(await _asker(office, way, *_together(way.scopes)), way)
    assert answer.status_code not in (401, 403, 405, 500), answer.text
    assert "admin/login" not in answer.headers.get("location", "")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("way", [way for way in PAGES if way.method != "GET"], ids=str)
async def test_a_form_without_the_token_of_its_login_is_refused(office: Office, way: Way) -> None:
    asker = await _asker(office, way, *_together(way.scopes))
    answer = await asker.request(way.method, way.path, data={"form_token": "0" * 64})
    assert answer.status_code == 403


async def _far_user(office: Office) -> str:
    await office.hire("far@example.com", "auditor", tenant="far")
    return str((await office.house.users.list(await office.commanding("far")))[0].user.id)


async def _far_connection(office: Office) -> str:
    actor = await office.commanding("far")
    async with office.house.db.read() as tx:
        mine = select(connections.c.id).where(connections.c.tenant_id == actor.tenant_id)
        return str((await tx.execute(mine)).scalars().first())


async def _far_vendor(office: Office) -> str:
    return str((await office.house.vendors.create(await office.commanding("far"), "Far away")).id)


async def _far_client(office: Office) -> str:
    return (await office.house.clients.add("far", "far")).client_id


async def _far_session(office: Office) -> str:
    client = await office.house.clients.add("far", "far")
    caller = await office.house.access.basic(client.client_id, client.client_secret, "192.0.2.1")
    wanted = draft()
    await office.house.sessions.create(caller, wanted)
    async with office.house.db.read() as tx:
        mine = select(sessions.c.id).where(sessions.c.external_id == wanted.external_id)
        return str((await tx.execute(mine)).scalar_one())


# What a parameter of a path names, made in another tenant. A new parameter needs a line.
STRANGERS: dict[str, Callable[[Office], Awaitable[str]]] = {
    "user_id": _far_user,
    "connection_id": _far_connection,
    "vendor_id": _far_vendor,
    "client_id": _far_client,
    "session_id": _far_session,
}
UNDER_ANOTHER = {"instructor_id", "grant_id"}  # named together with its vendor or user, strangers already
NO_OBJECTS = {"anything:path", "path", "provider", "key"}
POINTING = [way for way in SCOPED if set(_parameters(way)) & set(STRANGERS)]


def test_every_parameter_of_a_path_can_be_tried_with_another_tenants_id() -> None:
    known = {*STRANGERS, *UNDER_ANOTHER, *NO_OBJECTS}
    unknown = {name for way in WAYS for name in _parameters(way)} - known
    assert not unknown, "say in STRANGERS how to make one in another tenant"


@pytest.mark.parametrize("way", POINTING, ids=str)
async def test_another_tenants_things_are_answered_like_things_that_are_not_there(
    office: Office, way: Way
) -> None:
    asker = await _asker(office, way, *OTHERS)
    answers = []
    for one in (await STRANGERS[next(n for n in _parameters(way) if n in STRANGERS)](office), NOBODY):
        path = way.template
        for name in _parameters(way):
            path = path.replace(f"{{{name}}}", one if name in STRANGERS else NOBODY)
        answer = await _ask(asker, replace(way, template=path))
        answers.append((answer.status_code, answer.text.replace(one, "-")))
    assert answers[0] == answers[1]
