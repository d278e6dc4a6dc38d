"""The directory, and what an organizer may choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.simulators.lync import LyncSimulator

from .ucwa import Ucwa, error, self_href


def found(client: Ucwa, **query: Any) -> list[str]:
    content = client.get(client.link("search"), params=query).json()
    assert content["rel"] == "search"
    return [each["uri"] for each in content.get("_embedded", {}).get("contact", [])]


@pytest.fixture
def directory(ucwa: Ucwa) -> Ucwa:
    ucwa.lync.add_person(
        "sarad@contoso.example", "Sara Davis", "Sara.Davis@contoso.example", phone="tel:+19185550107"
    )
    ucwa.lync.add_person("sara.two@contoso.example", "Sara Two", title="Trainer")
    return ucwa


@pytest.mark.parametrize(
    "query", ["sarad@contoso.example", "sip:SaraD@", "davis", "Sara.Davis@", "+19185550107"]
)
def test_people_are_found_by_name_mail_uri_and_phone(directory: Ucwa, query: str) -> None:
    assert found(directory, query=query) == ["sip:sarad@contoso.example"]


def test_a_contact_is_printed_as_in_the_article(directory: Ucwa) -> None:
    content = directory.get(directory.link("search") + "?query=sarad@contoso.example&limit=3").json()
    assert content["moreResultsAvailable"] is False
    assert self_href(content).endswith("/people/search?query=sarad@contoso.example&limit=3")
    contact = content["_embedded"]["contact"][0]
    assert contact["emailAddresses"] == ["Sara.Davis@contoso.example"]
    assert contact["sourceNetwork"] == "SameEnterprise"
    assert contact["rel"] == "contact"
    assert self_href(contact).endswith("/people/sarad@contoso.example")
    assert directory.get(self_href(contact)).json() == contact


def test_a_limit_is_kept_and_told(directory: Ucwa) -> None:
    content = directory.get(directory.link("search"), params={"query": "sara", "limit": "1"}).json()
    assert content["moreResultsAvailable"] is True
    assert len(content["_embedded"]["contact"]) == 1


def test_nobody_is_no_array(directory: Ucwa) -> None:
    assert "_embedded" not in directory.get(directory.link("search"), params={"query": "zorro"}).json()
    assert (
        directory.get(directory.link("search").replace("search", "zorro@contoso.example")).status_code == 404
    )


@pytest.mark.parametrize(
    "query", [{}, {"query": "x" * 257}, {"query": "a", "limit": "0"}, {"query": "a", "limit": "101"}]
)
def test_a_search_is_checked(directory: Ucwa, query: dict[str, str]) -> None:
    assert error(directory.get(directory.link("search"), params=query))[2] == "ParameterValidationFailure"


def test_searching_can_be_forbidden(ucwa: Ucwa, simulator: Callable[..., LyncSimulator]) -> None:
    ucwa.lync.fault_on("search-forbidden", count=1)
    assert error(ucwa.get(ucwa.link("search"), params={"query": "a"})) == (403, "Forbidden", None)
    other = Ucwa(simulator(search_allowed=False)).start()
    assert other.get(other.link("search"), params={"query": "a"}).status_code == 403


def test_eligible_values_defaults_and_policies_have_the_documented_names(ucwa: Ucwa) -> None:
    eligible = ucwa.get(ucwa.link("onlineMeetingEligibleValues")).json()
    defaults = ucwa.get(ucwa.link("onlineMeetingDefaultValues")).json()
    policies = ucwa.get(ucwa.link("onlineMeetingPolicies")).json()
    assert eligible["accessLevels"] == ["SameEnterprise", "Locked", "Invited", "Everyone"]
    assert eligible["eligibleOnlineMeetingRels"] == ["myOnlineMeetings", "myAssignedOnlineMeeting"]
    assert {
        "automaticLeaderAssignments",
        "entryExitAnnouncements",
        "lobbyBypassForPhoneUsersSettings",
    } <= set(eligible)
    assert set(defaults) == {
        "accessLevel",
        "automaticLeaderAssignment",
        "defaultOnlineMeetingRel",
        "entryExitAnnouncement",
        "lobbyBypassForPhoneUsers",
        "participantsWarningThreshold",
        "_links",
        "rel",
    }
    assert defaults["accessLevel"] in eligible["accessLevels"]
    assert {"meetingSize", "phoneUserAdmission", "voipAudio", "meetingRecording"} <= set(policies)
