"""What is repeated and what is not, what the breaker counts, and whether a provider's wish is kept."""

import asyncio
import time

import httpx
import pytest

from app.domain.errors import OutcomeUnknown, ProviderUnavailable
from app.providers.breaker import BreakerPolicy, State
from app.providers.budget import BudgetPolicy
from app.providers.gate import Gate, Manners
from app.providers.held_back import HeldBack
from app.providers.http import OutboundPolicy, ProviderHttp
from app.telemetry import meters
from tests.providers.hand import Hand

URL = "https://vendor.example/meetings"


class Vendor(httpx.AsyncBaseTransport):
    """Gives its answers one by one; the last one stays. An exception is raised."""

    def __init__(self, *answers: httpx.Response | Exception | int) -> None:
        self.answers, self.asked = list(answers), 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(0)  # others get their turn, as they do on a network
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer) if isinstance(answer, int) else answer


def manners(**changes) -> Manners:
    return Manners(**{"first_pause": 0.001, "budget": BudgetPolicy(queue_seconds=0.5)} | changes)


def to(vendor: Vendor, hand=time.monotonic, **changes) -> ProviderHttp:
    return ProviderHttp(OutboundPolicy(manners=manners(**changes)), transport=vendor, clock=hand)


@pytest.mark.parametrize(
    "failure", [502, 503, 504, 408, httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.ReadError("x")]
)
async def test_a_read_that_failed_in_passing_is_repeated(failure):
    vendor = Vendor(failure, failure, 200)
    assert (await to(vendor).send("GET", URL)).status_code == 200
    assert vendor.asked == 3


async def test_b8_a_write_whose_answer_was_lost_is_never_repeated():
    for lost in (httpx.ReadTimeout("x"), httpx.ReadError("x"), httpx.RemoteProtocolError("x")):
        vendor = Vendor(lost, 201)
        with pytest.raises(OutcomeUnknown):
            await to(vendor).send("POST", URL, json={})
        assert vendor.asked == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_b8_a_write_that_a_gateway_failed_is_never_repeated(status):
    vendor = Vendor(status, 201)
    assert (await to(vendor).send("PUT", URL, json={})).status_code == status
    assert vendor.asked == 1


async def test_a_write_that_never_left_is_repeated_with_its_content():
    seen = []

    async def answer(request):
        seen.append(request.content)
        if len(seen) == 1:
            raise httpx.ConnectError("x")
        return httpx.Response(201)

    http = ProviderHttp(OutboundPolicy(manners=manners()), transport=httpx.MockTransport(answer))
    assert (await http.send("POST", URL, json={"a": 1})).status_code == 201
    assert seen == [b'{"a":1}'] * 2


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_who_is_turned_away_comes_again_only_when_it_is_told_when(method):
    told = httpx.Response(429, headers={"Retry-After": "0.05"})
    began = time.monotonic()
    assert (await to(Vendor(told, 200)).send(method, URL)).status_code == 200
    assert time.monotonic() - began >= 0.05
    untold = Vendor(429, 200)
    assert (await to(untold).send(method, URL)).status_code == 429
    assert untold.asked == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 500])
async def test_an_answer_that_will_not_change_is_not_asked_for_again(status):
    vendor = Vendor(status)
    assert (await to(vendor).send("GET", URL)).status_code == status
    assert vendor.asked == 1


async def test_a_failure_that_took_long_is_not_repeated():
    hand = Hand()

    async def slow(_request):
        hand.move(6)
        raise httpx.ReadTimeout("x")

    asked = []
    http = ProviderHttp(
        OutboundPolicy(manners=manners()),
        transport=httpx.MockTransport(lambda r: asked.append(r) or slow(r)),
        clock=hand,
    )
    with pytest.raises(ProviderUnavailable):
        await http.send("GET", URL)
    assert len(asked) == 1


