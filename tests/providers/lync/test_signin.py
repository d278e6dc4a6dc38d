"""Signing in: every printed challenge, an honest form, one flight, and no hammering."""

import asyncio
from urllib.parse import parse_qs

import httpx
import pytest

from app.domain.errors import AccountBroken, ProviderError, ProviderUnavailable
from app.providers.lync.challenge import read_challenge
from app.providers.lync.errors import advice_of
from app.providers.lync.signin import LEAVE_ALONE_SECONDS, REFUSALS
from tests.providers.lync.conftest import PASSWORD, USERNAME, settings, spec
from tests.providers.lync.printed import APPS, BEARER, DISCOVER, MEETINGS, RTC, TICKET, USER, challenge

UNQUOTED = RTC.replace(f'href="{TICKET}"', f"href={TICKET}")
SPACED = RTC.replace(",grant_type", ", grant_type")
TURNED = f'MsRtcOAuth grant_type="password,urn:microsoft.rtc:windows",href="{TICKET}"'


@pytest.mark.parametrize(
    "headers",
    [
        (BEARER, RTC),
        (RTC, BEARER),
        (f"{BEARER}, {RTC}",),
        (f"{RTC}, {BEARER}",),
        (UNQUOTED,),
        (SPACED,),
        (TURNED,),
        ("Negotiate", "NTLM", RTC),
        (RTC.replace("MsRtcOAuth", "msrtcoauth"),),
    ],
)
def test_the_challenge_is_read_in_every_printed_form(headers):
    response = challenge(*headers)
    response.request = httpx.Request("GET", USER)
    found = read_challenge(response)
    assert found is not None
    assert found.ticket_url == TICKET
    assert "password" in found.grants


@pytest.mark.parametrize(
    "headers", [(), (BEARER,), ("Negotiate",), ("MsRtcOAuth",), ('MsRtcOAuth grant_type="password"',)]
)
def test_what_is_no_challenge_is_not_taken_for_one(headers):
    response = challenge(*headers)
    response.request = httpx.Request("GET", USER)
    assert read_challenge(response) is None


async def test_the_password_goes_form_encoded_whatever_it_holds(server, lync):
    await lync().create(spec(), "m")
    (asked,) = [r for r in server.asked if str(r.url) == TICKET]
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded;charset=UTF-8"
    assert parse_qs(asked.content.decode(), strict_parsing=True) == {
        "grant_type": ["password"],
        "username": [USERNAME],
        "password": [PASSWORD],
    }


async def test_the_ticket_keeps_its_prefix_and_goes_with_every_call_but_no_origin_does(server, lync):
    await lync().create(spec(), "m")
    after = server.asked[server.lines().index(f"POST {TICKET}") + 1 :]
    assert {r.headers["authorization"] for r in after} == {"Bearer cwt=AAEBbuHc"}
    assert not any({"origin", "x-ms-origin", "referer"} & set(r.headers) for r in server.asked)


async def test_b15_twenty_at_once_sign_in_once(server, lync):
    provider = lync()
    await asyncio.gather(*(provider.create(spec(), f"m{n}") for n in range(20)))
    assert server.lines().count(f"POST {TICKET}") == 1
    assert server.lines().count(f"POST {APPS}") == 1


async def test_b15_an_expired_ticket_is_renewed_once_and_the_write_happens_once(server, lync):
    provider = lync()
    await provider.find("m", None)
    server.ticket = "cwt=NEW"
    await asyncio.gather(*(provider.create(spec(), f"m{n}") for n in range(4)))
    done = [r for r in server.asked if r.headers.get("authorization") == "Bearer cwt=NEW"]
    assert server.lines().count(f"POST {TICKET}") == 2
    assert [f"{r.method} {r.url}" for r in done].count(f"POST {MEETINGS}") == 4


async def test_a_ticket_is_renewed_before_it_ends_without_asking_in_vain(server, lync):
    provider = lync()
    server.answers[f"POST {TICKET}"] = httpx.Response(
        200, json={"access_token": server.ticket, "expires_in": 0.0001}
    )
    await provider.find("m", None)
    await provider.find("m", None)
    assert (
        len([r for r in server.asked if "authorization" not in r.headers and str(r.url).startswith(APPS)])
        == 0
    )
    assert server.lines().count(f"POST {TICKET}") > 2


