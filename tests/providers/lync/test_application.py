"""The application: made once, made anew when dropped, its links resolved and never kept."""

import json

import httpx
import pytest

from app.domain.errors import AccountBroken, OutcomeUnknown, ProviderError, ProviderUnavailable
from app.providers.lync.errors import advice_of
from tests.providers.lync.conftest import spec
from tests.providers.lync.printed import (
    APP,
    APPLICATION,
    APPS,
    BASE,
    DISCOVER,
    MEETINGS,
    ROOT,
    USER,
    complaint,
)

GONE = [
    complaint(404, "NotFound", "ApplicationNotFound"),
    complaint(410, "Gone", "InactiveApplicationExpired"),
]


async def test_the_application_is_asked_for_with_a_stable_endpoint(server, lync):
    await lync().find("m", None)
    await lync().find("m", None)
    first, second = server.sent(f"POST {APPS}")
    assert first == second
    assert set(first) == {"UserAgent", "EndpointId", "Culture"}
    assert all(0 < len(value) <= 100 for value in first.values())


async def test_scheduling_never_makes_the_account_available(server, lync):
    await lync().create(spec(), "m")
    assert not any("makeMeAvailable" in line for line in server.lines())


@pytest.mark.parametrize("gone", GONE)
async def test_a_dropped_application_is_made_anew_and_the_write_happens_once(server, lync, gone):
    server.answers[f"POST {MEETINGS}"] = [gone, server.answers[f"POST {MEETINGS}"]]
    assert (await lync().create(spec(), "m")).ref.provider_id
    assert server.lines().count(f"POST {APPS}") == 2


@pytest.mark.parametrize("gone", GONE)
async def test_an_application_that_is_dropped_again_and_again_ends_as_unavailable(server, lync, gone):
    server.answers[f"POST {MEETINGS}"] = gone
    with pytest.raises(ProviderUnavailable):
        await lync().create(spec(), "m")
    assert server.lines().count(f"POST {APPS}") == 2


async def test_links_of_a_new_application_are_used_after_the_old_one_went(server, lync):
    moved = json.loads(json.dumps(APPLICATION).replace("/105", "/106"))
    server.answers[f"POST {APPS}"] = [server.answers[f"POST {APPS}"], httpx.Response(201, json=moved)]
    server.answers[f"GET {MEETINGS}"] = GONE[0]
    server.answers[f"GET {MEETINGS.replace('/105', '/106')}"] = httpx.Response(200, json=server.listing())
    assert await lync().find("m", None) is None


async def test_a_meeting_that_is_missing_is_no_missing_application(server, lync):
    server.answers[f"DELETE {MEETINGS}/PYC58WSY"] = complaint(404, "NotFound")
    provider = lync()
    made = await provider.create(spec(), "m")
    await provider.cancel(made.ref)
    assert server.lines().count(f"POST {APPS}") == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (complaint(410, "Gone", "TooManyApplications"), AccountBroken),
        (complaint(410, "Gone", "UserAgentNotAllowed"), AccountBroken),
        (complaint(410, "Gone", "CannotRedirect"), ProviderUnavailable),
        (complaint(429, "TooManyRequests"), ProviderUnavailable),
        (complaint(503, "ServiceUnavailable"), ProviderUnavailable),
        (httpx.Response(200, text="<html>portal"), ProviderError),
    ],
)
async def test_each_refusal_of_an_application_has_its_kind(server, lync, answer, kind):
    server.answers[f"POST {APPS}"] = answer
    with pytest.raises(kind):
        await lync().create(spec(), "m")


async def test_a_lost_answer_to_the_application_is_repeated_without_harm(server, lync):
    server.answers[f"POST {APPS}"] = [httpx.ReadError("reset"), server.answers[f"POST {APPS}"]]
    assert await lync().create(spec(), "m")
    server.answers[f"POST {APPS}"] = httpx.ReadError("reset")
    with pytest.raises(ProviderUnavailable):
        await lync().create(spec(), "m")


async def test_a_missing_link_is_a_sentence_about_the_policy(server, lync):
    without = json.loads(json.dumps(APPLICATION))
    del without["_embedded"]["onlineMeetings"]["_links"]["myOnlineMeetings"]
    server.answers[f"POST {APPS}"] = httpx.Response(201, json=without)
    with pytest.raises(AccountBroken) as caught:
        await lync().create(spec(), "m")
    assert "does not let this account schedule meetings" in advice_of(caught.value)


