"""The directory: an exact address or nothing."""

import httpx
import pytest

from app.domain.errors import PersonUnknown, ProviderUnavailable
from tests.providers.lync.conftest import spec
from tests.providers.lync.printed import APP, BASE, MEETINGS, complaint

SEARCH = f"{APP}/people/search"
TARA = {
    "uri": "sip:tara.t@contoso.com",
    "name": "Tara",
    "emailAddresses": ["trainer@contoso.com", "tt@contoso.com"],
}
TARAS = {"uri": "sip:tara.z@contoso.com", "name": "Tara", "emailAddresses": ["trainer@contoso.com.au"]}


def found(*contacts, **more):
    return httpx.Response(200, json={"rel": "search", "_embedded": {"contact": list(contacts)}, **more})


async def test_b19_a_person_is_found_by_any_address_in_any_spelling(server, lync):
    server.answers[f"GET {SEARCH}"] = found(TARAS, TARA)
    provider = lync()
    for spelling in ("trainer@contoso.com", "TT@Contoso.com", " tara.t@contoso.com "):
        assert await provider.find_person(spelling) == "sip:tara.t@contoso.com"
    assert "query=trainer%40contoso.com" in server.lines("GET")[-3]


async def test_b1_a_name_that_looks_alike_is_not_the_person(server, lync):
    server.answers[f"GET {SEARCH}"] = found(TARAS)
    with pytest.raises(PersonUnknown):
        await lync().find_person("trainer@contoso.com")


async def test_a13_nobody_is_unknown(server, lync):
    server.answers[f"GET {SEARCH}"] = httpx.Response(
        200, json={"rel": "search", "moreResultsAvailable": False}
    )
    with pytest.raises(PersonUnknown):
        await lync().find_person("nobody@contoso.com")


async def test_contacts_given_as_links_are_read(server, lync):
    links = {"contact": [{"href": f"{BASE}/people/1"}, {"href": f"{BASE}/people/2"}]}
    server.answers[f"GET {SEARCH}"] = httpx.Response(200, json={"rel": "search", "_links": links})
    server.answers[f"GET {APP}/people/1"] = httpx.Response(200, json=TARAS)
    server.answers[f"GET {APP}/people/2"] = httpx.Response(200, json=TARA)
    assert await lync().find_person("trainer@contoso.com") == "sip:tara.t@contoso.com"


@pytest.mark.parametrize(
    "answer",
    [
        complaint(403, "Forbidden"),
        complaint(404, "NotFound"),
        found({"uri": "sip:tara.t@contoso.com"}),
        found(TARAS, moreResultsAvailable=True),
    ],
)
async def test_a_server_that_does_not_tell_is_believed(server, lync, answer):
    server.answers[f"GET {SEARCH}"] = answer
    assert await lync().find_person("trainer@contoso.com") is None


async def test_a_directory_that_is_down_is_no_verdict_on_the_person(server, lync):
    server.answers[f"GET {SEARCH}"] = httpx.Response(503)
    with pytest.raises(ProviderUnavailable):
        await lync().find_person("trainer@contoso.com")


async def test_a23_a_presenter_leads_under_the_sip_address_that_the_directory_has(server, lync):
    server.answers[f"GET {SEARCH}"] = found(TARA)
    provider = lync()
    await provider.create(spec(), "m1")
    await provider.create(spec(), "m2")
    assert [sent["leaders"] for sent in server.sent(f"POST {MEETINGS}")] == [["sip:tara.t@contoso.com"]] * 2
    assert len([line for line in server.lines() if SEARCH in line]) == 1, "what was found is remembered"


@pytest.mark.parametrize("answer", [httpx.Response(503), found(), complaint(403, "Forbidden")])
async def test_a23_without_the_directory_a_presenter_leads_under_the_e_mail(server, lync, answer):
    server.answers[f"GET {SEARCH}"] = answer
    await lync().create(spec(), "m")
    assert server.sent(f"POST {MEETINGS}")[0]["leaders"] == ["sip:trainer@contoso.com"]
