"""A deactivated integration: the contract is closed, and the links that people hold go on working."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI

from app.domain.actor import Actor
from app.main import create_app
from app.providers.sandbox import PROVIDER as Sandbox
from app.services.installed import Integration
from app.settings import Settings
from app.wiring import House
from tests.conftest import Hands
from tests.join.conftest import LEARNER, openings, running
from tests.join.portal import Portal


@dataclass
class Edge:
    """The service with a portal on it, and the administrator who switches its integration."""

    app: FastAPI
    portal: Portal
    actor: Actor

    @property
    def house(self) -> House:
        house: House = self.app.state.house
        return house

    async def known(self) -> Integration:
        return (await self.house.integrations.all(self.actor))[0]

    async def switch_off(self) -> None:
        await self.house.integrations.deactivate(self.actor, (await self.known()).id)

    async def ask_for_a_link(self, session: str) -> tuple[int, str]:
        """As the LMS does: status, and what the person is shown."""
        code = base64.urlsafe_b64encode(LEARNER.encode()).decode()
        path = f"/session/{session}/user/{code}/url"
        answer = await self.portal.http.get(path, auth=self.portal.auth)
        return answer.status_code, answer.text


@pytest.fixture
async def edge(settings: Settings, clock: Hands) -> AsyncIterator[Edge]:
    app = create_app(settings, clock, {"sandbox": Sandbox})
    async with running(app, clock) as portal:
        yield Edge(app, portal, await app.state.house.users.commanding())


async def test_a_held_link_opens_the_class_after_the_integration_was_deactivated(
    edge: Edge, settings: Settings
) -> None:
    session = await edge.portal.plan()
    link = await edge.portal.link(session, LEARNER)
    await edge.switch_off()
    page = await edge.portal.http.get(link)
    assert (page.status_code, "Fire safety" in page.text) == (200, True)
    entered = await edge.portal.http.post(f"{link}/room/enter")
    assert entered.status_code == 200, entered.text
    assert await openings(settings.database_url) == 1


async def test_the_lms_is_refused_in_words_and_reactivation_brings_it_back(edge: Edge) -> None:
    session = await edge.portal.plan()
    await edge.switch_off()
    status, said = await edge.ask_for_a_link(session)
    assert status == 403
    assert "This integration is deactivated. An administrator can activate it again." in said
    await edge.house.integrations.activate(edge.actor, (await edge.known()).id)
    status, said = await edge.ask_for_a_link(session)
    assert (status, "/join/" in said) == (200, True)


async def test_only_classes_that_are_still_to_come_are_counted(edge: Edge, clock: Hands) -> None:
    over = await edge.portal.plan(begins_in=5, minutes=10)
    await edge.portal.plan(begins_in=5, minutes=120)
    await edge.portal.plan(begins_in=60 * 24)
    await edge.portal.cancel(await edge.portal.plan(begins_in=60))
    clock.move(minutes=20)
    assert over
    count = await edge.house.integrations.classes_to_come(edge.actor, (await edge.known()).id)
    assert count == 2
