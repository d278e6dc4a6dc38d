"""Finding the server: every printed form is read, and the password goes to no stranger."""

import httpx
import pytest

from app.domain.errors import AccountBroken, ProviderUnavailable
from app.providers.http import ProviderHttp
from app.providers.lync.config import understand
from app.providers.lync.discovery import Discovery
from app.providers.lync.errors import advice_of
from app.providers.lync.trust import Trust
from tests.providers.lync.conftest import ONCE, settings
from tests.providers.lync.printed import DISCOVER, ROOT, ROOT_DOCUMENT, USER, Printed


def answering(**answers):
    server = Printed()
    server.answers = {f"GET {url}": answer for url, answer in answers.items()}
    return server


def finder(server, endpoint="contoso.com", **changes):
    made = settings(api_endpoint=endpoint, **changes)
    return Discovery(ProviderHttp(ONCE, transport=server), understand(endpoint), Trust.of(made))


def pointing(url):
    return httpx.Response(200, json={"_links": {"redirect": {"href": url}}})


HERE = httpx.Response(200, json=ROOT_DOCUMENT)


async def test_the_internal_name_answers_and_is_kept():
    discovery = finder(server := answering(**{DISCOVER: HERE}))
    assert (await discovery.root()).user_url == USER
    assert (await discovery.root()).user_url == USER
    assert server.lines() == [f"GET {DISCOVER}"]
    discovery.forget()
    await discovery.root()
    assert len(server.asked) == 2


async def test_the_external_name_is_tried_when_the_internal_one_is_dead():
    discovery = finder(server := answering(**{"https://lyncdiscover.contoso.com/": HERE}))
    assert (await discovery.root()).user_url == USER
    assert server.lines() == [
        f"GET {DISCOVER}",
        "GET http://lyncdiscoverinternal.contoso.com/",
        "GET https://lyncdiscover.contoso.com/",
    ]


async def test_a_plain_http_root_leads_to_https_by_its_body():
    server = answering(**{"http://lyncdiscoverinternal.contoso.com/": pointing(ROOT), ROOT: HERE})
    assert (await finder(server).root()).user_url == USER


async def test_the_older_form_of_the_document_is_read():
    links = [{"token": "Redirect", "href": ""}, {"token": "User", "href": USER}]
    old = httpx.Response(200, json={"AccessLocation": "External", "Root": {"Links": links}})
    assert (await finder(answering(**{DISCOVER: old})).root()).user_url == USER


async def test_a_redirect_of_the_older_form_is_followed():
    links = [{"token": "Redirect", "href": ROOT}]
    old = httpx.Response(200, json={"AccessLocation": "External", "Root": {"Links": links}})
    assert (await finder(answering(**{DISCOVER: old, ROOT: HERE})).root()).user_url == USER


async def test_a_relative_user_link_is_resolved_where_it_was_found():
    relative = httpx.Response(200, json={"_links": {"user": {"href": "/root/oauth/user"}}})
    found = await finder(answering(**{DISCOVER: relative})).root()
    assert found.user_url == "https://lyncdiscoverinternal.contoso.com/root/oauth/user"


async def failure(server, **changes) -> AccountBroken | ProviderUnavailable:
    with pytest.raises((AccountBroken, ProviderUnavailable)) as caught:
        await finder(server, **changes).root()
    assert "contoso" not in caught.value.message
    return caught.value


async def test_a_redirect_in_the_body_to_a_stranger_is_not_followed():
    server = answering(**{DISCOVER: pointing("https://evil.example/root"), "https://evil.example/root": HERE})
    assert "evil.example, outside the domain" in advice_of(await failure(server))
    assert not any("evil" in line for line in server.lines())


async def test_a_stranger_named_by_the_administrator_is_followed():
    server = answering(
        **{DISCOVER: pointing("https://pool.fabrikam.net/root"), "https://pool.fabrikam.net/root": HERE}
    )
    assert (await finder(server, trusted_hosts="pool.fabrikam.net").root()).user_url == USER


async def test_a_302_to_another_domain_counts_as_failed():
    moved = httpx.Response(302, headers={"Location": "https://evil.example/"})
    assert "redirects to another domain" in advice_of(await failure(answering(**{DISCOVER: moved})))


async def test_a_302_within_the_domain_is_followed():
    moved = httpx.Response(302, headers={"Location": ROOT})
    assert (await finder(answering(**{DISCOVER: moved, ROOT: HERE})).root()).user_url == USER


async def test_redirects_in_a_circle_end():
    assert "after 5 steps" in advice_of(await failure(answering(**{DISCOVER: pointing(DISCOVER)})))


@pytest.mark.parametrize(
    "user", ["http://lyncweb.contoso.com/user", "https://evil.example/user", "https://[::"]
)
async def test_a_user_link_without_encryption_or_to_a_stranger_is_refused(user):
    wrong = httpx.Response(200, json={"_links": {"user": {"href": user}}})
    error = await failure(answering(**{DISCOVER: wrong}))
    assert isinstance(error, AccountBroken)
    assert "discovery document points to" in advice_of(error)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>Welcome</html>"),
        httpx.Response(200, json=["a", "list"]),
        httpx.Response(200, json={"_links": "nonsense", "Root": {"Links": "none"}}),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, content=b"\xff\xfe\x00"),
        httpx.Response(401, text="no"),
    ],
)
async def test_something_else_that_answers_is_said_to_be_no_lync_server(answer):
    error = await failure(answering(**{DISCOVER: answer}))
    assert isinstance(error, AccountBroken)
    assert "not like an MS Lync server" in advice_of(error)


async def test_when_nothing_answers_it_may_work_later_and_every_name_tried_is_said():
    error = await failure(answering())
    assert isinstance(error, ProviderUnavailable)
    assert "lyncdiscoverinternal.contoso.com" in advice_of(error)
    assert "https://lyncdiscover.contoso.com" in advice_of(error)


async def test_a_silent_host_is_given_up_within_seconds(monkeypatch):
    monkeypatch.setattr("app.providers.lync.discovery.SECONDS_PER_ADDRESS", 0.05)

    class Silent(httpx.AsyncBaseTransport):
        asked = 0

        async def handle_async_request(self, request):
            import asyncio

            Silent.asked += 1
            await asyncio.sleep(60)

    error = await failure(Silent())
    assert "did not answer in time" in advice_of(error)
    assert Silent.asked == 2, "http is not tried where https of the same host was silent"
