"""Edits that say what they are based on, creates that happen once, slices, problems for every error."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Response
from pydantic import BaseModel

from app import api
from app.api.answers import BasedOn, Once, answer
from app.api.callers import Inside, Signed, need
from app.api.slices import Slice, Sliced
from app.domain.actor import Actor
from app.domain.errors import ProviderUnavailable, Stale
from app.domain.permissions import CATALOGUE, Scope
from tests.admin.conftest import Office


class Cup(BaseModel):
    number: int
    secret: str = ""


class Cups:
    """A subject as a colleague would write one."""

    def __init__(self) -> None:
        self.made, self.fail = 0, False
        self.router = APIRouter(prefix="/api/v1/cups")
        self.router.add_api_route("", self.create, methods=["POST"], response_model=Cup)
        self.router.add_api_route("", self.list, methods=["GET"], response_model=Slice[Cup])
        self.router.add_api_route("/{number}", self.update, methods=["PUT"], response_model=Cup)

    async def create(
        self, house: Inside, actor: Annotated[Actor, need(Scope.AUDIT_VIEW)], cup: Cup, once: Once
    ) -> Response:
        async def deed() -> Response:
            await asyncio.sleep(0.05)
            if self.fail:
                raise ProviderUnavailable
            self.made += 1
            return answer(Cup(number=self.made, secret="shown once"), 201, revision=1, location="/x")

        return await once(deed)

    async def list(self, actor: Signed, slice: Sliced) -> Slice[Cup]:
        after = int(slice.after[0]) if slice.after else 0
        found = [Cup(number=n) for n in range(after + 1, 8)][: slice.limit + 1]
        return slice.cut(found, key=lambda cup: [cup.number])

    async def update(self, actor: Signed, number: int, cup: Cup, known: BasedOn) -> Response:
        if known != 3:
            raise Stale
        return answer(cup, revision=4)


@pytest.fixture
def cups(office: Office) -> Cups:
    made = Cups()
    app: FastAPI = office.app
    app.include_router(made.router)
    app.router.routes.insert(0, app.router.routes.pop())  # in front of what answers everything else
    return made


@pytest.fixture
async def http(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    client = await office.house.clients.add("machine", scopes=["audit:view"])
    browser = office.browser()
    browser.auth = httpx.BasicAuth(client.client_id, client.client_secret)
    async with browser:
        yield browser


async def test_a_create_under_one_key_happens_once_and_is_answered_alike(
    cups: Cups, http: httpx.AsyncClient
) -> None:
    key = {"Idempotency-Key": "mine"}
    first = await http.post("/api/v1/cups", json={"number": 1}, headers=key)
    again = await http.post("/api/v1/cups", json={"number": 1}, headers=key)
    assert (first.status_code, first.text, first.headers["etag"]) == (201, again.text, '"1"')
    assert (again.headers["etag"], again.headers["idempotency-replayed"], cups.made) == ('"1"', "true", 1)
    other = await http.post("/api/v1/cups", json={"number": 2}, headers=key)
    assert other.status_code == 400
    assert "another request" in other.json()["detail"]


async def test_of_two_at_once_under_one_key_the_second_is_told_to_wait(
    cups: Cups, http: httpx.AsyncClient
) -> None:
    both = await asyncio.gather(
        *(http.post("/api/v1/cups", json={"number": 1}, headers={"Idempotency-Key": "k"}) for _ in range(2))
    )
    assert sorted(one.status_code for one in both) == [201, 409]
    assert cups.made == 1


async def test_what_failed_may_be_tried_again_under_its_key(cups: Cups, http: httpx.AsyncClient) -> None:
    key, cups.fail = {"Idempotency-Key": "k"}, True
    failed = await http.post("/api/v1/cups", json={"number": 1}, headers=key)
    assert failed.status_code == 503
    assert failed.headers["retry-after"]
    cups.fail = False
    assert (await http.post("/api/v1/cups", json={"number": 1}, headers=key)).status_code == 201


async def test_keys_of_two_clients_have_nothing_to_do_with_each_other(
    office: Office, cups: Cups, http: httpx.AsyncClient
) -> None:
    other = await office.house.clients.add("other", scopes=["audit:view"])
    for auth in (http.auth, (other.client_id, other.client_secret)):
        await http.post("/api/v1/cups", json={"number": 1}, headers={"Idempotency-Key": "k"}, auth=auth)
    assert cups.made == 2


async def test_a_kept_answer_is_sealed_and_forgotten_after_a_day(
    office: Office, cups: Cups, http: httpx.AsyncClient
) -> None:
    from sqlalchemy import select

    from app.db.tables import answers

    await http.post("/api/v1/cups", json={"number": 1}, headers={"Idempotency-Key": "k"})
    async with office.house.db.read() as tx:
        stored = (await tx.execute(select(answers.c.body))).scalar_one()
    assert b"shown once" not in stored
    office.clock.move(hours=25)
    await http.post("/api/v1/cups", json={"number": 1}, headers={"Idempotency-Key": "k"})
    assert cups.made == 2


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 428), ({"If-Match": '"2"'}, 412), ({"If-Match": "*"}, 412), ({"If-Match": '"3"'}, 200)],
)
async def test_an_edit_says_what_it_is_based_on(
    cups: Cups, http: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    done = await http.put("/api/v1/cups/1", json={"number": 1}, headers=headers)
    assert done.status_code == status
    assert (done.headers.get("etag") == '"4"') is (status == 200)


async def test_slices_show_everything_once(cups: Cups, http: httpx.AsyncClient) -> None:
    seen: list[int] = []
    params: dict[str, Any] = {"limit": 3}
    while True:
        found = (await http.get("/api/v1/cups", params=params)).json()
        seen += [cup["number"] for cup in found["items"]]
        if found["next"] is None:
            break
        params["cursor"] = found["next"]
    assert seen == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("cursor", ["x", "e30", "W10", "Ww", "ü", "W3t9XQ"])
async def test_a_cursor_that_is_not_ours_is_refused(cups: Cups, http: httpx.AsyncClient, cursor: str) -> None:
    answered = await http.get("/api/v1/cups", params={"cursor": cursor})
    assert answered.status_code == 400
    assert "cursor" in answered.json()["detail"]


async def test_wrong_fields_are_named_and_not_repeated(cups: Cups, http: httpx.AsyncClient) -> None:
    answered = await http.post("/api/v1/cups", json={"number": "hunter2"})
    assert answered.status_code == 422
    assert answered.json()["errors"][0]["pointer"] == "/number"
    assert "hunter2" not in answered.text
    assert (
        await http.put("/api/v1/cups/x", json={"number": 1}, headers={"If-Match": '"3"'})
    ).status_code == 404
    assert (
        await http.post("/api/v1/cups", content=b"{", headers={"Content-Type": "application/json"})
    ).status_code == 422


async def test_a_body_without_an_end_is_refused(cups: Cups, http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/v1/permissions")).status_code == 200
    huge = await http.post("/api/v1/nothing", content=b"x" * (api.LARGEST_BODY + 1))
    assert huge.status_code in (404, 413)


async def test_a_permission_that_is_missing_is_named(office: Office, cups: Cups) -> None:
    client = await office.house.clients.add("other")
    refused = await office.browser().post(
        "/api/v1/cups", json={"number": 1}, auth=(client.client_id, client.client_secret)
    )
    assert refused.status_code == 403
    assert CATALOGUE[Scope.AUDIT_VIEW].name in refused.json()["detail"]