async def test_a_long_wait_is_passed_upward_and_kept_by_every_call_of_the_connection():
    hand = Hand()
    vendor = Vendor(httpx.Response(503, headers={"Retry-After": "17"}), 200)
    http = to(vendor, hand)
    assert (await http.send("GET", URL)).headers["retry-after"] == "17"
    with pytest.raises(HeldBack) as held:
        await http.beside().send("POST", URL)
    assert held.value.retry_after.total_seconds() == 17
    assert vendor.asked == 1
    hand.move(17)
    assert (await http.send("GET", URL)).status_code == 200


async def test_an_open_breaker_asks_nobody_and_one_call_finds_out_when_it_is_over():
    hand, vendor = Hand(), Vendor(*[503] * 9, 200)
    http = to(vendor, hand, breaker=BreakerPolicy(failures=3))
    for _ in range(3):
        await http.send("GET", URL)
    assert vendor.asked == 9, "a call and its repeats are one failure"
    for _ in range(20):
        with pytest.raises(HeldBack):
            await http.send("GET", URL)
    assert vendor.asked == 9
    hand.move(10)
    answers = await asyncio.gather(*(http.send("GET", URL) for _ in range(5)), return_exceptions=True)
    assert [type(answer) for answer in answers].count(HeldBack) == 4
    assert (await http.send("GET", URL)).status_code == 200


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
async def test_mistakes_of_ours_never_open_the_breaker(status):
    vendor = Vendor(status)
    http = to(vendor)
    for _ in range(20):
        await http.send("POST", URL)
    assert vendor.asked == 20


async def test_addresses_that_may_not_be_called_never_open_the_breaker():
    http = ProviderHttp(OutboundPolicy(manners=manners()))
    for _ in range(7):
        with pytest.raises(ProviderUnavailable) as caught:
            await http.send("GET", "https://127.0.0.1:1/")
        assert not isinstance(caught.value, HeldBack)


async def test_a_call_that_was_given_up_is_no_failure_of_the_provider():
    async def never(_request):
        await asyncio.sleep(30)

    http = ProviderHttp(
        OutboundPolicy(manners=manners(breaker=BreakerPolicy(failures=1))),
        transport=httpx.MockTransport(never),
    )
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await http.send("GET", URL)


async def test_long_polls_take_no_place_and_pass_an_open_breaker():
    waiting = asyncio.Event()

    async def answer(request):
        if request.url.path == "/events":
            await waiting.wait()
        return httpx.Response(200)

    one = manners(budget=BudgetPolicy(at_once=1, queue=0))
    http = ProviderHttp(OutboundPolicy(manners=one), transport=httpx.MockTransport(answer))
    url = "https://vendor.example/events"
    polls = [asyncio.create_task(http.send("GET", url, long_poll=True)) for _ in range(5)]
    await asyncio.sleep(0.01)
    assert (await http.send("GET", URL)).status_code == 200
    waiting.set()
    assert [poll.status_code for poll in await asyncio.gather(*polls)] == [200] * 5


async def test_requests_refusals_and_the_breaker_are_counted():
    gate = Gate(manners(breaker=BreakerPolicy(failures=1), repeats=0), "counted", "c-1")
    http = ProviderHttp(transport=Vendor(503), gate=gate)
    await http.send("GET", URL)
    with pytest.raises(HeldBack):
        await http.send("GET", URL)
    text = meters.exposition().decode()
    assert 'vilt_provider_requests_total{method="GET",outcome="5xx",provider="counted"} 1.0' in text
    assert 'vilt_provider_refusals_total{provider="counted",reason="breaker"} 1.0' in text
    assert f'vilt_provider_breaker{{connection="c-1",provider="counted"}} {float(State.OPEN)}' in text
    Gate(manners(), "counted", "c-1")
    assert 'vilt_provider_breaker{connection="c-1",provider="counted"} 0.0' in meters.exposition().decode()


def test_a_providers_own_limit_only_lowers_what_the_deployment_allows():
    assert Manners().at_most(4, 2.5).budget == BudgetPolicy(at_once=4, per_second=2.5)
    assert Manners().at_most(400, 0).budget.at_once == 16
    assert Manners().at_most(0, 0).budget == BudgetPolicy()
