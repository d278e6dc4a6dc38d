"""A service that has something to lose: a provider's password, a class there, a client, a link, a trail."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from app.domain.actor import Actor, commanding
from app.domain.session import SessionDraft
from app.settings import Settings
from app.simulators.lync import DEFAULT_PASSWORD, LyncSimulator
from app.wiring import House, open_house
from tests.conftest import SECRET

SESSION, LEARNER = "fire-safety-1", "dana.lee@example.com"
BEGINS = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)


@dataclass(frozen=True)
class Belongings:
    """What people hold: the LMS its credential, a learner a link."""

    auth: tuple[str, str]
    link_path: str


@contextmanager
def lync() -> Iterator[LyncSimulator]:
    simulator = LyncSimulator()
    simulator.start()
    try:
        yield simulator
    finally:
        simulator.stop()


def settings_for(simulator: LyncSimulator, database_url: str, secret: str = SECRET) -> Settings:
    return Settings(
        database_url=database_url,
        secret_key=secret,  # type: ignore[arg-type]
        allow_private_endpoints=True,
        provider_ca_file=str(simulator.ca_path),
        request_budget_seconds=5,
    )


async def furnish(settings: Settings, simulator: LyncSimulator) -> Belongings:
    """Activate the Lync connection, schedule a class, launch it for a learner."""
    async with open_house(settings) as house:
        first = await house.clients.add("first")
        caller = await house.access.basic(first.client_id, first.client_secret, "")
        made = await enter_password(house, commanding(caller.tenant_id, "test"), simulator)
        caller = await house.access.basic(*made, "")
        draft = SessionDraft(
            external_id=SESSION,
            title="Fire safety",
            description="",
            starts_at=BEGINS,
            ends_at=BEGINS + timedelta(hours=1),
            creator_email="admin@example.com",
        )
        await house.sessions.create(caller, draft)
        link = await house.launches.launch(caller, SESSION, LEARNER, "c-1")
    return Belongings(made, httpx.URL(link).path)


async def enter_password(house: House, actor: Actor, simulator: LyncSimulator) -> tuple[str, str]:
    """Fill in the provider's form. The new credential that comes with it, or two empty texts."""
    typed = {
        "username": simulator.user,
        "password": DEFAULT_PASSWORD,
        "api_endpoint": simulator.base_url,
    }
    done = await house.preferences.save(actor, "lync", typed)
    return (done.credential.client_id, done.credential.client_secret) if done.credential else ("", "")


def moved(title: str) -> dict[str, object]:
    """The body with which the LMS changes the class."""
    return {
        "CreatorEmail": "admin@example.com",
        "Title": title,
        "DateBegin": f"{BEGINS:%Y-%m-%dT%H:%M:%S}",
        "DateEnd": f"{BEGINS + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}",
        "TimeZone": {"UTCOffset": "+00:00"},
        "SessionId": SESSION,
    }


def held(simulator: LyncSimulator) -> list[str]:
    """The titles of the meetings that the provider has of us."""
    kept = simulator.meetings()
    return [str(one["subject"]) for one in kept if one.get("onlineMeetingRel") != "myAssignedOnlineMeeting"]


def in_path(email: str) -> str:
    """As the LMS writes a person's address into a path."""
    return base64.b64encode(email.encode()).decode()
