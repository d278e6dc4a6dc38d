"""Autodiscovery: root, redirects, plain HTTP, foreign origins, verbs that do not exist."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest

from app.simulators.lync import LyncSimulator

from .ucwa import Ucwa, error, http, self_href


def test_the_root_names_the_user_resource(lync: LyncSimulator) -> None:
    with http(lync) as client:
        for address in (lync.base_url + "/", lync.discovery_url, lync.discovery_url.lower()):
            links = client.get(address, headers={"Accept": "application/json"}).json()["_links"]
            assert set(links) == {"self", "user", "xframe"}
            assert urlsplit(links["user"]["href"]).path.endswith("/root/oauth/user")
            assert "originalDomain=contoso.example" in links["user"]["href"]


def test_the_root_takes_the_formal_query_parameter(lync: LyncSimulator) -> None:
    with http(lync) as client:
        assert client.get(lync.discovery_url, params={"sipuri": "sip:a@contoso.example"}).status_code == 200


def test_links_stay_on_the_host_name_that_was_used(lync: LyncSimulator) -> None:
    address = lync.base_url.replace("localhost", "127.0.0.1")
    with http(lync) as client:
        assert client.get(address + "/").json()["_links"]["user"]["href"].startswith(address)


def test_a_stranger_to_the_authority_is_not_trusted(lync: LyncSimulator) -> None:
    with pytest.raises(httpx.ConnectError):
        httpx.get(lync.base_url)


def test_a_redirect_comes_in_the_body_and_leads_to_a_working_root(lync: LyncSimulator) -> None:
    lync.fault_on("root-redirect")
    with http(lync) as client:
        answer = client.get(lync.base_url + "/")
        assert answer.status_code == 200
        assert list(answer.json()["_links"]) == ["redirect"]
        home = client.get(answer.json()["_links"]["redirect"]["href"]).json()
        assert client.get(home["_links"]["user"]["href"]).status_code == 401


def test_a_redirect_can_point_to_a_stranger(lync: LyncSimulator) -> None:
    lync.fault_on("root-foreign-redirect")
    with http(lync) as client:
        href = client.get(lync.base_url + "/").json()["_links"]["redirect"]["href"]
    assert urlsplit(href).hostname == "lyncdiscover.stranger.example"


@pytest.mark.parametrize(("fault", "status"), [("root-404", 404), ("root-302", 302)])
def test_the_root_can_fail(lync: LyncSimulator, fault: str, status: int) -> None:
    lync.fault_on(fault)
    with http(lync) as client:
        assert client.get(lync.base_url + "/").status_code == status


def test_the_root_can_answer_in_the_older_style(lync: LyncSimulator) -> None:
    lync.fault_on("root-old-style")
    with http(lync) as client:
        content = client.get(lync.base_url + "/").json()
    assert content["Root"]["Links"][0]["token"] == "User"


def test_plain_http_has_nothing_but_the_way_to_https(lync: LyncSimulator) -> None:
    answer = httpx.get(lync.http_url + "/")
    assert answer.status_code == 200
    assert answer.json() == {"_links": {"redirect": {"href": lync.discovery_url}}}
    assert httpx.get(lync.http_url + "/ucwa/oauth/v1/applications").status_code == 403


def test_the_user_resource_can_redirect_without_saying_oauth_user(lync: LyncSimulator) -> None:
    client = Ucwa(lync).sign_in()
    lync.fault_on("user-redirect")
    redirect = client.http.get(client.user_href()).json()["_links"]["redirect"]["href"]
    assert redirect.endswith("/root")
    assert "applications" in client.http.get(redirect + "/oauth/user").json()["_links"]
    assert "user" in client.http.get(redirect).json()["_links"]


def test_ucwa_can_live_on_another_host_name_and_only_there(lync: LyncSimulator) -> None:
    lync.fault_on("other-host")
    client = Ucwa(lync).sign_in()
    assert client.create().status_code == 201
    applications = urlsplit(client.base)
    assert applications.hostname == "127.0.0.1"
    relative = self_href(client.application)
    assert relative.startswith("/ucwa/")
    assert client.get(relative).status_code == 200
    assert client.http.get(lync.base_url + relative).status_code == 404


def test_ucwa_can_live_on_another_port(simulator: Callable[..., LyncSimulator]) -> None:
    lync = simulator(ucwa_port=0, faults=["other-host"])
    client = Ucwa(lync).start()
    assert urlsplit(client.base).port == lync.pool.ucwa_port
    assert client.listed() == []


@pytest.mark.parametrize("header", ["Origin", "X-Ms-Origin"])
def test_a_foreign_origin_is_refused_with_the_reason_in_a_header(lync: LyncSimulator, header: str) -> None:
    with http(lync) as client:
        answer = client.get(lync.base_url + "/", headers={header: "https://app.fabrikam.example"})
    assert answer.status_code == 403
    assert "does not allow a cross domain request from this origin" in answer.headers["x-ms-diagnostics"]


def test_an_origin_on_the_list_is_let_in(simulator: Callable[..., LyncSimulator]) -> None:
    lync = simulator(allowed_origins=("https://app.fabrikam.example",))
    with http(lync) as client:
        answer = client.get(lync.base_url + "/", headers={"X-Ms-Origin": "https://app.fabrikam.example"})
    assert answer.status_code == 200


@pytest.mark.parametrize("verb", ["HEAD", "OPTIONS", "TRACE", "PATCH"])
def test_other_verbs_are_not_supported(ucwa: Ucwa, verb: str) -> None:
    answer = ucwa.http.request(verb, ucwa.link("myOnlineMeetings"))
    assert answer.status_code == 405
    if verb != "HEAD":
        assert error(answer) == (405, "MethodNotAllowed", None)
    assert ucwa.http.request(verb, ucwa.lync.base_url + "/").status_code == 405