async def test_a_redirect_at_the_user_link_is_followed_and_its_tail_is_completed(server, lync):
    home = "https://home.contoso.com/Autodiscover/AutodiscoverService.svc/root"
    server.answers[f"GET {USER}"] = httpx.Response(
        200, json={"_links": {"redirect": {"href": f"{home}?x=1"}}}
    )
    server.answers[f"GET {home}/oauth/user?x=1"] = httpx.Response(
        200, json={"_links": {"applications": {"href": APPS}}}
    )
    assert await lync().create(spec(), "m")


@pytest.mark.parametrize(
    "link", ["https://evil.example/ucwa/oauth/v1/applications", APPS.replace("https", "http")]
)
async def test_the_ticket_goes_to_no_foreign_or_unencrypted_application_host(server, lync, link):
    server.answers[f"GET {USER}"] = httpx.Response(200, json={"_links": {"applications": {"href": link}}})
    with pytest.raises(AccountBroken):
        await lync().create(spec(), "m")
    assert not any(line.endswith(link) for line in server.lines())


async def test_a_meeting_link_to_a_foreign_host_does_not_get_the_ticket(server, lync):
    foreign = {
        "onlineMeetingUri": "sip:x",
        "description": "[vilt:m]",
        "_links": {"self": {"href": "https://evil.example/1"}},
    }
    server.answers[f"GET {MEETINGS}"] = httpx.Response(200, json=server.listing(foreign))
    with pytest.raises(AccountBroken):
        await lync().find("m", None)
    assert not any("evil" in line for line in server.lines())


@pytest.mark.parametrize("answer", [httpx.Response(502, text="<html>"), httpx.Response(403, text="<html>")])
async def test_a_502_or_403_of_a_proxy_restarts_discovery(server, lync, answer):
    listing = server.answers[f"GET {MEETINGS}"]
    server.answers[f"GET {MEETINGS}"] = [answer, listing]
    provider = lync()
    with pytest.raises(ProviderError):
        await provider.find("m", None)
    await provider.find("m", None)
    assert server.lines().count(f"GET {DISCOVER}") == 2


async def test_other_answers_do_not_restart_discovery_but_repeated_silence_does(server, lync):
    listing = server.answers[f"GET {MEETINGS}"]
    unavailable = httpx.Response(503)
    server.answers[f"GET {MEETINGS}"] = [
        unavailable,
        unavailable,
        httpx.ConnectError("x"),
        httpx.ConnectError("x"),
        listing,
    ]
    provider = lync()
    for _ in range(4):
        with pytest.raises(ProviderUnavailable):
            await provider.find("m", None)
    assert server.lines().count(f"GET {DISCOVER}") == 1
    await provider.find("m", None)
    assert server.lines().count(f"GET {DISCOVER}") == 2


async def test_retry_after_is_passed_on(server, lync):
    server.answers[f"POST {MEETINGS}"] = httpx.Response(503, headers={"Retry-After": "17"})
    with pytest.raises(ProviderUnavailable) as caught:
        await lync().create(spec(), "m")
    assert caught.value.retry_after.total_seconds() == 17


async def test_a_gateway_that_fails_after_a_write_leaves_the_outcome_unknown(server, lync):
    for answer in (httpx.Response(502, text="<html>"), complaint(500, "ServiceFailure"), httpx.Response(504)):
        server.answers[f"POST {MEETINGS}"] = answer
        with pytest.raises(OutcomeUnknown):
            await lync().create(spec(), "m")


async def test_signing_out_takes_the_application_off_the_server(server, lync):
    provider = lync()
    await provider.find("m", None)
    await provider.aclose()
    await provider.aclose()
    assert server.lines().count(f"DELETE {APP}") == 1


async def test_no_more_than_four_calls_of_an_account_are_under_way(server, lync):
    import asyncio

    now = most = 0

    async def slow(request):
        nonlocal now, most
        now, most = now + 1, max(most, now + 1)
        await asyncio.sleep(0.01)
        now -= 1
        return answer(request)

    class Counting(type(server)):
        async def handle_async_request(self, request):
            if str(request.url) == MEETINGS:
                await slow(request)
            return await super().handle_async_request(request)

    answer = lambda request: None  # noqa: E731
    server.__class__ = Counting
    provider = lync()
    await asyncio.gather(*(provider.create(spec(), f"m{n}") for n in range(12)))
    assert most == 4


async def test_the_root_document_is_reached_by_its_own_address_too(server, lync):
    server.answers[f"GET {ROOT}"] = server.answers[f"GET {DISCOVER}"]
    report = await lync(api_endpoint=ROOT).check()
    assert report.ok
    assert BASE not in str(report.facts)
