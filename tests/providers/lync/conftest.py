"""A Lync provider that speaks to the printed examples."""

from datetime import UTC, datetime

import pytest

from app.domain.meeting import MeetingSpec
from app.domain.people import Person
from app.providers.gate import Manners
from app.providers.http import OutboundPolicy, ProviderHttp
from app.providers.lync import PROVIDER
from app.providers.lync.config import LyncSettings
from app.providers.lync.signin import REFUSALS
from app.simulators.lync import LyncSimulator, Options
from tests.providers.lync.printed import Printed

# Printed conversations are compared line by line: repeats have tests of their own (test_gate.py).
ONCE = OutboundPolicy(manners=Manners(repeats=0).at_most(PROVIDER.card.calls_at_once, 0))
USERNAME, PASSWORD = "svc-lms@contoso.com", "p:w&+#%ä ß"


def settings(**changes) -> LyncSettings:
    return LyncSettings(
        **{"username": USERNAME, "password": PASSWORD, "api_endpoint": "contoso.com"} | changes
    )


def spec(**changes) -> MeetingSpec:
    wanted = {
        "title": "Fire safety",
        "description": "Bring your badge.",
        "starts_at": datetime(2029, 5, 12, 9, 0, tzinfo=UTC),
        "ends_at": datetime(2029, 5, 12, 10, 30, tzinfo=UTC),
        "presenters": (Person("trainer@contoso.com"),),
    }
    return MeetingSpec(**wanted | changes)


@pytest.fixture(autouse=True)
def _no_password_is_remembered_as_refused():
    REFUSALS.clear()
    yield
    REFUSALS.clear()


@pytest.fixture
def server() -> Printed:
    return Printed()


@pytest.fixture
def lync(server):
    """Builds a provider on the printed server; keyword arguments change its settings."""

    def build(**changes):
        return PROVIDER(settings(**changes), ProviderHttp(ONCE, transport=server))

    return build


@pytest.fixture(scope="session")
def running():
    with LyncSimulator(options=Options(seed=11, shortest_poll=0.2)) as simulator:
        yield simulator


@pytest.fixture
def simulator(running):
    running.reset()
    running.fault_off()
    running.clear_requests()
    if not any("trainer@" in str(person) for person in running.people()):
        running.add_person("trainer@contoso.example", "Tara Trainer")
    return running
