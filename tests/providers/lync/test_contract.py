"""The Lync adapter keeps the contract against the simulator, a black box behind TLS and sockets."""

import ssl

import pytest

from app.domain.people import Person
from app.providers.http import OutboundPolicy, ProviderHttp
from app.providers.lync import PROVIDER
from app.providers.lync.config import LyncSettings
from app.simulators.lync import DEFAULT_PASSWORD, DEFAULT_USER, LyncSimulator, Options
from tests.providers.contract import Bench, ProviderContract


def over_tls(simulator: LyncSimulator) -> ProviderHttp:
    tls = ssl.create_default_context(cafile=str(simulator.ca_path))
    return ProviderHttp(OutboundPolicy(allow_private_networks=True), tls=tls)


def against(simulator: LyncSimulator, **changes) -> LyncSettings:
    wanted = {"username": DEFAULT_USER, "password": DEFAULT_PASSWORD, "api_endpoint": simulator.base_url}
    return LyncSettings(**wanted | changes)


class LyncBench(Bench):
    instructor = Person("trainer@contoso.example", "Tara Trainer")
    stranger = "nobody@contoso.example"

    def __init__(self, simulator: LyncSimulator, **changes) -> None:
        self.simulator = simulator
        self.provider = PROVIDER(against(simulator, **changes), over_tls(simulator))

    def meetings(self) -> int:
        return sum(m["onlineMeetingRel"] == "myOnlineMeetings" for m in self.simulator.meetings())

    def lose_answers(self, *, count=None, rate=1.0):
        self.simulator.fault_on("answer-lost", rate=rate, count=count)

    def be_unavailable(self):
        self.simulator.fault_on("unavailable")

    def refuse(self):
        self.simulator.fault_on("too-many-meetings")

    def break_account(self):
        self.simulator.lock_account(DEFAULT_USER)

    def remove(self, ref):
        self.simulator.remove_meeting(ref.provider_id)

    def recover(self):
        self.simulator.fault_off()


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


class TestLync(ProviderContract):
    @pytest.fixture
    async def bench(self, simulator):
        bench = LyncBench(simulator)
        yield bench
        await bench.provider.aclose()