async def test_a_403_with_a_challenge_signs_in_again_once(server, lync):
    provider = lync()
    server.answers[f"POST {APPS}"] = [challenge(RTC, status=403), server.answers[f"POST {APPS}"]]
    assert await provider.create(spec(), "m")
    assert server.lines().count(f"POST {TICKET}") == 2


async def test_a_server_that_never_accepts_its_own_tickets_is_not_asked_for_ever(server, lync):
    server.answers[f"POST {APPS}"] = challenge(RTC, status=403)
    with pytest.raises(ProviderUnavailable):
        await lync().create(spec(), "m")
    assert server.lines().count(f"POST {TICKET}") == 2


async def refused(provider) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await provider.create(spec(), "m")
    assert PASSWORD not in str(caught.value) + advice_of(caught.value)
    return caught.value


async def test_a_refused_password_is_sent_once_and_then_left_alone(server, lync):
    server.answers[f"POST {TICKET}"] = httpx.Response(400, json={"error": "invalid_grant"})
    for provider in (lync(), lync()):  # the second stands for another form with the same values
        for _ in range(3):
            assert isinstance(await refused(provider), AccountBroken)
    assert server.lines().count(f"POST {TICKET}") == 1
    assert isinstance(await refused(lync(password="another")), AccountBroken)
    assert server.lines().count(f"POST {TICKET}") == 2


async def test_after_some_minutes_the_password_is_tried_again(server, lync, monkeypatch):
    server.answers[f"POST {TICKET}"] = httpx.Response(400, json={"error": "invalid_grant"})
    await refused(lync())
    before = REFUSALS.clock
    monkeypatch.setattr(REFUSALS, "clock", lambda: before() + LEAVE_ALONE_SECONDS + 1)
    await refused(lync())
    assert server.lines().count(f"POST {TICKET}") == 2


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (
            httpx.Response(400, json={"error": "unsupported_grant_type"}),
            AccountBroken,
            "switched the password grant off",
        ),
        (httpx.Response(400, json={"error": "server_error"}), ProviderUnavailable, "server_error"),
        (httpx.Response(400, json={"error": "invalid_request"}), ProviderError, "400"),
        (httpx.Response(503), ProviderUnavailable, "503"),
        (httpx.Response(502, text="<html>"), ProviderUnavailable, "502"),
        (httpx.Response(200, text="<html>"), ProviderUnavailable, "without a ticket"),
        (
            httpx.Response(200, json={"access_token": "cwt=a\r\nX: y"}),
            ProviderUnavailable,
            "without a ticket",
        ),
        (httpx.ReadTimeout("slow"), ProviderUnavailable, "did not answer in time"),
    ],
)
async def test_each_failure_of_the_sign_in_has_its_sentence(server, lync, answer, kind, said):
    server.answers[f"POST {TICKET}"] = answer
    error = await refused(lync())
    assert isinstance(error, kind)
    assert said in advice_of(error)


async def test_a_server_without_the_password_grant_says_what_it_offers(server, lync):
    server.challenge = (BEARER, RTC.replace(",password", ""))
    error = await refused(lync())
    assert isinstance(error, AccountBroken)
    assert "urn:microsoft.rtc:windows, urn:microsoft.rtc:anonmeeting" in advice_of(error)
    assert f"POST {TICKET}" not in server.lines()


@pytest.mark.parametrize(
    "desk", ["https://evil.example/token", "http://lyncweb.contoso.com/WebTicket/oauthtoken"]
)
async def test_the_password_goes_to_no_foreign_or_unencrypted_desk(server, lync, desk):
    server.challenge = (RTC.replace(TICKET, desk),)
    assert isinstance(await refused(lync()), AccountBroken)
    assert f"POST {desk}" not in server.lines()


async def test_a_401_without_a_challenge_is_explained(server, lync):
    server.challenge = ("Negotiate", "NTLM")
    assert "no MsRtcOAuth challenge" in advice_of(await refused(lync()))


async def test_a_refused_sign_in_does_not_search_for_the_server_again(server, lync):
    server.answers[f"POST {TICKET}"] = httpx.Response(400, json={"error": "invalid_grant"})
    provider = lync()
    await refused(provider)
    await refused(provider)
    assert server.lines().count(f"GET {DISCOVER}") == 1


def test_settings_know_the_password_only_as_a_secret():
    assert PASSWORD not in repr(settings().__dict__)
