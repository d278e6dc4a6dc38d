"""The simulator as the vendor's side of the table: a black box behind TLS and sockets."""

import ssl

from app.domain.people import Person
from app.providers.http import OutboundPolicy, ProviderHttp
from app.providers.lync import PROVIDER
from app.providers.lync.config import LyncSettings
from app.simulators.lync import DEFAULT_PASSWORD, DEFAULT_USER, LyncSimulator
from tests.providers.contract import Bench


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
